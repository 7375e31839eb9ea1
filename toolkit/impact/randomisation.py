"""Randomisation inference for few treated units: what would have been found, had other units been treated?

No asymptotics: with a handful of treated units clustered errors are far too small. Differences are studentised by a
variance that falls with size, `h = a + b / size` (Ferman and Pinto), so a small treated unit is not taken for an
unusual one. Units are reassigned within their group (region) and among units of like size; where whole groups are
treated, whole groups are reassigned. The test is exact where treatment was drawn by lot among them and sizes do not
matter; elsewhere it says how unusual the treated units' change is.

References: Fisher (1935); Imbens and Rubin (2015), ch. 5; Conley and Taber (2011), Review of Economics and
Statistics 93(1); Ferman and Pinto (2019), ibid. 101(3); MacKinnon and Webb (2020), J. of Econometrics 218(2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import Note, Panel, Result, describe

MOST_CELLS = 4_000_000  # sets × units held in memory at once
LIKE_SIZE = 2.0  # units are like a treated one from half to double its size
LEAST_LIKE = 19  # fewer of them are filled up with the nearest in size: p = .05 needs that many
LEAST_DRAWS = 19


def randomisation_test(panel: Panel, *, draws: int = 4999, seed: int = 2015, level: float = 0.95) -> Result:
    """Difference in mean changes (after less before) of treated and other units, ranked among reassignments.

    All sets are tried when there are no more than `draws`; else that many are drawn, and p = (1 + hits) / (1 +
    draws). The interval holds the constant effects that the test does not reject; it is absent where no effect could
    be rejected (too few sets). `group` and `size` of the panel say who could have been treated instead.

    Returns:
        The estimate with `p`; table `distribution` (difference under each set); diagnostics `exact`, `sets`,
        `randomisation_smallest_p`, `randomised` (units or groups), `mde` (seen with 80 % probability at 5 %).

    Raises:
        MethodError: staggered dates, fewer controls than two, a group wholly treated beside one treated in part.
    """
    date = panel.single_date("randomisation inference")
    panel.need_controls("randomisation inference", least=2)
    lots = Lots.of(panel, draws, seed)
    change = panel.changes(date).to_numpy()[:, None]
    if np.ptp(change) == 0:
        raise MethodError("randomisation inference: all units change by the same amount", reason="same_change")
    ranks = Ranks.of(lots, change)
    interval = ranks.interval(0, 1 - level)
    smallest = lots.smallest
    notes = () if interval else (Note("impact.note.few_sets", {"sets": len(lots.sets), "smallest": smallest}),)
    return Result(
        method="randomisation",
        estimate=float(ranks.observed[0]),
        inference="randomisation",
        interval=interval,
        p=ranks.p(),
        level=level,
        diagnostics=describe(panel)
        | {"exact": lots.exact, "sets": len(lots.sets), "randomisation_smallest_p": smallest}
        | {"randomised": lots.kind, "control_units": lots.controls, "mde": ranks.visible(np.ones(1), 1 - level)},
        tables={"distribution": pd.DataFrame({"difference": ranks.difference[:, 0]})},
        notes=notes,
        seed=None if lots.exact else seed,
        draws=None if lots.exact else draws,
    )


@dataclass(frozen=True)
class Lots:
    """Who could have been treated: rows are units of the panel, or its groups where whole groups are treated.

    Attributes:
        gather: rows × units of the panel, the mean that makes a row of them.
        everyone: the same for all untreated rows there are, of whatever size; with their stratum and size.
        treated: which rows are treated.
        strata: code of the set within which a row is exchanged.
        size: of each row; ones where none is known.
        sets: sets × treated rows, positions of rows.
        exact: all sets, or drawn ones.
        kind: units or groups.
    """

    gather: np.ndarray
    everyone: tuple[np.ndarray, np.ndarray, np.ndarray]
    treated: np.ndarray
    strata: np.ndarray
    size: np.ndarray
    sets: np.ndarray
    exact: bool
    kind: str

    @classmethod
    def of(cls, panel: Panel, draws: int, seed: int) -> Lots:
        """The sets of rows that a panel of one date lets be treated."""
        treated = panel.first_treated.to_numpy() != 0
        group, size = panel.group, panel.size
        strata = np.zeros(len(treated), dtype=int) if group is None else pd.factorize(group)[0]
        weight = np.ones(len(treated)) if size is None else size.to_numpy()
        gather, kind = np.eye(len(treated)), "units"
        if group is not None:
            whole = np.array([treated[strata == code].all() for code in range(strata.max() + 1)])
            partly = np.array([treated[strata == code].any() for code in range(len(whole))]) & ~whole
            if whole.any() and partly.any():
                raise MethodError(
                    "some groups are treated as a whole and others in part: nobody in the first can be exchanged",
                    hint="drop the groups treated as a whole, or name larger groups",
                    reason="groups_mixed",
                )
            if whole.any():
                member = (strata[None, :] == np.arange(len(whole))[:, None]).astype(float)
                gather, kind = member / member.sum(axis=1, keepdims=True), "groups"
                treated, weight, strata = whole, member @ weight, np.zeros(len(whole), dtype=int)
        everyone = gather[~treated], pd.factorize(strata[~treated])[0], weight[~treated]
        kept = np.ones(len(treated), dtype=bool)
        for code in np.unique(strata):
            here = strata == code
            kept &= ~here | treated[here].any()  # a stratum without treated rows says nothing
            if size is not None and treated[here].any():
                kept[here] &= _alike(weight[here], treated[here])
        strata, treated = pd.factorize(strata[kept])[0], treated[kept]
        if (~treated).sum() < 2:
            raise MethodError(
                f"randomisation inference needs two {kind} to exchange, here {(~treated).sum()}",
                hint="name larger groups, or add comparison units",
                reason="too_few_controls",
                values={"control_units": int((~treated).sum()), "least": 2},
            )
        sets, exact = _sets(strata, treated, draws, seed)
        return cls(gather[kept], everyone, treated, strata, weight[kept], sets, exact, kind)

    @property
    def smallest(self) -> float:
        """The smallest p that can be attained."""
        return 1 / (len(self.sets) + (not self.exact))

    @property
    def controls(self) -> int:
        """Rows that the treated ones are exchanged with."""
        return int((~self.treated).sum())


@dataclass(frozen=True)
class Ranks:
    """Differences of some columns (m) under each set, and where the observed ones rank.

    Attributes:
        observed: m differences of treated and other rows, each stratum compared with itself.
        difference, overlap: sets × m and sets; differences, and how much of the true treated rows a set holds.
        scale, own_scale: sets, and the true one: variance of a difference by `h`, relative to `sigma`.
        sigma: m × m covariance of the columns, standardised by `h`, without the observed differences.
        total: the same with them, equal for every set: the metric of joint tests.
    """

    lots: Lots
    observed: np.ndarray
    difference: np.ndarray
    overlap: np.ndarray
    scale: np.ndarray
    own_scale: float
    sigma: np.ndarray
    total: np.ndarray

    @classmethod
    def of(cls, lots: Lots, by_unit: np.ndarray) -> Ranks:
        """Rank columns (units of the panel × m)."""
        columns = lots.gather @ by_unit
        true = np.flatnonzero(lots.treated)[None, :]
        observed = _difference(lots, columns, true)[0]
        within = _centred(lots.strata, columns - lots.treated[:, None] * observed)
        if float(np.ptp(within[~lots.treated], axis=0).max()) <= 1e-9 * float(np.abs(columns).max()):
            raise MethodError(
                "randomisation inference: the comparison units do not vary, so nothing tells what is unusual",
                hint="add comparison units",
                reason="no_error",
            )
        h = _variance_by_size(lots, by_unit)
        sigma, total = (
            (rows / h[:, None]).T @ rows / max(1, len(rows) - lots.strata.max() - 2)
            for rows in (within, _centred(lots.strata, columns))
        )
        overlap = _difference(lots, lots.treated[:, None].astype(float), lots.sets)[:, 0]
        scale, own = _scale(lots, h, lots.sets), float(_scale(lots, h, true)[0])
        return cls(lots, observed, _difference(lots, columns, lots.sets), overlap, scale, own, sigma, total)

    @property
    def covariance(self) -> np.ndarray:
        """Covariance (m × m) of the observed differences, as the spread among rows tells it."""
        return self.own_scale * self.sigma

    def p(self, columns: slice | list[int] = slice(None)) -> float:
        """Share of sets whose studentised differences are together as far from zero as those observed."""
        inverse = np.linalg.pinv(self.total[columns][:, columns])
        wald = _quadratic(self.difference[:, columns], inverse) / self.scale
        own = float(_quadratic(self.observed[None, columns], inverse)[0]) / self.own_scale
        hits = int((wald >= own * (1 - 1e-9)).sum())
        added = not self.lots.exact
        return (hits + added) / (len(wald) + added)

    def interval(self, column: int, alpha: float) -> tuple[float, float] | None:
        """Constant effects τ not rejected on a column: set S counts where |d_S − τ·o_S| / s_S ≥ |observed − τ| / s.

        With r = s_S / s above |o_S| those τ form an interval around the estimate, from (r·observed − d)/(r − o) to
        (r·observed + d)/(r + o): so p(τ) falls on both sides, and the bounds are order statistics of these ends. A set
        with r not above |o_S| is taken to count for every τ, which can only widen the interval.
        """
        d, observed = self.difference[:, column], float(self.observed[column])
        r = np.sqrt(self.scale / self.own_scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            one, two = (r * observed - d) / (r - self.overlap), (r * observed + d) / (r + self.overlap)
        always = r <= np.abs(self.overlap) + 1e-12
        low = np.where(always, -np.inf, np.minimum(one, two))
        high = np.where(always, np.inf, np.maximum(one, two))
        added = not self.lots.exact
        allowed = int(np.floor(alpha * (len(d) + added) + 1e-9)) - added
        if allowed < 0:
            return None
        # p(τ) > α needs more than `allowed` sets on τ's side: the bound is the end of the next one.
        left, right = np.sort(low)[allowed], np.sort(high)[::-1][allowed]
        return (float(left), float(right)) if np.isfinite(left) and np.isfinite(right) else None

    def seen(self, effect: np.ndarray, alpha: float) -> float:
        """Probability that the test at `alpha` sees a difference of `effect` (m): sets stand for what may come."""
        null, inverse, critical = self._null(alpha)
        if not np.isfinite(critical):
            return 0.0
        return float((_quadratic(null + effect, inverse) / self.scale > critical).mean())

    def visible(self, direction: np.ndarray, alpha: float, power: float = 0.8) -> float:
        """The multiple of `direction` (m) seen with probability `power`; infinite where p never gets to `alpha`."""
        null, inverse, critical = self._null(alpha)
        if not np.isfinite(critical):
            return float("inf")
        # (d + x·v)' A (d + x·v) > c·s is quadratic in x: each set has the x from which it is seen.
        a = float(direction @ inverse @ direction)
        b = null @ inverse @ direction
        c = _quadratic(null, inverse) - critical * self.scale
        return float(np.quantile((np.abs(b) + np.sqrt(np.maximum(b**2 - a * c, 0.0))) / a, power))

    def _null(self, alpha: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Differences had nothing happened, the metric, and the value that a share `alpha` of sets exceeds."""
        null = self.difference - self.overlap[:, None] * self.observed
        inverse = np.linalg.pinv(self.sigma)
        wald = np.sort(_quadratic(null, inverse) / self.scale)[::-1]
        beaten = int(np.floor(alpha * (len(wald) + (not self.lots.exact)) + 1e-9)) - 1
        return null, inverse, float(wald[beaten]) if beaten >= 0 else float("inf")


