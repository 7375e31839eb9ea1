"""What takes seconds to make and depends on one of our modules and on installed packages only: made once a machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path


def made(name: str, make: Callable[[], bytes], *packages: str) -> bytes:
    """What `make` gives, from the user's cache where the same source and packages have made it before.

    Args:
        name: of the file that keeps it.
        make: a function of the module on which the result depends, besides `packages`.
        packages: distributions whose versions count.
    """
    from platformdirs import user_cache_path

    function = make.func if isinstance(make, partial) else make
    source = Path(str(sys.modules[function.__module__].__file__)).read_bytes()
    key = sha256(source + "".join(map(version, packages)).encode()).hexdigest()[:16]
    path = user_cache_path("quadro", appauthor=False) / key / name
    with suppress(OSError):
        return path.read_bytes()
    content = make()
    with suppress(OSError):  # nowhere to keep it: made again next time
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{name}.{os.getpid()}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return content
