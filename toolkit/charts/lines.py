"""Lines over time, with breaks in series drawn as breaks; periods on a calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from toolkit.charts import theme
from toolkit.charts.theme import BLUE, GREY, INK, LIGHT, SERIES, SLATE, WHITE, Layer, Record, Spec
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

_LABELS = 190


def lines(
    data: pd.DataFrame,
    words: Words,
    *,
    unit: str,
    ours: str = "",
    zero: bool = False,
    decimals: int | None = None,
    width: int = theme.WIDE,
) -> Spec:
    """Series over the years. A line ends where its series breaks: values on the two sides are never joined.

    A year without a row is one the publisher skips: the line passes over it, and the points show which years there are.
    A year whose value is suppressed or missing interrupts the line.

    Args:
        data: `series`, `label`, `year`, `value`, `flag`; series in order of appearance.
        words: the language.
        unit: key of `text/units.yml`.
        ours: the series of the territory of the report; blue and thick.
        zero: whether the axis starts at zero.
        decimals: those of the unit where not given.
        width: pixels.

    Raises:
        DataError: no value, more series than can be told apart, or two values of a series in one year.
    """
    present = data[~data["flag"].isin(ABSENT_FLAGS) & data["value"].notna()]
    names = [name for name in dict.fromkeys(data["series"]) if name in set(present["series"])]
    if not names or len([name for name in names if name != ours]) > len(SERIES):
        raise DataError(f"{len(names)} series to draw", allowed=f"1 to {len(SERIES)}, and the territory's own")
    if present.duplicated(["series", "year"]).any():
        raise DataError("a series has two values in one year", where="lines")
    narrow, size = theme.is_narrow(width), theme.text_size(width)
    looks = _looks(names, ours)
    labels = {name: str(data.loc[data["series"] == name, "label"].iloc[0]) for name in names}
    years = sorted(int(year) for year in set(data["year"]))
    broken = present[(present["flag"] == "break") & (present["year"] > years[0])]
    breaks = sorted({int(year) for year in broken["year"]})
    whose = (
        [] if set(broken["series"]) == set(names) else [labels[name] for name in names if name in set(broken["series"])]
    )

    bounds = _bounds(present["value"], zero)
    y_axis = theme.axis(unit, words, bounds, grid=True, domain=False, ticks=False, labelPadding=6, orient="left")
    left = 8 + max(theme.text_width(_tick(value, unit, words), 12) for value in y_axis["values"])
    right = 14 if narrow else _LABELS
    head, top = (
        theme.legend([(labels[name], looks[name]["legend"]) for name in names], width, x=-left) if narrow else ([], 0.0)
    )
    top += 8 + (22 if breaks else 0)
    inner, height = width - left - right, 220 if narrow else 280
    for part in head:
        for record in part["data"]["values"]:
            record["y"] -= top
    x_domain = (years[0] - 0.15, years[-1] + 0.15) if len(years) > 1 else (years[0] - 1, years[0] + 1)

    def down(value: float) -> float:
        return height * (bounds[1] - value) / (bounds[1] - bounds[0])

    x_axis = {
        "values": _years(years, inner),
        "format": "d",
        "title": None,
        "grid": False,
        "orient": "bottom",
        "tickSize": 4,
    }
    encoding = {"x": theme.scaled("year", x_domain, x_axis), "y": theme.scaled("value", bounds, y_axis)}
    layers: list[Layer] = [*head, *_breaks(breaks, whose, years, x_domain, inner, height, words)]
    for name in sorted(names, key=lambda name: name == ours):
        records = _records(data[data["series"] == name], labels[name], unit, words, decimals)
        layers += _series(records, looks[name], encoding, width)
    if not narrow:
        layers += _end_labels(present, names, labels, looks, down, inner, height, unit, words, decimals, size, ours)
    return theme.spec(layers, inner, height, left=left, right=right, top=top, bottom=26)


def _looks(names: Sequence[str], ours: str) -> dict[str, dict[str, Any]]:
    """Colour, dash and shape of each series, as a line, a point and a legend mark."""
    others = iter(SERIES)
    looks = {}
    for name in names:
        colour, dash, shape = (BLUE, (1, 0), "circle") if name == ours else next(others)
        stroke = {"color": colour, "strokeWidth": 3 if name == ours else 2, "strokeDash": list(dash)}
        point = {
            "type": "point",
            "shape": shape,
            "size": 70 if name == ours else 50,
            "fill": colour,
            "stroke": WHITE,
            "strokeWidth": 1,
        }
        looks[name] = {
            "colour": colour,
            "line": {"type": "line", **stroke},
            "point": point,
            "legend": {"type": "rule", **stroke},
        }
    return looks


def _bounds(values: pd.Series[float], zero: bool) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low if zero and low == 0 else low - margin), high + margin


def _tick(value: float, unit: str, words: Words) -> str:
    return theme.printed(value, unit, words, decimals=None if value == int(value) and abs(value) > 10 else 1)


def _years(years: Sequence[int], room: float) -> list[int]:
    """The years to print: all if they fit, else every second, third … counted from the last."""
    every = next(step for step in range(1, len(years) + 2) if len(years) / step * 40 <= room or step > len(years))
    return [year for index, year in enumerate(reversed(years)) if index % every == 0][::-1]


def _records(rows: pd.DataFrame, label: str, unit: str, words: Words, decimals: int | None) -> list[Record]:
    """The values of a series with the number `s` of their segment: a break or an absent year begins a new one."""
    records: list[Record] = []
    segment = 0
    for row in rows.sort_values("year").to_dict("records"):
        if row["flag"] in ABSENT_FLAGS or is_absent(row["value"]):
            segment += 1
            continue
        segment += row["flag"] == "break"
        told = f"{label}, {int(row['year'])}: {theme.printed(row['value'], unit, words, row['flag'], decimals)}"
        records.append(
            {"year": row["year"], "value": row["value"], "s": segment, "t": told, "b": row["flag"] == "break"}
        )
    return records


def _series(records: Sequence[Record], look: dict[str, Any], encoding: Spec, width: int) -> list[Layer]:
    """A line with its own segments, and its points; the first point after a break is hollow."""
    path = [{key: record[key] for key in ("year", "value", "s")} for record in records]
    drawn = [theme.layer(path, look["line"], **encoding, detail={"field": "s", "type": "nominal"})]
    point = {**look["point"], **theme.hover(width)}
    hollow = {**point, "fill": WHITE, "stroke": look["colour"], "strokeWidth": 2}
    for mark, first in ((hollow, True), (point, False)):
        some = [{key: record[key] for key in ("year", "value", "t")} for record in records if record["b"] is first]
        if some:
            drawn.append(theme.layer(some, mark, **encoding, **theme.told(width)))
    return drawn


def _breaks(
    breaks: Sequence[int],
    whose: Sequence[str],
    years: Sequence[int],
    domain: tuple[float, float],
    width: float,
    height: float,
    words: Words,
) -> list[Layer]:
    """A dashed line before each first value after a break, named once, with the series that break if not all do."""
    if not breaks:
        return []
    at = [(year + max(other for other in years if other < year)) / 2 for year in breaks]
    x = [(year - domain[0]) / (domain[1] - domain[0]) * width for year in at]
    rule = {"type": "rule", "color": GREY, "strokeWidth": 1.2, "strokeDash": [2, 3]}
    label = words.label("break" if len(breaks) == 1 else "breaks")
    label = theme.shorten(f"{label}: {words.join(whose)}" if whose else label, width, 11)
    half = theme.text_width(label, 11) / 2
    where = min(max(sum(x) / len(x), half), width - half)
    return [
        theme.layer(
            [{"x": one, "y": -8, "y2": height} for one in x], rule, x=theme.px("x"), y=theme.px("y"), y2={"field": "y2"}
        ),
        theme.text([{"x": where, "y": -16, "t": label}], align="center", fontSize=11, color=SLATE),
    ]


def _end_labels(
    present: pd.DataFrame,
    names: Sequence[str],
    labels: dict[str, str],
    looks: dict[str, dict[str, Any]],
    down: Any,
    inner: float,
    height: float,
    unit: str,
    words: Words,
    decimals: int | None,
    size: int,
    ours: str,
) -> list[Layer]:
    """The name and last value of each series beside its end, none upon another."""
    ends = []
    for name in names:
        row = present[present["series"] == name].sort_values("year").iloc[-1]
        shown = theme.wrap(
            f"{labels[name]} {theme.printed(row['value'], unit, words, decimals=decimals)}", _LABELS - 26, size, lines=3
        )
        ends.append((name, down(float(row["value"])), shown))
    tallest = max(len(shown) for _, _, shown in ends)
    places = theme.spread([y for _, y, _ in ends], 17 * tallest + 2, 0, height)
    layers = []
    for (name, y, shown), place in zip(ends, places, strict=True):
        middle = place - 8 * (len(shown) - 1)
        link = {"x": inner + 2, "x2": inner + 14, "y": y, "y2": place}
        encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y"), "y2": {"field": "y2"}}
        layers.append(
            theme.layer([link], {"type": "rule", "color": looks[name]["colour"], "strokeWidth": 1}, **encoding)
        )
        weight = 700 if name == ours else 600
        layers.append(
            theme.text(
                [{"x": inner + 18, "y": middle, "t": shown}],
                fontSize=size,
                color=looks[name]["colour"],
                fontWeight=weight,
            )
        )
    return layers


def timeline(
    data: pd.DataFrame,
    words: Words,
    *,
    today: dt.date | str = "",
    ours: Sequence[str] = (),
    width: int = theme.WIDE,
) -> Spec:
    """Periods on a calendar, one line a row, with the day of the report across.

    Args:
        data: `name`, `start`, `end` (ISO dates; an empty `end` is open: the bar has no right end and an arrow), and
            optionally `note`, printed after the bar or before it where there is no room.
        words: the language.
        today: ISO date of the line across.
        ours: names in blue.
        width: pixels.

    Raises:
        DataError: no rows, no start, or an end before its start.
    """
    size, narrow = theme.text_size(width), theme.is_narrow(width)
    rows = [_period(record) for record in data.to_dict("records")]
    if not rows:
        raise DataError("no rows to draw")
    mark = _day(today) if today else None
    days = [day for row in rows for day in (row["start"], row["end"]) if day] + ([mark] if mark else [])
    first, last = min(days), max(days)
    margin = max((last - first).days * 0.03, 5)
    low, high = first.toordinal() - margin, last.toordinal() + margin
    shown = {row["name"]: theme.wrap(row["name"], 0.32 * width, size, lines=2) for row in rows}
    column = 0 if narrow else max(theme.text_width(line, size) for some in shown.values() for line in some) + 14
    top, step = (26 if mark else 6), (46 if narrow else 36)
    height = top + step * len(rows)

    def across(day: float) -> float:
        return column + (day - low) / (high - low) * (width - column)

    layers = _calendar(low, high, across, height, words, width - column)
    for mine, colour, weight in ((False, SLATE, "normal"), (True, BLUE, 700)):
        bars, arrows, names, notes = [], [], [], []
        for index, row in enumerate(rows):
            if (row["name"] in ours) is not mine:
                continue
            y = top + step * index + (30 if narrow else step / 2)
            name = [row["name"]] if narrow else shown[row["name"]]
            names.append(
                {"x": 0, "y": (y - 19 if narrow else y - 8 * (len(name) - 1)), "t": name[0] if narrow else name}
            )
            end = row["end"].toordinal() if row["end"] else high
            x, x2 = across(row["start"].toordinal()), max(across(end), across(row["start"].toordinal()) + 2)
            told = f"{row['name']}: {words.date(row['start'])} – {words.date(row['end']) if row['end'] else '…'}"
            bars.append({"x": x, "x2": x2, "y": y - 7, "y2": y + 7, "t": told})
            if not row["end"]:
                arrows.append({"x": x2 - 6, "y": y})
            if row["note"]:
                room = theme.text_width(row["note"], size - 1) + 8
                before = x2 + room > width
                notes.append({"x": x - 6 if before else x2 + 6, "y": y, "t": row["note"], "before": before})
        rect = {"type": "rect", "color": colour, **theme.hover(width)}
        encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y"), "y2": {"field": "y2"}}
        layers.append(theme.layer(bars, rect, **encoding, **theme.told(width)))
        arrow = {"type": "point", "shape": "triangle-right", "size": 90, "fill": WHITE, "stroke": WHITE}
        layers.append(theme.layer(arrows, arrow, x=theme.px("x"), y=theme.px("y")))
        titles = theme.text(names, fontSize=size, fontWeight=weight)
        layers += theme.backed(titles) if narrow else [titles]
        for before, align in ((False, "left"), (True, "right")):
            some = [{k: v for k, v in note.items() if k != "before"} for note in notes if note["before"] is before]
            layers += theme.backed(theme.text(some, align=align, fontSize=size - 1, color=INK))
    if mark:
        layers += _today(mark, across, top, height, words, width)
    return theme.spec([layer for layer in layers if layer["data"]["values"]], width, height, bottom=24)


def _period(record: dict[Any, Any]) -> Record:
    start, end = _day(record["start"]), _day(record["end"])
    if not start or (end and end < start):
        raise DataError(
            f"{record['name']}: no period from {record['start']!r} to {record['end']!r}", allowed="ISO dates, in order"
        )
    note = record.get("note")
    return {"name": str(record["name"]), "start": start, "end": end, "note": "" if is_absent(note) else str(note)}


def _day(value: Any) -> dt.date | None:
    if is_absent(value) or value == "":
        return None
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])


def _calendar(low: float, high: float, across: Any, height: float, words: Words, room: float) -> list[Layer]:
    """Grid and names of years, or of months where the period is short."""
    months = (high - low) < 500
    first, last = dt.date.fromordinal(int(low)), dt.date.fromordinal(int(high))
    marks = [
        dt.date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in (range(1, 13) if months else (1,))
    ]
    marks = [mark for mark in marks if low <= mark.toordinal() <= high]
    label = (lambda day: words.date(f"{day:%Y-%m}")) if months else (lambda day: str(day.year))
    every = 1
    while marks and len(marks) / every * (theme.text_width(label(marks[0]), 12) + 14) > room:
        every += 1
    shown = marks[::every]
    grid = [{"x": across(day.toordinal()), "y": 0, "y2": height} for day in shown]
    texts = [{"x": across(day.toordinal()) + 3, "y": height + 12, "t": label(day)} for day in shown]
    rule = {"type": "rule", "color": LIGHT, "strokeWidth": 1}
    kept = [text for text in texts if text["x"] + theme.text_width(text["t"], 12) <= across(high)]
    return [
        theme.layer(grid, rule, x=theme.px("x"), y=theme.px("y"), y2={"field": "y2"}),
        theme.text(kept, fontSize=12, color=INK),
    ]


def _today(mark: dt.date, across: Any, top: float, height: float, words: Words, width: int) -> list[Layer]:
    x, label = across(mark.toordinal()), words.date(mark)
    half = theme.text_width(label, 12) / 2
    rule = {"type": "rule", "color": theme.ORANGE, "strokeWidth": 2, "strokeDash": [5, 3]}
    said = {"x": min(max(x, half), width - half), "y": top - 14, "t": label}
    return [
        theme.layer([{"x": x, "y": top - 4, "y2": height}], rule, x=theme.px("x"), y=theme.px("y"), y2={"field": "y2"}),
        theme.text([said], align="center", fontSize=12, color=theme.ORANGE, fontWeight=600),
    ]
