"""Worker processes with ordinary kernels, each served by a thread: one that dies or hangs costs its own job only.

(`concurrent.futures` gives up all pending jobs when one worker dies, and cannot stop a job that takes too long.)
"""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from toolkit.run import worker
from toolkit.run.job import Job
from toolkit.run.outcome import Outcome, Trouble, decide

_SPAWN = multiprocessing.get_context("spawn")


TICK = 0.2


def run(jobs: Mapping[int, Job], workers: int, memory: int, folder: Path) -> Iterator[tuple[int, worker.Done]]:
    """Yield the number of each job with what it came to, in the order in which they end.

    Args:
        jobs: what to do, by number.
        workers: how many processes work at once.
        memory: MiB that one may use, its kernel included; 0: no limit.
        folder: scratch folder, a subfolder for each job; on the same file system as the output.
    """
    todo: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, worker.Done]] = queue.SimpleQueue()
    for numbered in jobs.items():
        todo.put(numbered)
    lanes = [_Lane(todo, done, memory, folder) for _ in range(min(workers, len(jobs)))]
    try:
        for lane in lanes:
            lane.start()
        for _ in jobs:
            yield done.get()
    finally:
        for lane in lanes:
            lane.stop()
        for lane in lanes:
            lane.join()


class _Lane(threading.Thread):
    """Feeds one worker process, and replaces it when it dies or must be stopped."""

    def __init__(self, todo: queue.SimpleQueue, done: queue.SimpleQueue, memory: int, folder: Path) -> None:
        super().__init__(daemon=True)
        self.todo, self.done, self.memory, self.folder = todo, done, memory, folder
        self.process: SpawnProcess | None = None
        self.connection: Connection | None = None
        self.stopping = False
        self.guard = threading.Lock()

    def run(self) -> None:
        while not self.stopping:
            try:
                number, job = self.todo.get_nowait()
            except queue.Empty:
                break
            self.done.put((number, self._perform(job, self.folder / f"{number:05d}")))
        self._end()

    def stop(self) -> None:
        """Take no further job, and break off the present one."""
        self.stopping = True
        self._kill()

    def _perform(self, job: Job, folder: Path) -> worker.Done:
        try:
            connection = self._connected()
            connection.send((job, folder))
            began = time.monotonic()
            while not connection.poll(TICK):
                seconds = time.monotonic() - began
                if seconds > job.timeout:
                    return self._stopped(folder, "timeout", job.timeout, seconds)
                if self.memory and self._used() > self.memory:
                    return self._stopped(folder, "memory", self.memory, seconds)
            done: worker.Done = connection.recv()
        except (EOFError, OSError):
            return worker.Done(self._lost(folder))
        return done

    def _stopped(self, folder: Path, trouble: Trouble, limit: int, seconds: float) -> worker.Done:
        self._kill()
        return worker.Done(decide(worker.partial(folder), trouble, str(limit)), seconds=seconds)

    def _used(self) -> float:
        """MiB of the worker and its kernel."""
        import psutil

        if self.process is None or self.process.pid is None:
            return 0.0
        try:
            family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
            return sum(one.memory_info().rss for one in family) / 2**20
        except psutil.Error:
            return 0.0

    def _lost(self, folder: Path) -> Outcome:
        code = None
        if self.process is not None:
            self.process.join(5)
            code = self.process.exitcode
        self._kill()
        reason = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return decide(worker.partial(folder), "worker_died", reason)

    def _connected(self) -> Connection:
        with self.guard:
            if self.stopping:
                raise EOFError
            if self.process is None or not self.process.is_alive():
                self.connection, theirs = _SPAWN.Pipe()
                self.process = _SPAWN.Process(
                    target=worker.serve, args=(theirs, self.folder / "workers.log"), daemon=True
                )
                self.process.start()
                theirs.close()
            assert self.connection is not None
            return self.connection

    def _kill(self) -> None:
        """End the worker and its kernel at once, whatever they do."""
        import psutil

        with self.guard:
            process, self.process = self.process, None
        if process is None or process.pid is None:
            return
        try:
            family = [*psutil.Process(process.pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            family = []
        process.kill()
        for child in family:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        process.join(5)

    def _end(self) -> None:
        """Let an idle worker leave by itself."""
        if self.connection is not None:
            self.connection.close()
        if self.process is not None:
            self.process.join(10)
            self._kill()
