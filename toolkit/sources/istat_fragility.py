"""Indicators of the municipal fragility index (ISTAT, IFC), 2018, 2019, 2021, 2022."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.istat_register import FILE as REGISTER_FILE
from toolkit.sources.raw import RawFile, long
from toolkit.sources.resource import Resource

FILE = "employment/IT_istat_mfi_2018_2019_2021_2022.csv.gz"
# item -> (publisher's column, scale)
ITEMS = {
    "fragility_decile": ("mfi_decile", "ordinal"),
    "high_emission_cars": ("motorizz_alte_emiss", "ratio"),
    "unsorted_waste": ("rifiuti_indiff_kg", "ratio"),
    "protected_areas_share": ("aree_protette_pct", "ratio"),
    "landslide_areas_share": ("aree_frana_pct", "ratio"),
    "land_take_share": ("consumo_suolo_pct", "ratio"),
    "accessibility": ("accessibilita_min", "ratio"),
    "dependency_ratio": ("dipendenza_pop", "ratio"),
    "low_education_share": ("bassa_istruz_25_64_pct", "ratio"),
    "employment_rate": ("tasso_occupazione_20_64", "ratio"),
    "net_migration": ("migrazione_netta", "ratio"),
    "local_units_density_ventile": ("densita_ul_ventile", "ordinal"),
    "low_productivity_employment_ventile": ("addetti_bassa_produtt_ventile", "ordinal"),
}
RENAMED = {"001199", "005077", "005056", "021053", "021054", "068033", "102017"}
"""Codes whose municipality the file calls by a newer or another spelling of its name."""
PARTS = {
    *("Moransengo", "Tonengo", "Bardello", "Malgesso", "Ronago", "Uggiate-Trevano"),
    *("Campospinoso Albaredo", "Sovizzo"),
}
"""Municipalities that are part of another today, whose code they carry."""
WRONG = {
    *(("005122", "Moransengo"), ("005122", "Tonengo"), ("012144", "Bardello"), ("012144", "Malgesso")),
    *(("013256", "Ronago"), ("013256", "Uggiate-Trevano"), ("018003", "Albaredo Arnaboldi"), ("013028", "Bregano")),
    *(("018026", "Campospinoso Albaredo"), ("024128", "Sovizzo"), ("098035", "Malé"), ("103045", "Mazzin")),
    *(("080023", "Carceri"), ("028037", "Vighizzolo d'Este"), ("076100", "Paternò")),
}
"""Code and name of the rows that are not of the municipality whose code they carry."""
OVER_100 = "dependency_ratio"  # per 100 of another age
HIGHEST = {"decile": 10, "ventile": 20, "percent": 100}

FRAGILITY = Resource.of("fragility")
YEARS = FRAGILITY.allowed("year")
RESOURCES = (FRAGILITY,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Long table of the municipalities of today; `scale` says which items are ranks. Who has no row is missing."""
    source = RawFile(FRAGILITY.name, raw / FILE)
    frame = source.csv(["anno", "cod_istat", "comune", *[name for name, _ in ITEMS.values()]])
    source.codes(frame, "cod_istat")
    found = sorted(frame["anno"].astype(int).unique())
    source.require(found == YEARS, f"has the years {YEARS}; it has {found}")
    frame = _rightly_coded(source, frame, raw)
    parts = [
        pd.DataFrame(
            {
                "istat_code": frame["istat_code"],
                "year": frame["anno"].astype(int),
                "item": item,
                "scale": scale,
                "value": source.number(frame, name),
                "unit": FRAGILITY.units[item],
            }
        )
        for item, (name, scale) in ITEMS.items()
    ]
    out = pd.concat(parts, ignore_index=True)
    for unit, highest in HIGHEST.items():
        values = out.loc[(out["unit"] == unit) & (out["item"] != OVER_100), "value"].dropna()
        source.require(bool((values <= highest).all() and (values >= 0).all()), f"a {unit} is within 0 and {highest}")
    ranks = out.loc[out["scale"] == "ordinal", "value"].dropna()
    source.require(bool((ranks % 1 == 0).all() and (ranks >= 1).all()), "a rank is a whole number from 1")
    return {FRAGILITY.name: long(out, list(FRAGILITY.key))}


def _rightly_coded(source: RawFile, frame: pd.DataFrame, raw: Path) -> pd.DataFrame:
    """Rows of each year and municipality of today; without values where the file has none, two, or a part of it.

    Codes were matched by name upstream: rows that carry another municipality's name are left out, if they are those
    that are known; a code with two rows, of namesakes or of what merged since, has no values, because these are ratios.
    """
    names = RawFile("municipalities", raw / REGISTER_FILE).csv(["cod_istat", "comune_cls"])
    expected = frame["cod_istat"].map(names.set_index("cod_istat")["comune_cls"])
    strange = (frame["comune"].str.strip() != expected) & ~frame["cod_istat"].isin(RENAMED)
    found = strange & ~pd.Series(zip(frame["cod_istat"], frame["comune"].str.strip(), strict=True)).isin(WRONG)
    if found.any():
        at = int(found.to_numpy().argmax())
        rule = f"{frame['cod_istat'].iloc[at]} is {expected.iloc[at]}; it is {frame['comune'].iloc[at]}"
        raise source.fault(rule, row=int(frame.index[at]) + 2)
    frame = frame.assign(istat_code=other_codes.today(raw, source, frame["cod_istat"]))
    parts = set(frame.loc[strange & frame["comune"].str.strip().isin(PARTS), "istat_code"])
    frame = frame[~strange & ~frame["istat_code"].isin(parts)]
    frame = frame[~frame.duplicated(["anno", "istat_code"], keep=False)]
    every = pd.MultiIndex.from_product(
        [frame["anno"].unique(), other_codes.in_force(raw)], names=["anno", "istat_code"]
    )
    return frame.set_index(["anno", "istat_code"]).reindex(every, fill_value="").reset_index()
