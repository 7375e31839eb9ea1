"""Comparisons and judgements, recomputed from the tables: whom a figure is set against, how far, how surely."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from report_making import compared, page

from toolkit import Report, catalog, charts, indicators
from toolkit.errors import ToolkitError
from toolkit.indicators.peers import STRUCTURAL
from toolkit.params import benchmark as choices
from toolkit.report.comparison import WEIGHTS, Comparison
from toolkit.text.facts import Absent, Amount, Gap, Mark

CMM, CORE, ZONE = "citta-metropolitana-milano", "015146", "zona-nord-milano"
PLACES = ({"municipality": "015032"}, {"municipality": "015146"}, {"municipality": "015155"}, {"area": ZONE})
EVERYWHERE = pytest.mark.parametrize("where", PLACES, ids=lambda where: next(iter(where.values())))


def members(area: str) -> list[str]:
    rows = catalog.load("area_members")
    return list(rows[rows["area"] == area]["istat_code"].unique())


def parts(name: str) -> tuple[pd.Series, pd.Series, float]:
    """Numerator and denominator of all municipalities, and what their ratio is multiplied by, from the tables."""
    if name == "income_per_taxpayer":
        rows = catalog.load("income").query("year == 2023").set_index("istat_code")
        total = rows[(rows["item"] == "taxable_income") & (rows["unit"] == "EUR")]["value"]
        return total, rows[rows["item"] == "taxpayers"]["value"], 1.0
    if name == "local_units_per_1000":
        work = catalog.load("local_units").query("item == 'local_units'")
        year = work["year"].max()
        people = catalog.load("population").set_index(["year", "istat_code"])["value"]
        units = work[work["year"] == year].set_index("istat_code")["value"]
        return units, people[2020 if year == 2018 else year], 1000.0  # as the indicator's formula says
    rows = catalog.load("fragility").query("item == @name")
    rows = rows[rows["year"] == rows["year"].max()].set_index("istat_code")["value"]
    return rows, pd.Series(1.0, index=rows.index), 1.0


@pytest.mark.parametrize("name", ["income_per_taxpayer", "local_units_per_1000", "low_education_share"])
@EVERYWHERE
def test_figures_scales_ranks_and_gaps_are_those_of_the_tables(where: dict[str, str], name: str) -> None:
    above, below, times = parts(name)
    values = times * above / below
    with page(**where) as (report, _):
        one = compared(report, name)[0]
        whole = members(CMM)
        assert sorted(report.universe) == sorted(whole)
        scales = {"metropolitan": whole, "without_core": [code for code in whole if code != CORE]}
        scales |= {"zone": list(report.scales["zone"].members)} if "zone" in report.scales else {}
        own = [where["municipality"]] if "municipality" in where else members(ZONE)
        municipal = indicators.get(name).municipal
        if municipal and len(own) > 1:
            assert not one.known
            assert isinstance(one.facts["own"], Absent)
            assert isinstance(one.facts["gap"], Absent)
            return
        figure = times * above[own].sum() / below[own].sum()
        assert float(one.facts["own"]) == pytest.approx(figure)
        for key, codes in scales.items():
            if municipal:
                assert isinstance(one.facts[key], Absent)
                continue
            wanted = times * above[codes].sum() / below[codes].sum()
            assert float(one.facts[key]) == pytest.approx(wanted)
            assert one.scales[key].value == pytest.approx(wanted)
            assert float(one.facts[f"gap_{key}"]) == pytest.approx(100 * (figure / wanted - 1))
        foil = values[whole].median()
        assert float(one.facts["median"]) == pytest.approx(foil)
        gap = one.facts["gap_median"]
        assert float(gap) == pytest.approx(figure - foil if one.unit == "percent" else 100 * (figure / foil - 1))
        assert gap.points is (one.unit == "percent")
        result = one.result()
        if len(own) > 1:
            assert not len(one.peers)
            assert [isinstance(one.facts[key], Absent) for key in ("rank", "peers_median", "low", "gap")] == [True] * 4
            assert result["rank"] is None
            return
        alike = values[list(report.peer_codes)]
        assert len(alike) == 10
        assert float(one.facts["peers_median"]) == pytest.approx(alike.median())
        assert [float(one.facts[key]) for key in ("low", "high")] == pytest.approx([*alike.quantile([0.25, 0.75])])
        assert one.facts["rank"].rank == int((values[whole] > figure).sum()) + 1 == result["rank"]
        assert one.facts["rank"].of == 133
        wanted = figure - alike.median() if one.unit == "percent" else 100 * (figure / alike.median() - 1)
        assert float(one.facts["gap"]) == pytest.approx(wanted)


@pytest.mark.parametrize("code", ["015032", "015146", "015155"])
def test_similar_municipalities_are_the_nearest(code: str) -> None:
    """Mahalanobis' distance on logarithms, written out; never the place itself."""
    with page(municipality=code) as (report, _):
        table = np.log(pd.DataFrame({name: report.structural(name) for name in STRUCTURAL}))
        inverse = np.linalg.inv(np.cov(table.to_numpy(), rowvar=False))
        apart = table - table.loc[code]
        distance = np.sqrt(np.einsum("ij,jk,ik->i", apart, inverse, apart))
        nearest = pd.Series(distance, index=table.index).drop(code).nsmallest(10)
        assert list(report.peer_codes) == list(nearest.index)
        similar = report.similar()
        assert list(similar["istat_code"]) == [code, *nearest.index]
        assert list(similar["value"]) == pytest.approx([0.0, *nearest])


