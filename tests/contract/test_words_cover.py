"""Whatever a report may print has words in both languages: units of indicators and tables, names, formulas' tables."""

from __future__ import annotations

import pytest

from toolkit import catalog, indicators
from toolkit.text import Words

WORDS = {language: Words(language) for language in ("it", "en")}


@pytest.mark.parametrize("name", sorted(indicators.REGISTRY))
def test_indicator_has_words(name: str) -> None:
    one = indicators.REGISTRY[name]
    for words in WORDS.values():
        assert words.unit(one.unit)
        assert one.name[words.language].strip()
        assert words.value(1.0, one.unit)
    assert set(one.tables) <= set(catalog.default().names())


def test_units_of_tables_have_words() -> None:
    units = set()
    for name in catalog.default().names():
        try:
            table = catalog.load(name)
        except Exception:  # a document, not a table
            continue
        if "unit" in table:
            units |= set(table["unit"].unique())
    assert units
    unknown = sorted(unit for unit in units if not _known(str(unit)))
    assert unknown == []


def _known(unit: str) -> bool:
    try:
        return all(words.unit(unit) for words in WORDS.values())
    except Exception:
        return False
