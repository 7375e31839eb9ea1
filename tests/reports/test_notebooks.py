"""The real notebooks, for municipalities that try them: awkward names, the smallest, the largest, areas, other days."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from harness import execute, notebooks, payloads, sentences
from once import executed

from toolkit import catalog, display
from toolkit.errors import ParameterError, TerritoryError
from toolkit.render import content, page, results
from toolkit.text import Words

AWKWARD = {
    "015032": "Bresso",
    "015146": "Milano, the core, in no zone",
    "015155": "Nosate, under 1,500 inhabitants",
    "015060": "Cassina de' Pecchi, an apostrophe",
    "015251": "Vermezzo con Zelo, born of a merger in 2019",
}
AREAS = ("zona-nord-milano", "nord-milano-2008", "citta-metropolitana-milano")


def everybody() -> list[str]:
    members = catalog.load("area_members")
    return sorted(members[members["area"] == "citta-metropolitana-milano"]["istat_code"].unique())


def faults_of(text: str, language: str) -> Iterator[str]:
    """What no sentence may hold."""
    if re.search(r"\bnan\b|\bNaN\b|None\b(?! \(| is| of)|[{}]|  |\binf\b|\\u", text):
        yield "a hole"
    if re.search(r"\s[.,;:](?:\s|$)|\.\.(?!\.)|,,|;;", text):
        yield "punctuation"
    if language == "it" and re.search(r"\b(?!0,)\d{1,3},\d{3}\b", text):
        yield "an English number"
    if language == "it" and re.search(r"\d%", text):
        yield "a percent sign without its space"
    if language == "en" and re.search(r"\d\xa0%|\d\xa0€|\b(?!0\.)\d{1,3}\.\d{3}\b", text):
        yield "an Italian number"


def checked(name: str, **parameters: str) -> None:
    notebook = executed(name, **parameters)
    language = parameters.get("language", "it")
    said = sentences(notebook)
    assert len(said) > 8
    wrong = [(fault, text) for text in said for fault in faults_of(text, language)]
    assert wrong == []
    closing = payloads(notebook)[-1]
    assert closing["kind"] == "close"
    assert closing["complete"] is True
    tables = list(results.tables(notebook))
    assert len({table["id"] for table in tables}) == len(tables)


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("code", AWKWARD)
@pytest.mark.parametrize("name", notebooks())
def test_awkward_municipalities(name: str, code: str, language: str) -> None:
    checked(name, municipality=code, language=language)


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("name", notebooks())
def test_areas(name: str, area: str) -> None:
    checked(name, area=area)


@pytest.mark.slow
@pytest.mark.parametrize("name", notebooks())
def test_all_municipalities(name: str) -> None:
    """Every municipality runs, in the languages by turns; the tests of each report read their sentences in both."""
    codes = everybody()
    assert len(codes) == 133
    for position, code in enumerate(codes):
        checked(name, municipality=code, language=("it", "en")[position % 2])


def test_the_template_runs() -> None:
    for language in ("it", "en"):
        checked("_template", municipality="015032", language=language)


@pytest.mark.parametrize("name", notebooks())
def test_same_inputs_same_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(display.DEFER_CHARTS, "1")
    assert page(execute(name, municipality="015032")) == page(executed(name, municipality="015032"))


@pytest.mark.parametrize("name", notebooks())
def test_results_have_no_language(name: str) -> None:
    italian, english = (
        results.files(executed(name, municipality="015032", language=language)) for language in ("it", "en")
    )
    assert italian == english


@pytest.mark.parametrize("name", notebooks())
def test_printed_numbers_are_the_results(name: str) -> None:
    """What a tile or a cell prints, read back, is the raw figure at that many decimals."""
    for language in ("it", "en"):
        words = Words(language)
        read = 0
        for table in results.tables(executed(name, municipality="015032", language=language)):
            for row in table["rows"]:
                for column, cell in zip(table["columns"], row, strict=True):
                    if not column["numeric"] or cell["v"] is None or not isinstance(cell["v"], int | float):
                        continue
                    number = re.search(r"[\d.,]*\d", cell["t"])
                    assert number, cell
                    text = number[0]
                    decimal = "," if language == "it" else "."
                    places = len(text.split(decimal)[1]) if decimal in text else 0
                    if column["unit"] == "year":
                        assert text == str(int(cell["v"]))
                    elif "mil" not in cell["t"] and "bil" not in cell["t"]:
                        assert text == words.number(abs(cell["v"]), places), (column["key"], cell)
                    read += 1
        assert read > 20


@pytest.mark.parametrize("name", notebooks())
def test_a_page_of_the_past_uses_nothing_later(name: str) -> None:
    notebook = executed(name, municipality="015032", as_of="2023-06-30")
    opened = content.frame(notebook)[0]
    assert opened["as_of"] == "2023-06-30"
    for table in results.tables(notebook):
        at = [i for i, column in enumerate(table["columns"]) if column["unit"] == "year"]
        assert all(row[i]["v"] is None or row[i]["v"] <= 2023 for row in table["rows"] for i in at), table["id"]


@pytest.mark.parametrize("name", notebooks())
def test_bad_input_is_refused_before_anything_is_shown(name: str) -> None:
    with pytest.raises(TerritoryError, match="999999"):
        execute(name, municipality="999999")
    with pytest.raises(TerritoryError, match="Vermezzo con Zelo"):
        execute(name, municipality="015235")
    with pytest.raises(ParameterError, match="six digits"):
        execute(name, municipality="15032")
    with pytest.raises(ParameterError, match="exactly one"):
        execute(name)
    with pytest.raises(ParameterError, match="2999-01-01"):
        execute(name, municipality="015032", as_of="2999-01-01")
