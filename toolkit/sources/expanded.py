"""How large a compressed file becomes, found without keeping what comes out, before anybody reads it whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet

MOST = 2**30
"""Bytes that a file may expand to."""
RATIO = 200
"""Times its own size that a file may expand to, where that is more than `FREE` bytes; tables come to 5 to 40."""
FREE = 2**25
BROKEN: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, RuntimeError)
BROKEN += (zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException)
_CHUNK = 2**20
_CELL = 8
"""Bytes that a cell of a parquet file takes at least, once read."""


class TooLargeError(Exception):
    """A file that expands beyond the limits, or whose size cannot be known; it is worded as the rule it breaks."""


def check(path: Path) -> None:
    """Refuse a file that would expand beyond the limits; the first bytes say what it is, not its name.

    Raises:
        TooLargeError: it would, or it is compressed and broken.
    """
    with path.open("rb") as file:
        head = file.read(6)
    sizes = next((sizes for mark, sizes in _SIZES.items() if head.startswith(mark)), None)
    if sizes is None:
        return
    own, total = path.stat().st_size, 0
    try:
        for size in sizes(path):
            total += size
            if total > MOST or total > max(FREE, RATIO * own):
                rule = f"expands to at most {MOST:,} bytes and {RATIO} times its size ({own:,} bytes)"
                raise TooLargeError(f"{rule}; it expands to more than {total - size:,}")
    except (
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        lzma.LZMAError,
        zipfile.BadZipFile,
        pa.ArrowException,
    ) as broken:
        raise TooLargeError(f"is a compressed file that can be read ({broken})") from None


def _stream(opened: Callable[[Path], Any]) -> Callable[[Path], Iterator[int]]:
    def sizes(path: Path) -> Iterator[int]:
        with opened(path) as file:
            while part := file.read(_CHUNK):
                yield len(part)

    return sizes


def _members(path: Path) -> Iterator[int]:
    """Sizes of the members of a zip; a reader gives no more than it says, and fails where that is not all."""
    with zipfile.ZipFile(path) as file:
        for member in file.infolist():
            yield member.file_size


def _groups(path: Path) -> Iterator[int]:
    """Bytes of the row groups of a parquet file: as it says, and at least a word a cell (one run may be many rows)."""
    about = pyarrow.parquet.read_metadata(path)
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        yield max(group.total_byte_size, group.num_rows * group.num_columns * _CELL)


def _zstd(path: Path) -> BinaryIO:
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


_SIZES: Mapping[bytes, Callable[[Path], Iterator[int]]] = {
    b"\x1f\x8b": _stream(gzip.open),
    b"BZh": _stream(bz2.open),
    b"\xfd7zXZ": _stream(lzma.open),
    b"\x28\xb5\x2f\xfd": _stream(_zstd),
    b"PK": _members,
    b"PAR1": _groups,
}
"""First bytes → sizes of what the file holds, bit by bit (xlsx and ods are zips)."""
