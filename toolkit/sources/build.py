"""Rebuild `data/` from the publishers' files: the same files give the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from toolkit.catalog import PACKAGE, Catalog
from toolkit.errors import DataError
from toolkit.sources import (
    calls,
    eurostat,
    international,
    istat_areas,
    istat_asia,
    istat_boundaries,
    istat_commuting,
    istat_fragility,
    istat_frame,
    istat_population,
    istat_register,
    mef_income,
    padigitale,
    policy_panels,
    regis,
    supply_use,
)
from toolkit.sources.resource import Resource, shared
from toolkit.sources.write import csv_bytes, parquet_bytes

ADAPTERS = (
    istat_register,
    istat_areas,
    istat_population,
    mef_income,
    istat_asia,
    istat_frame,
    istat_fragility,
    istat_commuting,
    eurostat,
    international,
    calls,
    padigitale,
    regis,
    supply_use,
    policy_panels,
)
LARGEST_CSV = 1_500_000  # bytes: beyond it a table is a parquet with a readable summary


def build(raw: Path, data: Path) -> list[str]:
    """Write every table and `datapackage.yaml`.

    Args:
        raw: folder of the publishers' files.
        data: folder to write; a file is replaced only when all the tables have been made and checked.

    Returns:
        Names of the files written.

    Raises:
        DataError: a file or a column is missing, or a row breaks a rule; nothing has been replaced.
    """
    raw, data = Path(raw), Path(data)
    if not raw.is_dir():
        raise DataError(f"no folder {raw}", where=str(raw), hint="quadro data build --from FOLDER")
    contents, descriptors = _tables(raw)
    titles = shared()["titles"]
    package = {
        "name": "quadro",
        "title": titles["it"],
        "titles": titles,
        "created": f"{shared()['accessed']}T00:00:00Z",
        "resources": descriptors,
    }
    contents[PACKAGE] = _yaml(package)
    _replace(contents, data)
    return list(contents)


def _tables(raw: Path) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    contents: dict[str, bytes] = {}
    descriptors: list[dict[str, Any]] = []
    for adapter in ADAPTERS:
        frames = adapter.tables(raw)
        for resource in adapter.RESOURCES:
            frame = frames[resource.name]
            content = _encoded(frame, resource)
            contents[resource.file] = content
            descriptors.append(resource.descriptor(hashlib.sha256(content).hexdigest(), len(content), frame))
    drawn = istat_boundaries.BOUNDARIES
    content = istat_boundaries.document(raw)
    contents[drawn.file] = content
    descriptors.append(drawn.descriptor(hashlib.sha256(content).hexdigest(), len(content), None))
    return contents, descriptors


def _encoded(frame: pd.DataFrame, resource: Resource) -> bytes:
    if resource.file.endswith(".parquet"):
        return parquet_bytes(frame, resource.fields)
    content = csv_bytes(frame, resource.fields)
    if len(content) > LARGEST_CSV:
        rule = f"a CSV holds at most {LARGEST_CSV} bytes; it has {len(content)}: make it a parquet with a summary"
        raise DataError(f"{resource.name}: too large a table", where=resource.file, allowed=rule)
    return content


def _yaml(package: dict[str, Any]) -> bytes:
    head = "# Written by `quadro data build`. Do not edit: change the adapter in toolkit/sources and rebuild.\n"
    text = yaml.dump(package, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return (head + text).encode("utf-8")


class _Plain(yaml.SafeDumper):
    """No anchors: a descriptor reads better with its texts written out."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _replace(contents: dict[str, bytes], data: Path, only: Sequence[str] = ()) -> None:
    """Write beside, check it (or the tables named) as a catalogue, then rename file by file, the descriptor last."""
    fresh = data.parent / f".{data.name}.building-{os.getpid()}"
    fresh.mkdir(parents=True)
    try:
        for name, content in contents.items():
            (fresh / name).write_bytes(content)
        fresh_catalog = Catalog(fresh)
        if only:
            for name in only:
                fresh_catalog.load(name)
        else:
            fresh_catalog.check()
        data.mkdir(parents=True, exist_ok=True)
        for name in contents:
            (fresh / name).replace(data / name)
    finally:
        for left in fresh.iterdir():
            left.unlink()
        fresh.rmdir()
