"""The three decisions on calls (apply, join with the zone, leave) and what to start now, with office and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from toolkit import pnrr
from toolkit.report.opportunities.case import Case, records
from toolkit.report.opportunities.worth import amount_of

APPLY, CHECK, JOIN, LEAVE = "apply", "check", "join", "leave"
DECISIONS = (APPLY, CHECK, JOIN, LEAVE)
"""`check`: not to be decided before a requirement is verified."""

SUSPENDED = "suspended_to_verify"
SELF_SAID = ("observed_only", "renunciation_undated", "needs_group")
GROUP_REASONS = ("alone_too_small", "needs_group")


@dataclass(frozen=True)
class Step:
    """Something to start: what (a sentence), office (code), by when (ISO day or a code of `by_…`), and why it is so."""

    what: str
    office: str
    by: str
    code: str


def decisions(case: Case) -> dict[str, list[str]]:
    """Decision → calls, in the order of their closing."""
    found: dict[str, list[str]] = {name: [] for name in DECISIONS}
    for call in records(case.open):
        found[decision(case, call["call"])].append(call["call"])
    for call in records(case.answerable):
        if call["basis"] == "later_observation":
            continue  # what was seen only later is no decision of the day
        if call["status"] == "standing" and answers(case, call["call"], "yes"):
            found[JOIN].append(call["call"])
        elif call["status"] == SUSPENDED:
            found[LEAVE].append(call["call"])
    return found


def decision(case: Case, call: str) -> str:
    """What to do with an open call: an area applies where one of its municipalities may, and joins where some of them
    may only together."""
    if not case.single:
        if too_small(case, call):
            return JOIN
        return APPLY if answers(case, call, "yes") else CHECK if answers(case, call, "unknown") else LEAVE
    found = case.answer(call)
    if found["answer"] == "no":
        return JOIN if set(found["reasons"].split(";")) & set(GROUP_REASONS) else LEAVE
    return APPLY if found["answer"] == "yes" else CHECK


def answers(case: Case, call: str, answer: str) -> list[str]:
    """Members whose answer to a call is this one."""
    return [code for code, found in case.verdicts.items() if found.loc[call, "answer"] == answer]


def too_small(case: Case, call: str) -> list[str]:
    """Members that a call admits in a group only: alone they do not reach its threshold, or it wants no one alone."""
    found = {code: case.answer(call, code) for code in case.members}
    return [
        code
        for code, one in found.items()
        if one["answer"] == "no" and set(one["reasons"].split(";")) <= set(GROUP_REASONS)
    ]


def groups(case: Case) -> list[tuple[str, list[str]]]:
    """The decisions as headings and sentences, for the memo."""
    found = decisions(case)
    told = {name: [_told(case, name, call) for call in calls] for name, calls in found.items()}
    if not found[APPLY] and not found[CHECK]:
        told[APPLY] = [_nothing_open(case)]
    if not found[JOIN]:
        told[JOIN] = [case.say("decision_no_join")]
    if not found[LEAVE]:
        told[LEAVE] = [case.say("decision_no_leave")]
    heads = {name: f"decision_{name}" for name in DECISIONS}
    if len(case.around) < 2:
        heads[JOIN] = "decision_join_others"
    elif not case.single:
        heads[JOIN] = "decision_join_area"
    return [(case.say(heads[name]), told[name]) for name in DECISIONS if told[name]]


def _nothing_open(case: Case) -> str:
    if case.watch["after_last"]:
        return case.say("decision_no_apply_since", last=case.watch["last_observation"])
    return case.say("decision_no_apply")


def _told(case: Case, name: str, call: str) -> str:
    row = case.call_rows[call]
    about: dict[str, Any] = {"call": case.call_name(call), "deadline": _deadline(case, row["closes_on"])}
    if row["status"] == "standing":
        return case.say("decision_standing", **about)
    if row["status"] == SUSPENDED:
        return case.say("decision_suspended", known=row["known_on"], **about)
    if not case.single and name == JOIN:
        return _together(case, call, about)
    if not case.single:
        ready = answers(case, call, "unknown" if name == CHECK else "yes")
        key = "decision_area_check" if name == CHECK else "decision_area" if ready else "decision_area_none"
        return case.say(key, ready=len(ready), members=len(case.members), **about)
    if name == APPLY:
        amount = amount_of(case, call)
        if not row["closes_on"]:
            return case.say("decision_call_no_deadline", amount=amount.text, **about)
        left, closing = int(row["days_left"]), row["closes_on"]
        return case.say("decision_call", amount=amount.text, left=left, closing=closing, **about)
    told = case.say("decision_reason", reasons=_reasons(case, call), **about)
    return f"{told} {_group(case, call)}".strip() if name == JOIN else told


def _deadline(case: Case, closing: str) -> str:
    return case.say("deadline", closing=closing) if closing else case.say("deadline_none")


def _reasons(case: Case, call: str) -> list[str]:
    """Why an answer is what it is: the rules that decide, each with its reason."""
    rows = case.rules[(case.rules["call"] == call) & (case.rules["answer"] == case.answer(call)["answer"])]
    told = []
    for code, same in rows.groupby("reason", sort=False):
        reason = case.label("reason", str(code))
        if code in SELF_SAID:
            told.append(reason)
            continue
        rules = [case.rule_text("|".join((row["rule"], row["operator"], row["value"]))) for row in records(same)]
        quoted = [case.say("decision_rule_text", rule=rule) for rule in dict.fromkeys(rules)]
        if code == "does_not_meet" and len(quoted) > 1:
            reason = case.say("reasons_do_not_meet")
        told.append(case.say("decision_rule", n=len(quoted), rules=quoted, reason=reason))
    return told or [case.label("reason", "no_rule_valid")]


def _group(case: Case, call: str) -> str:
    """The smallest group of the zone that reaches the call's threshold, in words; empty where there is none."""
    wanted = _wanted(case.rules, call)
    if not wanted or len(case.around) < 2:
        return ""
    found = _smallest(case, case.report.own, case.around, wanted)
    if not found:
        return ""
    return case.say("decision_group", names=case.listed(found["members"].split(";")), people=found["population"])


