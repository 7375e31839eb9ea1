"""Projects located in a municipality (ReGiS), whoever runs them: never the municipality's own money.

A project over several municipalities carries its whole amount on every place, so a sum over places counts it several
times and is refused. It is split by the stated share of localisation where there is one; else it is joint, and only for
totals an equal part over the municipalities of the province is taken, with that rule said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NoReturn

import pandas as pd

from toolkit.errors import MethodError
from toolkit.partial import Sum
from toolkit.pnrr.checks import measure_code
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
        `own_application`, `payment_seen` (also of an amount that is blank), `n_municipalities`, `joint`, `split` (one
        of `SPLITS`), `part` (0–1), the money of the whole project (`finance_pnrr` …, EUR, NaN where no payment was seen
        or the release leaves it blank) and the part's (`finance_pnrr_part` …).
    """
    places = locations[locations["istat_code"].isin(list(codes))] if len(codes) else locations
    projects = projects[projects["cup"].isin(set(places["cup"]))]
    applications = applications[applications["cup"].isin(set(places["cup"]))]
    out = places.merge(projects, on="cup", how="left", validate="many_to_one")
    if as_of:
        day = as_of_day(as_of)
        out = out[out["located_on"] <= day].reset_index(drop=True)
        later = out["payments_on"] > day
        out.loc[later, list(MONEY)] = float("nan")
        out.loc[later, "payments_on"] = ""
    out = out.merge(_kinds(out, beneficiaries), left_index=True, right_index=True)
    owners = applications.groupby("cup")["istat_code"].agg(set).to_dict()
    own = [code in owners.get(cup, ()) for code, cup in zip(out["istat_code"], out["cup"], strict=True)]
    out["own_application"] = pd.Series(own, index=out.index, dtype=bool)
    out["beneficiary"] = out["beneficiary"].where(~out["own_application"], "municipality")
    out["beneficiary_to_verify"] = out["beneficiary_to_verify"].astype(bool) & ~out["own_application"]
    out["payment_seen"] = payment_seen(out).astype(bool)
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


