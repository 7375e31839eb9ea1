"""What the report on calls stands on: one territory on one day, with all that is computed for it, once.

`Case` asks `toolkit.pnrr` and remembers the answers; the other files of this folder word and show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from toolkit import display, pnrr
from toolkit.display.frames import rows_of
from toolkit.params import choices as chosen
from toolkit.pnrr.amounts import NOT_MODELLED, schedule
from toolkit.pnrr.days import as_of_day
from toolkit.pnrr.eligibility import POPULATION_RULES
from toolkit.report.core import WordedReport as Report
from toolkit.territory import Municipality

CLASS_YEAR = 2022
"""The calls of PA digitale take the residents of 1 January 2022."""

CLASS_LINE = "citizen_experience"
"""The line whose classes of population are the finest."""

CALLS = ("calls", "calls_history")
REAL = ("open", "closed", "suspended_to_verify", "standing", "announced")
"""Statuses of calls that can be answered, or could: not of programmes, registers and automatic allocations."""

TABLES = (
    "municipalities",
    "population",
    "fragility",
    "boundaries",
    "calls",
    "calls_history",
    "calls_rules",
    "calls_amounts",
    "lump_sums",
    "applications",
    "regis_projects",
    "regis_locations",
    "regis_beneficiaries",
    "pnrr_calendar",
    "pnrr_facts",
)
"""Tables of the catalogue that the report reads."""


class Case:
    """A territory on a day: calls as known then, what it won, what can be seen of it.

    Args:
        report: the open report, which reads `TABLES`.
        choices: name of a file of `params/` with weights and limits.

    Raises:
        ParameterError: the day is before the plan, or the choices are wrong.
    """

    def __init__(self, report: Report, choices: str = "pnrr") -> None:
        self.report = report
        self.words = report.words
        self.choices = chosen.read(choices)
        self.day = as_of_day(report.as_of)
        self.single = isinstance(report.territory, Municipality)

    # ---- words

    def say(self, key: str, **values: Any) -> str:
        """A sentence of `text/pnrr.yml` with place, day and acronyms at hand."""
        about = {
            "place": self.report.place,
            "day": self.day,
            "single": self.single,
            "pnrr": "PNRR",
            "regis": "ReGiS",
            "cup": "CUP",
        }
        return self.report.say(f"pnrr.{key}", **(about | values))

    def label(self, kind: str, code: str) -> str:
        """The words for a code: `label("state", "won")`."""
        return self.say(f"{kind}_{code}".replace("-", "_").replace(".", "_"))

    def call_name(self, call: str) -> str:
        """The name of a call; those of PA digitale by line and month, for their titles drift."""
        row = self.call_rows[call]
        if row["line"] and call.rsplit("-", 2)[-2].isdigit():
            month = "-".join(call.rsplit("-", 2)[-2:])
            measure = str(row["measure"]).partition("I")[2]
            return self.say("call_name", line=self.label("line", row["line"]), measure=measure, month=month)
        return str(row[f"title_{self.words.language}"])

    def rule_text(self, text: str) -> str:
        """A rule (`name|operator|value`) in words: "residenti almeno 15.000"."""
        rule, operator, value = text.split("|")
        shown = value
        if rule in POPULATION_RULES:
            shown = self.words.number(float(value))
        elif rule == "nursery_coverage":
            shown = self.words.percent(float(value), 0)
        elif rule == "applicant":
            shown = self.words.join(self.label("applicant", kind) for kind in value.split(";"))
        return self.say(f"rule_{rule}", operator=self.label("operator", operator), value=shown)

    def column(self, key: str, label: str = "", **about: Any) -> display.Column:
        """A column headed by `column_<key>` of `text/pnrr.yml`, or by another of its keys."""
        return display.Column(key=key, label=self.say(f"column_{label or key}"), **about)

    def coded(self, frame: pd.DataFrame, key: str, kind: str, label: str = "") -> display.Column:
        """A column of codes, each printed as `<kind>_<code>`; several codes joined by ";" as a list."""
        texts = {
            value: "; ".join(self.label(kind, code) for code in value.split(";")) if value else self.say("nothing")
            for value in frame[key].dropna().unique()
        }
        return self.column(key, label, texts=texts)

    def dated(self, frame: pd.DataFrame, key: str, label: str = "", absent: str = "nothing") -> display.Column:
        """A column of ISO days, printed in words."""
        texts = {value: self.words.date(value) if value else self.say(absent) for value in frame[key].unique()}
        return self.column(key, label, texts=texts)

    def named(self, frame: pd.DataFrame, key: str = "call", label: str = "") -> display.Column:
        """A column of calls by name."""
        return self.column(key, label, texts={call: self.call_name(call) for call in frame[key].unique()})

    def listed(self, codes: Iterable[str]) -> str:
        """Names of municipalities in a sentence."""
        return self.words.join(self.names[code] for code in codes)

    # ---- who

    def _of_day(self, *key: Any) -> pd.DataFrame:
        """What depends on data and day alone, made once for all reports; whoever changes it changes its own."""
        found: pd.DataFrame = self.report.once("pnrr", *key)
        return found

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes of the municipalities of the metropolitan city and of the territory."""
        return tuple(sorted({*self.report.universe, *self.members}))

    @property
    def members(self) -> tuple[str, ...]:
        """Codes of the municipalities of the territory."""
        return self.report.members

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the municipalities of the metropolitan city, by code."""
        return self.report.names({*self.report.universe, *self.members})

    @cached_property
    def population(self) -> pd.DataFrame:
        """Residents known by the day."""
        return self._of_day("population", self._population)

    def _population(self) -> pd.DataFrame:
        table = self.report.table("population")
        return table[(table["item"] == "residents") & table["value"].notna()]

    @cached_property
    def people(self) -> dict[str, float]:
        """Code → residents that classes are taken from: of 1 January 2022, or the last known before."""
        table = self.population[self.population["year"] <= CLASS_YEAR].sort_values("year")
        return dict(table.groupby("istat_code")["value"].last())

    @cached_property
    def latest(self) -> dict[str, float]:
        """Code → residents of the last 1 January known by the day."""
        return dict(self.population.sort_values("year").groupby("istat_code")["value"].last())

    @cached_property
    def class_of(self) -> dict[str, str]:
        """Code → class of population of each municipality of the metropolitan city."""
        sums = self.report.table("lump_sums")
        classes = schedule(sums, CLASS_LINE)
        return {code: classes.class_of(self.people[code]) for code in self.report.universe}

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Comparison groups of municipalities: same class of population, zone, metropolitan city."""
        found: dict[str, tuple[str, ...]] = {}
        if self.single and self.report.own in self.class_of:
            own = self.class_of[self.report.own]
            found["class"] = tuple(code for code in self.report.universe if self.class_of[code] == own)
        if "zone" in self.report.scales:
            found["zone"] = self.report.scales["zone"].members
        return found | {"metropolitan": self.report.universe}

    @property
    def around(self) -> tuple[str, ...]:
        """The zone of a municipality, or the members of an area: whom one works with. Empty where there is none."""
        return self.groups.get("zone", ()) if self.single else self.members

    def partners(self, code: str) -> tuple[str, ...]:
        """With whom a municipality may form a group, itself included: those of the area where it is a zone or a pact of
        municipalities, of its own zone where the area holds several. Empty where there is none."""
        territory = self.report.territory
        if isinstance(territory, Municipality) or territory.kind in ("zone", "custom"):
            return self.around
        zone = self.report.register.zone_of(code, self.report.as_of)
        return zone.members if zone else ()

    # ---- calls

    @cached_property
    def known(self) -> pd.DataFrame:
        """Calls as known on the day."""
        return self._of_day("known", self._known)

    def _known(self) -> pd.DataFrame:
        return pnrr.as_known(self.report.table("calls"), self.report.table("calls_history"), self.day)

    @cached_property
    def hindsight(self) -> pd.DataFrame:
        """Calls as known today, judged on the same day."""
        return self._of_day("hindsight", self._hindsight)

    def _hindsight(self) -> pd.DataFrame:
        tables = (self.report.table("calls"), self.report.table("calls_history"))
        return pnrr.as_known(*tables, self.day, hindsight=True)

    @cached_property
    def call_rows(self) -> dict[str, dict[str, Any]]:
        """Call → its row as known on the day."""
        return {str(row["call"]): row for row in _records(self.known)}

    @cached_property
    def lines(self) -> dict[str, str]:
        """Call → line of PA digitale."""
        calls = self.report.table("calls")
        return dict(zip(calls["call"], calls["line"], strict=True))

    @cached_property
    def watch(self) -> dict[str, Any]:
        """Between which days the list of calls was watched."""
        return pnrr.watch(self.report.table("calls"), self.report.table("calls_history"), self.day)

    @cached_property
    def missing(self) -> list[dict[str, Any]]:
        """Calls that the publisher's list misses, of those observed by the day."""
        rows = self.known[self.known["flags"].str.split(";").map(lambda flags: "missing_from_list" in flags)]
        return _records(rows[rows["basis"].isin(("observed", "last_known"))])

    @cached_property
    def answerable(self) -> pd.DataFrame:
        """Published calls that municipalities may answer, alone or in groups."""
        return self._of_day("answerable", self._answerable)

    def _answerable(self) -> pd.DataFrame:
        kinds = self.known["applicants"].str.split(";")
        ours = kinds.map(lambda codes: bool({"municipality", "municipality_group"} & set(codes)))
        return self.known[ours & (self.known["status"] != "not_yet_published")].reset_index(drop=True)

    @cached_property
    def open(self) -> pd.DataFrame:
        """Calls open on the day that municipalities may answer, first to close first, those without a known deadline
        last; standing funds are apart."""
        return self._of_day("open", self._open)

    def _open(self) -> pd.DataFrame:
        rows = self.answerable[self.answerable["status"] == "open"].sort_values("call")
        return rows.sort_values("closes_on", key=lambda days: days.replace("", "9999"), kind="stable")

    @cached_property
    def open_pnrr(self) -> pd.DataFrame:
        """Those of the plan."""
        return self.open[self.open["programme"] == "pnrr"]

    def judged(self, code: str) -> pd.DataFrame:
        """Every rule known on the day, judged on what is known of a municipality."""
        own = self.report.table("municipalities").set_index("istat_code")
        values = {"region": own["region"].get(code, "")}
        if code in self.report.universe:
            values["metropolitan_city"] = self.report.metropolitan.id
        facts = pnrr.facts_of(code, self.population, self.applications, self.lines, values)
        closings = dict(zip(self.known["call"], self.known["closes_on"], strict=True))
        rules = self.report.table("calls_rules")
        return pnrr.evaluate(rules, facts, self.day, lines=self.lines, judged_on=closings)

    @cached_property
    def rules(self) -> pd.DataFrame:
        """`judged` of the municipality."""
        return self.judged(self.report.own)

    @cached_property
    def verdicts(self) -> dict[str, pd.DataFrame]:
        """Code → one answer a call, for each municipality of the territory."""
        calls = self.answerable["call"]
        return {code: pnrr.verdicts(self.judged(code), calls).set_index("call") for code in self.members}

    def answer(self, call: str, code: str = "") -> dict[str, Any]:
        """Answer and reasons of one call for one municipality."""
        return {str(name): value for name, value in self.verdicts[code or self.report.own].loc[call].items()}

    # ---- grants

    @cached_property
    def applications(self) -> pd.DataFrame:
        """Funded applications by the day, of all municipalities, each with its line."""
        return self._of_day("applications", self._applications)

    def _applications(self) -> pd.DataFrame:
        found = pnrr.applications_as_of(self.report.table("applications"), self.day)
        return found.assign(line=found["call"].map(self.lines))

    @cached_property
    def covered(self) -> pd.DataFrame:
        """How far the files of funded applications cover each call."""
        return self._of_day("covered", self._covered)

    def _covered(self) -> pd.DataFrame:
        return pnrr.coverage(self.known, self.applications, self.day)

    @cached_property
    def mine(self) -> pd.DataFrame:
        """Applications of the territory with their payments, from both sources."""
        own = self.applications[self.applications["istat_code"].isin(self.members)].reset_index(drop=True)
        return pnrr.payments(own, self.report.table("regis_projects"), self.day)

    @cached_property
    def held(self) -> pd.DataFrame:
        """Those not renounced."""
        return self.mine[self.mine["state"] != "renounced"]

    @cached_property
    def paid(self) -> dict[str, Any]:
        """EUR and number seen paid and not seen paid."""
        return pnrr.payment_totals(self.mine)

    @cached_property
    def chains(self) -> pd.DataFrame:
        """Renunciations of the territory joined to what was won again."""
        return pnrr.chains(self.mine, self.lines, self.covered)

    @cached_property
    def per_municipality(self) -> pd.DataFrame:
        """Sums of every municipality of the metropolitan city."""
        return self._of_day("per_municipality", self.codes, self._per_municipality)

    def _per_municipality(self) -> pd.DataFrame:
        found = pnrr.per_municipality(self.applications, self.codes, self.people)
        return found.set_index("istat_code", drop=False).rename_axis(None)

    @cached_property
    def take_up(self) -> pd.DataFrame:
        """Won over the class maximum, by municipality and line, where the line has a rule of population."""
        return self._of_day("take_up", self.codes, self._take_up)

    def _take_up(self) -> pd.DataFrame:
        rows = self.covered[~self.covered["line"].isin(NOT_MODELLED)]
        lines = dict(zip(rows["call"], rows["line"], strict=True))
        sums = self.report.table("lump_sums")
        return pnrr.take_up(self.applications, sums, lines, self.people, self.codes, covered=self.covered)

    @cached_property
    def take_up_total(self) -> pd.DataFrame:
        """The same over all lines, in percent (`percent`); empty on a day without a line that has a rule."""
        total = pnrr.take_up_total(self.take_up)
        return total.assign(percent=100 * total["share"]).set_index("istat_code", drop=False).rename_axis(None)

    @cached_property
    def located(self) -> pd.DataFrame:
        """Projects located in the territory, by place."""
        return self.places(self.members)

    def places(self, codes: Sequence[str]) -> pd.DataFrame:
        """Projects located in municipalities; empty for all of the province."""
        return self._of_day("places", tuple(codes), lambda: self._places(codes))

    def _places(self, codes: Sequence[str]) -> pd.DataFrame:
        return pnrr.located(
            self.report.table("regis_projects"),
            self.report.table("regis_locations"),
            self.report.table("regis_beneficiaries"),
            self.report.table("applications"),
            codes,
            self.day,
        )

    def eligibility(self, code: str) -> dict[str, str]:
        """Call → yes, no or unknown for one municipality."""
        found = self.verdicts[code]
        return {str(call): str(answer) for call, answer in found["answer"].items()}

    def seen(self, days: Iterable[str]) -> str:
        """The days until which rows were observed, in words; the as-of date where no row was."""
        known = sorted(set(days)) or [self.day]
        return self.say("seen_on" if len(known) == 1 else "seen_between", first=known[0], last=known[-1])

    @cached_property
    def files_end(self) -> str:
        """Until when the territory's applications were observed (those of all municipalities where it has none)."""
        rows = self.mine if len(self.mine) else self.applications
        return self.seen(rows["known_until"])

    # ---- small helps

    def compare(self, values: Mapping[str, float] | pd.Series) -> pd.DataFrame:
        """The municipality's value beside those of its groups."""
        return pnrr.compare(pd.Series(values), self.report.own, self.groups)

    def group_name(self, group: str) -> str:
        """A comparison group in words: the class is said by its bounds."""
        if group == "class":
            return self.say("group_class", bounds=self.class_name(self.class_of[self.report.own]))
        if group == "zone":
            return self.report.scales["zone"].name
        return self.report.metropolitan.name(self.words.language)

    def class_name(self, name: str) -> str:
        """A class of population in words: "20.001–50.000"."""
        low, _, high = name.partition("-")
        if not high:
            return self.say("class_above", low=int(low.strip("+>")) - 1)
        return self.words.period(self.words.number(int(low)), self.words.number(int(high)))

    def later(self, days: int) -> str:
        """The ISO day that many days after the as-of date."""
        return (self.report.as_of + timedelta(days=days)).isoformat()


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return rows_of(frame)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries by column name."""
    return _records(frame)
