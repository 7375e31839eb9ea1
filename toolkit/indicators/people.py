"""Residents by age: structure, ratios with their age limits, cohorts, and change within unbroken spans."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.contract import FLAGS
from toolkit.errors import DataError
from toolkit.indicators.base import Example, indicator, prepares, row
from toolkit.indicators.change import spans
from toolkit.indicators.figures import flags_of, pick, pick_total, severity, share

BANDS = {
    "all": (0, 200),
    "0-14": (0, 14),
    "15-64": (15, 64),
    "65+": (65, 200),
    "0-2": (0, 2),
    "3-5": (3, 5),
    "6-10": (6, 10),
    "11-13": (11, 13),
    "14-18": (14, 18),
    "15-24": (15, 24),
    "55-64": (55, 64),
}
"""Age bands, limits included; the last single age of the source stands for it and over."""

_ISTAT = "Istat, residents by single age at 1 January"


@prepares("population_age")
def bands(population_age: pd.DataFrame) -> pd.DataFrame:
    """Residents by the bands of `BANDS`, both sexes, from single ages.

    Args:
        population_age: `istat_code, year, age, sex, value, unit, flag`, every age from 0 to the last one.

    Returns:
        DataFrame[istat_code, year, item, value, unit=persons, flag]. A band with an absent age or sex is absent.

    Raises:
        DataError: unit other than persons, ages that are not whole years, or rows that appear twice.
    """
    if set(population_age["unit"].unique()) - {"persons"}:
        raise DataError("residents by age are counted in persons", allowed="unit persons")
    age = population_age["age"].to_numpy()
    if len(age) == 0 or not np.issubdtype(age.dtype, np.integer) or age.min() < 0:
        raise DataError("ages are whole years", where="population_age.age")
    code, codes = pd.factorize(population_age["istat_code"])
    year, years = pd.factorize(population_age["year"])
    sex, sexes = pd.factorize(population_age["sex"])
    value = np.zeros((len(codes), len(years), int(age.max()) + 1, len(sexes)))
    cell = np.ravel_multi_index((code, year, age, sex), value.shape)
    if len(np.unique(cell)) != len(cell):
        raise DataError("a municipality, year, age and sex appear twice", where="population_age")
    state = np.full(value.shape, FLAGS.index("missing"))
    value[code, year, age, sex] = population_age["value"].to_numpy(dtype=float)
    state[code, year, age, sex] = severity(population_age["flag"])
    found = []
    for name, (low, high) in BANDS.items():
        count, worst = value[:, :, low : high + 1].sum(axis=(2, 3)), state[:, :, low : high + 1].max(axis=(2, 3))
        count[worst >= FLAGS.index("confidential")] = np.nan
        found.append((name, count.ravel(), worst.ravel()))
    places = len(codes) * len(years)
    return pd.DataFrame(
        {
            "istat_code": np.tile(np.repeat(np.asarray(codes, dtype=object), len(years)), len(found)),
            "year": np.tile(years, len(codes) * len(found)),
            "item": np.repeat([name for name, _, _ in found], places),
            "value": np.concatenate([count for _, count, _ in found]),
            "unit": "persons",
            "flag": flags_of(np.concatenate([worst for _, _, worst in found])),
        }
    )


def _ages(**counts: float) -> tuple:
    """Example rows: everybody of a band at its first age."""
    ages = dict.fromkeys(range(101), 0.0)
    for band, count in counts.items():
        ages[int(band.removeprefix("age"))] = count
    return tuple(
        row("population_age", value, age=age, sex="male", unit="persons", year=2023) for age, value in ages.items()
    )


def _of(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    return pick(table, item=names[0]) if len(names) == 1 else pick_total(table, names)


@indicator(
    id="residents",
    it="Residenti",
    en="Residents",
    unit="persons",
    counts="residents",
    formula="residents at 1 January",
    direction=0,
    reference="Istat, resident population at 1 January",
    tables=("population",),
    example=Example((row("population", 1234, item="residents", unit="persons"),), 1234.0),
)
def residents(population: pd.DataFrame) -> pd.DataFrame:
    """Number of residents."""
    return pick(population, item="residents").drop(columns="unit")


@indicator(
    id="population_change",
    it="Variazione dei residenti",
    en="Change of residents",
    unit="percent",
    counts="residents",
    formula="100 × (residents at the end of an unbroken span / at its start − 1); year = end of the span",
    direction=0,
    reference="Istat, resident population at 1 January; spans end at each re-basing on the census",
    tables=("population",),
    example=Example(
        (
            row("population", 1000, item="residents", unit="persons", year=2019),
            row("population", 1020, item="residents", unit="persons", year=2021),
            row("population", 1500, item="residents", unit="persons", year=2022, flag="break"),
        ),
        2.0,
    ),
)
def population_change(population: pd.DataFrame) -> pd.DataFrame:
    """Percentage change over each unbroken span; `change.spans` gives where each starts."""
    span = spans(pick(population, item="residents"))
    value = 100.0 * (span["value_last"] / span["value_first"] - 1.0)
    return pd.DataFrame({"territory": span["territory"], "year": span["last"], "value": value, "flag": span["flag"]})


@indicator(
    id="share_0_14",
    it="Residenti da 0 a 14 anni",
    en="Residents aged 0–14",
    unit="percent",
    counts="residents",
    formula="100 × residents aged 0–14 / all residents, 1 January",
    direction=0,
    reference=_ISTAT,
    tables=("population_age",),
    example=Example(_ages(age5=15, age40=60, age70=25), 15.0),
)
def share_0_14(population_age: pd.DataFrame) -> pd.DataFrame:
    """Percentage of residents aged 0–14."""
    return share(_of(population_age, "0-14"), _of(population_age, "all"), unit="persons")


@indicator(
    id="share_15_64",
    it="Residenti da 15 a 64 anni",
    en="Residents aged 15–64",
    unit="percent",
    counts="residents",
    formula="100 × residents aged 15–64 / all residents, 1 January",
    direction=0,
    reference=_ISTAT,
    tables=("population_age",),
    example=Example(_ages(age5=15, age40=60, age70=25), 60.0),
)
def share_15_64(population_age: pd.DataFrame) -> pd.DataFrame:
    """Percentage of residents aged 15–64."""
    return share(_of(population_age, "15-64"), _of(population_age, "all"), unit="persons")


@indicator(
    id="share_65_over",
    it="Residenti di 65 anni e più",
    en="Residents aged 65 and over",
    unit="percent",
    counts="residents",
    formula="100 × residents aged 65 and over / all residents, 1 January",
    direction=0,
    reference=_ISTAT,
    tables=("population_age",),
    example=Example(_ages(age5=15, age40=60, age70=25), 25.0),
)
def share_65_over(population_age: pd.DataFrame) -> pd.DataFrame:
    """Percentage of residents aged 65 and over."""
    return share(_of(population_age, "65+"), _of(population_age, "all"), unit="persons")


@indicator(
    id="old_age_index",
    it="Indice di vecchiaia",
    en="Old-age index",
    unit="per_100",
    counts="residents",
    formula="100 × residents aged 65 and over / residents aged 0–14, 1 January",
    direction=0,
    reference="Istat, indicatori demografici",
    tables=("population_age",),
    example=Example(_ages(age5=20, age40=60, age70=30), 150.0),
)
def old_age_index(population_age: pd.DataFrame) -> pd.DataFrame:
    """Residents of 65 and over per 100 aged 0–14."""
    return share(_of(population_age, "65+"), _of(population_age, "0-14"), unit="persons")


@indicator(
    id="dependency_ratio",
    it="Indice di dipendenza strutturale",
    en="Dependency ratio",
    unit="per_100",
    counts="residents",
    formula="100 × residents aged 0–14 and 65 and over / residents aged 15–64, 1 January",
    direction=0,
    reference="Istat, indicatori demografici",
    tables=("population_age",),
    example=Example(_ages(age5=20, age40=50, age70=10), 60.0),
)
def dependency_ratio(population_age: pd.DataFrame) -> pd.DataFrame:
    """Residents out of working age per 100 aged 15–64."""
    return share(_of(population_age, "0-14", "65+"), _of(population_age, "15-64"), unit="persons")


@indicator(
    id="old_dependency_ratio",
    it="Indice di dipendenza degli anziani",
    en="Old-age dependency ratio",
    unit="per_100",
    counts="residents",
    formula="100 × residents aged 65 and over / residents aged 15–64, 1 January",
    direction=0,
    reference="Istat, indicatori demografici",
    tables=("population_age",),
    example=Example(_ages(age5=20, age40=50, age70=10), 20.0),
)
def old_dependency_ratio(population_age: pd.DataFrame) -> pd.DataFrame:
    """Residents of 65 and over per 100 aged 15–64."""
    return share(_of(population_age, "65+"), _of(population_age, "15-64"), unit="persons")


@indicator(
    id="leavers_per_100_entrants",
    it="Uscite dall'età di lavoro per 100 ingressi",
    en="Leavers of working age per 100 entrants",
    unit="per_100",
    counts="residents",
    formula="100 × residents aged 55–64 / residents aged 15–24, 1 January",
    direction=0,
    reference="replacement of the population of working age over ten years, without migration",
    tables=("population_age",),
    example=Example(_ages(age20=40, age60=60), 150.0),
)
def leavers_per_100_entrants(population_age: pd.DataFrame) -> pd.DataFrame:
    """Residents aged 55–64 per 100 aged 15–24: who will leave working age against who enters it."""
    return share(_of(population_age, "55-64"), _of(population_age, "15-24"), unit="persons")


def _cohort(name: str, band: str, it: str, en: str) -> None:
    """Register the number of residents of a band."""
    low = BANDS[band][0]

    @indicator(
        id=name,
        it=it,
        en=en,
        unit="persons",
        counts="residents",
        formula=f"residents aged {band.replace('-', '–')}, 1 January",
        direction=0,
        reference=_ISTAT,
        tables=("population_age",),
        example=Example(_ages(**{f"age{low}": 7, "age40": 50}), 7.0),
    )
    def cohort(population_age: pd.DataFrame) -> pd.DataFrame:
        return pick(population_age, item=band).drop(columns="unit")


_cohort("residents_0_2", "0-2", "Residenti da 0 a 2 anni (età del nido)", "Residents aged 0–2 (nursery age)")
_cohort("residents_3_5", "3-5", "Residenti da 3 a 5 anni (scuola dell'infanzia)", "Residents aged 3–5 (pre-school)")
_cohort("residents_6_10", "6-10", "Residenti da 6 a 10 anni (scuola primaria)", "Residents aged 6–10 (primary school)")
_cohort(
    "residents_11_13",
    "11-13",
    "Residenti da 11 a 13 anni (secondaria di primo grado)",
    "Residents aged 11–13 (lower secondary school)",
)
_cohort(
    "residents_14_18",
    "14-18",
    "Residenti da 14 a 18 anni (secondaria di secondo grado)",
    "Residents aged 14–18 (upper secondary school)",
)
_cohort(
    "residents_15_24",
    "15-24",
    "Residenti da 15 a 24 anni (ingressi nell'età di lavoro)",
    "Residents aged 15–24 (entrants of working age)",
)
_cohort(
    "residents_55_64",
    "55-64",
    "Residenti da 55 a 64 anni (uscite dall'età di lavoro)",
    "Residents aged 55–64 (leavers of working age)",
)
