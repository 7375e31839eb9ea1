"""The dated register: ISTAT's classifications at 1 January 2023, with plates and cadastral codes of the MEF's files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from toolkit.sources.changes import AFTER_2023, BEGINNINGS, CHANGES, ISTAT_SUMMARY, MILANO
from toolkit.sources.mef_income import FILE as INCOME_FILE
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import CODE, Resource, code, column

FILE = "register/IT_comuni_area_alt_degurba_20230101.csv"
MUNICIPALITIES_2023 = 7901
REGIONS = {  # the MEF's spellings -> ISTAT's
    "Emilia Romagna": "Emilia-Romagna",
    "Friuli Venezia Giulia": "Friuli-Venezia Giulia",
    "Trentino Alto Adige": "Trentino-Alto Adige/Südtirol",
    "Trentino Alto Adige(P.A.Bolzano)": "Trentino-Alto Adige/Südtirol",
    "Trentino Alto Adige(P.A.Trento)": "Trentino-Alto Adige/Südtirol",
    "Valle d'Aosta": "Valle d'Aosta/Vallée d'Aoste",
}
NONE = "001168"  # a municipality called None: its name was lost as "not available" on the way of the register
NAPOLI = "063"  # its plate, NA, was lost as "not available" on the way of the income file

MUNICIPALITIES = Resource(
    name="municipalities",
    title={
        "it": "Registro datato dei Comuni italiani, con superficie e classificazioni",
        "en": "Dated register of Italian municipalities, with area and classifications",
    },
    publisher="ISTAT",
    url="https://www.istat.it/classificazione/principali-statistiche-geografiche-sui-comuni/",
    licence="istat",
    upstream=(
        "github.com/ondata/liberiamoli-tutti@04e6d28: cinque_per_mille/dati/risorse/"
        "Classificazioni statistiche-e-dimensione-dei-comuni_01_01_2023.xlsx",
        "github.com/leopoldinho/dati_fiscali@d80bcc5 (MEF: plate, region, cadastral code)",
    ),
    reference_date="2023-01-01",
    processing={
        "it": "Derivato: 7.901 Comuni del 1º gennaio 2023, più 23 codici cessati prima e 4 istituiti dopo; "
        "sigla e regione "
        "dalle tavole dei redditi (MEF), per provincia; date di validità solo dove una fonte le dà.",
        "en": "Derived: the 7,901 municipalities of 1 January 2023, plus 23 codes that ended before and 4 that began "
        "after; plate and region from the income tables (MEF), by province; dates only where a source gives them.",
    },
    key=("istat_code",),
    fields=(
        code(),
        column("name"),
        column("province_code", it="Codice della provincia", en="Province code", pattern=r"^\d{3}$"),
        column("province", it="Sigla della provincia", en="Province plate", pattern=r"^[A-Z]{2}$"),
        column("region", it="Regione", en="Region"),
        column("cadastral_code", it="Codice catastale", en="Cadastral code", required=False, pattern=r"^[A-Z]\d{3}$"),
        column("area_km2", "number", "Superficie", "Area", required=False, unit="km2", minimum=0),
        column("altitude_m", "number", "Altitudine del centro", "Altitude of the centre", required=False, unit="m"),
        column("altitude_zone", "integer", "Zona altimetrica", "Altitude zone", required=False, enum=[1, 2, 3, 4, 5]),
        column(
            "degree_of_urbanisation",
            "integer",
            "Grado di urbanizzazione",
            "Degree of urbanisation",
            required=False,
            enum=[1, 2, 3],
        ),
        column("valid_from", "date", required=False),
        column("valid_to", "date", required=False),
    ),
    faults=(
        {
            "it": "La data di inizio è vuota per i Comuni esistenti prima del 2019: vuoto vuol dire «non noto», "
            "non «da sempre».",
            "en": "The first day is empty for municipalities older than 2019: empty means not known, not «always».",
        },
        {
            "it": "I codici sono quelli del 2023: i 377 Comuni sardi hanno cambiato codice il 1º gennaio 2026.",
            "en": "Codes are those of 2023: the 377 Sardinian municipalities changed code on 1 January 2026.",
        },
        {
            "it": "Superficie, altitudine e grado di urbanizzazione mancano per i codici che non sono nel "
            "registro del 2023; "
            "il codice catastale manca per i 4 istituiti nel 2024 e i 2 istituiti nel 2023.",
            "en": "Area, altitude and urbanisation are absent for codes not in the register of 2023; the "
            "cadastral code "
            "is absent for the 4 created in 2024 and the 2 created in 2023.",
        },
        {
            "it": "Il registro ha perduto il nome del Comune di None (001168), ripreso da ASIA.",
            "en": "The register lost the name of the municipality of None (001168), taken from ASIA.",
        },
        {
            "it": "Nel file dei redditi la sigla NA (Napoli) è andata perduta e Agugliano porta AP invece di AN: "
            "la sigla è quindi presa dalla provincia.",
            "en": "The income file lost the plate NA (Napoli) and gives Agugliano AP instead of AN: plates are "
            "therefore "
            "taken by province.",
        },
        {
            "it": "Cambi di nome non registrati: valgono i nomi del 1º gennaio 2023.",
            "en": "Changes of name are not recorded: names are those of 1 January 2023.",
        },
    ),
)

TERRITORY_CHANGES = Resource(
    name="territory_changes",
    title={"it": "Comuni soppressi o ricodificati", "en": "Municipalities abolished or recoded"},
    publisher="ISTAT",
    url="https://www.istat.it/storage/codici-unita-amministrative/Novita-2025-2017.pdf",
    licence="istat",
    upstream=("github.com/leopoldinho/dati_fiscali@d80bcc5", "github.com/the-general-lee/IFC_Project_AS@c6ff9d1"),
    reference_date="2024-01-22",
    processing={
        "it": "Derivato: codici presenti in un file e assenti nel successivo; giorni e successori dal prospetto ISTAT "
        "delle variazioni, letto in trascrizioni pubbliche.",
        "en": "Derived: codes that one file has and the next has not; days and successors from ISTAT's summary of "
        "changes, read in public transcriptions.",
    },
    key=("istat_code",),
    fields=(
        code(),
        column("date", "date", "Primo giorno del successore", "First day of the successor"),
        column("kind", it="Tipo", en="Kind", enum=["merger", "incorporation", "recoding"]),
        code("successor", "Codice del successore", "Code of the successor"),
        column("note", it="Nota", en="Note"),
        column("source"),
    ),
    faults=(
        {
            "it": "Solo i cambiamenti visibili nei file dal 2018 al 2023: non è l'elenco ufficiale completo.",
            "en": "Only the changes that show in the files of 2018 to 2023: not the complete official list.",
        },
        {
            "it": "I codici di Vermezzo e Zelo Surrigone non sono nei file di partenza: conoscenza generale.",
            "en": "The codes of Vermezzo and Zelo Surrigone are in none of the files: general knowledge.",
        },
    ),
    codes=("istat_code", "successor"),
)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """The register and its changes, one row a code."""
    source = RawFile("municipalities", raw / FILE)
    frame = source.csv(["cod_istat", "comune_cls", "area_km2_2023", "alt_centro_m", "zona_altimetrica", "degurba"])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat"])
    source.require(len(frame) == MUNICIPALITIES_2023, f"has {MUNICIPALITIES_2023} municipalities; it has {len(frame)}")
    nameless = set(frame.loc[frame["comune_cls"] == "", "cod_istat"])
    source.require(nameless == {NONE}, f"has no name for {NONE} (None) only; it has none for {sorted(nameless)}")
    register = pd.DataFrame(
        {
            "istat_code": frame["cod_istat"],
            "name": frame["comune_cls"].where(frame["cod_istat"] != NONE, "None"),
            "area_km2": source.number(frame, "area_km2_2023"),
            "altitude_m": source.number(frame, "alt_centro_m", absent="N.d."),
            "altitude_zone": source.number(frame, "zona_altimetrica"),
            "degree_of_urbanisation": source.number(frame, "degurba"),
        }
    )
    present = set(register["istat_code"])
    other = {change.istat_code: change.name for change in CHANGES if change.istat_code not in present} | AFTER_2023
    register = pd.concat([register, pd.DataFrame(other.items(), columns=["istat_code", "name"])], ignore_index=True)
    register = _with_income(register, raw)
    began = {change.successor: change.date for change in CHANGES if change.kind != "incorporation"} | BEGINNINGS
    ended = {change.istat_code: _day_before(change.date) for change in CHANGES}
    register["valid_from"] = register["istat_code"].map(began).fillna("")
    register["valid_to"] = register["istat_code"].map(ended).fillna("")
    register = register.sort_values("istat_code").reset_index(drop=True)
    return {"municipalities": register, "territory_changes": _changes(set(register["istat_code"]), source)}


def _with_income(register: pd.DataFrame, raw: Path) -> pd.DataFrame:
    """Plate and region by province (the commonest: the file has slips), cadastral code by municipality."""
    source = RawFile("municipalities", raw / INCOME_FILE)
    income = source.csv(["anno", "cod_istat", "Codice catastale", "Sigla Provincia", "Regione"])
    province = income["cod_istat"].str[:3]
    plates = income[income["Sigla Provincia"] != ""].groupby(province)["Sigla Provincia"].agg(_commonest)
    regions = income[income["Regione"] != ""].groupby(province)["Regione"].agg(_commonest).replace(REGIONS)
    plates[NAPOLI] = "NA"
    cadastral = income[income["Codice catastale"] != ""].drop_duplicates("cod_istat").set_index("cod_istat")
    out = register.copy()
    out["province_code"] = out["istat_code"].str[:3]
    out["province"] = out["province_code"].map(plates)
    out["region"] = out["province_code"].map(regions)
    out["cadastral_code"] = out["istat_code"].map(cadastral["Codice catastale"]).fillna("")
    source.require(bool(out["province"].notna().all()), "every province has a plate")
    return out


def _commonest(values: pd.Series) -> str:
    return str(values.value_counts().sort_index(kind="stable").idxmax())


def _changes(known: set[str], source: RawFile) -> pd.DataFrame:
    rows = []
    for change in CHANGES:
        source.require(change.successor in known, f"knows the successor {change.successor}")
        note = f"{change.name}: {change.seen}"
        origin = (
            "Regione Lombardia merger of 8 February 2019; " + ISTAT_SUMMARY if change.seen == MILANO else ISTAT_SUMMARY
        )
        rows.append((change.istat_code, change.date, change.kind, change.successor, note, origin))
    return pd.DataFrame(rows, columns=["istat_code", "date", "kind", "successor", "note", "source"])


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


__all__ = ["CODE", "MUNICIPALITIES", "TERRITORY_CHANGES", "tables"]
RESOURCES = (MUNICIPALITIES, TERRITORY_CHANGES)
