"""The site's page on method, in both languages: comparisons, indicators, terms and sources, each with its anchor.

Anchors: `how-<topic>` of a comparison, the id of an indicator, `term-<key>` of the glossary, the name of a table. They
are the same in both languages; pages of reports link to them.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from toolkit import catalog, display, indicators
from toolkit.contract import LANGUAGES
from toolkit.display.markup import METHOD
from toolkit.errors import ToolkitError
from toolkit.indicators.agreement import MOST_GROUPS, SMALLEST
from toolkit.indicators.peers import MOST, STRUCTURAL
from toolkit.render.shell import HASH_SHOWN, INDEX, LANGUAGE_NAMES, LICENCE, labels, template
from toolkit.report.setting import DOMINANT
from toolkit.text import Words, vocabulary
from toolkit.text.facts import MARKS

TOPICS = ("scales", "peers", "medians", "ranks", "certainty", "distance", "change", "absent")
SECTIONS = ("comparisons", "indicators", "glossary", "sources")
_DIRECTION = {1: "higher", 0: "neither", -1: "lower"}


def page(language: str) -> str:
    """The page in one language.

    Raises:
        ToolkitError: an indicator that `text/formulas.yml` does not explain.
    """
    words = Words(language)
    return str(
        template("method").render(
            language=language,
            label=labels(words, "method"),
            frame=labels(words, "page"),
            home=INDEX[language],
            others=[(code, METHOD[code], LANGUAGE_NAMES[code]) for code in LANGUAGES if code != language],
            contents=[(name, words.say(f"method.{name}")) for name in SECTIONS],
            topics=_topics(words),
            themes=_themes(words),
            glossary=_glossary(words),
            sources=_sources(words),
            licence=LICENCE[language],
        )
    )


def _topics(words: Words) -> list[dict[str, Any]]:
    """How comparisons are made; a topic may end with points, links or not."""
    values = {"peers": MOST, "smallest": SMALLEST, "share": 100 * MOST_GROUPS, "dominant": 100 * DOMINANT}
    variables = [(f"#{name}", indicators.get(name).name[words.language]) for name in STRUCTURAL]
    marks = [("", words.say(f"method.said_mark_{number}", mark=mark, **values)) for number, mark in enumerate(MARKS)]
    points = {"peers": variables, "certainty": marks[::-1]}
    return [
        {
            "id": name,
            "title": words.say(f"method.topic_{name}"),
            "text": words.say(f"method.said_{name}", **values),
            "points": points.get(name, []),
        }
        for name in TOPICS
    ]


def _themes(words: Words) -> list[tuple[str, list[dict[str, Any]]]]:
    """Indicators by the module that computes them, in the registry's order."""
    by_theme = groupby(indicators.REGISTRY.values(), key=lambda one: one.function.__module__.rpartition(".")[2])
    return [
        (words.say(f"method.theme_{theme}"), [_indicator(one, words) for one in several]) for theme, several in by_theme
    ]


def _indicator(one: indicators.Indicator, words: Words) -> dict[str, Any]:
    told = vocabulary("formulas").get(one.id)
    if told is None:
        raise ToolkitError(f"the indicator {one.id!r} is not explained", where="toolkit/text/formulas.yml")
    own = told[words.language]
    return {
        "id": one.id,
        "name": one.name[words.language],
        "text": own["text"],
        "formula": own["formula"] if words.language == "it" else one.formula,
        "unit": words.unit(one.unit),
        "direction": words.say(f"method.{_DIRECTION[one.direction]}"),
        "tables": [(name, catalog.default().source(name).title[words.language]) for name in one.tables],
    }


def _glossary(words: Words) -> list[tuple[str, str, str]]:
    """Anchor, term and text, by the language's alphabet."""
    found = [(key, entry[words.language]) for key, entry in vocabulary("glossary").items()]
    return [
        (f"term-{key}", entry["term"], entry["text"])
        for key, entry in sorted(found, key=lambda one: one[1]["term"].lower())
    ]


def _sources(words: Words) -> str:
    """All tables of the catalogue as HTML, by title."""
    found = [catalog.default().source(name).worded(words.language) for name in catalog.default().names()]
    items = [
        {**item, "sha256": item["sha256"][:HASH_SHOWN]}
        for item in sorted(found, key=lambda item: item["title"].lower())
    ]
    return display.html({"kind": "sources", "language": words.language, "items": items, "anchored": True})
