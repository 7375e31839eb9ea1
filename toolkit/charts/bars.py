"""Bars: municipalities in order, parts of a whole, intervals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.charts import theme
from toolkit.charts.theme import BLUE, GREY, INK, ORANGE, SLATE, WHITE, Layer, Record, Spec
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

# Parts of a whole, in order; each beside one of unlike luminance, so that borders show without colour.
PARTS = ("#072F5F", "#94C0EB", "#0B5CAD", "#D6E6F7", "#5C6F82", "#E8C48A", "#A66300", "#C9D1D9")


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
    size, step = theme.text_size(width), 25
    names = [theme.shorten(row["name"], 0.45 * width, size) for row in rows]
    column = max(theme.text_width(name, size) for name in names) + 12
    found = [row["value"] for row in rows if row["value"] is not None] + ([reference[1]] if reference else [])
    low, high = min(0.0, *found), max(0.0, *found)
    room = max(theme.text_width(row["t"], size) for row in rows if row["value"] is not None) + 12
    left = column + (room if low < 0 else 0)
    right = width - room
    top = 26 if reference else 4

    def across(value: float) -> float:
        return left + (value - low) / ((high - low) or 1) * (right - left)

    for index, (row, name) in enumerate(zip(rows, names, strict=True)):
        row.update(y=top + step * (index + 0.5), label=name, ours=row["name"] in ours, x=across(0.0))
        if row["value"] is not None:
            row["x2"] = across(row["value"])
    height = top + step * len(rows)
    bars = [row for row in rows if row.get("x2") is not None]
    layers = [
        _bars([row for row in bars if row["ours"] is mine], colour, width)
        for mine, colour in ((False, GREY), (True, BLUE))
    ]
    layers.append(_line([{"x": across(0.0), "y": top, "y2": height}], color=SLATE, strokeWidth=1))
    if reference:
        layers += _reference(reference, across(reference[1]), top, height, words, unit, decimals, width)
    layers += _row_names(rows, column - 8, size)
    layers += [part for texts in _row_values(rows, size) if texts["data"]["values"] for part in theme.backed(texts)]
    return theme.spec([layer for layer in layers if layer["data"]["values"]], width, height + 6)


def _rows(data: pd.DataFrame, words: Words, unit: str, decimals: int | None) -> list[Record]:
    if data.empty:
        raise DataError("no rows to draw")
    rows = []
    for record in data.to_dict("records"):
        flag = str(record.get("flag", "observed"))
        absent = flag in ABSENT_FLAGS or is_absent(record["value"])
        printed = theme.printed(record["value"], unit, words, flag, decimals)
        rows.append({"name": str(record["name"]), "value": None if absent else float(record["value"]), "t": printed})
    if all(row["value"] is None for row in rows):
        raise DataError("not one value to draw", hint="say in words why there is none")
    return rows


def _bars(rows: Sequence[Record], colour: str, width: int) -> Layer:
    records = [
        {"x": r["x"], "x2": r["x2"], "y": r["y"] - 8, "y2": r["y"] + 8, "t": f"{r['name']}: {r['t']}"} for r in rows
    ]
    mark = {"type": "rect", "color": colour, **theme.hover(width)}
    encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y"), "y2": {"field": "y2"}}
    return theme.layer(records, mark, **encoding, **theme.told(width))


def _line(records: Sequence[Record], **mark: Any) -> Layer:
    return theme.layer(records, {"type": "rule", **mark}, x=theme.px("x"), y=theme.px("y"), y2={"field": "y2"})


def _reference(
    reference: tuple[str, float],
    x: float,
    top: float,
    height: float,
    words: Words,
    unit: str,
    decimals: int | None,
    width: int,
) -> list[Layer]:
    label = f"{reference[0]}: {theme.printed(reference[1], unit, words, decimals=decimals)}"
    half = theme.text_width(label, 12) / 2
    said = {"x": min(max(x, half), width - half), "y": top - 14, "t": label}
    return [
        _line([{"x": x, "y": top - 4, "y2": height}], color=ORANGE, strokeWidth=2, strokeDash=[5, 3]),
        theme.text([said], align="center", fontSize=12, color=ORANGE, fontWeight=600),
    ]


def _row_names(rows: Sequence[Record], right: float, size: int) -> list[Layer]:
    """Names right-aligned beside the bars; the territory's in bold."""
    layers = []
    for mine, weight in ((False, "normal"), (True, 700)):
        shown = [{"x": right, "y": row["y"], "t": row["label"]} for row in rows if row["ours"] is mine]
        layers.append(theme.text(shown, align="right", fontSize=size, fontWeight=weight))
    return layers


