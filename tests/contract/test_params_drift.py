"""`params/schema.json` and `params/README.md` say what the models say; `pytest --fix` rewrites them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from toolkit import params
from toolkit.params import docs


@pytest.mark.parametrize("name", ["schema.json", "README.md"])
def test_generated_files_follow_the_models(name: str, root: Path, request: pytest.FixtureRequest) -> None:
    path = root / "params" / name
    wanted = docs.files(root / "params")[path]
    if request.config.getoption("--fix"):
        path.write_text(wanted, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == wanted, (
        f"{path.name} differs from toolkit/params: run pytest tests/contract/test_params_drift.py --fix"
    )


BASE = {
    params.RunPlan: {"title": {"it": "x", "en": "x"}, "notebooks": ["impact"], "sets": ["s"]},
    params.MunicipalitySet: {"title": {"it": "x", "en": "x"}, "area": "a", "date": "2020-01-01"},
    params.ReportParams: {"municipality": "015032"},
}
OTHER_TERRITORY = {"municipalities": ("area", "date"), "area": ("municipality",)}
CASES = [(model, name, field) for model in params.MODELS for name, field in model.model_fields.items()]


@pytest.mark.parametrize(
    ("model", "name", "field"), CASES, ids=[f"{model.__name__}.{name}" for model, name, _ in CASES]
)
def test_every_field_is_explained_with_an_example_that_is_accepted(
    model: type[BaseModel], name: str, field: FieldInfo
) -> None:
    assert field.description
    assert field.examples
    instead = OTHER_TERRITORY.get(name, ())
    values = {key: value for key, value in BASE[model].items() if key not in instead}
    for example in field.examples:
        assert getattr(model.model_validate(values | {name: example}), name)
