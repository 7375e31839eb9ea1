"""The rules of a notebook: what every page needs, and the style of our own, which keeps the analysis in the open."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from toolkit import inside
from toolkit.errors import ParameterError, ToolkitError
from toolkit.run import check_said, notebooks

LANGUAGE_TAGS = ("lang-it", "lang-en")
LINES, COLUMNS = 15, 120
"""The most that a cell of our own notebooks may have: one question, read without scrolling."""
ROW_LOOPS = frozenset({"iterrows", "itertuples"})
SHOWS = frozenset({*check_said.SAYING, "brief", "key_figures", "points", "absent", "keep", "keep_each", "close"})
"""What a line of a cell may ask of its report."""
ROOMS = ("Policies", "Report", "charts", "impact", "indicators", "pnrr", "spaces")
_PATH = re.compile(r"^(?:/|~/|\.{1,2}/|[A-Za-z]:\\)|\.(?:csv|parquet|xlsx|json|html)$|^https?://")
Found = Iterator[tuple[int, str]]
"""Number of a cell, what is wrong in it."""


def faults(path: Path, ours: bool = True) -> list[ToolkitError]:
    """All that is wrong with one notebook file.

    Args:
        path: of the notebook.
        ours: whether it is one of the project's, which have a style; of others only what breaks their page counts.
    """
    try:
        cells = notebooks.read(path)["cells"]
    except ToolkitError as fault:
        return [fault]
    found: list[ToolkitError] = []
    try:
        notebooks.declared(path)
    except ToolkitError as fault:
        found.append(fault)
    told = [*_broken(cells, path.stem), *_pairs(cells), *(_style(cells) if ours else ())]
    found += [ParameterError(what, where=f"{path}, cell {number}") for number, what in sorted(told, key=itemgetter(0))]
    last = next((cell["source"] for cell in reversed(cells) if cell["cell_type"] == "code"), "")
    if not re.search(r"^\s*report\.close\(\)\s*(#.*)?$", last, re.M):
        found.append(
            ParameterError("The last code cell does not close the report.", where=str(path), hint="report.close()")
        )
    if ours and (not cells or cells[0]["cell_type"] != "markdown"):
        found.append(ParameterError("The first cell is not a title in markdown.", where=str(path)))
    return found


def _code(cells: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any], ast.Module | SyntaxError]]:
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] == "code":
            try:
                yield number, cell, ast.parse(_plain(cell["source"]))
            except SyntaxError as error:
                yield number, cell, error


def _plain(source: str) -> str:
    """Without commands for IPython or the shell, which a kernel understands."""
    return re.sub(r"^([ \t]*)[%!].*$", r"\1pass", source, flags=re.M)


def _broken(cells: list[dict[str, Any]], name: str) -> Found:
    """What stops a page, or leaves it without one of its languages."""
    parsed = list(_code(cells))
    for number, _, tree in parsed:
        if isinstance(tree, SyntaxError):
            yield number, f"Not plain Python: {tree.msg}."
    trees = [(number, tree) for number, _, tree in parsed if isinstance(tree, ast.Module)]
    for number, tree in trees:
        for opened in check_said.reports([tree]).values():
            if opened and opened != name and not name.startswith("_"):
                yield number, f'The report is called {opened!r}, and its notebook {name!r}: Report("{name}", …).'
    for at, line, what in check_said.faults([tree for _, tree in trees]):
        yield trees[at][0], f"line {line}: {what}"


def _style(cells: list[dict[str, Any]]) -> Found:
    """How our own notebooks are written: short cells in the open, whose logic is tested elsewhere."""
    for number, cell, tree in _code(cells):
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield number, "Outputs are stored: strip them before committing (nbstripout)."
        if "parameters" in notebooks.tags(cell):
            yield from ((number, what) for what in _parameters(cell["source"]))
        lines = cell["source"].splitlines()
        if len(lines) > LINES or max(map(len, lines), default=0) > COLUMNS:
            yield number, f"A cell has at most {LINES} lines of {COLUMNS} columns: one question a cell."
        if isinstance(tree, ast.Module):
            yield from ((number, what) for what in (*_logic(tree), *_hidden(tree)))


def _logic(tree: ast.Module) -> Iterator[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    keys = {id(one.value) for call in calls for one in call.keywords}
    tables = {id(call.args[0]) for call in calls if ast.unparse(call.func).endswith(".table") and call.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{node.name} is defined here: logic belongs in toolkit, where it is tested."
        elif isinstance(node, ast.Lambda) and id(node) not in keys:
            yield "A lambda is defined here: logic belongs in toolkit, where it is tested."
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for name in names:
                if name.split(".")[0] not in ("toolkit", "altair"):
                    yield f"{name} is imported: notebooks import from toolkit, and altair for charts of their own."
        elif isinstance(node, ast.Attribute) and node.attr in ROW_LOOPS:
            yield f"{node.attr} loops over rows: use a function of toolkit."
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in tables:
            yield from _path(node.value)


def _path(text: str) -> Iterator[str]:
    if _PATH.search(text):
        yield f"{text!r} is a path or an address: data come from report.table(name)."


def _hidden(tree: ast.Module) -> Iterator[str]:
    """Sections of which the notebook does not tell table, measure, picture and words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module != "toolkit":
            yield f"{node.module} is imported from inside: notebooks use the rooms of toolkit ({', '.join(ROOMS)})."
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        called = node.value.func
        root = called
        while isinstance(root, ast.Attribute):
            root = root.value
        direct = isinstance(called, ast.Attribute) and called.value is root
        ours = isinstance(root, ast.Name) and root.id == "report"
        if ours and direct and isinstance(called, ast.Attribute) and called.attr not in SHOWS:
            yield f"report.{called.attr} shows nothing that can be read here: say it with {', '.join(sorted(SHOWS))}."
        elif not ours and node is not tree.body[-1]:
            yield f"`{ast.unparse(called)}(…)` gives nothing that the notebook uses: it hides what it does."


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


def template(home: Path) -> Path:
    """The notebook that new ones are copied from.

    Raises:
        ParameterError: it is not there.
    """
    path = home / "notebooks" / "_template.ipynb"
    if not path.is_file():
        raise ParameterError("There is no template to copy.", where=str(path), hint="git checkout -- notebooks")
    return path


def create(name: str, home: Path, source: str = "") -> Path:
    """Copy a notebook to `notebooks/NAME.ipynb`, the report named after it.

    Args:
        name: of the new one.
        home: the checkout.
        source: the notebook that is copied; the template where not given.

    Raises:
        ParameterError: the name is not one, or it is taken.
    """
    if not notebooks.NAME.fullmatch(name):
        raise ParameterError(
            f"{name!r} cannot name a notebook.", allowed="small letters, digits, _ and -", hint="quadro new jobs"
        )
    path = home / "notebooks" / f"{name}.ipynb"
    if path.exists():
        raise ParameterError(f"There is a notebook {name!r} already.", where=str(path))
    document = notebooks.read(notebooks.path_of(source, home) if source else template(home))
    for cell in document["cells"]:
        cell["source"] = re.sub(r'(Report\(\s*)"[^"]*"', rf'\1"{name}"', cell["source"])
    return inside.write(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
