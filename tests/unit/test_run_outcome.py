"""One function decides how a notebook ended, and says it in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from making import code, notebook, prose

from toolkit.contract import MIME
from toolkit.run.outcome import decide, opening

OPEN = {"kind": "open", "title": "Benchmark"}
CLOSE = {"kind": "close", "complete": True}


def shows(*payloads: dict[str, Any]) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": {MIME: payload}, "metadata": {}} for payload in payloads]
    return code("report", outputs=outputs)


def raises(kind: str, text: str, source: str = "x = compute()") -> dict[str, Any]:
    error = {"output_type": "error", "ename": kind, "evalue": text, "traceback": ["\x1b[31mTraceback\x1b[0m", kind]}
    return code(source, outputs=[error])


def started(cell: dict[str, Any]) -> dict[str, Any]:
    cell["metadata"]["papermill"] = {"start_time": "2026-01-01T00:00:00", "exception": None}
    return cell


def test_complete() -> None:
    outcome = decide(notebook([shows(OPEN), code("1"), shows(CLOSE)]))
    assert (outcome.status, outcome.message, outcome.good) == ("ok", "", True)


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [shows(OPEN)],
        [shows(OPEN), shows({"kind": "close", "complete": False})],
        [shows(OPEN), shows(CLOSE), shows({"kind": "text", "paragraphs": []})],
    ],
)
def test_not_closed(cells: list[dict[str, Any]]) -> None:
    outcome = decide(notebook(cells))
    assert outcome.status == "failed_code"
    assert outcome.message == "The notebook ended without report.close(): it is not complete, no page was made."


def test_a_cell_that_raised_is_named_as_its_author_counts() -> None:
    injected = code("municipality = '015032'", "injected-parameters")
    cells = [
        prose("# Title"),
        code("", "parameters"),
        injected,
        shows(OPEN),
        raises("ZeroDivisionError", "division by zero"),
    ]
    outcome = decide(notebook(cells))
    assert (outcome.status, outcome.cell) == ("failed_code", 4)
    assert outcome.message == "cell 4 (`x = compute()`) raised ZeroDivisionError: division by zero"
    assert outcome.traceback == "Traceback\nZeroDivisionError"


def test_only_the_first_line_of_a_foreign_error_is_told() -> None:
    message = decide(notebook([raises("ValueError", "first\nsecond")])).message
    assert message.endswith("raised ValueError: first")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("DataError", "failed_data"),
        ("TerritoryError", "failed_data"),
        ("DataNotEmbedded", "no_data"),
        ("Faults", "failed_data"),
    ],
)
def test_our_errors_are_told_whole(kind: str, status: str) -> None:
    outcome = decide(notebook([raises(kind, "Torino is known.\n  what to do: quadro data fetch 001272")]))
    assert outcome.status == status
    assert outcome.message == "Torino is known.\n  what to do: quadro data fetch 001272"
    assert outcome.cell == 1


@pytest.mark.parametrize("code_", ["0", "", "1", "some text"])
def test_sys_exit_before_the_end(code_: str) -> None:
    outcome = decide(notebook([shows(OPEN), raises("SystemExit", code_, "sys.exit()")]))
    assert outcome.status == "failed_code"
    assert f"cell 2 (`sys.exit()`) left with sys.exit({code_}) before report.close()." == outcome.message


def test_a_clean_exit_after_the_end_is_harmless() -> None:
    assert decide(notebook([shows(OPEN), shows(CLOSE), raises("SystemExit", "0")])).status == "ok"
    assert decide(notebook([shows(OPEN), shows(CLOSE), raises("SystemExit", "2")])).status == "failed_code"


def test_an_exception_that_left_no_output() -> None:
    cell = code("%%time\n1/0")
    cell["metadata"]["papermill"] = {"exception": True, "start_time": "x"}
    outcome = decide(notebook([cell]))
    assert outcome.status == "failed_code"
    assert "cell 1 (`%%time`) raised CellExecutionError" in outcome.message


@pytest.mark.parametrize(
    ("trouble", "detail", "status", "message"),
    [
        ("timeout", "600", "failed_kernel", "Stopped after 600 seconds in cell 2 (`slow()`)."),
        ("kernel_died", "", "failed_kernel", "The kernel died in cell 2 (`slow()`): killed, or out of memory."),
        ("worker_died", "signal 9", "failed_kernel", "The worker process ended in cell 2 (`slow()`): signal 9."),
        ("kernel_start", "port in use", "failed_kernel", "The kernel did not start, twice: port in use."),
        ("engine", "OSError: full", "failed_code", "The notebook could not be executed: OSError: full."),
    ],
)
def test_trouble_around_the_notebook(trouble: Any, detail: str, status: str, message: str) -> None:
    cells = [started(shows(OPEN)), started(code("# wait\nslow()")), code("never")]
    outcome = decide(notebook(cells), trouble, detail)
    assert (outcome.status, outcome.message) == (status, message)


def test_trouble_before_anything_was_written() -> None:
    assert decide({}, "timeout", "5").message == "Stopped after 5 seconds."
    assert decide({}).status == "failed_code"


def test_a_page_that_cannot_be_written() -> None:
    outcome = decide(notebook([shows(OPEN), shows(CLOSE)]), "render", "KeyError: 'title'")
    assert (outcome.status, outcome.message) == ("failed_code", "The page could not be written: KeyError: 'title'")
    assert decide(notebook([shows(OPEN), shows(CLOSE)]), "render_data", "x").status == "failed_data"


def test_opening() -> None:
    assert opening(notebook([shows(OPEN), shows(CLOSE)]))["title"] == "Benchmark"
    assert opening({}) == {}
