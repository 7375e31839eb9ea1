"""Places: projects located here and run by others, thresholds and groups, the map and the roll-up of the zone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import catalog, display, pnrr
from toolkit.charts import placed as charts
from toolkit.partial import Sum
from toolkit.report.opportunities import decide, origin
from toolkit.report.opportunities.case import Case, records

MOST_PROJECTS = 25
MOST_GROUPS = 5
REGIS = ("regis_projects", "regis_locations", "regis_beneficiaries")


# ---- located here, run by others


def located_sentence(case: Case) -> str:
    """Projects located in the territory whose payment was seen, and how much of it is others'."""
    if case.located.empty:
        return located_absent(case)
    total = pnrr.summary(case.located)
    if not total["projects"]:
        return case.say("located_not_seen_paid", n=int(total["not_seen_paid"]), paid=_payments_end(case))
    about = {"n": int(total["projects"]), "finance": total["finance"]}
    firms = pnrr.finance(case.located[case.located["beneficiary"] == "firms"])
    if firms.absent or firms:
        return case.say("located_firms", firms=firms, **about)
    others = pnrr.finance(case.located[case.located["beneficiary"] != "municipality"])
    some = others.absent or others >= 0.5
    return case.say("located" if some else "located_municipalities", others=others, **about)


def _payments_end(case: Case) -> str:
    """The day of the last payments published by the as-of date, which is itself where there are none."""
    days = case.report.table("regis_projects")["payments_on"]
    return max(days[(days != "") & (days <= case.day)], default=case.day)


def located_absent(case: Case) -> str:
    """Why no project is located in the territory: the list came later, or holds none."""
    dates = case.report.table("regis_projects")["located_on"]
    placed = str(dates[dates != ""].min())
    return case.say("located_before" if case.day < placed else "located_nothing", placed=placed)


def located(case: Case) -> None:
    """Show projects located in the territory by who usually runs them, with the rule for those over several places."""
    report = case.report
    if case.located.empty:
        report.text(located_absent(case))
        return
    total = pnrr.summary(case.located)
    told = [located_sentence(case)]
    if total["projects"]:
        told += [case.say("located_rule", equal=total["finance_equal_part"], unseen=int(total["not_seen_paid"]))]
    report.text(*told)
    if not total["projects"]:
        return
    kinds = pnrr.by_beneficiary(case.located)
    _beneficiaries(case, kinds)
    report.text(case.say("own_rule", own=total["own_finance"]), _province(case))
    _projects(case)


def _beneficiaries(case: Case, kinds: pd.DataFrame) -> None:
    bars = pd.DataFrame({"name": [case.label("beneficiary", kind) for kind in kinds["beneficiary"]]})
    bars = bars.assign(value=kinds["finance_pnrr"].to_numpy(), flag=kinds["finance_pnrr_flag"].to_numpy())
    ours = [case.label("beneficiary", "municipality")]
    columns = [
        case.coded(kinds, "beneficiary", "beneficiary"),
        case.column("projects", unit="projects"),
        case.column("joint", unit="projects"),
        *(
            case.column(name, unit="EUR", flag=f"{name}_flag")
            for name in ("finance_pnrr", "paid_pnrr", "finance_alone")
        ),
        case.column("to_verify", unit="projects"),
    ]
    absent = int(kinds["finance_pnrr_absent"].sum())
    note = case.say("located_note") + (f" {case.say('located_absent_note', n=absent)}" if absent else "")
    if bars["value"].isna().all():
        case.report.show_table("located", case.say("located_subtitle"), kinds, columns, tables=REGIS, note=note)
        return
    specs = charts.pair(charts.ranked_bars, bars, case.words, unit="EUR", ours=ours)
    amount = pnrr.finance(case.located[case.located["beneficiary"] == kinds["beneficiary"].iloc[0]])
    about = {"first": bars["name"].iloc[0], "amount": amount, "n": len(bars)}
    case.report.figure(
        "located",
        case.say("located_title", **about),
        subtitle=case.say("located_subtitle"),
        alt=case.say("located_alt", **about),
        description=case.say("located_description"),
        specs=specs,
        frame=kinds,
        columns=columns,
        tables=REGIS,
        note=note,
    )


def _province(case: Case) -> str:
    whole = pnrr.province_total(case.report.table("regis_projects"))
    rows = case.places(())
    naive = Sum.of_column(rows.loc[rows["payment_seen"], "finance_pnrr"])
    return case.say(
        "province_total",
        whole=whole["all"],
        inside=whole["in_municipalities"],
        province=whole["whole_province"],
        naive=naive,
    )


