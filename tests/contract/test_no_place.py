"""The code names no place: scales are relations of the register, and what is of one territory is data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "toolkit"
PLACE = re.compile(r"^015\d{3}|Milan|Lombard|Monza")
MODULES = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] != "sources"]


def said(tree: ast.AST) -> Iterator[str]:
    """Texts of a module that are neither docstrings nor examples of a parameter."""
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    examples = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "examples"]
    left_out |= {id(inner) for node in examples for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_literal_names_a_place(path: Path) -> None:
    found = [text for text in said(ast.parse(path.read_text(encoding="utf-8"))) if PLACE.search(text)]
    assert not found, f"{path.relative_to(ROOT)}: what is of one territory belongs to data or parameters: {found}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""Of Milano."""\nx = "Milano"', ["Milano"]),
        ('Field(examples=["015032"])', []),
        ('say(f"at {x} in Lombardia")', [" in Lombardia"]),
        ('"Monza" in names', ["Monza"]),
        ('code = "015032"', ["015032"]),
    ],
)
def test_it_sees_what_it_looks_for(source: str, found: list[str]) -> None:
    assert [text for text in said(ast.parse(source)) if PLACE.search(text)] == found
