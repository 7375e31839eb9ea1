"""Synthetic difference in differences, and the two estimators it is compared with, on one or more treated units.

Reference: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111(12). SDID and its
placebo error are computed by diff-diff, equal to R's synthdid. The synthetic control of that paper uses the same
Frank-Wolfe solver with almost no ridge, stopped at its tolerance, so it is a little off the exact optimum of
`synthetic_control`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import NEVER, Note, Panel, Result, describe, finite, quiet
from toolkit.impact.result import usable_error


def synthetic_did(
    panel: Panel,
    *,
    weights: Literal["sdid", "sc", "did"] = "sdid",
    draws: int = 200,
    seed: int = 2015,
    level: float = 0.95,
) -> Result:
    """The effect on units treated at one date, against donors and periods weighted to look like them.

    The placebo error treats random donors, as many as there are treated units, and takes the spread of what is
    found; it supposes that treated units are as noisy as donors.

    Args:
        weights: sdid (units and periods weighted), sc (units only) or did (equal weights); the last two give the
            point only.
        draws, seed: of the placebo error; 0 draws for the point only.

    Returns:
        Tables `unit_weights`, `time_weights`, and for sdid `placebos` (effect). The interval is the placebo error times
        Student's t with as many degrees of freedom as donors less one; p is the rank among placebos.

    Raises:
        MethodError: staggered dates; fewer donors than treated units plus one when a placebo error is asked.
    """
    date = panel.single_date("synthetic DiD")
    treated, controls = panel.treated_units, panel.need_controls("synthetic DiD", least=2)
    if (panel.times < date).sum() < 2:
        raise MethodError("synthetic DiD needs at least two periods before treatment", where=panel.span())
    if weights != "sdid":
        return _simple(panel, date, weights, level)
    if draws and len(controls) <= len(treated):
        raise MethodError(
            f"fewer donors than needed: a placebo error for {len(treated)} treated units needs more than "
            f"{len(treated)} donors, here {len(controls)}",
            hint="ask for 0 draws to have the point only",
        )
    from diff_diff import SyntheticDiD

    data = panel.data.assign(d=np.repeat((panel.first_treated.to_numpy() != NEVER).astype(int), len(panel.times)))
    post = [int(t) for t in panel.times if t >= date]
    estimator = SyntheticDiD(variance_method="placebo", n_bootstrap=max(draws, 2), seed=seed, alpha=1 - level)
    with quiet():
        try:
            fit = estimator.fit(data, outcome="outcome", treatment="d", unit="unit", time="time", post_periods=post)
        except ValueError as fault:
            raise MethodError("synthetic DiD is not defined on this panel", where=str(fault)) from None
    unit_weights, time_weights = fit.get_unit_weights_df(), fit.get_time_weights_df()
    se = usable_error(fit.se, panel.data["outcome"].to_numpy()) if draws else None
    estimate = finite(fit.att, "synthetic DiD")
    half = _t(level, len(controls) - 1)
    effects = (
        np.asarray(fit.variance_effects, dtype=float) if draws and fit.variance_effects is not None else np.array([])
    )
    notes: tuple[Note, ...] = ()
    if len(controls) < 20:
        notes = (Note("impact.note.few_placebos", {"donors": len(controls), "smallest": 1 / (len(controls) + 1)}),)
    return Result(
        method="synthetic_did",
        estimate=estimate,
        inference="placebo" if se else "none",
        se=se,
        interval=(estimate - half * se, estimate + half * se) if se else None,
        p=float((1 + (np.abs(effects) >= abs(estimate)).sum()) / (1 + len(effects))) if se else None,
        level=level,
        diagnostics=describe(panel) | {"sdid_pre_rmse": float(fit.pre_treatment_fit)},
        tables={
            "unit_weights": unit_weights,
            "time_weights": time_weights,
            "placebos": pd.DataFrame({"effect": effects}),
        },
        notes=notes,
        seed=seed if draws else None,
        draws=draws or None,
    )


def _simple(panel: Panel, date: int, weights: str, level: float) -> Result:
    values = panel.wide().to_numpy()
    treated, pre = panel.first_treated.to_numpy() != NEVER, panel.times < date
    y1, Y0 = values[treated].mean(axis=0), values[~treated]
    n, periods = len(Y0), int(pre.sum())
    if weights == "did":
        w, lam = np.full(n, 1 / n), np.full(periods, 1 / periods)
    else:
        noise = float(np.diff(Y0[:, pre], axis=1).std(ddof=1))
        w, lam = _frank_wolfe(Y0[:, pre].T, y1[pre], noise), np.zeros(periods)
    gap = y1 - w @ Y0
    estimate = finite(float(gap[~pre].mean() - lam @ gap[pre]), "synthetic DiD")
    tables = {
        "unit_weights": pd.DataFrame({"unit": panel.controls, "weight": w}),
        "time_weights": pd.DataFrame({"time": panel.times[pre], "weight": lam}),
        "path": pd.DataFrame({"time": panel.times, "gap": gap}),
    }
    return Result(
        method=f"synthetic_did_{weights}",
        estimate=estimate,
        inference="none",
        level=level,
        diagnostics=describe(panel),
        tables=tables,
    )


def _frank_wolfe(A: np.ndarray, b: np.ndarray, noise: float, most: int = 10_000) -> np.ndarray:
    """Simplex weights by Frank-Wolfe, as in R's synthdid.

    Ridge 10⁻⁶·noise; stop when a step gains less than (10⁻⁵·noise)². After a hundred steps weights below a quarter of
    the largest are cleared, then the search goes on.
    """
    ridge = len(b) * (1e-6 * noise) ** 2
    w = np.full(A.shape[1], 1 / A.shape[1])
    for limit in (100, most):
        last = np.inf
        for step in range(limit):
            w = _step(A, b, w, ridge)
            error = A @ w - b
            value = (1e-6 * noise) ** 2 * float(w @ w) + float(error @ error) / len(b)
            if step and last - value < (1e-5 * noise) ** 2:
                break
            last = value
        if limit == 100:
            w = np.where(w <= w.max() / 4, 0.0, w)
            w = w / w.sum()
    return w


def _step(A: np.ndarray, b: np.ndarray, w: np.ndarray, ridge: float) -> np.ndarray:
    """One step towards the vertex of steepest descent, with exact line search."""
    error = A @ w - b
    slope = A.T @ error + ridge * w
    best = int(np.argmin(slope))
    direction = -w
    direction = direction + np.eye(len(w))[best]
    if not direction.any():
        return w
    change = A @ direction
    length = -float(slope @ direction) / float(change @ change + ridge * direction @ direction)
    return w + min(1.0, max(0.0, length)) * direction


def _t(level: float, df: int) -> float:
    """Half-width in standard errors: the error is the spread of as many placebos as there are donors."""
    from scipy import stats

    return float(stats.t.ppf(0.5 + level / 2, df))
