"""In JupyterLab: charts of a cell drawn here, as they are on the page, without asking a network for a program."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import altair as alt
from IPython.core.getipython import get_ipython
from IPython.display import HTML
from IPython.display import display as show

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


@cache
def _style() -> str:
    """The type that charts are measured in, which a page has beside it, and a width that cells have room for."""
    files, faces = Path(str(import_module("fontpkg_titillium_web").ROOT)) / "files", []
    for name, weight in (("Regular", 400), ("SemiBold", 600), ("Bold", 700)):
        font = b64encode((files / f"TitilliumWeb-{name}.ttf").read_bytes()).decode()
        source = f"src: url(data:font/ttf;base64,{font})"
        faces.append(f'@font-face {{font-family: "Titillium Web"; font-weight: {weight}; {source}}}')
    return f"<style>{''.join(faces)} .quadro .plot svg {{max-width: 100%; height: auto}}</style>"


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
        name = f"chart-{sha256(json.dumps(spec, sort_keys=True, default=str).encode()).hexdigest()[:8]}"
        try:
            picture = svg.render(paper, name, title, title, language, datasets=shared())
        except ToolkitError as error:
            return {"text/plain": str(error)}
        return {"text/html": f'<div class="quadro"><div class="plot">{picture}</div></div>'}

    show(HTML(_style()))
    alt.renderers.register(NAME, drawn)
    alt.renderers.enable(NAME)
