"""What a notebook shows and its page does not take: charts and prose, told a line a cell.

Tables and values are not named: whoever shows a frame, a measure or a comparison in a cell looks at it while working.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from toolkit.contract import MIME
from toolkit.render.content import HIDDEN_TAGS
from toolkit.run.outcome import cells

_CHART = re.compile(r"application/(vnd\.(vega|plotly|bokeh|holoviews)|geo\+json|pdf)|image/")
_DRAWS = re.compile(r"vegaEmbed|altair-viz|plotly|bokeh|<(svg|img|canvas|iframe)\b", re.IGNORECASE)


def dropped(notebook: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """Lines such as ``cell 7 (`alt.Chart(rows)`): chart``.

    Args:
        notebook: executed.
        language: of the page; cells for another one and those tagged as notes are kept off it on purpose.
    """
    lines = []
    for cell in cells(notebook):
        if cell.tags & HIDDEN_TAGS or {tag for tag in cell.tags if tag.startswith("lang-")} - {f"lang-{language}"}:
            continue
        found = Counter(kind for output in cell.outputs if (kind := _kind(output)))
        if found:
            told = (name if times == 1 else f"{times} × {name}" for name, times in found.items())
            lines.append(f"{cell}: {', '.join(told)}")
    return tuple(lines)


def _kind(output: Mapping[str, Any]) -> str:
    """What an output is to its author; empty where the page takes it, or where nobody would look for it there."""
    shown = output.get("data", {})
    if output.get("output_type") not in ("display_data", "execute_result") or MIME in shown:
        return ""
    page = _text(shown.get("text/html"))
    if any(map(_CHART.match, shown)) or _DRAWS.search(page):
        return "chart"
    if "<table" in page or any(kind.startswith("application/vnd.dataresource") for kind in shown):
        return ""
    if "text/markdown" in shown:
        return "Markdown"
    if "text/latex" in shown:
        return "formula"
    if page:
        return "HTML"
    others = [kind for kind in shown if kind != "text/plain"]
    return others[0] if others else ""


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(content or ())
