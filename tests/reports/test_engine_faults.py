"""Notebooks that do their worst in the warm engine: the right outcome, nobody else stopped, nothing left behind."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from making import project, report

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the warm engine needs Linux")]

LOOPS_IN_C = "sum(range(10**13))"
ALLOCATES = "kept = []\nwhile True:\n    kept.append(bytearray(b'x') * 20_000_000)"
NOTEBOOKS = {
    "loops": report("loops", LOOPS_IN_C),
    "allocates": report("allocates", ALLOCATES),
    "leaves": report("leaves", "import os\nos._exit(3)"),
    "killed": report("killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "closes": report("closes", "import os, sys\nsys.stdout.close()\nos.close(1)\nos.close(2)"),
    "forks": report("forks", "import os, time\nif os.fork() == 0:\n    time.sleep(0.2)\nelse:\n    os.wait()"),
    "daemon": report(
        "daemon",
        "import subprocess\n"
        "marked = subprocess.Popen(['sh', '-c', 'setsid sleep 987 & exec sleep 986'], stdin=subprocess.DEVNULL)",
    ),
    "threads": report(
        "threads", "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=False).start()"
    ),
    "changes": report(
        "changes",
        "import os, random, warnings, pandas\nos.environ['LEAKED'] = '1'\nwarnings.simplefilter('error')\n"
        "pandas.options.display.max_rows = 3\nrandom.seed(1)\npandas.leaked = True",
    ),
    "looks": report(
        "looks",
        "import os, pandas, warnings\nassert 'LEAKED' not in os.environ\nassert pandas.options.display.max_rows == 60\n"
        "assert not hasattr(pandas, 'leaked')\nwarnings.warn('not an error')",
    ),
    "widgets": report(
        "widgets",
        "# ipywidgets would need a client\nimport os\nassert 'ipykernel_launcher' in ' '.join(__import__('sys').argv)",
    ),
    "good": report("good"),
}
OUTCOMES = {
    "loops": ("failed_kernel", "Stopped after 8 seconds in cell 4 (`sum(range(10**13))`)."),
    "allocates": ("failed_kernel", "Stopped in cell 4 (`kept = []`): it used more than 300 MiB of memory."),
    "leaves": ("failed_kernel", "The kernel died in cell 4 (`import os`): killed, or out of memory."),
    "killed": ("failed_kernel", "The kernel died in cell 4 (`import os, signal`): killed, or out of memory."),
    "closes": ("ok", ""),
    "forks": ("ok", ""),
    "daemon": ("ok", ""),
    "threads": ("ok", ""),
    "changes": ("ok", ""),
    "looks": ("ok", ""),
    "widgets": ("ok", ""),
    "good": ("ok", ""),
}
PLAN = "title: {{it: a, en: a}}\nnotebooks: [{notebooks}]\nmunicipalities: [{codes}]\nlanguages: [it]\n"


@pytest.fixture
def home(tmp_path: Path, root: Path) -> Path:
    """A project with a copy of the toolkit, which nobody edits meanwhile."""
    plans = {
        "worst": PLAN.format(notebooks=", ".join(NOTEBOOKS), codes='"015032"'),
        "many": PLAN.format(notebooks="good", codes=", ".join(f'"{code}"' for code in CODES)),
    }
    project(tmp_path, NOTEBOOKS, plans)
    shutil.copytree(root / "toolkit", tmp_path / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


CODES = ("015032", "015077", "015081", "015086", "015098", "015166", "015209", "015146")


def start(home: Path, root: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(home), "QUADRO_DATA": str(root / "data")}
    command = [sys.executable, "-m", "toolkit.cli", "run", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=home, env=environment, **pipes)


def ours(home: Path) -> list[str]:
    """Command lines of processes that work for this project, or that its notebooks left."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            about = (process.environ().get("PYTHONPATH", ""), process.cwd())
            if any(text.startswith(str(home)) for text in about):
                found.append(line)
        except psutil.Error:
            continue
    return found


def records(home: Path) -> dict[str, Any]:
    return {record["report"]: record for record in json.loads((home / "reports/run.json").read_text())["pages"]}


def test_the_worst_notebooks_in_one_run(home: Path, root: Path) -> None:
    process = start(home, root, "worst", "--jobs", "2", "--timeout", "8", "--memory", "300")
    _, told = process.communicate(timeout=240)
    assert process.returncode == 1, told
    found = {name: (record["outcome"], record["message"]) for name, record in records(home).items()}
    assert found == OUTCOMES
    assert "an ordinary kernel executed it: it uses widgets" in (home / "reports/run.log").read_text()
    assert ours(home) == []
    assert not (home / "reports/.quadro/work").exists()


def test_a_full_disk_is_an_outcome(home: Path, root: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = home / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        assert start(home, root, "many", "--out", "small", "--only", "015032").wait(120) == 0
        page = (small / "015032-bresso/good.it.html").read_bytes()
        free = os.statvfs(small).f_bavail * os.statvfs(small).f_frsize
        (small / "ballast").write_bytes(b"x" * (free - 60_000))
        process = start(home, root, "many", "--out", "small", "--force")
        _, told = process.communicate(timeout=120)
        assert process.returncode != 0
        assert "No space left" in told or "cannot" in told, told
        assert (small / "015032-bresso/good.it.html").read_bytes() == page
        (small / "ballast").unlink()
        assert start(home, root, "many", "--out", "small").wait(120) == 0
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_runs_killed_at_random_moments_are_finished_by_the_next(home: Path, root: Path) -> None:
    chance = random.Random(20)
    for _ in range(20):
        process = start(home, root, "many", "--jobs", "2", "--quiet")
        time.sleep(chance.uniform(0.2, 4.0))
        victims = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
        chosen = process.pid if chance.random() < 0.6 else chance.choice(victims)
        if psutil.pid_exists(chosen):
            os.kill(chosen, signal.SIGKILL)
        if chosen == process.pid:
            process.communicate(timeout=60)
        else:  # who lost the warm parent, a painter or a notebook goes on; no need to wait for its end here
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        for page in (home / "reports").glob("*/good.it.html"):
            assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
        limit = time.monotonic() + 20
        while ours(home):
            assert time.monotonic() < limit, ours(home)
            time.sleep(0.1)
    last = start(home, root, "many", "--quiet")
    _, told = last.communicate(timeout=120)
    assert last.returncode == 0, told
    assert len(list((home / "reports").glob("*/good.it.html"))) == len(CODES)
    assert not list((home / "reports").rglob(".*.[0-9]*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_cleanly(home: Path, root: Path, number: int) -> None:
    process = start(home, root, "worst", "--timeout", "300", "--only", "015032")
    limit = time.monotonic() + 90
    while not list((home / "reports/.quadro/work").glob("0*")):
        assert time.monotonic() < limit
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert ours(home) == []
