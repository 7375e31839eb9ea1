"""Published knapsacks, through the portfolio's own function: the numbers of the problems are facts, entered here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from toolkit.pnrr import knapsack

P07 = {
    "values": [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240],
    "weights": [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120],
    "capacity": 750,
}
"""Burkardt, KNAPSACK_01, P07 (Kreher and Stinson)."""

# fmt: off
ORTOOLS = {
    "values": [
        360, 83, 59, 130, 431, 67, 230, 52, 93, 125, 670, 892, 600, 38, 48, 147, 78, 256, 63, 17, 120, 164, 432, 35, 92,
        110, 22, 42, 50, 323, 514, 28, 87, 73, 78, 15, 26, 78, 210, 36, 85, 189, 274, 43, 33, 10, 19, 389, 276, 312,
    ],
    "weights": [
        7, 0, 30, 22, 80, 94, 11, 81, 70, 64, 59, 18, 0, 36, 3, 8, 15, 42, 9, 0, 42, 47, 52, 32, 26, 48, 55, 6, 29, 84,
        2, 4, 18, 56, 7, 29, 93, 44, 71, 3, 86, 66, 31, 65, 0, 79, 20, 65, 52, 13,
    ],
    "capacity": 850,
}
# fmt: on
"""OR-Tools guide, "The knapsack problem": 50 items."""


def _optimum(problem: dict[str, object]) -> Callable[[Path], dict[str, float]]:
    return lambda data_dir: {"optimum": knapsack(**problem).value}  # type: ignore[arg-type]


CASES: dict[str, Callable[[Path], dict[str, float]]] = {
    "knapsack_P07": _optimum(P07),
    "knapsack_ortools": _optimum(ORTOOLS),
}
