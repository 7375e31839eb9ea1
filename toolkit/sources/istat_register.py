"""The register of municipalities in force: ISTAT's list of 14 August 2026, with what classifies each.

Area, altitude zone and degree of urbanisation are those of 1 January 2023, the vintage of the boundaries: areas add up
over the municipalities that merged since; a class holds where all of them have the same.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import Resource

FILE = "register/IT_comuni_area_alt_degurba_20230101.csv"
FOLDER = other_codes.FOLDER
LIST = f"{FOLDER}/IT_situas_comuni_2026-08-14.csv.gz"
SURFACES = f"{FOLDER}/IT_comuni_superficie_altitudine_2026-06.csv.gz"
HISTORY = f"{FOLDER}/IT_anpr_archivio_comuni.csv.gz"
CHANGES = f"{FOLDER}/IT_variazioni_amministrative_1991_2025.csv.gz"
INNER_AREAS = f"{FOLDER}/IT_aree_interne_2020_classificazione.csv.gz"
SYSTEMS = "national/sll/IT_sll2021_composizione_comuni.csv.gz"
MUNICIPALITIES, PROVINCES = 7894, 110
MUNICIPALITIES_2023, SYSTEMS_2021 = 7901, 515
NONE = "001168"  # a municipality called None: its name was lost as "not available" on the way of the register of 2023
SARDINIA = {"112", "113", "114", "115", "116", "117", "118", "119"}  # provinces of 2026, whose codes are all new
SINCE = "1991"  # days of older codes are those of their municipality, not of the code

RESOURCES = (Resource.of("municipalities"), Resource.of("other_codes"))


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """The register, one row a municipality in force, and the codes of other days, one row a code."""
    register = _listed(raw).merge(_of_2023(raw), on="istat_code", how="left").merge(_surfaces(raw), on="istat_code")
    for more in (_inner_areas(raw), _systems(raw)):
        register = register.merge(more, on="istat_code", how="left")
    register["statistics_province"] = _statistics_province(raw, register)
    register["valid_from"] = register["istat_code"].map(_beginnings(raw)).fillna("")
    return {
        "municipalities": register.sort_values("istat_code").reset_index(drop=True),
        "other_codes": other_codes.table(raw, register),
    }


def _listed(raw: Path) -> pd.DataFrame:
    names = {
        "Codice Comune (alfanumerico)": "istat_code",
        "Comune": "name",
        "Codice Provincia (Storico)": "province_code",
        "Sigla automobilistica": "province",
        "Regione": "region",
        "Ripartizione geografica": "macro_region",
        "Codice NUTS3 2024": "nuts3",
        "Capoluogo di provincia/uts": "chief_town",
        "Codice catasto": "cadastral_code",
    }
    source = RawFile("municipalities", raw / LIST)
    frame = source.csv(names).rename(columns=names)[list(names.values())]
    source.codes(frame, "istat_code")
    source.unique(frame, ["istat_code"])
    source.unique(frame, ["cadastral_code"])
    source.require(len(frame) == MUNICIPALITIES, f"has {MUNICIPALITIES} municipalities; it has {len(frame)}")
    prefixed = frame["istat_code"].str[:3] == frame["province_code"]
    source.require(bool(prefixed.all()), "a code begins with its province's")
    source.require(frame["province_code"].nunique() == PROVINCES, f"has {PROVINCES} provinces")
    source.require(bool((frame != "").all(axis=None)), "leaves nothing blank")
    return frame.assign(chief_town=frame["chief_town"].map({"0": "no", "1": "yes"}))


def _of_2023(raw: Path) -> pd.DataFrame:
    """Area in km², altitude zone and degree of urbanisation of 1 January 2023, in today's municipalities."""
    source = RawFile("municipalities", raw / FILE)
    frame = source.csv(["cod_istat", "comune_cls", "area_km2_2023", "zona_altimetrica", "degurba"])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat"])
    source.require(len(frame) == MUNICIPALITIES_2023, f"has {MUNICIPALITIES_2023} municipalities; it has {len(frame)}")
    nameless = set(frame.loc[frame["comune_cls"] == "", "cod_istat"])
    source.require(nameless == {NONE}, f"has no name for {NONE} (None) only; it has none for {sorted(nameless)}")
    groups = pd.DataFrame(
        {
            "istat_code": other_codes.today(raw, source, frame["cod_istat"]),
            "area_km2": source.number(frame, "area_km2_2023"),
            "altitude_zone": source.number(frame, "zona_altimetrica"),
            "degree_of_urbanisation": source.number(frame, "degurba"),
        }
    ).groupby("istat_code")
    return pd.DataFrame(
        {
            "area_km2": groups["area_km2"].sum().round(4),
            "altitude_zone": _common(groups["altitude_zone"]),
            "degree_of_urbanisation": _common(groups["degree_of_urbanisation"]),
        }
    ).reset_index()


