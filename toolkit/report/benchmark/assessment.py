"""Strengths and weaknesses, own figures, what to check, what the data cannot say, method."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import display, indicators
from toolkit.indicators.swot import Finding
from toolkit.params import benchmark as choices
from toolkit.report import wording
from toolkit.report.benchmark.people import class_year
from toolkit.report.benchmark.study import FRAGILITY, MOVING, PROFILE, Study
from toolkit.text import rounded

FAR = 3.5
"""Robust standard deviations from the median of municipalities beyond which a figure is to be confirmed."""
JUMP = 6.0
"""The same for a change between two observations: beyond it a fault of the publisher is to be suspected."""
TERMS = (
    "local_units",
    "persons_employed",
    "taxpayers",
    "taxable_income_per_taxpayer",
    "supply_side_self_containment",
    "demand_side_self_containment",
    "commuting_balance",
    "old_age_index",
    "dependency_ratio",
    "similar_municipalities",
    "comparison_group",
    "median",
    "percentile",
    "rank_interval",
    "ventile",
    "homogeneous_zone",
    "metropolitan_city",
    "confidential",
    "missing",
    "break_in_series",
    "total_income",
    "gini",
    "krugman",
    "mazziotta_pareto",
    "robust_deviation",
    "specialisation",
    "location_quotient",
)
"""Entries of the glossary that a page shows where it uses them."""


def swot(study: Study) -> None:
    """Bullets of the rules, each with its evidence; entries of the office marked as such."""
    report = study.report
    if not study.municipal:
        report.text(report.say("swot.area", place=report.place))
        return
    rows = [_bullet(study, finding) for finding in study.findings]
    rows += [
        {
            "code": f"office_{number}",
            "kind": entry.kind,
            "text": entry.text.model_dump()[report.language],
            "certainty": report.say("swot.manual", date=entry.date),
            "origin": report.say("swot.by_office", role=entry.role.model_dump()[report.language]),
        }
        for number, entry in enumerate(study.own_figures.entries, 1)
    ]
    declared = choices.swot()
    about = {"place": report.place, "n": len(study.findings), "rules": len(declared.rules)}
    about |= {"groups": len(study.groups), "least": 100 * declared.least}
    if not rows:
        report.text(report.say("swot.none", **about))
        return
    report.text(report.say("swot.what", **about))
    order = {kind: at for at, kind in enumerate(("strength", "weakness", "opportunity", "risk"))}
    frame = pd.DataFrame(rows).sort_values("kind", key=lambda kinds: kinds.map(order), kind="stable", ignore_index=True)
    kinds = {kind: report.say(f"swot.{kind}") for kind in order}
    report.show_table(
        "swot",
        report.say("swot.caption", **about),
        frame,
        [
            report.column("kind", "swot.column_kind", texts=kinds),
            *_worded(
                study, frame, text="swot.column_text", certainty="swot.column_certainty", origin="swot.column_origin"
            ),
        ],
        tables=[name for name in report.tables if name in _swot_tables(study)],
        note=report.say("swot.note"),
        highlight=("-",),
    )


def _worded(study: Study, frame: pd.DataFrame, **labels: str) -> list[display.Column]:
    """Columns of sentences: the results hold the code of the row, free of language, and the page its words."""
    columns = []
    for key, label in labels.items():
        texts = dict(zip(frame["code"], frame[key].astype(str), strict=True))
        frame[key] = frame["code"]
        columns.append(study.report.column(key, label, texts=texts))
    return columns


def _swot_tables(study: Study) -> set[str]:
    return {table for finding in study.findings for table in indicators.get(finding.rule.indicator).tables}


def bullet_text(study: Study, finding: Finding) -> str:
    """What a rule found: indicator, value, how many municipalities it passes."""
    report, rule = study.report, finding.rule
    about = indicators.get(rule.indicator)
    others = finding.position.of - 1
    above, ties = finding.position.rank - 1, finding.position.ties
    passed = above if rule.side == "low" else others - above - ties
    of_others = report.say(f"swot.others_{'all' if passed == others else 'some'}", passed=passed, of=others)
    values: dict[str, Any] = {"name": about.name[report.language], "others": of_others}
    if rule.measure == "level":
        standing = study[rule.indicator]
        values |= {"value": wording.named_value(report, standing), "when": report.when(standing)}
        return report.say(f"swot.level_{rule.side}", **values)
    start, end, _ = study.changes(rule.indicator) or (0, 0, None)
    values |= {"first": start, "last": end, "change": finding.value}
    # A change of zero is less of a rise where others rise, less of a fall where they fall.
    rises = rounded(finding.value, 1) > 0 or (rounded(finding.value, 1) == 0 and rule.side == "low")
    values["way"] = report.say(
        f"swot.{'rose' if rises else 'fell'}_{'more' if rises == (rule.side == 'high') else 'less'}"
    )
    return report.say(f"swot.change{'_points' if about.unit == 'percent' else ''}", **values)


def _bullet(study: Study, finding: Finding) -> dict[str, str]:
    report = study.report
    numbers = {rule.id: number for number, rule in enumerate(choices.swot().rules, 1)}
    percentile = report.say("swot.percentile", percentile=finding.position.percentile)
    return {
        "code": finding.rule.id,
        "kind": finding.rule.kind,
        "text": bullet_text(study, finding),
        "certainty": f"{percentile}; {study.certainty(finding.agreement)}",
        "origin": report.say("swot.by_rule", number=numbers[finding.rule.id]),
    }


def own_figures(study: Study) -> None:
    """Figures that the municipality declares, beside the official ones and never mixed with them."""
    report = study.report
    if not study.municipal:
        report.text(report.say("own_area"))
        return
    declared = study.own_figures.figures
    if not declared:
        report.text(report.say("own_none", place=report.place, code=report.own))
        return
    rows = []
    for number, figure in enumerate(declared, 1):
        beside = study.standings.get(figure.beside)
        rows.append(
            {
                "code": f"own_{number}",
                "name": figure.name.model_dump()[report.language],
                "value": figure.value,
                "unit": figure.unit,
                "date": report.words.date(figure.date),
                "source": figure.source,
                "role": figure.role.model_dump()[report.language],
                "official": report.say(
                    "own_beside",
                    name=beside.indicator.name[report.language],
                    value=report.value(beside),
                    when=report.when(beside),
                )
                if beside
                else report.say("own_alone"),
            }
        )
    frame = pd.DataFrame(rows)
    report.show_table(
        "own-figures",
        report.say("own_caption", place=report.place),
        frame,
        [
            *_worded(study, frame, name="indicator"),
            report.column("value", unit_from="unit"),
            *_worded(study, frame, date="benchmark.column_date"),
            report.column("source", "source"),
            *_worded(study, frame, role="benchmark.column_role", official="benchmark.column_official"),
        ],
        tables=[],
        note=report.say("own_note"),
        highlight=("-",),
    )


def checklist(study: Study) -> None:
    """What the office should confirm: figures far from all others, sudden jumps, absent cells, own figures."""
    report = study.report
    rows = (_far(study) + _jumps(study) + _absent(study)) if study.municipal else []
    rows.append(
        {
            "code": "zone",
            "what": report.say("check_zone"),
            "value": report.say("check_zone_value"),
            "why": report.say("check_zone_why"),
        }
    )
    frame = pd.DataFrame(rows)
    report.show_table(
        "checklist",
        report.say("check_caption", place=report.place, n=len(rows)),
        frame,
        _worded(study, frame, what="benchmark.column_what", value="value", why="benchmark.column_why"),
        tables=["area_members"] if "area_members" in report.tables else ["municipalities"],
        note=report.say("check_note"),
        highlight=("-",),
    )


def _far(study: Study) -> list[dict[str, str]]:
    """Figures far from those of all municipalities: true, or to be corrected."""
    report, found = study.report, []
    for name in dict.fromkeys((*PROFILE, *FRAGILITY)):
        standing = study[name]
        z = standing.position.robust_z if standing.position else float("nan")
        if abs(z) > FAR:
            value = f"{wording.named_value(report, standing)} ({report.when(standing)})"
            median = report.words.value(standing.median, standing.indicator.unit)
            found.append(
                {
                    "code": f"far_{name}",
                    "what": standing.indicator.name[report.language],
                    "value": value,
                    "why": report.say("check_far", median=median, side=z),
                }
            )
    return found


def _jumps(study: Study) -> list[dict[str, str]]:
    """Changes between two observations unlike those of all other municipalities."""
    report, found = study.report, []
    for name in MOVING:
        span = study.span(name)
        if span is None:
            continue
        relative = indicators.get(name).unit != "percent"
        for before, after, change, z in study.steps(name):
            if span[0] <= before and after <= span[1] and abs(z.get(report.own, float("nan"))) > JUMP:
                unit = "pct" if relative else "points"
                found.append(
                    {
                        "code": f"jump_{name}_{before}_{after}",
                        "what": indicators.get(name).name[report.language],
                        "value": report.say(
                            f"check_jump_{unit}", change=float(change[report.own]), first=before, last=after
                        ),
                        "why": report.say("check_jump_why"),
                    }
                )
    return found


def _absent(study: Study) -> list[dict[str, str]]:
    """Figures that the publisher does not give."""
    report = study.report
    return [
        {
            "code": f"absent_{standing.indicator.id}",
            "what": standing.indicator.name[report.language],
            "value": report.words.absent(wording.absent_flag(standing.own.flag), long=True),
            "why": report.say("check_absent"),
        }
        for standing in study.standings.values()
        if not standing.own.known
    ]


def limits(study: Study) -> None:
    """What the data cannot say."""
    report = study.report
    income = report.table("income")
    years = {
        "units": report.last_year("local_units"),
        "moved": report.last_year("commuting"),
        "types": report.last_year("income", income[income["item"] == "employment"]),
        "income": report.last_year("income", income[income["item"] == "taxable_income"]),
        "residents": report.last_year("population"),
        "classes": class_year(study),
    }
    for key in ("causes", "no_sectors", "enterprises", "dates", "prices", "flows", "classes", "small", "italy"):
        report.caveat(key, **years)
    report.caveats(faults=False)


def method(study: Study) -> None:
    """How the page was made, in a few sentences, and its terms."""
    report = study.report
    about = {"groups": len(study.groups) if study.municipal else 0, "noise": 1.0}
    report.text(report.say("method_foils"), report.say("method_peers"), report.say("method_index", **about))
    report.glossary(*TERMS)
