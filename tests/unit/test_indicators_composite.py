"""Composite indicators: steps by hand, invariances, rank intervals, sensitivity."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MethodError
from toolkit.indicators import composite_steps as steps
from toolkit.indicators import composite_uncertainty as uncertainty
from toolkit.indicators.composite import Framework, Recipe, aggregate, ampi, build, redundancy, remove_each
from toolkit.indicators.composite_steps import Normalisation, Treatment

TREE = pd.DataFrame(
    {
        "code": ["income", "jobs", "waste", "air", "economy", "green", "index"],
        "parent": ["economy", "economy", "green", "green", "index", "index", ""],
        "weight": [2.0, 1, 1, 1, 3, 1, 1],
        "direction": [1, 1, -1, -1, 1, 1, 1],
    }
)


@pytest.fixture
def framework():
    return Framework.from_table(TREE)


@pytest.fixture
def data():
    rng = np.random.default_rng(11)
    shape = (30, 4)
    values = rng.lognormal(3, 0.5, shape)
    return pd.DataFrame(values, columns=["income", "jobs", "waste", "air"], index=[f"u{i:02d}" for i in range(30)])


def test_framework_reads_levels_weights_and_directions(framework):
    assert framework.index == "index"
    assert list(framework.groups) == ["economy", "green", "index"]
    assert framework.effective_weights().to_dict() == pytest.approx(
        {"income": 0.5, "jobs": 0.25, "waste": 0.125, "air": 0.125}
    )
    assert framework.directions == {"income": 1, "jobs": 1, "waste": -1, "air": -1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": ["income", "income", "waste", "air", "economy", "green", "index"]}, "repeated"),
        ({"parent": ["economy", "economy", "green", "green", "index", "index", "index"]}, "0 parts without a parent"),
        ({"parent": ["economy", "economy", "green", "green", "", "", ""]}, "3 parts without a parent"),
        ({"parent": ["x", "economy", "green", "green", "index", "index", ""]}, "unknown parents: x"),
        ({"parent": ["economy", "economy", "green", "green", "green", "economy", ""]}, "is inside itself"),
        ({"weight": [0.0, 0, 1, 1, 3, 1, 1]}, "weights of 'economy'"),
        ({"weight": [-1.0, 2, 1, 1, 3, 1, 1]}, "weights of 'economy'"),
        ({"direction": [0, 1, -1, -1, 1, 1, 1]}, "direction of 'income' is 0"),
    ],
)
def test_framework_refuses(change, message):
    with pytest.raises(MethodError, match=message):
        Framework.from_table(TREE.assign(**change))


def test_index_by_hand(framework):
    data = pd.DataFrame(
        {"income": [1.0, 2, 3], "jobs": [0.0, 10, 5], "waste": [4.0, 2, 3], "air": [1.0, 1, 2]}, index=list("abc")
    )
    result = build(data, framework)
    np.testing.assert_allclose(result.scores["economy"], [0, (2 * 50 + 100) / 3, (2 * 100 + 50) / 3])
    np.testing.assert_allclose(result.scores["green"], [50, 100, 25])
    np.testing.assert_allclose(result.scores["index"], [12.5, 75, 0.75 * 250 / 3 + 6.25])
    assert result.ranks.to_dict() == {"a": 3, "b": 1, "c": 2}


def test_weights_go_with_indicators_not_with_rows(framework):
    """As many units as indicators, labelled alike: nothing may align on rows."""
    square = pd.DataFrame(
        np.arange(16.0).reshape(4, 4) ** 1.5,
        index=["air", "waste", "jobs", "income"],
        columns=["income", "jobs", "waste", "air"],
    )
    renamed = build(square.set_axis(list("abcd")), framework).scores["index"]
    np.testing.assert_allclose(build(square, framework).scores["index"], renamed)


@given(st.floats(0.01, 1000), st.floats(-50, 50))
@settings(max_examples=30)
def test_units_of_measure_do_not_matter(times, plus):
    framework, rng = Framework.from_table(TREE), np.random.default_rng(5)
    data = pd.DataFrame(rng.lognormal(2, 1, (12, 4)), columns=list(framework.indicators))
    other = data.assign(income=data["income"] * times + plus, air=data["air"] * times)
    for how in ("minmax", "zscore", "percentile", "borda"):
        recipe = Recipe(normalisation=how)
        before, after = build(data, framework, recipe), build(other, framework, recipe)
        np.testing.assert_allclose(before.scores["index"], after.scores["index"], rtol=1e-6, atol=1e-6)


def test_normalisations_by_hand():
    x = pd.DataFrame({"v": [2.0, 4, 10, np.nan, 4]})

    def one(how, direction=1):
        return steps.normalise(x, {"v": direction}, how)["v"].tolist()

    assert one("minmax")[:3] == [0, 25, 100]
    assert one("minmax", -1)[:3] == [100, 75, 0]
    assert np.isnan(one("minmax")[3])
    assert one("borda") == pytest.approx([0, 1, 3, np.nan, 1], nan_ok=True)
    assert one(Normalisation("percentile", ties="average")) == pytest.approx([0, 50, 100, np.nan, 50], nan_ok=True)
    assert one("fraction_of_max")[:3] == [0.2, 0.4, 1]
    z = one(Normalisation("zscore", mean=100, spread=10))
    assert np.nanmean(z) == pytest.approx(100)
    assert np.nanstd(z, ddof=1) == pytest.approx(10)
    near = Normalisation("distance", reference={"v": 6.0})
    assert one(near)[:3] == pytest.approx([0, 0.5, 2])
    assert one(Normalisation("distance", reference={"v": 6.0}, capped=True))[2] == 1
    posts = Normalisation("goalposts", low=0, high=1, reference={"v": (3, 8)})
    assert one(posts)[:3] == pytest.approx([0, 0.2, 1])
    assert one(posts, -1)[:3] == pytest.approx([1, 0.8, 0])


@pytest.mark.parametrize(
    ("frame", "directions", "how", "message"),
    [
        ({"v": [1.0, 1]}, {"v": 1}, "minmax", "'v' is constant"),
        ({"v": [np.nan, np.nan]}, {"v": 1}, "zscore", "'v' is absent"),
        ({"v": [1.0, 2]}, {}, "minmax", "direction of 'v' is None"),
        ({"v": [1.0, 2]}, {"v": 1}, "softmax", "'softmax' is not a normalisation"),
        ({"v": [1.0, np.inf]}, {"v": 1}, "minmax", "infinite"),
        ({"v": ["a", "b"]}, {"v": 1}, "minmax", "not numeric"),
        ({"v": [1.0, 2]}, {"v": 1}, Normalisation("minmax", low=5, high=5), "low < high"),
        ({"v": [1.0, 2]}, {"v": 1}, "goalposts", "no goalposts"),
        ({"v": [1.0, 2]}, {"v": 1}, "distance", "no reference value"),
        ({"v": [1.0, 2]}, {"v": 1}, Normalisation("distance", reference={"v": 0.5}), "not better than the worst"),
        ({"v": [1.0, 2]}, {"v": -1}, "fraction_of_max", "no positive best value"),
    ],
)
def test_normalise_refuses(frame, directions, how, message):
    with pytest.raises(MethodError, match=message):
        steps.normalise(pd.DataFrame(frame), directions, how)


def test_means_and_outranking_by_hand():
    parts = np.array([[1.0, 4], [2, 2], [4, 1]])
    weights = np.array([[1.0], [3.0]])

    def one(method):
        return steps.combine(parts, weights, method)[:, 0]

    np.testing.assert_allclose(one("arithmetic"), [13 / 4, 2, 7 / 4])
    np.testing.assert_allclose(one("geometric"), [64**0.25, 2, 4**0.25])
    np.testing.assert_allclose(one("harmonic"), [4 / 1.75, 2, 4 / 3.25])
    np.testing.assert_allclose(one("median"), [2.5, 2, 2.5])
    np.testing.assert_allclose(one("outranking"), [1.5, 1, 0.5])
    np.testing.assert_allclose(one("copeland"), [2, 0, -2])


@given(st.integers(0, 1000))
@settings(max_examples=25)
def test_means_are_ordered_and_draws_are_separate(seed):
    rng = np.random.default_rng(seed)
    parts, weights = rng.uniform(1, 100, (6, 4)), rng.uniform(0.1, 1, (4, 5))
    harmonic, geometric, arithmetic = (
        steps.combine(parts, weights, m) for m in ("harmonic", "geometric", "arithmetic")
    )
    assert (harmonic <= geometric + 1e-9).all()
    assert (geometric <= arithmetic + 1e-9).all()
    cube = np.repeat(parts[:, :, None], 5, axis=2)
    for method in steps.MEANS + steps.OUTRANKING:
        many = steps.combine(parts, weights, method)
        each = np.column_stack([steps.combine(parts, weights[:, [k]], method) for k in range(5)])
        np.testing.assert_allclose(many, each)
        np.testing.assert_allclose(many, steps.combine(cube, weights, method))


def test_missing_parts_are_weighed_out_or_refused(framework, data):
    holed = data.copy()
    holed.loc["u00", ["waste", "air"]] = np.nan
    holed.loc["u01", "jobs"] = np.nan
    loose = build(holed, framework).scores
    assert loose.loc["u01", "economy"] == loose.loc["u01", "income"]
    assert np.isnan(loose.loc["u00", "green"])
    assert loose.loc["u00", "index"] == pytest.approx(loose.loc["u00", "economy"])
    strict = build(holed, framework, Recipe(availability=0.6))
    assert np.isnan(strict.scores.loc["u01", "economy"])
    assert strict.ranks.isna().sum() == 2


@pytest.mark.parametrize(
    ("parts", "weights", "method", "message"),
    [
        ([[1.0, 2]], [[1.0], [1]], "mode", "'mode' is not an aggregation"),
        ([[0.0, 2]], [[1.0], [1]], "geometric", "geometric mean needs positive values"),
        ([[-1.0, 2]], [[1.0], [1]], "harmonic", "harmonic mean needs positive values"),
        ([[1.0, 2]], [[0.0], [0]], "arithmetic", "weights are finite"),
        ([[1.0, 2]], [[-1.0], [2]], "arithmetic", "weights are finite"),
    ],
)
def test_combine_refuses(parts, weights, method, message):
    with pytest.raises(MethodError, match=message):
        steps.combine(np.array(parts), np.array(weights), method)


def test_treatment_winsorises_then_takes_logarithms():
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {"plain": rng.normal(0, 1, 80), "one": rng.normal(0, 1, 80), "tail": np.exp(0.2 * np.arange(80))}
    )
    table.loc[3, "one"] = 40.0
    before = table.copy()
    treated, done = steps.treat(table)
    pd.testing.assert_frame_equal(table, before)
    assert done["treatment"].to_dict() == {"plain": "none", "one": "winsorised", "tail": "log"}
    assert treated.loc[3, "one"] == table["one"].drop(3).max()
    assert done.loc["one", "skew"] == pytest.approx(table["one"].skew())
    assert done.loc["one", "kurtosis"] == pytest.approx(table["one"].kurt())
    assert (treated["tail"].rank() == table["tail"].rank()).all()
    left, done = steps.treat(table, Treatment(log=False, most=1))
    assert done.loc["tail", "treatment"] == "failed"
    assert (left["tail"] != table["tail"]).sum() >= 1


def test_impute_screen_divide():
    table = pd.DataFrame({"v": [1.0, np.nan, 5, 7], "w": [np.nan, np.nan, 1, 2]}, index=list("abcd"))
    groups = pd.Series(["x", "x", "y", "y"], index=list("abcd"))
    assert steps.impute(table[["v"]], groups=groups)["v"].tolist() == [1, 1, 5, 7]
    assert steps.impute(table[["v"]], method="median")["v"].tolist() == [1, 5, 5, 7]
    with pytest.raises(MethodError, match="'w' is absent for a whole group"):
        steps.impute(table, groups=groups)
    assert list(steps.screen(table, 0.5).index) == ["a", "c", "d"]
    with pytest.raises(MethodError, match="no unit"):
        steps.screen(table.iloc[:2].assign(v=np.nan), 0.5)
    people = pd.DataFrame({"people": [1.0, 2, 5, 0]}, index=list("abcd"))
    with pytest.raises(MethodError, match="denominator 'people' of 'd' is zero"):
        steps.divide(table, {"v": "people"}, people)
    assert steps.divide(table.loc[["a", "c"]], {"v": "people"}, people)["v"].tolist() == [1, 1]


def test_removing_a_part_raises_its_siblings(framework, data):
    assert framework.without("jobs").effective_weights().to_dict() == pytest.approx(
        {"income": 0.75, "jobs": 0, "waste": 0.125, "air": 0.125}
    )
    shifts = remove_each(data, framework, parts=("income", "green"))
    only = aggregate(steps.normalise(data, framework.directions), framework)["economy"]
    nominal = build(data, framework).ranks
    expected = only.rank(method="min", ascending=False) - nominal
    assert shifts["green"].drop("mean_shift").to_dict() == expected.to_dict()
    assert shifts.loc["mean_shift", "green"] == pytest.approx(expected.abs().mean())
    with pytest.raises(MethodError, match="'size' is not a part"):
        framework.without("size")


def test_redundancy_looks_at_turned_indicators(framework, data):
    twin = data.assign(jobs=data["income"] * 3 + 1, air=-data["waste"])
    found = redundancy(twin, framework)
    rows = {(row.first, row.second): row.finding for row in found.itertuples()}
    assert rows == {("income", "jobs"): "redundant", ("waste", "air"): "opposed"}
    assert not len(redundancy(data, framework, high=0.99, low=-0.99))


def test_ampi_both_penalties():
    data = pd.DataFrame({"v": [0.0, 10, 5], "w": [10.0, 0, 5]}, index=list("abc"))
    found = ampi(data, {"v": 1, "w": 1}, {"v": 5, "w": 5})
    assert found["mean"].tolist() == [100, 100, 100]
    assert found.loc["a", "penalty"] == pytest.approx(30**2 / 100)
    assert found["ampi"].tolist() == pytest.approx([91, 91, 100])
    assert ampi(data, {"v": 1, "w": 1}, {"v": 5, "w": 5}, penalty="plus")["ampi"].tolist() == pytest.approx(
        [109, 109, 100]
    )
    turned = ampi(data, {"v": 1, "w": -1}, {"v": 5, "w": 5})
    assert turned["ampi"].tolist() == pytest.approx([70, 130, 100])


def test_ampi_is_comparable_over_time():
    """A year put beside another with the same bounds and reference keeps its values."""
    first = pd.DataFrame({"v": [1.0, 2, 3]}, index=list("abc"))
    bounds, base = {"v": (0.0, 10.0)}, {"v": 2.0}
    alone = ampi(first, {"v": 1}, base, bounds=bounds)
    later = ampi(first + 1, {"v": 1}, base, bounds=bounds)
    assert (later["ampi"] > alone["ampi"]).all()
    assert alone.loc["b", "ampi"] == 100
    with pytest.raises(MethodError, match="needs every value"):
        ampi(first.replace(2, np.nan), {"v": 1}, base)
    with pytest.raises(MethodError, match="'v' lacks"):
        ampi(first, {"v": 1}, {})
    with pytest.raises(MethodError, match="'both' is not a penalty"):
        ampi(first, {"v": 1}, base, penalty="both")


FREE = uncertainty.Space(weights=uncertainty.Weights("free"))


def test_interval_is_a_point_when_all_choices_agree(framework):
    order = np.arange(20.0)
    data = pd.DataFrame({"income": order, "jobs": order * 2, "waste": -order, "air": 5 - 3 * order})
    space = uncertainty.Space(
        weights=uncertainty.Weights("free"),
        normalisations=(*uncertainty.ON_1_100,),
        aggregations=("arithmetic", "geometric", "harmonic", "median", "copeland", "outranking"),
    )
    table = uncertainty.rank_intervals(data, framework, space, draws=200).table
    assert (table["low"] == table["high"]).all()
    assert (table["best"] == table["worst"]).all()
    assert (table["nominal"] == np.arange(20, 0, -1)).all()
    assert (table["covers"] == 0).all()


def test_intervals_are_seeded_and_widen_with_the_space(framework, data):
    narrow = uncertainty.rank_intervals(data, framework, uncertainty.Space(), draws=300)
    again = uncertainty.rank_intervals(data, framework, uncertainty.Space(), draws=300)
    pd.testing.assert_frame_equal(narrow.table, again.table)
    free = uncertainty.rank_intervals(data, framework, FREE, draws=300)
    assert free.table["covers"].mean() > narrow.table["covers"].mean()
    for found in (narrow, free):
        table = found.table
        assert (table["best"] <= table["low"]).all()
        assert (table["low"] <= table["median"]).all()
        assert (table["median"] <= table["high"]).all()
        assert (table["high"] <= table["worst"]).all()
    assert (narrow.table["nominal"] == build(data, framework).ranks).all()


def test_intervals_do_not_change_with_row_order_or_units(framework, data):
    base = uncertainty.rank_intervals(data, framework, FREE, draws=100).table
    shuffled = uncertainty.rank_intervals(data.sample(frac=1, random_state=4), framework, FREE, draws=100).table
    pd.testing.assert_frame_equal(shuffled.loc[base.index], base)
    scaled = uncertainty.rank_intervals(data * [10, 0.1, 7, 1e4], framework, FREE, draws=100).table
    pd.testing.assert_frame_equal(scaled, base)


def test_free_weights_fill_the_simplex(framework, data):
    """Dirichlet with parameters 1: every indicator's weight in its group averages to one over their number."""
    engine = uncertainty._Engine(data, framework, FREE)
    weights = engine._weights(np.random.default_rng(0).random((20_000, engine.dimensions)))
    pair = weights[:2] / weights[:2].sum(axis=0)
    assert pair[0].mean() == pytest.approx(0.5, abs=0.01)
    assert np.quantile(pair[0], [0.1, 0.9]) == pytest.approx([0.1, 0.9], abs=0.015)


