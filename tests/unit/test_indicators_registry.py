"""Every registered indicator: words, unit, tables, worked example."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pandas as pd
import pytest
import yaml

from toolkit import indicators
from toolkit.errors import DataError

NAMES = sorted(indicators.REGISTRY)


@pytest.mark.parametrize("name", NAMES)
def test_worked_example_gives_its_value(name):
    one = indicators.get(name)
    result = indicators.compute(name, one.example.tables(), one.example.groups(), parent=one.example.parent)
    own = result[result["territory"] == "a"]
    assert own["value"].iloc[-1] == pytest.approx(one.example.value, rel=1e-12)
    assert own["flag"].iloc[-1] == "observed"
    assert set(own["unit"]) == {one.unit}


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name):
    one = indicators.get(name)
    assert set(one.name) == {"it", "en"}
    assert all(text and text == text.strip() for text in one.name.values())
    assert one.name["it"] != one.name["en"]
    assert one.direction in (-1, 0, 1)
    assert one.formula
    assert one.reference
    assert one.counts


@pytest.mark.parametrize("name", NAMES)
def test_unit_and_tables_exist(name, root):
    one = indicators.get(name)
    units = yaml.safe_load((root / "toolkit/text/units.yml").read_text(encoding="utf-8"))
    resources = yaml.safe_load((root / "data/datapackage.yaml").read_text(encoding="utf-8"))["resources"]
    assert one.unit in units
    assert set(one.tables) <= {resource["name"] for resource in resources}


@pytest.mark.parametrize("name", NAMES)
def test_absent_table_is_named(name):
    one = indicators.get(name)
    with pytest.raises(DataError, match=rf"'{name}' needs the table '{one.tables[0]}'"):
        indicators.compute(name, {}, {"a": ("000001",)} if not one.parent else one.example.groups(), parent="p")


@pytest.mark.parametrize("name", NAMES)
def test_an_absent_input_never_becomes_a_number(name):
    """Blank each input of the example in turn: the value is as before or absent, never another number."""
    one = indicators.get(name)
    absent = 0
    rows_used = [k for k, row in enumerate(one.example.rows) if len(one.example.rows) < 20 or row["value"]]
    for position, flag in zip(rows_used, cycle(["confidential", "missing"])):
        rows = list(one.example.rows)
        rows[position] = rows[position] | {"value": float("nan"), "flag": flag}
        blank = replace(one.example, rows=tuple(rows))
        result = indicators.compute(name, blank.tables(), blank.groups(), parent=blank.parent)
        own = result[result["territory"] == "a"]
        known = own["value"].dropna()
        assert list(known) in ([pytest.approx(one.example.value)], [])
        assert set(own.loc[own["value"].isna(), "flag"]) <= {flag}
        absent += not len(known)
    assert absent


def test_unknown_indicator_names_those_there_are():
    with pytest.raises(DataError, match="no indicator is called 'gdp'") as error:
        indicators.compute("gdp", {}, {})
    assert "concentration_local_units" in error.value.allowed


def test_result_has_the_columns_of_the_contract():
    one = indicators.get("income_per_taxpayer")
    result = indicators.compute([one.id], one.example.tables(), one.example.groups())
    assert list(result.columns) == ["indicator", "territory", "year", "value", "unit", "flag", "parent"]
    assert result["year"].dtype == int
    assert result["value"].dtype == float
    assert isinstance(result, pd.DataFrame)
