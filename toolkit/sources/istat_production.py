"""The productive system above the municipality: ISTAT's business frame and ASIA by province, section and size, the
business frame and the specialisation of local labour systems, ASIA by section for the municipalities that have it.

Statistics by province are those of the 107 provinces of 2017–2025, and of the four that Sardinia had until 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from toolkit.sources.istat_frame import AMOUNTS, COUNTS, SECTORS, THOUSAND
from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource

FOLDER = "national/frame_territoriale/IT_frame_territoriale"
FRAMES = (f"{FOLDER}_province_sezioni_2015_2020.parquet", f"{FOLDER}_province_sezioni_2023.parquet")
SYSTEMS_2023 = f"{FOLDER}_sll_2023.parquet"
ASIA = "national/asia/IT_asia_ul_province_sezione_classe_2018_2023.parquet"
ASIA_MUNICIPAL = ("national/asia/BS017_asia_ul_comuni_sezione_2018_2023.parquet",)
ASIA_TOTALS = ("national/asia/BS017_asia_ul_comuni_classe_2018_2023.parquet",)
SPECIALISATION = "national/sll/IT_sll2021_specializzazione_produttiva.csv"
MEMBERS = "national/sll/IT_sll2021_composizione_comuni.csv.gz"
YEAR = 2023

OF_OLD = {"Olbia-Tempio": "104", "Ogliastra": "105", "Medio Campidano": "106", "Carbonia-Iglesias": "107"}
RENAMED = {"Reggio di Calabria": "Reggio Calabria"}
PARTS = {"unita_locali": "local_units", "addetti": "persons_employed"}
ROUNDED = 1.5  # published parts and totals are rounded, each on its own

NAMES = ("statistical_provinces", "province_frame", "province_local_units", "local_systems", "system_frame")
RESOURCES = tuple(Resource.of(name) for name in (*NAMES, "local_units_sector"))
_OF = {resource.name: resource for resource in RESOURCES}


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Provinces with region and macro-region; figures in numbers, annual averages and EUR."""
    provinces = _provinces(raw)
    codes = dict(zip(provinces["name"], provinces["province_code"], strict=True))
    return {
        "statistical_provinces": provinces,
        "province_frame": pd.concat([_province_frame(raw / file, codes) for file in FRAMES], ignore_index=True)
        .sort_values(list(_OF["province_frame"].key))
        .reset_index(drop=True),
        "province_local_units": _province_local_units(raw),
        "local_systems": _local_systems(raw),
        "system_frame": _system_frame(raw),
        "local_units_sector": _local_units_sector(raw),
    }


def _provinces(raw: Path) -> pd.DataFrame:
    """Code, name, region and macro-region: codes from ASIA, the rest from the business frame."""
    coded = RawFile("statistical_provinces", raw / ASIA).parquet(["codice_provincia", "provincia"])
    codes = dict(coded[["provincia", "codice_provincia"]].drop_duplicates().to_numpy()) | OF_OLD
    source = RawFile("statistical_provinces", raw / FRAMES[0])
    frame = source.parquet(["anno", "ripartizione", "regione", "provincia"])
    frame = frame.assign(provincia=frame["provincia"].replace(RENAMED))
    named = frame[["provincia", "regione", "ripartizione"]].drop_duplicates()
    source.unique(named, ["provincia"])
    source.require(set(named["provincia"]) == set(codes), "names the provinces of ASIA, and Sardinia's until 2016")
    last = frame.groupby("provincia")["anno"].max()
    columns = {"provincia": "name", "regione": "region", "ripartizione": "macro_region"}
    out = named.rename(columns=columns).assign(
        province_code=named["provincia"].map(codes),
        until=named["provincia"].map(last.where(last < last.max())),
    )
    return out.sort_values("province_code").reset_index(drop=True)


def _province_frame(path: Path, codes: Mapping[str, str]) -> pd.DataFrame:
    source = RawFile("province_frame", path)
    columns = COUNTS | AMOUNTS
    frame = source.parquet(["provincia", "sezione", *columns.values()])
    frame = frame.assign(
        year=frame.get("anno", YEAR),
        province_code=frame["provincia"].replace(RENAMED).map(codes),
        sector=frame["sezione"].replace("TOT", "total"),
    )
    source.require(bool(frame["province_code"].notna().all()), "names provinces that ASIA has")
    source.unique(frame, ["province_code", "year", "sector"])
    _re_added(source, frame, ["province_code", "year"], "sector", list(columns.values()), 5.0)
    return _melted(frame, ["province_code", "year", "sector"], "province_frame")


def _system_frame(raw: Path) -> pd.DataFrame:
    source = RawFile("system_frame", raw / SYSTEMS_2023)
    columns = COUNTS | AMOUNTS
    frame = source.parquet(["cod_sll", "macrosettore", *columns.values()])
    frame = frame.assign(year=YEAR, system_code=frame["cod_sll"], sector=frame["macrosettore"].map(SECTORS))
    source.unique(frame, ["system_code", "sector"])
    whole = frame["system_code"] == "IT"
    totals = frame[~whole].groupby("sector")[["unita_locali", "addetti"]].sum()
    published = frame[whole].set_index("sector")[["unita_locali", "addetti"]]
    far = (totals - published.loc[totals.index]).abs().max()
    source.require(bool((far <= [0, 500]).all()), "adds up to its own Italy")
    return _melted(frame[~whole], ["system_code", "year", "sector"], "system_frame")


