"""In short, what the data cannot say, the decision suggested, and the paper of two pages."""

from __future__ import annotations

from toolkit import display
from toolkit.report.evaluation import expected, follow, found, frame
from toolkit.report.evaluation.case import Case, Concerned, Known

MOST_STEPS = 4


def sentences(case: Case) -> list[str]:
    """Up to five sentences, most important first."""
    if not case.here:
        return [case.say("brief_nothing", place=case.report.place)]
    names = [case.title(one) for one in case.here]
    key = "brief_policies" if case.concerned else "brief_named"
    told = case.say(key, n=len(names), place=case.report.place, names=names)
    causal = [case.title(one) for one in case.here if case.verdict(one) != "descrittivo"]
    told += " " + (case.say("brief_some_causal", names=causal) if causal else case.say("brief_none_identified"))
    effects = [_of_policy(case, one) for one in case.here]
    ranges = [text for one in case.here if (text := expected.sentence(case, one))]
    return [told, *effects[:3], *ranges[:1], *effects[3:]][:5]


def _of_policy(case: Case, one: Concerned) -> str:
    """One sentence on a policy: its estimate, what hides it, or why there is none."""
    known = _main(case, one)
    return _funded(case, known) if one.policy.treated.table == "applications" else found.effect(case, known)


def _main(case: Case, one: Concerned) -> Known:
    """The outcome of which most is known."""
    order = ["estimated", "not_estimated", "break", "refused", "later"]
    return min(case.outcomes(one), key=lambda known: order.index(known.status))


def _funded(case: Case, known: Known) -> str:
    about = {"n": case.grants["istat_code"].nunique(), "of": len(case.report.universe), "place": case.report.place}
    about["verdict"] = case.verdict_word(known.verdict)
    money = case.own_money
    if len(case.report.members) > 1:
        return case.say("funded_area", amount=money, **about)
    if case.own_grants.empty:
        return case.say("funded_not", **about)
    return case.say("funded", amount=money, **about)


def steps(case: Case) -> list[str]:
    """The decision that each policy suggests."""
    return [
        case.say("decision_step", policy=case.title(one), decision=case.of(one.policy.decision)) for one in case.here
    ][:MOST_STEPS]


def brief(case: Case) -> None:
    """In short, with what to do next."""
    case.report.brief(*sentences(case), steps=steps(case) or [case.say("next_policy")])


def decision(case: Case) -> None:
    """What follows for whoever decides, policy by policy, and before the next one."""
    groups = [(case.title(one), [case.of(one.policy.decision)]) for one in case.here]
    if groups:
        case.report.show(display.Points(language=case.language, groups=groups))
    case.report.text(case.say("next_policy"))


def caveats(case: Case) -> None:
    """What the data cannot say."""
    case.report.caveat("not_cause")
    case.report.caveat("provincial", last=case.report.last_year("provinces"))
    if any(known.outcome.id == "tourist_nights" for known in case.known):
        case.report.caveat("nights")
    if any(expected.ranges(case, one) for one in case.here):
        case.report.caveat("jobs", year=case.report.last_year("national_employment"))
    case.report.caveat("spent")
    case.report.caveats()


def paper(case: Case) -> None:
    """Two pages for paper: in short, the verdicts, what can be expected, quoted figures."""
    parts: list[display.Shown] = [
        display.Brief(language=case.language, sentences=sentences(case), steps=steps(case)),
    ]
    if case.here:
        parts += [frame.policies_table(case), frame.knowable_table(case, [_main(case, one) for one in case.here])]
        parts += [expected.ranges_table(case, one) for one in case.here if expected.ranges(case, one)][:1]
        table = follow.claims_table(case, sources=False)
        parts += [table] if table else []
    case.report.text(case.say("paper_about", place=case.report.place, day=case.report.as_of))
    case.report.extract("paper", case.say("paper_title"), *parts, apart=True)
