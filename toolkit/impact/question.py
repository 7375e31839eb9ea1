"""One outcome of a policy as it is asked, and what is found: the figures, the verdict, the series behind them.

`answer` runs the design of the question on a panel, with its comparison sets; `unanswered` judges what no design can
look at. Both give a `Finding`; its series are rows (`SERIES`) that a page draws and tables show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.designs import Evaluation, evaluate
from toolkit.impact.interface import Panel
from toolkit.impact.placebos import nearest_donors
from toolkit.impact.randomisation import randomisation_test
from toolkit.impact.threshold import discontinuity
from toolkit.impact.verdict import ALPHA, LEVELS, Evidence, Reason, Verdict, judge, refusal

HEAVIEST = 12  # donors whose weights are kept, where they weigh at least LEAST
LEAST = 0.01
EFFECTS = ("effects", "event_time")  # tables of effects by period
TOLD_WITHOUT_ESTIMATE = {
    f"impact.reason.{key}"
    for key in ("expected_below_mde", "mde_unknown", "few_treated_ranked", "break_declared", "anticipation")
}


@dataclass(frozen=True)
class Question:
    """How an outcome is to be looked at.

    Attributes:
        design: none: not looked at; detectable_only: what effect could be seen, and no estimate; discontinuity: by
            `answer_threshold`.
        running, cutoff, side: of a discontinuity: what decides, its threshold and who is treated.
        unit: of the effect.
        first_year: first treated year.
        parts: columns of the panel that, with the outcome, add up to 100.
        false_year: of the placebo in time; 0: two thirds of the way to treatment.
        anticipated, controls_treated, expected: known from outside (`Evidence`); `expected` is the largest effect that
            is thought possible, in the unit, None where nobody knows.
    """

    design: Literal[
        "did", "event_study", "staggered", "synthetic_control", "synthetic_did", "interrupted", "randomisation",
        "discontinuity", "detectable_only", "none",
    ]  # fmt: skip
    unit: str
    first_year: int = 0
    parts: Sequence[str] = ()
    false_year: int = 0
    anticipated: bool = False
    controls_treated: float = 0.0
    expected: float | None = None
    running: str = ""
    cutoff: float = 0.0
    side: Literal["above", "below"] = "above"


class Row(NamedTuple):
    """A value of a series: of which part, for what and when (empty: for none), in which unit, observed or estimated."""

    part: str
    item: str
    period: str
    value: float
    unit: str
    flag: str = "estimated"


@dataclass(frozen=True)
class Finding:
    """What came of a question.

    Attributes:
        status: estimated, break, refused or not_estimated.
        verdict: with its reasons.
        figures: by name: estimate, low, high, p, mde, … as far as the design gives them.
        breaks: breaks in series found: time, kind, refuses.
        series: paths, placebos, weights, comparison sets.
    """

    status: str
    verdict: Verdict
    figures: Mapping[str, Any] = field(default_factory=dict)
    breaks: Sequence[Mapping[str, Any]] = ()
    series: Sequence[Row] = ()

    @property
    def table(self) -> pd.DataFrame:
        """The series as a table: DataFrame[part, item, period, value, unit, flag]."""
        return pd.DataFrame(list(self.series), columns=list(Row._fields))

    def values(self, part: str) -> dict[str, float]:
        """Value by item of one part of the series."""
        return {row.item: row.value for row in self.series if row.part == part}

    def summary(self) -> pd.DataFrame:
        """Status, verdict and figures, a line each: DataFrame[what, value], values as text."""
        rows = [("status", self.status), ("verdict", self.verdict.level)]
        rows += [(name.replace("_", " "), f"{value:.4g}") for name, value in self.figures.items() if value is not None]
        return pd.DataFrame(rows, columns=["what", "value"])

    def _repr_html_(self) -> str:
        reasons = "".join(
            f"<li>{reason.key.rpartition('.')[2]} ({reason.level})</li>" for reason in self.verdict.reasons
        )
        return f"{self.summary().to_html(index=False, header=False, border=0)}<ul>{reasons}</ul>"


def comparison_units(
    panel: Panel,
    *,
    leave_out: Iterable[Any] = (),
    provinces: Sequence[str] = (),
    nearest: int = 0,
    size: pd.Series | None = None,
    name: str = "",
) -> list[Any]:
    """The units of the panel that a comparison set takes.

    Args:
        leave_out: units it does not take.
        provinces: first three digits of the units it takes; empty: all.
        nearest: only so many, those nearest to the treated unit before treatment; 0: all.
        size: unit → size; only units within the sizes of those treated.
        name: of the set, for the fault.

    Raises:
        MethodError: nobody is left.
    """
    gone = set(leave_out)
    units = [unit for unit in panel.controls if unit not in gone]
    if provinces:
        units = [unit for unit in units if str(unit)[:3] in provinces]
    if size is not None:
        ours = size.reindex(panel.treated_units)
        units = [unit for unit in units if ours.min() <= size.get(unit, -1.0) <= ours.max()]
    if nearest:
        near = nearest_donors(panel, len(panel.controls))
        units = [unit for unit in near if unit in set(units)][:nearest]
    if not units:
        raise MethodError(f"the comparison set {name!r} is empty", hint="widen it")
    return units


def unanswered(question: Question, fault: MethodError | None = None) -> Finding:
    """The finding of a question without a design, or of one that the data refused with a reason."""
    if fault is None:
        evidence = Evidence("none", controls_treated=question.controls_treated)
        return Finding("not_estimated", judge(evidence))
    evidence = Evidence("none", anticipated=question.anticipated, controls_treated=question.controls_treated)
    return Finding("refused", refusal(fault, evidence))


def answer(question: Question, panel: Panel, pools: Mapping[str, Sequence[Any]] | None = None) -> Finding:
    """Look at an outcome by the design of the question.

    Args:
        panel: the outcome, with `parts` among its covariates.
        pools: comparison sets by name, the first is the main one; none: all controls.

    Raises:
        MethodError: no design could be right on the panel; with a `reason` where it is the data that refuse.
    """
    pools = pools or {"all": panel.controls}
    design: Any = "synthetic_control" if question.design == "detectable_only" else question.design
    main = panel.only(units=[*panel.treated_units, *next(iter(pools.values()))])
    several = design == "synthetic_control" and len(pools) > 1 and question.design != "detectable_only"
    found = evaluate(
        main,
        design,
        parts=("outcome", *question.parts) if question.parts else (),
        pools=pools if several else None,
        false_date=question.false_year or None,
        anticipated=question.anticipated,
        controls_treated=question.controls_treated,
        expected_effect=question.expected if question.design == "detectable_only" else None,
    )
    figures: dict[str, Any] = {"treated": len(main.treated_units), "controls": len(main.controls)}
    figures["pre_periods"] = int((main.times < question.first_year).sum())
    figures["post_periods"] = int((main.times >= question.first_year).sum())
    records = found.screening.found.to_dict("records")
    breaks = [{"time": int(r["time"]), "kind": r["kind"], "refuses": bool(r["refuses"])} for r in records]
    series = [
        Row("median_change", "controls", str(int(r["time"])), float(r["median"]), question.unit)
        for r in found.screening.changes.to_dict("records")
    ]
    if found.status != "estimated":
        return Finding(found.status, found.verdict, figures, breaks, series)
    figures["mde"] = found.mde
    if question.design == "detectable_only":
        kept = tuple(reason for reason in found.verdict.reasons if reason.key in TOLD_WITHOUT_ESTIMATE)
        figures["expected_effect"] = question.expected
        return Finding("not_estimated", Verdict(found.verdict.level, kept), figures, breaks, series)
    if question.design == "synthetic_control":
        series += _synthetic(found, question.unit)
    elif question.design == "randomisation":
        series += _randomised(panel, pools, question.unit)
    else:
        series += _compared(found, panel, pools, design, question.unit)
    return Finding("estimated", found.verdict, figures | _figures(found), breaks, series)


def answer_threshold(question: Question, frame: pd.DataFrame, outcome: str, unchanged: Sequence[str] = ()) -> Finding:
    """Look at an outcome on both sides of a threshold.

    Args:
        frame: one row a unit, with the outcome, `question.running` and the columns `unchanged`, of before the policy.

    Raises:
        MethodError: as `discontinuity`.
    """
    how: dict[str, Any] = {"running": question.running, "cutoff": question.cutoff, "treated": question.side}
    found = discontinuity(frame, outcome=outcome, unchanged=unchanged, **how)
    known: dict[str, Any] = {"anticipated": question.anticipated, "controls_treated": question.controls_treated}
    verdict = judge(Evidence.of("threshold", found, expected_effect=question.expected, **known))
    low, high = found.interval or (None, None)
    figures = {"estimate": found.estimate, "low": low, "high": high, "p": found.p, "mde": found.diagnostics["mde"]}
    figures |= {"treated": found.diagnostics["treated_units"], "controls": found.diagnostics["control_units"]}
    rows = [
        Row("bin", f"{r['running']:g}", "", r["outcome"], question.unit, "observed")
        for r in found.tables["bins"].to_dict("records")
    ]
    for i, r in enumerate(found.tables["robustness"].to_dict("records")):
        item = f"{r['check']}:{i}:{r['cutoff']:g}"
        rows += [Row(f"check_{key}", item, "", r[key], question.unit) for key in ("estimate", "low", "high")]
        rows.append(Row("check_p", item, "", r["p"], "share"))
    return Finding("estimated", verdict, figures, (), _known(rows))


def holm(findings: Mapping[str, Finding], primary: str) -> dict[str, Finding]:
    """Findings with p of the outcomes that are not the primary one corrected for their number, by Holm.

    The figure `p_holm` is added to each; one that is below .05 alone and not so corrected is `fragile` at most.
    """
    from statsmodels.stats.multitest import multipletests

    others = [name for name, one in findings.items() if name != primary and one.figures.get("p") is not None]
    if not others:
        return dict(findings)
    corrected = multipletests([findings[name].figures["p"] for name in others], method="holm")[1]
    out = dict(findings)
    for name, p in zip(others, corrected, strict=True):
        one = findings[name]
        verdict = one.verdict
        if one.figures["p"] <= ALPHA < p:
            reason = Reason("impact.reason.not_after_holm", "fragile", {"p_holm": float(p), "outcomes": len(others)})
            reasons = sorted((*verdict.reasons, reason), key=lambda item: -LEVELS.index(item.level))
            verdict = replace(verdict, level=reasons[0].level, reasons=tuple(reasons))
        out[name] = replace(one, verdict=verdict, figures={**one.figures, "p_holm": float(p)})
    return out


def _figures(found: Evaluation) -> dict[str, Any]:
    """What the estimate and its tests say, by the names of the columns that keep it."""
    result = found.main
    low, high = result.interval or (None, None)
    out = {"estimate": result.estimate, "low": low, "high": high, "p": result.p}
    out |= {"pre_rmspe": result.diagnostics.get("pre_rmspe"), "seed": result.seed, "draws": result.draws}
    if "in_time" in found.results:
        fake = found.results["in_time"].diagnostics
        names = (("year", "date"), ("p", "p"), ("gap", "gap"))
        out |= {f"placebo_time_{key}": fake[f"placebo_time_{old}"] for key, old in names}
    if "leave_one_out" in found.results:
        out |= {key: found.results["leave_one_out"].diagnostics[key] for key in ("loo_low", "loo_high")}
    return out


def _synthetic(found: Evaluation, unit: str) -> list[Row]:
    """Path, placebos, weights and comparison sets of a synthetic control."""
    tables = found.main.tables
    rows: list[Row] = []
    for r in tables["path"].to_dict("records"):
        rows.append(Row("path", "actual", str(int(r["time"])), r["actual"], unit, "observed"))
        rows.append(Row("path", "synthetic", str(int(r["time"])), r["synthetic"], unit))
    for r in tables["placebos"].to_dict("records"):
        rows.append(Row("placebo_gap", r["unit"], "", r["gap"], unit))
        if r["pre_rmspe"]:
            rows.append(Row("placebo_ratio", r["unit"], "", r["post_rmspe"] / r["pre_rmspe"], "ratio"))
    for r in tables["weights"].head(HEAVIEST).to_dict("records"):
        if r["weight"] >= LEAST:
            rows.append(Row("weight", r["unit"], "", 100 * r["weight"], "percent"))
    for r in found.pools.to_dict("records") if found.pools is not None else ():
        for key, of in (("estimate", unit), ("p", "share"), ("donors", "ratio")):
            rows.append(Row(f"pool_{key}", r["pool"], "", r[key], of))
    return _known(rows)


def _randomised(panel: Panel, pools: Mapping[str, Sequence[Any]], unit: str) -> list[Row]:
    """Mean paths of those treated and of the main set, and the test on each comparison set."""
    wide = panel.wide()
    rows: list[Row] = []
    for item, units in (("actual", panel.treated_units), ("synthetic", list(next(iter(pools.values()))))):
        for year, value in wide.loc[units].mean().items():
            rows.append(Row("path", item, str(int(str(year))), value, unit, "observed"))
    for name, donors in pools.items():
        compared = panel.only(units=[*panel.treated_units, *donors])
        test = randomisation_test(compared)
        rows.append(Row("pool_estimate", name, "", test.estimate, unit))
        rows.append(Row("pool_p", name, "", test.p if test.p is not None else float("nan"), "share"))
        rows.append(Row("pool_donors", name, "", len(donors), "ratio"))
        if test.interval:
            rows.append(Row("pool_low", name, "", test.interval[0], unit))
            rows.append(Row("pool_high", name, "", test.interval[1], unit))
        mde = test.diagnostics["mde"]
        rows.append(Row("pool_mde", name, "", mde if np.isfinite(mde) else float("nan"), unit))
    return _known(rows)


def _compared(found: Evaluation, panel: Panel, pools: Mapping[str, Sequence[Any]], design: Any, unit: str) -> list[Row]:
    """Mean paths, effects by period where there are, and the estimate on each comparison set."""
    wide = panel.wide()
    rows: list[Row] = []
    for item, units in (("actual", panel.treated_units), ("synthetic", list(next(iter(pools.values()))))):
        for year, value in wide.loc[units].mean().items():
            rows.append(Row("path", item, str(int(str(year))), value, unit, "observed"))
    effects = next((one.tables[k] for one in found.results.values() for k in EFFECTS if k in one.tables), None)
    for r in effects.to_dict("records") if effects is not None else ():
        for key in ("estimate", "low", "high"):
            rows.append(Row(f"effect_{key}", "actual", str(int(r["event_time"])), r.get(key, float("nan")), unit))
    for name, donors in pools.items() if len(pools) > 1 and design != "interrupted" else ():
        again = evaluate(panel.only(units=[*panel.treated_units, *donors]), design)
        if again.status == "estimated":
            rows.append(Row("pool_estimate", name, "", again.main.estimate, unit))
            rows.append(Row("pool_p", name, "", again.main.p if again.main.p is not None else float("nan"), "share"))
            rows.append(Row("pool_donors", name, "", len(donors), "ratio"))
    return _known(rows)


def _known(rows: Iterable[Row]) -> list[Row]:
    """Rows that have a value."""
    return [row._replace(value=float(row.value)) for row in rows if pd.notna(row.value)]
