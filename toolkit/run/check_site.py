"""A built site is whole: every link leads somewhere, every id is there once, nothing is fetched from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from toolkit.errors import DataError, ParameterError, ToolkitError, boundary

FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
}
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_ESCAPED = re.compile(r"(?:%[0-9a-fA-F]{2})+")
REFERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers")


class _Page(HTMLParser):
    """Ids of a page, what it links to and what it fetches."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.ids: Counter[str] = Counter()
        self.links: list[tuple[str, bool]] = []
        self.references: list[str] = []
        with boundary(lambda why: DataError(f"{path.name} is no page: {why}.", where=str(path))):
            self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id":
                self.ids[value] += 1
            elif name in ("href", "src", "xlink:href", "data"):
                self.links.append((value, (tag, name) in FETCHED))
            elif name in REFERS:
                self.references += value.split()


def check(folder: Path) -> int:
    """Check all pages of a built site.

    Returns:
        The number of pages.

    Raises:
        ParameterError: there is no site in the folder.
        Faults: links and anchors that lead nowhere, ids that are there twice, files fetched from elsewhere.
    """
    from toolkit.errors import Faults

    paths = sorted(path for path in folder.rglob("*.html") if not path.name.startswith("."))
    if not (folder / "index.html").is_file():
        raise ParameterError(f"There is no site in {folder}.", where=str(folder / "index.html"), hint="quadro run")
    pages = {path.resolve(): _Page(path) for path in paths}
    faults: list[ToolkitError] = []
    for page in pages.values():
        for what in _faults(page, pages, folder.resolve()):
            faults.append(DataError(what, where=str(page.path)))
    if faults:
        raise Faults(faults)
    return len(pages)


def _faults(page: _Page, pages: dict[Path, _Page], site: Path) -> list[str]:
    found = [f"The id {name!r} is there {times} times." for name, times in page.ids.items() if times > 1]
    found += [
        f"There is no element {name!r}, which another refers to." for name in page.references if name not in page.ids
    ]
    for address, fetched in page.links:
        if _ELSEWHERE.match(address):
            if fetched and not address.startswith("data:"):
                found.append(f"{address} is fetched from elsewhere: the page must open offline.")
            continue
        path, _, fragment = address.partition("#")
        path = _plain(path.partition("?")[0])
        if any(sign in path for sign in "\0\\") or any(len(part.encode()) > 255 for part in path.split("/")):
            found.append(f"The link {address} leads nowhere.")
            continue
        target = (page.path.parent / path).resolve() if path else page.path.resolve()
        if not target.is_relative_to(site):
            found.append(f"The link {address} leads out of the site.")
        elif target.is_dir():
            found.append(f"The link {address} leads to a folder, which a page opened from a file cannot show.")
        elif not target.is_file():
            found.append(f"The link {address} leads nowhere.")
        elif fragment and target in pages and _plain(fragment) not in pages[target].ids:
            found.append(f"The link {address} leads to an anchor that is not there.")
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    """An address without its percent escapes."""
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode(errors="replace"), text)
