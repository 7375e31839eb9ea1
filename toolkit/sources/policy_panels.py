"""Panels that evaluations of policies run on: provinces since 1996, municipalities of two regions since 2018."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.istat_fragility import FILE as FRAGILITY_FILE
from toolkit.sources.istat_register import FILE as REGISTER_FILE
from toolkit.sources.mef_income import FILE as INCOME_FILE
from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource, column, figures

PROVINCES_FILE = "provinces/unemp_it_103prov_1996_2019.csv"
PROVINCE_YEARS = list(range(1996, 2020))
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
INCOME_YEARS, RATE_YEARS = [2018, 2020, 2021, 2023], [2018, 2019, 2021, 2022]

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

PROVINCES = Resource(
    name="provinces",
    title={
        "it": "Lavoro nelle province: disoccupazione, partecipazione, quote di settore, 1996–2019",
        "en": "Labour in the provinces: unemployment, participation, sector shares, 1996–2019",
    },
    publisher="ISTAT",
    url="https://esploradati.istat.it/",
    licence="istat",
    upstream=("github.com/rominsal/pspatreg@f57816d: data/unemp_it.RData (figures of ISTAT; the package is GPL-3)",),
    observed="{year}-12-31",
    processing={
        "it": "Sei serie di ISTAT riportate da un pacchetto statistico, da cui sono prese le sole cifre di ISTAT; rese "
        "lunghe, nomi per intero, nessuna stima. I 103 territori sono le province di prima del 2005: Milano comprende "
        "Monza e la Brianza. È segnata interruzione ogni cambio di rilevazione noto o trovato nei dati.",
        "en": "Six ISTAT series as carried by a statistical package, of which only ISTAT's figures are taken; "
        "made long, names in full, nothing estimated. The 103 territories are the provinces of before 2005: Milano "
        "includes Monza and Brianza. "
        "Each change of survey that is known, or found in the data, is flagged as a break.",
    },
    key=("province_code", "year", "item"),
    fields=(
        column("province_code", it="Codice della provincia", en="Code of the province", pattern=r"^\d{3}$"),
        column("name"),
        column("year", "integer", enum=PROVINCE_YEARS),
        column("item", enum=list(PROVINCE_ITEMS)),
        column("value", "number"),
        column("unit", enum=["percent"]),
        column("flag", enum=["observed", "break"]),
    ),
    faults=(
        {
            "it": "Nel 2004 cambia la rilevazione sulle forze di lavoro: la disoccupazione si confronta con cautela.",
            "en": "In 2004 the labour force survey changes: unemployment is compared with care.",
        },
        {
            "it": "Le quote di settore si interrompono nel 2012 e nel 2015 (nel 2012–2014 la loro somma è circa "
            "107,5), la "
            "partecipazione nel 2015 (+6,9 punti di mediana): non si confrontano attraverso quegli anni.",
            "en": "Sector shares break in 2012 and in 2015 (in 2012–2014 they add to about 107.5), "
            "participation in 2015 "
            "(a median of +6.9 points): not to be compared across those years.",
        },
        {
            "it": "La pubblicazione originale di ISTAT non è stata riletta serie per serie.",
            "en": "ISTAT's original publication was not read again series by series.",
        },
    ),
    codes=(),
    unit_by="item",
    units=dict.fromkeys(PROVINCE_ITEMS, "percent"),
)
_MUNICIPAL = {
    "it": "Tutti i comuni di Lombardia e Veneto che hanno una cifra in ogni anno; servono a confrontare i comuni della "
    "prima zona rossa.",
    "en": "All municipalities of Lombardia and Veneto with a figure in every year; they serve to compare the "
    "municipalities of the first red zone.",
}
INCOME = Resource(
    name="regional_income",
    title={
        "it": "Contribuenti e reddito imponibile, comuni di Lombardia e Veneto",
        "en": "Taxpayers and taxable income, municipalities of Lombardia and Veneto",
    },
    publisher="Ministero dell'Economia e delle Finanze, Dipartimento delle Finanze",
    url="https://www1.finanze.gov.it/finanze/analisi_stat/public/",
    licence="mef",
    upstream=(
        "github.com/leopoldinho/dati_fiscali@d80bcc5 (2018, 2020; repository without a licence file)",
        "github.com/matteopicciolini/probability-statistic@74b0c29 (2021; repository without a licence file)",
        "github.com/l7g/limen@a8d5634: public/data/population/income-by-comune.csv (2023)",
    ),
    observed="{year}-12-31",
    processing=_MUNICIPAL,
    key=("istat_code", "year", "item"),
    fields=figures(INCOME_YEARS, ["taxpayers", "taxable_income"], ["persons", "EUR"], flags=("observed",)),
    unit_by="item",
    units={"taxpayers": "persons", "taxable_income": "EUR"},
    faults=(
        {
            "it": "L'anno è quello d'imposta; mancano il 2019 e il 2022: prima del 2020 c'è un anno solo.",
            "en": "The year is the tax year; 2019 and 2022 are absent: before 2020 there is one year only.",
        },
    ),
)
RATES = Resource(
    name="regional_employment",
    title={
        "it": "Tasso di occupazione 20–64 anni, comuni di Lombardia e Veneto",
        "en": "Employment rate, ages 20–64, municipalities of Lombardia and Veneto",
    },
    publisher="ISTAT",
    url="https://esploradati.istat.it/",
    licence="istat",
    upstream=("github.com/the-general-lee/IFC_Project_AS@c6ff9d1: data/raw/ifc/composite_fragility_all_years.xlsx",),
    observed="{year}-12-31",
    processing=_MUNICIPAL,
    key=("istat_code", "year", "item"),
    fields=figures(RATE_YEARS, ["employment_rate"], ["percent"], flags=("observed",)),
    unit_by="item",
    units={"employment_rate": "percent"},
    faults=(
        {
            "it": "Il file a monte dà i codici per nome e ne sbaglia alcuni (Malé, in Trentino, porta il codice "
            "di Maleo, "
            "che è nella zona rossa): le righe in cui nome e codice non concordano con il registro, o doppie, "
            "sono scartate.",
            "en": "The file upstream gives codes by name and gets some wrong (Malé, in Trentino, carries the "
            "code of Maleo, "
            "which is in the red zone): rows whose name and code do not agree with the register, or doubled, "
            "are left out.",
        },
        {"it": "Manca il 2020.", "en": "2020 is absent."},
    ),
)
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
    return _every_year(source, frame, columns, INCOME_YEARS, list(INCOME.key))


def _rates(raw: Path) -> pd.DataFrame:
    source = RawFile(RATES.name, raw / FRAGILITY_FILE)
    frame = source.csv(["anno", "cod_istat", "comune", "tasso_occupazione_20_64"])
    source.codes(frame, "cod_istat")
    register = RawFile("municipalities", raw / REGISTER_FILE).csv(["cod_istat", "comune_cls"])
    names = frame["cod_istat"].map(register.set_index("cod_istat")["comune_cls"])
    frame = frame[frame["cod_istat"].str[:3].isin(REGIONS) & (frame["comune"].str.strip() == names)]
    frame = frame[~frame.duplicated(["anno", "cod_istat"], keep=False)]  # one code, two rows: nobody can say which
    columns = {"employment_rate": ("tasso_occupazione_20_64", "percent")}
    return _every_year(source, frame, columns, RATE_YEARS, list(RATES.key))


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
