"""Evaluations of policies: read from their files and the tables, computed by `toolkit.impact`, kept for all pages.

    for line in evaluations.run(["expo-2015"]):
        print(line)

What many pages share of an evaluation is computed once and kept as rows of the tables `policy_outcomes` (one an
outcome) and `policy_series`, with a fingerprint of the file and tables it was computed from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from toolkit import impact
from toolkit.catalog import Catalog, default
from toolkit.errors import Faults, MethodError
from toolkit.evaluations import reading, store
from toolkit.evaluations.checking import faults
from toolkit.evaluations.store import fingerprint, is_fresh
from toolkit.params import policy as policies
from toolkit.params.policy import EX_ANTE, Outcome, Policy
from toolkit.text import Words

__all__ = ["compute", "faults", "find", "fingerprint", "is_fresh", "run", "summary"]


def run(names: Sequence[str] = (), folder: Path = policies.FOLDER, *, force: bool = False) -> Iterator[str]:
    """Evaluate policies (all of the folder if none is named) and keep what came of them in the catalogue.

    Args:
        force: evaluate also where file and tables did not change.

    Yields:
        Lines for the terminal.

    Raises:
        Faults, ParameterError, MethodError: as `compute`; what was kept before stays.
    """
    for name in names or policies.names(folder):
        tables = default()
        if not force and is_fresh(name, tables, folder):
            yield f"{name}: unchanged"
            continue
        results = compute(name, tables, folder)
        store.keep(results, name, tables.folder)
        yield from summary(name, results)


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
    outcomes, series = [], []
    inputs, expected = fingerprint(name, policy, catalog, folder), None
    if policy.ex_ante:
        economy = reading.economy(catalog, policy.ex_ante.region)
        grant = reading.grant(policy.ex_ante, policy)
        expectation = economy.expect(grant, draws=policy.ex_ante.draws, seed=policy.ex_ante.seed)
        series += [(name, EX_ANTE, *row) for row in economy.series(expectation)]
        expected = economy.share_of_jobs(expectation)
    for outcome in policy.outcomes:
        finding = find(policy, outcome, catalog, expected)
        about = {"policy": name, "outcome": outcome.id, "design": outcome.design, "unit": outcome.unit}
        outcomes.append({"inputs": inputs, **about, **store.row(finding)})
        series += [(name, outcome.id, *row) for row in finding.series]
    return store.tables(outcomes, series)


def find(policy: Policy, outcome: Outcome, catalog: Catalog, expected: float | None = None) -> impact.Finding:
    """What is found of one outcome, or the reason for which the data refused it.

    Raises:
        MethodError: a mistake of the policy on which no design could be right.
    """
    question = reading.question(policy, outcome, expected)
    if outcome.design == "none":
        return impact.unanswered(question)
    try:
        if outcome.design == "discontinuity":
            rows = reading.threshold(outcome, catalog)
            return impact.answer_threshold(question, rows, outcome.item, ["before"])
        panel = reading.panel(policy, outcome, catalog)
        return impact.answer(question, panel, reading.pools(outcome, panel, catalog))
    except MethodError as fault:
        if not fault.reason:
            raise
        return impact.unanswered(question, fault)


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
