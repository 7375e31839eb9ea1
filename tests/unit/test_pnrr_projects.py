"""What was won, given up, won again, paid, not seen paid, and what cannot be seen."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest
from pnrr_making import BRESSO, TRIBIANO, known, lines, load, municipalities, populations

from toolkit import pnrr
from toolkit.errors import MethodError

TODAY = "2026-11-22"


def covered(as_of: str = TODAY) -> pd.DataFrame:
    return pnrr.coverage(known(as_of), load("applications"), as_of)


def eligibility(code: str) -> dict[str, str]:
    who = pnrr.facts_of(code, load("population"), load("applications"), lines())
    table = known(TODAY)
    closing = {row["call"]: row["closes_on"] for row in table.to_dict("records") if row["closes_on"]}
    judged = pnrr.evaluate(load("calls_rules"), who, TODAY, lines=lines(), judged_on=closing)
    found = pnrr.verdicts(judged, table["call"])
    return dict(zip(found["call"], found["answer"], strict=True))


def states(code: str) -> pd.DataFrame:
    watched = known(TODAY)[known(TODAY)["call"].isin(covered()["call"])]
    return pnrr.call_states(code, watched, covered(), load("applications"), eligibility(code))


def test_totals_of_the_133() -> None:
    found = pnrr.totals(load("applications")).set_index("state")
    assert found["applications"].to_dict() == {
        "assigned": 510,
        "paid": 333,
        "renounced": 111,
        "live": 843,
        "all": 954,
    }
    assert found.loc["live", "amount"] == pytest.approx(52_486_350.16)
    per = pnrr.per_municipality(load("applications"), municipalities(), populations(2022))
    assert per["live"].sum() == pytest.approx(52_486_350.16)
    assert (len(per), per.set_index("istat_code").loc[TRIBIANO, ["applications", "live"]].tolist()) == (133, [0, 0])


def test_bresso_holds_eight_grants() -> None:
    held = load("applications").query("istat_code == '015032' and state != 'renounced'")
    assert (len(held), held["amount"].sum()) == (8, pytest.approx(741_996.40))


def test_the_renunciation_of_bresso_was_won_again() -> None:
    chain = pnrr.chains(load("applications"), lines(), covered()).query("istat_code == '015032'").to_dict("records")
    assert len(chain) == 1
    found = chain[0]
    assert (found["line"], found["renounced"], found["won_again"], found["net_loss"]) == ("pagopa", 76482, 71019, 5463)
    assert (found["status"], found["renounced_on"], found["won_again_on"]) == ("won_again", "2023-03-10", "2023-07-12")


def test_every_renunciation_is_in_one_chain() -> None:
    applications = load("applications")
    found = pnrr.chains(applications, lines(), covered())
    gone = applications.query("state == 'renounced'")
    assert found["renunciations"].sum() == len(gone) == 111
    assert found["renounced_sum"].sum() == pytest.approx(gone["amount"].sum())
    won = found.query("status == 'won_again'")
    assert len(won) == 63
    assert won["won_again"].sum() == pytest.approx(2_375_976)
    assert found["status"].value_counts().to_dict() == {"won_again": 63, "not_seen_won_again": 31, "lost": 13}


def test_two_renunciations_before_one_win_are_one_chain() -> None:
    found = pnrr.chains(load("applications"), lines(), covered())
    castano = found.query("istat_code == '015062' and line == 'pagopa'").iloc[0]
    assert (castano["renunciations"], castano["renounced_sum"], castano["renounced"]) == (2, 83986, 41993)
    assert (castano["won_again"], castano["net_loss"], castano["same_cup"]) == (35994, 5999, True)
    within = found.query("istat_code == '015108' and line == 'pagopa' and status == 'won_again'").iloc[0]
    assert within["renounced_calls"].split(";")[-1] == within["won_again_call"]  # given up and won again in one call


def test_what_cannot_be_seen_is_not_called_lost() -> None:
    found = pnrr.chains(load("applications"), lines(), covered()).query("status != 'won_again'")
    by_line = found.groupby("line")["status"].agg(set).to_dict()
    assert by_line["pagopa"] == by_line["cloud"] == by_line["io_app"] == {"not_seen_won_again"}
    assert by_line["digital_identity"] == by_line["data_platform"] == by_line["address_register"] == {"lost"}


def test_coverage_of_the_24_municipal_calls() -> None:
    found = covered()
    assert found["coverage"].value_counts().to_dict() == {"complete": 14, "none": 8, "partial": 2}
    assert (found["rows"] == 0).sum() == 8
    complete = found[found["coverage"] == "complete"]
    waits = pd.to_datetime(complete["last_decree"]) - pd.to_datetime(complete["closes_on"])
    assert waits.dt.days.max() == 110  # the wait after closing that the rule rests on


def test_states_of_bresso() -> None:
    found = states(BRESSO).set_index("call")
    assert found["state"].value_counts().to_dict() == {
        "already_funded": 13,
        "funded": 9,
        "not_observable": 1,
        "not_funded_or_not_applied": 1,
    }
    live = found[(found["state"] == "funded") & (found["outcome"] != "renounced")]
    assert (len(live), live["amount"].sum()) == (8, pytest.approx(741_996.40))
    assert found.loc["pad-1.4.3-pagopa-municipalities-2022-04", "outcome"] == "renounced"
    assert found.loc["pad-1.4.1-citizen-experience-municipalities-2022-09", "state"] == "already_funded"
    assert set(found.loc[found["state"] == "not_funded_or_not_applied", "line"]) == {"civil_registry"}


def test_states_of_a_municipality_without_applications() -> None:
    found = states(TRIBIANO)
    assert set(found["state"]) == {"not_funded_or_not_applied", "not_observable"}
    assert (found["amount"].isna() == (found["state"] == "not_observable")).all()


def test_a_past_day_knows_no_later_decree() -> None:
    as_of = "2022-10-10"
    then = pnrr.applications_as_of(load("applications"), as_of)
    assert then["funded_on"].max() <= as_of
    told = then.loc[then["state_known"], "state"].value_counts().to_dict()
    assert told == {"assigned": 357, "renounced": 1}  # nothing was paid yet, one was given up that very day
    bresso = then.query("istat_code == '015032' and call == 'pad-1.4.3-pagopa-municipalities-2022-04'").iloc[0]
    assert (bresso["state"], bresso["known_until"]) == ("assigned", as_of)
    assert (~then["state_known"]).sum() == 12  # renunciations of the cloud file have no date
    assert set(covered(as_of)["coverage"]) <= {"partial", "none"}
    asked = pnrr.of_the_plan(pnrr.answerable(pnrr.as_known(load("calls"), load("calls_history"), as_of)))
    found = pnrr.call_states(BRESSO, asked, covered(as_of), then)
    assert "pad-1.3.1-data-platform-municipalities-2022-10" not in set(found["call"])
    assert not (found["state"] == "not_funded_or_not_applied").any()


def test_no_success_rate() -> None:
    with pytest.raises(MethodError, match="funded applications only"):
        pnrr.success_rate(load("applications"))


def test_payments_are_joined_by_cup_with_their_dates() -> None:
    paid = pnrr.payments(load("applications"), load("regis_projects"))
    bresso = paid.query("istat_code == '015032'").set_index("call")
    cloud = bresso.loc["pad-1.2-cloud-municipalities-2022-04"]
    assert (cloud["payment"], cloud["paid_on"], cloud["regis_on"], cloud["regis_paid"]) == (
        "paid_regis",
        "",
        "2025-03-31",
        252118,
    )
    notices = bresso.loc["pad-1.4.5-digital-notices-municipalities-2022-09"]
    assert (notices["payment"], notices["paid_on"]) == ("paid_both", "2024-11-07")
    assert bresso.loc["pad-1.3.1-address-register-municipalities-2025-05", "payment"] == "paid_file"
    site = bresso.loc["pad-1.4.1-citizen-experience-municipalities-2022-04"]
    assert (site["payment"], site["not_seen_paid_until"]) == ("not_seen_paid", "2025-03-31")
    sums = pnrr.payment_totals(paid.query("istat_code == '015032'"))
    assert sums["live"] == pytest.approx(741_996.40)
    assert sums["not_seen_paid"] == pytest.approx(280_932 + 71_019 + 14_000)
    assert paid["payment"].value_counts().to_dict() == {
        "not_seen_paid": 353,
        "paid_both": 241,
        "paid_regis": 157,
        "renounced": 111,
        "paid_file": 92,
    }


def test_a_payment_on_a_cup_won_again_is_the_live_application_s() -> None:
    paid = pnrr.payments(load("applications"), load("regis_projects"))
    castano = paid.query("istat_code == '015062' and cup == 'H11F22000790006'").set_index("call")
    assert castano["payment"].tolist() == ["renounced", "renounced", "paid_regis"]
    assert castano["regis_paid"].isna().tolist() == [True, True, False]
    odd = paid[paid["payment_after_renouncing"]]
    assert odd[["istat_code", "amount", "regis_paid"]].values.tolist() == [["015167", 63418, 32566]]


def test_a_release_after_the_day_shows_no_payment() -> None:
    then = pnrr.applications_as_of(load("applications"), "2025-01-31")
    paid = pnrr.payments(then, load("regis_projects"), "2025-01-31")
    assert not paid["payment"].isin(("paid_both", "paid_regis")).any()
    assert (paid.loc[paid["payment"] == "not_seen_paid", "not_seen_paid_until"] <= "2025-01-31").all()


def test_take_up_of_the_class_maximum() -> None:
    digital = {call: line for call, line in lines().items() if line}
    rows = pnrr.take_up(
        load("applications"), load("lump_sums"), digital, populations(2022), municipalities(), covered=covered()
    )
    assert set(rows["line"]) == {
        "citizen_experience",
        "civil_registry",
        "data_platform",
        "digital_identity",
        "digital_notices",
        "io_app",
    }
    assert rows["share"].between(0, 1).all()
    bresso = rows.query("istat_code == '015032'").set_index("line")
    assert bresso.loc["io_app", ["won", "maximum", "lower_bound"]].tolist() == [29120, 36400, True]
    assert bresso.loc["data_platform", "share"] == 1
    total = pnrr.take_up_total(rows).set_index("istat_code")
    assert total.loc[BRESSO, "share"] == pytest.approx(414_533 / 435_843)
    assert total.loc[TRIBIANO, "share"] == 0
    more = pnrr.take_up(
        load("applications"), load("lump_sums"), digital, populations(2022), [BRESSO], observed=True
    ).set_index("line")
    assert more.loc["cloud", ["share", "basis"]].tolist() == [1, "observed_maximum"]


def test_compare_with_groups() -> None:
    values = pd.Series({"a": 3.0, "b": 1.0, "c": float("nan"), "d": 5.0, "e": 3.0})
    found = pnrr.compare(values, "a", {"all": list("abcde"), "others": ["b", "d"]}).set_index("group")
    assert found.loc["all", ["n", "missing", "median", "rank", "of"]].tolist() == [3, 1, 3, 2, 4]
    assert found.loc["others", "median"] == 3
    assert math.isnan(found.loc["others", "rank"])


def test_days_to_decree_and_to_payment() -> None:
    times = pnrr.waiting_times(load("applications"))
    assert (times["to_decree"] >= 0).all()
    assert times["to_payment"].isna().sum() == 14  # the cloud file's renunciations have no date
    found = pnrr.waits_by(times, load("applications")["call"].map(lines())).set_index("group")
    assert found.loc["digital_notices", ["applications", "paid", "median_to_payment"]].tolist() == [118, 108, 529]
    assert math.isnan(found.loc["pagopa", "median_to_payment"])
    assert found.loc["cloud", ["paid", "undated"]].tolist() == [0, 14]


def test_survival_is_kaplan_and_meier_s() -> None:
    """Six patients, events at 6 (3 of them), 7 and 10, censored at 6, 9, 10, 11: the textbook's leukaemia figures."""
    days = pd.Series([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], dtype=float)
    seen = pd.Series([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    curve = pnrr.survival(days, seen)
    assert curve["waiting"].round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert (curve["low"] <= curve["waiting"]).all()
    assert (curve["waiting"] <= curve["high"]).all()
    assert pnrr.wait_at(curve) == 23
    assert math.isnan(pnrr.wait_at(curve, 0.9))
    with pytest.raises(MethodError, match="no payment was seen"):
        pnrr.survival(days, pd.Series([False] * 21))


def test_nobody_is_watched_beyond_the_day_asked_for() -> None:
    rows = pnrr.applications_as_of(load("applications"), "2022-10-10")
    times = pnrr.waiting_times(rows[rows["state_known"]])
    decreed = rows[rows["state_known"]]["funded_on"].min()
    assert times["to_payment"].max() <= (date(2022, 10, 10) - date.fromisoformat(decreed)).days
