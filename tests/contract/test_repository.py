"""The version is the same wherever it is written; what the README names exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

import toolkit


def test_one_version(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    publiccode = yaml.safe_load((root / "publiccode.yml").read_text())["softwareVersion"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text())["version"]
    assert {toolkit.__version__, project, publiccode, citation} == {project}
    assert f"## {project}" in (root / "CHANGELOG.md").read_text()


def test_publiccode_has_what_its_standard_asks(root: Path) -> None:
    document = yaml.safe_load((root / "publiccode.yml").read_text())
    needed = {"publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType", "description"}
    assert needed | {"legal", "maintenance", "localisation"} <= set(document)
    for language in ("it", "en"):
        text = document["description"][language]
        assert len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert text["features"]


def test_readme_names_what_exists(root: Path) -> None:
    readme = (root / "README.md").read_text()
    targets = set(re.findall(r"\bmake (reports|test|lab|lint|lock|clean|help)\b", readme))
    assert {"reports", "test", "lab"} <= targets
    makefile = (root / "Makefile").read_text()
    assert [target for target in sorted(targets) if not re.search(rf"^{target}:", makefile, re.M)] == []
    links = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert [link for link in links if not (root / link).exists()] == []


def test_what_the_package_reads_is_packed(root: Path) -> None:
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["toolkit"]
    packed = {path for pattern in patterns for path in (root / "toolkit").glob(pattern)}
    files = {path for path in (root / "toolkit").rglob("*.*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert sorted(files - packed) == []
