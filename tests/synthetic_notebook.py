"""An executed notebook with every kind of payload, built in code from invented values that say so."""

from __future__ import annotations

from typing import Any

import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from toolkit import display, svg
from toolkit.charts import theme
from toolkit.text import Words

HOSTILE = '<script>alert("x")</script> & <b>"Città d\'Oro"</b>'
MIME = display.MIME
STRUCTURED = {
    "config": theme.CONFIG,
    "width": svg.WIDE,
    "autosize": {"type": "fit-x", "contains": "padding"},
    "usermeta": {"structured": True, "explore": True},
}
SOURCE = {"it": "Dati sintetici, 2023", "en": "Synthetic data, 2023"}


def notebook(
    language: str = "it",
    *,
    code: str = "099901",
    name: str = "Prova d'Adda",
    report: str = "benchmark",
    title: str = "",
) -> Any:
    """The notebook; `title` replaces the report's (to try hostile text)."""
    texts = {"it": _italian, "en": _english}[language]()
    shown = [
        _open(language, code, name, report, title or texts["title"]),
        _memo(language, report, texts),
        _key_figures(language, texts),
        _figure(language, texts),
        _map(language, texts),
        _table(language, texts),
        display.Text(language=language, paragraphs=[texts["paragraph"], HOSTILE]),
        display.Sources(language=language, items=[_source(language)]),
        _close(language, code),
    ]
    opened, brief, figures, figure, chart, table, text, *rest = [_cell(item) for item in shown]
    cells = [
        _prose("# Confronto sintetico\n\nPagina di prova: *i numeri sono inventati*.", "lang-it"),
        _prose("# Synthetic benchmark\n\nA trial page: *the numbers are invented*.", "lang-en"),
        new_code_cell('municipality = ""', id="parameters", metadata={"tags": ["parameters"]}),
        new_code_cell('municipality = "099901"', id="injected", metadata={"tags": ["injected-parameters"]}),
        opened,
        _prose("## Redditi & <em>lavoro</em>\n\nUna frase in **italiano**.", "lang-it"),
        _prose("## Incomes & <em>work</em>\n\nA sentence in **English**.", "lang-en"),
        figure,
        chart,
        _prose("### Un dettaglio", "lang-it"),
        _prose("### A detail", "lang-en"),
        table,
        _prose("Private.", "notes"),
        _prose("## Metodo\n\nPrima riga.\n\n1. uno\n2. due", "lang-it"),
        _prose("## Method\n\nFirst line.\n\n1. one\n2. two", "lang-en"),
        text,
        _stray(),
        brief,
        figures,
        *rest,
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    node = new_notebook(cells=cells)
    node.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python", "pygments_lexer": "ipython3"},
    }
    return node


def without_close(node: Any) -> Any:
    """The same notebook, its report not closed."""
    node.cells = node.cells[:-1]
    return node


def _cell(item: Any) -> Any:
    data = {MIME: item.payload(), "text/plain": item.kind}
    return new_code_cell("show()", execution_count=1, outputs=[new_output("display_data", data=data)])


def _stray() -> Any:
    """What an analyst looks at on the way: it stays off the page."""
    outputs = [
        new_output("stream", name="stdout", text="a stray print\n"),
        new_output(
            "execute_result", data={"text/html": "<b>a stray frame</b>", "text/plain": "frame"}, execution_count=2
        ),
    ]
    return new_code_cell("frame", execution_count=2, outputs=outputs)


def _prose(source: str, tag: str) -> Any:
    return new_markdown_cell(source, metadata={"tags": [tag]})


def _open(language: str, code: str, name: str, report: str, title: str) -> display.Open:
    return display.Open(
        language=language,
        report=report,
        territory={
            "type": "municipality",
            "code": code,
            "name": name,
            "slug": "prova",
            "province": "MI",
            "zone": "Prova",
        },
        title=title,
        as_of="2023-12-31",
        reference_date="2023",
        snapshot={"date": "2026-11-15", "hash": "0f1e2d3c"},
        version="0.1.0",
        parameters={"municipality": code, "language": language},
    )


def _close(language: str, code: str) -> display.Close:
    return display.Close(
        language=language,
        results={"income": {"value": 25928.5, "unit": "EUR", "flag": "observed"}},
        provenance={
            "version": "0.1.0",
            "lock": "ab" * 32,
            "data": "cd" * 32,
            "parameters": {"municipality": code, "area": "", "language": language, "as_of": "2023-12-31"},
            "tables": {"income": "ef" * 32},
        },
        next_due="2027-04-30",
    )


def _memo(language: str, report: str, texts: dict[str, Any]) -> display.Extract:
    """The page's brief, which is a page of its own too."""
    brief = display.Brief(language=language, sentences=texts["brief"], steps=texts["next"])
    points = display.Points(language=language, groups=[(texts["caveat"], [texts["paragraph"], HOSTILE])])
    page = f"{report}-memo.{language}.html"
    return display.Extract(language=language, id="memo", title=texts["memo"], page=page, parts=[brief, points])


