"""One page: an executed notebook in, HTML out, through our nbconvert template and one exporter that is kept warm."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import meta

from toolkit import signs
from toolkit.contract import LANGUAGES
from toolkit.display.markup import METHOD
from toolkit.render.canonical import canonical
from toolkit.render.content import Page, Payload, Section, compose, questions
from toolkit.render.shared import style

TEMPLATES = Path(__file__).with_name("templates")
TEMPLATE = "quadro"
ASSETS = "../assets"
# What the switch to the other language says, in that language.
LANGUAGE_NAMES = {"it": "Italiano", "en": "English"}
INDEX = {"it": "index.html", "en": "index.en.html"}
LICENCE = {
    "it": "https://creativecommons.org/licenses/by/4.0/deed.it",
    "en": "https://creativecommons.org/licenses/by/4.0/deed.en",
}
HASH_SHOWN = 12


def page(notebook: Any, assets: str = ASSETS, languages: Sequence[str] = LANGUAGES) -> str:
    """The HTML of an executed notebook, the same characters that stock nbconvert writes with our template.

    Args:
        notebook: executed notebook node, whose last output is a complete `close`.
        assets: address of the shared files, relative to the page; the index of the site is in its parent.
        languages: the languages in which this report is made; the page links to the others.

    Raises:
        ToolkitError: the notebook opened no report, failed, or did not close its report.
    """
    from toolkit.render.preprocessor import QuadroPage

    exporter = _exporter()
    prepared, resources = QuadroPage(assets=assets, languages=list(languages)).preprocess(notebook, {})
    return canonical(exporter.template.render(nb=prepared, resources=resources).lstrip("\r\n"))


def warm() -> None:
    """Compile the template of pages and those it builds on, as the first page would."""
    environment, names = _exporter().template.environment, [_exporter().template.name]
    for name in names:
        environment.get_template(name)
        source, *_ = environment.loader.get_source(environment, name)
        names += filter(None, meta.find_referenced_templates(environment.parse(source)))


@lru_cache(maxsize=1)
def _exporter() -> Any:
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter(template_name=TEMPLATE, extra_template_basedirs=[str(TEMPLATES)])


@lru_cache(maxsize=2)
def template(name: str) -> Any:
    """A template of the pages of the site itself: `index`, `method`."""
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(TEMPLATES / "site")
    found = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return found.get_template(f"{name}.html.j2")


def extract(notebook: Any, payload: Payload, assets: str = ASSETS, languages: Sequence[str] = LANGUAGES) -> str:
    """The HTML of an extract: its parts alone under the page's head, made to be printed.

    Args:
        notebook: executed notebook node that shows the extract.
        payload: one of `content.extracts(notebook)`.
        assets, languages: as for `page`.
    """
    from toolkit.render.preprocessor import cell_of

    content, words = read(notebook)
    if payload.get("alone"):
        sections = questions(payload["parts"], _draw)
    else:
        html = [_draw(part) for part in payload["parts"]]
        sections = [Section(words.say("page.brief"), html, "brief", False, payload["id"])]
    frame = context(replace(content, sections=sections), words, assets, languages)
    stem = f"{content.opened['report']}-{payload['id']}"
    frame |= {
        "extract": payload["id"],
        "title": signs.legible(payload["title"]),
        "lede": "",
        "contents": [],
        "others": [(code, f"{stem}.{code}.html", LANGUAGE_NAMES[code]) for code, _, _ in frame["others"]],
        "downloads": [],
        "whole": f"{content.opened['report']}.{words.language}.html",
    }
    node = type(notebook)({**notebook, "cells": [cell_of(section) for section in sections]})
    return canonical(_exporter().template.render(nb=node, resources={"quadro": frame}).lstrip("\r\n"))


def read(notebook: Any) -> tuple[Page, Any]:
    """The content of a notebook, drawn in its own language, and the words of that language."""
    from toolkit.render.content import frame
    from toolkit.text import Words

    words = Words(frame(notebook)[0]["language"])
    return compose(notebook, _draw, words.say), words


drawings: ContextVar[Callable[[Payload], tuple[str, str] | None]] = ContextVar("drawings", default=lambda payload: None)
"""Where drawings of figures come from that others have made (`painter`); what it has not is drawn here."""


def _draw(payload: Payload) -> str:
    """A payload as HTML; boundaries are read only for a figure whose specification names them."""
    from toolkit import display
    from toolkit.render.shared import boundaries

    if payload["kind"] == "sources":  # the foot of the page has the hashes of what was read, the results file in full
        payload = {**payload, "items": [{**item, "sha256": ""} for item in payload["items"]]}
    drawn = drawings.get()(payload) if payload["kind"] == "figure" else None
    mapped = drawn is None and payload["kind"] == "figure" and "boundaries" in str(payload["spec"])
    return display.html(payload, svg=drawn, datasets={"boundaries": boundaries()} if mapped else {}, specs=False)


def context(content: Page, words: Any, assets: str, languages: Sequence[str]) -> dict[str, Any]:
    """What the template prints around the sections: texts in the page's language, addresses, dates, provenance."""
    opened, place = content.opened, content.opened["territory"]
    language, report = words.language, opened["report"]
    home = posixpath.join(posixpath.normpath(posixpath.join(assets, "..")), INDEX[language])
    return signs.all_legible(
        {
            "language": language,
            "label": labels(words, "page"),
            "title": opened["title"],
            "place": f"{place['name']} ({place['province']})" if place.get("province") else place["name"],
            "territory": place,
            "report": report,
            "extract": "",
            "whole": "",
            "as_of": opened["as_of"],
            "version": opened["version"],
            "summary": content.summary,
            "lede": content.lede,
            "facts": list(_facts(content, words)),
            "assets": assets,
            "style": style(assets),
            "home": home,
            "others": [(code, f"{report}.{code}.html", LANGUAGE_NAMES[code]) for code in languages if code != language],
            "downloads": [
                (f"{report}.{language}.xlsx", words.say("page.workbook")),
                (f"{report}.json", words.say("page.results")),
            ],
            "contents": [
                (section.id, section.title, words.say("page.said_permalink", title=section.title))
                for section in content.sections
                if section.title
            ],
            "charts": charts_name(opened),
            "provenance": list(_provenance(content, words)),
            "method": f"{posixpath.dirname(home)}/{METHOD[language]}",
            "next_due": words.date(content.closed["next_due"]) if content.closed.get("next_due") else "",
            "licence": LICENCE[language],
        }
    )


