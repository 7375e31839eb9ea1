"""What a page depends on, as one hash: equal hash, nothing to do."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from toolkit.run.job import Job

SUFFIXES = (".py", ".yml", ".yaml", ".json", ".j2", ".css", ".js", ".svg", ".html")
"""Files of `toolkit` that can change a page."""


@dataclass(frozen=True)
class Inputs:
    """What all pages of one run share, hashed once.

    Attributes:
        home: the checkout.
        data: fingerprint of the catalogue, which holds the hash of every table.
    """

    home: Path
    data: str

    def of(self, job: Job) -> str:
        """Hash of notebook, values, choices, data, source of the toolkit, lock and Python version."""
        asked = [file_hash(job.path), job.page, job.values, job.languages]
        own = self.home / "params" / "own" / f"{job.code}.yml"
        asked += [self.choices, file_hash(own) if own.is_file() else ""]
        parts = [*asked, self.data, self.toolkit, self.lock, sys.version_info[:2]]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @cached_property
    def choices(self) -> dict[str, str]:
        """Hashes of the choices that every page may read: `params/*.yml`, and the policies."""
        folder = self.home / "params"
        found = [*sorted(folder.glob("*.yml")), *sorted(folder.glob("policies/*.yml"))]
        return {path.name: file_hash(path) for path in found}

    @cached_property
    def lock(self) -> str:
        """Hash of the locked package versions, empty where there is no lock."""
        path = self.home / "requirements.lock"
        return file_hash(path) if path.exists() else ""

    @cached_property
    def toolkit(self) -> str:
        """Hash of all files of the toolkit that can change a page."""
        folder = Path(__file__).resolve().parents[1]
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                digest.update(f"{path.relative_to(folder)}\n{file_hash(path)}\n".encode())
        return digest.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