def test_interval_without_weights_lists_the_choices(framework, data):
    """With no space of weights, the draws are exactly the combinations of the alternatives."""
    scales, means = uncertainty.ON_1_100, ("arithmetic", "geometric")
    space = uncertainty.Space(weights=None, normalisations=scales, aggregations=means)
    table = uncertainty.rank_intervals(data, framework, space, draws=400).table
    ranks = pd.DataFrame(
        {
            (k, m): build(data, framework, Recipe(normalisation=s, aggregation=m)).ranks
            for (k, s), m in itertools.product(enumerate(scales), means)
        }
    )
    assert (table["best"] == ranks.min(axis=1)).all()
    assert (table["worst"] == ranks.max(axis=1)).all()


def test_rank_that_spans_the_table_does_not_rank(framework, data):
    found = uncertainty.rank_intervals(data, framework, FREE, draws=300)
    widest = found.table["covers"].idxmax()
    assert found.ranks_unit(widest, most=found.table["covers"].max())
    assert not found.ranks_unit(widest, most=found.table["covers"].max() - 0.01)


def test_sensitivity_finds_the_choice_that_matters(framework, data):
    skewed = data.assign(income=np.exp(3 * (data["income"] / data["income"].std())))
    space = uncertainty.Space(
        weights=uncertainty.Weights("around", 0.01),
        normalisations=("minmax", Normalisation("percentile")),
        aggregations=("arithmetic", "arithmetic"),
    )
    found = uncertainty.sensitivity(skewed, framework, space, draws=512)
    assert found.index[0] == "normalisation"
    assert found.loc["normalisation", "total"] == pytest.approx(1, abs=0.1)
    assert found.loc["normalisation", "first"] == pytest.approx(1, abs=0.15)
    assert found.loc["aggregation", "total"] == 0
    assert found.loc["weights", "total"] < 0.1
    one = uncertainty.sensitivity(skewed, framework, space, unit="u05", draws=256)
    assert set(one.index) == set(found.index)


