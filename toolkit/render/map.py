"""The map of the index: boundaries as SVG paths, one link a municipality, the frame drawn around those with pages."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from toolkit import geo

WIDTH, TALLEST, MARGIN = 640.0, 640.0, 36.0
FEW = 3  # so few municipalities are shown among their neighbours


@dataclass(frozen=True)
class Shape:
    """One municipality on the map: its path and the middle of its largest part, in the units of the drawing."""

    code: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Map:
    """A drawing of `width` × `height`; shapes outside of it are left out."""

    width: int
    height: int
    shapes: list[Shape]


def draw(topology: geo.Topology, codes: Collection[str]) -> Map | None:
    """The map framed around `codes`; None where none of them has a boundary.

    Args:
        topology: a TopoJSON topology whose object `municipalities` has ids that are ISTAT codes.
        codes: ISTAT codes of the municipalities that have pages.
    """
    places = geo.rings(topology)
    framed = {code for code in codes if code in places}
    if not framed:
        return None
    if len(framed) <= FEW:
        framed |= {other for code in framed for other in geo.neighbours(topology, code)}
    frame = geo.frame(places, framed, WIDTH, MARGIN, TALLEST)
    shapes = [_shape(code, rings, frame) for code, rings in sorted(places.items()) if _seen(rings, frame)]
    return Map(math.ceil(frame.width), math.ceil(frame.height), shapes)


def _seen(rings: list[geo.Ring], frame: geo.Frame) -> bool:
    """Whether the box around the rings overlaps the drawing."""
    xs, ys = zip(*(frame.project(point) for ring in rings for point in ring), strict=True)
    return max(xs) > 0 and min(xs) < frame.width and max(ys) > 0 and min(ys) < frame.height


def _shape(code: str, rings: list[geo.Ring], frame: geo.Frame) -> Shape:
    x, y = frame.project(geo.centre(rings))
    outlines = ("L".join(_point(frame.project(point)) for point in ring[:-1]) for ring in rings)
    return Shape(code, "".join(f"M{outline}Z" for outline in outlines), round(x, 1), round(y, 1))


def _point(point: geo.Point) -> str:
    """A point to a tenth of a unit, written as short as can be."""
    return " ".join(f"{number:.1f}".removesuffix(".0") for number in point)
