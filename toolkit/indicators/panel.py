"""The figures of one indicator, of all territories and years, found by territory and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from toolkit.indicators.base import Indicator, get

NOWHERE = np.array([], dtype=int)


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
    """The municipalities in one year, in the order given: Series are never changed, who hands them out copies them.

    Attributes:
        values: value by code, NaN where absent.
        flags: state of each.
        median: of those that have a value; NaN where none has.
    """

    values: pd.Series
    flags: pd.Series
    median: float

    @cached_property
    def by_code(self) -> dict[str, float]:
        """The values, to be looked up."""
        return dict(zip(self.values.index.to_numpy(), self.values.to_numpy().tolist(), strict=True))


class Panel:
    """Rows of `compute` of one indicator; made once for many territories.

    Args:
        about: the indicator, or the name of a registered one.
        rows: DataFrame[territory, year, value, flag, …].
    """

    def __init__(self, about: str | Indicator, rows: pd.DataFrame) -> None:
        self.indicator: Indicator = get(about) if isinstance(about, str) else about
        self.rows = rows
        self._years, self._values = rows["year"].to_numpy(), rows["value"].to_numpy(dtype=float)
        self._flags = rows["flag"].to_numpy(dtype=object)
        self._universes: dict[tuple[int, tuple[str, ...]], Universe] = {}

    @cached_property
    def at(self) -> Mapping[str, np.ndarray]:
        """Positions of the rows of each territory."""
        found: dict[str, list[int]] = {}
        for position, territory in enumerate(self.rows["territory"].to_numpy(dtype=object)):
            found.setdefault(territory, []).append(position)
        return {territory: np.array(positions) for territory, positions in found.items()}

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
        key = (year, tuple(codes))
        if key not in self._universes:
            figures = [self.figure(code, year) for code in codes]
            index = pd.Index(codes, name="territory")
            values = np.array([figure.value for figure in figures], dtype=float)
            flags = pd.Series([figure.flag for figure in figures], index=index, name="flag")
            self._universes[key] = Universe(pd.Series(values, index=index, name="value"), flags, median(values))
        return self._universes[key]


def median(values: Sequence[float] | np.ndarray) -> float:
    """Median of those that have a value; NaN where none has."""
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    return float(np.median(known)) if len(known) else float("nan")
