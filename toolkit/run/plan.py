"""From a run plan to its jobs. The whole plan is checked, every fault is found, before anything runs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import params
from toolkit.errors import Faults, ParameterError, TerritoryError, ToolkitError
from toolkit.params import MunicipalitySet, RunPlan
from toolkit.run import notebooks
from toolkit.run.job import Job

if TYPE_CHECKING:
    from toolkit.territory import Register

DEFAULT = "nord-milano"
TYPED = "the command line"


def find(name: str, home: Path) -> Path:
    """The file of a plan: a path, or a name of `params/runs/`.

    Raises:
        ParameterError: there is none; the known ones are named.
    """
    for path in (Path(name), home / "params" / "runs" / f"{name}.yml"):
        if path.is_file():
            return path
    known = sorted(path.stem for path in (home / "params" / "runs").glob("*.yml"))
    near = difflib.get_close_matches(Path(name).stem, known, n=1)
    raise ParameterError(
        f"There is no run plan {name!r}.",
        allowed=known,
        hint=f"did you mean {near[0]!r}?" if near else "quadro list runs",
    )


def typed(plan: RunPlan, asked: Mapping[str, Any]) -> RunPlan:
    """A plan with what was typed in place of its own: for whom, which reports, which languages.

    Args:
        plan: gives what is not asked for.
        asked: fields of a plan and their values; an empty one is not asked for. Municipalities by code or name.
    """
    given = {name: value for name, value in asked.items() if value}
    whom = dict.fromkeys(params.WHOM, ()) | dict.fromkeys(params.RULES, "") | {"all": False}
    return plan.model_copy(update=(whom if any(name in given for name in params.WHOM) else {}) | given)


def jobs(
    plan: RunPlan,
    register: Register,
    *,
    home: Path = params.ROOT,
    where: str = "run plan",
    only: Sequence[str] = (),
) -> list[Job]:
    """The jobs of a plan, territory by territory, in the plan's order.

    Args:
        plan: what is asked for.
        register: the municipalities and areas that exist.
        home: the checkout, with `notebooks/` and `params/`.
        where: the plan's file, for messages.
        only: codes, names or area ids; others of the plan are left out.

    Raises:
        Faults: every fault of the plan, its sets and its notebooks, together.
    """
    faults: list[ToolkitError] = []
    territories = _territories(plan, register, home, where, faults)
    paths: dict[str, Path] = {}
    for name in plan.notebooks:
        with _noting(faults, where):
            paths[name] = notebooks.path_of(name, home)
            faults += params.check_values(plan.values.get(name, {}), notebooks.declared(paths[name]), where)
    if not faults:
        territories = _chosen(territories, only, register, where, faults)
    if faults:
        raise Faults(faults)
    return [
        _job(plan, kind, code, register, name, path, language)
        for kind, code in territories
        for name, path in paths.items()
        for language in plan.languages
    ]


Territory = tuple[str, str]
"""Kind (`municipality`, `area`) and code."""


def _territories(
    plan: RunPlan, register: Register, home: Path, where: str, faults: list[ToolkitError]
) -> list[Territory]:
    """Municipalities and areas of the plan, each once, known and not abolished."""
    found: dict[Territory, None] = {}
    for name in plan.sets:
        path = home / "params" / "sets" / f"{name}.yml"
        with _noting(faults, where):
            if not path.is_file():
                known = sorted(other.stem for other in path.parent.glob("*.yml"))
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "quadro list sets"
                raise ParameterError(f"There is no set {name!r}.", where=where, allowed=known, hint=hint)
            chosen = params.load(MunicipalitySet, path)
            found |= dict.fromkeys(("municipality", code) for code in members(chosen, path, register, faults))
    for code in _known(plan.municipalities, where, register, faults):
        found["municipality", code] = None
    for kind in params.RULES:
        if text := getattr(plan, kind):
            with _noting(faults, _line(where, text)):
                found |= dict.fromkeys(("municipality", code) for code in register.named(kind, text).members)
    if plan.all:
        found |= dict.fromkeys(("municipality", one.istat_code) for one in register.municipalities())
    for area in plan.areas:
        with _noting(faults, where):
            register.area(area, on=_day(plan.as_of))
            found["area", area] = None
    return list(found)


def members(chosen: MunicipalitySet, path: Path, register: Register, faults: list[ToolkitError]) -> Sequence[str]:
    """Codes of a set; what is wrong with them goes into `faults`."""
    if not chosen.area:
        return _known(chosen.municipalities, str(path), register, faults)
    with _noting(faults, str(path)):
        return register.area(chosen.area, on=_day(chosen.date)).members
    return ()


def _known(codes: Sequence[str], where: str, register: Register, faults: list[ToolkitError]) -> list[str]:
    """The codes that are municipalities of today; a fault, with its line, for each that is not."""
    good = []
    for code in codes:
        with _noting(faults, _line(where, code)):
            good.append(register.municipality(code).istat_code)
    return good


def _line(where: str, code: str) -> str:
    path = Path(where)
    if path.is_file():
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if code in text.split("#")[0]:
                return f"{where}:{number}"
    return where


def _chosen(
    territories: list[Territory],
    only: Sequence[str],
    register: Register,
    where: str,
    faults: list[ToolkitError],
) -> list[Territory]:
    if not only:
        return territories
    wanted = set()
    for text in only:
        with _noting(faults, "--only"):
            area = register.has_area(text)
            found = ("area", text) if area else ("municipality", register.municipality(text).istat_code)
            if found not in territories:
                codes = [code for _, code in territories]
                hint = f"quadro run --{found[0]} {found[1]}"
                raise ParameterError(f"{text} is not in the plan.", where=f"--only, {where}", allowed=codes, hint=hint)
            wanted.add(found)
    return [territory for territory in territories if territory in wanted]


def _job(plan: RunPlan, kind: str, code: str, register: Register, notebook: str, path: Path, language: str) -> Job:
    if kind == "municipality":
        municipality = register.municipality(code)
        name, folder = municipality.name, municipality.folder
    else:
        area = register.area(code, on=_day(plan.as_of))
        name, folder = area.name(language), area.folder
    values: dict[str, Any] = {"municipality": "", "area": "", "language": language, "as_of": plan.as_of}
    values |= {kind: code, **plan.values.get(notebook, {})}
    return Job(notebook, path, kind, code, name, folder, language, values, plan.timeout, plan.languages)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@contextmanager
def _noting(faults: list[ToolkitError], where: str) -> Iterator[None]:
    """Collect what is wrong and go on; a fault that does not know its place is told it."""
    try:
        yield
    except Faults as several:
        faults += several.faults
    except ToolkitError as fault:
        place = fault.where or where
        if isinstance(fault, TerritoryError) and fault.where:  # what the register says of it, not a place in a file
            place = f"{where} ({fault.where})"
        faults.append(type(fault)(fault.what, where=place, allowed=fault.allowed, hint=fault.hint))
