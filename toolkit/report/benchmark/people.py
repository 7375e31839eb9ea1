"""Who lives here, and what they declare."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pandas as pd

from toolkit import charts, display, indicators
from toolkit.display.frames import rows_of
from toolkit.indicators.distribution import CLASSES, Cells, Classes
from toolkit.report.benchmark.study import COHORTS, INCOME, PEOPLE, SOURCES, Study
from toolkit.report.wording import capital
from toolkit.text import rounded

SUBJECTS_AGE = ("residents_per_km2", "old_age_index", "dependency_ratio", "leavers_per_100_entrants")


def people(study: Study) -> None:
    """Residents over time with their breaks, ages, the cohorts that schools and work depend on."""
    _residents(study)
    report = study.report
    report.text(*(study.short(name) for name in SUBJECTS_AGE))
    report.comparison("people", report.say("people_caption"), study.chosen(PEOPLE), note=report.say("ages_note"))
    _cohorts(study)


def _residents(study: Study) -> None:
    report = study.report
    rows = study.series("residents", [report.own])
    span = study.span("residents")
    values = rows.dropna(subset="value").set_index("year")["value"]
    about = {"place": report.place, "last": int(values.index[-1]), "residents": float(values.iloc[-1])}
    if span:
        found = study.changes("residents")
        moved = float(found[2][report.own]) if found else float("nan")
        about |= {"start": span[0], "end": span[1], "change": moved}
        title = report.say("residents_title", **about)
        description = " ".join([report.say("residents_now", **about), _against(study, about)])
    else:
        title = description = report.say("residents_now", **about)
    report.figure(
        "residents",
        title,
        subtitle=report.say("residents_subtitle", place=report.place, years=(rows["year"].min(), rows["year"].max())),
        alt=report.say("residents_alt", **about),
        description=description,
        specs=charts.pair(charts.lines, rows, report.words, unit="residents", ours=report.own),
        frame=rows.drop(columns=["series", "label"]),
        columns=[
            report.column("year", unit="year"),
            report.column("value", "benchmark.column_residents", unit="residents", flag="flag"),
        ],
        tables=["population"],
        note=report.say("residents_note"),
        highlight=(),
    )
    report.text(description)


def _against(study: Study, about: dict) -> str:
    """The change of the other scales in the same years."""
    report = study.report
    found = study.changes("residents")
    if found is None:
        return ""
    others = [
        report.say("change_of", whom=scale.prose, change=float(found[2][key]))
        for key, scale in report.scales.items()
        if key != report.own and pd.notna(found[2].get(key))
    ]
    return report.say("residents_others", others=others, **about) if others else ""


def _cohorts(study: Study) -> None:
    report = study.report
    known = {name: study[name] for name in COHORTS if study[name].own.known}
    if len(known) < len(COHORTS):
        report.text(report.say("cohorts_absent", place=report.place))
        return
    figures = {name: standing.own.value for name, standing in known.items()}
    about: dict[str, Any] = figures | {"place": report.place, "year": known["residents_0_2"].year}
    about["nursery_gap"] = figures["residents_0_2"] - figures["residents_3_5"]
    about["nursery_size"] = abs(about["nursery_gap"])
    about["work_gap"] = figures["residents_15_24"] - figures["residents_55_64"]
    about["work_size"] = abs(about["work_gap"])
    report.text(report.say("cohorts_school", **about), report.say("cohorts_work", **about))
    frame = pd.DataFrame([{"indicator": name, "value": standing.own.value} for name, standing in known.items()])
    names = {name: standing.indicator.name[report.language] for name, standing in known.items()}
    report.show_table(
        "cohorts",
        report.say("cohorts_caption", **about),
        frame,
        [
            report.column("indicator", "benchmark.column_cohort", texts=names),
            report.column("value", "benchmark.column_residents", unit="residents"),
        ],
        tables=["population_age"],
        note=report.say("cohorts_note"),
    )


def income(study: Study) -> None:
    """Level, change over the years that may be compared, distribution as bounds, types of income."""
    report = study.report
    report.text(study.sentence("income_per_taxpayer"))
    _level(study)
    _distribution(study)
    _types(study)


def _level(study: Study) -> None:
    report, standing = study.report, study["income_per_taxpayer"]
    found = study.changes("income_per_taxpayer")
    about: dict[str, Any] = {"place": report.place, "year": standing.year, "value": standing.own.value}
    title = report.say("income_title_level", **about)
    if found:
        start, end, moved = found
        whole = report.scales.get("metropolitan")
        about |= {"start": start, "end": end, "change": float(moved[report.own])}
        others = moved.reindex([code for code in report.universe if code not in report.members]).dropna()
        about["median_change"] = float(others.median()) if len(others) else float("nan")
        key = "income_title" if len(others) else "income_title_alone"
        about["gap"] = about["change"] - about["median_change"]
        title = report.say(key, **about)
        if whole:
            about |= {"whole": whole.prose, "whole_change": float(moved["metropolitan"])}
            about["core_change"] = float(moved["without_core"])
            report.text(report.say("income_change", **about), report.say("income_real"))
        else:
            report.text(report.say("income_change_alone", **about), report.say("income_real"))
    rows = study.series("income_per_taxpayer")
    report.figure(
        "income-over-time",
        title,
        subtitle=report.say("income_subtitle", years=(int(rows["year"].min()), int(rows["year"].max()))),
        alt=report.say("income_alt", **about),
        description=report.sentence(standing),
        specs=charts.pair(charts.lines, rows, report.words, unit=standing.indicator.unit, ours=report.own),
        frame=_wide(rows),
        columns=_wide_columns(study, rows, standing.indicator.unit),
        tables=standing.indicator.tables,
        note=report.say("income_note", years=[str(year) for year in sorted(report.table("income")["year"].unique())]),
    )
    note = report.say("classes_note", last=class_year(study))
    report.comparison("income", report.say("income_caption"), study.chosen(INCOME), note=note)


def class_year(study: Study) -> int:
    """The last year of which classes of income are known."""
    rows = study.report.table("income")
    return study.report.last_year("income", rows[rows["item"].str.startswith("class_")])


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Years × series, with the flag of each."""
    years: dict[int, dict[str, Any]] = {}
    for row in rows_of(rows):
        of_year = years.setdefault(row["year"], {"year": row["year"]})
        of_year |= {row["series"]: row["value"], f"{row['series']}_flag": row["flag"]}
    return pd.DataFrame([years[year] for year in sorted(years)])


