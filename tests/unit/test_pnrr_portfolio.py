"""The choice of calls: exact, within limits, explained."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pnrr_making import BRESSO, known, lines, load, populations

from toolkit import pnrr
from toolkit.errors import ParameterError
from toolkit.pnrr.portfolio import LEFT_OUT, LIMITS


def candidates(values: list[float], money: list[float], days: list[float], **other: list[object]) -> pd.DataFrame:
    names = [f"call-{chr(97 + i)}" for i in range(len(values))]
    return pd.DataFrame({"call": names, "value": values, "own_money": money, "staff_days": days, **other})


FIVE = candidates([100.0, 60.0, 50.0, 40.0, 10.0], [50.0, 20.0, 20.0, 10.0, 0.0], [10.0, 5.0, 5.0, 5.0, 1.0])


def brute(table: pd.DataFrame, limits: dict[str, float | None]) -> float:
    """Every choice tried."""
    picks = np.array(list(product([0.0, 1.0], repeat=len(table))))
    uses = {
        "own_money": picks @ table["own_money"],
        "staff_days": picks @ table["staff_days"],
        "projects": picks.sum(axis=1),
    }
    fits = np.ones(len(picks), dtype=bool)
    for name, bound in limits.items():
        fits &= uses[name] <= (np.inf if bound is None else bound) + 1e-9
    return float((picks @ table["value"])[fits].max())


def test_a_small_choice() -> None:
    found = pnrr.choose(FIVE, {"own_money": 50, "staff_days": 20, "projects": 4})
    assert (found.status, found.value, found.chosen["call"].tolist()) == (
        "solved",
        160.0,
        ["call-b", "call-c", "call-d", "call-e"],
    )
    assert dict(found.used) == {"own_money": 50, "staff_days": 16, "projects": 4}
    assert dict(found.spare) == {"own_money": 0, "staff_days": 4, "projects": 0}
    assert found.left_out[["call", "reason", "loss_if_forced"]].values.tolist() == [["call-a", "not_chosen", 50.0]]


def test_what_the_next_unit_would_add() -> None:
    found = pnrr.choose(FIVE, {"own_money": 49.0}).next_unit.set_index("limit")
    assert found.loc["own_money", ["gain", "next_step", "next_gain"]].tolist() == [40.0, 1.0, 40.0]
    found = pnrr.choose(FIVE, {"own_money": 45.0}).next_unit.set_index("limit")
    assert found.loc["own_money", ["gain", "next_step", "next_gain"]].tolist() == [0.0, 5.0, 40.0]
    everything = pnrr.choose(FIVE, {"own_money": 1000.0}).next_unit.iloc[0]
    assert (everything["gain"], math.isnan(everything["next_step"])) == (0.0, True)


def test_without_limits_there_is_no_portfolio() -> None:
    assert pnrr.choose(FIVE, {}).status == "no_limits"
    assert pnrr.choose(FIVE, {"own_money": None, "staff_days": None, "projects": None}).status == "no_limits"
    assert pnrr.choose(FIVE.iloc[:0], {"projects": 2}).status == "no_candidates"


def test_what_is_not_known_is_left_out_and_named() -> None:
    table = candidates([100, 50, math.nan, 30], [math.nan, 10, 10, 500], [1, math.nan, 1, 1])
    found = pnrr.choose(table, {"own_money": 100, "staff_days": 10})
    assert found.status == "no_candidates"
    assert found.left_out.set_index("call")["reason"].to_dict() == {
        "call-a": "own_money_not_known",
        "call-b": "staff_days_not_known",
        "call-c": "value_not_known",
        "call-d": "alone_over_limit",
    }
    assert set(found.left_out["reason"]) <= set(LEFT_OUT)
    # days are not limited: not knowing them does not matter
    assert pnrr.choose(table, {"own_money": 100}).chosen["call"].tolist() == ["call-b"]


def test_infeasible_limits_are_explained() -> None:
    table = FIVE.assign(required=[True, True, False, False, False])
    found = pnrr.choose(table, {"own_money": 60, "staff_days": 12, "projects": 5})
    assert (found.status, dict(found.broken)) == ("infeasible", {"own_money": 10.0, "staff_days": 3.0})
    both = FIVE.assign(required=[True, True, False, False, False], exclusive=["x", "x", "", "", ""])
    assert pnrr.choose(both, {"own_money": 100}).status == "infeasible"


def test_required_and_exclusive_candidates() -> None:
    table = FIVE.assign(required=[True, False, False, False, False], exclusive=["", "x", "x", "x", ""])
    found = pnrr.choose(table, {"own_money": 80})
    assert found.chosen["call"].tolist() == ["call-a", "call-b", "call-e"]


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="unknown limit 'money'"):
        pnrr.choose(FIVE, {"money": 3})
    with pytest.raises(ParameterError, match="limit own_money is -1"):
        pnrr.choose(FIVE, {"own_money": -1})
    with pytest.raises(ParameterError, match="given twice"):
        pnrr.choose(pd.concat([FIVE, FIVE]), {"own_money": 1})
    with pytest.raises(ParameterError, match="in own_money"):
        pnrr.choose(FIVE.assign(own_money=-3.0), {"own_money": 1})
    with pytest.raises(ParameterError, match="2 values, 1 capacities and weights"):
        pnrr.knapsack([1, 2], [1], 3)
    with pytest.raises(ParameterError, match="in weights"):
        pnrr.knapsack([1, 2], [1, -1], 3)
    with pytest.raises(ParameterError, match="in capacity"):
        pnrr.knapsack([1, 2], [1, 1], -3)


def test_knapsack_of_nothing() -> None:
    assert pnrr.knapsack([], [], 5) == pnrr.Knapsack((), 0.0, 0.0)
    assert pnrr.knapsack([5, 6], [3, 3], 0).taken == ()
    assert pnrr.knapsack([5, 6], [0, 3], 0).taken == (0,)


def test_large_numbers_are_still_exact() -> None:
    """Burkardt, KNAPSACK_01, P08: 24 items, optimum 13,549,094."""
    weights = [382745, 799601, 909247, 729069, 467902, 44328, 34610, 698150, 823460, 903959, 853665, 551830]
    weights += [610856, 670702, 488960, 951111, 323046, 446298, 931161, 31385, 496951, 264724, 224916, 169684]
    values = [825594, 1677009, 1676628, 1523970, 943972, 97426, 69666, 1296457, 1679693, 1902996, 1844992, 1049289]
    values += [1252836, 1319836, 953277, 2067538, 675367, 853655, 1826027, 65731, 901489, 577243, 466257, 369261]
    found = pnrr.knapsack(values, weights, 6404180)
    assert found.value == 13549094
    assert found.weight <= 6404180


NUMBER = st.integers(0, 40).map(float)
TABLES = st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=5).map(
    lambda rows: candidates(*[list(column) for column in zip(*rows, strict=True)])
)
BOUND = st.one_of(st.none(), st.integers(0, 90).map(float))
BOUNDS = st.fixed_dictionaries(
    {"own_money": BOUND, "staff_days": BOUND, "projects": st.one_of(st.none(), st.integers(0, 5))}
)


@settings(max_examples=40)
@given(TABLES, BOUNDS)
def test_it_is_the_best_choice_and_breaks_no_limit(table: pd.DataFrame, limits: dict[str, float | None]) -> None:
    found = pnrr.choose(table, limits)
    if all(bound is None for bound in limits.values()):
        assert found.status == "no_limits"
        return
    best = brute(table, limits)
    assert found.value == pytest.approx(best)
    for name, bound in limits.items():
        if bound is not None and found.status == "solved":
            assert found.used[name] <= bound + 1e-9


@settings(max_examples=20)
@given(TABLES, BOUNDS, st.sampled_from(LIMITS), st.integers(1, 20), st.randoms(use_true_random=False))
def test_loosening_never_hurts_and_the_order_of_rows_does_not_matter(
    table: pd.DataFrame, limits: dict[str, float | None], name: str, more: int, random: object
) -> None:
    found = pnrr.choose(table, limits)
    if limits[name] is not None:
        looser = pnrr.choose(table, limits | {name: limits[name] + more})
        assert looser.value >= found.value - 1e-9
    order = list(range(len(table)))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = pnrr.choose(table.iloc[order], limits)
    assert again.value == found.value
    if found.status == "solved":
        assert again.chosen["call"].tolist() == found.chosen["call"].tolist()


@settings(max_examples=30)
@given(TABLES, st.integers(0, 90).map(float))
def test_the_next_step_is_the_first_that_adds(table: pd.DataFrame, bound: float) -> None:
    found = pnrr.choose(table, {"own_money": bound})
    row = found.next_unit.iloc[0]
    one = brute(table, {"own_money": bound + 1})
    assert row["gain"] == pytest.approx(one - found.value)
    if math.isnan(row["next_step"]):
        assert brute(table, {"own_money": 1e9}) == pytest.approx(found.value)
    else:
        assert brute(table, {"own_money": bound + row["next_step"]}) == pytest.approx(found.value + row["next_gain"])
        assert brute(table, {"own_money": bound + row["next_step"] - 1}) == pytest.approx(found.value)


def test_the_real_calls_of_10_october_2022() -> None:
    """Six calls were open; effort is made up here, as a user's parameters would be."""
    open_now = pnrr.open_calls(known("2022-10-10"), programme="pnrr")
    assert len(open_now) == 6
    people = populations(2022)[BRESSO]
    worth = [pnrr.lump_sum(load("lump_sums"), lines()[call], people).high for call in open_now["call"]]
    table = pd.DataFrame(
        {"call": open_now["call"], "value": worth, "own_money": 0.0, "staff_days": [40, 60, 20, 25, 8, 15]}
    )
    found = pnrr.choose(table, {"staff_days": 80, "projects": 3})
    assert found.value <= sum(value for value in worth if value == value)
    assert found.used["staff_days"] <= 80
    assert found.left_out.set_index("call")["reason"]["pad-1.4.3-pagopa-municipalities-2022-09"] == "value_not_known"
    assert found.value == brute(table.fillna({"value": 0.0}), {"staff_days": 80, "projects": 3})
