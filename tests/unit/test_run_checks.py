"""`quadro check`: the rules of a notebook and of a built site, each broken once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from making import code, parameters, prose, write

from toolkit.errors import Faults, ParameterError
from toolkit.run import check_notebooks, check_site, notebooks

IT, EN = prose("# Titolo", "lang-it"), prose("# Title", "lang-en")
OPEN, CLOSE = (
    code('from toolkit import Report\nreport = Report("x", municipality=municipality)'),
    code("report.close()"),
)


def told(tmp_path: Path, cells: list[dict[str, Any]]) -> list[str]:
    path = write(tmp_path / "x.ipynb", cells)
    return [fault.what for fault in check_notebooks.faults(path)]


def test_a_good_notebook(tmp_path: Path) -> None:
    assert told(tmp_path, [IT, EN, parameters("top: int = 5  # how many\n"), OPEN, CLOSE]) == []


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([IT, EN, OPEN, CLOSE], "x.ipynb has 0 cells tagged 'parameters'; it must have one."),
        ([IT, EN, parameters(), parameters(), OPEN, CLOSE], "has 2 cells tagged 'parameters'"),
        ([IT, EN, parameters("top = 5  # how many\n"), OPEN, CLOSE], "`top = 5` has no type"),
        ([IT, EN, parameters("top: int = 5\n"), OPEN, CLOSE], "`top: int = 5` has no comment"),
        ([IT, EN, parameters("top: int = 2 + 3  # sum\n"), OPEN, CLOSE], "must be a plain text, number"),
        ([IT, EN, parameters(), OPEN], "The last code cell does not close the report."),
        ([IT, EN, parameters(), OPEN, code("# report.close()")], "does not close the report"),
        ([parameters(), OPEN, CLOSE], "The first cell is not a title in markdown."),
        ([IT, parameters(), OPEN, CLOSE], "An Italian cell without its English one after it."),
        ([IT, IT, EN, parameters(), OPEN, CLOSE], "An Italian cell without its English one after it."),
        ([EN, parameters(), OPEN, CLOSE], "An English cell without its Italian one before it."),
        ([IT, EN, parameters(), OPEN, CLOSE, IT], "An Italian cell without its English one after it."),
        ([prose("# Titolo"), parameters(), OPEN, CLOSE], "A prose cell needs one of the tags"),
        ([IT, prose("## Title", "lang-en"), parameters(), OPEN, CLOSE], "headings of this pair"),
        ([IT, EN, parameters(), OPEN, code("def f():\n    return 1"), CLOSE], "f is defined here"),
        ([IT, EN, parameters(), OPEN, code("g = lambda x: x"), CLOSE], "A lambda is defined here"),
        (
            [IT, EN, parameters(), OPEN, code("for r in t.itertuples():\n    print(r)"), CLOSE],
            "itertuples loops over rows",
        ),
        ([IT, EN, parameters(), OPEN, code("import requests"), CLOSE], "requests is imported"),
        ([IT, EN, parameters(), OPEN, code("x = read('data/income.csv')"), CLOSE], "is a path or an address"),
        ([IT, EN, parameters(), OPEN, code("x = read('https://example.org/x')"), CLOSE], "is a path or an address"),
        ([IT, EN, parameters(), OPEN, code("x = = 1"), CLOSE], "Not plain Python"),
        ([IT, EN, parameters(), OPEN, {**CLOSE, "outputs": [{"output_type": "stream"}]}], "Outputs are stored"),
        ([IT, EN, parameters(), OPEN, {**CLOSE, "execution_count": 3}], "Outputs are stored"),
        ([IT, EN, parameters(), OPEN, code("x = 1\n" * 16), CLOSE], "at most 15 lines of 120 columns"),
        ([IT, EN, parameters(), OPEN, code(f"x = '{'a' * 120}'"), CLOSE], "at most 15 lines of 120 columns"),
        ([IT, EN, parameters(), OPEN, code("from toolkit.report import evaluation"), CLOSE], "imported from inside"),
        ([IT, EN, parameters(), OPEN, code("benchmark.people(study)\nx = 1"), CLOSE], "hides what it does"),
        ([IT, EN, parameters(), OPEN, code("report.position(study)"), CLOSE], "report.position shows nothing"),
    ],
)
def test_each_rule_of_a_notebook(tmp_path: Path, cells: list[dict[str, Any]], message: str) -> None:
    assert any(message in what for what in told(tmp_path, cells))


def test_style_is_a_rule_of_our_own_notebooks_alone(tmp_path: Path) -> None:
    """What a page does not mind is not an error of an analyst's notebook."""
    free = (
        "import pandas as pd\n\n\ndef f(x):\n    return x\n\n\n%matplotlib inline\nf(pd.read_csv('/x.csv'))\n"
        + "y = 1\n" * 20
    )
    path = write(
        tmp_path / "x.ipynb", [IT, EN, parameters("top = 5\n"), OPEN, {**code(free), "execution_count": 3}, CLOSE]
    )
    assert check_notebooks.faults(path, ours=False) == []
    assert len(check_notebooks.faults(path)) > 5


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('report.text(it="a")', "line 1: report.text has no text in en"),
        ('report.text(it="a", en="")', "the sentence lacks its text in 'en'"),
        ('report.section(it="a {place:in}", en="a {place}")', "no way to print 'in'"),
        ('report.text(it="a {own}", en="a", **c.facts)', "placeholders differ between the two languages: own"),
        ('report.text(it="a {onw}", en="a {onw}", **c.facts)', "No fact is called 'onw', did you mean 'own'"),
        ('report.text(it="a {n:int}", en="a {n:int}", m=3)', "No fact is called 'n'"),
        ('report.figure(x, id="a", it=("a {gap:more_less}", "a"), en=("a", "a"))', "more_less wants 2 words"),
        ('report.figure(x, id="a", it=("a", "b"), en=("a",))', "2 alternatives in Italian and 1 in English"),
        ('report.figure(x, it="a", en="a")', "report.figure has no id"),
        ('report.show(x, id="A b", it="a", en="a")', "'A b' cannot be an id"),
        ('short = "a {own"\nreport.text(it=short, en="a", **c.facts)', "not a template"),
        ('if x:\n    s = [report.sentence(it="a {own}", en="b") for c in y]', "line 2: placeholders differ"),
        ('other = Report("y")', "The report is called 'y', and its notebook 'x'"),
    ],
)
def test_each_fault_of_what_is_said_is_found_before_it_runs(tmp_path: Path, source: str, message: str) -> None:
    path = write(tmp_path / "x.ipynb", [IT, EN, parameters(), OPEN, code(source), CLOSE])
    assert any(message in fault.what for fault in check_notebooks.faults(path, ours=False))


