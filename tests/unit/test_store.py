"""The store: made once, handed out so that nobody changes it for anybody else, sent from one process to another."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from toolkit import Report, catalog, charts, indicators
from toolkit.catalog import store
from toolkit.catalog.store import Store
from toolkit.charts import structure
from toolkit.display.frames import rows_of
from toolkit.indicators.panel import Panel


@dataclass(frozen=True)
class Frozen:
    rows: list[int]
    about: dict[str, list[int]] = field(default_factory=dict)

    @cached_property
    def total(self) -> list[int]:
        return [sum(self.rows)]


def frame() -> pd.DataFrame:
    return pd.DataFrame({"code": ["a", "b"], "value": [1.0, 2.0]})


def _put(name: str, value: Any) -> Callable[[Any], None]:
    return lambda made: made.__setitem__(name, value)


def _write(numbers: np.ndarray) -> None:
    with suppress(ValueError):  # read-only is as good
        numbers[0] = 9.0


CHANGED: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "list": (lambda: [1, 2], lambda made: made.append(3)),
    "nested": (lambda: {"a": [{"b": 1}]}, lambda made: made["a"][0].update(b=2)),
    "nested, not plain": (lambda: {"a": [frame()]}, lambda made: made["a"].clear()),
    "set": (lambda: {1, 2}, lambda made: made.add(3)),
    "tuple of lists": (lambda: ([1], [2]), lambda made: made[0].append(3)),
    "proxy of lists": (lambda: MappingProxyType({"a": [1]}), lambda made: made["a"].append(3)),
    "frame": (frame, _put("value", 0.0)),
    "cell of a frame": (frame, lambda made: made.loc.__setitem__((0, "value"), 9.0)),
    "name of a frame's index": (frame, lambda made: made.index.set_names(["x"], inplace=True)),
    "names of a frame's columns": (frame, lambda made: made.columns.set_names(["x"], inplace=True)),
    "notes of a frame": (frame, lambda made: made.attrs.update(table="mine")),
    "numbers below a frame": (frame, lambda made: _write(made["value"].to_numpy())),
    "numbers below an index": (lambda: frame().set_index("value"), lambda made: _write(made.index.to_numpy())),
    "series": (lambda: frame()["value"], lambda made: made.iloc.__setitem__(0, 9.0)),
    "index": (lambda: pd.Index(["a", "b"]), lambda made: made.set_names(["x"], inplace=True)),
    "attribute of a frozen object": (lambda: Frozen([1, 2]), lambda made: made.rows.append(3)),
    "what an object found out": (lambda: Frozen([1, 2]), lambda made: made.total.append(3)),
    "plain object": (lambda: SimpleNamespace(a=[1]), lambda made: made.a.append(2)),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_who_changes_what_he_was_handed_changes_only_his_own(kind: str) -> None:
    make, change = CHANGED[kind]
    kept, made = Store(), make()
    first = kept.once(kind, lambda: made)
    change(first)  # what was handed out
    change(made)  # what was put in
    for found in (kept.once(kind, make), kept.once(kind, make)):
        assert _seen(found) == _seen(make())
        change(found)


def _seen(value: Any) -> str:
    if isinstance(value, Frozen):
        return f"{value.rows} {value.about} {value.total}"
    if isinstance(value, pd.DataFrame):
        return f"{value.attrs} {value.index!r} {value.columns!r} {rows_of(value)}"
    return repr(value)


@pytest.mark.parametrize(
    "made",
    [np.array([1.0, 2.0]), frame()["value"].to_numpy(), MappingProxyType({"a": 1}), (1, "a", (2.0,)), "text", open],
    ids=["array", "array of a frame", "proxy", "tuple", "text", "function"],
)
def test_what_cannot_be_changed_is_handed_out_as_it_is(made: Any) -> None:
    kept = Store()
    first = kept.once("key", lambda: made)
    assert kept.once("key", lambda: None) is first
    if isinstance(first, np.ndarray):
        with pytest.raises(ValueError, match="read-only"):
            first[0] = 9.0


@pytest.mark.parametrize(
    "made",
    [iter([1]), [iter([1])], pd.Series([[1], [2]]), np.array([{}], dtype=object)],
    ids=["iterator", "list of iterators", "cells that are lists", "cells that are dicts"],
)
def test_what_nobody_can_have_a_copy_of_is_refused(made: Any) -> None:
    with pytest.raises(TypeError, match="cannot be shared"):
        Store().once("key", lambda: made)


def test_things_are_made_once_and_the_oldest_go() -> None:
    kept, calls = Store(most=2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.once(key, lambda key=key: calls.append(key) or key)  # type: ignore[misc]
    assert calls == ["a", "b", "c", "b"]
    assert kept.keys() == ["a", "b"]


def test_what_one_process_made_another_takes() -> None:
    base = Store()
    base.once("old", lambda: 1)
    there, here = Store(base), Store(base)
    there.once("table", frame)
    there.once("panel", lambda: Panel("income_per_taxpayer", _rows()))
    there.once("local", lambda: type("Local", (), {"x": 1})())  # of a class that is nowhere to be imported from
    here.once("table", lambda: "mine")
    assert here.take(there.news()) == 1
    assert here.once("table", frame) == "mine"
    panel = here.once("panel", lambda: None)
    assert panel.indicator is indicators.REGISTRY["income_per_taxpayer"]
    assert "local" not in here
    assert pickle.loads(here.news())[1:] == [], "what was taken is not told again"


def _rows() -> pd.DataFrame:
    return pd.DataFrame({"territory": ["015032"], "year": [2022], "value": [1.0], "flag": ["observed"]})


def test_tables_behind_what_is_handed_out_count_as_loaded() -> None:
    kept = Store()
    for _ in range(2):
        with catalog.recording() as loaded:
            kept.once("people", lambda: len(catalog.load("population")))
        assert [source.name for source in loaded] == ["population"]


# ---- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Store:
    own = Store()
    monkeypatch.setattr(store, "_own", own)
    return own


def _report(code: str = "015032") -> Report:
    with capture_output():
        return Report("trial", municipality=code, language="en", it="Prova", en="Trial")


def _compared(report: Report) -> Any:
    return report.compare(indicators.income_per_taxpayer(report.table("income")))


MEDDLING: dict[str, Callable[[Report, Any], Any]] = {
    "table": lambda report, one: report.table("income").__setitem__("value", 0.0),
    "rows of a panel": lambda report, one: one.panel.rows.__setitem__("value", 0.0),
    "municipalities": lambda report, one: one.municipalities.__setitem__(slice(None), 0.0),
    "latest": lambda report, one: one.latest.__setitem__(slice(None), 0.0),
    "changes": lambda report, one: one.changes.__setitem__(slice(None), 0.0),
    "values of a universe": lambda report, one: one.panel.universe(report.universe, one.year).values.__setitem__(
        slice(None), 0.0
    ),
    "territories": lambda report, one: report.territories.clear(),
    "names of an area": lambda report, one: report.groups.clear(),
    "descriptor": lambda report, one: catalog.default().package["resources"].clear(),
}


@pytest.mark.parametrize("what", MEDDLING)
def test_an_analyst_who_changes_what_a_report_gave_changes_only_his_own(what: str, fresh: Store) -> None:
    def seen() -> str:
        report = _report()
        one = _compared(report)
        table = report.table("income")
        numbers = (one.own, one.municipalities.sum(), one.latest.sum(), one.changes.sum(), dict(one.spread))
        return f"{numbers} {table['value'].sum()} {len(report.territories)} {one.panel.rows['value'].sum()}"

    before = seen()
    report = _report()
    MEDDLING[what](report, _compared(report))
    assert seen() == before
    assert any("panel" in key for key in fresh.keys())  # noqa: SIM118


@pytest.mark.parametrize("name", ["municipalities", "shape"])
def test_a_panel_and_boundaries_refuse_to_be_changed(name: str, fresh: Store) -> None:
    report = _report()
    if name == "municipalities":
        with pytest.raises(AttributeError, match="shared"):
            _compared(report).panel.rows = frame()
    else:
        with pytest.raises(TypeError):
            report.boundaries.rings["015032"] = ()  # type: ignore[index]


TEMPLATES = [
    template
    for module in ("bars", "lines", "map", "strip")
    for name, template in vars(__import__(f"toolkit.charts.{module}", fromlist=["x"])).items()
    if name in {"_bars", "_ranges", "_one", "_many", "_one_money", "_many_money", "_choropleth", "_strip"}
]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.__qualname__)
def test_a_chart_is_its_own_and_an_untouched_one_is_recognised(
    template: Any, fresh: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = re.findall(r'(?:"field": "|datum\.)(\w+)', json.dumps(template().to_dict(validate=False)))

    def chart() -> Any:
        return structure.filled(template, {"chart": "trial"}, rows=[dict.fromkeys(fields, 1)])

    spec, _ = structure.specification(chart())
    touched = chart()
    touched.layer[0].mark.opacity = 0.123
    changed, _ = structure.specification(touched)
    assert changed["layer"][0]["mark"]["opacity"] == 0.123
    monkeypatch.setattr(type(touched), "to_dict", lambda *_, **__: pytest.fail("built again"))
    spec["layer"].clear()
    assert structure.specification(chart())[0]["layer"], "the specification handed out is the caller's own"


def test_charts_of_two_pages_share_one_structure(fresh: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told = pd.DataFrame({"name": ["a", "b"], "value": [1.0, 2.0]})
    charts.bars(told, _report(), unit="percent", ours="a")
    monkeypatch.setattr(structure, "layers", lambda *_, **__: pytest.fail("built again"))
    charts.bars(told, _report("015146"), unit="percent", ours="b")
    assert len(charts.bars(told, _report(), unit="percent", ours="a").datasets["rows"]) == 2
