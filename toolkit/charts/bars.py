"""Bars and ranges, a row each: names above their mark, so that they have room on a telephone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import altair as alt
import pandas as pd

from toolkit.charts.structure import data, filled, layers, same_names
from toolkit.charts.theme import BLUE, GREY, LIGHT, NAVY, SLATE, WHITE


def bars(frame: pd.DataFrame, report: Any, *, unit: str, ours: Collection[str] = (), label: str = "") -> alt.LayerChart:
    """A bar a row, in the order of the frame.

    Args:
        frame: `name` (what each bar is), `value`, and `flag` if some may be absent.
        report: whose language numbers are printed in.
        unit: of the values, a key of `text/units.yml`.
        ours: names drawn in the colour of the place.
        label: header of the values in the table; the unit where not given.

    Returns:
        An Altair chart; data set `rows`.
    """
    words = report.words
    flags = frame["flag"] if "flag" in frame else pd.Series("observed", index=frame.index)
    shown = same_names(frame, ("name", "value"), "charts.bars")
    rows = [
        {
            "row": name,
            "value": None if value != value else float(value),
            "flag": str(flag),
            "ours": name in ours,
            "said": words.value(value, unit, str(flag), bare=True),
            "t": f"{name}: {words.value(value, unit, str(flag))}",
        }
        for (name, value), flag in zip(shown.itertuples(index=False, name=None), flags, strict=True)
    ]
    about = {"chart": "bars", "unit": unit, "label": label or words.unit(unit)}
    return filled(_bars, about, rows=rows)


def _bars() -> alt.LayerChart:
    y = alt.Y("row:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    row = data("rows").encode(y=y)
    x = alt.X("value:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    return layers(
        row.mark_rule(color=LIGHT, yOffset=8).encode(x=alt.value(0), x2=alt.value("width")),
        row.mark_bar(height=12, yOffset=8, aria=True).encode(
            x=x, color=alt.condition("datum.ours", alt.value(BLUE), alt.value(GREY)), description="t:N", tooltip="t:N"
        ),
        row.mark_text(align="left", dy=-8, limit={"expr": "width - 90"}).encode(x=alt.value(0), text="row:N"),
        row.mark_text(align="right", dy=-8, fontWeight=600, color=NAVY).encode(x=alt.value("width"), text="said:N"),
        height=alt.Step(36),
    )


def ranges(frame: pd.DataFrame, report: Any, *, unit: str, ours: Collection[str] = ()) -> alt.LayerChart:
    """A line from `low` to `high` a row, with a point at `value` where there is one.

    Args:
        frame: `name`, `low`, `high`, and `value` if a point is to be drawn.
        report: whose language numbers are printed in.
        unit: of the values.
        ours: names drawn in the colour of the place.

    Returns:
        An Altair chart; data set `rows`.
    """
    words = report.words
    rows = []
    for row in (
        same_names(frame, ("name", "low", "high"), "charts.ranges")
        .assign(value=frame["value"] if "value" in frame else float("nan"))
        .to_dict("records")
    ):
        said = words.period(*(words.value(row[key], unit, bare=True) for key in ("low", "high")))
        known = row["value"] == row["value"]
        said = f"{words.value(row['value'], unit, bare=True)} ({said})" if known else said
        numbers = {key: None if row[key] != row[key] else float(row[key]) for key in ("low", "high", "value")}
        rows.append(
            {"row": row["name"], "ours": row["name"] in ours, "said": said, "t": f"{row['name']}: {said}"} | numbers
        )
    return filled(_ranges, {"chart": "ranges", "unit": unit}, rows=rows)


def _ranges() -> alt.LayerChart:
    y = alt.Y("row:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    row = data("rows").encode(y=y)
    scale = alt.Scale(zero=False, nice=False, padding=6)
    x = alt.X("low:Q", axis=None, scale=scale)
    colour = alt.condition("datum.ours", alt.value(BLUE), alt.value(GREY))
    return layers(
        row.mark_rule(color=LIGHT, yOffset=8).encode(x=alt.value(0), x2=alt.value("width")),
        row.mark_bar(height=6, yOffset=8, cornerRadius=3, aria=True).encode(
            x=x, x2="high:Q", color=colour, description="t:N", tooltip="t:N"
        ),
        row.mark_point(filled=True, opacity=1, size=90, stroke=WHITE, strokeWidth=1, yOffset=8).encode(
            x=alt.X("value:Q", axis=None, scale=scale), fill=colour
        ),
        row.mark_text(align="left", dy=-8, limit={"expr": "width - 110"}).encode(x=alt.value(0), text="row:N"),
        row.mark_text(align="right", dy=-8, color=SLATE).encode(x=alt.value("width"), text="said:N"),
        height=alt.Step(34),
    )


def parts(frame: pd.DataFrame, report: Any, *, unit: str) -> alt.LayerChart:
    """A bar a row, of which a part is filled: what was paid of what was awarded, what was won of what could be had.

    Args:
        frame: `name` (what each bar is), `value` (the whole), `part` (filled), and `said` (what stands at its end; both
            figures where not given), `flag` of the whole. An absent whole draws no bar, and says so.
        report: whose language numbers are printed in.
        unit: of both, a key of `text/units.yml`.

    Returns:
        An Altair chart; data set `rows`.
    """
    words = report.words
    shown = same_names(frame, ("name", "value", "part"), "charts.parts")
    said = frame["said"] if "said" in frame else pd.Series("", index=frame.index)
    flags = frame["flag"] if "flag" in frame else pd.Series("observed", index=frame.index)
    rows = []
    for (name, value, part), told, flag in zip(shown.itertuples(index=False, name=None), said, flags, strict=True):
        whole = words.value(value, unit, str(flag))
        both = words.say("labels.part_of", part=words.value(part, unit), whole=whole) if value == value else whole
        known = {key: None if held != held else float(held) for key, held in (("value", value), ("part", part))}
        rows.append({"row": name, "said": told or both, "t": f"{name}: {told or both}"} | known)
    return filled(_parts, {"chart": "parts", "unit": unit}, rows=rows)


def _parts() -> alt.LayerChart:
    y = alt.Y("row:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    row = data("rows").encode(y=y)
    x = alt.X("value:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    return layers(
        row.mark_rule(color=LIGHT, yOffset=8).encode(x=alt.value(0), x2=alt.value("width")),
        row.mark_bar(height=12, yOffset=8, fill=WHITE, stroke=BLUE, strokeWidth=1.5, aria=True).encode(
            x=x, description="t:N", tooltip="t:N"
        ),
        row.mark_bar(height=12, yOffset=8, color=BLUE).encode(x=alt.X("part:Q", axis=None)),
        row.mark_text(align="left", dy=-8, limit={"expr": "width - 130"}).encode(x=alt.value(0), text="row:N"),
        row.mark_text(align="right", dy=-8, fontWeight=600, color=NAVY).encode(x=alt.value("width"), text="said:N"),
        height=alt.Step(36),
    )
