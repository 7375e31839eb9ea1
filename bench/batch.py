"""Speed and memory of a batch, side by side with what users do today.

    python bench/batch.py                         N = 20, 60, 133, every way, interleaved
    python bench/batch.py --pages 6 --rounds 1    a first look
    python bench/batch.py --no-charts             the same with empty drawings
    python bench/batch.py --grow 60 400 7904      memory and pace of the real pipeline on a light notebook
    python bench/batch.py --profile               where the time of one report goes

The ways:

    stock       `papermill` then `jupyter nbconvert` with our template, one report after the other
    two shells  the same, in two shells
    quadro      `quadro run`, two workers and their painters
    plain       the same calls as the notebook's cells and the same renderer in two warm processes: no notebook engine,
                no isolation; its figures are checked to be those of quadro
    cluster     `quadro run --cluster`: a Dask scheduler and two workers of one thread on this machine; not among the
                ways unless asked for, as in `python bench/batch.py --ways quadro cluster --pages 20`. They stand
                when the clock starts, as a cluster does; their warm parents start within the measured time, and all
                their CPU (start-up included) and memory count

Every way makes the same pages for the same municipalities, start-up included. What is printed is seconds of wall time a
page (minimum, median, maximum over the rounds), seconds of CPU a page, and the largest sum of PSS of the process tree.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
TICK = 2.0
"""Seconds between two looks at memory: a look at seven processes takes a tenth of a second of a processor."""
PATHS = [ROOT, ROOT / "tests"]


@dataclass
class Measured:
    """What one way cost for some pages."""

    pages: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def row(self) -> list[str]:
        wall = [seconds / self.pages for seconds in self.wall]
        numbers = f"{min(wall):.3f} / {statistics.median(wall):.3f} / {max(wall):.3f}"
        return [numbers, f"{statistics.median(self.cpu) / self.pages:.2f}", f"{max(self.memory):.0f}"]


def environment() -> dict[str, str]:
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
    told = {"DASK_CONFIG": str(ROOT / "docs" / "dask.yaml"), "PYTHONPATH": os.pathsep.join(map(str, PATHS))}
    return {**os.environ, **threads, **told}


def measure(commands: list[list[str]], into: Measured, folder: Path, services: Sequence[list[str]] = ()) -> None:
    """Run shells side by side; note wall time, CPU of the whole tree, and its peak memory.

    Services stand before the clock starts and are ended after it; their CPU and memory count.
    """
    before = os.times()
    log = (folder / "bench.log").open("ab")
    pipes: dict[str, Any] = {"cwd": folder, "env": environment(), "stdout": log, "stderr": log}
    standing = [subprocess.Popen(command, **pipes) for command in services]
    if services:
        wait_for_workers(services[0], len(services) - 1)
    began = time.monotonic()
    shells = [subprocess.Popen(command, **pipes) for command in commands]
    peak, looked = 0.0, 0.0
    while any(shell.poll() is None for shell in shells):
        time.sleep(0.02)
        if time.monotonic() - looked > TICK:
            looked = time.monotonic()
            peak = max(peak, sum(pss(shell.pid) for shell in [*shells, *standing]))
    wall = time.monotonic() - began
    for service in reversed(standing):
        service.terminate()
        service.wait(60)
    after = os.times()
    wrong = [shell.returncode for shell in shells if shell.returncode]
    if wrong:
        raise SystemExit(f"a way failed with exit code {wrong[0]}: {(folder / 'bench.log').read_text()[-2000:]}")
    into.wall.append(wall)
    into.cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
    into.memory.append(peak)


def pss(pid: int) -> float:
    """MiB of a process and all below it, shared pages divided among those who share them."""
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in family:
        try:
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            continue
    return total / 1024


# ---- the ways --------------------------------------------------------------------------------------------------------


def shell_script(folder: Path, name: str, notebook: Path, codes: list[str]) -> list[str]:
    """What users write: a loop in a shell."""
    out = folder / name
    out.mkdir()
    lines = ["set -e"]
    bin = Path(PYTHON).parent
    template = ROOT / "toolkit" / "render" / "templates" / "quadro"
    for code in codes:
        made = out / f"{code}.ipynb"
        lines += [
            f"{bin}/papermill {notebook} {made} -r municipality {code} -p language it --no-progress-bar",
            f"{bin}/jupyter nbconvert --to html --template {template} {made} --output {code}.it",
        ]
    script = out / "loop.sh"
    script.write_text("\n".join(lines) + "\n")
    return ["bash", str(script)]


def quadro(folder: Path, plan: Path, name: str, *how: str) -> list[str]:
    return [
        PYTHON,
        "-m",
        "toolkit.cli",
        "run",
        str(plan),
        "--out",
        str(folder / name),
        *how,
        "--force",
        "--quiet",
    ]


def cluster(port: int) -> list[list[str]]:
    """The scheduler, then its workers, as docs/cluster.md starts them."""
    dask, here = str(Path(PYTHON).with_name("dask")), ["--host", "127.0.0.1", "--no-dashboard"]
    worker = [dask, "worker", f"tcp://127.0.0.1:{port}", "--nworkers", "1", "--nthreads", "1", *here]
    return [[dask, "scheduler", "--port", str(port), *here], worker, worker]


def wait_for_workers(scheduler: list[str], number: int) -> None:
    from distributed import Client

    address = f"tcp://127.0.0.1:{scheduler[scheduler.index('--port') + 1]}"
    with Client(address, timeout=120, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=120)


def free_port() -> int:
    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        return int(here.getsockname()[1])


def plain(folder: Path, notebook: str, codes: list[str], name: str) -> list[str]:
    (folder / name).mkdir()
    return [PYTHON, str(Path(__file__).with_name("plain.py")), notebook, str(folder / name), *codes]


# ---- what is printed -------------------------------------------------------------------------------------------------


def compare(notebook: str, numbers: list[int], rounds: int, ways: list[str]) -> None:
    from toolkit import catalog

    members = catalog.load("area_members").query("area == 'citta-metropolitana-milano'")
    everybody = sorted(members["istat_code"].unique())
    for pages in numbers:
        codes = [everybody[index * len(everybody) // pages] for index in range(pages)]
        found = {way: Measured(pages) for way in ways}
        for number in range(rounds):
            for way in ways:
                with tempfile.TemporaryDirectory(prefix="bench-") as name:
                    one_round(Path(name), way, notebook, codes, found[way])
            print(f"# N = {pages}, round {number + 1} of {rounds}", file=sys.stderr)
        table(f"{notebook}, N = {pages}, {rounds} rounds{'' if len(PATHS) == 2 else ', no charts'}", found)


def one_round(folder: Path, way: str, notebook: str, codes: list[str], into: Measured) -> None:
    (folder / "data").symlink_to(ROOT / "data")
    (folder / "params").symlink_to(ROOT / "params")
    (folder / "notebooks").symlink_to(ROOT / "notebooks")
    path = ROOT / "notebooks" / f"{notebook}.ipynb"
    if way == "stock":
        measure([shell_script(folder, "a", path, codes)], into, folder)
    elif way == "two shells":
        both = [shell_script(folder, name, path, codes[at::2]) for at, name in enumerate("ab")]
        measure(both, into, folder)
    elif way == "plain":
        measure([plain(folder, notebook, codes, "plain")], into, folder)
    else:
        plan = folder / "plan.yml"
        listed = ", ".join(f'"{code}"' for code in codes)
        plan.write_text(
            f"title: {{it: a, en: a}}\nnotebooks: [{notebook}]\nmunicipalities: [{listed}]\nlanguages: [it]\n"
        )
        if way == "cluster":
            port = free_port()
            run = quadro(folder, plan, "out", "--cluster", f"tcp://127.0.0.1:{port}")
            measure([run], into, folder, cluster(port))
        else:
            measure([quadro(folder, plan, "out", "--jobs", "2")], into, folder)
        check(folder, notebook, codes[:2])


def check(folder: Path, notebook: str, codes: list[str]) -> None:
    """Plain functions give the same figures as the notebook."""
    apart = folder / "check"
    subprocess.run(plain(folder, notebook, codes, "check"), check=True, env=environment(), stdout=subprocess.DEVNULL)
    for code in codes:
        ours = next((folder / "out").glob(f"{code}-*/{notebook}.json"))
        theirs = apart / code / f"{notebook}.json"
        if json.loads(ours.read_text()) != json.loads(theirs.read_text()):
            raise SystemExit(f"plain functions and notebook disagree on {code}")


def table(title: str, found: dict[str, Measured]) -> None:
    base = {way: statistics.median(one.wall) for way, one in found.items()}
    print(f"\n### {title}\n")
    print("| way | s a page: min / median / max | CPU s a page | peak PSS, MiB | quadro is faster by |")
    print("|---|---|---|---|---|")
    for way, one in found.items():
        ratio = f"{base[way] / base['quadro']:.2f} ×" if "quadro" in base else ""
        print(f"| {way} | {' | '.join(one.row())} | {ratio} |")
    sys.stdout.flush()


def grow(numbers: list[int]) -> None:
    """The real pipeline on a light notebook: pace and memory as the batch grows; nothing may stay behind."""
    sys.path.insert(0, str(ROOT / "tests"))
    from making import project, report

    print("\n| pages | s a page | peak PSS, MiB | left behind |\n|---|---|---|---|")
    for pages in numbers:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = project(Path(name), {"light": report("light")}, {})
            command = [PYTHON, str(Path(__file__).with_name("light.py")), str(folder), str(pages)]
            one = Measured(pages)
            measure([command], one, folder)
            state = sorted(path.name for path in (folder / "out" / ".quadro").iterdir())
            left = [path for path in state if path not in ("lock", "memory.json")]
            alive = len(psutil.Process().children(recursive=True))
            nothing = "nothing" if not left and not alive else f"{left}, {alive} processes"
            print(f"| {pages} | {one.wall[0] / pages:.4f} | {one.memory[0]:.0f} | {nothing} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebook", default="benchmark")
    parser.add_argument("--pages", type=int, nargs="+", default=[20, 60, 133])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", nargs="+", default=["stock", "two shells", "quadro", "plain"])
    parser.add_argument("--no-charts", action="store_true")
    parser.add_argument("--grow", type=int, nargs="+", default=[])
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    os.chdir(ROOT)
    if options.no_charts:
        PATHS.append(Path(__file__).with_name("no_charts"))
    sys.path.insert(0, str(ROOT))
    if options.grow:
        grow(options.grow)
    elif options.profile:
        subprocess.run(
            [PYTHON, str(Path(__file__).with_name("plain.py")), "--profile", options.notebook],
            check=True,
            env=environment(),
        )
    else:
        compare(options.notebook, options.pages, options.rounds, options.ways)


if __name__ == "__main__":
    main()
