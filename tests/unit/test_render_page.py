"""The page: structure, safety, size and order, on a synthetic notebook in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import page_checks
import pytest
import synthetic_notebook as synthetic
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_output

from toolkit import render
from toolkit.display.markdown import slug, split
from toolkit.errors import ToolkitError
from toolkit.render import shell
from toolkit.render.canonical import canonical

LANGUAGES = ("it", "en")


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def page(language: str) -> str:
    return render.page(synthetic.notebook(language))


@pytest.fixture(scope="module")
def soup(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def test_language_title_and_one_h1(soup: BeautifulSoup, language: str) -> None:
    title = {"it": "Confronto sintetico", "en": "Synthetic benchmark"}[language]
    assert soup.html["lang"] == language
    assert [heading.get_text() for heading in soup("h1")] == [f"Prova d'Adda (MI): {title}"]
    assert soup.title.get_text() == f"{title}: Prova d'Adda (MI) – Quadro"


@pytest.mark.parametrize(
    "check",
    [
        page_checks.headings,
        page_checks.addresses,
        page_checks.nothing_from_elsewhere,
        page_checks.figures,
        page_checks.tables,
    ],
)
def test_structure(soup: BeautifulSoup, check: Callable[[BeautifulSoup], None]) -> None:
    assert soup("figure")
    assert soup("table")
    check(soup)


def test_size_and_form(page: str) -> None:
    page_checks.size(page)
    page_checks.stock_form(page)


def test_sections_in_the_order_a_reader_needs(soup: BeautifulSoup, language: str) -> None:
    expected = {
        "it": "In breve, I numeri principali, Redditi & <em>lavoro</em>, Metodo, Fonti",
        "en": "In short, Key figures, Incomes & <em>work</em>, Method, Sources",
    }
    titles = [heading.get_text() for heading in soup.select("main h2")]
    assert titles == expected[language].split(", ")
    assert [link.get_text() for link in soup.select(".contents a")] == titles


def test_only_the_prose_of_the_language_and_only_what_the_report_shows(page: str, language: str) -> None:
    own, other = ("italiano", "English") if language == "it" else ("English", "italiano")
    assert f"<strong>{own}</strong>" in page
    assert f"<strong>{other}</strong>" not in page
    for absent in ("Private.", "a stray print", "a stray frame", 'municipality = ""', "099901&quot;"):
        assert absent not in page


def test_a_heading_that_names_what_follows_keeps_it() -> None:
    notebook = synthetic.notebook("it")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("## Metodo", "## Metodo e fonti")
    # Moved behind the text of the method, where the section already shows something.
    at = next(number for number, cell in enumerate(notebook.cells) if _shows(cell, "sources"))
    text = next(number for number, cell in enumerate(notebook.cells) if _shows(cell, "text"))
    notebook.cells.insert(text + 1, notebook.cells.pop(at))
    soup = BeautifulSoup(render.page(notebook), "html.parser")
    titles = [heading.get_text() for heading in soup.select("main h2")]
    assert "Metodo e fonti" in titles
    assert "Fonti" not in titles
    assert soup.select("#metodo-e-fonti ul.sources")


def _shows(cell: Any, kind: str) -> bool:
    outputs = cell.get("outputs", [])
    return any(output.get("data", {}).get(synthetic.MIME, {}).get("kind") == kind for output in outputs)


def test_hostile_text_is_text(soup: BeautifulSoup) -> None:
    assert soup.get_text().count(synthetic.HOSTILE) >= 8
    assert [script["src"] for script in soup("script", src=True)] == ["../assets/quadro.js"]
    assert not soup(["b", "i"], string=re.compile("Città"))


def test_hostile_titles_are_text() -> None:
    soup = BeautifulSoup(render.page(synthetic.notebook("it", title=synthetic.HOSTILE, name="A<b>B")), "html.parser")
    assert soup.h1.get_text() == f"A<b>B (MI): {synthetic.HOSTILE}"
    assert len(soup("title")) == 1 + len(soup.select("svg title"))


def test_zero_missing_and_confidential_differ(soup: BeautifulSoup, language: str) -> None:
    cells = [cell.get_text() for cell in soup.select("#places td")]
    absent = {"it": ["n.d.", "dato riservato"], "en": ["n/a", "confidential"]}[language]
    zero = {"it": "0,0\u00a0%", "en": "0.0%"}[language]
    assert {*absent, zero} <= set(cells)


def test_header_states_what_where_and_when(soup: BeautifulSoup, language: str) -> None:
    facts = {item.dt.get_text(): item.dd.get_text() for item in soup.select(".facts > div")}
    as_of = {"it": ("Situazione al", "31 dicembre 2023"), "en": ("As of", "31 December 2023")}[language]
    assert facts[as_of[0]] == as_of[1]
    assert "099901" in facts.values()
    assert soup.select_one(".provenance").get_text().count("0f1e2d3c") == 1


def test_links_to_other_languages_follow_the_plan() -> None:
    both = BeautifulSoup(render.page(synthetic.notebook("it")), "html.parser")
    assert [link["href"] for link in both.select("a[hreflang]")] == ["benchmark.en.html"]
    alone = BeautifulSoup(render.page(synthetic.notebook("it"), languages=["it"]), "html.parser")
    assert not alone.select("[hreflang]")


def test_assets_and_index_are_where_they_are_said_to_be() -> None:
    soup = BeautifulSoup(render.page(synthetic.notebook("en"), assets="../../shared/assets"), "html.parser")
    assert soup.find("link", rel="stylesheet", media="print")["href"] == "../../shared/assets/paper.css"
    assert soup.style.string.count("url(../../shared/assets/") == soup.style.string.count("url(") > 0
    assert soup.select_one(".brand a")["href"] == "../../shared/index.en.html"


def test_nothing_is_asked_for_before_a_page_shows(soup: BeautifulSoup) -> None:
    assert soup.style.string
    assert all(link["media"] == "print" for link in soup("link", rel="stylesheet"))
    assert all("defer" in script.attrs for script in soup("script", src=True))


def test_same_notebook_same_bytes(page: str, language: str) -> None:
    assert render.page(synthetic.notebook(language)) == page


def test_a_warm_process_compiles_no_template(page: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.warm()
    monkeypatch.setattr("jinja2.Environment.compile", lambda *_, **__: pytest.fail("a template is compiled"))
    assert render.page(synthetic.notebook(language)) == page


def test_the_notebook_is_left_as_it_was() -> None:
    notebook, again = synthetic.notebook("it"), synthetic.notebook("it")
    render.page(notebook)
    assert notebook == again


@pytest.mark.parametrize("language_", LANGUAGES)
def test_fast_path_equals_beautiful_soup(language_: str) -> None:
    """The second pass of stock nbconvert changes nothing that ours has not written already."""
    from nbconvert.exporters import HTMLExporter

    from toolkit.render.shell import TEMPLATES

    exporter = HTMLExporter(template_name="quadro", extra_template_basedirs=[str(TEMPLATES)])
    stock, _ = exporter.from_notebook_node(synthetic.notebook(language_))
    assert render.page(synthetic.notebook(language_)) == stock


@pytest.mark.parametrize(
    "fragment",
    [
        '<!DOCTYPE html><html lang="it">\n\n<body>  \n <p>a</p> <p>b</p></body></html>\n',
        '<p title=\'say "hi"\' class=" a  b " hidden>&lt;b&gt; &#39; &quot; &nbsp; &amp;lt; è &gt;</p>',
        '<a href="?a=1&amp;b=2" data-x="a > b, it\'s &quot;c&quot;">k</a><br><br/><input disabled type=text>',
        '<svg viewBox="0 0 1 1"><path d="M0 0"/><linearGradient id="q"/><text b="" a="2"><tspan> </tspan></text></svg>',
        "<pre> \n  </pre><pre><code>\n\n</code></pre><script>if (a < b && c) { }</script><style>a > b {}</style>",
        '<script type="application/json" data-a="1">{"a": "\\u003c/b> & \\"x\\""}</script><!-- a > b --><hr>',
        '<P CLASS="x">upper</P><img src=a.png alt="">',
    ],
)
def test_canonical_writes_what_beautiful_soup_writes(fragment: str) -> None:
    assert canonical(fragment) == str(BeautifulSoup(fragment, "html.parser"))


def test_page_is_balanced(page: str) -> None:
    """No element is left open or closed twice: a browser builds the tree that was written."""
    void = {"br", "hr", "img", "input", "link", "meta"}

    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in void:
                self.open.append(tag)

        def handle_startendtag(self, tag: str, attrs: Any) -> None:
            assert tag in void, tag

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(page)
    assert not parser.open


def test_an_extract_is_a_page_of_its_own(language: str, tmp_path: Path) -> None:
    render.outputs(synthetic.notebook(language), tmp_path)
    memo = BeautifulSoup((tmp_path / f"benchmark-memo.{language}.html").read_text(encoding="utf-8"), "html.parser")
    title = {"it": "Promemoria sintetico", "en": "Synthetic memo"}[language]
    assert memo.h1.get_text().endswith(title)
    assert [heading.get_text() for heading in memo.select("main h2")] == [
        {"it": "In breve", "en": "In short"}[language]
    ]
    page_checks.headings(memo)
    assert memo.select(".brief")
    assert not memo.select("figure")
    other = {"it": "en", "en": "it"}[language]
    links = [link["href"] for link in memo("a", href=re.compile(r"\.html$"))]
    assert {f"benchmark.{language}.html", f"benchmark-memo.{other}.html"} <= set(links)
    page = BeautifulSoup(render.page(synthetic.notebook(language)), "html.parser")
    assert page.select_one("a.printable")["href"] == f"benchmark-memo.{language}.html"


# ---- notebooks that have no page -------------------------------------------------------------------------------------


def test_a_notebook_without_report_is_refused() -> None:
    notebook = synthetic.notebook("it")
    notebook.cells = notebook.cells[:2]
    with pytest.raises(ToolkitError, match="no output of `Report"):
        render.page(notebook)


def test_a_report_that_was_not_closed_is_refused() -> None:
    with pytest.raises(ToolkitError, match=r"report\.close\(\)"):
        render.page(synthetic.without_close(synthetic.notebook("it")))


def test_a_failed_notebook_is_refused() -> None:
    notebook = synthetic.notebook("it")
    error = new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
    notebook.cells.insert(6, new_code_cell("1 / 0", outputs=[error]))
    with pytest.raises(ToolkitError, match="ZeroDivisionError"):
        render.page(notebook)


def test_a_clean_exit_after_the_report_is_harmless() -> None:
    notebook = synthetic.notebook("it")
    error = new_output("error", ename="SystemExit", evalue="0", traceback=[])
    notebook.cells.append(new_code_cell("sys.exit(0)", outputs=[error]))
    assert render.page(notebook) == render.page(synthetic.notebook("it"))


# ---- prose -----------------------------------------------------------------------------------------------------------


def test_prose_is_cut_at_headings_but_not_in_code() -> None:
    parts = list(split("lead\n\n# One\n\na\n\n```\n## not a heading\n```\n\n## Two *words* ##\n"))
    assert [(part.level, part.heading) for part in parts] == [(0, ""), (1, "One"), (2, "Two words")]
    assert "## not a heading" in parts[1].html


def test_prose_holds_no_markup_and_fetches_nothing() -> None:
    (part,) = split("<img src=x onerror=alert(1)> ![map](https://example.org/a.png) [x](javascript:alert(1))")
    soup = BeautifulSoup(part.html, "html.parser")
    assert not soup("img")
    assert "onerror" in soup.get_text()
    assert not soup("a", href=re.compile("^javascript:"))


def test_headings_in_prose_never_skip_a_level() -> None:
    (part,) = split("text\n\n#### deep\n\n### near")
    levels = [heading.name for heading in BeautifulSoup(part.html, "html.parser")(re.compile("^h[1-6]$"))]
    assert levels == ["h3"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Che cosa i dati non dicono", "che-cosa-i-dati-non-dicono"),
        ("Più d’età & così", "piu-d-eta-cosi"),
        ("—", "section"),
    ],
)
def test_slugs_are_stable(text: str, address: str) -> None:
    assert slug(text) == address


def test_equal_headings_get_addresses_of_their_own() -> None:
    notebook = synthetic.notebook("it")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub("^## .*", "## Places", cell.source, flags=re.MULTILINE)
    ids = [section["id"] for section in BeautifulSoup(render.page(notebook), "html.parser").select("section.section")]
    assert {"places-2", "places-3"} <= set(ids), "`places` is the table's"
