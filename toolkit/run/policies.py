"""`quadro policy run`: what many pages share of a policy's evaluation, computed once, as rows of two tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit import impact
from toolkit.catalog import Catalog
from toolkit.errors import Faults, MethodError, ParameterError, ToolkitError
from toolkit.params import policy as policies
from toolkit.params.policy import ExAnte, Outcome, Policy, Pool
from toolkit.run.fingerprint import file_hash
from toolkit.run.multipliers import YEAR, Economy
from toolkit.text import Words

FORMAT = 1  # raise it when the rows written for the same inputs change
EX_ANTE = "ex_ante"
COLUMNS = ["policy", "outcome", "part", "item", "period", "value", "unit", "flag"]
INCOME_PER_TAXPAYER = "income_per_taxpayer"


@dataclass
class Found:
    """Rows of one policy, for the tables `policy_outcomes` and `policy_series`."""

    outcomes: list[dict[str, Any]] = field(default_factory=list)
    series: list[tuple[Any, ...]] = field(default_factory=list)

    def tables(self) -> dict[str, pd.DataFrame]:
        """As DataFrames by name of the table."""
        return {
            "policy_outcomes": pd.DataFrame(self.outcomes),
            "policy_series": pd.DataFrame(self.series, columns=COLUMNS),
        }


def compute(name: str, catalog: Catalog, folder: Path = policies.FOLDER) -> dict[str, pd.DataFrame]:
    """Evaluate every outcome of a policy and what its money is assumed to move.

    Returns:
        Rows of the tables `policy_outcomes` (one an outcome) and `policy_series`.

    Raises:
        Faults, ParameterError: the file of the policy, or units, items and years that the tables do not have.
        MethodError: a mistake of the policy on which no design could be right; what the data refuse is a row with the
            reason.
    """
    policy = policies.read(name, folder)
    wrong = faults(policy, catalog, str(folder / f"{name}.yml"))
    if wrong:
        raise wrong[0] if len(wrong) == 1 else Faults(wrong)
    found, inputs = Found(), fingerprint(name, policy, catalog, folder)
    expected = _ex_ante(name, policy.ex_ante, policy, catalog, found) if policy.ex_ante else None
    for outcome in policy.outcomes:
        row: dict[str, Any] = {"policy": name, "outcome": outcome.id, "design": outcome.design, "unit": outcome.unit}
        if outcome.design == "none":
            verdict = impact.judge(impact.Evidence("none", controls_treated=policy.treated.controls_treated))
            row |= {"status": "not_estimated", "breaks": "[]", **_judged(verdict)}
        else:
            row |= _found(name, policy, outcome, catalog, expected, found)
        found.outcomes.append({"inputs": inputs, **row})
    return _whole(found.tables())


def fingerprint(name: str, policy: Policy, catalog: Catalog, folder: Path = policies.FOLDER) -> str:
    """Hash of the policy's file and of the tables it is evaluated on."""
    hashes = catalog.hashes()
    used: list[str] = sorted({outcome.table for outcome in policy.outcomes if outcome.table})
    used += ["metro_employment", "national_employment", "supply_use"] if policy.ex_ante else []
    parts = [FORMAT, file_hash(folder / f"{name}.yml"), *(hashes[table] for table in used)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def is_fresh(name: str, catalog: Catalog, folder: Path = policies.FOLDER) -> bool:
    """Whether the results kept in the catalogue are those of the policy's file and tables as they are now."""
    kept = catalog.load("policy_outcomes").query("policy == @name")
    policy = policies.read(name, folder)
    same = set(kept["inputs"]) == {fingerprint(name, policy, catalog, folder)}
    return same and set(kept["outcome"]) == {outcome.id for outcome in policy.outcomes}


def summary(name: str, results: Mapping[str, pd.DataFrame]) -> list[str]:
    """What came of each outcome, and of each comparison set, in lines for the terminal."""
    lines, series = [], results["policy_series"]
    for row in results["policy_outcomes"].to_dict("records"):
        known = {key: row[key] for key in ("estimate", "p", "mde") if pd.notna(row[key])}
        told = ", ".join(f"{key} {value:.3g}" for key, value in known.items())
        lines.append(f"{name}/{row['outcome']}: {row['status']}, {row['verdict']}{f' ({told})' if told else ''}")
        if row["status"] == "refused":
            first = json.loads(str(row["reasons"]))[0]
            lines.append(f"  {Words('en').say(first['key'], **first['values'])}")
        mine = series[series["outcome"] == row["outcome"]]
        pools = mine[mine["part"].isin(["pool_estimate", "pool_p", "pool_donors"])]
        for pool, values in pools.pivot(index="item", columns="part", values="value").iterrows():
            told = f"{values['pool_donors']:.0f} units, {values['pool_estimate']:.3g}, p {values['pool_p']:.2g}"
            lines.append(f"  {pool}: {told}")
    return lines


def faults(policy: Policy, catalog: Catalog, where: str) -> list[ToolkitError]:
    """Units, items, years, industries and units of count that the tables do not have."""
    found: list[ToolkitError] = []
    words = Words("en")

    def wrong(what: str, allowed: Any = (), hint: str = "") -> None:
        found.append(ParameterError(what, where=where, allowed=allowed, hint=hint))

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
        absent = sorted(set(policy.treated.units) - set(frame[_unit_column(frame)]))
        if absent:
            wrong(f"the treated unit {absent[0]} is not in {table}.", "codes of that table")
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


def _unknown(policy: Policy, outcome: Outcome, catalog: Catalog) -> list[tuple[str, Any]]:
    table = catalog.load(outcome.table)
    unit = _unit_column(table)
    items = [*table["item"].unique(), *([INCOME_PER_TAXPAYER] if outcome.table == "regional_income" else [])]
    units, years = set(table[unit]), sorted(int(year) for year in table["year"].unique())
    found: list[tuple[str, Any]] = []
    found += [
        (f"no item {name!r} in {outcome.table}", items) for name in (outcome.item, *outcome.parts) if name not in items
    ]
    if outcome.first_year not in years:
        found.append((f"the first year {outcome.first_year} is not in {outcome.table}", years))
    elif outcome.first_year == years[0]:
        found.append((f"treatment starts in {years[0]}, with the table: there is no year before it", years[1:]))
    if len(set(policy.treated.units)) == len(units):
        found.append(("all units of the table are treated", "some units left to compare with"))
    for pool in outcome.pools:
        gone = [code for code in pool.leave_out if code not in units]
        found += [(f"pool {pool.id}: no unit {gone[0]!r} in {outcome.table}", "codes of that table")] if gone else []
    return found


def _unit_column(table: pd.DataFrame) -> str:
    return "province_code" if "province_code" in table else "istat_code"


# Outcomes


def _panel(policy: Policy, outcome: Outcome, catalog: Catalog) -> impact.Panel:
    table = catalog.load(outcome.table)
    unit = _unit_column(table)
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


def _found(
    name: str, policy: Policy, outcome: Outcome, catalog: Catalog, expected: float | None, found: Found
) -> dict[str, Any]:
    """One row of `policy_outcomes`: what was looked at, or the reason for which the data refused it."""
    rows = len(found.series)
    try:
        return _looked_at(name, policy, outcome, _panel(policy, outcome, catalog), catalog, expected, found)
    except MethodError as fault:
        if not fault.reason:
            raise
        del found.series[rows:]
        known = {"anticipated": policy.treated.anticipated, "controls_treated": policy.treated.controls_treated}
        verdict = impact.refusal(fault, impact.Evidence("none", **known))
        return {"status": "refused", "breaks": "[]", **_judged(verdict)}


def _looked_at(
    name: str,
    policy: Policy,
    outcome: Outcome,
    panel: impact.Panel,
    catalog: Catalog,
    expected: float | None,
    found: Found,
) -> dict[str, Any]:
    """One row of `policy_outcomes`, and the rows of `policy_series` behind it."""
    pools = {pool.id: _members(pool, panel, policy, catalog) for pool in outcome.pools} or {"all": panel.controls}
    design = "difference_in_differences" if outcome.design == "randomisation" else "synthetic_control"
    main = panel.only(units=[*panel.treated_units, *next(iter(pools.values()))])
    told = impact.evaluate(
        main,
        design,
        parts=("outcome", *outcome.parts) if outcome.parts else (),
        pools=pools
        if design == "synthetic_control" and len(pools) > 1 and outcome.design != "detectable_only"
        else None,
        false_date=outcome.false_year or None,
        anticipated=policy.treated.anticipated,
        controls_treated=policy.treated.controls_treated,
        expected_effect=expected if outcome.design == "detectable_only" else None,
    )
    row = {"breaks": json.dumps(_breaks(told)), "treated": len(main.treated_units), "controls": len(main.controls)}
    row["pre_periods"] = int((main.times < outcome.first_year).sum())
    row["post_periods"] = int((main.times >= outcome.first_year).sum())
    changes = [
        (name, outcome.id, "median_change", "controls", str(int(r["time"])), float(r["median"]), outcome.unit)
        for r in told.screening.changes.to_dict("records")
    ]
    found.series += [(*change, "estimated") for change in changes]
    if told.status != "estimated":
        return row | {"status": told.status, **_judged(told.verdict)}
    row["mde"] = told.mde
    if outcome.design == "detectable_only":
        kept = {
            f"impact.reason.{key}"
            for key in ("expected_below_mde", "mde_unknown", "few_treated_ranked", "break_declared", "anticipation")
        }
        only = impact.Verdict(told.verdict.level, tuple(r for r in told.verdict.reasons if r.key in kept))
        return row | {"status": "not_estimated", "expected_effect": expected, **_judged(only)}
    result = told.main
    low, high = result.interval or (None, None)
    row |= {"status": "estimated", "estimate": result.estimate, "low": low, "high": high, "p": result.p}
    row |= {key: result.diagnostics.get(key) for key in ("pre_rmspe",)}
    row |= {"seed": result.seed, "draws": result.draws}
    if "in_time" in told.results:
        fake = told.results["in_time"].diagnostics
        row |= {
            f"placebo_time_{key}": fake[f"placebo_time_{old}"]
            for key, old in (("year", "date"), ("p", "p"), ("gap", "gap"))
        }
    if "leave_one_out" in told.results:
        row |= {key: told.results["leave_one_out"].diagnostics[key] for key in ("loo_low", "loo_high")}
    _series(name, outcome, panel, told, pools, found)
    return row | _judged(told.verdict)


def _members(pool: Pool, panel: impact.Panel, policy: Policy, catalog: Catalog) -> list[Any]:
    """The comparison units of a pool."""
    units = [unit for unit in panel.controls if unit not in pool.leave_out]
    if pool.provinces:
        units = [unit for unit in units if str(unit)[:3] in pool.provinces]
    if pool.same_size:
        income = catalog.load("regional_income").query("item == 'taxpayers'")
        size = income[income["year"] == income["year"].min()].set_index("istat_code")["value"]
        ours = size.reindex(list(policy.treated.units))
        units = [unit for unit in units if ours.min() <= size.get(unit, -1.0) <= ours.max()]
    if pool.nearest:
        near = impact.nearest_donors(panel, len(panel.controls))
        units = [unit for unit in near if unit in set(units)][: pool.nearest]
    if not units:
        raise MethodError(f"the comparison set {pool.id!r} is empty", hint="widen it")
    return units


def _series(
    name: str, outcome: Outcome, panel: impact.Panel, told: Any, pools: Mapping[str, Sequence[Any]], found: Found
) -> None:
    def add(part: str, item: str, value: Any, period: str = "", flag: str = "estimated", unit: str = "") -> None:
        if value is not None and pd.notna(value):
            found.series.append((name, outcome.id, part, item, period, float(value), unit or outcome.unit, flag))

    main = told.main
    if "path" in main.tables:
        for r in main.tables["path"].to_dict("records"):
            add("path", "actual", r["actual"], str(int(r["time"])), "observed")
            add("path", "synthetic", r["synthetic"], str(int(r["time"])))
        for r in main.tables["placebos"].to_dict("records"):
            add("placebo_gap", r["unit"], r["gap"])
            add(
                "placebo_ratio", r["unit"], (r["post_rmspe"] / r["pre_rmspe"]) if r["pre_rmspe"] else None, unit="ratio"
            )
        for r in main.tables["weights"].head(12).to_dict("records"):
            if r["weight"] >= 0.01:
                add("weight", r["unit"], 100 * r["weight"], unit="percent")
        for r in told.pools.to_dict("records") if told.pools is not None else ():
            for key in ("estimate", "p", "donors"):
                add(
                    f"pool_{key}",
                    r["pool"],
                    r[key],
                    unit="" if key == "estimate" else "share" if key == "p" else "ratio",
                )
    else:
        wide = panel.wide()
        for item, units, flag in (
            ("actual", panel.treated_units, "observed"),
            ("synthetic", list(pools[next(iter(pools))]), "observed"),
        ):
            for year, value in wide.loc[units].mean().items():
                add("path", item, value, str(int(year)), flag)
        for id, units in pools.items():
            test = impact.randomisation_test(panel.only(units=[*panel.treated_units, *units]))
            add("pool_estimate", id, test.estimate)
            add("pool_p", id, test.p, unit="share")
            add("pool_donors", id, len(units), unit="ratio")
            if test.interval:
                add("pool_low", id, test.interval[0])
                add("pool_high", id, test.interval[1])
            add("pool_mde", id, impact.mde_panel(panel.only(units=[*panel.treated_units, *units])))


def _judged(verdict: Any) -> dict[str, Any]:
    reasons = [{"key": r.key, "level": r.level, "values": dict(r.values)} for r in verdict.reasons]
    return {"verdict": verdict.level, "reasons": json.dumps(reasons, sort_keys=True)}


def _breaks(told: Any) -> list[dict[str, Any]]:
    records = told.screening.found.to_dict("records")
    return [{"time": int(r["time"]), "kind": r["kind"], "refuses": bool(r["refuses"])} for r in records]


# Before the fact


def _ex_ante(name: str, assumed: ExAnte, policy: Policy, catalog: Catalog, found: Found) -> float | None:
    """Ranges of what the money is assumed to move; the largest share of jobs it could be, in percent."""
    economy = Economy.of(catalog, assumed.region)
    amount = 1.0 if assumed.per_euro or policy.budget is None else policy.budget.amount
    expectation = economy.expect(assumed, amount)

    def add(part: str, item: str, value: float, unit: str) -> None:
        found.series.append((name, EX_ANTE, part, item, "", float(value), unit, "estimated"))

    for kind, table in (("range", expectation.ranges), ("cost", expectation.costs)):
        for r in table.to_dict("records"):
            for bound in ("low", "middle", "high"):
                add(f"{kind}_{r['area']}", f"{r['measure']}:{bound}", r[bound], r.get("unit", "EUR"))
    for r in expectation.drivers.to_dict("records"):
        add("driver", r["assumption"].replace("share:", ""), 100 * r["share"], "percent")
        add("driver_sign", r["assumption"].replace("share:", ""), r["rank_correlation"], "ratio")
    for measure, value in economy.means().items():
        add("mean_multiplier", measure, value, "ratio")
    jobs = expectation.ranges.query("area == 'national' and measure == 'jobs'")
    return None if jobs.empty else float(100 * jobs["high"].iloc[0] / economy.employed)


def _whole(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Every column that the tables of the catalogue have."""
    numbers = ["estimate", "low", "high", "p", "mde", "expected_effect", "treated", "controls", "pre_periods"]
    numbers += ["post_periods", "pre_rmspe", "placebo_time_year", "placebo_time_p", "placebo_time_gap", "loo_low"]
    numbers += ["loo_high", "seed", "draws"]
    outcomes = tables["policy_outcomes"].reindex(
        columns=[*tables["policy_outcomes"].columns.union(numbers, sort=False)]
    )
    outcomes[numbers] = outcomes[numbers].astype(float).round(10)
    series = tables["policy_series"].assign(value=lambda frame: frame["value"].round(10))
    return {"policy_outcomes": outcomes, "policy_series": series}
