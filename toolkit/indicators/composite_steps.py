"""Steps of a composite indicator, each on a plain table: units (rows) × indicators (columns), NaN where absent.

The order is COINr's: divide, impute, screen, treat outliers, normalise, aggregate (Becker et al., COINr: an R package
for developing composite indicators, Journal of Open Source Software 7, 2022). `composite` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

METHODS = ("minmax", "zscore", "percentile", "borda", "distance", "fraction_of_max", "goalposts")
MEANS = ("arithmetic", "geometric", "harmonic", "median")
OUTRANKING = ("copeland", "outranking")


@dataclass(frozen=True)
class Treatment:
    """When a variable has outliers, and how far they are brought in.

    Attributes:
        most: points moved at most (counted at the moving end, ties included); beyond, the logarithm is taken.
        skew, kurtosis: a variable passes if |skewness| is below the first or excess kurtosis below the second (both
            sample-corrected, as in spreadsheets).
        log: whether to take log(x − min + 0.01 (max − min)) of the original where moving points is not enough.
    """

    most: int = 5
    skew: float = 2.0
    kurtosis: float = 3.5
    log: bool = True


@dataclass(frozen=True)
class Normalisation:
    """How indicators are brought to one scale, higher = better.

    Attributes:
        method: `minmax` onto [low, high]; `zscore` with `mean` and `spread`; `percentile`, rank from the bottom onto
            [low, high]; `borda`, number of units below; `distance`, how near to a reference: 1 − (r − x)/(r − min);
            `fraction_of_max`; `goalposts`, between a fixed worst and best, onto [low, high] and cut there.
        low, high, mean, spread: the scale.
        reference: for `distance`, indicator -> reference value; for `goalposts`, indicator -> (lowest, highest) of the
            indicator's own scale, whatever its direction.
        ties: rank of equal values: `min` (as in COINr) or `average`.
        capped: for `distance`, cut at 1 what exceeds the reference.
    """

    method: str = "minmax"
    low: float = 0.0
    high: float = 100.0
    mean: float = 0.0
    spread: float = 1.0
    reference: Mapping[str, float] | Mapping[str, tuple[float, float]] = field(default_factory=dict)
    ties: str = "min"
    capped: bool = False


def divide(data: pd.DataFrame, by: Mapping[str, str], denominators: pd.DataFrame) -> pd.DataFrame:
    """Divide indicators by denominators of the same units (population, area …).

    Args:
        data: units × indicators.
        by: indicator -> column of `denominators`; others are left alone.
        denominators: units × denominators, all units of `data` among them.

    Returns:
        The table divided; NaN where the denominator is absent.

    Raises:
        MethodError: an indicator, a denominator or a unit that is not there, or a denominator of zero.
    """
    check_table(data)
    lost = data.index.difference(denominators.index)
    if len(lost):
        raise MethodError(f"'{lost[0]}' has no row of denominators")
    rest = denominators.loc[data.index]
    result = data.astype(float)
    for name, column in by.items():
        if name not in data or column not in denominators:
            raise MethodError(f"'{name}' cannot be divided by '{column}': one of them is not in the tables")
        zero = rest.index[rest[column] == 0]
        if len(zero):
            raise MethodError(f"the denominator '{column}' of '{zero[0]}' is zero")
        result[name] = result[name] / rest[column]
    return result


def impute(data: pd.DataFrame, *, method: str = "mean", groups: pd.Series | None = None) -> pd.DataFrame:
    """Fill absent values with the mean or median of the indicator, within groups of units if given.

    Raises:
        MethodError: unknown method, units without a group, or an indicator absent for a whole group.
    """
    check_table(data)
    if method not in ("mean", "median"):
        raise MethodError(f"'{method}' is not an imputation", allowed=("mean", "median"))
    key = pd.Series("all", index=data.index) if groups is None else groups.reindex(data.index)
    if key.isna().any():
        raise MethodError(f"'{key.index[int(key.isna().argmax())]}' has no group to impute from")
    by_group = data.astype(float).groupby(key)
    filled = data.astype(float).fillna(by_group.transform("mean") if method == "mean" else by_group.transform("median"))
    if filled.isna().any(axis=None):
        column = filled.columns[int(filled.isna().any().argmax())]
        raise MethodError(f"'{column}' is absent for a whole group: there is nothing to impute from")
    return filled


def screen(data: pd.DataFrame, availability: float) -> pd.DataFrame:
    """Keep the units with at least this share of their values.

    Raises:
        MethodError: a share out of 0–1, or no unit left.
    """
    check_table(data)
    if not 0 <= availability <= 1:
        raise MethodError(f"{availability} is not a share", allowed="a number from 0 to 1")
    kept = data[data.notna().mean(axis=1) >= availability]
    if not len(kept):
        raise MethodError(f"no unit has {availability:.0%} of its values")
    return kept


def skewness(values: np.ndarray) -> float:
    """Sample skewness (as in spreadsheets), of at least three values; 0 for a constant."""
    n = len(values)
    gap = values - values.mean()
    if n < 3 or not (gap**2).sum() > 0:
        return 0.0
    return float(np.sqrt(n * (n - 1)) / (n - 2) * np.sqrt(n) * (gap**3).sum() / (gap**2).sum() ** 1.5)


def excess_kurtosis(values: np.ndarray) -> float:
    """Sample excess kurtosis (as in spreadsheets), of at least four values; 0 for a constant."""
    n = len(values)
    gap = values - values.mean()
    if n < 4 or not (gap**2).sum() > 0:
        return 0.0
    raw = n * (gap**4).sum() / (gap**2).sum() ** 2
    return float(((n + 1) * (raw - 3) + 6) * (n - 1) / ((n - 2) * (n - 3)))


def treat(data: pd.DataFrame, rule: Treatment | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring in outliers, indicator by indicator.

    The extreme value on the side of the skew takes the next value, again and again, until the variable passes; beyond
    `rule.most` points, the logarithm of the original is taken instead.

    Returns:
        The treated table, and one row an indicator: `treatment` (none, winsorised, log, failed), `points`, `skew`,
        `kurtosis` before. `failed`: it still does not pass, and is left as winsorising or the logarithm has made it.

    Example: 1 … 10, 30, 100: skewness 3.0; 100 and then 30 come down to 10.
    """
    check_table(data)
    rule = rule or Treatment()
    treated, rows = data.astype(float).copy(), []
    for name in data:
        values = data[name].dropna().to_numpy(dtype=float)
        result, how, points = _treat(values, rule)
        treated.loc[treated[name].notna(), name] = result
        rows.append((name, how, points, skewness(values), excess_kurtosis(values)))
    table = pd.DataFrame(rows, columns=["indicator", "treatment", "points", "skew", "kurtosis"])
    return treated, table.set_index("indicator")


