"""Hand-placed charts: valid Vega-Lite, inside their frame at both widths, texts legible, absent unlike zero."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from html import escape
from itertools import pairwise

import altair
import pandas as pd
import pytest
from drawn import outside, overlapping
from hypothesis import given
from hypothesis import strategies as st

from toolkit import geo, svg
from toolkit.charts import placed as charts
from toolkit.charts.placed import draw, theme
from toolkit.errors import DataError
from toolkit.text import Words

WORDS = {language: Words(language) for language in ("it", "en")}
HOSTILE = "<b>x</b>'\"; alert(1) //"
# Two squares side by side and one apart, as a quantised topology.
TOPOLOGY = {
    "type": "Topology",
    "transform": {"scale": [0.01, 0.01], "translate": [9.0, 45.0]},
    "arcs": [
        [[10, 10], [0, -10]],
        [[10, 0], [-10, 0], [0, 10], [10, 0]],
        [[10, 10], [10, 0], [0, -10], [-10, 0]],
        [[30, 0], [0, 5], [5, 0], [0, -5], [-5, 0]],
    ],
    "objects": {
        "municipalities": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": "000001", "arcs": [[0, 1]], "properties": {"name": "Uno"}},
                {"type": "Polygon", "id": "000002", "arcs": [[-1, 2]], "properties": {"name": "Due"}},
                {"type": "MultiPolygon", "id": "000003", "arcs": [[[3]]], "properties": {"name": "Tre"}},
            ],
        }
    },
}
NAMES = ["Uno", "Vermezzo con Zelo", "Città metropolitana di Milano senza Milano", HOSTILE, "Nosate", "Opera"]
CODES = [f"{number:06d}" for number in range(1, 7)]
FLAGS = ["observed", "observed", "estimated", "confidential", "missing", "observed"]
ABSENT_ROWS = pd.DataFrame(
    {"istat_code": CODES, "name": NAMES, "value": [25928.55, 46799.0, 31000.0, None, None, 0.0], "flag": FLAGS}
)


def strips(words):
    one = ABSENT_ROWS.assign(indicator="a", label="Reddito imponibile per contribuente", unit="EUR_per_taxpayer")
    two = ABSENT_ROWS.assign(indicator="b", label="Quota di residenti oltre i 65 anni " * 3, unit="percent", value=7.0)
    two["flag"] = "observed"
    data = pd.concat([one, two])
    options = {"ours": CODES[0], "name": NAMES[2], "peers": CODES[1:3], "notes": {"a": words.rank(57, 133, 49, 66)}}
    return charts.dot_strip, data, options


def bars(words):
    return charts.ranked_bars, ABSENT_ROWS, {"unit": "EUR_per_taxpayer", "ours": ["Uno"], "reference": ("mediana", 3e4)}


def changes(words):
    data = pd.DataFrame({"name": NAMES, "value": [-12.5, 3.0, 0.0, 104.2, -0.01, 2]})
    return charts.ranked_bars, data, {"unit": "percent", "ours": ["Uno"]}


def parts(words):
    rows = [(name, part, value) for name in NAMES[:4] for part, value in (("a", 61.5), ("b", 38.1), ("c", 0.4))]
    data = pd.DataFrame(rows, columns=["name", "part", "value"]).assign(flag="observed")
    data.loc[data["name"].eq(HOSTILE) & data["part"].eq("b"), ["value", "flag"]] = [None, "confidential"]
    labels = [("a", "lavoro dipendente e assimilati"), ("b", "pensione"), ("c", HOSTILE)]
    return charts.shares, data, {"parts": labels, "ours": ["Uno"]}


def intervals(words):
    data = pd.DataFrame({"name": NAMES, "low": [49, 1, 20, None, 60, 2], "high": [66, 133, 21, None, 60, 9]})
    data["value"] = [57, 40, 20, None, 60, None]
    data["flag"] = ["observed"] * 3 + ["confidential"] + ["observed"] * 2
    return charts.ranges, data, {"unit": "rank", "domain": (1, 133), "ours": ["Uno"], "reference": ("mediana", 67)}


def series(words):
    years = list(range(2015, 2024))
    made = []
    for index, name in enumerate(NAMES[:4]):
        rows = pd.DataFrame({"series": f"s{index}", "label": name, "year": years, "flag": "observed"})
        rows["value"] = [1000.0 * (index + 1) + year - 2015 for year in years]
        made.append(rows)
    data = pd.concat(made, ignore_index=True)
    data.loc[data["year"] == 2019, "flag"] = "break"
    data.loc[(data["year"] == 2021) & (data["series"] == "s0"), ["value", "flag"]] = [None, "missing"]
    return charts.lines, data, {"unit": "persons", "ours": "s0"}


def periods(words):
    data = pd.DataFrame(
        {
            "name": NAMES[:4],
            "start": ["2022-04-04", "2022-07-25", "2023-01-10", "2024-11-01"],
            "end": ["2022-09-02", "2023-02-10", "", "2026-03-31"],
            "note": ["chiuso", "", HOSTILE, "in attesa di pubblicazione dell'esito"],
        }
    )
    return charts.timeline, data, {"today": "2026-01-31", "ours": NAMES[:1]}


def mapped(words):
    data = pd.DataFrame({"istat_code": CODES[:3], "name": ["Uno", HOSTILE, "Tre"], "value": [1.0, None, 0.0]})
    data["flag"] = ["observed", "confidential", "observed"]
    return charts.choropleth, data, {"topology": TOPOLOGY, "unit": "taxpayers", "ours": CODES[:1], "name": "Uno"}


MADE = [strips, bars, changes, parts, intervals, series, periods, mapped]
EVERY = pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)


def specs(made, language="it"):
    chart, data, options = made(WORDS[language])
    return charts.pair(chart, data, WORDS[language], **options)


@cache
def drawn(made, language="it"):
    return draw_again(made, language)


def draw_again(made, language="it"):
    return [
        svg.render(spec, f"f{index}", "t", "d", language, datasets={"boundaries": TOPOLOGY})
        for index, spec in enumerate(specs(made, language))
    ]


def pieces(spec):
    """All layers, with their data."""
    return [(part, part["data"].get("values")) for part in spec["layer"]]


@EVERY
def test_it_is_valid_vega_lite(made):
    for spec in specs(made):
        altair.Chart.from_dict(spec, validate=True)
        json.dumps(spec, allow_nan=False)


@EVERY
def test_it_is_as_wide_as_asked(made):
    for spec, picture, width in zip(specs(made), drawn(made), (charts.WIDE, charts.NARROW), strict=True):
        padding = spec["padding"]
        assert spec["width"] + padding["left"] + padding["right"] == pytest.approx(width, abs=0.2)
        assert float(ET.fromstring(picture).get("width")) == pytest.approx(width, abs=1)


@pytest.mark.parametrize("language", ["it", "en"])
@EVERY
def test_texts_are_inside_the_frame_and_nine_pixels_at_least(made, language):
    for picture in drawn(made, language):
        assert outside(picture) == []


@EVERY
def test_texts_do_not_stand_on_one_another(made):
    for picture in drawn(made):
        assert overlapping(picture) == []


@EVERY
def test_hostile_text_is_text(made):
    for picture in drawn(made):
        assert "<b>" not in picture
        ET.fromstring(picture)


@EVERY
def test_the_same_data_give_the_same_bytes(made):
    assert specs(made) == specs(made)
    assert draw_again(made) == drawn(made)


@EVERY
def test_rows_in_another_order_leave_each_mark_where_it_belongs(made):
    """Columns that no channel reads change nothing."""
    chart, data, options = made(WORDS["it"])
    more = data.assign(unused=1.0)
    assert chart(more, WORDS["it"], **options) == chart(data, WORDS["it"], **options)


@EVERY
def test_data_hold_only_what_is_drawn_with_four_decimals(made):
    for spec in specs(made):
        for part, records in pieces(spec):
            if records is None:
                assert part["data"]["name"] == "boundaries"
                continue
            assert records
            if part["mark"]["type"] == "geoshape" or "transform" in part:
                continue
            used = {channel["field"] for channel in part["encoding"].values() if "field" in channel}
            assert {key for record in records for key in record} <= used
            for value in (value for record in records for value in record.values() if isinstance(value, float)):
                assert round(value, 4) == value


@EVERY
def test_marks_can_be_told_from_the_page(made):
    """3:1 for marks that carry data, 4.5:1 for texts; grounds, grids and labelled fills aside."""
    quiet = {theme.LIGHT, theme.WHITE, "#EEF1F4", "#FAFAFA", None}
    for spec in specs(made):
        for part, _ in pieces(spec):
            mark = part["mark"]
            colour = mark.get("fill") or mark.get("color") or mark.get("stroke")
            if colour in quiet or mark["type"] in ("geoshape", "tick"):
                continue
            if mark["type"] == "text":
                assert contrast(colour) >= 4.5 or colour == theme.WHITE
            elif mark.get("shape") != "square" or mark.get("size", 0) < 150:
                assert contrast(colour) >= 3


def contrast(colour, ground="#FFFFFF"):
    def luminance(text):
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_neighbouring_shades_and_texts_on_parts_can_be_told_apart():
    from toolkit.charts.placed.shares import PARTS

    for ground, ink in PARTS:
        assert contrast(ink, ground) >= 4.5
    for (one, _), (other, _) in pairwise(PARTS):
        assert contrast(one, other) >= 1.5
    for one, other in pairwise(theme.SEQUENTIAL):
        assert contrast(one, other) >= 1.4
    styles = [(dash, shape) for _, dash, shape in theme.SERIES]
    assert len(set(styles)) == len(styles)


# ---- what is absent --------------------------------------------------------------------------------------------------


def test_suppressed_missing_and_zero_bars():
    wide, _ = drawn(bars)
    texts = list(svg.texts(wide))
    assert {"dato riservato", "n.d.", "0\u00a0€"} <= set(texts)
    spec, _ = specs(bars)
    boxes = [
        record
        for part, records in pieces(spec)
        if part["mark"].get("color") in (theme.GREY, theme.BLUE)
        for record in records
    ]
    told = [record["t"] for record in boxes if "t" in record]
    assert len(told) == 3
    assert not any("Opera" in text or "Nosate" in text for text in told)


def test_a_suppressed_part_takes_the_whole_bar_with_it():
    spec, _ = specs(parts)
    told = [record["t"] for part, records in pieces(spec) for record in records if "c" in record and "t" in record]
    assert told
    assert not any(text.startswith(HOSTILE) for text in told)
    assert "dato riservato" in set(svg.texts(drawn(parts)[0]))


def test_a_suppressed_municipality_has_a_sign_on_the_map():
    texts = list(svg.texts(drawn(mapped)[0]))
    assert "×" in texts
    assert "dato riservato (×)" in texts
    assert "–" not in texts
    records = next(part for part in specs(mapped)[0]["layer"] if "transform" in part)["transform"][0]["from"]["data"][
        "values"
    ]
    colours = {record["id"]: record["c"] for record in records}
    assert len(set(colours.values())) == 3
    assert colours[CODES[2]] in theme.SEQUENTIAL
    assert colours[CODES[1]] not in theme.SEQUENTIAL
    assert [record["t"] for record in records][1:] == [f"{HOSTILE}: dato riservato", "Tre: 0"]


def test_the_territory_without_a_value_says_so_and_has_no_dot():
    chart, data, options = strips(WORDS["it"])
    spec = chart(data, WORDS["it"], **{**options, "ours": CODES[3]})
    lines = [
        line
        for part, records in pieces(spec)
        for record in records
        for line in record.get("t", ())
        if isinstance(record.get("t"), list)
    ]
    assert any(line.startswith("dato riservato") for line in lines)
    large = [records for part, records in pieces(spec) if part["mark"].get("size") == 170 and "transform" in part]
    assert large == [[{"n": HOSTILE, "x1": 0.5, "t1": "7,0\u00a0%"}]]
    assert svg.render(spec, "a", "t", "d", "it").count(f"{escape(HOSTILE, quote=False)}: ") == 1


def test_an_area_is_not_counted_among_its_municipalities():
    data = pd.DataFrame(
        {"istat_code": [*CODES[:3], "area"], "name": ["a", "b", "c", "Zona"], "value": [1.0, 2.0, 3.0, 100.0]}
    )
    data = data.assign(indicator="x", label="L", unit="taxpayers", flag="observed")
    said = {}
    for counted in (True, False):
        spec = charts.dot_strip(data, WORDS["en"], ours="area", name="Zona", counted=counted)
        said[counted] = " ".join(svg.texts(svg.render(spec, "a", "t", "d", "en")))
    assert "median: 3" in said[True]
    assert "median: 2" in said[False]


# ---- breaks ----------------------------------------------------------------------------------------------------------


def segments(spec):
    """Years of each drawn piece of line, by colour and segment."""
    found = {}
    for part, records in pieces(spec):
        if part["mark"]["type"] == "line":
            for record in records:
                found.setdefault((part["mark"]["color"], record["s"]), []).append(record["year"])
    return found


def test_no_line_crosses_a_break_or_an_absent_year():
    for spec in specs(series):
        for years in segments(spec).values():
            assert not (min(years) < 2019 <= max(years))
        ours = [years for (colour, _), years in segments(spec).items() if colour == theme.BLUE]
        assert ours == [[2015, 2016, 2017, 2018], [2019, 2020], [2022, 2023]]


def test_a_break_is_named_and_its_point_is_hollow():
    assert "interruzione della serie" in set(svg.texts(drawn(series)[0]))
    spec, _ = specs(series)
    hollow = [record for part, records in pieces(spec) if part["mark"].get("fill") == theme.WHITE for record in records]
    assert {record["year"] for record in hollow} == {2019}


def test_a_year_the_publisher_skips_does_not_interrupt_a_line():
    data = pd.DataFrame({"series": "a", "label": "A", "year": [2018, 2020, 2021, 2023], "value": [1.0, 2, 3, 4]})
    data["flag"] = "observed"
    spec = charts.lines(data, WORDS["it"], unit="EUR", ours="a")
    assert list(segments(spec).values()) == [[2018, 2020, 2021, 2023]]
    assert "2019" not in set(svg.texts(svg.render(spec, "a", "t", "d", "it")))


def test_axes_print_as_the_language_does():
    for language, wanted in (("it", "1.000"), ("en", "1,000")):
        assert wanted in set(svg.texts(drawn(series, language)[0]))
    data = pd.DataFrame({"series": "a", "label": "A", "year": [2018, 2020], "value": [10.0, 20.0], "flag": "observed"})
    for language, wanted in (("it", "20\u00a0%"), ("en", "20%")):
        spec = charts.lines(data, WORDS[language], unit="percent", zero=True)
        assert wanted in set(svg.texts(svg.render(spec, "a", "t", "d", language)))


@pytest.mark.parametrize(("language", "wanted"), [("it", "almeno 48,0"), ("en", "at least 48.0")])
def test_an_interval_without_an_upper_bound_says_at_least(language, wanted):
    data = pd.DataFrame({"name": ["Uno", "Due", "Tre"], "low": [39.4, 48.0, None], "high": [43.3, None, None]})
    data["flag"] = ["observed", "observed", "confidential"]
    spec = charts.ranges(data, WORDS[language], unit="index", decimals=1)
    drawn = svg.texts(svg.render(spec, "a", "t", "d", language))
    assert wanted in drawn
    assert sum(text == WORDS[language].absent("confidential") for text in drawn) == 1
    ends = [record for _, records in pieces(spec) for record in records if {"x", "y", "y2"} == set(record)]
    assert len(ends) == 3  # both of the first, one of the open one


# ---- refusals --------------------------------------------------------------------------------------------------------


def test_what_cannot_be_drawn_is_refused():
    it = WORDS["it"]
    over = pd.DataFrame({"name": "a", "part": ["x", "y"], "value": [70, 40]})
    nothing = pd.DataFrame({"name": ["a"], "value": [None], "flag": ["missing"]})
    with pytest.raises(DataError, match="not one value"):
        charts.ranked_bars(nothing, it, unit="EUR")
    with pytest.raises(DataError, match="no whole"):
        charts.shares(over, it, parts=[("x", "X"), ("y", "Y")])
    with pytest.raises(DataError, match="no way to draw the parts"):
        charts.shares(pd.DataFrame({"name": "a", "part": ["z"], "value": [70]}), it, parts=[("x", "X")])
    with pytest.raises(DataError, match="not between"):
        charts.ranges(pd.DataFrame({"name": ["a"], "low": [1], "high": [2], "value": [3]}), it, unit="rank")
    twice = pd.DataFrame({"series": "a", "label": "A", "year": 2020, "value": [1.0, 2.0], "flag": "observed"})
    with pytest.raises(DataError, match="two rows"):
        charts.lines(twice, it, unit="EUR")
    with pytest.raises(DataError, match="no period"):
        charts.timeline(pd.DataFrame({"name": ["a"], "start": ["2023-01-01"], "end": ["2022-01-01"]}), it)
    with pytest.raises(DataError, match="no column"):
        charts.dot_strip(pd.DataFrame({"indicator": []}), it, ours="", name="")
    with pytest.raises(DataError, match="cannot be drawn"):
        draw.values([{"x": float("inf")}])


# ---- geometry --------------------------------------------------------------------------------------------------------


def test_the_frame_projects_as_vega_does():
    """The point computed here and the one that Vega draws are the same pixel."""
    parts_ = geo.rings(TOPOLOGY)
    frame = geo.frame(parts_, CODES[:3], 400, 10, 400)
    corner = frame.project(parts_["000003"][0][0])
    spec = {
        "width": 400,
        "height": round(frame.height, 1),
        "autosize": {"type": "none"},
        "padding": 0,
        "data": {"name": "boundaries", "format": {"type": "topojson", "feature": "municipalities"}},
        "mark": {"type": "geoshape"},
        "projection": frame.projection,
        "transform": [{"filter": "datum.id === '000003'"}],
    }
    picture = svg.render(spec, "a", "t", "d", "it", datasets={"boundaries": TOPOLOGY})
    start = re.search(r'd="M(-?[\d.]+),(-?[\d.]+)', picture)
    assert (float(start[1]), float(start[2])) == (round(corner[0]), round(corner[1]))


def test_neighbours_share_a_border():
    assert geo.neighbours(TOPOLOGY, "000001") == {"000002"}
    assert geo.neighbours(TOPOLOGY, "000003") == set()


def test_the_centre_of_a_square():
    assert geo.centre(geo.rings(TOPOLOGY)["000003"]) == pytest.approx((9.325, 45.025))


# ---- small tools -----------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 200), st.floats(1, 40)), min_size=1, max_size=8))
def test_spread_keeps_order_and_distance(wanted):
    positions, heights = ([one[axis] for one in wanted] for axis in (0, 1))
    placed = theme.spread(positions, heights, 0, 200)
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    for one, other in pairwise(order):
        assert placed[other] - placed[one] >= (heights[one] + heights[other]) / 2 - 1e-6
    if sum(heights) <= 200:
        assert min(placed) >= -1e-6
        assert max(placed) <= 200 + 1e-6


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
def test_ticks_are_round_inside_and_few(low, span):
    marks = theme.ticks(low, low + span)
    assert all(low - span * 1e-6 <= mark <= low + span * (1 + 1e-6) for mark in marks)
    assert 1 <= len(marks) <= 12


@given(st.text(alphabet="abcdefg hilm", max_size=60), st.integers(40, 200))
def test_wrapped_lines_fit(text, room):
    for line in theme.wrap(text, room):
        assert theme.text_width(line) <= room