def _key_figures(language: str, texts: dict[str, Any]) -> display.KeyFigures:
    number = {"it": ("25.929 €", "24.100 €", "n.d.", "10,5 %"), "en": ("€25,929", "€24,100", "n/a", "10.5%")}[language]
    comparisons = [(texts["zone"], number[1]), (texts["metro"], number[0])]
    return display.KeyFigures(
        language=language,
        items=[
            display.KeyFigure(
                id="income", label=texts["income"], value=number[0], v=25929.0, period="2023", comparisons=comparisons
            ),
            display.KeyFigure(
                id="share", label=texts["share"], value=number[3], v=10.5, period="2023", comparisons=comparisons
            ),
            display.KeyFigure(
                id="absent", label=texts["absent"], value=number[2], flag="missing", period="2023", note=HOSTILE
            ),
        ],
    )


def _data(language: str, texts: dict[str, Any]) -> display.Data:
    frame = pd.DataFrame(
        {
            "territory": ["099901", "099902", "099903"],
            "income": [25929.0, None, None],
            "income_flag": ["observed", "missing", "confidential"],
            "share": [10.5, 0.0, 3.25],
            "share_flag": ["observed", "observed", "break"],
        }
    )
    names = {"099901": "Prova", "099902": HOSTILE, "099903": "=1+1"}
    columns = [
        display.Column(key="territory", label=texts["territory"], texts=names),
        display.Column(key="income", label=texts["income"], unit="EUR", flag="income_flag"),
        display.Column(key="share", label=texts["share"], unit="percent", flag="share_flag"),
    ]
    return display.data(frame, columns, Words(language), highlight=["099901"])


def _figure(language: str, texts: dict[str, Any]) -> display.Figure:
    values = [{"place": "Prova", "value": 25929}, {"place": "Esempio <b>", "value": 21000}]
    return display.Figure(
        language=language,
        id="income-bars",
        title=texts["message"],
        subtitle=texts["measure"],
        alt=texts["message"],
        description=texts["paragraph"],
        spec=_bars(values),
        source=[SOURCE[language]],
        note=HOSTILE,
        table=_data(language, texts),
        csv="benchmark-income-bars.csv",
    )


def _map(language: str, texts: dict[str, Any]) -> display.Figure:
    return display.Figure(
        language=language,
        id="places-map",
        title=texts["map"],
        subtitle=texts["measure"],
        alt=texts["map"],
        description=texts["paragraph"],
        spec=_shapes(),
        source=[SOURCE[language]],
        table=_data(language, texts),
        csv="benchmark-places-map.csv",
    )


def _shapes() -> dict[str, Any]:
    """A map of real boundaries, which the page's files share: the spec only names them."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        **STRUCTURED,
        "height": 300,
        "data": {"name": "boundaries", "format": {"type": "topojson", "feature": "municipalities"}},
        "projection": {"type": "mercator"},
        "mark": {"type": "geoshape", "fill": "#99c2eb", "stroke": "white"},
    }


def _bars(values: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        **STRUCTURED,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "y": {"field": "place", "type": "nominal", "title": None},
            "x": {"field": "value", "type": "quantitative", "title": "€"},
        },
    }


def _table(language: str, texts: dict[str, Any]) -> display.Table:
    return display.Table(
        language=language,
        id="places",
        caption=texts["caption"],
        subtitle=texts["measure"],
        data=_data(language, texts),
        source=[SOURCE[language]],
        csv="benchmark-places.csv",
    )


def _source(language: str) -> dict[str, Any]:
    return {
        "title": SOURCE[language],
        "publisher": HOSTILE,
        "licence": "CC BY 4.0",
        "licence_url": "https://creativecommons.org/licenses/by/4.0/",
        "url": "javascript:alert(1)",
        "reference_date": "2023-12-31",
        "date_accessed": "2026-11-15",
        "sha256": "ef" * 32,
        "processing": "none",
        "faults": [HOSTILE],
    }


def _italian() -> dict[str, Any]:
    return {
        "title": "Confronto sintetico",
        "brief": ["Il reddito sintetico è 25.929 €.", HOSTILE],
        "next": ["Verificare i dati di prova."],
        "paragraph": "Frase di prova: i numeri di questa pagina sono inventati.",
        "caveat": "Dati inventati",
        "zone": "Zona",
        "metro": "Città metropolitana",
        "income": "Reddito",
        "share": "Quota",
        "absent": "Un dato che manca",
        "territory": "Comune",
        "memo": "Promemoria sintetico",
        "map": "I confini della prova sono veri, i valori no",
        "message": "Il reddito sintetico supera quello dell'esempio",
        "measure": "Euro per contribuente, dati sintetici, 2023",
        "caption": "Comuni di prova",
    }


def _english() -> dict[str, Any]:
    return {
        "title": "Synthetic benchmark",
        "brief": ["Synthetic income is €25,929.", HOSTILE],
        "next": ["Check the trial data."],
        "paragraph": "A trial sentence: the numbers of this page are invented.",
        "caveat": "Invented data",
        "zone": "Zone",
        "metro": "Metropolitan City",
        "income": "Income",
        "share": "Share",
        "absent": "A missing figure",
        "territory": "Municipality",
        "memo": "Synthetic memo",
        "map": "The boundaries of the trial are real, the values are not",
        "message": "Synthetic income is above the example's",
        "measure": "Euro per taxpayer, synthetic data, 2023",
        "caption": "Trial municipalities",
    }
