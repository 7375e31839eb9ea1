"""Which call first, and which together: ranking with its contributions, and the portfolio within the user's limits."""

from __future__ import annotations

import pandas as pd

from toolkit import display, pnrr
from toolkit.charts import placed as charts
from toolkit.errors import ParameterError
from toolkit.report.opportunities import decide, origin
from toolkit.report.opportunities.access import scored
from toolkit.report.opportunities.case import Case, records
from toolkit.report.opportunities.worth import amount_of

CRITERIA = ("fit", "amount", "time", "accessibility")
TABLES = ("calls", "calls_history", "lump_sums", "calls_amounts", "fragility", "population")


def candidates(case: Case) -> list[str]:
    """Open calls that the municipality may answer, or may once a requirement is verified."""
    found = decide.decisions(case)
    return [*found[decide.APPLY], *found[decide.CHECK]]


def needs(case: Case) -> dict[str, float]:
    """Topic → need (0–1): mean share of the metropolitan city's municipalities that need it less, item by item.

    Raises:
        ParameterError: an item that the table `fragility` does not have.
    """
    table = case.report.table("fragility")
    out: dict[str, float] = {}
    for topic, items in case.choices.needs.items():
        ranks = []
        for item, side in items.items():
            rows = table[(table["item"] == item) & table["istat_code"].isin(case.report.universe)]
            if rows.empty:
                known = sorted(table["item"].unique())
                raise ParameterError(f"no item {item!r} in the table fragility", where="choices: needs", allowed=known)
            values = rows[rows["year"] == rows["year"].max()].set_index("istat_code")["value"].dropna()
            if case.report.own in values.index and len(values) > 1:
                own = values[case.report.own]
                less = (values < own) if side == "high" else (values > own)
                ranks.append(float(less.sum()) / (len(values) - 1))
        if ranks:
            out[topic] = sum(ranks) / len(ranks)
    return out


def criteria(case: Case) -> pd.DataFrame:
    """Criteria of each candidate; what is not known is NaN."""
    rows = case.open[case.open["call"].isin(candidates(case))]
    amounts = {call: amount_of(case, call).high for call in rows["call"]}
    scores = scored(case)
    access = dict(zip(scores["call"], scores["score"], strict=True))
    record = pnrr.extension_record(case.report.table("calls"), case.report.table("calls_history"), case.day)
    preparation = float(case.choices.preparation_days)
    return pnrr.criteria(rows, amounts, needs(case), access, record, preparation=preparation)


def ranking(case: Case) -> None:
    """Show the order of the open calls, what each criterion adds, and how far the order rests on the weights."""
    report = case.report
    if not case.single:
        report.text(case.say("ranking_area"))
        return
    if len(candidates(case)) < 2:
        report.text(case.say("ranking_few", n=len(candidates(case))))
        return
    weights = case.choices.weights.model_dump()
    values = criteria(case)
    order = pnrr.rank(values, weights)
    moved = pnrr.sensitivity(values, weights).set_index("call")
    first = order.iloc[0]
    about = {
        "first": case.call_name(first["call"]),
        "score": 100 * float(first["score"]),
        "always": 100 * float(moved.loc[first["call"], "first_share"]),
        "orders": int(moved["orders"].iloc[0]),
        "n": len(order),
    }
    report.text(case.say("ranking", **about), case.say("ranking_rule"))
    _contributions(case, order, about)
    frame = order.merge(values.drop(columns=["topic"]), on="call")
    frame = frame.assign(best=frame["call"].map(moved["best"]), worst=frame["call"].map(moved["worst"]))
    frame = frame.assign(extended=100 * frame["extended_share"], unknown=frame["not_known"])
    columns = [
        case.named(frame),
        case.column("rank", "order", unit="rank"),
        case.column("best", unit="rank"),
        case.column("worst", unit="rank"),
        case.column("score", "score_range", unit="score"),
        *(case.column(name, f"criterion_{name}", unit="score") for name in CRITERIA),
        case.column("amount_eur", unit="EUR"),
        case.column("extended", unit="percent", decimals=0),
        case.column("extended_days", unit="days"),
        case.coded(frame, "unknown", "criterion"),
    ]
    caption, note = case.say("ranking_caption"), case.say("ranking_note")
    origin.show_table(case, "ranking", frame, columns, caption=caption, tables=TABLES, note=note)
    _needs_table(case)


