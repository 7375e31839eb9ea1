"""What an evaluation is made of, read from the file of a policy and the tables: questions, panels, comparison sets."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import impact
from toolkit.catalog import Catalog
from toolkit.params.policy import Assumed, ExAnte, Outcome, Policy, Pool

INCOME_PER_TAXPAYER = "income_per_taxpayer"
ECONOMY = ("metro_employment", "national_employment", "supply_use")
"""Tables that what money is assumed to move is computed on."""


def unit_column(table: pd.DataFrame) -> str:
    """The column that names the units of a table: provinces or municipalities."""
    return "province_code" if "province_code" in table else "istat_code"


def question(policy: Policy, outcome: Outcome, expected: float | None = None) -> impact.Question:
    """How an outcome is to be looked at; `expected` is the largest effect thought possible, in its unit."""
    return impact.Question(
        design=outcome.design,
        unit=outcome.unit,
        first_year=outcome.first_year,
        parts=outcome.parts,
        false_year=outcome.false_year,
        anticipated=policy.treated.anticipated,
        controls_treated=policy.treated.controls_treated,
        expected=expected,
    )


def panel(policy: Policy, outcome: Outcome, catalog: Catalog) -> impact.Panel:
    """The outcome in its table, treated from its first year.

    Raises:
        MethodError: no design could be right on it.
    """
    table = catalog.load(outcome.table)
    unit = unit_column(table)
    wide = table.pivot(index=[unit, "year"], columns="item", values="value").reset_index()
    if outcome.item == INCOME_PER_TAXPAYER:
        wide[INCOME_PER_TAXPAYER] = wide["taxable_income"] / wide["taxpayers"]
    return impact.Panel.of(
        wide,
        unit=unit,
        time="year",
        outcome=outcome.item,
        treated=dict.fromkeys(policy.treated.units, outcome.first_year),
        covariates=outcome.parts,
        breaks=[impact.Break(known.year, known.reason, known.comparable) for known in outcome.breaks],
    )


def pools(outcome: Outcome, panel: impact.Panel, catalog: Catalog) -> dict[str, list[Any]]:
    """Comparison sets of an outcome by name, in the order of the file.

    Raises:
        MethodError: one is empty.
    """
    return {pool.id: _members(pool, panel, catalog) for pool in outcome.pools}


def _members(pool: Pool, panel: impact.Panel, catalog: Catalog) -> list[Any]:
    size = None
    if pool.same_size:
        income = catalog.load("regional_income").query("item == 'taxpayers'")
        size = income[income["year"] == income["year"].min()].set_index("istat_code")["value"]
    return impact.comparison_units(
        panel, leave_out=pool.leave_out, provinces=pool.provinces, nearest=pool.nearest, size=size, name=pool.id
    )


def economy(catalog: Catalog, region: str) -> impact.Economy:
    """The economy that the money of a policy moves, with the employment of a region (NUTS code)."""
    return impact.Economy.of(
        catalog.load("supply_use"), catalog.load("national_employment"), catalog.load("metro_employment"), region
    )


def grant(assumed: ExAnte, policy: Policy) -> impact.Grant:
    """The money of a policy, EUR 1 where each territory has its own, with what it is assumed to do."""
    return impact.Grant(
        amount=1.0 if assumed.per_euro or policy.budget is None else policy.budget.amount,
        additionality=_range(assumed.additionality),
        leverage=_range(assumed.leverage),
        composition={s.industry: impact.Range(s.low, s.mode, s.high) for s in assumed.composition},
    )


def _range(assumed: Assumed) -> impact.Range:
    return impact.Range(assumed.low, assumed.mode, assumed.high, assumed.source.en)
