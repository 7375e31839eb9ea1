"""Results with their placebos, the checks, and the timing that leaves nobody to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from toolkit import display
from toolkit.charts import placed as charts
from toolkit.report.evaluation.case import Case, Concerned, Known
from toolkit.report.wording import capital

NOISE = 0.05  # p above which a gap cannot be told from zero


def results(case: Case) -> None:
    """Paths, placebos and the proof that broken series are refused."""
    shown = False
    for known in case.known:
        if known.status == "estimated" and known.outcome.design == "synthetic_control":
            case.report.text(effect(case, known))
            _path(case, known)
            _placebos(case, known)
            shown = True
        elif known.status == "estimated":
            case.report.text(effect(case, known))
            _means(case, known)
            shown = True
        elif known.outcome.design == "detectable_only" and not known.later:
            case.report.text(effect(case, known))
            shown = True
    shown = _breaks(case) or shown
    if not shown:
        case.report.text(case.say("results_none"))


def effect(case: Case, known: Known) -> str:
    """One sentence on an outcome: the figure, what it is compared with, how sure; or why there is none."""
    unit, verdict = known.outcome.unit, case.verdict_word(known.verdict)
    about = {"policy": case.title(known.policy), "outcome": case.outcome_title(known), "verdict": verdict}
    mde, estimate, p = (known.figure(name) for name in ("mde", "estimate", "p"))
    if known.status == "later":
        return case.say("effect_later", **about)
    if known.status == "break":
        years = list(dict.fromkeys(str(one["time"]) for one in known.breaks if one["refuses"]))
        return case.say("effect_break", years=years, **about)
    if known.status == "refused":
        return case.say("effect_refused", why=case.reasons(known)[0], **about)
    if known.outcome.design == "detectable_only" and mde is not None and known.policy.policy.budget:
        expected = case.amount(known.figure("expected_effect") or 0.0, unit)
        money = known.policy.policy.budget.amount
        return case.say("effect_hidden", amount=money, expected=expected, mde=case.amount(mde, unit), **about)
    if estimate is None or p is None or mde is None:
        return case.say("effect_none", why=case.of(known.outcome.why) if known.outcome.why else "", **about)
    told = {"estimate": case.amount(estimate, unit, signed=True), "mde": case.amount(mde, unit), "p": p}
    if known.outcome.design == "randomisation":
        low, high = known.figure("low"), known.figure("high")
        bounds = (
            case.say("interval", low=case.amount(low, unit, signed=True), high=case.amount(high, unit, signed=True))
            if low is not None and high is not None
            else case.say("interval_none")
        )
        return case.say("effect_ranked", interval=bounds, **told, **about)
    controls = int(known.figure("controls") or 0)
    return case.say("effect", as_large=_as_large(known), controls=controls, noise=p > NOISE, **told, **about)


def _as_large(known: Known) -> int:
    """Placebos whose ratio is at least as high as the treated unit's."""
    ratios = known.values("placebo_ratio")
    own = max((ratios[unit] for unit in known.policy.policy.treated.units if unit in ratios), default=0.0)
    return sum(value >= own for unit, value in ratios.items() if unit not in known.policy.policy.treated.units)


def _names(case: Case) -> dict[str, str]:
    """Names of provinces by code."""
    table = case.report.table("provinces").drop_duplicates("province_code")
    return dict(zip(table["province_code"], table["name"], strict=True))


