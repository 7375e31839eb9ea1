"""What the file of a policy names and the tables do not have."""

from __future__ import annotations

from typing import Any

from toolkit.catalog import Catalog
from toolkit.errors import ParameterError, ToolkitError
from toolkit.evaluations.reading import INCOME_PER_TAXPAYER, unit_column
from toolkit.impact.designs import LEAST_SERIES
from toolkit.impact.economy import YEAR
from toolkit.params.policy import Outcome, Policy, unwritten
from toolkit.text import Words


def faults(policy: Policy, catalog: Catalog, where: str) -> list[ToolkitError]:
    """Units, items, years, industries and units of count that the tables do not have."""
    found: list[ToolkitError] = []
    words = Words("en")

    def wrong(what: str, allowed: Any = (), hint: str = "") -> None:
        found.append(ParameterError(what, where=where, allowed=allowed, hint=hint))

    blank = unwritten(policy)
    if blank:
        wrong(f"still to be written, in both languages: {', '.join(blank)}.", hint="facts, each with its source")
    known_areas = list(catalog.load("areas")["area"])
    codes = set(catalog.load("municipalities")["istat_code"])
    for area in policy.territory.areas:
        if area not in known_areas:
            wrong(f"territory: no area {area!r}.", known_areas)
    for code in policy.territory.municipalities:
        if code not in codes:
            wrong(f"territory: no municipality {code!r}.", hint="quadro list municipalities --search NAME")
    counted = [*(o.unit for o in policy.outcomes), *(c.unit for c in policy.claims), *(t.unit for t in policy.trials)]
    for unit in dict.fromkeys(counted):
        try:
            words.unit(unit)
        except ToolkitError:
            wrong(f"no unit {unit!r}.", hint="units are in toolkit/text/units.yml")
    for table in dict.fromkeys(outcome.table for outcome in policy.outcomes if outcome.design != "none"):
        frame = catalog.load(table)
        absent = sorted(set(policy.treated.units) - set(frame[unit_column(frame)]))
        if absent:
            wrong(f"the treated unit {absent[0]} is not in {table}.", _holds(frame))
    for outcome in policy.outcomes:
        if outcome.design != "none":
            for what, allowed in _unknown(policy, outcome, catalog):
                wrong(f"outcome {outcome.id}: {what}.", allowed)
    if policy.ex_ante and not policy.ex_ante.per_euro and not policy.budget:
        wrong("ex_ante has no money: give a budget, or per_euro: true.")
    regions = set(catalog.load("metro_employment").query("year == @YEAR")["nuts"])
    for region in {policy.ex_ante.region} if policy.ex_ante else set():
        if region not in regions:
            wrong(f"ex_ante: no region {region!r} in metro_employment in {YEAR}.", sorted(regions))
    industries = set(catalog.load("supply_use").query("table == 'supply'")["column"]) if policy.ex_ante else set()
    for spending in policy.ex_ante.composition if policy.ex_ante else ():
        if spending.industry not in industries:
            wrong(f"ex_ante: no industry {spending.industry!r} in the supply-use table.", sorted(industries))
    return found


def _holds(frame: Any) -> str:
    """Which units a table has, in words."""
    codes = sorted({str(code)[:3] for code in frame[unit_column(frame)]})
    what = "provinces" if unit_column(frame) == "province_code" else "municipalities of the provinces"
    return f"{what} {', '.join(codes)}" if len(codes) <= 30 else f"{what} {codes[0]} to {codes[-1]}"


def _unknown(policy: Policy, outcome: Outcome, catalog: Catalog) -> list[tuple[str, Any]]:
    table = catalog.load(outcome.table)
    unit = unit_column(table)
    items = [*table["item"].unique(), *([INCOME_PER_TAXPAYER] if outcome.table == "regional_income" else [])]
    units, years = set(table[unit]), sorted(int(year) for year in table["year"].unique())
    found: list[tuple[str, Any]] = []
    found += [
        (f"no item {name!r} in {outcome.table}", items)
        for name in (outcome.item, *outcome.parts, *([outcome.running] if outcome.running else []))
        if name not in items
    ]
    if outcome.first_year not in years:
        found.append((f"the first year {outcome.first_year} is not in {outcome.table}", years))
    elif outcome.first_year == years[0]:
        found.append((f"treatment starts in {years[0]}, with the table: there is no year before it", years[1:]))
    else:
        found += _design(policy, outcome, years)
    found += [
        (f"first_years: {code} is not among the treated units", list(policy.treated.units))
        for code in outcome.first_years
        if code not in policy.treated.units
    ]
    if (outcome.group or outcome.like_size) and unit != "istat_code":
        found.append((f"group and like_size are of municipalities; {outcome.table} has provinces", ""))
    if len(set(policy.treated.units)) == len(units):
        found.append(("all units of the table are treated", "some units left to compare with"))
    for pool in outcome.pools:
        gone = [code for code in pool.leave_out if code not in units]
        found += [(f"pool {pool.id}: no unit {gone[0]!r} in {outcome.table}", "codes of that table")] if gone else []
    return found


def _design(policy: Policy, outcome: Outcome, years: list[int]) -> list[tuple[str, Any]]:
    """Why the design cannot be made with the units and years there are, and which could."""
    start, end = outcome.window or (years[0], years[-1])
    before = [year for year in years if start <= year < outcome.first_year]
    treated, dates = len(policy.treated.units), {outcome.first_year, *outcome.first_years.values()}
    had = f"{outcome.table} has {', '.join(map(str, before))}"
    found: list[tuple[str, Any]] = []
    if outcome.design in ("synthetic_control", "detectable_only") and treated > 1:
        others = "did, event_study, synthetic_did or randomisation"
        found.append((f"{outcome.design} takes one treated unit, here are {treated}", others))
    if outcome.design == "staggered" and len(dates) < 2:
        found.append(("staggered needs units that start in different years, all start in one", "first_years, or did"))
    if outcome.design == "interrupted" and len(before) < LEAST_SERIES:
        what = f"interrupted needs {LEAST_SERIES} years before {outcome.first_year} to tell a trend, {had}"
        found.append((what, "did, event_study or randomisation, with places to compare with"))
    if outcome.design in ("synthetic_control", "synthetic_did") and len(before) < 2:
        what = f"{outcome.design} needs two years before {outcome.first_year}, {had}"
        found.append((what, "did or randomisation, which stay descriptive with one year before"))
    if outcome.design == "event_study" and len(before) < 1:
        found.append((f"event_study needs a year before {outcome.first_year}", years[1:]))
    gone = [year for year in outcome.first_years.values() if year not in years or year <= start or year > end]
    return found + [
        (f"first_years: {year} is not in {outcome.table}, or has no year before it", years) for year in gone
    ]