@EVERYWHERE
def test_certainty_counts_the_groups_that_agree(where: dict[str, str]) -> None:
    names = ("income_per_taxpayer", "low_education_share", "jobs_per_100_commuters", "land_take_share")
    with page(**where) as (report, _):
        for one in compared(report, *names):
            sides = []
            for codes in report.comparison_groups.values() if report.municipal else ():
                others = one.municipalities[list(codes)].dropna()
                if len(others) >= 5:
                    assert report.own not in others.index
                    sides.append(np.sign(one.own.value - others.median()))
            agree = sum(side == sides[0] for side in sides) / len(sides) if sides else 0.0
            wanted = 0 if not sides else 3 if agree == 1 and len(sides) > 1 else 2 if agree >= 0.75 else 1
            assert one.facts["certainty"] == Mark(wanted) == one.certainty


def test_change_is_within_a_stretch_without_breaks() -> None:
    people = catalog.load("population").pivot(index="istat_code", columns="year", values="value")
    with page(municipality="015032") as (report, _):
        one = compared(report, "residents")[0]
        first, last = one.span
        broken = catalog.load("population").query("istat_code == '015032' and flag == 'break'")["year"]
        assert not any(first < year <= last for year in broken)
        moved = 100 * (people[last] / people[first] - 1)
        facts = one.facts
        assert float(facts["change"]) == pytest.approx(moved["015032"])
        assert float(facts["median_change"]) == pytest.approx(moved[members(CMM)].drop("015032").median())
        whole = people.loc[members(CMM)]
        assert float(facts["metropolitan_change"]) == pytest.approx(100 * (whole[last].sum() / whole[first].sum() - 1))
        assert (facts["first"], facts["last"]) == (first, last)
        assert float(facts["change_gap"]) == pytest.approx(float(facts["change"]) - float(facts["median_change"]))


@pytest.mark.parametrize("code", ["015032", "015155"])
def test_neighbours_and_the_best_of_the_similar(code: str) -> None:
    with page(municipality=code) as (report, _):
        waste, income, jobs = compared(report, "unsorted_waste", "income_per_taxpayer", "local_units_per_1000")
        values = income.municipalities
        assert income.near == {
            "near": len(report.neighbours),
            "higher": int((values[report.neighbours] > values[code]).sum()),
        }
        least = waste.municipalities[list(report.peer_codes)]
        if least.min() < waste.own.value:
            assert waste.best_peer == {
                "peer": report.names([least.idxmin()])[least.idxmin()],
                "best": Amount(float(least.min()), waste.unit),
            }
        assert all(isinstance(fact, Absent) for fact in jobs.best_peer.values()), "neither side is better"


