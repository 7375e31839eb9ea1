"""The rules of a notebook: one parameters cell, prose in both languages, no logic, no paths, no outputs, a close."""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.errors import ParameterError, ToolkitError
from toolkit.run import notebooks

LANGUAGE_TAGS = ("lang-it", "lang-en")
MAY_IMPORT = frozenset({"toolkit", "altair"})
ROW_LOOPS = frozenset({"iterrows", "itertuples"})
_PATH = re.compile(r"^(?:/|~/|\.{1,2}/|[A-Za-z]:\\)|\.(?:csv|parquet|xlsx|json|html)$|^https?://")


def faults(path: Path) -> list[ToolkitError]:
    """All that is wrong with one notebook file, in its order."""
    try:
        cells = notebooks.read(path)["cells"]
    except ToolkitError as fault:
        return [fault]
    found: list[ToolkitError] = []
    try:
        notebooks.declared(path)
    except ToolkitError as fault:
        found.append(fault)
    for number, cell in enumerate(cells, 1):
        where = f"{path}, cell {number}"
        if cell["cell_type"] == "code":
            found += [ParameterError(what, where=where) for what in _code(cell)]
        if "parameters" in notebooks.tags(cell):
            found += [ParameterError(what, where=where) for what in _parameters(cell["source"])]
    found += [ParameterError(what, where=f"{path}, cell {number}") for number, what in _pairs(cells)]
    last = next((cell["source"] for cell in reversed(cells) if cell["cell_type"] == "code"), "")
    if not re.search(r"^\s*report\.close\(\)\s*(#.*)?$", last, re.M):
        found.append(
            ParameterError("The last code cell does not close the report.", where=str(path), hint="report.close()")
        )
    if not cells or cells[0]["cell_type"] != "markdown":
        found.append(ParameterError("The first cell is not a title in markdown.", where=str(path)))
    return found


def _code(cell: dict[str, Any]) -> Iterator[str]:
    """What a code cell may not have."""
    if cell.get("outputs") or cell.get("execution_count") is not None:
        yield "Outputs are stored: strip them before committing (nbstripout)."
    try:
        tree = ast.parse(cell["source"])
    except SyntaxError as error:
        yield f"Not plain Python: {error.msg}."
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield f"{getattr(node, 'name', 'A lambda')} is defined here: logic belongs in toolkit, where it is tested."
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for name in names:
                if name.split(".")[0] not in MAY_IMPORT:
                    yield f"{name} is imported: notebooks import from toolkit, and altair for charts of their own."
        elif isinstance(node, ast.Attribute) and node.attr in ROW_LOOPS:
            yield f"{node.attr} loops over rows: use a function of toolkit."
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.search(node.value):
            yield f"{node.value!r} is a path or an address: data come from report.load(table)."


def _parameters(source: str) -> Iterator[str]:
    """Every parameter has a type and a comment that says what it is."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
        body = ast.parse(source).body
    except (SyntaxError, tokenize.TokenError):
        return  # told already
    for statement in body:
        if isinstance(statement, ast.Assign):
            yield f"`{ast.unparse(statement)}` has no type: write `name: type = value  # what it is`."
        if statement.end_lineno not in commented:
            yield f"`{ast.unparse(statement)}` has no comment that says what it is."


def _pairs(cells: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Prose comes in pairs: an Italian cell, then the English one, with headings of the same level."""
    waiting: tuple[int, str] | None = None
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] != "markdown":
            if waiting:
                yield waiting[0], "An Italian cell without its English one after it."
                waiting = None
            continue
        languages = [tag for tag in notebooks.tags(cell) if tag in LANGUAGE_TAGS]
        if len(languages) != 1:
            yield number, "A prose cell needs one of the tags lang-it and lang-en."
        elif languages == ["lang-it"]:
            if waiting:
                yield waiting[0], "An Italian cell without its English one after it."
            waiting = (number, cell["source"])
        elif not waiting:
            yield number, "An English cell without its Italian one before it."
        else:
            if _levels(waiting[1]) != _levels(cell["source"]):
                yield number, "The headings of this pair of cells are not of the same levels."
            waiting = None
    if waiting:
        yield waiting[0], "An Italian cell without its English one after it."


def _levels(source: str) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#{1,6}) ", source, re.M)]


def template(home: Path) -> str:
    """The notebook that new ones are copied from.

    Raises:
        ParameterError: it is not there.
    """
    path = home / "notebooks" / "_template.ipynb"
    if not path.is_file():
        raise ParameterError("There is no template to copy.", where=str(path), hint="git checkout -- notebooks")
    return path.read_text(encoding="utf-8")


def create(name: str, home: Path) -> Path:
    """Copy the template to `notebooks/NAME.ipynb`, the report named after it, and its sentences to `toolkit/text`.

    Raises:
        ParameterError: the name is not one, or it is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ParameterError(
            f"{name!r} cannot name a notebook.", allowed="small letters, digits, _ and -", hint="quadro new jobs"
        )
    path = home / "notebooks" / f"{name}.ipynb"
    if path.exists():
        raise ParameterError(f"There is a notebook {name!r} already.", where=str(path))
    document = json.loads(template(home))
    for cell in document["cells"]:
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        cell["source"] = re.sub(r'Report\(\s*"[^"]*"', f'Report("{name}"', source)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    texts, mine = (home / "toolkit" / "text" / f"{stem}.yml" for stem in ("template", name))
    if texts.is_file() and not mine.exists():
        shutil.copyfile(texts, mine)
    return path
