"""A place beside its local system, its province, its macro-region and Italy; sections where they are known."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from toolkit import Report, catalog, display, indicators

BRESSO, MILANO = "015032", "015146"


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A report whose register has the columns that one of today may lack."""
    monkeypatch.setattr("toolkit.report.report.show", lambda shown: isinstance(shown, display.Shown))

    def made(language: str = "it", **where: str) -> Report:
        found = Report("benchmark", it="Produzione", en="Production", language=language, **where)
        register = found.table("municipalities")
        found._tables["municipalities"] = register.assign(system="0311", statistics_province=register["province_code"])
        return found

    return made


@pytest.mark.parametrize("where", [{"municipality": BRESSO}, {"area": "zona-nord-milano"}])
@pytest.mark.parametrize(("language", "last"), [("it", "Italia"), ("en", "Italy")])
def test_larger_territories_are_as_published(report: Any, where: dict[str, str], language: str, last: str) -> None:
    one = report(language, **where)
    produced = one.compare(indicators.value_added_per_person(one.table("business_frame")))
    rows = one.beside([produced])
    assert list(rows["territory"]) == ["own", "system", "province", "macro_region", "italy"]
    assert (rows["name"].iloc[0], rows["name"].iloc[-1]) == (one.name, last)
    assert rows["value_added_per_person"].iloc[0] == produced.own.value
    frame = catalog.load("system_frame").query("sector == 'total'")
    sums = frame[frame["system_code"] == "0311"].set_index("item")["value"]
    assert rows["value_added_per_person"].iloc[1] == pytest.approx(sums["value_added"] / sums["persons_employed"])
    italy = frame.groupby("item")["value"].sum()
    assert rows["value_added_per_person"].iloc[4] == pytest.approx(
        italy["value_added"] / italy["persons_employed"], rel=1e-5
    )


def test_a_local_system_stands_in_its_group(report: Any) -> None:
    one = report(municipality=BRESSO)
    facts = one.system_facts(one.compare(indicators.value_added_per_person(one.table("business_frame"))))
    systems = catalog.load("local_systems").set_index("system_code")
    assert facts["system"] == systems.loc["0311", "name"]
    assert facts["n"] == facts["rank"].of == (systems["group"] == systems.loc["0311", "group"]).sum()
    said = one.sentence(it="{system:of}, {group:lower}: {own}, {rank}", en="{system}, {group}: {own}, {rank}", **facts)
    assert said.startswith(f"Di {facts['system']}, ")


def test_where_the_register_has_no_system_nothing_is_said(report: Any) -> None:
    one = report(municipality=BRESSO)
    one._tables["municipalities"] = one._tables["municipalities"].drop(columns="system")
    produced = one.compare(indicators.value_added_per_person(one.table("business_frame")))
    assert "system" not in set(one.beside([produced])["territory"])
    assert not one.sentence(it="{system:of}", en="{system}", **one.system_facts(produced))


def test_members_of_two_provinces_have_none(report: Any) -> None:
    one = report(area="zona-nord-milano")
    register = one._tables["municipalities"]
    second = register["istat_code"] == one.members[0]
    one._tables["municipalities"] = register.assign(
        statistics_province=register["statistics_province"].mask(second, "108")
    )
    assert (one.statistics_province, one.structures()) == ("", [])
    assert [key for key, *_ in one._larger()] == ["italy"]


@pytest.mark.parametrize("code", [BRESSO, MILANO])
def test_sections_of_a_municipality_that_the_table_has(report: Any, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of Brescia's municipalities under other codes: a page of today has none of its own."""
    one = report(municipality=code)
    assert one.sections() is None
    assert "local_units_sector" not in {source.name for source in one.sources}
    rows = catalog.load("local_units_sector")
    named = dict(zip(sorted(rows["istat_code"].unique()), sorted(one.universe), strict=False))
    moved = rows.assign(istat_code=rows["istat_code"].map(named)).dropna(subset="istat_code")
    one._tables["local_units_sector"] = moved.reset_index(drop=True)
    monkeypatch.setattr("toolkit.report.producing.catalog.load", lambda name: moved)
    found = one.sections()
    assert found.year == 2023
    assert found.table["share"].sum() == pytest.approx(100)
    base = pd.Series(found.table["reference"].to_numpy(), index=found.table["sector"])
    assert base.sum() == pytest.approx(100), "the reference is the province: all its municipalities of the table"


def test_growth_since_2019_stands_first_and_2018_beside_it(report: Any) -> None:
    one = report(municipality=BRESSO)
    first, second = one.structures()
    assert ((first.base, second.base), first.year) == ((2019, 2018), 2023)
    assert first.table["persons"].equals(second.table["persons"])
    past = one.table("province_local_units")
    one._tables["province_local_units"] = past[past["year"] <= 2019]
    assert [found.base for found in one.structures()] == [2018], "on a day that knows no later year"
