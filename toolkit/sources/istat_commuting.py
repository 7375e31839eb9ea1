"""Commuting to work (ISTAT, permanent census 2021): totals by municipality, and the main flows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import PROVINCES, RawFile, embedded, long
from toolkit.sources.resource import Resource

TOTALS_FILE = "commuting/IT_pendolari_lavoro_2021_totali.csv"
BALANCE_FILE = "commuting/IT_pendolari_lavoro_2021_saldo.csv"
FLOWS_FILE = "commuting/IT_pendolari_lavoro_2021_flussi_principali.csv.gz"
YEAR = 2021
ENDS = {"origin": "origine", "destination": "destinazione"}
COMMUTING = Resource.of("commuting")
FLOWS = Resource.of("commuting_flows")
RESOURCES = (COMMUTING, FLOWS)


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Totals of the embedded municipalities and the flows that touch them."""
    return {COMMUTING.name: _totals(raw), FLOWS.name: _flows(raw)}


def _totals(raw: Path) -> pd.DataFrame:
    source = RawFile(COMMUTING.name, raw / TOTALS_FILE)
    names = {"outgoing": "uscenti", "incoming": "entranti", "destinations": "n_destinazioni", "origins": "n_origini"}
    totals = source.csv(["cod_istat", *names.values(), "saldo", "auto_contenimento_pct"])
    source.codes(totals, "cod_istat")
    source.unique(totals, ["cod_istat"])
    totals = embedded(totals, "cod_istat").set_index("cod_istat")
    other = RawFile(COMMUTING.name, raw / BALANCE_FILE)
    frame = other.csv(["PRO_COM_T", "pendolari_in_entrata", "pendolari_in_uscita", "pendolari_interni"])
    other.codes(frame, "PRO_COM_T")
    balance = embedded(frame, "PRO_COM_T").set_index("PRO_COM_T").reindex(totals.index)
    wide = pd.DataFrame({item: source.number(totals, name) for item, name in names.items()})
    wide["internal"] = other.number(balance, "pendolari_interni")
    _agree(source, other, totals, balance, wide)
    out = wide.rename_axis("istat_code").reset_index().melt("istat_code", list(COMMUTING.units), "item")
    return long(out.assign(year=YEAR, unit=out["item"].map(COMMUTING.units)), list(COMMUTING.key))


def _agree(source: RawFile, other: RawFile, totals: pd.DataFrame, balance: pd.DataFrame, wide: pd.DataFrame) -> None:
    """The two files say the same, and self-containment is internal / (internal + outgoing)."""
    for item, name in (("outgoing", "pendolari_in_uscita"), ("incoming", "pendolari_in_entrata")):
        other.require(bool((other.number(balance, name) == wide[item]).all()), f"{name} equals that of {TOTALS_FILE}")
    saldo = source.number(totals, "saldo")
    source.require(bool((saldo == wide["incoming"] - wide["outgoing"]).all()), "saldo is entranti - uscenti")
    share = 100 * wide["internal"] / (wide["internal"] + wide["outgoing"])
    published = source.number(totals, "auto_contenimento_pct")
    source.require(
        bool(((share - published).abs() <= 0.0501).all()), "auto_contenimento_pct is internal / (internal + out)"
    )


def _flows(raw: Path) -> pd.DataFrame:
    source = RawFile(FLOWS.name, raw / FLOWS_FILE)
    frame = source.csv(["origine", "destinazione", "pendolari"])
    source.codes(frame, "origine")
    source.codes(frame, "destinazione")
    source.unique(frame, ["origine", "destinazione"])
    touching = frame["origine"].str[:3].isin(PROVINCES) | frame["destinazione"].str[:3].isin(PROVINCES)
    frame = frame[touching]
    pairs = [other_codes.today(raw, source, frame[end]).rename(name) for name, end in ENDS.items()]
    out = source.number(frame, "pendolari").rename("value").groupby(pairs).sum().reset_index()
    return long(out.assign(year=YEAR, unit="persons"), list(FLOWS.key))
