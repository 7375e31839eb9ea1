"""Charts that would be drawn empty or wrong are refused with their name; those that transforms complete are drawn."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
from making import code, parameters, project, prose
from report_making import compared, page

from toolkit import charts, cli, svg
from toolkit.charts import drawable, structure
from toolkit.errors import ToolkitError

FRAME = pd.DataFrame({"year": [2000, 2001, 2002], "value": [1.0, 2.0, 3.0], "name": list("aab")})
ODD = FRAME.rename(columns={"value": "a.b", "name": "c[0]"}).assign(**{"d\\e": 1.0, "a": 2.0})
GAPS = FRAME.assign(value=[1.0, None, 3.0])
LOG, NO = alt.Scale(type="log"), float("nan")
INF = FRAME.assign(value=[1.0, float("inf"), 2.0])
BARS = alt.Chart(FRAME).mark_bar().encode(x="year:O", y="value:Q")
OF = {"x": "year:O", "y": "value:Q"}


def chart(frame: Any = FRAME, mark: str = "point", **encoding: Any) -> alt.Chart:
    return getattr(alt.Chart(frame), f"mark_{mark}")().encode(**(encoding or OF))


def named(rows: list[dict[str, Any]], **encoding: Any) -> alt.Chart:
    made = chart(alt.NamedData("mine"), **encoding)
    made.datasets = {"mine": rows}
    return made


def drawn(one: alt.TopLevelMixin, name: str = "mine") -> tuple[str, str]:
    spec, sets = structure.specification(one, name)
    spec = {**structure.sized(spec), "datasets": sets}
    return svg.figure({"id": name, "alt": "a", "description": "d", "language": "it", "spec": spec})


SEEN: dict[str, tuple[alt.TopLevelMixin, str]] = {  # before it is drawn
    "dot": (
        chart(ODD, x="year:O", y="a.b:Q"),
        r"reads 'a\.b' as a path \(a → b\).*columns=\{'a\.b': 'a_b'\}.*r'a\\\.b'",
    ),
    "bracket": (chart(ODD, "bar", x="c[0]:N", y="a:Q"), r"reads 'c\[0\]' as a path \(c → 0\).*'c_0'.*r'c\\\[0\\\]'"),
    "backslash": (chart(ODD, x="year:O", y="d\\e:Q"), r"as a path \(de\).*r'd\\\\e'"),
    "misspelt": (chart(mark="line", x="year:O", y="velue:Q"), "a field 'velue'.*name, value, year.*'value', perhaps"),
    "tooltip": (BARS.encode(tooltip=["year:O", "nome:N"]), "'nome'.*'name', perhaps"),
    "condition": (BARS.encode(color=alt.condition("datum.ours", alt.value("red"), alt.value("grey"))), "'ours'"),
    "condition on a field": (BARS.encode(color=alt.condition("datum.year > 1", "nom:N", alt.value("grey"))), "'nom'"),
    "sort": (BARS.encode(x=alt.X("year:O", sort=alt.EncodingSortField("rank"))), "'rank'"),
    "layer": (BARS + chart(mark="rule", y="mean(limit):Q"), "'limit'"),
    "facet": (BARS.facet("nam:N"), "'nam'"),
    "row": (BARS.encode(row="nam:N"), "'nam'"),
    "repeat": (
        chart(x="year:O", y=alt.Y(alt.repeat("row"), type="quantitative")).repeat(row=["value", "vale"]),
        "'vale'",
    ),
    "concat": (BARS | chart(x="year:O", y="vlue:Q"), "'vlue'"),
    "named data": (named([{"a": 1, "b": 2}], x="a:Q", y="c:Q"), "'c'.*a, b"),
    "nested": (chart(alt.Data(values=[{"a": {"b": 1}}]), x="a.c:Q"), r"'a\.c'"),
    "calculated": (BARS.transform_calculate(half="datum.valu / 2"), "'valu'"),
    "filtered": (BARS.transform_filter(alt.FieldOneOfPredicate("nome", ["a"])), "'nome'"),
    "lost": (chart(x="value:Q").transform_aggregate(n="count()", groupby=["name"]), "'value'.*n, name"),
    "looked up": (BARS.transform_lookup("name", alt.LookupData(FRAME, "nome", ["value"])), "'nome'"),
    "no row": (chart(FRAME.iloc[:0]), "no row"),
    "no row in any layer": (chart(FRAME.iloc[:0]) + chart(FRAME.iloc[:0], "line"), "no row"),
    "no row in a panel": (BARS | chart(FRAME.iloc[:0]), "no row"),
    "all absent": (chart(FRAME.assign(value=NO), "line"), "all values of 'value' are absent"),
    "sum of absent": (chart(FRAME.assign(value=NO), "bar", x="year:O", y="sum(value):Q"), "all values of 'value'"),
    "infinity": (chart(INF), "'value' of the chart holds infinity"),
    "infinity by value": (chart(alt.Data(values=[{"v": 1}, {"v": float("inf")}]), x="v:Q"), "row 2 .* inf in 'v'"),
    "NaN by value": (named([{"v": NO}], x="v:Q"), "row 1 .* nan in 'v'"),
    "NaN domain": (
        chart(x="year:O", y=alt.Y("value:Q", scale=alt.Scale(domain=[0, NO]))),
        r"y\.scale\.domain holds nan",
    ),
    "no domain": (chart(x="year:O", y=alt.Y("value:Q", scale=alt.Scale(domain=[0, None]))), r"y\.scale\.domain"),
    "zero on log": (chart(FRAME.assign(value=[0, 1, 2]), x="year:O", y=alt.Y("value:Q", scale=LOG)), "zero.*symlog"),
}
DRAWN: dict[str, tuple[alt.TopLevelMixin, str]] = {  # what transforms, scales and aggregates decide
    "filtered out": (chart().transform_filter("datum.value > 10"), "no marks"),
    "a panel filtered out": (BARS | chart().transform_filter("datum.value > 10"), "one of its parts has no marks"),
    "not calculated": (chart(x="year:O", y="z:Q").transform_calculate(z="datum.value / 'a'"), "no marks"),
    "normalised zeros": (
        chart(FRAME.assign(value=0.0), "bar", x="year:O", y=alt.Y("value:Q", stack="normalize"), color="name:N"),
        "height of its marks",
    ),
    "a bar on log": (chart(mark="bar", x="year:O", y=alt.Y("value:Q", scale=LOG)), "a bar, on a logarithmic scale"),
    "calculated zero on log": (
        chart(mark="line", x="year:O", y=alt.Y("z:Q", scale=LOG)).transform_calculate(z="datum.value - 1"),
        "y of its marks is no number",
    ),
}
GOOD: dict[str, alt.TopLevelMixin] = {
    "escaped": chart(ODD, x=r"c\[0\]:N", y=r"a\.b:Q", tooltip=r"d\\e:N"),
    "nested": chart(alt.Data(values=[{"a": {"b": [1, 2]}}]), x="a.b[1]:Q"),
    "gaps": chart(GAPS, "line") + chart(GAPS, "bar") + chart(GAPS, "rule", x="year:O", y="year:Q", y2="value"),
    "an empty layer": BARS + chart(FRAME.iloc[:0], "rule", y="limit:Q"),
    "an absent layer": BARS + chart(FRAME.assign(value=NO), "line"),
    "infinity elsewhere": chart(INF, x="year:O"),
    "calculated": chart(x="year:O", y="z:Q").transform_calculate(z="datum.value * 2"),
    "folded": chart(x="what:N", y="how:Q").transform_fold(["year", "value"], as_=["what", "how"]),
    "folded, unnamed": chart(x="key:N", y="value:Q").transform_fold(["year", "value"]),
    "aggregated": chart(x="name:N", y="n:Q").transform_aggregate(n="sum(value)", groupby=["name"]),
    "joined": chart(x="year:O", y="share:Q")
    .transform_joinaggregate(all="sum(value)")
    .transform_calculate(share="datum.value / datum.all"),
    "ranked": chart(x="rank:O", y="value:Q").transform_window(rank="rank()", sort=[alt.SortField("value")]),
    "looked up": chart(x="a:Q", y="value:Q").transform_lookup("year", alt.LookupData(ODD, "year", ["a"])),
    "binned": chart(x="low:Q", x2="low_end", y="count()").transform_bin("low", "value"),
    "stacked": chart(mark="bar", x="from:Q", x2="to:Q").transform_stack(
        as_=["from", "to"], stack="value", groupby=["year"]
    ),
    "density": chart(mark="area", x="value:Q", y="density:Q").transform_density("value"),
    "regression": chart(mark="line", x="year:Q", y="value:Q").transform_regression("year", "value"),
    "pivoted": chart(x="year:O", y="a:Q").transform_pivot("name", "value", ["year"]),
    "flattened": chart(alt.Data(values=[{"a": [1, 2]}]), x="a:Q").transform_flatten(["a"]),
    "careful": BARS.transform_calculate(n="isValid(datum.note) ? datum.note : ''"),
    "repeated": chart(x="year:O", y=alt.Y(alt.repeat("layer"), type="quantitative")).repeat(layer=["value", "year"]),
    "faceted": BARS.facet("name:N", columns=1),
    "crossed": BARS.encode(row="name:N", column="year:O"),
    "positive on log": chart(x="year:O", y=alt.Y("value:Q", scale=LOG)),
    "zero left out on log": chart(
        FRAME.assign(value=[0, 1, 2]), x="year:O", y=alt.Y("value:Q", scale=LOG)
    ).transform_filter("datum.value > 0"),
    "generated": chart(alt.sequence(0, 5, as_="x"), x="x:Q", y="y:Q").transform_calculate(y="datum.x * 2"),
    "counted": chart(FRAME.assign(value=NO), "bar", x="name:N", y="missing(value):Q"),
    "zeros": chart(FRAME.assign(value=0.0), "bar"),
}


@pytest.mark.parametrize("kind", SEEN)
def test_what_is_seen_before_it_is_drawn(kind: str) -> None:
    one, said = SEEN[kind]
    with page(municipality="015032") as (report, shown):
        with pytest.raises(ToolkitError, match=f"(?s){said}") as refused:
            report.figure(one, id="my-chart", it="Un disegno", en="A drawing")
        assert refused.value.where == "my-chart"
        assert not shown[1:], "nothing of it is on the page"


@pytest.mark.parametrize("kind", DRAWN)
def test_what_is_seen_in_the_drawing(kind: str) -> None:
    one, said = DRAWN[kind]
    with pytest.raises(ToolkitError, match=f"cannot be drawn: .*{said}") as refused:
        drawn(one, "my-chart")
    assert refused.value.where == "my-chart"


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_whole_is_drawn(kind: str) -> None:
    for picture in filter(None, drawn(GOOD[kind])):
        assert re.search(r"<(path|rect|circle|line|text) ", picture)


def test_a_layer_on_the_data_of_our_charts_is_checked_too() -> None:
    with page(municipality="015032") as (report, _):
        ours = charts.lines(*compared(report, "income_per_taxpayer"))
        rows = alt.Chart(alt.NamedData("rows")).mark_rule()
        structure.specification(ours + rows.encode(y="mean(value):Q"))
        with pytest.raises(ToolkitError, match="'velue'"):
            structure.specification(ours + rows.encode(y="mean(velue):Q"))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a", ["a"]),
        ("a.b", ["a", "b"]),
        ("a[0].b", ["a", "0", "b"]),
        ("a['b.c']", ["a", "b.c"]),
        (r"a\.b", ["a.b"]),
        (r"a\[0\]", ["a[0]"]),
        (r"a\\b", [r"a\b"]),
        (r"a\b", ["ab"]),
    ],
)
def test_a_field_is_read_as_vega_reads_it(name: str, path: list[str]) -> None:
    assert drawable.path_of(name) == path


OPEN = (
    "import altair as alt\nimport pandas as pd\nfrom toolkit import Report\n\n"
    'report = Report("own", municipality=municipality, language=language, it="Prova", en="Trial")\n'
    'rows = pd.DataFrame({"year": [2000, 2001], "value": [1.0, 2.0]})\n'
    'chart = alt.Chart(rows).mark_bar().encode(x="year:O", y="value:Q")'
)
SHOW = 'report.figure(chart, id="my-chart", it="Un disegno", en="A drawing")'


FAULTS = (
    'if municipality == "015032":\n    chart = chart.encode(y="velue:Q")\n'
    'if municipality == "015077":\n    chart = chart.transform_filter("datum.value > 9")'
)
PLAN = 'title: {it: a, en: a}\nnotebooks: [own]\nmunicipalities: ["015032", "015077", "015146"]\nlanguages: [it]\n'


def test_the_page_fails_with_the_charts_name_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [prose("# Prova"), parameters(), *map(code, (OPEN, FAULTS, SHOW, "report.close()"))]
    project(tmp_path, {"own": cells}, {"own": PLAN})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert cli.main(["run", "own", "--jobs", "1"]) == 1
    at_cell, at_drawing, good = sorted(
        json.loads(Path("reports/run.json").read_text())["pages"], key=lambda page: page["territory"]["code"]
    )
    assert (at_cell["outcome"], at_cell["cell"]) == ("failed_data", 5)
    assert "a field 'velue' that its data lack\n  where: my-chart\n  allowed: value, year" in at_cell["message"]
    assert at_drawing["outcome"] == "failed_code"
    assert re.search(r"it has no marks.*\n  where: my-chart", at_drawing["message"])
    assert (good["outcome"], good["message"]) == ("ok", "")
    assert [path.parent.name for path in Path("reports").glob("*/own.it.html")] == ["015146-milano"]