def _row_values(rows: Sequence[Record], size: int) -> list[Layer]:
    """Values beyond the end of the bars; words for what is absent, in grey italics, at the axis."""
    right = [
        {"x": row["x2"] + 6, "y": row["y"], "t": row["t"]} for row in rows if (row["value"] or 0) >= 0 and "x2" in row
    ]
    left = [{"x": row["x2"] - 6, "y": row["y"], "t": row["t"]} for row in rows if (row["value"] or 0) < 0]
    absent = [{"x": row["x"] + 6, "y": row["y"], "t": row["t"]} for row in rows if row["value"] is None]
    return [
        theme.text(right, fontSize=size),
        theme.text(left, fontSize=size, align="right"),
        theme.text(absent, fontSize=size, fontStyle="italic", color=SLATE),
    ]


def shares(
    data: pd.DataFrame,
    words: Words,
    *,
    parts: Sequence[tuple[str, str]],
    ours: Collection[str] = (),
    decimals: int = 0,
    width: int = theme.WIDE,
) -> Spec:
    """Parts of a whole, one bar of full length a row; each part says its percentage where there is room.

    A row whose parts do not reach 100 ends there; a row with an absent part says so and has no bar, for its other parts
    would let the absent one be computed.

    Args:
        data: `name`, `part`, `value` (percent), and optionally `flag`.
        words: the language.
        parts: `(part, label)` in the order of the bar.
        ours: names in bold.
        decimals: of the percentages.
        width: pixels.

    Raises:
        DataError: more parts than can be told apart, a part that is not among `parts`, or a sum beyond 100.
    """
    if len(parts) > len(PARTS) or not set(data["part"]) <= {part for part, _ in parts}:
        raise DataError(
            f"parts to draw: {sorted(set(data['part']))}", allowed=[part for part, _ in parts][: len(PARTS)]
        )
    size, narrow = theme.text_size(width), theme.is_narrow(width)
    colours = dict(zip((part for part, _ in parts), PARTS, strict=False))
    squares = [
        (label, {"type": "point", "shape": "square", "size": 160, "fill": colours[part], "stroke": SLATE})
        for part, label in parts
    ]
    layers, top = theme.legend(squares, width)
    names = list(dict.fromkeys(str(name) for name in data["name"]))
    shown = {name: theme.wrap(name, 0.3 * width, size, lines=2) for name in names}
    column = 0 if narrow else max(theme.text_width(line, size) for lines in shown.values() for line in lines) + 12
    step, bar = (50, 24) if narrow else (36, 26)
    rects: list[Record] = []
    inside: dict[str, list[Record]] = {INK: [], WHITE: []}
    labels: list[Record] = []
    absent: list[Record] = []
    for index, name in enumerate(names):
        y = top + 10 + step * index + (18 if narrow else 0)
        labels.append(
            {
                "x": 0,
                "y": y - 9 if narrow else y + bar / 2,
                "t": [name] if narrow else shown[name],
                "ours": name in ours,
            }
        )
        rows = data[data["name"] == name].set_index("part")
        reason = _reason(rows, words)
        if reason:
            absent.append({"x": column + 2, "y": y + bar / 2, "t": reason})
            continue
        at = 0.0
        for part, label in parts:
            if part not in rows.index:
                continue
            value = float(rows.loc[part, "value"])  # type: ignore[arg-type]
            x, x2 = (column + (width - column) * share / 100 for share in (at, at + value))
            at += value
            printed = words.percent(value, decimals)
            rects.append(
                {"x": x, "x2": x2, "y": y, "y2": y + bar, "t": f"{name}, {label}: {printed}", "c": colours[part]}
            )
            if theme.text_width(printed, 12) + 6 <= x2 - x:
                inside[_readable(colours[part])].append({"x": (x + x2) / 2, "y": y + bar / 2, "t": printed})
        if at > 100.05:
            raise DataError(f"the parts of {name!r} add up to {at:.2f} %", allowed="100 at most")
    mark = {"type": "rect", "stroke": WHITE, "strokeWidth": 1.5, **theme.hover(width)}
    encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y"), "y2": {"field": "y2"}}
    fill = {"field": "c", "type": "nominal", "scale": None}
    layers.append(theme.layer(rects, mark, **encoding, fill=fill, **theme.told(width)))
    layers += [
        theme.text(texts, align="center", fontSize=12, color=colour) for colour, texts in inside.items() if texts
    ]
    for mine, weight in ((False, "normal"), (True, 700)):
        some = [{k: v for k, v in label.items() if k != "ours"} for label in labels if label["ours"] is mine]
        layers.append(theme.text(some, fontSize=size, fontWeight=weight))
    layers.append(theme.text(absent, fontSize=size, fontStyle="italic", color=SLATE))
    return theme.spec(
        [x for x in layers if x["data"]["values"]], width, top + 10 + step * len(names) + (4 if narrow else 0)
    )