def _projects(case: Case) -> None:
    seen = case.located[case.located["payment_seen"]].sort_values("finance_pnrr_part", ascending=False)
    frame = seen.head(MOST_PROJECTS)
    titles = case.report.table("regis_beneficiaries").drop_duplicates("submeasure").set_index("submeasure")["title_it"]
    texts = {code: f"{titles.get(code, '')} ({code})".strip() for code in frame["submeasure"]}
    columns = [
        case.column("cup"),
        *([] if case.single else [case.report.municipality_column(frame["istat_code"])]),
        case.column("submeasure", texts=texts),
        case.coded(frame, "beneficiary", "beneficiary"),
        case.column("finance_pnrr", "finance_whole", unit="EUR"),
        case.coded(frame, "split", "split"),
        case.column("finance_pnrr_part", unit="EUR"),
        case.column("paid_pnrr_part", unit="EUR"),
    ]
    note = case.say("projects_note", shown=len(frame), of=len(seen))
    case.report.show_table("projects", case.say("projects_caption"), frame, columns, tables=REGIS, note=note)


# ---- thresholds and groups


def thresholds(case: Case) -> None:
    """Show the thresholds that municipalities are near or crossed, and who could reach the next ones together."""
    report = case.report
    codes = [case.report.own] if case.single else list(case.members)
    rows = [decide.watched(case, code).assign(istat_code=code) for code in codes]
    frame = pd.concat(rows, ignore_index=True)
    if frame.empty:
        report.text(case.say("thresholds_nothing"), case.say("thresholds_rule"))
    else:
        report.text(case.say("thresholds", n=len(frame)), case.say("thresholds_rule"))
        columns = [
            *([] if case.single else [report.municipality_column(codes)]),
            case.column("threshold", unit="residents"),
            case.coded(frame, "status", "watch"),
            case.column("first_year", unit="year"),
            case.column("first", unit="residents"),
            case.column("last_year", unit="year"),
            case.column("last", unit="residents"),
            case.column("distance", unit="residents"),
        ]
        report.show_table("thresholds", case.say("thresholds_caption"), frame, columns, tables=["population"])
    groups(case)


def groups(case: Case) -> None:
    """Show the smallest groups of the zone that reach each threshold the municipality does not reach alone."""
    report = case.report
    if len(case.around) < 2:
        report.text(case.say("groups_no_zone"))
        return
    codes = [report.own] if case.single else list(case.members)
    rows: list[dict[str, Any]] = []
    for code in codes:
        people = {one: case.latest[one] for one in case.partners(code)}
        above = [threshold for threshold in (25_000, 50_000) if code in people and people[code] < threshold]
        for threshold in above if case.single else above[:1]:
            found = pnrr.groups_reaching(code, list(people), people, threshold, most=MOST_GROUPS if case.single else 1)
            rows += [row | {"istat_code": code, "threshold": threshold} for row in records(found)]
    if not rows:
        report.text(case.say("groups_none" if case.single else "groups_none_area"))
        return
    frame = pd.DataFrame(rows)
    texts = {text: case.listed(text.split(";")) for text in frame["members"]}
    report.text(case.say("groups"))
    columns = [
        *([] if case.single else [report.municipality_column(frame["istat_code"])]),
        case.column("threshold", unit="residents"),
        case.column("size", unit="municipalities"),
        case.column("members", texts=texts),
        case.column("population", unit="residents"),
        case.column("margin", unit="residents"),
    ]
    report.show_table(
        "groups", case.say("groups_caption"), frame, columns, tables=["population"], note=case.say("groups_note")
    )


# ---- the zone


def zone(case: Case) -> None:
    """Show the territory on the map, and its zone (or the area's members) one row a municipality."""
    if len(case.take_up_total) and len(case.applications):
        _map(case)
    codes = case.around or case.members
    if len(codes) < 2:
        case.report.text(case.say("zone_nothing"))
        return
    frame = roll_up(case, codes)
    columns = [
        case.report.municipality_column(frame["istat_code"]),
        case.column("population", "residents", unit="residents"),
        case.column("live_count", unit="grants"),
        case.column("live", unit="EUR", flag="live_flag"),
        case.column("live_per_resident", unit="EUR_per_resident", decimals=2),
        case.column("take_up", unit="percent"),
        case.column("not_seen_paid", unit="EUR", flag="not_seen_paid_flag"),
        case.column("renounced", unit="EUR", flag="renounced_flag"),
        case.column("thresholds", "near", texts=_threshold_texts(case, frame)),
    ]
    tables = origin.rows_of(case, ["applications", "regis_projects", "lump_sums", "population"], case.take_up["line"])
    case.report.show_table("zone", case.say("zone_caption"), frame, columns, tables=tables, note=case.say("zone_note"))


def _threshold_texts(case: Case, frame: pd.DataFrame) -> dict[str, str]:
    texts = {"": case.say("nothing")}
    for text in frame["thresholds"]:
        if text:
            texts[text] = case.words.join(case.words.number(int(value)) for value in text.split(";"))
    return texts