def test_sensitivity_of_a_rank_that_never_moves(framework):
    order = np.arange(10.0)
    data = pd.DataFrame({"income": order, "jobs": order, "waste": -order, "air": -order})
    space = uncertainty.Space(normalisations=("minmax", "zscore"))
    found = uncertainty.sensitivity(data, framework, space, draws=64)
    assert (found[["first", "total", "variance"]] == 0).all(axis=None)


def test_uncertainty_refuses(framework, data):
    with pytest.raises(MethodError, match="two choices with alternatives"):
        uncertainty.sensitivity(data, framework, uncertainty.Space())
    with pytest.raises(MethodError, match="give no interval"):
        uncertainty.rank_intervals(data, framework, FREE, draws=5)
    with pytest.raises(MethodError, match="not a space of weights"):
        uncertainty.rank_intervals(data, framework, uncertainty.Space(weights=uncertainty.Weights("any")))
    with pytest.raises(MethodError, match="positive values"):
        uncertainty.rank_intervals(data, framework, uncertainty.Space(aggregations=("arithmetic", "geometric")))
    with pytest.raises(MethodError, match="indicators without data: income"):
        uncertainty.rank_intervals(data.drop(columns="income"), framework, FREE)
    with pytest.raises(MethodError, match="'x' is not among the units"):
        uncertainty.sensitivity(data, framework, uncertainty.Space(normalisations=("minmax", "zscore")), unit="x")
