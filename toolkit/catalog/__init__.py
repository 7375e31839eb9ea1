"""The data room's door: `datapackage.yaml` in, checked DataFrame and its `Source` out.

Every load checks the file's hash; its columns, types, codes, flags, units, ranges and keys are checked against the
Frictionless descriptor once a machine and data version (`kept`). A load is recorded, so that a report can list the
sources it really used. Of the tables of all municipalities, who names codes and columns reads these alone. A fault is
one `DataError` that names the resource, the row and the rule. Code and text columns are `str` (absent text is ""),
years `int`, values `float`.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from toolkit import kept
from toolkit.catalog.described import descriptor
from toolkit.catalog.observed import Credit, Publisher, credits_of, last_observed, sources_named
from toolkit.catalog.rules import (
    REBUILD,
    RESTORE,
    RULES,
    TYPES,
    check_rows,
    json_document,
    municipal,
    read,
    verified_bytes,
)
from toolkit.contract import ABSENT, FLAGS, PACKAGE
from toolkit.errors import DataError, Faults

__all__ = [
    "ABSENT",
    "FLAGS",
    "PACKAGE",
    "TYPES",
    "Catalog",
    "Credit",
    "Publisher",
    "Source",
    "Table",
    "check",
    "default",
    "document",
    "fingerprint",
    "forget",
    "last_observed",
    "load",
    "record",
    "recording",
    "snapshot",
    "sources_named",
    "table",
    "used",
]

# Tables here are small and read value by value: strings kept as Python objects are several times faster than Arrow's.
pd.set_option("mode.string_storage", "python")


@dataclass(frozen=True)
class Source:
    """Where a table comes from, in both languages where it is text: `title["it"]`, `processing["en"]`."""

    name: str
    path: str
    title: dict[str, str]
    publishers: tuple[Publisher, ...]
    licence: dict[str, str]
    licence_url: str
    reference_date: str
    date_accessed: str
    sha256: str
    processing: dict[str, str]
    faults: tuple[dict[str, str], ...] = ()
    upstream: tuple[str, ...] = ()
    units: dict[str, str] = field(default_factory=dict)
    observed: str = ""

    @property
    def publisher(self) -> dict[str, str]:
        """Names of its publishers by language."""
        return {
            language: "; ".join(one.name[language] for one in self.publishers) for language in self.publishers[0].name
        }

    @property
    def url(self) -> str:
        """Address of its first publisher."""
        return self.publishers[0].url

    def credits(self, rows: pd.DataFrame) -> list[Credit]:
        """Whom some rows of the table come from, and the last day on which each was observed.

        Args:
            rows: rows of the table; none of a table gives no credit.
        """
        return list(credits_of(self.publishers, rows, self.observed, self.reference_date))

    def worded(self, language: str) -> dict[str, Any]:
        """The entry of a page's list of sources, in one language."""
        plain = ("name", "licence_url", "url", "reference_date", "date_accessed", "sha256")
        return {key: getattr(self, key) for key in plain} | {
            "title": self.title[language],
            "publisher": self.publisher[language],
            "licence": self.licence[language],
            "processing": self.processing[language],
            "faults": [fault[language] for fault in self.faults],
        }


@dataclass(frozen=True)
class Table:
    """A checked table with its source."""

    name: str
    data: pd.DataFrame
    source: Source


