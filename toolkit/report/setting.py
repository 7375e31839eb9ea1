"""Where a report stands: its territory, those it is set against, and its tables up to a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from toolkit import catalog, indicators
from toolkit.catalog.store import current
from toolkit.errors import DataError
from toolkit.indicators.peers import STRUCTURAL, Peers, nearest, structure
from toolkit.params import ReportParams
from toolkit.territory import Area, Municipality, Register, Share
from toolkit.text import Words

LARGER = ("metropolitan_city", "province", "region", "macro_region", "country")
"""Kinds of areas around a municipality, the smallest first; of the first two it lies in one."""

BOUNDARIES = "boundaries"
"""The one document among the tables: maps draw on it by name."""

Origin = Sequence[str] | Mapping[str, pd.DataFrame | None]
"""Tables of the catalogue that a figure comes from: names, or names with the rows that were used (None: the
whole table)."""

COMMON_NOUNS = ("Zona ", "Sistema ")

DOMINANT = 0.25
"""Share of the residents of a metropolitan city or province from which its largest municipality changes what its
means say: it is then also shown without it."""

STOCKS = ("population", "population_age")
"""Tables whose year is a day, 1 January."""


@dataclass(frozen=True)
class Scale:
    """A territory that figures are shown for: its name in the report's language and its members.

    `id` is the code of the report's own territory, or the part it plays: zone or system, metropolitan, without_core or
    region. Results of different municipalities thus have the same columns.
    """

    id: str
    name: str
    members: tuple[str, ...]

    @property
    def prose(self) -> str:
        """The name within a sentence: a zone or a local system is a common noun in Italian."""
        return self.name[:1].lower() + self.name[1:] if self.name.startswith(COMMON_NOUNS) else self.name


class Setting:
    """The territory of a report on a day, its scales of comparison, and the tables it reads.

    Args:
        parameters: checked parameters of the report.
        words: its language.
        tables: tables of the catalogue that it reads; all are checked at once.
    """

    def __init__(self, parameters: ReportParams, words: Words, tables: Sequence[str]) -> None:
        self.parameters = parameters
        self.words = words
        self.store = current()
        self.register = Register(catalog.default(), self.store)
        self._edition = catalog.fingerprint()
        self.sources = [catalog.default().source(name) for name in tables]
        observed = min((source.date_accessed for source in self.sources), default=catalog.snapshot()[0])
        self.as_of = date.fromisoformat(parameters.as_of or observed)
        self.territory: Municipality | Area = self._territory()
        self._tables = {name: self._read(name) for name in tables if name != BOUNDARIES}

    # ---- where

    @property
    def language(self) -> str:
        """`it` or `en`."""
        return self.words.language

    @property
    def own(self) -> str:
        """Key of the territory in groups and results: its ISTAT code, or the id of the area."""
        return self.territory.istat_code if isinstance(self.territory, Municipality) else self.territory.id

    @cached_property
    def metropolitan(self) -> Area:
        """The metropolitan city or province around the territory; of an area that several hold, the smallest area
        around all of it: region, macro-region or country."""
        if self.register.province_of(self.members[0], self.as_of) is None:
            raise DataError(f"{self.territory} lay in no province on {self.as_of}", hint="choose a later as_of")
        return next(area for area in self._larger() if set(self.members) <= set(area.members))

    def _larger(self) -> Iterator[Area]:
        """The areas around the territory, from the metropolitan city or province to the country."""
        found = (self.register.around(self.members[0], kind, self.as_of) for kind in LARGER)
        return (area for area in found if area)

    @cached_property
    def near(self) -> Area | None:
        """The declared zone of a municipality, else its local labour system, where the figures of all are there."""
        return self._near(self.own) if isinstance(self.territory, Municipality) else None

    def _near(self, code: str) -> Area | None:
        zone, system = self.register.zone_of(code, self.as_of), self.register.around(code, "system", self.as_of)
        if zone or system is None:
            return zone
        there = set(system.members) <= self.register.embedded() and system.members != self.metropolitan.members
        return system if there else None

    @cached_property
    def wide(self) -> Area | None:
        """The area around the metropolitan city or province that is shown instead of it without its largest
        municipality: the next larger one, where that municipality is not `DOMINANT`, and all figures are there."""
        if self._core[1] >= DOMINANT:
            return None
        inside = set(self.universe)
        found = next((area for area in self._larger() if inside < set(area.members)), None)
        return found if found and set(found.members) <= self.register.embedded() else None

    @cached_property
    def universe(self) -> tuple[str, ...]:
        """Codes of the municipalities among which one is ranked: those of the metropolitan city or province."""
        return self.metropolitan.members

    @cached_property
    def reach(self) -> tuple[str, ...]:
        """Codes of the municipalities of which it reads figures: its own, and those it is set against."""
        beyond = [code for area in self.beyond for code in area.members]
        return tuple(sorted({*self.universe, *self.members, *beyond}))

    @cached_property
    def beyond(self) -> list[Area]:
        """Areas that are not all inside: local labour systems of municipalities without a zone, and the wide area."""
        systems = {area.id: area for code in self.universe if (area := self._near(code)) and area.kind == "system"}
        return [*systems.values(), *([self.wide] if self.wide else [])]

    @cached_property
    def core(self) -> Municipality:
        """The largest municipality of the metropolitan city or province, which weighs on each of its means."""
        return self.register.municipality(self._core[0])

    @cached_property
    def _core(self) -> tuple[str, float]:
        """Code of the largest municipality, and its share of the residents."""

        def largest() -> tuple[str, float]:
            latest = catalog.load("population", self.universe)
            latest = latest[latest["istat_code"].isin(self.universe) & latest["value"].notna()]
            if "item" in latest:
                latest = latest[latest["item"] == "residents"]
            latest = latest[latest["year"] <= self.as_of.year]
            latest = latest[latest["year"] == latest["year"].max()].set_index("istat_code")["value"]
            return str(latest.idxmax()), float(latest.max() / latest.sum())

        found: tuple[str, float] = self.once("core", self.metropolitan.id, largest)
        return found

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """The territory and three it is set against: its declared zone, else its local labour system; the metropolitan
        city or province; and the same without its largest municipality where that is `DOMINANT`, else the region."""
        found = [Scale(self.own, self.name, self.members)]
        if self.near:
            found.append(Scale(self.near.kind, self.near.name(self.language), self.near.members))
        whole = self.metropolitan
        if whole.id != self.own:
            found.append(Scale("metropolitan", whole.name(self.language), whole.members))
        if self.wide:
            found.append(Scale("region", self.wide.name(self.language), self.wide.members))
            return {scale.id: scale for scale in found}
        rest = tuple(code for code in whole.members if code != self.core.istat_code)
        core = self.words.place(self.core).name
        without = self.words.say("report.without", parent=whole.name(self.language), core=core)
        found.append(Scale("without_core", without, rest))
        return {scale.id: scale for scale in found}

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Members of each scale, as `toolkit.indicators` takes them."""
        return {key: scale.members for key, scale in self.scales.items()}

    @property
    def members(self) -> tuple[str, ...]:
        """Codes of the municipalities of the territory."""
        return (self.own,) if isinstance(self.territory, Municipality) else self.territory.members

    @property
    def nuts3(self) -> str:
        """NUTS 3 code of the province of 2024 around the territory; empty where its members lie in several."""
        codes = {self.register.municipality(code).nuts3 for code in self.members}
        return codes.pop() if len(codes) == 1 else ""

    @property
    def name(self) -> str:
        """Name of the territory in the report's language, as tables print it."""
        if isinstance(self.territory, Municipality):
            return self.territory.name
        return self.territory.name(self.language)

    @property
    def place(self) -> str:
        """Name of the territory as sentences print it, for the place forms of templates."""
        return self.scales[self.own].prose

    @property
    def parent(self) -> str:
        """Key of the scale of which shares are taken: the metropolitan city or province."""
        return "metropolitan" if "metropolitan" in self.scales else self.own

    @cached_property
    def parents(self) -> list[Area]:
        """Dated territories of which it is a part: the metropolitan city or province, and provinces of the past."""
        found = [self.metropolitan] if self.metropolitan.id != self.own else []
        past = self.register.ended(self.as_of, "historical_province")
        return found + [area for area in past if set(self.members) < set(area.members)]

    def area_shares(self) -> list[Share]:
        """Share of the area of each dated parent whose areas are known; two may not be compared: `Share` refuses it."""
        area = self.table("municipalities").set_index("istat_code")["area_km2"]
        own = float(area.loc[list(self.members)].sum(skipna=False))
        wholes = {whole: float(area.loc[list(whole.members)].sum(skipna=False)) for whole in self.parents}
        return [Share(own, size, "area", self.name, whole) for whole, size in wholes.items() if size == size]

    @cached_property
    def peers(self) -> Peers | None:
        """The municipalities most like this one on the structural variables; None for an area."""
        if not isinstance(self.territory, Municipality):
            return None
        everybody = {code: (code,) for code in self.universe}
        variables = structure(indicators.compute(STRUCTURAL, self._tables, everybody))
        return nearest(variables, self.own)

    def names(self, codes: Iterable[str]) -> dict[str, str]:
        """Names of municipalities by code."""
        return {code: self.register.municipality(code).name for code in codes}

    # ---- data

    @cached_property
    def topology(self) -> dict[str, Any]:
        """The boundaries of municipalities, as a document."""
        return catalog.document(BOUNDARIES)

    def table(self, name: str) -> pd.DataFrame:
        """A table named in `tables`, without the periods that end after `as_of`."""
        if name not in self._tables:
            raise DataError(
                f"the report did not say that it reads {name!r}",
                allowed=self._tables,
                hint="name it in Report(…, tables=[…]), so that the page lists its source",
            )
        return self._tables[name]

    def last_year(self, name: str, rows: pd.DataFrame | None = None) -> int:
        """The last year of which a table, or some of its rows, holds a figure by `as_of`."""
        return int(catalog.last_observed(self.table(name) if rows is None else rows, self._origin[name].observed)[:4])

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All the tables of the report by name."""
        return dict(self._tables)

    def source_lines(self, tables: Origin, *, named: bool = False) -> list[str]:
        """One line a publisher of a table: publisher, table, last day on which its rows were observed.

        Args:
            tables: names, or names with the rows that were used; no rows, no line.
            named: a column beside names the sources of each row; otherwise one line names all those of rows collected
                by hand.
        """
        rows = tables if isinstance(tables, Mapping) else dict.fromkeys(tables)
        known = {name: self._origin[name] for name in rows if name in self._origin or not self._unused(name)}
        used = [(source, credit) for name, source in known.items() for credit in self._credits(name, rows[name])]
        by_hand = [(source, credit) for source, credit in used if credit.sources and not named]
        lines = [
            self._line([source], credit.publisher.name[self.language], [credit])
            for source, credit in used
            if (source, credit) not in by_hand
        ]
        if not by_hand:
            return lines
        names = dict.fromkeys(name for _, credit in by_hand for name in credit.sources)
        publisher = self.words.say("report.source_by_hand", sources="; ".join(names))
        return [*lines, self._line([source for source, _ in by_hand], publisher, [credit for _, credit in by_hand])]

    def _unused(self, name: str) -> bool:
        """Whether a table has no figure by the day of the report.

        Raises:
            DataError: the report did not load it.
        """
        if name not in self._tables:
            raise DataError(f"no table {name!r} was loaded", allowed=self._tables, hint=f"report.table({name!r})")
        return self._tables[name].empty

    def _credits(self, name: str, rows: pd.DataFrame | None) -> list[catalog.Credit]:
        source = self._origin[name]
        if name == BOUNDARIES:
            return [catalog.Credit(one, (), source.reference_date) for one in source.publishers]
        if rows is not None:
            return source.credits(rows)
        found: list[catalog.Credit] = self.once("credits", source.sha256, lambda: source.credits(self._tables[name]))
        return found

    def _line(self, sources: list[catalog.Source], publisher: str, credits: list[catalog.Credit]) -> str:
        titles = "; ".join(dict.fromkeys(source.title[self.language] for source in sources))
        day = max(credit.day for credit in credits)
        return self.words.say("report.source_line", publisher=publisher, title=titles, date=day)

    @property
    def _origin(self) -> dict[str, catalog.Source]:
        return {source.name: source for source in self.sources}

    def _territory(self) -> Municipality | Area:
        if self.parameters.area:
            area = self.register.area(self.parameters.area, self.as_of)
            for code in area.members:
                self.register.require_embedded(code)
            return area
        found = self.register.municipality(self.parameters.municipality)
        self.register.require_embedded(found.istat_code)
        return found

    def _read(self, name: str, *, empty: bool = False) -> pd.DataFrame:
        """A table up to `as_of`: a year has been observed when it is over, a 1 January when it has come.

        Of a table of all municipalities it holds those within `reach`.

        Args:
            name: of the table.
            empty: whether it may have no figure by then.
        """
        table = self._within_reach(name)
        if "year" not in table.columns:
            return table
        over = name in STOCKS or (self.as_of.month, self.as_of.day) == (12, 31)
        last = self.as_of.year if over else self.as_of.year - 1
        if table["year"].max() <= last:
            return table
        reach = self.reach if catalog.default().in_parts(name) else ()
        kept: pd.DataFrame = self.once("table", name, reach, last, lambda: _up_to(table, last))
        if not len(kept) and not empty:
            raise DataError(
                f"the table {name!r} has no figure up to {self.as_of.isoformat()}",
                allowed=f"from {table['year'].min()} on",
                hint="choose a later as_of",
            )
        return kept

    def _within_reach(self, name: str) -> pd.DataFrame:
        if not catalog.default().in_parts(name):
            return catalog.load(name)
        found: pd.DataFrame = self.once("rows", name, self.reach, lambda: catalog.load(name, self.reach))
        return found

    def once(self, *key: Any) -> Any:
        """What depends on the data and the day alone, made once for all reports; the last item makes it.

        It comes from the store, which hands out what nobody can change for others (see `toolkit.catalog.store`).
        """
        *names, make = key
        return self.store.once((self._edition, self.as_of, *names), make)


def _up_to(table: pd.DataFrame, last: int) -> pd.DataFrame:
    return table[table["year"] <= last].reset_index(drop=True)
