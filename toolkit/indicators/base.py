"""What an indicator is, how municipal figures add up to a territory, and how ratios keep their honesty.

Tables are long: `istat_code`, key columns (`year`, `item`, …), `value`, `unit`, `flag`. `aggregate` sums the members
of each territory; an indicator is a pure function of such sums; `compute` ties the two. An absent figure stays absent:
a sum with a confidential or a missing member is so too, zero stays zero, a break in series stays marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import DataError

FLAGS = ("observed", "estimated", "break", "confidential", "missing")
"""States of a figure, from best to worst: a result carries the worst of what it is made of."""

_FLAG = pd.CategoricalDtype(list(FLAGS))

ABSENT = ("confidential", "missing")

ADDITIVE = frozenset({"persons", "persons_employed", "EUR", "local_units", "enterprises", "km2", "projects"})
"""Units that may be summed over municipalities. Percentages, ranks, deciles and ratios may not."""

RESULT = ["indicator", "territory", "year", "value", "unit", "flag", "parent"]

Groups = Mapping[str, Sequence[str]]
Tables = Mapping[str, pd.DataFrame]


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
        function: the pure function.
    """

    id: str
    name: dict[str, str]
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
    function: Callable[..., pd.DataFrame] = field(default=lambda: pd.DataFrame(), repr=False, compare=False)


REGISTRY: dict[str, Indicator] = {}
PREPARE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {}
"""Tables that are reshaped before they are summed: the register into areas, single ages into bands."""


