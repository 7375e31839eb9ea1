"""Where the texts of a drawing stand, as tests look at them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import NamedTuple

# Advance widths of Titillium Web, in hundredths of the type size.
_WIDTHS = {
    22: "'\u00a0 .,:;’ìIijl·",
    27: "()",
    34: "fJrt",
    45: "c-xzs/",
    49: "kvyLaeàèég",
    54: "bdopquFTòùhnCSYZE",
    57: "0123456789X−+%€°×KVPA–",
    64: "BGRDUOQHN",
    82: "wmMW",
}


class _Advance(dict[str, float]):
    def __missing__(self, character: str) -> float:
        return 0.65


_ADVANCE = _Advance({character: width / 100 for width, characters in _WIDTHS.items() for character in characters})


class Written(NamedTuple):
    """A line of text in a picture, in pixels; `y` is its base line."""

    text: str
    size: float
    anchor: str
    x: float
    y: float


def text_width(text: str, size: float) -> float:
    """Room that a text takes, in pixels, semibold included: a few percent generous for what Titillium Web has."""
    return sum(map(_ADVANCE.__getitem__, text)) * size * 1.03


def written(picture: str) -> list[Written]:
    """Everything that an SVG writes, the transforms of the groups around it added up."""
    found: list[Written] = []

    def walk(element: ET.Element, x: float, y: float, style: dict[str, str]) -> None:
        if moved := re.match(r"translate\((-?[\d.]+),(-?[\d.]+)\)", element.get("transform", "")):
            x, y = x + float(moved[1]), y + float(moved[2])
        style = {**style, **element.attrib}
        if element.tag.endswith("}text"):
            down = y
            for line in [child for child in element if child.tag.endswith("}tspan")] or [element]:
                down += float(line.get("dy", 0))
                size = float(style["font-size"].removesuffix("px"))
                if line.text:
                    found.append(Written(line.text, size, style["text-anchor"], x, down))
        for child in element:
            walk(child, x, y, style)

    walk(ET.fromstring(picture), 0.0, 0.0, {"text-anchor": "start"})
    return found


def outside(picture: str, smallest: float = 9.0) -> list[str]:
    """The texts that a picture cuts, or writes too small to read; it writes something."""
    root = ET.fromstring(picture)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    texts = written(picture)
    assert texts
    wrong = []
    for text, size, anchor, x, y in texts:
        room = text_width(text, size) / 1.03
        left = x - {"start": 0, "middle": room / 2, "end": room}[anchor]
        inside = left >= -2 and left + room <= width + 2 and 0 <= y - size * 0.3 <= height
        if not inside or size < smallest:
            wrong.append(
                f"{text!r} of {size} px at {left:.0f}–{left + room:.0f}, {y:.0f} of {width:.0f} × {height:.0f}"
            )
    return wrong


def overlapping(picture: str) -> list[str]:
    """Pairs of different texts that stand on one another."""
    boxes = []
    for text, size, anchor, x, y in written(picture):
        room = text_width(text, size) / 1.06
        left = x - {"start": 0, "middle": room / 2, "end": room}[anchor]
        boxes.append((left, left + room, y - size * 0.55, y, text))
    return [
        f"{one[4]!r} and {other[4]!r}"
        for one, other in combinations(boxes, 2)
        if one[4] != other[4]
        and not (one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2])
    ]
