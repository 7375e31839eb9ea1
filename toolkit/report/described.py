"""What a chart shows, in words and as a table: subtitle, alternative text, note, data, sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from toolkit.charts import drawable, structure
from toolkit.charts.lines import history
from toolkit.display import Column
from toolkit.errors import ToolkitError
from toolkit.report import wording
from toolkit.report.comparison import Comparison
from toolkit.report.wording import capital

if TYPE_CHECKING:
    from toolkit.report.report import Report


@dataclass(frozen=True)
class Described:
    """The figure around a chart.

    Attributes:
        subtitle: measure, unit, territory, period.
        alt: what the picture shows, for those who do not see it.
        note: how to read it, what is left out.
        frame, columns: its data as a table.
        tables: names of the tables it comes from.
        absent: why there is nothing to draw; empty where there is something.
        method: ids and names of the indicators that are shown.
    """

    subtitle: str
    alt: str
    frame: pd.DataFrame
    columns: Sequence[Column]
    tables: Sequence[str]
    note: str = ""
    absent: str = ""
    method: Sequence[tuple[str, str]] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def described(report: Report, chart: Any, about: Sequence[Comparison]) -> Described:
    """What `report.figure` says of an Altair chart.

    Args:
        report: the page.
        chart: of `toolkit.charts`, or an analyst's own.
        about: comparisons that it shows, where it does not carry them itself.

    Raises:
        ToolkitError: something that is not an Altair chart.
    """
    if not isinstance(chart, alt.TopLevelMixin):
        raise ToolkitError(
            f"{type(chart).__name__} is not an Altair chart", hint="report.show(…) takes pictures of other libraries"
        )
    told = structure.about(chart)
    compared = [report.compared[key] for key in told.get("compared", ())] or list(about)
    describe = _KINDS.get(told.get("chart", ""))
    if describe and compared:
        found = describe(report, compared, told)
    elif compared:
        found = _own(report, compared, chart)
    else:
        return _frame(report, chart, told)
    if len(compared) == 1:
        return Described(**{**vars(found), "facts": compared[0].facts})
    return found


def _tables(compared: Sequence[Comparison]) -> list[str]:
    return list(dict.fromkeys(name for one in compared for name in one.tables))


def _method(compared: Sequence[Comparison]) -> list[tuple[str, str]]:
    """Ids and names of what is measured, explained by the site's page on method."""
    return [(one.id, one.name) for one in compared if one.indicator.tables]  # an analyst's own is not there


def comparison_table(report: Report, compared: Sequence[Comparison]) -> tuple[pd.DataFrame, list[Column]]:
    """Indicators by territory: ours, its scales, medians, rank; one row a comparison."""
    words = report.words
    rows = [wording.row(report, one.standing) for one in compared]
    names = {wording.column_of(report, key): scale.name for key, scale in report.scales.items()}
    names |= {"median": words.say("report.median")}
    names |= {"peers": words.say("report.peers_median")} if report.municipal else {}
    blank = dict.fromkeys(names, float("nan")) | {f"{key}_flag": "missing" for key in names}
    rows = [blank | row for row in rows]  # a share has no figure of a territory beyond the whole
    names = {
        key: name for key, name in names.items() if key == "territory" or any(row[key] == row[key] for row in rows)
    }
    columns = [
        Column(key="indicator", label=words.label("indicator"), texts={one.id: one.name for one in compared}),
        Column(key="year", label=words.label("year"), unit="year"),
        *(Column(key=key, label=capital(name), unit_from="unit", flag=f"{key}_flag") for key, name in names.items()),
        *([Column(key="rank", label=words.say("report.rank_column"), unit="rank")] if report.municipal else []),
    ]
    return pd.DataFrame(rows), columns


def _strip(report: Report, compared: Sequence[Comparison], told: dict[str, Any]) -> Described:
    words = report.words
    known = [one for one in compared if one.known]
    frame, columns = comparison_table(report, compared)
    years = words.period(min(one.year for one in compared), max(one.year for one in compared))
    said = "; ".join(
        f"{one.name}: {one.printed(one.own.value)}"
        + (f", {words.sentence(it='{rank}', en='{rank}', facts=one.facts)}" if one.standing.position else "")
        for one in known
    )
    what = f"{compared[0].name}, {words.unit(compared[0].unit)}" if len(compared) == 1 else ""
    what = what or words.say("report.indicators", n=len(compared))
    among = words.say("report.among", n=len(report.universe), whole=report.metropolitan.name(report.language))
    return Described(
        " · ".join([what, among, years]),
        said,
        frame,
        columns,
        _tables(compared),
        words.say("report.strip_note"),
        "" if known else " ".join(one.absence for one in compared),
        _method(compared),
    )


