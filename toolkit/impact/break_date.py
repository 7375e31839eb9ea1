"""When did a series break? The date that fits best, with its interval, where an effect came at no known date.

statsmodels tests whether coefficients are stable; it neither dates a break nor gives the interval of the date, so both
are here.

References: Bai (1997), Estimation of a change point in multiple regression models, Review of Economics and Statistics
79(4); Bai and Perron (2003), J. of Applied Econometrics 18(1).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq
from scipy.special import log_ndtr

from toolkit.errors import MethodError
from toolkit.impact.interface import LARGEST, Result, quiet


def find_break(
    frame: pd.DataFrame,
    *,
    outcome: str,
    time: str,
    trend: bool = False,
    covariates: tuple[str, ...] = (),
    trimming: float = 0.15,
    level: float = 0.95,
) -> Result:
    """The date at which a level (or, with `trend`, level and slope; with `covariates`, their coefficients) changed.

    Args:
        frame: one row a period.
        time: whole, evenly spaced periods, in any order.
        trimming: share of periods that each side must have.

    Returns:
        The estimate is the change of the first coefficient (the level; with a trend, at the middle of the series).
        Diagnostics: last_before and first_after (periods), low and high (interval of last_before; None where the change
        is too small for one), rss, rss_without, bic, bic_without, stable_p (statsmodels' CUSUM test that nothing
        changed). Table `search` (time, rss): error by last period before the break.

    Raises:
        MethodError: missing values, gaps in time, a constant series, too few periods.
    """
    data = _checked(frame, outcome, time, covariates)
    t, y = data[time].to_numpy(dtype=float), data[outcome].to_numpy(dtype=float)
    extra = [(t - t.mean())] if trend else []
    X = np.column_stack([np.ones(len(t)), *extra, *[data[name].to_numpy(dtype=float) for name in covariates]])
    n, k = X.shape
    least = max(int(np.floor(trimming * n)), k + 1)
    if not 0 < trimming < 0.5 or n < 2 * least:
        raise MethodError(
            f"a break needs {least} periods on each side, here are {n} in all",
            allowed="a trimming between 0 and 0.5",
            reason="too_few_rows",
        )
    rss = {cut: _rss(X[:cut], y[:cut]) + _rss(X[cut:], y[cut:]) for cut in range(least, n - least + 1)}
    cut = min(rss, key=lambda one: (rss[one], one))
    before, after = _beta(X[:cut], y[:cut]), _beta(X[cut:], y[cut:])
    sigmas = _rss(X[:cut], y[:cut]) / cut, _rss(X[cut:], y[cut:]) / (n - cut)
    if min(sigmas) <= 1e-20 * float(np.var(y)):
        raise MethodError("a break: the fit is perfect, so no interval exists", reason="perfect_fit")
    low, high = _interval(X, cut, after - before, sigmas, level)
    without = _rss(X, y)

    def clamp(offset: int | None) -> float | None:
        return None if offset is None else float(t[min(max(cut + offset, 1), n) - 1])

    diagnostics = {
        "observations": n,
        "pre_periods": cut,
        "post_periods": n - cut,
        "last_before": float(t[cut - 1]),
        "first_after": float(t[cut]),
        "low": clamp(low),
        "high": clamp(high),
        "rss": rss[cut],
        "rss_without": without,
        "bic": _bic(rss[cut], n, 2 * k + 2),
        "bic_without": _bic(without, n, k + 1),
        "stable_p": _stable(X, y),
    }
    search = pd.DataFrame({"time": t[np.array(list(rss)) - 1], "rss": list(rss.values())})
    return Result(
        method="find_break",
        estimate=float((after - before)[0]),
        inference="none",
        level=level,
        diagnostics=diagnostics,
        tables={"search": search},
    )


def _checked(frame: pd.DataFrame, outcome: str, time: str, covariates: tuple[str, ...]) -> pd.DataFrame:
    names = [outcome, time, *covariates]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise MethodError(f"no column {missing[0]!r} in the table", allowed=list(frame.columns))
    data = frame[names].apply(pd.to_numeric, errors="coerce").sort_values(time, ignore_index=True)
    for name in names:
        bad = ~np.isfinite(data[name].to_numpy(dtype=float))
        if bad.any():
            raise MethodError(f"missing or infinite value in {name!r}", where=f"{int(bad.sum())} rows")
        if float(data[name].abs().max()) > LARGEST:
            raise MethodError(f"{name!r} holds {data[name].abs().max():g}, which is no measure")
    steps = np.diff(data[time].to_numpy(dtype=float))
    if (len(steps) and not np.allclose(steps, steps[0], rtol=1e-6)) or (steps <= 0).any():
        raise MethodError(f"{time!r} has gaps or periods twice", hint="number periods in a row")
    if data[outcome].nunique() < 2:
        raise MethodError(f"constant outcome: {outcome!r} is the same in every period", reason="no_variation")
    return data


def _beta(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(X, y, rcond=None)[0]


def _rss(X: np.ndarray, y: np.ndarray) -> float:
    return float(((y - X @ _beta(X, y)) ** 2).sum())


def _bic(rss: float, n: int, parameters: int) -> float:
    return n * float(np.log(2 * np.pi * rss / n) + 1) + parameters * float(np.log(n))


def _stable(X: np.ndarray, y: np.ndarray) -> float:
    from statsmodels.stats.diagnostic import breaks_cusumolsresid

    with quiet():
        return float(breaks_cusumolsresid(y - X @ _beta(X, y), X.shape[1])[1])


def _interval(
    X: np.ndarray, cut: int, change: np.ndarray, sigmas: tuple[float, float], level: float
) -> tuple[int | None, int | None]:
    """Periods from the estimated date, by Bai's distribution; errors and regressors may differ between the sides."""
    first, second = (part.T @ part / len(part) for part in (X[:cut], X[cut:]))
    one, two = float(change @ first @ change), float(change @ second @ change)
    if not (one > 0 and two > 0):
        return None, None
    ratio, phi = two / one, two / one * sigmas[1] / sigmas[0]  # ξ, and ξ·(φ₂/φ₁)²
    tail = (1 - level) / 2
    if not tail < _argmax_cdf(0.0, ratio, phi) < 1 - tail:
        return None, None
    far = 1e4
    upper = brentq(lambda x: _argmax_cdf(x, ratio, phi) - (1 - tail), 0.0, far)
    lower = brentq(lambda x: _argmax_cdf(x, ratio, phi) - tail, -far, 0.0)
    unit = sigmas[0] / one
    return -int(np.ceil(upper * unit)), -int(np.floor(lower * unit))


