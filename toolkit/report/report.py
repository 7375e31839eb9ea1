"""The one object a notebook uses: load, measure, compare, draw, say.

    report = Report("benchmark", municipality=municipality, area=area, language=language, as_of=as_of)
    income = report.table("income")
    declared = report.compare(indicators.income_per_taxpayer(income))
    report.section(it="Quanto si dichiara", en="What is declared")
    report.figure(charts.lines(declared), id="income", it="… {own} …", en="… {own} …")
    report.close()

All that the page needs travels in what is shown, so papermill, a scheduler and JupyterLab give the same page.
Everything that can be derived is derived: subtitle, source, data table, CSV, alternative text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
from IPython.display import display as show

import toolkit
from toolkit import catalog, display, indicators
from toolkit.charts import structure
from toolkit.errors import ToolkitError
from toolkit.indicators import measure
from toolkit.params import ROOT, ReportParams
from toolkit.report import lab, wording
from toolkit.report.calling import Calling
from toolkit.report.comparison import Comparison
from toolkit.report.described import Described, comparison_table, described
from toolkit.report.pictures import figure_of, svg_of
from toolkit.report.producing import Producing
from toolkit.report.setting import BOUNDARIES, Origin
from toolkit.report.wording import capital
from toolkit.territory import Municipality
from toolkit.text import Words
from toolkit.text.facts import Place

Columns = Mapping[str, Sequence[Any] | Mapping[str, str]]
"""Columns of a table: key → (Italian header, English header, unit, words by code); the last two where there are any.
Under the header that the house has for the key (`text/labels.yml`): a unit, words by code, or () for neither."""
Said = str | Sequence[str]
"""A sentence, or several of which the first that has all its facts is printed."""


class Report(Calling, Producing):
    """A report of one municipality or area, in one language.

    Args:
        notebook: name of the notebook, which names the page and its files.
        municipality: ISTAT code, or empty.
        area: id of an area, or empty; exactly one of the two.
        language: `it` or `en`.
        as_of: ISO date from which the report looks; figures of later periods are left out. Empty: the day of the data.
        compare_with: one more comparison group: a set of `params/sets`, or the id of an area.
        it, en: title of the page.

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
        compare_with: str = "",
        it: str = "",
        en: str = "",
    ) -> None:
        parameters = ReportParams(municipality=municipality, area=area, language=language, as_of=as_of)
        super().__init__(parameters, Words(language), compare_with)
        self.notebook = notebook
        self._pages: dict[str, list[display.Shown]] = {}
        self._left_out: list[str] = []
        self._without: list[str] = []
        self._ids: set[str] = set()
        self._parts: dict[str, display.Shown] = {}
        self._title = (it, en)
        measure.spoken.set(language)
        lab.draw_charts(language, lambda: {BOUNDARIES: self.topology})
        show(self._opening())

    def __repr__(self) -> str:
        return f"Report({self.notebook!r}, {self.name}, {self.as_of.isoformat()}, {self.language})"

    def _repr_html_(self) -> str:
        """What is loaded and what is compared."""
        words, tables = self.words, {source.name: source.title[self.language] for source in self.sources}
        head = f"{self.name} · {words.date(self.as_of)}"
        loaded = [(f"<code>{name}</code>", escape(title)) for name, title in tables.items()]
        compared = [
            (f"<code>{key}</code>", f"{escape(one.name)}: {escape(one.printed(one.own.value, one.absent_flag))}")
            for key, one in self.compared.items()
        ]
        rows = [f"<tr><td>{name}</td><td style='text-align:left'>{text}</td></tr>" for name, text in loaded + compared]
        return f"<p><b>{escape(self.notebook)}</b>: {escape(head)}</p><table>{''.join(rows)}</table>"

    # ---- show

    def section(self, *, it: str, en: str, id: str = "", page: str = "") -> None:
        """One question: a heading of the page and a line of its contents. One without content is not shown.

        Args:
            it, en: the question; may print the place (`{place:at}`).
            id: its address on the page, equal in both languages; from the English text where not given.
        """
        from toolkit.display.markdown import slug

        title = self._sentence(it, en, {"place": Place(self.place)})
        self._show(display.Heading(language=self.language, id=id or slug(en), title=title), page)

    def text(self, *, it: Said, en: Said, page: str = "", **facts: Any) -> None:
        """A sentence in the language of the page; nothing where a fact that it needs is absent.

        Args:
            it, en: templates, or alternatives of which the first that has all its facts is printed.
            facts: what they print: `**comparison.facts`, or values of your own.
        """
        if said := self._sentence(it, en, facts):
            self._show(display.Text(language=self.language, paragraphs=[said]), page)

    def brief(self, *sentences: str, steps: Sequence[str] = (), page: str = "") -> None:
        """In short: up to five sentences, most important first, and what to do next; empty ones are left out.

        Args:
            sentences: of `report.sentence(…)` or `report.salient(…)`.
            steps: what can be acted on, each with whom or when.
            page: id of an extra page that has it instead (`report.page`), as what it is in short.
        """
        told = [sentence for sentence in sentences if sentence]
        if not 1 <= len(told) <= 5:
            raise ToolkitError(f"{len(told)} sentences in short", allowed="one to five")
        shown = display.Brief(language=self.language, sentences=told, steps=[step for step in steps if step])
        self._show(shown, page)

    def sentence(self, *, it: Said, en: Said, **facts: Any) -> str:
        """A sentence to be used elsewhere (`report.brief`); empty where a fact that it needs is absent."""
        return self._sentence(it, en, facts)

    def _sentence(self, it: Said, en: Said, facts: Mapping[str, Any]) -> str:
        pairs = [(it, en)] if isinstance(it, str) or isinstance(en, str) else list(zip(it, en, strict=True))
        known = {"place": Place(self.place), **facts}
        for italian, english in pairs:
            if said := self.words.sentence(it=str(italian), en=str(english), facts=known):
                return said
        return ""

    def comparisons(
        self,
        *comparisons: Comparison,
        id: str,
        it: str,
        en: str,
        note: tuple[str, str] = ("", ""),
        page: str = "",
        **facts: Any,
    ) -> None:
        """A table of comparisons, closed until a reader opens it: the place, its scales, medians, rank.

        Args:
            comparisons: a row each.
            id, it, en, note, page, facts: as in `show`.
        """
        frame, columns = comparison_table(self, comparisons)
        tables = dict.fromkeys(name for one in comparisons for name in one.tables)
        self.show(frame, id=id, it=it, en=en, columns=columns, sources=tables, note=note, fold=True, page=page, **facts)

    def key_figures(self, *comparisons: Comparison) -> None:
        """Figures at the top of the page, each beside its foils."""
        self._show(display.KeyFigures(language=self.language, items=[_tile(one) for one in comparisons]))

    def figure(
        self,
        chart: Any,
        *,
        id: str,
        it: Said,
        en: Said,
        about: Comparison | Sequence[Comparison] = (),
        data: pd.DataFrame | None = None,
        columns: Columns | Sequence[display.Column] | None = None,
        sources: Origin | Iterable[str] = (),
        subtitle: tuple[str, str] = ("", ""),
        note: tuple[str, str] = ("", ""),
        page: str = "",
        **facts: Any,
    ) -> None:
        """A picture with its message; subtitle, source, data table, CSV and alternative text are derived.

        Args:
            chart: of `toolkit.charts`, or any Altair chart.
            id: lower-case words joined by hyphens, equal in both languages; names the CSV too.
            it, en: the message, a sentence with its number; alternatives as in `text`.
            about: what an Altair chart of your own shows, so that its table and source are known.
            data, columns: the table beside the picture, where it is not the chart's own data: columns as `Columns`.
            sources: tables it comes from, or tables with the rows that were used, where they are not derived.
            subtitle: measure, unit, period, where they are not derived (Italian, English).
            note: uncertainty, what is left out, (Italian, English).
            page: id of an extra page that holds it instead (`report.page`).
            facts: what the message prints, besides those of `about`.

        Raises:
            ToolkitError: an id used before, a chart that cannot be made or drawn, a sentence that cannot be printed.
        """
        compared = (about,) if isinstance(about, Comparison) else tuple(about)
        found = described(self, chart, compared)
        title = "" if found.absent else self._sentence(it, en, {**found.facts, **facts})
        if not title:
            return self.absent(found.absent or next((one.absence for one in compared if one.absence), ""), page=page)
        spec, sets = structure.specification(chart, id)
        spec = {**structure.sized(spec), "datasets": sets}
        extra, names = note[self.language == "en"], _origin(sources) or list(found.tables)
        self._show(
            display.Figure(
                language=self.language,
                id=self._new(id),
                title=title,
                subtitle=subtitle[self.language == "en"] or found.subtitle,
                alt=found.alt or title,
                description=title,
                spec=spec,
                table=self._data(found, data, columns),
                source=self.short_source(names),
                origin=self.source_lines(names),
                method=found.method,
                note=" ".join(filter(None, (extra, found.note))),
                csv=self._csv(id),
                datasets={BOUNDARIES: self.topology} if BOUNDARIES in found.tables else {},
            ),
            page,
        )
        return None

    def _data(self, found: Described, data: pd.DataFrame | None, columns: Any) -> display.cells.Data:
        frame, shown = (found.frame, found.columns) if data is None else (data, self._columns(data, columns))
        return display.data(frame, shown, self.words, highlight=(self.own, self.name))

    def _columns(
        self, frame: pd.DataFrame, columns: Columns | Sequence[display.Column] | None
    ) -> Sequence[display.Column]:
        """Columns as declared, or all of a frame under their own names."""
        if isinstance(columns, Sequence):
            return columns
        if columns:
            return [self._column(frame, key, **_told(said)) for key, said in columns.items()]
        shown = [str(key) for key in frame if not re.search(r"(^|_)(flag|unit)$", str(key))]
        plain = {key: "as_published" if frame[key].dtype.kind in "if" else "" for key in shown}
        return [self._column(frame, key, unit=plain[key] if key != "year" else "") for key in shown]

    def _header(self, key: str) -> str:
        """The header of a column that says none: a label of the house, a year (`y2021`), or its own name."""
        known = {"istat_code": "municipality"}.get(key, key)
        if re.fullmatch(r"y\d{4}", key):
            return key[1:]
        return self.words.label(known) if self.words.has(f"labels.{known}") else key

    def _coded(
        self, frame: pd.DataFrame, columns: Sequence[display.Column], by: Sequence[str]
    ) -> tuple[pd.DataFrame, list[display.Column]]:
        """Columns of words as codes with texts."""
        code, *worded = by
        texts = {key: dict(zip(frame[code], frame[key].astype(str), strict=True)) for key in worded}
        coded = frame.assign(**dict.fromkeys(worded, frame[code]))
        return coded, [replace(one, texts=texts.get(one.key, one.texts)) for one in columns]

    def _column(
        self,
        frame: pd.DataFrame,
        key: str,
        it: str = "",
        en: str = "",
        unit: str = "",
        texts: Mapping[str, str] | None = None,
    ) -> display.Column:
        about = indicators.REGISTRY.get(key)
        label = (it if self.language == "it" else en) or (about.name[self.language] if about else self._header(key))
        unit = unit or (about.unit if about else "year" if key == "year" else "")
        flags = (f"{key}_flag", "flag") if key == "value" else (f"{key}_flag",)
        flag = next((name for name in flags if name in frame), "")
        known = texts or (self.names(frame[key]) if key == "istat_code" else {})
        known = known or ({one: scale.name for one, scale in self.scales.items()} if key == "territory" else {})
        known = known or (
            {one: about.name[self.language] for one, about in indicators.REGISTRY.items()} if key == "indicator" else {}
        )
        by_row = f"{key}_unit" if f"{key}_unit" in frame else ""
        if by_row and frame[by_row].nunique() == 1:  # one for all rows heads the column, and stands in its file
            unit, by_row = str(frame[by_row].iloc[0]), ""
        return display.Column(
            key=key, label=label, unit="" if by_row else unit, unit_from=by_row, flag=flag, texts=known
        )

    def show(
        self,
        what: Any,
        *,
        id: str = "",
        it: str = "",
        en: str = "",
        columns: Columns | Sequence[display.Column] | None = None,
        sources: Origin | Iterable[str] = (),
        note: tuple[str, str] = ("", ""),
        alt: tuple[str, str] = ("", ""),
        fold: bool = False,
        by: Sequence[str] = (),
        page: str = "",
        **facts: Any,
    ) -> None:
        """Show something else on the page: a DataFrame as a table, an Altair chart, a matplotlib figure, Markdown.

        Args:
            what: a DataFrame, an Altair chart, a matplotlib figure, text in Markdown, or a display object.
            id: of a table or a picture, as in `figure`.
            it, en: its caption or message.
            columns: those of a table, as `Columns`; all with their own names where not given.
            sources: tables it comes from, or tables with the rows that were used; that of the frame where it is known.
            note: what to know of it, (Italian, English).
            alt: what a matplotlib figure shows, for those who do not see it, (Italian, English).
            fold: whether a table is closed until a reader opens it.
            by: a column of codes, then columns whose cells are words of the page: the file of the table keeps the code
                of the row instead of the words, so that it is the same in both languages.
            page: id of an extra page that holds it instead (`report.page`).
            facts: what the caption prints.
        """
        if isinstance(what, display.Shown):
            return self._show(what, page)
        if isinstance(what, str):
            return self._show(display.Markdown(language=self.language, text=what), page)
        if (drawn := figure_of(what)) is not None:
            return self._picture(drawn, id, (it, en), alt, facts, sources, note, page)
        if not isinstance(what, pd.DataFrame):
            return self.figure(
                what, id=id, it=it, en=en, columns=columns, sources=sources, note=note, page=page, **facts
            )
        declared = self._columns(what, columns)
        if by:
            what, declared = self._coded(what, declared, by)
        names = _origin(sources) or ([what.attrs["table"]] if "table" in what.attrs else [])
        shown = display.Table(
            language=self.language,
            id=self._new(id),
            caption=self._sentence(it, en, facts),
            data=display.data(what, declared, self.words, highlight=(self.own, self.name)),
            source=self.short_source(names),
            origin=self.source_lines(names),
            note=note[self.language == "en"],
            csv=self._csv(id),
            fold=fold,
        )
        return self._show(shown, page)

    def _picture(
        self,
        drawn: Any,
        id: str,
        said: tuple[str, str],
        alt: tuple[str, str],
        facts: Mapping[str, Any],
        sources: Iterable[str],
        note: tuple[str, str],
        page: str,
    ) -> None:
        if not all(alt):
            raise ToolkitError(
                "a picture of matplotlib does not say what it shows to those who do not see it",
                where=id,
                hint='report.show(figure, id="…", it="…", en="…", alt=("…", "…"))',
            )
        names = list(sources)
        shown = display.Picture(
            language=self.language,
            id=self._new(id),
            title=self._sentence(*said, facts),
            alt=self._sentence(*alt, facts),
            svg=svg_of(drawn, id),
            source=self.short_source(names),
            origin=self.source_lines(names),
            note=note[self.language == "en"],
        )
        self._show(shown, page)

    def short_source(self, tables: Origin) -> list[str]:
        """Publishers and last years observed of tables, or of the rows of them that were used: "ISTAT (2018, 2021)"."""
        rows = tables if isinstance(tables, Mapping) else dict.fromkeys(tables)
        years: dict[str, set[str]] = {}
        for source in self.sources:
            if source.name not in rows:
                continue
            credits, used = self._credits(source.name, rows[source.name]), rows[source.name] is not None
            whole, by_hand = source.publisher[self.language], self.words.label("named_sources")
            last = max((one.day for one in credits), default="")
            for one in credits:
                publisher = (by_hand if one.sources else one.publisher.name[self.language]) if used else whole
                years.setdefault(publisher, set()).add((one.day if used else last)[:4])
        said = [f"{publisher} ({', '.join(sorted(found))})" for publisher, found in years.items()]
        return ["; ".join(said)] if said else []

    def points(self, *groups: tuple[tuple[str, str], Iterable[str | tuple[str, str]]], page: str = "") -> None:
        """Short lists under headings: groups of `((Italian, English), texts)`; empty ones are left out.

        Args:
            groups: each text as the page has it, or (Italian, English).
            page: id of an extra page that holds them instead.
        """
        english = self.language == "en"
        said = [
            (heading[english], [text if isinstance(text, str) else text[english] for text in texts if text])
            for heading, texts in groups
        ]
        if any(texts for _, texts in said):
            self._show(display.Points(language=self.language, groups=said), page)

    def absent(self, why: str, page: str = "") -> None:
        """Say in one line that something is not there, and why; what is said once is not said again."""
        if why and why not in self._left_out:
            self._left_out.append(why)
            self._show(display.Text(language=self.language, paragraphs=[why]), page)

    def without(self, *, it: str, en: str) -> None:
        """A section that is not shown, and why: listed at the end of the page."""
        self._without.append(self._sentence(it, en, {}))

    def page(self, id: str, *, it: str, en: str) -> None:
        """Link to the extra page that holds what was shown with `page=id`: `<notebook>-<id>.<language>.html`.

        Args:
            id: of the page.
            it, en: its title.

        Raises:
            ToolkitError: nothing was shown for it.
        """
        if id not in self._pages:
            raise ToolkitError(f"nothing was shown for the page {id!r}", allowed=list(self._pages))
        name = f"{self.notebook}-{id}.{self.language}.html"
        title = self._sentence(it, en, {})
        parts = self._pages.pop(id)
        self._show(display.Extract(language=self.language, id=id, title=title, page=name, parts=parts, alone=True))

    def extract(self, id: str, *parts: str, it: str, en: str) -> None:
        """Link to a page for paper, made of parts that were shown: `<notebook>-<id>.<language>.html`.

        Args:
            id: of the page.
            parts: ids of figures and tables, in order, folds opened; `brief` for what stands in short. Those that the
                page of this place has not are passed over. What was shown with `page=id` has its place here too.
            it, en: its title.
        """
        name = f"{self.notebook}-{id}.{self.language}.html"
        chosen = [self._parts[part] for part in parts if part in self._parts]
        self._pages.pop(id, None)
        opened = [replace(part, fold=False) if isinstance(part, display.Table) else part for part in chosen]
        title = self._sentence(it, en, {})
        self._show(display.Extract(language=self.language, id=id, title=title, page=name, parts=opened, apart=True))

    def _show(self, shown: display.Shown, page: str = "") -> None:
        self._parts[getattr(shown, "id", "") or shown.kind] = shown
        if page:
            self._pages.setdefault(page, []).append(shown)
        else:
            show(shown)

    def _new(self, id: str) -> str:
        if not id:
            raise ToolkitError("a figure or a table needs an id", hint='id="income", equal in both languages')
        if id in self._ids and not lab.interactive():  # where somebody looks, a cell is run again
            raise ToolkitError(f"two figures or tables of the page are called {id!r}", where=self.notebook)
        self._ids.add(id)
        return id

    def _csv(self, id: str) -> str:
        return f"{self.notebook}-{id}.csv"

    # ---- end

    def close(self) -> None:
        """Hand over results and sources, and mark the page complete. The last line of every notebook."""
        if self._pages:
            raise ToolkitError(
                f"no link to the page {next(iter(self._pages))!r}", hint='report.page("figures", it="…", en="…")'
            )
        if self._without:
            self.points((("Non c'è", "Not shown"), self._without))
        ours: list[dict[str, Any]] = []
        own: list[dict[str, Any]] = []
        for source in self.sources:  # the site's page on method knows those of the catalogue alone
            (own if source.name.endswith(".csv") else ours).append(source.worded(self.language))
        self._show(display.Sources(language=self.language, items=ours, short=True))
        if own:
            self._show(display.Sources(language=self.language, items=own))
        lock = ROOT / "requirements.lock"
        provenance = {
            "version": toolkit.__version__,
            "lock": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else "",
            "data": catalog.fingerprint(),
            "parameters": self.parameters.model_dump(),
            "tables": {source.name: source.sha256 for source in self.sources},
            "reference_date": _period(source.reference_date for source in self.sources),
        }
        territories = {key: list(scale.members) for key, scale in self.scales.items()}
        results = {"figures": self._results, "territories": territories}
        self._show(display.Close(language=self.language, results=results, provenance=provenance))

    def _opening(self) -> display.Open:
        territory: dict[str, Any] = {"slug": self.territory.slug, "name": self.name, "folder": self.territory.folder}
        if isinstance(self.territory, Municipality):
            zone = self.register.zone_of(self.own, self.as_of)
            territory |= {"type": "municipality", "code": self.own, "province": self.territory.province}
            territory |= {"zone": zone.name(self.language) if zone else ""}
        else:
            territory |= {"type": "area", "code": self.own, "province": "", "zone": ""}
        day, short = catalog.snapshot()
        if not (title := self._title[self.language == "en"]):
            raise ToolkitError("the page has no title", hint=f'Report("{self.notebook}", …, it="…", en="…")')
        return display.Open(
            language=self.language,
            report=self.notebook,
            territory=territory,
            title=title,
            as_of=self.as_of.isoformat(),
            reference_date="",
            snapshot={"date": day, "hash": short},
            version=toolkit.__version__,
            parameters=self.parameters.model_dump(),
        )


