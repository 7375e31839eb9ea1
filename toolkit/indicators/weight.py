"""Weight of a territory in a dated parent, densities and size: local units, persons employed, residents, area."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit.indicators.base import Example, indicator, prepares, row
from toolkit.indicators.figures import pick, ratio, share_of_parent

AREA_YEAR = 2023
"""Areas of the register are those of 1 January 2023 and change only with boundaries: one year stands for all."""

RESIDENTS_YEAR = {2018: 2020}
"""Local units of 2018 are set against residents of 1 January 2020, the first date of the re-based population at which
every municipality that exists today has a figure (a merger of 2019 has none before)."""

_ASIA = "Istat, ASIA local units: annual average of the year; persons employed are employees and self-employed"
_AREA = "Istat, areas of administrative units at 1 January 2023"
_RESIDENTS = "Istat, resident population at 1 January"


@prepares("municipalities")
def areas(municipalities: pd.DataFrame) -> pd.DataFrame:
    """Areas of the municipalities, as a long table.

    Args:
        municipalities: the register: `istat_code`, `area_km2`. A table already long is returned as it is.

    Returns:
        DataFrame[istat_code, year, item=area, value, unit=km2, flag]; an unknown area is `missing`.
    """
    if "area_km2" not in municipalities:
        return municipalities
    area = municipalities["area_km2"].astype(float)
    return pd.DataFrame(
        {
            "istat_code": municipalities["istat_code"],
            "year": AREA_YEAR,
            "item": "area",
            "value": area,
            "unit": "km2",
            "flag": area.notna().map({True: "observed", False: "missing"}),
        }
    )


def _two(table: str, inside: float, outside: float, unit: str, **keys: Any) -> tuple:
    return (row(table, inside, unit=unit, **keys), row(table, outside, code="000002", unit=unit, **keys))


_UNITS: dict[str, Any] = {"item": "local_units", "unit": "local_units"}
_EMPLOYED: dict[str, Any] = {"item": "persons_employed", "unit": "persons_employed"}
_PEOPLE: dict[str, Any] = {"item": "residents", "unit": "persons"}
_KM2: dict[str, Any] = {"item": "area", "unit": "km2", "year": AREA_YEAR}


@indicator(
    id="share_local_units",
    it="Quota delle unità locali",
    en="Share of local units",
    unit="percent",
    counts="local_units",
    formula="100 × local units of the territory / local units of the parent territory",
    direction=0,
    reference=_ASIA,
    tables=("local_units",),
    example=Example(_two("local_units", 6, 94, "local_units", item="local_units"), 6.0, parent="p"),
    parent=True,
)
def share_local_units(local_units: pd.DataFrame, *, parent: str) -> pd.DataFrame:
    """Percentage of the parent's local units."""
    return share_of_parent(pick(local_units, item="local_units"), parent, unit="local_units")


@indicator(
    id="share_persons_employed",
    it="Quota degli addetti",
    en="Share of persons employed",
    unit="percent",
    counts="persons_employed",
    formula="100 × persons employed in local units of the territory / in those of the parent territory",
    direction=0,
    reference=_ASIA,
    tables=("local_units",),
    example=Example(_two("local_units", 5, 15, "persons_employed", item="persons_employed"), 25.0, parent="p"),
    parent=True,
)
def share_persons_employed(local_units: pd.DataFrame, *, parent: str) -> pd.DataFrame:
    """Percentage of the parent's persons employed."""
    return share_of_parent(pick(local_units, item="persons_employed"), parent, unit="persons_employed")


@indicator(
    id="share_area",
    it="Quota della superficie",
    en="Share of the area",
    unit="percent",
    counts="km2",
    formula="100 × area of the territory / area of the parent territory, km²",
    direction=0,
    reference=_AREA,
    tables=("municipalities",),
    example=Example(_two("municipalities", 2, 48, "km2", item="area", year=AREA_YEAR), 4.0, parent="p"),
    parent=True,
)
def share_area(municipalities: pd.DataFrame, *, parent: str) -> pd.DataFrame:
    """Percentage of the parent's area."""
    return share_of_parent(pick(municipalities, item="area"), parent, unit="km2")


@indicator(
    id="share_residents",
    it="Quota dei residenti",
    en="Share of residents",
    unit="percent",
    counts="residents",
    formula="100 × residents of the territory / residents of the parent territory, 1 January",
    direction=0,
    reference=_RESIDENTS,
    tables=("population",),
    example=Example(_two("population", 10, 30, "persons", item="residents"), 25.0, parent="p"),
    parent=True,
)
def share_residents(population: pd.DataFrame, *, parent: str) -> pd.DataFrame:
    """Percentage of the parent's residents."""
    return share_of_parent(pick(population, item="residents"), parent, unit="persons")


def _concentration(series: pd.DataFrame, area: pd.DataFrame, parent: str, unit: str) -> pd.DataFrame:
    """Share of what is counted over share of the area, both in the same parent."""
    of_units = share_of_parent(series, parent, unit=unit).assign(unit="percent")
    of_area = share_of_parent(area, parent, unit="km2").assign(unit="percent")
    return ratio(of_units, of_area, units=("percent", "percent"), years=_area_years(series))


@indicator(
    id="concentration_local_units",
    it="Concentrazione delle unità locali",
    en="Concentration of local units",
    unit="ratio",
    counts="local_units",
    formula="share of the parent's local units / share of the parent's area (1 = as dense as the parent)",
    direction=0,
    reference="ratio of shares, i.e. location quotient over area; " + _ASIA,
    tables=("local_units", "municipalities"),
    example=Example(
        _two("local_units", 6, 94, "local_units", item="local_units")
        + _two("municipalities", 3, 97, "km2", item="area", year=AREA_YEAR),
        2.0,
        parent="p",
    ),
    parent=True,
)
def concentration_local_units(local_units: pd.DataFrame, municipalities: pd.DataFrame, *, parent: str) -> pd.DataFrame:
    """How many times denser than the parent in local units."""
    series = pick(local_units, item="local_units")
    return _concentration(series, pick(municipalities, item="area"), parent, "local_units")


