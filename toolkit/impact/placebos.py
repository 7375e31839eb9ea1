"""Inference for synthetic controls: placebos in space and time, leave-one-donor-out, other donor pools.

References: Abadie, Diamond and Hainmueller (2010), JASA 105(490); Abadie (2021), J. of Economic Literature 59(2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.interface import NEVER, Note, Panel, Result
from toolkit.impact.synthetic import Board, Solution, Spec, donor_pool

FILTERS = (20.0, 5.0, 2.0)  # placebos whose squared error before treatment is above these multiples are left out
LEAST_WEIGHT = 0.01  # donors below this weight are not left out one by one


def in_space(panel: Panel, spec: Spec | None = None, *, donors: Sequence[Any] | None = None) -> Result:
    """The synthetic control of every donor, as if it had been treated: where does the treated unit rank?

    Each donor is compared with the other donors; the treated unit is in no placebo's pool. p is the share of units (the
    treated one included) whose ratio of mean squared errors, after over before treatment, is at least as high; so it is
    never below 1 / (donors + 1).

    Returns:
        The synthetic control of the treated unit with `p` and inference `placebo`. Tables `placebos` (unit, treated,
        gap, pre_rmspe, post_rmspe, ratio) and `filtered` (factor, units, p): ranks among units whose squared error
        before treatment is at most 20, 5 and 2 times the treated unit's. Diagnostics `placebo_space_p`,
        `placebo_gap_p` (rank of the absolute mean gap), `placebo_count`, `placebo_smallest_p`.

    Raises:
        MethodError: as `synthetic_control`; fewer than three donors.
    """
    pool = donor_pool(panel, donors)
    if len(pool) < 3:
        raise MethodError(
            f"fewer donors than needed: placebos in space need at least 3, here {len(pool)}",
            reason="too_few_controls",
            values={"control_units": len(pool), "least": 3},
        )
    board = Board.of(panel, spec or Spec())
    solved = board.solve(board.treated, pool)
    real = board.report(solved)
    rows = [_row(board, True, solved)]
    rows += [_row(board, False, board.solve(unit, [donor for donor in pool if donor != unit])) for unit in pool]
    table = pd.DataFrame(rows)
    smallest = 1 / (len(pool) + 1)
    p = _rank(table["ratio"].to_numpy())
    notes = [*real.notes]
    if smallest > 0.05:
        notes.append(Note("impact.note.few_placebos", {"donors": len(pool), "smallest": smallest}))
    perfect = int(np.isinf(table["ratio"]).sum())
    if perfect:
        notes.append(Note("impact.note.perfect_fits", {"units": perfect}))
    return replace(
        real,
        p=p,
        inference="placebo",
        diagnostics={
            **real.diagnostics,
            "placebo_space_p": p,
            "placebo_gap_p": _rank(table["gap"].abs().to_numpy()),
            "placebo_count": len(pool),
            "placebo_smallest_p": smallest,
        },
        tables={
            **real.tables,
            "placebos": table,
            "filtered": pd.DataFrame([_filtered(table, factor) for factor in FILTERS]),
        },
        notes=tuple(notes),
    )


def in_time(panel: Panel, date: int, spec: Spec | None = None, *, donors: Sequence[Any] | None = None) -> Result:
    """An effect at a date when nothing happened would discredit the design: the panel ends before the real date.

    Returns:
        The gap after the false date, with its rank among placebos in space at that date as `p` (`placebo_time_p`).

    Raises:
        MethodError: a false date that is not inside the periods before treatment, with two before and one after it.
    """
    real = panel.single_date("placebo in time")
    pre = panel.times[panel.times < real]
    if date not in pre or (pre < date).sum() < 2:
        raise MethodError(
            f"the false date {date} needs two periods before it and must precede the real one, {real}",
            where=panel.span(),
            reason="false_date",
            values={"year": date},
        )
    shorter = _until(panel, int(pre[-1]), date)
    fake = in_space(shorter, (spec or Spec()).before(date), donors=donors)
    diagnostics = {
        "placebo_time_p": fake.diagnostics["placebo_space_p"],
        "placebo_time_date": date,
        "placebo_time_gap": fake.estimate,
        "placebo_time_ratio": fake.diagnostics["mspe_ratio"],
    }
    return replace(fake, method="placebo_in_time", diagnostics=diagnostics)


def leave_one_out(panel: Panel, spec: Spec | None = None, *, donors: Sequence[Any] | None = None) -> Result:
    """The estimate without each donor that carries weight: does it hang on one of them?

    Returns:
        Table `left_out` (unit, weight, estimate, pre_rmspe); diagnostics `loo_low`, `loo_high`, `loo_same_sign`.
    """
    pool = donor_pool(panel, donors)
    if len(pool) < 3:
        raise MethodError(
            f"fewer donors than needed: leaving one out needs at least 3, here {len(pool)}",
            reason="too_few_controls",
            values={"control_units": len(pool), "least": 3},
        )
    board = Board.of(panel, spec or Spec())
    solved = board.solve(board.treated, pool)
    estimate = float(solved.gap[~board.pre].mean())
    rows = []
    for i in np.argsort(-solved.weights, kind="stable"):
        if solved.weights[i] >= LEAST_WEIGHT:
            other = board.solve(board.treated, [donor for donor in pool if donor != pool[i]])
            rows.append((pool[i], float(solved.weights[i]), float(other.gap[~board.pre].mean()), other.pre_rmspe))
    table = pd.DataFrame(rows, columns=["unit", "weight", "estimate", "pre_rmspe"])
    low, high = float(table["estimate"].min()), float(table["estimate"].max())
    diagnostics = {
        "loo_low": low,
        "loo_high": high,
        "loo_same_sign": bool(np.sign(low) == np.sign(high) == np.sign(estimate)),
    }
    return Result(
        method="leave_one_out",
        estimate=estimate,
        inference="none",
        diagnostics=diagnostics,
        tables={"left_out": table},
    )


def donor_pools(panel: Panel, pools: Mapping[str, Sequence[Any]], spec: Spec | None = None) -> pd.DataFrame:
    """The same synthetic control, with placebos, on several donor pools.

    Returns:
        pool, donors, estimate, pre_rmspe, p: one row a pool, in the order given.
    """
    rows = []
    for name, donors in pools.items():
        result = in_space(panel, spec, donors=donors)
        rows.append(
            (name, result.diagnostics["placebo_count"], result.estimate, result.diagnostics["pre_rmspe"], result.p)
        )
    return pd.DataFrame(rows, columns=["pool", "donors", "estimate", "pre_rmspe", "p"])


def nearest_donors(panel: Panel, most: int) -> list[Any]:
    """The donors closest to the treated unit in outcome before treatment, by root mean squared distance.

    A hundred donors fit a handful of periods exactly and by chance; a pool of units that resemble the treated one
    does not.
    """
    date = panel.single_date("donor choice")
    if len(panel.treated_units) > 1:
        raise MethodError(
            "donor choice takes one treated unit",
            reason="one_treated_only",
            values={"treated_units": len(panel.treated_units)},
        )
    values = panel.wide().to_numpy()[:, panel.times < date]
    treated = panel.first_treated.to_numpy() != NEVER
    distance = ((values[~treated] - values[treated]) ** 2).mean(axis=1)
    return [panel.controls[i] for i in np.argsort(distance, kind="stable")[:most]]


def _until(panel: Panel, end: int, date: int) -> Panel:
    """The panel up to `end`, with its treated units treated from `date`."""
    earlier = panel.with_treated(dict.fromkeys(panel.treated_units, date))
    return earlier.only(end=end)


def _row(board: Board, treated: bool, found: Solution) -> dict[str, Any]:
    return {
        "unit": found.unit,
        "treated": treated,
        "gap": float(found.gap[~board.pre].mean()),
        "pre_rmspe": found.pre_rmspe,
        "post_rmspe": found.post_rmspe,
        "ratio": found.ratio,
    }


def _rank(values: np.ndarray) -> float:
    """Share of values at least as high as the first."""
    return float((values >= values[0]).mean())


def _filtered(table: pd.DataFrame, factor: float) -> dict[str, float]:
    kept = table[table["pre_rmspe"] ** 2 <= factor * table["pre_rmspe"].iloc[0] ** 2]
    return {"factor": factor, "units": len(kept), "p": _rank(kept["ratio"].to_numpy())}
