"""Commuting to work (ISTAT, permanent census 2021): totals by municipality, and the main flows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.raw import PROVINCES, RawFile, embedded, long
from toolkit.sources.resource import FLAGS, Resource, code, column, figures

TOTALS_FILE = "commuting/IT_pendolari_lavoro_2021_totali.csv"
BALANCE_FILE = "commuting/IT_pendolari_lavoro_2021_saldo.csv"
FLOWS_FILE = "commuting/IT_pendolari_lavoro_2021_flussi_principali.csv.gz"
YEAR = 2021
UNITS = {
    "outgoing": "persons",
    "incoming": "persons",
    "internal": "persons",
    "destinations": "municipalities",
    "origins": "municipalities",
}

_ORIGIN = {
    "publisher": "ISTAT",
    "url": "https://cruscotto-italia.dati.gov.it/",
    "licence": "istat-census",
    "observed": "{year}-12-31",
}
COMMUTING = Resource(
    name="commuting",
    title={
        "it": "Pendolari per lavoro: usciti, entrati, interni (censimento permanente)",
        "en": "Commuters to work: out, in, within (permanent census)",
    },
    upstream=(
        "github.com/AgID/cruscotto-italia: data/pendolarismo/*.json (history)",
        "github.com/l7g/limen@a8d5634: public/data/derived/commuter-balance.csv (internal)",
    ),
    processing={
        "it": "Valori pubblicati, resi lunghi; usciti ed entrati sono uguali nei due file, gli interni vengono "
        "dal secondo.",
        "en": "Published values, made long; outgoing and incoming agree in the two files, internal is from the second.",
    },
    key=("istat_code", "year", "item"),
    fields=figures([YEAR], list(UNITS), sorted(set(UNITS.values())), flags=("observed",)),
    unit_by="item",
    units=UNITS,
    faults=(
        {
            "it": "Solo spostamenti per lavoro, solo 2021, anno di pandemia.",
            "en": "Journeys to work only, 2021 only, a year of pandemic.",
        },
        {
            "it": "Il saldo per mille abitanti del file usa la popolazione del 2026 e non è ripreso.",
            "en": "The file's balance per thousand residents uses the population of 2026 and is not taken over.",
        },
    ),
    **_ORIGIN,  # type: ignore[arg-type]
)
FLOWS = Resource(
    name="commuting_flows",
    title={
        "it": "Principali flussi di pendolari per lavoro tra Comuni",
        "en": "Main flows of commuters to work between municipalities",
    },
    upstream=("github.com/AgID/cruscotto-italia: data/pendolarismo/*.json (history)",),
    processing={
        "it": "Coppie pubblicate con almeno un capo nei Comuni compresi.",
        "en": "Published pairs with at least one end in the municipalities embedded.",
    },
    key=("origin", "destination", "year"),
    fields=(
        code("origin", "Comune di origine", "Municipality of origin"),
        code("destination", "Comune di destinazione", "Municipality of destination"),
        column("year", "integer", enum=[YEAR]),
        column("value", "number", minimum=1),
        column("unit", enum=["persons"]),
        column("flag", enum=[FLAGS[0]]),
    ),
    faults=(
        {
            "it": "Ci sono solo le coppie tra le prime dieci di uno dei due capi: le somme dei flussi non sono totali.",
            "en": "Only pairs in the top ten of either end are there: sums over pairs are not totals.",
        },
        {
            "it": "Due capi sono Comuni oggi soppressi (Bregano, Malgesso).",
            "en": "Two ends are municipalities abolished since (Bregano, Malgesso).",
        },
    ),
    codes=("origin", "destination"),
    **_ORIGIN,  # type: ignore[arg-type]
)
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
    out = wide.rename_axis("istat_code").reset_index().melt("istat_code", list(UNITS), "item")
    return long(out.assign(year=YEAR, unit=out["item"].map(UNITS)), list(COMMUTING.key))


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
    out = frame.rename(columns={"origine": "origin", "destinazione": "destination"})
    out = out.assign(year=YEAR, value=source.number(frame, "pendolari"), unit="persons")
    return long(out, list(FLOWS.key))
