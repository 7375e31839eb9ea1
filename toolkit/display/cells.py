"""Cells of tables: each value raw, as printed, and with its flag; zero, missing and confidential never look alike."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from toolkit.display.frames import plain
from toolkit.errors import DataError
from toolkit.text import ABSENT_FLAGS, Words, is_absent


@dataclass(frozen=True, kw_only=True)
class Column:
    """How a column of a DataFrame is shown.

    Args:
        key: its name, in the frame, the CSV and the results.
        label: its header.
        unit: key of `text/units.yml`, for numbers; empty for text.
        unit_from: column that holds the unit of each row, where rows are different measures.
        decimals: those of the unit where not given; `decimals_from`: column that holds them row by row.
        flag: column that holds the flag of each value.
        texts: what is printed for each raw text (an indicator's name for its id); a text not in it is printed as it is.
    """

    key: str
    label: str
    unit: str = ""
    unit_from: str = ""
    decimals: int | None = None
    decimals_from: str = ""
    flag: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def numeric(self) -> bool:
        """Whether the column holds figures."""
        return bool(self.unit or self.unit_from)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value `v` (None where absent), its printed text `t`, its `flag`."""

    v: Any
    t: str
    flag: str = "observed"


@dataclass(frozen=True, kw_only=True)
class Data:
    """A table ready to be shown: `columns` as the page wants them, `rows` of cells.

    `row_header` is the index of the column that names the row; `highlight` the indices of the rows of this territory.
    """

    columns: Sequence[Mapping[str, Any]]
    rows: Sequence[Sequence[Cell]]
    row_header: int = 0
    highlight: Sequence[int] = ()


def data(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    words: Words,
    *,
    row_header: str = "",
    highlight: Collection[Any] = (),
) -> Data:
    """A DataFrame as a table, in its own order.

    Args:
        frame: one row a row.
        columns: those shown, in order.
        words: the language.
        row_header: key of the column that names the rows; the first where not given.
        highlight: raw values of that column whose rows are this territory's.

    Raises:
        DataError: a column, or the column of its unit or flag, is not in the frame.
    """
    keys = [column.key for column in columns]
    if row_header and row_header not in keys:
        raise DataError(f"no column {row_header!r} to name the rows", allowed=keys)
    header = keys.index(row_header) if row_header else 0
    cells = _rows(frame, columns, words)
    marked = [index for index, row in enumerate(cells) if row[header].v in highlight]
    return Data(columns=[_heading(c, words) for c in columns], rows=cells, row_header=header, highlight=marked)


def _rows(frame: pd.DataFrame, columns: Sequence[Column], words: Words) -> list[list[Cell]]:
    wanted = {name for c in columns for name in (c.key, c.unit_from, c.decimals_from, c.flag) if name}
    if missing := sorted(wanted - set(frame.columns)):
        raise DataError(f"no column {', '.join(missing)} to show", allowed=list(frame.columns))
    values = {name: plain(frame[name]) for name in wanted}
    rows = (dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True))
    return [[_cell(row, column, words) for column in columns] for row in rows]


def _cell(record: Mapping[Any, Any], column: Column, words: Words) -> Cell:
    value = record[column.key]
    flag = str(record[column.flag]) if column.flag and not is_absent(record[column.flag]) else "observed"
    if flag in ABSENT_FLAGS or is_absent(value):
        flag = flag if flag in ABSENT_FLAGS else "missing"
        return Cell(None, words.absent(flag), flag)
    if not column.numeric:
        return Cell(value, column.texts.get(value, str(value)), flag)
    unit = str(record[column.unit_from]) if column.unit_from else column.unit
    decimals = record[column.decimals_from] if column.decimals_from else column.decimals
    digits = None if decimals is None or is_absent(decimals) else int(decimals)
    return Cell(value, words.value(value, unit, flag, digits, bare=True), flag)


def _heading(column: Column, words: Words) -> dict[str, Any]:
    """The column as the payload has it; `unit_label` is what the header adds to the label ("" where cells say it)."""
    label = words.unit(column.unit) if column.unit else ""
    said = not column.unit or words.says_unit(column.label, column.unit)
    decimals = column.decimals
    if decimals is None and column.unit:
        decimals = words.decimals(column.unit)
    return {
        "key": column.key,
        "label": column.label,
        "numeric": column.numeric,
        "unit": column.unit,
        "unit_label": "" if said else label,
        "decimals": decimals,
    }


_PLAIN = frozenset((str, bool, int, type(None)))
Where = tuple[Any, Any] | str
"""Where a value is, for a message only: what holds it and its key or index in there; names from the outside."""


def clean(value: Any, where: Where = "payload") -> Any:
    """A value as JSON has it: keys sorted, sequences as lists, numpy and pandas scalars as numbers, absent as null.

    Raises:
        DataError: an infinite number, or something that JSON cannot hold.
    """
    kind: Any = type(value)
    # A page has tens of thousands of values, nearly all of them texts: these are passed without a call.
    if kind is dict:
        return {
            str(key): part if type(part := value[key]) in _PLAIN else clean(part, (where, str(key)))
            for key in sorted(value, key=str)
        }
    if kind is list or kind is tuple:
        return [part if type(part) in _PLAIN else clean(part, (where, index)) for index, part in enumerate(value)]
    if isinstance(value, float):
        return _finite(value, where)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if names := _field_names(kind):
        return clean({name: getattr(value, name) for name in names}, where)
    if isinstance(value, Mapping):
        return clean(dict(value), where)
    if isinstance(value, (list, tuple)):
        return clean(list(value), where)
    if isinstance(value, (set, frozenset)):
        return sorted(clean(item, where) for item in value)
    if is_absent(value):
        return None
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()[:10]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return clean(value.tolist(), where)
    raise DataError(f"{kind.__name__} cannot be part of a page: {value!r}", where=_told(where))


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def _finite(value: float, where: Where) -> float | None:
    if math.isinf(value):
        raise DataError("an infinite figure cannot be shown", where=_told(where))
    return None if math.isnan(value) else float(value)


def _told(where: Where) -> str:
    """`payload.rows[3]`."""
    if isinstance(where, str):
        return where
    holder, key = where
    return f"{_told(holder)}[{key}]" if isinstance(key, int) else f"{_told(holder)}.{key}"
