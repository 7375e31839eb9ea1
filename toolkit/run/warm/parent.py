"""The warm parent: a process with one thread that imports everything, then forks one process a job and watches it.

`machine` starts it by exec and talks to it through a connection:

    in    ("job", number, job, folder)       do this
    out   ("ready",)                         imports are done
          ("began", number, pid, slot)
          ("done", number, Done)
          ("lost", number, trouble, detail, cells begun)     the child made no record of its own
          ("word", text)                     for the log

The first good page of a notebook in a language teaches the others: when its cells have run, its process sends what it
put into the store and the names of the modules it imported. Later pages are forked from here with both, and with
nothing else of it: what its cells changed ends with its process, and so does what they broke. While nobody has taught
a notebook's pages they wait for the first, but not for long.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import params
from toolkit.errors import ToolkitError
from toolkit.params import ROOT
from toolkit.run.job import Job
from toolkit.run.warm import child

if TYPE_CHECKING:  # whoever plans a run imports this module, and needs no pandas
    from toolkit.catalog.store import Store

TICK = 0.05
GRACE = 2.0
"""Seconds in which a child that has reported may do what it wants done at its end."""
PATIENCE = 10.0
"""Seconds for which the pages of a notebook wait for what the first of them finds out."""
ALLOCATED = 10_000
"""Objects that a child makes before Python looks for cycles: at the usual 700, that is a tenth of a page's time."""
CHARTS = "toolkit.charts"
"""Notebooks that use this module draw."""
KERNEL = ("IPython", "ipykernel", "matplotlib_inline", "comm", "debugpy", "__main__", "__mp_main__")
"""Packages that know of the process they are in: each imports them itself."""
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
        modules: what to import besides the house.
        scratch: a folder to remove at the end: whoever made it may have been killed.
    """

    slots: int
    folder: Path
    notebooks: tuple[Path, ...] = ()
    memory: int = 0
    modules: tuple[str, ...] = ()
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
    teaches: bool = False
    told: list[Any] = field(default_factory=list)
    reported: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.child.began


class Server:
    """Takes jobs, forks, watches, reports."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        from toolkit.catalog.store import Store

        self.connection, self.settings = connection, settings
        self.todo: list[tuple[int, Job, Path]] = []
        self.running: dict[int, _Running] = {}
        self.counters = child.Counters(settings.counters, settings.slots)
        self.painters = Painters(settings.slots, settings.folder / "boundaries.json")
        self.unfit: dict[Path, str] = {}
        self.base = Store()
        self.stores: dict[Path, Store] = {}
        self.taught: set[tuple[Path, str]] = set()
        self.unwaited: set[Path] = set()

    def serve(self) -> None:
        """Until the other side closes the connection."""
        if CHARTS in self.settings.modules:
            self.painters.start()  # they import while this process does
        warm(self.settings, self.base)
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
            self._hear(one)
            if one.told and not one.reported:
                one.reported = time.monotonic()
            trouble = "" if one.reported else one.child.overdue()
            if trouble or (one.reported and time.monotonic() - one.reported > GRACE):
                one.child.kill()
            if one.child.end in ready or trouble:
                self._end(slot, one, trouble)

    def _end(self, slot: int, one: _Running, trouble: str) -> None:
        self._hear(one)
        code = one.child.close()
        del self.running[slot]
        if one.teaches:
            self._wait_no_longer(one.job.path, f"{one.job.page} ended before its cells had run well")
        if one.told:
            self.connection.send(("done", one.number, one.told[0]))
        else:
            reason = f"signal {-code}" if code < 0 else f"exit code {code}"
            limits = {"timeout": str(one.job.timeout), "memory": str(self.settings.memory // child.MIB)}
            begun = self.counters.get(slot)
            self.connection.send(("lost", one.number, trouble or "kernel_died", limits.get(trouble, reason), begun))
        running = [other.child.pid for other in self.running.values()]
        child.end_strays([*running, *self.painters.pids()], running)

    def _hear(self, one: _Running) -> None:
        """Keep what a child has said of its job, and learn what it teaches."""
        for message in one.child.messages():
            if isinstance(message, Lesson):
                self._learn(one.job, message)
                one.teaches = False
            else:
                one.told.append(message)

    def _learn(self, job: Job, lesson: Lesson) -> None:
        if (job.path, job.language) in self.taught:
            return
        self.taught.add((job.path, job.language))
        self._wait_no_longer(job.path)
        with _environment():
            _import(lesson.modules)
            self._store(job.path).take(lesson.news)
            with suppress(Exception):  # a model that a notebook defines, say
                params.learn(pickle.loads(lesson.choices))
        _settle()

    def _store(self, path: Path) -> Store:
        """The store of a notebook's pages: what one notebook computes another does not see."""
        from toolkit.catalog.store import Store

        return self.stores.setdefault(path, Store(self.base))

    def _waits(self, job: Job) -> bool:
        """Whether another page of the notebook is about to find out what this one needs."""
        if job.path in self.unwaited:
            return False
        first = [one for one in self.running.values() if one.teaches and one.job.path == job.path]
        if any(one.seconds > PATIENCE for one in first):
            self._wait_no_longer(job.path, f"{first[0].job.page} takes over {PATIENCE:.0f} s")
        return bool(first) and job.path not in self.unwaited

    def _wait_no_longer(self, path: Path, why: str = "") -> None:
        """Let all pages of a notebook begin when there is room: they have been taught or, `why` not, will not be."""
        if path not in self.unwaited and why:
            self._word(f"{path.stem}: {why}, so its other pages find out by themselves what all of them share")
        self.unwaited.add(path)

    def _word(self, text: str) -> None:
        self.connection.send(("word", text))

    def _begin(self) -> None:
        free = [slot for slot in range(self.settings.slots) if slot not in self.running]
        while (
            free
            and (at := next((at for at, (_, job, _) in enumerate(self.todo) if not self._waits(job)), None)) is not None
        ):
            slot = free.pop(0)
            number, job, folder = self.todo.pop(at)
            self.counters.set(slot, 0)
            teaches = not self._why_stock(job) and (job.path, job.language) not in self.taught
            forked = child.Child(
                partial(self._work, slot=slot, number=number, job=job, folder=folder, teaches=teaches),
                timeout=job.timeout,
                memory=self.settings.memory,
                close=[self.connection.fileno(), *(other.child.pipe for other in self.running.values())],
            )
            self.running[slot] = _Running(number, job, forked, teaches)
            self.connection.send(("began", number, forked.pid, slot))

    def _work(self, send: child.Send, *, slot: int, number: int, job: Job, folder: Path, teaches: bool) -> None:
        """The life of a child."""
        from toolkit.catalog.store import use
        from toolkit.render.painter import Drawings
        from toolkit.run.warm import job as jobs

        folder.mkdir(parents=True, exist_ok=True)
        answers = self.painters.answers[slot][0]
        drawings = Drawings(folder, number, slot, answers, self.painters.requests[1])
        begun = partial(self.counters.set, slot)
        use(shared := self._store(job.path))
        before = set(sys.modules)
        teach = (lambda printed: send(_lesson(shared, before, printed))) if teaches else None
        send(jobs.perform(job, folder, begun, drawings, self.unfit.get(job.path, ""), teach))

    def _why_stock(self, job: Job) -> str:
        """Why an ordinary kernel must execute a job's notebook; empty where it need not."""
        if job.path not in self.unfit:
            from toolkit.run.warm import engine
            from toolkit.run.warm import job as jobs

            with suppress(Exception):  # a faulty notebook: the child says so
                self.unfit[job.path] = engine.unfit(jobs.source(job.path), "")
        return self.unfit.get(job.path, "")


@dataclass(frozen=True)
class Lesson:
    """What a page found out that others need, too.

    Attributes:
        news: what it put into the store.
        choices: the files of `params/` that it read, pickled.
        modules: what it imported.
    """

    news: bytes
    choices: bytes
    modules: tuple[str, ...]


def _lesson(shared: Store, before: set[str], printed: bool) -> Lesson:
    """What this process found out.

    One with threads, or whose cells printed, tells no modules: their import may be why, and must then be each page's.
    """
    alone = len(list(Path("/proc/self/task").iterdir())) == 1
    new = [name for name in list(sys.modules) if name not in before and alone and not printed and _installed(name)]
    return Lesson(shared.news(), pickle.dumps(params.known()), tuple(new))


def _installed(name: str) -> bool:
    """Whether a module is a library's: not a file beside the notebook, nor a part of the kernel."""
    where = getattr(getattr(sys.modules[name], "__spec__", None), "origin", None) or ""
    return name.partition(".")[0] not in KERNEL and where.startswith(
        (sys.prefix, sys.base_prefix, str(ROOT / "toolkit"))
    )


def warm(settings: Settings, base: Store) -> None:
    """Import and load what every job needs; nothing that a notebook could see is left changed.

    Args:
        settings: what is known of the jobs.
        base: the store that gets what the pages of all notebooks share.
    """
    from toolkit.run.warm import job, shell

    shell.host()
    with _environment():
        _import([*settings.modules, *LIBRARIES])
        with warnings.catch_warnings():  # filters stay as in a kernel that has imported the same
            _load(settings.notebooks, base)
    assert job
    _settle()
    gc.set_threshold(ALLOCATED)


@contextmanager
def _environment() -> Iterator[None]:
    """Put back what imports and loads leave in the environment, and forget whom they warned."""
    kept = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        for module in list(sys.modules.values()):
            getattr(module, "__warningregistry__", {}).clear()


def _settle() -> None:
    """Leave alone what is there from now on: memory that nobody touches stays shared with those forked."""
    gc.collect()
    gc.freeze()


def _import(names: Sequence[str]) -> None:
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)


def _load(notebooks: Sequence[Path], base: Store) -> None:
    """Tables, words, the page's template, the notebooks."""
    from toolkit import catalog
    from toolkit.display.markdown import split
    from toolkit.render import shell as pages
    from toolkit.run.warm import job
    from toolkit.territory import Register
    from toolkit.text import Words, loading

    data = catalog.default()
    with catalog.recording():  # in a list of its own: a page's sources are those that its notebook loads
        for name in data.names():
            with suppress(Exception):  # who loads a faulty table is told
                if not data.in_parts(name):  # of all municipalities a page reads its own; the first tells the others
                    data.load(name)
        with suppress(Exception):
            Register(data, base).municipalities()
    for language in pages.LANGUAGES:
        Words(language).number(1.5, 1)
    for key in loading.messages():
        with suppress(ToolkitError):  # who says a faulty one is told
            loading.template(key)
    pages.warm()
    for path in notebooks:
        with suppress(Exception):  # who runs a faulty notebook is told
            for cell in job.source(path).cells:
                list(split(cell.source))
