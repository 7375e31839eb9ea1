"""A policy to evaluate: a file of `params/policies/`. Facts only, each with its source; what has none is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from toolkit.errors import ParameterError
from toolkit.params import ROOT, AreaId, FileName, IsoDate, IstatCode, PastDate, Strict, Title, _distinct, load

FOLDER = ROOT / "params" / "policies"
EX_ANTE = "ex_ante"  # the outcome under which what the money is assumed to do is kept
Word = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$")]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
UNWRITTEN = {"DA SCRIVERE", "TO BE WRITTEN"}
_BOTH = {"it": "Testo in italiano", "en": "Text in English"}

Area = Literal["studies", "communication", "laboratories_services", "spaces", "investment_support", "education_work"]
Objective = Literal[
    "spaces_structures", "settlements_vocations", "smes_innovation", "supply_chains", "energy_environment"
]
Role = Literal["leads", "funds", "carries_out", "takes_part", "benefits"]
Design = Literal[
    "did",
    "event_study",
    "staggered",
    "synthetic_control",
    "synthetic_did",
    "interrupted",
    "randomisation",
    "discontinuity",
    "detectable_only",
    "none",
]
Check = Literal["area_share", "local_units", "local_units_share", "manufacturing_jobs", "budget", "none"]


class Territory(Strict):
    """Where a policy applies: areas, municipalities, provinces of the past."""

    name: Title = Field(description="how the page names it", examples=[_BOTH])
    areas: Annotated[tuple[AreaId, ...], Field(strict=False)] = Field(
        (), description="ids of areas", examples=[["citta-metropolitana-milano"]]
    )
    municipalities: Annotated[tuple[IstatCode, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (), description="ISTAT codes, each between quotes", examples=[["015146"]]
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.areas or self.municipalities):
            raise ValueError("name at least one of areas and municipalities")
        return self


class Logic(Strict):
    """What is put in, what is done, what comes out of it, what should change."""

    inputs: Title = Field(description="what is put in", examples=[_BOTH])
    activities: Title = Field(description="what is done", examples=[_BOTH])
    outputs: Title = Field(description="what comes out at once", examples=[_BOTH])
    outcomes: Title = Field(description="what should change", examples=[_BOTH])


class Treated(Strict):
    """Who was treated and when."""

    units: Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (),
        description="codes of provinces (three digits) or municipalities (six), each between quotes",
        examples=[["015"]],
    )
    table: Literal["", "applications"] = Field(
        "", description="instead of a list: the table that says who was treated and when", examples=["applications"]
    )
    since: IsoDate = Field(description="first day", examples=["2015-05-01"])
    until: IsoDate = Field("", description="last day; empty: still on, or not known", examples=["2015-10-31"])
    source: Title = Field(description="where units and dates come from", examples=[_BOTH])
    to_verify: bool = Field(False, description="true where the source was not read in the original")
    anticipated: bool = Field(False, description="true where units could react before the first day")
    controls_treated: float = Field(
        0.0, ge=0, le=1, description="share of comparison units treated too", examples=[1.0]
    )
    note: Title | None = Field(None, description="what to know about who was treated", examples=[_BOTH])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until and self.until < self.since:
            raise ValueError(f"it ends on {self.until}, before it starts on {self.since}")
        if bool(self.units) == bool(self.table):
            raise ValueError("give exactly one of units and table")
        if any(not re.fullmatch(r"\d{3}|\d{6}", unit) for unit in self.units):
            raise ValueError("units are codes of three digits (provinces) or six (municipalities)")
        return self


class KnownBreak(Strict):
    """A known break in series inside the window of an outcome."""

    year: int = Field(description="first year of the new definition", examples=[2004])
    comparable: bool = Field(description="whether the series may be compared across it", examples=[True])
    reason: str = Field(description="what changed", examples=["new labour force survey"])


class Pool(Strict):
    """A set of comparison units."""

    id: Word = Field(description="its name", examples=["without_neighbours"])
    title: Title = Field(description="how the page names it", examples=[_BOTH])
    leave_out: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        (), description="codes of units left out", examples=[["012", "013"]]
    )
    nearest: int = Field(0, ge=0, description="only so many units, those nearest before the policy", examples=[20])
    provinces: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        (), description="only municipalities of these provinces", examples=[["098", "019"]]
    )
    same_size: bool = Field(False, description="only municipalities as large as the treated ones, by taxpayers")


class Outcome(Strict):
    """What may have changed, and how it is looked at."""

    id: Word = Field(description="its name", examples=["unemployment"])
    title: Title = Field(description="how the page names it", examples=[_BOTH])
    table: Literal["provinces", "regional_income", "regional_employment", ""] = Field(
        "", description="table of the catalogue; empty: no table may be used", examples=["provinces"]
    )
    item: Word | Literal[""] = Field("", description="item of that table", examples=["unemployment_rate"])
    unit: str = Field(description="unit of the effect, a key of `text/units.yml`", examples=["percentage_points"])
    design: Design = Field(description="how it is looked at", examples=["synthetic_control"])
    first_year: int = Field(0, description="first treated year in the table; 0 without a design", examples=[2015])
    first_years: dict[str, int] = Field(
        {}, description="staggered: first treated year of the units that start in another", examples=[{"015146": 2021}]
    )
    window: Annotated[tuple[int, ...], Field(strict=False)] = Field(
        (), description="first and last year looked at; empty: all of the table", examples=[[2010, 2018]]
    )
    group: Literal["", "province", "region"] = Field(
        "", description="municipalities that share shocks: errors and comparisons allow for it", examples=["province"]
    )
    like_size: bool = Field(
        False, description="few treated: only municipalities of like size, by taxpayers, and noise by size"
    )
    running: Word | Literal[""] = Field(
        "",
        description="discontinuity: item that decides who is treated, in the last year before",
        examples=["taxpayers"],
    )
    cutoff: Number | None = Field(None, description="discontinuity: its threshold", examples=[5000])
    treated_side: Literal["above", "below"] = Field("above", description="discontinuity: side that is treated")
    parts: Annotated[tuple[Word, ...], Field(strict=False)] = Field(
        (), description="items that, with this one, add up to 100", examples=[["share_services"]]
    )
    breaks: Annotated[tuple[KnownBreak, ...], Field(strict=False)] = Field(
        (), description="known breaks in series", examples=[[]]
    )
    pools: Annotated[tuple[Pool, ...], Field(strict=False)] = Field(
        (), description="sets of comparison units, the first is the main one", examples=[[]]
    )
    false_year: int = Field(0, description="year of the placebo in time; 0: two thirds of the way", examples=[2010])
    why: Title | None = Field(None, description="why it is not looked at", examples=[_BOTH])

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.design == "none" and not self.why:
            raise ValueError("an outcome without a design says why")
        if self.design != "none" and not (self.table and self.item and self.first_year):
            raise ValueError(f"the design {self.design} needs table, item and first_year")
        if (self.design == "discontinuity") != (bool(self.running) and self.cutoff is not None):
            raise ValueError("running and cutoff go with the design discontinuity, which needs both")
        if self.design == "discontinuity" and self.running == self.item:
            raise ValueError(f"{self.item} cannot both decide who is treated and be what may have changed")
        if self.first_years and self.design != "staggered":
            raise ValueError(f"first_years are of the design staggered; {self.design} has one first year for all")
        if self.window and (len(self.window) != 2 or not self.window[0] < self.first_year <= self.window[1]):
            raise ValueError("window is the first and the last year, with first_year inside and a year before it")
        return self


class Budget(Strict):
    """Public money."""

    amount: Money = Field(description="EUR", examples=[10000000])
    source: Title = Field(description="where it comes from", examples=[_BOTH])
    years: Title = Field(description="over which period", examples=[_BOTH])


class Assumed(Strict):
    """A range: lowest, most likely, highest value, with its source."""

    low: Number = Field(description="lowest", examples=[0.3])
    mode: Number = Field(description="most likely", examples=[0.6])
    high: Number = Field(description="highest", examples=[0.9])
    source: Title = Field(description="where it comes from; say so where it is a working assumption", examples=[_BOTH])

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"a range is in order: {self.low:g} ≤ {self.mode:g} ≤ {self.high:g} is not")
        return self


class Spending(Strict):
    """A share of the spending."""

    industry: str = Field(description="A*64 code of the industry it is bought from", examples=["C28"])
    title: Title = Field(description="how the page names it", examples=[_BOTH])
    low: Number = Field(ge=0, le=1, description="lowest share", examples=[0.2])
    mode: Number = Field(ge=0, le=1, description="most likely share", examples=[0.4])
    high: Number = Field(ge=0, le=1, description="highest share", examples=[0.6])

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"shares are in order: {self.low:g} ≤ {self.mode:g} ≤ {self.high:g} is not")
        return self


class ExAnte(Strict):
    """What the money is assumed to do; the amount is `budget.amount`, or EUR 1 where each territory has its own."""

    per_euro: bool = Field(False, description="true: ranges for one euro, scaled by what a territory was assigned")
    additionality: Assumed = Field(description="part that would not have happened otherwise, 0–1", examples=[{}])
    leverage: Assumed = Field(description="private EUR for each public EUR", examples=[{}])
    composition: Annotated[tuple[Spending, ...], Field(strict=False)] = Field(
        description="what is bought", examples=[[]]
    )
    source: Title = Field(description="where the composition comes from", examples=[_BOTH])
    region: str = Field(description="NUTS code of the territory, in `metro_employment`", examples=["ITC4C"])
    seed: int = Field(2017, description="of the draws", examples=[2017])
    draws: int = Field(4000, ge=100, le=100_000, description="random draws", examples=[4000])

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.additionality.low < 0 or self.additionality.high > 1:
            raise ValueError(f"additionality is a part of the money, from 0 to 1: {self.additionality.high:g} is not")
        if self.leverage.low < 0:
            raise ValueError(f"leverage is at least 0: {self.leverage.low:g} is not")
        return self


class Actor(Strict):
    """Who takes part."""

    id: Word = Field(description="its name", examples=["comune_milano"])
    name: Title = Field(description="how the page names it", examples=[_BOTH])
    type: Literal["public", "business", "research", "social", "eu", "other"] = Field(
        description="kind of body", examples=["public"]
    )
    topic: Title = Field(description="what it takes part in", examples=[_BOTH])
    territory: Title = Field(description="where it acts", examples=[_BOTH])
    source: Title = Field(description="where it is said", examples=[_BOTH])


class Action(Strict):
    """Something done, with its dates as planned and as known."""

    id: Word = Field(description="its name", examples=["first_calls"])
    title: Title = Field(description="how the page names it", examples=[_BOTH])
    area: Area = Field(description="area of intervention", examples=["spaces"])
    owner: Word = Field(description="the actor that answers for it", examples=["comune_milano"])
    start: IsoDate = Field("", description="planned first day; empty: no source says it", examples=["2017-04-13"])
    end: IsoDate = Field("", description="planned last day; empty: no source says it", examples=["2017-10-13"])
    actual_start: IsoDate = Field("", description="first day, where known", examples=["2017-04-13"])
    actual_end: IsoDate = Field("", description="last day, where known", examples=["2017-09-08"])
    budget: Money | None = Field(None, description="EUR planned", examples=[10000000])
    spent: Money | None = Field(None, description="EUR spent; blank: not known, which is not zero", examples=[370000])
    private: Money | None = Field(None, description="private EUR raised; blank: not known", examples=[0])
    roles: dict[Word, Role] = Field({}, description="part of each actor", examples=[{"afol": "carries_out"}])
    source: Title = Field(description="where it is said", examples=[_BOTH])
    to_verify: bool = Field(False, description="true where dates are read from a press report")


class TrialReading(Strict):
    """A reading of a trial's indicator."""

    day: IsoDate = Field(description="day", examples=["2026-06-30"])
    value: Number = Field(description="value", examples=[12.0])
    se: float = Field(gt=0, description="its standard error", examples=[1.5])
    observations: int = Field(ge=1, description="observations behind it", examples=[80])


