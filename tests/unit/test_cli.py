"""The command: help at once, plain words, exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from making import parameters, project

from toolkit import catalog, cli, indicators
from toolkit.territory import Register

COMMANDS = [
    ["list"],
    ["run"],
    ["check"],
    ["data"],
    ["data", "build"],
    ["data", "fetch"],
    ["new"],
    ["preview"],
    ["explain"],
]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    code = cli.main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one notebook, in which the commands run."""
    plan = 'title: {it: a, en: a}\nnotebooks: [small]\nmunicipalities: ["015032"]\n'
    other = plan.replace("015032", "015209")
    monkeypatch.chdir(project(tmp_path, {"small": [parameters()]}, {"good": plan, "more": other}))
    return tmp_path


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=lambda command: " ".join(command) or "quadro")
def test_every_command_has_help_and_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([*command, "--help"])
    out = capsys.readouterr().out
    assert left.value.code == 0
    assert re.search(rf"example:\n  quadro {' '.join(command)}", out)


def test_help_imports_nothing_heavy(root: Path) -> None:
    code = (
        "import sys; from toolkit import cli; cli.parser().format_help();"
        "print(sorted({'pandas', 'pydantic', 'rich', 'papermill', 'yaml'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert re.fullmatch(r"quadro \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    "arguments", [[], ["rum"], ["run", "--jobs", "0"], ["run", "--jobs", "two"], ["list", "towns"]]
)
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2


def test_list_everything(capsys: pytest.CaptureFixture[str], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for kind, expected in (
        ("municipalities", "015032  Bresso"),
        ("areas", "nord-milano-2008"),
        ("sets", "7 municipalities"),
        ("runs", "metropolitan-city"),
        ("tables", "population"),
        ("indicators", "income_per_taxpayer"),
    ):
        code, out, _ = told(capsys, "list", kind)
        assert code == 0
        assert expected in out
    assert len(told(capsys, "list", "municipalities")[1].splitlines()) == 7894
    counts = dict(line.split() for line in told(capsys, "list")[1].splitlines())
    assert (list(counts), counts["municipalities"]) == (list(cli.KINDS), "7894")


def test_list_finds_any_municipality(capsys: pytest.CaptureFixture[str]) -> None:
    first = told(capsys, "list", "municipalities", "--search", "torino")[1].splitlines()[0]
    assert first.split() == ["001272", "Torino", "TO", "figures"]
    assert "Cassina de' Pecchi" in told(capsys, "list", "municipalities", "--search", "cass pecc")[1]
    assert "Bresso" in told(capsys, "list", "municipalities", "--search", "015032")[1]
    code, out, err = told(capsys, "list", "municipalities", "--search", "xyz")
    assert (code, out) == (0, "")
    assert "Nothing found for 'xyz'." in err


def test_list_shows_what_is_wrong_with_one_entry_and_goes_on(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (home / "params/runs/bad.yml").write_text("a: 1\na: 2\n")
    out = told(capsys, "list", "runs")[1]
    assert "bad   ! 'a' is given twice" in out
    assert "good" in out


def test_bad_input_is_exit_2_without_a_traceback(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (home / "params/runs/bad.yml").write_text(
        "title: {it: a, en: a}\nnotebooks: [smal]\nmunicipalities: ['015235', '099999']\n"
    )
    code, out, err = told(capsys, "run", "bad")
    assert (code, out) == (2, "")
    assert err.startswith("3 things to put right:")
    assert "did you mean 'small'?" in err
    assert "Traceback" not in err
    assert not (home / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "goood"], "did you mean 'good'?"),
        (["run", "good", "--only", "Milano"], "Milano is not in the plan."),
        (["run", "good", "--only", "Milano"], "quadro run --municipality 015146"),
        (["run", "good", "--only", "zona-nord-milano"], "quadro run --area zona-nord-milano"),
        (["run", "good", "--province", "Xyz"], "There is no province 'Xyz'."),
        (["run", "good", "--municipality", "Castro"], "give the code, or the name with its province: Castro (BG)"),
        (["check", "params/runs/good.yml", "--system", "Brexia"], "There is no local labour system 'Brexia'."),
        (["check", "params/runs/good.yml", "--area", "zona-nord-milan"], "did you mean zona-nord-milano"),
        (["list", "municipalities", "--region", "Xyz"], "There is no region 'Xyz'."),
        (["list", "tables", "--region", "Umbria"], "--region goes with municipalities."),
        (["run", "good", "--only", "Bersso"], "Bresso (MI), 015032"),
        (["check", "params/runs/none.yml"], "There is no file"),
        (["check", "params"], "is no plan, set or notebook"),
        (["check", "--site", "nowhere"], "There is no site in nowhere."),
        (["new", "Bad Name"], "cannot name a notebook"),
        (["new", "small"], "There is a notebook 'small' already."),
        (["explain", "015032"], "quadro run --municipality 015032"),
        (["explain", "bresso"], "'bresso' names a place, not a figure."),
        (["explain", "Bersso/small/x"], "Bresso (MI), 015032"),
        (["explain", "../small/x"], "There is no municipality called '..'."),
        (["explain", "a//b"], "is not the id of a figure"),
        (["explain", "015032/small/x", "--site", "nowhere"], "There are no results of 015032/small."),
        (["data", "fetch", "populaton"], "did you mean 'population'?"),
        (["data", "fetch", "nowhere"], "There is no municipality called 'nowhere'."),
        (["data", "fetch", "Castro"], "allowed: Castro (BG), 016065, Castro (LE), 075096"),
        (["data", "fetch", "15032"], 'did you mean "015032" (Bresso)?'),
        (["data", "fetch", "Vermezzo"], "today part of Vermezzo con Zelo (MI), 015251"),
        (["data", "build", "--from", "nowhere"], "no folder nowhere"),
    ],
)
def test_other_bad_input(capsys: pytest.CaptureFixture[str], home: Path, arguments: list[str], message: str) -> None:
    code, _, err = told(capsys, *arguments)
    assert code == 2
    assert message in err


