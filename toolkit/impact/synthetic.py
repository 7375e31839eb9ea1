"""Synthetic control: a treated unit against the weighted mean of donors that tracked it before treatment.

Weights W are non-negative and add to one. On outcomes alone they are the exact minimum of the distance before
treatment. With predictors they solve the nested problem of Abadie, Diamond and Hainmueller (2010): inner, W(V)
minimises the distance on predictors weighted by V; outer, V minimises the error of W(V) on the outcome before
treatment.

The inner problem is solved exactly: as W adds to one, X₁ − X₀W = −D·W with D = X₀ − X₁, and the minimum of ‖D·W‖ on the
simplex is, up to scale, the non-negative least squares solution of [D; 1'] w ≈ [0; 1]. It takes tens of
microseconds, so that the outer search can start from many points and all placebos can be run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import Note, Panel, Result

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
    spec = spec or Spec()
    problem = _problem(panel, spec, donors)
    weights, importance = _solve(problem, spec)
    return _report(problem, weights, importance)


# One problem: a treated unit, its donors, periods and predictors as arrays


@dataclass(frozen=True)
class Problem:
    """Arrays of one synthetic control; rows of `X0` and `X1` are predictors, columns of `Y0` and `X0` donors."""

    treated: Any
    donors: list[Any]
    times: np.ndarray
    pre: np.ndarray
    y1: np.ndarray
    Y0: np.ndarray
    X1: np.ndarray
    X0: np.ndarray
    fit: np.ndarray
    labels: tuple[str, ...]


def _problem(panel: Panel, spec: Spec, donors: Sequence[Any] | None) -> Problem:
    date = panel.single_date("synthetic control")
    if len(panel.treated_units) > 1:
        raise MethodError(
            f"synthetic control takes one treated unit, here there are {len(panel.treated_units)}",
            hint="use synthetic_did, or one panel a unit",
        )
    pool = panel.need_controls("synthetic control", least=2)
    if donors is not None:
        strange = [d for d in donors if d not in set(pool)]
        if strange:
            raise MethodError(f"donor {strange[0]!r} is not a unit without treatment", allowed=pool)
        pool = [d for d in pool if d in set(donors)]
        if len(pool) < 2:
            raise MethodError(f"fewer donors than needed: synthetic control needs at least 2, here {len(pool)}")
    pre = panel.times < date
    if pre.sum() < 2:
        raise MethodError("synthetic control needs at least two periods before treatment", where=panel.span())
    wide = panel.wide()
    treated = panel.treated_units[0]
    y1, Y0 = wide.loc[treated].to_numpy(), wide.loc[pool].to_numpy().T
    fit = np.isin(panel.times, spec.fit_periods) if spec.fit_periods else pre
    if (fit & ~pre).any() or not fit.any():
        raise MethodError(f"fit periods must lie before treatment in {date}")
    if spec.predictors:
        table = _predictors(panel, spec.predictors, date)
        X1, X0 = table[treated].to_numpy(), table[pool].to_numpy()
        _complete(table, [treated, *pool])
        labels = tuple(table.index)
    else:
        X1, X0 = y1[fit], Y0[fit]
        labels = tuple(f"outcome {t}" for t in panel.times[fit])
    return Problem(treated, list(pool), panel.times, pre, y1, Y0, X1, X0, fit, labels)


def _predictors(panel: Panel, predictors: Sequence[Predictor], date: int) -> pd.DataFrame:
    rows = {}
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
        values = panel.wide(predictor.column)[list(predictor.periods)]
        rows[predictor.label] = values.mean(axis=1)
    return pd.DataFrame(rows).T


def _complete(table: pd.DataFrame, units: Sequence[Any]) -> None:
    missing = table[list(units)].isna()
    if missing.to_numpy().any():
        predictor = missing.index[missing.any(axis=1)][0]
        unit = missing.columns[missing.loc[predictor]][0]
        raise MethodError(
            f"predictor {predictor!r} has no value for unit {unit!r}", hint="drop the donor or the predictor"
        )


# Weights


def simplex_weights(distance: np.ndarray) -> np.ndarray:
    """Weights w ≥ 0, Σw = 1, that minimise ‖distance · w‖; `distance` is conditions × donors."""
    from scipy.optimize import nnls

    size = float(np.sqrt((distance**2).mean()))
    if size == 0:
        return np.full(distance.shape[1], 1 / distance.shape[1])
    system = np.vstack([distance / size, np.ones(distance.shape[1])])
    goal = np.zeros(len(system))
    goal[-1] = 1
    try:
        w, _ = nnls(system, goal, maxiter=30 * max(system.shape))
    except RuntimeError:
        raise MethodError("synthetic control: the weights did not converge", hint="use fewer donors") from None
    return w / w.sum()


def _solve(problem: Problem, spec: Spec) -> tuple[np.ndarray, np.ndarray]:
    """Donor weights and the importance of predictors."""
    D = problem.X0 - problem.X1[:, None]
    k = len(D)
    if not spec.predictors:
        return simplex_weights(D), np.full(k, 1 / k)
    spread = np.column_stack([problem.X0, problem.X1]).std(axis=1, ddof=1)
    if (spread == 0).any():
        raise MethodError(f"predictor {problem.labels[int(np.argmin(spread))]!r} is the same for every unit")
    D = D / spread[:, None]
    if spec.importance:
        v = np.asarray(spec.importance, dtype=float)
        if v.shape != (k,) or (v < 0).any() or v.sum() <= 0:
            raise MethodError(f"importance must hold {k} weights, none negative", allowed=problem.labels)
        v = v / v.sum()
    else:
        gap = problem.Y0[problem.fit] - problem.y1[problem.fit][:, None]
        v = _search(D, gap, problem.X0 / spread[:, None], problem.Y0[problem.fit], spec.starts)
    return simplex_weights(np.sqrt(v)[:, None] * D), v


def _search(D: np.ndarray, gap: np.ndarray, X0: np.ndarray, Y0: np.ndarray, starts: str) -> np.ndarray:
    """The importance V that minimises the error on the outcome, without chance.

    The error has many local minima, and the best may need weights that differ by orders of magnitude: the search is in
    logarithms, over equal weights, Synth's regression of outcomes on predictors and, unless `starts` is "synth", an
    even grid (Sobol) over eight natural logarithms, of which the best four; each is refined by Nelder-Mead.
    """
    from scipy.optimize import minimize
    from scipy.stats import qmc

    k = len(D)

    def error(theta: np.ndarray) -> float:
        v = np.exp(theta - theta.max())
        return float(((gap @ simplex_weights(np.sqrt(v)[:, None] * D)) ** 2).mean())

    slopes = np.linalg.lstsq(np.column_stack([np.ones(X0.shape[1]), X0.T]), Y0.T, rcond=None)[0][1:]
    regression = np.log(np.clip((slopes**2).sum(axis=1) / (slopes**2).sum(), np.exp(-8), None))
    points = [np.zeros(k), regression]
    if starts == "many":
        grid = list(qmc.Sobol(k, scramble=False).random(256) * -8.0)
        points += sorted(grid, key=error)[:4]
    best, lowest = points[0], error(points[0])
    for start in points:
        simplex = np.vstack([start, start + 1.5 * np.eye(k)])
        options = {
            "maxfev": 150 * k,
            "xatol": 1e-2,
            "fatol": 1e-7 * lowest,
            "adaptive": True,
            "initial_simplex": simplex,
        }
        found = minimize(error, start, method="Nelder-Mead", options=options)
        if found.fun < lowest:
            best, lowest = found.x, float(found.fun)
    v = np.exp(best - best.max())
    return v / v.sum()


# Report


def _report(problem: Problem, weights: np.ndarray, importance: np.ndarray) -> Result:
    synthetic = problem.Y0 @ weights
    gap = problem.y1 - synthetic
    pre, post = problem.pre, ~problem.pre
    before, after = float(np.sqrt((gap[pre] ** 2).mean())), float(np.sqrt((gap[post] ** 2).mean()))
    spread = float(np.column_stack([problem.Y0[pre], problem.y1[pre]]).std(axis=1, ddof=1).mean())
    changes = float(np.diff(problem.y1[pre] - problem.Y0[pre].mean(axis=1)).std(ddof=0))
    held = weights[weights > 1e-6]
    to_changes = before / changes if changes > 0 else None
    diagnostics = {
        "treated_units": 1,
        "control_units": len(problem.donors),
        "pre_periods": int(pre.sum()),
        "post_periods": int(post.sum()),
        "pre_rmspe": before,
        "post_rmspe": after,
        "mspe_ratio": (after / before) ** 2 if before > 1e-9 * max(spread, 1e-300) else None,
        "fit_to_spread": before / spread if spread > 0 else None,
        "fit_to_changes": to_changes,
        "effective_donors": float(1 / (weights**2).sum()),
        "donors_with_weight": len(held),
        "largest_weight": float(weights.max()),
    }
    notes = []
    if to_changes is not None and to_changes < TOO_GOOD:
        notes.append(Note("impact.note.fit_too_good", {"rmspe": before, "donors": len(problem.donors)}))
    if diagnostics["fit_to_spread"] is not None and diagnostics["fit_to_spread"] > BAD_FIT:
        notes.append(Note("impact.note.fit_bad", {"rmspe": before}))
    path = pd.DataFrame({"time": problem.times, "actual": problem.y1, "synthetic": synthetic, "gap": gap})
    table = pd.DataFrame({"unit": problem.donors, "weight": weights})
    balance = pd.DataFrame(
        {
            "predictor": problem.labels,
            "treated": problem.X1,
            "synthetic": problem.X0 @ weights,
            "donors": problem.X0.mean(axis=1),
            "importance": importance,
        }
    )
    return Result(
        method="synthetic_control",
        estimate=float(gap[post].mean()),
        inference="none",
        diagnostics=diagnostics,
        tables={
            "path": path,
            "weights": table.sort_values("weight", ascending=False, kind="stable", ignore_index=True),
            "balance": balance,
        },
        notes=tuple(notes),
    )
