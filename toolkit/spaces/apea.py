"""Checklist of an ecologically equipped production area (APEA): rules, projects, management.

Answers are yes, no or unknown; unknown is not no. What comes out is how complete the answers are, never a score.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from toolkit.errors import MethodError

GROUPS = ("rules", "projects", "management")
ANSWERS = ("yes", "no", "unknown")


def checklist(items: pd.DataFrame, answers: Mapping[str, str]) -> pd.DataFrame:
    """The list with its answers; an item that nobody answered is unknown.

    Args:
        items: DataFrame[item, group, …], one row an item; `group` is one of `GROUPS`.
        answers: item → `yes`, `no` or `unknown`.

    Returns:
        `items` with `answer`.

    Raises:
        MethodError: an item that the list has not, another answer.
    """
    strange = [name for name in answers if name not in set(items["item"])]
    if strange:
        raise MethodError(f"{strange[0]!r} is not on the checklist", allowed=list(items["item"]))
    odd = [f"{name}: {answer!r}" for name, answer in answers.items() if answer not in ANSWERS]
    if odd:
        raise MethodError(f"{odd[0]} is no answer", allowed=ANSWERS)
    return items.assign(answer=[answers.get(name, "unknown") for name in items["item"]])


def completeness(answered: pd.DataFrame) -> pd.DataFrame:
    """Items of each group, by answer.

    Args:
        answered: as `checklist` gives.

    Returns:
        DataFrame[group, items, yes, no, unknown, known], `known` = share of items that are answered, percent.
    """
    counts = pd.crosstab(answered["group"], answered["answer"]).reindex(columns=list(ANSWERS), fill_value=0)
    counts = counts.loc[[group for group in GROUPS if group in counts.index]]
    items = counts.sum(axis=1)
    found = counts.assign(items=items, known=100 * (items - counts["unknown"]) / items).reset_index()
    return found[["group", "items", *ANSWERS, "known"]].rename_axis(columns=None)
