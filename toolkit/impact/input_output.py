"""Input-output: supply-use tables to industry by industry, Leontief inverse, multipliers.

References: Eurostat (2008), Manual of Supply, Use and Input-Output Tables, model D (fixed product sales structure);
Miller and Blair (2009), Input-Output Analysis, ch. 2, 5 and 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

EXPORTS = "exports"


@dataclass(frozen=True)
class SupplyUse:
    """Supply and use at basic prices, in one unit of money.

    Attributes:
        supply: products × industries, domestic output.
        use: products × industries, intermediate use of domestic and imported products.
        final: products × categories of final use; the category `exports` is taken as domestic.
        imports: by product.
        value_added: by industry.
        intermediate: by industry, all inputs at purchasers' prices (so with taxes less subsidies on products), as
            published.
    """

    supply: pd.DataFrame
    use: pd.DataFrame
    final: pd.DataFrame
    imports: pd.Series
    value_added: pd.Series
    intermediate: pd.Series

    @classmethod
    def of(cls, table: pd.DataFrame) -> SupplyUse:
        """From a long table with the columns table, row, column, value.

        `table` is supply, use or final_use (row a product, column an industry or a category), imports (row a
        product) or primary (row value_added or intermediate, column an industry). An absent cell is zero, an absent
        value is an error.
        """
        needed = {"table", "row", "column", "value"}
        if not needed <= set(table.columns):
            raise MethodError(
                "a supply-use table needs the columns table, row, column, value", allowed=list(table.columns)
            )
        if not np.isfinite(table["value"].to_numpy(dtype=float)).all():
            raise MethodError("missing or infinite value in the supply-use table")
        if table.duplicated(["table", "row", "column"]).any():
            raise MethodError("duplicated cells in the supply-use table")
        parts = dict(iter(table.groupby("table", sort=False)))
        missing = {"supply", "use", "final_use", "imports", "primary"} - set(parts)
        if missing:
            raise MethodError(f"the supply-use table has no part {sorted(missing)[0]!r}")

        def wide(name: str) -> pd.DataFrame:
            part = parts[name]
            cells = part.set_index(["row", "column"])["value"].unstack("column").fillna(0.0)
            return cells.reindex(index=part["row"].drop_duplicates(), columns=part["column"].drop_duplicates())

        supply, primary = wide("supply"), wide("primary")
        for row in ("value_added", "intermediate"):
            if row not in primary.index:
                raise MethodError(f"the supply-use table has no row {row!r} in its part 'primary'")
        products, industries = supply.index, supply.columns
        return cls(
            supply,
            wide("use").reindex(index=products, columns=industries, fill_value=0.0),
            wide("final_use").reindex(index=products, fill_value=0.0),
            parts["imports"].set_index("row")["value"].reindex(products, fill_value=0.0),
            primary.T["value_added"].reindex(industries, fill_value=0.0),
            primary.T["intermediate"].reindex(industries, fill_value=0.0),
        )

    @property
    def output(self) -> pd.Series:
        """Output by industry."""
        return self.supply.sum(axis=0)

    def balances(self) -> pd.DataFrame:
        """What does not balance: supply less use by product, output less inputs by industry.

        Returns:
            kind (product or industry), name, left, right, difference.
        """
        left = self.supply.sum(axis=1) + self.imports
        right = self.use.sum(axis=1) + self.final.sum(axis=1)
        inputs = self.intermediate + self.value_added
        rows = [("product", name, left[name], right[name]) for name in self.supply.index]
        rows += [("industry", name, self.output[name], inputs[name]) for name in self.supply.columns]
        table = pd.DataFrame(rows, columns=["kind", "name", "left", "right"])
        return table.assign(difference=table["left"] - table["right"])

    def check(self, tolerance: float) -> None:
        """Raise a MethodError when a balance is off by more than `tolerance`, in the unit of the table."""
        table = self.balances()
        worst = table.iloc[int(table["difference"].abs().argmax())]
        if abs(worst["difference"]) > tolerance:
            raise MethodError(
                f"supply and use do not balance: {worst['kind']} {worst['name']!r} is off by {worst['difference']:.3g}",
                allowed=f"at most {tolerance:g}",
            )


@dataclass(frozen=True)
class InputOutput:
    """An industry-by-industry table.

    Attributes:
        flows: Z, industries × industries.
        output: x, by industry.
        value_added: by industry.
        domestic: flows are of domestic origin only, so that multipliers do not count imports.
        domestic_share: part of each industry's products bought at home that is produced at home.
    """

    flows: pd.DataFrame
    output: pd.Series
    value_added: pd.Series
    domestic: bool
    domestic_share: pd.Series

    @property
    def coefficients(self) -> pd.DataFrame:
        """A = Z·x̂⁻¹; the column of an industry without output is zero."""
        return technical_coefficients(self.flows, self.output)

    @property
    def value_added_coefficients(self) -> pd.Series:
        """Value added per unit of output; zero without output."""
        return per_output(self.value_added, self.output)

    def aggregate(self, groups: Mapping[str, str]) -> InputOutput:
        """The table of groups of industries: flows, output and value added are sums.

        Args:
            groups: industry → group, for every industry.
        """
        absent = [name for name in self.output.index if name not in groups]
        if absent:
            raise MethodError(f"industry {absent[0]!r} is in no group", where=f"{len(absent)} industries")
        key = pd.Series(groups).reindex(self.output.index)
        order = list(dict.fromkeys(key))
        flows = self.flows.groupby(key.to_numpy()).sum().T.groupby(key.to_numpy()).sum().T.loc[order, order]
        output = self.output.groupby(key.to_numpy()).sum().loc[order]
        home = (self.domestic_share * self.output).groupby(key.to_numpy()).sum().loc[order]
        return InputOutput(
            flows,
            output,
            self.value_added.groupby(key.to_numpy()).sum().loc[order],
            self.domestic,
            (home / output.where(output > 0)).fillna(0.0),
        )


def industry_by_industry(tables: SupplyUse, *, domestic: bool = True) -> InputOutput:
    """Model D: each product is sold by industries in the shares in which they produce it, `Z = V·q̂⁻¹·U`.

    With `domestic`, the same share of every use of a product but exports is imported (import proportionality): an
    assumption, as the origin of each use is not observed. The share is imports over use less exports, at most one.

    Raises:
        MethodError: a product used at home that is neither produced nor imported, negative output.
    """
    q = tables.supply.sum(axis=1)
    if (q < 0).any() or (tables.output < 0).any():
        raise MethodError("supply-use tables with negative output cannot be turned into industries")
    market = tables.supply.T.div(q.where(q > 0), axis=1).fillna(0.0)  # industries × products, columns add to one
    exports = tables.final[EXPORTS] if EXPORTS in tables.final else pd.Series(0.0, index=q.index)
    at_home = tables.use.sum(axis=1) + tables.final.sum(axis=1) - exports
    share = (1 - tables.imports / at_home.where(at_home > 0)).fillna(1.0).clip(0.0, 1.0)
    used = tables.use.mul(share, axis=0) if domestic else tables.use
    made_share = market.mul(share, axis=1).mul(q, axis=1).sum(axis=1)
    made = market.mul(q, axis=1).sum(axis=1)
    return InputOutput(
        flows=market @ used,
        output=tables.output,
        value_added=tables.value_added,
        domestic=domestic,
        domestic_share=(made_share / made.where(made > 0)).fillna(0.0),
    )


def technical_coefficients(flows: pd.DataFrame, output: pd.Series) -> pd.DataFrame:
    """A = Z·x̂⁻¹; the column of an industry without output is zero."""
    if list(flows.index) != list(flows.columns) or list(flows.columns) != list(output.index):
        raise MethodError("flows must be square, with the industries of the output, in the same order")
    values = _table_of_numbers(output, "output")
    if not np.isfinite(_table_of_numbers(flows, "flows")).all() or not np.isfinite(values).all() or (values < 0).any():
        raise MethodError("flows must be finite, output finite and not negative")
    return flows.div(output.where(output > 0), axis=1).fillna(0.0)


def per_output(amounts: pd.Series, output: pd.Series) -> pd.Series:
    """An amount (value added, income, jobs) per unit of output; zero without output."""
    return (amounts / output.where(output > 0)).fillna(0.0)


def leontief_inverse(coefficients: pd.DataFrame) -> pd.DataFrame:
    """L = (I − A)⁻¹.

    Raises:
        MethodError: not square, not finite, or an economy that uses more than it makes (spectral radius of A at
            least 1).
    """
    A = _table_of_numbers(coefficients, "technical coefficients")
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not np.isfinite(A).all():
        raise MethodError("technical coefficients must be a square table of numbers")
    if float(np.abs(np.linalg.eigvals(A)).max()) >= 1:
        raise MethodError("the Leontief inverse does not exist: industries use as much as they produce")
    return pd.DataFrame(np.linalg.inv(np.eye(len(A)) - A), index=coefficients.index, columns=coefficients.columns)


def multipliers(coefficients: pd.DataFrame, per_unit: pd.Series | None = None) -> pd.Series:
    """Effect of one unit of final demand of each industry: `v'·L`.

    Args:
        per_unit: v, value added, income or jobs per unit of output; ones (output multipliers) unless given.
    """
    inverse = leontief_inverse(coefficients)
    if per_unit is None:
        return inverse.sum(axis=0)
    v = of_industries(per_unit, inverse.index, "an amount per unit of output")
    return pd.Series(v.to_numpy() @ inverse.to_numpy(), index=inverse.columns)


def employment_multipliers(coefficients: pd.DataFrame, jobs: pd.Series | None, output: pd.Series) -> pd.Series:
    """Jobs per unit of final demand, only where a vector of employment exists.

    Raises:
        MethodError: no employment, or a row of zeros, which is a missing row and not an economy without jobs.
    """
    if jobs is None or not np.isfinite(jobs.to_numpy(dtype=float)).all() or not (jobs > 0).any():
        raise MethodError(
            "no employment by industry: jobs cannot be computed (an employment row of zeros is a missing row)",
            hint="add a table of employment by industry",
        )
    jobs = of_industries(jobs, output.index, "employment")
    if (jobs < 0).any():
        raise MethodError(f"industry {jobs.index[jobs < 0][0]!r} has a negative number of jobs")
    idle = (jobs > 0) & (output <= 0)
    if idle.any():
        raise MethodError(f"industry {idle.index[idle][0]!r} has jobs and no output")
    return multipliers(coefficients, per_output(jobs, output))


def _table_of_numbers(table: pd.DataFrame | pd.Series, what: str) -> np.ndarray:
    try:
        return table.to_numpy(dtype=float)
    except (TypeError, ValueError) as fault:
        raise MethodError(f"{what} must be numbers", where=str(fault)) from None


def of_industries(values: pd.Series, industries: pd.Index, what: str) -> pd.Series:
    """The values in the order of the industries, all of them there and finite: an absent one is not zero."""
    found = pd.Series(_table_of_numbers(values, what), index=values.index).reindex(industries)
    bad = ~np.isfinite(found.to_numpy())
    if bad.any():
        raise MethodError(
            f"{what}: no value for industry {industries[bad][0]!r}",
            where=f"{int(bad.sum())} of {len(industries)} industries",
            hint="give one finite value an industry, under the same names",
        )
    return found


def spread_blocks(blocks: pd.Series, groups: Mapping[str, str], within: pd.Series) -> pd.Series:
    """Totals of blocks of industries (such as employment by NACE block) laid over industries.

    Each industry takes the share of its block that it has in `within` (national value added, say): all industries of a
    block then have the same location quotient, an assumption that the report states.

    Args:
        blocks: by block; groups: industry → block; within: by industry.

    Raises:
        MethodError: a block without a total, or with a total and nothing to share it by.
    """
    key = pd.Series(groups).reindex(within.index)
    absent = sorted(set(key.dropna()) - set(blocks.index)) or (["(none)"] if key.isna().any() else [])
    if absent or not np.isfinite(blocks.to_numpy(dtype=float)).all():
        raise MethodError(
            f"no total for block {absent[0] if absent else 'with a missing value'!r}", allowed=list(blocks.index)
        )
    size = within.clip(lower=0.0)
    whole = size.groupby(key.to_numpy()).sum()
    empty = [name for name in whole.index if whole[name] == 0 and blocks[name] > 0]
    if empty:
        raise MethodError(f"block {empty[0]!r} has a total and no industry to give it to")
    share = size / whole.where(whole > 0).reindex(key.to_numpy()).to_numpy()
    return share.fillna(0.0) * blocks.reindex(key.to_numpy()).to_numpy(dtype=float)


def mean_multipliers(values: pd.Series, output: pd.Series, *, without: Sequence[str] = ()) -> pd.Series:
    """Three means that differ, so that each printed one says which it is.

    Args:
        without: industries left out of all three, such as imputed rents, that no one can buy.

    Returns:
        all (simple mean over all industries), producing (over those with output), weighted (by output).
    """
    kept = [name for name in values.index if name not in set(without)]
    v, x = values[kept], output[kept]
    if not (x > 0).any():
        raise MethodError("no industry has output, so no mean is defined", where=f"{len(kept)} industries")
    return pd.Series(
        {"all": v.mean(), "producing": v[x > 0].mean(), "weighted": float(np.average(v, weights=x))}, name="mean"
    )


def households_closed(
    coefficients: pd.DataFrame,
    income: pd.Series,
    consumption: pd.Series,
    *,
    own: float = 0.0,
    retained: float = 1.0,
) -> pd.DataFrame:
    """Multipliers with households as an industry (type II; Miller and Blair 2009, ch. 6).

    Args:
        income: labour income per unit of output, by industry.
        consumption: spending on each industry per unit of household income.
        own: households' payments to households per unit of income.
        retained: share of labour income that stays with those who live, and spend, in the territory. A region that
            commuters work in must not use 1: reports use no type II without a measure of it.

    Returns:
        By industry: `simple` (households outside), `total` (sum with the household row) and `truncated` (industries
            only).
    """
    if not 0 <= retained <= 1:
        raise MethodError("the share of income retained lies between 0 and 1")
    n = len(coefficients)
    income = of_industries(income, coefficients.index, "labour income")
    consumption = of_industries(consumption, coefficients.index, "consumption")
    closed = np.zeros((n + 1, n + 1))
    closed[:n, :n] = coefficients.to_numpy()
    closed[n, :n] = income.to_numpy() * retained
    closed[:n, n] = consumption.to_numpy()
    closed[n, n] = own
    names = [*coefficients.index, "households"]
    inverse = leontief_inverse(pd.DataFrame(closed, index=names, columns=names)).to_numpy()
    return pd.DataFrame(
        {
            "simple": multipliers(coefficients),
            "total": inverse[:, :n].sum(axis=0),
            "truncated": inverse[:n, :n].sum(axis=0),
        },
        index=coefficients.index,
    )