def _path(case: Case, known: Known) -> None:
    names = _names(case)
    name = case.words.place(names[known.policy.policy.treated.units[0]]).name
    part = known.part("path").assign(year=lambda rows: rows["period"].astype(int))
    labels = {"actual": case.say("path_actual", name=name), "synthetic": case.say("path_synthetic")}
    drawn = part.assign(series=part["item"], label=part["item"].map(labels))
    breaks = {(one["time"]) for one in known.breaks}
    drawn["flag"] = ["break" if year in breaks else "observed" for year in drawn["year"]]
    wide = drawn.pivot(index="year", columns="item", values="value").reset_index()
    year, gap = known.outcome.first_year, known.figure("estimate") or 0.0
    weights = sorted(known.values("weight").items(), key=lambda pair: -pair[1])[:5]
    donors = [f"{names[unit]} {case.words.percent(weight, 0)}" for unit, weight in weights]
    about = {"outcome": case.outcome_title(known), "year": year}
    span = (int(wide["year"].min()), int(wide["year"].max()))
    case.report.figure(
        f"path-{known.policy.name}",
        case.say(
            "path_title",
            policy=case.title(known.policy),
            place=case.say("the_province", name=name),
            gap=case.amount(abs(gap), known.outcome.unit),
            **about,
        ),
        subtitle=capital(case.say("path_subtitle", name=name, period=span, **about)),
        alt=case.say("path_alt", **about),
        description=case.say(
            "path_description",
            donors=donors,
            error=case.amount(known.figure("pre_rmspe") or 0.0, known.outcome.unit),
            **about,
        ),
        specs=charts.pair(charts.lines, drawn, case.words, unit="percent", ours="actual"),
        frame=wide,
        columns=[
            case.report.column("year", unit="year"),
            case.column("actual", "path_observed", unit="percent"),
            case.column("synthetic", "path_synthetic", unit="percent"),
        ],
        tables=["provinces", "policy_series"],
        note=capital(case.words.join(dict.fromkeys(case.break_words(known)))),
    )


def _placebos(case: Case, known: Known) -> None:
    own = known.policy.policy.treated.units[0]
    names = _names(case)
    name = case.words.place(names[own]).name
    parts = {"placebo_gap": ("percentage_points", 1), "placebo_ratio": ("ratio", 1)}
    rows: list[dict[str, Any]] = []
    for part, (unit, decimals) in parts.items():
        for unit_id, value in known.values(part).items():
            rows.append(
                {
                    "indicator": part,
                    "label": case.say(part),
                    "unit": unit,
                    "decimals": decimals,
                    "istat_code": unit_id,
                    "name": names[unit_id],
                    "value": value,
                    "flag": "observed",
                }
            )
    frame = pd.DataFrame(rows)
    # A perfect fit before has a ratio without bound, which would squeeze all others on one side of the drawing.
    ratios = frame[frame["indicator"] == "placebo_ratio"]
    drawn = frame.drop(ratios.index[ratios["value"] > 5 * ratios["value"].median()])
    wide = frame.pivot(index=["istat_code", "name"], columns="indicator", values="value").reset_index()
    wide = wide.sort_values("placebo_gap", ignore_index=True)
    p, controls = known.figure("p") or 1.0, int(known.figure("controls") or 0)
    case.report.figure(
        f"placebos-{known.policy.name}",
        case.say("placebo_title" if p > NOISE else "placebo_title_out", name=name),
        subtitle=case.say("placebo_subtitle", year=known.outcome.first_year, n=len(wide)),
        alt=case.say("placebo_alt", name=name),
        description=case.say("placebo_description", name=name, as_large=_as_large(known), controls=controls),
        specs=charts.pair(
            charts.dot_strip,
            drawn,
            case.words,
            ours=own,
            name=case.say("path_actual", name=name),
            others_label=case.say("other_provinces"),
        ),
        frame=wide,
        columns=[
            case.column("name", "col_province"),
            case.column("placebo_gap", "placebo_gap", unit="percentage_points", decimals=2),
            case.column("placebo_ratio", "placebo_ratio", unit="ratio"),
        ],
        tables=["provinces", "policy_series"],
        highlight=[names[own]],
    )


def _means(case: Case, known: Known) -> None:
    """The two groups of municipalities year by year."""
    part = known.part("path").assign(year=lambda rows: rows["period"].astype(int))
    labels = {"actual": case.say("path_treated"), "synthetic": case.say("path_controls")}
    drawn = part.assign(series=part["item"], label=part["item"].map(labels), flag="observed")
    wide = drawn.pivot(index="year", columns="item", values="value").reset_index()
    unit = "percent" if known.outcome.unit == "percentage_points" else known.outcome.unit
    about = {"outcome": case.outcome_title(known), "policy": case.title(known.policy)}
    case.report.figure(
        f"path-{known.policy.name}-{known.outcome.id}".replace("_", "-"),
        case.say("path_title_municipal", **about),
        subtitle=capital(
            case.say("path_subtitle_municipal", period=(int(wide["year"].min()), int(wide["year"].max())), **about)
        ),
        alt=case.say("path_alt_municipal"),
        description=case.say("path_description_municipal"),
        specs=charts.pair(charts.lines, drawn, case.words, unit=unit, ours="actual"),
        frame=wide,
        columns=[
            case.report.column("year", unit="year"),
            case.column("actual", "path_treated", unit=unit),
            case.column("synthetic", "path_controls", unit=unit),
        ],
        tables=["policy_series"],
    )


