"""How far a rank can be believed: intervals over a declared space of choices, and which choice moves it most.

Draws are seeded: the same space, seed and number of draws give the same intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.indicators.composite import Framework, Recipe, columns_of
from toolkit.indicators.composite_steps import Normalisation, Treatment, combine, normalise, treat


@dataclass(frozen=True)
class Weights:
    """A space of weights: `around` the framework's, each moved by up to ± `spread` of itself; or `free`, every set of
    weights of a group as likely as any other (Dirichlet with parameters 1)."""

    kind: str = "around"
    spread: float = 0.25


@dataclass(frozen=True)
class Space:
    """The choices that could have been made, all declared; each alternative is as likely as the others.

    Attributes:
        weights: see `Weights`; None keeps the framework's.
        normalisations, aggregations, treatments: alternatives. With geometric or harmonic means among the aggregations,
            every normalisation must give positive values.
        availability: as in `Recipe`, the same throughout.
    """

    weights: Weights | None = Weights()
    normalisations: tuple[Normalisation | str, ...] = ("minmax",)
    aggregations: tuple[str | Mapping[str, str], ...] = ("arithmetic",)
    treatments: tuple[Treatment | None, ...] = (None,)
    availability: float = 0.0


ON_1_100 = (
    Normalisation("minmax", low=1.0, high=100.0),
    Normalisation("zscore", mean=100.0, spread=10.0),
    Normalisation("percentile", low=1.0, high=100.0, ties="average"),
)
"""Three normalisations with positive values, fit for every mean."""


@dataclass(frozen=True)
class RankIntervals:
    """Ranks over a space of choices.

    Attributes:
        table: one row a unit: `nominal`, `median`, `low` and `high` (the interval), `best` and `worst` (over all
            draws), `covers` (share of the table that the interval spans, 0–1).
        draws, seed, level: how it was made.
        space: over what.
    """

    table: pd.DataFrame
    draws: int
    seed: int
    level: float
    space: Space

    def ranks_unit(self, unit: str, most: float = 0.5) -> bool:
        """Whether the composite ranks a unit at all: its interval spans at most this share of the table."""
        return bool(self.table["covers"].to_numpy(dtype=float)[self.table.index.get_loc(unit)] <= most)


def rank_intervals(
    data: pd.DataFrame,
    framework: Framework,
    space: Space,
    *,
    recipe: Recipe | None = None,
    draws: int = 1000,
    seed: int = 20260101,
    level: float = 0.9,
) -> RankIntervals:
    """Intervals of ranks by seeded Monte Carlo over a declared space.

    Args:
        data: units × indicators.
        framework: the structure; its weights are the centre of the space.
        space: the choices that could have been made.
        recipe: the choices made, for the nominal rank; if not given, the first alternative of each choice.
        draws: number of draws.
        seed: of the generator.
        level: share of the draws inside the interval, the same share cut at both ends. Bounds are ranks that occurred.

    Raises:
        MethodError: as `composite.build`; unknown space; too few draws; level out of 0–1.
    """
    if draws < 10 or not 0 < level < 1:
        raise MethodError(
            f"{draws} draws at level {level} give no interval", allowed="10 draws or more, level in (0, 1)"
        )
    engine = _Engine(data, framework, space)
    uniform = np.random.default_rng(seed).random((draws, engine.dimensions))
    ranks = engine.ranks(uniform)
    nominal = engine.nominal(recipe)
    tail = (1.0 - level) / 2.0
    low = np.nanquantile(ranks, tail, axis=1, method="lower")
    high = np.nanquantile(ranks, 1.0 - tail, axis=1, method="higher")
    table = pd.DataFrame(
        {
            "nominal": nominal,
            "median": np.nanmedian(ranks, axis=1),
            "low": low,
            "high": high,
            "best": np.nanmin(ranks, axis=1),
            "worst": np.nanmax(ranks, axis=1),
            "covers": (high - low) / max(int(np.isfinite(nominal).sum()) - 1, 1),
        },
        index=engine.units,
    )
    return RankIntervals(table, draws, seed, level, space)


def sensitivity(
    data: pd.DataFrame,
    framework: Framework,
    space: Space,
    *,
    unit: str = "",
    recipe: Recipe | None = None,
    draws: int = 1024,
    seed: int = 20260101,
) -> pd.DataFrame:
    """Which choice moves the rank most: variance-based first-order and total-order indices.

    Args:
        data, framework, space, recipe: as `rank_intervals`.
        unit: the unit whose rank is explained; if not given, the mean absolute shift of all ranks from the nominal.
        draws: base sample; the model is evaluated draws × (choices + 2) times.
        seed: of the generator.

    Returns:
        DataFrame, index = choices with alternatives (`weights`, `normalisation`, `aggregation`, `treatment`): `first`
        (share of the variance that the choice explains alone) and `total` (with its interactions), Monte Carlo
        estimates that may fall slightly outside 0–1, largest total first. `variance` is that of the target; where it is
        zero, no choice moves it and both are 0.

    Raises:
        MethodError: fewer than two choices with alternatives, or as `rank_intervals`; an unknown unit.

    Saltelli et al., Variance based sensitivity analysis of model output, Computer Physics Communications 181 (2010).
    """
    return sampled(data, framework, space, recipe=recipe, draws=draws, seed=seed).sensitivity(unit)


def sampled(
    data: pd.DataFrame,
    framework: Framework,
    space: Space,
    *,
    recipe: Recipe | None = None,
    draws: int = 1024,
    seed: int = 20260101,
) -> Sampled:
    """The ranks that `sensitivity` rests on: the same for all units, so that many are explained at the cost of one."""
    engine = _Engine(data, framework, space)
    if len(engine.factors) < 2:
        raise MethodError("sensitivity needs two choices with alternatives at least", allowed="a wider space")
    generator = np.random.default_rng(seed)
    a, b = (generator.random((draws, engine.dimensions)) for _ in range(2))
    mixed = {}
    for name, columns in engine.factors.items():
        sample = a.copy()
        sample[:, columns] = b[:, columns]
        mixed[name] = engine.ranks(sample)
    return Sampled(engine.units, engine.nominal(recipe), engine.ranks(a), engine.ranks(b), mixed)


@dataclass(frozen=True)
class Sampled:
    """Ranks (units × draws) of two independent samples of all choices, and of the first with one choice of the second.

    Attributes:
        units: labels of the rows.
        nominal: ranks of the choices made.
        a, b: of the two samples.
        mixed: choice → ranks of `a` with that choice as in `b`.
    """

    units: pd.Index
    nominal: np.ndarray
    a: np.ndarray
    b: np.ndarray
    mixed: dict[str, np.ndarray]

    def sensitivity(self, unit: str = "") -> pd.DataFrame:
        """As the function `sensitivity`."""
        if unit and unit not in self.units:
            raise MethodError(f"'{unit}' is not among the units", allowed=list(map(str, self.units)))

        def target(ranks: np.ndarray) -> np.ndarray:
            if unit:
                return ranks[self.units.get_loc(unit)]
            return np.nanmean(np.abs(ranks - self.nominal[:, None]), axis=0)

        of_a, of_b = target(self.a), target(self.b)
        variance = float(np.var(np.concatenate([of_a, of_b])))
        rows = []
        for name, ranks in self.mixed.items():
            of_mixed = target(ranks)
            first = float(np.mean(of_b * (of_mixed - of_a))) / variance if variance > 0 else 0.0
            whole = float(np.mean((of_a - of_mixed) ** 2)) / (2.0 * variance) if variance > 0 else 0.0
            rows.append((name, first, whole, variance))
        table = pd.DataFrame(rows, columns=["choice", "first", "total", "variance"]).set_index("choice")
        return table.sort_values("total", ascending=False)


class _Engine:
    """Ranks for many sets of choices at once; every choice is read from uniform numbers."""

    def __init__(self, data: pd.DataFrame, framework: Framework, space: Space) -> None:
        table = columns_of(data, framework)
        self.raw, self.units, self.framework, self.space = table, table.index, framework, space
        if not (space.normalisations and space.aggregations and space.treatments):
            raise MethodError("a space needs one alternative of each choice at least")
        self.scales = {}
        for t, treatment in enumerate(space.treatments):
            treated = treat(table, treatment)[0] if treatment else table
            for n, how in enumerate(space.normalisations):
                self.scales[t, n] = normalise(treated, framework.directions, how).to_numpy(dtype=float)
        self.parts = [part for group in framework.groups for part in framework.groups[group]]
        self.factors: dict[str, list[int]] = {}
        self.dimensions = 0
        if space.weights is not None:
            _check_weights(space.weights)
            self._add("weights", len(self.parts))
        for name, options in self._options().items():
            if len(options) > 1:
                self._add(name, 1)

    def _options(self) -> dict[str, tuple]:
        space = self.space
        return {
            "normalisation": space.normalisations,
            "aggregation": space.aggregations,
            "treatment": space.treatments,
        }

    def _add(self, name: str, size: int) -> None:
        self.factors[name] = list(range(self.dimensions, self.dimensions + size))
        self.dimensions += size

    def ranks(self, uniform: np.ndarray) -> np.ndarray:
        """Ranks, units × draws."""
        weights = self._weights(uniform)
        chosen = {
            name: np.minimum((uniform[:, self.factors[name][0]] * len(options)).astype(int), len(options) - 1)
            if name in self.factors
            else np.zeros(len(uniform), dtype=int)
            for name, options in self._options().items()
        }
        result = np.full((len(self.units), len(uniform)), np.nan)
        for t, n, a in product(
            *(range(len(self._options()[k])) for k in ("treatment", "normalisation", "aggregation"))
        ):
            at = (chosen["treatment"] == t) & (chosen["normalisation"] == n) & (chosen["aggregation"] == a)
            if at.any():
                recipe = Recipe(aggregation=self.space.aggregations[a], availability=self.space.availability)
                result[:, at] = _ranked(self._scores(self.scales[t, n], weights[:, at], recipe))
        return result

    def nominal(self, recipe: Recipe | None) -> np.ndarray:
        """Ranks of the choices made, or of the first alternatives."""
        weights = np.array([[self.framework.weights[part]] for part in self.parts])
        if recipe is None:
            first = Recipe(aggregation=self.space.aggregations[0], availability=self.space.availability)
            return _ranked(self._scores(self.scales[0, 0], weights, first))[:, 0]
        treated = treat(self.raw, recipe.treatment)[0] if recipe.treatment else self.raw
        scale = normalise(treated, self.framework.directions, recipe.normalisation).to_numpy(dtype=float)
        return _ranked(self._scores(scale, weights, recipe))[:, 0]

    def _weights(self, uniform: np.ndarray) -> np.ndarray:
        """Weights of the parts, parts × draws; `combine` scales them within their group."""
        centre = np.array([self.framework.weights[part] for part in self.parts])[:, None]
        if "weights" not in self.factors:
            return np.repeat(centre, len(uniform), axis=1)
        drawn = uniform[:, self.factors["weights"]].T
        space = self.space.weights
        if space is not None and space.kind == "around":
            return centre * (1.0 + space.spread * (2.0 * drawn - 1.0))
        return -np.log1p(-drawn) * (centre > 0)

    def _scores(self, scale: np.ndarray, weights: np.ndarray, recipe: Recipe) -> np.ndarray:
        """Scores of the index, units × draws."""
        column = {code: k for k, code in enumerate(self.framework.indicators)}
        row = {part: k for k, part in enumerate(self.parts)}
        known: dict[str, np.ndarray] = {}
        for group, parts in self.framework.groups.items():
            weight = weights[[row[part] for part in parts]]
            if all(part in column for part in parts):
                values = scale[:, [column[part] for part in parts]]
            else:
                values = np.stack(
                    [
                        known[p] if p in known else np.repeat(scale[:, [column[p]]], weights.shape[1], axis=1)
                        for p in parts
                    ],
                    axis=1,
                )
            known[group] = combine(values, weight, recipe.method(group), recipe.availability)
        return known[self.framework.index]


def _check_weights(weights: Weights) -> None:
    if weights.kind not in ("around", "free") or not 0 <= weights.spread < 1:
        raise MethodError(
            f"'{weights.kind}' ± {weights.spread} is not a space of weights", allowed="around (0–1), free"
        )


def _ranked(scores: np.ndarray) -> np.ndarray:
    """Ranks down each column, 1 = highest; scores equal to nine digits share the best rank."""
    # Draws that should tie (all choices agree) must not be told apart by the last bit of a sum.
    size = np.nanmax(np.abs(scores), axis=0, initial=1e-300)
    rounded = np.round(scores / size, 9)
    return pd.DataFrame(rounded).rank(method="min", ascending=False).to_numpy()
