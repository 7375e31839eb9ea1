"""Planned against actual, actors and claims: bookkeeping around an evaluation, with absences kept apart from zeros."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import Note


def planned_against_actual(actions: pd.DataFrame, on: date) -> pd.DataFrame:
    """Dates and money of each action, as planned and as known on a day.

    Args:
        actions: action, start, end, actual_start, actual_end (dates; the actual ones may be absent), budget, spent,
            private (EUR; spent and private may be absent: unknown, not zero).
        on: the day it is read; what happened later is not yet known.

    Returns:
        The actions with `state` (done, running, late, not_started, not_started_late), `slip_days` (of the end; to
        `on` while late), `spent_share` and `leverage` (private EUR per public EUR spent), absent where not known.

    Raises:
        MethodError: an end before its start, a negative amount, an action twice.
    """
    needed = ["action", "start", "end", "actual_start", "actual_end", "budget", "spent", "private"]
    missing = [name for name in needed if name not in actions.columns]
    if missing:
        raise MethodError(f"no column {missing[0]!r} in the actions", allowed=needed)
    table = actions[needed].copy()
    if table["action"].duplicated().any():
        raise MethodError(f"action {table.loc[table['action'].duplicated(), 'action'].iloc[0]!r} comes twice")
    for name in ("start", "end", "actual_start", "actual_end"):
        table[name] = pd.to_datetime(table[name])
    day = pd.Timestamp(on)
    for first, last in (("start", "end"), ("actual_start", "actual_end")):
        wrong = table[last] < table[first]
        if wrong.any():
            raise MethodError(f"action {table.loc[wrong, 'action'].iloc[0]!r} ends before it starts")
    money = table[["budget", "spent", "private"]].astype(float)
    if (money < 0).any().any():
        raise MethodError("amounts cannot be negative")
    # What lies after the day is not yet known on it.
    table["actual_start"] = table["actual_start"].where(table["actual_start"] <= day)
    table["actual_end"] = table["actual_end"].where(table["actual_end"] <= day)
    done, begun = table["actual_end"].notna(), table["actual_start"].notna()
    table["state"] = np.select(
        [done, begun & (table["end"] < day), begun, table["start"] < day],
        ["done", "late", "running", "not_started_late"],
        "not_started",
    )
    reached = table["actual_end"].where(done, pd.Series(day, index=table.index).where(table["end"] < day))
    table["slip_days"] = (reached - table["end"]).dt.days
    table["spent_share"] = money["spent"] / money["budget"].where(money["budget"] > 0)
    table["leverage"] = money["private"] / money["spent"].where(money["spent"] > 0)
    return table


@dataclass(frozen=True)
class Claim:
    """A figure quoted in a programme, with what is needed to recompute it.

    `tolerance` is relative; `value` and `unit` as quoted.
    """

    id: str
    value: float
    unit: str
    source: str
    year: int
    territory: str
    tolerance: float = 0.02


@dataclass(frozen=True)
class ClaimCheck:
    """A claim beside what data give: reproduced, different or non_reproducible, with the reason."""

    claim: Claim
    status: Literal["reproduced", "different", "non_reproducible"]
    recomputed: float | None
    reason: Note


def check_claim(
    claim: Claim,
    recomputed: float | None,
    *,
    unit: str = "",
    year: int | None = None,
    territory: str = "",
    why: str = "",
) -> ClaimCheck:
    """Compare a claim with a recomputed figure of the same unit, year and territory; anything else is not comparable.

    Args:
        recomputed: the figure from data; None where there is none, with `why` a label key.
        unit, year, territory: of the recomputed figure.
    """
    if recomputed is None:
        if not why:
            raise MethodError(f"claim {claim.id!r}: say why it cannot be recomputed")
        return ClaimCheck(claim, "non_reproducible", None, Note(why))
    if not np.isfinite(recomputed):
        raise MethodError(f"claim {claim.id!r}: the recomputed figure is not a number")
    for name, theirs, ours in (
        ("unit", claim.unit, unit),
        ("territory", claim.territory, territory),
        ("year", claim.year, year),
    ):
        if theirs != ours:
            values = {"claimed": theirs, "ours": ours}
            return ClaimCheck(claim, "non_reproducible", None, Note(f"impact.claim.other_{name}", values))
    figures: dict[str, float] = {"claimed": claim.value, "recomputed": recomputed}
    close = abs(recomputed - claim.value) <= claim.tolerance * abs(claim.value)
    key = "impact.claim.reproduced" if close else "impact.claim.different"
    return ClaimCheck(claim, "reproduced" if close else "different", recomputed, Note(key, figures))


def actor_matrix(actors: pd.DataFrame, roles: pd.DataFrame) -> pd.DataFrame:
    """Actors by action, each cell the role or empty.

    Args:
        actors: actor, type, topic, territory.
        roles: actor, action, role.

    Raises:
        MethodError: a role of an actor who is not in the register, or two roles in one action.
    """
    unknown = set(roles["actor"]) - set(actors["actor"])
    if unknown:
        raise MethodError(f"actor {sorted(unknown)[0]!r} is not in the register", allowed=list(actors["actor"]))
    if actors["actor"].duplicated().any():
        raise MethodError(f"actor {actors.loc[actors['actor'].duplicated(), 'actor'].iloc[0]!r} comes twice")
    if roles.duplicated(["actor", "action"]).any():
        raise MethodError("an actor has two roles in one action")
    table = roles.pivot(index="actor", columns="action", values="role")
    return table.reindex(index=list(actors["actor"]), columns=list(dict.fromkeys(roles["action"]))).fillna("")
