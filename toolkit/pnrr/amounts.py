"""How much: lump sums by class of population, caps, own share; ranges where something is not known, never a false
point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from toolkit.errors import DataError, MethodError, ParameterError
from toolkit.pnrr.checks import check_bands
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


def population_class(lump_sums: pd.DataFrame, line: str, population: float) -> str:
    """Class of a population for a line.

    Raises:
        ParameterError: the line has no lump sums.
        DataError: no class holds the population, or it is not a number of residents.
    """
    return _class(_line(lump_sums, line), population)


def near_classes(lump_sums: pd.DataFrame, line: str, population: float, *, near: float = NEAR) -> list[str]:
    """Classes whose edge is within `near` of the population, besides its own: calls used provisional counts."""
    rows = _line(lump_sums, line)
    own = _class(rows, population)
    edges = sorted(set(rows["population_max"].dropna()))
    close = [edge for edge in edges if abs(population - edge) <= near * edge]
    found = {_class(rows, value) for edge in close for value in (edge, edge + 1)}
    return sorted(found - {own}, key=lambda name: int(name.split("-")[0]))


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
    rows = _line(lump_sums, line)
    own = _class(rows, population)
    low, high = _range(rows, own, units, line)
    others = near_classes(lump_sums, line, population, near=near)
    ranges = [(low, high)]
    for name in others:
        try:
            ranges.append(_range(rows, name, units, line))
        except ParameterError:  # the neighbouring class allows fewer services than were asked for
            continue
    basis = max(rows.loc[rows["population_class"] == own, "basis"], key=_BASES.index)
    highs = [top for _, top in ranges]
    return Amount(
        low=low,
        high=high,
        population_class=own,
        near=";".join(others),
        near_low=min(bottom for bottom, _ in ranges),
        near_high=float("nan") if any(top != top for top in highs) else max(highs),
        basis=str(basis),
    )


def class_maximum(lump_sums: pd.DataFrame, line: str, population: float) -> float:
    """Largest amount of the line for the class, EUR; NaN where none is known."""
    return lump_sum(lump_sums, line, population).high


def explain_amount(lump_sums: pd.DataFrame, line: str, population: float, amount: float) -> dict[str, object]:
    """Whether a funded amount is the rule's, and with how many services.

    Returns:
        `modelled` (the line follows a rule), `equal` (the amount is one the rule gives to the class), `units`
        (services, NaN for a package), `reason` (why the line is not modelled), `population_class`.
    """
    if line in NOT_MODELLED or line not in set(lump_sums["line"]):
        reason = NOT_MODELLED.get(line, "no_rule")
        return {"modelled": False, "equal": False, "units": float("nan"), "reason": reason, "population_class": ""}
    rows = _line(lump_sums, line)
    own = _class(rows, population)
    fixed, unit, fewest, most = _components(rows, own)
    units = round((amount - fixed) / unit) if unit else 0
    inside = fewest <= units and not units > most
    equal = inside and abs(fixed + units * unit - amount) < 0.005
    counted = float(units) if unit else float("nan")
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
    pairs = zip(out["line"], out["istat_code"], out["amount"], strict=True)
    found = [explain_amount(lump_sums, line, populations[code], amount) for line, code, amount in pairs]
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


def _line(lump_sums: pd.DataFrame, line: str) -> pd.DataFrame:
    rows = lump_sums[lump_sums["line"] == line]
    if rows.empty:
        raise ParameterError(f"no lump sums of line {line!r}", where="line", allowed=sorted(set(lump_sums["line"])))
    return rows


def _class(rows: pd.DataFrame, population: float) -> str:
    inside = rows[(rows["population_min"] <= population) & (rows["population_max"].fillna(float("inf")) >= population)]
    if not population > 0 or inside.empty:
        classes = rows["population_class"].drop_duplicates()
        raise DataError(f"no class holds a population of {population}", where="lump_sums", allowed=classes)
    return str(inside["population_class"].iloc[0])


def _components(rows: pd.DataFrame, name: str) -> tuple[float, float, int, float]:
    """Fixed part, amount a unit (0: none), fewest units, most units (inf: no maximum) of a class."""
    mine = rows[rows["population_class"] == name]
    fixed = mine[mine["component"] != "service"]
    services = mine[mine["component"] == "service"]
    total = float(fixed["amount"].sum())
    if services.empty:
        return total, 0.0, 0, 0.0
    service = services.iloc[0]
    most = float(service["max_units"]) if pd.notna(service["max_units"]) else float("inf")
    return total, float(service["amount"]), 0 if service["optional"] == "yes" else 1, most


def _range(rows: pd.DataFrame, name: str, units: int | None, line: str) -> tuple[float, float]:
    fixed, unit, fewest, most = _components(rows, name)
    if units is None:
        high = float("nan") if most == float("inf") else fixed + unit * most
        return fixed + unit * fewest, high
    if not unit:
        raise ParameterError(f"{line} is a package: it has no services to count", where="units", allowed="none")
    if units < fewest or units > most:
        allowed = f"{fewest} to {most:.0f}" if most < float("inf") else f"{fewest} or more"
        raise ParameterError(f"{units} services of {line} for class {name}", where="units", allowed=allowed)
    return fixed + unit * units, fixed + unit * units
