"""Interrupted series: planted steps, seasons, errors that know about autocorrelation, and refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from toolkit import impact
from toolkit.errors import MethodError


def series(seed: int = 0, n: int = 96, start: int = 61, step: float = 0.0, season: float = 0.0, serial: float = 0.0):
    rng = np.random.default_rng(seed)
    t = np.arange(1, n + 1)
    noise = rng.normal(size=n)
    for i in range(1, n):
        noise[i] += serial * noise[i - 1]
    y = 20 + 0.05 * t + step * (t >= start) + season * np.sin(2 * np.pi * t / 12) + noise
    return pd.DataFrame({"t": t, "y": y})


def counts(seed: int, ratio: float, n: int = 96, start: int = 61) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t = np.arange(1, n + 1)
    people = 1000.0 * (1 + t / n)
    return pd.DataFrame({"t": t, "y": rng.poisson(0.2 * people * ratio ** (t >= start)), "people": people})


def test_step_equals_least_squares() -> None:
    data = series(1, step=2.0)
    found = impact.interrupted_time_series(data, outcome="y", time="t", start=61)
    X = np.column_stack([np.ones(96), data["t"] - 1, data["t"] >= 61])
    fit = sm.OLS(data["y"], X).fit()
    assert found.estimate == pytest.approx(fit.params.iloc[2])
    assert found.se == pytest.approx(fit.bse.iloc[2])
    plain = impact.interrupted_time_series(data, outcome="y", time="t", start=61, errors="newey_west", lags=5)
    robust = sm.OLS(data["y"], X).fit(cov_type="HAC", cov_kwds={"maxlags": 5})
    assert plain.se == pytest.approx(robust.bse.iloc[2])
    assert plain.interval == pytest.approx(tuple(robust.conf_int().iloc[2]))


def test_newey_west_of_counts_equals_statsmodels() -> None:
    data = counts(1, 0.8)
    how = {"outcome": "y", "time": "t", "start": 61, "family": "poisson", "offset": "people"}
    found = impact.interrupted_time_series(data, errors="newey_west", lags=4, **how)
    X = np.column_stack([np.ones(96), data["t"] - 1, data["t"] >= 61])
    model = sm.GLM(data["y"], X, family=sm.families.Poisson(), offset=np.log(data["people"]))
    fit = model.fit(cov_type="HAC", cov_kwds={"maxlags": 4})
    assert found.se == pytest.approx(fit.bse.iloc[2], rel=1e-6)


def test_seasons_are_removed() -> None:
    data = series(2, step=1.0, season=5.0)
    with_seasons = impact.interrupted_time_series(data, outcome="y", time="t", start=61, harmonics=1)
    without = impact.interrupted_time_series(data, outcome="y", time="t", start=61)
    assert with_seasons.se < without.se / 2
    assert with_seasons.estimate == pytest.approx(1.0, abs=3 * with_seasons.se)


def test_planted_rate_ratio_and_coverage() -> None:
    draws = 100
    covered = 0
    for seed in range(draws):
        found = impact.interrupted_time_series(
            counts(seed, 0.8), outcome="y", time="t", start=61, family="poisson", offset="people"
        )
        assert found.scale == "ratio"
        covered += found.interval is not None and found.interval[0] <= 0.8 <= found.interval[1]
    assert covered / draws >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / draws)


def test_autocorrelation_is_seen_and_robust_errors_are_wider() -> None:
    data = series(3, serial=0.8)
    plain = impact.interrupted_time_series(data, outcome="y", time="t", start=61)
    robust = impact.interrupted_time_series(data, outcome="y", time="t", start=61, errors="hac")
    assert plain.diagnostics["autocorrelation"] > 0.4
    assert "impact.note.autocorrelated" in {note.key for note in plain.notes}
    assert "impact.note.autocorrelated" not in {note.key for note in robust.notes}
    assert robust.se > 1.2 * plain.se
    assert robust.se > impact.interrupted_time_series(data, outcome="y", time="t", start=61, errors="newey_west").se
    evidence = impact.Evidence.of("series", plain)
    assert evidence.coverage is not None
    assert evidence.coverage < 0.8
    keys = {reason.key for reason in impact.judge(evidence).reasons}
    assert keys >= {
        f"impact.reason.{name}" for name in ("autocorrelated", "coverage_below_nominal", "no_control_group")
    }
    assert impact.judge(evidence).level == "fragile"


def test_robust_intervals_cover_where_plain_ones_do_not() -> None:
    draws = 200
    covered = {"model": 0, "newey_west": 0, "hac": 0}
    for seed in range(draws):
        data = series(seed, n=240, start=150, step=1.0, serial=0.5)
        for errors in covered:
            found = impact.interrupted_time_series(data, outcome="y", time="t", start=150, errors=errors)
            covered[errors] += found.interval is not None and found.interval[0] <= 1 <= found.interval[1]
    assert covered["hac"] / draws >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / draws)
    assert covered["model"] < covered["newey_west"] < covered["hac"]
    assert covered["model"] / draws < 0.85


def test_overdispersion_is_said_and_widens() -> None:
    rng = np.random.default_rng(4)
    data = counts(4, 1.0)
    data["y"] = rng.negative_binomial(5, 5 / (5 + 0.2 * data["people"]))
    how = {"outcome": "y", "time": "t", "start": 61, "offset": "people"}
    plain = impact.interrupted_time_series(data, family="poisson", **how)
    quasi = impact.interrupted_time_series(data, family="quasipoisson", **how)
    assert quasi.estimate == pytest.approx(plain.estimate)
    assert quasi.se == pytest.approx(plain.se * np.sqrt(plain.diagnostics["dispersion"]), rel=1e-4)
    assert "impact.note.overdispersed" in {note.key for note in plain.notes}


def test_counterfactual_is_the_series_without_the_step() -> None:
    found = impact.interrupted_time_series(series(5, step=3.0), outcome="y", time="t", start=61)
    path = found.tables["path"]
    gap = path["fitted"] - path["counterfactual"]
    assert gap[:60].to_numpy() == pytest.approx(0, abs=1e-9)
    assert gap[60:].to_numpy() == pytest.approx(found.estimate)


def test_change_of_slope() -> None:
    data = series(6)
    data["y"] += np.where(data["t"] >= 61, 0.3 * (data["t"] - 61), 0.0)
    found = impact.interrupted_time_series(data, outcome="y", time="t", start=61, slope_change=True)
    assert found.diagnostics["slope_change"] == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(
    ("change", "how", "message"),
    [
        (lambda d: d.assign(y=d["y"].where(d["t"] != 5)), {}, "missing or infinite value in 'y'"),
        (lambda d: d[d["t"] != 5], {}, "gap in time after period 4"),
        (lambda d: pd.concat([d, d.iloc[[4]]]), {}, "duplicated rows: period 5 comes twice"),
        (lambda d: d.assign(y=1.0), {}, "constant outcome"),
        (lambda d: d.assign(y=-d["y"]), {"family": "poisson"}, "counts cannot be negative"),
        (lambda d: d, {"start": 2}, "are too few"),
        (lambda d: d, {"start": 500}, "are too few"),
        (lambda d: d.assign(p=0.0), {"family": "poisson", "offset": "p"}, "must be positive"),
        (lambda d: d.assign(p=1.0), {"offset": "p"}, "an offset needs a model of counts"),
        (lambda d: d.iloc[:8], {"start": 7, "harmonics": 2}, "too few"),
        (lambda d: d.drop(columns="y"), {}, "no column 'y'"),
        (lambda d: d.assign(y=2.0 * d["t"]), {}, "the fit is perfect"),
        (lambda d: d.assign(y=np.where(d["t"] > 60, 0, 5)), {"family": "poisson"}, "all zero on one side of 61"),
        (lambda d: d.assign(y=d["y"] * 1e200), {}, "which is no measure"),
        (lambda d: d.iloc[:0], {}, "the series is empty"),
        (lambda d: d.assign(t=d["t"] + 0.5), {}, "whole numbers"),
        (lambda d: d, {"family": "gamma"}, "no family 'gamma'"),
        (lambda d: d, {"errors": "white"}, "no errors 'white'"),
        (lambda d: d, {"harmonics": 1, "period": 0}, "a cycle of 0 periods"),
    ],
)
def test_refusals(change, how: dict, message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MethodError, match=message):
            impact.interrupted_time_series(change(series()), **({"outcome": "y", "time": "t", "start": 61} | how))
