"""Numbers before they are printed: rounded as one does by hand, absent told from zero."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from toolkit.text.loading import WordsError

MINUS = "\u2212"
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


def apart(low: float, high: float) -> list[Decimal]:
    """Both ends of a range, or the one where they are equal. Where one decimal does not tell them apart, or from zero
    what is not zero, there are two, the lower end rounded down and the upper one up."""
    exact = list(dict.fromkeys((low, high)))
    for decimals in (1, 2):
        ends = [rounded(end, decimals) for end in exact]
        if len(set(ends)) == len(ends) and all(end or not known for end, known in zip(ends, exact, strict=True)):
            return ends if decimals == 1 or low == high else _outward(low, high)
    return _outward(low, high)


def _outward(low: float, high: float) -> list[Decimal]:
    hundredth = Decimal("0.01")
    return [Decimal(repr(low)).quantize(hundredth, ROUND_FLOOR), Decimal(repr(high)).quantize(hundredth, ROUND_CEILING)]


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
