"""Pictures of matplotlib, for whoever has it: the project itself neither needs nor installs it."""

from __future__ import annotations

import sys
from io import StringIO
from typing import Any

ROOMS = ("matplotlib", "seaborn")


def figure_of(what: Any) -> Any:
    """The matplotlib figure of a figure, its axes, or a grid of seaborn; None of anything else."""
    if type(what).__module__.partition(".")[0] not in ROOMS:
        return None
    found = getattr(what, "figure", what)
    return found if hasattr(found, "savefig") else None


def svg_of(figure: Any, name: str) -> str:
    """A matplotlib figure as SVG, equal bytes each time; it is not shown a second time by its own notebook.

    Args:
        figure: of matplotlib; its texts become outlines, because a page does not have its fonts.
        name: what ids are made from.
    """
    matplotlib, written = sys.modules["matplotlib"], StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(written, format="svg", bbox_inches="tight", metadata={"Date": None})
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)
    return written.getvalue()
