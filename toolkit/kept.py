"""What takes long and follows from files alone is found out once a machine, and kept under a key that says of which.

It is kept in the user's cache folder; where there is none to write to, it is found out again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any


def once(kind: str, of: Any, make: Callable[[], bytes]) -> bytes:
    """What `make` returns, made once a machine for what it is made `of`.

    Args:
        kind: what it is, a name of a folder.
        of: all that it follows from, such as hashes of files and the source of what makes it; JSON values.
        make: makes it; what it raises is raised again next time.
    """
    path = folder() / kind / hashlib.sha256(json.dumps(of, sort_keys=True, default=str).encode()).hexdigest()[:32]
    with suppress(OSError):
        return path.read_bytes()
    made = make()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_bytes(made)
        unfinished.replace(path)
    return made


def built(kind: str, make: Callable[[], bytes], *packages: str) -> bytes:
    """What a function of the toolkit returns that follows from its arguments, its module and distributions alone."""
    function, given = (make.func, make.args) if isinstance(make, partial) else (make, ())
    source = Path(str(sys.modules[function.__module__].__file__)).read_text(encoding="utf-8")
    return once(kind, [function.__qualname__, given, source, *map(version, packages)], make)


def folder() -> Path:
    """Where it is kept."""
    from platformdirs import user_cache_path

    return Path(user_cache_path("quadro", appauthor=False))
