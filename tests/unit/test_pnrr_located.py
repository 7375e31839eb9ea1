"""Projects located in a municipality: split by a stated rule, never summed naively, never called its money."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pnrr_making import BRESSO, load, municipalities

from toolkit import pnrr
from toolkit.errors import MethodError


def located(*codes: str, **other: str) -> pd.DataFrame:
    names = ("regis_projects", "regis_locations", "regis_beneficiaries", "applications")
    return pnrr.located(*(load(name) for name in names), codes, **other)


def test_bresso() -> None:
    found = pnrr.summary(located(BRESSO))
    assert (found["projects"], found["finance"]) == (12, pytest.approx(2_737_951.74, abs=0.01))
    assert found["finance"] == pytest.approx(found["finance_alone"] + found["finance_equal_part"])
    kinds = pnrr.by_beneficiary(located(BRESSO)).set_index("beneficiary")
    assert (kinds.loc["firms", "finance_pnrr"], kinds.loc["firms", "projects"]) == (1_330_500, 4)
    assert found["own_finance"] == 252_118 + 29_120  # the two grants it applied for itself
    assert kinds["projects"].sum() == 12


def test_the_province_each_project_once() -> None:
    found = pnrr.province_total(load("regis_projects"))
    assert found["all"] == pytest.approx(2_484_147_374.42)
    assert found["all"] == pytest.approx(found["in_municipalities"] + found["whole_province"])
    assert (found["projects"], found["located"]) == (1905, 3954)
    everywhere = pnrr.summary(located())
    assert everywhere["finance"] == pytest.approx(found["in_municipalities"])
    assert everywhere["projects"] == found["projects"] - 21  # 21 paid projects are of the province as a whole


def test_parts_of_the_municipalities_add_up_to_the_province() -> None:
    rows = located(*municipalities())
    by_code = [pnrr.summary(group)["finance"] for _, group in rows.groupby("istat_code")]
    assert sum(by_code) == pytest.approx(pnrr.province_total(load("regis_projects"))["in_municipalities"])


def test_the_naive_sum_is_refused() -> None:
    with pytest.raises(MethodError, match=r"3,230,547,311 EUR would be counted instead of 2,385,953,599"):
        pnrr.naive_total(located())


def test_a_located_project_without_payment_has_no_known_financing() -> None:
    rows = located(BRESSO)
    unseen = rows[~rows["payment_seen"]]
    assert len(unseen) == pnrr.summary(rows)["not_seen_paid"] == 16
    assert unseen["finance_pnrr"].isna().all()


def test_releases_after_the_day_are_not_used() -> None:
    then = located(BRESSO, as_of="2024-06-01")
    assert not then["payment_seen"].any()
    assert len(then) == 28
    assert located(BRESSO, as_of="2022-06-01").empty


def test_every_submeasure_has_a_beneficiary_and_doubts_are_marked() -> None:
    known = set(load("regis_beneficiaries")["submeasure"])
    assert set(load("regis_projects")["submeasure"]) <= known
    rows = located(BRESSO)
    assert not rows.loc[rows["own_application"], "beneficiary_to_verify"].any()
    plans = rows[rows["submeasure"] == "M5C2I2.02.03"]
    assert plans["beneficiary_to_verify"].all()


@settings(max_examples=60)
@given(st.data())
def test_parts_split_a_project_exactly(data: st.DataObject) -> None:
    """Stated shares are used as they are; without them the parts of a project add up to it."""
    count = data.draw(st.integers(1, 6))
    money = data.draw(st.floats(1, 1e9))
    stated = data.draw(st.booleans())
    shares = [1 / count] * count if stated else [float("nan")] * count
    codes = [f"{i:06d}" for i in range(count)]
    projects = load("regis_projects").head(1).copy()
    projects["cup"], projects["n_municipalities"], projects["whole_province"] = "X", count, "no"
    for name in ("finance_pnrr", "finance_total", "paid_pnrr", "paid_total"):
        projects[name] = money
    places = pd.DataFrame({"cup": "X", "istat_code": codes, "share": shares})
    rows = pnrr.located(projects, places, load("regis_beneficiaries"), load("applications"))
    assert rows["finance_pnrr_part"].sum() == pytest.approx(money)
    expected = "alone" if count == 1 and not stated else "stated_share" if stated and count > 1 else None
    assert set(rows["split"]) == {expected or ("equal_part" if count > 1 else "alone")}
