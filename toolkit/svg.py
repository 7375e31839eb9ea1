"""Vega-Lite in, clean SVG out: one picture with a name and a description, no identifier or address of its own.

A process that has drawn one must not be forked (see `vega`).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from babel.core import Locale

from toolkit import vega
from toolkit.errors import ToolkitError
from toolkit.signs import legible

FONT = "Titillium Web, Segoe UI, Arial, sans-serif"
# vl-convert resolves relative addresses against a public host; what a page links to is beside it.
PUBLIC_HOST = "https://vega.github.io/vega-datasets/"
WIDE, NARROW = 720, 340
"""Pixels of the two drawings of a page."""
DECIMALS = 1
# Square pixels by which leaving out a point of a map may change an outline.
THIN = 2.0
Pixel = tuple[int, int]
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_HREF = f"{{{_XLINK}}}href"
# The only attributes whose numbers are rounded: text that looks like a number is never touched.
_GEOMETRY = frozenset(
    "d transform x y x1 x2 y1 y2 cx cy r rx ry width height dx dy points stroke-width viewBox".split()  # noqa: SIM905
)
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")
# Those of them that may be written shorter.
_LONG = re.compile(r"-?(?:\d*\.\d+(?:e[+-]?\d+)?|\d+\.?e[+-]?\d+|\d+\.)|-0(?!\d)")
_STRAIGHT = re.compile(r"(M[-\d.,e]+(L[-\d.,e]+)*Z?)+")
_DROPPED = ("class", "role", "pointer-events", "version")
# Attributes that an element inherits from its group.
_INHERITED = (
    *("fill", "stroke", "stroke-width", "fill-opacity", "stroke-opacity", "stroke-dasharray"),
    *("font-family", "font-size", "font-weight", "font-style", "text-anchor"),
)
# How Vega draws a circle of radius r at its transform.
_CIRCLE = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_PLACED = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")
ET.register_namespace("", _SVG)
ET.register_namespace("xlink", _XLINK)


def figure(
    payload: Mapping[str, Any], datasets: Mapping[str, Any] | None = None, narrow: bool = True
) -> tuple[str, str]:
    """The wide and the narrow drawing of a figure's payload; the narrow one is "" where there is none.

    Marks of the wide one say their values to a mouse; telephones, for which the narrow one is, have none.

    Args:
        payload: of a `display.Figure`.
        datasets: shared data that its spec names.
        narrow: whether the narrow one is wanted.
    """
    name, said = payload["id"], (payload["alt"], payload["description"], payload["language"])
    wide = render(payload["spec"], f"{name}-wide", *said, datasets=datasets, chart=name)
    spec = at_width(payload["spec"], NARROW)
    if not (narrow and spec):
        return wide, ""
    return wide, render(spec, f"{name}-narrow", *said, datasets=datasets, chart=name, hover=False)


def at_width(spec: Mapping[str, Any], width: int) -> dict[str, Any] | None:
    """A chart whose structure serves any width, at another; None for one that has a width of its own."""
    flexible = spec.get("usermeta", {}).get("structured") and spec.get("width") == WIDE
    return {**spec, "width": width} if flexible else None


def render(
    spec: Mapping[str, Any],
    uid: str,
    title: str,
    description: str,
    language: str,
    *,
    datasets: Mapping[str, Any] | None = None,
    chart: str = "",
    hover: bool = True,
) -> str:
    """A Vega-Lite specification as an SVG element.

    Args:
        spec: Vega-Lite; data by value, or by the name of one of `datasets`.
        uid: prefix of every id in the element; unique on the page.
        title, description: what a screen reader says; any text.
        language: `it` or `en`, for the numbers and dates that Vega prints.
        datasets: name → values, such as `{"boundaries": topology}`.
        chart: its id, for errors; `uid` where not given.
        hover: whether marks say what they show.

    Raises:
        ToolkitError: the spec names data that are not given, Vega cannot draw it, or would draw it without marks.
    """
    try:
        raw = vega.draw(filled(spec, datasets or {}), locale(language))
    except vega.DrawingError as error:
        raise ToolkitError(f"the chart cannot be drawn: {str(error).splitlines()[0]}", where=chart or uid) from None
    return clean(raw, uid, title, description, hover=hover)


def filled(spec: Mapping[str, Any], datasets: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with the shared data it names among its own `datasets`; the page's script does the same.

    Raises:
        ToolkitError: a name that is neither among `datasets` nor among the spec's own.
    """
    own = dict(spec.get("datasets", {}))
    for name in sorted(set(_named(spec)) - set(own)):
        if name not in datasets:
            raise ToolkitError(
                f"the chart needs the shared data {name!r}", allowed=datasets, hint="pass them as datasets="
            )
        own[name] = datasets[name]
    return {**spec, "datasets": own} if own else dict(spec)


