"""Time and memory of each estimator at the size of Italy: 7,896 units × 15 years.

    python bench/impact_scale.py [--units 7896] [--years 15]

Every estimator runs in its own process, so that peak memory is its own; the panel (built and checked) is timed by
itself. Designs that compare one unit with all others take the donor numbers they are meant for, said in the row.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit")]

from impact_making import FIRST, frame  # noqa: E402

from toolkit import impact  # noqa: E402


def _panel(units: int, years: int, treated: dict[int, int]) -> impact.Panel:
    data = frame(1, units=units, periods=years, treated=treated, effect=1.0, serial=0.5)
    return impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")


def block(units: int, years: int) -> impact.Panel:
    return _panel(units, years, dict.fromkeys(range(units // 4), FIRST + years // 2))


def staggered(units: int, years: int) -> impact.Panel:
    share = units // 10
    dates = [FIRST + years // 2 + i for i in range(-2, 3)]
    return _panel(units, years, {u: dates[u // share] for u in range(5 * share)})


def few(units: int, years: int, treated: int) -> impact.Panel:
    return _panel(units, years, dict.fromkeys(range(treated), FIRST + years // 2))


CASES: dict[str, tuple[Callable[[int, int], impact.Panel], Callable[[impact.Panel], object]]] = {
    "panel only": (block, lambda p: p),
    "screening": (block, impact.screen),
    "two-way fixed effects": (block, impact.two_way_fixed_effects),
    "first differences": (block, impact.first_differences),
    "event study": (block, impact.event_study),
    "Callaway-Sant'Anna, 5 cohorts": (staggered, impact.callaway_santanna),
    "Goodman-Bacon, 5 cohorts": (staggered, impact.goodman_bacon),
    "detectable effect": (block, impact.mde_panel),
    "randomisation, 11 treated, 4,999 draws": (lambda u, y: few(u, y, 11), impact.randomisation_test),
    "synthetic control, all donors": (lambda u, y: few(u, y, 1), impact.synthetic_control),
    "synthetic control, 200 nearest, placebos": (
        lambda u, y: few(u, y, 1),
        lambda p: impact.in_space(p, donors=impact.nearest_donors(p, 200)),
    ),
    "synthetic DiD, 500 donors, 50 draws": (
        lambda u, y: few(min(u, 501), y, 1),
        lambda p: impact.synthetic_did(p, draws=50),
    ),
}


def _run(name: str, units: int, years: int, answer: multiprocessing.Queue) -> None:
    make, work = CASES[name]
    start = time.perf_counter()
    one = make(units, years)
    built = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work(one)
    done = time.perf_counter()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer.put((len(one.units), built - start, done - built, before / 1024, after / 1024))


def main() -> int:
    """Print one line an estimator: seconds to build and check the panel, seconds to estimate, peak memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--units", type=int, default=7896)
    parser.add_argument("--years", type=int, default=15)
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(
        "| estimator | units x years | panel, s | estimate, s | peak before, MB | peak, MB |\n|---|---|---|---|---|---|"
    )
    for name in CASES:
        answer = context.Queue()
        worker = context.Process(target=_run, args=(name, asked.units, asked.years, answer))
        worker.start()
        units, build, estimate, before, after = answer.get(timeout=900)
        worker.join()
        figures = f"{build:.2f} | {estimate:.2f} | {before:.0f} | {after:.0f}"
        print(f"| {name} | {units} x {asked.years} | {figures} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
