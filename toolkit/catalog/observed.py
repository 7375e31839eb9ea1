"""Until when rows were observed and whom they come from: read in the rows, never stated beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit.errors import DataError


@dataclass(frozen=True)
class Publisher:
    """A publisher of a table.

    Attributes:
        name: by language.
        url: its address.
        rows: how the column `source` begins in its rows; empty: the rows of no other publisher.
        named: column in which its rows name their own sources; empty where the publisher is the source.
    """

    name: dict[str, str]
    url: str
    rows: str = ""
    named: str = ""


@dataclass(frozen=True)
class Credit:
    """What some rows owe to a publisher: names of their own sources, and the last day on which they were observed."""

    publisher: Publisher
    sources: tuple[str, ...]
    day: str


def last_observed(rows: pd.DataFrame, observed: str) -> str:
    """The last day on which rows were observed.

    Args:
        rows: of a table; those without a `value`, where there is such a column, were not observed.
        observed: where a row holds its day: `{snapshot_on}`, or a day of its year, `{year}-12-31`.

    Returns:
        ISO day, "" where no row has one.

    Raises:
        DataError: no such column.
    """
    column = "".join(re.findall(r"{(\w+)}", observed))
    if column not in rows:
        raise DataError(f"no column {column!r} holds the day of observation", allowed=list(rows.columns))
    seen = rows[column][rows["value"].notna()] if "value" in rows else rows[column]
    days = [str(day) for day in seen.dropna().unique() if str(day)]
    return observed.replace(f"{{{column}}}", max(days)) if days else ""


def sources_named(texts: Iterable[str]) -> dict[str, str]:
    """Sources named in texts, joined there by "; ": their names, each with its first wording ("site, 4 March")."""
    found: dict[str, str] = {}
    for text in texts:
        for one in text.split("; "):
            found.setdefault(re.split(r",| \d{4}-| \(", one)[0], one)
    return found


def credits_of(
    publishers: Sequence[Publisher], rows: pd.DataFrame, observed: str, otherwise: str = ""
) -> Iterator[Credit]:
    """Whom rows come from, one publisher at a time; a publisher of none of them is not named.

    Args:
        publishers: of the table, the one of all the others last.
        rows: of the table.
        observed: as `last_observed` takes it; empty: the table has no days of its own.
        otherwise: the day of a table without days.
    """
    left = rows
    for publisher in publishers:
        mine = left[left["source"].str.startswith(publisher.rows)] if publisher.rows else left
        left = left.drop(mine.index)
        if len(mine):
            told = mine[publisher.named] if publisher.named else ()
            day = last_observed(mine, observed) if observed else ""
            yield Credit(publisher, tuple(sources_named(told)), day or otherwise)
