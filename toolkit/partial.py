"""Sums of which some parts may be absent: what is known is the least they can be, and how many parts lack is kept."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class Sum(float):
    """A sum of amounts that are not negative, some of which may be absent.

    As a number it is the sum of the known parts, the least that the whole can be: 0 for no parts, NaN where parts are
    there and none is known. Sums add up with their absent parts; other arithmetic is for `exact`.

    Attributes:
        absent: parts without a value.
        of: all parts.

    >>> total = Sum.of_parts([2.0, float("nan"), 3.0])
    >>> (float(total), total.absent, total.of, total.flag)
    (5.0, 1, 3, 'lower_bound')
    """

    absent: int
    of: int

    def __new__(cls, least: float = 0.0, absent: int = 0, of: int = 0) -> Sum:
        """Args: the sum of the known parts, how many are absent, of how many in all."""
        made = super().__new__(cls, math.nan if absent and absent == of else least)
        made.absent, made.of = absent, of
        return made

    @classmethod
    def of_parts(cls, parts: Iterable[float]) -> Sum:
        """The sum of numbers, where NaN is absent."""
        numbers = list(parts)
        known = [number for number in numbers if number == number]
        return cls(math.fsum(known), len(numbers) - len(known), len(numbers))

    @classmethod
    def of_column(cls, values: pd.Series) -> Sum:
        """The sum of a column of numbers, where NaN is absent."""
        return cls(float(values.sum()), int(values.isna().sum()), len(values))

    @classmethod
    def by(cls, grouped: Any) -> dict[Any, Sum]:
        """The sums of a column grouped by pandas, by group."""
        found = grouped.agg(["sum", "count", "size"])
        rows = zip(found.index, found["sum"], found["count"], found["size"], strict=True)
        return {group: cls(float(known), int(of - there), int(of)) for group, known, there, of in rows}

    @property
    def exact(self) -> float:
        """The sum where no part is absent, NaN elsewhere."""
        return math.nan if self.absent else float(self)

    @property
    def flag(self) -> str:
        """`observed`, `lower_bound` where some part is absent, `missing` where all are."""
        return "observed" if not self.absent else "missing" if self.absent == self.of else "lower_bound"

    def __add__(self, other: object) -> Sum:
        """Both, with the absent parts of both."""
        if not isinstance(other, Sum):
            return NotImplemented
        known = math.fsum(float(one) for one in (self, other) if one.flag != "missing")
        return Sum(known, self.absent + other.absent, self.of + other.of)

    def __reduce__(self) -> tuple[type[Sum], tuple[float, int, int]]:
        """Kept whole where a process hands it to another."""
        return Sum, (float(self), self.absent, self.of)
