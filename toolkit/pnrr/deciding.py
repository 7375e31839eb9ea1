"""What to do with a call on a day: who may answer it, alone or together, and what offices can start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from toolkit.pnrr.days import as_of_day, records
from toolkit.pnrr.eligibility import evaluate, facts_of, verdicts
from toolkit.pnrr.thresholds import groups_reaching

APPLY, CHECK, JOIN, LEAVE = "apply", "check", "join", "leave"
DECISIONS = (APPLY, CHECK, JOIN, LEAVE)
"""`check`: not to be decided before a requirement is verified. `join`: only together with others."""

SUSPENDED = "suspended_to_verify"
GROUP_REASONS = ("alone_too_small", "needs_group")
REAL = ("open", "closed", "suspended_to_verify", "standing", "announced")
"""Statuses of calls that can be answered, or could: not of programmes, registers and automatic allocations."""


MOST_NAMED = 6
"""Grants of a municipality that have an action each; the rest are counted."""


def answerable(known: pd.DataFrame) -> pd.DataFrame:
    """Published calls that municipalities may answer, alone or in groups.

    Args:
        known: result of `as_known`.
    """
    ours = known["applicants"].str.split(";").map(lambda codes: bool({"municipality", "municipality_group"} & {*codes}))
    return known[ours & (known["status"] != "not_yet_published")].reset_index(drop=True)


def open_now(asked: pd.DataFrame) -> pd.DataFrame:
    """Calls open on the day, first to close first, those without a known deadline last; standing funds are apart."""
    rows = asked[asked["status"] == "open"].sort_values("call")
    return rows.sort_values("closes_on", key=lambda days: days.replace("", "9999"), kind="stable")


def of_the_plan(asked: pd.DataFrame) -> pd.DataFrame:
    """Calls of the plan, open or closed: what was given to all alike, without asking, was no call."""
    real = asked["status"].isin(("open", "closed")) & (asked["instrument"] != "automatic")
    return asked[(asked["programme"] == "pnrr") & real].reset_index(drop=True)


def successors(asked: pd.DataFrame) -> pd.DataFrame:
    """Programmes other than the plan, as far as they were known on the day."""
    known = ~asked["status"].isin(("unknown_before_first_observation",))
    return asked[(asked["programme"] != "pnrr") & known].sort_values(["programme", "call"]).reset_index(drop=True)


def judge(
    codes: Iterable[str],
    rules: pd.DataFrame,
    known: pd.DataFrame,
    population: pd.DataFrame,
    grants: pd.DataFrame,
    places: Mapping[str, Mapping[str, object]],
    as_of: str | date,
) -> pd.DataFrame:
    """Every rule known on the day, judged on what is known of each municipality at the closing of the call.

    Args:
        codes: municipalities.
        rules: table `calls_rules`.
        known: result of `as_known`.
        population: table `population`.
        grants: result of `grants`.
        places: code → other facts (`region`, `metropolitan_city` …).
        as_of: the day.

    Returns:
        The columns of `evaluate`, and `istat_code`.
    """
    closings = dict(zip(known["call"], known["closes_on"], strict=True))
    lines = dict(zip(known["call"], known["line"], strict=True))
    wanted = list(codes)
    people = population[population["istat_code"].isin(wanted)]
    mine = grants[grants["istat_code"].isin(wanted)]
    found = []
    for code in wanted:
        facts = facts_of(code, people, mine, lines, places.get(code, {}))
        found.append(evaluate(rules, facts, as_of, lines=lines, judged_on=closings).assign(istat_code=code))
    return pd.concat(found, ignore_index=True)


def answers(judged: pd.DataFrame, asked: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """One answer a municipality and call.

    Args:
        judged: result of `judge`.
        asked: the calls asked about, rows of `as_known`.
        codes: municipalities.

    Returns:
        `istat_code`, `call`, `answer` (yes, no, unknown), `reasons` (joined by ";"), `near`, `known_later`, and
        `asked`, which says of a call that has closed that the answer is of the past: `had`, `had_not`, `unknown`.
    """
    groups = dict(list(judged.groupby("istat_code")))
    found = [verdicts(groups[code], asked["call"]).assign(istat_code=code) for code in codes]
    rows = pd.concat(found, ignore_index=True)
    closed = rows["call"].map(dict(zip(asked["call"], asked["status"], strict=True))) == "closed"
    past = rows["answer"].map({"yes": "had", "no": "had_not"}).fillna("unknown")
    return rows.assign(asked=rows["answer"].where(~closed, past))


def decisions(asked: pd.DataFrame, answered: pd.DataFrame) -> pd.DataFrame:
    """What to do with each call that may still be answered, in the order of their closing.

    A municipality applies where it may, checks where a requirement is not known, joins where it is too small alone; an
    area applies where one of its members may, and joins where some of them may only together.

    Args:
        asked: calls that municipalities may answer, of a day.
        answered: result of `answers`, of the municipalities of the territory.

    Returns:
        The columns of `asked`, and `decision` (one of `DECISIONS`), `ready`, `unsure`, `small` (members whose answer is
        yes, unknown, or no because they are too small alone), `members`.
    """
    by_call = dict(list(answered.groupby("call")))
    out = []
    for call in [*records(open_now(asked)), *records(asked[asked["status"].isin(("standing", SUSPENDED))])]:
        rows = by_call[call["call"]]
        small = [row["istat_code"] for row in records(rows) if _too_small(row)]
        ready, unsure = (int((rows["answer"] == answer).sum()) for answer in ("yes", "unknown"))
        made = JOIN if small else APPLY if ready else CHECK if unsure else LEAVE
        if call["status"] == "standing":
            made = JOIN if ready else ""
        elif call["status"] == SUSPENDED:
            made = LEAVE
        if not made or (call["status"] != "open" and call["basis"] == "later_observation"):
            continue  # what was seen only later is no decision of the day
        out.append(
            call | {"decision": made, "ready": ready, "unsure": unsure, "small": len(small), "members": len(rows)}
        )
    columns = [*asked.columns, "decision", "ready", "unsure", "small", "members"]
    return pd.DataFrame(out, columns=columns)


def _too_small(row: Mapping[str, Any]) -> bool:
    """A call admits it in a group only: alone it does not reach the threshold, or it wants no one alone."""
    return row["answer"] == "no" and set(row["reasons"].split(";")) <= set(GROUP_REASONS)


def wanted_of_groups(judged: pd.DataFrame, call: str) -> dict[str, Any]:
    """What a call wants of a group: `threshold` of residents, `below` of each member; empty where it wants none."""
    rows = judged[judged["call"] == call]
    group, member = (rows[rows["rule"] == rule] for rule in ("group_population", "member_population"))
    if group.empty:
        return {}
    below = float(member["value"].iloc[0]) if len(member) else None
    return {"threshold": float(group["value"].iloc[0]), "below": below}


def smallest_group(
    codes: Sequence[str],
    partners: Mapping[str, Sequence[str]],
    people: Mapping[str, float],
    threshold: float = 0.0,
    below: float | None = None,
) -> dict[str, Any]:
    """The smallest group that reaches a threshold and holds one of the municipalities; empty where there is none.

    Those of the list are tried among themselves first, then with the other partners.

    Args:
        codes: those too small alone.
        partners: code → with whom it may form a group, itself included.
        people: code → residents.
        threshold, below: as `wanted_of_groups` gives them; without a threshold no group is wanted.

    Returns:
        `members` (codes joined by ";"), `population`, `margin`, `size`, `near`.
    """
    for others in () if not threshold else (set(codes), {one for listed in partners.values() for one in listed}):
        found: list[dict[str, Any]] = []
        for code in codes:
            among = [one for one in partners.get(code, ()) if one in others | {code}]
            if code in among:
                found += records(groups_reaching(code, among, people, threshold, member_below=below, most=1))
        if found:
            return min(found, key=lambda one: (one["size"], one["population"], one["members"]))
    return {}


def groups_of(
    codes: Sequence[str],
    partners: Mapping[str, Sequence[str]],
    people: Mapping[str, float],
    thresholds: Sequence[float] = (25_000, 50_000),
    most: int = 5,
) -> pd.DataFrame:
    """The smallest groups that reach the thresholds that each municipality does not reach alone.

    Args:
        codes: municipalities; of several, only the next threshold and the smallest group of each.
        partners, people: as `smallest_group`.

    Returns:
        `istat_code`, `threshold`, `size`, `members`, `population`, `margin`, `near`.
    """
    rows: list[dict[str, Any]] = []
    for code in codes:
        among = [one for one in partners.get(code, ()) if one in people]
        above = [threshold for threshold in thresholds if code in among and people[code] < threshold]
        for threshold in above if len(codes) == 1 else above[:1]:
            found = groups_reaching(code, among, people, threshold, most=most if len(codes) == 1 else 1)
            rows += [row | {"istat_code": code, "threshold": threshold} for row in records(found)]
    columns = ["istat_code", "threshold", "size", "members", "population", "margin", "near"]
    return pd.DataFrame(rows, columns=columns)


def actions(
    decided: pd.DataFrame, unseen: pd.DataFrame, covered: pd.DataFrame, calls: pd.DataFrame, as_of: str | date
) -> pd.DataFrame:
    """What offices can start, the most pressing first; a day only where a source gives one.

    Args:
        decided: result of `decisions`.
        unseen: result of `unpaid`, of the territory.
        covered: result of `coverage`.
        calls: table `calls`, for owner and office.
        as_of: the day.

    Returns:
        `step` (a code, the same in all languages), `action` (`apply`, `check`, `payment`, `payments`, `ask`, `adhere`,
        `join`, `records`, `keep`), `call`, `office`, `ask` (whom), `by` (ISO day, "" where no source gives one),
        `amount` (EUR), `cup`, `n`.
    """
    day = as_of_day(as_of)
    about = calls.set_index("call")
    rows: list[dict[str, Any]] = []
    for call in records(decided[decided["status"] == "open"]):
        if call["decision"] != LEAVE:
            rows.append(_step(call["decision"], call, by=call["closes_on"]))
    largest = records(unseen.head(MOST_NAMED)) if unseen["istat_code"].nunique() < 2 else []
    for grant in largest:
        call = {"call": grant["call"], **about.loc[grant["call"], ["office", "owner"]]}
        rows.append(_step("payment", call, amount=grant["amount"], cup=grant["cup"], code=f"payment:{grant['cup']}"))
    rest = unseen.iloc[len(largest) :]
    if len(rest):
        call = {"call": "", **about.loc[rest["call"].iloc[0], ["office", "owner"]]}
        rows.append(_step("payments", call, amount=rest["amount"].sum(min_count=1), n=len(rest), code="payments"))
    for call in records(decided[decided["status"] != "open"]):
        rows.append(_step("ask" if call["status"] == SUSPENDED else "adhere", call))
    open_files = covered[(covered["coverage"] != "complete") & (covered["closes_on"] < day)]
    if len(open_files):
        call = {"call": "", **about.loc[open_files["call"].iloc[0], ["office", "owner"]]}
        rows.append(_step("records", call, n=len(open_files), code="records"))
    if len(unseen) or len(covered):
        rows.append(_step("keep", {"call": "", "office": "finance", "owner": ""}, code="documents"))
    columns = ["step", "action", "call", "office", "ask", "by", "amount", "cup", "n"]
    return pd.DataFrame(rows, columns=columns)


def _step(action: str, call: Mapping[str, Any], code: str = "", by: str = "", **more: Any) -> dict[str, Any]:
    """One row of `actions`."""
    row = {"step": code or f"call:{call['call']}", "action": action, "call": call["call"], "office": call["office"]}
    return row | {"ask": call["owner"], "by": by, "amount": float("nan"), "cup": "", "n": 1} | more
