"""Metropolitan comparisons (Eurostat): employment by NACE block, and a few regional indicators."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource, column

EMPLOYMENT_FILE = "benchmark_eu/nuts3_employment_by_nace_milano_barcelona_london.csv"
REGIONS_FILE = "benchmark_eu/eurostat_nuts2_selected_2005_2020.csv"
PLACES = {
    "ITC4C": "Milano",
    "ITC4D": "Monza e della Brianza",
    "ES511": "Barcelona",
    "UKI": "London",
}
ACTIVITIES = ["A", "B-E", "C", "F", "G-I", "G-J", "J", "K", "K-N", "L", "M-N", "O-Q", "O-U", "R-U", "TOTAL"]
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
# item -> (Eurostat table, its unit code, our unit)
ITEMS = {
    "gdp": ("tgs00003", "MIO_EUR", "million_EUR"),
    "residents": ("tgs00096", "NR", "persons"),
    "unemployment_rate": ("tgs00010", "PC", "percent"),
    "disposable_income": ("tgs00026", "PPS_HAB", "PPS_per_resident"),
    "patents": ("tgs00040", "P_MHAB", "patents_per_million_residents"),
}
_NUTS = column("nuts", it="Codice NUTS", en="NUTS code", pattern="^[A-Z]{2}[A-Z0-9]{1,3}$")
_ORIGIN = {"publisher": "Eurostat", "licence": "eurostat", "codes": ()}

METRO_EMPLOYMENT = Resource(
    name="metro_employment",
    title={
        "it": "Occupati per ramo di attività: Milano, Monza, Barcellona, Londra",
        "en": "Persons employed by activity: Milano, Monza, Barcelona, London",
    },
    url="https://ec.europa.eu/eurostat/databrowser/view/nama_10r_3empers",
    upstream=(
        "github.com/datacommonsorg/data@cf37304: scripts/eurostat/regional_statistics_by_nuts/employed_per_sector/"
        "Eurostats_NUTS3_Empers.csv",
    ),
    observed="{year}-12-31",
    processing={
        "it": "Valori pubblicati, trascritti e resi lunghi; i rami si sommano al totale entro lo 0,05 %.",
        "en": "Published values, transcribed and made long; blocks add up to the total within 0.05%.",
    },
    key=("nuts", "year", "activity"),
    fields=(
        _NUTS,
        column("name"),
        column("year", "integer", minimum=2000, maximum=2018),
        column("activity", it="Ramo di attività (NACE Rev. 2)", en="Activity (NACE Rev. 2 block)", enum=ACTIVITIES),
        column("value", "number", required=False, minimum=0),
        column("unit", enum=["persons_employed"]),
        column("flag", enum=["observed", "missing"]),
    ),
    faults=(
        {
            "it": "I rami si sovrappongono: C è dentro B-E; G-I e J dentro G-J; K, L e M-N dentro K-N; O-Q e "
            "R-U dentro O-U.",
            "en": "Blocks overlap: C is inside B-E; G-I and J inside G-J; K, L and M-N inside K-N; O-Q and R-U "
            "inside O-U.",
        },
        {
            "it": "Monza solo 2000 e 2017; Barcellona dal 2006 al 2017 e con meno rami; Milano fino al 2017, "
            "Londra fino al 2018.",
            "en": "Monza 2000 and 2017 only; Barcelona 2006 to 2017, with fewer blocks; Milano to 2017, London "
            "to 2018.",
        },
        {
            "it": "Territori diversi: NUTS 3 per Milano, Monza e Barcellona (provincia), NUTS 1 per Londra.",
            "en": "Unlike territories: NUTS 3 for Milano, Monza and Barcelona (province), NUTS 1 for London.",
        },
    ),
    **_ORIGIN,  # type: ignore[arg-type]
)
METRO_REGIONS = Resource(
    name="metro_regions",
    title={
        "it": "Lombardia, Catalogna, Île-de-France e Londra: PIL, popolazione, disoccupazione, reddito, brevetti",
        "en": "Lombardia, Cataluña, Île-de-France and London: GDP, population, unemployment, income, patents",
    },
    url="https://ec.europa.eu/eurostat/web/regions/database",
    upstream=("github.com/andrea-ballatore/open-geo-data-education@a9f68c6: eu_all_geo_data.rds",),
    observed="{year}-12-31",
    processing={
        "it": "Valori pubblicati (tgs00003, tgs00096, tgs00010, tgs00026, tgs00040), resi lunghi; della "
        "disoccupazione il "
        "totale dei due sessi; gli anni assenti di una regione sono segnati mancanti.",
        "en": "Published values (tgs00003, tgs00096, tgs00010, tgs00026, tgs00040), made long; unemployment is that of "
        "both sexes; years absent for a region are flagged missing.",
    },
    key=("nuts", "year", "item"),
    fields=(
        _NUTS,
        column("name"),
        column("year", "integer", minimum=2001, maximum=2019),
        column("item", enum=list(ITEMS)),
        column("value", "number", required=False, minimum=0),
        column("unit", enum=[unit for _, _, unit in ITEMS.values()]),
        column("flag", enum=["observed", "missing"]),
    ),
    unit_by="item",
    units={item: unit for item, (_, _, unit) in ITEMS.items()},
    faults=(
        {
            "it": "I brevetti finiscono nel 2012 e per Londra non ci sono.",
            "en": "Patents end in 2012, and there are none for London.",
        },
        {
            "it": "Il PIL dell'Île-de-France comincia dal 2015, il suo reddito disponibile copre 2015–2017.",
            "en": "GDP of Île-de-France starts in 2015, its disposable income covers 2015–2017.",
        },
        {
            "it": "Regioni NUTS 2, non città; Londra è l'insieme di UKI3–UKI7 e i tassi non si mediano senza i pesi.",
            "en": "NUTS 2 regions, not cities; London is UKI3–UKI7 together, and rates are not averaged without "
            "weights.",
        },
    ),
    **_ORIGIN,  # type: ignore[arg-type]
)
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
    for item, (table, unit_code, unit) in ITEMS.items():
        rows = frame[(frame["input_var_code"] == table) & frame["sex"].isin(["", "T"])]
        source.require(not rows.empty and set(rows["unit"]) == {unit_code}, f"{table} is in {unit_code}")
        source.unique(rows, ["geo", "time"])
        values = pd.Series(
            source.number(rows, "values").to_numpy(),
            index=pd.MultiIndex.from_arrays([rows["geo"], rows["time"].astype(int)], names=["nuts", "year"]),
        )
        years = range(values.index.get_level_values("year").min(), values.index.get_level_values("year").max() + 1)
        every = pd.MultiIndex.from_product([sorted(REGIONS), years], names=["nuts", "year"])
        parts.append(values.reindex(every).rename("value").reset_index().assign(item=item, unit=unit))
    out = pd.concat(parts, ignore_index=True)
    return long(out.assign(name=out["nuts"].map(REGIONS)), list(METRO_REGIONS.key))
