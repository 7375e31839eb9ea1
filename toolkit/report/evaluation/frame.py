"""Which policies, by what logic, with which data, and whether their effect can be known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from toolkit import catalog, display
from toolkit.impact.verdict import LEVELS
from toolkit.report.evaluation.case import Case, Concerned, Known
from toolkit.report.wording import capital

ELEMENTS = ("question", "inputs", "activities", "outputs", "outcomes", "areas", "objectives", "assumptions", "treated")


def policies(case: Case) -> None:
    """The policies that concern the territory, and the others in one line."""
    if case.here:
        case.report.show(policies_table(case))
    else:
        case.report.text(case.say("brief_nothing", place=case.report.place))
    others = [
        case.say(
            "elsewhere_item",
            policy=case.title(one),
            where=case.of(one.policy.territory.name),
            verdict=case.verdict_word(case.verdict(one)),
        )
        for one in case.elsewhere
    ]
    case.report.text(case.say("elsewhere", items="; ".join(others)) if others else case.say("elsewhere_none"))
    for known in case.known:
        case.report.keep(
            f"{known.policy.name}:{known.outcome.id}",
            status=known.status,
            verdict=known.verdict,
            unit=known.outcome.unit,
            **{name: known.figure(name) for name in ("estimate", "p", "mde")},
        )


def policies_table(case: Case) -> display.Table:
    """Name, programme, place, date, money and verdict of each policy."""
    columns = [
        case.column("policy", "col_policy", texts={one.name: case.title(one) for one in case.here}),
        case.column("programme", "col_programme"),
        case.column("where", "col_where"),
        case.column("since", "col_since"),
        case.column("money", "col_money", unit="EUR"),
        case.column("verdict", "col_verdict", texts=_verdicts(case)),
    ]
    years = [
        case.say("money_years", policy=case.title(one), years=case.of(one.policy.budget.years))
        for one in case.here
        if one.policy.budget and one.policy.budget.years
    ]
    return case.report.made_table(
        "policies",
        case.say("policies_caption"),
        *case.told(_policy_rows, columns),
        tables=["policy_outcomes"],
        note=" ".join([case.say("policies_note"), *years]),
    )


def _policy_rows(case: Case) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "policy": one.name,
                "programme": case.of(one.policy.programme),
                "where": case.of(one.policy.territory.name),
                "since": _since(case, one),
                "money": one.policy.budget.amount if one.policy.budget else None,
                "verdict": case.verdict(one),
            }
            for one in case.here
        ]
    )


def _since(case: Case, one: Concerned) -> str:
    treated = one.policy.treated
    return case.say("since_verify", day=treated.since) if treated.to_verify else case.words.date(treated.since)


def _verdicts(case: Case) -> dict[str, str]:
    return {level: case.verdict_word(level) for level in LEVELS}


def logic(case: Case) -> None:
    """What is put in, done, made and hoped for: one column a policy."""
    if not case.here:
        return
    shown = [case.column("element", "col_element", texts={name: case.say(f"logic.{name}") for name in ELEMENTS})]
    shown += [display.Column(key=one.name, label=case.title(one)) for one in case.here]
    case.report.show_table(
        "logic",
        case.say("logic_caption"),
        *case.told(_logic_rows, shown),
        tables=["policy_outcomes"],
        subtitle=case.say("logic_subtitle"),
    )


def _logic_rows(case: Case) -> pd.DataFrame:
    columns = {one.name: _elements(case, one) for one in case.here}
    rows = [
        {"element": element} | {name: texts[element] for name, texts in columns.items()}
        for element in ELEMENTS
        if any(texts[element] for texts in columns.values())
    ]
    return pd.DataFrame(rows).replace("", case.say("nothing"))


def _elements(case: Case, one: Concerned) -> dict[str, str]:
    policy = one.policy
    found = {name: case.of(getattr(policy.logic, name)) for name in ("inputs", "activities", "outputs", "outcomes")}
    found["question"] = case.of(policy.question)
    found["areas"] = case.words.join(case.say(f"area.{name}") for name in policy.areas)
    found["objectives"] = "; ".join(case.say(f"objective.{name}") for name in policy.objectives)
    found["assumptions"] = " ".join(case.of(assumption.text) for assumption in policy.assumptions)
    found["treated"] = case.of(policy.treated.note) if policy.treated.note else ""
    return found


def data(case: Case) -> None:
    """Each outcome with its data, what was compared, and what came of it."""
    if not case.known:
        case.report.text(case.say("none_here"))
        return
    columns = [
        case.column("outcome", "col_outcome"),
        case.column("policy", "col_policy", texts={one.name: case.title(one) for one in case.here}),
        case.column("data", "col_data"),
        case.column("compared", "col_compared"),
        case.column("status", "col_status"),
    ]
    tables = ["policy_outcomes", *sorted({k.outcome.table for k in case.known if k.outcome.table == "provinces"})]
    case.report.show_table("data", case.say("data_caption"), *case.told(_data_rows, columns), tables=tables)


def _data_rows(case: Case) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "policy": known.policy.name,
                "outcome": case.outcome_title(known),
                "data": _data(case, known),
                "compared": _compared(case, known),
                "status": _status(case, known),
            }
            for known in case.known
        ]
    )


def _data(case: Case, known: Known) -> str:
    before, after = known.figure("pre_periods"), known.figure("post_periods")
    if not known.outcome.table or before is None or after is None:
        return case.say("data_none")
    table = catalog.default().source(known.outcome.table).title[case.language]
    return case.say("data_periods", table=table, before=before, after=after)


def _compared(case: Case, known: Known) -> str:
    treated, controls = known.figure("treated"), known.figure("controls")
    if treated is None or controls is None:
        return case.say("not_stated")
    return case.say("data_compared", treated=treated, controls=controls)


def _status(case: Case, known: Known) -> str:
    told = [case.say(f"status.{known.status}")]
    if known.status == "break":
        told.append("; ".join(case.break_words(known)))
    elif known.status == "refused":
        told.append(capital(f"{case.reasons(known)[0]}."))
    elif known.outcome.why:
        told.append(case.of(known.outcome.why))
    return ": ".join(told[:1]) + (f" ({told[1]})" if known.status == "break" else f". {told[1]}" if told[1:] else "")


def knowable(case: Case) -> None:
    """A verdict for each outcome, with what the data could see, and the reasons."""
    if not case.known:
        case.report.text(case.say("none_here"))
        return
    case.report.show(knowable_table(case))
    groups = [
        (
            case.say(
                "reasons_heading",
                policy=case.title(known.policy),
                outcome=case.outcome_title(known),
                verdict=case.verdict_word(known.verdict),
            ),
            [capital(reason) for reason in case.reasons(known)],
        )
        for known in case.known
        if known.status != "later"
    ]
    case.report.show(display.Points(language=case.language, groups=groups))


def knowable_table(case: Case, chosen: Sequence[Known] = ()) -> display.Table:
    """Outcome, verdict, estimate, minimum detectable effect, p; of some outcomes only, or of all."""
    columns = [
        case.column("outcome", "col_outcome"),
        case.column("policy", "col_policy", texts={one.name: case.title(one) for one in case.here}),
        case.column("verdict", "col_verdict"),
        case.column("estimate", "col_estimate", unit_from="unit", decimals_from="decimals"),
        case.column("mde", "col_mde", unit_from="plain", decimals_from="decimals"),
        case.column("p", "col_p", unit="p_value"),
    ]
    return case.report.made_table(
        "knowable",
        case.say("knowable_caption"),
        *case.told(lambda words: _verdict_rows(words, chosen or case.known), columns),
        tables=["policy_outcomes"],
        subtitle=case.say("knowable_subtitle"),
        note=case.say("knowable_note"),
    )


def _verdict_rows(case: Case, chosen: Sequence[Known]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for known in chosen:
        figures = {name: None if known.later else known.figure(name) for name in ("estimate", "mde", "p")}
        rows.append(
            {
                "outcome": case.outcome_title(known),
                "policy": known.policy.name,
                "verdict": case.verdict_word(known.verdict) if not known.later else case.say("status.later"),
                **figures,
                "unit": known.outcome.unit,
                "decimals": 2 if known.outcome.unit == "percentage_points" else 0,
                "plain": "points_unsigned" if known.outcome.unit == "percentage_points" else known.outcome.unit,
            }
        )
    return pd.DataFrame(rows).astype({"estimate": float, "mde": float, "p": float})
