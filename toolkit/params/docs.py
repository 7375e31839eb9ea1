"""Writes `params/schema.json` and `params/README.md` from the models, so that they cannot say anything else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import models_json_schema
from pydantic_core import PydanticUndefined

from toolkit.params import MODELS as COMMON_MODELS
from toolkit.params import ReportParams
from toolkit.params.benchmark import MODELS as BENCHMARK_MODELS
from toolkit.params.choices import Choices
from toolkit.params.policy import MODELS as POLICY_MODELS
from toolkit.params.spaces import MODELS as SPACE_MODELS

MODELS: tuple[type[BaseModel], ...] = (*COMMON_MODELS, Choices, *BENCHMARK_MODELS, *SPACE_MODELS, *POLICY_MODELS)

_HEAD = """<!-- Written from toolkit/params: change it, then pytest tests/contract/test_params_drift.py --fix -->
# What can be asked for

A run plan (`runs/*.yml`) names notebooks, municipalities and languages; `quadro run PLAN` makes the pages. A set
(`sets/*.yml`) is a named list of municipalities that plans share. Everything is checked before anything runs, all
faults are shown together, and nothing runs if one is wrong.

Codes and dates stand between quotes. YAML reads `001272` (Torino) as the number 698, `NO` (Novara) as false and
`2026-01-31` as a date object; each of these is refused with its file and line.

```yaml
title: {it: Due comuni, en: Two municipalities}
notebooks: [benchmark]
municipalities: ["015032", "015077"]   # quadro list municipalities --search bresso
languages: [it, en]
```

```sh
quadro check params/runs/my-plan.yml   # says what is wrong, runs nothing
quadro run params/runs/my-plan.yml
```
"""


def schema() -> str:
    """JSON Schema of all models, as text."""
    _, definitions = models_json_schema([(model, "validation") for model in MODELS], title="Quadro parameters")
    return json.dumps(definitions, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def readme() -> str:
    """Markdown: for each model a table of field, type, default, description and example."""
    parts = [_HEAD]
    for model in MODELS:
        parts += [f"## {_heading(model)}\n", f"{(model.__doc__ or '').strip()}\n", _table(model)]
    return "\n".join(parts)


def files(folder: Path) -> dict[Path, str]:
    """What each generated file of `folder` (`params/`) must hold."""
    return {folder / "schema.json": schema(), folder / "README.md": readme()}


def _heading(model: type[BaseModel]) -> str:
    named = {"RunPlan": "Run plan", "MunicipalitySet": "Set", "ReportParams": "Notebook"}
    named |= {"Choices": "Choices about calls"}
    return named.get(model.__name__, re.sub(r"(?<!^)([A-Z])", lambda capital: f" {capital[1].lower()}", model.__name__))


def _table(model: type[BaseModel]) -> str:
    rows = ["| field | type | default | what it is | example |", "|---|---|---|---|---|"]
    for name, field in model.model_fields.items():
        cells = [
            f"`{name}`",
            _type(field.annotation),
            _default(field),
            field.description or "",
            _example(name, field, model),
        ]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _type(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inside if value)
    if origin is tuple:
        return f"list of {_type(inside[0])}"
    if origin is dict:
        return "mapping"
    if origin is Union or str(origin) == "<class 'types.UnionType'>":
        return _type(inside[0])
    if hasattr(annotation, "__metadata__"):
        return _type(inside[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "`{" + ", ".join(annotation.model_fields) + "}`"
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}[annotation.__name__]


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _example(name: str, field: FieldInfo, model: type[BaseModel]) -> str:
    if not field.examples:
        return ""
    written = json.dumps(field.examples[0], ensure_ascii=False)
    return f"`{name} = {written}`" if model is ReportParams else f"`{name}: {written}`"