def _contributions(case: Case, order: pd.DataFrame, about: dict[str, object]) -> None:
    parts = [(name, case.label("criterion", name)) for name in CRITERIA]
    rows = [
        {"name": case.call_name(row["call"]), "part": name, "value": 100 * row[f"contribution_{name}"]}
        for row in records(order)
        for name in CRITERIA
        if row[f"contribution_{name}"] == row[f"contribution_{name}"]
    ]
    frame = order.assign(**{name: 100 * order[f"contribution_{name}"] for name in CRITERIA})
    columns = [
        case.named(frame),
        *(display.Column(key=name, label=case.label("criterion", name), unit="percent") for name in CRITERIA),
    ]
    origins = origin.rows_of(case, TABLES, frame["call"])
    frame, columns = origin.sourced(case, frame, columns, origins)
    case.report.figure(
        "contributions",
        case.say("contributions_title", **about),
        subtitle=case.say("contributions_subtitle"),
        alt=case.say("contributions_alt", **about),
        description=case.say("contributions_description"),
        specs=charts.pair(charts.shares, pd.DataFrame(rows), case.words, parts=parts),
        frame=frame,
        columns=columns,
        tables=origins,
        note=case.say("contributions_note"),
    )


def _needs_table(case: Case) -> None:
    found = needs(case)
    frame = pd.DataFrame({"topic": list(found), "need": [100 * value for value in found.values()]})
    frame = frame.assign(items=[";".join(case.choices.needs[topic]) for topic in found])  # type: ignore[index]
    columns = [
        case.coded(frame, "topic", "topic"),
        case.column("need", unit="percent", decimals=0),
        case.coded(frame, "items", "item"),
    ]
    case.report.show_table(
        "needs", case.say("needs_caption"), frame, columns, tables=["fragility"], note=case.say("needs_note")
    )


# ---- portfolio


def portfolio(case: Case) -> None:
    """Show which calls to answer together within the user's limits, or say why there is no portfolio."""
    report = case.report
    limits = case.choices.limits.model_dump()
    if not case.single:
        report.text(case.say("portfolio_area"))
        return
    if all(limit is None for limit in limits.values()):
        report.text(case.say("portfolio_no_limits"))
        return
    asked = portfolio_candidates(case)
    if asked.empty:
        report.text(case.say("portfolio_no_calls"))
        return
    found = pnrr.choose(asked, limits)
    if found.status != "solved":
        report.text(case.say("portfolio_infeasible" if found.broken else "portfolio_no_candidates"))
        _left_out(case, found)
        return
    about = {"n": len(found.chosen), "value": found.value, "of": len(asked), "limits": _limits_text(case, limits)}
    report.text(case.say("portfolio", **about) if len(found.chosen) else case.say("portfolio_empty", **about))
    report.text(*[_next_unit(case, row) for row in records(found.next_unit)])
    if len(found.chosen):
        columns = [
            case.named(found.chosen),
            case.column("value", "worth_most", unit="EUR"),
            case.column("own_money", unit="EUR"),
            case.column("staff_days", unit="days"),
        ]
        caption, note = case.say("portfolio_caption"), case.say("portfolio_note")
        origin.show_table(case, "portfolio", found.chosen, columns, caption=caption, tables=TABLES, note=note)
    _left_out(case, found)


def portfolio_candidates(case: Case) -> pd.DataFrame:
    """Calls with what they could bring at most, own money and working days; NaN where not known."""
    rows = []
    effort = case.choices.staff_days
    for call in candidates(case):
        found, row = amount_of(case, call), case.call_rows[call]
        days = effort.get(row["instrument"], float("nan"))
        rows.append({"call": call, "value": found.high, "own_money": found.own_money, "staff_days": days})
    return pd.DataFrame(rows, columns=["call", "value", "own_money", "staff_days"]).astype(
        {"value": float, "own_money": float, "staff_days": float}
    )


def _limits_text(case: Case, limits: dict[str, float | None]) -> list[str]:
    return [case.say(f"limit_{name}", limit=limit) for name, limit in limits.items() if limit is not None]


def _next_unit(case: Case, row: dict[str, object]) -> str:
    key = f"next_{row['limit']}"
    step = row["next_step"]
    if step != step:
        return case.say("next_nothing", limit=case.label("limit_name", str(row["limit"])))
    return case.say(key, step=step, gain=row["next_gain"])


def _left_out(case: Case, found: pnrr.Portfolio) -> None:
    if not len(found.left_out):
        return
    columns = [
        case.named(found.left_out),
        case.coded(found.left_out, "reason", "left_out"),
        case.column("value", "worth_most", unit="EUR"),
        case.column("loss_if_forced", unit="EUR"),
    ]
    origin.show_table(
        case,
        "left-out",
        found.left_out,
        columns,
        caption=case.say("left_out_caption"),
        tables=TABLES,
        note=case.say("left_out_note"),
    )
