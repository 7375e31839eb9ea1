"""One job in a forked process: the cells run here, charts are drawn elsewhere meanwhile, the page is written here."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import papermill.execute
from nbclient.exceptions import DeadKernelError
from papermill.engines import NotebookExecutionManager
from papermill.iorw import load_notebook_node
from papermill.log import logger
from papermill.parameterize import parameterize_notebook
from papermill.utils import chdir

from toolkit.render import shell as pages
from toolkit.render.painter import Drawings
from toolkit.run import worker
from toolkit.run.job import Job
from toolkit.run.outcome import ADDED_BY_PAPERMILL, MIME
from toolkit.run.warm import engine
from toolkit.run.warm.shell import NeedsKernel, ShellClient

Begun = Callable[[int], None]
Teach = Callable[[bool], None]
"""Told that the cells have run well, and whether they printed."""


@lru_cache(maxsize=64)
def source(path: Path) -> Any:
    """A notebook as papermill reads it; read in the parent, it is there in every child. Never changed."""
    return load_notebook_node(str(path))


def perform(
    job: Job, folder: Path, begun: Begun, drawings: Drawings, stock: str, teach: Teach | None = None
) -> worker.Done:
    """Execute and render one job; this process must end afterwards.

    Args:
        job: what to do.
        folder: scratch folder of its own.
        begun: told how many cells have begun.
        drawings: who draws its charts.
        stock: why an ordinary kernel must execute it; empty: it need not.
        teach: called when its cells have run, if they have run well.
    """
    from toolkit import catalog

    if stock:
        return replace(worker.perform(job, folder), note=stock)
    pages.drawings.set(drawings.get)
    try:
        done = worker.perform(job, folder, lambda job, folder: _execute(job, folder, begun, drawings, teach))
    except NeedsKernel as reason:
        return replace(worker.perform(job, folder), note=str(reason))
    loaded = {source.name for source in catalog.used()} | ({"boundaries"} if drawings.mapped else set())
    return replace(done, tables=tuple(sorted(loaded)))


def _execute(job: Job, folder: Path, begun: Begun, drawings: Drawings, teach: Teach | None) -> worker.Executed:
    """What `papermill.execute_notebook` does, in memory."""
    node = parameterize_notebook(copy.deepcopy(source(job.path)), job.values, kernel_name="python3")
    node = papermill.execute.prepare_notebook_metadata(node, str(job.path), "", False)
    node = papermill.execute.remove_error_markers(node)
    manager = _Manager(node, begun)
    manager.notebook_start()
    try:
        with chdir(str(folder)):
            _Client(manager, drawings).execute()
    except NeedsKernel:
        raise
    except DeadKernelError as error:
        return node, "kernel_died", str(error)
    except Exception as error:
        return node, "engine", f"{type(error).__name__}: {error}"
    if teach and not any(cell.metadata.get("papermill", {}).get("exception") for cell in node.cells):
        outputs = [output for cell in node.cells for output in cell.get("outputs", ())]
        with suppress(Exception):  # what cannot be taught costs the others time, and this page nothing
            teach(any(output["output_type"] == "stream" for output in outputs))
    return node, "", ""


class _Manager(NotebookExecutionManager):
    """papermill's manager without a file; the parent sees how many of the author's cells have begun."""

    def __init__(self, node: Any, begun: Begun) -> None:
        super().__init__(node, progress_bar=False, autosave_cell_every=0)
        self.told, self.begun = begun, 0

    def cell_start(self, cell: Any, cell_index: int | None = None, **more: Any) -> None:
        super().cell_start(cell, cell_index, **more)
        if not ADDED_BY_PAPERMILL & set(cell.metadata.get("tags", ())):
            self.begun += 1
        self.told(self.begun)


class _Client(ShellClient):
    """Has charts drawn as soon as they are shown."""

    def __init__(self, manager: Any, drawings: Drawings) -> None:
        super().__init__(manager, kernel_name=engine.KERNEL, log=logger)
        self._drawings = drawings

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: Any) -> Any:
        shown = super().output(outs, msg, display_id, cell_index)
        payload = shown.get("data", {}).get(MIME) if shown else None
        if isinstance(payload, dict):
            self._drawings.ask(payload)
        return shown
