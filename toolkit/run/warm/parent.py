"""The warm parent: a process with one thread that imports everything, then forks one process a job and watches it.

`machine` starts it by exec and talks to it through a connection:

    in    ("job", number, job, folder)       do this
    out   ("ready",)                         imports are done
          ("began", number, pid, slot)
          ("done", number, Done)
          ("lost", number, trouble, detail, cells begun)     the child made no record of its own
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from toolkit.run.job import Job
from toolkit.run.warm import child

TICK = 0.05
GRACE = 2.0
"""Seconds in which a child that has reported may do what it wants done at its end."""
ALLOCATED = 10_000
"""Objects that a child makes before Python looks for cycles: at the usual 700, that is a tenth of a page's time."""
CHARTS = "toolkit.charts"
"""Notebooks that use this module draw."""
HOUSE = ("toolkit.report", "toolkit.render.content", "toolkit.render.results", "toolkit.render.workbook")
LIBRARIES = (
    "pygments.lexers.python",
    "nbformat.v4.nbjson",
    "html.parser",
    "xlsxwriter.worksheet",
    "pandas.io.formats.style",
)


@dataclass(frozen=True)
class Settings:
    """What the parent is told when it starts.

    Attributes:
        slots: how many children at once.
        folder: scratch folder, absolute.
        notebooks: the notebooks that will be asked for.
        memory: bytes one job may use; 0: no limit.
        modules: what to import besides the house; those that have a function `warm_up` compute with it what all
            their pages share.
        first: `municipality`, `area` and `as_of` of the first job, which `warm_up` takes.
        languages: of the jobs; `warm_up` takes them, too.
        scratch: a folder to remove at the end: whoever made it may have been killed.
    """

    slots: int
    folder: Path
    notebooks: tuple[Path, ...] = ()
    memory: int = 0
    modules: tuple[str, ...] = ()
    first: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    scratch: Path | None = None

    @property
    def counters(self) -> Path:
        """File in which children note how far they are."""
        return self.folder / "progress"

    @property
    def log(self) -> Path:
        """What parent, painters and children print."""
        return self.folder / "workers.log"


def main() -> None:
    """Serve the connection whose descriptor is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what ends
    connection = Connection(int(sys.argv[1]))
    _import(HOUSE)  # whoever started this may still be finding out what to do
    try:
        settings: Settings = connection.recv()
    except EOFError:  # nothing
        return
    printed = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.close(printed)
    os.environ["IPYTHONDIR"] = str(settings.folder / "ipython")
    child.adopt_orphans()
    server = Server(connection, settings)
    try:
        with suppress(BrokenPipeError):  # the other side has gone
            server.serve()
    finally:
        server.stop()
    if settings.scratch:
        shutil.rmtree(settings.scratch, ignore_errors=True)


@dataclass
class Painters:
    """The processes that draw charts; started when the first chart is asked for, or before where one surely will be.

    Attributes:
        slots: how many.
        shared: file in which they find the boundaries.
    """

    slots: int
    shared: Path
    requests: tuple[int, int] = field(default_factory=os.pipe)
    answers: list[tuple[int, int]] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = [os.pipe() for _ in range(self.slots)]
        for reading, _ in self.answers:
            os.set_blocking(reading, False)

    def waiting(self) -> list[int]:
        """Descriptors that are ready when somebody wants a chart and nobody draws."""
        return [] if self.processes else [self.requests[0]]

    def start(self) -> None:
        """Start all of them."""
        self.processes = [self._painter() for _ in range(self.slots)]

    def share(self) -> None:
        """Write what they find in the file."""
        from toolkit import catalog
        from toolkit.render.shared import boundaries

        with suppress(Exception), catalog.recording():  # faulty boundaries: who draws a map by himself is told
            self.shared.write_text(json.dumps(boundaries()), encoding="utf-8")

    def _painter(self) -> subprocess.Popen[bytes]:
        reading, _ = self.requests
        writing = [writing for _, writing in self.answers]
        program = (
            "from toolkit.run.warm.child import end_with_parent; import os; "
            f"end_with_parent({os.getpid()}); from toolkit.render.painter import main; main()"
        )
        command = [sys.executable, "-c", program, *map(str, (self.shared, reading, *writing))]
        return subprocess.Popen(command, pass_fds=(reading, *writing), stdin=subprocess.DEVNULL)

    def replace_dead(self) -> None:
        """Start again what died, and tell everybody who waits to draw by himself."""
        for index, process in enumerate(self.processes):
            if process.poll() is not None:
                self.processes[index] = self._painter()
                for _, writing in self.answers:
                    os.write(writing, b'[-1, ""]'.ljust(128))

    def stop(self) -> None:
        """End them."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()

    def pids(self) -> set[int]:
        """Their process ids."""
        return {process.pid for process in self.processes}


@dataclass
class _Running:
    number: int
    job: Job
    child: child.Child
    told: list[Any] = field(default_factory=list)
    reported: float = 0.0


