"""Where not, where with care, where best: exclusion first, then attention, then a score with an interval of its rank.

Alternatives (sites, areas, municipalities) are rows, criteria columns; `directions` says which end of each is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
"""Mean consistency index of random comparisons of 1 to 10 criteria (Saaty 1980)."""


def exclude(sites: pd.DataFrame, rules: Mapping[str, str]) -> pd.DataFrame:
    """Hard exclusion: what a rule forbids is out, whatever its score; what is not known is not out, and said.

    Args:
        sites: a row a site; columns of the rules are True, False or absent.
        rules: column → the act that forbids it.

    Returns:
        DataFrame by site: `excluded` (a rule forbids it), `by` (the acts, joined by "; "), `unknown` (columns without
        an answer, joined by "; ").

    Raises:
        MethodError: a column that is not there, or with something else than yes, no or nothing.
    """
    found = _answers(sites, rules)
    by = [_joined(rules[name] for name in rules if row[name] is True) for _, row in found.iterrows()]
    unknown = [_joined(name for name in rules if row[name] is None) for _, row in found.iterrows()]
    return pd.DataFrame({"excluded": [bool(acts) for acts in by], "by": by, "unknown": unknown}, index=sites.index)


def attention(sites: pd.DataFrame, criteria: Mapping[str, str]) -> pd.DataFrame:
    """What asks for care without forbidding: as `exclude`, with `attention` instead of `excluded`."""
    return exclude(sites, criteria).rename(columns={"excluded": "attention"})


def weighted_sum(table: pd.DataFrame, weights: Mapping[str, float], directions: Mapping[str, int]) -> pd.Series:
    """Σ wₖ × rₖ, r = value between the worst (0) and the best (1) found; a criterion equal for all counts nothing.

    Args:
        table: alternatives × criteria, all known.
        weights: criterion → weight, not negative; made to sum to 1.
        directions: criterion → 1 (more is better) or −1.

    Returns:
        Score by alternative, 0 to 1.

    Raises:
        MethodError: criteria that differ, a value absent, weights that are all zero or negative, another direction.
    """
    values, share, sign = _problem(table, weights, directions)
    signed = values * sign
    span = np.ptp(signed, axis=0)
    scaled = (signed - signed.min(axis=0)) / np.where(span, span, 1.0)
    return pd.Series(scaled @ share, table.index)


def topsis(table: pd.DataFrame, weights: Mapping[str, float], directions: Mapping[str, int]) -> pd.Series:
    """Closeness to the ideal: d⁻ / (d⁺ + d⁻) of vector-normalised, weighted values (Hwang and Yoon 1981).

    Arguments and errors as `weighted_sum`; also a MethodError where all alternatives are alike.

    Example: [[5, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]] by .3, .4, .3: .5037, .6581, .7482, .3340
    (Tzeng and Huang 2011).
    """
    values, share, sign = _problem(table, weights, directions)
    length = np.sqrt((values**2).sum(axis=0))
    scaled = values / np.where(length, length, 1.0) * share * sign
    best, worst = (np.sqrt(((scaled - end) ** 2).sum(axis=1)) for end in (scaled.max(axis=0), scaled.min(axis=0)))
    if not (best + worst).all():
        raise MethodError("all alternatives are alike: nothing is closer to the ideal")
    return pd.Series(worst / (best + worst), table.index)


def rank_interval(
    table: pd.DataFrame,
    weights: Mapping[str, tuple[float, float]],
    directions: Mapping[str, int],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank of each alternative over a declared space of weights, by weighted sum and by TOPSIS.

    Args:
        table: alternatives × criteria, all known.
        weights: criterion → least and greatest weight; drawn evenly between them, then made to sum to 1.
        directions: criterion → 1 or −1.
        draws: of weights.
        seed: of the draws.

    Returns:
        DataFrame by alternative: `low` and `high` (ranks of which nine tenths of draws lie within, over both methods),
        `median`, `first` (share of draws in which it is first). Equal scores share the better rank.

    Raises:
        MethodError: as `weighted_sum`; a least weight above the greatest, fewer than 100 draws.
    """
    if draws < 100:
        raise MethodError(f"{draws} draws make no interval", allowed="100 or more")
    low, high = (np.array([weights[name][end] for name in weights], dtype=float) for end in (0, 1))
    if (low > high).any() or (low < 0).any() or not high.any():
        raise MethodError("the weight of a criterion goes from its least to its greatest, from 0 up")
    rng, ranks = np.random.default_rng(seed), []
    for drawn in rng.uniform(low, high, size=(draws, len(low))):
        chosen = dict(zip(weights, drawn, strict=True))
        ranks += [_ranks(method(table, chosen, directions)) for method in (weighted_sum, topsis)]
    found = np.array(ranks)
    ends = np.quantile(found, (0.05, 0.5, 0.95), axis=0, method="nearest")
    columns = {"low": ends[0].astype(int), "median": ends[1].astype(int), "high": ends[2].astype(int)}
    return pd.DataFrame(columns | {"first": (found == 1).mean(axis=0)}, index=table.index)


