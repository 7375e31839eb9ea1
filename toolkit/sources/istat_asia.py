"""Local units and persons employed (ISTAT, ASIA-UL), 2018, all activities and sizes together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import RawFile, added, long
from toolkit.sources.resource import Resource

FILE = "employment/IT_asia_ul_2018_totale.csv"
YEAR = 2018
ITEMS = {"local_units": "unita_locali_2018", "persons_employed": "addetti_ul_2018"}

LOCAL_UNITS = Resource.of("local_units")
RESOURCES = (LOCAL_UNITS,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Local units (number) and persons employed (annual average) of the municipalities of today."""
    source = RawFile(LOCAL_UNITS.name, raw / FILE)
    frame = source.csv(["cod_istat", *ITEMS.values()])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat"])
    codes = other_codes.today(raw, source, frame["cod_istat"])
    parts = [
        pd.DataFrame({"istat_code": codes, "item": item, "value": source.number(frame, name), "flag": "observed"})
        for item, name in ITEMS.items()
    ]
    out = added(pd.concat(parts, ignore_index=True), ["istat_code", "item"])
    source.require(bool(out["value"].notna().all()), "has no blank cell: revise the adapter's flags")
    out["value"] = out["value"].round(2)  # as published: sums of binary fractions have more digits
    return {
        LOCAL_UNITS.name: long(out.assign(year=YEAR, unit=out["item"].map(LOCAL_UNITS.units)), list(LOCAL_UNITS.key))
    }
