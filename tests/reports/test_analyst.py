"""What an analyst does with our notebooks by changing and adding cells alone: a papermill run each."""

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

from toolkit import catalog, render
from toolkit.run import check_notebooks

PLACE = "015032"
CHANGED = {  # a piece of a cell → what stands there instead
    # another indicator in a section, in the list of "where we stand", and one left out altogether
    "report.compare(indicators.low_education_share(fragile))": "report.compare(indicators.unsorted_waste(fragile))",
    "profile = [produced, wages, declared, jobs, employment, education, old, land]": (
        "profile = [declared, employment, education, jobs]"
    ),
    "charts.strip(produced, making, serving, wages, size, industry, industry_value)": (
        "charts.strip(produced, report.compare(indicators.enterprise_taxpayers_per_1000(income)))"
    ),
    # a sentence, in both languages
    "Dal {first} al {last}: {change}; nel comune mediano {median_change}, al lordo dell'inflazione.": (
        "Fra il {first} e il {last} il reddito {change:sign1:sale:scende:resta} ({change})."
    ),
    "From {first} to {last}: {change}; in the median municipality {median_change}, before inflation.": (
        "Between {first} and {last} income {change:sign1:rises:falls:stays} ({change})."
    ),
    # a layer and a tooltip on a chart of ours; a chart of one's own instead of another
    "    charts.lines(declared),\n": (
        '    charts.lines(declared) + alt.Chart(mark).mark_rule(color="red").encode(y="level:Q", tooltip="told:N"),\n'
    ),
    "    charts.lines(living, report.own),\n": (
        '    alt.Chart(living.history()).mark_bar().encode(x="year:O", y=alt.Y("value:Q").title("Residenti")),\n'
        "    about=living,\n"
    ),
    "from toolkit import Report, charts, indicators\n": (
        "import altair as alt\nimport pandas as pd\n\nfrom toolkit import Report, charts, indicators\n"
    ),
    'report.section(it="Quanto si dichiara"': (
        'mark = pd.DataFrame({"level": [26000.0], "told": ["Soglia di chi scrive"]})\n'
        'report.section(it="Quanto si dichiara"'
    ),
}
ADDED = {  # cells of at most 12 lines, before the cell that has a piece
    'report.section(it="Quanto è fragile"': """
report.section(it="Quanto verde c'è", en="How much green there is")
parks = report.table("parks.csv", title="Verde", publisher="Parco Nord", licence="CC-BY-4.0", date="2025-12-31")
green = report.compare(parks, id="parks", it="Verde", en="Green", unit="percent", direction=1)
report.figure(
    charts.strip(green),
    id="green",
    it="{place:At} è verde {own:the} del territorio, {gap:more_less:dei comuni simili:i comuni simili}",
    en="{place} is green for {own} of its area, {gap:more_less:similar municipalities}",
)
report.text(it="Nel comune mediano lo è {median:the}.", en="In the median municipality it is {median}.", **green.facts)
report.show(parks.head(7), id="parks", it="Verde per comune", en="Green by municipality")
""",
}


CHANGED_POLICIES = {
    # a shorter window: what is kept is not of it, so it is estimated here
    "    panel = asked.panel()\n": "    panel = asked.panel().only(start=2003)\n",
    # a sentence, in both languages
    "Si vedono solo effetti da {mde} in su.": "Sotto {mde} i dati non vedono nulla.",
    "Only effects of {mde} or more would show.": "Below {mde} the data see nothing.",
    # a layer on a chart of ours
    "marks={asked.outcome.first_year: asked.of.title}),\n": (
        "marks={asked.outcome.first_year: asked.of.title})\n"
        '        + alt.Chart(alt.Data(values=[{"level": 8}])).mark_rule(color="red").encode(y="level:Q"),\n'
    ),
    "from toolkit import Policies, Report, charts, impact\n": (
        "import altair as alt\n\nfrom toolkit import Policies, Report, charts, impact\n"
    ),
    # other comparisons for a measure of one's own
    '"EUR_per_taxpayer", size=taxpayers,\n': '"EUR_per_taxpayer", size=taxpayers, places=[30, 100],\n',
}
ADDED_POLICIES = {
    "checks = policies.checks()": """
provinces = report.table("provinces")
work = provinces[provinces["item"] == "unemployment_rate"]
mine = impact.Panel.of(work, unit="province_code", time="year", outcome="value", treated={"015": 2015})
other = impact.synthetic_did(mine, draws=20)
report.figure(
    other.plot(),
    id="another-method",
    it="Con un altro metodo lo scarto è {gap} punti",
    en="With another method the gap is {gap} points",
    gap=report.words.number(other.estimate, 2),
    sources=["provinces"],
)
""",
}


