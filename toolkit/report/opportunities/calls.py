"""The calls open on the day: requirements, amounts, history of their deadlines, and what became known later."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import pnrr
from toolkit.report.opportunities import decide, origin
from toolkit.report.opportunities.case import CALLS, Case, records
from toolkit.report.opportunities.worth import amount_of, pieces

SEEN = {True: "observed", False: "not_observable"}


def on_the_day(case: Case) -> None:
    """Show the calls open on the day, as known then and with hindsight, with requirements and amounts."""
    report = case.report
    told = [case.say("on_the_day_none" if case.open.empty else "on_the_day", n=len(case.open))]
    told += [_watched(case), *missed(case), *_extended(case)]
    report.text(*told)
    if case.open.empty:
        return
    _open_table(case)
    _history(case)
    if case.single:
        _requirements(case)
    _then_and_later(case)


def _extended(case: Case) -> list[str]:
    """How often deadlines and endowments of the digital calls for municipalities moved, as seen by the day."""
    record = pnrr.extension_record(case.report.table("calls"), case.report.table("calls_history"), case.day)
    rows = record[record["call"].isin(list(case.covered["call"]))]
    if rows.empty:
        return []
    moved = rows[rows["extensions"] > 0]
    raised = int((rows["endowment_ratio"] > 1).sum())
    told = [case.say("extended_record", n=len(rows), moved=len(moved), raised=raised)]
    if len(moved):
        told.append(case.say("extended_days", days=round(float(moved["days_extended"].median()))))
    return told


def _history(case: Case) -> None:
    """The observations of the open calls, up to the day, in which something changed."""
    history = case.report.table("calls_history")
    seen = history[history["observed_on"] <= case.day]
    calls = [call for call in case.open["call"] if call in set(seen["call"])]
    rows = [pnrr.timeline(seen, call) for call in calls]
    if not rows:
        return
    frame = pd.concat(rows, ignore_index=True)
    first = ~frame["call"].duplicated()
    moved = frame["closes_on"] != frame["closes_on"].shift()
    told = frame["endowment"].isna() != frame["endowment"].isna().shift()
    frame = frame[first | moved | told | (frame["endowment_change"].abs() > 0)]
    if len(frame) == len(calls):
        return
    columns = [
        case.named(frame),
        case.dated(frame, "observed_on"),
        case.dated(frame, "closes_on", absent="not_known"),
        case.column("days_moved", unit="days"),
        case.column("endowment", unit="EUR"),
        case.column("endowment_change", unit="EUR"),
    ]
    columns += [case.column("source", "source_of_call")] if frame["source"].nunique() > 1 else []
    caption, note = case.say("history_caption"), case.say("history_note")
    case.report.show_table("history", caption, frame, columns, tables={"calls_history": frame}, note=note)


def _watched(case: Case) -> str:
    watch = case.watch
    key = "watch_before" if watch["before_first"] else "watch_after" if watch["after_last"] else "watch_within"
    return case.say(key, first=watch["first_observation"], last=watch["last_observation"])


def _open_table(case: Case) -> None:
    rows = []
    for call in records(case.open):
        row = {name: call[name] for name in ("call", "opens_on", "closes_on", "days_left", "endowment", "caveats")}
        row["endowment_flag"] = "observed" if call["endowment"] == call["endowment"] else "not_observable"
        row |= {"extensions": call["extensions"], "days_extended": call["days_extended"]}
        row["extension_flag"] = "observed" if call["extensions"] == call["extensions"] else "not_observable"
        if case.single:
            row |= {"answer": case.answer(call["call"])["answer"], "worth": call["call"]}
        else:
            row |= {"ready": len(decide.answers(case, call["call"], "yes"))}
        rows.append(row)
    frame = pd.DataFrame(rows)
    worth = {call: _worth_text(case, call) for call in frame["call"]} if case.single else {}
    columns = [
        case.named(frame),
        *([case.coded(frame, "answer", "answer")] if case.single else [case.column("ready", unit="municipalities")]),
        *([case.column("worth", texts=worth)] if case.single else []),
        case.dated(frame, "opens_on"),
        case.dated(frame, "closes_on"),
        case.column("days_left", unit="days"),
        case.column("extensions", unit="times", flag="extension_flag"),
        case.column("endowment", unit="EUR", flag="endowment_flag"),
        case.coded(frame, "caveats", "caveat"),
    ]
    origin.show_table(
        case,
        "open",
        frame,
        columns,
        caption=case.say("open_caption"),
        tables=[*CALLS, "lump_sums", "calls_amounts", "population"],
        note=case.say("open_note") if case.single else case.say("open_note_area"),
    )


def missed(case: Case) -> list[str]:
    """Calls that the publisher's list misses, as known by the day, and since when it has not been updated."""
    found = case.missing
    if not found:
        return []
    about = {"last": case.watch["last_observation"], "known": min(row["known_on"] for row in found)}
    return [case.say("list_stopped", **about), *(_missing(case, row) for row in found)]


