"""How the territory moved against those most like it: only what goes beyond the ordinary spread is said."""

from __future__ import annotations

import pandas as pd

from toolkit import charts, indicators
from toolkit.indicators.trend import NOISE, Trend
from toolkit.report.benchmark.study import Study

VERDICTS = ("verdict_worse_worsening", "verdict_worse", "verdict_worsening", "verdict_ordinary")


def trends(study: Study) -> None:
    """Change of place on each indicator, level and change against the peers, and the filter "worse and worsening"."""
    report = study.report
    if not study.municipal:
        report.text(report.say("trends_area", place=report.place))
        return
    found = study.trends
    if not found:
        report.text(report.say("trends_absent", place=report.place))
        return
    flagged = [name for name, trend in found.items() if trend.filtered]
    about = {"place": report.place, "names": [_name(study, name) for name in flagged], "n": len(flagged)}
    report.text(
        report.say("filter_some" if flagged else "filter_none", **about),
        report.say("filter_rule", noise=NOISE),
    )
    frame = pd.DataFrame([_row(study, name, trend) for name, trend in found.items()])
    _places(study, frame)
    names = {name: _name(study, name) for name in found}
    report.show_table(
        "trends",
        report.say("trends_caption"),
        frame,
        [
            report.column("indicator", texts=names),
            report.column("years", "benchmark.column_years"),
            report.column("value", "benchmark.column_own", unit_from="unit"),
            report.column("median", "benchmark.column_peers", unit_from="unit"),
            report.column("change", "benchmark.column_change", unit_from="change_unit"),
            report.column("median_change", "benchmark.column_peers_change", unit_from="change_unit"),
            report.column("verdict", "benchmark.column_verdict", texts={key: report.say(key) for key in VERDICTS}),
        ],
        tables=_tables(found),
        note=report.say("trends_note"),
        highlight=flagged or ("-",),
    )


def verdict(trend: Trend) -> str:
    """Key of the word for a trend: what is beyond the ordinary spread, level first."""
    if trend.filtered:
        return "verdict_worse_worsening"
    if trend.worse:
        return "verdict_worse"
    return "verdict_worsening" if trend.worsening else "verdict_ordinary"


def _row(study: Study, name: str, trend: Trend) -> dict:
    report, about = study.report, indicators.get(name)
    moved = float(study.moves(name, trend.first, trend.last)[report.own]) * about.direction
    return {
        "indicator": name,
        "years": report.words.period(trend.first, trend.last),
        "unit": about.unit,
        "value": trend.value,
        "median": trend.median,
        "change_unit": "percentage_points" if about.unit == "percent" else "percent",
        "change": trend.change,
        "median_change": trend.median_change,
        "moved": moved,
        "verdict": verdict(trend),
    }


def _places(study: Study, frame: pd.DataFrame) -> None:
    """How far the territory moved in the ranking of all municipalities, better side up."""
    report = study.report
    shown = frame.assign(name=[_name(study, name) for name in frame["indicator"]]).sort_values(
        ["moved", "indicator"], ascending=[False, True]
    )
    rounded = shown["moved"].round()
    about = {"place": report.place, "up": int((rounded > 0).sum()), "down": int((rounded < 0).sum()), "n": len(shown)}
    about["parent"] = report.scales[report.parent].prose
    report.figure(
        "moves",
        report.say("moves_title", **about),
        subtitle=report.say("moves_subtitle", **about),
        alt=report.say("moves_alt", **about),
        description=report.say("moves_description", **about),
        specs=charts.pair(
            charts.ranked_bars,
            shown.rename(columns={"moved": "place"})[["name", "place"]].rename(columns={"place": "value"}),
            report.words,
            unit="percentile",
        ),
        frame=shown,
        columns=[
            report.column("indicator", texts=dict(zip(shown["indicator"], shown["name"], strict=True))),
            report.column("years", "benchmark.column_years"),
            report.column("moved", "benchmark.column_moved", unit="percentile"),
        ],
        tables=_tables(study.trends),
        note=report.say("moves_note"),
        highlight=("-",),
    )


def _name(study: Study, code: str) -> str:
    return indicators.get(code).name[study.report.language]


def _tables(found: dict[str, Trend]) -> list[str]:
    return list(dict.fromkeys(table for name in found for table in indicators.get(name).tables))
