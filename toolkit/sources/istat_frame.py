"""Economic results of local units by municipality (ISTAT, Frame SBS territoriale), 2023: total, industry, services."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile, embedded, long
from toolkit.sources.resource import Resource

FILE = "national/frame_territoriale/IT_frame_territoriale_comuni_2023.parquet"
YEAR = 2023
SECTORS = {"totale": "total", "industria": "industry", "servizi": "services"}
COUNTS = {"local_units": "unita_locali", "persons_employed": "addetti", "employees": "dipendenti"}
AMOUNTS = {
    "wages": "retribuzioni_keur",
    "labour_cost": "costo_lavoro_keur",
    "value_added": "valore_aggiunto_keur",
    "turnover": "fatturato_keur",
}
THOUSAND = 1000.0

FRAME = Resource.of("business_frame")
RESOURCES = (FRAME,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Counts, and amounts in EUR, of the embedded municipalities; a sector without a row has nobody: zero."""
    source = RawFile(FRAME.name, raw / FILE)
    columns = COUNTS | AMOUNTS
    frame = source.parquet(["cod_istat", "macrosettore", "flag", *columns.values()])
    source.codes(frame, "cod_istat")
    source.unique(frame, ["cod_istat", "macrosettore"])
    source.require(
        bool(frame["macrosettore"].isin(list(SECTORS)).all()), f"macrosettore is one of {', '.join(SECTORS)}"
    )
    whole = set(frame.loc[frame["macrosettore"] == "totale", "cod_istat"])
    source.require(whole == set(frame["cod_istat"]), "has the total of each municipality")
    frame = embedded(frame, "cod_istat").assign(macrosettore=lambda rows: rows["macrosettore"].map(SECTORS))
    blank = frame[list(columns.values())].isna().any(axis=1)
    source.require(bool((frame.loc[blank, "flag"] == "*").all()), "a blank cell is confidential: *")
    every = pd.MultiIndex.from_product([frame["cod_istat"].unique(), SECTORS.values()], names=["istat_code", "sector"])
    wide = frame.set_index(["cod_istat", "macrosettore"])
    parts = []
    for item, name in columns.items():
        found = wide[name].astype(float) * (THOUSAND if item in AMOUNTS else 1.0)
        found = found.reindex(every, fill_value=0.0)
        flag = found.isna().map({True: "confidential", False: "observed"})
        part = pd.DataFrame({"value": found, "flag": flag}).reset_index()
        parts.append(part.assign(item=item, year=YEAR, unit=FRAME.units[item]))
    return {FRAME.name: long(pd.concat(parts, ignore_index=True), list(FRAME.key))}
