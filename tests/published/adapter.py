"""One door to all published cases: `compute(case, data_dir) -> {what: value}`.

Each theme keeps its cases in `compute_<theme>.py`, beside this file: `CASES` (what is computed) and, where there are
any, `EXCLUDED` (what is not, and why).
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

THEMES = ("benchmark", "impact", "pnrr", "spaces")


def _gather(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for theme in THEMES:
        if (HERE / f"compute_{theme}.py").exists():
            found |= getattr(import_module(f"compute_{theme}"), name, {})
    return found


CASES = _gather("CASES")
EXCLUDED: dict[str, str] = _gather("EXCLUDED")


def compute(case: str, data_dir: str | Path) -> dict[str, Any]:
    """Figures of a case, by the name they have in the published table."""
    if case in EXCLUDED:
        raise NotImplementedError(f"{case} is excluded: {EXCLUDED[case]}")
    if case not in CASES:
        raise KeyError(f"{case} is not computed; these are: {', '.join(sorted(CASES))}")
    return dict(CASES[case](Path(data_dir)))
