"""Where people go to work, and where those who work here come from."""

from __future__ import annotations

import pandas as pd

from toolkit import charts, indicators
from toolkit.report.benchmark.study import COMMUTING, Study


def commuting(study: Study) -> None:
    """Self-containment on both sides, balance, main destinations on a map, main origins; bounds for an area."""
    report = study.report
    balance = study["job_balance"]
    if study.municipal:
        report.text(*(study.short(name) for name in COMMUTING))
    else:
        _bounds(study)
    if balance.own.known:
        about = {"place": report.place, "balance": balance.own.value, "size": abs(balance.own.value)}
        report.text(report.say("balance", year=balance.year, **about))
    if study.municipal:
        report.text(report.say("commuting_note"))
    _flows(study, "destinations", "outgoing")
    _flows(study, "origins", "incoming")


def _flows(study: Study, side: str, item: str) -> None:
    report, found = study.report, study.main_flows(side)
    if not len(found):
        report.text(report.say(f"{side}_absent", place=report.place))
        return
    totals = report.table("commuting")
    totals = totals[(totals["item"] == item) & totals["istat_code"].isin(report.members)]
    whole = float(totals["value"].sum(skipna=False)) if study.municipal else float("nan")
    about = {
        "place": report.place,
        "year": int(found["year"].iloc[0]),
        "first": found["name"].iloc[0],
        "n": float(found["value"].iloc[0]),
        "names": [report.words.place(name).name for name in found["name"].iloc[1:4]],
        "shown": len(found),
    }
    known = whole == whole and whole > 0
    about |= {"share": 100 * about["n"] / whole if known else 0.0}
    key = f"{side}_said" if known else f"{side}_said_area"
    key = key if len(found) > 1 else f"{side}_one"
    frame = found.rename(columns={"code": "istat_code"})[["istat_code", "name", "value"]].assign(flag="observed")
    if known:
        frame["share"] = 100.0 * frame["value"] / whole
    columns = [report.municipality_column(frame["istat_code"])]
    columns.append(report.column("value", "benchmark.column_commuters", unit="persons"))
    if known:
        columns.append(report.column("share", f"benchmark.column_share_{item}", unit="percent"))
    # A map that holds none of the places says nothing: those who leave the metropolitan city go beyond it.
    mapped = side == "destinations" and frame["istat_code"].isin(list(report.universe)).any()
    specs = (
        charts.pair(
            charts.flow_map,
            frame,
            report.words,
            topology=study.boundaries,
            ours=report.members,
            direction="outgoing",
        )
        if mapped
        else charts.pair(charts.ranked_bars, frame, report.words, unit="persons")
    )
    report.figure(
        side,
        report.say(f"{side}_title", **about),
        subtitle=report.say(f"{side}_subtitle", **about),
        alt=report.say(f"{side}_alt", **about),
        description=report.say(key, **about),
        specs=specs,
        frame=frame,
        columns=columns,
        tables=["commuting_flows", *(["boundaries"] if mapped else [])],
        note=report.say("flows_note"),
        highlight=(),
    )


def _bounds(study: Study) -> None:
    """Self-containment of an area, from the published flows: at least and at most."""
    report = study.report
    found = bounds(study)
    if found["low"].isna().any():
        report.text(report.say("bounds_absent", place=report.place))
        return
    sides = found.set_index("side")
    about = {"place": report.place, "year": int(found["year"].iloc[0])}
    for side in ("supply", "demand"):
        about |= {f"{side}_low": float(sides["low"][side]), f"{side}_high": float(sides["high"][side])}
    report.text(report.say("bounds", **about), report.say("bounds_why"))
    frame = found.assign(name=[report.say(f"side_{side}") for side in found["side"]], flag="observed")
    report.figure(
        "self-containment",
        report.say("bounds_title", **about),
        subtitle=report.say("bounds_subtitle", **about),
        alt=report.say("bounds_alt", **about),
        description=report.say("bounds", **about),
        specs=charts.pair(
            charts.ranges, frame[["name", "low", "high", "flag"]], report.words, unit="percent", domain=(0.0, 100.0)
        ),
        frame=frame,
        columns=[
            report.column("side", "indicator", texts=dict(zip(frame["side"], frame["name"], strict=True))),
            report.column("low", "benchmark.column_least", unit="percent"),
            report.column("high", "benchmark.column_most", unit="percent"),
        ],
        tables=["commuting", "commuting_flows"],
        note=report.say("bounds_note"),
        highlight=(),
    )
    for side in ("supply", "demand"):
        report.keep(
            f"{side}_self_containment_bounds",
            low=about[f"{side}_low"],
            high=about[f"{side}_high"],
            unit="percent",
            year=about["year"],
        )


def bounds(study: Study) -> pd.DataFrame:
    """Bounds of the area's self-containment, latest year: `side, low, high, year`."""
    report = study.report
    found = indicators.area_self_containment(
        report.table("commuting"), report.table("commuting_flows"), {report.own: report.members}
    )
    return found[found["year"] == found["year"].max()].reset_index(drop=True)
