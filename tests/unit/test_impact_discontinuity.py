"""Discontinuities: planted jumps are found and covered, and the tests of the design see what they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit import impact
from toolkit.errors import MethodError


def towns(seed: int, n: int = 600, jump: float = 1.0, *, sorting: float = 0.0, curve: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    moved = (x < 0) & (x > -0.15) & (rng.uniform(size=n) < sorting)
    x = np.where(moved, -x, x)
    y = 2 + x + curve * x**2 + jump * (x >= 0) + rng.normal(0, 0.5, n)
    return pd.DataFrame({"residents": 5000 + 1000 * x, "amount": y, "age": rng.normal(45, 5, n)})


HOW = {"outcome": "amount", "running": "residents", "cutoff": 5000.0}


def test_a_planted_jump_is_found_and_covered() -> None:
    draws = 40
    found = [impact.discontinuity(towns(seed, curve=1.0), **HOW) for seed in range(draws)]
    covered = np.mean([one.interval[0] <= 1 <= one.interval[1] for one in found])
    assert np.mean([one.estimate for one in found]) == pytest.approx(1.0, abs=0.15)
    assert covered >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws)


def test_the_side_treated_turns_the_sign_and_fuzzy_divides_by_take_up() -> None:
    data = towns(1)
    above, below = impact.discontinuity(data, **HOW), impact.discontinuity(data, treated="below", **HOW)
    assert below.estimate == pytest.approx(-above.estimate, rel=1e-6)
    assert set(below.tables["robustness"]["check"]) == {"donut", "placebo_threshold"}
    assert below.tables["robustness"]["cutoff"].between(4000, 6000).all()
    rng = np.random.default_rng(2)
    data = towns(1, 3000)
    data["asked"] = ((data["residents"] >= 5000) & (rng.uniform(size=len(data)) < 0.6)).astype(float)
    data["amount"] = data["residents"] / 1000 + 2 * data["asked"] + rng.normal(0, 0.3, len(data))
    fuzzy = impact.discontinuity(data, takeup="asked", **HOW)
    assert fuzzy.diagnostics["first_stage"] == pytest.approx(0.6, abs=0.2)
    assert fuzzy.estimate == pytest.approx(2.0, abs=0.6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.assign(age=d["age"] + 20 * (d["residents"] >= 5000)), "unchanged_jumps"),
        (lambda d: towns(5, 3000, sorting=0.9).assign(age=40.0 + towns(6, 3000)["age"]), "density_jumps"),
        (
            lambda d: d.assign(amount=d["amount"] + 4 * (d["residents"] >= d["residents"].quantile(0.75))),
            "placebo_threshold_failed",
        ),
    ],
)  # fmt: skip
def test_what_speaks_against_the_design_is_seen(change, reason: str) -> None:
    data = change(towns(3, 1500))
    found = impact.discontinuity(data, unchanged=["age"], **HOW)
    judged = impact.judge(impact.Evidence.of("threshold", found))
    assert f"impact.reason.{reason}" in {one.key for one in judged.reasons}
    assert judged.level == "descrittivo"


def test_a_sound_threshold_is_identified() -> None:
    found = impact.discontinuity(towns(3, 1500), unchanged=["age"], **HOW)
    assert impact.judge(impact.Evidence.of("threshold", found)).level == "identificato"
    blind = impact.discontinuity(towns(3, 1500), **HOW)
    keys = [one.key for one in impact.judge(impact.Evidence.of("threshold", blind)).reasons]
    assert keys == ["impact.reason.unchanged_untested"]


@pytest.mark.parametrize(
    ("change", "how", "message"),
    [
        (lambda d: d[d["residents"] < 5005], {}, "units on the treated side"),
        (lambda d: d.assign(amount=np.nan), {}, "missing or infinite value in 'amount'"),
        (lambda d: d.assign(amount=1.0), {}, "constant outcome"),
        (lambda d: d, {"treated": "left"}, "no side 'left'"),
        (lambda d: d, {"takeup": "nobody"}, "no column 'nobody'"),
    ],
)
def test_bad_input_is_refused(change, how: dict, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        impact.discontinuity(change(towns(4, 200)), **(HOW | how))
