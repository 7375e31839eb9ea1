"""Every reason lowers the verdict as its rule says; policies that cannot be known say so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_making import frame, panel
from test_impact_breaks import SHARES, provinces

from toolkit import impact
from toolkit.errors import MethodError
from toolkit.impact.coverage import CLUSTERED, FALSE_IDENTIFIED
from toolkit.impact.verdict import RULES

SOUND_TRENDS = {
    "design": "trends",
    "inference": "cluster",
    "treated_units": 60,
    "control_units": 80,
    "clusters": 140,
    "grouped": True,
    "pre_periods": 6,
    "pre_trend_p": 0.6,
    "pre_trend_power": 0.95,
    "break_detected": False,
    "estimate": 2.0,
    "p": 0.001,
    "mde": 0.8,
}
SOUND_SYNTHETIC = {
    "design": "synthetic",
    "inference": "placebo",
    "treated_units": 1,
    "control_units": 38,
    "pre_periods": 19,
    "fit_to_spread": 0.05,
    "fit_to_changes": 1.0,
    "placebo_space_p": 0.026,
    "placebo_time_p": 0.5,
    "loo_same_sign": True,
    "break_detected": False,
    "estimate": -19.0,
    "mde": 10.0,
}

SOUND_THRESHOLD = {
    "design": "threshold",
    "inference": "robust",
    "density_p": 0.5,
    "placebo_threshold_p": 0.4,
    "unchanged_p": 0.7,
    "donut_same_sign": True,
    "near_threshold": 90,
    "estimate": 2.0,
    "mde": 0.8,
}

# What is changed in a sound design, and the reason and verdict that must follow.
CHANGES: dict[str, tuple[dict, dict, str]] = {
    "no_design": (SOUND_TRENDS, {"design": "none"}, "descrittivo"),
    "break_in_window": (SOUND_TRENDS, {"break_detected": True}, "descrittivo"),
    "break_declared": (SOUND_TRENDS, {"break_declared": True}, "fragile"),
    "not_screened": (SOUND_TRENDS, {"break_detected": None}, "fragile"),
    "no_controls": (SOUND_TRENDS, {"control_units": 0}, "descrittivo"),
    "no_control_group": ({"design": "series", "pre_periods": 60}, {}, "fragile"),
    "one_pre_period": (SOUND_TRENDS, {"pre_periods": 1}, "descrittivo"),
    "controls_treated": (SOUND_TRENDS, {"controls_treated": 0.4}, "descrittivo"),
    "controls_partly_treated": (SOUND_TRENDS, {"controls_treated": 0.04}, "fragile"),
    "anticipation": (SOUND_TRENDS, {"anticipated": True}, "fragile"),
    "few_treated": (SOUND_TRENDS, {"treated_units": 3}, "descrittivo"),
    "few_treated_ranked": (SOUND_TRENDS, {"treated_units": 3, "inference": "randomisation"}, "fragile"),
    "groups_unknown": (SOUND_TRENDS, {"grouped": None}, "fragile"),
    "few_clusters": (SOUND_TRENDS, {"clusters": 12}, "fragile"),
    "no_overlap": (SOUND_TRENDS, {"overlap": 0.5}, "fragile"),
    "pre_trend_failed": (SOUND_TRENDS, {"pre_trend_p": 0.03}, "descrittivo"),
    "pre_trend_untested": (SOUND_TRENDS, {"pre_trend_p": None}, "fragile"),
    "pre_trend_no_power": (SOUND_TRENDS, {"pre_trend_power": 0.3}, "fragile"),
    "trend_bends": (SOUND_TRENDS, {"honest_smallest_m": 0.0, "honest_breakdown": None}, "fragile"),
    "staggered_fixed_effects": (SOUND_TRENDS, {"twfe_staggered": True}, "descrittivo"),
    "pre_fit_bad": (SOUND_SYNTHETIC, {"fit_to_spread": 0.9}, "descrittivo"),
    "pre_fit_too_good": (SOUND_SYNTHETIC, {"fit_to_changes": 0.01}, "fragile"),
    "placebo_space_failed": (SOUND_SYNTHETIC, {"placebo_space_p": 0.8}, "descrittivo"),
    "placebo_space_untested": (SOUND_SYNTHETIC, {"placebo_space_p": None}, "descrittivo"),
    "placebo_time_failed": (SOUND_SYNTHETIC, {"placebo_time_p": 0.02}, "descrittivo"),
    "placebo_time_untested": (SOUND_SYNTHETIC, {"placebo_time_p": None}, "fragile"),
    "hangs_on_one_donor": (SOUND_SYNTHETIC, {"loo_same_sign": False}, "fragile"),
    "autocorrelated": (SOUND_TRENDS, {"autocorrelated": True}, "fragile"),
    "density_jumps": (SOUND_THRESHOLD, {"density_p": 0.01}, "descrittivo"),
    "density_untested": (SOUND_THRESHOLD, {"density_p": None}, "fragile"),
    "placebo_threshold_failed": (SOUND_THRESHOLD, {"placebo_threshold_p": 0.02}, "descrittivo"),
    "placebo_threshold_untested": (SOUND_THRESHOLD, {"placebo_threshold_p": None}, "fragile"),
    "unchanged_jumps": (SOUND_THRESHOLD, {"unchanged_p": 0.001}, "descrittivo"),
    "unchanged_untested": (SOUND_THRESHOLD, {"unchanged_p": None}, "fragile"),
    "donut_fails": (SOUND_THRESHOLD, {"donut_same_sign": False}, "fragile"),
    "few_near_threshold": (SOUND_THRESHOLD, {"near_threshold": 9}, "fragile"),
    "expected_below_mde": (SOUND_TRENDS, {"expected_effect": 0.01}, "descrittivo"),
    "effect_below_mde": (SOUND_TRENDS, {"estimate": 0.3}, "fragile"),
    "mde_unknown": (SOUND_TRENDS, {"mde": None}, "fragile"),
    "coverage_below_nominal": (SOUND_TRENDS, {"coverage": 0.85}, "fragile"),
}


def test_every_rule_has_a_case() -> None:
    assert set(CHANGES) == {key for key, *_ in RULES}
    assert set(impact.reason_keys()) == {f"impact.reason.{key}" for key in CHANGES}


@pytest.mark.parametrize("key", sorted(CHANGES))
def test_reason_lowers_the_verdict(key: str) -> None:
    sound, change, level = CHANGES[key]
    found = impact.judge(impact.Evidence(**(sound | change)))
    reasons = {reason.key: reason for reason in found.reasons}
    assert f"impact.reason.{key}" in reasons
    assert reasons[f"impact.reason.{key}"].level == level
    assert found.level == level


def test_sound_designs() -> None:
    for sound in (SOUND_TRENDS, SOUND_THRESHOLD):
        assert impact.judge(impact.Evidence(**sound)) == impact.Verdict("identificato", ())
    one_unit = impact.judge(impact.Evidence(**SOUND_SYNTHETIC))  # one treated unit is never more than fragile
    assert one_unit.level == "fragile"
    assert [reason.key for reason in one_unit.reasons] == ["impact.reason.few_treated_ranked"]


def test_nothing_known_is_never_identified() -> None:
    for design in ("trends", "synthetic", "series", "none"):
        assert impact.judge(impact.Evidence(design)).level != "identificato"  # type: ignore[arg-type]


def test_worst_reason_comes_first_and_decides() -> None:
    found = impact.judge(impact.Evidence(**(SOUND_TRENDS | {"anticipated": True, "pre_periods": 1})))
    assert found.level == "descrittivo"
    assert [reason.key for reason in found.reasons] == ["impact.reason.one_pre_period", "impact.reason.anticipation"]
    assert not found.causal


def test_unknown_evidence_is_refused() -> None:
    with pytest.raises(MethodError, match="'luck' is not evidence"):
        impact.Evidence.of("trends", luck=1)


# Evaluations, from panel to verdict


def test_expo_2015_unemployment_is_descriptive(shared: Path) -> None:
    one = provinces(shared, "unrate", breaks=[impact.Break(2004, "labour force survey", comparable=True)])
    neighbours = {"Varese", "Como", "Lecco", "Bergamo", "Cremona", "Lodi", "Pavia", "Novara"}
    found = impact.evaluate(
        one,
        "synthetic_control",
        pools={
            "all": one.controls,
            "without neighbours": [unit for unit in one.controls if unit not in neighbours],
            "nearest 20": impact.nearest_donors(one, 20),
        },
    )
    assert found.status == "estimated"
    assert found.main.estimate == pytest.approx(-0.10, abs=0.02)
    assert found.main.p == pytest.approx(0.80, abs=0.02)
    assert found.main.diagnostics["placebo_count"] == 102
    assert found.verdict.level == "descrittivo"
    keys = {reason.key for reason in found.verdict.reasons}
    assert keys >= {
        "impact.reason.placebo_space_failed",
        "impact.reason.effect_below_mde",
        "impact.reason.break_declared",
    }
    assert found.mde is not None
    assert 0.5 < found.mde < 2
    assert found.pools is not None
    assert found.pools["p"].min() > 0.3
    assert set(found.results) == {"main", "in_time", "leave_one_out"}
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert stored["verdict"] == "descrittivo"
    assert stored["results"]["main"]["p"] == pytest.approx(found.main.p)
    assert len(stored["results"]["main"]["tables"]["placebos"]) == 103


@pytest.mark.parametrize("outcome", [*SHARES, "partrate"])
def test_broken_outcomes_give_a_break_and_no_estimate(outcome: str, shared: Path) -> None:
    one = provinces(shared, outcome)
    parts = ["outcome", *[name for name in SHARES if name != outcome]] if outcome in SHARES else []
    found = impact.evaluate(one, "synthetic_control", parts=parts)
    assert found.status == "break"
    assert not found.results
    assert found.mde is None
    assert found.verdict.level == "descrittivo"
    assert [reason.key for reason in found.verdict.reasons] == ["impact.reason.break_in_window"]
    with pytest.raises(MethodError, match="no estimate was made"):
        _ = found.main


def test_the_false_effect_that_screening_prevents(shared: Path) -> None:
    """On the broken industry share a synthetic control finds p = .02: the reason why screening comes first."""
    naive = impact.in_space(provinces(shared, "ind"))
    assert naive.p is not None
    assert naive.p < 0.03


def test_strong_design_is_identified() -> None:
    how = {"units": 300, "periods": 10, "treated": dict.fromkeys(range(0, 240, 2), 2007), "effect": 1.5}
    found = impact.evaluate(panel(21, groups=100, **how), "difference_in_differences")
    assert found.verdict.level == "identificato", found.verdict.reasons
    assert found.verdict.false_rate == FALSE_IDENTIFIED["event_study"]
    unnamed = impact.evaluate(panel(21, **how), "difference_in_differences")
    assert [reason.key for reason in unnamed.verdict.reasons] == ["impact.reason.groups_unknown"]
    assert found.main.estimate == pytest.approx(1.5, abs=0.3)
    assert found.mde is not None
    assert found.mde < 1.5


def test_one_period_before_is_descriptive() -> None:
    short = panel(3, units=200, periods=4, treated=dict.fromkeys(range(80), 2002), effect=2.0)
    found = impact.evaluate(short, "difference_in_differences")
    assert found.verdict.level == "descrittivo"
    assert found.verdict.reasons[0].key == "impact.reason.one_pre_period"


def test_few_treated_get_randomisation_and_are_never_identified() -> None:
    found = impact.evaluate(
        panel(3, units=60, treated=dict.fromkeys(range(4), 2006), effect=6.0), "difference_in_differences"
    )
    assert found.main.method == "randomisation"
    assert found.main.p is not None
    assert found.main.p < 0.01
    assert "impact.reason.few_treated_ranked" in {reason.key for reason in found.verdict.reasons}
    assert found.verdict.level != "identificato"


def test_staggered_dates_go_to_cohorts() -> None:
    treated = dict.fromkeys(range(60), 2004) | dict.fromkeys(range(60, 120), 2007)
    found = impact.evaluate(panel(5, units=240, treated=treated, effect=1.0, growth=0.5), "difference_in_differences")
    assert found.main.method == "callaway_santanna"
    assert set(found.results) >= {"main", "bacon"}


def test_treated_controls_and_small_money_are_descriptive() -> None:
    many = panel(21, units=300, periods=10, treated=dict.fromkeys(range(120), 2007), effect=1.5)
    spilled = impact.evaluate(many, "difference_in_differences", controls_treated=0.5)
    assert spilled.verdict.reasons[0].key == "impact.reason.controls_treated"
    small = impact.evaluate(many, "difference_in_differences", expected_effect=0.001)
    assert small.verdict.reasons[0].key == "impact.reason.expected_below_mde"
    assert {spilled.verdict.level, small.verdict.level} == {"descrittivo"}


def test_a_failed_pre_trend_is_descriptive() -> None:
    data = frame(21, units=200, periods=10, treated=dict.fromkeys(range(80), 2007))
    data["y"] += np.where(data["first"] > 0, 0.4 * (data["time"] - 2001), 0.0)
    drifting = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")
    found = impact.evaluate(drifting, "difference_in_differences")
    assert found.main.p is not None
    assert found.main.p < 0.001  # a false effect, found with certainty
    assert found.verdict.level == "descrittivo"
    assert "impact.reason.pre_trend_failed" in {reason.key for reason in found.verdict.reasons}


def test_impossible_design_is_refused_with_its_reason() -> None:
    found = impact.evaluate(panel(3, units=30, treated={0: 2006, 1: 2006}), "synthetic_control")
    assert found.status == "refused"
    assert [reason.key for reason in found.verdict.reasons] == ["impact.reason.one_treated_only"]
    assert "takes one treated unit" in found.notes[0].values["why"]


def test_almost_everybody_financed_cannot_be_estimated() -> None:
    """132 of 133: one unit to compare with."""
    data = frame(3, units=133, periods=8, treated=dict.fromkeys(range(132), 2005), effect=1.0)
    one = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")
    found = impact.evaluate(one, "difference_in_differences")
    assert found.verdict.level != "identificato"
    assert isinstance(found.verdict.reasons, tuple)
    assert pd.notna(found.main.estimate)


def test_measured_coverage_reaches_the_verdict() -> None:
    """Clustered errors of three treated units cover far below their claim: the figure is shown, the verdict lowered."""
    few = impact.two_way_fixed_effects(panel(3, units=60, treated=dict.fromkeys(range(3), 2006)))
    evidence = impact.Evidence.of("trends", few)
    assert evidence.coverage == CLUSTERED[2]  # the largest size measured that is not above the one met
    reasons = {reason.key: reason for reason in impact.judge(evidence).reasons}
    assert reasons["impact.reason.coverage_below_nominal"].values == {"coverage": CLUSTERED[2], "nominal": 0.95}
    many = impact.two_way_fixed_effects(panel(3, units=60))
    assert len(panel(3, units=60).treated_units) < max(CLUSTERED)
    assert impact.Evidence.of("trends", many).coverage == CLUSTERED[10]
    enough = impact.two_way_fixed_effects(panel(3, units=120))
    assert impact.Evidence.of("trends", enough).coverage is None
    ranked = impact.randomisation_test(panel(3, units=60, treated=dict.fromkeys(range(3), 2006)))
    assert impact.Evidence.of("trends", ranked).coverage is None
