"""Which rows of the catalogue a table of calls comes from, so that it credits their publishers and names their sources.

Tables of calls mix a publisher's open list with rows collected by hand: the rows that were used say which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from toolkit import catalog, display
from toolkit.report.opportunities.case import Case

KEYS = {
    "calls": "call",
    "calls_history": "call",
    "calls_rules": "call",
    "calls_amounts": "call",
    "lump_sums": "line",
    "pnrr_calendar": "event",
}
"""Tables whose rows have several sources, and what a row is about."""

EVENT = "event:"
"""Begins the key of a day of the plan, where days and calls share a column."""

Rows = dict[str, pd.DataFrame | None]
"""Rows by table; None: the whole table."""


def rows_of(case: Case, tables: Sequence[str], keys: Iterable[str], *, hindsight: bool = False) -> Rows:
    """Rows of tables of the catalogue behind calls, lines or days of the plan.

    Args:
        tables: names.
        keys: calls, lines, or days of the plan (`event:<event>`).
        hindsight: observations made after the day too; without it those of a call first seen later only.
    """
    asked = set(keys)
    asked |= {case.lines[key] for key in asked if key in case.lines}
    asked |= {key.removeprefix(EVENT) for key in asked}
    found: Rows = {}
    for name in tables:
        found[name] = None
        if name in KEYS:
            table = case.report.table(name)
            found[name] = table[table[KEYS[name]].isin(asked)]
    if "calls_history" in tables and not hindsight:
        history = case.report.table("calls_history")
        history = history[history["call"].isin(asked)]
        seen = history["observed_on"] <= case.day
        found["calls_history"] = history[seen | ~history["call"].isin(history.loc[seen, "call"])]
    return found


def named(case: Case, rows: Rows, keys: Iterable[str]) -> dict[str, str]:
    """Key → sources that its rows name, each once; empty where no row was collected by hand."""
    asked = {name: table for name in KEYS if (table := rows.get(name)) is not None}
    if not any(credit.sources for name in asked for credit in catalog.default().source(name).credits(asked[name])):
        return {}
    told = {}
    for key in keys:
        about = {key, case.lines.get(key, key), key.removeprefix(EVENT)}
        texts = [table.loc[table[KEYS[name]].isin(about), "source"] for name, table in asked.items()]
        told[key] = "; ".join(catalog.sources_named(pd.concat(texts)).values())
    return told


def sourced(
    case: Case, frame: pd.DataFrame, columns: Sequence[display.Column], rows: Rows, key: str = "call"
) -> tuple[pd.DataFrame, list[display.Column]]:
    """A frame and its columns, with one of sources where rows were collected by hand and none names them yet."""
    if any(column.key == "source" for column in columns):
        return frame, list(columns)
    told = named(case, rows, frame[key].unique())
    if not told:
        return frame, list(columns)
    return frame.assign(source=frame[key].map(told)), [*columns, case.column("source", "source_of_call")]


def show_table(
    case: Case,
    id: str,
    frame: pd.DataFrame,
    columns: Sequence[display.Column],
    *,
    caption: str,
    tables: Sequence[str],
    key: str = "call",
    note: str = "",
    hindsight: bool = False,
) -> None:
    """Show a table of calls, of lines or of days of the plan, credited to those its rows come from.

    Args:
        caption, note: as printed.
        key: column of calls, lines or days.
    """
    rows = rows_of(case, tables, frame[key], hindsight=hindsight)
    frame, columns = sourced(case, frame, columns, rows, key)
    case.report.show_table(id, caption, frame, columns, tables=rows, note=note)
