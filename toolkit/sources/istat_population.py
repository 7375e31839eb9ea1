"""Residents on 1 January (ISTAT), totals by year, and by single age and sex for 2022 and 2023."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile, embedded, long
from toolkit.sources.resource import Resource

FILE = "register/MI015_register.csv"
AGE_FILE = "population/IT_popolazione_eta_sesso_2022_2023.parquet"
ABSENT_YEARS = [2024]
BREAKS = [2019, 2022]  # first year after a re-basing on the permanent census
BORN_2019 = "015251"  # Vermezzo con Zelo: no figure on 1 January 2018 and 2019
OLDEST = 100
BANDS = {"0-14": (0, 14), "15-64": (15, 64), "65+": (65, OLDEST)}
SEXES = {"F": "female", "M": "male"}

POPULATION = Resource.of("population")
POPULATION_AGE = Resource.of("population_age")
POPULATION_BANDS = Resource.of("population_bands")
YEARS = [year for year in POPULATION.allowed("year") if year not in ABSENT_YEARS]
AGE_YEARS = POPULATION_AGE.allowed("year")
RESOURCES = (POPULATION, POPULATION_AGE, POPULATION_BANDS)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Residents by year; by age and sex; by band and sex."""
    ages = _ages(raw)
    bands = [
        ages[ages["age"].between(low, high)]
        .groupby(["istat_code", "year", "sex"], as_index=False)["value"]
        .sum()
        .assign(band=band)
        for band, (low, high) in BANDS.items()
    ]
    by_band = _persons(pd.concat(bands, ignore_index=True), POPULATION_BANDS)
    totals = _totals(raw)
    _agree(totals, ages, RawFile(POPULATION_AGE.name, raw / AGE_FILE))
    return {
        POPULATION.name: totals,
        POPULATION_AGE.name: _persons(ages, POPULATION_AGE),
        POPULATION_BANDS.name: by_band,
    }


def _totals(raw: Path) -> pd.DataFrame:
    source = RawFile(POPULATION.name, raw / FILE)
    frame = source.csv(["cod_istat", *[f"pop{year}" for year in YEARS]])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat"])
    parts = [
        pd.DataFrame({"istat_code": frame["cod_istat"], "year": year, "value": source.number(frame, f"pop{year}")})
        for year in YEARS
    ]
    parts += [
        pd.DataFrame({"istat_code": frame["cod_istat"], "year": year, "value": float("nan")}) for year in ABSENT_YEARS
    ]
    out = pd.concat(parts, ignore_index=True).assign(item="residents", unit="persons")
    blank = out[out["value"].isna() & ~out["year"].isin(ABSENT_YEARS)]
    found = set(zip(blank["istat_code"], blank["year"], strict=True))
    source.require(found == {(BORN_2019, 2018), (BORN_2019, 2019)}, f"is blank only for {BORN_2019} in 2018 and 2019")
    out["flag"] = out["year"].isin(BREAKS).map({True: "break", False: "observed"})
    return long(out, list(POPULATION.key))


def _ages(raw: Path) -> pd.DataFrame:
    source = RawFile(POPULATION_AGE.name, raw / AGE_FILE)
    frame = source.parquet(["anno", "cod_istat", "eta", "F", "M", "tot"])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["anno", "cod_istat", "eta"])
    frame = embedded(frame, "cod_istat")
    source.require(bool((frame["F"] + frame["M"] == frame["tot"]).all()), "women and men add up to the total")
    columns = {"anno": "year", "cod_istat": "istat_code", "eta": "age"}
    return frame.rename(columns=columns).melt(["istat_code", "year", "age"], list(SEXES), "sex").replace({"sex": SEXES})


def _persons(frame: pd.DataFrame, resource: Resource) -> pd.DataFrame:
    flag = frame["year"].isin(BREAKS).map({True: "break", False: "observed"})
    return long(frame.assign(unit="persons", flag=flag, value=frame["value"].astype(float)), list(resource.key))


def _agree(totals: pd.DataFrame, ages: pd.DataFrame, source: RawFile) -> None:
    """The sum over ages and sexes is the total of the same year."""
    sums = ages.groupby(["istat_code", "year"])["value"].sum()
    known = totals[totals["year"].isin(AGE_YEARS)].set_index(["istat_code", "year"])["value"]
    source.require(bool((sums.sort_index() == known.sort_index()).all()), f"adds up to the totals of {FILE}")
