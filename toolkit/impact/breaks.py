"""Screening of an outcome before any design runs: breaks common to all units, and shares that do not add up.

An outcome that jumps everywhere in the year of a policy gives a beautiful, false effect: units jump by different
amounts, and a synthetic control takes the difference for an effect. What is screened is the change from one period
to the next of the units that were not treated, against what is usual in the panel:

- a *jump*: the median change departs from the usual one by more than `JUMP` times the usual spread between units,
  stands out among the median changes of other periods (`JUMP_OUT` robust deviations: a business cycle does not), and
  at least `SAME_SIGN` of units move with it;
- a *scatter*: the spread of changes between units is more than `SCATTER` times the usual one, and stands out
  (`SCATTER_OUT`): a re-based or re-sampled series moves units apart even where the median stays;
- *shares*: parts of a whole whose sum departs from the total in more than half of the units.

A common shock as large as that cannot be told from a new definition by the figures alone, so it is refused as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import Note, Panel

JUMP = 2.0
JUMP_OUT = 6.0
SAME_SIGN = 0.9
SCATTER = 3.0
SCATTER_OUT = 4.0
SHARE_TOLERANCE = 0.01  # of the total
Row = tuple[int, str, float, float, bool]  # time, kind, size, usual, refuses
LEAST_UNITS = 8  # below this the spread between units is not measured well enough to screen


@dataclass(frozen=True)
class Screening:
    """What the screening found.

    Attributes:
        found: one row a break: time, kind (jump, scatter, shares, declared), size, usual, refuses.
        changes: the median change, its spread and the share of units moving with it, by period.
        notes: for the reader; `impact.note.not_screened` where there are too few units or periods.
    """

    found: pd.DataFrame
    changes: pd.DataFrame
    notes: tuple[Note, ...] = ()

    @property
    def accepted(self) -> bool:
        """No break that refuses the estimate."""
        return not self.found["refuses"].any()

    @property
    def screened(self) -> bool:
        """False where the figures were too few to look for jumps."""
        return all(note.key != "impact.note.not_screened" for note in self.notes)

    def refuse(self, outcome: str) -> None:
        """Raise a MethodError that names the breaks, if there are any."""
        if not self.accepted:
            bad = self.found[self.found["refuses"]]
            years = ", ".join(f"{row.time} ({row.kind})" for row in bad.itertuples())
            raise MethodError(
                f"break in series: {outcome!r} is not comparable over the window",
                where=years,
                hint="use an outcome, or a window, without a break; no estimate is made across one",
            )


def screen(panel: Panel, *, parts: Sequence[str] = (), total: float = 100.0) -> Screening:
    """Look for breaks in the outcome over the panel's window.

    Args:
        parts: columns that should add to `total` in each row: covariates, or "outcome".

    Raises:
        MethodError: parts that are not in the panel.
    """
    changes, notes = _changes(panel)
    rows = [*_jumps(changes), *_shares(panel, parts, total), *_declared(panel)]
    columns = ["time", "kind", "size", "usual", "refuses"]
    found = pd.DataFrame(rows, columns=columns).sort_values(["time", "kind"], ignore_index=True)
    notes += [
        Note("impact.note.break", {"time": row["time"], "kind": row["kind"], "size": row["size"]})
        for row in found.to_dict("records")
    ]
    return Screening(found, changes, tuple(notes))


def _changes(panel: Panel) -> tuple[pd.DataFrame, list[Note]]:
    wide = panel.wide()
    units = panel.controls if len(panel.controls) >= LEAST_UNITS else list(panel.units)
    step = np.diff(wide.loc[units].to_numpy(), axis=1)
    median = np.median(step, axis=0)
    low, high = np.quantile(step, [0.25, 0.75], axis=0)
    with_median = (np.sign(step) == np.sign(median)).mean(axis=0)
    table = pd.DataFrame({"time": panel.times[1:], "median": median, "spread": high - low, "same_sign": with_median})
    if len(units) < LEAST_UNITS or len(panel.times) < 4:
        return table.assign(usual_median=np.nan, usual_spread=np.nan), [
            Note("impact.note.not_screened", {"units": len(units), "periods": len(panel.times)})
        ]
    return table.assign(usual_median=float(np.median(median)), usual_spread=float(np.median(high - low))), []


def _jumps(changes: pd.DataFrame) -> list[Row]:
    rows: list[Row] = []
    if changes["usual_spread"].isna().any():
        return rows
    median_scale, spread_scale = _robust_scale(changes["median"]), _robust_scale(changes["spread"])
    columns = ["time", "median", "spread", "same_sign", "usual_median", "usual_spread"]
    for time, median, spread, same, usual_median, usual_spread in changes[columns].to_numpy(dtype=float):
        departure = median - usual_median
        if abs(departure) > max(JUMP * usual_spread, JUMP_OUT * median_scale) and same >= SAME_SIGN:
            rows.append((int(time), "jump", float(departure), float(usual_spread), True))
        apart = spread - usual_spread > SCATTER_OUT * spread_scale
        if usual_spread > 0 and spread > SCATTER * usual_spread and apart:
            rows.append((int(time), "scatter", float(spread), float(usual_spread), True))
    return rows


def _robust_scale(values: pd.Series) -> float:
    """Median absolute deviation, as a standard deviation."""
    return float(1.4826 * (values - values.median()).abs().median())


def _shares(panel: Panel, parts: Sequence[str], total: float) -> list[Row]:
    if not parts:
        return []
    unknown = [part for part in parts if part != "outcome" and part not in panel.covariates]
    if unknown or len(set(parts)) < 2:
        raise MethodError(
            f"parts must be two or more columns of the panel{': no ' + repr(unknown[0]) if unknown else ''}",
            allowed=("outcome", *panel.covariates),
        )
    added = np.sum([panel.wide(part).to_numpy() for part in dict.fromkeys(parts)], axis=0)  # units × periods
    off = (np.abs(added - total) > SHARE_TOLERANCE * abs(total)).mean(axis=0)
    return [
        (int(time), "shares", float(np.median(added[:, i])), float(total), True)
        for i, time in enumerate(panel.times)
        if off[i] > 0.5
    ]


def _declared(panel: Panel) -> list[Row]:
    first, last = panel.times[0], panel.times[-1]
    return [
        (known.time, "declared", np.nan, np.nan, not known.comparable)
        for known in panel.breaks
        if first < known.time <= last
    ]
