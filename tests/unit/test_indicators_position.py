"""Position in a group, and similar municipalities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import indicators
from toolkit.errors import DataError, MethodError

VALUES = pd.Series({"a": 10.0, "b": 20.0, "c": 20.0, "d": 5.0, "e": float("nan")})


def test_ties_share_the_best_rank():
    own = indicators.position(VALUES, "b")
    assert (own.rank, own.of, own.ties) == (1, 4, 1)
    assert own.percentile == pytest.approx(100 * (2 + 0.5) / 3)
    assert own.absent == ("e",)
    assert indicators.position(VALUES, "b", highest_first=False).rank == 3
    assert indicators.position(VALUES, "d", highest_first=False).rank == 1


def test_first_and_last():
    assert indicators.position(VALUES.drop(["b", "e"]), "c").percentile == 100
    assert indicators.position(VALUES, "d").percentile == 0


def test_own_value_counts_even_if_the_group_leaves_it_out():
    own = indicators.position(VALUES, "a", ["b", "d"])
    assert (own.rank, own.of, own.median) == (2, 3, 10)


def test_position_of_an_absent_value_is_refused():
    with pytest.raises(DataError, match="'e' has no value"):
        indicators.position(VALUES, "e")
    with pytest.raises(DataError, match="'z' is not among"):
        indicators.position(VALUES, "z")
    with pytest.raises(DataError, match="'z' is not among"):
        indicators.position(VALUES, "a", ["z"])
    with pytest.raises(MethodError, match="only member"):
        indicators.position(VALUES, "a", ["e"])


def test_robust_z():
    z = indicators.robust_z(pd.Series([1.0, 2, 3, 4, 100]))
    assert z.iloc[4] == pytest.approx(97 / 1.4826)
    assert indicators.robust_z(pd.Series([1.0, 1, 1, 2])).isna().all()


def test_percentile_change_is_among_those_present_twice():
    first = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "x": 0.0})
    last = pd.Series({"a": 4.0, "b": 2.0, "c": 3.0, "y": 9.0})
    assert indicators.percentile_change(first, last, "a") == 100
    assert indicators.percentile_change(first, last, "b") == -50
    with pytest.raises(DataError, match="'x' has no value in one of the two years"):
        indicators.percentile_change(first, last, "x")


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=30))
def test_position_agrees_with_ranks_and_percentiles(numbers):
    values = pd.Series(numbers, dtype=float, index=[f"m{i}" for i in range(len(numbers))])
    ranks, percentiles = indicators.ranks(values), indicators.percentiles(values)
    for code in values.index:
        own = indicators.position(values, code)
        assert own.rank == ranks[code]
        assert own.percentile == pytest.approx(percentiles[code])
        assert 0 <= own.percentile <= 100


def test_values_of_refuses_a_mixture():
    rows = pd.DataFrame(
        {"indicator": ["i", "i", "j"], "territory": ["a", "a", "a"], "year": [1, 2, 1], "value": [1.0, 2.0, 3.0]}
    )
    assert indicators.values_of(rows, 2, "i")["a"] == 2
    with pytest.raises(DataError, match="several figures per territory"):
        indicators.values_of(rows, indicator="i")
    with pytest.raises(DataError, match="no rows of 'i' in 3"):
        indicators.values_of(rows, 3, "i")


@pytest.fixture(scope="module")
def structure():
    rng = np.random.default_rng(7)
    size = rng.lognormal(9, 1, 60)
    return pd.DataFrame(
        {
            "residents": size,
            "density": size**0.8 * rng.lognormal(0, 0.4, 60),
            "old": rng.normal(170, 30, 60),
            "balance": rng.normal(0, 300, 60),
        },
        index=[f"{i:06d}" for i in range(60)],
    )


def test_peers_exclude_the_municipality_and_come_nearest_first(structure):
    for code in structure.index[:10]:
        peers = indicators.nearest(structure, code, 8)
        assert code not in peers.codes
        assert len(set(peers.codes)) == 8
        assert peers.table["distance"].is_monotonic_increasing
        assert list(peers.table.columns) == ["distance", "residents", "density", "old", "balance"]


def test_peers_do_not_change_with_units_or_row_order(structure):
    base = indicators.nearest(structure, "000007")
    shuffled = indicators.nearest(structure.sample(frac=1, random_state=3), "000007")
    rescaled = structure.assign(
        residents=structure["residents"] / 1000,
        density=structure["density"] * 2.59,
        old=structure["old"] / 100,
        balance=structure["balance"] * 40 - 7,
    )
    rescaled = indicators.nearest(rescaled[["old", "balance", "residents", "density"]], "000007")
    assert base.codes == shuffled.codes == rescaled.codes
    assert base.isolation == shuffled.isolation == pytest.approx(rescaled.isolation)
    np.testing.assert_allclose(base.table["distance"], rescaled.table["distance"], rtol=1e-8)


def test_distance_is_mahalanobis_on_logarithms(structure):
    """Recomputed with the inverse covariance: what two variables share counts once."""
    peers = indicators.nearest(structure, "000005", 40)
    logged = structure.assign(**{name: np.log(structure[name]) for name in ("residents", "density", "old")})
    inverse = np.linalg.inv(np.cov(logged.to_numpy(), rowvar=False))
    gap = (logged - logged.loc["000005"]).to_numpy()
    expected = pd.Series(np.sqrt(np.einsum("ij,jk,ik->i", gap, inverse, gap)), index=logged.index).drop("000005")
    assert peers.codes == tuple(expected.nsmallest(40).index)
    np.testing.assert_allclose(peers.table["distance"], expected.nsmallest(40), rtol=1e-8)


def test_variables_that_repeat_each_other_are_refused(structure):
    with pytest.raises(MethodError, match="'old' and 'double' repeat each other"):
        indicators.nearest(structure.assign(double=2 * structure["old"]), "000005", logs=())


def test_peers_refuse_what_they_cannot_use(structure):
    with pytest.raises(DataError, match="'x' is not among"):
        indicators.nearest(structure, "x")
    holed = structure.copy()
    holed.loc["000003", "old"] = np.nan
    with pytest.raises(DataError, match="'000003' has no value of old"):
        indicators.nearest(holed, "000003")
    assert indicators.nearest(holed, "000004").left_out == ("000003",)
    with pytest.raises(MethodError, match="same everywhere"):
        indicators.nearest(structure.assign(flat=3.0), "000004")
    with pytest.raises(MethodError, match="a logarithm needs positive values"):
        indicators.nearest(structure, "000004", logs=["balance"])
    with pytest.raises(DataError, match="'size' is not a variable"):
        indicators.nearest(structure, "000004", logs=["size"])
    with pytest.raises(MethodError, match="60 peers cannot be chosen"):
        indicators.nearest(structure, "000004", 60)
    with pytest.raises(DataError, match="twice"):
        indicators.nearest(pd.concat([structure, structure.iloc[:1]]), "000004")


def test_one_far_away_is_isolated(structure):
    far = structure.copy()
    far.loc["000000"] = far.max() * 20
    assert indicators.nearest(far, "000000").isolation == 100


@given(st.floats(0, 1e6))
@settings(max_examples=50)
def test_size_classes_cover_everything_once(residents):
    low, high = indicators.size_class(residents)
    assert low <= residents < high


def test_groups_leave_the_municipality_out():
    residents = pd.Series({"a": 6000.0, "b": 9999.0, "c": 10_000.0, "d": np.nan})
    assert indicators.same_size(residents, "a") == ("b",)
    assert indicators.same_value(pd.Series({"a": 1, "b": 2, "c": 1}), "c") == ("a",)
    with pytest.raises(DataError, match="'d' has no value"):
        indicators.same_size(residents, "d")
