"""Every file of `params/`: of which kind it is, and what a run would refuse of it, or never read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import params
from toolkit.errors import ParameterError, ToolkitError
from toolkit.params import strict_yaml
from toolkit.run.plan import jobs, members, own_name

if TYPE_CHECKING:
    from toolkit.territory import Register
    from toolkit.text import Words

Faults = Iterator[ToolkitError]
GENERATED = ("schema.json", "README.md")
FOLDERS = {"runs": "plan", "sets": "set", "policies": "policy", "own": "own"}
FILES = {"composite": "composite", "swot": "swot"}
KEYS = {
    "plan": {"notebooks"},
    "policy": {"programme", "treated", "logic"},
    "own": {"figures", "entries"},
    "composite": {"parts"},
    "swot": {"rules"},
    "choices": {"weights", "limits", "needs", "staff_days"},
    "set": {"municipalities", "area"},
}
"""Names that only a file of the kind has at its top, for files that lie elsewhere."""
WHERE = "params/runs, params/sets, params/policies, params/own/<ISTAT code>.yml, params/*.yml"


def files(home: Path) -> list[Path]:
    """All files below `params/` that a user has written."""
    found = (path for path in sorted((home / "params").rglob("*")) if path.is_file())
    return [path for path in found if not (path.parent == home / "params" and path.name in GENERATED)]


def faults(path: Path, home: Path, register: Register) -> Faults:
    """All that is wrong with one file of parameters.

    Raises:
        ToolkitError: what is wrong with the file as a whole.
    """
    yield from _KINDS[_kind(path, home)](path, home, register)


def _kind(path: Path, home: Path) -> str:
    """The kind of a file: by its place in a `params/`, else by what it says."""
    folder = path.resolve().parent
    if path.suffix != ".yml" and folder.is_relative_to((home / "params").resolve()):
        hint = f"call it {path.stem}.yml" if path.suffix == ".yaml" else "take it out of params/"
        raise ParameterError(f"{path.name} is read by nothing.", where=str(path), allowed=WHERE, hint=hint)
    if folder.name in FOLDERS:
        return FOLDERS[folder.name]
    if folder.name == "params":
        return FILES.get(path.stem, "choices")
    if folder.parent.name == "params" and folder.is_relative_to((home / "params").resolve()):
        raise ParameterError(f"{path.name} is read by nothing.", where=str(path), allowed=WHERE)
    said = strict_yaml.read(path).data
    return next((kind for kind, keys in KEYS.items() if keys & set(said)), "plan")


def _plan(path: Path, home: Path, register: Register) -> Faults:
    plan = params.load(params.RunPlan, path)
    where = strict_yaml.read(path).where
    for job in {job.code: job for job in jobs(plan, register, home=home, where=str(path))}.values():
        if job.kind == "municipality" and job.code not in register.embedded():
            what = f"{job.name} ({job.code}) has no figures in the embedded data: its pages would be no_data."
            yield ParameterError(what, where=where(("municipalities",)), hint=f"quadro data fetch {job.code}")
    for notebook, values in plan.values.items():
        for name, read in _read_by_name().items():
            if values.get(name):
                at = where(("values", notebook, name))
                yield from _noted(partial(read, str(values[name])), at)


def _read_by_name() -> dict[str, Callable[[str], Any]]:
    """Parameters of notebooks that name a file of `params/`, and who reads it."""
    from toolkit.params import choices, policy

    return {"choices": choices.read, "policy": policy.read}


def _set(path: Path, home: Path, register: Register) -> Faults:
    found: list[ToolkitError] = []
    members(params.load(params.MunicipalitySet, path), path, register, found)
    yield from found


def _policy(path: Path, home: Path, register: Register) -> Faults:
    from toolkit.evaluations.checking import faults
    from toolkit.params.policy import Policy

    yield from faults(params.load(Policy, path), register.catalog, str(path))


def _choices(path: Path, home: Path, register: Register) -> Faults:
    from toolkit.params.choices import Choices

    items = sorted(register.catalog.load("fragility")["item"].unique())
    for topic, needs in params.load(Choices, path).needs.items():
        yield from _unknown(path, (("needs", topic, item) for item in needs), items, "item of the table fragility")


def _composite(path: Path, home: Path, register: Register) -> Faults:
    from toolkit.indicators.index import framework_of
    from toolkit.params.benchmark import CompositeIndicator

    declared = params.load(CompositeIndicator, path)
    named = [(("parts", at, "code"), part.code) for at, part in enumerate(declared.parts) if part.direction]
    yield from _indicators(path, named)
    yield from _noted(lambda: framework_of(declared), str(path))


def _swot(path: Path, home: Path, register: Register) -> Faults:
    from toolkit.params.benchmark import SwotRules

    rules = params.load(SwotRules, path).rules
    yield from _indicators(path, [(("rules", at, "indicator"), rule.indicator) for at, rule in enumerate(rules)])
    seen: set[str] = set()
    for at, rule in enumerate(rules):
        if rule.id in seen:
            where = strict_yaml.read(path).where(("rules", at, "id"))
            yield ParameterError(f"The rule {rule.id!r} is there twice.", where=where, hint="rename one of the two")
        seen.add(rule.id)


def _own(path: Path, home: Path, register: Register) -> Faults:
    from toolkit.params.benchmark import OwnFigures
    from toolkit.text import Words

    yield from _noted(lambda: own_name(path, register), str(path))
    where, words = strict_yaml.read(path).where, Words("en")
    declared = params.load(OwnFigures, path)
    for at, figure in enumerate(declared.figures):
        unknown = list(_noted(partial(words.unit, figure.unit), where(("figures", at, "unit"))))
        yield from unknown
        if not unknown and (rule := _impossible(figure.value, figure.unit, words, register)):
            what = f"figures.{at + 1}.value: {figure.value:g} {figure.unit} cannot be."
            yield ParameterError(what, where=where(("figures", at, "value")), allowed=rule)
        if figure.beside:
            yield from _indicators(path, [(("figures", at, "beside"), figure.beside)])


def _impossible(value: float, unit: str, words: Words, register: Register) -> str:
    """The rule that a figure breaks: that of the tables counted in its unit, else that of what is counted."""
    ranges: list[dict[str, Any]] = []
    for resource in register.catalog.package["resources"]:
        said, units = resource.get("limits", {"of": {}})["of"], resource.get("unitOf", {"units": {}})["units"]
        ranges += [one for item, one in said.items() if units.get(item, item) == unit]
    if not ranges and words.form(unit) == "number" and words.decimals(unit) == 0:
        ranges = [{"minimum": 0, "whole": True}]
    least = min((one.get("minimum", -inf) for one in ranges), default=-inf)
    most = max((one.get("maximum", inf) for one in ranges), default=inf)
    whole = bool(ranges) and all(one.get("whole", False) for one in ranges)
    if least <= value <= most and not (whole and value % 1):
        return ""
    bounds = [f"at least {least:g}", *([f"at most {most:g}"] if most < inf else [])]
    return ", ".join(["a whole number" if whole else "a number", *bounds])


def _indicators(path: Path, named: Iterable[tuple[strict_yaml.Location, str]]) -> Faults:
    from toolkit import indicators

    for at, name in named:
        yield from _unknown(path, [(*at, name)], sorted(indicators.REGISTRY), "indicator", at)


def _unknown(
    path: Path,
    named: Iterable[tuple[str | int, ...]],
    known: list[str],
    what: str,
    at: strict_yaml.Location | None = None,
) -> Faults:
    """The last part of each place that is not known; `at` is where it stands, if not there."""
    for place in named:
        name = str(place[-1])
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            where = strict_yaml.read(path).where(at or place)
            yield ParameterError(f"There is no {what} {name!r}.", where=where, allowed=known, hint=hint)


def _noted(read: Callable[[], Any], where: str) -> Faults:
    """What a reader refuses, as a fault of the place that names it."""
    try:
        read()
    except ToolkitError as fault:
        yield ParameterError(fault.what, where=where, allowed=fault.allowed, hint=fault.hint)


_KINDS: dict[str, Callable[[Path, Path, Any], Faults]] = {
    "plan": _plan,
    "set": _set,
    "policy": _policy,
    "own": _own,
    "composite": _composite,
    "swot": _swot,
    "choices": _choices,
}
