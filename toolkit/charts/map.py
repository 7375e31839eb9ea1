"""A figure on the map: the place among its neighbours, shaded by fifths of all municipalities."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from toolkit import geo
from toolkit.charts.structure import compared, data, filled, layers
from toolkit.charts.theme import EMPTY, INK, SEQUENTIAL, WHITE, YELLOW

ASPECT = 0.7
"""Degrees of latitude that look as long as one of longitude, about 45 degrees north."""
LETTER = 0.021
"""Room of a letter of a name, as a part of the frame's height; a name takes two lines."""


def choropleth(comparison: Any) -> alt.LayerChart:
    """The place and those around it, shaded by fifths of all municipalities; neighbours named with their value.

    Args:
        comparison: of `report.compare`.

    Returns:
        An Altair chart; data sets `values`, `classes`, `names`, `place`, `frame`, and the shared `boundaries`.

    Raises:
        ToolkitError: something else than a comparison.
    """
    report, words = compared("choropleth", comparison)
    shapes: geo.Boundaries = report.boundaries
    ours = [code for code in report.members if code in shapes.rings]
    near = [code for code in report.neighbours if code in shapes.rings]
    values, flags = comparison.municipalities, comparison.standing.flags
    names = report.names(values.index)
    said = {code: comparison.printed(value, str(flags[code])) for code, value in values.items()}
    whole = len(ours) == len(values)
    box = _frame(
        [point for code in ours for ring in shapes.rings[code] for point in ring], 1.02 if len(ours) > 1 else 0
    )
    classes = _classes(values, comparison.printed, words)
    rows = [
        {"id": code, "t": f"{names[code]}: {said[code]}"} | classes.get(code, {"class": None, "rank": None})
        for code in values.index
        if code in shapes.rings and _meets(shapes.rings[code], box)
    ]
    legend = sorted({(row["rank"], row["class"]) for row in classes.values()})
    told = {code: [names[code], said[code]] for code in [*ours, *near]}
    codes = [*ours, *near] if not whole else []
    labels = _labels(codes, shapes, box, told)
    outline = [] if whole else [_feature(code, shapes) for code in ours]
    corners = {"type": "Feature", "geometry": {"type": "MultiPoint", "coordinates": box}}
    about = {"chart": "choropleth", "compared": [comparison.key], "near": near}
    parts: dict[str, Any] = {"values": rows, "classes": [{"rank": rank, "class": text} for rank, text in legend]}
    return filled(_choropleth, about, **parts, names=labels, place=outline, frame=[corners])


def _choropleth() -> alt.LayerChart:
    legend = alt.Legend(orient="bottom", symbolType="square", columns={"expr": "width < 500 ? 2 : 5"})
    order = alt.EncodingSortField("rank", op="min")
    shade = alt.Color("class:N", sort=order, scale=alt.Scale(range=list(SEQUENTIAL)), legend=legend)
    topology = alt.NamedData("boundaries", format=alt.TopoDataFormat(type="topojson", feature=geo.FEATURE))
    found = alt.LookupData(data=alt.NamedData("values"), key="id", fields=["class", "rank", "t"])
    place = data("place")
    label = data("names").transform_filter("width < 500 ? datum.small : datum.large")
    label = label.encode(longitude="lon:Q", latitude="lat:Q", text="lines:N")
    type_: dict[str, Any] = {"fontSize": 12, "lineHeight": 14, "fontWeight": 600}
    chart = layers(
        alt.Chart(topology)
        .transform_lookup(lookup="id", from_=found)
        .transform_filter("isValid(datum.t)")
        .mark_geoshape(stroke=WHITE, strokeWidth=0.8, aria=True)
        .encode(color=alt.condition("isValid(datum.class)", shade, alt.value(EMPTY)), tooltip="t:N", description="t:N"),
        place.mark_geoshape(filled=False, stroke=INK, strokeWidth=5),
        place.mark_geoshape(filled=False, stroke=YELLOW, strokeWidth=2.4),
        label.mark_text(stroke=WHITE, strokeWidth=3, strokeJoin="round", **type_),
        label.mark_text(color=INK, **type_),
        data("classes")
        .mark_point(filled=True, size=0, opacity=0)
        .encode(color=shade),  # so that the legend has them all
        data("frame").mark_geoshape(filled=False, opacity=0),  # draws nothing: the projection fits it
        height=400,
    )
    return chart.properties(
        projection=alt.Projection(
            type="mercator",
            fit={"expr": "data('frame')"},
            size={"expr": "[width, height]"},
            clipExtent={"expr": "[[-4, -4], [width + 4, height + 4]]"},
        )
    )


