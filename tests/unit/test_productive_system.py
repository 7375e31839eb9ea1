"""Provinces, local systems, sections: official totals, decompositions, quotients, and what is not compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import catalog, indicators
from toolkit.errors import DataError, MethodError
from toolkit.indicators import decomposition, provinces, sectors, standing

CITY = "citta-metropolitana-milano"
BRESSO, MILANO, NOSATE = "015032", "015146", "015155"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return catalog.load("province_frame")


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return catalog.load("province_local_units")


@pytest.fixture(scope="module")
def municipal() -> pd.DataFrame:
    return catalog.load("business_frame")


@pytest.fixture(scope="module")
def city() -> list[str]:
    members = catalog.load("area_members")
    return sorted(members.loc[members["area"] == CITY, "istat_code"].unique())


# ---- the tables


@pytest.mark.parametrize(("year", "persons"), [(2018, 17_287_891), (2019, 17_438_078), (2023, 18_644_422)])
@pytest.mark.parametrize("breakdown", ["section", "size"])
def test_asia_adds_up_to_the_country(units: pd.DataFrame, year: int, persons: int, breakdown: str) -> None:
    rows = units[(units["year"] == year) & (units["breakdown"] == breakdown) & (units["item"] == "persons_employed")]
    assert rows["province_code"].nunique() == 107
    assert rows["value"].sum() == pytest.approx(persons, abs=10)


@pytest.mark.parametrize(
    ("table", "sector", "item", "official"),
    [
        ("system_frame", "total", "persons_employed", 18_106_468),
        ("system_frame", "total", "local_units", 5_002_251),
        ("system_frame", "industry", "persons_employed", 5_802_666),
        ("province_frame", "total", "persons_employed", 18_106_468),
        ("province_frame", "total", "local_units", 5_002_251),
        ("province_frame", "total", "value_added", 1_073_433_000_000),
    ],
)
def test_the_frame_adds_up_to_the_country(table: str, sector: str, item: str, official: float) -> None:
    rows = catalog.load(table)
    rows = rows[(rows["year"] == 2023) & (rows["sector"] == sector) & (rows["item"] == item)]
    assert rows["value"].sum() == pytest.approx(official, rel=2e-6)


@pytest.mark.parametrize("year", [2016, 2018, 2023])
def test_sections_make_the_total_of_each_province(frame: pd.DataFrame, year: int) -> None:
    wide = frame[(frame["year"] == year) & (frame["item"] == "persons_employed")]
    wide = wide.pivot(index="province_code", columns="sector", values="value")
    assert len(wide) == (110 if year == 2016 else 107)
    assert (wide.drop(columns="total").sum(axis=1) - wide["total"]).abs().max() <= 5


def test_sections_of_a_municipality_make_its_total() -> None:
    rows = catalog.load("local_units_sector")
    last = rows[rows["year"] == 2023]
    people, places = (last[last["item"] == item]["value"].sum() for item in ("persons_employed", "local_units"))
    assert (round(people), places) == (479_416, 119_565)


def test_every_local_system_has_a_group_and_its_figures() -> None:
    systems = catalog.load("local_systems")
    assert (len(systems), systems["group"].nunique()) == (515, 17)
    assert set(catalog.load("system_frame")["system_code"]) == set(systems["system_code"])


def test_provinces_lie_in_a_region_and_a_macro_region(frame: pd.DataFrame, units: pd.DataFrame) -> None:
    register = catalog.load("statistical_provinces").set_index("province_code")
    now = register[register["until"].isna()]
    assert set(units["province_code"]) == set(now.index)
    assert set(frame["province_code"]) == set(register.index)
    assert (len(now), register.loc["017", "macro_region"], register.loc["104", "until"]) == (107, "Nord-ovest", 2016)


# ---- one panel of persons


def test_persons_are_one_panel_with_its_breaks(frame: pd.DataFrame, units: pd.DataFrame) -> None:
    panel = indicators.persons_panel(frame, units)
    assert set(panel["year"]) == set(range(2015, 2024))
    assert not panel.duplicated(["province_code", "year", "sector"]).any()
    assert panel["value"].notna().all()
    far = panel.groupby("year")["differs"].apply(lambda gaps: gaps.abs().max())
    assert far[[2019, 2020, 2023]].between(0.9, provinces.AGREE).all()
    assert far[2018] == pytest.approx(30.9, abs=0.1)
    assert set(panel.loc[panel["flag"] == "break", "year"]) == {2018}
    assert far[[2015, 2016, 2017, 2021, 2022]].isna().all(), "one source alone: nothing to differ from"
    assert panel.groupby("year")["value"].sum()[2023] == pytest.approx(18_106_468, abs=50)


# ---- a gap and its parts


def test_bresso_against_the_metropolitan_city_without_milan(municipal: pd.DataFrame, city: list[str]) -> None:
    gap = indicators.gap_between(municipal, [BRESSO], [code for code in city if code != MILANO])
    assert gap is not None
    assert [round(one) for one in (gap.total, gap.mix, *gap.within)] == [-5226, -3017, 8561, -10771]
    assert list(gap.within.index) == ["industry", "services"]
    assert gap.mix + gap.within.sum() == pytest.approx(gap.total)
    assert 0.999 < gap.coverage < 1, "a municipality whose sectors are confidential is left out, and told"


def test_where_a_sector_is_confidential_there_is_no_gap(municipal: pd.DataFrame, city: list[str]) -> None:
    hidden = municipal.loc[municipal["value"].isna() & (municipal["item"] == "persons_employed"), "istat_code"]
    assert len(hidden)
    assert all(indicators.gap_between(municipal, [code], city) is None for code in hidden.unique())


numbers = st.lists(st.tuples(*[st.integers(0, 500), st.integers(-900, 9000)] * 2), min_size=2, max_size=15)


@settings(max_examples=200, deadline=None)
@given(numbers)
def test_parts_add_up_whatever_the_sectors(drawn: list[tuple[int, int, int, int]]) -> None:
    n, v, m, w = (pd.Series(one, dtype=float) for one in zip(*drawn, strict=True))
    v, w = v.where(n > 0, 0.0), w.where(m > 0, 0.0)
    if not n.sum() or not m.sum():
        with pytest.raises(MethodError, match="without persons"):
            indicators.productivity_gap(n, v, m, w)
        return
    gap, back = indicators.productivity_gap(n, v, m, w), indicators.productivity_gap(m, w, n, v)
    assert gap.table.to_numpy().sum() == pytest.approx(gap.total, abs=1e-6)
    assert (back.mix, back.total) == (pytest.approx(-gap.mix, abs=1e-6), pytest.approx(-gap.total, abs=1e-6))
    same = indicators.productivity_gap(n, v, 3 * n, 3 * v)
    assert (same.mix, same.total) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))


def test_the_worked_example_and_what_is_refused() -> None:
    sectors_of = pd.Index(["first", "second"])
    n, m = pd.Series([30.0, 70.0], sectors_of), pd.Series([50.0, 50.0], sectors_of)
    gap = indicators.productivity_gap(n, n * [60, 40], m, m * [50, 40])
    assert (gap.total, gap.mix, list(gap.within)) == (pytest.approx(1), pytest.approx(-3), pytest.approx([4, 0]))
    for bad, why in (
        ((n, n, m.rename({"first": "third"}), m), "same sectors"),
        ((n, n, m * np.nan, m), "absent"),
        ((-n, n, m, m), "negative"),
        ((n, n, m * [0, 1], m), "no persons employed"),
    ):
        with pytest.raises(MethodError, match=why):
            indicators.productivity_gap(*bad)


def test_two_sectors_can_give_mix_the_wrong_sign(frame: pd.DataFrame, root) -> None:
    """Recomputed against the rest of Italy for every province; the docs say in how many."""
    both = indicators.with_sectors(frame[frame["year"] == 2023])
    wrong = []
    codes = list(dict.fromkeys(both["istat_code"]))
    for code in codes:
        by_sections, others = indicators.province_gap(frame, code), [one for one in codes if one != code]
        by_two = indicators.gap_between(both, [code], others, sectors=decomposition.TWO)
        assert by_sections.total == pytest.approx(by_two.total, abs=1.0)
        wrong.append(by_sections.mix * by_two.mix < 0)
    said = " ".join((root / "docs" / "production.md").read_text(encoding="utf-8").split())
    assert f"in {sum(wrong)} of {len(wrong)} provinces" in said


# ---- quotients, growth, sizes


@pytest.mark.parametrize("code", ["015", "017", "063", "002", "111"])
@pytest.mark.parametrize("base", provinces.BASES)
def test_quotients_average_one_and_growth_adds_up(units: pd.DataFrame, code: str, base: int) -> None:
    found = indicators.structure_of_province(units, [code], base=base)
    table, rows = found.table, units[(units["item"] == "persons_employed") & (units["breakdown"] == "section")]
    assert (table["italy"] * table["lq"]).sum() / 100 == pytest.approx(1)
    ours = rows[rows["province_code"] == code].groupby("year")["value"].sum()
    moved = table[["national", "mix", "local"]].sum().sum()
    assert moved == pytest.approx(ours[2023] - ours[base])
    rest = rows[rows["province_code"] != code].groupby("year")["value"].sum()
    assert found.total["rest"] == pytest.approx(100 * (rest[2023] / rest[base] - 1)), "Italy without the province"
    assert found.total["national"] == pytest.approx(ours[base] * found.total["rest"] / 100)


def test_sizes_are_in_their_order_and_make_the_whole(units: pd.DataFrame) -> None:
    found = indicators.structure_of_province(units, ["015"], breakdown="size")
    assert list(found.table["category"]) == list(provinces.SIZES)
    assert found.table["share"].sum() == pytest.approx(100)
    assert found.total["persons"] == pytest.approx(1_708_578, abs=2)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"provinces": ["118"]}, "no province '118'"),
        ({"provinces": []}, "no province"),
        ({"provinces": ["015"], "base": 2017}, "no change from 2017"),
        ({"provinces": ["015"], "base": 2023}, "no change from 2023"),
        ({"provinces": ["015"], "breakdown": "ateco"}, "no breakdown by 'ateco'"),
    ],
)
def test_what_provinces_do_not_have_is_said(units: pd.DataFrame, asked: dict, why: str) -> None:
    with pytest.raises(DataError, match=why):
        indicators.structure_of_province(units, **asked)


def test_registered_indicators_take_provinces_and_what_they_make_up(frame: pd.DataFrame) -> None:
    """A macro-region is the ratio of its provinces' sums, not the mean of their ratios."""
    table = indicators.with_sectors(frame)
    register = catalog.load("statistical_provinces")
    north = register.loc[(register["macro_region"] == "Nord-ovest"), "province_code"]
    found = indicators.value_added_per_person(table).of({"015": ("015",), "north": tuple(north)})
    rows = frame[(frame["year"] == 2023) & frame["province_code"].isin(north) & (frame["sector"] == "total")]
    sums = rows.groupby("item")["value"].sum()
    assert found.figure("north", 2023).value == pytest.approx(sums["value_added"] / sums["persons_employed"])
    assert found.figure("015", 2023).value > found.figure("north", 2023).value
    both = indicators.industry_share(table).of({"015": ("015",)})
    assert 0 < both.figure("015", 2023).value < 50


