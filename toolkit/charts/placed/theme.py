"""How all charts look, and how a specification is put together.

Charts are plain Vega-Lite (`dict`): `altair.Chart.from_dict(spec)` gives an analyst the Altair object, and the tests
validate every chart that way; composing them with Altair itself takes 10 to 25 ms a chart, which a batch cannot spare.

Conventions: the territory of the report is blue, larger and named; the groups it is compared with have their own
shape, dash or position, so that nothing is said by colour alone. Marks have at least 3:1 against the page, text 4.5:1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from toolkit.svg import FONT
from toolkit.text import ABSENT_FLAGS, Words, is_absent

Spec = dict[str, Any]
Layer = dict[str, Any]
Record = dict[str, Any]

WIDE, NARROW = 720, 320
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

INK, NAVY, SLATE, GREY, LIGHT, WHITE = "#1A1A1A", "#17324D", "#5C6F82", "#84919F", "#E3E6E9", "#FFFFFF"
BLUE, ORANGE, GREEN, RED, PURPLE = "#0066CC", "#A66300", "#006B4E", "#B31B2C", "#7D44B8"
# Series after the territory's own: colour, dash and shape differ together.
SERIES = (
    (ORANGE, (6, 3), "diamond"),
    (GREEN, (2, 2), "square"),
    (SLATE, (8, 3, 2, 3), "triangle-up"),
    (PURPLE, (1, 3), "triangle-down"),
    (RED, (4, 4), "cross"),
)
# From low to high; luminance alone tells them apart.
SEQUENTIAL = ("#D6E6F7", "#94C0EB", "#4A93DB", "#0B5CAD", "#072F5F")
DECIMALS = 4

CONFIG: Spec = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "mark": {"aria": False, "opacity": 1},
    "text": {"color": INK, "fontSize": 13},
    "axis": {
        "aria": False,
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": LIGHT,
        "domainColor": SLATE,
        "tickColor": SLATE,
    },
}

# Advance widths of Titillium Web, in hundredths of the type size.
_WIDTHS = {
    22: "'\u00a0 .,:;’ìIijl·",
    27: "()",
    34: "fJrt",
    45: "c-xzs/",
    49: "kvyLaeàèég",
    54: "bdopquFTòùhnCSYZE",
    57: "0123456789X−+%€°×KVPA–",
    64: "BGRDUOQHN",
    82: "wmMW",
}


class _Advance(dict[str, float]):
    def __missing__(self, character: str) -> float:
        return 0.65


_ADVANCE = _Advance({character: width / 100 for width, characters in _WIDTHS.items() for character in characters})


def pair(chart: Callable[..., Spec], *args: Any, **options: Any) -> tuple[Spec, Spec]:
    """The same chart twice: for a page of about 720 pixels and for a telephone of 320.

    Args:
        chart: one of this package's functions.
        args, options: what it takes, without `width`.
    """
    return chart(*args, **options, width=WIDE), chart(*args, **options, width=NARROW)


def is_narrow(width: float) -> bool:
    """Whether labels go above their row, and the legend under one another."""
    return width < 500


def text_size(width: int) -> int:
    """Size of ordinary text, in pixels of the drawing."""
    return 12 if is_narrow(width) else 13


def text_width(text: str, size: float = 13) -> float:
    """Room that a text takes, in pixels, semibold included: a few percent generous for what Titillium Web has."""
    return sum(map(_ADVANCE.__getitem__, text)) * size * 1.03


def wrap(text: str, room: float, size: float = 13, lines: int = 3) -> list[str]:
    """A text in lines of at most `room` pixels, broken at spaces; the last of `lines` ends in "…" if more is left."""
    found = [""]
    for word in text.split(" "):
        longer = f"{found[-1]} {word}".strip()
        if not found[-1] or text_width(longer, size) <= room:
            found[-1] = longer
        else:
            found.append(word)
    if len(found) > lines:
        found = [*found[: lines - 1], shorten(" ".join(found[lines - 1 :]), room, size)]
    return [shorten(line, room, size) for line in found]


def shorten(text: str, room: float, size: float = 13) -> str:
    """A text cut to its room, with "…"."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers from low to high."""
    if high <= low:
        return [low]
    rough = (high - low) / max(count, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if rough <= power * factor * 1.0001)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 10) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def axis(unit: str, words: Words, bounds: Sequence[float], **options: Any) -> Spec:
    """An axis that prints its unit's numbers as the language does: "25.000 €", "10 %", "26.672"."""
    marks = ticks(bounds[0], bounds[1])
    step = marks[1] - marks[0] if len(marks) > 1 else 1
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    if decimals == 0 and any(mark != int(mark) for mark in marks):
        decimals = 1
    form = words.form(unit)
    shown: Spec = {"values": marks, "format": "d" if form == "year" else f",.{decimals}f", "title": None, **options}
    if form == "euro":
        shown["format"] = f"$,.{decimals}f"
    elif form == "percent":
        space = words.percent(0, 0).removeprefix("0").removesuffix("%")
        shown["labelExpr"] = f"datum.label + '{space}%'"
    return shown


def printed(value: Any, unit: str, words: Words, flag: str = "observed", decimals: int | None = None) -> str:
    """A value as it stands beside a mark: with "%" or "€", without noun; differences of percentages with their sign."""
    if words.form(unit) == "points" and flag not in ABSENT_FLAGS and not is_absent(value):
        return words.signed(value, words.decimals(unit) if decimals is None else decimals)
    return words.value(value, unit, flag, decimals, bare=True)


def spread(positions: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles moved as little as needed so that things of those heights stand clear, in the same order.

    They stay between low and high if there is room for them all.
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    placed: list[float] = []
    for rank, index in enumerate(order):
        after = placed[-1] + (heights[order[rank - 1]] + heights[index]) / 2 if placed else low
        placed.append(max(positions[index], after))
    if placed and placed[-1] > high:
        placed[-1] = max(high, low)
        for rank in range(len(placed) - 2, -1, -1):
            before = placed[rank + 1] - (heights[order[rank]] + heights[order[rank + 1]]) / 2
            placed[rank] = min(placed[rank], before)
    moved = [0.0] * len(positions)
    for rank, index in enumerate(order):
        moved[index] = placed[rank]
    return moved
