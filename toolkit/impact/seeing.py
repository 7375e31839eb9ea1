"""Could we see it? What effect of a measure of one's own the data at hand could show, before it is begun."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.power import mde_multiplier

LEAST = 10  # comparable places below which a spread says little


def detectable(
    history: pd.DataFrame,
    own: Sequence[str],
    *,
    size: pd.Series,
    places: Sequence[int] = (20, 50, 100),
    readings: Sequence[int] = (1, 2, 3),
    relative: bool = True,
    power: float = 0.8,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Smallest effect that a comparison of before and after with places of like size would show.

    The past is a rehearsal: nothing was done, and what places of like size changed apart from one another, between the
    years before and the last `readings` years, is what an effect must exceed, as in `mde_panel` (Bloom 1995):
    `(t(1 − α/2) + t(power)) · sd · √(1/own + 1/places)`, of `places − 1` degrees of freedom.

    Args:
        history: unit, time, value; units without a value in some year are left out.
        own: units where the measure would be.
        size: unit → size, positive; the comparable places are the nearest to the median of `own` on a log scale.
        places: how many comparable places.
        readings: how many years of figures after the beginning.
        relative: the effect in percent of the figure (values positive, changes of logs); False: in its unit.

    Returns:
        DataFrame[places, readings, before, effect], a row each that the data allow; `before`: years of figures before.
        Empty where there are fewer than three years, or fewer than ten other places.

    Raises:
        MethodError: a unit of `own` has no figure, or no size.
    """
    wide = history.pivot(index="unit", columns="time", values="value").dropna()
    sizes = pd.Series(np.log(size[size > 0].astype(float)))
    if gone := [unit for unit in own if unit not in wide.index or unit not in sizes.index]:
        raise MethodError(f"unit {gone[0]!r} has no figure in some year, or no size", reason="periods_missing")
    distance = (sizes - float(sizes.loc[list(own)].median())).abs().drop(list(own))
    near = [unit for unit in distance.sort_values(kind="stable").index if unit in wide.index]
    values = pd.DataFrame(100 * np.log(wide)) if relative else wide
    years, rows = len(values.columns), []
    for count in places:
        for after in readings:
            if len(near) < max(count, LEAST) or years < after + 2:
                continue
            chosen = values.loc[near[:count]]
            change = chosen.iloc[:, -after:].mean(axis=1) - chosen.iloc[:, :-after].mean(axis=1)
            se = float(change.std(ddof=1)) * np.sqrt(1 / len(own) + 1 / count)
            effect = mde_multiplier(power=power, alpha=alpha, df=count - 1) * se
            effect = 100 * float(np.expm1(effect / 100)) if relative else effect
            rows.append({"places": count, "readings": after, "before": years - after, "effect": effect})
    return pd.DataFrame(rows, columns=["places", "readings", "before", "effect"])
