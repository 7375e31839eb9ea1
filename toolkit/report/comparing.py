"""Load and compare: tables up to a day, and the one place that decides whom a figure is set against."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import chain, count
from typing import Any

import numpy as np
import pandas as pd

from toolkit import catalog, indicators, params
from toolkit.charts import geo
from toolkit.errors import DataError, ToolkitError
from toolkit.indicators.base import Indicator
from toolkit.indicators.measure import Measure
from toolkit.indicators.panel import Panel
from toolkit.indicators.peers import MOST, STRUCTURAL, Peers, nearest, same_size, same_value, space
from toolkit.indicators.peers import structure as structure_of
from toolkit.indicators.standing import standings_of
from toolkit.params import ROOT, ReportParams
from toolkit.report import lab
from toolkit.report.comparison import Comparison
from toolkit.report.own_frame import own_indicator, own_rows
from toolkit.report.setting import BOUNDARIES, Setting
from toolkit.territory import Municipality
from toolkit.text import Words

DECLARED = ("zone", "custom")
"""Kinds of areas that are declared and not of the register."""


class Comparing(Setting):
    """A territory on a day with its tables, and what its figures are set against.

    Args:
        parameters: checked parameters of the report.
        words: its language.
        compare_with: one more comparison group: a set of `params/sets`, or the id of an area.
    """

    def __init__(self, parameters: ReportParams, words: Words, compare_with: str) -> None:
        super().__init__(parameters, words, ())
        self.compare_with = compare_with
        self.compared: dict[str, Comparison] = {}
        self._loaded: dict[str, pd.DataFrame] = {}
        self._results: dict[str, Any] = {}

    # ---- load

    def table(
        self, name: str, *, title: str = "", publisher: str = "", licence: str = "", date: str = "", url: str = ""
    ) -> pd.DataFrame:
        """A table of the catalogue without the periods that end after `as_of`; or a CSV of your own.

        Args:
            name: of a table of the catalogue (`quadro list data`), or of a CSV file in `data/own/`.
            title, publisher, licence, date: of a CSV of your own, asked for: the page prints them as its source (`date`
                is the day of reference, ISO).
            url: where it is published, if anywhere.

        Returns:
            DataFrame, long: `istat_code` (six digits, text), `year`, keys, `value`, `unit`, `flag`.

        Raises:
            DataError: no such table or file, a source that is not told, or a file without `istat_code`.
        """
        if name.endswith(".csv"):
            about = {"title": title, "publisher": publisher, "licence": licence, "date": date}
            return self._own_table(name, about, url)
        if name not in self._tables:
            source = catalog.default().source(name)
            frame = self._read(name, empty=True)
            frame.attrs["table"] = name
            if len(frame):  # a table without a figure by that day is no source of the page
                self.sources.append(source)
            self._tables[name], self._loaded[name] = frame, frame.copy(deep=False)
        return self._tables[name]

    def _own_table(self, name: str, about: Mapping[str, str], url: str) -> pd.DataFrame:
        """Read again at each call: an analyst changes the file and what is said of it while the kernel lives."""
        from toolkit.report.own_data import read_own

        frame, source = read_own(name, about, url)
        if self.parameters.as_of and "year" in frame:  # a page of the past uses nothing later
            frame = frame[frame["year"] < self.as_of.year + (self.as_of.strftime("%m-%d") == "12-31")]
        frame.attrs["table"] = source.name
        self.sources = [one for one in self.sources if one.name != source.name] + [source]
        self._tables[source.name] = frame
        return frame

    # ---- compare

    def compare(
        self,
        what: Measure | pd.DataFrame,
        *,
        id: str = "",
        it: str = "",
        en: str = "",
        unit: str = "",
        direction: int = 0,
    ) -> Comparison:
        """Set a figure of the territory against its scales, its peers and all municipalities.

        Args:
            what: an indicator on its tables (`indicators.income_per_taxpayer(income)`); or a frame of your own with
                `istat_code`, `year`, `value` and, if some are absent, `flag`: then larger territories have no figure,
                because ratios are not added up.
            id, it, en, unit, direction: of a frame of your own: a name of lower-case words joined by `_`, what is
                measured in both languages, a key of `text/units.yml`, and 1 (more is better), −1 (less) or 0.

        Returns:
            A `Comparison`, kept for the results file under the indicator's id.

        Raises:
            DataError: a frame that does not say what it measures, or is not as `own_frame.own_rows` asks.
        """
        bases: dict[str, Panel] = {}
        if isinstance(what, Measure) and any(self._silent(table) for table in what.tables.values()):
            parent, panel, tables = "", self._unpublished(what.indicator), []
        elif isinstance(what, Measure):
            parent = self.metropolitan.id if what.indicator.parent else ""
            panel, tables = self._panel(what, parent), self._names_of(what)
            if base := what.indicator.base:
                bases[what.indicator.id] = self._panel(Measure(indicators.get(base), what.tables), "")
        elif isinstance(what, pd.DataFrame):
            parent, tables = "", [what.attrs["table"]] if "table" in what.attrs else []
            panel = self._own_panel(what, id, it, en, unit, direction)
        else:
            raise DataError(
                f"report.compare takes a measure or a DataFrame, not {type(what).__name__}",
                hint="indicators.income_per_taxpayer(income), or a frame with istat_code, year, value",
            )
        about: dict[str, Any] = {"own": self.own, "universe": self.universe, "peers": self.peer_codes, "bases": bases}
        played = {key: place for key, place in self.roles.items() if key != self.own and place in panel.at}
        played |= {self.own: self.own}
        standing = standings_of({panel.indicator.id: panel}, played, **about)[panel.indicator.id]
        key = self._key(f"{panel.indicator.id}@{self.parent}" if parent else panel.indicator.id, panel)
        found = Comparison(self, panel, standing, tuple(tables), key)
        self.compared[key] = found
        self._results.setdefault(key, found.result(self.parent if parent else ""))
        return found

    def _key(self, name: str, panel: Panel) -> str:
        """The name, with a number where it stands for other figures: the same indicator on a changed table."""
        names = chain([name], (f"{name}_{n}" for n in count(2)))
        return next(
            key
            for key in names
            if key not in self.compared or self.compared[key].panel.rows.equals(panel.rows) or lab.interactive()
        )

    def _names_of(self, what: Measure) -> list[str]:
        return [str(table.attrs.get("table", name)) for name, table in what.tables.items()]

    def _panel(self, what: Measure, parent: str) -> Panel:
        """Figures of all municipalities, areas and scales: shared by all pages, if the tables are the catalogue's."""
        groups = self.territories | {self.own: self.members}
        if parent:  # a share of it has only what lies inside
            groups = {key: codes for key, codes in groups.items() if set(codes) <= set(self.universe)}
        ours = all(_same(table, self._loaded.get(name)) for name, table in what.tables.items())
        if not ours or self.own not in self.territories:
            return what.of(groups, parent=parent)
        whole = self.metropolitan.id

        def kept(table: str, alone: bool, made: Any) -> pd.DataFrame:
            return self.once("summed", whole, table, alone, made)

        panel: Panel = self.once(
            "panel", whole, what.indicator.id, parent, lambda: what.of(groups, parent=parent, keep=kept)
        )
        return panel

    def _silent(self, table: pd.DataFrame) -> bool:
        """Whether a table has no row, by the day of the report, of the municipalities among which one is ranked."""
        return table.empty or ("istat_code" in table and not table["istat_code"].isin(set(self.universe)).any())

    def _unpublished(self, about: Indicator) -> Panel:
        """Figures that no table has of these municipalities by the day of the report: missing, for every territory."""
        year = self.as_of.year - (self.as_of.strftime("%m-%d") != "12-31")
        territories = list(self.territories | {self.own: self.members})
        rows = pd.DataFrame({"territory": territories, "year": year, "value": np.nan, "flag": "missing"})
        return Panel(about, rows)

    def _own_panel(self, frame: pd.DataFrame, id: str, it: str, en: str, unit: str, direction: int) -> Panel:
        about = own_indicator(id, it, en, unit, direction)
        self.words.unit(unit)  # a clear error now, not in a chart
        return Panel(about, own_rows(frame, id))

    # ---- keep

    def keep(self, name: str, **figure: Any) -> None:
        """Keep a figure for the results file: JSON values only, free of language."""
        if name in self._results and not lab.interactive():  # where somebody looks, a cell is run again
            raise ToolkitError(f"two results are called {name!r}")
        self._results[name] = figure

    def keep_each(self, frame: pd.DataFrame, name: str, **about: Any) -> None:
        """Keep each row of a frame for the results file.

        Args:
            frame: its columns become the figure's fields.
            name: of each figure, columns in braces: `"share_{item}_bounds"`.
            about: further fields, the same for all.
        """
        for row in frame.to_dict("records"):
            figure = {str(key): held for key, held in row.items()}
            self.keep(name.format(**figure), **figure, **about)

    # ---- whom with

    @property
    def municipal(self) -> bool:
        """Whether the territory is one municipality."""
        return isinstance(self.territory, Municipality)

    @property
    def territories(self) -> dict[str, tuple[str, ...]]:
        """Members of all territories that pages of one metropolitan city or province show: its municipalities, itself
        with and without its core, the areas declared in it, and those `beyond`."""

        def found() -> dict[str, tuple[str, ...]]:
            declared = [area for kind in DECLARED for area in self.register.areas(self.as_of, kind)]
            inside = [area for area in declared if set(area.members) <= set(self.universe)]
            areas = {area.id: area.members for area in [*inside, self.metropolitan, *self.beyond]}
            rest = tuple(code for code in self.universe if code != self.core.istat_code)
            return {code: (code,) for code in self.universe} | areas | {"without_core": rest}

        territories: dict[str, tuple[str, ...]] = self.once("territories", self.metropolitan.id, found)
        return territories

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the `name` of each municipality (`istat_code`) or scale (`territory`)."""
        if "istat_code" in frame:
            names = self.names(frame["istat_code"])
            return frame.assign(name=[names[code] for code in frame["istat_code"]])
        return frame.assign(name=[self.scales[key].name for key in frame["territory"]])

    @cached_property
    def roles(self) -> dict[str, str]:
        """Scale of the report → the territory of the panels that plays this part."""
        played = {"metropolitan": self.metropolitan.id, "region": self.wide.id if self.wide else ""}
        if self.near:
            played[self.near.kind] = self.near.id
        return {key: played.get(key, key) for key in self.scales}

    @cached_property
    def peers(self) -> Peers | None:
        """The municipalities most like this one; None for an area, and where a characteristic of it is absent or too
        few municipalities have all of them."""
        if not self.municipal:
            return None

        # Loaded by each page that has peers, so that its sources do not depend on what was computed before it.
        measures = [getattr(indicators, name)(*self._structural(name)) for name in STRUCTURAL]
        if any(self._silent(table) for one in measures for table in one.tables.values()):
            return None

        def found() -> Any:
            every = pd.concat([self._panel(one, "").rows for one in measures])
            variables = structure_of(every[every["territory"].isin(self.universe)])
            return space(variables) if len(variables.dropna()) > max(MOST, variables.shape[1] + 1) else None

        points = self.once("structure", self.metropolitan.id, found)
        return nearest(points, self.own) if points is not None and self.own in points.z.index else None

    def structural(self, name: str) -> pd.Series:
        """Values of all municipalities of one variable of `peers`, as it was used."""
        panel = self._panel(getattr(indicators, name)(*self._structural(name)), "")
        rows = panel.rows[panel.rows["territory"].isin(self.universe)]
        wide = rows.pivot(index="territory", columns="year", values="value")
        known = wide.notna().sum()
        values: pd.Series = wide[known[known == known.max()].index.max()]
        return values

    def _structural(self, name: str) -> list[pd.DataFrame]:
        return [self.table(table) for table in indicators.get(name).tables]

    @property
    def peer_codes(self) -> tuple[str, ...]:
        """Codes of the similar municipalities, the most similar first; none for an area."""
        return self.peers.codes if self.peers else ()

    @cached_property
    def comparison_groups(self) -> dict[str, tuple[str, ...]]:
        """Groups on which a judgement is tried, the largest first: key → codes of the others."""
        code = self.own
        people = self._panel(Measure(indicators.get("residents"), {"population": self.table("population")}), "")
        residents = people.universe(self.universe, people.last).values
        near = [other for other in self.near.members if other in self.universe] if self.near else []
        urban = self.table("municipalities").set_index("istat_code")["degree_of_urbanisation"]
        found = {
            "metropolitan": tuple(other for other in self.universe if other != code),
            "peers": self.peer_codes,
            "size": same_size(residents, code) if code in residents.dropna().index else (),
            self.near.kind if self.near else "zone": tuple(other for other in near if other != code),
            "urbanisation": same_value(urban.reindex(list(self.universe)).astype(float), code)
            if urban[code] > 0
            else (),
        }
        if self.compare_with:
            found["custom"] = tuple(other for other in self._custom() if other != code)
        return found

    def _custom(self) -> tuple[str, ...]:
        path = ROOT / "params" / "sets" / f"{self.compare_with}.yml"
        if path.is_file():
            chosen = params.load(params.MunicipalitySet, path)
            codes = chosen.municipalities or self.register.area(chosen.area, self.as_of).members
        else:
            codes = self.register.area(self.compare_with, self.as_of).members
        if strangers := sorted(set(codes) - set(self.universe)):
            raise DataError(f"{self.compare_with!r} has municipalities without figures here: {strangers[0]}")
        return codes

    # ---- maps

    @property
    def boundaries(self) -> geo.Boundaries:
        """Boundaries of municipalities, unfolded."""
        topology = self.topology
        if BOUNDARIES not in {source.name for source in self.sources}:
            self.sources.append(catalog.default().source(BOUNDARIES))
        found: geo.Boundaries = self.once("boundaries", lambda: geo.boundaries(topology))
        return found

    @property
    def neighbours(self) -> list[str]:
        """Codes of the municipalities that border the territory, inside of the metropolitan city or province."""
        near = {code for own in self.members for code in geo.neighbours(self.boundaries, own)}
        return sorted(code for code in near - set(self.members) if code in self.universe)


def _same(table: pd.DataFrame, loaded: pd.DataFrame | None) -> bool:
    """Whether a table is as it was loaded: pandas writes into a copy, so what was changed no longer shares memory."""
    if loaded is None or table.shape != loaded.shape or list(table.columns) != list(loaded.columns):
        return False
    return all(np.shares_memory(table[name].to_numpy(), loaded[name].to_numpy()) for name in table.columns)
