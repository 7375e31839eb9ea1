"""Benchmark measures, one file per theme: pure functions on DataFrames.

`compute` gives the registered indicators for any territories; the other functions are methods with docstrings of their
own.
"""

from __future__ import annotations

from toolkit.indicators import commuting, income, people, weight
from toolkit.indicators.base import ADDITIVE, FLAGS, REGISTRY, Indicator, aggregate, compute, get
from toolkit.indicators.change import change, one_series, spans
from toolkit.indicators.position import (
    Position,
    percentile_change,
    percentiles,
    position,
    ranks,
    robust_z,
    values_of,
)

__all__ = [
    "ADDITIVE",
    "FLAGS",
    "REGISTRY",
    "Indicator",
    "Position",
    "aggregate",
    "change",
    "commuting",
    "compute",
    "get",
    "income",
    "one_series",
    "people",
    "percentile_change",
    "percentiles",
    "position",
    "ranks",
    "robust_z",
    "spans",
    "values_of",
    "weight",
]
