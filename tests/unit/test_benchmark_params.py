"""Own figures, rules and composite indicator as files: what is accepted and refused; the curated table of cities."""

from __future__ import annotations

import copy

import pytest
import yaml

from toolkit import indicators
from toolkit.errors import DataError, ToolkitError
from toolkit.params import benchmark as choices
from toolkit.sources import international
from toolkit.sources.padigitale import curated
from toolkit.text import Words

OWN = """
figures:
  - name: {it: Imprese attive, en: Active enterprises}
    value: 1650
    unit: enterprises
    date: "2026-06-30"
    source: Registro SUAP
    role: {it: Responsabile SUAP, en: Head of the business desk}
    beside: local_units_per_1000
entries:
  - kind: opportunity
    text: {it: Area dismessa da recuperare, en: Disused area to recover}
    date: "2026-06-30"
    role: {it: Urbanistica, en: Planning office}
"""


def test_own_figures_are_read_and_absent_files_declare_nothing(tmp_path):
    (tmp_path / "015032.yml").write_text(OWN, encoding="utf-8")
    found = choices.own("015032", tmp_path)
    assert found.figures[0].value == 1650
    assert found.entries[0].kind == "opportunity"
    assert choices.own("015146", tmp_path) == choices.OwnFigures()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("1650", '"molte"'), ("opportunity", "threat"), ('"2026-06-30"', "2026-06-30"), ("source: Registro SUAP", "")],
)
def test_own_figures_that_are_not_right_are_refused(tmp_path, right, wrong):
    (tmp_path / "015032.yml").write_text(OWN.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ToolkitError):
        choices.own("015032", tmp_path)


def test_shipped_choices_name_indicators_that_exist(root):
    composite, swot = choices.composite(), choices.swot()
    leaves = [part.code for part in composite.parts if part.direction]
    assert len(leaves) == len(set(leaves)) >= 6
    assert {*leaves, *(rule.indicator for rule in swot.rules)} <= set(indicators.REGISTRY)
    for rule in swot.rules:
        direction = indicators.REGISTRY[rule.indicator].direction
        if direction and rule.measure == "level" and rule.kind in ("strength", "weakness"):
            good = (rule.side == "high") == (direction > 0)
            assert good == (rule.kind == "strength"), rule.id
    assert not list((root / "params" / "own").glob("*.yml")), "own figures are declared by municipalities, not shipped"


def test_examples_of_own_figures_have_units_with_words():
    unit = yaml.safe_load(OWN)["figures"][0]["unit"]
    assert Words("it").unit(unit)


def test_curated_cities_are_checked_entry_by_entry():
    document = curated(international.FILE)
    assert len(international.figures(document["figures"])) == len(document["figures"])
    assert set(international.cards(document["cards"])["city"]) >= {"paris", "london", "barcelona", "new-york"}
    for change in (
        {"source": " "},
        {"unit": "jobs"},
        {"period": "last year"},
        {"value": "7"},
        {"measure": {"it": "x"}},
        {"kind": "rumour"},
    ):
        entries = copy.deepcopy(document["figures"])
        entries[0] |= change
        with pytest.raises(DataError):
            international.figures(entries)
    lost = copy.deepcopy(document["cards"])
    del lost[0]["source"]
    with pytest.raises(DataError, match="source"):
        international.cards(lost)