# ---- sections of a municipality


def test_quotients_of_a_municipality_say_what_chance_allows() -> None:
    rows = catalog.load("local_units_sector")
    codes = sorted(rows["istat_code"].unique())
    small, large = (sectors.profile(rows, [code], codes).table.set_index("sector") for code in ("017001", "017029"))
    for table in (small, large):
        held = table[table["units"] > 0]
        assert (held["low"] <= held["lq"]).all()
        assert (held["high"] >= held["lq"]).all()
        assert (table.loc[table["units"] == 0, "low"] == 0).all()
    width = (small["high"] - small["low"]) / small["lq"]
    assert width["C"] > ((large["high"] - large["low"]) / large["lq"])["C"], "fewer units, more chance"
    assert small.loc["J", "low"] < 1 < small.loc["J", "high"]


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (4, 1.090, 10.242), (100, 81.364, 121.627)])
def test_the_interval_of_a_count_is_garwoods(count: int, low: float, high: float) -> None:
    """Published tables of exact Poisson limits."""
    found = sectors.chance(np.array([count]))
    assert [float(one[0]) for one in found] == pytest.approx([low, high], abs=5e-4)


# ---- no rank for few


def test_who_is_few_or_negative_is_shown_and_not_ranked(municipal: pd.DataFrame, city: list[str]) -> None:
    tables = {"business_frame": municipal, "population": catalog.load("population")}
    groups = {NOSATE: (NOSATE,), "city": tuple(city)}
    for name in ("value_added_per_person", "wages_per_employee", "value_added_per_resident"):
        few = standing.standings([name], tables, groups, own=NOSATE, universe=city)[name]
        assert few.own.known
        assert few.position is None
        other = standing.standings([name], tables, {BRESSO: (BRESSO,)}, own=BRESSO, universe=city)[name]
        assert other.position is not None
        assert (other.position.of, other.position.absent) == (132, (NOSATE,))
        assert other.municipalities.notna().sum() == 133, "its figure stays in the median and on the map"


def test_a_negative_total_is_not_ranked() -> None:
    values, base = pd.Series({"a": 9.0, "b": -1.0, "c": 5.0, "d": 4.0}), pd.Series({"a": 500, "b": 500, "c": 99})
    assert list(standing.ranked(values, base).dropna().index) == ["a"]


def test_coverage_is_told_by_variable(municipal: pd.DataFrame) -> None:
    found = indicators.production.coverage(municipal).set_index(["sector", "item"])
    assert (found.loc["total", "known"] == 133).all()
    assert found.loc[("industry", "wages"), "known"] < found.loc[("industry", "persons_employed"), "known"] < 133
