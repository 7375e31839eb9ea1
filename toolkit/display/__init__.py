"""What reports show: figures, tables, key figures, caveats; as JSON, and as accessible HTML through one function."""

from toolkit.display.cells import Cell, Column, Data, data
from toolkit.display.markup import html, is_explorable, specs_script
from toolkit.display.objects import (
    DEFER_CHARTS,
    MIME,
    Brief,
    Caveats,
    Close,
    Extract,
    Figure,
    Glossary,
    KeyFigure,
    KeyFigures,
    Open,
    Points,
    Shown,
    Sources,
    Table,
    Text,
)

__all__ = [
    "DEFER_CHARTS",
    "MIME",
    "Brief",
    "Caveats",
    "Cell",
    "Close",
    "Column",
    "Data",
    "Extract",
    "Figure",
    "Glossary",
    "KeyFigure",
    "KeyFigures",
    "Open",
    "Points",
    "Shown",
    "Sources",
    "Table",
    "Text",
    "data",
    "html",
    "is_explorable",
    "specs_script",
]
