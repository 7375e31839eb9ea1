"""ISTAT's fragility index, and the composite indicator with how far its rank can be believed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import charts, display, indicators
from toolkit.report import wording
from toolkit.report.benchmark.ranking import over_time
from toolkit.report.benchmark.study import FRAGILITY, ORDINAL, Study

SHOWN = 15
"""Members of an area listed from each end of the table, where there are more than twice as many."""
NEIGHBOURS = 6
"""Municipalities of the table shown on each side of ours in the picture of intervals."""


def fragility(study: Study) -> None:
    """Decile and ventiles as published, never averaged; the rates that go with them."""
    report = study.report
    if study.municipal:
        _deciles(study)
        report.text(*(study.short(name) for name in FRAGILITY))
    else:
        _decile_counts(study)
        report.text(report.say("fragility_area"))
        return
    report.comparison(
        "fragility",
        report.say("fragility_caption"),
        study.chosen(FRAGILITY),
        note=report.say("fragility_note"),
    )


def _deciles(study: Study) -> None:
    report = study.report
    found = {name: study.panels[name].values_of(report.own) for name in ORDINAL}
    years = sorted({year for values in found.values() for year in values})
    decile = study["fragility_decile"]
    if not decile.own.known:
        report.text(report.say("decile_absent", place=report.place))
        return
    start, before = next((year, value) for year, value in sorted(found["fragility_decile"].items()) if value == value)
    about = {"place": report.place, "year": decile.year, "decile": int(decile.own.value)}
    about["parent"] = report.scales[report.parent].prose
    about |= {
        "start": start,
        "before": int(before),
        "moved": int(decile.own.value - before),
    }
    same = sum(decile.municipalities == decile.own.value) - 1
    about |= {"same": same, "of": int(decile.municipalities.notna().sum()) - 1}
    about["more"] = int((decile.municipalities > decile.own.value).sum())
    report.text(report.say("decile", **about), report.say("decile_before", **about), report.say("decile_rest", **about))
    frame = pd.DataFrame(
        [{"indicator": name} | {f"y{year}": found[name].get(year, float("nan")) for year in years} for name in ORDINAL]
    )
    frame["scale"], frame["unit"] = frame["indicator"], [indicators.get(name).unit for name in frame["indicator"]]
    report.show_table(
        "deciles",
        report.say("deciles_caption", **about),
        frame,
        [
            report.column("indicator", texts={name: indicators.get(name).name[report.language] for name in ORDINAL}),
            report.column(
                "scale", "benchmark.column_scale", texts={name: report.say(f"scale_{name}") for name in ORDINAL}
            ),
            *(display.Column(key=f"y{year}", label=str(year), unit_from="unit") for year in years),
        ],
        tables=["fragility"],
        note=report.say("deciles_note"),
    )


def _decile_counts(study: Study) -> None:
    """How many members of an area are in each decile: ranks are counted, not averaged."""
    report = study.report
    decile = study["fragility_decile"]
    values = decile.municipalities.reindex(list(report.members)).dropna().astype(int)
    counts = values.value_counts().reindex(range(1, 11), fill_value=0).sort_index()
    about = {"place": report.place, "year": decile.year, "n": len(values), "upper": int((values >= 6).sum())}
    report.text(report.say("decile_counts", **about))
    frame = pd.DataFrame({"decile": counts.index, "value": counts.to_numpy()})
    report.show_table(
        "deciles",
        report.say("decile_counts_caption", **about),
        frame,
        [
            report.column("decile", "benchmark.column_decile"),
            report.column("value", "benchmark.column_municipalities", unit="municipalities"),
        ],
        tables=["fragility"],
        note=report.say("decile_counts_note"),
    )


def composite(study: Study) -> None:
    """The rank with its intervals, what it hangs on, and whether it ranks this municipality at all."""
    report, index = study.report, study.index
    declared = index.declared
    about = {
        "place": report.place,
        "title": declared.title.model_dump()[report.language],
        "n": len(index.framework.indicators),
        "groups": len(index.framework.groups) - 1,
        "of": index.of,
        "draws": declared.draws,
        "spread": 100 * declared.spread,
        "most": 100 * declared.most,
    }
    report.text(report.say("index_what", **about))
    if study.municipal:
        report.text(index_sentence(study), _moved(study), _removed(study, about))
        _intervals(study, about)
    else:
        _spread_of_members(study, about)
    _structure(study, about)
    _over_time(study)


def index_sentence(study: Study) -> str:
    """Rank with both intervals, or that the indicator does not rank this municipality."""
    report, index = study.report, study.index
    code = report.own
    rank = index.rank(code)
    least, most, free_low, free_high = index.intervals[code]
    about = {
        "place": report.place,
        "rank": rank,
        "of": index.of,
        "around": report.words.period(min(rank, least), max(rank, most)),
        "free": report.words.period(free_low, free_high),
        "spread": 100 * index.declared.spread,
        "most": 100 * index.declared.most,
    }
    key = "index_rank" if index.ranks_unit(code) else "index_no_rank"
    return report.say(key, **about)


def _moved(study: Study) -> str:
    """The choice that moves the rank most."""
    report, moved = study.report, study.index.moved_by(study.report.own)
    if not moved["variance"].iloc[0] > 0:
        return report.say("index_unmoved")
    return report.say("index_moved", choice=report.say(f"choice_{moved.index[0]}"))


def _removed(study: Study, about: dict) -> str:
    """The indicator whose absence moves the rank most."""
    report = study.report
    shifts: Any = study.index.removed.loc[report.own]
    name = str(shifts.abs().idxmax())
    shift = int(shifts[name])
    label = indicators.get(name).name[report.language]
    if not shift:
        return report.say("index_removed_none")
    return report.say(
        "index_removed", name=label, shift=-shift, size=abs(shift), rank=study.index.rank(report.own) + shift
    )


def _intervals(study: Study, about: dict) -> None:
    """Our interval among those of its neighbours in the table."""
    report, index = study.report, study.index
    rank, code = index.rank(report.own), report.own
    order = index.order
    at = order.index(code)
    first = max(0, min(at - NEIGHBOURS, len(order) - 2 * NEIGHBOURS - 1))
    codes = list(order[first : first + 2 * NEIGHBOURS + 1])
    names, ranks = report.names(codes), [index.rank(one) for one in codes]
    low, high, free_low, free_high = zip(*(index.intervals[one] for one in codes), strict=True)
    frame = pd.DataFrame(
        {
            "istat_code": codes,
            "name": [names[one] for one in codes],
            "value": ranks,
            "low": [min(ends) for ends in zip(ranks, low, strict=True)],
            "high": [max(ends) for ends in zip(ranks, high, strict=True)],
            "free_low": free_low,
            "free_high": free_high,
        }
    )
    ranked = index.ranks_unit(code)
    own = frame[frame["istat_code"] == code].iloc[0]
    values = about | {"rank": rank, "low": int(own["low"]), "high": int(own["high"])}
    report.figure(
        "index",
        report.say("index_title" if ranked else "index_title_no_rank", **values),
        subtitle=report.say("index_subtitle", **values),
        alt=report.say("index_alt", **values),
        description=index_sentence(study),
        specs=charts.pair(
            charts.ranges,
            frame[["name", "value", "low", "high"]],
            report.words,
            unit="rank",
            ours=[report.name],
            domain=(1.0, float(index.of)),
        ),
        frame=frame,
        columns=[
            report.municipality_column(codes),
            report.column("value", "benchmark.column_rank", unit="rank"),
            report.column("low", "benchmark.column_low", unit="rank"),
            report.column("high", "benchmark.column_high", unit="rank"),
            report.column("free_low", "benchmark.column_free_low", unit="rank"),
            report.column("free_high", "benchmark.column_free_high", unit="rank"),
        ],
        tables=_tables(study),
        note=report.say("index_note", **values),
    )
    report.keep(
        "composite_rank",
        value=rank,
        of=index.of,
        low=int(own["low"]),
        high=int(own["high"]),
        free_low=int(own["free_low"]),
        free_high=int(own["free_high"]),
        draws=index.declared.draws,
        seed=index.declared.seed,
        ranks_municipality=ranked,
    )


def _spread_of_members(study: Study, about: dict) -> None:
    """For an area: where its members stand, each with its interval."""
    report, index = study.report, study.index
    codes = [code for code in report.members if code in index.composite.ranks.dropna().index]
    ranks = index.composite.ranks[codes].sort_values(kind="stable")
    names = report.names(codes)
    values = about | {
        "members": len(codes),
        "upper": int((ranks <= index.of / 2).sum()),
        "first": names[ranks.index[0]],
        "last": names[ranks.index[-1]],
        "all": len(codes) <= 2 * SHOWN,
        "no_rank": sum(not index.ranks_unit(code) for code in codes),
    }
    report.text(report.say("index_members", **values))
    frame = pd.DataFrame(
        {
            "istat_code": ranks.index,
            "value": ranks.to_numpy(),
            "low": index.around.table.loc[ranks.index, "low"].to_numpy(),
            "high": index.around.table.loc[ranks.index, "high"].to_numpy(),
        }
    )
    frame["low"] = frame[["low", "value"]].min(axis=1)
    frame["high"] = frame[["high", "value"]].max(axis=1)
    if len(frame) > 2 * SHOWN:
        frame = pd.concat([frame.head(SHOWN), frame.tail(SHOWN)])
    report.show_table(
        "index",
        report.say("index_members_caption", **values),
        frame,
        [
            report.municipality_column(codes),
            report.column("value", "benchmark.column_rank", unit="rank"),
            report.column("low", "benchmark.column_low", unit="rank"),
            report.column("high", "benchmark.column_high", unit="rank"),
        ],
        tables=_tables(study),
        note=report.say("index_members_note", **values),
    )


def _structure(study: Study, about: dict) -> None:
    """What the composite is made of: direction, weight, our value; which parts repeat each other."""
    report, index = study.report, study.index
    weights = index.framework.effective_weights()
    titles = {part.code: part.title.model_dump()[report.language] for part in index.declared.parts if part.title}
    ways = {key: report.say(key) for key in ("direction_up", "direction_down")}
    rows = []
    for part in index.declared.parts:
        if not part.direction:
            continue
        standing = study[part.code]
        rows.append(
            {
                "indicator": part.code,
                "group": part.parent,
                "direction": "direction_up" if part.direction > 0 else "direction_down",
                "weight": 100.0 * float(weights[part.code]),
                "unit": standing.indicator.unit,
                "value": standing.own.value,
                "flag": standing.own.flag if standing.own.known else wording.absent_flag(standing.own.flag),
            }
        )
    pairs = [
        report.say("pair", first=_name(study, row["first"]), second=_name(study, row["second"]))
        for row in index.repeated.to_dict("records")
        if row["finding"] == "redundant"
    ]
    note = report.say("structure_repeats", pairs=pairs, n=len(pairs)) if pairs else report.say("structure_distinct")
    names = {row["indicator"]: _name(study, str(row["indicator"])) for row in rows}
    report.show_table(
        "index-structure",
        report.say("structure_caption", **about),
        pd.DataFrame(rows),
        [
            report.column("indicator", texts=names),
            report.column("group", "benchmark.column_group", texts=titles),
            report.column("direction", "benchmark.column_direction", texts=ways),
            report.column("weight", "benchmark.column_weight", unit="percent"),
            report.column("value", "benchmark.column_own", unit_from="unit", flag="flag"),
        ],
        tables=_tables(study),
        note=note,
        highlight=("-",),
    )


def _over_time(study: Study) -> None:
    """Adjusted Mazziotta–Pareto on the rates that have a series: comparable between the two years."""
    report = study.report
    spans = [study.span(name) for name in FRAGILITY]
    if any(span is None for span in spans):
        # An area has no rates of its own: they are not averaged.
        report.text(report.say("ampi_area") if not study.municipal else report.say("ampi_absent", place=report.place))
        return
    first, last = max(s[0] for s in spans if s), min(s[1] for s in spans if s)
    directions = {name: indicators.get(name).direction for name in FRAGILITY}

    def scored() -> pd.Series:
        inside = {name: study.of_municipalities(name) for name in FRAGILITY}
        return over_time(inside, directions, first, last)["ampi"]

    scores: pd.Series = study.once("over_time", first, last, scored)
    own = scores.loc[report.own]
    change = scores.xs(last, level="year") - scores.xs(first, level="year")
    about: dict[str, Any] = {
        "place": report.place,
        "first": first,
        "last": last,
        "before": float(own[first]),
        "after": float(own[last]),
    }
    about |= {
        "change": float(change[report.own]),
        "median": float(change.drop(report.own).median()),
        "n": len(FRAGILITY),
    }
    about["gap"] = about["change"] - about["median"]
    report.text(report.say("ampi", **about))
    report.keep(
        "ampi", first=first, last=last, before=about["before"], after=about["after"], median_change=about["median"]
    )


def _name(study: Study, code: str) -> str:
    return indicators.get(code).name[study.report.language]


def _tables(study: Study) -> list[str]:
    return list(
        dict.fromkeys(table for code in study.index.framework.indicators for table in indicators.get(code).tables)
    )
