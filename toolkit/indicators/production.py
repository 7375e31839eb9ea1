"""What local units produce and pay: value added, turnover and wages, industry beside services (ISTAT, business frame).

A local unit's value added is estimated by ISTAT, which shares out that of its enterprise. Out of scope: agriculture,
finance and insurance, public administration.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit.indicators.base import Example, indicator, row
from toolkit.indicators.figures import pick, ratio, share

_FRAME = "ISTAT, territorial business frame (Frame SBS territoriale)"
_TABLES = ("business_frame",)


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
    example=Example((_row("value_added", 40, "EUR", "industry"), _row("value_added", 100, "EUR")), 40.0),
)
def industry_value_added_share(business_frame: pd.DataFrame) -> pd.DataFrame:
    """Share of industry in the value added, percent."""
    part, whole = (_of(business_frame, "value_added", sector) for sector in ("industry", "total"))
    return share(part, whole, unit="EUR")
