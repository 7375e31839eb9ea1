"""Jobs on a Dask cluster: the scheduler hands them to workers, each of which keeps a warm parent (`cluster_worker`).

    with cluster.joined("tcp://127.0.0.1:8786", jobs, home) as crew:
        for number, done in crew.run(jobs, memory, modules, folder, words): ...

A worker that would make other pages is refused before anything is given out; one that comes later and cannot make them
is left out. A job whose worker is lost is done again by another; what it made comes back here, and only here are pages
promoted, so each is promoted once.
"""

from __future__ import annotations

import logging
import queue
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from toolkit import inside
from toolkit.errors import Faults, ToolkitError, installing
from toolkit.run import cluster_worker
from toolkit.run.cluster_worker import Likeness, Made, Order, Refusal
from toolkit.run.job import Job
from toolkit.run.outcome import Outcome, decide
from toolkit.run.worker import PRODUCTS, Done, first_line

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT, WORKERS, STOP = 10.0, 30.0, 2.0
"""Seconds to wait for the scheduler, for a worker, and for the workers to stop."""
TICK = 5.0
GIVEN = 3
"""Jobs with the scheduler for each thread of a worker: none waits for work, and memory does not grow with the plan."""
HINT = "start the scheduler and the workers: docs/cluster.md"

Answer = TypeVar("Answer")


@contextmanager
def joined(address: str, jobs: Sequence[Job], home: Path) -> Iterator[Cluster]:
    """A cluster whose workers would make the same pages as this process.

    Args:
        address: of the scheduler.
        jobs: what is to be done.
        home: the checkout.

    Raises:
        ToolkitError: the extra is not installed, no scheduler or no worker answers, or a worker differs.
    """
    client = _client(address)
    try:
        found = Cluster(client, address, jobs, home)
        found.check()
        yield found
    finally:
        with suppress(Exception):
            client.close(timeout=STOP)


def _client(address: str) -> Client:
    try:
        import distributed
    except ImportError as error:
        raise ToolkitError(
            f"Running on a cluster needs the package {error.name}.", hint=installing("cluster")
        ) from None
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said in our words
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # versions are compared here, see `check`
        try:
            return distributed.Client(address, timeout=CONNECT, set_as_default=False, name="quadro")
        except (OSError, ValueError) as error:
            what = f"No scheduler answers at {address}: {first_line(error)}."
            raise ToolkitError(what, where="--cluster", allowed="tcp://HOST:PORT, tls://HOST:PORT", hint=HINT) from None


