"""Staggered treatment: Callaway and Sant'Anna's group-time effects, and Goodman-Bacon's decomposition.

References: Callaway and Sant'Anna (2021), J. of Econometrics 225(2); Goodman-Bacon (2021), ibid. Computed by diff-diff,
which equals R's `did` and `bacondecomp`; effects are aggregated after the fit.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.did import _covariates_complete, _treated_notes, pre_trends
from toolkit.impact.interface import Note, Panel, Result, describe, finite, quiet
from toolkit.impact.result import usable_error

FORBIDDEN = "later_vs_earlier"


def callaway_santanna(
    panel: Panel,
    *,
    control: Literal["never", "not_yet"] = "never",
    anticipation: int = 0,
    base: Literal["varying", "universal"] = "varying",
    covariates: bool = False,
    draws: int = 0,
    seed: int | None = None,
    level: float = 0.95,
) -> Result:
    """Effects by cohort and period, doubly robust with covariates, never compared with units already treated.

    The estimate is R's `simple` aggregate: the mean of all effects after treatment, each cohort-period weighted by its
    units. Weights of the panel, constant within a unit, count as sampling weights.

    Args:
        control: compare with units never treated, or with all not yet treated.
        anticipation: periods before treatment in which behaviour may already have changed.
        base: before treatment, effects are changes from one period to the next (varying), or from the last clean one.
        draws, seed: of the multiplier bootstrap; with 0 draws, errors are those of the influence function.

    Returns:
        Tables `group_time`, `event_time` (with `covariance`), `groups`, `calendar` (effects by period); diagnostics
        `dynamic_overall` (mean over event times from 0, with `dynamic_overall_se`), `group_overall` (mean over cohorts,
        weighted by units), `calendar_overall` (mean over periods) and those of `did.pre_trends`.

    Raises:
        MethodError: no unit left to compare with; an effect that is not defined.
    """
    if control == "never":
        panel.need_controls("Callaway-Sant'Anna with units never treated")
    if draws and seed is None:
        raise MethodError("a bootstrap needs a seed, so that it can be repeated")
    names = list(panel.covariates) if covariates else []
    _covariates_complete(panel, tuple(names))
    from diff_diff import CallawaySantAnna, SurveyDesign

    masses = _masses(panel)
    survey = SurveyDesign(weights="weight") if np.ptp(masses.to_numpy()) > 0 else None
    if survey and draws:
        raise MethodError("Callaway-Sant'Anna: no bootstrap with weights", hint="ask for 0 draws")
    data = panel.data.assign(first_treated=np.repeat(panel.first_treated.to_numpy(), len(panel.times)))
    estimator = CallawaySantAnna(
        control_group="never_treated" if control == "never" else "not_yet_treated",
        estimation_method="dr" if names else "reg",
        anticipation=anticipation,
        cluster=None if panel.group is None else "group",
        base_period=base,
        alpha=1 - level,
        n_bootstrap=draws,
        seed=seed,
    )
    with quiet():
        try:
            fit = estimator.fit(
                data,
                outcome="outcome",
                unit="unit",
                time="time",
                first_treat="first_treated",
                covariates=names or None,
                survey_design=survey,
            )
            simple = fit.aggregate("simple").to_dataframe().iloc[0]
            dynamic = fit.aggregate("event_study")
            groups = fit.aggregate("group").to_dataframe()
        except (ValueError, np.linalg.LinAlgError) as fault:
            raise MethodError(
                "Callaway-Sant'Anna is not defined on this panel", where=str(fault), reason="not_defined"
            ) from None
    cells = pd.DataFrame(
        [
            {
                "group": int(g),
                "time": int(t),
                "estimate": cell["effect"],
                "se": cell["se"],
                "treated": cell["n_treated"],
            }
            for (g, t), cell in fit.group_time_effects.items()
        ]
    )
    known = cells["estimate"].notna()
    notes = list(_treated_notes(panel))
    if not known.all():  # nobody left untreated in those periods
        notes.append(Note("impact.note.cells_without_controls", {"cells": int((~known).sum()), "of": len(cells)}))
    cells = cells[known].reset_index(drop=True)
    events = _event_table(dynamic)
    covariance = _event_covariance(dynamic)
    sizes, mass = panel.first_treated.value_counts(), masses.groupby(panel.first_treated).sum()
    shares = mass.loc[groups["label"].astype(int)].to_numpy(dtype=float)
    calendar = _by_calendar(cells, mass)
    diagnostics: dict[str, Any] = describe(panel) | {
        "pre_periods": int((panel.times < panel.treatment_times[-1]).sum()),
        "control": control,
        "dynamic_overall": float(events.loc[events["event_time"] >= 0, "estimate"].mean()),
        "dynamic_overall_se": _dynamic_error(covariance),
        "group_overall": float(np.average(groups["att"], weights=shares)),
        "calendar_overall": float(calendar["estimate"].mean()),
        "cohorts": len(panel.treatment_times),
        "smallest_cohort": int(sizes.drop(0, errors="ignore").min()),
        "anticipation": anticipation,
        "clusters": None if panel.group is None else int(panel.group.nunique()),
    }
    if covariance is not None:
        diagnostics |= _pre_trends(events, covariance, anticipation, base)
    estimate = finite(simple["att"], "Callaway-Sant'Anna")
    se = usable_error(simple["se"], panel.data["outcome"].to_numpy())
    tables = {
        "group_time": cells,
        "event_time": events,
        "groups": groups[["label", "att", "se"]].rename(columns={"label": "group", "att": "estimate"}),
        "calendar": calendar,
    }
    if covariance is not None:
        tables["covariance"] = covariance
    return Result(
        method="callaway_santanna",
        estimate=estimate,
        inference="bootstrap" if draws else "influence",
        se=se,
        interval=(float(simple["conf_int_lower"]), float(simple["conf_int_upper"])) if se else None,
        p=float(simple["p_value"]) if se else None,
        level=level,
        diagnostics=diagnostics,
        tables=tables,
        notes=tuple(notes),
        seed=seed if draws else None,
        draws=draws or None,
    )


def goodman_bacon(panel: Panel) -> Result:
    """What two-way fixed effects average: all 2×2 comparisons, their weights and effects.

    It is defined without weights of units: a panel that has them is refused.

    Weight on later against earlier treated units (`forbidden_weight`) is weight on comparisons with units already
    treated.

    Returns:
        The two-way fixed effects estimate; tables `types` (type, weight, estimate) and `comparisons`.
    """
    from diff_diff import BaconDecomposition

    if np.ptp(_masses(panel).to_numpy()) > 0:
        raise MethodError("the Goodman-Bacon decomposition takes no weights", hint="build the panel without them")
    data = panel.data.assign(first_treated=np.repeat(panel.first_treated.to_numpy(), len(panel.times)))
    with quiet():
        try:
            fit = BaconDecomposition(weights="exact").fit(
                data, outcome="outcome", unit="unit", time="time", first_treat="first_treated"
            )
        except ValueError as fault:
            raise MethodError(
                "the Goodman-Bacon decomposition is not defined on this panel", where=str(fault), reason="not_defined"
            ) from None
        comparisons = fit.to_dataframe()
    rows = [
        ("earlier_vs_later", fit.total_weight_earlier_vs_later, fit.weighted_avg_earlier_vs_later),
        (FORBIDDEN, fit.total_weight_later_vs_earlier, fit.weighted_avg_later_vs_earlier),
        ("treated_vs_never", fit.total_weight_treated_vs_never, fit.weighted_avg_treated_vs_never),
    ]
    types = pd.DataFrame(
        [(name, float(w), float(e) if e is not None else np.nan) for name, w, e in rows],
        columns=["type", "weight", "estimate"],
    )
    forbidden = float(fit.total_weight_later_vs_earlier)
    notes = (Note("impact.note.forbidden_weight", {"weight": forbidden}),) if forbidden > 0 else ()
    return Result(
        method="goodman_bacon",
        estimate=finite(fit.twfe_estimate, "Goodman-Bacon"),
        inference="none",
        diagnostics=describe(panel)
        | {"forbidden_weight": forbidden, "decomposition_error": float(fit.decomposition_error)},
        tables={"types": types, "comparisons": comparisons},
        notes=notes,
    )


def _masses(panel: Panel) -> pd.Series:
    """The weight of each unit, which must not change over time."""
    wide = panel.wide("weight")
    if float(np.ptp(wide.to_numpy(), axis=1).max()) > 0:
        unit = wide.index[np.ptp(wide.to_numpy(), axis=1) > 0][0]
        raise MethodError(f"weights change over time in unit {unit!r}", hint="use one weight a unit")
    return wide.iloc[:, 0]


def _by_calendar(cells: pd.DataFrame, mass: pd.Series) -> pd.DataFrame:
    """Effects by period: the mean over cohorts already treated, weighted by their units."""
    after = cells[cells["time"] >= cells["group"]]
    weight = mass.loc[after["group"]].to_numpy(dtype=float)
    total = pd.Series(after["estimate"].to_numpy() * weight).groupby(after["time"].to_numpy()).sum()
    whole = pd.Series(weight).groupby(after["time"].to_numpy()).sum()
    return pd.DataFrame({"time": total.index, "estimate": (total / whole).to_numpy()})


def _dynamic_error(covariance: pd.DataFrame | None) -> float | None:
    if covariance is None:
        return None
    after = [event for event in covariance.index if event >= 0]
    total = float(covariance.loc[after, after].to_numpy().sum())
    return float(np.sqrt(total)) / len(after) if total > 0 else None


def _event_table(dynamic: Any) -> pd.DataFrame:
    table = dynamic.to_dataframe()
    names = {"att": "estimate", "conf_int_lower": "low", "conf_int_upper": "high", "p_value": "p"}
    return table[["event_time", "att", "se", "conf_int_lower", "conf_int_upper", "p_value"]].rename(columns=names)


def _event_covariance(dynamic: Any) -> pd.DataFrame | None:
    if dynamic.vcov is None:
        return None
    return pd.DataFrame(np.asarray(dynamic.vcov), index=list(dynamic.vcov_index), columns=list(dynamic.vcov_index))


def _pre_trends(events: pd.DataFrame, covariance: pd.DataFrame, anticipation: int, base: str) -> dict[str, Any]:
    kept = events[events["se"].notna() & events["event_time"].isin(covariance.index)]
    times = kept["event_time"].to_numpy()
    sigma = covariance.loc[times, times].to_numpy()
    reference = -1 - anticipation
    # With a varying base the effect at the reference itself is an estimate (the change that led to it).
    last = reference + 1 if base == "varying" else reference
    return pre_trends(
        times, kept["estimate"].to_numpy(), sigma, reference=reference, until=last, chained=base == "varying"
    )
