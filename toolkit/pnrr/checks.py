"""What must hold in the tables of calls before anything is said of them; all faults are shown together.

The catalogue checks form (types, keys, vocabularies); here is meaning: dates in order, validities that do not overlap,
measures that exist, amounts that make sense.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

import pandas as pd

from toolkit.errors import DataError, Faults
from toolkit.pnrr.days import parse, records

MEASURE = re.compile(r"(M[1-7]C\d)([IR])0*(\d+)\.0*(\d+)(?:\.0*([A-Z]?\d*))?")
ALWAYS, EVER = "0000-00-00", "9999-99-99"


def measure_code(code: str) -> str:
    """`M5C2I2.01.00` and `M5C2I2.1` are one measure: `M5C2I2.1`; `M1C1I1.04.03` is `M1C1I1.4.3`.

    Raises:
        DataError: the code has not the form of a measure.
    """
    found = MEASURE.fullmatch(code)
    if not found:
        raise DataError(f"unknown measure {code!r}", where="measure", allowed="a code like M5C2I2.1 or M1C1I1.4.3")
    component, kind, first, second, third = found.groups()
    return f"{component}{kind}{first}.{second}" + (f".{third}" if third else "")


def known_measures(submeasures: Iterable[str]) -> set[str]:
    """Measures of the plan, with the measures their submeasures belong to."""
    codes = {measure_code(code) for code in submeasures}
    return codes | {code.rsplit(".", 1)[0] for code in codes if code.count(".") == 2}


def check_calls(calls: pd.DataFrame, history: pd.DataFrame, measures: Iterable[str] = ()) -> None:
    """Calls and their history make sense.

    Args:
        calls: `call`, `measure`, …
        history: `call`, `observed_on`, `opens_on`, `closes_on`, `endowment`, `state`.
        measures: codes of the plan; where given, a call's measure must be one of them.

    Raises:
        Faults: every fault found: two states of one day, closing before opening, negative endowment, unknown measure, a
            call without history or a history without call.
    """
    faults: list[DataError] = []
    for row in records(history[history.duplicated(["call", "observed_on"])]):
        faults.append(_fault("two states are valid at once", f"calls_history, {row['call']}, {row['observed_on']}"))
    for row in records(history):
        where = f"calls_history, {row['call']}, {row['observed_on']}"
        for name in ("observed_on", "opens_on", "closes_on"):
            faults += _not_a_day(row[name], where)
        if row["opens_on"] and row["closes_on"] and row["closes_on"] < row["opens_on"]:
            faults.append(_fault(f"closing {row['closes_on']} before opening {row['opens_on']}", where))
        if row["endowment"] < 0:
            faults.append(_fault(f"negative endowment {row['endowment']:.2f}", where))
    known = known_measures(measures)
    for row in records(calls[calls["measure"] != ""]):
        try:
            code = measure_code(str(row["measure"]))
        except DataError as fault:
            faults.append(_fault(fault.what, f"calls, {row['call']}", fault.allowed))
            continue
        if known and code not in known:
            what = f"unknown measure {row['measure']!r}"
            faults.append(_fault(what, f"calls, {row['call']}", "a measure of the plan"))
    for name in sorted(set(calls["call"]) ^ set(history["call"])):
        faults.append(_fault(f"call {name!r} is in one table only", "calls and calls_history"))
    _raise(faults)


def check_rules(rules: pd.DataFrame, calls: Iterable[str] = ()) -> None:
    """Rules of one call about one thing are valid one at a time.

    Raises:
        Faults: overlapping validity, a validity that ends before it begins, a threshold that is no number, unknown
        call.
    """
    faults: list[DataError] = []
    names = set(calls)
    for row in records(rules):
        where = f"calls_rules, {row['call']}, {row['rule_id']}"
        if names and row["call"] not in names:
            faults.append(_fault(f"unknown call {row['call']!r}", where))
        if row["valid_from"] and row["valid_to"] and row["valid_to"] < row["valid_from"]:
            faults.append(_fault(f"valid_to {row['valid_to']} before valid_from {row['valid_from']}", where))
        if row["operator"] in ("at_least", "above", "at_most", "below") and not _is_amount(row["value"]):
            faults.append(_fault(f"threshold {row['value']!r} is not a number of zero or more", where))
    for (call, rule, alternative, operator), group in rules.groupby(["call", "rule", "alternative", "operator"]):
        spans = sorted((row["valid_from"] or ALWAYS, row["valid_to"] or EVER, row["rule_id"]) for row in records(group))
        for (_, end, first), (start, _, second) in itertools.pairwise(spans):
            if start <= end:
                where = f"calls_rules, {call}, {rule} {operator} {alternative}".rstrip()
                faults.append(_fault(f"overlapping validity of {first} and {second}", where))
    _raise(faults)


def check_bands(table: pd.DataFrame, by: list[str], name: str) -> None:
    """Classes of population of one thing do not overlap, and amounts are not negative.

    Args:
        table: `population_min`, `population_max` (NaN: no bound) and amounts.
        by: columns that say what the classes belong to.
        name: of the table, for the message.
    """
    faults: list[DataError] = []
    money = [column for column in ("amount", "grant_min", "grant_max", "project_min", "project_max") if column in table]
    for row in records(table[(table[money] < 0).any(axis=1)]):
        faults.append(_fault("negative amount", f"{name}, {', '.join(str(row[column]) for column in by)}"))
    for key, group in table.groupby(by):
        lows, highs = group["population_min"].fillna(0), group["population_max"].fillna(float("inf"))
        spans = sorted(zip(lows, highs, strict=True))
        for (_, end), (start, _) in itertools.pairwise(spans):
            if start <= end:
                where = f"{name}, {', '.join(map(str, key))}"
                faults.append(_fault(f"classes overlap at {start:.0f} residents", where))
    _raise(faults)


def _not_a_day(text: str, where: str) -> list[DataError]:
    try:
        if text:
            parse(text, where)
    except DataError as fault:
        return [fault]
    return []


def _is_amount(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False


def _fault(what: str, where: str, allowed: str = "") -> DataError:
    return DataError(
        what, where=where, allowed=allowed, hint="mend the row in data/curated and run quadro data build --from FOLDER"
    )


def _raise(faults: list[DataError]) -> None:
    if faults:
        raise Faults(faults)
