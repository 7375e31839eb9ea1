"""The map of the index: boundaries as SVG paths, one link a municipality, the frame drawn around those with pages."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Ring = list[Point]
WIDTH = 640
MARGIN = 0.12
LEAST = 0.12  # degrees of latitude, some 13 km: one municipality is shown among its neighbours


@dataclass(frozen=True)
class Shape:
    """One municipality on the map: path data and the middle of its largest part, in the units of the drawing."""

    code: str
    name: str
    path: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Map:
    """A drawing of `width` × `height`; shapes outside of it are left out."""

    width: int
    height: int
    shapes: list[Shape]


def draw(topology: dict[str, Any], codes: Collection[str]) -> Map | None:
    """The map framed around `codes`, their neighbours included; None where none of them has a boundary.

    Args:
        topology: a quantised TopoJSON topology whose object `municipalities` has ids that are ISTAT codes.
        codes: ISTAT codes of the municipalities that have pages.
    """
    places = {code: (name, rings) for code, name, rings in _places(topology)}
    wanted = [ring for code in codes if code in places for ring in places[code][1]]
    if not wanted:
        return None
    left, top, right, bottom = _bounds(wanted)
    across, down = _padded(right - left), _padded(bottom - top)
    left, right, top, bottom = left - across, right + across, top - down, bottom + down
    scale = WIDTH / (right - left)

    def placed(ring: Ring) -> Ring:
        return [((x - left) * scale, (y - top) * scale) for x, y in ring]

    shapes = [
        _shape(code, name, [placed(ring) for ring in rings])
        for code, (name, rings) in sorted(places.items())
        if _overlaps(_bounds(rings), (left, top, right, bottom))
    ]
    return Map(WIDTH, math.ceil((bottom - top) * scale), shapes)


def _padded(span: float) -> float:
    """What to add at each end of a span: a margin, and more where the span is small."""
    return max(span * MARGIN, (LEAST - span) / 2)


def _places(topology: dict[str, Any]) -> Iterator[tuple[str, str, list[Ring]]]:
    arcs = _arcs(topology)
    for geometry in topology["objects"]["municipalities"]["geometries"]:
        parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = [_ring(indices, arcs) for part in parts for indices in part]
        yield str(geometry["id"]), geometry["properties"]["name"], rings


def _arcs(topology: dict[str, Any]) -> list[Ring]:
    """Arcs as projected points: deltas summed, scaled, then equirectangular at the middle latitude, north up."""
    scale_x, scale_y = topology["transform"]["scale"]
    move_x, move_y = topology["transform"]["translate"]
    decoded = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y, *_ in arc:
            x, y = x + step_x, y + step_y
            points.append((x * scale_x + move_x, y * scale_y + move_y))
        decoded.append(points)
    latitudes = [lat for points in decoded for _, lat in points]
    shrink = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    return [[(lon * shrink, -lat) for lon, lat in points] for points in decoded]


def _ring(indices: list[int], arcs: list[Ring]) -> Ring:
    ring: Ring = []
    for index in indices:
        points = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += points[1:] if ring else points
    return ring


def _bounds(rings: list[Ring]) -> tuple[float, float, float, float]:
    xs = [x for ring in rings for x, _ in ring]
    ys = [y for ring in rings for _, y in ring]
    return min(xs), min(ys), max(xs), max(ys)


def _overlaps(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def _shape(code: str, name: str, rings: list[Ring]) -> Shape:
    largest = max(rings, key=lambda ring: abs(_area(ring)))
    x, y = _middle(largest)
    left, _, right, _ = _bounds([largest])
    path = "".join("M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in ring[:-1]) + "Z" for ring in rings)
    return Shape(code, name, path.replace(".0", ""), round(x, 1), round(y, 1), round(right - left, 1))


def _area(ring: Ring) -> float:
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(ring)) / 2


def _middle(ring: Ring) -> Point:
    """The centroid of a ring."""
    area = _area(ring) or 1.0
    pairs = list(pairwise(ring))
    x = sum((ax + bx) * (ax * by - bx * ay) for (ax, ay), (bx, by) in pairs) / (6 * area)
    y = sum((ay + by) * (ax * by - bx * ay) for (ax, ay), (bx, by) in pairs) / (6 * area)
    return x, y
