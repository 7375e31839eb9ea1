"""What an analyst does with `pnrr.ipynb` by changing and adding cells alone: one papermill run, read as a page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import page_checks
import papermill
import pytest
from bs4 import BeautifulSoup
from making import code

from toolkit import render
from toolkit.run import check_notebooks

CHANGED = {  # a piece of a cell → what stands there instead
    # a sentence, in both languages
    "È {value:the} del massimo; la mediana degli altri {n:int} comuni con {bounds} residenti è {median:the}.": (
        "Su {n:int} altri comuni con {bounds} residenti la mediana è {median:the}: qui {value:the}."
    ),
    # only the grants of one line: what is summed, drawn and said follows
    'mine = grants[grants["istat_code"].isin(report.members)]': (
        'mine = grants[grants["istat_code"].isin(report.members) & (grants["line"] == "cloud")]'
    ),
    # a layer on a chart of ours
    '    charts.parts(bars, report, unit="EUR"), id="take-up",': (
        '    charts.parts(bars, report, unit="EUR") + alt.Chart(mark).mark_rule(color="red").encode(x="level:Q"),\n'
        '    id="take-up",'
    ),
    "from toolkit import Report, charts, pnrr\n": (
        "import altair as alt\nimport pandas as pd\n\nfrom toolkit import Report, charts, pnrr\n"
    ),
    'report.section(it="Che cosa manca al massimo della classe"': (
        'mark = pd.DataFrame({"level": [100000.0]})\nreport.section(it="Che cosa manca al massimo della classe"'
    ),
}
ADDED = {  # cells of at most 12 lines, before the cell that has a piece
    'report.section(it="Localizzato qui"': """
report.section(it="Chi segue i finanziamenti", en="Who follows the grants")
staff = report.table("staff.csv", title="Uffici", publisher="Comune", licence="CC-BY-4.0", date="2025-12-31")
ours_only = staff[staff["istat_code"].isin(report.members)]
report.show(ours_only, id="staff", it="Persone che seguono i finanziamenti", en="People who follow the grants")
report.text(it="Se ne occupano {people:int} persone.", en="{people:int} people do.", people=ours_only["value"].sum())
""",
}


@pytest.fixture(scope="module")
def page(root: Path, tmp_path_factory: pytest.TempPathFactory) -> BeautifulSoup:
    """The page of the changed notebook."""
    folder = tmp_path_factory.mktemp("analyst")
    shutil.copytree(root / "data", folder / "data", ignore=shutil.ignore_patterns("curated", "own"))
    (folder / "data" / "own").mkdir()
    (folder / "data" / "own" / "staff.csv").write_text("istat_code,year,value\n015032,2025,3\n015209,2025,7\n")
    notebook = nbformat.read(root / "notebooks" / "pnrr.ipynb", as_version=4)
    for old, new in CHANGED.items():
        (cell,) = [cell for cell in notebook.cells if old in cell.source]
        cell.source = cell.source.replace(old, new)
    for before, source in ADDED.items():
        assert len(source.strip().splitlines()) <= 12
        (at,) = [number for number, cell in enumerate(notebook.cells) if before in cell.source]
        notebook.cells.insert(at, nbformat.from_dict(code(source.strip())))
    nbformat.write(notebook, folder / "pnrr.ipynb")
    assert [str(fault) for fault in check_notebooks.faults(folder / "pnrr.ipynb", ours=False)] == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUADRO_DATA", str(folder / "data"))
        patch.setenv("PYTHONPATH", str(root))
        patch.setenv("QUADRO_DEFER_CHARTS", "1")
        executed = papermill.execute_notebook(
            folder / "pnrr.ipynb", None, parameters={"municipality": "015032"}, progress_bar=False, cwd=folder
        )
    render.outputs(executed, folder / "site")
    return page_checks.soup_of((folder / "site" / "pnrr.it.html").read_text(encoding="utf-8"))


def said(page: BeautifulSoup) -> str:
    return re.sub(r"\s+", " ", page.get_text(" "))


def test_a_sentence_and_what_it_says_are_the_analyst_s(page: BeautifulSoup) -> None:
    assert re.search(
        r"Su 24 altri comuni con 20\.001–50\.000 residenti la mediana è il [\d,]+ %: qui il [\d,]+ %\.", said(page)
    )


def test_a_changed_table_is_what_the_page_counts(page: BeautifulSoup) -> None:
    grants = page.find("figure", id="applications")
    assert len(grants.select("details tbody tr")) == 1
    assert "Di 252.118 € assegnati" in said(grants)


def test_a_layer_is_drawn_and_what_was_derived_stays(page: BeautifulSoup) -> None:
    figure = page.find("figure", id="take-up")
    assert figure.select('svg [stroke="red"]')
    assert figure.select("details table tbody tr")


def test_a_section_of_ones_own_stands_on_the_page(page: BeautifulSoup) -> None:
    assert "Se ne occupano 3 persone." in said(page)
    assert len(page.select("#staff tbody tr")) == 1
    heading = page.find("h2", string=re.compile("Chi segue i finanziamenti"))
    address = heading.get("id") or heading.find_parent("section")["id"]
    assert page.select(f'nav a[href="#{address}"]')
