"""Notebooks of the project executed in this process: no kernel, the same cells, the same outputs as JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from toolkit.contract import MIME

ROOT = Path(__file__).resolve().parents[1]


def notebooks() -> list[str]:
    """Names of the reports, the template left out."""
    return sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb") if not path.name.startswith("_"))


def execute(name: str, **parameters: Any) -> nbformat.NotebookNode:
    """The notebook with its outputs, executed cell by cell with these parameters.

    An exception of a cell is raised here as it is. Charts carry their specification only (set QUADRO_DEFER_CHARTS=1).
    """
    InteractiveShell.instance()
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    space: dict[str, Any] = {"__name__": "__main__"}
    given = {"municipality": "", "area": "", "language": "it", "as_of": "", **parameters}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        with capture_output() as captured:
            exec(compile(cell.source, f"{name}.ipynb cell {number}", "exec"), space)
            if "parameters" in cell.metadata.get("tags", []):
                space.update(given)
        if captured.stderr:
            print(captured.stderr, file=sys.stderr)
        cell.outputs = [nbformat.v4.new_output("display_data", data=shown.data) for shown in captured.outputs]
    return notebook


def payloads(notebook: nbformat.NotebookNode, kind: str = "") -> list[dict[str, Any]]:
    """What the report showed, of one kind if given."""
    shown = [
        out.data[MIME]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for out in cell.outputs
        if MIME in out.data
    ]
    return [payload for payload in shown if not kind or payload["kind"] == kind]


def sentences(notebook: nbformat.NotebookNode) -> list[str]:
    """Every text that a reader meets, tables' cells left out."""
    found: list[str] = []
    for payload in [part for shown in payloads(notebook) for part in (shown, *shown.get("parts", ()))]:
        kind = payload["kind"]
        if kind == "text":
            found += payload["paragraphs"]
        elif kind == "brief":
            found += [item["text"] for item in (*payload["items"], *payload["next"])]
        elif kind == "points":
            found += [text for group in payload["groups"] for text in (group["title"], *group["items"])]
        elif kind == "figure":
            found += [payload[key] for key in ("title", "subtitle", "alt", "description", "note")]
        elif kind == "table":
            found += [payload[key] for key in ("caption", "subtitle", "note")]
        elif kind == "key_figures":
            found += [text for item in payload["items"] for text in (item["label"], item["period"], item["note"])]
    return [text for text in found if text]
