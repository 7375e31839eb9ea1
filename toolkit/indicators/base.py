"""What an indicator is, and how it is computed for territories.

Tables are long: `istat_code`, key columns (`year`, `item`, …), `value`, `unit`, `flag`. An indicator is a pure function
of tables summed over the members of each territory; `compute` sums and calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.sums import Groups, aggregate

Tables = Mapping[str, pd.DataFrame]

RESULT = ["indicator", "territory", "year", "value", "unit", "flag", "parent"]


@dataclass(frozen=True)
class Example:
    """A worked example: a few rows of the input tables and the value they give."""

    rows: tuple[dict[str, Any], ...]
    value: float
    parent: str = ""

    def tables(self) -> dict[str, pd.DataFrame]:
        """The rows as the tables that `compute` takes."""
        names = dict.fromkeys(row["table"] for row in self.rows)
        rows = {name: [r for r in self.rows if r["table"] == name] for name in names}
        return {name: pd.DataFrame(found).drop(columns="table") for name, found in rows.items()}

    def groups(self) -> dict[str, tuple[str, ...]]:
        """The municipality `000001` alone, and with `000002` where the example needs a parent."""
        codes = tuple(dict.fromkeys(row["istat_code"] for row in self.rows))
        return {"a": codes[:1], self.parent: codes} if self.parent else {"a": codes[:1]}


def row(table: str, value: float, *, code: str = "000001", flag: str = "observed", **keys: Any) -> dict[str, Any]:
    """One input row of a worked example; year 2021 unless said."""
    return {"table": table, "istat_code": code, "year": 2021, **keys, "value": float(value), "flag": flag}


@dataclass(frozen=True)
class Indicator:
    """What is known of an indicator besides its numbers.

    Attributes:
        id: stable name, used in tables, sentences and `quadro explain`.
        name: short name in Italian and English.
        unit: unit of the value.
        counts: what is counted (local units, persons employed, taxpayers …), never to be mixed with another.
        formula: how the value comes from the tables, with years and age limits.
        direction: +1 where more is better, -1 where less is, 0 where neither can be said.
        reference: who defines it so.
        tables: names of the tables it is computed from.
        example: input rows and the value they give.
        parent: it is a share of a parent territory, which `compute` must be given.
        municipal: it is defined for single municipalities only (a rate, a rank, a flow that does not add up).
        trend: False where its years may not be compared.
        ordinal: its values are ranks: no means, no ratios, no differences.
        base: the indicator, of tables that this one has, that counts whom it is a mean of: who has fewer than
            `standing.LEAST`, or a negative value, is shown and not ranked.
        function: the pure function.
    """

    id: str
    name: Mapping[str, str]
    unit: str
    counts: str
    formula: str
    direction: int
    reference: str
    tables: tuple[str, ...]
    example: Example
    parent: bool = False
    municipal: bool = False
    trend: bool = True
    ordinal: bool = False
    base: str = ""
    function: Callable[..., pd.DataFrame] = field(default=lambda: pd.DataFrame(), repr=False, compare=False)


REGISTRY: dict[str, Indicator] = {}
PREPARE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {}
"""Tables that are reshaped before they are summed: the register into areas, single ages into bands."""


def indicator(*, id: str, it: str, en: str, **about: Any) -> Callable[[Callable[..., pd.DataFrame]], Callable]:
    """Register a pure function of aggregated tables as an indicator; see `Indicator` for what to say of it."""

    def register(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        if id in REGISTRY:
            raise DataError(f"two indicators are called '{id}'", where=function.__module__)
        REGISTRY[id] = Indicator(id=id, name=MappingProxyType({"it": it, "en": en}), function=function, **about)
        return function

    return register


def prepares(table: str) -> Callable[[Callable[[pd.DataFrame], pd.DataFrame]], Callable[[pd.DataFrame], pd.DataFrame]]:
    """Register a function that reshapes a table of the catalogue before it is aggregated."""

    def register(function: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[pd.DataFrame], pd.DataFrame]:
        PREPARE[table] = function
        return function

    return register


Sum = Callable[[str, bool, Callable[[], pd.DataFrame]], pd.DataFrame]
"""Keeps sums of tables: name of the table, whether only of single municipalities, and what computes the sum."""


def compute(
    ids: str | Iterable[str], tables: Tables, groups: Groups, *, parent: str = "", keep: Sum | None = None
) -> pd.DataFrame:
    """Compute one or several indicators for territories.

    Args:
        ids: name of an indicator of `REGISTRY`, or several (each table is then summed once).
        tables: tables of the catalogue by name, per municipality.
        groups: territory -> codes of its members.
        parent: for shares: the key of `groups` that holds the parent territory, as it was on its date.
        keep: where sums of tables over these groups are kept from one call to the next.

    Returns:
        DataFrame[indicator, territory, year, value, unit, flag, parent], in the order asked. `parent` is empty except
        for shares, so that shares of different parents never pass for one series. An indicator defined for
        municipalities has rows only for territories of one member.

    Raises:
        DataError: unknown indicator, table not given, parent not among the groups or not containing the territories.
    """
    names = [ids] if isinstance(ids, str) else list(ids)
    wanted = [get(name) for name in names]
    summed: dict[tuple[str, bool], pd.DataFrame] = {}
    found: list[tuple[Indicator, pd.DataFrame]] = []
    for one in wanted:
        chosen = single(groups, one.id) if one.municipal else groups
        for table in one.tables:
            key = (table, one.municipal)
            if key not in summed:
                made = partial(_summed, table, tables, chosen, one.id)
                summed[key] = keep(*key, made) if keep else made()
        inputs = [summed[table, one.municipal] for table in one.tables]
        if one.parent:
            _require_parent(one.id, groups, parent)
            result = one.function(*inputs, parent=parent)
        else:
            result = one.function(*inputs)
        found.append((one, result))
    return _results(found, parent)


def get(name: str) -> Indicator:
    """The indicator of that name; DataError names those there are."""
    if name not in REGISTRY:
        raise DataError(f"no indicator is called '{name}'", allowed=sorted(REGISTRY))
    return REGISTRY[name]


def single(groups: Groups, why: str = "") -> dict[str, Sequence[str]]:
    """Only the territories of one municipality; DataError where there is none."""
    chosen = {name: members for name, members in groups.items() if len(members) == 1}
    if not chosen:
        raise DataError(
            f"{why or 'this figure'} is defined for single municipalities: no sum or mean of them stands for it",
            where=", ".join(groups),
        )
    return chosen


def _summed(name: str, tables: Tables, groups: Groups, indicator_id: str) -> pd.DataFrame:
    if name not in tables:
        raise DataError(f"indicator '{indicator_id}' needs the table '{name}'", allowed=sorted(tables))
    table = tables[name]
    try:
        return aggregate(PREPARE[name](table) if name in PREPARE else table, groups)
    except DataError as error:
        raise DataError(
            error.what, where=error.where or f"table {name}", allowed=error.allowed, hint=error.hint
        ) from None


def _results(found: list[tuple[Indicator, pd.DataFrame]], parent: str) -> pd.DataFrame:
    """Stack the results as plain words and numbers."""
    size = [len(result) for _, result in found]
    columns: dict[str, np.ndarray] = {}
    for column, kind in (("territory", object), ("year", int), ("value", float), ("flag", object)):
        parts = [np.asarray(result[column], dtype=kind) for _, result in found]
        columns[column] = np.concatenate(parts) if parts else np.array([], dtype=kind)
    for column, words in (
        ("indicator", [one.id for one, _ in found]),
        ("unit", [one.unit for one, _ in found]),
        ("parent", [parent if one.parent else "" for one, _ in found]),
    ):
        columns[column] = np.repeat(np.array(words, dtype=object), size)
    return pd.DataFrame({column: columns[column] for column in RESULT})


def _require_parent(name: str, groups: Groups, parent: str) -> None:
    if parent not in groups:
        raise DataError(f"'{name}' is a share: it needs a parent among the territories", allowed=list(groups))
    inside = set(groups[parent])
    for territory, members in groups.items():
        outside = sorted(set(members) - inside)
        if outside:
            raise DataError(
                f"'{territory}' is not inside '{parent}': {', '.join(outside[:3])} is outside, so no share is defined"
            )
