"""Where one stands among all: a row an indicator, on bands of the distribution."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from toolkit.charts.structure import compared, data, filled, layers
from toolkit.charts.theme import BAND, BLUE, LIGHT, MIDDLE, NAVY, ORANGE, SLATE, WHITE

EDGE = 2.0
"""Halves of the range of 8 municipalities in 10 beyond which a mark stays at the edge."""


def strip(*comparisons: Any) -> alt.LayerChart:
    """Distribution of all municipalities, with the similar ones and the place: a row a comparison.

    Bands hold half of the municipalities and 8 in 10; medians stand in one line, and each row has its own scale. Where
    one side is better, an arrow names it. A figure that is absent keeps its row and says why.

    Args:
        comparisons: of `report.compare`, one or more.

    Returns:
        An Altair chart; data sets `rows`, `bands`, `points`.

    Raises:
        ToolkitError: something else than comparisons.
    """
    report, words = compared("strip", *comparisons)
    rows, bands, points = [], [], []
    for one in comparisons:
        spread = one.spread
        half = max(spread["p90"] - spread["median"], spread["median"] - spread["p10"]) or 1.0
        at = {key: _at(value, spread["median"], half) for key, value in spread.items()}
        direction = one.indicator.direction
        rows.append(
            {
                "row": one.name,
                "said": one.printed(one.own.value, one.own.flag) if one.known else words.absent(one.absent_flag),
                "rank": words.sentence(it="{rank}", en="{rank}", facts=one.facts),
                "middle": f"{words.label('median')} {one.printed(spread['median'])}",
                "better": words.label("better_right" if direction > 0 else "better_left") if direction else "",
                "median": at["median"],
            }
        )
        for low, high, label in (("p10", "p90", "band_80"), ("q1", "q3", "band_50")):
            bands.append({"row": one.name, "band": words.label(label), "low": at[low], "high": at[high]})
        shown = {code: (value, words.label("peers"), 0) for code, value in one.peers.items()}
        names = report.names(shown)
        if one.known:
            shown[report.own], names[report.own] = (one.own.value, report.name, 1), report.name
        for code, (value, who, ours) in shown.items():
            told = f"{names[code]}: {one.printed(value)}"
            points.append(
                {"row": one.name, "x": _at(value, spread["median"], half), "ours": ours, "who": who, "t": told}
            )
    points.sort(key=lambda point: -point["ours"])  # the legend begins with the place
    about = {"chart": "strip", "compared": [one.key for one in comparisons]}
    return filled(_strip, about, rows=rows, bands=bands, points=points)


def _at(value: float, median: float, half: float) -> float | None:
    """Where a value stands, in halves of the range of 8 in 10 from the median."""
    return (
        None if np.isnan(value) or np.isnan(median) else round(float(np.clip((value - median) / half, -EDGE, EDGE)), 4)
    )


def _strip() -> alt.LayerChart:
    y = alt.Y("row:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    scale = alt.Scale(domain=[-EDGE - 0.05, EDGE + 0.05], nice=False)
    row, band, point = (data(name).encode(y=y) for name in ("rows", "bands", "points"))
    who: dict[str, Any] = {"sort": None, "scale": alt.Scale(range=[BLUE, ORANGE])}
    shape = alt.Shape("who:N", sort=None, scale=alt.Scale(range=["circle", "diamond"]))

    def x(name: str) -> alt.X:
        return alt.X(f"{name}:Q", axis=None, scale=scale)

    def said(field: str, side: Any, align: Any, dy: int, **mark: Any) -> alt.Chart:
        return row.mark_text(align=align, dy=dy, **{"color": SLATE, **mark}).encode(x=side, text=f"{field}:N")

    left, right = alt.value(0), alt.value("width")
    chart = layers(
        row.mark_rule(color=LIGHT).encode(x=left, x2=right),
        band.mark_bar(height=14).encode(
            x=x("low"), x2="high:Q", color=alt.Color("band:N", sort=None, scale=alt.Scale(range=[BAND, MIDDLE]))
        ),
        row.mark_tick(color=NAVY, thickness=2, height=20).encode(x=x("median")),
        point.mark_point(filled=True, opacity=1, stroke=WHITE, strokeWidth=1, aria=True).encode(
            x=x("x"),
            fill=alt.Fill("who:N", **who),
            shape=shape,
            order=alt.Order("ours:Q"),
            size=alt.condition("datum.ours", alt.value(190), alt.value(62)),
            tooltip="t:N",
            description="t:N",
        ),
        said("row", left, "left", -20, color=NAVY, fontWeight=600, limit={"expr": "width - 90"}),
        said("said", right, "right", -20, color=BLUE, fontWeight=700),
        said("middle", x("median"), "center", 19),
        said("rank", right, "right", 19),
        said("better", left, "left", 19),
        height=alt.Step(62),
    )
    return chart.resolve_scale(color="independent")