def payment_seen(projects: pd.DataFrame) -> pd.Series:
    """Which projects were seen paid: the release holds them, with an amount that is not zero, or blank (not known)."""
    return (projects["payments_on"] != "") & (projects["paid_total"].isna() | (projects["paid_total"] > 0))


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
        verified). Each sum is of the known amounts, with `<sum>_flag` (see `Sum.flag`) and `<sum>_absent`, how many
        projects lack theirs.
    """
    seen = rows[rows["payment_seen"]]
    out = []
    for name, group in seen.groupby("beneficiary"):
        sums = {
            "finance_pnrr": finance(group),
            "paid_pnrr": _of_projects(group, "paid_pnrr_part"),
            "finance_alone": finance(group[group["split"] == "alone"]),
        }
        out.append(
            {
                "beneficiary": name,
                "projects": int(group["cup"].nunique()),
                "joint": int(group.loc[group["joint"], "cup"].nunique()),
                **{key: float(total) for key, total in sums.items()},
                "to_verify": int(group.loc[group["beneficiary_to_verify"], "cup"].nunique()),
                **{f"{key}_flag": total.flag for key, total in sums.items()},
                **{f"{key}_absent": total.absent for key, total in sums.items()},
            }
        )
    added = ["finance_pnrr", "paid_pnrr", "finance_alone"]
    columns = ["beneficiary", "projects", "joint", *added, "to_verify"]
    columns += [f"{key}_{about}" for about in ("flag", "absent") for key in added]
    return pd.DataFrame(out, columns=columns).sort_values("finance_pnrr", ascending=False).reset_index(drop=True)


def of_measures(rows: pd.DataFrame) -> dict[str, int]:
    """Measure of the plan, such as `M4C1I1.1` → projects located, paid or not; sub-measures count for theirs too.

    Args:
        rows: result of `located`.
    """
    found: dict[str, set[str]] = {}
    for submeasure, cup in zip(rows["submeasure"], rows["cup"], strict=True):
        code = measure_code(submeasure)
        for measure in {code, code.rsplit(".", 1)[0] if code.count(".") == 2 else code}:
            found.setdefault(measure, set()).add(cup)
    return {measure: len(cups) for measure, cups in found.items()}


def without_a_body(rows: pd.DataFrame) -> dict[str, int]:
    """Projects of measures for municipalities whose payment was seen (`all`), and those that no file says to be run by
    the municipality (`unnamed`)."""
    seen = rows[rows["payment_seen"] & (rows["beneficiary"] == "municipality")]
    return {
        "all": int(seen["cup"].nunique()),
        "unnamed": int(seen.loc[seen["beneficiary_to_verify"], "cup"].nunique()),
    }


def finance(rows: pd.DataFrame) -> Sum:
    """PNRR financing of the parts of projects whose payment was seen, EUR."""
    return _of_projects(rows[rows["payment_seen"]], "finance_pnrr_part")


def _of_projects(rows: pd.DataFrame, money: str) -> Sum:
    """A sum over projects, of which each is known whole or not at all."""
    absent = rows.loc[rows[money].isna(), "cup"].nunique()
    return Sum(float(rows[money].sum()), absent, rows["cup"].nunique())


def summary(rows: pd.DataFrame) -> dict[str, Any]:
    """Totals of one municipality (or of disjoint ones), EUR of PNRR financing.

    Args:
        rows: result of `located`.

    Returns:
        `projects` (CUPs with a payment seen), `not_seen_paid` (CUPs located without a payment: their financing is not
        known), `finance` (alone + shares + equal parts), `finance_alone`, `finance_equal_part` (what rests on the
        convention), `paid`, `own_finance` (of CUPs of the municipality's own applications). Amounts are a `Sum` each.
    """
    seen = rows[rows["payment_seen"]]
    return {
        "projects": float(seen["cup"].nunique()),
        "not_seen_paid": float(rows.loc[~rows["payment_seen"], "cup"].nunique()),
        "finance": finance(seen),
        "finance_alone": finance(seen[seen["split"] == "alone"]),
        "finance_equal_part": finance(seen[seen["split"] == "equal_part"]),
        "paid": _of_projects(seen, "paid_pnrr_part"),
        "own_finance": finance(seen[seen["own_application"]]),
    }


def province_total(projects: pd.DataFrame) -> dict[str, Any]:
    """PNRR financing of the projects located in the province, each CUP once, EUR.

    Returns:
        `all`, `in_municipalities`, `whole_province` (located in the province as a whole), `projects` (with a payment
        seen), `located` (all CUPs located). Amounts are a `Sum` each.
    """
    placed = projects[projects["located_on"] != ""]
    seen = placed[payment_seen(placed)]
    whole = seen["whole_province"] == "yes"
    return {
        "all": Sum.of_column(seen["finance_pnrr"]),
        "in_municipalities": Sum.of_column(seen.loc[~whole, "finance_pnrr"]),
        "whole_province": Sum.of_column(seen.loc[whole, "finance_pnrr"]),
        "projects": float(len(seen)),
        "located": float(len(placed)),
    }


def naive_total(rows: pd.DataFrame) -> NoReturn:
    """The sum of whole amounts over places, which is refused.

    Raises:
        MethodError: always; it says by how much the sum would be wrong.
    """
    seen = rows[rows["payment_seen"]]
    wrong, right = Sum.of_column(seen["finance_pnrr"]), finance(seen)
    raise MethodError(
        f"whole amounts do not add up over places: {wrong:,.0f} EUR would be counted instead of {right:,.0f}",
        where="regis_locations: a project repeats its whole amount on every municipality",
        hint="sum the parts (`finance_pnrr_part`), or use summary() and province_total()",
    )
