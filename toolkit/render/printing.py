"""A page on paper: tagged, outlined PDF through Playwright and the system's Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit.errors import ToolkitError, installing

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Nothing but the page: no sandbox helper (containers have none), no updates, no telemetry.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)

# On paper, a link to a file beside the page would be an address of the machine that printed it; and the picture is the
# figure, its heading and source are not part of what needs an alternative.
_FOR_PAPER = """() => {
  for (const link of document.querySelectorAll('a[href]'))
    if (!/^(https?:|#)/.test(link.getAttribute('href'))) link.removeAttribute('href')
  for (const figure of document.querySelectorAll('figure')) figure.setAttribute('role', 'group')
}"""


def pdf(page: Path | str, target: Path | str | None = None) -> Path:
    """Print a page to PDF: A4, tagged, with the page's language, alternatives of figures and bookmarks.

    Args:
        page: an HTML page of ours, its `assets/` in place.
        target: where to write; beside the page by default.

    Raises:
        ToolkitError: no such page, or Chromium or Playwright is not installed.
    """
    page = Path(page).resolve()
    if not page.is_file():
        raise ToolkitError(f"No page {page}", hint="make it first: quadro run")
    target = Path(target) if target else page.with_suffix(".pdf")
    # In a thread of its own: Playwright's plain interface refuses one that runs an event loop, as JupyterLab's does.
    with ThreadPoolExecutor(max_workers=1) as worker:
        target.write_bytes(worker.submit(_printed, page).result())
    return target


def _printed(page: Path) -> bytes:
    with opened_browser() as browser:
        tab = browser.new_page()
        tab.goto(page.as_uri(), wait_until="load")
        tab.evaluate("document.fonts.ready")
        tab.evaluate(_FOR_PAPER)
        content: bytes = tab.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        return content


def browser_path() -> str:
    """The Chromium of the system, empty where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), "")


@contextmanager
def opened_browser() -> Iterator[Any]:
    """A headless Chromium for a `with` block.

    Raises:
        ToolkitError: Chromium or Playwright is not installed.
    """
    path = browser_path()
    if not path:
        hint = "apt install chromium; or open the page in any browser and print it: it is made for A4"
        raise ToolkitError("No PDF: Chromium is not installed.", hint=hint)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        hint = f"{installing('pdf')}; or open the page in any browser and print it"
        raise ToolkitError("No PDF: Playwright is not installed.", hint=hint) from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()
