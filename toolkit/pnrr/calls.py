"""Calls as they were known on a day: a call has the days it was valid on and the days it was observed on.

The publisher overwrites deadlines and endowments, so today's list answers wrongly what could be known in the past. Each
observation of a call is a row of the history; `as_known` takes the last one made by the day asked for. With
`hindsight` it takes the last one ever made. What was observed only later is never shown as known: its dates may be
used, and say so.
"""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pandas as pd

from toolkit.errors import ParameterError
from toolkit.pnrr.checks import check_calls
from toolkit.pnrr.days import as_of_day, between, records

STATUSES = (
    "open",
    "standing",
    "announced",
    "suspended_to_verify",
    "closed",
    "not_yet_published",
    "unknown_before_first_observation",
    "automatic",
    "left_plan",
    "programmed",
    "catalogue",
)
"""`open`: applications are taken on the day. `standing`: always open. `announced`: published, opens later.
`programmed`, `catalogue`, `automatic`, `left_plan`: nothing to apply for, by nature."""

BASES = ("observed", "last_known", "later_observation", "hindsight")
"""`observed`: seen by the day asked for, while the source was still being watched; `last_known`: the source's last
observation is older than the day; `later_observation`: only dates, from what was first seen after the day."""

CAVEATS = (
    "before_first_observation",
    "endowment_not_known_then",
    "last_known_on",
    "dates_not_exact",
    "history_starts_after_opening",
    "fields_to_verify",
)
_CLOSED = ("closed", "archived", "terminated", "awarded")
_ITSELF = ("standing", "automatic", "left_plan", "programmed", "catalogue")
_ENDING = ("left_plan", "automatic")


def as_known(
    calls: pd.DataFrame,
    history: pd.DataFrame,
    as_of: str | date,
    *,
    hindsight: bool = False,
    today: date | None = None,
) -> pd.DataFrame:
    """Every call as it was known on a day.

    Args:
        calls: one row a call (table `calls`).
        history: one row an observation of a call (table `calls_history`).
        as_of: the day asked for, from the plan's approval to today.
        hindsight: use the last observation ever made; the status is still that of the day.
        today: the last day that may be asked for; default, today.

    Returns:
        The columns of `calls`, and: `opens_on`, `closes_on`, `precision`, `endowment` (EUR, NaN: not known then),
        `state` (as published), `status` (one of `STATUSES`), `basis` (one of `BASES`), `known_on` (day of the
        observation used), `days_left` (open calls with a closing day), `extensions`, `days_extended`,
        `endowment_first`, `caveats` (codes of `CAVEATS`, joined by ";"). Sorted by `call`.

    Raises:
        ParameterError: `as_of` in the future or before the plan.
        Faults: the tables contradict themselves.
    """
    day = as_of_day(as_of, today)
    check_calls(calls, history)
    groups = by_call(history)
    rows = [_one(call, groups[call["call"]], day, hindsight) for call in records(calls.sort_values("call"))]
    return pd.DataFrame(rows)


