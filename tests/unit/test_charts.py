"""Altair's charts: they say what they show, one structure serves all pages, nothing is cut, absence is said."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise, product

import altair as alt
import numpy as np
import pandas as pd
import pytest
from drawn import outside, overlapping, written
from report_making import compared, page

from toolkit import Report, charts, display, svg, vega
from toolkit.charts import structure, theme
from toolkit.errors import ToolkitError

PLACES = (
    {"municipality": "015032"},
    {"municipality": "015146"},
    {"municipality": "015155"},
    {"area": "zona-nord-milano"},
    {"area": "citta-metropolitana-milano"},
)
PROFILE = ("income_per_taxpayer", "low_education_share", "local_units_per_1000", "supply_self_containment", "residents")
LONG = 'Città metropolitana di Milano senza Milano <b>e</b> "altri" comuni della provincia'
FRAME = pd.DataFrame(
    {
        "name": ["Bresso", LONG, "Nosate", "Opera"],
        "value": [12.5, 31.0, None, 0.0],
        "low": 0.0,
        "high": [13.0, 40, 2, 1],
    }
)
FRAME["flag"] = ["observed", "estimated", "confidential", "observed"]
SERIES = pd.DataFrame(
    {"name": ["Milano"] * 3 + [LONG] * 3, "year": [2000, 2010, 2017] * 2, "value": [17.3, None, 11.5, 4, 3, 2]}
)


def made(report: Report) -> dict[str, alt.LayerChart]:
    """One of each kind, some with two."""
    one, *_, people = profile = compared(report, *PROFILE)
    return {
        "strip": charts.strip(*profile),
        "strip of one": charts.strip(one),
        "lines": charts.lines(one),
        "line": charts.lines(people, report.own),
        "map": charts.choropleth(one),
        "bars": charts.bars(FRAME, report, unit="percent", ours=["Bresso"]),
        "ranges": charts.ranges(FRAME, report, unit="rank"),
        "series": charts.series(SERIES, report, unit="percent", ours="Milano"),
    }


KINDS = ("strip", "strip of one", "lines", "line", "map", "bars", "ranges", "series")
EVERY = pytest.mark.parametrize("kind", KINDS)


def drawn(report: Report, chart: alt.LayerChart, width: int) -> str:
    spec, sets = structure.specification(chart)
    spec = {**spec, "width": width, "datasets": sets}
    return svg.render(spec, "a", "t", "d", report.language, datasets={"boundaries": report.topology})


@pytest.fixture(scope="module")
def bresso():
    with page(municipality="015032") as (report, _):
        yield report


def named(node: object) -> set[str]:
    """Names of the data sets that a structure draws on."""
    if isinstance(node, dict):
        own = {node["data"]["name"]} if isinstance(node.get("data"), dict) else set()
        return own.union(*(named(part) for part in node.values()))
    return set().union(*(named(part) for part in node)) if isinstance(node, list) else set()


# ---- colours ---------------------------------------------------------------------------------------------------------


def contrast(colour: str, ground: str = theme.WHITE) -> float:
    def luminance(text: str) -> float:
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_from_the_page_and_from_one_another() -> None:
    assert all(contrast(colour) >= 3 for colour in (*theme.SERIES, theme.GREY))
    assert all(contrast(ink) >= 4.5 for ink in (theme.INK, theme.NAVY, theme.SLATE))
    assert all(contrast(one, other) >= 1.3 for one, other in pairwise(theme.SEQUENTIAL))
    assert len(set(map(tuple, theme.DASHES))) == len(theme.SERIES)


# ---- what a chart is -------------------------------------------------------------------------------------------------


@EVERY
def test_it_is_altairs_and_carries_what_it_shows(bresso: Report, kind: str) -> None:
    chart = made(bresso)[kind]
    assert isinstance(chart, alt.LayerChart)
    line = alt.Chart(pd.DataFrame({"x": [1.0]})).mark_rule(color="red").encode(x=alt.value(20))
    told = structure.about(chart)
    assert told["chart"] == {"strip of one": "strip", "line": "lines", "map": "choropleth"}.get(kind, kind)
    for changed in (chart + line, line + chart, chart.properties(height=200), chart.copy(), (chart + line) + line):
        assert structure.about(changed) == told
    for one in (chart, chart + line):
        spec, sets = structure.specification(one)
        assert named(spec) <= set(sets) | {"boundaries"}
        assert '"values": [{' not in json.dumps(spec), "data are named, never in the structure"
        bare = {key: held for key, held in spec.items() if key != "config"}  # Altair does not know Vega's legend layout
        alt.Chart.from_dict({**bare, "datasets": sets}, validate=True)
        json.dumps(sets, allow_nan=False)
    assert re.search(r'stroke="red"', drawn(bresso, chart + line, 720))


@pytest.mark.parametrize("changed", [False, True])
@EVERY
def test_one_structure_for_all_places_and_languages(bresso: Report, kind: str, changed: bool) -> None:
    """Texts, names, classes, orders and domains are data: nothing of a page is left in the structure."""

    def of(report: Report) -> str:
        chart = made(report)[kind]
        chart = (
            chart + alt.Chart(pd.DataFrame({"x": [report.own]})).mark_text().encode(text="x:N") if changed else chart
        )
        return json.dumps(structure.specification(chart)[0], sort_keys=True)

    wanted = of(bresso)
    for where, language in product(PLACES[2:4], ("it", "en")):
        with page(**where, language=language) as (report, _):
            assert of(report) == wanted


def test_structures_are_compiled_once_a_process(bresso: Report) -> None:
    for chart in made(bresso).values():
        drawn(bresso, chart, 720)
    before = vega.counted()
    for where, language in product(PLACES[1:4], ("it", "en")):
        with page(**where, language=language) as (report, _):
            for chart, width in product(made(report).values(), (720, 320)):
                drawn(report, chart, width)
    after = vega.counted()
    assert after["drawn"] - before["drawn"] == 3 * 2 * 2 * len(KINDS)
    assert after["compiled"] == before["compiled"]


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("where", PLACES, ids=lambda where: next(iter(where.values())))
def test_no_text_is_cut_or_stands_on_another(where: dict[str, str], language: str) -> None:
    with page(**where, language=language) as (report, _):
        for (kind, chart), width in product(made(report).items(), (720, 320)):
            picture = drawn(report, chart, width)
            root = ET.fromstring(picture)
            assert float(root.get("width")) == pytest.approx(width, abs=1), kind
            assert outside(picture) == [], (kind, width)
            assert overlapping(picture) == [], (kind, width)
            assert "<b>" not in picture


# ---- what it draws ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["015032", "015155"])
def test_a_strip_is_the_distribution(code: str) -> None:
    """Bands, marks and ranks recomputed from the municipalities' values."""
    with page(municipality=code) as (report, _):
        one = compared(report, "income_per_taxpayer")[0]
        sets = charts.strip(one).datasets
        income = report.table("income").query("unit == 'EUR' or item == 'taxpayers'")
        income = income[income["istat_code"].isin(report.universe)]  # the table has the municipalities around too
        income = income.pivot(index=["istat_code", "year"], columns="item", values="value")
        values = (income["taxable_income"] / income["taxpayers"]).xs(2023, level="year").loc[list(report.universe)]
        median, low, high = values.median(), values.quantile(0.1), values.quantile(0.9)
        half = max(high - median, median - low)
        for band, ends in zip(sets["bands"], ((0.1, 0.9), (0.25, 0.75)), strict=True):
            wanted = [(values.quantile(end) - median) / half for end in ends]
            assert [band["low"], band["high"]] == pytest.approx(wanted, abs=1e-4)
        assert [row["rank"] for row in sets["rows"]] == [f"{int((values > values[code]).sum()) + 1}° su 133"]
        points = {point["t"].split(":")[0]: point for point in sets["points"]}
        assert next(iter(points)) == report.name
        assert set(points) == {report.name, *report.names(report.peer_codes).values()}
        for name, other in {report.name: code, **{v: k for k, v in report.names(report.peer_codes).items()}}.items():
            assert points[name]["x"] == pytest.approx(np.clip((values[other] - median) / half, -2, 2), abs=1e-4)