def _argmax_cdf(x: float, xi: float, phi: float) -> float:
    """Distribution of the place where Bai's two-sided Brownian motion with drift is highest (1997, appendix B)."""
    z = abs(x)
    with np.errstate(divide="ignore"):
        root = np.log(z) / 2 - np.log(2 * np.pi) / 2 if z else -np.inf
    if x < 0:
        part = xi / phi
        return float(
            -np.exp(root - z / 8)
            - phi
            / xi
            * (phi + 2 * xi)
            / (phi + xi)
            * np.exp(part * (1 + part) * z / 2 + log_ndtr(-(0.5 + part) * z**0.5))
            + (z / 2 - 2 + (phi + 2 * xi) ** 2 / ((phi + xi) * xi)) * stats.norm.cdf(-(z**0.5) / 2)
        )
    part = xi**2 / phi
    return float(
        1
        + part**0.5 * np.exp(root - part * z / 8)
        + xi / phi * (2 * phi + xi) / (phi + xi)
        * np.exp((phi + xi) * z / 2 + log_ndtr(-(phi + xi / 2) / phi**0.5 * z**0.5))
        - ((2 * phi + xi) ** 2 / ((phi + xi) * phi) - 2 + part * z / 2) * stats.norm.cdf(-(part**0.5) * z**0.5 / 2)
    )  # fmt: skip
