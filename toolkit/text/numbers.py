"""Numbers before they are printed: rounded as one does by hand, absent told from zero."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from toolkit.text.loading import WordsError

MINUS = "\u2212"
ABSENT_FLAGS = ("missing", "confidential", "not_observable")
PRESENT_FLAGS = ("observed", "estimated", "break", "lower_bound")
_ABSENT_HINT = "an absent value is printed by value() with its flag"


def rounded(value: Any, decimals: int = 0) -> Decimal:
    """The value half up at its shortest decimal form (2.675 → 2.68, whatever its binary form); zero has no sign.

    Raises:
        WordsError: the value is absent, infinite or not a number.
    """
    if isinstance(value, Decimal):
        exact = value
    elif value is None or isinstance(value, (str, bool)):
        raise WordsError(
            f"{value!r} is not a number to print", hint="an absent value is printed by value() with its flag"
        )
    else:
        exact = Decimal(int(value)) if isinstance(value, int) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise WordsError(
            f"{value!r} is not a number to print", hint="an absent value is printed by value() with its flag"
        )
    return exact.quantize(_unit(decimals), rounding=ROUND_HALF_UP) + 0


@cache
def _unit(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


def is_absent(value: Any) -> bool:
    """None, NaN or NA: no value, as opposed to zero."""
    if value is None:
        return True
    try:
        return bool(math.isnan(value))
    except TypeError:
        return type(value).__name__ in ("NAType", "NaTType")