class Cluster:
    """The workers behind a scheduler."""

    def __init__(self, client: Client, address: str, jobs: Sequence[Job], home: Path) -> None:
        self.client, self.address = client, address
        self.first = {job.notebook: job for job in reversed(jobs)}
        self.ours = cluster_worker.likeness(list(self.first), home)
        self.refused: set[str] = set()

    def check(self) -> None:
        """Every worker would make the same pages.

        Raises:
            ToolkitError: there is no worker, or some differ; all are named.
        """
        try:
            self.client.wait_for_workers(1, timeout=WORKERS)
        except TimeoutError:
            what = f"The scheduler at {self.address} has had no worker for {WORKERS:.0f} seconds."
            raise ToolkitError(what, where="--cluster", hint=HINT) from None
        told = self.client.run(cluster_worker.likeness, list(self.first), on_error="return")
        faults = [fault for who, theirs in told.items() if (fault := self._fault(who, theirs))]
        if faults:
            raise faults[0] if len(faults) == 1 else Faults(faults)

    def _fault(self, who: str, theirs: Likeness | Exception) -> ToolkitError | None:
        if isinstance(theirs, Exception):
            what = f"The worker {who} cannot run Quadro: {type(theirs).__name__}: {first_line(theirs)}."
            return ToolkitError(what, hint="start it from the environment of the same checkout (docs/cluster.md)")
        return cluster_worker.unlike(who, theirs, self.ours)

    def run(
        self, jobs: Mapping[int, Job], memory: int, modules: Sequence[str], folder: Path, words: list[str]
    ) -> Iterator[tuple[int, Done]]:
        """Yield the number of each job with what it came to, in the order in which they end.

        Args:
            jobs: by number.
            memory: MiB that one may use; 0: no limit.
            modules: what the warm parents should import.
            folder: scratch folder; what a job made is in a subfolder.
            words: a word for the log is put here where a worker is left out.

        Raises:
            ToolkitError: scheduler or workers are lost, or none is fit; jobs not yet yielded are undone.
        """
        order = Order(uuid4().hex, self.ours, tuple(self.first.values()), memory, tuple(modules))
        todo = deque(jobs)
        given: dict[str, tuple[int, Future]] = {}
        ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        try:
            while todo or given:
                while todo and len(given) < GIVEN * max(self._threads(), 1):
                    number = todo.popleft()
                    future = self._give(order, number, jobs[number])
                    given[future.key] = number, future
                    future.add_done_callback(lambda future: ended.put(future.key))
                number, future = given.pop(self._patiently(lambda: ended.get(timeout=TICK)))
                done = self._done(future, folder / f"{number:05d}")
                del future  # the workers need not keep what it made
                if isinstance(done, Done):
                    yield number, done
                    continue
                if done.who not in self.refused:
                    words.append(f"a worker is left out: {done.fault.what} {done.fault.where}".rstrip())
                self.refused.add(done.who)
                if not self._threads():
                    raise done.fault
                todo.appendleft(number)
        finally:
            self._stop(order, [future for _, future in given.values()])

    def _give(self, order: Order, number: int, job: Job) -> Future:
        key = f"{job.notebook}-{job.page}-{order.run}-{number}"  # its first word is its name on the dashboard
        workers = list(self._fit()) if self.refused else None
        return self.client.submit(cluster_worker.perform, order, job, key=key, pure=False, workers=workers)

    def _fit(self) -> dict[str, int]:
        """The workers and their threads, those left out that refused; none where the scheduler is gone."""
        with suppress(Exception):
            threads = self.client.nthreads(callback_timeout=TICK)
            return {who: number for who, number in threads.items() if who not in self.refused}
        return {}

    def _threads(self) -> int:
        """How many jobs the workers do at once."""
        return sum(self._fit().values())

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """An answer that takes its time, as long as there are workers."""
        since = time.monotonic()
        while True:
            try:
                return ask()
            except (queue.Empty, TimeoutError):
                if self._threads():
                    since = time.monotonic()
                elif time.monotonic() - since > WORKERS:
                    raise self._lost(f"it has had no worker for {WORKERS:.0f} seconds") from None

    def _lost(self, why: str) -> ToolkitError:
        hint = f"what was promoted stays; {HINT}, then run again"
        return ToolkitError(f"The cluster at {self.address} was lost: {why}.", where="--cluster", hint=hint)

    def _done(self, future: Future, folder: Path) -> Done | Refusal:
        """What a job came to, its files put where those of a local job are."""
        from distributed import CancelledError, KilledWorker

        try:
            made: Made | Refusal = self._patiently(lambda: future.result(timeout=6 * TICK))
        except KilledWorker as error:
            lost = f"{error.allowed_failures + 1} workers of the cluster were lost while they had it"
            return Done(decide({}, "worker_died", lost))
        except CancelledError as error:
            raise self._lost(first_line(error)) from None
        except ToolkitError:
            raise
        except Exception as error:
            raise self._lost(f"{type(error).__name__}: {first_line(error)}") from error
        if isinstance(made, Refusal):
            return made
        try:
            (folder / PRODUCTS).mkdir(parents=True, exist_ok=True)
            files = [(inside.path(folder / PRODUCTS, name), content) for name, content in made.files]
            for path, content in files:
                path.write_bytes(content)
        except OSError as error:
            return Done(Outcome("failed_code", f"The page could not be kept: {error}."))
        except ToolkitError as error:
            return Done(Outcome("failed_code", f"The page of a worker could not be kept: {error}"))
        return replace(made.done, files=tuple(path for path, _ in files))

    def _stop(self, order: Order, futures: list[Future]) -> None:
        """Take back what is not done and end the warm parents; the workers stay."""
        with suppress(Exception):
            self.client.cancel(futures)
            self.client.run(cluster_worker.stop, order.run, on_error="ignore", callback_timeout=STOP)
