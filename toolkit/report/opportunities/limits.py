"""What is to be verified, and what the data cannot say."""

from __future__ import annotations

from toolkit.report.opportunities import origin
from toolkit.report.opportunities.calls import missed
from toolkit.report.opportunities.case import Case, records


def to_verify(case: Case) -> None:
    """Show every call known by the day that has something to verify, with its source and the day of the check."""
    rows = case.answerable[case.answerable["to_verify"] != ""]
    if rows.empty:
        case.report.text(case.say("to_verify_nothing"))
        return
    frame = rows.sort_values("call").reset_index(drop=True)
    columns = [
        case.named(frame),
        case.coded(frame, "to_verify", "field", "fields"),
        case.column("source", "source_of_call"),
        case.dated(frame, "date_checked"),
    ]
    kinds = _unsure_projects(case)
    case.report.text(case.say("to_verify", n=len(frame)), *([kinds] if kinds else []))
    origin.show_table(case, "to-verify", frame, columns, caption=case.say("to_verify_caption"), tables=["calls"])


def _unsure_projects(case: Case) -> str:
    rows = case.located[case.located["beneficiary_to_verify"]]
    return case.say("to_verify_projects", n=int(rows["cup"].nunique())) if len(rows) else ""


def caveats(case: Case) -> None:
    """List what the data cannot say."""
    report = case.report
    for name in ("applicants", "files_end", "payments", "located", "history"):
        report.caveat(f"pnrr.caveat_{name}", **_dates(case))
    if told := missed(case):
        report.caveat("pnrr.caveat_missed", told=" ".join(told))
    for row in _outcomes(case):
        about = {"title": row[f"title_{report.language}"], "date": row["date"], "day": case.day}
        report.caveat("pnrr.caveat_outcome", **about)
    if case.day > "2025-07-06":
        report.caveat("pnrr.caveat_protocol")
    report.caveats()


def _dates(case: Case) -> dict[str, object]:
    files = case.report.table("calls")["applications_observed_until"]
    projects = case.report.table("regis_projects")
    return {
        "first": case.watch["first_observation"],
        "last": case.watch["last_observation"],
        "oldest": min(files[files != ""]),
        "newest": max(files),
        "paid": max(projects["payments_on"]),
        "placed": max(projects["located_on"]),
    }


def _outcomes(case: Case) -> list[dict[str, object]]:
    table = case.report.table("pnrr_calendar")
    revised = str(table.loc[table["event"] == "plan_last_revised", "date"].iloc[0])
    unknown = table[table["state"] == "outcome_not_known"]
    return records(unknown.head(1)) if case.day >= revised else []
