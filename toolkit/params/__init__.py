"""What a user may ask for: the parameters of a report, sets of municipalities and run plans.

These models are the single truth of parameters: `params/schema.json` and `params/README.md` are written from them, the
command line and the notebooks check against them. Values are strict (a code is text, never a number), unknown names
are refused, and all faults of one input are shown together.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.functional_validators import AfterValidator
from pydantic_core import ErrorDetails

from toolkit.contract import LANGUAGES
from toolkit.errors import Faults, ParameterError, ToolkitError
from toolkit.params import strict_yaml

ROOT = Path(__file__).resolve().parents[2]
COMMON = ("municipality", "area", "language", "as_of")
"""Parameters that every notebook declares."""

CODE, AREA = "058091", "provincia-brescia"
"""Examples of a municipality and of an area."""
REPORT = "report parameters"
"""Where the parameters of a notebook are: papermill or its author set them, not a file."""

Model = TypeVar("Model", bound=BaseModel)


def home() -> Path:
    """The folder with `params/` and `notebooks/`: where the user is, or the checkout of this package."""
    here = Path.cwd()
    return here if (here / "params" / "runs").is_dir() else ROOT


def passing(**values: str) -> str:
    """What to add to a papermill command: `-r` passes text as it is, where `-p` would make a number of a code."""
    return " ".join(f"-r {name} {_quoted(value)}" for name, value in values.items())


def _quoted(value: str) -> str:
    return shlex.quote(value) if value else '""'


class _HintedError(ValueError):
    """What is wrong, and what to type."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


def _iso_date(text: str) -> str:
    if text:
        try:
            written = date.fromisoformat(text).isoformat() == text
        except ValueError:
            written = False
        if not written:
            raise ValueError(f"{text!r} is not a date written YYYY-MM-DD")
    return text


def _not_future(text: str) -> str:
    if _iso_date(text) and date.fromisoformat(text) > date.today():
        raise ValueError(f"{text} is in the future")
    return text


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is listed twice")
    return values


IstatCode = Annotated[str, Field(pattern="^[0-9]{6}$")]
AreaId = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
FileName = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Language = Literal["it", "en"]
IsoDate = Annotated[str, AfterValidator(_iso_date)]
PastDate = Annotated[str, AfterValidator(_not_future)]
Scalar = str | int | float | bool
Value = Scalar | list[Scalar]