# Parts


def _alike(size: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Rows from half to double the size of a treated one, at least LEAST_LIKE where there are as many."""
    far = np.abs(np.log(size)[:, None] - np.log(size[treated])[None, :]).min(axis=1)
    others = np.sort(far[~treated])
    reach = max(np.log(LIKE_SIZE), others[min(LEAST_LIKE, len(others)) - 1] if len(others) else 0.0)
    return far <= reach + 1e-12


def _sets(strata: np.ndarray, treated: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, bool]:
    members = [np.flatnonzero(strata == code) for code in range(strata.max() + 1)]
    chosen = [int(treated[rows].sum()) for rows in members]
    if prod(comb(len(rows), k) for rows, k in zip(members, chosen, strict=True)) <= draws:
        parts: Iterator[Any] = product(*(combinations(rows, k) for rows, k in zip(members, chosen, strict=True)))
        return np.array([np.concatenate(part) for part in parts], dtype=int), True
    if draws < LEAST_DRAWS:
        raise MethodError(f"randomisation inference needs at least {LEAST_DRAWS} draws to reach p = 0.05")
    generator = np.random.default_rng(seed)
    return np.hstack([_drawn(rows, k, draws, generator) for rows, k in zip(members, chosen, strict=True)]), False


def _drawn(rows: np.ndarray, k: int, draws: int, generator: np.random.Generator) -> np.ndarray:
    if k == len(rows):
        return np.tile(rows, (draws, 1))
    chunk = max(1, MOST_CELLS // len(rows))
    parts = []
    for first in range(0, draws, chunk):
        keys = generator.random((min(chunk, draws - first), len(rows)))
        parts.append(np.argpartition(keys, k - 1, axis=1)[:, :k].copy())
    return rows[np.concatenate(parts)]


def _shares(lots: Lots) -> tuple[np.ndarray, np.ndarray, int]:
    """By row: number of rows and of treated rows in its stratum; and how many are treated in all."""
    rows, chosen = np.bincount(lots.strata), np.bincount(lots.strata, weights=lots.treated)
    return rows[lots.strata].astype(float), chosen[lots.strata], int(lots.treated.sum())


def _centred(strata: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Columns less their mean in each stratum."""
    sums = np.column_stack([np.bincount(strata, weights=column) for column in columns.T])
    return columns - (sums / np.bincount(strata)[:, None])[strata]


def _difference(lots: Lots, columns: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Mean of the columns in each set less the mean of the others of the same strata, weighted as the set is."""
    rows, chosen, k = _shares(lots)
    outside = (columns * (chosen / k / (rows - chosen))[:, None]).sum(axis=0)
    weighted = columns * (rows / (rows - chosen) / k)[:, None]
    return np.column_stack([weighted[:, j][sets].sum(axis=1) for j in range(columns.shape[1])]) - outside


def _scale(lots: Lots, h: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Variance of the difference of each set where rows have variances `h`."""
    rows, chosen, k = _shares(lots)
    outside = (chosen / k / (rows - chosen)) ** 2
    return (h * (1 / k**2 - outside))[sets].sum(axis=1) + float((h * outside).sum())


def _variance_by_size(lots: Lots, by_unit: np.ndarray) -> np.ndarray:
    """`h = a + b / size`, neither negative, of each row: fitted on squared residuals of all untreated rows.

    Least squares weighted by 1 / h² (a normal square varies as h²), from equal weights, four times over.
    """
    from scipy.optimize import nnls

    gather, strata, size = lots.everyone
    if np.ptp(np.append(size, lots.size)) == 0:
        return np.ones(len(lots.size))
    residuals = _centred(strata, gather @ by_unit)
    square = _quadratic(residuals, np.linalg.pinv(residuals.T @ residuals)) * len(residuals)
    columns, h = np.column_stack([np.ones(len(size)), size.mean() / size]), np.ones(len(size))
    for _ in range(4):
        found = nnls(columns / h[:, None], square / h)[0]
        h = np.maximum(columns @ found, 1e-9 * float(square.max()))
    return np.column_stack([np.ones(len(lots.size)), size.mean() / lots.size]) @ found


def _quadratic(rows: np.ndarray, metric: np.ndarray) -> np.ndarray:
    return np.einsum("ij,jk,ik->i", rows, metric, rows)
