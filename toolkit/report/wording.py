"""How a standing is worded: sentences, key figures and rows of tables, from one place so that they cannot disagree."""

from __future__ import annotations

from typing import Any

from toolkit import display
from toolkit.errors import DataError
from toolkit.indicators.standing import Standing
from toolkit.report.setting import STOCKS, Setting
from toolkit.text import ABSENT_FLAGS, rounded


def sentence(setting: Setting, standing: Standing, *, zone: bool = True, peers: bool = False) -> str:
    """One sentence: the figure, its rank, and its gap from zone, metropolitan area with and without core, median."""
    values = {"place": setting.place, "when": when(setting, standing)}
    if not standing.own.known:
        name = standing.indicator.name[setting.words.language]
        absent = setting.words.absent(absent_flag(standing.own.flag), long=True)
        return setting.words.say("report.standing_absent", name=name, absent=absent, **values)
    bare = setting.words.value(standing.own.value, standing.indicator.unit, standing.own.flag, bare=True)
    subject = f"report.subject_{standing.indicator.id}"
    shown = value(setting, standing)
    values["subject"] = setting.words.say(subject, value=shown, bare=bare, the=setting.words.with_article(shown))
    told = gaps(setting, standing, zone=zone, peers=peers)
    if not told:
        return setting.words.say("report.standing_alone", **values)
    if standing.position is None:
        return setting.words.say("report.standing_area", gaps=told, **values)
    return setting.words.say("report.standing", rank=rank(setting, standing), gaps=told, **values)


def gaps(setting: Setting, standing: Standing, *, zone: bool = True, peers: bool = False) -> str:
    """The gap from each scale that has a figure and from the medians, those above, below and level together."""
    others = [
        (setting.scales[key].prose, figure.value)
        for key, figure in standing.scales.items()
        if figure.known and (zone or key != "zone")
    ]
    others.append((setting.words.say("report.median"), standing.median))
    if peers:
        others.append((setting.words.say("report.peers_median"), standing.peers_median))
    points = standing.indicator.unit == "percent"
    told: dict[str, list[str]] = {"above": [], "below": [], "level": []}
    for whom, value in others:
        gap = standing.gap(value)
        if gap == gap:
            sign = rounded(gap, 1 if points else 0)
            side = "above" if sign > 0 else "below" if sign < 0 else "level"
            told[side].append(setting.words.say(f"report.gap_{'points' if points else 'percent'}", gap=gap, whom=whom))
    return "; ".join(setting.words.say(f"report.gaps_{side}", gaps=found) for side, found in told.items() if found)


def rank(setting: Setting, standing: Standing) -> str:
    """The rank among the municipalities of the metropolitan city, ties said."""
    if standing.position is None:
        raise DataError(f"{setting.territory} has no rank on {standing.indicator.id}")
    rank = setting.words.rank(standing.position.rank, standing.position.of)
    if standing.position.ties:
        return setting.words.say("report.tied", rank=rank, ties=standing.position.ties)
    return rank


def when(setting: Setting, standing: Standing) -> str:
    """The year or the day of a figure: "nel 2023", "al 1° gennaio 2026"."""
    day = any(table in STOCKS for table in standing.indicator.tables[:1])
    return setting.words.say(f"report.when_{'day' if day else 'year'}", year=standing.year)


def value(setting: Setting, standing: Standing) -> str:
    """The figure as printed in a sentence."""
    return setting.words.value(standing.own.value, standing.indicator.unit, standing.own.flag)


def named_value(setting: Setting, standing: Standing) -> str:
    """The figure as printed after the indicator's name, which may say the unit already."""
    said = setting.words.says_unit(standing.indicator.name[setting.words.language], standing.indicator.unit)
    plain = said and setting.words.form(standing.indicator.unit) == "number"
    return setting.words.value(standing.own.value, standing.indicator.unit, standing.own.flag, bare=plain)


def key_figure(setting: Setting, standing: Standing) -> display.KeyFigure:
    """A tile: the figure with its foils, its period and its rank."""
    unit = standing.indicator.unit
    foils = [(scale.name, standing.scales[key]) for key, scale in setting.scales.items() if key in standing.scales]
    shown = [
        (capital(name), setting.words.value(figure.value, unit, figure.flag, bare=True))
        for name, figure in foils
        if figure.known
    ]
    shown.append((capital(setting.words.say("report.median")), setting.words.value(standing.median, unit, bare=True)))
    bare = setting.words.value(standing.own.value, unit, standing.own.flag, bare=True)
    label = standing.indicator.name[setting.words.language]
    return display.KeyFigure(
        id=standing.indicator.id,
        label=label,
        value=bare,
        v=standing.own.value if standing.own.known else None,
        flag=standing.own.flag,
        unit="" if setting.words.says_unit(label, unit) or not standing.own.known else setting.words.unit(unit),
        period=when(setting, standing),
        comparisons=shown,
        note=rank(setting, standing) if standing.position else "",
    )


def row(setting: Setting, standing: Standing) -> dict[str, Any]:
    """A row of the comparison table: raw values by scale, free of language."""
    row: dict[str, Any] = {
        "indicator": standing.indicator.id,
        "unit": standing.indicator.unit,
        "year": standing.year,
        "tables": standing.indicator.tables,
        "median": standing.median,
        "median_flag": "observed",
        "peers": standing.peers_median,
        "peers_flag": "observed",
        "rank": standing.position.rank if standing.position else None,
    }
    for key, figure in {setting.own: standing.own, **standing.scales}.items():
        column, flag = column_of(setting, key), figure.flag if figure.known else absent_flag(figure.flag)
        row |= {column: figure.value, f"{column}_flag": flag}
    return row


def column_of(setting: Setting, scale: str) -> str:
    """Name of a scale's column: the report's own territory is `territory` whatever its code."""
    return "territory" if scale == setting.own else scale


def absent_flag(flag: str) -> str:
    """The flag under which an absent value is worded."""
    return flag if flag in ABSENT_FLAGS else "missing"


def capital(text: str) -> str:
    """The text with a capital, for a heading of a table."""
    return text[:1].upper() + text[1:]
