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


# Few treated units of an event study: its tests hold at any number


@pytest.mark.parametrize(
    ("count", "how"),
    [
        (1, {}),
        (3, {"serial": 0.7}),
        (5, {"sizes": "rising"}),  # the treated are the smallest, and the noisiest
        (5, {"sizes": "falling"}),
        (5, {"groups": 6, "shocks": 1.0}),  # half of a group that shares a random walk
    ],
)
def test_pre_trend_and_estimate_keep_their_size(count: int, how: dict) -> None:
    draws, treated = 120, dict.fromkeys(range(count), 2005)
    found = [
        impact.event_study(panel(seed, units=60, periods=8, treated=treated, **how), draws=199) for seed in range(draws)
    ]
    before = np.mean([one.diagnostics["pre_trend_p"] <= 0.10 for one in found])
    after = np.mean([(one.p or 1) <= 0.05 for one in found])
    assert before <= 0.10 + 3 * np.sqrt(0.10 * 0.90 / draws)
    assert after <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


def test_a_drift_is_seen_and_its_visible_slope_is_said() -> None:
    treated = dict.fromkeys(range(3), 2006)
    none = impact.event_study(panel(1, units=100, treated=treated)).diagnostics
    slope = none["pre_trend_slope"]
    draws = 100
    seen = [
        impact.event_study(panel(s, units=100, treated=treated, drift=slope), draws=399).diagnostics["pre_trend_p"]
        <= 0.10
        for s in range(draws)
    ]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.05 + 3 * np.sqrt(0.8 * 0.2 / draws))
    assert none["pre_trend_smallest_p"] == pytest.approx(1 / 2000)
    assert none["pre_trend_test"] == "randomisation"


def test_whole_groups_are_exchanged_as_wholes() -> None:
    one = panel(2, units=100, groups=20, treated=dict.fromkeys(range(10), 2006))
    found = impact.randomisation_test(one)
    assert found.diagnostics["randomised"] == "groups"
    assert found.diagnostics["sets"] == 190  # two of twenty
    assert found.diagnostics["treated_units"] == 2
    part = impact.randomisation_test(panel(2, units=100, groups=20, treated=dict.fromkeys(range(3), 2006)))
    assert part.diagnostics["sets"] == 10  # three of the five of their group
    assert part.diagnostics["randomisation_smallest_p"] == pytest.approx(0.1)
    assert part.interval is None
    with pytest.raises(MethodError, match="as a whole and others in part"):
        impact.randomisation_test(panel(2, units=100, groups=20, treated=dict.fromkeys(range(7), 2006)))


def test_a_small_unit_is_not_unusual_for_being_small() -> None:
    """The smallest of a hundred: studentised by size its false alarms are five in a hundred, else they are many."""
    draws, small = 120, {0: 2006}
    how = {"units": 100, "sizes": "rising", "treated": small}
    fair = [(impact.randomisation_test(panel(s, **how)).p or 1) <= 0.05 for s in range(draws)]
    naive = []
    for seed in range(draws):
        data = frame(seed, **how)
        blind = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")
        naive.append((impact.randomisation_test(blind).p or 1) <= 0.05)
    assert np.mean(fair) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
    assert np.mean(naive) > 0.3


def test_units_of_like_size_are_taken() -> None:
    data = frame(3, units=60, treated={0: 2006})
    data["people"] = 1000.0 * (1 + data["unit"].str[1:].astype(int) % 4)  # 1,000 to 4,000; the treated one has 1,000
    one = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first", size="people")
    assert impact.randomisation_test(one).diagnostics["control_units"] == 29  # 1,000 and 2,000
    alone = data.assign(people=np.where(data["unit"] == "u000", 1.0, data["people"]))
    one = impact.Panel.of(alone, unit="unit", time="time", outcome="y", first_treated="first", size="people")
    assert impact.randomisation_test(one).diagnostics["control_units"] >= 14  # the nearest, where none is alike


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [("size", 0.0, "sizes must be positive"), ("group", None, "each unit needs one group")],
)
def test_bad_sizes_and_groups(column: str, values: object, message: str) -> None:
    data = frame(3, units=10).assign(bad=values)
    with pytest.raises(MethodError, match=message):
        impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first", **{column: "bad"})
