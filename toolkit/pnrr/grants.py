"""Grants of PA digitale on a day: each application with its line, its state, and where its payment was seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from toolkit.partial import Sum
from toolkit.pnrr.days import as_of_day
from toolkit.pnrr.projects import applications_as_of, payments


def grants(applications: pd.DataFrame, projects: pd.DataFrame, calls: pd.DataFrame, as_of: str | date) -> pd.DataFrame:
    """Applications funded by the day, with line and payments.

    Args:
        applications: table `applications`.
        projects: table `regis_projects`.
        calls: table `calls`.
        as_of: the day.

    Returns:
        The columns of `applications_as_of` and of `payments`, `line`, and `seen_on`: the last day on which the file or
        ReGiS shows what `payment` says.
    """
    day = as_of_day(as_of)
    found = payments(applications_as_of(applications, day), projects, day)
    seen = found["not_seen_paid_until"].where(found["payment"] == "not_seen_paid", found["paid_on"])
    seen = seen.where(found["payment"] != "paid_regis", found["regis_on"])
    seen = seen.where(found["payment"] != "renounced", found["state_on"])
    lines = dict(zip(calls["call"], calls["line"], strict=True))
    return found.assign(line=found["call"].map(lines), seen_on=seen)


def held(found: pd.DataFrame) -> pd.DataFrame:
    """Grants that were not renounced."""
    return found[found["payment"] != "renounced"]


def unpaid(found: pd.DataFrame) -> pd.DataFrame:
    """Grants held that nobody was seen to pay, the largest first."""
    rows = found[found["payment"] == "not_seen_paid"]
    return rows.sort_values(["amount", "call", "istat_code"], ascending=[False, True, True]).reset_index(drop=True)


def unpaid_by_line(found: pd.DataFrame, everybody: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """What was not seen paid, line by line, beside other municipalities: where nobody is seen paid, it says nothing.

    Args:
        found: grants of the territory.
        everybody: all grants.
        codes: municipalities to set it beside; those of the territory are left out.

    Returns:
        `line`, `grants`, `amount` (EUR, of those known, with its `amount_flag`), `until` (last day on which no payment
        was seen), `others` (grants of the line that the other municipalities hold), `others_paid` (of them, seen
        paid). The largest first.
    """
    apart = set(found["istat_code"])
    beside = held(everybody[everybody["istat_code"].isin(set(codes) - apart)])
    rows = []
    for line, own in unpaid(found).groupby("line"):
        same = beside.loc[beside["line"] == line, "payment"]
        total = Sum.of_column(own["amount"])
        paid = int((same != "not_seen_paid").sum())
        until = own["not_seen_paid_until"].max()
        rows.append((line, len(own), float(total), total.flag, until, len(same), paid))
    columns = ["line", "grants", "amount", "amount_flag", "until", "others", "others_paid"]
    return pd.DataFrame(rows, columns=columns).sort_values("amount", ascending=False).reset_index(drop=True)


def by_line(found: pd.DataFrame) -> pd.DataFrame:
    """Grants of several municipalities, line by line.

    Returns:
        `line`, `holders` (municipalities with a grant that is not renounced), `live_count`, and `live`,
        `not_seen_paid`, `renounced` (EUR, of those known, each with its `…_flag`). The largest first.
    """
    rows = []
    for line, group in found.groupby("line"):
        live = held(group)
        sums = {
            "live": Sum.of_column(live["amount"]),
            "not_seen_paid": Sum.of_column(unpaid(group)["amount"]),
            "renounced": Sum.of_column(group.loc[group["payment"] == "renounced", "amount"]),
        }
        row: dict[str, Any] = {"line": line, "holders": live["istat_code"].nunique(), "live_count": len(live)}
        row |= {name: float(total) for name, total in sums.items()}
        rows.append(row | {f"{name}_flag": total.flag for name, total in sums.items()})
    names = ["live", "not_seen_paid", "renounced"]
    columns = ["line", "holders", "live_count", *names, *(f"{name}_flag" for name in names)]
    return pd.DataFrame(rows, columns=columns).sort_values("live", ascending=False).reset_index(drop=True)


def by_municipality(found: pd.DataFrame, codes: Iterable[str], **columns: Any) -> pd.DataFrame:
    """One row a municipality: what it holds, what is not seen paid, what it renounced.

    Args:
        found: grants.
        codes: municipalities shown, also those without any grant.
        columns: more of each, code → value.

    Returns:
        `istat_code`, `live_count`, `live`, `not_seen_paid`, `renounced` (EUR, each with its `…_flag`), and the columns.
    """
    listed = list(codes)
    parts = {"live": held(found), "not_seen_paid": unpaid(found), "renounced": found[found["payment"] == "renounced"]}
    sums = {name: Sum.by(rows.groupby("istat_code")["amount"]) for name, rows in parts.items()}
    out = pd.DataFrame({"istat_code": listed})
    out["live_count"] = [sums["live"].get(code, Sum()).of for code in listed]
    for name, by in sums.items():
        out[name] = [float(by.get(code, Sum())) for code in listed]
        out[f"{name}_flag"] = [by.get(code, Sum()).flag for code in listed]
    return out.assign(**{name: out["istat_code"].map(values) for name, values in columns.items()})


def lines_held(found: pd.DataFrame, covered: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """What each municipality has in each line.

    Args:
        found: grants.
        covered: result of `coverage`.
        codes: municipalities shown.

    Returns:
        `istat_code` and one column a line: `held`, `renounced`, `none` (files cover all its calls), `not_observable`.
    """
    whole = covered.groupby("line")["coverage"].agg(lambda column: bool((column == "complete").all()))
    states = found.groupby(["istat_code", "line"])["payment"].agg(set).to_dict()
    rows = []
    for code in codes:
        row = {"istat_code": code}
        for line, seen in whole.items():
            mine = states.get((code, line), set())
            absent = "none" if seen else "not_observable"
            row[str(line)] = "held" if mine - {"renounced"} else "renounced" if mine else absent
        rows.append(row)
    return pd.DataFrame(rows)
