"""What a page holds, read from the outputs of an executed notebook: the one place that decides order and sections.

Everything comes from the private MIME payloads that `toolkit.report.Report` displays, and from the prose cells of the
page's language. Other outputs of a notebook (prints, a frame shown on the way) are the analyst's and stay off the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.contract import MIME
from toolkit.display import markdown
from toolkit.errors import ToolkitError
from toolkit.render.retired import is_taken, retired

# Payloads that open a section of their own when no heading of the notebook has just opened one for them.
HOMES = {
    "brief": "page.brief",
    "key_figures": "page.key_figures",
    "sources": "page.sources",
}
ADDRESSES = {
    "brief": "in-short",
    "key_figures": "key-figures",
    "sources": "sources",
}
"""Their addresses, the same in both languages."""
FIRST = ("brief", "key_figures")
HIDDEN_TAGS = frozenset({"parameters", "injected-parameters", "notes"})
Payload = Mapping[str, Any]
Draw = Callable[[Payload], str]


@dataclass
class Section:
    """One question and its answer: heading, address, HTML fragments in order. `home`: the payload it is for.

    One that a report asked for (`report.section`) is left out where it has no answer. `at`: where among the fragments
    each payload with an id is; `was`: old addresses that now lead here.
    """

    title: str
    html: list[str] = field(default_factory=list)
    home: str = ""
    prose_only: bool = True
    id: str = ""
    asked: bool = False
    at: dict[str, int] = field(default_factory=dict)
    was: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """All that the template prints."""

    opened: Payload
    closed: Payload
    lede: str
    sections: list[Section]
    summary: str


def payloads(notebook: Any) -> Iterator[Payload]:
    """The payloads that the notebook displayed, in order; the parts of an extract follow it.

    Of one that stands apart, whose parts are mostly those of the page, only those that no page has had.

    Raises:
        ToolkitError: a cell raised: such a notebook has no page.
    """
    had: set[str] = set()
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            for payload in _displayed(cell, number):
                parts = payload.get("parts", ())
                if payload.get("apart"):
                    parts = [part for part in parts if part.get("id") and part["id"] not in had]
                had |= {str(part["id"]) for part in (payload, *parts) if part.get("id")}
                yield payload
                yield from parts


def extracts(notebook: Any) -> list[Payload]:
    """The parts of the page that are pages of their own too.

    Raises:
        ToolkitError: two of them have the same id.
    """
    found = [payload for payload in payloads(notebook) if payload["kind"] == "extract"]
    names = [payload["id"] for payload in found]
    if len(set(names)) < len(names):
        raise ToolkitError(f"two extracts have the same id: {', '.join(names)}")
    return found


def _displayed(cell: Any, number: int) -> Iterator[Payload]:
    for output in cell.outputs:
        if output.output_type == "error" and not _clean_exit(output):
            raise ToolkitError(
                f"The notebook failed, so it has no page: {output.ename}: {output.evalue}",
                where=f"cell {number}",
                hint="run the notebook to its end, then render it again",
            )
        if output.output_type in ("display_data", "execute_result") and MIME in output.data:
            yield output.data[MIME]


def _clean_exit(output: Any) -> bool:
    """`sys.exit(0)`: harmless after the report was closed, and `frame` refuses a report that was not."""
    return output.ename == "SystemExit" and output.evalue in ("", "0", "None")


def frame(notebook: Any) -> tuple[Payload, Payload]:
    """The `open` and `close` payloads of a complete notebook.

    Raises:
        ToolkitError: no `Report` was opened, a cell raised, or `report.close()` was not reached.
    """
    shown = list(payloads(notebook))
    opened = next((payload for payload in shown if payload["kind"] == "open"), None)
    if opened is None:
        raise ToolkitError(
            "The notebook shows no report: no output of `Report(...)` is in it.",
            hint="execute it first: quadro run, or papermill; how a notebook is made: notebooks/_template.ipynb",
        )
    if not shown or shown[-1]["kind"] != "close" or shown[-1].get("complete") is not True:
        raise ToolkitError(
            "The notebook did not close its report, so it has no page.", hint="end the notebook with `report.close()`"
        )
    return opened, shown[-1]


def compose(notebook: Any, draw: Draw, title_of: Callable[[str], str]) -> Page:
    """The page of an executed notebook.

    Args:
        notebook: an executed notebook node.
        draw: payload → HTML fragment (`toolkit.display.html`).
        title_of: label key → the heading in the page's language.
    """
    opened, closed = frame(notebook)
    sections: list[Section] = [Section("")]
    lede = ""
    for item in _items(notebook, opened["language"]):
        if isinstance(item, markdown.Prose):
            if item.level == 1 and len(sections) == 1 and not sections[0].html:
                lede += item.html
            elif item.level:
                sections.append(Section(item.heading, [item.html]))
            else:
                sections[-1].html.append(item.html)
        elif item["kind"] == "section":
            sections.append(Section(item["title"], id=item["id"], asked=True))
        elif item["kind"] not in ("open", "close"):
            _place(item, sections, draw, title_of)
    kept = [section for section in sections if any(section.html) or (section.title and not section.asked)]
    ordered = sorted(kept, key=lambda section: FIRST.index(section.home) if section.home in FIRST else len(FIRST))
    _address(ordered, {p["id"] for p in payloads(notebook) if "id" in p and p["kind"] != "section"})
    _keep_old(ordered, opened["report"])
    return Page(opened, closed, lede, ordered, _summary(notebook))


def _items(notebook: Any, language: str) -> Iterator[markdown.Prose | Payload]:
    for number, cell in enumerate(notebook.cells, start=1):
        tags = set(cell.metadata.get("tags", ()))
        others = {tag for tag in tags if tag.startswith("lang-") and tag != f"lang-{language}"}
        if others or tags & HIDDEN_TAGS:
            continue
        if cell.cell_type == "markdown":
            yield from markdown.split(cell.source)
        elif cell.cell_type == "code":
            yield from _displayed(cell, number)


def _place(payload: Payload, sections: list[Section], draw: Draw, title_of: Callable[[str], str]) -> None:
    """Put a payload in the open section; in one of its own, if it has a home and the open one is about something else.

    A section is about the payload when nothing but prose follows its heading, or when the heading names it ("Method and
    sources").
    """
    kind = _kind(payload)
    title = title_of(HOMES[kind]) if kind in HOMES else ""
    about_it = sections[-1].title and (sections[-1].prose_only or title.casefold() in sections[-1].title.casefold())
    if title and not about_it:
        sections.append(Section(title, id=ADDRESSES[kind]))
    section = sections[-1]
    if kind in HOMES and section.prose_only:
        section.home = kind
    if "id" in payload:
        section.at[payload["id"]] = len(section.html)
    section.html.append(draw({**payload, "parts": []} if _linked(payload) else payload))
    section.prose_only = False


def _kind(payload: Payload) -> str:
    """What the payload is for; an extract that begins with a brief is the page's brief."""
    parts = () if _linked(payload) else payload.get("parts", ())
    return "brief" if parts and parts[0]["kind"] == "brief" else str(payload["kind"])


def _linked(payload: Payload) -> bool:
    """Whether the page only links to an extract."""
    return bool(payload.get("apart") or payload.get("alone"))


def questions(parts: Iterable[Payload], draw: Draw) -> list[Section]:
    """Parts of an extra page by their headings."""
    sections = [Section("")]
    for part in parts:
        if part["kind"] == "section":
            sections.append(Section(part["title"], id=part["id"]))
        else:
            sections[-1].html.append(draw(part))
    return [section for section in sections if section.html]


def _address(sections: Iterable[Section], taken: set[str]) -> None:
    used = set(taken) | {"main", "contents", "top"}
    for section in sections:
        base = section.id or (markdown.slug(section.title) if section.title else "")
        section.id = base
        count = 1
        while base and section.id in used:
            count += 1
            section.id = f"{base}-{count}"
        used.add(section.id)


def _keep_old(sections: Iterable[Section], report: str) -> None:
    """Put each old address at what now stands for it, if the page has that.

    Raises:
        ToolkitError: something new has an address that once led to something else.
    """
    by_id = {section.id: section for section in sections if section.id}
    inside = {name: section for section in sections for name in section.at}
    for old, new in retired(report).items():
        if old in by_id or old in inside:  # a heading in Markdown has its own words: those of old are no fault
            if is_taken(report, old) and (old in inside or by_id[old].asked):
                what = f"the id {old!r} once led to something else on the page of {report!r}"
                raise ToolkitError(what, hint="choose another: links to the old one would lead astray")
            continue
        found = next((name for name in new if name in by_id or name in inside), "")
        if found in by_id:
            by_id[found].was.append(old)
        elif found:
            section = inside[found]
            section.html[section.at[found]] = f'<span id="{old}"></span>{section.html[section.at[found]]}'


def _summary(notebook: Any) -> str:
    brief = next((payload for payload in payloads(notebook) if payload["kind"] == "brief"), None)
    return str(brief["items"][0]["text"]) if brief and brief.get("items") else ""
