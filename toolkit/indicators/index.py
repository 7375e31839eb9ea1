"""The composite indicator of all municipalities: ranks, their intervals over declared choices, what moves them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from toolkit.indicators.base import get
from toolkit.indicators.composite import Composite, Framework, Recipe, ampi, build, redundancy, remove_each
from toolkit.indicators.composite_uncertainty import (
    ON_1_100,
    RankIntervals,
    Sampled,
    Space,
    Weights,
    rank_intervals,
    sampled,
)

Declared = Any
"""A composite indicator as declared (`params/composite.yml`): parts with code, parent, direction and weight; spread of
the weights, draws, seed, and the widest interval that still ranks."""

MEANS = ("arithmetic", "geometric")
RECIPE = Recipe(normalisation=ON_1_100[0])
REPEATS = 0.8
"""Rank correlation from which two indicators are said to tell the same story."""


@dataclass(frozen=True)
class Index:
    """The composite indicator with all that says how far to believe it.

    Attributes:
        declared: its structure, as in `params/composite.yml`.
        framework: the same, as the methods take it.
        data: municipalities × indicators.
        composite: scores and ranks.
        around, free: rank intervals with weights moved by ± the declared spread, and with any weights; both also over
            three normalisations and two means.
        removed: shift of each rank when an indicator is taken out.
        repeated: pairs of indicators that tell the same story.
        sampled: ranks under varied choices, weights around the declared ones.
    """

    declared: Declared
    framework: Framework
    data: pd.DataFrame
    composite: Composite
    around: RankIntervals
    free: RankIntervals
    removed: pd.DataFrame
    repeated: pd.DataFrame
    sampled: Sampled

    def rank(self, code: str) -> int:
        """Rank, 1 = best conditions."""
        return int(self._ranks[code])

    @cached_property
    def _ranks(self) -> dict[str, float]:
        return {str(code): float(rank) for code, rank in self.composite.ranks.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Municipalities ranked, the first first."""
        return tuple(self.composite.ranks.dropna().sort_values(kind="stable").index)

    @cached_property
    def intervals(self) -> dict[str, tuple[int, int, int, int]]:
        """Lowest and highest rank of each with weights around the declared ones, and with any."""
        tables = (self.around.table, self.free.table)
        ends = [
            table[end].reindex(list(self.order)).astype(int).tolist() for table in tables for end in ("low", "high")
        ]
        return dict(zip(self.order, zip(*ends, strict=True), strict=True))

    @property
    def of(self) -> int:
        """Municipalities ranked."""
        return int(self.composite.ranks.notna().sum())

    def ranks_unit(self, code: str) -> bool:
        """Whether the wider of the two intervals leaves a rank worth the name."""
        return self.free.ranks_unit(code, self.declared.most) and self.around.ranks_unit(code, self.declared.most)

    def beside(self, code: str, each_side: int = 6) -> pd.DataFrame:
        """A municipality among those next to it in the table: ranks with the ends of both intervals.

        Returns:
            DataFrame[istat_code, value, low, high, free_low, free_high], the first first.
        """
        at = self.order.index(code)
        first = max(0, min(at - each_side, len(self.order) - 2 * each_side - 1))
        return self.ranked(self.order[first : first + 2 * each_side + 1])

    def ranked(self, codes: Iterable[str]) -> pd.DataFrame:
        """Ranks of some municipalities with both intervals, columns as in `beside`; those that are ranked."""
        rows = []
        for one in sorted(set(codes) & set(self.order), key=self.order.index):
            rank, (low, high, free_low, free_high) = self.rank(one), self.intervals[one]
            rows.append((one, rank, min(rank, low), max(rank, high), free_low, free_high))
        return pd.DataFrame(rows, columns=["istat_code", "value", "low", "high", "free_low", "free_high"])

    @property
    def tables(self) -> list[str]:
        """Names of the tables that its indicators come from."""
        return list(dict.fromkeys(table for code in self.framework.indicators for table in get(code).tables))

    @property
    def structure(self) -> pd.DataFrame:
        """What it is made of: DataFrame[indicator, group, direction, weight]: `up` or `down`, percent of the whole."""
        weights = self.framework.effective_weights()
        parts = [part for part in self.declared.parts if part.direction]
        return pd.DataFrame(
            {
                "indicator": [part.code for part in parts],
                "group": [part.parent for part in parts],
                "direction": ["up" if part.direction > 0 else "down" for part in parts],
                "weight": [100.0 * float(weights[part.code]) for part in parts],
            }
        )

    def moved_by(self, code: str) -> pd.DataFrame:
        """Which choice moves the rank of a municipality most (weights around the declared ones)."""
        return self.sampled.sensitivity(code)


def index_of(data: pd.DataFrame, declared: Declared) -> Index:
    """Build the composite indicator and its uncertainty.

    Args:
        data: municipalities × indicators of the structure; NaN where absent.
        declared: the structure.
    """
    framework = framework_of(declared)
    drawn: dict[str, Any] = {"recipe": RECIPE, "draws": declared.draws, "seed": declared.seed}
    return Index(
        declared,
        framework,
        data,
        build(data, framework, RECIPE),
        rank_intervals(data, framework, _space("around", declared.spread), **drawn),
        rank_intervals(data, framework, _space("free", declared.spread), **drawn),
        remove_each(data, framework, RECIPE),
        redundancy(data, framework, high=REPEATS, method="spearman"),
        sampled(data, framework, _space("around", declared.spread), draws=128, seed=declared.seed),
    )


def framework_of(declared: Declared) -> Framework:
    """The structure as the methods take it, its index called `index`."""
    rows = [part.model_dump(include={"code", "parent", "weight", "direction"}) for part in declared.parts]
    rows.append({"code": "index", "parent": "", "weight": 1.0, "direction": 0})
    return Framework.from_table(pd.DataFrame(rows))


def over_time(series: dict[str, pd.DataFrame], directions: dict[str, int], first: int, last: int) -> pd.DataFrame:
    """Adjusted Mazziotta–Pareto index of all municipalities in two years; 100 = median of municipalities in the first.

    Args:
        series: indicator -> DataFrame[territory, year, value] of municipalities.
        directions: indicator -> +1 or −1.
        first, last: years.

    Returns:
        DataFrame, index = (territory, year), as `composite.ampi`; municipalities with every value in both years only.
    """
    wide = {
        name: rows[rows["year"].isin([first, last])].set_index(["territory", "year"])["value"].astype(float)
        for name, rows in series.items()
    }
    data = pd.DataFrame(wide).dropna()
    whole = data.groupby(level="territory").size()
    data = data.loc[data.index.get_level_values("territory").isin(whole.index[whole == 2])]
    centre = pd.DataFrame(data.xs(first, level="year")).median().to_dict()
    return ampi(data, directions, {str(name): float(value) for name, value in centre.items()})


def _space(kind: str, spread: float) -> Space:
    return Space(weights=Weights(kind, spread), normalisations=ON_1_100, aggregations=MEANS)
