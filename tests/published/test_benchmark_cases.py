"""Published figures of regional science and composite indicators; skipped where the third-party data are absent."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import adapter
import compute_benchmark as own

from toolkit.indicators import composite, composite_steps, regional
from toolkit.indicators.complexity import (
    complexity,
    fitness,
    presence,
    proximity,
    relatedness_density,
    revealed_advantage,
)


@pytest.fixture(scope="module")
def data_dir(shared: Path) -> Path:
    return shared / "cases" / "data"


@pytest.mark.parametrize("case", sorted(own.CASES))
def test_case_equals_published(case: str, shared: Path) -> None:
    figures = adapter.compute(case, shared / "cases" / "data")
    with (shared / "cases" / "expected.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["case"] == case]
    assert rows
    for row in rows:
        assert figures[row["what"]] == pytest.approx(float(row["expected"]), abs=float(row["tolerance"]), rel=0)


def test_gini_of_freiburg_and_nordic_krugman(data_dir: Path) -> None:
    """Help pages of R's REAT: gini.spec 0.2089009, krugman.spec2 0.1595."""
    table = pd.read_csv(data_dir / "reat_Freiburg.csv").set_index("industry")
    assert regional.gini_specialisation(table["e_Freiburg2014"], table["e_Germany2014"]) == pytest.approx(
        0.2089009, abs=1e-7
    )
    rows = {
        "Sweden": [45_000, 15_000, 32_000, 10_000, 30_000],
        "Norway": [35_000, 12_000, 30_000, 8_000, 22_000],
        "Denmark": [40_000, 10_000, 25_000, 9_000, 18_000],
        "Finland": [30_000, 11_000, 18_000, 3_000, 13_000],
        "Island": [40_000, 6_000, 11_000, 2_000, 12_000],
    }
    countries = pd.DataFrame(rows, index=list("abcde")).T
    others = regional.krugman_benchmark(countries, "Sweden", "mean_of_others")
    assert regional.krugman(countries.loc["Sweden"], others) == pytest.approx(0.1595, abs=5e-5)


def test_german_states(data_dir: Path) -> None:
    """One table, all measures: quotients average 1 by reference shares, and every benchmark gives its own Krugman."""
    rows = pd.read_csv(data_dir / "reat_G.regions.industries.csv")
    table = rows.pivot(index="region_code", columns="ind_code", values="emp_all").astype(float)
    quotients = regional.location_quotients(table)
    weights = table.sum() / table.sum().sum()
    np.testing.assert_allclose((quotients * weights).sum(axis=1), 1.0, rtol=1e-12)
    kinds = ("all", "rest", "mean_of_all", "mean_of_others")
    found = [regional.krugman(table.loc["BY"], regional.krugman_benchmark(table, "BY", kind)) for kind in kinds]
    assert len({round(k, 6) for k in found}) == 4
    assert 0.1 < min(found) < max(found) < 0.3


def test_world_complexity_in_full(data_dir: Path) -> None:
    """Vignette of R's economiccomplexity: fitness, reflections, product complexity and proximity of the same data."""
    present = presence(revealed_advantage(own.world_trade(data_dir)))
    assert present.shape == (226, 785)
    countries, products = ["afg", "ago", "aia", "alb", "and"], ["0011", "0012", "0013", "0014", "0015"]
    found = fitness(present)
    np.testing.assert_allclose(
        found.territories[countries], [0.78605655, 0.03999516, 1.05645538, 1.24261128, 1.37321261], atol=5e-9
    )
    np.testing.assert_allclose(
        found.activities[products], [0.7538883, 0.7491391, 2.3018690, 0.9903918, 1.3120378], atol=5e-8
    )
    found = complexity(present, method="reflections")
    np.testing.assert_allclose(
        found.territories[countries], [-0.5788151, -1.7710696, 1.4074821, -0.1754989, 1.0738736], atol=5e-8
    )
    found = complexity(present)
    np.testing.assert_allclose(
        found.activities[products], [-0.66657613, -1.62657599, -0.08149436, 0.19917280, 0.14935653], atol=5e-8
    )
    near = proximity(present)
    assert near.at["0011", "0012"] == pytest.approx(0.3658537, abs=5e-8)
    assert near.at["0013", "0015"] == pytest.approx(0.12, abs=5e-8)
    assert proximity(present, of="territories").at["alb", "and"] == pytest.approx(0.31088083, abs=5e-9)
    density = relatedness_density(present, near)
    assert density.shape == present.shape
    assert density.min(axis=None) >= 0
    assert density.max(axis=None) <= 1


def test_coinr_whole_path(data_dir: Path) -> None:
    """COINr's example: divide, impute by group, screen, treat; its stored step, and scores of its vignette."""
    data, framework = own.asem(data_dir)
    raw = pd.read_csv(data_dir / "coinr_step_Raw.csv").set_index("uCode")
    expected = pd.read_csv(data_dir / "coinr_step_Treated.csv").set_index("uCode")
    meta = pd.read_csv(data_dir / "coinr_ASEM_iMeta.csv").query("Type == 'Indicator'").dropna(subset="Denominator")
    divided = composite_steps.divide(raw, dict(zip(meta["iCode"], meta["Denominator"], strict=True)), data)
    imputed = composite_steps.impute(divided, groups=data["EurAsia_group"])
    treated, done = composite_steps.treat(composite_steps.screen(imputed, 0.9))
    np.testing.assert_allclose(treated, expected, rtol=1e-12, atol=1e-300)
    assert done.query("treatment == 'winsorised'")["points"].to_dict()["Services"] == 4
    scores = composite.build(treated, framework).scores
    best = scores.loc[scores["Index"].nlargest(3).index, ["Index", "Conn", "Sust", "Physical", "Social", "SusEcFin"]]
    assert best.round(2).to_numpy().tolist() == [
        [68.38, 62.79, 73.98, 63.41, 87.85, 56.88],
        [64.82, 61.94, 67.70, 64.87, 86.58, 57.78],
        [64.80, 57.10, 72.51, 50.52, 86.40, 61.29],
    ]
    assert best.index.tolist() == ["CHE", "NLD", "DNK"]


def test_coinr_remove_elements(data_dir: Path) -> None:
    """COINr's vignette on sensitivity: mean absolute shift of the ranks without each pillar."""
    _, framework = own.asem(data_dir)
    treated = pd.read_csv(data_dir / "coinr_step_Treated.csv").set_index("uCode")
    published = {
        "Physical": 1.529412,
        "ConEcFin": 2.627451,
        "Political": 2.901961,
        "Instit": 1.176471,
        "P2P": 1.686275,
        "Environ": 3.098039,
        "Social": 3.960784,
        "SusEcFin": 2.627451,
    }
    shifts = composite.remove_each(treated, framework, parts=tuple(published)).loc["mean_shift"]
    assert shifts.round(6).to_dict() == published


def test_hdi_of_every_country(data_dir: Path) -> None:
    table = own.hdi(data_dir)
    assert len(table) > 180
    assert (table["index"] - table["published"]).abs().max() < 0.0006
