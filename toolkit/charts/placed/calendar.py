"""Periods on a calendar: calls, projects, terms; one line a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.charts.placed import draw, theme
from toolkit.charts.placed.theme import BLUE, INK, LIGHT, SLATE, WHITE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import Words, is_absent

_HALF = 7
# Below this many days months are named, above it years.
_MONTHS = 500


def timeline(
    data: pd.DataFrame,
    words: Words,
    *,
    today: dt.date | str = "",
    ours: Collection[str] = (),
    width: int = theme.WIDE,
) -> Spec:
    """Periods on a calendar, one line a row, with the day of the report across.

    Args:
        data: `name`, `start`, `end` (ISO dates; an empty `end` is open: the bar goes on, with an arrow), and optionally
            `note`, printed after the bar, or before it where there is no room.
        words: the language.
        today: the day of the line across.
        ours: names in blue.
        width: pixels.

    Raises:
        DataError: no rows, no start, or an end before its start.
    """
    size, narrow = theme.text_size(width), theme.is_narrow(width)
    rows = [_period(record) for record in rows_of(data)]
    if not rows:
        raise DataError("no rows to draw")
    mark = _day(today)
    days = [day.toordinal() for row in rows for day in (row["start"], row["end"], mark) if day]
    margin = max((max(days) - min(days)) * 0.03, 5)
    low, high = min(days) - margin, max(days) + margin
    titles = [_title(row["name"], width, size) for row in rows]
    column = 0 if narrow else max(theme.text_width(line, size) for lines in titles for line in lines) + 14
    top, step = (26 if mark else 6), (46 if narrow else 36)
    height = top + step * len(rows)

    def across(day: float) -> float:
        return column + (day - low) / (high - low) * (width - column)

    for index, (row, title) in enumerate(zip(rows, titles, strict=True)):
        start, end = across(row["start"].toordinal()), across(row["end"].toordinal() if row["end"] else high)
        y = top + step * index + (30 if narrow else step / 2)
        until = words.date(row["end"]) if row["end"] else "…"
        told = f"{row['name']}: {words.date(row['start'])} – {until}"
        row.update(x=start, x2=max(end, start + 2), middle=y, y=y - _HALF, y2=y + _HALF, t=told, title=title)
    layers = _calendar(low, high, across, height, words, width - column)
    for mine in (False, True):
        layers += _rows([row for row in rows if (row["name"] in ours) is mine], mine, width)
    if mark:
        layers += draw.reference(words.date(mark), across(mark.toordinal()), top, height, width)
    return draw.spec(draw.filled(layers), width, height, bottom=24)


def _period(record: Mapping[Any, Any]) -> Record:
    start, end = _day(record["start"]), _day(record["end"])
    if not start or (end and end < start):
        what = f"{record['name']}: no period from {record['start']!r} to {record['end']!r}"
        raise DataError(what, allowed="ISO dates, in order; an empty end is open")
    note = record.get("note")
    return {"name": str(record["name"]), "start": start, "end": end, "note": "" if is_absent(note) else str(note)}


def _day(value: Any) -> dt.date | None:
    if is_absent(value) or value == "":
        return None
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])


def _title(name: str, width: int, size: int) -> list[str]:
    return (
        [theme.shorten(name, width, size)] if theme.is_narrow(width) else theme.wrap(name, 0.32 * width, size, lines=2)
    )


def _rows(rows: Sequence[Record], mine: bool, width: int) -> list[Layer]:
    """Bars, arrows of those still open, names and notes."""
    size, narrow = theme.text_size(width), theme.is_narrow(width)
    bar = {"color": BLUE if mine else SLATE, **draw.hover(width)}
    arrow = {"shape": "triangle-right", "size": 90, "fill": WHITE, "stroke": WHITE}
    arrows = [{"x": row["x2"] - 6, "y": row["middle"]} for row in rows if not row["end"]]
    names = [
        {"x": 0, "y": row["middle"] - (19 if narrow else 8 * (len(row["title"]) - 1)), "t": row["title"]}
        for row in rows
    ]
    if narrow:
        names = [{**name, "t": name["t"][0]} for name in names]
    titles = draw.text(names, fontSize=size, fontWeight=700 if mine else "normal")
    notes: dict[str, list[Record]] = {"left": [], "right": [], "center": []}
    for row in rows:
        align, note = _note(row, width, size - 1)
        notes[align] += [note] if row["note"] else []
    inside = draw.text(notes.pop("center"), align="center", fontSize=size - 1, color=WHITE)
    texts = [draw.text(some, align=align, fontSize=size - 1, color=INK) for align, some in notes.items()]
    return [
        draw.box(rows, bar, **draw.told(width)),
        draw.dots(arrows, arrow),
        *(draw.backed(titles) if narrow else [titles]),
        *(part for some in texts for part in draw.backed(some)),
        inside,
    ]


def _note(row: Record, width: int, size: int) -> tuple[str, Record]:
    """The note after its bar, else before it, else on it: wherever it fits, or has most room."""
    left = 0 if theme.is_narrow(width) else max(theme.text_width(line, size + 1) for line in row["title"]) + 6
    rooms = {"left": width - row["x2"] - 8, "right": row["x"] - left - 8, "center": row["x2"] - row["x"] - 24}
    wanted = theme.text_width(row["note"], size)
    align = next((align for align, room in rooms.items() if wanted <= room), max(rooms, key=lambda align: rooms[align]))
    x = {"left": row["x2"] + 6, "right": row["x"] - 6, "center": (row["x"] + row["x2"]) / 2}[align]
    return align, {"x": x, "y": row["middle"], "t": theme.shorten(row["note"], rooms[align], size)}


def _calendar(
    low: float, high: float, across: Callable[[float], float], height: float, words: Words, room: float
) -> list[Layer]:
    """Grid and names of years, or of months where the period is short; as many as fit."""
    months = high - low < _MONTHS
    first, last = dt.date.fromordinal(int(low)), dt.date.fromordinal(int(high))
    every_month = range(1, 13) if months else (1,)
    days = [dt.date(year, month, 1) for year in range(first.year, last.year + 1) for month in every_month]
    days = [day for day in days if low <= day.toordinal() <= high]
    named = [(across(day.toordinal()), words.date(f"{day:%Y-%m}") if months else str(day.year)) for day in days]
    each = max((theme.text_width(name, 12) + 14 for _, name in named), default=1)
    every = max(1, -(-int(len(named) * each) // max(int(room), 1)))
    shown = named[::every]
    texts = [{"x": x + 3, "y": height + 12, "t": name} for x, name in shown if x + 3 + each - 14 <= across(high)]
    return [
        draw.upright([{"x": x, "y": 0, "y2": height} for x, _ in shown], color=LIGHT, strokeWidth=1),
        draw.text(texts, fontSize=12, color=INK),
    ]