def charts_name(opened: Payload) -> str:
    """The file beside a page that holds what its charts need to be explored."""
    return f"{opened['report']}-charts.{opened['language']}.js"


def labels(words: Any, file: str) -> dict[str, str]:
    """The texts of one file of `toolkit/text` that stand alone; those that want a value have keys in `said_`."""
    keys = [key for key in words.keys() if key.startswith(f"{file}.") and not key.startswith(f"{file}.said_")]  # noqa: SIM118
    return {key.removeprefix(f"{file}."): words.say(key) for key in keys}


def _facts(content: Page, words: Any) -> Iterator[tuple[str, str]]:
    """What the header states: label and text."""
    opened, place = content.opened, content.opened["territory"]
    period = opened["reference_date"] or content.closed["provenance"].get("reference_date", "")
    if place["type"] == "municipality":
        yield words.say("page.code"), place["code"]
    if place.get("zone"):
        yield words.say("page.zone"), place["zone"]
    yield words.say("page.reference_date"), shown_date(period, words)
    yield words.say("page.as_of"), shown_date(opened["as_of"], words)


def shown_date(text: str, words: Any) -> str:
    """A date in words; a text that is already worded ("2018–2023") as it is."""
    return words.date(text) if text.replace("-", "").isdigit() else text


def _provenance(content: Page, words: Any) -> Iterator[tuple[str, list[str]]]:
    """What the footer states: label and the texts under it; the results file has parameters and hashes in full."""
    snapshot, origin = content.opened["snapshot"], content.closed["provenance"]
    yield words.say("page.version"), [origin["version"]]
    yield words.say("page.snapshot"), [words.say("page.said_snapshot", date=snapshot["date"], hash=snapshot["hash"])]
    yield words.say("page.lock"), [origin["lock"][:HASH_SHOWN]]
