"""What is decided about calls, without notebook and page: who applies, what became of each, what offices can start."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import pandas as pd
import pytest
from later import later_day
from pnrr_making import BRESSO, MILANO, TRIBIANO, load, municipalities

from toolkit import pnrr
from toolkit.errors import DataError, ToolkitError

SESTO, CORMANO, CUSANO, RHO = "015209", "015086", "015098", "015182"
ZONE = ("015032", "015077", "015086", "015098", "015166", "015209")
SUD_EST = tuple(load("area_members").query("area == 'zona-sud-est'")["istat_code"])
GROUPS_DAY, EUI = "2026-03-04", "eui-innovative-actions-4"
AGREEMENT, FIRST_AUTUMN, LAST = "2022-07-06", "2022-10-10", "2026-11-22"


@lru_cache
def day_of(day: str) -> SimpleNamespace:
    """What depends on the day alone."""
    calls, history, applications = load("calls"), load("calls_history"), load("applications")
    known = pnrr.as_known(calls, history, day)
    grants = pnrr.grants(applications, load("regis_projects"), calls, day)
    covered = pnrr.coverage(known, grants, day)
    return SimpleNamespace(known=known, grants=grants, covered=covered, asked=pnrr.answerable(known))


@lru_cache
def on(day: str, *codes: str) -> SimpleNamespace:
    """The same, with what is judged for some municipalities."""
    found, region = day_of(day), load("municipalities").set_index("istat_code")["region"]
    where = {code: {"region": region[code], "metropolitan_city": "citta-metropolitana-milano"} for code in codes}
    judged = pnrr.judge(codes, load("calls_rules"), found.known, load("population"), found.grants, where, day)
    answered = pnrr.answers(judged, found.asked, codes)
    mine = found.grants[found.grants["istat_code"].isin(codes)]
    decided = pnrr.decisions(found.asked, answered)
    return SimpleNamespace(**vars(found), judged=judged, answered=answered, mine=mine, decided=decided, day=day)


def decision(one: SimpleNamespace, name: str) -> list[str]:
    return list(one.decided.loc[one.decided["decision"] == name, "call"])


def states(code: str, day: str = LAST) -> pd.DataFrame:
    one = on(day, code)
    answers = dict(zip(one.answered["call"], one.answered["answer"], strict=True))
    winners = pnrr.winners_of(load("calls_rules"), day)
    return pnrr.call_states(code, pnrr.of_the_plan(one.asked), one.covered, one.grants, answers, winners)


# ---- decisions


def test_decisions_of_a_day_with_open_calls() -> None:
    one = on(FIRST_AUTUMN, BRESSO)
    assert decision(one, "apply") == [
        "pad-1.4.5-digital-notices-municipalities-2022-09",
        "pad-1.4.3-io-app-municipalities-2022-09",
        "pad-1.4.3-pagopa-municipalities-2022-09",
    ]
    # Bresso held grants of these lines: nobody in its place got another, but no text forbids it
    assert decision(one, "check") == [
        "pad-1.2-cloud-municipalities-2022-07",
        "pad-1.4.4-digital-identity-municipalities-2022-09",
    ]
    assert decision(one, "leave") == ["pad-1.4.1-citizen-experience-municipalities-2022-09"]
    assert decision(one, "join") == []  # the metropolitan fund was first seen in 2026


def test_decisions_when_nothing_is_open() -> None:
    one = on(LAST, BRESSO)
    assert decision(one, "apply") == decision(one, "check") == []
    assert decision(one, "join") == ["metropolitan-equalisation-fund"]
    assert decision(one, "leave") == ["conto-termico-3"]


def test_an_area_joins_where_some_of_its_municipalities_may_apply_in_a_group_only() -> None:
    one = on(GROUPS_DAY, *ZONE)
    people = pnrr.residents(load("population"), 2026)
    small = pnrr.too_small(one.answered, EUI)
    assert set(small) == {code for code in ZONE if people[code] < 25_000}
    row = one.decided.set_index("call").loc[EUI]
    assert (row["decision"], row["ready"], row["small"], row["members"]) == ("join", 4, 2, 6)
    found = pnrr.smallest_group(small, dict.fromkeys(ZONE, ZONE), people, **pnrr.wanted_of_groups(one.judged, EUI))
    assert set(found["members"].split(";")) == {CORMANO, CUSANO}
    assert found["margin"] == people[CORMANO] + people[CUSANO] - 25_000


@pytest.mark.parametrize("codes", [SUD_EST, ZONE, (TRIBIANO,)])
def test_the_smallest_group_reaches_the_threshold_and_could_not_be_smaller(codes: tuple[str, ...]) -> None:
    one, people = on(GROUPS_DAY, *codes), pnrr.residents(load("population"), 2026)
    zone = codes if len(codes) > 1 else SUD_EST
    small = pnrr.too_small(one.answered, EUI)
    found = pnrr.smallest_group(small, dict.fromkeys(zone, zone), people, **pnrr.wanted_of_groups(one.judged, EUI))
    members = found["members"].split(";")
    assert found["population"] == sum(people[code] for code in members) >= 25_000
    assert set(members) & set(small)
    assert all(found["population"] - people[code] < 25_000 for code in members if code not in small)
    assert pnrr.smallest_group(small, {}, people, 25_000) == {}  # nobody to join


def test_a_group_of_one_zone_is_named_where_nobody_is_alone() -> None:
    people = pnrr.residents(load("population"))
    rows = pnrr.groups_of((CUSANO,), {CUSANO: ZONE}, people)
    assert (rows["population"] >= rows["threshold"]).all()
    assert rows["members"].map(lambda text: CUSANO in text.split(";")).all()
    assert list(rows.loc[rows["threshold"] == 25_000, "size"]) == sorted(rows.loc[rows["threshold"] == 25_000, "size"])
    assert pnrr.groups_of((MILANO,), {MILANO: ()}, people).empty


@pytest.mark.parametrize(("code", "day"), [(BRESSO, LAST), (MILANO, LAST), (CORMANO, GROUPS_DAY)])
def test_the_answer_to_a_closed_call_is_of_the_past(code: str, day: str) -> None:
    one = on(day, code)
    status = dict(zip(one.asked["call"], one.asked["status"], strict=True))
    for row in one.answered.to_dict("records"):
        closed = status[row["call"]] == "closed"
        past = {"yes": "had", "no": "had_not", "unknown": "unknown"}[row["answer"]]
        assert row["asked"] == (past if closed else row["answer"])
    assert {"had", "had_not"} & set(one.answered["asked"])


# ---- what became of calls


def test_bresso_call_by_call() -> None:
    found = states(BRESSO).set_index("call")
    assert found.loc["pad-1.4.3-pagopa-municipalities-2022-04", ["state", "why"]].tolist() == [
        "funded",
        "funded_renounced",
    ]
    assert found.loc["pad-1.4.1-citizen-experience-municipalities-2022-09", "state"] == "already_funded"
    assert found.loc["pnrr-m1c3i2.1-villages-b", "state"] == "not_eligible"
    others = found[~found.index.str.startswith("pad-")]
    assert set(others["state"]) <= {"not_observable", "not_eligible", "not_funded_or_not_applied"}
    assert set(others.loc[others["state"] == "not_funded_or_not_applied", "why"]) == {"not_in_list"}


def test_a_line_already_funded_is_neither_missed_nor_unobservable() -> None:
    """SEND 2024 is covered whole, five other calls are not: of all six Sesto held the line."""
    found = states(SESTO).set_index("call")
    held = found[found["state"] == "already_funded"]
    assert "pad-1.4.5-digital-notices-municipalities-2024-05" in held.index
    assert len(held) == 6
    assert (found["why"] == "no_row").sum() == 8  # the real misses: site, IO app, pagoPA and SPID/CIE, twice each
    assert set(found.loc[found["why"] == "no_row", "line"]) == {
        *("citizen_experience", "io_app", "pagopa", "digital_identity")
    }
    assert pnrr.counts(found)["all"] == len(found)


@pytest.mark.parametrize(("code", "state"), [(RHO, "funded"), (BRESSO, "not_funded_or_not_applied")])
def test_the_list_of_winners_is_no_requirement(code: str, state: str) -> None:
    pinqua = "pnrr-m5c2i2.3-quality-of-living"
    assert states(code).set_index("call").loc[pinqua, "state"] == state
    answer = on(LAST, code).answered.set_index("call").loc[pinqua, "answer"]
    assert answer == "yes", "who was not funded met what was asked, as far as is known"
    assert pinqua not in pnrr.winners_of(load("calls_rules"), "2021-07-20")  # not yet known


def test_what_all_were_given_was_no_call() -> None:
    for day in (AGREEMENT, LAST):
        plan = pnrr.of_the_plan(day_of(day).asked)
        assert "automatic" not in set(plan["instrument"])
        assert "pnrr-m2c4i2.2-small-works" not in set(plan["call"])


def test_a_call_published_later_has_no_state_and_an_open_one_is_open() -> None:
    found = states(BRESSO, AGREEMENT)
    assert not found["call"].str.contains("2022-09|2022-10|202[3456]-").any()
    assert set(found.loc[found["line"] != "", "state"]) == {"open"}


def test_states_of_an_area_add_up() -> None:
    by_place = {code: states(code) for code in ZONE}
    rows = pnrr.states_of(by_place)
    assert list(rows["call"]) == list(by_place[BRESSO]["call"])
    assert (rows[list(pnrr.STATES)].sum(axis=1) == len(ZONE)).all()


def test_projects_located_say_what_no_file_of_outcomes_does() -> None:
    tables = [load(name) for name in ("regis_projects", "regis_locations", "regis_beneficiaries", "applications")]
    located = pnrr.located(*tables, [SESTO], LAST)
    here = pnrr.of_measures(located)
    assert all(here[measure] for measure in ("M4C1I1.1", "M5C2I2.1", "M2C2I4.1"))
    assert pnrr.without_a_body(located) == {"all": 19, "unnamed": 14}
    none = pnrr.located(*tables, [SESTO], "2022-10-10")
    assert pnrr.of_measures(none) == {}
    assert pnrr.without_a_body(none) == {"all": 0, "unnamed": 0}


# ---- money


def taken(*codes: str, day: str = LAST) -> pd.DataFrame:
    one = day_of(day)
    return pnrr.taken(one.grants, load("lump_sums"), one.covered, load("population"), codes)


def test_gaps_name_lines_and_say_whether_they_are_sure() -> None:
    gaps = pnrr.gaps(taken(SESTO))
    assert gaps[["line", "won", "maximum", "sure"]].head(3).values.tolist() == [
        ["citizen_experience", 0.0, 328_160.0, True],
        ["io_app", 0.0, 36_400.0, False],
        ["digital_identity", 0.0, 14_000.0, True],
    ]
    assert gaps["missing"].sum() == 378_560
    assert pnrr.weight(gaps) == 378_560 - 36_400 / 2
    both = pnrr.gaps_by_line(taken(SESTO, CORMANO)).set_index("line")
    assert both.loc["citizen_experience", ["missing", "municipalities", "sure"]].tolist() == [328_160, 1, True]


def test_a_municipality_is_not_compared_with_itself() -> None:
    everybody = tuple(municipalities())
    total = pnrr.shares(taken(*everybody), everybody)
    size = pnrr.class_of(load("lump_sums"), pnrr.residents(load("population"), pnrr.CLASS_YEAR))
    alike = tuple(code for code in everybody if size[code] == size[SESTO])
    row = pnrr.compare(total["percent"], SESTO, {"class": alike}).iloc[0]
    assert (row["n"], row["of"], row["rank"]) == (3, 4, 4)
    assert row["median"] == pytest.approx(94.8, abs=0.05)
    assert total.loc[SESTO, "percent"] == pytest.approx(38.7, abs=0.05)


def test_what_nobody_is_seen_paid_says_nothing() -> None:
    one = day_of(LAST)
    everybody = municipalities()
    rows = pnrr.unpaid_by_line(one.grants[one.grants["istat_code"] == SESTO], one.grants, everybody).set_index("line")
    assert rows.loc["civil_registry", "others_paid"] == 0 < rows.loc["civil_registry", "others"]
    assert 0 < rows.loc["cloud", "others_paid"] < rows.loc["cloud", "others"]
    assert rows["amount"].sum() == pytest.approx(392_846.8)


@pytest.mark.parametrize(
    ("code", "unseen", "first"),
    [(BRESSO, 365_951, "citizen_experience"), (CORMANO, 668_339, "citizen_experience"), (SESTO, 392_846.8, "cloud")],
)
def test_grants_not_seen_paid_the_largest_first(code: str, unseen: float, first: str) -> None:
    mine = day_of(LAST).grants.query("istat_code == @code")
    rows = pnrr.unpaid(mine)
    assert rows["amount"].sum() == pytest.approx(unseen)
    assert rows["line"].iloc[0] == first
    assert set(rows["seen_on"]) <= set(rows["not_seen_paid_until"])


def test_an_area_adds_its_members() -> None:
    grants = day_of(LAST).grants
    rows = pnrr.by_municipality(grants, ZONE)
    mine = grants[grants["istat_code"].isin(ZONE)]
    assert rows["live"].sum() == pytest.approx(pnrr.held(mine)["amount"].sum())
    assert rows["not_seen_paid"].sum() == pytest.approx(pnrr.unpaid(mine)["amount"].sum())
    assert pnrr.by_line(mine)["live"].sum() == pytest.approx(rows["live"].sum())
    lines = pnrr.lines_held(mine, day_of(LAST).covered, ZONE).set_index("istat_code")
    assert set(lines.to_numpy().ravel()) <= {"held", "renounced", "none", "not_observable"}
    assert lines.loc[SESTO, "cloud"] == "held"
    assert lines.loc[SESTO, "citizen_experience"] == "none"


def worth(day: str, code: str) -> pd.DataFrame:
    people, latest = (pnrr.residents(load("population"), year)[code] for year in (pnrr.CLASS_YEAR, int(day[:4])))
    return pnrr.worth(day_of(day).asked, load("lump_sums"), load("calls_amounts"), people, latest).set_index("call")


def test_lump_sums_of_the_agreements_day() -> None:
    found = worth(AGREEMENT, BRESSO)
    site = found.loc["pad-1.4.1-citizen-experience-municipalities-2022-04"]
    assert site[["basis", "low", "high", "own_money"]].tolist() == ["range", 87_682, 87_682 + 5 * 38_650, 0]
    assert site[["site", "service", "services"]].tolist() == [87_682, 38_650, 5]
    assert found.loc["pad-1.4.4-digital-identity-municipalities-2022-04", ["basis", "low"]].tolist() == ["one", 14_000]
    assert not any("1.3.1" in call for call in found.index)


def test_near_a_threshold_both_classes_are_known() -> None:
    people = pnrr.residents(load("population"), pnrr.CLASS_YEAR)
    near = [code for code in municipalities() if abs(people[code] - 5_000) <= 0.02 * 5_000]
    assert near, "no municipality is near 5,000 residents any more: choose another threshold"
    site = worth(AGREEMENT, near[0]).loc["pad-1.4.1-citizen-experience-municipalities-2022-04"]
    assert site["near"]
    assert site["near_low"] == min(28_902, 51_654) < site["near_high"]


def test_what_is_not_known_has_no_amount_and_schools_are_paid_in_full() -> None:
    autumn, spring = worth(FIRST_AUTUMN, BRESSO), worth(GROUPS_DAY, MILANO)
    pagopa = autumn.loc["pad-1.4.3-pagopa-municipalities-2022-09"]
    assert pagopa["basis"] == "per_service"
    assert pagopa["high"] != pagopa["high"]
    assert worth(LAST, BRESSO).loc["pad-1.3.1-address-register-municipalities-2025-05", "basis"] == "not_modelled"
    assert spring.loc["conto-termico-3", ["basis", "share"]].tolist() == ["share_or_all", 65]
    assert worth(GROUPS_DAY, "015155").loc["conto-termico-3", ["basis", "share"]].tolist() == ["share", 100]
    assert spring.loc[EUI, ["basis", "high", "share"]].tolist() == ["cap_share", 2_000_000, 80]
    assert pnrr.no_worth().empty


# ---- what offices can start


@pytest.mark.parametrize("day", [AGREEMENT, FIRST_AUTUMN, "2024-10-01", "2026-02-10", LAST])
@pytest.mark.parametrize("code", [BRESSO, SESTO])
def test_an_action_has_a_day_only_where_a_source_gives_one(code: str, day: str) -> None:
    one = on(day, code)
    steps = pnrr.actions(one.decided, pnrr.unpaid(one.mine), one.covered, load("calls"), day)
    closings = dict(zip(one.asked["call"], one.asked["closes_on"], strict=True))
    for step in steps.to_dict("records"):
        assert step["by"] == (closings[step["call"]] if step["action"] in ("apply", "check", "join") else "")
        assert not step["by"] or step["by"] >= day
        assert step["office"]
    named = steps[steps["action"] == "payment"]
    assert list(named["cup"]) == list(pnrr.unpaid(one.mine)["cup"].head(6))
    assert (named["ask"] == "Dipartimento per la trasformazione digitale").all()
    assert steps["step"].is_unique
    assert "thresholds" not in set(steps["step"])


def test_a_threshold_is_near_only_now() -> None:
    years = {2018: 24_600, 2022: 26_000, 2026: 26_672}  # 6.7 % above 25,000, once within 5 %
    assert 25_000 not in set(pnrr.watch_list({year: value + 1_000 for year, value in years.items()})["threshold"])
    assert pnrr.watch_list({2025: 25_900, 2026: 26_000}).loc[0, "status"] == "near_above"
    assert pnrr.watched(load("population"), [BRESSO]).query("threshold == 25000").empty


# ---- the last days of the plan


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        ("2022-07-06", ""),
        ("2026-11-22", "assessment_due"),
        ("2026-11-30", "assessment_due"),
        ("2026-12-01", "payment_due"),
        ("2026-12-31", "payment_due"),
        ("2027-01-01", "over"),
    ],
)
def test_the_phase_follows_the_calendar(day: str, phase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    later_day(monkeypatch)
    assert pnrr.phase(load("pnrr_calendar"), day) == phase


def test_an_outcome_is_known_from_the_day_it_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    later_day(monkeypatch)
    table = load("pnrr_calendar").copy()
    due = table["event"] == "commission_assessment_due"
    assert (table.loc[due, ["outcome_it", "seen_on"]] == "").all(axis=None)
    table.loc[due, ["outcome_it", "outcome_en", "seen_on"]] = ["positiva", "positive", "2026-12-10"]
    known = {
        day: pnrr.plan_days(table, day).set_index("event").loc["commission_assessment_due"]
        for day in ("2026-11-30", "2026-12-01", "2026-12-10")
    }
    assert [row["state"] for row in known.values()] == ["due", "outcome_not_known", "outcome_known"]
    assert [row["outcome_it"] for row in known.values()] == ["", "", "positiva"]


def test_a_page_of_the_past_knows_no_later_date_of_the_plan() -> None:
    assert list(pnrr.plan_days(load("pnrr_calendar"), FIRST_AUTUMN)["event"]) == ["plan_approved"]
    with pytest.raises(DataError, match="no event"):
        pnrr.phase(load("pnrr_calendar").query("event != 'commission_assessment_due'"), "2026-11-28")


# ---- need, order, days


def test_contributions_and_bids_of_october_2022() -> None:
    one, chosen = on(FIRST_AUTUMN, BRESSO), {"fit": 1, "amount": 1, "time": 1, "accessibility": 1}
    opened = pnrr.open_now(one.asked)
    wanted = opened[opened["call"].isin([*decision(one, "apply"), *decision(one, "check")])]
    valued = worth(FIRST_AUTUMN, BRESSO).reset_index()
    everybody = tuple(municipalities())
    easy = pnrr.scored(
        one.asked,
        load("calls_history"),
        load("calls_amounts"),
        load("calls_rules"),
        load("population"),
        everybody,
        FIRST_AUTUMN,
    )
    need = pnrr.needs(load("fragility"), {"mobility_smart_city": {"accessibility": "high"}}, BRESSO, everybody)
    assert all(0 <= value <= 1 for value in need.values())
    rated = pnrr.criteria(
        wanted,
        dict(zip(valued["call"], valued["high"], strict=True)),
        need,
        dict(zip(easy["call"], easy["score"], strict=True)),
    )
    order = pnrr.ordered(rated, chosen)
    assert set(order["call"]) == set(wanted["call"])
    assert order["score"].is_monotonic_decreasing
    bids = pnrr.bids(wanted, valued, {"lump_sum": 15})
    best = pnrr.choose(bids, {"own_money": None, "staff_days": 40, "projects": None})
    # 40 days at 15 each hold two calls: the cloud and the digital notices
    assert best.value == 312_084
    left = dict(zip(best.left_out["call"], best.left_out["reason"], strict=True))
    assert left["pad-1.4.3-pagopa-municipalities-2022-09"] == "value_not_known"
    with pytest.raises(DataError, match="no item"):
        pnrr.needs(load("fragility"), {"training_labour": {"absent": "high"}}, BRESSO, everybody)


@pytest.mark.parametrize("day", ["2021-07-12", "2100-01-01", "22/11/2026"])
def test_days_that_cannot_be_asked(day: str) -> None:
    with pytest.raises(ToolkitError):
        day_of(day)


def test_days_stand_beside_class_zone_and_metropolitan_city() -> None:
    grants = day_of(LAST).grants
    everybody = tuple(municipalities())
    by_group = {"own": pnrr.waits_of(grants, (BRESSO,)), "zone": pnrr.waits_of(grants, ZONE)}
    found = pnrr.waits_compared(by_group | {"metropolitan": pnrr.waits_of(grants, everybody)})
    rows = found[found["step"] == "median_to_decree"].set_index("group")
    days = (pd.to_datetime(grants["funded_on"]) - pd.to_datetime(grants["submitted_on"])).dt.days
    for line, mine in days.groupby(grants["line"]):
        codes = grants.loc[mine.index, "istat_code"]
        assert rows.loc[line, "metropolitan"] == mine.median()
        assert rows.loc[line, "zone"] == mine[codes.isin(ZONE)].median()
        own = mine[codes == BRESSO]
        assert rows.loc[line, "own_flag"] == ("observed" if len(own) else "missing")


def test_the_median_is_that_of_the_survival_curve() -> None:
    times = pnrr.waiting_times(load("applications"))
    lines = load("applications")["call"].map(dict(zip(load("calls")["call"], load("calls")["line"], strict=True)))
    for row in pnrr.waits_by(times, lines).to_dict("records"):
        mine = times[(lines == row["group"]) & times["to_payment"].notna()]
        expected = pnrr.wait_at(pnrr.survival(mine["to_payment"], mine["paid"])) if mine["paid"].any() else float("nan")
        assert row["median_to_payment"] == pytest.approx(expected, nan_ok=True)
