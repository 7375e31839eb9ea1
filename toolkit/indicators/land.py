"""What the land carries: production on consumed soil, hazard mapped on it (ISTAT, ISPRA).

Areas and persons add up, so that figures of an area are ratios of sums. Hazard classes lie within one another.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit.indicators.base import Example, indicator, row
from toolkit.indicators.figures import pick, ratio
from toolkit.indicators.weight import AREA_YEAR

_SOIL = "ISTAT, share of consumed soil (rounded) × area of the register"
_FRAME = "ISTAT, territorial business frame; " + _SOIL
_ASIA = "ISTAT, ASIA local units; " + _SOIL
_ISPRA = "ISPRA, IdroGEO, mosaic of 2020, flood hazard P2 (return time of 100 to 200 years)"
_SOIL_OF = {2023: 2022}
"""The soil of 2022 is the last published: figures of 2023 are set against it."""


def _soil(value: float, year: int) -> dict[str, Any]:
    return row("consumed_land", value, item="consumed_land", unit="ha", year=year)


def _frame(value: float, item: str, unit: str) -> dict[str, Any]:
    return row("business_frame", value, item=item, sector="total", unit=unit, year=2023)


def _of(table: pd.DataFrame, item: str) -> pd.DataFrame:
    return pick(table, item=item, sector="total")


@indicator(
    id="consumed_share",
    it="Suolo consumato",
    en="Consumed land",
    unit="percent",
    counts="ha",
    formula="hectares of consumed soil / area in km² (1 km² = 100 ha, so this is a percentage)",
    direction=-1,
    reference=_SOIL,
    tables=("consumed_land", "municipalities"),
    example=Example(
        (_soil(60, 2022), row("municipalities", 1, item="area", unit="km2", year=AREA_YEAR)),
        60.0,
    ),
    trend=False,
)
def consumed_share(consumed_land: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Consumed soil, percent of the area; of an area, of its municipalities together."""
    top = pick(consumed_land, item="consumed_land")
    years = dict.fromkeys(top["year"].unique(), AREA_YEAR)
    return ratio(top, pick(municipalities, item="area"), units=("ha", "km2"), years=years)


