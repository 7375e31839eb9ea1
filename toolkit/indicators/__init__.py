"""Benchmark measures, one file per theme: pure functions on DataFrames.

Each registered indicator is a function of its tables that gives a `Measure` (`indicators.income_per_taxpayer(income)`,
`help(indicators.income_per_taxpayer)`); `compute` gives several for any territories; the other functions are methods
with docstrings of their own.
"""

from __future__ import annotations

from toolkit.contract import FLAGS
from toolkit.indicators import (
    commuting,
    complexity,
    composite,
    composite_steps,
    composite_uncertainty,
    decomposition,
    distribution,
    fragility,
    income,
    land,
    people,
    production,
    provinces,
    regional,
    sectors,
    shift_share,
    weight,
    world,
)
from toolkit.indicators.base import REGISTRY, Indicator, compute, get
from toolkit.indicators.change import change, one_series, spans
from toolkit.indicators.commuting import area_self_containment, flows_of, main_flows
from toolkit.indicators.decomposition import ProductivityGap, gap_between, productivity_gap
from toolkit.indicators.distribution import (
    class_shares,
    classes_of,
    gini_bounds,
    gini_table,
    income_gini,
    latest_classes,
    median_class,
)
from toolkit.indicators.measure import Measure, measured
from toolkit.indicators.peers import Peers, nearest, same_size, same_value, size_class, structure
from toolkit.indicators.position import (
    Position,
    percentile_change,
    percentile_changes,
    percentiles,
    position,
    ranks,
    robust_z,
    values_of,
)
from toolkit.indicators.provinces import (
    ProvinceStructure,
    persons_panel,
    province_gap,
    structure_of_province,
    with_sectors,
)
from toolkit.indicators.sums import ADDITIVE, aggregate

__all__ = [
    "ADDITIVE",
    "FLAGS",
    "REGISTRY",
    "Indicator",
    "Measure",
    "Peers",
    "Position",
    "ProductivityGap",
    "ProvinceStructure",
    "aggregate",
    "area_self_containment",
    "change",
    "class_shares",
    "classes_of",
    "commuting",
    "complexity",
    "composite",
    "composite_steps",
    "composite_uncertainty",
    "compute",
    "decomposition",
    "distribution",
    "flows_of",
    "fragility",
    "gap_between",
    "get",
    "gini_bounds",
    "gini_table",
    "income",
    "income_gini",
    "land",
    "latest_classes",
    "main_flows",
    "median_class",
    "nearest",
    "one_series",
    "people",
    "percentile_change",
    "percentile_changes",
    "percentiles",
    "persons_panel",
    "position",
    "production",
    "productivity_gap",
    "province_gap",
    "provinces",
    "ranks",
    "regional",
    "robust_z",
    "same_size",
    "same_value",
    "sectors",
    "shift_share",
    "size_class",
    "spans",
    "structure",
    "structure_of_province",
    "values_of",
    "weight",
    "with_sectors",
    "world",
]

globals().update({name: measured(about) for name, about in REGISTRY.items()})
__all__ += sorted(REGISTRY)


def __dir__() -> list[str]:
    return sorted(__all__)