def test_an_altered_table_stops_everything(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte of one file differs: exit 2, the resource is named, nothing runs."""
    import shutil

    source = catalog.default().folder
    shutil.copytree(source, home / "data", ignore=shutil.ignore_patterns("curated", ".cache"))
    table = home / "data" / "calls.csv"
    content = bytearray(table.read_bytes())
    content[-2] ^= 1
    table.write_bytes(content)
    monkeypatch.setenv("QUADRO_DATA", str(home / "data"))
    for command in (["run", "good"], ["check"]):
        code, _, err = told(capsys, *command)
        assert code == 2
        assert "calls.csv is not the file that datapackage.yaml describes" in err
    assert not (home / "reports").exists()


def test_a_missing_column_stops_everything(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib
    import shutil

    shutil.copytree(catalog.default().folder, home / "data", ignore=shutil.ignore_patterns("curated", ".cache"))
    table, package = home / "data" / "regional_income.csv", home / "data" / "datapackage.yaml"
    before = table.read_bytes()
    lines = [line.rpartition(",")[0] for line in before.decode().splitlines()]
    assert before.decode().splitlines()[0].endswith(",flag")
    table.write_text("\n".join(lines) + "\n")
    text = package.read_text().replace(
        hashlib.sha256(before).hexdigest(), hashlib.sha256(table.read_bytes()).hexdigest()
    )
    package.write_text(text.replace(f"bytes: {len(before)}", f"bytes: {len(table.read_bytes())}"))
    monkeypatch.setenv("QUADRO_DATA", str(home / "data"))
    code, _, err = told(capsys, "run", "good")
    assert code == 2
    assert "regional_income" in err
    assert "missing: flag" in err
    assert not (home / "reports").exists()


def test_check_says_what_is_right(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, out, _ = told(capsys, "check", "params/runs/good.yml")
    assert (code, out) == (0, "Right: params/runs/good.yml.\n")


def test_fetch_says_what_is_embedded(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "data", "fetch", "Bresso")
    assert (code, out.startswith("Bresso (MI), 015032 is embedded")) == (0, True)
    assert told(capsys, "data", "fetch", "population")[1].startswith("population is embedded: ")
    assert told(capsys, "data", "fetch", "None")[1].startswith("None (TO), 001168 is embedded: ")


def results(site: Path, name: str, groups: dict[str, tuple[str, ...]], parent: str = "") -> dict[str, Any]:
    """A results file of Bresso with one indicator, as a run leaves it."""
    one = indicators.get(name)
    rows = indicators.compute(name, {table: catalog.load(table) for table in one.tables}, groups, parent=parent)
    year = int(rows["year"].max())
    values = rows[rows["year"] == year].set_index("territory")["value"]
    said = {
        "indicator": name,
        "territory": "015032",
        "year": year,
        "parent": parent,
        "printed": {"it": "sì", "en": "yes"},
        "scales": {key: {"value": float(values[key])} for key in groups},
    }
    key = f"{name}@{parent}" if parent else name
    path = site / "015032-bresso" / "benchmark.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    hashes = {table: catalog.default().source(table).sha256 for table in one.tables}
    content = {"results": {"figures": {key: said}, "territories": groups}, "provenance": {"tables": hashes}}
    path.write_text(json.dumps(content))
    return said


@pytest.fixture
def groups() -> dict[str, tuple[str, ...]]:
    zone = Register(catalog.default()).area("zona-nord-milano").members
    return {"015032": ("015032",), "zone": zone}


def test_explain_recomputes_a_printed_number(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, groups: dict[str, tuple[str, ...]]
) -> None:
    said = results(tmp_path, "income_per_taxpayer", groups)
    site = ["--site", str(tmp_path)]
    code, out, _ = told(capsys, "explain", "015032/benchmark/income_per_taxpayer", *site)
    assert code == 0
    assert f"recomputed  {said['scales']['015032']['value']:,.6f}".rstrip("0") in out
    assert ": the same" in out
    assert "“sì” · “yes”" in out
    assert "taxable_income" in out
    assert f"sha256 {catalog.default().source('income').sha256}, as the page says" in out
    assert "finanze.gov.it" in out
    code, out, _ = told(capsys, "explain", "015032/benchmark/income_per_taxpayer/zone", *site)
    assert code == 0
    assert "zone, municipalities: 6" in out
    assert told(capsys, "explain", "bresso/benchmark/income_per_taxpayer", *site)[0] == 0
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "shared.json").write_text("{}")
    code, _, err = told(capsys, "explain", "Bresso", *site)
    assert code == 2
    assert "'Bresso' names a place, not a figure." in err
    assert "allowed: 015032/benchmark\n" in err
    code, _, err = told(capsys, "explain", "Bresso/benchmark", *site)
    assert f"quadro explain 015032/benchmark/income_per_taxpayer --site {tmp_path}" in err
    code, _, err = told(capsys, "explain", "Milano/benchmark/income_per_taxpayer", *site)
    assert "shared" not in err


def test_explain_says_where_page_and_tables_differ(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, groups: dict[str, tuple[str, ...]]
) -> None:
    results(tmp_path, "income_per_taxpayer", groups)
    path = tmp_path / "015032-bresso" / "benchmark.json"
    content = json.loads(path.read_text())
    content["results"]["figures"]["income_per_taxpayer"]["scales"]["015032"]["value"] += 1
    content["provenance"]["tables"]["income"] = "0" * 64
    path.write_text(json.dumps(content))
    code, out, _ = told(capsys, "explain", "015032/benchmark/income_per_taxpayer", "--site", str(tmp_path))
    assert code == 1
    assert "NOT the same" in out
    assert f"but the page was made of {'0' * 64}" in out


def test_explain_a_share_of_a_parent(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, groups: dict[str, tuple[str, ...]]
) -> None:
    results(tmp_path, "share_local_units", groups, parent="zone")
    code, out, _ = told(capsys, "explain", "015032/benchmark/share_local_units@zone", "--site", str(tmp_path))
    assert code == 0
    assert "share of zone (6)" in out
    assert "inputs from local_units (6 rows)" in out


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("015032/benchmark/income_per_taxpayr", "did you mean 015032/benchmark/income_per_taxpayer"),
        ("015032/benchmrk/income_per_taxpayer", "did you mean 015032/benchmark"),
        ("015032/benchmark/income_per_taxpayer/zon", "did you mean 015032/benchmark/income_per_taxpayer/zone"),
        ("015077/pnrr/x", "quadro run --municipality 015077"),
        ("*/benchmark/income_per_taxpayer", "There is no municipality called '*'."),
        ("015032/benchmark/a/b/c", "is not the id of a figure"),
    ],
)
def test_explain_an_unknown_figure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, groups: dict[str, tuple[str, ...]], id: str, message: str
) -> None:
    results(tmp_path, "income_per_taxpayer", groups)
    code, _, err = told(capsys, "explain", id, "--site", str(tmp_path))
    assert code == 2
    assert message in err
