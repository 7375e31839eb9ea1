"""What became of every call of the plan: won, not funded or not applied for, not observable, not eligible."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import display, pnrr
from toolkit.pnrr.states import STATES
from toolkit.report.opportunities import origin
from toolkit.report.opportunities.case import CALLS, Case, records


def states(case: Case) -> None:
    """Show what became of every call of the plan: won, not funded or not applied, not observable, not eligible."""
    if not case.single:
        _states_of_area(case)
        return
    frame = states_frame(case)
    if frame.empty:
        case.report.text(case.say("states_nothing"))
        return
    counts = {f"n_{state}": int((frame["state"] == state).sum()) for state in STATES}
    case.report.text(case.say("states", n=len(frame), **counts), case.say("states_rule"))
    columns = [
        case.named(frame),
        case.dated(frame, "closes_on", absent="not_known"),
        case.coded(frame, "state", "state"),
        case.column("amount", unit="EUR", flag="amount_flag"),
        case.coded(frame, "why", "why"),
        case.dated(frame, "applications_observed_until", "observed_until", absent="no_file"),
    ]
    origin.show_table(
        case,
        "states",
        frame,
        columns,
        caption=case.say("states_caption"),
        tables=[*CALLS, "calls_rules", "applications"],
        note=case.say("states_note"),
    )


def states_frame(case: Case, code: str = "") -> pd.DataFrame:
    """State of every published call of the plan that municipalities may answer, closed or open.

    Args:
        code: one of the territory's municipalities; the municipality of the report where not given.

    Returns:
        `call`, `closes_on`, `state`, `outcome`, `amount`, `amount_flag`, `why` (code), `applications_observed_until`.
    """
    code = code or case.report.own
    verdict = case.eligibility(code)
    found = pnrr.call_states(code, case.covered, case.applications, verdict)
    files = {row["call"]: row for row in records(found)}
    rows = []
    ours = case.answerable[
        (case.answerable["programme"] == "pnrr") & case.answerable["status"].isin(("open", "closed"))
    ]
    for call in records(ours):
        row = files.get(call["call"])
        if row is None:
            state = "not_eligible" if verdict[call["call"]] == "no" else "not_observable"
            row = {"state": state, "outcome": "", "amount": float("nan"), "held_same_line": False}
            row["applications_observed_until"] = ""
        rows.append(
            {
                "call": call["call"],
                "closes_on": call["closes_on"],
                "state": row["state"],
                "outcome": row["outcome"],
                "amount": row["amount"],
                "why": _why(case, call["call"], row),
                "applications_observed_until": row["applications_observed_until"],
            }
        )
    columns = ["call", "closes_on", "state", "outcome", "amount", "why", "applications_observed_until"]
    frame = pd.DataFrame(rows, columns=columns)
    nothing = frame["state"].isin(("not_funded_or_not_applied", "not_eligible"))
    frame["amount"] = frame["amount"].where(~nothing, 0.0)  # no decree in a complete file, or no right to one
    flag = frame["state"].map({"not_observable": "not_observable"}).fillna("observed")
    return frame.assign(amount_flag=flag).sort_values(["closes_on", "call"]).reset_index(drop=True)


def _why(case: Case, call: str, row: dict[str, Any]) -> str:
    """The code of the reason behind a state."""
    if row["state"] == "won":
        return f"won_{row['outcome']}"
    if row["state"] == "not_eligible":
        return "rule_held" if row["held_same_line"] else "rule"
    if row["held_same_line"]:
        return "held_same_line"
    if case.call_rows[call]["status"] == "open":
        return "still_open"
    if row["state"] == "not_observable":
        return "file_ends" if row["applications_observed_until"] else "no_file"
    return "no_row"


def _states_of_area(case: Case) -> None:
    """One row a call of the plan: in how many municipalities each state holds."""
    long = pd.concat([states_frame(case, code)[["call", "closes_on", "state"]] for code in case.members])
    if long.empty:
        case.report.text(case.say("states_nothing"))
        return
    frame = long.groupby(["closes_on", "call", "state"]).size().unstack(fill_value=0)
    frame = frame.reindex(columns=list(STATES), fill_value=0).reset_index()
    case.report.text(case.say("states_area", n=len(frame), members=len(case.members)), case.say("states_rule"))
    columns = [
        case.named(frame),
        case.dated(frame, "closes_on", absent="not_known"),
        *(
            display.Column(key=name, label=case.label("state", name), unit="municipalities", decimals=0)
            for name in STATES
        ),
    ]
    origin.show_table(
        case,
        "states",
        frame,
        columns,
        caption=case.say("states_caption"),
        tables=[*CALLS, "calls_rules", "applications"],
        note=case.say("states_note"),
    )
