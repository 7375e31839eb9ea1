"""Options that published cases ask for: doses, dates of breaks, series without trend, power, limits, totals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from impact_making import frame

from toolkit import impact
from toolkit.errors import MethodError, ParameterError
from toolkit.impact.break_date import _argmax_cdf
from toolkit.indicators.composite import mpi
from toolkit.indicators.regional import location_quotients
from toolkit.pnrr import knapsack


def doses(seed: int = 1) -> pd.DataFrame:
    data = frame(seed, units=20, periods=6)
    rng = np.random.default_rng(seed)
    data["dose"] = rng.gamma(2, size=len(data)) * (data["time"] > 2003)
    data["region"] = data["unit"].str[1:].astype(int) // 2
    data["y"] += 0.5 * data["dose"]
    return data.drop(index=[3, 40, 41])  # rows may be missing


def test_a_dose_equals_dummies_and_clusters_above_the_unit() -> None:
    data = doses()
    fit = smf.ols("y ~ dose + C(unit) + C(time)", data).fit()
    plain = impact.dose_response(data, outcome="y", dose="dose", unit="unit", time="time", covariance="classical")
    assert plain.estimate == pytest.approx(fit.params["dose"])
    assert plain.se == pytest.approx(fit.bse["dose"])
    above = impact.dose_response(data, outcome="y", dose="dose", unit="unit", time="time", cluster="region")
    assert above.diagnostics["clusters"] == 10
    robust = smf.ols("y ~ dose + C(unit) + C(time)", data).fit(cov_type="cluster", cov_kwds={"groups": data["region"]})
    n, everything, counted = len(data), 1 + 19 + 5 + 1, 1 + 5
    assert above.se == pytest.approx(robust.bse["dose"] * np.sqrt((n - everything) / (n - counted)))


@pytest.mark.parametrize(
    ("change", "how", "message"),
    [
        (lambda d: d.assign(dose=d["region"]), {}, "does not vary within any unit"),
        (lambda d: d.assign(dose=np.nan), {}, "missing or infinite value in 'dose'"),
        (lambda d: d, {"cluster": "country"}, "no column 'country'"),
    ],
)
def test_a_dose_is_refused(change, how: dict, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        impact.dose_response(change(doses()), outcome="y", dose="dose", unit="unit", time="time", **how)


@pytest.mark.parametrize(("trend", "jump"), [(False, 3.0), (True, 4.0)])
def test_the_date_of_a_break_is_found_and_covered(trend: bool, jump: float) -> None:
    draws, hits = 60, 0
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        t = np.arange(1960, 2020)
        y = jump * (t >= 1990) + (0.1 * (t - 1960) if trend else 0) + rng.normal(0, 1.5, len(t))
        found = impact.find_break(pd.DataFrame({"t": t, "y": y}), outcome="y", time="t", trend=trend).diagnostics
        hits += found["low"] is not None and found["low"] <= 1989 <= found["high"]
    assert hits / draws >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws)


def test_bai_distribution_is_one() -> None:
    """Against the place of the maximum of simulated walks with unlike drifts and noise."""
    assert _argmax_cdf(7.687, 1, 1) == pytest.approx(0.95, abs=1e-3)
    assert _argmax_cdf(-7.687, 1, 1) == pytest.approx(0.05, abs=1e-3)
    for xi, phi in ((1.0, 1.0), (2.0, 1.5), (0.7, 1.3)):
        values = [_argmax_cdf(x, xi, phi) for x in np.linspace(-30, 30, 121)]
        assert np.all(np.diff(values) >= -1e-9)
        assert values[60] == pytest.approx(_argmax_cdf(-1e-12, xi, phi), abs=1e-5)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pd.DataFrame({"t": range(1, 4), "y": [1.0, 2, 1]}), "periods on each side"),
        (pd.DataFrame({"t": [1, 2, 4, 5], "y": [1.0, 2, 1, 3]}), "gaps"),
        (pd.DataFrame({"t": range(1, 30), "y": 1.0}), "constant outcome"),
    ],
)
def test_a_break_is_refused(data: pd.DataFrame, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        impact.find_break(data, outcome="y", time="t")


def test_a_series_without_trend_is_a_difference_of_means() -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"t": np.arange(1, 41), "y": rng.normal(10, 1, 40) + 2 * (np.arange(1, 41) >= 25)})
    found = impact.interrupted_time_series(data, outcome="y", time="t", start=25, trend=False)
    assert found.estimate == pytest.approx(data["y"][24:].mean() - data["y"][:24].mean())
    assert "trend" not in set(found.tables["coefficients"]["term"])


def test_power_by_the_normal_and_by_t() -> None:
    assert impact.n_per_arm(0.5, law="normal") == 63
    assert impact.n_per_arm(0.5) == 64
    by_t, normal = (impact.mde_two_groups(1.0, 20, 20, law=law) for law in ("t", "normal"))
    assert normal == pytest.approx(2.8016 * np.sqrt(0.1), abs=1e-3)
    assert by_t > normal
    assert impact.power_of(normal, np.sqrt(0.1)) == pytest.approx(0.8, abs=1e-6)
    assert impact.power_of(0.5, np.sqrt(2 / 64), df=126) == pytest.approx(0.8015, abs=1e-3)  # Cohen (1988)
    with pytest.raises(MethodError, match="no law 'z'"):
        impact.mde_two_groups(1.0, 20, 20, law="z")  # type: ignore[arg-type]


def test_any_number_of_limits() -> None:
    """Petersen's first problem (OR-Library, mknap1): 6 items, 10 limits, optimum 3,800."""
    values = [100, 600, 1200, 2400, 500, 2000]
    weights = [
        [8, 12, 13, 64, 22, 41],
        [8, 12, 13, 75, 22, 41],
        [3, 6, 4, 18, 6, 4],
        [5, 10, 8, 32, 6, 12],
        [5, 13, 8, 42, 6, 20],
        [5, 13, 8, 48, 6, 20],
        [0, 0, 0, 0, 8, 0],
        [3, 0, 4, 0, 8, 0],
        [3, 2, 4, 0, 8, 4],
        [3, 2, 4, 8, 8, 4],
    ]
    assert knapsack(values, weights, [80, 96, 20, 36, 44, 48, 10, 18, 22, 24]).value == 3800
    with pytest.raises(ParameterError, match="one row of them a capacity"):
        knapsack(values, weights, [80, 96])