def test_what_is_computed_is_left_to_the_run(tmp_path: Path) -> None:
    said = """
report.text(it=f"a {x}", en="b")
report.text(it="a {near:int}", en="a {near:int}", **declared.near)
report.text(**both)
report.show(frame, id="a")
report.text(it="a {rank}", en="a {rank}", one=1, **c.facts)
"""
    path = write(tmp_path / "x.ipynb", [IT, EN, parameters(), OPEN, code(said), CLOSE])
    assert check_notebooks.faults(path) == []


def test_the_notebooks_of_the_project(root: Path) -> None:
    paths = sorted((root / "notebooks").glob("*.ipynb"))
    if not paths:
        pytest.skip("no notebook is there yet")
    assert [str(fault) for path in paths for fault in check_notebooks.faults(path)] == []


def test_a_new_notebook_is_the_template_under_its_name(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no template"):
        check_notebooks.create("jobs", tmp_path)
    write(
        tmp_path / "notebooks" / "_template.ipynb", [IT, EN, parameters(), code('report = Report("_template")'), CLOSE]
    )
    path = check_notebooks.create("jobs", tmp_path)
    assert 'report = Report("jobs")' in [cell["source"] for cell in json.loads(path.read_text())["cells"]]
    assert notebooks.names(tmp_path) == ["jobs"]
    again = check_notebooks.create("more", tmp_path, "jobs")
    assert 'report = Report("more")' in [cell["source"] for cell in json.loads(again.read_text())["cells"]]
    assert check_notebooks.faults(again) == []


def site(folder: Path, **pages: str) -> Path:
    """A site of these pages; the index links to all."""
    links = "".join(f'<a href="{name}.html">{name}</a>' for name in pages)
    (folder / "index.html").write_text(f"<title>x</title>{links}")
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text)
    return folder


def test_a_good_site(tmp_path: Path) -> None:
    (tmp_path / "style file.css").write_text("")
    page = (
        '<link rel="stylesheet" href="style%20file.css"><h2 id="a">A</h2><a href="#a">a</a><a href="index.html">i</a>'
        '<a href="https://example.org">out</a><a href="mailto:a@example.org">m</a><img src="data:image/png;base64,AA">'
        '<table aria-labelledby="a"></table><a href="two.html#b">b</a>'
    )
    assert check_site.check(site(tmp_path, one=page, two='<p id="b">')) == 3


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ('<a href="nowhere.html">x</a>', "The link nowhere.html leads nowhere."),
        ('<a href="#none">x</a>', "The link #none leads to an anchor that is not there."),
        ('<a href="index.html#none">x</a>', "leads to an anchor that is not there."),
        ('<a href=".">x</a>', "leads to a folder"),
        ('<p id="a"><p id="a">', "The id 'a' is there 2 times."),
        ('<svg aria-labelledby="t d"><title id="t">x</title></svg>', "There is no element 'd'"),
        ('<script src="https://example.org/x.js"></script>', "is fetched from elsewhere"),
        ('<link href="//example.org/x.css">', "is fetched from elsewhere"),
        ('<img src="gone.png">', "The link gone.png leads nowhere."),
    ],
)
def test_each_rule_of_a_site(tmp_path: Path, page: str, message: str) -> None:
    with pytest.raises(Faults) as caught:
        check_site.check(site(tmp_path, one=page))
    assert message in str(caught.value)
    assert "one.html" in str(caught.value)
