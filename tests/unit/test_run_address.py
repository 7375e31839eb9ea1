"""Pages at an address: each file written once, the next run sees them, and what another machine published counts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from making import project, report

from toolkit import cli
from toolkit.errors import installing
from toolkit.run import address, place, pool
from toolkit.run.job import Job
from toolkit.run.outcome import Outcome
from toolkit.run.worker import Done

CODES = ("015032", "015077", "015081")
PAGES = ("015032-bresso", "015077-cinisello-balsamo", "015081-cologno-monzese")
PAGE = '<meta content="municipality {code}" name="quadro:territory"/><meta content="{name}" name="quadro:name"/>'
PAGE += '<meta content="Prova di {name}" name="quadro:title"/>'


@pytest.fixture
def home(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose pages are made by nobody, in no time."""
    listed = ", ".join(f'"{code}"' for code in CODES)
    plan = f"title: {{it: a, en: a}}\nnotebooks: [small]\nmunicipalities: [{listed}]\nlanguages: [it]\n"
    project(tmp_path, {"small": report("small")}, {"all": plan})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(pool, "run", made)
    return tmp_path


def made(jobs: Sequence[Job], means: Any, folder: Path, words: list[str]) -> Iterator[tuple[Job, Done]]:
    for number, job in enumerate(jobs):
        products = folder / str(number) / "products"
        products.mkdir(parents=True)
        contents = {"small.json": "{}", "small.it.html": PAGE.format(code=job.code, name=job.name) + " " * 9000}
        for name, content in contents.items():
            (products / name).write_text(content)
        yield job, Done(Outcome("ok"), tuple(products / name for name in contents), {"title": "Prova"}, 1.0, ())


