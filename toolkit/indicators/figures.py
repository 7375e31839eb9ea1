"""Figures with their state: the series that indicators are made of, and the arithmetic that keeps them honest.

A series is a DataFrame[territory, year, value, unit, flag]. An absent figure stays absent: a sum or a ratio with a
confidential or a missing part is so too, zero stays zero, a break in series stays marked, unlike units do not mix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.contract import FLAGS
from toolkit.errors import DataError

_LEVELS = {flag: level for level, flag in enumerate(FLAGS)}
_FLAG = pd.CategoricalDtype(list(FLAGS))


def severity(flags: pd.Series, where: str = "flag") -> np.ndarray:
    """Positions of the flags in `FLAGS`; raises DataError on a word that is not there."""
    if flags.dtype == _FLAG:
        found = flags.cat.codes.to_numpy(dtype=int)
    else:
        found = np.array([_LEVELS.get(flag, -1) for flag in flags.to_numpy(dtype=object)], dtype=int)
    if (found < 0).any():
        raise DataError(f"'{flags[found < 0].iloc[0]}' is not a flag", where=where, allowed=FLAGS)
    return found


def flags_of(levels: np.ndarray) -> pd.Categorical:
    """The words for positions in `FLAGS`."""
    return pd.Categorical.from_codes(levels, dtype=_FLAG, validate=False)


def pick(table: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """Rows of an aggregated table with these keys, as [territory, year, value, unit, flag].

    Raises:
        DataError: no such rows; the values there are, are named.
    """
    chosen = np.ones(len(table), dtype=bool)
    for column, value in where.items():
        require_columns(table, [column])
        chosen &= np.asarray(table[column] == value)
        if not chosen.any():
            raise DataError(f"no rows with {column} = {value!r}", allowed=sorted(map(str, table[column].unique())))
    at = np.flatnonzero(chosen)
    return pd.DataFrame({column: table[column].array[at] for column in ("territory", "year", "value", "unit", "flag")})


def pick_total(table: pd.DataFrame, items: Sequence[str], **where: Any) -> pd.DataFrame:
    """Sum of several items of an aggregated table, as [territory, year, value, unit, flag]; an absent part shows.

    Raises:
        DataError: no such rows, an item lacking for some territory and year, or items of unlike units.
    """
    chosen = np.asarray(table["item"].isin(items))
    for column, wanted in where.items():
        chosen = chosen & np.asarray(table[column] == wanted)
    at = np.flatnonzero(chosen)
    found, units = set(table["item"].array[at].unique()), table["unit"].array[at].unique()
    if not found.issuperset(items):
        raise DataError(f"no rows with item = {next(i for i in items if i not in found)!r}", allowed=sorted(found))
    if len(units) > 1:
        raise DataError(f"items in {', '.join(map(str, units))} cannot be added: unlike units of count")
    place, year = table["territory"].cat.codes.to_numpy()[at], table["year"].to_numpy()[at]
    order = np.lexsort((year, place))
    if len(at) % len(items) or any(
        (x[order][:: len(items)] != x[order].reshape(-1, len(items)).T).any() for x in (place, year)
    ):
        raise DataError("the parts of a sum do not cover the same territories and years")
    at = at[order]
    value = table["value"].to_numpy(dtype=float)[at].reshape(-1, len(items)).sum(axis=1)
    worst = severity(table["flag"])[at].reshape(-1, len(items)).max(axis=1)
    value[worst >= FLAGS.index("confidential")] = np.nan
    first = {column: table[column].array[at[:: len(items)]] for column in ("territory", "year", "unit")}
    return pd.DataFrame(first).assign(value=value, flag=flags_of(worst))


def ratio(
    top: pd.DataFrame, bottom: pd.DataFrame, *, units: tuple[str, str], times: float = 1.0, years: Mapping | None = None
) -> pd.DataFrame:
    """Divide two series of the same territories and years.

    Args:
        top: [territory, year, value, unit, flag].
        bottom: the same.
        units: the units that top and bottom must have.
        times: 100 for a percentage, 1,000 for a rate per thousand.
        years: year of top -> year of bottom, where the denominator is of another date.

    Returns:
        DataFrame[territory, year, value, flag], years of top that have a denominator. The flag is the worst of the two;
        a zero denominator gives `missing`.

    Raises:
        DataError: unlike units, or no year in common.
    """
    for side, frame, unit in (("numerator", top, units[0]), ("denominator", bottom, units[1])):
        wrong = set(frame["unit"].unique()) - {unit}
        if wrong:
            raise DataError(f"the {side} is in {', '.join(sorted(map(str, wrong)))}", allowed=unit)
    year = top["year"].map(lambda y: years.get(y, y)) if years else top["year"]
    other, level = _beside(bottom, top["territory"], year)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = times * top["value"].to_numpy(dtype=float) / other
    worst = np.maximum(severity(top["flag"]), level)
    worst[(level >= 0) & (other == 0)] = FLAGS.index("missing")
    value[worst >= FLAGS.index("confidential")] = np.nan
    kept = level >= 0
    if not kept.any():
        raise DataError(
            f"numerator ({_listed(top['year'])}) and denominator ({_listed(bottom['year'])}) have no year in common"
        )
    result = pd.DataFrame({"territory": top["territory"], "year": top["year"], "value": value, "flag": flags_of(worst)})
    return result if kept.all() else result.loc[kept].reset_index(drop=True)


def total(*parts: pd.DataFrame) -> pd.DataFrame:
    """Sum series of one unit over the same territories and years; absent parts make the sum absent.

    Raises:
        DataError: unlike units, or parts that do not cover the same territories and years.
    """
    first = parts[0]
    value = first["value"].to_numpy(dtype=float).copy()
    worst = severity(first["flag"])
    for part in parts[1:]:
        if set(part["unit"].unique()) != set(first["unit"].unique()):
            raise DataError(
                f"{_listed(part['unit'])} cannot be added to {_listed(first['unit'])}: unlike units of count"
            )
        other, level = _beside(part, first["territory"], first["year"])
        if (level < 0).any() or len(part) != len(first):
            raise DataError("the parts of a sum do not cover the same territories and years")
        value += other
        worst = np.maximum(worst, level)
    value[worst >= FLAGS.index("confidential")] = np.nan
    return first.assign(value=value, flag=flags_of(worst))


def less(whole: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    """Difference of two series of one unit over the same territories and years."""
    return total(whole, part.assign(value=-part["value"]))


def share(part: pd.DataFrame, whole: pd.DataFrame, *, unit: str) -> pd.DataFrame:
    """Percentage of one series in another of the same unit of count."""
    return ratio(part, whole, units=(unit, unit), times=100.0)


def share_of_parent(series: pd.DataFrame, parent: str, *, unit: str) -> pd.DataFrame:
    """Percentage of each territory in the parent territory, year by year."""
    whole = series[series["territory"] == parent]
    at = pd.Index(whole["year"]).get_indexer(pd.Index(series["year"]))
    beside = whole.iloc[at].reset_index(drop=True).assign(territory=series["territory"])
    return share(series, beside, unit=unit)


def _beside(frame: pd.DataFrame, territory: pd.Series, year: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values and flag positions of a series at these territories and years; -1 where it has no row."""
    if len(frame) == len(territory) and _same(frame["territory"], territory) and _same(frame["year"], year):
        return frame["value"].to_numpy(dtype=float), severity(frame["flag"])
    at = pd.MultiIndex.from_arrays([frame["territory"], frame["year"]]).get_indexer(
        pd.MultiIndex.from_arrays([territory, year])
    )
    value = np.where(at >= 0, frame["value"].to_numpy(dtype=float)[at], np.nan)
    return value, np.where(at >= 0, severity(frame["flag"])[at], -1)


def _same(left: pd.Series, right: pd.Series) -> bool:
    if isinstance(left.dtype, pd.CategoricalDtype) and left.dtype == right.dtype:
        return bool(np.array_equal(left.cat.codes, right.cat.codes))
    return bool(np.array_equal(left.to_numpy(), right.to_numpy()))


def require_columns(table: pd.DataFrame, columns: list[str]) -> None:
    """Raise DataError unless the table has these columns."""
    lost = [column for column in columns if column not in table.columns]
    if lost:
        raise DataError(f"column {', '.join(lost)} is not in the table", allowed=list(map(str, table.columns)))


def _listed(values: pd.Series) -> str:
    return ", ".join(sorted(map(str, values.unique())))