def _wanted(rules: pd.DataFrame, call: str) -> dict[str, Any]:
    """What a call wants of a group: `threshold` of residents, `below` of each member; empty where it wants none."""
    found = {
        rule: rules[(rules["call"] == call) & (rules["rule"] == rule)]
        for rule in ("group_population", "member_population")
    }
    group, member = found.values()
    if group.empty:
        return {}
    text = "|".join(str(group[name].iloc[0]) for name in ("rule", "operator", "value"))
    below = float(member["value"].iloc[0]) if len(member) else None
    return {"threshold": float(group["value"].iloc[0]), "below": below, "text": text}


def _smallest(case: Case, code: str, among: Sequence[str], wanted: dict[str, Any]) -> dict[str, Any]:
    """The smallest group with a municipality that reaches a threshold; empty where there is none."""
    people = {one: case.latest[one] for one in among}
    found = pnrr.groups_reaching(code, among, people, wanted["threshold"], member_below=wanted["below"], most=1)
    return records(found)[0] if len(found) else {}


def _together(case: Case, call: str, about: dict[str, Any]) -> str:
    """For an area: who reaches the call's threshold alone, and the smallest group of those who do not."""
    small, alone = too_small(case, call), answers(case, call, "yes")
    wanted = _wanted(case.judged(small[0]), call)
    about |= {"alone": len(alone), "small": len(small), "members": len(case.members)}
    told = [case.say("decision_together_alone" if alone else "decision_together_none", **about)]
    if unsure := answers(case, call, "unknown"):
        told.append(case.say("decision_together_unsure", unsure=len(unsure)))
    if not wanted:
        return " ".join(told)
    told.append(case.say("decision_together_rule", rule=case.rule_text(wanted["text"])))
    found = _smallest_of(case, small, wanted)
    if not found:
        return " ".join([*told, case.say("decision_together_nobody")])
    names, about = case.listed(found["members"].split(";")), {"people": found["population"], "margin": found["margin"]}
    told.append(case.say("decision_together_group", names=names, **about))
    told += [case.say("decision_together_near")] if found["near"] else []
    told.append(case.say("decision_together_where"))
    return " ".join(told)


