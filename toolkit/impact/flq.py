"""Regional input coefficients from employment: Flegg's location quotient.

`FLQ_ij = CILQ_ij · λ` off the diagonal, `SLQ_i · λ` on it, with `CILQ_ij = SLQ_i / SLQ_j`, `λ = [log₂(1 +
E_r/E_n)]^δ`, 0 ≤ δ < 1; a quotient above one counts as one, so that regional coefficients never exceed national
ones, and equal them when the region is the nation. δ is not known for a territory: it is drawn from a distribution,
never fixed.

References: Flegg and Webber (1997, 2000), Regional Studies 31(8), 34(6).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.errors import MethodError


def location_quotients(region: pd.Series, nation: pd.Series) -> pd.Series:
    """SLQ_i, the region's share of national employment in i over its share of all employment.

    Zero where the nation has no employment in i (nothing can then be bought in the region).
    """
    _checked(region, nation)
    share = region / nation.where(nation > 0)
    return (share / (region.sum() / nation.sum())).fillna(0.0)


def size_factor(region: pd.Series, nation: pd.Series, delta: float) -> float:
    """λ = [log₂(1 + E_r/E_n)]^δ."""
    if not 0 <= delta < 1:
        raise MethodError(f"δ = {delta:g} is outside its range", allowed="0 ≤ δ < 1")
    _checked(region, nation)
    return float(np.log2(1 + region.sum() / nation.sum()) ** delta)


def flegg_quotients(region: pd.Series, nation: pd.Series, delta: float) -> pd.DataFrame:
    """min(FLQ, 1), industries × industries: the part of each input that the region supplies, relative to the nation.

    Args:
        region, nation: employment by industry, in the same order.
    """
    slq = location_quotients(region, nation).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        cross = np.where(slq[None, :] > 0, slq[:, None] / slq[None, :], 0.0)
    np.fill_diagonal(cross, slq)
    values = np.minimum(cross * size_factor(region, nation, delta), 1.0)
    return pd.DataFrame(values, index=region.index, columns=region.index)


def regional_coefficients(
    coefficients: pd.DataFrame, region: pd.Series, nation: pd.Series, delta: float
) -> pd.DataFrame:
    """National coefficients times min(FLQ, 1). An industry that the region lacks buys and sells nothing there."""
    if list(coefficients.index) != list(region.index):
        raise MethodError("employment and coefficients must have the same industries, in the same order")
    return coefficients * flegg_quotients(region, nation, delta)


def direct_purchases(region: pd.Series, nation: pd.Series, delta: float) -> pd.Series:
    """Part of first-round purchases that the region can supply, by industry: min(SLQ_i · λ, 1)."""
    return (location_quotients(region, nation) * size_factor(region, nation, delta)).clip(upper=1.0)


def _checked(region: pd.Series, nation: pd.Series) -> None:
    if list(region.index) != list(nation.index):
        raise MethodError("regional and national employment must have the same industries, in the same order")
    try:
        r, n = region.to_numpy(dtype=float), nation.to_numpy(dtype=float)
    except (TypeError, ValueError) as fault:
        raise MethodError("employment must be numbers", where=str(fault)) from None
    if not (np.isfinite(r).all() and np.isfinite(n).all()) or (r < 0).any() or (n < 0).any():
        raise MethodError("employment must be finite and not negative: an absent value is not zero")
    if r.sum() == 0 or n.sum() == 0:
        raise MethodError("employment adds to zero, which is a missing table and not a territory without jobs")
    over = r > n * (1 + 1e-9)
    if over.any():
        raise MethodError(f"industry {region.index[over][0]!r} employs more in the region than in the nation")
