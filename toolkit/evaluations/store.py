"""What came of a policy, kept as one object in one file: `data/evaluations/<policy>.json`.

It is what `quadro policy run` computed, with a fingerprint of what it was computed from. Where file or tables have
changed since, it is not read: what is asked for is computed again. The file of a policy that is gone goes too.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import impact
from toolkit.catalog import Catalog
from toolkit.errors import DataError
from toolkit.evaluations.reading import ECONOMY
from toolkit.impact.question import Row
from toolkit.params import policy as policies
from toolkit.params.policy import Policy

FORMAT = 2  # raise it when what is kept for the same inputs changes
FOLDER = "evaluations"
DIGITS = 10


@dataclass(frozen=True)
class Evaluated:
    """All that came of a policy.

    Attributes:
        name: of the policy.
        inputs: fingerprint of its file and tables.
        findings: by outcome.
        ex_ante: what its money is assumed to move; empty where nothing was assumed.
    """

    name: str
    inputs: str
    findings: Mapping[str, impact.Finding]
    ex_ante: Sequence[Row] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; figures rounded to ten decimals, so that machines agree."""
        return {
            "policy": self.name,
            "inputs": self.inputs,
            "outcomes": {outcome: _plain(finding) for outcome, finding in self.findings.items()},
            "ex_ante": _rows(self.ex_ante),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Evaluated:
        """What `to_dict` gave."""
        findings = {outcome: _finding(held) for outcome, held in kept["outcomes"].items()}
        return cls(kept["policy"], kept["inputs"], findings, [Row(*row) for row in kept["ex_ante"]])


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


def read(name: str, data: Path) -> Evaluated | None:
    """What is kept of a policy in a folder of data; None where nothing is.

    Raises:
        DataError: the file is not what was written.
    """
    path = data / FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    try:
        return Evaluated.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DataError(
            f"the evaluation of {name!r} cannot be read: {fault}",
            where=str(path),
            hint=f"quadro policy run {name} --force",
        ) from None


def is_fresh(name: str, catalog: Catalog, folder: Path = policies.FOLDER) -> bool:
    """Whether what is kept is that of the policy's file and tables as they are now."""
    kept = read(name, catalog.folder)
    return kept is not None and kept.inputs == fingerprint(name, policies.read(name, folder), catalog, folder)


def keep(evaluated: Evaluated, data: Path) -> None:
    """Write what came of a policy, in place of what was kept."""
    path = data / FOLDER / f"{evaluated.name}.json"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(evaluated.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)
    path.with_suffix(".part").write_text(text + "\n", encoding="utf-8")
    path.with_suffix(".part").replace(path)


def forget(known: Sequence[str], data: Path) -> Iterator[str]:
    """Remove what is kept of policies that are not known any more; their names."""
    for path in sorted((data / FOLDER).glob("*.json")):
        if path.stem not in known:
            path.unlink()
            yield path.stem


def _plain(finding: impact.Finding) -> dict[str, Any]:
    return {
        "status": finding.status,
        "verdict": finding.verdict.level,
        "false_rate": finding.verdict.false_rate,
        "reasons": [{"key": r.key, "level": r.level, "values": _values(r.values)} for r in finding.verdict.reasons],
        "figures": {name: value for name, value in _values(finding.figures).items() if value is not None},
        "breaks": [_values(one) for one in finding.breaks],
        "series": _rows(finding.series),
    }


def _finding(held: Mapping[str, Any]) -> impact.Finding:
    reasons = tuple(impact.Reason(one["key"], one["level"], one["values"]) for one in held["reasons"])
    series = [Row(*row) for row in held["series"]]
    verdict = impact.Verdict(held["verdict"], reasons, held["false_rate"])
    return impact.Finding(held["status"], verdict, held["figures"], held["breaks"], series)


def _rows(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(row._replace(value=round(float(row.value), DIGITS))) for row in rows]


def _values(found: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = impact.result.plain(dict(found))
    return {key: _round(value) for key, value in plain.items()}


def _round(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) and math.isfinite(value) else value
