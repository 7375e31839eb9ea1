"""What local units produce and pay: value added, turnover and wages, industry beside services (ISTAT, business frame).

A local unit's value added is estimated by ISTAT, which shares out that of its enterprise. Out of scope: agriculture,
finance and insurance, public administration.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit.indicators.base import Example, indicator, row
from toolkit.indicators.figures import pick, ratio, share, share_of_parent

_FRAME = "ISTAT, territorial business frame (Frame SBS territoriale)"
_RESIDENTS = "Istat, resident population at 1 January"
_TABLES = ("business_frame",)
_BASE = "business_persons"


def _row(item: str, value: float, unit: str, sector: str = "total") -> dict[str, Any]:
    return row("business_frame", value, item=item, sector=sector, unit=unit, year=2023)


def _of(frame: pd.DataFrame, item: str, sector: str = "total") -> pd.DataFrame:
    return pick(frame, item=item, sector=sector)


@indicator(
    id="value_added_per_person",
    it="Valore aggiunto per addetto",
    en="Value added per person employed",
    unit="EUR_per_person_employed",
    counts="persons_employed",
    formula="value added of local units / persons employed in them, current prices",
    direction=1,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=Example((_row("value_added", 600_000, "EUR"), _row("persons_employed", 10, "persons_employed")), 60_000.0),
)
def value_added_per_person(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Apparent labour productivity: EUR a person employed, of all local units in scope."""
    top, people = _of(business_frame, "value_added"), _of(business_frame, "persons_employed")
    return ratio(top, people, units=("EUR", "persons_employed"))


