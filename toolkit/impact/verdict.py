"""Can the effect be known? One function turns diagnostics into `identificato`, `fragile` or `descrittivo`.

A verdict never rises on evidence that is missing: what a design should have shown and did not lowers it. The words
of the reasons are label keys (`impact.reason.<key>`); the report words them.

The rules, with their thresholds, are in `RULES`; the worst one that holds decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from toolkit.errors import MethodError
from toolkit.impact.breaks import Screening
from toolkit.impact.coverage import false_rate, measured_coverage
from toolkit.impact.did import ALPHA_PRE, FEW_CLUSTERS, FEW_TREATED
from toolkit.impact.interface import Result
from toolkit.impact.synthetic import BAD_FIT, TOO_GOOD
from toolkit.impact.threshold import LEAST_NEAR

Level = Literal["identificato", "fragile", "descrittivo"]
LEVELS: tuple[Level, ...] = ("identificato", "fragile", "descrittivo")

ALPHA = 0.05  # tests that must reject
LEAST_POWER = 0.8
LEAST_OVERLAP = 0.9
DESIGN_BASED = ("placebo", "randomisation")


@dataclass(frozen=True)
class Evidence:
    """What is known about a design; None is unknown.

    Attributes:
        design: trends (difference in differences and event studies), synthetic, series (no control group), threshold
            or none.
        inference: as in `Result`.
        method: that gave the estimate.
        treated_units, control_units, clusters, pre_periods: counts; where whole groups are treated, of groups.
        grouped: whether groups that share shocks are named; without them shocks of a region pass for an effect.
        overlap: share of treated units whose outcome before treatment lies within the range of the controls'.
        pre_trend_p, pre_trend_power: of the joint test of effects before treatment, and its power against the line
            that would alone give the estimate.
        fit_to_spread, fit_to_changes: error of a synthetic control before treatment, relative to the spread between
            units and to the unit's own changes.
        placebo_space_p, placebo_time_p: ranks; the first should be low, the second high.
        loo_same_sign: the sign survives leaving out each donor that matters.
        break_detected, break_declared: in the window of the design.
        anticipated: units could react before the date.
        controls_treated: share of comparison units that were treated too, or exposed.
        estimate, p, mde, expected_effect: in the unit of the outcome; `expected_effect` is what the policy could at
            most do.
        twfe_staggered: two-way fixed effects on staggered dates.
        autocorrelated: residual autocorrelation not covered by the errors.
        coverage: measured coverage of the interval, where simulations of such designs fell short (`coverage.py`);
            `nominal` what it claims.
        density_p, donut_same_sign, placebo_threshold_p, unchanged_p, near_threshold: tests of a discontinuity.
        honest_breakdown, honest_smallest_m: from the smoothness bounds.
    """

    design: Literal["trends", "synthetic", "series", "threshold", "none"]
    method: str = ""
    inference: str = "none"
    treated_units: int | None = None
    control_units: int | None = None
    clusters: int | None = None
    grouped: bool | None = None
    pre_periods: int | None = None
    overlap: float | None = None
    pre_trend_p: float | None = None
    pre_trend_power: float | None = None
    fit_to_spread: float | None = None
    fit_to_changes: float | None = None
    placebo_space_p: float | None = None
    placebo_time_p: float | None = None
    loo_same_sign: bool | None = None
    break_detected: bool | None = None
    break_declared: bool = False
    anticipated: bool = False
    controls_treated: float = 0.0
    estimate: float | None = None
    p: float | None = None
    mde: float | None = None
    expected_effect: float | None = None
    twfe_staggered: bool = False
    autocorrelated: bool = False
    coverage: float | None = None
    nominal: float = 0.95
    density_p: float | None = None
    donut_same_sign: bool | None = None
    placebo_threshold_p: float | None = None
    unchanged_p: float | None = None
    near_threshold: int | None = None
    honest_breakdown: float | None = None
    honest_smallest_m: float | None = None

    @classmethod
    def of(cls, design: str, *results: Result, screening: Screening | None = None, **known: Any) -> Evidence:
        """Gather the diagnostics of results (the first gives estimate, p and inference), a screening and what is known.

        Raises:
            MethodError: a name in `known` that is not evidence.
        """
        names = {item.name for item in fields(cls)}
        strange = set(known) - names
        if strange:
            raise MethodError(f"{sorted(strange)[0]!r} is not evidence", allowed=sorted(names))
        gathered: dict[str, Any] = {}
        for result in reversed(results):
            gathered |= {
                name: value for name, value in result.diagnostics.items() if name in names and value is not None
            }
        if results:
            first = results[0]
            gathered |= {"method": first.method, "inference": first.inference, "p": first.p}
            gathered["estimate"] = first.estimate if first.scale == "difference" else None
            keys = {note.key for result in results for note in result.notes}
            gathered["autocorrelated"] = "impact.note.autocorrelated" in keys
            gathered["coverage"] = measured_coverage(first)
        if screening is not None:
            kinds = set(screening.found["kind"])
            gathered["break_detected"] = bool(kinds - {"declared"}) if screening.screened else None
            gathered["break_declared"] = "declared" in kinds
        return cls(design=design, **(gathered | known))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Reason:
    """Why a verdict is not higher: a label key, the level it caps the verdict at, the numbers behind it."""

    key: str
    level: Level
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The level, and all reasons that lower it, worst first.

    `false_rate` is the share of panels without any effect on which the design says `identificato`, measured
    (`coverage.py`); None where it was not.
    """

    level: Level
    reasons: tuple[Reason, ...]
    false_rate: float | None = None

    @property
    def causal(self) -> bool:
        """May a page call the estimate an effect (with its caveats)?"""
        return self.level != "descrittivo"

    def _repr_html_(self) -> str:
        """The level, and each reason with the level it allows at most."""
        rows = "".join(
            f"<tr><td>{one.key.rpartition('.')[2]}</td><td>{one.level}</td><td>{dict(one.values)}</td></tr>"
            for one in self.reasons
        )
        return f"<table><caption>{self.level}</caption>{rows}</table>"


