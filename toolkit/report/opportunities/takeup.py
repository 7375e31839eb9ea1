"""How long grants took, and how much of what its class could have a municipality won."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from toolkit import display, pnrr
from toolkit.charts import placed as charts
from toolkit.pnrr.amounts import NO_CLASS_MAXIMUM, NOT_MODELLED
from toolkit.report.opportunities import origin
from toolkit.report.opportunities.case import Case, records
from toolkit.report.wording import capital

MOST_BARS = 30
"""Municipalities drawn: of more, those with the largest and the smallest shares."""
MAXIMUM = ("applications", "lump_sums", "population")
"""Tables that the share of the class maximum comes from."""

STEPS = ("median_to_decree", "median_to_payment")


def waits(case: Case) -> None:
    """Show days from application to decree and to payment, by line, with what has not ended yet."""
    apps = case.applications[case.applications["state_known"]]
    if apps.empty:
        case.report.text(case.say("waits_nothing"))
        return
    groups = {group: codes for group, codes in case.groups.items() if len(codes) > 1}
    found = {"own": case.members, **groups}
    by_group = {group: _waits_of(apps[apps["istat_code"].isin(codes)]) for group, codes in found.items()}
    every = _waits_of(apps)
    about = {
        "applications": int(every["applications"].sum()),
        "paid": int(every["paid"].sum()),
        "censored": int(every["censored"].sum()),
    }
    case.report.text(case.say("waits", **about), case.say("waits_rule"))
    lines = display.Column(key="group", label=case.say("column_line"), texts=_line_texts(case, every["group"]))
    columns = [
        lines,
        case.column("applications", unit="grants"),
        case.column("median_to_decree", unit="days"),
        case.column("paid", unit="grants"),
        case.column("censored", unit="grants"),
        case.column("undated", unit="grants"),
        case.column("median_to_payment", unit="days"),
        case.column("longest_watched", unit="days"),
    ]
    note = case.say("waits_note")
    case.report.show_table("waits", case.say("waits_caption"), every, columns, tables=["applications"], note=note)
    rows = [_compared(by_group, line, step) for line in every["group"] for step in STEPS]
    columns = [
        lines,
        case.column("step", "wait", texts={step: case.label("wait", step) for step in STEPS}),
        *(
            display.Column(key=group, label=capital(_group_name(case, group)), unit="days", flag=f"{group}_flag")
            for group in by_group
        ),
    ]
    frame, note = pd.DataFrame(rows), case.say("waits_compared_note")
    case.report.show_table(
        "waits-compared", case.say("waits_compared"), frame, columns, tables=["applications"], note=note
    )


def _waits_of(apps: pd.DataFrame) -> pd.DataFrame:
    return pnrr.waits_by(pnrr.waiting_times(apps), apps["line"])


def _compared(by_group: Mapping[str, pd.DataFrame], line: str, step: str) -> dict[str, Any]:
    """Median days of one step in each group: missing without a grant, not observable where half has not ended yet."""
    row: dict[str, Any] = {"group": line, "step": step}
    for group, waits in by_group.items():
        mine = waits[waits["group"] == line] if len(waits) else waits
        row[group] = float(mine[step].iloc[0]) if len(mine) else float("nan")
        row[f"{group}_flag"] = (
            "missing" if not len(mine) else "observed" if row[group] == row[group] else "not_observable"
        )
    return row


def _group_name(case: Case, group: str) -> str:
    return case.report.name if group == "own" else case.group_name(group)


def _line_texts(case: Case, lines: Any) -> dict[str, str]:
    return {line: case.label("line", line) for line in lines}


def take_up(case: Case) -> None:
    """Show what was won over the maximum of the class, line by line, and the territory among its groups."""
    if case.take_up_total.empty:
        case.report.text(case.say("take_up_nothing"))
        return
    if not case.single:
        case.report.text(case.say("take_up_area"))
        if len(case.applications):
            ranking(case, case.members)
        return
    own = case.report.own
    total = case.take_up_total.loc[own]
    if total["won"] != total["won"]:
        told = [case.say("take_up_absent", maximum=total["maximum"])]
    else:
        told = [case.say("take_up", won=total["won"], maximum=total["maximum"], share=total["percent"])]
    if total["lower_bound"] and total["won"] == total["won"]:
        told.append(case.say("take_up_lower"))
    case.report.text(*told, case.say("take_up_rule"))
    _lines_of(case, own)
    if case.applications.empty:
        return  # nobody holds a grant yet: there is nothing to compare
    _groups_of(case)
    if len(case.around) > 1:
        ranking(case, case.around)


def _lines_of(case: Case, code: str) -> None:
    rows = case.take_up[case.take_up["istat_code"] == code].assign(percent=lambda frame: 100 * frame["share"])
    rows = rows.assign(bound=rows["lower_bound"].map({True: "lower", False: "exact"}))
    columns = [
        case.coded(rows, "line", "line"),
        case.column("won", unit="EUR"),
        case.column("maximum", unit="EUR"),
        case.column("percent", unit="percent"),
        case.coded(rows, "bound", "bound"),
    ]
    left_out = [case.label("line", line) for line in (*NOT_MODELLED, *NO_CLASS_MAXIMUM)]
    origin.show_table(
        case,
        "take-up",
        rows,
        columns,
        caption=case.say("take_up_caption"),
        tables=MAXIMUM,
        key="line",
        note=case.say("take_up_note", lines=left_out, of=len(case.applications), **_modelled(case)),
    )


def _modelled(case: Case) -> dict[str, int]:
    """Funded applications by whether their line has a rule of population, and whether their amount is the rule's."""
    if case.applications.empty:
        return {"n": 0, "modelled": 0, "equal": 0}
    sums = case.report.table("lump_sums")
    checked = pnrr.check_applications(case.applications.drop(columns="line"), sums, case.lines, case.people)
    modelled = checked["modelled"]
    return {"n": int((~modelled).sum()), "modelled": int(modelled.sum()), "equal": int(checked["equal"].sum())}


