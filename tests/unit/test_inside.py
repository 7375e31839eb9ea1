"""What a manifest, a journal, a store or a worker names is proved to lie inside, and no link is followed."""

from __future__ import annotations

import json
import os
import pickle
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from making import project, report

from toolkit import cli, inside, render
from toolkit.contract import MIME
from toolkit.errors import ToolkitError
from toolkit.run import check_site, cluster, place, pool, prepare
from toolkit.run.cluster_worker import Made
from toolkit.run.job import Job
from toolkit.run.manifest import JOURNAL, MANIFEST
from toolkit.run.outcome import Outcome
from toolkit.run.worker import Done

FOLDER = "015032-bresso"
PAGE = f"{FOLDER}/small.it.html"
ELSEWHERE = "elsewhere/kept.txt"
LEADING_OUT = (
    "../elsewhere/kept.txt",
    f"{FOLDER}/../../elsewhere/kept.txt",
    "{tmp}/elsewhere/kept.txt",
    "//{tmp}/elsewhere/kept.txt",
    "./../elsewhere/kept.txt",
    "..\\elsewhere\\kept.txt",
    "C:\\kept.txt",
    "C:kept.txt",
    "%2e%2e/elsewhere/kept.txt",
    f"{FOLDER}/%2E%2E%2Fkept.txt",
    "",
    "/",
    ".",
    f"{FOLDER}/",
    f"{FOLDER}//kept.txt",
    f"{FOLDER}/kept.txt\0.html",
    f"{FOLDER}/kept\n.txt",
    f"{FOLDER}/\ud800",
    f"{FOLDER}/{'a' * 300}",
    ".quadro/lock",
)
NOT_NAMES = (*LEADING_OUT, None, 3, ["a"], {"a": 1})


def made(jobs: Any, means: Any, folder: Path, words: Any) -> Iterator[tuple[Job, Done]]:
    for number, job in enumerate(jobs):
        yield job, Done(Outcome("ok"), products(folder.resolve() / f"{number:05d}"), {"title": "Prova"}, 1.0, ())


def products(folder: Path) -> tuple[Path, ...]:
    (folder / "products").mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / "products" / name for name in ("small.json", "small.it.html"))
    for path in paths:
        path.write_text("new")
    return paths


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    plan = 'title: {it: a, en: a}\nnotebooks: [small]\nmunicipalities: ["015032"]\nlanguages: [it]\n'
    project(tmp_path, {"small": report("small")}, {"all": plan})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ELSEWHERE).write_text("precious")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(pool, "run", made)
    return tmp_path


def run(*more: str, out: str = "out") -> int:
    return cli.main(["run", "all", "--out", out, "--quiet", *more])


def untouched(home: Path) -> bool:
    kept = [path.name for path in (home / "elsewhere").iterdir()]
    return kept == ["kept.txt"] and (home / ELSEWHERE).read_text() == "precious"


def name_in(text: Any, home: Path) -> Any:
    return text.replace("{tmp}", str(home)) if isinstance(text, str) else text


@pytest.mark.parametrize("name", NOT_NAMES, ids=repr)
def test_what_is_no_name(name: Any, tmp_path: Path) -> None:
    name = name_in(name, tmp_path)
    assert not inside.is_plain(name)
    with pytest.raises(inside.OutsideError):
        inside.path(tmp_path, name)


