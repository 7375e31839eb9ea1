"""What a run leaves behind survives the run, however it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from making import code, write

from toolkit.run.fingerprint import Inputs
from toolkit.run.job import Job
from toolkit.run.lock import STATE
from toolkit.run.manifest import JOURNAL, MANIFEST, Pages, promote
from toolkit.run.outcome import Outcome

F1, F2 = {"notebook": "1"}, {"notebook": "2"}
FAILED = Outcome("failed_data", "A fault.", 3)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    path = tmp_path / "benchmark.ipynb"
    path.write_text("{}")
    return Job("benchmark", path, "municipality", "015032", "Bresso", "015032-bresso", "it", {"municipality": "015032"})


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out" / STATE).mkdir(parents=True)
    return tmp_path / "out"


def make(out: Path, job: Job, *names: str) -> list[str]:
    """Promote files of these names, as a finished job would."""
    scratch = out / STATE / "work"
    scratch.mkdir(exist_ok=True)
    for name in names:
        (scratch / name).write_text(name)
    return promote([scratch / name for name in names], out, job.folder)


def test_the_address_of_a_page(job: Job) -> None:
    assert job.page == "015032-bresso/benchmark.it.html"


def test_a_page_whose_file_is_gone_is_made_again(out: Path, job: Job) -> None:
    assert Pages(out).missing(job) == "there is no page"
    Pages(out).promoted(job, 1.0, make(out, job, "benchmark.json", "benchmark.it.html"), F1, {"title": "Benchmark"})
    assert Pages(out).missing(job) == ""
    assert Pages(out).missing(replace(job, language="en")) == "there is no page"
    (out / job.page).unlink()
    assert Pages(out).missing(job) == f"{job.page} is gone"


def test_a_failed_attempt_keeps_and_dates_the_last_good_page(out: Path, job: Job) -> None:
    pages = Pages(out)
    good = pages.promoted(job, 1.0, make(out, job, "benchmark.it.html"), F1, {"title": "Benchmark"})
    record = pages.failed(job, FAILED, 2.0)
    assert (record["outcome"], record["message"], record["cell"]) == ("failed_data", "A fault.", 3)
    assert (record["made"], record["stale"], record["files"]) == (good["made"], True, good["files"])
    assert record["fingerprint"] == F1
    assert (out / job.page).read_text() == "benchmark.it.html"
    assert pages.unchanged(job)["stale"] is False


def test_a_page_that_never_was_is_not_stale(out: Path, job: Job) -> None:
    record = Pages(out).failed(job, FAILED, 2.0)
    assert (record["made"], record["stale"], record["files"]) == ("", False, [])
    assert Pages(out).missing(job) == "there is no page"


def test_the_journal_outlives_a_killed_run(out: Path, job: Job) -> None:
    Pages(out).promoted(job, 1.0, make(out, job, "benchmark.it.html"), F1, {"title": "Benchmark"})
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"page": "half')
    again = Pages(out)
    assert list(again.records) == [job.page]
    again.write({"quadro": "0"})
    assert not (out / JOURNAL).exists()
    assert json.loads((out / MANIFEST).read_text())["pages"][0]["page"] == job.page
    assert Pages(out).records[job.page]["fingerprint"] == F1


def test_a_manifest_that_cannot_be_read_means_everything_is_made_again(out: Path, job: Job) -> None:
    for text in ("{", "[]", '{"pages": 3}', ""):
        (out / MANIFEST).write_text(text)
        assert Pages(out).records == {}


def test_files_that_no_page_has_any_more_are_obsolete(out: Path, job: Job) -> None:
    pages, english = Pages(out), replace(job, language="en")
    both = make(out, job, "benchmark-a.csv", "benchmark-b.csv")
    pages.promoted(job, 1.0, both, F1, {})
    pages.promoted(english, 1.0, both, F1, {})
    assert pages.obsolete(job, both[:1]) == []  # the English page still has it
    pages.promoted(job, 1.0, both[:1], F2, {})
    assert pages.obsolete(english, both[:1]) == both[1:]


def test_the_fingerprint_follows_every_input_and_names_what_changed(tmp_path: Path, job: Job) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "requirements.lock").write_text("a==1")
    write(job.path, [code("from toolkit import indicators")])

    def inputs(**tables: str) -> Inputs:
        return Inputs(tmp_path, tables or {"income": "1", "population": "2"})

    first = inputs()
    parts = first.of(job, ["income"])
    assert first.reasons(parts, inputs().of(job, ["income"]), first.bags) == []

    def why(now: Inputs, job: Job = job) -> list[str]:
        return now.reasons(parts, now.of(job, ["income"]), first.bags)

    assert why(inputs(income="1", population="3")) == []
    assert why(inputs(income="9", population="2")) == ["a table changed: income"]
    assert why(inputs(), replace(job, values={"municipality": "015077"})) == ["its parameters changed"]
    assert why(inputs(), replace(job, languages=("it",))) == ["it was made for another address or other languages"]
    (tmp_path / "requirements.lock").write_text("a==2")
    assert why(inputs()) == ["the locked package versions changed"]
    (tmp_path / "requirements.lock").write_text("a==1")
    (tmp_path / "params" / "weights.yml").write_text("a: 1")
    assert why(inputs()) == ["a file of params/ changed: weights.yml"]
    (tmp_path / "params" / "weights.yml").unlink()
    write(job.path, [code("from toolkit import indicators, pnrr")])
    assert why(inputs())[0] == "the notebook changed"
    assert why(inputs())[1].startswith("a module of the toolkit changed: toolkit.pnrr")
    assert inputs().of(job, None)["tables"] == inputs().of(job, ["income", "population"])["tables"]
