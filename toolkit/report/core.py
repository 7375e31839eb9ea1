"""The one object a notebook uses: it validates, loads, compares, words, shows, and closes the page.

A notebook opens a `Report`, calls the pure functions of `toolkit.indicators`, `impact` or `pnrr` on the tables it loads, shows
what they return, and ends with `close()`. All that the page needs travels in what it shows, so papermill, a scheduler and
JupyterLab give the same page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any

import pandas as pd
from IPython.display import display as show

import toolkit
from toolkit import catalog, charts, display, indicators
from toolkit.errors import DataError, ToolkitError
from toolkit.indicators.peers import STRUCTURAL, Peers, nearest, structure
from toolkit.indicators.standing import Standing, standings
from toolkit.params import ROOT, ReportParams
from toolkit.territory import Area, Municipality, Register, Share, comparable
from toolkit.text import Words, rounded

BOUNDARIES = "boundaries"
"""The one document among the tables: maps draw on it by name."""

Chart = Any
"""A Vega-Lite specification, or an Altair chart."""

STOCKS = ("population", "population_age")
"""Tables whose year is a day, 1 January."""


@dataclass(frozen=True)
class Scale:
    """A territory that figures are shown for: its name in the report's language and its members.

    `id` is the code of the report's own territory, or the part it plays: zone, metropolitan, without_core. Results of
    different municipalities thus have the same columns.
    """

    id: str
    name: str
    members: tuple[str, ...]

    @property
    def prose(self) -> str:
        """The name within a sentence: a zone is a common noun in Italian."""
        return self.name[:1].lower() + self.name[1:] if self.name.startswith("Zona ") else self.name


class Report:
    """A report of one municipality or area, in one language.

    Args:
        notebook: name of the notebook, which names the page and its files.
        municipality: ISTAT code, or empty.
        area: id of an area, or empty; exactly one of the two.
        language: `it` or `en`.
        as_of: ISO date from which the report looks; figures of later periods are left out. Empty: the oldest of the
            days on which its tables were observed.
        tables: tables of the catalogue that the report reads; all are checked before anything is shown.

    Raises:
        ParameterError, TerritoryError, DataError: as they say.
        DataNotEmbedded: a known municipality without figures in `data/`.
    """

    def __init__(
        self,
        notebook: str,
        *,
        municipality: str = "",
        area: str = "",
        language: str = "it",
        as_of: str = "",
        tables: Sequence[str] = (),
    ) -> None:
        self.parameters = ReportParams(municipality=municipality, area=area, language=language, as_of=as_of)
        self.notebook = notebook
        self.words = Words(language)
        self.register = Register(catalog.default())
        self.sources = [catalog.default().source(name) for name in tables]
        observed = min((source.date_accessed for source in self.sources), default=catalog.snapshot()[0])
        self.as_of = date.fromisoformat(as_of or observed)
        self.territory: Municipality | Area = self._territory()
        self._tables = {name: self._read(name) for name in tables if name != BOUNDARIES}
        self._results: dict[str, Any] = {}
        self._caveats: list[dict[str, str]] = []
        self._terms: list[str] = []
        show(self._opening())

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
        """The metropolitan city around the territory."""
        code = self.own if isinstance(self.territory, Municipality) else self.territory.members[0]
        found = self.register.metropolitan_of(code, self._today)
        if found is None:
            raise DataError(f"{self.territory} lies in no metropolitan city", hint="compare it with an area of its own")
        return found

    @cached_property
    def universe(self) -> tuple[str, ...]:
        """Codes of the municipalities among which one is ranked: those of the metropolitan city."""
        return self.metropolitan.members

    @cached_property
    def core(self) -> Municipality:
        """The largest municipality of the metropolitan city, which weighs on every metropolitan mean."""
        population = self.table("population")
        latest = population[population["istat_code"].isin(self.universe) & population["value"].notna()]
        latest = latest[latest["year"] == latest["year"].max()]
        return self.register.municipality(latest.loc[latest["value"].idxmax(), "istat_code"])

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """The territory and those it is set against: its zone, the metropolitan city, and the same without its core."""
        found = [Scale(self.own, self.name, self.members)]
        zone = self.register.zone_of(self.own, self._today) if isinstance(self.territory, Municipality) else None
        if zone:
            found.append(Scale("zone", zone.name(self.language), zone.members))
        whole = self.metropolitan
        if whole.id != self.own:
            found.append(Scale("metropolitan", whole.name(self.language), whole.members))
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
        """Key of the scale of which shares are taken: the metropolitan city."""
        return "metropolitan" if "metropolitan" in self.scales else self.own

    @cached_property
    def parents(self) -> list[Area]:
        """Dated territories of which the territory is a part: the metropolitan city, and provinces of the past."""
        found = [self.metropolitan] if self.metropolitan.id != self.own else []
        past = self.register.ended(self.as_of, "historical_province")
        return found + [area for area in past if set(self.members) < set(area.members)]

    def area_shares(self) -> list[Share]:
        """Share of the area of each dated parent; two of them may not be compared, and `Share` refuses it."""
        area = self.table("municipalities").set_index("istat_code")["area_km2"]
        own = float(area.loc[list(self.members)].sum())
        return [
            Share(own, float(area.loc[list(whole.members)].sum()), "area", self.name, whole) for whole in self.parents
        ]

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

    def table(self, name: str) -> pd.DataFrame:
        """A table named in `tables`, without the periods that end after `as_of`."""
        if name not in self._tables:
            raise DataError(
                f"the report did not say that it reads {name!r}",
                allowed=self._tables,
                hint="name it in Report(…, tables=[…]), so that the page lists its source",
            )
        return self._tables[name]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All the tables of the report by name."""
        return dict(self._tables)

    def standings(self, *ids: str, peers: Sequence[str] = (), parent: str = "") -> dict[str, Standing]:
        """How the territory stands on indicators, beside its scales; each value is kept for the results file.

        Args:
            ids: names of indicators.
            peers: codes of the comparison group.
            parent: for shares, the key of the parent among the scales.
        """
        found = standings(
            ids, self._tables, self.groups, own=self.own, universe=self.universe, peers=peers, parent=parent
        )
        for name, standing in found.items():
            self._keep(name, standing, parent)
        return found

    # ---- words

    def say(self, key: str, **values: Any) -> str:
        """A sentence of `toolkit/text`, with the name of this notebook before a key that has no dot."""
        return self.words.say(key if "." in key else f"{self.notebook}.{key}", **values)

    def when(self, standing: Standing) -> str:
        """The year or the day of a figure: "nel 2023", "al 1° gennaio 2026"."""
        day = standing.indicator.tables[0] in STOCKS
        return self.words.say(f"report.when_{'day' if day else 'year'}", year=standing.year)

    def value(self, standing: Standing) -> str:
        """The figure as printed in a sentence."""
        return self.words.value(standing.own.value, standing.indicator.unit, standing.own.flag)

    def sentence(self, standing: Standing, *, zone: bool = True, peers: bool = False) -> str:
        """One sentence: the figure, its rank, and its gap from zone, metropolitan area with and without core, median."""
        values = {"place": self.place, "when": self.when(standing)}
        if not standing.own.known:
            name = standing.indicator.name[self.language]
            absent = self.words.absent(_absent(standing.own.flag), long=True)
            return self.say("report.standing_absent", name=name, absent=absent, **values)
        bare = self.words.value(standing.own.value, standing.indicator.unit, standing.own.flag, bare=True)
        values["subject"] = self.say(f"report.subject_{standing.indicator.id}", value=self.value(standing), bare=bare)
        gaps = self.gaps(standing, zone=zone, peers=peers)
        if not gaps:
            return self.say("report.standing_alone", **values)
        if standing.position is None:
            return self.say("report.standing_area", gaps=gaps, **values)
        return self.say("report.standing", rank=self.rank(standing), gaps=gaps, **values)

    def gaps(self, standing: Standing, *, zone: bool = True, peers: bool = False) -> str:
        """The gap from each scale that has a figure and from the medians, those above, below and level together."""
        others = [
            (self.scales[key].prose, figure.value)
            for key, figure in standing.scales.items()
            if figure.known and (zone or key != "zone")
        ]
        others.append((self.say("report.median"), standing.median))
        if peers:
            others.append((self.say("report.peers_median"), standing.peers_median))
        points = standing.indicator.unit == "percent"
        told: dict[str, list[str]] = {"above": [], "below": [], "level": []}
        for whom, value in others:
            gap = standing.gap(value)
            if gap == gap:
                sign = rounded(gap, 1 if points else 0)
                side = "above" if sign > 0 else "below" if sign < 0 else "level"
                told[side].append(self.say(f"report.gap_{'points' if points else 'percent'}", gap=gap, whom=whom))
        return "; ".join(self.say(f"report.gaps_{side}", gaps=found) for side, found in told.items() if found)

    def rank(self, standing: Standing) -> str:
        """The rank among the municipalities of the metropolitan city, ties said."""
        if standing.position is None:
            raise DataError(f"{self.territory} has no rank on {standing.indicator.id}")
        rank = self.words.rank(standing.position.rank, standing.position.of)
        if standing.position.ties:
            return self.say("report.tied", rank=rank, ties=standing.position.ties)
        return rank

    def figures(self, chosen: Mapping[str, Standing]) -> dict[str, Any]:
        """Values of standings by indicator, with the place, the parent and the year, for a sentence of several figures."""
        values: dict[str, Any] = {name: standing.own.value for name, standing in chosen.items()}
        year = max(standing.year for standing in chosen.values())
        return values | {"place": self.place, "parent": self.scales[self.parent].prose, "year": year}

    def refuse_comparison(self, first: Share, second: Share) -> str:
        """Why two shares may not be compared; DataError where they may, for then nothing is to be refused."""
        try:
            comparable(first, second)
        except DataError as refusal:
            return refusal.what
        raise DataError(f"the shares {first} and {second} are of one parent: compare them")

    # ---- what the page shows

    def text(self, *sentences: str) -> None:
        """A paragraph of sentences."""
        show(display.Text(language=self.language, paragraphs=[" ".join(sentences)]))

    def brief(self, *sentences: str, steps: Sequence[str] = ()) -> None:
        """In short: up to five sentences, most important first, and what to do next."""
        if not 1 <= len(sentences) <= 5:
            raise ToolkitError(f"{len(sentences)} sentences in short", allowed="one to five")
        show(display.Brief(language=self.language, sentences=sentences, steps=steps))

    def key_figures(self, chosen: Iterable[Standing]) -> None:
        """The figures at the top of the page, each beside its foils."""
        show(display.KeyFigures(language=self.language, items=[self._key_figure(standing) for standing in chosen]))

    def comparison(
        self, id: str, caption: str, chosen: Iterable[Standing], *, peers: bool = False, note: str = ""
    ) -> None:
        """A table of indicators by territory: ours, zone, metropolitan area with and without core, medians, rank."""
        rows = [self._row(standing) for standing in chosen]
        foils = {"median": self.say("report.median")} | ({"peers": self.say("report.peers_median")} if peers else {})
        names = {self._column_of(key): scale.name for key, scale in self.scales.items()} | foils
        columns = [
            display.Column(
                key="indicator",
                label=self.words.label("indicator"),
                texts={row["indicator"]: indicators.get(row["indicator"]).name[self.language] for row in rows},
            ),
            display.Column(key="year", label=self.words.label("year"), unit="year"),
            *(
                display.Column(key=key, label=_capital(name), unit_from="unit", flag=f"{key}_flag")
                for key, name in names.items()
            ),
        ]
        if isinstance(self.territory, Municipality):
            columns.append(display.Column(key="rank", label=self.say("report.rank_column"), unit="rank"))
        self.show_table(id, caption, pd.DataFrame(rows), columns, tables=_tables(rows), note=note)

    def show_table(
        self,
        id: str,
        caption: str,
        frame: pd.DataFrame,
        columns: Sequence[display.Column],
        *,
        tables: Sequence[str],
        subtitle: str = "",
        note: str = "",
        highlight: Iterable[str] = (),
    ) -> None:
        """A table of a DataFrame, in its own order.

        Args:
            id: lower-case words joined by hyphens; names the CSV too.
            caption: what the table says.
            frame: one row a row.
            columns: those shown.
            tables: tables of the catalogue it comes from, for the source line.
            subtitle: measure, unit, territory, period.
            note: uncertainty, what is left out.
            highlight: values of the first column whose rows are this territory's.
        """
        shown = display.data(frame, columns, self.words, highlight=tuple(highlight) or (self.own, self.name))
        show(
            display.Table(
                language=self.language,
                id=id,
                caption=caption,
                subtitle=subtitle,
                data=shown,
                source=self.source_lines(tables),
                note=note,
                csv=self._csv(id),
            )
        )

    def figure(
        self,
        id: str,
        title: str,
        *,
        subtitle: str,
        alt: str,
        description: str,
        specs: Chart | tuple[Chart, Chart],
        frame: pd.DataFrame,
        columns: Sequence[display.Column],
        tables: Sequence[str],
        note: str = "",
        highlight: Iterable[str] = (),
    ) -> None:
        """A picture with its message, measure, source and data.

        Args:
            id: lower-case words joined by hyphens; names the CSV too.
            title: the message, a sentence.
            subtitle: measure, unit, territory, period.
            alt: what the picture shows, in one sentence.
            description: how to read it and what stands out.
            specs: wide and narrow, from `charts.pair`; or one or two Altair charts of an analyst.
            frame, columns: its data as a table.
            tables: tables of the catalogue it comes from.
            note: uncertainty, marks, what is left out.
            highlight: values of the first column whose rows are this territory's.
        """
        shown = display.data(frame, columns, self.words, highlight=tuple(highlight) or (self.own, self.name))
        wide, narrow = (_spec(one) for one in (specs if isinstance(specs, tuple) else (specs, specs)))
        show(
            display.Figure(
                language=self.language,
                id=id,
                title=title,
                subtitle=subtitle,
                alt=alt,
                description=description,
                spec=wide,
                spec_narrow=narrow if narrow != wide else None,
                table=shown,
                source=self.source_lines(tables),
                note=note,
                csv=self._csv(id),
                datasets=self._datasets,
            )
        )

    def column(self, key: str, label: str = "", **about: Any) -> display.Column:
        """A column of a table; the label is a key of `text/labels.yml` or a text of this notebook with a dot."""
        said = self.say(label) if "." in label else self.words.label(label or key)
        return display.Column(key=key, label=said, **about)

    def municipality_column(self, codes: Iterable[str], key: str = "istat_code") -> display.Column:
        """The column that names municipalities: codes in results, names on the page."""
        return display.Column(key=key, label=self.words.label("municipality"), texts=self.names(codes))

    def caveat(self, key: str, **values: Any) -> None:
        """Something the data cannot say: `<key>_title` and `<key>_text`, listed by `caveats()`."""
        self._caveats.append({"title": self.say(f"{key}_title", **values), "text": self.say(f"{key}_text", **values)})

    def caveats(self) -> None:
        """Show what the data cannot say, with the known faults of the tables read."""
        faults = [
            {"title": source.title[self.language], "text": " ".join(fault[self.language] for fault in source.faults)}
            for source in self.sources
            if source.faults
        ]
        show(display.Caveats(language=self.language, items=[*self._caveats, *faults]))

    def glossary(self, *terms: str) -> None:
        """Explain terms of `text/glossary.yml`."""
        show(display.Glossary(language=self.language, items=self.words.glossary(terms)))

    def keep(self, name: str, **figure: Any) -> None:
        """Keep a figure for the results file: JSON values only, free of language."""
        if name in self._results:
            raise ToolkitError(f"two results are called {name!r}", where=self.notebook)
        self._results[name] = figure

    def close(self) -> None:
        """List the sources, hand over the results, and mark the page complete. The last line of every notebook."""
        show(display.Sources(language=self.language, items=[source.worded(self.language) for source in self.sources]))
        lock = ROOT / "requirements.lock"
        provenance = {
            "version": toolkit.__version__,
            "lock": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else "",
            "data": catalog.fingerprint(),
            "parameters": self.parameters.model_dump(),
            "tables": {source.name: source.sha256 for source in self.sources},
        }
        territories = {key: list(scale.members) for key, scale in self.scales.items()}
        results = {"figures": self._results, "territories": territories}
        show(display.Close(language=self.language, results=results, provenance=provenance))

    # ---- inner workings

    @property
    def _today(self) -> date:
        return self.as_of

    def source_lines(self, tables: Iterable[str]) -> list[str]:
        """One line a source: publisher, table, date of reference."""
        by_name = {source.name: source for source in self.sources}
        return [
            self.words.say(
                "report.source_line",
                publisher=by_name[name].publisher,
                title=by_name[name].title[self.language],
                date=by_name[name].reference_date,
            )
            for name in dict.fromkeys(tables)
        ]

    def _territory(self) -> Municipality | Area:
        if self.parameters.area:
            area = self.register.area(self.parameters.area, self.as_of)
            for code in area.members:
                self.register.require_embedded(code)
            return area
        found = self.register.municipality(self.parameters.municipality)
        self.register.require_embedded(found.istat_code)
        return found

    def _read(self, name: str) -> pd.DataFrame:
        """A table up to `as_of`: a year has been observed when it is over, a 1 January when it has come."""
        table = catalog.load(name)
        if "year" not in table.columns:
            return table
        over = name in STOCKS or (self.as_of.month, self.as_of.day) == (12, 31)
        last = self.as_of.year if over else self.as_of.year - 1
        kept = table[table["year"] <= last]
        if not len(kept):
            raise DataError(
                f"the table {name!r} has no figure up to {self.as_of.isoformat()}",
                allowed=f"from {table['year'].min()} on",
                hint="choose a later as_of",
            )
        return kept.reset_index(drop=True)

    @cached_property
    def _datasets(self) -> dict[str, Any]:
        drawn = any(source.name == BOUNDARIES for source in self.sources)
        return {BOUNDARIES: catalog.document(BOUNDARIES)} if drawn else {}

    def _opening(self) -> display.Open:
        territory: dict[str, Any] = {"slug": self.territory.slug, "name": self.name, "folder": self.territory.folder}
        if isinstance(self.territory, Municipality):
            zone = self.register.zone_of(self.own, self._today)
            territory |= {"type": "municipality", "code": self.own, "province": self.territory.province}
            territory |= {"zone": zone.name(self.language) if zone else ""}
        else:
            territory |= {"type": "area", "code": self.own, "province": "", "zone": ""}
        day, short = catalog.snapshot()
        return display.Open(
            language=self.language,
            report=self.notebook,
            territory=territory,
            title=self.words.say(f"{self.notebook}.title"),
            as_of=self.as_of.isoformat(),
            reference_date=_period(source.reference_date for source in self.sources),
            snapshot={"date": day, "hash": short},
            version=toolkit.__version__,
            parameters=self.parameters.model_dump(),
        )

    def _key_figure(self, standing: Standing) -> display.KeyFigure:
        unit = standing.indicator.unit
        foils = [(scale.name, standing.scales[key]) for key, scale in self.scales.items() if key in standing.scales]
        shown = [
            (_capital(name), self.words.value(figure.value, unit, figure.flag, bare=True))
            for name, figure in foils
            if figure.known
        ]
        shown.append((_capital(self.say("report.median")), self.words.value(standing.median, unit, bare=True)))
        bare = self.words.value(standing.own.value, unit, standing.own.flag, bare=True)
        return display.KeyFigure(
            id=standing.indicator.id,
            label=standing.indicator.name[self.language],
            value=bare,
            v=standing.own.value if standing.own.known else None,
            flag=standing.own.flag,
            unit="" if self.words.form(unit) != "number" or not standing.own.known else self.words.unit(unit),
            period=self.when(standing),
            comparisons=shown,
            note=self.rank(standing) if standing.position else "",
        )

    def _row(self, standing: Standing) -> dict[str, Any]:
        row: dict[str, Any] = {
            "indicator": standing.indicator.id,
            "unit": standing.indicator.unit,
            "year": standing.year,
            "tables": standing.indicator.tables,
            "median": standing.median,
            "median_flag": "observed",
            "peers": standing.peers_median,
            "peers_flag": "observed",
            "rank": standing.position.rank if standing.position else None,
        }
        for key, figure in {self.own: standing.own, **standing.scales}.items():
            column, flag = self._column_of(key), figure.flag if figure.known else _absent(figure.flag)
            row |= {column: figure.value, f"{column}_flag": flag}
        return row

    def _keep(self, name: str, standing: Standing, parent: str) -> None:
        key = f"{name}@{parent}" if parent else name
        if key in self._results:
            return
        figures = {self.own: standing.own, **standing.scales}
        self._results[key] = {
            "indicator": name,
            "parent": parent,
            "year": standing.year,
            "unit": standing.indicator.unit,
            "territory": self.own,
            "value": standing.own.value,
            "flag": standing.own.flag,
            "printed": {language: _printed(language, standing) for language in ("it", "en")},
            "rank": standing.position.rank if standing.position else None,
            "of": standing.position.of if standing.position else None,
            "median": standing.median,
            "scales": {key: {"value": figure.value, "flag": figure.flag} for key, figure in figures.items()},
        }

    def _column_of(self, scale: str) -> str:
        return "territory" if scale == self.own else scale

    def _csv(self, id: str) -> str:
        return f"{self.notebook}-{id}.csv"


def _printed(language: str, standing: Standing) -> str:
    return _words(language).value(standing.own.value, standing.indicator.unit, standing.own.flag)


@cache
def _words(language: str) -> Words:
    return Words(language)


def _spec(chart: Chart) -> dict[str, Any]:
    """A chart as Vega-Lite; one of Altair takes the house's theme."""
    return chart if isinstance(chart, dict) else charts.themed(chart)


def _absent(flag: str) -> str:
    return flag if flag in ("confidential", "not_observable") else "missing"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _tables(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(table for row in rows for table in row["tables"]))


def _period(dates: Iterable[str]) -> str:
    """First and last year that the sources refer to: "2018–2026"."""
    years = sorted({text[:4] for text in dates})
    return years[0] if len(years) == 1 else f"{years[0]}–{years[-1]}" if years else ""
