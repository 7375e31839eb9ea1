"""Pages at an address: an object store (`s3://bucket/prefix`), or any file system that fsspec knows.

A run is made in a staging folder of this machine, which has the lock, the journal and `run.json`. Each page is written
to the address as soon as it is made, results first, the page itself last, each file with one write, which object stores
do atomically; index, log and `run.json` follow at the end. The staging folder keeps the first lines of the pages, from
which the index is made, and no page; it may be deleted at any time.

What is at the address counts: where its `run.json` is not the one that this machine left or read last, another machine
has published, and the staging folder is filled anew from the address.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from toolkit import inside
from toolkit.errors import ParameterError, ToolkitError, installing
from toolkit.run import lock
from toolkit.run.manifest import MANIFEST, UNREADABLE, now, replace_text
from toolkit.run.place import Folder
from toolkit.run.worker import first_line

LOG = "run.log"
KNOWN = f"{lock.STATE}/published.json"
KEPT = ("lock", "memory.json")
OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
ALLOWED = "a folder, file:///FOLDER, s3://BUCKET/PREFIX, gs://…, az://…, memory://…, and what fsspec has a package for"
HEAD = 4096
"""Bytes of a page that the index reads; see `toolkit.render.index`."""
PATIENCE = timedelta(seconds=60)


class Address(Folder):
    """Pages at an address.

    Args:
        text: the address.

    Raises:
        ToolkitError: it cannot be one, or the extra is not installed.
    """

    def __init__(self, text: str) -> None:
        self.address = text.rstrip("/")
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        super().__init__(cache / "quadro" / _hash(self.address.encode())[:16])
        self.protocol = text.partition("://")[0]
        self.files, self.root = self._opened()
        self.there: set[str] = set()

    def _opened(self) -> tuple[Any, str]:
        """The file system, and the path in it."""
        try:
            import fsspec
            from obstore.fsspec import FsspecStore
        except ImportError as error:
            raise ToolkitError(
                f"Writing to {self.address} needs the package {error.name}.", hint=installing("cluster")
            ) from None
        rest = self.address.partition("://")[2]
        try:
            if not rest.strip("/"):
                raise ValueError("it names no bucket or folder")
            if self.protocol not in OBJECT_STORES:
                files, root = fsspec.core.url_to_fs(self.address)
                return files, root.rstrip("/")
            plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
            options: dict[str, Any] = {
                "client_options": {"connect_timeout": timedelta(seconds=5), "timeout": PATIENCE, "allow_http": plain},
                "retry_config": {"max_retries": 5, "retry_timeout": PATIENCE},
            }
            return FsspecStore(self.protocol, skip_instance_cache=True, **options), rest  # type: ignore[call-overload]
        except (ValueError, ImportError) as error:
            what = f"{self.protocol}://{rest} is no address to write to: {error}."
            raise ParameterError(what, where="--out", allowed=ALLOWED) from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else on this machine writes meanwhile; what is there is known, and can be written."""
        with lock.held(self.path):
            with self._told("read or written"):
                self._fetch()
                self._write(LOG, f"{now()} begun\n".encode())
            yield

    @property
    def whole(self) -> bool:
        """Whether what the last run of this machine made has arrived."""
        return bool(self._known()["run"] == self._local())

    def refresh(self) -> None:
        """Learn what is there, to say what a run would do."""
        with lock.held(self.path), self._told("read"):
            self._fetch()

    def has(self, name: str) -> bool:
        """Whether a file is at the address."""
        return name in self.there

    def promote(self, files: Iterable[Path], folder: str) -> None:
        """Write finished files to the address, each with one write, in their order.

        Raises:
            OSError: one could not be written.
        """
        for path in files:
            content = path.read_bytes()
            with _as_os_error():
                self._write(f"{folder}/{path.name}", content)
            self._keep_head(f"{folder}/{path.name}", content)

    def remove(self, name: str) -> None:
        """Remove a file that no page has any more.

        Raises:
            OSError: it could not be removed.
        """
        if name in self.there:
            with _as_os_error():
                self.files.rm_file(f"{self.root}/{name}")
            self.there.discard(name)
        super().remove(name)

    def publish(self, site: bool) -> None:
        """Write what changed: shared files, pages, the index after what it links to, the log, `run.json` last.

        Raises:
            ToolkitError: the address cannot be written; the next run does it again.
        """
        known = self._known()
        pages = sorted(self.path.glob("*.html"), key=lambda path: (path.name.startswith("index"), path.name))
        paths = [*sorted((self.path / "assets").iterdir()), *pages] if site else []
        with self._told("written"):
            for path in paths:
                name, content = path.relative_to(self.path).as_posix(), path.read_bytes()
                if name not in self.there or known["files"].get(name) != _hash(content):
                    self._write(name, content)
                    known["files"][name] = _hash(content)
            for name in (LOG, MANIFEST):
                content = (self.path / name).read_bytes()
                self._write(name, content)
        self._know({**known, "run": _hash(content)})

    def _fetch(self) -> None:
        """What is at the address, and the state that its last run left."""
        self.files.invalidate_cache()
        start = len(self.root) + 1
        self.there = set(filter(inside.is_plain, (name[start:] for name in self.files.find(self.root))))
        left = self.files.cat_file(f"{self.root}/{MANIFEST}") if MANIFEST in self.there else b""
        if _hash(left) not in (self._known()["run"], self._local()):
            self._forget()
            if left:
                inside.write(self.path / MANIFEST, left)
            self._know({"run": _hash(left), "files": {}})
        pages = [name for name in sorted(self.there) if name.count("/") == 1 and name.endswith(".html")]
        unknown = [name for name in pages if not super(Address, self).has(name)]
        heads = self.files.cat_ranges([f"{self.root}/{name}" for name in unknown], 0, HEAD) if unknown else []
        for name, head in zip(unknown, heads, strict=True):
            self._keep_head(name, head)

    def _local(self) -> str:
        """Hash of the `run.json` of this machine."""
        return _hash((self.path / MANIFEST).read_bytes() if super().has(MANIFEST) else b"")

    def _write(self, name: str, content: bytes) -> None:
        """One file in one write."""
        path = f"{self.root}/{inside.plain(name)}"
        if self.protocol in OBJECT_STORES:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            kind += "; charset=utf-8" if kind.startswith("text/") else ""
            with self.files.open(path, "wb", attributes={"Content-Type": kind}) as file:
                file.write(content)
        else:
            self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
            with self.files.transaction:  # aside, then moved, where writing is not atomic
                self.files.pipe_file(path, content)
        self.there.add(name)

    def _keep_head(self, name: str, content: bytes) -> None:
        """Keep of a page what the index reads."""
        if name.endswith(".html"):
            path = inside.path(self.path, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            inside.write(path, content[:HEAD])

    def _forget(self) -> None:
        """Empty the staging folder."""
        for path in [*self.path.iterdir(), *(self.path / lock.STATE).iterdir()]:
            if path.name not in (lock.STATE, *KEPT):
                inside.clear(path)

    def _known(self) -> dict[str, Any]:
        """What was last read from or written to the address: hash of `run.json`, and of the shared files."""
        try:
            known = json.loads((self.path / KNOWN).read_text(encoding="utf-8"))
            return {"run": str(known["run"]), "files": dict(known["files"])}
        except UNREADABLE:
            return {"run": _hash(b""), "files": {}}

    def _know(self, known: dict[str, Any]) -> None:
        replace_text(self.path / KNOWN, json.dumps(known))

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        """Faults of the store in plain words."""
        try:
            with _as_os_error():
                yield
        except OSError as error:
            what = f"{self.address} cannot be {done}: {error}."
            hint = "is the address right, are credentials in the environment? What was promoted stays; run again."
            raise ToolkitError(what, where="--out", hint=hint) from None


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Each library has exceptions of its own for the same faults."""
    try:
        yield
    except ToolkitError:
        raise
    except Exception as error:
        code = re.search(r"<Code>(\w+)</Code>", str(error))  # of S3's own answer
        raise OSError(code[1] if code else first_line(error)) from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
