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
    ],
)
def test_each_rule_of_a_notebook(tmp_path: Path, cells: list[dict[str, Any]], message: str) -> None:
    assert any(message in what for what in told(tmp_path, cells))


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