FOILS = ("zone", "system", "metropolitan")
"""Scales that a tile shows."""


def _origin(sources: Origin | Iterable[str]) -> Origin:
    return sources if isinstance(sources, Mapping) else list(sources)


def _told(said: Sequence[Any] | Mapping[str, str]) -> dict[str, Any]:
    """What a column says of itself, by the names of `Report._column`."""
    if isinstance(said, str | Mapping):
        return {"unit": said} if isinstance(said, str) else {"texts": said}
    return dict(zip(("it", "en", "unit", "texts"), said, strict=False))


def _tile(one: Comparison) -> display.KeyFigure:
    """A figure with zone or local labour system, metropolitan city or province, and similar municipalities."""
    report = one.report
    foils = [(report.scales[key].name, one.scales[key].value) for key in FOILS if key in one.scales]
    foils.append((capital(report.words.say("report.peers_median")), one.standing.peers_median))
    shown = [(name, one.printed(value)) for name, value in foils if value == value]
    rank = one.standing.position
    note = report.words.say("report.rank_short", rank=rank.rank, of=rank.of) if rank else ""
    return wording.key_figure(report, one.standing, shown, note)


def _period(dates: Iterable[str]) -> str:
    """First and last year that the sources refer to: "2018–2026"."""
    years = sorted({text[:4] for text in dates})
    return years[0] if len(years) == 1 else f"{years[0]}–{years[-1]}" if years else ""
