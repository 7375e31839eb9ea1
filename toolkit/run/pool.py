"""Who executes the jobs of a run: a cluster if one is named, else the warm machine, or lanes of ordinary kernels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from toolkit.run import lanes
from toolkit.run.job import Job
from toolkit.run.warm import child, machine
from toolkit.run.worker import Done

if TYPE_CHECKING:
    from toolkit.run.cluster import Cluster

Engine = Literal["warm", "stock"]
ENGINES: tuple[Engine, ...] = ("warm", "stock")
MEMORY = 2048


@dataclass(frozen=True)
class Means:
    """With what a run is done.

    Attributes:
        workers: processes at once.
        engine: `warm`, or `stock` for papermill with an ordinary kernel a notebook.
        memory: MiB that one notebook may use of its own; 0: no limit.
        modules: modules of the toolkit that its notebooks use.
        cluster: who does it instead, with its own number of processes.
        early: a warm parent that was started before it was known what for.
    """

    workers: int
    engine: Engine = "warm"
    memory: int = MEMORY
    modules: tuple[str, ...] = ()
    cluster: Cluster | None = None
    early: machine.Started | None = None


def run(jobs: Sequence[Job], means: Means, folder: Path, words: list[str]) -> Iterator[tuple[Job, Done]]:
    """Yield each job with what it came to, in the order in which they end.

    Args:
        jobs: what to do.
        means: with what.
        folder: scratch folder, a subfolder for each job; on the same file system as the output.
        words: a word for the log is put here where something is done in another way than asked for.
    """
    folder = folder.resolve()
    workers = min(means.workers, len(jobs))
    rest = dict(enumerate(jobs))
    if means.cluster:
        for number, done in means.cluster.run(rest, means.memory, means.modules, folder, words):
            yield rest[number], done
        return
    if means.engine == "warm" and jobs:
        if child.available():
            try:
                made = machine.run(rest, workers, means.memory, means.modules, folder, means.early, words)
                for number, done in made:
                    yield rest.pop(number), done
            except machine.NotStartedError as error:
                words.append(f"ordinary kernels execute the rest: {error}")
        else:
            words.append("ordinary kernels execute all: forking notebooks needs Linux")
    for number, done in lanes.run(rest, workers, means.memory, folder):
        yield rest[number], done
