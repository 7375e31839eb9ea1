"""In JupyterLab: charts of a cell drawn here, as they are on the page, without asking a network for a program."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
from IPython.core.getipython import get_ipython

from toolkit import display, svg
from toolkit.charts import structure
from toolkit.errors import ToolkitError

NAME = "quadro"


def interactive() -> bool:
    """Whether somebody sits before this kernel: papermill and nbconvert say that nobody can be asked for input."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None or os.environ.get(display.DEFER_CHARTS) == "1":
        return False
    return bool(kernel.get_parent("shell").get("content", {}).get("allow_stdin"))


def draw_charts(language: str, shared: Callable[[], Mapping[str, Any]]) -> None:
    """Have Altair's charts drawn as SVG in an interactive kernel; whoever has chosen another renderer keeps it.

    Args:
        language: `it` or `en`, for the numbers and dates on axes.
        shared: gives data that a chart may name without giving them, such as `{"boundaries": topology}`.
    """
    if not interactive() or alt.renderers.active not in ("default", NAME):
        return

    def drawn(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
        title = str(spec.get("description") or "Altair")
        # Paper of its own: its ink is dark, also where JupyterLab is.
        paper = {**structure.sized(spec), "background": "white", "padding": 8}
        try:
            return {"image/svg+xml": svg.render(paper, "chart", title, title, language, datasets=shared())}
        except ToolkitError as error:
            return {"text/plain": str(error)}

    alt.renderers.register(NAME, drawn)
    alt.renderers.enable(NAME)
