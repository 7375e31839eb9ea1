"""The worked page for analysts: its code runs, in ten lines, and gives what the page says it gives."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from harness import payloads
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from toolkit import render
from toolkit.text.facts import COMPARED


@pytest.fixture
def page(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, Any], Any]:
    """The text, the variables that its code leaves, and a notebook of what it shows."""
    shutil.copytree(root / "data", tmp_path / "data", ignore=shutil.ignore_patterns("curated", "own"))
    monkeypatch.setenv("QUADRO_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "own").mkdir()
    rows = "".join(f"{code},2024,{share}\n" for code, share in (("015032", 12.5), ("015146", 20), ("015077", 15)))
    (tmp_path / "data" / "own" / "parks.csv").write_text(f"istat_code,year,value\n{rows}")
    text = (root / "docs" / "ten-lines.md").read_text(encoding="utf-8")
    space: dict[str, Any] = {}
    InteractiveShell.instance()
    cells = []
    for code in re.findall(r"```python\n(.*?)```", text, re.S):
        with capture_output() as captured:
            exec(code, space)
        outputs = [nbformat.v4.new_output("display_data", data=shown.data) for shown in captured.outputs]
        cells.append(nbformat.v4.new_code_cell(code, outputs=outputs))
    return text, space, nbformat.v4.new_notebook(cells=cells)


def test_its_code_gives_what_it_says(page: tuple[str, dict[str, Any], Any], tmp_path: Path) -> None:
    text, space, notebook = page
    _, *lines = filter(None, notebook.cells[0].source.splitlines())  # the import first
    assert len(lines) <= 10
    said = {shown["title"] for shown in payloads(notebook, "figure")}
    said |= {one for shown in payloads(notebook, "text") for one in shown["paragraphs"]}
    quoted = re.findall(r"^> (.*)$", text, re.M)
    assert len(quoted) == 2
    assert set(quoted) <= said
    written = {path.name for path in render.outputs(notebook, tmp_path / "site")}
    assert {"mine.en.html", "mine-green.csv", "mine-parks.csv", "mine-bars.csv"} <= written
    assert set(space["declared"].facts) == set(COMPARED)  # those that `quadro check` knows


def test_the_project_leads_to_it(root: Path) -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        assert "docs/ten-lines.md" in (root / name).read_text(encoding="utf-8")
