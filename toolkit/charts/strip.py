"""Where we stand: every municipality a dot, one line an indicator, the territory named, its peers marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from toolkit.charts import draw, theme
from toolkit.charts.theme import BLUE, GREY, INK, LIGHT, NAVY, ORANGE, SLATE, WHITE, Layer, Record, Spec
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

_OTHERS = {"type": "point", "shape": "circle", "size": 34, "fill": None, "stroke": GREY, "strokeWidth": 1.2}
_PEERS = {"type": "point", "shape": "diamond", "size": 70, "fill": ORANGE, "stroke": WHITE, "strokeWidth": 0.8}
_OURS = {"type": "point", "shape": "circle", "size": 170, "fill": BLUE, "stroke": WHITE, "strokeWidth": 2}
_KINDS = {"others": _OTHERS, "peers": _PEERS, "ours": _OURS}
_MEDIAN = {"type": "rule", "color": NAVY, "strokeWidth": 2}
# Half the height of a strip, and where the texts of a wide drawing end.
_HALF, _COLUMN = 13, 268


def dot_strip(
    data: pd.DataFrame,
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
            `flag`; optional `decimals`. Strips follow the first appearance of each indicator.
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
    needed = ("indicator", "label", "unit", "istat_code", "name", "value", "flag")
    if missing := [column for column in needed if column not in data]:
        raise DataError(f"no column {', '.join(missing)} to draw", allowed=list(data.columns))
    entries = [(name, _OURS), (peers_label or words.label("peers"), _PEERS)][: 2 if peers else 1]
    entries += [(others_label or words.label("others"), _OTHERS), (words.label("median"), _MEDIAN)]
    layers, top = draw.legend(entries, width)
    drawn = _Drawn(width, ours, peers)
    y = top + 8
    for indicator in dict.fromkeys(data["indicator"]):
        strip = _Strip(data[data["indicator"] == indicator], words, ours, counted)
        y = drawn.add(strip, y, (notes or {}).get(str(indicator), ""))
    return draw.spec([*layers, *drawn.layers()], width, y, explore=True)


class _Strip:
    """One indicator: who has a value, what is printed."""

    def __init__(self, rows: pd.DataFrame, words: Words, ours: str, counted: bool) -> None:
        first = rows.iloc[0]
        self.unit, decimals = str(first["unit"]), first.get("decimals")
        self.decimals = None if decimals is None or is_absent(decimals) else int(decimals)
        self.words, self.ours = words, ours
        self.mine = rows[rows["istat_code"] == ours]
        self.present = rows[~rows["flag"].isin(ABSENT_FLAGS) & rows["value"].notna()]
        if self.present.empty:
            raise DataError(f"no municipality has a value of {first['indicator']!r}", where="dot_strip")
        self.low, self.high = float(self.present["value"].min()), float(self.present["value"].max())
        several = self.present if counted else self.present[self.present["istat_code"] != ours]
        self.median = float(several["value"].median())
        label = str(first["label"])
        self.title = label if words.says_unit(label, self.unit) else f"{label} ({words.unit(self.unit)})"

    def printed(self, value: float, flag: str = "observed") -> str:
        return theme.printed(value, self.unit, self.words, flag, self.decimals)

    def detail(self, note: str) -> list[str]:
        """The territory's value or why there is none, with its note; the median."""
        value = self.printed(self.mine.iloc[0]["value"], str(self.mine.iloc[0]["flag"])) if len(self.mine) else ""
        own = " · ".join(part for part in (value, note) if part)
        return [part for part in (own, self.words.say("labels.median_of", value=self.printed(self.median))) if part]

    def share(self, value: float) -> float:
        """Where a value is between the lowest (0) and the highest (1)."""
        return 0.5 if self.high == self.low else round((value - self.low) / (self.high - self.low), 3)


@dataclass
class _Drawn:
    """The marks of all strips."""

    width: int
    ours: str
    peers: Collection[str]
    municipalities: dict[str, Record] = field(default_factory=dict)
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

    def add(self, strip: _Strip, y: float, note: str) -> float:
        """Put a strip at `y`; where the next one begins."""
        narrow, size = theme.is_narrow(self.width), theme.text_size(self.width)
        room = self.width if narrow else _COLUMN - 16
        title = theme.wrap(strip.title, room, size + 1)
        detail = [line for part in _fitted(strip.detail(note), room, size) for line in theme.wrap(part, room, size)]
        tall = 17 * len(title) + 16 * len(detail)
        self.titles.append({"x": 0, "y": y + 9, "t": title})
        self.details.append({"x": 0, "y": y + 9 + 17 * len(title), "t": detail})
        middle = y + tall + _HALF + 2 if narrow else y + max(_HALF + 4, (tall - 14) / 2)
        left, right = self.bounds
        self._place(strip, middle)
        self.lines.append({"x": left, "x2": right, "y": middle})
        across = left + strip.share(strip.median) * (right - left)
        self.medians.append({"x": across, "y": middle - _HALF, "y2": middle + _HALF})
        self.ends["left"].append({"x": left - 8, "y": middle + _HALF + 8, "t": strip.printed(strip.low)})
        self.ends["right"].append({"x": right + 8, "y": middle + _HALF + 8, "t": strip.printed(strip.high)})
        return max(middle + _HALF + 20, y + tall + 4) + (10 if narrow else 14)

    def _place(self, strip: _Strip, middle: float) -> None:
        """The values of a strip, `x0`, `x1` … and their texts `t0`, `t1` …, with the municipality they are of."""
        number = len(self.middles)
        self.middles.append(round(middle, 1))
        for row in strip.present.to_dict("records"):
            code = str(row["istat_code"])
            kind = "ours" if code == self.ours else "peers" if code in self.peers else "others"
            record = self.municipalities.setdefault(code, {"n": str(row["name"]), "k": kind})
            record[f"x{number}"] = strip.share(row["value"])
            record[f"t{number}"] = strip.printed(row["value"], row["flag"])

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
        records = [
            {key: record[key] for key in record if key != "k"}
            for record in self.municipalities.values()
            if record["k"] == kind
        ]
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
