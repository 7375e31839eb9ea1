"""One printed number computed again from the tables, with its inputs, formula, sources and hashes."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import DataError, ParameterError
from toolkit.territory import Register

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.catalog import Catalog
    from toolkit.indicators import Indicator

FORM = "TERRITORY/REPORT/NAME, as 015032/benchmark/income_per_taxpayer"
MOST_ROWS = 30
NOT_KEYS = ("table", "istat_code", "territory", "year", "value", "unit", "flag")


@dataclass(frozen=True)
class Explanation:
    """What to print, and whether the number printed is the number recomputed."""

    text: str
    agrees: bool


@dataclass(frozen=True)
class _Figure:
    """A number of a results file."""

    id: str
    territory: str
    name: str
    path: Path
    printed: dict[str, Any]
    hashes: dict[str, str]


def explain(id: str, site: Path) -> Explanation:
    """Recompute one number of a built site.

    Args:
        id: `TERRITORY/REPORT/NAME`.
        site: the output folder of a run.

    Raises:
        ParameterError: no such page or number; near ones are named.
        DataError: the number is not an indicator, so it cannot be computed on its own.
    """
    from toolkit import catalog, indicators

    figure = _find(id, site)
    if figure.name not in indicators.REGISTRY:
        raise DataError(
            f"{figure.name!r} is not an indicator: it is made in the notebook and cannot be computed on its own.",
            where=str(figure.path),
            allowed=[name for name in _results(figure.path) if name in indicators.REGISTRY],
        )
    indicator, data = indicators.REGISTRY[figure.name], catalog.default()
    tables = {name: data.load(name) for name in indicator.tables}
    groups = _groups(figure, Register(data))
    parent = str(figure.printed.get("parent") or "")
    rows = indicators.compute(figure.name, tables, groups, parent=parent)
    rows = rows[(rows["territory"] == figure.territory) & (rows["year"] == figure.printed["year"])]
    again = float(rows["value"].iloc[0]) if len(rows) else math.nan
    printed = figure.printed["value"]
    agrees = math.isnan(again) if printed is None else math.isclose(printed, again, rel_tol=1e-9)
    return Explanation("\n".join(_lines(figure, indicator, again, agrees, tables, groups, data)), agrees)


def _find(id: str, site: Path) -> _Figure:
    parts = id.strip("/").split("/")
    if len(parts) != 3:
        raise ParameterError(f"{id!r} is not the id of a figure.", allowed=FORM)
    territory, report, name = parts
    paths = [
        path
        for pattern in ("{}-*", "area-{}")
        for path in site.glob(f"{pattern.format(escape(territory))}/{escape(report)}.json")
    ]
    if not paths:
        there = sorted({f"{_territory(path)}/{path.stem}" for path in site.glob("*/*.json")})
        near = difflib.get_close_matches(f"{territory}/{report}", there, n=3)
        raise ParameterError(
            f"There are no results of {territory}/{report}.",
            where=str(site),
            allowed=there,
            hint=f"did you mean {' or '.join(near)}?" if near else f"quadro run --only {territory}",
        )
    path = paths[0]
    results = _results(path)
    if name not in results:
        near = difflib.get_close_matches(name, results, n=3, cutoff=0.4)
        raise ParameterError(
            f"The report has no figure {name!r}.",
            where=str(path),
            allowed=list(results),
            hint="did you mean " + " or ".join(f"{territory}/{report}/{other}" for other in near) + "?" if near else "",
        )
    content = json.loads(path.read_text(encoding="utf-8"))
    return _Figure(id, territory, name, path, results[name], content["provenance"]["tables"])


def _results(path: Path) -> dict[str, dict[str, Any]]:
    """Numbers of a results file by name: those that say their value and year."""
    results: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["results"]
    return {name: one for name, one in results.items() if isinstance(one, dict) and {"value", "year"} <= set(one)}


def _territory(path: Path) -> str:
    folder = path.parent.name
    return folder.removeprefix("area-") if folder.startswith("area-") else folder.split("-")[0]


def _groups(figure: _Figure, register: Register) -> dict[str, tuple[str, ...]]:
    """Members of the territory and, for a share, of its parent."""
    groups = {}
    for id in filter(None, [figure.territory, figure.printed.get("parent")]):
        groups[id] = (id,) if id.isdigit() else register.area(id).members
    return groups


def _lines(
    figure: _Figure,
    indicator: Indicator,
    again: float,
    agrees: bool,
    tables: Mapping[str, pd.DataFrame],
    groups: Mapping[str, tuple[str, ...]],
    data: Catalog,
) -> Iterator[str]:
    printed = figure.printed
    yield f"{figure.id}: {indicator.name['it']} / {indicator.name['en']}"
    parent = f", share of {printed['parent']}" if printed.get("parent") else ""
    yield f"printed     {_number(printed['value'])} {indicator.unit}, {printed['year']}{parent}  ({figure.path})"
    yield f"recomputed  {_number(again)} {indicator.unit}: {'the same' if agrees else 'NOT the same'}"
    yield f"formula     {indicator.formula}"
    yield f"counts      {indicator.counts}"
    yield f"reference   {indicator.reference}"
    for name, table in tables.items():
        used = _used(indicator, name, table, groups, printed["year"])
        yield f"\ninputs from {name} ({len(used)} rows)"
        yield used.head(MOST_ROWS).to_string(index=False)
        if len(used) > MOST_ROWS:
            yield f"… and {len(used) - MOST_ROWS} more"
    yield "\nsources"
    for name in tables:
        source = data.source(name)
        yield f"{name}: {source.title['en']}. {source.publisher}, {source.licence}, {source.reference_date}"
        yield f"    {source.url}, accessed {source.date_accessed}"
        made_of = figure.hashes.get(name)
        same = "as the page says" if made_of == source.sha256 else f"the page was made of {made_of}"
        yield f"    sha256 {source.sha256}, {same}"


def _used(
    indicator: Indicator, name: str, table: pd.DataFrame, groups: Mapping[str, tuple[str, ...]], year: int
) -> pd.DataFrame:
    """Rows of the members that the indicator reads: those with the keys of its worked example."""
    from toolkit.indicators.base import PREPARE

    prepare = PREPARE.get(name, lambda rows: rows)
    example, table = prepare(indicator.example.tables()[name]), prepare(table)
    rows = table[table["istat_code"].isin({code for members in groups.values() for code in members})]
    keys = [key for key in example.columns if key in rows.columns and key not in NOT_KEYS]
    if keys:
        wanted = {tuple(row) for row in example[keys].astype(str).to_numpy()}
        rows = rows[[tuple(row) in wanted for row in rows[keys].astype(str).to_numpy()]]
    if "year" in rows.columns and example["year"].nunique() == 1 and (rows["year"] == year).any():
        rows = rows[rows["year"] == year]
    return rows


def _number(value: float | None) -> str:
    return "no value" if value is None or math.isnan(value) else f"{value:,.6f}".rstrip("0").rstrip(".")
