"""An analyst in JupyterLab: another place in another language by one line, run all, and `help` of a name."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIGN = "a-word-of-this-test"
LIMIT = 60_000


@pytest.fixture
def lab(tmp_path: Path, root: Path) -> Iterator[str]:
    """The address of a JupyterLab on a copy of the template, its first place changed, and questions at its end."""
    notebook = nbformat.read(root / "notebooks" / "_template.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    cell.source = cell.source.replace('"015032"', '"015146"').replace('language: str = "it"', 'language: str = "en"')
    asked = ("charts.choropleth(declared)", "help(indicators.income_per_taxpayer)")
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in asked]
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={SIGN}", f"--notebook-dir={tmp_path}"]
    own = {"PYTHONPATH": str(root), "JUPYTER_CONFIG_DIR": str(tmp_path / "c"), "IPYTHONDIR": str(tmp_path / "i")}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, env={**os.environ, **own}, cwd=root, stdout=log, stderr=log)
    for _ in range(240):
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.5)
    yield f"http://127.0.0.1:{port}/lab/tree/mine.ipynb?token={SIGN}"
    server.terminate()
    server.wait(30)


def test_another_place_is_read_beside_its_frames(browser: Any, lab: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 6000})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lab, timeout=LIMIT)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=LIMIT)
    page.wait_for_selector("text=/\\| Idle/", timeout=LIMIT)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_selector("text=/Help on function income_per_taxpayer/", timeout=LIMIT)
    shown = page.locator(".jp-OutputArea-output")
    said = re.sub(r"\s+", " ", " ".join(shown.all_inner_texts()))
    assert "are declared in Milan" in said
    assert "si dichiarano" not in said
    assert "{own}" in said  # the comparison, with each fact and its printed value
    for told in ("Formula: taxable income", "Unit: EUR_per_taxpayer", "DataFrame[istat_code, year", "Source: Ministry"):
        assert told in said
    assert page.locator(".jp-OutputArea-output figure svg").count() == 2
    drawn = page.locator(".jp-OutputArea-output div.plot > svg").last  # the map that a cell shows by itself
    box = drawn.bounding_box()
    assert box["width"] > 300
    assert box["height"] > 200
    assert box["x"] + box["width"] <= 1200
    assert [url for url in asked if not re.match(r"(https?://127\.0\.0\.1|data:|blob:)", url)] == []
    if folder := os.environ.get("QUADRO_PICTURES"):
        page.screenshot(path=str(Path(folder) / "lab.png"))
    page.close()