def normalise(
    data: pd.DataFrame, directions: Mapping[str, int] | pd.Series, how: Normalisation | str = "minmax"
) -> pd.DataFrame:
    """Bring indicators to one scale, reversed where less is better.

    Args:
        data: units × indicators.
        directions: indicator -> +1 or −1.
        how: a `Normalisation`, or the name of a method with its default scale.

    Returns:
        DataFrame of the same shape, NaN where absent.

    Raises:
        MethodError: unknown method or scale, a direction other than ±1, an indicator that is constant, without values,
            without its reference, or (for `fraction_of_max`) not positive at its best.

    Example: 2, 4, 10 with direction −1, minmax: 100, 75, 0.
    """
    check_table(data)
    spec = Normalisation(method=how) if isinstance(how, str) else how
    if spec.method not in METHODS:
        raise MethodError(f"'{spec.method}' is not a normalisation", allowed=METHODS)
    if not (spec.high > spec.low and spec.spread > 0) or spec.ties not in ("min", "average"):
        raise MethodError("a scale needs low < high, a positive spread and ties of 'min' or 'average'")
    return pd.DataFrame({name: _normalised(data[name], directions, spec) for name in data}, index=data.index)


def combine(parts: np.ndarray, weights: np.ndarray, method: str, availability: float = 0.0) -> np.ndarray:
    """Aggregate the parts of one group, for one or many sets of weights at once.

    Args:
        parts: units × parts, or units × parts × draws; NaN where absent.
        weights: parts × draws, ≥ 0, not all zero; they need not add up to 1.
        method: `arithmetic`, `geometric`, `harmonic` (weighted means over the parts present), `median` (weights only
            say which parts count), `outranking` (sum over the other units of the weight of the parts where a unit is
            ahead, ties half: COINr's Copeland score) or `copeland` (units beaten less units that beat it, by majority
            of weight).
        availability: share of the parts' number a unit must have; below, NaN.

    Returns:
        units × draws.

    Raises:
        MethodError: unknown method; geometric or harmonic mean of values that are not positive; bad weights.
    """
    if method not in MEANS + OUTRANKING:
        raise MethodError(f"'{method}' is not an aggregation", allowed=MEANS + OUTRANKING)
    weights = np.asarray(weights, dtype=float)
    if not np.isfinite(weights).all() or (weights < 0).any() or not (weights.sum(axis=0) > 0).all():
        raise MethodError("weights are finite, not negative and not all zero")
    here = ~np.isnan(parts)
    if method in OUTRANKING:
        score = _outranking(parts, weights, majority=method == "copeland")
    elif method == "median":
        score = _median(parts, weights)
    else:
        score = _mean(parts, here, weights, method)
    share: np.ndarray = here.mean(axis=1)
    enough: np.ndarray = (share >= availability) & (share > 0)
    return np.where(enough if parts.ndim == 3 else np.expand_dims(enough, 1), score, np.nan)


