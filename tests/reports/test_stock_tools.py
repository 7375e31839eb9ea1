"""Stock papermill, then stock nbconvert with our template by its name, give the page of `quadro run`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness import notebooks

from toolkit.render.shell import TEMPLATES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", notebooks())
def test_same_page(name: str, root: Path, tmp_path: Path) -> None:
    templates = tmp_path / "share" / "nbconvert" / "templates"
    templates.mkdir(parents=True)
    (templates / "quadro").symlink_to(TEMPLATES / "quadro")  # what `make` does inside the environment
    environment = {**os.environ, "PYTHONPATH": str(root), "JUPYTER_PATH": str(tmp_path / "share")}

    def stock(*command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    executed = tmp_path / f"{name}.it.ipynb"
    stock("papermill", f"notebooks/{name}.ipynb", str(executed), "-r", "municipality", "015032", "-r", "language", "it")
    stock("nbconvert", "--to", "html", "--template", "quadro", str(executed))
    stock("toolkit.cli", "run", "--only", "015032", "--out", str(tmp_path / "site"))
    page = next((tmp_path / "site").glob(f"015032-*/{name}.it.html"))
    assert (tmp_path / f"{name}.it.html").read_bytes() == page.read_bytes()
