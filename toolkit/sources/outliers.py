"""Figures unlike the others of their row and of their group: a point lost, a unit mistaken, a thousand too many.

Asked once, when a table is built. Each positive `value` of a table of places is compared, as a logarithm and beside the
median of its group (all places: same year, same item), with the others of its place: the same item in other years, and,
where there are none, the other items of the year. Both are leave-one-out medians, so that no figure vouches for itself.
It is refused where it is more than 20 times, or less than a 20th of, what these let expect, and farther off than 12
median deviations of its item. What is right all the same is listed in the table's descriptor (`known`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import DataError, Faults
from toolkit.sources.resource import Resource

PLACES = ("istat_code", "province_code", "nuts")
"""First column of the key of a table of places."""
TIMES = 20.0
DEVIATIONS = 12.0
SMALL = 0.02
"""Part of the median of its group that is added to a figure: of few, one more or less is no news."""
COUNTED = ("persons", "persons_employed", "local_units", "municipalities")
FEW = 5.0
"""The least that is added to a count, and to a percentage, of which 0.01 and 5 are one story told twice."""
HANDFUL = 10.0
"""Counts below it are not judged by the other figures of their place."""
GRADES = ("level", "rank", "decile", "ventile")
"""Units that do not grow with a place: they say nothing of its amounts."""
SIGNED = 0.05
"""Part of the figures of an item that is negative where it is a balance, of which a logarithm says nothing."""
SHOWN = 20


def check(frame: pd.DataFrame, resource: Resource) -> None:
    """Refuse figures unlike all others that are not listed as known, and known ones that are not there.

    Args:
        frame: the table, with the columns of the key and `value` (float).
        resource: what it is.

    Raises:
        DataError, Faults: with table, row, value and what was expected.
    """
    faults = list(_strange(frame, resource)) if _is_asked(frame, resource) else []
    if faults:
        raise Faults(faults) if len(faults) > 1 else faults[0]


def _is_asked(frame: pd.DataFrame, resource: Resource) -> bool:
    return len(resource.key) > 1 and resource.key[0] in PLACES and "value" in frame and len(frame) > 1


def _strange(frame: pd.DataFrame, resource: Resource) -> Iterator[DataError]:
    key = list(resource.key)
    rows = residuals(frame, key)
    far = rows[rows["off"].abs() > rows["limit"]]
    # Of two that contradict each other, the one that its place contradicts too.
    far = far.sort_values("weight", ascending=False).drop_duplicates([name for name in key if name != "year"])
    shown = 0
    known = [({name: one[name] for name in key}, one["value"]) for one in resource.known]
    for row in far.sort_index().to_dict("records"):
        at = {name: row[name] for name in key}
        if (at, row["value"]) not in known and (shown := shown + 1) <= SHOWN:
            what = f"{resource.name}: {row['value']:g} is unlike all that is known of its place and its group"
            allowed = f"about {row['expected']:.3g}, from {row['from']}; at most {TIMES:g} times as much, or as little"
            hint = f"right it, or list it as `known` in the descriptor of {resource.name}, with why it is right"
            yield DataError(what, where=_told(at), allowed=allowed, hint=hint)
    for at, value in known:
        same = (frame[key] == pd.Series(at)).all(axis=1) & (frame["value"] == value)
        if not same.any():
            what = f"{resource.name}: a row listed as known is not in the table"
            yield DataError(what, where=f"{_told(at)}, value {value:g}", hint="take it out of the descriptor")


def _told(at: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in at.items())


def residuals(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """How far each positive figure is from what others let expect.

    Returns:
        Its rows with `off` (logarithm), `limit`, `expected`, `from` (which others), `weight` (how much speaks against
        it).
    """
    place, year = key[0], [name for name in key if name == "year"]
    group, own = [name for name in key if name != place] or [place], [name for name in key if name != "year"]
    frame = frame.assign(negative=frame["value"] < 0, all="")
    item = [name for name in group if name != "year"] or ["all"]
    balance = frame.groupby(item)["negative"].transform("mean") >= SIGNED
    rows = frame[(frame["value"] > 0) & ~balance].copy()
    added = SMALL * rows.groupby(group)["value"].transform("median")
    added = added.clip(lower=FEW).where(rows["unit"].isin((*COUNTED, "percent")), added) if "unit" in rows else added
    level = pd.Series(np.log(rows["value"] + added), index=rows.index)
    beside = level - level.groupby([rows[name] for name in group]).transform("median")
    sized = rows[~rows["unit"].isin(GRADES)] if "unit" in rows else rows
    years = _others(rows, beside, own)
    items = _others(sized, beside[sized.index], [place, *year]).reindex(rows.index)
    history, across = beside - years, beside - items
    rows["off"] = history.where(history.notna(), across)
    if "unit" in rows:  # a handful of persons beside thousands is a small class, not a point lost
        rows.loc[history.isna() & rows["unit"].isin(COUNTED) & (rows["value"] < HANDFUL), "off"] = np.nan
    rows["from"] = np.where(history.notna(), "its other years", "the other figures of its place")
    rows["weight"] = rows["off"].abs() + across.abs().fillna(0.0)
    rows["expected"] = np.exp(level - rows["off"]) - added
    usual = rows.assign(off=rows["off"].abs()).groupby(item)["off"].transform("median")
    rows["limit"] = (DEVIATIONS * usual).clip(lower=math.log(TIMES))
    return rows


def _others(rows: pd.DataFrame, values: pd.Series, by: list[str]) -> pd.Series:
    """The median of the others of each row's group; NaN where it is alone."""
    order = rows[by].assign(value=values).sort_values([*by, "value"])
    grouped = order.groupby(by, sort=False)["value"]
    rank, others = grouped.cumcount().to_numpy(), grouped.transform("size").to_numpy() - 1
    first, found = np.arange(len(order)) - rank, order["value"].to_numpy()

    def of_rank(wanted: np.ndarray) -> np.ndarray:
        return found[np.minimum(first + wanted + (wanted >= rank), len(found) - 1)]

    middle = (of_rank((others - 1) // 2) + of_rank(others // 2)) / 2
    return pd.Series(np.where(others > 0, middle, np.nan), index=order.index).reindex(rows.index)