@indicator(
    id="consumed_m2_per_resident",
    it="Suolo consumato per residente",
    en="Consumed land per resident",
    unit="m2_per_resident",
    counts="ha",
    formula="10,000 × hectares of consumed soil / residents at 1 January of the year",
    direction=-1,
    reference=_SOIL + "; ISTAT, resident population at 1 January",
    tables=("consumed_land", "population"),
    example=Example((_soil(1, 2021), row("population", 100, item="residents", unit="persons")), 100.0),
    trend=False,
)
def consumed_m2_per_resident(consumed_land: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Square metres of consumed soil a resident."""
    top, people = pick(consumed_land, item="consumed_land"), pick(population, item="residents")
    return ratio(top, people, units=("ha", "persons"), times=10_000.0)


@indicator(
    id="jobs_per_consumed_hectare",
    it="Addetti per ettaro consumato, 2018",
    en="Persons employed per consumed hectare, 2018",
    unit="persons_employed_per_hectare",
    counts="persons_employed",
    formula="persons employed in all local units (ASIA 2018) / hectares of consumed soil of the year",
    direction=0,
    reference=_ASIA,
    tables=("local_units", "consumed_land"),
    example=Example(
        (
            row("local_units", 300, item="persons_employed", unit="persons_employed", year=2018),
            _soil(10, 2018),
        ),
        30.0,
    ),
)
def jobs_per_consumed_hectare(local_units: pd.DataFrame, consumed_land: pd.DataFrame) -> pd.DataFrame:
    """Persons employed in all local units, finance included, a hectare of consumed soil."""
    top, soil = pick(local_units, item="persons_employed"), pick(consumed_land, item="consumed_land")
    return ratio(top, soil, units=("persons_employed", "ha"))


@indicator(
    id="business_persons_per_consumed_hectare",
    it="Addetti per ettaro consumato",
    en="Persons employed per consumed hectare",
    unit="persons_employed_per_hectare",
    counts="persons_employed",
    formula="persons employed in industry and services (finance left out, 2023) / hectares of consumed soil (2022)",
    direction=0,
    reference=_FRAME,
    tables=("business_frame", "consumed_land"),
    example=Example((_frame(300, "persons_employed", "persons_employed"), _soil(10, 2022)), 30.0),
)
def business_persons_per_consumed_hectare(business_frame: pd.DataFrame, consumed_land: pd.DataFrame) -> pd.DataFrame:
    """Persons employed of the business frame, a hectare of consumed soil."""
    top, soil = _of(business_frame, "persons_employed"), pick(consumed_land, item="consumed_land")
    return ratio(top, soil, units=("persons_employed", "ha"), years=_SOIL_OF)


@indicator(
    id="value_added_per_consumed_hectare",
    it="Valore aggiunto per ettaro consumato",
    en="Value added per consumed hectare",
    unit="EUR_per_hectare",
    counts="EUR",
    formula="value added of local units (2023) / hectares of consumed soil (2022), current prices",
    direction=0,
    reference=_FRAME,
    tables=("business_frame", "consumed_land"),
    example=Example((_frame(5e6, "value_added", "EUR"), _soil(10, 2022)), 500_000.0),
)
def value_added_per_consumed_hectare(business_frame: pd.DataFrame, consumed_land: pd.DataFrame) -> pd.DataFrame:
    """Value added, EUR a hectare of consumed soil; housing, roads and offices are on it too."""
    top, soil = _of(business_frame, "value_added"), pick(consumed_land, item="consumed_land")
    return ratio(top, soil, units=("EUR", "ha"), years=_SOIL_OF)


@indicator(
    id="business_units_per_km2",
    it="Unità locali per km²",
    en="Local units per km²",
    unit="local_units_per_km2",
    counts="local_units",
    formula="local units of industry and services (finance left out) / area in km²",
    direction=0,
    reference="ISTAT, territorial business frame; areas of administrative units",
    tables=("business_frame", "municipalities"),
    example=Example(
        (_frame(500, "local_units", "local_units"), row("municipalities", 5, item="area", unit="km2", year=AREA_YEAR)),
        100.0,
    ),
)
def business_units_per_km2(business_frame: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Local units of the business frame, a km²."""
    area = pick(municipalities, item="area")
    return ratio(_of(business_frame, "local_units"), area, units=("local_units", "km2"), years={2023: AREA_YEAR})


def _hazard(value: float, item: str, unit: str) -> dict[str, Any]:
    return row("hazard", value, hazard="flood_p2", item=item, unit=unit, year=2020)


@indicator(
    id="flood_area_share",
    it="Area a pericolosità idraulica media",
    en="Area of medium flood hazard",
    unit="percent",
    counts="km2",
    formula="100 × area mapped as flood hazard P2 / area of the municipality",
    direction=-1,
    reference=_ISPRA,
    tables=("hazard", "municipalities"),
    example=Example(
        (_hazard(1, "area", "km2"), row("municipalities", 4, item="area", unit="km2", year=AREA_YEAR)),
        25.0,
    ),
)
def flood_area_share(hazard: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Share of the area that is mapped as medium flood hazard; nothing mapped is not a safe place."""
    top = pick(hazard, hazard="flood_p2", item="area")
    area = pick(municipalities, item="area")
    return ratio(top, area, units=("km2", "km2"), times=100.0, years={2020: AREA_YEAR})


@indicator(
    id="flood_residents",
    it="Residenti in area a pericolosità idraulica media",
    en="Residents in areas of medium flood hazard",
    unit="residents",
    counts="residents",
    formula="residents within the area mapped as flood hazard P2, as published",
    direction=0,
    reference=_ISPRA,
    tables=("hazard",),
    example=Example((_hazard(120, "residents", "persons"),), 120.0),
)
def flood_residents(hazard: pd.DataFrame) -> pd.DataFrame:
    """Residents within mapped areas of medium flood hazard."""
    return pick(hazard, hazard="flood_p2", item="residents").drop(columns="unit")
