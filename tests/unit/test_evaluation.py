"""How evaluations are worded: every label has words, trials are decided, wordings follow p and status."""

from __future__ import annotations

import re

import pytest

from toolkit import impact
from toolkit.params.policy import LightTrial, TrialReading
from toolkit.report import WordedReport as Report
from toolkit.report import evaluation
from toolkit.report.evaluation import follow, found
from toolkit.text import Words, messages, placeholders

TEXT = {"it": "testo", "en": "text"}


@pytest.fixture(scope="module")
def case() -> evaluation.Case:
    return evaluation.Case(Report("impact", municipality="015146", language="it", tables=evaluation.TABLES))


@pytest.mark.parametrize("key", sorted(impact.LABELS))
def test_every_label_of_the_methods_has_words(key: str) -> None:
    assert key in messages(), f"{key}: no words"
    for language in ("it", "en"):
        used = {name for name, _ in placeholders(messages()[key][language])}
        assert used <= set(impact.LABELS[key])


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


def test_a_trial_stated_in_full_waits_then_decides(case: evaluation.Case) -> None:
    assert trial().missing == ()
    assert follow.decided(trial()).decision == "wait"
    kept = trial(readings=(reading("2026-03-31", 25.0, 200), reading("2026-06-30", 24.0, 400)))
    assert follow.decided(kept).decision == "keep"
    told = " ".join(follow._trial(case, kept))
    assert "Decisione: mantenere (soglia raggiunta)" in told
    stopped = trial(readings=(reading("2026-03-31", 2.0, 200), reading("2026-06-30", 2.0, 400)))
    assert follow.decided(stopped).decision == "stop"


def test_a_decision_before_its_reading_is_flagged(case: evaluation.Case) -> None:
    early = trial(readings=(reading("2026-03-31", 12.0, 200),), decided_on="2026-02-20")
    assert any("prima della lettura" in line for line in follow._trial(case, early))
    assert any("prima della lettura" in line for line in follow._trial(case, trial(decided_on="2026-02-20")))


def test_what_a_trial_does_not_state_is_named() -> None:
    assert trial(threshold=None, looks=[], stated="").missing == ("threshold", "looks", "stated")
    assert trial(baseline=0.0).missing == ()


def test_words_follow_p(case: evaluation.Case) -> None:
    known = next(one for one in case.known if one.outcome.id == "unemployment" and one.status == "estimated")
    assert "non è distinguibile da zero" in found.effect(case, known)
    sharp = evaluation.case.Known(known.policy, known.outcome, {**known.row, "p": 0.01}, known.series, False)
    assert "Lo scarto è distinguibile da zero" in found.effect(case, sharp)
    broken = evaluation.case.Known(known.policy, known.outcome, {**known.row, "status": "break"}, known.series, False)
    assert "nessuna stima, perché la serie si interrompe" in found.effect(case, broken)


@pytest.mark.parametrize("level", ["identificato", "fragile", "descrittivo"])
def test_verdict_words_are_the_verdicts_own(level: str) -> None:
    assert Words("it").say(f"impact.verdict.{level}") == level


def test_amounts_keep_what_tells_them_from_zero(case: evaluation.Case) -> None:
    assert case.amount(-0.1016, "percentage_points", signed=True) == "−0,1 punti percentuali"
    assert case.amount(0.00697, "percentage_points") == "meno di 0,01 punti percentuali"
    assert case.amount(114.09, "EUR", signed=True) == "+114\xa0€"


def test_names_of_provinces_are_whole(case: evaluation.Case) -> None:
    names = set(found._names(case).values())
    assert {"Reggio Emilia", "Vibo Valentia", "La Spezia", "Pesaro e Urbino"} <= names
    assert not [name for name in names if name.endswith(".") or re.search("[a-z][A-Z]", name)]
