"""Least squares by statsmodels, with what designs ask of it beside: effects swept out, and faults said in words.

Own are the sweep of unit effects (statsmodels has dummies only, too many with 7,900 units) and the prewhitened long-run
covariance (statsmodels has none, and plain Newey-West covers too little).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from toolkit.errors import MethodError
from toolkit.impact.result import quiet

Covariance = Literal["classical", "robust", "cluster"]
COVARIANCES = ("classical", "robust", "cluster")


@dataclass(frozen=True)
class Fit:
    """Coefficients, their covariance, residual degrees of freedom of the t tests, R² and residuals."""

    beta: np.ndarray
    covariance: np.ndarray
    df: float
    r2: float
    residuals: np.ndarray
    clusters: int | None = None

    def test(self, index: int, level: float = 0.95) -> tuple[float, tuple[float, float], float]:
        """Standard error, interval and two-sided p of one coefficient."""
        estimate, variance = float(self.beta[index]), float(self.covariance[index, index])
        if not variance > (1e-7 * float(np.abs(self.residuals).max())) ** 2:  # else nothing but rounding
            raise MethodError(
                "no standard error exists: the rows that tell the effect, or their clusters, are too few to vary",
                hint="add comparison units, or use randomisation_test or synthetic_control",
                reason="no_error",
            )
        se = float(np.sqrt(variance))
        half = float(stats.t.ppf(0.5 + level / 2, self.df)) * se
        p = float(2 * stats.t.sf(abs(estimate / se), self.df))
        return se, (estimate - half, estimate + half), p


def least_squares(
    y: np.ndarray,
    X: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    covariance: Covariance = "classical",
    clusters: np.ndarray | None = None,
    absorbed: int = 0,
    nested: bool = True,
    method: str = "least squares",
) -> Fit:
    """Weighted least squares of `y` (n) on `X` (n × k).

    Args:
        absorbed: fixed effects swept out before, counted in the degrees of freedom of classical and robust errors.
        nested: the effects swept out are nested in the clusters, and not counted in k.
        clusters: group of each row; the covariance is then CR1, `G/(G−1) · (n−1)/(n−k)`, and t tests have G − 1
            degrees of freedom.

    Raises:
        MethodError: collinear columns, too few rows or clusters, or a perfect fit.
    """
    from statsmodels.regression.linear_model import WLS

    if covariance not in COVARIANCES:
        raise MethodError(f"{method}: no covariance {covariance!r}", allowed=COVARIANCES)
    n, k = X.shape
    spare = n - k - absorbed
    if spare < 1:
        raise MethodError(f"{method}: {n} rows cannot tell {k + absorbed} coefficients apart", reason="too_few_rows")
    weight = np.ones(n) if weights is None else weights / weights.mean()
    scale = np.sqrt((X**2 * weight[:, None]).sum(axis=0))
    scaled = X * np.sqrt(weight)[:, None] / np.where(scale == 0, 1, scale)
    if (scale == 0).any() or np.linalg.matrix_rank(np.linalg.qr(scaled, mode="r"), tol=1e-8) < k:
        raise MethodError(f"{method}: the columns are collinear, so the effect is not identified", reason="collinear")
    options: dict[str, Any] = {"cov_type": {"classical": "nonrobust", "robust": "HC1"}.get(covariance, covariance)}
    groups = None
    if covariance == "cluster":
        if clusters is None:
            raise MethodError(f"{method}: clustered errors need the cluster of each row")
        code = pd.factorize(clusters)[0]
        groups = int(code.max()) + 1
        if groups < 2:
            raise MethodError(f"{method}: clustered errors need at least two clusters", reason="no_error")
        options["cov_kwds"] = {"groups": code}
    model = WLS(y, X, weights=weight)
    model.rank, model.df_model = k, float(k)
    model.df_resid = float(n - k if groups and nested else spare)
    with quiet():
        fit = model.fit(**options)
    rss = float(weight @ np.asarray(fit.resid) ** 2)
    tss = float(weight @ (y - np.average(y, weights=weight)) ** 2)
    if tss == 0 or rss / tss < 1e-20:
        raise MethodError(f"{method}: the fit is perfect, so no standard error exists", reason="perfect_fit")
    df = float(groups - 1 if groups else spare)
    return Fit(np.asarray(fit.params), np.asarray(fit.cov_params()), df, 1 - rss / tss, np.asarray(fit.resid), groups)


def demean(columns: np.ndarray, units: int, weights: np.ndarray) -> np.ndarray:
    """Columns (n × k, rows sorted by unit, balanced) less the weighted mean of their unit."""
    periods = len(columns) // units
    cube = columns.reshape(units, periods, -1)
    w = weights.reshape(units, periods, 1)
    return (cube - (cube * w).sum(axis=1, keepdims=True) / w.sum(axis=1, keepdims=True)).reshape(columns.shape)


def period_dummies(units: int, periods: int) -> np.ndarray:
    """Indicators of every period but the first, rows sorted by unit then period: (units · periods) × (periods − 1)."""
    return np.tile(np.eye(periods)[:, 1:], (units, 1))


def long_run_covariance(scores: np.ndarray) -> np.ndarray:
    """Sum of the autocovariances of scores (periods × k) times the number of periods, prewhitened.

    Each score is filtered by its own first-order autoregression, what is left is weighted by Bartlett's kernel with the
    automatic bandwidth, and the filter is undone. With a step among the regressors and some ten years of months, plain
    Newey-West intervals cover far too little; these come close (measured in bench/impact_simulations.py).

    References: Andrews and Monahan (1992), Econometrica 60(4); Andrews (1991), ibid. 59(3).
    """
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    persistence = _autoregression(scores)
    rest = scores[1:] - scores[:-1] * persistence
    r = _autoregression(rest)
    variance = ((rest[1:] - rest[:-1] * r) ** 2).mean(axis=0)
    top = (4 * r**2 * variance**2 / ((1 - r) ** 6 * (1 + r) ** 2)).sum()
    bottom = (variance**2 / (1 - r) ** 4).sum()
    bandwidth = int(1.1447 * (top / bottom * len(rest)) ** (1 / 3)) if bottom > 0 else 0
    undo = np.diag(1 / (1 - persistence))
    return undo @ S_hac_simple(rest, bandwidth) @ undo * len(scores) / len(rest)


def _autoregression(columns: np.ndarray) -> np.ndarray:
    """First-order autoregression of each column without constant, kept within ±0.97."""
    below = (columns[:-1] ** 2).sum(axis=0)
    slope = (columns[1:] * columns[:-1]).sum(axis=0) / np.where(below > 0, below, 1.0)
    return np.clip(slope, -0.97, 0.97)