@indicator(
    id="turnover_per_person",
    it="Fatturato per addetto",
    en="Turnover per person employed",
    unit="EUR_per_person_employed",
    counts="persons_employed",
    formula="turnover of local units / persons employed in them, current prices",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=Example((_row("turnover", 2_000_000, "EUR"), _row("persons_employed", 10, "persons_employed")), 200_000.0),
)
def turnover_per_person(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Turnover, EUR a person employed; what trade buys and sells again is in it."""
    top, people = _of(business_frame, "turnover"), _of(business_frame, "persons_employed")
    return ratio(top, people, units=("EUR", "persons_employed"))


@indicator(
    id="wages_per_employee",
    it="Retribuzione per dipendente",
    en="Wages per employee",
    unit="EUR_per_employee",
    counts="persons",
    formula="wages paid by local units / their employees, current prices",
    direction=1,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=Example((_row("wages", 300_000, "EUR"), _row("employees", 10, "persons")), 30_000.0),
)
def wages_per_employee(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Gross wages of those who work here, EUR an employee; they need not live here."""
    top, people = _of(business_frame, "wages"), _of(business_frame, "employees")
    return ratio(top, people, units=("EUR", "persons"))


@indicator(
    id="industry_share",
    it="Addetti dell'industria",
    en="Persons employed in industry",
    unit="percent",
    counts="persons_employed",
    formula="100 × persons employed in industry (construction included) / in industry and services",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=Example(
        (
            _row("persons_employed", 30, "persons_employed", "industry"),
            _row("persons_employed", 120, "persons_employed"),
        ),
        25.0,
    ),
)
def industry_share(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Share of industry in the persons employed, percent."""
    part, whole = (_of(business_frame, "persons_employed", sector) for sector in ("industry", "total"))
    return share(part, whole, unit="persons_employed")


@indicator(
    id="industry_value_added_share",
    it="Valore aggiunto dell'industria",
    en="Value added of industry",
    unit="percent",
    counts="EUR",
    formula="100 × value added of industry (construction included) / of industry and services",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=Example((_row("value_added", 40, "EUR", "industry"), _row("value_added", 100, "EUR")), 40.0),
)
def industry_value_added_share(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Share of industry in the value added, percent."""
    part, whole = (_of(business_frame, "value_added", sector) for sector in ("industry", "total"))
    return share(part, whole, unit="EUR")


@indicator(
    id="business_persons",
    it="Addetti, senza finanza",
    en="Persons employed, without finance",
    unit="persons_employed",
    counts="persons_employed",
    formula="persons employed in local units of industry and services, annual average",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    example=Example((_row("persons_employed", 120, "persons_employed"),), 120.0),
)
def business_persons(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Persons employed in local units in scope; of them the means of this theme are taken."""
    return _of(business_frame, "persons_employed").drop(columns="unit")


@indicator(
    id="labour_cost_per_employee",
    it="Costo del lavoro per dipendente",
    en="Labour cost per employee",
    unit="EUR_per_employee",
    counts="persons",
    formula="wages, contributions and severance pay of local units / their employees, current prices",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=Example((_row("labour_cost", 420_000, "EUR"), _row("employees", 10, "persons")), 42_000.0),
)
def labour_cost_per_employee(business_frame: pd.DataFrame) -> pd.DataFrame:
    """What an employee costs the enterprise, contributions included, EUR."""
    top, people = _of(business_frame, "labour_cost"), _of(business_frame, "employees")
    return ratio(top, people, units=("EUR", "persons"))


@indicator(
    id="business_unit_size",
    it="Addetti per unità locale, senza finanza",
    en="Persons employed per local unit, without finance",
    unit="persons_per_local_unit",
    counts="persons_employed",
    formula="persons employed in local units of industry and services / local units",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=Example(
        (_row("persons_employed", 120, "persons_employed"), _row("local_units", 40, "local_units")),
        3.0,
    ),
)
def business_unit_size(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Average size of the local units in scope."""
    people, units = _of(business_frame, "persons_employed"), _of(business_frame, "local_units")
    return ratio(people, units, units=("persons_employed", "local_units"))


def _example_of_residents(item: str, value: float) -> Example:
    residents = row("population", 1_000, item="residents", unit="persons", year=2023)
    return Example((_row(item, value, "EUR"), residents), value / 1_000)


@indicator(
    id="value_added_per_resident",
    it="Valore aggiunto per residente",
    en="Value added per resident",
    unit="EUR_per_resident",
    counts="EUR",
    formula="value added of local units / residents at 1 January of the year, current prices",
    direction=0,
    reference=_FRAME + "; " + _RESIDENTS,
    tables=("business_frame", "population"),
    base=_BASE,
    example=_example_of_residents("value_added", 25_000_000),
)
def value_added_per_resident(business_frame: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """What businesses here produce for each resident; those who work here need not live here."""
    top, people = _of(business_frame, "value_added"), pick(population, item="residents")
    return ratio(top, people, units=("EUR", "persons"))


@indicator(
    id="turnover_per_resident",
    it="Fatturato per residente",
    en="Turnover per resident",
    unit="EUR_per_resident",
    counts="EUR",
    formula="turnover of local units / residents at 1 January of the year, current prices",
    direction=0,
    reference=_FRAME + "; " + _RESIDENTS,
    tables=("business_frame", "population"),
    base=_BASE,
    example=_example_of_residents("turnover", 80_000_000),
)
def turnover_per_resident(business_frame: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Turnover of businesses here for each resident, EUR."""
    top, people = _of(business_frame, "turnover"), pick(population, item="residents")
    return ratio(top, people, units=("EUR", "persons"))


def _sector_example(sector: str) -> Example:
    people = _row("persons_employed", 10, "persons_employed", sector)
    return Example((_row("value_added", 700_000, "EUR", sector), people), 70_000.0)


def _sector_productivity(business_frame: pd.DataFrame, sector: str) -> pd.DataFrame:
    top, people = (_of(business_frame, item, sector) for item in ("value_added", "persons_employed"))
    return ratio(top, people, units=("EUR", "persons_employed"))


@indicator(
    id="industry_value_added_per_person",
    it="Valore aggiunto per addetto, industria",
    en="Value added per person employed, industry",
    unit="EUR_per_person_employed",
    counts="persons_employed",
    formula="value added of local units of industry (construction included) / persons employed in them",
    direction=1,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=_sector_example("industry"),
)
def industry_value_added_per_person(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Apparent labour productivity of industry, EUR a person employed; absent where there is no industry."""
    return _sector_productivity(business_frame, "industry")


@indicator(
    id="services_value_added_per_person",
    it="Valore aggiunto per addetto, servizi",
    en="Value added per person employed, services",
    unit="EUR_per_person_employed",
    counts="persons_employed",
    formula="value added of local units of services / persons employed in them",
    direction=1,
    reference=_FRAME,
    tables=_TABLES,
    base=_BASE,
    example=_sector_example("services"),
)
def services_value_added_per_person(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Apparent labour productivity of services, EUR a person employed."""
    return _sector_productivity(business_frame, "services")


def _part_and_whole(item: str, unit: str) -> Example:
    return Example((_row(item, 5, unit), _row(item, 15, unit) | {"istat_code": "000002"}), 25.0, parent="p")


@indicator(
    id="share_business_persons",
    it="Quota degli addetti, senza finanza",
    en="Share of persons employed, without finance",
    unit="percent",
    counts="persons_employed",
    formula="100 × persons employed in industry and services of the territory / of the parent territory",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    example=_part_and_whole("persons_employed", "persons_employed"),
    parent=True,
)
def share_business_persons(business_frame: pd.DataFrame, *, parent: str) -> pd.DataFrame:
    """Percentage of the parent's persons employed in industry and services."""
    return share_of_parent(_of(business_frame, "persons_employed"), parent, unit="persons_employed")


@indicator(
    id="share_value_added",
    it="Quota del valore aggiunto",
    en="Share of value added",
    unit="percent",
    counts="EUR",
    formula="100 × value added of local units of the territory / of those of the parent territory",
    direction=0,
    reference=_FRAME,
    tables=_TABLES,
    example=_part_and_whole("value_added", "EUR"),
    parent=True,
)
def share_value_added(business_frame: pd.DataFrame, *, parent: str) -> pd.DataFrame:
    """Percentage of the parent's value added of industry and services."""
    return share_of_parent(_of(business_frame, "value_added"), parent, unit="EUR")


def coverage(business_frame: pd.DataFrame) -> pd.DataFrame:
    """How many municipalities have each figure published, of those that have a row.

    Returns:
        DataFrame[sector, item, known, all].
    """
    rows = business_frame[business_frame["year"] == business_frame["year"].max()]
    known = rows.groupby(["sector", "item"], observed=True)["value"].agg(known="count", all="size")
    return known.reset_index()
