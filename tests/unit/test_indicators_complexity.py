"""Economic complexity on made tables: symmetry, scale, order, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MethodError
from toolkit.indicators.complexity import (
    complexity,
    fitness,
    presence,
    proximity,
    relatedness_density,
    revealed_advantage,
)


@pytest.fixture
def table():
    rng = np.random.default_rng(4)
    values = rng.lognormal(3, 1.2, (12, 20)) * (rng.random((12, 20)) < 0.7)
    return pd.DataFrame(values, index=[f"t{i}" for i in range(12)], columns=[f"a{i}" for i in range(20)])


def test_advantage_is_a_location_quotient(table):
    rca = revealed_advantage(table)
    weights = table.sum() / table.sum().sum()
    np.testing.assert_allclose((rca * weights).sum(axis=1), 1)
    np.testing.assert_allclose(revealed_advantage(table * 1000), rca)
    small = revealed_advantage(pd.DataFrame([[2.0, 1], [1, 2]]))
    np.testing.assert_allclose(small, [[4 / 3, 2 / 3], [2 / 3, 4 / 3]])


def test_empty_rows_and_columns_are_left_out(table):
    wider = table.assign(nobody=0.0)
    wider.loc["nothing"] = 0.0
    assert revealed_advantage(wider).shape == table.shape


def test_eci_is_the_second_eigenvector(table):
    present = presence(revealed_advantage(table))
    m = present.to_numpy()
    matrix = (m / m.sum(axis=1, keepdims=True)) @ (m / m.sum(axis=0)).T
    values, vectors = np.linalg.eig(matrix)
    second = np.real(vectors[:, np.argsort(-np.real(values))[1]])
    eci = complexity(present).territories
    assert abs(np.corrcoef(second, eci)[0, 1]) == pytest.approx(1)
    assert np.corrcoef(eci, m.sum(axis=1))[0, 1] >= 0
    assert eci.mean() == pytest.approx(0)
    assert eci.std(ddof=1) == pytest.approx(1)
    assert complexity(present, spread="population").territories.std(ddof=0) == pytest.approx(1)


def test_activities_follow_the_territories_that_have_them(table):
    present = presence(revealed_advantage(table))
    found = complexity(present)
    mean = present.T @ found.territories / present.sum()
    assert np.corrcoef(mean, found.activities)[0, 1] == pytest.approx(1)


def test_order_of_rows_does_not_matter(table):
    present = presence(revealed_advantage(table))
    shuffled = present.sample(frac=1, random_state=2).sample(frac=1, axis=1, random_state=3)
    for measure in (complexity, fitness):
        a, b = measure(present), measure(shuffled)
        np.testing.assert_allclose(b.territories[a.territories.index], a.territories, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(b.activities[a.activities.index], a.activities, rtol=1e-8, atol=1e-10)


def test_fitness_rewards_rare_activities():
    """Who does everything is first; an activity that the weakest also have is the least complex."""
    nested = pd.DataFrame(np.tril(np.ones((5, 5))), index=list("edcba"))
    found = fitness(nested, iterations=30)
    assert list(found.territories.sort_values(ascending=False).index) == list("abcde")
    assert found.activities.is_monotonic_increasing
    assert found.territories.mean() == pytest.approx(1)


def test_proximity_and_density():
    present = pd.DataFrame([[1, 1, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0]], columns=list("xyz"), dtype=float)
    near = proximity(present)
    assert near.at["x", "y"] == pytest.approx(2 / 3)
    assert near.at["x", "z"] == pytest.approx(1 / 3)
    np.testing.assert_allclose(near, near.T)
    np.testing.assert_allclose(np.diag(near), 1)
    assert proximity(present, of="territories").shape == (4, 4)
    density = relatedness_density(present, near)
    assert density.at[1, "x"] == pytest.approx(1)
    assert density.at[2, "z"] == pytest.approx((1 / 3) / (1 / 3 + 1 / 3 + 1))
    alone = relatedness_density(present, near, itself=False)
    assert alone.at[2, "z"] == pytest.approx(0.5)


def test_fitness_that_dies_away_stays_a_number():
    table = pd.DataFrame([[1.0, 1, 1, 1], [0, 0, 0, 1]])
    with np.errstate(all="raise", under="ignore"):
        found = fitness(table, iterations=5000)
    assert found.territories.to_numpy() == pytest.approx([2, 0], abs=1e-9)
    assert found.activities.to_numpy() == pytest.approx([4 / 3, 4 / 3, 4 / 3, 0], abs=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: revealed_advantage(pd.DataFrame([[1.0, -1]])), "negative"),
        (lambda: revealed_advantage(pd.DataFrame([[1.0, np.nan]])), "absent"),
        (lambda: revealed_advantage(pd.DataFrame()), "empty"),
        (lambda: presence(pd.DataFrame([[0.2]]), threshold=1), "no territory reaches 1"),
        (lambda: presence(pd.DataFrame([[0.2]]), threshold=0), "makes everything present"),
        (lambda: complexity(pd.DataFrame(np.eye(4))), "share no activity"),
        (lambda: complexity(pd.DataFrame(np.full((4, 4), 0.5))), "zeros and ones"),
        (lambda: complexity(pd.DataFrame(np.ones((2, 4)))), "three territories"),
        (lambda: complexity(pd.DataFrame(np.ones((4, 4)))), "all territories or activities are alike"),
        (lambda: complexity(pd.DataFrame(np.tril(np.ones((4, 4)))), method="magic"), "'magic' is not a method"),
        (lambda: complexity(pd.DataFrame(np.tril(np.ones((4, 4)))), spread="robust"), "not a standard deviation"),
        (lambda: complexity(pd.DataFrame(np.tril(np.ones((4, 4)))), method="reflections", iterations=5), "even number"),
        (lambda: fitness(pd.DataFrame(np.ones((4, 4))), iterations=1), "two iterations"),
        (lambda: proximity(pd.DataFrame(np.ones((4, 4))), of="cats"), "no proximity of 'cats'"),
        (lambda: relatedness_density(pd.DataFrame(np.ones((2, 2))), pd.DataFrame(np.eye(3))), "different activities"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(MethodError, match=message):
        call()
