"""Calls and public money: what was won, given up, paid and seen; what could be answered on a given day.

Every question is asked as of a day. Tables come in as DataFrames of the catalogue, results go out as DataFrames and
small objects of numbers, codes and label keys; sentences are made elsewhere.
"""

from toolkit.pnrr.accessibility import accessibility, by_programme, reach_of
from toolkit.pnrr.amounts import Amount, Grant, check_applications, class_maximum, grant, lump_sum, near_classes
from toolkit.pnrr.calls import as_known, extension_record, open_calls, timeline, watch
from toolkit.pnrr.checks import check_bands, check_calls, check_rules, measure_code
from toolkit.pnrr.eligibility import Facts, evaluate, facts_of, verdicts
from toolkit.pnrr.located import by_beneficiary, finance, located, naive_total, province_total, summary
from toolkit.pnrr.portfolio import Knapsack, Portfolio, choose, knapsack
from toolkit.pnrr.projects import (
    applications_as_of,
    chains,
    compare,
    payment_totals,
    payments,
    per_municipality,
    sums_by,
    totals,
)
from toolkit.pnrr.ranking import criteria, rank, sensitivity
from toolkit.pnrr.states import call_states, coverage, success_rate, take_up, take_up_total
from toolkit.pnrr.thresholds import groups_reaching, watch_list
from toolkit.pnrr.waiting import survival, wait_at, waiting_times, waits_by

__all__ = [
    "Amount",
    "Facts",
    "Grant",
    "Knapsack",
    "Portfolio",
    "accessibility",
    "applications_as_of",
    "as_known",
    "by_beneficiary",
    "by_programme",
    "call_states",
    "chains",
    "check_applications",
    "check_bands",
    "check_calls",
    "check_rules",
    "choose",
    "class_maximum",
    "compare",
    "coverage",
    "criteria",
    "evaluate",
    "extension_record",
    "facts_of",
    "finance",
    "grant",
    "groups_reaching",
    "knapsack",
    "located",
    "lump_sum",
    "measure_code",
    "naive_total",
    "near_classes",
    "open_calls",
    "payment_totals",
    "payments",
    "per_municipality",
    "province_total",
    "rank",
    "reach_of",
    "sensitivity",
    "success_rate",
    "summary",
    "sums_by",
    "survival",
    "take_up",
    "take_up_total",
    "timeline",
    "totals",
    "verdicts",
    "wait_at",
    "waiting_times",
    "waits_by",
    "watch",
    "watch_list",
]


def __dir__() -> list[str]:
    return sorted(__all__)
