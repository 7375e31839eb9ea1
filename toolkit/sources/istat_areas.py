"""Areas and their members: provinces, local labour systems, regions, macro-regions and the country as relations of the
register; homogeneous zones (unofficial), provinces of the past and custom areas as lists of municipalities."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from toolkit.sources import istat_register
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import Resource
from toolkit.territory import fold, slug

ZONES_FILE = "register/zones.json"
CITY, MONZA, MILANO_2008 = "citta-metropolitana-milano", "provincia-monza-brianza", "provincia-milano-2008"
NORD_MILANO_2008 = "nord-milano-2008"
SEVEN = (
    "Bresso",
    "Cinisello Balsamo",
    "Cologno Monzese",
    "Cormano",
    "Cusano Milanino",
    "Paderno Dugnano",
    "Sesto San Giovanni",
)
ZONE_SIZES = {
    "Adda Martesana": 29,
    "Alto Milanese": 22,
    "Magentino Abbiatense": 28,
    "Nord Milano": 6,
    "Nord Ovest": 16,
    "Sud Est": 15,
    "Sud Ovest": 16,
}
TODAY_IT = "Espressa nei Comuni di oggi, la geografia di tutte le tavole."
TODAY_EN = "Expressed in today's municipalities, the geography of all tables."
UNOFFICIAL_IT = (
    "Appartenenza non ufficiale, verificata su numero di Comuni, superfici e popolazioni pubblicate; l'atto "
    "formale non "
    "è stato trovato. Nessuna zona può precedere la Città metropolitana. " + TODAY_IT
)
UNOFFICIAL_EN = (
    "Unofficial membership, checked against published numbers of municipalities, areas and populations; the formal act "
    "was not found. No zone can be older than the metropolitan city. " + TODAY_EN
)
ZONES_SOURCE = "partecipami.it (number and area of the zones); membership reconstructed, checked for all seven zones"
REGISTER_SOURCE = "ISTAT, municipalities in force on 14 August 2026"
SYSTEMS_SOURCE = "ISTAT, local labour systems of 2021"

KINDS = {  # ISTAT's type of a province -> kind, name, note on what it is
    "1": ("province", "Provincia", "Province"),
    "2": ("province", "Provincia autonoma", "Autonomous Province"),
    "3": ("metropolitan_city", "Città metropolitana", "Metropolitan City"),
    "4": ("province", "Libero consorzio comunale", "Free Municipal Consortium"),
    "5": ("province", "Provincia", "Province"),  # no body since 2018, still a unit of statistics
}
WITH_ARTICLE = {
    "L'Aquila": "dell'Aquila",
    "La Spezia": "della Spezia",
    "Verbano-Cusio-Ossola": "del Verbano-Cusio-Ossola",
    "Gallura Nord-Est Sardegna": "della Gallura Nord-Est Sardegna",
    "Ogliastra": "dell'Ogliastra",
    "Medio Campidano": "del Medio Campidano",
    "Sulcis Iglesiente": "del Sulcis Iglesiente",
    "Sud Sardegna": "del Sud Sardegna",
    "Valle d'Aosta/Vallée d'Aoste": "della Valle d'Aosta",
}
ENGLISH = {
    "Milano": "Milan",
    "Roma": "Rome",
    "Torino": "Turin",
    "Napoli": "Naples",
    "Firenze": "Florence",
    "Venezia": "Venice",
    "Genova": "Genoa",
    "Piemonte": "Piedmont",
    "Lombardia": "Lombardy",
    "Toscana": "Tuscany",
    "Puglia": "Apulia",
    "Sicilia": "Sicily",
    "Sardegna": "Sardinia",
    "Nord-ovest": "North-West",
    "Nord-est": "North-East",
    "Centro": "Centre",
    "Sud": "South",
    "Isole": "Islands",
    "Italia": "Italy",
    "Monza e della Brianza": "Monza and Brianza",
    "Valle d'Aosta/Vallée d'Aoste": "Aosta Valley",
    "Trentino-Alto Adige/Südtirol": "Trentino-South Tyrol",
    "Bolzano/Bozen": "Bolzano",
}
SARDINIA_2025 = {  # the provinces of Sardinia until 2025, by which statistics are published
    "090": ("provincia-sassari-2025", "Provincia di Sassari", "Province of Sassari"),
    "091": ("provincia-nuoro-2025", "Provincia di Nuoro", "Province of Nuoro"),
    "092": ("citta-metropolitana-cagliari-2025", "Città metropolitana di Cagliari", "Metropolitan City of Cagliari"),
    "095": ("provincia-oristano-2025", "Provincia di Oristano", "Province of Oristano"),
    "111": ("provincia-sud-sardegna-2025", "Provincia del Sud Sardegna", "Province of South Sardinia"),
}

AREA_COLUMNS = [
    "area",
    "kind",
    "relation",
    "code",
    "name_it",
    "name_en",
    "title_it",
    "title_en",
    "valid_from",
    "valid_to",
    "status",
    "note_it",
    "note_en",
    "source",
]
NOTED = {  # provinces with days and notes of their own
    "015": {
        "area": CITY,
        "valid_from": "2015-01-01",
        "note_it": f"Succede alla Provincia di Milano. {TODAY_IT}",
        "note_en": f"Successor of the Province of Milan. {TODAY_EN}",
        "source": f"Law 56/2014; members: {REGISTER_SOURCE}",
    },
    "108": {
        "area": MONZA,
        "valid_from": "2009-06-01",
        "note_it": "Istituita nel 2004, operativa dal giugno 2009: il giorno non è nelle fonti, vale il primo del "
        f"mese. {TODAY_IT}",
        "note_en": "Created in 2004, operative from June 2009: the day is in no source, the first of the month stands. "
        + TODAY_EN,
        "source": f"Law 146/2004; members: {REGISTER_SOURCE}",
    },
}
LISTED = (
    {
        "area": MILANO_2008,
        "kind": "historical_province",
        "name_it": "Provincia di Milano prima del 2009",
        "name_en": "Province of Milan before 2009",
        "valid_to": "2009-05-31",
        "note_it": "I 133 Comuni della Città metropolitana di oggi e i 55 di Monza e della Brianza. " + TODAY_IT,
        "note_en": "The 133 municipalities of today's metropolitan city and the 55 of Monza and Brianza. " + TODAY_EN,
        "source": f"Law 146/2004; members: {REGISTER_SOURCE}, codes 015 and 108",
    },
    {
        "area": NORD_MILANO_2008,
        "kind": "custom",
        "name_it": "Nord Milano (2008)",
        "name_en": "Nord Milano (2008)",
        "valid_from": "2008-01-01",
        "status": "programme",
        "note_it": "I sette Comuni del Patto di Nord Milano del 2008, con Cologno Monzese; non è la zona omogenea di "
        "oggi, che ne ha sei.",
        "note_en": "The seven municipalities of the Nord Milano pact of 2008, with Cologno Monzese; not today's "
        "homogeneous zone, which has six.",
        "source": "Nord Milano, press release of 2008; codes from the register",
    },
)

AREAS = Resource.of("areas")
AREA_MEMBERS = Resource.of("area_members")
RESOURCES = (AREAS, AREA_MEMBERS)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Areas, and a row for each municipality of those that are lists, and of the two that the past one became."""
    source = RawFile("area_members", raw / istat_register.LIST)
    register = source.csv(LIST_COLUMNS).rename(columns=LIST_COLUMNS)
    codes = source.codes(register, "istat_code")
    milano = sorted(codes[codes.str.startswith("015")])
    monza = sorted(codes[codes.str.startswith("108")])
    source.require((len(milano), len(monza)) == (133, 55), f"has 133 + 55 codes; it has {len(milano)} + {len(monza)}")
    names = register[codes.isin(milano)].set_index("name")["istat_code"]
    members = {CITY: milano, MONZA: monza, MILANO_2008: milano + monza, NORD_MILANO_2008: list(names[list(SEVEN)])}
    rows: list[dict[str, str]] = [*LISTED, *_provinces(register), *_systems(raw, register), *_larger(register)]
    for zone, zone_codes in _zones(raw, names).items():
        area = "zona-" + re.sub(r"[^a-z]+", "-", zone.lower())
        name = zone.replace("Magentino ", "Magentino-")
        members[area] = zone_codes
        rows.append(
            {
                "area": area,
                "kind": "zone",
                "name_it": f"Zona omogenea {name}",
                "name_en": f"{name} homogeneous zone",
                "title_it": "Zona omogenea",
                "title_en": "homogeneous zone",
                "valid_from": "2015-01-01",
                "status": "unofficial",
                "note_it": UNOFFICIAL_IT,
                "note_en": UNOFFICIAL_EN,
                "source": ZONES_SOURCE,
            }
        )
    pairs = [(area, istat_code, "", "") for area in sorted(members) for istat_code in sorted(members[area])]
    areas = pd.DataFrame(rows, columns=AREA_COLUMNS).fillna("")
    areas["status"] = areas["status"].replace("", "official")
    source.unique(areas, ["area"])
    return {
        "areas": areas.sort_values("area").reset_index(drop=True),
        "area_members": pd.DataFrame(pairs, columns=["area", "istat_code", "valid_from", "valid_to"]),
    }