# ---- frames of one's own ---------------------------------------------------------------------------------------------

ABOUT = {"id": "parks", "it": "Parchi", "en": "Parks", "unit": "percent", "direction": 1}
FRAME = pd.DataFrame(
    {"istat_code": ["015032", "015146", "015155", "015077"], "year": 2024, "value": [8.0, 2.0, 4.0, 6.0]}
)


@pytest.fixture(scope="module")
def bresso() -> Iterator[Report]:
    with page(municipality="015032") as (report, _):
        yield report


def test_a_frame_of_ones_own_is_ranked_without_scales(bresso: Report) -> None:
    one = bresso.compare(FRAME, **ABOUT)
    assert one.facts["own"] == Amount(8.0, "percent")
    assert (one.facts["rank"].rank, one.facts["rank"].of) == (1, 4)
    assert float(one.facts["median"]) == 5.0
    assert one.facts["gap_median"] == Gap(3.0, points=True)
    assert all(isinstance(one.facts[key], Absent) for key in ("zone", "metropolitan", "without_core", "change"))
    assert one.facts["when"] == "nel 2024"
    assert "parks" in one.result()["indicator"]
    assert "Parchi" in one._repr_html_()
    two = bresso.compare(FRAME.assign(value=[None, 2.0, 4.0, 6.0]), **{**ABOUT, "id": "two"})
    assert not two.known
    assert "Parchi" in two.absence
    again = bresso.compare(FRAME, **ABOUT)  # a cell that is run twice
    assert again.facts == one.facts


@pytest.mark.parametrize(
    ("change", "about", "message"),
    [
        ({}, {"en": ""}, "does not say what it measures"),
        ({}, {"unit": "parrots"}, "no unit 'parrots'"),
        ({}, {"id": "My parks"}, "'My parks' is not a name"),
        ({}, {"id": "income_per_taxpayer"}, "'income_per_taxpayer' is an indicator of the toolkit"),
        ({}, {"direction": 2}, "direction 2"),
        ({"value": None}, {}, "has no column 'value'"),
        ({"year": None}, {}, "has no column 'year'"),
        ({"istat_code": ["015032", "015032", "015155", "015077"]}, {}, "015032 has two figures in 2024"),
        ({"istat_code": [15032, 15146, 15155, 15077]}, {}, "15032 is not an ISTAT code"),
        ({"istat_code": ["Bresso", "015146", "015155", "015077"]}, {}, "'Bresso' is not an ISTAT code"),
        ({"value": ["8", "due", "4", "6"]}, {}, "'due' is not a number"),
        ({"year": ["2024", "x", "2024", "2024"]}, {}, "'x' is not a year"),
        ({"flag": ["observed", "wrong", "observed", "observed"]}, {}, "'wrong'"),
        (
            {"value": [8.0, None, 4.0, 6.0], "flag": "observed"},
            {},
            "015146 has no value in 2024 and is flagged 'observed'",
        ),
        ({"flag": ["observed", "confidential", "observed", "observed"]}, {}, "015146 has a value in 2024"),
        ({"year": [2024.5, 2024, 2024, 2024]}, {}, "2024.5 is not a year"),
    ],
)
def test_a_frame_that_is_wrong_is_named(bresso: Report, change: dict, about: dict, message: str) -> None:
    kept = {key: value for key, value in change.items() if value is not None}
    frame = FRAME.assign(**kept).drop(columns=[key for key, value in change.items() if value is None])
    with pytest.raises(ToolkitError, match=re.escape(message)):
        bresso.compare(frame, **{**ABOUT, **about})


