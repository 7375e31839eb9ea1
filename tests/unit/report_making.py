"""A page in the making, outside of any notebook: what it shows is kept in a list, charts are not drawn."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from toolkit import Report, display, indicators
from toolkit.report.comparison import Comparison


@contextmanager
def page(**where: Any) -> Iterator[tuple[Report, list[display.Shown]]]:
    """A report of a place, and what it shows while the block lasts."""
    shown: list[display.Shown] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("toolkit.report.report"), "show", shown.append)
        yield Report("benchmark", it="Prova", en="Trial", **where), shown


def compared(report: Report, *names: str) -> list[Comparison]:
    """Comparisons of registered indicators, on the tables of the catalogue."""
    return [
        report.compare(getattr(indicators, name)(*(report.table(table) for table in indicators.get(name).tables)))
        for name in names
    ]
