"""Strengths, weaknesses, opportunities and risks from declared rules: a bullet only where the evidence is firm.

A rule looks at one figure of one municipality: its level, or its change. It holds where the municipality stands far
enough in the ranking and enough comparison groups put it on the same side of their median. It never says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.indicators.agreement import Agreement, agreement
from toolkit.indicators.position import Position, position

KINDS = ("strength", "weakness", "opportunity", "risk")
SIDES = ("high", "low")
MEASURES = ("level", "change")


@dataclass(frozen=True)
class Rule:
    """When a bullet is written.

    Attributes:
        id: name of the rule.
        kind: one of `KINDS`.
        indicator: what it looks at.
        measure: `level` or `change`.
        side: `high` or `low`, where the municipality must stand.
        beyond: 50–100, percentage of the other municipalities it must have passed on that side.
    """

    id: str
    kind: str
    indicator: str
    measure: str = "level"
    side: str = "high"
    beyond: float = 75.0


@dataclass(frozen=True)
class Finding:
    """A rule that holds: the value, its position among all, and what each group says."""

    rule: Rule
    value: float
    position: Position
    agreement: Agreement

    @property
    def passed(self) -> float:
        """Percentage of the others that the municipality has passed on the side of the rule."""
        return self.position.percentile if self.rule.side == "high" else 100.0 - self.position.percentile


def assess(
    rules: Iterable[Rule],
    values: Mapping[tuple[str, str], pd.Series],
    code: str,
    groups: Mapping[str, Iterable[str]],
    *,
    least: float = 0.75,
) -> list[Finding]:
    """The rules that hold for a municipality.

    Args:
        rules: what to look at.
        values: (indicator, measure) -> value by code of all municipalities, NaN where absent.
        code: the municipality.
        groups: comparison groups, the largest first (see `agreement`).
        least: share of the groups that must put it on the same side of the median, 0–1.

    Returns:
        Findings by kind, farthest in the ranking first. A rule whose figure is absent for the municipality, or for the
        whole table, gives none: no bullet without evidence.

    Raises:
        MethodError: a rule with an unknown kind, side or measure, or two with the same id.
    """
    found: list[Finding] = []
    seen: set[str] = set()
    for rule in rules:
        _check(rule, seen)
        series = values.get((rule.indicator, rule.measure))
        if series is None or code not in series.index or pd.isna(series[code]):
            continue
        if _passed(series, code, rule.side) < rule.beyond:
            continue
        told = agreement(series, code, groups)
        if told.side == ("above" if rule.side == "high" else "below") and told.share >= least:
            found.append(Finding(rule, float(series[code]), position(series, code), told))
    return sorted(found, key=lambda one: (KINDS.index(one.rule.kind), -one.passed, one.rule.id))


def _passed(series: pd.Series, code: str, side: str) -> float:
    """Percentage of the others that the municipality has passed on a side, ties counted half (as `position`)."""
    values, own = series.to_numpy(dtype=float), float(series[code])
    others = int(np.count_nonzero(~np.isnan(values))) - 1
    behind = np.count_nonzero(values < own if side == "high" else values > own)
    equal = np.count_nonzero(values == own) - 1
    return 100.0 * float((behind + equal / 2.0) / others) if others else 0.0


def _check(rule: Rule, seen: set[str]) -> None:
    for name, value, allowed in (
        ("kind", rule.kind, KINDS),
        ("side", rule.side, SIDES),
        ("measure", rule.measure, MEASURES),
    ):
        if value not in allowed:
            raise MethodError(f"{name} {value!r} of the rule '{rule.id}' is not known", allowed=allowed)
    if not 50.0 <= rule.beyond <= 100.0:
        raise MethodError(f"the rule '{rule.id}' asks for {rule.beyond} %", allowed="50 to 100")
    if rule.id in seen:
        raise MethodError(f"two rules are called '{rule.id}'")
    seen.add(rule.id)
