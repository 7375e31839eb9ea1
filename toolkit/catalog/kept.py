"""What takes long and follows from files alone is found out once a machine, and kept under a key that says of which.

It is kept in the user's cache folder; where there is none to write to, it is found out again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
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
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_bytes(made)
        partial.replace(path)
    return made


def folder() -> Path:
    """Where it is kept."""
    from platformdirs import user_cache_path

    return Path(user_cache_path("quadro", appauthor=False))