class Catalog:
    """The tables of one folder, read through its `datapackage.yaml`.

    Args:
        folder: holds `datapackage.yaml` and the files it describes.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.package_file = self.folder / PACKAGE
        if not self.package_file.is_file():
            raise DataError(
                f"no {PACKAGE} in {self.folder}",
                where=str(self.folder),
                hint=f"run from the checkout, set QUADRO_DATA to the data folder, or rebuild it: {REBUILD}",
            )

    @property
    def package(self) -> dict[str, Any]:
        """The descriptor, a copy of the caller's own."""
        return copy.deepcopy(self._package)

    @property
    def _package(self) -> dict[str, Any]:
        """The descriptor, read again only when the file changes; never handed out."""
        stat = self.package_file.stat()
        return descriptor(str(self.package_file), stat.st_mtime_ns, stat.st_size)

    def names(self) -> list[str]:
        """Names of the resources, in the descriptor's order."""
        return [resource["name"] for resource in self._package["resources"]]

    def source(self, name: str) -> Source:
        """Provenance of a resource, without reading its file."""
        resource = self._resource(name)
        licence = resource["licenses"][0]
        return Source(
            name=name,
            path=resource["path"],
            title=dict(resource["titles"]),
            publishers=tuple(
                Publisher(_titles(origin), origin["path"], origin.get("rows", ""), origin.get("named", ""))
                for origin in resource["sources"]
            ),
            licence=_titles(licence),
            licence_url=licence["path"],
            reference_date=str(resource["reference_date"]),
            date_accessed=str(resource["date_accessed"]),
            sha256=resource["hash"].removeprefix("sha256:"),
            processing=dict(resource["processing"]),
            faults=tuple(dict(fault) for fault in resource.get("faults", ())),
            upstream=tuple(resource.get("upstream", ())),
            units=dict(resource.get("unitOf", {}).get("units", {})),
            observed=resource.get("observed", ""),
        )

    def table(self, name: str, codes: Collection[str] | None = None, columns: Sequence[str] = ()) -> Table:
        """A checked table and its source; the load is recorded.

        Args:
            name: of the resource.
            codes: of municipalities whose rows are wanted, where the table is one that can be read in parts
                (`in_parts`); None: all rows.
            columns: of such a table, in this order; none: all.

        Raises:
            DataError: unknown resource, altered file, or a row that breaks the schema.
        """
        parts = codes is not None or bool(columns)
        data = self._part(name, codes, columns) if parts and self.in_parts(name) else self._checked(name)
        source = self.source(name)
        record(source)
        return Table(name, data.copy(deep=False), source)

    def load(self, name: str, codes: Collection[str] | None = None, columns: Sequence[str] = ()) -> pd.DataFrame:
        """A checked table, safe to change: pandas copies on write. Arguments as of `table`."""
        return self.table(name, codes, columns).data

    def in_parts(self, name: str) -> bool:
        """Whether a table of municipalities is so large that who needs some reads these alone: a parquet."""
        resource = self._resource(name)
        return resource["format"] == "parquet" and bool(municipal(resource))

    def document(self, name: str) -> dict[str, Any]:
        """A checked JSON document (the boundaries); the load is recorded."""
        resource = self._resource(name)
        if "schema" in resource:
            raise DataError(f"{name} is a table, not a document", where=resource["path"], hint=f"load({name!r})")
        document = json_document(verified_bytes(self.folder, resource), resource)
        record(self.source(name))
        return document

    def check(self, files: Sequence[str] = ()) -> list[Source]:
        """Check every resource, and that the folder holds nothing that is not described; or some files of it.

        Raises:
            Faults: all the faults found, together.
        """
        faults: list[DataError] = []
        for name in self.names():
            try:
                resource = self._resource(name)
                if files and resource["path"] not in files:
                    continue
                if "schema" in resource:
                    self._content(resource)
                else:
                    json_document(verified_bytes(self.folder, resource), resource)
            except DataError as fault:
                if str(fault) not in map(str, faults):  # a fault of the register shows in every table of codes
                    faults.append(fault)
        known = {resource["path"] for resource in self._package["resources"]} | {PACKAGE, "README.md"}
        for path in sorted(self.folder.iterdir()):
            if path.is_file() and path.name not in known and path.name in (files or {path.name}):
                faults.append(DataError(f"{path.name} is not described in {PACKAGE}", where=str(path), hint=RESTORE))
        if faults:
            raise Faults(faults)
        return [self.source(name) for name in self.names()]

    def fingerprint(self) -> str:
        """SHA-256 of the descriptor, which holds the hash of every file."""
        stat = self.package_file.stat()
        return _digest(str(self.package_file), stat.st_mtime_ns, stat.st_size)

    def snapshot(self) -> tuple[str, str]:
        """Date of the data and the first 12 characters of the fingerprint, as printed on a page."""
        return str(self._package["created"])[:10], self.fingerprint()[:12]

    def hashes(self) -> dict[str, str]:
        """Resource name -> SHA-256 of its file."""
        return {r["name"]: r["hash"].removeprefix("sha256:") for r in self._package["resources"]}

    def _resource(self, name: str) -> dict[str, Any]:
        for resource in self._package["resources"]:
            if resource["name"] == name:
                return dict(resource)
        raise DataError(f"no table {name!r} in the catalogue", where=str(self.package_file), allowed=self.names())

    def _checked(self, name: str) -> pd.DataFrame:
        resource = self._resource(name)
        path = self.folder / resource["path"]
        stat = path.stat() if path.is_file() else None
        state = (stat and stat.st_mtime_ns, stat and stat.st_size, self.fingerprint())
        if _FRAMES.get(str(path), ((), None))[0] != state:
            _FRAMES[str(path)] = state, read(self._content(resource), resource).to_pandas(use_threads=False)
        return _FRAMES[str(path)][1]

    def _part(self, name: str, codes: Collection[str] | None, columns: Sequence[str]) -> pd.DataFrame:
        resource = self._resource(name)
        known = [item["name"] for item in resource["schema"]["fields"]]
        if strange := [column for column in columns if column not in known]:
            raise DataError(f"the table {name!r} has no column {strange[0]!r}", where=resource["path"], allowed=known)
        frame: pd.DataFrame = read(self._content(resource), resource, codes, columns).to_pandas(use_threads=False)
        return frame

    def _content(self, resource: dict[str, Any]) -> bytes:
        """The bytes of a table's file: the ones described, and no row breaks a rule."""
        if "schema" not in resource:
            hint = f"document({resource['name']!r})"
            raise DataError(f"{resource['name']} is not a table", where=resource["path"], hint=hint)
        content = verified_bytes(self.folder, resource)
        links = resource["schema"].get("foreignKeys", ())
        targets = [self._resource(link["reference"]["resource"])["hash"] for link in links]

        def checked() -> bytes:
            ends = {link["fields"][0]: link["reference"] for link in links}
            known = {column: self._checked(end["resource"])[end["fields"][0]] for column, end in ends.items()}
            check_rows(content, resource, known)
            return b""

        kept.once("checked", [RULES, resource, targets], checked)
        return content


