"""Income by municipality (IRPEF), Ministry of Economy and Finance: counts and amounts by type and class of income."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import RawFile, added, long
from toolkit.sources.resource import Resource

FILE = "income/IT_irpef_comuni_2018_2020_2021_2023.csv.gz"
FULL_YEARS = [2018, 2020, 2021]  # 2023 has totals only

# item -> (column of the count, column of the amount); empty where the file has none.
TOTALS = {
    "taxpayers": ("contribuenti", ""),
    "taxable_income": ("imponibile_n", "imponibile_eur"),
    "total_income": ("", "complessivo_eur"),
    "net_tax": ("", "imposta_netta_eur"),
}
TYPES = {
    "employment": ("lav_dip_n", "lav_dip_eur"),
    "pension": ("pensione_n", "pensione_eur"),
    "buildings": ("", "fabbricati_eur"),
    "self_employment": ("autonomo_n", "autonomo_eur"),
    "enterprise_ordinary": ("impr_ord_n", "impr_ord_eur"),
    "enterprise_simplified": ("impr_sempl_n", "impr_sempl_eur"),
    "participation": ("partecip_n", "partecip_eur"),
}
CLASSES = {
    "class_le_0": "cl_minore_o_uguale_a_zero",
    "class_0_10000": "cl_da_0_a_10000",
    "class_10000_15000": "cl_da_10000_a_15000",
    "class_15000_26000": "cl_da_15000_a_26000",
    "class_26000_55000": "cl_da_26000_a_55000",
    "class_55000_75000": "cl_da_55000_a_75000",
    "class_75000_120000": "cl_da_75000_a_120000",
    "class_gt_120000": "cl_oltre_120000",
}
ITEMS = TOTALS | TYPES | {item: (f"{stem}_n", f"{stem}_eur") for item, stem in CLASSES.items()}
NOT_PUBLISHED = {  # in the file only for these years, whatever the municipality
    "taxable_income count": FULL_YEARS,
    "total_income amount": [2023],
}

INCOME = Resource.of("income")
YEARS = INCOME.allowed("year")
RESOURCES = (INCOME,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Long table of the municipalities of today: year, item, measure (count in persons, amount in EUR)."""
    source = RawFile(INCOME.name, raw / FILE)
    columns = sorted({name for pair in ITEMS.values() for name in pair if name})
    frame = source.csv(["anno", "cod_istat", *columns])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["anno", "cod_istat"])
    found = sorted(frame["anno"].astype(int).unique())
    source.require(found == YEARS, f"has the tax years {YEARS}; it has {found}")
    frame = frame.assign(istat_code=other_codes.today(raw, source, frame["cod_istat"]))
    parts = [
        _part(source, frame, item, measure, name)
        for item, pair in ITEMS.items()
        for measure, name in zip(INCOME.units, pair, strict=True)
        if name
    ]
    out = pd.concat(parts, ignore_index=True)
    counts = out[(out["measure"] == "count") & out["value"].notna()]
    source.require(bool((counts["value"] >= 0).all()), "counts are not negative")
    return {INCOME.name: long(out, list(INCOME.key))}


def _part(source: RawFile, frame: pd.DataFrame, item: str, measure: str, name: str) -> pd.DataFrame:
    """One column made long. Empty in a year that publishes it is confidential; otherwise missing."""
    year = frame["anno"].astype(int)
    published = NOT_PUBLISHED.get(f"{item} {measure}", YEARS if item in TOTALS else FULL_YEARS)
    value = source.number(frame, name)
    source.require(
        bool(value[~year.isin(published)].isna().all()), f"publishes {name} in {published} only: revise the adapter"
    )
    confidential = value.isna() & year.isin(published)
    source.require(item not in TOTALS or not confidential.any(), f"{name}, a total, is never blank")
    flag = confidential.map({True: "confidential", False: "observed"}).where(year.isin(published), "missing")
    rows = pd.DataFrame({"istat_code": frame["istat_code"], "year": year, "value": value, "flag": flag})
    return added(rows, ["istat_code", "year"]).assign(item=item, measure=measure, unit=INCOME.units[measure])