def _named(node: Any) -> Iterator[str]:
    """The names of the data that a spec uses without giving them."""
    if isinstance(node, Mapping):
        data = node.get("data")
        if isinstance(data, Mapping) and "name" in data and "values" not in data and "url" not in data:
            yield data["name"]
        for key, value in node.items():
            if key not in ("datasets", "values"):
                yield from _named(value)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _named(item)


@cache
def locale(language: str) -> dict[str, Any]:
    """How Vega prints numbers and dates, as options of vega-embed: `formatLocale`, `timeFormatLocale`."""
    babel = Locale.parse({"it": "it_IT", "en": "en_GB"}[language])

    def names(kind: str, width: str, order: range) -> list[str]:
        values = getattr(babel, kind)["format"][width]
        return [str(values[index]) for index in order]

    days, months = [6, *range(6)], range(1, 13)
    italian = language == "it"
    return {
        "formatLocale": {
            "decimal": "," if italian else ".",
            "thousands": "." if italian else ",",
            "grouping": [3],
            "currency": ["", "\u00a0€"] if italian else ["€", ""],
            "percent": "\u00a0%" if italian else "%",
        },
        "timeFormatLocale": {
            "dateTime": "%d %B %Y, %H:%M",
            "date": "%d/%m/%Y",
            "time": "%H:%M",
            "periods": ["AM", "PM"],
            "days": names("days", "wide", days),  # type: ignore[arg-type]
            "shortDays": names("days", "abbreviated", days),  # type: ignore[arg-type]
            "months": names("months", "wide", months),
            "shortMonths": names("months", "abbreviated", months),
        },
    }


# ---- cleaning --------------------------------------------------------------------------------------------------------


def clean(raw: str, uid: str, title: str, description: str, *, hover: bool = True) -> str:
    """vl-convert's SVG as one named picture.

    Ids are prefixed by `uid`, geometry rounded to a tenth of a pixel, roles and aria attributes removed, an explicit
    description of a mark kept as its `<title>` with `hover`, links freed from vl-convert's host.
    """
    root = ET.fromstring(legible(raw))
    _prune(root)
    shapes = list(_shapes(root))
    for shape, outline in zip(shapes, outlines([shape.get("d", "") for shape in shapes]), strict=True):
        shape.set("d", outline)
    # Vega numbers ids by a counter that goes on from drawing to drawing; here they are numbered anew.
    ids = [element.get("id", "") for element in root.iter() if "id" in element.attrib]
    renamed = {old: f"{uid}-{number}" for number, old in enumerate(ids, start=1)}
    for element in root.iter():
        if hover:
            _describe(element)
        _circle(element)
        _strip(element, renamed)
    texts = list(root.iter(f"{{{_SVG}}}text"))
    if len(fonts := {element.get("font-family", "") for element in texts}) == 1:
        for element in texts:
            element.attrib.pop("font-family", None)
        root.set("font-family", fonts.pop())
    for group in root.iter(f"{{{_SVG}}}g"):
        _once(group)
    for group in reversed(list(root.iter(f"{{{_SVG}}}g"))):
        _hoist(group)
        _line_up(group)
    _unwrap(root)
    _name(root, uid, title, description)
    return legible(ET.tostring(root, encoding="unicode").replace(" />", "/>"))