@indicator(
    id="concentration_persons_employed",
    it="Concentrazione degli addetti",
    en="Concentration of persons employed",
    unit="ratio",
    counts="persons_employed",
    formula="share of the parent's persons employed / share of the parent's area (1 = as dense as the parent)",
    direction=0,
    reference="ratio of shares, i.e. location quotient over area; " + _ASIA,
    tables=("local_units", "municipalities"),
    example=Example(
        _two("local_units", 9, 91, "persons_employed", item="persons_employed")
        + _two("municipalities", 3, 97, "km2", item="area", year=AREA_YEAR),
        3.0,
        parent="p",
    ),
    parent=True,
)
def concentration_persons_employed(
    local_units: pd.DataFrame, municipalities: pd.DataFrame, *, parent: str
) -> pd.DataFrame:
    """How many times denser than the parent in persons employed."""
    series = pick(local_units, item="persons_employed")
    return _concentration(series, pick(municipalities, item="area"), parent, "persons_employed")


@indicator(
    id="local_units_per_km2",
    it="Unità locali per km²",
    en="Local units per km²",
    unit="local_units_per_km2",
    counts="local_units",
    formula="local units / area in km²",
    direction=0,
    reference=_ASIA + "; " + _AREA,
    tables=("local_units", "municipalities"),
    example=Example((row("local_units", 50, **_UNITS), row("municipalities", 4, **_KM2)), 12.5),
)
def local_units_per_km2(local_units: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Density of local units."""
    top = pick(local_units, item="local_units")
    return ratio(top, pick(municipalities, item="area"), units=("local_units", "km2"), years=_area_years(top))


@indicator(
    id="persons_employed_per_km2",
    it="Addetti per km²",
    en="Persons employed per km²",
    unit="persons_employed_per_km2",
    counts="persons_employed",
    formula="persons employed in local units / area in km²",
    direction=0,
    reference=_ASIA + "; " + _AREA,
    tables=("local_units", "municipalities"),
    example=Example((row("local_units", 50, **_EMPLOYED), row("municipalities", 4, **_KM2)), 12.5),
)
def persons_employed_per_km2(local_units: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Density of persons employed."""
    top = pick(local_units, item="persons_employed")
    return ratio(top, pick(municipalities, item="area"), units=("persons_employed", "km2"), years=_area_years(top))


@indicator(
    id="residents_per_km2",
    it="Residenti per km²",
    en="Residents per km²",
    unit="persons_per_km2",
    counts="residents",
    formula="residents at 1 January / area in km²",
    direction=0,
    reference=_RESIDENTS + "; " + _AREA,
    tables=("population", "municipalities"),
    example=Example((row("population", 6000, **_PEOPLE), row("municipalities", 4, **_KM2)), 1500.0),
)
def residents_per_km2(population: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Population density."""
    top = pick(population, item="residents")
    return ratio(top, pick(municipalities, item="area"), units=("persons", "km2"), years=_area_years(top))


@indicator(
    id="local_units_per_1000",
    it="Unità locali per 1.000 residenti",
    en="Local units per 1,000 residents",
    unit="per_1000_residents",
    counts="local_units",
    formula="1,000 × local units / residents at 1 January of the year (units of 2018: residents of 2020)",
    direction=0,
    reference=_ASIA + "; " + _RESIDENTS,
    tables=("local_units", "population"),
    example=Example((row("local_units", 80, **_UNITS), row("population", 1000, **_PEOPLE)), 80.0),
)
def local_units_per_1000(local_units: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Local units per thousand residents."""
    top, people = pick(local_units, item="local_units"), pick(population, item="residents")
    return ratio(top, people, units=("local_units", "persons"), times=1000.0, years=RESIDENTS_YEAR)


@indicator(
    id="persons_employed_per_1000",
    it="Addetti per 1.000 residenti",
    en="Persons employed per 1,000 residents",
    unit="per_1000_residents",
    counts="persons_employed",
    formula="1,000 × persons employed in local units / residents at 1 January (units of 2018: residents of 2020)",
    direction=0,
    reference=_ASIA + "; " + _RESIDENTS,
    tables=("local_units", "population"),
    example=Example((row("local_units", 300, **_EMPLOYED), row("population", 1000, **_PEOPLE)), 300.0),
)
def persons_employed_per_1000(local_units: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Persons employed here per thousand residents (they need not live here)."""
    top, people = pick(local_units, item="persons_employed"), pick(population, item="residents")
    return ratio(top, people, units=("persons_employed", "persons"), times=1000.0, years=RESIDENTS_YEAR)


@indicator(
    id="local_unit_size",
    it="Addetti per unità locale",
    en="Persons employed per local unit",
    unit="persons_per_local_unit",
    counts="persons_employed",
    formula="persons employed / local units",
    direction=0,
    reference=_ASIA,
    tables=("local_units",),
    example=Example((row("local_units", 120, **_EMPLOYED), row("local_units", 40, **_UNITS)), 3.0),
)
def local_unit_size(local_units: pd.DataFrame) -> pd.DataFrame:
    """Average size of local units."""
    people, units = pick(local_units, item="persons_employed"), pick(local_units, item="local_units")
    return ratio(people, units, units=("persons_employed", "local_units"))


def _area_years(series: pd.DataFrame) -> dict[int, int]:
    return dict.fromkeys(series["year"].unique(), AREA_YEAR)