def _reason(rows: pd.DataFrame, words: Words) -> str:
    """Why a row has no bar: the words of the first absent part, or nothing."""
    for record in rows.reset_index().to_dict("records"):
        flag = str(record.get("flag", "observed"))
        if flag in ABSENT_FLAGS or is_absent(record["value"]):
            return words.absent(flag if flag in ABSENT_FLAGS else "missing")
    return ""


def _readable(colour: str) -> str:
    """Ink or white, whichever reads better on the colour (4.5:1 at least for the colours of `PARTS`)."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return WHITE if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 < 0.18 else INK


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
    """Intervals: one line a row from `low` to `high`, its ends marked, a dot at `value`, both printed.

    Args:
        data: `name`, `low`, `high`, and optionally `value` and `flag`; a row without bounds says why.
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
    rows = [_interval(record, words, unit, decimals) for record in data.to_dict("records")]
    known = [bound for row in rows if row["low"] is not None for bound in (row["low"], row["high"])]
    if not known:
        raise DataError("not one interval to draw", hint="say in words why there is none")
    marks = known + ([reference[1]] if reference else [])
    low, high = domain or _padded(min(marks), max(marks))
    lines = {row["name"]: theme.wrap(row["name"], 0.3 * width, size, lines=2) for row in rows}
    column = 0 if narrow else max(theme.text_width(line, size) for some in lines.values() for line in some) + 16
    room = 0 if narrow else max(theme.text_width(row["t"], size) for row in rows) + 12
    left, right, top = column + 8, width - room - 8, 26 if reference else 4
    step = 46 if narrow else 34

    def across(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    layers: list[Layer] = []
    height = top + step * len(rows)
    if reference:
        layers += _reference(reference, across(reference[1]), top, height, words, unit, decimals, width)
    for mine, colour, weight in ((False, SLATE, "normal"), (True, BLUE, 700)):
        some = [(index, row) for index, row in enumerate(rows) if (row["name"] in ours) is mine]
        layers += _drawn_intervals(some, colour, across, top, step, narrow, width)
        names, told = [], []
        for index, row in some:
            y = top + step * index + (10 if narrow else step / 2)
            name = [theme.shorten(row["name"], width - 12 - theme.text_width(row["t"], size), size)]
            name = name if narrow else lines[row["name"]]
            names.append({"x": 0, "y": y - 8 * (len(name) - 1), "t": name})
            told.append({"x": width, "y": y, "t": row["t"], "absent": row["low"] is None})
        layers.append(theme.text(names, fontSize=size, fontWeight=weight))
        layers.append(theme.text([t for t in told if not t["absent"]], align="right", fontSize=size, fontWeight=weight))
        layers.append(
            theme.text([t for t in told if t["absent"]], align="right", fontSize=size, fontStyle="italic", color=SLATE)
        )
    layers.insert(0, _ground(low, high, left, right, height, unit, words))
    return theme.spec([layer for layer in layers if layer["data"]["values"]], width, height, bottom=24)


def _interval(record: Mapping[Any, Any], words: Words, unit: str, decimals: int | None) -> Record:
    flag, name = str(record.get("flag", "observed")), str(record["name"])
    if flag in ABSENT_FLAGS or is_absent(record["low"]) or is_absent(record["high"]):
        return {
            "name": name,
            "low": None,
            "high": None,
            "value": None,
            "t": words.absent(flag if flag in ABSENT_FLAGS else "missing"),
        }
    low, high = float(record["low"]), float(record["high"])
    value = None if is_absent(record.get("value")) else float(record["value"])
    if low > high or (value is not None and not low <= value <= high):
        raise DataError(f"{name}: {value} is not between {low} and {high}")
    ends = [theme.printed(bound, unit, words, decimals=decimals) for bound in (low, high)]
    between = words.say("labels.between_signed" if low < 0 else "labels.between", low=ends[0], high=ends[1])
    said = ends[0] if ends[0] == ends[1] else between
    if value is not None and said is between:
        said = f"{theme.printed(value, unit, words, decimals=decimals)} ({said})"
    return {"name": name, "low": low, "high": high, "value": value, "t": said}


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _drawn_intervals(
    some: Sequence[tuple[int, Record]], colour: str, across: Any, top: float, step: float, narrow: bool, width: int
) -> list[Layer]:
    bars, ends, dots = [], [], []
    for index, row in some:
        if row["low"] is None:
            continue
        y = top + step * index + (28 if narrow else step / 2)
        told = f"{row['name']}: {row['t']}"
        bars.append({"x": across(row["low"]), "x2": across(row["high"]), "y": y, "t": told})
        ends += [{"x": across(row[end]), "y": y - 6, "y2": y + 6} for end in ("low", "high")]
        if row["value"] is not None:
            dots.append({"x": across(row["value"]), "y": y, "t": told})
    encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y")}
    rule = {"type": "rule", "color": colour, "strokeWidth": 4, **theme.hover(width)}
    point = {
        "type": "point",
        "shape": "circle",
        "size": 90,
        "fill": colour,
        "stroke": WHITE,
        "strokeWidth": 1.5,
        **theme.hover(width),
    }
    return [
        theme.layer(bars, rule, **encoding, **theme.told(width)),
        _line(ends, color=colour, strokeWidth=2),
        theme.layer(dots, point, x=theme.px("x"), y=theme.px("y"), **theme.told(width)),
    ]


def _ground(low: float, high: float, left: float, right: float, height: float, unit: str, words: Words) -> Layer:
    """The axis under the intervals, with its grid."""
    domain = (low - (high - low) / (right - left) * left, high)
    axis = theme.axis(unit, words, (low, high), orient="bottom", grid=True, domain=False, ticks=False, labelPadding=6)
    stretched = {
        "domain": [round(domain[0], 6), round(high, 6)],
        "range": [0, round(right, 1)],
        "nice": False,
        "zero": False,
    }
    encoding = {"x": {"field": "v", "type": "quantitative", "scale": stretched, "axis": axis}}
    return theme.layer([{"v": low}], {"type": "tick", "opacity": 0}, **encoding)
