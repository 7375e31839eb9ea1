"""Words of what the methods find, trials decided, facts that follow p and status, and what a measure could show."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit import Report, evaluations, impact
from toolkit.errors import MethodError
from toolkit.params.policy import LightTrial, TrialReading
from toolkit.report.policies import Asked, Policies
from toolkit.text import Words, messages, placeholders
from toolkit.text.facts import Absent

TEXT = {"it": "testo", "en": "text"}


@pytest.fixture(scope="module")
def milano() -> Policies:
    return Policies(Report("impact", municipality="015146", language="it", it="x", en="x"))


@pytest.fixture(scope="module")
def expo(milano: Policies) -> Asked:
    assert milano.lead
    return milano.lead


@pytest.mark.parametrize("key", sorted(impact.LABELS))
def test_every_label_of_the_methods_has_words(key: str) -> None:
    assert key in messages(), f"{key}: no words"
    for language in ("it", "en"):
        used = {name for name, _ in placeholders(messages()[key][language])}
        assert used <= set(impact.LABELS[key])


# ---- trials


def trial(**changes: object) -> LightTrial:
    stated = {
        "id": "trial",
        "objective": TEXT,
        "action": TEXT,
        "indicator": TEXT,
        "unit": "percent",
        "baseline": 10.0,
        "target": 20.0,
        "threshold": 15.0,
        "looks": ["2026-03-31", "2026-06-30"],
        "stated": "2026-01-15",
        "planned_observations": 400,
        "source": TEXT,
    }
    return LightTrial.model_validate(stated | changes)


def reading(day: str, value: float, observations: int) -> TrialReading:
    return TrialReading(day=day, value=value, se=1.0, observations=observations)


def test_a_trial_stated_in_full_waits_then_decides(milano: Policies) -> None:
    assert trial().missing == ()
    assert evaluations.decided(trial()).decision == "wait"
    kept = trial(readings=(reading("2026-03-31", 25.0, 200), reading("2026-06-30", 24.0, 400)))
    assert evaluations.decided(kept).decision == "keep"
    told = milano.trial(milano.here[0], kept)
    assert (told["decision"], told["reasons"]) == ("mantenere", ["soglia raggiunta"])
    assert float(told["low"].replace(",", ".")) < float(told["high"].replace(",", "."))
    stopped = trial(readings=(reading("2026-03-31", 2.0, 200), reading("2026-06-30", 2.0, 400)))
    assert evaluations.decided(stopped).decision == "stop"


def test_a_decision_before_its_reading_is_flagged(milano: Policies) -> None:
    early = trial(readings=(reading("2026-03-31", 12.0, 200),), decided_on="2026-02-20")
    for one in (early, trial(decided_on="2026-02-20")):
        assert any("prima della lettura" in why for why in milano.trial(milano.here[0], one)["reasons"])


def test_what_a_trial_does_not_state_is_named(milano: Policies) -> None:
    assert trial(threshold=None, looks=[], stated="").missing == ("threshold", "looks", "stated")
    assert trial(baseline=0.0).missing == ()
    told = milano.trial(milano.here[0], trial(threshold=None))
    assert told["missing"] == ["la soglia sotto la quale non si continua"]
    assert isinstance(told["decision"], Absent)


# ---- facts


def test_facts_follow_p_and_status(expo: Asked) -> None:
    assert (expo.outcome.id, expo.status) == ("unemployment", "estimated")
    assert expo.facts()["noise"] is True
    sharp = replace(expo.found, figures={**expo.found.figures, "p": 0.01})
    assert expo.facts(sharp)["noise"] is False
    broken = replace(expo, found=replace(expo.found, status="break", figures={}))
    assert isinstance(broken.facts()["estimate"], Absent)
    assert broken.result["estimate"] is None


@pytest.mark.parametrize(
    ("level", "p", "read"), [("fragile", 0.01, True), ("fragile", 0.5, False), ("descrittivo", 0.01, False)]
)
def test_an_effect_is_read_only_where_verdict_and_p_allow(level: Any, p: float, read: bool, expo: Asked) -> None:
    found = replace(expo.found, figures={**expo.found.figures, "p": p}, verdict=impact.Verdict(level, ()))
    policies = Policies(Report("impact", municipality="015155", language="it", it="x", en="x"))
    (concerned,) = [one for one in policies.here if one.name == "expo-2015"]
    concerned.__dict__["outcomes"] = [Asked(concerned, expo.outcome, found)]
    assert (concerned in policies.causal) == read


def test_a_panel_as_it_is_gives_what_is_kept_and_another_is_estimated(expo: Asked) -> None:
    panel = expo.panel()
    assert expo.fit(panel) is expo.found
    shorter = expo.fit(panel.only(start=2003))
    assert shorter.figures["pre_periods"] == 12
    assert shorter.figures["estimate"] != expo.found.figures["estimate"]
    assert len(expo.placebos(shorter)) == 103
    assert expo.path(shorter, ("a", "b"))["year"].min() == 2003


@pytest.mark.parametrize("level", ["identificato", "fragile", "descrittivo"])
def test_verdict_words_are_the_verdicts_own(level: str) -> None:
    assert Words("it").say(f"impact.verdict.{level}") == level


def test_amounts_keep_what_tells_them_from_zero(expo: Asked) -> None:
    assert expo._amount(-0.1016, signed=True) == "−0,1 punti percentuali"
    assert expo._amount(0.00697) == "meno di 0,01 punti percentuali"
    euro = replace(expo, outcome=expo.outcome.model_copy(update={"unit": "EUR"}))
    assert euro._amount(114.09, signed=True) == "+114\xa0€"


def test_names_of_provinces_are_whole(milano: Policies) -> None:
    names = set(milano.province_names.values())
    assert {"Reggio Emilia", "Vibo Valentia", "La Spezia", "Pesaro e Urbino"} <= names
    assert not [name for name in names if name.endswith(".") or re.search("[a-z][A-Z]", name)]


# ---- how results show themselves


RESULTS = {
    "paths": lambda: impact.synthetic_control(made(1)),
    "effects": lambda: impact.event_study(made(4)),
    "law": lambda: impact.randomisation_test(made(2), draws=199),
    "estimate": lambda: impact.two_way_fixed_effects(made(4)),
}


def made(treated: int) -> impact.Panel:
    draw = np.random.default_rng(3)
    rows = [
        {"unit": unit, "year": year, "y": unit + 0.1 * year + draw.normal() + 3 * (unit < treated and year >= 2010)}
        for unit in range(30)
        for year in range(2000, 2015)
    ]
    return impact.Panel.of(
        pd.DataFrame(rows), unit="unit", time="year", outcome="y", treated=dict.fromkeys(range(treated), 2010)
    )


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_has_a_table_and_a_picture(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = RESULTS[name]()
    table = result.summary().set_index("what")["value"]
    assert float(table["estimate"]) == pytest.approx(result.estimate, rel=1e-3)
    spec = result.plot().to_dict()
    drawn = [row for rows in spec["datasets"].values() for row in rows]
    assert len(drawn) >= 1
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    result._ipython_display_()
    assert f"{result.estimate:.4g}" in shown[0].data
    assert shown[1].to_dict()["height"] == 240


# ---- could we see it?


def history(sd: float, units: int = 120, years: int = 6) -> tuple[pd.DataFrame, pd.Series]:
    """Values that grow by 3 % a year, each unit's change spread by `sd` percent."""
    draw = np.random.default_rng(7)
    moves = np.exp(draw.normal(0.03, sd / 100, (units, years)).cumsum(axis=1))
    codes = [f"{n:06d}" for n in range(units)]
    wide = pd.DataFrame(20_000 * moves, index=codes, columns=range(2018, 2018 + years))
    long = wide.reset_index(names="unit").melt("unit", var_name="time", value_name="value")
    return long, pd.Series(np.linspace(500, 50_000, units), index=codes)


