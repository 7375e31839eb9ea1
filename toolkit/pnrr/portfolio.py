"""Which calls together: the choice worth most within limits of own money, staff time and projects at once, exactly.

A 0–1 knapsack with several limits, solved by branch and bound (scipy.optimize.milp, HiGHS). Limits come from the user:
without any there is no portfolio. What the next unit of a limit would add is found by solving again with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum

import numpy as np
import pandas as pd
from scipy import optimize

from toolkit.errors import MethodError, ParameterError

LIMITS = ("own_money", "staff_days", "projects")
"""own_money: EUR; staff_days: working days; projects: at the same time. Each candidate uses one of `projects`."""

STATUSES = ("solved", "no_limits", "no_candidates", "infeasible")
LEFT_OUT = ("value_not_known", "own_money_not_known", "staff_days_not_known", "alone_over_limit", "not_chosen")
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Knapsack:
    """Items taken (positions in the input), their value and weight."""

    taken: tuple[int, ...]
    value: float
    weight: float


@dataclass(frozen=True)
class Portfolio:
    """A choice and what surrounds it.

    Attributes:
        status: one of `STATUSES`.
        chosen: candidates taken, sorted by call.
        left_out: `call`, `reason` (one of `LEFT_OUT`), `value`, `loss_if_forced` (what the whole would lose by taking
        it, NaN
            where it cannot be taken).
        value: of the choice, EUR.
        used: limit → use.
        spare: limit → what is left.
        next_unit: `limit`, `gain` (EUR that one more unit adds), `next_step` (units needed for anything to be added,
        NaN:
            no amount helps), `next_gain` (EUR added then).
        broken: for an infeasible case, limit → how much the required candidates exceed it.
    """

    status: str
    chosen: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    value: float = 0.0
    used: Mapping[str, float] = field(default_factory=dict)
    spare: Mapping[str, float] = field(default_factory=dict)
    next_unit: pd.DataFrame = field(default_factory=pd.DataFrame)
    broken: Mapping[str, float] = field(default_factory=dict)


def knapsack(
    values: Sequence[float], weights: Sequence[float] | Sequence[Sequence[float]], capacity: float | Sequence[float]
) -> Knapsack:
    """The 0–1 knapsack: items of largest total value within one capacity, or within any number of them.

    Args:
        values: of each item, zero or more.
        weights: of each item, zero or more, same length; with several capacities, one such row for each.
        capacity: zero or more; one, or a list of them.

    Returns:
        The items; `weight` is that on the first capacity.

    Raises:
        ParameterError: lengths that differ, a negative or absent number.

    Example: values 60, 100, 120, weights 10, 20, 30, capacity 50: items 1 and 2, value 220.
    """
    gain, room = np.asarray(values, dtype=float), np.atleast_1d(np.asarray(capacity, dtype=float))
    weight = np.atleast_2d(np.asarray(weights, dtype=float))
    if gain.ndim != 1 or weight.shape != (len(room), len(gain)):
        raise ParameterError(
            f"{gain.size} values, {len(room)} capacities and weights of shape {weight.shape}",
            where="knapsack",
            allowed="one weight an item, and one row of them a capacity",
        )
    _numbers({"values": gain, "weights": weight.ravel(), "capacity": room})
    taken = _solve(gain, weight, room)
    if taken is None:
        raise MethodError("the solver found no choice", where="knapsack")
    return Knapsack(tuple(int(i) for i in taken), fsum(gain[taken]), fsum(weight[0][taken]))


def choose(candidates: pd.DataFrame, limits: Mapping[str, float | None]) -> Portfolio:
    """The candidates worth most within the limits.

    Args:
        candidates: `call`, `value` (EUR), `own_money` (EUR), `staff_days`; optional `required` (must be taken),
        `exclusive` (at
            most one of those with the same text, "" for none). NaN is not known.
        limits: `own_money`, `staff_days`, `projects`; None or absent: not limited.

    Returns:
        A `Portfolio`. Candidates whose value, or whose use of a limited thing, is not known are left out and named.

    Raises:
        ParameterError: an unknown or negative limit, a negative number, a call given twice.
    """
    bounds = _limits(limits)
    if not bounds:
        return Portfolio("no_limits")
    rows = candidates.sort_values("call").reset_index(drop=True)
    if rows["call"].duplicated().any():
        raise ParameterError(
            f"{rows.loc[rows['call'].duplicated(), 'call'].iloc[0]} is given twice", where="candidates"
        )
    use = _use(rows, bounds)
    _numbers({"value": rows["value"].dropna().to_numpy(float), **{k: v[~np.isnan(v)] for k, v in use.items()}})
    reasons = _reasons(rows, use, bounds)
    required = _flags(rows, "required")
    broken = _broken(rows, use, bounds, required, reasons)
    if broken:
        return Portfolio("infeasible", left_out=_left(rows, reasons, {}), broken=broken)
    # a candidate that is alone over a limit stays in the problem: one more unit may let it in
    usable = np.flatnonzero(np.isin(reasons, ["", "alone_over_limit"]))
    if not len(usable):
        return Portfolio("no_candidates", left_out=_left(rows, reasons, {}))
    uses = {name: amount[usable] for name, amount in use.items()}
    problem = _Problem(rows.iloc[usable].reset_index(drop=True), uses, bounds, required[usable])
    taken = problem.best()
    if taken is None:
        return Portfolio("infeasible", left_out=_left(rows, reasons, {}), broken={"exclusive": 1.0})
    value = problem.value(taken)
    losses = {
        usable[i]: problem.loss_if_forced(i, value) for i in sorted(set(range(len(usable))) - set(taken.tolist()))
    }
    reasons[[i for i in losses if reasons[i] == ""]] = "not_chosen"
    used = {name: fsum(problem.use[name][taken]) for name in bounds}
    return Portfolio(
        "solved" if len(taken) else "no_candidates",
        chosen=problem.rows.iloc[taken].reset_index(drop=True),
        left_out=_left(rows, reasons, losses),
        value=value,
        used=used,
        spare={name: bounds[name] - used[name] for name in bounds},
        next_unit=pd.DataFrame([problem.next_unit(name, value) for name in bounds]),
    )


@dataclass(frozen=True)
class _Problem:
    """Candidates that can be taken at all, with their uses and limits."""

    rows: pd.DataFrame
    use: Mapping[str, np.ndarray]
    bounds: Mapping[str, float]
    required: np.ndarray

    def value(self, taken: np.ndarray) -> float:
        return fsum(self.rows["value"].to_numpy(float)[taken])

    def best(self, bounds: Mapping[str, float] | None = None, forced: int | None = None) -> np.ndarray | None:
        """Positions of the best choice; ties use least of the limits, then the first calls."""
        limits = dict(bounds or self.bounds)
        lower = self.required.astype(float)
        if forced is not None:
            lower[forced] = 1.0
        gain = self.rows["value"].to_numpy(float)
        matrix = np.vstack([self.use[name] for name in limits])
        room = np.asarray(list(limits.values()))
        taken = _solve(gain, matrix, room, lower, self._exclusive())
        if taken is None or forced is not None or bounds is not None:
            return taken
        scale = np.where(room > 0, room, 1.0)[:, None]
        cost = (matrix / scale).sum(axis=0) + 1e-6 * np.arange(len(gain)) / max(len(gain), 1)
        again = _solve(-cost, matrix, room, lower, self._exclusive(), least=(gain, fsum(gain[taken])))
        kept = again is not None and fsum(gain[again]) >= fsum(gain[taken]) * (1 - _TOLERANCE)
        return again if kept else taken

    def loss_if_forced(self, position: int, value: float) -> float:
        taken = self.best(forced=position)
        return float("nan") if taken is None else max(value - self.value(taken), 0.0)

    def next_unit(self, name: str, value: float) -> dict[str, float | str]:
        """What one more unit of a limit adds, and how many units must be added before anything is."""
        more = self.best({**self.bounds, name: self.bounds[name] + 1.0})
        gain = max(self.value(more) - value, 0.0) if more is not None else 0.0
        others = {key: bound for key, bound in self.bounds.items() if key != name}
        free = self.best({**others, name: float(fsum(self.use[name])) + 1.0})
        reachable = self.value(free) if free is not None else value
        if reachable <= value + _TOLERANCE * max(value, 1.0):
            return {"limit": name, "gain": gain, "next_step": float("nan"), "next_gain": 0.0}
        step = self._smallest_use(name, others, value) - self.bounds[name]
        at_step = self.best({**self.bounds, name: self.bounds[name] + step})
        next_gain = self.value(at_step) - value if at_step is not None else float("nan")
        return {"limit": name, "gain": gain, "next_step": step, "next_gain": next_gain}

    def _smallest_use(self, name: str, others: Mapping[str, float], value: float) -> float:
        """Least use of one thing with which something worth more than `value` fits the other limits."""
        gain = self.rows["value"].to_numpy(float)
        worth = value + 1e-5 * float(gain.max())  # above what the solver's tolerance could let pass
        matrix = np.vstack([self.use[key] for key in others]) if others else np.zeros((0, len(gain)))
        room = np.asarray(list(others.values()))
        lower = self.required.astype(float)
        taken = _solve(-self.use[name], matrix, room, lower, self._exclusive(), least=(gain, worth))
        return float("nan") if taken is None else fsum(self.use[name][taken])

    def _exclusive(self) -> np.ndarray:
        """One row a set of calls of which at most one may be taken."""
        if "exclusive" not in self.rows:
            return np.zeros((0, len(self.rows)))
        names = self.rows["exclusive"].fillna("").astype(str)
        sets = [name for name, count in names[names != ""].value_counts().sort_index().items() if count > 1]
        return np.vstack([np.zeros((0, len(names))), *[(names == name).to_numpy(float) for name in sets]])


def _solve(
    gain: np.ndarray,
    matrix: np.ndarray,
    room: np.ndarray,
    lower: np.ndarray | None = None,
    exclusive: np.ndarray | None = None,
    least: tuple[np.ndarray, float] | None = None,
) -> np.ndarray | None:
    """Positions that maximise `gain` within `matrix @ x <= room`; None where nothing fits.

    The solver's tolerance lets a limit be passed by a hair: such a choice is excluded and the problem solved again.
    """
    n = len(gain)
    if n == 0:
        return np.zeros(0, dtype=int)
    scale = np.maximum(np.abs(matrix).max(axis=1, initial=0.0), 1e-12)[:, None]
    parts = [optimize.LinearConstraint(matrix / scale, ub=room / scale[:, 0])] if len(room) else []
    if exclusive is not None and len(exclusive):
        parts.append(optimize.LinearConstraint(exclusive, ub=1.0))
    if least is not None:
        worth = max(float(np.abs(least[0]).max()), 1e-12)
        parts.append(optimize.LinearConstraint(least[0] / worth, lb=(least[1] - 1e-7 * max(least[1], 0.0)) / worth))
    objective = -gain * (1e6 / max(float(np.abs(gain).max()), 1e-12))  # the solver's gap is absolute, 1e-6
    bounds = optimize.Bounds(lower if lower is not None else np.zeros(n), np.ones(n))
    while True:
        found = optimize.milp(
            objective, constraints=parts, integrality=np.ones(n), bounds=bounds, options={"mip_rel_gap": 0.0}
        )
        if found.x is None:
            return None
        taken = np.flatnonzero(found.x > 0.5)
        use = [fsum(row[taken]) for row in matrix]
        if all(u <= r + _TOLERANCE * max(abs(r), 1.0) for u, r in zip(use, room, strict=True)):
            return taken
        cut = np.zeros(n)
        cut[taken] = 1.0
        parts.append(optimize.LinearConstraint(cut, ub=len(taken) - 1.0))


def _limits(limits: Mapping[str, float | None]) -> dict[str, float]:
    unknown = sorted(set(limits) - set(LIMITS))
    if unknown:
        raise ParameterError(f"unknown limit {unknown[0]!r}", where="limits", allowed=LIMITS)
    bounds = {name: float(bound) for name in LIMITS if (bound := limits.get(name)) is not None}
    for name, bound in bounds.items():
        if not 0 <= bound < float("inf"):
            raise ParameterError(f"limit {name} is {bound}", where="limits", allowed="zero or more; blank for no limit")
    return bounds


def _use(rows: pd.DataFrame, bounds: Mapping[str, float]) -> dict[str, np.ndarray]:
    one = np.ones(len(rows))
    return {name: one if name == "projects" else rows[name].to_numpy(float) for name in bounds}


def _flags(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].fillna(False).to_numpy(bool) if name in rows else np.zeros(len(rows), dtype=bool)


def _reasons(rows: pd.DataFrame, use: Mapping[str, np.ndarray], bounds: Mapping[str, float]) -> np.ndarray:
    """Why a candidate cannot be taken at all; "" where it can."""
    reasons = np.full(len(rows), "", dtype=object)
    for name, amount in use.items():
        reasons[amount > bounds[name] + _TOLERANCE * max(bounds[name], 1.0)] = "alone_over_limit"
    for name, amount in use.items():
        reasons[np.isnan(amount)] = f"{name}_not_known"
    reasons[rows["value"].isna().to_numpy()] = "value_not_known"
    return reasons


def _broken(
    rows: pd.DataFrame,
    use: Mapping[str, np.ndarray],
    bounds: Mapping[str, float],
    required: np.ndarray,
    reasons: np.ndarray,
) -> dict[str, float]:
    """Limits that the required candidates exceed, and by how much; what is not known of one of them counts as
    broken."""
    out = {}
    for name in bounds:
        over = fsum(use[name][required & ~np.isnan(use[name])]) - bounds[name]
        if over > _TOLERANCE * max(bounds[name], 1.0):
            out[name] = over
    unknown = required & np.isin(reasons, ["value_not_known", "own_money_not_known", "staff_days_not_known"])
    if unknown.any():
        out[str(reasons[unknown][0])] = float("nan")
    return out


def _left(rows: pd.DataFrame, reasons: np.ndarray, losses: Mapping[int, float]) -> pd.DataFrame:
    out = pd.DataFrame({"call": rows["call"], "reason": reasons, "value": rows["value"]})
    out["loss_if_forced"] = [float(losses.get(i, float("nan"))) for i in range(len(rows))]
    return out[out["reason"] != ""].reset_index(drop=True)


def _numbers(columns: Mapping[str, np.ndarray]) -> None:
    for name, numbers in columns.items():
        wrong = ~(numbers >= 0) | np.isinf(numbers)
        if wrong.any():
            raise ParameterError(f"{numbers[wrong][0]} in {name}", where=name, allowed="numbers of zero or more")