def in_order(scores: pd.Series, brownfield: pd.Series) -> pd.DataFrame:
    """Brownfield before greenfield, as a rule and not as a weight; within each, by score.

    Args:
        scores: by site, more is better.
        brownfield: True where the soil is built on already; what is not known goes with greenfield.

    Returns:
        DataFrame[brownfield, score, order] in order, 1 first; equal scores share the better place.
    """
    first = brownfield.reindex(scores.index).fillna(False).astype(bool)
    frame = pd.DataFrame({"brownfield": first, "score": scores})
    frame["order"] = _ranks(frame["score"] + (first * (np.ptp(scores.to_numpy()) + 1.0)))
    return frame.sort_values("order", kind="stable")


@dataclass(frozen=True)
class Compared:
    """Weights from pairwise comparisons.

    Attributes:
        weights: by criterion, sum 1: principal eigenvector.
        largest: principal eigenvalue, at least the number of criteria.
        ratio: consistency ratio; above 0.10 the comparisons contradict one another.
    """

    weights: pd.Series
    largest: float
    ratio: float


def ahp(comparisons: pd.DataFrame) -> Compared:
    """Weights of the analytic hierarchy process from a reciprocal matrix of comparisons (Saaty 1980).

    CI = (λ − n) / (n − 1), CR = CI / random index.

    Raises:
        MethodError: not square, not reciprocal, not positive, more than ten criteria.

    Example: [[1, 1/3, 5], [3, 1, 7], [1/5, 1/7, 1]]: .2790, .6491, .0719; λ 3.0649, CR .056.
    """
    matrix = comparisons.to_numpy(dtype=float)
    n = len(matrix)
    if matrix.shape != (n, n) or not 1 <= n <= len(RANDOM_INDEX):
        raise MethodError(f"comparisons are a square of 1 to {len(RANDOM_INDEX)} criteria, not {matrix.shape}")
    if not (matrix > 0).all() or not np.allclose(matrix * matrix.T, 1):
        raise MethodError("comparisons are positive, and the one is the reciprocal of the other")
    values, vectors = np.linalg.eig(matrix)
    main = int(np.argmax(values.real))
    weight = np.abs(vectors[:, main].real)
    largest = float(values[main].real)
    ratio = (largest - n) / (n - 1) / RANDOM_INDEX[n - 1] if n > 2 else 0.0
    return Compared(pd.Series(weight / weight.sum(), comparisons.columns), largest, ratio)


@dataclass(frozen=True)
class Outranking:
    """Pairwise arguments of ELECTRE, alternatives × alternatives.

    Attributes:
        concordance: weight of the criteria on which the row is at least as good as the column.
        discordance: largest disadvantage of the row, in units of the widest span of any criterion.
    """

    concordance: pd.DataFrame
    discordance: pd.DataFrame


def outranking(table: pd.DataFrame, weights: Mapping[str, float], directions: Mapping[str, int]) -> Outranking:
    """Concordance and discordance of values scaled by their sums (Roy 1968). Arguments as `weighted_sum`."""
    values, share, sign = _problem(table, weights, directions)
    scaled = values / values.sum(axis=0) * sign
    ahead = scaled[:, None, :] - scaled[None, :, :]
    span = np.ptp(scaled, axis=0).max()
    return Outranking(
        pd.DataFrame((ahead >= 0) @ share, table.index, table.index),
        pd.DataFrame(np.maximum(-ahead, 0).max(axis=2) / (span or 1.0), table.index, table.index),
    )


