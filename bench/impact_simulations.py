"""Seeded simulations of every estimator: bias, coverage or size, against what is claimed.

    python bench/impact_simulations.py [--draws 2000] [--only NAME …]

Each row: what was simulated, the claim, what was measured, three Monte Carlo errors, and whether the claim holds.
Rows whose claim is "fails" show where a method must not be trusted: `toolkit.impact.coverage` carries those figures
to the verdict.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit")]

from impact_making import frame, panel  # noqa: E402

from toolkit import impact  # noqa: E402

Row = tuple[str, str, float, float, float]  # what, claim, target, measured, three Monte Carlo errors
EFFECT = 1.0


def share(hits: np.ndarray | list, target: float) -> tuple[float, float]:
    """A measured share and three Monte Carlo errors at its target."""
    hits = np.asarray(hits, dtype=float)
    return float(hits.mean()), float(3 * np.sqrt(target * (1 - target) / len(hits)))


def covers(found: impact.Result, truth: float = EFFECT) -> bool:
    return found.interval is not None and found.interval[0] <= truth <= found.interval[1]


def rejects(found: impact.Result, level: float = 0.05) -> bool:
    return found.p is not None and found.p <= level


def bias(estimates: list[float], truth: float) -> tuple[float, float]:
    return float(np.mean(estimates) - truth), float(3 * np.std(estimates) / np.sqrt(len(estimates)))


def _design(name: str, estimate: Callable[[impact.Panel], impact.Result], draws: int, **how: object) -> Iterator[Row]:
    found = [estimate(panel(seed, effect=EFFECT, **how)) for seed in range(draws)]
    off, error = bias([one.estimate for one in found], EFFECT)
    yield f"{name}: bias", "none", 0.0, off, error
    covered, error = share([covers(one) for one in found], 0.95)
    yield f"{name}: coverage of 95 % interval", "nominal", 0.95, covered, error


def two_by_two(draws: int) -> Iterator[Row]:
    def estimate(one: impact.Panel) -> impact.Result:
        data = one.data.assign(t=(one.data["first_treated"] > 0).astype(int), p=(one.data["time"] >= 2002).astype(int))
        return impact.two_by_two(data, outcome="outcome", treated="t", post="p", cluster="unit")

    treated = dict.fromkeys(range(30), 2002)
    yield from _design("2x2, clustered, 120 units", estimate, draws, units=120, periods=2, treated=treated)


def fixed_effects(draws: int) -> Iterator[Row]:
    how = {"units": 100, "serial": 0.5, "treated": dict.fromkeys(range(40), 2006)}
    yield from _design("two-way fixed effects, 40 of 100 treated", impact.two_way_fixed_effects, draws, **how)
    for count in (1, 2, 5, 10, 20):
        few = how | {"treated": dict.fromkeys(range(count), 2006), "effect": EFFECT}
        covered = [covers(impact.two_way_fixed_effects(panel(seed, **few))) for seed in range(draws)]
        claim = "fails" if count < 10 else "shown"
        yield f"two-way fixed effects, {count} of 100 treated: coverage", claim, 0.95, *share(covered, 0.95)


def first_differences(draws: int) -> Iterator[Row]:
    how = {"units": 100, "serial": 1.0, "treated": dict.fromkeys(range(40), 2006)}
    yield from _design("first differences, random walk", impact.first_differences, draws, **how)


def event_study(draws: int) -> Iterator[Row]:
    how = {"units": 100, "treated": dict.fromkeys(range(40), 2006)}
    yield from _design("event study, mean effect", impact.event_study, draws, **how)
    p = [impact.event_study(panel(seed, **how)).diagnostics["pre_trend_p"] <= 0.05 for seed in range(draws)]
    yield "event study: size of the pre-trend test at 5 %", "nominal", 0.05, *share(p, 0.05)


def staggered(draws: int) -> Iterator[Row]:
    for size in (10, 20, 40):
        few = dict.fromkeys(range(size), 2003) | dict.fromkeys(range(size, 2 * size), 2007)
        found = [impact.callaway_santanna(panel(seed, units=160, effect=EFFECT, treated=few)) for seed in range(draws)]
        covered = [covers(one) for one in found]
        yield f"Callaway-Sant'Anna, cohorts of {size}: coverage", "shown", 0.95, *share(covered, 0.95)
    treated = dict.fromkeys(range(80), 2003) | dict.fromkeys(range(80, 160), 2007)
    how = {"units": 240, "treated": treated}
    yield from _design("Callaway-Sant'Anna, cohorts of 80", impact.callaway_santanna, draws, **how)
    truth = (np.arange(8).sum() + np.arange(4).sum()) / (8 + 4)
    cohorts, fixed, covered_fixed, covered_cohorts = [], [], [], []
    for seed in range(draws):
        one = panel(seed, growth=1.0, **how)
        a, b = impact.callaway_santanna(one), impact.two_way_fixed_effects(one)
        cohorts.append(a.estimate)
        fixed.append(b.estimate)
        covered_cohorts.append(covers(a, truth))
        covered_fixed.append(covers(b, truth))
    yield f"growing effects (mean {truth:.2f}): bias of Callaway-Sant'Anna", "none", 0.0, *bias(cohorts, truth)
    # Its error allows for cohort shares that vary from sample to sample; here they are fixed, so it covers more.
    yield "growing effects: coverage of Callaway-Sant'Anna", "at least", 0.95, *share(covered_cohorts, 0.95)
    yield "growing effects: bias of two-way fixed effects", "fails", 0.0, *bias(fixed, truth)
    yield "growing effects: coverage of two-way fixed effects", "fails", 0.95, *share(covered_fixed, 0.95)


def honest(draws: int) -> Iterator[Row]:
    """The interval is a linear estimator with a fixed length: five intervals give those of all draws."""
    events, sigma = np.array([-4, -3, -2, 0]), np.diag([0.01] * 4) + 0.005
    for m in (0.02, 0.05, 0.1):
        lower = [_lower(beta, sigma, m) for beta in (np.zeros(4), *np.eye(4))]
        direction, half = np.subtract(lower[1:], lower[0]), -lower[0]
        trend = m * (events + 1) * (events + 2) / 2  # bends by m in every period, the worst allowed
        beta = np.random.default_rng(7).multivariate_normal(trend + (events >= 0), sigma, size=draws)
        measured, error = share(np.abs(beta @ direction - 1) <= half, 0.95)
        yield f"HonestDiD, trend bending by M = {m}: coverage", "at least", 0.95, measured, error


def _lower(beta: np.ndarray, sigma: np.ndarray, m: float) -> float:
    interval = impact.honest_did(beta, sigma, pre=3, bounds=[m]).interval
    assert interval is not None
    return interval[0]


def randomisation(draws: int) -> Iterator[Row]:
    for count in (2, 5):
        how = {"units": 40, "serial": 0.7, "treated": dict.fromkeys(range(count), 2006)}
        test = lambda one: impact.randomisation_test(one, draws=999)  # noqa: E731
        yield from _design(f"randomisation, {count} of 40 treated", test, draws, **how)
        size = [rejects(test(panel(seed, **how))) for seed in range(draws)]
        yield f"randomisation, {count} of 40 treated: size at 5 %", "at most", 0.05, *share(size, 0.05)


COUNTS = (1, 2, 3, 5, 8, 10, 15, 20, 30)
SCENES: dict[str, dict[str, Any]] = {
    "alike": {},
    "serial .7": {"serial": 0.7},
    "larger": {"sizes": "falling"},
    "smaller": {"sizes": "rising"},
    "smaller, serial .7": {"sizes": "rising", "serial": 0.7},
    "half of neighbouring groups of 10, with shocks": {"groups": 10, "shocks": 0.5},
    "half of neighbouring groups of 10, serial .7, with shocks": {"groups": 10, "shocks": 0.5, "serial": 0.7},
}


def _treated(scene: str, count: int) -> list[int]:
    """The first units: the largest or smallest; five of each group of ten where groups are shocked."""
    if "neighbouring" in scene:
        return [10 * (i // 5) + i % 5 for i in range(count)]
    return list(range(count))


def _study(base: impact.Panel, drawn: Any) -> impact.Result:
    """The event study of new outcomes of the same units, without checking them again."""
    return impact.event_study(replace(base, data=base.data.assign(outcome=drawn["y"].to_numpy())), draws=499)


def few_treated(draws: int) -> Iterator[Row]:
    """Size and power of the pre-trend test (10 %) and of the estimate (5 %) of an event study, 100 units."""
    for scene, made in SCENES.items():
        for count in COUNTS:
            how = {"units": 100, "treated": dict.fromkeys(_treated(scene, count), 2006), **made}
            base = panel(0, **how)
            found = [_study(base, frame(seed, **how)) for seed in range(draws)]
            before = [one.diagnostics["pre_trend_p"] <= 0.10 for one in found]
            after = [rejects(one) for one in found]
            drifting = [_study(base, frame(seed + 10**6, drift=0.3, **how)) for seed in range(draws // 4)]
            seen_before = [one.diagnostics["pre_trend_p"] <= 0.10 for one in drifting]
            planted = [_study(base, frame(seed + 10**6, effect=2.0, **how)) for seed in range(draws // 4)]
            seen_after = [rejects(one) for one in planted]
            name = f"{count} of 100 treated, {scene}"
            yield f"{name}: size of the pre-trend test at 10 %", "nominal", 0.10, *share(before, 0.10)
            yield f"{name}: size of the estimate at 5 %", "nominal", 0.05, *share(after, 0.05)
            yield f"{name}: a drift of 0.3 a period is seen", "shown", np.nan, *share(seen_before, 0.5)
            yield f"{name}: an effect of 2 is seen", "shown", np.nan, *share(seen_after, 0.5)


def unnamed_groups(draws: int) -> Iterator[Row]:
    """Whole groups treated, shocks shared within them: named, they are exchanged as wholes; unnamed, they mislead."""
    for groups, count in ((20, 10), (20, 30), (50, 30)):
        how = {"units": 100, "groups": groups, "shocks": 0.5, "treated": dict.fromkeys(range(count), 2006)}
        named = [impact.event_study(panel(seed, **how), draws=499) for seed in range(draws)]
        name = f"{groups} groups, {count * groups // 100} treated as a whole"
        size = [one.diagnostics["pre_trend_p"] <= 0.10 for one in named]
        yield f"{name}, named: size of the pre-trend test at 10 %", "at most", 0.10, *share(size, 0.10)
        yield f"{name}, named: size of the estimate at 5 %", "at most", 0.05, *share([rejects(o) for o in named], 0.05)
        blind = []
        for seed in range(draws):
            one = panel(seed, **how)
            blind.append(rejects(impact.event_study(replace(one, data=one.data.drop(columns="group")), draws=499)))
        yield f"{name}, not named: size of the estimate at 5 %", "fails", 0.05, *share(blind, 0.05)


def identified(draws: int) -> Iterator[Row]:
    """`identificato` on panels without any effect, by design: what `coverage.FALSE_IDENTIFIED` states."""
    from toolkit.impact.coverage import FALSE_IDENTIFIED

    cohorts = dict.fromkeys(range(0, 80, 2), 2005) | dict.fromkeys(range(1, 80, 2), 2008)
    scenes: dict[str, tuple[str, dict[str, Any]]] = {
        "event study, 40 of 120 treated": ("event_study", {"treated": dict.fromkeys(range(0, 80, 2), 2007)}),
        "event study, 25 of 120 treated": ("event_study", {"treated": dict.fromkeys(range(0, 50, 2), 2007)}),
        "cohorts of 40": ("callaway_santanna", {"treated": cohorts}),
        "randomisation, 10 of 120 treated": ("randomisation", {"treated": dict.fromkeys(range(0, 20, 2), 2007)}),
    }
    for shocks in (0.0, 0.5):
        for name, (method, made) in scenes.items():
            how = {"units": 120, "groups": 60, "shocks": shocks, **made}
            level = [
                impact.evaluate(panel(seed, **how), "difference_in_differences", draws=499).verdict.level
                for seed in range(draws)
            ]
            found, error = share([one == "identificato" for one in level], FALSE_IDENTIFIED[method])
            told = f"{name}, groups of two{', with shocks' if shocks else ''}: identificato on noise"
            yield told, "at most", FALSE_IDENTIFIED[method], found, error


def synthetic(draws: int) -> Iterator[Row]:
    how = {"units": 40, "periods": 16, "factors": 3, "treated": {0: 2011}}
    found = [impact.in_space(panel(seed, **how)) for seed in range(draws)]
    for level in (0.05, 0.10):
        size = [rejects(one, level) for one in found]
        yield f"synthetic control, 39 donors: size at {level:.0%}", "at most", level, *share(size, level)
    planted = [impact.in_space(panel(seed, effect=6.0, **how)) for seed in range(draws)]
    yield "synthetic control, effect 6: bias", "none", 0.0, *bias([one.estimate for one in planted], 6.0)
    yield "synthetic control, effect 6: share with p ≤ .05", "shown", np.nan, *share([rejects(o) for o in planted], 0.5)
    mde = [impact.mde_placebo(one.tables["placebos"]["gap"].to_numpy()[1:]) for one in found]
    yield "synthetic control: mean detectable effect by gaps", "shown", np.nan, float(np.mean(mde)), 0.0


def synthetic_did(draws: int) -> Iterator[Row]:
    for count in (1, 5):
        how = {"units": 40, "periods": 14, "treated": dict.fromkeys(range(count), 2009)}
        run = lambda one: impact.synthetic_did(one, draws=100)  # noqa: E731
        yield from _design(f"synthetic DiD, {count} of 40 treated, placebo error", run, draws, **how)


def interrupted(draws: int) -> Iterator[Row]:
    yield from _series("Poisson counts", draws, family="poisson", serial=0.0, errors="model")
    yield from _series("independent errors, least squares", draws, family="gaussian", serial=0.0, errors="model")
    serial: dict[str, Any] = {"family": "gaussian", "serial": 0.5}
    yield from _series("autocorrelated .5, least squares", draws, errors="model", claim="fails", **serial)
    for n in (96, 480):
        name = f"autocorrelated .5, Newey-West, {n} periods"
        yield from _series(name, draws, errors="newey_west", n=n, claim="fails", **serial)
    for n, claim in ((48, "fails"), (96, "shown"), (240, "nominal")):
        yield from _series(f"autocorrelated .5, hac, {n} periods", draws, errors="hac", n=n, claim=claim, **serial)


def _series(
    name: str, draws: int, *, family: str, serial: float, errors: str, n: int = 96, claim: str = "nominal"
) -> Iterator[Row]:
    import pandas as pd

    t, start = np.arange(1, n + 1), 5 * n // 8
    covered = []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        if family == "poisson":
            y, truth = rng.poisson(200 * 0.9 ** (t >= start)), 0.9
        else:
            noise = rng.normal(size=n)
            for i in range(1, n):
                noise[i] += serial * noise[i - 1]
            y, truth = 20 + 0.05 * t + (t >= start) + noise, 1.0
        data = pd.DataFrame({"t": t, "y": y})
        how: dict[str, Any] = {"family": family, "errors": errors}
        found = impact.interrupted_time_series(data, outcome="y", time="t", start=start, **how)
        covered.append(covers(found, truth))
    yield f"interrupted series, {name}: coverage", claim, 0.95, *share(covered, 0.95)


def power(draws: int) -> Iterator[Row]:
    how = {"units": 100, "serial": 0.5, "treated": dict.fromkeys(range(40), 2006)}
    seen = []
    mde = float(np.mean([impact.mde_panel(panel(seed + 2 * 10**6, **how)) for seed in range(200)]))
    for seed in range(draws):
        found = impact.two_way_fixed_effects(panel(seed + 10**6, effect=mde, **how))
        seen.append(rejects(found))
    yield "detectable effect of a panel: detected", "nominal", 0.80, *share(seen, 0.80)


def screening(draws: int) -> Iterator[Row]:
    alarms = [not impact.screen(panel(seed, units=100, periods=20)).accepted for seed in range(draws)]
    yield "screening, 100 units x 20 periods: false alarms", "at most", 0.05, *share(alarms, 0.05)
    found = []
    for seed in range(draws):
        data = frame(seed, units=100, periods=20)
        data["y"] += np.where(data["time"] >= 2012, 15.0, 0.0)
        one = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")
        found.append(not impact.screen(one).accepted)
    yield "screening: a jump of fifteen noise deviations is found", "shown", np.nan, *share(found, 0.5)


def sequential(draws: int) -> Iterator[Row]:
    rng = np.random.default_rng(11)
    z = rng.normal(size=(draws, 1000)).cumsum(axis=1) / np.sqrt(np.arange(1, 1001))
    looks = np.arange(200, 1001, 200)
    bounds = impact.spending_bounds(list(looks / 1000))
    spent = (np.abs(z[:, looks - 1]) > bounds).any(axis=1)
    yield "five looks, alpha spending: error", "nominal", 0.05, *share(spent, 0.05)
    widths = np.array([impact.confidence_sequence(1.0, n, 300) for n in range(1, 1001)])
    always = (np.abs(z) > widths).any(axis=1)
    yield "a thousand looks, confidence sequence: error", "at most", 0.05, *share(always, 0.05)
    yield "five looks at 1.96: error", "fails", 0.05, *share((np.abs(z[:, looks - 1]) > 1.96).any(axis=1), 0.05)


GROUPS: dict[str, Callable[[int], Iterator[Row]]] = {
    "two_by_two": two_by_two,
    "fixed_effects": fixed_effects,
    "first_differences": first_differences,
    "event_study": event_study,
    "staggered": staggered,
    "honest": honest,
    "randomisation": randomisation,
    "few_treated": few_treated,
    "unnamed_groups": unnamed_groups,
    "identified": identified,
    "synthetic": synthetic,
    "synthetic_did": synthetic_did,
    "interrupted": interrupted,
    "power": power,
    "screening": screening,
    "sequential": sequential,
}


def holds(claim: str, target: float, measured: float, error: float) -> bool:
    """Whether a claim is met within three Monte Carlo errors."""
    if claim in ("nominal", "none"):
        return abs(measured - target) <= error
    if claim == "at least":
        return measured >= target - error
    if claim == "at most":
        return measured <= target + error
    if claim == "fails":
        return abs(measured - target) > error
    return True


def main() -> int:
    """Run the groups asked for and print one line a result; exit 1 when a claim is not met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--only", nargs="*", choices=sorted(GROUPS), default=sorted(GROUPS))
    asked = parser.parse_args()
    missed = 0
    print("| simulated | claim | target | measured | ± 3 MC errors | holds |\n|---|---|---|---|---|---|")
    for name in GROUPS:
        if name not in asked.only:
            continue
        start = time.perf_counter()
        for what, claim, target, measured, error in GROUPS[name](asked.draws):
            ok = holds(claim, target, measured, error)
            missed += not ok
            goal = "" if np.isnan(target) else f"{target:.3g}"
            print(f"| {what} | {claim} | {goal} | {measured:.4f} | {error:.4f} | {'yes' if ok else 'NO'} |", flush=True)
        print(f"<!-- {name}: {time.perf_counter() - start:.0f} s, {asked.draws} draws -->", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
