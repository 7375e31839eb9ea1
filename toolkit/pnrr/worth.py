"""What calls could bring to a municipality: lump sums by class, caps and shares of projects, in ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.errors import DataError
from toolkit.pnrr.amounts import NOT_MODELLED, lump_sum, schedule
from toolkit.pnrr.days import records
from toolkit.pnrr.projects import per_municipality
from toolkit.pnrr.states import take_up

CLASS_YEAR = 2022
"""The calls of PA digitale take the residents of 1 January 2022."""

CLASS_LINE = "citizen_experience"
"""The line whose classes of population are the finest."""

BASES = (
    *("one", "range", "per_service", "observed_maximum", "not_modelled"),
    *("cap", "cap_share", "share", "share_or_all", "unknown"),
)
"""`one`, `range`: lump sums of the class; `per_service`: no largest number of services is known; `observed_maximum`:
the largest seen in the class; `share_or_all`: all of the cost for some buildings (`condition`)."""

NAN = float("nan")


def residents(population: pd.DataFrame, year: int = 9999) -> dict[str, float]:
    """Code → residents of 1 January of a year, or of the last one known before.

    Args:
        population: table `population`.
        year: the year; the last one where not given.
    """
    rows = population[(population["item"] == "residents") & (population["year"] <= year) & population["value"].notna()]
    latest = rows.sort_values("year").drop_duplicates("istat_code", keep="last")
    return dict(zip(latest["istat_code"], latest["value"], strict=True))


def class_of(lump_sums: pd.DataFrame, people: Mapping[str, float]) -> dict[str, str]:
    """Code → class of population, by the finest classes that calls use."""
    classes = schedule(lump_sums, CLASS_LINE)
    return {code: classes.class_of(number) for code, number in people.items()}


def taken(
    grants: pd.DataFrame, lump_sums: pd.DataFrame, covered: pd.DataFrame, population: pd.DataFrame, codes: Sequence[str]
) -> pd.DataFrame:
    """`take_up` of the lines whose amount is a rule of population, with the residents of the calls' reference date.

    Args:
        grants: result of `grants`.
        lump_sums: table `lump_sums`.
        covered: result of `coverage`.
        population: table `population`.
        codes: municipalities.
    """
    ruled = covered[~covered["line"].isin(NOT_MODELLED)]
    lines = dict(zip(ruled["call"], ruled["line"], strict=True))
    return take_up(grants, lump_sums, lines, residents(population, CLASS_YEAR), codes, covered=covered)


def sums_of(grants: pd.DataFrame, population: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """`per_municipality`, with the residents of the calls' reference date."""
    return per_municipality(grants, codes, residents(population, CLASS_YEAR))


def worth(
    asked: pd.DataFrame,
    lump_sums: pd.DataFrame,
    amounts: pd.DataFrame,
    people: float,
    latest: float,
) -> pd.DataFrame:
    """What each call could bring to a municipality; nothing where neither rule nor cap is known.

    Args:
        asked: rows of `as_known`.
        lump_sums: table `lump_sums`.
        amounts: table `calls_amounts`.
        people: residents on the reference date of the lump sums.
        latest: residents of the last 1 January.

    Returns:
        `call`, `basis` (one of `BASES`), `low`, `high` (EUR, NaN where not known), `share` (0–100, of the cost),
        `own_money` (EUR that the municipality must add for certain, NaN where not known), `near` (classes on the other
        side of a threshold, joined by ";"), `near_low`, `near_high`, `site`, `service`, `services` (pieces of a lump
        sum that has services).
    """
    rows = []
    for call in records(asked):
        found: dict[str, Any] = {"low": NAN, "high": NAN, "share": NAN, "own_money": NAN, "near": ""}
        found |= dict.fromkeys(("near_low", "near_high", "site", "service", "services"), NAN)
        part = _lump_sum(lump_sums, call["line"], people) if call["instrument"] == "lump_sum" else None
        rows.append({"call": call["call"]} | found | (part or _project(amounts, call["call"], latest)))
    columns = ["call", "basis", "low", "high", "share", "own_money", "near", "near_low", "near_high"]
    return pd.DataFrame(rows, columns=[*columns, "site", "service", "services"])


def no_worth() -> pd.DataFrame:
    """`worth` of no municipality: an area has no class of population."""
    empty = pd.DataFrame({"call": [], "instrument": [], "line": []}, dtype=str)
    return worth(empty, pd.DataFrame(), pd.DataFrame(), NAN, NAN)


def _lump_sum(lump_sums: pd.DataFrame, line: str, people: float) -> dict[str, Any]:
    if line not in set(lump_sums["line"]):
        return {"basis": "not_modelled", "own_money": 0.0}
    found = lump_sum(lump_sums, line, people)
    near = {"near": found.near, "near_low": found.near_low, "near_high": found.near_high, "own_money": 0.0}
    if line in NOT_MODELLED:
        return near | {"basis": "observed_maximum", "high": found.high}
    if found.high != found.high:
        return near | {"basis": "per_service", "low": found.low}
    parts = schedule(lump_sums, line)
    own = parts.parts[parts.class_of(people)]
    pieces = {"site": own.fixed, "service": own.unit, "services": own.most} if own.unit and own.fixed else {}
    basis = "one" if found.low == found.high else "range"
    return near | pieces | {"basis": basis, "low": found.low, "high": found.high}


def _project(amounts: pd.DataFrame, call: str, people: float) -> dict[str, Any]:
    """The band that fits the municipality; one with a condition of its own (schools, health) stands beside it."""
    bands = amounts[(amounts["call"] == call) & (amounts["per"] == "project")]
    fits = bands[(bands["population_min"].fillna(0) <= people) & (people <= bands["population_max"].fillna(1e12))]
    some = fits[fits["condition"] == "schools_health"]
    fits = fits[fits["condition"] != "schools_health"]
    if fits.empty:
        return {"basis": "unknown"}
    cap, share = (float(fits[name].iloc[-1]) for name in ("grant_max", "grant_share"))
    own = {"own_money": 0.0 if share == 1 else NAN, "share": 100 * share}
    if cap == cap:
        return own | {"basis": "cap" if share != share else "cap_share", "low": 0.0, "high": cap}
    if share == share:
        return own | {"basis": "share_or_all" if len(some) and share < 1 else "share"}
    return {"basis": "unknown"}


def needs(
    fragility: pd.DataFrame, declared: Mapping[str, Mapping[str, str]], istat_code: str, universe: Any
) -> dict[str, float]:
    """Topic → need (0–1): mean share of the other municipalities that need it less, item by item.

    Args:
        fragility: table `fragility`.
        declared: topic → item of the table → the side on which the need lies (`high`, `low`).
        istat_code: the municipality.
        universe: codes among which it is set.

    Raises:
        DataError: an item that the table does not have.
    """
    out: dict[str, float] = {}
    among = fragility[fragility["istat_code"].isin(list(universe))]
    for topic, items in declared.items():
        ranks = []
        for item, side in items.items():
            rows = among[among["item"] == item]
            if rows.empty:
                known = sorted(fragility["item"].unique())
                raise DataError(f"no item {item!r} in the table fragility", where="choices: needs", allowed=known)
            values = rows[rows["year"] == rows["year"].max()].set_index("istat_code")["value"].dropna()
            if istat_code in values.index and len(values) > 1:
                own = values[istat_code]
                less = (values < own) if side == "high" else (values > own)
                ranks.append(float(less.sum()) / (len(values) - 1))
        if ranks:
            out[topic] = sum(ranks) / len(ranks)
    return out
