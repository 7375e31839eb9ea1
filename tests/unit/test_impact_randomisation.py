"""Randomisation inference: exact by enumeration, right size, an interval that holds what is not rejected."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from impact_making import frame, panel

from toolkit import impact
from toolkit.errors import MethodError


def test_exact_p_is_counted_by_hand() -> None:
    one = panel(3, units=10, treated={0: 2006, 1: 2006}, effect=3.0)
    change = one.changes(2006).to_numpy()
    observed = change[:2].mean() - change[2:].mean()
    found = impact.randomisation_test(one)
    every = [change[list(s)].mean() - np.delete(change, list(s)).mean() for s in combinations(range(10), 2)]
    assert found.estimate == pytest.approx(observed)
    assert found.p == pytest.approx(np.mean(np.abs(every) >= abs(observed) - 1e-12))
    assert found.diagnostics["exact"]
    assert found.seed is None


def test_drawn_sets_carry_seed_and_agree_with_enumeration() -> None:
    one = panel(3, units=24, treated=dict.fromkeys(range(3), 2006), effect=1.0)
    exact = impact.randomisation_test(one, draws=5000)
    drawn = impact.randomisation_test(one, draws=1999, seed=5)
    assert exact.diagnostics["exact"]
    assert not drawn.diagnostics["exact"]
    assert (drawn.seed, drawn.draws) == (5, 1999)
    assert drawn.p == pytest.approx(exact.p, abs=0.03)
    assert drawn.p == impact.randomisation_test(one, draws=1999, seed=5).p
    assert drawn.interval == pytest.approx(exact.interval, abs=0.2)


def test_interval_holds_the_effects_not_rejected() -> None:
    data = frame(3, units=20, treated=dict.fromkeys(range(4), 2006), effect=2.0)
    one = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")
    found = impact.randomisation_test(one)
    assert found.interval is not None

    def p_of(effect: float) -> float:
        less = data["y"] - effect * ((data["first"] > 0) & (data["time"] >= data["first"]))
        shifted = impact.Panel.of(data.assign(y=less), unit="unit", time="time", outcome="y", first_treated="first")
        p = impact.randomisation_test(shifted).p
        assert p is not None
        return p

    low, high = found.interval
    for inside in (low + 1e-6, (low + high) / 2, high - 1e-6):
        assert p_of(inside) > 0.05
    for outside in (low - 1e-3, high + 1e-3):
        assert p_of(outside) <= 0.05


def test_too_few_sets_give_no_interval() -> None:
    found = impact.randomisation_test(panel(3, units=10, treated={0: 2006}, effect=50.0))
    assert found.interval is None
    assert found.p == pytest.approx(0.1)
    assert "impact.note.few_sets" in {note.key for note in found.notes}


def test_size_and_coverage() -> None:
    draws = 200
    rejected, covered = 0, 0
    for seed in range(draws):
        found = impact.randomisation_test(
            panel(seed, units=20, treated=dict.fromkeys(range(3), 2006), effect=1.0, serial=0.7)
        )
        covered += found.interval is not None and found.interval[0] <= 1.0 <= found.interval[1]
        none = impact.randomisation_test(panel(seed, units=20, treated=dict.fromkeys(range(3), 2006), serial=0.7))
        rejected += (none.p or 1.0) <= 0.05
    assert rejected / draws <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
    assert covered / draws >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws)


def test_clustered_errors_fail_with_one_treated_unit_and_randomisation_does_not() -> None:
    """Why few treated units never get asymptotics: clustered intervals reject far too often."""
    draws = 100
    clustered = np.mean(
        [(impact.two_way_fixed_effects(panel(s, treated={0: 2006})).p or 1) < 0.05 for s in range(draws)]
    )
    ranked = np.mean([(impact.randomisation_test(panel(s, treated={0: 2006})).p or 1) <= 0.05 for s in range(draws)])
    assert clustered > 0.5
    assert ranked <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


def test_refusals() -> None:
    data = frame(3, units=10, treated={0: 2006})
    same = data.assign(y=data["time"].astype(float))
    one = impact.Panel.of(same, unit="unit", time="time", outcome="y", first_treated="first")
    with pytest.raises(MethodError, match="all units change by the same amount"):
        impact.randomisation_test(one)
    with pytest.raises(MethodError, match="at least 19 draws"):
        impact.randomisation_test(panel(3, units=30, treated=dict.fromkeys(range(9), 2006)), draws=5)


def test_distribution_is_kept() -> None:
    found = impact.randomisation_test(panel(3, units=10, treated={0: 2006}))
    assert isinstance(found.tables["distribution"], pd.DataFrame)
    assert len(found.tables["distribution"]) == 10
