"""How accessible calls were, as known on the day."""

from __future__ import annotations

import pandas as pd

from toolkit import pnrr
from toolkit.report.opportunities import origin
from toolkit.report.opportunities.case import CALLS, REAL, Case


def accessible(case: Case) -> None:
    """Show how accessible the calls known by the day were, by programme: what is not known is not scored."""
    frame = scored(case)
    if frame.empty:
        case.report.text(case.say("accessible_nothing"))
        return
    groups = pnrr.by_programme(frame.assign(family=frame["call"].map(lambda call: _family(case, call))), by="family")
    groups = groups.assign(flag=groups["low"].notna().map({True: "observed", False: "missing"}))
    told = int(frame["score"].notna().sum())
    case.report.text(case.say("accessible", n=len(frame), scored=told), case.say("accessible_rule"))
    columns = [
        case.coded(groups, "group", "family"),
        case.column("calls", unit="calls"),
        case.column("scored", unit="calls"),
        case.column("low", "score_low", unit="score", flag="flag"),
        case.column("median", "score_median", unit="score", flag="flag"),
        case.column("high", "score_high", unit="score", flag="flag"),
        case.column("median_window", unit="days"),
    ]
    tables = [*CALLS, "calls_rules", "calls_amounts", "population"]
    rows = origin.rows_of(case, tables, frame["call"])
    case.report.show_table("accessibility", case.say("accessible_caption"), groups, columns, tables=rows)
    shown = frame[frame["score"].notna()].sort_values(["score", "call"], ascending=[False, True])
    if shown.empty:
        return
    components = ("window", "stability", "reach", "own_share", "form")
    columns = [
        case.named(shown),
        case.column("score", unit="score"),
        case.column("days_window", unit="days"),
        case.column("changes", unit="times"),
        *(case.column(name, f"component_{name}", unit="score") for name in components),
    ]
    caption, note = case.say("scores_caption"), case.say("accessible_note")
    origin.show_table(case, "scores", shown, columns, caption=caption, tables=tables, note=note)


def scored(case: Case) -> pd.DataFrame:
    """Accessibility of calls that municipalities may answer, as known on the day."""
    calls = case.answerable[case.answerable["status"].isin(REAL)]
    people = {code: case.people[code] for code in case.report.universe}
    rules = case.report.table("calls_rules")
    valid = rules[
        ((rules["valid_from"] == "") | (rules["valid_from"] <= case.day))
        & ((rules["valid_to"] == "") | (rules["valid_to"] >= case.day))
    ]
    reach = pnrr.reach_of(valid, dict(zip(calls["call"], calls["applicants"], strict=True)), people)
    history, amounts = case.report.table("calls_history"), case.report.table("calls_amounts")
    return pnrr.accessibility(calls, history, amounts, reach)


def _family(case: Case, call: str) -> str:
    row = case.call_rows[call]
    if row["programme"] != "pnrr":
        return "successor"
    return "pa_digitale" if row["line"] else "other_pnrr"
