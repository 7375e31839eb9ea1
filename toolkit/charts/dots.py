"""Dots of many units on one line, one of them ours; and periods on a calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from toolkit.charts.structure import data, filled, layers, same_names
from toolkit.charts.theme import BLUE, GREY, LIGHT, NAVY, SLATE, WHITE

BINS = 48
"""Places on the line: dots of one place are piled up."""


def dots(frame: pd.DataFrame, report: Any, *, unit: str, ours: Collection[str] = ()) -> alt.LayerChart:
    """A dot a unit on the line of its value, piled up where several share a place; ours is marked and named.

    Args:
        frame: `name`, `value`; rows without a value are passed over.
        report: whose language numbers are printed in.
        unit: of the values, a key of `text/units.yml`.
        ours: names drawn in the colour of the place.

    Returns:
        An Altair chart; data sets `rows`, `own`.
    """
    words, known = report.words, same_names(frame, ("name", "value"), "charts.dots").dropna(subset="value")
    low, high = (float(known["value"].agg(end)) for end in ("min", "max")) if len(known) else (0.0, 0.0)
    step = (high - low) / BINS or 1.0
    piled: Counter[int] = Counter()
    rows = []
    for name, value in sorted(known.itertuples(index=False, name=None), key=lambda row: row[0] in ours):
        place = round((value - low) / step)
        piled[place] += 1
        told = f"{name}: {words.value(value, unit)}"
        rows.append({"x": low + place * step, "y": piled[place], "name": name, "ours": name in ours, "t": told})
    own = [row for row in rows if row["ours"]]
    return filled(_dots, {"chart": "dots", "unit": unit}, rows=rows, own=own)


def _dots() -> alt.LayerChart:
    x = alt.X("x:Q", scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(grid=False, title=None, tickCount=6))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(zero=True, nice=False, padding=14))
    own = data("own").encode(x=x, y=y, text="name:N")
    return layers(
        data("rows").mark_rule(color=LIGHT).encode(x=alt.datum(0)),
        data("rows")
        .mark_circle(size=52, opacity=1, stroke=WHITE, strokeWidth=0.7, aria=True)
        .encode(
            x=x, y=y, color=alt.condition("datum.ours", alt.value(BLUE), alt.value(GREY)), description="t:N",
            tooltip="t:N",
        ),
        own.mark_text(dy=-14, color=BLUE, fontWeight=700, stroke=WHITE, strokeWidth=4),
        own.mark_text(dy=-14, color=BLUE, fontWeight=700),
        height=170,
    )  # fmt: skip


def periods(frame: pd.DataFrame, report: Any, *, today: date) -> alt.LayerChart:
    """A bar a period, those that are actual in the colour of the place; one without an end goes to the day given.

    Args:
        frame: `name`, `start`, `end` (ISO days, `end` empty where none is known), `actual`.
        report: whose language dates are printed in.
        today: the day that is marked.

    Returns:
        An Altair chart; data sets `rows`, `today`.
    """
    words, rows = report.words, []
    for row in same_names(frame, ("name", "start", "end", "actual"), "charts.periods").to_dict("records"):
        end = words.date(row["end"]) if row["end"] else "…"
        kind = words.label("actual" if row["actual"] else "planned")
        said = f"{row['name']} ({kind})"
        told = f"{said}: {words.date(row['start'])} – {end}"
        ends = {"start": row["start"], "end": row["end"] or today.isoformat()}
        rows.append({"row": said, "actual": row["actual"], "t": told, **ends})
    marked = [{"at": today.isoformat(), "t": words.date(today)}]
    return filled(_periods, {"chart": "periods"}, rows=rows, today=marked)


def _periods() -> alt.LayerChart:
    y = alt.Y("row:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    axis = alt.Axis(format="%Y", grid=True, title=None, tickCount={"expr": "width < 500 ? 4 : 8"})
    row = data("rows").encode(y=y)
    x = alt.X("start:T", axis=axis)
    return layers(
        row.mark_bar(height=9, yOffset=8, cornerRadius=2, aria=True).encode(
            x=x, x2="end:T", color=alt.condition("datum.actual", alt.value(BLUE), alt.value(GREY)), description="t:N",
            tooltip="t:N",
        ),
        data("today").mark_rule(color=NAVY, strokeDash=[3, 3]).encode(x="at:T"),
        row.mark_text(align="left", dy=-8, color=SLATE, limit={"expr": "width"}).encode(x=alt.value(0), text="row:N"),
        height=alt.Step(36),
    )  # fmt: skip
