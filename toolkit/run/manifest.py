"""What the output folder holds: `run.json`, one record a page, and the journal that outlives a killed run.

A record is plain JSON, because the index site and other programs read it:

    page         address below the folder, `015032-bresso/benchmark.it.html`; the key
    report, language, territory {type, code, name}
    title, as_of what the page that is there says of itself
    outcome      of the last attempt (see `outcome`), message, cell
    seconds      that the last attempt took
    made         UTC time at which the page that is there was promoted; empty: there is no page
    stale        true where the page is the last good one of an earlier run, because the last attempt failed
    files        what was promoted, below the folder
    fingerprint  part → short hash of the inputs of the page that is there (see `fingerprint`)
    tables       of the catalogue that the page loaded; null where nobody knows
    dropped      what its notebook shows and the page does not take, a line a cell

Anybody may have written it, so a record of another form, or one that names what is not in its page's own folder, is not
used: its page is made again, nothing that it names is removed, and `run.log` says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolkit import inside
from toolkit.run.job import Job
from toolkit.run.lock import STATE
from toolkit.run.outcome import OUTCOMES, Outcome

MANIFEST = "run.json"
JOURNAL = f"{STATE}/journal.jsonl"

Record = dict[str, Any]

TEXTS = ("page", "report", "language", "outcome", "message", "made", "title", "as_of")
UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What reading a file of another form may raise."""


class Pages:
    """Records of all pages of an output folder; each change is in the journal before the next page is begun.

    Args:
        out: the folder.
        has: whether a file is there, where that is not for the folder to say.

    Attributes:
        words: for the log, on records that are not used.
    """

    def __init__(self, out: Path, has: Callable[[str], bool] | None = None) -> None:
        self.out = out
        self.has = has or (lambda name: (out / name).is_file())
        self.before: Record = {}
        self.whole = not (out / JOURNAL).exists()  # the last run came to its end
        self.records: dict[str, Record] = {}
        self.words: list[str] = []
        with suppress(*UNREADABLE):
            before = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
            self._take(list(before.pop("pages")), MANIFEST)
            self.before = before
        self._take(_journal(out), JOURNAL)

    def _take(self, records: Iterable[Any], file: str) -> None:
        """Use the records that are sound; later ones count."""
        for record in records:
            if fault := _fault(record):
                self.words.append(f"a record of {file} is not used, and nothing that it names is removed: {fault}")
            else:
                self.records[record["page"]] = record

    def missing(self, job: Job) -> str:
        """Why the page cannot be left as it is, whatever its inputs; empty where it can."""
        record = self.records.get(job.page)
        if not record or not record["files"]:
            return "there is no page"
        gone = [name for name in record["files"] if not self.has(name)]
        return f"{gone[0]} is gone" if gone else ""

    def unchanged(self, job: Job) -> Record:
        """Note that a page needed nothing."""
        record = {**self.records[job.page], **_attempt(Outcome("unchanged"), 0.0), "stale": False}
        self.records[job.page] = record  # not in the journal: whoever reads it finds the same again
        return record

    def promoted(
        self,
        job: Job,
        seconds: float,
        files: list[str],
        fingerprint: Mapping[str, str],
        opening: Mapping[str, Any],
        tables: Sequence[str] | None = None,
        dropped: Sequence[str] = (),
    ) -> Record:
        """Note a new page, and what it says of itself."""
        made = {"made": now(), "stale": False, "files": files, "fingerprint": dict(fingerprint)}
        made |= {"tables": None if tables is None else list(tables), "dropped": list(dropped)}
        made |= {name: str(opening.get(name, "")) for name in ("title", "as_of")}
        return self._note({**_about(job), **_attempt(Outcome("ok"), seconds), **made})

    def failed(self, job: Job, outcome: Outcome, seconds: float) -> Record:
        """Note an attempt that made no page; the last good one, if any, stays and is marked."""
        kept: Record = {"made": "", "stale": False, "files": [], "fingerprint": {}, "title": "", "as_of": ""}
        kept |= {"tables": None, "dropped": []}
        before = self.records.get(job.page, {})
        kept |= {name: before[name] for name in kept if name in before}
        kept["stale"] = bool(kept["files"])
        return self._note({**_about(job), **kept, **_attempt(outcome, seconds)})

    def obsolete(self, job: Job, files: list[str]) -> list[str]:
        """Files of the page's earlier form that neither its new form nor another page has."""
        before = set(self.records.get(job.page, {}).get("files", ())) - set(files)
        if before:
            others = (record["files"] for page, record in self.records.items() if page != job.page)
            before -= {name for names in others for name in names}
        return sorted(before)

    def write(self, about: Record) -> Path:
        """Write `run.json` in one replace; the journal has served."""
        path = self.out / MANIFEST
        pages = [self.records[page] for page in sorted(self.records)]
        text = json.dumps({**about, "pages": pages}, indent=1, ensure_ascii=False) + "\n"
        replace_text(path, text)
        (self.out / JOURNAL).unlink(missing_ok=True)
        return path

    def _note(self, record: Record) -> Record:
        self.records[record["page"]] = record
        with inside.writing(self.out / JOURNAL), (self.out / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(record, ensure_ascii=False) + "\n")
        return record


