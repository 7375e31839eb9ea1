"""From the municipalities of a file to those of today: every code since 1991 leads to one in force, figures add up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile

FILE = "national/register/IT_mappa_codici_1991_2026_verso_2026.csv.gz"


class Today:
    """The code in force in 2026 of every code since 1991.

    Args:
        raw: folder of the publishers' files.
    """

    def __init__(self, raw: Path) -> None:
        source = RawFile("municipalities", raw / FILE)
        frame = source.csv(["cod", "cod_2026"])
        for column in ("cod", "cod_2026"):
            source.codes(frame, column)
        source.unique(frame, ["cod"])
        self.heirs = dict(zip(frame["cod"], frame["cod_2026"], strict=True))
        self.codes = sorted(set(frame["cod_2026"]))
        source.require(all(self.heirs.get(code) == code for code in self.codes), "leads to codes in force")

    def of(self, source: RawFile, frame: pd.DataFrame, column: str) -> pd.Series:
        """The code of today of each row.

        Args:
            source: the file, to word a fault.
            frame: its rows.
            column: of their codes.

        Raises:
            DataError: a code that leads to none.
        """
        found = source.codes(frame, column).map(self.heirs)
        if found.isna().any():
            at = int(found.isna().to_numpy().argmax())
            rule = f"{column} is a code of 1991–2026; it is {frame[column].iloc[at]!r}"
            raise source.fault(rule, row=int(frame.index[at]) + 2)
        return found


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