def test_the_better_side_is_named_where_there_is_one(bresso: Report) -> None:
    rows = {row["row"]: row["better"] for row in charts.strip(*compared(bresso, *PROFILE)).datasets["rows"]}
    assert list(rows.values()) == ["meglio →", "← meglio", "", "", ""]


def test_lines_end_where_a_series_breaks(bresso: Report) -> None:
    people = compared(bresso, "residents")[0]
    sets = charts.lines(people, bresso.own).datasets
    table = bresso.table("population").query("istat_code == '015032'").dropna(subset="value").set_index("year")
    assert {row["year"]: row["value"] for row in sets["rows"]} == table["value"].to_dict()
    broken = [int(year) for year, flag in table["flag"].items() if flag == "break"]
    assert broken
    assert (
        [row["at"] + 0.5 for row in sets["breaks"]] == [row["year"] for row in sets["rows"] if row["broken"]] == broken
    )
    parts = {row["year"]: row["part"] for row in sets["rows"]}
    assert all(parts[year] != parts[max(other for other in parts if other < year)] for year in broken)
    texts = written(drawn(bresso, charts.lines(people, bresso.own), 720))
    assert len({text for text in texts if "interruzione" in text.text}) == 1, "with its white border, in one place"


def test_a_map_shades_fifths_and_names_the_neighbours(bresso: Report) -> None:
    one = compared(bresso, "income_per_taxpayer")[0]
    sets = charts.choropleth(one).datasets
    fifths = pd.qcut(one.municipalities, 5, labels=False)
    assert [row["rank"] for row in sets["values"]] == [fifths[row["id"]] for row in sets["values"]]
    assert len(sets["classes"]) == 5
    assert {row["lines"][0] for row in sets["names"]} >= {"Bresso", "Milano", "Cormano"}
    texts = [text.text for text in written(drawn(bresso, charts.choropleth(one), 720))]
    assert texts.count("Bresso") == 2, "the text and its white border"


