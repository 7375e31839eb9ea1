"""Shift-share: how much of a change is the reference's, the sectors' and the territory's own.

Vectors are counts by sector at two dates, as in `regional`. Components add up to the change exactly, sector by sector.
They describe: a positive local component is no effect of any policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.indicators.regional import Vector, counts_of, paired


def shift_share(
    local_start: Vector,
    local_end: Vector,
    reference_start: Vector,
    reference_end: Vector,
    *,
    method: str = "classic",
) -> pd.DataFrame:
    """Shift-share of one period.

    Args:
        local_start, local_end: counts by sector in the territory at the two dates.
        reference_start, reference_end: the same in the reference territory.
        method: `classic` (Dunn 1960) or `esteban_marquillas` (1972).

    Returns:
        One row a sector: `change` and its components, which add up to it:
        national = eᵢ g, mix = eᵢ (Gᵢ − g), and, classic, local = eᵢ (gᵢ − Gᵢ); Esteban-Marquillas splits local into
        competitive = hᵢ (gᵢ − Gᵢ) and allocation = (eᵢ − hᵢ)(gᵢ − Gᵢ), hᵢ the employment the territory would have with
        the reference's structure. g, Gᵢ, gᵢ: growth of the reference, of the sector there and here. Sum over rows for
        the territory.

    Raises:
        MethodError: unknown method, unlike lengths or labels, absent or negative numbers, a sector that starts here and
            not in the reference, or, with Esteban-Marquillas, a sector that starts from nothing here.

    Example: 90, 20, 10, 60 → 100, 40, 10, 55 in a nation of 400, 150, 150, 400 → 440, 210, 135, 480: national 27,
    mix 1, local −3 (Farhauer and Kröll 2013).
    """
    if method not in ("classic", "esteban_marquillas"):
        raise MethodError(f"'{method}' is not a shift-share", allowed=("classic", "esteban_marquillas"))
    start, end, base, top, index = _vectors(local_start, local_end, reference_start, reference_end)
    overall = top.sum() / base.sum() - 1.0
    sector = _growth(base, top)
    result = pd.DataFrame(
        {"change": end - start, "national": start * overall, "mix": start * (sector - overall)}, index=index
    )
    if method == "classic":
        result["local"] = (end - start) - start * sector
        return result
    if ((start == 0) & (end > 0)).any():
        raise MethodError("a sector starts from nothing here: its growth is not defined", hint="use method='classic'")
    homothetic = start.sum() * base / base.sum()
    excess = _growth(start, end) - sector
    # A sector without a start here has no growth of its own; neither component can hold anything of it.
    excess = np.where(start > 0, excess, 0.0)
    result["competitive"] = homothetic * excess
    result["allocation"] = (start - homothetic) * excess
    return result


def nested_shift_share(
    local: tuple[Vector, Vector], levels: Sequence[tuple[Vector, Vector]], names: Sequence[str]
) -> pd.DataFrame:
    """Shift-share against territories one inside another: nation, region, metropolitan area …

    Args:
        local: counts by sector at the two dates.
        levels: the same for each larger territory, the largest first.
        names: one name a level, in that order.

    Returns:
        One row a sector: `change`, `national` = eᵢ g and `mix` = eᵢ (Gᵢ − g) of the largest level, one column a further
        level (named after it: eᵢ (growth there − growth in the level above)), and `local` = what is left, the change
        beyond the sector's growth in the smallest level. They add up to `change`.

    Raises:
        MethodError: as `shift_share`; names and levels that differ in number; a name that is taken.

    Example: with one level it is the classic shift-share. Haynes and Parajuli, Shift-share analysis (2014), ch. 2.
    """
    if not levels or len(names) != len(levels):
        raise MethodError(f"{len(levels)} levels need as many names, not {len(names)}")
    taken = {"change", "national", "mix", "local"}
    if len(set(names)) != len(names) or taken & set(names[1:]):
        raise MethodError(
            "names of levels differ from each other and from those of the components", allowed="other names"
        )
    start, end, base, top, index = _vectors(*local, *levels[0])
    overall = top.sum() / base.sum() - 1.0
    above = _growth(base, top)
    result = pd.DataFrame(
        {"change": end - start, "national": start * overall, "mix": start * (above - overall)}, index=index
    )
    for name, (level_start, level_end) in zip(names[1:], levels[1:], strict=True):
        _, _, base, top, _ = _vectors(*local, level_start, level_end)
        growth = _growth(base, top)
        result[name] = start * (growth - above)
        above = growth
    result["local"] = (end - start) - start * above
    return result


def dynamic_shift_share(local: pd.DataFrame, reference: pd.DataFrame, *, method: str = "classic") -> pd.DataFrame:
    """Shift-share year by year: structure and growth are those of each year, not of the first alone.

    Args:
        local: sectors × years, in order.
        reference: the same sectors × the same years.
        method: as `shift_share`.

    Returns:
        Components by sector, summed over the years (Barff and Knight 1988); `change` is that of the whole period.

    Raises:
        MethodError: as `shift_share`, or years that differ or are fewer than two.
    """
    if list(local.columns) != list(reference.columns) or local.shape[1] < 2:
        raise MethodError("territory and reference need the same years, two at least")
    years = list(local.columns)
    parts = [shift_share(local[a], local[b], reference[a], reference[b], method=method) for a, b in pairwise(years)]
    return pd.DataFrame(sum(part.to_numpy() for part in parts), index=parts[0].index, columns=parts[0].columns)


def _vectors(
    local_start: Vector, local_end: Vector, reference_start: Vector, reference_end: Vector
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, pd.Index]:
    for vector in (local_start, reference_start, reference_end):
        counts_of(vector)
    start, end = paired(local_start, local_end)
    _, base = paired(local_start, reference_start)
    _, top = paired(local_start, reference_end)
    if (~np.isfinite(end) | (end < 0)).any():
        raise MethodError(
            "a number at the second date is absent, infinite or negative", allowed="finite numbers from 0 up"
        )
    index = local_start.index if isinstance(local_start, pd.Series) else pd.RangeIndex(len(start))
    orphan = (base == 0) & (start > 0)
    if orphan.any():
        raise MethodError(
            f"'{index[int(orphan.argmax())]}' starts here and not in the reference: no growth to compare with"
        )
    return start, end, base, top, index


def _growth(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Growth rates; 0 where there is nothing at the start (nothing is multiplied by them)."""
    return np.divide(end - start, start, out=np.zeros_like(start), where=start > 0)
