"""Lump sums, caps and own shares."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from pnrr_making import BRESSO, lines, load, populations

from toolkit import pnrr
from toolkit.errors import DataError, Faults, MethodError, ParameterError
from toolkit.pnrr.amounts import explain_amount, population_class


def test_all_746_modelled_applications_are_the_rule_and_208_are_said_not_to_be_modelled() -> None:
    found = pnrr.check_applications(load("applications"), load("lump_sums"), lines(), populations(2022))
    modelled = found[found["modelled"]]
    assert (len(modelled), modelled["equal"].sum(), (~found["modelled"]).sum()) == (746, 746, 208)
    reasons = found.loc[~found["modelled"], "reason"].value_counts().to_dict()
    assert reasons == {"depends_on_services_and_mode": 133, "does_not_follow_population": 75}


def test_the_check_can_fail() -> None:
    altered = load("applications").copy()
    at = altered.index[altered["call"].map(lines()) == "digital_notices"][0]
    altered.loc[at, "amount"] += 1
    found = pnrr.check_applications(altered, load("lump_sums"), lines(), populations(2022))
    assert found.loc[found["modelled"], "equal"].sum() == 745
    # with the population of another year, 19 amounts are of another class
    other = pnrr.check_applications(load("applications"), load("lump_sums"), lines(), populations(2025))
    assert other.loc[other["modelled"], "equal"].sum() == 727


def test_bresso_in_july_2022() -> None:
    """20,001–50,000 residents: site 87,682, up to five services of 38,650; SPID-CIE 14,000."""
    people = populations(2022)[BRESSO]
    site = pnrr.lump_sum(load("lump_sums"), "citizen_experience", people)
    assert (site.low, site.high, site.population_class, site.near) == (87682, 87682 + 5 * 38650, "20001-50000", "")
    assert pnrr.lump_sum(load("lump_sums"), "citizen_experience", people, 2).low == 87682 + 2 * 38650
    assert pnrr.lump_sum(load("lump_sums"), "digital_identity", people).high == 14000
    assert pnrr.lump_sum(load("lump_sums"), "data_platform", people).low == 30515
    cloud = pnrr.lump_sum(load("lump_sums"), "cloud", people)
    assert (cloud.high, cloud.basis) == (252118, "observed_maximum")


@pytest.mark.parametrize(
    ("people", "name"),
    [
        (1, "0-2500"),
        (2500, "0-2500"),
        (2501, "2501-5000"),
        (20000, "5001-20000"),
        (20001, "20001-50000"),
        (9e5, "250001-"),
    ],
)
def test_classes_end_at_their_threshold(people: float, name: str) -> None:
    assert population_class(load("lump_sums"), "pagopa", people) == name


def test_near_a_threshold_both_classes_are_shown() -> None:
    found = pnrr.lump_sum(load("lump_sums"), "digital_notices", 20_215)
    assert (found.population_class, found.near) == ("20001-50000", "5001-20000")
    assert (found.low, found.near_low, found.near_high) == (59966, 32589, 59966)
    assert pnrr.near_classes(load("lump_sums"), "digital_notices", 4_995) == ["5001-20000"]
    assert pnrr.near_classes(load("lump_sums"), "digital_notices", 26_000) == []
    # five services exist above 20,000 residents only: the neighbour gives no amount for them
    assert pnrr.lump_sum(load("lump_sums"), "citizen_experience", 20_215, 5).near_low == 280932


def test_without_a_largest_number_of_services_there_is_no_maximum() -> None:
    found = pnrr.lump_sum(load("lump_sums"), "pagopa", 26_081)
    assert (found.low, math.isnan(found.high), math.isnan(found.near_high)) == (1821, True, True)
    assert pnrr.lump_sum(load("lump_sums"), "pagopa", 26_081, 42).low == 76482


@pytest.mark.parametrize(
    ("line", "people", "units", "message"),
    [
        ("cloudy", 100, None, "no lump sums of line"),
        ("io_app", 100, 51, "51 services"),
        ("io_app", 100, 0, "0 services"),
        ("io_app", 100, -1, "-1 services"),
        ("digital_identity", 100, 1, "no services to count"),
    ],
)
def test_bad_questions_are_refused(line: str, people: float, units: int | None, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        pnrr.lump_sum(load("lump_sums"), line, people, units)


@pytest.mark.parametrize("people", [0, -5, float("nan")])
def test_an_unknown_class_is_refused(people: float) -> None:
    with pytest.raises(DataError, match="no class holds"):
        pnrr.lump_sum(load("lump_sums"), "io_app", people)


def test_a_municipality_without_population_is_named() -> None:
    people = {code: value for code, value in populations(2022).items() if code != BRESSO}
    with pytest.raises(DataError, match=BRESSO):
        pnrr.check_applications(load("applications"), load("lump_sums"), lines(), people)


def test_classes_that_overlap_and_negative_amounts_are_refused() -> None:
    table = load("lump_sums").copy()
    table.loc[table["population_class"] == "2501-5000", "population_min"] = 2000
    with pytest.raises(Faults, match="classes overlap at 2000 residents"):
        pnrr.check_bands(table, ["line", "component"], "lump_sums")
    table = load("lump_sums").copy()
    table.loc[0, "amount"] = -1.0
    with pytest.raises(Faults, match="negative amount"):
        pnrr.check_bands(table, ["line", "component"], "lump_sums")


def test_services_are_counted() -> None:
    assert explain_amount(load("lump_sums"), "pagopa", 26_081, 71019)["units"] == 39
    assert explain_amount(load("lump_sums"), "citizen_experience", 26_081, 87682)["units"] == 0
    assert explain_amount(load("lump_sums"), "citizen_experience", 26_081, 87682 + 6 * 38650)["equal"] is False
    assert explain_amount(load("lump_sums"), "address_register", 26_081, 4326.4)["modelled"] is False


@pytest.mark.parametrize(
    ("call", "people", "cost", "condition", "expected"),
    [
        ("conto-termico-3", 12_000, 100_000, "municipal_building", (100_000, 100_000, 0, "share")),
        ("conto-termico-3", 26_000, 100_000, "", (65_000, 65_000, 35_000, "share")),
        ("conto-termico-3", 12_000, 100_000, "", (0, 100_000, 0, "no_band_known")),
        ("eui-innovative-actions-4", 26_000, 4_000_000, "", (2_000_000, 2_000_000, 2_000_000, "cap")),
        ("eui-innovative-actions-4", 26_000, 1_000_000, "", (800_000, 800_000, 200_000, "share")),
        ("pnrr-m5c2i2.1-urban-regeneration", 26_000, 7_000_000, "", (0, 5_000_000, 2_000_000, "share_not_known")),
        ("pnrr-m5c2i2.1-urban-regeneration", 9_000, 1_000_000, "", (0, 1_000_000, 0, "no_band_known")),
        ("lombardia-sport-plants-2025", 5_000, 100_000, "", (80_000, 80_000, 20_000, "share")),
    ],
)
def test_grants_caps_and_own_share(
    call: str, people: float, cost: float, condition: str, expected: tuple[float, float, float, str]
) -> None:
    found = pnrr.grant(load("calls_amounts"), call, people, cost, condition=condition)
    assert (found.grant_low, found.grant_high, found.own_low, found.limit) == expected
    assert found.own_high == cost - found.grant_low


def test_grants_refuse_what_a_call_does_not_take() -> None:
    amounts = load("calls_amounts")
    with pytest.raises(ParameterError, match="negative cost"):
        pnrr.grant(amounts, "eui-innovative-actions-4", 26_000, -1)
    with pytest.raises(ParameterError, match="no amounts of call"):
        pnrr.grant(amounts, "nothing", 26_000, 1)
    with pytest.raises(ParameterError, match="outside what"):
        pnrr.grant(amounts, "lombardia-sport-plants-2025", 5_000, 50_000)
    with pytest.raises(MethodError, match="cost_ceiling"):
        pnrr.grant(amounts, "pnrr-m2c2i1.2-energy-communities", 5_000, 50_000)


def test_bands_of_a_call_do_not_overlap_for_one_condition() -> None:
    pnrr.check_bands(load("calls_amounts"), ["call", "condition"], "calls_amounts")
    twice = pd.concat([load("calls_amounts"), load("calls_amounts").head(1)])
    with pytest.raises(Faults, match="overlap"):
        pnrr.check_bands(twice, ["call", "condition"], "calls_amounts")


def test_a_class_that_is_missing_unknown_or_overlapping_is_named() -> None:
    sums = load("lump_sums")
    gap = sums[sums["population_class"] != "5001-20000"]
    with pytest.raises(DataError, match="no class holds a population of 10000"):
        pnrr.lump_sum(gap, "citizen_experience", 10_000)
    with pytest.raises(DataError, match="unknown class 'small'"):
        pnrr.lump_sum(sums.replace({"population_class": {"0-2500": "small"}}), "citizen_experience", 1_000)
    wide = sums.replace({"population_class": {"0-2500": "0-3000"}, "population_max": {2_500: 3_000}})
    with pytest.raises(DataError, match="classes 0-3000 and 2501-5000 overlap"):
        pnrr.lump_sum(wide, "citizen_experience", 1_000)
