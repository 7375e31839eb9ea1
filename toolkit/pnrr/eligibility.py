"""Who may apply: rules are rows of data, answers are yes, no or unknown, each with its reason.

Three-valued logic: all rules of a call must hold (a missing fact makes the call unknown unless another rule already
says no); rules marked with an `alternative` hold together within it, and one alternative is enough. A yes never rests
on a fact that is missing, on a rule that is itself to be verified, or on a population whose reference date is not
stated when the years disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from toolkit.errors import DataError, ParameterError
from toolkit.pnrr.days import as_of_day, records

YES, NO, UNKNOWN = "yes", "no", "unknown"
REASONS = (
    "meets",
    "does_not_meet",
    "not_in_data",
    "years_disagree",
    "rule_to_verify",
    "observed_only",
    "renunciation_undated",
    "alone_too_small",
    "needs_group",
    "no_rule_valid",
)
"""`years_disagree`: the reference date of population is not stated and recent years fall on both sides;
`observed_only`: nobody in this position was ever funded, but no stated rule forbids it; `renunciation_undated`: a grant
of the line was renounced, perhaps after the day; `alone_too_small`: a group may reach the threshold; `needs_group`:
only groups may apply; `no_rule_valid`: no rule of the call was valid on the day."""

NEAR = 0.02
"""Within 2 % of a threshold both classes are shown: the published exceptions lie within 1.1 % of one."""

WINNERS = "awarded_to"
"""A row of the rules that is no requirement but an outcome: the list of those who were funded."""

_KEPT = ("call", "rule_id", "alternative", "rule", "operator", "value", "basis", "to_verify", "source")
POPULATION_RULES = ("population", "group_population", "member_population")


@dataclass(frozen=True)
class Facts:
    """What is known of a body on which rules are judged. What is not here is unknown, never false.

    Attributes:
        istat_code: six digits.
        populations: year → residents at 1 January.
        values: other facts by the name of the rule (`region`, `metropolitan_city`, `ivsm`, `chief_town` …).
        live_grants: line → day from which a grant of the line is held and not renounced.
        unsure_grants: lines whose only grant was renounced on a day that is not known.
        kind: what applies, as in the calls' `applicants`.
    """

    istat_code: str
    populations: Mapping[int, float] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    live_grants: Mapping[str, str] | None = None
    unsure_grants: frozenset[str] = frozenset()
    kind: str = "municipality"


@dataclass(frozen=True)
class Answer:
    """One rule judged: answer, reason, what was found and of which day, and whether it is near the threshold."""

    answer: str
    reason: str
    found: str = ""
    reference: str = ""
    near: bool = False


def facts_of(
    istat_code: str,
    population: pd.DataFrame,
    applications: pd.DataFrame,
    lines: Mapping[str, str],
    values: Mapping[str, object] | None = None,
) -> Facts:
    """Facts of one municipality from the tables.

    Args:
        population: table `population` (`istat_code`, `year`, `item`, `value`, `flag`).
        applications: table `applications`, best as `applications_as_of` a day: a renunciation that may be later than
            that day leaves open whether the grant was held.
        lines: call → line.
        values: what else is known (`region`, `metropolitan_city` …).
    """
    own = population[population["istat_code"] == istat_code]
    own = own[own["item"] == "residents"]
    residents = {int(row["year"]): float(row["value"]) for row in records(own.dropna(subset=["value"]))}
    held: dict[str, str] = {}
    unsure: set[str] = set()
    mine = applications[applications["istat_code"] == istat_code]
    for row in records(mine.sort_values("funded_on")):
        line = lines.get(str(row["call"]), "")
        if row["state"] != "renounced":
            held.setdefault(line, str(row["funded_on"]))
        elif not row.get("state_known", True):
            unsure.add(line)
    return Facts(istat_code, residents, dict(values or {}), held, frozenset(unsure))


def evaluate(
    rules: pd.DataFrame,
    facts: Facts,
    as_of: str | date,
    *,
    lines: Mapping[str, str] | None = None,
    judged_on: Mapping[str, str] | None = None,
    hindsight: bool = False,
    near: float = NEAR,
) -> pd.DataFrame:
    """Every rule known on the day, judged on what is known of a body.

    Args:
        rules: table `calls_rules`.
        facts: of the body.
        as_of: rules observed by this day are used; with `hindsight`, all of them. Of a call whose rules were all
            observed later, the first observed are used and marked `known_later`.
        lines: call → line, for rules about grants already held.
        judged_on: call → the day at which validity and population are judged (a closed call: its closing day); default
        `as_of`.
        near: fraction of a threshold within which it is marked near.

    Returns:
        `call`, `rule_id`, `alternative`, `rule`, `operator`, `value`, `answer`, `reason`, `found`, `reference` (day of
        the population used), `near`, `basis`, `to_verify`, `source`, `known_later`; one row a rule valid on the judged
        day.
    """
    day = as_of_day(as_of)
    asked = rules[rules["rule"] != WINNERS]
    first = asked.groupby("call")["observed_on"].min().to_dict()
    rows = []
    for rule in records(asked):
        call = str(rule["call"])
        when = min((judged_on or {}).get(call) or day, day)
        if not hindsight and rule["observed_on"] > max(day, first[call]):
            continue
        if (rule["valid_from"] and when < rule["valid_from"]) or (rule["valid_to"] and when > rule["valid_to"]):
            continue
        answer = _judge({str(k): str(v) for k, v in rule.items()}, facts, when, (lines or {}).get(call, ""), near)
        later = {"known_later": rule["observed_on"] > day}
        rows.append({name: rule[name] for name in _KEPT} | vars(answer) | later)
    columns = [*_KEPT[:6], "answer", "reason", "found", "reference", "near", *_KEPT[6:], "known_later"]
    return pd.DataFrame(rows, columns=columns)


def verdicts(judged: pd.DataFrame, calls: Iterable[str]) -> pd.DataFrame:
    """One answer a call.

    Args:
        judged: result of `evaluate`.
        calls: the calls asked about; one without a known rule is unknown.

    Returns:
        `call`, `answer`, `reasons` (reasons of the rules that decide, joined by ";"), `near` (some threshold is near),
        `known_later` (the rules were first observed after the day).
    """
    groups = dict(list(judged.groupby("call"))) if len(judged) else {}
    rows = []
    for call in sorted(set(calls)):
        if call not in groups:
            rows.append((call, UNKNOWN, "no_rule_valid", False, False))
            continue
        group = groups[call]
        answer = combine(list(zip(group["alternative"], group["answer"], strict=True)))
        decisive = group[group["answer"] == answer]
        reasons = ";".join(dict.fromkeys(decisive["reason"]))
        rows.append((call, answer, reasons, bool(group["near"].any()), bool(group["known_later"].any())))
    return pd.DataFrame(rows, columns=["call", "answer", "reasons", "near", "known_later"])


def combine(answers: Iterable[tuple[str, str]]) -> str:
    """Three-valued AND of the rules; rules of alternatives are ANDed within one and ORed between them.

    Args:
        answers: pairs of alternative ("" for a rule that always holds) and answer.
    """
    listed = list(answers)
    if not listed:
        return UNKNOWN
    common = [answer for alternative, answer in listed if not alternative]
    alternatives = sorted({alternative for alternative, _ in listed if alternative})
    options = [_all([answer for name, answer in listed if name == alternative]) for alternative in alternatives]
    return _all([*common, _any(options)] if options else common)


def _all(answers: list[str]) -> str:
    return NO if NO in answers else UNKNOWN if UNKNOWN in answers else YES


def _any(answers: list[str]) -> str:
    return YES if YES in answers else UNKNOWN if UNKNOWN in answers else NO


def _judge(rule: dict[str, str], facts: Facts, day: str, line: str, near: float) -> Answer:
    name = rule["rule"]
    if name in POPULATION_RULES:
        answer = _population(rule, facts, day, near)
    elif name == "applicant":
        answer = _applicant(rule["value"], facts.kind)
    elif name == "istat_code":
        answer = _listed(rule["value"], facts.istat_code)
    elif name == "live_grant_same_line":
        answer = _grant(facts, line, day, rule["basis"])
    else:
        answer = _value(rule, facts.values.get(name), near)
    if answer.answer == YES and rule["to_verify"] == "yes":
        return Answer(UNKNOWN, "rule_to_verify", answer.found, answer.reference, answer.near)
    return answer


def _applicant(allowed: str, kind: str) -> Answer:
    codes = allowed.split(";")
    if kind in codes:
        return Answer(YES, "meets", kind)
    return Answer(NO, "needs_group" if f"{kind}_group" in codes else "does_not_meet", kind)


def _listed(allowed: str, found: str) -> Answer:
    return Answer(YES, "meets", found) if found in allowed.split(";") else Answer(NO, "does_not_meet", found)


def _grant(facts: Facts, line: str, day: str, basis: str) -> Answer:
    """The rule wants no live grant of the line on the day."""
    if facts.live_grants is None:
        return Answer(UNKNOWN, "not_in_data")
    since = facts.live_grants.get(line, "")
    if not since or since > day:
        return Answer(UNKNOWN, "renunciation_undated") if line in facts.unsure_grants else Answer(YES, "meets")
    return Answer(NO, "does_not_meet", since) if basis == "stated" else Answer(UNKNOWN, "observed_only", since)


def _population(rule: dict[str, str], facts: Facts, day: str, near: float) -> Answer:
    years = population_years(facts.populations, day, rule["population_reference"])
    if not years:
        return Answer(UNKNOWN, "not_in_data")
    threshold = _number(rule)
    latest = years[-1]
    found, reference = f"{facts.populations[latest]:.0f}", f"{latest}-01-01"
    close = any(abs(facts.populations[year] - threshold) <= near * threshold for year in years)
    held = {_compare(rule["operator"], facts.populations[year], threshold) for year in years}
    if len(held) > 1:
        return Answer(UNKNOWN, "years_disagree", found, reference, close)
    if held == {True}:
        return Answer(YES, "meets", found, reference, close)
    reason = "alone_too_small" if rule["rule"] == "group_population" else "does_not_meet"
    return Answer(NO, reason, found, reference, close)


def population_years(populations: Mapping[int, float], day: str, reference: str = "") -> list[int]:
    """Years of population to judge a threshold on: the stated one, else the last two known within three years of the
    day."""
    if reference:
        return [int(reference[:4])] if int(reference[:4]) in populations else []
    now = int(day[:4])
    return sorted(year for year in populations if now - 3 <= year <= now)[-2:]


def _value(rule: dict[str, str], found: object, near: float) -> Answer:
    if found is None or found == "" or (isinstance(found, float) and found != found):
        return Answer(UNKNOWN, "not_in_data")
    if rule["operator"] == "one_of":
        return _listed(rule["value"], str(found))
    if rule["operator"] == "is":
        text = str(found).lower()
        return Answer(YES, "meets", text) if text == rule["value"] else Answer(NO, "does_not_meet", text)
    threshold, value = _number(rule), float(str(found))
    close = abs(value - threshold) <= near * threshold
    meets = _compare(rule["operator"], value, threshold)
    return Answer(YES if meets else NO, "meets" if meets else "does_not_meet", f"{value:g}", near=close)


def _compare(operator: str, value: float, threshold: float) -> bool:
    if operator == "at_least":
        return value >= threshold
    if operator == "above":
        return value > threshold
    if operator == "at_most":
        return value <= threshold
    if operator == "below":
        return value < threshold
    raise ParameterError(
        f"unknown comparison {operator!r}", where="operator", allowed="at_least, above, at_most, below"
    )


def _number(rule: dict[str, str]) -> float:
    try:
        return float(rule["value"])
    except ValueError as broken:
        raise DataError(f"threshold {rule['value']!r} is no number", where=f"calls_rules, {rule['call']}") from broken