LIST_COLUMNS = {
    "Codice Comune (alfanumerico)": "istat_code",
    "Comune": "name",
    "Codice Provincia (Storico)": "province_code",
    "Provincia/Uts": "province",
    "Tipologia Provincia/Uts": "type",
    "Regione": "region",
    "Ripartizione geografica": "macro_region",
}


def _provinces(register: pd.DataFrame) -> list[dict[str, str]]:
    """The 110 provinces and metropolitan cities of today, and Sardinia's five until 2025."""
    rows = []
    found = register.drop_duplicates("province_code")
    for code, name, kind in found[["province_code", "province", "type"]].itertuples(index=False):
        kind, title, title_en = KINDS[kind]
        row = {
            "area": f"{slug(title)}-{slug(name.split('/')[0])}",
            "kind": kind,
            "relation": "province_code",
            "code": code,
            "name_it": f"{title} {WITH_ARTICLE.get(name, f'di {name}')}",
            "name_en": f"{title_en} of {ENGLISH.get(name, name)}",
            "title_it": title,
            "title_en": title_en,
            "note_it": TODAY_IT,
            "note_en": TODAY_EN,
            "source": REGISTER_SOURCE,
        }
        rows.append(row | NOTED.get(code, {}))
    for code, (area, name_it, name_en) in SARDINIA_2025.items():
        row = {"area": area, "kind": "historical_province", "relation": "statistics_province", "code": code}
        row |= {"name_it": f"{name_it} fino al 2025", "name_en": f"{name_en} until 2025", "valid_to": "2025-12-31"}
        rows.append(row | {"note_it": TODAY_IT, "note_en": TODAY_EN, "source": REGISTER_SOURCE})
    return rows


