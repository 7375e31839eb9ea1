"""Charts: tidy DataFrames and words in, Vega-Lite out, for a page and for a telephone (`pair`)."""

from toolkit.charts.geo import Boundaries, boundaries, neighbours
from toolkit.charts.placed.bars import ranked_bars
from toolkit.charts.placed.calendar import timeline
from toolkit.charts.placed.choropleth import choropleth
from toolkit.charts.placed.flows import flow_map
from toolkit.charts.placed.intervals import ranges
from toolkit.charts.placed.lines import lines
from toolkit.charts.placed.shares import shares
from toolkit.charts.placed.strip import Strips, dot_strip, strips
from toolkit.charts.placed.theme import NARROW, WIDE, pair

__all__ = [
    "NARROW",
    "WIDE",
    "Boundaries",
    "Strips",
    "boundaries",
    "choropleth",
    "dot_strip",
    "flow_map",
    "lines",
    "neighbours",
    "pair",
    "ranges",
    "ranked_bars",
    "shares",
    "strips",
    "timeline",
]
