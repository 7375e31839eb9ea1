"""Light trials: a goal stated in advance, readings on stated days, and a rule that stays valid however often one looks.

Looking at a result many times and stopping when it pleases finds effects that are not there: five looks at 5 % are
wrong one time in seven. Two rules keep the error at α over the whole trial:

- *spending*: readings on the stated days only; each may spend part of α (Lan and DeMets 1983, of O'Brien-Fleming
  form), so that early looks need strong evidence and the last one almost the usual;
- *any_time*: a confidence sequence (normal mixture: Robbins 1970; Howard et al. 2021, Annals of Statistics 49(2)),
  valid on any day, planned or not, and wider.

Readings are means with a standard error (asymptotic normality is assumed); smaller ones suit neither rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy import stats

from toolkit.errors import MethodError
from toolkit.impact.interface import Note

Decision = Literal["keep", "adapt", "stop", "wait"]


@dataclass(frozen=True)
class Trial:
    """What is tried and what would count, stated before it starts.

    Attributes:
        objective, action, indicator, unit: what is wanted, what is tested, what is read, in what unit.
        baseline: the indicator before the action.
        target: the value hoped for, on the better side of the threshold.
        threshold: the least value that makes the action worth keeping; the side it lies on says whether more is better.
        looks: the stated days of the readings, in order; the last one ends the trial.
        stated: day on which all this was written down.
        alpha: error allowed over the whole trial, two-sided.
        rule: spending or any_time.
    """

    objective: str
    action: str
    indicator: str
    unit: str
    baseline: float
    target: float
    threshold: float
    looks: tuple[date, ...]
    stated: date
    alpha: float = 0.05
    rule: Literal["spending", "any_time"] = "spending"

    def __post_init__(self) -> None:
        if not all(np.isfinite(value) for value in (self.baseline, self.target, self.threshold)):
            raise MethodError("baseline, target and threshold must be numbers")
        if self.threshold == self.baseline or (self.target - self.threshold) * (self.threshold - self.baseline) < 0:
            raise MethodError(
                f"threshold {self.threshold:g} must lie between baseline {self.baseline:g} and target {self.target:g}, "
                "and differ from the baseline"
            )
        if not self.looks or any(b <= a for a, b in pairwise(self.looks)):
            raise MethodError("state the days of the readings, in order, each once")
        if self.looks[0] <= self.stated:
            raise MethodError(f"the first reading ({self.looks[0]}) must follow the day it was stated ({self.stated})")
        if not 0 < self.alpha < 1:
            raise MethodError("alpha is a probability", allowed="between 0 and 1")

    @property
    def sign(self) -> int:
        """1 where more is better, −1 where less is."""
        return 1 if self.threshold > self.baseline else -1


@dataclass(frozen=True)
class Reading:
    """The indicator on a day: its value, its standard error and the observations behind both."""

    day: date
    value: float
    se: float
    observations: int

    def __post_init__(self) -> None:
        if not (np.isfinite(self.value) and np.isfinite(self.se)) or self.se <= 0 or self.observations < 1:
            raise MethodError(f"the reading of {self.day} needs a value, a positive standard error and observations")


@dataclass(frozen=True)
class Outcome:
    """What the readings so far allow.

    Attributes:
        decision: keep, adapt, stop, or wait for the next stated reading.
        key: label key of the reason.
        low, high: interval for the indicator, valid over all looks.
        look: 1 for the first reading used.
        next_look: day of the next stated reading, None after the last.
        flags: what was done otherwise than stated.
    """

    decision: Decision
    key: str
    low: float
    high: float
    look: int
    next_look: date | None
    flags: tuple[Note, ...] = ()


def decide(
    trial: Trial,
    readings: Sequence[Reading],
    *,
    planned_observations: int,
    decided_on: date | None = None,
) -> Outcome:
    """Keep, adapt, stop or wait, after the latest reading.

    With the interval of the rule: *keep* when all of it reaches the threshold; *stop* when none of it is better than
    the baseline; *adapt* when it is better than the baseline and short of the threshold; else *wait*, or *adapt* at the
    last look, where the trial ends without an answer.

    Args:
        readings: all made so far; each holds the observations of those before it.
        planned_observations: of the whole trial: the share gathered sets how much of α is spent.
        decided_on: the day on which somebody decided; flagged where it precedes the stated reading.

    Raises:
        MethodError: no reading, readings out of order or with fewer observations than before, an unstated day under the
            spending rule.
    """
    if not readings:
        early = _early(trial, (), decided_on)
        if early:
            return Outcome("wait", "impact.trial.no_reading", float("-inf"), float("inf"), 0, trial.looks[0], early)
        raise MethodError("no reading yet", hint=f"the first is stated for {trial.looks[0]}")
    _ordered(readings)
    unplanned = [r.day for r in readings if r.day not in trial.looks]
    if trial.rule == "spending" and unplanned:
        raise MethodError(
            f"the reading of {unplanned[0]} was not stated in advance, and this rule is valid on stated days only",
            allowed=trial.looks,
            hint='state the trial with the rule "any_time"',
        )
    last = readings[-1]
    if trial.rule == "spending":
        fractions = _fractions(readings, planned_observations, last.day == trial.looks[-1])
        half = spending_bounds(fractions, trial.alpha)[-1] * last.se
    else:
        half = confidence_sequence(last.se, last.observations, planned_observations, trial.alpha)
    low, high = last.value - half, last.value + half
    ended = last.day >= trial.looks[-1]
    decision, key = _judge(trial, low, high, ended)
    later = [day for day in trial.looks if day > last.day]
    flags = [Note("impact.trial.unplanned_reading", {"day": day}) for day in unplanned]
    missed = [day for day in trial.looks if day <= last.day and day not in {r.day for r in readings}]
    flags += [Note("impact.trial.reading_missed", {"day": day}) for day in missed]
    flags += _early(trial, readings, decided_on)
    return Outcome(decision, key, low, high, len(readings), later[0] if later else None, tuple(flags))


def _judge(trial: Trial, low: float, high: float, ended: bool) -> tuple[Decision, str]:
    worst, best = (low, high) if trial.sign == 1 else (-high, -low)
    baseline, threshold = trial.sign * trial.baseline, trial.sign * trial.threshold
    if worst >= threshold:
        return "keep", "impact.trial.threshold_reached"
    if best <= baseline:
        return "stop", "impact.trial.no_better_than_before"
    if best < threshold:
        if worst > baseline:
            return "adapt", "impact.trial.better_but_short"
        return "stop", "impact.trial.threshold_excluded"
    if ended:
        return "adapt", "impact.trial.ended_undecided"
    return "wait", "impact.trial.undecided"


def _early(trial: Trial, readings: Sequence[Reading], decided_on: date | None) -> tuple[Note, ...]:
    """A decision taken before the reading it should rest on."""
    if decided_on is None:
        return ()
    last = readings[-1].day if readings else None
    if last is None or decided_on < last:
        return (
            Note("impact.trial.decided_before_reading", {"decided": decided_on, "reading": last or trial.looks[0]}),
        )
    return ()


def _ordered(readings: Sequence[Reading]) -> None:
    for before, after in pairwise(readings):
        if after.day <= before.day:
            raise MethodError(f"readings out of order: {after.day} follows {before.day}")
        if after.observations <= before.observations:
            raise MethodError(f"the reading of {after.day} must hold more observations than the one of {before.day}")


def _fractions(readings: Sequence[Reading], planned: int, final: bool) -> list[float]:
    """Share of the planned observations at each look; the last stated look spends all that is left."""
    shares = [min(r.observations / planned, 1.0) for r in readings]
    if final:
        shares[-1] = 1.0
    for before, after in pairwise(shares):
        if after <= before:
            raise MethodError("more observations than planned before the last reading", hint="state the plan again")
    return shares


def spent(fraction: float, alpha: float = 0.05) -> float:
    """α spent, two-sided, when `fraction` of the information is in: `4·(1 − Φ(z(1 − α/4)/√fraction))`.

    It is twice the one-sided O'Brien-Fleming-like function of Lan and DeMets at α/2.
    """
    if not 0 < fraction <= 1:
        raise MethodError(f"an information fraction of {fraction:g} is outside its range", allowed="0 < fraction ≤ 1")
    return float(4 * stats.norm.sf(stats.norm.ppf(1 - alpha / 4) / np.sqrt(fraction)))


def spending_bounds(fractions: Sequence[float], alpha: float = 0.05) -> list[float]:
    """Critical values of |z| at each look, so that the error over all of them is what `spent` allows.

    The density of the score not yet stopped is carried from look to look on a grid (Armitage, McPherson and Rowe
    1969). For five equal looks at 5 %: 4.88, 3.36, 2.68, 2.29, 2.03.
    """
    if not fractions or any(b <= a for a, b in pairwise(fractions)):
        raise MethodError("information fractions must grow")
    bounds: list[float] = []
    grid, density = np.zeros(1), np.ones(1)
    before, used = 0.0, 0.0
    for fraction in fractions:
        allowed = max(spent(fraction, alpha) - used, 0.0)
        sd = np.sqrt(fraction - before)

        def stopped(
            z: float, grid: np.ndarray = grid, density: np.ndarray = density, sd: float = sd, f: float = fraction
        ) -> float:
            edge = z * np.sqrt(f)
            out = stats.norm.sf((edge - grid) / sd) + stats.norm.cdf((-edge - grid) / sd)
            return float((density * out).sum())

        bounds.append(_solve(stopped, allowed))
        edge = bounds[-1] * np.sqrt(fraction)
        new = np.linspace(-edge, edge, 1001)
        step = new[1] - new[0]
        weights = np.full(len(new), step)
        weights[[0, -1]] = step / 2
        kernel = stats.norm.pdf((new[:, None] - grid[None, :]) / sd) / sd
        grid, density = new, (kernel @ density) * weights
        before, used = fraction, used + allowed
    return bounds


def _solve(stopped: object, allowed: float) -> float:
    from scipy.optimize import brentq

    assert callable(stopped)
    if stopped(8.0) >= allowed:
        return 8.0  # nothing worth spending yet: eight standard errors
    return float(brentq(lambda z: stopped(z) - allowed, 0.0, 8.0, xtol=1e-8))


def confidence_sequence(se: float, observations: int, planned: int, alpha: float = 0.05) -> float:
    """Half-width valid at every number of observations at once (normal mixture, asymptotic).

    `se·√((1 + 1/ρ)·log((1 + ρ)/α²))` with ρ = observations · r and r chosen to be narrowest at `planned` observations.
    """
    if planned < 1 or observations < 1:
        raise MethodError("observations must be at least 1")
    # Narrowest where (1 + ρ)/ρ · log((1 + ρ)/α²) is least, in ρ at the planned number.
    rho = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) * observations / planned
    return float(se * np.sqrt((1 + 1 / rho) * np.log((1 + rho) / alpha**2)))
