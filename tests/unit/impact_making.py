"""Panels with a planted effect, seeded: what the impact tests and the simulations in bench/ draw from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from toolkit.impact import Panel

FIRST = 2001


def frame(
    seed: int,
    units: int = 40,
    periods: int = 10,
    *,
    treated: Mapping[int, int] | None = None,
    effect: float = 0.0,
    growth: float = 0.0,
    serial: float = 0.0,
    noise: float = 1.0,
    factors: int = 0,
) -> pd.DataFrame:
    """Unit and period effects, noise with serial correlation, and an effect that may grow with time since treatment.

    Args:
        treated: unit number → first treated period; the first quarter of units from the middle unless given.
        factors: common shocks that units feel to different degrees.
    """
    rng = np.random.default_rng(seed)
    if treated is None:
        treated = dict.fromkeys(range(units // 4), FIRST + periods // 2)
    times = np.arange(FIRST, FIRST + periods)
    shocks = rng.normal(size=(units, periods)) * noise
    for t in range(1, periods):
        shocks[:, t] += serial * shocks[:, t - 1]
    y = rng.normal(5, 2, size=(units, 1)) + rng.normal(size=(1, periods)).cumsum(axis=1) + shocks
    if factors:
        y += rng.dirichlet(np.ones(factors), size=units) @ rng.normal(size=(factors, periods)).cumsum(axis=1) * 3
    first = np.array([treated.get(unit, 0) for unit in range(units)])
    since = times[None, :] - first[:, None]
    y += np.where((first[:, None] > 0) & (since >= 0), effect + growth * since, 0.0)
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{unit:03d}" for unit in range(units)], periods),
            "time": np.tile(times, units),
            "y": y.ravel(),
            "first": np.repeat(first, periods),
        }
    )


def panel(seed: int, **how: object) -> Panel:
    """The same, as a panel."""
    return Panel.of(frame(seed, **how), unit="unit", time="time", outcome="y", first_treated="first")  # type: ignore[arg-type]
