"""`environment.yml`, `pyproject.toml` and the lock name the same versions; no file names a registry or this machine."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement


@pytest.fixture(scope="module")
def lock(root: Path):
    spec = importlib.util.spec_from_file_location("lock", root / "tools" / "lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_environment_is_generated(lock, root: Path, request: pytest.FixtureRequest) -> None:
    text = lock.environment()
    if request.config.getoption("--fix"):
        (root / "environment.yml").write_text(text)
    assert (root / "environment.yml").read_text() == text, "run `python tools/lock.py --environment-only`"


def test_lock_meets_pyproject(lock, root: Path) -> None:
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(item for extra in project["optional-dependencies"].values() for item in extra)]
    pins = lock.pins()
    for item in asked:
        requirement = Requirement(item)
        if requirement.name == project["name"]:
            continue
        version = pins.get(requirement.name.lower())
        assert version, f"{requirement.name} is not in requirements.lock: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement.name} {version} is not {requirement.specifier}"


def test_every_locked_package_has_hashes(root: Path) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (root / "requirements.lock").read_text().strip())
    assert len(blocks) > 100
    assert [block.split(" ")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_no_registry_and_no_machine_path(root: Path) -> None:
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    # Built from pieces, so that this file does not name them either.
    words = [
        "py" + "pi.org",
        "python" + "hosted",
        "registry." + "npmjs",
        "deb." + "debian",
        "/wo" + "rk/",
        "/ro" + "ot/",
    ]
    command = ["git", "grep", "-lIF", *(part for word in words for part in ("-e", word)), "--", "."]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert found.stdout.split() == []


def test_make_in_a_path_with_spaces(root: Path, tmp_path: Path) -> None:
    """The commands of the environment, pip left out, and of a report, run for real in a copy that is nearly empty."""
    checkout = tmp_path / "prova città à $spazi (2)"
    (checkout / "toolkit/render/templates/quadro").mkdir(parents=True)
    (checkout / "toolkit/vega.py").write_text("def program(): pass\n")
    (checkout / "pyproject.toml").touch()
    (checkout / "requirements.lock").touch()
    (checkout / "Makefile").write_text((root / "Makefile").read_text())
    python = checkout / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$2" = pip ] || exec python3 "$@"\n')
    (python.parent / "quadro").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    for script in python.parent.iterdir():
        script.chmod(0o755)
    plan = "params/runs/il mio piano.yml"
    command = ["make", "--no-print-directory", "reports", f"PLAN={plan}", f"PYTHON={sys.executable}"]
    made = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.splitlines()[-2:] == ["run", plan]
    link = checkout / ".venv/share/jupyter/nbconvert/templates/quadro"
    assert link.resolve() == (checkout / "toolkit/render/templates/quadro").resolve()
    assert link.is_dir()
    told = subprocess.run(["make", "help"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert len(told.splitlines()) >= 5


def test_hints_install_from_the_checkout(root: Path) -> None:
    """No text tells to install a package of a registry by a name that is not ours there."""
    import tomllib

    from toolkit.errors import installing

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["name"] == "quadro-conoscitivo"
    for extra in project["optional-dependencies"]:
        assert f'install -e ".[{extra}]"' in installing(extra)
    files = [
        *root.glob("*.md"),
        *root.glob("docs/*.md"),
        *root.glob("toolkit/**/*.py"),
        *root.glob("notebooks/*.ipynb"),
    ]
    said = re.compile(
        r"(?:pip|uv|pipx|conda|uvx) (?:install|add|run)[^\n]*?[\s\"'](?:quadro|toolkit)(?:\[|[\s\"'=<>~]|$)"
    )
    assert [path.name for path in files if said.search(path.read_text(encoding="utf-8"))] == []
    asked = {match for path in files for match in re.findall(r"installing\([\"'](\w+)[\"']\)", path.read_text())}
    assert {"data", "pdf", "cluster"} <= asked <= set(project["optional-dependencies"])