# ---- what is absent --------------------------------------------------------------------------------------------------


def test_what_is_absent_is_said_and_is_no_zero(bresso: Report) -> None:
    bars = charts.bars(FRAME, bresso, unit="percent")
    assert [row["said"] for row in bars.datasets["rows"]] == [
        "12,5\u00a0%",
        "31,0\u00a0%",
        "dato riservato",
        "0,0\u00a0%",
    ]
    assert [row["value"] for row in bars.datasets["rows"]] == [12.5, 31.0, None, 0.0]
    picture = drawn(bresso, bars, 720)
    assert "dato riservato" in {text.text for text in written(picture)}
    ranges = drawn(bresso, charts.ranges(FRAME.assign(high=[13.0, None, 2, 1]), bresso, unit="index"), 720)
    assert "NaN" not in ranges + picture
    rows = charts.series(SERIES, bresso, unit="percent", ours="Milano").datasets["rows"]
    assert [row["year"] for row in rows if row["name"] == "Milano"] == [2000, 2017]


@pytest.mark.parametrize(("language", "wanted"), [("it", "dato riservato"), ("en", "confidential")])
def test_a_row_without_its_figure_stays_and_says_so(language: str, wanted: str) -> None:
    frame = pd.DataFrame({"istat_code": ["015032", "015146", "015155"], "year": 2023, "value": [None, 3.0, 5.0]})
    frame["flag"] = ["confidential", "observed", "observed"]
    with page(municipality="015032", language=language) as (report, shown):
        parks = report.compare(frame, id="parks", it="Parchi", en="Parks", unit="percent", direction=1)
        jobs = compared(report, "jobs_per_100_commuters")[0]
        for chart in (charts.strip(parks, jobs), charts.choropleth(parks)):
            told = json.dumps(chart.datasets, ensure_ascii=False)
            assert wanted in told
            assert wanted in drawn(report, chart, 720)
        shown.clear()
        report.figure(charts.strip(parks), id="parks", it="{own} è verde", en="{own} is green")
        report.figure(charts.lines(parks, report.own), id="more", it="{own} è verde", en="{own} is green")
        report.figure(charts.strip(parks, jobs), id="two", it="Due", en="Two")
        kinds = [one.kind for one in shown]
        assert kinds == ["text", "figure"], "one line in place of the pictures, said once; the row of several stays"
        assert wanted in shown[0].paragraphs[0]
        cells = [[cell.t for cell in row] for row in shown[1].table.rows]
        assert wanted in cells[0]


# ---- an analyst's own ------------------------------------------------------------------------------------------------


