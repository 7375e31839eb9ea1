"""Evaluate: the policies that concern a place, grants that reached it, and what a measure of its own could show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from toolkit import catalog, impact
from toolkit.errors import MethodError
from toolkit.partial import Sum
from toolkit.text.facts import Absent, Amount, Count, Year

if TYPE_CHECKING:
    from toolkit.report.report import Report

PLACES = (20, 50, 100)
READINGS = (1, 2, 3)


class Evaluating:
    """What a report on policies works with, beside its comparisons.

    Args:
        report: whose territory, day and language.
    """

    def __init__(self, report: Report) -> None:
        self.report = report

    @cached_property
    def province_names(self) -> dict[str, str]:
        """Names of provinces by code, as the table of provinces has them."""
        table = catalog.load("provinces").drop_duplicates("province_code")
        return dict(zip(table["province_code"], table["name"], strict=True))

    def unit_name(self, code: str) -> str:
        """Name of a province (three digits) or a municipality."""
        return self.province_names.get(code) or self.report.names([code])[code]

    # ---- grants

    @cached_property
    def known_grants(self) -> pd.DataFrame:
        """Grants of PA digitale known on the day of the report and not renounced by then."""
        table, day = self.report.table("applications"), self.report.as_of.isoformat()
        known = table[(table["funded_on"] <= day) & table["istat_code"].isin(self.report.universe)]
        gone = (known["state"] == "renounced") & ((known["state_on"] == "") | (known["state_on"] <= day))
        return known[~gone]

    @cached_property
    def own_grants(self) -> pd.DataFrame:
        """Those of the territory."""
        return self.known_grants[self.known_grants["istat_code"].isin(self.report.members)]

    @cached_property
    def own_money(self) -> Sum:
        """EUR of those grants."""
        return Sum.of_column(self.own_grants["amount"])

    def grant_facts(self, since: str) -> dict[str, Any]:
        """Facts of the grants: `funded` (municipalities with one), `of`, `own` (EUR of the territory, absent without a
        grant), `months` (from `since`, an ISO day, to half of the municipalities)."""
        first = self.known_grants.groupby("istat_code")["funded_on"].min()
        own = (
            self.report.words.say("impact.money", amount=self.own_money) if len(self.own_grants) else Absent("missing")
        )
        days = pd.to_datetime(first).sort_values()
        needed = (len(self.report.universe) + 1) // 2
        months = round((days.iloc[needed - 1] - pd.Timestamp(since)).days / 30.44) if len(days) >= needed else 0
        return {
            "funded": Count(len(first)),
            "of": Count(len(self.report.universe)),
            "own": own,
            "months": Count(months) if months else Absent("missing"),
        }

    def first_grants(self) -> pd.DataFrame:
        """Municipalities by quarter of their first grant: DataFrame[quarter, name, value, ours]."""
        first = pd.to_datetime(self.known_grants.groupby("istat_code")["funded_on"].min())
        quarters = pd.PeriodIndex(first, freq="Q")
        counts = pd.Series(quarters, index=first.index).value_counts().sort_index()
        if counts.empty:
            return pd.DataFrame(columns=["quarter", "name", "value", "ours"])
        counts = counts.reindex(pd.period_range(counts.index.min(), counts.index.max(), freq="Q"), fill_value=0)
        mine = set(quarters[first.index.isin(self.report.members)]) if self.report.municipal else set()
        return pd.DataFrame(
            {
                "quarter": [f"{q.year}-Q{q.quarter}" for q in counts.index],
                "name": [self.report.words.say("impact.quarter", year=q.year, n=q.quarter) for q in counts.index],
                "value": counts.to_numpy(dtype=float),
                "ours": [q in mine for q in counts.index],
            }
        )

    def share_facts(self) -> dict[str, Any]:
        """Facts of the territory's part of persons employed in the metropolitan city: `share`, `year`; absent where it
        is the whole, or some are absent."""
        table = self.report.table("local_units").query("item == 'persons_employed'").set_index("istat_code")["value"]
        groups = (self.report.members, self.report.universe)
        here, whole = (float(table.reindex(list(codes)).sum(skipna=False)) for codes in groups)
        part = len(groups[0]) < len(groups[1]) and here / whole == here / whole
        share = Amount(100 * here / whole, "percent") if part else Absent("missing")
        return {"share": share, "year": Year(self.report.last_year("local_units"))}

    # ---- could we see it?

    def could_see(
        self,
        frame: pd.DataFrame,
        *,
        id: str,
        it: str,
        en: str,
        unit: str,
        size: pd.DataFrame,
        relative: bool = True,
        places: Sequence[int] = PLACES,
        readings: Sequence[int] = READINGS,
    ) -> pd.DataFrame:
        """Which effect of a measure of the territory's own the data could show (`impact.detectable`).

        Args:
            frame: istat_code, year, value: the outcome, up to the day of the report.
            id, it, en: of the outcome.
            unit: of the outcome.
            size: istat_code, value: how large places are, to find those of like size.
            relative: the effect in percent of the figure; False: in points.
            places, readings: how many comparable places, and years of figures after the beginning.

        Returns:
            DataFrame[code, name, label, places, readings, before, effect, effect_unit, amount, amount_unit]; `amount`:
            the effect on the latest figure of the territory (a mean over its municipalities). Empty where the data are
            too few.
        """
        names = {"istat_code": "unit", "year": "time"}
        history = frame[[*names, "value"]].rename(columns=names)
        known = history.dropna().groupby("time")["unit"].agg(set)
        years = [int(str(year)) for year, units in known.items() if set(self.report.members) & units]
        history = history[history["time"].isin(years)]
        own = [code for code in self.report.members if all(code in known[year] for year in years)]
        sizes = size.set_index("istat_code")["value"]
        columns = ["code", "name", "label", "places", "readings", "before"]
        columns += ["effect", "effect_unit", "amount", "amount_unit"]
        if not own or not years:
            return pd.DataFrame(columns=columns)
        key = (
            id,
            self.report.own,
            tuple(places),
            tuple(readings),
            int(pd.util.hash_pandas_object(history).sum() % 2**53),
        )
        asked: dict[str, Any] = {"size": sizes, "places": places, "readings": readings, "relative": relative}
        try:
            found = self.report.once("detectable", *key, lambda: impact.detectable(history, own, **asked))
        except MethodError:
            return pd.DataFrame(columns=columns)
        latest = history[(history["time"] == history["time"].max()) & history["unit"].isin(own)]["value"].mean()
        amount, name = (
            found["effect"] * latest / 100 if relative else found["effect"],
            it if self.report.language == "it" else en,
        )
        return found.assign(
            code=[f"{id}-{p}-{r}" for p, r in zip(found["places"], found["readings"], strict=True)],
            name=name,
            label=[self.report.words.say("impact.with_places", name=name, n=n) for n in found["places"]],
            effect_unit="percent" if relative else "points_unsigned",
            amount=amount,
            amount_unit=unit,
        )[columns]

    def seen_facts(self, found: pd.DataFrame) -> dict[str, Any]:
        """Facts of a calculation with most places, and one year of figures after: `effect`, `amount`, `n` places,
        `before`; `later`, with `effect_later`: the most years after. Absent where the data are too few.
        """
        if found.empty:
            return dict.fromkeys(("effect", "amount", "n", "before", "later", "effect_later"), Absent("missing"))
        most = found[found["places"] == found["places"].max()].sort_values("readings")
        row, last = most.iloc[0], most.iloc[-1]
        several = len(most) > 1
        return {
            "effect": self._effect(row),
            "amount": Amount(50 * round(float(row["amount"]) / 50), str(row["amount_unit"])),
            "n": Count(row["places"]),
            "before": Count(row["before"]),
            "later": Count(last["readings"]) if several else Absent("missing"),
            "effect_later": self._effect(last) if several else Absent("missing"),
        }

    def _effect(self, row: pd.Series) -> Amount | str:
        if row["effect_unit"] == "percent":
            return Amount(float(row["effect"]), "percent")
        return self.report.words.points(row["effect"], 1).removeprefix("+")

    def stacked(self, *frames: pd.DataFrame) -> pd.DataFrame:
        """Frames of the same columns one under the other; empty ones are left out."""
        known = [frame for frame in frames if len(frame)]
        return pd.concat(known, ignore_index=True) if known else frames[0]