def _wide_columns(study: Study, rows: pd.DataFrame, unit: str) -> list:
    report = study.report
    labels = dict(zip(rows["series"], rows["label"], strict=True))
    shown = [
        display.Column(key=key, label=capital(label), unit=unit, flag=f"{key}_flag") for key, label in labels.items()
    ]
    return [report.column("year", unit="year"), *shown]


def _distribution(study: Study) -> None:
    """The Gini coefficient as bounds, because only classes are published."""
    report = study.report
    published = study.once("classes", lambda: _all_classes(study))
    if not published:
        report.text(report.say("distribution_absent"))
        return
    last, of_territories = published
    places = {key: study.roles[key] for key in report.scales}
    if strange := {key: report.scales[key].members for key, place in places.items() if place not in of_territories}:
        of_territories = of_territories | _cells(study, last, strange)
    classes = [(key, last, of_territories[place]) for key, place in places.items()]
    found = indicators.income_gini(classes, report.groups)
    rows = [_bounds(row) | {"name": report.scales[row["territory"]].name} for row in rows_of(found)]
    own = next(row for row in rows if row["territory"] == report.own)
    middle = next(
        row for row in rows_of(indicators.median_class(classes, report.groups)) if row["territory"] == report.own
    )
    about = {"place": report.place, "year": last, "low": own["low"], "high": own["high"]}
    about["median"] = _class(study, middle) if middle["low"] else ""
    known, some = own["high"] == own["high"], own["low"] == own["low"]
    if not some:
        report.text(report.say("distribution_unknown", **about))
    elif known:
        report.text(report.say("distribution", **about), report.say("distribution_why"))
    else:
        report.text(report.say("distribution_open", **about))
    drawn = pd.DataFrame(rows)
    if some:
        report.figure(
            "distribution",
            report.say("distribution_title" if known else "distribution_title_open", **about),
            subtitle=report.say("distribution_subtitle", **about),
            alt=report.say("distribution_alt", **about),
            description=report.say("distribution_why"),
            specs=charts.pair(
                charts.ranges,
                drawn[["name", "low", "high", "flag"]],
                report.words,
                unit="index",
                ours=[report.name],
                decimals=1,
            ),
            frame=drawn,
            columns=[
                report.column("territory", texts={key: scale.name for key, scale in report.scales.items()}),
                report.column("low", "benchmark.column_gini_low", unit="index", flag="flag"),
                report.column("high", "benchmark.column_gini_high", unit="index", flag="high_flag"),
                report.column("suppressed", "benchmark.column_suppressed", unit="municipalities"),
            ],
            tables=["income"],
            note=report.say("distribution_note"),
            highlight=(report.own,),
        )
    _class_shares(study, classes, last)


