"""What a notebook says, read without running it: languages, placeholders, forms and ids of every call of its report."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from toolkit.contract import LANGUAGES
from toolkit.text import WordsError, pair
from toolkit.text.facts import COMPARED

PLACE = frozenset({"place"})
# Method of the report → its own arguments, and whether its sentence may be left out. Other arguments are facts.
SAYING: dict[str, tuple[frozenset[str], bool]] = {
    "section": (frozenset({"id", "page"}), False),
    "text": (frozenset({"page"}), False),
    "sentence": (frozenset(), False),
    "page": (frozenset({"id"}), False),
    "extract": (frozenset({"id"}), False),
    "without": (frozenset(), False),
    "comparisons": (frozenset({"id", "note", "page"}), False),
    "figure": (frozenset({"id", "about", "data", "columns", "sources", "subtitle", "note", "page"}), False),
    "show": (frozenset({"id", "columns", "sources", "note", "fold", "by", "page"}), True),
}
NAMED = ("figure", "comparisons")
"""Methods that need an id."""
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def reports(trees: Sequence[ast.Module]) -> dict[str, str]:
    """Variables that hold a report, and the name that it is opened with."""
    found = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        target, call = node.targets[0], node.value
        if isinstance(target, ast.Name) and isinstance(call.func, ast.Name) and call.func.id == "Report":
            name = call.args[0] if call.args else None
            found[target.id] = str(name.value) if isinstance(name, ast.Constant) else ""
    return found


def faults(trees: Sequence[ast.Module]) -> Iterator[tuple[int, int, str]]:
    """What would stop the page or leave it without a language: number of the tree, line, what is wrong."""
    known: dict[str, Any] = {}
    holders = set(reports(trees))
    for number, tree in enumerate(trees):
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                known[statement.targets[0].id] = _value(statement.value, known)
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if isinstance(node.func.value, ast.Name) and node.func.value.id in holders and node.func.attr in SAYING:
                for what in _call(node, node.func.attr, known):
                    yield number, node.lineno, what


def _call(call: ast.Call, method: str, known: Mapping[str, Any]) -> Iterator[str]:
    own, optional = SAYING[method]
    given = {one.arg: one.value for one in call.keywords if one.arg}
    spread = [one.value for one in call.keywords if not one.arg]
    said = [language for language in LANGUAGES if language in given]
    if not spread and len(said) < 2 and not (optional and not said):
        missing = ", ".join(language for language in LANGUAGES if language not in said)
        yield f"report.{method} has no text in {missing}: it=…, en=…."
    if method in NAMED and "id" not in given and not spread:
        yield f'report.{method} has no id: id="income", equal in both languages.'
    name = given.get("id")
    if isinstance(name, ast.Constant) and not (isinstance(name.value, str) and _ID.fullmatch(name.value or "x")):
        yield f"{name.value!r} cannot be an id: lower-case words joined by hyphens."
    if len(said) < 2:
        return
    italian, english = (_texts(_value(given[language], known)) for language in LANGUAGES)
    if not (italian and english):
        return  # made when the notebook runs, and checked then
    if len(italian) != len(english):
        yield f"report.{method} has {len(italian)} alternatives in Italian and {len(english)} in English."
        return
    facts = PLACE | (set(given) - own - {"it", "en"})
    if method in ("section", "page", "extract", "without"):
        facts = PLACE
    elif method == "figure" or any(isinstance(one, ast.Attribute) and one.attr == "facts" for one in spread):
        facts |= set(COMPARED)
    every = all(isinstance(one, ast.Attribute) and one.attr == "facts" for one in spread)
    for one, other in zip(italian, english, strict=True):
        try:
            names = pair(one, other)
        except WordsError as error:
            yield f"{error.what}: {error.where or one!r}"
            continue
        if every and (unknown := sorted(names - facts)):
            near = get_close_matches(unknown[0], facts, n=1)
            yield f"No fact is called {unknown[0]!r}{f', did you mean {near[0]!r}' if near else ''}: {one!r}"


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """A text, or a list or mapping of texts, as far as it stands in the notebook; None where it is computed."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Tuple | ast.List):
        return [_value(one, known) for one in node.elts]
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        return dict(zip(keys, (_value(one, known) for one in node.values), strict=True))
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        held = _value(node.value, known)
        return held.get(node.slice.value) if isinstance(held, dict) else None
    return None


def _texts(value: Any) -> list[str]:
    """Alternatives of a sentence; none where one of them is not known."""
    found = value if isinstance(value, list) else [value]
    return found if all(isinstance(one, str) for one in found) else []
