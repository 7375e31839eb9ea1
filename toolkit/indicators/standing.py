"""How one territory stands: its value beside larger territories, the median of municipalities and its peers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.base import Groups, Indicator, Tables, compute, get
from toolkit.indicators.position import Position, position


@dataclass(frozen=True)
class Figure:
    """A value with its state; NaN where absent."""

    value: float
    flag: str

    @property
    def known(self) -> bool:
        """Whether there is a value at all."""
        return not np.isnan(self.value)


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
        position: rank and percentile among the municipalities; None for an area or an absent value.
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
    return standings_of({name: rows[name] for name in names}, groups, own=own, universe=universe, peers=peers)


def standings_of(
    rows: Mapping[str, pd.DataFrame],
    groups: Iterable[str],
    *,
    own: str,
    universe: Sequence[str],
    peers: Sequence[str] = (),
) -> dict[str, Standing]:
    """As `standings`, from rows of `compute` by indicator, of all municipalities of the universe and all the groups."""
    return {name: _standing(name, found, groups, own, universe, peers) for name, found in rows.items()}


def _standing(
    name: str, rows: pd.DataFrame, groups: Iterable[str], own: str, universe: Sequence[str], peers: Sequence[str]
) -> Standing:
    territory, years, found = (rows[column].to_numpy() for column in ("territory", "year", "value"))
    mine = territory == own
    known = mine & ~np.isnan(found)
    # Without a value of its own, the latest year in which anybody has one: there is something to stand beside.
    seen = known if known.any() else ~np.isnan(found)
    year = int(years[seen if seen.any() else mine if mine.any() else slice(None)].max())
    at = np.flatnonzero(years == year)
    then = dict(zip(territory[at], zip(found[at], rows["flag"].to_numpy()[at], strict=True), strict=True))
    absent = (float("nan"), "missing")
    codes = pd.Index(universe, name="territory")
    each = [then.get(code, absent) for code in universe]
    values = pd.Series(np.array([value for value, _ in each], dtype=float), index=codes, name="value")
    ranked = own in universe and not np.isnan(then.get(own, absent)[0])
    return Standing(
        indicator=get(name),
        territory=own,
        year=year,
        own=_figure(then, own),
        scales={key: _figure(then, key) for key in groups if key != own},
        municipalities=values,
        flags=pd.Series([str(flag) for _, flag in each], index=codes, name="flag"),
        median=_median(values.to_numpy()),
        peers_median=_median([then.get(code, absent)[0] for code in peers]),
        position=position(values, own) if ranked else None,
    )


def _median(values: Sequence[float] | np.ndarray) -> float:
    """Median of those that have a value; NaN where none has."""
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    return float(np.median(known)) if len(known) else float("nan")


def _figure(then: Mapping[str, tuple[float, str]], territory: str) -> Figure:
    value, flag = then.get(territory, (float("nan"), "missing"))
    return Figure(float(value), str(flag))
