"""Two runs never write into one folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.errors import ParameterError
from toolkit.run import lock

HOLD = """
import sys, time
from pathlib import Path
from toolkit.run import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(out: Path, root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(out)], cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_who_holds_the_folder_and_a_dead_one_holds_nothing(tmp_path: Path, root: Path) -> None:
    process = holder(tmp_path, root)
    try:
        with pytest.raises(ParameterError) as caught, lock.held(tmp_path):
            pass
        assert f"Another run is writing into this folder: process {process.pid} on " in str(caught.value)
        assert "for 0 min" in str(caught.value)
    finally:
        process.kill()
        process.wait()
    with lock.held(tmp_path):
        pass


def test_a_folder_is_free_again_after_a_run(tmp_path: Path) -> None:
    for _ in range(2):
        with lock.held(tmp_path / "new" / "folder"):
            pass


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="cannot be written: Not a directory"), lock.held(tmp_path / "file"):
        pass
