"""Which files of the toolkit a notebook depends on, read from import statements: nothing is imported to know it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import toolkit

PACKAGE = "toolkit"
ALWAYS = ("toolkit.run.worker", "toolkit.run.warm.job", "toolkit.render.painter", "toolkit.render.preprocessor")
"""What makes a page of any notebook."""
SUFFIXES = (".yml", ".yaml", ".json", ".j2", ".css", ".js", ".svg", ".html")
"""Files besides modules that can change a page: texts, templates, styles."""


class Modules:
    """The modules of the toolkit and who imports whom.

    Args:
        folder: of the package.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(toolkit.__file__).resolve().parent
        self._known: dict[str, list[str]] = {}
        self._fresh: dict[str, list[str]] = {}

    @cached_property
    def files(self) -> dict[str, Path]:
        """Module name → file."""
        found = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = (PACKAGE, *path.relative_to(self.folder).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Module name → SHA-256 of its source."""
        return {name: sha256(path.read_bytes()).hexdigest() for name, path in self.files.items()}

    @cached_property
    def others(self) -> str:
        """Hash of the files that every page depends on besides modules."""
        digest = sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                digest.update(f"{path.relative_to(self.folder)}\n".encode() + path.read_bytes())
        return digest.hexdigest()

    def used(self, sources: Iterable[str]) -> dict[str, str]:
        """Module name → hash, of all modules that code imports, directly or through others.

        Args:
            sources: the code of a notebook's cells.
        """
        queue = [name for source in sources for name in self._targets(_imports(source))]
        return self.closure([*queue, *ALWAYS])

    def closure(self, names: Iterable[str]) -> dict[str, str]:
        """Module name → hash, of these modules and all that they import."""
        queue = [name for name in names if name in self.files]
        found: set[str] = set()
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue += self._targets(self._imports_of(name))
        return {name: self.hashes[name] for name in sorted(found)}

    def recall(self, known: Any) -> None:
        """Take what an earlier run read: hash of a file → its imports; nothing where it has another form."""
        lists = known.items() if isinstance(known, dict) else ()
        self._known = {key: names for key, names in lists if isinstance(names, list) and all(map(_is_text, names))}

    def imports(self) -> dict[str, list[str]]:
        """What is worth recalling: the imports of the files that are there now and were read."""
        seen = {**self._known, **self._fresh}
        return {digest: seen[digest] for digest in self.hashes.values() if digest in seen}

    def _imports_of(self, name: str) -> list[str]:
        digest = self.hashes[name]
        if digest in self._known:
            return self._known[digest]
        if digest not in self._fresh:
            source = self.files[name].read_text(encoding="utf-8")
            imports = sorted(set(_imports(source, name, self.files[name].name == "__init__.py")))
            if name != PACKAGE and "import_module" in source and self.files[name].name == "__init__.py":
                imports.append(f"{name}.*")  # it hands out what its modules define
            self._fresh[digest] = imports
        return self._fresh[digest]

    def _targets(self, names: Iterable[str]) -> Iterator[str]:
        """The modules behind imported names, their packages included."""
        for name in names:
            if name.endswith(".*"):
                yield from (other for other in self.files if other.startswith(name[:-1]))
                continue
            top, _, rest = name.partition(".")
            if top != PACKAGE:
                continue
            name = toolkit._HOME.get(rest, name)
            while name not in self.files:
                name = name.rpartition(".")[0]
            while name:
                yield name
                name = name.rpartition(".")[0]


def _is_text(name: Any) -> bool:
    return isinstance(name, str)


def _imports(source: str, module: str = "", package: bool = False) -> Iterator[str]:
    """Full names that code imports; what is not Python (a magic) imports nothing."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    here = module.split(".") if package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level + 1], node.module] if node.level else [node.module]
            root = ".".join(part for part in base if part)
            if root.split(".")[0] == PACKAGE:
                yield from (f"{root}.{alias.name}" for alias in node.names)
