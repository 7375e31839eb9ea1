"""The glossary of a page: every technical term that the page uses is in it, and it holds no other. Pages in the grammar
have none: theirs is the site's page on method."""

from __future__ import annotations

import re

import nbformat
import pytest
from harness import notebooks, payloads, sentences
from once import executed

from toolkit.render import results
from toolkit.text import LANGUAGES, Words, vocabulary

TERRITORIES = (
    {"municipality": "015032"},
    {"municipality": "015146"},
    {"municipality": "015155"},
    {"area": "zona-nord-milano"},
    pytest.param({"area": "citta-metropolitana-milano"}, marks=pytest.mark.slow),
)
# Terms of the field without an entry: a page that begins to use one is to open it, or to give it an entry.
UNKNOWN = r"\b(herfindahl|hachman|theil|shapley|winsoris|punteggi[o]? z|z-score|deviazione standard|standard deviation)"
# Words that are ordinary on a page, or that it explains in place, beside the entries of other pages.
PLAIN = {}


def said(notebook: nbformat.NotebookNode, language: str) -> str:
    """What a page says outside of its glossary and of what the publishers say of their tables."""
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
def test_terms_used_are_those_defined(name: str, where: dict[str, str], language: str) -> None:
    notebook = executed(name, language=language, **where)
    text = said(notebook, language)
    entries = vocabulary("glossary")
    found = {entry["term"] for entry in Words(language).glossary(entries, text)}
    used = {key for key, entry in entries.items() if entry[language]["term"] in found}
    assert not re.search(UNKNOWN, text, re.IGNORECASE)
    if name not in PLAIN:
        return
    terms = {entry[language]["term"]: key for key, entry in entries.items()}
    defined = {terms[item["term"]] for item in payloads(notebook, "glossary")[0]["items"]}
    assert used - defined - PLAIN[name] == set(), "used, not defined"
    assert defined - used == set(), "defined, not used"
