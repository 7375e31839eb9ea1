"""How all charts look: colours, type, locale; registered with Altair, for an analyst's own charts too.

The territory of the report is blue, larger and named; groups it is compared with have their own shape or dash, so that
nothing is said by colour alone. Marks have at least 3:1 against the page, text 4.5:1.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from toolkit.svg import FONT, WIDE

__all__ = ["CONFIG", "FONT", "WIDE"]
INK, NAVY, SLATE, GREY, LIGHT, WHITE = "#1A1A1A", "#17324D", "#5C6F82", "#84919F", "#E3E6E9", "#FFFFFF"
BLUE, ORANGE, GREEN, PURPLE, RED, YELLOW = "#0066CC", "#A66300", "#006B4E", "#7D44B8", "#B31B2C", "#FFC83D"
BAND, MIDDLE, EMPTY = "#E3E9EF", "#B9CBDD", "#F2F2F2"
SERIES = (BLUE, ORANGE, GREEN, SLATE, PURPLE, RED)
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3], [4, 4])
SEQUENTIAL = ("#E1EDF9", "#B5D3EF", "#7FB2E2", "#3F86CB", "#0E4F96")

CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "mark": {"aria": False, "color": BLUE},
    "text": {"color": INK, "fontSize": 12},
    "range": {"category": list(SERIES), "ordinal": list(SEQUENTIAL), "ramp": list(SEQUENTIAL)},
    "axis": {
        "aria": False,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": LIGHT,
    },
    "legend": {
        "aria": False,
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "labelLimit": {"expr": "width < 500 ? 250 : 290"},
        "symbolSize": 110,
        "columnPadding": 14,
        "rowPadding": 3,
        "offset": 8,
        "layout": {
            "top": {
                "anchor": "start",
                "margin": 14,
                "direction": {"signal": "width < 500 ? 'vertical' : 'horizontal'"},
            }
        },
    },
}


@alt.theme.register("quadro", enable=True)
def quadro() -> alt.theme.ThemeConfig:
    """Altair's theme of this name: every chart of a notebook takes it."""
    return {"config": CONFIG, "padding": 0, "autosize": {"type": "fit-x", "contains": "padding"}}  # type: ignore[typeddict-item]