def _bounds(row: Mapping[str, Any]) -> dict[str, Any]:
    """Bounds of the Gini coefficient in percent, with the flag of each end."""
    low, high = 100.0 * row["low"], 100.0 * row["high"]
    known, closed = low == low, high == high
    # Bounds over suppressed cells are ours, not an estimate of the publisher: the column of such cells says so. Where
    # only the lower is known, the upper is not withheld by anybody: it cannot be computed.
    flag = "observed" if known or row["flag"] == "estimated" else row["flag"]
    about = {"territory": row["territory"], "suppressed": row["suppressed"]}
    return about | {"low": low, "high": high, "flag": flag, "high_flag": "not_observable" if known > closed else flag}


def _all_classes(study: Study) -> tuple[int, dict[str, Cells | None]] | None:
    """The last year with classes of income, and those of all territories; nothing where there are none."""
    table = study.report.table("income")
    classes = table[table["item"].isin(list(CLASSES))]
    if not len(classes):
        return None
    last = int(classes.loc[classes["flag"] != "missing", "year"].max())
    return last, _cells(study, last, study.territories)


def _cells(study: Study, year: int, groups: Mapping[str, tuple[str, ...]]) -> dict[str, Cells | None]:
    table = study.report.table("income")
    found = indicators.classes_of(table[table["year"] == year], groups)
    return {territory: cells for territory, _, cells in found}


def _class_shares(study: Study, classes: Classes, year: int) -> None:
    """How many taxpayers are in each class, here and in the territories of comparison, as bounds."""
    report = study.report
    found = indicators.class_shares(classes, report.groups)
    labels = {"no_class": report.say("class_none")}
    for item, (low, high) in CLASSES.items():
        key = "class_zero" if high == 0.0 else "class_over" if high == float("inf") else "class_between"
        labels[item] = report.say(key, low=max(low, 0.0), high=0 if high == float("inf") else high)
    printed: dict[str, str] = {"": report.words.label("missing")}
    wide: dict[str, dict[str, str]] = {item: {"item": item} for item in labels}
    for row in rows_of(found):
        about = {"low": float(row["low"]), "high": float(row["high"])}
        text = ""
        if about["low"] == about["low"]:
            ends = _apart(about["low"], about["high"])
            text = "–".join(str(end) if end or not about["low"] else ">0" for end in ends)
            key = "class_one" if len(ends) == 1 else "class_up_to" if text.startswith(">") else "class_range"
            fine = "_fine" if len(str(ends[0]).partition(".")[2]) > 1 else ""
            printed[text] = report.say(f"{key}{fine}", low=ends[0], high=ends[-1])
        wide[row["item"]][row["territory"]] = text
        if text and row["territory"] == report.own:
            report.keep(f"share_{row['item']}_bounds", **about, unit="percent", year=year)
    report.show_table(
        "income-classes",
        report.say("classes_caption", place=report.place, year=year),
        pd.DataFrame([wide[item] for item in (*CLASSES, "no_class")]),
        [
            report.column("item", "benchmark.column_class", texts=labels),
            *(
                display.Column(key=key, label=capital(scale.name), texts=printed)
                for key, scale in report.scales.items()
            ),
        ],
        tables=["income"],
        note=f"{report.say('classes_bounds')} {_suppressed(study, classes)}".strip(),
    )


