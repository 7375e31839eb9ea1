"""What a page depends on, part by part: equal parts, nothing to do. Nothing heavy is imported to know it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from toolkit.contract import PACKAGE
from toolkit.run import notebooks
from toolkit.run.job import Job
from toolkit.run.modules import Modules

SHORT = 12
READ_BY = {"toolkit.params.policy": "policies/*.yml", "toolkit.report.comparing": "sets/*.yml"}
"""Files of `params/` that only the pages of some modules read; those directly in it may be read by all."""
OWN = "own"
"""Folder of the data with an analyst's CSV files (`toolkit.report.own_data`), which pages name with their `.csv`."""
WORDED = {
    "page": "it was made for another address or other languages",
    "notebook": "the notebook changed",
    "values": "its parameters changed",
    "choices": "a file of params/ changed",
    "own": "what the municipality declares of itself changed",
    "modules": "a module of the toolkit changed",
    "files": "a text, template or style of the toolkit changed",
    "tables": "a table changed",
    "lock": "the locked package versions changed",
    "python": "it was made with another Python",
}

Parts = dict[str, str]
"""Part → short hash."""


@dataclass
class Inputs:
    """What all pages of one run share, hashed once.

    Attributes:
        home: the checkout.
        tables: table → hash of its description, which holds that of its file.
        modules: of the toolkit.
        bags: hash → the names and hashes behind it, to say which one changed.
    """

    home: Path
    tables: Mapping[str, str]
    modules: Modules = field(default_factory=Modules)
    bags: dict[str, Parts] = field(default_factory=dict)
    _used: dict[Path, Parts] = field(default_factory=dict)
    _hashes: dict[Path, str] = field(default_factory=dict)
    _tables: dict[tuple[str, ...], str] = field(default_factory=dict)

    def of(self, job: Job, loaded: Iterable[str] | None) -> Parts:
        """The parts of a page.

        Args:
            job: its job.
            loaded: tables that it loads; none: nobody knows, so it depends on all.
        """
        used = self.used(job.path)
        names = (*self.tables, *_own_files()) if loaded is None else tuple(loaded)
        if names not in self._tables:
            self._tables[names] = self._bag({name: self._table(name) for name in names})
        return {
            "page": _short([job.page, *job.languages]),
            "notebook": self._hash(job.path),
            "values": _short(job.values),
            "choices": self._choices(used),
            "own": self._hash(self.home / "params" / "own" / f"{job.code}.yml"),
            "modules": self._bag(used),
            "files": self.modules.others[:SHORT],
            "tables": self._tables[names],
            "lock": self.lock[:SHORT],
            "python": ".".join(map(str, sys.version_info[:2])),
        }

    def _table(self, name: str) -> str:
        """Hash of a table of the catalogue, or of a CSV file of one's own."""
        own = self._hash(data_folder() / OWN / name) if name.endswith(".csv") else ""
        return own or self.tables.get(name, "gone")

    def used(self, notebook: Path) -> Parts:
        """Modules of the toolkit that a notebook uses, with their hashes."""
        if notebook not in self._used:
            cells = notebooks.read(notebook)["cells"]
            used = self.modules.used(cell["source"] for cell in cells if cell["cell_type"] == "code")
            self._used[notebook] = {name: digest[:SHORT] for name, digest in used.items()}
        return self._used[notebook]

    def _choices(self, used: Parts) -> str:
        patterns = ["*.yml", *(pattern for module, pattern in READ_BY.items() if module in used)]
        return self._bag(self._choice_files(tuple(patterns)))

    def _choice_files(self, patterns: tuple[str, ...]) -> Parts:
        folder = self.home / "params"
        found = (path for pattern in patterns for path in sorted(folder.glob(pattern)))
        return {str(path.relative_to(folder)): self._hash(path) for path in found}

    def _bag(self, content: Parts) -> str:
        name = _short(content)
        self.bags[name] = content
        return name

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = file_hash(path)[:SHORT] if path.is_file() else ""
        return self._hashes[path]

    @cached_property
    def lock(self) -> str:
        """Hash of the locked package versions, empty where there is no lock."""
        path = self.home / "requirements.lock"
        return file_hash(path) if path.exists() else ""

    @cached_property
    def toolkit(self) -> str:
        """Hash of all modules and files of the toolkit."""
        content = json.dumps([self.modules.hashes, self.modules.others], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def reasons(self, before: Any, now: Parts, bags: Mapping[str, Parts]) -> list[str]:
        """Why a page is to be made again, in words; empty where it is not.

        Args:
            before: parts of the page that is there.
            now: parts of the page to be made.
            bags: those of the run that made it.
        """
        if not isinstance(before, dict):
            return ["it was made by an earlier version"]
        changed = [part for part in WORDED if before.get(part) != now[part]]
        return [WORDED[part] + _which(bags.get(before.get(part, "")), self.bags.get(now[part])) for part in changed]


def _which(before: Parts | None, now: Parts | None) -> str:
    """The names whose hashes differ."""
    if not isinstance(before, dict) or now is None:  # it was kept in the output folder, where others may have written
        return ""
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f": {', '.join(names[:4])}{more}"


def _short(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:SHORT]


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def data_folder() -> Path:
    """The folder of the default catalogue; the rule is that of `catalog.default`, which imports pandas."""
    import toolkit

    if os.environ.get("QUADRO_DATA"):
        return Path(os.environ["QUADRO_DATA"])
    checkout, here = Path(toolkit.__file__).resolve().parents[1] / "data", Path("data").resolve()
    return checkout if (checkout / PACKAGE).is_file() or not (here / PACKAGE).is_file() else here


def _own_files() -> list[str]:
    folder = data_folder() / OWN
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.csv"))


@dataclass(frozen=True)
class Tables:
    """The tables of a catalogue whose files are those described.

    Attributes:
        described: table → hash of its description, which holds that of its file.
        files: table → SHA-256 of its file.
    """

    described: Parts = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def tables(folder: Path) -> Tables | None:
    """The tables of a folder; none where a file is not the one described, which a full check words."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        resources = yaml.load((folder / PACKAGE).read_text(encoding="utf-8"), Loader=loader)["resources"]
        files = {item["name"]: file_hash(folder / item["path"]) for item in resources}
        known = {item["path"] for item in resources} | {PACKAGE, "README.md"}
        strange = any(path.is_file() and path.name not in known for path in folder.iterdir())
        if strange or any(item["hash"] != f"sha256:{files[item['name']]}" for item in resources):
            return None
        return Tables({item["name"]: _short(json.loads(json.dumps(item, default=str))) for item in resources}, files)
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return None
