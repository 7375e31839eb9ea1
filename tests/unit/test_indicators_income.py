"""Income by class: bounds that contain the truth, whatever is suppressed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import indicators
from toolkit.errors import DataError, MethodError
from toolkit.indicators.distribution import CLASSES, gini_bounds


def gini(incomes):
    """Gini coefficient of individual incomes, as half the mean difference over the mean."""
    x = np.sort(np.maximum(incomes, 0.0))
    n = len(x)
    return float(2 * (np.arange(1, n + 1) * x).sum() / (n * x.sum()) - (n + 1) / n)


def classes(code, incomes, *, suppress=True, year=2021, unclassed=0):
    """Published table of one municipality from individual incomes."""
    rows = [("taxpayers", "count", float(len(incomes) + unclassed), "observed")]
    for name, (low, high) in CLASSES.items():
        inside = incomes[(incomes > low) & (incomes <= high)]
        hidden = suppress and 0 < len(inside) < 4
        flag = "confidential" if hidden else "observed"
        rows.append((name, "count", np.nan if hidden else float(len(inside)), flag))
        rows.append((name, "amount", np.nan if hidden else float(inside.sum()), flag))
    frame = pd.DataFrame(rows, columns=["item", "measure", "value", "flag"])
    unit = frame["measure"].map({"count": "persons", "amount": "EUR"})
    return frame.assign(istat_code=code, year=year, unit=unit)


def people(seed, n=400, scale=1.0):
    rng = np.random.default_rng(seed)
    incomes = rng.lognormal(9.9, 0.7 * scale, n)
    incomes[: rng.integers(0, 8)] = -500.0
    return incomes


def test_docstring_example():
    assert gini_bounds([10, 10], [50, 150], [(0, 10), (10, 20)]) == pytest.approx((0.25, 0.375))


@given(st.integers(0, 10_000), st.floats(0.3, 1.8))
@settings(max_examples=40)
def test_bounds_contain_the_gini_of_simulated_incomes(seed, scale):
    groups = {f"{k:06d}": people(seed * 7 + k, 300, scale) for k in range(4)}
    table = pd.concat([classes(code, x) for code, x in groups.items()], ignore_index=True)
    everywhere = {code: (code,) for code in groups} | {"all": tuple(groups)}
    result = indicators.income_gini(table, everywhere).set_index("territory")
    truth = {code: gini(x) for code, x in groups.items()} | {"all": gini(np.concatenate(list(groups.values())))}
    for territory, value in truth.items():
        row = result.loc[territory]
        assert row["low"] <= value + 1e-12
        assert np.isnan(row["high"]) or value <= row["high"] + 1e-12
        assert (row["flag"] == "confidential") == np.isnan(row["high"])
    medians = indicators.median_class(table, everywhere).set_index("territory")
    names = list(CLASSES)
    for territory, incomes in (groups | {"all": np.concatenate(list(groups.values()))}).items():
        middle = np.sort(incomes)[(len(incomes) - 1) // 2]
        inside = next(k for k, (low, high) in enumerate(CLASSES.values()) if low < middle <= high)
        assert names.index(medians.loc[territory, "low"]) <= inside <= names.index(medians.loc[territory, "high"])


def test_bounds_are_reached():
    """Everybody at the mean of the class gives the lower bound; everybody at its limits, the upper."""
    same = np.array([5.0] * 10 + [15.0] * 10)
    apart = np.array([0.0] * 5 + [10.0] * 10 + [20.0] * 5)
    low, high = gini_bounds([10, 10], [50, 150], [(0, 10), (10, 20)])
    assert gini(same) == pytest.approx(low)
    assert gini(apart) == pytest.approx(high)


def test_nothing_suppressed_is_observed_and_one_hidden_cell_is_estimated():
    incomes = np.concatenate([np.full(2, -3.0), people(3)[8:], np.full(9, 150_000.0)])
    shown = indicators.income_gini(classes("a", incomes, suppress=False), {"a": ("a",)}).iloc[0]
    hidden = indicators.income_gini(classes("a", incomes), {"a": ("a",)}).iloc[0]
    assert (shown["flag"], shown["suppressed"]) == ("observed", 0)
    assert (hidden["flag"], hidden["suppressed"]) == ("estimated", 1)
    assert hidden["low"] <= shown["low"] <= shown["high"] <= hidden["high"]
    assert hidden["high"] - hidden["low"] < shown["high"] - shown["low"] + 0.01


def test_suppressed_open_class_has_no_upper_bound():
    incomes = np.concatenate([np.full(50, 20_000.0), [200_000.0, 300_000.0]])
    result = indicators.income_gini(classes("a", incomes), {"a": ("a",)}).iloc[0]
    assert np.isnan(result["high"])
    assert result["flag"] == "confidential"


def test_missing_classes():
    table = classes("a", people(1)).assign(value=np.nan, flag="missing")
    with pytest.raises(DataError, match="no classes"):
        indicators.income_gini(table, {"a": ("a",)})
    both = pd.concat([classes("a", people(1)), classes("b", people(2)).assign(value=np.nan, flag="missing")])
    result = indicators.income_gini(both, {"a": ("a",), "ab": ("a", "b")}).set_index("territory")
    assert result.loc["ab", "flag"] == "missing"
    assert np.isnan(result.loc["ab", "low"])
    assert indicators.median_class(both, {"ab": ("a", "b")}).iloc[0]["flag"] == "missing"


@pytest.mark.parametrize(
    ("counts", "amounts", "limits", "message"),
    [
        ([0, 0], [0, 0], [(0, 1), (1, 2)], "needs persons with income"),
        ([1, 1], [5, 1.5], [(0, 1), (1, 2)], "outside its limits"),
        ([-1, 1], [0, 1.5], [(0, 1), (1, 2)], "not negative"),
        ([1], [0.5, 1], [(0, 1)], "differ in length"),
    ],
)
def test_bad_classes(counts, amounts, limits, message):
    with pytest.raises(MethodError, match=message):
        gini_bounds(counts, amounts, limits)


def test_income_change_is_nominal_and_since_the_first_year():
    frame = indicators.get("income_change").example.tables()
    result = indicators.compute("income_change", frame, {"a": ("000001",)})
    assert list(result["year"]) == [2023]
    one_year = {"income": frame["income"].query("year == 2018")}
    with pytest.raises(DataError, match="a change needs two tax years"):
        indicators.compute("income_change", one_year, {"a": ("000001",)})


def test_class_shares_docstring_example_and_an_area():
    incomes = np.concatenate([np.full(40, 20_000.0), np.full(2, 200_000.0)])
    table = classes("a", incomes)
    table.loc[(table["item"] == "taxpayers") & (table["measure"] == "count"), "value"] = 100.0
    both = pd.concat([table, table.assign(istat_code="b")])
    found = indicators.class_shares(both, {"a": ("a",), "ab": ("a", "b")}).set_index(["territory", "item"])
    for territory in ("a", "ab"):
        lines = found.loc[territory]
        assert lines.loc["class_15000_26000", ["low", "high"]].tolist() == [40.0, 40.0]
        assert lines.loc["class_gt_120000", ["low", "high"]].tolist() == [1.0, 3.0]
        assert lines.loc["no_class", ["low", "high"]].tolist() == [57.0, 59.0]
        assert set(lines["flag"]) == {"estimated"}


@pytest.mark.parametrize("seed", range(8))
def test_class_shares_hold_the_truth(seed):
    groups = {code: people(seed + k, 120) for k, code in enumerate("abc")}
    table = pd.concat([classes(code, x) for code, x in groups.items()], ignore_index=True)
    found = indicators.class_shares(table, {"all": ("a", "b", "c")}).set_index("item")
    everybody = np.concatenate(list(groups.values()))
    for item, (low, high) in CLASSES.items():
        truth = 100 * ((everybody > low) & (everybody <= high)).mean()
        assert found.loc[item, "low"] - 1e-9 <= truth <= found.loc[item, "high"] + 1e-9
