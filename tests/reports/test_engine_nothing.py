"""A run with nothing to do ends at once, without importing what makes pages; a change re-runs the pages it concerns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from making import project, report

from toolkit import catalog, cli, params
from toolkit.run.fingerprint import data_folder
from toolkit.run.lock import STATE
from toolkit.run.manifest import Pages
from toolkit.run.modules import Modules
from toolkit.run.prepare import Choice, Prepared

NAMES = ("one", "two", "three")
LOADED = {"one": ["population"], "two": ["income", "population"], "three": ["commuting"]}


@pytest.fixture
def home(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """133 municipalities, three reports, two languages: 798 pages, noted as a run would have noted them."""
    shutil.copytree(root / "data", tmp_path / "data")
    monkeypatch.setenv("QUADRO_DATA", str(tmp_path / "data"))
    members = catalog.load("area_members")
    codes = sorted(members[members["area"] == "citta-metropolitana-milano"]["istat_code"].unique())
    listed = ", ".join(f'"{code}"' for code in codes)
    plan = (
        f"title: {{it: a, en: a}}\nnotebooks: [{', '.join(NAMES)}]\nmunicipalities: [{listed}]\nlanguages: [it, en]\n"
    )
    project(tmp_path, {name: report(name, "from toolkit import indicators") for name in NAMES}, {"all": plan})
    monkeypatch.chdir(tmp_path)
    noted(tmp_path)
    return tmp_path


def prepared(home: Path, choice: Choice | None = None) -> Prepared:
    path = home / "params/runs/all.yml"
    return Prepared(params.load(params.RunPlan, path), Path("reports"), choice or Choice(), home, str(path))


def noted(home: Path) -> None:
    out = home / "reports"
    (out / STATE).mkdir(parents=True)
    found = prepared(home)
    pages = Pages(out)
    for job in found.jobs:
        (out / job.page).parent.mkdir(exist_ok=True)
        (out / job.page).write_text("<html></html>")
        loaded = LOADED[job.notebook]
        pages.promoted(job, 1.0, [job.page], found.parts(job, loaded), {"title": "Prova"}, loaded)
    (out / "index.html").write_text("")
    pages.write({"site": found.site()})
    found.remember()


def due(home: Path) -> dict[str, int]:
    """How many pages of each report are to be made."""
    found = prepared(home)
    names = [job.notebook for job in found.jobs if job.page in found.due]
    return {name: names.count(name) for name in NAMES if name in names}


def test_who_only_plans_keeps_no_table(home: Path) -> None:
    catalog.load("income")
    (home / "reports" / STATE / "memory.json").unlink()  # it was known what to do
    assert prepared(home).jobs
    assert not catalog._FRAMES


@pytest.mark.slow
def test_nothing_to_do_imports_nothing_heavy(home: Path, root: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from toolkit import cli; "
        "code = cli.main(['run', 'all', '--json']); "
        "heavy = {'pandas', 'numpy', 'IPython', 'nbconvert', 'papermill', 'altair'} & set(sys.modules); "
        "print(code, sorted(heavy))"
    )

    run = subprocess.run([sys.executable, "-c", program], cwd=home, capture_output=True, text=True, check=True)
    *_, summary, last = run.stdout.splitlines()
    assert last == "0 []"
    assert json.loads(summary)["outcomes"] == {"unchanged": 798}


@pytest.mark.slow
def test_a_changed_table_concerns_the_pages_that_loaded_it(home: Path) -> None:
    assert due(home) == {}
    path = data_folder() / "datapackage.yaml"
    package = yaml.safe_load(path.read_text())
    income = next(one for one in package["resources"] if one["name"] == "income")
    income["titles"]["it"] += " (nuovo)"
    path.write_text(yaml.safe_dump(package, allow_unicode=True))
    assert due(home) == {"two": 266}
    found = prepared(home)
    assert {reason for reasons in found.due.values() for reason in reasons} == {"a table changed: income"}


@pytest.mark.slow
def test_a_changed_parameter_of_one_municipality_concerns_its_pages(home: Path) -> None:
    (home / "params/own").mkdir()
    (home / "params/own/015032.yml").write_text("a: 1")
    found = prepared(home)
    assert len(found.due) == 6
    assert all(page.startswith("015032-bresso/") for page in found.due)


@pytest.mark.slow
def test_a_changed_module_concerns_the_pages_that_use_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "notebooks/three.ipynb"
    path.write_text(path.read_text().replace("from toolkit import indicators", "from toolkit import pnrr"))
    real = dict(Modules().hashes)
    monkeypatch.setattr(Modules, "hashes", real | {"toolkit.indicators.income": "0" * 64})
    assert due(home) == {"one": 266, "two": 266, "three": 266}
    reasons = prepared(home).due["015032-bresso/three.it.html"]
    assert reasons[0] == "the notebook changed"
    assert prepared(home).due["015032-bresso/one.it.html"] == [
        "a module of the toolkit changed: toolkit.indicators.income"
    ]


@pytest.mark.slow
def test_limit_failed_and_force_choose(home: Path) -> None:
    assert len(prepared(home, Choice(force=True)).due) == 798
    some = prepared(home, Choice(force=True, limit=5))
    assert (len(some.due), len(some.later)) == (5, 793)
    assert prepared(home, Choice(failed=True)).jobs == []


@pytest.mark.slow
def test_explain_and_dry_run_make_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "reports/015032-bresso/one.it.html").unlink()
    before = (home / "reports/run.json").read_bytes()
    assert cli.main(["run", "all", "--explain"]) == 0
    told = capsys.readouterr().out
    assert "make  015032-bresso/one.it.html: 015032-bresso/one.it.html is gone" in told
    assert "keep  015032-bresso/one.en.html: nothing it uses changed" in told
    assert cli.main(["run", "all", "--dry-run"]) == 0
    assert capsys.readouterr().out == "015032-bresso/one.it.html\n1 of 798 pages would be made.\n"
    assert (home / "reports/run.json").read_bytes() == before
