"""Rebuild `data/` from the publishers' files: the same files give the same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import yaml

from toolkit.catalog import PACKAGE, Catalog
from toolkit.errors import DataError, Faults, ToolkitError, boundary
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
    istat_production,
    istat_register,
    mef_income,
    opencivitas,
    outliers,
    padigitale,
    policy_panels,
    regis,
    spaces,
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
    istat_production,
    istat_fragility,
    istat_commuting,
    opencivitas,
    eurostat,
    international,
    calls,
    padigitale,
    regis,
    spaces,
    supply_use,
    policy_panels,
)
Made = tuple[dict[str, Any], bytes]
"""Descriptor and file of a table."""
LARGEST_CSV = 1_500_000  # bytes: beyond it a table is a parquet with a readable summary


def build(raw: Path, data: Path) -> list[str]:
    """Write every table and `datapackage.yaml`.

    The tables of an adapter that fails stay as they are; the others are written.

    Args:
        raw: folder of the publishers' files.
        data: folder to write; a file is replaced only when all the tables have been made and checked.

    Returns:
        Names of the files written.

    Raises:
        DataError, Faults: a file or a column is missing, or a row breaks a rule; it says which tables stay old.
    """
    raw, data = Path(raw), Path(data)
    if not raw.is_dir():
        raise DataError(f"no folder {raw}", where=str(raw), hint="quadro data build --from FOLDER")
    old = Old(data)
    contents: dict[str, bytes] = {}
    descriptors: list[dict[str, Any]] = []
    faults: list[ToolkitError] = []
    for adapter in (*ADAPTERS, istat_boundaries):
        try:
            with boundary(_unforeseen(adapter)):
                made = _made(adapter, raw)
        except (DataError, Faults) as fault:
            faults.append(old.stays(adapter.RESOURCES, fault))
            made = old.of(adapter.RESOURCES)
        for descriptor, content in made:
            contents[descriptor["path"]] = content
            descriptors.append(descriptor)
    if len(faults) == len(ADAPTERS) + 1:
        raise Faults(faults)
    titles = shared()["titles"]
    package = {
        "name": "quadro",
        "title": titles["it"],
        "titles": titles,
        "created": f"{shared()['accessed']}T00:00:00Z",
        "resources": descriptors,
    }
    contents[PACKAGE] = _yaml(package)
    try:
        _replace(contents, data)
    except ToolkitError as broken:
        raise Faults([*faults, broken]) if faults else broken from None
    for gone in {entry["path"] for entry in old.entries.values()} - set(contents):
        (data / gone).unlink()
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults)
    return list(contents)


class Old:
    """The tables that are there before a build.

    Args:
        data: the folder of the catalogue, which need not exist.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        package = Catalog(data).package if (data / PACKAGE).is_file() else {"resources": []}
        self.entries = {one["name"]: one for one in package["resources"] if (data / one["path"]).is_file()}

    def of(self, resources: Iterable[Resource]) -> list[Made]:
        """Descriptors and files as they are."""
        entries = [self.entries[resource.name] for resource in resources if resource.name in self.entries]
        return [(entry, (self.data / entry["path"]).read_bytes()) for entry in entries]

    def stays(self, resources: Iterable[Resource], fault: ToolkitError) -> DataError:
        """The fault, with what becomes of the tables that it concerns."""
        known = [resource.name for resource in resources if resource.name in self.entries]
        days = [f"{name} as accessed on {self.entries[name]['date_accessed']}" for name in known]
        told = f"stays old: {', '.join(days)}" if known else "there is no such table now"
        hint = f"{fault.hint}; {told}" if fault.hint else told
        return DataError(fault.what, where=fault.where, allowed=fault.allowed, hint=hint)


def _unforeseen(adapter: ModuleType) -> Callable[[str], DataError]:
    """What is said where an adapter meets what nobody foresaw."""
    names = ", ".join(resource.name for resource in adapter.RESOURCES)
    return lambda why: DataError(
        f"{names}: the publishers' files cannot be made into tables: {why}", where=adapter.__name__
    )


def _made(adapter: ModuleType, raw: Path) -> list[Made]:
    """Descriptor and file of each table of an adapter."""
    if adapter is istat_boundaries:
        drawn, content = istat_boundaries.BOUNDARIES, istat_boundaries.document(raw)
        return [(drawn.descriptor(hashlib.sha256(content).hexdigest(), len(content), None), content)]
    frames = adapter.tables(raw)
    out = []
    for resource in adapter.RESOURCES:
        content = _encoded(frames[resource.name], resource)
        digest = hashlib.sha256(content).hexdigest()
        out.append((resource.descriptor(digest, len(content), frames[resource.name]), content))
    return out


def _encoded(frame: pd.DataFrame, resource: Resource) -> bytes:
    outliers.check(frame, resource)
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


def _replace(contents: dict[str, bytes], data: Path) -> None:
    """Write beside, check it as a catalogue, then rename file by file, the descriptor last."""
    fresh = data.parent / f".{data.name}.building-{os.getpid()}"
    try:
        with boundary(lambda why: DataError(f"{data} cannot be written: {why}", where=str(data))):
            _checked_and_renamed(contents, data, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _checked_and_renamed(contents: dict[str, bytes], data: Path, fresh: Path) -> None:
    fresh.mkdir(parents=True)
    for name, content in contents.items():
        (fresh / name).write_bytes(content)
    Catalog(fresh).check()
    data.mkdir(parents=True, exist_ok=True)
    for name in contents:
        (fresh / name).replace(data / name)
