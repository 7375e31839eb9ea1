"""`quadro check`: every kind of file in `params/`, `notebooks/` and `data/`, all faults together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from toolkit import params
from toolkit.errors import Faults, ParameterError, ToolkitError, boundary
from toolkit.run import check_notebooks, check_params, plan

if TYPE_CHECKING:
    from toolkit.catalog import Catalog
    from toolkit.territory import Register

OWN, CURATED = "own", "curated"
"""Folders of `data/` with an analyst's tables, and with what was collected by hand."""


def everything(home: Path, paths: Sequence[Path] = ()) -> str:
    """Check the files given, or everything there is to check.

    Returns:
        What was checked, in a sentence.

    Raises:
        Faults: all that is wrong.
    """
    from toolkit import catalog
    from toolkit.territory import Register

    found: list[ToolkitError] = []
    data = catalog.default()
    register = Register(data)
    checked = list(paths) or [*check_params.files(home), *sorted((home / "notebooks").glob("*.ipynb")), *_own(data)]
    tables = 0
    if not paths:
        try:
            tables = len(data.check())
        except Faults as several:
            found += several.faults
    for path in checked:
        found += faults(path, home, register)
    if found:
        raise Faults(found)
    names = ", ".join(str(path.relative_to(home)) if path.is_relative_to(home) else str(path) for path in checked)
    return f"Right: {names}{f'; {tables} tables of the catalogue' if tables else ''}."


def typed(home: Path, paths: Sequence[Path], asked: Mapping[str, Any]) -> str:
    """Check what `quadro run` would be asked with the same options.

    Args:
        home: the checkout.
        paths: the plan, if it is not the default one.
        asked: as `plan.typed` takes it.

    Raises:
        Faults: all that is wrong.
    """
    from toolkit import catalog
    from toolkit.territory import Register

    register = Register(catalog.default())
    path = paths[0] if paths else plan.find(plan.DEFAULT, home)
    chosen = plan.typed(params.load(params.RunPlan, path), asked)
    found = plan.jobs(chosen, register, home=home, where=plan.TYPED)
    codes = {job.code for job in found if job.kind == "municipality"}
    figures = len(codes & register.embedded())
    return f"Right: {len(found)} pages; {len(codes)} municipalities, {figures} of them with figures."


def _own(data: Catalog) -> list[Path]:
    found = (path for folder in (OWN, CURATED) for path in (data.folder / folder).rglob("*"))
    return sorted(path for path in found if path.is_file() and path.name != "README.md")


def faults(path: Path, home: Path, register: Register) -> list[ToolkitError]:
    """All that is wrong with one file."""
    found: list[ToolkitError] = []
    try:
        with boundary(lambda why: ParameterError(f"{path.name} cannot be read: {why}.", where=str(path))):
            if path.suffix == ".ipynb":
                return check_notebooks.faults(path, path.resolve().parent == (home / "notebooks").resolve())
            if path.resolve().is_relative_to(register.catalog.folder.resolve()):
                _table(path, register.catalog)
            elif path.suffix in (".yml", ".yaml") or path in check_params.files(home):
                found += check_params.faults(path, home, register)
            else:
                what, allowed = f"{path.name} is no plan, set or notebook.", ".yml, .ipynb, files of data/"
                raise ParameterError(what, where=str(path), allowed=allowed)
    except Faults as several:
        found += several.faults
    except ToolkitError as fault:
        found.append(fault)
    return found


def _table(path: Path, data: Catalog) -> None:
    """Read a table as a report would.

    Raises:
        ToolkitError: it is not one, or not as it must be.
    """
    from toolkit.report import own_data

    inside = path.resolve().relative_to(data.folder.resolve())
    if inside.parts[0] == OWN:
        own_data.check(str(inside.relative_to(OWN)))
    elif inside.parts[0] == CURATED:
        yaml.safe_load(path.read_text(encoding="utf-8"))
    else:
        data.check([path.name])
