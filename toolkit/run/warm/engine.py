"""The papermill engine `quadro-warm`: a notebook in a process forked from this one, without the cost of a kernel.

    papermill notebook.ipynb out.ipynb --engine quadro-warm

Outputs, errors, execution counts and metadata are those of papermill's own engine. The more the calling process has
imported, the more is saved; `quadro run` does it with everything. Where a fork cannot serve, the ordinary kernel does,
and the log says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger

from toolkit.run.warm import child

NAME, KERNEL = "quadro-warm", "python3"
TICK = 0.05
_WIDGETS = re.compile(r"\bipywidgets\b|\binteract\b")


def unfit(notebook: Any, kernel: str) -> str:
    """Why a notebook needs an ordinary kernel; empty where it does not.

    Args:
        notebook: its document.
        kernel: name of the kernel asked for, empty for the notebook's own.
    """
    if not child.available():
        return "this system cannot fork as Linux does"
    name = kernel or notebook.get("metadata", {}).get("kernelspec", {}).get("name", "python3")
    if not _is_this_python(name):
        return f"it wants the kernel {name!r}"
    for cell in notebook["cells"]:
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        if cell["cell_type"] == "code" and _WIDGETS.search(source):
            return "it uses widgets, whose outputs need a client"
    return ""


def _is_this_python(name: str) -> bool:
    """Whether a kernel is ipykernel in this interpreter, with nothing of its own around it."""
    try:
        spec = KernelSpecManager().get_kernel_spec(name)
    except NoSuchKernel:
        return name == "python3"
    return spec.argv[1:3] == ["-m", "ipykernel_launcher"] and not spec.env and name == "python3"


class WarmEngine(NBClientEngine):
    """Runs notebooks in forked processes; see the module."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, execution_timeout: float | None = None, **options: Any
    ) -> Any:
        """Execute the notebook of a manager; called by papermill.

        Args:
            nb_man: papermill's manager of the notebook.
            kernel_name: the kernel asked for.
            execution_timeout: seconds a cell may take.
            options: those of papermill's own engine.
        """
        reason = unfit(nb_man.nb, kernel_name)
        if not reason:
            reason = _forked(nb_man, execution_timeout or options.get("timeout") or 0, options)
        if reason:
            logger.warning(f"An ordinary kernel executes this notebook: {reason}.")
            options["execution_timeout"] = execution_timeout
            return super().execute_managed_notebook(nb_man, kernel_name, **options)
        return nb_man.nb


def here(nb_man: Any, **options: Any) -> Any:
    """Execute the notebook of a manager in this very process, which must end afterwards.

    Raises:
        NeedsKernel: only an ordinary kernel can serve it; nothing of this attempt must be kept.
    """
    from toolkit.run.warm.shell import ShellClient

    allowed = {name: options[name] for name in ("log_output", "stdout_file", "stderr_file") if name in options}
    return ShellClient(nb_man, kernel_name=KERNEL, log=logger, **allowed).execute()


class _Telling:
    """Stands in the child for papermill's manager: what happens is told to the parent, which keeps the notebook."""

    def __init__(self, notebook: Any, send: Callable[[Any], None]) -> None:
        self.nb, self.send = notebook, send
        self.told: dict[int, str] = {}

    def cell_start(self, cell: Any, index: int) -> None:
        self.send(("start", index, None))

    def cell_exception(self, cell: Any, cell_index: int, exception: BaseException) -> None:
        self.send(("exception", cell_index, None))

    def cell_complete(self, cell: Any, cell_index: int) -> None:
        self.told[cell_index] = _changed(cell)
        self.send(("complete", cell_index, self.told[cell_index]))

    def end(self) -> None:
        """Tell again the cells whose outputs later cells have updated, then the notebook's metadata."""
        for index, told in self.told.items():
            now = _changed(self.nb.cells[index])
            if now != told:
                self.send(("update", index, now))
        self.send(("end", 0, json.dumps(self.nb["metadata"])))

    def autosave_cell(self) -> None:
        """The parent saves."""


def _changed(cell: Any) -> str:
    """What the execution of a cell changes in it."""
    changed = {key: cell[key] for key in ("outputs", "execution_count") if key in cell}
    return json.dumps({**changed, "execution": cell["metadata"].get("execution")})


def _forked(nb_man: Any, timeout: float, options: dict[str, Any]) -> str:
    """Run the notebook in a child and keep what it tells; returns why an ordinary kernel must do it again, if so."""
    from toolkit.run.warm.shell import NeedsKernel, host

    host()

    def work(send: Callable[[Any], None]) -> None:
        telling = _Telling(nb_man.nb, send)
        try:
            here(telling, **options)
        except NeedsKernel as reason:
            send(("needs_kernel", 0, str(reason)))
        except DeadKernelError:
            send(("dead", 0, None))
        else:
            telling.end()

    forked = child.Child(work)
    state = _Kept(nb_man)
    try:
        while not state.ended:
            ready = wait([forked.end, forked.pipe], TICK if timeout else None)
            for message in forked.messages():
                state.keep(*message)
            if timeout and state.running is not None and state.seconds > timeout:
                cell = nb_man.nb.cells[state.running]
                nb_man.cell_complete(cell, cell_index=state.running)
                raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", int(timeout), cell)
            if forked.end in ready and not state.ended:
                raise DeadKernelError("Kernel died")
    finally:
        if not state.ended:
            forked.kill()
        forked.close()
    return state.needs_kernel


class _Kept:
    """What a child has told of its notebook, kept in the manager of the parent."""

    def __init__(self, nb_man: Any) -> None:
        self.nb_man = nb_man
        self.running: int | None = None
        self.ended = False
        self.needs_kernel = ""

    @property
    def seconds(self) -> float:
        """How long the present cell has taken."""
        return float((self.nb_man.now() - self._since).total_seconds())

    def keep(self, what: str, index: int, content: str | None) -> None:
        """Take one message."""
        from nbformat import from_dict

        if what == "dead":
            raise DeadKernelError("Kernel died")
        if what in ("end", "needs_kernel"):
            self.ended = True
            if what == "end":
                kept = self.nb_man.nb.metadata.papermill
                self.nb_man.nb.metadata.update(from_dict(json.loads(content or "{}")))
                self.nb_man.nb.metadata.papermill = kept
            else:
                self.needs_kernel = content or ""
                self.nb_man.notebook_start()
            return
        cell = self.nb_man.nb.cells[index]
        if what == "start":
            self.running, self._since = index, self.nb_man.now()
            self.nb_man.cell_start(cell, index)
        elif what == "exception":
            self.nb_man.cell_exception(cell, cell_index=index, exception=None)
        else:
            changed = from_dict(json.loads(content or "{}"))
            execution = changed.pop("execution")
            cell.update(changed)
            if execution is not None:
                cell.metadata["execution"] = execution
            if what == "complete":
                self.nb_man.cell_complete(cell, cell_index=index)
                self.running = None


papermill_engines.register(NAME, WarmEngine)
