"""How accessible a call was: length of its window, changes on the way, thresholds, own share, form of the grant.

Each component is between 0 and 1, on a scale that is stated; what is not known is not scored, and a call of which fewer
than three components are known has no score. Documents to attach are never known from the data at hand.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from toolkit.pnrr.calls import by_call
from toolkit.pnrr.days import as_of_day, between, records
from toolkit.pnrr.deciding import REAL
from toolkit.pnrr.worth import CLASS_YEAR, residents

COMPONENTS = ("window", "stability", "reach", "own_share", "form")
"""window: days from opening to the closing known on the day. stability: 1 less 0.5 for each change of the closing day.
reach: share of municipalities that the thresholds let in. own_share: share of the cost that the call covers.
form: 1 lump sum or automatic, 0 project."""

WINDOW = (15.0, 90.0)
"""Days of window that score 0 and 1; straight in between."""

FEWEST = 3
_FORMS = {"lump_sum": 1.0, "automatic": 1.0, "project_grant": 0.0}


def accessibility(
    known: pd.DataFrame,
    history: pd.DataFrame,
    amounts: pd.DataFrame,
    reach: Mapping[str, float] | None = None,
    *,
    window: tuple[float, float] = WINDOW,
) -> pd.DataFrame:
    """Components and score of each call, from what was known on the day.

    Args:
        known: result of `as_known`.
        history: table `calls_history`.
        amounts: table `calls_amounts`.
        reach: call → share of municipalities (0–1) whose population meets the thresholds.
        window: days that score 0 and 1.

    Returns:
        `call`, `programme`, `instrument`, `days_window`, `changes` (moves of the closing day seen), `covered` (share of
        cost covered, smallest band), the five components (0–1, NaN: not known), `known` (components known) and `score`
        (their mean, NaN under three).
    """
    events = by_call(history)
    shares = amounts.groupby("call")["grant_share"].min()
    rows = []
    for call in records(known[known["status"] != "not_yet_published"]):
        seen = [event for event in events[call["call"]] if event["observed_on"] <= call["known_on"]]
        rows.append(_components(call, seen, float(shares.get(call["call"], float("nan"))), reach or {}, window))
    return pd.DataFrame(rows)


def _components(
    call: dict[str, object],
    seen: list[dict[str, object]],
    covered: float,
    reach: Mapping[str, float],
    window: tuple[float, float],
) -> dict[str, object]:
    exact = call["precision"] == "day" and call["basis"] != "later_observation"
    days = between(str(call["opens_on"]), str(call["closes_on"])) if exact else float("nan")
    # a history that begins at the closing, or has one row by nature, does not tell how often the day was moved
    watched = exact and bool(call["line"]) and any(event["state"] == "published" for event in seen)
    changes = _moves(seen) if watched else float("nan")
    if call["instrument"] == "lump_sum":
        covered = 1.0
    out: dict[str, object] = {
        "call": call["call"],
        "programme": call["programme"],
        "instrument": call["instrument"],
        "days_window": days,
        "changes": changes,
        "covered": covered,
        "window": min(max((days - window[0]) / (window[1] - window[0]), 0.0), 1.0) if days == days else days,
        "stability": max(1.0 - 0.5 * changes, 0.0) if changes == changes else changes,
        "reach": float(reach.get(str(call["call"]), float("nan"))),
        "own_share": covered,
        "form": _FORMS.get(str(call["instrument"]), float("nan")),
    }
    scored = pd.Series([out[name] for name in COMPONENTS], dtype=float).dropna()
    return out | {"known": len(scored), "score": float(scored.mean()) if len(scored) >= FEWEST else float("nan")}


def _moves(seen: list[dict[str, object]]) -> float:
    closings = [str(event["closes_on"]) for event in seen if event["closes_on"]]
    return float(sum(a != b for a, b in itertools.pairwise(closings)))


def scored(
    asked: pd.DataFrame,
    history: pd.DataFrame,
    amounts: pd.DataFrame,
    rules: pd.DataFrame,
    population: pd.DataFrame,
    codes: Sequence[str],
    as_of: str | date,
) -> pd.DataFrame:
    """`accessibility` of calls that can be answered, or could, as known on the day, with `family`: `pa_digitale`,
    `other_pnrr`, `successor`.

    Args:
        asked: calls that municipalities may answer, rows of `as_known`.
        history, amounts, rules, population: tables `calls_history`, `calls_amounts`, `calls_rules`, `population`.
        codes: municipalities of which the thresholds let some in.
        as_of: the day.
    """
    day, people = as_of_day(as_of), residents(population, CLASS_YEAR)
    calls = asked[asked["status"].isin(REAL)]
    rows = rules[(rules["valid_from"] == "") | (rules["valid_from"] <= day)]
    rows = rows[(rows["valid_to"] == "") | (rows["valid_to"] >= day)]
    applicants = dict(zip(calls["call"], calls["applicants"], strict=True))
    reach = reach_of(rows, applicants, {code: people[code] for code in codes})
    found = accessibility(calls, history, amounts, reach)
    if found.empty:
        return found.assign(family="")
    families = calls["line"].map(lambda line: "pa_digitale" if line else "other_pnrr")
    families = families.where(calls["programme"] == "pnrr", "successor")
    return found.assign(family=found["call"].map(dict(zip(calls["call"], families, strict=True))))


def by_programme(scored: pd.DataFrame, by: str = "programme") -> pd.DataFrame:
    """Distribution of the score.

    Args:
        scored: result of `accessibility`.
        by: column to group on.

    Returns:
        `group`, `calls`, `scored`, `not_scored`, `low`, `median`, `high` (quartiles of the score, NaN where none is
        scored), `median_window` (days).
    """
    rows = []
    for name, group in scored.groupby(by):
        values = group["score"].dropna()
        low, middle, high = values.quantile([0.25, 0.5, 0.75]) if len(values) else (float("nan"),) * 3
        rows.append(
            {
                "group": name,
                "calls": len(group),
                "scored": len(values),
                "not_scored": len(group) - len(values),
                "low": low,
                "median": middle,
                "high": high,
                "median_window": float(group["days_window"].median()),
            }
        )
    return pd.DataFrame(rows)


def reach_of(rules: pd.DataFrame, calls: Mapping[str, str], populations: Mapping[str, float]) -> dict[str, float]:
    """Share of municipalities whose population meets the thresholds of each call (1 where it has none).

    Args:
        rules: table `calls_rules`, those in force on the day.
        calls: call → who may apply (codes joined by ";"); only calls that municipalities may answer get a share.
        populations: code → residents of one year.
    """
    people = np.array(list(populations.values()), dtype=float)
    tests = {"at_least": np.greater_equal, "above": np.greater, "at_most": np.less_equal, "below": np.less}
    thresholds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for rule in records(rules[rules["rule"].isin(("population", "group_population"))]):
        thresholds[rule["call"]].append(rule)
    out = {}
    for call, applicants in calls.items():
        if "municipality" not in applicants.split(";"):
            continue
        if any(rule["alternative"] != "" for rule in thresholds[call]):
            continue  # thresholds that depend on other facts do not give a share
        inside = np.full(len(people), True)
        for rule in thresholds[call]:
            inside &= tests[rule["operator"]](people, float(rule["value"]))
        out[call] = float(inside.mean())
    return out
