"""Where we stand: every municipality a dot, one line an indicator, the territory named, its peers marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from toolkit.charts.placed import draw, theme
from toolkit.charts.placed.theme import BLUE, GREY, INK, LIGHT, NAVY, ORANGE, SLATE, WHITE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

_OTHERS = {"type": "point", "shape": "circle", "size": 34, "fill": None, "stroke": GREY, "strokeWidth": 1.2}
_PEERS = {"type": "point", "shape": "diamond", "size": 70, "fill": ORANGE, "stroke": WHITE, "strokeWidth": 0.8}
_OURS = {"type": "point", "shape": "circle", "size": 170, "fill": BLUE, "stroke": WHITE, "strokeWidth": 2}
_KINDS = {"others": _OTHERS, "peers": _PEERS, "ours": _OURS}
_MEDIAN = {"type": "rule", "color": NAVY, "strokeWidth": 2}
# Half the height of a strip, and where the texts of a wide drawing end.
_HALF, _COLUMN = 13, 268


@dataclass(frozen=True)
class Strip:
    """One indicator: what its strip shows, whatever the territory of the report.

    Attributes:
        indicator, title: its id; its name with its unit.
        said: code → its value as printed, or why there is none.
        low, high: the lowest and the highest value as printed.
        median: where the median is between these, 0–1, and how it is printed.
    """

    indicator: str
    title: str
    said: Mapping[str, str]
    low: str
    high: str
    median: tuple[float, str]


@dataclass(frozen=True)
class Strips:
    """The strips of a chart, and one record a municipality: its name `n`, where it is on each strip `x0`, `x1` … and
    how its value is printed, `t0`, `t1` …; no value, no mark."""

    strips: Sequence[Strip]
    municipalities: Mapping[str, Record]


def strips(data: pd.DataFrame, words: Words, *, left_out: str = "") -> Strips:
    """What `dot_strip` draws of all municipalities: the same for the reports of all of them.

    Args:
        data: as for `dot_strip`.
        words: the language.
        left_out: code of an area, which the median leaves out.

    Raises:
        DataError: as `dot_strip`.
    """
    needed = ("indicator", "label", "unit", "istat_code", "name", "value", "flag")
    if missing := [column for column in needed if column not in data]:
        raise DataError(f"no column {', '.join(missing)} to draw", allowed=list(data.columns))
    found: list[Strip] = []
    municipalities: dict[str, Record] = {}
    for number, indicator in enumerate(dict.fromkeys(data["indicator"])):
        rows = data[data["indicator"] == indicator]
        found.append(_strip(rows_of(rows), words, left_out, number, municipalities))
    return Strips(found, municipalities)


def _strip(
    rows: Sequence[Mapping[Any, Any]], words: Words, left_out: str, number: int, municipalities: dict[str, Record]
) -> Strip:
    """A strip; where and what each municipality is on it is added to its record."""
    first = rows[0]
    unit, label, decimals = str(first["unit"]), str(first["label"]), first.get("decimals")
    digits = None if decimals is None or is_absent(decimals) else int(decimals)

    def printed(value: float, flag: str = "observed") -> str:
        return theme.printed(value, unit, words, flag, digits)

    said = {str(row["istat_code"]): printed(row["value"], str(row["flag"])) for row in rows}
    present = [row for row in rows if row["flag"] not in ABSENT_FLAGS and not is_absent(row["value"])]
    if not present:
        raise DataError(f"no municipality has a value of {first['indicator']!r}", where="dot_strip")
    low, high = (float(end(row["value"] for row in present)) for end in (min, max))
    median = float(np.median([row["value"] for row in present if row["istat_code"] != left_out] or [np.nan]))

    def share(value: float) -> float:
        return 0.5 if high == low else round((value - low) / (high - low), 3)

    for row in present:
        code = str(row["istat_code"])
        record = municipalities.setdefault(code, {"n": str(row["name"])})
        record |= {f"x{number}": share(row["value"]), f"t{number}": said[code]}
    title = label if words.says_unit(label, unit) else f"{label} ({words.unit(unit)})"
    return Strip(str(first["indicator"]), title, said, printed(low), printed(high), (share(median), printed(median)))


def dot_strip(
    data: pd.DataFrame | Strips,
    words: Words,
    *,
    ours: str,
    name: str,
    peers: Collection[str] = (),
    peers_label: str = "",
    others_label: str = "",
    notes: Mapping[str, str] | None = None,
    counted: bool = True,
    width: int = theme.WIDE,
) -> Spec:
    """All municipalities on one line for each indicator, from the lowest value to the highest.

    Args:
        data: one row an indicator and municipality: `indicator`, `label`, `unit`, `istat_code`, `name`, `value`,
            `flag`; optional `decimals`. Strips follow the first appearance of each indicator. Or its `strips`.
        words: the language.
        ours: code of the territory of the report, among `istat_code`.
        name: its name, as printed.
        peers: codes that are marked, and what they are ("comuni simili" where `peers_label` is empty).
        others_label: what all the others are ("altri comuni" where empty).
        notes: indicator → a text beside the territory's value, such as its rank.
        counted: whether the territory is one of the municipalities; False for an area, which the median leaves out.
        width: pixels.

    Raises:
        DataError: a column is missing, or an indicator has no value at all.
    """
    if isinstance(data, pd.DataFrame):
        data = strips(data, words, left_out="" if counted else ours)
    entries = [(name, _OURS), (peers_label or words.label("peers"), _PEERS)][: 2 if peers else 1]
    entries += [(others_label or words.label("others"), _OTHERS), (words.label("median"), _MEDIAN)]
    layers, top = draw.legend(entries, width)
    drawn = _Drawn(width, ours, peers, data.municipalities)
    y = top + 8
    for strip in data.strips:
        own = [part for part in (strip.said.get(ours, ""), (notes or {}).get(strip.indicator, "")) if part]
        detail = [" · ".join(own), words.say("labels.median_of", value=strip.median[1])]
        y = drawn.add(strip, y, [part for part in detail if part])
    return draw.spec([*layers, *drawn.layers()], width, y, explore=True)


@dataclass
class _Drawn:
    """The marks of all strips."""

    width: int
    ours: str
    peers: Collection[str]
    municipalities: Mapping[str, Record]
    middles: list[float] = field(default_factory=list)
    titles: list[Record] = field(default_factory=list)
    details: list[Record] = field(default_factory=list)
    lines: list[Record] = field(default_factory=list)
    medians: list[Record] = field(default_factory=list)
    ends: dict[str, list[Record]] = field(default_factory=lambda: {"left": [], "right": []})

    @property
    def bounds(self) -> tuple[int, int]:
        """Where strips begin and end."""
        return (12 if theme.is_narrow(self.width) else _COLUMN + 12), self.width - 12

    def add(self, strip: Strip, y: float, told: Sequence[str]) -> float:
        """Put a strip at `y`, with what is told under its title; where the next one begins."""
        narrow, size = theme.is_narrow(self.width), theme.text_size(self.width)
        room = self.width if narrow else _COLUMN - 16
        title = theme.wrap(strip.title, room, size + 1)
        detail = [line for part in _fitted(told, room, size) for line in theme.wrap(part, room, size)]
        tall = 17 * len(title) + 16 * len(detail)
        self.titles.append({"x": 0, "y": y + 9, "t": title})
        self.details.append({"x": 0, "y": y + 9 + 17 * len(title), "t": detail})
        middle = y + tall + _HALF + 2 if narrow else y + max(_HALF + 4, (tall - 14) / 2)
        left, right = self.bounds
        self.middles.append(round(middle, 1))
        self.lines.append({"x": left, "x2": right, "y": middle})
        across = left + strip.median[0] * (right - left)
        self.medians.append({"x": across, "y": middle - _HALF, "y2": middle + _HALF})
        self.ends["left"].append({"x": left - 8, "y": middle + _HALF + 8, "t": strip.low})
        self.ends["right"].append({"x": right + 8, "y": middle + _HALF + 8, "t": strip.high})
        return max(middle + _HALF + 20, y + tall + 4) + (10 if narrow else 14)

    def _kind(self, code: str) -> str:
        return "ours" if code == self.ours else "peers" if code in self.peers else "others"

    def layers(self) -> list[Layer]:
        size = theme.text_size(self.width)
        medians = {key: value for key, value in _MEDIAN.items() if key != "type"}
        return draw.filled(
            [
                draw.level(self.lines, color=LIGHT, strokeWidth=1),
                self._dots("others"),
                self._dots("peers"),
                draw.upright(self.medians, **medians),
                self._dots("ours"),
                draw.text(self.titles, fontSize=size + 1, fontWeight=600, color=INK, lineHeight=17),
                draw.text(self.details, fontSize=size, color=INK),
                *(draw.text(some, align=align, fontSize=11, color=SLATE) for align, some in self.ends.items()),
            ]
        )

    def _dots(self, kind: str) -> Layer:
        """The dots of one kind on all strips; one record a municipality, unfolded by Vega into one dot a strip."""
        records = [record for code, record in self.municipalities.items() if self._kind(code) == kind]
        middles = ", ".join(f"'x{number}': {middle}" for number, middle in enumerate(self.middles))
        unfolded = [
            {"fold": [f"x{number}" for number in range(len(self.middles))], "as": ["s", "x"]},
            {"filter": "isValid(datum.x)"},
            {"calculate": f"({{{middles}}})[datum.s]", "as": "y"},
            {"calculate": "datum.n + ': ' + datum['t' + slice(datum.s, 1)]", "as": "t"},
        ]
        scale = {"domain": [0, 1], "range": list(self.bounds), "nice": False, "zero": False, "round": True}
        # All names at once are what the interactive chart is for; the drawing tells those that the report is about.
        told = {"tooltip": draw.told(self.width)["tooltip"]} if kind == "others" else draw.told(self.width)
        return {
            "data": draw.values(records),
            "transform": unfolded,
            "mark": {**_KINDS[kind], **({} if kind == "others" else draw.hover(self.width))},
            "encoding": {
                "x": {"field": "x", "type": "quantitative", "scale": scale, "axis": None},
                "y": draw.px("y"),
                **told,
            },
        }


def _fitted(parts: Sequence[str], room: float, size: float) -> list[str]:
    """The parts on one line if they fit, else each on its own."""
    joined = " · ".join(parts)
    return [joined] if theme.text_width(joined, size) <= room else list(parts)
