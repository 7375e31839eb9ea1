"""Charts: tidy DataFrames and words in, Vega-Lite out, for a page and for a telephone (`pair`)."""

from toolkit.charts.bars import ranges, ranked_bars, shares
from toolkit.charts.lines import lines, timeline
from toolkit.charts.maps import choropleth, flow_map
from toolkit.charts.strip import dot_strip
from toolkit.charts.theme import NARROW, WIDE, pair

__all__ = [
    "NARROW",
    "WIDE",
    "choropleth",
    "dot_strip",
    "flow_map",
    "lines",
    "pair",
    "ranges",
    "ranked_bars",
    "shares",
    "timeline",
]
