"""`quadro new`: a notebook from the template, or a copy of another, is a report under its own name."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from making import project

from toolkit import cli

PLAN = 'title: {it: a, en: a}\nnotebooks: [mobility, mine]\nmunicipalities: ["015032"]\nlanguages: [en]\n'


def test_a_new_notebook_and_a_copied_one_are_reports(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, {}, {"new": PLAN})
    for name in ("_template", "benchmark"):
        shutil.copy(root / "notebooks" / f"{name}.ipynb", tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert cli.main(["new", "mobility"]) == 0
    assert cli.main(["new", "mine", "--from", "benchmark"]) == 0
    assert cli.main(["check", "notebooks/mobility.ipynb", "notebooks/mine.ipynb"]) == 0
    capsys.readouterr()
    assert cli.main(["run", "new", "--jobs", "1"]) == 0, capsys.readouterr()
    pages = json.loads(Path("reports/run.json").read_text())["pages"]
    told = {page["report"]: (page["outcome"], page["dropped"]) for page in pages}
    assert told == {"mobility": ("ok", []), "mine": ("ok", [])}
    folder = Path("reports/015032-bresso")
    for name, title in (("mobility", "Title of the report"), ("mine", "The productive system compared")):
        page = (folder / f"{name}.en.html").read_text(encoding="utf-8")
        assert title in page
        assert set(re.findall(r'href="((?:benchmark|template)[^"]*)"', page)) == set()
    assert (folder / "mine-figures.en.html").is_file()
