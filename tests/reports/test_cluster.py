"""Runs on a Dask cluster of processes on this machine: the pages of a local run, whatever happens to the workers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from making import project, report

from toolkit import cli
from toolkit.errors import ToolkitError, installing
from toolkit.run import cluster, cluster_worker
from toolkit.run.job import Job

linux = pytest.mark.skipif(sys.platform != "linux", reason="the warm engine needs Linux")
CODES = ("015032", "015077", "015081", "015086", "015098", "015166", "015209", "015146")
KILLS = "import psutil\npsutil.Process().parent().parent().kill()\nimport time\ntime.sleep(60)"
NOTEBOOKS = {
    "steady": report("steady", "import time\ntime.sleep(1)", "from IPython.display import Latex\nLatex('x')"),
    "leaves": report("leaves", "import os\nos._exit(3)"),
    "kills": report("kills", KILLS),
}
PLAN = "title: {{it: a, en: a}}\nnotebooks: [{notebooks}]\nmunicipalities: [{codes}]\nlanguages: [it]\n"
PATIENCE = 240
"""Seconds after which something hangs: the machine may be slow and busy."""


def plan(notebooks: str, *codes: str) -> str:
    return PLAN.format(notebooks=notebooks, codes=", ".join(f'"{code}"' for code in codes))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    plans = {
        "many": plan("steady", *CODES),
        "mixed": plan("steady, leaves", *CODES[:2]),
        "kills": plan("kills", CODES[0]),
    }
    return project(tmp_path, NOTEBOOKS, plans)


class Service:
    """A scheduler and its workers, each a process."""

    def __init__(self, home: Path, root: Path, **scheduler: str) -> None:
        self.home, self.root = home, root
        self.file = home / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--scheduler-file", str(self.file), "--port", "0", more=scheduler)
        self.address = json.loads(until(self._told))["address"]

    def _told(self) -> str:
        text = self.file.read_text() if self.file.exists() else ""
        return text if text.rstrip().endswith("}") else ""

    def worker(self, *options: str, toolkit: Path | None = None) -> subprocess.Popen[bytes]:
        """One more worker of one thread."""
        given = ("--nthreads", "1", "--local-directory", str(self.home / "scratch"), *options)
        return self._start("worker", self.address, *given, toolkit=toolkit)

    def _start(
        self, what: str, *options: str, more: dict[str, str] | None = None, toolkit: Path | None = None
    ) -> subprocess.Popen[bytes]:
        path = str(toolkit or self.root)
        environment = {**os.environ, "PYTHONPATH": path, "QUADRO_DATA": str(self.root / "data")}
        environment |= {"DASK_CONFIG": str(self.root / "docs/dask.yaml"), **(more or {})}
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options, "--host", "127.0.0.1"]
        log = (self.home / f"{what}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [*command, "--no-dashboard"], cwd=self.home, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self.processes):  # the scheduler last
            family = below(process.pid)
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for one in family:
                if one.is_running():
                    one.kill()


@pytest.fixture
def service(home: Path, root: Path) -> Iterator[Callable[..., Service]]:
    """Starts a scheduler; it and its workers are ended afterwards."""
    started: list[Service] = []

    def start(workers: int = 0, **scheduler: str) -> Service:
        started.append(Service(home, root, **scheduler))
        for _ in range(workers):
            started[-1].worker("--no-nanny")
        return started[-1]

    yield start
    for one in started:
        one.close()


def until(look: Callable[[], Any]) -> Any:
    limit = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < limit, "nothing happens"
        time.sleep(0.05)
    return found


def below(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def start(home: Path, root: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(root), "QUADRO_DATA": str(root / "data")}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "toolkit.cli", "run", *arguments, "--json"]
    return subprocess.Popen(command, cwd=home, env=environment, **pipes)


def ended(process: subprocess.Popen[str]) -> tuple[int, list[tuple[str, str]], str]:
    """Exit code, page and outcome as they were told, and what was said of errors."""
    out, err = process.communicate(timeout=PATIENCE)
    lines = [json.loads(line) for line in out.splitlines()]
    return process.returncode, [(line["page"], line["outcome"]) for line in lines if "page" in line], err


def site(folder: Path) -> dict[str, bytes]:
    """All that readers get; what a run notes of itself is left out."""
    kept = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in kept.items() if name[:4] != "run." and name[:7] != ".quadro"}


def left(home: Path) -> list[Path]:
    """Folders of runs that workers have kept."""
    return list((home / "scratch").rglob("quadro-*"))


@linux
@pytest.mark.slow
def test_a_worker_killed_in_the_middle_costs_nothing(home: Path, root: Path, service: Callable[..., Service]) -> None:
    assert start(home, root, "many", "--jobs", "2", "--out", "local").wait(PATIENCE) == 0
    there = service(2)
    run = start(home, root, "many", "--cluster", there.address)
    until(lambda: list((home / "reports").glob("*/steady.it.html")) or run.poll() is not None)
    workers = there.processes[1:]
    victim = until(lambda: next((one for one in workers if len(below(one.pid)) > 1), None))  # warm parent and notebook
    family = below(victim.pid)
    assert run.poll() is None
    victim.kill()
    other = next(one for one in workers if one is not victim)
    code, pages, err = ended(run)
    assert (code, err) == (0, "")
    assert sorted(pages) == sorted((page, "ok") for page in dict(pages))
    assert len(pages) == len(CODES)
    assert site(home / "reports") == site(home / "local")
    until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family))
    assert below(other.pid) == []
    until(lambda: left(home) == [])  # that of the victim was removed by its warm parent


@linux
@pytest.mark.slow
def test_a_notebook_that_ends_its_process_costs_its_page_only(
    home: Path, root: Path, service: Callable[..., Service]
) -> None:
    there = service(1)
    code, pages, err = ended(start(home, root, "mixed", "--cluster", there.address))
    assert (code, err) == (1, "")
    assert dict(pages) == {
        "015032-bresso/steady.it.html": "ok",
        "015032-bresso/leaves.it.html": "failed_kernel",
        "015077-cinisello-balsamo/steady.it.html": "ok",
        "015077-cinisello-balsamo/leaves.it.html": "failed_kernel",
    }
    records = json.loads((home / "reports/run.json").read_text())["pages"]
    own = ["cell 5 (`from IPython.display import Latex`): formula"]
    assert [page["dropped"] for page in records if page["report"] == "steady"] == [own, own]
    record = next(page for page in records if page["message"])
    assert record["message"] == "The kernel died in cell 4 (`import os`): killed, or out of memory."
    assert (below(there.processes[1].pid), left(home)) == ([], [])
    code, pages, err = ended(start(home, root, "mixed", "--cluster", there.address))  # the good ones are left alone
    assert sorted(outcome for _, outcome in pages) == ["failed_kernel", "failed_kernel", "unchanged", "unchanged"]


@linux
@pytest.mark.slow
def test_a_job_that_kills_workers_is_given_up(home: Path, root: Path, service: Callable[..., Service]) -> None:
    there = service(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1")
    there.worker("--nanny")  # which starts the worker again
    code, pages, err = ended(start(home, root, "kills", "--cluster", there.address))
    assert (code, pages, err) == (1, [("015032-bresso/kills.it.html", "failed_kernel")], "")
    told = json.loads((home / "reports/run.json").read_text())["pages"][0]["message"]
    assert told == "The worker process ended: 2 workers of the cluster were lost while they had it."


@linux
@pytest.mark.slow
def test_a_stopped_run_leaves_the_workers_usable(home: Path, root: Path, service: Callable[..., Service]) -> None:
    there = service(1)
    run = start(home, root, "many", "--cluster", there.address)
    assert run.stdout is not None
    assert json.loads(run.stdout.readline())["outcome"] == "ok"
    run.send_signal(signal.SIGINT)
    code, _, err = ended(run)
    assert (code, err) == (130, "Stopped. What was promoted stays; the next run makes the rest.\n")
    assert (below(there.processes[1].pid), left(home)) == ([], [])
    code, pages, err = ended(start(home, root, "many", "--cluster", there.address))
    assert (code, err) == (0, "")
    assert {"ok", "unchanged"} == {outcome for _, outcome in pages}


@linux
@pytest.mark.slow
def test_a_worker_that_would_make_other_pages_is_refused(
    home: Path, root: Path, service: Callable[..., Service]
) -> None:
    shutil.copytree(root / "toolkit", home / "old/toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    with (home / "old/toolkit/svg.py").open("a") as module:
        module.write("# another version\n")
    there = service(1)
    there.worker("--no-nanny", toolkit=home / "old")
    until(lambda: (home / "scheduler-0.log").read_text().count("Register worker") == 2)
    code, pages, err = ended(start(home, root, "many", "--cluster", there.address))
    assert (code, pages) == (2, [])
    assert err.startswith("The worker tcp://127.0.0.1:")
    assert " would not make the same pages: it differs in toolkit.\n  where: toolkit: " in err
    assert "what to do: give it the same checkout, data and locked packages, then start it again" in err
    assert not (home / "reports/run.json").exists()


@linux
@pytest.mark.slow
def test_a_worker_that_comes_later_and_differs_is_left_out(
    home: Path, root: Path, service: Callable[..., Service]
) -> None:
    shutil.copytree(root / "toolkit", home / "old/toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "old/toolkit/text/report.yml").write_text("")
    there = service(1)
    run = start(home, root, "many", "--cluster", there.address)
    until(lambda: "Receive client" in (home / "scheduler-0.log").read_text() or run.poll() is not None)
    until(lambda: len(below(there.processes[1].pid)) > 0 or run.poll() is not None)
    there.worker("--no-nanny", toolkit=home / "old")
    code, pages, err = ended(run)
    assert (code, err) == (0, "")
    assert [outcome for _, outcome in pages] == ["ok"] * len(CODES)
    log = (home / "reports/run.log").read_text()
    assert log.count("a worker is left out: The worker tcp://127.0.0.1:") == 1
    assert " would not make the same pages: it differs in toolkit. toolkit: " in log


@linux
@pytest.mark.slow
def test_a_warm_parent_without_work_ends(home: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started the run may have been killed."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("QUADRO_DATA", str(root / "data"))
    monkeypatch.setattr(cluster_worker, "IDLE", 1.0)
    values = {"municipality": CODES[0], "area": "", "language": "it", "as_of": ""}
    job = Job("steady", home, "municipality", CODES[0], "Bresso", "015032-bresso", "it", values)
    order = cluster_worker.Order("run", cluster_worker.likeness(["steady"]), (job,), 0, ())
    before = {one.pid for one in below(os.getpid())}
    crew = cluster_worker._crew(order, "here", 1, home / "scratch")
    made = crew.perform(cluster_worker._here(job))
    assert [name for name, _ in made.files][-1] == "steady.it.html"
    crew.join(PATIENCE)
    assert {one.pid for one in below(os.getpid())} <= before
    assert not (home / "scratch").exists()
    with pytest.raises(cluster_worker._EndedError):
        crew.perform(job)
    asyncio.run(cluster_worker.stop("run"))
    with pytest.raises(ToolkitError, match="stopped"):
        cluster_worker._crew(order, "here", 1, home / "scratch")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.main(["run", *arguments])
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


@pytest.fixture
def inside(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return home


def test_no_scheduler(inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    code, err = told(capsys, "many", "--cluster", "tcp://127.0.0.1:1")
    assert code == 2
    assert err.startswith("No scheduler answers at tcp://127.0.0.1:1: ")
    assert "allowed: tcp://HOST:PORT, tls://HOST:PORT\n" in err
    assert "what to do: start the scheduler and the workers: docs/cluster.md\n" in err
    code, err = told(capsys, "many", "--cluster", "nowhere://127.0.0.1:1")
    assert code == 2
    assert err.startswith("No scheduler answers at nowhere://127.0.0.1:1: unknown address scheme 'nowhere'")
    assert not (inside / "reports/run.json").exists()


def test_no_workers(
    inside: Path,
    service: Callable[..., Service],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cluster, "WORKERS", 1.0)
    there = service()
    code, err = told(capsys, "many", "--cluster", there.address)
    assert code == 2
    assert err.startswith(f"The scheduler at {there.address} has had no worker for 1 seconds.\n")
    assert not (inside / "reports/run.json").exists()


def test_what_does_not_go_together(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in (["--jobs", "2"], ["--engine", "stock"]):
        code, err = told(capsys, "many", "--cluster", "tcp://127.0.0.1:1", *more)
        assert code == 2
        assert err.startswith("--cluster does not go with --jobs and --engine")


def test_without_the_extra(inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, err = told(capsys, "many", "--cluster", "tcp://127.0.0.1:1")
    assert code == 2
    assert err == f"Running on a cluster needs the package distributed.\n  what to do: {installing('cluster')}\n"


def test_a_local_run_imports_nothing_of_it(home: Path, root: Path) -> None:
    program = (
        "import sys; from toolkit import cli; from toolkit.run import batch, pool; "
        "code = cli.main(['run', 'many', '--explain']); "
        "print(code, sorted({'dask', 'distributed', 'fsspec', 'obstore'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(root), "QUADRO_DATA": str(root / "data")}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=home, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "0 []"
