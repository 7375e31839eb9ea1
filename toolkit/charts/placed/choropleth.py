"""A measure by municipality, on the map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from toolkit import geo
from toolkit.charts.placed import draw, maps, theme
from toolkit.charts.placed.theme import INK, SEQUENTIAL, SLATE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

# What absent values look like: a pale ground, and a sign that is not a colour.
_GROUNDS = {"confidential": "#EDE7DA", "missing": "#F2F2F2", "not_observable": "#F2F2F2"}
_SIGNS = {"confidential": "×", "missing": "–", "not_observable": "○"}
_EMPTY = "#FAFAFA"


def choropleth(
    data: pd.DataFrame,
    words: Words,
    *,
    topology: geo.Topology | geo.Boundaries,
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
        topology: the boundaries, or the same unfolded, to frame the map; the spec refers to them by name.
        unit: key of `text/units.yml`.
        ours: codes outlined.
        name: the outlined territory, for the legend.
        classes: how many classes at most; fewer where values tie.
        decimals: those of the unit where not given.
        focus: codes that the map is framed around (`geo.neighbours`); all that have a row where not given.
        width: pixels.

    Raises:
        DataError: not one value, or no boundary.
    """
    rows = {str(row["istat_code"]): row for row in rows_of(data.sort_values("istat_code"))}
    present = {code: float(row["value"]) for code, row in rows.items() if not _absent(row)}
    if not present:
        raise DataError("not one value to draw on the map", hint="say in words why there is none")
    parts = geo.rings(topology)
    frame = geo.frame(parts, focus or rows, maps.room(width), 8, 0.95 * maps.room(width))
    bounds = _bounds(list(present.values()), classes)
    shades = _shades(len(bounds) - 1)
    records, signs = [], []
    for code, row in rows.items():
        flag = _absent(row)
        said = f"{row['name']}: {theme.printed(row['value'], unit, words, str(row['flag']), decimals)}"
        colour = _GROUNDS[flag] if flag else shades[_class(present[code], bounds)]
        records.append({"id": code, "c": colour, "t": said})
        if flag and (place := maps.at(frame, parts, code)):
            signs.append({**place, "t": _SIGNS[flag]})
    names = {code: str(rows[code]["name"]) for code in ours if code in rows and len(ours) == 1}
    layers = [
        _shaded(records, frame, width),
        *maps.outlines(ours, parts, frame),
        draw.text(signs, align="center", fontSize=12, color=SLATE, fontWeight=700),
        *_named(frame, parts, names),
    ]
    printed = [theme.printed(bound, unit, words, decimals=decimals) for bound in bounds]
    entries = [(label, _square(shade)) for label, shade in zip(_classes(printed, words), shades, strict=True)]
    entries += [(f"{words.label(flag)} ({_SIGNS[flag]})", _square(_GROUNDS[flag])) for flag in _found(rows)]
    if name and ours:
        entries.append((name, {**_square(maps.OUTLINE), "stroke": INK, "strokeWidth": 2.5}))
    x, y = maps.beside(frame, width)
    aside, tall = draw.legend(entries, width, x=x, y=y, column=not theme.is_narrow(width))
    return maps.framed(layers, aside, y + tall, frame, width)


def _absent(row: Mapping[Any, Any]) -> str:
    """The flag under which a row has no value; "" where it has one."""
    if str(row["flag"]) in ABSENT_FLAGS:
        return str(row["flag"])
    return "missing" if is_absent(row["value"]) else ""


def _found(rows: Mapping[str, Mapping[Any, Any]]) -> list[str]:
    """The flags of absence that the map shows, in a fixed order."""
    flags = {_absent(row) for row in rows.values()}
    return [flag for flag in _SIGNS if flag in flags]


def _bounds(numbers: Sequence[float], classes: int) -> list[float]:
    """Bounds of quantile classes; tied bounds make one."""
    bounds = np.unique(np.quantile(numbers, np.linspace(0, 1, classes + 1)))
    return [float(bound) for bound in bounds] if len(bounds) > 1 else [float(bounds[0])] * 2


def _class(value: float, bounds: Sequence[float]) -> int:
    """The class of a value: each holds its upper bound, the first its lower one too."""
    return max(0, min(int(np.searchsorted(bounds, value, side="left")) - 1, len(bounds) - 2))


def _shades(classes: int) -> list[str]:
    """Shades from pale to dark, the ends of the range used whatever the number."""
    if classes == 1:
        return [SEQUENTIAL[2]]
    return [SEQUENTIAL[round(index * (len(SEQUENTIAL) - 1) / (classes - 1))] for index in range(classes)]


def _classes(printed: Sequence[str], words: Words) -> list[str]:
    """ "up to 22.000 €", "22.000 €–25.000 €" …, "more than 27.000 €": a bound belongs to the class below it."""
    if len(printed) == 2:
        same = printed[0] == printed[1]
        return [printed[0] if same else words.say("labels.between", low=printed[0], high=printed[1])]
    first, last = words.say("labels.up_to", value=printed[1]), words.say("labels.more_than", value=printed[-2])
    between = [words.say("labels.between", low=low, high=high) for low, high in pairwise(printed[1:-1])]
    return [first, *between, last]


def _square(fill: str) -> Spec:
    return {"type": "point", "shape": "square", "size": 190, "fill": fill, "stroke": SLATE, "strokeWidth": 0.8}


def _shaded(records: Sequence[Record], frame: geo.Frame, width: int) -> Layer:
    """Municipalities of the records in their colour; the others blank, and on a telephone not at all."""
    found = {"data": draw.values(records), "key": "id", "fields": ["c", "t"]}
    colour = {"test": "isValid(datum.c)", "field": "c", "type": "nominal", "scale": None}
    return maps.shapes(
        frame,
        {"stroke": SLATE, "strokeWidth": 0.4, **draw.hover(width)},
        transform=[
            {"lookup": "id", "from": found},
            *([{"filter": "isValid(datum.c)"}] if theme.is_narrow(width) else []),
        ],
        encoding={"fill": {"condition": colour, "value": _EMPTY}, **draw.told(width)},
    )


def _named(frame: geo.Frame, parts: Mapping[str, list[geo.Ring]], names: Mapping[str, str]) -> list[Layer]:
    """Names beside their place, on a ground of their own."""
    placed = []
    for code, name in names.items():
        if place := maps.at(frame, parts, code):
            right = max(frame.project(point)[0] for ring in parts[code] for point in ring) + 6
            room = theme.text_width(name)
            if right + room <= frame.width:
                placed.append({"x": right, "y": place["y"], "t": name})
            else:
                x = max(2.0, min(place["x"] - room / 2, frame.width - room - 2))
                placed.append({"x": x, "y": place["y"] - 18, "t": name})
    return draw.backed(draw.text(placed, fontSize=13, fontWeight=700, color=INK), opacity=0.85)