def indicator(*, id: str, it: str, en: str, **about: Any) -> Callable[[Callable[..., pd.DataFrame]], Callable]:
    """Register a pure function of aggregated tables as an indicator; see `Indicator` for what to say of it."""

    def register(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        if id in REGISTRY:
            raise DataError(f"two indicators are called '{id}'", where=function.__module__)
        REGISTRY[id] = Indicator(id=id, name={"it": it, "en": en}, function=function, **about)
        return function

    return register


def prepares(table: str) -> Callable[[Callable[[pd.DataFrame], pd.DataFrame]], Callable[[pd.DataFrame], pd.DataFrame]]:
    """Register a function that reshapes a table of the catalogue before it is aggregated."""

    def register(function: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[pd.DataFrame], pd.DataFrame]:
        PREPARE[table] = function
        return function

    return register


def severity(flags: pd.Series, where: str = "flag") -> np.ndarray:
    """Positions of the flags in `FLAGS`; raises DataError on a word that is not there."""
    if flags.dtype == _FLAG:
        found = flags.cat.codes.to_numpy(dtype=int)
    else:
        found = pd.Index(FLAGS).get_indexer(pd.Index(flags))
    if (found < 0).any():
        raise DataError(f"'{flags[found < 0].iloc[0]}' is not a flag", where=where, allowed=FLAGS)
    return found


def flags_of(levels: np.ndarray) -> pd.Categorical:
    """The words for positions in `FLAGS`."""
    return pd.Categorical.from_codes(levels, dtype=_FLAG, validate=False)


def aggregate(table: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Sum municipal figures into territories.

    Args:
        table: long table: `istat_code`, key columns, `value`, `flag` (and `unit`, a key).
        groups: territory -> codes of its members; a code may be in several territories.

    Returns:
        DataFrame[territory, *keys, value, flag], territories in the order given. A member that is confidential, missing
        or has no row makes the sum so (value NaN): a partial sum is never returned. The flag is the members' worst.

        What does not add up (a unit not in `ADDITIVE`, an ordinal scale) has rows for single municipalities only.

    Raises:
        DataError: no members, repeated members, duplicate rows, an unknown flag, a value that contradicts its flag, or
            a territory of several members in a table where nothing adds up.
    """
    codes = _members(groups)
    _require_columns(table, ["istat_code", "value", "flag"])
    at = codes.get_indexer(pd.Index(table["istat_code"]))
    rows = table.loc[at >= 0]
    at = at[at >= 0]
    keys = [column for column in table.columns if column not in ("istat_code", "value", "flag")]
    if not len(rows):
        raise DataError("the table has no row for any member of the territories", allowed="rows of their codes")
    combination, labels = _combinations(rows, keys)
    value, level = _matrices(rows, at, combination, len(codes), len(labels))
    member = codes.get_indexer(pd.Index([code for members in groups.values() for code in members]))
    start = np.cumsum([0, *map(len, groups.values())])[:-1]
    total = np.add.reduceat(value[member], start, axis=0)
    worst = np.maximum.reduceat(level[member], start, axis=0)
    total[worst >= FLAGS.index("confidential")] = np.nan
    result = labels.iloc[np.tile(np.arange(len(labels)), len(groups))].reset_index(drop=True)
    names = np.repeat(np.arange(len(groups)), len(labels))
    territory = pd.Categorical.from_codes(names, dtype=pd.CategoricalDtype(list(groups)))
    result.insert(0, "territory", pd.Series(territory))
    result["value"] = total.ravel()
    result["flag"] = flags_of(worst.ravel())
    kept = _adds_up(labels, groups).ravel()
    return result if kept.all() else result.loc[kept].reset_index(drop=True)


def compute(ids: str | Iterable[str], tables: Tables, groups: Groups, *, parent: str = "") -> pd.DataFrame:
    """Compute one or several indicators for territories.

    Args:
        ids: name of an indicator of `REGISTRY`, or several (each table is then summed once).
        tables: tables of the catalogue by name, per municipality.
        groups: territory -> codes of its members.
        parent: for shares: the key of `groups` that holds the parent territory, as it was on its date.

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
            if (table, one.municipal) not in summed:
                summed[table, one.municipal] = _summed(table, tables, chosen, one.id)
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


def pick(table: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """Rows of an aggregated table with these keys, as [territory, year, value, unit, flag].

    Raises:
        DataError: no such rows; the values there are, are named.
    """
    chosen = np.ones(len(table), dtype=bool)
    for column, value in where.items():
        _require_columns(table, [column])
        chosen &= np.asarray(table[column] == value)
        if not chosen.any():
            raise DataError(f"no rows with {column} = {value!r}", allowed=sorted(map(str, table[column].unique())))
    at = np.flatnonzero(chosen)
    return pd.DataFrame({column: table[column].array[at] for column in ("territory", "year", "value", "unit", "flag")})


def ratio(
    top: pd.DataFrame, bottom: pd.DataFrame, *, units: tuple[str, str], times: float = 1.0, years: Mapping | None = None
) -> pd.DataFrame:
    """Divide two series of the same territories and years.

    Args:
        top: [territory, year, value, unit, flag].
        bottom: the same.
        units: the units that top and bottom must have.
        times: 100 for a percentage, 1,000 for a rate per thousand.
        years: year of top -> year of bottom, where the denominator is of another date.

    Returns:
        DataFrame[territory, year, value, flag], years of top that have a denominator. The flag is the worst of the two;
        a zero denominator gives `missing`.

    Raises:
        DataError: unlike units, or no year in common.
    """
    for side, frame, unit in (("numerator", top, units[0]), ("denominator", bottom, units[1])):
        wrong = set(frame["unit"].unique()) - {unit}
        if wrong:
            raise DataError(f"the {side} is in {', '.join(sorted(map(str, wrong)))}", allowed=unit)
    year = top["year"].map(lambda y: years.get(y, y)) if years else top["year"]
    other, level = _beside(bottom, top["territory"], year)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = times * top["value"].to_numpy(dtype=float) / other
    worst = np.maximum(severity(top["flag"]), level)
    worst[(level >= 0) & (other == 0)] = FLAGS.index("missing")
    value[worst >= FLAGS.index("confidential")] = np.nan
    kept = level >= 0
    if not kept.any():
        raise DataError(
            f"numerator ({_listed(top['year'])}) and denominator ({_listed(bottom['year'])}) have no year in common"
        )
    result = pd.DataFrame({"territory": top["territory"], "year": top["year"], "value": value, "flag": flags_of(worst)})
    return result if kept.all() else result.loc[kept].reset_index(drop=True)


def total(*parts: pd.DataFrame) -> pd.DataFrame:
    """Sum series of one unit over the same territories and years; absent parts make the sum absent.

    Raises:
        DataError: unlike units, or parts that do not cover the same territories and years.
    """
    first = parts[0]
    value = first["value"].to_numpy(dtype=float).copy()
    worst = severity(first["flag"])
    for part in parts[1:]:
        if set(part["unit"].unique()) != set(first["unit"].unique()):
            raise DataError(
                f"{_listed(part['unit'])} cannot be added to {_listed(first['unit'])}: unlike units of count"
            )
        other, level = _beside(part, first["territory"], first["year"])
        if (level < 0).any() or len(part) != len(first):
            raise DataError("the parts of a sum do not cover the same territories and years")
        value += other
        worst = np.maximum(worst, level)
    value[worst >= FLAGS.index("confidential")] = np.nan
    return first.assign(value=value, flag=flags_of(worst))


def less(whole: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    """Difference of two series of one unit over the same territories and years."""
    return total(whole, part.assign(value=-part["value"]))


def share(part: pd.DataFrame, whole: pd.DataFrame, *, unit: str) -> pd.DataFrame:
    """Percentage of one series in another of the same unit of count."""
    return ratio(part, whole, units=(unit, unit), times=100.0)


def share_of_parent(series: pd.DataFrame, parent: str, *, unit: str) -> pd.DataFrame:
    """Percentage of each territory in the parent territory, year by year."""
    whole = series[series["territory"] == parent]
    at = pd.Index(whole["year"]).get_indexer(pd.Index(series["year"]))
    beside = whole.iloc[at].reset_index(drop=True).assign(territory=series["territory"])
    return share(series, beside, unit=unit)


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


def _members(groups: Groups) -> pd.Index:
    for name, members in groups.items():
        if isinstance(members, str) or not len(members):
            raise DataError(f"territory '{name}' needs a list of at least one code", allowed="codes of six digits")
        if len(set(members)) != len(members):
            raise DataError(f"territory '{name}' names a municipality twice")
    if not groups:
        raise DataError("no territory was given")
    return pd.Index(list(dict.fromkeys(code for members in groups.values() for code in members)))


def _combinations(rows: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Number of the key combination of each row, and the combinations in order, words as categories."""
    number = np.zeros(len(rows), dtype=np.int64)
    for key in keys:
        code, values = pd.factorize(rows[key], sort=True, use_na_sentinel=False)
        number = number * len(values) + code
    _, first, combination = np.unique(number, return_index=True, return_inverse=True)
    labels = rows[keys].iloc[first].reset_index(drop=True)
    words = [key for key in keys if not pd.api.types.is_numeric_dtype(labels[key])]
    return combination, labels.astype(dict.fromkeys(words, "category"))


def _matrices(
    rows: pd.DataFrame, at: np.ndarray, combination: np.ndarray, n_codes: int, n_labels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Values (absent = 0) and flag positions (no row = missing), municipality by key combination."""
    cell = at * n_labels + combination
    if len(np.unique(cell)) != len(cell):
        twice = rows[pd.Series(cell, index=rows.index).duplicated(keep=False)].iloc[0]
        raise DataError(
            "a figure appears twice",
            where=", ".join(f"{k}={v}" for k, v in twice.items() if k not in ("value", "flag")),
        )
    number = rows["value"].to_numpy(dtype=float)
    state = severity(rows["flag"])
    absent = state >= FLAGS.index("confidential")
    if (np.isnan(number) & ~absent).any():
        lost = rows[np.isnan(number) & ~absent].iloc[0]
        raise DataError(f"an empty value is flagged '{lost['flag']}'", where=str(lost["istat_code"]), allowed=ABSENT)
    value = np.zeros(n_codes * n_labels)
    level = np.full(n_codes * n_labels, FLAGS.index("missing"))
    value[cell] = np.where(absent, 0.0, number)
    level[cell] = state
    return value.reshape(n_codes, n_labels), level.reshape(n_codes, n_labels)


def _adds_up(labels: pd.DataFrame, groups: Groups) -> np.ndarray:
    """Which figures are defined, territory by key combination: all for one member, additive ones for several."""
    additive = np.ones(len(labels), dtype=bool)
    if "unit" in labels:
        additive &= labels["unit"].isin(ADDITIVE).to_numpy()
    if "scale" in labels:
        additive &= (labels["scale"] != "ordinal").to_numpy()
    alone = np.array([len(members) == 1 for members in groups.values()])
    if not additive.any() and not alone.all():
        unit = ", ".join(map(str, labels["unit"].unique())) if "unit" in labels else "an ordinal scale"
        raise DataError(f"figures in {unit} do not add up over municipalities", where=list(groups)[int(alone.argmin())])
    return alone[:, None] | additive[None, :]


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


def _beside(frame: pd.DataFrame, territory: pd.Series, year: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values and flag positions of a series at these territories and years; -1 where it has no row."""
    if len(frame) == len(territory) and _same(frame["territory"], territory) and _same(frame["year"], year):
        return frame["value"].to_numpy(dtype=float), severity(frame["flag"])
    at = pd.MultiIndex.from_arrays([frame["territory"], frame["year"]]).get_indexer(
        pd.MultiIndex.from_arrays([territory, year])
    )
    value = np.where(at >= 0, frame["value"].to_numpy(dtype=float)[at], np.nan)
    return value, np.where(at >= 0, severity(frame["flag"])[at], -1)


def _same(left: pd.Series, right: pd.Series) -> bool:
    if isinstance(left.dtype, pd.CategoricalDtype) and left.dtype == right.dtype:
        return bool(np.array_equal(left.cat.codes, right.cat.codes))
    return bool(np.array_equal(left.to_numpy(), right.to_numpy()))


def _require_columns(table: pd.DataFrame, columns: list[str]) -> None:
    lost = [column for column in columns if column not in table.columns]
    if lost:
        raise DataError(f"column {', '.join(lost)} is not in the table", allowed=list(map(str, table.columns)))


def _listed(values: pd.Series) -> str:
    return ", ".join(sorted(map(str, values.unique())))
