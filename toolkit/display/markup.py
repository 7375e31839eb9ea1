"""Payload in, accessible HTML out. Every text is escaped here, and only here; nothing in a payload is ever markup.

Classes that the page's style and script rely on:

- `figure.figure#ID` › `figcaption` (`h3`, `p.subtitle`), `div.plot` (`div.wide`, `div.narrow`), `p.note`, `p.source`,
  `p.tools` (`a.permalink`, `a.csv`, `button.explore[data-figure=ID][hidden]`), `details.data`, and
  `script.spec[type="application/json"][data-figure=ID]` holding `{"spec": spec, "locale": …}`.
  `locale` is options for vega-embed (`formatLocale`, `timeFormatLocale`). A spec may name shared data
  (`"data": {"name": "boundaries"}`): the page's script puts them in `spec.datasets` before embedding, from the shared
  file of that name (`assets/boundaries.js`).
- `div.table#ID` › `div.scroll` › `table[data-sortable]` (`caption` › `span.subtitle`, `th[scope]` › `span.unit`,
  `tr.ours`, `td.n`, `td.absent[data-flag]`), `p.flags`, `p.note`, `p.source`, `p.tools`; a number whose text is more
  than a number ("2,74 milioni di euro") carries its value in `td[data-v]`, for sorting.
- `figure.figure#ID` with an `img` is a picture that another library drew.
- `div.extract#ID` holds other payloads and a link to their page on paper; `dl.points` › `dt`, `dd`.
- `ul.key-figures` › `li.key-figure`; `ol.brief`, `ol.next`; `ul.sources`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from toolkit import svg as drawing
from toolkit.errors import ToolkitError
from toolkit.text import ABSENT_FLAGS, Words

Payload = Mapping[str, Any]


def html(
    payload: Payload,
    *,
    svg: tuple[str, str] | str | None = None,
    datasets: Mapping[str, Any] | None = None,
    page: bool = True,
    specs: bool = True,
) -> str:
    """The HTML of a payload.

    Args:
        payload: what a display object's `payload()` gives, also after a round trip through JSON.
        svg: drawings of a figure made elsewhere, wide and narrow (or one); drawn here where not given.
        datasets: shared data that a figure's spec names, such as `{"boundaries": topology}`.
        page: whether for a page; a notebook leaves out the narrow drawing, the interactive spec and links to files.
        specs: whether the page carries the interactive spec; where it does not, `specs_script` goes beside it.

    Raises:
        ToolkitError: an unknown kind, or a spec that names data which are not given.
    """
    kind = payload.get("kind")
    if kind == "figure":
        return _figure(payload, svg, datasets or {}, page, specs)
    if kind == "table":
        return _table_section(payload, page)
    if kind == "picture":
        return _picture(payload, page)
    if kind == "extract":
        return _extract(payload, datasets or {}, page)
    if kind not in _SIMPLE:
        raise ToolkitError(f"no way to show {kind!r}", allowed=["figure", "table", "picture", "extract", *_SIMPLE])
    return _SIMPLE[kind](payload, _words(payload["language"]))


@cache
def _words(language: str) -> Words:
    return Words(language)


# ---- figures and tables ----------------------------------------------------------------------------------------------


def _figure(
    payload: Payload, svg: tuple[str, str] | str | None, datasets: Mapping[str, Any], page: bool, carried: bool
) -> str:
    words, name, title = _words(payload["language"]), payload["id"], payload["title"]
    if svg is None:
        svg = drawing.figure(payload, datasets, narrow=page)
    wide, narrow = (svg, "") if isinstance(svg, str) else svg
    plot = f'<div class="wide">{wide}</div>' + (f'<div class="narrow">{narrow}</div>' if narrow else "")
    explore = page and is_explorable(payload)
    return "".join(
        [
            f'<figure class="figure" id="{escape(name)}">',
            f"<figcaption><h3>{escape(title)}</h3>{_line('subtitle', payload['subtitle'])}</figcaption>",
            f'<div class="plot">{plot}</div>',
            _source(payload, words),
            _details(payload, title, words, page, explore),
            _script(payload) if explore and carried else "",
            "</figure>",
        ]
    )


def _details(payload: Payload, title: str, words: Words, page: bool, explore: bool) -> str:
    """The fold of a figure: note, data as a table, method and sources in full, file and address."""
    table, caption = payload.get("table"), words.say("labels.data_of", title=title)
    parts = [
        _line("note", payload.get("note", "")),
        _table(table, f"{payload['id']}-data", caption, words) if table else "",
        _origin(payload, words, page),
        _tools(payload, title, words, explore) if page else "",
    ]
    return _fold(words.label("show_data"), *parts)


def _fold(summary: str, *parts: str) -> str:
    return f'<details class="data"><summary>{escape(summary)}</summary>{"".join(parts)}</details>'


METHOD = {"it": "metodo.html", "en": "method.html"}
"""The site's pages on method, sources and terms."""


