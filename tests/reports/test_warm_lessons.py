"""The first page of a notebook teaches the others; where it hangs, dies or raises, that costs warmth, not the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from making import project, report

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the warm engine needs Linux")]

FIRST, *OTHERS = CODES = ("015032", "015077", "015081", "015086")
PROBE = """
import os, sys, pandas
from toolkit.catalog.store import current
assert "LEAKED" not in os.environ and not hasattr(pandas, "leaked")
os.environ["LEAKED"], pandas.leaked = "1", True
held = "zipapp" in sys.modules
import zipapp
made = current().once("probe", lambda: {"pid": os.getpid()})
told = f"{municipality} {made['pid'] == os.getpid()} {held} {'meddled' in made}"
made["meddled"] = True
with open(os.environ["PROBED"] + "/" + REPORT, "a") as file:
    print(told, file=file)
"""
LOST = {
    "hangs": ("import time\nif municipality == '015032':\n    time.sleep(600)", "failed_kernel"),
    "dies": ("if municipality == '015032':\n    os._exit(3)", "failed_kernel"),
    "raises": ("if municipality == '015032':\n    raise ValueError('here')", "failed_code"),
    "cannot be sent": ("class Odd: pass\ncurrent().once('odd', Odd)", "ok"),
}
PLAN = "title: {{it: a, en: a}}\nnotebooks: [{name}]\nmunicipalities: [{codes}]\nlanguages: [it]\n"
LISTED = ", ".join(f'"{code}"' for code in CODES)


def ran(folder: Path, root: Path, *cells: str) -> tuple[dict[str, str], dict[str, str], str]:
    """Outcomes by municipality, what each page found (`made it itself, had its module, was meddled with`), the log."""
    project(folder, {"trial": report("trial", PROBE, *cells)}, {"trial": PLAN.format(name="trial", codes=LISTED)})
    about: dict[str, Any] = {"PYTHONPATH": str(root), "QUADRO_DATA": str(root / "data"), "PROBED": str(folder)}
    command = [sys.executable, "-m", "toolkit.cli", "run", "trial", "--jobs", "2", "--timeout", "16"]
    subprocess.run(command, cwd=folder, env={**os.environ, **about}, check=False, capture_output=True, timeout=240)
    found = dict(line.split(" ", 1) for line in (folder / "trial").read_text().splitlines())
    pages = json.loads((folder / "reports/run.json").read_text())["pages"]
    log = (folder / "reports/run.log").read_text()
    return {page["territory"]["code"]: page["outcome"] for page in pages}, found, log


def test_the_first_page_teaches_the_others(tmp_path: Path, root: Path) -> None:
    outcomes, found, log = ran(tmp_path, root)
    assert outcomes == dict.fromkeys(CODES, "ok")
    assert found == {FIRST: "True False False"} | dict.fromkeys(OTHERS, "False True False")
    assert "find out by themselves" not in log


@pytest.mark.parametrize("how", LOST)
def test_a_first_page_that_is_lost_costs_the_warmth(how: str, tmp_path: Path, root: Path) -> None:
    cell, outcome = LOST[how]
    outcomes, found, log = ran(tmp_path, root, cell)
    assert outcomes == {FIRST: outcome} | dict.fromkeys(OTHERS, "ok")
    if outcome == "ok":
        assert [told[:5] for told in found.values()].count("True ") == 1, "what can be sent is"
        return
    assert "find out by themselves what all of them share" in log
    alone = [code for code in OTHERS if found[code].startswith("True False")]
    assert alone, "nothing of the lost page reached the others"
    if how != "hangs":  # two begin at once, and who follows has what the first of them told
        assert len(alone) <= 2
