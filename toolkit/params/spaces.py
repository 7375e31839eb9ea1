"""What only the office knows of its spaces: projects, forecasts, answers, contributions, what operators asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from toolkit.params import IstatCode, PastDate, Strict

Answer = Literal["yes", "no", "unknown"]
Word = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$")]
Size = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SpaceProject(Strict):
    """A settlement that is proposed: what is due for it at least is computed from these."""

    name: str = Field(min_length=1, description="what it is called", examples=["Polo di via Roma"])
    use: Literal["logistics", "industrial", "commercial"] = Field(description="its use", examples=["logistics"])
    area_m2: Size = Field(
        description="operating area (gross floor area of commerce and offices), m²", examples=[35000.0]
    )
    impermeable_ha: Size | None = Field(None, description="hectares made impermeable", examples=[3.0])
    area_class: Literal["A", "B", "C", ""] = Field(
        "", description="hydraulic criticality of the municipality, of the regional list", examples=["A"]
    )
    cost_eur: Money | None = Field(None, description="contribution on the construction cost, EUR", examples=[1000000.0])
    source: str = Field(min_length=1, description="act or file it comes from", examples=["Istanza del 2026-03-31"])


class SpaceForecast(Strict):
    """An area that a plan in force foresees for production or distribution."""

    name: str = Field(min_length=1, description="what it is called", examples=["AT 3"])
    scale: Literal["municipal", "supra_municipal"] = Field(description="its reach", examples=["municipal"])
    area_m2: Size = Field(description="area, m²", examples=[52000.0])
    source: str = Field(min_length=1, description="plan it comes from", examples=["PGT, Documento di piano, 2024"])


class SpaceContribution(Strict):
    """What a municipality gives to share burdens and benefits."""

    istat_code: IstatCode = Field(description="who gives it", examples=["015032"])
    kind: Literal["money", "land", "rights", "soil_quota", "ecosystem"] = Field(description="what", examples=["land"])
    amount: Money = Field(description="EUR, or m²", examples=[10000.0])
    price_eur: Money | None = Field(None, description="EUR a unit, where somebody declared it", examples=[50.0])
    price_source: str = Field("", description="who declared the price", examples=["Perizia del 2026-03-31"])


class SpaceRequest(Strict):
    """What an operator asked for, without its name."""

    date: PastDate = Field(min_length=10, description="day", examples=["2026-03-31"])
    operator: Literal["firm", "association", "agency", "authority", "other"] = Field(
        description="kind of operator, never its name", examples=["firm"]
    )
    requirement: Literal["access", "rail", "energy", "size", "services", "housing", "reuse", "green", "other"] = Field(
        description="what was asked for", examples=["access"]
    )
    scale: Literal["local", "supra_local", "metropolitan"] = Field(description="its reach", examples=["local"])
    source: str = Field(min_length=1, description="where it was said", examples=["Tavolo tecnico"])


class OwnSpaces(Strict):
    """What the office knows of its spaces (`spaces:` in `params/own/<code>.yml`)."""

    apea: dict[Word, Answer] = Field(
        {}, description="answers to the checklist `apea_checklist`; unknown is not no", examples=[{"one_manager": "no"}]
    )
    insertion: dict[Word, Answer] = Field(
        {}, description="criteria of `insertion_criteria` that are ticked", examples=[{"noise": "yes"}]
    )
    projects: Annotated[tuple[SpaceProject, ...], Field(strict=False)] = Field(
        (),
        description="settlements proposed",
        examples=[[{"name": "Polo", "use": "logistics", "area_m2": 35000.0, "source": "Istanza del 2026-03-31"}]],
    )
    forecasts: Annotated[tuple[SpaceForecast, ...], Field(strict=False)] = Field(
        (),
        description="areas of plans in force",
        examples=[[{"name": "AT 3", "scale": "municipal", "area_m2": 52000.0, "source": "PGT 2024"}]],
    )
    contributions: Annotated[tuple[SpaceContribution, ...], Field(strict=False)] = Field(
        (),
        description="what municipalities give",
        examples=[[{"istat_code": "015032", "kind": "land", "amount": 10000.0}]],
    )
    requests: Annotated[tuple[SpaceRequest, ...], Field(strict=False)] = Field(
        (),
        description="what operators asked for",
        examples=[
            [
                {
                    "date": "2026-03-31",
                    "operator": "firm",
                    "requirement": "access",
                    "scale": "local",
                    "source": "Tavolo tecnico",
                }
            ]
        ],
    )


MODELS = (OwnSpaces, SpaceProject, SpaceForecast, SpaceContribution, SpaceRequest)
