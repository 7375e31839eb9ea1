"""Intervals: from the lowest to the highest value that the data or the choices allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.charts.placed import draw, theme
from toolkit.charts.placed.theme import BLUE, SLATE, WHITE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent


def ranges(
    data: pd.DataFrame,
    words: Words,
    *,
    unit: str,
    domain: tuple[float, float] | None = None,
    ours: Collection[str] = (),
    decimals: int | None = None,
    reference: tuple[str, float] | None = None,
    width: int = theme.WIDE,
) -> Spec:
    """Intervals: one line a row from `low` to `high`, its ends marked, a dot at `value`, all printed.

    Args:
        data: `name`, `low`, `high`, and optionally `value` and `flag`; a row without bounds says why, one with only the
            lower is drawn open to the end of the axis and says "at least".
        words: the language.
        unit: key of `text/units.yml`.
        domain: ends of the axis; those of the data where not given.
        ours: names drawn as the territory's own.
        decimals: those of the unit where not given.
        reference: a line across, `(label, value)`, such as zero.
        width: pixels.

    Raises:
        DataError: no rows, not one interval, or a value outside of its own bounds.
    """
    size, narrow = theme.text_size(width), theme.is_narrow(width)
    rows = [_interval(record, words, unit, decimals) for record in rows_of(data)]
    known = [bound for row in rows for bound in (row["low"], row["high"]) if bound is not None]
    if not known:
        raise DataError("not one interval to draw", hint="say in words why there is none")
    opened = any(row["high"] is None for row in rows if row["low"] is not None)
    low, high = domain or _padded(known + ([reference[1]] if reference else []), opened)
    titles = [_title(row, width, size) for row in rows]
    column = 0 if narrow else max(theme.text_width(line, size) for lines in titles for line in lines) + 16
    room = 0 if narrow else max(theme.text_width(row["t"], size) for row in rows) + 12
    left, right, top = column + 8, width - room - 8, 26 if reference else 4
    step = 46 if narrow else 34
    height = top + step * len(rows)

    def across(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    for index, (row, title) in enumerate(zip(rows, titles, strict=True)):
        text = top + step * index + (10 if narrow else step / 2)
        row.update(text=text, y=text + 18 if narrow else text, title=title, ours=row["name"] in ours)
        if row["low"] is not None:
            row.update(x=across(row["low"]), x2=right if row["high"] is None else across(row["high"]))
            row["at"] = None if row["value"] is None else across(row["value"])
    layers = [_ground(low, high, left, right, unit, words)]
    if reference:
        said = f"{reference[0]}: {theme.printed(reference[1], unit, words, decimals=decimals)}"
        layers += draw.reference(said, across(reference[1]), top, height, width)
    for mine in (False, True):
        some = [row for row in rows if row["ours"] is mine]
        layers += [*_drawn(some, BLUE if mine else SLATE, width), *_texts(some, width, 700 if mine else "normal", size)]
    return draw.spec(draw.filled(layers), width, height, bottom=24)


def _interval(record: Mapping[Any, Any], words: Words, unit: str, decimals: int | None) -> Record:
    flag, name = str(record.get("flag", "observed")), str(record["name"])
    if flag in ABSENT_FLAGS or is_absent(record["low"]):
        reason = words.absent(flag if flag in ABSENT_FLAGS else "missing")
        return {"name": name, "low": None, "high": None, "value": None, "t": reason}
    low, value = float(record["low"]), None if is_absent(record.get("value")) else float(record["value"])
    if is_absent(record["high"]):
        said = words.say("labels.at_least", value=theme.printed(low, unit, words, decimals=decimals))
        return {"name": name, "low": low, "high": None, "value": value, "t": said}
    high = float(record["high"])
    if low > high or (value is not None and not low <= value <= high):
        raise DataError(f"{name}: {value} is not between {low} and {high}")
    first, last = (theme.printed(bound, unit, words, decimals=decimals) for bound in (low, high))
    between = words.say("labels.between_signed" if low < 0 else "labels.between", low=first, high=last)
    said = first if first == last else between
    if value is not None and first != last:
        said = f"{theme.printed(value, unit, words, decimals=decimals)} ({between})"
    return {"name": name, "low": low, "high": high, "value": value, "t": said}


def _padded(marks: Sequence[float], opened: bool) -> tuple[float, float]:
    """Ends of the axis, with room for an interval without an upper bound."""
    low, high = min(marks), max(marks)
    margin = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin * (5 if opened else 1)


def _title(row: Record, width: int, size: int) -> list[str]:
    """The name in lines beside the interval; on a telephone above it, in the room that the figures leave."""
    if theme.is_narrow(width):
        return [theme.shorten(row["name"], width - 12 - theme.text_width(row["t"], size), size)]
    return theme.wrap(row["name"], 0.3 * width, size, lines=2)


def _drawn(rows: Sequence[Record], colour: str, width: int) -> list[Layer]:
    bars = [{**row, "t": f"{row['name']}: {row['t']}"} for row in rows if row["low"] is not None]
    known = [(row, end) for row in bars for end, bound in (("x", "low"), ("x2", "high")) if row[bound] is not None]
    ends = [{"x": row[end], "y": row["y"] - 6, "y2": row["y"] + 6} for row, end in known]
    points = [{**row, "x": row["at"]} for row in bars if row["at"] is not None]
    hover, told = draw.hover(width), draw.told(width)
    dot = {"shape": "circle", "size": 90, "fill": colour, "stroke": WHITE, "strokeWidth": 1.5, **hover}
    return [
        draw.level(bars, color=colour, strokeWidth=4, encoding=told, **hover),
        draw.upright(ends, color=colour, strokeWidth=2),
        draw.dots(points, dot, **told),
    ]


def _texts(rows: Sequence[Record], width: int, weight: int | str, size: int) -> list[Layer]:
    names = [{"x": 0, "y": row["text"] - 8 * (len(row["title"]) - 1), "t": row["title"]} for row in rows]
    told = [{"x": width, "y": row["text"], "t": row["t"]} for row in rows if row["low"] is not None]
    absent = [{"x": width, "y": row["text"], "t": row["t"]} for row in rows if row["low"] is None]
    titles = draw.text(names, fontSize=size, fontWeight=weight)
    return [
        titles,
        draw.text(told, align="right", fontSize=size, fontWeight=weight),
        draw.text(absent, align="right", fontSize=size, fontStyle="italic", color=SLATE),
    ]


def _ground(low: float, high: float, left: float, right: float, unit: str, words: Words) -> Layer:
    """The axis under the intervals, with its grid."""
    axis = theme.axis(unit, words, (low, high), orient="bottom", grid=True, domain=False, ticks=False, labelPadding=6)
    scale = {"domain": [low, high], "range": [round(left, 1), round(right, 1)], "nice": False, "zero": False}
    encoding = {"x": {"field": "v", "type": "quantitative", "scale": scale, "axis": axis}}
    return draw.layer([{"v": low}], {"type": "tick", "opacity": 0}, **encoding)