def _prune(parent: ET.Element) -> None:
    """Drop what draws nothing: hidden foregrounds, empty groups, backgrounds without fill and stroke."""
    for child in list(parent):
        _prune(child)
        tag = child.tag.rpartition("}")[2]
        hidden = child.get("display") == "none" or child.get("d") == ""
        clear = tag == "rect" and child.get("fill") == "transparent"
        bare = tag == "path" and child.get("class") == "background" and not {"fill", "stroke"} & set(child.attrib)
        if hidden or clear or bare or (tag == "g" and not len(child)):
            parent.remove(child)


def _describe(element: ET.Element) -> None:
    text = element.get("aria-label")
    # Vega says "null" of a mark without a text of its own.
    told = text and text != "null"
    if told and element.get("aria-roledescription") in ("point", "circle", "bar", "geoshape", "tick", "rule", "square"):
        title = ET.SubElement(element, f"{{{_SVG}}}title")
        title.text = text


def _circle(element: ET.Element) -> None:
    """A circle as a circle: a third of the bytes of Vega's two arcs."""
    drawn, placed = _CIRCLE.fullmatch(element.get("d", "")), _PLACED.fullmatch(element.get("transform", ""))
    if drawn and placed:
        element.tag = f"{{{_SVG}}}circle"
        del element.attrib["d"], element.attrib["transform"]
        element.attrib.update({"cx": placed[1], "cy": placed[2], "r": drawn[1]})


def _line_up(parent: ET.Element) -> None:
    """Circles that differ in place alone, row by row: the same drawing, and a page that packs better."""
    children = list(parent)
    alike = {tuple(sorted((k, v) for k, v in child.items() if k not in ("cx", "cy"))) for child in children}
    if len(alike) == 1 and all(child.tag == f"{{{_SVG}}}circle" and not len(child) for child in children):
        parent[:] = sorted(children, key=lambda child: (float(child.get("cy", 0)), float(child.get("cx", 0))))


def _strip(element: ET.Element, renamed: Mapping[str, str]) -> None:
    for name, value in list(element.attrib.items()):
        if name in _DROPPED or name.startswith("aria-") or (name.endswith("opacity") and value == "1"):
            del element.attrib[name]
        elif name in _GEOMETRY:
            element.set(name, rounded(value))
        elif name == "id":
            element.set(name, renamed[value])
        elif reference := _REFERENCE.fullmatch(value):
            element.set(name, f"url(#{renamed[reference[1]]})")
        elif name in ("href", _HREF):
            element.set(name, value.removeprefix(PUBLIC_HOST))
    if element.get("transform") in ("translate(0,0)", "translate(0 0)"):
        del element.attrib["transform"]


def rounded(geometry: str) -> str:
    """Geometry with `DECIMALS` decimals at most, and no "-0"."""

    def short(match: re.Match[str]) -> str:
        text = f"{float(match[0]):.{DECIMALS}f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text

    return _LONG.sub(short, geometry)


def _shapes(root: ET.Element) -> Iterator[ET.Element]:
    """Outlines of a map: most of a page's bytes, and made of straight lines only."""
    for group in root.iter(f"{{{_SVG}}}g"):
        if "mark-shape" in group.get("class", ""):
            yield from (path for path in group.iter(f"{{{_SVG}}}path") if _STRAIGHT.fullmatch(path.get("d", "")))


def outlines(paths: Sequence[str]) -> list[str]:
    """Outlines of straight lines (`M x,y L x,y … Z`) in whole pixels, each point relative to the one before.

    Points that move a border by less than a pixel are left out. They are rounded and chosen by their place alone, over
    all paths at once, so that neighbours keep one common border.
    """
    rings = [[_ring(part) for part in path.split("M")[1:]] for path in paths]
    kept = _thinned([ring for path in rings for ring in path])
    return ["".join(_relative([point for point in ring if point in kept], ring) for ring in path) for path in rings]


