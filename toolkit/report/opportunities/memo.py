"""The first thing on the page and the one sheet on paper: in short, the decisions, what to start now."""

from __future__ import annotations

from toolkit import display
from toolkit.report.opportunities import decide, grants, origin
from toolkit.report.opportunities.case import Case
from toolkit.report.opportunities.places import located_sentence

MOST_STEPS = 6
TABLES = ("calls", "calls_history", "applications", "regis_projects")


def memo(case: Case) -> None:
    """Show the memo: up to five sentences, the decisions on calls, and what to start now, which office, by when."""
    report = case.report
    told = [calls_sentence(case), *grants.sentences(case), located_sentence(case)]
    brief = display.Brief(language=report.language, sentences=told)
    points = display.Points(language=report.language, groups=decide.groups(case))
    steps = steps_table(case, "start", "start_caption", decide.steps(case)[:MOST_STEPS])
    report.extract("memo", case.say("memo_title"), brief, points, steps)


def calls_sentence(case: Case) -> str:
    """Which calls of the plan are open, and how far that is known."""
    opened, watch = case.open_pnrr, case.watch
    if opened.empty:
        key = "calls_none_since" if watch["after_last"] else "calls_none_before" if watch["before_first"] else ""
        dates = {"first": watch["first_observation"], "last": watch["last_observation"]}
        return case.say(key or "calls_none", **dates)
    first = opened.iloc[0]
    about = {
        "n": len(opened),
        "call": case.call_name(first["call"]),
        "closing": first["closes_on"],
        "first": watch["first_observation"],
    }
    if not first["closes_on"]:
        return case.say("calls_some_no_deadline", **about)
    if watch["before_first"]:
        return case.say("calls_some_before", **about)
    return case.say("calls_some", **about)


def steps_table(case: Case, id: str, caption: str, listed: list[decide.Step]) -> display.Table:
    """Steps with office and day."""
    frame = decide.steps_frame(listed)
    what = {step.code: step.what for step in listed}
    by = {step.by: _by(case, step.by) for step in listed}
    columns = [
        case.column("step", texts=what),
        case.coded(frame, "office", "office"),
        case.column("by", texts=by),
    ]
    calls = [step.code.removeprefix("call:") for step in listed]
    return case.report.made_table(
        id,
        case.say(caption),
        frame,
        columns,
        tables=origin.rows_of(case, TABLES, calls),
        note=case.say("start_note", days=case.choices.check_days),
    )


def _by(case: Case, by: str) -> str:
    return case.words.date(by) if by[:1].isdigit() else case.label("by", by)


def checklist(case: Case) -> None:
    """Show all the steps for the offices, and the pieces that every application of a kind asks for."""
    case.report.text(case.say("checklist"))
    shown = steps_table(case, "checklist", "checklist_caption", decide.steps(case))
    case.report.show(shown)


def key_figures(case: Case) -> None:
    """Show the figures of the territory beside those of its groups."""
    case.report.show(display.KeyFigures(language=case.report.language, items=grants.tiles(case)))
