"""Sharing, siting, standards, inventory, checklist: identities, acceptance figures and refusals."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from toolkit import spaces
from toolkit.catalog import Catalog
from toolkit.charts import geo
from toolkit.errors import MethodError
from toolkit.spaces import inventory

CURATED = Path(__file__).parents[2] / "data/curated/spaces.yml"
SEVEN = ["015032", "015077", "015081", "015086", "015098", "015166", "015209"]


@pytest.fixture(scope="module")
def rules() -> pd.DataFrame:
    document = yaml.safe_load(CURATED.read_text(encoding="utf-8"))
    return pd.DataFrame(document["rules"]).assign(read_on=document["read_on"])


def test_a_million_shared_three_ways() -> None:
    """Municipalities of 2008: consumed hectares (2022) and persons employed (2018) of the catalogue."""
    catalog = Catalog(CURATED.parents[1])
    fragile, work = (catalog.load(name).query("istat_code in @SEVEN") for name in ("fragility", "local_units"))
    area = catalog.load("municipalities").set_index("istat_code")["area_km2"].loc[SEVEN]
    share = fragile[fragile["item"] == "land_take_share"].pivot(index="istat_code", columns="year", values="value")
    consumed = share.loc[SEVEN, 2022] * area
    jobs = work[work["item"] == "persons_employed"].set_index("istat_code")["value"].loc[SEVEN]
    assert (area.sum(), consumed.sum()) == pytest.approx((57.877, 3651.99), abs=5e-3)
    by_soil, by_jobs = (spaces.proportional(1_000_000, weights) for weights in (consumed, jobs))
    assert by_soil.to_numpy() == pytest.approx(
        [55_320.79, 212_568.54, 144_115.43, 72_405.17, 55_364.49, 239_535.29, 220_690.30], abs=0.01
    )
    assert by_jobs.to_numpy() == pytest.approx(
        [70_592.76, 221_141.45, 187_344.25, 57_847.23, 58_326.59, 145_726.26, 259_021.48], abs=0.01
    )
    net = spaces.net_positions(by_jobs, by_soil)
    assert net.sum() == pytest.approx(0, abs=1e-6)
    assert net.loc[["015166", "015081", "015209"]].to_numpy() == pytest.approx(
        [93_809.03, -43_228.81, -38_331.18], abs=0.01
    )
    assert spaces.gini(consumed, area) == pytest.approx(0.0264, abs=5e-5)
    assert spaces.gini(jobs, share.loc[SEVEN, 2018] * area) == pytest.approx(0.1390, abs=5e-5)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8), st.floats(0, 1))
def test_sharing_rules_share_all_and_never_beyond_a_claim(claims: list[float], part: float) -> None:
    wanted = pd.Series(claims)
    amount = float(wanted.sum()) * part
    for rule in (spaces.constrained_equal_awards, spaces.constrained_equal_losses, spaces.talmud):
        found = rule(amount, wanted)
        assert found.sum() == pytest.approx(amount, rel=1e-9, abs=1e-6)
        assert (found >= -1e-6).all()
        assert (found <= wanted + 1e-6).all()
    order = wanted.sort_values().index
    awards, losses = (spaces.talmud(amount, wanted)[order], (wanted - spaces.talmud(amount, wanted))[order])
    assert all(left <= right + 1e-6 for part in (awards, losses) for left, right in pairwise(part))


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=6))
def test_an_airport_is_the_shapley_value_of_its_cost(costs: list[float]) -> None:
    alone = pd.Series(costs)
    game = spaces.shapley(alone.index, lambda some: max((costs[one] for one in some), default=0.0))
    assert spaces.airport(alone).to_numpy() == pytest.approx(game.to_numpy(), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: spaces.proportional(-1, pd.Series([1.0])), "cannot be shared"),
        (lambda: spaces.proportional(float("inf"), pd.Series([1.0])), "cannot be shared"),
        (lambda: spaces.proportional(1, pd.Series([0.0, 0])), "all weights are zero"),
        (lambda: spaces.proportional(1, pd.Series([1, np.nan], ["a", "b"])), "b = nan"),
        (lambda: spaces.talmud(5, pd.Series([1.0, 2])), "more than the 3.00 claimed"),
        (lambda: spaces.shapley(list(range(17)), len), "1 to 16 different players"),
        (lambda: spaces.shapley(["a", "a"], len), "different players"),
        (lambda: spaces.shapley(["a"], lambda some: 1.0), "nobody is worth 1"),
        (lambda: spaces.net_positions({"a": 1}, {"a": 2}), "must be equal"),
        (lambda: spaces.net_positions({"a": 1}, {"b": 1}), "different members"),
        (lambda: spaces.gini(pd.Series([1.0, 2]), pd.Series([1.0, 0])), "weigh something"),
        (lambda: spaces.weights(pd.DataFrame({"code_a": ["a"], "code_b": ["a"]}), ["a"]), "borders itself"),
        (lambda: spaces.topsis(pd.DataFrame({"a": [1.0, 1]}), {"a": 1}, {"a": 1}), "alike"),
        (lambda: spaces.topsis(pd.DataFrame({"a": [1.0, np.nan]}), {"a": 1}, {"a": 1}), "all their values"),
        (lambda: spaces.weighted_sum(pd.DataFrame({"a": [1.0, 2]}), {"b": 1}, {"a": 1}), "other criteria"),
        (lambda: spaces.weighted_sum(pd.DataFrame({"a": [1.0, 2]}), {"a": 1}, {"a": 2}), "a direction is"),
        (lambda: spaces.ahp(pd.DataFrame([[1, 2], [2, 1]])), "reciprocal"),
        (lambda: spaces.exclude(pd.DataFrame({"a": ["yes"]}), {"a": "act"}), "is no answer"),
        (
            lambda: spaces.checklist(pd.DataFrame({"item": ["x"], "group": ["rules"]}), {"y": "yes"}),
            "not on the checklist",
        ),
        (lambda: spaces.checklist(pd.DataFrame({"item": ["x"], "group": ["rules"]}), {"x": "maybe"}), "is no answer"),
    ],
)
def test_what_is_not_defined_is_refused(call: object, said: str) -> None:
    with pytest.raises(MethodError, match=said):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("size", "level"),
    [(30_000, "municipality"), (30_001, "province"), (200_000, "province"), (200_001, "region")],
)
def test_who_decides_on_a_logistics_site(rules: pd.DataFrame, size: float, level: str) -> None:
    assert set(spaces.logistics_level(rules, "Lombardia", size)["level"]) == {level}
    elsewhere = spaces.logistics_level(rules, "Puglia", size)
    assert set(elsewhere["level"]) == {""}
    assert set(elsewhere["status"]) == {"not_encoded"}


def test_what_is_due_at_least(rules: pd.DataFrame) -> None:
    litres = [spaces.discharge_limit(rules, "Lombardia", 3, kind)["low"].item() for kind in "ABC"]
    volumes = [spaces.minimum_volume(rules, "Lombardia", 3, kind)["low"].item() for kind in "AC"]
    assert (litres, volumes) == ([30, 60, 60], [2400, 1200])
    assert spaces.minimum_volume(rules, "Lombardia", 3, "B")["status"].item() == "to_verify"
    assert spaces.public_space(rules, 30_000, "industrial")["low"].tolist() == [3000]
    assert spaces.public_space(rules, 10_000, "commercial")["low"].tolist() == [8000, 4000]
    charges = spaces.charge_lines(rules, "Lombardia", 1_000_000, 2_000_000).set_index("class")[["low", "high"]]
    assert charges.loc["agricultural_outside"].tolist() == [300_000, 400_000]
    assert charges.loc[["agricultural_inside", "logistics", ""], "high"].tolist() == [200_000, 500_000, 100_000]
    absent = spaces.discharge_limit(rules, "Emilia-Romagna", 3, "A")
    assert absent["low"].isna().all()
    assert absent["status"].tolist() == ["not_encoded"]
    for wrong in (-1.0, float("nan")):
        with pytest.raises(MethodError, match="not negative"):
            spaces.public_space(rules, wrong, "industrial")
    with pytest.raises(MethodError, match="no class 'D'"):
        spaces.discharge_limit(rules, "Lombardia", 3, "D")


def test_every_rule_says_where_it_comes_from(rules: pd.DataFrame) -> None:
    assert (rules[["act", "source", "read_on"]] != "").all(axis=None)
    assert set(rules["status"]) <= {"read", "secondary", "to_verify"}
    assert (rules["low"] <= rules["high"]).all()


def test_brownfield_comes_first_and_ranks_have_an_interval() -> None:
    sites = pd.DataFrame({"station_km": [1.0, 2, 5, 3], "flood": [0.0, 10, 0, 5]}, index=list("abcd"))
    scored = spaces.weighted_sum(sites, {"station_km": 1, "flood": 1}, {"station_km": -1, "flood": -1})
    ordered = spaces.in_order(scored, pd.Series({"b": True, "c": True}))
    assert list(ordered.index) == ["c", "b", "a", "d"]
    space = {"station_km": (0.1, 0.9), "flood": (0.1, 0.9)}
    ranks = spaces.rank_interval(sites, space, {"station_km": -1, "flood": -1}, draws=200)
    assert ranks.loc["a"].tolist() == [1, 1, 1, 1.0]  # best on both: first whatever the weights
    assert ranks.loc["c", "low"] < ranks.loc["c", "high"]


def test_exclusion_is_by_act_and_the_unknown_is_said() -> None:
    sites = pd.DataFrame({"park": [True, False, None], "flood": [None, False, True]}, index=list("abc"))
    found = spaces.exclude(sites, {"park": "L. 394/1991", "flood": "PGRA"})
    assert found["excluded"].tolist() == [True, False, True]
    assert found["by"].tolist() == ["L. 394/1991", "", "PGRA"]
    assert found["unknown"].tolist() == ["flood", "", "park"]


def test_no_hazard_mapped_is_not_a_safe_place() -> None:
    shares = {"flood_p3": [0.0, 1, None], "flood_p2": [0.0, 2, None], "landslide": [0.0, 0, None]}
    found = spaces.screen(pd.DataFrame(shares | {"land_take": [61.0, 10, None]}, index=list("abc")))
    assert found.to_numpy().tolist() == [
        ["not_mapped", "not_mapped", "strong_attention"],
        ["attention", "not_mapped", "low"],
        ["", "", ""],
    ]


def test_balance_adds_up_only_what_has_a_price() -> None:
    given_ = pd.DataFrame(
        [("a", "money", 100, None, ""), ("a", "land", 10, 5, "own appraisal"), ("b", "land", 2, None, "")],
        columns=["istat_code", "kind", "amount", "price_eur", "price_source"],
    )
    found = spaces.balance(given_)
    assert found["eur"].isna().tolist() == [False, True, True]
    assert found.loc["a", "eur"] == 150
    assert found.loc["total", ["money", "land"]].tolist() == [100, 12]
    with pytest.raises(MethodError, match="no source"):
        spaces.balance(given_.assign(price_source=""))


def test_checklist_counts_answers_and_never_scores() -> None:
    items = pd.DataFrame({"item": list("abcd"), "group": ["rules", "rules", "management", "projects"]})
    found = spaces.completeness(spaces.checklist(items, {"a": "yes", "b": "no", "c": "unknown"}))
    assert found["group"].tolist() == ["rules", "projects", "management"]
    assert found["known"].tolist() == [100, 0, 0]


def _space(number: int, **other: object) -> dict[str, object]:
    row = {
        "id": f"S{number}",
        "istat_code": "000001",
        "name": f"Space {number}",
        "lon": 9.0 + number / 100,
        "lat": 45.5,
    }
    row |= {"state": "potential", "owner_kind": "public", "source": "survey", "seen_on": "2026-03-31"}
    return row | {"address": f"Via {number}", "area_m2": 1000.0} | other


def test_six_faults_of_twelve_spaces_give_six_messages() -> None:
    square = {"000001": [[(9.0, 45.0), (10.0, 45.0), (10.0, 46.0), (9.0, 46.0)]]}
    rows = [_space(number) for number in range(1, 7)]
    rows += [
        _space(7, lon=45.5, lat=9.07),
        _space(8, lon=11.0),
        _space(1, lon=9.5),
        _space(10, lon=9.0101),
        _space(11, address=" VIA 2 "),
        _space(12, seen_on="2027-01-01"),
    ]
    good, faults = spaces.check(pd.DataFrame(rows), square, date(2026, 11, 29))
    assert good["id"].tolist() == [f"S{number}" for number in range(1, 7)]
    assert faults["line"].tolist() == [8, 9, 10, 11, 12, 13]
    for said, part in zip(
        faults["fault"], ("swapped", "outside", "the id is", " m from", "address", "to come"), strict=True
    ):
        assert part in said


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"state": "sold"}, "allowed: potential"),
        ({"owner_kind": "Mario Rossi"}, "allowed: public"),
        ({"lat": "north"}, "lat is empty or is no number"),
        ({"seen_on": "31/03/2026"}, "a date is written"),
        ({"seen_on": "2026-02-30"}, "a date is written"),
        ({"area_m2": -3}, "above 0"),
        ({"istat_code": "999999"}, "not a municipality"),
        ({"name": "  "}, "name is empty"),
    ],
)
def test_a_faulty_row_is_told(other: dict[str, object], said: str) -> None:
    square = {"000001": [[(9.0, 45.0), (10.0, 45.0), (10.0, 46.0), (9.0, 46.0)]]}
    _, faults = spaces.check(pd.DataFrame([_space(1, **other)]), square, date(2026, 11, 29))
    assert said in faults["fault"].item()


def test_names_of_owners_have_no_column() -> None:
    with pytest.raises(MethodError, match="may not have a column 'owner'"):
        spaces.check(pd.DataFrame([_space(1, owner="x")]), {}, date(2026, 11, 29))


def test_the_spaces_of_milan_2016_are_all_inside(shared: Path) -> None:
    """Test set, not shipped: 192 points inside of municipality 015146, by kind."""
    points = pd.read_csv(shared / "sources/spaces/MI015146_spazi_degrado_2016.csv")
    outlines = geo.boundaries(Catalog(CURATED.parents[1]).document("boundaries")).rings
    found = [
        inventory.inside(lon, lat, outlines["015146"]) for lon, lat in zip(points["lon"], points["lat"], strict=True)
    ]
    assert (len(found), sum(found)) == (192, 192)
    assert not inventory.inside(points["lat"][0], points["lon"][0], outlines["015146"])
