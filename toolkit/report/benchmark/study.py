"""What the benchmark report knows of a territory, computed once and shown by the sections of `benchmark`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import pandas as pd

from toolkit import catalog, charts, indicators, params
from toolkit.display import Shown
from toolkit.errors import DataError, ToolkitError
from toolkit.indicators import sectors, swot
from toolkit.indicators.agreement import Agreement, agreement
from toolkit.indicators.panel import Panel
from toolkit.indicators.peers import (
    STRUCTURAL,
    Peers,
    Space,
    nearest,
    same_size,
    same_value,
    size_class,
    space,
    structure,
)
from toolkit.indicators.standing import Standing
from toolkit.indicators.trend import Trend, trend_of
from toolkit.params import benchmark as choices
from toolkit.report.benchmark.ranking import Index, index_of
from toolkit.report.core import Report
from toolkit.territory import Municipality
from toolkit.text import rounded

TABLES = (
    "municipalities",
    "population",
    "population_age",
    "income",
    "local_units",
    "commuting",
    "commuting_flows",
    "fragility",
    "metro_employment",
    "metro_regions",
    "city_figures",
    "policy_cards",
    "boundaries",
)
SIDES = {1: "above", -1: "below", 0: "level"}
SHARES = ("share_area", "share_residents", "share_local_units", "share_persons_employed", "concentration_local_units")
PEOPLE = (
    "residents_per_km2",
    "share_0_14",
    "share_65_over",
    "old_age_index",
    "dependency_ratio",
    "leavers_per_100_entrants",
)
COHORTS = (
    "residents_0_2",
    "residents_3_5",
    "residents_6_10",
    "residents_11_13",
    "residents_14_18",
    "residents_15_24",
    "residents_55_64",
)
INCOME = ("income_per_taxpayer", "share_income_0_15000", "share_income_over_55000")
SOURCES = (
    "income_share_employment",
    "income_share_pension",
    "income_share_self_employment",
    "income_share_enterprise_simplified",
    "income_share_participation",
    "income_share_buildings",
)
CROSS_SECTION = ("self_employed_per_1000", "enterprise_taxpayers_per_1000")
WORK = ("local_units_per_1000", "persons_employed_per_1000", "local_unit_size", "jobs_per_100_commuters")
COMMUTING = ("supply_self_containment", "demand_self_containment")
FRAGILITY = ("employment_rate", "low_education_share", "land_take_share", "unsorted_waste", "high_emission_cars")
ORDINAL = ("fragility_decile", "local_units_density_ventile", "low_productivity_employment_ventile")
PROFILE = (
    "income_per_taxpayer",
    "employment_rate",
    "low_education_share",
    "jobs_per_100_commuters",
    "local_units_per_1000",
    "local_unit_size",
    "old_age_index",
    "land_take_share",
)
"""Indicators of the picture "where we stand"."""

ALONE = 90.0
"""Isolation of a municipality from which its peers are too far to learn from."""

EVERY = tuple(
    dict.fromkeys(
        (
            "residents",
            *STRUCTURAL,
            *PROFILE,
            *PEOPLE,
            *COHORTS,
            *INCOME,
            *SOURCES,
            *CROSS_SECTION,
            *WORK,
            *COMMUTING,
            "job_balance",
            *FRAGILITY,
            *ORDINAL,
        )
    )
)
MOVING = ("income_per_taxpayer", *FRAGILITY, "residents")
"""Indicators with a series of years without a break."""


def tables() -> list[str]:
    """Tables of the report; the sectors of municipalities as soon as the catalogue holds them."""
    return [*TABLES, *((sectors.TABLE,) if sectors.TABLE in catalog.default().names() else ())]


class Study:
    """The figures of one territory and of those it is set against.

    Args:
        report: where, when, in which language, and the tables.
        custom: name of a set of `params/sets/`, or id of an area, to compare with besides the other groups.
    """

    def __init__(self, report: Report, custom: str = "") -> None:
        self.report = report
        self.custom = custom
        self._spans: dict[str, tuple[int, int] | None] = {}
        self._flows: dict[str, pd.DataFrame] = {}
        self.panels = self._panels(EVERY)
        about: dict[str, Any] = {"roles": self.roles}
        self.standings = report.standings(*EVERY, peers=self.peer_codes, panels=self.panels, **about)
        shares = self._panels(SHARES, report.metropolitan.id)
        self.weight = report.standings(*SHARES, parent=report.parent, panels=shares, **about)

    def __getitem__(self, name: str) -> Standing:
        return self.standings[name]

    def chosen(self, names: Iterable[str]) -> list[Standing]:
        """Standings of some indicators, in order."""
        return [self.standings[name] for name in names]

    @property
    def municipal(self) -> bool:
        """Whether the territory is one municipality."""
        return isinstance(self.report.territory, Municipality)

    # ---- figures of everybody

    def _panels(self, names: Sequence[str], parent: str = "") -> dict[str, Panel]:
        """Figures by indicator: of all municipalities, and of the areas inside of the metropolitan city."""
        report = self.report
        groups = self.territories | {report.own: report.members}

        def found() -> dict[str, Panel]:
            rows = indicators.compute(names, report.tables, groups, parent=parent)
            return {str(name): Panel(str(name), own) for name, own in rows.groupby("indicator", sort=False)}

        panels: dict[str, Panel] = self.once("panels", tuple(names), parent, tuple(groups.items()), found)
        return panels

    @property
    def territories(self) -> dict[str, tuple[str, ...]]:
        """Members of all territories inside of the metropolitan city: municipalities, areas, the whole without core."""
        report = self.report

        def found() -> dict[str, tuple[str, ...]]:
            areas = {area.id: area.members for area in report.register.areas(report.as_of)}
            inside = {key: codes for key, codes in areas.items() if set(codes) <= set(report.universe)}
            core = report.core.istat_code
            rest = tuple(code for code in report.universe if code != core)
            return {code: (code,) for code in report.universe} | inside | {"without_core": rest}

        territories: dict[str, tuple[str, ...]] = self.once("territories", found)
        return territories

    @cached_property
    def roles(self) -> dict[str, str]:
        """Scale of the report → the territory of the panels that plays this part."""
        report = self.report
        zone = report.register.zone_of(report.own, report.as_of) if self.municipal else None
        played = {"metropolitan": report.metropolitan.id, "zone": zone.id if zone else ""}
        return {key: played.get(key, key) for key in report.scales}

    def of_municipalities(self, name: str) -> pd.DataFrame:
        """Rows of all municipalities of the universe."""
        rows = self.panels[name].rows
        return rows[rows["territory"].isin(self.report.universe)]

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of all municipalities of the universe."""
        return self.report.names(self.report.universe)

    def latest(self, name: str) -> pd.Series:
        """Values of all municipalities in the latest year in which most of them have one."""

        def found() -> pd.Series:
            wide = self.of_municipalities(name).pivot(index="territory", columns="year", values="value")
            known = wide.notna().sum()
            return wide[known[known >= 0.8 * known.max()].index.max()].reindex(list(self.report.universe)).astype(float)

        return self.once("latest", name, found)

    def once(self, *key: Any) -> Any:
        """What the metropolitan city has in common, made once for all reports; the last item makes it."""
        return self.report.once("benchmark", self.report.metropolitan.id, *key)

    def show_alike(self, name: str, section: Callable[[], None]) -> None:
        """Show a section that says the same for the whole metropolitan city: made once in a language."""
        report = self.report

        def made() -> tuple[Shown, ...]:
            with report.aside() as shown:
                section()
            return tuple(shown)

        for shown in self.once(name, report.language, made):
            report.show(shown)

    @property
    def boundaries(self) -> charts.Boundaries:
        """The boundaries of municipalities, unfolded."""
        topology = self.report.topology  # read by each report, so that it is recorded
        found: charts.Boundaries = self.once("boundaries", lambda: charts.boundaries(topology))
        return found

    def main_flows(self, side: str) -> pd.DataFrame:
        """Main published destinations or origins: `code, year, value, share_published`, `name`, latest year."""
        if side not in self._flows:
            self._flows[side] = self._main_flows(side)
        return self._flows[side]

    def _main_flows(self, side: str) -> pd.DataFrame:
        report = self.report
        flows = report.table("commuting_flows")
        here, there = ("origin", "destination") if side == "destinations" else ("destination", "origin")
        if self.municipal:
            rows = self.once("flows", here, lambda: MappingProxyType(flows.groupby(here).indices))
            flows = flows.iloc[rows.get(report.own, [])]
        outside = flows[here].isin(report.members) & ~flows[there].isin(report.members) & flows["value"].notna()
        if not outside.any():
            return pd.DataFrame(columns=["code", "year", "value", "share_published", "name"])
        found = indicators.main_flows(flows, report.members, side=side)
        found = found[found["year"] == found["year"].max()].reset_index(drop=True)
        names = report.names(found["code"])
        return found.assign(name=[names[code] for code in found["code"]])

    # ---- whom to compare with

    @cached_property
    def peers(self) -> Peers | None:
        """The municipalities most like this one; None for an area."""
        if not self.municipal:
            return None
        return nearest(self.once("structure", self._structure), self.report.own)

    def _structure(self) -> Space:
        return space(structure(pd.concat([self.of_municipalities(name) for name in STRUCTURAL])))

    @property
    def peer_codes(self) -> tuple[str, ...]:
        """Codes of the peers; none for an area."""
        return self.peers.codes if self.peers else ()

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Comparison groups of a municipality, the largest first: key -> codes of the others."""
        report, code = self.report, self.report.own
        found = {"metropolitan": tuple(other for other in report.universe if other != code)}
        found["peers"] = self.peer_codes
        found["size"] = same_size(self.latest("residents"), code)
        zone = report.register.zone_of(code, report.as_of)
        found["zone"] = tuple(other for other in zone.members if other != code) if zone else ()
        register = report.table("municipalities").set_index("istat_code")["degree_of_urbanisation"]
        found["urbanisation"] = same_value(register.reindex(list(report.universe)).astype(float), code)
        if self.custom:
            found["custom"] = tuple(other for other in self._custom() if other != code)
        return found

    def _custom(self) -> tuple[str, ...]:
        path = params.ROOT / "params" / "sets" / f"{self.custom}.yml"
        if path.is_file():
            chosen = params.load(params.MunicipalitySet, path)
            codes = chosen.municipalities or self.report.register.area(chosen.area, self.report.as_of).members
        else:
            codes = self.report.register.area(self.custom, self.report.as_of).members
        strangers = sorted(set(codes) - set(self.report.universe))
        if strangers:
            raise DataError(f"the set {self.custom!r} has municipalities without figures here: {strangers[0]}")
        return codes

    def group_name(self, key: str) -> str:
        """A comparison group as sentences name it."""
        report = self.report
        values: dict[str, Any] = {"parent": report.scales[report.parent].prose, "custom": self.custom or "-"}
        if key == "zone":
            values["zone"] = report.scales["zone"].prose
        if key == "size":
            low, high = size_class(float(self.latest("residents")[report.own]))
            open_ended = high == float("inf")
            key = "size_open" if open_ended else key
            values |= {"low": int(low), "high": 0 if open_ended else int(high) - 1}
        return report.say(f"group_{key}", **values)

    def agreement(self, name: str) -> Agreement | None:
        """What each group says of an indicator; None for an area or where there is no value."""
        standing = self.standings[name]
        if not self.municipal or not standing.own.known:
            return None
        return agreement(standing.municipalities, self.report.own, self.groups)

    def certainty(self, told: Agreement, brief: bool = False, side: int | None = None) -> str:
        """Whether the side holds with other groups or depends on the group; brief after a side has been named.

        `side`, as printed: where the groups, which leave the municipality out, say another, it is too close to tell.
        """
        more = "_brief" if brief else ""
        if side is not None and SIDES[side] != told.side:
            return self.report.say("certainty_close")
        if told.holds:
            return self.report.say(f"certainty_holds{more}", groups=len(told.rows))
        if not told.against:
            return self.report.say(f"certainty_alone{more}", group=self.group_name(told.rows[0][0]))
        against = [self.group_name(key) for key in told.against]
        return self.report.say(f"certainty_depends{more}", against=against)

    def sentence(self, name: str) -> str:
        """One sentence: figure, rank, gaps, and whether the judgement holds with other groups."""
        standing = self.standings[name]
        plain = self.report.sentence(standing)
        told = self.agreement(name)
        if told is None:
            return plain
        gap = rounded(standing.gap(standing.median), 1 if standing.indicator.unit == "percent" else 0)
        certainty = self.certainty(told, side=(gap > 0) - (gap < 0))
        return self.report.say("with_certainty", sentence=plain.removesuffix("."), certainty=certainty)

    def short(self, name: str) -> str:
        """Figure, rank, side of the median and certainty: for sections whose table has the other scales."""
        standing, report = self.standings[name], self.report
        if not standing.own.known:
            return report.sentence(standing)
        unit = standing.indicator.unit
        bare = report.words.value(standing.own.value, unit, standing.own.flag, bare=True)
        about = {
            "place": report.place,
            "when": report.when(standing),
            "subject": report.say(
                f"report.subject_{name}",
                value=report.value(standing),
                bare=bare,
                the=report.words.with_article(report.value(standing)),
            ),
            "median": report.words.value(standing.median, unit, bare=True),
            "side": self.side(standing),
        }
        told = self.agreement(name)
        if told is None:
            return report.say("short_area", **about)
        certainty = self.certainty(told, brief=True, side=self.side(standing))
        return report.say("short_said", rank=report.rank(standing), certainty=certainty, **about)

    def side(self, standing: Standing) -> int:
        """1 above the median as printed, −1 below, 0 level."""
        digits = self.report.words.decimals(standing.indicator.unit)
        own, median = (rounded(value, digits) for value in (standing.own.value, standing.median))
        return (own > median) - (own < median)

    # ---- composite indicator, trends, findings

    @cached_property
    def index(self) -> Index:
        """The composite indicator of all municipalities."""
        declared = choices.composite()
        unknown = [part.code for part in declared.parts if part.direction and part.code not in self.standings]
        if unknown:
            raise ToolkitError(
                f"the composite indicator uses {unknown[0]!r}, which the report does not compute",
                where="params/composite.yml",
                allowed=sorted(self.standings),
            )
        data = pd.DataFrame({part.code: self.latest(part.code) for part in declared.parts if part.direction})
        known = pd.util.hash_pandas_object(data).sum()
        index: Index = self.once("index", declared.model_dump_json(), int(known), lambda: index_of(data, declared))
        return index

    def span(self, name: str) -> tuple[int, int] | None:
        """First and last year of the latest stretch without a break in which the territory has values."""
        if name not in self._spans:
            found = indicators.spans(self.panels[name].of(self.report.own))
            self._spans[name] = (int(found["first"].iloc[-1]), int(found["last"].iloc[-1])) if len(found) else None
        return self._spans[name]

    def changes(self, name: str) -> tuple[int, int, pd.Series] | None:
        """Years and change of all municipalities and scales over the territory's latest stretch without a break."""
        years = self.span(name)
        if years is None:
            return None
        scales = tuple((place, key) for key, place in self.roles.items() if place not in self.names)
        changes: pd.Series = self.once("changes", name, years, scales, lambda: self._scales_too(name, years, scales))
        return (*years, changes)

    def _scales_too(self, name: str, years: tuple[int, int], scales: Iterable[tuple[str, str]]) -> pd.Series:
        """Change of all municipalities, and of the scales that have figures."""
        universe = self.once("changes", name, years, lambda: self._change(name, years, self.report.universe))
        known = {place: key for place, key in scales if place in self.panels[name].at}
        return pd.concat([universe, self._change(name, years, known).rename(index=known)]) if known else universe

    def steps(self, name: str) -> list[tuple[int, int, pd.Series, pd.Series]]:
        """From each year to the next: change of all municipalities, and its robust z among them."""

        def found() -> list[tuple[int, int, pd.Series, pd.Series]]:
            wide = self.of_municipalities(name).pivot(index="territory", columns="year", values="value")
            relative, moved = indicators.get(name).unit != "percent", []
            for before, after in pairwise(wide.columns):
                change = wide[after] - wide[before]
                change = 100.0 * change / wide[before] if relative else change
                moved.append((int(before), int(after), change, indicators.robust_z(change)))
            return moved

        steps: list[tuple[int, int, pd.Series, pd.Series]] = self.once("steps", name, found)
        return steps

    def _change(self, name: str, years: tuple[int, int], territories: Iterable[str]) -> pd.Series:
        """Change of some territories between two years: percent, or points where the figure is a percentage."""
        rows = self.panels[name].rows
        rows = rows[rows["territory"].isin(list(territories))]
        relative = indicators.get(name).unit != "percent"
        return indicators.change(rows, *years, relative=relative).set_index("territory")["value"].astype(float)

    @cached_property
    def trends(self) -> dict[str, Trend]:
        """Level and change against the peers, for indicators with a better and a worse side."""
        found = {}
        for name in MOVING:
            about, moved = indicators.get(name), self.changes(name)
            if about.direction and moved and self.peers and self.standings[name].year == moved[1]:
                first, last, changes = moved
                found[name] = trend_of(
                    self.standings[name].municipalities,
                    changes,
                    self.report.own,
                    self.peer_codes,
                    years=(first, last),
                    direction=about.direction,
                    nominal=about.unit.startswith("EUR"),
                )
        return found

    @cached_property
    def findings(self) -> list[swot.Finding]:
        """Strengths, weaknesses, opportunities and risks that the rules find; none for an area."""
        if not self.municipal:
            return []
        declared = choices.swot()
        values: dict[tuple[str, str], pd.Series] = {}
        for rule in declared.rules:
            if rule.indicator not in self.standings:
                raise ToolkitError(
                    f"the rule {rule.id!r} looks at {rule.indicator!r}, which the report does not compute",
                    where="params/swot.yml",
                    allowed=sorted(self.standings),
                )
            if rule.measure == "level":
                values[rule.indicator, "level"] = self.standings[rule.indicator].municipalities
            elif moved := self.changes(rule.indicator):
                values[rule.indicator, "change"] = moved[2].reindex(list(self.report.universe))
        rules = [swot.Rule(**rule.model_dump()) for rule in declared.rules]
        return swot.assess(rules, values, self.report.own, self.groups, least=declared.least)

    @cached_property
    def own_figures(self) -> choices.OwnFigures:
        """What the municipality declares of itself."""
        return choices.own(self.report.own) if self.municipal else choices.OwnFigures(figures=(), entries=())

    def series(self, name: str, keys: Iterable[str] | None = None) -> pd.DataFrame:
        """Years of an indicator for the territory and its scales, as charts take them."""
        panel, scales = self.panels[name], self.report.scales
        rows = [
            (key, scales[key].name, *figure)
            for key in keys or scales
            for figure in zip(*panel.history(self.roles[key]), strict=True)
        ]
        return pd.DataFrame(rows, columns=["series", "label", "year", "value", "flag"])

    def moves(self, name: str, first: int, last: int) -> pd.Series:
        """Change of percentile of all municipalities between two years."""

        def found() -> pd.Series:
            rows = self.of_municipalities(name)
            return indicators.percentile_changes(*(indicators.values_of(rows, year) for year in (first, last)))

        moves: pd.Series = self.once("moves", name, first, last, found)
        return moves


def texts(values: Mapping[str, Any], language: str) -> dict[str, str]:
    """Bilingual names in the language of the report."""
    return {key: value[language] for key, value in values.items()}