def _groups_of(case: Case) -> None:
    measures = {"take_up": (case.take_up_total["percent"], "percent", 1)}
    measures["per_resident"] = (case.per_municipality["live_per_resident"], "EUR_per_resident", 2)
    rows = []
    for name, (values, unit, decimals) in measures.items():
        found = case.compare(values)
        for row in records(found[found["n"] > 1]):
            rows.append(row | {"measure": name, "unit": unit, "decimals": decimals})
    frame = pd.DataFrame(rows)
    frame["group_code"] = frame["group"]
    names = {group: case.group_name(group) for group in frame["group"].unique()}
    about = {"unit_from": "unit", "decimals_from": "decimals"}
    columns = [
        case.coded(frame, "measure", "tile", "measure"),
        case.column("group", texts=names),
        case.column("value", **about),
        case.column("quartile_low", **about),
        case.column("median", **about),
        case.column("quartile_high", **about),
        case.column("rank", unit="rank"),
        case.column("of", unit="municipalities"),
    ]
    case.report.show_table(
        "compared",
        case.say("compared_caption"),
        frame,
        columns,
        tables=origin.rows_of(case, MAXIMUM, case.take_up["line"]),
        note=case.say("compared_note"),
    )


def ranking(case: Case, codes: tuple[str, ...]) -> None:
    """Draw the share of the class maximum of municipalities, highest first."""
    rows = case.take_up_total.loc[list(codes)].sort_values(["percent", "istat_code"], ascending=[False, True])
    known = rows["percent"].notna()
    if not known.any():
        return
    frame = pd.DataFrame({"istat_code": rows["istat_code"], "name": rows["istat_code"].map(case.names)})
    frame = frame.assign(value=rows["percent"], won=rows["won"], maximum=rows["maximum"]).reset_index(drop=True)
    half, drawn = MOST_BARS // 2, frame
    if len(frame) > MOST_BARS:
        drawn = pd.concat([frame.head(half), frame.tail(half)])
    whole = case.take_up_total.loc[list(case.report.universe), "percent"].median()
    reference = (case.say("median_metropolitan"), float(whole))
    ours = [case.names[code] for code in case.members] if case.single else []
    specs = charts.pair(
        charts.ranked_bars, drawn[["name", "value"]], case.words, unit="percent", ours=ours, reference=reference
    )
    first, last = frame.iloc[0], frame.iloc[int(known.sum()) - 1]
    about = {
        "n": int(known.sum()),
        "high": first["value"],
        "low": last["value"],
        "best": first["name"],
        "worst": last["name"],
    }
    columns = [
        case.report.municipality_column(frame["istat_code"]),
        case.column("value", "percent", unit="percent"),
        case.column("won", unit="EUR"),
        case.column("maximum", unit="EUR"),
    ]
    case.report.figure(
        "take-up-zone",
        case.say("ranking_title", **about),
        subtitle=case.say("ranking_subtitle", seen=case.seen(case.applications["known_until"])),
        alt=case.say("ranking_alt", **about),
        description=case.say("ranking_description"),
        specs=specs,
        frame=drawn,
        columns=columns,
        tables=origin.rows_of(case, MAXIMUM, case.take_up["line"]),
        note=case.say("ranking_some", half=half) if len(drawn) < len(frame) else "",
    )
