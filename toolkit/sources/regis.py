"""Italia Domani (ReGiS): projects located in a municipality with their payments; procedures, spending, milestones.

Two files of different days are joined by CUP: where projects are (1 March 2023) and what was paid (31 March 2025). The
payments file holds only projects with a payment, so a located project without one is "not seen paid" and its financing
is unknown; and the same CUP repeats its whole amount on every place, so amounts are kept once, by CUP.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from toolkit.sources import padigitale
from toolkit.sources.padigitale import curated
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import Resource

PROJECTS = Resource.of("regis_projects")
LOCATIONS = Resource.of("regis_locations")
BENEFICIARIES = Resource.of("regis_beneficiaries")
PROCEDURES = Resource.of("pnrr_procedures")
SPENDING = Resource.of("pnrr_spending")
MILESTONES = Resource.of("pnrr_milestones")
RESOURCES = (PROJECTS, LOCATIONS, BENEFICIARIES, PROCEDURES, SPENDING, MILESTONES)
LOCATIONS_FILE = "pnrr_regis/PNRR_Localizzazione_REGIS_MI015_2023-03-01.parquet"
PAYMENTS_FILE = "pnrr_regis/PNRR_Pagamenti_di_Progetto_IT.parquet"
PROCEDURES_FILE = "pnrr_bandi/PNRR_PRATT.csv"
SPENDING_FILE = "pnrr_bandi/PNRR_Spesa_per_misura_PNRR.csv"
MILESTONES_FILE = "pnrr_bandi/PNRR_MeT_OAprogrammazione.csv"
MONEY = {
    "finance_pnrr": "finanziamento_pnrr",
    "finance_total": "finanziamento_totale",
    "paid_pnrr": "pagamenti_totali_pnrr",
    "paid_total": "pagamenti_totali",
}
LOCAL_KIND = re.compile(r"^PRJ_\d+([A-Z]{3})")  # PA digitale's own codes say who the project belongs to


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """Projects, places, beneficiaries and the small tables of the plan."""
    located, paid = _located(raw), _paid(raw)
    applications = padigitale.applications(raw)
    return {
        "regis_projects": _projects(located, paid, set(applications["cup"])),
        "regis_locations": _locations(located),
        "regis_beneficiaries": beneficiaries(),
        "pnrr_procedures": _procedures(raw),
        "pnrr_spending": _spending(raw),
        "pnrr_milestones": _milestones(raw),
    }


def _located(raw: Path) -> pd.DataFrame:
    source = RawFile("regis_locations", raw / LOCATIONS_FILE)
    names = ["cup", "codice_univoco_submisura", "descrizione_submisura", "codice_locale_progetto", "provincia"]
    frame = source.parquet([*names, "comune", "data_di_estrazione"]).copy()
    day, said = str(frame["data_di_estrazione"].max())[:10], LOCATIONS.reference_date
    source.require(day == said, f"data_di_estrazione is {said}; it is {day}")
    pairs = zip(frame["provincia"], frame["comune"], strict=True)
    frame["istat_code"] = [f"{int(province):03d}{int(place):03d}" for province, place in pairs]
    frame["municipal"] = frame["comune"].astype(int) != 0
    frame["local_kind"] = frame["codice_locale_progetto"].astype(str).str.extract(LOCAL_KIND)[0].fillna("")
    return frame


def _paid(raw: Path) -> pd.DataFrame:
    source = RawFile("regis_projects", raw / PAYMENTS_FILE)
    key = ["cup", "codice_locale_progetto", "codice_univoco_submisura"]
    frame = source.parquet([*key, *MONEY.values(), "data_di_estrazione"])
    source.unique(frame, key)
    return frame


def _projects(located: pd.DataFrame, paid: pd.DataFrame, applied: set[str]) -> pd.DataFrame:
    """One row a CUP: located in the province, or that of a municipality's application; amounts once, never by place."""
    wanted = paid[paid["cup"].isin(set(located["cup"]) | applied)]
    sums = wanted.groupby("cup").agg(
        local_projects=("codice_locale_progetto", "size"),
        submeasure_paid=("codice_univoco_submisura", "first"),
        submeasures=("codice_univoco_submisura", "nunique"),
        payments_on=("data_di_estrazione", "first"),
        **{name: (column, "sum") for name, column in MONEY.items()},
    )
    blank = wanted.assign(**{name: wanted[column].isna() for name, column in MONEY.items()}).groupby("cup")[list(MONEY)]
    sums[list(MONEY)] = sums[list(MONEY)].mask(blank.any())  # a project's amount is never a part of it
    places = located.sort_values(["cup", "codice_univoco_submisura"]).groupby("cup")
    where = pd.DataFrame(
        {
            "submeasure_located": places["codice_univoco_submisura"].first(),
            "located_on": places["data_di_estrazione"].first(),
            "local_kind": places["local_kind"].first(),
            "n_municipalities": located[located["municipal"]].groupby("cup")["istat_code"].nunique(),
            "whole_province": (~places["municipal"].all()).map({True: "yes", False: "no"}),
        }
    )
    kinds = wanted.groupby("cup")["codice_locale_progetto"].first().astype(str).str.extract(LOCAL_KIND)[0].fillna("")
    out = where.join(sums, how="outer")
    out["submeasure"] = out["submeasure_located"].fillna(out["submeasure_paid"])
    out["local_kind"] = kinds.reindex(out.index).fillna("").where(lambda kind: kind != "", out["local_kind"]).fillna("")
    for name in ("located_on", "payments_on"):
        out[name] = [str(day)[:10] if pd.notna(day) else "" for day in out[name]]
    out["whole_province"] = out["whole_province"].fillna("no")
    out["n_municipalities"] = out["n_municipalities"].fillna(0)
    return out.rename_axis("cup").reset_index().sort_values("cup").reset_index(drop=True)