def _classes(values: pd.Series, printed: Any, words: Any) -> dict[str, dict[str, Any]]:
    """The fifth of each known value and how it is printed; tied bounds make one class."""
    known = values.dropna()
    if not len(known):
        return {}
    bounds = np.unique(np.quantile(known, np.linspace(0, 1, 6)))
    if len(bounds) == 1:
        return {code: {"class": printed(bounds[0]), "rank": 0} for code in known.index}
    ranks = pd.cut(known, list(bounds), labels=False, include_lowest=True)
    last = len(bounds) - 2
    texts = {
        rank: words.say("labels.up_to", value=printed(bounds[1]))
        if rank == 0 and last
        else words.say("labels.more_than", value=printed(bounds[-2]))
        if rank == last and last
        else words.say("labels.between", low=printed(bounds[rank]), high=printed(bounds[rank + 1]))
        for rank in range(last + 1)
    }
    return {str(code): {"class": texts[int(rank)], "rank": int(rank)} for code, rank in ranks.items()}


def _frame(points: Sequence[geo.Point], margin: float) -> list[list[float]]:
    """Opposite corners of what is shown, in degrees: a municipality with as much around it, an area as it is."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    half = max((max(xs) - min(xs)) / 2 * ASPECT, (max(ys) - min(ys)) / 2)
    half *= margin or (2.6 if half < 0.035 else 1.6)
    x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    return [[x - half / ASPECT, y - half], [x + half / ASPECT, y + half]]


def _meets(rings: Sequence[geo.Ring], box: list[list[float]]) -> bool:
    """Whether a municipality reaches the drawing, which may be wider than the frame."""
    (x0, y0), (x1, y1) = box
    wide, tall = (x1 - x0) * 0.6, (y1 - y0) * 0.2
    xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
    return min(xs) < x1 + wide and max(xs) > x0 - wide and min(ys) < y1 + tall and max(ys) > y0 - tall


def _feature(code: str, shapes: geo.Boundaries) -> dict[str, Any]:
    rings = [[list(point) for point in ring] for ring in shapes.rings[code]]
    return {"type": "Feature", "geometry": {"type": "MultiLineString", "coordinates": rings}}


def _labels(
    codes: Sequence[str], shapes: geo.Boundaries, box: list[list[float]], told: Mapping[str, list[str]]
) -> list[dict[str, Any]]:
    """Where names go: the middle of what the frame shows of a municipality, while they keep clear of one another."""
    (x0, y0), (x1, y1) = box
    tall = y1 - y0
    placed: list[dict[str, Any]] = []
    for code in codes:
        part = geo.clipped(max(shapes.rings[code], key=len), box)
        if len(part) > 3:
            lon, lat = geo.centre([part])
            placed.append({"lon": lon, "lat": lat, "lines": told[code], "size": abs(geo.area(part)), "code": code})
    rows: list[dict[str, Any]] = []
    taken: dict[str, list[tuple[float, float, float, float]]] = {"large": [], "small": []}
    for row in [*placed[:1], *sorted(placed[1:], key=lambda row: -row["size"])]:
        room = {}
        for key, scale in (("large", 1.0), ("small", 1.18)):
            wide = max(map(len, row["lines"])) * LETTER * scale * tall / 2
            x, y, high = row["lon"] * ASPECT, row["lat"], 0.042 * scale * tall
            here = (x - wide, y - high, x + wide, y + high)
            inside = key == "large" or abs(row["lon"] - (x0 + x1) / 2) * ASPECT + wide < tall * 0.5
            room[key] = inside and not any(_overlap(here, other) for other in taken[key])
            taken[key] += [here] * room[key]
        rows.append({"lon": row["lon"], "lat": row["lat"], "lines": row["lines"], **room})
    return rows


def _overlap(one: Collection[float], other: Collection[float]) -> bool:
    (a, b, c, d), (e, f, g, h) = one, other
    return a < g and e < c and b < h and f < d