Rule = tuple[str, Level, Callable[[Evidence], bool], tuple[str, ...]]


def _below(value: float | None, bound: float) -> bool:
    return value is not None and value < bound


def _trends(e: Evidence) -> bool:
    return e.design == "trends"


def _synthetic(e: Evidence) -> bool:
    return e.design == "synthetic"


def _threshold(e: Evidence) -> bool:
    return e.design == "threshold"


def _few_treated(e: Evidence) -> bool:
    return _below(e.treated_units, FEW_TREATED) and e.design in ("trends", "synthetic", "none")


def _bends(e: Evidence) -> bool:
    """Smoothness bounds were tried, and the interval holds zero already at the smallest M."""
    return e.honest_smallest_m is not None and e.honest_breakdown is None


RULES: tuple[Rule, ...] = (
    ("no_design", "descrittivo", lambda e: e.design == "none", ()),
    ("break_in_window", "descrittivo", lambda e: bool(e.break_detected), ()),
    ("break_declared", "fragile", lambda e: e.break_declared, ()),
    ("not_screened", "fragile", lambda e: e.break_detected is None and e.design in ("trends", "synthetic"), ()),
    ("no_controls", "descrittivo", lambda e: e.design in ("trends", "synthetic") and e.control_units == 0, ()),
    ("no_control_group", "fragile", lambda e: e.design == "series", ()),
    ("one_pre_period", "descrittivo", lambda e: _below(e.pre_periods, 2), ("pre_periods",)),
    ("controls_treated", "descrittivo", lambda e: e.controls_treated >= 0.10, ("controls_treated",)),
    ("controls_partly_treated", "fragile", lambda e: 0 < e.controls_treated < 0.10, ("controls_treated",)),
    ("anticipation", "fragile", lambda e: e.anticipated, ()),
    (
        "few_treated",
        "descrittivo",
        lambda e: _few_treated(e) and e.inference not in DESIGN_BASED,
        ("treated_units", "inference"),
    ),
    (
        "few_treated_ranked",
        "fragile",
        lambda e: _few_treated(e) and e.inference in DESIGN_BASED,
        ("treated_units", "inference"),
    ),
    ("groups_unknown", "fragile", lambda e: _trends(e) and not e.grouped, ()),
    (
        "few_clusters",
        "fragile",
        lambda e: e.inference in ("cluster", "influence") and _below(e.clusters, FEW_CLUSTERS),
        ("clusters",),
    ),
    ("no_overlap", "fragile", lambda e: _trends(e) and _below(e.overlap, LEAST_OVERLAP), ("overlap",)),
    ("pre_trend_failed", "descrittivo", lambda e: _trends(e) and _below(e.pre_trend_p, ALPHA_PRE), ("pre_trend_p",)),
    ("pre_trend_untested", "fragile", lambda e: _trends(e) and e.pre_trend_p is None, ()),
    (
        "pre_trend_no_power",
        "fragile",
        lambda e: _trends(e) and e.pre_trend_p is not None and (e.pre_trend_power or 0.0) < LEAST_POWER,
        ("pre_trend_power",),
    ),
    ("trend_bends", "fragile", _bends, ("honest_smallest_m",)),
    ("staggered_fixed_effects", "descrittivo", lambda e: e.twfe_staggered, ()),
    (
        "pre_fit_bad",
        "descrittivo",
        lambda e: e.fit_to_spread is not None and e.fit_to_spread > BAD_FIT,
        ("fit_to_spread",),
    ),
    ("pre_fit_too_good", "fragile", lambda e: _below(e.fit_to_changes, TOO_GOOD), ("fit_to_changes",)),
    (
        "placebo_space_failed",
        "descrittivo",
        lambda e: e.placebo_space_p is not None and e.placebo_space_p > ALPHA_PRE,
        ("placebo_space_p",),
    ),
    ("placebo_space_untested", "descrittivo", lambda e: _synthetic(e) and e.placebo_space_p is None, ()),
    ("placebo_time_failed", "descrittivo", lambda e: _below(e.placebo_time_p, ALPHA_PRE), ("placebo_time_p",)),
    ("placebo_time_untested", "fragile", lambda e: _synthetic(e) and e.placebo_time_p is None, ()),
    ("hangs_on_one_donor", "fragile", lambda e: e.loo_same_sign is False, ()),
    ("density_jumps", "descrittivo", lambda e: _threshold(e) and _below(e.density_p, ALPHA), ("density_p",)),
    ("density_untested", "fragile", lambda e: _threshold(e) and e.density_p is None, ()),
    (
        "placebo_threshold_failed",
        "descrittivo",
        lambda e: _threshold(e) and _below(e.placebo_threshold_p, ALPHA),
        ("placebo_threshold_p",),
    ),
    ("placebo_threshold_untested", "fragile", lambda e: _threshold(e) and e.placebo_threshold_p is None, ()),
    ("unchanged_jumps", "descrittivo", lambda e: _threshold(e) and _below(e.unchanged_p, ALPHA), ("unchanged_p",)),
    ("unchanged_untested", "fragile", lambda e: _threshold(e) and e.unchanged_p is None, ()),
    ("donut_fails", "fragile", lambda e: _threshold(e) and e.donut_same_sign is not True, ()),
    (
        "few_near_threshold",
        "fragile",
        lambda e: _threshold(e) and _below(e.near_threshold, LEAST_NEAR),
        ("near_threshold",),
    ),
    ("autocorrelated", "fragile", lambda e: e.autocorrelated, ()),
    (
        "expected_below_mde",
        "descrittivo",
        lambda e: e.expected_effect is not None and e.mde is not None and abs(e.expected_effect) < e.mde,
        ("expected_effect", "mde"),
    ),
    (
        "effect_below_mde",
        "fragile",
        lambda e: e.estimate is not None and e.mde is not None and abs(e.estimate) < e.mde,
        ("estimate", "mde"),
    ),
    ("mde_unknown", "fragile", lambda e: e.mde is None and e.design in ("trends", "synthetic", "threshold"), ()),
    (
        "coverage_below_nominal",
        "fragile",
        lambda e: e.coverage is not None and e.coverage < e.nominal - 0.03,
        ("coverage", "nominal"),
    ),
)


