"""What is followed beside an evaluation: figures that programmes quote, counted again; light trials, decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from toolkit import impact
from toolkit.params.policy import LightTrial, QuotedClaim
from toolkit.territory import Register

CLAIM_TABLES = ("municipalities", "local_units", "metro_employment")
"""Tables that quoted figures are counted again on."""


@dataclass(frozen=True)
class Recount:
    """A quoted figure beside that of the tables.

    Attributes:
        check: reproduced, different, or not reproducible with the reason.
        value, unit, year: what the tables give, also where it may not be compared; None where they give nothing.
    """

    check: impact.ClaimCheck
    value: float | None = None
    unit: str = ""
    year: int | None = None


def recount(claim: QuotedClaim, tables: Mapping[str, pd.DataFrame], register: Register) -> Recount:
    """Count a quoted figure again.

    Args:
        tables: those of `CLAIM_TABLES`, by name.
        register: for the members of dated territories.
    """
    quoted = impact.Claim(claim.id, claim.value, claim.unit, claim.source.en, claim.year, claim.territory)
    if claim.check not in _CHECKS:
        return Recount(impact.check_claim(quoted, None, why="impact.claim.other_territory"))
    value, ours = _CHECKS[claim.check](claim, tables, register)
    if value != value:
        return Recount(impact.check_claim(quoted, None, why="impact.claim.absent"))
    return Recount(impact.check_claim(quoted, value, **ours), value, ours["unit"], ours["year"])


def _members(area: str, year: int, register: Register) -> list[str]:
    return list(register.area(area, dt.date(year, 12, 31)).members)


def _sum(values: pd.Series, area: str, year: int, register: Register) -> float:
    """The sum over the members of a dated territory; NaN where one is absent."""
    return float(values.reindex(_members(area, year, register)).sum(skipna=False))


def _area_share(claim: QuotedClaim, tables: Mapping[str, pd.DataFrame], register: Register) -> tuple[float, Any]:
    surfaces = tables["municipalities"].set_index("istat_code")["area_km2"]
    own, whole = (_sum(surfaces, area, claim.year, register) for area in (claim.territory, claim.parent))
    return 100 * own / whole, {"unit": claim.unit, "year": claim.year, "territory": claim.territory}


def _local_units(claim: QuotedClaim, tables: Mapping[str, pd.DataFrame], register: Register) -> tuple[float, Any]:
    table = tables["local_units"].query("item == 'local_units'")
    value = _sum(table.set_index("istat_code")["value"], claim.territory, claim.year, register)
    return value, {"unit": "local_units", "year": int(table["year"].max()), "territory": claim.territory}


def _local_units_share(claim: QuotedClaim, tables: Mapping[str, pd.DataFrame], register: Register) -> tuple[float, Any]:
    """Local units of a territory in those of the dated whole: of local units, whatever the source counts."""
    table = tables["local_units"].query("item == 'local_units'")
    values = table.set_index("istat_code")["value"]
    own, whole = (_sum(values, area, claim.year, register) for area in (claim.territory, claim.parent))
    return 100 * own / whole, {"unit": claim.unit, "year": int(table["year"].max()), "territory": claim.territory}


def _manufacturing(claim: QuotedClaim, tables: Mapping[str, pd.DataFrame], register: Register) -> tuple[float, Any]:
    table = tables["metro_employment"].query("nuts == @claim.region and activity == 'C' and flag == 'observed'")
    last = table.sort_values("year").iloc[-1]
    return float(last["value"]), {
        "unit": "persons_employed",
        "year": int(last["year"]),
        "territory": claim.region,
    }


_CHECKS: dict[str, Callable[[QuotedClaim, Mapping[str, pd.DataFrame], Register], tuple[float, Any]]] = {
    "area_share": _area_share,
    "local_units": _local_units,
    "local_units_share": _local_units_share,
    "manufacturing_jobs": _manufacturing,
}


def decided(trial: LightTrial) -> impact.Outcome:
    """What the readings of a trial that was stated in full allow; without one, to wait for the first."""
    stated = impact.Trial(
        objective=trial.objective.en,
        action=trial.action.en,
        indicator=trial.indicator.en,
        unit=trial.unit,
        baseline=trial.baseline,
        target=trial.target,
        threshold=trial.threshold,
        looks=tuple(dt.date.fromisoformat(day) for day in trial.looks),
        stated=dt.date.fromisoformat(trial.stated),
        rule=trial.rule,
    )
    readings = [
        impact.Reading(dt.date.fromisoformat(one.day), one.value, one.se, one.observations) for one in trial.readings
    ]
    on = dt.date.fromisoformat(trial.decided_on) if trial.decided_on else None
    if not readings and on is None:
        return impact.Outcome("wait", "impact.trial.no_reading", float("-inf"), float("inf"), 0, stated.looks[0])
    return impact.decide(stated, readings, planned_observations=trial.planned_observations or 1, decided_on=on)