def test_a_chart_of_ones_own_has_table_source_and_message(bresso: Report) -> None:
    with page(municipality="015032", language="en") as (report, shown):
        one = compared(report, "income_per_taxpayer")[0]
        values = one.municipalities.rename_axis("istat_code").reset_index()
        mine = alt.Chart(values).mark_bar().encode(x=alt.X("value:Q", bin=True), y="count()")
        about = {"it": "Reddito: {own}", "en": "Income: {own} ({rank})"}
        with pytest.raises(ToolkitError, match="placeholders differ"):
            report.figure(mine, id="mine", about=one, **about)
        shown.clear()
        about["it"] = "Reddito: {own} ({rank})"
        report.figure(mine, id="mine-too", about=one, **about)
        report.figure(charts.strip(one), id="ours", **about)
        mine_shown, ours = shown
        assert mine_shown.title == ours.title == "Income: €25,929 (57th of 133)"
        assert [(column["key"], column["unit"]) for column in mine_shown.table.columns] == [
            ("istat_code", ""),
            ("value", one.unit),
        ]
        assert len(mine_shown.table.rows) == len(values) == 133
        assert mine_shown.source == ours.source != []
        assert mine_shown.csv == "benchmark-mine-too.csv"
        assert svg.at_width(mine_shown.spec, 320) is not None
        assert "<svg" in svg.figure(mine_shown.payload())[1]
        beside = alt.hconcat(mine, mine)
        report.figure(beside, id="beside", it="Due", en="Two", sources=["income"])
        assert shown[-1].source == ours.source
        assert [column["key"] for column in shown[-1].table.columns] == ["istat_code", "value"]
        assert "<svg" in svg.figure(shown[-1].payload())[0]


def test_alternative_texts_say_values(bresso: Report) -> None:
    with page(municipality="015032", language="en") as (report, shown):
        for number, (kind, chart) in enumerate(made(report).items()):
            shown.clear()
            report.figure(chart, id=f"x-{number}", it="Titolo", en="Title", sources=["income"])
            assert re.search(r"\d", shown[0].alt), kind
            assert not {"ours", "said", "part"} & set(re.findall(r"\w+", shown[0].alt))
            assert all(column["label"] for column in shown[0].table.columns), kind


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda report: charts.bars(FRAME.drop(columns="value"), report, unit="percent"), "needs a column 'value'"),
        (lambda report: charts.ranges(FRAME.drop(columns="low"), report, unit="rank"), "needs a column 'low'"),
        (lambda report: charts.series(FRAME, report, unit="percent", ours="x"), "needs a column 'year'"),
        (lambda report: charts.bars(FRAME, report, unit="parrots"), "no unit 'parrots'"),
        (lambda report: charts.strip(), "a comparison"),
        (lambda report: charts.strip(FRAME), "a comparison"),
        (lambda report: charts.lines(FRAME), "a comparison"),
        (lambda report: charts.choropleth(FRAME), "a comparison"),
        (lambda report: charts.lines(*compared(report, "residents"), "zona"), "no scale is called 'zona'"),
        (lambda report: report.figure(FRAME, id="a", it="a", en="a"), "DataFrame is not an Altair chart"),
        (lambda report: report.figure(charts.bars(FRAME, report, unit="rank"), id="", it="a", en="a"), "needs an id"),
        (
            lambda report: report.figure(alt.Chart(FRAME).mark_bar().encode(x="velue"), id="b", it="a", en="a"),
            'Altair cannot make this chart: Unable to determine data type for the field "velue"',
        ),
        (
            lambda report: report.figure(alt.Chart(FRAME).mark_bar().encode(x="value"), id="b", it="{own}", en="{own}"),
            "no fact is called own",
        ),
    ],
)
def test_refusals_name_what_is_wrong(bresso: Report, draw, message: str) -> None:
    with page(municipality="015032") as (report, _), pytest.raises(ToolkitError, match=re.escape(message)):
        draw(report)


def test_an_id_is_given_once(bresso: Report) -> None:
    with page(municipality="015032") as (report, shown):
        report.figure(charts.bars(FRAME, report, unit="rank"), id="twice", it="a", en="a")
        with pytest.raises(ToolkitError, match="are called 'twice'"):
            report.show(FRAME, id="twice", it="a", en="a")
        assert [one.kind for one in shown if isinstance(one, display.Figure)] == ["figure"]
