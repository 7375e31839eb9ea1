"""Areas and their members: metropolitan city, provinces, homogeneous zones (unofficial), custom areas."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from toolkit.sources.istat_register import FILE as REGISTER_FILE
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import Resource

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
TODAY_IT = "Espressa nei Comuni del 2023, la geografia di tutte le tavole."
TODAY_EN = "Expressed in the municipalities of 2023, the geography of all tables."
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

AREA_COLUMNS = [
    "area",
    "kind",
    "name_it",
    "name_en",
    "valid_from",
    "valid_to",
    "status",
    "note_it",
    "note_en",
    "source",
]
FIXED = (
    (
        CITY,
        "metropolitan_city",
        "Città metropolitana di Milano",
        "Metropolitan City of Milan",
        "2015-01-01",
        "",
        "official",
        f"Succede alla Provincia di Milano. {TODAY_IT}",
        f"Successor of the Province of Milan. {TODAY_EN}",
        "Law 56/2014; members: ISTAT codes 015 of the register of 1 January 2023",
    ),
    (
        MONZA,
        "province",
        "Provincia di Monza e della Brianza",
        "Province of Monza and Brianza",
        "2009-06-01",
        "",
        "official",
        "Istituita nel 2004, operativa dal giugno 2009: il giorno non è nelle fonti, vale il primo del mese. "
        + TODAY_IT,
        "Created in 2004, operative from June 2009: the day is in no source, the first of the month stands. "
        + TODAY_EN,
        "Law 146/2004; members: ISTAT codes 108 of the register of 1 January 2023",
    ),
    (
        MILANO_2008,
        "historical_province",
        "Provincia di Milano prima del 2009",
        "Province of Milan before 2009",
        "",
        "2009-05-31",
        "official",
        "I 133 Comuni della Città metropolitana di oggi e i 55 di Monza e della Brianza. " + TODAY_IT,
        "The 133 municipalities of today's metropolitan city and the 55 of Monza and Brianza. " + TODAY_EN,
        "Law 146/2004; members: ISTAT codes 015 and 108 of the register of 1 January 2023",
    ),
    (
        NORD_MILANO_2008,
        "custom",
        "Nord Milano (2008)",
        "Nord Milano (2008)",
        "2008-01-01",
        "",
        "programme",
        "I sette Comuni del Patto di Nord Milano del 2008, con Cologno Monzese; non è la zona omogenea di oggi, "
        "che ne ha sei.",
        "The seven municipalities of the Nord Milano pact of 2008, with Cologno Monzese; not today's homogeneous zone, "
        "which has six.",
        "Nord Milano, press release of 2008; codes from the register of 1 January 2023",
    ),
)

AREAS = Resource.of("areas")
AREA_MEMBERS = Resource.of("area_members")
RESOURCES = (AREAS, AREA_MEMBERS)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Areas, and one row for each municipality of each area."""
    source = RawFile("area_members", raw / REGISTER_FILE)
    register = source.csv(["cod_istat", "comune_cls"])
    codes = source.codes(register, "cod_istat")
    milano = sorted(codes[codes.str.startswith("015")])
    monza = sorted(codes[codes.str.startswith("108")])
    source.require((len(milano), len(monza)) == (133, 55), f"has 133 + 55 codes; it has {len(milano)} + {len(monza)}")
    names = register[codes.isin(milano)].set_index("comune_cls")["cod_istat"]
    members = {CITY: milano, MONZA: monza, MILANO_2008: milano + monza, NORD_MILANO_2008: list(names[list(SEVEN)])}
    rows = list(FIXED)
    for zone, zone_codes in _zones(raw, names).items():
        area = "zona-" + re.sub(r"[^a-z]+", "-", zone.lower())
        name = zone.replace("Magentino ", "Magentino-")
        members[area] = zone_codes
        rows.append(
            (
                area,
                "zone",
                f"Zona omogenea {name}",
                f"{name} homogeneous zone",
                "2015-01-01",
                "",
                "unofficial",
                UNOFFICIAL_IT,
                UNOFFICIAL_EN,
                ZONES_SOURCE,
            )
        )
    pairs = [(area, istat_code, "", "") for area in sorted(members) for istat_code in sorted(members[area])]
    return {
        "areas": pd.DataFrame(rows, columns=AREA_COLUMNS).sort_values("area").reset_index(drop=True),
        "area_members": pd.DataFrame(pairs, columns=["area", "istat_code", "valid_from", "valid_to"]),
    }


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