class Server:
    """Takes jobs, forks, watches, reports."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.connection, self.settings = connection, settings
        self.todo: list[tuple[int, Job, Path]] = []
        self.running: dict[int, _Running] = {}
        self.counters = child.Counters(settings.counters, settings.slots)
        self.painters = Painters(settings.slots, settings.folder / "boundaries.json")
        self.unfit: dict[Path, str] = {}

    def serve(self) -> None:
        """Until the other side closes the connection."""
        if CHARTS in self.settings.modules:
            self.painters.start()  # they import while this process does
        warm(self.settings)
        self.painters.share()
        self.connection.send(("ready",))
        while True:
            watched = [one.child.end for one in self.running.values()]
            pipes = [one.child.pipe for one in self.running.values()]
            tick = TICK if self.running else None
            ready = wait([self.connection, *watched, *pipes, *self.painters.waiting()], tick)
            if self.connection in ready:
                try:
                    _, number, job, folder = self.connection.recv()
                except EOFError:
                    return
                self.todo.append((number, job, folder))
            if not self.painters.processes and set(ready) & set(self.painters.waiting()):
                self.painters.start()
            self._look(ready)
            self.painters.replace_dead()
            self._begin()

    def stop(self) -> None:
        """End everything that was started here."""
        for one in self.running.values():
            one.child.kill()
        self.painters.stop()
        child.end_strays(())

    def _look(self, ready: Sequence[Any]) -> None:
        """Reports of children, and the ends of those that ended or took too much."""
        for slot, one in list(self.running.items()):
            one.told += one.child.messages()
            if one.told and not one.reported:
                one.reported = time.monotonic()
            trouble = "" if one.reported else one.child.overdue()
            if trouble or (one.reported and time.monotonic() - one.reported > GRACE):
                one.child.kill()
            if one.child.end in ready or trouble:
                self._end(slot, one, trouble)

    def _end(self, slot: int, one: _Running, trouble: str) -> None:
        one.told += one.child.messages()
        code = one.child.close()
        del self.running[slot]
        if one.told:
            self.connection.send(("done", one.number, one.told[0]))
        else:
            reason = f"signal {-code}" if code < 0 else f"exit code {code}"
            limits = {"timeout": str(one.job.timeout), "memory": str(self.settings.memory // child.MIB)}
            begun = self.counters.get(slot)
            self.connection.send(("lost", one.number, trouble or "kernel_died", limits.get(trouble, reason), begun))
        running = [other.child.pid for other in self.running.values()]
        child.end_strays([*running, *self.painters.pids()], running)

    def _begin(self) -> None:
        free = [slot for slot in range(self.settings.slots) if slot not in self.running]
        while free and self.todo:
            slot = free.pop(0)
            number, job, folder = self.todo.pop(0)
            self.counters.set(slot, 0)
            self._why_stock(job)
            forked = child.Child(
                lambda send, slot=slot, number=number, job=job, folder=folder: self._work(  # type: ignore[misc]
                    send, slot, number, job, folder
                ),
                timeout=job.timeout,
                memory=self.settings.memory,
                close=[self.connection.fileno(), *(other.child.pipe for other in self.running.values())],
            )
            self.running[slot] = _Running(number, job, forked)
            self.connection.send(("began", number, forked.pid, slot))

    def _work(self, send: child.Send, slot: int, number: int, job: Job, folder: Path) -> None:
        """The life of a child."""
        from toolkit.render.painter import Drawings
        from toolkit.run.warm import job as jobs

        folder.mkdir(parents=True, exist_ok=True)
        answers = self.painters.answers[slot][0]
        drawings = Drawings(folder, number, slot, answers, self.painters.requests[1])
        begun = partial(self.counters.set, slot)
        send(jobs.perform(job, folder, begun, drawings, self.unfit.get(job.path, "")))

    def _why_stock(self, job: Job) -> str:
        """Why an ordinary kernel must execute a job's notebook; empty where it need not."""
        if job.path not in self.unfit:
            from toolkit.run.warm import engine
            from toolkit.run.warm import job as jobs

            with suppress(Exception):  # a faulty notebook: the child says so
                self.unfit[job.path] = engine.unfit(jobs.source(job.path), "")
        return self.unfit.get(job.path, "")


def warm(settings: Settings) -> None:
    """Import and load what every job needs; nothing that a notebook could see is left changed."""
    from toolkit.run.warm import job, shell

    shell.host()
    environment = dict(os.environ)
    _import([*settings.modules, *LIBRARIES])
    with warnings.catch_warnings():  # filters stay as in a kernel that has imported the same
        _load(settings.notebooks)
        _warm_up(settings)
    os.environ.clear()
    os.environ.update(environment)
    for module in list(sys.modules.values()):
        getattr(module, "__warningregistry__", {}).clear()
    assert job
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATED)


def _import(names: Sequence[str]) -> None:
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)


def _warm_up(settings: Settings) -> None:
    """What the pages of a report share, computed before the first fork."""
    from toolkit import catalog

    for name in settings.modules:
        shared = vars(sys.modules.get(name, sys)).get("warm_up")
        if callable(shared):
            with suppress(Exception), catalog.recording():  # who needs what cannot be computed is told
                shared(**dict(settings.first), languages=settings.languages)


def _load(notebooks: Sequence[Path]) -> None:
    """Tables, words, the page's template, the notebooks."""
    from toolkit import catalog
    from toolkit.display.markdown import split
    from toolkit.render import shell as pages
    from toolkit.run.warm import job
    from toolkit.territory import Register

    data = catalog.default()
    with catalog.recording():  # in a list of its own: a page's sources are those that its notebook loads
        for name in data.names():
            with suppress(Exception):  # who loads a faulty table is told
                data.load(name)
        with suppress(Exception):
            Register(data).municipalities()
    _words = importlib.import_module("toolkit.text").Words
    for language in pages.LANGUAGES:
        _words(language).number(1.5, 1)
    pages.warm()
    for path in notebooks:
        with suppress(Exception):  # who runs a faulty notebook is told
            for cell in job.source(path).cells:
                list(split(cell.source))