def _suppressed(study: Study, classes: Classes) -> str:
    """In how many municipalities of each territory a class is suppressed; empty where in none."""
    report = study.report
    some = {key: cells.suppressed for key, _, cells in classes if cells and cells.suppressed}
    told = [
        report.say("class_suppressed", name=report.scales[key].name, n=n, of=len(report.scales[key].members))
        for key, n in some.items()
    ]
    return report.say("classes_suppressed", told=told) if told else ""


def _apart(low: float, high: float) -> list[Decimal]:
    """Both ends of a share, or the one where they are equal. Where one decimal does not tell them apart, or from zero
    what is not zero, there are two, the lower end rounded down and the upper one up."""
    exact = list(dict.fromkeys((low, high)))
    for decimals in (1, 2):
        ends = [rounded(end, decimals) for end in exact]
        if len(set(ends)) == len(ends) and all(end or not known for end, known in zip(ends, exact, strict=True)):
            return ends if decimals == 1 or low == high else _outward(low, high)
    return _outward(low, high)


def _outward(low: float, high: float) -> list[Decimal]:
    hundredth = Decimal("0.01")
    return [Decimal(repr(low)).quantize(hundredth, ROUND_FLOOR), Decimal(repr(high)).quantize(hundredth, ROUND_CEILING)]


def _class(study: Study, row: Mapping[str, Any]) -> str:
    """The class of the median taxpayer, or the classes that may hold it."""
    low, high = max(CLASSES[row["low"]][0], 0.0), CLASSES[row["high"]][1]
    open_ended = high == float("inf")
    return study.report.say("class_over" if open_ended else "class_between", low=low, high=0 if open_ended else high)


def _types(study: Study) -> None:
    """What incomes are made of: one bar a territory."""
    report = study.report
    chosen = study.chosen(SOURCES)
    rows: list[dict[str, Any]] = [
        {"key": key, "name": scale.name, "part": standing.indicator.id, "value": figure.value, "flag": figure.flag}
        for standing in chosen
        for key, scale in report.scales.items()
        for figure in [standing.own if key == report.own else standing.scales[key]]
    ]
    frame = pd.DataFrame(rows)
    labels = {name: report.say(f"type_{name.removeprefix('income_share_')}") for name in SOURCES}
    work, pension = study["income_share_employment"], study["income_share_pension"]
    about = {"place": report.place, "year": work.year, "work": work.own.value, "pension": pension.own.value}
    if not work.own.known or not pension.own.known:
        report.text(report.say("types_absent", place=report.place))
        return
    others = pension.scales.get("metropolitan") or pension.scales["without_core"]
    about["gap"] = float(rounded(pension.own.value - others.value, 1)) if others.known else 0.0
    about["whole"] = report.scales["metropolitan" if "metropolitan" in pension.scales else "without_core"].prose
    wide: dict[str, dict[str, Any]] = {key: {"key": key} for key in report.scales}
    for row in rows:
        wide[row["key"]] |= {row["part"]: row["value"], f"{row['part']}_flag": row["flag"]}
    report.figure(
        "income-types",
        report.say("types_title" if others.known else "types_title_alone", **about),
        subtitle=report.say("types_subtitle", **about),
        alt=report.say("types_alt", **about),
        description=report.say("types_description", **about),
        specs=charts.pair(
            charts.shares, frame, report.words, parts=[(name, labels[name]) for name in SOURCES], ours=[report.name]
        ),
        frame=pd.DataFrame(list(wide.values())),
        columns=[
            report.column("key", "territory", texts={key: scale.name for key, scale in report.scales.items()}),
            *(
                report.column(
                    name, f"benchmark.type_{name.removeprefix('income_share_')}", unit="percent", flag=f"{name}_flag"
                )
                for name in SOURCES
            ),
        ],
        tables=["income"],
        note=report.say("types_note"),
        highlight=(report.own,),
    )
