"""The order of open calls, what it is made of, and how accessible calls were."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from pnrr_making import BRESSO, known, lines, load, municipalities, populations

from toolkit import pnrr
from toolkit.errors import ParameterError
from toolkit.pnrr.accessibility import COMPONENTS
from toolkit.pnrr.ranking import CRITERIA

OCTOBER = "2022-10-10"


def scored(as_of: str = OCTOBER) -> pd.DataFrame:
    calls = load("calls")
    people = {code: populations(2022)[code] for code in municipalities()}
    reach = pnrr.reach_of(load("calls_rules"), dict(zip(calls["call"], calls["applicants"], strict=True)), people)
    return pnrr.accessibility(known(as_of), load("calls_history"), load("calls_amounts"), reach)


def criteria() -> pd.DataFrame:
    open_now = pnrr.open_calls(known(OCTOBER), programme="pnrr")
    people = populations(2022)[BRESSO]
    amounts = {call: pnrr.lump_sum(load("lump_sums"), lines()[call], people).high for call in open_now["call"]}
    table = scored()
    access = dict(zip(table["call"], table["score"], strict=True))
    record = pnrr.extension_record(load("calls"), load("calls_history"), OCTOBER)
    return pnrr.criteria(open_now, amounts, {"mobility_smart_city": 0.6}, access, record)


def test_contributions_add_up_to_the_known_part() -> None:
    ranked = pnrr.rank(criteria())
    parts = ranked[[f"contribution_{name}" for name in CRITERIA]].sum(axis=1)
    assert parts.tolist() == pytest.approx(ranked["low"].tolist())
    assert (ranked["low"] <= ranked["score"]).all()
    assert (ranked["score"] <= ranked["high"]).all()
    assert ranked["rank"].tolist() == list(range(1, 7))


def test_not_knowing_an_amount_widens_the_range() -> None:
    ranked = pnrr.rank(criteria()).set_index("call")
    pagopa = ranked.loc["pad-1.4.3-pagopa-municipalities-2022-09"]
    assert (pagopa["not_known"], pagopa["high"] - pagopa["low"]) == ("amount", pytest.approx(0.25))
    assert math.isnan(pagopa["contribution_amount"])
    others = ranked.drop(index=pagopa.name)
    assert (others["high"] - others["low"]).max() == pytest.approx(0)


def test_the_deadline_comes_with_the_history_of_extensions() -> None:
    found = criteria().iloc[0]
    assert 0 < found["extended_share"] < 1
    assert found["extended_days"] > 0


def test_weights_change_the_order_and_sensitivity_says_how_far() -> None:
    table = criteria()
    money = pnrr.rank(table, {"amount": 1.0})
    time = pnrr.rank(table, {"time": 1.0})
    assert money.iloc[0]["call"] == "pad-1.4.1-citizen-experience-municipalities-2022-09"
    assert time.iloc[-1]["call"] == "pad-1.2-cloud-municipalities-2022-07"  # 18 days left
    found = pnrr.sensitivity(table)
    assert set(found["orders"]) == {81}
    assert (found["best"] <= found["rank"]).all()
    assert (found["rank"] <= found["worst"]).all()
    assert found["first_share"].sum() == pytest.approx(1)
    fixed = pnrr.sensitivity(table, {"time": 2.0})
    assert (fixed["best"] == fixed["worst"]).all()  # one criterion: its weight cannot change the order


def test_the_scale_of_weights_and_the_order_of_rows_do_not_matter() -> None:
    table = criteria()
    first = pnrr.rank(table, {"amount": 1.0, "time": 3.0})
    pd.testing.assert_frame_equal(first, pnrr.rank(table, {"amount": 10.0, "time": 30.0}))
    pd.testing.assert_frame_equal(first, pnrr.rank(table.sample(frac=1, random_state=1), {"amount": 1.0, "time": 3.0}))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"beauty": 1.0}, "unknown criterion 'beauty'"),
        ({"time": -1.0}, "weight -1.0 of time"),
        ({"time": 0.0}, "no weight"),
    ],
)
def test_bad_weights(weights: dict[str, float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        pnrr.rank(criteria(), weights)


def test_accessibility_scores_only_what_is_known() -> None:
    table = scored("2026-11-22").set_index("call")
    for row in table.to_dict("records"):
        known_parts = [row[name] for name in COMPONENTS if not math.isnan(row[name])]
        assert row["known"] == len(known_parts)
        assert all(0 <= part <= 1 for part in known_parts)
        if len(known_parts) < 3:
            assert math.isnan(row["score"])
        else:
            assert row["score"] == pytest.approx(sum(known_parts) / len(known_parts))
    cloud = table.loc["pad-1.2-cloud-municipalities-2022-07"]
    assert (cloud["days_window"], cloud["changes"], cloud["stability"], cloud["form"]) == (200, 2, 0, 1)
    eui = table.loc["eui-innovative-actions-4"]
    assert (eui["own_share"], math.isnan(eui["window"])) == (0.8, True)  # its opening day is not known
    assert math.isnan(table.loc["budget-law-2026", "score"])


def test_accessibility_of_a_past_day_uses_the_window_known_then() -> None:
    then = scored(OCTOBER).set_index("call").loc["pad-1.2-cloud-municipalities-2022-07"]
    assert (then["days_window"], then["changes"]) == (95, 0)
    assert "pad-1.3.1-data-platform-municipalities-2022-10" not in set(scored(OCTOBER)["call"])


def test_calls_first_seen_ended_have_no_stability() -> None:
    april = scored("2026-11-22").set_index("call").loc["pad-1.2-cloud-municipalities-2022-04"]
    assert math.isnan(april["stability"])


def test_reach_of_thresholds() -> None:
    calls = load("calls")
    who = dict(zip(calls["call"], calls["applicants"], strict=True))
    people = {code: populations(2022)[code] for code in municipalities()}
    found = pnrr.reach_of(load("calls_rules"), who, people)
    assert found["eui-innovative-actions-4"] == pytest.approx(21 / 133)
    assert found["pad-1.2-cloud-municipalities-2022-07"] == 1
    assert "pnrr-m5c2i3.1-sport-clusters-1-2" not in found  # alternatives rest on other facts
    assert "pad-1.2-cloud-schools-2022-04" not in found


def test_distribution_by_programme() -> None:
    found = pnrr.by_programme(scored("2026-11-22")).set_index("group")
    assert (found["calls"] == found["scored"] + found["not_scored"]).all()
    assert found.loc["fsc", "scored"] == 0
    assert math.isnan(found.loc["fsc", "median"])
    assert found["calls"].sum() == len(load("calls"))
