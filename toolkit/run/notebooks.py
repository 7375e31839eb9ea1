"""Notebooks as they lie in `notebooks/`: where they are, and which parameters they declare."""

from __future__ import annotations

import ast
import difflib
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolkit.errors import ParameterError, boundary
from toolkit.params import COMMON

NAME = re.compile(r"[a-z][a-z0-9_-]*")
"""Names that `quadro new` takes."""
LITERALS = (str, int, float, bool, list)


def names(home: Path) -> list[str]:
    """Names of the notebooks that can be run; those that begin with an underscore are patterns to copy."""
    return sorted(path.stem for path in (home / "notebooks").glob("*.ipynb") if not path.name.startswith("_"))


def path_of(name: str, home: Path) -> Path:
    """The file of a notebook.

    Raises:
        ParameterError: there is none; the known ones are named.
    """
    known = names(home)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        other = f"make it: quadro new {name}" if NAME.fullmatch(name) else "quadro list notebooks"
        raise ParameterError(
            f"There is no notebook {name!r}.",
            where=str(home / "notebooks"),
            allowed=known,
            hint=f"did you mean {near[0]!r}?" if near else other,
        )
    return home / "notebooks" / f"{name}.ipynb"


def read(path: Path) -> dict[str, Any]:
    """A notebook file as JSON.

    Raises:
        ParameterError: it is not a notebook.
    """
    with boundary(lambda why: ParameterError(f"{path.name} is not a notebook: {why}.", where=str(path))):
        notebook = dict(json.loads(path.read_text(encoding="utf-8")))
        for cell in notebook["cells"]:
            cell["source"] = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            if not (isinstance(cell["cell_type"], str) and all(isinstance(tag, str) for tag in tags(cell))):
                raise ValueError("a cell of another form")
        return notebook


def tags(cell: dict[str, Any]) -> list[str]:
    """Tags of a cell."""
    return list(cell.get("metadata", {}).get("tags", ()))


def declared(path: Path) -> dict[str, Any]:
    """Parameters that a notebook declares, with their defaults.

    Raises:
        ParameterError: not exactly one cell tagged `parameters`, something else than plain literals in it, or a
            parameter missing that all notebooks share.
    """
    cells = [(number, cell) for number, cell in enumerate(read(path)["cells"], 1) if "parameters" in tags(cell)]
    if len(cells) != 1:
        raise ParameterError(
            f"{path.name} has {len(cells)} cells tagged 'parameters'; it must have one.",
            where=str(path),
            hint="copy the parameters cell of notebooks/_template.ipynb",
        )
    number, cell = cells[0]
    where = f"{path}, cell {number}"
    with boundary(lambda why: ParameterError(f"The parameters cell is not Python: {why}.", where=where)):
        body = ast.parse(cell["source"]).body
    found = dict(_literal(statement, where) for statement in body)
    missing = [name for name in COMMON if name not in found]
    if missing:
        raise ParameterError(f"The parameters cell does not declare {', '.join(missing)}.", where=where, allowed=COMMON)
    return found


def _literal(statement: ast.stmt, where: str) -> tuple[str, Any]:
    """Name and value of `name = literal` or `name: type = literal`."""
    line = f"{where}, line {statement.lineno}"
    target: ast.expr | None = None
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
    elif isinstance(statement, ast.AnnAssign):
        target, value = statement.target, statement.value
    if not isinstance(target, ast.Name) or value is None:
        raise ParameterError("The parameters cell may hold `name: type = value` lines only.", where=line)
    literal: Any = None
    with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        literal = ast.literal_eval(value)
    if not isinstance(literal, LITERALS):
        raise ParameterError(
            f"The default of {target.id} must be a plain text, number, true/false or list.", where=line
        )
    return target.id, literal
