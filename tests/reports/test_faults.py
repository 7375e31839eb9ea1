"""What goes wrong in a run: the right outcome, one clear message, nobody else stopped, the last good page kept."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from making import project, report, write

from toolkit import cli
from toolkit.run.fingerprint import Inputs
from toolkit.run.modules import Modules

FAILS_FOR_BRESSO = 'if municipality == "015032":\n    raise ValueError("no luck with Bresso")'
NOTEBOOKS = {
    "good": report("good"),
    "raises": report("raises", "x = 1", "1 / 0"),
    "refuses": report(
        "refuses",
        'from toolkit.errors import DataError\nraise DataError("A fault of data.", where="row 3", hint="mend it")',
    ),
    "leaves": report("leaves", "import sys\nsys.exit(0)"),
    "unclosed": report("unclosed", close=False),
    "killed": report("killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "patricide": report("patricide", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"),
    "sleeps": report("sleeps", "import time\ntime.sleep(600)"),
    "misnamed": report("another"),
}


def plan(notebooks: str, municipalities: str = '"015032"', more: str = "") -> str:
    head = f"title: {{it: a, en: a}}\nnotebooks: [{notebooks}]\nmunicipalities: [{municipalities}]\n"
    return f"{head}languages: [it]\n{more}"


PLANS = {
    "one": plan("good"),
    "faults": plan("raises, refuses, leaves, unclosed, killed, patricide, good, misnamed"),
    "torino": plan("good", '"001272", "015032"'),
    "unknown": plan("good", '"999999"'),
    "slow": plan("sleeps, good", more="timeout: 12\n"),
    "two": plan("good", '"015032", "015077"'),
    "many": plan("good", '"015032", "015077", "015081", "015086"'),
    "waiting": plan("sleeps"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project(tmp_path, NOTEBOOKS, PLANS))
    monkeypatch.setattr(Inputs, "used", lambda *_: {})  # whoever edits the toolkit meanwhile changes every page
    monkeypatch.setattr(Modules, "others", "the same")
    return tmp_path


def records(home: Path, out: str = "reports") -> dict[str, Any]:
    return {record["page"]: record for record in json.loads((home / out / "run.json").read_text())["pages"]}


def descendants() -> list[psutil.Process]:
    """Processes that this test left; multiprocessing's own resource tracker stays as long as the test run."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "resource_tracker" not in " ".join(child.cmdline())
    ]


def test_a_fault_of_the_plan_ends_what_was_started_meanwhile(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "unknown"]) == 2
    assert "999999" in capsys.readouterr().err
    assert descendants() == []
    assert not (home / "reports/run.json").exists()


def test_a_good_page(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "one"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"\[1/1\] ok .* 015032-bresso/good\.it\.html", out)
    assert (home / "reports/index.html").as_uri() in out
    files = {path.name for path in (home / "reports/015032-bresso").iterdir()}
    assert files == {"good.it.html", "good.it.ipynb", "good.it.xlsx", "good.json"}
    manifest = json.loads((home / "reports/run.json").read_text())
    assert manifest["outcomes"] == {"ok": 1}
    assert set(manifest) >= {"quadro", "commit", "lock", "data", "packages", "python", "as_of", "started", "seconds"}
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["data"]["income"])
    record = manifest["pages"][0]
    assert (record["outcome"], record["title"], record["stale"]) == ("ok", "Prova", False)
    assert record["as_of"] == "2026-01-01"
    assert record["territory"] == {"type": "municipality", "code": "015032", "name": "Bresso"}
    executed = (home / "reports/015032-bresso/good.it.ipynb").read_text()
    assert str(home) not in executed
    assert cli.main(["run", "one"]) == 0
    assert records(home)["015032-bresso/good.it.html"]["outcome"] == "unchanged"
    assert cli.main(["check", "--site", "reports"]) == 0
    assert descendants() == []


@pytest.mark.slow
def test_every_fault_has_its_outcome_and_message(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "faults", "--jobs", "2"]) == 1
    out = capsys.readouterr().out
    found = records(home)
    expected = {
        "raises": ("failed_code", "cell 5 (`1 / 0`) raised ZeroDivisionError: division by zero"),
        "refuses": ("failed_data", "A fault of data.\n  where: row 3\n  what to do: mend it"),
        "leaves": ("failed_code", "cell 4 (`import sys`) left with sys.exit(0) before report.close()."),
        "unclosed": (
            "failed_code",
            "The notebook ended without report.close(): it is not complete, no page was made.",
        ),
        "killed": ("failed_kernel", "The kernel died in cell 4 (`import os, signal`): killed, or out of memory."),
        "good": ("ok", ""),
    }
    for name, (outcome, message) in expected.items():
        record = found[f"015032-bresso/{name}.it.html"]
        assert (record["outcome"], record["message"]) == (outcome, message)
        assert (home / "reports" / record["page"]).exists() == (name == "good")
        if message:
            assert f"{outcome}: {name}, Bresso (015032), it" in out
            assert message.replace("\n", "\n  ") in out
    killer = found["015032-bresso/patricide.it.html"]  # it may begin the next cell before its own end reaches it
    assert killer["outcome"] == "failed_kernel"
    assert re.fullmatch(r"The worker process ended in cell [45] \(`.*`\): signal 9\.", killer["message"])
    assert "made the page another.it.html, not misnamed.it.html" in found["015032-bresso/misnamed.it.html"]["message"]
    log = (home / "reports/run.log").read_text()
    assert "Traceback (most recent call last)" in log
    assert "failed_kernel" in log
    assert list((home / "reports").glob(".quadro/work")) == []
    assert descendants() == []


