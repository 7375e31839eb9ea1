"""Figures over the years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from toolkit.charts.structure import compared, data, filled, layers, same_names
from toolkit.charts.theme import BLUE, DASHES, GREY, SERIES, SLATE, WHITE
from toolkit.errors import ToolkitError
from toolkit.text.facts import SCALES

OPTIONAL = SCALES
"""Scales that not every place has: passed over where it has not."""


def lines(comparison: Any, *scales: str) -> alt.LayerChart:
    """A figure over the years beside those of larger territories; a line ends where its series breaks.

    A hollow mark is the first value after a break. Absent years are passed over.

    Args:
        comparison: of `report.compare`.
        scales: keys of the report's scales (`zone`, `system`, `metropolitan` …); none: all that have figures.

    Returns:
        An Altair chart; data sets `rows`, `ends`, `breaks`.

    Raises:
        ToolkitError: something else than a comparison, a scale that does not exist.
    """
    report, words = compared("lines", comparison)
    if unknown := [key for key in scales if key not in report.scales and key not in OPTIONAL]:
        raise ToolkitError(f"no scale is called {unknown[0]!r}", where="charts.lines", allowed=list(report.scales))
    chosen = scales or tuple(key for key in report.scales if key != report.own)
    names = {report.own: report.name} | {key: report.scales[key].name for key in chosen if key in report.scales}
    rows: list[dict[str, Any]] = []
    breaks: dict[int, dict[str, Any]] = {}
    for order, (key, name) in enumerate(names.items()):
        part = 0
        found = comparison.history(key).dropna(subset="value")
        for number, (year, value, flag) in enumerate(found.itertuples(index=False, name=None)):
            broken = flag == "break" and number > 0
            part += broken
            if broken:
                breaks[int(year)] = {"at": int(year) - 0.5, "t": "" if breaks else words.label("break")}
            told = f"{name}, {year}: {comparison.printed(value)}"
            row = {"year": int(year), "value": float(value), "name": name, "part": f"{order}.{part}", "broken": broken}
            rows.append(row | {"t": told})
    own = [row for row in rows if row["name"] == report.name]
    ends = [{**own[-1], "label": comparison.printed(own[-1]["value"])}] if own else []
    about = {"chart": "lines", "compared": [comparison.key], "scales": list(names)}
    several = len({row["name"] for row in rows}) > 1
    template = (_money if words.form(comparison.unit) == "euro" else _plain)[several]
    return filled(template, about, rows=rows, ends=ends, breaks=list(breaks.values()))


def series(
    frame: pd.DataFrame, report: Any, *, unit: str, ours: str, marks: Mapping[int, str] | None = None
) -> alt.LayerChart:
    """Lines of a tidy frame, drawn as `lines` draws a comparison.

    Args:
        frame: `name` (one line each, in the order of the frame), `year`, `value`.
        report: whose language numbers are printed in.
        unit: of the values.
        ours: name of the line that is ours, drawn first and with its last value.
        marks: year → what began with it, a dotted line before that year.

    Returns:
        An Altair chart; data sets `rows`, `ends`, `breaks`.
    """
    words, known = report.words, same_names(frame, ("name", "year", "value"), "charts.series").dropna(subset="value")
    names = sorted(dict.fromkeys(known["name"]), key=lambda name: name != ours)
    rows = [
        {"year": int(year), "value": float(value), "name": name, "part": name, "broken": False}
        | {"t": f"{name}, {year}: {words.value(value, unit, bare=True)}"}
        for name, year, value in known.itertuples(index=False, name=None)
    ]
    rows.sort(key=lambda row: names.index(row["name"]))
    own = [row for row in rows if row["name"] == ours]
    ends = [{**own[-1], "label": words.value(own[-1]["value"], unit, bare=True)}] if own else []
    template = (_money if words.form(unit) == "euro" else _plain)[len(names) > 1]
    breaks = [{"at": year - 0.5, "t": said} for year, said in (marks or {}).items()]
    return filled(template, {"chart": "series", "unit": unit}, rows=rows, ends=ends, breaks=breaks)


def _lines(*, several: bool, number: str) -> alt.LayerChart:
    step = "width < 500 && domain('x')[1] - domain('x')[0] > 6 ? 2 : 1"
    years = alt.Axis(
        format="d", grid=False, offset=5, title=None,
        values={"expr": f"sequence(ceil(domain('x')[0]), domain('x')[1] + 0.5, {step})"},
    )  # fmt: skip
    x = alt.X("year:Q", axis=years, scale=alt.Scale(nice=False, zero=False, padding=14))
    y = alt.Y("value:Q", scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(format=number, tickCount=5, title=None))
    columns = {"expr": "width < 500 ? 1 : 2"}
    legend = (
        alt.Legend(symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=300, columns=columns) if several else None
    )
    colour = alt.Color("name:N", sort=None, legend=legend, scale=alt.Scale(range=list(SERIES)))
    dash = alt.StrokeDash("name:N", sort=None, legend=legend, scale=alt.Scale(range=list(DASHES)))
    last = data("ends").encode(x=x, y=y, text="label:N")
    label: dict[str, Any] = {"align": "right", "dy": -13, "dx": 6, "fontWeight": 700, "fontSize": 13}
    series, breaks = data("rows").encode(x=x, y=y), data("breaks")
    told = breaks.encode(x="at:Q", y=alt.value(0), text="t:N")  # clear of the next break
    small: dict[str, Any] = {"align": "left", "dx": 5, "baseline": "top", "fontSize": 11}
    return layers(
        breaks.mark_rule(color=GREY, strokeDash=[2, 3]).encode(x="at:Q"),
        told.mark_text(stroke=WHITE, strokeWidth=4, **small),
        told.mark_text(color=SLATE, **small),
        series.mark_line(strokeWidth=2.2).encode(color=colour, strokeDash=dash, detail="part:N"),
        series.mark_point(filled=True, opacity=1, size=60, strokeWidth=1.8, aria=True).encode(
            stroke=alt.Stroke("name:N", sort=None, legend=None, scale=alt.Scale(range=list(SERIES))),
            fill=alt.condition(
                "datum.broken",
                alt.value(WHITE),
                alt.Fill("name:N", sort=None, legend=None, scale=alt.Scale(range=list(SERIES))),
            ),
            tooltip="t:N",
            description="t:N",
        ),
        last.mark_text(stroke=WHITE, strokeWidth=4, strokeJoin="round", **label),
        last.mark_text(color=BLUE, **label),
        height=260,
    )


def _one() -> alt.LayerChart:
    return _lines(several=False, number=",.0f")


def _many() -> alt.LayerChart:
    return _lines(several=True, number=",.0f")


def _one_money() -> alt.LayerChart:
    return _lines(several=False, number="$,.0f")


def _many_money() -> alt.LayerChart:
    return _lines(several=True, number="$,.0f")


_plain, _money = (_one, _many), (_one_money, _many_money)


def history(comparison: Any, scales: list[str]) -> pd.DataFrame:
    """The same as a table: DataFrame[year, a column a series, its flag]."""
    frames = []
    for key in scales:
        column = key if len(scales) > 1 else "value"
        found = comparison.history(key).set_index("year")
        frames.append(found.rename(columns={"value": column, "flag": f"{column}_flag"}))
    return pd.concat(frames, axis=1).sort_index().rename_axis("year").reset_index()