class LightTrial(Strict):
    """A light trial: what is tried and what would count, stated in advance; blank: not stated in the sources."""

    id: Word = Field(description="its name", examples=["spaces_register"])
    objective: Title = Field(description="what is wanted", examples=[_BOTH])
    action: Title = Field(description="what is tried", examples=[_BOTH])
    indicator: Title = Field(description="what is read", examples=[_BOTH])
    unit: str = Field(description="its unit, a key of `text/units.yml`", examples=["as_published"])
    baseline: Number | None = Field(None, description="value before", examples=[73])
    target: Number | None = Field(None, description="value hoped for", examples=[100])
    threshold: Number | None = Field(None, description="least value worth keeping", examples=[85])
    looks: Annotated[tuple[IsoDate, ...], Field(strict=False)] = Field(
        (), description="stated days of the readings", examples=[["2027-06-30"]]
    )
    stated: IsoDate = Field("", description="day on which it was stated", examples=["2026-11-22"])
    rule: Literal["spending", "any_time"] = Field("spending", description="how repeated looks are paid for")
    planned_observations: int | None = Field(None, ge=1, description="observations of the whole trial", examples=[200])
    readings: Annotated[tuple[TrialReading, ...], Field(strict=False)] = Field(
        (), description="readings made so far", examples=[[]]
    )
    decided_on: IsoDate = Field("", description="day on which somebody decided", examples=["2027-01-10"])
    source: Title = Field(description="where it is said", examples=[_BOTH])

    @property
    def missing(self) -> tuple[str, ...]:
        """What was not stated and must be, before anything can be decided."""
        needed = ("baseline", "target", "threshold", "looks", "stated", "planned_observations")
        return tuple(name for name in needed if getattr(self, name) is None or getattr(self, name) in ((), ""))