@pytest.mark.parametrize("name", [PAGE, "a", "015032-bresso/tabella città (2).csv", "a/b..c", "assets/vega.js"])
def test_what_is_a_name(name: str, tmp_path: Path) -> None:
    assert inside.path(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("file", [MANIFEST, JOURNAL, "store"])
@pytest.mark.parametrize("where", ["files", "page"])
def test_a_record_that_names_what_is_elsewhere_is_not_used(home: Path, file: str, where: str) -> None:
    """All of them at once, each in a record of its own: nothing is removed, the page is made, the log says so."""
    store = "memory://inside/site"
    out = store if file == "store" else "out"
    assert run(out=out) == 0
    if file == "store":
        from fsspec.implementations.memory import MemoryFileSystem

        files = MemoryFileSystem()
        record = json.loads(files.cat_file("/inside/site/run.json"))["pages"][0]
        files.pipe_file("/inside/kept.txt", b"precious")
    else:
        record = json.loads((home / "out" / MANIFEST).read_text())["pages"][0]
    names = [name_in(name, home) for name in (*NOT_NAMES, "../kept.txt", "index.html", "other/kept.txt")]
    bad = [
        {**record, "files": [*record["files"], name]} if where == "files" else {**record, "page": name}
        for name in names
    ]
    bad += [
        {**record, "files": None},
        {**record, "territory": []},
        {**record, "fingerprint": {"notebook": []}},
        {"page": PAGE},
        [],
        "x",
        None,
        3,
    ]
    text = json.dumps({"pages": bad})
    if file == "store":
        files.pipe_file("/inside/site/run.json", text.encode())
    elif file == MANIFEST:
        (home / "out" / MANIFEST).write_text(text)
    else:
        (home / "out" / MANIFEST).unlink()
        (home / "out" / JOURNAL).write_text("\n".join(map(json.dumps, bad)))
    assert run("--force", out=out) == 0
    assert untouched(home)
    staging = home / "out" if file != "store" else next((home / "cache/quadro").glob("*/run.log")).parent
    said = [line for line in (staging / "run.log").read_text().splitlines() if "is not used" in line]
    assert len(said) == len(bad)
    assert [one["page"] for one in json.loads((staging / MANIFEST).read_text())["pages"]] == [PAGE]
    if file == "store":
        assert files.cat_file("/inside/kept.txt") == b"precious"
        MemoryFileSystem.store.clear()
    else:
        assert (home / "out/index.html").exists()


def test_names_in_a_store_are_proved_too(home: Path) -> None:
    from fsspec.implementations.memory import MemoryFile, MemoryFileSystem

    files = MemoryFileSystem()
    plain = files.store
    for key in ("../x.html", "..\\x.html", "%2e%2e/x.html", ".quadro/lock", "015032-bresso/a.it.html"):
        plain[f"/inside/site/{key}"] = MemoryFile(files, f"/inside/site/{key}", b"<html>")
    found = place.of("memory://inside/site")
    found.refresh()
    assert found.there == {"015032-bresso/a.it.html"}
    assert {path.name for path in (home / "cache").rglob("*.html")} == {"a.it.html"}
    MemoryFileSystem.store.clear()


@pytest.mark.parametrize(
    "link",
    [FOLDER, "assets", ".quadro", ".quadro/lock", ".quadro/journal.jsonl", ".quadro/work", ".quadro/memory.json"],
)
def test_a_link_on_the_way_is_not_followed(home: Path, link: str, capsys: pytest.CaptureFixture[str]) -> None:
    at = home / "out" / link
    at.parent.mkdir(parents=True)
    at.symlink_to(home / (ELSEWHERE if Path(link).suffix or link.endswith("lock") else "elsewhere"))
    assert run("--force") in (1, 2)
    assert f"{link} is a link" in capsys.readouterr().err
    assert untouched(home)


@pytest.mark.parametrize("name", [PAGE, "index.html", "run.json", "run.log", "assets/quadro.css", ".run.json.PROCESS"])
def test_a_link_in_the_place_of_a_file_is_replaced(home: Path, name: str) -> None:
    at = home / "out" / name.replace("PROCESS", str(os.getpid()))  # not in the test's name: workers have their own
    at.parent.mkdir(parents=True)
    at.symlink_to(home / ELSEWHERE)
    assert run("--force") == 0
    assert untouched(home)
    assert not at.is_symlink()


def test_a_folder_given_by_the_user_may_be_a_link(home: Path) -> None:
    (home / "disk").mkdir()
    (home / "out").symlink_to(home / "disk")
    assert run() == 0
    assert (home / "disk" / PAGE).is_file()


@pytest.mark.parametrize("what", ["elsewhere", "up", "output", "link", "folder", "hidden", "gone", "other job"])
def test_a_worker_names_only_what_it_made(home: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(jobs: Any, means: Any, folder: Path, words: Any) -> Iterator[tuple[Job, Done]]:
        here = folder.resolve() / "00000"
        mine, other = products(here), products(folder.resolve() / "00001")
        (here / "products/link.html").symlink_to(home / ELSEWHERE)
        (here / "products/.hidden").write_text("")
        (folder / "linked").symlink_to(home / "elsewhere")
        named = {
            "elsewhere": home / ELSEWHERE,
            "up": here / "products/../../../../../elsewhere/kept.txt",
            "output": home / "out/run.log",
            "link": here / "products/link.html",
            "folder": folder.resolve() / "linked/kept.txt",
            "hidden": here / "products/.hidden",
            "gone": here / "products/gone.html",
            "other job": other[0],
        }[what]
        yield jobs[0], pickle.loads(pickle.dumps(Done(Outcome("ok"), (*mine, named), {}, 1.0, ())))

    monkeypatch.setattr(pool, "run", lying)
    assert run() == 1
    assert untouched(home)
    record = json.loads((home / "out" / MANIFEST).read_text())["pages"][0]
    assert record["outcome"] == "failed_code"
    assert "which is not a file that it may have made" in record["message"]
    assert not (home / "out" / FOLDER).exists()


@pytest.mark.parametrize("name", LEADING_OUT, ids=repr)
def test_a_worker_of_a_cluster_names_only_plain_files(name: str, home: Path) -> None:
    class Future:
        def result(self, timeout: float) -> Made:
            return Made(Done(Outcome("ok")), ((name_in(name, home), b"evil"),))

    found = cluster.Cluster._done(object.__new__(cluster.Cluster), Future(), home / "work/00000")  # type: ignore[arg-type]
    assert isinstance(found, Done)
    assert (found.outcome.status, found.files) == ("failed_code", ())
    assert untouched(home)
    assert [path for path in (home / "work").rglob("*") if path.is_file()] == []


def test_a_job_kept_in_the_output_folder_is_proved(home: Path) -> None:
    job = Job("small", home / "notebooks/small.ipynb", "municipality", "015032", "Bresso", FOLDER, "it")
    kept = json.loads(json.dumps({**asdict(job), "path": str(job.path)}))
    assert prepare._recalled(kept, home) == job
    bad: list[dict[str, Any]] = [{"path": str(home / ELSEWHERE)}, {"notebook": "../evil"}, {"language": "it/../.."}]
    bad += [{"folder": name} for name in ("../elsewhere", str(home / "elsewhere"), "a/b", "")]
    bad += [{"path": 3}, {"languages": 3}, {"other": 1}]
    for change in bad:
        with pytest.raises((ToolkitError, TypeError)):
            prepare._recalled({**kept, **change}, home)


@pytest.mark.parametrize("text", ['{"jobs": []}', '{"pages": {"a": 1}}', "[" * 9999, '{"imports": {"modules": 3}}'])
def test_a_memory_of_another_form_is_none(home: Path, text: str) -> None:
    (home / "out/.quadro").mkdir(parents=True)
    for name in (".quadro/memory.json", MANIFEST, JOURNAL):
        (home / "out" / name).write_text(text)
    assert run() == 0


@pytest.mark.parametrize("name", LEADING_OUT, ids=repr)
def test_the_index_does_not_look_elsewhere(name: str, tmp_path: Path) -> None:
    from toolkit.render import index

    record = {"page": name, "outcome": "failed_code", "territory": {"type": "municipality", "code": "1", "name": "x"}}
    (tmp_path / MANIFEST).write_text(json.dumps({"pages": [record, {"page": "a/b.it.html", "territory": 3}]}))
    assert index.entries(tmp_path) == []


@pytest.mark.parametrize(
    "link",
    ["../../elsewhere/kept.txt", "%2e%2e/%2e%2e/elsewhere/kept.txt", "{tmp}/elsewhere/kept.txt", "a%00b", "..\\..\\x"],
)
def test_a_link_of_a_page_stays_in_the_site(link: str, home: Path) -> None:
    (home / "site/a").mkdir(parents=True)
    (home / "site/index.html").write_text("")
    (home / "site/a/b.html").write_text(f'<a href="{name_in(link, home)}">x</a>')
    with pytest.raises(ToolkitError, match=r"leads (out of the site|nowhere)"):
        check_site.check(home / "site")


def test_a_report_writes_beside_its_page_only(home: Path) -> None:
    from synthetic_notebook import notebook

    node = notebook("it")
    shown = [output.get("data", {}).get(MIME, {}) for cell in node.cells for output in cell.get("outputs", ())]
    opened = next(payload for payload in shown if payload.get("kind") == "open")
    for name in filter(None, LEADING_OUT):
        opened["report"] = name_in(name, home)
        with pytest.raises(ToolkitError):
            render.outputs(node, home / "page")
    assert untouched(home)
    assert not (home / "page").exists()
