"""Commuting to work (ISTAT, permanent census 2021): totals by municipality, and the main flows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources import other_codes
from toolkit.sources.raw import RawFile, long
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
    """Totals of the municipalities of today and the main flows between them."""
    flows = _pairs(raw)
    return {COMMUTING.name: _totals(raw, flows), FLOWS.name: _flows(flows)}


def _totals(raw: Path, flows: pd.DataFrame) -> pd.DataFrame:
    """Of municipalities merged since, who went from one to the other is internal; numbers of places do not add up."""
    source = RawFile(COMMUTING.name, raw / TOTALS_FILE)
    names = {"outgoing": "uscenti", "incoming": "entranti", "destinations": "n_destinazioni", "origins": "n_origini"}
    totals = source.csv(["cod_istat", *names.values(), "saldo", "auto_contenimento_pct"])
    source.codes(totals, "cod_istat")
    source.unique(totals, ["cod_istat"])
    totals = totals.set_index("cod_istat")
    other = RawFile(COMMUTING.name, raw / BALANCE_FILE)
    frame = other.csv(["PRO_COM_T", "pendolari_in_entrata", "pendolari_in_uscita", "pendolari_interni"])
    other.codes(frame, "PRO_COM_T")
    balance = frame.set_index("PRO_COM_T").reindex(totals.index)
    wide = pd.DataFrame({item: source.number(totals, name) for item, name in names.items()})
    wide["internal"] = other.number(balance, "pendolari_interni")
    _agree(source, other, totals, balance, wide)
    heirs = other_codes.today(raw, source, wide.index.to_series()).rename("istat_code")
    groups = wide.groupby(heirs)
    merged, wide = groups.size() > 1, groups.sum()
    within = flows[flows["origin"] == flows["destination"]].groupby("origin")["value"].sum()
    within = within.reindex(wide.index, fill_value=0.0)
    wide = wide.assign(outgoing=wide["outgoing"] - within, incoming=wide["incoming"] - within)
    wide["internal"] += within
    wide.loc[merged, ["destinations", "origins"]] = float("nan")
    out = wide.reset_index().melt("istat_code", list(COMMUTING.units), "item")
    flag = out["istat_code"].map(merged).map({True: "estimated", False: "observed"})
    return long(out.assign(year=YEAR, unit=out["item"].map(COMMUTING.units), flag=flag), list(COMMUTING.key))


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


def _pairs(raw: Path) -> pd.DataFrame:
    """Published pairs by code in force; a municipality with itself where two that merged since were a pair."""
    source = RawFile(FLOWS.name, raw / FLOWS_FILE)
    frame = source.csv(["origine", "destinazione", "pendolari"])
    source.unique(frame, ["origine", "destinazione"])
    ends = {
        name: other_codes.today(raw, source, source.codes(frame, column))
        for name, column in (("origin", "origine"), ("destination", "destinazione"))
    }
    out = pd.DataFrame({**ends, "value": source.number(frame, "pendolari")})
    return out.groupby(["origin", "destination"])["value"].sum().reset_index()


def _flows(pairs: pd.DataFrame) -> pd.DataFrame:
    apart = pairs[pairs["origin"] != pairs["destination"]]
    return long(apart.assign(year=YEAR, unit="persons"), list(FLOWS.key))
