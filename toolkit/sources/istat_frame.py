"""Economic results of local units by municipality (ISTAT, Frame SBS territoriale), 2023: total, industry, services."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import RawFile, added, long
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
UNSAID = {("080080", "industria", "costo_lavoro_keur")}
"""Blank cells that no star explains: nobody knows why they are."""

FRAME = Resource.of("business_frame")
RESOURCES = (FRAME,)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Counts, and amounts in EUR, of the municipalities of today; a sector without a row has nobody: zero."""
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
    cells = frame[frame["flag"] != "*"].melt(["cod_istat", "macrosettore"], list(columns.values()), "column")
    unsaid = list(
        cells.loc[cells["value"].isna(), ["cod_istat", "macrosettore", "column"]].itertuples(index=False, name=None)
    )
    source.require(set(unsaid) <= UNSAID, f"a blank cell is confidential, *, but for {sorted(UNSAID)}; also {unsaid}")
    frame = frame.assign(macrosettore=frame["macrosettore"].map(SECTORS))
    every = pd.MultiIndex.from_product([frame["cod_istat"].unique(), SECTORS.values()], names=["code", "sector"])
    wide = frame.set_index(["cod_istat", "macrosettore"])
    starred = (wide["flag"] == "*").reindex(every, fill_value=False)
    heirs = dict(zip(frame["cod_istat"], other_codes.today(raw, source, frame["cod_istat"]), strict=True))
    parts = []
    for item, name in columns.items():
        found = wide[name].astype(float) * (THOUSAND if item in AMOUNTS else 1.0)
        found = found.reindex(every, fill_value=0.0)
        flag = starred.map({True: "confidential", False: "missing"}).where(found.isna(), "observed")
        part = pd.DataFrame({"value": found, "flag": flag}).reset_index()
        part = added(part.assign(istat_code=part["code"].map(heirs)), ["istat_code", "sector"])
        parts.append(part.assign(item=item, year=YEAR, unit=FRAME.units[item]))
    return {FRAME.name: long(pd.concat(parts, ignore_index=True), list(FRAME.key))}
