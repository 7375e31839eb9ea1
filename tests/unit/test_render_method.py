"""The site's pages on method: every indicator, term and table explained in both languages, each with its anchor."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from toolkit import catalog, indicators
from toolkit.errors import ToolkitError
from toolkit.render import method
from toolkit.report.described import _method
from toolkit.text import LANGUAGES, vocabulary

LONGEST = 25  # words of a sentence


def opened(language: str) -> BeautifulSoup:
    return BeautifulSoup(method.page(language), "html.parser")


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?:;])\s+", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_indicator_term_and_table_has_its_anchor(language: str) -> None:
    soup = opened(language)
    ids = [element["id"] for element in soup(id=True)]
    assert len(ids) == len(set(ids))
    wanted = {*indicators.REGISTRY, *catalog.default().names(), *(f"term-{key}" for key in vocabulary("glossary"))}
    assert wanted <= set(ids)
    links = [link["href"] for link in soup("a", href=True)]
    assert {href[1:] for href in links if href.startswith("#")} <= set(ids)
    assert [level.name for level in soup(["h1"])] == ["h1"]


def test_anchors_are_the_same_in_both_languages() -> None:
    italian, english = ({element["id"] for element in opened(language)(id=True)} for language in LANGUAGES)
    assert italian == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_indicator_says_formula_unit_direction_and_tables(language: str) -> None:
    soup = opened(language)
    for one in indicators.REGISTRY.values():
        shown = soup.find(id=one.id)
        facts = [fact.get_text() for fact in shown("dd")]
        assert len(facts) == 3 + len(one.tables)
        assert all(facts), one.id
        assert [link["href"] for link in shown("a")] == [f"#{name}" for name in one.tables]
    assert (
        opened("en").find(id="income_per_taxpayer").dd.get_text() == soup.find(id="income_per_taxpayer").dd.get_text()
    ) == (language == "en")


def test_every_indicator_is_explained_in_both_languages() -> None:
    told = vocabulary("formulas")
    assert set(told) == set(indicators.REGISTRY)
    assert {key for key, entry in told.items() if set(entry["it"]) != {"text", "formula"}} == set()
    assert {key for key, entry in told.items() if set(entry["en"]) != {"text"}} == set(), "the registry has the formula"
    texts = [(key, entry[language]["text"]) for key, entry in told.items() for language in LANGUAGES]
    assert [key for key, text in texts if not text.endswith(".")] == []
    for key, entry in told.items():  # the figures of the formula are the same in both languages
        figures = [
            re.findall(r"\d+", text.replace(".", "").replace(",", ""))
            for text in (entry["it"]["formula"], indicators.get(key).formula)
        ]
        assert sorted(set(figures[0])) == sorted(set(figures[1])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short(language: str) -> None:
    soup = opened(language)
    told = soup.select("#comparisons p, #comparisons li, .measures p, .glossary dd, .lede, #sources > p")
    assert len(told) > 100
    said = [text for element in told for text in sentences(element.get_text(" ", strip=True))]
    assert [text for text in said if len(text.split()) > LONGEST] == []


def test_an_indicator_that_nothing_explains_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    new = replace(indicators.get("residents"), id="parks")
    monkeypatch.setitem(indicators.REGISTRY, "parks", new)
    with pytest.raises(ToolkitError, match="'parks' is not explained"):
        method.page("it")


def test_a_page_links_to_what_is_explained_alone() -> None:
    """An analyst's own indicator has a table, and no place on the page of method."""
    ours = SimpleNamespace(
        id="residents", name="Residents", tables=("population",), indicator=indicators.get("residents")
    )
    own = SimpleNamespace(id="parks", name="Parks", tables=("parks.csv",), indicator=SimpleNamespace(tables=()))
    assert _method([ours, own]) == [("residents", "Residents")]
