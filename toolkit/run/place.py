"""Where the pages of a run go: a folder here, or an address elsewhere (`address`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit import inside
from toolkit.run import lock, manifest


def of(out: Path | str) -> Folder:
    """The place that a path or an address means.

    Raises:
        ToolkitError: no place can be meant, or the extra is not installed.
    """
    text = str(out)
    if isinstance(out, Path) or "://" not in text:
        return Folder(Path(out))
    if text.startswith("file:///"):
        return Folder(Path(text.removeprefix("file://")))
    from toolkit.run.address import Address

    return Address(text)


class Folder:
    """An output folder.

    Attributes:
        path: the folder in which the run is made.
        address: where readers find it, where this is not that folder.
    """

    address = ""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else writes meanwhile."""
        with lock.held(self.path):
            yield

    @property
    def whole(self) -> bool:
        """Whether what the last run made has arrived."""
        return True

    def refresh(self) -> None:
        """Learn what is there, to say what a run would do."""

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.path / name).is_file()

    def promote(self, files: Iterable[Path], folder: str) -> None:
        """Put finished files there, each in one atomic step, in their order."""
        manifest.promote(files, self.path, folder)

    def remove(self, name: str) -> None:
        """Remove a file that no page has any more."""
        inside.path(self.path, name).unlink(missing_ok=True)

    def publish(self, site: bool) -> None:
        """The run has ended, and with `site` its index and shared files are new."""
