"""Why value added per person employed differs between two places: what they make, or how much each sector yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

TWO = ("industry", "services")
"""The sectors that municipalities and local systems have. With two, the mix term can have the wrong sign: it hides that
of the branches within each. Where sections are published they are used instead."""

ENOUGH = 0.95
"""Share of a side's persons whose sectors must be published."""


@dataclass(frozen=True)
class ProductivityGap:
    """A difference in value added per person employed, split at the midpoint.

    Attributes:
        own, reference: value added per person employed here and there.
        table: DataFrame[mix, within] by sector, in the unit of `own`; all its cells add up to `total`.
        coverage: share (0–1) of persons whose sectors are known, on the side that has fewer; 1 where none is left out.
    """

    own: float
    reference: float
    table: pd.DataFrame
    coverage: float = 1.0

    @property
    def total(self) -> float:
        """The difference, own less reference."""
        return self.own - self.reference

    @property
    def mix(self) -> float:
        """The part that comes from having more or less of sectors that yield more."""
        return float(self.table["mix"].sum())

    @property
    def within(self) -> pd.Series:
        """The part that comes from each sector's yielding more or less than the same sector there."""
        return self.table["within"].copy()

    @property
    def rows(self) -> pd.DataFrame:
        """The parts as rows: DataFrame[part, value]: `mix`, then each sector's own."""
        return pd.DataFrame({"part": ["mix", *self.table.index], "value": [self.mix, *self.within]})


def productivity_gap(
    persons: pd.Series, value_added: pd.Series, reference_persons: pd.Series, reference_value_added: pd.Series
) -> ProductivityGap:
    """Midpoint decomposition of a gap in value added per person employed.

    y − Y = Σ (sᵢ − Sᵢ)(pᵢ + Pᵢ)/2 + Σ (sᵢ + Sᵢ)/2 (pᵢ − Pᵢ), with s, S the shares of sectors in persons employed and
    p, P their value added per person. Weights are the mean of the two places, so no interaction is left over (weighted
    by one place alone it can be the largest term). In the table, a sector's mix is (sᵢ − Sᵢ)((pᵢ + Pᵢ)/2 − m), m the
    mean of y and Y: the sum is the same, and having more of a sector that yields less than the mean counts against.

    Args:
        persons, value_added: by sector, here; value added may be negative.
        reference_persons, reference_value_added: the same sectors, there.

    Raises:
        MethodError: sectors that differ, absent or negative persons, absent value added, nobody at all, or value added
            in a sector without persons.

    Example: 30 and 70 persons yielding 60 and 40 each, against 50 and 50 yielding 50 and 40: the gap of 1 is −3 of mix
    and +4 within the first sector. Kitagawa, Components of a difference between two rates, JASA 50 (1955); Marshall and
    Edgeworth's weights.
    """
    columns = [persons, value_added, reference_persons, reference_value_added]
    index = persons.index
    if not index.is_unique or any(set(one.index) != set(index) or len(one) != len(index) for one in columns):
        raise MethodError("the two places do not have the same sectors", allowed=list(map(str, index)))
    n, v, m, w = (one.reindex(index).to_numpy(dtype=float) for one in columns)
    if not np.isfinite([n, v, m, w]).all() or (n < 0).any() or (m < 0).any():
        raise MethodError("persons employed or value added of a sector are absent, or persons negative")
    if not n.sum() or not m.sum():
        raise MethodError("a place without persons employed yields nothing per person")
    if ((n == 0) & (v != 0)).any() or ((m == 0) & (w != 0)).any():
        raise MethodError("a sector has value added and no persons employed")
    here, there = n / n.sum(), m / m.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = v / n, w / m
    p, q = np.where(n == 0, np.where(m == 0, 0.0, q), p), np.where(m == 0, np.where(n == 0, 0.0, p), q)
    own, reference = float(v.sum() / n.sum()), float(w.sum() / m.sum())
    table = pd.DataFrame(
        {
            "mix": (here - there) * ((p + q) / 2 - (own + reference) / 2),
            "within": (here + there) / 2 * (p - q),
        },
        index=index,
    )
    return ProductivityGap(own, reference, table)


def gap_between(
    frame: pd.DataFrame, own: Sequence[str], reference: Sequence[str], *, sectors: Sequence[str] = TWO
) -> ProductivityGap | None:
    """The gap between two territories of a business frame, in its latest year.

    Args:
        frame: `istat_code, year, sector, item, value, flag`; items `persons_employed` and `value_added`, sectors those
            asked and `total`.
        own, reference: codes of their members.
        sectors: those to split by, which make the total.

    Returns:
        The gap in EUR a person employed. Members whose sectors are not published are left out, which `coverage` tells;
        None where what is left of a side holds less than `ENOUGH` of its persons.

    Raises:
        MethodError: as `productivity_gap`.
    """
    wanted = frame["item"].isin(["persons_employed", "value_added"]) & (frame["year"] == frame["year"].max())
    rows = frame[wanted & frame["istat_code"].isin({*own, *reference})]
    wide = rows.pivot(index="istat_code", columns=["item", "sector"], values="value")
    parts = wide.loc[:, [(item, sector) for item in ("persons_employed", "value_added") for sector in sectors]]
    known = parts.dropna()
    persons = wide["persons_employed", "total"]
    sums, covered = [], []
    for codes in (own, reference):
        here = [code for code in codes if code in known.index]
        covered.append(float(persons.reindex(here).sum() / persons.reindex(list(codes)).sum(skipna=False)))
        sums.append(known.loc[here].sum())
    if not min(covered) >= ENOUGH:
        return None
    here, there = sums
    found = productivity_gap(
        here["persons_employed"], here["value_added"], there["persons_employed"], there["value_added"]
    )
    return replace(found, coverage=min(covered))
