"""How long it takes: days from application to decree, and from decree to payment, with what has not ended yet."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from toolkit.errors import MethodError
from toolkit.pnrr.days import column_between


def waiting_times(applications: pd.DataFrame) -> pd.DataFrame:
    """Waiting times of each application.

    Applications are in the files only once funded, so the days to the decree are those of the funded (nobody waits in
    vain here); days to the payment are censored at the file's day (or the day asked for, after `applications_as_of`)
    for those assigned, at the renunciation for those given up. Rows whose end has no date (the cloud file's
    renunciations) have no days to payment.

    Returns:
        `istat_code`, `call`, `to_decree` (days), `to_payment` (days until payment, or until it stopped being watched;
        NaN where neither is dated), `paid` (True: the payment was seen).
    """
    watched = applications["known_until" if "known_until" in applications else "snapshot_on"]
    end = applications["state_on"].where(applications["state"] != "assigned", watched)
    days = column_between(applications["funded_on"], end)
    return pd.DataFrame(
        {
            "istat_code": applications["istat_code"],
            "call": applications["call"],
            "to_decree": column_between(applications["submitted_on"], applications["funded_on"]),
            "to_payment": days.where(days >= 0),
            "paid": applications["state"] == "paid",
        }
    )


def survival(days: pd.Series, seen: pd.Series) -> pd.DataFrame:
    """Share still waiting after each number of days: Kaplan–Meier estimate with 95 % log-log intervals.

    Args:
        days: waited until the event, or until watching stopped; NaN rows are left out.
        seen: True where the event was seen.

    Returns:
        `days`, `at_risk`, `events`, `waiting` (0–1), `low`, `high`; one row a day with an event.

    Raises:
        MethodError: no event was seen.

    Reference: Kaplan and Meier 1958.
    """
    known = days.notna()
    time, event = days[known].to_numpy(dtype=float), seen[known].to_numpy(dtype=bool)
    if not event.any():
        raise MethodError("no payment was seen: the waiting time is not estimable", where=f"{len(time)} applications")
    estimate = stats.ecdf(stats.CensoredData(uncensored=time[event], right=time[~event])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no interval at 0 and 1: NaN says it
        interval = estimate.confidence_interval(method="log-log")
    moments = np.unique(time[event])
    at = np.searchsorted(estimate.quantiles, moments)
    return pd.DataFrame(
        {
            "days": moments,
            "at_risk": [int((time >= moment).sum()) for moment in moments],
            "events": [int(((time == moment) & event).sum()) for moment in moments],
            "waiting": estimate.probabilities[at],
            "low": interval.low.probabilities[at],
            "high": interval.high.probabilities[at],
        }
    )


def wait_at(curve: pd.DataFrame, share: float = 0.5) -> float:
    """Days within which a share (0–1) was paid: the first day on which at most 1 − share still wait; NaN if never
    reached."""
    reached = curve[curve["waiting"] <= 1 - share + 1e-12]
    return float(reached["days"].iloc[0]) if len(reached) else float("nan")


def waits_by(times: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Medians by group, with how many are paid and how many still watched.

    Args:
        times: result of `waiting_times`.
        by: group of each row (a line, a zone), aligned with `times`.

    Returns:
        `group`, `applications`, `median_to_decree`, `paid`, `censored`, `undated`, `median_to_payment` (Kaplan–Meier;
        NaN where fewer than half are seen paid in time), `longest_watched` (days).
    """
    group = by.to_numpy()
    decree, payment, paid = (times[name].to_numpy() for name in ("to_decree", "to_payment", "paid"))
    rows = []
    for name in sorted({one for one in group if one == one}):
        mine = group == name
        days, seen, waited = payment[mine], paid[mine].astype(bool), decree[mine]
        dated = ~np.isnan(days)
        waited = waited[~np.isnan(waited)]
        rows.append(
            {
                "group": name,
                "applications": int(mine.sum()),
                "median_to_decree": float(np.median(waited)) if len(waited) else float("nan"),
                "paid": int(seen[dated].sum()),
                "censored": int((~seen[dated]).sum()),
                "undated": int((~dated).sum()),
                "median_to_payment": median_wait(days[dated], seen[dated]),
                "longest_watched": float(days[dated].max()) if dated.any() else float("nan"),
            }
        )
    columns = ["group", "applications", "median_to_decree", "paid", "censored", "undated", "median_to_payment"]
    return pd.DataFrame(rows, columns=[*columns, "longest_watched"])


def median_wait(days: np.ndarray, seen: np.ndarray) -> float:
    """First day on which at most half still wait, by the Kaplan–Meier estimate of `survival`; NaN if never reached.

    Args:
        days: waited until the event, or until watching stopped.
        seen: whether the event was seen.
    """
    moments, events = np.unique(days[seen], return_counts=True)
    at_risk = len(days) - np.searchsorted(np.sort(days), moments, side="left")
    waiting = np.cumprod(1 - events / at_risk)
    reached = moments[waiting <= 0.5 + 1e-12]
    return float(reached[0]) if len(reached) else float("nan")


def waits_of(grants: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """`waits_by` line of the grants of some municipalities whose end is dated, or still watched.

    Args:
        grants: result of `grants`.
        codes: municipalities.
    """
    rows = grants[grants["istat_code"].isin(set(codes)) & grants["state_known"]]
    return waits_by(waiting_times(rows), rows["line"])


STEPS = ("median_to_decree", "median_to_payment")


def waits_compared(by_group: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Median days of each line and step in several groups.

    Args:
        by_group: group → result of `waits_by` over lines; the last one names the rows.

    Returns:
        `group` (the line), `step` (one of `STEPS`), and of each group a column of days with its `…_flag`: `missing`
        without a grant, `not_observable` where half has not ended yet.
    """
    known = {name: found.set_index("group") for name, found in by_group.items()}
    rows = []
    for line in list(by_group.values())[-1]["group"]:
        for step in STEPS:
            row: dict[str, Any] = {"group": line, "step": step}
            for name, found in known.items():
                there = line in found.index
                row[name] = float(found[step][line]) if there else float("nan")
                seen = "observed" if row[name] == row[name] else "not_observable"
                row[f"{name}_flag"] = seen if there else "missing"
            rows.append(row)
    return pd.DataFrame(rows)
