"""What a call could bring: lump sums by class, caps and shares of projects, in ranges; both classes near a limit."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit import pnrr
from toolkit.pnrr.amounts import NOT_MODELLED
from toolkit.report.opportunities.case import CLASS_YEAR, Case

NAN = float("nan")


@dataclass(frozen=True)
class Worth:
    """What a call could bring to the municipality.

    Attributes:
        low, high: EUR, NaN where not known.
        basis: `lump_sum`, `lump_sum_no_maximum`, `observed_maximum`, `not_modelled`, `cap`, `share`, `unknown`.
        own_money: EUR that the municipality must add for certain: 0 for a lump sum, NaN where the cost is not known.
        near: classes near the population, joined by ";".
        near_low, near_high: EUR with those classes too.
        share: share of the cost covered (0–1), NaN where not stated.
        text: in words.
    """

    low: float
    high: float
    basis: str
    own_money: float
    near: str
    near_low: float
    near_high: float
    share: float
    text: str


def amount_of(case: Case, call: str, code: str = "") -> Worth:
    """What a call could bring to a municipality, in ranges; nothing where neither rule nor cap is known."""
    code = code or case.report.own
    row = case.call_rows[call]
    if row["instrument"] == "lump_sum":
        return _lump_sum(case, str(row["line"]), code)
    bands = case.report.table("calls_amounts")
    bands = bands[(bands["call"] == call) & (bands["per"] == "project")]
    people = case.latest[code]
    fits = bands[(bands["population_min"].fillna(0) <= people) & (people <= bands["population_max"].fillna(1e12))]
    if fits.empty:
        return Worth(NAN, NAN, "unknown", NAN, "", NAN, NAN, NAN, case.say("worth_unknown"))
    band = fits.iloc[-1]
    cap, share = float(band["grant_max"]), float(band["grant_share"])
    if cap == cap:
        own = 0.0 if share == 1 else NAN
        text = case.say("worth_cap_share", cap=cap, share=100 * share) if share == share else ""
        return Worth(0.0, cap, "cap", own, "", NAN, NAN, share, text or case.say("worth_cap", cap=cap))
    if share == share:
        own = 0.0 if share == 1 else NAN
        return Worth(NAN, NAN, "share", own, "", NAN, NAN, share, case.say("worth_share", share=100 * share))
    return Worth(NAN, NAN, "unknown", NAN, "", NAN, NAN, NAN, case.say("worth_unknown"))


def _lump_sum(case: Case, line: str, code: str) -> Worth:
    sums = case.report.table("lump_sums")
    if line not in set(sums["line"]):
        return Worth(NAN, NAN, "not_modelled", 0.0, "", NAN, NAN, 1.0, case.say("worth_not_modelled"))
    found = pnrr.lump_sum(sums, line, case.people[code])
    near = (found.near, found.near_low, found.near_high, 1.0)
    if line in NOT_MODELLED:
        text = case.say("worth_observed_maximum", high=found.high)
        return Worth(NAN, found.high, "observed_maximum", 0.0, *near, text)
    if found.high != found.high:
        text = case.say("worth_per_service", low=found.low)
        return Worth(found.low, NAN, "lump_sum_no_maximum", 0.0, *near, text)
    if found.low == found.high:
        text = case.say("worth_one", low=found.low)
    else:
        text = case.say("worth_range", low=found.low, high=found.high)
    if found.near:
        text += "".join(f" {_beside(case, line, name)}" for name in found.near.split(";"))
    return Worth(found.low, found.high, "lump_sum", 0.0, *near, text)


def _beside(case: Case, line: str, name: str) -> str:
    """The amount of the class on the other side of a threshold: calls used provisional counts of residents."""
    inside = float(name.partition("-")[0]) + 1
    found = pnrr.lump_sum(case.report.table("lump_sums"), line, inside, near=0.0)
    key = "worth_one" if found.low == found.high else "worth_range"
    amount = case.say(key, low=found.low, high=found.high)
    return case.say("worth_near", bounds=case.class_name(name), amount=amount, year=CLASS_YEAR)


def pieces(case: Case, line: str, code: str) -> str:
    """The lump sum of a class by services: "87.682 € per il sito e 38.650 € a servizio, fino a 5"; "" for a package."""
    sums = case.report.table("lump_sums")
    if line not in set(sums["line"]) or line in NOT_MODELLED:
        return ""
    rows = sums[(sums["line"] == line) & (sums["population_min"] <= case.people[code])]
    rows = rows[rows["population_max"].fillna(float("inf")) >= case.people[code]]
    services = rows[(rows["component"] == "service") & rows["max_units"].notna()]
    if services.empty:
        return ""
    told = [
        case.say("piece_fixed", amount=piece["amount"], component=case.label("component", piece["component"]))
        for piece in rows[rows["component"] != "service"].to_dict("records")
    ]
    told += [
        case.say("piece_services", amount=piece["amount"], most=int(piece["max_units"]))
        for piece in services.to_dict("records")
    ]
    return case.words.join(told)
