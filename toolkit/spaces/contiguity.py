"""Spatial structure: who borders whom, whether like borders like, and where.

A territory without neighbours (an island) has a lag of zero and counts among the territories, as is usual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, stats

from toolkit.errors import MethodError

LABELS = {(True, True): "high-high", (False, False): "low-low", (True, False): "high-low", (False, True): "low-high"}


@dataclass(frozen=True)
class Weights:
    """Neighbours of each territory.

    Attributes:
        codes: the territories, in the order of rows and columns.
        matrix: n × n, sparse, 0 on the diagonal; rows sum to 1 (0 for an island) where `standardised`.
        standardised: each neighbour counts 1 / number of neighbours.
    """

    codes: pd.Index
    matrix: sparse.csr_array
    standardised: bool

    @property
    def islands(self) -> list[str]:
        """Codes without a neighbour."""
        return list(self.codes[np.diff(self.matrix.indptr) == 0])


def weights(pairs: pd.DataFrame, codes: pd.Index | list[str], *, standardised: bool = True) -> Weights:
    """Contiguity weights of some territories.

    Args:
        pairs: DataFrame[code_a, code_b], each border once, either way round; those of other territories are left out.
        codes: the territories wanted, each once.
        standardised: whether rows sum to 1.

    Raises:
        MethodError: a territory named twice, or said to border itself.
    """
    index = pd.Index(codes)
    if index.has_duplicates:
        raise MethodError(f"{index[index.duplicated()][0]} is named twice")
    if (pairs["code_a"] == pairs["code_b"]).any():
        raise MethodError("no territory borders itself")
    both = np.stack([index.get_indexer(pd.Index(pairs[side])) for side in ("code_a", "code_b")])
    left, right = np.unique(both[:, (both >= 0).all(axis=0)], axis=1)
    rows, columns = np.concatenate([left, right]), np.concatenate([right, left])
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(index), len(index)))
    matrix.data[:] = 1.0  # a border listed both ways round is one
    if standardised:
        counts = np.diff(matrix.indptr)
        matrix.data /= np.repeat(counts, counts)
    return Weights(index, matrix, standardised)


@dataclass(frozen=True)
class Moran:
    """Moran's I of a variable.

    Attributes:
        i: n / S₀ × Σᵢⱼ wᵢⱼ zᵢ zⱼ / Σ zᵢ², z = deviations from the mean.
        expected: −1 / (n − 1), its mean where the variable is spread at random.
        p_norm: two-sided p-value under normality.
        n: territories.
        islands: codes without a neighbour.
    """

    i: float
    expected: float
    p_norm: float
    n: int
    islands: tuple[str, ...]


def moran(values: pd.Series, w: Weights) -> Moran:
    """Moran's I with its expectation and the two-sided p-value under normality (Cliff and Ord 1981).

    Args:
        values: by code; all the territories of the weights.
        w: as `weights` gives.

    Raises:
        MethodError: a value is absent or not finite, all are equal, fewer than four territories, no border.
    """
    z = _deviations(values, w)
    n, matrix = len(z), w.matrix
    s0 = matrix.sum()
    i = float(n / s0 * (z @ (matrix @ z)) / (z @ z))
    both = matrix + matrix.T
    s1 = float((both.multiply(both)).sum() / 2)
    s2 = float(((matrix.sum(axis=1) + matrix.sum(axis=0)) ** 2).sum())
    expected = -1 / (n - 1)
    variance = (n**2 * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n**2 - 1)) - expected**2
    p = float(2 * stats.norm.sf(abs(i - expected) / np.sqrt(variance)))
    return Moran(i, expected, p, n, tuple(w.islands))


def local_moran(values: pd.Series, w: Weights, *, draws: int = 999, seed: int = 0, rate: float = 0.05) -> pd.DataFrame:
    """Local Moran: where like borders like, with the false discovery rate held over all territories.

    Iᵢ = (n − 1) zᵢ Σⱼ wᵢⱼ zⱼ / Σ z² (Anselin 1995). The pseudo p-value keeps zᵢ and draws its neighbours at random
    among the others; Benjamini and Hochberg's rule over all territories says which are told from chance.

    Args:
        values: by code; all the territories of the weights.
        w: as `weights` gives.
        draws: random neighbourhoods a territory.
        seed: of the draws.
        rate: share of false discoveries accepted.

    Returns:
        DataFrame by code: `i`, `lag` (mean deviation of the neighbours), `kind` (`high-high`, `low-low`, `high-low`,
        `low-high`; empty for an island), `p` (absent for an island), `found` (told from chance).

    Raises:
        MethodError: as `moran`; fewer than 99 draws.
    """
    if draws < 99:
        raise MethodError(f"{draws} draws tell nothing from chance", allowed="99 or more")
    z = _deviations(values, w)
    lag, scale = w.matrix @ z, (len(z) - 1) / (z @ z)
    counts, p = np.diff(w.matrix.indptr), np.full(len(z), np.nan)
    order = np.tile(np.arange(len(z) - 1), (draws, 1))
    order = np.random.default_rng(seed).permuted(order, axis=1)[:, : counts.max()]  # the same draws for every place
    for place in np.flatnonzero(counts):
        shares = w.matrix.data[w.matrix.indptr[place] : w.matrix.indptr[place + 1]]
        drawn = np.delete(z, place)[order[:, : len(shares)]] @ shares
        above = int((drawn >= lag[place]).sum())
        p[place] = (min(above, draws - above) + 1) / (draws + 1)
    known = ~np.isnan(p)
    found = np.zeros(len(z), dtype=bool)
    if known.any():
        found[known] = stats.false_discovery_control(np.minimum(2 * p[known], 1.0)) <= rate
    kind = [
        LABELS[bool(own > 0), bool(near > 0)] if seen else "" for own, near, seen in zip(z, lag, known, strict=True)
    ]
    return pd.DataFrame({"i": scale * z * lag, "lag": lag, "kind": kind, "p": p, "found": found}, index=w.codes)


def getis_ord(values: pd.Series, w: Weights) -> float:
    """General G of Getis and Ord (1992): Σᵢⱼ wᵢⱼ xᵢ xⱼ / Σ_{i≠j} xᵢ xⱼ, of weights that are not standardised.

    Raises:
        MethodError: as `moran`; negative values, standardised weights.
    """
    x = _raw(values, w)
    if w.standardised or (x < 0).any():
        raise MethodError("G needs values that are not negative, and weights of 0 and 1")
    return float(x @ (w.matrix @ x) / (x.sum() ** 2 - x @ x))


def local_getis_ord(values: pd.Series, w: Weights) -> pd.Series:
    """Standardised Gᵢ of Getis and Ord (1992; own value left out), by code: how high the neighbours are.

    Zᵢ = (Σⱼ wᵢⱼ xⱼ / Σ_{j≠i} xⱼ − Wᵢ / (n − 1)) / √Var, absent for an island.

    Raises:
        MethodError: as `getis_ord`, but standardised weights are welcome.
    """
    x = _raw(values, w)
    if (x < 0).any():
        raise MethodError("G needs values that are not negative")
    n, rest = len(x), x.sum() - x
    total, square = w.matrix.sum(axis=1), (w.matrix.multiply(w.matrix)).sum(axis=1)
    mean = rest / (n - 1)
    spread = ((x @ x) - x**2) / (n - 1) - mean**2
    variance = spread * ((n - 1) * square - total**2) / (n - 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.Series((w.matrix @ x - total * mean) / np.sqrt(variance), w.codes)


def _raw(values: pd.Series, w: Weights) -> np.ndarray:
    found = values.reindex(w.codes).to_numpy(dtype=float)
    if not np.isfinite(found).all():
        raise MethodError(f"no value for {', '.join(w.codes[~np.isfinite(found)][:5])}")
    if len(found) < 4 or not w.matrix.nnz:
        raise MethodError("spatial structure needs four territories or more, and a border among them")
    if np.ptp(found) == 0:
        raise MethodError("all values are equal: there is no structure to see")
    return found


def _deviations(values: pd.Series, w: Weights) -> np.ndarray:
    found = _raw(values, w)
    return found - found.mean()
