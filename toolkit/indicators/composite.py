"""Composite indicators: the structure as data, the choices as a recipe, the result at every level.

A rank depends on choices that nobody can prove: `composite_uncertainty` says how much. Steps are in `composite_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.indicators.composite_steps import (
    Normalisation,
    Treatment,
    check_table,
    combine,
    normalise,
    treat,
)


@dataclass(frozen=True)
class Framework:
    """Indicators and their groups.

    Attributes:
        indicators: codes of the indicators, in the order of the table.
        groups: group -> its parts (indicators or groups), smaller groups before those that hold them; the last is the
            index.
        weights: weight of every part among its siblings, adding up to 1.
        directions: +1 or −1 of every indicator.
    """

    indicators: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    weights: dict[str, float]
    directions: dict[str, int]

    @property
    def index(self) -> str:
        """Code of the composite indicator itself."""
        return list(self.groups)[-1]

    @staticmethod
    def from_table(table: pd.DataFrame) -> Framework:
        """Read a structure from a table.

        Args:
            table: one row a part: `code`, `parent` (empty for the index), `weight` (≥ 0, among siblings; 1 if there is
                no such column) and `direction` (+1 or −1, for indicators; 1 if there is no such column).

        Raises:
            MethodError: repeated codes, unknown parents, no or several indices, a loop, bad weights or directions.
        """
        return _framework(table)

    def effective_weights(self) -> pd.Series:
        """Weight of every indicator in the index, adding up to 1: the product of the weights on the way up."""
        share = {self.index: 1.0}
        for group in reversed(self.groups):
            for part in self.groups[group]:
                share[part] = share[group] * self.weights[part]
        return pd.Series({code: share[code] for code in self.indicators})

    def without(self, code: str) -> Framework:
        """The same structure with the weight of a part set to zero and its siblings' raised in proportion.

        Raises:
            MethodError: unknown part, the index itself, or the only part of its group that counts.
        """
        parent = next((group for group, parts in self.groups.items() if code in parts), None)
        if parent is None:
            raise MethodError(f"'{code}' is not a part of the composite", allowed=[*self.indicators, *self.groups])
        rest = 1.0 - self.weights[code]
        if not rest > 1e-12:
            raise MethodError(f"'{code}' is all there is in '{parent}': nothing is left without it")
        siblings = {part: self.weights[part] / rest for part in self.groups[parent]} | {code: 0.0}
        return replace(self, weights=self.weights | siblings)


@dataclass(frozen=True)
class Recipe:
    """The choices of a composite indicator, all declared.

    Attributes:
        treatment: of outliers; None leaves them.
        normalisation: see `Normalisation`.
        aggregation: one method for all groups, or group -> method (see `combine`); `""` -> for those not named.
        availability: share of the parts a unit must have in each group; below, it has no score there.
    """

    treatment: Treatment | None = None
    normalisation: Normalisation | str = "minmax"
    aggregation: str | Mapping[str, str] = "arithmetic"
    availability: float = 0.0

    def method(self, group: str) -> str:
        """Aggregation of a group."""
        if isinstance(self.aggregation, str):
            return self.aggregation
        return self.aggregation.get(group, self.aggregation.get("", "arithmetic"))


@dataclass(frozen=True)
class Composite:
    """A composite indicator, step by step.

    Attributes:
        scores: units × (indicators normalised, groups, index); NaN where a unit has no score.
        ranks: rank of every unit in the index, 1 = best, ties share the best rank; NaN without a score.
        treated: units × indicators after treatment.
        treatment: what was done to each indicator; empty without treatment.
    """

    scores: pd.DataFrame
    ranks: pd.Series
    treated: pd.DataFrame
    treatment: pd.DataFrame = field(default_factory=pd.DataFrame)


def build(data: pd.DataFrame, framework: Framework, recipe: Recipe | None = None) -> Composite:
    """Build a composite indicator.

    Args:
        data: units × indicators, one column for every indicator of the framework (others are ignored), NaN if absent.
        framework: the structure.
        recipe: the choices; min–max onto 0–100 and weighted arithmetic means if not given.

    Raises:
        MethodError: an indicator without a column, or as the steps.

    Example: with COINr's ASEM data and structure, default recipe: Germany 75.23, United Kingdom 68.94, France 65.92.
    """
    recipe = recipe or Recipe()
    table = columns_of(data, framework)
    treated, done = treat(table, recipe.treatment) if recipe.treatment else (table, pd.DataFrame())
    scale = normalise(treated, framework.directions, recipe.normalisation)
    scores = aggregate(scale, framework, recipe)
    ranks = scores[framework.index].rank(method="min", ascending=False)
    return Composite(scores=scores, ranks=ranks.rename("rank"), treated=treated, treatment=done)


def aggregate(normalised: pd.DataFrame, framework: Framework, recipe: Recipe | None = None) -> pd.DataFrame:
    """Add the groups and the index to a table of normalised indicators.

    Returns:
        units × (indicators, groups, index).

    Raises:
        MethodError: as `combine`.
    """
    recipe = recipe or Recipe()
    scores = {code: normalised[code].to_numpy(dtype=float) for code in framework.indicators}
    for group, parts in framework.groups.items():
        values = np.column_stack([scores[part] for part in parts])
        weights = np.array([[framework.weights[part]] for part in parts])
        scores[group] = combine(values, weights, recipe.method(group), recipe.availability)[:, 0]
    return pd.DataFrame(scores, index=normalised.index)


def remove_each(
    data: pd.DataFrame, framework: Framework, recipe: Recipe | None = None, parts: tuple[str, ...] = ()
) -> pd.DataFrame:
    """What each part does to the ranks: the index again without it.

    Args:
        data, framework, recipe: as `build`.
        parts: indicators or groups to take out, one at a time; all indicators if not given.

    Returns:
        DataFrame, index = units and a last row `mean_shift`, one column a part: rank without it less rank with it
        (negative = the unit gains when it goes); `mean_shift` is the mean absolute shift.

    Raises:
        MethodError: as `build`; a part that is all there is in its group.
    """
    recipe = recipe or Recipe()
    table = columns_of(data, framework)
    treated = treat(table, recipe.treatment)[0] if recipe.treatment else table
    scale = normalise(treated, framework.directions, recipe.normalisation)
    nominal = aggregate(scale, framework, recipe)[framework.index].rank(method="min", ascending=False)
    shifts = {}
    for part in parts or framework.indicators:
        again = aggregate(scale, framework.without(part), recipe)[framework.index]
        shifts[part] = again.rank(method="min", ascending=False) - nominal
    result = pd.DataFrame(shifts)
    result.loc["mean_shift"] = result.abs().mean()
    return result


def redundancy(
    data: pd.DataFrame, framework: Framework, *, high: float = 0.9, low: float = -0.4, method: str = "pearson"
) -> pd.DataFrame:
    """Pairs of indicators that repeat each other, or that pull apart within a group.

    Args:
        data: units × indicators.
        framework: structure and directions (correlations are of indicators turned so that higher is better).
        high: correlation at or above which a pair is `redundant`.
        low: correlation at or below which a pair of one group is `opposed`: what one gains the other loses.
        method: `pearson` or `spearman`.

    Returns:
        DataFrame[first, second, correlation, same_group, finding], strongest first; only pairs with a finding.

    Raises:
        MethodError: as `build`, unknown method.
    """
    if method not in ("pearson", "spearman"):
        raise MethodError(f"'{method}' is not a correlation", allowed=("pearson", "spearman"))
    table = columns_of(data, framework) * pd.Series(framework.directions, dtype=float)
    correlation = table.corr(method=method)  # type: ignore[arg-type]
    group_of = {part: group for group, parts in framework.groups.items() for part in parts}
    found = []
    codes = framework.indicators
    for i, first in enumerate(codes):
        for second in codes[i + 1 :]:
            value = float(correlation.at[first, second])  # type: ignore[arg-type]
            together = group_of[first] == group_of[second]
            finding = "redundant" if value >= high else "opposed" if value <= low and together else ""
            if finding:
                found.append((first, second, value, together, finding))
    table = pd.DataFrame(found, columns=["first", "second", "correlation", "same_group", "finding"])
    return table.sort_values("correlation", key=abs, ascending=False, ignore_index=True)


def mpi(data: pd.DataFrame, directions: Mapping[str, int], *, penalty: str = "minus") -> pd.DataFrame:
    """Mazziotta–Pareto index: relative to the units of `data` in one year, unbalanced profiles penalised.

    Every indicator is standardised to mean 100 and (population) standard deviation 10, z = 100 ± 10 (x − mean)/sd. With
    M and S the mean and population standard deviation of a unit's z: MPI = M ∓ S²/M. Values of two years are not
    comparable; `ampi` is for that.

    Args:
        data: units × indicators, no value absent.
        directions: indicator -> +1 or −1.
        penalty: `minus` where a high index is good, `plus` where it is bad (poverty, fragility).

    Returns:
        DataFrame, index of `data`: `mean`, `penalty` (S²/M ≥ 0), `mpi`.

    Raises:
        MethodError: absent values, constant indicators, a direction that is not there, unknown penalty.

    Example: z = 90 and 110: mean 100, penalty 1, index 99 or 101.
    De Muro, Mazziotta and Pareto, Composite indices of development and poverty, Social Indicators Research 104 (2011).
    """
    _whole_table(data, penalty)
    means, spreads = data.mean(), data.std(ddof=0)
    for name in data:
        if directions.get(str(name)) not in (-1, 1) or not spreads[str(name)] > 0:
            raise MethodError(f"'{name}' lacks a direction or does not vary", allowed="±1")
    signs = pd.Series({name: float(directions[str(name)]) for name in data})
    return _penalised(100 + 10 * (data - means) / spreads * signs, penalty, "mpi")


def ampi(
    data: pd.DataFrame,
    directions: Mapping[str, int],
    reference: Mapping[str, float],
    *,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    penalty: str = "minus",
) -> pd.DataFrame:
    """Adjusted Mazziotta–Pareto index: comparable over time, unbalanced profiles penalised.

    Every indicator is put on a scale where the reference is 100 and the range is 60: goalposts are reference ∓ half of
    the range over all units and years; r = 60 (x − min)/(max − min) + 70, reversed where less is better. With M and S
    the mean and (population) standard deviation of a unit's r: AMPI = M ∓ S²/M.

    Args:
        data: units × indicators, no value absent; units of all years together (index of pairs unit, year) if it is to
            be compared over time.
        directions: indicator -> +1 or −1.
        reference: indicator -> value that gives 100 (for example the mean of the territory in the base year).
        bounds: indicator -> (lowest, highest) of all units and years; of `data` if not given.
        penalty: `minus` where a high index is good, `plus` where it is bad (poverty, fragility).

    Returns:
        DataFrame, index of `data`: `mean`, `penalty` (S²/M ≥ 0), `ampi`.

    Raises:
        MethodError: absent values, constant indicators, a direction, reference or bound that is not there, unknown
            penalty.

    Example: r = 90 and 110: mean 100, penalty 1, index 99 or 101.
    Mazziotta and Pareto, On a generalized non-compensatory composite index, Social Indicators Research 127 (2016).
    """
    _whole_table(data, penalty)
    scores = pd.DataFrame({name: _ampi_scale(data[name], directions, reference, bounds) for name in data})
    return _penalised(scores, penalty, "ampi")


def _whole_table(data: pd.DataFrame, penalty: str) -> None:
    check_table(data)
    if penalty not in ("minus", "plus"):
        raise MethodError(f"'{penalty}' is not a penalty", allowed=("minus", "plus"))
    if data.isna().any(axis=None):
        raise MethodError("the index needs every value of every unit", hint="impute, or leave the unit out, and say so")


def _penalised(scores: pd.DataFrame, penalty: str, name: str) -> pd.DataFrame:
    mean, spread = scores.mean(axis=1), scores.std(axis=1, ddof=0)
    lost = spread**2 / mean
    return pd.DataFrame({"mean": mean, "penalty": lost, name: mean - lost if penalty == "minus" else mean + lost})


def _ampi_scale(
    column: pd.Series,
    directions: Mapping[str, int],
    reference: Mapping[str, float],
    bounds: Mapping[str, tuple[float, float]] | None,
) -> pd.Series:
    name = str(column.name)
    direction, centre = directions.get(name), reference.get(name)
    low, high = bounds.get(name, (np.nan, np.nan)) if bounds else (float(column.min()), float(column.max()))
    if direction not in (-1, 1) or centre is None or not np.isfinite(centre) or not high > low:
        raise MethodError(
            f"'{name}' lacks a direction, a reference or a range", allowed="±1, a number, lowest < highest"
        )
    return 100.0 + float(direction) * 60.0 * (column.astype(float) - centre) / (high - low)


def columns_of(data: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """The indicators of a framework from a table; MethodError where one has no column."""
    lost = [code for code in framework.indicators if code not in data]
    if lost:
        raise MethodError(f"indicators without data: {', '.join(lost[:5])}", allowed=list(map(str, data.columns)))
    table = data[list(framework.indicators)].astype(float)
    check_table(table)
    return table


def _framework(table: pd.DataFrame) -> Framework:
    if "code" not in table or "parent" not in table:
        raise MethodError("a structure needs the columns code and parent", allowed="code, parent, weight, direction")
    codes = table["code"].astype(str).tolist()
    parent = dict(zip(codes, table["parent"].fillna("").astype(str), strict=True))
    if len(parent) != len(codes):
        raise MethodError("a code is repeated in the structure")
    roots = [code for code in codes if not parent[code]]
    unknown = sorted({p for p in parent.values() if p and p not in parent})
    if len(roots) != 1 or unknown:
        what = f"unknown parents: {', '.join(unknown)}" if unknown else f"{len(roots)} parts without a parent"
        raise MethodError(f"a structure has one index, and every other part a parent in it; here {what}")
    order = _bottom_up(codes, parent)
    weight = _numbers(table, "weight")
    children = {group: tuple(c for c in codes if parent[c] == group) for group in order}
    weights: dict[str, float] = {}
    for group, parts in children.items():
        values = np.array([weight[part] for part in parts])
        if not np.isfinite(values).all() or (values < 0).any() or not values.sum() > 0:
            raise MethodError(f"the weights of '{group}' are not numbers from 0 up, with one above 0 at least")
        weights |= dict(zip(parts, (values / values.sum()).tolist(), strict=True))
    leaves = tuple(code for code in codes if code not in children)
    direction = _numbers(table, "direction")
    for code in leaves:
        if direction[code] not in (-1, 1):
            raise MethodError(f"the direction of '{code}' is {direction[code]:g}", allowed="1 or -1")
    return Framework(leaves, children, weights, {code: int(direction[code]) for code in leaves})


def _numbers(table: pd.DataFrame, column: str) -> dict[str, float]:
    codes = table["code"].astype(str)
    values = table[column] if column in table else pd.Series(1.0, index=table.index)
    return dict(zip(codes, pd.to_numeric(values, errors="coerce").astype(float), strict=True))


def _bottom_up(codes: list[str], parent: dict[str, str]) -> list[str]:
    """Groups, those inside others first; MethodError on a loop."""
    depth = {}
    for code in codes:
        steps, at = 0, code
        while parent[at]:
            at, steps = parent[at], steps + 1
            if steps > len(codes):
                raise MethodError(f"'{code}' is inside itself")
        depth[code] = steps
    groups = dict.fromkeys(p for p in parent.values() if p)
    if not groups:
        raise MethodError("the structure has no indicators")
    return sorted(groups, key=lambda group: -depth[group])
