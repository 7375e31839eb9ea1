"""Pages in a real browser: offline, no console error, accessible, at every width; search, sorting and charts work.

By default on a site of synthetic pages; on a real one with QUADRO_SITE=reports.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390, 320)
SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""
LEAST_TEXT = 9.0  # pixels, of the text of a chart
NARROW_LOSS = 1.0  # pixels, of rounding


@contextmanager
def opened(browser: Any, page: Path, width: int = 1280, **options: Any) -> Iterator[Any]:
    """A page in a tab of its own; a request outside of its folder, or an error, fails the test."""
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    tab = context.new_page()
    tab.on("request", lambda request: None if _local(request.url) else troubles.append(f"request: {request.url}"))
    tab.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
    tab.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.goto(page.as_uri(), wait_until="load")
    tab.evaluate("document.fonts.ready")
    yield tab
    context.close()
    assert not troubles, f"{page.name} at {width}: {troubles}"


def _local(url: str) -> bool:
    return url.startswith(("file://", "data:", "blob:"))


def faults(tab: Any, axe: str) -> list[str]:
    """What axe-core finds: WCAG 2.1 A and AA and its best practices, as rule and place."""
    tab.evaluate(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    found = tab.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, preload: false})", tags)
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def activate(tab: Any) -> int:
    """Open all details and explore all charts; returns how many charts were activated."""
    tab.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true })")
    count = tab.locator("button.explore").count()
    for left in reversed(range(count)):
        tab.locator("button.explore").first.click()
        tab.wait_for_function("left => document.querySelectorAll('button.explore').length === left", arg=left)
    return int(count)


@pytest.mark.parametrize("width", WIDTHS)
def test_accessible_readable_and_within_the_window(browser: Any, axe: str, pages: list[Path], width: int) -> None:
    """As opened, and again with all details open and all charts activated."""
    for page in pages:
        with opened(browser, page, width) as tab:
            assert not small_texts(tab), page
            _good(tab, axe, page)
            activate(tab)
            _good(tab, axe, f"{page}, details open and charts activated")


def _good(tab: Any, axe: str, where: object) -> None:
    assert not faults(tab, axe), where
    assert _overflow(tab) <= NARROW_LOSS, where


def small_texts(tab: Any) -> list[Any]:
    """Texts of drawings that are too small to read, with their size in pixels."""
    sizes = tab.evaluate(
        """() => [...document.querySelectorAll('svg text')]
             .filter(text => text.textContent.trim() && text.checkVisibility())
             .map(text => [parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a, text.textContent])"""
    )
    return [entry for entry in sizes if entry[0] < LEAST_TEXT]


def test_text_spacing_can_be_enlarged(browser: Any, pages: list[Path]) -> None:
    """WCAG 1.4.12: nothing is cut and nothing overlaps the edge when a reader spaces out the text."""
    for page in pages:
        with opened(browser, page, 320, bypass_csp=True) as tab:
            tab.add_style_tag(content=SPACED)
            assert _overflow(tab) <= NARROW_LOSS, page
            cut = tab.evaluate(
                """() => [...document.querySelectorAll('h1, h2, h3, p, dd, dt, li, a, button, caption')]
                     .filter(item => !item.closest('.unseen') && !item.classList.contains('unseen')
                                     && getComputedStyle(item).overflow !== 'visible'
                                     && item.scrollWidth > item.clientWidth + 1)
                     .map(item => item.outerHTML.slice(0, 120))"""
            )
            assert not cut, page


def test_pages_read_without_scripts(browser: Any, pages: list[Path]) -> None:
    for page in pages:
        with opened(browser, page, java_script_enabled=False) as tab:
            assert tab.locator("main h2").first.is_visible()
            assert tab.locator("button:visible").count() == 0, "a button that does nothing without scripts"
            assert tab.locator("form:visible").count() == 0, "a form that does nothing without scripts"


def test_language_switch_and_way_back(browser: Any, report: Path) -> None:
    with opened(browser, report) as tab:
        tab.get_by_role("link", name="English").click()
        assert tab.locator("html").get_attribute("lang") == "en"
        tab.get_by_role("link", name="All reports").click()
        assert tab.url.endswith("/index.en.html")


def test_skip_link_is_first(browser: Any, pages: list[Path]) -> None:
    for page in pages:
        with opened(browser, page) as tab:
            tab.keyboard.press("Tab")
            tab.keyboard.press("Enter")
            assert tab.evaluate("document.activeElement.id") == "main"


def test_tables_sort_with_absent_values_last(browser: Any, report: Path) -> None:
    """Every numeric column of every table, against the values of its CSV file."""
    with opened(browser, report) as tab:
        blocks = tab.locator("div.table")
        for index in range(blocks.count()):
            _sorts(blocks.nth(index), report.parent)


def _sorts(block: Any, folder: Path) -> None:
    file = folder / block.locator("a.csv").get_attribute("href")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    keys = [key for key in rows[0] if not key.endswith(("_unit", "_flag"))]
    headers = block.locator("thead th")
    names = block.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.row = row.rowIndex - 1)")
    for at, key in enumerate(keys):
        if "n" not in (headers.nth(at).get_attribute("class") or "").split():
            continue
        values = [float(row[key]) if row[key] else None for row in rows]
        for direction in ("ascending", "descending"):
            headers.nth(at).get_by_role("button").click()
            assert headers.nth(at).get_attribute("aria-sort") == direction
            shown = block.locator("tbody tr").evaluate_all("rows => rows.map(row => Number(row.dataset.row))")
            assert sorted(shown) == names
            order = [values[row] for row in shown]
            present = [value for value in order if value is not None]
            assert None not in order[: len(present)], key
            # What is printed alike may stand in either order.
            steps = [(after - before) * (1 if direction == "ascending" else -1) for before, after in pairwise(present)]
            assert all(step >= -0.005 * max(1.0, abs(max(present, key=abs))) for step in steps), (file.name, key)


def test_charts_are_explored_from_local_files(browser: Any, report: Path) -> None:
    with opened(browser, report) as tab:
        explorable = activate(tab)
        if not explorable:
            pytest.skip(f"{report} has no chart to explore")
        assert tab.locator("figure .plot .live svg[role=img][aria-label]").count() == explorable
        assert tab.locator("figure:has(.live) .wide:visible").count() == 0


def test_contents_follow_the_reader(browser: Any, report: Path) -> None:
    with opened(browser, report, reduced_motion="reduce") as tab:
        last = tab.locator(".contents a").last
        last.click()
        tab.wait_for_function("() => document.querySelectorAll('.contents a[aria-current]').length === 1")
        tab.evaluate("scrollTo(0, 0)")
        tab.wait_for_function("() => document.querySelector('.contents a').hasAttribute('aria-current')")


def test_search_takes_word_beginnings(browser: Any, site: Path) -> None:
    with opened(browser, site / "index.html") as tab:
        names = tab.eval_on_selector_all(".place", "items => items.map(item => [item.dataset.name, item.dataset.code])")
        box = tab.get_by_role("searchbox")
        box.fill("san")
        shown = _shown(tab)
        assert all(any(word.startswith("san") for word in name.lower().split()) for name in shown)
        assert "Cassano d'Adda" not in shown
        name, code = names[0]
        for typed in (name.upper(), name[:3], code, f"  {name.replace(chr(39), ' ')} "):
            box.fill(typed)
            assert name in _shown(tab), typed
        box.fill("zzz")
        assert _shown(tab) == []
        assert tab.get_by_role("status").inner_text().startswith("Nessun")
        box.fill("")
        assert len(_shown(tab)) == len(names)


def test_works_from_a_server_too(browser: Any, site: Path, report: Path) -> None:
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}/"
        troubles: list[str] = []
        tab = browser.new_page()
        tab.on("request", lambda request: None if request.url.startswith(home) else troubles.append(request.url))
        tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        tab.goto(home)
        tab.locator(".place a").first.click()
        tab.goto(home + report.relative_to(site).as_posix())
        activate(tab)
        tab.close()
        server.shutdown()
    assert not troubles


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the console of the tests."""


def _shown(tab: Any) -> list[str]:
    found: list[str] = tab.eval_on_selector_all(".place:not([hidden])", "items => items.map(item => item.dataset.name)")
    return found


def _overflow(tab: Any) -> float:
    return float(tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
