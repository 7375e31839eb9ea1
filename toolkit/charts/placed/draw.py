"""Pieces of a chart: layers with their own data, placed by the pixel or on a scale, and legends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toolkit.charts.placed.theme import (
    CONFIG,
    DECIMALS,
    ORANGE,
    SCHEMA,
    WHITE,
    Layer,
    Spec,
    is_narrow,
    shorten,
    text_width,
)
from toolkit.errors import DataError
from toolkit.text import is_absent


def spec(
    layers: Sequence[Layer],
    width: float,
    height: float,
    *,
    left: float = 0,
    right: float = 0,
    top: float = 0,
    bottom: float = 0,
    explore: bool = False,
) -> Spec:
    """A chart of exactly `left + width + right` by `top + height + bottom` pixels.

    Layers that place things by the pixel use `px(...)`; nothing outside of the frame is drawn. `explore` says that the
    interactive chart tells what the drawing does not, so that a page should carry it.
    """
    return {
        "$schema": SCHEMA,
        "width": round(width, 1),
        "height": round(height, 1),
        "autosize": {"type": "none"},
        "padding": {"left": round(left, 1), "right": round(right, 1), "top": round(top, 1), "bottom": round(bottom, 1)},
        "usermeta": {"explore": explore},
        "layer": list(layers),
        "config": CONFIG,
    }


def values(records: Iterable[Mapping[str, Any]]) -> Spec:
    """Records as inline data: four decimals, absent values null."""
    return {"values": [{key: _short(value) for key, value in record.items()} for record in records]}


def _short(value: Any) -> Any:
    if isinstance(value, str) or value is None or isinstance(value, (bool, list)):
        return value
    if is_absent(value):
        return None
    number = round(float(value), DECIMALS)
    if not math.isfinite(number):
        raise DataError(f"{value!r} cannot be drawn")
    return int(number) if number == int(number) else number


def px(field: str) -> Spec:
    """A position in pixels, read from a field."""
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def scaled(field: str, domain: Sequence[float], axis: Spec | None) -> Spec:
    """A position on a scale that ends exactly at `domain`."""
    scale = {"domain": [_short(bound) for bound in domain], "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}


def layer(records: Iterable[Mapping[str, Any]], mark: Spec, **encoding: Any) -> Layer:
    """One layer with its own data: of the records, only the fields that the encoding reads."""
    used = {channel["field"] for channel in encoding.values() if "field" in channel}
    kept = [{key: record[key] for key in record if key in used} for record in records]
    return {"data": values(kept), "mark": mark, "encoding": encoding}


def box(records: Iterable[Mapping[str, Any]], mark: Spec, **encoding: Any) -> Layer:
    """Rectangles at pixel positions `x`, `x2`, `y`, `y2`; with `{"type": "rule"}`, lines between the two ends."""
    ends = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    return layer(records, {"type": "rect", **mark}, **ends, **encoding)


def dots(records: Iterable[Mapping[str, Any]], mark: Spec, **encoding: Any) -> Layer:
    """Points at pixel positions `x`, `y`."""
    return layer(records, {"type": "point", **mark}, x=px("x"), y=px("y"), **encoding)


def upright(records: Iterable[Mapping[str, Any]], **mark: Any) -> Layer:
    """Vertical lines at `x` from `y` to `y2`."""
    return layer(records, {"type": "rule", **mark}, x=px("x"), y=px("y"), y2={"field": "y2"})


def level(records: Iterable[Mapping[str, Any]], **mark: Any) -> Layer:
    """Horizontal lines at `y` from `x` to `x2`; `encoding` adds channels."""
    encoding = mark.pop("encoding", {})
    return layer(records, {"type": "rule", **mark}, x=px("x"), x2={"field": "x2"}, y=px("y"), **encoding)


def reference(label: str, x: float, top: float, height: float, width: float) -> list[Layer]:
    """A dashed line across at `x`, named above it."""
    half = text_width(label, 12) / 2
    said = {"x": min(max(x, half), width - half), "y": top - 14, "t": label}
    return [
        upright([{"x": x, "y": top - 4, "y2": height}], color=ORANGE, strokeWidth=2, strokeDash=[5, 3]),
        text([said], align="center", fontSize=12, color=ORANGE, fontWeight=600),
    ]


def filled(layers: Iterable[Layer]) -> list[Layer]:
    """The layers that have something to draw."""
    return [part for part in layers if part["data"].get("values") != []]


def text(records: Iterable[Mapping[str, Any]], field: str = "t", **mark: Any) -> Layer:
    """Texts at pixel positions `x`, `y` of the records; a list of texts is as many lines."""
    style = {"type": "text", "baseline": "middle", "align": "left", "lineHeight": 16, **mark}
    return layer(records, style, x=px("x"), y=px("y"), text={"field": field, "type": "nominal"})


def backed(texts: Layer, opacity: float = 1) -> list[Layer]:
    """One-line texts on a ground of their own, so that lines behind do not cross them."""
    size, align = texts["mark"].get("fontSize", 13), texts["mark"]["align"]
    grounds = []
    for record in texts["data"]["values"]:
        room = text_width(record["t"], size)
        left = record["x"] - {"left": 0, "center": room / 2, "right": room}[align]
        half = size * 0.65
        grounds.append({"x": left - 2, "x2": left + room + 2, "y": record["y"] - half, "y2": record["y"] + half})
    return filled([box(grounds, {"color": WHITE, "opacity": opacity}), texts])


def told(width: int) -> Spec:
    """What makes a mark tell its field `t`: on hovering in the wide drawing, and in the interactive chart."""
    hover = {} if is_narrow(width) else {"description": {"field": "t", "type": "nominal"}}
    return {"tooltip": {"field": "t", "type": "nominal"}, **hover}


def hover(width: int) -> Spec:
    """The mark's half of `told`."""
    return {} if is_narrow(width) else {"aria": True}


def legend(
    entries: Sequence[tuple[str, Spec]], width: float, x: float = 0, y: float = 0, *, column: bool = False
) -> tuple[list[Layer], float]:
    """A legend laid out in lines, from pixel (x, y) down, and the height it takes.

    Args:
        entries: `(text, mark)`; the mark is a Vega-Lite point, or `{"type": "rule", …}` for a line.
        width: pixels from the left edge that it may take.
        column: one entry a line.
    """
    size, line = 12 if is_narrow(width) else 13, 20
    layers: list[Layer] = []
    across, down = x, y + line / 2
    for label, mark in entries:
        room = 26 + text_width(label, size) + 18
        if across > x and (column or across + room - 18 > width):
            across, down = x, down + line
        if mark["type"] == "rule":
            layers.append(level([{"x": across, "x2": across + 20, "y": down}], **mark))
        else:
            layers.append(dots([{"x": across + 10, "y": down}], mark))
        shown = shorten(label, width - across - 26, size)
        layers.append(text([{"x": across + 26, "y": down, "t": shown}], fontSize=size))
        across += room
    return layers, (down + line / 2 - y if entries else 0)
