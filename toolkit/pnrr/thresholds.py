"""Thresholds of population that calls use: which ones a municipality is near or crosses, and who could reach one
together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd

from toolkit.errors import ParameterError
from toolkit.pnrr.eligibility import NEAR

THRESHOLDS = (2_500, 5_000, 15_000, 20_000, 25_000, 50_000, 100_000)
"""Residents at which classes of lump sums, reserved calls and shares of grants change."""

LARGEST_GROUP = 5


def watch_list(
    populations: Mapping[int, float], *, thresholds: Sequence[int] = THRESHOLDS, near: float = 0.05
) -> pd.DataFrame:
    """Thresholds near which the municipality is now, or that it crossed, by reference year.

    Args:
        populations: year → residents at 1 January.
        near: fraction of the threshold within which the last year counts as near.

    Returns:
        One row a threshold that is near or crossed: `threshold`, `status` (`crossed_up`, `crossed_down`,
        `crossed_back`, `near_above`, `near_below`), `first_year`, `first`, `last_year`, `last`, `distance` (last −
        threshold, persons), `distance_share` (of the threshold), `years_above`, `years_below` (joined by ";"). A
        population equal to the threshold is below it: classes end at it.
    """
    years = sorted(populations)
    rows = []
    for threshold in thresholds if years else ():
        sides = [populations[year] > threshold for year in years]
        last = populations[years[-1]]
        if len(set(sides)) == 1 and abs(last - threshold) > near * threshold:
            continue
        rows.append(
            {
                "threshold": threshold,
                "status": _side(sides),
                "first_year": years[0],
                "first": populations[years[0]],
                "last_year": years[-1],
                "last": last,
                "distance": last - threshold,
                "distance_share": (last - threshold) / threshold,
                "years_above": ";".join(str(year) for year, above in zip(years, sides, strict=True) if above),
                "years_below": ";".join(str(year) for year, above in zip(years, sides, strict=True) if not above),
            }
        )
    columns = ["threshold", "status", "first_year", "first", "last_year", "last", "distance", "distance_share"]
    return pd.DataFrame(rows, columns=[*columns, "years_above", "years_below"])


def _side(sides: list[bool]) -> str:
    if len(set(sides)) == 1:
        return "near_above" if sides[-1] else "near_below"
    if sides[0] == sides[-1]:
        return "crossed_back"
    return "crossed_up" if sides[-1] else "crossed_down"


def groups_reaching(
    istat_code: str,
    members: Sequence[str],
    populations: Mapping[str, float],
    threshold: float,
    *,
    member_below: float | None = None,
    most: int = 10,
    near: float = NEAR,
) -> pd.DataFrame:
    """Groups of municipalities of a zone that contain one and together reach a threshold, smallest workable first.

    Only minimal groups are named (nobody may leave without losing the threshold), fewest members first, then fewest
    residents. The municipality itself counts as a group of one where it is enough.

    Args:
        istat_code: the municipality that must be in the group.
        members: codes of the zone.
        populations: code → residents of one reference year; a member without population is left out.
        threshold: residents to reach.
        member_below: every member must have fewer residents than this.
        most: groups to return.

    Returns:
        `size`, `members` (codes joined by ";"), `population`, `margin` (persons above the threshold), `near` (the
        margin is within `near` of the threshold: a revised count may undo it). Empty where no group of up to five
        reaches it.

    Raises:
        ParameterError: the municipality is not of the zone, or has no population.
    """
    if istat_code not in members:
        raise ParameterError(f"{istat_code} is not of the zone", where="members", allowed=sorted(members))
    if istat_code not in populations:
        raise ParameterError(f"no population of {istat_code}", where="populations")
    limit = float("inf") if member_below is None else member_below
    if populations[istat_code] >= limit:
        return _groups([], threshold, near)
    others = sorted(
        (code for code in set(members) - {istat_code} if populations.get(code, limit) < limit and code in populations),
        key=lambda code: (populations[code], code),
    )
    found: list[tuple[str, ...]] = []
    for size in range(LARGEST_GROUP):
        for chosen in combinations(others, size):
            group = (istat_code, *chosen)
            total = sum(populations[code] for code in group)
            if total >= threshold and all(total - populations[code] < threshold for code in chosen):
                found.append(group)
        if len(found) >= most:
            break
    rows = [(len(group), group, sum(populations[code] for code in group)) for group in found]
    return _groups(sorted(rows, key=lambda row: (row[0], row[2], row[1]))[:most], threshold, near)


def _groups(rows: list[tuple[int, tuple[str, ...], float]], threshold: float, near: float) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "size": size,
                "members": ";".join(group),
                "population": total,
                "margin": total - threshold,
                "near": total - threshold <= near * threshold,
            }
            for size, group, total in rows
        ],
        columns=["size", "members", "population", "margin", "near"],
    )
