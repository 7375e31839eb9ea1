"""Quadro: reproducible policy reports for municipalities, from open data.

Notebooks import from here; nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from toolkit.deferred import put_off

__version__ = "0.1.0"
__all__ = ["Policies", "Report", "__version__", "charts", "impact", "indicators", "pnrr", "spaces"]

_HOME = {"Policies": "toolkit.report.policies", "Report": "toolkit.report"}
put_off()


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in ("charts", "impact", "indicators", "pnrr", "spaces"):
        return import_module(f"toolkit.{name}")
    raise AttributeError(f"module 'toolkit' has no attribute {name!r}; it has {', '.join(__all__)}")
