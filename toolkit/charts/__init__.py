"""Charts: functions of comparisons, or of a tidy frame, that return Altair charts (`help(charts.strip)`).

What they return may be changed as any Altair chart: add a layer, change an encoding, draw your own instead.
"""

from toolkit.charts.bars import bars, parts, ranges
from toolkit.charts.dots import dots, periods
from toolkit.charts.lines import lines, series
from toolkit.charts.map import choropleth
from toolkit.charts.spans import spans
from toolkit.charts.strip import strip

__all__ = ["bars", "choropleth", "dots", "lines", "parts", "periods", "ranges", "series", "spans", "strip"]


def __dir__() -> list[str]:
    return sorted(__all__)
