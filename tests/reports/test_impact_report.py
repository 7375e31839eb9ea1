"""The report on policies: every section, words that follow the verdict, the paper, the past, one policy by name."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness import execute, payloads, sentences
from once import executed
from pypdf import PdfReader

from toolkit import catalog, render
from toolkit.errors import ParameterError
from toolkit.render.printing import browser_path
from toolkit.text import Words

PLACES = ({"municipality": "015032"}, {"municipality": "015146"}, {"municipality": "015155"})
AREAS = ({"area": "zona-nord-milano"}, {"area": "nord-milano-2008"}, {"area": "citta-metropolitana-milano"})
CAUSAL = {
    "it": re.compile(r"\b(ha prodotto|ha ridotto|ha aumentato|grazie a|per effetto d)", re.I),
    "en": re.compile(r"\b(has caused|has reduced|has raised|thanks to|led to)\b", re.I),
}


def shown(notebook: Any, kind: str) -> list[dict[str, Any]]:
    """What page and extra page show, of one kind."""
    parts = [part for extract in payloads(notebook, "extract") if not extract["apart"] for part in extract["parts"]]
    return [one for one in [*payloads(notebook), *parts] if one["kind"] == kind]


def table(notebook: Any, id: str) -> list[dict[str, Any]]:
    """Rows of a table of the page as `{column: printed text}`."""
    found = next(payload for payload in shown(notebook, "table") if payload["id"] == id)
    keys = [column["key"] for column in found["columns"]]
    return [{key: cell["t"] for key, cell in zip(keys, row, strict=True)} for row in found["rows"]]


def names(notebook: Any) -> set[str]:
    return {row["title"] for row in table(notebook, "policies")}


def figures(notebook: Any) -> set[str]:
    return {payload["id"] for payload in shown(notebook, "figure")}


def results(notebook: Any) -> dict[str, Any]:
    found: dict[str, Any] = payloads(notebook, "close")[0]["results"]["figures"]
    return found


# ---- which policies


def test_a_page_shows_the_policies_that_concern_its_territory() -> None:
    assert names(executed("impact", municipality="015032")) == {"Patto di Nord Milano", "Expo 2015", "PA digitale 2026"}
    milano = executed("impact", municipality="015146")
    assert names(milano) == {"Expo 2015", "Manifattura Milano", "PA digitale 2026"}
    assert names(executed("impact", municipality="015155")) == {"Expo 2015", "PA digitale 2026"}
    elsewhere = [text for text in sentences(milano) if text.startswith("Altrove:")]
    assert len(elsewhere) == 1
    assert "Prima zona rossa" in elsewhere[0]
    assert "Patto di Nord Milano" in elsewhere[0]


@pytest.mark.parametrize("where", [*PLACES, *AREAS], ids=str)
@pytest.mark.parametrize("language", ["it", "en"])
def test_a_page_is_whole(where: dict[str, str], language: str) -> None:
    notebook = executed("impact", language=language, **where)
    brief = payloads(notebook, "brief")[0]
    assert 1 <= len(brief["items"]) <= 5
    assert brief["next"]
    ids = {payload["id"]: payload["fold"] for payload in payloads(notebook, "table")}
    assert set(ids) >= {"policies", "logic", "knowable", "checks", "actors", "calculator"}
    assert {name for name, fold in ids.items() if not fold} == {"policies"}
    assert "actions" in {payload["id"] for payload in shown(notebook, "table")}
    assert figures(notebook) >= {"path-expo-2015", "placebos-expo-2015", "detectable", "breaks", "timing"}
    assert payloads(notebook, "close")[0]["complete"] is True
    assert not any(re.search(r"[{}]|\bnan\b|\binf\b|\bNone\b(?! \(001168| of)", text) for text in sentences(notebook))


@pytest.mark.parametrize("language", ["it", "en"])
def test_no_sentence_is_causal_beyond_its_verdict(language: str) -> None:
    for where in (*PLACES, *AREAS):
        notebook = executed("impact", language=language, **where)
        verdicts = {row["verdict"] for row in table(notebook, "knowable")}
        assert verdicts == {Words(language).say("impact.verdict.descrittivo")}
        said = [text for text in sentences(notebook) if "?" not in text]
        assert [text for text in said if CAUSAL[language].search(text)] == []
        assert "identificat" not in payloads(notebook, "brief")[0]["items"][0]["text"]


@pytest.mark.parametrize("where", [*PLACES, *AREAS], ids=str)
def test_in_short_has_no_multiplier(where: dict[str, str]) -> None:
    notebook = executed("impact", language="en", **where)
    said = " ".join(item["text"] for item in payloads(notebook, "brief")[0]["items"])
    assert "value added" not in said
    assert "value added" in {row["measure"] for row in table(notebook, "ranges-pnrr-digital")}


@pytest.mark.parametrize("where", [*PLACES, *AREAS], ids=str)
def test_what_cannot_be_known_takes_three_lines(where: dict[str, str]) -> None:
    notebook = executed("impact", language="it", **where)
    estimated = {"Expo 2015"}
    cards = next(one["groups"] for one in payloads(notebook, "points"))
    groups = {group["title"]: group["items"] for group in cards}
    for name in names(notebook) - estimated:
        what, why, then = groups[name]
        assert what
        assert why
        assert then.startswith("Da ora: ")


# ---- what is found


def test_expo_says_the_size_the_placebos_and_what_could_be_seen() -> None:
    notebook = executed("impact", municipality="015032")
    text = next(item["text"] for item in payloads(notebook, "brief")[0]["items"] if item["text"].startswith("Expo"))
    assert "−0,1 punti percentuali" in text
    assert "non si distingue da zero" in text
    told = " ".join(sentences(notebook))
    for part in ("81 territori su 102", "p 0,80", "da 1,0 punti percentuali in su"):
        assert part in told
    rows = {row["outcome"]: row for row in table(notebook, "knowable")}
    assert rows["tasso di disoccupazione"]["mde"] == "1,00"
    for broken in ("quota degli occupati nell'industria", "tasso di partecipazione al lavoro"):
        assert rows[broken]["estimate"] == Words("it").absent("missing")
        assert rows[broken]["status"].startswith("Rifiutato: serie interrotta")
    assert "licenza" in rows["presenze turistiche"]["status"]


def test_checks_show_every_comparison_set() -> None:
    rows = table(executed("impact", municipality="015032", language="en"), "checks")
    assert [row["units"] for row in rows[:3]] == ["102", "94", "20"]
    assert any("placebo in time" in row["check"] for row in rows)
    red = table(executed("impact", municipality="015032", language="en", policy="covid-red-zone-2020"), "checks")
    assert len(red) == 8
    assert all(row["p"] != "n/a" for row in red)


def test_a_policy_by_name_is_shown_where_it_does_not_apply() -> None:
    notebook = executed("impact", municipality="015032", language="en", policy="covid-red-zone-2020")
    assert payloads(notebook, "brief")[0]["items"][0]["text"] == "First COVID-19 red zone does not concern Bresso."
    assert "path-covid-red-zone-2020" in figures(notebook)
    assert set(results(notebook)) >= {"covid-red-zone-2020:income", "covid-red-zone-2020:employment"}


def test_manifattura_prints_what_cannot_be_seen_and_ranges() -> None:
    notebook = executed("impact", municipality="015146", language="en")
    text = next(t for t in sentences(notebook) if t.startswith("Largest effect expected"))
    assert "less than 0.01 percentage points" in text
    rows = table(notebook, "ranges-manifattura-milano-2017")
    assert {row["area"] for row in rows} == {"In Italy", "In the Metropolitan City"}
    assert {row["measure"] for row in rows} >= {"output", "value added", "public euro per euro of value added"}
    drivers = table(notebook, "drivers-manifattura-milano-2017")
    assert drivers[0]["what"] == "part that would not have been spent anyway"
    assert all(row["source"] for row in drivers)


def test_grants_are_those_of_the_territory() -> None:
    applications = catalog.load("applications")
    mine = applications[(applications["istat_code"] == "015032") & (applications["state"] != "renounced")]
    notebook = executed("impact", municipality="015032", language="en")
    printed = Words("en").euro_short(float(mine["amount"].sum()))
    assert any(printed in text for text in sentences(notebook) if text.startswith("PA digitale 2026"))
    assert results(notebook)["funded"] == {"municipalities": 132, "of": 133}


# ---- could we see it?


@pytest.mark.parametrize("where", [*PLACES, *AREAS], ids=str)
def test_the_calculator_answers_for_every_place(where: dict[str, str]) -> None:
    notebook = executed("impact", language="en", **where)
    rows = table(notebook, "calculator")
    names = {row["name"] for row in rows}
    assert names >= {"Income per taxpayer", "Employment rate at ages 20–64"}
    assert {row["places"] for row in rows if row["name"] == "Income per taxpayer"} == {"20", "50", "100"}
    effects = [float(row["effect"].rstrip("%")) for row in rows if row["name"] == "Income per taxpayer"]
    assert all(0.5 < effect < 20 for effect in effects)


def test_bresso_would_see_about_four_percent() -> None:
    notebook = executed("impact", municipality="015032", language="en")
    rows = [row for row in table(notebook, "calculator") if (row["places"], row["readings"]) == ("100", "1")]
    (income,) = [row for row in rows if row["name"] == "Income per taxpayer"]
    assert 3.5 < float(income["effect"].rstrip("%")) < 4.5
    assert 900 < float(income["amount"].lstrip("€").replace(",", "")) < 1200
    assert {row["name"] for row in rows} >= {"Residents"}


# ---- claims, trials, dates


def test_claims_are_recounted_or_say_why_not() -> None:
    north = {row["claim"][:12]: row for row in table(executed("impact", municipality="015032"), "claims")}
    assert north["i sette comu"]["status"] == "riprodotta"
    assert north["i sette comu"]["recomputed"].startswith("2,92\xa0%")
    assert north["più di 20.69"]["status"] == "non riproducibile"
    assert "2018 invece del 2008" in north["più di 20.69"]["why"]
    share = north["il 6,17\xa0% d"] if "il 6,17\xa0% d" in north else north["il 6,17 % de"]
    assert share["recomputed"].startswith("5,41\xa0% delle unità locali")
    assert share["status"] == "non riproducibile"
    milano = table(executed("impact", municipality="015146"), "claims")
    assert {row["status"] for row in milano} == {"non riproducibile"}
    assert len(milano) == 5
    assert all(row["why"] and row["source"] for row in milano)


def test_trials_say_what_was_not_stated() -> None:
    groups = [
        group
        for payload in payloads(executed("impact", municipality="015146"), "points")
        for group in payload["groups"]
    ]
    told = " ".join(item for group in groups for item in group["items"])
    assert "Si parte da 73" in told
    assert "la soglia sotto la quale non si continua" in told


def test_planned_and_actual_dates() -> None:
    notebook = executed("impact", municipality="015146")
    rows = {row["action"]: row for row in table(notebook, "actions")}
    assert rows["Primi bandi, entro sei mesi"]["state"] == "concluso, 35 giorni prima del termine"
    assert rows["Programma di circa cinque anni"]["state"] == "termine passato, fine non trovata"
    assert rows["Censimento degli spazi pubblici inutilizzati"]["plan"] == "senza date"
    assert "calendar" in figures(notebook)


def test_complementary_policies_are_not_added_up() -> None:
    notebook = executed("impact", municipality="015146", language="en")
    rows = {row["title"]: row for row in table(notebook, "complementary")}
    assert rows["Industria 4.0 plan"]["level"] == "national"
    assert rows["Industria 4.0 plan"]["amount"] == "€23,000,000,000"
    assert rows["Regional law 26/2016"]["amount"] == "n/a"
    assert len(rows) == 6
    assert {row["title"] for row in table(notebook, "before")} >= {
        "municipal register of co-working, fab labs and makerspaces"
    }


# ---- other days, other policies


def test_a_page_of_the_past_knows_no_later_result() -> None:
    notebook = executed("impact", municipality="015032", as_of="2019-06-30")
    assert names(notebook) == {"Patto di Nord Milano", "Expo 2015"}
    assert "path-expo-2015" not in figures(notebook)
    rows = {row["outcome"]: row for row in table(notebook, "knowable")}
    assert rows["tasso di disoccupazione"]["status"] == "A questa data i dati non c'erano."
    assert rows["tasso di disoccupazione"]["estimate"] == Words("it").absent("missing")
    assert results(notebook)["expo-2015:unemployment"]["estimate"] is None


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ParameterError, match="There is no policy 'expo'"):
        execute("impact", municipality="015032", policy="expo")


# ---- size, speed, paper


@pytest.mark.parametrize("where", [PLACES[1], AREAS[2]], ids=str)
def test_size_and_files(where: dict[str, str], tmp_path: Path) -> None:
    render.outputs(executed("impact", language="it", **where), tmp_path)
    page = (tmp_path / "impact.it.html").read_bytes()
    assert len(page) <= 600_000
    assert len(gzip.compress(page)) <= 60_000
    for name in ("impact-paper.it.html", "impact-details.it.html"):
        assert (tmp_path / name).is_file()
        assert f'href="{name}"'.encode() in page
    kept = json.loads((tmp_path / "impact.json").read_text(encoding="utf-8"))
    assert kept["results"]["figures"]["expo-2015:unemployment"]["verdict"] == "descrittivo"


@pytest.mark.slow
@pytest.mark.skipif(not browser_path(), reason="no Chromium to print with")
@pytest.mark.parametrize("where", [*PLACES, *AREAS], ids=str)
@pytest.mark.parametrize("language", ["it", "en"])
def test_paper_is_two_pages(where: dict[str, str], language: str, tmp_path: Path) -> None:
    render.assets(tmp_path / "assets")
    folder = tmp_path / "x"
    folder.mkdir()
    render.outputs(executed("impact", language=language, **where), folder)
    printed = render.pdf(folder / f"impact-paper.{language}.html")
    assert len(PdfReader(printed).pages) <= 2
