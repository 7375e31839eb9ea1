"""Interrupted time series: a step, and if asked a change of slope, in one series with trend, seasons and rest.

References: Lopez Bernal, Cummins and Gasparrini (2017), Int. J. of Epidemiology 46(1); Newey and West (1987).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from toolkit.errors import MethodError
from toolkit.impact.interface import LARGEST, Note, Result, finite, quiet
from toolkit.impact.linear import long_run_covariance

Family = Literal["poisson", "quasipoisson", "gaussian"]
FAMILIES = ("poisson", "quasipoisson", "gaussian")
ERRORS = ("model", "hac", "newey_west")


def interrupted_time_series(
    frame: pd.DataFrame,
    *,
    outcome: str,
    time: str,
    start: int,
    family: Family = "gaussian",
    offset: str = "",
    period: int = 12,
    harmonics: int = 0,
    trend: bool = True,
    slope_change: bool = False,
    errors: Literal["model", "hac", "newey_west"] = "model",
    lags: int | None = None,
    level: float = 0.95,
) -> Result:
    """`g(E[y_t]) = log(offset_t) + a + b·t + τ·[t ≥ start] (+ c·(t − start)·[t ≥ start]) + seasons`.

    Args:
        time: whole, evenly spaced periods; rows may come in any order.
        start: first period after the intervention.
        family: poisson (log link), quasipoisson (same, variance scaled by the dispersion) or gaussian (identity).
        offset: column of the population at risk, for counts.
        trend: b·t; without it (False) the step is the difference of two levels, right only where nothing else moves.
        period, harmonics: length of the seasonal cycle and pairs of sine and cosine; 0 pairs for no seasons.
        errors: of the model; robust to autocorrelation (hac: prewhitened, automatic bandwidth, t tests), or plain
            newey_west up to `lags`, floor(4·(n/100)^(2/9)) unless said, whose intervals are too narrow in short series.

    Returns:
        The step: a difference (gaussian) or a rate ratio (`scale` ratio; its `se` is that of the logarithm). Tables
        `path` (time, actual, fitted, counterfactual) and `coefficients`; diagnostics `dispersion`, `autocorrelation`
        (of order one, in residuals), `ljung_box_p`, `slope_change` (with its p), pre and post periods. There is no
        control group: the verdict says so.

    Raises:
        MethodError: missing values, gaps in time, negative counts, a constant series, too few periods on a side.
    """
    _options(family, errors, period, harmonics, lags)
    data = _checked(frame, outcome, time, offset, family)
    t = data[time].to_numpy(dtype=float)
    after = (t >= start).astype(float)
    columns = {"constant": np.ones(len(t)), **({"trend": t - t[0]} if trend else {}), "step": after}
    if slope_change:
        columns["slope_change"] = (t - start) * after
    for h in range(1, harmonics + 1):
        columns[f"sin{h}"] = np.sin(2 * np.pi * h * t / period)
        columns[f"cos{h}"] = np.cos(2 * np.pi * h * t / period)
    X = pd.DataFrame(columns)
    pre, post = int((1 - after).sum()), int(after.sum())
    least = 1 + trend + 2 * harmonics
    if pre < least or post < (2 if slope_change else 1):
        raise MethodError(
            f"interrupted time series: {pre} periods before and {post} after {start} are too few",
            allowed=f"at least {least} before",
            where=f"periods {int(t[0])} to {int(t[-1])}",
        )
    if len(t) <= X.shape[1] + 1 or np.linalg.matrix_rank(X.to_numpy()) < X.shape[1]:
        raise MethodError("interrupted time series: too few periods to tell trend, step and seasons apart")
    y = data[outcome].to_numpy(dtype=float)
    counts = family != "gaussian"
    if counts and not (y[after == 0].any() and y[after == 1].any()):
        raise MethodError(f"counts of {outcome!r} are all zero on one side of {start}: no ratio is defined")
    fit = _fit(y, X, data[offset].to_numpy() if offset else None, family)
    resid = np.asarray(fit.resid_pearson if counts else fit.resid)
    if float(np.abs(resid).max()) <= 1e-9 * (1.0 if counts else float(np.abs(y).max())):
        raise MethodError("interrupted time series: the fit is perfect, so no standard error exists")
    covariance, df = _covariance(fit, X.to_numpy(), y, family, errors, lags)
    table = _coefficients(fit.params.to_numpy(), covariance, df, list(columns), level)
    dispersion = float((resid**2).sum() / fit.df_resid) if counts else None
    diagnostics: dict[str, Any] = {
        "observations": len(data),
        "pre_periods": pre,
        "post_periods": post,
        "treated_units": 1,
        "control_units": 0,
        "dispersion": dispersion,
        "autocorrelation": _autocorrelation(resid),
        "ljung_box_p": _ljung_box(resid),
    }
    if slope_change:
        bent = _row(table, "slope_change")
        diagnostics |= {"slope_change": bent["estimate"], "slope_change_p": bent["p"]}
    notes = [Note("impact.note.no_control_group")]
    if diagnostics["ljung_box_p"] < 0.05 and errors == "model":
        notes.append(Note("impact.note.autocorrelated", {"r": diagnostics["autocorrelation"]}))
    if family == "poisson" and dispersion is not None and dispersion > 1.5:
        notes.append(Note("impact.note.overdispersed", {"dispersion": dispersion}))
    step = _row(table, "step")
    effect = finite(step["estimate"], "interrupted time series")
    return Result(
        method="interrupted_time_series",
        estimate=float(np.exp(effect)) if counts else effect,
        inference=errors,
        se=step["se"],
        interval=(float(np.exp(step["low"])), float(np.exp(step["high"]))) if counts else (step["low"], step["high"]),
        p=step["p"],
        level=level,
        scale="ratio" if counts else "difference",
        diagnostics=diagnostics,
        tables={"path": _path(fit, data, X, outcome, time, offset, counts), "coefficients": table},
        notes=tuple(notes),
    )


def _options(family: str, errors: str, period: int, harmonics: int, lags: int | None) -> None:
    for name, value, allowed in (("family", family, FAMILIES), ("errors", errors, ERRORS)):
        if value not in allowed:
            raise MethodError(f"interrupted time series: no {name} {value!r}", allowed=allowed)
    if harmonics < 0 or period < 2 or (lags is not None and lags < 0):
        raise MethodError(
            f"interrupted time series: {harmonics} harmonics of a cycle of {period} periods, lags {lags}",
            allowed="harmonics and lags not negative, a cycle of two periods at least",
        )


def _checked(frame: pd.DataFrame, outcome: str, time: str, offset: str, family: Family) -> pd.DataFrame:
    names = [outcome, time, *([offset] if offset else [])]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise MethodError(f"no column {missing[0]!r} in the table", allowed=list(frame.columns))
    if frame.empty:
        raise MethodError("the series is empty")
    data = frame[names].apply(pd.to_numeric, errors="coerce").sort_values(time, ignore_index=True)
    for name in names:
        bad = ~np.isfinite(data[name].to_numpy(dtype=float))
        if bad.any():
            raise MethodError(f"missing or infinite value in {name!r}", where=f"{int(bad.sum())} rows")
        if float(data[name].abs().max()) > LARGEST:
            raise MethodError(f"{name!r} holds {data[name].abs().max():g}, which is no measure")
    if (data[time] != data[time].round()).any():
        raise MethodError(f"periods in {time!r} must be whole numbers", hint="number months or quarters in a row")
    steps = np.diff(data[time].to_numpy(dtype=float))
    if (steps == 0).any():
        raise MethodError(f"duplicated rows: period {data[time][1:][steps == 0].iloc[0]:g} comes twice")
    if (steps != 1).any():
        raise MethodError(
            f"gap in time after period {data[time][:-1][steps != 1].iloc[0]:g}", hint="number periods in a row"
        )
    if family != "gaussian" and (data[outcome] < 0).any():
        raise MethodError(f"counts cannot be negative: {outcome!r}")
    if offset and (data[offset] <= 0).any():
        raise MethodError(f"the population at risk must be positive: {offset!r}")
    if offset and family == "gaussian":
        raise MethodError("an offset needs a model of counts", allowed=("poisson", "quasipoisson"))
    if data[outcome].nunique() == 1:
        raise MethodError(f"constant outcome: {outcome!r} is the same in every period")
    return data


def _fit(y: np.ndarray, X: pd.DataFrame, offset: np.ndarray | None, family: Family) -> Any:
    import statsmodels.api as sm

    with quiet():
        if family == "gaussian":
            return sm.OLS(y, X).fit()
        model = sm.GLM(y, X, family=sm.families.Poisson(), offset=None if offset is None else np.log(offset))
        try:
            return model.fit(**({"scale": "X2"} if family == "quasipoisson" else {}))
        except (ValueError, np.linalg.LinAlgError) as fault:
            raise MethodError(
                "interrupted time series: the model of counts did not converge", where=str(fault)
            ) from None


def _covariance(
    fit: Any, X: np.ndarray, y: np.ndarray, family: Family, errors: str, lags: int | None
) -> tuple[np.ndarray, float | None]:
    """Covariance of the coefficients and the degrees of freedom of their t tests; None for normal ones."""
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    n, k = X.shape
    if errors == "model":
        return fit.cov_params().to_numpy(), float(fit.df_resid) if family == "gaussian" else None
    fitted = np.asarray(fit.fittedvalues)
    weights = np.ones(n) if family == "gaussian" else fitted  # the log link is canonical: information X'·diag(μ)·X
    bread = np.linalg.inv((X * weights[:, None]).T @ X)
    scores = X * (y - fitted)[:, None]
    if errors == "newey_west":
        used = int(np.floor(4 * (n / 100) ** (2 / 9))) if lags is None else lags
        return bread @ S_hac_simple(scores, used) @ bread, None
    return bread @ long_run_covariance(scores) @ bread * n / (n - k), float(n - k)


def _coefficients(
    beta: np.ndarray, covariance: np.ndarray, df: float | None, terms: list[str], level: float
) -> pd.DataFrame:
    law = stats.norm if df is None else stats.t(df)
    se = np.sqrt(np.diag(covariance))
    half = law.ppf(0.5 + level / 2) * se
    p = 2 * law.sf(np.abs(beta) / se)
    return pd.DataFrame({"term": terms, "estimate": beta, "se": se, "low": beta - half, "high": beta + half, "p": p})


def _row(table: pd.DataFrame, term: str) -> dict[str, float]:
    row = table[table["term"] == term].drop(columns="term")
    return {str(name): float(row[name].iloc[0]) for name in row}


def _path(
    fit: Any, data: pd.DataFrame, X: pd.DataFrame, outcome: str, time: str, offset: str, counts: bool
) -> pd.DataFrame:
    """The series, the fit, and the fit without the intervention."""
    without = X.assign(step=0.0, **({"slope_change": 0.0} if "slope_change" in X else {}))
    counterfactual = without.to_numpy() @ fit.params.to_numpy()
    if counts:
        counterfactual = np.exp(counterfactual) * (data[offset].to_numpy() if offset else 1.0)
    return pd.DataFrame(
        {
            "time": data[time].to_numpy(),
            "actual": data[outcome].to_numpy(),
            "fitted": np.asarray(fit.fittedvalues),
            "counterfactual": counterfactual,
        }
    )


def _autocorrelation(resid: np.ndarray) -> float:
    centred = resid - resid.mean()
    return float(centred[1:] @ centred[:-1] / (centred @ centred))


def _ljung_box(resid: np.ndarray) -> float:
    from statsmodels.stats.diagnostic import acorr_ljungbox

    with quiet():
        table = acorr_ljungbox(resid, lags=[max(1, min(10, len(resid) // 5))])
    return float(table["lb_pvalue"].iloc[0])
