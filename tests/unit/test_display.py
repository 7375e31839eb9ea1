"""What is shown: payloads that are plain JSON, HTML that is accessible and escapes every text."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from lxml import etree
from lxml import html as lxml_html

from toolkit import display, svg
from toolkit.errors import DataError, ToolkitError
from toolkit.text import Words

HOSTILE = "<script>alert('x')</script>&\"</caption></script><!--"
SPEC = {
    "width": svg.WIDE,
    "usermeta": {"structured": True},
    "data": {"values": [{"a": HOSTILE, "v": 1.5}]},
    "mark": "bar",
    "encoding": {"x": {"field": "v", "type": "quantitative"}, "y": {"field": "a", "type": "nominal"}},
}
FRAME = pd.DataFrame(
    {
        "name": ["Bresso", "Nosate", "Milano", HOSTILE],
        "taxpayers": [20000.0, np.nan, np.nan, 0.0],
        "flag": ["observed", "confidential", "missing", "break"],
        "share": [10.54, 0.0, np.nan, 3.0],
        "year": [2021, 2021, 2021, 2021],
    }
)
COLUMNS = [
    display.Column(key="name", label="Comune"),
    display.Column(key="taxpayers", label="Contribuenti", unit="taxpayers", flag="flag"),
    display.Column(key="share", label="Quota", unit="percent"),
    display.Column(key="year", label="Anno", unit="year"),
]


def table(language="it", **more):
    data = display.data(FRAME, COLUMNS, Words(language), highlight=["Bresso"])
    return display.Table(language=language, id="taxpayers", caption=f"T {HOSTILE}", data=data, csv="a.csv", **more)


def figure(**more):
    data = display.data(FRAME, COLUMNS, Words("it"))
    given = {
        "language": "it",
        "id": "reddito",
        "title": f"Titolo {HOSTILE}",
        "subtitle": "Euro, 2021",
        "alt": HOSTILE,
        "description": HOSTILE,
        "spec": SPEC,
        "source": ["MEF, anno d'imposta 2021.", HOSTILE],
        "note": HOSTILE,
        "table": data,
        "csv": "benchmark-reddito.csv",
    }
    return display.Figure(**{**given, **more})


def parsed(markup):
    return lxml_html.fragment_fromstring(markup, create_parent="main")


def test_a_payload_is_json_that_survives_a_round_trip():
    for shown in (table(), figure()):
        payload = shown.payload()
        text = json.dumps(payload, allow_nan=False)
        assert json.loads(text) == payload
        assert list(payload) == sorted(payload)
        assert display.html(json.loads(text)) == display.html(payload)


def test_suppressed_missing_and_zero_look_different():
    rows = table().payload()["rows"]
    assert [cell["t"] for cell in (row[1] for row in rows)] == ["20.000", "dato riservato", "n.d.", "0"]
    assert [cell["v"] for cell in (row[1] for row in rows)] == [20000.0, None, None, 0.0]
    assert [cell["flag"] for cell in (row[2] for row in rows)] == ["observed", "observed", "missing", "observed"]
    page = parsed(display.html(table().payload()))
    absent = page.xpath("//td[contains(@class, 'absent')]")
    assert [(cell.text, cell.get("data-flag"), cell.get("data-v")) for cell in absent] == [
        ("dato riservato", "confidential", None),
        ("n.d.", "missing", None),
        ("n.d.", "missing", None),
    ]
    assert [cell.text for cell in page.xpath("//td") if cell.text.startswith("0")] == ["0,0\u00a0%", "0"]
    assert page.xpath("//td[@data-flag='break']/sup")[0].text == "(i)"
    legend = page.xpath("//p[@class='flags']")[0].text
    assert "interruzione" in legend
    assert "dato riservato" in legend
    assert "stima" not in legend


def test_a_confidential_value_never_reaches_the_page():
    frame = pd.DataFrame({"name": ["Nosate"], "taxpayers": [3.0], "flag": ["confidential"]})
    data = display.data(frame, COLUMNS[:2], Words("it"))
    shown = display.Table(language="it", id="a", caption="b", data=data)
    assert shown.payload()["rows"][0][1] == {"v": None, "t": "dato riservato", "flag": "confidential"}
    assert "3" not in re.sub(r"h3", "", display.html(shown.payload()))


def test_a_table_has_caption_scopes_and_a_marked_row():
    page = parsed(display.html(table(subtitle="Persone").payload()))
    assert page.xpath("//caption/span")[0].text == f"T {HOSTILE}"
    assert all(header.get("scope") == "col" for header in page.xpath("//thead//th"))
    assert all(header.get("scope") == "row" for header in page.xpath("//tbody//th"))
    assert [row.xpath("./th")[0].text for row in page.xpath("//tr[@class='ours']")] == ["Bresso"]
    group = page.xpath("//*[@role='group']")[0]
    assert group.get("tabindex") == "0"
    assert page.xpath(f"//*[@id='{group.get('aria-labelledby')}']")
    years = [cell.text for cell in page.xpath("//tbody/tr/td[last()]")]
    assert years == ["2021"] * 4


def test_a_figure_has_all_that_an_auditor_asks_for():
    page = parsed(display.html(figure().payload()))
    shown = page.xpath("//figure")[0]
    assert shown.get("id") == "reddito"
    assert shown.xpath("./figcaption/h3")[0].text == f"Titolo {HOSTILE}"
    drawings = shown.xpath(".//*[local-name()='svg']")
    assert [drawing.get("role") for drawing in drawings] == ["img", "img"]
    assert len(shown.xpath(".//details//table")) == 1
    assert shown.xpath(".//p[@class='source']")[0].text_content() == f"Fonte: MEF, anno d'imposta 2021; {HOSTILE}."
    assert shown.xpath(".//a[@class='csv']")[0].get("href") == "benchmark-reddito.csv"
    for element in shown.xpath(".//p[@class='tools']/*"):
        assert element.get("aria-label").startswith(element.text)
    button = shown.xpath(".//button")[0]
    assert "hidden" in button.attrib
    spec = json.loads(shown.xpath(".//script")[0].text)
    assert spec["spec"] == SPEC
    assert spec["locale"]["formatLocale"]["decimal"] == ","


def test_ids_of_a_page_are_unique():
    page = (
        display.html(figure().payload()) + display.html(table().payload()) + display.html(figure(id="altro").payload())
    )
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', page)) <= set(ids)


EVERY = [
    figure(),
    table(note=HOSTILE, subtitle=HOSTILE, source=[HOSTILE]),
    display.Text(language="it", paragraphs=[HOSTILE]),
    display.Brief(language="it", sentences=[HOSTILE], steps=[HOSTILE]),
    display.KeyFigures(
        language="it",
        items=[
            display.KeyFigure(
                id=HOSTILE,
                label=HOSTILE,
                value=HOSTILE,
                unit=HOSTILE,
                note=HOSTILE,
                comparisons=[(HOSTILE, HOSTILE)],
                v=1.0,
            )
        ],
    ),
    display.Sources(
        language="it",
        items=[
            {
                "title": HOSTILE,
                "publisher": HOSTILE,
                "licence": HOSTILE,
                "licence_url": "javascript:alert(1)",
                "faults": [HOSTILE],
            }
        ],
    ),
    display.Open(
        language="it",
        report="benchmark",
        territory={"name": HOSTILE},
        title=HOSTILE,
        as_of="2026-01-01",
        reference_date="2018–2023",
        snapshot={},
        version=HOSTILE,
        parameters={},
    ),
    display.Close(language="it", results={"a": HOSTILE}, provenance={}),
]


@pytest.mark.parametrize("shown", EVERY, ids=lambda shown: shown.kind)
def test_markup_in_any_text_is_shown_as_text(shown):
    markup = display.html(shown.payload())
    page = parsed(markup)
    scripts = page.xpath("//script")
    assert [script.get("type") for script in scripts] == ["application/json"] * len(scripts)
    assert "javascript:" not in markup
    for script in scripts:
        assert HOSTILE in script.text or "\\u003c" in script.text
        script.text = ""
    assert not page.xpath("//comment()")
    if shown.kind != "close":
        assert "<script>alert('x')</script>" in page.text_content()


@pytest.mark.parametrize("shown", EVERY, ids=lambda shown: shown.kind)
def test_the_html_is_well_formed(shown):
    markup = re.sub(r"(<script[^>]*>).*?(</script>)", r"\1\2", display.html(shown.payload()), flags=re.DOTALL)
    attributes = re.sub(r"\s(hidden|download|data-sortable)(?=[\s>])", r' \1=""', markup)
    etree.fromstring(f"<main>{attributes}</main>")


@pytest.mark.parametrize("shown", EVERY, ids=lambda shown: shown.kind)
def test_a_notebook_sees_html_and_the_page_sees_json(shown, monkeypatch):
    monkeypatch.delenv(display.DEFER_CHARTS, raising=False)
    bundle = shown._repr_mimebundle_()
    assert bundle[display.MIME] == shown.payload()
    assert bundle["text/plain"]
    assert "<script class" not in bundle["text/html"]


def test_charts_are_left_to_the_page_when_asked(monkeypatch):
    monkeypatch.setenv(display.DEFER_CHARTS, "1")
    assert "text/html" not in figure()._repr_mimebundle_()
    assert "text/html" in table()._repr_mimebundle_()


def test_shared_data_are_drawn_but_stay_out_of_the_payload():
    spec = {**SPEC, "data": {"name": "places"}}
    shown = figure(spec=spec, datasets={"places": [{"a": "Bresso", "v": 1}]})
    assert "datasets" not in shown.payload()
    assert "Bresso" in shown._repr_mimebundle_()["text/html"]
    with pytest.raises(ToolkitError, match="places"):
        display.html(shown.payload())
    assert "Bresso" in display.html(shown.payload(), datasets={"places": [{"a": "Bresso", "v": 1}]})
    page = display.Extract(language="it", id="mappe", title="t", page="x-mappe.it.html", parts=[shown], alone=True)
    assert "Bresso" in page._repr_mimebundle_()["text/html"]


def test_drawings_made_elsewhere_are_used():
    markup = display.html(figure().payload(), svg=("<svg>wide</svg>", "<svg>narrow</svg>"))
    assert '<div class="wide"><svg>wide</svg></div><div class="narrow"><svg>narrow</svg></div>' in markup


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(DataError, match="infinite"):
        display.Close(language="it", results={"a": {"b": math.inf}}, provenance={}).payload()
    assert display.Close(language="it", results={"a": math.nan, "b": np.int64(3)}, provenance={}).payload()[
        "results"
    ] == {
        "a": None,
        "b": 3,
    }
    with pytest.raises(DataError, match="cannot be part"):
        display.Close(language="it", results={"a": object()}, provenance={}).payload()


@pytest.mark.parametrize("name", ["", "Reddito", "a b", "1a", "a_b", "a--b", 'a"'])
def test_an_id_is_a_slug(name):
    with pytest.raises(ToolkitError, match="cannot be the id"):
        figure(id=name)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DataError, match="incom"):
        display.data(FRAME, [display.Column(key="incom", label="x")], Words("it"))
    with pytest.raises(ToolkitError, match="no way to show 'chart'"):
        display.html({"kind": "chart", "language": "it"})


def test_rows_of_different_measures():
    frame = pd.DataFrame({"indicator": ["a", "b"], "value": [25928.55, 10.54], "unit": ["EUR", "percent"]})
    columns = [
        display.Column(key="indicator", label="Indicator", texts={"a": "Income"}),
        display.Column(key="value", label="Value", unit_from="unit"),
    ]
    rows = display.data(frame, columns, Words("en")).rows
    assert [[cell.t for cell in row] for row in rows] == [["Income", "€25,929"], ["b", "10.5%"]]
    assert rows[0][0].v == "a"


def test_the_unit_of_a_column_is_said_once():
    columns = [
        display.Column(key="taxpayers", label="Contribuenti", unit="taxpayers"),
        display.Column(key="taxpayers", label="Totale", unit="taxpayers"),
    ]
    said = [column["unit_label"] for column in display.data(FRAME, columns, Words("it")).columns]
    assert said == ["", "contribuenti"]


def test_specs_may_stand_beside_the_page():
    """A script file of its own: the figure keeps its button, and a hostile text cannot leave the script."""
    markup = display.html(figure().payload(), specs=False)
    assert "<button" in markup
    assert "<script" not in markup
    script = display.specs_script([figure().payload(), table().payload(), figure(id="altro").payload()])
    assert script.startswith("window.quadroCharts=")
    told = json.loads(script.removeprefix("window.quadroCharts=").removesuffix(";\n"))
    assert list(told) == ["reddito", "altro"]
    assert told["reddito"]["spec"] == SPEC
    assert "</script>" not in script


def test_only_what_there_is_to_explore_has_a_button():
    said = figure(spec={**SPEC, "usermeta": {"explore": False}})
    markup = display.html(said.payload())
    assert "<button" not in markup
    assert "<script" not in markup
    assert display.specs_script([said.payload()]) == "window.quadroCharts={};\n"