@pytest.mark.parametrize("what", ["income", 3, None, [1], indicators.income_per_taxpayer])
def test_something_else_cannot_be_compared(bresso: Report, what: object) -> None:
    with pytest.raises(ToolkitError, match="takes a measure or a DataFrame"):
        bresso.compare(what)


def test_a_frame_without_rows_or_that_lacks_the_place(bresso: Report) -> None:
    with pytest.raises(ToolkitError, match="has no row"):
        bresso.compare(FRAME.iloc[:0], **ABOUT)
    elsewhere = bresso.compare(FRAME.iloc[1:], **{**ABOUT, "id": "elsewhere"})
    assert not elsewhere.known
    assert elsewhere.year == 2024


def test_a_changed_table_does_not_change_what_pages_share() -> None:
    with page(municipality="015032") as (report, _):
        income = report.table("income")
        before = report.compare(indicators.income_per_taxpayer(income)).own.value
        changed = report.compare(indicators.income_per_taxpayer(income.assign(value=income["value"] * 2)))
        income["value"] = income["value"].where(income["item"] != "taxpayers", income["value"] * 2)
        halved = report.compare(indicators.income_per_taxpayer(income))
        assert changed.own.value == pytest.approx(before)
        assert halved.own.value == pytest.approx(before / 2)
    with page(municipality="015032") as (report, _):
        assert compared(report, "income_per_taxpayer")[0].own.value == before


# ---- judging ---------------------------------------------------------------------------------------------------------

JUDGED = tuple(
    dict.fromkeys(
        [rule.indicator for rule in choices.swot().rules]
        + [part.code for part in choices.composite().parts if part.direction]
    )
)


@EVERYWHERE
def test_what_differs_most_and_most_surely_comes_first(where: dict[str, str]) -> None:
    with page(**where) as (report, _):
        known = compared(report, *JUDGED)

        def weight(one: Comparison) -> float:
            values = one.municipalities.dropna()
            median = values.median()
            half = max(values.quantile(0.9) - median, median - values.quantile(0.1))
            foil = values[list(report.peer_codes)].median() if report.municipal else median
            return abs(one.own.value - foil) / half * WEIGHTS[one.certainty] if one.known and half else 0.0

        told = report.salient(known, most=5)
        wanted = sorted(known, key=lambda one: -weight(one))[:5]
        assert [one.id for one in told] == [one.id for one in wanted if weight(one) > 0]
        assert [one.salience for one in told] == pytest.approx([weight(one) for one in told])
        assert len(report.salient(known, most=1)) == 1
        assert report.salient([]) == []


@pytest.mark.parametrize("code", ["015032", "015146", "015155", "015060", "015206"])
def test_findings_count_whom_they_pass_and_never_contradict(code: str) -> None:
    """A strength by its level is no risk by its change; the numbers of a bullet are recomputed."""
    rules = {rule.id: rule for rule in choices.swot().rules}
    with page(municipality=code) as (report, _):
        by_id = {one.id: one for one in compared(report, *JUDGED)}
        found = report.findings()
        kinds = {rules[rule].indicator: set() for rule in found["rule"]}
        for rule, kind in zip(found["rule"], found["kind"], strict=True):
            kinds[rules[rule].indicator].add(kind)
        assert kinds
        assert not [
            name for name, said in kinds.items() if {"strength", "risk"} <= said or {"strength", "weakness"} <= said
        ]
        for rule, text in zip(found["rule"], found["text"], strict=True):
            about, one = rules[rule], by_id[rules[rule].indicator]
            values = one.municipalities if about.measure == "level" else one.changes.reindex(list(report.universe))
            values = values.dropna()
            passed = int((values < values[code]).sum() if about.side == "high" else (values > values[code]).sum())
            numbers = [int(number) for number in re.findall(r"\d+", text.rpartition(" in ")[2])]
            others = len(values) - 1
            assert numbers == ([others] if passed == others else [passed, others]), text
            assert 100 * passed / others >= about.beyond - 2