def by_call(history: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Observations of each call, oldest first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for event in records(history.sort_values(["call", "observed_on"])):
        groups.setdefault(event["call"], []).append(event)
    return groups


def _one(call: dict[Any, Any], events: list[dict[Any, Any]], day: str, hindsight: bool) -> dict[Any, Any]:
    seen = [event for event in events if event["observed_on"] <= day]
    if hindsight:
        basis, event, past = "hindsight", events[-1], events
    elif seen:
        basis, event, past = "observed" if day <= call["last_observed_on"] else "last_known", seen[-1], seen
    else:
        basis, event, past = "later_observation", events[0], []
    by_dates = basis == "later_observation" or (hindsight and not seen)
    status = _status_by_dates(event, day) if by_dates else _status(event, day, hindsight)
    left = between(day, event["closes_on"]) if status == "open" else float("nan")
    out = dict(call) | {name: event[name] for name in ("opens_on", "closes_on", "precision", "endowment", "state")}
    out |= {"status": status, "basis": basis, "known_on": event["observed_on"], "days_left": left}
    out |= _changes(past)
    if basis == "later_observation":
        out["endowment"] = float("nan")
    if status == "not_yet_published":
        out |= {"opens_on": "", "closes_on": "", "known_on": "", "state": ""}
    return out | {"caveats": ";".join(_caveats(out, basis))}


def _status(event: dict[Any, Any], day: str, hindsight: bool) -> str:
    """Status of the day, given an observation that had been made by then (or, with hindsight, later)."""
    state, opens, closes = event["state"], event["opens_on"], event["closes_on"]
    if hindsight and opens and day < opens:
        return "not_yet_published"
    if state in _ENDING and closes and day > closes:
        return "closed"
    if state in _ITSELF:
        return str(state)
    if state == "suspended":
        return "suspended_to_verify"
    if opens and day < opens:
        return "announced"
    if state == "draft" or (state == "announced" and not opens):
        return "announced"
    if state in _CLOSED and (not hindsight or not closes or day > closes):
        return "closed"
    return "closed" if closes and day > closes else "open"


def _status_by_dates(event: dict[Any, Any], day: str) -> str:
    """Status of the day from an observation made later: only its dates are trusted."""
    opens, closes = event["opens_on"], event["closes_on"]
    if opens and day < opens:
        return "not_yet_published"
    if closes and day > closes:
        return "closed"
    if event["state"] in _ITSELF and opens:
        return str(event["state"])
    return "open" if opens and closes else "unknown_before_first_observation"


def _changes(past: list[dict[Any, Any]]) -> dict[str, float]:
    """Extensions and endowments among the observations made so far."""
    closings = [event["closes_on"] for event in past if event["closes_on"]]
    moves = [between(first, last) for first, last in itertools.pairwise(closings)]
    endowments = [event["endowment"] for event in past if pd.notna(event["endowment"])]
    return {
        "extensions": float(sum(move > 0 for move in moves)) if closings else float("nan"),
        "days_extended": sum(moves) if closings else float("nan"),
        "endowment_first": endowments[0] if endowments else float("nan"),
    }


def _caveats(row: dict[Any, Any], basis: str) -> list[str]:
    later, opened = basis == "later_observation", row["status"] != "not_yet_published"
    late = bool(row["opens_on"]) and between(row["opens_on"], row["first_observed_on"]) > 7
    found = {
        "before_first_observation": later and opened,
        "endowment_not_known_then": later and opened,
        "last_known_on": basis == "last_known",
        "dates_not_exact": row["precision"] != "day" and opened,
        "history_starts_after_opening": late and not later and opened,
        "fields_to_verify": bool(row["to_verify"]),
    }
    return [name for name in CAVEATS if found[name]]


def open_calls(known: pd.DataFrame, *, programme: str = "", applicant: str = "municipality") -> pd.DataFrame:
    """Calls that take applications on the day (open or standing).

    Args:
        known: result of `as_known`.
        programme: only this programme, such as `pnrr`; empty for all.
        applicant: only calls that this kind of body may answer; empty for all.
    """
    chosen = known["status"].isin(("open", "standing"))
    if programme:
        chosen &= known["programme"] == programme
    if applicant:
        chosen &= known["applicants"].str.split(";").map(lambda codes: applicant in codes)
    return known[chosen].reset_index(drop=True)


def watch(calls: pd.DataFrame, history: pd.DataFrame, as_of: str | date, *, programme: str = "pnrr") -> dict[str, Any]:
    """Between which days the list of calls was watched, and what follows for the day asked for.

    The list of a programme is watched by PA digitale's file: the first and the last observation of its calls, those
    with a line.

    Returns:
        `first_observation`, `last_observation`, `before_first` (what was announced then is not known), `after_last`
        (calls published since the last observation cannot be excluded).
    """
    day = as_of_day(as_of)
    listed = calls[(calls["programme"] == programme) & (calls["line"] != "")]
    seen = history.loc[history["call"].isin(listed["call"]), "observed_on"]
    first, last = str(seen.min()), str(seen.max())
    return {
        "first_observation": first,
        "last_observation": last,
        "before_first": day < first,
        "after_last": day > last,
    }


def timeline(history: pd.DataFrame, call: str) -> pd.DataFrame:
    """What changed at each observation of a call.

    Returns:
        The rows of `history` of the call, with `days_moved` (closing against the observation before),
        `endowment_change` (EUR; NaN where one of the two is absent) and `observed_until` (the day before the next
        observation; "" for the last).

    Raises:
        ParameterError: no such call.
    """
    rows = history[history["call"] == call].sort_values("observed_on").reset_index(drop=True)
    if rows.empty:
        raise ParameterError(f"no call {call!r}", where="call", allowed=sorted(set(history["call"])))
    closings = rows["closes_on"].tolist()
    rows["days_moved"] = [0.0] + [between(a, b) for a, b in itertools.pairwise(closings)]
    rows["endowment_change"] = rows["endowment"].diff()
    rows.loc[0, "endowment_change"] = 0.0  # the first observation changes nothing
    following = pd.to_datetime(rows["observed_on"].shift(-1)) - pd.Timedelta(days=1)
    rows["observed_until"] = following.dt.strftime("%Y-%m-%d").fillna("")
    return rows


def extension_record(calls: pd.DataFrame, history: pd.DataFrame, as_of: str | date = "") -> pd.DataFrame:
    """How calls that were seen open had their deadline and endowment moved, one row a call: what to expect of the next.

    Args:
        as_of: only observations made by this day; empty for all.

    Returns:
        `call`, `programme`, `line`, `observations_open`, `extensions`, `days_extended`, `endowment_ratio`. Only calls
        of which a published state was observed.
    """
    seen = history[history["observed_on"] <= as_of_day(as_of)] if as_of else history
    groups = by_call(seen)
    rows = []
    for call in records(calls.sort_values("call")):
        events = groups.get(call["call"], [])
        times_open = sum(event["state"] == "published" for event in events)
        if not times_open:
            continue
        changes = _changes(events)
        endowments = [event["endowment"] for event in events if pd.notna(event["endowment"])]
        rows.append(
            {
                "call": call["call"],
                "programme": call["programme"],
                "line": call["line"],
                "observations_open": times_open,
                "extensions": changes["extensions"],
                "days_extended": changes["days_extended"],
                "endowment_ratio": endowments[-1] / endowments[0] if endowments else float("nan"),
            }
        )
    columns = ["call", "programme", "line", "observations_open", "extensions", "days_extended", "endowment_ratio"]
    return pd.DataFrame(rows, columns=columns)