@pytest.fixture
def memory() -> Iterator[str]:
    from fsspec.implementations.memory import MemoryFileSystem

    yield "memory://site/reports"
    MemoryFileSystem.store.clear()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3-compatible store on this machine."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    told = {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "us-east-1", "DEFAULT_REGION": "us-east-1"}
    for name, value in {**told, "ENDPOINT_URL": f"http://{host}:{port}"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    boto3.client("s3").create_bucket(Bucket="quadro")
    yield "s3://quadro/site"
    server.stop()


@pytest.fixture(params=["memory", "bucket"])
def out(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def run(out: str, *more: str) -> tuple[int, dict[str, str]]:
    """Exit code and outcomes of a run."""
    code = cli.main(["run", "all", "--out", out, "--quiet", *more])
    return code, {record["page"]: record["outcome"] for record in json.loads(read(out, "run.json"))["pages"]}


def opened(out: str) -> address.Address:
    found = place.of(out)
    assert isinstance(found, address.Address)
    found.refresh()
    return found


def read(out: str, name: str) -> bytes:
    found = opened(out)
    return bytes(found.files.cat_file(f"{found.root}/{name}"))


def all_are(outcome: str) -> dict[str, str]:
    return {f"{page}/small.it.html": outcome for page in PAGES}


@pytest.mark.slow
def test_what_is_published_is_what_a_local_run_makes(home: Path, out: str) -> None:
    assert run(out) == (0, all_are("ok"))
    assert cli.main(["run", "all", "--out", "local", "--quiet"]) == 0
    local = {path.relative_to("local").as_posix(): path for path in Path("local").rglob("*") if path.is_file()}
    local = {name: path for name, path in local.items() if not name.startswith(".quadro")}
    assert opened(out).there == set(local)
    differ = [name for name, path in local.items() if read(out, name) != path.read_bytes()]
    assert sorted(differ) == ["run.json", "run.log"]  # they tell times
    kept = [path for path in (home / "cache").rglob("*.html") if path.stat().st_size > 5000]
    assert {path.name for path in kept} <= {"index.html", "index.en.html", "metodo.html", "method.html"}


def test_a_second_run_has_nothing_to_do_on_any_machine(home: Path, out: str) -> None:
    run(out)
    index = read(out, "index.html")
    assert run(out) == (0, all_are("unchanged"))
    shutil.rmtree(home / "cache")  # another machine
    assert run(out, "--dry-run")[0] == 0
    assert run(out) == (0, all_are("unchanged"))
    assert run(out, "--force", "--only", "015032") == (0, all_are("unchanged") | {f"{PAGES[0]}/small.it.html": "ok"})
    assert read(out, "index.html") == index


def test_files_have_their_type(home: Path, bucket: str) -> None:
    import boto3

    run(bucket)
    store = boto3.client("s3")
    kinds = {
        name: store.head_object(Bucket="quadro", Key=f"site/{name}")["ContentType"]
        for name in ("index.html", f"{PAGES[0]}/small.json", "run.json")
    }
    assert kinds == {
        "index.html": "text/html; charset=utf-8",
        f"{PAGES[0]}/small.json": "application/json",
        "run.json": "application/json",
    }


def test_the_page_is_written_after_its_results_and_run_json_last(
    home: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    real = address.Address._write
    monkeypatch.setattr(
        address.Address, "_write", lambda self, name, content: (written.append(name), real(self, name, content))
    )
    run(memory)
    assert written[:3] == ["run.log", f"{PAGES[0]}/small.json", f"{PAGES[0]}/small.it.html"]
    assert written[-6:] == ["method.html", "metodo.html", "index.en.html", "index.html", "run.log", "run.json"]
    assert sorted(name for name in written if name != "run.log") == sorted({*written} - {"run.log"})  # each once


@pytest.mark.slow
def test_what_another_machine_published_counts(home: Path, memory: str) -> None:
    run(memory)
    shutil.copytree(home / "cache", home / "first")
    shutil.rmtree(home / "cache")
    notebook = home / "notebooks/small.ipynb"
    notebook.write_text(notebook.read_text().replace("# Prova", "# Prova nuova"))
    assert run(memory, "--only", "015032")[1][f"{PAGES[0]}/small.it.html"] == "ok"
    shutil.rmtree(home / "cache")
    shutil.copytree(home / "first", home / "cache")  # the first machine again
    ok = {f"{page}/small.it.html": "ok" for page in PAGES[1:]}
    assert run(memory) == (0, {f"{PAGES[0]}/small.it.html": "unchanged", **ok})


def test_a_killed_run_is_finished_by_the_next(home: Path, memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Nothing is written any more."""

    def one(*arguments: Any) -> Iterator[tuple[Job, Done]]:
        yield next(iter(made(*arguments)))
        monkeypatch.setattr(address.Address, "publish", lambda *_: None)
        monkeypatch.setattr("toolkit.run.manifest.Pages.write", lambda *_: None)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(pool, "run", one)
        with pytest.raises(Killed):
            cli.main(["run", "all", "--out", memory, "--quiet"])
    monkeypatch.undo()
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(pool, "run", made)
    assert run(memory) == (0, all_are("ok") | {f"{PAGES[0]}/small.it.html": "unchanged"})


def test_a_page_that_cannot_be_written_is_an_outcome_and_what_did_not_arrive_is_sent_again(
    home: Path, memory: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, broken = address.Address._write, {f"{PAGES[1]}/small.it.html", "index.html"}

    def write(self: address.Address, name: str, content: bytes) -> None:
        if name in broken:
            raise RuntimeError("the store is full")
        real(self, name, content)

    monkeypatch.setattr(address.Address, "_write", write)
    assert cli.main(["run", "all", "--out", memory, "--quiet"]) == 2  # the index could not be written
    told = capsys.readouterr().err
    assert f"failed_code: {PAGES[1]}/small.it.html: The page could not be put in place: the store is full." in told
    assert "memory://site/reports cannot be written: the store is full." in told
    broken.clear()
    assert run(memory) == (0, all_are("unchanged") | {f"{PAGES[1]}/small.it.html": "ok"})
    assert b"Cologno" in read(memory, "index.html")
    assert run(memory) == (0, all_are("unchanged"))


def test_files_that_a_page_has_no_more_are_removed(home: Path, memory: str) -> None:
    run(memory)
    found = opened(memory)
    found.remove(f"{PAGES[0]}/small.json")
    assert f"{PAGES[0]}/small.json" not in opened(memory).there
    code, pages = run(memory)
    assert (code, pages[f"{PAGES[0]}/small.it.html"]) == (0, "ok")


def test_an_address_of_files_is_a_folder(home: Path) -> None:
    assert cli.main(["run", "all", "--out", f"file://{home}/a b", "--quiet"]) == 0
    assert (home / "a b" / PAGES[0] / "small.it.html").is_file()
    assert cli.main(["run", "all", "--out", f"file://{home}/a b", "--quiet", "--explain"]) == 0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("bogus://x/y", "bogus://x/y is no address to write to: Protocol not known: bogus."),
        ("s3://", "s3:// is no address to write to: it names no bucket or folder."),
    ],
)
def test_bad_addresses(home: Path, text: str, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "all", "--out", text]) == 2
    assert capsys.readouterr().err == f"{what}\n  where: --out\n  allowed: {address.ALLOWED}\n"


def test_a_bucket_that_is_not_there(home: Path, bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "all", "--out", "s3://nobody/site"]) == 2
    assert capsys.readouterr().err.startswith("s3://nobody/site cannot be read or written: NoSuchBucket.\n")


def test_without_the_extra(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "obstore.fsspec", None)
    assert cli.main(["run", "all", "--out", "s3://quadro/site"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Writing to s3://quadro/site needs the package obstore.fsspec.\n")
    assert f"what to do: {installing('cluster')}" in told


def test_the_staging_folder_is_one_an_address(home: Path, memory: str) -> None:
    first, second = place.of(memory), place.of("memory://site/other")
    assert first.path.parent == second.path.parent == Path(os.environ["XDG_CACHE_HOME"]) / "quadro"
    assert first.path != second.path
    assert place.of(f"{memory}/").path == first.path
