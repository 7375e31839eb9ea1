"""The economy that ex-ante ranges run on: Italy's industries of 2016, and employment in the metropolitan city."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.impact.exante import Expectation, Grant, expect
from toolkit.impact.input_output import InputOutput, SupplyUse, industry_by_industry, mean_multipliers, multipliers
from toolkit.impact.question import Row

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

    nation: InputOutput
    jobs_nation: pd.Series
    jobs_region: pd.Series
    employed: float

    @classmethod
    def of(
        cls, supply_use: pd.DataFrame, national_employment: pd.DataFrame, regional: pd.DataFrame, region: str
    ) -> Economy:
        """From the supply-use table and employment by activity (NUTS code, year, activity, value); balances checked.

        Raises:
            MethodError: supply and use do not balance.
        """
        tables = SupplyUse.of(supply_use)
        tables.check(BALANCE)
        nation = industry_by_industry(tables)
        here = _blocks(regional, region)
        added = nation.value_added.drop(IMPUTED_RENTS)
        letters = {name: block for block, firsts in BLOCKS.items() for name in added.index if name[0] in firsts}
        key = pd.Series(letters).reindex(added.index)
        within = added / added.groupby(key).transform("sum")
        spread = {
            name: (within * key.map(one)).reindex(nation.output.index).fillna(0.0)
            for name, one in (("nation", _blocks(national_employment, "IT")), ("region", here))
        }
        return cls(nation, spread["nation"], spread["region"], float(here.sum()))

    def expect(self, grant: Grant, *, draws: int, seed: int) -> Expectation:
        """Ranges of what a grant is assumed to move, national and metropolitan."""
        return expect(
            grant,
            self.nation,
            jobs_nation=self.jobs_nation,
            weights_region=self.jobs_region,
            weights_nation=self.jobs_nation,
            imputed_rents=[IMPUTED_RENTS],
            draws=draws,
            seed=seed,
        )

    def series(self, expectation: Expectation) -> list[Row]:
        """An expectation as rows: ranges, costs, what drives them, and the mean multipliers behind them."""
        rows: list[Row] = []
        for kind, table in (("range", expectation.ranges), ("cost", expectation.costs)):
            for r in table.to_dict("records"):
                for bound in ("low", "middle", "high"):
                    item = f"{r['measure']}:{bound}"
                    rows.append(Row(f"{kind}_{r['area']}", item, "", float(r[bound]), r.get("unit", "EUR")))
        for r in expectation.drivers.to_dict("records"):
            item = r["assumption"].replace("share:", "")
            rows.append(Row("driver", item, "", float(100 * r["share"]), "percent"))
            rows.append(Row("driver_sign", item, "", float(r["rank_correlation"]), "ratio"))
        return rows + [Row("mean_multiplier", measure, "", value, "ratio") for measure, value in self.means().items()]

    def share_of_jobs(self, expectation: Expectation) -> float | None:
        """The most jobs expected in the nation, in percent of those of the metropolitan city; None without jobs."""
        jobs = expectation.ranges.query("area == 'national' and measure == 'jobs'")
        return None if jobs.empty else float(100 * jobs["high"].iloc[0] / self.employed)

    def means(self) -> dict[str, float]:
        """The three means of the domestic output multipliers."""
        made = multipliers(self.nation.coefficients)
        return {str(name): float(value) for name, value in mean_multipliers(made, self.nation.output).items()}


def _blocks(table: pd.DataFrame, nuts: str) -> pd.Series:
    rows = table[(table["nuts"] == nuts) & (table["year"] == YEAR)].set_index("activity")["value"]
    whole = {block: rows[block] for block in BLOCKS if block in rows}
    return pd.Series(whole | {"B-E less C": rows["B-E"] - rows["C"]}).reindex(list(BLOCKS))
