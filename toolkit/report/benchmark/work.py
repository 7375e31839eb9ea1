"""What work there is, and in which sectors."""

from __future__ import annotations

import pandas as pd

from toolkit import charts
from toolkit.indicators import sectors as by_sector
from toolkit.report.benchmark.study import CROSS_SECTION, WORK, Study


def work(study: Study) -> None:
    """Local units, persons employed, jobs; self-employed and enterprise taxpayers in one year only."""
    report = study.report
    report.text(*(study.short(name) for name in WORK))
    chosen = study.chosen((*WORK, *CROSS_SECTION))
    report.comparison("work", report.say("work_caption"), chosen, note=report.say("work_note"))
    report.text(report.say("cross_section", year=study[CROSS_SECTION[0]].year))


def sectors(study: Study) -> None:
    """Specialisation of the territory, as soon as a table of local units by sector is there; else what is missing."""
    report = study.report
    if by_sector.TABLE not in report.tables:
        report.text(report.say("sectors_missing", place=report.place, table=by_sector.TABLE))
        return
    found = by_sector.profile(report.table(by_sector.TABLE), report.members, report.universe)
    about = {"place": report.place, "year": found.year, "whole": report.scales[report.parent].prose}
    known = found.table.dropna(subset="lq")
    if not len(known):
        report.text(report.say("sectors_suppressed", **about))
        return
    about |= {"sector": str(known["sector"].iloc[0]), "lq": float(known["lq"].iloc[0])}
    about |= {"krugman": found.krugman, "hachman": found.hachman}
    report.text(report.say("sectors_said", **about))
    report.figure(
        "sectors",
        report.say("sectors_title", **about),
        subtitle=report.say("sectors_subtitle", **about),
        alt=report.say("sectors_alt", **about),
        description=report.say("sectors_said", **about),
        specs=charts.pair(
            charts.ranked_bars,
            pd.DataFrame({"name": known["sector"], "value": known["lq"], "flag": known["flag"]}),
            report.words,
            unit="ratio",
            reference=(report.say("sectors_reference"), 1.0),
        ),
        frame=found.table,
        columns=[
            report.column("sector", "benchmark.column_sector"),
            report.column("value", "benchmark.column_persons_employed", unit="persons_employed", flag="flag"),
            report.column("share", "benchmark.column_share", unit="percent"),
            report.column("reference", "benchmark.column_share_whole", unit="percent"),
            report.column("lq", "benchmark.column_lq", unit="ratio"),
        ],
        tables=[by_sector.TABLE],
        note=report.say("sectors_note"),
    )
