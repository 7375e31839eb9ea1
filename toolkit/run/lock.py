"""One run at a time on an output folder."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit import inside
from toolkit.errors import ParameterError, ToolkitError

STATE = ".quadro"


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold the output folder; a lock that a dead process left behind is taken over.

    The system frees the lock when its owner ends, however it ends; the file only tells others who holds it.

    Raises:
        ParameterError: another run holds the folder, or it cannot be written.
        OutsideError: its state is behind a link.
    """
    try:
        import fcntl
    except ImportError:
        raise ToolkitError("`quadro run` needs Linux, macOS or WSL: this system has no file locks of theirs.") from None
    try:
        inside.unlinked(out / STATE)
        (out / STATE).mkdir(parents=True, exist_ok=True)
        for path in (out / STATE).iterdir():
            inside.unlinked(path)
        descriptor = os.open(out / STATE / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ParameterError(f"The output folder cannot be written: {error.strerror}.", where=str(out)) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _busy(out, os.pread(descriptor, 1000, 0)) from None
        owner = {"pid": os.getpid(), "host": platform.node(), "since": time.time()}
        with suppress(OSError):  # a full disk: who else comes is not told whose lock it is
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(owner).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _busy(out: Path, content: bytes) -> ParameterError:
    try:
        owner = json.loads(content)
        minutes, seconds = divmod(int(time.time() - owner["since"]), 60)
        who = f"process {owner['pid']} on {owner['host']}, for {minutes} min {seconds} s"
    except (ValueError, KeyError, TypeError):
        who = "a process that has only just begun"
    return ParameterError(
        f"Another run is writing into this folder: {who}.",
        where=str(out),
        hint="wait for it to end, or choose another folder with --out",
    )
