"""Register of unused spaces, kept by the office: checked row by row, without duplicates, and without owners' names.

Columns follow the French standard of disused sites (CNIG) and the British register of brownfield land, cut to what a
municipality can keep up: `COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

DOMAINS = {
    "state": ("potential", "without_project", "with_project", "reconverted"),
    "qualified": ("yes", "no"),
    "owner_kind": ("public", "private", "mixed", "unknown"),
    "contamination": ("known", "suspected", "excluded", "unknown"),
}
NEEDED = ("id", "istat_code", "name", "lon", "lat", "state", "owner_kind", "source", "seen_on")
COLUMNS = (*NEEDED, "address", "area_m2", "last_use", "qualified", "contamination", "ended_on")
NEAR_M = 30.0
"""Two entries nearer than this, in metres, are one space until somebody says otherwise."""
_METRES = 111_320.0  # a degree of latitude

Ring = Sequence[tuple[float, float]]


def check(
    spaces: pd.DataFrame, outlines: Mapping[str, Sequence[Ring]], today: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that hold, and one message for each that does not.

    Blanks at the ends of cells are taken off. A row has a fault where a needed cell is empty or a value is not of its
    domain, a date is none or is to come, the point is outside of its municipality (with a word if latitude and
    longitude are swapped), or an earlier row has the same id, lies within 30 m of it or has the same address.

    Args:
        spaces: DataFrame of `COLUMNS`, those that are not needed may be left out; all as text or numbers.
        outlines: istat_code → rings of (longitude, latitude); holes are rings too.
        today: day after which no date may lie.

    Returns:
        `spaces` that hold, with `lon`, `lat`, `area_m2` as numbers; faults: DataFrame[line, id, fault], `line` as in
        a file whose first line is the header.

    Raises:
        MethodError: a column that is needed is not there, or one that may name an owner is.
    """
    lost = [name for name in NEEDED if name not in spaces]
    odd = [name for name in spaces if name not in COLUMNS]
    if lost or odd:
        what = f"the register has no column {lost[0]!r}" if lost else f"the register may not have a column {odd[0]!r}"
        raise MethodError(what, allowed=COLUMNS, hint="the kind of owner is kept, never a name" if odd else "")
    clean = spaces.map(lambda cell: cell.strip() if isinstance(cell, str) else cell).replace("", np.nan)
    good: list[dict[str, Any]] = []
    faults = []
    for line, cells in enumerate(clean.to_dict("records"), 2):
        row = {str(name): cell for name, cell in cells.items()}
        row |= {name: _number(row.get(name)) for name in ("lon", "lat", "area_m2")}
        fault = next(_faults(row, outlines, today, good), "")
        if fault:
            faults.append({"line": line, "id": row["id"], "fault": fault})
        else:
            good.append(row)
    return pd.DataFrame(good, columns=list(clean.columns)), pd.DataFrame(faults, columns=["line", "id", "fault"])


def by_state(spaces: pd.DataFrame) -> pd.DataFrame:
    """Spaces and their area by state: DataFrame[state, spaces, area_m2, without_area], in the order of the states.

    `area_m2` sums what is known, absent where no area is; `without_area` counts the others.
    """
    state = pd.Categorical(spaces["state"], DOMAINS["state"])
    groups = spaces.assign(state=state).groupby("state", observed=True)["area_m2"]
    found = groups.agg(spaces="size", area_m2=lambda area: area.sum(min_count=1), without_area=lambda a: a.isna().sum())
    return found.reset_index().astype({"state": str})


def match_calls(spaces: pd.DataFrame, calls: pd.DataFrame, topic: str = "urban_regeneration") -> pd.DataFrame:
    """Calls that pay for reuse, for the spaces that may still be reused.

    Args:
        spaces: as `check` gives.
        calls: DataFrame[call, topic, …]; those of the topic are taken.
        topic: of the calls.

    Returns:
        DataFrame[id, call] of every pair; public and mixed owners only: others cannot apply for a municipality.
    """
    free = spaces[(spaces["state"] != "reconverted") & spaces["owner_kind"].isin(["public", "mixed"])]
    return free[["id"]].merge(calls.loc[calls["topic"] == topic, ["call"]], how="cross")


def inside(lon: float, lat: float, rings: Sequence[Ring]) -> bool:
    """Whether a point lies within rings, by the number of borders east of it: odd is inside."""
    crossed = 0
    for ring in rings:
        points = np.asarray(ring, dtype=float)
        (x, y), (u, v) = points.T, np.roll(points, -1, axis=0).T
        across = (y > lat) != (v > lat)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossed += int((across & (lon < x + (lat - y) * (u - x) / (v - y))).sum())
    return crossed % 2 == 1


def _faults(
    row: dict[str, Any], outlines: Mapping[str, Sequence[Ring]], today: date, good: list[dict[str, Any]]
) -> Iterator[str]:
    for name in NEEDED:
        if pd.isna(row[name]):
            yield f"{name} is empty or is no number" if name in ("lon", "lat") else f"{name} is empty"
    for name, allowed in DOMAINS.items():
        if not pd.isna(row.get(name, np.nan)) and row[name] not in allowed:
            yield f"{name} is {row[name]!r}; allowed: {', '.join(allowed)}"
    for name in ("seen_on", "ended_on"):
        if not pd.isna(row.get(name, np.nan)):
            yield from _date_faults(name, str(row[name]), today)
    if not pd.isna(row["area_m2"]) and row["area_m2"] <= 0:
        yield f"area_m2 is {row['area_m2']:g}: an area is above 0"
    yield from _place_faults(row, outlines)
    for other in good:
        if row["id"] == other["id"]:
            yield f"the id is that of an earlier row, {other['name']!r}"
        if _metres(row, other) < NEAR_M:
            yield f"lies {_metres(row, other):.0f} m from {other['id']!r}: one space, twice?"
        same = str(row.get("address", "")).casefold() == str(other.get("address", "")).casefold()
        if same and not pd.isna(row.get("address", np.nan)):
            yield f"has the address of {other['id']!r}: one space, twice?"


def _place_faults(row: dict[str, Any], outlines: Mapping[str, Sequence[Ring]]) -> Iterator[str]:
    code = str(row["istat_code"])
    if code not in outlines:
        yield f"istat_code {code!r} is not a municipality of this report"
    elif not inside(row["lon"], row["lat"], outlines[code]):
        swapped = inside(row["lat"], row["lon"], outlines[code])
        yield "lon and lat are swapped" if swapped else f"the point lies outside of municipality {code}"


def _date_faults(name: str, text: str, today: date) -> Iterator[str]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        yield f"{name} is {text!r}: a date is written 2026-03-31"
    else:
        if day > today:
            yield f"{name} is {text}, a day to come"


def _number(cell: Any) -> float:
    try:
        return float(cell) if np.isfinite(float(cell)) else np.nan
    except (TypeError, ValueError):
        return np.nan


def _metres(one: dict[str, Any], other: dict[str, Any]) -> float:
    north = (one["lat"] - other["lat"]) * _METRES
    east = (one["lon"] - other["lon"]) * _METRES * np.cos(np.radians(one["lat"]))
    return float(np.hypot(north, east))
