"""The side of a Dask worker: what it would make pages with, and one warm parent a run that its threads feed.

A Dask worker has threads, so notebooks are not forked from it: the warm parent is a process of its own (see `warm`),
which ends when the worker ends, however it ends.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import platform
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit import __version__, inside, params
from toolkit.errors import ToolkitError
from toolkit.run import batch, fingerprint, memory, notebooks
from toolkit.run.fingerprint import Inputs
from toolkit.run.job import Job
from toolkit.run.modules import Modules
from toolkit.run.warm import child
from toolkit.run.warm.machine import Machine, NotStartedError, settings
from toolkit.run.worker import Done

IDLE = 60.0
"""Seconds without work after which a warm parent ends: whoever started the run may have been killed."""
READ = ("*.yml", "sets/*.yml", "policies/*.yml", "own/*.yml")
"""Files of `params/` that pages may read."""
PACKAGES = (*batch.PACKAGES, "dask", "distributed", "cloudpickle")
_LOADED = Modules().hashes

Likeness = dict[str, str]
"""What decides the bytes of a page → version or short hash; where equal, so are the pages."""


def likeness(names: Sequence[str], home: Path | None = None) -> Likeness:
    """What this process would make pages with.

    Args:
        names: of the notebooks.
        home: the checkout; where this process was started, if that is one, else that of the package.
    """
    home = home or params.home()
    tables = fingerprint.tables(fingerprint.data_folder())
    inputs = Inputs(home, tables.described if tables else {})
    found = {path.stem: path for path in (home / "notebooks").glob("*.ipynb")}
    choices = sorted(path for pattern in READ for path in (home / "params").glob(pattern))
    hashes = {path.relative_to(home).as_posix(): fingerprint.file_hash(path) for path in choices}
    return {
        "quadro": __version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "system": "Linux" if child.available() else f"{platform.system()}, which cannot fork as Linux does",
        "toolkit": inputs.toolkit[:12] if inputs.modules.hashes == _LOADED else "changed since the process began",
        "notebooks": _short({name: fingerprint.file_hash(found[name]) if name in found else "" for name in names}),
        "params": _short(hashes),
        "data": _short(inputs.tables) if tables else "not as described",
        "lock": inputs.lock[:12],
        "packages": _short(batch.versions(PACKAGES)),
    }


def _short(content: object) -> str:
    return memory.key(content)[:12]


def unlike(who: str, theirs: Likeness, ours: Likeness) -> ToolkitError | None:
    """The fault of a worker that would make other pages than the process that started the run."""
    different = [part for part in ours if theirs.get(part) != ours[part]]
    if not different:
        return None
    return ToolkitError(
        f"The worker {who} would not make the same pages: it differs in {', '.join(different)}.",
        where="; ".join(f"{part}: {theirs.get(part)}, here {ours[part]}" for part in different),
        hint="give it the same checkout, data and locked packages, then start it again (docs/cluster.md)",
    )


@dataclass(frozen=True)
class Order:
    """What all jobs of a run share.

    Attributes:
        run: its id.
        ours: what pages are made with where the run was started.
        jobs: the first job of each notebook.
        memory: MiB that one notebook may use of its own; 0: no limit.
        modules: modules of the toolkit that the notebooks use.
    """

    run: str
    ours: Likeness
    jobs: tuple[Job, ...]
    memory: int
    modules: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Names of the notebooks."""
        return [job.notebook for job in self.jobs]


@dataclass(frozen=True)
class Made:
    """What a job came to, with the files themselves: the run may be on another machine."""

    done: Done
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Refusal:
    """A worker that cannot make the pages of the run, and why."""

    who: str
    fault: ToolkitError


def perform(order: Order, job: Job) -> Made | Refusal:
    """Do one job in this worker's warm parent; called by Dask, in a thread of the worker."""
    from distributed import get_worker

    worker = get_worker()
    while True:
        try:
            folder = inside.folder(Path(worker.local_directory).resolve(), f"quadro-{order.run}")
            crew = _crew(order, worker.address, worker.state.nthreads, folder)
            return crew.perform(_here(job))
        except ToolkitError as fault:
            return Refusal(worker.address, fault)
        except _EndedError:  # it had been idle for too long: another one
            crew.join()


