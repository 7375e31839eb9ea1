"""Where people go to work, and where they come from, on the map."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from toolkit.charts import geo
from toolkit.charts.placed import draw, maps, theme
from toolkit.charts.placed.theme import BLUE, INK, ORANGE, WHITE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

_COLOURS = {"outgoing": BLUE, "incoming": ORANGE}
_BORDER = {"fill": None, "stroke": "#B1BBC6", "strokeWidth": 0.8}
_MOST, _LINE = 12, 20


def flow_map(
    data: pd.DataFrame,
    words: Words,
    *,
    topology: geo.Topology | geo.Boundaries,
    ours: Collection[str],
    direction: str,
    width: int = theme.WIDE,
) -> Spec:
    """Lines between the territory and the places its people go to, or come from; the wider, the more people.

    Each place is numbered on the map, and named with its figure in the list beside it.

    Args:
        data: `istat_code` (of the other end), `name`, `value` (persons), `flag`; the twelve largest are drawn. Ends
            without a boundary are listed with an asterisk, not drawn.
        words: the language.
        topology: the boundaries, or the same unfolded.
        ours: codes of the territory; lines start in the middle of them.
        direction: `outgoing` (blue) or `incoming` (orange); the list is headed by it.
        width: pixels.

    Raises:
        DataError: no flow with a value, no boundary, or another direction.
    """
    if direction not in _COLOURS:
        raise DataError(f"{direction!r} is not a direction", allowed=_COLOURS)
    rows = _largest(data)
    parts = geo.rings(topology)
    home = [code for code in sorted(ours) if code in parts]
    if not rows or not home:
        raise DataError("no flow to draw" if home else "the territory has no boundary", where="flow_map")
    ends = [str(row["istat_code"]) for row in rows if str(row["istat_code"]) in parts]
    frame = geo.frame(parts, [*home, *ends], maps.room(width), 26, 0.95 * maps.room(width))
    middle = [maps.at(frame, parts, code) for code in home]
    start = {axis: round(sum(place[axis] for place in middle) / len(middle), 1) for axis in ("x", "y")}
    drawn: list[Record] = []
    listed: list[str] = []
    for number, row in enumerate(rows, start=1):
        told = f"{row['name']}: {theme.printed(row['value'], 'persons', words)}"
        end = maps.at(frame, parts, str(row["istat_code"]))
        listed.append(f"{number}. {told}" + ("" if end else " *"))
        if end:
            thick = 1.5 + 8.5 * row["value"] / rows[0]["value"]
            drawn.append({**start, "x2": end["x"], "y2": end["y"], "w": thick, "t": told, "n": str(number)})
    if len(drawn) < len(rows):
        listed.append(f"* {words.label('off_map')}")
    title = f"{words.label(direction)} ({words.unit('persons')})"
    ground = [maps.shapes(frame, _BORDER, maps.BORDERS), *maps.outlines(home, parts, frame)]
    return _map(ground, drawn, listed, frame, _COLOURS[direction], title, width)


def _largest(data: pd.DataFrame) -> list[dict[Any, Any]]:
    rows = [row for row in rows_of(data) if row["flag"] not in ABSENT_FLAGS and not is_absent(row["value"])]
    known = [row for row in rows if row["value"] > 0]
    return sorted(known, key=lambda row: (-row["value"], str(row["istat_code"])))[:_MOST]


def _map(
    ground: list[Layer], drawn: list[Record], listed: list[str], frame: geo.Frame, colour: str, title: str, width: int
) -> Spec:
    hover, told = draw.hover(width), draw.told(width)
    thick = {"field": "w", "type": "quantitative", "scale": None}
    line = {"type": "rule", "color": colour, "opacity": 0.7, "strokeCap": "round"}
    dot = {"shape": "circle", "size": 290, "fill": WHITE, "stroke": colour, "strokeWidth": 2}
    numbers = [{"x": end["x2"], "y": end["y2"], "t": end["n"], "told": end["t"]} for end in drawn]
    layers = [
        *ground,
        draw.box(drawn, {**line, **hover}, strokeWidth=thick, **told),
        draw.dots([{**number, "t": number["told"]} for number in numbers], {**dot, **hover}, **told),
        draw.text(numbers, align="center", fontSize=11, fontWeight=700, color=INK),
    ]
    x, y = maps.beside(frame, width)
    head, tall = draw.legend([(title, {**line, "strokeWidth": 6})], width, x=x, y=y)
    size = theme.text_size(width)
    texts = [
        {"x": x, "y": y + tall + _LINE * (index + 0.5), "t": theme.shorten(entry, width - x, size)}
        for index, entry in enumerate(listed)
    ]
    return maps.framed(layers, [*head, draw.text(texts, fontSize=size)], y + tall + _LINE * len(listed), frame, width)
