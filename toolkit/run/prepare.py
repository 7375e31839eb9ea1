"""What a run has to do, and why: found without importing what makes the pages."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from toolkit import inside
from toolkit.errors import ToolkitError
from toolkit.params import RunPlan
from toolkit.run import fingerprint, memory
from toolkit.run.fingerprint import Inputs, Parts, Tables
from toolkit.run.job import Job
from toolkit.run.manifest import Pages
from toolkit.run.modules import Modules
from toolkit.run.outcome import GOOD
from toolkit.run.place import Folder

PLANNING = ("toolkit.run.plan", "toolkit.territory", "toolkit.catalog")
SITE = ("toolkit.render.index", "toolkit.render.method", "toolkit.render.shared")


@dataclass(frozen=True)
class Choice:
    """Which pages of a plan.

    Attributes:
        only: codes, names or area ids; others of the plan are left out.
        failed: only pages whose last attempt failed.
        limit: at most so many are made; 0: all.
        force: make also the pages whose inputs did not change.
    """

    only: Sequence[str] = ()
    failed: bool = False
    limit: int = 0
    force: bool = False


class Prepared:
    """A plan against what the output folder holds.

    Attributes:
        asked: all pages of the plan.
        jobs: those that are chosen.
        due: page → why it is to be made.
        later: pages left out by the limit.
    """

    def __init__(
        self, plan: RunPlan, place: Folder | Path, choice: Choice, home: Path, where: str, timeout: int = 0
    ) -> None:
        self.home, self.place = home, Folder(place) if isinstance(place, Path) else place
        self.memory = memory.Memory(self.place.path)
        self.modules = Modules()
        self.modules.recall(self.memory.get("imports", "modules"))
        tables = fingerprint.tables(fingerprint.data_folder())
        found = None if tables is None else self._remembered(plan, choice, where, tables)
        if found is None:
            found, tables = self._planned(plan, choice, home, where)
        assert tables is not None
        self.files = tables.files
        self.inputs = Inputs(home, tables.described, self.modules)
        self.asked = [replace(job, path=job.path.resolve(), timeout=timeout or job.timeout) for job in found]
        self.look(choice)

    def look(self, choice: Choice) -> None:
        """Compare with the place as it is now."""
        self.pages = Pages(self.place.path, self.place.has)
        self.jobs = [job for job in self.asked if not choice.failed or self._failed(job)]
        due = {job.page: reasons for job in self.jobs if (reasons := self.reasons(job, choice.force))}
        names = list(due)[: choice.limit or None]
        self.due = {name: due[name] for name in names}
        self.later = set(due) - set(names)

    def reasons(self, job: Job, force: bool = False) -> list[str]:
        """Why a page is to be made; empty where it is as it should be."""
        missing = self.pages.missing(job)
        record = self.pages.records.get(job.page, {})
        if missing:
            tried = record.get("outcome") not in (None, *GOOD)
            return [f"{missing}: the last attempt ended with {record['outcome']}" if tried else missing]
        bags = self.memory.known.get("bags", {})
        found = self.inputs.reasons(record["fingerprint"], self.parts(job, record.get("tables")), bags)
        return found or (["it is asked for (--force)"] if force else [])

    def parts(self, job: Job, loaded: Sequence[str] | None) -> Parts:
        """The parts that a page depends on, given the tables it loaded."""
        return self.inputs.of(job, loaded)

    def site(self) -> str:
        """Hash of what makes the pages of the site and the shared files."""
        return memory.key(self.modules.closure(SITE), self.modules.others, dict(self.inputs.tables))

    def remember(self) -> None:
        """Keep what was found out for the next run."""
        self.memory.known["bags"] = {**self.memory.known.get("bags", {}), **self.inputs.bags}
        imports = self.modules.imports()
        if imports != self.memory.get("imports", "modules"):
            self.memory.put("imports", "modules", imports)
        self.memory.changed = True
        self.memory.write()

    def _failed(self, job: Job) -> bool:
        record = self.pages.records.get(job.page)
        return record is not None and record["outcome"] not in GOOD

    def _key(self, plan: RunPlan, choice: Choice, where: str, tables: Tables) -> str:
        read = ("params/sets/*.yml", "params/own/*.y*ml", "notebooks/*.ipynb")
        files = [path for pattern in read for path in self.home.glob(pattern)]
        hashes = {str(path): fingerprint.file_hash(path) for path in sorted(files)}
        code = self.modules.closure(PLANNING)
        asked = [plan.model_dump(mode="json"), sorted(choice.only), where, str(self.home)]
        return memory.key(asked, hashes, tables.described, code)

    def _remembered(self, plan: RunPlan, choice: Choice, where: str, tables: Tables) -> list[Job] | None:
        """The jobs of a plan that was found right before, with the same catalogue, sets and notebooks."""
        known: list[dict[str, Any]] | None = self.memory.get("jobs", self._key(plan, choice, where, tables))
        if known is None:
            return None
        with suppress(ToolkitError, TypeError, KeyError, AttributeError):  # not what was kept: find it again
            return [_recalled(job, self.home) for job in known]
        return None

    def _planned(self, plan: RunPlan, choice: Choice, home: Path, where: str) -> tuple[list[Job], Tables]:
        """Check the catalogue and the whole plan.

        Raises:
            ToolkitError: a fault of plan or catalogue.
        """
        from toolkit import catalog
        from toolkit.run.plan import jobs
        from toolkit.territory import Register

        data = catalog.default()
        data.check()
        found = jobs(plan, Register(data), home=home, where=where, only=choice.only)
        tables = fingerprint.tables(data.folder) or Tables()
        plain = [{**asdict(job), "path": str(job.path)} for job in found]
        self.memory.put("jobs", self._key(plan, choice, where, tables), plain)
        catalog.forget()  # pages are made elsewhere
        return found, tables


def _recalled(job: dict[str, Any], home: Path) -> Job:
    """A job that was kept in the output folder, where others may have written.

    Raises:
        ToolkitError: its page would be outside that folder, or its notebook is none of the checkout.
        TypeError, KeyError, AttributeError: it has another form.
    """
    found = Job(**{**job, "path": Path(job["path"]), "languages": tuple(job["languages"])})
    inside.plain(found.page)
    if found.path != inside.path(home / "notebooks", f"{found.notebook}.ipynb") or found.page.count("/") != 1:
        raise ToolkitError(f"{found.path} is no notebook of {home}.")
    return found