def check_table(data: pd.DataFrame) -> None:
    """Raise MethodError unless the table has units and numeric indicators, none repeated or infinite."""
    if data.empty:
        raise MethodError("the table of units and indicators is empty")
    if not (data.index.is_unique and data.columns.is_unique):
        raise MethodError("a unit or an indicator is repeated")
    for name in data:
        if not pd.api.types.is_numeric_dtype(data[name]):
            raise MethodError(f"indicator '{name}' is not numeric")
        infinite = np.isinf(data[name].to_numpy(dtype=float))
        if infinite.any():
            where = f"row {data.index[int(infinite.argmax())]}, column {name}"
            raise MethodError(f"indicator '{name}' has an infinite value", where=where)


def _treat(values: np.ndarray, rule: Treatment) -> tuple[np.ndarray, str, int]:
    if _passes(values, rule):
        return values, "none", 0
    moved, points = values.copy(), 0
    while not _passes(moved, rule) and points < rule.most:
        end = moved == (moved.max() if skewness(moved) >= 0 else moved.min())
        if end.all():
            break
        moved[end] = moved[~end].max() if skewness(moved) >= 0 else moved[~end].min()
        points = int(end.sum())
    if _passes(moved, rule):
        return moved, "winsorised", points
    if not rule.log:
        return moved, "failed", points
    reach = values.max() - values.min()
    logged = np.log(values - values.min() + 0.01 * reach)
    return logged, "log" if _passes(logged, rule) else "failed", len(values)


def _passes(values: np.ndarray, rule: Treatment) -> bool:
    return abs(skewness(values)) < rule.skew or excess_kurtosis(values) < rule.kurtosis


def _normalised(column: pd.Series, directions: Mapping[str, int] | pd.Series, spec: Normalisation) -> pd.Series:
    name = str(column.name)
    direction = dict(directions).get(name)
    if direction not in (-1, 1):
        raise MethodError(f"the direction of '{name}' is {direction!r}", allowed="1 or -1")
    x = column.astype(float) * float(direction)
    if spec.method == "goalposts":
        return _goalposts(column.astype(float), direction, spec)
    known = x.dropna()
    if not len(known) or known.max() == known.min():
        raise MethodError(f"'{name}' is {'constant' if len(known) else 'absent'}: it tells no unit from another")
    if spec.method == "zscore":
        return (x - known.mean()) / known.std(ddof=1) * spec.spread + spec.mean
    if spec.method in ("percentile", "borda"):
        below = x.rank(method="min" if spec.ties == "min" else "average") - 1.0
        return below if spec.method == "borda" else spec.low + (spec.high - spec.low) * below / (len(known) - 1.0)
    if spec.method == "fraction_of_max":
        if not known.max() > 0:
            raise MethodError(f"'{name}' has no positive best value to be a fraction of")
        return x / known.max()
    if spec.method == "distance":
        return _distance(x, known.min(), direction, spec)
    return spec.low + (spec.high - spec.low) * (x - known.min()) / (known.max() - known.min())


