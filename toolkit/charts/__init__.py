"""Charts: tidy DataFrames and words in, Vega-Lite out, for a page and for a telephone (`pair`)."""

from toolkit.charts.bars import ranked_bars
from toolkit.charts.calendar import timeline
from toolkit.charts.choropleth import choropleth
from toolkit.charts.flows import flow_map
from toolkit.charts.geo import Boundaries, boundaries, neighbours
from toolkit.charts.intervals import ranges
from toolkit.charts.lines import lines
from toolkit.charts.shares import shares
from toolkit.charts.strip import Strips, dot_strip, strips
from toolkit.charts.theme import NARROW, WIDE, pair

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
