"""A policy's evaluation in honest order: screen the outcome, ask what could be seen, then estimate, then judge.

`evaluate` stops at a break: no estimate is made across one. Each design runs its own tests; the verdict is given on
all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact import placebos
from toolkit.impact.breaks import Screening, screen
from toolkit.impact.did import FEW_TREATED, event_study, two_way_fixed_effects
from toolkit.impact.honest import honest_event_study
from toolkit.impact.interface import Note, Panel, Result
from toolkit.impact.interrupted import interrupted_time_series
from toolkit.impact.power import mde_panel, mde_placebo
from toolkit.impact.randomisation import randomisation_test
from toolkit.impact.result import plain
from toolkit.impact.sdid import synthetic_did
from toolkit.impact.staggered import callaway_santanna, goodman_bacon
from toolkit.impact.synthetic import Spec
from toolkit.impact.verdict import Evidence, Verdict, from_outside, judge, refusal

Design = Literal[
    "synthetic_control",
    "difference_in_differences",
    "did",
    "event_study",
    "staggered",
    "synthetic_did",
    "randomisation",
    "interrupted",
]
LEAST_SERIES = 8  # periods before, below which a series has no trend to go on


@dataclass(frozen=True)
class Evaluation:
    """All that is known about one outcome of one policy.

    Attributes:
        status: estimated, break (the outcome was refused) or refused (the design is not possible on the panel).
        screening: breaks found.
        results: by name, the main one first; empty without an estimate.
        pools: the estimate on each donor pool (synthetic control only).
        mde: minimum detectable effect, in the unit of the outcome; None where it cannot be computed.
        verdict: with its reasons.
    """

    status: Literal["estimated", "break", "refused"]
    screening: Screening
    verdict: Verdict
    results: Mapping[str, Result] = field(default_factory=dict)
    pools: pd.DataFrame | None = None
    mde: float | None = None
    notes: tuple[Note, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: what a provincial evaluation stores for all the pages that show it."""
        return {
            "status": self.status,
            "verdict": self.verdict.level,
            "reasons": [
                {"key": reason.key, "level": reason.level, "values": plain(dict(reason.values))}
                for reason in self.verdict.reasons
            ],
            "mde": plain(self.mde),
            "breaks": plain(self.screening.found.to_dict("records")),
            "pools": None if self.pools is None else plain(self.pools.to_dict("records")),
            "results": {name: result.to_dict() for name, result in self.results.items()},
            "notes": [{"key": note.key, "values": plain(dict(note.values))} for note in self.notes],
        }

    @property
    def main(self) -> Result:
        """The result that carries the estimate."""
        if not self.results:
            raise MethodError(
                f"no estimate was made ({self.status})", hint="read `verdict.reasons` and `screening.found`"
            )
        return next(iter(self.results.values()))


def evaluate(
    panel: Panel,
    design: Design,
    *,
    spec: Spec | None = None,
    parts: Sequence[str] = (),
    total: float = 100.0,
    false_date: int | None = None,
    pools: Mapping[str, Sequence[Any]] | None = None,
    donors: Sequence[Any] | None = None,
    anticipated: bool = False,
    controls_treated: float = 0.0,
    expected_effect: float | None = None,
    draws: int = 4999,
    seed: int = 2015,
) -> Evaluation:
    """Screen, measure what is detectable, estimate with the design's own tests, and judge.

    Args:
        design: difference_in_differences takes what the panel asks for: cohorts, an event study, or randomisation where
            few are treated; the others are what they say, with the tests that they have.
        spec, false_date, pools, donors: of a synthetic control: predictors; a date for the placebo in time (two
            thirds of the way to treatment unless said); other donor pools to show; the main pool.
        parts, total: columns whose sum must be `total` (see `breaks.screen`).
        anticipated, controls_treated, expected_effect: what is known from outside (see `verdict.Evidence`).
        draws, seed: of randomisation inference.
    """
    screening = screen(panel, parts=parts, total=total)
    known = {"anticipated": anticipated, "controls_treated": controls_treated, "expected_effect": expected_effect}
    known |= {"treated_units": panel.independent_treated, "control_units": len(panel.controls)}
    known |= {"grouped": panel.group is not None}
    kind = {"synthetic_control": "synthetic", "interrupted": "series"}.get(design, "trends")
    if not screening.accepted:
        # Whatever the source of the break, it was in the window and refused the estimate.
        evidence = Evidence.of(kind, screening=screening, **(known | {"break_detected": True}))
        return Evaluation("break", screening, from_outside(judge(evidence), "break_in_window"))
    mde: float | None
    try:
        if design == "synthetic_control":
            results, mde = _synthetic(panel, spec, false_date, donors)
            table = placebos.donor_pools(panel, pools, spec) if pools else None
        elif design == "interrupted":
            results, mde, table = {"main": _series(panel)}, None, None
        else:
            results, mde = _trends(panel, design, draws, seed)
            table = None
    except MethodError as fault:
        evidence = Evidence.of("none", screening=screening, **known)
        note = Note("impact.note.design_refused", {"why": fault.what})
        return Evaluation("refused", screening, refusal(fault, evidence), notes=(note,))
    finite_mde = mde if mde is not None and np.isfinite(mde) else None
    evidence = Evidence.of(kind, *results.values(), screening=screening, mde=mde, **known)
    return Evaluation("estimated", screening, judge(evidence), results, table, finite_mde)


