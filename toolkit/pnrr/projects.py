"""What was won, given up, won again and paid: funded applications joined over calls and over both sources by CUP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from toolkit.partial import Sum
from toolkit.pnrr.days import as_of_day, records

CHAINS = ("won_again", "lost", "not_seen_won_again")
"""`lost`: the files cover every later call of the line. `not_seen_won_again`: some later call is not covered."""

PAYMENTS = ("paid_both", "paid_file", "paid_regis", "not_seen_paid", "renounced")
"""Where a payment was seen: state E in the file of applications, a payment in ReGiS, both, or neither."""


def applications_as_of(applications: pd.DataFrame, as_of: str | date) -> pd.DataFrame:
    """Applications funded by the day, each with the state it had then, as far as the files tell.

    Args:
        applications: table `applications`.
        as_of: the day.

    Returns:
        The rows funded by the day with `state` as of the day; `known_until` (the file's day, or the asked one where
        earlier); `state_known` (False where the file gives no date of a renunciation, so it may have been later).
    """
    day = as_of_day(as_of)
    rows = applications[applications["funded_on"] <= day].copy()
    later = (rows["state_on"] > day) & (rows["state"] != "assigned")
    undated = (rows["state_on"] == "") & (rows["state"] != "assigned") & (rows["snapshot_on"] > day)
    rows["state"] = rows["state"].where(~later, "assigned")
    rows["state_on"] = rows["state_on"].where(rows["state_on"] <= day, rows["funded_on"])
    rows["known_until"] = rows["snapshot_on"].where(rows["snapshot_on"] <= day, day)
    rows["state_known"] = ~undated
    return rows.reset_index(drop=True)


def totals(applications: pd.DataFrame) -> pd.DataFrame:
    """Number and EUR by state, and of those not renounced (`live`).

    Returns:
        `state` (assigned, paid, renounced, live, all), `applications`, `amount` (of those known, with its `amount_flag`
        and `amount_absent`, how many lack theirs).
    """
    live = applications[applications["state"] != "renounced"]
    chosen = {state: applications[applications["state"] == state] for state in ("assigned", "paid", "renounced")}
    chosen |= {"live": live, "all": applications}
    sums = {state: Sum.of_column(rows["amount"]) for state, rows in chosen.items()}
    return pd.DataFrame(
        [(state, total.of, float(total), total.flag, total.absent) for state, total in sums.items()],
        columns=["state", "applications", "amount", "amount_flag", "amount_absent"],
    )


def chains(applications: pd.DataFrame, lines: Mapping[str, str], covered: pd.DataFrame) -> pd.DataFrame:
    """Renunciations joined to what was won again in the same line: the real loss, not the sum of what was given up.

    A chain is one or more renunciations of a municipality in a line, closed by the next live application submitted
    after them; what counts as given up is the last of them (earlier ones were already replaced by it).

    Args:
        applications: table `applications`.
        lines: call → line.
        covered: result of `coverage`, to tell what is lost from what cannot be seen.

    Returns:
        `istat_code`, `line`, `renounced_calls` (joined by ";"), `renunciations`, `renounced` (EUR, the last),
        `renounced_sum` (EUR, all; NaN where one is absent), `renounced_on`, `won_again_call`, `won_again` (EUR, NaN
        if not seen), `won_again_on`, `same_cup`, `net_loss` (EUR: renounced − won again; negative is a gain), `status`
        (one of `CHAINS`).
    """
    rows = applications.assign(line=applications["call"].map(dict(lines)))
    complete: dict[str, list[tuple[str, bool]]] = {}
    for call in records(covered):
        complete.setdefault(call["line"], []).append((call["call"], call["coverage"] == "complete"))
    out: list[dict[str, Any]] = []
    pending: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in records(rows.sort_values(["istat_code", "line", "submitted_on"], kind="stable")):
        key = (row["istat_code"], row["line"])
        if row["state"] == "renounced":
            pending.setdefault(key, []).append(row)
        elif key in pending:
            out.append(_chain(pending.pop(key), row, complete))
    out += [_chain(rows, None, complete) for rows in pending.values()]
    columns = ["istat_code", "line", "renounced_calls", "renunciations", "renounced", "renounced_sum", "renounced_on"]
    columns += ["won_again_call", "won_again", "won_again_on", "same_cup", "net_loss", "status"]
    return pd.DataFrame(out, columns=columns).sort_values(["istat_code", "line"], kind="stable").reset_index(drop=True)


def _chain(
    pending: list[dict[str, Any]], won: dict[str, Any] | None, complete: Mapping[str, list[tuple[str, bool]]]
) -> dict[str, Any]:
    last = pending[-1]
    # the renounced call itself may go on after the file's end, so it is asked for too
    seen = all(whole for call, whole in complete.get(last["line"], ()) if call >= last["call"])
    return {
        "istat_code": last["istat_code"],
        "line": last["line"],
        "renounced_calls": ";".join(row["call"] for row in pending),
        "renunciations": len(pending),
        "renounced": last["amount"],
        "renounced_sum": Sum.of_parts(row["amount"] for row in pending).exact,
        "renounced_on": last["state_on"],
        "won_again_call": won["call"] if won else "",
        "won_again": won["amount"] if won else float("nan"),
        "won_again_on": won["funded_on"] if won else "",
        "same_cup": won is not None and won["cup"] == last["cup"],
        "net_loss": last["amount"] - (won["amount"] if won else 0.0),
        "status": "won_again" if won else "lost" if seen else "not_seen_won_again",
    }


def payments(applications: pd.DataFrame, projects: pd.DataFrame, as_of: str | date = "") -> pd.DataFrame:
    """Payments of each application from both sources, joined by CUP, each with its date.

    A CUP of a renounced application that was won again is the live one's. Not seeing a payment is not its absence: the
    sum of what is not seen paid is an upper bound of what is still due.

    Args:
        applications: table `applications`, or `applications_as_of` a day.
        projects: table `regis_projects`.
        as_of: payments in ReGiS are used only if their release is not after the day; empty for all.

    Returns:
        The applications with `payment` (one of `PAYMENTS`), `paid_on` (day of the state in the file, ""), `regis_paid`
        (EUR, NaN also where the release leaves it blank), `regis_on` (day of the ReGiS release that shows it, ""),
        `not_seen_paid_until` (latest day on which no payment was seen, "" if one was), `payment_after_renouncing` (a
        payment on the CUP of a renounced application that nobody holds in the files: it was probably won again
        in a call they do not cover), `amounts_differ`.
    """
    released = projects[projects["payments_on"] != ""]
    if as_of:
        released = released[released["payments_on"] <= as_of_day(as_of)]
    last_release = str(released["payments_on"].max()) if len(released) else ""
    paid = dict(zip(released["cup"], released["paid_total"], strict=True))
    days = dict(zip(released["cup"], released["payments_on"], strict=True))
    live = applications["state"] != "renounced"
    held = set(applications.loc[live, "cup"])
    out = applications.copy()
    out["regis_paid"] = [float(paid.get(cup, float("nan"))) for cup in out["cup"]]
    out["regis_on"] = [str(days.get(cup, "")) for cup in out["cup"]]
    blank = out["regis_paid"].isna() & (out["regis_on"] != "")
    in_file, in_regis = out["state"] == "paid", (out["regis_paid"] > 0) | blank
    out["payment_after_renouncing"] = ~live & in_regis & ~out["cup"].isin(held)
    out["payment"] = "not_seen_paid"
    out.loc[in_regis, "payment"] = "paid_regis"
    out.loc[in_file, "payment"] = "paid_file"
    out.loc[in_file & in_regis, "payment"] = "paid_both"
    out.loc[~live, "payment"] = "renounced"
    out["paid_on"] = out["state_on"].where(in_file, "")
    out["amounts_differ"] = live & in_regis & ((out["regis_paid"] - out["amount"]).abs() >= 1)
    until = "known_until" if "known_until" in out else "snapshot_on"
    latest = out[until].where(out[until] >= last_release, last_release)
    out["not_seen_paid_until"] = latest.where(out["payment"] == "not_seen_paid", "")
    out.loc[~live & ~out["payment_after_renouncing"], ["regis_paid"]] = float("nan")
    out.loc[~live & ~out["payment_after_renouncing"], "regis_on"] = ""
    return out


def payment_totals(paid: pd.DataFrame) -> dict[str, Any]:
    """EUR of live applications seen paid and not seen paid, a `Sum` each, and their number.

    What is not seen paid is an upper bound of what is due, unless amounts are absent.

    Args:
        paid: result of `payments`.
    """
    live = paid[paid["payment"] != "renounced"]
    unseen = live["payment"] == "not_seen_paid"
    return {
        "live": Sum.of_column(live["amount"]),
        "seen_paid": Sum.of_column(live.loc[~unseen, "amount"]),
        "not_seen_paid": Sum.of_column(live.loc[unseen, "amount"]),
        "seen_paid_count": float((~unseen).sum()),
        "not_seen_paid_count": float(unseen.sum()),
    }


def per_municipality(
    applications: pd.DataFrame, codes: Sequence[str], populations: Mapping[str, float]
) -> pd.DataFrame:
    """Live, paid and renounced sums of each municipality, also of those without any application (zero, not missing).

    Returns:
        `istat_code`, `applications`, `live` (EUR), `live_count`, `renounced` (EUR), `renounced_count`,
        `live_per_resident` (EUR a resident: it mostly reflects the steps of the lump sums; NaN where an amount or the
        residents are absent). Sums are of the known amounts, with `live_flag` and `renounced_flag`.
    """
    gone = applications["state"] == "renounced"
    out, sums = pd.DataFrame({"istat_code": list(codes)}), {}
    for name, part in (("live", ~gone), ("renounced", gone)):
        sums[name] = sums_by(applications[part], codes)
        out[name] = [float(total) for total in sums[name]]
        out[f"{name}_count"] = [total.of for total in sums[name]]
    out.insert(1, "applications", out["live_count"] + out["renounced_count"])
    exact = pd.Series([total.exact for total in sums["live"]], dtype=float)
    out["live_per_resident"] = exact / out["istat_code"].map(dict(populations)).astype(float)
    return out.assign(**{f"{name}_flag": [total.flag for total in found] for name, found in sums.items()})


def sums_by(applications: pd.DataFrame, codes: Iterable[str]) -> list[Sum]:
    """EUR of the applications of each municipality, in the order given; of nothing for those without any."""
    found = Sum.by(applications.groupby("istat_code")["amount"])
    return [found.get(code, Sum()) for code in codes]


def compare(values: pd.Series, istat_code: str, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """A municipality's value beside the others of groups of municipalities: it is not compared with itself.

    Args:
        values: indexed by ISTAT code; NaN where not known (left out, and counted).
        istat_code: the municipality.
        groups: name → codes.

    Returns:
        `group`, `n` (others with a value), `missing` (others without), `value` (of the municipality), `median`,
        `quartile_low`, `quartile_high` (of the others), `rank` (among all of the group, 1: highest; ties share the
        best), `of`. The rank is NaN where the municipality is not of the group, or has no value.
    """
    rows = []
    own = float(values.get(istat_code, float("nan")))
    for name, codes in groups.items():
        others = values.reindex([code for code in codes if code != istat_code])
        known = others.dropna()
        inside = istat_code in codes and own == own
        rank = float((known > own).sum() + 1) if inside else float("nan")
        low, middle, high = known.quantile([0.25, 0.5, 0.75]) if len(known) else (float("nan"),) * 3
        rows.append((name, len(known), len(others) - len(known), own, middle, low, high, rank, len(known) + inside))
    columns = ["group", "n", "missing", "value", "median", "quartile_low", "quartile_high", "rank", "of"]
    return pd.DataFrame(rows, columns=columns)
