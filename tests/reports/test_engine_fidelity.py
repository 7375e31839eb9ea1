"""The warm engine gives what papermill's own engine gives, cell by cell; ids, addresses and times are set aside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import adversarial
import papermill
import pytest
from making import code, write

from toolkit.run.warm import engine

ROOT = Path(__file__).resolve().parents[2]
CLOCK = {"start_time", "end_time", "duration", "output_path", "input_path"}


def executed(source: Path, out: Path, name: str | None, **parameters: Any) -> dict[str, Any]:
    """A notebook after papermill ran it with an engine, in a process of its own."""
    program = (
        "import sys, json, papermill, toolkit.run.warm.engine\n"
        "from papermill.exceptions import PapermillExecutionError\n"
        "try:\n"
        "    papermill.execute_notebook(*sys.argv[1:3], json.loads(sys.argv[4]), engine_name=sys.argv[3] or None,"
        " kernel_name='python3', progress_bar=False, log_output=False)\n"
        "except PapermillExecutionError:\n    pass\n"
    )
    command = [sys.executable, "-c", program, str(source), str(out), name or "", json.dumps(parameters)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(out.parent / "ipython")}
    environment.pop("PYTEST_CURRENT_TEST", None)
    subprocess.run(command, check=True, cwd=out.parent, env=environment, capture_output=True, timeout=240)
    return dict(json.loads(out.read_text(encoding="utf-8")))


def plain(text: str) -> str:
    text = re.sub(r"ipykernel_\d+", "ipykernel_N", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0xN", text)
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*", "TIME", text)


def normal(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell without its id and times; streams of one name that follow one another are one."""
    outputs: list[dict[str, Any]] = []
    for output in cell.get("outputs", []):
        last = outputs[-1] if outputs else {}
        if output["output_type"] == "stream" and (last.get("output_type"), last.get("name")) == (
            "stream",
            output["name"],
        ):
            last["text"] = [*last["text"], *output["text"]]
        else:
            outputs.append(dict(output))
    streams = {}
    for output in [one for one in outputs if one["output_type"] == "stream"]:
        streams[output["name"]] = plain(streams.get(output["name"], "") + "".join(output["text"]))
    rest = json.loads(plain(json.dumps([one for one in outputs if one["output_type"] != "stream"])))
    papermill_said = {k: v for k, v in cell["metadata"].get("papermill", {}).items() if k not in CLOCK}
    return {
        "count": cell.get("execution_count"),
        "source": cell["source"],
        "streams": streams,
        "outputs": rest,
        "tags": cell["metadata"].get("tags"),
        "papermill": papermill_said,
        "timed": sorted(cell["metadata"].get("execution", {})),
    }


def about(notebook: dict[str, Any]) -> dict[str, Any]:
    metadata = dict(notebook["metadata"])
    said = {key: value for key, value in metadata.pop("papermill").items() if key not in CLOCK}
    return {**metadata, "papermill": said}


def compare(source: Path, folder: Path, **parameters: Any) -> int:
    stock = executed(source, folder / "stock.ipynb", None, **parameters)
    warm = executed(source, folder / "warm.ipynb", engine.NAME, **parameters)
    assert about(warm) == about(stock)
    assert len(warm["cells"]) == len(stock["cells"])
    pairs = [(normal(ours), normal(theirs)) for ours, theirs in zip(warm["cells"], stock["cells"], strict=True)]
    assert [ours for ours, theirs in pairs if ours != theirs] == [theirs for ours, theirs in pairs if ours != theirs]
    return len(stock["cells"])


@pytest.mark.slow
def test_the_adversarial_notebook(tmp_path: Path) -> None:
    source = write(tmp_path / "adversarial.ipynb", adversarial.cells())
    assert compare(source, tmp_path, x=7) > 40
    last = json.loads((tmp_path / "warm.ipynb").read_text())["cells"]
    assert last[-2]["outputs"][0]["ename"] == "NameError"
    assert last[-1]["outputs"] == []


@pytest.mark.slow
def test_the_adversarial_notebook_of_the_extracts(tmp_path: Path, shared: Path) -> None:
    """Without the cells that need packages which are not here; the widget's cell needs a client."""
    notebook = json.loads((shared / "prototypes" / "adversarial.ipynb").read_text())
    wanted = {"matplotlib": r"matplotlib|plt\.", "ipywidgets": r"ipywidgets|w\.Output|with o:"}
    drop = [pattern for package, pattern in wanted.items() if package == "ipywidgets" or not find_spec(package)]
    drop.append("timeit")  # prints a time
    notebook["cells"] = [c for c in notebook["cells"] if not re.search("|".join(drop), "".join(c["source"]))]
    source = tmp_path / "adversarial.ipynb"
    source.write_text(json.dumps(notebook))
    assert compare(source, tmp_path) > 15


@pytest.mark.slow
def test_a_real_notebook(tmp_path: Path) -> None:
    assert compare(ROOT / "notebooks" / "benchmark.ipynb", tmp_path, municipality="015060", language="en") > 15


def test_notebooks_that_need_a_client_or_another_kernel_are_told() -> None:
    def notebook(source: str, kernel: str = "python3") -> dict[str, Any]:
        return {"cells": [code(source)], "metadata": {"kernelspec": {"name": kernel}}}

    assert engine.unfit(notebook("x = 1"), "") == ""
    assert "widgets" in engine.unfit(notebook("import ipywidgets as w\nw.Output()"), "")
    assert engine.unfit(notebook("x <- 1", "ir"), "") == "it wants the kernel 'ir'"


def test_the_engine_is_registered() -> None:
    papermill.engines.papermill_engines.register_entry_points()
    assert papermill.engines.papermill_engines.get_engine("quadro-warm") is engine.WarmEngine
