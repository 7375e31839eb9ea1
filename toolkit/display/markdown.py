"""Prose cells: markdown to HTML with markup shown as text, headings split off, and nothing fetched from elsewhere."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import mistune
from mistune.plugins.table import table

_HEADING = re.compile(r"^(#{1,2})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Prose:
    """A stretch of prose and the heading above it; `level` is 0 where there is none."""

    level: int
    heading: str
    html: str


class _Renderer(mistune.HTMLRenderer):
    """Headings below the section title, and no picture that a reader's browser would fetch."""

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        return f"<h3>{text}</h3>\n" if level <= 3 else f"<p><strong>{text}</strong></p>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f'<a href="{mistune.escape(self.safe_url(url))}">{text}</a>'


@cache
def _markdown() -> mistune.Markdown:
    markdown = mistune.Markdown(renderer=_Renderer(escape=True))
    table(markdown)
    markdown.renderer.register("table_cell", _table_cell)  # type: ignore[union-attr]
    return markdown


def _table_cell(renderer: Any, text: str, align: str | None = None, head: bool = False) -> str:
    kind = ' class="number"' if align == "right" else ""
    return f'<th scope="col"{kind}>{text}</th>\n' if head else f"<td{kind}>{text}</td>\n"


def split(source: str) -> Iterator[Prose]:
    """The stretches of a markdown cell, cut at its `#` and `##` headings (not at those inside code fences)."""
    fenced = [match.span() for match in _FENCE.finditer(source)]
    level, heading, start = 0, "", 0
    for match in _HEADING.finditer(source):
        if any(first <= match.start() < last for first, last in fenced):
            continue
        yield from _prose(level, heading, source[start : match.start()])
        level, heading, start = len(match[1]), plain(match[2]), match.end()
    yield from _prose(level, heading, source[start:])


def _prose(level: int, heading: str, source: str) -> Iterator[Prose]:
    if level or source.strip():
        yield Prose(level, heading, str(_markdown()(source)).strip() if source.strip() else "")


def plain(source: str) -> str:
    """The text of one line of markdown, without its marks."""
    return html.unescape(re.sub(r"<[^>]+>", "", str(_markdown()(source)))).strip()


def slug(text: str) -> str:
    """A stable address for a heading: letters and digits of its text, folded to ASCII, joined by hyphens."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-") or "section"
