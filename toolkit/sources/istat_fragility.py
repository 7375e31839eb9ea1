"""Indicators of the municipal fragility index (ISTAT, IFC), 2018, 2019, 2021, 2022."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.istat_register import FILE as REGISTER_FILE
from toolkit.sources.raw import RawFile, embedded, long
from toolkit.sources.resource import Resource, column, figures

FILE = "employment/IT_istat_mfi_2018_2019_2021_2022.csv.gz"
YEARS = [2018, 2019, 2021, 2022]
# item -> (publisher's column, unit, scale)
ITEMS = {
    "fragility_decile": ("mfi_decile", "decile", "ordinal"),
    "high_emission_cars": ("motorizz_alte_emiss", "cars_per_100_residents", "ratio"),
    "unsorted_waste": ("rifiuti_indiff_kg", "kg_per_resident", "ratio"),
    "protected_areas_share": ("aree_protette_pct", "percent", "ratio"),
    "landslide_areas_share": ("aree_frana_pct", "percent", "ratio"),
    "land_take_share": ("consumo_suolo_pct", "percent", "ratio"),
    "accessibility": ("accessibilita_min", "minutes", "ratio"),
    "dependency_ratio": ("dipendenza_pop", "percent", "ratio"),
    "low_education_share": ("bassa_istruz_25_64_pct", "percent", "ratio"),
    "employment_rate": ("tasso_occupazione_20_64", "percent", "ratio"),
    "net_migration": ("migrazione_netta", "as_published", "ratio"),
    "local_units_density_ventile": ("densita_ul_ventile", "ventile", "ordinal"),
    "low_productivity_employment_ventile": ("addetti_bassa_produtt_ventile", "ventile", "ordinal"),
}
UNITS = {item: unit for item, (_, unit, _) in ITEMS.items()}
HIGHEST = {"decile": 10, "ventile": 20, "percent": 100}

FRAGILITY = Resource(
    name="fragility",
    title={
        "it": "Indicatori dell'indice di fragilità comunale",
        "en": "Indicators of the municipal fragility index",
    },
    publisher="ISTAT",
    url="https://esploradati.istat.it/",
    licence="istat",
    upstream=("github.com/the-general-lee/IFC_Project_AS@c6ff9d1: data/raw/ifc/composite_fragility_all_years.xlsx",),
    observed="{year}-12-31",
    processing={
        "it": "Valori pubblicati, resi lunghi; i codici sono stati attribuiti a monte per nome: per i Comuni "
        "compresi nome e "
        "codice sono stati confrontati con il registro.",
        "en": "Published values, made long; codes were given upstream by name: for the municipalities embedded, "
        "name and "
        "code were compared with the register.",
    },
    key=("istat_code", "year", "item"),
    fields=figures(
        YEARS,
        list(ITEMS),
        sorted(set(UNITS.values())),
        minimum=None,
        between=(column("scale", it="Scala", en="Scale", enum=["ratio", "ordinal"]),),
        flags=("observed", "missing"),
    ),
    unit_by="item",
    units=UNITS,
    faults=(
        {
            "it": "I due ventili e il decile sono ranghi: si confrontano, non se ne fa la media né il rapporto.",
            "en": "The two ventiles and the decile are ranks: they can be compared, never averaged or divided.",
        },
        {"it": "Manca il 2020.", "en": "2020 is missing."},
        {
            "it": "Il file nazionale attribuisce i codici per nome: 7.888 codici in 7.903 righe l'anno, con "
            "fusioni, omonimi e "
            "abbinamenti errati (Bregano porta il codice di Bregnano, Carceri quello di Careri). Nessuno riguarda i "
            "133 Comuni compresi.",
            "en": "The national file gives codes by name: 7,888 codes in 7,903 rows a year, with mergers, homonyms and "
            "wrong matches (Bregano carries Bregnano's code, Carceri that of Careri). None is among the 133 embedded.",
        },
        {
            "it": "La dipendenza è (0–19 e 65 e oltre) / (20–64) al 31 dicembre, non l'indice usuale (0–14 e 65 "
            "e oltre) / (15–64).",
            "en": "Dependency is (0–19 and 65 and over) / (20–64) at 31 December, not the usual (0–14 and 65 "
            "and over) / "
            "(15–64).",
        },
        {
            "it": "Della migrazione netta il file non dà la scala: il valore è quello pubblicato, da non usare "
            "come tasso.",
            "en": "The file gives no scale for net migration: the value is as published, not to be used as a rate.",
        },
    ),
)
RESOURCES = (FRAGILITY,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Long table of the embedded municipalities; `scale` says which items are ranks."""
    source = RawFile(FRAGILITY.name, raw / FILE)
    frame = source.csv(["anno", "cod_istat", "comune", *[name for name, _, _ in ITEMS.values()]])
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
                "unit": unit,
            }
        )
        for item, (name, unit, scale) in ITEMS.items()
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
