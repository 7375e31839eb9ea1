"""Ages into bands, areas of the register, weight in a parent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit import indicators
from toolkit.errors import DataError
from toolkit.indicators.people import BANDS, bands
from toolkit.indicators.weight import AREA_YEAR, areas


@pytest.fixture
def ages():
    """Two municipalities, both sexes, one person more at each age than at the one before."""
    rows = [
        (code, 2023, age, sex, float(age + first), "persons", "observed")
        for first, code in enumerate(["000001", "000002"])
        for age in range(101)
        for sex in ("female", "male")
    ]
    return pd.DataFrame(rows, columns=["istat_code", "year", "age", "sex", "value", "unit", "flag"])


def band(table, code, item):
    row = table[(table["istat_code"] == code) & (table["item"] == item)]
    assert len(row) == 1
    return row["value"].iloc[0], row["flag"].iloc[0]


def test_bands_sum_ages_and_sexes_within_their_limits(ages):
    found = bands(ages)
    for item, (low, high) in BANDS.items():
        whole = range(low, min(high, 100) + 1)
        assert band(found, "000001", item) == (2 * sum(whole), "observed")
        assert band(found, "000002", item) == (2 * sum(age + 1 for age in whole), "observed")


def test_order_of_rows_does_not_matter(ages):
    shuffled = bands(ages.sample(frac=1, random_state=3))
    for item in BANDS:
        assert band(shuffled, "000002", item) == band(bands(ages), "000002", item)


def test_absent_age_makes_its_bands_absent(ages):
    holed = ages[~((ages["istat_code"] == "000001") & (ages["age"] == 70) & (ages["sex"] == "male"))]
    found = bands(holed)
    value, flag = band(found, "000001", "65+")
    assert (np.isnan(value), flag) == (True, "missing")
    assert band(found, "000001", "0-14")[1] == "observed"
    assert band(found, "000002", "65+")[1] == "observed"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "households"}, "counted in persons"),
        ({"age": "40"}, "whole years"),
        ({"age": -1}, "whole years"),
        ({"age": 7}, "appear twice"),
    ],
)
def test_bad_ages_are_refused(ages, change, message):
    with pytest.raises(DataError, match=message):
        bands(ages.assign(**change))


def test_areas_of_the_register_and_unknown_ones_missing():
    register = pd.DataFrame({"istat_code": ["000001", "000002"], "area_km2": [4.0, np.nan]})
    found = areas(register).set_index("istat_code")
    assert list(found.index) == ["000001", "000002"]
    assert found["flag"].tolist() == ["observed", "missing"]
    assert set(found["year"]) == {AREA_YEAR}
    with pytest.raises(DataError, match="no row for any member"):
        indicators.aggregate(areas(register), {"gone": ["000003"]})


def test_concentration_is_share_of_units_over_share_of_area():
    """The claim that started it: 6.17 % of the units on 2.9 % of the area is 2.1 times the density."""
    one = indicators.get("concentration_local_units").example
    tables = one.tables()
    tables["local_units"]["value"] = [6.17, 93.83]
    tables["municipalities"]["value"] = [2.9, 97.1]
    result = indicators.compute("concentration_local_units", tables, one.groups(), parent="p").set_index("territory")
    assert result.loc["a", "value"] == pytest.approx(2.1276, abs=1e-4)
    assert result.loc["p", "value"] == pytest.approx(1)


def test_local_units_are_never_divided_by_another_count():
    one = indicators.get("local_unit_size").example
    mixed = {"local_units": one.tables()["local_units"].assign(unit="enterprises")}
    with pytest.raises(DataError, match="the numerator is in enterprises"):
        indicators.compute("local_unit_size", mixed, one.groups())
