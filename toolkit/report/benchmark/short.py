"""In short: the few sentences that a mayor reads first, the key figures, and what to do next."""

from __future__ import annotations

from toolkit import indicators
from toolkit.indicators.swot import Finding
from toolkit.report import wording
from toolkit.report.benchmark.assessment import bullet_text
from toolkit.report.benchmark.commuting import bounds
from toolkit.report.benchmark.composite import index_sentence
from toolkit.report.benchmark.study import ALONE, Study

TILES = ("income_per_taxpayer", "jobs_per_100_commuters", "local_units_per_1000", "old_age_index")


def in_short(study: Study) -> None:
    """Up to five sentences, next steps, and the tiles."""
    report = study.report
    told = [study.sentence("income_per_taxpayer"), study.sentence("jobs_per_100_commuters"), _commuting(study)]
    told.append(study.sentence("old_age_index"))
    told.append(index_sentence(study) if study.municipal else _growth(study))
    report.brief(*(sentence for sentence in told if sentence), steps=_steps(study))
    report.key_figures(study.chosen(TILES))


def _commuting(study: Study) -> str:
    """Who stays and who leaves for work."""
    report = study.report
    places = study.main_flows("destinations")
    if not study.municipal:
        found = bounds(study)
        if found["low"].isna().any():
            return report.say("bounds_absent", place=report.place)
        sides = found.set_index("side")
        low, high = float(sides["low"]["supply"]), float(sides["high"]["supply"])
        return report.say("short_bounds", place=report.place, year=int(found["year"].iloc[0]), low=low, high=high)
    supply, demand = study["supply_self_containment"], study["demand_self_containment"]
    if not (supply.own.known and demand.own.known and len(places)):
        return report.say("commuting_absent", place=report.place)
    return report.say(
        "short_commuting",
        place=report.place,
        year=supply.year,
        supply=supply.own.value,
        demand=demand.own.value,
        first=places["name"].iloc[0],
        n=float(places["value"].iloc[0]),
    )


def _growth(study: Study) -> str:
    """For an area: how residents changed."""
    report, found = study.report, study.changes("residents")
    if not found:
        return ""
    start, end, moved = found
    values = {"start": start, "end": end, "change": float(moved[report.own])}
    return report.say("residents_title", place=report.place, last=end, residents=0.0, **values) + "."


def _steps(study: Study) -> list[str]:
    """What to do next, from what was found: at most four."""
    report = study.report
    if not study.municipal:
        return [report.say("step_members", place=report.place), report.say("step_check")]
    steps = [
        report.say("step_trend", name=indicators.get(name).name[report.language])
        for name, trend in study.trends.items()
        if trend.filtered
    ]
    weak = [finding for finding in study.findings if finding.rule.kind == "weakness"]
    if weak:
        steps.append(_look_at(study, weak[0]))
    risks = [finding for finding in study.findings if finding.rule.kind == "risk"]
    if risks:
        steps.append(report.say("step_risk", evidence=bullet_text(study, risks[0])))
    if not study.own_figures.figures:
        steps.append(report.say("step_own", code=report.own))
    return [*steps[:3], report.say("step_check")]


def _look_at(study: Study, finding: Finding) -> str:
    """The similar municipality that does best where ours is weak."""
    report, name = study.report, finding.rule.indicator
    standing = study[name]
    peers = standing.municipalities.reindex(list(study.peer_codes)).dropna()
    best = str(peers.idxmax() if finding.rule.side == "low" else peers.idxmin())
    ahead = (
        float(peers[best]) > standing.own.value
        if finding.rule.side == "low"
        else float(peers[best]) < standing.own.value
    )
    label = standing.indicator.name[report.language]
    if study.peers and study.peers.isolation >= ALONE:
        return report.say("step_alone", name=label, value=wording.named_value(report, standing))
    if not ahead:
        return report.say("step_weak", name=label, value=wording.named_value(report, standing))
    return report.say(
        "step_peer",
        name=label,
        value=wording.named_value(report, standing),
        peer=report.names([best])[best],
        best=report.words.value(float(peers[best]), standing.indicator.unit),
    )
