"""What a notebook depends on is read from import statements, and holds at least what Python really imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.run import notebooks
from toolkit.run.modules import Modules

ROOT = Path(__file__).resolve().parents[2]


def used(*sources: str) -> set[str]:
    return set(Modules().used(sources))


def test_lazy_names_are_followed_to_their_modules() -> None:
    assert "toolkit.report.report" in used("from toolkit import Report")
    assert "toolkit.impact.staggered" in used("from toolkit import impact")
    assert "toolkit.impact.staggered" not in used("from toolkit import indicators")


def test_a_report_does_not_depend_on_the_themes_of_others() -> None:
    cells = notebooks.read(ROOT / "notebooks" / "benchmark.ipynb")["cells"]
    found = used(*(cell["source"] for cell in cells if cell["cell_type"] == "code"))
    assert "toolkit.indicators.income" in found
    assert "toolkit.render.content" in found
    assert not [name for name in found if name.startswith(("toolkit.impact", "toolkit.pnrr", "toolkit.sources"))]
    assert "toolkit.cli" not in found


def test_a_magic_imports_nothing() -> None:
    assert used("%matplotlib inline") == used("x = 1")


def test_what_an_earlier_run_read_is_recalled(tmp_path: Path) -> None:
    first = Modules()
    first.used(["from toolkit import Report"])
    second = Modules()
    second.recall(first.imports())
    assert second.used(["from toolkit import Report"]) == first.used(["from toolkit import Report"])
    assert second._fresh == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", notebooks.names(ROOT))
def test_nothing_that_python_imports_is_missed(name: str) -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests'); from harness import execute; "
        f"execute({name!r}, municipality='015032'); import toolkit.render.preprocessor; "
        "print(*sorted(name for name in sys.modules if name.split('.')[0] == 'toolkit'))"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    cells = notebooks.read(ROOT / "notebooks" / f"{name}.ipynb")["cells"]
    imported = set(told.stdout.split()[-400:])
    assert len(imported) > 50
    assert imported <= used(*(cell["source"] for cell in cells if cell["cell_type"] == "code"))
