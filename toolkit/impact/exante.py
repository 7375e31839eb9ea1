"""What a grant can be expected to move: ranges under stated assumptions, never a point.

A grant is not final demand. The chain is

    grant × (1 + leverage) × additionality → spending by industry → part produced at home → part the region can supply
    → Leontief effects on output, value added and, where employment is known, jobs

with national and regional figures side by side: national multipliers overstate what stays in a territory. Every
uncertain link is a `Range`; seeded draws give the 5th, 50th and 95th percentile, and rank correlations say what
drives the range. Effects are those of inputs bought from inputs (type I): households' spending is left out, as no
measure of how much income commuters take away is given. Effects last as long as the spending does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from toolkit.errors import MethodError
from toolkit.impact.flq import direct_purchases, regional_coefficients
from toolkit.impact.input_output import InputOutput, leontief_inverse, of_industries, per_output
from toolkit.impact.interface import Note

PERCENTILES = (5, 50, 95)
DELTA_STEPS = 41  # the inverse is computed on a grid of δ and interpolated: smooth in δ, and 2,000 draws take a moment


@dataclass(frozen=True)
class Range:
    """An assumption: lowest, most likely and highest value (a triangular law), with where it comes from.

    A value that is certain has three equal numbers.
    """

    low: float
    mode: float
    high: float
    source: str = ""

    def __post_init__(self) -> None:
        if not all(np.isfinite(value) for value in (self.low, self.mode, self.high)):
            raise MethodError("a range needs three finite numbers")
        if not self.low <= self.mode <= self.high:
            raise MethodError(f"a range must be in order: {self.low:g} ≤ {self.mode:g} ≤ {self.high:g} is not")

    def draw(self, generator: np.random.Generator, draws: int) -> np.ndarray:
        """`draws` values; a constant takes no draw."""
        if self.low == self.high:
            return np.full(draws, self.low)
        return generator.triangular(self.low, self.mode, self.high, draws)


@dataclass(frozen=True)
class Grant:
    """Public money and what is assumed about it.

    Attributes:
        amount: EUR.
        additionality: part of the spending that would not have happened without the grant, 0–1.
        composition: industry → its share of the spending; shares are drawn, then made to add to one.
        leverage: private EUR spent per EUR of grant.
        delta: δ of Flegg's quotient.
    """

    amount: float
    additionality: Range
    composition: Mapping[str, Range]
    leverage: Range = field(default_factory=lambda: Range(0.0, 0.0, 0.0))
    delta: Range = field(
        default_factory=lambda: Range(0.2, 0.3, 0.4, "Flegg and Webber 1997 (0.3); Flegg and Tohmo 2013 (0.25)")
    )


@dataclass(frozen=True)
class Expectation:
    """Ranges of what a grant moves.

    Attributes:
        ranges: area (national, regional), measure, low, middle, high (5th, 50th, 95th percentile), unit.
        costs: area, measure (eur_per_job, eur_per_eur_value_added), low, middle, high: of public money.
        drivers: assumption, rank correlation with regional value added, share of the squared correlations.
        draws: one row a draw: assumptions and effects.
        notes: what is missing or supposed.
        seed: of the draws.
    """

    ranges: pd.DataFrame
    costs: pd.DataFrame
    drivers: pd.DataFrame
    draws: pd.DataFrame
    notes: tuple[Note, ...]
    seed: int


def expect(
    grant: Grant,
    nation: InputOutput,
    *,
    jobs_nation: pd.Series | None = None,
    weights_region: pd.Series | None = None,
    weights_nation: pd.Series | None = None,
    imputed_rents: Sequence[str] = (),
    draws: int = 2000,
    seed: int = 2017,
) -> Expectation:
    """Effects of a grant, national and regional, with ranges.

    Args:
        nation: industry-by-industry table, domestic, in million EUR.
        jobs_nation: persons employed by industry in the nation, for jobs; without it, output and value added only.
        weights_region, weights_nation: employment by industry (or the best measure of size there is) for Flegg's
            quotient; without them, national figures only.
        imputed_rents: industries that no one can buy from; spending on them is refused, and they weigh nothing in the
            quotients.

    Raises:
        MethodError: shares or amounts out of range, unknown industries, spending on imputed rents, tables that do
            not match.
    """
    industries = list(nation.output.index)
    _checked(grant, nation, industries, imputed_rents, draws)
    generator = np.random.default_rng(seed)
    assumed = _draw(grant, generator, draws)
    names = list(grant.composition)
    spending = np.zeros((draws, len(industries)))
    total = grant.amount * (1 + assumed["leverage"]) * assumed["additionality"]
    for name in names:
        spending[:, industries.index(name)] = total * assumed[f"share:{name}"]
    at_home = spending * nation.domestic_share.to_numpy()
    per_unit = {"output": np.ones(len(industries)), "value_added": nation.value_added_coefficients.to_numpy()}
    notes = [Note("impact.note.type_one_only"), Note("impact.note.basic_prices")]
    if jobs_nation is None or not (jobs_nation > 0).any():
        notes.append(Note("impact.note.jobs_missing"))
    else:
        jobs = per_output(of_industries(jobs_nation, nation.output.index, "national employment"), nation.output)
        per_unit["jobs"] = jobs.to_numpy() / 1e6  # the table is in million EUR, spending in EUR
    effects = pd.DataFrame(assumed)
    national = leontief_inverse(nation.coefficients).to_numpy()
    for measure, v in per_unit.items():
        effects[f"national:{measure}"] = at_home @ (v @ national)
    if weights_region is None or weights_nation is None:
        notes.append(Note("impact.note.region_missing"))
    else:
        small = weights_region.reindex(industries).fillna(0.0).where(~pd.Index(industries).isin(imputed_rents), 0.0)
        large = weights_nation.reindex(industries).fillna(0.0).where(~pd.Index(industries).isin(imputed_rents), 0.0)
        for measure, values in _regional(nation, small, large, at_home, assumed["delta"], per_unit).items():
            effects[f"regional:{measure}"] = values
    if imputed_rents:
        notes.append(Note("impact.note.imputed_rents", {"industries": list(imputed_rents)}))
    return Expectation(
        ranges=_ranges(effects, per_unit),
        costs=_costs(effects, grant.amount),
        drivers=_drivers(effects, list(assumed)),
        draws=effects,
        notes=tuple(notes),
        seed=seed,
    )


def _checked(
    grant: Grant, nation: InputOutput, industries: list[str], imputed_rents: Sequence[str], draws: int
) -> None:
    if not grant.amount > 0 or not np.isfinite(grant.amount):
        raise MethodError(f"a grant of {grant.amount:g} EUR moves nothing")
    if not nation.domestic:
        raise MethodError(
            "the table counts imports: effects need domestic flows", hint="industry_by_industry(…, domestic=True)"
        )
    if not grant.composition:
        raise MethodError("say on what the grant is spent: shares of industries", allowed=industries)
    for name, share in grant.composition.items():
        if name not in industries:
            raise MethodError(f"unknown industry {name!r}", allowed=industries)
        if name in imputed_rents:
            raise MethodError(f"{name!r} is imputed: no one can spend a grant on it")
        if share.low < 0:
            raise MethodError(f"the share of {name!r} is negative")
        if nation.output[name] <= 0:
            raise MethodError(f"{name!r} has no output in the table, so nothing can be bought from it")
    if sum(share.mode for share in grant.composition.values()) <= 0:
        raise MethodError("the shares of the spending add to zero")
    if not 0 <= grant.additionality.low <= grant.additionality.high <= 1:
        raise MethodError("additionality lies between 0 and 1")
    if grant.leverage.low < 0:
        raise MethodError("leverage cannot be negative")
    if not 0 <= grant.delta.low <= grant.delta.high < 1:
        raise MethodError("δ lies between 0 and 1")
    if draws < 100:
        raise MethodError(f"{draws} draws are too few for percentiles", allowed="100 or more")


def _draw(grant: Grant, generator: np.random.Generator, draws: int) -> dict[str, np.ndarray]:
    drawn = {
        "additionality": grant.additionality.draw(generator, draws),
        "leverage": grant.leverage.draw(generator, draws),
        "delta": grant.delta.draw(generator, draws),
    }
    shares = np.column_stack([share.draw(generator, draws) for share in grant.composition.values()])
    sums = shares.sum(axis=1, keepdims=True)
    if (sums <= 0).any():
        raise MethodError("the shares of the spending may add to zero: raise their lowest values")
    for i, name in enumerate(grant.composition):
        drawn[f"share:{name}"] = (shares / sums)[:, i]
    return drawn


def _regional(
    nation: InputOutput,
    small: pd.Series,
    large: pd.Series,
    at_home: np.ndarray,
    delta: np.ndarray,
    per_unit: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Effects in the region, with the inverse interpolated between values of δ."""
    grid = np.linspace(delta.min(), delta.max(), DELTA_STEPS) if delta.min() < delta.max() else delta[:1]
    rows = {measure: np.empty((len(grid), at_home.shape[1])) for measure in per_unit}
    for i, value in enumerate(grid):
        A = regional_coefficients(nation.coefficients, small, large, float(value))
        inverse = leontief_inverse(A).to_numpy()
        direct = direct_purchases(small, large, float(value)).to_numpy()
        for measure, v in per_unit.items():
            rows[measure][i] = direct * (v @ inverse)
    found = {}
    for measure, table in rows.items():
        if len(grid) == 1:
            found[measure] = at_home @ table[0]
            continue
        place = (delta - grid[0]) / (grid[1] - grid[0])
        below = np.clip(place.astype(int), 0, len(grid) - 2)
        part = (place - below)[:, None]
        found[measure] = (at_home * ((1 - part) * table[below] + part * table[below + 1])).sum(axis=1)
    return found


