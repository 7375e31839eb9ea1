"""Each refusal keeps its own reason, from where it arises to the page, in both languages."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from impact_making import frame, panel

from toolkit import Policies, Report, catalog, evaluations, impact
from toolkit.errors import MethodError
from toolkit.impact.verdict import REFUSALS
from toolkit.params import policy as policies
from toolkit.report.policies import Asked
from toolkit.text import Words

SYNTHETIC, TRENDS = "synthetic_control", "difference_in_differences"
ROOM = Path(impact.__file__).parent


def same_change(**how: Any) -> impact.Panel:
    """Every unit grows by the same amount each year, whatever its level."""
    data = frame(5, **how)
    levels = {unit: float(place) for place, unit in enumerate(data["unit"].unique())}
    data["y"] = data["unit"].map(levels) + data["time"] - 2000.0
    return impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")


MEMBERS: dict[str, tuple[Callable[[], impact.Panel], str, str, dict[str, int]]] = {
    "three treated": (
        lambda: panel(3, units=30, treated=dict.fromkeys(range(3), 2006)),
        SYNTHETIC,
        "one_treated_only",
        {"treated_units": 3},
    ),
    "two dates": (lambda: panel(3, units=30, treated={0: 2005, 1: 2006}), SYNTHETIC, "several_dates", {"dates": 2}),
    "two donors": (
        lambda: panel(3, units=3, treated={0: 2006}),
        SYNTHETIC,
        "too_few_controls",
        {"control_units": 2, "least": 3},
    ),
    "one donor": (
        lambda: panel(3, units=2, treated={0: 2006}),
        SYNTHETIC,
        "too_few_controls",
        {"control_units": 1, "least": 2},
    ),
    "one year before": (
        lambda: panel(3, units=30, treated={0: 2002}),
        SYNTHETIC,
        "too_few_pre_periods",
        {"pre_periods": 1, "least": 2},
    ),
    "one control, trends": (
        lambda: panel(3, units=3, treated={0: 2006, 1: 2006}),
        TRENDS,
        "too_few_controls",
        {"control_units": 1, "least": 2},
    ),
    "no variation between": (lambda: same_change(units=12, treated={0: 2006}), TRENDS, "same_change", {}),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_design_that_is_not_possible_says_why(name: str) -> None:
    make, design, key, values = MEMBERS[name]
    told = impact.evaluate(make(), design, anticipated=True)  # type: ignore[arg-type]
    assert told.status == "refused"
    first = told.verdict.reasons[0]
    assert (first.key, dict(first.values)) == (f"impact.reason.{key}", values)
    assert "impact.reason.no_design" not in {reason.key for reason in told.verdict.reasons}
    assert told.verdict.reasons[-1].key == "impact.reason.anticipation"  # known from outside, still said
    said = {language: Words(language).say(first.key, **first.values) for language in ("it", "en")}
    assert said["it"] != said["en"]
    for value in values.values():
        assert all(str(value) in text for text in said.values())


def test_a_reason_not_foreseen_is_kept_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **how: Any) -> None:
        raise MethodError("the estimator saw a ghost")

    monkeypatch.setattr("toolkit.impact.placebos.in_space", refuse)
    told = impact.evaluate(panel(3, units=10, treated={0: 2006}), "synthetic_control")
    assert told.verdict.reasons[0].key == "impact.reason.not_defined"
    assert told.verdict.reasons[0].values == {"why": "the estimator saw a ghost"}


def test_a_reason_survives_the_way_between_processes() -> None:
    fault = MethodError("what", where="here", hint="do", reason="same_change", values={"n": 1})
    again = pickle.loads(pickle.dumps(fault))
    assert (str(again), again.reason, again.values) == (str(fault), "same_change", {"n": 1})


def test_every_reason_in_the_code_is_known_with_its_values() -> None:
    given: dict[str, set[str]] = {}
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MethodError":
                about = {one.arg: one.value for one in node.keywords}
                if "reason" in about:
                    values = about.get("values")
                    names = {key.value for key in values.keys} if isinstance(values, ast.Dict) else set()
                    assert isinstance(about["reason"], ast.Constant)
                    given.setdefault(str(about["reason"].value), set()).update(names)
    given["not_defined"] = {"why"}
    assert given == {key: set(values) for key, values in REFUSALS.items()}


# ---- from the data of a policy to the page


def holed(table: pd.DataFrame, item: str) -> pd.DataFrame:
    at = (table["province_code"] == "016") & (table["year"] == 2010) & (table["item"] == item)
    return table.assign(value=table["value"].where(~at))


CHAINS: dict[str, tuple[dict[str, Any], dict[str, Any], Callable[[pd.DataFrame], pd.DataFrame], str, str, str]] = {
    "three treated": (
        {"units": ("015", "016", "017")},
        {"pools": ()},
        lambda table: table,
        "one_treated_only",
        "il metodo prende un solo territorio trattato, qui sono 3",
        "the method takes one treated territory, here there are 3",
    ),
    "three treated, nearest pool": (
        {"units": ("015", "016", "017")},
        {},
        lambda table: table,
        "one_treated_only",
        "qui sono 3",
        "here there are 3",
    ),
    "a value missing": (
        {},
        {"pools": ()},
        lambda table: holed(table, "unemployment_rate"),
        "outcome_missing",
        "dell'esito manca 1 valore",
        "1 value of the outcome is missing",
    ),
    "a province without a year": (
        {},
        {"pools": ()},
        lambda table: table[~((table["province_code"] == "016") & (table["year"] == 2010))],
        "periods_missing",
        "manca almeno un periodo",
        "lacks at least one period",
    ),
    "the same everywhere": (
        {},
        {"pools": ()},
        lambda table: table.assign(value=7.0),
        "no_variation",
        "lo stesso valore ovunque",
        "the same value everywhere",
    ),
    "one year before": (
        {},
        {"pools": ()},
        lambda table: table[table["year"] >= 2014],
        "too_few_pre_periods",
        "1 periodo prima della politica",
        "1 period before the policy",
    ),
    "two provinces to compare with": (
        {},
        {"pools": ()},
        lambda table: table[table["province_code"].isin(["015", "016", "017"])],
        "too_few_controls",
        "2 territori di confronto: ne servono almeno 3",
        "2 comparison territories: at least 3 are needed",
    ),
}


class Changed:
    """The catalogue with one table changed."""

    def __init__(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        self.change = change

    def load(self, name: str) -> pd.DataFrame:
        table = catalog.load(name)
        return self.change(table) if name == "provinces" else table


@pytest.mark.parametrize("name", CHAINS)
def test_the_reason_of_a_policy_reaches_the_page(name: str) -> None:
    treated, changes, change, key, it, en = CHAINS[name]
    policy = policies.read("expo-2015")
    policy = policy.model_copy(update={"treated": policy.treated.model_copy(update=treated)})
    outcome = next(one for one in policy.outcomes if one.id == "unemployment").model_copy(update=changes)
    finding = evaluations.find(policy, outcome, Changed(change))  # type: ignore[arg-type]
    assert finding.status == "refused"
    assert finding.verdict.reasons[0].key == f"impact.reason.{key}"
    assert {one.part for one in finding.series} <= {"median_change"}
    lines = evaluations.summary(evaluations.Evaluated("expo-2015", "", {outcome.id: finding}))
    assert en in lines[1]
    for language, wanted in (("it", it), ("en", en)):
        report = Report("impact", municipality="015146", language=language, it="x", en="x")
        concerned = next(one for one in Policies(report).here if one.name == "expo-2015")
        asked = Asked(concerned, outcome, finding)
        assert wanted.lower() in asked.why().lower()
        assert wanted.lower() in asked.facts()["why"].lower()
        assert wanted.lower() in " ".join(asked.reasons()).lower()
        assert Words(language).say("impact.reason.no_design") not in " ".join(asked.reasons())