def _breaks(case: Case) -> bool:
    """The yearly median change of the outcomes of each policy some of whose series break; whether any was shown."""
    shown = False
    for one in case.here:
        known = [outcome for outcome in case.outcomes(one) if len(outcome.part("median_change")) and not outcome.later]
        refused = [outcome for outcome in known if outcome.status == "break"]
        if refused:
            _changes(case, known, refused)
            shown = True
    return shown


def _changes(case: Case, known: list[Known], refused: list[Known]) -> None:
    case.report.text(*(effect(case, outcome) for outcome in refused))
    parts = [
        outcome.part("median_change").assign(series=outcome.outcome.id, label=case.outcome_title(outcome))
        for outcome in known
    ]
    drawn = pd.concat(parts).assign(year=lambda rows: rows["period"].astype(int), flag="observed")
    wide = drawn.pivot(index="year", columns="series", values="value").reset_index()
    first = refused[0]
    year = first.outcome.first_year
    years = sorted({str(one["time"]) for outcome in refused for one in outcome.breaks if one["kind"] == "jump"})
    jump = float(wide.loc[wide["year"] == year, first.outcome.id].iloc[0])
    case.report.figure(
        f"breaks-{first.policy.name}",
        case.say("break_title"),
        subtitle=case.say("break_subtitle", period=(int(wide["year"].min()), int(wide["year"].max()))),
        alt=case.say("break_alt", years=years),
        description=case.say("break_description", jump=jump, year=year, outcome=case.outcome_title(first)),
        specs=charts.pair(
            charts.lines, drawn, case.words, unit="percentage_points", ours=known[0].outcome.id, zero=True
        ),
        frame=wide,
        columns=[
            case.report.column("year", unit="year"),
            *(display.Column(key=k.outcome.id, label=case.outcome_title(k), unit="percentage_points") for k in known),
        ],
        tables=["provinces", "policy_series"],
    )


def timing(case: Case) -> None:
    """When the first grant of PA digitale reached each municipality."""
    if not any(one.policy.treated.table == "applications" for one in case.here) or case.grants.empty:
        return
    first = case.grants.groupby("istat_code")["funded_on"].min()
    quarters = pd.PeriodIndex(pd.to_datetime(first), freq="Q")
    counts = pd.Series(quarters, index=first.index).value_counts().sort_index()
    counts = counts.reindex(pd.period_range(counts.index.min(), counts.index.max(), freq="Q"), fill_value=0)
    names = [case.say("quarter", year=period.year, n=period.quarter) for period in counts.index]
    codes = [f"{period.year}-Q{period.quarter}" for period in counts.index]
    frame = pd.DataFrame({"quarter": codes, "name": names, "value": counts.to_numpy(dtype=float), "flag": "observed"})
    own = [code for code in case.report.members if code in first.index]
    mine = {case.say("quarter", year=q.year, n=q.quarter) for q in pd.PeriodIndex(pd.to_datetime(first[own]), freq="Q")}
    single = len(case.report.members) == 1 and bool(mine)
    half = _months_to_half(first, len(case.report.universe), case.here)
    about = {"n": len(first), "of": len(case.report.universe)}
    described = "timing_description" if single else "timing_description_other"
    case.report.figure(
        "timing",
        case.say("timing_title", months=half, **about)
        if half
        else case.say("timing_title_few", n=len(first), of=len(case.report.universe)),
        subtitle=case.say("timing_subtitle"),
        alt=case.say("timing_alt"),
        description=case.say(described, **about, **({"place": case.report.place} if single else {})),
        specs=charts.pair(charts.ranked_bars, frame, case.words, unit="municipalities", ours=mine if single else ()),
        frame=frame,
        columns=[
            case.column("quarter", "col_quarter", texts=dict(zip(codes, names, strict=True))),
            case.column("value", "col_count", unit="municipalities"),
        ],
        tables=["applications"],
        highlight=frame.loc[frame["name"].isin(mine), "quarter"] if single else ["-"],
    )
    case.report.keep("funded", municipalities=len(first), of=len(case.report.universe))


