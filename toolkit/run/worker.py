"""Inside a worker process: execute a notebook and write its page, in a folder of its own.

`execute_stock` does it with papermill and an ordinary kernel; `toolkit.run.warm.job` with the cells in this process.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from toolkit import inside
from toolkit.errors import DataError, ToolkitError
from toolkit.params import ROOT
from toolkit.run.job import Job
from toolkit.run.outcome import Outcome, Trouble, decide, opening
from toolkit.signs import legible

EXECUTED = "executed.ipynb"
PRODUCTS = "products"
ENVIRONMENT = {
    "QUADRO_DEFER_CHARTS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""Charts are drawn by the page, not by the kernel; as many kernels as processors leave no thread to spare for BLAS."""


@dataclass(frozen=True)
class Done:
    """What a job came to.

    Attributes:
        outcome: its outcome.
        files: what to promote.
        opening: what the page says of itself.
        seconds: that it took.
        tables: of the catalogue that it loaded; none: nobody knows, so it depends on all.
        note: a word for the log.
        dropped: what the notebook shows and the page does not take, a line a cell.
    """

    outcome: Outcome
    files: tuple[Path, ...] = ()
    opening: dict[str, Any] | None = None
    seconds: float = 0.0
    tables: tuple[str, ...] | None = None
    note: str = ""
    dropped: tuple[str, ...] = ()


def serve(connection: Connection, log: Path) -> None:
    """Take jobs from the connection, one after the other, until it is closed; what libraries print goes to `log`."""
    with log.open("ab") as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what ends.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(ENVIRONMENT)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    while True:
        try:
            job, folder = connection.recv()
        except EOFError:
            return
        connection.send(perform(job, folder))


Executed = tuple[dict[str, Any], Trouble, str]
"""A notebook as it was left, what went wrong around it, and a word on that."""


def perform(job: Job, folder: Path, execute: Callable[[Job, Path], Executed] | None = None) -> Done:
    """Execute and render one job below `folder`; nothing is written anywhere else."""
    started = time.monotonic()
    (folder / PRODUCTS).mkdir(parents=True, exist_ok=True)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")  # no profile and no history of whoever runs this
    notebook, trouble, detail = (execute or execute_stock)(job, folder)
    outcome = decide(notebook, trouble, detail)
    files: tuple[Path, ...] = ()
    if outcome.status == "ok":
        try:
            files = _products(job, notebook, folder / PRODUCTS)
        except ToolkitError as error:
            outcome = decide(notebook, "render_data" if isinstance(error, DataError) else "render", str(error))
        except Exception as error:
            outcome = replace(
                decide(notebook, "render", f"{type(error).__name__}: {error}"), traceback=traceback.format_exc()
            )
    shown = _dropped(job, notebook) if outcome.status == "ok" else ()
    return Done(outcome, files, opening(notebook), time.monotonic() - started, dropped=shown)


def _dropped(job: Job, notebook: dict[str, Any]) -> tuple[str, ...]:
    from toolkit.run.dropped import dropped

    return dropped(notebook, job.language)


def execute_stock(job: Job, folder: Path) -> Executed:
    """Execute with stock papermill, which keeps the notebook in a file."""
    from nbformat import from_dict
    from nbformat.v4.rwbase import rejoin_lines

    trouble, detail = _execute(job, folder)
    left = partial(folder)
    return rejoin_lines(from_dict(left)) if left else left, trouble, detail


def partial(folder: Path) -> dict[str, Any]:
    """The notebook of a job as far as it came; papermill saves it after each cell."""
    try:
        notebook: dict[str, Any] = json.loads((folder / EXECUTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notebook


def _execute(job: Job, folder: Path) -> tuple[Trouble, str]:
    """Run the notebook with stock papermill; a kernel that does not start is started once more."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    trouble: tuple[Trouble, str] = ("", "")
    for _ in range(2):
        try:
            papermill.execute_notebook(
                job.path,
                folder / EXECUTED,
                parameters=job.values,
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                start_timeout=60,
                cwd=folder,
            )
            return "", ""
        except PapermillExecutionError:
            return "", ""  # the error is in the saved notebook, where `decide` reads it
        except DeadKernelError as error:
            trouble = ("kernel_died", first_line(error))
        except Exception as error:
            trouble = ("engine", f"{type(error).__name__}: {first_line(error)}")
        if _began(folder) or not (folder / EXECUTED).exists():  # papermill saves once before it starts the kernel
            return trouble
    return "kernel_start", trouble[1]


def _began(folder: Path) -> bool:
    cells = partial(folder).get("cells", ())
    return any(cell["metadata"].get("papermill", {}).get("start_time") for cell in cells)


def first_line(error: BaseException) -> str:
    """The first line of what an exception says."""
    return (str(error).strip().splitlines() or ["no message"])[0].rstrip(".")


def _products(job: Job, notebook: dict[str, Any], folder: Path) -> tuple[Path, ...]:
    """Page, results and executed notebook; the page comes last, because promoting it publishes the rest."""
    from toolkit import render

    text = legible(_written(_without_run_marks(notebook)))
    written = render.outputs(_read(text), folder, languages=job.languages)
    if not (folder / f"{job.stem}.html").is_file():
        names = ", ".join(path.name for path in written if path.suffix == ".html")
        raise ToolkitError(
            f"The notebook made the page {names}, not {job.stem}.html.", hint=f'Report("{job.notebook}", …)'
        )
    executed = inside.path(folder, f"{job.stem}.ipynb")
    executed.write_text(text, encoding="utf-8")
    return tuple(sorted([*written, executed], key=lambda path: (path.suffix == ".html", path.name)))


def _written(notebook: dict[str, Any]) -> str:
    """A notebook as a file, a line a cell: Python's fast encoder writes no indentation."""
    cells = ",\n".join(_json(cell) for cell in notebook["cells"])
    rest = _json({key: value for key, value in notebook.items() if key != "cells"})
    return f'{{"cells": [\n{cells}\n],\n{rest[1:]}\n'


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _read(text: str) -> Any:
    """The notebook of such a file, its keys in one order whoever executed it; payloads stay plain mappings."""
    from nbformat import NotebookNode, from_dict

    notebook = json.loads(text)
    cells = []
    for cell in notebook.pop("cells"):
        outputs = cell.pop("outputs", None)
        cells.append(from_dict(cell))
        if outputs is not None:
            cells[-1]["outputs"] = [NotebookNode(output) for output in outputs]
    return NotebookNode({**from_dict(notebook), "cells": cells})


def _without_run_marks(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook without clock times, temporary paths and random ids: equal inputs, equal bytes."""
    notebook.get("metadata", {}).pop("papermill", None)
    for cell in notebook["cells"]:
        for mark in ("papermill", "execution"):
            cell["metadata"].pop(mark, None)
        if "injected-parameters" in cell["metadata"].get("tags", ()):
            cell["id"] = "injected-parameters"
    return notebook


def _end_with_parent() -> None:
    """Where the parent was killed nobody waits for this work: end it, kernel included."""
    import psutil

    parent = parent_process()
    if parent is not None:
        parent.join()
        for child in psutil.Process().children(recursive=True):
            child.kill()
        os._exit(1)
