"""What a notebook shows: small frozen objects that give JSON (`payload`) and, in JupyterLab, HTML.

Texts are plain text in the language of the object; markup in them is shown as text.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from toolkit.contract import MIME
from toolkit.display.cells import Data, clean
from toolkit.errors import ToolkitError

# Set by a runner whose pages are drawn by another process: figures then carry their specification only.
DEFER_CHARTS = "QUADRO_DEFER_CHARTS"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Anything shown: `payload()` for the page, `_repr_mimebundle_` for the notebook."""

    kind: ClassVar[str] = ""
    language: str

    def payload(self) -> dict[str, Any]:
        """The object as JSON: keys sorted, absent values null, numbers as given."""
        shown: dict[str, Any] = clean({"kind": self.kind, **self._fields()}, where=self.kind)
        return shown

    def _fields(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}

    def _plain(self) -> str:
        return self.kind

    def _drawing(self, payload: dict[str, Any]) -> str:
        from toolkit.display.markup import html

        return _framed(html(payload, datasets=self._shared(), page=False))

    def _shared(self) -> Mapping[str, Any]:
        """Shared data that its charts name."""
        return {}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        payload = self.payload()
        deferred = self.has_charts and os.environ.get(DEFER_CHARTS) == "1"
        drawn = {} if deferred else {"text/html": self._drawing(payload)}
        return {MIME: payload, **drawn, "text/plain": self._plain()}

    def _ipython_display_(self) -> None:
        """Put the bundle out as it is: IPython would ask a dozen formatters more what they make of it."""
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)

    @property
    def has_charts(self) -> bool:
        """Whether its drawing needs the engine of charts."""
        return False


@dataclass(frozen=True, kw_only=True)
class Open(Shown):
    """The head of a report: what, where, as of when, from which data."""

    kind: ClassVar[str] = "open"
    report: str
    territory: Mapping[str, Any]
    title: str
    as_of: str
    reference_date: str
    snapshot: Mapping[str, str]
    version: str
    parameters: Mapping[str, Any]

    def _plain(self) -> str:
        return f"{self.title}: {self.territory.get('name', '')}"


@dataclass(frozen=True, kw_only=True)
class Heading(Shown):
    """The question of a section, and its address: what is shown next answers it."""

    kind: ClassVar[str] = "section"
    id: str
    title: str

    def __post_init__(self) -> None:
        _check_id(self.id)

    def _plain(self) -> str:
        return self.title


