"""Judge: what stands out, what the declared rules find, what an office should check. Data; the notebook words them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from toolkit import catalog, indicators, spaces
from toolkit.indicators import percentile_changes, swot
from toolkit.indicators.distribution import CLASSES, Classes
from toolkit.indicators.index import Index, index_of
from toolkit.indicators.plausible import SIZES, far, jumps
from toolkit.params import benchmark as choices
from toolkit.params.spaces import OwnSpaces
from toolkit.report import wording
from toolkit.report.comparing import Comparing
from toolkit.report.comparison import Comparison
from toolkit.report.own_data import FOLDER
from toolkit.text import rounded
from toolkit.text.facts import Absent, Amount, Place, Rank
from toolkit.text.numbers import apart


class Judging(Comparing):
    """What a report concludes from its comparisons."""

    def salient(self, comparisons: Iterable[Comparison], most: int = 3) -> list[Comparison]:
        """The comparisons that differ most and most surely from similar municipalities, the first first.

        Args:
            comparisons: to choose from; absent ones are passed over.
            most: how many at most.
        """
        known = {one.key: one for one in comparisons if one.known and one.salience > 0}.values()
        return sorted(known, key=lambda one: -one.salience)[:most]

    def _of(self, name: str) -> Comparison:
        """The comparison of an indicator that declared rules name; made here where the notebook makes none."""
        if name in self.compared:
            return self.compared[name]
        tables = map(self.table, indicators.get(name).tables)
        return self.compare(getattr(indicators, name)(*tables))

    def composite(self) -> Index:
        """The composite indicator of `params/composite.yml`: scores, ranks, and how far to believe them."""
        declared = choices.composite()
        parts = [part.code for part in declared.parts if part.direction]
        data = pd.DataFrame({name: self._of(name).latest for name in parts})
        key = f"{declared.model_dump_json()} {pd.util.hash_pandas_object(data).sum()}"
        index: Index = self.once("index", key, lambda: index_of(data, declared))
        return index

    def findings(self) -> pd.DataFrame:
        """Strengths, weaknesses, opportunities and risks that the rules of `params/swot.yml` find; none for an area.

        What is a strength by its level is not a risk by its change too.

        Returns:
            DataFrame[rule, kind, text, percentile], `text` in the language of the report.
        """
        declared = choices.swot()
        by_id = {rule.indicator: self._of(rule.indicator) for rule in declared.rules}
        values: dict[tuple[str, str], pd.Series] = {}
        for rule in declared.rules:
            one = by_id[rule.indicator]
            if rule.measure == "level":
                values[rule.indicator, "level"] = one.municipalities
            elif one.span:
                values[rule.indicator, "change"] = one.changes.reindex(list(self.universe))
        found: list[swot.Finding] = []
        if self.municipal:
            rules = [swot.Rule(**rule.model_dump()) for rule in declared.rules]
            found = swot.assess(rules, values, self.own, self.comparison_groups, least=declared.least)
        strong = {one.rule.indicator for one in found if one.rule.kind == "strength"}
        kept = [one for one in found if not (one.rule.kind == "risk" and one.rule.indicator in strong)]
        rows = [
            {
                "rule": one.rule.id,
                "kind": one.rule.kind,
                "text": _evidence(self, one, by_id[one.rule.indicator]),
                "percentile": one.position.percentile,
            }
            for one in kept
        ]
        return pd.DataFrame(rows, columns=["rule", "kind", "text", "percentile"])

    def to_check(self, comparisons: Iterable[Comparison]) -> pd.DataFrame:
        """Figures that the office should confirm: far from all others, sudden jumps, cells that are not published.

        Returns:
            DataFrame[code, what, value, why], texts in the language of the report; empty for an area.
        """
        rows = []
        for one in {one.key: one for one in comparisons}.values() if self.municipal else ():
            if not one.known:
                absent = self.words.absent(one.absent_flag, long=True)
                rows.append((f"absent_{one.id}", one.name, absent, self.words.say("report.check_absent")))
                continue
            if one.unit not in SIZES and (position := one.standing.position) and far(position):
                said = f"{wording.named_value(self, one.standing)} ({wording.when(self, one.standing)})"
                median = self.words.value(one.standing.median, one.unit)
                about: dict[str, Any] = {"median": median, "side": position.robust_z}
                rows.append((f"far_{one.id}", one.name, said, self.words.say("report.check_far", **about)))
            for first, last, change in jumps(one.panel, self.universe, self.own, one.span):
                unit = "points" if one.unit == "percent" else "pct"
                said = self.words.say(f"report.check_jump_{unit}", change=change, first=first, last=last)
                rows.append((f"jump_{one.id}_{first}_{last}", one.name, said, self.words.say("report.check_jump_why")))
        return pd.DataFrame(rows, columns=["code", "what", "value", "why"])

    def trends(self, comparisons: Iterable[Comparison]) -> pd.DataFrame:
        """Level and change against similar municipalities over the years that may be compared; none for an area.

        Returns:
            DataFrame[indicator, name, years, value, value_unit, median, median_unit, change, change_unit,
            median_change, median_change_unit, moved, verdict]: medians of the similar; changes in percent or points;
            `moved`: places gained in percentiles, better side up; `verdict`: `worse_worsening`, `worse`, `worsening` or
            `ordinary`.
        """
        rows = []
        for one in comparisons:
            if (trend := one.trend) is None:
                continue
            moved = percentile_changes(*(one.panel.universe(self.universe, year).values for year in one.span or ()))
            verdict = {(True, True): "worse_worsening", (True, False): "worse", (False, True): "worsening"}.get(
                (trend.worse, trend.worsening), "ordinary"
            )
            change_unit = "percentage_points" if one.unit == "percent" else "percent"
            rows.append(
                {
                    "indicator": one.id,
                    "name": one.name,
                    "years": self.words.period(trend.first, trend.last),
                    "value": trend.value,
                    "value_unit": one.unit,
                    "median": trend.median,
                    "median_unit": one.unit,
                    "change": trend.change,
                    "change_unit": change_unit,
                    "median_change": trend.median_change,
                    "median_change_unit": change_unit,
                    "moved": float(moved[self.own]) * one.indicator.direction,
                    "verdict": verdict,
                }
            )
        return pd.DataFrame(rows)

    def histories(self, *comparisons: Comparison) -> pd.DataFrame:
        """Figures of the territory year by year: DataFrame[indicator, y2018, y2018_unit, …], a row a comparison."""
        rows = []
        for one in comparisons:
            found = one.history()
            years = {f"y{year}": value for year, value in zip(found["year"], found["value"], strict=True)}
            rows.append({"indicator": one.id} | years | {f"{key}_unit": one.unit for key in years})
        return pd.DataFrame(rows)

    def first(self, frame: pd.DataFrame, **units: str) -> dict[str, Any]:
        """Facts of the first row: its columns by name, numbers of `units` as amounts; absent where there is no row.

        Args:
            frame: `name` becomes a place.
            units: column → key of `text/units.yml`.
        """
        if not len(frame):
            return {str(key): Absent("missing") for key in frame.columns} | {"name": Absent("missing")}
        row = frame.iloc[0].to_dict()
        known: dict[str, Any] = {str(key): Absent("missing") if value != value else value for key, value in row.items()}
        amounts = {key: Amount(float(row[key]), unit) for key, unit in units.items() if row[key] == row[key]}
        return known | amounts | ({"name": Place(row["name"])} if "name" in row else {})

    def similar(self) -> pd.DataFrame:
        """The municipality and those most like it, on what they were chosen.

        Returns:
            DataFrame[istat_code, name, value, a column a variable]: `value` is the distance (Mahalanobis), 0 for the
            municipality itself, which comes first. Empty for an area.
        """
        if self.peers is None:
            return pd.DataFrame(columns=["istat_code", "name", "value"])
        codes = [self.own, *self.peers.codes]
        frame = self.named(pd.DataFrame({"istat_code": codes, "value": [0.0, *self.peers.table["distance"]]}))
        return frame.assign(**{name: self.structural(name).reindex(codes).to_numpy() for name in self.peers.variables})

    def index_facts(self, index: Index) -> dict[str, Any]:
        """Facts of the place in a composite indicator: `rank`, `low`, `high`, or `free_low`, `free_high` where its
        interval is too wide to rank it; all absent for an area. Kept for the results file as `composite_rank`.
        """
        names = ("rank", "low", "high", "free_low", "free_high")
        if self.own not in index.order:
            return dict.fromkeys(names, Absent("missing"))
        row = index.ranked([self.own]).iloc[0].to_dict()
        ranked = index.ranks_unit(self.own)
        ends = {key: int(row[key]) for key in names[1:]}
        drawn = {"draws": index.declared.draws, "seed": index.declared.seed}
        self.keep("composite_rank", value=int(row["value"]), of=index.of, **ends, **drawn, ranks_municipality=ranked)
        said = {"rank": Rank(int(row["value"]), index.of), **ends}
        return said if ranked else said | {"rank": Absent("missing")}

    def area_of_parents(self) -> pd.DataFrame:
        """Share of the area of each dated territory that the place was a part of, if they are several.

        Returns:
            DataFrame[parent, value], percent; the shares are of different wholes and are not compared.
        """
        shares = self.area_shares()
        rows = [(one.parent.id, one.percent) for one in shares] if len(shares) > 1 else []
        return pd.DataFrame(rows, columns=["parent", "value"])

    def declared(self) -> pd.DataFrame:
        """What the municipality declares of itself (`params/own/<code>.yml`); empty where it has no file.

        Returns:
            DataFrame[code, name, value, value_unit, date, source, role], texts in the language of the report.
        """
        figures = choices.own(self.own).figures if self.municipal else ()
        rows = [
            {
                "code": f"own_{number}",
                "name": figure.name.model_dump()[self.language],
                "value": figure.value,
                "value_unit": figure.unit,
                "date": self.words.date(figure.date),
                "source": figure.source,
                "role": figure.role.model_dump()[self.language],
            }
            for number, figure in enumerate(figures, 1)
        ]
        return pd.DataFrame(rows)

    @property
    def own_spaces(self) -> OwnSpaces:
        """What the office knows of its spaces: `spaces:` of `params/own/<code>.yml`; empty where it has no file."""
        return choices.own(self.own).spaces or OwnSpaces.model_validate({})

    def listed(self, what: str) -> pd.DataFrame:
        """A list of `own_spaces` (`projects`, `forecasts`, `contributions`, `requests`) as rows, with a `code` each."""
        rows = [one.model_dump() for one in getattr(self.own_spaces, what)]
        return pd.DataFrame(rows).assign(code=[str(number) for number in range(1, len(rows) + 1)])

    def unused_spaces(self, name: str = "unused_spaces.csv") -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """The office's register of unused spaces, `data/own/<name>`, checked row by row.

        Returns:
            The spaces of the place that hold, and DataFrame[line, id, fault] of those that do not, as
            `toolkit.spaces.check` gives them; None where the office keeps no register.

        Raises:
            DataError, MethodError: the file cannot be read, or has not the columns of `toolkit.spaces.inventory`.
        """
        if not (catalog.default().folder / FOLDER / name).is_file():
            return None
        title = self.words.label("unused_spaces")
        rows = self.table(name, title=title, publisher=self.name, licence="—", date=self.as_of.isoformat())
        outlines = {code: self.boundaries.rings[code] for code in self.members if code in self.boundaries.rings}
        return spaces.check(rows[rows["istat_code"].isin(self.members)], outlines, self.as_of)

    def class_bounds(self, classes: Classes) -> tuple[pd.DataFrame, dict[str, str]]:
        """Share of the place's taxpayers in each class of total income, between the least and the most possible.

        Args:
            classes: of `indicators.latest_classes`.

        Returns:
            DataFrame[item, low, high, year, share], percent, and the words of each `share`, which is free of language:
            bounds keep the digits that tell them from one another and from zero.
        """
        found = indicators.class_shares(classes, {self.own: self.members})
        found = found[found["territory"] == self.own].reset_index(drop=True)
        printed: dict[str, str] = {}
        for at, low, high in found.loc[found["low"].notna(), ["low", "high"]].itertuples():
            ends = apart(low, high)
            text = "–".join(str(end) if end or not low else ">0" for end in ends)
            key = "class_one" if len(ends) == 1 else "class_up_to" if text.startswith(">") else "class_range"
            fine = "_fine" if len(str(ends[0]).partition(".")[2]) > 1 else ""
            printed[text] = self.words.say(f"labels.{key}{fine}", low=ends[0], high=ends[-1])
            found.loc[at, "share"] = text
        return found[["item", "low", "high", "year", "share", "flag"]].fillna({"share": ""}), printed

    def class_names(self) -> dict[str, str]:
        """Classes of total income as tables name them."""
        found = {"no_class": self.words.say("labels.class_none")}
        for item, (low, high) in CLASSES.items():
            key = "class_zero" if high == 0.0 else "class_over" if high == float("inf") else "class_between"
            found[item] = self.words.say(f"labels.{key}", low=max(low, 0.0), high=0 if high == float("inf") else high)
        return found

    def some(self, items: Iterable[Any]) -> list[str] | Absent:
        """A list for a sentence; absent, so that the sentence is not printed, where it is empty."""
        return [str(item) for item in items] or Absent("missing")


def _evidence(report: Judging, finding: swot.Finding, one: Comparison) -> str:
    """What a rule found: indicator, value, how many municipalities it passes."""
    words, rule = report.words, finding.rule
    others = finding.position.of - 1
    above, ties = finding.position.rank - 1, finding.position.ties
    passed = above if rule.side == "low" else others - above - ties
    of_others = words.say(f"swot.others_{'all' if passed == others else 'some'}", passed=passed, of=others)
    values: dict[str, Any] = {"name": one.name, "others": of_others}
    if rule.measure == "level":
        values |= {"value": wording.named_value(report, one.standing), "when": wording.when(report, one.standing)}
        return words.say(f"swot.level_{rule.side}", **values)
    first, last = one.span or (0, 0)
    # A change of zero is less of a rise where others rise, less of a fall where they fall.
    rises = rounded(finding.value, 1) > 0 or (rounded(finding.value, 1) == 0 and rule.side == "low")
    way = f"swot.{'rose' if rises else 'fell'}_{'more' if rises == (rule.side == 'high') else 'less'}"
    values |= {"first": first, "last": last, "change": finding.value, "way": words.say(way)}
    return words.say(f"swot.change{'_points' if one.unit == 'percent' else ''}", **values)
