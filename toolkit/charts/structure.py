"""Charts whose structure is built and compiled once, whatever the place: what differs from page to page is data.

Texts, classes and orders travel as data too, and what depends on the width hangs on Vega's own signal `width`. So a
template is a function without arguments that gives an Altair chart over named data; `filled` gives it the data of a
page, and still it is an Altair chart: add a layer, change an encoding. A chart that was changed, or that an analyst
made, is compiled as it is; its structure is recognised the next time.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from toolkit.catalog.store import current
from toolkit.charts import drawable, theme
from toolkit.display.frames import rows_of
from toolkit.errors import ToolkitError

Rows = list[dict[str, Any]]
Template = Callable[[], alt.LayerChart]
TEMPLATE = "_template"
META = "quadro"
"""Key of `usermeta` under which a chart carries what it shows."""


def data(name: str) -> alt.Chart:
    """A layer of a template over one of its data sets."""
    return alt.Chart(alt.NamedData(name))


def layers(*parts: alt.Chart, height: Any) -> alt.LayerChart:
    """Layers of a template as one chart of the page's width."""
    return alt.LayerChart(layer=list(parts)).properties(width=theme.WIDE, height=height)


def filled(template: Template, about: Mapping[str, Any], **rows: Rows | pd.DataFrame) -> alt.LayerChart:
    """A template with the data of a page.

    Args:
        template: what gives the structure, once for all pages; a function of a module.
        about: what the chart shows, free of language, for `report.figure`: JSON values only.
        rows: data sets by the names that the template uses.

    Returns:
        A chart of the caller's own: what is changed in it, changes in no other.
    """
    built, _ = _structure(template)
    chart: alt.LayerChart = pickle.loads(built)
    chart.datasets = {name: rows_of(held) if isinstance(held, pd.DataFrame) else held for name, held in rows.items()}
    chart.usermeta = {META: dict(about)}
    vars(chart)[TEMPLATE] = template  # Altair's copies, which are changed charts, have no such attribute
    return chart


def compared(chart: str, *comparisons: Any) -> tuple[Any, Any]:
    """The report of comparisons and its words; ToolkitError where something else is to be drawn, or nothing."""
    odd = [type(one).__name__ for one in comparisons if not hasattr(one, "standing")]
    if odd or not comparisons:
        raise ToolkitError(
            f"charts.{chart} draws a comparison, not {odd[0] if odd else 'nothing'}",
            hint="report.compare(indicators.income_per_taxpayer(income)), or a frame of your own",
        )
    return comparisons[0].report, comparisons[0].report.words


def about(chart: Any) -> dict[str, Any]:
    """What a chart of this package carries of itself; of an analyst's own, nothing."""
    found: Any = getattr(chart, "usermeta", alt.Undefined)
    if isinstance(found, dict) and META in found:
        return dict(found[META])
    for part in getattr(chart, "layer", None) or ():  # one of ours under layers of theirs
        if inner := about(part):
            return inner
    return {}


def specification(chart: Any, where: str = "") -> tuple[dict[str, Any], dict[str, Rows]]:
    """Vega-Lite structure and data sets of any Altair chart.

    Args:
        chart: of `toolkit.charts`, or an analyst's own.
        where: its id, for errors.

    Raises:
        ToolkitError: Altair refuses the chart (the message is its first line), or it cannot be drawn (`drawable`).
    """
    told = about(chart)
    if template := vars(chart).get(TEMPLATE):
        built, spec = _structure(template)
        if _pickled(chart) == built:
            return spec, dict(vars(chart)["_kwds"]["datasets"])
    try:
        spec = chart.to_dict()
    except Exception as error:
        raise ToolkitError(
            f"Altair cannot make this chart: {str(error).strip().splitlines()[0]}", where=where
        ) from None
    drawable.check(chart, spec, spec.get("datasets", {}), where)
    sets: dict[str, Rows] = spec.pop("datasets", {})
    names: dict[str, str] = {}

    def renamed(node: Any) -> Any:
        """Data sets by their order: Altair names them by their content, which would make each structure a new one."""
        if isinstance(node, dict):
            return {key: name(held) if key == "name" and held in sets else renamed(held) for key, held in node.items()}
        return [renamed(part) for part in node] if isinstance(node, list) else node

    def name(held: str) -> str:
        names.setdefault(held, f"own_{len(names)}" if held.startswith("data-") else held)  # not `data_`: Vega-Lite's
        return str(names[held])

    spec = _plain(renamed(spec)) | {"usermeta": {"structured": True, "explore": not told}}
    return spec, {names.get(key, key): rows for key, rows in sets.items()}


def sized(spec: dict[str, Any]) -> dict[str, Any]:
    """As wide as a page, unless it has several parts, or a width of its own."""
    several = any(key in spec for key in ("hconcat", "vconcat", "concat", "facet", "repeat"))
    return spec if several else {**spec, "width": spec.get("width", theme.WIDE)}


def _structure(template: Template) -> tuple[bytes, dict[str, Any]]:
    """A chart of the template, pickled, and its specification; the caller's own."""

    def made() -> tuple[bytes, dict[str, Any]]:
        built = template()
        spec = _plain(built.to_dict(validate=False)) | {"usermeta": {"structured": True, "explore": False}}
        return _pickled(pickle.loads(_pickled(built))), spec

    return current().once(("structure", template), made)


def _pickled(chart: alt.TopLevelMixin) -> bytes:
    """A chart without its data: equal for equal charts."""
    bare = object.__new__(type(chart))  # Altair's own copies build every layer again
    kept = vars(chart)["_kwds"] | dict.fromkeys(("datasets", "usermeta"), alt.Undefined)
    vars(bare).update({name: held for name, held in vars(chart).items() if name != TEMPLATE} | {"_kwds": kept})
    return pickle.dumps(bare)


def _plain(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: held for key, held in spec.items() if key not in ("datasets", "usermeta")}


def same_names(frame: pd.DataFrame, wanted: Sequence[str], where: str) -> pd.DataFrame:
    """The columns that a chart needs; ToolkitError names the one that is missing."""
    if missing := [name for name in wanted if name not in frame]:
        raise ToolkitError(
            f"the chart needs a column {missing[0]!r}", where=where, allowed=list(map(str, frame.columns))
        )
    return frame[list(wanted)]
