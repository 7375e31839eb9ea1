"""Calls in words: their names, rules and days, in the language of a report; what all reports of a day share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from toolkit.display.frames import rows_of
from toolkit.params import choices as chosen
from toolkit.report.comparing import Comparing, same
from toolkit.report.judging import facts_of
from toolkit.report.setting import Origin
from toolkit.territory import Municipality

COUNTED = ("population", "group_population", "member_population", "children_0_2")
"""Rules whose value is a number of people."""


_KEYED = {
    **dict.fromkeys(("calls", "calls_history", "calls_rules", "calls_amounts"), "call"),
    "lump_sums": "line",
    "pnrr_calendar": "event",
}
"""Tables whose rows have several sources, and what a row is about."""


class Calling(Comparing):
    """What reports on calls need besides the functions of `toolkit.pnrr`."""

    def shared(self, make: Callable[..., Any], *given: Any) -> Any:
        """`make(*given)`, once for all pages of a run that give it the same.

        Args:
            make: a pure function of `toolkit`.
            given: tables as the report loaded them, what `shared` gave before, and plain values. With anything else, a
                table that a cell has changed, say, it is made anew, for this page alone.
        """
        names = [self._known(one) for one in given]
        if None in names:
            return make(*given)
        key = (f"{make.__module__}.{make.__qualname__}", *names)
        made = self.once("shared", key, lambda: make(*given))
        if isinstance(made, pd.DataFrame):
            self._made[repr(key)] = made.copy(deep=False)
        return made

    @cached_property
    def _made(self) -> dict[str, pd.DataFrame]:
        return {}

    def _known(self, given: Any) -> Any:
        """What a thing is called among those that all pages share; None where it is this page's own."""
        if not isinstance(given, pd.DataFrame):
            return given if not isinstance(given, dict | list) else repr(given)
        return next((name for name, kept in {**self._loaded, **self._made}.items() if same(given, kept)), None)

    def credited(self, names: Iterable[str], about: Iterable[str], *, hindsight: bool = False) -> Origin:
        """Tables with the rows behind calls, lines and days of the plan, so that their own sources are credited.

        Args:
            names: of tables that were loaded.
            about: calls, lines, or days of the plan (`event:` and the event).
            hindsight: observations made after the day too; without it, those of a call first seen later only.
        """
        calls = self.table("calls")
        lines = dict(zip(calls["call"], calls["line"], strict=True))
        asked = {str(one).removeprefix("event:") for one in about}
        asked |= {lines[one] for one in asked if one in lines}
        found: dict[str, pd.DataFrame | None] = {}
        for name in names:
            table = self.table(name)
            found[name] = table[table[_KEYED[name]].isin(asked)] if name in _KEYED else None
        if "calls_history" in found and not hindsight:
            rows, day = found["calls_history"], self.as_of.isoformat()
            if rows is not None:
                seen = rows["observed_on"] <= day
                found["calls_history"] = rows[seen | ~rows["call"].isin(rows.loc[seen, "call"])]
        return found

    def choices(self, name: str) -> chosen.Choices:
        """Weights, limits and needs of `params/NAME.yml`, which only the municipality knows.

        Raises:
            ParameterError: no such file, or something in it is wrong.
        """
        return chosen.read(name)

    def each(self, frame: pd.DataFrame, **units: str) -> list[dict[str, Any]]:
        """Facts of each row, for a sentence a row: numbers of `units` as amounts, what is absent or empty as absent.

        Args:
            frame: its columns are the names of the facts.
            units: column → key of `text/units.yml`.
        """
        return [facts_of(row, units) for row in rows_of(frame)]

    def call_names(self, calls: pd.DataFrame) -> dict[str, str]:
        """Call → its name; those of PA digitale by line, measure and month, for their titles drift.

        Args:
            calls: table `calls`, or `as_known` a day.
        """
        found, lines = {}, self.labels("line")
        for row in rows_of(calls[["call", "line", "measure", f"title_{self.language}"]]):
            call, month = str(row["call"]), "-".join(str(row["call"]).rsplit("-", 2)[-2:])
            found[call] = str(row[f"title_{self.language}"])
            if row["line"] in lines and month[:4].isdigit():
                measure = str(row["measure"]).partition("I")[2]
                found[call] = f"{lines[row['line']]} ({measure}), {self.words.date(month)}"
        return found

    def dates(self, *columns: pd.Series, absent: str = "–") -> dict[str, str]:
        """ISO day → the day in words; an empty one as `absent`."""
        days = {str(day) for column in columns for day in column.unique()}
        return {day: self.words.date(day) if day else absent for day in days}

    def rule_names(self, rules: pd.DataFrame) -> dict[str, str]:
        """`rule|operator|value` → the rule in words: "residenti almeno 15.000".

        Args:
            rules: table `calls_rules`, or what `pnrr.judge` gives.
        """
        found, operators, bodies = {}, self.labels("operator"), self.labels("applicant")
        for rule, operator, value in set(zip(rules["rule"], rules["operator"], rules["value"], strict=True)):
            shown = str(value)
            if rule in COUNTED:
                shown = self.words.number(float(value))
            elif rule == "nursery_coverage":
                shown = self.words.percent(float(value), 0)
            elif rule == "applicant":
                shown = self.words.join(bodies[kind] for kind in shown.split(";"))
            said = {"operator": operators[operator], "value": shown}
            found[f"{rule}|{operator}|{value}"] = self.words.say(f"labels.rule_{rule}", **said)
        return found

    def listed(self, codes: pd.Series, words: Mapping[str, str], absent: str = "–") -> dict[str, str]:
        """Codes joined by ";" → their words as a list."""
        return {
            text: "; ".join(words[one] for one in text.split(";")) if text else absent for text in set(codes.dropna())
        }

    def named_lists(self, codes: Iterable[str]) -> dict[str, str]:
        """Codes of municipalities joined by ";" → their names in a sentence."""
        texts = {text: text.split(";") for text in codes if text}
        names = self.names({one for listed in texts.values() for one in listed})
        return {text: self.words.join(names[one] for one in listed) for text, listed in texts.items()}

    def class_name(self, name: str) -> str:
        """A class of population in words: "20.001–50.000", "oltre 250.000"."""
        low, _, high = name.partition("-")
        if not high:
            return self.words.say("labels.more_than", value=self.words.number(int(low) - 1))
        return self.words.period(self.words.number(int(low)), self.words.number(int(high)))

    @property
    def around(self) -> tuple[str, ...]:
        """The zone of a municipality, or the members of an area: whom one works with. Empty where there is none."""
        if isinstance(self.territory, Municipality):
            return self.scales["zone"].members if "zone" in self.scales else ()
        return self.members

    @cached_property
    def partners(self) -> dict[str, tuple[str, ...]]:
        """Member → with whom it may form a group, itself included: those of the area where it is a zone or a pact, of
        its own zone where the area holds several. Empty where there is none."""
        whole = isinstance(self.territory, Municipality) or self.territory.kind in ("zone", "custom")
        if whole:
            return dict.fromkeys(self.members, self.around)
        zones = {code: self.register.zone_of(code, self.as_of) for code in self.members}
        return {code: zone.members if zone else () for code, zone in zones.items()}
