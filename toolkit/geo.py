"""Geometry of a TopoJSON topology: enough to frame a map and to know where its parts are, in pixels."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, ClassVar

from toolkit.errors import DataError

Point = tuple[float, float]
Ring = Sequence[Point]
Topology = Mapping[str, Any]
FEATURE = "municipalities"


@dataclass(frozen=True)
class Frame:
    """A Mercator projection onto a drawing of `width` × `height` pixels.

    `scale` and `translate` are Vega's; `project` gives the pixel that Vega draws a point at.
    """

    width: float
    height: float
    scale: float
    translate: Point

    def project(self, point: Point) -> Point:
        """Longitude and latitude in degrees → pixels."""
        x, y = _mercator(point)
        return self.translate[0] + self.scale * x, self.translate[1] - self.scale * y


@dataclass(frozen=True)
class Boundaries:
    """A topology unfolded, to draw several maps of it: rings of each code, and the arcs it shares. Read-only."""

    __shareable__: ClassVar[bool] = True  # pages may share them, see `toolkit.catalog.store`
    rings: Mapping[str, Sequence[Ring]]
    arcs: Mapping[str, frozenset[int]]

    def __post_init__(self) -> None:
        fixed = {code: tuple(map(tuple, parts)) for code, parts in self.rings.items()}
        object.__setattr__(self, "rings", MappingProxyType(fixed))
        object.__setattr__(self, "arcs", MappingProxyType(dict(self.arcs)))


def boundaries(topology: Topology) -> Boundaries:
    """A topology unfolded; raises as `rings`."""
    return Boundaries(rings(topology), _used(topology))


def rings(topology: Topology | Boundaries) -> dict[str, list[Ring]]:
    """Code → the rings of its polygons, in degrees, holes included.

    Raises:
        DataError: no object `municipalities`, or a part without id.
    """
    if isinstance(topology, Boundaries):
        return {code: list(parts) for code, parts in topology.rings.items()}
    if FEATURE not in topology.get("objects", {}):
        raise DataError(f"the topology has no object {FEATURE!r}", allowed=topology.get("objects", {}))
    arcs = _arcs(topology)
    found: dict[str, list[Ring]] = {}
    for geometry in topology["objects"][FEATURE]["geometries"]:
        if "id" not in geometry:
            raise DataError("a part of the map has no code", where=str(geometry.get("properties")))
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        found[str(geometry["id"])] = [_ring(ring, arcs) for polygon in polygons for ring in polygon]
    return found


def _arcs(topology: Topology) -> list[list[Point]]:
    """Arcs in degrees: quantised ones are differences, to be summed and scaled."""
    transform = topology.get("transform")
    if not transform:
        return [[(x, y) for x, y in arc] for arc in topology["arcs"]]
    (kx, ky), (tx, ty) = transform["scale"], transform["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * kx + tx, y * ky + ty))
        arcs.append(points)
    return arcs


def _ring(indices: Iterable[int], arcs: list[list[Point]]) -> Ring:
    points: list[Point] = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += arc[1:] if points else arc
    return points


def centre(parts: Sequence[Ring]) -> Point:
    """The centroid of the largest ring, in degrees."""
    ring = max(parts, key=lambda ring: abs(area(ring)))
    size = area(ring)
    if not size:
        return ring[0]
    x = y = 0.0
    for (x0, y0), (x1, y1) in pairwise(ring):
        cross = x0 * y1 - x1 * y0
        x, y = x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return x / (6 * size), y / (6 * size)


def area(ring: Ring) -> float:
    """Signed area of a closed ring, square degrees."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def clipped(ring: Ring, box: Sequence[Sequence[float]]) -> Ring:
    """The part of a ring inside a box of two opposite corners, closed (Sutherland and Hodgman, 1974)."""
    (x0, y0), (x1, y1) = box
    part = list(ring)
    for axis, edge, sign in ((0, x0, 1), (0, x1, -1), (1, y0, 1), (1, y1, -1)):
        kept: list[Point] = []
        for start, end in zip(part, part[1:] + part[:1], strict=True):
            inside, after = sign * (start[axis] - edge) >= 0, sign * (end[axis] - edge) >= 0
            kept += [start] if inside else []
            if inside != after:
                t = (edge - start[axis]) / (end[axis] - start[axis])
                kept.append((start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])))
        part = kept
    return [*part, *part[:1]]


def neighbours(topology: Topology | Boundaries, code: str) -> set[str]:
    """The codes that share a border (an arc) with `code`."""
    used = topology.arcs if isinstance(topology, Boundaries) else _used(topology)
    mine = used.get(code, frozenset())
    return {other for other, arcs in used.items() if other != code and arcs & mine}


def _used(topology: Topology) -> dict[str, frozenset[int]]:
    """Code → the numbers of its arcs, whichever way they run."""
    used: dict[str, frozenset[int]] = {}
    for geometry in topology["objects"][FEATURE]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        used[str(geometry["id"])] = frozenset(
            max(arc, ~arc) for polygon in polygons for ring in polygon for arc in ring
        )
    return used


def frame(
    parts: Mapping[str, Sequence[Ring]], codes: Collection[str], width: float, margin: float, tallest: float
) -> Frame:
    """The projection that shows the given codes as large as `width` and `tallest` allow, `margin` pixels free around.

    Raises:
        DataError: none of the codes has a boundary.
    """
    points = [_mercator(point) for code in sorted(codes) if code in parts for ring in parts[code] for point in ring]
    if not points:
        raise DataError("none of the municipalities to draw has a boundary", where="map")
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    scale = min((width - 2 * margin) / (right - left), (tallest - 2 * margin) / (high - low))
    height = (high - low) * scale + 2 * margin
    return Frame(width, height, scale, (width / 2 - scale * (left + right) / 2, margin + scale * high))


def _mercator(point: Point) -> Point:
    longitude, latitude = math.radians(point[0]), math.radians(point[1])
    return longitude, math.log(math.tan(math.pi / 4 + latitude / 2))
