"""What is followed while a policy runs: actions and dates, light trials, quoted figures, who takes part."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

import pandas as pd

from toolkit import display, impact
from toolkit.charts import placed as charts
from toolkit.params.policy import LightTrial, QuotedClaim, Role
from toolkit.report.evaluation.case import Case, Concerned

# ---- actions


def actions(case: Case) -> None:
    """Planned against actual dates of each action: a calendar for those that are dated, a table for all."""
    shown = [one for one in case.here if one.policy.actions]
    for one in shown:
        _gantt(case, one)
        _actions_table(case, one)
    if not shown:
        case.report.text(case.say("actions_none"))


def _actions_table(case: Case, one: Concerned) -> None:
    """All actions; what was spent and raised only where some source says it."""
    frame = _action_rows(case, one)
    money = {"budget": "EUR", "spent": "EUR", "leverage": "ratio"}
    columns = [case.column(name, f"col_{name}") for name in ("action", "owner", "plan", "actual", "state")]
    columns += [
        case.column(name, f"col_{name}", unit=unit) for name, unit in money.items() if frame[name].notna().any()
    ]
    case.report.show_table(
        f"actions-{one.name}",
        case.say("actions_caption", policy=case.title(one)),
        *case.told(lambda words: _action_rows(words, one), columns),
        tables=["policy_outcomes"],
        note=case.say("actions_note"),
    )


def _action_rows(case: Case, one: Concerned) -> pd.DataFrame:
    states = _states(case, one)
    rows = [_action_row(case, one, action, states.get(action.id, {})) for action in one.policy.actions]
    return pd.DataFrame(rows).astype({"budget": float, "spent": float, "leverage": float})


def _states(case: Case, one: Concerned) -> dict[str, dict[str, Any]]:
    dated = [action for action in one.policy.actions if action.start]
    if not dated:
        return {}
    frame = pd.DataFrame(
        [
            {
                "action": action.id,
                **{name: getattr(action, name) or None for name in ("start", "end", "actual_start", "actual_end")},
                **{name: getattr(action, name) for name in ("budget", "spent", "private")},
            }
            for action in dated
        ]
    )
    found = impact.planned_against_actual(frame, case.report.as_of)
    return {row["action"]: row for row in found.to_dict("records")}


def _action_row(case: Case, one: Concerned, action: Any, state: dict[str, Any]) -> dict[str, Any]:
    names = {actor.id: case.of(actor.name) for actor in one.policy.actors}
    actual = case.say("no_dates")
    if action.actual_start and action.actual_start <= case.report.as_of.isoformat():
        over = action.actual_end and action.actual_end <= case.report.as_of.isoformat()
        key = "from_to" if over else "from_open"
        actual = case.say(key, start=action.actual_start, **({"end": action.actual_end} if over else {}))
    return {
        "action": case.of(action.title),
        "owner": f"{case.say(f'area.{action.area}')}; {names[action.owner]}",
        "plan": case.say("from_to", start=action.start, end=action.end) if action.start else case.say("no_dates"),
        "actual": actual,
        "state": _state(case, state),
        "budget": action.budget,
        "spent": action.spent,
        "leverage": state.get("leverage"),
    }


def _state(case: Case, row: dict[str, Any]) -> str:
    if not row:
        return case.say("state.undated")
    said = case.say(f"state.{row['state']}")
    days = row["slip_days"]
    if row["state"] != "done" or pd.isna(days) or days == 0:
        return said
    return case.say("state_after" if days > 0 else "state_before", state=said, days=abs(int(days)))


def _gantt(case: Case, one: Concerned) -> None:
    frame = _periods(case, one)
    if frame.empty:
        return
    actual = list(frame.loc[frame["actual"], "name"])
    columns = [
        case.column("name", "col_action"),
        case.column("start", "col_since"),
        case.column("end", "col_actual_end"),
    ]
    periods, columns = case.told(lambda words: _printed_periods(words, one), columns)
    case.report.figure(
        f"calendar-{one.name}",
        case.say("gantt_title", policy=case.title(one)),
        subtitle=case.say("gantt_subtitle"),
        alt=case.say("gantt_alt"),
        description=case.say("gantt_description"),
        specs=charts.pair(charts.timeline, frame, case.words, today=case.report.as_of, ours=actual),
        frame=periods,
        columns=columns,
        tables=["policy_outcomes"],
    )


def _periods(case: Case, one: Concerned) -> pd.DataFrame:
    """Planned and actual period of each dated action, as far as known on the day of the report."""
    day = case.report.as_of.isoformat()
    rows: list[dict[str, Any]] = []
    for action in one.policy.actions:
        if action.start:
            title = case.of(action.title)
            planned = {"name": case.say("gantt_plan", action=title), "start": action.start, "end": action.end}
            rows.append(planned | {"actual": False})
            if action.actual_start and action.actual_start <= day:
                end = action.actual_end if action.actual_end and action.actual_end <= day else ""
                name = case.say("gantt_actual", action=title)
                rows.append({"name": name, "start": action.actual_start, "end": end, "actual": True})
    return pd.DataFrame(rows)


def _printed_periods(case: Case, one: Concerned) -> pd.DataFrame:
    frame = _periods(case, one)
    for name in ("start", "end"):
        frame[name] = [case.words.date(day) if day else case.say("not_stated") for day in frame[name]]
    return frame


# ---- trials


def trials(case: Case) -> None:
    """Light trials: what was stated in advance, what the readings allow; or what is still to be written down."""
    groups = [(f"{case.title(one)}", _trial(case, trial)) for one in case.here for trial in one.policy.trials]
    if groups:
        case.report.show(display.Points(language=case.language, groups=groups))
    else:
        case.report.text(case.say("trials_none"))


def _trial(case: Case, trial: LightTrial) -> list[str]:
    about = {name: case.of(getattr(trial, name)) for name in ("action", "objective", "indicator")}
    told = [case.say("trial_known", **about)]
    if trial.baseline is not None:
        value = case.words.value(trial.baseline, trial.unit, decimals=0, bare=True)
        told.append(case.say("trial_baseline", value=value, source=case.of(trial.source)))
    if trial.missing:
        missing = [case.say(f"trial_missing.{name}") for name in trial.missing]
        return [*told, case.say("trial_incomplete", missing=missing)]
    outcome = decided(trial)
    why = [case.words.say(outcome.key)] + [case.words.say(note.key, **_days(note.values)) for note in outcome.flags]
    told.append(case.say("trial_decision", decision=case.say(f"decision.{outcome.decision}"), why=case.words.join(why)))
    if outcome.look:
        told.append(case.say("trial_interval", low=outcome.low, high=outcome.high))
    if outcome.next_look:
        told.append(case.say("trial_next", day=outcome.next_look))
    return told


def decided(trial: LightTrial) -> impact.Outcome:
    """What the readings of a trial that was stated in full allow; without one, to wait for the first."""
    stated = impact.Trial(
        objective=trial.objective.en,
        action=trial.action.en,
        indicator=trial.indicator.en,
        unit=trial.unit,
        baseline=trial.baseline,
        target=trial.target,
        threshold=trial.threshold,
        looks=tuple(dt.date.fromisoformat(day) for day in trial.looks),
        stated=dt.date.fromisoformat(trial.stated),
        rule=trial.rule,
    )
    readings = [
        impact.Reading(dt.date.fromisoformat(one.day), one.value, one.se, one.observations) for one in trial.readings
    ]
    on = dt.date.fromisoformat(trial.decided_on) if trial.decided_on else None
    if not readings and on is None:
        return impact.Outcome("wait", "impact.trial.no_reading", float("-inf"), float("inf"), 0, stated.looks[0])
    return impact.decide(stated, readings, planned_observations=trial.planned_observations or 1, decided_on=on)


def _days(values: Any) -> dict[str, Any]:
    return dict(values)


# ---- claims


def claims(case: Case) -> None:
    """Figures quoted in the programmes, recounted where the tables allow."""
    table = claims_table(case)
    if table is None:
        case.report.text(case.say("claims_none"))
        return
    checked = [check(case, claim)[0] for one in case.here for claim in one.policy.claims]
    counts = {
        name: sum(one.status == status for one in checked)
        for name, status in (("same", "reproduced"), ("other", "different"), ("none", "non_reproducible"))
    }
    case.report.text(case.say("claims_said", n=len(checked), **counts))
    case.report.show(table)
    for one in checked:
        case.report.keep(f"claim:{one.claim.id}", status=one.status, claimed=one.claim.value, recomputed=one.recomputed)


def claims_table(case: Case, *, sources: bool = True) -> display.Table | None:
    """Claim, status, what the data give, why, and where it is quoted, unless there is no room for `sources`."""
    if not any(one.policy.claims for one in case.here):
        return None
    columns = [
        case.column("claim", "col_claim"),
        case.column("status", "col_recount"),
        case.column("recomputed", "col_recomputed"),
        case.column("why", "col_reason"),
        *([case.column("source", "col_quoted")] if sources else []),
    ]
    return case.report.made_table(
        "claims",
        case.say("claims_caption"),
        *case.told(_claim_rows, columns),
        tables=["municipalities", "local_units", "metro_employment"],
        subtitle=case.say("claims_subtitle"),
    )


def _claim_rows(case: Case) -> pd.DataFrame:
    rows = []
    for one in case.here:
        for claim in one.policy.claims:
            found, shown = check(case, claim)
            why = case.of(claim.why) if claim.why else _why(case, found)
            rows.append(
                {
                    "claim": case.of(claim.text),
                    "source": case.of(claim.source),
                    "status": case.say(f"claim_status.{found.status}"),
                    "recomputed": shown or case.say("not_stated"),
                    "why": why,
                }
            )
    return pd.DataFrame(rows)


def _why(case: Case, found: impact.ClaimCheck) -> str:
    values = dict(found.reason.values)
    shown = {name: value if isinstance(value, str) else str(value) for name, value in values.items()}
    return case.words.say(found.reason.key, **shown)


def check(case: Case, claim: QuotedClaim) -> tuple[impact.ClaimCheck, str]:
    """A claim beside the figure of the tables, and that figure in words; empty where there is none."""
    quoted = impact.Claim(claim.id, claim.value, claim.unit, claim.source.en, claim.year, claim.territory)
    if claim.check == "area_share":
        value = 100 * _area(case, claim.territory, claim.year) / _area(case, claim.parent, claim.year)
        if value != value:
            return impact.check_claim(quoted, None, why="impact.claim.absent"), ""
        ours = {"unit": claim.unit, "year": claim.year, "territory": claim.territory}
        return impact.check_claim(quoted, value, **ours), case.say("claim_area", value=case.words.percent(value, 2))
    if claim.check == "local_units":
        table = case.report.table("local_units").query("item == 'local_units'")
        members = case.report.register.area(claim.territory, dt.date(claim.year, 12, 31)).members
        year = int(table["year"].max())
        value = float(table.set_index("istat_code")["value"].reindex(list(members)).sum(skipna=False))
        if value != value:
            return impact.check_claim(quoted, None, why="impact.claim.absent"), ""
        ours = {"unit": "local_units", "year": year, "territory": claim.territory}
        said = case.say("claim_year", value=case.words.value(value, "local_units"), year=year)
        return impact.check_claim(quoted, value, **ours), said
    if claim.check == "manufacturing_jobs":
        table = case.report.table("metro_employment").query(
            "nuts == @claim.region and activity == 'C' and flag == 'observed'"
        )
        last = table.sort_values("year").iloc[-1]
        ours = {"unit": "persons_employed", "year": int(last["year"]), "territory": claim.region}
        said = case.say(
            "claim_metropolitan", value=case.words.value(last["value"], "persons_employed"), year=last["year"]
        )
        return impact.check_claim(quoted, float(last["value"]), **ours), said
    return impact.check_claim(quoted, None, why="impact.claim.other_territory"), ""


def _area(case: Case, area: str, year: int) -> float:
    members = case.report.register.area(area, dt.date(year, 12, 31)).members
    surfaces = case.report.table("municipalities").set_index("istat_code")["area_km2"]
    return float(surfaces.reindex(list(members)).sum(skipna=False))


# ---- actors


def actors(case: Case) -> None:
    """Register of actors, the matrix of who does what, and how many were heard."""
    if not any(one.policy.actors for one in case.here):
        case.report.text(case.say("actors_none"))
        return
    columns = [
        case.column("actor", "col_actor"),
        case.column("policy", "col_policy", texts={one.name: case.title(one) for one in case.here}),
        case.column("type", "col_type"),
        case.column("topic", "col_topic"),
        case.column("territory", "col_territory"),
        case.column("source", "col_source"),
    ]
    heard = [
        case.say(
            "consulted",
            policy=case.title(one),
            title=case.of(c.title),
            n=c.count,
            least=c.at_least,
            source=case.of(c.source),
        )
        for one in case.here
        for c in one.policy.consultations
    ]
    case.report.text(*heard or [case.say("consulted_none")])
    case.report.show_table(
        "actors",
        case.say("actors_caption"),
        *case.told(_actor_rows, columns),
        tables=["policy_outcomes"],
        note=case.say("actors_note"),
    )
    for one in case.here:
        _matrix(case, one)


def _actor_rows(case: Case) -> pd.DataFrame:
    rows = [
        {
            "actor": case.of(actor.name),
            "policy": one.name,
            "type": case.say(f"type.{actor.type}"),
            "topic": case.of(actor.topic),
            "territory": case.of(actor.territory),
            "source": case.of(actor.source),
        }
        for one in case.here
        for actor in one.policy.actors
    ]
    return pd.DataFrame(rows)


def _matrix(case: Case, one: Concerned) -> None:
    roles = [
        {"actor": actor, "action": action.id, "role": role}
        for action in one.policy.actions
        for actor, role in action.roles.items()
    ]
    if not roles:
        return
    register = pd.DataFrame({"actor": [actor.id for actor in one.policy.actors]})
    matrix = impact.actor_matrix(register, pd.DataFrame(roles)).reset_index()
    names = {actor.id: case.of(actor.name) for actor in one.policy.actors}
    parts = {role: case.say(f"role.{role}") for role in get_args(Role)} | {"": case.say("nothing")}
    columns = [case.column("actor", "col_actor", texts=names)]
    columns += [
        display.Column(key=action.id, label=case.of(action.title), texts=parts)
        for action in one.policy.actions
        if action.id in matrix
    ]
    case.report.show_table(
        f"matrix-{one.name}",
        case.say("matrix_caption", policy=case.title(one)),
        matrix,
        columns,
        tables=["policy_outcomes"],
    )