REFUSALS: dict[str, tuple[str, ...]] = {
    "all_treated": ("treated_units",),
    "collinear": (),
    "false_date": ("year",),
    "groups_mixed": (),
    "nobody_treated": (),
    "no_error": (),
    "no_measure": (),
    "no_row_at_the_date": ("year",),
    "no_rows": (),
    "no_variation": (),
    "no_variation_in_time": (),
    "not_converged": (),
    "not_defined": ("why",),
    "one_period": (),
    "one_treated_only": ("treated_units",),
    "outcome_missing": ("rows",),
    "perfect_fit": (),
    "periods_missing": ("units", "of"),
    "predictor_missing": (),
    "predictor_same": (),
    "reference_outside": (),
    "same_change": (),
    "several_dates": ("dates",),
    "too_few_near": ("rows", "least"),
    "too_few_controls": ("control_units", "least"),
    "too_few_pre_periods": ("pre_periods", "least"),
    "too_few_rows": (),
    "treated_after_the_end": ("year",),
    "treated_from_the_start": ("year",),
}
"""Why a design refuses a panel, as `MethodError.reason` says it where it arises, and the values of each."""


def refusal(fault: MethodError, evidence: Evidence) -> Verdict:
    """The verdict where a design refuses its data: the reason of the fault, and facts known from outside.

    A fault without a reason of its own is `not_defined`, and `why` keeps what it says.
    """
    key = fault.reason if fault.reason in REFUSALS else "not_defined"
    values = {name: fault.values.get(name) for name in REFUSALS[key]}
    values |= {"why": fault.what} if key == "not_defined" else {}
    own = Reason(f"impact.reason.{key}", "descrittivo", values)
    return Verdict("descrittivo", (own, *from_outside(judge(evidence)).reasons))


def from_outside(judged: Verdict, *keys: str) -> Verdict:
    """Without an estimate only the reasons named, and facts known from outside, are worth saying."""
    kept = {f"impact.reason.{name}" for name in (*keys, "controls_treated", "controls_partly_treated", "anticipation")}
    return replace(judged, reasons=tuple(reason for reason in judged.reasons if reason.key in kept))


def judge(evidence: Evidence) -> Verdict:
    """The verdict on identification, and every reason that lowers it.

    `descrittivo`: the number describes, it is no effect. `fragile`: an effect under assumptions tested in part.
    `identificato`: every test that the design has was made and passed.

    >>> judge(Evidence("trends", pre_periods=1)).level
    'descrittivo'
    """
    reasons = [
        Reason(f"impact.reason.{key}", level, {name: getattr(evidence, name) for name in names})
        for key, level, holds, names in RULES
        if holds(evidence)
    ]
    reasons.sort(key=lambda reason: -LEVELS.index(reason.level))
    level = reasons[0].level if reasons else "identificato"
    return Verdict(level, tuple(reasons), false_rate(evidence.method, evidence.design))


def reason_keys() -> Iterable[str]:
    """All label keys of a rule: the report must word each, and those of `REFUSALS`."""
    return tuple(f"impact.reason.{key}" for key, *_ in RULES)
