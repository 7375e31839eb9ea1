"""The dated register: ISTAT's classifications at 1 January 2023, with plates and cadastral codes of the MEF's files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.changes import AFTER_2023, BEGINNINGS, CHANGES, ISTAT_SUMMARY, MILANO
from toolkit.sources.mef_income import FILE as INCOME_FILE
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import Resource

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

RESOURCES = tuple(Resource.of(name) for name in ("municipalities", "territory_changes", "other_codes"))


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """The register, its changes, and the codes of other lists, one row a code."""
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
    changes = _changes(set(register["istat_code"]), source)
    return {"municipalities": register, "territory_changes": changes, "other_codes": other_codes.table(raw, register)}


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
