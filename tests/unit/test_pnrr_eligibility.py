"""Who may apply: yes, no or unknown, and never a yes on what is not known."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pnrr_making import BRESSO, MILANO, lines, load, municipalities, populations, rule

from toolkit import pnrr
from toolkit.errors import DataError, Faults, ParameterError
from toolkit.pnrr.eligibility import Facts, combine, population_years

CER = "pnrr-m2c2i1.2-energy-communities"


def facts(code: str = BRESSO, **values: object) -> Facts:
    return pnrr.facts_of(code, load("population"), load("applications"), lines(), {"region": "Lombardia"} | values)


def answer(call: str, as_of: str, who: Facts, *, hindsight: bool = False, **judged_on: str) -> tuple[str, str]:
    judged = pnrr.evaluate(
        load("calls_rules"),
        who,
        as_of,
        lines=lines(),
        judged_on={call: judged_on.get("on", as_of)},
        hindsight=hindsight,
    )
    row = pnrr.verdicts(judged[judged["call"] == call], [call]).iloc[0]
    return row["answer"], row["reasons"]


def test_bresso_on_the_calls_of_april_2022() -> None:
    held = pnrr.applications_as_of(load("applications"), "2022-07-06")
    who = pnrr.facts_of(BRESSO, load("population"), held, lines())
    judged = pnrr.evaluate(load("calls_rules"), who, "2022-07-06", lines=lines())
    found = pnrr.verdicts(judged, load("calls")["call"]).set_index("call")
    april = [name for name in found.index if name.startswith("pad-1.4") and name.endswith("municipalities-2022-04")]
    assert set(found.loc[april, "answer"]) == {"yes"}
    assert found.loc[april, "known_later"].all()


def test_a_threshold_that_changed_while_the_call_was_open() -> None:
    """5,000 residents until 15 May 2025, 50,000 from the 16th: Bresso has 26,000."""
    assert answer(CER, "2025-05-01", facts()) == ("no", "does_not_meet")
    assert answer(CER, "2025-06-01", facts()) == ("yes", "meets")
    assert answer(CER, "2026-11-22", facts(), on="2025-05-01")[0] == "no"
    assert answer(CER, "2024-06-01", facts(), hindsight=True)[0] == "no"


@pytest.mark.parametrize(
    ("call", "as_of", "expected"),
    [
        ("pnrr-m5c2i2.1-urban-regeneration", "2022-06-01", ("yes", "meets")),
        ("pnrr-m1c3i2.1-villages-b", "2022-02-01", ("no", "does_not_meet")),
        ("pnrr-m2c1i1.1-waste-a", "2022-02-01", ("unknown", "not_in_data")),
        ("pnrr-m2c2i4.1-urban-cycleways", "2022-01-10", ("no", "does_not_meet")),
        ("pmrr-2025", "2026-03-15", ("unknown", "not_in_data")),
        ("pn-metro-plus-2021-2027", "2026-11-22", ("no", "does_not_meet")),
        ("national-2022-urban-regeneration-associated", "2026-11-22", ("no", "needs_group;does_not_meet")),
        ("fsc-cohesion-agreements", "2026-11-22", ("no", "does_not_meet")),
        ("pnrr-m5c2i3.1-sport-clusters-1-2", "2022-04-01", ("unknown", "not_in_data")),
    ],
)
def test_bresso_on_other_calls(call: str, as_of: str, expected: tuple[str, str]) -> None:
    assert answer(call, as_of, facts(metropolitan_city="citta-metropolitana-milano")) == expected


def test_alternatives_one_is_enough() -> None:
    sport = "pnrr-m5c2i3.1-sport-clusters-1-2"
    assert answer(sport, "2022-04-01", facts(chief_town=False))[0] == "no"
    assert answer(sport, "2022-04-01", facts(chief_town=True))[0] == "yes"
    assert answer(sport, "2022-04-01", facts(MILANO))[0] == "yes"


def test_a_rule_to_be_verified_never_gives_a_yes() -> None:
    cycle = "pnrr-m2c2i4.1-urban-cycleways"
    assert answer(cycle, "2022-01-10", facts(MILANO, university_seat=True)) == ("unknown", "rule_to_verify")


def test_the_second_call_of_1_4_1_is_closed_to_those_already_funded() -> None:
    september = "pad-1.4.1-citizen-experience-municipalities-2022-09"
    assert answer(september, "2022-10-10", facts()) == ("no", "does_not_meet")
    assert answer(september, "2022-10-10", facts("015222")) == ("yes", "meets")
    # nobody with a live grant won again, but no source states the rule: not a no
    cloud = "pad-1.2-cloud-municipalities-2022-07"
    assert answer(cloud, "2022-10-10", facts()) == ("unknown", "observed_only")


def test_nobody_of_the_133_holds_two_live_grants_of_the_lines_said_to_be_single() -> None:
    """What the `observed` rules rest on."""
    held = load("applications").query("state != 'renounced'").assign(line=lambda rows: rows["call"].map(lines()))
    twice = held[held.duplicated(["istat_code", "line"])]
    assert set(twice["line"]) == {"pagopa", "io_app"}
    single = load("calls_rules").query("rule == 'live_grant_same_line'")
    assert not set(single["call"].map(lines())) & {"pagopa", "io_app"}


def evaluated(rules: list[dict[str, str]], who: Facts, as_of: str = "2023-06-01") -> pd.DataFrame:
    return pnrr.evaluate(pd.DataFrame(rules), who, as_of)


def test_population_is_judged_on_the_stated_day_else_on_two_recent_years_that_agree() -> None:
    who = Facts("000001", {2021: 15_100.0, 2022: 14_900.0, 2023: 14_950.0})
    stated = evaluated([rule(15000, population_reference="2021-01-01")], who).iloc[0]
    assert (stated["answer"], stated["found"], stated["reference"]) == ("yes", "15100", "2021-01-01")
    assert evaluated([rule(15000)], who).iloc[0]["answer"] == "no"
    assert evaluated([rule(15000)], who, "2022-06-01").iloc[0]["reason"] == "years_disagree"
    assert evaluated([rule(15000, population_reference="2020-01-01")], who).iloc[0]["answer"] == "unknown"
    assert population_years({2018: 1.0, 2020: 1.0, 2022: 1.0}, "2023-05-01") == [2020, 2022]
    assert population_years({2015: 1.0}, "2023-05-01") == []


@pytest.mark.parametrize(("people", "near"), [(14_700.0, True), (15_299.0, True), (14_600.0, False), (20_000.0, False)])
def test_near_a_threshold_is_marked(people: float, near: bool) -> None:
    who = Facts("000001", {2022: people, 2023: people})
    assert bool(evaluated([rule(15000)], who).iloc[0]["near"]) is near


@pytest.mark.parametrize(
    ("operator", "people", "expected"),
    [
        ("at_least", 5000, "yes"),
        ("above", 5000, "no"),
        ("at_most", 5000, "yes"),
        ("below", 5000, "no"),
        ("below", 4999, "yes"),
    ],
)
def test_comparisons_at_the_threshold(operator: str, people: float, expected: str) -> None:
    who = Facts("000001", {2022: people, 2023: people})
    assert evaluated([rule(5000, operator)], who).iloc[0]["answer"] == expected


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["yes", "no", "unknown"])), min_size=1))
def test_combining_agrees_with_every_way_of_filling_in_what_is_unknown(answers: list[tuple[str, str]]) -> None:
    """Three-valued logic is sound: yes only if yes however the unknowns turn out, and so for no."""
    unknown = [i for i, (_, each) in enumerate(answers) if each == "unknown"][:8]
    outcomes = set()
    for filled in product(["yes", "no"], repeat=len(unknown)):
        trial = list(answers)
        for i, value in zip(unknown, filled, strict=True):
            trial[i] = (trial[i][0], value)
        outcomes.add(combine(trial))
    found = combine(answers)
    if found in ("yes", "no"):
        assert outcomes == {found}
    assert found == "unknown" or len(outcomes) == 1


FIELDS = ["population", "ivsm", "region", "chief_town", "live_grant_same_line", "nursery_coverage"]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(FIELDS), max_size=6, unique=True),
)
def test_never_a_yes_on_missing_data(needed: list[str], present: list[str]) -> None:
    """All facts that are present favour the body; a yes needs every one of them."""
    written = {
        "population": rule(15000),
        "ivsm": rule(97.1, "above", "ivsm"),
        "region": rule("Lombardia", "one_of", "region"),
        "chief_town": rule("true", "is", "chief_town"),
        "live_grant_same_line": rule("false", "is", "live_grant_same_line"),
        "nursery_coverage": rule(33, "below", "nursery_coverage"),
    }
    good = {"ivsm": 99.0, "region": "Lombardia", "chief_town": True, "nursery_coverage": 20.0}
    who = Facts(
        "000001",
        {2022: 30_000.0, 2023: 30_000.0} if "population" in present else {},
        {name: value for name, value in good.items() if name in present},
        {} if "live_grant_same_line" in present else None,
    )
    judged = evaluated([written[name] for name in needed], who)
    found = pnrr.verdicts(judged, ["a"]).iloc[0]["answer"]
    assert found == ("yes" if set(needed) <= set(present) else "unknown")


def test_the_order_of_rules_does_not_matter() -> None:
    table = load("calls_rules")
    shuffled = table.sample(frac=1, random_state=3)
    first = pnrr.verdicts(pnrr.evaluate(table, facts(), "2026-11-22", lines=lines()), load("calls")["call"])
    second = pnrr.verdicts(pnrr.evaluate(shuffled, facts(), "2026-11-22", lines=lines()), load("calls")["call"])
    assert first["answer"].tolist() == second["answer"].tolist()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([rule(5000, "below", valid_to="2025-05-16"), rule(50000, "below", valid_from="2025-05-16")], "overlapping"),
        ([rule(5000, valid_from="2025-05-16", valid_to="2025-05-15")], "before valid_from"),
        ([rule("many")], "is not a number"),
        ([rule(-5)], "is not a number of zero or more"),
    ],
)
def test_bad_rules_are_refused(rows: list[dict[str, str]], message: str) -> None:
    with pytest.raises(Faults, match=message):
        pnrr.check_rules(pd.DataFrame(rows))


def test_a_threshold_that_is_no_number_is_refused_when_judged() -> None:
    with pytest.raises(DataError, match="is no number"):
        evaluated([rule("many")], Facts("000001", {2022: 5.0, 2023: 5.0}))


def test_watch_list() -> None:
    found = pnrr.watch_list({2018: 4_900.0, 2022: 5_020.0, 2026: 5_100.0}).set_index("threshold")
    assert found.index.tolist() == [5000]
    assert found.loc[5000, ["status", "distance", "years_below"]].tolist() == ["crossed_up", 100.0, "2018"]
    assert pnrr.watch_list({2026: 5_000.0}).iloc[0]["status"] == "near_below"  # classes end at the threshold
    assert pnrr.watch_list({2022: 9_000.0}).empty
    assert pnrr.watch_list({}).empty
    bresso = dict(facts().populations)  # within 5 % of 25,000 in years that have gone, not any more
    assert pnrr.watch_list(bresso).empty
    assert pnrr.watch_list({year: bresso[year] for year in bresso if year <= 2022})["status"].tolist() == ["near_above"]


@pytest.mark.parametrize(("year", "counts"), [(2022, [21, 91, 73]), (2026, [22, 90, 73])])
def test_how_many_of_the_133_are_on_each_side_depends_on_the_day(year: int, counts: list[int]) -> None:
    """25,000 and above, 15,000 and below, below 10,000: Magenta passed 25,000 between 2025 and 2026."""
    people = pd.Series(populations(year))[municipalities()]
    assert len(people) == 133
    assert [int((people >= 25000).sum()), int((people <= 15000).sum()), int((people < 10000).sum())] == counts
    magenta = pnrr.watch_list({y: populations(y)["015130"] for y in (2022, 2023, 2025, 2026)})
    assert magenta[["threshold", "status", "years_above"]].values.tolist() == [[25000, "crossed_up", "2026"]]


def zone(name: str) -> list[str]:
    members = load("area_members")
    return members.loc[members["area"] == name, "istat_code"].tolist()


def test_groups_are_minimal_reach_the_threshold_and_come_smallest_first() -> None:
    people, members = populations(2026), zone("zona-adda-martesana")
    smallest = min(members, key=lambda code: people[code])
    found = pnrr.groups_reaching(smallest, members, people, 25000)
    assert found["size"].is_monotonic_increasing
    for row in found.to_dict("records"):
        group = row["members"].split(";")
        total = sum(people[code] for code in group)
        assert (group[0], total, total - 25000) == (smallest, row["population"], row["margin"])
        assert total >= 25000
        assert all(total - people[code] < 25000 for code in group[1:])
        assert set(group) <= set(members)
    alone = pnrr.groups_reaching(BRESSO, zone("zona-nord-milano"), people, 25000)
    assert alone["members"].tolist() == [BRESSO]


def test_groups_of_small_municipalities_only() -> None:
    people = {"a": 4000.0, "b": 6000.0, "c": 14000.0, "d": 16000.0}
    found = pnrr.groups_reaching("a", list(people), people, 15000, member_below=15000)
    assert found["members"].tolist() == ["a;c"]  # a;b;c is not minimal, d is too large
    assert pnrr.groups_reaching("d", list(people), people, 15000, member_below=15000).empty
    assert pnrr.groups_reaching("a", ["a", "b"], people, 15000).empty
    with pytest.raises(ParameterError, match="not of the zone"):
        pnrr.groups_reaching("z", list(people), people, 15000)


def test_a_renunciation_without_a_day_leaves_open_whether_the_grant_was_held() -> None:
    """The cloud file gives no day of renunciations: on a past day the earlier grant may still have been held."""
    cloud = "pad-1.2-cloud-municipalities-2022-07"
    held = pnrr.applications_as_of(load("applications"), "2022-10-10")
    undated = held[~held["state_known"] & (held["call"] == "pad-1.2-cloud-municipalities-2022-04")]
    assert len(undated)
    for code in undated["istat_code"]:
        who = pnrr.facts_of(code, load("population"), held, lines())
        assert answer(cloud, "2022-10-10", who) == ("unknown", "renunciation_undated")
    assert answer(cloud, "2026-11-22", facts(undated["istat_code"].iloc[0]))[0] in ("yes", "unknown")
