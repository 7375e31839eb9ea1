"""What only the user can say about answering calls: weights of the ranking, limits of the portfolio, days of work.

A file of `params/`: `pnrr.yml` is the default, whose limits are blank; a notebook names another with `choices`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from toolkit.errors import ParameterError
from toolkit.params import ROOT, Strict, load

Topic = Literal["training_labour", "energy_circular", "planning_regeneration", "mobility_smart_city"]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Weights(Strict):
    """Weight of each criterion of the ranking, on any scale."""

    fit: Amount = Field(description="fit with the needs found", examples=[1])
    amount: Amount = Field(description="amount, over the largest of the calls compared", examples=[1])
    time: Amount = Field(description="days left, over the days of preparation", examples=[1])
    accessibility: Amount = Field(description="how accessible the call is", examples=[1])


class Limits(Strict):
    """Limits of the portfolio; blank: not limited. All blank: no portfolio."""

    own_money: Amount | None = Field(description="own money of the municipality, EUR", examples=[50000])
    staff_days: Amount | None = Field(description="working days that the offices can give", examples=[60])
    projects: Amount | None = Field(description="projects at the same time", examples=[3])


class Choices(Strict):
    """Weights, limits and needs of the report on calls: `params/pnrr.yml`, or another file named by `choices`."""

    weights: Weights = Field(
        description="weight of each criterion of the ranking, zero or more, on any scale",
        examples=[{"fit": 1, "amount": 1, "time": 1, "accessibility": 1}],
    )
    limits: Limits = Field(
        description="limits of the portfolio; blank: not limited; all blank: no portfolio is made",
        examples=[{"own_money": 50000, "staff_days": 60, "projects": 3}],
    )
    staff_days: dict[Literal["lump_sum", "project_grant", "automatic", "fund"], Amount] = Field(
        description="working days that answering a call takes, by kind of grant; a kind left out is not known",
        examples=[{"lump_sum": 10}],
    )
    needs: dict[Topic, dict[str, Literal["high", "low"]]] = Field(
        description="by topic, the items of the table `fragility` that show a need, and on which side",
        examples=[{"energy_circular": {"unsorted_waste": "high"}}],
    )
    preparation_days: int = Field(30, ge=1, description="days that preparing an application takes", examples=[30])


def read(name: str) -> Choices:
    """The choices of `params/NAME.yml`.

    Raises:
        ParameterError, Faults: no such file, or something in it is wrong.
    """
    path = ROOT / "params" / f"{name}.yml"
    if not _NAME.fullmatch(name) or not path.is_file():
        known = sorted(file.stem for file in (ROOT / "params").glob("*.yml"))
        raise ParameterError(f"There are no choices {name!r}.", where="choices", allowed=known)
    return load(Choices, path)
