"""A frame of an analyst's own, to be compared: described, and checked cell by cell before anything is drawn."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from toolkit.contract import ABSENT
from toolkit.errors import DataError
from toolkit.indicators import FLAGS, REGISTRY
from toolkit.indicators.base import Example, Indicator

_NAME, _CODE = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"\d{6}")


def own_indicator(id: str, it: str, en: str, unit: str, direction: int) -> Indicator:
    """An analyst's own indicator, described by what its sentences and charts need.

    Raises:
        DataError: something is not said, an id that is not a name or is taken, a direction that is none.
    """
    if not (id and it and en and unit):
        raise DataError(
            "a frame of your own does not say what it measures",
            hint='report.compare(frame, id="parks", it="Parchi", en="Parks", unit="percent", direction=1)',
        )
    if not _NAME.fullmatch(id):
        raise DataError(f"{id!r} is not a name", allowed="lower-case words joined by _", hint='id="green_areas"')
    if id in REGISTRY:
        raise DataError(f"{id!r} is an indicator of the toolkit", hint="choose another id for a frame of your own")
    if direction not in (-1, 0, 1):
        raise DataError(f"the direction {direction!r} of {id!r} is none", allowed="1, -1, 0")
    nothing: dict[str, Any] = {"formula": it, "reference": "", "tables": (), "example": Example((), 0.0)}
    return Indicator(
        id=id, name={"it": it, "en": en}, unit=unit, counts=unit, direction=direction, municipal=True, **nothing
    )


def own_rows(frame: pd.DataFrame, id: str) -> pd.DataFrame:
    """The frame as figures of a panel: DataFrame[territory, year, value, flag], sorted.

    Args:
        frame: `istat_code` (six digits, text), `year`, `value`, and `flag` where some are absent for a reason.
        id: of the indicator, for messages.

    Raises:
        DataError: a column or a row that is missing, a cell that is not what it should be, a municipality twice in a
            year, a value that contradicts its flag.
    """
    if lost := [name for name in ("istat_code", "year", "value") if name not in frame]:
        raise DataError(f"the frame has no column {lost[0]!r}", allowed=list(map(str, frame.columns)), where=id)
    if not len(frame):
        raise DataError("the frame has no row", where=id)
    for code in frame["istat_code"].tolist():
        if not (isinstance(code, str) and _CODE.fullmatch(code)):
            hint = 'six digits, as text: pd.read_csv("….csv", dtype={"istat_code": str})'
            raise DataError(f"{code!r} is not an ISTAT code", where=id, hint=hint)
    years, values = _numbers(frame["year"], "a year", id), _numbers(frame["value"], "a number", id)
    if odd := [said for said, year in zip(frame["year"].tolist(), years, strict=True) if year % 1 != 0]:
        raise DataError(f"{odd[0]!r} is not a year", where=id)
    flags = frame["flag"] if "flag" in frame else values.isna().map({True: "missing", False: "observed"})
    rows = pd.DataFrame({"territory": frame["istat_code"].astype(object), "year": years.astype(int)})
    rows = rows.assign(value=values, flag=flags.astype(object)).reset_index(drop=True)
    for code, year, value, flag in rows.itertuples(index=False, name=None):
        if flag not in FLAGS:
            raise DataError(f"the flag {flag!r} of {code} in {year} is not known", where=id, allowed=FLAGS)
        if (value == value) is (flag in ABSENT):
            what = "a value" if value == value else "no value"
            raise DataError(f"{code} has {what} in {year} and is flagged {flag!r}", where=id)
    if (twice := rows[rows.duplicated(["territory", "year"])]).size:
        raise DataError(f"{twice['territory'].iloc[0]} has two figures in {twice['year'].iloc[0]}", where=id)
    return rows.sort_values(["territory", "year"], ignore_index=True)


def _numbers(column: pd.Series, what: str, id: str) -> pd.Series:
    """A column as numbers, NaN where it is empty."""
    numbers: pd.Series = pd.to_numeric(column, errors="coerce").astype(float)
    odd = (~np.isfinite(numbers) & column.notna()).to_numpy()
    if odd.any():
        at = int(odd.argmax())
        where = f"{id}, row {column.index[at]}, column {column.name}"
        raise DataError(f"{column.iloc[at]!r} is not {what}", where=where)
    return numbers
