"""Lines over the years, with breaks in series drawn as breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from toolkit.charts.placed import draw, theme
from toolkit.charts.placed.theme import BLUE, GREY, SERIES, SLATE, WHITE, Layer, Record, Spec
from toolkit.display.frames import rows_of
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent

# Room for the names beside the ends of the lines, in the wide drawing.
_LABELS = 190
# Points above which they are drawn small.
_MANY = 12


@dataclass(frozen=True)
class _Line:
    """One series: its points, with the number `s` of their segment, and how it is drawn."""

    name: str
    label: str
    points: list[Record]
    colour: str
    dash: tuple[int, ...]
    shape: str
    ours: bool

    @property
    def stroke(self) -> Spec:
        return {"color": self.colour, "strokeWidth": 3 if self.ours else 2, "strokeDash": list(self.dash)}

    @property
    def point(self) -> Spec:
        size = 70 if self.ours else 50
        return {
            "type": "point",
            "shape": self.shape,
            "size": size,
            "fill": self.colour,
            "stroke": WHITE,
            "strokeWidth": 1,
        }

    def breaks(self) -> set[int]:
        """Years whose value is not comparable with those before; the first of all breaks with nothing."""
        return {point["year"] for point in self.points[1:] if point["b"]}


def lines(
    data: pd.DataFrame,
    words: Words,
    *,
    unit: str,
    ours: str = "",
    zero: bool = False,
    decimals: int | None = None,
    width: int = theme.WIDE,
) -> Spec:
    """Series over the years. A line ends where its series breaks: values on the two sides are never joined.

    A year without a row is one the publisher skips: the line passes over it, and the points show which years there are.
    A year whose value is suppressed or missing interrupts the line.

    Args:
        data: `series`, `label`, `year`, `value`, `flag`; series in order of appearance.
        words: the language.
        unit: key of `text/units.yml`.
        ours: the series of the territory of the report; blue and thick.
        zero: whether the axis starts at zero.
        decimals: those of the unit where not given.
        width: pixels.

    Raises:
        DataError: no value, more series than can be told apart, or two rows of a series in one year.
    """
    rows = rows_of(data)
    if len({(row["series"], row["year"]) for row in rows}) < len(rows):
        raise DataError("a series has two rows in one year", where="lines")
    series = _series(rows, ours, lambda value, flag: theme.printed(value, unit, words, flag, decimals))
    narrow = theme.is_narrow(width)
    years = sorted({int(row["year"]) for row in rows})
    bounds = _bounds([point["value"] for line in series for point in line.points], zero)
    y_axis = theme.axis(unit, words, bounds, grid=True, domain=False, ticks=False, labelPadding=6, orient="left")
    left = 10 + max(theme.text_width(_tick(value, unit, words), 12) for value in y_axis["values"])
    right = 14 if narrow else _LABELS
    inner, height = width - left - right, 220 if narrow else 280
    domain = (years[0] - 0.15, years[-1] + 0.15) if len(years) > 1 else (years[0] - 1.0, years[0] + 1.0)
    breaks = sorted(set().union(*(line.breaks() for line in series)))
    legend = (
        [(line.label, {"type": "rule", **line.stroke}) for line in sorted(series, key=lambda line: not line.ours)]
        if narrow
        else []
    )
    _, tall = draw.legend(legend, width - left, x=-left)
    top = tall + 8 + (22 if breaks else 0)
    head, _ = draw.legend(legend, width - left, x=-left, y=-top)
    whose = [line.label for line in series if line.breaks()]
    layers = [*head, *_breaks(breaks, whose if len(whose) < len(series) else [], years, domain, inner, height, words)]
    x_axis = {"values": _years(years, inner), "format": "d", "title": None, "grid": False, "orient": "bottom"}
    places = {"x": draw.scaled("year", domain, x_axis), "y": draw.scaled("value", bounds, y_axis)}
    for line in sorted(series, key=lambda line: line.ours):
        layers += _drawn(line, places, width)
    if not narrow:
        layers += _ends(series, inner, height, lambda value: height * (bounds[1] - value) / (bounds[1] - bounds[0]))
    return draw.spec(layers, inner, height, left=left, right=right, top=top, bottom=26, explore=True)


def _series(rows: Sequence[Record], ours: str, printed: Callable[[float, str], str]) -> list[_Line]:
    """The series that have a value, each with a look of its own."""
    looks = iter(SERIES)
    found = []
    for name in dict.fromkeys(row["series"] for row in rows):
        own = sorted((row for row in rows if row["series"] == name), key=lambda row: int(row["year"]))
        label = str(own[0]["label"])
        points = _points(own, label, printed)
        if points:
            look = (BLUE, (1, 0), "circle") if name == ours else next(looks, None)
            if look is None:
                raise DataError("more series than can be told apart", allowed=f"{len(SERIES)} and the territory's own")
            colour, dash, shape = look
            found.append(_Line(str(name), label, points, colour, dash, shape, ours=name == ours))
    if not found:
        raise DataError("not one value to draw", hint="say in words why there is none")
    return found


def _points(rows: Sequence[Record], label: str, printed: Callable[[float, str], str]) -> list[Record]:
    """The values of a series; a break or an absent year begins a new segment."""
    points: list[Record] = []
    segment = 0
    for row in rows:
        if row["flag"] in ABSENT_FLAGS or is_absent(row["value"]):
            segment += 1
            continue
        segment += row["flag"] == "break"
        year, said = int(row["year"]), printed(row["value"], row["flag"])
        told = f"{label}, {year}: {said}"
        broken = row["flag"] == "break"
        points.append({"year": year, "value": row["value"], "s": segment, "t": told, "b": broken, "said": said})
    return points


def _bounds(values: Sequence[float], zero: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low if zero and low == 0 else low - margin), high + margin


def _tick(value: float, unit: str, words: Words) -> str:
    return theme.printed(value, unit, words, decimals=None if value == int(value) and abs(value) > 10 else 1)


def _years(years: Sequence[int], room: float) -> list[int]:
    """The years to print: all if they fit, else every second, third … counted from the last."""
    apart = min((later - sooner for sooner, later in pairwise(years)), default=1)
    shown = (years[-1] - years[0]) / apart + 1
    every = next(step for step in range(1, len(years) + 1) if shown / step * 38 <= room or step == len(years))
    return [year for index, year in enumerate(reversed(years)) if index % every == 0][::-1]


def _drawn(line: _Line, places: Spec, width: int) -> list[Layer]:
    """A line with its segments, and its points; the first point after a break is hollow."""
    told = draw.told(width)
    point = {**line.point, **draw.hover(width)}
    hollow = {**point, "fill": WHITE, "stroke": line.colour, "strokeWidth": 2}
    full, first = ([p for p in line.points if p["b"] is broken] for broken in (False, True))
    path = {"type": "line", **line.stroke}
    return draw.filled(
        [
            draw.layer(line.points, path, **places, detail={"field": "s", "type": "nominal"}),
            draw.layer(first, hollow, **places, **told),
            draw.layer(full, point, **places, **told),
        ]
    )


def _breaks(
    breaks: Sequence[int],
    whose: Sequence[str],
    years: Sequence[int],
    domain: tuple[float, float],
    width: float,
    height: float,
    words: Words,
) -> list[Layer]:
    """A dotted line before each first value after a break, named once, with the series that break if not all do."""
    if not breaks:
        return []
    at = [(year + max(other for other in years if other < year)) / 2 for year in breaks]
    across = [(year - domain[0]) / (domain[1] - domain[0]) * width for year in at]
    label = words.label("break" if len(breaks) == 1 else "breaks")
    label = theme.shorten(f"{label}: {words.join(whose)}" if whose else label, width, 11)
    half = theme.text_width(label, 11) / 2
    where = min(max(sum(across) / len(across), half), width - half)
    return [
        draw.upright([{"x": x, "y": -8, "y2": height} for x in across], color=GREY, strokeDash=[2, 3]),
        draw.text([{"x": where, "y": -16, "t": label}], align="center", fontSize=11, color=SLATE),
    ]


def _ends(series: Sequence[_Line], inner: float, height: float, down: Callable[[float], float]) -> list[Layer]:
    """The name and last value of each series beside its end, none upon another; its year where they differ."""
    last = [line.points[-1] for line in series]
    several = len({point["year"] for point in last}) > 1
    said = [f"{point['said']} ({point['year']})" if several else point["said"] for point in last]
    texts = [
        theme.wrap(f"{line.label} {value}", _LABELS - 26, 13, lines=3) for line, value in zip(series, said, strict=True)
    ]
    wanted = [down(float(line.points[-1]["value"])) for line in series]
    places = theme.spread(wanted, [17.0 * len(text) + 2 for text in texts], 0, height)
    layers: list[Layer] = []
    for line, text, y, place in zip(series, texts, wanted, places, strict=True):
        link = {"x": inner + 2, "x2": inner + 14, "y": y, "y2": place}
        layers.append(draw.box([link], {"type": "rule", "color": line.colour, "strokeWidth": 1}))
        label: dict[str, Any] = {"x": inner + 18, "y": place - 8 * (len(text) - 1), "t": text}
        layers.append(draw.text([label], fontSize=13, color=line.colour, fontWeight=700 if line.ours else 600))
    return layers