def _synthetic(
    panel: Panel, spec: Spec | None, false_date: int | None, donors: Sequence[Any] | None
) -> tuple[dict[str, Result], float]:
    main = placebos.in_space(panel, spec, donors=donors)
    results = {"main": main}
    table = main.tables["placebos"]
    fakes = table[~table["treated"]]
    # The test ranks gaps relative to the fit before treatment; a perfect fit has no scale and its placebo no bound.
    tiny = 1e-9 * float(table["pre_rmspe"].max())
    scales = fakes["pre_rmspe"].clip(lower=tiny).to_numpy()
    mde = mde_placebo(fakes["gap"].to_numpy(), scales=scales, own_scale=max(main.diagnostics["pre_rmspe"], tiny))
    date = panel.single_date("synthetic control")
    pre = panel.times[panel.times < date]
    false = false_date if false_date is not None else int(pre[(2 * len(pre)) // 3])
    if (pre < false).sum() >= 2 or false_date is not None:
        results["in_time"] = placebos.in_time(panel, false, spec, donors=donors)
    results["leave_one_out"] = placebos.leave_one_out(panel, spec, donors=donors)
    return results, mde


def _trends(panel: Panel, design: Design, draws: int, seed: int) -> tuple[dict[str, Result], float | None]:
    """One date: an event study, with randomisation inference in front where few are treated; staggered: cohorts."""
    mde = mde_panel(panel) if len(panel.controls) >= 3 else None
    cohorts = len(panel.treatment_times) > 1 and design == "difference_in_differences"
    if design == "staggered" or cohorts:
        control: Literal["never", "not_yet"] = "never" if panel.controls else "not_yet"
        results = {"main": callaway_santanna(panel, control=control), "bacon": goodman_bacon(panel)}
        universal = callaway_santanna(panel, control=control, base="universal")
        return results | _honest(universal), mde
    study = event_study(panel, draws=draws, seed=seed)
    if design == "synthetic_did":
        return {"main": synthetic_did(panel, seed=seed), "event_study": study}, mde
    few = panel.independent_treated < FEW_TREATED and design != "event_study"
    if few or design == "randomisation":
        ranked = randomisation_test(panel, draws=draws, seed=seed)
        return {"main": ranked, "event_study": study}, ranked.diagnostics["mde"]
    if design == "did":
        fixed = two_way_fixed_effects(panel)
        return {"main": fixed, "event_study": study} | _honest(study), mde
    return {"main": study} | _honest(study), mde


def _series(panel: Panel) -> Result:
    """The mean of the treated units as one series: a step, with trend, errors robust to autocorrelation."""
    date = panel.single_date("interrupted series")
    before = int((panel.times < date).sum())
    if before < LEAST_SERIES:
        raise MethodError(
            f"interrupted series: {before} periods before, at least {LEAST_SERIES} are needed to tell a trend",
            hint="use a design with comparison units: did, synthetic_control, randomisation",
            reason="too_few_pre_periods",
            values={"pre_periods": before, "least": LEAST_SERIES},
        )
    series = panel.wide().loc[panel.treated_units].mean().rename("outcome").reset_index()
    return interrupted_time_series(series, outcome="outcome", time="time", start=date, errors="hac")


def _honest(study: Result) -> dict[str, Result]:
    """Smoothness bounds, where there are effects on both sides; without them the verdict has no such evidence."""
    try:
        return {"honest": honest_event_study(study)}
    except MethodError:
        return {}
