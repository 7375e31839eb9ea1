"""Periods on a calendar: calls from opening to closing, several in a row, each with what became of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from toolkit.charts.structure import data, filled, layers, same_names
from toolkit.charts.theme import BLUE, GREEN, GREY, LIGHT, NAVY, ORANGE, PURPLE, RED, WHITE

COLOURS = (BLUE, ORANGE, GREEN, GREY, RED, PURPLE)
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-right")


def spans(frame: pd.DataFrame, report: Any, *, kinds: dict[str, str]) -> alt.LayerChart:
    """A row of periods for each name: a line from its first to its last day, and a mark at its end for its kind.

    Args:
        frame: `name` (the row), `start`, `end` (ISO days; an empty start has the mark alone, an empty end goes on to
            the day of the report; with neither, nothing is drawn), `kind`, `label` (what the period is).
        report: whose day and language they are.
        kinds: kind → its words, in the order of the legend.

    Returns:
        An Altair chart; data sets `rows`, `names`, `kinds`, `day`.
    """
    words, today = report.words, report.as_of.isoformat()
    rows = []
    for name, start, end, kind, label in same_names(
        frame, ("name", "start", "end", "kind", "label"), "charts.spans"
    ).itertuples(index=False, name=None):
        if not start and not end:
            continue
        days = words.period(*(words.date(day) for day in (start or end, end or today)))
        last = _year(end or today)
        row = {"row": name, "first": _year(start) if start else last, "last": last, "kind": kinds[kind]}
        rows.append(row | {"t": f"{label}, {days}: {kinds[kind]}"})
    legend = [{"kind": text} for text in kinds.values()]
    day = [{"at": _year(today), "t": words.date(today)}]
    names = [{"row": name} for name in dict.fromkeys(row["row"] for row in rows)]
    return filled(_spans, {"chart": "spans"}, rows=rows, names=names, kinds=legend, day=day)


def _year(day: str) -> float:
    """The day as a year with its fraction."""
    at = date.fromisoformat(day)
    return round(at.year + (at.timetuple().tm_yday - 1) / 366, 4)


def _spans() -> alt.LayerChart:
    y = alt.Y("row:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    row, name = (data(name).encode(y=y) for name in ("rows", "names"))
    axis = alt.Axis(format="d", tickMinStep=1, title=None, grid=True)
    scale = alt.Scale(zero=False, nice=False, padding=12)
    kind: dict[str, Any] = {"sort": None, "legend": alt.Legend(symbolOpacity=1)}
    shape = alt.Shape("kind:N", scale=alt.Scale(range=list(SHAPES)), **kind)
    fill = alt.Fill("kind:N", scale=alt.Scale(range=list(COLOURS)), **kind)
    kinds = data("kinds").mark_point(opacity=0, filled=True)  # all of them, in their order, for the legend
    return layers(
        kinds.encode(x=alt.value(0), y=alt.value(0), fill=fill, shape=shape),
        name.mark_rule(color=LIGHT, yOffset=8).encode(x=alt.value(0), x2=alt.value("width")),
        data("day").mark_rule(color=NAVY, strokeDash=[4, 3]).encode(x=alt.X("at:Q", axis=axis, scale=scale)),
        row.mark_rule(strokeWidth=2, yOffset=8, color=GREY).encode(
            x=alt.X("first:Q", axis=axis, scale=scale), x2="last:Q"
        ),
        row.mark_point(filled=True, opacity=1, size=110, stroke=WHITE, strokeWidth=1, yOffset=8, aria=True).encode(
            x=alt.X("last:Q", axis=axis, scale=scale), fill=fill, shape=shape, description="t:N", tooltip="t:N"
        ),
        name.mark_text(align="left", dy=-9).encode(x=alt.value(0), text="row:N"),
        height=alt.Step(38),
    )
