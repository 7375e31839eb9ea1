"""The benchmark report: what each of its sections says and shows.

A notebook makes one `study` of its report, and calls one function a section. Figures come from `toolkit.indicators`;
here they are worded, drawn and laid out.
"""

from toolkit.report.benchmark.assessment import checklist, limits, method, own_figures, swot
from toolkit.report.benchmark.commuting import commuting
from toolkit.report.benchmark.composite import composite, fragility
from toolkit.report.benchmark.people import income, people
from toolkit.report.benchmark.place import position, similar, weight, where_on_map
from toolkit.report.benchmark.short import in_short
from toolkit.report.benchmark.study import Study, tables
from toolkit.report.benchmark.trends import trends
from toolkit.report.benchmark.work import sectors, work
from toolkit.report.benchmark.world import international, metropolitan_sectors
from toolkit.report.core import Report

__all__ = [
    "Study",
    "checklist",
    "commuting",
    "composite",
    "fragility",
    "in_short",
    "income",
    "international",
    "limits",
    "method",
    "metropolitan_sectors",
    "own_figures",
    "people",
    "position",
    "sectors",
    "similar",
    "study",
    "swot",
    "tables",
    "trends",
    "weight",
    "where_on_map",
    "work",
]


def study(report: Report, compare_with: str = "") -> Study:
    """The figures of the report's territory and of those it is set against, computed once.

    Args:
        report: the report.
        compare_with: name of a set of `params/sets/`, or id of an area: one more comparison group.
    """
    return Study(report, compare_with)
