"""What a run may remember of earlier ones in `.quadro/`: answers that are costly to find, each under a hash of all
that it depends on. Losing the file costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolkit.errors import ToolkitError
from toolkit.run.lock import STATE

FILE = f"{STATE}/memory.json"
KEPT = 8
"""Answers kept a kind, the newest."""


class Memory:
    """Answers by kind and key."""

    def __init__(self, out: Path) -> None:
        self.path = out / FILE
        self.known: dict[str, dict[str, Any]] = {}
        with suppress(OSError, ValueError, AttributeError, RecursionError):
            known = json.loads(self.path.read_text(encoding="utf-8"))
            self.known = {kind: answers for kind, answers in known.items() if isinstance(answers, dict)}
        self.changed = False

    def get(self, kind: str, key: str) -> Any:
        """The answer, or none."""
        return self.known.get(kind, {}).get(key)

    def put(self, kind: str, key: str, answer: Any) -> None:
        """Keep an answer that is JSON."""
        answers = self.known.setdefault(kind, {})
        answers.pop(key, None)
        answers[key] = answer
        for old in list(answers)[:-KEPT]:
            del answers[old]
        self.changed = True

    def write(self) -> None:
        """Keep it for the next run; the output folder exists."""
        if self.changed:
            from toolkit.run.manifest import replace_text

            with suppress(OSError, ToolkitError):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                replace_text(self.path, json.dumps(self.known))


def key(*parts: Any) -> str:
    """A hash of what an answer depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
