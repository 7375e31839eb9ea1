"""Measured coverage of intervals that claim 95 %, where they are known to fall short.

The figures are those of `bench/impact_simulations.py` (2,000 seeded draws a row, three Monte Carlo errors are 1.5
points): a design like the one met is looked up, never better than it was measured, and the verdict is lowered where it
matters.
"""

from __future__ import annotations

from toolkit.impact.result import Result

# Clustered errors by number of treated units (of 100 units, ten periods, serial correlation one half).
CLUSTERED = {1: 0.159, 2: 0.650, 5: 0.867, 10: 0.913, 20: 0.936}
# Callaway-Sant'Anna by units in the smallest cohort (two cohorts of 160 units).
COHORTS = {10: 0.933, 20: 0.939, 40: 0.944}
# Interrupted series with autocorrelation one half, by number of periods; errors of the model do not improve with it.
ROBUST_SERIES = {48: 0.903, 96: 0.929, 240: 0.944}
NEWEY_WEST_SERIES = {96: 0.855, 480: 0.907}
MODEL_SERIES = 0.757
# `identificato` said of panels without any effect, by the method in front (groups named, shocks none).
FALSE_IDENTIFIED = {"event_study": 0.015, "callaway_santanna": 0.015, "randomisation": 0.0, "synthetic_control": 0.0}
AUTOCORRELATED = 0.2  # residual autocorrelation from which the figures for series are used


def measured_coverage(result: Result) -> float | None:
    """Coverage measured on designs like this one; None where it was at its nominal level, or not measured."""
    found = result.diagnostics
    regressions = ("two_way_fixed_effects", "event_study", "first_differences")
    if result.method in regressions and result.inference == "cluster":
        return _at(CLUSTERED, found.get("treated_units"))
    if result.method == "callaway_santanna":
        return _at(COHORTS, found.get("smallest_cohort"))
    if result.method == "interrupted_time_series" and found.get("autocorrelation", 0.0) > AUTOCORRELATED:
        if result.inference == "model":
            return MODEL_SERIES
        table = ROBUST_SERIES if result.inference == "hac" else NEWEY_WEST_SERIES
        return _at(table, found.get("observations"))
    return None


def _at(table: dict[int, float], size: int | None) -> float | None:
    """The figure of the largest measured size not above the one met; beyond the largest, nothing is wrong."""
    if size is None or size > max(table):
        return None
    return table[max((known for known in table if known <= size), default=min(table))]


def false_rate(method: str, design: str) -> float | None:
    """Share of panels of noise called `identificato`; no rule lets one series, or no design, be so called."""
    return 0.0 if design in ("series", "none") else FALSE_IDENTIFIED.get(method)
