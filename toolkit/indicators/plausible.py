"""Figures unlike all others: true, or to be corrected by whoever publishes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import pandas as pd

from toolkit.indicators.panel import Panel
from toolkit.indicators.position import Position, robust_z

FAR = 3.5
"""Robust standard deviations from the median beyond which a figure is to be confirmed (Iglewicz and Hoaglin, 1993)."""
SIZES = ("residents", "persons")
"""Units of figures that grow with the municipality: a large one is not an odd one."""
JUMP = 6.0
"""The same for a change between two observations: beyond it a fault of the publisher is to be suspected."""


def far(position: Position | None) -> bool:
    """Whether a figure lies farther than `FAR` from the median of municipalities."""
    return position is not None and abs(position.robust_z) > FAR


def jumps(
    panel: Panel, universe: Sequence[str], code: str, span: tuple[int, int] | None
) -> list[tuple[int, int, float]]:
    """Changes of one municipality between two observations unlike those of all others.

    Args:
        panel: figures of an indicator.
        universe: codes of the municipalities that it is set against.
        code: the municipality.
        span: years without a break; None: there are none.

    Returns:
        Year before, year after, change: percent, or points where the indicator is a percentage.
    """
    if span is None:
        return []
    odd: Mapping[str, tuple[tuple[int, int, float], ...]]
    odd = panel.once(("jumps", tuple(universe), span), lambda: MappingProxyType(_odd(panel, universe, span)))
    return list(odd.get(code, ()))


def _odd(panel: Panel, universe: Sequence[str], span: tuple[int, int]) -> dict[str, tuple[tuple[int, int, float], ...]]:
    """Code → its jumps, of those that have any."""
    rows = panel.rows[panel.rows["territory"].isin(universe) & panel.rows["year"].between(*span)]
    wide = rows.pivot(index="territory", columns="year", values="value")
    relative = panel.indicator.unit != "percent"
    found: dict[str, tuple[tuple[int, int, float], ...]] = {}
    for before, after in pairwise(wide.columns):
        change: pd.Series = wide[after] - wide[before]
        change = 100.0 * change / wide[before] if relative else change
        far_off = robust_z(change).abs()
        for code in far_off.index[far_off > JUMP]:
            found[str(code)] = (*found.get(str(code), ()), (int(before), int(after), float(change[code])))
    return found