def _surfaces(raw: Path) -> pd.DataFrame:
    """Area in km² and altitude in m of the list of June 2026."""
    source = RawFile("municipalities", raw / SURFACES)
    frame = source.csv(["codice_istat", "superficie_km2", "altitudine"])
    source.codes(frame, "codice_istat")
    source.unique(frame, ["codice_istat"])
    source.require(len(frame) == MUNICIPALITIES, f"has {MUNICIPALITIES} municipalities; it has {len(frame)}")
    return pd.DataFrame(
        {
            "istat_code": frame["codice_istat"],
            "area_km2_2026": source.number(frame, "superficie_km2"),
            "altitude_m": source.number(frame, "altitudine"),
        }
    )


def _inner_areas(raw: Path) -> pd.DataFrame:
    """Class of the inner areas of 2020, A (pole) to F (ultra-peripheral)."""
    source = RawFile("municipalities", raw / INNER_AREAS)
    frame = source.csv(["PROCOM_T", "MAPPA AI 2020 COD_AI_2020"])
    codes = other_codes.today(raw, source, source.codes(frame, "PROCOM_T"))
    classes = _common(frame["MAPPA AI 2020 COD_AI_2020"].groupby(codes))
    return classes.rename("inner_area").rename_axis("istat_code").reset_index()


def _systems(raw: Path) -> pd.DataFrame:
    """Code of the local labour system of 2021."""
    source = RawFile("municipalities", raw / SYSTEMS)
    frame = source.csv(["PRO_COM_T", "COD_SLL"]).rename(columns={"PRO_COM_T": "istat_code", "COD_SLL": "system"})
    source.require(frame["system"].nunique() == SYSTEMS_2021, f"has {SYSTEMS_2021} systems")
    source.unique(frame, ["istat_code"])
    source.require(len(frame) == MUNICIPALITIES, f"has {MUNICIPALITIES} municipalities; it has {len(frame)}")
    return frame[["istat_code", "system"]]


def _statistics_province(raw: Path, register: pd.DataFrame) -> pd.Series:
    """The province, of the 107 before 2026, by which statistics are published: Sardinia's of its code of 2025."""
    source = RawFile("municipalities", raw / other_codes.MAP)
    codes = source.csv(["cod", "cod_2026", "regola"])
    before = codes[(codes["regola"] == "code 2025") & codes["cod_2026"].str[:3].isin(SARDINIA)]
    source.unique(before, ["cod_2026"])
    old = register["istat_code"].map(before.set_index("cod_2026")["cod"].str[:3])
    return old.fillna(register["province_code"])


def _beginnings(raw: Path) -> dict[str, str]:
    """First day of the codes that began since 1991, where a source has it."""
    source = RawFile("municipalities", raw / HISTORY)
    archive = source.csv(["CODISTAT", "DATAISTITUZIONE"]).groupby("CODISTAT")["DATAISTITUZIONE"].min()
    found = {str(code): str(day) for code, day in archive.items() if str(day) >= SINCE}
    changes = RawFile("municipalities", raw / CHANGES)
    day, code = "Data decorrenza validità amministrativa", "Codice Comune formato alfanumerico"
    frame = changes.csv(["Tipo variazione", code, day])
    founded = frame[(frame["Tipo variazione"] == "CS") & (frame[day] != "") & ~frame[code].isin(archive.index)]
    found |= dict(zip(founded[code], other_codes.iso(founded[day]), strict=True))
    listed = RawFile("municipalities", raw / LIST).csv(["Codice Comune (alfanumerico)"])["Codice Comune (alfanumerico)"]
    return found | dict.fromkeys(listed[listed.str[:3].isin(SARDINIA)], other_codes.RECODED)


def _common(groups: pd.api.typing.SeriesGroupBy) -> pd.Series:
    """The value of each group; absent where its rows differ."""
    return groups.first().where(groups.nunique() == 1)
