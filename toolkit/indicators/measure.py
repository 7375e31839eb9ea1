"""An indicator on the tables it is made of: what a notebook computes, compares and draws."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape

import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.base import PREPARE, Groups, Indicator, Sum, compute
from toolkit.indicators.panel import Panel

spoken: ContextVar[str] = ContextVar("spoken", default="en")
"""Language in which a notebook reads of a measure: that of its report."""


@dataclass(frozen=True)
class Measure:
    """An indicator with its tables: figures of any territory come from the same function, so ratios are of sums.

    Attributes:
        indicator: what is measured (unit, formula, reference).
        tables: tables by the name under which the indicator knows them.
    """

    indicator: Indicator
    tables: Mapping[str, pd.DataFrame]

    def of(self, groups: Groups, *, parent: str = "", keep: Sum | None = None) -> Panel:
        """Figures of territories (key → codes), all years; for shares, `parent` is the key of the whole."""
        return Panel(self.indicator, compute(self.indicator.id, self.tables, groups, parent=parent, keep=keep))

    @property
    def frame(self) -> pd.DataFrame:
        """Every municipality of the tables: DataFrame[istat_code, year, value, flag]."""
        if self.indicator.parent:
            raise DataError(
                f"{self.indicator.id!r} is a share of a larger territory: alone it has no value",
                hint="report.compare(…) knows the larger territory",
            )
        table = next(iter(self.tables.values()))
        rows = self.of({code: (code,) for code in table["istat_code"].unique()}).rows
        return rows[["territory", "year", "value", "flag"]].rename(columns={"territory": "istat_code"})

    def __repr__(self) -> str:
        return f"Measure({self.indicator.id} [{self.indicator.unit}] of {', '.join(self.tables)})"

    def _repr_html_(self) -> str:
        about = self.indicator
        name = escape(about.name[spoken.get()])
        rows = ((name, about.unit), ("=", escape(about.formula)))
        lines = (f'<tr><th>{head}</th><td style="text-align:left">{text}</td></tr>' for head, text in rows)
        said = f"<table>{''.join(lines)}</table>"
        return said if about.parent else said + self.frame.head().to_html(index=False)


def measured(about: Indicator) -> Callable[..., Measure]:
    """The function of a registered indicator: takes its tables in the order it names them, gives a `Measure`."""

    def function(*tables: pd.DataFrame) -> Measure:
        if len(tables) != len(about.tables):
            raise DataError(
                f"{about.id} is computed from {len(about.tables)} tables, not {len(tables)}",
                allowed=about.tables,
                hint=f"indicators.{about.id}({', '.join(about.tables)})",
            )
        for name, table in zip(about.tables, tables, strict=True):
            if not isinstance(table, pd.DataFrame) or "istat_code" not in table:
                raise DataError(
                    f"{about.id} takes the table {name!r}, a DataFrame with a column istat_code",
                    hint=f'{name} = report.table("{name}")',
                )
        return Measure(about, dict(zip(about.tables, tables, strict=True)))

    kind = inspect.Parameter.POSITIONAL_ONLY
    parameters = [inspect.Parameter(name, kind, annotation="DataFrame") for name in about.tables]
    function.__name__ = function.__qualname__ = about.id
    function.__signature__ = inspect.Signature(parameters, return_annotation="Measure")  # type: ignore[attr-defined]
    function.__module__ = about.function.__module__
    function.__wrapped__ = about.function  # type: ignore[attr-defined]
    function.__doc__ = _help(about)
    return function


def _help(about: Indicator) -> str:
    """What `help` tells of an indicator: shapes, unit, formula, source."""
    better = {1: "more is better", -1: "less is better", 0: "neither side is better"}[about.direction]
    of = "single municipalities" if about.municipal else "municipalities and areas"
    of += ", as a part of a larger territory" if about.parent else ""
    shapes = {name: ", ".join(map(str, table)) for name, table in about.example.tables().items() if name not in PREPARE}
    call = f"{about.id}({', '.join(f'report.table({name!r})' for name in about.tables)})"
    return "\n".join(
        [
            inspect.getdoc(about.function) or about.name["en"],
            "",
            f"Name: {about.name['en']} / {about.name['it']}",
            f"Formula: {about.formula}",
            f"Unit: {about.unit} ({better})",
            f"Counts: {about.counts}; of {of}",
            f"Source: {about.reference}",
            "",
            "Args:",
            *(f"    {name}: DataFrame[{shapes.get(name, 'istat_code, …')}], as loaded." for name in about.tables),
            "",
            "Returns:",
            "    Measure, to be shown, drawn or compared; `.frame` is DataFrame[istat_code, year, value, flag].",
            "",
            "Raises:",
            "    DataError: another number of tables, or one without istat_code.",
            "",
            "Example:",
            f"    report.compare(indicators.{call})",
        ]
    )