def _months_to_half(first: pd.Series, everybody: int, here: list[Concerned]) -> int:
    """Months from the first opening to the day on which half of the municipalities held a grant; 0 if never."""
    opened = min(one.policy.treated.since for one in here if one.policy.treated.table == "applications")
    days = pd.to_datetime(first).sort_values()
    needed = (everybody + 1) // 2
    if len(days) < needed:
        return 0
    return round((days.iloc[needed - 1] - pd.Timestamp(opened)).days / 30.44)


def robustness(case: Case) -> None:
    """The estimate on other comparison sets, without one donor, at another date."""
    for known in case.known:
        if known.status == "estimated":
            case.report.text(*_said(case, known))
    estimated = [known for known in case.known if known.status == "estimated"]
    if not estimated:
        case.report.text(case.say("results_none"))
        return
    columns = [
        case.column("check", "col_check"),
        case.column("outcome", "col_outcome"),
        case.column("estimate", "col_estimate", unit_from="unit", decimals_from="decimals"),
        case.column("p", "col_p", unit="p_value"),
        case.column("units", "col_units", unit="territories"),
    ]
    case.report.show_table(
        "checks",
        case.say("robust_caption"),
        *case.told(lambda words: _check_rows(words, estimated), columns),
        tables=["policy_series"],
        subtitle=case.say("robust_subtitle"),
        note=case.say("robust_note"),
    )


def _check_rows(case: Case, estimated: Sequence[Known]) -> pd.DataFrame:
    rows = [row for known in estimated for row in _checks(case, known)]
    return pd.DataFrame(rows).astype({"estimate": float, "p": float, "units": float})


def _checks(case: Case, known: Known) -> list[dict[str, Any]]:
    unit = known.outcome.unit
    base: dict[str, Any] = {"outcome": f"{case.title(known.policy)}, {case.outcome_title(known)}", "unit": unit}
    base["decimals"] = 2 if unit == "percentage_points" else 0
    estimates, ps, sizes = (known.values(f"pool_{name}") for name in ("estimate", "p", "donors"))
    titles = {pool.id: case.of(pool.title) for pool in known.outcome.pools}
    rows = [
        base | {"check": titles[id], "estimate": estimates[id], "p": ps[id], "units": sizes[id]}
        for id in titles
        if id in estimates
    ]
    for name in ("loo_low", "loo_high"):
        if known.figure(name) is not None:
            rows.append(
                base | {"check": case.say(f"check.{name}"), "estimate": known.figure(name), "p": None, "units": None}
            )
    if known.figure("placebo_time_p") is not None:
        check = case.say("check.in_time", year=known.figure("placebo_time_year"))
        figures = {"estimate": known.figure("placebo_time_gap"), "p": known.figure("placebo_time_p"), "units": None}
        rows.append(base | {"check": check} | figures)
    return rows


def _said(case: Case, known: Known) -> list[str]:
    estimates, ps = known.values("pool_estimate"), known.values("pool_p")
    told = []
    if len(estimates) > 1:
        low, high = (
            case.amount(value, known.outcome.unit, signed=True)
            for value in (min(estimates.values()), max(estimates.values()))
        )
        about = {"policy": case.title(known.policy), "outcome": case.outcome_title(known)}
        told.append(case.say("robust_said", low=low, high=high, plow=min(ps.values()), phigh=max(ps.values()), **about))
    time_p = known.figure("placebo_time_p")
    if time_p is not None and time_p < 0.10:
        told.append(case.say("robust_time_failed", year=known.figure("placebo_time_year")))
    return told
