"""Local units and persons employed (ISTAT, ASIA-UL), 2018, all activities and sizes together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import PROVINCES, RawFile, long
from toolkit.sources.resource import Resource

FILE = "employment/IT_asia_ul_2018_totale.csv"
YEAR = 2018
ITEMS = {"local_units": "unita_locali_2018", "persons_employed": "addetti_ul_2018"}

PROVINCES_OF_2008 = (*PROVINCES, "108")
"""With Monza and Brianza, which was a part of the province: shares of it are shares of the dated whole."""

LOCAL_UNITS = Resource.of("local_units")
RESOURCES = (LOCAL_UNITS,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Local units (number) and persons employed (annual average) of the embedded municipalities."""
    source = RawFile(LOCAL_UNITS.name, raw / FILE)
    frame = source.csv(["cod_istat", *ITEMS.values()])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat"])
    frame = frame[frame["cod_istat"].str[:3].isin(PROVINCES_OF_2008)]
    parts = [
        pd.DataFrame(
            {
                "istat_code": frame["cod_istat"],
                "item": item,
                "value": source.number(frame, name),
                "unit": LOCAL_UNITS.units[item],
            }
        )
        for item, name in ITEMS.items()
    ]
    out = pd.concat(parts, ignore_index=True).assign(year=YEAR)
    source.require(bool(out["value"].notna().all()), "has no blank cell: revise the adapter's flags")
    return {LOCAL_UNITS.name: long(out, list(LOCAL_UNITS.key))}
