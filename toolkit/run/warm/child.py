"""One forked process, watched from outside: its messages, its time, its memory, its end, and all that it started.

Linux only. The child is a session of its own, so that it can be ended with what it started, and the kernel ends it
when its parent dies. A parent must have one thread only, and must not have drawn a chart (V8 does not survive
a fork).
"""

from __future__ import annotations

import atexit
import ctypes
import mmap
import os
import pickle
import random
import resource
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_HEAD = struct.Struct("!Q")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PAGE = resource.getpagesize()
MIB = 2**20
Send = Callable[[Any], None]


def available() -> bool:
    """Whether this system can do it."""
    return sys.platform == "linux" and hasattr(os, "fork") and hasattr(os, "pidfd_open")


def end_with_parent(parent: int) -> None:
    """Ask the system to kill this process when its parent, `parent`, dies."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could be asked
        os._exit(1)


def adopt_orphans() -> None:
    """What children of this process leave behind becomes a child of this process, which can then end it."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


class Counters:
    """One number a slot, in a file that both sides map: a child writes, and even after it was killed others read."""

    def __init__(self, path: Path, slots: int) -> None:
        with path.open("a+b") as file:
            file.truncate(slots * _HEAD.size)
            self._memory = mmap.mmap(file.fileno(), slots * _HEAD.size)

    def set(self, slot: int, number: int) -> None:
        """Note how far the child of a slot is."""
        _HEAD.pack_into(self._memory, slot * _HEAD.size, number)

    def get(self, slot: int) -> int:
        """How far the child of a slot is, or was."""
        return int(_HEAD.unpack_from(self._memory, slot * _HEAD.size)[0])


class Child:
    """A process forked from this one.

    Args:
        work: called in the child with a function that sends an object to the parent; its return ends the child.
        timeout: seconds it may take; 0: as long as it wants.
        memory: bytes it may use beyond what it shares with its parent, its own children included; 0: no limit.
        close: descriptors of the parent that are none of the child's business.
    """

    def __init__(
        self, work: Callable[[Send], None], *, timeout: float = 0, memory: int = 0, close: Iterable[int] = ()
    ) -> None:
        self.memory, self.timeout = memory, timeout
        self.began = time.monotonic()
        self.reason = ""
        self._received = bytearray()
        self._peak = 0
        parent, shared = os.getpid(), anonymous(os.getpid())
        self._inherited = shared
        reading, writing = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _be_child(work, parent, writing, (reading, *close))
        os.close(writing)
        os.set_blocking(reading, False)
        self.pipe = reading  # ready to read when the child has sent something
        self.end = os.pidfd_open(self.pid)  # ready when it has ended

    def messages(self) -> list[Any]:
        """What the child has sent, whole objects only."""
        with suppress(BlockingIOError):
            while part := os.read(self.pipe, 2**16):
                self._received += part
        found = []
        while len(self._received) >= _HEAD.size:
            (size,) = _HEAD.unpack_from(self._received)
            if len(self._received) < _HEAD.size + size:
                break
            found.append(pickle.loads(self._received[_HEAD.size : _HEAD.size + size]))
            del self._received[: _HEAD.size + size]
        return found

    def overdue(self) -> str:
        """`timeout` or `memory` where the child takes more than it may, else empty."""
        if self.timeout and time.monotonic() - self.began > self.timeout:
            return "timeout"
        if self.memory:
            family = descendants(self.pid)
            rough = anonymous(self.pid) - self._inherited + sum(map(anonymous, family))
            if rough > self.memory and sum(map(own, (self.pid, *family))) > self.memory:
                return "memory"
        return ""

    def kill(self) -> None:
        """End the child and all that it started, at once."""
        family = descendants(self.pid)
        for pid in (self.pid, *family):
            _kill(pid)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> int:
        """Wait for the child's end, end what it left, and return its exit code; minus the signal that ended it."""
        _, status = os.waitpid(self.pid, 0)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # of its session; the leader has gone
        os.close(self.pipe)
        os.close(self.end)
        return os.waitstatus_to_exitcode(status)


def _be_child(work: Callable[[Send], None], parent: int, pipe: int, close: Iterable[int]) -> None:
    """The life of a child; does not return."""
    code = 1
    try:
        me = os.getpid()
        os.setsid()
        end_with_parent(parent)
        for number in close:
            with suppress(OSError):
                os.close(number)
        atexit._clear()  # what the parent wants done at its end
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        _reseed()

        def send(message: Any) -> None:
            if os.getpid() == me:
                _write(pipe, pickle.dumps(message))

        work(send)
        atexit._run_exitfuncs()
        code = 0
    except BaseException:
        with suppress(Exception):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(code)


def _reseed() -> None:
    """Two processes forked from one must not draw the same random numbers."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def _write(pipe: int, content: bytes) -> None:
    rest = memoryview(_HEAD.pack(len(content)) + content)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def anonymous(pid: int) -> int:
    """Bytes of memory that no file stands behind, shared with a parent or not; 0 where the process has gone."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(fields[1]) - int(fields[2])) * _PAGE
    return 0


def own(pid: int) -> int:
    """Bytes of private memory: what would be free without this process."""
    total = 0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1]) * 1024
    return total


def descendants(pid: int) -> list[int]:
    """All processes below one, nearest first."""
    found: list[int] = []
    for task in _tasks(pid):
        with suppress(OSError):
            for child in Path(f"{task}/children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def _tasks(pid: int) -> list[str]:
    try:
        return [entry.path for entry in os.scandir(f"/proc/{pid}/task")]
    except OSError:
        return []


def end_strays(known: Iterable[int], running: Iterable[int] = ()) -> None:
    """End and reap what ended notebooks left behind.

    Args:
        known: children of this process that are no strays.
        running: those of them that execute notebooks: what began after one of them may be its own, and is spared.
    """
    known = set(known)
    oldest = min(map(_started, running), default=None)
    with suppress(OSError):
        for text in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            pid = int(text)
            if pid not in known and (oldest is None or _started(pid) < oldest):
                for one in (pid, *descendants(pid)):
                    _kill(one)
                with suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def _started(pid: int) -> int:
    """When a process began, in clock ticks of the system."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return 0


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
