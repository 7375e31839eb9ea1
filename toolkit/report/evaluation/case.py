"""What a report on policies works with: the policies that concern a territory, their results, how both are worded."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from toolkit import display
from toolkit.errors import TerritoryError
from toolkit.impact.verdict import LEVELS
from toolkit.params import policy as policies
from toolkit.params.policy import EX_ANTE, Outcome, Policy
from toolkit.partial import Sum
from toolkit.report.core import WordedReport as Report
from toolkit.text import Words

TABLES = [
    "municipalities",
    "population",
    "policy_outcomes",
    "policy_series",
    "provinces",
    "applications",
    "local_units",
    "metro_employment",
    "national_employment",
    "supply_use",
]
_UNIT_VALUES = ("estimate", "mde", "expected_effect")  # of a reason, in the unit of its outcome


@dataclass(frozen=True)
class Known:
    """An outcome of a policy with what was computed about it; None for a figure that there is not."""

    policy: Concerned
    outcome: Outcome
    row: Mapping[str, Any]
    series: pd.DataFrame
    later: bool

    @property
    def status(self) -> str:
        """What came of it: estimated, break, refused, not_estimated; later where the day of the report precedes it."""
        return "later" if self.later else str(self.row["status"])

    @property
    def verdict(self) -> str:
        """The verdict on identification."""
        return str(self.row["verdict"])

    def figure(self, name: str) -> float | None:
        """A figure of `policy_outcomes`."""
        value = self.row[name]
        return None if pd.isna(value) else float(value)

    def part(self, name: str) -> pd.DataFrame:
        """Rows of `policy_series` of one part."""
        return self.series[self.series["part"] == name]

    def values(self, name: str) -> dict[str, float]:
        """Value by item of one part."""
        part = self.part(name)
        return dict(zip(part["item"], part["value"], strict=True))

    @property
    def breaks(self) -> list[dict[str, Any]]:
        """Breaks found in the window."""
        found: list[dict[str, Any]] = json.loads(self.row["breaks"])
        return found


@dataclass(frozen=True)
class Concerned:
    """A policy with its results."""

    name: str
    policy: Policy
    members: frozenset[str]


class Case:
    """A territory, a day, and the policies that concern it.

    Args:
        report: opened with `TABLES`.
        policy: name of one policy, which is shown wherever the territory is; empty: those that concern it.
    """

    def __init__(self, report: Report, policy: str = "") -> None:
        self.report = report
        self.words = report.words
        self.language = report.language
        known = policies.everything()
        if policy:
            policies.read(policy)  # an unknown name is refused
        self._all = [Concerned(name, one, self._members(one)) for name, one in known.items()]
        self._named = policy
        self._outcomes: dict[str, list[Known]] = {}

    # ---- which

    @cached_property
    def here(self) -> list[Concerned]:
        """Policies begun by the day of the report, whose territory holds a part of this one; the oldest first."""
        own = set(self.report.members)
        found = [
            one
            for one in self._all
            if (one.name == self._named if self._named else one.members & own) and self._begun(one)
        ]
        return sorted(found, key=lambda one: (one.policy.treated.since, one.name))

    @property
    def concerned(self) -> bool:
        """Whether the policies shown concern the territory: one asked for by name may not."""
        return any(one.members & set(self.report.members) for one in self.here)

    @cached_property
    def elsewhere(self) -> list[Concerned]:
        """The other policies begun by the day of the report."""
        return [one for one in self._all if one not in self.here and self._begun(one)]

    def _begun(self, one: Concerned) -> bool:
        return one.policy.treated.since <= self.report.as_of.isoformat()

    def _members(self, policy: Policy) -> frozenset[str]:
        found = set(policy.territory.municipalities)
        for area in policy.territory.areas:
            found |= set(self._area(area))
        return frozenset(found)

    def _area(self, area: str) -> Sequence[str]:
        """Members of an area as of the report's day, or on the last day on which it was valid."""
        try:
            return self.report.register.area(area, self.report.as_of).members
        except TerritoryError:
            last = self.report.register.area(area).valid_to
            return self.report.register.area(area, dt.date.fromisoformat(str(last)) if last else None).members

    # ---- results

    def outcomes(self, one: Concerned) -> list[Known]:
        """What is known of each outcome of a policy."""
        if one.name not in self._outcomes:
            self._outcomes[one.name] = [
                Known(one, outcome, self._rows[one.name, outcome.id], series, self._later(series))
                for outcome in one.policy.outcomes
                if (one.name, outcome.id) in self._rows
                for series in [self._series(one.name, outcome.id)]
            ]
        return self._outcomes[one.name]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        records = self.report.table("policy_outcomes").to_dict("records")
        return {(row["policy"], row["outcome"]): {str(key): value for key, value in row.items()} for row in records}

    @cached_property
    def _groups(self) -> dict[tuple[str, str], pd.DataFrame]:
        return dict(iter(self.report.table("policy_series").groupby(["policy", "outcome"])))  # type: ignore[arg-type]

    def _series(self, policy: str, outcome: str) -> pd.DataFrame:
        none = self.report.table("policy_series").iloc[:0]
        return self._groups.get((policy, outcome), none)

    def _later(self, series: pd.DataFrame) -> bool:
        """Whether the results need figures of years that were not over on the day of the report."""
        years = series.loc[series["period"] != "", "period"]
        return bool(len(years)) and dt.date(int(years.max()), 12, 31) > self.report.as_of

    @cached_property
    def known(self) -> list[Known]:
        """All outcomes of the policies here."""
        return [outcome for one in self.here for outcome in self.outcomes(one)]

    def verdict(self, one: Concerned) -> str:
        """The highest verdict among the outcomes of a policy."""
        return min((known.verdict for known in self.outcomes(one)), key=LEVELS.index, default=LEVELS[-1])

    def ex_ante(self, one: Concerned) -> pd.DataFrame:
        """Rows of what the money is assumed to move; none where nothing was computed."""
        return self._series(one.name, EX_ANTE)

    # ---- grants

    @cached_property
    def grants(self) -> pd.DataFrame:
        """Grants of PA digitale known on the day of the report and not renounced by then."""
        table = self.report.table("applications")
        day = self.report.as_of.isoformat()
        known = table[(table["funded_on"] <= day) & table["istat_code"].isin(self.report.universe)]
        gone = (known["state"] == "renounced") & ((known["state_on"] == "") | (known["state_on"] <= day))
        return known[~gone]

    @property
    def own_grants(self) -> pd.DataFrame:
        """Those of the territory of the report."""
        return self.grants[self.grants["istat_code"].isin(self.report.members)]

    @property
    def own_money(self) -> Sum:
        """EUR of those grants."""
        return Sum.of_column(self.own_grants["amount"])

    def money(self, one: Concerned) -> float | None:
        """The public money that ranges are about: the policy's, or what the territory was awarded."""
        if one.policy.ex_ante and one.policy.ex_ante.per_euro:
            return self.own_money if len(self.own_grants) else None
        return one.policy.budget.amount if one.policy.budget else None

    # ---- tables

    @cached_property
    def english(self) -> Case:
        """The same case in English: what a table's file holds where a text is composed."""
        twin = copy.copy(self)
        twin.words, twin.language = Words("en"), "en"
        twin.__dict__.pop("english", None)
        return twin

    def told(
        self, build: Callable[[Case], pd.DataFrame], columns: Sequence[display.Column]
    ) -> tuple[pd.DataFrame, list[display.Column]]:
        """A table whose texts are composed: English in files, which have no language of their own; ours on the page.

        Args:
            build: the rows in the language of the case it is given.
            columns: those shown; a column of texts that says how to print each of them is left as it is.
        """
        raw, printed = build(self.english), build(self)
        shown = [
            column
            if column.numeric or column.texts
            else dataclasses.replace(column, texts=dict(zip(raw[column.key], printed[column.key], strict=True)))
            for column in columns
        ]
        return raw, shown

    # ---- words

    def say(self, key: str, **values: Any) -> str:
        """A sentence of `text/impact.yml`; keys may hold dots."""
        return self.words.say(f"impact.{key}", **values)

    def of(self, title: Any) -> str:
        """A text that a policy gives in both languages."""
        return str(getattr(title, self.language))

    def title(self, one: Concerned) -> str:
        """Short name of a policy."""
        return self.of(one.policy.title)

    def verdict_word(self, level: str) -> str:
        """The word of a verdict."""
        return self.say(f"verdict.{level}")

    def amount(self, value: float, unit: str, *, signed: bool = False) -> str:
        """A figure in the unit of an outcome; one too small for two decimals is said to be less than that."""
        if 0 < abs(value) < 0.01 and unit != "EUR":
            return self.say("less_than", value=self.amount(0.01, unit))
        decimals = 1 if abs(value) >= 0.05 or value == 0 else 2
        if unit == "percentage_points":
            return self.words.points(value, decimals) if signed else self.say_points(value, decimals)
        if unit == "EUR":
            return ("+" if signed and value > 0 else "") + self.words.euro(value)
        return self.words.signed(value, decimals) if signed else self.words.number(value, decimals)

    def say_points(self, value: float, decimals: int) -> str:
        """Percentage points without a plus."""
        return self.words.points(value, decimals).removeprefix("+")

    def reasons(self, known: Known) -> list[str]:
        """Why the verdict is not higher, worst first."""
        told = []
        for reason in json.loads(str(known.row["reasons"])):
            values = dict(reason["values"])
            for name in _UNIT_VALUES:
                if values.get(name) is not None:
                    values[name] = self.amount(values[name], known.outcome.unit, signed=name == "estimate")
            for name in ("controls_treated", "overlap", "pre_trend_power", "coverage", "nominal"):
                if values.get(name) is not None:
                    values[name] = 100 * values[name]
            told.append(self.words.say(reason["key"], **values))
        return told

    def break_words(self, known: Known) -> list[str]:
        """Breaks of the window: each kind with its years."""
        years: dict[str, list[str]] = {}
        for one in known.breaks:
            years.setdefault(one["kind"], []).append(str(one["time"]))
        return [self.say(f"break.{kind}", years=found) for kind, found in years.items()]

    def outcome_title(self, known: Known) -> str:
        """What was looked at."""
        return self.of(known.outcome.title)

    def column(self, key: str, label: str, **about: Any) -> Any:
        """A column whose header is a text of `impact.yml`."""
        return self.report.column(key, f"impact.{label}", **about)
