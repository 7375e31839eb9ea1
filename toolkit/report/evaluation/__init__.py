"""The report on policies: what changed, what can be expected, and whether it can be known.

A notebook makes a `Case` of its report and calls the functions below, one a section.
"""

from toolkit.report.evaluation.case import TABLES, Case
from toolkit.report.evaluation.expected import ahead
from toolkit.report.evaluation.follow import actions, actors, claims, trials
from toolkit.report.evaluation.found import results, robustness, timing
from toolkit.report.evaluation.frame import data, knowable, logic, policies
from toolkit.report.evaluation.told import brief, caveats, decision, paper

__all__ = [
    "TABLES",
    "Case",
    "actions",
    "actors",
    "ahead",
    "brief",
    "caveats",
    "claims",
    "data",
    "decision",
    "knowable",
    "logic",
    "paper",
    "policies",
    "results",
    "robustness",
    "timing",
    "trials",
]
