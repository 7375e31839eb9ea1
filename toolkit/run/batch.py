"""One run: everything checked first, then pages one by one, then the manifest and the index."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from toolkit import __version__, inside, params
from toolkit.errors import ToolkitError
from toolkit.params import RunPlan
from toolkit.run import lock, manifest, pool
from toolkit.run import place as places
from toolkit.run.job import Job
from toolkit.run.manifest import Pages, Record
from toolkit.run.outcome import GOOD, Outcome
from toolkit.run.place import Folder
from toolkit.run.prepare import Choice, Prepared
from toolkit.run.warm import child, machine
from toolkit.run.worker import PRODUCTS, Done

PACKAGES = (
    "altair",
    "babel",
    "nbclient",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "mini-racer",
    "vl-convert-python",
)
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
        later: pages that are due and were left out by the limit.
        address: where readers find the pages, where that is not the folder.
    """

    out: Path
    records: list[Record]
    seconds: float
    later: int = 0
    address: str = ""

    @property
    def outcomes(self) -> Counter[str]:
        """How many pages came to each outcome."""
        return Counter(record["outcome"] for record in self.records)

    @property
    def exit_code(self) -> int:
        """0: every page is there and up to date; 1: some are not."""
        return 0 if all(record["outcome"] in GOOD for record in self.records) else 1

    @property
    def index(self) -> Path | str:
        """The page to open."""
        return f"{self.address}/index.html" if self.address else (self.out / "index.html").resolve()


def execute(
    plan: RunPlan,
    out: Path | str,
    *,
    jobs: int = 0,
    engine: pool.Engine = "warm",
    memory: int = pool.MEMORY,
    timeout: int = 0,
    cluster: str = "",
    choice: Choice | None = None,
    home: Path = params.ROOT,
    where: str = "run plan",
    begin: Callable[[int], None] = lambda total: None,
    watch: Watch = lambda record: None,
) -> RunResult:
    """Make the pages of a plan.

    Args:
        plan: what is asked for.
        out: output folder, made if it is not there; or an address that fsspec knows.
        jobs: worker processes; 0: what the plan says, or one for each processor.
        engine: `warm`, or `stock` for papermill with an ordinary kernel a notebook.
        memory: MiB that one notebook may use of its own; 0: no limit.
        timeout: seconds that one notebook may take; 0: what the plan says.
        cluster: address of a Dask scheduler whose workers do it; empty: worker processes here.
        choice: which pages; all that are not up to date.
        home: the checkout.
        where: the plan's file, for messages.
        begin: told how many pages there are.
        watch: told of each page when it has ended.

    Raises:
        ToolkitError: a fault of plan, catalogue, output folder or cluster; nothing has run, or a cluster was lost.
    """
    started, clock = manifest.now(), time.monotonic()
    choice = choice or Choice()
    commit = _Commit(home)
    place = places.of(out)
    out = place.path
    means = pool.Means(jobs or plan.jobs or os.cpu_count() or 1, engine, memory)
    with ExitStack() as stack:
        if engine == "warm" and not cluster and child.available() and (choice.force or not place.has("index.html")):
            means = replace(means, early=stack.enter_context(machine.started()))  # it imports meanwhile
        prepared = Prepared(plan, place, choice, home, where, timeout)
        stack.enter_context(place.held())
        prepared.look(choice)  # nobody else writes from now on
        if cluster and prepared.due:
            from toolkit.run.cluster import joined

            due = [job for job in prepared.jobs if job.page in prepared.due]
            means = replace(means, cluster=stack.enter_context(joined(cluster, due, home)))
        run = _Run(place, prepared, watch)
        inside.clear(out / WORK)  # of a run that was killed
        begin(len(prepared.jobs))
        same, ended = run.nothing_to_do(), False
        try:
            run.all(means)
            if not same:
                _shared(out)
            ended = True
        finally:  # who is stopped must end at once: what needs imports is left to the next run
            inside.clear(out / WORK)
            seconds = time.monotonic() - clock
            about = _about(run, where, started, seconds, commit.read())
            about |= {"as_of": plan.as_of, "site": prepared.site() if ended else ""}
            run.pages.write(about)
            prepared.remember()
            _log(out, about, run)
            if ended and not same:
                _site(out)
            place.publish(ended and not same)
    records = [run.ended[job.page] for job in prepared.jobs if job.page in run.ended]
    return RunResult(out, records, seconds, len(prepared.later), place.address)


def _shared(out: Path) -> None:
    from toolkit import render

    render.assets(inside.folder(out, "assets"))


def _site(out: Path) -> None:
    from toolkit import render

    render.site(out)


