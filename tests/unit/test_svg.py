"""Drawings: named pictures, own ids, geometry short and right, texts untouched, the same bytes twice."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import fontpkg_titillium_web
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from toolkit import svg
from toolkit.errors import ToolkitError

BARS = {
    "width": 300,
    "data": {"values": [{"a": "</svg><script>alert(1)</script>", "v": 9000000, "u": "../015032-bresso/x.html"}]},
    "layer": [
        {
            "mark": "bar",
            "encoding": {"href": {"field": "u"}, "description": {"field": "a"}},
        },
        {"mark": "text", "encoding": {"text": {"field": "v", "format": "$,.0f"}}},
    ],
    "encoding": {
        "x": {"field": "v", "type": "quantitative", "axis": {"format": "$,.0f"}},
        "y": {"field": "a", "type": "nominal"},
    },
}
NUMBER = r"-?(?:\d+\.?\d*|\.\d+)"
TWO_CLIPPED = {
    "data": {"values": [{"x": 1, "y": 2}, {"x": 2, "y": 3}]},
    "mark": {"type": "line", "clip": True},
    "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
}


@pytest.fixture(scope="module")
def drawn():
    return svg.render(BARS, "income", "A & B <i>", "Reads <b>so</b>", "it")


def test_it_is_one_picture_with_a_name_and_a_description(drawn):
    root = ET.fromstring(drawn)
    assert root.get("role") == "img"
    title, desc = list(root)[:2]
    assert (title.text, desc.text) == ("A & B <i>", "Reads <b>so</b>")
    assert root.get("aria-labelledby") == title.get("id") == "income-title"
    assert root.get("aria-describedby") == desc.get("id") == "income-desc"
    inner = drawn.split(">", 1)[1]
    assert not re.search(r"\s(role|aria-\w+|class)=", inner)


def test_hostile_text_stays_text(drawn):
    assert "<script" not in drawn
    assert "</svg><script>alert(1)</script>" in list(svg.texts(drawn))


def test_numbers_in_texts_are_never_rounded(drawn):
    assert "9.000.000\u00a0€" in list(svg.texts(drawn))
    assert "€9,000,000" in list(svg.texts(svg.render(BARS, "a", "t", "d", "en")))


def test_links_stay_beside_the_page(drawn):
    assert 'href="../015032-bresso/x.html"' in drawn
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", drawn)


def test_geometry_has_two_decimals_at_most(drawn):
    for element in ET.fromstring(drawn).iter():
        for name in ("d", "transform", "x", "y", "width", "height", "x2", "y2"):
            assert not re.search(r"\.\d{3}|e-|-0(?![.\d])", element.get(name, ""))


def test_ids_are_unique_between_drawings_and_point_home():
    page = "".join(svg.render(TWO_CLIPPED, uid, "t", "d", "it") for uid in ("one", "two"))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) >= 6
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    assert all(name.startswith(("one-", "two-")) for name in ids)


def test_same_bytes_twice(drawn):
    assert svg.render(BARS, "income", "A & B <i>", "Reads <b>so</b>", "it") == drawn


def test_vl_convert_draws_the_same():
    """A second program with the same Vega, which measures texts by their outlines."""
    fonts = Path(fontpkg_titillium_web.ROOT) / "files"
    vl_convert.register_font_directory(str(fonts))
    locale = svg.locale("it")
    options = {"format_locale": locale["formatLocale"], "time_format_locale": locale["timeFormatLocale"]}
    limited = {"axis": {"labelLimit": 60, "title": "una misura"}, "field": "a", "type": "nominal"}
    for spec in (BARS, TWO_CLIPPED, {**BARS, "encoding": {**BARS["encoding"], "y": limited}}):
        spec = {**spec, "config": {"font": "Titillium Web"}}
        theirs = svg.clean(vl_convert.vegalite_to_svg(spec, **options), "a", "t", "d")
        ours = svg.render(spec, "a", "t", "d", "it")
        assert list(svg.texts(ours)) == list(svg.texts(theirs))
        assert re.sub(NUMBER, "", ours) == re.sub(NUMBER, "", theirs)
        for one, other in zip(re.findall(NUMBER, ours), re.findall(NUMBER, theirs), strict=True):
            assert float(one) == pytest.approx(float(other), abs=3)


def test_texts_are_measured_by_weight_and_character():
    def room(label, weight="normal"):
        axis = {"labelFontWeight": weight, "title": None}
        spec = {**BARS, "data": {"values": [{"a": label, "v": 1}]}}
        spec["encoding"] = {**BARS["encoding"], "y": {"field": "a", "type": "nominal", "axis": axis}}
        return float(ET.fromstring(svg.render(spec, "a", "t", "d", "it")).get("viewBox").split()[2])

    assert room("iiiiiiiiii") < room("nnnnnnnnnn") < room("mmmmmmmmmm")
    assert room("nnnnnnnnnn") < room("nnnnnnnnnn", 600) < room("nnnnnnnnnn", "bold")


def test_data_by_address_are_refused():
    with pytest.raises(ToolkitError, match=r"data by address: https://example\.org/a\.csv"):
        svg.render({**TWO_CLIPPED, "data": {"url": "https://example.org/a.csv"}}, "a", "t", "d", "it")


def test_shared_data_are_filled_in_by_name():
    spec = {"data": {"name": "places"}, "layer": [{"data": {"name": "own"}}], "datasets": {"own": [1]}}
    full = svg.filled(spec, {"places": [{"a": 1}], "unused": [2]})
    assert full["datasets"] == {"own": [1], "places": [{"a": 1}]}
    assert spec["datasets"] == {"own": [1]}
    with pytest.raises(ToolkitError, match="needs the shared data 'places'"):
        svg.filled(spec, {})


def test_a_spec_that_vega_cannot_draw_is_one_clear_error():
    with pytest.raises(ToolkitError, match="cannot be drawn"):
        svg.render({"mark": "nonsense", "data": {"values": [{}]}}, "a", "t", "d", "it")


def test_dates_and_numbers_of_a_language():
    italian, english = svg.locale("it"), svg.locale("en")
    assert italian["timeFormatLocale"]["months"][0] == "gennaio"
    assert italian["timeFormatLocale"]["days"][0] == "domenica"
    assert english["timeFormatLocale"]["shortDays"][1] == "Mon"
    assert italian["formatLocale"]["currency"] == ["", "\u00a0€"]
    assert len(italian["timeFormatLocale"]["shortMonths"]) == 12


def corners(path):
    """The points of a relative outline, ring by ring."""
    rings = []
    for part in path.split("M")[1:]:
        numbers = [int(n) for n in re.findall(r"-?\d+", part)]
        x = y = 0
        ring = []
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x, y))
        rings.append(ring)
    return rings


coordinates = st.floats(-999, 999, allow_nan=False).map(lambda value: round(value, 4))


@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12))
def test_outlines_are_made_of_points_of_the_path(points):
    path = "M" + "L".join(f"{x},{y}" for x, y in points) + "Z"
    (short,) = svg.outlines([path])
    rounded = {(round(x), round(y)) for x, y in points}
    assert {point for ring in corners(short) for point in ring} <= rounded
    assert short.endswith("z") or len(rounded) == 1


def test_neighbours_keep_one_common_border():
    """A wiggly border drawn from both sides: what is left out is left out of both."""
    border = [(100.0, 0.2), (100.4, 20.1), (99.8, 40.3), (103.2, 60.4), (100.1, 80.0), (100.0, 100.4)]
    left = [(0.0, 0.0), *border, (0.0, 100.0)]
    right = [(200.0, 100.0), *border[::-1], (200.0, 0.0)]
    paths = ["M" + "L".join(f"{x},{y}" for x, y in points) + "Z" for points in (left, right)]
    one, other = (corners(path)[0] for path in svg.outlines(paths))
    shared = [point for point in one if 90 < point[0] < 110]
    assert shared == [point for point in other if 90 < point[0] < 110][::-1]
    assert (103, 60) in shared
    assert (100, 20) not in shared
    assert len(shared) < len(border)


def test_an_outline_stays_where_it_is():
    """An octagon of small sides keeps its area within a few pixels for each point left out."""
    ring = [(10, 0), (17, 3), (20, 10), (17, 17), (10, 20), (3, 17), (0, 10), (3, 3)]
    (short,) = svg.outlines(["M" + "L".join(f"{x},{y}" for x, y in ring) + "Z"])
    assert corners(short) == [ring]


@given(st.floats(-1e4, 1e4, allow_nan=False))
def test_rounding_a_coordinate_moves_it_by_half_a_tenth_at_most(value):
    assert abs(float(svg.rounded(repr(value))) - value) <= 0.05 + 1e-9


def test_marks_on_the_same_pixel_are_drawn_once_unless_they_tell_something():
    values = [{"x": 1, "n": name} for name in ("a", "b", "c")]
    point = {"type": "point", "opacity": 1, "filled": True}
    spec = {"data": {"values": values}, "mark": {**point, "aria": False}, "encoding": {"x": {"field": "x"}}}
    spec["encoding"]["x"]["type"] = "quantitative"
    named = {**spec, "mark": point, "encoding": {**spec["encoding"], "description": {"field": "n"}}}
    faint = {**spec, "mark": {**point, "aria": False, "opacity": 0.5}}
    drawn = [svg.render(one, "a", "t", "d", "it").count("<circle") for one in (spec, named, faint)]
    assert drawn == [1, 3, 3]


def test_a_mark_without_a_text_has_no_title():
    spec = {
        "data": {"values": [{"x": 1, "t": "told"}, {"x": 2, "t": None}]},
        "mark": "circle",
        "encoding": {"x": {"field": "x", "type": "quantitative"}, "description": {"field": "t"}},
    }
    drawn = svg.render(spec, "dots", "Title", "Description", "en")
    assert "told" in drawn
    assert "null" not in drawn


def test_circles_that_differ_in_place_alone_stand_in_rows():
    places = [(3, 1), (1, 2), (2, 1), (1, 1), (3, 2)]
    spec = {
        "data": {"values": [{"x": x, "y": y} for x, y in places]},
        "mark": {"type": "circle", "aria": False, "opacity": 1},
        "encoding": {axis: {"field": axis, "type": "quantitative"} for axis in "xy"},
    }
    drawn = svg.render(spec, "dots", "Title", "Description", "en")
    found = [(float(y), float(x)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert len(found) == len(places)
    assert found == sorted(found)
