"""Result files: the same in every language, nothing lost between null, zero and confidential, equal bytes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import synthetic_notebook as synthetic

from toolkit import render
from toolkit.errors import ToolkitError
from toolkit.render.results import as_csv, as_json, files, tables
from toolkit.render.workbook import pattern, workbook
from toolkit.text import Words


@pytest.fixture(scope="module")
def notebooks() -> dict[str, Any]:
    return {language: synthetic.notebook(language) for language in ("it", "en")}


def test_outputs_are_named_by_the_contract(notebooks: dict[str, Any], tmp_path: Path) -> None:
    written = render.outputs(notebooks["it"], tmp_path / "099901-prova")
    names = [path.name for path in written]
    assert sorted(names) == [
        "benchmark-charts.it.js",
        "benchmark-income-bars.csv",
        "benchmark-memo.it.html",
        "benchmark-places-map.csv",
        "benchmark-places.csv",
        "benchmark.it.html",
        "benchmark.it.xlsx",
        "benchmark.json",
    ]
    assert names[-1] == "benchmark.it.html", "the page comes last: promoting it publishes the rest"
    assert all(path.is_file() for path in written)


def test_every_file_that_the_page_links_to_is_written(notebooks: dict[str, Any], tmp_path: Path) -> None:
    from bs4 import BeautifulSoup

    render.outputs(notebooks["en"], tmp_path)
    soup = BeautifulSoup((tmp_path / "benchmark.en.html").read_text(encoding="utf-8"), "html.parser")
    linked = {link["href"] for link in soup("a", download=True)}
    assert len(linked) == 5
    assert all((tmp_path / name).is_file() for name in linked)


def test_results_are_free_of_language(notebooks: dict[str, Any]) -> None:
    assert files(notebooks["it"]) == files(notebooks["en"])


def test_csv_tells_zero_missing_and_confidential_apart(notebooks: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(files(notebooks["it"])["benchmark-places.csv"])))
    assert list(rows[0]) == ["territory", "income", "income_unit", "income_flag", "share", "share_unit", "share_flag"]
    assert [row["territory"] for row in rows] == ["099901", "099902", "099903"], "codes stay text"
    assert [(row["income"], row["income_flag"]) for row in rows] == [
        ("25929.0", "observed"),
        ("", "missing"),
        ("", "confidential"),
    ]
    assert [(row["share"], row["share_flag"]) for row in rows] == [
        ("10.5", "observed"),
        ("0.0", "observed"),
        ("3.25", "break"),
    ]
    assert {row["income_unit"] for row in rows} == {"EUR"}


def test_a_confidential_value_never_leaks() -> None:
    column = {"key": "income", "label": "Income", "numeric": True, "unit": "EUR"}
    leaky = {"id": "x", "columns": [column], "rows": [[{"v": 7, "t": "7", "flag": "confidential"}]]}
    assert as_csv(leaky) == "income,income_unit,income_flag\n,EUR,confidential\n"


def test_json_holds_results_tables_and_provenance(notebooks: dict[str, Any]) -> None:
    content = json.loads(as_json(notebooks["it"]))
    assert content["results"] == {"income": {"flag": "observed", "unit": "EUR", "value": 25928.5}}
    assert content["parameters"] == {"area": "", "as_of": "2023-12-31", "municipality": "099901"}
    assert content["provenance"]["tables"] == {"income": "ef" * 32}
    rows = content["tables"]["places"]["rows"]
    assert rows[1] == {"territory": "099902", "income": None, "share": 0.0, "flags": {"income": "missing"}}
    assert rows[2]["flags"] == {"income": "confidential", "share": "break"}


def test_what_json_cannot_hold_is_refused() -> None:
    notebook = synthetic.notebook("it")
    notebook.cells[-1].outputs[0].data[synthetic.MIME]["results"] = {"income": float("nan")}
    with pytest.raises(ToolkitError, match="JSON"):
        as_json(notebook)


@pytest.mark.parametrize("name", ["../evil.csv", "a/b.csv", "run.json"])
def test_a_table_cannot_choose_where_it_is_written(name: str) -> None:
    notebook = synthetic.notebook("it")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            payload = output.get("data", {}).get(synthetic.MIME, {})
            if payload.get("kind") == "table":
                payload["csv"] = name
    with pytest.raises(ToolkitError, match="plain name of a CSV"):
        files(notebook)


def test_two_tables_cannot_share_an_id() -> None:
    notebook = synthetic.notebook("it")
    notebook.cells.insert(-1, next(cell for cell in notebook.cells if _kind(cell) == "table"))
    with pytest.raises(ToolkitError, match="'places'"):
        list(tables(notebook))


def _kind(cell: Any) -> str:
    outputs = cell.get("outputs") or [{}]
    return str(outputs[0].get("data", {}).get(synthetic.MIME, {}).get("kind", ""))


# ---- workbook --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(notebooks: dict[str, Any]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook(notebooks["it"])))


def test_workbook_is_reproducible(notebooks: dict[str, Any]) -> None:
    assert workbook(notebooks["it"]) == workbook(synthetic.notebook("it"))


def test_workbook_has_a_cover_and_one_sheet_a_table(book: Any) -> None:
    assert book.sheetnames == ["Copertina", "income-bars", "places-map", "places"]
    assert book.properties.created == dt.datetime(2023, 12, 31)
    cover = [str(cell.value) for row in book["Copertina"].iter_rows() for cell in row if cell.value]
    assert cover[0] == "Confronto sintetico: Prova d'Adda"
    assert {"Fonti", "Dati sintetici, 2023", "Comuni di prova"} <= set(cover)
    assert any("CC BY 4.0" in text for text in cover)


def test_workbook_numbers_are_numbers_and_absences_are_words(book: Any) -> None:
    rows = list(book["places"].iter_rows(min_row=5, values_only=True))
    assert rows[0] == ("Comune", "Reddito", "Quota", "Stato dei dati")
    assert rows[1] == ("Prova", 25929, 10.5, None)
    assert rows[2] == (synthetic.HOSTILE, "n.d.", 0, "Reddito: non disponibile")
    assert rows[3][1:] == ("dato riservato", 3.25, "Reddito: dato riservato; Quota: interruzione della serie")


@pytest.mark.parametrize(
    ("language", "value", "printed", "expected"),
    [
        ("it", 25928.55, "25.929\u00a0€", '#,##0"\u00a0€"'),
        ("en", 25928.55, "€25,929", '"€"#,##0'),
        ("it", 10.46, "10,5\u00a0%", '#,##0.0"\u00a0%"'),
        ("en", -10.46, "\u221210.5%", '#,##0.0"%"'),
        ("it", 2.4487, "2,45", "#,##0.00"),
        ("it", 2023, "2023", "0"),
        ("it", 0.0, "0", "#,##0"),
        ("it", 2740000, "2,74 milioni di euro", "General"),
    ],
)
def test_workbook_shows_a_number_as_the_page_does(language: str, value: float, printed: str, expected: str) -> None:
    assert pattern({"v": value, "t": printed}, Words(language)) == expected


def test_workbook_never_computes_a_text(book: Any) -> None:
    cell = book["places"]["A8"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
