"""`quadro preview`: the page follows the notebook, save by save."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from making import report, write

from toolkit import cli
from toolkit.errors import TerritoryError
from toolkit.run import preview

SAY = 'show(kind="text", paragraphs=["{}"])'
BRESSO = {"municipality": "015032"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IPYTHONDIR", "QUADRO_DEFER_CHARTS"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


def test_the_page_follows_each_save_and_a_fault_leaves_it(tmp_path: Path) -> None:
    path, out = tmp_path / "small.ipynb", tmp_path / "out"
    steps = [
        (report("small", SAY.format("prima")), r"file:.*/015032-bresso/small\.en\.html", "prima"),
        (report("small", "1 / 0"), r"cell 4 \(`1 / 0`\) raised ZeroDivisionError", "prima"),
        (report("small", SAY.format("poi"), close=False), r"report\.close\(\)", "prima"),
        (None, "small.ipynb is not a notebook", "prima"),
        (
            report("small", "from toolkit.errors import DataError\nraise DataError('no such thing')"),
            "(?s)no such.*cell 4",
            "prima",
        ),
        (report("small", "import os\nos._exit(3)"), "the process ended", "prima"),
        (report("small", SAY.format("poi")), "file:", "poi"),
        (report("other", SAY.format("altro")), r"made the page other\.en\.html, not small\.en\.html", "poi"),
    ]

    def saved() -> Iterator[None]:
        for cells, _, _ in steps:
            if cells is None:
                path.write_text("{", encoding="utf-8")
            else:
                write(path, cells)
            yield

    write(path, steps[0][0])
    told = preview.preview(path, out, {**BRESSO, "language": "en"}, saved())
    for (_, message, page), said in zip(steps, told, strict=True):
        assert re.search(message, said), said
        assert said.count("Traceback") == 0
        assert page in (out / "015032-bresso" / "small.en.html").read_text(encoding="utf-8")
    assert (out / "assets" / "quadro.css").is_file()


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"municipality": "999999"}, TerritoryError),
        ({"area": "x"}, TerritoryError),
    ],
)
def test_a_territory_that_is_not_there_ends_it_at_once(
    tmp_path: Path, values: dict[str, str], error: type[Exception]
) -> None:
    path = write(tmp_path / "small.ipynb", report("small"))
    with pytest.raises(error):
        next(preview.preview(path, tmp_path / "out", values, iter([None])))
    assert not (tmp_path / "out").exists()


def test_a_save_is_seen_and_a_file_that_is_being_written_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "small.ipynb", report("small"))
    looks = 0

    def pause(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            os.utime(path, ns=(1, 1))
        if looks == 4:
            path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")

    monkeypatch.setattr(preview.time, "sleep", pause)
    seen = []
    for _ in preview.saves(path):
        seen.append(looks)
        if len(seen) == 3:
            break
    assert seen == [0, 2, 4]
    assert all(before < after for before, after in pairwise(seen))


def test_it_ends_with_ctrl_c(tmp_path: Path, root: Path) -> None:
    path = write(tmp_path / "small.ipynb", report("small", SAY.format("prima")))
    command = [
        sys.executable,
        "-m",
        "toolkit.cli",
        "preview",
        str(path),
        "--municipality",
        "Bresso",
        "--out",
        str(tmp_path / "out"),
    ]
    running = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout
    assert running.stdout.readline().startswith("file:")
    running.send_signal(signal.SIGINT)
    out, errors = running.communicate(timeout=30)
    assert (running.returncode, out, errors) == (0, "No longer watched.\n", "")


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gone.ipynb"
    assert cli.main(["preview", str(path), "--municipality", "015032"]) == 2
    assert "gone.ipynb is not a notebook" in capsys.readouterr().err
