"""Money of PA digitale 2026: won, renounced and won again, seen paid and not seen paid."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import display, pnrr
from toolkit.partial import Sum
from toolkit.report.opportunities.case import Case, records

TABLES = ("applications", "regis_projects")


# ---- in short


def sentences(case: Case) -> list[str]:
    """What was won, what was paid and what was given up: one sentence each, those that have something to say."""
    if case.mine.empty:
        return [case.say("won_nothing", seen=case.files_end)]
    told = [won_sentence(case)]
    if len(case.held):
        told.append(paid_sentence(case))
    if len(case.chains):
        told.append(chains_sentence(case))
    return told


def won_sentence(case: Case) -> str:
    """Live grants, and the share of the class maximum beside the median of the class."""
    about: dict[str, Any] = {"n": len(case.held), "amount": Sum.of_column(case.held["amount"])}
    if not case.single:
        holders = case.held["istat_code"].nunique()
        return case.say("won_area", holders=holders, members=len(case.members), **about)
    if case.held.empty:
        return case.say("won_all_renounced", lost=Sum.of_column(case.mine["amount"]))
    compared = case.compare(case.take_up_total["percent"]).set_index("group")
    own = case.take_up_total["percent"][case.report.own]
    if own != own:
        return case.say("won_no_share", **about)
    if "class" not in compared.index or compared["n"]["class"] < 2:
        return case.say("won", share=own, **about)
    others = {"median": compared["median"]["class"], "n_class": int(compared["n"]["class"])}
    return case.say("won_beside", share=own, **others, **about)


def paid_sentence(case: Case) -> str:
    """EUR seen paid and not seen paid: the second is an upper bound of what is due, unless amounts are absent."""
    paid = case.paid
    if not paid["not_seen_paid_count"]:
        return case.say("paid_all", seen=paid["seen_paid"])
    unseen = case.held[case.held["payment"] == "not_seen_paid"]
    until = (unseen["not_seen_paid_until"].min(), unseen["not_seen_paid_until"].max())
    about = {"seen": paid["seen_paid"], "unseen": paid["not_seen_paid"], "n": int(paid["not_seen_paid_count"])}
    if about["unseen"].absent:
        return case.say("paid_no_bound", last=until[1], **about)
    key = "paid_none" if about["seen"] == 0 else "paid_until" if until[0] == until[1] else "paid_between"
    return case.say(key, first=until[0], last=until[1], **about)


def chains_sentence(case: Case) -> str:
    """What was given up, and how much of it was won again."""
    rows = case.chains
    again = rows[rows["status"] == "won_again"]
    about = {
        "n": len(rows),
        "renounced": Sum.of_column(rows["renounced"]),
        "n_again": len(again),
        "again": Sum.of_column(again["won_again"]),
        "net": float(again["net_loss"].sum(skipna=False)),
        "n_open": len(rows) - len(again),
        "rest": Sum.of_column(rows.loc[rows["status"] != "won_again", "renounced"]),
    }
    whole = "chains_all_again" if about["net"] == about["net"] else "chains_all_again_unknown"
    key = whole if len(again) == len(rows) else "chains_some_again" if len(again) else "chains_none_again"
    undated = int((~case.mine["state_known"]).sum())
    told = case.say(key, **about)
    return f"{told} {case.say('won_note_state', n=undated)}" if undated else told


def tiles(case: Case) -> list[display.KeyFigure]:
    """Live grants, what is not seen paid, EUR a resident, share of the class maximum."""
    live = Sum.of_column(case.held["amount"])
    out = [_tile(case, "live", live, "EUR", note=case.say("tile_live_note", n=len(case.held)))]
    out.append(_not_seen_paid(case))
    if not case.single:
        people = sum(case.people[code] for code in case.members)
        return [*out, _tile(case, "per_resident", live.exact / people, "EUR_per_resident", decimals=2)]
    values = {"per_resident": case.per_municipality["live_per_resident"]}
    if len(case.take_up_total):
        values["take_up"] = case.take_up_total["percent"]
    units = {"per_resident": ("EUR_per_resident", 2), "take_up": ("percent", 1)}
    for name, column in values.items():
        unit, decimals = units[name]
        shown = []
        for row in records(case.compare(column)):
            if row["n"] > 1:
                median = case.words.value(row["median"], unit, decimals=decimals, bare=True)
                shown.append((case.say("median_of", group=case.group_name(row["group"])), median))
        own = float(column[case.report.own])
        out.append(_tile(case, name, own, unit, decimals, shown, case.say(f"tile_{name}_note")))
    return out


def _not_seen_paid(case: Case) -> display.KeyFigure:
    """What no file showed paid, on the last days that they show."""
    unseen = case.mine.loc[case.mine["payment"] == "not_seen_paid", "not_seen_paid_until"]
    until = case.seen(unseen) if len(unseen) else case.files_end
    amount = case.paid["not_seen_paid"]
    note = case.say("tile_absent_note" if amount.absent else "tile_not_seen_paid_note", n=amount.absent)
    return _tile(case, "not_seen_paid", amount, "EUR", note=note, period=until)


def _tile(
    case: Case,
    name: str,
    value: float,
    unit: str,
    decimals: int | None = None,
    comparisons: list[tuple[str, str]] | None = None,
    note: str = "",
    period: str = "",
) -> display.KeyFigure:
    flag = value.flag if isinstance(value, Sum) else "missing" if value != value else "observed"
    return display.KeyFigure(
        id=name,
        label=case.say(f"tile_{name}"),
        value=case.words.value(value, unit, flag, decimals=decimals, bare=True),
        v=value if value == value else None,
        flag=flag,
        period=period or case.files_end,
        comparisons=comparisons or (),
        note=note,
    )


# ---- won, paid, renounced


def won(case: Case) -> None:
    """Show every application with its decree, its state and where its payment was seen."""
    report = case.report
    if case.mine.empty:
        report.text(case.say("won_nothing", seen=case.files_end))
        return
    told = [won_sentence(case)]
    if len(case.held):
        told.append(paid_sentence(case))
        told.append(case.say("paid_bound"))
    report.text(*told)
    if case.single:
        _applications(case)
    else:
        _by_line(case)
    _totals(case)


def _applications(case: Case) -> None:
    frame = case.mine.sort_values(["funded_on", "call"])
    until = frame["not_seen_paid_until"].where(frame["payment"] == "not_seen_paid", frame["paid_on"])
    until = until.where(frame["payment"] != "paid_regis", frame["regis_on"])
    frame = frame.assign(seen_on=until.where(frame["payment"] != "renounced", frame["state_on"]))
    columns = [
        case.named(frame),
        case.column("cup"),
        case.column("amount", unit="EUR"),
        case.dated(frame, "submitted_on"),
        case.dated(frame, "funded_on"),
        case.coded(frame, "payment", "payment"),
        case.dated(frame, "seen_on", absent="not_dated"),
        case.dated(frame, "snapshot_on"),
    ]
    case.report.show_table("applications", case.say("won_caption"), frame, columns, tables=TABLES, note=_won_note(case))


def _won_note(case: Case) -> str:
    told = [case.say("won_note")]
    if absent := int(case.mine["amount"].isna().sum()):
        told.append(case.say("absent_note", n=absent))
    if case.mine["payment_after_renouncing"].any():
        told.append(case.say("won_note_after", cups=list(case.mine.loc[case.mine["payment_after_renouncing"], "cup"])))
    if case.mine["amounts_differ"].any():
        told.append(case.say("won_note_differ", n=int(case.mine["amounts_differ"].sum())))
    if not case.mine["state_known"].all():
        told.append(case.say("won_note_state", n=int((~case.mine["state_known"]).sum())))
    return " ".join(told)


def _by_line(case: Case) -> None:
    rows = []
    for line, group in case.mine.groupby("line"):
        live = group[group["state"] != "renounced"]
        sums = {
            "live": Sum.of_column(live["amount"]),
            "not_seen_paid": Sum.of_column(live.loc[live["payment"] == "not_seen_paid", "amount"]),
            "renounced": Sum.of_column(group.loc[group["state"] == "renounced", "amount"]),
        }
        row: dict[str, Any] = {"line": line, "holders": live["istat_code"].nunique(), "live_count": len(live)}
        flags = {f"{name}_flag": total.flag for name, total in sums.items()}
        rows.append(row | {name: float(total) for name, total in sums.items()} | flags)
    frame = pd.DataFrame(rows).sort_values("live", ascending=False)
    columns = [
        case.coded(frame, "line", "line"),
        case.column("holders", unit="municipalities"),
        case.column("live_count", unit="grants"),
        *(case.column(name, unit="EUR", flag=f"{name}_flag") for name in ("live", "not_seen_paid", "renounced")),
    ]
    case.report.show_table("lines", case.say("lines_caption"), frame, columns, tables=TABLES, note=_won_note(case))


def _totals(case: Case) -> None:
    """The territory beside the whole: all the municipalities at hand, by state."""
    everybody = pnrr.totals(case.applications).set_index("state")
    own = pnrr.totals(case.mine).set_index("state")
    frame = pd.DataFrame(
        {
            "state": own.index,
            "own_count": own["applications"].to_numpy(),
            "own_amount": own["amount"].to_numpy(),
            "own_flag": own["amount_flag"].to_numpy(),
            "all_count": everybody["applications"].to_numpy(),
            "all_amount": everybody["amount"].to_numpy(),
            "all_flag": everybody["amount_flag"].to_numpy(),
        }
    )
    columns = [
        case.coded(frame, "state", "total"),
        display.Column(key="own_count", label=case.say("column_count_of", whom=case.report.name), unit="grants"),
        display.Column(
            key="own_amount", label=case.say("column_amount_of", whom=case.report.name), unit="EUR", flag="own_flag"
        ),
        case.column("all_count", unit="grants"),
        case.column("all_amount", unit="EUR", flag="all_flag"),
    ]
    n, absent = case.applications["istat_code"].nunique(), int(everybody["amount_absent"]["all"])
    note = case.say("totals_note", n=n) + (f" {case.say('absent_note', n=absent)}" if absent else "")
    case.report.show_table("totals", case.say("totals_caption"), frame, columns, tables=["applications"], note=note)


def chains(case: Case) -> None:
    """Show renunciations joined to what was won again in the same line: the loss is the difference, not the sum."""
    if case.chains.empty:
        case.report.text(case.say("chains_nothing", seen=case.files_end))
        return
    case.report.text(chains_sentence(case), case.say("chains_rule"))
    frame = case.chains.sort_values(["istat_code", "renounced_on"])
    texts = {calls: case.words.join(map(case.call_name, calls.split(";"))) for calls in frame["renounced_calls"]}
    again = {call: case.call_name(call) if call else case.say("nothing") for call in frame["won_again_call"].unique()}
    columns = [
        *([] if case.single else [case.report.municipality_column(frame["istat_code"])]),
        case.column("renounced_calls", texts=texts),
        case.dated(frame, "renounced_on", absent="not_dated"),
        case.column("renounced", unit="EUR"),
        case.column("won_again_call", texts=again),
        case.column("won_again", unit="EUR"),
        case.column("net_loss", unit="EUR"),
        case.coded(frame, "status", "chain"),
    ]
    if not case.single:
        frame = frame[frame["status"] != "won_again"] if len(frame) > 30 else frame
    case.report.show_table(
        "chains", case.say("chains_caption"), frame, columns, tables=["applications"], note=case.say("chains_note")
    )
