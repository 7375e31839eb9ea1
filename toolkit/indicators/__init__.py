"""Benchmark measures, one file per theme: pure functions on DataFrames.

`compute` gives the registered indicators for any territories; the other functions are methods with docstrings of their
own.
"""

from __future__ import annotations

from toolkit.indicators import (
    commuting,
    complexity,
    composite,
    composite_steps,
    composite_uncertainty,
    distribution,
    fragility,
    income,
    people,
    regional,
    shift_share,
    weight,
)
from toolkit.indicators.base import REGISTRY, Indicator, compute, get
from toolkit.indicators.change import change, one_series, spans
from toolkit.indicators.commuting import area_self_containment, main_flows
from toolkit.indicators.distribution import class_shares, classes_of, gini_bounds, income_gini, median_class
from toolkit.indicators.figures import FLAGS
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
from toolkit.indicators.sums import ADDITIVE, aggregate

__all__ = [
    "ADDITIVE",
    "FLAGS",
    "REGISTRY",
    "Indicator",
    "Peers",
    "Position",
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
    "distribution",
    "fragility",
    "get",
    "gini_bounds",
    "income",
    "income_gini",
    "main_flows",
    "median_class",
    "nearest",
    "one_series",
    "people",
    "percentile_change",
    "percentile_changes",
    "percentiles",
    "position",
    "ranks",
    "regional",
    "robust_z",
    "same_size",
    "same_value",
    "shift_share",
    "size_class",
    "spans",
    "structure",
    "values_of",
    "weight",
]
