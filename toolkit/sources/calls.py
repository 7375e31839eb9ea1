"""Calls and their rules: PA digitale's open data, and the calls kept by hand in `data/curated/`, in the same tables.

The curated files hold what no open data lists: who may apply, thresholds, amounts, successor programmes, each with its
source and the day it was checked. They are checked here for form (keys, dates, vocabularies); that validities do not
overlap and amounts make sense is checked where calls are used, in `toolkit.pnrr.checks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.catalog import last_observed
from toolkit.errors import DataError
from toolkit.sources import padigitale
from toolkit.sources.padigitale import CURATED, HISTORY, curated
from toolkit.sources.resource import Resource

CALLS = Resource.of("calls")
RULES = Resource.of("calls_rules")
AMOUNTS = Resource.of("calls_amounts")
LUMP_SUMS = Resource.of("lump_sums")
CALENDAR = Resource.of("pnrr_calendar")
FACTS = Resource.of("pnrr_facts")
RESOURCES = (CALLS, HISTORY, RULES, AMOUNTS, LUMP_SUMS, CALENDAR, FACTS)
# Words of cells that hold several, so that no rule of a column says them.
SPECIAL = ("energy_community", "cycling", "missing_from_list")
APPLICANTS = (
    "municipality",
    "municipality_group",
    "municipality_union",
    "metropolitan_city",
    "province",
    "region",
    "school",
    "university",
    "health",
    "central_body",
    "other_body",
    "waste_authority",
    "energy_community",
    "third_sector",
    "citizen",
    "firm",
)
UNSURE = (
    *RULES.allowed("rule"),
    "opens_on",
    "closes_on",
    "endowment",
    "state",
    "outcome",
    "applicants",
    "grant_max",
    "population_reference",
)
HEAD = {"call", "programme", "measure", "title", "owner", "applicants", "topic", "flags", "instrument", "office"}
CALL_KEYS = HEAD | {"history", "rules", "amounts", "note", "source", "to_verify"}
EVENT_KEYS = {"observed_on", "opens_on", "closes_on", "precision", "state", "endowment", "source"}
RULE_KEYS = {"rule", "operator", "value", "alternative", "valid_from", "valid_to", "observed_on", "source"}
AMOUNT_KEYS = {"population_min", "population_max", "grant_share", "grant_min", "grant_max", "project_min"}
AMOUNT_KEYS |= {"project_max", "unit", "per", "condition"}
MEASURE = r"M[1-7]C\d[IR]\d{1,2}(\.\d{1,2}){1,2}"


def tables(raw: Path) -> dict[str, pd.DataFrame]:
    """All the tables of calls."""
    digital, document = padigitale.calls(raw), curated("calls.yml")
    other = document["calls"]
    for entry in other:
        check_call(entry)
    _once((entry["call"] for entry in other), "call")
    day = _day(document["date_checked"], "date_checked")
    return {
        "calls": _sorted(pd.concat([digital, pd.DataFrame([_call(entry, day) for entry in other])]), CALLS.key),
        "calls_history": _sorted(
            pd.concat([padigitale.history(raw), pd.DataFrame([row for entry in other for row in _events(entry)])]),
            HISTORY.key,
        ),
        "calls_rules": _sorted(
            pd.concat([padigitale.rules(digital), pd.DataFrame([row for each in other for row in _rules(each, day)])]),
            RULES.key,
        ),
        "calls_amounts": _sorted(pd.DataFrame([row for entry in other for row in _amounts(entry)]), AMOUNTS.key),
        "lump_sums": lump_sums(),
        "pnrr_calendar": _calendar(),
        "pnrr_facts": _facts(),
    }


def check_call(entry: dict[str, Any]) -> None:
    """Form of one curated call.

    Raises:
        DataError: an unknown key, word or measure, a date that is none, no source, no day of observation.
    """
    name = str(entry.get("call", "?"))
    _keys(entry, CALL_KEYS, {"call", "programme", "title", "owner", "applicants", "topic"}, name)
    _keys(entry, CALL_KEYS, {"office", "history", "source"}, name)
    _word(entry["programme"], CALLS.allowed("programme"), "programme", name)
    _word(entry["topic"], CALLS.allowed("topic"), "topic", name)
    _word(entry.get("instrument", ""), CALLS.allowed("instrument"), "instrument", name)
    _word(entry["office"], CALLS.allowed("office"), "office", name)
    for who in entry["applicants"]:
        _word(who, APPLICANTS, "applicants", name)
    for flag in entry.get("flags", ()):
        _word(flag, SPECIAL, "flags", name)
    for unsure in entry.get("to_verify", ()):
        _word(unsure, UNSURE, "to_verify", name)
    if not re.fullmatch(MEASURE, entry.get("measure", "M1C1I1.1")):
        raise _fault(f"unknown measure {entry['measure']!r}", f"{name}, measure", "a code like M5C2I2.1")
    for event in entry["history"]:
        _keys(event, EVENT_KEYS, {"observed_on", "state", "source"}, f"{name}, history")
        _word(event["state"], HISTORY.allowed("state"), "state", name)
        for when in ("observed_on", "opens_on", "closes_on"):
            _day(event.get(when), f"{name}, history, {when}")
    for rule in entry.get("rules", ()):
        _keys(rule, RULE_KEYS, {"rule", "operator", "value", "source"}, f"{name}, rules")
        _word(rule["rule"], RULES.allowed("rule"), "rule", name)
        _word(rule["operator"], RULES.allowed("operator"), "operator", name)
    for amount in entry.get("amounts", ()):
        _keys(amount, AMOUNT_KEYS, set(), f"{name}, amounts")


def _call(entry: dict[str, Any], day: str) -> dict[str, str]:
    note = entry.get("note", {})
    return {
        "call": entry["call"],
        "programme": entry["programme"],
        "measure": entry.get("measure", ""),
        "line": "",
        "title_it": entry["title"]["it"],
        "title_en": entry["title"]["en"],
        "owner": entry["owner"],
        "applicants": ";".join(entry["applicants"]),
        "municipalities_only": "yes" if entry["applicants"] == ["municipality"] else "no",
        "topic": entry["topic"],
        "flags": ";".join(entry.get("flags", ())),
        "instrument": entry.get("instrument", ""),
        "office": entry["office"],
        "first_observed_on": min(_day(event["observed_on"], entry["call"]) for event in entry["history"]),
        "last_observed_on": _last(entry),
        "applications_observed_until": "",
        "note_it": note.get("it", ""),
        "note_en": note.get("en", ""),
        "source": entry["source"],
        "date_checked": day,
        "to_verify": ";".join(entry.get("to_verify", ())),
    }


def _last(entry: dict[str, Any]) -> str:
    return last_observed(pd.DataFrame(_events(entry)), HISTORY.observed)


def _events(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "call": entry["call"],
            "observed_on": _day(event["observed_on"], entry["call"]),
            "opens_on": _day(event.get("opens_on"), entry["call"]),
            "closes_on": _day(event.get("closes_on"), entry["call"]),
            "precision": event.get("precision", "day"),
            "state": event["state"],
            "endowment": event.get("endowment"),
            "title_as_published": "",
            "source": event["source"],
        }
        for event in entry["history"]
    ]


def _rules(entry: dict[str, Any], day: str) -> list[dict[str, str]]:
    first = min(_day(event["observed_on"], entry["call"]) for event in entry["history"])
    applicant = {"rule": "applicant", "operator": "one_of", "value": entry["applicants"], "source": entry["source"]}
    unsure = set(entry.get("to_verify", ()))
    rows = []
    for number, rule in enumerate([applicant, *entry.get("rules", ())]):
        name = "applicants" if rule["rule"] == "applicant" else rule["rule"]
        value = rule["value"]
        rows.append(
            {
                "call": entry["call"],
                "rule_id": f"{number}-{rule['rule'].replace('_', '-')}",
                "alternative": rule.get("alternative", ""),
                "rule": rule["rule"],
                "operator": rule["operator"],
                "value": ";".join(map(str, value)) if isinstance(value, list) else str(value).lower(),
                "population_reference": "",
                "valid_from": _day(rule.get("valid_from"), entry["call"]),
                "valid_to": _day(rule.get("valid_to"), entry["call"]),
                "observed_on": _day(rule.get("observed_on"), entry["call"]) or first,
                "basis": "stated",
                "source": rule["source"],
                "to_verify": "yes" if name in unsure else "no",
            }
        )
    return rows


def _amounts(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "call": entry["call"],
            "band": number,
            "population_min": amount.get("population_min"),
            "population_max": amount.get("population_max"),
            "grant_share": amount.get("grant_share"),
            "grant_min": amount.get("grant_min"),
            "grant_max": amount.get("grant_max"),
            "project_min": amount.get("project_min"),
            "project_max": amount.get("project_max"),
            "unit": amount.get("unit", "EUR"),
            "per": amount.get("per", "project"),
            "condition": amount.get("condition", ""),
            "observed_on": _last(entry),
            "source": entry["source"],
        }
        for number, amount in enumerate(entry.get("amounts", ()), start=1)
    ]


def lump_sums() -> pd.DataFrame:
    """Lump sums by line, component and class of population."""
    document = curated("lump_sums.yml")
    bounds = [0, *document["classes"], None]
    rows = []
    for entry in document["lump_sums"]:
        amounts, units = entry["amounts"], entry.get("max_units", [None] * len(entry["amounts"]))
        if not len(amounts) == len(units) == len(bounds) - 1:
            where = f"lump_sums.yml, {entry['line']} {entry['component']}"
            raise _fault("an amount for every class is needed", where, f"{len(bounds) - 1} amounts")
        for low, high, amount, most in zip(bounds[:-1], bounds[1:], amounts, units, strict=True):
            rows.append(
                {
                    "line": entry["line"],
                    "component": entry["component"],
                    "population_class": f"{low + 1 if low else 0}-{high or ''}",
                    "population_min": low + 1 if low else 0,
                    "population_max": high,
                    "amount": amount,
                    "unit": "EUR",
                    "max_units": most,
                    "optional": "yes" if entry.get("optional") else "no",
                    "population_reference": _day(document["population_reference"], "lump_sums.yml"),
                    "basis": entry["basis"],
                    "source": entry["source"],
                }
            )
    return pd.DataFrame(rows)


def _calendar() -> pd.DataFrame:
    document = curated("plan.yml")
    return pd.DataFrame(
        [
            {
                "event": entry["event"],
                "date": _day(entry["date"], "plan.yml"),
                "outcome_it": entry.get("outcome", {}).get("it", ""),
                "outcome_en": entry.get("outcome", {}).get("en", ""),
                "seen_on": _day(entry.get("seen_on"), "plan.yml"),
                "title_it": entry["title"]["it"],
                "title_en": entry["title"]["en"],
                "source": entry["source"],
                "date_checked": _day(document["date_checked"], "plan.yml"),
            }
            for entry in document["calendar"]
        ]
    )


def _facts() -> pd.DataFrame:
    document = curated("plan.yml")
    facts = [{**entry, "date": _day(entry["date"], "plan.yml")} for entry in document["facts"]]
    return _sorted(pd.DataFrame(facts), FACTS.key)


def _sorted(frame: pd.DataFrame, key: tuple[str, ...]) -> pd.DataFrame:
    repeated = frame.duplicated(list(key))
    if repeated.any():
        row = frame[repeated].iloc[0]
        raise _fault(f"{', '.join(key)} is given twice", str(CURATED), ", ".join(str(row[name]) for name in key))
    return frame.sort_values(list(key), kind="stable").reset_index(drop=True)


def _day(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    raise _fault(f"{value!r} is not a date", where, "a date like 2026-11-22")


def _keys(entry: dict[str, Any], known: set[str], needed: set[str], where: str) -> None:
    unknown, missing = set(entry) - known, {name for name in needed if not entry.get(name)} - {"value"}
    if "value" in needed and "value" not in entry:
        missing.add("value")
    if unknown or missing:
        what = f"unknown key {sorted(unknown)[0]!r}" if unknown else f"no {sorted(missing)[0]}"
        raise _fault(what, where, ", ".join(sorted(known)))


def _word(value: object, known: Sequence[str], what: str, where: str) -> None:
    if value not in known:
        raise _fault(f"unknown {what} {value!r}", where, ", ".join(known))


def _once(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _fault(f"{what} {name!r} is given twice", "calls.yml", "one entry each")
        seen.add(name)


def _fault(what: str, where: str, allowed: str) -> DataError:
    return DataError(f"curated calls: {what}", where=f"data/curated, {where}", allowed=allowed)
