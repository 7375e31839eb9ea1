"""What an analyst's notebook shows and the page does not take is named: in `run.log`, in the summary, in `run.json`."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from making import code, notebook, project, prose, report

from toolkit import cli
from toolkit.contract import MIME
from toolkit.run.dropped import dropped

OWN = (
    "import altair as alt\nimport pandas as pd\n\nrows = pd.DataFrame({'a': [1, 2]})",
    "# how it looks\nalt.Chart(rows).mark_bar().encode(x='a:Q')",
    "rows",
    "from IPython.display import Markdown\nMarkdown('**mine**')",
    "print('a word')",
)
NAMED = [
    "cell 5 (`alt.Chart(rows).mark_bar().encode(x='a:Q')`): chart",
    "cell 7 (`from IPython.display import Markdown`): Markdown",
]
PLAN = 'title: {it: a, en: a}\nnotebooks: [own]\nmunicipalities: ["015032", "015077"]\nlanguages: [it]\n'


@pytest.mark.parametrize("engine", ["warm", "stock"])
def test_what_a_page_does_not_take_is_named(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, {"own": report("own", *OWN)}, {"own": PLAN})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for outcome in ("ok", "unchanged"):
        assert cli.main(["run", "own", "--engine", engine, "--jobs", "2"]) == 0
        told = capsys.readouterr().out
        pages = json.loads(Path("reports/run.json").read_text())["pages"]
        assert [(page["outcome"], page["dropped"]) for page in pages] == [(outcome, NAMED)] * 2
        log = Path("reports/run.log").read_text()
        for line in NAMED:
            assert log.count(f"    not on the page: {line}\n") == 2
            assert told.count(f"  own, {line} (2 pages)\n") == 1
    assert cli.main(["run", "own", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["dropped"] == NAMED


def shown(*bundles: dict[str, Any], source: str = "x", tags: tuple[str, ...] = (), kind: str = "execute_result") -> Any:
    outputs = [{"output_type": kind, "data": bundle, "metadata": {}} for bundle in bundles]
    return code(source, *tags, outputs=outputs)


VEGA = "application/vnd.vegalite.v6+json"
FRAME = {"text/html": ["<div><table class='dataframe'>", "</table></div>"], "text/plain": "   a"}
FIGURE = {"text/plain": "<Figure size 640x480>", "image/png": "iVBO"}
LINES = {"text/plain": "[<matplotlib.lines.Line2D at 0x1>]"}


@pytest.mark.parametrize(
    ("bundles", "kind"),
    [
        ([{VEGA: {}, "text/plain": "alt.Chart(...)"}], "chart"),
        ([{"text/html": "<div id='altair-viz-1'></div><script>vegaEmbed()</script>", "text/plain": "x"}], "chart"),
        ([FIGURE], "chart"),
        ([LINES, FIGURE, FIGURE], "2 × chart"),
        ([{"image/svg+xml": "<svg/>"}], "chart"),
        ([{"application/vnd.plotly.v1+json": {}, "text/html": "<div/>"}], "chart"),
        ([FRAME], ""),
        ([{"text/html": "<style></style><table></table>"}], ""),
        ([FRAME, FIGURE], "chart"),
        ([{"text/markdown": "**x**", "text/plain": "<Markdown>"}], "Markdown"),
        ([{"text/latex": "$x$", "text/plain": "x"}], "formula"),
        ([{"text/html": "<b>x</b>"}], "HTML"),
        ([{"application/vnd.jupyter.widget-view+json": {}}], "application/vnd.jupyter.widget-view+json"),
        ([{"text/plain": "42"}], ""),
    ],
)
def test_kinds_of_outputs(bundles: list[dict[str, Any]], kind: str) -> None:
    for how in ("display_data", "execute_result"):
        cells = [
            prose("# a"),
            code("1"),
            code("", "injected-parameters"),
            shown(*bundles, source="# b\n\nc()\nd", kind=how),
        ]
        assert dropped(notebook(cells), "it") == ((f"cell 3 (`c()`): {kind}",) if kind else ())


def test_what_is_not_named() -> None:
    """What the page takes, what is printed, and what a tag keeps off the page."""
    cells = [
        shown({MIME: {"kind": "table"}, "text/html": "<table></table>", VEGA: {}}),
        code("print(1)", outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}]),
        *(shown(FRAME, FIGURE, tags=(tag,)) for tag in ("notes", "parameters", "lang-en")),
    ]
    assert dropped(notebook(cells), "it") == ()
    assert dropped(notebook(cells), "en") == ("cell 5 (`x`): chart",)
