"""What the benchmark report may be told: a composite indicator, rules of strengths and weaknesses, own figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from toolkit.params import ROOT, PastDate, Strict, Title, load
from toolkit.params.spaces import OwnSpaces

COMPOSITE = ROOT / "params" / "composite.yml"
SWOT = ROOT / "params" / "swot.yml"
OWN = ROOT / "params" / "own"

Word = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$")]
_TITLE = {"it": "Ambiente", "en": "Environment"}


class Part(Strict):
    """One part of a composite indicator: an indicator of the toolkit, or a group of parts."""

    code: Word = Field(description="name of an indicator, or of a group", examples=["employment_rate"])
    parent: Word = Field(description="the group it belongs to; `index` for a group of the index", examples=["people"])
    direction: Literal[-1, 0, 1] = Field(
        0, description="of an indicator: 1 where more counts as better, -1 where less does; 0 for a group", examples=[1]
    )
    weight: float = Field(1.0, gt=0, description="weight among the parts of its group", examples=[2.0])
    title: Title | None = Field(None, description="of a group: its name", examples=[_TITLE])


class CompositeIndicator(Strict):
    """The structure of the composite indicator: `params/composite.yml`."""

    title: Title = Field(description="its name", examples=[{"it": "Indice di prova", "en": "Trial index"}])
    parts: Annotated[tuple[Part, ...], Field(strict=False, min_length=3)] = Field(
        description="indicators and groups",
        examples=[[{"code": "unsorted_waste", "parent": "index", "direction": -1}] * 3],
    )
    spread: float = Field(
        0.25, gt=0, lt=1, description="how much each weight is moved up and down, as a share of itself", examples=[0.25]
    )
    draws: int = Field(1000, ge=100, le=100_000, description="random choices of weights and methods", examples=[1000])
    seed: int = Field(20260101, description="of the random choices", examples=[1])
    most: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="share of the table beyond which a rank interval is too wide to rank a municipality",
        examples=[0.5],
    )


class SwotRule(Strict):
    """When a strength, a weakness, an opportunity or a risk is written."""

    id: Word = Field(description="name of the rule", examples=["high_income"])
    kind: Literal["strength", "weakness", "opportunity", "risk"] = Field(description="what it is", examples=["risk"])
    indicator: Word = Field(description="indicator it looks at", examples=["old_age_index"])
    measure: Literal["level", "change"] = Field("level", description="its value or its change", examples=["change"])
    side: Literal["high", "low"] = Field(description="where the municipality must stand", examples=["high"])
    beyond: float = Field(
        75.0, ge=50, le=100, description="percentage of the other municipalities it must have passed", examples=[80.0]
    )


class SwotRules(Strict):
    """Rules of strengths, weaknesses, opportunities and risks: `params/swot.yml`."""

    least: float = Field(
        0.75, gt=0, le=1, description="share of the comparison groups that must agree; below, no bullet", examples=[1.0]
    )
    rules: Annotated[tuple[SwotRule, ...], Field(strict=False, min_length=1)] = Field(
        description="the rules",
        examples=[[{"id": "old", "kind": "risk", "indicator": "old_age_index", "side": "high"}]],
    )


class OwnFigure(Strict):
    """A figure declared by a municipality, shown beside the official ones and never mixed with them."""

    name: Title = Field(description="what is measured", examples=[{"it": "Imprese", "en": "Enterprises"}])
    value: float = Field(description="the value", examples=[1650.0])
    unit: Word = Field(description="its unit, of `toolkit/text/units.yml`", examples=["enterprises"])
    date: PastDate = Field(min_length=10, description="day it refers to", examples=["2026-06-30"])
    source: str = Field(min_length=1, description="register or act it comes from", examples=["Registro SUAP"])
    role: Title = Field(
        description="who answers for it, by role and never by name",
        examples=[{"it": "Responsabile SUAP", "en": "Head of the business desk"}],
    )
    beside: Word | Literal[""] = Field("", description="indicator it stands beside", examples=["local_units_per_1000"])


class OwnEntry(Strict):
    """A strength, weakness, opportunity or risk written by the office, marked as such on the page."""

    kind: Literal["strength", "weakness", "opportunity", "risk"] = Field(description="what it is", examples=["risk"])
    text: Title = Field(description="the entry", examples=[{"it": "Area dismessa", "en": "Disused area"}])
    date: PastDate = Field(min_length=10, description="day it was written", examples=["2026-06-30"])
    role: Title = Field(description="who wrote it, by role", examples=[{"it": "Urbanistica", "en": "Planning office"}])


class OwnFigures(Strict):
    """What a municipality declares of itself: `params/own/<ISTAT code>.yml`; of an area, `<its id>.yml`."""

    figures: Annotated[tuple[OwnFigure, ...], Field(strict=False)] = Field(
        (),
        description="its own figures",
        examples=[
            [
                {
                    "name": {"it": "Imprese attive", "en": "Active enterprises"},
                    "value": 1650.0,
                    "unit": "enterprises",
                    "date": "2026-06-30",
                    "source": "Registro SUAP",
                    "role": {"it": "Responsabile SUAP", "en": "Head of the business desk"},
                }
            ]
        ],
    )
    entries: Annotated[tuple[OwnEntry, ...], Field(strict=False)] = Field(
        (),
        description="its own strengths, weaknesses, opportunities and risks",
        examples=[
            [
                {
                    "kind": "opportunity",
                    "text": {"it": "Area dismessa da recuperare", "en": "Disused area to recover"},
                    "date": "2026-06-30",
                    "role": {"it": "Urbanistica", "en": "Planning office"},
                }
            ]
        ],
    )
    spaces: OwnSpaces | None = Field(
        None, description="what it knows of its spaces", examples=[{"apea": {"one_manager": "no"}}]
    )


MODELS: tuple[type[BaseModel], ...] = (
    CompositeIndicator,
    Part,
    SwotRules,
    SwotRule,
    OwnFigures,
    OwnFigure,
    OwnEntry,
)


def composite(path: Path = COMPOSITE) -> CompositeIndicator:
    """The composite indicator as declared."""
    return load(CompositeIndicator, path)


def swot(path: Path = SWOT) -> SwotRules:
    """The rules as declared."""
    return load(SwotRules, path)


def own(code: str, folder: Path = OWN) -> OwnFigures:
    """What a municipality (or the office of an area, by its id) declares; nothing where it has no file."""
    path = folder / f"{code}.yml"
    return load(OwnFigures, path) if path.is_file() else OwnFigures(figures=(), entries=(), spaces=None)