def test_mazziotta_pareto() -> None:
    data = pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 2, 1]}, index=["x", "y", "z"])
    found = mpi(data, {"a": 1, "b": 1})
    z = 10 * np.sqrt(1.5)  # one step of one is so many points of a deviation of ten
    assert found["mean"].to_list() == pytest.approx([100, 100, 100])
    assert found["mpi"].to_list() == pytest.approx([100 - z**2 / 100, 100, 100 - z**2 / 100])
    assert mpi(data, {"a": 1, "b": -1})["mpi"]["z"] == pytest.approx(100 + z)
    assert mpi(data, {"a": 1, "b": 1}, penalty="plus")["mpi"]["x"] == pytest.approx(100 + z**2 / 100)


def test_quotients_of_published_totals() -> None:
    local = pd.Series({"food": 30.0, "metal": np.nan, "trade": 50.0})
    nation = pd.Series({"food": 100.0, "metal": 300.0, "trade": 600.0})
    found = location_quotients(local, nation, local_total=100, reference_total=1000)
    assert found["food"] == pytest.approx(3.0)
    assert found["trade"] == pytest.approx(0.5 / 0.6)
    assert np.isnan(found["metal"])
    table = pd.DataFrame([local, local])
    both = location_quotients(table, nation, local_total=pd.Series([100.0, 200.0]), reference_total=1000)
    assert both["food"].to_list() == pytest.approx([3.0, 1.5])
    for how, message in (({"local_total": 100}, "in pairs"), ({"local_total": 60, "reference_total": 1000}, "below")):
        with pytest.raises(MethodError, match=message):
            location_quotients(local, nation, **how)
