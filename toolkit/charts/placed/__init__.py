"""Charts: tidy DataFrames and words in, Vega-Lite out, for a page and for a telephone (`pair`)."""

from toolkit.charts.placed.bars import ranked_bars
from toolkit.charts.placed.calendar import timeline
from toolkit.charts.placed.choropleth import choropleth
from toolkit.charts.placed.intervals import ranges
from toolkit.charts.placed.lines import lines
from toolkit.charts.placed.shares import shares
from toolkit.charts.placed.strip import dot_strip
from toolkit.charts.placed.theme import NARROW, WIDE, pair

__all__ = [
    "NARROW",
    "WIDE",
    "choropleth",
    "dot_strip",
    "lines",
    "pair",
    "ranges",
    "ranked_bars",
    "shares",
    "timeline",
]
