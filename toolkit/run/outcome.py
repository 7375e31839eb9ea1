"""How a run of one notebook ended, decided and worded in one place: log, manifest, table and index cannot disagree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from toolkit import errors
from toolkit.contract import MIME

Status = Literal["ok", "unchanged", "no_data", "failed_data", "failed_code", "failed_kernel"]
Trouble = Literal[
    "", "kernel_start", "kernel_died", "timeout", "memory", "worker_died", "engine", "render", "render_data"
]

OUTCOMES: tuple[Status, ...] = ("ok", "unchanged", "no_data", "failed_data", "failed_code", "failed_kernel")
GOOD: tuple[Status, ...] = ("ok", "unchanged")
ADDED_BY_PAPERMILL = {"injected-parameters", "papermill-error-cell-tag"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended: status, one message (empty when good), the cell meant, the traceback for the log."""

    status: Status
    message: str = ""
    cell: int | None = None
    traceback: str = ""

    @property
    def good(self) -> bool:
        """Whether the page is there and up to date."""
        return self.status in GOOD


@dataclass(frozen=True)
class Cell:
    """A code cell with its place in the notebook as its author sees it (1 is the first cell)."""

    number: int
    source: str
    outputs: list[dict[str, Any]]
    tags: frozenset[str]
    raised: bool
    started: bool

    @property
    def error(self) -> dict[str, Any] | None:
        """The error among its outputs."""
        return next((output for output in self.outputs if output.get("output_type") == "error"), None)

    def __str__(self) -> str:
        lines = [line.strip() for line in self.source.splitlines() if line.strip() and not line.strip().startswith("#")]
        return f"cell {self.number} (`{lines[0][:60]}`)" if lines else f"cell {self.number}"


def decide(notebook: dict[str, Any], trouble: Trouble = "", detail: str = "") -> Outcome:
    """The outcome of a notebook as it was left.

    Args:
        notebook: the executed notebook, perhaps only in part; an empty mapping where nothing was written.
        trouble: what went wrong around the notebook, if anything.
        detail: a word on that trouble (seconds, signal, exception).
    """
    found = list(cells(notebook))
    failed = next((cell for cell in found if cell.error or cell.raised), None)
    last = next((cell for cell in reversed(found) if cell.started), None)
    here = f" in {last}" if last else ""
    at = last.number if last else None
    closed = _closed(notebook)
    if trouble == "kernel_start":
        return Outcome("failed_kernel", f"The kernel did not start, twice: {detail}.")
    if trouble == "timeout":
        return Outcome("failed_kernel", f"Stopped after {detail} seconds{here}.", at)
    if trouble == "memory":
        return Outcome("failed_kernel", f"Stopped{here}: it used more than {detail} MiB of memory.", at)
    if trouble == "kernel_died":
        return Outcome("failed_kernel", f"The kernel died{here}: killed, or out of memory.", at)
    if trouble == "worker_died":
        return Outcome("failed_kernel", f"The worker process ended{here}: {detail}.", at)
    if failed and not (closed and _clean_exit(failed)):
        return _raised(failed)
    if trouble == "engine":
        return Outcome("failed_code", f"The notebook could not be executed: {detail}.", at)
    if not closed:
        return Outcome(
            "failed_code", "The notebook ended without report.close(): it is not complete, no page was made."
        )
    if trouble in ("render", "render_data"):
        status: Status = "failed_data" if trouble == "render_data" else "failed_code"
        return Outcome(status, f"The page could not be written: {detail}")
    return Outcome("ok")


def opening(notebook: dict[str, Any]) -> dict[str, Any]:
    """The `open` payload of an executed notebook, or an empty mapping; plain: a run reads it without nbformat."""
    found = next((payload for payload in _payloads(notebook) if payload.get("kind") == "open"), {})
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain


def _raised(cell: Cell) -> Outcome:
    """The outcome of a cell that raised: our own errors are told whole, others by their first line."""
    error = cell.error or {"ename": "CellExecutionError", "evalue": "", "traceback": []}
    kind, text = error["ename"], error["evalue"].strip()
    traceback = _COLOUR.sub("", "\n".join(error.get("traceback", [])))
    if kind in _ours():
        if kind == errors.DataNotEmbedded.__name__:
            return Outcome("no_data", text, cell.number)
        return Outcome("failed_data", text, cell.number, traceback)
    if kind == "SystemExit":
        return Outcome("failed_code", f"{cell} left with sys.exit({text}) before report.close().", cell.number)
    first = text.splitlines()[0] if text else "no message"
    return Outcome("failed_code", f"{cell} raised {kind}: {first}", cell.number, traceback)


def _clean_exit(cell: Cell) -> bool:
    return cell.error is not None and cell.error["ename"] == "SystemExit" and cell.error["evalue"] in ("", "0", "None")


def _closed(notebook: dict[str, Any]) -> bool:
    """A notebook is complete when the last thing `Report` emitted is its closing."""
    last: dict[str, Any] = {}
    for payload in _payloads(notebook):
        last = payload
    return last.get("kind") == "close" and last.get("complete") is True


def _payloads(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cell in notebook.get("cells", ()):
        for output in cell.get("outputs", ()):
            payload = output.get("data", {}).get(MIME)
            if isinstance(payload, dict):
                yield payload


def cells(notebook: Mapping[str, Any]) -> Iterator[Cell]:
    """The code cells of a notebook that its author wrote."""
    number = 0
    for cell in notebook.get("cells", ()):
        metadata = cell.get("metadata", {})
        tags = frozenset(metadata.get("tags", ()))
        if ADDED_BY_PAPERMILL & tags:
            continue
        number += 1
        if cell.get("cell_type") != "code":
            continue
        state = metadata.get("papermill", {})
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        outputs = list(cell.get("outputs", ()))
        yield Cell(number, source, outputs, tags, state.get("exception") is True, bool(state.get("start_time")))


def _ours() -> set[str]:
    kinds, names = [errors.ToolkitError], set()
    while kinds:
        kind = kinds.pop()
        names.add(kind.__name__)
        kinds += kind.__subclasses__()
    return names
