"""The picture of a result: an Altair chart of the analyst's own, drawn from the result's tables alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

if TYPE_CHECKING:
    from toolkit.impact.result import Result

HEIGHT = 240


def picture(result: Result) -> Any:
    """Paths of what was observed and what would have been, effects by period with their intervals, the law of a
    randomisation test with the estimate, or the estimate with its interval: the first for which there is a table.
    """
    tables = result.tables
    if "path" in tables and {"time", "actual"} <= set(tables["path"]):
        chart = _paths(tables["path"])
    elif "effects" in tables:
        chart = _effects(tables["effects"])
    elif "distribution" in tables:
        chart = _law(tables["distribution"]["difference"], result.estimate)
    else:
        chart = _estimate(result)
    return chart.properties(height=HEIGHT)


def _paths(path: pd.DataFrame) -> Any:
    series = [name for name in ("actual", "synthetic", "fitted", "counterfactual") if name in path]
    long = path.melt("time", value_vars=series, var_name="series", value_name="value").dropna()
    return (
        alt.Chart(long)
        .mark_line(point=True)
        .encode(
            x=alt.X("time:Q", axis=alt.Axis(format="d"), scale=alt.Scale(zero=False), title=None),
            y=alt.Y("value:Q", scale=alt.Scale(zero=False), title=None),
            color=alt.Color("series:N", sort=series, title=None),
        )
    )


def _effects(effects: pd.DataFrame) -> Any:
    base = alt.Chart(effects).encode(x=alt.X("event_time:Q", title="periods from the first treated one"))
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(strokeDash=[3, 3]).encode(y=alt.Y("at:Q", title=None))
    drawn = [zero, base.mark_point(filled=True, size=60).encode(y=alt.Y("estimate:Q", title="effect"))]
    if {"low", "high"} <= set(effects):
        drawn.insert(1, base.mark_rule().encode(y="low:Q", y2="high:Q"))
    return alt.layer(*drawn)


def _law(values: pd.Series, estimate: float) -> Any:
    bars = alt.Chart(pd.DataFrame({"difference": values})).mark_bar(color="lightgray")
    mark = alt.Chart(pd.DataFrame({"estimate": [estimate]})).mark_rule(size=2)
    x = alt.X("difference:Q", bin=alt.Bin(maxbins=40), title="found by giving the policy to others at random")
    return alt.layer(bars.encode(x=x, y=alt.Y("count()", title=None)), mark.encode(x="estimate:Q"))


def _estimate(result: Result) -> Any:
    low, high = result.interval or (result.estimate, result.estimate)
    frame = pd.DataFrame({"what": [result.method], "estimate": [result.estimate], "low": [low], "high": [high]})
    base = alt.Chart(frame).encode(y=alt.Y("what:N", title=None))
    x = alt.X("estimate:Q", scale=alt.Scale(zero=True), title=None)
    return alt.layer(base.mark_rule().encode(x="low:Q", x2="high:Q"), base.mark_point(filled=True).encode(x=x))
