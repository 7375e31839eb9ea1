"""Adapters of calls and projects: titles that drift, curated rows that are wrong, files that break a rule."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from toolkit import catalog
from toolkit.errors import DataError
from toolkit.sources import calls, padigitale, regis
from toolkit.sources.padigitale import clean_title, curated, identify
from toolkit.sources.raw import RawFile

SOURCE = RawFile("calls", Path("avvisi.csv"))


@pytest.mark.parametrize(
    ("title", "call"),
    [
        (
            '1.4.5 Piattaforma Notifiche Digitali” Comuni (Settembre 2022)"',
            "pad-1.4.5-digital-notices-municipalities-2022-09",
        ),
        (
            "1.4.5 'Piattaforma Notifiche Digitali” Comuni (Settembre 2022)",
            "pad-1.4.5-digital-notices-municipalities-2022-09",
        ),
        ("1.1 Infrastrutture digitali - Altre PAC - gugno 2023", "pad-1.1-infrastructure-central-bodies-2023-06"),
        ("1.2 Abilitazione al Cloud - ASL/AO- dicembre 2022", "pad-1.2-cloud-health-2022-12"),
        (
            "1.4.4 Adozione SPID CIE-Amm.ni diverse da Comuni e Scuole -  Settembre 2022",
            "pad-1.4.4-digital-identity-other-bodies-2022-09",
        ),
        (
            "1.3.1 Piattaforma Digitale Nazionale Dati - Regioni e Province Autonome (dic 22)",
            "pad-1.3.1-data-platform-regions-2022-12",
        ),
        (
            "1.1 e 1.2 'Infrastrutture digitali e abilitazione al cloud' - ASL/AO -marzo 2023 (quota 1.2)",
            "pad-1.2-cloud-health-2023-03",
        ),
        (
            "1.1 e 1.2 'Infrastrutture digitali e abilitazione al cloud' - ASL/AO -marzo 2023 (quota 1.1)",
            "pad-1.1-infrastructure-health-2023-03",
        ),
        (
            "1.3.1 Piattaforma Digitale Nazionale Dati - ANNCSU - Comuni - maggio 2025",
            "pad-1.3.1-address-register-municipalities-2025-05",
        ),
    ],
)
def test_every_spelling_of_a_title_is_one_call(title: str, call: str) -> None:
    assert identify(title, curated()["lines"], SOURCE)["call"] == call


def test_a_title_that_cannot_be_read_is_refused() -> None:
    for title in (
        "9.9 Novità - Comuni - maggio 2025",
        "1.2 Abilitazione al Cloud - Comuni",
        "1.2 Abilitazione al Cloud - luglio 2025",
    ):
        with pytest.raises(DataError, match="names measure, line, addressee and month"):
            identify(title, curated()["lines"], SOURCE)


def test_titles_are_cleaned() -> None:
    assert (
        clean_title("1.4.4 Adozione SPID CIE  - Comuni -Aprile 2022")
        == "1.4.4 Adozione SPID CIE - Comuni - Aprile 2022"
    )


def entry(**changes: Any) -> dict[str, Any]:
    base = copy.deepcopy(next(each for each in curated("calls.yml")["calls"] if each["call"] == "pmrr-2025"))
    return base | changes


def event(**changes: Any) -> dict[str, Any]:
    return {"observed_on": date(2026, 1, 1), "state": "published", "source": "somewhere"} | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "blue"}, "unknown key 'colour'"),
        ({"source": ""}, "no source"),
        ({"history": []}, "no history"),
        ({"topic": "poetry"}, "unknown topic 'poetry'"),
        ({"applicants": ["everybody"]}, "unknown applicants 'everybody'"),
        ({"measure": "5.2"}, "unknown measure '5.2'"),
        ({"to_verify": ["mood"]}, "unknown to_verify 'mood'"),
        ({"history": [event(source="")]}, "no source"),
        ({"history": [event(observed_on=None)]}, "no observed_on"),
        ({"history": [event(closes_on="31/12/2026")]}, "'31/12/2026' is not a date"),
        ({"history": [event(state="rumoured")]}, "unknown state 'rumoured'"),
        ({"rules": [{"rule": "population", "operator": "at_least", "source": "x"}]}, "no value"),
        (
            {"rules": [{"rule": "population", "operator": "about", "value": 5, "source": "x"}]},
            "unknown operator 'about'",
        ),
        ({"rules": [{"rule": "weather", "operator": "is", "value": 5, "source": "x"}]}, "unknown rule 'weather'"),
        ({"amounts": [{"grant": 5}]}, "unknown key 'grant'"),
    ],
)
def test_curated_rows_are_checked(changes: dict[str, Any], message: str) -> None:
    calls.check_call(entry())
    with pytest.raises(DataError, match=message):
        calls.check_call(entry(**changes))


def test_every_curated_call_is_in_the_table_with_its_doubts() -> None:
    table = catalog.load("calls").set_index("call")
    for each in curated("calls.yml")["calls"]:
        row = table.loc[each["call"]]
        assert row["to_verify"].split(";") == (each.get("to_verify") or [""])
        assert row["title_en"] == each["title"]["en"]
        assert bool(row["note_it"]) == bool(row["note_en"]) == ("note" in each)
    assert table.loc["conto-termico-3", "to_verify"].split(";")[0] == "state"
    assert (table["source"] != "").all()
    assert (table["date_checked"] != "").all()


def test_lump_sums_have_seven_classes_for_every_component() -> None:
    table = calls.lump_sums()
    counts = table.groupby(["line", "component"]).size()
    assert set(counts) == {7}
    assert set(table["population_reference"]) == {"2022-01-01"}


def test_named_municipalities_of_rules_exist() -> None:
    """Codes in rules are those of the municipalities the comment beside them names."""
    names = catalog.load("municipalities").set_index("istat_code")["name"]
    rules = catalog.load("calls_rules").query("rule in ('istat_code', 'awarded_to')").set_index("call")["value"]
    assert names[rules["pnrr-m5c2i2.3-quality-of-living"].split(";")].tolist() == [
        "Baranzate",
        "Cologno Monzese",
        "Corsico",
        "Legnano",
        "Parabiago",
        "Pieve Emanuele",
        "Rescaldina",
        "Rho",
        "Solaro",
    ]
    assert names[rules["lombardia-sustainable-urban-strategies"].split(";")].tolist() == [
        "Milano",
        "Cinisello Balsamo",
        "Rho",
        "Legnano",
    ]


@pytest.fixture
def raw(shared: Path, tmp_path: Path) -> Path:
    """The publishers' files of calls and projects as links, so that one can be replaced."""
    for folder in ("pnrr_padigitale", "pnrr_regis", "pnrr_bandi"):
        (tmp_path / folder).mkdir()
        for file in (shared / "sources" / folder).iterdir():
            (tmp_path / folder / file.name).symlink_to(file.resolve())
    return tmp_path


