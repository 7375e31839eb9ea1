"""An analyst's kernel: charts drawn without a network where somebody looks, nothing changed where nobody does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

OPEN = """
import altair as alt
import pandas as pd
from toolkit import Report, charts, indicators
report = Report("own", municipality="015032", language="LANGUAGE", it="Mio", en="Mine")
declared = report.compare(indicators.income_per_taxpayer(report.table("income")))
"""


@pytest.fixture(scope="module")
def kernel(root: Path) -> Iterator[Any]:
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(root))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def outputs(kernel: Any, source: str, looked_at: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def hook(message: dict[str, Any]) -> None:
        if message["msg_type"] in ("execute_result", "display_data"):
            found.append(message["content"]["data"])
        assert message["msg_type"] != "error", message["content"]

    kernel.allow_stdin = looked_at
    reply = kernel.execute_interactive(source, allow_stdin=looked_at, output_hook=hook, timeout=120)
    assert reply["content"]["status"] == "ok"
    return found


CHARTS = [
    "charts.lines(declared)",
    "charts.strip(declared)",
    "charts.choropleth(declared)",
    'alt.Chart(declared.history()).mark_bar().encode(x="year:O", y="value:Q")',
    'alt.hconcat(*[alt.Chart(declared.history()).mark_line().encode(x="year:O", y="value:Q")] * 2)',
]


def test_charts_draw_where_somebody_looks_and_nowhere_else(kernel: Any) -> None:
    """The kernel of papermill, which cannot be asked for input, gives what it always gave."""
    outputs(kernel, OPEN.replace("LANGUAGE", "it"), looked_at=False)
    (stored,) = outputs(kernel, CHARTS[0], looked_at=False)
    assert "<svg" not in stored["text/html"]
    outputs(kernel, OPEN.replace("LANGUAGE", "it"), looked_at=True)
    for chart in CHARTS:
        (shown,) = outputs(kernel, chart, looked_at=True)
        assert set(shown) == {"text/html", "text/plain"}, chart
        assert shown["text/html"].count("<svg") == 1, chart
        assert "http" not in re.sub(r'xmlns[:a-z]*="[^"]*"', "", shown["text/html"])
    (broken,) = outputs(kernel, 'alt.Chart(alt.NamedData("gone")).mark_bar().encode(x="a:Q")', looked_at=True)
    assert "needs the shared data 'gone'" in broken["text/plain"]
    outputs(kernel, 'alt.renderers.enable("mimetype")\n' + OPEN.replace("LANGUAGE", "it"), looked_at=True)
    (chosen,) = outputs(kernel, CHARTS[3], looked_at=True)
    assert "<svg" not in chosen.get("text/html", "")  # whoever has chosen another renderer keeps it


def test_sources_do_not_depend_on_what_was_computed_before(kernel: Any) -> None:
    """The second report of a process credits what the first does."""
    told = []
    for _ in range(2):
        outputs(kernel, OPEN.replace("LANGUAGE", "it") + "said = declared.facts", looked_at=False)
        (shown,) = outputs(kernel, "sorted(source.name for source in report.sources)", looked_at=False)
        told.append(shown["text/plain"])
    assert told[0] == told[1]
    assert "commuting" in told[0]


@pytest.mark.parametrize(
    ("language", "name", "other"),
    [("it", "Reddito imponibile", "Taxable income"), ("en", "Taxable income", "Reddito imponibile")],
)
def test_objects_show_themselves_in_the_language_of_the_report(
    kernel: Any, language: str, name: str, other: str
) -> None:
    outputs(kernel, OPEN.replace("LANGUAGE", language), looked_at=True)
    for source, short in (
        ("declared", r"Comparison\(income_per_taxpayer, Bresso: €?25[.,]929.* \(2023\)\)"),
        ("report", r"Report\('own', Bresso, \d{4}-\d\d-\d\d, .."),
        ('indicators.income_per_taxpayer(report.table("income"))', r"Measure\(income_per_taxpayer \["),
    ):
        (shown,) = outputs(kernel, source, looked_at=True)
        assert re.match(short, shown["text/plain"]), shown["text/plain"]
        assert name in shown["text/html"], source
        assert other not in shown["text/html"], source
        assert "color" not in shown["text/html"], source  # JupyterLab's own, light or dark
        assert "<table" in shown["text/html"]
    (facts,) = outputs(kernel, "declared", looked_at=True)
    for fact in ("own", "median", "gap", "rank", "change", "n", "certainty"):
        assert f"<code>{{{fact}}}</code>" in facts["text/html"]
