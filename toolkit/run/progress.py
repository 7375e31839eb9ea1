"""What a person sees of a run: a bar that moves (plain lines in a log), then a table and the page to open."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from toolkit.run.batch import RunResult
from toolkit.run.manifest import Record
from toolkit.run.outcome import GOOD, OUTCOMES

MOST_FAILURES = 20
STYLES = {"ok": "green", "unchanged": "dim", "no_data": "yellow"}


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
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.total = self.ended = 0
        self.task = self.bar.add_task("pages", total=None)

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
        self.bar.update(self.task, advance=1)
        if record["outcome"] not in GOOD or not self.console.is_terminal:
            self._line(record)

    def _line(self, record: Record) -> None:
        line = f"[{self.ended}/{self.total}] {record['outcome']:<13} {record['seconds']:6.1f} s  {record['page']}"
        self.console.print(line, style=STYLES.get(record["outcome"], "red"), markup=False)


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
    console.print(f"\nOpen  {result.index}\n      {result.index.as_uri()}", markup=False)


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