@pytest.mark.slow
def test_the_last_good_page_is_kept_and_dated(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "two"]) == 0
    before = records(home)
    page = home / "reports/015032-bresso/good.it.html"
    good = page.read_bytes()
    write(home / "notebooks/good.ipynb", report("good", FAILS_FOR_BRESSO))
    capsys.readouterr()
    assert cli.main(["run", "two"]) == 1
    found = records(home)
    bresso, cinisello = found["015032-bresso/good.it.html"], found["015077-cinisello-balsamo/good.it.html"]
    assert (bresso["outcome"], bresso["stale"]) == ("failed_code", True)
    assert bresso["made"] == before["015032-bresso/good.it.html"]["made"]
    assert page.read_bytes() == good
    assert (cinisello["outcome"], cinisello["stale"]) == ("ok", False)
    assert f"The page of {bresso['made'][:10]} stays." in capsys.readouterr().out
    write(home / "notebooks/good.ipynb", NOTEBOOKS["good"])
    assert cli.main(["run", "two"]) == 0
    outcomes = {page: record["outcome"] for page, record in records(home).items()}
    assert outcomes == {"015032-bresso/good.it.html": "unchanged", "015077-cinisello-balsamo/good.it.html": "ok"}


@pytest.mark.slow
def test_a_notebook_that_takes_too_long_is_stopped_with_its_kernel(home: Path) -> None:
    started = time.monotonic()
    assert cli.main(["run", "slow", "--jobs", "1"]) == 1
    assert time.monotonic() - started < 60
    found = records(home)
    assert found["015032-bresso/sleeps.it.html"]["outcome"] == "failed_kernel"
    assert found["015032-bresso/sleeps.it.html"]["message"] == "Stopped after 12 seconds in cell 4 (`import time`)."
    assert found["015032-bresso/good.it.html"]["outcome"] == "ok"
    assert descendants() == []


@pytest.mark.slow
def test_equal_inputs_give_equal_bytes(home: Path) -> None:
    assert cli.main(["run", "one", "--out", "a"]) == 0
    assert cli.main(["run", "one", "--out", "b"]) == 0
    assert cli.main(["run", "one", "--out", "b", "--force"]) == 0
    assert records(home, "b")["015032-bresso/good.it.html"]["outcome"] == "ok"
    names = sorted(path.relative_to(home / "a") for path in (home / "a/015032-bresso").iterdir())
    assert len(names) == 4
    for name in names:
        assert (home / "a" / name).read_bytes() == (home / "b" / name).read_bytes(), name


@pytest.fixture
def checkout(home: Path, root: Path) -> Path:
    """A project with a copy of the toolkit, which nobody edits meanwhile."""
    shutil.copytree(root / "toolkit", home / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    return home


def background(home: Path, root: Path, *arguments: str) -> subprocess.Popen[str]:
    """`quadro` of that copy, as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(home), "QUADRO_DATA": str(root / "data")}
    command = [sys.executable, "-m", "toolkit.cli", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=home, env=environment, **pipes)


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


@pytest.mark.slow
def test_a_killed_run_loses_nothing_and_the_next_one_finishes_the_rest(checkout: Path, root: Path) -> None:
    process = background(checkout, root, "run", "many", "--jobs", "1")
    journal = checkout / "reports/.quadro/journal.jsonl"
    wait_for(lambda: journal.exists() and journal.read_text().count("\n") >= 2)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: gone(family), 20)
    promoted = sorted((checkout / "reports").glob("*/good.it.html"))
    assert 2 <= len(promoted) <= 3
    assert all(page.read_text().rstrip().endswith("</html>") for page in promoted)
    again = background(checkout, root, "run", "many", "--jobs", "2")
    again.communicate(timeout=120)
    assert again.returncode == 0
    outcomes = [record["outcome"] for record in records(checkout).values()]
    assert outcomes.count("unchanged") >= 2
    assert len(outcomes) == 4
    assert not journal.exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_ends_cleanly_and_holds_the_folder_meanwhile(checkout: Path, root: Path, number: int) -> None:
    process = background(checkout, root, "run", "waiting")
    wait_for(lambda: (checkout / "reports" / ".quadro" / "work" / "00000").exists())
    second = background(checkout, root, "run", "one")
    _, told = second.communicate(timeout=60)
    assert second.returncode == 2
    assert f"Another run is writing into this folder: process {process.pid} on " in told
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    _, told = process.communicate(timeout=20)
    assert process.returncode == cli.INTERRUPTED
    assert "Stopped." in told
    assert "Traceback" not in told
    wait_for(lambda: gone(family), 10)
    assert not (checkout / "reports/.quadro/work").exists()
