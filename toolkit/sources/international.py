"""Cities that the programmes looked at: quoted figures and policy cards, kept by hand in `data/curated/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.errors import DataError
from toolkit.sources.padigitale import curated
from toolkit.sources.resource import Resource

FILE = "international.yml"
_PERIOD = r"^(\d{4}(-\d{2})?|\d{4}–(\d{4})?)$"
_FIGURE_KEYS = {"city", "item", "period", "value", "unit", "kind", "territory", "measure", "source"}
_CARD_KEYS = {"city", "order", "period", "text", "source"}
CITY_FIGURES = Resource.of("city_figures")
POLICY_CARDS = Resource.of("policy_cards")
RESOURCES = (CITY_FIGURES, POLICY_CARDS)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Both tables, from the curated file alone.

    Raises:
        DataError: a key, a language, a city, a unit or a period that is not as declared, or no source.
    """
    document = curated(FILE)
    return {"city_figures": figures(document["figures"]), "policy_cards": cards(document["cards"])}


def figures(entries: list[dict[str, Any]]) -> pd.DataFrame:
    """The table of quoted figures."""
    for entry in entries:
        _check(entry, _FIGURE_KEYS, ("territory", "measure"))
        where = f"{FILE}, {entry['city']}, {entry['item']}"
        _among(entry["kind"], CITY_FIGURES.allowed("kind"), where)
        _among(entry["unit"], CITY_FIGURES.allowed("unit"), where)
        if isinstance(entry["value"], bool) or not isinstance(entry["value"], int | float):
            raise DataError(f"the value {entry['value']!r} is not a number", where=where)
    return _frame(entries, CITY_FIGURES)


def cards(entries: list[dict[str, Any]]) -> pd.DataFrame:
    """The table of policy cards."""
    for entry in entries:
        _check(entry, _CARD_KEYS, ("text",))
    return _frame(entries, POLICY_CARDS)


def _check(entry: dict[str, Any], keys: set[str], bilingual: tuple[str, ...]) -> None:
    where = f"{FILE}, {entry.get('city', '?')}"
    if set(entry) != keys:
        odd = ", ".join(sorted(set(entry) ^ keys))
        raise DataError(f"an entry has other keys than it should: {odd}", where=where, allowed=sorted(keys))
    _among(entry["city"], CITY_FIGURES.allowed("city"), where)
    entry["source"] = _both(entry["source"])
    for name in (*bilingual, "source"):
        text = entry[name]
        if not isinstance(text, dict) or set(text) != {"it", "en"} or not all(map(str.strip, text.values())):
            raise DataError(f"{name} needs both languages", where=where)
    if entry["period"] and not pd.Series([entry["period"]]).str.fullmatch(_PERIOD).item():
        raise DataError(f"{entry['period']!r} is not a period", where=where, allowed="2017, 2009-06, 2014–2018, 2014–")


def _both(source: Any) -> Any:
    """A source that is named alike in both languages, in both."""
    return {"it": source, "en": source} if isinstance(source, str) else source


def _among(value: str, allowed: list[str], where: str) -> None:
    if value not in allowed:
        raise DataError(f"{value!r} is not known", where=where, allowed=allowed)


def _frame(entries: list[dict[str, Any]], resource: Resource) -> pd.DataFrame:
    rows = []
    for entry in entries:
        flat = {name: value for name, value in entry.items() if not isinstance(value, dict)}
        for name, texts in entry.items():
            if isinstance(texts, dict):
                flat |= {f"{name}_{language}": text for language, text in texts.items()}
        rows.append(flat)
    columns = [field["name"] for field in resource.fields]
    return pd.DataFrame(rows)[columns].sort_values(list(resource.key), ignore_index=True)
