"""Difference in differences: by hand, against statsmodels, and on planted effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from impact_making import frame, panel

from toolkit import impact
from toolkit.errors import MethodError
from toolkit.impact.did import pre_trends


def test_two_by_two_is_the_difference_of_differences() -> None:
    rows = pd.DataFrame({"y": [1.0, 3, 2, 4, 10, 12, 13, 17], "t": [0, 0, 0, 0, 1, 1, 1, 1], "p": [0, 0, 1, 1] * 2})
    found = impact.two_by_two(rows, outcome="y", treated="t", post="p")
    assert found.estimate == pytest.approx((15 - 11) - (3 - 2))
    fit = smf.ols("y ~ t * p", rows).fit()
    assert found.se == pytest.approx(fit.bse["t:p"])
    assert found.interval == pytest.approx(tuple(fit.conf_int().loc["t:p"]))
    assert found.p == pytest.approx(fit.pvalues["t:p"])


def test_two_by_two_clustered_and_robust_equal_statsmodels() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"t": rng.integers(0, 2, 200), "p": rng.integers(0, 2, 200), "g": rng.integers(0, 25, 200)})
    rows["y"] = rows["t"] + rows["p"] * rows["t"] * 2 + rng.normal(size=200)
    cluster = impact.two_by_two(rows, outcome="y", treated="t", post="p", cluster="g")
    fit = smf.ols("y ~ t * p", rows).fit(cov_type="cluster", cov_kwds={"groups": rows["g"]})
    assert cluster.se == pytest.approx(fit.bse["t:p"], rel=1e-9)
    robust = impact.two_by_two(rows, outcome="y", treated="t", post="p", covariance="robust")
    assert robust.se == pytest.approx(smf.ols("y ~ t * p", rows).fit(cov_type="HC1").bse["t:p"], rel=1e-9)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"weights": "none"}, "weights must be positive"),
        ({"cluster": "gap"}, "missing value in 'gap'"),
        ({"covariance": "white"}, "no covariance 'white'"),
    ],
)
def test_two_by_two_refuses_options(how: dict, message: str) -> None:
    rows = pd.DataFrame({"y": [1.0, 3, 2, 4, 10, 12, 13, 17], "t": [0, 0, 0, 0, 1, 1, 1, 1], "p": [0, 0, 1, 1] * 2})
    rows = rows.assign(none=0.0, gap=[np.nan, 1, 1, 2, 2, 3, 3, 4])
    with pytest.raises(MethodError, match=message):
        impact.two_by_two(rows, outcome="y", treated="t", post="p", **how)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d[~((d["t"] == 1) & (d["p"] == 1))], "all four cells"),
        (lambda d: d.assign(t=d["t"] * 2), "must be 0 or 1"),
        (lambda d: d.assign(y=d["y"].where(d.index > 0)), "missing or infinite value in 'y'"),
        (lambda d: d.assign(y=3.0), "fit is perfect"),
        (lambda d: d.assign(y=d["y"] * 1e200), "which is no measure"),
    ],
)
def test_two_by_two_refuses(change, message: str) -> None:
    rows = pd.DataFrame({"y": [1.0, 3, 2, 4, 10, 12, 13, 17], "t": [0, 0, 0, 0, 1, 1, 1, 1], "p": [0, 0, 1, 1] * 2})
    with pytest.raises(MethodError, match=message):
        impact.two_by_two(change(rows), outcome="y", treated="t", post="p")


def test_fixed_effects_equal_dummies_with_clusters() -> None:
    data = frame(3, units=20, periods=8, effect=1.0)
    found = impact.two_way_fixed_effects(panel(3, units=20, periods=8, effect=1.0))
    data["d"] = ((data["first"] > 0) & (data["time"] >= data["first"])).astype(float)
    fit = smf.ols("y ~ d + C(unit) + C(time)", data).fit()
    assert found.estimate == pytest.approx(fit.params["d"])
    # The same sandwich with the effects nested in clusters left out of the count of parameters.
    codes = data["unit"].astype("category").cat.codes
    clustered = smf.ols("y ~ d + C(unit) + C(time)", data).fit(cov_type="cluster", cov_kwds={"groups": codes})
    n, k_all, k = len(data), 1 + 19 + 7 + 1, 1 + 7
    assert found.se == pytest.approx(clustered.bse["d"] * np.sqrt((n - k_all) / (n - k)), rel=1e-9)


def test_on_a_balanced_panel_with_one_date_all_designs_agree() -> None:
    one = panel(4, effect=1.0)
    change = one.changes(2006)
    by_hand = change[one.treated_units].mean() - change[one.controls].mean()
    assert impact.two_way_fixed_effects(one).estimate == pytest.approx(by_hand)
    assert impact.synthetic_did(one, weights="did").estimate == pytest.approx(by_hand)
    assert impact.randomisation_test(one).estimate == pytest.approx(by_hand)
    two_periods = one.only(start=2005, end=2006)
    assert impact.first_differences(two_periods).estimate == pytest.approx(
        impact.two_way_fixed_effects(two_periods).estimate
    )


def test_weights_count_as_copies_of_units() -> None:
    data = frame(4, units=12)
    data["w"] = np.where(data["unit"] == "u005", 3.0, 1.0)
    weighted = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first", weights="w")
    copies = [data.assign(unit=data["unit"] + mark)[data["w"] >= i] for i, mark in enumerate("abc", start=1)]
    copied = impact.Panel.of(pd.concat(copies), unit="unit", time="time", outcome="y", first_treated="first")
    assert impact.two_way_fixed_effects(weighted).estimate == pytest.approx(
        impact.two_way_fixed_effects(copied).estimate
    )


def test_event_study_is_relative_to_the_reference() -> None:
    one = panel(6, effect=2.0)
    found = impact.event_study(one, reference=-2)
    effects = found.tables["effects"].set_index("event_time")["estimate"]
    wide = one.wide()
    gap = wide.loc[one.treated_units].mean() - wide.loc[one.controls].mean()
    assert effects[-2] == 0
    assert effects[1] == pytest.approx(gap[2007] - gap[2004])
    assert found.estimate == pytest.approx((gap[[2006, 2007, 2008, 2009, 2010]] - gap[2004]).mean())
    with pytest.raises(MethodError, match="outside the panel"):
        impact.event_study(one, reference=-20)


def test_pre_trend_is_found_where_planted_and_its_power_is_right() -> None:
    events, covariance = np.array([-4, -3, -2, 0, 1]), np.diag([0.04] * 5)
    drift = pre_trends(events, np.array([-0.9, -0.6, -0.3, 0.3, 0.6]), covariance)
    assert drift["pre_trend_p"] < 0.001
    # A line of the slope said must be seen with the power said: draw it.
    slope = pre_trends(events, np.zeros(5), covariance, power=0.8)["pre_trend_slope"]
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal((events + 1) * slope, covariance, size=1500)
    seen = np.mean([pre_trends(events, beta, covariance)["pre_trend_p"] < 0.05 for beta in draws])
    assert seen == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / 1500))
    # Against the line that would give the whole effect: strong for a large effect, weak for a small one.
    large = pre_trends(events, np.array([0, 0, 0, 3.0, 3.0]), covariance)["pre_trend_power"]
    small = pre_trends(events, np.array([0, 0, 0, 0.1, 0.1]), covariance)["pre_trend_power"]
    assert large > 0.99
    assert small < 0.3


def test_pre_trend_untestable_without_periods_or_rank() -> None:
    short = panel(6, units=30, periods=4, treated=dict.fromkeys(range(10), 2002))
    assert impact.event_study(short).diagnostics["pre_trend_p"] is None
    assert pre_trends(np.array([-3, -2, 0]), np.zeros(3), np.ones((3, 3)))["pre_trend_p"] is None


def test_missing_covariate_is_refused_by_name() -> None:
    data = frame(1).assign(x=lambda d: np.where(d.index == 4, np.nan, 1.0))
    one = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first", covariates=["x"])
    with pytest.raises(MethodError, match="missing value in covariate 'x'"):
        impact.two_way_fixed_effects(one, covariates=True)
    with pytest.raises(MethodError, match="missing value in covariate 'x'"):
        impact.callaway_santanna(one, covariates=True)


def test_planted_effect_is_recovered_with_nominal_coverage() -> None:
    draws = 200
    found = [impact.two_way_fixed_effects(panel(seed, units=60, effect=1.0, serial=0.5)) for seed in range(draws)]
    estimates = np.array([one.estimate for one in found])
    covered = np.mean([one.interval[0] <= 1.0 <= one.interval[1] for one in found if one.interval])
    assert estimates.mean() == pytest.approx(1.0, abs=3 * estimates.std() / np.sqrt(draws))
    assert covered == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / draws) + 0.02)


def test_no_effect_is_found_where_none_was_planted() -> None:
    draws = 200
    rejected = np.mean([impact.event_study(panel(seed, units=60)).p < 0.05 for seed in range(draws)])  # type: ignore[operator]
    assert rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
