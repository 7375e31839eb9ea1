"""Randomisation inference for few treated units: what would have been found, had other units been treated?

No asymptotics: with a handful of treated units clustered errors are far too small. The test is exact where treatment
was drawn by lot; elsewhere it says how unusual the treated units' change is among all sets of as many units.

References: Fisher (1935); Imbens and Rubin (2015), ch. 5; Conley and Taber (2011), Review of Economics and
Statistics 93(1).
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.did import _describe
from toolkit.impact.interface import Note, Panel, Result

MOST_CELLS = 4_000_000  # sets × units held in memory at once


def randomisation_test(panel: Panel, *, draws: int = 4999, seed: int = 2015, level: float = 0.95) -> Result:
    """Difference in mean changes (after less before) of treated and other units, ranked among reassignments.

    All sets are tried when there are no more than `draws`; else that many are drawn, and p = (1 + hits) / (1 +
    draws). The interval holds the constant effects that the test does not reject; it is exact for the sets tried,
    and absent where no effect could be rejected (too few sets).

    Returns:
        The estimate with `p`; table `distribution` (difference under each set); diagnostics `exact`, `sets`,
        `randomisation_smallest_p`.

    Raises:
        MethodError: staggered dates, fewer controls than two.
    """
    date = panel.single_date("randomisation inference")
    controls = panel.need_controls("randomisation inference", least=2)
    change = panel.changes(date).to_numpy()
    if np.ptp(change) == 0:
        raise MethodError("randomisation inference: all units change by the same amount", reason="same_change")
    treated = np.isin(panel.units, panel.treated_units)
    n, k = len(change), int(treated.sum())
    exact = comb(n, k) <= draws
    sets = _all_sets(n, k) if exact else _drawn_sets(n, k, draws, seed)
    difference = _difference(change, sets, k)
    overlap = _difference(treated.astype(float), sets, k)
    observed = float(change[treated].mean() - change[~treated].mean())
    added = 0 if exact else 1  # the observed set, which a draw may miss
    hits = int((np.abs(difference) >= abs(observed) - 1e-12 * np.abs(change).max()).sum())
    p = (hits + added) / (len(sets) + added)
    smallest = 1 / (len(sets) + added)
    interval = _interval(difference, overlap, observed, 1 - level, added)
    notes = () if interval else (Note("impact.note.few_sets", {"sets": len(sets), "smallest": smallest}),)
    return Result(
        method="randomisation",
        estimate=observed,
        inference="randomisation",
        interval=interval,
        p=p,
        level=level,
        diagnostics=_describe(panel)
        | {"exact": exact, "sets": len(sets), "randomisation_smallest_p": smallest, "control_units": len(controls)},
        tables={"distribution": pd.DataFrame({"difference": difference})},
        notes=notes,
        seed=None if exact else seed,
        draws=None if exact else draws,
    )


def _all_sets(n: int, k: int) -> np.ndarray:
    return np.array(list(combinations(range(n), k)))


def _drawn_sets(n: int, k: int, draws: int, seed: int) -> np.ndarray:
    if draws < 19:
        raise MethodError("randomisation inference needs at least 19 draws to reach p = 0.05")
    generator = np.random.default_rng(seed)
    chunk = max(1, MOST_CELLS // n)
    parts = []
    for first in range(0, draws, chunk):
        keys = generator.random((min(chunk, draws - first), n))
        parts.append(np.argpartition(keys, k - 1, axis=1)[:, :k].copy())
    return np.concatenate(parts)


def _difference(values: np.ndarray, sets: np.ndarray, k: int) -> np.ndarray:
    """Mean of `values` in each set less their mean outside it."""
    inside = values[sets].sum(axis=1)
    return inside / k - (values.sum() - inside) / (len(values) - k)


def _interval(
    difference: np.ndarray, overlap: np.ndarray, observed: float, alpha: float, added: int
) -> tuple[float, float] | None:
    """Constant effects τ not rejected: set S counts against the rejection of τ where |d_S − τ·b_S| ≥ |observed − τ|.

    As |b_S| ≤ 1 those τ form an interval around the estimate, between (observed − d)/(1 − b) and (observed + d)/(1 +
    b): so p(τ) falls on both sides, and the bounds are order statistics of these ends.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(overlap < 1 - 1e-12, (observed - difference) / (1 - overlap), np.nan)
        two = np.where(overlap > -1 + 1e-12, (observed + difference) / (1 + overlap), np.nan)
    always = np.isnan(one) | np.isnan(two)  # the observed set itself, or its mirror
    low = np.where(always, -np.inf, np.fmin(one, two))
    high = np.where(always, np.inf, np.fmax(one, two))
    allowed = int(np.floor(alpha * (len(difference) + added) + 1e-9)) - added
    if allowed < 0:
        return None
    # p(τ) > α needs more than `allowed` sets on τ's side: the bound is the end of the next one.
    left, right = np.sort(low)[allowed], np.sort(high)[::-1][allowed]
    if not (np.isfinite(left) and np.isfinite(right)):
        return None
    return float(left), float(right)
