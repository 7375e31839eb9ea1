"""Direction against a group: who is worse than its peers and losing ground, beyond the ordinary spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.agreement import SMALLEST
from toolkit.indicators.change import change
from toolkit.indicators.position import MAD_TO_SD

NOISE = 1.0
"""Robust standard deviations of the group within which a difference is ordinary: about two members of three."""


@dataclass(frozen=True)
class Trend:
    """How a municipality moved between two years, and where it stands now, against a group.

    Attributes:
        first, last: years of departure and arrival, without a break in between.
        value: own value in the last year.
        change: own change, percent or difference.
        median, median_change: of the other members of the group.
        level_z, change_z: distance from these in robust standard deviations of the group; NaN where over half of the
            members are equal.
        ahead: members of the group with a change farther in the good direction, by code.
        worse: on the bad side of the group by more than `NOISE`.
        worsening: moving to the bad side of the group by more than `NOISE`, and, where prices do not drive the figure,
            getting worse in itself.
    """

    first: int
    last: int
    value: float
    change: float
    median: float
    median_change: float
    level_z: float
    change_z: float
    ahead: tuple[str, ...]
    worse: bool
    worsening: bool

    @property
    def filtered(self) -> bool:
        """Worse than the group and losing ground, both beyond the ordinary spread."""
        return self.worse and self.worsening


def trend(
    series: pd.DataFrame,
    code: str,
    members: Iterable[str],
    first: int,
    last: int,
    *,
    direction: int,
    relative: bool = True,
    nominal: bool = False,
    noise: float = NOISE,
) -> Trend:
    """Compare level and change of a municipality with those of a group.

    Args:
        series: DataFrame[territory, year, value, flag] of one indicator.
        code: the municipality.
        members: the group; the municipality itself is left out.
        first, last: years, without a break in series between them.
        direction: +1 where more is better, −1 where less is.
        relative: change in percent; otherwise as a difference.
        nominal: the figure grows with prices: losing ground is then growing less than the group.
        noise: robust standard deviations that count as ordinary.

    Raises:
        DataError: a direction that is neither, an absent value of the municipality, fewer than five members with
            values, or as `change`.

    Example: level 10 and change −2; others' levels 18, 19, 20, 21, 22 and changes −1, 0, 0, 1, 1, more is better:
    level z = −10 / 1.48 = −6.7, change z = −2 / 1.48 = −1.35: worse and worsening.
    """
    changes = change(series, first, last, relative=relative).set_index("territory")["value"]
    levels = series[series["year"] == last].set_index("territory")["value"].astype(float)
    about: dict[str, Any] = {"direction": direction, "nominal": nominal, "noise": noise}
    return trend_of(levels, changes, code, members, years=(first, last), **about)


def trend_of(
    levels: pd.Series,
    changes: pd.Series,
    code: str,
    members: Iterable[str],
    *,
    years: tuple[int, int],
    direction: int,
    nominal: bool = False,
    noise: float = NOISE,
) -> Trend:
    """As `trend`, from levels in the last year and changes by code, at hand."""
    if direction not in (-1, 1):
        raise DataError(f"an indicator of direction {direction} has no better or worse", allowed="1, -1")
    first, last = years
    level, moved_by = levels.to_dict(), changes.to_dict()
    own, moved = float(level.get(code, np.nan)), float(moved_by.get(code, np.nan))
    if np.isnan(own) or np.isnan(moved):
        raise DataError(f"'{code}' lacks a value in {first} or {last}: it has no trend")
    pairs = {
        member: (float(level.get(member, np.nan)), float(moved_by.get(member, np.nan)))
        for member in members
        if member != code
    }
    pairs = {member: pair for member, pair in pairs.items() if not np.isnan(pair).any()}
    if len(pairs) < SMALLEST:
        raise DataError(f"only {len(pairs)} members of the group have values in {first} and {last}")
    group_levels, group_changes = (np.array(side) for side in zip(*pairs.values(), strict=True))
    level_z, change_z = _distance(own, group_levels), _distance(moved, group_changes)
    itself = nominal or direction * moved < 0
    return Trend(
        first=first,
        last=last,
        value=own,
        change=moved,
        median=float(np.median(group_levels)),
        median_change=float(np.median(group_changes)),
        level_z=level_z,
        change_z=change_z,
        ahead=tuple(sorted(member for member, pair in pairs.items() if direction * (pair[1] - moved) > 0)),
        worse=bool(direction * level_z < -noise),
        worsening=bool(direction * change_z < -noise and itself),
    )


def _distance(own: float, others: np.ndarray) -> float:
    """Distance from the median of the others in robust standard deviations; NaN without spread."""
    centre = float(np.median(others))
    spread = MAD_TO_SD * float(np.median(np.abs(others - centre)))
    return (own - centre) / spread if spread > 0 else float("nan")
