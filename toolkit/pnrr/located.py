"""Projects located in a municipality (ReGiS), whoever runs them: never the municipality's own money.

A project over several municipalities carries its whole amount on every place, so a sum over places counts it several
times and is refused. It is split by the stated share of localisation where there is one; else it is joint, and only for
totals an equal part over the municipalities of the province is taken, with that rule said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NoReturn

import pandas as pd

from toolkit.errors import MethodError
from toolkit.pnrr.days import as_of_day, records

MONEY = ("finance_pnrr", "finance_total", "paid_pnrr", "paid_total")
SPLITS = ("alone", "stated_share", "equal_part")
"""`alone`: one municipality of the province; `equal_part`: a convention, over the municipalities of the province."""


def located(
    projects: pd.DataFrame,
    locations: pd.DataFrame,
    beneficiaries: pd.DataFrame,
    applications: pd.DataFrame,
    codes: Sequence[str] = (),
    as_of: str | date = "",
) -> pd.DataFrame:
    """Projects by place, with who usually runs them.

    Args:
        projects: table `regis_projects`.
        locations: table `regis_locations`.
        beneficiaries: table `regis_beneficiaries`.
        applications: table `applications`: a CUP of a municipality's application is run by that municipality.
        codes: municipalities wanted; empty for all.
        as_of: releases after the day are not used (its places, or its payments, are then not known); empty for all.

    Returns:
        One row a CUP and municipality: `istat_code`, `cup`, `submeasure`, `beneficiary`, `beneficiary_to_verify`,
        `own_application`, `payment_seen`, `n_municipalities`, `joint`, `split` (one of `SPLITS`), `part` (0–1), the
        money of the whole project (`finance_pnrr` …, EUR, NaN where no payment was seen) and the part's
        (`finance_pnrr_part` …).
    """
    places = locations[locations["istat_code"].isin(list(codes))] if len(codes) else locations
    out = places.merge(projects, on="cup", how="left", validate="many_to_one")
    if as_of:
        day = as_of_day(as_of)
        out = out[out["located_on"] <= day].reset_index(drop=True)
        out.loc[out["payments_on"] > day, list(MONEY)] = float("nan")
    out = out.merge(_kinds(out, beneficiaries), left_index=True, right_index=True)
    owners = applications.groupby("cup")["istat_code"].agg(set).to_dict()
    own = [code in owners.get(cup, ()) for code, cup in zip(out["istat_code"], out["cup"], strict=True)]
    out["own_application"] = own
    out["beneficiary"] = out["beneficiary"].where(~out["own_application"], "municipality")
    out["beneficiary_to_verify"] = out["beneficiary_to_verify"] & ~out["own_application"]
    out["payment_seen"] = out["paid_total"].fillna(0) > 0
    out["joint"] = (out["n_municipalities"] > 1) | (out["whole_province"] == "yes")
    out["split"] = "equal_part"
    out.loc[out["share"].notna(), "split"] = "stated_share"
    out.loc[~out["joint"], "split"] = "alone"
    out["part"] = out["share"].fillna(1 / out["n_municipalities"]).where(out["joint"], 1.0)
    for name in MONEY:
        out[f"{name}_part"] = out[name] * out["part"]
    kept = [
        "istat_code",
        "cup",
        "submeasure",
        "beneficiary",
        "beneficiary_to_verify",
        "own_application",
        "payment_seen",
    ]
    kept += ["n_municipalities", "joint", "split", "part", *MONEY, *(f"{name}_part" for name in MONEY)]
    return out[kept].sort_values(["istat_code", "cup"]).reset_index(drop=True)


def _kinds(rows: pd.DataFrame, beneficiaries: pd.DataFrame) -> pd.DataFrame:
    """Beneficiary by submeasure and letters of the local code, else by submeasure alone, else `other`."""
    listed = records(beneficiaries)
    table = {(row["submeasure"], row["local_kind"]): (row["beneficiary"], row["to_verify"]) for row in listed}
    found = [
        table.get((sub, kind)) or table.get((sub, "")) or ("other", "yes")
        for sub, kind in zip(rows["submeasure"], rows["local_kind"], strict=True)
    ]
    out = pd.DataFrame(found, columns=["beneficiary", "beneficiary_to_verify"], index=rows.index)
    return out.assign(beneficiary_to_verify=out["beneficiary_to_verify"] == "yes")


def by_beneficiary(rows: pd.DataFrame) -> pd.DataFrame:
    """Projects whose payment was seen, by type of beneficiary: parts add up, whole amounts of joint projects do not.

    Args:
        rows: result of `located`, of one municipality or of disjoint ones.

    Returns:
        `beneficiary`, `projects` (CUPs), `joint` (CUPs over several municipalities), `finance_pnrr` and `paid_pnrr`
        (EUR, parts), `finance_alone` (EUR, of projects of one municipality), `to_verify` (projects whose type is to be
        verified).
    """
    seen = rows[rows["payment_seen"]]
    out = []
    for name, group in seen.groupby("beneficiary"):
        out.append(
            {
                "beneficiary": name,
                "projects": int(group["cup"].nunique()),
                "joint": int(group.loc[group["joint"], "cup"].nunique()),
                "finance_pnrr": float(group["finance_pnrr_part"].sum()),
                "paid_pnrr": float(group["paid_pnrr_part"].sum()),
                "finance_alone": float(group.loc[group["split"] == "alone", "finance_pnrr"].sum()),
                "to_verify": int(group.loc[group["beneficiary_to_verify"], "cup"].nunique()),
            }
        )
    columns = ["beneficiary", "projects", "joint", "finance_pnrr", "paid_pnrr", "finance_alone", "to_verify"]
    return pd.DataFrame(out, columns=columns).sort_values("finance_pnrr", ascending=False).reset_index(drop=True)


def summary(rows: pd.DataFrame) -> dict[str, float]:
    """Totals of one municipality (or of disjoint ones), EUR of PNRR financing.

    Args:
        rows: result of `located`.

    Returns:
        `projects` (CUPs with a payment seen), `not_seen_paid` (CUPs located without a payment: their financing is not
        known), `finance` (alone + shares + equal parts), `finance_alone`, `finance_equal_part` (what rests on the
        convention), `paid`, `own_finance` (of CUPs of the municipality's own applications).
    """
    seen = rows[rows["payment_seen"]]
    own = seen[seen["own_application"]]
    return {
        "projects": float(seen["cup"].nunique()),
        "not_seen_paid": float(rows.loc[~rows["payment_seen"], "cup"].nunique()),
        "finance": float(seen["finance_pnrr_part"].sum()),
        "finance_alone": float(seen.loc[seen["split"] == "alone", "finance_pnrr"].sum()),
        "finance_equal_part": float(seen.loc[seen["split"] == "equal_part", "finance_pnrr_part"].sum()),
        "paid": float(seen["paid_pnrr_part"].sum()),
        "own_finance": float(own["finance_pnrr_part"].sum()),
    }


def province_total(projects: pd.DataFrame) -> dict[str, float]:
    """PNRR financing of the projects located in the province, each CUP once, EUR.

    Returns:
        `all`, `in_municipalities`, `whole_province` (located in the province as a whole), `projects` (with a payment
        seen), `located` (all CUPs located).
    """
    placed = projects[projects["located_on"] != ""]
    seen = placed[placed["paid_total"].fillna(0) > 0]
    whole = seen["whole_province"] == "yes"
    return {
        "all": float(seen["finance_pnrr"].sum()),
        "in_municipalities": float(seen.loc[~whole, "finance_pnrr"].sum()),
        "whole_province": float(seen.loc[whole, "finance_pnrr"].sum()),
        "projects": float(len(seen)),
        "located": float(len(placed)),
    }


def naive_total(rows: pd.DataFrame) -> NoReturn:
    """The sum of whole amounts over places, which is refused.

    Raises:
        MethodError: always; it says by how much the sum would be wrong.
    """
    seen = rows[rows["payment_seen"]]
    wrong, right = float(seen["finance_pnrr"].sum()), float(seen["finance_pnrr_part"].sum())
    raise MethodError(
        f"whole amounts do not add up over places: {wrong:,.0f} EUR would be counted instead of {right:,.0f}",
        where="regis_locations: a project repeats its whole amount on every municipality",
        hint="sum the parts (`finance_pnrr_part`), or use summary() and province_total()",
    )
