"""Every text of the repository: both languages, the same placeholders, no number or sign of the other language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from toolkit import text
from toolkit.text import LANGUAGES, Words

MESSAGES = text.messages()


def test_there_are_texts_and_all_can_be_reached():
    assert len(MESSAGES) > 60
    assert Words("it").keys() == Words("en").keys() == sorted(MESSAGES)


def test_a_template_has_both_languages_with_the_same_placeholders():
    names = {
        key: [sorted({name for name, _ in text.placeholders(template[language])}) for language in LANGUAGES]
        for key, template in MESSAGES.items()
    }
    assert {key: found for key, found in names.items() if found[0] != found[1]} == {}


def test_a_template_writes_as_its_language_does():
    said = {
        key: [re.sub(r"{[^}]*}", "x", template[language]) for language in LANGUAGES]
        for key, template in MESSAGES.items()
    }
    assert {key: found for key, pair in said.items() if (found := list(faults(key, *pair)))} == {}


def faults(key: str, italian: str, english: str) -> Iterator[str]:
    """What a template may not hold."""
    if re.search(r"\d%|€\s?\d|\d,\d{3}\b", italian):
        yield "an English number in an Italian text"
    if re.search(r"\d\s%|\d\s?€|\d\.\d{3}\b", english):
        yield "an Italian number in an English text"
    for words in (italian, english):
        if words != words.strip() or re.search(r"  | [,;:.]( |$)", words):
            yield "stray spaces"
    if re.search(r"\b(perche|piu|cosi|puo|citta|gia|unita|e')(?!\w)", italian, re.IGNORECASE):
        yield "an accent is missing"
    if re.search(r"\b(drammatic|eccellent|purtroppo|ottim[oi]|pessim)", italian, re.IGNORECASE):
        yield "a word that judges"
    if not key.startswith("numbers.") and re.search(r"x\s?[%€]|€x", italian + english):
        yield "percent and euro come from the specs pct1 and eur"


@pytest.mark.parametrize(
    ("italian", "english", "fault"),
    [
        ("oltre 1,234 unità", "over x", "an English number in an Italian text"),
        ("oltre x", "over 1.234", "an Italian number in an English text"),
        ("oltre x", "over x .", "stray spaces"),
        ("piu di x", "over x", "an accent is missing"),
        ("purtroppo x", "x", "a word that judges"),
        ("x €", "x", "percent and euro come from the specs pct1 and eur"),
    ],
)
def test_a_faulty_template_is_found(italian: str, english: str, fault: str) -> None:
    assert list(faults("report.a", italian, english)) == [fault]


@pytest.mark.parametrize("name", text.VOCABULARIES)
def test_vocabularies_have_both_languages(name):
    entries = text.vocabulary(name)
    if name == "places":
        assert sorted(entries["body"]) == sorted(entries["zone"]) == sorted(LANGUAGES)
        classes = set(entries["articles"])
        assert {*entries["heads"].values(), *entries["whole"].values()} <= classes
        return
    for key, entry in entries.items():
        assert set(LANGUAGES) <= set(entry), key


@pytest.mark.parametrize("unit", sorted(text.vocabulary("units")))
def test_a_unit_prints_in_both_languages(unit):
    for language in LANGUAGES:
        words = Words(language)
        assert all([words.value(0, unit), words.value(1234.5, unit), words.unit(unit)])
        assert words.value(None, unit, "confidential") == words.absent("confidential")


def test_every_glossary_entry_is_a_term_and_a_sentence():
    for entry in text.vocabulary("glossary").values():
        for language in LANGUAGES:
            assert set(entry[language]) == {"term", "text"}
            assert entry[language]["term"]
            assert entry[language]["text"].endswith(".")
