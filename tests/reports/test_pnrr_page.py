"""What the page on calls shows: the figures of the calls on several days, in both languages, for whom and how."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from harness import execute, payloads, sentences
from later import later_day
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


def said(notebook: Any) -> str:
    return " ".join(sentences(notebook))


def test_the_largest_gap_comes_first_and_names_its_grants() -> None:
    bresso = brief(executed("pnrr", municipality=BRESSO, as_of="2026-11-22"))
    assert bresso[0] == (
        "365.951\xa0€ non risultano pagati nei dati fino al 31 marzo 2025: "
        "sito 280.932, pagoPA 71.019 e SPID/CIE 14.000. ●○○"
    )
    assert bresso[2] == "Nessun avviso aperto è noto; lo storico si ferma al 31 gennaio 2026."
    sesto = brief(executed("pnrr", municipality="015209", as_of="2026-11-22"))
    assert sesto[0] == (
        "Sesto San Giovanni ha avuto 0 di 328.160\xa0€ per il sito, 0 di 36.400 per l'app IO e 0 di 14.000 "
        "per SPID/CIE. ●●●"
    )
    assert sesto[1].startswith("392.847\xa0€ non risultano pagati nei dati fino al 31 marzo 2025: cloud 376.572")
    assert brief(executed("pnrr", municipality="015086", as_of="2026-11-22"))[0].startswith("668.339\xa0€ non")
    for told in (bresso, sesto):
        assert len(told) <= 5
        assert all(len(sentence.split()) <= 25 for text in told for sentence in re.split(r"(?<=[.!?]) ", text))


def test_bresso_in_english() -> None:
    told = brief(executed("pnrr", municipality=BRESSO, language="en", as_of="2026-11-22"))
    assert told[0].startswith("€365,951 is not seen paid in data to 31 March 2025: website 280,932, pagoPA 71,019 and")


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
    ("about", "ready"), [({"municipality": "015222"}, ""), ({"area": "zona-sud-est"}, "su 15 comuni")]
)
def test_an_open_call_without_a_deadline_comes_last_and_says_so(about: dict[str, str], ready: str) -> None:
    """Conto Termico, open from 2 February to 3 March 2026, had no closing day."""
    notebook = executed("pnrr", **about, as_of="2026-02-10")
    assert [row["call"] for row in rows(notebook, "open")] == ["pmrr-2025", "conto-termico-3"]
    assert ready in said(notebook)
    steps = {row["step"]: row["by"] for row in rows(notebook, "checklist")}
    assert (steps["call:pmrr-2025"], steps["call:conto-termico-3"]) == ("2026-02-28", "")


def test_a_call_for_groups_names_the_smallest_of_the_zone() -> None:
    told = said(executed("pnrr", municipality="015222", as_of="2026-03-04"))
    assert "il gruppo più piccolo che arriva alla soglia è Tribiano e Peschiera Borromeo (28.294 residenti)." in told


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
    assert "0 di" not in " ".join(brief(notebook))  # what may still be asked for is not missing


def test_before_the_first_observation_what_was_announced_is_not_known() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2022-07-06")
    assert "l'elenco è stato visto la prima volta il 6 ottobre 2022" in said(notebook)
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


def test_on_the_last_day_programmes_are_said_as_they_are() -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2026-11-22")
    assert rows(notebook, "open") == []
    found = {row["call"]: row for row in rows(notebook, "successors")}
    assert found["conto-termico-3"]["status"] == "suspended_to_verify"
    assert found["metropolitan-equalisation-fund"]["status"] == "standing"
    assert (found["eui-innovative-actions-4"]["status"], found["eui-innovative-actions-4"]["answer"]) == (
        "closed",
        "had",
    )
    text = next(one for one in results.tables(notebook) if one["id"] == "successors")
    told = " ".join(cell["t"] for row in text["rows"] for cell in row)
    assert "al 100 % per scuole e sanità" in told
    assert "aveva i requisiti (avviso chiuso)" in told
    missing = said(notebook)
    assert "2.2.3" in missing
    assert "25 giugno 2026" in missing
    days = {row["event"]: row for row in rows(notebook, "plan")}
    assert days["commission_assessment_due"]["state"] == "due"
    assert days["milestones_due"]["state"] == "outcome_not_known"


DUE = "Valutazione attesa entro il 30 novembre 2026. L'esito non è nei nostri dati."
PASSED = (
    "Il termine è passato. L'esito non è nei nostri dati: non vuol dire respinto. "
    "Pagamento atteso entro il 31 dicembre 2026."
)
OVER = (
    "Termini passati; esito e pagamento non sono nei nostri dati. "
    "Conservare gli atti: controlli per cinque anni dall'ultimo pagamento."
)
LAST_DAYS = {"2026-11-29": DUE, "2026-11-30": DUE, "2026-12-01": PASSED, "2026-12-31": PASSED, "2027-01-01": OVER}


@pytest.mark.parametrize("day", LAST_DAYS)
def test_the_last_days_of_the_plan_are_said_as_they_look_from_the_day(
    day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_day(monkeypatch)
    monkeypatch.setenv("QUADRO_DEFER_CHARTS", "1")
    notebook = execute("pnrr", municipality="015155", as_of=day)
    assert any(text.startswith(LAST_DAYS[day]) for text in brief(notebook))
    others = {text for key, text in LAST_DAYS.items() if text != LAST_DAYS[day]}
    assert not any(text in said(notebook) for text in others)


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


@pytest.mark.parametrize("where", [{"municipality": BRESSO}, {"area": "zona-nord-milano"}])
def test_tables_of_calls_credit_the_publishers_of_their_rows(where: dict[str, str]) -> None:
    """PA digitale's own list for its calls; the sources collected by hand, by name, for the others."""
    listed = set(catalog.load("calls").query("line != ''")["call"])
    checked = 0
    for shown in payloads(executed("pnrr", as_of="2026-11-22", **where)):
        for part in (shown, *shown.get("parts", ())):
            table = part.get("table", part) if part["kind"] == "figure" else part
            if part["kind"] not in ("figure", "table") or table["columns"][0]["key"] not in ("call", "item"):
                continue
            calls = {str(row[0]["v"]) for row in table["rows"]}
            short, full = " ".join(part["source"]), " ".join(part["origin"])
            assert short
            if part["id"] in ("states", "successors", "calendar", "to-verify"):
                assert ("Dipartimento per la trasformazione digitale" in short) == bool(calls & listed), part["id"]
                assert "fonti raccolte a mano" in short
                assert "Quadro (da " in full
                checked += 1
    assert checked == 4


