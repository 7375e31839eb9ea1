"""Figures of real municipalities, recomputed from the publishers' files with plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit import indicators
from toolkit.catalog import Catalog
from toolkit.errors import DataError

BRESSO, MILANO = "015032", "015146"
TABLES = (
    "income",
    "local_units",
    "commuting",
    "commuting_flows",
    "population",
    "population_age",
    "fragility",
    "business_frame",
)


@pytest.fixture(scope="module")
def tables(root):
    catalog = Catalog(root / "data")
    return {name: catalog.load(name) for name in (*TABLES, "municipalities", "area_members")}


@pytest.fixture(scope="module")
def groups(tables):
    members = tables["area_members"]
    metro = sorted(members.loc[members["area"] == "citta-metropolitana-milano", "istat_code"].unique())
    nord = sorted(members.loc[members["area"] == "nord-milano-2008", "istat_code"].unique())
    areas = {"nord": nord, "metro": metro, "metro_without": [code for code in metro if code != MILANO]}
    return {code: [code] for code in metro} | areas


@pytest.fixture(scope="module")
def results(tables, groups):
    return indicators.compute(list(indicators.REGISTRY), tables, groups, parent="metro")


def value(results, name, territory, year):
    rows = results[(results["indicator"] == name) & (results["territory"] == territory) & (results["year"] == year)]
    assert len(rows) == 1
    return rows["value"].iloc[0]


def test_bresso_income_and_its_foils(results, groups):
    own = value(results, "income_per_taxpayer", BRESSO, 2023)
    assert own == pytest.approx(25_928.55, abs=0.005)
    for territory, gap in (("metro", -16), ("metro_without", -2)):
        assert round(100 * (own / value(results, "income_per_taxpayer", territory, 2023) - 1)) == gap
    values = indicators.values_of(results, 2023, "income_per_taxpayer").loc[list(groups["metro"])]
    place = indicators.position(values, BRESSO)
    assert (place.rank, place.of, place.ties) == (57, 133, 0)


def test_income_of_all_equals_the_source(results, shared):
    raw = pd.read_csv(shared / "sources/income/MI015_irpef_2018_2020_2021_2023.csv", dtype={"cod_istat": str})
    rows = results[results["indicator"] == "income_per_taxpayer"].set_index(["territory", "year"])["value"]
    assert len(raw) == 133 * 4
    for row in raw.itertuples():
        assert rows[row.cod_istat, row.anno] == pytest.approx(row.imponibile_eur / row.contribuenti, rel=1e-12)


def test_commuting_equals_the_source(results, shared):
    raw = pd.read_csv(shared / "sources/commuting/IT_pendolari_lavoro_2021_saldo.csv", dtype={"PRO_COM_T": str})
    raw = raw[raw["PRO_COM_T"].str.startswith("015")].set_index("PRO_COM_T")
    stay, out, into = raw["pendolari_interni"], raw["pendolari_in_uscita"], raw["pendolari_in_entrata"]
    expected = {
        "supply_self_containment": 100 * stay / (stay + out),
        "demand_self_containment": 100 * stay / (stay + into),
        "jobs_per_100_commuters": 100 * (stay + into) / (stay + out),
        "job_balance": into - out,
    }
    for name, series in expected.items():
        own = indicators.values_of(results, 2021, name).reindex(series.index)
        np.testing.assert_allclose(own, series, rtol=1e-12)
    assert value(results, "supply_self_containment", BRESSO, 2021) == pytest.approx(17.06, abs=0.005)
    assert value(results, "demand_self_containment", BRESSO, 2021) == pytest.approx(27.08, abs=0.005)


def test_ages_equal_the_source(results, shared):
    raw = pd.read_parquet(shared / "sources/population/IT_popolazione_eta_sesso_2022_2023.parquet")
    raw = raw[raw["cod_istat"].astype(str).str.startswith("015") & (raw["anno"] == 2023)]
    ages = raw.pivot_table(index="cod_istat", columns="eta", values="tot", aggfunc="sum").astype(float)
    young, old, work = ages.loc[:, :14].sum(axis=1), ages.loc[:, 65:].sum(axis=1), ages.loc[:, 15:64].sum(axis=1)
    expected = {
        "old_age_index": 100 * old / young,
        "dependency_ratio": 100 * (young + old) / work,
        "residents_6_10": ages.loc[:, 6:10].sum(axis=1),
        "leavers_per_100_entrants": 100 * ages.loc[:, 55:64].sum(axis=1) / ages.loc[:, 15:24].sum(axis=1),
    }
    for name, series in expected.items():
        np.testing.assert_allclose(indicators.values_of(results, 2023, name).reindex(series.index), series, rtol=1e-12)


def test_area_shares_depend_on_the_dated_parent(tables, groups):
    members = tables["area_members"]
    province = sorted(members.loc[members["area"] == "provincia-milano-2008", "istat_code"].unique())
    assert len(province) == 188
    shares = []
    for parent, codes, percent in (("then", province, 2.92), ("now", groups["metro"], 3.67)):
        territories = {"nord": groups["nord"], parent: codes}
        rows = indicators.compute("share_area", tables, territories, parent=parent)
        assert rows.loc[rows["territory"] == "nord", "value"].iloc[0] == pytest.approx(percent, abs=0.005)
        shares.append(rows)
    with pytest.raises(DataError, match="different parent are not comparable"):
        indicators.one_series(pd.concat(shares))
    units = indicators.compute("share_local_units", tables, {"nord": groups["nord"], "then": province}, parent="then")
    assert units.loc[units["territory"] == "nord", "value"].iloc[0] == pytest.approx(5.41, abs=0.005)


def test_totals_with_an_absent_member_are_absent(results):
    rows = results[(results["indicator"] == "residents") & (results["territory"] == "metro")].set_index("year")
    assert rows.loc[2018, "flag"] == rows.loc[2019, "flag"] == "missing"
    assert rows.loc[2021, "value"] == 3_249_821
    classes = results[(results["indicator"] == "share_income_over_55000") & (results["year"] == 2021)]
    assert classes.set_index("territory").loc["metro", "flag"] == "confidential"


def test_population_change_keeps_within_spans(results):
    rows = results[(results["indicator"] == "population_change") & (results["territory"] == BRESSO)]
    assert list(rows["year"]) == [2021, 2026]
    assert rows["value"].tolist() == pytest.approx([100 * (26358 / 26336 - 1), 100 * (26672 / 26081 - 1)])


def test_bounds_of_areas(tables, groups):
    areas = {name: groups[name] for name in ("nord", "metro", BRESSO)}
    result = indicators.area_self_containment(tables["commuting"], tables["commuting_flows"], areas)
    assert (result["low"] <= result["high"]).all()
    own = result[result["territory"] == BRESSO].set_index("side")
    assert own.loc["supply", "low"] == own.loc["supply", "high"] == pytest.approx(17.0625, abs=1e-4)
    flows = tables["commuting_flows"]
    within = flows[flows["origin"].isin(groups["nord"]) & flows["destination"].isin(groups["nord"])]["value"].sum()
    counts = tables["commuting"][tables["commuting"]["istat_code"].isin(groups["nord"])]
    counts = counts.groupby("item")["value"].sum()
    low = 100 * (counts["internal"] + within) / (counts["internal"] + counts["outgoing"])
    nord = result[result["territory"] == "nord"].set_index("side")
    assert nord.loc["supply", "low"] == pytest.approx(low)
    assert nord.loc["supply", "high"] < low + 2


def test_peers_of_every_municipality(results, groups):
    variables = indicators.structure(results[results["territory"].isin(groups["metro"])])
    assert len(variables) == 133
    assert variables.notna().all(axis=None)
    for code in ("015032", "015146", "015155"):
        peers = indicators.nearest(variables, code)
        assert len(peers.codes) == 10
        assert code not in peers.codes
    assert indicators.nearest(variables, MILANO).isolation > 95
