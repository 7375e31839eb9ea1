"""Supply and use of Italy in 2016 (Eurostat), and persons employed by activity in the nation, for multipliers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.sources.eurostat import ACTIVITIES, PARTITION
from toolkit.sources.padigitale import curated
from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource

SUPPLY_FILE, USE_FILE = "io/IT2016_supply.csv", "io/IT2016_use_basic.csv"
EMPLOYMENT_FILE = "employment_italy.yml"
YEAR = 2016
# Eurostat's A*64 codes, in the order of its tables; the products have the same ones.
_CODES = (
    "A01 A02 A03 B C10-C12 C13-C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31_C32 C33 D35 E36 "
    "E37-E39 F G45 G46 G47 H49 H50 H51 H52 H53 I J58 J59_J60 J61 J62_J63 K64 K65 K66 L68B L68A M69_M70 M71 M72 M73 "
    "M74_M75 N77 N78 N79 N80-N82 O84 P85 Q86 Q87_Q88 R90-R92 R93 S94 S95 S96 T U"
)
INDUSTRIES = tuple(_CODES.split())
FINAL = {
    "Final consumption expenditure by households": "households",
    "Final consumption expenditure by non-profit organisations serving households (NPISH)": "npish",
    "Final consumption expenditure by government": "government",
    "Gross fixed capital formation": "investment",
    "Changes in inventories and acquisition less disposals of valuables": "inventories",
    "Exports of goods and services": "exports",
}
PRIMARY = {"Value added, gross": "value_added", "Intermediate consumption": "intermediate"}
IMPORTS = "Imports of goods and services"

SUPPLY_USE = Resource.of("supply_use")
NATIONAL_EMPLOYMENT = Resource.of("national_employment")
RESOURCES = (SUPPLY_USE, NATIONAL_EMPLOYMENT)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """The five parts of the supply-use table as rows of cells, and the national row of employment."""
    return {SUPPLY_USE.name: _supply_use(raw), NATIONAL_EMPLOYMENT.name: _employment()}


def _supply_use(raw: Path) -> pd.DataFrame:
    supply, use = _cross(raw / SUPPLY_FILE), _cross(raw / USE_FILE)
    n = len(INDUSTRIES)
    parts = [
        _cells(supply.iloc[:n, :n].T.to_numpy(), "supply", INDUSTRIES, INDUSTRIES),
        _cells(use.iloc[:n, :n].to_numpy(), "use", INDUSTRIES, INDUSTRIES),
        _cells(use.iloc[:n][list(FINAL)].to_numpy(), "final_use", INDUSTRIES, tuple(FINAL.values())),
        _cells(supply.loc[[IMPORTS]].iloc[:, :n].T.to_numpy(), "imports", INDUSTRIES, ("imports",)),
        _cells(use.loc[list(PRIMARY)].iloc[:, :n].to_numpy(), "primary", tuple(PRIMARY.values()), INDUSTRIES),
    ]
    out = pd.concat(parts, ignore_index=True).assign(unit="million_EUR")
    return out.sort_values(["table", "row", "column"], kind="stable", ignore_index=True)


def _cross(path: Path) -> pd.DataFrame:
    """A cross table of names by names as numbers; ":" and notes are absent."""
    source = RawFile(SUPPLY_USE.name, path)
    frame = source.csv([]).set_index(source.csv([]).columns[0])
    rows, columns = (list(frame.index[:65]), list(frame.columns[:65])) if len(frame) >= 65 else ([], [])
    source.require(len(rows) == len(columns) == len(INDUSTRIES), f"has {len(INDUSTRIES)} industries and products")
    numbers = frame.apply(pd.to_numeric, errors="coerce")
    core = numbers.iloc[:65, :65]
    source.require(bool(core.notna().all(axis=None)), "every cell of industries by products is a number")
    return numbers


def _cells(values: Any, table: str, rows: tuple[str, ...], columns: tuple[str, ...]) -> pd.DataFrame:
    """The cells other than zero of one part."""
    frame = pd.DataFrame(values, index=list(rows), columns=list(columns)).astype(float)
    stacked: Any = frame.stack()
    cells = stacked.rename("value").reset_index()
    cells.columns = ["row", "column", "value"]
    own = (table == "supply") & (cells["row"] == cells["column"])  # written even if zero: an industry without output
    return cells[(cells["value"] != 0) | own].assign(table=table)


def _employment() -> pd.DataFrame:
    values: dict[str, float] = curated(EMPLOYMENT_FILE)["persons_employed"]
    source = RawFile(NATIONAL_EMPLOYMENT.name, Path("data/curated") / EMPLOYMENT_FILE)
    source.require(set(values) == set(ACTIVITIES), f"has the activities {', '.join(ACTIVITIES)}")
    added = sum(values[name] for name in PARTITION)
    source.require(abs(added - values["TOTAL"]) <= 0.0005 * values["TOTAL"], "blocks add up to the total")
    rows = [("IT", YEAR, name, float(value)) for name, value in values.items()]
    out = pd.DataFrame(rows, columns=["nuts", "year", "activity", "value"]).assign(unit="persons_employed")
    return long(out, list(NATIONAL_EMPLOYMENT.key))
