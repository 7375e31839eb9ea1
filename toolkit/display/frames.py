"""Columns and rows of a DataFrame as plain Python values.

As `tolist` and `to_dict("records")` give them, several times faster where columns are short and hold text.
"""

from __future__ import annotations

from typing import Any

import pandas as pd


def plain(column: pd.Series) -> list[Any]:
    """The values of a column: str, int, float, bool; dates as pandas has them."""
    if column.dtype.kind in "biuf":
        return list(column.to_numpy().tolist())
    if isinstance(column.dtype, pd.StringDtype):
        return list(column.to_numpy(dtype=object))
    return list(column.tolist())


def rows_of(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows, column → value."""
    columns = {name: plain(frame[name]) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
