"""Reading publishers' files as they are: all as text, so that no code loses a zero and Napoli keeps its NA."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from toolkit.errors import DataError
from toolkit.sources import expanded

PROVINCES = {"015": "MI"}  # provinces whose figures are embedded: the Città metropolitana di Milano


@dataclass(frozen=True)
class RawFile:
    """A publisher's file read for a resource: it words the faults found in it."""

    resource: str
    path: Path

    def fault(self, rule: str, *, row: object = "", hint: str = "") -> DataError:
        """A fault of this file that names resource, file, row and rule."""
        where = f"{self.path}, row {row}" if row != "" else str(self.path)
        return DataError(f"{self.resource}: the publisher's file breaks a rule", where=where, allowed=rule, hint=hint)

    def existing(self) -> Path:
        """The path of a file that does not expand without measure, or one clear error."""
        if not self.path.is_file():
            hint = "give the folder of the publishers' files: quadro data build --from FOLDER"
            raise DataError(f"{self.resource}: a publisher's file is missing", where=str(self.path), hint=hint)
        try:
            expanded.check(self.path)
        except expanded.TooLargeError as found:
            raise self.fault(str(found)) from None
        return self.path

    def csv(self, columns: Iterable[str]) -> pd.DataFrame:
        """The file as text, with `columns` checked to be there; blank stays "", `NA` stays a province."""
        try:
            frame = pd.read_csv(self.existing(), dtype=str, keep_default_na=False, na_filter=False)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as broken:
            raise self.fault(f"is a CSV in UTF-8 ({broken})") from broken
        return self.checked(frame, columns)

    def parquet(self, columns: Iterable[str]) -> pd.DataFrame:
        """A parquet file, with `columns` checked to be there."""
        try:
            frame = pd.read_parquet(self.existing())
        except (OSError, ValueError) as broken:
            raise self.fault(f"is a parquet file ({broken})") from broken
        return self.checked(frame, columns)

    def json(self) -> Any:
        """A JSON document."""
        try:
            return json.loads(self.existing().read_text(encoding="utf-8"))
        except ValueError as broken:
            raise self.fault(f"is JSON in UTF-8 ({broken})") from broken

    def checked(self, frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
        """The frame, if it has the columns."""
        wanted = list(columns)
        missing = [name for name in wanted if name not in frame.columns]
        if missing:
            raise self.fault(f"has the columns {', '.join(wanted)}; missing: {', '.join(missing)}", row="1 (header)")
        return frame

    def number(self, frame: pd.DataFrame, column: str, absent: str = "") -> pd.Series:
        """A text column as float; blank or `absent` is NaN, anything else that is no number is a fault with its row."""
        text = frame[column].replace(absent, "") if absent else frame[column]
        values = pd.to_numeric(text.where(text != ""), errors="coerce")
        wrong = values.isna() & (text != "")
        if wrong.any():
            at = int(wrong.to_numpy().argmax())
            raise self.fault(f"{column} is a number; it is {text.iloc[at]!r}", row=int(frame.index[at]) + 2)
        return values.astype(float)

    def codes(self, frame: pd.DataFrame, column: str) -> pd.Series:
        """A column of six-digit ISTAT codes, checked."""
        wrong = ~frame[column].astype(str).str.fullmatch(r"\d{6}")
        if wrong.any():
            at = int(wrong.to_numpy().argmax())
            rule = f"{column} is an ISTAT code of six digits; it is {frame[column].iloc[at]!r}"
            raise self.fault(rule, row=int(frame.index[at]) + 2)
        return frame[column].astype(str)

    def unique(self, frame: pd.DataFrame, key: list[str]) -> None:
        """Refuse a repeated key."""
        repeated = frame.duplicated(key)
        if repeated.any():
            at = int(repeated.to_numpy().argmax())
            rule = f"{', '.join(key)} is unique; repeated: {', '.join(map(str, frame[key].iloc[at]))}"
            raise self.fault(rule, row=int(frame.index[at]) + 2)

    def require(self, condition: bool, rule: str) -> None:
        """A rule about the whole file."""
        if not condition:
            raise self.fault(rule)


def embedded(frame: pd.DataFrame, column: str = "istat_code") -> pd.DataFrame:
    """Rows of the provinces whose figures are embedded."""
    return frame[frame[column].str[:3].isin(PROVINCES)]


def long(frame: pd.DataFrame, key: list[str], flag: str = "observed") -> pd.DataFrame:
    """Sorted rows with a `flag` column: `flag` where there is a value, `missing` where there is none.

    Args:
        frame: columns of `key`, `value`, `unit`, and perhaps `flag`.
    """
    out = frame.copy()
    if "flag" not in out:
        out["flag"] = flag
    out["flag"] = out["flag"].where(out["value"].notna() | (out["flag"] == "confidential"), "missing")
    ranks = [out[name] if is_numeric_dtype(out[name]) else out[name].astype("category").cat.codes for name in key]
    return out.iloc[np.lexsort([rank.to_numpy() for rank in reversed(ranks)])].reset_index(drop=True)


def added(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Rows of one key made one: values add up; with one that is not known the sum is not known either.

    Args:
        frame: columns of `key`, `value` (NaN where absent) and `flag`.

    Returns:
        The same columns, `confidential` before `missing` where they met.
    """
    order = {"observed": 0, "estimated": 1, "break": 2, "missing": 3, "confidential": 4}
    repeated = frame.duplicated(list(key), keep=False)
    if not repeated.any():
        return frame[[*key, "value", "flag"]]
    parts = frame.loc[repeated].assign(flag=lambda rows: rows["flag"].map(order))
    groups = parts.groupby(list(key), sort=False)
    sums = groups["value"].sum(min_count=1).where(groups["value"].count() == groups.size())
    flags = groups["flag"].max().map({rank: flag for flag, rank in order.items()})
    whole = pd.concat([sums, flags], axis=1).reset_index()
    return pd.concat([frame.loc[~repeated, [*key, "value", "flag"]], whole], ignore_index=True)