def roll_up(case: Case, codes: tuple[str, ...]) -> pd.DataFrame:
    """One row a municipality: grants, what is not seen paid, share of the class maximum, thresholds near.

    Returns:
        `istat_code`, `population`, `live_count`, `live`, `live_per_resident`, `take_up` (percent), `not_seen_paid`,
        `renounced` (EUR, sums with their flags), `thresholds` (joined by ";"), largest municipality first.
    """
    own = case.applications[case.applications["istat_code"].isin(codes)]
    paid = pnrr.payments(own, case.report.table("regis_projects"), case.day)
    rows = case.per_municipality.loc[list(codes)].reset_index(drop=True)
    near = [";".join(str(value) for value in decide.watched(case, code)["threshold"]) for code in rows["istat_code"]]
    unseen = pnrr.sums_by(paid[paid["payment"] == "not_seen_paid"], rows["istat_code"])
    rows = rows.assign(
        population=rows["istat_code"].map(case.latest),
        take_up=rows["istat_code"].map(case.take_up_total["percent"]).astype(float),
        not_seen_paid=[float(total) for total in unseen],
        not_seen_paid_flag=[total.flag for total in unseen],
        thresholds=near,
    )
    return rows.sort_values("population", ascending=False).reset_index(drop=True)


def _map(case: Case) -> None:
    codes = list(case.report.universe)
    values = case.take_up_total.loc[codes, "percent"]
    frame = pd.DataFrame(
        {"istat_code": codes, "name": [case.names[code] for code in codes], "value": values.to_numpy()}
    )
    frame = frame.assign(flag=frame["value"].isna().map({True: "missing", False: "observed"}))
    shown = frame[frame["istat_code"].isin(case.around or case.members)]
    if shown["value"].isna().all():
        return
    topology = catalog.document("boundaries")
    specs = charts.pair(
        charts.choropleth,
        frame,
        case.words,
        topology=topology,
        unit="percent",
        ours=case.members,
        focus=case.around or case.members,
    )
    columns = [
        case.report.municipality_column(shown["istat_code"]),
        case.column("value", "percent", unit="percent"),
    ]
    about = {"n": len(shown), "low": float(shown["value"].min()), "high": float(shown["value"].max())}
    case.report.figure(
        "map",
        case.say("map_title" if len(shown) > 1 else "map_title_one", **about),
        subtitle=case.say("map_subtitle", seen=case.seen(case.applications["known_until"])),
        alt=case.say("map_alt"),
        description=case.say("map_description"),
        specs=specs,
        frame=shown,
        columns=columns,
        tables=origin.rows_of(case, ["applications", "lump_sums", "population", "boundaries"], case.take_up["line"]),
        note=case.say("map_note"),
    )


def seminar(case: Case) -> None:
    """Show, for an area, a hand-out for an information seminar of its municipalities, on paper too."""
    if case.single:
        return
    frame = by_line_and_municipality(case)
    lines = [column for column in frame.columns if column != "istat_code"]
    columns = [case.report.municipality_column(frame["istat_code"])]
    texts = {code: case.label("held", code) for code in ("held", "renounced", "none", "not_observable")}
    columns += [display.Column(key=line, label=case.label("line", line), texts=texts) for line in lines]
    table = case.report.made_table(
        "seminar-lines",
        case.say("seminar_caption"),
        frame,
        columns,
        tables=["applications"],
        note=case.say("seminar_note"),
    )
    groups = [
        (case.say("seminar_facts"), _seminar_facts(case, frame, lines)),
        (case.say("seminar_questions"), [case.say(f"seminar_question_{number}") for number in (1, 2, 3, 4)]),
        (case.say("seminar_agenda"), [case.say(f"seminar_agenda_{number}") for number in (1, 2, 3, 4)]),
    ]
    points = display.Points(language=case.report.language, groups=groups)
    case.report.extract("seminar", case.say("seminar_title"), points, table)


def _seminar_facts(case: Case, frame: pd.DataFrame, lines: list[str]) -> list[str]:
    live = Sum.of_column(case.held["amount"])
    about = {"n": len(case.held), "holders": case.held["istat_code"].nunique(), "members": len(case.members)}
    told = [case.say("seminar_won", amount=live, **about)]
    if case.paid["not_seen_paid_count"]:
        unseen = case.paid["not_seen_paid"]
        told.append(case.say("seminar_unpaid", n=int(case.paid["not_seen_paid_count"]), amount=unseen))
    missing = {line: int((frame[line] == "none").sum()) for line in lines}
    most = max(missing, key=lambda line: missing[line], default="")
    if most and missing[most]:
        told.append(case.say("seminar_missing", line=case.label("line", most), n=missing[most]))
    near = [code for code in case.members if len(decide.watched(case, code))]
    if near:
        told.append(case.say("seminar_near", n=len(near), names=[case.names[code] for code in near]))
    return told


def by_line_and_municipality(case: Case) -> pd.DataFrame:
    """What each member has in each line: `held`, `renounced`, `none` (files cover all its calls), `not_observable`."""
    whole = case.covered.groupby("line")["coverage"].agg(lambda column: bool((column == "complete").all()))
    rows = []
    for code in sorted(case.members, key=lambda code: case.names[code]):
        mine = case.mine[case.mine["istat_code"] == code]
        row = {"istat_code": code}
        for line, covered in whole.items():
            states = set(mine.loc[mine["line"] == line, "state"])
            absent = "none" if covered else "not_observable"
            row[str(line)] = "held" if states - {"renounced"} else "renounced" if states else absent
        rows.append(row)
    return pd.DataFrame(rows)
