"""What the page on calls shows: the figures of the calls on several days, in both languages, for whom and how."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from harness import execute, payloads, sentences
from once import executed

from toolkit import catalog, render
from toolkit.errors import ToolkitError
from toolkit.render import content, results
from toolkit.render.printing import browser_path

BRESSO = "015032"
DAYS = ("2021-08-01", "2022-07-06", "2022-10-10", "2023-02-01", "2024-10-15", "2026-11-22")
SOME = ("015032", "015146", "015155", "015098", "015222", "015118", "015251")
CLOUD = "pad-1.2-cloud-municipalities-2022-07"
PLURALS = re.compile(
    r"(?<![\d.,])1 (finanziamenti|progetti|avvisi|comuni|giorni|righe|rinunce|giornate|tipi"
    r"|grants|projects|calls|municipalities|days|rows|renunciations|types)\b"
)
SINGULARS = re.compile(
    r"(?<!su )(?<![\d.,])(?:0|[2-9]|\d\d+) (finanziamento|progetto|avviso|giorno|rinuncia"
    r"|grant|project|call|day|renunciation)\b"
)


def rows(notebook: Any, name: str) -> list[dict[str, Any]]:
    """Rows of a table of the page by column key: raw values."""
    table = next((one for one in results.tables(notebook) if one["id"] == name), None)
    if table is None:
        return []
    keys = [column["key"] for column in table["columns"]]
    return [dict(zip(keys, (results.value(cell) for cell in row), strict=True)) for row in table["rows"]]


def brief(notebook: Any) -> list[str]:
    found = next(payload for payload in content.payloads(notebook) if payload["kind"] == "brief")
    return [item["text"] for item in found["items"]]


# ---- the figures


def test_bresso_on_the_last_day() -> None:
    told = brief(executed("pnrr", municipality=BRESSO, as_of="2026-11-22"))
    assert len(told) == 5
    assert told[0].startswith("Al 22 novembre 2026 nessun avviso del PNRR (Piano nazionale di ripresa e resilienza)")
    assert "31 gennaio 2026" in told[0]
    assert told[1].startswith("Bresso ha 8 finanziamenti digitali assegnati e non rinunciati")
    assert "741.996\xa0€" in told[1]
    assert "Non visti pagati al 31 marzo 2025: 365.951\xa0€ (3 finanziamenti), un limite massimo" in told[2]
    assert "76.482\xa0€" in told[3]
    assert "71.019\xa0€: la perdita è 5.463\xa0€, non la somma rinunciata" in told[3]
    assert "12 progetti con pagamenti, per 2,74 milioni di euro" in told[4]
    assert "1,33 milioni di euro sono aiuti a imprese" in told[4]
    assert "non sono tutti denaro del comune" in told[4]


def test_bresso_in_english() -> None:
    told = brief(executed("pnrr", municipality=BRESSO, language="en", as_of="2026-11-22"))
    assert "holds 8 digital grants" in told[1]
    assert "€741,996" in told[1]
    assert "€5,463" in told[3]
    assert "€2.74 million" in told[4]


def test_totals_of_all_the_municipalities() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2026-11-22")
    found = {row["state"]: row for row in rows(notebook, "totals")}
    assert {name: found[name]["all_count"] for name in ("assigned", "paid", "renounced", "all")} == {
        "assigned": 510,
        "paid": 333,
        "renounced": 111,
        "all": 954,
    }
    assert found["live"]["all_amount"] == pytest.approx(52_486_350.16)
    province = " ".join(sentences(notebook))
    assert "2,48 miliardi di euro: 2,39 miliardi di euro nei comuni e 98,19 milioni di euro" in province
    assert "questa somma non si fa" in province


def test_the_renounced_call_is_joined_to_the_one_won_again() -> None:
    (chain,) = rows(executed("pnrr", municipality=BRESSO, as_of="2026-11-22"), "chains")
    assert (chain["renounced"], chain["won_again"], chain["net_loss"]) == (76_482, 71_019, 5_463)
    assert chain["status"] == "won_again"


@pytest.mark.parametrize(
    ("day", "closing", "endowment"),
    [("2022-10-10", "2022-10-28", 215e6), ("2023-02-01", "2023-02-10", 299e6)],
)
def test_the_cloud_call_as_known_on_the_day_and_with_hindsight(day: str, closing: str, endowment: float) -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of=day)
    then = next(row for row in rows(notebook, "open") if row["call"] == CLOUD)
    assert (then["closes_on"], then["endowment"]) == (closing, endowment)
    later = next(row for row in rows(notebook, "hindsight") if row["call"] == CLOUD)
    assert (later["closes_later"], later["endowment_later"]) == ("2023-02-10", 334e6)


def test_the_history_of_a_call_stops_on_the_day() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2023-02-01")
    cloud = [row for row in rows(notebook, "history") if row["call"] == CLOUD]
    assert [row["endowment"] for row in cloud][-1] == 299e6
    assert max(row["observed_on"] for row in cloud) <= "2023-02-01"
    assert sum(row["days_moved"] for row in cloud) == 105


@pytest.mark.parametrize(
    ("about", "ready"), [({"municipality": "015222"}, ""), ({"area": "zona-sud-est"}, "15 comuni")]
)
def test_an_open_call_without_a_deadline_comes_last_and_says_so(about: dict[str, str], ready: str) -> None:
    """Conto Termico, open from 2 February to 3 March 2026, had no closing day."""
    notebook = executed("pnrr", **about, as_of="2026-02-10")
    assert [row["call"] for row in rows(notebook, "open")] == ["pmrr-2025", "conto-termico-3"]
    told = " ".join(sentences(notebook))
    assert "senza scadenza nota" in told.lower()
    assert ready in told
    steps = {row["step"]: row["by"] for row in rows(notebook, "start")}
    assert (steps["call:pmrr-2025"], steps["call:conto-termico-3"]) == ("2026-02-28", "2026-03-12")


def test_a_call_for_groups_names_the_smallest_of_the_zone() -> None:
    told = " ".join(sentences(executed("pnrr", municipality="015222", as_of="2026-03-04")))
    assert "Il gruppo più piccolo della zona che ci arriva: Tribiano e Peschiera Borromeo (28.294 residenti)." in told


def test_a_renunciation_without_a_day_is_said_to_be_perhaps_later() -> None:
    told = " ".join(brief(executed("pnrr", municipality="015058", as_of="2022-10-10")))
    assert "In 1 caso la rinuncia non ha data e può essere successiva al 10 ottobre 2022" in told


def test_outcomes_and_extensions_that_the_files_do_not_cover_are_not_observable() -> None:
    april = rows(executed("pnrr", municipality=BRESSO, as_of="2022-07-06"), "hindsight")
    assert all(row["extensions_later"] is None for row in april)
    found = rows(executed("pnrr", municipality=BRESSO, as_of="2024-06-01"), "hindsight")
    outcomes = {row["call"]: row["outcome"] for row in found}
    assert outcomes["pad-1.4.3-io-app-municipalities-2024-05"] == "not_observable"
    assert outcomes["pad-1.4.5-digital-notices-municipalities-2024-05"] == "no_row"


def test_a_day_without_grants_draws_no_comparison() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2022-07-06")
    assert not rows(notebook, "compared")
    assert {row["why"] for row in rows(notebook, "states") if row["call"].startswith("pad-")} == {"still_open"}


def test_before_the_first_observation_what_was_announced_is_not_known() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2022-07-06")
    told = brief(notebook)
    assert "secondo date pubblicate in seguito" in told[0]
    assert "la prima volta il 6 ottobre 2022" in told[0]
    found = rows(notebook, "open")
    assert len(found) == 5
    assert all(row["endowment"] is None for row in found)
    assert all("before_first_observation" in row["caveats"] for row in found)
    assert not any("1.3.1" in row["call"] for row in found)
    assert {row["answer"] for row in found} == {"yes"}
    table = next(one for one in results.tables(notebook) if one["id"] == "open")
    text = " ".join(cell["t"] for row in table["rows"] for cell in row)
    assert "87.682\xa0€ per il sito e 38.650\xa0€ a servizio, fino a 5" in text
    assert "14.000\xa0€" in text


def test_on_the_last_day_outcome_and_successors_are_said_as_they_are() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2026-11-22")
    assert rows(notebook, "open") == []
    assert "esito non ancora noto" in " ".join(sentences(notebook))
    status = {row["call"]: row["status"] for row in rows(notebook, "successors")}
    assert status["conto-termico-3"] == "suspended_to_verify"
    assert status["metropolitan-equalisation-fund"] == "standing"
    assert status["eui-innovative-actions-4"] == "closed"
    days = {row["event"]: row["state"] for row in rows(notebook, "plan")}
    assert days["commission_assessment_due"] == "outcome_not_known"


def test_a_page_of_the_past_knows_no_later_programme_and_no_later_note() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2022-10-10")
    names = {row["call"] for row in rows(notebook, "successors")}
    assert not names & {"conto-termico-3", "pmrr-2025", "eui-innovative-actions-4"}
    assert {row["event"] for row in rows(notebook, "plan")} == {"plan_approved"}
    assert rows(notebook, "projects") == []  # the places of projects were first listed in March 2023


@pytest.mark.parametrize("day", ["2021-07-12", "2100-01-01", "22/11/2026"])
def test_days_that_cannot_be_asked(day: str) -> None:
    with pytest.raises(ToolkitError):
        execute("pnrr", municipality=BRESSO, as_of=day)


# ---- every page


def faults(text: str) -> Iterator[str]:
    if PLURALS.search(text) or SINGULARS.search(text):
        yield "number and noun disagree"
    if re.search(r"\bil (8|11) [a-z]|\b[aA]l (8|11) [a-z]|\bdel (8|11) [a-z]", text):
        yield "article before 8 or 11"
    if re.search(r"\bnan\b|[{}]|\u2212\s|\+\u2212", text):
        yield "a hole"


def consistent(notebook: Any) -> None:
    """Tiles, tables and totals of one page say the same."""
    tiles = next(payload for payload in payloads(notebook) if payload["kind"] == "key_figures")["items"]
    value = {item["id"]: item["v"] for item in tiles}
    totals = {row["state"]: row for row in rows(notebook, "totals")}
    if totals:
        assert totals["live"]["own_amount"] == pytest.approx(value["live"])
        states = ("assigned", "paid", "renounced")
        assert sum(totals[name]["own_count"] for name in states) == totals["all"]["own_count"]
    grants = rows(notebook, "applications")
    live = [row for row in grants if row["payment"] != "renounced"]
    if grants:
        assert sum(row["amount"] for row in live) == pytest.approx(value["live"])
        unseen = sum(row["amount"] for row in live if row["payment"] == "not_seen_paid")
        assert unseen == pytest.approx(value["not_seen_paid"])
    own = rows(notebook, "take-up")
    if own:
        share = 100 * sum(row["won"] for row in own) / sum(row["maximum"] for row in own)
        assert share == pytest.approx(value["take_up"])
        assert all(0 <= row["percent"] <= 100 for row in own)
    kinds, projects = rows(notebook, "located"), rows(notebook, "projects")
    if kinds and len(projects) < 25:
        parts = sum(row["finance_pnrr_part"] for row in projects)
        assert sum(row["finance_pnrr"] for row in kinds) == pytest.approx(parts)


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("code", SOME)
def test_days_and_municipalities(code: str, day: str) -> None:
    for language in ("it", "en"):
        notebook = executed("pnrr", municipality=code, as_of=day, language=language, choices="pnrr-example")
        wrong = [(fault, text) for text in sentences(notebook) for fault in faults(text)]
        assert wrong == []
        consistent(notebook)


@pytest.mark.parametrize("day", ["2022-07-06", "2022-10-10", "2026-11-22"])
def test_bresso_agrees_with_itself(day: str) -> None:
    for language in ("it", "en"):
        notebook = executed("pnrr", municipality=BRESSO, as_of=day, language=language, choices="pnrr-example")
        wrong = [(fault, text) for text in sentences(notebook) for fault in faults(text)]
        assert wrong == []
        consistent(notebook)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["it", "en"])
def test_all_municipalities_agree_with_themselves(language: str) -> None:
    members = catalog.load("area_members")
    codes = sorted(members[members["area"] == "citta-metropolitana-milano"]["istat_code"].unique())
    assert len(codes) == 133
    for code in codes:
        notebook = executed("pnrr", municipality=code, language=language)
        wrong = [(code, fault, text) for text in sentences(notebook) for fault in faults(text)]
        assert wrong == []
        consistent(notebook)


@pytest.mark.parametrize("day", ["2022-10-10", "2026-11-22"])
@pytest.mark.parametrize("area", ["zona-nord-milano", "nord-milano-2008"])
def test_areas_on_days(area: str, day: str) -> None:
    for language in ("it", "en"):
        notebook = executed("pnrr", area=area, as_of=day, language=language)
        wrong = [(fault, text) for text in sentences(notebook) for fault in faults(text)]
        assert wrong == []
        consistent(notebook)
        names = [payload["id"] for payload in content.extracts(notebook)]
        assert names == ["memo", "seminar"]
        zone = rows(notebook, "zone")
        live = next(row for row in rows(notebook, "totals") if row["state"] == "live")
        assert sum(row["live"] for row in zone) == pytest.approx(live["own_amount"])


# ---- files


def test_page_and_memo_are_light_and_linked(tmp_path: Any) -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2022-10-10", choices="pnrr-example")
    written = {path.name: path.read_text() for path in render.outputs(notebook, tmp_path) if path.suffix == ".html"}
    assert set(written) == {"pnrr.it.html", "pnrr-memo.it.html"}
    page, memo = written["pnrr.it.html"], written["pnrr-memo.it.html"]
    assert len(page.encode()) <= 600_000
    assert len(gzip.compress(page.encode())) <= 60_000
    assert 'href="pnrr-memo.it.html"' in page
    assert 'href="pnrr.it.html"' in memo
    assert "quadro:territory" not in memo  # the index lists reports, not their extracts
    assert memo.count("<h1") == 1
    assert "Cloud (1.2), luglio 2022" in memo


@pytest.mark.slow
@pytest.mark.skipif(not browser_path(), reason="no Chromium to print with")
@pytest.mark.parametrize("day", ["2022-10-10", "2023-02-01", "2026-11-22"])
def test_the_memo_is_one_sheet(tmp_path: Any, day: str) -> None:
    pytest.importorskip("playwright")
    render.assets(tmp_path / "assets")
    for language in ("it", "en"):
        notebook = executed("pnrr", municipality=BRESSO, as_of=day, language=language)
        render.outputs(notebook, tmp_path / "015032-bresso")
        printed = render.pdf(tmp_path / "015032-bresso" / f"pnrr-memo.{language}.html").read_bytes()
        assert len(re.findall(rb"/Type /Page\b", printed)) == 1


def test_days_stand_beside_class_zone_and_metropolitan_city() -> None:
    found = {(row["group"], row["step"]): row for row in rows(executed("pnrr", municipality=BRESSO), "waits-compared")}
    apps = catalog.load("applications").merge(catalog.load("calls")[["call", "line"]], on="call")
    apps["days"] = (pd.to_datetime(apps["funded_on"]) - pd.to_datetime(apps["submitted_on"])).dt.days
    members = catalog.load("area_members").query("area == 'zona-nord-milano'")["istat_code"]
    for line, mine in apps.groupby("line"):
        row = found[str(line), "median_to_decree"]
        assert row["metropolitan"] == mine["days"].median()
        assert row["zone"] == mine.loc[mine["istat_code"].isin(members), "days"].median()
        own = mine.loc[mine["istat_code"] == BRESSO, "days"]
        assert row["own"] == own.median() if len(own) else row["own"] is None
        assert "class" in row
