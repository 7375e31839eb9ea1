"""What became of every call for a municipality, and how much of what its class could have was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from toolkit.errors import MethodError
from toolkit.partial import Sum
from toolkit.pnrr.amounts import NO_CLASS_MAXIMUM, NOT_MODELLED, schedule
from toolkit.pnrr.days import as_of_day, between, records

STATES = ("won", "not_funded_or_not_applied", "not_observable", "not_eligible")
"""`won`: the file holds a funding decree (`outcome` says what became of it). `not_funded_or_not_applied`: the file
covers the call to its last decree and holds none. `not_observable`: the file ends earlier, or has no row of the
call."""

COVERAGE = (
    "call",
    "line",
    "applications_observed_until",
    "closes_on",
    "first_decree",
    "last_decree",
    "rows",
    "days_after_closing",
    "coverage",
)
LAST_DECREE = 110
"""Days after closing by which the last decree had come in every call that the files cover (the longest wait seen)."""


def coverage(
    known: pd.DataFrame, applications: pd.DataFrame, as_of: str | date, *, wait: int = LAST_DECREE
) -> pd.DataFrame:
    """How far the files of funded applications cover each municipal call that was published by the day.

    Args:
        known: result of `as_known` on the day.
        applications: table `applications`, of all the municipalities at hand.
        as_of: the day; a file that goes on after it counts until it.
        wait: days after closing within which the last decree is expected.

    Returns:
        `call`, `line`, `applications_observed_until`, `closes_on`, `first_decree`, `last_decree` (of the rows at
        hand), `rows`, `days_after_closing`, `coverage` (`complete`, `partial`: the file ends before the last decree
        can be expected, `none`: no row and the file ends before).
    """
    day = as_of_day(as_of)
    funded = applications[applications["funded_on"] <= day].groupby("call")["funded_on"].agg(["min", "max", "size"])
    watched = known[(known["applications_observed_until"] != "") & (known["status"] != "not_yet_published")]
    rows = []
    for call in records(watched.sort_values("call")):
        count = int(funded["size"].get(call["call"], 0))
        until = min(str(call["applications_observed_until"]), day)
        margin = between(str(call["closes_on"]), until)
        complete = margin >= wait
        rows.append(
            {
                "call": call["call"],
                "line": call["line"],
                "applications_observed_until": until,
                "closes_on": call["closes_on"],
                "first_decree": funded["min"].get(call["call"], ""),
                "last_decree": funded["max"].get(call["call"], ""),
                "rows": count,
                "days_after_closing": margin,
                "coverage": "complete" if complete else "partial" if count else "none",
            }
        )
    return pd.DataFrame(rows, columns=list(COVERAGE))


def call_states(
    istat_code: str, covered: pd.DataFrame, applications: pd.DataFrame, eligibility: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """State of every municipal call for one municipality.

    Args:
        istat_code: of the municipality.
        covered: result of `coverage`.
        applications: table `applications`, best as `applications_as_of` the same day.
        eligibility: call → yes | no | unknown, judged at the call's closing.

    Returns:
        The columns of `covered`, and: `state` (one of `STATES`), `outcome` (`paid`, `assigned`, `renounced`, or ""),
        `amount` (EUR of the last application, NaN if none), `live` (held and not renounced), `held_same_line`
        (another live grant of the line had been decreed by the closing day: why there may have been no reason to
        apply).
    """
    mine = applications[applications["istat_code"] == istat_code].sort_values("submitted_on")
    last = {str(call): rows.iloc[-1] for call, rows in mine.groupby("call")}
    lines = dict(zip(covered["call"], covered["line"], strict=True))
    kept = records(mine[mine["state"] != "renounced"])
    held = [(lines.get(row["call"]), row["call"], row["funded_on"]) for row in kept]
    rows = []
    for call in records(covered):
        name, found = call["call"], last.get(call["call"])
        if found is None:
            outcome: dict[str, Any] = {"state": _absent(call, (eligibility or {}).get(name, "unknown")), "outcome": ""}
            outcome |= {"amount": float("nan"), "live": False}
        else:
            outcome = {"state": "won", "outcome": found["state"], "amount": float(found["amount"])}
            outcome |= {"live": found["state"] != "renounced"}
        before = [line == call["line"] and other != name and day <= call["closes_on"] for line, other, day in held]
        rows.append(call | outcome | {"held_same_line": any(before)})
    return pd.DataFrame(rows)


def _absent(call: Mapping[str, Any], eligible: str) -> str:
    if eligible == "no":
        return "not_eligible"
    return "not_funded_or_not_applied" if call["coverage"] == "complete" else "not_observable"


def success_rate(*_: object) -> float:
    """Not defined here: the files hold funded applications only.

    Raises:
        MethodError: always; who applied in vain is not in the data.
    """
    raise MethodError(
        "no success rate: the files hold funded applications only, not those that failed",
        where="applications",
        hint="use take_up, which compares what was won with the class maximum",
    )


def take_up(
    applications: pd.DataFrame,
    lump_sums: pd.DataFrame,
    lines: Mapping[str, str],
    populations: Mapping[str, float],
    codes: Sequence[str],
    *,
    covered: pd.DataFrame | None = None,
    observed: bool = False,
) -> pd.DataFrame:
    """What was won and kept over the largest amount of the class, by municipality and line.

    Args:
        lines: call → line; only lines of these calls.
        populations: code → residents at the reference date of the lump sums.
        codes: municipalities to show, also those without any application.
        covered: result of `coverage`: lines with a call that the files do not cover are marked as lower bounds.
        observed: include lines whose maximum is only the largest amount seen (cloud), marked in `basis`.

    Returns:
        `istat_code`, `line`, `won` (EUR, live grants, each line counted up to its maximum; NaN where an amount is
        absent and the others do not reach it), `maximum` (EUR), `share`
        (0–1), `basis` (`rule` or `observed_maximum`), `lower_bound` (more may have been won in a call that is not
        covered). Lines without a class maximum are left out.
    """
    live = applications[applications["state"] != "renounced"].assign(line=lambda rows: rows["call"].map(dict(lines)))
    sums = Sum.by(live.groupby(["istat_code", "line"])["amount"])
    priced = [line for line in sorted(set(lines.values()) & set(lump_sums["line"])) if line not in NO_CLASS_MAXIMUM]
    chosen = [line for line in priced if observed or line not in NOT_MODELLED]
    seen = covered if covered is not None else pd.DataFrame({"line": [], "coverage": []})
    unsure = set(seen.loc[seen["coverage"] != "complete", "line"])
    schedules = {line: schedule(lump_sums, line) for line in chosen}
    rows = []
    for code in codes:
        for line, paid in schedules.items():
            _, most = paid.parts[paid.class_of(populations[code])].range(None, line)
            total = sums.get((code, line), Sum())
            won = most if total >= most else total.exact
            basis = "observed_maximum" if line in NOT_MODELLED else "rule"
            rows.append((code, line, won, most, won / most, basis, line in unsure and won < most))
    columns = ["istat_code", "line", "won", "maximum", "share", "basis", "lower_bound"]
    return pd.DataFrame(rows, columns=columns)


def take_up_total(by_line: pd.DataFrame) -> pd.DataFrame:
    """Take-up of each municipality over its lines: sum of `won` over sum of `maximum`.

    Returns:
        `istat_code`, `won`, `maximum` (EUR), `share` (0–1), `lower_bound` (some line is one). `won` and `share` are NaN
        where a line's are.
    """
    groups = by_line.groupby("istat_code")
    total = groups[["won", "maximum"]].sum(skipna=False)
    total["share"] = total["won"] / total["maximum"]
    return total.assign(lower_bound=groups["lower_bound"].any()).reset_index()
