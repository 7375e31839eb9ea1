"""Spending and services of municipalities against their standard needs (OpenCivitas), 2022."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import RawFile, added, long
from toolkit.sources.resource import Resource

FILE = "national/finance/IT_opencivitas_fabbisogni_totale_2022.csv.gz"
YEAR = 2022
SUMS = {"historical_spending": "historicalSpending_eur", "standard_spending": "standardSpending_eur"}
LEVELS = {"spending_level": "spendingLevel", "service_level": "serviceLevel"}

NEEDS = Resource.of("standard_needs")
RESOURCES = (NEEDS,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Spending in EUR, and levels from 1 to 10, of the municipalities of the ordinary regions."""
    source = RawFile(NEEDS.name, raw / FILE)
    frame = source.csv(["istatCode", *SUMS.values(), *LEVELS.values()])
    source.codes(frame, "istatCode")
    source.unique(frame, ["istatCode"])
    codes = other_codes.today(raw, source, frame["istatCode"])
    parts = []
    for item, name in (SUMS | LEVELS).items():
        values = source.number(frame, name)
        rows = pd.DataFrame({"istat_code": codes, "value": values})
        rows["flag"] = values.isna().map({True: "missing", False: "observed"})
        rows = added(rows, ["istat_code"])
        if item in LEVELS:
            source.require(bool(values.dropna().isin(range(1, 11)).all()), f"{name} is a level from 1 to 10")
            merged = rows["istat_code"].isin(codes[codes.duplicated()])  # levels do not add up
            rows = rows.assign(value=rows["value"].mask(merged), flag=rows["flag"].mask(merged, "missing"))
        parts.append(rows.assign(item=item, year=YEAR, unit=NEEDS.units[item]))
    return {NEEDS.name: long(pd.concat(parts, ignore_index=True), list(NEEDS.key))}