def _origin(payload: Payload, words: Words, page: bool) -> str:
    """Sources in full, and links to how what is shown is computed."""
    sources = "; ".join(line.rstrip(".") for line in payload.get("origin", ()))
    told = _line("origin", f"{words.label('sources')}: {sources}.") if sources else ""
    links = (
        []
        if not page
        else [
            f'<a href="../{METHOD[words.language]}#{escape(one)}">{escape(text)}</a>'
            for one, text in payload.get("method", ())
        ]
    )
    return told + (f'<p class="method">{escape(words.label("computed"))}: {", ".join(links)}.</p>' if links else "")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def _script(payload: Payload) -> str:
    """The spec for the page's script."""
    return (
        f'<script class="spec" type="application/json" data-figure="{escape(payload["id"])}">{_specs(payload)}</script>'
    )


def _specs(payload: Payload) -> str:
    """JSON whose `<` are written so that no text in it can end an element or open a comment."""
    told = {"spec": payload["spec"], "locale": drawing.locale(payload["language"])}
    return _json(told).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def is_explorable(payload: Payload) -> bool:
    """Whether a payload's chart tells more when explored: this toolkit's charts say so; an analyst's always may."""
    return payload["kind"] == "figure" and bool(payload["spec"].get("usermeta", {}).get("explore", True))


def specs_script(payloads: Iterable[Payload]) -> str:
    """A script that assigns `window.quadroCharts`, figure id → specs, for a page whose figures do not carry them.

    The page's script loads it when a reader asks for the first chart: a third of a page's bytes that few readers need.
    """
    told = [f"{_json(p['id'])}:{_specs(p)}" for p in payloads if is_explorable(p)]
    return f"window.quadroCharts={{{','.join(told)}}};\n"


def _extract(payload: Payload, datasets: Mapping[str, Any], page: bool) -> str:
    words, name, title = _words(payload["language"]), payload["id"], payload["title"]
    parts = "".join(html(part, datasets=datasets, page=page) for part in payload["parts"])
    alone = payload.get("alone", False)
    label, seen = f"{words.label('printable')}: {title}", words.label("printable")
    label, seen = (title, title) if alone else (label, seen)
    link = f'<a class="printable" href="{escape(payload["page"])}" aria-label="{escape(label)}">{escape(seen)}</a>'
    tools = f'<p class="tools">{link}</p>' if page else ""
    return f'<div class="extract" id="{escape(name)}">{parts}{tools}</div>'


def _picture(payload: Payload, page: bool) -> str:
    words, title = _words(payload["language"]), payload["title"]
    data = b64encode(payload["svg"].encode()).decode()
    image = f'<img alt="{escape(payload["alt"])}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
    parts = [
        f"<figcaption><h3>{escape(title)}</h3></figcaption>",
        f'<div class="plot">{image}</div>',
        _line("note", payload.get("note", "")),
        _source(payload, words),
        _origin(payload, words, page),
        _tools({**payload, "kind": "figure"}, title, words) if page else "",
    ]
    return f'<figure class="figure" id="{escape(payload["id"])}">{"".join(parts)}</figure>'


def _table_section(payload: Payload, page: bool) -> str:
    words, name, caption = _words(payload["language"]), payload["id"], payload["caption"]
    parts = [
        _table(payload, f"{name}-table", caption, words, subtitle=payload.get("subtitle", "")),
        _line("note", payload.get("note", "")),
        _source(payload, words),
        _origin(payload, words, page),
        _tools(payload, caption, words) if page else "",
    ]
    body = _fold(caption, *parts) if payload.get("fold") else "".join(parts)
    return f'<div class="table" id="{escape(name)}">{body}</div>'


def _table(table: Payload, name: str, caption: str, words: Words, subtitle: str = "") -> str:
    columns, header = table["columns"], table.get("row_header", 0)
    ours = set(table.get("highlight", ()))
    head = "".join(_column(column) for column in columns)
    body = "".join(_row(row, columns, header, index in ours, words) for index, row in enumerate(table["rows"]))
    small = f' <span class="subtitle">{escape(subtitle)}</span>' if subtitle else ""
    label = f"{escape(name)}-caption"
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-labelledby="{label}"><table data-sortable>'
        f'<caption><span id="{label}">{escape(caption)}</span>{small}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{_flags(table, words)}"
    )