# ---- every page


def faults(text: str) -> Iterator[str]:
    if PLURALS.search(text) or SINGULARS.search(text):
        yield "number and noun disagree"
    if re.search(r"\bil (8|11) [a-z]|\b[aA]l (8|11) [a-z]|\bdel (8|11) [a-z]", text):
        yield "article before 8 or 11"
    if re.search(r"\bnan\b|[{}]|\u2212\s|\+\u2212", text):
        yield "a hole"


def consistent(notebook: Any) -> None:
    """Figures kept, tables and totals of one page say the same."""
    kept = payloads(notebook, "close")[0]["results"]["figures"]
    totals = {row["state"]: row for row in rows(notebook, "totals")}
    if totals:
        assert totals["live"]["own_amount"] == pytest.approx(kept["live"]["value"])
        states = ("assigned", "paid", "renounced")
        assert sum(totals[name]["own_count"] for name in states) == totals["all"]["own_count"]
    grants = rows(notebook, "applications")
    live = [row for row in grants if row["payment"] != "renounced"]
    if grants:
        assert sum(row["amount"] for row in live) == pytest.approx(kept["live"]["value"])
        unseen = sum(row["amount"] for row in live if row["payment"] == "not_seen_paid")
        assert unseen == pytest.approx(kept["not_seen_paid"]["value"])
    own = rows(notebook, "take-up")
    assert all(0 <= row["percent"] <= 100 for row in own)
    share = next((row for row in rows(notebook, "compared") if row["measure"] == "take_up"), None)
    if own and share:
        assert 100 * sum(row["won"] for row in own) / sum(row["maximum"] for row in own) == pytest.approx(
            share["value"]
        )
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
        assert names == ["memo", "seminar", "tables"]
        zone = rows(notebook, "zone")
        live = next(row for row in rows(notebook, "totals") if row["state"] == "live")
        assert sum(row["live"] for row in zone) == pytest.approx(live["own_amount"])


# ---- files


def test_page_and_memo_are_light_and_linked(tmp_path: Any) -> None:
    notebook = executed("pnrr", municipality=BRESSO, as_of="2022-10-10", choices="pnrr-example")
    written = {path.name: path.read_text() for path in render.outputs(notebook, tmp_path) if path.suffix == ".html"}
    assert set(written) == {"pnrr.it.html", "pnrr-memo.it.html", "pnrr-tables.it.html"}
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
