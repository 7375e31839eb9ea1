"""Frames that a page shows as they are: what moved, what became known later, what stands beside what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from toolkit.partial import Sum
from toolkit.pnrr.calls import as_known, timeline
from toolkit.pnrr.days import as_of_day, parse, records
from toolkit.pnrr.deciding import GROUP_REASONS, REAL, SUSPENDED
from toolkit.pnrr.projects import totals
from toolkit.pnrr.ranking import rank, sensitivity
from toolkit.pnrr.states import coverage
from toolkit.pnrr.thresholds import watch_list

RECENT_DAYS = 550
"""How far back a calendar of calls goes."""


def total(values: Iterable[float]) -> Sum:
    """EUR of amounts of which some may be absent."""
    return Sum.of_parts(values)


def kept(sums: Mapping[str, Sum], until: str) -> pd.DataFrame:
    """Sums as rows for the results file: `figure`, `value` (NaN where absent), `flag`, `until`."""
    rows = [(name, float(one), one.flag, until) for name, one in sums.items()]
    return pd.DataFrame(rows, columns=["figure", "value", "flag", "until"])


def weight(gaps: pd.DataFrame) -> float:
    """How much a gap says, EUR: what the files cover whole counts in full, the rest for half."""
    return float((gaps["missing"] * gaps["sure"].map({True: 1.0, False: 0.5})).sum())


def together(parts: Sequence[pd.DataFrame], units: str = "") -> pd.DataFrame:
    """Results of `compare`, one below the other.

    Args:
        parts: of the same columns.
        units: column of the unit of each row, given to each of its figures (`value_unit` …).
    """
    frame = pd.concat(list(parts), ignore_index=True)
    figures = ("value", "quartile_low", "median", "quartile_high") if units else ()
    return frame.assign(**{f"{name}_unit": frame[units] for name in figures})


def bids(candidates: pd.DataFrame, valued: pd.DataFrame, effort: Mapping[str, float]) -> pd.DataFrame:
    """Calls with what they could bring at most, own money and working days; NaN where not known.

    Args:
        candidates: calls, rows of `as_known`.
        valued: result of `worth`.
        effort: kind of grant → working days that an application takes.

    Returns:
        `call`, `value`, `own_money`, `staff_days`, as `choose` takes them.
    """
    about = valued.set_index("call").reindex(candidates["call"])
    out = pd.DataFrame({"call": candidates["call"].to_numpy()})
    out["value"], out["own_money"] = about["high"].astype(float).to_numpy(), about["own_money"].astype(float).to_numpy()
    days = [float(effort.get(kind, float("nan"))) for kind in candidates["instrument"]]
    return out.assign(staff_days=pd.Series(days, dtype=float))


def ready(answered: pd.DataFrame) -> pd.Series:
    """Call → municipalities whose answer is yes."""
    return (answered["answer"] == "yes").groupby(answered["call"]).sum()


def reasons(answered: pd.DataFrame) -> pd.DataFrame:
    """Why the answer of each call is what it is: `call`, `reasons` (joined by ";", each once), over municipalities."""
    found = answered.groupby("call")["reasons"].agg(
        lambda texts: ";".join(dict.fromkeys(one for text in texts for one in text.split(";")))
    )
    return found.reset_index()


def too_small(answered: pd.DataFrame, call: str) -> list[str]:
    """Municipalities that a call admits in a group only."""
    rows = answered[(answered["call"] == call) & (answered["answer"] == "no")]
    inside = rows["reasons"].map(lambda text: set(text.split(";")) <= set(GROUP_REASONS))
    return list(rows.loc[inside.astype(bool), "istat_code"])


def later(calls: pd.DataFrame, history: pd.DataFrame, as_of: str | date) -> pd.DataFrame:
    """Calls as known today, judged on the day: `as_known` with hindsight."""
    return as_known(calls, history, as_of, hindsight=True)


def moves(history: pd.DataFrame, calls: Iterable[str], as_of: str | date) -> pd.DataFrame:
    """Observations of calls, up to the day, in which something changed; empty where nothing did.

    Args:
        history: table `calls_history`.
        calls: those asked for.
        as_of: the day.

    Returns:
        The columns of `timeline`, the first observation of each call first.
    """
    seen = history[history["observed_on"] <= as_of_day(as_of)]
    wanted = [call for call in calls if call in set(seen["call"])]
    rows = [timeline(seen, call) for call in wanted]
    if not rows:
        return timeline(history, str(history["call"].iloc[0])).head(0)
    frame = pd.concat(rows, ignore_index=True)
    moved = frame["closes_on"] != frame["closes_on"].shift()
    told = frame["endowment"].isna() != frame["endowment"].isna().shift()
    frame = frame[~frame["call"].duplicated() | moved | told | (frame["endowment_change"].abs() > 0)]
    return frame if len(frame) > len(wanted) else frame.head(0)


def hindsight(opened: pd.DataFrame, known_later: pd.DataFrame, applications: pd.DataFrame, code: str) -> pd.DataFrame:
    """Deadline, endowment and extensions as known on the day, beside the last ever observed.

    Args:
        opened: calls open on the day.
        known_later: result of `later`.
        applications: table `applications`.
        code: municipality whose outcome is told; empty for none.

    Returns:
        The columns of `opened`, and `closes_later`, `endowment_later`, `extensions_later`, each amount with its flag,
        and `outcome` (`assigned`, `paid`, `renounced`, `no_row`, `not_observable`).
    """
    then, out = known_later.set_index("call"), []
    covered = coverage(known_later, applications, known_later["applications_observed_until"].max())
    complete = set(covered.loc[covered["coverage"] == "complete", "call"])
    mine = applications[applications["istat_code"] == code].sort_values("submitted_on")
    last = mine.drop_duplicates("call", keep="last").set_index("call")["state"]
    for call in records(opened):
        row = then.loc[call["call"]]
        seen_open = not row["closes_on"] or row["first_observed_on"] <= row["closes_on"]
        extended = float(row["extensions"]) if seen_open else float("nan")
        outcome = last.get(call["call"], "no_row" if call["call"] in complete else "not_observable")
        found = {"closes_later": row["closes_on"], "endowment_later": row["endowment"], "extensions_later": extended}
        out.append(call | found | {"outcome": outcome})
    names = ("endowment", "endowment_later", "extensions_later")
    frame = pd.DataFrame(out, columns=[*opened.columns, "closes_later", *names[1:], "outcome"])
    flags = {f"{name}_flag": frame[name].notna().map({True: "observed", False: "not_observable"}) for name in names}
    return frame.assign(**flags)


def missing_from_list(known: pd.DataFrame) -> pd.DataFrame:
    """Calls that the publisher's list misses, of those observed by the day."""
    rows = known[known["flags"].str.split(";").map(lambda flags: "missing_from_list" in flags).astype(bool)]
    return rows[rows["basis"].isin(("observed", "last_known"))]


