"""What docs/scheduling.md shows is run, or checked by the tool it is for, or its commands and codes are ours."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from making import project, report, write

from toolkit import cli, params

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
CHECKOUT = "/srv/quadro"
QUADRO = ".venv/bin/quadro"


def examples(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert found, language
    return found


def ours(command: str) -> argparse.Namespace:
    """The options of a line of shell that starts quadro."""
    words = shlex.split(command.replace("${1:-metropolitan-city}", "metropolitan-city"), comments=True)
    words = words[words.index(QUADRO) + 1 :]
    end = next((place for place, word in enumerate(words) if word in (">", "2>", "|", "&&", ";")), len(words))
    return cli.parser().parse_args(words[:end])


# ---- exit codes


def coded() -> dict[int, str]:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", TEXT, re.MULTILINE)
    return {int(code): meaning for code, meaning in rows}


def interrupted(_: argparse.Namespace) -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ["list", "runs"]),
        (0, ["data", "fetch", "Bresso"]),
        (2, ["run", "no-such-plan"]),
        (2, ["run", "nord-milano", "--only", "118015"]),
        (2, ["explain", "Bresso", "--site", "nowhere"]),
    ],
)
def test_exit_codes(code: int, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert code in coded()
    assert cli.main(arguments) == code


def test_wrong_options_and_a_stop_are_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["run", "--no-such-option"])
    assert left.value.code == 2
    monkeypatch.setattr(cli, "_do_list", interrupted)
    assert cli.main(["list"]) == cli.INTERRUPTED == max(coded())
    assert set(coded()) == {0, 1, 2, 130}
    assert "docs/scheduling.md" in (ROOT / "README.md").read_text(encoding="utf-8")


# ---- the script, run


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with the script, a `mail` that keeps its message, and a notebook that fails for one of two places."""
    cells = report("small", 'if municipality == "015032":\n    raise ValueError("no luck")')
    plan = 'title: {it: a, en: a}\nnotebooks: [small]\nmunicipalities: ["015032", "015077"]\nlanguages: [it]\n'
    project(tmp_path, {"small": cells}, {"metropolitan-city": plan})
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mail").write_text('#!/bin/sh\necho "$2" > mail.txt\ncat >> mail.txt\n')
    (tmp_path / "night").write_text(examples("sh")[0])
    for script in (tmp_path / "bin" / "mail", tmp_path / "night"):
        script.chmod(0o755)
    return tmp_path


def night(checkout: Path, *arguments: str) -> tuple[int, str]:
    """Exit code of the script, and the message it sent."""
    (checkout / "mail.txt").unlink(missing_ok=True)
    variables = {**os.environ, "PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run([checkout / "night", *arguments], cwd="/", env=variables, timeout=300, check=False)
    sent = checkout / "mail.txt"
    return done.returncode, sent.read_text(encoding="utf-8") if sent.exists() else ""


def last(checkout: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((checkout / "night.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return said


@pytest.mark.slow
def test_the_script_tells_what_failed_and_the_next_run_tries_it_again(checkout: Path) -> None:
    code, sent = night(checkout)
    assert code == last(checkout)["exit"] == 1
    assert sent.startswith("quadro: exit 1\n{")
    assert "no luck" in sent
    assert "015077" not in sent
    code, sent = night(checkout)
    assert code == 1, "a page that failed is due again, without an option"
    assert last(checkout)["outcomes"].get("failed_code") == 1
    pages = json.loads((checkout / "reports" / "run.json").read_text(encoding="utf-8"))["pages"]
    assert {page["territory"]["code"]: page["outcome"] in ("ok", "unchanged") for page in pages} == {
        "015032": False,
        "015077": True,
    }
    write(checkout / "notebooks" / "small.ipynb", report("small"))
    assert night(checkout, "metropolitan-city") == (0, "")
    assert last(checkout)["exit"] == 0
    write(checkout / "notebooks" / "small.ipynb", report("small", 'raise ValueError("again")'))
    assert night(checkout)[0] == 1
    pages = json.loads((checkout / "reports" / "run.json").read_text(encoding="utf-8"))["pages"]
    assert all(page["stale"] and page["files"] for page in pages), "the last good pages stay, and are marked"
    code, sent = night(checkout, "none")
    assert code == 2
    assert "There is no run plan 'none'." in sent


# ---- who starts it


def test_the_lines_of_cron_have_five_fields_and_start_the_script() -> None:
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    for line in examples("crontab")[0].splitlines():
        *fields, command = line.split(maxsplit=5)
        assert len(fields) == len(limits)
        for written, (low, high) in zip(fields, limits, strict=True):
            assert re.fullmatch(r"\*|\d+(-\d+)?(,\d+(-\d+)?)*", written)
            assert all(low <= int(number) <= high for number in re.findall(r"\d+", written))
        assert "%" not in command  # cron makes a new line of it
        script, plan = command.split()
        assert script == f"{CHECKOUT}/night"
        assert (ROOT / "params" / "runs" / f"{plan}.yml").is_file()


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    (tmp_path / "night").write_text(examples("sh")[0])
    (tmp_path / "night").chmod(0o755)
    paths = [tmp_path / "quadro.service", tmp_path / "quadro.timer"]
    for path, text in zip(paths, examples("ini"), strict=True):
        path.write_text(text.replace(CHECKOUT, str(tmp_path)).replace("User=quadro", "User=root"))
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "quadro" in line]
    assert (done.returncode, told) == (0, [])


def test_the_script_the_task_and_the_job_start_what_we_have(monkeypatch: pytest.MonkeyPatch) -> None:
    job = yaml.safe_load(examples("yaml")[0])
    assert job[True]["schedule"][0]["cron"].split() == examples("crontab")[0].split()[:5]  # YAML reads `on` as true
    runs = [step["run"] for step in job["jobs"]["reports"]["steps"] if "run" in step]
    lines = [line for line in (*runs, *examples("sh")[0].splitlines()) if QUADRO in line]
    lines += [call["bash_command"] for name, call in operators() if name == "BashOperator"]
    assert len(lines) == 4
    for line in lines:
        options = ours(line)
        if plan := getattr(options, "plan", ""):
            assert (ROOT / "params" / "runs" / f"{plan}.yml").is_file()
    assert re.search(r"^\.venv/\.ready\b|^\$\(READY\)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "make .venv/.ready" in runs


def operators() -> list[tuple[str, dict[str, Any]]]:
    """Operators of the DAG with those arguments that are plain values."""
    found = []
    for node in ast.walk(ast.parse(examples("python")[0])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Operator"):
            plain = {}
            for given in node.keywords:
                if not isinstance(given.value, ast.Call):
                    plain[str(given.arg)] = ast.literal_eval(given.value)
            found.append((node.func.id, plain))
    return found


def test_the_dag_names_a_notebook_and_parameters_of_ours(tmp_path: Path) -> None:
    ((_, call),) = [one for one in operators() if one[0] == "PapermillOperator"]
    assert (ROOT / str(call["input_nb"]).removeprefix(f"{CHECKOUT}/")).is_file()
    assert params.ReportParams(**call["parameters"]).municipality == "015032"
    if importlib.util.find_spec("airflow"):
        path = tmp_path / "dag.py"
        path.write_text(examples("python")[0], encoding="utf-8")
        spec = importlib.util.spec_from_file_location("dag", path)
        assert spec
        assert spec.loader
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
