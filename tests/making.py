"""Small notebooks and projects for tests, made in code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PARAMETERS = """municipality: str = ""  # ISTAT code of the municipality
area: str = ""  # or an area
language: str = "it"  # language of the page
as_of: str = ""  # the day on which the report looks
"""

OPEN = """
from IPython.display import display

from toolkit import catalog
from toolkit.contract import MIME
from toolkit.territory import Register


def show(**payload):
    display({MIME: {"language": language, **payload}, "text/plain": payload["kind"]}, raw=True)


register = Register(catalog.default())
place = register.municipality(municipality)
register.require_embedded(municipality)
figures = catalog.load("population").query("istat_code == @municipality")
residents = int(figures[figures["year"] == figures["year"].max()]["value"].iloc[0])
day, digest = catalog.snapshot()
show(
    kind="open",
    report=REPORT,
    territory={
        "type": "municipality",
        "code": municipality,
        "name": place.name,
        "slug": place.slug,
        "province": place.province,
        "zone": "",
    },
    title={"it": "Prova", "en": "Trial"}[language],
    as_of="2026-01-01",
    reference_date="2026-01-01",
    snapshot={"date": day, "hash": digest},
    version="0.1.0",
    parameters={"municipality": municipality, "language": language},
)
"""
CLOSE = """
show(
    kind="close",
    complete=True,
    results={"residents": residents},
    provenance={
        "version": "0.1.0",
        "lock": "",
        "data": digest,
        "parameters": {"municipality": municipality, "language": language},
        "tables": {source.name: source.sha256 for source in catalog.used()},
    },
)
"""


def report(name: str, *cells: str, close: bool = True) -> list[dict[str, Any]]:
    """Cells of a small true report: it opens, does what `cells` say, and closes."""
    opening = code(f'REPORT = "{name}"\n{OPEN}')
    return [prose("# Prova"), parameters(), opening, *map(code, cells), *([code(CLOSE)] if close else [])]


def code(source: str, *tags: str, **more: Any) -> dict[str, Any]:
    """A code cell."""
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    return cell | {"id": f"cell-{abs(hash(source)) % 10**8}", "metadata": {"tags": list(tags)} if tags else {}} | more


def prose(source: str, *tags: str) -> dict[str, Any]:
    """A markdown cell."""
    return {"cell_type": "markdown", "source": source, "metadata": {"tags": list(tags)} if tags else {}, "id": "prose"}


def parameters(more: str = "") -> dict[str, Any]:
    """The parameters cell that every notebook has."""
    return code(PARAMETERS + more, "parameters")


def notebook(cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A notebook document; cells get distinct ids."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    return {"cells": numbered, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def write(path: Path, cells: Sequence[dict[str, Any]]) -> Path:
    """Write a notebook file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook(cells)), encoding="utf-8")
    return path


def project(folder: Path, notebooks: dict[str, Sequence[dict[str, Any]]], plans: dict[str, str]) -> Path:
    """A checkout with these notebooks and run plans, no sets."""
    for name in ("notebooks", "params/sets", "params/runs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, cells in notebooks.items():
        write(folder / "notebooks" / f"{name}.ipynb", cells)
    for name, text in plans.items():
        (folder / "params" / "runs" / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder
