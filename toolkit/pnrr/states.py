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
from toolkit.pnrr.eligibility import WINNERS

STATES = (
    "funded",
    "not_funded_or_not_applied",
    "already_funded",
    "not_observable",
    "not_eligible",
    "open",
)
"""`funded`: the file holds a funding decree (`outcome` says what became of it), or a list names the municipality.
`not_funded_or_not_applied`: the file covers the call to its last decree and holds none. `already_funded`: a grant of
the same line had been decreed by the closing. `not_observable`: the file ends earlier, or has no row of the call.
`open`: applications were still taken on the day."""


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
    istat_code: str,
    asked: pd.DataFrame,
    covered: pd.DataFrame,
    applications: pd.DataFrame,
    answers: Mapping[str, str] | None = None,
    winners: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """State of calls for one municipality: the one rule by which a call was funded, missed or cannot be seen.

    Args:
        istat_code: of the municipality.
        asked: the calls, rows of `as_known`.
        covered: result of `coverage`.
        applications: table `applications`, best as `applications_as_of` the same day.
        answers: call → yes | no | unknown, judged at the call's closing.
        winners: call → codes of those funded, joined by ";", where a list names them (`winners_of`).

    Returns:
        `call`, `line`, `measure`, `opens_on`, `closes_on`, `state` (one of `STATES`), `why` (code), `outcome` (`paid`,
        `assigned`, `renounced`, or ""), `amount` (EUR of the last application; 0 where there is none for certain; NaN
        where that is not known, with its `amount_flag`), `applications_observed_until` ("" without a file). First to
        close first.
    """
    mine = applications[applications["istat_code"] == istat_code].sort_values("submitted_on")
    last = {str(call): rows.iloc[-1] for call, rows in mine.groupby("call")}
    kept = records(mine[mine["state"] != "renounced"])
    lines = dict(zip(covered["call"], covered["line"], strict=True))
    held = [(lines.get(row["call"]), row["call"], row["funded_on"]) for row in kept]
    files = {row["call"]: row for row in records(covered)}
    rows = []
    for call in records(asked):
        name, file = call["call"], files.get(call["call"], {})
        before = [
            line == call["line"] and other != name and day <= call["closes_on"] for line, other, day in held if line
        ]
        listed = (winners or {}).get(name, "")
        state, why = _state(call, file, last.get(name), listed, istat_code, any(before), (answers or {}).get(name, ""))
        found = last.get(name)
        complete = file.get("coverage") == "complete"
        nothing = state in ("not_funded_or_not_applied", "not_eligible") or (state == "already_funded" and complete)
        amount = float(found["amount"]) if found is not None else 0.0 if nothing else float("nan")
        rows.append(
            {
                **{key: call[key] for key in ("call", "line", "measure", "opens_on", "closes_on")},
                "state": state,
                "why": why,
                "outcome": "" if found is None else found["state"],
                "amount": amount,
                "amount_flag": "observed" if amount == amount else "missing" if state == "funded" else "not_observable",
                "applications_observed_until": file.get("applications_observed_until", ""),
            }
        )
    columns = ["call", "line", "measure", "opens_on", "closes_on", "state", "why", "outcome", "amount", "amount_flag"]
    frame = pd.DataFrame(rows, columns=[*columns, "applications_observed_until"])
    return frame.sort_values(["closes_on", "call"]).reset_index(drop=True)


def _state(
    call: Mapping[str, Any],
    file: Mapping[str, Any],
    found: Any,
    listed: str,
    code: str,
    held: bool,
    answer: str,
) -> tuple[str, str]:
    """State and the code of its reason."""
    if found is not None:
        return "funded", f"funded_{found['state']}"
    if listed:
        return ("funded", "in_list") if code in listed.split(";") else ("not_funded_or_not_applied", "not_in_list")
    if held:
        return "already_funded", "held_same_line"
    if answer == "no":
        return "not_eligible", "rule"
    if call["status"] == "open":
        return "open", "still_open"
    if file.get("coverage") == "complete":
        return "not_funded_or_not_applied", "no_row"
    return "not_observable", "file_ends" if file.get("applications_observed_until") else "no_file"


def winners_of(rules: pd.DataFrame, as_of: str | date) -> dict[str, str]:
    """Call → codes of those who were funded, joined by ";", of calls whose list was known by the day."""
    rows = rules[(rules["rule"] == WINNERS) & (rules["observed_on"] <= as_of_day(as_of))]
    return dict(zip(rows["call"], rows["value"], strict=True))


def counts(states: pd.DataFrame) -> dict[str, int]:
    """Calls in each state of `STATES`; `missed` is short for `not_funded_or_not_applied`."""
    found = states["state"].value_counts()
    listed = {state: int(found.get(state, 0)) for state in STATES}
    return listed | {"missed": listed["not_funded_or_not_applied"], "all": len(states)}


def states_of(states: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a call: in how many municipalities each state holds.

    Args:
        states: code → result of `call_states`.

    Returns:
        `call`, `line`, `opens_on`, `closes_on`, a column of municipalities for each of `STATES`.
    """
    long = pd.concat(list(states.values()), ignore_index=True)
    keys = ["closes_on", "call", "line", "opens_on"]
    wide = long.groupby([*keys, "state"]).size().unstack(fill_value=0)
    return wide.reindex(columns=list(STATES), fill_value=0).reset_index()


def shares(taken: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """`take_up_total` of municipalities, indexed by code, with `percent`; absent where no line has a rule yet.

    Args:
        taken: result of `take_up`.
        codes: municipalities.
    """
    total = take_up_total(taken).set_index("istat_code").reindex(list(codes))
    return total.assign(percent=100 * total["share"].astype(float), istat_code=total.index).rename_axis(None)


def gaps(taken: pd.DataFrame) -> pd.DataFrame:
    """Lines in which a municipality has less than its class could have, the largest gap first.

    Args:
        taken: rows of `take_up` of one municipality.

    Returns:
        `line`, `won`, `maximum`, `missing` (EUR, maximum − won), `sure` (the files cover all calls of the line).
    """
    rows = taken.assign(missing=taken["maximum"] - taken["won"], sure=~taken["lower_bound"].astype(bool))
    rows = rows[rows["missing"] > 0].sort_values(["missing", "line"], ascending=[False, True])
    return rows[["line", "won", "maximum", "missing", "sure"]].reset_index(drop=True)


def gaps_by_line(taken: pd.DataFrame) -> pd.DataFrame:
    """The gaps of several municipalities together, the largest first.

    Args:
        taken: rows of `take_up`.

    Returns:
        `line`, `won`, `maximum`, `missing` (EUR), `municipalities` (with a gap), `sure` (of all of them).
    """
    rows = taken.assign(missing=taken["maximum"] - taken["won"])
    rows = rows[rows["missing"] > 0].assign(sure=lambda found: ~found["lower_bound"].astype(bool))
    sums = {"won": "sum", "maximum": "sum", "missing": "sum", "istat_code": "size", "sure": "all"}
    found = rows.groupby("line").agg(sums).rename(columns={"istat_code": "municipalities"}).reset_index()
    return found.sort_values(["missing", "line"], ascending=[False, True]).reset_index(drop=True)


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
