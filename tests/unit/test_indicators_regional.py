"""Regional science: what must hold on any data, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolkit.errors import MethodError
from toolkit.indicators import regional
from toolkit.indicators.shift_share import dynamic_shift_share, nested_shift_share, shift_share

COUNTS = st.integers(1, 10_000).map(float)


def vectors(number, low=2, high=8):
    return st.integers(low, high).flatmap(lambda n: st.tuples(*[arrays(float, n, elements=COUNTS)] * number))


@given(vectors(2))
def test_quotients_weighted_by_reference_shares_average_one(pair):
    local, reference = (pd.Series(v) for v in pair)
    quotients = regional.location_quotients(local, reference)
    assert (quotients * reference / reference.sum()).sum() == pytest.approx(1)
    one = regional.location_quotient(local[0], local.sum(), reference[0], reference.sum())
    assert quotients[0] == pytest.approx(one)


@given(vectors(2))
def test_indices_keep_their_bounds(pair):
    local, reference = pair
    n = len(local)
    assert 0 <= regional.krugman(local, reference) <= 2
    assert regional.krugman(local, local) == pytest.approx(0)
    assert regional.krugman(local, reference) == pytest.approx(2 * regional.krugman(reference, local, halved=True))
    assert 0 < regional.hachman(local, reference) <= 1 + 1e-12
    assert regional.hachman(local, 3 * local) == pytest.approx(1)
    assert 1 / n - 1e-12 <= regional.herfindahl(local) <= 1
    assert -1e-12 <= regional.herfindahl(local, normalised=True) <= 1
    assert 1 - 1e-9 <= regional.equivalent_number(local) <= n + 1e-9
    assert -1e-12 <= regional.gini(local) <= 1 - 1 / n + 1e-12
    assert -1e-12 <= regional.gini_specialisation(local, reference) < 1
    assert regional.gini_specialisation(local, local) == pytest.approx(0)
    assert 0 <= regional.entropy(local) <= np.log2(n) + 1e-12


@given(vectors(2), st.floats(0.01, 100))
def test_shares_not_sizes_count(pair, times):
    local, reference = pair
    for index in (regional.krugman, regional.hachman, regional.gini_specialisation):
        assert index(local * times, reference) == pytest.approx(index(local, reference), abs=1e-9)
    assert regional.entropy(local * times) == pytest.approx(regional.entropy(local))


@given(
    st.lists(st.tuples(st.integers(0, 500), st.sampled_from("abcd")), min_size=2, max_size=15), st.sampled_from([2, 10])
)
def test_entropy_is_between_plus_weighted_within(cells, base):
    values = pd.Series([float(v) for v, _ in cells])
    groups = pd.Series([g for _, g in cells])
    if values.sum() == 0:
        return
    found = regional.related_variety(values, groups, base=base)
    assert found.total == pytest.approx(found.unrelated + found.related)
    assert found.related >= -1e-12
    assert set(found.within.index) == set(groups)


def test_normalised_gini_is_one_where_one_has_all():
    assert regional.gini([0, 0, 0, 7], normalised=True) == pytest.approx(1)
    assert regional.gini([1, 1, 2, 4]) == pytest.approx(0.3125)
    assert regional.gini([1, 1, 2, 4], normalised=True) == pytest.approx(0.3125 * 4 / 3)
    assert regional.gini_concentration([0, 5], [5, 5], normalised=True) == pytest.approx(1)


def test_related_variety_by_hand():
    found = regional.related_variety(
        pd.Series([1.0, 1, 2], index=list("xyz")), pd.Series(["a", "a", "b"], index=list("xyz"))
    )
    assert (found.total, found.unrelated, found.related) == pytest.approx((1.5, 1, 0.5))
    assert found.within.to_dict() == pytest.approx({"a": 1, "b": 0})
    with pytest.raises(MethodError, match="sectors without a group: z"):
        regional.related_variety(pd.Series([1.0, 2], index=["x", "z"]), pd.Series(["a"], index=["x"]))


def test_series_are_matched_on_labels():
    local = pd.Series({"A": 20.0, "B": 80.0})
    turned = pd.Series({"B": 80.0, "A": 20.0})
    assert regional.krugman(local, turned) == 0
    assert regional.krugman(local.to_numpy(), turned.to_numpy()) > 1
    with pytest.raises(MethodError, match="sectors of the two vectors differ: C"):
        regional.krugman(local, pd.Series({"A": 1.0, "B": 2.0, "C": 3.0}))
    with pytest.raises(MethodError, match="a label is repeated"):
        regional.krugman(local, pd.Series([1.0, 2.0], index=["A", "A"]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, -1], "negative"),
        ([1, float("nan")], "absent or infinite"),
        ([0, 0], "all numbers are zero"),
        ([], "at least one number"),
    ],
)
def test_bad_vectors_are_refused_by_all(values, message):
    for index in (regional.herfindahl, regional.gini, regional.entropy, regional.equivalent_number):
        with pytest.raises(MethodError, match=message):
            index(values)
    if len(values) == 2:
        for index in (regional.krugman, regional.hachman, regional.gini_specialisation):
            with pytest.raises(MethodError, match=message):
                index(values, [1, 1])
            with pytest.raises(MethodError):
                index([1, 1], values)


def test_what_is_not_defined_is_said():
    with pytest.raises(MethodError, match="cannot be larger than the total"):
        regional.location_quotient(5, 4, 1, 10)
    with pytest.raises(MethodError, match="not defined where the total or the reference is zero"):
        regional.location_quotient(0, 4, 0, 10)
    with pytest.raises(MethodError, match="need a reference"):
        regional.location_quotients(pd.Series([1.0, 2]))
    with pytest.raises(MethodError, match="with nothing in any sector"):
        regional.location_quotients(pd.DataFrame([[0.0, 0], [1, 2]]))
    with pytest.raises(MethodError, match="the number of 1, b is absent, infinite or negative"):
        regional.location_quotients(pd.DataFrame([[1.0, 0], [1, -2]], columns=["a", "b"]))
    with pytest.raises(MethodError, match="absent from the reference"):
        regional.hachman([1, 1], [1, 0])
    with pytest.raises(MethodError, match="its location quotient is not defined"):
        regional.gini_specialisation([1, 0], [1, 0])
    with pytest.raises(MethodError, match="differ in length: 2 and 3"):
        regional.krugman([1, 2], [1, 2, 3])
    assert np.isnan(regional.location_quotients(pd.Series([1.0, 0]), pd.Series([5.0, 0]))[1])


def test_benchmarks_of_krugman_are_different_things():
    table = pd.DataFrame([[90.0, 10], [10, 90], [500, 500]], index=["small", "other", "large"])
    found = {
        kind: regional.krugman(table.loc["small"], regional.krugman_benchmark(table, "small", kind))
        for kind in ("all", "rest", "mean_of_all", "mean_of_others")
    }
    assert found["all"] == pytest.approx(2 * (0.9 - 600 / 1200))
    assert found["rest"] == pytest.approx(2 * (0.9 - 510 / 1100))
    assert found["mean_of_all"] == pytest.approx(2 * (0.9 - 0.5))
    assert found["mean_of_others"] == pytest.approx(2 * (0.9 - 0.3))
    each = regional.krugman_to_each(table.loc["small"], table.drop(index="small"))
    assert each >= found["mean_of_others"] - 1e-12
    with pytest.raises(MethodError, match="'nation' is not a benchmark"):
        regional.krugman_benchmark(table, "small", "nation")
    with pytest.raises(MethodError, match="no other territory"):
        regional.krugman_benchmark(table.iloc[:1], "small", "rest")


@given(vectors(4))
def test_shift_share_adds_up_to_the_change(four):
    start, end, base, top = four
    for method in ("classic", "esteban_marquillas"):
        parts = shift_share(start, end, base, top, method=method)
        np.testing.assert_allclose(parts.drop(columns="change").sum(axis=1), end - start, atol=1e-6)
    classic = shift_share(start, end, base, top)
    extended = shift_share(start, end, base, top, method="esteban_marquillas")
    np.testing.assert_allclose(classic["local"], extended["competitive"] + extended["allocation"], atol=1e-6)


@given(vectors(6))
def test_nested_shift_share_adds_up_and_reduces_to_the_classic(six):
    start, end, a, b, c, d = six
    nested = nested_shift_share((start, end), [(a, b), (c, d)], ["nation", "metro"])
    np.testing.assert_allclose(nested.drop(columns="change").sum(axis=1), end - start, atol=1e-6)
    one = nested_shift_share((start, end), [(a, b)], ["nation"])
    pd.testing.assert_frame_equal(one, shift_share(start, end, a, b))
    twice = nested_shift_share((start, end), [(a, b), (a, b)], ["nation", "metro"])
    np.testing.assert_allclose(twice["metro"], 0, atol=1e-9)


@given(vectors(2, 3, 5))
@settings(max_examples=25)
def test_a_territory_that_is_the_reference_has_no_local_part(pair):
    start, end = pair
    parts = shift_share(start, end, start * 7, end * 7)
    np.testing.assert_allclose(parts["local"], 0, atol=1e-6)


def test_dynamic_shift_share_sums_years():
    years = [2019, 2020, 2021]
    local = pd.DataFrame([[10.0, 12, 15], [5, 4, 6]], columns=years)
    reference = pd.DataFrame([[100.0, 110, 130], [80, 70, 90]], columns=years)
    found = dynamic_shift_share(local, reference)
    np.testing.assert_allclose(found["change"], [5, 1])
    np.testing.assert_allclose(found.drop(columns="change").sum(axis=1), [5, 1])
    with pytest.raises(MethodError, match="same years, two at least"):
        dynamic_shift_share(local, reference.rename(columns={2021: 2022}))


def test_shift_share_refuses_what_has_no_growth():
    with pytest.raises(MethodError, match="'1' starts here and not in the reference"):
        shift_share([1, 1], [2, 2], [5, 0], [5, 5])
    new = shift_share([1, 0], [2, 3], [5, 5], [6, 6])
    assert new.loc[1].to_dict() == {"change": 3, "national": 0, "mix": 0, "local": 3}
    with pytest.raises(MethodError, match="starts from nothing"):
        shift_share([1, 0], [2, 3], [5, 5], [6, 6], method="esteban_marquillas")
    with pytest.raises(MethodError, match="'dunn' is not a shift-share"):
        shift_share([1], [1], [1], [1], method="dunn")
    with pytest.raises(MethodError, match="second date"):
        shift_share([1], [float("nan")], [1], [1])
    with pytest.raises(MethodError, match="need as many names"):
        nested_shift_share(([1], [1]), [([1], [1])], [])
