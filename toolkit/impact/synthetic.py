"""Synthetic control: a treated unit against the weighted mean of donors that tracked it before treatment.

Weights W are non-negative and add to one. On outcomes alone they are the exact minimum of the distance before
treatment. With predictors they solve the nested problem of Abadie, Diamond and Hainmueller (2010): inner, W(V)
minimises the distance on predictors weighted by V; outer, V minimises the error of W(V) on the outcome before
treatment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import Note, Panel, Result
from toolkit.impact.simplex import search_importance, simplex_weights

BAD_FIT = 0.5  # error before treatment, in standard deviations of the outcome between units, above which the fit is bad
TOO_GOOD = (
    0.1  # error before treatment, in standard deviations of the unit's own yearly changes, below which it is too good
)


@dataclass(frozen=True)
class Predictor:
    """A variable (a covariate, or "outcome") averaged over some periods; periods without a value are left out."""

    column: str
    periods: tuple[int, ...]

    @property
    def label(self) -> str:
        """The variable and its periods."""
        first, last = self.periods[0], self.periods[-1]
        return f"{self.column} {first}" if first == last else f"{self.column} {first}–{last}"


@dataclass(frozen=True)
class Spec:
    """How weights are found.

    Attributes:
        predictors: none: all outcomes before treatment, equally important, and no search.
        fit_periods: periods on which V is judged; all before treatment unless said.
        importance: V, one weight a predictor, instead of searching it (for example found on a training window).
        starts: where the search for V starts: many points (the lowest error found), or the two of R's Synth, which
            stop at the local minimum that some published figures are.
    """

    predictors: tuple[Predictor, ...] = ()
    fit_periods: tuple[int, ...] = ()
    importance: tuple[float, ...] = ()
    starts: Literal["many", "synth"] = "many"

    def before(self, date: int) -> Spec:
        """The same specification with no period from `date` on: what a placebo in time may use."""
        predictors = tuple(
            replace(p, periods=kept) for p in self.predictors if (kept := tuple(t for t in p.periods if t < date))
        )
        fit = tuple(t for t in self.fit_periods if t < date)
        kept_importance = self.importance if len(predictors) == len(self.predictors) else ()
        return Spec(predictors, fit, kept_importance, self.starts)


def synthetic_control(panel: Panel, spec: Spec | None = None, *, donors: Sequence[Any] | None = None) -> Result:
    """The gap between one treated unit and its synthetic control. Inference is by `placebos.in_space`, never a t test.

    Args:
        donors: the comparison units; all units never treated unless said.

    Returns:
        The mean gap after treatment. Tables: `path` (time, actual, synthetic, gap), `weights` (unit, weight, donors
        with weight first), `balance` (predictor, treated, synthetic, donors, importance). Diagnostics: `pre_rmspe`,
        `post_rmspe`, `mspe_ratio`, `fit_to_spread` (error before treatment over the spread between units),
        `fit_to_changes` (over the unit's own changes), `effective_donors`, `largest_weight`.

    Raises:
        MethodError: several treated units or dates, fewer than two donors or two periods before treatment, predictors
            without values.
    """
    board = Board.of(panel, spec or Spec())
    return board.report(board.solve(board.treated, donor_pool(panel, donors)))


def donor_pool(panel: Panel, donors: Sequence[Any] | None) -> list[Any]:
    """The units never treated, or those of them that are named; at least two."""
    pool = panel.need_controls("synthetic control", least=2)
    if donors is None:
        return pool
    known, named = set(pool), set(donors)
    strange = [donor for donor in donors if donor not in known]
    if strange:
        raise MethodError(f"donor {strange[0]!r} is not a unit without treatment", allowed=pool)
    if len(named) < 2:
        raise MethodError(
            f"fewer donors than needed: synthetic control needs at least 2, here {len(named)}",
            reason="too_few_controls",
            values={"control_units": len(named), "least": 2},
        )
    return [unit for unit in pool if unit in named]


@dataclass(frozen=True)
class Solution:
    """One synthetic control: a unit, its donors with their weights, and the gap in each period."""

    unit: Any
    donors: list[Any]
    weights: np.ndarray
    importance: np.ndarray
    gap: np.ndarray
    pre_rmspe: float
    post_rmspe: float

    @property
    def ratio(self) -> float:
        """Mean squared error after over before treatment; infinite where the fit before is perfect."""
        if self.pre_rmspe <= 1e-9 * max(self.post_rmspe, np.finfo(float).tiny):
            return float("inf")
        return float((self.post_rmspe / self.pre_rmspe) ** 2)


@dataclass(frozen=True)
class Board:
    """A panel laid out as arrays once, from which any unit can be solved against any donors.

    Attributes:
        Y: units × periods; X: units × predictors, with the labels of the predictors.
        pre, fit: periods before treatment, and those on which V is judged.
    """

    units: list[Any]
    treated: Any
    times: np.ndarray
    pre: np.ndarray
    fit: np.ndarray
    Y: np.ndarray
    X: np.ndarray
    labels: tuple[str, ...]
    spec: Spec

    @classmethod
    def of(cls, panel: Panel, spec: Spec) -> Board:
        """Lay out a panel with one treated unit."""
        date = panel.single_date("synthetic control")
        if len(panel.treated_units) > 1:
            raise MethodError(
                f"synthetic control takes one treated unit, here there are {len(panel.treated_units)}",
                hint="use synthetic_did, or one panel a unit",
                reason="one_treated_only",
                values={"treated_units": len(panel.treated_units)},
            )
        pre = panel.times < date
        if pre.sum() < 2:
            raise MethodError(
                "synthetic control needs at least two periods before treatment",
                where=panel.span(),
                reason="too_few_pre_periods",
                values={"pre_periods": int(pre.sum()), "least": 2},
            )
        fit = np.isin(panel.times, spec.fit_periods) if spec.fit_periods else pre
        if (fit & ~pre).any() or not fit.any():
            raise MethodError(f"fit periods must lie before treatment in {date}")
        Y = panel.wide().to_numpy()
        if spec.predictors:
            X, labels = _predictors(panel, spec.predictors, date)
        else:
            X, labels = Y[:, fit], tuple(f"outcome {t}" for t in panel.times[fit])
        return cls(list(panel.units), panel.treated_units[0], panel.times, pre, fit, Y, X, labels, spec)

    def solve(self, unit: Any, donors: Sequence[Any]) -> Solution:
        """Weights on `donors` that make them track `unit` before treatment."""
        place = {name: i for i, name in enumerate(self.units)}
        one, many = place[unit], [place[donor] for donor in donors]
        missing = np.isnan(self.X[[one, *many]])
        if missing.any():
            row, column = np.argwhere(missing)[0]
            name = [unit, *donors][row]
            raise MethodError(
                f"predictor {self.labels[column]!r} has no value for unit {name!r}",
                hint="drop the donor or the predictor",
                reason="predictor_missing",
            )
        weights, importance = self._weights(self.X[one], self.X[many].T, self.Y[one], self.Y[many].T)
        gap = self.Y[one] - weights @ self.Y[many]
        before, after = (float(np.sqrt((gap[when] ** 2).mean())) for when in (self.pre, ~self.pre))
        return Solution(unit, list(donors), weights, importance, gap, before, after)

    def _weights(self, X1: np.ndarray, X0: np.ndarray, y1: np.ndarray, Y0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Donor weights and the importance of predictors; X0 and Y0 have a column a donor."""
        D, k = X0 - X1[:, None], len(X1)
        if not self.spec.predictors:
            return simplex_weights(D), np.full(k, 1 / k)
        spread = np.column_stack([X0, X1]).std(axis=1, ddof=1)
        if (spread == 0).any():
            raise MethodError(
                f"predictor {self.labels[int(np.argmin(spread))]!r} is the same for every unit", reason="predictor_same"
            )
        D = D / spread[:, None]
        if self.spec.importance:
            v = np.asarray(self.spec.importance, dtype=float)
            if v.shape != (k,) or (v < 0).any() or v.sum() <= 0:
                raise MethodError(f"importance must hold {k} weights, none negative", allowed=self.labels)
            v = v / v.sum()
        else:
            gap = Y0[self.fit] - y1[self.fit][:, None]
            v = search_importance(D, gap, X0 / spread[:, None], Y0[self.fit], self.spec.starts)
        return simplex_weights(np.sqrt(v)[:, None] * D), v

    def report(self, found: Solution) -> Result:
        """The solution with its tables and diagnostics."""
        place = {name: i for i, name in enumerate(self.units)}
        one, many = place[found.unit], [place[donor] for donor in found.donors]
        y1, Y0 = self.Y[one], self.Y[many]
        spread = float(self.Y[[one, *many]][:, self.pre].std(axis=0, ddof=1).mean())
        changes = float(np.diff(y1[self.pre] - Y0[:, self.pre].mean(axis=0)).std(ddof=0))
        to_spread = found.pre_rmspe / spread if spread > 0 else None
        to_changes = found.pre_rmspe / changes if changes > 0 else None
        diagnostics = {
            "treated_units": 1,
            "control_units": len(found.donors),
            "pre_periods": int(self.pre.sum()),
            "post_periods": int((~self.pre).sum()),
            "pre_rmspe": found.pre_rmspe,
            "post_rmspe": found.post_rmspe,
            "mspe_ratio": found.ratio if np.isfinite(found.ratio) else None,
            "fit_to_spread": to_spread,
            "fit_to_changes": to_changes,
            "effective_donors": float(1 / (found.weights**2).sum()),
            "donors_with_weight": int((found.weights > 1e-6).sum()),
            "largest_weight": float(found.weights.max()),
        }
        notes = []
        if to_changes is not None and to_changes < TOO_GOOD:
            notes.append(Note("impact.note.fit_too_good", {"rmspe": found.pre_rmspe, "donors": len(found.donors)}))
        if to_spread is not None and to_spread > BAD_FIT:
            notes.append(Note("impact.note.fit_bad", {"rmspe": found.pre_rmspe}))
        weights = pd.DataFrame({"unit": found.donors, "weight": found.weights})
        tables = {
            "path": pd.DataFrame({"time": self.times, "actual": y1, "synthetic": y1 - found.gap, "gap": found.gap}),
            "weights": weights.sort_values("weight", ascending=False, kind="stable", ignore_index=True),
            "balance": pd.DataFrame(
                {
                    "predictor": self.labels,
                    "treated": self.X[one],
                    "synthetic": found.weights @ self.X[many],
                    "donors": self.X[many].mean(axis=0),
                    "importance": found.importance,
                }
            ),
        }
        return Result(
            method="synthetic_control",
            estimate=float(found.gap[~self.pre].mean()),
            inference="none",
            diagnostics=diagnostics,
            tables=tables,
            notes=tuple(notes),
        )


def _predictors(panel: Panel, predictors: Sequence[Predictor], date: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Units × predictors, each the mean over its periods of the values there are."""
    columns = []
    for predictor in predictors:
        if predictor.column != "outcome" and predictor.column not in panel.covariates:
            raise MethodError(
                f"predictor {predictor.column!r} is not in the panel", allowed=("outcome", *panel.covariates)
            )
        absent = [t for t in predictor.periods if t not in panel.times]
        if absent or not predictor.periods:
            raise MethodError(
                f"predictor {predictor.column!r}: no period {absent[:1] or ''} in the panel", where=panel.span()
            )
        if max(predictor.periods) >= date:
            raise MethodError(f"predictor {predictor.label!r} uses periods after treatment in {date}")
        columns.append(panel.wide(predictor.column)[list(predictor.periods)].mean(axis=1).to_numpy())
    return np.column_stack(columns), tuple(predictor.label for predictor in predictors)
