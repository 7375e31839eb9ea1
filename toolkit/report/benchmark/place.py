"""Where the territory stands, on the map, whom it resembles, how much it weighs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from toolkit import charts, indicators
from toolkit.indicators.standing import Standing
from toolkit.report import wording
from toolkit.report.benchmark.study import ALONE, PROFILE, SHARES, Study

OUTLIER = 3.5
"""Robust standard deviations from the median beyond which a member of an area is named as an outlier."""
MOST_BARS = 30


def position(study: Study) -> None:
    """Every municipality as a dot, ours marked; the same figures beside the three scales."""
    report, chosen = study.report, study.chosen(PROFILE)
    counted = [standing for standing in chosen if standing.own.known]
    above = sum(study.side(standing) > 0 for standing in counted)
    values = {"place": report.place, "above": above, "of": len(counted), "n": len(chosen)}
    values["total"] = len(report.universe)
    years = sorted({standing.year for standing in chosen})
    values |= {"period": (years[0], years[-1]), "parent": report.scales[report.parent].prose}
    members = report.members if len(report.members) < len(report.universe) else ()
    notes = {s.indicator.id: wording.rank(report, s) for s in chosen if s.position}
    report.figure(
        "where-we-stand",
        report.say("position_title", **values),
        subtitle=report.say("position_subtitle", **values),
        alt=report.say("position_alt" if study.municipal else "position_alt_area", **values),
        description=report.say("position_description", **values),
        specs=charts.pair(
            charts.dot_strip,
            _strips(study, chosen),
            report.words,
            ours=report.own,
            name=report.name,
            peers=study.peer_codes if study.municipal else members,
            peers_label="" if study.municipal else report.say("members_of", place=report.place),
            notes=notes,
        ),
        frame=_summary(study, chosen),
        columns=_summary_columns(study),
        tables=_tables(chosen),
        note=report.say(_note(study, bool(members)), **values),
    )
    report.comparison(
        "comparison", report.say("comparison_caption"), chosen, peers=study.municipal, note=report.say("foils_note")
    )
    if not study.municipal:
        _members(study)


def _note(study: Study, some: bool) -> str:
    """Key of the note of the strip: what its diamonds are."""
    return "position_note" if study.municipal else "position_note_area" if some else "position_note_whole"


def _strips(study: Study, chosen: Sequence[Standing]) -> charts.Strips:
    """What the strips show, the same for all municipalities; an area has a dot of its own on them."""
    words, left_out = study.report.words, "" if study.municipal else study.report.own
    shown = [standing for standing in chosen if standing.median == standing.median]

    def made() -> charts.Strips:
        return charts.strips(pd.concat([_dots(study, one) for one in shown]), words, left_out=left_out)

    if not study.municipal:
        return made()
    years = tuple((standing.indicator.id, standing.year) for standing in shown)
    strips: charts.Strips = study.once("strips", words.language, years, made)
    return strips


def _dots(study: Study, standing: Standing) -> pd.DataFrame:
    report = study.report
    names = study.names
    frame = pd.DataFrame(
        {
            "istat_code": list(standing.municipalities.index),
            "name": [names[code] for code in standing.municipalities.index],
            "value": standing.municipalities.to_numpy(),
            "flag": standing.flags.astype(str).to_numpy(),
        }
    )
    if not study.municipal and standing.own.known:
        own = {"istat_code": report.own, "name": report.name, "value": standing.own.value, "flag": standing.own.flag}
        frame = pd.concat([frame, pd.DataFrame([own])], ignore_index=True)
    label = standing.indicator.name[report.language]
    return frame.assign(indicator=standing.indicator.id, label=label, unit=standing.indicator.unit)


def _summary(study: Study, chosen: Sequence[Standing]) -> pd.DataFrame:
    rows = []
    for standing in chosen:
        values = standing.municipalities.dropna()
        rows.append(
            {
                "indicator": standing.indicator.id,
                "unit": standing.indicator.unit,
                "year": standing.year,
                "own": standing.own.value,
                "own_flag": standing.own.flag if standing.own.known else wording.absent_flag(standing.own.flag),
                "percentile": standing.position.percentile if standing.position else float("nan"),
                "low": values.min(),
                "median": standing.median,
                "high": values.max(),
            }
        )
    return pd.DataFrame(rows)


def _summary_columns(study: Study) -> list:
    report = study.report
    names = {name: indicators.get(name).name[report.language] for name in PROFILE}
    shown = [
        report.column("indicator", texts=names),
        report.column("year", unit="year"),
        report.column("own", "benchmark.column_own", unit_from="unit", flag="own_flag"),
        report.column("low", "lowest", unit_from="unit"),
        report.column("median", unit_from="unit"),
        report.column("high", "highest", unit_from="unit"),
    ]
    if study.municipal:
        shown.append(report.column("percentile", "benchmark.column_percentile", unit="percentile"))
    return shown


def _members(study: Study) -> None:
    """The members of an area: distribution of incomes, and who stands far from the others."""
    report, standing = study.report, study["income_per_taxpayer"]
    values = standing.municipalities.reindex(list(report.members)).dropna().sort_values(ascending=False)
    z = indicators.robust_z(standing.municipalities).reindex(values.index)
    names = report.names(values.index)
    frame = pd.DataFrame({"istat_code": values.index, "value": values.to_numpy(), "z": z.to_numpy()})
    frame["name"] = frame["istat_code"].map(names)
    half = MOST_BARS // 2
    drawn = frame if len(frame) <= MOST_BARS else pd.concat([frame.head(half), frame.tail(half)])
    far = [names[code] for code in values.index if abs(z[code]) > OUTLIER]
    about = {"place": report.place, "n": len(values), "year": standing.year, "far": far or [report.say("nobody")]}
    about |= {"first": names[values.index[0]], "last": names[values.index[-1]], "shown": len(drawn)}
    about |= {"high": float(values.iloc[0]), "low": float(values.iloc[-1]), "all": len(drawn) == len(frame)}
    report.text(report.say("members_spread", **about), report.say("members_far", **about))
    report.figure(
        "members",
        report.say("members_title", **about),
        subtitle=report.say("members_subtitle", **about),
        alt=report.say("members_alt", **about),
        description=report.say("members_spread", **about),
        specs=charts.pair(
            charts.ranked_bars,
            drawn,
            report.words,
            unit=standing.indicator.unit,
            reference=(report.words.label("median"), standing.median),
        ),
        frame=drawn,
        columns=[
            report.municipality_column(frame["istat_code"]),
            report.column("value", "benchmark.column_income", unit=standing.indicator.unit),
        ],
        tables=standing.indicator.tables,
        note=report.say("members_note", **about),
    )


def where_on_map(study: Study) -> None:
    """The level of incomes on the map, our territory outlined, with what its neighbours have."""
    report, standing = study.report, study["income_per_taxpayer"]
    codes, names = list(standing.municipalities.index), study.names
    frame = pd.DataFrame(
        {
            "istat_code": codes,
            "name": [names[code] for code in codes],
            "value": standing.municipalities.to_numpy(),
            "flag": standing.flags.astype(str).to_numpy(),
        }
    ).sort_values(["value", "istat_code"], ascending=[False, True])
    topology = study.boundaries
    about = {"place": report.place, "year": standing.year, "parent": report.scales[report.parent].prose}
    around = [
        code
        for code in sorted({near for code in report.members for near in charts.neighbours(topology, code)})
        if code not in report.members and code in standing.municipalities.index
    ]
    zone = report.scales["zone"].members if "zone" in report.scales else ()
    focus = {*report.members, *around, *zone}
    partial = len(report.members) < len(codes)
    if partial:
        frame = frame[frame["istat_code"].isin(focus)]
    if study.municipal and standing.own.known and around:
        higher = sum(float(standing.municipalities[code]) > standing.own.value for code in around)
        about |= {"n": len(around), "higher": higher, "lower": len(around) - higher}
        title, description = report.say("map_title", **about), report.say("map_description", **about)
    else:
        title, description = report.say("map_title_area", **about), report.say("map_description_area", **about)
    report.figure(
        "map-income",
        title,
        subtitle=report.say("map_subtitle", **about),
        alt=report.say("map_alt", **about),
        description=description,
        specs=charts.pair(
            charts.choropleth,
            frame,
            report.words,
            topology=topology,
            unit=standing.indicator.unit,
            ours=report.members if partial else (),
            name=report.name,
        ),
        frame=frame,
        columns=[
            report.municipality_column(codes),
            report.column("value", "benchmark.column_income", unit=standing.indicator.unit, flag="flag"),
        ],
        tables=[*standing.indicator.tables, "boundaries"],
        note=report.say("map_note", some=partial),
        highlight=report.members,
    )


def similar(study: Study) -> None:
    """Who the municipality resembles, on what, how closely; the groups that judgements are tried on."""
    report, peers = study.report, study.peers
    if peers is None:
        report.text(report.say("similar_area", place=report.place))
        return
    names = report.names([*peers.codes, *peers.left_out])
    variables = {name: indicators.get(name).name[report.language] for name in peers.variables}
    nearest = [names[code] for code in peers.codes]
    about = {
        "place": report.place,
        "first": nearest[0],
        "names": nearest,
        "n": len(nearest),
        "variables": [label[:1].lower() + label[1:] for label in variables.values()],
        "isolation": peers.isolation,
        "nearer": round(peers.isolation / 100 * (len(report.universe) - len(peers.left_out) - 1)),
        "of": len(report.universe) - len(peers.left_out) - 1,
    }
    paragraphs = [report.say("similar_who", **about), report.say("similar_why", **about)]
    paragraphs.append(report.say("similar_alone" if peers.isolation >= ALONE else "similar_close", **about))
    report.text(*paragraphs)
    frame = pd.DataFrame({"istat_code": list(peers.codes), "value": peers.table["distance"].to_numpy()})
    frame["name"] = frame["istat_code"].map(names)
    for name in peers.variables:
        frame[name] = study.latest(name).reindex(frame["istat_code"]).to_numpy()
    own = {"istat_code": report.own, "name": report.name, "value": 0.0}
    own |= {name: float(study.latest(name)[report.own]) for name in peers.variables}
    report.figure(
        "similar",
        report.say("similar_title_alone" if peers.isolation >= ALONE else "similar_title", **about),
        subtitle=report.say("similar_subtitle", **about),
        alt=report.say("similar_alt", **about),
        description=report.say("similar_who", **about),
        specs=charts.pair(charts.ranked_bars, frame, report.words, unit="index"),
        frame=pd.concat([pd.DataFrame([own]), frame], ignore_index=True),
        columns=[
            report.municipality_column([report.own, *peers.codes]),
            report.column("value", "benchmark.column_distance", unit="index"),
            *(
                report.column(name, f"benchmark.column_{name}", unit=indicators.get(name).unit)
                for name in peers.variables
            ),
        ],
        tables=["municipalities", "population", "population_age", "commuting", "local_units"],
        note=report.say("similar_note"),
    )
    counted = [study.group_name(key) for key, members in study.groups.items() if len(members) >= 5]
    report.text(report.say("groups", groups=counted, n=len(counted)))


def weight(study: Study) -> None:
    """Shares of the dated parents, each with its parent; two parents are never compared."""
    report, shares = study.report, study.weight
    if report.own == report.metropolitan.id:
        report.text(report.say("weight_whole", place=report.place))
        return
    report.text(report.say("weight", **report.figures(shares)), report.say("concentration", **report.figures(shares)))
    report.comparison("weight", report.say("weight_caption"), [shares[name] for name in SHARES], decimals=2)
    parents = report.area_shares()
    if len(parents) > 1:
        now, then = parents[0], parents[1]
        report.text(
            report.say(
                "two_parents",
                place=report.place,
                first=then.percent,
                one=then.parent.name(report.language),
                one_members=len(then.parent.members),
                second=now.percent,
                other=now.parent.name(report.language),
                other_members=len(now.parent.members),
            )
        )
        for share in parents:
            report.keep(
                f"share_area_of_{share.parent.id}",
                counts="area",
                parent=share.parent.id,
                value=share.percent,
                unit="percent",
            )


def _tables(chosen: Sequence[Standing]) -> list[str]:
    return list(dict.fromkeys(table for standing in chosen for table in standing.indicator.tables))
