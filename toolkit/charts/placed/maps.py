"""What maps share: boundaries by name, the outline of the territory, where things are, what stands beside the map.

A map's spec names the boundaries, it does not hold them: `"data": {"name": "boundaries", …}`. Whoever draws it gives
them (`svg.render(…, datasets={"boundaries": topology})`); the page's script takes them from `assets/boundaries.js`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from toolkit import geo
from toolkit.charts.placed import draw, theme
from toolkit.charts.placed.theme import INK, WHITE, Layer, Record, Spec

FEATURES: Spec = {"name": "boundaries", "format": {"type": "topojson", "feature": geo.FEATURE}}
# The outline of the territory: light on dark, so that it shows on any ground.
OUTLINE = "#FFC83D"
_SIDE = 190


def room(width: int) -> float:
    """Width of the map itself: in the wide drawing the legend stands beside it."""
    return width if theme.is_narrow(width) else width - _SIDE


def shapes(frame: geo.Frame, mark: Spec, data: Spec = FEATURES, **more: Any) -> Layer:
    """Shapes in the frame's projection: all municipalities, or other data."""
    return {"data": dict(data), "projection": frame.projection, "mark": {"type": "geoshape", **mark}, **more}


def outlines(codes: Collection[str], parts: Mapping[str, list[geo.Ring]], frame: geo.Frame) -> list[Layer]:
    """The territory's own boundaries, on top."""
    rings = [[[round(x, 4), round(y, 4)] for x, y in ring] for code in sorted(codes) for ring in parts.get(code, [])]
    lines = {"values": [{"type": "Feature", "geometry": {"type": "MultiLineString", "coordinates": rings}}]}
    strokes = ({"stroke": INK, "strokeWidth": 5}, {"stroke": OUTLINE, "strokeWidth": 2.2}) if rings else ()
    return [shapes(frame, {"fill": None, "strokeJoin": "round", **stroke}, lines) for stroke in strokes]


def at(frame: geo.Frame, parts: Mapping[str, list[geo.Ring]], code: str) -> Record:
    """The pixel in the middle of a municipality, if it is on the drawing."""
    if code not in parts:
        return {}
    x, y = frame.project(geo.centre(parts[code]))
    return {"x": round(x, 1), "y": round(y, 1)} if 0 <= x <= frame.width and 0 <= y <= frame.height else {}


def beside(frame: geo.Frame, width: int) -> tuple[float, float]:
    """Where legend and list begin: beside the map, or below it on a telephone."""
    return (0.0, frame.height + 6) if theme.is_narrow(width) else (frame.width + 12, 24.0)


def framed(layers: list[Layer], aside: list[Layer], bottom: float, frame: geo.Frame, width: int) -> Spec:
    """The map with what stands beside it, down to `bottom`; what a framed map leaves outside is covered."""
    x, y = beside(frame, width)
    narrow = theme.is_narrow(width)
    height = bottom if narrow else max(frame.height, bottom)
    cover = {"x": x - (0 if narrow else 12), "x2": width, "y": y - 6 if narrow else 0, "y2": height}
    drawn = [*draw.filled(layers), draw.box([cover], {"color": WHITE}), *draw.filled(aside)]
    return draw.spec(drawn, width, height, explore=True)
