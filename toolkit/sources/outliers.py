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
SIZED = (*COUNTED, "EUR")
"""Units of what grows with a place: figures of one in different items vouch for one another."""
FEW = 5.0
"""The least that is added to a count."""
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
    known = [{name: said for name, said in one.items() if name != "why"} for one in resource.known]
    for one in known:
        far = far[~_are(far, one)]
        if not _are(frame, one).any():
            what = f"{resource.name}: what is listed as known is not in the table"
            yield DataError(what, where=_told(one), hint="take it out of the descriptor")
    for row in far.sort_index().head(SHOWN).to_dict("records"):
        what = f"{resource.name}: {row['value']:g} is unlike all that is known of its place and its group"
        allowed = f"about {row['expected']:.3g}, from {row['from']}; at most {TIMES:g} times as much, or as little"
        hint = f"right it, or list it as `known` in the descriptor of {resource.name}, with why it is right"
        yield DataError(what, where=_told({name: row[name] for name in key}), allowed=allowed, hint=hint)


def _are(rows: pd.DataFrame, known: dict[str, Any]) -> pd.Series:
    """Whether rows have all the values of a known one."""
    found: pd.Series = (rows[list(known)] == pd.Series(known)).all(axis=1)
    return found


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
    added = added.clip(lower=FEW).where(rows["unit"].isin(COUNTED), added) if "unit" in rows else added
    level = pd.Series(np.log(rows["value"] + added), index=rows.index)
    beside = level - level.groupby([rows[name] for name in group]).transform("median")
    sized = rows["unit"].isin(SIZED) if "unit" in rows else pd.Series(False, index=rows.index)
    years = _others(rows, beside, own)
    items = _others(rows[sized], beside[sized], [place, *year]).reindex(rows.index)
    history, across = beside - years, beside - items
    rows["off"] = history.where(history.notna(), across)
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
