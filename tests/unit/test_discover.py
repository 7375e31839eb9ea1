"""What an analyst asks of a name: `dir()`, the tab key, `help()`."""

from __future__ import annotations

import inspect
import pydoc
import re

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import toolkit
from toolkit import Report, charts, indicators
from toolkit.catalog import load
from toolkit.indicators.base import PREPARE

ROOMS = {"toolkit": toolkit, "charts": charts, "indicators": indicators, "impact": toolkit.impact, "pnrr": toolkit.pnrr}


@pytest.mark.parametrize("name", ROOMS)
def test_dir_has_what_a_notebook_may_use_and_each_has_help(name: str) -> None:
    room = ROOMS[name]
    assert dir(room) == sorted(room.__all__)
    for one in room.__all__:
        value = getattr(room, one)
        assert not callable(value) or inspect.getdoc(value), one


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("toolkit.", {"Report", "charts", "indicators"}),
        ("charts.", {"strip", "lines", "choropleth"}),
        ("indicators.income_per", {"income_per_taxpayer"}),
        ("toolkit.indicators.resid", {"residents", "residents_per_km2"}),
    ],
)
def test_the_tab_key(typed: str, wanted: set[str]) -> None:
    shell = InteractiveShell.instance()
    shell.run_cell("import toolkit\nfrom toolkit import charts, indicators")
    with provisionalcompleter():
        found = {one.text for one in shell.Completer.completions(typed, len(typed))}
    assert wanted <= found
    assert not {"import_module", "put_off", "measured", "structure"} & found


@pytest.mark.parametrize("id", sorted(indicators.REGISTRY))
def test_help_of_an_indicator_has_shapes_unit_formula_and_source(id: str) -> None:
    function, about = getattr(indicators, id), indicators.get(id)
    told = pydoc.render_doc(function, renderer=pydoc.plaintext)
    for said in (
        about.name["it"],
        about.name["en"],
        about.formula,
        about.unit,
        about.reference,
        "DataFrame[istat_code",
    ):
        assert said in told
    assert about.function.__name__ in inspect.getsource(function)  # `??` shows how it is computed
    assert list(inspect.signature(function).parameters) == list(about.tables)
    for name, columns in re.findall(r"^\s+(\w+): DataFrame\[(.*?)\], as loaded", told, re.M):
        if name not in PREPARE:
            assert set(columns.split(", ")) <= set(load(name).columns), name


@pytest.mark.parametrize("name", [name for name in vars(Report) if not name.startswith("_")])
def test_help_of_the_report(name: str) -> None:
    assert inspect.getdoc(getattr(Report, name))
