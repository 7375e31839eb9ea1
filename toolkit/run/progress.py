"""What a person sees of a run: a bar that moves (plain lines in a log), then a table and the page to open."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from toolkit.run.batch import RunResult
from toolkit.run.manifest import Record
from toolkit.run.outcome import GOOD, OUTCOMES
from toolkit.run.prepare import Prepared

MOST_FAILURES = 20
EVERY = 10
"""Pages between two words on the pace, where there is no bar."""
STYLES = {"ok": "green", "unchanged": "dim", "no_data": "yellow"}


def display(*, quiet: bool = False, as_json: bool = False) -> Display | Quiet | Lines:
    """What shows a run: a bar or lines for people, failures only, or JSON for a scheduler."""
    return Quiet() if quiet else Lines() if as_json else Display()


class Quiet:
    """Says nothing but what failed."""

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def begin(self, total: int) -> None:
        """Nothing to say."""

    def watch(self, record: Record) -> None:
        """A page has ended."""
        if record["outcome"] not in GOOD:
            print(f"{record['outcome']}: {record['page']}: {record['message'].splitlines()[0]}", file=sys.stderr)

    def end(self, result: RunResult) -> None:
        """Nothing to say."""


class Lines(Quiet):
    """A line of JSON a page as it ends, then one for the run."""

    def watch(self, record: Record) -> None:
        """A page has ended."""
        told = ("page", "report", "territory", "language", "outcome", "message", "seconds", "stale")
        line = {name: record[name] for name in told} | {"dropped": record.get("dropped", [])}
        print(json.dumps(line, ensure_ascii=False), flush=True)

    def end(self, result: RunResult) -> None:
        """The run has ended."""
        about = {"pages": len(result.records), "later": result.later, "outcomes": dict(result.outcomes)}
        seconds = round(result.seconds, 3)
        print(
            json.dumps({**about, "seconds": seconds, "exit": result.exit_code, "index": str(result.index)}), flush=True
        )


def foretell(prepared: Prepared, explain: bool, as_json: bool) -> None:
    """Print what a run would make, and with `explain` why each page would be made or not."""
    for job in prepared.jobs:
        due = job.page in prepared.due
        verdict = "make" if due else "later" if job.page in prepared.later else "keep"
        why = prepared.due.get(job.page) or (["past the limit"] if verdict == "later" else ["nothing it uses changed"])
        if as_json:
            print(json.dumps({"page": job.page, "verdict": verdict, "why": why}, ensure_ascii=False))
        elif explain:
            print(f"{verdict:<5} {job.page}: {'; '.join(why)}")
        elif due:
            print(job.page)
    if not as_json:
        print(f"{len(prepared.due)} of {len(prepared.jobs)} pages would be made.")


class Display:
    """Shows the pages of a run as they end; a bar on a terminal, a line a page elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[rate]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.total = self.ended = 0
        self.task = self.bar.add_task("pages", total=None, rate="")
        self.began, self.made = time.monotonic(), 0

    def __enter__(self) -> Display:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def begin(self, total: int) -> None:
        """There are so many pages."""
        self.total = total
        self.bar.update(self.task, total=total)

    def watch(self, record: Record) -> None:
        """A page has ended."""
        self.ended += 1
        self.made += record["outcome"] != "unchanged"
        self.bar.update(self.task, advance=1, rate=self._rate())
        if record["outcome"] not in GOOD or not self.console.is_terminal:
            self._line(record)

    def _line(self, record: Record) -> None:
        if record["outcome"] == "unchanged":
            return
        line = f"[{self.ended}/{self.total}] {record['outcome']:<13} {record['seconds']:6.1f} s  {record['page']}"
        line += f"  {self._rate()}" if self.made % EVERY == 0 else ""
        self.console.print(line, style=STYLES.get(record["outcome"], "red"), markup=False)

    def _rate(self) -> str:
        """Pages a second, and the time that the rest will take at that pace."""
        rate = self.made / max(time.monotonic() - self.began, 0.001)
        minutes, seconds = divmod(int((self.total - self.ended) / rate) if rate else 0, 60)
        return f"{rate:.1f} pages/s, {minutes}:{seconds:02d} left"

    def end(self, result: RunResult) -> None:
        """The run has ended."""
        summary(result)


def summary(result: RunResult, console: Console | None = None) -> None:
    """Print pages by report and outcome, every failure with its message, and the address to open."""
    console = console or Console(highlight=False, soft_wrap=True)
    console.print(_table(result))
    failures = [record for record in result.records if record["outcome"] not in GOOD]
    for record in failures[:MOST_FAILURES]:
        place, made = record["territory"], record["made"][:10]
        console.print(
            f"\n{record['outcome']}: {record['report']}, {place['name']} ({place['code']}), {record['language']}",
            style=STYLES.get(record["outcome"], "red"),
            markup=False,
        )
        console.print(f"  {record['message']}".replace("\n", "\n  "), markup=False)
        console.print(f"  The page of {made} stays." if record["stale"] else "  There is no page.", markup=False)
    if len(failures) > MOST_FAILURES:
        console.print(f"\n… and {len(failures) - MOST_FAILURES} more: {result.out / 'run.log'}", markup=False)
    _tell_dropped(result, console)
    link = f"\n      {result.index.as_uri()}" if isinstance(result.index, Path) else ""
    console.print(f"\nOpen  {result.index}{link}", markup=False)


def _tell_dropped(result: RunResult, console: Console) -> None:
    """What notebooks show and their pages do not take, each cell once."""
    found = Counter((record["report"], line) for record in result.records for line in record.get("dropped", ()))
    if found:
        console.print("\nShown in notebooks, not on pages (a page takes what its report displays):", style="yellow")
    for (report, line), pages in list(found.items())[:MOST_FAILURES]:
        console.print(f"  {report}, {line} ({pages} page{'s' if pages > 1 else ''})", markup=False)
    if len(found) > MOST_FAILURES:
        console.print(f"  … and {len(found) - MOST_FAILURES} more: {result.out / 'run.log'}", markup=False)


def _table(result: RunResult) -> Table:
    """Rows: reports; columns: the outcomes that occurred, and the seconds spent."""
    occurred = [outcome for outcome in OUTCOMES if result.outcomes[outcome]]
    table = Table(title=f"{len(result.records)} pages in {result.seconds:.1f} s")
    table.add_column("report")
    for outcome in occurred:
        table.add_column(outcome, justify="right", style=STYLES.get(outcome, "red"))
    table.add_column("seconds a page", justify="right")
    for report in dict.fromkeys(record["report"] for record in result.records):
        mine = [record for record in result.records if record["report"] == report]
        counts = [str(sum(record["outcome"] == outcome for record in mine)) for outcome in occurred]
        spent = [record["seconds"] for record in mine if record["seconds"]]
        table.add_row(report, *counts, f"{sum(spent) / len(spent):.1f}" if spent else "–")
    return table
