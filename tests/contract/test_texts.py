"""Every text of the repository: both languages, the same placeholders, no number or sign of the other language."""

from __future__ import annotations

import re

import pytest

from toolkit import text
from toolkit.text import LANGUAGES, Words

MESSAGES = text.messages()


def test_there_are_texts_and_all_can_be_reached():
    assert len(MESSAGES) > 60
    assert Words("it").keys() == Words("en").keys() == sorted(MESSAGES)


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_template_has_both_languages_with_the_same_placeholders(key):
    names = {
        language: sorted({name for name, _ in text.placeholders(MESSAGES[key][language])}) for language in LANGUAGES
    }
    assert names["it"] == names["en"]


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_template_writes_as_its_language_does(key):
    italian, english = (re.sub(r"{[^}]*}", "x", MESSAGES[key][language]) for language in LANGUAGES)
    assert not re.search(r"\d%|€\s?\d|\d,\d{3}\b", italian), "an English number in an Italian text"
    assert not re.search(r"\d\s%|\d\s?€|\d\.\d{3}\b", english), "an Italian number in an English text"
    for words in (italian, english):
        assert words == words.strip()
        assert not re.search(r"  | [,;:.]( |$)", words), "stray spaces"
    accents = r"\b(perche|piu|cosi|puo|citta|gia|unita|e')(?!\w)"
    assert not re.search(accents, italian, re.IGNORECASE), "an accent is missing"
    assert not re.search(r"\b(drammatic|eccellent|purtroppo|ottim[oi]|pessim)", italian, re.IGNORECASE)
    if not key.startswith("numbers."):
        assert not re.search(r"x\s?[%€]|€x", italian + english), "percent and euro come from the specs pct1 and eur"


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
    keys = list(text.vocabulary("glossary"))
    for language in LANGUAGES:
        entries = Words(language).glossary(keys)
        assert len(entries) == len(keys)
        assert all(entry["term"] != "" for entry in entries)
        assert all(entry["text"].endswith(".") for entry in entries)
        assert [entry["term"].lower() for entry in entries] == sorted(entry["term"].lower() for entry in entries)
