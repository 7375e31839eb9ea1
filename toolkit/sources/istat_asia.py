"""Local units and persons employed (ISTAT, ASIA-UL), 2018, all activities and sizes together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile, embedded, long
from toolkit.sources.resource import Resource, figures

FILE = "employment/IT_asia_ul_2018_totale.csv"
YEAR = 2018
ITEMS = {"local_units": "unita_locali_2018", "persons_employed": "addetti_ul_2018"}
UNITS = {"local_units": "local_units", "persons_employed": "persons_employed"}

LOCAL_UNITS = Resource(
    name="local_units",
    title={
        "it": "Unità locali delle imprese e addetti (ASIA)",
        "en": "Local units of enterprises and persons employed (ASIA)",
    },
    publisher="ISTAT",
    url="https://esploradati.istat.it/",
    licence="istat",
    upstream=("github.com/the-general-lee/IFC_Project_AS@c6ff9d1: data/raw/istat/asia_size_employees.xlsx",),
    observed="{year}-12-31",
    processing={
        "it": "Valori pubblicati (flusso 183_285_DF_DICA_ASIAULP_7, classe TOTAL, attività 0010), resi lunghi.",
        "en": "Published values (dataflow 183_285_DF_DICA_ASIAULP_7, size TOTAL, activity 0010), made long.",
    },
    key=("istat_code", "year", "item"),
    fields=figures([YEAR], list(ITEMS), list(UNITS.values()), flags=("observed",)),
    unit_by="item",
    units=UNITS,
    faults=(
        {
            "it": "Solo totali: nessun settore e nessuna classe di addetti. Un'unità locale non è un'impresa.",
            "en": "Totals only: no sector and no size class. A local unit is not an enterprise.",
        },
        {
            "it": "Fuori campo: agricoltura, amministrazione pubblica, non profit. Gli addetti sono una media annua.",
            "en": "Out of scope: agriculture, public administration, non-profit. Persons employed are a yearly "
            "average.",
        },
    ),
)
RESOURCES = (LOCAL_UNITS,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Local units (number) and persons employed (annual average) of the embedded municipalities."""
    source = RawFile(LOCAL_UNITS.name, raw / FILE)
    frame = source.csv(["cod_istat", *ITEMS.values()])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat"])
    frame = embedded(frame, "cod_istat")
    parts = [
        pd.DataFrame(
            {"istat_code": frame["cod_istat"], "item": item, "value": source.number(frame, name), "unit": UNITS[item]}
        )
        for item, name in ITEMS.items()
    ]
    out = pd.concat(parts, ignore_index=True).assign(year=YEAR)
    source.require(bool(out["value"].notna().all()), "has no blank cell: revise the adapter's flags")
    return {LOCAL_UNITS.name: long(out, list(LOCAL_UNITS.key))}