class QuotedClaim(Strict):
    """A figure quoted in a programme."""

    id: Word = Field(description="its name", examples=["area_share"])
    text: Title = Field(description="what is claimed", examples=[_BOTH])
    value: Number = Field(description="the figure", examples=[2.9])
    unit: str = Field(description="its unit, a key of `text/units.yml`", examples=["percent"])
    year: int = Field(0, description="year it refers to; 0: not stated", examples=[2008])
    territory: str = Field(
        "", description="id of the area or ISTAT code; empty: not stated", examples=["nord-milano-2008"]
    )
    parent: str = Field("", description="for a share: id of the whole", examples=["provincia-milano-2008"])
    region: str = Field(
        "", description="NUTS code of the territory recounted, in `metro_employment`", examples=["ITC4C"]
    )
    check: Check = Field(description="how it is recomputed", examples=["area_share"])
    why: Title | None = Field(None, description="why it cannot be recomputed", examples=[_BOTH])
    source: Title = Field(description="where it is quoted", examples=[_BOTH])

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.check == "none" and not self.why:
            raise ValueError("a claim that is not recomputed says why")
        return self


class Consultation(Strict):
    """How many were heard, and how."""

    title: Title = Field(description="what it was", examples=[_BOTH])
    count: int = Field(ge=0, description="how many", examples=[50])
    at_least: bool = Field(False, description="true where the source says “more than”")
    source: Title = Field(description="where it is said", examples=[_BOTH])


