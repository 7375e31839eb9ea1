"""Tables of the report on spaces: borders, flood and landslide hazard, consumed land, and rules kept by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import DataError
from toolkit.sources import istat_fragility, istat_register
from toolkit.sources.other_codes import today
from toolkit.sources.padigitale import curated
from toolkit.sources.raw import RawFile, added, long
from toolkit.sources.resource import Resource

BORDERS_FILE = "spaces/IT_adiacenze_comuni_2021.csv.gz"
HAZARD_FILE = "spaces/IT_idrogeo_2020_comuni.csv.gz"
CURATED_FILE = "spaces.yml"
CLASSES = {"flood_p3": "H", "flood_p2": "M", "flood_p1": "L"}
UNKNOWN = -1.0
LANDSLIDE = "landslide_p3_p4"
AREA, RESIDENTS, UNITS = "area_id_{}", "pop_id_{}", "ulc_id_{}"

CONTIGUITY, HAZARD, CONSUMED = (Resource.of(name) for name in ("contiguity", "hazard", "consumed_land"))
BY_HAND = {
    name: Resource.of(resource)
    for name, resource in (
        ("rules", "spaces_rules"),
        ("checklist", "apea_checklist"),
        ("insertion", "insertion_criteria"),
        ("apea_regions", "apea_regions"),
        ("cards", "space_cards"),
    )
}
"""Tables of the lists of the curated file."""
RESOURCES = (CONTIGUITY, HAZARD, CONSUMED, *BY_HAND.values())


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """All tables of `RESOURCES`.

    Raises:
        DataError: a file, a column or a code that is not as it must be, a curated row with other keys.
    """
    found = {CONTIGUITY.name: borders(raw), HAZARD.name: hazard(raw), CONSUMED.name: consumed(raw)}
    document = curated(CURATED_FILE)
    return found | {one.name: by_hand(one, document[name], document["read_on"]) for name, one in BY_HAND.items()}


def borders(raw: Path) -> pd.DataFrame:
    """Who borders whom today: DataFrame[istat_code, neighbour], each border from both sides."""
    source = RawFile(CONTIGUITY.name, raw / BORDERS_FILE)
    frame = source.csv(["a", "b"])
    pairs = pd.DataFrame({side: today(raw, source, source.codes(frame, side)) for side in ("a", "b")})
    source.require(bool((frame["a"] < frame["b"]).all()), "has each border once, the lower code first")
    both = pd.concat([pairs, pairs.rename(columns={"a": "b", "b": "a"})])
    both = both[both["a"] != both["b"]].drop_duplicates()
    return both.set_axis(["istat_code", "neighbour"], axis=1).sort_values(
        ["istat_code", "neighbour"], ignore_index=True
    )


def hazard(raw: Path) -> pd.DataFrame:
    """Area, residents and local units within mapped hazard, by class; merged municipalities add up."""
    source = RawFile(HAZARD.name, raw / HAZARD_FILE)
    names = {
        (kind, item): form.format(letter)
        for kind, letter in CLASSES.items()
        for item, form in (("area", AREA), ("residents", RESIDENTS), ("local_units", UNITS))
    }
    names |= {(LANDSLIDE, "area"): "area_fr_P3P4", (LANDSLIDE, "residents"): "pop_fr_P3P4"}
    names[LANDSLIDE, "local_units"] = "ulc_fr_P3P4"
    frame = source.csv(["cod_istat", *names.values()])
    codes = today(raw, source, source.codes(frame, "cod_istat"))
    source.unique(frame, ["cod_istat"])
    numbers = {key: source.number(frame, name).replace(UNKNOWN, np.nan) for key, name in names.items()}
    for item in ("area", "residents", "local_units"):
        high, middle, low = (numbers[kind, item].fillna(0) for kind in CLASSES)
        source.require(bool((high >= 0).all()), f"{item} is not below zero")
        source.require(bool(((high <= middle + 5e-4) & (middle <= low + 5e-4)).all()), f"P3 ≤ P2 ≤ P1, in {item}")
    year = HAZARD.allowed("year")[0]
    parts = []
    for (kind, item), value in numbers.items():
        part = pd.DataFrame({"istat_code": codes, "value": value, "flag": "observed"})
        part["flag"] = part["flag"].where(value.notna(), "missing")
        part = added(part, ["istat_code"])
        parts.append(part.assign(year=year, hazard=kind, item=item, unit=HAZARD.units[item]))
    return long(pd.concat(parts, ignore_index=True), list(HAZARD.key))


def consumed(raw: Path) -> pd.DataFrame:
    """Hectares of consumed land: the share that ISTAT publishes × the area of the register."""
    share = istat_fragility.tables(raw)[istat_fragility.FRAGILITY.name]
    share = share[share["item"] == "land_take_share"]
    register = istat_register.tables(raw)["municipalities"]
    area = share["istat_code"].map(register.set_index("istat_code")["area_km2"].astype(float))
    kept = {"istat_code": share["istat_code"], "year": share["year"], "item": "consumed_land"}
    return long(pd.DataFrame(kept | {"value": (share["value"] * area).round(3), "unit": "ha"}), list(CONSUMED.key))


def by_hand(resource: Resource, rows: list[dict[str, Any]], read_on: str) -> pd.DataFrame:
    """Rows of the curated file as a table: texts `it` and `en` in columns, the day they were read beside."""
    columns = [field["name"] for field in resource.fields]
    texts = {"it": "text_it", "en": "text_en"}
    renamed = [{texts.get(key, key): cell for key, cell in row.items()} for row in rows]
    for row in renamed:
        odd = sorted(set(row) ^ (set(columns) - {"read_on", "order"}))
        if odd:
            where = f"data/curated/{CURATED_FILE}, {resource.name}, {next(iter(row.values()))}"
            raise DataError(f"a row has other keys than it should: {', '.join(odd)}", where=where, allowed=columns)
    frame = pd.DataFrame(renamed).map(lambda cell: " ".join(cell.split()) if isinstance(cell, str) else cell)
    frame = frame.assign(read_on=read_on, order=range(1, len(frame) + 1))[columns]
    return frame.sort_values(list(resource.key), kind="stable", ignore_index=True)
