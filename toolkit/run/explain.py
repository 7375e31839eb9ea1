"""One printed number computed again from the tables, with its inputs, formula, sources and hashes."""

from __future__ import annotations

import difflib
import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import inside
from toolkit.errors import ParameterError, boundary

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.catalog import Catalog
    from toolkit.indicators import Indicator

EXAMPLE = "benchmark/income_per_taxpayer"
FORM = f"TERRITORY/REPORT/NAME, as 015032/{EXAMPLE} or Bresso/{EXAMPLE}; /SCALE after it for a territory beside it"
_OF_A_PLACE = re.compile(r"[0-9]{6}-.+|area-.+").fullmatch
MOST_ROWS = 30
NOT_KEYS = ("table", "istat_code", "territory", "year", "value", "unit", "flag")


@dataclass(frozen=True)
class Explanation:
    """What to print, and whether the number printed is the number recomputed."""

    text: str
    agrees: bool


@dataclass(frozen=True)
class _Figure:
    """A number of a results file.

    Attributes:
        id: as it was asked for.
        path: the results file.
        scale: key of the territory meant: the one of the page, or one beside it.
        members: codes of the territory and, for a share, of its parent, by key.
        said: what the file says of the number: indicator, year, parent, printed forms.
        value: the number; None where it is absent.
        hashes: of the tables of the page.
    """

    id: str
    path: Path
    scale: str
    members: dict[str, tuple[str, ...]]
    said: dict[str, Any]
    value: float | None
    hashes: dict[str, str]


def explain(id: str, site: Path) -> Explanation:
    """Recompute one number of a built site.

    Args:
        id: `TERRITORY/REPORT/NAME`, and `/SCALE` for a territory beside the page's own; the territory is a code, the
            name of a municipality or the id of an area.
        site: the output folder of a run.

    Raises:
        ParameterError: no such page or number; near ones are named.
        TerritoryError: a name that no municipality has, or several have.
    """
    with boundary(lambda why: ParameterError(f"{id}: its results file is of another form: {why}.", where=str(site))):
        return _explained(id, site)


def _explained(id: str, site: Path) -> Explanation:
    import pandas as pd

    from toolkit import catalog, indicators

    figure, data = _find(id, site), catalog.default()
    indicator = indicators.get(figure.said["indicator"])
    tables = {name: data.load(name) for name in indicator.tables}
    if indicator.municipal and len(figure.members[figure.scale]) > 1:
        rows = pd.DataFrame(
            columns=["territory", "year", "value"]
        )  # defined for single municipalities: no value is right
    else:
        rows = indicators.compute(indicator.id, tables, figure.members, parent=figure.said.get("parent", ""))
    rows = rows[(rows["territory"] == figure.scale) & (rows["year"] == figure.said["year"])]
    again = float(rows["value"].iloc[0]) if len(rows) else math.nan
    agrees = math.isnan(again) if figure.value is None else math.isclose(figure.value, again, rel_tol=1e-9)
    return Explanation("\n".join(_lines(figure, indicator, again, agrees, tables, data)), agrees)


def _find(id: str, site: Path) -> _Figure:
    parts = id.strip("/").split("/")
    if len(parts) > 4 or not all(parts):
        raise ParameterError(f"{id!r} is not the id of a figure.", allowed=FORM)
    territory = _place(parts[0], site)
    if not inside.is_plain("/".join([territory, *parts[1:2]])):
        raise ParameterError(f"{id!r} is not the id of a figure.", allowed=FORM)
    if len(parts) < 3:
        raise _unfinished(id, territory, *parts[1:], site=site)
    _, report, name, *scale = parts
    path = _results(territory, report, site)
    content, figures = _figures(path, territory)
    said = _named(name, figures, f"{territory}/{report}", path)
    if "scales" not in said:
        raise ParameterError(
            f"{name} is not an indicator: it comes from a method of the report, with these figures: {said}.",
            where=str(path),
            allowed=[one for one, about in figures.items() if "scales" in about],
            hint=f"run the cells of notebooks/{report}.ipynb (make lab)",
        )
    from toolkit.indicators import REGISTRY

    if said["indicator"] not in REGISTRY:
        raise ParameterError(
            f"{name} is not an indicator: the notebook compares a frame of its own.",
            where=str(path),
            allowed=[one for one, about in figures.items() if about.get("indicator") in REGISTRY],
            hint=f"run the cells of notebooks/{report}.ipynb (make lab)",
        )
    wanted = scale[0] if scale else said["territory"]
    found = _named(wanted, said["scales"], f"{territory}/{report}/{name}", path)
    keys = [key for key in (wanted, said.get("parent", "")) if key]
    members = {key: tuple(content["results"]["territories"][key]) for key in keys}
    return _Figure(id, path, wanted, members, said, found["value"], content["provenance"]["tables"])


