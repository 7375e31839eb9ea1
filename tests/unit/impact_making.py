"""Panels with a planted effect, seeded: what the impact tests and the simulations in bench/ draw from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    groups: int = 0,
    shocks: float = 0.0,
    sizes: str = "",
    drift: float = 0.0,
) -> pd.DataFrame:
    """Unit and period effects, noise with serial correlation, and an effect that may grow with time since treatment.

    Args:
        treated: unit number → first treated period; the first quarter of units from the middle unless given.
        factors: common shocks that units feel to different degrees.
        groups: so many blocks of units in a row, column `group`.
        shocks: deviation of the steps of a random walk shared by each block.
        sizes: mixed, falling or rising with the unit's number, column `size`, the same for every
            seed; noise falls with its root.
        drift: trend of treated units, a period.
    """
    rng = np.random.default_rng(seed)
    if treated is None:
        treated = dict.fromkeys(range(units // 4), FIRST + periods // 2)
    times = np.arange(FIRST, FIRST + periods)
    rest = rng.normal(size=(units, periods)) * noise
    for t in range(1, periods):
        rest[:, t] += serial * rest[:, t - 1]
    size = np.ones(units)
    if sizes:
        size = np.exp(np.random.default_rng(1).normal(size=units))
        size = size if sizes == "mixed" else np.sort(size)[:: -1 if sizes == "falling" else 1]
    y = rng.normal(5, 2, size=(units, 1)) + rng.normal(size=(1, periods)).cumsum(axis=1) + rest / np.sqrt(size)[:, None]
    if factors:
        y += rng.dirichlet(np.ones(factors), size=units) @ rng.normal(size=(factors, periods)).cumsum(axis=1) * 3
    block = np.arange(units) * max(groups, 1) // units
    if shocks:
        y += (rng.normal(size=(block.max() + 1, periods)) * shocks).cumsum(axis=1)[block]
    first = np.array([treated.get(unit, 0) for unit in range(units)])
    since = times[None, :] - first[:, None]
    y += np.where((first[:, None] > 0) & (since >= 0), effect + growth * since, 0.0)
    y += np.where(first[:, None] > 0, drift * (times - FIRST), 0.0)
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{unit:03d}" for unit in range(units)], periods),
            "time": np.tile(times, units),
            "y": y.ravel(),
            "first": np.repeat(first, periods),
            "group": np.repeat(block, periods),
            "size": np.repeat(size, periods),
        }
    )


def panel(seed: int, **how: object) -> Panel:
    """The same, as a panel, with its groups and sizes where they were asked for."""
    named: dict[str, Any] = {name: name for name, key in (("group", "groups"), ("size", "sizes")) if how.get(key)}
    columns = {"unit": "unit", "time": "time", "outcome": "y", "first_treated": "first"}
    return Panel.of(frame(seed, **how), **columns, **named)  # type: ignore[arg-type]
