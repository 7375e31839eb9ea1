"""Interrupted time series: a step, and if asked a change of slope, in one series with trend, seasons and rest.

References: Lopez Bernal, Cummins and Gasparrini (2017), Int. J. of Epidemiology 46(1); Newey and West (1987).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import Note, Result, finite, quiet

Family = Literal["poisson", "quasipoisson", "gaussian"]


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
    slope_change: bool = False,
    errors: Literal["model", "hac"] = "model",
    lags: int | None = None,
    level: float = 0.95,
) -> Result:
    """`g(E[y_t]) = log(offset_t) + a + b·t + τ·[t ≥ start] (+ c·(t − start)·[t ≥ start]) + seasons`.

    Args:
        time: whole, evenly spaced periods; rows may come in any order.
        start: first period after the intervention.
        family: poisson (log link), quasipoisson (same, variance scaled by the dispersion) or gaussian (identity).
        offset: column of the population at risk, for counts.
        period, harmonics: length of the seasonal cycle and pairs of sine and cosine; 0 pairs for no seasons.
        errors: of the model, or robust to autocorrelation (Newey-West) up to `lags`, floor(4·(n/100)^(2/9)) unless
            said.

    Returns:
        The step: a difference (gaussian) or a rate ratio (`scale` ratio). Table `path` (time, actual, fitted,
            counterfactual)
        and `coefficients`; diagnostics `dispersion`, `autocorrelation` (of order one, in residuals), `ljung_box_p`,
        `slope_change` (with its p), pre and post periods. There is no control group: the verdict says so.

    Raises:
        MethodError: missing values, gaps in time, negative counts, a constant series, too few periods on a side.
    """
    data = _checked(frame, outcome, time, offset, family)
    t = data[time].to_numpy(dtype=float)
    after = (t >= start).astype(float)
    columns = {"constant": np.ones(len(t)), "trend": t - t[0], "step": after}
    if slope_change:
        columns["slope_change"] = (t - start) * after
    for h in range(1, harmonics + 1):
        columns[f"sin{h}"] = np.sin(2 * np.pi * h * t / period)
        columns[f"cos{h}"] = np.cos(2 * np.pi * h * t / period)
    X = pd.DataFrame(columns)
    pre, post = int((1 - after).sum()), int(after.sum())
    least = 2 + 2 * harmonics
    if pre < least or post < (2 if slope_change else 1):
        raise MethodError(
            f"interrupted time series: {pre} periods before and {post} after {start} are too few",
            allowed=f"at least {least} before",
            where=f"periods {int(t[0])} to {int(t[-1])}",
        )
    if len(t) <= X.shape[1] + 1 or np.linalg.matrix_rank(X.to_numpy()) < X.shape[1]:
        raise MethodError("interrupted time series: too few periods to tell trend, step and seasons apart")
    used = int(np.floor(4 * (len(t) / 100) ** (2 / 9))) if lags is None else lags
    fit = _fit(
        data[outcome].to_numpy(dtype=float), X, data[offset].to_numpy() if offset else None, family, errors, used
    )
    return _report(fit, data, X, outcome, time, offset, family, errors, used, level, pre, post)


def _checked(frame: pd.DataFrame, outcome: str, time: str, offset: str, family: Family) -> pd.DataFrame:
    names = [outcome, time, *([offset] if offset else [])]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise MethodError(f"no column {missing[0]!r} in the table", allowed=list(frame.columns))
    data = frame[names].apply(pd.to_numeric, errors="coerce").sort_values(time, ignore_index=True)
    for name in names:
        bad = ~np.isfinite(data[name].to_numpy(dtype=float))
        if bad.any():
            raise MethodError(f"missing or infinite value in {name!r}", where=f"{int(bad.sum())} rows")
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


def _fit(y: np.ndarray, X: pd.DataFrame, offset: np.ndarray | None, family: Family, errors: str, lags: int) -> Any:
    import statsmodels.api as sm

    robust = {"cov_type": "HAC", "cov_kwds": {"maxlags": lags}} if errors == "hac" else {}
    with quiet():
        if family == "gaussian":
            return sm.OLS(y, X).fit(**robust)
        scale = {"scale": "X2"} if family == "quasipoisson" else {}
        model = sm.GLM(y, X, family=sm.families.Poisson(), offset=None if offset is None else np.log(offset))
        try:
            return model.fit(**scale, **robust)
        except (ValueError, np.linalg.LinAlgError) as fault:
            raise MethodError(
                "interrupted time series: the model of counts did not converge", where=str(fault)
            ) from None


def _report(
    fit: Any,
    data: pd.DataFrame,
    X: pd.DataFrame,
    outcome: str,
    time: str,
    offset: str,
    family: Family,
    errors: str,
    lags: int,
    level: float,
    pre: int,
    post: int,
) -> Result:
    counts = family != "gaussian"
    resid = np.asarray(fit.resid_pearson if counts else fit.resid)
    low, high = fit.conf_int(alpha=1 - level).loc["step"]
    beta = finite(fit.params["step"], "interrupted time series")
    fitted = np.asarray(fit.fittedvalues)
    without = X.assign(step=0.0, **({"slope_change": 0.0} if "slope_change" in X else {}))
    counterfactual = np.asarray(without.to_numpy() @ fit.params.to_numpy())
    if counts:
        counterfactual = np.exp(counterfactual) * (data[offset].to_numpy() if offset else 1.0)
    dispersion = float((resid**2).sum() / fit.df_resid) if counts else None
    acf = _autocorrelation(resid)
    ljung_box = _ljung_box(resid)
    diagnostics: dict[str, Any] = {
        "observations": len(data),
        "pre_periods": pre,
        "post_periods": post,
        "treated_units": 1,
        "control_units": 0,
        "dispersion": dispersion,
        "autocorrelation": acf,
        "ljung_box_p": ljung_box,
        "hac_lags": lags if errors == "hac" else None,
    }
    if "slope_change" in X:
        diagnostics |= {
            "slope_change": float(fit.params["slope_change"]),
            "slope_change_p": float(fit.pvalues["slope_change"]),
        }
    notes = [Note("impact.note.no_control_group")]
    if ljung_box < 0.05 and errors == "model":
        notes.append(Note("impact.note.autocorrelated", {"r": acf}))
    if family == "poisson" and dispersion is not None and dispersion > 1.5:
        notes.append(Note("impact.note.overdispersed", {"dispersion": dispersion}))
    coefficients = pd.DataFrame({"term": list(X), "estimate": fit.params.to_numpy(), "se": fit.bse.to_numpy()})
    path = pd.DataFrame(
        {
            "time": data[time].to_numpy(),
            "actual": data[outcome].to_numpy(),
            "fitted": fitted,
            "counterfactual": counterfactual,
        }
    )
    return Result(
        method="interrupted_time_series",
        estimate=float(np.exp(beta)) if counts else beta,
        inference="hac" if errors == "hac" else "model",
        se=float(fit.bse["step"]),
        interval=(float(np.exp(low)), float(np.exp(high))) if counts else (float(low), float(high)),
        p=float(fit.pvalues["step"]),
        level=level,
        scale="ratio" if counts else "difference",
        diagnostics=diagnostics,
        tables={"path": path, "coefficients": coefficients},
        notes=tuple(notes),
    )


def _autocorrelation(resid: np.ndarray) -> float:
    centred = resid - resid.mean()
    return float(centred[1:] @ centred[:-1] / (centred @ centred))


def _ljung_box(resid: np.ndarray) -> float:
    from statsmodels.stats.diagnostic import acorr_ljungbox

    with quiet():
        table = acorr_ljungbox(resid, lags=[max(1, min(10, len(resid) // 5))])
    return float(table["lb_pvalue"].iloc[0])