def _missing(case: Case, row: dict[str, Any]) -> str:
    who = [case.label("applicant", kind) for kind in row["applicants"].split(";")]
    about = {"opens": row["opens_on"], "closes": row["closes_on"], "owner": row["owner"], "applicants": who}
    return case.say("list_misses", call=case.call_name(row["call"]), **about)


def _worth_text(case: Case, call: str) -> str:
    found = amount_of(case, call)
    detail = pieces(case, case.lines[call], case.report.own) if case.lines[call] else ""
    return f"{found.text[:1].upper()}{found.text[1:]}" + (f" {detail[:1].upper()}{detail[1:]}." if detail else "")


def _requirements(case: Case) -> None:
    """Every rule of the open calls, with its answer, its reason and its source."""
    rules = case.rules[case.rules["call"].isin(case.open["call"])].reset_index(drop=True)
    order = {call: number for number, call in enumerate(case.open["call"])}
    frame = rules.assign(rule_text=rules["rule"] + "|" + rules["operator"] + "|" + rules["value"])
    texts = {text: case.rule_text(text) for text in frame["rule_text"].unique()}
    frame = frame.assign(order=frame["call"].map(order))
    frame = frame.sort_values(["order", "rule_id"])
    frame = frame.assign(certainty=frame["known_later"].map({True: "later", False: "then"}))
    columns = [
        case.named(frame),
        case.column("rule_text", texts=texts),
        case.coded(frame, "answer", "answer", "answer_rule"),
        case.coded(frame, "reason", "reason"),
        case.coded(frame, "basis", "basis"),
        case.coded(frame, "certainty", "certainty"),
        case.column("source", "source_of_rule"),
    ]
    origin.show_table(
        case,
        "requirements",
        frame,
        columns,
        caption=case.say("requirements_caption"),
        tables=["calls_rules", "population", "applications"],
        note=case.say("requirements_note"),
    )


def _then_and_later(case: Case) -> None:
    """Deadline and endowment as known on the day, beside the last ever observed."""
    later = case.hindsight.set_index("call")
    frame = case.open.assign(
        closes_later=[later.loc[call, "closes_on"] for call in case.open["call"]],
        endowment_later=[later.loc[call, "endowment"] for call in case.open["call"]],
        extensions_later=[_extensions(later.loc[call]) for call in case.open["call"]],
        later_flag=later.loc[case.open["call"], "endowment"].notna().map(SEEN).to_numpy(),
        then_flag=case.open["endowment"].notna().map(SEEN),
        outcome=[_outcome(case, call) for call in case.open["call"]] if case.single else "",
    )
    frame["extension_flag"] = frame["extensions_later"].notna().map(SEEN)
    columns = [
        case.named(frame),
        case.dated(frame, "closes_on", "closes_then"),
        case.dated(frame, "closes_later"),
        case.column("extensions_later", unit="times", flag="extension_flag"),
        case.column("endowment", "endowment_then", unit="EUR", flag="then_flag"),
        case.column("endowment_later", unit="EUR", flag="later_flag"),
        *([case.coded(frame, "outcome", "outcome")] if case.single else []),
    ]
    case.report.text(case.say("hindsight"))
    origin.show_table(
        case,
        "hindsight",
        frame,
        columns,
        caption=case.say("hindsight_caption"),
        tables=[*CALLS, "applications"],
        hindsight=True,
        note=case.say("hindsight_note"),
    )


def _extensions(later: pd.Series) -> float:
    """Extensions of a call over its whole history; not known where it was first seen after closing."""
    seen_open = not later["closes_on"] or later["first_observed_on"] <= later["closes_on"]
    return float(later["extensions"]) if seen_open else float("nan")


def _outcome(case: Case, call: str) -> str:
    """With hindsight: what the municipality got of the call, as the files tell today."""
    rows = case.report.table("applications")
    mine = rows[(rows["istat_code"] == case.report.own) & (rows["call"] == call)].sort_values("submitted_on")
    if len(mine):
        return str(mine.iloc[-1]["state"])
    covered = pnrr.coverage(case.hindsight, rows, case.hindsight["applications_observed_until"].max())
    complete = covered.loc[covered["coverage"] == "complete", "call"]
    return "no_row" if call in set(complete) else "not_observable"
