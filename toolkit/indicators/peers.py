"""Similar municipalities: nearest neighbours on declared structural variables, and groups by class.

Distance is Mahalanobis': variables are put on comparable scales and what they have in common counts once, so that two
variables that tell the same story do not count double. It does not change with units of measure or order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from toolkit.errors import DataError, MethodError

STRUCTURAL = ("residents", "residents_per_km2", "old_age_index", "jobs_per_100_commuters", "local_unit_size")
"""Indicators that say what a municipality is (how large, how dense, how old, where its people work, in what units), not
how well it does: incomes and rates to be compared stay out."""

MOST = 10
"""How many similar municipalities there are, unless another number is asked for."""

SIZES = (0, 1_000, 5_000, 10_000, 20_000, 60_000, 250_000)
"""Lower limits of the classes of residents."""

SINGULAR = 1e8
"""Above this condition number of the correlations, two variables are one."""


@dataclass(frozen=True)
class Peers:
    """The municipalities most like one.

    Attributes:
        code: the municipality, never among its peers.
        codes: its peers, nearest first.
        table: one row a peer: distance, and for each variable the difference from the municipality in standard
            deviations of the (logged) variable.
        isolation: 0–100, percentage of the municipalities whose peers are nearer to them than these are; near 100 the
            municipality resembles nobody, and a comparison with peers says little.
        left_out: municipalities without a value of some variable.
        variables: the variables, as declared.
    """

    code: str
    codes: tuple[str, ...]
    table: pd.DataFrame
    isolation: float
    left_out: tuple[str, ...]
    variables: tuple[str, ...]


def structure(results: pd.DataFrame, variables: Sequence[str] = STRUCTURAL) -> pd.DataFrame:
    """Table of variables by municipality from rows of `compute`, each in its latest year with the fewest absent values.

    Returns:
        DataFrame, index = territories, one column a variable (NaN where absent).

    Raises:
        DataError: a variable without rows.
    """
    columns = {}
    for name in variables:
        rows = results[results["indicator"] == name]
        if not len(rows):
            raise DataError(f"no rows of the structural variable '{name}'", allowed=sorted(set(results["indicator"])))
        wide = rows.pivot(index="territory", columns="year", values="value")
        known = wide.notna().sum()
        columns[name] = wide[known[known == known.max()].index.max()]
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Space:
    """Municipalities as points: what the neighbours of all of them are found in.

    Attributes:
        variables: as given, by code.
        z: standardised, of the municipalities with all values.
        distance: between any two of these.
    """

    variables: pd.DataFrame
    z: pd.DataFrame
    distance: np.ndarray

    @cached_property
    def sorted(self) -> np.ndarray:
        """Distances from each municipality, nearest first, itself last."""
        return np.sort(self.distance + np.diag(np.full(len(self.z), np.inf)), axis=1)


def space(variables: pd.DataFrame, *, logs: Iterable[str] | None = None) -> Space:
    """The space of the variables; arguments and errors as of `nearest`."""
    if variables.index.duplicated().any():
        raise DataError("a municipality appears twice among the variables")
    table = variables.sort_index().astype(float)
    known = table.dropna()
    if len(known) <= table.shape[1] + 1:
        raise MethodError(f"no peers can be chosen among {len(known)} municipalities")
    z = _standard(_logged(known, logs))
    return Space(table, z, _distances(z))


def nearest(
    variables: pd.DataFrame | Space, code: str, most: int = MOST, *, logs: Iterable[str] | None = None
) -> Peers:
    """Nearest neighbours of a municipality.

    Args:
        variables: one row a municipality (index = codes), one column a variable; NaN where absent. Or their `space`.
        code: the municipality.
        most: number of peers, 1 to n − 1.
        logs: variables taken in logarithms (positive and skewed); by default all that are positive throughout.

    Returns:
        `Peers`. Distance² = (x − y)' S⁻¹ (x − y), S the covariance of the (logged) variables over the municipalities
        with all values; ties by code.

    Raises:
        DataError: the municipality is unknown or lacks a value, or a code appears twice.
        MethodError: too few municipalities, a constant variable, variables that repeat each other, a logarithm of a
            value that is not positive.

    Example: values 1, 2, 4, 8 of one variable in logarithms: nearest of the third are the second and the fourth, at
    equal distance. Mahalanobis (1936).
    """
    table = variables.variables if isinstance(variables, Space) else variables
    if code not in table.index:
        raise DataError(f"'{code}' is not among the municipalities to choose peers from")
    own = table.loc[[code]].isna().any()
    if absent := [str(column) for column, lost in own.items() if lost]:
        raise DataError(f"'{code}' has no value of {', '.join(absent)}: it has no peers on these variables")
    found = variables if isinstance(variables, Space) else space(variables, logs=logs)
    z, distance, at = found.z, found.distance, found.z.index.get_loc(code)
    if not 1 <= most < len(z):
        raise MethodError(f"{most} peers cannot be chosen among {len(z)} municipalities")
    order = [i for i in np.lexsort((np.arange(len(z)), distance[at].round(9))) if i != at][:most]
    apart = found.sorted[:, :most].mean(axis=1)
    shown = (z.iloc[order] - z.loc[code]).assign(distance=distance[at, order])
    return Peers(
        code=code,
        codes=tuple(z.index[order]),
        table=shown[["distance", *z.columns]],
        isolation=100.0 * float((np.delete(apart, at) < apart[at]).mean()),
        left_out=tuple(found.variables.index.difference(z.index)),
        variables=tuple(z.columns),
    )


def size_class(residents: float, limits: Sequence[float] = SIZES) -> tuple[float, float]:
    """Class of residents as (lower limit, upper limit not included; inf for the last)."""
    if not residents >= limits[0]:
        raise MethodError(f"{residents} residents are in no class", allowed=list(map(str, limits)))
    position = int(np.searchsorted(limits, residents, side="right")) - 1
    return limits[position], limits[position + 1] if position + 1 < len(limits) else np.inf


def same_size(residents: pd.Series, code: str, limits: Sequence[float] = SIZES) -> tuple[str, ...]:
    """The other municipalities in the same class of residents, by code."""
    _require_known(residents, code)
    low, high = size_class(float(residents[code]), limits)
    return _others(residents.index[(residents >= low) & (residents < high)], code)


def same_value(values: pd.Series, code: str) -> tuple[str, ...]:
    """The other municipalities with the same value (zone, degree of urbanisation, altitude zone), by code."""
    _require_known(values, code)
    return _others(values.index[values == values[code]], code)


def _require_known(values: pd.Series, code: str) -> None:
    if code not in values.index or pd.isna(values[code]):
        raise DataError(f"'{code}' has no value to be grouped by")


def _others(codes: pd.Index, code: str) -> tuple[str, ...]:
    return tuple(sorted(str(other) for other in codes if other != code))


def _logged(table: pd.DataFrame, logs: Iterable[str] | None) -> pd.DataFrame:
    chosen = list(table.columns[(table > 0).all()]) if logs is None else list(logs)
    unknown = [name for name in chosen if name not in table.columns]
    if unknown:
        raise DataError(f"'{unknown[0]}' is not a variable", allowed=list(table.columns))
    if not (table[chosen] > 0).all(axis=None):
        raise MethodError("a logarithm needs positive values", allowed=list(table.columns[(table > 0).all()]))
    return table.assign(**{name: np.log(table[name]) for name in chosen})


def _standard(table: pd.DataFrame) -> pd.DataFrame:
    spread = table.std(ddof=1)
    flat = spread.index[~(spread > 1e-12 * table.abs().max().clip(lower=1e-300))]
    if len(flat):
        raise MethodError(f"'{flat[0]}' is the same everywhere: it tells no municipality from another")
    return (table - table.mean()) / spread


def _distances(z: pd.DataFrame) -> np.ndarray:
    """Mahalanobis distances between all rows of standardised variables."""
    correlation = np.corrcoef(z.to_numpy(), rowvar=False).reshape(z.shape[1], z.shape[1])
    if np.linalg.cond(correlation) > SINGULAR:
        pair = np.abs(correlation - np.eye(len(correlation)))
        i, j = (int(k) for k in np.unravel_index(int(pair.argmax()), pair.shape))
        raise MethodError(f"'{z.columns[i]}' and '{z.columns[j]}' repeat each other: leave one out")
    white = z.to_numpy() @ np.linalg.inv(np.linalg.cholesky(correlation)).T
    gap = white[:, None, :] - white[None, :, :]
    return np.sqrt((gap**2).sum(axis=2))
