"""Regression discontinuity: what jumps at a threshold of size, income or score that decides who is treated.

Local linear fits on both sides, triangular kernel, bandwidth of least mean squared error, interval robust and
bias-corrected, by diff-diff (equal to R's rdrobust and rddensity). With it the tests a reader asks for: is the density
of units smooth there, does the estimate hold without those nearest, does nothing jump at thresholds where nothing
happens, nor in what the policy cannot have changed.

References: Calonico, Cattaneo and Titiunik (2014), Econometrica 82(6); Cattaneo, Jansson and Ma (2020), JASA 115(531).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import LARGEST, Note, Result, finite, quiet

LEAST_ROWS = 30  # on each side
LEAST_NEAR = 20  # within the bandwidth, on each side
DONUTS = (0.1, 0.25)  # shares of the bandwidth left out around the threshold


def discontinuity(
    frame: pd.DataFrame,
    *,
    outcome: str,
    running: str,
    cutoff: float,
    treated: Literal["above", "below"] = "above",
    takeup: str = "",
    covariates: Sequence[str] = (),
    unchanged: Sequence[str] = (),
    bandwidth: float | None = None,
    level: float = 0.95,
) -> Result:
    """The jump of an outcome at a threshold.

    Args:
        frame: one row a unit.
        running, cutoff: column that decides, and its threshold; units exactly on it are treated.
        treated: side that is treated.
        takeup: column of who was in fact treated, where the threshold only makes it likelier (fuzzy): the effect is
            then the jump of the outcome over that of take-up.
        covariates: columns known before, that make the estimate more precise and change nothing else.
        unchanged: columns that the policy cannot have changed: a jump in one speaks against the design.
        bandwidth: instead of the one of least mean squared error.

    Returns:
        The conventional estimate, with the robust bias-corrected `interval` and `p` (inference `robust`). Tables
        `robustness` (check, cutoff, estimate, low, high, p) and `bins` (running, outcome, rows: means, 20 a side).
        Diagnostics: bandwidth, near_left, near_right, density_p, donut_same_sign, placebo_threshold_p and unchanged_p
        (the smallest p of each kind, Holm's).

    Raises:
        MethodError: missing values, fewer than 30 rows on a side, an outcome without variation.
    """
    from diff_diff import RegressionDiscontinuity

    names = list(dict.fromkeys([outcome, running, *([takeup] if takeup else []), *covariates, *unchanged]))
    data = _checked(frame, names, running, cutoff, treated)
    x = data["__x"].to_numpy()

    def fit(rows: pd.DataFrame, at: float, what: str = outcome, **how: Any) -> Any:
        with quiet():
            try:
                return RegressionDiscontinuity(cutoff=at, alpha=1 - level, h=how.pop("h", None)).fit(
                    rows, outcome=what, running="__x", covariates=list(covariates) or None, **how
                )
            except (ValueError, np.linalg.LinAlgError) as fault:
                raise MethodError(
                    "discontinuity: no fit is defined around the threshold", where=str(fault), reason="not_defined"
                ) from None

    main = fit(data, 0.0, h=bandwidth, takeup=takeup or None)
    estimate = finite(main.att_conventional, "discontinuity")
    h = float(min(main.h_left, main.h_right))
    checks: list[dict[str, Any]] = []

    def check(kind: str, rows: pd.DataFrame, at: float, what: str = outcome, **how: Any) -> None:
        try:
            found = fit(rows, at, what, **how)
        except MethodError:
            return  # too few rows there: a check that cannot be made is not made
        low, high = found.conf_int
        shown = -at if treated == "below" else at
        values = {"estimate": found.att_conventional, "low": low, "high": high, "p": found.p_value}
        if all(np.isfinite(list(values.values()))):
            checks.append({"check": kind, "column": what, "cutoff": cutoff + shown, **values})

    for share in DONUTS:
        check("donut", data[np.abs(x) >= share * h], 0.0, h=bandwidth, takeup=takeup or None)
    for side in (x >= 0, x < 0):
        check("placebo_threshold", data[side], float(np.median(x[side])))
    for name in unchanged:
        check("unchanged", data, 0.0, name)
    table = pd.DataFrame(checks, columns=["check", "column", "cutoff", "estimate", "low", "high", "p"])
    donuts = table[table["check"] == "donut"]["estimate"]
    low, high = main.conf_int
    near = (int(main.n_h_left), int(main.n_h_right))
    diagnostics = {
        "observations": len(data),
        "treated_units": int((x >= 0).sum()),
        "control_units": int((x < 0).sum()),
        "bandwidth": h,
        "near_threshold": min(near),
        "density_p": _density(data),
        "donut_same_sign": bool((np.sign(donuts) == np.sign(estimate)).all()) if len(donuts) else None,
        "placebo_threshold_p": _smallest(table, "placebo_threshold"),
        "unchanged_p": _smallest(table, "unchanged"),
        "first_stage": None if main.first_stage is None else float(main.first_stage),
        "mde": 2.8 * float(main.se),
    }
    notes = (Note("impact.note.few_near_threshold", {"rows": min(near)}),) if min(near) < LEAST_NEAR else ()
    return Result(
        method="discontinuity",
        estimate=estimate,
        inference="robust",
        se=float(main.se_conventional),
        interval=(float(low), float(high)),
        p=float(main.p_value),
        level=level,
        diagnostics=diagnostics,
        tables={"robustness": table, "bins": _bins(data, outcome, h, cutoff, treated)},
        notes=notes,
    )


def _checked(frame: pd.DataFrame, names: list[str], running: str, cutoff: float, treated: str) -> pd.DataFrame:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise MethodError(f"no column {missing[0]!r} in the table", allowed=list(frame.columns))
    if treated not in ("above", "below"):
        raise MethodError(f"no side {treated!r} of a threshold", allowed=("above", "below"))
    data = frame[names].apply(pd.to_numeric, errors="coerce").astype(float).reset_index(drop=True)
    for name in names:
        bad = ~np.isfinite(data[name].to_numpy())
        if bad.any():
            raise MethodError(
                f"missing or infinite value in {name!r}",
                where=f"{int(bad.sum())} rows",
                hint="drop the rows, and say so",
                reason="outcome_missing",
                values={"rows": int(bad.sum())},
            )
        if float(data[name].abs().max()) > LARGEST:
            raise MethodError(f"{name!r} holds {data[name].abs().max():g}, which is no measure", reason="no_measure")
    data["__x"] = (data[running] - cutoff) * (1 if treated == "above" else -1)
    for side, rows in (("treated", data["__x"] >= 0), ("other", data["__x"] < 0)):
        if rows.sum() < LEAST_ROWS:
            raise MethodError(
                f"discontinuity: {int(rows.sum())} units on the {side} side of {cutoff:g}, "
                f"at least {LEAST_ROWS} are needed",
                where=f"{running} from {data[running].min():g} to {data[running].max():g}",
                reason="too_few_near",
                values={"rows": int(rows.sum()), "least": LEAST_ROWS},
            )
    if data[names[0]].nunique() == 1:
        raise MethodError(f"constant outcome: {names[0]!r} is the same everywhere", reason="no_variation")
    return data


def _density(data: pd.DataFrame) -> float | None:
    """p of the test that units are as dense on both sides; None where it cannot be made."""
    from diff_diff import RDDensityTest

    with quiet():
        try:
            p = float(RDDensityTest(cutoff=0.0).fit(data, running="__x").p_value)
        except (ValueError, np.linalg.LinAlgError):
            return None
    return p if np.isfinite(p) else None


def _smallest(table: pd.DataFrame, kind: str) -> float | None:
    p = table.loc[table["check"] == kind, "p"]
    return float(min(1.0, p.min() * len(p))) if len(p) else None


def _bins(data: pd.DataFrame, outcome: str, h: float, cutoff: float, treated: str) -> pd.DataFrame:
    """Means of the outcome in twenty equal steps a side, up to twice the bandwidth."""
    near = data[data["__x"].abs() <= 2 * h]
    step = np.floor(near["__x"] / (h / 10))
    table = near.groupby(step).agg(running=("__x", "mean"), outcome=(outcome, "mean"), rows=(outcome, "size"))
    table["running"] = cutoff + table["running"] * (1 if treated == "above" else -1)
    return table.sort_values("running", ignore_index=True)