def _locations(located: pd.DataFrame) -> pd.DataFrame:
    """One row a CUP and municipality; the publisher's share of localisation is not in the release at hand."""
    rows = located[located["municipal"]].drop_duplicates(["cup", "istat_code"])
    out = rows[["cup", "istat_code"]].copy()
    out["share"] = float("nan")
    return out.sort_values(["cup", "istat_code"]).reset_index(drop=True)


def beneficiaries() -> pd.DataFrame:
    """Submeasure (and kind of local code) → type of beneficiary, kept by hand."""
    document = curated("beneficiaries.yml")
    rows = [
        {
            "submeasure": entry["submeasure"],
            "local_kind": entry.get("local_kind", ""),
            "beneficiary": entry["beneficiary"],
            "title_it": entry["title"],
            "to_verify": "yes" if entry.get("to_verify") else "no",
            "date_checked": document["date_checked"].isoformat(),
            "source": document["source"],
        }
        for entry in document["beneficiaries"]
    ]
    return pd.DataFrame(rows).sort_values(list(BENEFICIARIES.key)).reset_index(drop=True)


def _procedures(raw: Path) -> pd.DataFrame:
    source = RawFile("pnrr_procedures", raw / PROCEDURES_FILE)
    names = {
        "submeasure": "codice_univoco_submisura",
        "procedure": "codice_pratt",
        "owner": "amministrazione_titolare",
        "kind": "tipo_procedura",
        "title_it": "titolo_procedura",
        "extracted_on": "data_di_estrazione",
    }
    money = {"amount": "importo_procedura", "committed": "importo_impegnato", "available": "importo_disponibile"}
    counts = {"projects": "numero_progetti", "admitted_cost": "costo_ammesso_progetti"}
    frame = source.csv([*names.values(), *money.values(), *counts.values()])
    out = frame[list(names.values())].set_axis(list(names), axis=1)
    out["procedure"] = source.number(frame, "codice_pratt").astype("int64").astype(str)
    out["title_it"] = out["title_it"].str.replace(r"\s+", " ", regex=True).str.strip().str.slice(0, 240)
    for name, column in (money | counts).items():
        out[name] = source.number(frame, column)
    source.unique(out, list(PROCEDURES.key))
    return out.sort_values(list(PROCEDURES.key)).reset_index(drop=True)


def _spending(raw: Path) -> pd.DataFrame:
    source = RawFile("pnrr_spending", raw / SPENDING_FILE)
    names = ["codice_univoco_submisura", "descrizione_submisura", "amministrazione_titolare", "data_di_estrazione"]
    frame = source.csv([*names, "importo_totale", "spesa_dichiarata_pnrr"])
    out = frame[names].set_axis(["submeasure", "title_it", "owner", "extracted_on"], axis=1)
    out["amount"] = source.number(frame, "importo_totale")
    out["spent"] = source.number(frame, "spesa_dichiarata_pnrr")
    source.unique(out, list(SPENDING.key))
    return out.sort_values(list(SPENDING.key)).reset_index(drop=True)


def _milestones(raw: Path) -> pd.DataFrame:
    source = RawFile("pnrr_milestones", raw / MILESTONES_FILE)
    names = {
        "submeasure": "codice_univoco_submisura",
        "milestone": "nr_seq_mt",
        "kind": "milestone_target",
        "level": "ita_ue",
        "name_it": "nome_milestone_target",
        "goal_unit": "unita_di_misura_target",
        "quarter": "trimestre_di_conseguimento",
        "year": "anno_di_conseguimento",
    }
    frame = source.csv([*names.values(), "valore_obiettivo_target"])
    out = frame[list(names.values())].set_axis(list(names), axis=1)
    out["kind"] = out["kind"].str.lower()
    out["level"] = out["level"].map({"UE": "EU", "ITA": "national"})
    out["name_it"] = out["name_it"].str.replace(r"\s+", " ", regex=True).str.strip()
    out["goal"] = frame["valore_obiettivo_target"].str.strip()
    out["year"] = source.number(frame, "anno_di_conseguimento")
    source.unique(out, list(MILESTONES.key))
    return out.sort_values(list(MILESTONES.key)).reset_index(drop=True)