def ordered(rated: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Open calls in their order, with what each criterion says and how far the order rests on the weights.

    Args:
        rated: result of `criteria`.
        weights: criterion → weight.

    Returns:
        The columns of `rated`, and `rank`, `score`, `unknown` (criteria not known, joined by ";"), `best`, `worst`,
        `first_share` (of `sensitivity`).
    """
    order, moved = rank(rated, weights), sensitivity(rated, weights)
    frame = order[["rank", "call", "score", "not_known"]].rename(columns={"not_known": "unknown"})
    return frame.merge(moved.drop(columns=["rank"]), on="call").merge(rated, on="call")


def calendar_of(asked: pd.DataFrame, dated: pd.DataFrame, as_of: str | date) -> pd.DataFrame:
    """Calls with a first day that were open in the last eighteen months, and the days of the plan.

    Args:
        asked: calls that municipalities may answer, of the day.
        dated: result of `plan_days`.
        as_of: the day.

    Returns:
        `item` (call, or `event:` and the event), `start`, `end` (ISO days, "" without end), `state`; first to begin
        first. A suspended call has stopped on the day it was seen suspended.
    """
    since = (parse(as_of_day(as_of)) - timedelta(days=RECENT_DAYS)).isoformat()
    rows = []
    for call in records(asked[(asked["opens_on"] != "") & asked["status"].isin(REAL) & (asked["precision"] == "day")]):
        recent = call["closes_on"] >= since if call["closes_on"] else call["status"] != "closed"
        end = call["closes_on"] or (call["known_on"] if call["status"] == SUSPENDED else "")
        rows += [(call["call"], call["opens_on"], end, call["status"])] if recent else []
    rows += [
        (f"event:{row['event']}", row["date"], row["date"], row["state"])
        for row in records(dated)
        if row["date"] >= since
    ]
    return pd.DataFrame(rows, columns=["item", "start", "end", "state"]).sort_values(["start", "end", "item"])


def watched(population: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """`watch_list` of several municipalities, with `istat_code`.

    Args:
        population: table `population`.
        codes: municipalities.
    """
    known = population[(population["item"] == "residents") & population["value"].notna()]
    groups = dict(list(known[known["istat_code"].isin(list(codes))].groupby("istat_code")))
    rows = []
    for code in codes:
        if code in groups:
            years = dict(zip(groups[code]["year"], groups[code]["value"], strict=True))
            rows.append(watch_list(years).assign(istat_code=code))
    return pd.concat(rows, ignore_index=True) if rows else watch_list({}).assign(istat_code="")


def near_of(found: pd.DataFrame, codes: Iterable[str]) -> dict[str, str]:
    """Code → thresholds of `watched`, joined by ";"; "" where there is none."""
    near = {code: ";".join(map(str, rows["threshold"])) for code, rows in found.groupby("istat_code")}
    return {code: near.get(code, "") for code in codes}


def totals_beside(mine: pd.DataFrame, everybody: pd.DataFrame) -> pd.DataFrame:
    """`totals` of the territory beside those of all municipalities: `state`, `own_count`, `own_amount`, `all_count`,
    `all_amount` (EUR, each with its flag)."""
    parts = {name: totals(rows) for name, rows in (("own", mine), ("all", everybody))}
    frame: dict[str, Any] = {"state": parts["own"]["state"]}
    for name, rows in parts.items():
        frame |= {f"{name}_count": rows["applications"], f"{name}_amount": rows["amount"]}
        frame[f"{name}_amount_flag"] = rows["amount_flag"]
    return pd.DataFrame(frame)
