"""Measures, panels, the index and odd figures, recomputed in plain pandas."""

from __future__ import annotations

import inspect
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit import catalog, indicators
from toolkit.errors import DataError
from toolkit.indicators.composite import Framework
from toolkit.indicators.index import index_of, over_time
from toolkit.indicators.panel import Panel, median
from toolkit.indicators.plausible import FAR, JUMP, far, jumps
from toolkit.indicators.position import position

CODES = [f"{number:06d}" for number in range(1, 10)]


@pytest.fixture(scope="module")
def income() -> pd.DataFrame:
    every = catalog.load("municipalities", columns=["istat_code", "province"])
    return catalog.load("income", every.loc[every["province"] == "MI", "istat_code"])


# ---- measures --------------------------------------------------------------------------------------------------------


def test_a_measure_is_the_ratio_of_sums_for_any_territory(income: pd.DataFrame) -> None:
    measure = indicators.income_per_taxpayer(income)
    groups = {"one": ("015032",), "two": ("015032", "015146"), "many": tuple(income["istat_code"].unique())}
    panel = measure.of(groups)
    amounts = income[income["unit"].eq("EUR") | income["item"].eq("taxpayers")]  # frequencies have the same item
    wide = amounts.pivot(index=["istat_code", "year"], columns="item", values="value")
    for key, codes in groups.items():
        sums = wide.loc[list(codes), ["taxable_income", "taxpayers"]].groupby(level="year").sum()
        assert panel.values_of(key) == pytest.approx((sums["taxable_income"] / sums["taxpayers"]).to_dict())
    frame = measure.frame
    assert list(frame.columns) == ["istat_code", "year", "value", "flag"]
    bresso = frame[frame["istat_code"] == "015032"].set_index("year")["value"]
    assert bresso.to_dict() == pytest.approx(panel.values_of("one"))


@pytest.mark.parametrize("name", ["share_residents", "share_persons_employed"])
def test_a_share_needs_its_whole(name: str) -> None:
    tables = [catalog.load(table) for table in indicators.get(name).tables]
    measure = getattr(indicators, name)(*tables)
    with pytest.raises(DataError, match="alone it has no value"):
        _ = measure.frame
    assert indicators.get(name).formula in measure._repr_html_()
    groups = {"a": ("015032",), "whole": ("015032", "015146", "015155")}
    panel = measure.of(groups, parent="whole")
    rows = tables[0][tables[0]["istat_code"].isin(groups["whole"])]
    rows = rows[rows["year"] == panel.last]
    rows = rows[rows["item"] == "persons_employed"] if name == "share_persons_employed" else rows
    values = rows.groupby("istat_code")["value"].sum()
    assert panel.figure("a", panel.last).value == pytest.approx(100 * values["015032"] / values.sum())


@pytest.mark.parametrize("name", ["income_per_taxpayer", "local_units_per_1000", "concentration_local_units"])
def test_help_tells_tables_unit_formula_and_source(name: str) -> None:
    function, about = getattr(indicators, name), indicators.get(name)
    text = inspect.getdoc(function)
    for wanted in (about.formula, about.unit, about.reference, *about.tables):
        assert wanted in text
    assert list(inspect.signature(function).parameters) == list(about.tables)
    assert name in dir(indicators)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: indicators.local_units_per_1000(pd.DataFrame()), "computed from 2 tables, not 1"),
        (lambda: indicators.income_per_taxpayer(), "computed from 1 tables, not 0"),
        (lambda: indicators.income_per_taxpayer("income"), "takes the table 'income'"),
        (lambda: indicators.income_per_taxpayer(pd.DataFrame({"code": [1]})), "a column istat_code"),
    ],
)
def test_a_measure_refuses_other_tables(call, message: str) -> None:
    with pytest.raises(DataError, match=message) as found:
        call()
    assert "indicators." in str(found.value) or "report.table(" in str(found.value)