def _ring(part: str) -> list[Pixel]:
    """The points of one subpath, none twice in a row; a closed one ends where it begins."""
    points = [(round(float(x)), round(float(y))) for x, y in (_NUMBER.findall(point) for point in part.split("L"))]
    points += points[:1] if part.endswith("Z") else []
    return [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]


def _thinned(rings: Sequence[Sequence[Pixel]]) -> set[Pixel]:
    """The points to keep: junctions and ends, and those whose triangle with their neighbours is above a pixel."""
    beside: dict[Pixel, set[Pixel]] = {}
    for ring in rings:
        for one, other in pairwise(ring):
            beside.setdefault(one, set()).add(other)
            beside.setdefault(other, set()).add(one)
        beside.setdefault(ring[0], set())

    def area(point: Pixel) -> float:
        (x0, y0), (x1, y1) = sorted(beside[point])
        return abs((point[0] - x0) * (y1 - y0) - (x1 - x0) * (point[1] - y0)) / 2

    within = sorted((area(point), point) for point in beside if len(beside[point]) == 2)
    for _, point in within:
        if len(beside[point]) != 2 or area(point) > THIN:
            continue
        one, other = sorted(beside[point])
        if other not in beside[one]:
            beside[one] = beside[one] - {point} | {other}
            beside[other] = beside[other] - {point} | {one}
            del beside[point]
    return set(beside)


def _relative(points: Sequence[Pixel], ring: Sequence[Pixel]) -> str:
    closed = len(ring) > 1 and ring[0] == ring[-1]
    if closed and points and points[0] != points[-1]:
        points = [*points, points[0]]
    steps = [(x - x0, y - y0) for (x0, y0), (x, y) in pairwise(points)]
    line = "".join(f"{_joined(x)}{_joined(y)}" for x, y in (steps[:-1] if closed else steps)).lstrip(" ")
    return f"M{points[0][0]},{points[0][1]}{'l' + line if line else ''}{'z' if closed else ''}" if points else ""


def _joined(number: int) -> str:
    """A number after another: a minus sign needs no space before it."""
    return str(number) if number < 0 else f" {number}"


def _unwrap(parent: ET.Element) -> None:
    """Put the children of groups that say nothing in their place."""
    for child in list(parent):
        _unwrap(child)
        if child.tag == f"{{{_SVG}}}g" and not child.attrib:
            index = list(parent).index(child)
            parent.remove(child)
            for offset, grandchild in enumerate(child):
                parent.insert(index + offset, grandchild)


def _once(group: ET.Element) -> None:
    """Draw marks that are alike in all, and opaque, once: on a telephone many dots fall on the same pixel."""
    seen = set()
    for child in list(group):
        alike = (child.tag, *sorted(child.attrib.items()))
        if len(child) or child.text or "opacity" in child.attrib:
            continue
        if alike in seen:
            group.remove(child)
        seen.add(alike)


def _hoist(group: ET.Element) -> None:
    """Give the group what all its children have in common, once."""
    children = list(group)
    if len(children) < 2:
        return
    for name in _INHERITED:
        values = {child.get(name) for child in children}
        if len(values) == 1 and (value := values.pop()) is not None:
            for child in children:
                del child.attrib[name]
            group.set(name, value)


def _name(root: ET.Element, uid: str, title: str, description: str) -> None:
    root.set("role", "img")
    root.set("aria-labelledby", f"{uid}-title")
    root.set("aria-describedby", f"{uid}-desc")
    for index, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{uid}-{tag}"})
        element.text = text
        root.insert(index, element)


def texts(svg: str) -> Iterator[str]:
    """The texts that a drawing shows, in its order; for tests and for checking a page's numbers."""
    for element in ET.fromstring(svg).iter(f"{{{_SVG}}}text"):
        yield "".join(element.itertext())