def replace(raw: Path, name: str, old: str, new: str) -> None:
    file = raw / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.unlink()
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_applications_are_those_of_the_publisher_s_files(raw: Path, shared: Path) -> None:
    ours = padigitale.applications(raw)
    theirs = pd.read_csv(shared / "sources/pnrr_padigitale/MI015_comuni_tutte_misure.csv", dtype=str)
    assert len(ours) == len(theirs) == 954
    assert ours["amount"].sum() == pytest.approx(theirs["importo_finanziamento"].astype(float).sum())
    assert sorted(ours["cup"]) == sorted(theirs["codice_cup"])
    pairs = [ours.groupby("snapshot_on").size().to_dict(), theirs.groupby("snapshot").size().to_dict()]
    assert pairs[0] == pairs[1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",A,2023-07-12", ",Z,2023-07-12", "stato_candidatura is one of"),
        ("Comune di Arese,Comuni,Arese,015009", "Comune di Arese,Comuni,Arese,15009", "six digits"),
        ("1.4.3 - pagoPA - Comuni", "1.4.3 - papaGO - Comuni", "names measure, line"),
        ("codice_cup", "codice", "missing: codice_cup"),
    ],
)
def test_faults_in_the_applications_are_named(raw: Path, old: str, new: str, message: str) -> None:
    replace(raw, "pnrr_padigitale/MI015_candidature_finanziate_143_2023-10-24.csv", old, new)
    with pytest.raises(DataError, match=message):
        padigitale.applications(raw)


def test_the_list_and_its_history_must_agree(raw: Path) -> None:
    replace(raw, "pnrr_padigitale/avvisi_HEAD.csv", '"2025-07-17","2025-09-12"', '"2025-07-17","2025-09-13"')
    with pytest.raises(DataError, match="the list and the end of the history agree"):
        padigitale.calls(raw)


def test_an_unknown_state_of_a_call_is_named(raw: Path) -> None:
    replace(raw, "pnrr_padigitale/avvisi_history.csv", ",ARCHIVIATO,", ",SVANITO,")
    with pytest.raises(DataError, match="SVANITO"):
        padigitale.history(raw)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="file is missing"):
        padigitale.history(tmp_path)
    with pytest.raises(DataError, match="holds candidature_finanziate"):
        padigitale.applications(tmp_path)


def test_projects_keep_each_amount_once(raw: Path, shared: Path) -> None:
    found = regis.tables(raw)
    projects, places = found["regis_projects"], found["regis_locations"]
    assert projects["cup"].is_unique
    theirs = pd.read_csv(shared / "sources/pnrr_regis/MI015_regis_by_cup.csv", dtype={"cod_istat": str})
    once = theirs.drop_duplicates("cup").set_index("cup")
    ours = projects[(projects["located_on"] != "") & projects["paid_total"].notna()].set_index("cup")
    assert len(ours) == len(once) == 1905
    assert ours["finance_pnrr"].reindex(once.index).to_numpy() == pytest.approx(once["fin_pnrr"].to_numpy())
    assert ours["paid_total"].reindex(once.index).to_numpy() == pytest.approx(once["pag_tot"].to_numpy())
    municipal = theirs[theirs["cod_istat"] != "015000"]
    paid_places = places[places["cup"].isin(ours.index)]
    assert set(zip(paid_places["cup"], paid_places["istat_code"], strict=True)) == set(
        zip(municipal["cup"], municipal["cod_istat"], strict=True)
    )
    assert not places["istat_code"].str.endswith("000").any()
    assert places["share"].isna().all()


def test_small_tables_of_the_plan(raw: Path) -> None:
    found = regis.tables(raw)
    assert (len(found["pnrr_procedures"]), len(found["pnrr_spending"]), len(found["pnrr_milestones"])) == (
        587,
        240,
        1372,
    )
    assert found["pnrr_spending"]["amount"].sum() == pytest.approx(194_415_951_466, rel=1e-4)
    assert set(found["pnrr_milestones"]["level"]) == {"EU", "national"}