def test_sums_are_kept_once_a_table_and_change_nothing(income: pd.DataFrame) -> None:
    groups = {"a": ("015032",), "b": ("015032", "015146")}
    kept: dict[tuple[str, bool], pd.DataFrame] = {}
    asked: list[tuple[str, bool]] = []

    def keep(table: str, alone: bool, made) -> pd.DataFrame:
        asked.append((table, alone))
        return kept.setdefault((table, alone), made() if (table, alone) not in kept else pd.DataFrame())

    tables = {"income": income, "commuting": catalog.load("commuting")}
    names = ("income_per_taxpayer", "share_income_0_15000", "jobs_per_100_commuters", "supply_self_containment")
    for name in names:
        before = None if not kept else {key: frame.copy() for key, frame in kept.items()}
        found = indicators.compute(name, tables, groups, keep=keep)
        pd.testing.assert_frame_equal(found, indicators.compute(name, tables, groups))
        for key, frame in (before or {}).items():
            pd.testing.assert_frame_equal(kept[key], frame)
    assert set(kept) == {("income", False), ("commuting", False), ("commuting", True)}
    assert len(asked) == 4
    assert set(kept["commuting", True]["territory"]) == {"a"}


# ---- panels ----------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6))


@given(st.dictionaries(st.tuples(st.sampled_from(CODES), st.integers(2018, 2023)), NUMBERS, min_size=1))
def test_a_panel_finds_what_the_rows_hold(cells: dict) -> None:
    rows = pd.DataFrame(
        [(code, year, value) for (code, year), value in cells.items()], columns=["territory", "year", "value"]
    )
    rows["value"] = rows["value"].astype(float)
    rows["flag"] = np.where(rows["value"].isna(), "confidential", "observed")
    panel = Panel("income_per_taxpayer", rows)
    known = rows.dropna(subset="value")
    assert panel.last == (known if len(known) else rows)["year"].max()
    for code in CODES:
        own = rows[rows["territory"] == code]
        with_value = own.dropna(subset="value")
        if len(with_value):
            assert panel.year_of(code) == with_value["year"].max()
        for year in range(2017, 2025):
            cell, figure = own[own["year"] == year], panel.figure(code, year)
            assert figure.known is bool(cell["value"].notna().any())
            assert figure.flag == (cell["flag"].iloc[0] if len(cell) else "missing")
    year = panel.last
    then = rows[rows["year"] == year].set_index("territory")["value"].reindex(CODES)
    everybody = panel.universe(CODES, year)
    pd.testing.assert_series_equal(everybody.values, then, check_names=False)
    assert everybody.median == pytest.approx(then.median(), nan_ok=True)
    assert median([None, float("nan")]) != median([None, float("nan")]), "no value, no median"


# ---- the composite indicator -----------------------------------------------------------------------------------------


def declared(parts: dict[str, tuple[str, int, float]], **about: float) -> SimpleNamespace:
    """A structure as `params/composite.yml` declares it."""

    def part(code: str, parent: str, direction: int, weight: float) -> SimpleNamespace:
        found = SimpleNamespace(code=code, parent=parent, direction=direction, weight=weight)
        found.model_dump = lambda include: {key: getattr(found, key) for key in include}
        return found

    listed = tuple(part(code, *said) for code, said in parts.items())
    return SimpleNamespace(parts=listed, **{"spread": 0.25, "draws": 100, "seed": 1, "most": 0.5, **about})


PARTS = {
    "people": ("index", 0, 1.0),
    "employment_rate": ("people", 1, 3.0),
    "low_education_share": ("people", -1, 1.0),
    "land_take_share": ("index", -1, 1.0),
}


@pytest.fixture(scope="module")
def index():
    rng = np.random.default_rng(5)
    data = pd.DataFrame(
        rng.normal(50, 10, (20, 3)), columns=["employment_rate", "low_education_share", "land_take_share"]
    )
    data.index = [f"{number:06d}" for number in range(20)]
    return index_of(data, declared(PARTS))


def test_ranks_of_the_index_are_those_of_the_weighted_mean(index) -> None:
    """Each part on 1–100, turned where less is better; weights among siblings; the means written out."""
    scaled = 1 + 99 * (index.data - index.data.min()) / (index.data.max() - index.data.min())
    scaled = scaled.assign(**{name: 101 - scaled[name] for name in ("low_education_share", "land_take_share")})
    people = (3 * scaled["employment_rate"] + scaled["low_education_share"]) / 4
    score = (people + scaled["land_take_share"]) / 2
    wanted = score.rank(ascending=False, method="min").astype(int)
    assert {code: index.rank(code) for code in index.order} == wanted.to_dict()
    assert list(index.order) == list(score.sort_values(ascending=False).index)
    assert index.of == 20
    structure = index.structure.set_index("indicator")
    assert structure["weight"].to_dict() == pytest.approx(
        {"employment_rate": 37.5, "low_education_share": 12.5, "land_take_share": 50.0}
    )
    assert list(structure["direction"]) == ["up", "down", "down"]
    assert index.tables == ["fragility"]
    assert isinstance(index.framework, Framework)


