"""What the report on calls decides and words, without notebook and page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from pydantic import ValidationError

from toolkit import catalog, display
from toolkit.errors import Faults, ParameterError, ToolkitError
from toolkit.params import ROOT
from toolkit.params import choices as params_choices
from toolkit.params.choices import Choices
from toolkit.pnrr.states import STATES
from toolkit.report import WordedReport as Report
from toolkit.report import core, opportunities
from toolkit.report.opportunities import choice, decide, outcomes, takeup
from toolkit.report.opportunities.worth import amount_of, pieces
from toolkit.text import Words

BRESSO, MILANO = "015032", "015146"
GROUPS_DAY, EUI = "2026-03-04", "eui-innovative-actions-4"
AGREEMENT, FIRST_AUTUMN, WINTER, LAST = "2022-07-06", "2022-10-10", "2023-02-01", "2026-11-22"

shown: list[display.Shown] = []


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shown.clear()
    monkeypatch.setattr(core, "show", shown.append)
    yield
    shown.clear()


def case(day: str = LAST, code: str = BRESSO, language: str = "it", choices: str = "pnrr", area: str = ""):
    report = Report(
        "pnrr",
        municipality="" if area else code,
        area=area,
        language=language,
        as_of=day,
        tables=opportunities.TABLES,
    )
    return opportunities.Case(report, choices)


def said() -> str:
    return " ".join(text for one in shown if isinstance(one, display.Text) for text in one.paragraphs)


# ---- decisions


def test_decisions_of_a_day_with_open_calls() -> None:
    found = decide.decisions(case(FIRST_AUTUMN))
    assert found[decide.APPLY] == [
        "pad-1.4.5-digital-notices-municipalities-2022-09",
        "pad-1.4.3-io-app-municipalities-2022-09",
        "pad-1.4.3-pagopa-municipalities-2022-09",
    ]
    # Bresso held grants of these lines: nobody in its place got another, but no text forbids it
    assert found[decide.CHECK] == [
        "pad-1.2-cloud-municipalities-2022-07",
        "pad-1.4.4-digital-identity-municipalities-2022-09",
    ]
    assert found[decide.LEAVE] == ["pad-1.4.1-citizen-experience-municipalities-2022-09"]
    assert found[decide.JOIN] == []  # the metropolitan fund was first seen in 2026


def test_decisions_when_nothing_is_open() -> None:
    one = case()
    found = decide.decisions(one)
    assert found[decide.APPLY] == found[decide.CHECK] == []
    assert found[decide.JOIN] == ["metropolitan-equalisation-fund"]
    assert found[decide.LEAVE] == ["conto-termico-3"]
    told = dict(decide.groups(one))
    assert told["Candidarsi"] == [
        "Nessun avviso aperto noto. L'elenco digitale è fermo al 31 gennaio 2026: guardarlo prima di concludere."
    ]
    assert "sospeso, da verificare" in told["Lasciare, per ora"][0]


def test_steps_follow_the_deadlines_and_say_office_and_day() -> None:
    listed = decide.steps(case(FIRST_AUTUMN))
    calls = [step for step in listed if step.code.startswith("call:pad")]
    assert [step.by for step in calls] == sorted(step.by for step in calls)
    assert listed[0].code == "call:pad-1.2-cloud-municipalities-2022-07"
    assert (listed[0].by, listed[0].office) == ("2022-10-28", "digital_transition")
    payments = next(step for step in listed if step.code == "payments")
    assert payments.by == (date.fromisoformat(FIRST_AUTUMN) + timedelta(days=30)).isoformat()
    assert "652.652\xa0€" in payments.what


def test_an_office_is_never_asked_to_apply_to_a_closed_call() -> None:
    for day in (AGREEMENT, FIRST_AUTUMN, WINTER, "2024-10-01", LAST):
        one = case(day)
        closings = one.known.set_index("call")["closes_on"]
        for step in decide.steps(one):
            name = step.code.removeprefix("call:")
            if name in closings.index and closings[name] and one.call_rows[name]["status"] == "open":
                assert step.by >= day


# ---- amounts


def test_lump_sums_of_the_agreements_day() -> None:
    one = case(AGREEMENT)
    site = amount_of(one, "pad-1.4.1-citizen-experience-municipalities-2022-04")
    assert (site.low, site.high, site.own_money) == (87_682, 87_682 + 5 * 38_650, 0)
    assert pieces(one, "citizen_experience", BRESSO) == "87.682\xa0€ per il sito e 38.650\xa0€ a servizio, fino a 5"
    identity = amount_of(one, "pad-1.4.4-digital-identity-municipalities-2022-04")
    assert (identity.low, identity.high) == (14_000, 14_000)
    assert "pad-1.3.1-data-platform-municipalities-2022-10" not in set(one.answerable["call"])


def test_near_a_threshold_both_classes_are_said() -> None:
    one = case(AGREEMENT)
    people = one.people
    near = [code for code in one.report.universe if abs(people[code] - 5_000) <= 0.02 * 5_000]
    assert near, "no municipality is near 5,000 residents any more: choose another threshold"
    other = case(AGREEMENT, near[0])
    found = amount_of(other, "pad-1.4.1-citizen-experience-municipalities-2022-04")
    assert found.near
    low, high = sorted((28_902, 51_654))
    assert found.near_low == low
    assert "Vicino a una soglia" in found.text
    assert other.words.euro(low) in found.text
    assert other.words.euro(high) in found.text


def test_what_is_not_known_has_no_amount() -> None:
    one = case(FIRST_AUTUMN)
    payments = amount_of(one, "pad-1.4.3-pagopa-municipalities-2022-09")
    assert payments.low == 1_821
    assert payments.high != payments.high
    addresses = amount_of(case(LAST), "pad-1.3.1-address-register-municipalities-2025-05")
    assert addresses.basis == "not_modelled"


def test_shares_of_the_cost_take_their_article() -> None:
    """ "Fino a 2.000.000 € e all'80 %", "fino al 65 %"."""
    told = {call: amount_of(case(GROUPS_DAY, MILANO), call).text for call in (EUI, "conto-termico-3")}
    assert told[EUI] == "fino a 2.000.000\xa0€ e all'80\xa0% della spesa."
    assert told["conto-termico-3"] == "fino al 65\xa0% della spesa."


def test_an_area_has_the_money_of_several_municipalities() -> None:
    for area, whose in (("zona-nord-milano", "denaro dei comuni"), ("", "denaro del comune")):
        opportunities.located(case(area=area))
        assert f"non sono tutti {whose}." in said()
        shown.clear()


# ---- states


def test_four_states_and_nothing_else() -> None:
    frame = outcomes.states_frame(case())
    assert set(frame["state"]) == set(STATES)
    by_call = frame.set_index("call")
    assert by_call.loc["pad-1.4.3-pagopa-municipalities-2022-04", "why"] == "won_renounced"
    assert by_call.loc["pad-1.2-cloud-municipalities-2025-07", "state"] == "not_observable"
    assert by_call.loc["pad-1.4.1-citizen-experience-municipalities-2022-09", "why"] == "rule_held"
    assert by_call.loc["pnrr-m1c3i2.1-villages-b", "state"] == "not_eligible"
    # outside PA digitale no file of outcomes exists: nothing there is won or missed
    others = frame[~frame["call"].str.startswith("pad-")]
    assert set(others["state"]) <= {"not_observable", "not_eligible"}


def test_a_call_published_later_has_no_state() -> None:
    frame = outcomes.states_frame(case(AGREEMENT))
    assert not frame["call"].str.contains("2022-09|2022-10|202[3456]-").any()


# ---- ranking and portfolio


def test_contributions_add_up_and_the_order_is_theirs() -> None:
    one = case(FIRST_AUTUMN, choices="pnrr-example")
    values = choice.criteria(one)
    assert set(values["call"]) == {*decide.decisions(one)[decide.APPLY], *decide.decisions(one)[decide.CHECK]}
    from toolkit import pnrr

    order = pnrr.rank(values, one.choices.weights.model_dump())
    parts = order[[f"contribution_{name}" for name in choice.CRITERIA]].sum(axis=1)
    assert parts.tolist() == pytest.approx(order["low"].tolist())
    assert order["score"].is_monotonic_decreasing
    assert all(0 <= need <= 1 for need in choice.needs(one).values())


def test_no_portfolio_without_limits() -> None:
    opportunities.portfolio(case(FIRST_AUTUMN))
    assert "in bianco nei parametri" in said()
    assert not any(isinstance(one, display.Table) for one in shown)


def test_portfolio_on_the_real_calls_of_october_2022() -> None:
    opportunities.portfolio(case(FIRST_AUTUMN, choices="pnrr-example"))
    # 40 days at 15 each hold two calls: the cloud and the digital notices
    assert "312.084\xa0€" in said()
    assert "Con 5 giornate in più si otterrebbero fino a 36.400\xa0€ in più." in said()
    tables = {one.id: one for one in shown if isinstance(one, display.Table)}
    chosen = {row[0].v for row in tables["portfolio"].data.rows}
    assert chosen == {"pad-1.2-cloud-municipalities-2022-07", "pad-1.4.5-digital-notices-municipalities-2022-09"}
    left = {row[0].v: row[1].v for row in tables["left-out"].data.rows}
    assert left["pad-1.4.3-pagopa-municipalities-2022-09"] == "value_not_known"


def test_limits_without_calls_say_so() -> None:
    opportunities.portfolio(case(LAST, choices="pnrr-example"))
    assert "non risulta aperto nessun avviso" in said()


# ---- take-up, groups


def test_take_up_never_exceeds_the_maximum() -> None:
    one = case()
    assert one.take_up_total["percent"].between(0, 100).all()
    assert (one.take_up["won"] <= one.take_up["maximum"]).all()
    own = one.take_up_total.loc[BRESSO]
    assert own["percent"] == pytest.approx(100 * own["won"] / own["maximum"])


def test_groups_are_of_the_zone_and_reach_the_threshold() -> None:
    opportunities.thresholds(case(code="015098"))  # Cusano Milanino, below 25,000
    table = next(one for one in shown if isinstance(one, display.Table) and one.id == "groups")
    at = {column["key"]: number for number, column in enumerate(table.data.columns)}
    rows = [{key: row[number].v for key, number in at.items()} for row in table.data.rows]
    assert rows
    assert all(row["population"] >= row["threshold"] for row in rows)
    assert all("015098" in row["members"].split(";") for row in rows)
    sizes = [row["size"] for row in rows if row["threshold"] == 25_000]
    assert sizes == sorted(sizes)


def test_a_municipality_in_no_zone_says_so() -> None:
    opportunities.thresholds(case(code=MILANO))
    assert "non è in una zona omogenea" in said()


def test_the_seminar_is_for_areas_only() -> None:
    opportunities.seminar(case())
    assert shown[1:] == []  # nothing after the opening
    opportunities.seminar(case(area="zona-nord-milano"))
    extract = next(one for one in shown if isinstance(one, display.Extract))
    assert extract.page == "pnrr-seminar.it.html"


def test_the_area_adds_its_members() -> None:
    one = case(area="zona-nord-milano")
    members = [case(code=code) for code in one.members]
    assert len(one.held) == sum(len(member.held) for member in members)
    assert one.held["amount"].sum() == pytest.approx(sum(member.held["amount"].sum() for member in members))
    paid = ("seen_paid", "not_seen_paid")
    for name in paid:
        assert one.paid[name] == pytest.approx(sum(member.paid[name] for member in members))


def test_a_zone_joins_where_some_of_its_municipalities_may_apply_in_a_group_only() -> None:
    one = case(GROUPS_DAY, area="zona-nord-milano")
    found = decide.decisions(one)
    assert EUI in found[decide.JOIN]
    assert EUI not in found[decide.APPLY]
    small = decide.too_small(one, EUI)
    assert {code for code in one.members if one.latest[code] < 25_000} == set(small)
    told = dict(decide.groups(one))["Insieme, fra comuni"][0]
    assert "4 comuni su 6 possono candidarsi da soli, 2 solo in gruppo" in told
    assert "residenti del gruppo almeno 25.000" in told
    people = sum(one.latest[code] for code in small)
    assert (
        f"Cormano e Cusano Milanino ({one.words.number(people)} residenti, {one.words.number(people - 25_000)}" in told
    )
    step = next(step for step in decide.steps(one) if step.code == f"call:{EUI}")
    assert step.what.startswith("Proporre ai comuni sotto la soglia una candidatura insieme")


@pytest.mark.parametrize("area", ["zona-sud-est", "zona-magentino-abbiatense", "nord-milano-2008"])
def test_the_group_of_an_area_reaches_the_threshold_and_could_not_be_smaller(area: str) -> None:
    one = case(GROUPS_DAY, area=area, language="en")
    told = next(text for text in dict(decide.groups(one))["Together, among municipalities"] if "European" in text)
    names = re.search(r"that reaches it: (.+?) \(([\d,]+) residents, ([\d,]+) above", told)
    assert names
    codes = [code for code in one.members if re.search(rf"\b{re.escape(one.names[code])}\b", names[1])]
    people = sum(one.latest[code] for code in codes)
    assert (one.words.number(people), one.words.number(people - 25_000)) == names.groups()[1:]
    assert all(people - one.latest[code] < 25_000 for code in codes)
    assert set(codes) <= set(decide.too_small(one, EUI))


def test_groups_are_within_a_zone_on_the_page_of_the_metropolitan_city() -> None:
    one = case(GROUPS_DAY, area="citta-metropolitana-milano")
    for code in one.members:
        zone = one.report.register.zone_of(code, one.report.as_of)
        assert one.partners(code) == (zone.members if zone else ())


def test_the_states_of_an_area_cover_the_calls_of_its_municipalities() -> None:
    """Calls outside PA digitale have no file of outcomes: for an area too they are not observable or not eligible."""
    zone = case(area="zona-nord-milano")
    outcomes.states(zone)
    table = next(one for one in shown if isinstance(one, display.Table) and one.id == "states")
    keys = [column["key"] for column in table.data.columns]
    rows = {
        row[0].v: {key: cell.v for key, cell in zip(keys, row, strict=True) if key in STATES} for row in table.data.rows
    }
    single = outcomes.states_frame(case())
    assert list(rows) == list(single["call"])
    assert all(sum(row.values()) == len(zone.members) for row in rows.values())
    for call, row in rows.items():
        if not call.startswith("pad-"):
            assert row["won"] == row["not_funded_or_not_applied"] == 0


# ---- days


@pytest.mark.parametrize("day", ["2021-07-12", "2019-01-01"])
def test_before_the_plan_nothing_is_answered(day: str) -> None:
    with pytest.raises(ToolkitError):
        case(day)


def test_the_future_is_refused() -> None:
    with pytest.raises(ToolkitError, match="future"):
        case((date.today() + timedelta(days=1)).isoformat())


def test_the_default_day_is_the_oldest_observation_of_its_tables() -> None:
    report = Report("pnrr", municipality=BRESSO, tables=opportunities.TABLES)
    accessed = [catalog.default().source(name).date_accessed for name in opportunities.TABLES]
    assert report.as_of.isoformat() == min(accessed)


@pytest.mark.parametrize(
    ("form", "day", "italian"),
    [
        ("thedate", "2022-11-11", "l'11 novembre 2022"),
        ("thedate", "2022-11-08", "l'8 novembre 2022"),
        ("thedate", "2022-11-18", "il 18 novembre 2022"),
        ("atdate", "2026-01-01", "al 1° gennaio 2026"),
        ("Atdate", "2023-03-08", "All'8 marzo 2023"),
        ("ofdate", "2023-03-01", "del 1° marzo 2023"),
        ("fromdate", "2022-10-11", "dall'11 ottobre 2022"),
    ],
)
def test_days_take_their_article(form: str, day: str, italian: str) -> None:
    assert Words("it").format_field(day, form) == italian
    assert Words("en").format_field(day, form) == Words("en").date(day)


# ---- choices


@lru_cache
def example() -> dict[str, object]:
    return {
        "weights": {"fit": 1, "amount": 1, "time": 1, "accessibility": 1},
        "limits": {"own_money": None, "staff_days": None, "projects": None},
        "staff_days": {},
        "needs": {},
    }


@pytest.mark.parametrize("name", list(Choices.model_fields))
def test_every_choice_is_explained_with_an_example_that_is_accepted(name: str) -> None:
    field = Choices.model_fields[name]
    assert field.description
    assert field.examples
    for value in field.examples:
        assert getattr(Choices.model_validate(example() | {name: value}), name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": {"fit": -1, "amount": 1, "time": 1, "accessibility": 1}},
        {"weights": {"fit": 1}},
        {"limits": {"own_money": "10", "staff_days": None, "projects": None}},
        {"staff_days": {"loan": 3}},
        {"needs": {"digital": {}}},
        {"needs": {"energy_circular": {"unsorted_waste": "up"}}},
        {"preparation_days": 0},
    ],
)
def test_wrong_choices_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Choices.model_validate(example() | wrong)


def test_choices_are_files_of_params() -> None:
    assert params_choices.read("pnrr").limits.model_dump() == dict.fromkeys(("own_money", "staff_days", "projects"))
    for name in ("../secret", "absent", ""):
        with pytest.raises(ParameterError, match="no choices"):
            params_choices.read(name)


def test_a_fault_of_a_choices_file_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params").mkdir()
    text = (ROOT / "params" / "pnrr.yml").read_text().replace("preparation_days: 30", "preparation_day: 30")
    (tmp_path / "params" / "mine.yml").write_text(text)
    monkeypatch.setattr(params_choices, "ROOT", tmp_path)
    with pytest.raises((ParameterError, Faults), match=r"mine\.yml:\d+"):
        params_choices.read("mine")


def test_needs_name_items_that_exist() -> None:
    items = set(catalog.load("fragility")["item"])
    for name in ("pnrr", "pnrr-example"):
        for wanted in params_choices.read(name).needs.values():
            assert set(wanted) <= items


def test_lines_are_those_with_a_rule() -> None:
    one = case()
    assert set(one.take_up["line"]) == {
        "citizen_experience",
        "civil_registry",
        "data_platform",
        "digital_identity",
        "digital_notices",
        "io_app",
    }
    takeup.take_up(one)
    note = next(table.note for table in shown if isinstance(table, display.Table) and table.id == "take-up")
    assert "208 candidature su 954" in note
    assert "Candidature delle linee con una regola: 746; con l'importo della regola: 746." in note


# ---- days and publishers

LIST = {"it": "Dipartimento per la trasformazione digitale", "en": "Dipartimento per la trasformazione digitale"}
PROMISE = {"it": "fonti nominate in ogni riga", "en": "sources named in each row"}
OF_CALLS = ("calls", "calls_history", "calls_rules")


def tables_shown() -> Iterator[tuple[str, display.Data, list[str]]]:
    parts = [part for one in shown for part in (one.parts if isinstance(one, display.Extract) else (one,))]
    for one in parts:
        if isinstance(one, (display.Table, display.Figure)):
            yield one.id, one.data if isinstance(one, display.Table) else one.table, list(one.source)


@pytest.mark.parametrize(
    ("day", "where", "language"),
    [
        (LAST, {"code": BRESSO}, "it"),
        (LAST, {"area": "zona-nord-milano"}, "en"),
        (GROUPS_DAY, {"code": MILANO}, "en"),
        (FIRST_AUTUMN, {"code": BRESSO}, "it"),
    ],
)
def test_every_table_and_figure_credits_the_publishers_of_its_rows(
    day: str, where: dict[str, str], language: str
) -> None:
    one = case(day, language=language, choices="pnrr-example", **where)
    for section in re.findall(r"opportunities\.(\w+)\(case\)", (ROOT / "notebooks/pnrr.ipynb").read_text()):
        getattr(opportunities, section)(one)
    titles = [catalog.default().source(name).title[language] for name in OF_CALLS]
    checked = 0
    for id, data, lines in tables_shown():
        keys = [column["key"] for column in data.columns]
        assert lines, id
        if any(PROMISE[language] in line for line in lines):
            named = [row[keys.index("source")].t for row in data.rows]
            assert all(named), f"{id}: each row names its sources"
        calls = {str(row[0].v) for row in data.rows if keys[0] in ("call", "item")} & set(one.lines)
        credited = [line for line in lines if any(title in line for title in titles)]
        if calls and id != "applications":  # grants, from the files of applications
            listed = {call for call in calls if one.lines[call]}
            of_list = any(line.startswith(LIST[language]) for line in credited)
            assert of_list == bool(listed) or id == "requirements", id
            if calls - listed:
                assert any(line.startswith("Quadro") for line in credited), id
            checked += 1
    assert checked >= 3


@pytest.mark.parametrize("call", ["conto-termico-3", EUI, "lombardia-sport-plants-2025", "lombardia-calls-catalogue"])
def test_a_programme_of_others_names_its_own_sources(call: str) -> None:
    one = case()
    opportunities.successors(one)
    _, data, lines = next(each for each in tables_shown() if each[0] == "successors")
    assert not any(line.startswith(LIST["it"]) for line in lines)
    keys = [column["key"] for column in data.columns]
    row = next(row for row in data.rows if row[0].v == call)
    table = catalog.load("calls").set_index("call")
    assert table.loc[call, "source"].split("; ")[0] in row[keys.index("source")].t


@pytest.mark.parametrize(
    "where", [{"code": BRESSO}, {"code": MILANO}, {"code": "015222"}, {"area": "zona-nord-milano"}]
)
def test_a_tile_says_the_last_days_of_its_files(where: dict[str, str]) -> None:
    one = case(**where)
    grants, projects = catalog.load("applications"), catalog.load("regis_projects")
    mine = grants[grants["istat_code"].isin(one.members)] if len(one.mine) else grants
    release = projects["payments_on"].max()
    paid = set(projects.loc[projects["paid_total"] > 0, "cup"])
    unseen = mine[(mine["state"] == "assigned") & ~mine["cup"].isin(paid)]["snapshot_on"]
    ends = {"live": set(mine["snapshot_on"])}
    ends["not_seen_paid"] = {max(day, release) for day in unseen} if len(one.mine) else ends["live"]
    opportunities.key_figures(one)
    tiles = {tile.id: tile for each in shown if isinstance(each, display.KeyFigures) for tile in each.items}
    for name, days in ends.items():
        assert all(one.words.date(day) in tiles[name].period for day in (min(days), max(days))), name
        assert one.words.date(LAST) not in tiles[name].period


@pytest.mark.parametrize(
    ("day", "language", "words"),
    [
        (LAST, "it", ("non lo aggiorna", "dal 31 gennaio 2026", "2.2.3", "25 giugno 2026", "27 luglio 2026")),
        (LAST, "en", ("not updated", "since 31 January 2026", "2.2.3", "25 June 2026", "27 July 2026")),
        ("2026-07-16", "it", ()),
    ],
)
def test_a_list_that_stopped_is_said_with_what_it_misses(day: str, language: str, words: tuple[str, ...]) -> None:
    opportunities.on_the_day(case(day, language=language))
    assert all(word in said() for word in words)
    assert ("2.2.3" in said()) == bool(words)
