"""The figures of one indicator, of all territories and years, found by territory and year."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar, cast

import numpy as np
import pandas as pd

from toolkit.indicators.base import REGISTRY, Indicator, get
from toolkit.indicators.change import change

NOWHERE = np.array([], dtype=int)
QUANTILES = {"p10": 0.10, "q1": 0.25, "median": 0.50, "q3": 0.75, "p90": 0.90}

Made = TypeVar("Made")


@dataclass(frozen=True)
class Figure:
    """A value with its state; NaN where absent."""

    value: float
    flag: str

    @property
    def known(self) -> bool:
        """Whether there is a value at all."""
        return not np.isnan(self.value)


ABSENT = Figure(float("nan"), "missing")


@dataclass(frozen=True)
class Universe:
    """The municipalities in one year, in the order given.

    Attributes:
        median: of those that have a value; NaN where none has.
    """

    _values: pd.Series
    _flags: pd.Series
    median: float

    @property
    def values(self) -> pd.Series:
        """Value by code, NaN where absent; the caller's own."""
        return self._values.copy(deep=False)

    @property
    def flags(self) -> pd.Series:
        """State of each; the caller's own."""
        return self._flags.copy(deep=False)

    @cached_property
    def spread(self) -> Mapping[str, float]:
        """Quantiles of those that have a value: p10, q1, median, q3, p90 (NaN where none has)."""
        known = self._values.dropna()
        found = {key: float(known.quantile(at)) if len(known) else float("nan") for key, at in QUANTILES.items()}
        return MappingProxyType(found)

    @cached_property
    def by_code(self) -> Mapping[str, float]:
        """The values, to be looked up."""
        pairs = zip(self._values.index.to_numpy(), self._values.to_numpy().tolist(), strict=True)
        return MappingProxyType(dict(pairs))


class Panel:
    """Rows of `compute` of one indicator; made once for many territories, and not to be changed: what it hands out is
    read-only, or the caller's own.

    Args:
        about: the indicator, or the name of a registered one.
        rows: DataFrame[territory, year, value, flag, …].
    """

    __shareable__: ClassVar[bool] = True  # pages may share it, see `toolkit.catalog.store`
    _about: str | Indicator  # a registered one by its name: its function cannot be sent to another process
    _rows: pd.DataFrame
    _years: np.ndarray
    _values: np.ndarray
    _flags: np.ndarray
    _kept: dict[Hashable, Any]

    def __init__(self, about: str | Indicator, rows: pd.DataFrame) -> None:
        known = get(about) if isinstance(about, str) else about
        vars(self).update(
            _about=known.id if REGISTRY.get(known.id) is known else known,
            _rows=rows.copy(deep=False),
            _years=rows["year"].to_numpy(),
            _values=rows["value"].to_numpy(dtype=float),
            _flags=rows["flag"].to_numpy(dtype=object),
            _kept={},
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a panel is shared by many pages: its {name!r} cannot be set")

    @property
    def indicator(self) -> Indicator:
        """What is known of the indicator."""
        return get(self._about) if isinstance(self._about, str) else self._about

    @property
    def rows(self) -> pd.DataFrame:
        """All rows; the caller's own."""
        return self._rows.copy(deep=False)

    @cached_property
    def at(self) -> Mapping[str, np.ndarray]:
        """Positions of the rows of each territory."""
        found: dict[str, list[int]] = {}
        for position, territory in enumerate(self._rows["territory"].to_numpy(dtype=object)):
            found.setdefault(territory, []).append(position)
        return MappingProxyType({territory: _positions(at) for territory, at in found.items()})

    @cached_property
    def last(self) -> int:
        """Latest year in which anybody has a value; of all where nobody has."""
        known = ~np.isnan(self._values)
        return int(self._years[known if known.any() else slice(None)].max())

    def history(self, territory: str) -> tuple[list[int], list[float], list[str]]:
        """Years, values and flags of one territory; none where it is unknown."""
        at = self.at.get(territory, NOWHERE)
        return self._years[at].tolist(), self._values[at].tolist(), self._flags[at].tolist()

    def of(self, territory: str) -> pd.DataFrame:
        """Rows of one territory: `territory, year, value, flag`."""
        years, values, flags = self.history(territory)
        return pd.DataFrame({"territory": territory, "year": years, "value": values, "flag": flags})

    def values_of(self, territory: str) -> dict[int, float]:
        """Values of one territory by year."""
        years, values, _ = self.history(territory)
        return dict(zip(years, values, strict=True))

    def year_of(self, territory: str) -> int:
        """Latest year with a value for a territory; where it has none, with a value for anybody."""
        at = self.at.get(territory, NOWHERE)
        known = at[~np.isnan(self._values[at])]
        if len(known):
            return int(self._years[known].max())
        anybody = not np.isnan(self._values).all()
        return int(self._years[at].max()) if len(at) and not anybody else self.last

    def figure(self, territory: str, year: int) -> Figure:
        """The figure of a territory in a year; missing where there is no row."""
        at = self.at.get(territory, NOWHERE)
        then = at[self._years[at] == year]
        return Figure(float(self._values[then[-1]]), str(self._flags[then[-1]])) if len(then) else ABSENT

    def universe(self, codes: Sequence[str], year: int) -> Universe:
        """All municipalities in a year."""

        def made() -> Universe:
            figures = [self.figure(code, year) for code in codes]
            index = pd.Index(codes, name="territory")
            values = np.array([figure.value for figure in figures], dtype=float)
            flags = pd.Series([figure.flag for figure in figures], index=index, name="flag")
            return Universe(pd.Series(values, index=index, name="value"), flags, median(values))

        return self.once(("universe", year, tuple(codes)), made)

    def latest(self, codes: Sequence[str]) -> pd.Series:
        """Values by code in the latest year in which most of them have one."""

        def made() -> pd.Series:
            rows = self._rows
            wide = rows[rows["territory"].isin(codes)].pivot(index="territory", columns="year", values="value")
            known = wide.notna().sum()
            values: pd.Series = wide[known[known >= 0.8 * known.max()].index.max()]
            return values.reindex(list(codes)).astype(float)

        return self.once(("latest", tuple(codes)), made)

    def changes(self, territories: Collection[str], first: int, last: int) -> pd.Series:
        """Change between two years by territory: percent, or points where the figure is a percentage."""

        def made() -> pd.Series:
            rows = self._rows[self._rows["territory"].isin(territories)]
            found = change(rows, first, last, relative=self.indicator.unit != "percent")
            values: pd.Series = found.set_index("territory")["value"].astype(float)
            return values

        return self.once(("changes", tuple(territories), first, last), made)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What follows from the panel and a key alone, made once: of pandas the caller's own, all else immutable."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: Any = self._kept[key]
        found: Made = kept if not isinstance(kept, (pd.DataFrame, pd.Series)) else cast("Any", kept.copy(deep=False))
        return found


def _positions(at: list[int]) -> np.ndarray:
    found = np.array(at)
    found.flags.writeable = False
    return found


def median(values: Sequence[float] | np.ndarray) -> float:
    """Median of those that have a value; NaN where none has."""
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    return float(np.median(known)) if len(known) else float("nan")