def _own(report: Report, compared: Sequence[Comparison], chart: Any) -> Described:
    """An analyst's chart of comparisons: of one, the chart's data under the name and unit of what is compared."""
    found, frame, words = replace(_strip(report, compared, {}), note=""), _data(chart), report.words
    if len(compared) > 1 or not len(frame):
        return found
    (one,) = compared
    about: dict[str, Any] = {"label": one.name, "unit": one.unit, "flag": "flag" if "flag" in frame else ""}
    columns = [replace(column, **about) if column.key == "value" else column for column in report._columns(frame, {})]
    years = frame.get("year", [one.year])
    subtitle = f"{one.name}, {words.unit(one.unit)} · {words.period(int(min(years)), int(max(years)))}"
    return replace(found, subtitle=subtitle, frame=frame, columns=columns)


def _lines(report: Report, compared: Sequence[Comparison], told: dict[str, Any]) -> Described:
    (one,), words = compared, report.words
    frame = history(one, told["scales"])
    labels = {key: report.scales[key].name for key in told["scales"]}
    labels = labels if len(labels) > 1 else {"value": one.name}
    columns = [
        Column(key="year", label=words.label("year"), unit="year"),
        *(
            Column(
                key=key, label=capital(label), unit=one.unit, flag=f"{key}_flag" if len(labels) > 1 else "value_flag"
            )
            for key, label in labels.items()
        ),
    ]
    years = words.period(int(frame["year"].min()), int(frame["year"].max()))
    own = one.history().dropna(subset="value")
    said = ", ".join(f"{year}: {one.printed(value)}" for year, value in zip(own["year"], own["value"], strict=True))
    broken = (own["flag"].iloc[1:] == "break").any()
    return Described(
        f"{one.name}, {words.unit(one.unit)} · {years}",
        f"{report.name}: {said}",
        frame,
        columns,
        _tables(compared),
        words.say("report.break_note") if broken else "",
        one.absence,
        _method(compared),
    )


def _map(report: Report, compared: Sequence[Comparison], told: dict[str, Any]) -> Described:
    (one,), words = compared, report.words
    shown = one.municipalities.sort_values(ascending=False, kind="stable")
    if len(report.members) < len(shown):  # the place, those around it, its neighbours
        around = report.near.members if report.near else ()
        shown = shown[shown.index.isin({*report.members, *told["near"], *around})]
    frame = pd.DataFrame({"istat_code": shown.index, "value": shown.to_numpy()})
    frame["flag"] = one.standing.flags.reindex(shown.index).astype(str).to_numpy()
    names = report.names(shown.index)
    columns = [
        Column(key="istat_code", label=words.label("municipality"), texts=names),
        Column(key="value", label=one.name, unit=one.unit, flag="flag"),
    ]
    codes = [*(report.members if report.municipal else ()), *told["near"]]
    said = "; ".join(f"{names[code]}: {one.printed(shown[code])}" for code in codes if code in shown.index)
    return Described(
        f"{one.name}, {words.unit(one.unit)} · {one.year}",
        said or one.name,
        frame,
        columns,
        [*_tables(compared), "boundaries"],
        words.say("report.map_note", whole=report.metropolitan.title(report.language)),
        one.absence if report.municipal else "",
        _method(compared),
    )


def _frame(report: Report, chart: Any, told: dict[str, Any]) -> Described:
    """An analyst's chart, or bars of a tidy frame: its data as they are."""
    said = ""
    if told.get("chart") in ("bars", "dots", "parts", "periods", "ranges", "series", "spans"):
        rows = chart.datasets["rows"]
        legend = chart.datasets.get("kinds")  # of many periods their kinds, which say how many there are
        said = "; ".join(row["kind"] if legend else row["t"] for row in legend or rows)
        frame = pd.DataFrame(rows).rename(columns={"row": "name"})
        columns = [Column(key="name", label=report.words.label("name"))]
        columns += [
            Column(
                key=key,
                label=told["label"] if key == "value" and "label" in told else report.words.label(key),
                unit="year" if key == "year" else told["unit"],
                flag="flag" if key == "value" and "flag" in frame else "",
            )
            for key in ("year", "value", "part", "low", "high")
            if key in frame and (key != "part" or told["chart"] == "parts")  # of a series, its stretches
        ]
    else:
        frame = _data(chart)
        numeric = {key: frame[key].dtype.kind in "if" for key in frame}
        columns = [
            Column(
                key=str(key), label=str(key), unit="year" if key == "year" else "as_published" if numeric[key] else ""
            )
            for key in frame
        ]
    tables = [frame.attrs["table"]] if "table" in frame.attrs else []
    titles = " · ".join(source.title[report.language] for source in report.sources if source.name in tables)
    return Described(titles, said or titles, frame, columns, tables)  # without either, the message says it


def _data(chart: Any) -> pd.DataFrame:
    """The data of a chart, if they are a DataFrame, or those of its first part that has any."""
    return next(drawable.frames(chart), pd.DataFrame())


_KINDS: dict[str, Callable[..., Described]] = {"strip": _strip, "lines": _lines, "choropleth": _map}
