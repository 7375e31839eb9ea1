"""Economic complexity: presence, complexity, fitness, proximity and density of activities in territories.

Tables are DataFrames, territories (rows) × activities (columns), of counts or values in one unit. Empty rows and
columns carry no information and are left out of the results.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.indicators.regional import table_of


@dataclass(frozen=True)
class Complexity:
    """Complexity of territories and of activities; the function that gives it says how it is scaled."""

    territories: pd.Series
    activities: pd.Series


def revealed_advantage(table: pd.DataFrame) -> pd.DataFrame:
    """Revealed comparative advantage (Balassa): location quotient of every activity in every territory.

    RCA = (x_ca / x_c) / (x_a / x), 1 = as present as overall.

    Raises:
        MethodError: negative or absent numbers, an empty table.

    Example: rows (2, 1), (1, 2): RCA (4/3, 2/3), (2/3, 4/3). Balassa (1965).
    """
    table_of(table)
    full = _without_empty(table)
    x = full.to_numpy(dtype=float)
    rca = x / x.sum(axis=1, keepdims=True) / (x.sum(axis=0, keepdims=True) / x.sum())
    return pd.DataFrame(rca, index=full.index, columns=full.columns)


def presence(advantage: pd.DataFrame, *, threshold: float = 1.0) -> pd.DataFrame:
    """Zero/one table of the activities a territory is specialised in: advantage at or above the threshold.

    Raises:
        MethodError: a threshold that is not positive, or no advantage that reaches it.
    """
    if not threshold > 0:
        raise MethodError(f"a threshold of {threshold} makes everything present", allowed="a number above 0")
    table_of(advantage)
    found = (advantage >= threshold).astype(float)
    if not found.to_numpy().any():
        raise MethodError(f"no territory reaches {threshold} in any activity")
    return _without_empty(found)


def complexity(
    present: pd.DataFrame, *, method: str = "eigenvalues", spread: str = "sample", iterations: int = 20
) -> Complexity:
    """Economic complexity index of territories (ECI) and of activities (PCI).

    ECI is the second eigenvector of M̃ = D⁻¹ M U⁻¹ M', with M the zero/one table, D diversity (activities of a
    territory) and U ubiquity (territories of an activity); PCI the same for activities. The sign is such that ECI rises
    with diversity, and PCI with the mean ECI of the territories that have the activity.

    Args:
        present: zero/one table, as `presence` gives it.
        method: `eigenvalues` (Hausmann et al. 2014) or `reflections` (Hidalgo and Hausmann 2009), which tends to it.
        spread: standard deviation used to standardise: `sample` (n − 1, as in R's economiccomplexity) or `population`.
        iterations: for reflections, an even number of columns of the method, the starting one included.

    Returns:
        `Complexity`, mean 0, standard deviation 1.

    Raises:
        MethodError: not zero/one, fewer than three territories or activities, groups of territories that share no
            activity (the index is not defined across them), unknown options.

    Example: with R's average world trade of 1998–2000, Afghanistan −0.5764, Angola −1.7771, Albania −0.1733.
    """
    m = _zero_one(present)
    if min(m.shape) < 3:
        raise MethodError("complexity needs three territories and three activities at least")
    degrees = {"sample": 1, "population": 0}
    if spread not in degrees:
        raise MethodError(f"'{spread}' is not a standard deviation", allowed=list(degrees))
    if method == "eigenvalues":
        eci, pci = _eigenvectors(m)
    elif method == "reflections":
        eci, pci = _reflections(m, iterations)
    else:
        raise MethodError(f"'{method}' is not a method of complexity", allowed=("eigenvalues", "reflections"))
    full = _without_empty(present)
    return Complexity(
        territories=pd.Series(_standard(eci, degrees[spread]), index=full.index, name="eci"),
        activities=pd.Series(_standard(pci, degrees[spread]), index=full.columns, name="pci"),
    )


def fitness(present: pd.DataFrame, *, iterations: int = 20, extremality: float = 1.0) -> Complexity:
    """Fitness of territories and complexity of activities (Tacchella et al. 2012), each with mean 1.

    F_c ← Σ_a M_ca Q_a and Q_a ← 1 / (Σ_c M_ca F_c^−γ)^(1/γ), both from the previous step, each divided by its mean.

    Args:
        present: zero/one table.
        iterations: columns of the iteration, the starting one (all 1) included, as in R's economiccomplexity.
        extremality: γ (Mariani et al. 2015); 1 is the original.

    Raises:
        MethodError: not zero/one, fewer than two iterations, an extremality that is not positive.

    Example: with R's average world trade of 1998–2000, Afghanistan 0.7861, Angola 0.0400, Albania 1.2426.
    """
    m = _zero_one(present)
    if iterations < 2 or not extremality > 0:
        raise MethodError("fitness needs two iterations at least, and a positive extremality")
    f, q = np.ones(m.shape[0]), np.ones(m.shape[1])
    # Where fitness dies away it stays a number: the inverse of zero would spoil every activity.
    floor = 1e-150 ** (1.0 / max(extremality, 1.0))
    for _ in range(iterations - 1):
        ahead = m @ q
        harder = 1.0 / (m.T @ np.maximum(f, floor) ** -extremality) ** (1.0 / extremality)
        f, q = ahead / ahead.mean(), harder / harder.mean()
    full = _without_empty(present)
    return Complexity(
        pd.Series(f, index=full.index, name="fitness"), pd.Series(q, index=full.columns, name="complexity")
    )


def proximity(present: pd.DataFrame, *, of: str = "activities") -> pd.DataFrame:
    """Proximity of activities (or of territories): how often they go together, 0–1, symmetric, 1 with itself.

    φ = co-presences / the larger number of presences of the two, i.e. the smaller conditional probability.

    Args:
        present: zero/one table.
        of: `activities` or `territories`.

    Raises:
        MethodError: not zero/one, unknown `of`.

    Example: two activities in 3 and 4 territories, together in 2: 0.5. Hidalgo et al. (2007).
    """
    if of not in ("activities", "territories"):
        raise MethodError(f"there is no proximity of '{of}'", allowed=("activities", "territories"))
    m = _zero_one(present)
    m = m if of == "activities" else m.T
    full = _without_empty(present)
    count = m.sum(axis=0)
    labels = full.columns if of == "activities" else full.index
    return pd.DataFrame(m.T @ m / np.maximum.outer(count, count), index=labels, columns=labels)


def relatedness_density(present: pd.DataFrame, near: pd.DataFrame, *, itself: bool = True) -> pd.DataFrame:
    """Density of related activities around each activity in each territory, 0–1.

    ω_ca = Σ_b M_cb φ_ab / Σ_b φ_ab: share of what is near the activity that the territory has.

    Args:
        present: zero/one table, territories × activities.
        near: proximity of the same activities.
        itself: whether an activity counts as near itself (Hidalgo et al. 2007 leave it in); without it, density says
            what surrounds the activity whether or not it is there.

    Returns:
        DataFrame, territories × activities; NaN where nothing is near an activity. 1 − density is the distance of the
        Atlas of Economic Complexity.

    Raises:
        MethodError: not zero/one, activities that differ.
    """
    m = _zero_one(present)
    full = _without_empty(present)
    if set(near.index) != set(full.columns) or set(near.columns) != set(full.columns):
        raise MethodError("proximity and presence are of different activities")
    phi = near.reindex(index=full.columns, columns=full.columns).to_numpy(dtype=float)
    if not itself:
        phi = phi * (1.0 - np.eye(len(phi)))
    with np.errstate(divide="ignore", invalid="ignore"):
        density = (m @ phi.T) / phi.sum(axis=1)
    return pd.DataFrame(density, index=full.index, columns=full.columns)


def _eigenvectors(m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    diversity, ubiquity = m.sum(axis=1), m.sum(axis=0)
    # D^-1/2 M U^-1 M' D^-1/2 is symmetric and has the eigenvalues of the index's matrix: stable and quick.
    balanced = m / np.sqrt(diversity)[:, None] / np.sqrt(ubiquity)[None, :]
    left, size, right = np.linalg.svd(balanced, full_matrices=False)
    if size[1] > 1.0 - 1e-9:
        raise MethodError("some territories share no activity with the others: complexity does not compare them")
    if size[1] < 1e-12:
        raise MethodError("all territories or activities are alike: there is no complexity to tell")
    eci, pci = left[:, 1] / np.sqrt(diversity), right[1] / np.sqrt(ubiquity)
    sign = -1.0 if (eci * (diversity - diversity.mean())).sum() < 0 else 1.0
    return sign * eci, sign * pci


def _reflections(m: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    if iterations < 4 or iterations % 2:
        raise MethodError(f"{iterations} iterations: reflections need an even number from 4 up")
    diversity, ubiquity = m.sum(axis=1), m.sum(axis=0)
    k, p = diversity, ubiquity
    before = k
    for _ in range(iterations - 1):
        before = k
        k, p = m @ p / diversity, m.T @ k / ubiquity
    return before, p


def _standard(values: np.ndarray, degrees: int) -> np.ndarray:
    spread = values.std(ddof=degrees)
    if not spread > 1e-12:
        raise MethodError("all territories or activities are alike: there is no complexity to tell")
    return (values - values.mean()) / spread


def _zero_one(present: pd.DataFrame) -> np.ndarray:
    table_of(present)
    m = _without_empty(present).to_numpy(dtype=float)
    if not np.isin(m, (0.0, 1.0)).all():
        raise MethodError("a table of zeros and ones is needed", hint="use presence(revealed_advantage(table))")
    return m


def _without_empty(table: pd.DataFrame) -> pd.DataFrame:
    values = table.to_numpy(dtype=float)
    return table.iloc[np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))]
