"""Geometry of boundaries: where Vega draws a point, who shares a border, where the middle is."""

from __future__ import annotations

import re

import pytest

from toolkit import geo, svg

# Two squares side by side and one apart, as a quantised topology.
TOPOLOGY = {
    "type": "Topology",
    "transform": {"scale": [0.01, 0.01], "translate": [9.0, 45.0]},
    "arcs": [
        [[10, 10], [0, -10]],
        [[10, 0], [-10, 0], [0, 10], [10, 0]],
        [[10, 10], [10, 0], [0, -10], [-10, 0]],
        [[30, 0], [0, 5], [5, 0], [0, -5], [-5, 0]],
    ],
    "objects": {
        "municipalities": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": "000001", "arcs": [[0, 1]], "properties": {"name": "Uno"}},
                {"type": "Polygon", "id": "000002", "arcs": [[-1, 2]], "properties": {"name": "Due"}},
                {"type": "MultiPolygon", "id": "000003", "arcs": [[[3]]], "properties": {"name": "Tre"}},
            ],
        }
    },
}


def test_the_frame_projects_as_vega_does() -> None:
    """The point computed here and the one that Vega draws are the same pixel."""
    parts = geo.rings(TOPOLOGY)
    frame = geo.frame(parts, list(parts), 400, 10, 400)
    corner = frame.project(parts["000003"][0][0])
    spec = {
        "width": 400,
        "height": round(frame.height, 1),
        "autosize": {"type": "none"},
        "padding": 0,
        "data": {"name": "boundaries", "format": {"type": "topojson", "feature": "municipalities"}},
        "mark": {"type": "geoshape"},
        "projection": {"type": "mercator", "scale": frame.scale, "translate": list(frame.translate)},
        "transform": [{"filter": "datum.id === '000003'"}],
    }
    picture = svg.render(spec, "a", "t", "d", "it", datasets={"boundaries": TOPOLOGY})
    start = re.search(r'd="M(-?[\d.]+),(-?[\d.]+)', picture)
    assert start
    assert (float(start[1]), float(start[2])) == (round(corner[0]), round(corner[1]))


def test_neighbours_share_a_border() -> None:
    assert geo.neighbours(TOPOLOGY, "000001") == {"000002"}
    assert geo.neighbours(TOPOLOGY, "000003") == set()


def test_the_centre_of_a_square() -> None:
    assert geo.centre(geo.rings(TOPOLOGY)["000003"]) == pytest.approx((9.325, 45.025))
