"""Where files come in and are written: whatever they hold, a sentence or what is right, never a traceback."""

from __future__ import annotations

import errno
import gzip
import json
import os
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import fuzzed
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import code, parameters, prose

from toolkit import catalog, cli, inside
from toolkit.catalog import PACKAGE, Catalog, rules
from toolkit.errors import ToolkitError
from toolkit.report import own_data
from toolkit.run import check, explain, fingerprint, notebooks
from toolkit.run.check_site import check as check_site
from toolkit.run.manifest import JOURNAL, MANIFEST, Pages
from toolkit.run.memory import FILE, Memory
from toolkit.run.modules import Modules
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import Resource
from toolkit.territory import Register

ROOT = Path(__file__).resolve().parents[2]
RECORD = {
    "page": "015032-bresso/benchmark.it.html", "report": "benchmark", "language": "it", "outcome": "ok", "message": "",
    "territory": {"type": "municipality", "code": "015032", "name": "Bresso"}, "made": "2026-01-01T00:00:00Z",
    "title": "x", "as_of": "2026-01-01", "seconds": 1.0, "stale": False, "files": ["015032-bresso/benchmark.it.html"],
    "fingerprint": {"page": "a", "tables": "b"}, "cell": None, "tables": ["income"], "dropped": [],
}  # fmt: skip
RESULTS = {
    "results": {
        "territories": {"own": ["015032"], "all": ["015032", "015146"]},
        "figures": {"income_per_taxpayer": {
            "indicator": "income_per_taxpayer", "year": 2021, "unit": "EUR_per_taxpayer", "territory": "own",
            "scales": {"own": {"value": 1.0}, "all": {"value": 2.0}},
        }},
    },
    "provenance": {"tables": {"income": "x"}},
}  # fmt: skip


def _json(said: Any) -> bytes:
    return json.dumps(said).encode()


