"""Calls: what became of each, which are open on the day and what they ask, what came after the plan, the calendar."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import charts, display, pnrr
from toolkit.report.opportunities import decide
from toolkit.report.opportunities.case import Case, records
from toolkit.report.opportunities.worth import amount_of, pieces

CALLS = ("calls", "calls_history")
RECENT_DAYS = 550
LAST_REVISION = "plan_last_revised"
REAL = ("open", "closed", "suspended_to_verify", "standing", "announced")


# ---- four states


def states(case: Case) -> None:
    """Show what became of every call of the plan: won, not funded or not applied, not observable, not eligible."""
    if not case.single:
        _states_of_area(case)
        return
    frame = states_frame(case)
    if frame.empty:
        case.report.text(case.say("states_nothing"))
        return
    counts = {f"n_{state}": int((frame["state"] == state).sum()) for state in pnrr_states()}
    case.report.text(case.say("states", n=len(frame), **counts), case.say("states_rule"))
    columns = [
        case.named(frame),
        case.dated(frame, "closes_on", absent="not_known"),
        case.coded(frame, "state", "state"),
        case.column("amount", unit="EUR", flag="amount_flag"),
        case.coded(frame, "why", "why"),
        case.dated(frame, "applications_observed_until", "observed_until", absent="no_file"),
    ]
    case.report.show_table(
        "states",
        case.say("states_caption"),
        frame,
        columns,
        tables=[*CALLS, "calls_rules", "applications"],
        note=case.say("states_note"),
    )


def pnrr_states() -> tuple[str, ...]:
    """The four states, in order."""
    return ("won", "not_funded_or_not_applied", "not_observable", "not_eligible")


def states_frame(case: Case) -> pd.DataFrame:
    """State of every published call of the plan that municipalities may answer, closed or open.

    Returns:
        `call`, `closes_on`, `state`, `outcome`, `amount`, `amount_flag`, `why` (code), `applications_observed_until`.
    """
    verdict = case.eligibility(case.report.own)
    found = pnrr.call_states(case.report.own, case.covered, case.applications, verdict)
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
    if row["state"] == "not_observable":
        return "file_ends" if row["applications_observed_until"] else "no_file"
    return "no_row"


def _states_of_area(case: Case) -> None:
    """One row a call of PA digitale: in how many municipalities each state holds."""
    if case.covered.empty:
        case.report.text(case.say("states_nothing"))
        return
    rows = []
    for code in case.members:
        found = pnrr.call_states(code, case.covered, case.applications, case.eligibility(code))
        rows.append(found[["call", "state"]].assign(istat_code=code))
    long = pd.concat(rows)
    frame = long.groupby(["call", "state"]).size().unstack(fill_value=0)
    frame = frame.reindex(columns=list(pnrr_states()), fill_value=0).reset_index()
    case.report.text(case.say("states_area", n=len(frame), members=len(case.members)), case.say("states_rule"))
    frame = frame.assign(closes_on=frame["call"].map(case.known.set_index("call")["closes_on"]))
    frame = frame.sort_values(["closes_on", "call"])
    columns = [
        case.named(frame),
        case.dated(frame, "closes_on", absent="not_known"),
        *(
            display.Column(key=name, label=case.label("state", name), unit="municipalities", decimals=0)
            for name in pnrr_states()
        ),
    ]
    case.report.show_table(
        "states",
        case.say("states_caption"),
        frame,
        columns,
        tables=[*CALLS, "calls_rules", "applications"],
        note=case.say("states_note"),
    )


# ---- open on the day


def on_the_day(case: Case) -> None:
    """Show the calls open on the day, as known then and with hindsight, with requirements and amounts."""
    report = case.report
    told = [case.say("on_the_day_none" if case.open.empty else "on_the_day", n=len(case.open))]
    told += [_watched(case), *_extended(case)]
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
    frame = frame[first | (frame["days_moved"] != 0) | (frame["endowment_change"] != 0)]
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
    case.report.show_table(
        "history", case.say("history_caption"), frame, columns, tables=CALLS, note=case.say("history_note")
    )


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
    case.report.show_table(
        "open",
        case.say("open_caption"),
        frame,
        columns,
        tables=[*CALLS, "lump_sums", "calls_amounts", "population"],
        note=case.say("open_note") if case.single else case.say("open_note_area"),
    )


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
    case.report.show_table(
        "requirements",
        case.say("requirements_caption"),
        frame,
        columns,
        tables=["calls_rules", "population", "applications"],
        note=case.say("requirements_note"),
    )


def _then_and_later(case: Case) -> None:
    """Deadline and endowment as known on the day, beside the last ever observed."""
    later = case.hindsight.set_index("call")
    frame = case.open.assign(
        closes_later=[later.loc[call, "closes_on"] for call in case.open["call"]],
        endowment_later=[later.loc[call, "endowment"] for call in case.open["call"]],
        extensions_later=[later.loc[call, "extensions"] for call in case.open["call"]],
        then_flag=case.open["endowment"].notna().map({True: "observed", False: "not_observable"}),
        outcome=[_outcome(case, call) for call in case.open["call"]] if case.single else "",
    )
    columns = [
        case.named(frame),
        case.dated(frame, "closes_on", "closes_then"),
        case.dated(frame, "closes_later"),
        case.column("extensions_later", unit="times"),
        case.column("endowment", "endowment_then", unit="EUR", flag="then_flag"),
        case.column("endowment_later", unit="EUR"),
        *([case.coded(frame, "outcome", "outcome")] if case.single else []),
    ]
    case.report.text(case.say("hindsight"))
    case.report.show_table(
        "hindsight",
        case.say("hindsight_caption"),
        frame,
        columns,
        tables=[*CALLS, "applications"],
        note=case.say("hindsight_note"),
    )


def _outcome(case: Case, call: str) -> str:
    """With hindsight: what the municipality got of the call, as the files tell today."""
    rows = case.report.table("applications")
    rows = rows[(rows["istat_code"] == case.report.own) & (rows["call"] == call)].sort_values("submitted_on")
    return str(rows.iloc[-1]["state"]) if len(rows) else "no_row"


# ---- after the plan


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
    worth = {call: amount_of(case, call).text for call in frame["call"]} if case.single else {}
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
    case.report.show_table(
        "successors",
        case.say("successors_caption"),
        frame,
        columns,
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


# ---- how accessible


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
    case.report.show_table("accessibility", case.say("accessible_caption"), groups, columns, tables=tables)
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
    note = case.say("accessible_note")
    case.report.show_table("scores", case.say("scores_caption"), shown, columns, tables=tables, note=note)


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


# ---- calendar


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
    case.report.figure(
        "calendar",
        case.say("calendar_title" if ours else "calendar_title_none", **about),
        subtitle=case.say("calendar_subtitle"),
        alt=case.say("calendar_alt", **about),
        description=case.say("calendar_description"),
        specs=specs,
        frame=frame,
        columns=columns,
        tables=[*CALLS, "pnrr_calendar"],
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
        {"item": f"event:{row['event']}", "start": row["date"], "end": row["date"], "state": _event_state(case, row)}
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
    if row["item"].startswith("event:"):
        table = case.report.table("pnrr_calendar").set_index("event")
        return str(table.loc[row["item"].removeprefix("event:"), f"title_{case.words.language}"])
    return case.call_name(row["item"])


def _calendar_note(case: Case, row: dict[str, Any]) -> str:
    if row["state"] in ("outcome_not_known", decide.SUSPENDED):
        return case.label("status", row["state"])
    return ""