def _systems(raw: Path, register: pd.DataFrame) -> list[dict[str, str]]:
    """The 515 local labour systems; each has the name of one of its municipalities."""
    source = RawFile("areas", raw / istat_register.SYSTEMS)
    frame = source.csv(["PRO_COM_T", "COD_SLL", "DEN_SLL"])
    frame["name"] = frame["PRO_COM_T"].map(register.set_index("istat_code")["name"])
    named = frame[frame["name"].map(fold) == frame["DEN_SLL"].map(fold)]
    source.unique(named, ["COD_SLL"])
    source.require(set(named["COD_SLL"]) == set(frame["COD_SLL"]), "names each system after one of its municipalities")
    return [
        {
            "area": f"sistema-{slug(name.split('/')[0])}",
            "kind": "system",
            "relation": "system",
            "code": code,
            "name_it": f"Sistema locale {WITH_ARTICLE.get(name, f'di {name}')}",
            "name_en": f"{ENGLISH.get(name, name)} local labour system",
            "title_it": "Sistema locale",
            "title_en": "local labour system",
            "note_it": TODAY_IT,
            "note_en": TODAY_EN,
            "source": SYSTEMS_SOURCE,
        }
        for code, name in named[["COD_SLL", "name"]].itertuples(index=False)
    ]


def _larger(register: pd.DataFrame) -> list[dict[str, str]]:
    """Regions, macro-regions and the country."""
    kinds = (
        ("region", "regione", register["region"].unique()),
        ("macro_region", "ripartizione", register["macro_region"].unique()),
        ("country", "", ["Italia"]),
    )
    return [
        {
            "area": slug(f"{prefix} {name.split('/')[0]}"),
            "kind": kind,
            "relation": kind,
            "code": name,
            "name_it": name,
            "name_en": ENGLISH.get(name, name),
            "note_it": TODAY_IT,
            "note_en": TODAY_EN,
            "source": REGISTER_SOURCE,
        }
        for kind, prefix, names in kinds
        for name in names
    ]


def _zones(raw: Path, names: pd.Series) -> dict[str, list[str]]:
    """Zone -> codes. Sizes as published; no municipality in two zones; the name belongs to the code; Milano in none."""
    source = RawFile("area_members", raw / ZONES_FILE)
    zones = source.json()
    sizes = {zone: len(members) for zone, members in zones.items()}
    source.require(sizes == ZONE_SIZES, f"has zones of {ZONE_SIZES}; it has {sizes}")
    out: dict[str, list[str]] = {}
    for zone, members in zones.items():
        for member in members:
            known = names.get(member["name"])
            source.require(known == member["istat"], f"{member['name']} has code {known}; it has {member['istat']}")
        out[zone] = [member["istat"] for member in members]
    everyone = [istat_code for zone_codes in out.values() for istat_code in zone_codes]
    source.require(len(set(everyone)) == len(everyone) == 132, "no municipality is in two zones, and 132 are in one")
    source.require(set(names) - set(everyone) == {names["Milano"]}, "only Milano is in no zone")
    return out
