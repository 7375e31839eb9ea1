"""Whether a statement holds with other comparison groups, or depends on the group chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from toolkit.errors import DataError

SMALLEST = 5
"""A group with fewer other members that have a value says nothing."""
MOST_GROUPS = 0.75
"""Share of the groups that must agree for the second of three marks of certainty."""


@dataclass(frozen=True)
class Agreement:
    """On which side of the median a municipality stands, group by group.

    Attributes:
        side: `above`, `below` or `level`, against the first group that counts.
        rows: of `table`.
        small: groups left out because too few members have a value.
    """

    side: str
    rows: tuple[tuple[str, int, float, float, str], ...]
    small: tuple[str, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a group that counts, in the order given: `group`, `of` (other members with a value), `median`
        (theirs), `percentile` (0–100, share of them below, ties counted half), `side`."""
        return pd.DataFrame(self.rows, columns=["group", "of", "median", "percentile", "side"])

    @property
    def holds(self) -> bool:
        """Whether every group says the same, two groups at least."""
        return len(self.rows) > 1 and not self.against

    @property
    def against(self) -> tuple[str, ...]:
        """Groups that say otherwise than the first."""
        return tuple(group for group, *_, side in self.rows if side != self.side)

    @property
    def share(self) -> float:
        """Share of the groups that say the same as the first, itself included, 0–1."""
        return (len(self.rows) - len(self.against)) / len(self.rows)


def agreement(values: pd.Series, code: str, groups: Mapping[str, Iterable[str]]) -> Agreement:
    """Compare a municipality with the median of the others in each group.

    Args:
        values: value by code, NaN where absent.
        code: the municipality, which never counts among the others.
        groups: group -> codes, the main one first; codes without a value are passed over.

    Raises:
        DataError: the municipality has no value, or no group has `SMALLEST` other members with one.

    Example: value 10; others of group a 1, 2, 3, 4, 20 (median 3), of group b 12, 13, 14, 15, 16 (median 14):
    above in a, below in b, so the statement depends on the group.
    """
    numbers = zip(values.index.to_numpy(), values.to_numpy(dtype=float).tolist(), strict=True)
    known: dict[str, float] = {key: value for key, value in numbers if value == value}
    if code not in known:
        raise DataError(f"'{code}' has no value: nothing can be said of it")
    own = known.pop(code)
    rows, small = [], []
    for group, members in groups.items():
        others = np.array([known[member] for member in dict.fromkeys(members) if member in known])
        if len(others) < SMALLEST:
            small.append(group)
            continue
        median = float(np.median(others))
        below, equal = np.count_nonzero(others < own), np.count_nonzero(others == own)
        percentile = 100.0 * ((below + equal / 2.0) / len(others))
        side = "above" if own > median else "below" if own < median else "level"
        rows.append((group, len(others), median, percentile, side))
    if not rows:
        raise DataError(f"no group of '{code}' has {SMALLEST} other members with a value", allowed=list(groups))
    return Agreement(rows[0][4], tuple(rows), tuple(small))