def executed(
    root: Path, folder: Path, name: str, changed: dict[str, str], added: dict[str, str], **parameters: str
) -> Path:
    """The folder in which a changed notebook was executed, with its page and files; its data are in `data`."""
    shutil.copytree(root / "data", folder / "data", ignore=shutil.ignore_patterns("curated", "own"))
    (folder / "data" / "own").mkdir()
    codes = catalog.load("area_members").query("area == 'citta-metropolitana-milano'")["istat_code"].unique()
    rows = "".join(f"{code},2025,{20 + number / 4}\n" for number, code in enumerate(sorted(codes)))
    (folder / "data" / "own" / "parks.csv").write_text(f"istat_code,year,value\n{rows}")
    notebook = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    for old, new in changed.items():
        (cell,) = [cell for cell in notebook.cells if old in cell.source]
        cell.source = cell.source.replace(old, new)
    for before, source in added.items():
        assert len(source.strip().splitlines()) <= 12
        (at,) = [number for number, cell in enumerate(notebook.cells) if before in cell.source]
        notebook.cells.insert(at, nbformat.from_dict(code(source.strip())))
    nbformat.write(notebook, folder / f"{name}.ipynb")
    assert [str(fault) for fault in check_notebooks.faults(folder / f"{name}.ipynb", ours=False)] == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUADRO_DATA", str(folder / "data"))
        patch.setenv("PYTHONPATH", str(root))
        patch.setenv("QUADRO_DEFER_CHARTS", "1")
        found = papermill.execute_notebook(
            folder / f"{name}.ipynb", None, parameters=parameters, progress_bar=False, cwd=folder
        )
    render.outputs(found, folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return executed(root, tmp_path_factory.mktemp("analyst"), "benchmark", CHANGED, ADDED, municipality=PLACE)


@pytest.fixture(scope="module")
def policies(root: Path, tmp_path_factory: pytest.TempPathFactory) -> BeautifulSoup:
    folder = tmp_path_factory.mktemp("policies")
    site = executed(root, folder, "impact", CHANGED_POLICIES, ADDED_POLICIES, municipality=PLACE)
    return page_checks.soup_of((site / "impact.it.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(made: Path) -> BeautifulSoup:
    return page_checks.soup_of((made / "benchmark.it.html").read_text(encoding="utf-8"))


def said(page: BeautifulSoup) -> str:
    return re.sub(r"\s+", " ", page.get_text(" "))


def figure(page: BeautifulSoup, name: str) -> BeautifulSoup:
    found = page.find("figure", id=name)
    assert found, name
    return found


def test_another_indicator_and_another_list(made: Path, page: BeautifulSoup) -> None:
    rows = [cell.get_text() for cell in figure(page, "comparison").select("details tbody th")]
    assert len(rows) == 4
    assert any("indifferenziati" in row for row in rows)
    more = page_checks.soup_of((made / "benchmark-figures.it.html").read_text(encoding="utf-8"))
    assert "impresa" in said(figure(more, "production-profile").select_one("details"))
    assert page.find(id="index"), "an index whose part was not compared by the notebook is still there"


def test_a_sentence_is_read_as_it_was_written(page: BeautifulSoup) -> None:
    assert re.search(r"Fra il \d{4} e il \d{4} il reddito sale \(\+[\d,]+ %\)\.", said(page))


def test_a_layer_is_drawn_and_what_was_derived_stays(page: BeautifulSoup) -> None:
    income = figure(page, "income-over-time")
    assert income.select('svg [stroke="red"]')
    assert "Ogni contribuente" in income.h3.get_text()
    assert "euro" in said(income.select_one(".subtitle")) or "€" in said(income.select_one(".subtitle"))
    assert income.select("details table")


def test_a_chart_of_ones_own_has_table_source_and_alternative(page: BeautifulSoup) -> None:
    residents = figure(page, "residents")
    assert len(residents.select(".wide svg path")) > 3
    assert "Residenti" in residents.svg.get_text()
    assert "vivono" in residents.h3.get_text()
    assert residents.select("details table tbody tr")
    assert "ISTAT" in said(residents.select_one(".source"))
    assert re.search(r"\d", residents.svg.title.get_text() + residents.svg.desc.get_text())


def test_a_table_of_ones_own_is_measured_compared_and_credited(page: BeautifulSoup, made: Path) -> None:
    green = figure(page, "green")
    assert re.search(r"A Bresso è verde il [\d,]+\s% del territorio, .* comuni simili", green.h3.get_text())
    assert "Parco Nord" in said(green.select_one(".source"))
    assert "Parco Nord" in said(page.select(".sources")[-1])
    assert re.search(r"Nel comune mediano lo è il [\d,]+", said(page))
    assert page.select("#parks tbody tr")
    assert (made / "benchmark-green.csv").read_text(encoding="utf-8").count("\n") > 1
    assert (made / "benchmark-parks.csv").read_text(encoding="utf-8").count("\n") == 8


def test_an_added_section_stands_in_the_contents_and_the_page_is_whole(page: BeautifulSoup, made: Path) -> None:
    heading = page.find("h2", string=re.compile("Quanto verde c'è|Quanto verde c’è"))
    address = heading.get("id") or heading.find_parent("section")["id"]
    assert page.select(f'nav a[href="#{address}"]')
    page_checks.everything((made / "benchmark.it.html").read_text(encoding="utf-8"), "it")


def test_another_window_is_estimated_and_drawn(policies: BeautifulSoup) -> None:
    path = figure(policies, "path-expo-2015")
    years = [cell.get_text() for cell in path.select("details tbody th")]
    assert (years[0], years[-1]) == ("2003", "2019")
    assert "12 anni prima del 2015" not in said(policies)  # what was asked is said of the policy
    assert path.select('svg [stroke="red"]')
    assert re.search(r"Sotto [\d,]+ punti percentuali i dati non vedono nulla\.", said(policies))


def test_an_estimate_of_ones_own_is_on_the_page(policies: BeautifulSoup) -> None:
    mine = figure(policies, "another-method")
    assert re.search(r"Con un altro metodo lo scarto è −?\d,\d\d punti", mine.h3.get_text())
    assert mine.svg.title.get_text()
    assert "synthetic_did" in mine.svg.get_text()
    assert mine.select("svg circle")
    assert "ISTAT" in said(mine.select_one(".source"))


def test_other_comparisons_for_a_measure_of_ones_own(policies: BeautifulSoup) -> None:
    rows = [cell.get_text() for cell in figure(policies, "detectable").select("details tbody th")]
    assert "Reddito per contribuente, 30 comuni" in rows
    assert "Reddito per contribuente, 50 comuni" not in rows
