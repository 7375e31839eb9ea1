"""Published knapsacks: the portfolio's own function must reach the published optimum."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import compute_pnrr

from toolkit.pnrr import knapsack


@pytest.mark.parametrize("case", sorted(compute_pnrr.CASES))
def test_case_equals_published(case: str, shared: Path) -> None:
    with (shared / "cases" / "expected.csv").open(encoding="utf-8") as rows:
        expected = {row["what"]: row for row in csv.DictReader(rows) if row["case"] == case}
    found = compute_pnrr.CASES[case](shared / "cases" / "data")
    assert set(found) == set(expected)
    for what, row in expected.items():
        assert found[what] == pytest.approx(float(row["expected"]), abs=float(row["tolerance"]))


@pytest.mark.parametrize("problem", [compute_pnrr.P07, compute_pnrr.ORTOOLS])
def test_the_choice_is_worth_the_optimum_and_fits(problem: dict[str, object]) -> None:
    found = knapsack(**problem)  # type: ignore[arg-type]
    values, weights = problem["values"], problem["weights"]
    assert found.value == sum(values[i] for i in found.taken)  # type: ignore[index]
    assert found.weight == sum(weights[i] for i in found.taken) <= problem["capacity"]  # type: ignore[index,operator]
