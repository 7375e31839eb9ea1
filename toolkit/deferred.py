"""An import put off until it is used.

jsonschema, which nbformat and altair import, imports `rfc3987_syntax` for two of its formats (`iri`, `iri-reference`);
that compiles 39 grammars, which is half of what a process that opens a notebook spends on imports. Whoever checks such
a format or asks the module for anything gets the real one.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

NAME = "rfc3987_syntax"


class _Deferred(ModuleType):
    """Stands for the module until somebody uses it."""

    def is_valid_syntax(self, *asked: Any) -> Any:
        """All that jsonschema takes from it."""
        return self.__getattr__("is_valid_syntax")(*asked)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # who looks through all modules uses none
            raise AttributeError(name)
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        return getattr(import_module(NAME), name)


def put_off() -> None:
    """Have it imported at first use; nothing changes where it is imported already or not installed."""
    if NAME in sys.modules or not (spec := find_spec(NAME)):
        return
    module = _Deferred(NAME)
    module.__spec__, module.__path__ = spec, list(spec.submodule_search_locations or ())
    sys.modules[NAME] = module
