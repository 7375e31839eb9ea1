"""One page to make: a notebook, a territory, a language and the values given to the notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.contract import LANGUAGES


@dataclass(frozen=True)
class Job:
    """One execution of one notebook.

    Attributes:
        notebook: name of the notebook, which is the name of the report.
        path: the notebook file.
        kind: `municipality` or `area`.
        code: ISTAT code, or id of the area.
        name: name of the territory, for people.
        folder: folder of its pages below the output folder.
        language: `it` or `en`.
        values: every parameter given to the notebook.
        timeout: seconds it may take.
        languages: the languages in which this report is made; its pages link to one another.
    """

    notebook: str
    path: Path
    kind: str
    code: str
    name: str
    folder: str
    language: str
    values: dict[str, Any] = field(default_factory=dict)
    timeout: int = 600
    languages: tuple[str, ...] = LANGUAGES

    @property
    def stem(self) -> str:
        """File name of page and notebook without its ending: `benchmark.it`."""
        return f"{self.notebook}.{self.language}"

    @property
    def page(self) -> str:
        """Stable address of the page below the output folder."""
        return f"{self.folder}/{self.stem}.html"

    def __str__(self) -> str:
        return f"{self.notebook} · {self.name} ({self.code}) · {self.language}"
