"""The yardstick: a notebook's cells as plain functions in warm processes, and the same renderer. Two workers.

    python bench/plain.py NOTEBOOK FOLDER CODE …
    python bench/plain.py --profile NOTEBOOK

Cells are called one after the other in one namespace; what they show goes to the same renderer. Charts are drawn in the
worker itself. There is no engine, no isolation, no limit: what a program written for the purpose costs.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from pathlib import Path

os.environ["QUADRO_DEFER_CHARTS"] = "1"


def work(notebook: str, folder: str, codes: list[str]) -> None:
    from toolkit import render  # isort: skip  (first: it puts off a slow import for all that follow)
    from harness import execute

    from toolkit import vega

    for code in codes:
        node = execute(notebook, municipality=code, language="it")
        render.outputs(node, Path(folder) / code, languages=["it"])
    told = vega.counted()
    met = 1 - told["compiled"] / told["drawn"]
    print(f"{told['drawn']} drawings of {told['compiled']} structures: {met:.1%} found compiled")


def profile(notebook: str) -> None:
    """Milliseconds of CPU of each part of one report, after a first one has warmed the process."""
    import tempfile

    from harness import execute, payloads

    from toolkit import render, svg
    from toolkit.render import shared, shell
    from toolkit.run import worker

    for turn in range(2):
        began = time.process_time()
        node = execute(notebook, municipality="015032")
        cells = time.process_time() - began
        began = time.process_time()
        drawn = {}
        shown = [part for one in payloads(node) for part in (one, *one.get("parts", ()))]
        figures = [part for part in shown if part["kind"] == "figure"]
        for figure in figures:
            datasets = {"boundaries": shared.boundaries()} if "boundaries" in str(figure["spec"]) else {}
            drawn[figure["id"]] = svg.figure(figure, datasets)
        charts = time.process_time() - began
        shell.drawings.set(lambda payload, drawn=drawn: drawn[payload["id"]])
        began = time.process_time()
        with tempfile.TemporaryDirectory() as name:
            render.outputs(node, Path(name))
        page = time.process_time() - began
        began = time.process_time()
        text = worker._written(node)
        worker._read(text)
        file = time.process_time() - began
        if turn:
            print(f"\n| part of one {notebook} report | CPU ms |\n|---|---|")
            print(f"| cells (analysis and words) | {cells * 1000:.0f} |")
            print(f"| {len(figures)} figures, wide and narrow | {charts * 1000:.0f} |")
            print(f"| page, results and workbook | {page * 1000:.0f} |")
            print(f"| executed notebook written and read | {file * 1000:.0f} |")


def main() -> None:
    if sys.argv[1] == "--profile":
        profile(sys.argv[2])
        return
    notebook, folder, *codes = sys.argv[1:]
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=work, args=(notebook, folder, codes[at::2])) for at in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sys.exit(max(abs(worker.exitcode or 0) for worker in workers))


if __name__ == "__main__":
    main()
