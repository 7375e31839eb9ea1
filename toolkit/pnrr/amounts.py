"""How much: lump sums by class of population, caps, own share; ranges where something is not known, never a false
point."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from toolkit.errors import DataError, MethodError, ParameterError
from toolkit.pnrr.checks import check_bands
from toolkit.pnrr.days import records
from toolkit.pnrr.eligibility import NEAR

NOT_MODELLED = {"cloud": "depends_on_services_and_mode", "address_register": "does_not_follow_population"}
"""Lines of PA digitale whose amounts are not a rule of population alone, and why."""

NO_CLASS_MAXIMUM = {"pagopa": "no_largest_number_of_services"}
"""Lines with a rule but without a largest amount for the class."""


@dataclass(frozen=True)
class Amount:
    """A range of money.

    Attributes:
        low: EUR, smallest.
        high: EUR, largest; NaN where there is no known maximum.
        population_class: the class used, such as `20001-50000`.
        near: classes of the other side of a threshold within 2 %, joined by ";".
        near_low: smallest amount with the classes of `near` too, EUR.
        near_high: largest amount with the classes of `near` too, EUR.
        basis: `stated`, `inferred` or `observed_maximum` (weakest of the components).
    """

    low: float
    high: float
    population_class: str
    near: str
    near_low: float
    near_high: float
    basis: str


_BASES = ("stated", "inferred", "observed_maximum")


@dataclass(frozen=True)
class Parts:
    """What a class is paid: a fixed part, an amount a service, the fewest and the most services (inf: no maximum)."""

    fixed: float
    unit: float
    fewest: int
    most: float
    basis: str

    def range(self, units: int | None, what: str) -> tuple[float, float]:
        """Smallest and largest amount, or the amount of a number of services; NaN where there is no maximum."""
        if units is None:
            high = float("nan") if self.most == float("inf") else self.fixed + self.unit * self.most
            return self.fixed + self.unit * self.fewest, high
        if not self.unit:
            raise ParameterError(f"{what} is a package: it has no services to count", where="units", allowed="none")
        if not self.fewest <= units <= self.most:
            allowed = f"{self.fewest} to {self.most:.0f}" if self.most < float("inf") else f"{self.fewest} or more"
            raise ParameterError(f"{units} services of {what}", where="units", allowed=allowed)
        return self.fixed + self.unit * units, self.fixed + self.unit * units


@dataclass(frozen=True)
class Schedule:
    """The lump sums of one line: classes in order, with their first and last resident and what they are paid."""

    line: str
    names: tuple[str, ...]
    first: tuple[float, ...]
    last: tuple[float, ...]
    parts: Mapping[str, Parts]

    def class_of(self, population: float) -> str:
        """Class of a population.

        Raises:
            DataError: the population is not a number of residents.
        """
        position = bisect_right(self.first, population) - 1
        if not 0 < population < float("inf") or position < 0 or population >= self.last[position] + 1:
            raise DataError(f"no class holds a population of {population}", where="lump_sums", allowed=self.names)
        return self.names[position]

    def near(self, population: float, share: float) -> list[str]:
        """Classes besides its own whose edge is within `share` of the population."""
        own = self.class_of(population)
        edges = [start - 1 for start in self.first[1:]]
        close = [edge for edge in edges if abs(population - edge) <= share * edge]
        found = {self.class_of(value) for edge in close for value in (edge, edge + 1)} - {own}
        return [name for name in self.names if name in found]


def schedule(lump_sums: pd.DataFrame, line: str) -> Schedule:
    """The lump sums of a line.

    Raises:
        ParameterError: the line has none.
        DataError: a class whose name is not its bounds, or classes that overlap.
    """
    rows = records(lump_sums[lump_sums["line"] == line])
    if not rows:
        raise ParameterError(f"no lump sums of line {line!r}", where="line", allowed=sorted(set(lump_sums["line"])))
    bounds = {row["population_class"]: _bounds(row) for row in rows}
    names = tuple(sorted(bounds, key=lambda name: bounds[name]))
    for name, following in pairwise(names):
        if bounds[following][0] <= bounds[name][1]:
            raise DataError(f"classes {name} and {following} overlap", where=f"lump_sums, {line}")
    parts = {name: _parts([row for row in rows if row["population_class"] == name]) for name in names}
    return Schedule(
        line, names, tuple(bounds[name][0] for name in names), tuple(bounds[name][1] for name in names), parts
    )


def _bounds(row: dict[str, Any]) -> tuple[float, float]:
    """First and last resident of a class, which its name says: `20001-50000`, `250001-`."""
    low, high = float(row["population_min"]), float(row["population_max"])
    said = f"{low:.0f}-" if pd.isna(high) else f"{low:.0f}-{high:.0f}"
    if row["population_class"] != said:
        where = f"lump_sums, {row['line']}, {row['component']}"
        raise DataError(f"unknown class {row['population_class']!r}", where=where, allowed=said)
    return low, float("inf") if pd.isna(high) else high


def _parts(rows: list[dict[str, Any]]) -> Parts:
    services = [row for row in rows if row["component"] == "service"]
    fixed = sum(row["amount"] for row in rows if row["component"] != "service")
    basis = max((row["basis"] for row in rows), key=_BASES.index)
    if not services:
        return Parts(fixed, 0.0, 0, 0.0, basis)
    service = services[0]
    most = float("inf") if pd.isna(service["max_units"]) else float(service["max_units"])
    return Parts(fixed, service["amount"], 0 if service["optional"] == "yes" else 1, most, basis)


def population_class(lump_sums: pd.DataFrame, line: str, population: float) -> str:
    """Class of a population for a line."""
    return schedule(lump_sums, line).class_of(population)


def near_classes(lump_sums: pd.DataFrame, line: str, population: float, *, near: float = NEAR) -> list[str]:
    """Classes whose edge is within `near` of the population, besides its own: calls used provisional counts."""
    return schedule(lump_sums, line).near(population, near)


def lump_sum(
    lump_sums: pd.DataFrame, line: str, population: float, units: int | None = None, *, near: float = NEAR
) -> Amount:
    """What a line pays to a municipality: one amount where the number of services is given, else its range.

    Formula: compulsory components + units × amount a service, units between 0 (optional) or 1 and the class's maximum.

    Args:
        lump_sums: table `lump_sums`.
        line: of PA digitale.
        population: residents at the table's reference date.
        units: services asked for; None for the range.
        near: fraction of a threshold within which the other class is shown too.

    Raises:
        ParameterError: unknown line, negative units, more units than the class allows, units for a line without
            services.
        DataError: no class holds the population.
    """
    paid = schedule(lump_sums, line)
    own = paid.class_of(population)
    low, high = paid.parts[own].range(units, f"{line} for class {own}")
    others = paid.near(population, near)
    ranges = [(low, high)]
    for name in others:
        with suppress(ParameterError):  # the neighbouring class may allow fewer services than were asked for
            ranges.append(paid.parts[name].range(units, line))
    highs = [top for _, top in ranges]
    return Amount(
        low=low,
        high=high,
        population_class=own,
        near=";".join(others),
        near_low=min(bottom for bottom, _ in ranges),
        near_high=float("nan") if any(top != top for top in highs) else max(highs),
        basis=paid.parts[own].basis,
    )


def class_maximum(lump_sums: pd.DataFrame, line: str, population: float) -> float:
    """Largest amount of the line for the class, EUR; NaN where none is known."""
    return lump_sum(lump_sums, line, population).high


def explain_amount(lump_sums: pd.DataFrame, line: str, population: float, amount: float) -> dict[str, object]:
    """Whether a funded amount is the rule's, and with how many services.

    Returns:
        `modelled` (the line follows a rule), `equal` (the amount is one the rule gives to the class), `units`
        (services, NaN for a package or where the amount is absent), `reason` (why the line is not modelled, or
        `amount_absent`), `population_class`.
    """
    ruled = line in set(lump_sums["line"]) and line not in NOT_MODELLED
    return _explain(schedule(lump_sums, line) if ruled else None, line, population, amount)


def _explain(paid: Schedule | None, line: str, population: float, amount: float) -> dict[str, object]:
    if paid is None:
        reason = NOT_MODELLED.get(line, "no_rule")
        return {"modelled": False, "equal": False, "units": float("nan"), "reason": reason, "population_class": ""}
    own = paid.class_of(population)
    parts = paid.parts[own]
    if amount != amount:
        absent = {"equal": False, "units": float("nan"), "reason": "amount_absent", "population_class": own}
        return {"modelled": True, **absent}
    units = round((amount - parts.fixed) / parts.unit) if parts.unit else 0
    equal = parts.fewest <= units <= parts.most and abs(parts.fixed + units * parts.unit - amount) < 0.005
    counted = float(units) if parts.unit else float("nan")
    return {"modelled": True, "equal": equal, "units": counted, "reason": "", "population_class": own}


def check_applications(
    applications: pd.DataFrame, lump_sums: pd.DataFrame, lines: Mapping[str, str], populations: Mapping[str, float]
) -> pd.DataFrame:
    """Every funded application against the lump-sum rules.

    Args:
        applications: table `applications`.
        lines: call → line.
        populations: code → residents at the reference date of the lump sums.

    Returns:
        The applications with `line`, and the columns of `explain_amount`.

    Raises:
        DataError: a municipality without population.
    """
    check_bands(lump_sums, ["line", "component"], "lump_sums")
    unknown = sorted(set(applications["istat_code"]) - set(populations))
    if unknown:
        raise DataError(
            f"no population of {unknown[0]} at the reference date", where="population", hint="see lump_sums"
        )
    out = applications.copy()
    out["line"] = out["call"].map(dict(lines))
    ruled = set(lump_sums["line"]) - set(NOT_MODELLED)
    schedules = {line: schedule(lump_sums, line) if line in ruled else None for line in set(out["line"])}
    pairs = zip(out["line"], out["istat_code"], out["amount"], strict=True)
    found = [_explain(schedules[line], line, populations[code], amount) for line, code, amount in pairs]
    return pd.concat([out.reset_index(drop=True), pd.DataFrame(found)], axis=1)


@dataclass(frozen=True)
class Grant:
    """What a call covers of a project: `grant` and `own` (EUR, ranges), and why it is bounded (`limit`)."""

    grant_low: float
    grant_high: float
    own_low: float
    own_high: float
    limit: str


def grant(amounts: pd.DataFrame, call: str, population: float, cost: float, *, condition: str = "") -> Grant:
    """Grant and own share of a project under a call's bands: min(cost × share, cap).

    Where the share is not known the grant is a range up to the cap (or the cost) and the own share what is left.

    Args:
        amounts: table `calls_amounts`.
        call: the call.
        population: residents.
        cost: of the project, EUR.
        condition: a condition that the project is known to meet, such as `municipal_building`.

    Raises:
        ParameterError: negative cost, unknown call, or a cost outside what the call takes.
        MethodError: the call's amounts are not of a project (a yearly sum, a ceiling a kW).
    """
    if not cost >= 0:
        raise ParameterError(f"negative cost {cost}", where="cost", allowed="0 EUR or more")
    rows = amounts[amounts["call"] == call]
    if rows.empty:
        raise ParameterError(f"no amounts of call {call!r}", where="call", allowed=sorted(set(amounts["call"])))
    if (rows["per"] != "project").any():
        raise MethodError(f"amounts of {call} are per {rows['per'].iloc[0]}, not a project", where="calls_amounts")
    fits = rows[
        (rows["population_min"].fillna(0) <= population) & (rows["population_max"].fillna(float("inf")) >= population)
    ]
    fits = fits[(fits["condition"] == "") | (fits["condition"] == condition)]
    if fits.empty:
        return Grant(0.0, cost, 0.0, cost, "no_band_known")
    band = fits.iloc[-1]
    if cost < band["project_min"] or cost > band["project_max"]:
        allowed = f"{band['project_min']:.0f} to {band['project_max']:.0f} EUR"
        raise ParameterError(f"a project of {cost:.0f} EUR is outside what {call} takes", where="cost", allowed=allowed)
    cap = band["grant_max"] if pd.notna(band["grant_max"]) else float("inf")
    share = band["grant_share"]
    if pd.isna(share):
        high = min(cost, cap)
        return Grant(0.0, high, cost - high, cost, "share_not_known")
    paid = min(cost * share, cap)
    return Grant(paid, paid, cost - paid, cost - paid, "cap" if cost * share > cap else "share")
