"""Smoothness bounds: shape, refusals, and coverage at least nominal when the trend bends as much as allowed."""

from __future__ import annotations

import numpy as np
import pytest
from impact_making import panel

from toolkit import impact
from toolkit.errors import MethodError

BETA = np.array([0.10, -0.05, 0.02, 0.80, 0.90])
COVARIANCE = 0.01 * (0.6 * np.eye(5) + 0.4)


def test_bounds_widen_with_m_and_breakdown_is_the_last_that_excludes_zero() -> None:
    found = impact.honest_did(BETA, COVARIANCE, pre=3, bounds=[0, 0.1, 0.2, 0.4, 0.8])
    table = found.tables["bounds"]
    width = table["high"] - table["low"]
    assert (np.diff(width) > 0).all()
    excluded = table.loc[table["excludes_zero"], "m"].max()
    assert found.diagnostics["honest_breakdown"] == excluded
    assert found.estimate == pytest.approx(0.80)


def test_at_m_zero_a_linear_trend_is_removed() -> None:
    """With effects before treatment on a line, tiny noise and M = 0, the interval closes on what is beyond the line."""
    events = np.array([-4, -3, -2, 0, 1])
    beta = 0.3 * (events + 1) + np.where(events >= 0, 1.0, 0.0)
    found = impact.honest_did(beta, 1e-8 * np.eye(5), pre=3, bounds=[0])
    assert found.interval == pytest.approx((1.0, 1.0), abs=0.002)


def test_target_weights_choose_the_effect() -> None:
    late = impact.honest_did(BETA, COVARIANCE, pre=3, bounds=[0.05], target=np.array([0, 1.0]))
    first = impact.honest_did(BETA, COVARIANCE, pre=3, bounds=[0.05])
    assert late.estimate == pytest.approx(0.9)
    late_width, first_width = (np.subtract(*one.interval[::-1]) for one in (late, first) if one.interval)
    assert late_width > first_width  # the bend has one more period to grow


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"pre": 0}, "both sides of the reference"),
        ({"pre": 5}, "both sides of the reference"),
        ({"bounds": [-0.1]}, "zero or positive"),
        ({"bounds": []}, "zero or positive"),
        ({"covariance": np.eye(4)}, "the covariance is"),
        ({"covariance": np.zeros((5, 5))}, "positive variances"),
        ({"beta": np.array([np.nan, 0, 0, 1, 1])}, "must be finite"),
        ({"target": np.ones(3)}, "3 weights for 2 effects"),
    ],
)
def test_refusals(how: dict, message: str) -> None:
    known = {"beta": BETA, "covariance": COVARIANCE, "pre": 3, "bounds": [0.1]} | how
    with pytest.raises(MethodError, match=message):
        impact.honest_did(known.pop("beta"), known.pop("covariance"), **known)


def test_from_an_event_study() -> None:
    study = impact.event_study(panel(3, units=60, effect=2.0))
    found = impact.honest_event_study(study)
    assert len(found.tables["bounds"]) == 3
    assert found.estimate == pytest.approx(study.tables["effects"].set_index("event_time").loc[0, "estimate"])
    last = np.eye(5)[-1]
    late = impact.honest_event_study(study, bounds=(0,), target=last)
    assert late.estimate == pytest.approx(study.tables["effects"]["estimate"].iloc[-1])
    cohorts = panel(
        3, units=60, effect=2.0, treated=dict.fromkeys(range(15), 2004) | dict.fromkeys(range(15, 30), 2006)
    )
    with pytest.raises(MethodError, match="universal"):
        impact.honest_event_study(impact.callaway_santanna(cohorts))
    universal = impact.honest_event_study(impact.callaway_santanna(cohorts, base="universal"), bounds=(0,))
    assert universal.interval is not None


def test_coverage_is_at_least_nominal_when_the_trend_bends_by_m() -> None:
    """The interval is a linear estimator and a fixed length, so that five intervals give all others."""
    events, m, effect = np.array([-4, -3, -2, 0]), 0.05, 0.5
    bias = m * (events + 1) * (events + 2) / 2  # second difference m: the worst the bound allows
    sigma = np.diag([0.01, 0.01, 0.01, 0.01]) + 0.005
    lower = [_lower(beta, sigma, m) for beta in (np.zeros(4), *np.eye(4))]
    direction, half = np.subtract(lower[1:], lower[0]), -lower[0]
    trial = np.array([0.3, -0.1, 0.2, 0.7])
    assert _lower(trial, sigma, m) == pytest.approx(direction @ trial - half, abs=2e-3)
    rng = np.random.default_rng(2)
    draws = rng.multivariate_normal(bias + np.where(events >= 0, effect, 0.0), sigma, size=20_000)
    covered = np.mean(np.abs(draws @ direction - effect) <= half)
    assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 20_000)


def _lower(beta: np.ndarray, sigma: np.ndarray, m: float) -> float:
    interval = impact.honest_did(beta, sigma, pre=3, bounds=[m]).interval
    assert interval is not None
    return interval[0]


def test_relative_magnitudes_are_not_offered() -> None:
    assert "naive" in impact.EXCLUDED["honest_rm"]
