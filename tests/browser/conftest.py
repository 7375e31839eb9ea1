"""A headless Chromium for the browser tests, and a site to open with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import synthetic_notebook

from toolkit import render
from toolkit.render.printing import browser_path, opened_browser

AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
PLACES = {
    "015032": "Bresso",
    "015077": "Cinisello Balsamo",
    "015146": "Milano",
    "015059": "Cassano d'Adda",
    "015192": "San Donato Milanese",
}


@pytest.fixture(scope="module")  # Playwright keeps a loop and processes that tests of other files must not meet
def browser() -> Iterator[Any]:
    if not browser_path():
        pytest.skip("no Chromium on this machine: apt install chromium")
    pytest.importorskip("playwright")
    with opened_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("no axe-core: npm install --no-package-lock --prefix tests/browser")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site of synthetic pages; or a real one, where QUADRO_SITE names its folder."""
    if named := os.environ.get("QUADRO_SITE"):
        return Path(named).resolve()
    folder = tmp_path_factory.mktemp("site")
    for code, name in PLACES.items():
        for language in ("it", "en"):
            notebook = synthetic_notebook.notebook(language, code=code, name=name)
            render.outputs(notebook, folder / f"{code}-{name.lower().replace(' ', '-').replace(chr(39), '-')}")
    render.site(folder)
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> list[Path]:
    """Both indexes, both pages on method, and one territory's pages in every report and language."""
    reports = sorted(path for path in site.glob("*/*.html") if not path.name.startswith("."))
    first = reports[0].parent if reports else site
    roots = ("index.html", "index.en.html", "metodo.html", "method.html")
    return [*(site / name for name in roots), *(path for path in reports if path.parent == first)]


@pytest.fixture(scope="session")
def report(pages: list[Path]) -> Path:
    """One report in Italian, whole."""
    return next(page for page in pages if page.name.endswith(".it.html") and "-" not in page.name)
