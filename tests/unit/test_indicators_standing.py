"""Standing of a territory: figures recomputed from the publisher's file, foils, ranks, absence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import catalog
from toolkit.errors import DataError
from toolkit.indicators.panel import Figure, Panel
from toolkit.indicators.standing import standings

CMM, CORE, BRESSO = "citta-metropolitana-milano", "015146", "015032"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {name: catalog.load(name) for name in ("income", "commuting", "population", "municipalities")}


@pytest.fixture(scope="module")
def universe() -> tuple[str, ...]:
    members = catalog.load("area_members")
    return tuple(members[members["area"] == CMM]["istat_code"].unique())


@pytest.fixture
def groups(universe: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {BRESSO: (BRESSO,), "whole": universe, "rest": tuple(code for code in universe if code != CORE)}


def test_bresso_equals_the_publishers_file(tables, groups, universe, shared: Path) -> None:
    raw = pd.read_csv(shared / "sources/income/MI015_irpef_2018_2020_2021_2023.csv", dtype={"cod_istat": str})
    raw = raw[raw["anno"] == 2023].set_index("cod_istat")
    per_head = raw["imponibile_eur"] / raw["contribuenti"]
    found = standings(["income_per_taxpayer"], tables, groups, own=BRESSO, universe=universe)["income_per_taxpayer"]
    assert found.year == 2023
    assert found.own.value == pytest.approx(per_head[BRESSO])
    assert found.own.value == pytest.approx(25_928.55, abs=0.005)
    assert found.position is not None
    assert found.position.rank == int((per_head > per_head[BRESSO]).sum()) + 1 == 57
    assert found.median == pytest.approx(per_head.median())
    rest = raw.drop(index=CORE)
    for key, rows in (("whole", raw), ("rest", rest)):
        assert found.scales[key].value == pytest.approx(rows["imponibile_eur"].sum() / rows["contribuenti"].sum())
    assert round(found.gap(found.scales["whole"].value)) == -16
    assert round(found.gap(found.scales["rest"].value)) == -2


def test_a_municipal_indicator_has_no_value_for_an_area(tables, groups, universe) -> None:
    found = standings(["supply_self_containment"], tables, groups, own=BRESSO, universe=universe)
    standing = found["supply_self_containment"]
    assert standing.own.value == pytest.approx(17.06, abs=0.005)
    assert not any(figure.known for figure in standing.scales.values())


def test_an_absent_value_has_no_position(tables, groups, universe) -> None:
    income = tables["income"].copy()
    gone = (income["istat_code"] == BRESSO) & (income["item"] == "taxable_income")
    income.loc[gone, "value"] = np.nan
    income.loc[gone, "flag"] = "confidential"
    found = standings(["income_per_taxpayer"], tables | {"income": income}, groups, own=BRESSO, universe=universe)
    standing = found["income_per_taxpayer"]
    assert standing.own.flag == "confidential"
    assert standing.position is None
    assert standing.scales["whole"].flag == "confidential"  # a total with a suppressed member is not a total
    assert not standing.scales["whole"].known


def test_own_must_be_a_group(tables, groups, universe) -> None:
    with pytest.raises(DataError, match="not among the groups"):
        standings(["income_per_taxpayer"], tables, groups, own="015999", universe=universe)


def test_without_a_value_of_its_own_the_year_is_that_of_the_others(tables, groups, universe) -> None:
    """Income classes end before the table does: an area with a confidential class stands beside their last year."""
    found = standings(["share_income_over_55000"], tables, groups, own="whole", universe=universe)
    standing = found["share_income_over_55000"]
    assert (standing.year, standing.own.flag) == (2021, "confidential")
    assert standing.median == standing.median


def test_a_panel_finds_figures_by_territory_and_year() -> None:
    rows = pd.DataFrame(
        {
            "territory": ["a", "b", "a", "b"],
            "year": [2020, 2020, 2021, 2021],
            "value": [1.0, 3.0, np.nan, 5.0],
            "flag": ["observed", "break", "confidential", "observed"],
        }
    )
    panel = Panel("residents", rows)
    assert (panel.year_of("a"), panel.year_of("b"), panel.year_of("nobody")) == (2020, 2021, 2021)
    assert panel.figure("b", 2020) == Figure(3.0, "break")
    assert panel.figure("a", 2021).flag == "confidential"
    assert panel.figure("a", 1999).flag == panel.figure("nobody", 2020).flag == "missing"
    assert panel.universe(("a", "b", "c"), 2020).median == 2.0
    assert list(panel.of("b")["value"]) == [3.0, 5.0]
