"""The economy that ex-ante ranges run on: Italy's industries of 2016, and employment in the metropolitan city."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import impact
from toolkit.catalog import Catalog
from toolkit.params.policy import Assumed, ExAnte

YEAR = 2016
IMPUTED_RENTS = "L68A"
BALANCE = 0.41  # million EUR: published to one decimal
# Blocks that do not overlap, with the first letters of the industries in them; the rest of B-E is B-E less C.
BLOCKS = {"A": "A", "B-E less C": "BDE", "C": "C", "F": "F", "G-I": "GHI", "J": "J", "K": "K", "L": "L", "M-N": "MN"}
BLOCKS |= {"O-Q": "OPQ", "R-U": "RSTU"}


@dataclass(frozen=True)
class Economy:
    """National industries, and employment by industry in the nation and in the metropolitan city.

    Employment is published by block; within a block it is spread as national value added, imputed rents left out. So
    an industry's location quotient, and its jobs per euro of value added, are those of its block.
    """

    nation: impact.InputOutput
    jobs_nation: pd.Series
    jobs_region: pd.Series
    employed: float

    @classmethod
    def of(cls, catalog: Catalog, region: str) -> Economy:
        """From the tables `supply_use`, `national_employment` and `metro_employment`, balances checked."""
        tables = impact.SupplyUse.of(catalog.load("supply_use"))
        tables.check(BALANCE)
        nation = impact.industry_by_industry(tables)
        national = _blocks(catalog.load("national_employment"), "IT")
        regional = _blocks(catalog.load("metro_employment"), region)
        added = nation.value_added.drop(IMPUTED_RENTS)
        letters = {name: block for block, firsts in BLOCKS.items() for name in added.index if name[0] in firsts}
        key = pd.Series(letters).reindex(added.index)
        within = added / added.groupby(key).transform("sum")
        spread = {
            name: (within * key.map(one)).reindex(nation.output.index).fillna(0.0)
            for name, one in (("nation", national), ("region", regional))
        }
        return cls(nation, spread["nation"], spread["region"], float(regional.sum()))

    def expect(self, assumed: ExAnte, amount: float) -> impact.Expectation:
        """Ranges of what `amount` EUR are assumed to move, national and metropolitan."""
        grant = impact.Grant(
            amount=amount,
            additionality=_range(assumed.additionality),
            leverage=_range(assumed.leverage),
            composition={s.industry: impact.Range(s.low, s.mode, s.high) for s in assumed.composition},
        )
        return impact.expect(
            grant,
            self.nation,
            jobs_nation=self.jobs_nation,
            weights_region=self.jobs_region,
            weights_nation=self.jobs_nation,
            imputed_rents=[IMPUTED_RENTS],
            draws=assumed.draws,
            seed=assumed.seed,
        )

    def means(self) -> dict[str, float]:
        """The three means of the domestic output multipliers."""
        made = impact.multipliers(self.nation.coefficients)
        return {str(name): float(value) for name, value in impact.mean_multipliers(made, self.nation.output).items()}


def _range(assumed: Assumed) -> impact.Range:
    return impact.Range(assumed.low, assumed.mode, assumed.high, assumed.source.en)


def _blocks(table: pd.DataFrame, nuts: str) -> pd.Series:
    rows = table[(table["nuts"] == nuts) & (table["year"] == YEAR)].set_index("activity")["value"]
    whole = {block: rows[block] for block in BLOCKS if block in rows}
    return pd.Series(whole | {"B-E less C": rows["B-E"] - rows["C"]}).reindex(list(BLOCKS))