def test_an_area_is_not_judged() -> None:
    with page(area=ZONE) as (report, _):
        known = compared(report, *JUDGED)
        assert not len(report.findings())
        assert not len(report.to_check(known))
        assert not len(report.trends(known))
        assert not len(report.similar())
        facts = report.index_facts(report.composite())
        assert all(isinstance(fact, Absent) for fact in facts.values())
        assert report.labels("swot").keys() == {"strength", "weakness", "opportunity", "risk"}


def test_trends_are_against_the_similar() -> None:
    with page(municipality="015032") as (report, _):
        one = compared(report, "low_education_share")[0]
        row = report.trends([one]).iloc[0]
        first, last = one.span
        table = catalog.load("fragility").query("item == 'low_education_share'")
        wide = table.pivot(index="istat_code", columns="year", values="value").loc[list(report.universe)]
        moved = wide[last] - wide[first]
        alike = list(report.peer_codes)
        assert row["value"] == wide.loc["015032", last]
        assert row["median"] == pytest.approx(wide.loc[alike, last].median())
        assert row["change"] == pytest.approx(moved["015032"])
        assert row["median_change"] == pytest.approx(moved[alike].median())
        places = {year: 100 * (wide[year].rank() - 1)["015032"] / (len(wide) - 1) for year in (first, last)}
        assert row["moved"] == pytest.approx(-(places[last] - places[first]))


@pytest.mark.parametrize("code", ["015032", "015146", "015155"])
def test_figures_far_from_all_others_are_to_be_checked(code: str) -> None:
    with page(municipality=code) as (report, _):
        known = compared(report, *JUDGED)
        rows = report.to_check(known)
        wanted = set()
        for one in known:
            values = one.municipalities.dropna()
            spread = 1.4826 * (values - values.median()).abs().median()
            if one.unit not in ("residents", "persons") and abs(values[code] - values.median()) / spread > 3.5:
                wanted.add(f"far_{one.id}")
        assert {row for row in rows["code"] if row.startswith("far_")} == wanted
        assert rows["code"].is_unique


def test_a_row_gives_facts_and_none_gives_absence(bresso: Report) -> None:
    frame = pd.DataFrame({"istat_code": ["015146", "015155"], "value": [3.0, 1.0], "share": [float("nan"), 2.0]})
    facts = bresso.first(bresso.named(frame), value="persons", share="percent")
    assert facts["value"] == Amount(3.0, "persons")
    assert (facts["name"], isinstance(facts["share"], Absent)) == ("Milano", True)
    nothing = bresso.first(bresso.named(frame).iloc[:0], value="persons")
    assert all(isinstance(fact, Absent) for fact in nothing.values())
    assert {"value", "share", "name"} <= set(nothing)
    assert isinstance(bresso.some([]), Absent)
    assert bresso.some(["a"]) == ["a"]


def test_judgements_do_not_depend_on_what_was_compared_before() -> None:
    with page(municipality="015032") as (report, _):
        alone = report.findings(), report.composite().order
    with page(municipality="015032") as (report, _):
        compared(report, *reversed(JUDGED))
        index = report.composite()
        pd.testing.assert_frame_equal(report.findings(), alone[0])
        assert index.order == alone[1]
        facts = report.index_facts(index)
        rank = index.rank("015032")
        assert facts["low"] <= rank <= facts["high"]
        with pytest.raises(ToolkitError, match="two results are called 'composite_rank'"):
            report.index_facts(index)


def test_tables_are_asked_for_by_name(bresso: Report) -> None:
    with pytest.raises(ToolkitError, match="incme"):
        bresso.table("incme")
    frame = bresso.table("income")
    assert frame.attrs["table"] == "income"
    assert [source.name for source in bresso.sources].count("income") == 1
    assert charts.strip(*compared(bresso, "residents")).usermeta
