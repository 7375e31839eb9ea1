"""`quadro preview`: the page of a notebook, made again whenever the notebook is saved."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from toolkit import inside, render
from toolkit.errors import ToolkitError
from toolkit.render.painter import Drawings
from toolkit.run import notebooks, worker
from toolkit.run.job import Job
from toolkit.run.warm import job as warm_job

if TYPE_CHECKING:
    from toolkit.territory import Register

PAUSE = 0.3
"""Seconds between two looks at the file."""


def preview(path: Path, out: Path, values: dict[str, str], saved: Iterable[None]) -> Iterator[str]:
    """Make the page at each save; what is to be said of it.

    A cell that fails leaves the page as it was, and is told in one message.

    Args:
        path: of the notebook.
        out: folder for the page, its files, an index and what pages share.
        values: parameters that differ from the notebook's own.
        saved: an item a save; `saves(path)`.

    Yields:
        The page's address, or what went wrong.

    Raises:
        ToolkitError: a territory that is not known, or has no figures.
    """
    from toolkit import catalog
    from toolkit.territory import Register

    import_module("toolkit.report")  # with all that it needs, before forking
    register = Register(catalog.default())
    os.environ.update(worker.ENVIRONMENT)
    out = out.resolve()
    _job(path, values, register)  # a wrong territory ends it; a notebook that is wrong is told at each save
    for _ in saved:
        began = time.monotonic()
        try:
            yield f"{_made(_job(path, values, register), out)} ({time.monotonic() - began:.0f} s)"
        except ToolkitError as error:
            yield f"Not made: {error}"


def saves(path: Path) -> Iterator[None]:
    """Now, and whenever the notebook or a table of one's own has changed."""
    from toolkit import catalog

    last: object = None
    while True:
        if (stamp := _stamp([path, *(catalog.default().folder / "own").glob("**/*.csv")])) != last:
            last = stamp
            yield
        time.sleep(PAUSE)


def _stamp(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    found = []
    for path in paths:
        try:
            state = path.stat()
        except OSError:  # between an editor's removing and writing it
            continue
        found.append((str(path), state.st_mtime_ns, state.st_size))
    return sorted(found)


def _job(path: Path, values: dict[str, str], register: Register) -> Job:
    given: dict[str, Any] = {name: value for name, value in notebooks.declared(path).items() if isinstance(value, str)}
    if values.get("area") or values.get("municipality"):
        given |= {"area": "", "municipality": ""}
    given |= values
    if given["area"]:
        area = register.area(given["area"])
        kind, code, name, folder = "area", area.id, area.name(given["language"]), area.folder
    else:
        place = register.municipality(given["municipality"])
        register.require_embedded(place.istat_code)
        kind, code, name, folder = "municipality", place.istat_code, place.name, place.folder
    chosen = {name: given[name] for name in ("municipality", "area", "language")} | values | {kind: code}
    return Job(path.stem, path, kind, code, name, folder, given["language"], chosen, languages=(given["language"],))


class _Alone(Drawings):
    """No painters: the page draws its charts itself."""

    def __init__(self) -> None:
        self.mapped = False

    def ask(self, payload: Mapping[str, Any]) -> None:
        """Nobody is asked."""

    def get(self, payload: Mapping[str, Any]) -> None:
        """Nobody has drawn."""


def _apart(job: Job, scratch: Path) -> worker.Done:
    """Execute and draw in a fork of this process, which has all imports and tables: nothing of a save is left over."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_work, args=(job, scratch, theirs))
    child.start()
    theirs.close()
    try:
        done: worker.Done = ours.recv()
    except EOFError:
        raise ToolkitError("the process ended: killed, or out of memory") from None
    finally:
        child.terminate()  # a chart's engine would wait for its threads
        child.join()
    return done


def _work(job: Job, scratch: Path, answer: Connection) -> None:
    with (scratch / "log").open("wb") as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
    InteractiveShell.clear_instance()  # that of whoever called; the notebook gets one of its own
    answer.send(warm_job.perform(job, scratch, lambda begun: None, _Alone(), ""))


def _made(job: Job, out: Path) -> str:
    """The address of the page, made and put in its place.

    Raises:
        ToolkitError: it could not be made; where it says so, the cell.
    """
    with tempfile.TemporaryDirectory(prefix="quadro-preview-") as scratch:
        done = _apart(job, Path(scratch))
        if not done.outcome.good:
            cell = f"cell {done.outcome.cell}" if done.outcome.cell else ""
            raise ToolkitError(done.outcome.message, where="" if cell and cell in done.outcome.message else cell)
        for made in done.files:
            target = inside.path(out, f"{job.folder}/{made.name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(made, target)
    render.site(out)
    lost = "".join(f"\n  not on the page: {line}" for line in done.dropped)
    return f"{(out / job.page).as_uri()}{lost}"
