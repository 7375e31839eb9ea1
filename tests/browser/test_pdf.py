"""The PDF of a page: tagged, with its language, bookmarks and alternatives of figures; no address of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from toolkit import render
from toolkit.errors import ToolkitError

pytestmark = pytest.mark.browser
A4 = (595.0, 842.0)  # points


@pytest.fixture(scope="module")
def reader(browser: Any, report: Path, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    return PdfReader(render.pdf(report, tmp_path_factory.mktemp("pdf") / "page.pdf"))


def test_is_tagged_in_its_language(reader: PdfReader) -> None:
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "it"
    assert reader.metadata is not None
    assert str(reader.metadata.title).endswith("Quadro")


def test_is_a4_with_page_numbers(reader: PdfReader) -> None:
    total = len(reader.pages)
    for number, page in enumerate(reader.pages, start=1):
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4, abs=1)
        assert f"{number} / {total}" in page.extract_text()


def test_has_the_sections_as_bookmarks(reader: PdfReader) -> None:
    outline = reader.outline
    sections = [item.title for item in outline[1] if not isinstance(item, list)]
    assert sections[0] == "In breve"
    assert sections[-1] == "Da dove viene questa pagina"


def test_figures_have_alternatives(reader: PdfReader, report: Path) -> None:
    figures = [
        element for element in _elements(reader.trailer["/Root"]["/StructTreeRoot"]) if element.get("/S") == "/Figure"
    ]
    assert len(figures) >= report.read_text(encoding="utf-8").count("<figure ")
    assert all(str(figure.get("/Alt", "")).strip() for figure in figures)


def test_tables_keep_their_headers(reader: PdfReader) -> None:
    """Sort buttons once blanked the headers of printed tables."""
    kinds = [element.get("/S") for element in _elements(reader.trailer["/Root"]["/StructTreeRoot"])]
    assert "/TH" in kinds
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "↕" not in text
    assert "Esplora il grafico" not in text, "controls are not printed"


def test_no_address_of_this_machine(reader: PdfReader) -> None:
    links = [
        str(note.get_object().get("/A", {}).get("/URI", ""))
        for page in reader.pages
        for note in page.get("/Annots", [])
    ]
    assert any(link.startswith("https://") for link in links)
    assert not [link for link in links if link.startswith("file:")]


def test_missing_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="No page"):
        render.pdf(tmp_path / "none.html")


def test_missing_browser_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>page</p>", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolkitError, match="Chromium is not installed") as caught:
        render.pdf(tmp_path / "page.html")
    assert "print it" in caught.value.hint
    assert not (tmp_path / "page.pdf").exists()


def _elements(element: Any) -> list[Any]:
    """All elements of a structure tree."""
    element = element.get_object()
    if not hasattr(element, "get"):
        return []
    children = element.get("/K", [])
    children = children if isinstance(children, list) else [children]
    return [element, *(found for child in children for found in _elements(child))]