class Strict(BaseModel):
    """No conversion, no unknown name, no change after checking."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class ReportParams(Strict):
    """Parameters common to every notebook."""

    municipality: Annotated[str, Field(pattern="^([0-9]{6})?$")] = Field(
        "", description="ISTAT code of the municipality, six digits as text", examples=["015032"]
    )
    area: Annotated[str, Field(pattern="^([a-z0-9]+(-[a-z0-9]+)*)?$")] = Field(
        "",
        description="id of an area (a zone, a province, a custom area), instead of a municipality",
        examples=["nord-milano-2008"],
    )
    language: Language = Field("it", description="language of the page", examples=["en"])
    as_of: PastDate = Field(
        "",
        description="day from which the report looks; empty: the oldest day on which its tables were read",
        examples=["2026-01-31"],
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _one_or_all(_worded(error, ReportParams, strict_yaml.Document(Path(REPORT)))) from None

    @model_validator(mode="after")
    def _one_territory(self) -> Self:
        if bool(self.municipality) == bool(self.area):
            municipality, area = self.municipality or CODE, self.area or AREA
            either = f"{passing(municipality=municipality, area='')}, or {passing(municipality='', area=area)}"
            raise _HintedError("give exactly one of municipality and area: the other must be empty", either)
        return self


class Title(Strict):
    """A name in both languages."""

    it: str = Field(min_length=1, description="in Italian", examples=["Nord Milano"])
    en: str = Field(min_length=1, description="in English", examples=["Nord Milano"])


class MunicipalitySet(Strict):
    """A named list of municipalities: a file of `params/sets/`."""

    title: Title = Field(
        description="name of the set in Italian (`it`) and English (`en`)",
        examples=[{"it": "Due comuni", "en": "Two municipalities"}],
    )
    municipalities: Annotated[tuple[IstatCode, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (), description="ISTAT codes, six digits, each between quotes", examples=[["015032", "015077"]]
    )
    area: AreaId | Literal[""] = Field(
        "",
        description="instead of a list: the id of an area, whose members are taken",
        examples=["citta-metropolitana-milano"],
    )
    date: IsoDate = Field("", description="with `area`: the day whose members are taken", examples=["2026-01-01"])

    @model_validator(mode="after")
    def _list_or_area(self) -> Self:
        if bool(self.municipalities) == bool(self.area):
            raise ValueError("give exactly one of municipalities and area")
        if bool(self.area) != bool(self.date):
            raise ValueError("area and date go together: members change over time")
        return self


RULES = ("province", "region", "system")
"""Fields of a run plan that name an area whose municipalities get pages."""
WHOM = ("sets", "municipalities", "areas", *RULES, "all")
"""Fields of a run plan that say for whom."""


class RunPlan(Strict):
    """Which reports to make, for whom: a file of `params/runs/`."""

    title: Title = Field(
        description="name of the run in Italian (`it`) and English (`en`)",
        examples=[{"it": "Due comuni", "en": "Two municipalities"}],
    )
    notebooks: Annotated[tuple[FileName, ...], Field(strict=False, min_length=1), AfterValidator(_distinct)] = Field(
        description="notebooks of `notebooks/`, without .ipynb", examples=[["benchmark"]]
    )
    sets: Annotated[tuple[FileName, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (), description="sets of `params/sets/`, without .yml", examples=[["nord-milano"]]
    )
    municipalities: Annotated[tuple[IstatCode, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (), description="further ISTAT codes, each between quotes", examples=[["015146"]]
    )
    areas: Annotated[tuple[AreaId, ...], Field(strict=False), AfterValidator(_distinct)] = Field(
        (), description="areas that get a page of their own", examples=[["nord-milano-2008"]]
    )
    province: str = Field(
        "", description="all municipalities of a province or metropolitan city: plate, code or name", examples=["BS"]
    )
    region: str = Field("", description="all municipalities of a region, by name", examples=["Puglia"])
    system: str = Field(
        "", description="all municipalities of a local labour system: code of 2021 or name", examples=["Brescia"]
    )
    all: bool = Field(False, description="all municipalities of Italy", examples=[True])
    languages: Annotated[tuple[Language, ...], Field(strict=False, min_length=1), AfterValidator(_distinct)] = Field(
        LANGUAGES, description="languages of the pages", examples=[["it"]]
    )
    as_of: PastDate = Field("", description="`as_of` of every page", examples=["2026-01-31"])
    values: dict[FileName, dict[str, Value]] = Field(
        {}, description="further parameters, by notebook", examples=[{"impact": {"policy": "zes"}}]
    )
    jobs: int = Field(0, ge=0, le=256, description="worker processes; 0: one for each processor", examples=[2])
    timeout: int = Field(600, ge=1, description="seconds that one notebook may take", examples=[120])

    @model_validator(mode="after")
    def _somebody_and_known_values(self) -> Self:
        if not any(getattr(self, name) for name in WHOM):
            raise ValueError(f"name at least one of {', '.join(WHOM[:-1])} and {WHOM[-1]}")
        strangers = sorted(set(self.values) - set(self.notebooks))
        if strangers:
            raise ValueError(
                f"values are given for {', '.join(strangers)}, which is not among the notebooks of the plan"
            )
        for notebook, values in self.values.items():
            common = sorted(set(values) & set(COMMON))
            if common:
                raise ValueError(f"values of {notebook} may not set {', '.join(common)}: the plan has fields for these")
        return self


MODELS: tuple[type[BaseModel], ...] = (RunPlan, MunicipalitySet, ReportParams)


def load_yaml(path: Path) -> dict[str, Any]:
    """The content of a YAML file in which nothing changed its meaning on the way (see `strict_yaml`)."""
    data: dict[str, Any] = strict_yaml.read(path).data
    return data


def load(model: type[Model], path: Path) -> Model:
    """Read and check one file of `params/`, once as long as it does not change; every fault names file and line.

    Raises:
        Faults, ParameterError: all faults of the file together.
    """
    stat = path.stat() if path.is_file() else None
    state = stat and (stat.st_mtime_ns, stat.st_size)
    if _read.get((model, path), (None, None))[0] != state or state is None:
        _read[model, path] = state, _checked(model, path)
    found: Model = _read[model, path][1]
    return found


Read = dict[tuple[type[BaseModel], Path], tuple[Any, Any]]
"""Model and file → the state of the file, and what it says, which is frozen."""
_read: Read = {}


def known() -> Read:
    """What this process has read, for another process to `learn`."""
    return dict(_read)


def learn(read: Read) -> None:
    """Take what another process has read; a file that has changed since is read again."""
    _read.update(read)


def _checked(model: type[Model], path: Path) -> Model:
    document = strict_yaml.read(path)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise _one_or_all(_worded(error, model, document)) from None


def check_values(values: Mapping[str, Any], declared: Mapping[str, Any], where: str) -> list[ToolkitError]:
    """Faults of parameters for a notebook that declares `declared` (name → default): unknown names, other types."""
    faults: list[ToolkitError] = []
    for name, value in values.items():
        if name not in declared:
            faults.append(_unknown(name, list(declared), where))
        elif type(value) is not type(declared[name]) and not (type(value) is int and type(declared[name]) is float):
            wanted = type(declared[name]).__name__
            faults.append(
                ParameterError(
                    f"{name} must be {wanted}, not {value!r} ({type(value).__name__}).",
                    where=where,
                    hint=f'quote it: "{value}"' if wanted == "str" else "",
                )
            )
    return faults


def _one_or_all(faults: list[ToolkitError]) -> ToolkitError:
    return faults[0] if len(faults) == 1 else Faults(faults)


def _worded(error: ValidationError, model: type[BaseModel], document: strict_yaml.Document) -> list[ToolkitError]:
    """One sentence for each fault pydantic found; its branches of a union (`values`) are told once."""
    told: dict[str, ToolkitError] = {}
    for detail in error.errors(include_url=False):
        fault = _fault(detail, model, document)
        told.setdefault(f"{fault.where} {detail['loc'][:3]}", fault)
    return list(told.values())


def _fault(detail: ErrorDetails, model: type[BaseModel], document: strict_yaml.Document) -> ToolkitError:
    location, kind, value = detail["loc"], detail["type"], detail["input"]
    name = ".".join(str(part + 1 if isinstance(part, int) else part) for part in location)
    where = document.where(location)
    fields = _fields_at(model, location[:-1])
    if kind == "extra_forbidden":
        return _unknown(str(location[-1]), list(fields), where)
    if kind == "missing":
        described = fields[str(location[-1])].description if str(location[-1]) in fields else ""
        return ParameterError(f"{name} is missing: {described}.", where=where, hint="see params/README.md")
    if kind == "value_error":
        prefix = f"{name}: " if name else ""
        wrong = detail["ctx"]["error"]
        hint = getattr(wrong, "hint", "see params/README.md")
        return ParameterError(f"{prefix}{wrong}.", where=where, hint=hint)
    if value is None:
        return ParameterError(f"{name} is empty.", where=where, hint="give a value or leave the line out")
    if kind == "string_type" and isinstance(value, int | float):
        return ParameterError(
            f"{name} must be text, not the {'truth value' if isinstance(value, bool) else 'number'} {value}.",
            where=where,
            hint=_as_text(name, value, where),
        )
    if kind == "string_pattern_mismatch" and "[0-9]{6}" in detail["ctx"]["pattern"]:
        return _not_a_code(name, str(value), where)
    return ParameterError(f"{name}: {value!r} is not accepted.", where=where, allowed=_allowed(detail))


def _as_text(name: str, value: float, where: str) -> str:
    """How a number, or a truth value, that should be text is written; a code gets its zeros back."""
    coded = name.split(".")[0] in ("municipality", "municipalities") and type(value) is int and value >= 0
    text = f"{value:06d}" if coded else str(value)
    if where != REPORT:
        return f'quote it: "{text}"'
    return f'with papermill {passing(**{name: text})} (-p would change it); in the notebook {name} = "{text}"'


def _not_a_code(name: str, value: str, where: str) -> ToolkitError:
    padded = value.zfill(6) if value.isascii() and value.isdigit() and len(value) < 6 else ""
    hint = f"quadro list municipalities{f' --search {shlex.quote(value)}' if value[:1].isalpha() else ''}"
    if padded:
        way = f'write "{padded}"' if where != REPORT else f"with papermill {passing(municipality=padded)}"
        hint = f"{way} if that is the municipality you mean"
    return ParameterError(
        f"{name}: {value!r} is not an ISTAT code.",
        where=where,
        allowed="six digits as text, zeros in front included",
        hint=hint,
    )


def _unknown(name: str, known: list[str], where: str) -> ToolkitError:
    near = difflib.get_close_matches(name, known, n=1)
    return ParameterError(
        f"There is no parameter {name!r}.",
        where=where,
        allowed=known,
        hint=f"did you mean {near[0]!r}?" if near else "",
    )


def _fields_at(model: type[BaseModel], location: tuple[str | int, ...]) -> dict[str, Any]:
    """Fields of the model in which a location lies, through models and lists of models."""
    for part in location:
        if isinstance(part, int):
            continue
        if part not in model.model_fields:
            return {}
        inner = _model_in(model.model_fields[part].annotation)
        if inner is None:
            return {}
        model = inner
    return dict(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation: itself, an optional one, or a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inside in get_args(annotation) if (found := _model_in(inside))), None)


def _allowed(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if "expected" in context:
        return str(context["expected"])
    if "pattern" in context:
        return f"lower-case letters, digits and hyphens ({context['pattern']})"
    return detail["msg"].removeprefix("Input should be ")
