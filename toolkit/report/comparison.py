"""One figure of one place, set against everybody it may be set against: what charts draw and sentences say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from toolkit.errors import ToolkitError
from toolkit.indicators import spans
from toolkit.indicators.agreement import MOST_GROUPS, Agreement, agreement
from toolkit.indicators.base import Indicator
from toolkit.indicators.panel import Figure, Panel
from toolkit.indicators.standing import Standing
from toolkit.indicators.trend import Trend, trend_of
from toolkit.report import wording
from toolkit.text import Words
from toolkit.text.facts import SCALES, Absent, Amount, Change, Count, Gap, Mark, Name, Place, Rank, Year

if TYPE_CHECKING:
    from toolkit.report.comparing import Comparing

WEIGHTS = (0.5, 0.4, 0.75, 1.0)
"""What a distance counts for by certainty: cannot be tried, depends on the group, holds with most, holds with all."""


@dataclass(frozen=True, repr=False)
class Comparison:
    """An indicator of the report's territory beside its scales, its peers and all municipalities.

    Made by `report.compare`. In a notebook it shows a small table and its facts; `facts` go into sentences, the object
    itself into charts.

    Attributes:
        report: the report that compares.
        panel: figures of all municipalities, scales and areas, all years.
        standing: the latest figure with its foils (values in the indicator's unit; NaN where absent).
        tables: names of the tables it comes from.
        key: its name in the results file: the indicator's id, with `@` and the whole for a share.
    """

    report: Comparing = field(repr=False)
    panel: Panel = field(repr=False)
    standing: Standing = field(repr=False)
    tables: tuple[str, ...]
    key: str

    # ---- figures

    @property
    def indicator(self) -> Indicator:
        """What is measured: name, unit, formula, direction, reference."""
        return self.panel.indicator

    @property
    def id(self) -> str:
        """The indicator's id."""
        return self.indicator.id

    @property
    def name(self) -> str:
        """The indicator's name in the report's language."""
        return self.indicator.name[self.report.language]

    @property
    def unit(self) -> str:
        """Unit of all its values, a key of `text/units.yml`."""
        return self.indicator.unit

    @property
    def year(self) -> int:
        """Year of the figure: the latest in which the territory has one."""
        return self.standing.year

    @property
    def own(self) -> Figure:
        """The territory's figure: value and flag."""
        return self.standing.own

    @property
    def known(self) -> bool:
        """Whether the territory has a figure at all."""
        return self.own.known

    @property
    def municipalities(self) -> pd.Series:
        """Value by code of all municipalities, the year of the figure; NaN where absent."""
        return self.standing.municipalities

    @cached_property
    def peers(self) -> pd.Series:
        """Values of the similar municipalities that have one; none for an area."""
        return self.municipalities.reindex(list(self.report.peer_codes)).dropna()

    @property
    def spread(self) -> Mapping[str, float]:
        """Quantiles of the municipalities that have a value: p10, q1, median, q3, p90 (NaN where none has)."""
        return self.panel.universe(self.report.universe, self.year).spread

    @cached_property
    def distance(self) -> float:
        """From the median of municipalities, in halves of the range of 8 in 10, signed; 0 where absent.

        What is farthest is told first.
        """
        s = self.spread
        half = max(s["p90"] - s["median"], s["median"] - s["p10"])
        return (self.own.value - s["median"]) / half if self.known and half > 0 else 0.0

    @cached_property
    def salience(self) -> float:
        """How much there is to say: distance from similar municipalities (for an area, from the median of all), in
        halves of the range of 8 in 10, weighed by certainty; 0 where absent."""
        foil = self.standing.peers_median if len(self.peers) else self.spread["median"]
        half = max(self.spread["p90"] - self.spread["median"], self.spread["median"] - self.spread["p10"])
        if not self.known or np.isnan(foil) or not half > 0:
            return 0.0
        return abs(self.own.value - foil) / half * WEIGHTS[self.certainty]

    @cached_property
    def latest(self) -> pd.Series:
        """Values of all municipalities in the latest year in which most of them have one."""
        return self.panel.latest(self.report.universe)

    @cached_property
    def agreement(self) -> Agreement | None:
        """On which side of the median each comparison group puts it; None for an area or an absent figure."""
        if not self.report.municipal or not self.known:
            return None
        try:
            return agreement(self.municipalities, self.report.own, self.report.comparison_groups)
        except ToolkitError:  # no group has five others with a value
            return None

    @cached_property
    def certainty(self) -> int:
        """How many groups agree on the side of the median: 3 all, 2 three in four, 1 fewer, 0 cannot be tried."""
        found = self.agreement
        return 0 if found is None else 3 if found.holds else 2 if found.share >= MOST_GROUPS else 1

    @property
    def better(self) -> int:
        """1 on the better side of the median, −1 on the worse, 0 where there is none or no difference."""
        side = Gap(self.standing.gap(self.standing.median), self._points).side if self.known else 0
        return side * self.indicator.direction

    @property
    def scales(self) -> dict[str, Figure]:
        """Figures of the larger territories, same year."""
        return self.standing.scales

    def history(self, key: str = "") -> pd.DataFrame:
        """Figures of the territory, or of one of its scales, over the years: DataFrame[year, value, flag]."""
        years, values, flags = self.panel.history(self.report.roles[key or self.report.own])
        return pd.DataFrame({"year": years, "value": values, "flag": flags})

    # ---- over time

    @cached_property
    def span(self) -> tuple[int, int] | None:
        """First and last year of the latest stretch that may be compared; None where there is none."""
        if not self.indicator.trend or self.indicator.ordinal:
            return None
        found = spans(self.panel.of(self.report.roles[self.report.own]))
        return (int(found["first"].iloc[-1]), int(found["last"].iloc[-1])) if len(found) else None

    @cached_property
    def changes(self) -> pd.Series:
        """Change over `span` by code and by scale: percent, or points where the figure is a percentage."""
        if self.span is None:
            return pd.Series(dtype=float)
        report = self.report
        wanted = {*report.universe, *report.roles.values()}
        changes = self.panel.changes(tuple(dict.fromkeys([*report.territories, *report.roles.values()])), *self.span)
        changes = changes[changes.index.isin(wanted)]
        return changes.rename(index={place: key for key, place in report.roles.items() if place != key})

    @cached_property
    def trend(self) -> Trend | None:
        """Level and change against the peers, where one side is better; None where it cannot be told."""
        about = self.indicator
        if not (about.direction and self.span and self.report.peer_codes and self.year == self.span[1]):
            return None
        try:
            return trend_of(
                self.municipalities,
                self.changes,
                self.report.own,
                self.report.peer_codes,
                years=self.span,
                direction=about.direction,
                nominal=about.unit.startswith("EUR"),
            )
        except ToolkitError:
            return None

    # ---- words

    @property
    def _points(self) -> bool:
        return self.unit == "percent"

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What sentences may say of it (`**comparison.facts`).

        - `own`: the figure; `median`, `peers_median`: of all and of similar municipalities; `low`, `high`: quartiles of
          the similar; `zone` (declared) or `system` (local labour system), `metropolitan` (metropolitan city or
          province), `without_core` or `region`: of each scale, absent where the page does not show it;
        - `gap`: distance from the median of similar municipalities; `gap_median`, `gap_zone`, `gap_metropolitan` …:
          from each of these;
        - `rank`; `n`, `all`: how many similar municipalities and how many in all have a value; `peers`: names (a list);
        - `year`; `when`: as a phrase; `first`, `last`: years that may be compared; `change`, `median_change`,
          `metropolitan_change`: change between them; `change_gap`: the territory's less the median's, in points;
        - `subject`: the figure in a phrase ("il tasso di occupazione fra 20 e 64 anni era 74,8 %");
        - `place`; `whole`: the metropolitan city or province, as "la Provincia"; `name`: what is measured;
          `certainty`: ●●●, ●●○ or ●○○.
        """
        report, standing = self.report, self.standing
        absent = Absent(self.own.flag, self.absence)
        amounts = {"own": self.own.value, "median": self.spread["median"], "peers_median": standing.peers_median}
        if len(self.peers):
            amounts |= {"low": float(self.peers.quantile(0.25)), "high": float(self.peers.quantile(0.75))}
        amounts |= {key: figure.value for key, figure in self.scales.items()}
        names = ("own", "median", "peers_median", "low", "high", *SCALES)
        facts: dict[str, Any] = {key: self._amount(amounts.get(key), absent) for key in names}
        for key in ("peers_median", "median", *SCALES):
            gap = standing.gap(amounts.get(key, float("nan"))) if self.known else float("nan")
            told = Gap(gap, self._points, self._whom(key)) if gap == gap else absent
            facts["gap" if key == "peers_median" else f"gap_{key}"] = told
        where = standing.position
        facts |= {
            "rank": Rank(where.rank, where.of, where.ties) if where else absent,
            "n": Count(len(self.peers)),
            "all": Count(self.municipalities.notna().sum()),
            "peers": list(report.names(self.peers.index).values()),
            "year": Year(self.year),
            "when": wording.when(report, standing),
            "subject": self._subject(absent),
            "place": Place(report.place),
            "whole": Place(self._whom("metropolitan")),
            "name": Name(self.name),
            "certainty": Mark(self.certainty),
        }
        return facts | self._moved(absent)

    def _whom(self, key: str) -> str:
        """What a scale is called where a gap from it is told: "Città metropolitana", "Provincia"."""
        report = self.report
        if key == "metropolitan":
            return report.metropolitan.title(report.language)
        return report.scales[key].prose if key in report.scales else ""

    def _subject(self, absent: Absent) -> str | Absent:
        """The figure as the subject of a sentence: "c'erano 67,5 unità locali ogni 1.000 residenti"."""
        key, words = f"report.subject_{self.id}", self.report.words
        if not self.known or not words.has(key):
            return absent
        value = words.value(self.own.value, self.unit, self.own.flag)
        return words.say(key, value=value, bare=self.printed(self.own.value), the=words.with_article(value))

    def _amount(self, value: float | None, absent: Absent) -> Amount | Absent:
        return absent if value is None or np.isnan(value) else Amount(float(value), self.unit)

    def _moved(self, absent: Absent) -> dict[str, Any]:
        report, changes = self.report, self.changes
        if self.span is None:
            return dict.fromkeys(
                ("first", "last", "change", "median_change", "metropolitan_change", "change_gap"), absent
            )
        own = float(changes.get(report.own, float("nan")))
        others = changes.reindex([code for code in report.universe if code not in report.members]).dropna()
        numbers = {
            "change": own,
            "median_change": float(others.median()) if len(others) else float("nan"),
            "metropolitan_change": float(changes.get("metropolitan", float("nan"))),
        }
        numbers["change_gap"] = own - numbers["median_change"]
        told: dict[str, Any] = {
            key: Change(value, self._points) if value == value else absent for key, value in numbers.items()
        }
        gap = numbers["change_gap"]
        told["change_gap"] = Gap(gap, True) if gap == gap else absent
        return told | {"first": Year(self.span[0]), "last": Year(self.span[1])}

    @property
    def absence(self) -> str:
        """Why there is no figure, in one line; empty where there is one."""
        if self.known:
            return ""
        words = self.report.words
        why = words.absent(wording.absent_flag(self.own.flag), long=True)
        return words.say("report.absent_figure", name=self.name, place=self.report.name, why=why)

    @property
    def absent_flag(self) -> str:
        """The flag of the figure, under which it is worded where absent."""
        return self.own.flag if self.known else wording.absent_flag(self.own.flag)

    def result(self, parent: str = "") -> dict[str, Any]:
        """What the results file keeps of it, free of language; `parent` is the key of the whole for a share."""
        standing = self.standing
        figures = {self.report.own: standing.own, **standing.scales}
        printed = {
            language: words_of(language).value(standing.own.value, self.unit, standing.own.flag)
            for language in ("it", "en")
        }
        return {
            "indicator": self.id,
            "parent": parent,
            "year": standing.year,
            "unit": self.unit,
            "territory": self.report.own,
            "value": standing.own.value,
            "flag": standing.own.flag,
            "printed": printed,
            "rank": standing.position.rank if standing.position else None,
            "of": standing.position.of if standing.position else None,
            "median": standing.median,
            "scales": {key: {"value": figure.value, "flag": figure.flag} for key, figure in figures.items()},
        }

    @cached_property
    def near(self) -> dict[str, Any]:
        """Facts of the adjoining municipalities with a figure: `near` (how many), `higher` (of these)."""
        report = self.report
        if not (report.municipal and self.known):
            return dict.fromkeys(("near", "higher"), Absent(self.own.flag, self.absence))
        values = self.municipalities.reindex(report.neighbours).dropna()
        return {"near": Count(len(values)), "higher": Count((values > self.own.value).sum())}

    @cached_property
    def best_peer(self) -> dict[str, Any]:
        """Facts of the similar municipality with the best figure, if it is better: `peer`, `best`; else absent."""
        found, direction = self.peers.drop(self.report.own, errors="ignore"), self.indicator.direction
        better = found[direction * (found - self.own.value) > 0] if self.known else found[:0]
        if not len(better):
            return dict.fromkeys(("peer", "best"), Absent("missing"))
        code = str((direction * better).idxmax())
        return {"peer": Place(self.report.names([code])[code]), "best": Amount(float(found[code]), self.unit)}

    def of_members(self, most: int = 30) -> pd.DataFrame:
        """Figures of the members of an area, highest first: DataFrame[istat_code, name, value], ends only if many."""
        values = self.municipalities.reindex(list(self.report.members)).dropna().sort_values(ascending=False)
        frame = self.report.named(pd.DataFrame({"istat_code": values.index, "value": values.to_numpy()}))
        return frame if len(frame) <= most else pd.concat([frame.head(most // 2), frame.tail(most // 2)])

    def printed(self, value: float, flag: str = "observed") -> str:
        """A value of this indicator as tables print it, or the words for its absence."""
        return self.report.words.value(value, self.unit, flag, bare=True)

    # ---- shown to the analyst

    def __repr__(self) -> str:
        told = f"{self.printed(self.own.value, self.absent_flag)} ({self.year})"
        return f"Comparison({self.key}, {self.report.name}: {told})"

    def _repr_html_(self) -> str:
        report, words, facts = self.report, self.report.words, self.facts
        said = {key: _said(words, key, facts) for key in facts}
        rows = [(report.name, self.printed(self.own.value, self.absent_flag), "")]
        rows += [(report.scales[key].name, said[key], said[f"gap_{key}"]) for key in self.scales]
        rows += [(words.say("report.median"), said["median"], said["gap_median"])]
        rows += [(words.say("report.peers_median"), said["peers_median"], said["gap"])]
        cells = [
            f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td><td>{escape(gap)}</td></tr>"
            for name, value, gap in rows
            if value
        ]
        listed = " · ".join(f"<code>{{{key}}}</code> {escape(text)}" for key, text in said.items() if text)
        head = " · ".join(filter(None, (str(self.year), said["rank"] or self.absence, said["certainty"])))
        return (
            f"<p><b>{escape(self.name)}</b>, {escape(head)}<br><small>{escape(self.indicator.formula)}</small></p>"
            f"<table>{''.join(cells)}</table><p><small>{listed}</small></p>"
        )


def _said(words: Words, key: str, facts: Mapping[str, Any]) -> str:
    """A fact as `{key}` prints it; empty where absent."""
    value = facts[key]
    form = "list" if isinstance(value, list) else "int" if type(value) is int else ""
    return "" if isinstance(value, Absent) else words.format_field(value, form)


@cache
def words_of(language: str) -> Words:
    """Words to print a figure in either language, whatever that of the report."""
    return Words(language)
