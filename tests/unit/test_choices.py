"""What only the user can say about answering calls: weights, limits, needs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from pydantic import ValidationError

from toolkit import catalog
from toolkit.errors import Faults, ParameterError
from toolkit.params import ROOT
from toolkit.params import choices as params_choices
from toolkit.params.choices import Choices


@lru_cache
def example() -> dict[str, object]:
    return {
        "weights": {"fit": 1, "amount": 1, "time": 1, "accessibility": 1},
        "limits": {"own_money": None, "staff_days": None, "projects": None},
        "staff_days": {},
        "needs": {},
    }


@pytest.mark.parametrize("name", list(Choices.model_fields))
def test_every_choice_is_explained_with_an_example_that_is_accepted(name: str) -> None:
    field = Choices.model_fields[name]
    assert field.description
    assert field.examples
    for value in field.examples:
        assert getattr(Choices.model_validate(example() | {name: value}), name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": {"fit": -1, "amount": 1, "time": 1, "accessibility": 1}},
        {"weights": {"fit": 1}},
        {"limits": {"own_money": "10", "staff_days": None, "projects": None}},
        {"staff_days": {"loan": 3}},
        {"needs": {"digital": {}}},
        {"needs": {"energy_circular": {"unsorted_waste": "up"}}},
        {"preparation_days": 0},
    ],
)
def test_wrong_choices_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Choices.model_validate(example() | wrong)


def test_choices_are_files_of_params() -> None:
    assert params_choices.read("pnrr").limits.model_dump() == dict.fromkeys(("own_money", "staff_days", "projects"))
    for name in ("../secret", "absent", ""):
        with pytest.raises(ParameterError, match="no choices"):
            params_choices.read(name)


def test_a_fault_of_a_choices_file_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params").mkdir()
    text = (ROOT / "params" / "pnrr.yml").read_text().replace("preparation_days: 30", "preparation_day: 30")
    (tmp_path / "params" / "mine.yml").write_text(text)
    monkeypatch.setattr(params_choices, "ROOT", tmp_path)
    with pytest.raises((ParameterError, Faults), match=r"mine\.yml:\d+"):
        params_choices.read("mine")


def test_needs_name_items_that_exist() -> None:
    items = set(catalog.load("fragility")["item"])
    for name in ("pnrr", "pnrr-example"):
        for wanted in params_choices.read(name).needs.values():
            assert set(wanted) <= items
