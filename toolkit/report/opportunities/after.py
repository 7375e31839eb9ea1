"""After the plan: the other programmes with their status, the days of the plan, the calendar of calls."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit.charts import placed as charts
from toolkit.report.opportunities import decide, origin
from toolkit.report.opportunities.case import CALLS, REAL, Case, records
from toolkit.report.opportunities.worth import amount_of
from toolkit.report.wording import capital

RECENT_DAYS = 550
LAST_REVISION = "plan_last_revised"


def successors(case: Case) -> None:
    """Show programmes other than the plan, each with the status last known and whether the territory may apply."""
    rows = case.answerable[case.answerable["programme"] != "pnrr"]
    rows = rows[rows["status"] != "unknown_before_first_observation"]
    if rows.empty:
        case.report.text(case.say("successors_nothing"))
        return
    frame = rows.sort_values(["programme", "call"]).reset_index(drop=True)
    if case.single:
        frame = frame.assign(answer=[case.answer(call)["answer"] for call in frame["call"]])
        frame = frame.assign(reasons=[case.answer(call)["reasons"] for call in frame["call"]])
    else:
        frame = frame.assign(ready=[len(decide.answers(case, call, "yes")) for call in frame["call"]])
    notes = {row["call"]: _note(case, row) for row in records(frame)}
    worth = {call: capital(amount_of(case, call).text) for call in frame["call"]} if case.single else {}
    frame = frame.assign(note=frame["call"], worth=frame["call"])
    seen = {day: _seen(case, day) for day in frame["known_on"]}
    columns = [
        case.named(frame),
        case.coded(frame, "status", "status"),
        case.column("known_on", texts=seen),
        case.dated(frame, "closes_on", absent="nothing"),
        *(
            [case.coded(frame, "answer", "answer"), case.coded(frame, "reasons", "reason", "reason")]
            if case.single
            else [case.column("ready", unit="municipalities")]
        ),
        *([case.column("worth", texts=worth)] if case.single else []),
        case.column("note", texts=notes),
    ]
    case.report.text(case.say("successors"))
    origin.show_table(
        case,
        "successors",
        frame,
        columns,
        caption=case.say("successors_caption"),
        tables=["calls", "calls_history", "calls_rules", "calls_amounts"],
        note=case.say("successors_note"),
    )


def _seen(case: Case, day: str) -> str:
    """The day of an observation; one made after the as-of date says so."""
    return case.say("seen_later", date=day) if day > case.day else case.words.date(day)


def _note(case: Case, row: dict[str, Any]) -> str:
    """The note of a call, if it was written by the day; one written later says nothing of the day."""
    then = row["known_on"] <= case.day and row["date_checked"] <= case.day
    text = str(row[f"note_{case.words.language}"]) if then else ""
    return text or case.say("nothing")


def calendar(case: Case) -> None:
    """Draw the calls of the last months and the days of the plan on a calendar."""
    frame = calendar_frame(case)
    if frame.empty:
        case.report.text(case.say("calendar_nothing"))
        return
    drawn = frame.assign(name=[_calendar_name(case, row) for row in records(frame)])
    drawn = drawn.assign(note=[_calendar_note(case, row) for row in records(frame)])
    opened = set(case.open["call"])
    ours = [row["name"] for row in records(drawn) if row["item"] in opened]
    specs = charts.pair(charts.timeline, drawn[["name", "start", "end", "note"]], case.words, today=case.day, ours=ours)
    about = {"n": len(frame), "open": len(ours)}
    texts = dict(zip(drawn["item"], drawn["name"], strict=True))
    columns = [
        case.column("item", texts=texts),
        case.dated(frame, "start"),
        case.dated(frame, "end", absent="no_end"),
        case.coded(frame, "state", "status", "status"),
    ]
    rows = origin.rows_of(case, [*CALLS, "pnrr_calendar"], frame["item"])
    shown, columns = origin.sourced(case, frame, columns, rows, "item")
    case.report.figure(
        "calendar",
        case.say("calendar_title" if ours else "calendar_title_none", **about),
        subtitle=case.say("calendar_subtitle"),
        alt=case.say("calendar_alt", **about),
        description=case.say("calendar_description"),
        specs=specs,
        frame=shown,
        columns=columns,
        tables=rows,
        note=case.say("calendar_note"),
    )


def calendar_frame(case: Case) -> pd.DataFrame:
    """Calls with a first day that were open in the last eighteen months, and the days of the plan known by then.

    Returns:
        `item` (call or event), `start`, `end` (ISO days, "" without end), `state`, first to begin first.
    """
    since = case.later(-RECENT_DAYS)
    calls = case.answerable[(case.answerable["opens_on"] != "") & case.answerable["status"].isin(REAL)]
    calls = calls[(calls["closes_on"] == "") | (calls["closes_on"] >= since)]
    rows = [
        {"item": row["call"], "start": row["opens_on"], "end": row["closes_on"] or _end(row), "state": row["status"]}
        for row in records(calls)
        if row["precision"] == "day" and (row["closes_on"] or row["status"] != "closed")
    ]
    rows += [
        {
            "item": origin.EVENT + row["event"],
            "start": row["date"],
            "end": row["date"],
            "state": _event_state(case, row),
        }
        for row in events(case)
        if row["date"] >= since
    ]
    return pd.DataFrame(rows, columns=["item", "start", "end", "state"]).sort_values(["start", "end", "item"])


def _end(row: dict[str, Any]) -> str:
    """A suspended call has stopped on the day it was seen suspended."""
    return str(row["known_on"]) if row["status"] == decide.SUSPENDED else ""


def events(case: Case) -> list[dict[str, Any]]:
    """Days of the plan: those past, and the final calendar once the plan's last revision was out."""
    table = case.report.table("pnrr_calendar")
    revised = str(table.loc[table["event"] == LAST_REVISION, "date"].iloc[0])
    return [row for row in records(table) if row["date"] <= case.day or revised <= case.day]


def _event_state(case: Case, row: dict[str, Any]) -> str:
    if row["state"] == "outcome_not_known":
        return "outcome_not_known"
    return "event_passed" if row["date"] <= case.day else "event_due"


def _calendar_name(case: Case, row: dict[str, Any]) -> str:
    if row["item"].startswith(origin.EVENT):
        table = case.report.table("pnrr_calendar").set_index("event")
        return str(table.loc[row["item"].removeprefix(origin.EVENT), f"title_{case.words.language}"])
    return case.call_name(row["item"])


def _calendar_note(case: Case, row: dict[str, Any]) -> str:
    if row["state"] in ("outcome_not_known", decide.SUSPENDED):
        return case.label("status", row["state"])
    return ""


def plan(case: Case) -> None:
    """Show the days of the plan known by the day, with those whose outcome is not known yet."""
    rows = events(case)
    frame = pd.DataFrame(rows).assign(state=[_event_state(case, row) for row in rows])
    columns = [
        case.column("event", texts={row["event"]: row[f"title_{case.words.language}"] for row in rows}),
        case.dated(frame, "date"),
        case.coded(frame, "state", "status", "status"),
    ]
    caption = case.say("plan_caption")
    origin.show_table(case, "plan", frame, columns, caption=caption, tables=["pnrr_calendar"], key="event")
