"""Shares that know their parent: what is a share of what, and which two may be compared."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.errors import DataError
from toolkit.territory.model import Area


@dataclass(frozen=True)
class Share:
    """A part of a parent territory's total: what is counted, where, and of which dated parent.

    2.92 % of the Province of 2008 and 3.67 % of today's metropolitan city are both right; only together with the parent
    they say something, so a difference of shares of unlike parents is refused.
    """

    part: float
    whole: float
    counts: str
    territory: str
    parent: Area

    @property
    def percent(self) -> float:
        """100 · part / whole.

        Raises:
            DataError: the whole is not positive.
        """
        if not self.whole > 0:
            raise DataError(
                f"{self.territory} has no share of {self.parent}: the total of {self.counts} is {self.whole}."
            )
        return 100 * self.part / self.whole

    def __sub__(self, other: Share) -> float:
        """Difference in percentage points, of comparable shares only."""
        comparable(self, other)
        return self.percent - other.percent


def comparable(a: Share, b: Share) -> None:
    """Pass where two shares may be compared.

    Raises:
        DataError: they are shares of different parents, of one parent on days between which its members changed, or
            they count different things.
    """
    if a.counts != b.counts:
        raise DataError(
            f"A share of {a.counts} is not comparable with a share of {b.counts}.",
            where=f"{a.territory} and {b.territory}",
        )
    if a.parent.members != b.parent.members:
        raise DataError(
            f"{a.percent:.2f} % and {b.percent:.2f} % are not comparable: the first is a share of {a.parent} with "
            f"{len(a.parent.members)} municipalities, the second of {b.parent} with {len(b.parent.members)}.",
            where=f"{a.territory} and {b.territory}",
            hint="compute both over the same parent, or print each with its parent and date",
        )
