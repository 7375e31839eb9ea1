"""ATECO 2007, 2022 and 2025 (ISTAT), from the PyPI package `ateco`: nothing is stored in `data/`."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

import ateco
import pandas as pd

from toolkit.errors import DataError

VERSIONS = ("2007", "2022", "2025")
LEVELS = ("section", "division", "group", "class", "category", "subcategory")


def classification(version: str) -> pd.DataFrame:
    """One edition of ATECO.

    Args:
        version: "2007", "2022" (the 2022 update of 2007) or "2025". ATECO 2025 breaks series with the others.

    Returns:
        Columns version, code, level (one of `LEVELS`), parent ("" for a section), title_it, in the order of the
        classification. The package has no English titles, and none is made up.

    Raises:
        DataError: unknown version, or a package that does not hold the whole tree.
    """
    if version not in VERSIONS:
        raise DataError(f"no ATECO edition {version!r}", where="ateco", allowed=VERSIONS)
    return _classification(version).copy(deep=False)


def attribution() -> dict[str, str]:
    """Publisher, licence and address of the classification, as the package states them."""
    stated = ateco.provenance()
    return {"publisher": stated["attribution"], "licence": stated["license_note"], "url": stated["docs"]}


@lru_cache(maxsize=len(VERSIONS))
def _classification(version: str) -> pd.DataFrame:
    file = resources.files("ateco").joinpath("data", version, "nodes.json")
    nodes = json.loads(file.read_text(encoding="utf-8"))["nodes"]
    rows = [(version, node["code"], node["level"], node["parent"] or "", node["title"]) for node in nodes]
    frame = pd.DataFrame(rows, columns=["version", "code", "level", "parent", "title_it"])
    expected = ateco.get_edition(version).node_count
    whole = len(frame) == expected and frame["code"].is_unique and set(frame["level"]) == set(LEVELS)
    orphans = ~frame["parent"].isin(frame["code"]) & (frame["level"] != "section")
    if not whole or orphans.any():
        rule = f"{expected} codes, each once, each with its parent; it has {len(frame)}, {int(orphans.sum())} orphans"
        raise DataError(f"ATECO {version}: the tree is not whole", where=str(file), allowed=rule)
    return frame
