"""Pages use no technical term of the field that the site's page on method does not explain."""

from __future__ import annotations

import re

import nbformat
import pytest
from harness import notebooks, payloads, sentences
from once import executed

from toolkit.render import results
from toolkit.text import LANGUAGES

TERRITORIES = (
    {"municipality": "015032"},
    {"municipality": "015146"},
    {"municipality": "015155"},
    {"area": "zona-nord-milano"},
    pytest.param({"area": "citta-metropolitana-milano"}, marks=pytest.mark.slow),
)
# Terms of the field without an entry: a page that begins to use one is to open it, or to give it an entry.
UNKNOWN = r"\b(herfindahl|hachman|theil|shapley|winsoris|punteggi[o]? z|z-score|deviazione standard|standard deviation)"


def said(notebook: nbformat.NotebookNode, language: str) -> str:
    """What a page says outside of what the publishers say of their tables."""
    prose = [cell.source for cell in notebook.cells if f"lang-{language}" in cell.metadata.get("tags", [])]
    cells = [
        text
        for table in results.tables(notebook)
        for text in (
            *(f"{column['label']} {column['unit_label']}" for column in table["columns"]),
            *(cell["t"] for row in table["rows"] for cell in row),
        )
    ]
    sources = [item for shown in payloads(notebook, "sources") for item in shown["items"]]
    theirs = {item["title"] for item in sources} | {" ".join(item["faults"]) for item in sources}
    return "\n".join([*prose, *(text for text in sentences(notebook) if text not in theirs), *cells])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("where", TERRITORIES, ids=lambda where: next(iter(where.values())))
@pytest.mark.parametrize("name", notebooks())
def test_terms_used_are_known(name: str, where: dict[str, str], language: str) -> None:
    assert not re.search(UNKNOWN, said(executed(name, language=language, **where), language), re.IGNORECASE)
