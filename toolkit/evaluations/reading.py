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
        running=outcome.running,
        cutoff=outcome.cutoff or 0.0,
        side=outcome.treated_side,
    )


def panel(policy: Policy, outcome: Outcome, catalog: Catalog) -> impact.Panel:
    """The outcome in its table, treated from its first year.

    Raises:
        MethodError: no design could be right on it.
    """
    wide, unit = _wide(outcome, catalog)
    named: dict[str, str] = {}
    if outcome.group:
        places = catalog.load("municipalities").set_index("istat_code")
        wide["group"] = wide[unit].map(places["province_code" if outcome.group == "province" else "region"])
        named["group"] = "group"
    if outcome.like_size:
        wide["size"] = wide[unit].map(_taxpayers(catalog))
        named["size"] = "size"
    wide = wide.dropna(subset=list(named))
    return impact.Panel.of(
        wide,
        unit=unit,
        time="year",
        outcome=outcome.item,
        treated=dict.fromkeys(policy.treated.units, outcome.first_year) | outcome.first_years,
        covariates=outcome.parts,
        **named,
        breaks=[impact.Break(known.year, known.reason, known.comparable) for known in outcome.breaks],
    )


def _wide(outcome: Outcome, catalog: Catalog) -> tuple[pd.DataFrame, str]:
    """Items of the table in columns, by unit and year of the window, and the column that names units."""
    table = catalog.load(outcome.table)
    unit = unit_column(table)
    if outcome.window:
        table = table[table["year"].between(outcome.window[0], outcome.window[1])]
    wide = table.pivot(index=[unit, "year"], columns="item", values="value").reset_index()
    if outcome.table == "regional_income":
        wide[INCOME_PER_TAXPAYER] = wide["taxable_income"] / wide["taxpayers"]
    return wide, unit


def threshold(outcome: Outcome, catalog: Catalog) -> pd.DataFrame:
    """One row a unit: the outcome in its first year, what decides and the outcome `before` in the last year before."""
    wide, unit = _wide(outcome, catalog)
    last = int(wide.loc[wide["year"] < outcome.first_year, "year"].max())
    before = wide[wide["year"] == last].set_index(unit)
    after = wide[wide["year"] == outcome.first_year].set_index(unit)[[outcome.item]]
    kept = before[[outcome.running, outcome.item]].rename(columns={outcome.item: "before"})
    return after.join(kept).dropna().reset_index()


def _taxpayers(catalog: Catalog) -> pd.Series:
    """Taxpayers of each municipality in the first year there is."""
    income = catalog.load("regional_income").query("item == 'taxpayers'")
    return income[income["year"] == income["year"].min()].set_index("istat_code")["value"]


def pools(outcome: Outcome, panel: impact.Panel, catalog: Catalog) -> dict[str, list[Any]]:
    """Comparison sets of an outcome by name, in the order of the file.

    Raises:
        MethodError: one is empty.
    """
    return {pool.id: _members(pool, panel, catalog) for pool in outcome.pools}


def _members(pool: Pool, panel: impact.Panel, catalog: Catalog) -> list[Any]:
    size = None
    if pool.same_size:
        size = _taxpayers(catalog)
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
