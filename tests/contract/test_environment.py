"""`environment.yml`, `pyproject.toml` and the lock name the same versions; no file names a registry or this machine."""

from __future__ import annotations

import importlib.util
import re
import subprocess
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
