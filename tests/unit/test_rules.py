"""What a table may hold is said in its descriptor, and what is not said there is refused: with row, column and rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from mutated import params_tried, sample, table, tried

from toolkit import catalog
from toolkit.errors import DataError, ToolkitError
from toolkit.sources import outliers
from toolkit.sources.build import ADAPTERS
from toolkit.sources.resource import Resource, columns

RESOURCES = {resource.name: resource for adapter in ADAPTERS for resource in adapter.RESOURCES}
ROWS = {
    "taxpayers": ("income", {"istat_code": "015032", "year": "2021", "item": "taxpayers"}),
    "class": ("income", {"istat_code": "015032", "year": "2021", "item": "class_15000_26000", "measure": "count"}),
    "tax": ("income", {"istat_code": "015032", "year": "2021", "item": "net_tax"}),
    "residents": ("population", {"istat_code": "015032", "year": "2021"}),
    "decile": ("fragility", {"istat_code": "015032", "year": "2021", "item": "fragility_decile"}),
    "waste": ("fragility", {"istat_code": "015032", "year": "2021", "item": "unsorted_waste"}),
    "employed": ("fragility", {"istat_code": "015032", "year": "2021", "item": "employment_rate"}),
    "call": ("calls_history", {"call": "pad-1.2-cloud-municipalities-2022-04"}),
    "application": ("applications", {"istat_code": "015032"}),
    "register": ("municipalities", {"istat_code": "015032"}),
    "jobs": ("business_frame", {"istat_code": "015032", "sector": "total", "item": "employees"}),
    "units": ("business_frame", {"istat_code": "015032", "sector": "services", "item": "local_units"}),
    "band": ("lump_sums", {"line": "pagopa"}),
    "project": ("regis_projects", {"local_kind": "COM"}),
}
IMPLAUSIBLE = [
    ("taxpayers", "value", "inf", "value is a finite number"),
    ("taxpayers", "value", "nan", "value is a finite number"),
    ("taxpayers", "value", "19.515", "count: value is a whole number"),
    ("residents", "value", "26000.5", "residents: value is a whole number"),
    ("residents", "value", "1e300", "value is at most 70000000"),
    ("decile", "value", "99", "fragility_decile: value is at most 10"),
    ("decile", "value", "0", "fragility_decile: value is at least 1"),
    ("decile", "value", "2.5", "fragility_decile: value is a whole number"),
    ("waste", "value", "-75", "unsorted_waste: value is at least 0"),
    ("employed", "value", "104", "employment_rate: value is at most 100"),
    ("call", "closes_on", "2026-02-30", "closes_on is a day of the calendar"),
    ("call", "closes_on", "2199-01-01", "closes_on is at most 2035-12-31"),
    ("call", "observed_on", "2030-01-01", "observed_on is at most 2026-"),
    ("call", "opens_on", "2035-01-01", "opens_on is at most closes_on"),
    ("application", "funded_on", "2021-01-01", "submitted_on is at most funded_on"),
    ("application", "window", "0", "window is at least 1"),
    ("register", "region", "Lombardia ", "region is one of"),
    ("register", "area_km2", "-3.38", "area_km2 is at least 0"),
    ("register", "altitude_m", "4811", "altitude_m is at most 4810"),
    ("band", "line", "PagoPA", "line is one of"),
    ("band", "population_min", "0x10", "in decimal digits"),
    ("project", "local_kind", "Com", "local_kind is one of"),
]
TOGETHER = [
    ("class", "19000", "together are at most taxpayers"),
    ("tax", "900000000", "each of net_tax is at most taxable_income"),
    ("jobs", "50000", "each of employees is at most persons_employed"),
    ("units", "9000", "industry, services together are at most total"),
]


@pytest.mark.parametrize(("row", "column", "text", "rule"), IMPLAUSIBLE)
def test_an_implausible_cell_is_refused_with_row_column_and_rule(row: str, column: str, text: str, rule: str) -> None:
    name, where = ROWS[row]
    good = sample(name, **where)
    assert good.refusal() == ""
    said = good.spoilt(0, column, text).refusal()
    assert said.startswith(f"{name}: a rule of the table is broken\n  where: {name}.")
    assert f"{column}=" in said
    assert rule in said


@pytest.mark.parametrize(("row", "value", "rule"), TOGETHER)
def test_parts_are_not_above_their_whole(row: str, value: str, rule: str) -> None:
    name, where = ROWS[row]
    good = sample(name, istat_code="015032", **({"year": where["year"]} if "year" in where else {}))
    assert good.refusal() == ""
    at = next(n for n, cells in enumerate(good.rows) if where.items() <= cells.items())
    assert rule in good.spoilt(at, "value", value).refusal()


def test_every_column_of_figures_and_days_says_what_it_may_hold() -> None:
    for name in catalog.default().names():
        resource = table(name)[0] if name != "boundaries" else {}
        for item in resource.get("schema", {}).get("fields", ()):
            if item["type"] != "string":
                rules = item["constraints"]
                assert "enum" in rules or {"minimum", "maximum"} <= set(rules), f"{name}.{item['name']}"


def test_a_column_of_figures_without_a_range_is_no_descriptor() -> None:
    with pytest.raises(DataError, match="column floors has no range"):
        columns({"floors": {"type": "integer", "it": "Piani", "en": "Floors", "minimum": 0}})


CELLS = [
    ("population", {"istat_code": "015032", "year": 2021}),
    ("income", {"istat_code": "015032", "year": 2021, "item": "taxpayers", "measure": "count"}),
    ("income", {"istat_code": "015146", "year": 2018, "item": "taxable_income", "measure": "amount"}),
    ("local_units", {"istat_code": "015032", "item": "persons_employed"}),
    ("provinces", {"province_code": "015", "year": 2010, "item": "unemployment_rate"}),
    ("business_frame", {"istat_code": "015032", "item": "persons_employed", "sector": "total"}),
    ("metro_regions", {"nuts": "ITC4", "year": 2010, "item": "gdp"}),
]


def _cell(name: str, where: dict[str, object]) -> tuple[pd.DataFrame, int]:
    frame = catalog.load(name).copy()
    return frame, int((frame[list(where)] == pd.Series(where)).all(axis=1).to_numpy().argmax())


@pytest.mark.parametrize("times", [100, 1000, 0.001])
@pytest.mark.parametrize(("name", "where"), CELLS)
def test_an_adapter_refuses_a_figure_unlike_its_history_and_group(
    name: str, where: dict[str, object], times: float
) -> None:
    frame, at = _cell(name, where)
    outliers.check(frame, RESOURCES[name])
    before = float(frame.loc[at, "value"])  # type: ignore[arg-type]
    frame.loc[at, "value"] = before * times
    with pytest.raises(ToolkitError) as caught:
        outliers.check(frame, RESOURCES[name])
    said = str(caught.value)
    assert f"{name}: {before * times:g} is unlike" in said
    assert all(repr(value) in said for value in where.values())
    assert f"the descriptor of {name}" in said


def test_a_figure_listed_as_known_passes_as_long_as_it_is_that_one() -> None:
    frame, at = _cell(*CELLS[0])
    where = {"istat_code": "015032", "year": 2021, "item": "residents"}
    frame.loc[at, "value"] = 1.0
    known = {**where, "value": 1.0, "why": {"it": "…", "en": "…"}}
    outliers.check(frame, replace(Resource.of("population"), known=(known,)))
    with pytest.raises(DataError, match="what is listed as known is not in the table"):
        outliers.check(catalog.load("population"), replace(Resource.of("population"), known=(known,)))


def test_a_thousand_spoilt_cells_are_told_or_right() -> None:
    _, wrong = tried(1000)
    assert wrong == []


@pytest.mark.slow
def test_ten_thousand_spoilt_cells_are_told_or_right() -> None:
    counts, wrong = tried(10_000)
    assert wrong == []
    assert sum(counts.values()) == 10_000


def test_spoilt_files_of_params_are_told_or_right(tmp_path: Path) -> None:
    _, wrong = params_tried(300, tmp_path)
    assert wrong == []


@pytest.mark.slow
def test_five_thousand_spoilt_files_of_params_are_told_or_right(tmp_path: Path) -> None:
    counts, wrong = params_tried(5000, tmp_path)
    assert wrong == []
    assert sum(counts.values()) == 5000
