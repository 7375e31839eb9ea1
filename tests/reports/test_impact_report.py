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
from toolkit.report.evaluation.case import TABLES
from toolkit.text import Words

PLACES = ({"municipality": "015032"}, {"municipality": "015146"}, {"municipality": "015155"})
AREAS = ({"area": "zona-nord-milano"}, {"area": "nord-milano-2008"}, {"area": "citta-metropolitana-milano"})
CAUSAL = {
    "it": re.compile(r"\b(ha prodotto|ha ridotto|ha aumentato|grazie a|per effetto d)", re.I),
    "en": re.compile(r"\b(has caused|has reduced|has raised|thanks to|led to)\b", re.I),
}


def table(notebook: Any, id: str) -> list[dict[str, Any]]:
    """Rows of a table of the page as `{column: printed text}`."""
    found = next(payload for payload in payloads(notebook, "table") if payload["id"] == id)
    keys = [column["key"] for column in found["columns"]]
    return [{key: cell["t"] for key, cell in zip(keys, row, strict=True)} for row in found["rows"]]


def names(notebook: Any) -> set[str]:
    return {row["policy"] for row in table(notebook, "policies")}


def figures(notebook: Any) -> set[str]:
    return {payload["id"] for payload in payloads(notebook, "figure")}


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
    ids = {payload["id"] for payload in payloads(notebook, "table")}
    assert ids >= {"policies", "logic", "data", "knowable", "checks", "actors", "actions-pnrr-digital"}
    assert figures(notebook) >= {"path-expo-2015", "placebos-expo-2015", "breaks-expo-2015", "timing"}
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


# ---- what is found


def test_expo_says_the_size_the_placebos_and_what_could_be_seen() -> None:
    notebook = executed("impact", municipality="015032")
    text = next(item["text"] for item in payloads(notebook, "brief")[0]["items"] if item["text"].startswith("Expo"))
    for part in ("−0,1 punti percentuali", "placebo p 0,80", "81 province su 102", "da 1,0 punti percentuali in su"):
        assert part in text
    assert "non è distinguibile da zero" in text
    rows = {row["outcome"]: row for row in table(notebook, "knowable")}
    assert rows["tasso di disoccupazione"]["mde"] == "1,00"
    for broken in ("quota degli occupati nell'industria", "tasso di partecipazione al lavoro"):
        assert rows[broken]["estimate"] == Words("it").absent("missing")
    data = {row["outcome"]: row["status"] for row in table(notebook, "data")}
    assert data["quota degli occupati nell'industria"].startswith("rifiutato: serie interrotta")
    assert "licenza" in data["presenze turistiche"]


def test_checks_show_every_comparison_set() -> None:
    rows = table(executed("impact", municipality="015032", language="en"), "checks")
    assert [row["units"] for row in rows[:3]] == ["102", "94", "20"]
    assert any("placebo in time" in row["check"] for row in rows)
    red = table(executed("impact", municipality="015032", language="en", policy="covid-red-zone-2020"), "checks")
    assert len(red) == 8
    assert all(row["p"] != "n/a" for row in red)


def test_manifattura_prints_what_cannot_be_seen_and_ranges() -> None:
    notebook = executed("impact", municipality="015146", language="en")
    text = next(t for t in sentences(notebook) if t.startswith("Manifattura Milano, unemployment"))
    assert "€10.00 million" in text
    assert "less than 0.01 percentage points" in text
    assert "no estimate" in text
    rows = table(notebook, "ranges-manifattura-milano-2017")
    assert {row["area"] for row in rows} == {"In Italy", "In the Metropolitan City"}
    assert {row["measure"] for row in rows} >= {"output", "value added", "public euro per euro of value added"}
    drivers = table(notebook, "drivers-manifattura-milano-2017")
    assert drivers[0]["assumption"] == "part that would not have been spent anyway"
    assert all(row["source"] for row in drivers)


def test_grants_are_those_of_the_territory() -> None:
    applications = catalog.load("applications")
    mine = applications[(applications["istat_code"] == "015032") & (applications["state"] != "renounced")]
    notebook = executed("impact", municipality="015032", language="en")
    printed = Words("en").euro_short(float(mine["amount"].sum()))
    assert any(printed in item["text"] for item in payloads(notebook, "brief")[0]["items"])
    results = payloads(notebook, "close")[0]["results"]["figures"]
    assert results["funded"] == {"municipalities": 132, "of": 133}


# ---- claims, trials, dates


def test_claims_are_recounted_or_say_why_not() -> None:
    north = {row["claim"][:12]: row for row in table(executed("impact", municipality="015032"), "claims")}
    assert north["i sette comu"]["status"] == "riprodotta"
    assert north["i sette comu"]["recomputed"].startswith("2,92\xa0%")
    assert north["più di 20.69"]["status"] == "non riproducibile"
    assert "2018 invece del 2008" in north["più di 20.69"]["why"]
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
    assert "Valore di partenza: 73" in told
    assert "la soglia sotto la quale non si continua" in told


def test_planned_and_actual_dates() -> None:
    rows = {
        row["action"]: row
        for row in table(executed("impact", municipality="015146"), "actions-manifattura-milano-2017")
    }
    assert rows["Primi bandi, entro sei mesi"]["state"] == "concluso, 35 giorni prima del termine"
    assert rows["Programma di circa cinque anni"]["state"] == "termine passato, fine non trovata"
    assert rows["Censimento degli spazi pubblici inutilizzati"]["plan"] == "senza date"
    assert "calendar-manifattura-milano-2017" in figures(executed("impact", municipality="015146"))


# ---- other days, other policies


def test_a_page_of_the_past_knows_no_later_result() -> None:
    notebook = executed("impact", municipality="015032", as_of="2019-06-30")
    assert names(notebook) == {"Patto di Nord Milano", "Expo 2015"}
    assert "path-expo-2015" not in figures(notebook)
    statuses = {row["outcome"]: row["status"] for row in table(notebook, "data")}
    assert statuses["tasso di disoccupazione"] == "a questa data i dati non c'erano"
    rows = {row["outcome"]: row for row in table(notebook, "knowable")}
    assert rows["tasso di disoccupazione"]["estimate"] == Words("it").absent("missing")


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ParameterError, match="There is no policy 'expo'"):
        execute("impact", municipality="015032", policy="expo")


def test_tables_named_are_those_of_the_catalogue() -> None:
    assert set(TABLES) <= set(catalog.default().names())


# ---- size, speed, paper


@pytest.mark.parametrize("where", [PLACES[1], AREAS[2]], ids=str)
def test_size_and_files(where: dict[str, str], tmp_path: Path) -> None:
    render.outputs(executed("impact", language="it", **where), tmp_path)
    page = (tmp_path / "impact.it.html").read_bytes()
    assert len(page) <= 600_000
    assert len(gzip.compress(page)) <= 60_000
    assert (tmp_path / "impact-paper.it.html").is_file()
    assert b'href="impact-paper.it.html"' in page
    results = json.loads((tmp_path / "impact.json").read_text(encoding="utf-8"))
    assert results["results"]["figures"]["expo-2015:unemployment"]["verdict"] == "descrittivo"


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
