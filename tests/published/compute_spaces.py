"""Published figures of siting, sharing and spatial structure, computed by the toolkit's own public functions.

`CASES[case](data_dir)` gives {what: value}. The tables are small enough to be written here: they are those of the
papers and handbooks named.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from toolkit import spaces

Figures = dict[str, float]


def _numbered(values: object) -> Figures:
    return {str(place): float(value) for place, value in enumerate(values, 1)}  # type: ignore[arg-type]


def _problem(rows: list[list[float]], weights: list[float], directions: list[int]) -> tuple[pd.DataFrame, dict, dict]:
    names = [f"c{place}" for place in range(len(weights))]
    table = pd.DataFrame(rows, columns=names)
    return table, dict(zip(names, weights, strict=True)), dict(zip(names, directions, strict=True))


def topsis_tzeng_huang(_: Path) -> Figures:
    rows = [[5.0, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]]
    return _numbered(spaces.topsis(*_problem(rows, [0.3, 0.4, 0.3], [1, 1, 1])))


def _aragon() -> tuple[pd.DataFrame, dict, dict]:
    """Business siting in Aragón (Cebrián and Porcar 2009)."""
    rows = [
        [6.0, 5, 28, 5, 5],
        [4, 2, 25, 10, 9],
        [5, 7, 35, 9, 6],
        [6, 1, 27, 6, 7],
        [6, 8, 30, 7, 9],
        [5, 6, 26, 4, 8],
    ]
    return _problem(rows, [0.25, 0.25, 0.1, 0.2, 0.2], [1, 1, -1, 1, 1])


def electre_1_aragon(_: Path) -> Figures:
    return _numbered(spaces.electre_1(spaces.outranking(*_aragon())))


def electre_2_aragon(_: Path) -> Figures:
    return _numbered(spaces.electre_2(spaces.outranking(*_aragon())))


def ahp_saaty(_: Path) -> Figures:
    compared = spaces.ahp(pd.DataFrame([[1, 1 / 3, 5], [3, 1, 7], [1 / 5, 1 / 7, 1]]))
    return _numbered(compared.weights) | {"lambda": compared.largest, "CR": compared.ratio}


def shapley_gloves(_: Path) -> Figures:
    return dict(spaces.shapley(["left 1", "left 2", "right"], lambda some: float("right" in some and len(some) > 1)))


def shapley_council(_: Path) -> Figures:
    """Security Council: nine votes, all five permanent members among them."""
    players = [*(f"permanent {n}" for n in range(5)), *(f"elected {n}" for n in range(10))]
    found = spaces.shapley(players, lambda some: float(len(some) >= 9 and sum("permanent" in one for one in some) == 5))
    return {"permanent": found["permanent 0"], "elected": found["elected 9"]}


def airport(_: Path) -> Figures:
    return _numbered(spaces.airport(pd.Series([8.0, 11, 13, 18])))


def bankruptcy(_: Path) -> Figures:
    claims = pd.Series([100.0, 200, 300])
    found: Figures = {}
    for estate in (100, 200, 300):
        found |= {f"Talmud {estate}, {key}": value for key, value in _numbered(spaces.talmud(estate, claims)).items()}
    found |= {f"CEA 200, {k}": v for k, v in _numbered(spaces.constrained_equal_awards(200, claims)).items()}
    return found | {f"CEL 200, {k}": v for k, v in _numbered(spaces.constrained_equal_losses(200, claims)).items()}


def gini_textbook(_: Path) -> Figures:
    return {"Gini": spaces.gini(pd.Series([1.0, 2, 3, 4]))}


def getis_ord_six_points(_: Path) -> Figures:
    """Six points, neighbours within 15 (handbook example of PySAL)."""
    near = pd.DataFrame([(0, 1), (0, 3), (1, 3), (1, 4), (2, 4), (3, 4), (4, 5)], columns=["code_a", "code_b"])
    values = pd.Series([2, 3, 3.2, 5, 8, 7])
    plain, even = (spaces.weights(near, list(range(6)), standardised=how) for how in (False, True))
    return {"G": spaces.getis_ord(values, plain)} | _numbered(spaces.local_getis_ord(values, even))


def local_moran_ten_areas(_: Path) -> Figures:
    """Ten areas of the handbook of De Smith, Goodchild and Longley."""
    borders = [(1, 2), (1, 4), (2, 5), (3, 4), (3, 7), (4, 5), (4, 8), (5, 6), (5, 9), (6, 10), (7, 8), (8, 9), (9, 10)]
    values = pd.Series([2.24, 3.10, 4.55, -5.15, -4.39, 0.46, 5.54, 9.02, -2.09, -3.06], index=range(1, 11))
    near = spaces.weights(pd.DataFrame(borders, columns=["code_a", "code_b"]), list(values.index))
    return _numbered(spaces.local_moran(values, near, draws=99)["i"])


CASES: dict[str, Callable[[Path], Figures]] = {
    name: function
    for name, function in list(globals().items())
    if callable(function) and getattr(function, "__module__", "") == __name__ and not name.startswith("_")
}
