"""Metropolitan comparisons (Eurostat): employment by NACE block, and a few regional indicators."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource

EMPLOYMENT_FILE = "benchmark_eu/nuts3_employment_by_nace_milano_barcelona_london.csv"
REGIONS_FILE = "benchmark_eu/eurostat_nuts2_selected_2005_2020.csv"
PLACES = {
    "ITC4C": "Milano",
    "ITC4D": "Monza e della Brianza",
    "ES511": "Barcelona",
    "UKI": "London",
}
PARTITION = ["A", "B-E", "F", "G-J", "K-N", "O-U"]  # these add up to TOTAL; the others are inside them
REGIONS = {
    "ITC4": "Lombardia",
    "ES51": "Cataluña",
    "FR10": "Île-de-France",
    "UKI3": "Inner London – West",
    "UKI4": "Inner London – East",
    "UKI5": "Outer London – East and North East",
    "UKI6": "Outer London – South",
    "UKI7": "Outer London – West and North West",
}
# item -> (Eurostat table, its unit code)
ITEMS = {
    "gdp": ("tgs00003", "MIO_EUR"),
    "residents": ("tgs00096", "NR"),
    "unemployment_rate": ("tgs00010", "PC"),
    "disposable_income": ("tgs00026", "PPS_HAB"),
    "patents": ("tgs00040", "P_MHAB"),
}
METRO_EMPLOYMENT = Resource.of("metro_employment")
METRO_REGIONS = Resource.of("metro_regions")
ACTIVITIES = METRO_EMPLOYMENT.allowed("activity")
RESOURCES = (METRO_EMPLOYMENT, METRO_REGIONS)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Employment by place, year and block; regional indicators by region and year."""
    return {METRO_EMPLOYMENT.name: _employment(raw), METRO_REGIONS.name: _regions(raw)}


def _employment(raw: Path) -> pd.DataFrame:
    source = RawFile(METRO_EMPLOYMENT.name, raw / EMPLOYMENT_FILE)
    frame = source.csv(["year", "nuts", *ACTIVITIES])
    source.unique(frame, ["year", "nuts"])
    source.require(set(frame["nuts"]) == set(PLACES), f"has the places {sorted(PLACES)}")
    values = pd.DataFrame({activity: source.number(frame, activity) for activity in ACTIVITIES})
    gap = (values[PARTITION].sum(axis=1) - values["TOTAL"]).abs() / values["TOTAL"]
    source.require(bool((gap <= 0.0005).all()), f"{' + '.join(PARTITION)} is TOTAL within 0.05%; worst {gap.max():.4%}")
    source.require(bool((values["C"] <= values["B-E"]).all()), "C is inside B-E")
    wide = values.assign(nuts=frame["nuts"], year=frame["year"].astype(int), name=frame["nuts"].map(PLACES))
    out = wide.melt(["nuts", "name", "year"], ACTIVITIES, "activity").assign(unit="persons_employed")
    return long(out, list(METRO_EMPLOYMENT.key))


def _regions(raw: Path) -> pd.DataFrame:
    source = RawFile(METRO_REGIONS.name, raw / REGIONS_FILE)
    frame = source.csv(["unit", "geo", "time", "values", "input_var_code", "sex", "age"])
    frame = frame[frame["geo"].isin(REGIONS)]
    parts = []
    for item, (table, unit_code) in ITEMS.items():
        rows = frame[(frame["input_var_code"] == table) & frame["sex"].isin(["", "T"])]
        source.require(not rows.empty and set(rows["unit"]) == {unit_code}, f"{table} is in {unit_code}")
        source.unique(rows, ["geo", "time"])
        values = pd.Series(
            source.number(rows, "values").to_numpy(),
            index=pd.MultiIndex.from_arrays([rows["geo"], rows["time"].astype(int)], names=["nuts", "year"]),
        )
        years = range(values.index.get_level_values("year").min(), values.index.get_level_values("year").max() + 1)
        every = pd.MultiIndex.from_product([sorted(REGIONS), years], names=["nuts", "year"])
        parts.append(
            values.reindex(every).rename("value").reset_index().assign(item=item, unit=METRO_REGIONS.units[item])
        )
    out = pd.concat(parts, ignore_index=True)
    return long(out.assign(name=out["nuts"].map(REGIONS)), list(METRO_REGIONS.key))
