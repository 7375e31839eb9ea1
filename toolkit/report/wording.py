"""How a standing is worded: key figures and rows of tables, from one place so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit import display
from toolkit.indicators.standing import Standing
from toolkit.report.setting import STOCKS, Setting
from toolkit.text import ABSENT_FLAGS


def when(setting: Setting, standing: Standing) -> str:
    """The year or the day of a figure: "nel 2023", "al 1° gennaio 2026"."""
    day = any(table in STOCKS for table in standing.indicator.tables[:1])
    return setting.words.say(f"report.when_{'day' if day else 'year'}", year=standing.year)


def named_value(setting: Setting, standing: Standing) -> str:
    """The figure as printed after the indicator's name, which may say the unit already."""
    said = setting.words.says_unit(standing.indicator.name[setting.words.language], standing.indicator.unit)
    plain = said and setting.words.form(standing.indicator.unit) == "number"
    return setting.words.value(standing.own.value, standing.indicator.unit, standing.own.flag, bare=plain)


def key_figure(
    setting: Setting, standing: Standing, comparisons: Sequence[tuple[str, str]], note: str
) -> display.KeyFigure:
    """A tile: the figure with its foils, its period and a note."""
    unit, label = standing.indicator.unit, standing.indicator.name[setting.words.language]
    return display.KeyFigure(
        id=standing.indicator.id,
        label=label,
        value=setting.words.value(standing.own.value, unit, standing.own.flag, bare=True),
        v=standing.own.value if standing.own.known else None,
        flag=standing.own.flag,
        unit="" if setting.words.says_unit(label, unit) or not standing.own.known else setting.words.unit(unit),
        period=when(setting, standing),
        comparisons=comparisons,
        note=note,
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