UNITS = {"output": "EUR", "value_added": "EUR", "jobs": "person-years"}


def _ranges(effects: pd.DataFrame, per_unit: Mapping[str, np.ndarray]) -> pd.DataFrame:
    rows = []
    for area in ("national", "regional"):
        for measure in per_unit:
            column = f"{area}:{measure}"
            if column in effects:
                low, middle, high = np.percentile(effects[column], PERCENTILES)
                rows.append((area, measure, low, middle, high, UNITS[measure]))
    return pd.DataFrame(rows, columns=["area", "measure", "low", "middle", "high", "unit"])


def _costs(effects: pd.DataFrame, amount: float) -> pd.DataFrame:
    rows = []
    for area in ("national", "regional"):
        for measure, name in (("jobs", "eur_per_job"), ("value_added", "eur_per_eur_value_added")):
            column = f"{area}:{measure}"
            if column not in effects:
                continue
            gained = effects[column].to_numpy()
            cost = np.where(gained > 0, amount / np.where(gained > 0, gained, 1.0), np.inf)
            low, middle, high = np.percentile(cost, PERCENTILES, method="nearest")
            rows.append((area, name, low, middle, high))
    return pd.DataFrame(rows, columns=["area", "measure", "low", "middle", "high"])


def _drivers(effects: pd.DataFrame, assumptions: Sequence[str]) -> pd.DataFrame:
    """Rank correlation of each assumption that varies with value added, regional where there is a region."""
    target = "regional:value_added" if "regional:value_added" in effects else "national:value_added"
    rows = []
    for name in assumptions:
        values = effects[name].to_numpy()
        if np.ptp(values) > 0 and np.ptp(effects[target].to_numpy()) > 0:
            rows.append((name, float(stats.spearmanr(values, effects[target]).statistic)))
    table = pd.DataFrame(rows, columns=["assumption", "rank_correlation"])
    squares = table["rank_correlation"] ** 2
    table["share"] = squares / squares.sum() if len(table) else squares
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)
