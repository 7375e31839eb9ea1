"""How one territory stands: its value beside larger territories, the median of municipalities and its peers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.base import Groups, Indicator, Tables, compute, get
from toolkit.indicators.panel import Figure, Panel, median
from toolkit.indicators.position import Position, position

LEAST = 100.0
"""A mean over fewer than this is one enterprise's figure: it has no rank, and takes part in none."""


@dataclass(frozen=True)
class Standing:
    """One indicator of one territory in one year, with what it is set against.

    Attributes:
        indicator: what is measured.
        territory: key of the territory in `groups`.
        year: latest year with a value for the territory; where it has none, with a value for anybody.
        own: its figure.
        scales: the same figure of the other territories of `groups`, same year, in their order.
        municipalities: value by code of all municipalities of the universe, same year (NaN where absent).
        flags: state of each of these.
        median: median of the municipalities that have a value.
        peers_median: median of the peers that have a value; NaN without peers.
        position: rank and percentile among the municipalities; None for an area, an absent value, or one that is not
            ranked (`Indicator.base`).
    """

    indicator: Indicator
    territory: str
    year: int
    own: Figure
    scales: dict[str, Figure]
    municipalities: pd.Series
    flags: pd.Series
    median: float
    peers_median: float
    position: Position | None

    def gap(self, other: float) -> float:
        """Difference from another value: in percent of it, or in points where the indicator is a percentage."""
        if self.indicator.unit == "percent":
            return self.own.value - other
        return 100.0 * (self.own.value / other - 1.0) if other else float("nan")


def standings(
    ids: Iterable[str],
    tables: Tables,
    groups: Groups,
    *,
    own: str,
    universe: Sequence[str],
    peers: Sequence[str] = (),
    parent: str = "",
) -> dict[str, Standing]:
    """Compute how a territory stands on several indicators.

    Args:
        ids: names of indicators of `REGISTRY`.
        tables: tables of the catalogue by name.
        groups: territories to show side by side, key -> codes; `own` is one of them.
        own: the territory of the report.
        universe: codes of the municipalities among which it is ranked.
        peers: codes of the comparison group.
        parent: for shares, the key of the parent territory in `groups`.

    Returns:
        One `Standing` an indicator, in the order asked.

    Raises:
        DataError: as `compute`; `own` is not among the groups.
    """
    if own not in groups:
        raise DataError(f"the territory '{own}' is not among the groups", allowed=list(groups))
    names = list(dict.fromkeys(ids))
    everybody = {code: (code,) for code in universe} | dict(groups)
    rows = dict(iter(compute(names, tables, everybody, parent=parent).groupby("indicator")))
    panels = {name: Panel(name, rows[name]) for name in names}
    bases = {name: Panel(base, compute(base, tables, everybody)) for name in names if (base := get(name).base)}
    return standings_of(panels, {key: key for key in groups}, own=own, universe=universe, peers=peers, bases=bases)


def standings_of(
    panels: Mapping[str, Panel],
    groups: Mapping[str, str],
    *,
    own: str,
    universe: Sequence[str],
    peers: Sequence[str] = (),
    bases: Mapping[str, Panel] = MappingProxyType({}),
) -> dict[str, Standing]:
    """As `standings`, from the figures of all municipalities of the universe and all the groups.

    Args:
        panels: figures by indicator.
        groups: key -> the territory of the panels that plays this part.
        own, universe, peers: as for `standings`.
        bases: by indicator, the figures of whom it is a mean of, where it names one.
    """
    return {name: _standing(panel, groups, own, universe, peers, bases.get(name)) for name, panel in panels.items()}


def ranked(values: pd.Series, base: pd.Series) -> pd.Series:
    """Values by code that may be ranked; NaN where too few are counted, where nobody knows how many, or below zero."""
    return values.where((base.reindex(values.index) >= LEAST) & (values >= 0))


def _standing(
    panel: Panel,
    groups: Mapping[str, str],
    own: str,
    universe: Sequence[str],
    peers: Sequence[str],
    base: Panel | None,
) -> Standing:
    # Without a value of its own, the latest year in which anybody has one: there is something to stand beside.
    year = panel.year_of(own)
    figure, everybody = panel.figure(own, year), panel.universe(universe, year)
    known = everybody.by_code
    among = ranked(everybody.values, base.universe(universe, year).values) if base else everybody.values
    return Standing(
        indicator=panel.indicator,
        territory=own,
        year=year,
        own=figure,
        scales={key: panel.figure(territory, year) for key, territory in groups.items() if key != own},
        municipalities=everybody.values,
        flags=everybody.flags,
        median=everybody.median,
        peers_median=median([known[code] if code in known else panel.figure(code, year).value for code in peers]),
        position=position(among, own) if own in known and among.notna()[own] else None,
    )