def _notebook() -> bytes:
    cells = [prose("# Titolo", "lang-it"), prose("# Title", "lang-en"), parameters(), code("report.close()")]
    return _json({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _read_params(kind: str) -> Callable[[Path, Path], None]:
    def read(content: Path, home: Path) -> None:
        target = home / "params" / kind / ("015032.yml" if kind == "own" else "spoilt.yml")
        target.parent.mkdir(parents=True, exist_ok=True)
        content.replace(target)
        for fault in check.faults(target, home, REGISTER):
            raise fault

    return read


def _read_catalog(file: str) -> Callable[[Path, Path], None]:
    """A table of the right hash, so that its content, not its hash, must be found wrong."""

    def read(content: Path, home: Path) -> None:
        found = next(one for one in catalog.default().package["resources"] if one["path"] == file)
        if file.endswith(".topojson"):
            rules.json_document(content.read_bytes(), found)
        else:
            known = {key: list(catalog.load("municipalities")["istat_code"]) for key in ("istat_code",)}
            rules.check_rows(content.read_bytes(), found, known)
            rules.read(content.read_bytes(), found)

    return read


def _read_package(content: Path, home: Path) -> None:
    content.replace(home / PACKAGE)
    tables = Catalog(home)
    for name in tables.names():
        tables.source(name)
        assert fingerprint.tables(home) is None
        with pytest.raises(ToolkitError):  # the files are not here
            tables.load(name)


def _read_descriptor(content: Path, home: Path) -> None:
    Resource.read(content.replace(home / "spoilt.yml")).descriptor("0" * 64, 1, None)


def _read_own(content: Path, home: Path) -> None:
    own_data._content(content, "data/own/spoilt.csv")


def _read_state(file: str) -> Callable[[Path, Path], None]:
    def read(content: Path, home: Path) -> None:
        (home / ".quadro").mkdir(exist_ok=True)
        content.replace(home / file)
        pages, memory, modules = Pages(home), Memory(home), Modules()
        modules.recall(memory.get("imports", "modules"))
        for record in pages.records.values():
            fingerprint.Inputs(ROOT, {}, modules).reasons(
                record["fingerprint"], dict.fromkeys(fingerprint.WORDED, ""), memory.known.get("bags", {})
            )
        pages.write({})
        memory.changed = True
        memory.write()
        (home / file).unlink(missing_ok=True)

    return read


def _read_results(content: Path, home: Path) -> None:
    (home / "015032-bresso").mkdir(exist_ok=True)
    content.replace(home / "015032-bresso" / "benchmark.json")
    explain.explain("015032/benchmark/income_per_taxpayer", home)


def _read_site(content: Path, home: Path) -> None:
    content.replace(home / "index.html")
    check_site(home)


def _read_notebook(content: Path, home: Path) -> None:
    target = content.replace(home / "x.ipynb")
    for fault in check.faults(target, home, REGISTER):
        raise fault
    notebooks.declared(target)


def _raw(how: str) -> Callable[[Path, Path], None]:
    def read(content: Path, home: Path) -> None:
        file = RawFile("income", content.replace(home / f"raw.{how}"))
        if how == "json":
            file.json()
        else:
            getattr(file, how.removesuffix(".gz"))(["istat_code"])

    return read


def _seed(path: str) -> bytes:
    return (ROOT / path).read_bytes()


def _lines(path: str, count: int) -> bytes:
    return b"\n".join(_seed(path).split(b"\n")[:count]) + b"\n"


def _package() -> bytes:
    said = catalog.default().package
    return yaml.safe_dump({**said, "resources": said["resources"][:3]}).encode()


PLAN = b'title: {it: Prova, en: Trial}\nnotebooks: [benchmark]\nmunicipalities: ["015032"]\nas_of: "2026-01-31"\n'
OWN = b"""figures:
  - {name: {it: Imprese, en: Enterprises}, value: 1650, unit: enterprises, date: "2026-06-30", source: SUAP,
     role: {it: SUAP, en: Desk}, beside: local_units_per_1000}
"""
PARKS = b"istat_code;year;value;flag\n015032;2021;1.234,5;observed\n015146;2021;;missing\n"
Spoil = Callable[[bytes, random.Random], bytes]
BOUNDARIES: dict[str, tuple[Callable[[], bytes], Spoil, Callable[[Path, Path], None]]] = {
    "plan": (lambda: PLAN, fuzzed.of_yaml, _read_params("runs")),
    "set": (lambda: _seed("params/sets/nord-milano.yml"), fuzzed.of_yaml, _read_params("sets")),
    "policy": (lambda: _seed("params/policies/expo-2015.yml"), fuzzed.of_yaml, _read_params("policies")),
    "own figures": (lambda: OWN, fuzzed.of_yaml, _read_params("own")),
    "choices": (lambda: _seed("params/pnrr.yml"), fuzzed.of_yaml, _read_params(".")),
    "table": (lambda: _lines("data/regional_income.csv", 40), fuzzed.of_bytes, _read_catalog("regional_income.csv")),
    "parquet": (lambda: _seed("data/population_age.parquet"), fuzzed.of_bytes, _read_catalog("population_age.parquet")),
    "boundaries": (lambda: _seed("data/boundaries.topojson"), fuzzed.of_json, _read_catalog("boundaries.topojson")),
    "catalogue": (_package, fuzzed.of_yaml, _read_package),
    "descriptor": (lambda: _seed("toolkit/sources/descriptors/income.yml"), fuzzed.of_yaml, _read_descriptor),
    "own table": (lambda: PARKS, fuzzed.of_bytes, _read_own),
    "publisher's table": (lambda: _lines("data/regional_income.csv", 40), fuzzed.of_bytes, _raw("csv")),
    "publisher's archive": (lambda: gzip.compress(b"istat_code\n1\n", mtime=0), fuzzed.of_bytes, _raw("csv.gz")),
    "publisher's parquet": (lambda: _seed("data/population_age.parquet"), fuzzed.of_bytes, _raw("parquet")),
    "publisher's JSON": (lambda: _json(RESULTS), fuzzed.of_json, _raw("json")),
    "manifest": (lambda: _json({"quadro": "0.1.0", "pages": [RECORD]}), fuzzed.of_json, _read_state(MANIFEST)),
    "journal": (lambda: _json(RECORD) + b"\n", fuzzed.of_json, _read_state(JOURNAL)),
    "memory": (lambda: _json({"imports": {"modules": {"a": ["b"]}}, "bags": {"b": {"income": "x"}}}), fuzzed.of_json,
               _read_state(FILE)),
    "results": (lambda: _json(RESULTS), fuzzed.of_json, _read_results),
    "site": (lambda: b'<!doctype html><html lang="it"><a href="index.html">x</a></html>', fuzzed.of_bytes, _read_site),
    "notebook": (_notebook, fuzzed.of_json, _read_notebook),
}  # fmt: skip
REGISTER = Register(catalog.default())


def _tried(boundary: str, home: Path, seed: int) -> None:
    make, spoil, read = BOUNDARIES[boundary]
    content = home / "content"
    content.write_bytes(spoil(make(), random.Random(seed)))
    with suppress(ToolkitError):
        read(content, home)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_what_is_not_spoilt_is_read(boundary: str, tmp_path: Path) -> None:
    make, _, read = BOUNDARIES[boundary]
    (tmp_path / "content").write_bytes(make())
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    read(tmp_path / "content", tmp_path)


def _fuzz(boundary: str, home: Path, examples: int) -> None:
    (home / "notebooks").symlink_to(ROOT / "notebooks")

    @settings(max_examples=examples, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32))
    def tried(seed: int) -> None:
        _tried(boundary, home, seed)

    tried()


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_spoilt_file_is_told_in_a_sentence(boundary: str, tmp_path: Path) -> None:
    _fuzz(boundary, tmp_path, 15)


@pytest.mark.slow
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_five_hundred_spoilt_files_are_told_in_a_sentence(boundary: str, tmp_path: Path) -> None:
    _fuzz(boundary, tmp_path, 500)


# ---- the disk --------------------------------------------------------------------------------------------------------


class Full:
    """A disk that is full from the nth write on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
        real = Path.open

        def opened(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
            if any(sign in mode for sign in "wxa") and name in path.name and path.is_relative_to(folder):
                if "x" in mode or "w" in mode:
                    real(path, mode, *rest, **more).close()  # the name is there, nothing fits in
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            return real(path, mode, *rest, **more)

        monkeypatch.setattr(Path, "open", opened)


@pytest.mark.parametrize("name", ["run.json", "index.html", "run.log", "new.ipynb", "journal.jsonl"])
def test_a_full_disk_is_told_with_the_file_and_leaves_no_scrap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / ".quadro").mkdir()
    before = tmp_path / name
    before.write_text("before")
    Full(monkeypatch, tmp_path, name)
    pages = Pages(tmp_path)
    monkeypatch.setattr("toolkit.run.manifest.JOURNAL", name)
    written = partial(pages._note, dict(RECORD)) if name == "journal.jsonl" else partial(inside.write, before, b"x")
    with pytest.raises(ToolkitError) as caught:
        written()
    assert f"{name} cannot be written: No space left on device." in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert before.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".quadro", name])


def test_what_memory_cannot_keep_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory(tmp_path)
    memory.put("jobs", "key", [1])
    Full(monkeypatch, tmp_path, "memory.json")
    memory.write()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert Memory(tmp_path).get("jobs", "key") is None


# ---- the command line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "x" * 300], ["run", "a\0b"], ["run", "."], ["check", "x" * 300 + ".yml"], ["check", "."],
        ["check", "params"], ["check", "/dev/null"], ["explain", "x" * 300], ["data", "fetch", "x" * 300],
        ["data", "build", "--from", "x" * 300], ["policy", "run", "x" * 300], ["new", "x" * 300],
        ["check", "--site", "x" * 300],
    ],
)  # fmt: skip
def test_a_strange_name_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.strip()
    assert "Traceback" not in said


def test_what_nobody_foresaw_is_a_sentence_and_debug_shows_the_rest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(home: Path, paths: Any = ()) -> str:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(check, "everything", fails)
    assert cli.main(["check"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Quadro could not go on: ZeroDivisionError: by nothing.")
    assert "--debug" in said
    assert "Traceback" not in said
    assert cli.main(["check", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err
