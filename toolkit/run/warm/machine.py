"""The side of a run: starts the warm parent, feeds it, and survives its death."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from toolkit.params import ROOT
from toolkit.run import worker
from toolkit.run.job import Job
from toolkit.run.outcome import decide
from toolkit.run.warm.child import MIB, Counters, descendants
from toolkit.run.warm.parent import Settings

PROGRAM = "from toolkit.run.warm.parent import main; main()"
MOST_STARTS = 2
"""Times in a row that a parent may die before it is ready."""


class NotStartedError(Exception):
    """The warm parent could not be started."""


def run(
    jobs: Mapping[int, Job],
    workers: int,
    memory: int,
    modules: Sequence[str],
    folder: Path,
    early: Started | None = None,
    words: list[str] | None = None,
) -> Iterator[tuple[int, worker.Done]]:
    """Yield the number of each job with what it came to, in the order in which they end.

    Args:
        jobs: by number.
        workers: how many at once.
        memory: MiB that one may use; 0: no limit.
        modules: what the parent should import.
        folder: absolute scratch folder.
        early: a parent that was started before it was known what for.
        words: a word for the log is put here.

    Raises:
        NotStartedError: the parent does not come up; jobs not yet yielded are undone.
    """
    machine = Machine(settings(list(jobs.values()), workers, memory, modules, folder), early, words)
    for number, job in jobs.items():
        machine.add(number, job)
    try:
        while machine.busy:
            yield from machine.step()
    finally:
        machine.stop()


def settings(jobs: Sequence[Job], workers: int, memory: int, modules: Sequence[str], folder: Path) -> Settings:
    """What a parent must be told for some jobs, given as to `run`."""
    notebooks = tuple(dict.fromkeys(job.path for job in jobs))
    return Settings(workers, folder, notebooks, memory * MIB, tuple(modules))


@dataclass
class Started:
    """A warm parent that imports, and then waits to be told what for."""

    process: subprocess.Popen[bytes]
    connection: Connection


def start(log: Path | None = None) -> Started:
    """Start a parent.

    Args:
        log: where what it prints goes before it is told; none: nowhere.
    """
    ours, theirs = multiprocessing.Pipe()
    environment = {**os.environ, **worker.ENVIRONMENT}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with (log or Path(os.devnull)).open("ab") as printed:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(theirs.fileno())],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            start_new_session=True,  # Ctrl-C is for the run, which then ends this
        )
    theirs.close()
    return Started(process, ours)


@contextmanager
def started() -> Iterator[Started]:
    """A parent for the first machine to take, ended if none does."""
    early = start()
    try:
        yield early
    finally:
        if not early.connection.closed:
            early.connection.close()
            early.process.kill()
        early.process.wait()


class Machine:
    """A warm parent with the jobs given to it.

    Args:
        settings: what the parent is told.
        early: a parent that was started before it was known what for.
        words: a word for the log is put here.
    """

    def __init__(self, settings: Settings, early: Started | None = None, words: list[str] | None = None) -> None:
        self.settings, self.folder, self.early = settings, settings.folder, early
        self.words = [] if words is None else words
        self.jobs: dict[int, Job] = {}
        self.slots: dict[int, int] = {}
        self.todo: deque[int] = deque()
        self.given: dict[int, int] = {}  # number → process id, 0 where it has not begun
        self.suspects: set[int] = set()  # they ran when the parent died: each is tried again alone
        self.process: subprocess.Popen[bytes] | None = None
        self.connection: Connection | None = None
        self.failures = 0

    @property
    def busy(self) -> bool:
        """Whether a job has not ended."""
        return bool(self.todo or self.given)

    def add(self, number: int, job: Job) -> None:
        """Take one more job."""
        self.jobs[number] = job
        self.todo.append(number)

    def step(self, also: Sequence[Connection] = (), timeout: float | None = None) -> Iterator[tuple[int, worker.Done]]:
        """Wait until the parent says something, and yield the jobs that ended thereby.

        Args:
            also: what ends the wait, too.
            timeout: seconds that it may last.
        """
        try:
            self._feed()
            assert self.connection is not None
            if self.connection in wait([self.connection, *also], timeout):
                yield from self._heard(*self.connection.recv())
        except (EOFError, ConnectionError):
            yield from self._died()

    def _feed(self) -> None:
        """Keep the parent supplied, and alone with one job where one of the suspects is on trial."""
        if self.connection is None:
            self._start()
        assert self.connection is not None
        while self.todo and len(self.given) < (1 if self.suspects else 2 * self.settings.slots):
            number = self.todo.popleft()
            self.given[number] = 0
            self.connection.send(("job", number, self.jobs[number], self.folder / f"{number:05d}"))

    def _heard(self, what: str, *more: Any) -> Iterator[tuple[int, worker.Done]]:
        if what == "ready":
            self.failures = 0
        elif what == "word":
            self.words.append(*more)
        elif what == "began":
            number, pid, slot = more
            self.given[number], self.slots[number] = pid, slot
        else:
            number = more[0]
            del self.given[number]
            self.suspects.discard(number)
            yield number, more[1] if what == "done" else self._lost(number, *more[1:])

    def _lost(self, number: int, trouble: Any, detail: str, begun: int) -> worker.Done:
        """The record of a job whose process left none."""
        from toolkit.run import notebooks

        job = self.jobs[number]
        try:
            left = notebooks.read(job.path)
            for cell in left["cells"][:begun]:
                cell["metadata"]["papermill"] = {"start_time": "begun"}
        except Exception:
            left = {}
        seconds = float(job.timeout) if trouble == "timeout" else 0.0
        return worker.Done(decide(left, trouble, detail), seconds=seconds)

    def _died(self) -> Iterator[tuple[int, worker.Done]]:
        """The parent is dead, and its children with it. One job alone in it is to blame; of several, each is tried."""
        code = self._end()
        begun = [number for number, pid in self.given.items() if pid]
        if not begun:
            self.failures += 1
            if self.failures >= MOST_STARTS:
                raise NotStartedError(f"the warm process ended with {_reason(code)}; see {self.settings.log.name}")
        blamed = begun[0] if len(begun) == 1 else None
        if blamed is None:
            self.suspects |= set(begun)
        self.todo.extendleft(number for number in reversed(self.given) if number != blamed)
        self.given.clear()
        if blamed is not None:
            self.suspects.discard(blamed)
            begun_cells = Counters(self.settings.counters, self.settings.slots).get(self.slots[blamed])
            yield blamed, self._lost(blamed, "worker_died", _reason(code), begun_cells)

    def _start(self) -> None:
        early, self.early = self.early, None
        fresh = early or start(self.settings.log)
        self.process, self.connection = fresh.process, fresh.connection
        self.connection.send(self.settings)

    def stop(self) -> None:
        """End the parent and all below it."""
        self._end()

    def _end(self) -> int:
        """The exit code of the parent, ended if it has not ended by itself."""
        if self.process is None or self.connection is None:
            return 0
        self.connection.close()
        try:
            code = self.process.wait(1.0 if not self.given else 0.3)
        except subprocess.TimeoutExpired:
            family = descendants(self.process.pid)
            self.process.kill()
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            code = self.process.wait()
        for pid in filter(None, self.given.values()):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        self.process = self.connection = None
        return code


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
