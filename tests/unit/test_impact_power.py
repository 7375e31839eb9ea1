"""Sample sizes and detectable effects: published values, formulas by simulation, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from impact_making import panel
from scipy import stats

from toolkit import impact
from toolkit.errors import MethodError


@pytest.mark.parametrize(
    ("effect", "power", "alpha", "expected"),
    [(0.2, 0.8, 0.05, 394), (0.5, 0.8, 0.05, 64), (0.8, 0.8, 0.05, 26), (0.5, 0.9, 0.05, 86), (0.5, 0.8, 0.01, 96)],
)
def test_n_per_arm_as_in_cohens_tables(effect: float, power: float, alpha: float, expected: int) -> None:
    """Cohen (1988), table 2.4.1 and two more; Cohen rounds 393.4 to 393 where the next whole unit is 394."""
    assert impact.n_per_arm(effect, power=power, alpha=alpha) == expected
    assert impact.n_per_arm(-effect, power=power, alpha=alpha) == expected


def test_effects_too_large_to_search_for_need_two_units() -> None:
    assert impact.n_per_arm(50.0) == 2
    assert impact.n_per_arm(0.5, power=0.04) == 2


def test_multiplier() -> None:
    assert impact.mde_multiplier() == pytest.approx(2.8016, abs=1e-4)
    assert impact.mde_multiplier(df=20) == pytest.approx(stats.t(20).ppf(0.975) + stats.t(20).ppf(0.8))
    assert impact.mde_multiplier(df=5) > impact.mde_multiplier(df=50) > impact.mde_multiplier()


def test_detectable_difference_is_detected_with_the_power_said() -> None:
    mde = impact.mde_two_groups(1.0, 30, 50)
    rng = np.random.default_rng(0)
    draws = 3000
    a, b = rng.normal(mde, 1, size=(draws, 30)), rng.normal(size=(draws, 50))
    seen = (stats.ttest_ind(a, b, axis=1).pvalue < 0.05).mean()
    assert seen == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / draws) + 0.005)


def test_repeated_measures_by_simulation() -> None:
    mde = impact.mde_repeated(1.0, 0.6, 20, 30, pre=3, post=2)
    rng = np.random.default_rng(1)
    draws = 3000
    unit, noise = rng.normal(size=(draws, 50, 1)) * np.sqrt(0.6), rng.normal(size=(draws, 50, 5)) * np.sqrt(0.4)
    y = unit + noise
    y[:, :20, 3:] += mde
    change = y[:, :, 3:].mean(axis=2) - y[:, :, :3].mean(axis=2)
    seen = (stats.ttest_ind(change[:, :20], change[:, 20:], axis=1).pvalue < 0.05).mean()
    assert seen == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / draws) + 0.005)


def test_panel_mde_comes_from_controls_only_and_counts_serial_correlation() -> None:
    assert impact.mde_panel(panel(1, effect=0.0)) == pytest.approx(impact.mde_panel(panel(1, effect=99.0)))
    assert impact.mde_panel(panel(1, units=200, serial=0.8)) > 1.5 * impact.mde_panel(panel(1, units=200))


def test_placebo_mde_by_simulation() -> None:
    """Planted on one more unit from the same law, the effect is ranked at p ≤ .05 four times in five."""
    rng = np.random.default_rng(2)
    seen, draws = 0, 1500
    for _ in range(draws):
        gaps = rng.normal(size=100)
        mde = impact.mde_placebo(gaps)
        real = rng.normal() + mde
        seen += (1 + (np.abs(gaps) >= abs(real)).sum()) / 101 <= 0.05
    assert seen / draws == pytest.approx(0.8, abs=0.05)


def test_placebo_mde_is_infinite_with_too_few_donors_and_scales() -> None:
    gaps = np.array([0.5, -1.0, 0.2, 0.7, -0.1, 0.3])
    assert impact.mde_placebo(gaps) == np.inf
    assert np.isfinite(impact.mde_placebo(gaps, alpha=0.3))
    many = np.random.default_rng(3).normal(size=60)
    assert impact.mde_placebo(many * 7) == pytest.approx(7 * impact.mde_placebo(many))
    relative = impact.mde_placebo(many * 7, scales=np.full(60, 7.0), own_scale=2.0)
    assert relative == pytest.approx(2 * impact.mde_placebo(many))


@pytest.mark.parametrize(
    "call",
    [
        lambda: impact.n_per_arm(0.0),
        lambda: impact.n_per_arm(0.5, power=1.0),
        lambda: impact.mde_multiplier(alpha=0),
        lambda: impact.mde_multiplier(df=0),
        lambda: impact.mde_two_groups(0.0, 10, 10),
        lambda: impact.mde_two_groups(1.0, 1, 1),
        lambda: impact.mde_two_groups(1.0, 10, 10, r2=1.0),
        lambda: impact.mde_repeated(1.0, 1.0, 10, 10, pre=1, post=1),
        lambda: impact.mde_placebo(np.array([1.0, np.nan, 2.0])),
        lambda: impact.mde_placebo(np.array([1.0, 3.0, 2.0]), scales=np.zeros(3)),
    ],
)
def test_refusals(call) -> None:
    with pytest.raises(MethodError):
        call()
