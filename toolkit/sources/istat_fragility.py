"""Indicators of the municipal fragility index (ISTAT, IFC), 2018, 2019, 2021, 2022."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.istat_register import FILE as REGISTER_FILE
from toolkit.sources.raw import RawFile, embedded, long
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
HIGHEST = {"decile": 10, "ventile": 20, "percent": 100}

FRAGILITY = Resource.of("fragility")
YEARS = FRAGILITY.allowed("year")
RESOURCES = (FRAGILITY,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Long table of the embedded municipalities; `scale` says which items are ranks."""
    source = RawFile(FRAGILITY.name, raw / FILE)
    frame = source.csv(["anno", "cod_istat", "comune", *[name for name, _ in ITEMS.values()]])
    source.codes(frame, "cod_istat")
    found = sorted(frame["anno"].astype(int).unique())
    source.require(found == YEARS, f"has the years {YEARS}; it has {found}")
    frame = embedded(frame, "cod_istat")
    source.unique(frame, ["anno", "cod_istat"])
    _names_match(source, frame, raw)
    parts = [
        pd.DataFrame(
            {
                "istat_code": frame["cod_istat"],
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
        values = out.loc[out["unit"] == unit, "value"]
        source.require(bool((values <= highest).all() and (values >= 0).all()), f"a {unit} is within 0 and {highest}")
    ranks = out.loc[out["scale"] == "ordinal", "value"]
    source.require(bool((ranks % 1 == 0).all() and (ranks >= 1).all()), "a rank is a whole number from 1")
    return {FRAGILITY.name: long(out, list(FRAGILITY.key))}


def _names_match(source: RawFile, frame: pd.DataFrame, raw: Path) -> None:
    """Codes were matched by name upstream: refuse one that carries another municipality's name."""
    register = RawFile("municipalities", raw / REGISTER_FILE).csv(["cod_istat", "comune_cls"])
    names = frame["cod_istat"].map(register.set_index("cod_istat")["comune_cls"])
    wrong = frame["comune"].str.strip() != names
    if wrong.any():
        at = int(wrong.to_numpy().argmax())
        rule = f"{frame['cod_istat'].iloc[at]} is {names.iloc[at]}; it is {frame['comune'].iloc[at]}"
        raise source.fault(rule, row=int(frame.index[at]) + 2)
