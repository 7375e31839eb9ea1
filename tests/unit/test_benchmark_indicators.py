"""Agreement of groups, trend filter, rules, metropolitan and municipal sectors: worked by hand, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import DataError, MethodError
from toolkit.indicators import sectors, swot, world
from toolkit.indicators.agreement import agreement
from toolkit.indicators.trend import trend

A, B = list("abcde"), list("fghij")
VALUES = pd.Series({"x": 10.0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 20, "f": 12, "g": 13, "h": 14, "i": 15, "j": 16})


def test_a_statement_depends_on_the_group_or_holds():
    told = agreement(VALUES, "x", {"a": A, "b": B})
    assert (told.side, told.against, told.holds, told.share) == ("above", ("b",), False, 0.5)
    assert told.table["median"].tolist() == [3.0, 14.0]
    assert told.table["percentile"].tolist() == [80.0, 0.0]
    assert agreement(VALUES, "x", {"a": A, "again": A}).holds


def test_the_municipality_is_never_among_the_others_and_order_does_not_matter():
    told = agreement(VALUES, "x", {"a": [*A, "x"], "b": B[::-1]})
    assert told.table["of"].tolist() == [5, 5]
    assert told.table["percentile"].tolist() == agreement(VALUES, "x", {"a": A, "b": B}).table["percentile"].tolist()


def test_groups_too_small_are_left_out_and_absent_values_refused():
    holed = VALUES.copy()
    holed["a"] = np.nan
    assert agreement(holed, "x", {"b": B, "a": A}).small == ("a",)
    with pytest.raises(DataError, match="no group"):
        agreement(holed, "x", {"a": A})
    with pytest.raises(DataError, match="no value"):
        agreement(holed, "a", {"b": B})
    assert not agreement(VALUES, "x", {"a": A}).holds, "one group alone confirms nothing"


def series(levels: dict[str, float], changes: dict[str, float]) -> pd.DataFrame:
    rows = [(code, 2020, levels[code] - changes[code]) for code in levels] + [(c, 2022, v) for c, v in levels.items()]
    return pd.DataFrame(rows, columns=["territory", "year", "value"]).assign(flag="observed")


LEVELS = {"x": 10.0, "a": 18.0, "b": 19.0, "c": 20.0, "d": 21.0, "e": 22.0}
CHANGES = {"x": -2.0, "a": -1.0, "b": 0.0, "c": 0.0, "d": 1.0, "e": 1.0}


def test_worse_and_worsening_beyond_the_ordinary_spread():
    found = trend(series(LEVELS, CHANGES), "x", A, 2020, 2022, direction=1, relative=False)
    assert found.level_z == pytest.approx(-10 / 1.4826)
    assert found.change_z == pytest.approx(-2 / 1.4826)
    assert found.filtered
    assert found.ahead == ("a", "b", "c", "d", "e")
    better = trend(series(LEVELS, CHANGES), "x", A, 2020, 2022, direction=-1, relative=False)
    assert not better.worse
    assert not better.worsening


def test_within_the_spread_nothing_is_said():
    near = LEVELS | {"x": 19.5}
    assert not trend(series(near, CHANGES), "x", A, 2020, 2022, direction=1, relative=False).worse
    still = CHANGES | {"x": -0.5}
    assert not trend(series(LEVELS, still), "x", A, 2020, 2022, direction=1, relative=False).worsening


def test_growing_less_is_losing_ground_only_where_prices_drive_the_figure():
    growing = {"x": 1.0, "a": 4.0, "b": 5.0, "c": 5.0, "d": 6.0, "e": 6.0}
    rows = series(LEVELS, growing)
    assert trend(rows, "x", A, 2020, 2022, direction=1, relative=False, nominal=True).worsening
    assert not trend(rows, "x", A, 2020, 2022, direction=1, relative=False).worsening


def test_a_trend_is_refused_without_direction_values_or_across_a_break():
    rows = series(LEVELS, CHANGES)
    with pytest.raises(DataError, match="no better or worse"):
        trend(rows, "x", A, 2020, 2022, direction=0)
    with pytest.raises(DataError, match="only 4"):
        trend(rows, "x", A[:4], 2020, 2022, direction=1)
    broken = rows.assign(flag=["observed"] * 6 + ["break"] * 6)
    with pytest.raises(DataError, match="break"):
        trend(broken, "x", A, 2020, 2022, direction=1)


RULES = [
    swot.Rule("high", "strength", "i", side="high", beyond=75.0),
    swot.Rule("low", "weakness", "i", side="low", beyond=75.0),
]


def test_a_bullet_needs_rank_and_agreement():
    top = VALUES.copy()
    top["x"] = 18.0
    found = swot.assess(RULES, {("i", "level"): top}, "x", {"a": A, "b": B}, least=1.0)
    assert [one.rule.id for one in found] == ["high"]
    assert found[0].passed == 90.0
    assert found[0].agreement.holds
    middle = VALUES.copy()
    middle["x"] = 14.5
    assert swot.assess(RULES, {("i", "level"): middle}, "x", {"a": A, "b": B}) == []
    # Far up among all, but not in one of the two groups: weak evidence, no bullet.
    split = pd.Series({**dict.fromkeys(A, 1.0), **dict.fromkeys(B, 30.0), "z": 2.0, "y": 3.0, "x": 20.0})
    rules = [swot.Rule("high", "strength", "i", side="high", beyond=50.0)]
    values = {("i", "level"): split}
    assert swot.assess(rules, values, "x", {"all": [*A, "y", "z"], "b": B}, least=1.0) == []
    assert len(swot.assess(rules, values, "x", {"all": [*A, "y", "z"], "b": B}, least=0.5)) == 1


def test_no_evidence_no_bullet_and_bad_rules_are_refused():
    holed = VALUES.copy()
    holed["x"] = np.nan
    assert swot.assess(RULES, {("i", "level"): holed}, "x", {"a": A}) == []
    assert swot.assess(RULES, {}, "x", {"a": A}) == []
    for bad in (
        swot.Rule("r", "threat", "i"),
        swot.Rule("r", "risk", "i", side="up"),
        swot.Rule("r", "risk", "i", beyond=10.0),
    ):
        with pytest.raises(MethodError):
            swot.assess([bad], {}, "x", {"a": A})
    with pytest.raises(MethodError, match="two rules"):
        swot.assess([RULES[0], RULES[0]], {}, "x", {"a": A})


def metro(**values: float) -> pd.DataFrame:
    rows = [("P", "Place", 2017, activity, value) for activity, value in values.items()]
    frame = pd.DataFrame(rows, columns=["nuts", "name", "year", "activity", "value"])
    return frame.assign(unit="persons_employed", flag="observed")


def test_activity_shares():
    found = world.activity_shares(metro(C=30.0, TOTAL=120.0)).set_index("activity")["value"]
    assert found.to_dict() == {"C": 25.0}
    with pytest.raises(DataError, match="no total"):
        world.activity_shares(metro(C=30.0))
    with pytest.raises(DataError, match="shares of"):
        world.activity_shares(metro(C=30.0, TOTAL=120.0).assign(unit="local_units"))


def test_regions_are_merged_by_their_weights_and_absence_is_kept():
    rows = [
        ("A", "East", "residents", 10.0),
        ("B", "West", "residents", 30.0),
        ("A", "East", "disposable_income", 100.0),
        ("B", "West", "disposable_income", 200.0),
        ("A", "East", "gdp", 1.0),
        ("B", "West", "gdp", 3.0),
        ("A", "East", "unemployment_rate", 5.0),
        ("B", "West", "unemployment_rate", 7.0),
        ("A", "East", "patents", 2.0),
        ("B", "West", "patents", np.nan),
    ]
    regions = pd.DataFrame(rows, columns=["nuts", "name", "item", "value"]).assign(year=2010, unit="x", flag="observed")
    found = world.regional_panel(regions, {"Whole": ("A", "B")}).set_index("item")["value"]
    assert found["disposable_income"] == 175.0
    assert found["gdp_per_resident"] == 4e6 / 40.0
    assert np.isnan(found["unemployment_rate"]), "a rate has no weights here"
    assert np.isnan(found["patents"]), "one part is absent"


def sector_rows(code: str, flag: str = "observed", **values: float) -> list[dict]:
    return [
        {
            "istat_code": code,
            "year": 2021,
            "sector": sector,
            "item": "persons_employed",
            "value": value,
            "unit": "persons_employed",
            "flag": flag,
        }
        for sector, value in values.items()
    ]


def test_municipal_sectors_as_soon_as_there_is_a_table():
    table = pd.DataFrame(sector_rows("000001", C=30.0, G=70.0) + sector_rows("000002", C=0.0, G=200.0))
    found = sectors.profile(table, ["000001"], ["000001", "000002"])
    quotients = found.table.set_index("sector")["lq"]
    assert quotients["C"] == pytest.approx(3.0)
    assert quotients["G"] == pytest.approx(70 / 90)
    assert found.krugman == pytest.approx(0.4)
    assert found.herfindahl == pytest.approx(0.58)
    weighted = (found.table["reference"] * found.table["lq"]).sum() / 100
    assert weighted == pytest.approx(1.0), "weighted by the reference, quotients average 1"


def test_a_suppressed_sector_gives_nothing_away():
    hidden = [
        *sector_rows("000001", C=30.0),
        {**sector_rows("000001", G=1.0)[0], "value": np.nan, "flag": "confidential"},
    ]
    table = pd.DataFrame(hidden + sector_rows("000002", C=0.0, G=200.0))
    found = sectors.profile(table, ["000001"], ["000001", "000002"])
    assert found.table[["share", "reference", "lq"]].isna().all(axis=None)
    assert np.isnan([found.krugman, found.hachman, found.herfindahl]).all()
    with pytest.raises(DataError, match="not inside"):
        sectors.profile(table, ["000001"], ["000002"])
    with pytest.raises(DataError, match="no column"):
        sectors.profile(table.drop(columns="sector"), ["000001"], ["000001"])
