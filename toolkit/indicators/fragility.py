"""Indicators of Istat's municipal fragility index: rates of single municipalities, and ranks, never averaged."""

from __future__ import annotations

import pandas as pd

from toolkit.indicators.base import Example, indicator, row
from toolkit.indicators.figures import pick

_ISTAT = "Istat, Indice di fragilità comunale (IFC), 31 December of the year"
_RANK = "; a rank among all Italian municipalities, not a quantity: it is compared, never averaged or divided"


def _published(
    name: str,
    item: str,
    unit: str,
    counts: str,
    formula: str,
    direction: int,
    it: str,
    en: str,
    *,
    ordinal: bool = False,
) -> None:
    """Register a figure that is shown as published, for single municipalities."""

    @indicator(
        id=name,
        it=it,
        en=en,
        unit=unit,
        counts=counts,
        formula=formula + (_RANK if ordinal else ""),
        direction=direction,
        reference=_ISTAT,
        tables=("fragility",),
        example=Example((row("fragility", 7, item=item, unit=unit, scale="ordinal" if ordinal else "ratio"),), 7.0),
        municipal=True,
        ordinal=ordinal,
    )
    def published(fragility: pd.DataFrame) -> pd.DataFrame:
        return pick(fragility, item=item).drop(columns="unit")


_published(
    "employment_rate",
    "employment_rate",
    "percent",
    "residents aged 20–64",
    "100 × employed residents aged 20–64 / residents aged 20–64, as published",
    1,
    "Tasso di occupazione (20–64 anni)",
    "Employment rate (ages 20–64)",
)
_published(
    "low_education_share",
    "low_education_share",
    "percent",
    "residents aged 25–64",
    "100 × residents aged 25–64 with lower secondary school at most / residents aged 25–64, as published",
    -1,
    "Residenti di 25–64 anni con bassa istruzione",
    "Residents aged 25–64 with low education",
)
_published(
    "land_take_share",
    "land_take_share",
    "percent",
    "km2",
    "100 × sealed soil / area of the municipality, as published",
    -1,
    "Suolo consumato",
    "Land take",
)
_published(
    "unsorted_waste",
    "unsorted_waste",
    "kg_per_resident",
    "residents",
    "unsorted urban waste in kg / residents, as published",
    -1,
    "Rifiuti urbani indifferenziati (kg per residente)",
    "Unsorted urban waste (kg per resident)",
)
_published(
    "high_emission_cars",
    "high_emission_cars",
    "cars_per_100_residents",
    "residents",
    "100 × high-emission private cars / residents, as published",
    -1,
    "Auto ad alte emissioni ogni 100 residenti",
    "High-emission cars per 100 residents",
)
_published(
    "fragility_decile",
    "fragility_decile",
    "decile",
    "municipalities",
    "decile of the composite index (1 least fragile, 10 most)",
    -1,
    "Decile dell'indice di fragilità comunale",
    "Decile of the municipal fragility index",
    ordinal=True,
)
_published(
    "local_units_density_ventile",
    "local_units_density_ventile",
    "ventile",
    "local_units",
    "ventile of the density of local units of industry and services per 1,000 residents",
    1,
    "Ventile della densità di unità locali",
    "Ventile of the density of local units",
    ordinal=True,
)
_published(
    "low_productivity_employment_ventile",
    "low_productivity_employment_ventile",
    "ventile",
    "persons_employed",
    "ventile of the share of persons employed in low-productivity local units",
    -1,
    "Ventile degli addetti in unità a bassa produttività",
    "Ventile of employment in low-productivity units",
    ordinal=True,
)
