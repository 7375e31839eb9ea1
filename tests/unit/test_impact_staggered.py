"""Staggered dates: group-time effects by hand, the decomposition, and where fixed effects fail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from impact_making import frame, panel

from toolkit import impact
from toolkit.errors import MethodError

STAGGERED = dict.fromkeys(range(15), 2003) | dict.fromkeys(range(15, 30), 2007)


def test_group_time_effect_is_a_two_by_two() -> None:
    one = panel(7, treated=STAGGERED, effect=1.0)
    cells = impact.callaway_santanna(one).tables["group_time"].set_index(["group", "time"])["estimate"]
    wide, first = one.wide(), one.first_treated
    cohort, never = wide[(first == 2007).to_numpy()], wide[(first == 0).to_numpy()]
    by_hand = (cohort[2009] - cohort[2006]).mean() - (never[2009] - never[2006]).mean()
    assert cells[2007, 2009] == pytest.approx(by_hand)
    not_yet = impact.callaway_santanna(one, control="not_yet").tables["group_time"].set_index(["group", "time"])
    early = wide[(first == 2003).to_numpy()]
    waiting = wide[((first == 0) | (first == 2007)).to_numpy()]
    by_hand = (early[2004] - early[2002]).mean() - (waiting[2004] - waiting[2002]).mean()
    assert not_yet.loc[(2003, 2004), "estimate"] == pytest.approx(by_hand)


def test_aggregates_are_means_of_the_cells() -> None:
    one = panel(8, treated=STAGGERED, effect=1.0)
    found = impact.callaway_santanna(one)
    cells = found.tables["group_time"]
    after = cells[cells["time"] >= cells["group"]]
    assert found.estimate == pytest.approx(np.average(after["estimate"], weights=after["treated"]))
    groups = found.tables["groups"].set_index("group")["estimate"]
    assert groups[2007] == pytest.approx(after.loc[after["group"] == 2007, "estimate"].mean())
    assert found.diagnostics["group_overall"] == pytest.approx(groups.mean())  # cohorts of equal size


def test_calendar_is_the_mean_of_cohorts_in_a_period() -> None:
    found = impact.callaway_santanna(panel(8, treated=STAGGERED, effect=1.0))
    cells = found.tables["group_time"].set_index(["group", "time"])["estimate"]
    calendar = found.tables["calendar"].set_index("time")["estimate"]
    assert calendar[2004] == pytest.approx(cells[2003, 2004])
    assert calendar[2008] == pytest.approx((cells[2003, 2008] + cells[2007, 2008]) / 2)  # cohorts of equal size
    assert found.diagnostics["calendar_overall"] == pytest.approx(calendar.mean())
    assert 0 < found.diagnostics["dynamic_overall_se"] < 1


def test_weights_count_as_copies_of_units() -> None:
    data = frame(8, treated=STAGGERED, effect=1.0)
    data["w"] = np.where(data["unit"] == "u005", 3.0, 1.0)
    named = {"unit": "unit", "time": "time", "outcome": "y", "first_treated": "first"}
    weighted = impact.Panel.of(data, weights="w", **named)
    copies = [data.assign(unit=data["unit"] + mark)[data["w"] >= i] for i, mark in enumerate("abc", start=1)]
    copied = impact.Panel.of(pd.concat(copies), **named)
    one, other = impact.callaway_santanna(weighted), impact.callaway_santanna(copied)
    assert one.estimate == pytest.approx(other.estimate)
    for name in ("dynamic_overall", "group_overall", "calendar_overall"):
        assert one.diagnostics[name] == pytest.approx(other.diagnostics[name])
    with pytest.raises(MethodError, match="takes no weights"):
        impact.goodman_bacon(weighted)
    changing = impact.Panel.of(data.assign(w=data["time"]), weights="w", **named)
    with pytest.raises(MethodError, match="weights change over time"):
        impact.callaway_santanna(changing)


def test_decomposition_adds_to_fixed_effects() -> None:
    one = panel(9, treated=STAGGERED, effect=1.0, growth=0.5)
    found = impact.goodman_bacon(one)
    types = found.tables["types"]
    assert types["weight"].sum() == pytest.approx(1.0)
    assert (types["weight"] * types["estimate"]).sum() == pytest.approx(found.estimate)
    assert found.estimate == pytest.approx(impact.two_way_fixed_effects(one).estimate)
    assert found.diagnostics["forbidden_weight"] > 0.1


def test_growing_effects_fool_fixed_effects_and_not_cohorts() -> None:
    """With no unit left untreated for long and effects that grow, fixed effects halve them; cohorts do not."""
    treated = dict.fromkeys(range(18), 2003) | dict.fromkeys(range(18, 36), 2007)
    truth = np.mean([np.mean(np.arange(8)) * 18 * 8 + np.mean(np.arange(4)) * 18 * 4]) / (18 * 8 + 18 * 4)
    fixed, cohorts, covered = [], [], []
    for seed in range(60):
        one = panel(seed, treated=treated, effect=0.0, growth=1.0)
        fixed.append(impact.two_way_fixed_effects(one).estimate)
        found = impact.callaway_santanna(one)
        cohorts.append(found.estimate)
        covered.append(found.interval is not None and found.interval[0] <= truth <= found.interval[1])
    assert np.mean(cohorts) == pytest.approx(truth, abs=3 * np.std(cohorts) / np.sqrt(60))
    assert abs(np.mean(fixed) - truth) > 0.25 * truth
    assert abs(np.mean(fixed) - truth) > 10 * np.std(fixed) / np.sqrt(60)


def test_bootstrap_carries_seed_and_draws() -> None:
    one = panel(8, treated=STAGGERED, effect=1.0)
    found = impact.callaway_santanna(one, draws=99, seed=4)
    assert (found.inference, found.seed, found.draws) == ("bootstrap", 4, 99)
    assert impact.callaway_santanna(one, draws=99, seed=4).se == found.se
    assert found.se == pytest.approx(impact.callaway_santanna(one).se, rel=0.4)
    with pytest.raises(MethodError, match="needs a seed"):
        impact.callaway_santanna(one, draws=99)


def test_nobody_left_untreated() -> None:
    everyone = panel(8, units=40, treated=dict.fromkeys(range(20), 2003) | dict.fromkeys(range(20, 40), 2007))
    with pytest.raises(MethodError, match="at least 1 unit never treated"):
        impact.callaway_santanna(everyone)
    found = impact.callaway_santanna(everyone, control="not_yet")
    assert set(found.tables["group_time"]["time"]) == set(range(2002, 2007))
    assert found.tables["group_time"]["estimate"].notna().all()
    assert "impact.note.cells_without_controls" in {note.key for note in found.notes}


def test_staggered_fixed_effects_are_flagged() -> None:
    found = impact.two_way_fixed_effects(panel(8, treated=STAGGERED))
    assert "impact.note.twfe_staggered" in {note.key for note in found.notes}
