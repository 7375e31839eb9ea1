"""Stock nbconvert with our template gives the page of `quadro run`, byte for byte, by command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import synthetic_notebook as synthetic

from toolkit import render
from toolkit.render.shell import TEMPLATE, TEMPLATES

pytestmark = pytest.mark.slow


@pytest.fixture
def executed(tmp_path: Path) -> Path:
    path = tmp_path / "executed.ipynb"
    nbformat.write(synthetic.notebook("it"), path)
    return path


def nbconvert(
    executed: Path, *options: str, cwd: Path, to: str = "html", **variables: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nbconvert", "--to", to, str(executed), "--output", "benchmark.it", *options]
    root = str(TEMPLATES.parents[2])
    environment = {**os.environ, "PYTHONPATH": root, **variables}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_by_path_from_the_checkout(executed: Path, root: Path) -> None:
    """`--template toolkit/render/templates/quadro`: what `pip install -e .` makes possible without anything else."""
    done = nbconvert(executed, "--template", "toolkit/render/templates/quadro", cwd=root)
    assert done.returncode == 0, done.stderr
    assert (executed.parent / "benchmark.it.html").read_text(encoding="utf-8") == render.page(synthetic.notebook("it"))


def test_by_name_where_jupyter_finds_the_template(executed: Path, root: Path, tmp_path: Path) -> None:
    """`--template quadro`: the template linked, or installed, in a `share/jupyter` that Jupyter searches."""
    shared = tmp_path / "share" / "jupyter" / "nbconvert" / "templates"
    shared.mkdir(parents=True)
    (shared / TEMPLATE).symlink_to(TEMPLATES / TEMPLATE)
    found = str(tmp_path / "share" / "jupyter")
    done = nbconvert(executed, "--template", "quadro", "--QuadroPage.languages=it", cwd=root, JUPYTER_PATH=found)
    assert done.returncode == 0, done.stderr
    page = render.page(synthetic.notebook("it"), languages=["it"])
    assert (executed.parent / "benchmark.it.html").read_text(encoding="utf-8") == page


def test_a_failed_notebook_gives_no_page_and_an_exit_code(executed: Path, root: Path) -> None:
    nbformat.write(synthetic.without_close(synthetic.notebook("it")), executed)
    done = nbconvert(executed, "--template", "toolkit/render/templates/quadro", cwd=root)
    assert done.returncode != 0
    assert "report.close()" in done.stderr
    assert not (executed.parent / "benchmark.it.html").exists()


@pytest.mark.parametrize("to", ["pdf", "webpdf", "latex", "slides"])
def test_what_the_template_does_not_make_is_said_in_our_words(executed: Path, root: Path, to: str) -> None:
    done = nbconvert(executed, "--template", "toolkit/render/templates/quadro", cwd=root, to=to)
    assert done.returncode != 0
    assert f"makes an HTML page, not what --to {to} asks for" in done.stderr
    assert "jupyter nbconvert --to html --template quadro out.ipynb; for a PDF open the page" in done.stderr
    assert list(executed.parent.glob("benchmark*")) == []
