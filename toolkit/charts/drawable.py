"""What of a chart cannot be drawn, said before it is drawn: fields that its data lack, no data, values that are none.

Vega draws such a chart all the same, empty or flat. A field is a path to it (`a.b`, `a[0]`), also where a column of a
frame has such a name. What transforms decide is not foreseen here: `toolkit/vega.js` looks at the drawing.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from toolkit.errors import ToolkitError

SEVERAL = ("layer", "concat", "hconcat", "vconcat")
POSITIONS = ("x", "y", "theta", "radius", "latitude", "longitude")
COUNTS = ("count", "valid", "missing", "distinct")
"""Aggregates that say something of absent values too."""
_PART = re.compile(
    r"""\[(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|((?:\\.|[^\]\\])*))\]|((?:\\.|[^.\[\]\\])+)""", re.DOTALL
)
_DATUM = re.compile(r"""\bdatum(?:\.([A-Za-z_$][\w$]*)|\[(?:'([^']*)'|"([^"]*)")\])""")
_CAREFUL = re.compile(r"\bis(Defined|Valid)\(")
# Of an encoding, what is not about the rows: an axis has data of its own.
_APART = ("scale", "axis", "legend", "header", "value", "datum", "title", "param")
# Keys of transforms under which names of columns stand.
_READ = (
    *("groupby", "field", "fold", "flatten", "impute", "key", "lookup"),
    *("density", "quantile", "regression", "loess", "on", "stack", "extent", "pivot"),
)
# What a transform makes where it does not say so; those that hand on nothing else.
_MADE = {"fold": ["key", "value"], "density": ["value", "density"], "quantile": ["prob", "value"]}
_ANEW = ("aggregate", "density", "quantile", "regression", "loess")


@dataclass(frozen=True)
class Held:
    """The data of a view: column names, those that transforms made, rows as given; None where it is not known."""

    names: frozenset[str] | None = None
    made: frozenset[str] = frozenset()
    rows: Sequence[Mapping[str, Any]] | None = None
    touched: bool = False

    def lacks(self, path: Sequence[str]) -> bool:
        """Whether nothing is found there, in any row."""
        if self.names is None or not path or path[0] in self.made:
            return False
        if path[0] not in self.names:
            return True
        return len(path) > 1 and all(_at(row, path) is None for row in self.rows or ())


@dataclass
class _Seen:
    """What is known of a chart on the way through it."""

    sets: Mapping[str, Any]
    where: str
    used: set[str] = field(default_factory=set)


def frames(chart: Any) -> Iterator[pd.DataFrame]:
    """The frames of an Altair chart and of its parts, from the outside in."""
    if isinstance(data := getattr(chart, "data", None), pd.DataFrame):
        yield data
    for kind in (*SEVERAL, "spec"):
        part = getattr(chart, kind, None)
        for one in part if isinstance(part, list) else [part] if isinstance(part, alt.SchemaBase) else ():
            yield from frames(one)


def check(chart: Any, spec: Mapping[str, Any], sets: Mapping[str, Any], where: str = "") -> None:
    """Refuse a chart that would be drawn empty or wrong.

    Args:
        chart: of Altair, whose frames hold what its specification leaves out.
        spec: its Vega-Lite.
        sets: its data sets, by name; what it names beside them is not known here.
        where: id of the chart.

    Raises:
        ToolkitError: a field that the data lack, no rows, no known value, NaN or infinity, zero on a logarithmic scale.
    """
    for path, number in _not_finite(spec, ()):
        name = ".".join(step for step in path if step not in ("layer", "encoding"))
        raise ToolkitError(f"the chart's {name} holds {number}", where=where, allowed="finite numbers")
    seen = _Seen(sets, where)
    if empty := _view(spec, Held(), {}, {}, seen):
        raise ToolkitError(
            empty, where=where, hint="leave the chart out where there is nothing to draw, or say so: report.absent(…)"
        )
    for frame in frames(chart):
        for name in sorted(seen.used & {name for name in frame if frame[name].dtype.kind == "f"}):
            if np.isinf(frame[name].to_numpy(float, na_value=np.nan)).any():
                raise ToolkitError(
                    f"column {name!r} of the chart holds infinity",
                    where=where,
                    hint=f'frame["{name}"].replace([float("inf"), float("-inf")], float("nan")): absent, not drawn',
                )


def path_of(name: str) -> list[str]:
    r"""A field as Vega reads it: dots and brackets lead on, a backslash takes the sign after it as it is."""
    parts = (next(group for group in match.groups() if group is not None) for match in _PART.finditer(name))
    return [re.sub(r"\\(.)", r"\1", part) for part in parts]


# ---- views -----------------------------------------------------------------------------------------------------------


def _view(
    node: Mapping[str, Any], held: Held, encoding: Mapping[str, Any], repeated: Mapping[str, Sequence[str]], seen: _Seen
) -> str:
    """Check a view and those in it; why it is empty, if it is."""
    held = _data(node["data"], seen) if "data" in node else held
    for transform in node.get("transform", ()):
        held = _transformed(transform, held, seen)
    encoding = {**encoding, **node.get("encoding", {})}
    if "repeat" in node:
        over = node["repeat"]
        repeated = {**repeated, **(over if isinstance(over, Mapping) else {"repeat": over})}
    _fields(node.get("facet", {}), held, repeated, seen)
    if "spec" in node:
        return _view(node["spec"], held, {}, repeated, seen)
    for kind in SEVERAL:
        if kind in node:
            told = [_view(part, held, encoding if kind == "layer" else {}, repeated, seen) for part in node[kind]]
            empty = all(told) if kind == "layer" else any(told)  # a panel of its own is a picture
            return next(filter(None, told), "") if empty else ""
    _fields(encoding, held, repeated, seen)
    return _empty(encoding, held, repeated, seen)


def _empty(encoding: Mapping[str, Any], held: Held, repeated: Mapping[str, Sequence[str]], seen: _Seen) -> str:
    """Why one view draws nothing; nothing where it does, or where that is not known."""
    if held.rows is not None and not held.rows:
        return "the chart has no data: no row"
    if held.rows is None or held.touched:
        return ""
    for channel in POSITIONS:
        about = encoding.get(channel, {})
        if about.get("type") not in ("quantitative", "temporal") or about.get("aggregate") in COUNTS:
            continue
        for name in _names(about.get("field"), repeated):
            values = [_at(row, path_of(name)) for row in held.rows]
            if all(value is None for value in values):
                return f"the chart has nothing to draw: all values of {name!r} are absent"
            scale = about.get("scale") or {}
            if scale.get("type") == "log" and "aggregate" not in about and 0 in values:
                raise ToolkitError(
                    f"a logarithmic scale has no place for zero, which {name!r} has",
                    where=seen.where,
                    hint='alt.Scale(type="symlog"), or leave those rows out and say so',
                )
    return ""


def _data(data: Any, seen: _Seen) -> Held:
    """The rows of a view, by value or by name; those that are not rows are not known."""
    about = data if isinstance(data, Mapping) else {}
    rows = about.get("values", seen.sets.get(about.get("name", "")))
    if not isinstance(rows, list) or {"property", "feature", "mesh"} & set(about.get("format", ())):
        return Held()
    rows = [row if isinstance(row, Mapping) else {"data": row} for row in rows]
    for number, row in enumerate(rows, start=1):
        for name, value in row.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ToolkitError(
                    f"row {number} of the chart's data has {value} in {name!r}",
                    where=seen.where,
                    hint="None where a value is absent",
                )
    return Held(frozenset().union(*rows) if rows else None, rows=rows)


# ---- fields ----------------------------------------------------------------------------------------------------------


def _fields(about: Any, held: Held, repeated: Mapping[str, Sequence[str]], seen: _Seen) -> None:
    """Check every field that encodings, facets, filters or sorts name, however deep."""
    if isinstance(about, Mapping):
        for name in _names(about.get("field"), repeated):
            _check(name, held, seen)
        for key, inner in about.items():
            if key in ("test", "filter") and isinstance(inner, str):
                _expression(inner, held, seen)
            elif key not in _APART:
                _fields(inner, held, repeated, seen)
    elif isinstance(about, list):
        for inner in about:
            _fields(inner, held, repeated, seen)


def _names(name: Any, repeated: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """A field's name, or all that a repeated chart puts in its place."""
    if isinstance(name, Mapping):
        return repeated.get(name.get("repeat", ""), ())
    return [name] if isinstance(name, str) else ()


def _check(name: str, held: Held, seen: _Seen) -> None:
    path = path_of(name)
    seen.used.update(path[:1])
    if held.lacks(path):
        _refuse(name, held, seen)


def _expression(text: str, held: Held, seen: _Seen) -> None:
    """Check the fields of an expression, unless it looks itself whether they are there."""
    for found in () if _CAREFUL.search(text) else _DATUM.finditer(text):
        name = next(group for group in found.groups() if group is not None)
        seen.used.add(name)
        if held.lacks([name]):
            _refuse(name, held, seen)


def _refuse(name: str, held: Held, seen: _Seen) -> None:
    """Say which field is lacking, and what to type instead."""
    columns = sorted((held.names or frozenset()) | held.made)
    if name in columns:  # the column is there, and Vega reads its name as a path
        bare, escaped = re.sub(r"\W+", "_", name).strip("_"), re.sub(r"([.\[\]\\])", r"\\\1", name)
        raise ToolkitError(
            f"the chart reads {name!r} as a path ({' → '.join(path_of(name))}), not as the column of that name",
            where=seen.where,
            allowed=columns,
            hint=f"frame.rename(columns={{{name!r}: {bare!r}}}), or the field written as r{escaped!r}".replace(
                "\\\\", "\\"
            ),
        )
    near = difflib.get_close_matches(name, columns, n=1)
    raise ToolkitError(
        f"the chart draws a field {name!r} that its data lack",
        where=seen.where,
        allowed=columns,
        hint=f"{near[0]!r}, perhaps" if near else "",
    )


# ---- transforms ------------------------------------------------------------------------------------------------------


def _transformed(transform: Mapping[str, Any], held: Held, seen: _Seen) -> Held:
    """Check what a transform reads; the data that it hands on."""
    for key in (*_READ, *(["value"] if "pivot" in transform else [])):
        for name in _listed(transform.get(key)):
            _check(name, held, seen)
    for key in ("aggregate", "joinaggregate", "window", "sort"):
        _fields(transform.get(key), held, {}, seen)
    _fields({"filter": transform.get("filter"), "test": transform.get("calculate")}, held, {}, seen)
    if "pivot" in transform or "params" in transform:  # columns by what the rows hold, or by the method
        return Held(touched=True)
    made = _made(transform)
    if "lookup" in transform:
        other = _data(transform["from"].get("data"), seen)
        fields = _listed(transform["from"].get("fields"))
        for name in (transform["from"]["key"], *fields):
            _check(name, other, seen)
        made = made or set(fields) or set(other.names or ())
        held = replace(held, names=held.names if made else None)
    if any(key in transform for key in _ANEW):
        return replace(held, names=frozenset(_listed(transform.get("groupby"))), made=frozenset(made), touched=True)
    return replace(held, made=held.made | made, touched=True)


def _made(transform: Mapping[str, Any]) -> set[str]:
    """Names of the columns that a transform makes."""
    parts = [part for key in ("aggregate", "joinaggregate", "window") for part in transform.get(key, ())]
    made = [name for part in (transform, *parts) for name in _listed(part.get("as"))]
    if any(key in transform for key in ("bin", "timeUnit", "stack")):
        made += [f"{name}_end" for name in made]
    if made:
        return set(made)
    if on := transform.get("on"):
        return {on, transform.get("regression", transform.get("loess"))}
    return {name for key, names in _MADE.items() if key in transform for name in names}


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else [name for name in names or () if isinstance(name, str)]


def _at(row: Any, path: Sequence[str]) -> Any:
    """The value at the end of a path, None where it leads nowhere."""
    for step in path:
        if isinstance(row, list) and step.isdigit() and int(step) < len(row):
            row = row[int(step)]
        else:
            row = row.get(step) if isinstance(row, Mapping) else None
    return row


def _not_finite(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Numbers of a specification that are none, each with where it stands."""
    if isinstance(node, Mapping):
        for key, inner in node.items():
            if (
                key == "domain"
                and isinstance(inner, (list, tuple))
                and None in inner
                and set(map(type, inner)) & {int, float}
            ):
                yield (*path, key), float("nan")
            elif key not in ("data", "datasets"):
                yield from _not_finite(inner, (*path, str(key)))
    elif isinstance(node, (list, tuple)):
        for inner in node:
            yield from _not_finite(inner, path)
    elif isinstance(node, float) and not math.isfinite(node):
        yield path, node
