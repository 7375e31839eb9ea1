"""`quadro check` knows every kind of file in `params/` and `data/`, and refuses what a run would, with its line."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from toolkit import catalog
from toolkit.catalog import PACKAGE
from toolkit.errors import Faults
from toolkit.run import check

OWN = """figures:
  - name: {it: Imprese attive, en: Active enterprises}
    value: 1650
    unit: enterprises
    date: "2026-06-30"
    source: Registro SUAP
    role: {it: Responsabile SUAP, en: Head of the business desk}
    beside: local_units_per_1000
"""
TITLE = "title: {it: Prova, en: Trial}\n"
PLAN = TITLE + "notebooks: [benchmark]\n"


@pytest.fixture
def home(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout to spoil."""
    shutil.copytree(root / "params", tmp_path / "params")
    shutil.copytree(root / "data", tmp_path / "data")
    (tmp_path / "notebooks").symlink_to(root / "notebooks")
    monkeypatch.setenv("QUADRO_DATA", str(tmp_path / "data"))
    return tmp_path


def told(home: Path, *paths: str) -> str:
    """What is refused, paths below the checkout; empty: nothing."""
    try:
        check.everything(home, [home / path for path in paths])
    except Faults as several:
        return str(several).replace(f"{home}/", "")
    return ""


def test_what_is_shipped_is_right_as_a_whole_and_file_by_file(home: Path) -> None:
    (home / "params" / "own").mkdir()
    (home / "params" / "own" / "015077.yml").write_text(OWN)
    assert told(home) == ""
    files = [str(path.relative_to(home)) for path in home.rglob("*.yml") if "notebooks" not in path.parts]
    assert len(files) > 15
    assert told(home, *files, "data/provinces.csv", f"data/{PACKAGE}", "data/boundaries.topojson") == ""


WRONG = [
    ("params/own/Bresso.yaml", OWN, "Bresso.yaml is read by nothing", "params/own/Bresso.yaml"),
    ("params/own/Bresso.yml", OWN, "Bresso.yml is read by no municipality", "params/own/Bresso.yml"),
    ("params/own/999999.yml", OWN, "999999.yml is read by no municipality", "params/own/999999.yml"),
    ("params/own/15032.yml", OWN, "15032.yml is read by no municipality", "params/own/15032.yml"),
    ("params/own/015077.yml", OWN.replace("1650", "-1650"), "-1650 enterprises cannot be", "015077.yml:3"),
    ("params/own/015077.yml", OWN.replace("1650", "1650.5"), "1650.5 enterprises cannot be", "015077.yml:3"),
    ("params/own/015077.yml", OWN.replace("1650", "11").replace("enterprises\n", "decile\n"), "11 decile", ":3"),
    ("params/own/015077.yml", OWN.replace("unit: enterprises", "unit: enterprizes"), "enterprizes", "015077.yml:4"),
    ("params/own/015077.yml", OWN.replace("per_1000", "per_100"), "no indicator 'local_units_per_100'", ":8"),
    ("params/own/015077.yml", OWN.replace("beside:", "besides:"), "There is no parameter 'besides'", ":8"),
    ("params/own/015077.yml", OWN.replace("2026-06-30", "2199-06-30"), "is not between 1861 and 2100", "015077.yml:5"),
    ("params/composite.yml", ("employment_rate", "employment_rat"), "no indicator 'employment_rat'", "composite.yml:"),
    ("params/composite.yml", ("parent: people", "parent: peopel"), "peopel", "composite.yml"),
    ("params/swot.yml", ("old_age_index", "old_age_indx"), "no indicator 'old_age_indx'", "swot.yml:"),
    ("params/pnrr.yml", ("unsorted_waste", "unsorted_wast"), "no item of the table fragility", "pnrr.yml:"),
    ("params/pnrr.yml", ("preparation_days: 30", "preparation_days: -30"), "preparation_days", "pnrr.yml:"),
    ("params/site.txt", "x", "site.txt is read by nothing", "params/site.txt"),
    ("params/runs/mine.yaml", PLAN, "mine.yaml is read by nothing", "call it mine.yml"),
    ("params/runs/mine.yml", PLAN + 'municipalities: ["999999"]\n', "999999", "mine.yml:3"),
    (
        "params/runs/mine.yml",
        TITLE + 'notebooks: [pnrr]\nsets: [nord-milano]\nvalues: {pnrr: {choices: mine}}\n',
        "There are no choices 'mine'",
        "mine.yml:4",
    ),
    (
        "params/runs/mine.yml",
        TITLE + 'notebooks: [impact]\nsets: [nord-milano]\nvalues: {impact: {policy: mine}}\n',
        "There is no policy 'mine'",
        "mine.yml:4",
    ),
    ("params/policies/expo-2015.yml", ("checked: \"2026", "checked: \"2199"), "checked", "expo-2015.yml:"),
    ("data/own/parks.csv", "istat_code,year,value\n", "the file has no rows", "data/own/parks.csv"),
    ("data/own/parks.csv", "istat_code,year,value\n015032,2021,many\n", "value is 'many'", "parks.csv, line 2"),
    ("data/own/parks.xlsx", "x", "is read by nothing", "data/own/parks.xlsx"),
    ("data/curated/plan.yml", "a: [", "plan.yml cannot be read", "data/curated/plan.yml"),
    ("data/spare.csv", "x", "spare.csv is not described", "data/spare.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "what", "where"), WRONG)
def test_a_file_that_a_run_would_refuse_or_never_read(
    home: Path, file: str, content: str | tuple[str, str], what: str, where: str
) -> None:
    path = home / file
    path.parent.mkdir(exist_ok=True)
    if isinstance(content, tuple):
        before = path.read_text(encoding="utf-8")
        content = before.replace(*content, 1)
        assert content != before
    path.write_text(content, encoding="utf-8")
    said = told(home, file)
    assert what in said
    assert where in said
    assert what in told(home)  # unasked, too


def test_a_policy_cannot_make_more_than_its_money(home: Path) -> None:
    path = home / "params" / "policies" / "manifattura-milano-2017.yml"
    lines = path.read_text(encoding="utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if line.strip().startswith("additionality"))
    high = next(number for number in range(at, at + 5) if "high:" in lines[number])
    lines[high] = lines[high].partition("high:")[0] + "high: 3" + ("}" if lines[high].rstrip().endswith("}") else "")
    path.write_text("\n".join(lines), encoding="utf-8")
    said = told(home, str(path.relative_to(home)))
    assert "additionality is a part of the money, from 0 to 1: 3 is not" in said
    assert "manifattura-milano-2017.yml" in said


@pytest.mark.parametrize("name", ["pnrr", "swot", "composite", "pnrr-example"])
def test_a_file_elsewhere_is_of_the_kind_that_its_names_say(home: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.yml").write_text((home / "params" / f"{name}.yml").read_text())
    assert told(home, "mine.yml") == ""


def test_a_table_without_rows_is_refused(home: Path) -> None:
    table, package = home / "data" / "provinces.csv", home / "data" / PACKAGE
    old, new = table.read_bytes(), table.read_bytes().split(b"\n")[0] + b"\n"
    table.write_bytes(new)
    package.write_text(package.read_text().replace(*(hashlib.sha256(one).hexdigest() for one in (old, new))))
    for paths in ((), ("data/provinces.csv",)):
        assert "provinces.csv, row 2" in told(home, *paths)
        assert "a table has rows" in told(home, *paths)
    catalog.forget()
