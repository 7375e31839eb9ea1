"""Where care is needed, by municipality: flood and landslide hazard, soil already consumed.

A screen of a whole municipality: it says where to look on the maps, never that a plot is safe or forbidden.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

LAND_TAKE = (20.0, 45.0)
"""Shares of consumed soil, percent, above which attention and strong attention are due: provisional (to verify)."""
NOT_MAPPED = "not_mapped"


def screen(municipalities: pd.DataFrame, *, land_take: tuple[float, float] = LAND_TAKE) -> pd.DataFrame:
    """Attention by municipality.

    Args:
        municipalities: DataFrame by istat_code: `flood_p3`, `flood_p2`, `landslide` (percent of area; absent where
            unknown) and `land_take` (percent of area).
        land_take: two thresholds, percent.

    Returns:
        DataFrame by istat_code: `flood_care`, `landslide_care` (`attention`, `not_mapped`, or empty where unknown: no
        hazard area mapped is not a safe place) and `soil_care` (`low`, `attention`, `strong_attention`, or empty).

    Raises:
        MethodError: a share out of 0 to 100, thresholds that do not grow.
    """
    shares = municipalities[["flood_p3", "flood_p2", "landslide", "land_take"]].astype(float)
    bad = (shares < 0) | (shares > 100)
    if bad.any(axis=None):
        row, column = np.argwhere(bad.to_numpy())[0]
        what = f"{shares.index[row]}: {shares.columns[column]} is {shares.iloc[row, column]:g} percent"
        raise MethodError(what, allowed="0 to 100")
    if not 0 <= land_take[0] < land_take[1]:
        raise MethodError(f"thresholds of land take do not grow: {land_take}")
    flood = shares[["flood_p3", "flood_p2"]].max(axis=1)
    soil = np.select(
        [shares["land_take"].isna(), shares["land_take"] > land_take[1], shares["land_take"] > land_take[0]],
        ["", "strong_attention", "attention"],
        "low",
    )
    mapped = {"flood_care": _mapped(flood), "landslide_care": _mapped(shares["landslide"])}
    return pd.DataFrame(mapped | {"soil_care": soil}, index=municipalities.index)


def frames(*, planned: bool, rules: bool, answers: bool) -> pd.DataFrame:
    """What can be said of the six frames of the metropolitan strategy: DataFrame[frame, state].

    Args:
        planned: the office gave what plans foresee.
        rules: rules of the Region are encoded.
        answers: the checklist of the areas has answers.

    Returns:
        `state` is `available`, `partial` or `missing`: poles are missing while their criteria are not known, care is
        partial because the data stop at the municipality.
    """
    states = {
        "here": "available",
        "planned": "available" if planned else "missing",
        "poles": "missing",
        "logistics": "partial" if rules else "missing",
        "sustainable": "partial" if answers else "missing",
        "care": "partial",
    }
    return pd.DataFrame({"frame": list(states), "state": list(states.values())})


def _mapped(share: pd.Series) -> np.ndarray:
    return np.select([share.isna(), share > 0], ["", "attention"], NOT_MAPPED)
