"""A notebook executed in this process, with the kernel's own shell, streams and displays, and nbclient's own outputs.

What a stock kernel sends through sockets, this one hands to nbclient directly. Everything between a cell's source and
its messages is ipykernel's and IPython's code; everything between messages and a cell's outputs is nbclient's and
papermill's. One notebook a process: the process ends when the notebook has ended.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipykernel
from ipykernel.iostream import BackgroundSocket, IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from traitlets.config import Config

Message = dict[str, Any]
LAUNCHER = str(Path(str(ipykernel.__file__)).parent.with_name("ipykernel_launcher.py"))
MATPLOTLIB = "module://matplotlib_inline.backend_inline"


class NeedsKernel(Exception):
    """The notebook does something that only a kernel with a client can serve."""


class _Direct(Session):
    """Hands messages to a listener, as they would have arrived through a socket."""

    listener: Callable[[Message], None] | None = None
    owner = 0

    def send(self, stream: Any, msg_or_type: Any, *args: Any, **more: Any) -> Any:
        names = ("content", "parent", "ident", "buffers")
        given = dict(zip(names, args, strict=False)) | more
        message = msg_or_type
        if not isinstance(message, dict):
            about = {name: given.get(name) for name in ("content", "parent", "header", "metadata")}
            message = self.msg(msg_or_type, **about)
        if os.getpid() != self.owner:
            _from_a_fork(message)
        elif self.listener is not None:
            if message["msg_type"] != "stream":
                message["content"] = self.unpack(self.pack(message["content"]))
            message["buffers"] = list(given.get("buffers") or ())
            self.listener(message)
        return message


def _from_a_fork(message: Message) -> None:
    """What a process that the notebook forked prints goes through its descriptors, as any subprocess's."""
    if message["msg_type"] == "stream":
        os.write(1 if message["content"]["name"] == "stdout" else 2, message["content"]["text"].encode())


class _Descriptor:
    """What is written to a file descriptor past Python: by C code, by subprocesses."""

    def __init__(self, number: int, name: str) -> None:
        self.number, self.kept = number, os.dup(number)
        self.caught = os.memfd_create(name)
        os.dup2(self.caught, number)
        self.read = 0

    def news(self) -> str:
        """What came since the last time."""
        found = os.pread(self.caught, max(os.fstat(self.caught).st_size - self.read, 0), self.read)
        self.read += len(found)
        return found.decode(errors="replace")

    def release(self) -> None:
        os.dup2(self.kept, self.number)
        os.close(self.kept)
        os.close(self.caught)


class _Stream(OutStream):
    """The kernel's output stream; each flush also brings what was written to the descriptor."""

    descriptor: _Descriptor | None = None

    def _flush(self) -> None:
        if self.descriptor is not None and os.getpid() == self.session.owner and not self.closed:
            news = self.descriptor.news()
            if news:
                self.write(news)
        super()._flush()


class _NoThread(IOPubThread):
    """The kernel's publishing thread that never started: what is published is published at once, in this thread."""

    def __init__(self, session: Session) -> None:
        self.session, self.socket, self._master_pid = session, None, os.getpid()
        self.background_socket = BackgroundSocket(self)
        idle: Any = SimpleNamespace(call_later=lambda *_: None, is_alive=lambda: False, ident=None)
        self.io_loop = self.thread = idle


class _Transformers(TransformerManager):
    """IPython's own, which parse a cell once: an ordinary kernel does it twice, and each page of a notebook anew.

    Where a notebook adds one of its own, which may remember what it has seen, nothing is kept.
    """

    def __init__(self) -> None:
        super().__init__()
        self._usual, self._kept = self._all(), dict[str, str]()

    def _all(self) -> list[Any]:
        return [*self.cleanup_transforms, *self.line_transforms, *self.token_transformers]

    def transform_cell(self, cell: str) -> str:
        """A cell as Python."""
        if self._all() != self._usual:
            return super().transform_cell(cell)
        if cell not in self._kept:
            self._kept[cell] = super().transform_cell(cell)
        return self._kept[cell]