def electre_1(pairs: Outranking, *, concordance: float = 0.65, discordance: float = 0.35) -> list[object]:
    """Kernel: the alternatives that no other outranks (ELECTRE I, Roy 1968).

    Args:
        pairs: as `outranking` gives.
        concordance: least agreement for one to outrank another.
        discordance: greatest disadvantage it may have.
    """
    beats = ((pairs.concordance >= concordance) & (pairs.discordance <= discordance)).to_numpy(copy=True)
    np.fill_diagonal(beats, False)
    outranked = np.flatnonzero(beats.any(axis=0))
    return list(pairs.concordance.index.delete(outranked))


def electre_2(
    pairs: Outranking,
    *,
    concordance: tuple[float, float, float] = (0.65, 0.5, 0.35),
    discordance: tuple[float, float] = (0.65, 0.35),
) -> pd.Series:
    """Rank by outranking, mean of the order from above and from below (ELECTRE II; Roy and Bertier 1971, Gomes 2004).

    Args:
        pairs: as `outranking` gives.
        concordance: high, middle and low threshold.
        discordance: high and low limit. One outranks another, with which it agrees more than the other way round, at
            the high or the low concordance within the high limit, or at the middle one within the low limit.

    Returns:
        Rank by alternative, 1 first; equal means share a rank, and no rank is skipped.
    """
    c, d = pairs.concordance.to_numpy(), pairs.discordance.to_numpy()
    enough = zip(concordance, (discordance[0], discordance[1], discordance[0]), strict=True)
    beats = np.any([(c >= least) & (d <= most) for least, most in enough], axis=0) & (c > c.T)
    below = _layers(beats.T)
    mean = (_layers(beats) + below.max() + 1 - below) / 2
    return pd.Series(np.unique(mean, return_inverse=True)[1] + 1, pairs.concordance.index)


def _layers(beats: np.ndarray) -> np.ndarray:
    """Taken off layer by layer: those that nobody left outranks; a circle is one layer."""
    order, layer = np.zeros(len(beats), dtype=int), 0
    while not order.all():
        layer += 1
        left = order == 0
        top = left & ~beats[left].any(axis=0)
        order[top if top.any() else left] = layer
    return order


def _ranks(scores: pd.Series) -> np.ndarray:
    return scores.rank(ascending=False, method="min").to_numpy(dtype=int)


def _problem(
    table: pd.DataFrame, weights: Mapping[str, float], directions: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    for what, given in (("weights", weights), ("directions", directions)):
        if set(given) != set(table.columns):
            raise MethodError(f"{what} are of other criteria", allowed=sorted(map(str, table.columns)))
    values = table.to_numpy(dtype=float)
    if len(values) < 2 or not np.isfinite(values).all():
        raise MethodError("scores need two alternatives or more, and all their values: leave out what is not known")
    share = np.array([weights[name] for name in table.columns], dtype=float)
    sign = np.array([directions[name] for name in table.columns], dtype=float)
    if not np.isfinite(share).all() or (share < 0).any() or not share.sum():
        raise MethodError("weights are not negative, and not all zero")
    if not np.isin(sign, (-1, 1)).all():
        raise MethodError("a direction is 1 (more is better) or -1 (less is better)")
    return values, share / share.sum(), sign


def _answers(sites: pd.DataFrame, rules: Mapping[str, str]) -> pd.DataFrame:
    absent = [name for name in rules if name not in sites]
    if absent:
        raise MethodError(f"no column {absent[0]!r}", allowed=sorted(map(str, sites.columns)))
    found = sites[list(rules)].astype(object).where(sites[list(rules)].notna(), None)
    for name in rules:
        odd = [value for value in found[name] if value is not None and not isinstance(value, (bool, np.bool_))]
        if odd:
            raise MethodError(f"{name}: {odd[0]!r} is no answer", allowed="True, False or nothing")
        found[name] = [None if value is None else bool(value) for value in found[name]]
    return found


def _joined(parts: object) -> str:
    return "; ".join(dict.fromkeys(parts))  # type: ignore[call-overload]