_CHECKOUT = Path(__file__).resolve().parents[2] / "data"
# The tables of one edition by file, never handed out: who asks gets a copy, which pandas parts from it when written to.
_FRAMES: dict[str, tuple[Any, pd.DataFrame]] = {}
_LOADED: ContextVar[list[Source] | None] = ContextVar("loaded", default=None)
_ALWAYS: list[Source] = []


def default() -> Catalog:
    """The default catalogue: `QUADRO_DATA`, the checkout's `data/`, or `data/` of the current folder.

    Raises:
        DataError: none of them holds a `datapackage.yaml`.
    """
    chosen = os.environ.get("QUADRO_DATA")
    if chosen:
        return _catalog(str(Path(chosen)))
    if not (_CHECKOUT / PACKAGE).is_file() and (here := Path("data").resolve() / PACKAGE).is_file():
        return _catalog(str(here.parent))
    return _catalog(str(_CHECKOUT))


def load(name: str, codes: Collection[str] | None = None, columns: Sequence[str] = ()) -> pd.DataFrame:
    """A checked table of the default catalogue, or some rows and columns of it, as `Catalog.table` takes them."""
    return default().load(name, codes, columns)


def table(name: str) -> Table:
    """A checked table of the default catalogue, with its source."""
    return default().table(name)


def document(name: str) -> dict[str, Any]:
    """A checked JSON document of the default catalogue."""
    return default().document(name)


def check() -> list[Source]:
    """Check every resource of the default catalogue."""
    return default().check()


def fingerprint() -> str:
    """SHA-256 of the default catalogue's descriptor."""
    return default().fingerprint()


def forget() -> None:
    """Let go of the tables that are kept in memory; who loads one again reads it again."""
    _FRAMES.clear()
    pa.default_memory_pool().release_unused()


def snapshot() -> tuple[str, str]:
    """Date and short hash of the default catalogue."""
    return default().snapshot()


def used() -> list[Source]:
    """Sources of the tables loaded so far (inside `recording()`: since it began), in order of first load."""
    loaded = _LOADED.get()
    return list(_ALWAYS if loaded is None else loaded)


@contextmanager
def recording() -> Iterator[list[Source]]:
    """Record loads apart: the list given fills up, in order of first load, until the block ends."""
    loaded: list[Source] = []
    token = _LOADED.set(loaded)
    try:
        yield loaded
    finally:
        _LOADED.reset(token)


def _titles(named: dict[str, Any]) -> dict[str, str]:
    """Name of a publisher or licence by language: a proper name is the same in both."""
    title = str(named["title"])
    return dict(named.get("titles", {"it": title, "en": title}))


def record(source: Source) -> None:
    """Note that a table was loaded, such as one that is in no catalogue."""
    loaded = _LOADED.get()
    loaded = _ALWAYS if loaded is None else loaded
    if all((known.name, known.sha256) != (source.name, source.sha256) for known in loaded):
        loaded.append(source)


@lru_cache(maxsize=8)
def _catalog(folder: str) -> Catalog:
    return Catalog(folder)


@lru_cache(maxsize=8)
def _digest(path: str, mtime: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
