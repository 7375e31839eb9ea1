"""Taxable income of residents: level, nominal change, sources. The distribution by class is in `distribution.py`."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.base import Example, indicator, row
from toolkit.indicators.figures import pick, pick_total, ratio, share

TYPES = ("employment", "pension", "buildings", "self_employment", "enterprise_simplified", "participation")
"""Types of income with counts large enough to be published for nearly every municipality. Enterprise income in ordinary
accounts is left out of the shares: it is suppressed for many small municipalities, and with it any total of theirs."""

_MEF = "Ministry of Economy and Finance, Department of Finance: IRPEF returns by municipality, tax year"
_CROSS = "; one year only: since 2019 the flat-rate regime takes many self-employed out of these data"


def _count(item: str, value: float, **more: Any) -> dict[str, Any]:
    return row("income", value, item=item, measure="count", unit="persons", **more)


def _amount(item: str, value: float, **more: Any) -> dict[str, Any]:
    return row("income", value, item=item, measure="amount", unit="EUR", **more)


def _n(income: pd.DataFrame, item: str) -> pd.DataFrame:
    return pick(income, item=item, measure="count")


def _eur(income: pd.DataFrame, item: str) -> pd.DataFrame:
    return pick(income, item=item, measure="amount")


@indicator(
    id="income_per_taxpayer",
    it="Reddito imponibile per contribuente",
    en="Taxable income per taxpayer",
    unit="EUR_per_taxpayer",
    counts="taxpayers",
    formula="taxable income / all taxpayers (also those without taxable income), tax year, current prices",
    direction=1,
    reference=_MEF,
    tables=("income",),
    example=Example((_amount("taxable_income", 250_000), _count("taxpayers", 10)), 25_000.0),
)
def income_per_taxpayer(income: pd.DataFrame) -> pd.DataFrame:
    """Taxable income per taxpayer, EUR."""
    return ratio(_eur(income, "taxable_income"), _n(income, "taxpayers"), units=("EUR", "persons"))


@indicator(
    id="income_change",
    it="Variazione nominale del reddito imponibile per contribuente",
    en="Nominal change of taxable income per taxpayer",
    unit="percent",
    counts="taxpayers",
    formula="100 × (taxable income per taxpayer / that of the first tax year of the table − 1); current prices",
    direction=1,
    reference=_MEF,
    tables=("income",),
    example=Example(
        (
            _amount("taxable_income", 200, year=2018),
            _count("taxpayers", 10, year=2018),
            _amount("taxable_income", 230, year=2023),
            _count("taxpayers", 10, year=2023),
        ),
        15.0,
    ),
)
def income_change(income: pd.DataFrame) -> pd.DataFrame:
    """Nominal change of income per taxpayer since the first year, percent; no row for the first year itself."""
    level = income_per_taxpayer(income).assign(unit="EUR")
    first = level["year"].min()
    later = level[level["year"] > first].reset_index(drop=True)
    if not len(later):
        raise DataError(f"a change needs two tax years, the table has {first} alone", where="income")
    to_first = dict.fromkeys(later["year"].unique(), first)
    result = ratio(later, level, units=("EUR", "EUR"), times=100.0, years=to_first)
    return result.assign(value=result["value"] - 100.0)


@indicator(
    id="taxpayers",
    it="Contribuenti",
    en="Taxpayers",
    unit="persons",
    counts="taxpayers",
    formula="taxpayers resident in the municipality, tax year",
    direction=0,
    reference=_MEF,
    tables=("income",),
    example=Example((_count("taxpayers", 10),), 10.0),
)
def taxpayers(income: pd.DataFrame) -> pd.DataFrame:
    """Number of taxpayers."""
    return _n(income, "taxpayers").drop(columns="unit")


@indicator(
    id="tax_rate",
    it="Imposta netta sul reddito imponibile",
    en="Net tax on taxable income",
    unit="percent",
    counts="EUR",
    formula="100 × net income tax / taxable income, tax year",
    direction=0,
    reference=_MEF,
    tables=("income",),
    example=Example((_amount("net_tax", 20), _amount("taxable_income", 100)), 20.0),
)
def tax_rate(income: pd.DataFrame) -> pd.DataFrame:
    """Average rate of income tax, percent."""
    return share(_eur(income, "net_tax"), _eur(income, "taxable_income"), unit="EUR")


def _source(item: str, it: str, en: str, of: str, trend: bool) -> None:
    """Register the share of a type of income among the published types."""

    @indicator(
        id=f"income_share_{item}",
        it=it,
        en=en,
        unit="percent",
        counts="EUR",
        formula=f"100 × {of} / income of the six published types, tax year" + ("" if trend else _CROSS),
        direction=0,
        reference=_MEF,
        tables=("income",),
        example=Example(tuple(_amount(t, 30.0 if t == item else 14.0) for t in TYPES), 30.0),
        trend=trend,
    )
    def source(income: pd.DataFrame) -> pd.DataFrame:
        return share(_eur(income, item), pick_total(income, TYPES, measure="amount"), unit="EUR")


_source("employment", "Quota del reddito da lavoro dipendente", "Share of employment income", "employment income", True)
_source("pension", "Quota del reddito da pensione", "Share of pension income", "pension income", True)
_source("buildings", "Quota del reddito da fabbricati", "Share of income from buildings", "income from buildings", True)
_source(
    "self_employment",
    "Quota del reddito da lavoro autonomo",
    "Share of self-employment income",
    "self-employment income",
    False,
)
_source(
    "enterprise_simplified",
    "Quota del reddito d'impresa (contabilità semplificata)",
    "Share of enterprise income (simplified accounts)",
    "enterprise income in simplified accounts",
    False,
)
_source(
    "participation",
    "Quota del reddito da partecipazione",
    "Share of income from partnerships",
    "income from partnerships",
    False,
)


@indicator(
    id="income_types_coverage",
    it="Redditi dei tipi pubblicati su imponibile",
    en="Income of the published types over taxable income",
    unit="percent",
    counts="EUR",
    formula="100 × income of the six published types (employment, pensions, buildings, self-employment, enterprises in "
    "simplified accounts, partnerships) / taxable income: above 100 where deductions exceed the types not published",
    direction=0,
    reference=_MEF,
    tables=("income",),
    example=Example((*(_amount(t, 17) for t in TYPES), _amount("taxable_income", 100)), 102.0),
)
def income_types_coverage(income: pd.DataFrame) -> pd.DataFrame:
    """How far the published types account for taxable income: the gap to read beside the shares."""
    return share(pick_total(income, TYPES, measure="amount"), _eur(income, "taxable_income"), unit="EUR")


@indicator(
    id="self_employed_per_1000",
    it="Contribuenti con reddito da lavoro autonomo ogni 1.000",
    en="Taxpayers with self-employment income per 1,000",
    unit="per_1000_taxpayers",
    counts="taxpayers",
    formula="1,000 × taxpayers with self-employment income / all taxpayers, tax year" + _CROSS,
    direction=0,
    reference=_MEF,
    tables=("income",),
    example=Example((_count("self_employment", 12), _count("taxpayers", 1000)), 12.0),
    trend=False,
)
def self_employed_per_1000(income: pd.DataFrame) -> pd.DataFrame:
    """Self-employed taxpayers per thousand; a cross-section."""
    return ratio(_n(income, "self_employment"), _n(income, "taxpayers"), units=("persons", "persons"), times=1000.0)


@indicator(
    id="enterprise_taxpayers_per_1000",
    it="Contribuenti con reddito d'impresa (contabilità semplificata) ogni 1.000",
    en="Taxpayers with enterprise income (simplified accounts) per 1,000",
    unit="per_1000_taxpayers",
    counts="taxpayers",
    formula="1,000 × taxpayers with enterprise income in simplified accounts / all taxpayers, tax year" + _CROSS,
    direction=0,
    reference=_MEF,
    tables=("income",),
    example=Example((_count("enterprise_simplified", 25), _count("taxpayers", 1000)), 25.0),
    trend=False,
)
def enterprise_taxpayers_per_1000(income: pd.DataFrame) -> pd.DataFrame:
    """Entrepreneurs in simplified accounts per thousand taxpayers; a cross-section."""
    top = _n(income, "enterprise_simplified")
    return ratio(top, _n(income, "taxpayers"), units=("persons", "persons"), times=1000.0)
