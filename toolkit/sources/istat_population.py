"""Residents on 1 January (ISTAT), totals by year, and by single age and sex for 2022 and 2023."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import RawFile, added, long
from toolkit.sources.resource import Resource

FILE = "register/MI015_register.csv"
LATEST_FILE = "national/population/IT_popolazione_2025_2026.csv.gz"
AGE_FILE = "population/IT_popolazione_eta_sesso_2022_2023.parquet"
EARLY_YEARS = [2018, 2019, 2020, 2021]  # of the municipalities of one province only
LATEST_YEARS = [2025, 2026]
BREAKS = [2019, 2022]  # first year after a re-basing on the permanent census
BORN_2019 = "015251"  # Vermezzo con Zelo: no figure on 1 January 2018 and 2019
OLDEST = 100
SEXES = {"F": "female", "M": "male"}

POPULATION = Resource.of("population")
POPULATION_AGE = Resource.of("population_age")
YEARS = POPULATION.allowed("year")
AGE_YEARS = POPULATION_AGE.allowed("year")
RESOURCES = (POPULATION, POPULATION_AGE)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Residents by year; by age and sex."""
    ages = _ages(raw)
    return {POPULATION.name: _totals(raw, ages), POPULATION_AGE.name: _persons(ages, POPULATION_AGE)}


def _totals(raw: Path, ages: pd.DataFrame) -> pd.DataFrame:
    """Residents of every municipality in every year of the table; a year that no file has is missing."""
    sums = ages.groupby(["istat_code", "year"])["value"].sum().reset_index()
    latest = RawFile(POPULATION.name, raw / LATEST_FILE)
    now = _of_years(raw, latest, [f"pop_{year}" for year in LATEST_YEARS])
    known = pd.concat([_early(raw, sums), sums, now], ignore_index=True).set_index(["istat_code", "year"])["value"]
    codes = sorted(set(now["istat_code"]))
    every = pd.MultiIndex.from_product([codes, YEARS], names=["istat_code", "year"])
    latest.require(set(known.index) <= set(every), "has every municipality of the other files")
    return _persons(known.reindex(every).reset_index().assign(item="residents"), POPULATION)


def _early(raw: Path, sums: pd.DataFrame) -> pd.DataFrame:
    source = RawFile(POPULATION.name, raw / FILE)
    out = _of_years(raw, source, [f"pop{year}" for year in EARLY_YEARS])
    blank = out[out["value"].isna()]
    found = set(zip(blank["istat_code"], blank["year"], strict=True))
    source.require(found == {(BORN_2019, 2018), (BORN_2019, 2019)}, f"is blank only for {BORN_2019} in 2018 and 2019")
    later = _of_years(raw, source, [f"pop{year}" for year in AGE_YEARS])
    both = later.merge(sums, on=["istat_code", "year"])
    agree = len(both) == len(later) and bool((both["value_x"] == both["value_y"]).all())
    source.require(agree, f"has the totals of {AGE_FILE}")
    return out


def _of_years(raw: Path, source: RawFile, columns: list[str]) -> pd.DataFrame:
    """Columns of a file that end in their years, made long, by code in force."""
    frame = source.csv(["cod_istat", *columns])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat"])
    codes = other_codes.today(raw, source, frame["cod_istat"])
    parts = [
        pd.DataFrame({"istat_code": codes, "year": int(name[-4:]), "value": source.number(frame, name)})
        for name in columns
    ]
    rows = pd.concat(parts, ignore_index=True).assign(flag="observed")
    return added(rows, ["istat_code", "year"]).drop(columns="flag")


def _ages(raw: Path) -> pd.DataFrame:
    source = RawFile(POPULATION_AGE.name, raw / AGE_FILE)
    frame = source.parquet(["anno", "cod_istat", "eta", "F", "M", "tot"])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["anno", "cod_istat", "eta"])
    source.require(bool((frame["F"] + frame["M"] == frame["tot"]).all()), "women and men add up to the total")
    columns = {"anno": "year", "eta": "age"}
    frame = frame.assign(istat_code=other_codes.today(raw, source, frame["cod_istat"])).rename(columns=columns)
    frame = frame.groupby(["istat_code", "year", "age"], as_index=False)[list(SEXES)].sum()
    whole = frame.groupby(["istat_code", "year"])["age"].agg(["count", "max"])
    every = bool(whole["count"].eq(OLDEST + 1).all() and whole["max"].eq(OLDEST).all())
    source.require(every, f"has each age from 0 to {OLDEST}")
    return frame.melt(["istat_code", "year", "age"], list(SEXES), "sex").replace({"sex": SEXES})


def _persons(frame: pd.DataFrame, resource: Resource) -> pd.DataFrame:
    flag = frame["year"].isin(BREAKS).map({True: "break", False: "observed"})
    return long(frame.assign(unit="persons", flag=flag, value=frame["value"].astype(float)), list(resource.key))