def _province_local_units(raw: Path) -> pd.DataFrame:
    """Every section and every size of every province and year; a cell without a row has nobody: zero."""
    source = RawFile("province_local_units", raw / ASIA)
    frame = source.parquet(["codice_provincia", "anno", "dimensione", "modalita", "indicatore", "valore"])
    frame = frame.assign(
        breakdown=frame["dimensione"].map({"sezione": "section", "classe_addetti": "size"}),
        category=frame["modalita"].replace("totale", "total"),
        item=frame["indicatore"].map(PARTS),
    )
    frame = frame.rename(columns={"codice_provincia": "province_code", "anno": "year", "valore": "value"})
    total = frame[(frame["breakdown"] == "size") & (frame["category"] == "total")]
    kept = frame[frame["category"] != "total"]
    for breakdown in ("section", "size"):
        _adds_up(source, kept[kept["breakdown"] == breakdown], total, ["province_code", "year", "item"])
    return _filled(kept, ["province_code", "year"], ["breakdown", "category", "item"], "province_local_units")


def _local_units_sector(raw: Path) -> pd.DataFrame:
    """Every section of every municipality and year; a section without a row has nobody: sections make the total."""
    parts = []
    for sections, totals in zip(ASIA_MUNICIPAL, ASIA_TOTALS, strict=True):
        source = RawFile("local_units_sector", raw / sections)
        names = {"codice_istat": "istat_code", "anno": "year", "sezione": "sector", "valore": "value"}
        frame = source.parquet([*names, "indicatore"]).rename(columns=names)
        source.codes(frame, "istat_code")
        frame = frame.assign(item=frame["indicatore"].map(PARTS))
        whole = RawFile("local_units_sector", raw / totals)
        total = whole.parquet(["codice_istat", "anno", "classe_addetti", "indicatore", "valore"]).rename(columns=names)
        total = total[total["classe_addetti"] == "totale"].assign(item=total["indicatore"].map(PARTS))
        _adds_up(source, frame, total, ["istat_code", "year", "item"])
        parts.append(_filled(frame, ["istat_code", "year"], ["sector", "item"], "local_units_sector"))
    return pd.concat(parts, ignore_index=True).sort_values(list(_OF["local_units_sector"].key), ignore_index=True)


def _local_systems(raw: Path) -> pd.DataFrame:
    """Code, name (of its centre), class and group of production of the local labour systems of 2021."""
    names = {"SLL_2021_T": "system_code", "Cod_classe": "class", "Cod_gruppo": "group"}
    source = RawFile("local_systems", raw / SPECIALISATION)
    frame = source.csv(names).rename(columns=names)[list(names.values())]
    source.unique(frame, ["system_code"])
    source.require(bool((frame["group"].str[0] == frame["class"]).all()), "a group begins with its class")
    members = RawFile("local_systems", raw / MEMBERS)
    centres = members.csv(["COD_SLL", "COMUNE", "CC_SLL"])
    centres = centres[centres["CC_SLL"] == "1"]
    members.unique(centres, ["COD_SLL"])
    members.require(set(centres["COD_SLL"]) == set(frame["system_code"]), "has the centre of each system")
    frame["name"] = frame["system_code"].map(centres.set_index("COD_SLL")["COMUNE"])
    return frame.sort_values("system_code").reset_index(drop=True)


def _melted(frame: pd.DataFrame, key: list[str], name: str) -> pd.DataFrame:
    """Long rows of counts, and of amounts in EUR instead of thousands; a blank cell is missing."""
    parts = []
    for item, column in (COUNTS | AMOUNTS).items():
        value = frame[column].astype(float) * (THOUSAND if item in AMOUNTS else 1.0)
        parts.append(frame[key].assign(item=item, value=value, unit=_OF[name].units[item]))
    return long(pd.concat(parts, ignore_index=True), list(_OF[name].key))


def _filled(frame: pd.DataFrame, places: list[str], cells: list[str], name: str) -> pd.DataFrame:
    """Every cell of every place, zero where the publisher has no row."""
    each, kinds = frame[places].drop_duplicates(), frame[cells].drop_duplicates()
    whole = each.merge(kinds, how="cross").merge(frame[[*places, *cells, "value"]], how="left", validate="1:1")
    whole = whole.assign(value=whole["value"].astype(float).fillna(0.0), unit=whole["item"].map(_OF[name].units))
    return long(whole, list(_OF[name].key))


def _adds_up(source: RawFile, parts: pd.DataFrame, totals: pd.DataFrame, key: list[str]) -> None:
    """Parts make the published total of every place, year and item: so what has no row is zero."""
    sums, published = parts.groupby(key)["value"].sum(), totals.set_index(key)["value"]
    source.require(set(sums.index) == set(published.index), "has a total for each place, year and item")
    far = (sums - published.loc[sums.index]).abs()
    source.require(float(far.max()) <= ROUNDED, f"parts add up to the total; they are {far.max():g} apart")


def _re_added(
    source: RawFile, frame: pd.DataFrame, key: list[str], by: str, columns: list[str], rounded: float
) -> None:
    total = frame[frame[by] == "total"].set_index(key)[columns]
    sums = frame[frame[by] != "total"].groupby(key)[columns].sum(min_count=1)
    far = (sums - total.loc[sums.index]).abs().max().max()
    source.require(float(far) <= rounded, f"sections add up to the total; they are {far:g} apart")
