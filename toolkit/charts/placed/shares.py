"""Parts of a whole: one bar of full length a row."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from toolkit.charts.placed import draw, theme
from toolkit.charts.placed.theme import INK, SLATE, WHITE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

# Parts of a whole, in order; each beside one of unlike luminance, so that borders show without colour. The second says
# which text reads on it.
PARTS = (
    ("#072F5F", WHITE),
    ("#94C0EB", INK),
    ("#0B5CAD", WHITE),
    ("#D6E6F7", INK),
    ("#5C6F82", WHITE),
    ("#E8C48A", INK),
    ("#8A5300", WHITE),
    ("#C9D1D9", INK),
)
# Rounding of published percentages may carry a sum past 100 by this much.
_SLACK = 0.5


def shares(
    data: pd.DataFrame,
    words: Words,
    *,
    parts: Sequence[tuple[str, str]],
    ours: Collection[str] = (),
    decimals: int = 0,
    width: int = theme.WIDE,
) -> Spec:
    """Parts of a whole, one bar of full length a row; each part says its percentage where there is room.

    A row whose parts do not reach 100 ends there. A row with an absent part says so and has no bar: its other parts
    would let the absent one be computed.

    Args:
        data: `name`, `part`, `value` (percent), and optionally `flag`.
        words: the language.
        parts: `(part, label)` in the order of the bar.
        ours: names in bold.
        decimals: of the percentages.
        width: pixels.

    Raises:
        DataError: more parts than can be told apart, a part that is not among `parts`, a negative part, or a sum
            beyond 100.
    """
    records = rows_of(data)
    given = {str(row["part"]) for row in records}
    if len(parts) > len(PARTS) or not given <= {part for part, _ in parts}:
        raise DataError(f"no way to draw the parts {sorted(given)}", allowed=[part for part, _ in parts])
    size, narrow = theme.text_size(width), theme.is_narrow(width)
    looks = {part: look for (part, _), look in zip(parts, PARTS, strict=False)}
    square = {"type": "point", "shape": "square", "size": 160, "stroke": SLATE}
    layers, top = draw.legend([(label, {**square, "fill": looks[part][0]}) for part, label in parts], width)
    names = list(dict.fromkeys(str(row["name"]) for row in records))
    titles = {name: [name] if narrow else theme.wrap(name, 0.3 * width, size, lines=2) for name in names}
    column = 0 if narrow else max(theme.text_width(line, size) for lines in titles.values() for line in lines) + 12
    step, bar, lift = (50, 24, 18) if narrow else (36, 26, 0)
    boxes: list[Record] = []
    texts: list[Record] = []
    absent: list[Record] = []
    labels: dict[bool, list[Record]] = {False: [], True: []}
    for index, name in enumerate(names):
        y = top + 10 + step * index + lift
        first = y - 9 if narrow else y + bar / 2 - 8 * (len(titles[name]) - 1)
        labels[name in ours].append({"x": 0, "y": first, "t": titles[name]})
        rows = [row for row in records if str(row["name"]) == name]
        if reason := _reason(rows, words):
            absent.append({"x": column + 2, "y": y + bar / 2, "t": reason})
            continue
        for x, x2, part, label, value in _segments(rows, parts, column, width):
            printed, (ground, ink) = words.percent(value, decimals), looks[part]
            boxes.append({"x": x, "x2": x2, "y": y, "y2": y + bar, "t": f"{name}, {label}: {printed}", "c": ground})
            if theme.text_width(printed, 12) + 6 <= x2 - x:
                texts.append({"x": (x + x2) / 2, "y": y + bar / 2, "t": printed, "c": ink})
    layers.append(_boxes(boxes, width))
    for ink in (INK, WHITE):
        layers.append(draw.text([t for t in texts if t["c"] == ink], align="center", fontSize=12, color=ink))
    layers += [draw.text(labels[mine], fontSize=size, fontWeight=700 if mine else "normal") for mine in labels]
    layers.append(draw.text(absent, fontSize=size, fontStyle="italic", color=SLATE))
    return draw.spec(draw.filled(layers), width, top + 10 + step * len(names) + (4 if narrow else 0))


def _segments(
    rows: Sequence[Record], parts: Sequence[tuple[str, str]], left: float, width: float
) -> list[tuple[float, float, str, str, float]]:
    """Left and right end, part, label and value of each part of a row."""
    found = {str(record["part"]): float(record["value"]) for record in rows}
    if min(found.values()) < 0 or sum(found.values()) > 100 + _SLACK:
        raise DataError(f"no whole: {found}", where=str(rows[0]["name"]), allowed="parts of 0 or more, 100 in all")
    at, segments = 0.0, []
    unit = (width - left) / max(100.0, sum(found.values()))
    for part, label in parts:
        if part in found:
            segments.append((left + at * unit, left + (at + found[part]) * unit, part, label, found[part]))
            at += found[part]
    return segments


def _reason(rows: Sequence[Record], words: Words) -> str:
    """Why a row has no bar: the words of the first absent part, or nothing."""
    for record in rows:
        flag = str(record.get("flag", "observed"))
        if flag in ABSENT_FLAGS or is_absent(record["value"]):
            return words.absent(flag if flag in ABSENT_FLAGS else "missing")
    return ""


def _boxes(records: Sequence[Record], width: int) -> Layer:
    mark = {"stroke": WHITE, "strokeWidth": 1.5, **draw.hover(width)}
    return draw.box(records, mark, fill={"field": "c", "type": "nominal", "scale": None}, **draw.told(width))