class Host:
    """The kernel of this process, without sockets. It can be made before a fork: the copy is as good."""

    def __init__(self) -> None:
        os.environ.setdefault("MPLBACKEND", MATPLOTLIB)
        os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # or the debugger's import warns
        self.session = _Direct()
        self.iopub = _NoThread(self.session)
        self.kernel = self._kernel()
        self.streams = [_Stream(self.session, self.iopub, name, watchfd=False) for name in ("stdout", "stderr")]
        app = IPKernelApp.instance()  # what libraries ask to know that they are in a kernel
        app.kernel, app.shell, app.session = self.kernel, self.kernel.shell, self.session
        app.iopub_thread, app.iopub_socket = self.iopub, self.iopub.background_socket

    def _kernel(self) -> Any:
        config = Config()
        config.HistoryManager.enabled = False
        config.IPythonKernel._execute_sleep = 0  # for what a socket has not sent yet; here is none
        kernel = IPythonKernel.instance(
            session=self.session,
            config=config,
            log=logging.getLogger("ipykernel"),
            iopub_thread=self.iopub,
            iopub_socket=self.iopub.background_socket,
            shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread(), manager=None),
        )
        assert kernel.shell is not None
        kernel.shell.input_transformer_manager = _Transformers()
        return kernel

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Standard streams, descriptors and paths as in a kernel; put back afterwards."""
        kept = sys.stdout, sys.stderr, sys.displayhook, sys.argv, sys.path[:]
        for stream in kept[:2]:
            stream.flush()
        self.session.owner = os.getpid()
        for stream in self.streams:
            stream._master_pid = os.getpid()
        descriptors = [_Descriptor(number, name) for number, name in ((1, "stdout"), (2, "stderr"))]
        for stream, descriptor in zip(self.streams, descriptors, strict=True):
            stream.descriptor = descriptor
        sys.stdout, sys.stderr = self.streams
        sys.argv = [LAUNCHER]
        sys.path[:] = [path for path in sys.path if path]
        IPKernelApp.instance().init_path()  # puts the working directory where a kernel has it
        try:
            yield
        finally:
            sys.stdout, sys.stderr, sys.displayhook, sys.argv, sys.path[:] = kept
            for stream, descriptor in zip(self.streams, descriptors, strict=True):
                stream.descriptor = None
                descriptor.release()

    async def execute(self, code: str, store_history: bool, listener: Callable[[Message], None]) -> Message:
        """Execute code as the kernel does on a request; returns the reply."""
        kernel, session = self.kernel, self.session
        content = {"code": code, "silent": False, "store_history": store_history, "user_expressions": {}}
        request = session.msg("execute_request", content | {"allow_stdin": False, "stop_on_error": False})
        reply: Message = {}

        def hear(message: Message) -> None:
            if message["msg_type"] == "execute_reply":
                reply.update(message)
            elif (message.get("parent_header") or {}).get("msg_id", request["msg_id"]) == request["msg_id"]:
                listener(message)

        session.listener = hear
        kernel.set_parent([], request, channel="shell")
        kernel._publish_status("busy", "shell")
        saved = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            await kernel.execute_request(None, [], request)
            await asyncio.sleep(0)  # tasks that the cell left take their turn, as they do between two requests
        finally:
            signal.signal(signal.SIGINT, saved)
            for stream in (sys.stdout, sys.stderr):
                if stream is not None and not stream.closed:
                    stream.flush()
        kernel._publish_status("idle", "shell")
        session.listener = None
        return reply


@lru_cache(maxsize=1)
def host() -> Host:
    """The one kernel of this process."""
    return Host()


class ShellClient(PapermillNotebookClient):
    """papermill's client on a kernel that is this process."""

    def execute(self, **_: Any) -> Any:
        """Execute all cells; the notebook's metadata are those that papermill writes."""
        self.reset_execution_trackers()
        asyncio.events._set_running_loop(None)  # of whoever forked this process
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        with host().attached():
            loop.run_until_complete(self._all())
        self.nb.metadata["language_info"] = dict(host().kernel.language_info)
        self.set_widgets_metadata()
        return self.nb

    async def _all(self) -> None:
        """What papermill does, cell by cell."""
        for index, cell in enumerate(self.nb.cells):
            try:
                self.nb_man.cell_start(cell, index)
                await self.async_execute_cell(cell, index)
            except CellExecutionError as error:
                self.nb_man.cell_exception(self.nb.cells[index], cell_index=index, exception=error)
                break
            finally:
                if os.getpid() != host().session.owner:
                    os._exit(0)  # a process that the notebook forked came back from its cell
                self.nb_man.cell_complete(self.nb.cells[index], cell_index=index)

    async def async_execute_cell(
        self, cell: Any, cell_index: int, execution_count: int | None = None, store_history: bool = True
    ) -> Any:
        """Execute one cell.

        Raises:
            CellExecutionError: the cell raised, and nothing allows it to.
            DeadKernelError: an earlier cell ended the kernel (`exit()`).
            NeedsKernel: the cell made an output widget.
        """
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        if host().kernel.shell.exit_now:
            raise DeadKernelError("Kernel died")
        if self.record_timing:
            cell["metadata"]["execution"] = {}
        self.code_cells_executed += 1
        cell.outputs = []
        self.clear_before_next_output = False

        def listen(message: Message) -> None:
            if message["msg_type"] == "comm_open" and _is_output_widget(message):
                raise NeedsKernel("it shows output widgets")
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                if self.record_timing:
                    cell["metadata"]["execution"]["iopub.status.idle"] = _stamp(message)
                return
            self.process_message(message, cell, cell_index)

        reply = await host().execute(cell.source, store_history, listen)
        if self.record_timing:
            cell["metadata"]["execution"]["shell.execute_reply"] = _stamp(reply)
        if execution_count:
            cell["execution_count"] = execution_count
        await self._check_raise_for_error(cell, cell_index, reply)
        self.nb["cells"][cell_index] = cell
        return cell


def _is_output_widget(message: Message) -> bool:
    state = message["content"].get("data", {}).get("state", {})
    return isinstance(state, dict) and state.get("_model_name") == "OutputModel"


def _stamp(message: Message) -> str:
    return str(message["header"]["date"].isoformat()).replace("+00:00", "Z")