@dataclass
class _Run:
    """The state of a run: what ended how."""

    place: Folder
    prepared: Prepared
    watch: Watch
    ended: dict[str, Record] = field(default_factory=dict)
    tracebacks: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    @property
    def pages(self) -> Pages:
        """Records of the folder."""
        return self.prepared.pages

    def nothing_to_do(self) -> bool:
        """Whether every page, the index and the shared files are as they should be."""
        state = [self.pages.before.get("site"), self.place.has("index.html"), self.pages.whole and self.place.whole]
        stale = any(record["stale"] or record["outcome"] not in GOOD for record in self.pages.records.values())
        return not self.prepared.due and not stale and state == [self.prepared.site(), True, True]

    def all(self, means: pool.Means) -> None:
        """Bring every page up to date; each is noted as soon as it has ended."""
        due, later = self.prepared.due, self.prepared.later
        for job in self.prepared.jobs:
            if job.page not in due and job.page not in later:
                self._end(self.pages.unchanged(job))
        rest = [job for job in self.prepared.jobs if job.page in due]
        if not rest:
            return
        work = self.place.path / WORK
        work.mkdir(parents=True)
        used = {name for job in rest for name in self.prepared.inputs.used(job.path)}
        means = replace(means, modules=tuple(sorted(used)))
        for number, (job, came_to) in enumerate(pool.run(rest, means, work, self.words)):
            if not number:
                self.prepared.remember()  # what the journal's records stand for, should this run be killed
            done = _proved(came_to, work.resolve())
            self._end(self._settle(job, done))
            if done.files:
                inside.clear(done.files[0].parents[1])

    def _settle(self, job: Job, done: Done) -> Record:
        """Promote what a job made, or keep what was there."""
        outcome = done.outcome
        if done.note:
            self.notes[job.page] = f"an ordinary kernel executed it: {done.note}"
        if outcome.status == "ok":
            names = [f"{job.folder}/{path.name}" for path in done.files]
            try:
                obsolete = self.pages.obsolete(job, names)
                self.place.promote(done.files, job.folder)
                for name in obsolete:
                    self.place.remove(name)
                parts = self.prepared.parts(job, done.tables)
                about = done.opening or {}
                return self.pages.promoted(job, done.seconds, names, parts, about, done.tables, done.dropped)
            except OSError as error:
                outcome = Outcome("failed_code", f"The page could not be put in place: {error}.")
            except ToolkitError as error:
                outcome = Outcome("failed_code", f"The page could not be put in place: {error}")
        if outcome.traceback:
            self.tracebacks[job.page] = outcome.traceback
        return self.pages.failed(job, outcome, done.seconds)

    def _end(self, record: Record) -> None:
        self.ended[record["page"]] = record
        self.watch(record)


def _proved(done: Done, work: Path) -> Done:
    """What a worker says that it made, where all of it is in the folder of its job; else that it is not.

    A path may begin where the run was started, or with a link that the user gave as output folder.
    """
    try:
        for path in done.files:
            number, products, name = (path.parent.resolve() / path.name).relative_to(work).parts
            inside.unlinked(inside.path(work, f"{number}/{products}/{name}"))
            if products != PRODUCTS or number != done.files[0].parts[-3] or not path.is_file():
                raise ValueError
    except (ValueError, ToolkitError):
        what = f"The worker names {str(path)[:200]!r}, which is not a file that it may have made: no page was made."
        return Done(Outcome("failed_code", what), seconds=done.seconds)
    return done


def _about(run: _Run, where: str, started: str, seconds: float, commit: str) -> Record:
    """What `run.json` says besides its pages."""
    inputs = run.prepared.inputs
    return {
        "quadro": __version__,
        "plan": Path(where).name,
        "started": started,
        "seconds": round(seconds, 3),
        "outcomes": dict(sorted(Counter(record["outcome"] for record in run.ended.values()).items())),
        "commit": commit,
        "lock": inputs.lock,
        "toolkit": inputs.toolkit,
        "data": run.prepared.files,
        "python": platform.python_version(),
        "packages": versions(),
    }


def versions(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Installed versions of packages, those that are here."""
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


class _Commit:
    """The commit of a checkout, marked `+changes` where files differ from it; empty outside git. Asked in passing."""

    def __init__(self, home: Path) -> None:
        self.asked = [self._ask(home, "rev-parse", "HEAD"), self._ask(home, "status", "--porcelain", "-uno")]

    def _ask(self, home: Path, *command: str) -> subprocess.Popen[str] | None:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        try:
            return subprocess.Popen(["git", *command], cwd=home, stdin=subprocess.DEVNULL, **pipes)
        except OSError:
            return None

    def read(self) -> str:
        """The answer."""
        answers = []
        for process in self.asked:
            try:
                answers.append(process.communicate(timeout=20)[0].strip() if process else "")
            except subprocess.TimeoutExpired:
                answers.append("")
        commit, changes = answers
        return f"{commit}+changes" if changes else commit


def _log(out: Path, about: Record, run: _Run) -> None:
    """Write `run.log`: a line a page, what its notebook shows and it does not, message and traceback of failures."""
    lines = [f"{about['started']} quadro {about['quadro']} · plan {about['plan']} · commit {about['commit'] or 'none'}"]
    lines += [*run.pages.words, *run.words]
    for record in run.ended.values():
        lines.append(f"{record['outcome']:<13} {record['seconds']:8.2f} s  {record['page']}")
        lines += [f"    {line}" for line in record["message"].splitlines()]
        lines += [f"    {note}" for note in [run.notes.get(record["page"])] if note]
        lines += [f"    not on the page: {line}" for line in record.get("dropped", ())]
        lines += [f"    | {line}" for line in run.tracebacks.get(record["page"], "").splitlines()]
    lines.append(f"{manifest.now()} {about['outcomes']} in {about['seconds']:.1f} s")
    manifest.replace_text(out / LOG, "\n".join(lines) + "\n")
