"""Days that have not come yet, for pages that will be made then."""

from __future__ import annotations

import datetime

import pytest

from toolkit import params
from toolkit.pnrr import days


class _Any(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime.date)


class Later(datetime.date, metaclass=_Any):
    """`date`, of which today is 1 March 2027."""

    @classmethod
    def today(cls) -> datetime.date:  # type: ignore[override]
        """A day on which the plan's last days have passed."""
        return datetime.date(2027, 3, 1)


def later_day(patch: pytest.MonkeyPatch) -> None:
    """As if today were 1 March 2027."""
    patch.setattr(days, "date", Later)
    patch.setattr(params, "date", Later)
