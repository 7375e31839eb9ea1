"""Synthetic controls: exact weights, the nested search, placebos, and warnings on fits too good or too bad."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from impact_making import FIRST, frame, panel
from scipy.optimize import minimize

from toolkit import impact
from toolkit.errors import MethodError


def mixture(seed: int = 0, *, effect: float = 0.0, periods: int = 14, donors: int = 12, noise: float = 0.0):
    """A treated unit that is .5, .3, .2 of three donors, plus noise; treated from the ninth period on."""
    rng = np.random.default_rng(seed)
    paths = rng.normal(10, 3, size=(donors, 1)) + rng.normal(size=(donors, periods)).cumsum(axis=1)
    treated = 0.5 * paths[0] + 0.3 * paths[1] + 0.2 * paths[2] + rng.normal(size=periods) * noise
    treated[8:] += effect
    values = np.vstack([treated, paths])
    return pd.DataFrame(
        {
            "unit": np.repeat(["here", *[f"d{i:02d}" for i in range(donors)]], periods),
            "time": np.tile(np.arange(FIRST, FIRST + periods), donors + 1),
            "y": values.ravel(),
        }
    )


def as_panel(data: pd.DataFrame, **how: object) -> impact.Panel:
    return impact.Panel.of(data, unit="unit", time="time", outcome="y", treated={"here": FIRST + 8}, **how)  # type: ignore[arg-type]


def test_weights_of_a_mixture_are_found_and_the_effect_with_them() -> None:
    found = impact.synthetic_control(as_panel(mixture(effect=3.0)))
    weights = found.tables["weights"].set_index("unit")["weight"]
    assert weights[["d00", "d01", "d02"]].to_numpy() == pytest.approx([0.5, 0.3, 0.2], abs=1e-6)
    assert weights.sum() == pytest.approx(1)
    assert found.estimate == pytest.approx(3.0, abs=1e-6)
    assert found.tables["path"].loc[:7, "gap"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_simplex_weights_are_the_constrained_minimum() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        D = rng.normal(size=(6, 9)) + 0.5
        w = impact.simplex_weights(D)
        assert w.min() >= 0
        assert w.sum() == pytest.approx(1)
        slow = minimize(
            lambda v, D=D: ((D @ v) ** 2).sum(),
            np.full(9, 1 / 9),
            bounds=[(0, 1)] * 9,
            constraints={"type": "eq", "fun": lambda v: v.sum() - 1},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 1000},
        )
        assert ((D @ w) ** 2).sum() <= slow.fun + 1e-9


def test_estimate_does_not_change_with_the_unit_of_measure_or_an_added_constant() -> None:
    data = mixture(3, effect=1.0, noise=0.5)
    first = impact.synthetic_control(as_panel(data))
    other = impact.synthetic_control(as_panel(data.assign(y=data["y"] * 1000 + 7e5)))
    assert other.estimate == pytest.approx(first.estimate * 1000, rel=1e-6)


def with_covariates(data: pd.DataFrame) -> impact.Panel:
    rng = np.random.default_rng(8)
    level = {unit: rng.normal() for unit in data["unit"].unique()}
    data = data.assign(a=data["unit"].map(level), b=data["y"] / 2 + rng.normal(size=len(data)))
    return as_panel(data, covariates=["a", "b"])


YEARS = tuple(range(FIRST, FIRST + 8))
SPEC = impact.Spec(
    (impact.Predictor("a", YEARS), impact.Predictor("b", YEARS), impact.Predictor("outcome", (FIRST + 7,)))
)


def test_nested_search_is_repeatable_and_no_worse_than_given_importance() -> None:
    one = with_covariates(mixture(4, noise=0.5))
    found = impact.synthetic_control(one, SPEC)
    assert impact.synthetic_control(one, SPEC).tables["weights"].equals(found.tables["weights"])
    equal = impact.synthetic_control(one, impact.Spec(SPEC.predictors, importance=(1, 1, 1)))
    synth = impact.synthetic_control(one, impact.Spec(SPEC.predictors, starts="synth"))
    best = found.diagnostics["pre_rmspe"]
    assert best <= equal.diagnostics["pre_rmspe"] + 1e-9
    assert best <= synth.diagnostics["pre_rmspe"] + 1e-9
    outcomes_only = impact.synthetic_control(one)
    assert best >= outcomes_only.diagnostics["pre_rmspe"] - 1e-9  # no predictors can beat the outcomes themselves
    assert found.tables["balance"]["importance"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (impact.Spec((impact.Predictor("c", YEARS),)), "predictor 'c' is not in the panel"),
        (impact.Spec((impact.Predictor("a", (1950,)),)), "no period"),
        (impact.Spec((impact.Predictor("a", (FIRST + 9,)),)), "periods after treatment"),
        (impact.Spec(SPEC.predictors, importance=(1, 2)), "importance must hold 3 weights"),
        (impact.Spec(fit_periods=(FIRST + 10,)), "fit periods must lie before treatment"),
    ],
)
def test_bad_specifications(spec: impact.Spec, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        impact.synthetic_control(with_covariates(mixture(4)), spec)


def test_predictor_without_values_names_the_donor() -> None:
    data = mixture(4)
    data["a"] = np.where(data["unit"] == "d05", np.nan, 1.0 + data["y"])
    with pytest.raises(MethodError, match="has no value for unit 'd05'"):
        impact.synthetic_control(as_panel(data, covariates=["a"]), impact.Spec((impact.Predictor("a", YEARS),)))


def test_one_treated_unit_and_known_donors_only() -> None:
    two = panel(1, treated={0: 2006, 1: 2006})
    with pytest.raises(MethodError, match="takes one treated unit, here there are 2"):
        impact.synthetic_control(two)
    with pytest.raises(MethodError, match="'nobody' is not a unit without treatment"):
        impact.synthetic_control(as_panel(mixture()), donors=["d00", "nobody"])


def test_placebos_rank_a_planted_effect_first_and_count_ties_against_it() -> None:
    found = impact.in_space(as_panel(mixture(5, effect=60.0, noise=0.5)))
    table = found.tables["placebos"]
    assert len(table) == 13
    assert found.p == pytest.approx(1 / 13)
    assert found.diagnostics["placebo_smallest_p"] == pytest.approx(1 / 13)
    assert found.tables["filtered"]["units"].is_monotonic_decreasing
    assert table.loc[table["treated"], "unit"].tolist() == ["here"]


def test_the_treated_unit_is_in_no_placebo_pool() -> None:
    """Twice the effect on the treated unit leaves every placebo as it is."""
    small = impact.in_space(as_panel(mixture(5, effect=1.0, noise=0.5))).tables["placebos"]
    large = impact.in_space(as_panel(mixture(5, effect=50.0, noise=0.5))).tables["placebos"]
    assert small.loc[1:, "gap"].to_numpy() == pytest.approx(large.loc[1:, "gap"].to_numpy())


def test_placebo_test_has_its_size() -> None:
    """Exchangeable units, no effect: p ≤ .10 in at most a tenth of panels, with 19 donors."""
    draws = 60
    rejected = 0
    for seed in range(draws):
        one = panel(seed, units=20, periods=12, treated={0: 2008})
        rejected += (impact.in_space(one).p or 1) <= 0.10
    assert rejected / draws <= 0.10 + 3 * np.sqrt(0.1 * 0.9 / draws)


def test_placebo_in_time_sees_nothing_before_and_an_early_effect_when_there_is_one() -> None:
    clean = impact.in_time(as_panel(mixture(6, effect=5.0, noise=0.3)), FIRST + 5)
    assert abs(clean.estimate) < 1.5
    assert clean.p > 0.1
    data = mixture(6, effect=5.0, noise=0.3)
    early = (data["unit"] == "here") & (data["time"].between(FIRST + 5, FIRST + 7))
    anticipated = impact.in_time(as_panel(data.assign(y=data["y"] + 60.0 * early)), FIRST + 5)
    assert anticipated.estimate > 50
    assert anticipated.diagnostics["placebo_time_p"] <= 2 / 13
    for wrong in (FIRST, FIRST + 8, 1990):
        with pytest.raises(MethodError, match="the false date"):
            impact.in_time(as_panel(mixture(6)), wrong)


def test_leave_one_out_finds_the_donor_that_matters() -> None:
    found = impact.leave_one_out(as_panel(mixture(7, effect=3.0)))
    table = found.tables["left_out"].set_index("unit")
    assert list(table.index[:3]) == ["d00", "d01", "d02"]
    assert table["pre_rmspe"].idxmax() in {"d00", "d01", "d02"}
    assert found.diagnostics["loo_low"] <= 3.0 <= found.diagnostics["loo_high"] + 1e-6 or len(table) == 3


def test_too_good_and_too_bad_fits_are_said() -> None:
    rng = np.random.default_rng(3)
    data = mixture(0, donors=80)
    # Noise alone, and a unit less noisy than its eighty donors: they fit its eight periods by chance.
    data["y"] = rng.normal(size=len(data)) * np.where(data["unit"] == "here", 0.3, 1.0)
    keys = {note.key for note in impact.synthetic_control(as_panel(data)).notes}
    assert "impact.note.fit_too_good" in keys
    far = mixture(0)
    far["y"] += np.where(far["unit"] == "here", 100.0, 0.0)
    assert "impact.note.fit_bad" in {note.key for note in impact.synthetic_control(as_panel(far)).notes}


def test_donor_pools_and_nearest_donors() -> None:
    one = as_panel(mixture(9, effect=2.0, noise=0.5))
    near = impact.nearest_donors(one, 5)
    assert len(near) == 5
    distance = (one.wide().iloc[:, :8] - one.wide().loc["here"].iloc[:8]).pow(2).mean(axis=1).drop("here")
    assert set(near) == set(distance.nsmallest(5).index)
    table = impact.donor_pools(one, {"all": one.controls, "near": near})
    assert table["donors"].tolist() == [12, 5]
    assert table.loc[0, "estimate"] == pytest.approx(impact.synthetic_control(one).estimate)


def test_synthetic_did_recovers_an_effect_where_levels_differ() -> None:
    data = mixture(10, effect=4.0, noise=0.3)
    data["y"] += np.where(data["unit"] == "here", 30.0, 0.0)
    one = as_panel(data)
    found = impact.synthetic_did(one, draws=50, seed=3)
    assert found.estimate == pytest.approx(4.0, abs=1.0)
    assert (found.seed, found.draws, found.inference) == (3, 50, "placebo")
    assert len(found.tables["placebos"]) == 50
    assert impact.synthetic_did(one, draws=50, seed=3).se == found.se
    assert abs(impact.synthetic_did(one, weights="sc").estimate - 4) > 10  # no weights reach that level


def test_frank_wolfe_synthetic_control_is_close_to_the_exact_one() -> None:
    one = as_panel(mixture(11, effect=2.0, noise=0.5))
    exact = impact.synthetic_control(one)
    assert impact.synthetic_did(one, weights="sc").estimate == pytest.approx(exact.estimate, abs=0.1)


def test_frame_has_common_factors() -> None:
    assert frame(1, factors=2)["y"].notna().all()