def test_what_could_be_seen_follows_the_spread_and_the_places() -> None:
    found = {}
    for sd in (1.0, 2.0):
        frame, size = history(sd)
        table = impact.detectable(frame, ["000060"], size=size).set_index(["places", "readings"])["effect"]
        assert set(table.index.get_level_values("places")) == {20, 50, 100}
        found[sd] = table
    ratio = found[2.0] / found[1.0]
    assert ratio.between(1.9, 2.1).all()
    # Twice the error of the change, times 1 + 1/100 places: (t(.975) + t(.8)) · sd · √(1 + 1/J).
    frame, size = history(1.0)
    values = 100 * np.log(frame.pivot(index="unit", columns="time", values="value"))
    near = (np.log(size) - np.log(size["000060"])).abs().drop("000060").sort_values(kind="stable").index[:50]
    change = values[2023] - values[[2018, 2019, 2020, 2021, 2022]].mean(axis=1)
    expected = impact.mde_multiplier(df=49) * change[near].std() * np.sqrt(1 + 1 / 50)
    assert found[1.0][50, 1] == pytest.approx(100 * np.expm1(expected / 100), rel=1e-9)


def test_an_effect_of_that_size_is_seen_four_times_in_five() -> None:
    frame, size = history(1.5)
    effect = impact.detectable(frame, ["000060"], size=size, places=[50], readings=[1])["effect"].iloc[0]
    draw, seen, t = np.random.default_rng(11), 0, 2.0096  # t(.975) of 49 degrees of freedom
    for _ in range(2000):
        change = draw.normal(0, 1.5, 51)
        gap = change[0] + 100 * np.log1p(effect / 100) * 1.5 / _spread(frame, size) - change[1:].mean()
        seen += abs(gap) > t * change[1:].std(ddof=1) * np.sqrt(1 + 1 / 50)
    assert seen / 2000 == pytest.approx(0.8, abs=0.04)


def _spread(frame: pd.DataFrame, size: pd.Series) -> float:
    values = 100 * np.log(frame.pivot(index="unit", columns="time", values="value"))
    near = (np.log(size) - np.log(size["000060"])).abs().drop("000060").sort_values(kind="stable").index[:50]
    return float((values[2023] - values.drop(columns=2023).mean(axis=1))[near].std())


def test_too_little_shows_nothing_and_a_gap_is_refused() -> None:
    frame, size = history(1.0, units=15)
    assert impact.detectable(frame, ["000003"], size=size).empty
    frame, size = history(1.0, years=2)
    assert impact.detectable(frame, ["000003"], size=size).empty
    frame, size = history(1.0)
    with pytest.raises(MethodError, match="000003"):
        impact.detectable(frame[(frame["unit"] != "000003") | (frame["time"] != 2020)], ["000003"], size=size)
