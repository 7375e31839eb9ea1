"""The benchmark page: results and files, sections traceable to their cells, absence, areas, languages, the past."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from harness import execute, payloads, sentences
from once import executed

from toolkit import Report, catalog, charts
from toolkit.errors import ToolkitError
from toolkit.params import benchmark as choices
from toolkit.render import results

ROOT = Path(__file__).resolve().parents[2]
CODES = ("015032", "015146", "015155", "015251")
AREAS = ("zona-nord-milano", "nord-milano-2008", "citta-metropolitana-milano")
PLACES = tuple({"municipality": code} for code in CODES) + tuple({"area": area} for area in AREAS)
EVERYWHERE = pytest.mark.parametrize("where", PLACES, ids=lambda where: next(iter(where.values())))
LANGUAGES = ("it", "en")


def page(language: str = "it", **where: str) -> nbformat.NotebookNode:
    return executed("benchmark", language=language, **where)


def all_payloads(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """What the page and its extra page show, in order."""
    return [part for shown in payloads(notebook) for part in (shown, *shown.get("parts", ()))]


def figures(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Figures of the results file."""
    return dict(payloads(notebook, "close")[0]["results"]["figures"])


def ids(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    return [(part["kind"], part["id"]) for part in all_payloads(notebook) if part.get("id")]


# ---- results and files -----------------------------------------------------------------------------------------------


@EVERYWHERE
def test_results_and_files_are_the_same_in_both_languages(where: dict[str, str]) -> None:
    italian, english = (page(language, **where) for language in LANGUAGES)
    assert ids(italian) == ids(english)
    assert len(set(ids(italian))) == len(ids(italian))
    assert figures(italian) == figures(english)
    assert results.files(italian).keys() == results.files(english).keys()
    compared = {key: one for key, one in figures(italian).items() if "indicator" in one}
    assert len(compared) >= 40
    for key, one in compared.items():
        assert {"value", "flag", "unit", "year", "scales", "rank", "of", "median"} <= set(one), key
        assert (one["value"] is None) is (one["flag"] in ("missing", "confidential")), key
        assert one["scales"][one["territory"]] == {"value": one["value"], "flag": one["flag"]}
        assert key == (f"{one['indicator']}@{one['parent']}" if one["parent"] else one["indicator"])


def test_results_are_those_of_the_tables() -> None:
    """Some of each kind, from what others have published."""
    bresso = figures(page(municipality="015032"))
    income = catalog.load("income").query(
        "istat_code == '015032' and year == 2023 and (unit == 'EUR' or item == 'taxpayers')"
    )
    item = income.set_index("item")["value"]
    assert bresso["income_per_taxpayer"]["value"] == pytest.approx(item["taxable_income"] / item["taxpayers"])
    assert (bresso["income_per_taxpayer"]["rank"], bresso["income_per_taxpayer"]["of"]) == (57, 133)
    assert bresso["supply_self_containment"]["value"] == pytest.approx(17.06, abs=0.005)
    assert bresso["demand_self_containment"]["value"] == pytest.approx(27.08, abs=0.005)
    assert bresso["composite_rank"]["low"] <= bresso["composite_rank"]["value"] <= bresso["composite_rank"]["high"]
    north = figures(page(area="nord-milano-2008"))
    shares = {key: round(one["value"], 2) for key, one in north.items() if key.startswith("share_area_of_")}
    assert sorted(shares.values()) == [2.92, 3.67], "shares of two dated territories, under two names"
    sides = figures(page(area="zona-nord-milano"))
    assert not figures(page(area="zona-nord-milano"))["supply_self_containment"]["value"]
    assert sides["supply_self_containment_bounds"]["low"] < sides["supply_self_containment_bounds"]["high"]


@EVERYWHERE
def test_no_file_holds_a_value_that_is_withheld(where: dict[str, str]) -> None:
    notebook = page(**where)
    for table in results.tables(notebook):
        for cell in (cell for row in table["rows"] for cell in row):
            assert cell["v"] is None or cell["flag"] not in ("confidential", "missing"), table["id"]
    for name, text in results.files(notebook).items():
        assert name == "benchmark.json" or re.fullmatch(r"benchmark-[a-z-]+\.csv", name)
        assert "nan" not in re.split(r"\W+", text.lower())


# ---- what the page says ----------------------------------------------------------------------------------------------


def check(notebook: nbformat.NotebookNode, language: str) -> None:
    """Signs agree with words, ranks with results; no sentence is long, small at its start, or foretells the past."""
    opened, kept = payloads(notebook, "open")[0], figures(notebook)
    ranks = {(one["rank"], one["of"]) for one in kept.values() if one.get("rank")}
    ranks |= {(one["value"], one["of"]) for key, one in kept.items() if key == "composite_rank"}
    pattern = r"(\d+)° su (\d+)" if language == "it" else r"(\d+)(?:st|nd|rd|th) of (\d+)"
    above, below = {"it": ("sopra", "sotto"), "en": ("above", "below")}[language]
    for part in all_payloads(notebook):
        titles = [part.get("title", ""), part.get("caption", ""), *part.get("paragraphs", ())]
        titles += [item["text"] for key in ("items", "next") for item in part.get(key, ()) if part["kind"] == "brief"]
        for text in filter(None, titles):
            for sentence in re.split(r"(?<=[.!?]) (?=[A-ZÈ])", text):
                words = [word for word in sentence.split(" ") if not re.fullmatch("[●○]+", word)]
                assert len(words) <= 25, sentence
            assert not text[0].islower(), text
            for rank, of in re.findall(pattern, text):
                assert (int(rank), int(of)) in ranks, text
            assert not re.search(
                rf"[−-]\S+ (?:\S+ )?(?:{above}|{below})|\b0(?:[.,]0)? ?%? (?:{above}|{below})\b", text
            ), text
            foretold = re.search(r"\b(sar[àa]|saranno|previst\w+|will be|forecast|expected)\b", text)
            years = [int(year) for year in re.findall(r"\b20\d\d\b", text)]
            assert not foretold or all(year >= int(opened["as_of"][:4]) for year in years), text
    assert len(payloads(notebook, "brief")[0]["items"]) <= 5


@pytest.mark.parametrize("language", LANGUAGES)
@EVERYWHERE
def test_words_agree_with_figures(where: dict[str, str], language: str) -> None:
    check(page(language, **where), language)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_agree_with_figures_everywhere(language: str) -> None:
    members = catalog.load("area_members").query("area == 'citta-metropolitana-milano'")["istat_code"].unique()
    assert len(members) == 133
    for code in members:
        check(page(language, municipality=code), language)


def test_in_short_is_what_differs_most_and_advice_can_be_acted_on() -> None:
    """Only waste has a step, where there is more of it than in the median municipality; never land take."""
    for code in CODES:
        brief = payloads(page("en", municipality=code), "brief")[0]
        waste = figures(page(municipality=code))["unsorted_waste"]
        assert len(brief["next"]) <= 1
        assert not brief["next"] or waste["value"] > waste["median"], code
        assert not re.search(r"land take|suolo", " ".join(step["text"] for step in brief["next"]), re.IGNORECASE)
        marks = [re.search(r"[●○]{3}", item["text"]) for item in brief["items"]]
        assert any(marks)
    assert [len(payloads(page(municipality=code), "brief")[0]["next"]) for code in ("015032", "015155")] == [1, 0]


@pytest.mark.parametrize("code", CODES)
def test_a_strength_is_no_risk_too(code: str) -> None:
    rules = {rule.id: rule for rule in choices.swot().rules}
    found = {
        key.removeprefix("finding_"): one["kind"]
        for key, one in figures(page(municipality=code)).items()
        if "kind" in one
    }
    assert found
    strong = {rules[rule].indicator for rule, kind in found.items() if kind == "strength"}
    assert not strong & {rules[rule].indicator for rule, kind in found.items() if kind == "risk"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_an_area_has_no_similar_municipalities_and_no_rank(area: str, language: str) -> None:
    notebook = page(language, area=area)
    for text in sentences(notebook):
        assert not re.search(r"\d° su \d|\d(?:st|nd|rd|th) of \d|comuni simili|similar municipalities", text), text
    assert all(one["rank"] is None for one in figures(notebook).values() if "rank" in one)
    assert not {"rank", "peers"} & {column["key"] for table in results.tables(notebook) for column in table["columns"]}
    assert not {"similar", "trends", "checklist", "self-containment"} & {name for _, name in ids(notebook)}
    assert ("figure", "members") in ids(notebook)


@pytest.mark.parametrize(("language", "absent"), [("it", "dato riservato"), ("en", "confidential")])
def test_a_small_place_says_what_is_withheld(language: str, absent: str) -> None:
    """Nosate's highest classes of income are confidential in the last year: bounds, and the year that is known."""
    notebook = page(language, municipality="015155")
    kept = figures(notebook)
    assert kept["share_income_over_55000"]["year"] < kept["share_income_0_15000"]["year"]
    table = next(one for one in results.tables(notebook) if one["id"] == "class-bounds")
    bounds = {key: one for key, one in kept.items() if key.endswith("_bounds")}
    assert len(bounds) == len(table["rows"])
    apart = 0
    for row in table["rows"]:
        found = bounds[f"share_{row[0]['v']}_bounds"]
        assert ("–" in row[1]["t"]) is (found["low"] < found["high"]), row
        apart += found["low"] < found["high"]
    assert apart, "who is withheld is somewhere between two bounds"
    assert not [text for text in sentences(notebook) if absent in text and re.search(rf"{absent} *\d", text)]


@pytest.mark.parametrize("language", LANGUAGES)
@EVERYWHERE
def test_sources_are_short_and_in_full_in_the_fold(where: dict[str, str], language: str) -> None:
    for part in all_payloads(page(language, **where)):
        if part["kind"] in ("figure", "table") and part.get("origin"):
            assert len(part["source"]) == 1, part["id"]
            assert re.search(r"\(\d{4}(, \d{4})*\)$", part["source"][0]), part["source"]
            assert len(part["source"][0]) < sum(map(len, part["origin"])), part["id"]
    assert [shown["short"] for shown in payloads(page(language, **where), "sources")] == [True]


# ---- other days, groups, figures -------------------------------------------------------------------------------------


def test_a_page_of_the_past_knows_nothing_later() -> None:
    now, then = (page("en", municipality="015032", as_of=day) for day in ("", "2022-06-30"))
    area = {"share_area@metropolitan"}  # of the register, which has one day
    assert {key for key, one in figures(then).items() if one.get("year", 0) > 2022} <= area
    assert figures(then)["income_per_taxpayer"]["year"] == 2021
    assert not [text for text in sentences(then) if re.search(r"\b202[3-9]\b", text)]
    short = {part["id"]: part["source"][0][-6:] for part in payloads(then, "figure")}
    assert (short["residents"], short["income-over-time"]) == ("(2022)", "(2021)")
    assert [name for kind, name in ids(then) if kind == "section"] == [
        name for kind, name in ids(now) if kind == "section"
    ]


def test_a_group_of_ones_own_is_one_more() -> None:
    with pytest.raises(ToolkitError, match="nowhere"):
        execute("benchmark", municipality="015032", compare_with="nowhere")
    notebook = execute("benchmark", municipality="015032", compare_with="nord-milano")
    usual = page(municipality="015032")
    assert ids(notebook) == ids(usual)
    same = {key: one for key, one in figures(usual).items() if not key.startswith("finding_")}
    assert same == {key: one for key, one in figures(notebook).items() if not key.startswith("finding_")}


def test_own_figures_stand_beside_and_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "015032.yml").write_text(
        "figures:\n  - name: {it: Imprese attive, en: Active enterprises}\n    value: 1650\n    unit: enterprises\n"
        '    date: "2026-06-30"\n    source: Registro SUAP\n    role: {it: Responsabile SUAP, en: Business desk}\n'
        "    beside: local_units_per_1000\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(choices, "own", lambda code: choices.load(choices.OwnFigures, tmp_path / f"{code}.yml"))
    monkeypatch.setenv("QUADRO_DEFER_CHARTS", "1")
    before, after = page(municipality="015032"), execute("benchmark", municipality="015032")
    assert figures(after) == figures(before)
    assert set(ids(after)) - set(ids(before)) == {("table", "own-figures")}
    row = next(part for part in payloads(after, "table") if part["id"] == "own-figures")["rows"][0]
    assert {"Imprese attive", "1.650", "Registro SUAP"} <= {cell["t"].split("\u00a0")[0] for cell in row} | {
        cell["t"] for cell in row
    }


# ---- every section is in its cells -----------------------------------------------------------------------------------

SHOWING = {
    "figure",
    "text",
    "show",
    "comparisons",
    "points",
    "brief",
    "key_figures",
    "section",
    "without",
    "page",
    "absent",
}
READING = {name for name in dir(Report) if not name.startswith("_")} - SHOWING


def hidden(source: str) -> list[str]:
    """Calls that could lay out a part of the page unseen: a report handed to anything but a chart, an import of rooms
    that hold reports, a definition, a statement that is a call of something else than the report."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(f"def {node.name}")
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = [ast.unparse(part) for part in (*node.args, *(key.value for key in node.keywords))]
            ours = called.startswith("charts.") and called.split(".")[1] in charts.__all__
            if {"report", "study", "case"} & set(given) and not ours:
                found.append(called)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func)
            if not (
                (called.startswith("report.") and called.split(".")[1] in SHOWING | READING)
                or called.endswith(".append")
            ):
                found.append(called)
        if isinstance(node, ast.ImportFrom | ast.Import):
            found += re.findall(r"toolkit\.\w+", ast.unparse(node))
    return found


@pytest.mark.parametrize(
    "source",
    [
        "benchmark.people(study)",
        "sections.income(report, income)",
        "x = layout(report)",
        "from toolkit.report.opportunities import calls",
        "def part():\n    report.figure(chart, id='a', it='a', en='a')",
        "part()",
        "report._show(display.Text(language='it', paragraphs=['a']))",
    ],
)
def test_a_section_behind_one_call_is_found(source: str) -> None:
    assert hidden(source)


@EVERYWHERE
def test_all_that_the_page_shows_is_named_in_the_cell_that_shows_it(where: dict[str, str]) -> None:
    """Tables, measures, comparisons, pictures and words stand in the notebook: no call hides a section."""
    notebook = page(**where)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    source = "\n".join(cell.source for cell in cells)
    assert [(cell.source, call) for cell in cells for call in hidden(cell.source)] == []
    written = set(re.findall(r"""\bid="([a-z-]+)\"""", source))
    assert {name for kind, name in ids(notebook) if kind in ("figure", "table")} <= written
    for cell in cells:
        shown = [
            out.data["application/vnd.quadro.v1+json"]
            for out in cell.outputs
            if "application/vnd.quadro.v1+json" in out.data
        ]
        for part in shown:
            call = {"figure": "report.figure(", "text": "report.text(", "section": "report.section("}.get(part["kind"])
            if call and not (part["kind"] == "text" and "report.figure(" in cell.source):
                assert call in cell.source, part
            if part["kind"] == "figure":
                assert f'id="{part["id"]}"' in cell.source
                assert "charts." in cell.source
    compared = {one["indicator"] for one in figures(notebook).values() if "indicator" in one}
    assert compared == {name for name in compared if f"indicators.{name}" in source}
    used = set(payloads(notebook, "close")[0]["provenance"]["tables"]) - {"boundaries"}
    assert used <= set(re.findall(r'"([a-z_]+)"', source))
