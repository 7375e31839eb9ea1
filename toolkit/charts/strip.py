"""Where we stand: every municipality a dot, one line an indicator, the territory named, its peers marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.charts import theme
from toolkit.charts.theme import BLUE, GREY, INK, NAVY, ORANGE, SLATE, Layer, Record, Spec
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

_KINDS: Mapping[str, Spec] = {
    "others": {
        "type": "point",
        "shape": "circle",
        "size": 34,
        "stroke": GREY,
        "strokeWidth": 1.2,
        "fill": None,
        "strokeOpacity": 0.9,
    },
    "peers": {"type": "point", "shape": "diamond", "size": 70, "fill": ORANGE, "stroke": "#FFFFFF", "strokeWidth": 0.8},
    "ours": {"type": "point", "shape": "circle", "size": 170, "fill": BLUE, "stroke": "#FFFFFF", "strokeWidth": 2},
}
_STRIP = 26


def dot_strip(
    data: pd.DataFrame,
    words: Words,
    *,
    ours: str,
    name: str,
    peers: Collection[str] = (),
    notes: Mapping[str, str] | None = None,
    width: int = theme.WIDE,
) -> Spec:
    """All municipalities on one line for each indicator, from the lowest value to the highest.

    Args:
        data: one row an indicator and municipality: `indicator`, `label`, `unit`, `istat_code`, `name`, `value`,
            `flag`; optional `decimals`. Rows of the chart follow the first appearance of each indicator.
        words: the language.
        ours: code of the territory of the report; it may be absent from `istat_code` (an area): then no dot is large.
        name: its name, as printed.
        peers: codes of similar municipalities.
        notes: indicator → a text beside its value, such as the rank.
        width: pixels.

    Raises:
        DataError: a column is missing, or an indicator has no value at all.
    """
    _need(data, ("indicator", "label", "unit", "istat_code", "name", "value", "flag"))
    narrow, size = theme.is_narrow(width), theme.text_size(width)
    present = data[~data["flag"].isin(ABSENT_FLAGS) & data["value"].notna()]
    entries = [
        (name, _KINDS["ours"]),
        (words.label("peers"), _KINDS["peers"]),
        (words.label("others"), _KINDS["others"]),
    ]
    entries = [entry for entry in entries if entry[1] is not _KINDS["peers"] or peers]
    median_mark = {"type": "rule", "color": NAVY, "strokeWidth": 2}
    layers, top = theme.legend([*entries, (words.label("median"), median_mark)], width)
    column = 0 if narrow else 268
    left, right = column + 12, width - 12
    dots: dict[str, list[Record]] = {kind: [] for kind in _KINDS}
    head: list[Record] = []
    said: list[Record] = []
    lines: list[Record] = []
    medians: list[Record] = []
    ends: list[Record] = []
    y = top + 8
    for indicator in dict.fromkeys(data["indicator"]):
        rows, some = data[data["indicator"] == indicator], present[present["indicator"] == indicator]
        if some.empty:
            raise DataError(f"no municipality has a value of {indicator!r}", where="dot_strip")
        about = _about(rows, ours, words, (notes or {}).get(str(indicator), ""))
        title = theme.wrap(about["label"], (width if narrow else column - 16), size + 1)
        about["detail"] = _fitted(about["detail"], width if narrow else column - 16, size)
        detail = [
            line for part in about["detail"] for line in theme.wrap(part, (width if narrow else column - 16), size)
        ]
        block = 17 * len(title) + 16 * len(detail)
        head.append({"x": 0, "y": y + 9, "t": title})
        said.append({"x": 0, "y": y + 9 + 17 * len(title), "t": detail})
        middle = y + block + _STRIP / 2 + 2 if narrow else y + max(_STRIP / 2 + 4, (block - 14) / 2)
        low, high = float(some["value"].min()), float(some["value"].max())
        span = (high - low) or 1.0

        def across(value: float, low: float = low, span: float = span, flat: bool = high == low) -> float:
            return (left + right) / 2 if flat else left + (value - low) / span * (right - left)

        for record in some.to_dict("records"):
            kind = "ours" if record["istat_code"] == ours else "peers" if record["istat_code"] in peers else "others"
            shown = theme.printed(record["value"], record["unit"], words, record["flag"], about["decimals"])
            dots[kind].append(
                {"x": round(across(record["value"]), 1), "y": round(middle, 1), "t": f"{record['name']}: {shown}"}
            )
        lines.append({"x": left, "x2": right, "y": middle})
        where = across(float(some["value"].median()))
        medians.append({"x": where, "y": middle - _STRIP / 2, "y2": middle + _STRIP / 2, "t": about["median"]})
        for x, value, align in ((left, low, "left"), (right, high, "right")):
            ends.append(
                {
                    "x": x - 8 if align == "left" else x + 8,
                    "y": middle + _STRIP / 2 + 8,
                    "t": about["print"](value),
                    "align": align,
                }
            )
        y = max(middle + _STRIP / 2 + 20, y + block + 4) + (10 if narrow else 14)
    layers.append(_rule(lines, "x2", color=theme.LIGHT, strokeWidth=1))
    layers += [_dots(dots[kind], mark, width) for kind, mark in _KINDS.items() if kind != "ours" and dots[kind]]
    layers.append(_rule(medians, "y2", color=NAVY, strokeWidth=2))
    if dots["ours"]:
        layers.append(_dots(dots["ours"], _KINDS["ours"], width))
    layers.append(theme.text(head, fontSize=size + 1, fontWeight=600, color=INK, lineHeight=17))
    layers.append(theme.text(said, fontSize=size, color=INK))
    for align in ("left", "right"):
        some = [{k: v for k, v in end.items() if k != "align"} for end in ends if end["align"] == align]
        layers.append(theme.text(some, align=align, fontSize=11, color=SLATE))
    return theme.spec(layers, width, y)


def _about(rows: pd.DataFrame, ours: str, words: Words, note: str) -> dict[str, Any]:
    """What is written beside a strip: the territory's value (or why there is none), its rank, the median."""
    first = rows.iloc[0]
    unit, decimals = str(first["unit"]), first.get("decimals")
    digits = None if decimals is None or is_absent(decimals) else int(decimals)

    def shown(value: Any, flag: str = "observed") -> str:
        return theme.printed(value, unit, words, flag, digits)

    median = words.say("labels.median_of", value=shown(rows.loc[~rows["flag"].isin(ABSENT_FLAGS), "value"].median()))
    mine = rows[rows["istat_code"] == ours]
    value = shown(mine.iloc[0]["value"], str(mine.iloc[0]["flag"])) if len(mine) else ""
    mine_said = " · ".join(part for part in (value, note) if part)
    detail = [part for part in (mine_said, median) if part]
    said_unit = words.unit(unit)
    label = str(first["label"])
    if words.form(unit) == "number" and said_unit.casefold() not in label.casefold():
        label = f"{label} ({said_unit})"
    return {"label": label, "detail": detail, "median": median, "decimals": digits, "print": shown}


def _fitted(parts: Sequence[str], room: float, size: float) -> list[str]:
    """The parts on one line if they fit, else each on its own."""
    joined = " · ".join(parts)
    return [joined] if theme.text_width(joined, size) <= room else list(parts)


def _dots(records: Sequence[Record], mark: Spec, width: int) -> Layer:
    return theme.layer(records, {**mark, **theme.hover(width)}, x=theme.px("x"), y=theme.px("y"), **theme.told(width))


def _rule(records: Sequence[Record], end: str, **mark: Any) -> Layer:
    encoding = {"x": theme.px("x"), "y": theme.px("y"), end: {"field": end}}
    return theme.layer(records, {"type": "rule", **mark}, **encoding)


def _need(data: pd.DataFrame, columns: Sequence[str]) -> None:
    if missing := [column for column in columns if column not in data]:
        raise DataError(f"no column {', '.join(missing)} to draw", allowed=list(data.columns))