def _smallest_of(case: Case, small: Sequence[str], wanted: dict[str, Any]) -> dict[str, Any]:
    """The smallest group of those too small alone, each among its partners; with the others where they do not do."""
    for others in (set(small), set(case.members)):
        among = {code: [one for one in case.partners(code) if one in others] for code in small}
        found = [_smallest(case, code, partners, wanted) for code, partners in among.items() if code in partners]
        if groups := [one for one in found if one]:
            return min(groups, key=lambda one: (one["size"], one["population"], one["members"]))
    return {}


def steps(case: Case) -> list[Step]:
    """What to start now, most pressing first: calls by closing, then payments, programmes, thresholds, documents."""
    proposal = case.later(case.choices.check_days)
    found = decisions(case)
    out = []
    pressing = {*found[APPLY], *found[CHECK]}
    for call in [call for call in case.open["call"] if call in pressing]:
        row, what = case.call_rows[call], "step_check" if call in found[CHECK] else "step_apply"
        by = row["closes_on"] or proposal
        out.append(Step(case.say(what, call=case.call_name(call)), row["office"], by, f"call:{call}"))
    if case.paid["not_seen_paid_count"]:
        unseen = {"n": int(case.paid["not_seen_paid_count"]), "amount": case.paid["not_seen_paid"]}
        out.append(Step(case.say("step_payments", **unseen), "digital_transition", proposal, "payments"))
    for call in found[LEAVE]:
        if case.call_rows[call]["status"] == SUSPENDED:
            what = case.say("step_suspended", call=case.call_name(call))
            out.append(Step(what, case.call_rows[call]["office"], proposal, f"call:{call}"))
    for call in found[JOIN]:
        row = case.call_rows[call]
        key = "step_standing" if row["status"] == "standing" else "step_join" if case.single else "step_join_area"
        what = case.say(key, call=case.call_name(call))
        out.append(Step(what, row["office"], row["closes_on"] or "any_time", f"call:{call}"))
    unseen_calls = int(((case.covered["coverage"] != "complete") & (case.covered["closes_on"] < case.day)).sum())
    if unseen_calls:
        out.append(Step(case.say("step_records", n=unseen_calls), "digital_transition", proposal, "records"))
    if near := near_thresholds(case):
        out.append(Step(case.say("step_thresholds", thresholds=near), "registry", proposal, "thresholds"))
    if (case.known["status"] == "catalogue").any():
        out.append(Step(case.say("step_catalogue"), "finance", proposal, "catalogue"))
    if len(case.held):
        out.append(Step(_documents(case), "finance", "after_last_payment", "documents"))
    return out


def _documents(case: Case) -> str:
    facts = case.report.table("pnrr_facts")
    audits = records(facts[(facts["fact"] == "audit_years_after_last_payment") & (facts["date"] <= case.day)])
    if not audits:
        return case.say("step_documents")
    return case.say("step_documents_years", years=int(audits[0]["value"]))


def near_thresholds(case: Case) -> list[str]:
    """Thresholds that the municipality was near, or crossed, by reference date; none for an area."""
    if not case.single:
        return []
    return [case.words.number(value) for value in watched(case, case.report.own)["threshold"]]


def watched(case: Case, code: str) -> pd.DataFrame:
    """Watch list of one municipality."""
    rows = case.population[case.population["istat_code"] == code]
    return pnrr.watch_list(dict(zip(rows["year"], rows["value"], strict=True)))


def steps_frame(listed: list[Step]) -> pd.DataFrame:
    """Steps as a table: codes that stay the same in every language, and the sentences beside them."""
    rows = [{"step": step.code, "office": step.office, "by": step.by} for step in listed]
    return pd.DataFrame(rows, columns=["step", "office", "by"])