async def stop(run: str) -> None:
    """End what works here for a run; called by Dask, in the event loop of the worker."""
    with _guard:
        _stopped.add(run)
        crew = _crews.get(run)
    if crew:
        crew.stop()
        await asyncio.to_thread(crew.join, 5)


_guard = threading.Lock()
_crews: dict[str, _Crew] = {}
_stopped: set[str] = set()


def _crew(order: Order, who: str, slots: int, folder: Path) -> _Crew:
    with _guard:
        if order.run in _stopped:
            raise ToolkitError("The run was stopped.")
        crew = _crews.get(order.run)
        if crew is None:
            if fault := unlike(who, likeness(order.names), order.ours):
                raise fault
            crew = _crews[order.run] = _Crew(order, slots, folder)
            crew.start()
        return crew


def _here(job: Job) -> Job:
    """The job with the notebook of this machine."""
    return replace(job, path=notebooks.path_of(job.notebook, params.home()).resolve())


class _EndedError(Exception):
    """The thread takes no more jobs."""


class _Crew(threading.Thread):
    """The thread that feeds a warm parent with the jobs of a run, and ends it."""

    def __init__(self, order: Order, slots: int, folder: Path) -> None:
        super().__init__(name="quadro", daemon=True)
        self.run_id, self.folder = order.run, folder
        folder.mkdir(parents=True, exist_ok=True)
        jobs = [_here(job) for job in order.jobs]
        asked = settings(jobs, slots, order.memory, order.modules, folder)
        self.machine = Machine(replace(asked, scratch=folder))
        self.numbers = itertools.count()
        self.outbox, self.inbox = multiprocessing.Pipe(duplex=False)
        self.waiting: dict[int, Future[Done]] = {}
        self.guard = threading.Lock()
        self.fault: Exception = _EndedError()

    def perform(self, job: Job) -> Made:
        """Wait for one job; called by other threads.

        Raises:
            ToolkitError: the warm parent does not start.
            _EndedError: the thread takes no more jobs.
        """
        future: Future[Done] = Future()
        with self.guard:
            if self.inbox.closed:
                raise self.fault
            number = next(self.numbers)
            self.waiting[number] = future
            self.inbox.send((number, job))
        try:
            done = future.result()
            return Made(replace(done, files=()), tuple((path.name, path.read_bytes()) for path in done.files))
        finally:
            shutil.rmtree(self.folder / f"{number:05d}", ignore_errors=True)
            del self.waiting[number]  # as long as it is there, this is not idle

    def stop(self) -> None:
        """Break off what is being done."""
        with self.guard, suppress(OSError):
            self.inbox.send(None)

    def run(self) -> None:
        try:
            self._work()
        except NotStartedError as error:
            self.fault = ToolkitError(f"No notebook can run on {platform.node()}: {error}.", where=self._printed())
        except Exception as error:
            self.fault = ToolkitError(f"No notebook can run on {platform.node()}: {type(error).__name__}: {error}.")
        finally:
            with self.guard:
                self.inbox.close()
            self.outbox.close()
            self.machine.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
            with _guard:
                _crews.pop(self.run_id, None)
            for future in list(self.waiting.values()):
                if not future.done():
                    future.set_exception(self.fault)

    def _work(self) -> None:
        """Until there has been nothing to do for a while."""
        last = time.monotonic()
        while True:
            for number, done in self.machine.step([self.outbox], IDLE):
                self.waiting[number].set_result(done)
                last = time.monotonic()
            while self.outbox.poll():
                message = self.outbox.recv()
                if message is None:
                    return
                self.machine.add(*message)
            if self.machine.busy:
                last = time.monotonic()
            with self.guard:
                if not self.waiting and time.monotonic() - last > IDLE:
                    self.inbox.close()
                    return

    def _printed(self) -> str:
        """The last line that the warm parent printed."""
        with suppress(OSError, IndexError):
            return (self.folder / "workers.log").read_text(errors="replace").strip().splitlines()[-1]
        return ""
