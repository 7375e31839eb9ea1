"""One bar a row, with its value: municipalities in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from toolkit.charts.placed import draw, theme
from toolkit.charts.placed.theme import BLUE, GREY, SLATE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

_STEP, _HALF = 25, 8
# Part of the width that names beside the bars may take.
_NAMES = 0.45


def ranked_bars(
    data: pd.DataFrame,
    words: Words,
    *,
    unit: str,
    ours: Collection[str] = (),
    decimals: int | None = None,
    reference: tuple[str, float] | None = None,
    width: int = theme.WIDE,
) -> Spec:
    """One bar a row, in the order given, each with its value; the territory's is blue and its name bold.

    A suppressed or missing value has no bar and says so in words; zero has its figure and no bar.

    Args:
        data: `name`, `value`, and optionally `flag`.
        words: the language.
        unit: key of `text/units.yml`.
        ours: names drawn as the territory's own.
        decimals: those of the unit where not given.
        reference: a line across, `(label, value)`, such as the median.
        width: pixels.

    Raises:
        DataError: no rows, or not one value.
    """
    rows = _rows(data, words, unit, decimals)
    size = theme.text_size(width)
    found = [row["value"] for row in rows if row["value"] is not None] + ([reference[1]] if reference else [])
    low, high = min(0.0, *found), max(0.0, *found)
    longest = max(theme.text_width(row["name"], size) for row in rows)
    # On a telephone long names stand above their bars.
    above = theme.is_narrow(width) and longest > _NAMES * width
    column = 0.0 if above else min(longest, _NAMES * width) + 12
    room = max(theme.text_width(row["t"], size) for row in rows if row["value"] is not None) + 12
    left, right = column + (room if low < 0 else 2), width - room
    top, step = (26 if reference else 4), _STEP + (17 if above else 0)

    def across(value: float) -> float:
        return left + (value - low) / ((high - low) or 1) * (right - left)

    for index, row in enumerate(rows):
        y = top + step * (index + 1) - _STEP / 2
        row["label"] = theme.shorten(row["name"], width if above else column, size)
        row.update(
            y=y, at=y - 19 if above else y, ours=row["name"] in ours, x=across(0.0), x2=across(row["value"] or 0.0)
        )
    height = top + step * len(rows)
    layers = [*_bars(rows, width), draw.upright([{"x": across(0.0), "y": top, "y2": height}], color=SLATE)]
    if reference:
        said = f"{reference[0]}: {theme.printed(reference[1], unit, words, decimals=decimals)}"
        layers += draw.reference(said, across(reference[1]), top, height, width)
    layers += _names(rows, None if above else column - 8, size)
    layers += [part for texts in _values(rows, size) for part in draw.backed(texts)]
    return draw.spec(draw.filled(layers), width, height + 6)


def _rows(data: pd.DataFrame, words: Words, unit: str, decimals: int | None) -> list[Record]:
    rows = []
    for record in rows_of(data):
        flag = str(record.get("flag", "observed"))
        absent = flag in ABSENT_FLAGS or is_absent(record["value"])
        printed = theme.printed(record["value"], unit, words, flag, decimals)
        rows.append({"name": str(record["name"]), "value": None if absent else float(record["value"]), "t": printed})
    if all(row["value"] is None for row in rows):
        raise DataError("not one value to draw", hint="say in words why there is none")
    return rows


def _bars(rows: Sequence[Record], width: int) -> list[Layer]:
    layers = []
    for mine, colour in ((False, GREY), (True, BLUE)):
        bars = [
            {**row, "y": row["y"] - _HALF, "y2": row["y"] + _HALF, "t": f"{row['name']}: {row['t']}"}
            for row in rows
            if row["ours"] is mine and row["value"]
        ]
        layers.append(draw.box(bars, {"color": colour, **draw.hover(width)}, **draw.told(width)))
    return layers


def _names(rows: Sequence[Record], right: float | None, size: int) -> list[Layer]:
    """Names beside the bars, ending at `right`, or above them; the territory's in bold."""
    layers = []
    for mine, weight in ((False, "normal"), (True, 700)):
        shown = [{"x": right or 0, "y": row["at"], "t": row["label"]} for row in rows if row["ours"] is mine]
        texts = draw.text(shown, align="right" if right else "left", fontSize=size, fontWeight=weight)
        layers += [texts] if right else draw.backed(texts)
    return layers


def _values(rows: Sequence[Record], size: int) -> list[Layer]:
    """Values beyond the end of the bars; words for what is absent, in grey italics, at the axis."""

    def texts(some: Sequence[Record], gap: float) -> list[Record]:
        return [{"x": row["x2"] + gap, "y": row["y"], "t": row["t"]} for row in some]

    present = [row for row in rows if row["value"] is not None]
    return [
        draw.text(texts([row for row in present if row["value"] >= 0], 6), fontSize=size),
        draw.text(texts([row for row in present if row["value"] < 0], -6), fontSize=size, align="right"),
        draw.text(
            texts([row for row in rows if row["value"] is None], 6), fontSize=size, fontStyle="italic", color=SLATE
        ),
    ]
