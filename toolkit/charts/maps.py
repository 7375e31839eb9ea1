"""Maps: a measure by municipality, and where people go to work.

A map's spec names the boundaries, it does not hold them: `"data": {"name": "boundaries", …}`. Whoever draws it gives
them (`svg.render(…, datasets={"boundaries": topology})`); the page's script takes them from `assets/boundaries.js`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from toolkit.charts import geo, theme
from toolkit.charts.theme import BLUE, INK, ORANGE, SEQUENTIAL, SLATE, WHITE, Layer, Record, Spec
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

BOUNDARIES: Mapping[str, Any] = {"name": "boundaries", "format": {"type": "topojson", "feature": geo.FEATURE}}
# What absent values look like: a pale ground, and a sign that is not a colour.
_ABSENT = {"confidential": ("#EDE7DA", "×"), "missing": ("#F2F2F2", "–"), "not_observable": ("#F2F2F2", "○")}
_EMPTY = "#FAFAFA"
# The outline of the territory: light on dark, so that it shows on any ground.
_OUTLINE = ({"stroke": INK, "strokeWidth": 5}, {"stroke": "#FFC83D", "strokeWidth": 2.2})
_LAND = "#EEF1F4"


def choropleth(
    data: pd.DataFrame,
    words: Words,
    *,
    topology: geo.Topology,
    unit: str,
    ours: Collection[str] = (),
    name: str = "",
    classes: int = 5,
    decimals: int | None = None,
    focus: Collection[str] = (),
    width: int = theme.WIDE,
) -> Spec:
    """Municipalities shaded by quantile class, the territory outlined; absent values have a sign and their own legend.

    Args:
        data: `istat_code`, `name`, `value`, `flag`; municipalities of the topology without a row are left blank.
        words: the language.
        topology: the boundaries, to frame the map; the spec refers to them by name.
        unit: key of `text/units.yml`.
        ours: codes outlined.
        name: the outlined territory, for the legend.
        classes: how many classes at most; fewer where values tie.
        decimals: those of the unit where not given.
        focus: codes that the map is framed around; all that have a row where not given.
        width: pixels.

    Raises:
        DataError: not one value, or no boundary.
    """
    rows = {str(row["istat_code"]): row for row in data.to_dict("records")}
    present = {code: float(row["value"]) for code, row in rows.items() if not _is_absent(row)}
    if not present:
        raise DataError("not one value to draw on the map", hint="say in words why there is none")
    parts = geo.rings(topology)
    bounds = _breaks(list(present.values()), classes)
    shades = _shades(len(bounds) - 1)
    fills, records, signs = {}, [], []
    frame = geo.frame(parts, focus or rows, _room(width), 8, 0.95 * _room(width))
    for code, row in sorted(rows.items()):
        printed = theme.printed(row["value"], unit, words, str(row["flag"]), decimals)
        if code in present:
            fills[code] = shades[_class(present[code], bounds)]
        else:
            fills[code], sign = _ABSENT[_flag(row)]
            signs.append({**_at(frame, parts, code), "t": sign})
        records.append({"id": code, "c": fills[code], "t": f"{row['name']}: {printed}"})
    signs = [sign for sign in signs if "x" in sign]
    entries = _legend_entries(bounds, shades, unit, words, decimals)
    flags = {_flag(row) for row in rows.values() if _is_absent(row)}
    entries += [
        (f"{words.label(flag)} ({_ABSENT[flag][1]})", _square(_ABSENT[flag][0])) for flag in _ABSENT if flag in flags
    ]
    if name and ours:
        entries.append((name, {**_square(_OUTLINE[1]["stroke"]), "stroke": INK, "strokeWidth": 2.5}))
    single = {code: str(rows[code]["name"]) for code in ours if code in rows and len(ours) == 1}
    layers = [_shapes(records, frame, width), *_outlines(ours, frame)]
    layers.append(theme.text(signs, align="center", fontSize=12, color=SLATE, fontWeight=700))
    layers += _place_labels(frame, parts, single)
    return _with_legend([x for x in layers if x["data"].get("values") != []], frame, entries, width)


def _flag(row: Mapping[Any, Any]) -> str:
    return str(row["flag"]) if str(row["flag"]) in ABSENT_FLAGS else "missing"


def _is_absent(row: Mapping[Any, Any]) -> bool:
    return str(row["flag"]) in ABSENT_FLAGS or is_absent(row["value"])


def _room(width: int) -> float:
    """Width of the map itself: in the wide drawing the legend stands beside it."""
    return width if theme.is_narrow(width) else width - 190


def _breaks(numbers: Sequence[float], classes: int) -> list[float]:
    """Bounds of quantile classes; tied bounds make one."""
    bounds = np.quantile(numbers, np.linspace(0, 1, classes + 1))
    return [float(bound) for bound in np.unique(bounds)] if len(set(numbers)) > 1 else [numbers[0], numbers[0]]


def _class(value: float, bounds: Sequence[float]) -> int:
    """The class of a value: each holds its upper bound, the first its lower one too."""
    return max(0, min(int(np.searchsorted(bounds, value, side="left")) - 1, len(bounds) - 2))


def _shades(classes: int) -> list[str]:
    """Shades from pale to dark, the ends of the range used whatever the number."""
    if classes == 1:
        return [SEQUENTIAL[2]]
    return [SEQUENTIAL[round(index * (len(SEQUENTIAL) - 1) / (classes - 1))] for index in range(classes)]


def _legend_entries(
    bounds: Sequence[float], shades: Sequence[str], unit: str, words: Words, decimals: int | None
) -> list[tuple[str, Spec]]:
    """ "up to 22.000 €", "22.000–25.000 €" …; a bound belongs to the class below it."""
    shown = [theme.printed(bound, unit, words, decimals=decimals) for bound in bounds]
    if len(shades) == 1:
        return [
            (
                shown[0] if shown[0] == shown[1] else words.say("labels.between", low=shown[0], high=shown[1]),
                _square(shades[0]),
            )
        ]
    labels = [words.say("labels.up_to", value=shown[1])]
    labels += [words.say("labels.between", low=low, high=high) for low, high in pairwise(shown[1:-1])]
    labels.append(words.say("labels.more_than", value=shown[-2]))
    return [(label, _square(shade)) for label, shade in zip(labels, shades, strict=True)]


def _square(fill: str) -> Spec:
    return {"type": "point", "shape": "square", "size": 190, "fill": fill, "stroke": SLATE, "strokeWidth": 0.8}


def _shapes(records: Sequence[Record], frame: geo.Frame, width: int) -> Layer:
    """All municipalities: those of the records in their colour, the others blank."""
    found = {"data": theme.values(records), "key": "id", "fields": ["c", "t"]}
    colour = {"test": "isValid(datum.c)", "field": "c", "type": "nominal", "scale": None}
    mark = {"type": "geoshape", "stroke": SLATE, "strokeWidth": 0.4, **theme.hover(width)}
    return {
        "data": dict(BOUNDARIES),
        "transform": [{"lookup": "id", "from": found}],
        "projection": frame.projection,
        "mark": mark,
        "encoding": {"fill": {"condition": colour, "value": _EMPTY}, **theme.told(width)},
    }


def _outlines(codes: Collection[str], frame: geo.Frame) -> list[Layer]:
    layers: list[Layer] = []
    for stroke in _OUTLINE if codes else ():
        layers.append(
            {
                "data": dict(BOUNDARIES),
                "transform": [{"filter": {"field": "id", "oneOf": sorted(codes)}}],
                "projection": frame.projection,
                "mark": {"type": "geoshape", "fill": None, "strokeJoin": "round", **stroke},
            }
        )
    return layers


def _at(frame: geo.Frame, parts: Mapping[str, list[geo.Ring]], code: str) -> Record:
    """The pixel in the middle of a municipality, if it is on the drawing."""
    if code not in parts:
        return {}
    x, y = frame.project(geo.centre(parts[code]))
    return {"x": round(x, 1), "y": round(y, 1)} if 0 <= x <= frame.width and 0 <= y <= frame.height else {}


def _place_labels(frame: geo.Frame, parts: Mapping[str, list[geo.Ring]], names: Mapping[str, str]) -> list[Layer]:
    """Names beside their place, on a ground of their own."""
    placed = []
    for code, name in sorted(names.items()):
        if at := _at(frame, parts, code):
            right = max(frame.project(point)[0] for ring in parts[code] for point in ring) + 6
            room = theme.text_width(name)
            if right + room <= frame.width:
                placed.append({"x": right, "y": at["y"], "t": name})
            else:
                placed.append(
                    {"x": max(2.0, min(at["x"] - room / 2, frame.width - room - 2)), "y": at["y"] - 16, "t": name}
                )
    return theme.backed(theme.text(placed, fontSize=13, fontWeight=700, color=INK), opacity=0.85)


def _with_legend(layers: list[Layer], frame: geo.Frame, entries: Sequence[tuple[str, Spec]], width: int) -> Spec:
    """The map with its legend: beside it, or below on a telephone; what a framed map leaves outside is covered."""
    narrow = theme.is_narrow(width)
    x, y = (0.0, frame.height + 6) if narrow else (frame.width + 12, 24.0)
    drawn, tall = theme.legend(entries, width, x=x, y=y, column=not narrow)
    height = y + tall if narrow else max(frame.height, y + tall)
    cover = {"x": x - (0 if narrow else 12), "x2": width, "y": y - 6 if narrow else 0, "y2": height}
    encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y"), "y2": {"field": "y2"}}
    return theme.spec(
        [*layers, theme.layer([cover], {"type": "rect", "color": WHITE}, **encoding), *drawn], width, height
    )


def flow_map(
    data: pd.DataFrame,
    words: Words,
    *,
    topology: geo.Topology,
    ours: str,
    direction: str,
    width: int = theme.WIDE,
) -> Spec:
    """Lines between the territory and the places its people go to, or come from; the wider, the more people.

    Each place is numbered on the map and named in the list beside it, with its figure.

    Args:
        data: `istat_code` (of the other end), `name`, `value` (persons), `flag`; at most twelve rows, in order of value.
            Ends without a boundary are listed with an asterisk, not drawn.
        words: the language.
        topology: the boundaries.
        ours: code of the territory.
        direction: `outgoing` or `incoming`: the arrow is at the other end, or at the territory.
        width: pixels.

    Raises:
        DataError: no flow with a value, no boundary, or another direction.
    """
    if direction not in ("outgoing", "incoming"):
        raise DataError(f"{direction!r} is not a direction", allowed=["outgoing", "incoming"])
    rows = [row for row in data.to_dict("records") if not _is_absent(row)]
    rows = sorted(rows, key=lambda row: (-float(row["value"]), str(row["istat_code"])))[:12]
    parts = geo.rings(topology)
    if not rows or ours not in parts:
        raise DataError("no flow to draw" if not rows else f"no boundary of {ours!r}", where="flow_map")
    on_map = [row for row in rows if str(row["istat_code"]) in parts]
    room = _room(width)
    frame = geo.frame(parts, [ours, *(str(row["istat_code"]) for row in on_map)], room, 26, 0.95 * room)
    colour = BLUE if direction == "outgoing" else ORANGE
    home = _at(frame, parts, ours)
    widest = float(rows[0]["value"])
    flows, ends, entries = [], [], []
    for number, row in enumerate(rows, start=1):
        told = f"{row['name']}: {theme.printed(row['value'], 'persons', words)}"
        off = "" if str(row["istat_code"]) in parts else " *"
        entries.append(f"{number}. {told}{off}")
        if at := _at(frame, parts, str(row["istat_code"])):
            size = 1.5 + 8.5 * float(row["value"]) / widest
            flows.append({"x": home["x"], "y": home["y"], "x2": at["x"], "y2": at["y"], "w": size, "t": told})
            ends.append({**at, "t": told, "n": str(number)})
    encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y"), "y2": {"field": "y2"}}
    thick = {"field": "w", "type": "quantitative", "scale": None}
    line = {"type": "rule", "color": colour, "opacity": 0.7, "strokeCap": "round", **theme.hover(width)}
    dot = {"type": "point", "shape": "circle", "size": 290, "fill": WHITE, "stroke": colour, "strokeWidth": 2}
    layers = [
        _land(frame),
        *_outlines([ours], frame),
        theme.layer(flows, line, **encoding, strokeWidth=thick, **theme.told(width)),
        theme.layer(ends, {**dot, **theme.hover(width)}, x=theme.px("x"), y=theme.px("y"), **theme.told(width)),
        theme.text(
            [{"x": end["x"], "y": end["y"], "n": end["n"]} for end in ends],
            "n",
            align="center",
            fontSize=11,
            fontWeight=700,
        ),
    ]
    title = (
        f"{words.label(direction)} ({words.unit('persons')})",
        {"type": "rule", "color": colour, "strokeWidth": 6, "opacity": 0.7},
    )
    return _with_list([x for x in layers if x["data"].get("values") != []], frame, title, entries, width)


def _land(frame: geo.Frame) -> Layer:
    mark = {"type": "geoshape", "fill": _LAND, "stroke": "#B1BBC6", "strokeWidth": 0.6}
    return {"data": dict(BOUNDARIES), "projection": frame.projection, "mark": mark}


def _with_list(
    layers: list[Layer], frame: geo.Frame, title: tuple[str, Spec], entries: Sequence[str], width: int
) -> Spec:
    """The map with the list of its numbers: beside it, or below on a telephone."""
    narrow, size, line = theme.is_narrow(width), theme.text_size(width), 20
    x, y = (0.0, frame.height + 6) if narrow else (frame.width + 12, 24.0)
    drawn, tall = theme.legend([title], width, x=x, y=y)
    texts = [
        {"x": x, "y": y + tall + line * (index + 0.5), "t": theme.shorten(entry, width - x, size)}
        for index, entry in enumerate(entries)
    ]
    bottom = y + tall + line * len(entries)
    height = bottom if narrow else max(frame.height, bottom)
    cover = {"x": x - (0 if narrow else 12), "x2": width, "y": y - 6 if narrow else 0, "y2": height}
    encoding = {"x": theme.px("x"), "x2": {"field": "x2"}, "y": theme.px("y"), "y2": {"field": "y2"}}
    ground = theme.layer([cover], {"type": "rect", "color": WHITE}, **encoding)
    return theme.spec([*layers, ground, *drawn, theme.text(texts, fontSize=size)], width, height)
