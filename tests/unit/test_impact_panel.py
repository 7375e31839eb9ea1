"""A panel is refused with one clear message, and never answers with a numpy warning."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from impact_making import frame, panel

from toolkit import impact
from toolkit.errors import MethodError


def build(data: pd.DataFrame, **how: object) -> impact.Panel:
    named = {"unit": "unit", "time": "time", "outcome": "y"} | (how or {"first_treated": "first"})
    return impact.Panel.of(data, **named)  # type: ignore[arg-type]


def altered(change: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    return change(frame(1, units=8, periods=6))


BAD: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "duplicated rows": (lambda d: pd.concat([d, d.iloc[[3]]]), "duplicated rows: unit 'u000' has more than one row"),
    "missing value": (
        lambda d: d.assign(y=d["y"].where(d.index != 7)),
        "missing value: 'y' of unit 'u001' in period 2002",
    ),
    "infinite value": (lambda d: d.assign(y=d["y"].where(d.index != 7, np.inf)), "infinite value: 'y' of unit 'u001'"),
    "unbalanced": (lambda d: d.drop(index=8), "unbalanced panel: unit 'u001' has no row in period 2003"),
    "constant outcome": (lambda d: d.assign(y=4.0), "constant outcome: 'y' is 4 in every row"),
    "all treated": (lambda d: d.assign(first=2004), "all treated: all 8 units are treated in 2004"),
    "none treated": (lambda d: d.assign(first=0), "no treated unit"),
    "before the panel": (
        lambda d: d.assign(first=d["first"].replace(2004, 2001)),
        "treatment before the panel: unit 'u000' is treated from 2001, the panel starts in 2001",
    ),
    "after the panel": (lambda d: d.assign(first=d["first"].replace(2004, 2007)), "treatment after the panel"),
    "two dates": (lambda d: d.assign(first=d["first"].where(d.index != 2, 2005)), "more than one first treated period"),
    "one period": (lambda d: d[d["time"] == 2001].assign(first=2005), "one period only"),
    "empty": (lambda d: d.iloc[:0], "the panel is empty"),
    "text outcome": (lambda d: d.assign(y="many"), "column 'y' is not numeric"),
    "fractional period": (lambda d: d.assign(time=d["time"] + 0.5), "whole numbers"),
    "no unit": (lambda d: d.assign(unit=d["unit"].where(d.index != 3)), "a row has no unit"),
    "beyond measure": (lambda d: d.assign(y=d["y"] * 1e200), "which is no measure"),
    "constant in time": (lambda d: d.assign(y=d["unit"].str[1:].astype(float)), "does not vary over time"),
    "period zero": (lambda d: d.assign(time=d["time"] - 2001), "must be above 0"),
    "no column": (lambda d: d.drop(columns="y"), "no column 'y'"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_panel_is_refused(name: str) -> None:
    change, message = BAD[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MethodError) as caught:
            build(altered(change))
    assert message in str(caught.value)


def test_treated_unit_absent() -> None:
    with pytest.raises(MethodError, match="treated unit absent from the panel: Atlantide"):
        build(frame(1), treated={"Atlantide": 2005})


@pytest.mark.parametrize("date", [2004.5, np.nan, "2004"])
def test_a_date_of_treatment_is_a_period(date: object) -> None:
    with pytest.raises(MethodError, match="which is not a period"):
        build(frame(1, units=8, periods=6), treated={"u000": date}, unit="unit", time="time", outcome="y")


@pytest.mark.parametrize("flat", ["one control", "constant controls"])
@pytest.mark.parametrize(
    "estimate",
    [
        impact.two_way_fixed_effects,
        impact.event_study,
        impact.callaway_santanna,
        lambda p: impact.synthetic_did(p, draws=20),
    ],
)
def test_no_error_of_zero_or_nothing(estimate: Callable[[impact.Panel], impact.Result], flat: str) -> None:
    """One treated unit, and controls that cannot vary: a refusal, or an estimate without error, interval or p."""
    data = frame(1, units=2 if flat == "one control" else 9, periods=6, treated={0: 2004})
    if flat == "constant controls":
        data["y"] = data["y"].where(data["unit"] == "u000", 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = estimate(build(data))
        except MethodError:
            return
    assert (found.se, found.interval, found.p) == (None, None, None)


def test_treated_said_twice_or_never() -> None:
    for how in ({"treated": {"u000": 2005}, "first_treated": "first"}, {"weights": ""}):
        with pytest.raises(MethodError, match="who is treated in one way"):
            build(frame(1), **how)


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_bad_weights(weight: float) -> None:
    with pytest.raises(MethodError, match="weights must be positive"):
        build(frame(1).assign(w=weight), weights="w", first_treated="first")


def test_never_treated_may_be_zero_empty_infinite_or_later() -> None:
    data = frame(1, units=8, periods=6)
    for never in (0, np.nan, np.inf, 2050):
        one = build(data.assign(first=data["first"].replace(0, never).astype(float)))
        assert one.controls == [f"u{unit:03d}" for unit in range(2, 8)]
        assert one.treated_units == ["u000", "u001"]
        assert one.treatment_times == [2004]


def test_rows_come_in_any_order() -> None:
    data = frame(1, units=8, periods=6)
    shuffled = build(data.sample(frac=1, random_state=3))
    assert shuffled.data.equals(build(data).data)


def test_wide_and_changes() -> None:
    one = build(frame(1, units=8, periods=6))
    assert one.wide().loc["u003", 2002] == frame(1, units=8, periods=6).set_index(["unit", "time"])["y"]["u003", 2002]
    by_hand = one.wide()[[2004, 2005, 2006]].mean(axis=1) - one.wide()[[2001, 2002, 2003]].mean(axis=1)
    assert one.changes(2004).to_numpy() == pytest.approx(by_hand.to_numpy())


def test_only_and_without_are_checked_again() -> None:
    one = build(frame(1, units=8, periods=6))
    assert one.only(start=2002, end=2005).times.tolist() == [2002, 2003, 2004, 2005]
    with pytest.raises(MethodError, match="all treated"):
        one.without(one.controls)
    with pytest.raises(MethodError, match="no treated unit"):
        one.without(one.treated_units)
    with pytest.raises(MethodError, match="unknown units"):
        one.only(units=["u000", "nobody"])


@pytest.mark.parametrize(
    "estimate",
    [
        impact.two_way_fixed_effects,
        impact.first_differences,
        impact.event_study,
        impact.callaway_santanna,
        impact.goodman_bacon,
        impact.randomisation_test,
        lambda p: impact.synthetic_did(p, draws=20),
    ],
)
def test_results_are_finite_plain_and_silent(estimate: Callable[[impact.Panel], impact.Result]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = estimate(panel(5, effect=1.0))
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert again["estimate"] == pytest.approx(found.estimate)
    assert again["method"] == found.method
    if found.interval:
        assert found.interval[0] < found.estimate < found.interval[1]


def test_single_date_is_asked_for() -> None:
    staggered = panel(2, treated={0: 2004, 1: 2006})
    for method in (impact.event_study, impact.synthetic_did, impact.randomisation_test, impact.synthetic_control):
        with pytest.raises(MethodError, match="needs one date of treatment, here there are 2"):
            method(staggered)


def test_fewer_donors_than_needed() -> None:
    two = panel(2, units=3, treated={0: 2006})
    with pytest.raises(MethodError, match="fewer donors than needed"):
        impact.in_space(two)
    one = panel(2, units=2, treated={0: 2006})
    with pytest.raises(MethodError, match="at least 2 units never treated"):
        impact.synthetic_control(one)
    many = panel(2, units=9, treated=dict.fromkeys(range(5), 2006))
    with pytest.raises(MethodError, match="fewer donors than needed: a placebo error for 5 treated units"):
        impact.synthetic_did(many)
    assert np.isfinite(impact.synthetic_did(many, draws=0).estimate)
