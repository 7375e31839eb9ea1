"""The catalogue hands out checked tables only, and says what is wrong with the others."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from toolkit import catalog
from toolkit.catalog import PACKAGE, Catalog, kept
from toolkit.catalog.observed import credits_of
from toolkit.catalog.rules import municipal
from toolkit.errors import DataError, Faults
from toolkit.sources.write import csv_bytes

IN_CSV = ("population", "income", "local_units", "commuting")


@pytest.fixture(scope="module")
def edition(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder with some tables of one province as CSV, of which a row can be spoilt by hand."""
    out = tmp_path_factory.mktemp("edition") / "data"
    shutil.copytree(root / "data", out, ignore=lambda _, names: [name for name in names if "." not in name])
    package = catalog.default().package
    for entry in package["resources"]:
        if entry["name"] in IN_CSV and entry["format"] == "parquet":
            table = catalog.load(entry["name"])
            content = csv_bytes(table[table["istat_code"].str.startswith("015")], tuple(entry["schema"]["fields"]))
            (out / entry["path"]).unlink()
            entry |= {"path": f"{entry['name']}.csv", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
            entry |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
            (out / entry["path"]).write_bytes(content)
    (out / PACKAGE).write_text(yaml.dump(package, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return out


@pytest.fixture
def folder(tmp_path: Path, edition: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(edition, tmp_path / "data"))


def rewrite(folder: Path, file: str, edit: Callable[[bytes], bytes]) -> None:
    """Change a file and its hash in the descriptor, so that the schema, not the hash, must find the fault."""
    old = (folder / file).read_bytes()
    new = edit(old)
    assert new != old, "the edit changed nothing"
    (folder / file).write_bytes(new)
    package = (folder / PACKAGE).read_text(encoding="utf-8")
    before, after = (hashlib.sha256(content).hexdigest() for content in (old, new))
    assert before in package
    (folder / PACKAGE).write_text(package.replace(before, after), encoding="utf-8")


def line(number: int, edit: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """Edit of one line of a file, the header being line 1."""

    def apply(content: bytes) -> bytes:
        lines = content.decode("utf-8").split("\n")
        lines[number - 1] = edit(lines[number - 1])
        return "\n".join(lines).encode("utf-8")

    return apply


def cell(number: int, column: int, value: str) -> Callable[[bytes], bytes]:
    """Edit of one cell of a CSV without quotes."""
    return line(number, lambda text: ",".join([*text.split(",")[:column], value, *text.split(",")[column + 1 :]]))


def test_tables_have_the_types_of_the_schema() -> None:
    data = catalog.load("income")
    assert list(data.columns) == ["istat_code", "year", "item", "measure", "value", "unit", "flag"]
    assert str(data["istat_code"].dtype) == "str"
    assert str(data["year"].dtype) == "int64"
    assert str(data["value"].dtype) == "float64"
    assert data["istat_code"].str.fullmatch(r"\d{6}").all()


def test_absent_text_is_empty_and_a_name_that_looks_absent_is_kept() -> None:
    register = catalog.load("municipalities").set_index("istat_code")
    assert register.loc["001168", "name"] == "None"
    assert register.loc["063049", "province"] == "NA"
    assert register.loc["015032", "valid_from"] == ""


def test_altered_byte_names_file_hashes_and_command(folder: Path) -> None:
    file = folder / "population.csv"
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(DataError) as caught:
        Catalog(folder).load("population")
    message = str(caught.value)
    assert "population.csv" in message
    assert hashlib.sha256(bytes(content)).hexdigest() in message
    assert Catalog(folder).hashes()["population"] in message
    assert "quadro data build" in message
    assert caught.value.exit_code == 2


def test_altered_byte_is_found_after_a_good_load_too(folder: Path) -> None:
    tables = Catalog(folder)
    tables.load("local_units")
    file = folder / "local_units.csv"
    content = file.read_bytes()
    file.write_bytes(content.replace(b",5894,", b",5895,"))
    os.utime(file, ns=(0, 0))
    with pytest.raises(DataError, match=r"local_units\.csv is not the file"):
        tables.load("local_units")


def test_missing_file_and_unknown_table(folder: Path) -> None:
    (folder / "income.csv").unlink()
    with pytest.raises(DataError, match=r"income: the file income\.csv is missing"):
        Catalog(folder).load("income")
    with pytest.raises(DataError, match="no table 'incomes'"):
        Catalog(folder).load("incomes")


BROKEN = {
    "column missing": (line(1, lambda text: text.replace(",flag", "")), "row 1 (header)", "missing: flag"),
    "column renamed": (line(1, lambda text: text.replace("value", "valore")), "row 1 (header)", "not expected: valore"),
    "bad flag": (cell(3, 5, "observd"), "row 3", "flag is one of observed"),
    "code without its zero": (cell(4, 0, "15002"), "row 4", r"istat_code has the form ^\d{6}$"),
    "unknown code": (cell(5, 0, "999999"), "row 5", "every istat_code is in municipalities.istat_code"),
    "key repeated": (line(7, lambda _: "015002,2018,residents,1,persons,observed"), "row 7", "is unique"),
    "year of no survey": (cell(6, 1, "2017"), "row 6", "year is one of 2018"),
    "not a number": (cell(8, 3, "n.d."), "row 8", "value is of type double; it is 'n.d.'"),
    "negative": (cell(9, 3, "-5"), "row 9", "value is at least 0"),
    "a figure that is missing": (cell(9, 5, "missing"), "row 9", "value is empty if, and only if"),
    "an observation without figure": (cell(9, 3, ""), "row 9", "value is empty if, and only if"),
    "empty code": (cell(2, 0, ""), "row 2", "istat_code is never empty"),
    "other unit": (cell(2, 4, "EUR"), "row 2", "unit is one of persons"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_rule_names_resource_row_and_rule(folder: Path, case: str) -> None:
    edit, where, rule = BROKEN[case]
    rewrite(folder, "population.csv", edit)
    with pytest.raises(DataError) as caught:
        Catalog(folder).load("population")
    message = str(caught.value)
    assert message.startswith("population: ")
    assert f"population.csv, {where}" in message
    assert rule in message


def test_unit_of_an_item_is_checked(folder: Path) -> None:
    rewrite(folder, "local_units.csv", cell(2, 4, "persons_employed"))
    with pytest.raises(DataError, match="item local_units is counted in local_units"):
        Catalog(folder).load("local_units")


def test_row_too_short_is_a_fault(folder: Path) -> None:
    rewrite(folder, "commuting.csv", line(5, lambda text: text.rsplit(",", 1)[0]))
    with pytest.raises(DataError, match="is a table of 6 columns"):
        Catalog(folder).load("commuting")


def test_parquet_is_checked_too(folder: Path) -> None:
    def spoil(content: bytes) -> bytes:
        table = pq.read_table(pa.BufferReader(content))
        sexes = table["sex"].to_pylist()
        out = pa.BufferOutputStream()
        column = table.schema.get_field_index("sex")
        pq.write_table(table.set_column(column, "sex", pa.array([*sexes[:9], "f", *sexes[10:]])), out)
        return out.getvalue().to_pybytes()

    rewrite(folder, "population_age.parquet", spoil)
    with pytest.raises(DataError) as caught:
        Catalog(folder).load("population_age")
    assert "row 10 " in str(caught.value)
    assert "sex is one of female, male" in str(caught.value)


def test_parquet_of_another_type_is_refused(folder: Path) -> None:
    def spoil(content: bytes) -> bytes:
        table = pq.read_table(pa.BufferReader(content))
        out = pa.BufferOutputStream()
        column = table.schema.get_field_index("age")
        pq.write_table(table.set_column(column, "age", table["age"].cast(pa.string())), out)
        return out.getvalue().to_pybytes()

    rewrite(folder, "population_age.parquet", spoil)
    with pytest.raises(DataError, match="column age is int64; it is string"):
        Catalog(folder).load("population_age")


def test_what_is_handed_out_may_be_changed() -> None:
    first = catalog.load("population")
    first.loc[:, "value"] = -1.0
    first["new"] = 1
    again = catalog.load("population")
    assert "new" not in again
    assert (again["value"].dropna() > 0).all()


def test_recording_keeps_order_of_first_load_and_does_not_leak() -> None:
    with catalog.recording() as outer:
        catalog.load("income")
        with catalog.recording() as inner:
            catalog.load("areas")
        catalog.load("population")
        catalog.load("income")
        assert [source.name for source in catalog.used()] == ["income", "population"]
    assert [source.name for source in inner] == ["areas"]
    assert [source.name for source in outer] == ["income", "population"]


def test_failed_load_is_not_recorded(folder: Path) -> None:
    (folder / "income.csv").write_bytes(b"")
    with catalog.recording() as loaded, pytest.raises(DataError):
        Catalog(folder).load("income")
    assert loaded == []


def test_source_is_worded_in_both_languages() -> None:
    source = catalog.table("income").source
    for language in ("it", "en"):
        entry = source.worded(language)
        assert all(entry[key] for key in ("title", "publisher", "licence", "licence_url", "url", "processing"))
        assert all(isinstance(fault, str) and fault for fault in entry["faults"])
    assert source.worded("it")["title"] != source.worded("en")["title"]
    assert source.units == {"count": "persons", "amount": "EUR"}
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", source.reference_date)


def test_check_shows_all_faults_together_and_strangers(folder: Path) -> None:
    rewrite(folder, "areas.csv", line(2, lambda text: text.replace("metropolitan_city", "city")))
    (folder / "income.csv").unlink()
    (folder / "budget.csv").write_text("a\n1\n")
    with pytest.raises(Faults) as caught:
        Catalog(folder).check()
    assert len(caught.value.faults) == 3
    assert all(word in str(caught.value) for word in ("areas.csv, row 2", "income.csv is missing", "budget.csv"))


def test_fault_of_the_register_is_told_once(folder: Path) -> None:
    rewrite(folder, "municipalities.csv", cell(2, 1, ""))
    with pytest.raises(Faults) as caught:
        Catalog(folder).check()
    assert len(caught.value.faults) == 1


def test_good_data_pass_the_check() -> None:
    assert [source.name for source in catalog.check()] == catalog.default().names()


def test_document_is_checked(folder: Path) -> None:
    with catalog.recording() as loaded:
        shapes = catalog.document("boundaries")["objects"]["municipalities"]["geometries"]
    assert [source.name for source in loaded] == ["boundaries"]
    assert {shape["id"] for shape in shapes} <= set(catalog.load("municipalities")["istat_code"])
    with pytest.raises(DataError, match="is not a table"):
        catalog.load("boundaries")
    with pytest.raises(DataError, match="is a table"):
        catalog.document("income")
    (folder / "boundaries.topojson").write_text("{}")
    with pytest.raises(DataError, match="is not the file"):
        Catalog(folder).document("boundaries")


def test_fingerprint_follows_the_descriptor(folder: Path) -> None:
    tables = Catalog(folder)
    before = tables.fingerprint()
    assert tables.snapshot() == ("2026-11-22", before[:12])
    rewrite(folder, "population.csv", cell(2, 3, "1"))
    assert tables.fingerprint() != before
    assert tables.load("population")["value"].iloc[0] == 1


def test_unreadable_descriptor(folder: Path) -> None:
    (folder / PACKAGE).write_text("resources: [", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        Catalog(folder).load("income")
    package = "resources:\n- name: a\n- name: a\n"
    (folder / PACKAGE).write_text(package, encoding="utf-8")
    with pytest.raises(DataError, match="names a resource twice"):
        Catalog(folder).names()


def test_found_from_anywhere(folder: Path, tmp_path: Path, root: Path) -> None:
    code = "from toolkit import catalog; print(catalog.default().folder); print(len(catalog.load('areas')))"
    rewrite(folder, "areas.csv", line(2, lambda text: text.replace("Bari", "Barri")))
    for environment, expected in (({}, root / "data"), ({"QUADRO_DATA": str(folder)}, folder)):
        plain = {key: value for key, value in os.environ.items() if key != "QUADRO_DATA"}
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=plain | {"PYTHONPATH": str(root)} | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.split() == [str(expected), "665"]


def test_no_data_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUADRO_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"no datapackage\.yaml") as caught:
        catalog.load("income")
    assert "QUADRO_DATA" in str(caught.value)


def test_a_table_is_read_and_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.load("income")
    monkeypatch.setattr(catalog, "read", None)
    assert len(catalog.load("income"))


@pytest.mark.parametrize("name", [name for name in catalog.default().names() if catalog.default().in_parts(name)])
def test_some_municipalities_and_columns_are_read_alone(name: str) -> None:
    whole = catalog.load(name)
    codes = municipal(next(one for one in catalog.default().package["resources"] if one["name"] == name))
    rest, known = list(whole.columns[:0:-1]), whole[codes[0]].unique()
    chosen = {*known[:2], *known[len(known) // 2 :][:3], known[-1], "000000"}
    part = catalog.load(name, chosen)
    expected = whole[whole[codes].isin(chosen).any(axis=1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, expected)
    pd.testing.assert_frame_equal(catalog.load(name, chosen, rest), part[rest])
    assert not len(catalog.load(name, {"000000"}))
    with pytest.raises(DataError, match="has no column 'nothing'"):
        catalog.load(name, chosen, ["nothing"])


def test_few_rows_are_read_for_few_municipalities(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    groups = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_groups",
        lambda file, which, **how: (read.extend(which), groups(file, which, **how))[1],
    )
    assert len(catalog.load("business_frame", {"001168"})) == 21
    assert len(read) == 1


def test_rules_are_gone_through_once_a_machine_and_data_version(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    rules = catalog.check_rows
    monkeypatch.setattr(kept, "folder", lambda: tmp_path / "kept")
    monkeypatch.setattr(
        catalog,
        "check_rows",
        lambda content, resource, known: (checked.append(resource["name"]), rules(content, resource, known)),
    )
    for _ in range(2):
        Catalog(folder).load("business_frame", {"015032"})
        Catalog(folder).load("business_frame", {"017029"})
    assert checked.count("business_frame") == 1
    rewrite(folder, "business_frame.parquet", lambda content: pq_without(content, "value_added"))
    Catalog(folder).load("business_frame", {"015032"})
    assert checked.count("business_frame") == 2


def pq_without(content: bytes, item: str) -> bytes:
    table = pq.read_table(pa.BufferReader(content))
    out = pa.BufferOutputStream()
    pq.write_table(table.filter(pc.not_equal(table["item"], item)), out)
    return out.getvalue().to_pybytes()


def test_municipalities_out_of_order_between_groups_are_refused(folder: Path) -> None:
    def spoil(content: bytes) -> bytes:
        table, out = pq.read_table(pa.BufferReader(content)), pa.BufferOutputStream()
        pq.write_table(pa.concat_tables([table.slice(21, 21), table.slice(0, 21)]), out, row_group_size=21)
        return out.getvalue().to_pybytes()

    rewrite(folder, "business_frame.parquet", spoil)
    with pytest.raises(DataError, match="001001 comes after 001002"):
        Catalog(folder).load("business_frame")


def test_pattern_holds_for_the_whole_cell(folder: Path) -> None:
    rewrite(folder, "metro_employment.csv", cell(2, 0, "ES511 "))
    with pytest.raises(DataError, match="nuts has the form"):
        Catalog(folder).load("metro_employment")
    package = folder / PACKAGE
    loose = package.read_text(encoding="utf-8").replace("pattern: ^[A-Z]{2}[A-Z0-9]{1,3}$", "pattern: ES511|[A-Z]{2}")
    package.write_text(loose, encoding="utf-8")
    with pytest.raises(DataError, match="nuts has the form"):
        Catalog(folder).load("metro_employment")


# ---- days and publishers of rows

MADE = pd.DataFrame(
    {
        "source": ["List, file", "a.it, 4 March; b.it (annex)", "a.it 2026-03; c.it"],
        "seen_on": ["2026-01-31", "", "2026-03-04"],
        "year": [2019, 2021, 2020],
    }
)
NAMES = {"it": "Elenco", "en": "List"}
OTHERS = {"it": "A mano", "en": "By hand"}
BOTH = (catalog.Publisher(NAMES, "https://list", "List"), catalog.Publisher(OTHERS, "https://hand", "", "source"))


@pytest.mark.parametrize(
    ("rows", "observed", "day"),
    [
        (MADE, "{seen_on}", "2026-03-04"),
        (MADE[:2], "{seen_on}", "2026-01-31"),
        (MADE[1:2], "{seen_on}", ""),
        (MADE[:0], "{seen_on}", ""),
        (MADE, "{year}-12-31", "2021-12-31"),
        (MADE.assign(value=[1.0, None, 1.0]), "{year}-01-01", "2020-01-01"),
    ],
)
def test_the_last_day_is_one_that_was_observed(rows: pd.DataFrame, observed: str, day: str) -> None:
    assert catalog.last_observed(rows, observed) == day


def test_a_day_in_no_column_is_refused() -> None:
    with pytest.raises(DataError, match="holds the day of observation"):
        catalog.last_observed(MADE, "{seen}")


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (MADE, [("List", (), "2026-01-31"), ("By hand", ("a.it", "b.it", "c.it"), "2026-03-04")]),
        (MADE[:1], [("List", (), "2026-01-31")]),
        (MADE[1:2], [("By hand", ("a.it", "b.it"), "otherwise")]),
        (MADE[:0], []),
    ],
)
def test_rows_are_credited_to_their_publishers(rows: pd.DataFrame, found: list[object]) -> None:
    credits = credits_of(BOTH, rows, "{seen_on}", "otherwise")
    assert [(one.publisher.name["en"], one.sources, one.day) for one in credits] == found
