"""PA digitale 2026: calls with their history, and the applications of municipalities that were funded.

The publisher overwrites `avvisi.csv` at every change and titles drift (quotes, a misspelt month), so the history of the
file is read as dated events and every title is brought back to one call, whose identifier is made of measure, line,
addressee and month.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from toolkit.catalog import last_observed
from toolkit.errors import DataError, boundary
from toolkit.sources.raw import RawFile, embedded
from toolkit.sources.resource import Resource

FOLDER = "pnrr_padigitale"
CALLS_FILE = f"{FOLDER}/avvisi_HEAD.csv"
HISTORY_FILE = f"{FOLDER}/avvisi_history.csv"
APPLICATIONS_FILE = re.compile(r"candidature_finanziate_(\d+)_(\d{4}-\d{2}-\d{2})\.csv$")
CURATED = Path(__file__).resolve().parents[2] / "data" / "curated"
APPLICATIONS = Resource.of("applications")
HISTORY = Resource.of("calls_history")
RESOURCES = (APPLICATIONS,)

MONTHS = {
    "gennaio": "January",
    "febbraio": "February",
    "marzo": "March",
    "aprile": "April",
    "maggio": "May",
    "giugno": "June",
    "luglio": "July",
    "agosto": "August",
    "settembre": "September",
    "ottobre": "October",
    "novembre": "November",
    "dicembre": "December",
}
MISSPELT = {"gugno": "giugno"}
STATES = {
    "BOZZA": "draft",
    "PUBBLICATO": "published",
    "CHIUSO": "closed",  # also seen before the opening day: then it is announced
    "ARCHIVIATO": "archived",
    "TERMINATO": "terminated",
}
OUTCOMES = {"A": "assigned", "E": "paid", "R": "renounced"}
# part of a title → addressee in the identifier; the first that matches wins
ADDRESSEES = (
    ("diverse da comuni", "other-bodies", "other public bodies"),
    ("altri enti", "other-bodies", "other public bodies"),
    ("altre pac", "central-bodies", "central bodies"),
    ("scuole", "schools", "schools"),
    ("comuni", "municipalities", "municipalities"),
    ("asl/ao", "health", "health bodies"),
    ("universit", "universities", "universities"),
    ("province e citt", "provinces", "provinces and metropolitan cities"),
    ("regioni", "regions", "regions"),
)


def curated(name: str = "padigitale.yml") -> dict[str, Any]:
    """What the publisher's files do not say, kept by hand in `data/curated/`."""
    path = CURATED / name
    with boundary(lambda why: DataError(f"{name} cannot be read: {why}", where=str(path))):
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def clean_title(title: str) -> str:
    """A published title without quotes, double blanks and misspelt months: the same for every spelling of a call."""
    text = re.sub(r"[\"'“”«»]", "", title)
    for wrong, right in MISSPELT.items():
        text = re.sub(rf"\b{wrong}\b", right, text, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", re.sub(r"\s*-\s*", " - ", text)).strip(" -")


def identify(title: str, lines: list[dict[str, str]], source: RawFile) -> dict[str, str]:
    """Identifier, measure, line and English title of a published title.

    Args:
        title: as published, in any of its spellings.
        lines: vocabulary of lines (`line`, `find`, `it`, `en`).
        source: the file, which words the fault of a title that cannot be read.
    """
    text = clean_title(title).lower()
    measure = re.match(r"(\d\.\d(?:\.\d)?)", text)
    quota = re.search(r"quota (\d\.\d)", text)
    line = next((entry for entry in lines if entry["find"] in text), None)
    who = next((entry for entry in ADDRESSEES if entry[0] in text), None)
    month = _month(text)
    if not (measure and line and who and month):
        raise source.fault(f"a title names measure, line, addressee and month; it is {title!r}")
    number = quota[1] if quota else measure[1]
    day = f"{list(MONTHS.values())[int(month[5:]) - 1]} {month[:4]}"
    return {
        "call": f"pad-{number}-{line['line'].replace('_', '-')}-{who[1]}-{month}",
        "measure": f"M1C1I{number}",
        "line": line["line"],
        "month": month,
        "title_en": f"{number} {line['en']}, {who[2]}, {day}",
    }


def _month(text: str) -> str:
    found = re.search(r"\b([a-zà]{3,9})\.? (20\d\d|\d\d)\)?", text)
    for word, year in re.findall(r"\b([a-zà]{3,9}) (20\d\d|\d\d)\b", text) if found else []:
        number = next((i + 1 for i, name in enumerate(MONTHS) if name == word or name[:3] == word), 0)
        if number:
            return f"{year if len(year) == 4 else '20' + year}-{number:02d}"
    return ""


def history(raw: Path) -> pd.DataFrame:
    """Dated events of the calls: one row a change that the history of the publisher's file shows.

    Returns:
        call, observed_on, opens_on, closes_on, precision, state, endowment (EUR), title_as_published, source
    """
    source = RawFile("calls_history", raw / HISTORY_FILE)
    names = ["observed_on", "titolo", "data_inizio_bando", "data_fine_bando", "stato", "totale_importo_stanziato"]
    frame = source.csv(names)
    lines = curated()["lines"]
    unknown = set(frame["stato"]) - set(STATES)
    source.require(not unknown, f"stato is one of {', '.join(STATES)}; also found: {', '.join(sorted(unknown))}")
    out = pd.DataFrame(
        {
            "call": [identify(title, lines, source)["call"] for title in frame["titolo"]],
            "observed_on": frame["observed_on"],
            "opens_on": frame["data_inizio_bando"],
            "closes_on": frame["data_fine_bando"],
            "precision": "day",
            "state": frame["stato"].map(STATES),
            "endowment": source.number(frame, "totale_importo_stanziato"),
            "title_as_published": frame["titolo"],
            "source": "PA digitale 2026, data/avvisi.csv",
        }
    )
    source.unique(out, ["call", "observed_on"])
    return out.sort_values(["call", "observed_on"]).reset_index(drop=True)


def calls(raw: Path) -> pd.DataFrame:
    """One row a call of the publisher's last list, with what is kept by hand about its line.

    Raises:
        DataError: a call of the list is not in the history, or ends otherwise than the history says.
    """
    source = RawFile("calls", raw / CALLS_FILE)
    frame = source.csv(["titolo", "data_fine_bando", "soggetti_destinatari", "totale_importo_stanziato"])
    words, events, seen = curated(), history(raw), applications_seen_until(raw)
    last, listed = events.groupby("call").last(), last_observed(events, HISTORY.observed)
    rows = []
    for row in frame.to_dict("records"):
        known = identify(row["titolo"], words["lines"], source)
        source.require(known["call"] in last.index, f"every call has a history; {row['titolo']!r} has none")
        event = last.loc[known["call"]].to_dict()
        same = (event["closes_on"], float(event["endowment"])) == (
            row["data_fine_bando"],
            float(row["totale_importo_stanziato"]),
        )
        source.require(same, f"the list and the end of the history agree; they do not for {row['titolo']!r}")
        first = str(events.loc[events["call"] == known["call"], "observed_on"].min())
        rows.append(_call(row, known, words, (first, listed), seen))
    out = pd.DataFrame(rows)
    source.unique(out, ["call"])
    missing = set(last.index) - set(out["call"])
    source.require(not missing, f"every call with a history is in the list; missing: {', '.join(sorted(missing))}")
    return out.sort_values("call").reset_index(drop=True)


def _call(
    row: dict[Any, Any], known: dict[str, str], words: dict[str, Any], watched: tuple[str, str], seen: dict[str, str]
) -> dict[str, str]:
    who = dict.fromkeys(words["applicants"][name] for name in row["soggetti_destinatari"].split(";"))
    municipal = list(who) == ["municipality"]
    note = next((note for note in words["notes"] if note["call"] == known["call"]), {"it": "", "en": ""})
    return {
        "call": known["call"],
        "programme": "pnrr",
        "measure": known["measure"],
        "line": known["line"],
        "title_it": clean_title(row["titolo"]),
        "title_en": known["title_en"],
        "owner": words["owner"],
        "applicants": ";".join(who),
        "municipalities_only": "yes" if municipal else "no",
        "topic": "mobility_smart_city",
        "flags": "",
        "instrument": "lump_sum" if municipal else "",
        "office": "digital_transition",
        "first_observed_on": watched[0],
        "last_observed_on": watched[1],
        "applications_observed_until": seen.get(known["measure"], "") if municipal else "",
        "note_it": note["it"],
        "note_en": note["en"],
        "source": words["source"],
        "date_checked": watched[1],
        "to_verify": "",
    }


def rules(table: pd.DataFrame) -> pd.DataFrame:
    """Who may apply to the calls of `calls(raw)`, one row a rule."""
    words = curated()
    rows: list[dict[str, str]] = []
    for call in table.to_dict("records"):
        first = call["first_observed_on"]
        base = {"call": call["call"], "alternative": "", "population_reference": "", "valid_from": "", "valid_to": ""}
        base |= {"observed_on": first, "to_verify": "no"}
        applicant = {"rule": "applicant", "operator": "one_of", "value": call["applicants"], "basis": "stated"}
        rows.append(base | applicant | {"rule_id": "applicant", "source": "PA digitale 2026, soggetti destinatari"})
        for extra in words["single_grant"]:
            if (extra["line"], call["municipalities_only"]) != (call["line"], "yes"):
                continue
            if call["call"][-7:] not in extra["calls"]:
                continue
            single = {"rule": "live_grant_same_line", "operator": "is", "value": "false", "basis": extra["basis"]}
            told = extra.get("source", "PA digitale 2026, candidature finanziate dei 133 comuni")
            rows.append(base | single | {"rule_id": "single-grant", "source": told})
    return pd.DataFrame(rows)


def applications(raw: Path) -> pd.DataFrame:
    """Funded applications of municipalities, one row each; the day of the file beside every row.

    Returns:
        istat_code, call, submitted_on, funded_on, window, decree, cup, amount (EUR), state (assigned | paid |
        renounced), state_on (empty in the oldest file), snapshot_on
    """
    lines = curated()["lines"]
    out = pd.concat([_applications(path, day, lines) for path, day in _files(raw)], ignore_index=True)
    key = ["istat_code", "call", "submitted_on"]
    RawFile("applications", raw / FOLDER).unique(out, key)
    return out.sort_values(key).reset_index(drop=True)


def _applications(path: Path, day: str, lines: list[dict[str, str]]) -> pd.DataFrame:
    source = RawFile("applications", path)
    names = ["cod_comune", "importo_finanziamento", "avviso", "data_invio_candidatura", "data_finanziamento"]
    names += ["codice_cup", "numero_finestra_temporale", "numero_di_protocollo", "stato_candidatura", "tipologia_ente"]
    frame = source.csv(names)
    frame = frame[frame["tipologia_ente"].isin(("Comuni", "Comune"))]
    source.codes(frame, "cod_comune")
    unknown = set(frame["stato_candidatura"]) - set(OUTCOMES)
    source.require(not unknown, f"stato_candidatura is one of A, E, R; also found: {', '.join(sorted(unknown))}")
    titles = {title: identify(title, lines, source)["call"] for title in frame["avviso"].unique()}
    out = pd.DataFrame(
        {
            "istat_code": frame["cod_comune"],
            "call": frame["avviso"].map(titles),
            "submitted_on": frame["data_invio_candidatura"].str[:10],
            "funded_on": frame["data_finanziamento"],
            "window": source.number(frame, "numero_finestra_temporale"),
            "decree": frame.get("decreto_finanziamento", ""),
            "cup": frame["codice_cup"],
            "amount": source.number(frame, "importo_finanziamento"),
            "state": frame["stato_candidatura"].map(OUTCOMES),
            "state_on": frame.get("data_stato_candidatura", ""),
            "snapshot_on": day,
        }
    )
    return embedded(out)


def applications_seen_until(raw: Path) -> dict[str, str]:
    """Measure → last day on which its funded applications were observed."""
    found = applications(raw)
    measures = found.groupby(found["call"].str.split("-").str[1])
    return {f"M1C1I{number}": last_observed(rows, APPLICATIONS.observed) for number, rows in measures}


def _files(raw: Path) -> list[tuple[Path, str]]:
    paths = sorted((raw / FOLDER).glob("*.csv"))
    found = [(path, match[2]) for path in paths if (match := APPLICATIONS_FILE.search(path.name))]
    RawFile("applications", raw / FOLDER).require(bool(found), "holds candidature_finanziate_<measure>_<day>.csv")
    return found


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """The funded applications; calls go with the others, in `toolkit.sources.calls`."""
    return {"applications": applications(raw)}
