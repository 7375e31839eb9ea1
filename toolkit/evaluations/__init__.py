"""Evaluations of policies: read from their files and the tables, computed by `toolkit.impact`, kept for all pages.

    for line in evaluations.run(["expo-2015"]):
        print(line)

What many pages share of an evaluation is computed once and kept as one object in one file
(`data/evaluations/<policy>.json`), with a fingerprint of the file and tables it was computed from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from toolkit import impact
from toolkit.catalog import Catalog, default
from toolkit.errors import Faults, MethodError
from toolkit.evaluations import reading, store
from toolkit.evaluations.checking import faults
from toolkit.evaluations.following import CLAIM_TABLES, Recount, decided, recount
from toolkit.evaluations.store import Evaluated, fingerprint, is_fresh
from toolkit.params import policy as policies
from toolkit.params.policy import Outcome, Policy
from toolkit.text import Words

__all__ = [
    "CLAIM_TABLES", "Evaluated", "Recount", "compute", "decided", "faults", "find", "fingerprint", "is_fresh", "of",
    "recount", "run", "summary",
]  # fmt: skip


def run(names: Sequence[str] = (), folder: Path = policies.FOLDER, *, force: bool = False) -> Iterator[str]:
    """Evaluate policies (all of the folder if none is named) and keep what came of them beside the tables.

    Args:
        force: evaluate also where file and tables did not change.

    Yields:
        Lines for the terminal.

    Raises:
        Faults, ParameterError, MethodError: as `compute`; what was kept before stays.
    """
    tables = default()
    for gone in store.forget(policies.names(folder), tables.folder):
        yield f"{gone}: no such policy any more, its evaluation is removed"
    for name in names or policies.names(folder):
        if not force and is_fresh(name, tables, folder):
            yield f"{name}: unchanged"
            continue
        found = compute(name, tables, folder)
        store.keep(found, tables.folder)
        yield from summary(found)


def of(name: str, catalog: Catalog, folder: Path = policies.FOLDER) -> Evaluated:
    """What came of a policy: as it is kept, or computed where its file or a table changed since.

    Raises:
        Faults, ParameterError, MethodError: as `compute`.
        DataError: what is kept cannot be read.
    """
    kept = store.read(name, catalog.folder)
    fresh = kept is not None and kept.inputs == fingerprint(name, policies.read(name, folder), catalog, folder)
    return kept if kept is not None and fresh else compute(name, catalog, folder)


def compute(name: str, catalog: Catalog, folder: Path = policies.FOLDER) -> Evaluated:
    """Evaluate every outcome of a policy and what its money is assumed to move.

    Raises:
        Faults, ParameterError: the file of the policy, or units, items and years that the tables do not have.
        MethodError: a mistake of the policy on which no design could be right; what the data refuse is a finding with
            the reason.
    """
    policy = policies.read(name, folder)
    wrong = faults(policy, catalog, str(folder / f"{name}.yml"))
    if wrong:
        raise wrong[0] if len(wrong) == 1 else Faults(wrong)
    expected, ex_ante = None, []
    if policy.ex_ante:
        economy = reading.economy(catalog, policy.ex_ante.region)
        grant = reading.grant(policy.ex_ante, policy)
        expectation = economy.expect(grant, draws=policy.ex_ante.draws, seed=policy.ex_ante.seed)
        ex_ante = economy.series(expectation)
        expected = economy.share_of_jobs(expectation)
    findings = {outcome.id: find(policy, outcome, catalog, expected) for outcome in policy.outcomes}
    findings = impact.holm(findings, policy.primary_outcome)
    return Evaluated(name, fingerprint(name, policy, catalog, folder), findings, ex_ante)


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


def summary(found: Evaluated) -> list[str]:
    """What came of each outcome, and of each comparison set, in lines for the terminal."""
    lines = []
    for outcome, finding in found.findings.items():
        known = {key: finding.figures.get(key) for key in ("estimate", "p", "mde")}
        told = ", ".join(f"{key} {value:.3g}" for key, value in known.items() if value is not None)
        level = finding.verdict.level
        lines.append(f"{found.name}/{outcome}: {finding.status}, {level}{f' ({told})' if told else ''}")
        if finding.status == "refused":
            first = finding.verdict.reasons[0]
            lines.append(f"  {Words('en').say(first.key, **first.values)}")
        pools = finding.table.query("part in ('pool_estimate', 'pool_p', 'pool_donors')")
        for pool, values in pools.pivot(index="item", columns="part", values="value").iterrows():
            told = f"{values['pool_donors']:.0f} units, {values['pool_estimate']:.3g}, p {values['pool_p']:.2g}"
            lines.append(f"  {pool}: {told}")
    return lines
