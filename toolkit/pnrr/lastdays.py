"""The days of the plan, and how each looks from a given day: an outcome is known only once a source was seen to say
it."""

from __future__ import annotations

from datetime import date

import pandas as pd

from toolkit.errors import DataError
from toolkit.pnrr.days import as_of_day

REVISION, ASSESSMENT, PAYMENT = "plan_last_revised", "commission_assessment_due", "final_payment_due"
PHASES = ("", "assessment_due", "payment_due", "over")
"""Before the final calendar was out; until the Commission's assessment; until the last payment; after it."""


def plan_days(calendar: pd.DataFrame, as_of: str | date) -> pd.DataFrame:
    """Days of the plan known by the day: those past, and the final calendar once the last revision was out.

    Args:
        calendar: table `pnrr_calendar`.
        as_of: the day.

    Returns:
        The columns of the table, and `state`: `outcome_known` (a source was seen to say it by the day), `due` (the day
        has not passed), `outcome_not_known`. What was seen later is left out: `outcome_it`, `outcome_en` are then "".
    """
    day = as_of_day(as_of)
    rows = calendar[(calendar["date"] <= day) | (_date(calendar, REVISION) <= day)].copy()
    known = (rows["outcome_it"] != "") & (rows["seen_on"] <= day)
    rows["state"] = "outcome_not_known"
    rows.loc[rows["date"] >= day, "state"] = "due"
    rows.loc[known, "state"] = "outcome_known"
    rows.loc[~known, ["outcome_it", "outcome_en", "seen_on"]] = ""
    return rows.sort_values(["date", "event"]).reset_index(drop=True)


def phase(calendar: pd.DataFrame, as_of: str | date) -> str:
    """In which of the plan's last `PHASES` the day falls; a deadline's own day is still before it has passed."""
    day = as_of_day(as_of)
    if day < _date(calendar, REVISION):
        return PHASES[0]
    if day <= _date(calendar, ASSESSMENT):
        return PHASES[1]
    return PHASES[2] if day <= _date(calendar, PAYMENT) else PHASES[3]


def _date(calendar: pd.DataFrame, event: str) -> str:
    found = calendar.loc[calendar["event"] == event, "date"]
    if found.empty:
        raise DataError(f"no event {event!r}", where="pnrr_calendar", allowed=sorted(calendar["event"]))
    return str(found.iloc[0])
