"""The report on spaces: figures as published, refusals in its own words, what the office adds; by papermill."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest

from toolkit import catalog, contract, spaces

NOTEBOOK = Path(__file__).parents[2] / "notebooks/spaces.ipynb"
SEVEN = "nord-milano-2008"
SEVEN_CODES = ["015032", "015077", "015081", "015086", "015098", "015166", "015209"]
OWN = """figures: []
spaces:
  apea: {one_manager: "yes", monitoring: "no"}
  projects: [{name: Polo, use: logistics, area_m2: 35000.0, source: Istanza}]
  forecasts: [{name: AT 3, scale: municipal, area_m2: 52000.0, source: PGT}]
  requests: [{date: "2026-03-31", operator: firm, requirement: access, scale: local, source: Tavolo}]
"""


def shown(tmp_path: Path, **parameters: str) -> list[dict]:
    """What the notebook shows, of one run."""
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(NOTEBOOK, out, parameters=parameters, progress_bar=False, kernel_name="python3")
    cells = nbformat.read(out, as_version=4).cells
    return [
        output.data[contract.MIME]
        for cell in cells
        for output in cell.get("outputs", [])
        if contract.MIME in output.get("data", {})
    ]


def told(payloads: list[dict]) -> str:
    return re.sub(r"\s", " ", json.dumps(payloads, ensure_ascii=False))


def test_the_seven_of_2008(tmp_path: Path) -> None:
    """Recomputed outside: 63.10 % of 57.877 km² consumed, 26,819 residents in flood areas, 26.14 persons a hectare."""
    payloads = shown(tmp_path, municipality="", area=SEVEN, language="it")
    text = told(payloads)
    for sentence in ("È consumato il 63,1 % del territorio", "abitano 26.819 persone", "indice di Moran è 0,69"):
        assert sentence in text
    assert "Il consumo di suolo di un anno non si ricava da queste quote" in text
    figures = next(one for one in payloads if one["kind"] == "close")["results"]["figures"]
    assert figures["jobs_per_consumed_hectare"]["value"] == pytest.approx(26.14, abs=0.005)
    frame = catalog.load("business_frame").query("item == 'persons_employed' and sector == 'total'")
    persons = frame[frame["istat_code"].isin(SEVEN_CODES)]["value"].sum()
    assert figures["business_persons_per_consumed_hectare"]["value"] == pytest.approx(persons / 3651.99, abs=0.005)
    assert not [key for key in figures if "change" in key and "consumed" in key]


def test_what_the_office_knows_is_on_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "015032.yml").write_text(OWN, encoding="utf-8")
    monkeypatch.setattr("toolkit.params.benchmark.own.__defaults__", (tmp_path,))
    text = told(executed(monkeypatch, municipality="015032", language="en"))
    for part in ("answered 2 of 15 items", "AT 3", "Polo", "Province or Metropolitan City", "access and roads"):
        assert part in text


def executed(monkeypatch: pytest.MonkeyPatch, **parameters: str) -> list[dict]:
    """Cells run here, where files of the office may stand elsewhere."""
    found: list[dict] = []
    monkeypatch.setattr("toolkit.report.report.show", lambda one: found.append(one.payload()))
    scope: dict = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, scope)
            if "parameters" in cell.metadata.get("tags", []):
                scope |= parameters
    return found


def test_hazard_is_as_published() -> None:
    """ISPRA: 6,818,375 residents and 642,979 local units in P2, 30,195.6 km²."""
    hazard = catalog.load("hazard")
    sums = hazard[hazard["hazard"] == "flood_p2"].groupby("item")["value"].sum()
    assert sums["residents"] == 6_818_375
    assert sums["local_units"] == 642_979
    assert sums["area"] == pytest.approx(30_195.6, abs=0.1)


def test_borders_are_seen_from_both_sides() -> None:
    pairs = catalog.load("contiguity")
    assert set(map(tuple, pairs.to_numpy())) == set(map(tuple, pairs[["neighbour", "istat_code"]].to_numpy()))
    near = pairs.loc[pairs["istat_code"] == "015032", "neighbour"].tolist()
    assert near == ["015077", "015086", "015098", "015146", "015209"]


def test_a_million_goes_round_and_none_is_lost() -> None:
    burden, benefit = pd.Series({"a": 1.0, "b": 3.0, "c": None}), pd.Series({"a": 3.0, "b": 1.0, "c": 9.0})
    found = spaces.exchange(100, burden, benefit)
    assert found.to_numpy().tolist() == [["a", 25, 75, 50], ["b", 75, 25, -50]]
    assert spaces.exchange(100, burden[:1], benefit).empty