@dataclass(frozen=True, kw_only=True)
class Markdown(Shown):
    """Prose in Markdown; markup of HTML in it is shown as text."""

    kind: ClassVar[str] = "markdown"
    text: str

    def _plain(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class Text(Shown):
    """Paragraphs."""

    kind: ClassVar[str] = "text"
    paragraphs: Sequence[str]

    def _plain(self) -> str:
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, kw_only=True)
class Brief(Shown):
    """In short: up to five sentences, most important first, and what to do next."""

    kind: ClassVar[str] = "brief"
    sentences: Sequence[str]
    steps: Sequence[str] = ()

    def _fields(self) -> dict[str, Any]:
        items, steps = ([{"text": text} for text in texts] for texts in (self.sentences, self.steps))
        return {"language": self.language, "items": items, "next": steps}

    def _plain(self) -> str:
        return "\n".join([*self.sentences, *self.steps])


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One figure with its comparisons.

    Args:
        id: the indicator's.
        label: what is measured.
        value: as printed, with "%" or "€" where it has them.
        v: the figure itself, None where absent.
        flag: as in the tables.
        unit: the noun beside the figure; empty where `value` says it all.
        period: year or date of reference, as printed.
        comparisons: `(label, printed value)` of zone, metropolitan area, median …
    """

    id: str
    label: str
    value: str
    v: float | None = None
    flag: str = "observed"
    unit: str = ""
    period: str = ""
    comparisons: Sequence[tuple[str, str]] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class KeyFigures(Shown):
    """The figures at the top of a page."""

    kind: ClassVar[str] = "key_figures"
    items: Sequence[KeyFigure]

    def _fields(self) -> dict[str, Any]:
        items = []
        for item in self.items:
            comparisons = [{"label": label, "value": value} for label, value in item.comparisons]
            items.append({**dataclasses.asdict(item), "comparisons": comparisons})
        return {"language": self.language, "items": items}

    def _plain(self) -> str:
        return "\n".join(f"{item.label}: {item.value} {item.unit}".rstrip() for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Figure(Shown):
    """A picture with its message, measure, source and data.

    Args:
        id: lower-case words joined by hyphens; unique on the page.
        title: the message, a sentence.
        subtitle: measure, unit, territory, period.
        alt: what the picture shows, in one sentence, for those who do not see it.
        description: how to read it and what stands out.
        spec: Vega-Lite; a structure of the house is drawn for a telephone too (`svg.at_width`).
        source: one line a source, with its date; or one short line, with `origin` in full.
        origin: sources in full, in the fold.
        method: ids and names of the indicators that are shown, explained by the site's page on method.
        table: the data.
        note: uncertainty, marks, what is left out.
        csv: name of the file beside the page that holds the data.
        datasets: shared data that the spec names, such as `boundaries`; not part of the payload.
    """

    kind: ClassVar[str] = "figure"
    id: str
    title: str
    subtitle: str
    alt: str
    description: str
    spec: Mapping[str, Any]
    source: Sequence[str] = ()
    origin: Sequence[str] = ()
    method: Sequence[tuple[str, str]] = ()
    note: str = ""
    table: Data | None = None
    csv: str = ""
    datasets: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        _check_id(self.id)

    def _fields(self) -> dict[str, Any]:
        return {name: value for name, value in super()._fields().items() if name != "datasets"}

    def _plain(self) -> str:
        return f"{self.title}\n{self.alt}"

    def _shared(self) -> Mapping[str, Any]:
        return self.datasets

    @property
    def has_charts(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, kw_only=True)
class Picture(Shown):
    """A picture that another library drew.

    Args:
        id: lower-case words joined by hyphens; unique on the page.
        title: the message, a sentence.
        alt: what the picture shows, for those who do not see it.
        svg: the picture; it is shown as an image, in which no script runs.
        source, origin, note: as of a figure.
    """

    kind: ClassVar[str] = "picture"
    id: str
    title: str
    alt: str
    svg: str
    source: Sequence[str] = ()
    origin: Sequence[str] = ()
    note: str = ""

    def __post_init__(self) -> None:
        _check_id(self.id)

    def _plain(self) -> str:
        return f"{self.title}\n{self.alt}"


@dataclass(frozen=True, kw_only=True)
class Table(Shown):
    """A table with caption, source and CSV; `fold` closes it until a reader opens it."""

    kind: ClassVar[str] = "table"
    id: str
    caption: str
    data: Data
    subtitle: str = ""
    source: Sequence[str] = ()
    note: str = ""
    csv: str = ""
    origin: Sequence[str] = ()
    method: Sequence[tuple[str, str]] = ()
    fold: bool = False

    def __post_init__(self) -> None:
        _check_id(self.id)

    def _fields(self) -> dict[str, Any]:
        fields = super()._fields()
        data = fields.pop("data")
        return {**fields, **{item.name: getattr(data, item.name) for item in dataclasses.fields(data)}}

    def _plain(self) -> str:
        return self.caption


@dataclass(frozen=True, kw_only=True)
class Sources(Shown):
    """Sources: items `{title, publisher, licence, licence_url, url, reference_date, date_accessed, …}`.

    `short`: a line each, with a link to the site's page on method, which has the rest.
    """

    kind: ClassVar[str] = "sources"
    items: Sequence[Mapping[str, Any]]
    short: bool = False

    def _plain(self) -> str:
        return "\n".join(str(item["title"]) for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Extract(Shown):
    """A part of the page that is also a page of its own, made for paper: a memo, a hand-out.

    Args:
        id: lower-case words joined by hyphens; its page is `<report>-<id>.<language>.html`.
        title: of that page.
        page: name of that file; the link on the report's page.
        parts: what it holds, in order; a brief in the first place makes it the page's brief.
        apart: whether the report's page only links to it, because its parts are on that page already.
        alone: whether the report's page only links to it, because its parts are for its own page.
    """

    kind: ClassVar[str] = "extract"
    id: str
    title: str
    page: str
    parts: Sequence[Shown]
    apart: bool = False
    alone: bool = False

    def __post_init__(self) -> None:
        _check_id(self.id)

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "parts": [part.payload() for part in self.parts]}

    def _shared(self) -> Mapping[str, Any]:
        return {name: rows for part in self.parts for name, rows in part._shared().items()}

    @property
    def has_charts(self) -> bool:
        """Whether a part has any."""
        return any(part.has_charts for part in self.parts)

    def _plain(self) -> str:
        return "\n".join([self.title, *(part._plain() for part in self.parts)])


@dataclass(frozen=True, kw_only=True)
class Points(Shown):
    """Short lists under headings: groups of `(heading, texts)`; a group without texts is left out."""

    kind: ClassVar[str] = "points"
    groups: Sequence[tuple[str, Sequence[str]]]

    def _fields(self) -> dict[str, Any]:
        groups = [{"title": title, "items": list(texts)} for title, texts in self.groups if texts]
        return {"language": self.language, "groups": groups}

    def _plain(self) -> str:
        return "\n".join(line for title, texts in self.groups if texts for line in (title, *texts))


@dataclass(frozen=True, kw_only=True)
class Close(Shown):
    """The end of a complete report: its results, free of language, and where they come from."""

    kind: ClassVar[str] = "close"
    results: Mapping[str, Any]
    provenance: Mapping[str, Any]
    complete: bool = True
    next_due: str = ""


def _framed(html: str) -> str:
    """A fragment as JupyterLab shows it: lists of terms stacked, which its own style would float into each other."""
    return (
        "<style>.quadro dl, .quadro dt, .quadro dd {display: block; float: none; width: auto; margin: 0}"
        ".quadro dd {margin: 0 0 .6em}.quadro table {text-align: left}"
        ".quadro .plot svg {max-width: 100%; background: #fff}</style>"  # its ink is dark, where JupyterLab is, too
        f'<div class="quadro">{html}</div>'
    )


def _check_id(name: str) -> None:
    if not _ID.fullmatch(name):
        allowed = "lower-case letters and digits joined by hyphens, starting with a letter"
        raise ToolkitError(f"{name!r} cannot be the id of a figure or a table", allowed=allowed)
