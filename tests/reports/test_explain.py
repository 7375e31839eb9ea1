"""Every number of a real page can be computed again from the tables, to the last digit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit import indicators, params
from toolkit.errors import ParameterError
from toolkit.params import RunPlan
from toolkit.run import explain, jobs, notebooks, worker
from toolkit.territory import Register


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The pages of Bresso from every notebook, Italian, as a worker makes them."""
    from toolkit import catalog

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", "")  # which the worker sets: put back afterwards
        patch.setenv("PYTHONPATH", str(root))
        return _pages(tmp_path_factory.mktemp("site"), root, Register(catalog.default()))


def _pages(folder: Path, root: Path, register: Register) -> Path:
    title = {"it": "Bresso", "en": "Bresso"}
    names = tuple(notebooks.names(root))
    plan = RunPlan(title=params.Title(**title), notebooks=names, municipalities=("015032",), languages=("it",))
    for job in jobs(plan, register):
        done = worker.perform(job, folder / ".work" / job.notebook)
        assert done.outcome.message == ""
        target = folder / job.folder
        target.mkdir(exist_ok=True)
        for path in done.files:
            path.replace(target / path.name)
    return folder


@pytest.mark.slow
def test_every_figure_is_recomputed(site: Path) -> None:
    checked = 0
    for path in site.glob("*/*.json"):
        for name, said in json.loads(path.read_text())["results"].get("figures", {}).items():
            if said.get("indicator") not in indicators.REGISTRY:
                with pytest.raises(ParameterError, match="not an indicator"):
                    explain.explain(f"015032/{path.stem}/{name}", site)
                continue
            for scale in said.get("scales", ()):
                found = explain.explain(f"015032/{path.stem}/{name}/{scale}", site)
                assert found.agrees, found.text
                checked += 1
    assert checked > 50
