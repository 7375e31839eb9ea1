"""Panels that evaluations of policies run on: provinces since 1996, municipalities of two regions since 2018."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.istat_fragility import FILE as FRAGILITY_FILE
from toolkit.sources.istat_register import FILE as REGISTER_FILE
from toolkit.sources.mef_income import FILE as INCOME_FILE
from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource

PROVINCES_FILE = "provinces/unemp_it_103prov_1996_2019.csv"
# item → publisher's column; all are percentages
PROVINCE_ITEMS = {
    "unemployment_rate": "unrate",
    "participation_rate": "partrate",
    "share_agriculture": "agri",
    "share_industry": "ind",
    "share_construction": "cons",
    "share_services": "serv",
}
SURVEY = 2004  # the continuous labour force survey begins
BREAKS = {name: {2012, 2015} for name in PROVINCE_ITEMS if name.startswith("share_")} | {"participation_rate": {2015}}
# Lombardia and Veneto: where the first red zone was, and what lies around it.
_LOMBARDIA = ("012", "013", "014", "015", "016", "017", "018", "019", "020", "097", "098", "108")
REGIONS = (*_LOMBARDIA, "023", "024", "025", "026", "027", "028", "029")

FULL_NAMES = {
    "AscoliP.": "Ascoli Piceno",
    "Cesena": "Forlì-Cesena",
    "LaSpezia": "La Spezia",
    "MassaCarrara": "Massa-Carrara",
    "PesaroeUrbino": "Pesaro e Urbino",
    "ReggioCalabria": "Reggio Calabria",
    "ReggioE.": "Reggio Emilia",
    "ViboValentia": "Vibo Valentia",
}
"""Names that the package cuts or runs together."""

PROVINCES = Resource.of("provinces")
INCOME = Resource.of("regional_income")
RATES = Resource.of("regional_employment")
PROVINCE_YEARS = PROVINCES.allowed("year")
RESOURCES = (PROVINCES, INCOME, RATES)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Long tables of the provinces and of the municipalities of two regions."""
    return {PROVINCES.name: _provinces(raw), INCOME.name: _income(raw), RATES.name: _rates(raw)}


def _provinces(raw: Path) -> pd.DataFrame:
    source = RawFile(PROVINCES.name, raw / PROVINCES_FILE)
    frame = source.csv(["prov", "name", "year", *PROVINCE_ITEMS.values()])
    source.unique(frame, ["prov", "year"])
    years = frame["year"].astype(int)
    source.require(sorted(years.unique()) == PROVINCE_YEARS, "has the years 1996 to 2019")
    source.require(len(frame) == frame["prov"].nunique() * len(PROVINCE_YEARS), "has every province in every year")
    names = frame["name"].replace(FULL_NAMES)
    parts = []
    for item, name in PROVINCE_ITEMS.items():
        flag = years.isin({SURVEY} | BREAKS.get(item, set())).map({True: "break", False: "observed"})
        part = {"province_code": frame["prov"].str.zfill(3), "name": names, "year": years, "item": item}
        parts.append(pd.DataFrame({**part, "value": source.number(frame, name), "unit": "percent", "flag": flag}))
    return long(pd.concat(parts, ignore_index=True), list(PROVINCES.key))


def _income(raw: Path) -> pd.DataFrame:
    source = RawFile(INCOME.name, raw / INCOME_FILE)
    frame = source.csv(["anno", "cod_istat", "contribuenti", "imponibile_eur"])
    source.codes(frame, "cod_istat")
    frame = frame[frame["cod_istat"].str[:3].isin(REGIONS)]
    source.unique(frame, ["anno", "cod_istat"])
    columns = {"taxpayers": ("contribuenti", "persons"), "taxable_income": ("imponibile_eur", "EUR")}
    return _every_year(source, frame, columns, INCOME.allowed("year"), list(INCOME.key))


def _rates(raw: Path) -> pd.DataFrame:
    source = RawFile(RATES.name, raw / FRAGILITY_FILE)
    frame = source.csv(["anno", "cod_istat", "comune", "tasso_occupazione_20_64"])
    source.codes(frame, "cod_istat")
    register = RawFile("municipalities", raw / REGISTER_FILE).csv(["cod_istat", "comune_cls"])
    names = frame["cod_istat"].map(register.set_index("cod_istat")["comune_cls"])
    frame = frame[frame["cod_istat"].str[:3].isin(REGIONS) & (frame["comune"].str.strip() == names)]
    frame = frame[~frame.duplicated(["anno", "cod_istat"], keep=False)]  # one code, two rows: nobody can say which
    columns = {"employment_rate": ("tasso_occupazione_20_64", "percent")}
    return _every_year(source, frame, columns, RATES.allowed("year"), list(RATES.key))


def _every_year(
    source: RawFile, frame: pd.DataFrame, columns: dict[str, tuple[str, str]], years: list[int], key: list[str]
) -> pd.DataFrame:
    """Columns made long, of the municipalities that have all of them in all years."""
    parts = [
        pd.DataFrame(
            {
                "istat_code": frame["cod_istat"],
                "year": frame["anno"].astype(int),
                "item": item,
                "value": source.number(frame, name),
                "unit": unit,
            }
        )
        for item, (name, unit) in columns.items()
    ]
    out = pd.concat(parts, ignore_index=True)
    source.require(sorted(out["year"].unique()) == years, f"has the years {years}")
    full = out[out["value"].notna()].groupby("istat_code").size()
    kept = full.index[full == len(years) * len(columns)]
    return long(out[out["istat_code"].isin(kept)], key)