def now() -> str:
    """UTC time to the second, as ISO text."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def replace_text(path: Path, text: str) -> None:
    """Write a file so that readers see the old or the new one, never half of it."""
    inside.write(path, text.encode())


def promote(files: Iterable[Path], out: Path, folder: str) -> list[str]:
    """Move finished files into the folder of a page, each in one atomic replace, and return their addresses.

    Raises:
        OutsideError: the folder is not one below `out`.
    """
    inside.folder(out, folder).mkdir(parents=True, exist_ok=True)
    names = []
    for path in files:
        path.replace(inside.path(out, f"{folder}/{path.name}"))
        names.append(f"{folder}/{path.name}")
    return names


def _about(job: Job) -> Record:
    territory = {"type": job.kind, "code": job.code, "name": job.name}
    return {"page": job.page, "report": job.notebook, "language": job.language, "territory": territory}


def _attempt(outcome: Outcome, seconds: float) -> Record:
    return {
        "outcome": outcome.status,
        "message": outcome.message,
        "cell": outcome.cell,
        "seconds": round(seconds, 3),
    }


def _fault(record: Any) -> str:
    """Why a record is not one of ours; empty where it is."""
    if not isinstance(record, dict):
        return f"it is {str(record)[:80]!r}"
    place, page = record.get("territory"), record.get("page")
    folder, _, name = page.partition("/") if isinstance(page, str) else ("", "", "")
    files, tables = record.get("files"), record.get("tables")
    if not inside.is_plain(page) or "/" not in str(page) or "/" in name:
        return f"{str(page)[:200]!r} is not the address of a page"
    if not isinstance(files, list):
        return f"{page} does not say which files it has"
    for file in files:
        if not inside.is_plain(file) or file.rpartition("/")[0] != folder:
            return f"{page} names {str(file)[:200]!r}, which is not in its own folder"
    good = (
        all(isinstance(record.get(key), str) for key in TEXTS),
        record.get("outcome") in OUTCOMES,
        isinstance(place, dict) and all(isinstance(place.get(key), str) for key in ("type", "code", "name")),
        isinstance(record.get("seconds"), (int, float)),
        isinstance(record.get("stale"), bool),
        _is_fingerprint(record.get("fingerprint")),
        isinstance(record.get("cell"), (int, type(None))),
        tables is None or _are_texts(tables),
        _are_texts(record.get("dropped", [])),
    )
    return "" if all(good) else f"that of {page} has another form"


def _is_fingerprint(content: Any) -> bool:
    """Parts and their hashes; one text in earlier versions."""
    return isinstance(content, str) or (isinstance(content, dict) and _are_texts(list(content.values())))


def _are_texts(content: Any) -> bool:
    return isinstance(content, list) and all(isinstance(text, str) for text in content)


def _journal(out: Path) -> list[Any]:
    """Records of a run that was killed before it wrote its manifest."""
    records: list[Any] = []
    try:
        lines = (out / JOURNAL).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return records
    for line in lines:
        with suppress(ValueError, RecursionError):  # the line that the killed run was writing
            records.append(json.loads(line))
    return records
