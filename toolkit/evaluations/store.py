"""The two tables that keep what came of policies: written once by `quadro policy run`, read by many pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit import impact
from toolkit.catalog import Catalog
from toolkit.evaluations.reading import ECONOMY
from toolkit.impact.question import Row
from toolkit.params import policy as policies
from toolkit.params.policy import Policy

FORMAT = 1  # raise it when the rows written for the same inputs change
SERIES = ["policy", "outcome", *Row._fields]
NUMBERS = ["estimate", "low", "high", "p", "mde", "expected_effect", "treated", "controls", "pre_periods"]
NUMBERS += ["post_periods", "pre_rmspe", "placebo_time_year", "placebo_time_p", "placebo_time_gap", "loo_low"]
NUMBERS += ["loo_high", "seed", "draws"]


def fingerprint(name: str, policy: Policy, catalog: Catalog, folder: Path = policies.FOLDER) -> str:
    """Hash of the policy's file and of the tables it is evaluated on."""
    hashes = catalog.hashes()
    used: list[str] = sorted({outcome.table for outcome in policy.outcomes if outcome.table})
    used += ECONOMY if policy.ex_ante else ()
    parts = [
        FORMAT,
        hashlib.sha256((folder / f"{name}.yml").read_bytes()).hexdigest(),
        *(hashes[table] for table in used),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def is_fresh(name: str, catalog: Catalog, folder: Path = policies.FOLDER) -> bool:
    """Whether the results kept in the catalogue are those of the policy's file and tables as they are now."""
    kept = catalog.load("policy_outcomes").query("policy == @name")
    policy = policies.read(name, folder)
    same = set(kept["inputs"]) == {fingerprint(name, policy, catalog, folder)}
    return same and set(kept["outcome"]) == {outcome.id for outcome in policy.outcomes}


def tables(outcomes: list[dict[str, Any]], series: list[tuple[Any, ...]]) -> dict[str, pd.DataFrame]:
    """Rows of `policy_outcomes` and of `policy_series`, with every column of numbers that the catalogue has."""
    found = pd.DataFrame(outcomes)
    found = found.reindex(columns=[*found.columns.union(NUMBERS, sort=False)])
    found[NUMBERS] = found[NUMBERS].astype(float).round(10)
    behind = pd.DataFrame(series, columns=SERIES).assign(value=lambda frame: frame["value"].round(10))
    return {"policy_outcomes": found, "policy_series": behind}


def row(finding: impact.Finding) -> dict[str, Any]:
    """A finding as columns of `policy_outcomes`."""
    reasons = [{"key": r.key, "level": r.level, "values": dict(r.values)} for r in finding.verdict.reasons]
    figures = {name: value for name, value in finding.figures.items() if name in NUMBERS}
    texts = {"reasons": json.dumps(reasons, sort_keys=True), "breaks": json.dumps(finding.breaks)}
    return {"status": finding.status, "verdict": finding.verdict.level, **texts, **figures}


def keep(results: Mapping[str, pd.DataFrame], name: str, folder: Path) -> None:
    """Replace the rows of one policy in the tables of the catalogue in `folder`, and their entries in its description.

    Raises:
        DataError: a row breaks a rule of its table; nothing has been replaced.
    """
    from toolkit.sources.build import refresh

    refresh(merged(results, name, folder), folder)


def merged(results: Mapping[str, pd.DataFrame], name: str, folder: Path) -> dict[str, pd.DataFrame]:
    """The kept tables with the rows of one policy replaced."""
    from toolkit.sources import policy_results

    kept = policy_results.tables(folder=folder)
    found = {}
    for resource in policy_results.RESOURCES:
        rows = kept[resource.name]
        parts = [part for part in (rows[rows["policy"] != name], results[resource.name]) if len(part)]
        rows = pd.concat(parts, ignore_index=True) if parts else rows
        found[resource.name] = rows.sort_values(list(resource.key), kind="stable", ignore_index=True)
    return found
