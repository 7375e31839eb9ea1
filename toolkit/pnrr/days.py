"""Days as ISO text (`2026-11-22`, absent is ""), which sort as they are; and the day a question is asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from toolkit.errors import DataError, ParameterError

PLAN_START = date(2021, 7, 13)
"""The Council of the Union approved Italy's plan: nothing is evaluated before it."""


def parse(text: object, where: str = "") -> date:
    """An ISO day.

    Raises:
        DataError: the text is no day of the calendar.
    """
    try:
        return date.fromisoformat(str(text))
    except ValueError as broken:
        raise DataError(f"{text!r} is not a date", where=where, allowed="a date like 2026-11-22") from broken


def as_of_day(as_of: str | date, today: date | None = None) -> str:
    """The day of evaluation as ISO text.

    Raises:
        ParameterError: not a date, after today, or before the plan.
    """
    try:
        day = as_of if isinstance(as_of, date) else date.fromisoformat(as_of)
    except (TypeError, ValueError) as broken:
        raise ParameterError(
            f"as_of {as_of!r} is not a date", where="as_of", allowed="a date like 2026-11-22"
        ) from broken
    last = today or date.today()
    if day > last:
        raise ParameterError(f"as_of {day} is in the future", where="as_of", allowed=f"{PLAN_START} to {last}")
    if day < PLAN_START:
        raise ParameterError(f"as_of {day} is before the plan", where="as_of", allowed=f"{PLAN_START} to {last}")
    return day.isoformat()


def between(first: str, last: str) -> float:
    """Days from `first` to `last`; NaN where one is absent."""
    if not first or not last:
        return float("nan")
    return float((date.fromisoformat(last) - date.fromisoformat(first)).days)


def column_between(first: pd.Series, last: pd.Series) -> pd.Series:
    """Days from one column of ISO days to another; NaN where one is absent."""
    start, end = (pd.to_datetime(column.where(column != ""), errors="coerce") for column in (first, last))
    return (end - start).dt.days.astype(float)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
