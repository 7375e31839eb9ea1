"""Names that others have written (a manifest, a store, a message) are proved to lie inside a folder before they serve.

`plain` proves a name, `path` and `folder` the way to it on this machine: no link is followed for writing or deleting.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from pathlib import Path

from toolkit.errors import ToolkitError

ALLOWED = "058091-roma/benchmark.it.html and the like; no part empty or with a dot first, no \\ : % or control sign"
LONGEST = 255
"""Bytes of a part, on all usual file systems."""


class OutsideError(ToolkitError):
    """A name that could lead out of its folder."""


def is_plain(name: object) -> bool:
    """Whether a name below some folder, its parts joined by `/`, means no other place on any system or store."""
    return isinstance(name, str) and all(map(_is_plain, name.split("/")))


def _is_plain(part: str) -> bool:
    if not part or part[0] == "." or any(sign in "\\:%" or unicodedata.category(sign)[0] == "C" for sign in part):
        return False
    return len(part.encode()) <= LONGEST


def plain(name: str) -> str:
    """The name, as it is.

    Raises:
        OutsideError: it is not plain.
    """
    if not is_plain(name):
        raise OutsideError(f"{str(name)[:200]!r} is not a name inside the folder.", allowed=ALLOWED)
    return name


def path(out: Path, name: str) -> Path:
    """The path of a name below a folder; what is there may be a link, which is then replaced or removed itself.

    Args:
        out: trusted; it may be a link.
        name: not trusted.

    Raises:
        OutsideError: the name is not plain, or a folder on the way is a link.
    """
    parents, _, last = plain(name).rpartition("/")
    return (folder(out, parents) if parents else out) / last


def folder(out: Path, name: str) -> Path:
    """The path of a folder below another; whether it is there or not, neither it nor a folder on the way is a link.

    Raises:
        OutsideError: the name is not plain, or there is a link.
    """
    at = out
    for part in plain(name).split("/"):
        at = at / part
        unlinked(at)
    return at


def unlinked(at: Path) -> None:
    """Refuse a link.

    Raises:
        OutsideError: it is one.
    """
    if at.is_symlink():
        raise OutsideError(f"{at} is a link: nothing is written or removed behind it.", hint="remove it")


def write(target: Path, content: bytes) -> Path:
    """Write a file so that readers see the old or the new one, never half of it; a link in its place is replaced."""
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    with scratch.open("xb") as file:
        file.write(content)
    scratch.replace(target)
    return target


def clear(target: Path) -> None:
    """Remove a file, a link itself, or a folder with all that is in it; nothing where there is nothing."""
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target, ignore_errors=True)
    else:
        target.unlink(missing_ok=True)
