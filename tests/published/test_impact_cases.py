"""Published figures of policy evaluation: the toolkit's own functions must give them within their tolerance.

The figures are copied from the publications named beside each; the data are third-party files and packages, so each
case is skipped, and says so, where they are absent.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import compute_impact

from toolkit import impact

OWN = {
    # Cunningham (2021), Causal Inference: The Mixtape, ch. 6, rdrobust on Lee, Moretti and Butler (2004).
    "rd_close_elections": {
        "conventional": (46.491, 0.001),
        "SE": (1.241, 0.001),
        "robust CI low": (43.293, 0.001),
        "robust CI high": (49.052, 0.001),
    },
    # Huntington-Klein (2022), The Effect, ch. 20, rdrobust on Manacorda, Miguel and Vigorito (2011).
    "rd_government_transfers": {"conventional": (0.025, 0.0005), "SE": (0.062, 0.0005), "bandwidth": (0.005, 0.0005)},
    # Zeileis, Kleiber, Kraemer and Hornik (2003), CSDA 44; strucchange: breakpoint 1898, 95 % from 1895 to 1902.
    "break_nile": {
        "last_before": (1898, 0),
        "low": (1895, 0),
        "high": (1902, 0),
        "bic": (1270, 0.5),
        "bic_without": (1318, 0.5),
    },
    # Wooldridge, Introductory Econometrics, example 14.4.
    "dose_wages": {
        "union estimate": (0.0800, 0.0001),
        "union se": (0.0193, 0.0001),
        "married estimate": (0.0467, 0.0001),
        "married se": (0.0183, 0.0001),
        "expersq estimate": (-0.0052, 0.0001),
        "expersq se": (0.0007, 0.0001),
    },
}
"""Cases of our own choice: data of test dependencies, figures of the publications named."""


def published(shared: Path) -> dict[str, dict[str, tuple[float, float]]]:
    table: dict[str, dict[str, tuple[float, float]]] = {}
    with (shared / "cases" / "expected.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            table.setdefault(row["case"], {})[row["what"]] = (float(row["expected"]), float(row["tolerance"]))
    return table


@pytest.mark.parametrize("case", sorted(OWN))
def test_own_case_equals_published(case: str, tmp_path: Path) -> None:
    figures = compute_impact.CASES[case](tmp_path)
    assert {what: pytest.approx(value, abs=error + 1e-12) for what, (value, error) in OWN[case].items()} == {
        what: figures[what] for what in OWN[case]
    }


@pytest.mark.parametrize("case", sorted(set(compute_impact.CASES) - set(OWN)))
def test_case_equals_published(case: str, shared: Path) -> None:
    figures = compute_impact.CASES[case](shared / "cases" / "data")
    expected = published(shared)[case]
    off = {
        what: (figures.get(what), value, tolerance)
        for what, (value, tolerance) in expected.items()
        if what not in figures or not _agrees(what, float(figures[what]), value, tolerance)
    }
    assert not off


def _agrees(what: str, found: float, value: float, tolerance: float) -> bool:
    if "not above" in what:  # a bound, not a figure
        return found <= value + tolerance
    return abs(found - value) <= tolerance + 1e-12


def test_relative_magnitudes_are_excluded_with_a_reason(shared: Path) -> None:
    assert "honest_rm" in published(shared)
    assert compute_impact.EXCLUDED["honest_rm"].strip()
    assert "honest_rm" not in compute_impact.CASES


# Other published data through the same functions: the method, not the case.


def test_castle_doctrine_decomposition(shared: Path) -> None:
    """R bacondecomp, data `castle` (Cheng and Hoekstra 2013)."""
    frame = pd.read_csv(shared / "cases" / "data" / "bacon_castle.csv").copy()
    first = frame.loc[frame["post"] == 1].groupby("state")["year"].min()
    frame = frame[["state", "year", "l_homicide"]].assign(first=frame["state"].map(first))
    panel = impact.Panel.of(frame, unit="state", time="year", outcome="l_homicide", first_treated="first")
    found = impact.goodman_bacon(panel)
    types = found.tables["types"].set_index("type")
    assert types["weight"].round(4).to_dict() == pytest.approx(
        {"earlier_vs_later": 0.0598, "later_vs_earlier": 0.0319, "treated_vs_never": 0.9083}, abs=1e-4
    )
    assert types["estimate"].to_dict() == pytest.approx(
        {"earlier_vs_later": -0.0055, "later_vs_earlier": 0.0703, "treated_vs_never": 0.0880}, abs=1e-4
    )
    assert found.estimate == pytest.approx(float((types["weight"] * types["estimate"]).sum()), abs=1e-9)
    assert found.estimate == pytest.approx(impact.two_way_fixed_effects(panel).estimate, abs=1e-9)


def test_west_germany(shared: Path) -> None:
    """Abadie, Diamond and Hainmueller (2015), table 1: V on a training window, W on the main one."""
    frame = pd.read_csv(shared / "cases" / "data" / "germany.csv")
    covariates = ["infrate", "trade", "schooling", "invest70", "invest80", "industry"]
    panel = impact.Panel.of(
        frame, unit="country", time="year", outcome="gdp", treated={"West Germany": 1990}, covariates=covariates
    )

    def spec(window: tuple[int, ...], school: tuple[int, ...], invest: str, importance: tuple[float, ...] = ()):
        names = ("outcome", "trade", "infrate", "industry")
        predictors = [impact.Predictor(name, window) for name in names]
        predictors += [impact.Predictor("schooling", school), impact.Predictor(invest, (1980,))]
        return impact.Spec(tuple(predictors), tuple(range(1981, 1990)), importance)

    training = impact.synthetic_control(panel, spec(tuple(range(1971, 1981)), (1970, 1975), "invest70"))
    importance = tuple(training.tables["balance"]["importance"])
    found = impact.synthetic_control(panel, spec(tuple(range(1981, 1990)), (1980, 1985), "invest80", importance))
    weights = found.tables["weights"].set_index("unit")["weight"]
    published_weights = {"Austria": 0.42, "USA": 0.22, "Japan": 0.16, "Switzerland": 0.11, "Netherlands": 0.09}
    assert {name: weights[name] for name in published_weights} == pytest.approx(published_weights, abs=0.02)
    assert weights.drop(list(published_weights)).max() < 0.005


def test_basque_country(shared: Path) -> None:
    """Abadie and Gardeazabal (2003) stop at a local minimum of the search; from many starts the error is lower."""
    frame = pd.read_csv(shared / "cases" / "data" / "basque.csv").rename(columns=lambda name: name.replace(".", "_"))
    frame = frame[frame["regionno"] != 1]
    sectors = [name for name in frame if name.startswith("sec_")]
    schools = ["school_illit", "school_prim", "school_med", "school_high"]
    panel = impact.Panel.of(
        frame,
        unit="regionname",
        time="year",
        outcome="gdpcap",
        treated={"Basque Country (Pais Vasco)": 1970},
        covariates=[*sectors, *schools, "invest", "popdens"],
    )
    predictors = [impact.Predictor(name, tuple(range(1964, 1970))) for name in (*schools, "invest")]
    predictors.append(impact.Predictor("outcome", tuple(range(1960, 1970))))
    predictors += [impact.Predictor(name, tuple(range(1961, 1970, 2))) for name in sectors]
    predictors.append(impact.Predictor("popdens", (1969,)))
    window = tuple(range(1960, 1970))
    synth = impact.synthetic_control(panel, impact.Spec(tuple(predictors), window, starts="synth"))
    weights = synth.tables["weights"].set_index("unit")["weight"]
    assert weights["Cataluna"] == pytest.approx(0.851, abs=0.002)
    assert weights["Madrid (Comunidad De)"] == pytest.approx(0.149, abs=0.002)
    many = impact.synthetic_control(panel, impact.Spec(tuple(predictors), window))
    assert _error(many, window) <= _error(synth, window) + 1e-12


def _error(found: impact.Result, window: tuple[int, ...]) -> float:
    path = found.tables["path"].set_index("time")["gap"]
    return float((path[list(window)] ** 2).mean())


def test_sicily_with_seasons_and_dispersion(shared: Path) -> None:
    """Lopez Bernal, Cummins and Gasparrini (2017): rate ratio .885 (.839 to .933), adjusted for season."""
    frame = pd.read_csv(shared / "cases" / "data" / "sicily.csv")
    found = impact.interrupted_time_series(
        frame, outcome="aces", time="time", start=37, family="quasipoisson", offset="stdpop", harmonics=2
    )
    assert (found.estimate, *found.interval) == pytest.approx((0.885, 0.839, 0.933), abs=0.0006)
    assert found.diagnostics["dispersion"] > 2


@pytest.mark.parametrize("name", ["io_uk_2010_siot.csv", "io_netherlands_2000.csv"])
def test_other_input_output_tables(name: str, shared: Path) -> None:
    """Value added, imports and taxes make up all final demand: v'L ≤ 1, and output multipliers are at least 1."""
    table = pd.read_csv(shared / "cases" / "data" / name, index_col=0)
    industries = [column for column in table.columns if column in table.index and column != "TOTAL"]
    output = table.loc["output_bp" if "output_bp" in table.index else "Total output", industries].astype(float)
    coefficients = impact.technical_coefficients(table.loc[industries, industries].astype(float), output)
    made = impact.multipliers(coefficients)
    assert (made >= 1).all()
    assert made.max() < 4
    rest = 1 - coefficients.sum(axis=0)  # per unit of output, what is not bought from other domestic industries
    assert impact.multipliers(coefficients, rest).to_numpy() == pytest.approx(1.0, abs=1e-9)
