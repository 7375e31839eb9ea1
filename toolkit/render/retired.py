"""Old addresses of a page: each leads to what now stands for it, `retired.yml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

REGISTER = Path(__file__).with_suffix(".yml")
EVERY = "every"


@lru_cache(maxsize=1)
def register() -> dict[str, dict[str, tuple[str, ...]]]:
    """Report, or `every` → old id → the ids that stand for it, the nearest first."""
    told = yaml.safe_load(REGISTER.read_text(encoding="utf-8"))
    return {
        report: {old: (new,) if isinstance(new, str) else tuple(new) for old, new in pairs.items()}
        for report, pairs in told.items()
    }


def retired(report: str) -> dict[str, tuple[str, ...]]:
    """Old id → the ids that stand for it on the page of a report, the nearest first."""
    return register()[EVERY] | register().get(report, {})


def is_taken(report: str, name: str) -> bool:
    """Whether an id of the report once meant something else, so that nothing new may have it."""
    return name in register().get(report, {})
