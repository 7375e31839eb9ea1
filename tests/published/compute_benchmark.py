"""Published figures of regional science and composite indicators, computed by the toolkit's own public functions.

`CASES[case](data_dir)` gives {what: value}, with the names of the published table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit.indicators import composite, regional
from toolkit.indicators.complexity import Complexity, complexity, presence, revealed_advantage
from toolkit.indicators.composite_steps import Normalisation
from toolkit.indicators.shift_share import shift_share

Figures = dict[str, float]


def lq_textbook(data_dir: Path) -> Figures:
    return {"LQ(1714,79006,879213,15593224)": regional.location_quotient(1714, 79006, 879213, 15593224)}


def krugman_textbook(data_dir: Path) -> Figures:
    return {"disjoint structures": regional.krugman([20, 10, 70, 0, 0], [0, 0, 0, 60, 40])}


def krugman_goettingen(data_dir: Path) -> Figures:
    table = goettingen(data_dir)
    return {"Goettingen vs Germany 2017": regional.krugman(table["Goettingen2017"], table["BRD2017"])}


def goettingen(data_dir: Path) -> pd.DataFrame:
    """Sectors × places and years, without the total."""
    return pd.read_csv(data_dir / "reat_Goettingen.csv").set_index("WZ2008_Code").drop(index="A-R")


def gini_spec_textbook(data_dir: Path) -> Figures:
    local, nation = [700, 600, 500, 10_000, 40_000], [30_000, 15_000, 10_000, 60_000, 50_000]
    return {"Gini of specialisation": regional.gini_specialisation(local, nation)}


def gini_conc_textbook(data_dir: Path) -> Figures:
    sector, everything = [500, 500, 1000, 7000, 1000], [20_000, 15_000, 20_000, 40_000, 5_000]
    return {"Gini of concentration": regional.gini_concentration(sector, everything)}


def hhi_textbook(data_dir: Path) -> Figures:
    sales = [20, 50, 20, 10]
    return {
        "HHI": regional.herfindahl(sales),
        "normalised": regional.herfindahl(sales, normalised=True),
        "equivalent number": regional.equivalent_number(sales),
    }


def shiftshare_a(data_dir: Path) -> Figures:
    parts = shift_share([90, 20, 10, 60], [100, 40, 10, 55], [400, 150, 150, 400], [440, 210, 135, 480]).sum()
    names = {"national share": "national", "industrial mix": "mix", "regional share": "local"}
    return {what: float(parts[column]) for what, column in names.items()}


def world_trade(data_dir: Path) -> pd.DataFrame:
    """Countries × products, value of exports; 'nan' and the like are codes here."""
    rows = pd.read_csv(
        data_dir / "ec_world_trade_avg_1998_to_2000.csv", dtype={"country": str, "product": str}, keep_default_na=False
    )
    return rows.groupby(["country", "product"])["value"].sum().unstack(fill_value=0.0)


def world_complexity(data_dir: Path) -> Complexity:
    return complexity(presence(revealed_advantage(world_trade(data_dir))), spread="sample")


def eci_world(data_dir: Path) -> Figures:
    found = world_complexity(data_dir).territories
    return {f"ECI {code} (sample-sd scaling)": found[code] for code in ("afg", "ago", "aia", "alb", "and")}


def asem(data_dir: Path) -> tuple[pd.DataFrame, composite.Framework]:
    """The ASEM data and its structure."""
    data = pd.read_csv(data_dir / "coinr_ASEM_iData.csv").set_index("uCode")
    meta = pd.read_csv(data_dir / "coinr_ASEM_iMeta.csv")
    meta = meta[meta["Type"].isin(["Indicator", "Aggregate"])]
    names = {"iCode": "code", "Parent": "parent", "Weight": "weight", "Direction": "direction"}
    return data, composite.Framework.from_table(meta.rename(columns=names))


def coin_asem_simple(data_dir: Path) -> Figures:
    scores = composite.build(*asem(data_dir)).scores["Index"]
    return {f"index {code}": scores[code] for code in ("DEU", "GBR", "FRA", "CHE", "NLD", "SWE")}


HDI = composite.Framework.from_table(
    pd.DataFrame(
        {
            "code": ["life_exp", "exp_sch", "avg_sch", "gni_pc", "health", "education", "income", "hdi"],
            "parent": ["health", "education", "education", "income", "hdi", "hdi", "hdi", ""],
        }
    )
)
HDI_RECIPE = composite.Recipe(
    normalisation=Normalisation(
        "goalposts",
        low=0.0,
        high=1.0,
        reference={
            "life_exp": (20, 85),
            "exp_sch": (0, 18),
            "avg_sch": (0, 15),
            "gni_pc": (np.log10(100), np.log10(75_000)),
        },
    ),
    aggregation={"hdi": "geometric", "": "arithmetic"},
)


def hdi(data_dir: Path) -> pd.DataFrame:
    """Index by country, beside the published one."""
    table = pd.read_csv(data_dir / "tidyindex_hdi.csv").set_index("country")
    scores = composite.build(table, HDI, HDI_RECIPE).scores["hdi"]
    return pd.DataFrame({"index": scores, "published": table["hdi"]})


def hdi_italy(data_dir: Path) -> Figures:
    return {"HDI 2021 Italy (geometric)": hdi(data_dir).loc["Italy", "index"]}


CASES: dict[str, Callable[[Path], Figures]] = {
    "lq_textbook": lq_textbook,
    "krugman_textbook": krugman_textbook,
    "krugman_goettingen": krugman_goettingen,
    "gini_spec_textbook": gini_spec_textbook,
    "gini_conc_textbook": gini_conc_textbook,
    "hhi_textbook": hhi_textbook,
    "shiftshare_A": shiftshare_a,
    "eci_world": eci_world,
    "coin_asem_simple": coin_asem_simple,
    "hdi_italy": hdi_italy,
}
