"""Change over time, refused where the years may not be compared, and comparison of like with like."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.contract import FLAGS
from toolkit.errors import DataError
from toolkit.indicators.base import REGISTRY
from toolkit.indicators.figures import flags_of, severity

BREAK = FLAGS.index("break")


def spans(series: pd.DataFrame) -> pd.DataFrame:
    """Longest stretches of years without a break in series, per territory.

    Args:
        series: DataFrame[territory, year, value, flag] of one item.

    Returns:
        DataFrame[territory, first, last, value_first, value_last, flag]: one row a stretch with at least two figures.
        A year flagged `break` opens a new stretch. Absent years are passed over, unless the year is a break for another
        territory: then it is one here too.
    """
    found: list[tuple] = []
    order = np.argsort(series["year"].to_numpy())
    level = _with_breaks(series)[order]
    names, years, values = (series[column].to_numpy()[order] for column in ("territory", "year", "value"))
    for territory, at in _positions(names).items():
        stretch = np.cumsum(level[at] == BREAK)
        for number in range(stretch[-1] + 1):
            known = at[(stretch == number) & (level[at] <= BREAK) & ~np.isnan(values[at])]
            if len(known) > 1:
                first, last = known[0], known[-1]
                worst = FLAGS[level[known[1:]].max()]
                found.append((territory, years[first], years[last], values[first], values[last], worst))
    return pd.DataFrame(found, columns=["territory", "first", "last", "value_first", "value_last", "flag"])


def _positions(names: np.ndarray) -> dict[str, np.ndarray]:
    """Positions of each name, names in order of appearance."""
    found: dict[str, list[int]] = {}
    for position, name in enumerate(names.tolist()):
        found.setdefault(name, []).append(position)
    return {name: np.array(positions) for name, positions in found.items()}


def _with_breaks(series: pd.DataFrame) -> np.ndarray:
    """Positions of flags, with absent figures of a year that is a break for others turned into a break."""
    level = severity(series["flag"])
    years = series["year"].to_numpy()
    hidden = (level > BREAK) & np.isin(years, np.unique(years[level == BREAK]))
    return np.where(hidden, BREAK, level)


def change(series: pd.DataFrame, first: int, last: int, *, relative: bool = True) -> pd.DataFrame:
    """Change between two years, per territory.

    Args:
        series: DataFrame[territory, year, value, flag] of one indicator (with its `indicator` and `parent`, if any).
        first: year of departure.
        last: year of arrival, later than `first`.
        relative: percentage of the first value; otherwise the difference, in the unit of the series.

    Returns:
        DataFrame[territory, year, value, flag], year = `last`. Absent at either end: `missing` or `confidential`. A
        first value of zero gives no percentage (`missing`).

    Raises:
        DataError: a break in series lies after `first` and up to `last`, the indicator is a cross-section, rows of
            several indicators are mixed, or a year is not in the series.
    """
    one_series(series)
    years = set(series["year"].unique())
    if first >= last or not {first, last} <= years:
        raise DataError(f"no change from {first} to {last}", allowed=sorted(map(int, years)))
    name = series["indicator"].iloc[0] if "indicator" in series else ""
    if name in REGISTRY and not REGISTRY[name].trend:
        raise DataError(f"'{name}' is a cross-section: its years may not be compared", hint=REGISTRY[name].formula)
    if name in REGISTRY and REGISTRY[name].ordinal:
        raise DataError(f"'{name}' is a rank: its values have no difference and no ratio")
    within = series[(series["year"] > first) & (series["year"] <= last) & (_with_breaks(series) == BREAK)]
    if len(within):
        raise DataError(
            f"a break in series lies between {first} and {last}: growth across it is not defined",
            where=f"{within['territory'].iloc[0]}, {within['year'].iloc[0]}",
        )
    ends = series[series["year"].isin([first, last])].pivot(index="territory", columns="year", values=["value", "flag"])
    ends = ends.reindex(series["territory"].unique())
    start = ends["value"][first].to_numpy(dtype=float)
    end = ends["value"][last].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = 100.0 * (end / start - 1.0) if relative else end - start
    worst = np.maximum(severity(ends["flag"][last].fillna("missing")), _as_start(ends["flag"][first]))
    worst[~np.isfinite(value) & (worst < FLAGS.index("confidential"))] = FLAGS.index("missing")
    value[worst >= FLAGS.index("confidential")] = np.nan
    return pd.DataFrame({"territory": ends.index, "year": last, "value": value, "flag": flags_of(worst)})


def one_series(rows: pd.DataFrame) -> None:
    """Refuse to compare rows of different indicators, units or parent territories.

    Raises:
        DataError: the rows differ in `indicator`, `unit` or `parent`; both values are named.
    """
    for column in ("indicator", "unit", "parent"):
        if column in rows and rows[column].nunique(dropna=False) > 1:
            values = sorted(map(str, rows[column].unique()))
            raise DataError(f"figures of different {column} are not comparable: {' and '.join(values[:3])}")


def _as_start(flags: pd.Series) -> np.ndarray:
    """A break at the first year is no obstacle: the new series starts there."""
    level = severity(flags.fillna("missing"))
    return np.where(level == BREAK, 0, level)
