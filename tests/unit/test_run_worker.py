"""A worker starts a kernel again that did not start, and only that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import papermill
import pytest
from making import code, notebook

from toolkit.contract import MIME
from toolkit.run import worker
from toolkit.run.job import Job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("benchmark", tmp_path / "x.ipynb", "municipality", "015032", "Bresso", "015032-bresso", "it")


def attempts(monkeypatch: pytest.MonkeyPatch, *each: Callable[[Path], None]) -> list[int]:
    """Replace papermill by these attempts, one after the other; returns the list of those made."""
    made: list[int] = []

    def execute(path: Path, output: Path, **_: Any) -> None:
        made.append(len(made))
        each[len(made) - 1](output)

    monkeypatch.setattr(papermill, "execute_notebook", execute)
    return made


def no_start(output: Path) -> None:
    """papermill saved the notebook, then the kernel did not come up."""
    save(output, [code("1")])
    raise RuntimeError("Kernel died before replying to kernel_info")


def good(output: Path) -> None:
    save(output, [started(code("1"))])


def failing(output: Path) -> None:
    """The kernel was lost when a cell had begun."""
    save(output, [started(code("1"))])
    raise RuntimeError("lost")


def unreadable(output: Path) -> None:
    raise ValueError("not a notebook")


def save(output: Path, cells: list[dict[str, Any]]) -> None:
    output.write_text(json.dumps(notebook(cells)))


def started(cell: dict[str, Any]) -> dict[str, Any]:
    return {**cell, "metadata": {"papermill": {"start_time": "2026-01-01T00:00:00"}}}


def test_a_kernel_that_does_not_start_is_started_once_more(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = attempts(monkeypatch, no_start, good)
    assert worker._execute(job, tmp_path) == ("", "")
    assert len(made) == 2


def test_twice_is_enough(tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    made = attempts(monkeypatch, no_start, no_start)
    assert worker._execute(job, tmp_path) == (
        "kernel_start",
        "RuntimeError: Kernel died before replying to kernel_info",
    )
    assert len(made) == 2


@pytest.mark.parametrize("attempt", [failing, unreadable])
def test_other_trouble_is_not_tried_again(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch, attempt: Callable[[Path], None]
) -> None:
    made = attempts(monkeypatch, attempt)
    assert worker._execute(job, tmp_path)[0] == "engine"
    assert len(made) == 1


def test_run_marks_are_taken_off() -> None:
    cells = [code("x", "injected-parameters"), started(code("1"))]
    cells[1]["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    document = notebook(cells)
    document["metadata"]["papermill"] = {"input_path": "somewhere"}
    clean = worker._without_run_marks(document)
    assert clean["cells"][0]["id"] == "injected-parameters"
    assert clean["cells"][1]["metadata"] == {}
    assert "papermill" not in clean["metadata"]


def test_a_page_that_cannot_be_rendered_is_a_failure_with_its_traceback(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", "")  # which the worker sets: put back afterwards
    shown = [{"output_type": "display_data", "metadata": {}, "data": {MIME: {"kind": "close", "complete": True}}}]
    attempts(monkeypatch, lambda output: save(output, [started(code("report.close()", outputs=shown))]))
    done = worker.perform(job, tmp_path / "work")
    assert done.outcome.status == "failed_code"
    assert done.outcome.message.startswith("The page could not be written: ")
    assert done.files == ()
