"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import timeit
from pathlib import Path

import pytest
from hypothesis import settings

# As workers of a run do: two test processes on two cores gain nothing from threads that wait for one another.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Timings are noisy on shared machines: no example fails for its time.
settings.register_profile("quadro", deadline=None)
settings.load_profile("quadro")

# A shell's background job ignores SIGINT, and so would the runs that tests stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fix", action="store_true", help="rewrite generated files instead of comparing them")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # workers inherit it
        os.environ["QUADRO_EXECUTED"] = tempfile.mkdtemp(prefix="quadro-executed-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("QUADRO_EXECUTED"), ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How long it took, from the start that the caller tells, and how fast this machine is."""
    if started := os.environ.get("QUADRO_STARTED"):
        wall = time.time() - float(started)
        pace = timeit.timeit("n += 1", "n = 0", number=10_000_000)
        terminalreporter.write_line(f"{wall:.0f} s in all; 10 million additions take {pace:.2f} s on this machine")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Third-party extracts that live beside the project, never in it."""
    folder = Path(os.environ.get("QUADRO_SHARED", ROOT.parent / "shared"))
    if not (folder / "sources").is_dir():
        pytest.skip("the third-party extracts (QUADRO_SHARED, or ../shared) are not on this machine")
    return folder
