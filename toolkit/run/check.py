"""`quadro check`: plans, sets, notebooks and the catalogue, all faults together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import params
from toolkit.errors import Faults, ParameterError, ToolkitError
from toolkit.run import check_notebooks, plan

if TYPE_CHECKING:
    from toolkit.territory import Register


def everything(home: Path, paths: Sequence[Path] = ()) -> str:
    """Check the files given, or everything there is to check.

    Returns:
        What was checked, in a sentence.

    Raises:
        Faults: all that is wrong.
    """
    from toolkit import catalog
    from toolkit.territory import Register

    faults: list[ToolkitError] = []
    checked = list(paths) or _all(home)
    register = Register(catalog.default())
    tables = 0
    if not paths:
        try:
            tables = len(catalog.check())
        except Faults as several:
            faults += several.faults
    for path in checked:
        faults += _faults(path, home, register)
    if faults:
        raise Faults(faults)
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


def _all(home: Path) -> list[Path]:
    patterns = ("params/sets/*.yml", "params/runs/*.yml", "params/policies/*.yml", "notebooks/*.ipynb")
    return [path for pattern in patterns for path in sorted(home.glob(pattern))]


def _faults(path: Path, home: Path, register: Register) -> list[ToolkitError]:
    """All that is wrong with one file."""
    if path.suffix == ".ipynb":
        return check_notebooks.faults(path, path.resolve().parent == (home / "notebooks").resolve())
    try:
        if path.suffix not in (".yml", ".yaml"):
            raise ParameterError(f"{path.name} is no plan, set or notebook.", where=str(path), allowed=".yml, .ipynb")
        if path.resolve().parent.name == "sets":
            found: list[ToolkitError] = []
            plan.members(params.load(params.MunicipalitySet, path), path, register, found)
            return found
        if path.resolve().parent.name == "policies":
            from toolkit.evaluations.checking import faults
            from toolkit.params.policy import Policy

            return faults(params.load(Policy, path), register.catalog, str(path))
        plan.jobs(params.load(params.RunPlan, path), register, home=home, where=str(path))
    except Faults as several:
        return several.faults
    except ToolkitError as fault:
        return [fault]
    return []
