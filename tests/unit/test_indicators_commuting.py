"""Self-containment of areas: bounds that contain the truth; main destinations and origins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import indicators
from toolkit.errors import DataError
from toolkit.indicators.commuting import TOP


def published(matrix):
    """Totals and main flows of an origin-destination matrix, as the source publishes them."""
    codes = [f"{k:06d}" for k in range(len(matrix))]
    stay = np.diag(matrix)
    counts = {"outgoing": matrix.sum(axis=1) - stay, "incoming": matrix.sum(axis=0) - stay, "internal": stay}
    totals = pd.concat(
        [
            pd.DataFrame(
                {"istat_code": codes, "year": 2021, "item": item, "value": value.astype(float), "unit": "persons"}
            )
            for item, value in counts.items()
        ],
        ignore_index=True,
    ).assign(flag="observed")
    off = matrix * (1 - np.eye(len(matrix), dtype=int))
    first = np.argsort(np.argsort(-off, axis=1, kind="stable"), axis=1, kind="stable") < TOP
    second = np.argsort(np.argsort(-off, axis=0, kind="stable"), axis=0, kind="stable") < TOP
    origin, destination = np.nonzero((first | second) & (off > 0))
    flows = pd.DataFrame(
        {
            "origin": [codes[k] for k in origin],
            "destination": [codes[k] for k in destination],
            "year": 2021,
            "value": off[origin, destination].astype(float),
            "unit": "persons",
            "flag": "observed",
        }
    )
    return totals, flows, codes


@given(st.integers(0, 10_000), st.integers(14, 30), st.integers(2, 12), st.integers(0, 12))
@settings(max_examples=60)
def test_bounds_contain_the_truth(seed, n, size, absent):
    """Also where the persons of some published pairs are absent: they are not zero."""
    rng = np.random.default_rng(seed)
    matrix = rng.poisson(rng.gamma(0.3, 30, (n, n)))
    np.fill_diagonal(matrix, rng.integers(5, 200, n))
    totals, flows, codes = published(matrix)
    flows.loc[rng.permutation(len(flows))[:absent], ["value", "flag"]] = [np.nan, "confidential"]
    area = codes[:size]
    result = indicators.area_self_containment(totals, flows, {"area": area}).set_index("side")
    inside = matrix[:size, :size].sum()
    for side, whole in (("supply", matrix[:size].sum()), ("demand", matrix[:, :size].sum())):
        truth = 100 * inside / whole
        assert result.loc[side, "low"] - 1e-9 <= truth <= result.loc[side, "high"] + 1e-9
        assert result.loc[side, "high"] <= 100 + 1e-9


def test_fully_published_flows_give_a_point():
    matrix = np.array([[10, 8, 22], [0, 10, 20], [17, 0, 50]])
    totals, flows, codes = published(matrix)
    result = indicators.area_self_containment(totals, flows, {"area": codes[:2]}).set_index("side")
    assert result.loc["supply", "low"] == result.loc["supply", "high"] == pytest.approx(40)
    assert result.loc["demand", "low"] == pytest.approx(100 * 28 / 45)


def test_one_municipality_is_its_indicator_and_neither_sum_nor_mean_of_parts():
    matrix = np.array([[10, 30, 5], [30, 20, 5], [1, 1, 40]])
    totals, flows, codes = published(matrix)
    alone = indicators.area_self_containment(totals, flows, {c: [c] for c in codes[:2]} | {"area": codes[:2]})
    supply = alone[alone["side"] == "supply"].set_index("territory")["low"]
    single = indicators.compute("supply_self_containment", {"commuting": totals}, {c: [c] for c in codes[:2]})
    assert list(supply[codes[:2]]) == pytest.approx(list(single["value"]))
    assert supply["area"] == pytest.approx(90)
    assert supply["area"] > supply[codes[:2]].sum()


def test_absent_total_and_inconsistent_flows():
    totals, flows, codes = published(np.array([[10, 8, 22], [0, 10, 20], [17, 0, 50]]))
    holed = totals.copy()
    holed.loc[0, ["value", "flag"]] = [np.nan, "missing"]
    result = indicators.area_self_containment(holed, flows, {"area": codes[:2]})
    assert set(result["flag"]) == {"missing"}
    assert result[["low", "high"]].isna().all(axis=None)
    with pytest.raises(DataError, match="exceed its outgoing total"):
        indicators.area_self_containment(totals, flows.assign(value=99.0), {"area": codes[:2]})


def test_main_destinations_and_origins():
    _, flows, codes = published(np.array([[10, 8, 22], [3, 10, 20], [17, 1, 50]]))
    out = indicators.main_flows(flows, [codes[0]], side="destinations")
    assert list(zip(out["code"], out["value"], strict=True)) == [(codes[2], 22), (codes[1], 8)]
    assert out["share_published"].sum() == pytest.approx(100)
    back = indicators.main_flows(flows, codes[:2], side="origins", most=1)
    assert list(zip(back["code"], back["value"], strict=True)) == [(codes[2], 18)]
    with pytest.raises(DataError, match="'out' is not a side"):
        indicators.main_flows(flows, codes[:1], side="out")
    with pytest.raises(DataError, match="no published pair"):
        indicators.main_flows(flows, ["999999"], side="origins")


def test_a_share_of_published_pairs_needs_all_of_them():
    _, flows, codes = published(np.array([[10, 8, 22], [3, 10, 20], [17, 1, 50]]))
    flows.loc[flows["destination"] == codes[1], "value"] = np.nan
    out = indicators.main_flows(flows, [codes[0]], side="destinations")
    assert list(out["value"]) == [22]
    assert out["share_published"].isna().all()
