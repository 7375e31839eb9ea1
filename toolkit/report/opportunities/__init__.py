"""The report on calls: what was won, lost and paid, and what is worth answering on a given day.

A notebook makes a `Case` of its report and calls the functions below, one a section.
"""

from collections.abc import Sequence

from IPython.utils.capture import capture_output

from toolkit.params import LANGUAGES
from toolkit.report.core import WordedReport as Report
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
    "warm_up",
    "won",
    "zone",
]

SECTIONS = (
    memo,
    key_figures,
    won,
    chains,
    states,
    waits,
    take_up,
    located,
    on_the_day,
    successors,
    plan,
    calendar,
    ranking,
    portfolio,
    accessible,
    thresholds,
    zone,
    seminar,
    to_verify,
    checklist,
    caveats,
)
"""Those of the page, in its order."""


def warm_up(municipality: str = "", area: str = "", as_of: str = "", languages: Sequence[str] = LANGUAGES) -> None:
    """Compute what the pages of a run share, so that processes forked afterwards have it."""
    where = {"municipality": municipality, "area": area, "as_of": as_of}
    for language in languages:
        with capture_output():
            case = Case(Report("pnrr", language=language, tables=TABLES, **where))
            for section in SECTIONS:
                section(case)
