"""Notebooks that a test run executes once, whichever of its tests and processes ask for them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import nbformat
import pytest
from harness import execute

from toolkit.display import DEFER_CHARTS

FOLDER = "QUADRO_EXECUTED"
"""Names the folder where they are kept: `conftest.py` makes and removes it."""


def executed(name: str, **parameters: str) -> nbformat.NotebookNode:
    """What `execute` gives, charts not drawn; each caller gets a copy of its own.

    Not for a test that changes what the toolkit does: it would get, or leave to others, a page that is not so.
    """
    asked: dict[str, Any] = {"language": "it", "as_of": "", **parameters}
    key = hashlib.sha256(repr((name, sorted(asked.items()))).encode()).hexdigest()
    kept = Path(os.environ[FOLDER]) / key
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(DEFER_CHARTS, "1")
                notebook = execute(name, **parameters)
            kept.write_bytes(pickle.dumps(notebook))
    return pickle.loads(kept.read_bytes())