def _row(row: Sequence[Payload], columns: Sequence[Payload], header: int, ours: bool, words: Words) -> str:
    numbered = enumerate(zip(row, columns, strict=True))
    cells = "".join(_cell(cell, column, number == header, words) for number, (cell, column) in numbered)
    return f'<tr class="ours">{cells}</tr>' if ours else f"<tr>{cells}</tr>"


def _column(column: Payload) -> str:
    unit = f' <span class="unit">({escape(column["unit_label"])})</span>' if column.get("unit_label") else ""
    return f'<th scope="col"{_number_class(column)}>{escape(column["label"])}{unit}</th>'


def _number_class(column: Payload) -> str:
    return ' class="n"' if column["numeric"] else ""


def _cell(cell: Payload, column: Payload, is_header: bool, words: Words) -> str:
    text, flag = escape(str(cell["t"])), cell.get("flag", "observed")
    if is_header:
        return f'<th scope="row">{text}</th>'
    if flag in ABSENT_FLAGS:
        return f'<td class="{"n " if column["numeric"] else ""}absent" data-flag="{flag}">{text}</td>'
    raw = f' data-v="{_raw(cell["v"])}"' if column["numeric"] and not _PLAIN.fullmatch(cell["t"]) else ""
    if flag in _MARKED:
        mark = f"<sup>({escape(words.label(f'mark_{flag}'))})</sup>"
        return f'<td{_number_class(column)}{raw} data-flag="{flag}">{text}{mark}</td>'
    return f"<td{_number_class(column)}{raw}>{text}</td>"


# A printed number that the page's script can read back; others ("2,74 milioni di euro") carry their value to be sorted.
_PLAIN = re.compile(r"[+\u2212]?€?[\d.,]+[°\u00a0 %€]*")


def _raw(value: Any) -> str:
    """A value to sort by: seven digits are more than a page prints."""
    return escape(repr(float(f"{value:.7g}") if isinstance(value, float) else value))


_MARKED = ("estimated", "break")


def _flags(table: Payload, words: Words) -> str:
    """What the marks and the absences of this table mean, each only if it is there."""
    present = {cell.get("flag", "observed") for row in table["rows"] for cell in row}
    said = [f"({words.label(f'mark_{flag}')}) {words.label(f'{flag}_meaning')}" for flag in _MARKED if flag in present]
    said += [words.label("lower_bound_meaning")] if "lower_bound" in present else []
    said += [f"{words.absent(flag)}: {words.label(f'{flag}_meaning')}" for flag in ABSENT_FLAGS if flag in present]
    return _line("flags", "; ".join(said) + "." if said else "")


def _source(payload: Payload, words: Words) -> str:
    sources = payload.get("source", ())
    sources = [sources] if isinstance(sources, str) else sources
    if not any(sources):
        return ""
    text = "; ".join(source.rstrip(".") for source in sources if source)
    return f'<p class="source"><b>{escape(words.label("source"))}:</b> {escape(text)}.</p>'


def _tools(payload: Payload, title: str, words: Words, explore: bool = False) -> str:
    """Permalink, CSV, and the button that the page's script shows; each name begins with the text one sees."""
    name = escape(payload["id"])

    def named(key: str) -> str:
        return f'aria-label="{escape(f"{words.label(key)}: {title}")}">{escape(words.label(key))}'

    link = escape(words.say(f"labels.permalink_to_{payload['kind']}", title=title))
    tools = [f'<a class="permalink" href="#{name}" aria-label="{link}">{escape(words.label("permalink"))}</a>']
    if payload.get("csv"):
        tools.append(f'<a class="csv" href="{escape(payload["csv"])}" download {named("download_csv")}</a>')
    if explore:
        tools.append(f'<button class="explore" type="button" hidden data-figure="{name}" {named("explore")}</button>')
    return f'<p class="tools">{" ".join(tools)}</p>'


# ---- the other kinds -------------------------------------------------------------------------------------------------


def _key_figures(payload: Payload, words: Words) -> str:
    return f'<ul class="key-figures">{"".join(_key_figure(item) for item in payload["items"])}</ul>'


def _key_figure(item: Payload) -> str:
    raw = f' data-v="{_raw(item["v"])}"' if item.get("v") is not None else ""
    unit = f' <span class="unit">{escape(item["unit"])}</span>' if item.get("unit") else ""
    value = (
        f'<span class="value"{raw} data-flag="{escape(item.get("flag", "observed"))}">{escape(item["value"])}</span>'
    )
    return (
        f'<li class="key-figure" data-id="{escape(item["id"])}"><p class="label">{escape(item["label"])}</p>'
        f'<p class="figures">{value}{unit}</p>{_line("period", item.get("period", ""))}'
        f"{_pairs('comparisons', [(c['label'], c['value']) for c in item.get('comparisons', ())])}"
        f"{_line('note', item.get('note', ''))}</li>"
    )


