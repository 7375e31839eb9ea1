"""One run: everything checked first, then pages one by one, then the manifest and the index."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from toolkit import __version__, params
from toolkit.params import RunPlan
from toolkit.run import lock, manifest, pool
from toolkit.run.fingerprint import Inputs
from toolkit.run.job import Job
from toolkit.run.manifest import Pages, Record
from toolkit.run.outcome import GOOD, Outcome
from toolkit.run.plan import jobs as jobs_of
from toolkit.run.worker import Done

PACKAGES = ("altair", "babel", "nbclient", "nbconvert", "numpy", "pandas", "papermill", "vl-convert-python")
LOG = "run.log"
WORK = f"{lock.STATE}/work"

Watch = Callable[[Record], None]
"""Told of each page when it has ended."""


@dataclass(frozen=True)
class RunResult:
    """What a run came to.

    Attributes:
        out: the output folder.
        records: a record for each page asked for, in the order of the plan (fields: see `manifest`).
        seconds: wall time.
    """

    out: Path
    records: list[Record]
    seconds: float

    @property
    def outcomes(self) -> Counter[str]:
        """How many pages came to each outcome."""
        return Counter(record["outcome"] for record in self.records)

    @property
    def exit_code(self) -> int:
        """0: every page is there and up to date; 1: some are not."""
        return 0 if all(record["outcome"] in GOOD for record in self.records) else 1

    @property
    def index(self) -> Path:
        """The page to open."""
        return (self.out / "index.html").resolve()


def execute(
    plan: RunPlan,
    out: Path,
    *,
    jobs: int = 0,
    engine: pool.Engine = "warm",
    memory: int = pool.MEMORY,
    timeout: int = 0,
    force: bool = False,
    only: Sequence[str] = (),
    home: Path = params.ROOT,
    where: str = "run plan",
    begin: Callable[[int], None] = lambda total: None,
    watch: Watch = lambda record: None,
) -> RunResult:
    """Make the pages of a plan.

    Args:
        plan: what is asked for.
        out: output folder; made if it is not there.
        jobs: worker processes; 0: what the plan says, or one for each processor.
        engine: `warm`, or `stock` for papermill with an ordinary kernel a notebook.
        memory: MiB that one notebook may use of its own; 0: no limit.
        timeout: seconds that one notebook may take; 0: what the plan says.
        force: make also the pages whose inputs did not change.
        only: codes, names or area ids; others of the plan are left out.
        home: the checkout.
        where: the plan's file, for messages.
        begin: told how many pages there are.
        watch: told of each page when it has ended.

    Raises:
        ToolkitError: a fault of plan, catalogue or output folder; nothing has run.
    """
    from toolkit import catalog, render
    from toolkit.territory import Register

    started, clock = manifest.now(), time.monotonic()
    data = catalog.default()
    data.check()
    todo = jobs_of(plan, Register(data), home=home, where=where, only=only)
    todo = [replace(job, path=job.path.resolve(), timeout=timeout or job.timeout) for job in todo]
    means = pool.Means(jobs or plan.jobs or os.cpu_count() or 1, engine, memory)
    with lock.held(out):
        run = _Run(out, Inputs(home, data.fingerprint()), Pages(out), watch)
        shutil.rmtree(out / WORK, ignore_errors=True)  # of a run that was killed
        begin(len(todo))
        try:
            render.assets(out / "assets")
            run.all(todo, force, means)
        finally:
            shutil.rmtree(out / WORK, ignore_errors=True)
            seconds = time.monotonic() - clock
            about = _about(run, where, started, seconds) | {"as_of": plan.as_of, "data": data.hashes()}
            run.pages.write(about)
            _log(out, about, run)
            render.site(out)
    records = [run.ended[job.page] for job in todo]
    return RunResult(out, records, seconds)


@dataclass
class _Run:
    """The state of a run: what ended how."""

    out: Path
    inputs: Inputs
    pages: Pages
    watch: Watch
    ended: dict[str, Record] = field(default_factory=dict)
    tracebacks: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def all(self, todo: Sequence[Job], force: bool, means: pool.Means) -> None:
        """Bring every page up to date; each is noted as soon as it has ended."""
        prints = {job.page: self.inputs.of(job) for job in todo}
        current = [job for job in todo if not force and self.pages.current(job, prints[job.page])]
        for job in current:
            self._end(self.pages.unchanged(job))
        done = {job.page for job in current}
        rest = [job for job in todo if job.page not in done]
        (self.out / WORK).mkdir(parents=True)
        for job, came_to in pool.run(rest, means, self.out / WORK, self.words):
            self._end(self._settle(job, came_to, prints[job.page]))

    def _settle(self, job: Job, done: Done, fingerprint: str) -> Record:
        """Promote what a job made, or keep what was there."""
        outcome = done.outcome
        if done.note:
            self.notes[job.page] = f"an ordinary kernel executed it: {done.note}"
        if outcome.status == "ok":
            names = [f"{job.folder}/{path.name}" for path in done.files]
            try:
                obsolete = self.pages.obsolete(job, names)
                manifest.promote(done.files, self.out, job.folder)
                for name in obsolete:
                    (self.out / name).unlink(missing_ok=True)
                return self.pages.promoted(job, done.seconds, names, fingerprint, done.opening or {})
            except OSError as error:
                outcome = Outcome("failed_code", f"The page could not be put in place: {error}.")
        if outcome.traceback:
            self.tracebacks[job.page] = outcome.traceback
        return self.pages.failed(job, outcome, done.seconds)

    def _end(self, record: Record) -> None:
        self.ended[record["page"]] = record
        self.watch(record)


def _about(run: _Run, where: str, started: str, seconds: float) -> Record:
    """What `run.json` says besides its pages."""
    home = run.inputs.home
    return {
        "quadro": __version__,
        "plan": Path(where).name,
        "started": started,
        "seconds": round(seconds, 3),
        "outcomes": dict(sorted(Counter(record["outcome"] for record in run.ended.values()).items())),
        "commit": _commit(home),
        "lock": run.inputs.lock,
        "toolkit": run.inputs.toolkit,
        "python": platform.python_version(),
        "packages": _versions(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _commit(home: Path) -> str:
    """The commit of the checkout, marked `+changes` where files differ from it; empty outside git."""
    git: dict[str, Any] = {"cwd": home, "capture_output": True, "text": True, "check": True, "timeout": 20}
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], **git).stdout.strip()
        changes = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], **git).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit}+changes" if changes else commit


def _log(out: Path, about: Record, run: _Run) -> None:
    """Write `run.log`: one line a page, and for failures the message and the traceback."""
    lines = [f"{about['started']} quadro {about['quadro']} · plan {about['plan']} · commit {about['commit'] or 'none'}"]
    lines += run.words
    for record in run.ended.values():
        lines.append(f"{record['outcome']:<13} {record['seconds']:8.2f} s  {record['page']}")
        lines += [f"    {line}" for line in record["message"].splitlines()]
        lines += [f"    {note}" for note in [run.notes.get(record["page"])] if note]
        lines += [f"    | {line}" for line in run.tracebacks.get(record["page"], "").splitlines()]
    lines.append(f"{manifest.now()} {about['outcomes']} in {about['seconds']:.1f} s")
    manifest.replace_text(out / LOG, "\n".join(lines) + "\n")
