"""How far may trends bend before the conclusion falls: smoothness bounds of Rambachan and Roth (2023).

The restriction: between consecutive periods the slope of the difference in trends changes by at most M. M = 0 lets
trends differ by a straight line. Intervals are optimal fixed-length ones, by diff-diff, equal to R's HonestDiD.

Relative magnitudes are not offered (`EXCLUDED` says why to tests and readers).

Reference: Rambachan and Roth (2023), A more credible approach to parallel trends, Review of Economic Studies 90(5).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import Note, Result, quiet

EXCLUDED = {
    "honest_rm": "relative magnitudes: diff-diff (3.13, tried again in November 2026) still gives a naive interval, by "
    "its own source, that turns the verdict of the published case; moderndid (0.2) is right, but its bounds come with "
    "a solver, ECOS, under the GPL"
}


def honest_did(
    beta: np.ndarray,
    covariance: np.ndarray,
    *,
    pre: int,
    bounds: Sequence[float],
    target: np.ndarray | None = None,
    level: float = 0.95,
) -> Result:
    """Intervals for an effect after treatment, under bounds on how much the trend may bend.

    Args:
        beta: event-study effects in order of time, without the reference period: `pre` before it, then those after.
        covariance: their covariance.
        bounds: values of M, in units of the outcome per period.
        target: weights on the effects after treatment; the first one unless said.

    Returns:
        The estimate is `target · beta_post`; table `bounds` (m, low, high, excludes_zero); diagnostics `breakdown`: the
        largest M tried at which the interval, and those of all smaller M tried, exclude zero (None where none does).

    Raises:
        MethodError: shapes that do not fit, no period on one side, a negative M, an interval that is not defined.
    """
    beta, covariance = np.asarray(beta, dtype=float), np.asarray(covariance, dtype=float)
    after = len(beta) - pre
    if pre < 1 or after < 1:
        raise MethodError(
            f"smoothness bounds need effects on both sides of the reference, here {pre} before and {after} after"
        )
    if covariance.shape != (len(beta), len(beta)):
        raise MethodError(f"the covariance is {covariance.shape}, the effects are {len(beta)}")
    if not (np.isfinite(beta).all() and np.isfinite(covariance).all()) or (np.diag(covariance) <= 0).any():
        raise MethodError("effects and covariance must be finite, with positive variances")
    if not len(bounds) or min(bounds) < 0:
        raise MethodError("bounds M must be zero or positive", allowed="for example 0, half and one standard error")
    if not 0 < level < 1:
        raise MethodError(f"the level of an interval is a probability, here {level:g}", allowed="between 0 and 1")
    weights = np.eye(after)[0] if target is None else np.asarray(target, dtype=float)
    if weights.shape != (after,):
        raise MethodError(f"the target has {len(weights)} weights for {after} effects after treatment")
    rows = [(m, *_interval(beta, covariance, pre, float(m), weights, 1 - level)) for m in sorted(bounds)]
    table = pd.DataFrame(rows, columns=["m", "low", "high"])
    table["excludes_zero"] = (table["low"] > 0) | (table["high"] < 0)
    holds = table.loc[table["excludes_zero"].cummin(), "m"]
    estimate = float(weights @ beta[pre:])
    se = float(np.sqrt(weights @ covariance[pre:, pre:] @ weights))
    breakdown = float(holds.iloc[-1]) if len(holds) else None
    return Result(
        method="honest_did_smoothness",
        estimate=estimate,
        inference="fixed_length",
        se=se,
        interval=(float(table["low"].iloc[0]), float(table["high"].iloc[0])),
        level=level,
        diagnostics={
            "honest_breakdown": breakdown,
            "honest_smallest_m": float(table["m"].iloc[0]),
            "pre_periods": pre + 1,
        },
        tables={"bounds": table},
        notes=(Note("impact.note.honest_smoothness_only"),),
    )


def honest_event_study(
    study: Result, *, bounds: Sequence[float] = (), target: np.ndarray | None = None, level: float = 0.95
) -> Result:
    """The same, from the tables of `event_study` or of `callaway_santanna(base="universal")`.

    Args:
        bounds: values of M; unless said 0, half and the whole of the largest bend seen before treatment.
        target: weights on the effects after treatment; the first one unless said.

    Raises:
        MethodError: effects before treatment that are changes from period to period, or gaps between periods.
    """
    name = "effects" if "effects" in study.tables else "event_time"
    if name not in study.tables or "covariance" not in study.tables:
        raise MethodError("smoothness bounds need an event study with the covariance of its effects")
    table, covariance = study.tables[name], study.tables["covariance"]
    reference = table.loc[table["se"].isna(), "event_time"]
    if len(reference) != 1:
        raise MethodError(
            "smoothness bounds need effects measured from one reference period",
            hint='use callaway_santanna(base="universal")',
        )
    kept = table.loc[table["se"].notna(), "event_time"].to_numpy()
    events = np.sort(np.append(kept, reference.iloc[0]))
    if (np.diff(events) != 1).any():
        raise MethodError("smoothness bounds need periods without gaps")
    pre = int((kept < reference.iloc[0]).sum())
    beta = table.set_index("event_time").loc[kept, "estimate"].to_numpy()
    if not len(bounds):
        path = np.append(beta[:pre], 0.0)
        bend = (
            float(np.abs(np.diff(path, n=2)).max()) if len(path) > 2 else float(np.abs(np.diff(path)).max(initial=0.0))
        )
        bounds = (0.0, bend / 2, bend)
    return honest_did(beta, covariance.loc[kept, kept].to_numpy(), pre=pre, bounds=bounds, target=target, level=level)


def _interval(
    beta: np.ndarray, covariance: np.ndarray, pre: int, m: float, target: np.ndarray, alpha: float
) -> tuple[float, float]:
    """One fixed-length interval. The event study is handed to diff-diff as its own public results object."""
    from diff_diff import HonestDiD, MultiPeriodDiDResults, PeriodEffect

    periods = [*range(-pre, 0), *range(1, len(beta) - pre + 1)]
    se = np.sqrt(np.diag(covariance))
    effects = {
        period: PeriodEffect(
            period=period, effect=float(b), se=float(s), t_stat=float(b / s), p_value=1.0, conf_int=(float(b), float(b))
        )
        for period, b, s in zip(periods, beta, se, strict=True)
    }
    study = MultiPeriodDiDResults(
        period_effects=effects,
        avg_att=float(beta[pre:].mean()),
        avg_se=float(se[pre:].mean()),
        avg_t_stat=0.0,
        avg_p_value=1.0,
        avg_conf_int=(0.0, 0.0),
        n_obs=0,
        n_treated=0,
        n_control=0,
        pre_periods=periods[:pre],
        post_periods=periods[pre:],
        vcov=covariance,
        interaction_indices={period: i for i, period in enumerate(periods)},
    )
    with quiet():
        bounds = HonestDiD(method="smoothness", M=m, alpha=alpha, l_vec=target).fit(study)
    low, high = float(bounds.ci_lb), float(bounds.ci_ub)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise MethodError(f"smoothness bounds: no interval is defined at M = {m:g}")
    return low, high
