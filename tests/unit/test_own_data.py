"""A CSV of one's own: read as the catalogue's tables are, its source told, its page made again when it changes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from making import code, parameters, write

from toolkit import Report, catalog
from toolkit.errors import DataError
from toolkit.report.own_data import read_own
from toolkit.run.fingerprint import Inputs
from toolkit.run.job import Job

TOLD = {"title": "Verde", "publisher": "Comune di Bresso", "licence": "CC-BY-4.0", "date": "2025-12-31"}
ROWS = "istat_code,year,value\n015032,2023,12.5\n015146,2023,\n"


@pytest.fixture
def own(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of own files, in a catalogue of its own."""
    folder = tmp_path / "data"
    shutil.copytree(root / "data", folder, ignore=shutil.ignore_patterns("curated", "own"))
    monkeypatch.setenv("QUADRO_DATA", str(folder))
    (folder / "own").mkdir()
    return folder / "own"


@pytest.mark.parametrize(
    "text",
    [
        ROWS,
        "istat_code;year;value\r\n015032;2023;12,5\r\n015146;2023;\r\n",
        "\ufeffistat_code , year,value\n015032,2023, 12.5\n015146,2023,",
    ],
    ids=["plain", "Italian spreadsheet", "byte order mark and spaces"],
)
def test_what_spreadsheets_write_is_read(own: Path, text: str) -> None:
    (own / "parks.csv").write_bytes(text.encode())
    frame, source = read_own("parks.csv", TOLD)
    assert frame["istat_code"].tolist() == ["015032", "015146"]
    assert frame["year"].tolist() == [2023, 2023]
    assert frame["value"].iloc[0] == 12.5
    assert frame["value"].isna().tolist() == [False, True]  # absent is not zero
    assert source.worded("it")["publisher"] == "Comune di Bresso"
    assert source in catalog.used()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("istat_code,year,value\n15032,2023,1\n", '15032(.|\n)*line 2(.|\n)*"015032" \\(Bresso\\)'),
        ("istat_code,year,value\n015032,2023,1\n999999,2023,1\n", "999999(.|\n)*line 3"),
        ("istat_code,year,value\nBresso,2023,1\n", "'Bresso' is not an ISTAT code"),
        ("istat_code,year,value\n015032,2023.5,1\n", "year is '2023.5'(.|\n)*line 2"),
        ("istat_code,year,value\n015032,2023,n.d.\n", "value is 'n.d.'(.|\n)*a number, or nothing"),
        ("istat_code,year,value,flag\n015032,2023,1,secret\n", "flag is 'secret'(.|\n)*confidential"),
        ("istat_code,year,value,flag\n015032,2023,1,missing\n", "flag is 'missing' and value is '1'"),
        ("code,value\n015032,1\n", "no column 'istat_code'"),
        ("istat_code,year,value\n", "no rows"),
        ("", "not a CSV"),
        ("istat_code,value\n015032,1,2,3\n015032,1\n", "not a CSV|line"),
        (b"istat_code,name\n015032,Citt\xe0\n", "not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(own: Path, text: str | bytes, message: str) -> None:
    (own / "x.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError) as caught:
        read_own("x.csv", TOLD)
    assert re.search(message, str(caught.value)), caught.value


WRONG_CELLS = [
    ("015146,2023,inf,observed", "value is 'inf'", "value"),
    ("015146,2023,1e999,observed", "value is '1e999'", "value"),
    ("015146,2023,n.d.,observed", "value is 'n.d.'", "value"),
    ("015146,20234,1,observed", "year is '20234'", "year"),
    ("015146,2023,1,secret", "flag is 'secret'", "flag"),
    ("015146,2023,1,missing", "flag is 'missing' and value is '1'", "flag"),
]


@pytest.mark.parametrize(("row", "what", "column"), WRONG_CELLS)
def test_a_wrong_cell_fails_the_page_of_its_place_alone(own: Path, row: str, what: str, column: str) -> None:
    (own / "parks.csv").write_text(f"istat_code,year,value,flag\n015032,2023,12.5,observed\n{row}\n")
    theirs = Report("own", municipality="015146", it="Verde", en="Parks")
    with pytest.raises(DataError) as caught:
        theirs.table("parks.csv", **TOLD)
    assert what in str(caught.value)
    assert f"data/own/parks.csv, line 3, column {column}" in str(caught.value)
    ours = Report("own", municipality="015032", it="Verde", en="Parks")
    assert ours.table("parks.csv", **TOLD)["istat_code"].tolist() == ["015032"]
    told = [source.worded("en")["faults"] for source in ours.sources if source.name == "parks.csv"]
    assert told == [["Left out, for a figure that is wrong: 015146."]]


def test_a_source_is_asked_for_once_with_all_that_is_missing(own: Path) -> None:
    (own / "parks.csv").write_text(ROWS)
    report = Report("own", municipality="015032", it="Verde", en="Parks")
    with pytest.raises(DataError, match="publisher, licence, date") as caught:
        report.table("parks.csv", title="Verde")
    assert 'report.table("parks.csv", title="…"' in str(caught.value)
    with pytest.raises(DataError, match="not a date"):
        report.table("parks.csv", **{**TOLD, "date": "last year"})
    for outside in ("../income.csv", "/etc/passwd.csv"):
        with pytest.raises(DataError, match="outside"):
            report.table(outside, **TOLD)
    with pytest.raises(DataError, match=r"no file data/own/gone.csv(.|\n)*parks.csv"):
        report.table("gone.csv", **TOLD)


def test_a_page_of_the_past_uses_nothing_later_and_a_file_is_read_again(own: Path) -> None:
    (own / "parks.csv").write_text("istat_code,year,value\n015032,2021,1\n015032,2023,2\n")
    past = Report("own", municipality="015032", as_of="2022-06-30", it="Verde", en="Parks")
    assert past.table("parks.csv", **TOLD)["year"].tolist() == [2021]
    now = Report("own", municipality="015032", it="Verde", en="Parks")
    assert now.table("parks.csv", **TOLD)["year"].tolist() == [2021, 2023]
    (own / "parks.csv").write_text("istat_code,year,value\n015032,2024,3\n")
    assert now.table("parks.csv", **{**TOLD, "publisher": "Parco Nord"})["year"].tolist() == [2024]
    assert [source.publisher["it"] for source in now.sources if source.name == "parks.csv"] == ["Parco Nord"]
    assert "Parco Nord" in now.source_lines(["parks.csv"])[0]


def test_its_page_is_made_again_when_the_file_changes(own: Path, tmp_path: Path) -> None:
    notebook = write(tmp_path / "x.ipynb", [parameters(), code("from toolkit import Report")])
    job = Job("x", notebook, "municipality", "015032", "Bresso", "015032-bresso", "it")
    (own / "parks.csv").write_text(ROWS)
    for loaded in (["income", "parks.csv"], None):
        before = Inputs(tmp_path, {"income": "1"}).of(job, loaded)
        (own / "parks.csv").write_text(f"{ROWS}015002,2023,{len(loaded or [])}\n")
        now = Inputs(tmp_path, {"income": "1"})
        said = now.reasons(before, now.of(job, loaded), {})
        assert said == ["a table changed"]
    untouched = Inputs(tmp_path, {"income": "1"}).of(job, ["income"])
    (own / "parks.csv").unlink()
    assert Inputs(tmp_path, {"income": "1"}).of(job, ["income"]) == untouched
