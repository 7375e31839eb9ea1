"""Sums of municipal figures into territories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from toolkit.contract import ABSENT, FLAGS
from toolkit.errors import DataError
from toolkit.indicators.figures import flags_of, require_columns, severity

ADDITIVE = frozenset({"persons", "persons_employed", "EUR", "local_units", "enterprises", "km2", "ha", "projects"})
"""Units that may be summed over municipalities. Percentages, ranks, deciles and ratios may not."""

Groups = Mapping[str, Sequence[str]]
"""Territory -> codes of its members."""


def aggregate(table: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Sum municipal figures into territories.

    Args:
        table: long table: `istat_code`, key columns, `value`, `flag` (and `unit`, a key).
        groups: territory -> codes of its members; a code may be in several territories.

    Returns:
        DataFrame[territory, *keys, value, flag], territories in the order given. A member that is confidential, missing
        or has no row makes the sum so (value NaN): a partial sum is never returned. The flag is the members' worst.

        What does not add up (a unit not in `ADDITIVE`, an ordinal scale) has rows for single municipalities only.

    Raises:
        DataError: no members, repeated members, duplicate rows, an unknown flag, a value that contradicts its flag, or
            a territory of several members in a table where nothing adds up.
    """
    codes = _members(groups)
    require_columns(table, ["istat_code", "value", "flag"])
    at = codes.get_indexer(pd.Index(table["istat_code"]))
    rows = table.loc[at >= 0]
    at = at[at >= 0]
    keys = [column for column in table.columns if column not in ("istat_code", "value", "flag")]
    if not len(rows):
        raise DataError("the table has no row for any member of the territories", allowed="rows of their codes")
    combination, labels = _combinations(rows, keys)
    value, level = _matrices(rows, at, combination, len(codes), len(labels))
    member = codes.get_indexer(pd.Index([code for members in groups.values() for code in members]))
    start = np.cumsum([0, *map(len, groups.values())])[:-1]
    total = np.add.reduceat(value[member], start, axis=0)
    worst = np.maximum.reduceat(level[member], start, axis=0)
    total[worst >= FLAGS.index("confidential")] = np.nan
    result = labels.iloc[np.tile(np.arange(len(labels)), len(groups))].reset_index(drop=True)
    names = np.repeat(np.arange(len(groups)), len(labels))
    territory = pd.Categorical.from_codes(names, dtype=pd.CategoricalDtype(list(groups)))
    result.insert(0, "territory", pd.Series(territory))
    result["value"] = total.ravel()
    result["flag"] = flags_of(worst.ravel())
    kept = _adds_up(labels, groups).ravel()
    return result if kept.all() else result.loc[kept].reset_index(drop=True)


def _members(groups: Groups) -> pd.Index:
    for name, members in groups.items():
        if isinstance(members, str) or not len(members):
            raise DataError(f"territory '{name}' needs a list of at least one code", allowed="codes of six digits")
        if len(set(members)) != len(members):
            raise DataError(f"territory '{name}' names a municipality twice")
    if not groups:
        raise DataError("no territory was given")
    return pd.Index(list(dict.fromkeys(code for members in groups.values() for code in members)))


def _combinations(rows: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Number of the key combination of each row, and the combinations in order, words as categories."""
    number = np.zeros(len(rows), dtype=np.int64)
    for key in keys:
        code, values = pd.factorize(rows[key], sort=True, use_na_sentinel=False)
        number = number * len(values) + code
    _, first, combination = np.unique(number, return_index=True, return_inverse=True)
    labels = rows[keys].iloc[first].reset_index(drop=True)
    words = [key for key in keys if not pd.api.types.is_numeric_dtype(labels[key])]
    return combination, labels.astype(dict.fromkeys(words, "category"))


def _matrices(
    rows: pd.DataFrame, at: np.ndarray, combination: np.ndarray, n_codes: int, n_labels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Values (absent = 0) and flag positions (no row = missing), municipality by key combination."""
    cell = at * n_labels + combination
    if len(np.unique(cell)) != len(cell):
        twice = rows[pd.Series(cell, index=rows.index).duplicated(keep=False)].iloc[0]
        raise DataError(
            "a figure appears twice",
            where=", ".join(f"{k}={v}" for k, v in twice.items() if k not in ("value", "flag")),
        )
    number = rows["value"].to_numpy(dtype=float)
    state = severity(rows["flag"])
    absent = state >= FLAGS.index("confidential")
    if (np.isnan(number) & ~absent).any():
        lost = rows[np.isnan(number) & ~absent].iloc[0]
        raise DataError(f"an empty value is flagged '{lost['flag']}'", where=str(lost["istat_code"]), allowed=ABSENT)
    value = np.zeros(n_codes * n_labels)
    level = np.full(n_codes * n_labels, FLAGS.index("missing"))
    value[cell] = np.where(absent, 0.0, number)
    level[cell] = state
    return value.reshape(n_codes, n_labels), level.reshape(n_codes, n_labels)


def _adds_up(labels: pd.DataFrame, groups: Groups) -> np.ndarray:
    """Which figures are defined, territory by key combination: all for one member, additive ones for several."""
    additive = np.ones(len(labels), dtype=bool)
    if "unit" in labels:
        additive &= labels["unit"].isin(ADDITIVE).to_numpy()
    if "scale" in labels:
        additive &= (labels["scale"] != "ordinal").to_numpy()
    alone = np.array([len(members) == 1 for members in groups.values()])
    if not additive.any() and not alone.all():
        unit = ", ".join(map(str, labels["unit"].unique())) if "unit" in labels else "an ordinal scale"
        raise DataError(f"figures in {unit} do not add up over municipalities", where=list(groups)[int(alone.argmin())])
    return alone[:, None] | additive[None, :]