def _distance(x: pd.Series, lowest: float, direction: float, spec: Normalisation) -> pd.Series:
    reference = spec.reference.get(str(x.name))
    if not isinstance(reference, int | float) or not np.isfinite(reference):
        raise MethodError(f"'{x.name}' has no reference value to be near to")
    target = reference * direction
    if not target > lowest:
        raise MethodError(
            f"the reference of '{x.name}' is not better than the worst unit: distance to it is not defined"
        )
    score = 1.0 - (target - x) / (target - lowest)
    return score.clip(upper=1.0) if spec.capped else score


def _goalposts(column: pd.Series, direction: float, spec: Normalisation) -> pd.Series:
    posts = spec.reference.get(str(column.name))
    if not isinstance(posts, Sequence) or len(posts) != 2 or not posts[1] > posts[0]:
        raise MethodError(f"'{column.name}' has no goalposts", allowed="(lowest, highest), lowest < highest")
    part = ((column - posts[0]) / (posts[1] - posts[0])).clip(0.0, 1.0)
    return spec.low + (spec.high - spec.low) * (part if direction > 0 else 1.0 - part)


def _mean(parts: np.ndarray, here: np.ndarray, weights: np.ndarray, method: str) -> np.ndarray:
    if method != "arithmetic" and (parts[here] <= 0).any():
        raise MethodError(
            f"a {method} mean needs positive values", hint="normalise onto a scale that starts above zero"
        )
    filled = np.where(here, parts, 1.0)
    value = here * (np.log(filled) if method == "geometric" else 1.0 / filled if method == "harmonic" else filled)
    summed = value @ weights if parts.ndim == 2 else np.einsum("upd,pd->ud", value, weights)
    weight = here @ weights if parts.ndim == 2 else np.einsum("upd,pd->ud", here.astype(float), weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = summed / weight
        return mean if method == "arithmetic" else np.exp(mean) if method == "geometric" else 1.0 / mean


def _median(parts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    cube = parts[:, :, None] if parts.ndim == 2 else parts
    counted: np.ndarray = np.where(weights[None] > 0, cube, np.nan)
    if parts.ndim == 2 and (weights > 0).all():
        counted = counted[:, :, :1]
    empty = np.isnan(counted).all(axis=1)
    middle = np.nanmedian(np.where(empty[:, None], 0.0, counted), axis=1)
    return np.broadcast_to(np.where(empty, np.nan, middle), (len(parts), weights.shape[1]))


def _outranking(parts: np.ndarray, weights: np.ndarray, *, majority: bool) -> np.ndarray:
    if parts.ndim == 3:
        columns = [
            _outranking(parts[:, :, k], weights[:, k : k + 1], majority=majority) for k in range(weights.shape[1])
        ]
        return np.concatenate(columns, axis=1)
    weights = weights / weights.sum(axis=0)
    ahead = (parts[:, None, :] > parts[None, :, :]) + 0.5 * (parts[:, None, :] == parts[None, :, :])
    np.einsum("iip->ip", ahead)[:] = 0.0
    if not majority:
        return ahead.sum(axis=1) @ weights
    lead = ahead - ahead.transpose(1, 0, 2)
    n, draws = len(parts), weights.shape[1]
    score = np.zeros((n, draws))
    for i in range(n):
        margin = lead[i] @ weights
        score[i] = np.sign(np.where(np.abs(margin) < 1e-12, 0.0, margin)).sum(axis=0)
    return score