def test_intervals_hold_the_rank_and_widen_with_freedom(index) -> None:
    for code in index.order:
        low, high, free_low, free_high = index.intervals[code]
        assert 1 <= free_low <= low <= high <= free_high <= 20
    rows = index.ranked([*index.order[:3], "999999"])
    assert list(rows["istat_code"]) == list(index.order[:3])
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    wide = {code: index.intervals[code][3] - index.intervals[code][2] for code in index.order}
    unranked = [code for code in index.order if not index.ranks_unit(code)]
    assert unranked
    assert set(unranked) != set(index.order)
    assert min(wide[code] for code in unranked) > max(wide[code] for code in index.order if code not in unranked) - 1


@pytest.mark.parametrize("at", [0, 1, 10, 18, 19])
def test_beside_shows_the_neighbours_in_the_table(index, at: int) -> None:
    rows = index.beside(index.order[at], each_side=3)
    assert len(rows) == 7
    first = min(max(at - 3, 0), 13)
    assert list(rows["istat_code"]) == list(index.order[first : first + 7])


def test_over_time_keeps_those_with_every_value() -> None:
    rows = [(code, year, float(number + year % 7)) for number, code in enumerate("abcde") for year in (2018, 2022)]
    frame = pd.DataFrame(rows, columns=["territory", "year", "value"])
    lost = frame.copy()
    lost.loc[(lost["territory"] == "c") & (lost["year"] == 2022), "value"] = None
    found = over_time({"x": frame, "y": lost}, {"x": 1, "y": -1}, 2018, 2022)
    assert sorted(set(found.index.get_level_values("territory"))) == ["a", "b", "d", "e"]


# ---- odd figures -----------------------------------------------------------------------------------------------------


def panel_of(values: dict[int, list[float | None]], name: str) -> Panel:
    rows = [(code, year, value) for year, found in values.items() for code, value in zip(CODES, found, strict=True)]
    frame = pd.DataFrame(rows, columns=["territory", "year", "value"])
    return Panel(name, frame.assign(flag=np.where(frame["value"].isna(), "missing", "observed")))


@pytest.mark.parametrize("last", [9.0, 11.0, 15.0, 60.0, -40.0])
def test_far_is_beyond_the_declared_distance(last: float) -> None:
    values = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, last], index=CODES)
    deviation = (values - values.median()).abs().median() * 1.4826
    assert far(position(values, CODES[-1])) is bool(abs(last - values.median()) / deviation > FAR)
    assert not far(None)


@pytest.mark.parametrize(("name", "relative"), [("income_per_taxpayer", True), ("employment_rate", False)])
def test_jumps_are_changes_unlike_those_of_all_others(name: str, relative: bool) -> None:
    base = [20.0, 22, 24, 26, 28, 30, 32, 34, 36]
    moves = [1.0, 1.2, 0.9, 1.1, 1.0, 0.8, 1.3, 1.0, 9.0]
    years = {2018: base, 2020: [a + b for a, b in zip(base, moves, strict=True)]}
    years[2021] = [*(value + 1 + number / 9 for number, value in enumerate(years[2020][:-1])), None]
    panel = panel_of(years, name)
    found = jumps(panel, CODES, CODES[-1], (2018, 2021))
    wanted = 100 * 9.0 / 36.0 if relative else 9.0
    assert found == [(2018, 2020, pytest.approx(wanted))]
    assert jumps(panel, CODES, CODES[0], (2018, 2021)) == []
    assert jumps(panel, CODES, CODES[-1], None) == []
    assert jumps(panel, CODES, CODES[-1], (2020, 2021)) == []
    for code in CODES:  # the rule written out
        moved = pd.DataFrame(years, index=CODES)
        told = []
        for before, after in pairwise(years):
            change = moved[after] - moved[before]
            change = 100 * change / moved[before] if relative else change
            spread = 1.4826 * (change - change.median()).abs().median()
            if abs(change[code] - change.median()) / spread > JUMP:
                told.append((before, after, pytest.approx(change[code])))
        assert jumps(panel, CODES, code, (2018, 2021)) == told
