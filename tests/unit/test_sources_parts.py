"""Reading, writing and ATECO: the small parts of the sources."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from toolkit.errors import DataError
from toolkit.sources import ateco, resource
from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource, columns
from toolkit.sources.write import csv_bytes, number, parquet_bytes


@pytest.fixture
def source(tmp_path: Path) -> RawFile:
    file = tmp_path / "file.csv"
    file.write_text("code,plate,n\n015032,MI,5\n063049,NA,\n015209,MI,x\n", encoding="utf-8")
    return RawFile("example", file)


def test_text_stays_as_published(source: RawFile) -> None:
    frame = source.csv(["code", "plate"])
    assert list(frame["plate"]) == ["MI", "NA", "MI"]
    assert frame["code"].iloc[0] == "015032"
    assert frame["n"].iloc[1] == ""


def test_number_names_the_row(source: RawFile) -> None:
    frame = source.csv(["n"])
    with pytest.raises(DataError, match="n is a number; it is 'x'") as caught:
        source.number(frame, "n")
    assert "row 4" in str(caught.value)
    assert source.number(frame.iloc[:2], "n").isna().tolist() == [False, True]
    assert source.number(frame, "n", absent="x").isna().tolist() == [False, True, True]


def test_row_is_that_of_the_file_after_filtering(source: RawFile) -> None:
    frame = source.csv(["n"])
    with pytest.raises(DataError, match="row 4"):
        source.number(frame[frame["plate"] == "MI"], "n")


def test_files_that_are_not_what_they_say(tmp_path: Path) -> None:
    broken = RawFile("example", tmp_path / "x.json")
    broken.path.write_bytes(b"\xff\xfe")
    for read in (broken.json, lambda: broken.csv(["a"]), lambda: broken.parquet(["a"])):
        with pytest.raises(DataError, match="example"):
            read()


def test_absence_is_flagged_and_confidentiality_kept() -> None:
    frame = pd.DataFrame(
        {"k": ["b", "a", "c"], "value": [1.0, None, None], "flag": ["break", "observed", "confidential"], "unit": "x"}
    )
    assert list(long(frame, ["k"])["flag"]) == ["missing", "break", "confidential"]
    assert list(long(frame.drop(columns="flag"), ["k"])["flag"]) == ["missing", "observed", "missing"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5894.0, "5894"),
        (24634.37, "24634.37"),
        (float("nan"), ""),
        (None, ""),
        (-8758.0, "-8758"),
        (0.0, "0"),
        (0.1, "0.1"),
    ],
)
def test_numbers_are_written_shortest(value: float | None, text: str) -> None:
    assert number(value) == text
    if text:
        assert float(text) == value


def test_same_frame_same_bytes() -> None:
    fields = columns(dict.fromkeys(("istat_code", "year", "item", "value", "unit", "flag")))
    frame = pd.DataFrame(
        {
            "istat_code": ["015032"],
            "year": [2021],
            "item": ["residents"],
            "value": [1.5],
            "unit": "persons",
            "flag": "observed",
        }
    )
    assert csv_bytes(frame, fields) == (
        b"istat_code,year,item,value,unit,flag\n015032,2021,residents,1.5,persons,observed\n"
    )
    shuffled = frame[frame.columns[::-1]].rename_axis("other")
    assert parquet_bytes(frame, fields) == parquet_bytes(shuffled, fields)
    assert b"pandas" not in parquet_bytes(frame, fields)


def test_text_with_commas_and_absent_text() -> None:
    fields = columns({"name": None, "source": {"required": False}})
    frame = pd.DataFrame({"name": ["a, b", 'c "d"'], "source": [None, ""]})
    assert csv_bytes(frame, fields) == b'name,source\n"a, b",\n"c ""d""",\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("origin: istat\n", "", "has no 'licence'"),
        ("origin: istat\n", "origin: nobody\n", "no origin 'nobody' in shared.yml"),
        ("origin: istat\n", "origin: istat\nlicence: mine\n", "no licence 'mine' in shared.yml"),
        ("processing:\n", "procesing:\n", "may not have 'procesing'"),
        ("value: {", "value: {type: real, ", "the column value is of type 'real'"),
        ("value: {", "worth: {", "the column worth has no title"),
        ("faults:\n", "faults:\n  - unheard\n", "no fault 'unheard'"),
    ],
)
def test_a_descriptor_that_is_wrong_says_so(
    old: str, new: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (resource.DESCRIPTORS / "local_units.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "trial.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    resource.shared()
    monkeypatch.setattr(resource, "DESCRIPTORS", tmp_path)
    with pytest.raises(DataError, match=message):
        Resource.of("trial")


def test_ateco_editions_are_whole_trees() -> None:
    sizes = {version: len(ateco.classification(version)) for version in ateco.VERSIONS}
    assert sizes == {"2007": 3138, "2022": 3157, "2025": 3257}
    for version in ateco.VERSIONS:
        tree = ateco.classification(version)
        assert list(tree.columns) == ["version", "code", "level", "parent", "title_it"]
        assert (tree.loc[tree["level"] == "section", "parent"] == "").all()
        depth = tree["level"].map({level: place for place, level in enumerate(ateco.LEVELS)})
        above = tree["parent"].map(pd.Series(depth.to_numpy(), index=tree["code"]))
        assert (depth[tree["parent"] != ""] == above[tree["parent"] != ""] + 1).all()


def test_ateco_sections_and_breaks() -> None:
    sections = {
        v: set(t.loc[t["level"] == "section", "code"]) for v in ateco.VERSIONS if len(t := ateco.classification(v))
    }
    assert len(sections["2007"]) == len(sections["2022"]) == 21
    assert sections["2025"] - sections["2022"] == {"V"}
    manufacturing = ateco.classification("2007").set_index("code").loc["C", "title_it"]
    assert "MANIFATTURIERE" in manufacturing.upper()


def test_ateco_refuses_other_editions_and_is_safe_to_change() -> None:
    with pytest.raises(DataError, match="no ATECO edition '2002'"):
        ateco.classification("2002")
    tree = ateco.classification("2025")
    tree.loc[:, "title_it"] = "x"
    assert (ateco.classification("2025")["title_it"] != "x").all()
    assert "ISTAT" in ateco.attribution()["publisher"]
