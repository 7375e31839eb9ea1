"""Difference in differences with one date of treatment, two-way fixed effects and first differences.

References: Wooldridge (2010), ch. 6 and 10; Angrist and Pischke (2009), ch. 5; Roth (2022), Pretest with caution,
AER: Insights 4(3), for the power of a test of pre-trends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from toolkit.errors import MethodError
from toolkit.impact.interface import LARGEST, Note, Panel, Result, describe
from toolkit.impact.linear import Covariance, Fit, demean, least_squares, period_dummies
from toolkit.impact.randomisation import Lots, Ranks

FEW_CLUSTERS = 30
ALPHA_PRE = 0.10  # of tests that must not reject: a higher bar, as failing to reject is what the design wants
LEAST_CLUSTERED = 30  # treated units from which clustered errors decide (measured in bench/impact_simulations.py)
FEW_TREATED = 20  # below this clustered intervals cover too little (measured in bench/impact_simulations.py)


def two_by_two(
    frame: pd.DataFrame,
    *,
    outcome: str,
    treated: str,
    post: str,
    weights: str = "",
    covariance: Covariance = "classical",
    cluster: str = "",
    level: float = 0.95,
) -> Result:
    """Two groups, two periods, rows of any kind (repeated cross-sections or a panel): `y = a + b·T + c·P + δ·T·P`.

    Args:
        frame: rows with the outcome and the 0/1 columns `treated` and `post`.
        covariance: classical, robust (HC1) or cluster (with `cluster`, the column of groups).

    Returns:
        δ with its t interval; table `means` holds the four cell means.

    Raises:
        MethodError: missing or infinite values, an empty cell, columns that are not 0/1, a perfect fit.
    """
    columns = [outcome, treated, post, *([weights] if weights else [])]
    _need(frame, [*columns, *([cluster] if cluster else [])])
    data = frame[columns].apply(pd.to_numeric, errors="coerce").astype(float)
    bad = ~np.isfinite(data.to_numpy()).all(axis=1)
    if bad.any():
        column = columns[int(np.argmin(np.isfinite(data[bad].iloc[0].to_numpy())))]
        raise MethodError(
            f"missing or infinite value in {column!r}", where=f"{int(bad.sum())} rows", hint="drop the rows"
        )
    if float(data[outcome].abs().max()) > LARGEST:
        raise MethodError(f"{outcome!r} holds {data[outcome].abs().max():g}, which is no measure")
    if weights and (data[weights] <= 0).any():
        raise MethodError("weights must be positive numbers")
    if cluster and frame[cluster].isna().any():
        raise MethodError(f"missing value in {cluster!r}", where=f"{int(frame[cluster].isna().sum())} rows")
    for name in (treated, post):
        if not set(data[name].unique()) <= {0.0, 1.0}:
            raise MethodError(f"column {name!r} must be 0 or 1", allowed=(0, 1))
    cells = data.groupby([treated, post])[outcome].agg(["mean", "size"]).reset_index()
    if len(cells) < 4:
        raise MethodError("difference in differences needs rows in all four cells (treated or not, before and after)")
    t, p = data[treated].to_numpy(), data[post].to_numpy()
    X = np.column_stack([np.ones(len(t)), t, p, t * p])
    fit = least_squares(
        data[outcome].to_numpy(),
        X,
        weights=data[weights].to_numpy() if weights else None,
        covariance="cluster" if cluster else covariance,
        clusters=frame[cluster].to_numpy() if cluster else None,
        method="difference in differences",
    )
    diagnostics = {
        "observations": len(data),
        "pre_periods": 1,
        "post_periods": 1,
        "r2": fit.r2,
        "clusters": fit.clusters,
    }
    if not cluster:
        diagnostics["treated_units"] = int(cells.loc[cells[treated] == 1, "size"].min())
    notes = (Note("impact.note.one_pre_period"), *_cluster_notes(fit))
    means = cells.rename(columns={treated: "treated", post: "post", "size": "rows"})
    kind = "cluster" if cluster else covariance
    return _result("two_by_two", fit, 3, kind, level, diagnostics, {"means": means}, notes)


def two_way_fixed_effects(
    panel: Panel, *, covariates: bool = False, covariance: Covariance = "cluster", level: float = 0.95
) -> Result:
    """Two-way fixed effects: `y_it = α_i + λ_t + τ·D_it + x_it'β + ε_it`, errors clustered by unit.

    With staggered dates and effects that differ, τ mixes comparisons with units already treated (see
    `goodman_bacon`): the result then says so.

    Raises:
        MethodError: nobody left to compare with, collinear treatment, a perfect fit.
    """
    names = panel.covariates if covariates else ()
    _covariates_complete(panel, names)
    columns = np.column_stack([panel.treatment, *[panel.data[name].to_numpy() for name in names]])
    fit = _within(panel, columns, covariance, "two-way fixed effects")
    diagnostics = describe(panel) | {"r2_within": fit.r2, "clusters": fit.clusters}
    notes = list(_cluster_notes(fit)) + list(_treated_notes(panel))
    if len(panel.treatment_times) > 1:
        notes.append(Note("impact.note.twfe_staggered", {"dates": len(panel.treatment_times)}))
    diagnostics["twfe_staggered"] = len(panel.treatment_times) > 1
    return _result("two_way_fixed_effects", fit, 0, covariance, level, diagnostics, {}, tuple(notes))


def dose_response(
    frame: pd.DataFrame,
    *,
    outcome: str,
    dose: str,
    unit: str,
    time: str = "",
    covariates: Sequence[str] = (),
    weights: str = "",
    cluster: str = "",
    covariance: Covariance = "cluster",
    level: float = 0.95,
) -> Result:
    """A dose of any size in fixed effects: `y_it = α_i + λ_t + τ·dose_it + x_it'β + ε_it`; rows may be missing.

    τ is the change of the outcome with one more unit of dose, if it is the same at every dose and for everybody: where
    effects differ, units that change little weigh negatively in part (Callaway, Goodman-Bacon and Sant'Anna 2024), so
    no verdict above `fragile` rests on it.

    Args:
        frame: one row per unit and period, some may be absent.
        time: column of periods; empty for no period effects.
        cluster: column of what errors cluster on, at or above the unit; the unit unless said.

    Returns:
        τ, with table `coefficients` (term, estimate, se, low, high, p).

    Raises:
        MethodError: missing or infinite values, a dose that does not vary within units, a perfect fit.
    """
    names = [outcome, dose, *covariates, *([weights] if weights else [])]
    _need(frame, [*names, unit, *([time] if time else []), *([cluster] if cluster else [])])
    data = frame.reset_index(drop=True)
    for name in names:
        values = pd.to_numeric(data[name], errors="coerce").to_numpy(dtype=float)
        if not np.isfinite(values).all():
            raise MethodError(
                f"missing or infinite value in {name!r}",
                where=f"{int((~np.isfinite(values)).sum())} rows",
                hint="drop the rows, and say so",
                reason="outcome_missing",
                values={"rows": int((~np.isfinite(values)).sum())},
            )
        data[name] = values
    w = data[weights].to_numpy() if weights else np.ones(len(data))
    if not (w > 0).all():
        raise MethodError("weights must be positive numbers")
    columns = data[[outcome, dose, *covariates]]
    if time:
        columns = columns.join(pd.get_dummies(data[time], prefix="period", drop_first=True, dtype=float))
    code = pd.factorize(data[unit])[0]
    sums = columns.mul(w, axis=0).groupby(code).sum().div(pd.Series(w).groupby(code).sum(), axis=0)
    swept = (columns - sums.loc[code].to_numpy()).to_numpy()
    if float(np.abs(swept[:, 1]).max()) <= 1e-12 * float(np.abs(data[dose]).max()):
        raise MethodError(
            f"{dose!r} does not vary within any unit", hint="nothing tells its effect", reason="collinear"
        )
    by = pd.factorize(data[cluster])[0] if cluster else code
    nested = bool((pd.Series(by).groupby(code).nunique() == 1).all())
    fit = least_squares(
        swept[:, 0],
        swept[:, 1:],
        weights=w,
        covariance=covariance,
        clusters=by,
        absorbed=int(code.max()) + 1,
        nested=nested,
        method="dose response",
    )
    terms = [fit.test(i, level) for i in range(1 + len(covariates))]
    table = pd.DataFrame({"term": [dose, *covariates], "estimate": fit.beta[: len(terms)]})
    table["se"], table["p"] = [term[0] for term in terms], [term[2] for term in terms]
    table[["low", "high"]] = [term[1] for term in terms]
    dosed = data[dose].groupby(code).nunique() > 1
    diagnostics: dict[str, Any] = {"observations": len(data), "treated_units": int(dosed.sum())}
    diagnostics |= {"control_units": int((~dosed).sum()), "r2_within": fit.r2, "clusters": fit.clusters}
    return _result(
        "dose_response", fit, 0, covariance, level, diagnostics, {"coefficients": table}, _cluster_notes(fit)
    )


def first_differences(panel: Panel, *, covariance: Covariance = "classical", level: float = 0.95) -> Result:
    """First differences: `Δy_it = λ_t + τ·ΔD_it + Δε_it`, right where errors follow a random walk.

    Raises:
        MethodError: collinear treatment or a perfect fit.
    """
    n, periods = len(panel.units), len(panel.times)
    y = np.diff(panel.data["outcome"].to_numpy().reshape(n, periods), axis=1).ravel()
    d = np.diff(panel.treatment.reshape(n, periods), axis=1).ravel()
    weights = panel.data["weight"].to_numpy().reshape(n, periods)[:, 1:].ravel()
    X = np.column_stack([d, np.ones(len(y)), period_dummies(n, periods - 1)])
    units = np.repeat(np.arange(n), periods - 1)
    fit = least_squares(y, X, weights=weights, covariance=covariance, clusters=units, method="first differences")
    diagnostics = describe(panel) | {"r2": fit.r2, "clusters": fit.clusters}
    notes = (*_cluster_notes(fit), *_treated_notes(panel))
    return _result("first_differences", fit, 0, covariance, level, diagnostics, {}, notes)


def event_study(
    panel: Panel,
    *,
    reference: int = -1,
    covariance: Covariance | Literal["auto"] = "auto",
    draws: int = 1999,
    seed: int = 2015,
    level: float = 0.95,
) -> Result:
    """Effects by period relative to one common date, two-way fixed effects, with the test of pre-trends and its power.

    The estimate is the mean of the effects from the date on. The test of pre-trends is the joint test that all effects
    before the reference are zero. Its power is against the straight line that would, alone, produce the whole
    estimate: a test that cannot see that line proves nothing (Roth 2022).

    With fewer than `LEAST_CLUSTERED` treated clusters (units, or groups of the panel) errors, intervals and tests come
    from randomisation (`randomisation.py`), whose size is right at any number: clustered errors reject parallel trends
    in more than nine panels of ten with three treated of a hundred. With so few neither a wild bootstrap, which hardly
    ever rejects, nor CR2, left without degrees of freedom, is of help (MacKinnon and Webb 2017). Above, clustered
    errors decide: by bench/impact_simulations.py they hold, and they allow for treated units that vary more.

    Args:
        reference: relative period set to zero, −1 unless treatment was anticipated.
        covariance: auto: as said; else the one named, at any number of treated units.
        draws, seed: of randomisation.

    Returns:
        Tables `effects` (event_time, estimate, se, low, high, p) and `covariance` (their covariance, by event_time).
        Diagnostics of `pre_trends` and, by randomisation, `pre_trend_smallest_p`, the smallest p that it can give.

    Raises:
        MethodError: staggered dates, no control, reference outside the panel.
    """
    date = panel.single_date("event study")
    panel.need_controls("event study")
    order = {int(t): i for i, t in enumerate(panel.times)}
    if date not in order:
        raise MethodError(
            f"the panel has no period {date}, the date of treatment",
            where=panel.span(),
            reason="no_row_at_the_date",
            values={"year": date},
        )
    events = np.array([order[int(t)] - order[date] for t in panel.times])
    if reference not in events:
        raise MethodError(
            f"reference period {reference} is outside the panel",
            allowed=f"{events[0]} to {events[-1]}",
            reason="reference_outside",
        )
    kept = events[events != reference]
    after = (kept >= 0) / (kept >= 0).sum()
    if covariance == "auto" and panel.treated_clusters < LEAST_CLUSTERED:
        found = _ranked_events(panel, events, reference, after, draws, seed, level)
    else:
        found = _clustered_events(
            panel, events, reference, after, "cluster" if covariance == "auto" else covariance, level
        )
    zero = pd.DataFrame([{"event_time": reference, "estimate": 0.0}])
    effects = pd.concat([found.tables["effects"], zero], ignore_index=True).sort_values("event_time", ignore_index=True)
    matrix = pd.DataFrame(found.tables["covariance"].to_numpy(), index=kept, columns=kept)
    return replace(found, tables={"effects": effects, "covariance": matrix})


def _clustered_events(
    panel: Panel, events: np.ndarray, reference: int, after: np.ndarray, covariance: Covariance, level: float
) -> Result:
    kept = events[events != reference]
    group = np.repeat(panel.first_treated.to_numpy() != 0, len(panel.times))
    relative = np.tile(events, len(panel.units))
    columns = np.column_stack([(group & (relative == e)).astype(float) for e in kept])
    fit = _within(panel, columns, covariance, "event study")
    size = len(kept)
    beta, cov = fit.beta[:size], fit.covariance[:size, :size]
    tests = [fit.test(i, level) for i in range(size)]
    effects = pd.DataFrame({"event_time": kept, "estimate": beta, "se": [test[0] for test in tests]})
    effects[["low", "high"]] = [test[1] for test in tests]
    effects["p"] = [test[2] for test in tests]
    estimate, se = float(after @ beta), float(np.sqrt(after @ cov @ after))
    half = float(stats.t.ppf(0.5 + level / 2, fit.df)) * se
    diagnostics = describe(panel) | {"clusters": fit.clusters, "reference": reference, "pre_trend_test": covariance}
    diagnostics |= pre_trends(kept, beta, cov, reference=reference, df=fit.df, alpha=ALPHA_PRE)
    return Result(
        method="event_study",
        estimate=estimate,
        inference=covariance,
        se=se,
        interval=(estimate - half, estimate + half),
        p=float(2 * stats.t.sf(abs(estimate) / se, fit.df)),
        level=level,
        diagnostics=diagnostics,
        tables={"effects": effects, "covariance": pd.DataFrame(cov)},
        notes=(*_cluster_notes(fit), *_treated_notes(panel)),
    )


def _ranked_events(
    panel: Panel, events: np.ndarray, reference: int, after: np.ndarray, draws: int, seed: int, level: float
) -> Result:
    """Effects by period as differences of changes since the reference, ranked among reassignments."""
    kept = events[events != reference]
    wide = panel.wide().to_numpy()
    since = wide[:, events != reference] - wide[:, events == reference]
    lots = Lots.of(panel, draws, seed)
    columns = np.column_stack([since, since @ after])
    if np.ptp(columns[:, -1]) == 0:
        raise MethodError("event study: all units change by the same amount", reason="same_change")
    ranks, size = Ranks.of(lots, columns), len(kept)
    beta, cov = ranks.observed[:size], ranks.covariance[:size, :size]
    bounds = [ranks.interval(i, 1 - level) or (np.nan, np.nan) for i in range(size)]
    effects = pd.DataFrame({"event_time": kept, "estimate": beta, "se": np.sqrt(np.diag(cov))})
    effects[["low", "high"]] = bounds
    effects["p"] = [ranks.p([i]) for i in range(size)]
    diagnostics = describe(panel) | {"reference": reference, "pre_trend_test": "randomisation", "sets": len(lots.sets)}
    diagnostics |= {"randomised": lots.kind, "randomisation_smallest_p": lots.smallest, "control_units": lots.controls}
    pre = np.flatnonzero(kept < reference)
    diagnostics |= {"pre_trend_p": None, "pre_trend_periods": len(pre), "pre_trend_power": 0.0}
    if len(pre):
        test = Ranks.of(lots, columns[:, pre])
        line = (kept[pre] - reference).astype(float)
        reach = float((kept[kept >= 0] - reference).mean())
        slope = test.visible(line, ALPHA_PRE)
        diagnostics |= {"pre_trend_p": test.p(), "pre_trend_smallest_p": lots.smallest, "pre_trend_slope": slope}
        diagnostics |= {"pre_trend_bias": slope * reach}
        diagnostics |= {"pre_trend_power": test.seen(line * float(ranks.observed[-1]) / reach, ALPHA_PRE)}
    interval = ranks.interval(size, 1 - level)
    few = () if interval else (Note("impact.note.few_sets", {"sets": len(lots.sets), "smallest": lots.smallest}),)
    return Result(
        method="event_study",
        estimate=float(ranks.observed[-1]),
        inference="randomisation",
        se=float(np.sqrt(ranks.covariance[-1, -1])),
        interval=interval,
        p=ranks.p([size]),
        level=level,
        diagnostics=diagnostics,
        tables={"effects": effects, "covariance": pd.DataFrame(cov)},
        notes=(*few, *_treated_notes(panel)),
        seed=None if lots.exact else seed,
        draws=None if lots.exact else draws,
    )


def pre_trends(
    events: np.ndarray,
    beta: np.ndarray,
    covariance: np.ndarray,
    *,
    reference: int = -1,
    until: int | None = None,
    chained: bool = False,
    df: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
) -> dict[str, Any]:
    """The joint test that effects before the reference are zero, and what it could have seen.

    Args:
        events: relative periods of `beta`, without the reference.
        until: effects before this period are tested; the reference itself unless said.
        chained: effects before the reference are changes from one period to the next, not from the reference.
        df: degrees of freedom of the covariance (clusters less one): the statistic is then Hotelling's; None for χ².

    Returns:
        pre_trend_p: p of the joint Wald test; None where it cannot be made: no period before the reference, or a
            covariance without full rank (fewer clusters than periods).
        pre_trend_slope: slope of a line through the reference that the test sees with probability `power`.
        pre_trend_bias: mean bias over the periods after treatment that this slope would give.
        pre_trend_power: probability that the test sees the line which alone would give the mean effect after treatment.
    """
    pre = events < (reference if until is None else until)
    k = int(pre.sum())
    sigma = covariance[np.ix_(pre, pre)]
    if k == 0 or np.linalg.matrix_rank(sigma) < k or (df is not None and df < k + 1):
        return {"pre_trend_p": None, "pre_trend_periods": k, "pre_trend_power": 0.0}
    inverse = np.linalg.inv(sigma)
    statistic = float(beta[pre] @ inverse @ beta[pre])
    line = np.ones(k) if chained else (events[pre] - reference).astype(float)
    information = float(line @ inverse @ line)
    critical, sf = _wald(k, df, alpha)
    reach = (events[events >= 0] - reference).mean() if (events >= 0).any() else np.nan
    effect = float(beta[events >= 0].mean()) if (events >= 0).any() else np.nan
    slope = float(np.sqrt(_noncentrality(k, df, critical, power) / information))
    against = (effect / reach) ** 2 * information
    return {
        "pre_trend_p": sf(statistic),
        "pre_trend_periods": k,
        "pre_trend_slope": slope,
        "pre_trend_bias": slope * float(reach),
        "pre_trend_power": _power_at(k, df, critical, against),
    }


# Parts


def _wald(k: int, df: float | None, alpha: float) -> tuple[float, Any]:
    """Critical value and tail of the Wald statistic; with `df`, Hotelling's, which is scaled to F(k, df − k + 1)."""
    if df is None:
        return float(stats.chi2.ppf(1 - alpha, k)), lambda w: float(stats.chi2.sf(w, k))
    rest = df - k + 1
    scale = rest / (df * k)
    return float(stats.f.ppf(1 - alpha, k, rest) / scale), lambda w: float(stats.f.sf(w * scale, k, rest))


def _power_at(k: int, df: float | None, critical: float, noncentrality: float) -> float:
    if df is None:
        return float(stats.ncx2.sf(critical, k, noncentrality))
    rest = df - k + 1
    return float(stats.ncf.sf(critical * rest / (df * k), k, rest, noncentrality))


def _noncentrality(k: int, df: float | None, critical: float, power: float) -> float:
    """Noncentrality at which the test has `power`; infinite where so few degrees of freedom never reach it."""
    from scipy.optimize import brentq

    most = 1e4
    if _power_at(k, df, critical, most) < power:
        return float("inf")
    return float(brentq(lambda nc: _power_at(k, df, critical, nc) - power, 1e-6, most))


def _within(panel: Panel, columns: np.ndarray, covariance: Covariance, method: str) -> Fit:
    units, periods = len(panel.units), len(panel.times)
    weights = panel.data["weight"].to_numpy()
    y = panel.data["outcome"].to_numpy()
    everything = np.column_stack([y, columns, period_dummies(units, periods)])
    swept = demean(everything, units, weights)
    return least_squares(
        swept[:, 0],
        swept[:, 1:],
        weights=weights,
        covariance=covariance,
        clusters=panel.clusters,
        absorbed=units,
        method=method,
    )


def _result(
    method: str,
    fit: Fit,
    index: int,
    inference: str,
    level: float,
    diagnostics: dict[str, Any],
    tables: dict[str, pd.DataFrame],
    notes: tuple[Note, ...],
) -> Result:
    se, interval, p = fit.test(index, level)
    return Result(
        method=method,
        estimate=float(fit.beta[index]),
        inference=inference,
        se=se,
        interval=interval,
        p=p,
        level=level,
        diagnostics=diagnostics,
        tables=tables,
        notes=notes,
    )


def _cluster_notes(fit: Fit) -> tuple[Note, ...]:
    if fit.clusters is not None and fit.clusters < FEW_CLUSTERS:
        return (Note("impact.note.few_clusters", {"clusters": fit.clusters}),)
    return ()


def _treated_notes(panel: Panel) -> tuple[Note, ...]:
    if len(panel.treated_units) < FEW_TREATED:
        return (Note("impact.note.few_treated", {"treated": len(panel.treated_units)}),)
    return ()


def _covariates_complete(panel: Panel, names: tuple[str, ...]) -> None:
    for name in names:
        if not np.isfinite(panel.data[name].to_numpy()).all():
            raise MethodError(
                f"missing value in covariate {name!r}",
                hint="drop the covariate or the rows",
                reason="predictor_missing",
            )


def _need(frame: pd.DataFrame, names: list[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise MethodError(f"no column {missing[0]!r} in the table", allowed=list(frame.columns))
