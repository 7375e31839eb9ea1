"""Where a municipality stands in a group: rank, percentile, robust z, and how its percentile moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import DataError, MethodError

MAD_TO_SD = 1.4826
"""The median absolute deviation times this estimates the standard deviation of a normal variable."""


@dataclass(frozen=True)
class Position:
    """A place in a ranking.

    Attributes:
        value: the value of the municipality.
        rank: 1 + number of members that stand before it; ties share the best rank.
        of: members with a value, the municipality included.
        ties: other members with the same value.
        percentile: 0–100, percentage of the other members with a lower value, ties counted half.
        median: median of the members.
        robust_z: (value − median) / (1.4826 × MAD); NaN where over half of the members have the same value.
        absent: members without a value, by code.
    """

    value: float
    rank: int
    of: int
    ties: int
    percentile: float
    median: float
    robust_z: float
    absent: tuple[str, ...]


def values_of(result: pd.DataFrame, year: int | None = None, indicator: str = "") -> pd.Series:
    """One year of one indicator as a Series of values by territory (absent = NaN).

    Raises:
        DataError: several indicators or years and none chosen, no such rows, or a territory twice.
    """
    rows = result
    if indicator:
        rows = rows[rows["indicator"] == indicator]
    if year is not None:
        rows = rows[rows["year"] == year]
    if not len(rows):
        raise DataError(f"no rows of '{indicator}' in {year}", allowed=sorted(set(result["year"])))
    if rows["territory"].duplicated().any():
        raise DataError("several figures per territory: choose an indicator, a year and a parent")
    return pd.Series(rows["value"].to_numpy(dtype=float), index=pd.Index(rows["territory"], dtype=object))


def position(
    values: pd.Series, code: str, members: Iterable[str] | None = None, *, highest_first: bool = True
) -> Position:
    """Position of one municipality among the members of a group.

    Args:
        values: value by code; NaN where absent.
        code: the municipality; it counts as a member even if `members` leaves it out.
        members: codes of the group; all of `values` by default.
        highest_first: rank 1 is the highest value.

    Returns:
        A `Position`. Example: values a=10, b=20, c=20, d=5; position of b: rank 1, of 4, ties 1, percentile 83.3.

    Raises:
        DataError: the municipality has no value (a rank of nothing is not shown), or it or a member is unknown.
        MethodError: it is the only member with a value.
    """
    index = values.index
    chosen = index if members is None else pd.Index(list(dict.fromkeys([code, *members])))
    unknown = [] if members is None else [c for c in chosen if c not in index]
    if code not in index or unknown:
        raise DataError(f"'{(unknown or [code])[0]}' is not among the values", allowed=list(values.index))
    known = values.to_numpy(dtype=float) if members is None else values.reindex(chosen).to_numpy(dtype=float)
    own = float(known[chosen.get_loc(code)])
    if np.isnan(own):
        raise DataError(f"'{code}' has no value: it has no position")
    absent = tuple(sorted(str(c) for c in chosen[np.isnan(known)]))
    known = known[~np.isnan(known)]
    if len(known) < 2:
        raise MethodError(f"'{code}' is the only member of the group with a value")
    below, above, ties = int((known < own).sum()), int((known > own).sum()), int((known == own).sum()) - 1
    centre = float(np.median(known))
    return Position(
        value=own,
        rank=1 + (above if highest_first else below),
        of=len(known),
        ties=ties,
        percentile=100.0 * (below + ties / 2.0) / (len(known) - 1),
        median=centre,
        robust_z=_robust_distance(own, known, centre),
        absent=absent,
    )


def _robust_distance(own: float, known: np.ndarray, centre: float) -> float:
    """`robust_z` of one value."""
    spread = MAD_TO_SD * float(np.median(np.abs(known - centre)))
    return (own - centre) / spread if spread > 0 else float("nan")


def robust_z(values: pd.Series) -> pd.Series:
    """(value − median) / (1.4826 × median absolute deviation).

    NaN stays NaN; where over half of the values are equal the deviation is zero and all are NaN.
    Example: 1, 2, 3, 4, 100 → z of 100 is 97 / 1.4826 = 65.4. Iglewicz and Hoaglin (1993).
    """
    centre = values.median()
    spread = MAD_TO_SD * (values - centre).abs().median()
    return (values - centre) / (spread if spread > 0 else np.nan)


def percentiles(values: pd.Series) -> pd.Series:
    """Percentile of every member among the others, 0–100, ties counted half; NaN stays NaN."""
    known = values.dropna()
    if len(known) < 2:
        raise MethodError("percentiles need two values at least")
    return (100.0 * (known.rank(method="average") - 1.0) / (len(known) - 1.0)).reindex(values.index)


def percentile_changes(first: pd.Series, last: pd.Series) -> pd.Series:
    """Change of percentile of every member between two years, percentage points of the ranking.

    Only members with a value in both years count, so that entries and exits do not move anybody.
    """
    both = first.index[first.notna()].intersection(last.index[last.notna()])
    return percentiles(last[both]) - percentiles(first[both])


def percentile_change(first: pd.Series, last: pd.Series, code: str) -> float:
    """As `percentile_changes`, of one municipality.

    Raises:
        DataError: the municipality lacks a value in one of the two.
    """
    if any(pd.isna(values.get(code)) for values in (first, last)):
        raise DataError(f"'{code}' has no value in one of the two years: its percentile has no change")
    return float(percentile_changes(first, last)[code])


def ranks(values: pd.Series, *, highest_first: bool = True) -> pd.Series:
    """Rank of every member, 1 = first, ties share the best rank; absent values have none (NaN)."""
    return values.rank(method="min", ascending=not highest_first)