class Complementary(Strict):
    """A policy of others on the same matter; amounts are never added up."""

    id: Word = Field(description="its name", examples=["industria_40"])
    title: Title = Field(description="what it is", examples=[_BOTH])
    level: Literal["municipal", "metropolitan", "regional", "national", "eu", "social"] = Field(
        description="whose it is", examples=["national"]
    )
    period: Title | None = Field(None, description="over which period; empty: no source says it", examples=[_BOTH])
    amount: Money | None = Field(None, description="EUR; blank: not known", examples=[1000000000])
    source: Title = Field(description="where it is said", examples=[_BOTH])


class Attempt(Strict):
    """Something tried before the policy."""

    id: Word = Field(description="its name", examples=["register"])
    title: Title = Field(description="what was tried", examples=[_BOTH])
    period: Title = Field(description="when", examples=[_BOTH])
    result: Title = Field(description="what came of it, as far as a source says", examples=[_BOTH])
    source: Title = Field(description="where it is said", examples=[_BOTH])


class Assumption(Strict):
    """What must hold for the policy to work."""

    text: Title = Field(description="the assumption", examples=[_BOTH])
    source: Title | None = Field(None, description="where it is said; empty: ours", examples=[_BOTH])


class Policy(Strict):
    """A policy: a file of `params/policies/`."""

    title: Title = Field(description="short name", examples=[_BOTH])
    programme: Title = Field(description="programme it belongs to", examples=[_BOTH])
    question: Title = Field(description="what one would like to know", examples=[_BOTH])
    territory: Territory = Field(description="where it applies", examples=[{"municipalities": ["015146"]}])
    areas: Annotated[tuple[Area, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (), description="areas of intervention, of the six", examples=[["spaces"]]
    )
    objectives: Annotated[tuple[Objective, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (), description="objectives, of the five", examples=[["smes_innovation"]]
    )
    logic: Logic = Field(description="logic of the intervention", examples=[{"inputs": _BOTH}])
    treated: Treated = Field(description="who was treated and when", examples=[{"units": ["015"]}])
    outcomes: Annotated[tuple[Outcome, ...], Field(strict=False, min_length=1)] = Field(
        description="what may have changed", examples=[[]]
    )
    primary: Word | Literal[""] = Field(
        "", description="the outcome that decides, stated before looking; empty: the first", examples=["unemployment"]
    )
    budget: Budget | None = Field(None, description="public money, where a source says it", examples=[{}])
    ex_ante: ExAnte | None = Field(None, description="what the money is assumed to do", examples=[{}])
    assumptions: Annotated[tuple[Assumption, ...], Field(strict=False)] = Field(
        (), description="what must hold", examples=[[]]
    )
    actors: Annotated[tuple[Actor, ...], Field(strict=False)] = Field((), description="who takes part", examples=[[]])
    actions: Annotated[tuple[Action, ...], Field(strict=False)] = Field((), description="what is done", examples=[[]])
    trials: Annotated[tuple[LightTrial, ...], Field(strict=False)] = Field(
        (), description="light trials", examples=[[]]
    )
    claims: Annotated[tuple[QuotedClaim, ...], Field(strict=False)] = Field(
        (), description="figures quoted", examples=[[]]
    )
    consultations: Annotated[tuple[Consultation, ...], Field(strict=False)] = Field(
        (), description="who was heard", examples=[[]]
    )
    complementary: Annotated[tuple[Complementary, ...], Field(strict=False)] = Field(
        (), description="policies of others on the same matter", examples=[[]]
    )
    before: Annotated[tuple[Attempt, ...], Field(strict=False)] = Field(
        (), description="what had been tried before", examples=[[]]
    )
    decision: Title = Field(description="what follows for whoever decides, given the verdict", examples=[_BOTH])
    checked: PastDate = Field(description="day on which its facts were read", examples=["2026-11-22"])

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        actors = {actor.id for actor in self.actors}
        for action in self.actions:
            unknown = sorted(({action.owner} | set(action.roles)) - actors)
            if unknown:
                raise ValueError(f"action {action.id}: {unknown[0]} is not among the actors")
            if bool(action.start) != bool(action.end):
                raise ValueError(f"action {action.id}: planned first and last day go together")
            if action.end < action.start or (action.actual_end and action.actual_end < action.actual_start):
                raise ValueError(f"action {action.id} ends before it starts")
        for what in ("outcomes", "actors", "actions", "claims", "trials", "complementary", "before"):
            ids = [one.id for one in getattr(self, what)]
            twice = sorted({id for id in ids if ids.count(id) > 1})
            if twice:
                raise ValueError(f"{what}: {twice[0]} comes twice")
        ids = [outcome.id for outcome in self.outcomes]
        if self.primary and self.primary not in ids:
            raise ValueError(f"primary: {self.primary} is not among the outcomes: {', '.join(ids)}")
        return self

    @property
    def primary_outcome(self) -> str:
        """The outcome that decides; p of the others are Holm's."""
        return self.primary or next((one.id for one in self.outcomes if one.design != "none"), self.outcomes[0].id)


MODELS = (
    Policy, Territory, Logic, Treated, Outcome, Pool, KnownBreak, Budget, ExAnte, Assumed, Spending, Actor, Action,
    LightTrial, TrialReading, QuotedClaim, Consultation, Complementary, Attempt, Assumption,
)  # fmt: skip


def names(folder: Path = FOLDER) -> list[str]:
    """Names of the policies there are."""
    return sorted(path.stem for path in folder.glob("*.yml"))


def read(name: str, folder: Path = FOLDER) -> Policy:
    """One policy of `params/policies/`.

    Raises:
        ParameterError, Faults: no such file, or something in it is wrong.
    """
    path = folder / f"{name}.yml"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) or not path.is_file():
        raise ParameterError(f"There is no policy {name!r}.", where=str(folder), allowed=names(folder))
    return load(Policy, path)


def create(name: str, folder: Path = FOLDER) -> Path:
    """A new file of a policy, to be filled in: `quadro check` lists what is still to be written.

    Raises:
        ParameterError: the name is not one, or it is taken.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise ParameterError(
            f"{name!r} cannot name a policy.", allowed="small letters, digits and -", hint="quadro new policy cycling"
        )
    path = folder / f"{name}.yml"
    if path.exists():
        raise ParameterError(f"There is a policy {name!r} already.", where=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((Path(__file__).parent / "policy_new.yml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def unwritten(policy: Policy) -> list[str]:
    """Fields whose text is still that of a new file."""

    def look(value: object, where: str) -> list[str]:
        if isinstance(value, dict):
            if set(value) == {"it", "en"}:
                return [where] * (UNWRITTEN & set(value.values()) != set())
            return [one for key, inner in value.items() for one in look(inner, f"{where}.{key}" if where else str(key))]
        if isinstance(value, list | tuple):
            return [one for i, inner in enumerate(value) for one in look(inner, f"{where}.{i + 1}")]
        return []

    return look(policy.model_dump(), "")


def everything(folder: Path = FOLDER) -> dict[str, Policy]:
    """All policies by name."""
    return {name: read(name, folder) for name in names(folder)}


__all__ = ["MODELS", "FileName", "Policy", "create", "everything", "names", "read", "unwritten"]
