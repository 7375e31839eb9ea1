"""Imports go one way through the house; only `sources` opens a connection; `import toolkit` is quick and lazy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

TOOLKIT = Path(__file__).resolve().parents[2] / "toolkit"

# Room -> rooms it may import. What is not listed may not be imported.
MAY = {
    "contract": set(),
    "deferred": set(),
    "errors": set(),
    "partial": set(),
    "inside": {"errors"},
    "geo": {"errors"},
    "kept": set(),
    "signs": set(),
    "text": {"contract", "errors", "partial"},
    "vega": {"kept", "signs"},
    "svg": {"errors", "signs", "text", "vega"},
    "display": {"contract", "errors", "text", "svg"},
    "charts": {"errors", "geo", "text", "display", "svg", "catalog"},
    "params": {"contract", "errors"},
    "catalog": {"contract", "errors", "kept"},
    "territory": {"errors", "catalog"},
    "indicators": {"contract", "errors"},
    "impact": {"errors"},
    "pnrr": {"errors", "partial"},
    "spaces": {"errors"},
    "sources": {"errors", "signs", "catalog", "territory"},
    "report": {"contract", "errors", "geo", "kept", "partial", "text", "svg", "display", "charts", "params", "catalog"}
    | {"territory", "indicators", "impact", "pnrr", "spaces", "evaluations"},
    "render": {"contract", "errors", "geo", "inside", "kept", "signs", "text", "vega", "svg", "display", "charts"}
    | {"report"}
    | {"catalog", "territory", "indicators"},
    "evaluations": {"errors", "text", "params", "catalog", "territory", "impact"},
    "run": {"contract", "errors", "inside", "signs", "params", "catalog", "territory", "render", "text", "indicators"}
    | {"evaluations", "display", "report"},
}
NETWORK = {"requests", "urllib", "http", "httpx", "socket", "aiohttp", "dask", "distributed", "fsspec", "obstore"}
REMOTE = {  # module -> what it may use, where the user asks for it
    "run/cluster.py": {"distributed"},
    "run/cluster_worker.py": {"distributed"},
    "run/address.py": {"fsspec", "obstore"},
}
PURE = {"indicators", "impact", "pnrr", "spaces"}
PURE_MAY = {"numpy", "pandas", "scipy", "statsmodels", "diff_diff", "altair", "IPython", "toolkit"} | set(
    sys.stdlib_module_names
)
FILES = {"pathlib", "os", "io", "shutil", "tempfile", "subprocess"} | NETWORK


def modules() -> list[Path]:
    return sorted(path for path in TOOLKIT.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(TOOLKIT).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Full names of what a module imports, relative imports resolved."""
    names: set[str] = set()
    package = ["toolkit", *path.relative_to(TOOLKIT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            names |= {f"{module}.{alias.name}" for alias in node.names} if module == "toolkit" else {module}
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(TOOLKIT)))
def test_imports_go_one_way(path: Path) -> None:
    here = room(path)
    names = imported(path)
    rooms = {name.split(".")[1] for name in names if name.startswith("toolkit.")} - {here, "__version__"}
    if here not in ("cli", "__init__", "__main__"):
        assert here in MAY, f"a new room, toolkit/{here}: say in this test what it may import"
        assert rooms <= MAY[here], f"{here} may not import {sorted(rooms - MAY[here])}"
    assert "cli" not in rooms or here == "__main__"
    tops = {name.split(".")[0] for name in names}
    if here != "sources":
        allowed = REMOTE.get(path.relative_to(TOOLKIT).as_posix(), set())
        assert not tops & NETWORK - allowed, f"only toolkit/sources may open a connection, not {here}"
    if here in PURE:
        assert tops <= PURE_MAY, f"{here} is pure: it may not import {sorted(tops - PURE_MAY)}"
        assert not tops & FILES, f"{here} is pure: no files, no processes"


def test_import_is_lazy() -> None:
    code = "import sys, toolkit; print(sorted({'pandas','altair','numpy','nbconvert','pydantic'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
