"""The one object a notebook uses: it validates, loads, compares, words, shows, and closes the page.

A notebook opens a `Report`, calls the pure functions of `toolkit.indicators`, `impact` or `pnrr` on the tables it
loads, shows what they return, and ends with `close()`. All that the page needs travels in what it shows, so papermill,
a scheduler and JupyterLab give the same page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

import pandas as pd
from IPython.display import display as show

import toolkit
from toolkit import catalog, display, indicators
from toolkit.charts import drawable
from toolkit.charts.placed import theme
from toolkit.errors import ToolkitError
from toolkit.indicators.panel import Panel
from toolkit.indicators.standing import Standing, standings, standings_of
from toolkit.params import ROOT, ReportParams
from toolkit.report import wording
from toolkit.report.setting import BOUNDARIES, Origin, Setting
from toolkit.report.wording import capital
from toolkit.territory import Municipality
from toolkit.text import Words

Chart = Any
"""A Vega-Lite specification, or an Altair chart."""


class WordedReport(Setting):
    """A report of one municipality or area, in one language.

    Args:
        notebook: name of the notebook, which names the page and its files.
        municipality: ISTAT code, or empty.
        area: id of an area, or empty; exactly one of the two.
        language: `it` or `en`.
        as_of: ISO date from which the report looks; figures of later periods are left out. Empty: the oldest of the
            days on which its tables were read.
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
        parameters = ReportParams(municipality=municipality, area=area, language=language, as_of=as_of)
        super().__init__(parameters, Words(language), tables)
        self.notebook = notebook
        self._results: dict[str, Any] = {}
        self._caveats: list[dict[str, str]] = []
        self._shown: list[display.Shown] = []
        self._aside: list[display.Shown] | None = None
        show(self._opening())

    def standings(
        self,
        *ids: str,
        peers: Sequence[str] = (),
        parent: str = "",
        panels: Mapping[str, Panel] | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> dict[str, Standing]:
        """How the territory stands on indicators, beside its scales; each value is kept for the results file.

        Args:
            ids: names of indicators.
            peers: codes of the comparison group.
            parent: for shares, the key of the parent among the scales.
            panels: figures by indicator, where they are at hand.
            roles: for each scale, the territory of the panels that plays its part.
        """
        whom: dict[str, Any] = {"own": self.own, "universe": self.universe, "peers": peers}
        if panels is None:
            found = standings(ids, self._tables, self.groups, parent=parent, **whom)
        else:
            played = {key: (roles or {}).get(key, key) for key in self.scales}
            found = standings_of({name: panels[name] for name in ids}, played, **whom)
        for name, standing in found.items():
            self._keep(name, standing, parent)
        return found

    # ---- words

    def say(self, key: str, **values: Any) -> str:
        """A sentence of `toolkit/text`, with the name of this notebook before a key that has no dot."""
        return self.words.say(key if "." in key else f"{self.notebook}.{key}", **values)

    def when(self, standing: Standing) -> str:
        """The year or the day of a figure: "nel 2023", "al 1° gennaio 2026"."""
        return wording.when(self, standing)

    def value(self, standing: Standing) -> str:
        """The figure as printed in a sentence."""
        return wording.value(self, standing)

    def sentence(self, standing: Standing, *, zone: bool = True, peers: bool = False) -> str:
        """One sentence: the figure, its rank, its gap from zone, metropolitan area with and without core, medians."""
        return wording.sentence(self, standing, zone=zone, peers=peers)

    def gaps(self, standing: Standing, *, zone: bool = True, peers: bool = False) -> str:
        """The gap from each scale that has a figure and from the medians."""
        return wording.gaps(self, standing, zone=zone, peers=peers)

    def rank(self, standing: Standing) -> str:
        """The rank among the municipalities of the metropolitan city, ties said."""
        return wording.rank(self, standing)

    def figures(self, chosen: Mapping[str, Standing]) -> dict[str, Any]:
        """Values of standings by indicator, with place, parent and year, for a sentence of several figures."""
        values: dict[str, Any] = {name: standing.own.value for name, standing in chosen.items()}
        year = max(standing.year for standing in chosen.values())
        return values | {"place": self.place, "parent": self.scales[self.parent].prose, "year": year}

    # ---- what the page shows

    def text(self, *sentences: str) -> None:
        """Sentences, each on a line of its own: a figure with its foils is long enough."""
        self.show(display.Text(language=self.language, paragraphs=sentences))

    def brief(self, *sentences: str, steps: Sequence[str] = ()) -> None:
        """In short: up to five sentences, most important first, and what to do next."""
        if not 1 <= len(sentences) <= 5:
            raise ToolkitError(f"{len(sentences)} sentences in short", allowed="one to five")
        self.show(display.Brief(language=self.language, sentences=sentences, steps=steps))

    def key_figures(self, chosen: Iterable[Standing]) -> None:
        """The figures at the top of the page, each beside its foils."""
        self.show(
            display.KeyFigures(
                language=self.language, items=[wording.key_figure(self, standing) for standing in chosen]
            )
        )

    def comparison(
        self,
        id: str,
        caption: str,
        chosen: Iterable[Standing],
        *,
        peers: bool = False,
        note: str = "",
        decimals: int | None = None,
    ) -> None:
        """A table of indicators by territory: ours, zone, metropolitan area with and without core, medians, rank."""
        rows = [wording.row(self, standing) for standing in chosen]
        foils = {"median": self.say("report.median")} | ({"peers": self.say("report.peers_median")} if peers else {})
        names = {wording.column_of(self, key): scale.name for key, scale in self.scales.items()} | foils
        names = {
            key: name for key, name in names.items() if key == "territory" or any(row[key] == row[key] for row in rows)
        }
        columns = [
            display.Column(
                key="indicator",
                label=self.words.label("indicator"),
                texts={row["indicator"]: indicators.get(row["indicator"]).name[self.language] for row in rows},
            ),
            display.Column(key="year", label=self.words.label("year"), unit="year"),
            *(
                display.Column(key=key, label=capital(name), unit_from="unit", flag=f"{key}_flag", decimals=decimals)
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
        tables: Origin,
        subtitle: str = "",
        note: str = "",
        highlight: Iterable[str] = (),
    ) -> None:
        """Show a table of a DataFrame, in its own order.

        Args:
            id: lower-case words joined by hyphens; names the CSV too.
            caption: what the table says.
            frame: one row a row.
            columns: those shown.
            tables: tables of the catalogue it comes from, for the source lines; with the rows that were used, where
                they have several publishers.
            subtitle: measure, unit, territory, period.
            note: uncertainty, what is left out.
            highlight: values of the first column whose rows are this territory's.
        """
        about: dict[str, Any] = {"subtitle": subtitle, "note": note, "highlight": highlight}
        self.show(self.made_table(id, caption, frame, columns, tables=tables, **about))

    def made_table(
        self,
        id: str,
        caption: str,
        frame: pd.DataFrame,
        columns: Sequence[display.Column],
        *,
        tables: Origin,
        subtitle: str = "",
        note: str = "",
        highlight: Iterable[str] = (),
    ) -> display.Table:
        """The table that `show_table` shows, to be part of an extract."""
        shown = display.data(frame, columns, self.words, highlight=tuple(highlight) or (self.own, self.name))
        return display.Table(
            language=self.language,
            id=id,
            caption=caption,
            subtitle=subtitle,
            data=shown,
            source=self.source_lines(tables, named=_named(columns)),
            note=note,
            csv=self._csv(id),
        )

    def show(self, shown: display.Shown) -> None:
        """Show a display object made elsewhere, such as `made_table`."""
        if self._aside is None:
            self._shown.append(shown)
            show(shown)
        else:
            self._aside.append(shown)

    @contextmanager
    def aside(self) -> Iterator[list[display.Shown]]:
        """What would be shown meanwhile goes to the list given, to be shown later, here or by another report."""
        before, self._aside = self._aside, []
        try:
            yield self._aside
        finally:
            self._aside = before

    def extract(self, id: str, title: str, *parts: display.Shown, apart: bool = False) -> None:
        """Show a part of the page that is a page of its own too, made for paper: `<notebook>-<id>.<language>.html`.

        Args:
            apart: the page only links to it, because its parts are on the page already.
        """
        name = f"{self.notebook}-{id}.{self.language}.html"
        self.show(display.Extract(language=self.language, id=id, title=title, page=name, parts=parts, apart=apart))

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
        tables: Origin,
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
        wide, narrow = (_spec(one, id) for one in (specs if isinstance(specs, tuple) else (specs, specs)))
        self.show(
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
                source=self.source_lines(tables, named=_named(columns)),
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

    def caveats(self, *, faults: bool = True) -> None:
        """Show what the data cannot say, and the known faults of the tables unless the sources alone list them."""
        known = [
            {"title": source.title[self.language], "text": " ".join(fault[self.language] for fault in source.faults)}
            for source in self.sources
            if source.faults and faults
        ]
        self.show(display.Caveats(language=self.language, items=[*self._caveats, *known]))

    def glossary(self, *terms: str) -> None:
        """Explain those terms of `text/glossary.yml` that the page has used until here."""
        read = [shown for shown in self._shown if not isinstance(shown, display.Caveats)]
        said = "\n".join(display.texts([*read, self._caveats]))
        self.show(display.Glossary(language=self.language, items=self.words.glossary(terms, said)))

    def keep(self, name: str, **figure: Any) -> None:
        """Keep a figure for the results file: JSON values only, free of language."""
        if name in self._results:
            raise ToolkitError(f"two results are called {name!r}", where=self.notebook)
        self._results[name] = figure

    def close(self) -> None:
        """List the sources, hand over the results, and mark the page complete. The last line of every notebook."""
        worded = [source.worded(self.language) for source in self.sources]
        self.show(display.Sources(language=self.language, items=worded))
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
        self.show(display.Close(language=self.language, results=results, provenance=provenance))

    # ---- inner workings

    @cached_property
    def _datasets(self) -> dict[str, Any]:
        drawn = any(source.name == BOUNDARIES for source in self.sources)
        return {BOUNDARIES: self.topology} if drawn else {}

    def _opening(self) -> display.Open:
        territory: dict[str, Any] = {"slug": self.territory.slug, "name": self.name, "folder": self.territory.folder}
        if isinstance(self.territory, Municipality):
            zone = self.register.zone_of(self.own, self.as_of)
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

    def _csv(self, id: str) -> str:
        return f"{self.notebook}-{id}.csv"


def _printed(language: str, standing: Standing) -> str:
    return _words(language).value(standing.own.value, standing.indicator.unit, standing.own.flag)


@cache
def _words(language: str) -> Words:
    return Words(language)


def _spec(chart: Chart, id: str) -> dict[str, Any]:
    """A chart as Vega-Lite; one of Altair is checked, and takes the house's theme."""
    if isinstance(chart, dict):
        return chart
    spec = chart.to_dict()
    drawable.check(chart, spec, spec.get("datasets", {}), id)
    return {**spec, "config": theme.CONFIG | {"mark": theme.CONFIG["mark"] | {"color": theme.BLUE}}}


def _named(columns: Iterable[display.Column]) -> bool:
    """Whether a column names the sources of each row."""
    return any(column.key == "source" for column in columns)


def _tables(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(table for row in rows for table in row["tables"]))


def _period(dates: Iterable[str]) -> str:
    """First and last year that the sources refer to: "2018–2026"."""
    years = sorted({text[:4] for text in dates})
    return years[0] if len(years) == 1 else f"{years[0]}–{years[-1]}" if years else ""
