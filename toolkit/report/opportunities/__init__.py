"""The report on calls: what was won, lost and paid, and what is worth answering on a given day.

A notebook makes a `Case` of its report and calls the functions below, one a section.
"""

from toolkit.report.opportunities.access import accessible
from toolkit.report.opportunities.after import calendar, plan, successors
from toolkit.report.opportunities.calls import on_the_day
from toolkit.report.opportunities.case import TABLES, Case
from toolkit.report.opportunities.choice import portfolio, ranking
from toolkit.report.opportunities.grants import chains, won
from toolkit.report.opportunities.limits import caveats, to_verify
from toolkit.report.opportunities.memo import checklist, key_figures, memo
from toolkit.report.opportunities.outcomes import states
from toolkit.report.opportunities.places import located, seminar, thresholds, zone
from toolkit.report.opportunities.takeup import take_up, waits

__all__ = [
    "TABLES",
    "Case",
    "accessible",
    "calendar",
    "caveats",
    "chains",
    "checklist",
    "key_figures",
    "located",
    "memo",
    "on_the_day",
    "plan",
    "portfolio",
    "ranking",
    "seminar",
    "states",
    "successors",
    "take_up",
    "thresholds",
    "to_verify",
    "waits",
    "won",
    "zone",
]