def _figures(path: Path, territory: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A results file, and the figures in it by name."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return content, dict(content["results"].get("figures", {}))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = f"{path.name} is not a results file: {type(error).__name__}."
        raise ParameterError(
            what, where=str(path), hint=f"quadro run --force --only {territory}{_of('--out', path.parents[1])}"
        ) from None


def _results(territory: str, report: str, site: Path) -> Path:
    """The results file of a report."""
    for folder in (f"{escape(territory)}-*", f"area-{escape(territory)}"):
        for path in site.glob(f"{folder}/{escape(report)}.json"):
            return path
    there = _there(site)
    near = difflib.get_close_matches(f"{territory}/{report}", there, n=3)
    raise ParameterError(
        f"There are no results of {territory}/{report}.",
        where=str(site),
        allowed=there,
        hint=f"did you mean {' or '.join(near)}?" if near else f"quadro run {_choosing(territory)}{_of('--out', site)}",
    )


def _there(site: Path) -> list[str]:
    """`TERRITORY/REPORT` of the results files of a site; other folders are of the run, or shared by pages."""
    return sorted(
        {f"{_territory(path)}/{path.stem}" for path in site.glob("*/*.json") if _OF_A_PLACE(path.parent.name)}
    )


def _place(text: str, site: Path) -> str:
    """Code of a municipality given by code or name, or id of an area, as results have it."""
    from toolkit import catalog
    from toolkit.territory import Register

    if any(one.startswith(f"{text}/") for one in _there(site)):
        return text
    register = Register(catalog.default())
    return text if register.has_area(text) else register.municipality(text).istat_code


def _unfinished(id: str, territory: str, report: str = "", *, site: Path) -> ParameterError:
    """The id of a place, or of a page: what can be asked of it."""
    if not report:
        pages = [one for one in _there(site) if one.startswith(f"{territory}/")]
        asked, made = (
            f"explain {pages[0]}{_of('--site', site)}" if pages else "",
            f"run {_choosing(territory)}{_of('--out', site)}",
        )
        hint = f"quadro {asked or made}"
        return ParameterError(f"{id!r} names a place, not a figure.", where=str(site), allowed=pages or FORM, hint=hint)
    path = _results(territory, report, site)
    figures = [name for name, about in _figures(path, territory)[1].items() if "scales" in about]
    hint = f"quadro explain {territory}/{report}/{figures[0]}{_of('--site', site)}" if figures else ""
    return ParameterError(f"{id!r} names a page, not a figure.", where=str(path), allowed=figures, hint=hint)


def _choosing(territory: str) -> str:
    """The option that asks for a place."""
    return f"--municipality {territory}" if territory.isdigit() else f"--area {territory}"


def _of(option: str, site: Path) -> str:
    """The option that names a site, where it is not the one of a run that names none."""
    return "" if site == Path("reports") else f" {option} {shlex.quote(str(site))}"


def _named(name: str, among: Mapping[str, dict[str, Any]], prefix: str, path: Path) -> dict[str, Any]:
    """The entry of that name; ParameterError with near names where there is none."""
    if name not in among:
        near = difflib.get_close_matches(name, among, n=3, cutoff=0.4)
        near = [other for other in among if other.startswith(f"{name}@")] or near
        raise ParameterError(
            f"There is no figure {prefix}/{name}.",
            where=str(path),
            allowed=list(among),
            hint="did you mean " + " or ".join(f"{prefix}/{other}" for other in near) + "?" if near else "",
        )
    return among[name]


def _territory(path: Path) -> str:
    folder = path.parent.name
    return folder.removeprefix("area-") if folder.startswith("area-") else folder.split("-")[0]


def _lines(
    figure: _Figure, indicator: Indicator, again: float, agrees: bool, tables: Mapping[str, pd.DataFrame], data: Catalog
) -> Iterator[str]:
    said, members = figure.said, figure.members[figure.scale]
    own = figure.scale == said["territory"]
    parent = f", share of {said['parent']} ({len(figure.members[said['parent']])})" if said.get("parent") else ""
    forms = f"  “{said['printed']['it']}” · “{said['printed']['en']}”" if own and "printed" in said else ""
    yield f"{figure.id}: {indicator.name['it']} / {indicator.name['en']}"
    yield f"territory   {figure.scale}, municipalities: {len(members)}{parent}"
    yield f"printed     {_number(figure.value)} {indicator.unit}, {said['year']}{forms}  ({figure.path})"
    yield f"recomputed  {_number(again)} {indicator.unit}: {'the same' if agrees else 'NOT the same'}"
    yield f"formula     {indicator.formula}"
    yield f"counts      {indicator.counts}"
    yield f"reference   {indicator.reference}"
    for name, table in tables.items():
        used = _used(indicator, name, table, figure)
        yield f"\ninputs from {name} ({len(used)} rows)"
        yield used.head(MOST_ROWS).to_string(index=False)
        if len(used) > MOST_ROWS:
            yield f"… and {len(used) - MOST_ROWS} more"
    yield "\nsources"
    for name in tables:
        source = data.source(name)
        yield f"{name}: {source.title['en']}. {source.publisher['en']}, {source.licence['en']}, {source.reference_date}"
        yield f"    {source.url}, accessed {source.date_accessed}"
        made_of = figure.hashes.get(name)
        same = "as the page says" if made_of == source.sha256 else f"but the page was made of {made_of}"
        yield f"    sha256 {source.sha256}, {same}"


def _used(indicator: Indicator, name: str, table: pd.DataFrame, figure: _Figure) -> pd.DataFrame:
    """Rows of the members that the indicator reads: those with the keys of its worked example."""
    from toolkit.indicators.base import PREPARE

    prepare = PREPARE.get(name, lambda rows: rows)
    example, table = prepare(indicator.example.tables()[name]), prepare(table)
    rows = table[table["istat_code"].isin({code for members in figure.members.values() for code in members})]
    keys = [key for key in example.columns if key in rows.columns and key not in NOT_KEYS]
    if keys:
        wanted = {tuple(row) for row in example[keys].astype(str).to_numpy()}
        rows = rows[[tuple(row) in wanted for row in rows[keys].astype(str).to_numpy()]]
    if "year" in rows.columns and example["year"].nunique() == 1 and (rows["year"] == figure.said["year"]).any():
        rows = rows[rows["year"] == figure.said["year"]]
    return rows


def _number(value: float | None) -> str:
    return "no value" if value is None or math.isnan(value) else f"{value:,.6f}".rstrip("0").rstrip(".")