def _brief(payload: Payload, words: Words) -> str:
    sentences = _list("ol", "brief", [escape(item["text"]) for item in payload["items"]])
    steps = [escape(item["text"]) for item in payload.get("next", ())]
    return sentences + (f"<h3>{escape(words.label('next_steps'))}</h3>{_list('ol', 'next', steps)}" if steps else "")


def _text(payload: Payload, words: Words) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in payload["paragraphs"])


def _points(payload: Payload, words: Words) -> str:
    groups = [
        f"<div><dt>{escape(group['title'])}</dt>{''.join(f'<dd>{escape(text)}</dd>' for text in group['items'])}</div>"
        for group in payload["groups"]
    ]
    return f'<dl class="points">{"".join(groups)}</dl>' if groups else ""


def _sources(payload: Payload, words: Words) -> str:
    if payload.get("short"):
        address, items = f"../{METHOD[words.language]}", payload["items"]
        said = [
            f'<a href="{address}#{escape(item["name"])}">{escape(item["title"])}</a>, {escape(item["publisher"])}'
            for item in items
        ]
        return f'<p class="short-sources">{"; ".join(said)}.</p>'
    if payload.get("anchored"):
        rows = [f'<li id="{escape(item["name"])}">{_one_source(item, words)}</li>' for item in payload["items"]]
        return f'<ul class="sources">{"".join(rows)}</ul>'
    return _list("ul", "sources", [_one_source(item, words) for item in payload["items"]])


def _one_source(item: Payload, words: Words) -> str:
    facts = [
        ("publisher", escape(str(item.get("publisher") or ""))),
        ("licence", _link(item.get("licence"), item.get("licence_url"))),
        ("reference_date", escape(_date(item.get("reference_date"), words))),
        ("date_accessed", escape(_date(item.get("date_accessed"), words))),
        ("processing", escape(str(item.get("processing") or ""))),
        ("faults", _list("ul", "faults", [escape(str(fault)) for fault in item.get("faults") or ()])),
        ("fingerprint", f"<code>{escape(str(item['sha256']))}</code>" if item.get("sha256") else ""),
    ]
    shown = "".join(f"<div><dt>{escape(words.label(key))}</dt><dd>{text}</dd></div>" for key, text in facts if text)
    return f"<p>{_link(item['title'], item.get('url'))}</p><dl>{shown}</dl>"


def _open(payload: Payload, words: Words) -> str:
    place = payload["territory"]
    facts = [("as_of", _date(payload["as_of"], words)), ("reference_date", _date(payload["reference_date"], words))]
    facts.append(("version", str(payload["version"])))
    title = f"{escape(payload['title'])}: {escape(str(place.get('name', '')))}"
    shown = _pairs("facts", [(words.label(key), text) for key, text in facts])
    return f'<header class="open"><p><strong>{title}</strong></p>{shown}</header>'


def _close(payload: Payload, words: Words) -> str:
    done = words.label("complete" if payload.get("complete") else "incomplete")
    return f'<p class="close">{escape(done)}</p>'


def _section(payload: Payload, words: Words) -> str:
    """A heading in a notebook; on a page the section has its own."""
    return f"<h2>{escape(payload['title'])}</h2>"


def _markdown(payload: Payload, words: Words) -> str:
    from toolkit.display import markdown

    return "".join(prose.html for prose in markdown.split(payload["text"]))


_SIMPLE: dict[str, Callable[[Payload, Words], str]] = {
    "open": _open,
    "section": _section,
    "markdown": _markdown,
    "text": _text,
    "brief": _brief,
    "key_figures": _key_figures,
    "points": _points,
    "sources": _sources,
    "close": _close,
}


# ---- pieces ----------------------------------------------------------------------------------------------------------


def _line(name: str, text: str) -> str:
    return f'<p class="{name}">{escape(text)}</p>' if text else ""


def _list(tag: str, name: str, items: Sequence[str]) -> str:
    return f'<{tag} class="{name}">{"".join(f"<li>{item}</li>" for item in items)}</{tag}>' if items else ""


def _pairs(name: str, pairs: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in pairs if text)
    return f'<dl class="{name}">{rows}</dl>' if rows else ""


def _link(text: Any, address: Any) -> str:
    """The text as a link, if the address is one of the web; otherwise the text alone."""
    shown = escape(str(text or ""))
    if isinstance(address, str) and address.startswith(("https://", "http://")):
        return f'<a href="{escape(address)}">{shown or escape(address)}</a>'
    return shown


def _date(value: Any, words: Words) -> str:
    """A date in words; a text that is not a date ("2018–2023") as it is."""
    text = str(value or "")
    return words.date(text) if text.replace("-", "").isdigit() else text
