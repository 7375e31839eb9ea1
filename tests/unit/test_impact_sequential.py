"""Sequential rules by published boundaries and by simulation; decisions that keep to what was stated."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from toolkit import impact
from toolkit.errors import MethodError

LOOKS = (date(2026, 3, 1), date(2026, 6, 1), date(2026, 9, 1))


def trial(**how: object) -> impact.Trial:
    known = {
        "objective": "more young firms",
        "action": "shared workshop",
        "indicator": "share of firms using it",
        "unit": "percent",
        "baseline": 10.0,
        "threshold": 15.0,
        "target": 20.0,
        "looks": LOOKS,
        "stated": date(2026, 1, 10),
    }
    return impact.Trial(**(known | how))  # type: ignore[arg-type]


def reading(day: date, value: float, se: float, observations: int) -> impact.Reading:
    return impact.Reading(day, value, se, observations)


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        (5, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),  # Lan-DeMets O'Brien-Fleming, gsDesign and ldbounds
        (2, [2.9626, 1.9686]),
        (1, [1.9600]),
    ],
)
def test_spending_bounds_as_published(looks: int, expected: list[float]) -> None:
    assert impact.spending_bounds([(i + 1) / looks for i in range(looks)]) == pytest.approx(expected, abs=5e-4)


def test_all_of_alpha_is_spent_at_the_end_and_never_more() -> None:
    assert impact.spent(1.0) == pytest.approx(0.05)
    assert impact.spent(0.5, 0.1) < 0.1
    with pytest.raises(MethodError, match="outside its range"):
        impact.spent(0.0)


def test_repeated_looks_keep_the_error_under_both_rules_and_not_without() -> None:
    draws, most = 3000, 500
    rng = np.random.default_rng(1)
    z = rng.normal(size=(draws, most)).cumsum(axis=1) / np.sqrt(np.arange(1, most + 1))
    looks = np.array([100, 200, 300, 400, 500])
    bounds = impact.spending_bounds(list(looks / most))
    error = 3 * np.sqrt(0.05 * 0.95 / draws)
    assert (np.abs(z[:, looks - 1]) > bounds).any(axis=1).mean() == pytest.approx(0.05, abs=error)
    assert (np.abs(z[:, looks - 1]) > 1.96).any(axis=1).mean() > 0.12
    widths = np.array([impact.confidence_sequence(1.0, n, 200) for n in range(1, most + 1)])
    assert (np.abs(z) > widths).any(axis=1).mean() <= 0.05 + error  # a look at every single observation


@pytest.mark.parametrize(
    ("value", "se", "decision", "key"),
    [
        (25.0, 1.0, "keep", "threshold_reached"),
        (5.0, 1.0, "stop", "no_better_than_before"),
        (12.5, 0.4, "adapt", "better_but_short"),
        (11.0, 0.8, "stop", "threshold_excluded"),
        (15.0, 3.0, "wait", "undecided"),
    ],
)
def test_decisions(value: float, se: float, decision: str, key: str) -> None:
    found = impact.decide(
        trial(), [reading(LOOKS[0], value - 3, 2.0, 100), reading(LOOKS[1], value, se, 200)], planned_observations=300
    )
    assert (found.decision, found.key) == (decision, f"impact.trial.{key}")
    assert found.low < value < found.high
    assert found.next_look == LOOKS[2]


def test_less_is_better_where_the_threshold_is_below() -> None:
    lower = trial(baseline=20.0, threshold=15.0, target=10.0)
    found = impact.decide(lower, [reading(LOOKS[0], 9.0, 0.5, 100)], planned_observations=300)
    assert found.decision == "keep"
    worse = impact.decide(lower, [reading(LOOKS[0], 25.0, 0.5, 100)], planned_observations=300)
    assert worse.decision == "stop"


def test_the_last_look_ends_the_trial() -> None:
    readings = [reading(day, 15.0, 3.0 - i, 100 * (i + 1)) for i, day in enumerate(LOOKS)]
    found = impact.decide(trial(), readings, planned_observations=300)
    assert (found.decision, found.key) == ("adapt", "impact.trial.ended_undecided")
    assert found.next_look is None


def test_early_looks_need_strong_evidence() -> None:
    """Two standard errors above the threshold are enough at the end, and not a third of the way."""
    early = impact.decide(trial(), [reading(LOOKS[0], 17.2, 1.0, 100)], planned_observations=300)
    assert early.decision == "wait"
    late = [reading(LOOKS[0], 17.2, 1.8, 100), reading(LOOKS[1], 17.2, 1.3, 200), reading(LOOKS[2], 17.2, 1.0, 300)]
    assert impact.decide(trial(), late, planned_observations=300).decision == "keep"


def test_a_decision_before_its_reading_is_flagged() -> None:
    one = [reading(LOOKS[0], 25.0, 1.0, 100)]
    early = impact.decide(trial(), one, planned_observations=300, decided_on=date(2026, 2, 1))
    assert [flag.key for flag in early.flags] == ["impact.trial.decided_before_reading"]
    assert impact.decide(trial(), one, planned_observations=300, decided_on=date(2026, 3, 1)).flags == ()
    none = impact.decide(trial(), [], planned_observations=300, decided_on=date(2026, 2, 1))
    assert none.decision == "wait"
    assert none.flags[0].values == {"decided": date(2026, 2, 1), "reading": LOOKS[0]}
    with pytest.raises(MethodError, match="no reading yet"):
        impact.decide(trial(), [], planned_observations=300)


def test_unstated_days() -> None:
    other = [reading(date(2026, 4, 4), 25.0, 1.0, 100)]
    with pytest.raises(MethodError, match="was not stated in advance"):
        impact.decide(trial(), other, planned_observations=300)
    any_time = impact.decide(trial(rule="any_time"), other, planned_observations=300)
    assert any_time.decision == "keep"
    assert [flag.key for flag in any_time.flags] == ["impact.trial.unplanned_reading", "impact.trial.reading_missed"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"threshold": 10.0}, "must lie between"),
        ({"threshold": 25.0}, "must lie between"),
        ({"baseline": float("nan")}, "must be numbers"),
        ({"looks": ()}, "state the days"),
        ({"looks": LOOKS[::-1]}, "state the days"),
        ({"stated": date(2026, 5, 1)}, "must follow the day it was stated"),
        ({"alpha": 1.5}, "probability"),
    ],
)
def test_bad_trials(how: dict, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        trial(**how)


def test_bad_readings() -> None:
    with pytest.raises(MethodError, match="positive standard error"):
        reading(LOOKS[0], 1.0, 0.0, 10)
    first, second = reading(LOOKS[0], 1.0, 1.0, 10), reading(LOOKS[1], 1.0, 1.0, 10)
    with pytest.raises(MethodError, match="out of order"):
        impact.decide(trial(), [second, first], planned_observations=300)
    with pytest.raises(MethodError, match="must hold more observations"):
        impact.decide(trial(), [first, second], planned_observations=300)
    with pytest.raises(MethodError, match="more observations than planned"):
        impact.decide(trial(), [first, reading(LOOKS[1], 1.0, 0.5, 50)], planned_observations=8)
