"""Who pays and who gains: sharing rules for a cost, a fund or a benefit, and how unequal what comes out is.

All amounts are of one currency and one year; results keep the order and the labels of what was given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import pairwise
from math import factorial

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

LARGEST_GAME = 16
"""Players beyond which all 2ⁿ coalitions are not tried."""


def proportional(amount: float, weights: pd.Series) -> pd.Series:
    """Shares in proportion to weights: amount × wᵢ / Σ w.

    Args:
        amount: what is shared, not negative.
        weights: residents, hectares, persons employed … by member.

    Raises:
        MethodError: a negative or absent number, no weight at all.

    Example: 100 by 1 and 3: 25 and 75.
    """
    amount, base = _amount(amount), _positive(weights)
    if not base.sum():
        raise MethodError("nothing to share by: all weights are zero")
    return pd.Series(amount * base / base.sum(), weights.index)


def constrained_equal_awards(amount: float, claims: pd.Series) -> pd.Series:
    """All get the same, but nobody more than the claim: min(cᵢ, λ) with Σ = amount.

    Raises:
        MethodError: a negative or absent number, more to share than is claimed.

    Example: 200 among claims of 100, 200, 300: 66.67 each. Thomson (2003).
    """
    amount, wanted = _claimed(amount, claims)
    return pd.Series(_levelled(amount, wanted), claims.index)


def constrained_equal_losses(amount: float, claims: pd.Series) -> pd.Series:
    """All lose the same, but nobody more than the claim: max(0, cᵢ − λ) with Σ = amount.

    Raises:
        MethodError: a negative or absent number, more to share than is claimed.

    Example: 200 among claims of 100, 200, 300: 0, 50, 150. Thomson (2003).
    """
    amount, wanted = _claimed(amount, claims)
    return pd.Series(wanted - _levelled(wanted.sum() - amount, wanted), claims.index)


def talmud(amount: float, claims: pd.Series) -> pd.Series:
    """Equal awards up to half of each claim, equal losses above: the nucleolus of the bankruptcy game.

    Raises:
        MethodError: a negative or absent number, more to share than is claimed.

    Example: claims of 100, 200, 300; 200 gives 50, 75, 75; 300 gives 50, 100, 150. Aumann and Maschler (1985).
    """
    amount, wanted = _claimed(amount, claims)
    half, total = wanted / 2, wanted.sum()
    if amount <= total / 2:
        return pd.Series(_levelled(amount, half), claims.index)
    return pd.Series(wanted - _levelled(total - amount, half), claims.index)


def shapley(players: Iterable[Hashable], worth: Callable[[frozenset[Hashable]], float]) -> pd.Series:
    """Mean of what each adds to those already there, over all orders of arrival.

    φᵢ = Σ over S without i of |S|! (n − |S| − 1)! / n! × (v(S ∪ {i}) − v(S)).

    Args:
        players: at most 16, all different.
        worth: value (or cost) of a coalition; that of nobody is 0.

    Raises:
        MethodError: no player, one named twice, more than 16, a coalition of nobody that is worth something.

    Example: one right and two left gloves, a pair is worth 1: 1/6, 1/6 to the left, 2/3 to the right. Shapley (1953).
    """
    names = list(players)
    if not names or len(set(names)) != len(names) or len(names) > LARGEST_GAME:
        raise MethodError(f"a game needs 1 to {LARGEST_GAME} different players, not {len(names)}")
    values = np.empty(1 << len(names))
    for members in range(1 << len(names)):
        values[members] = worth(frozenset(name for bit, name in enumerate(names) if members >> bit & 1))
    if values[0]:
        raise MethodError(f"nobody is worth {values[0]:g}: the coalition of nobody must be worth 0")
    n, size = len(names), np.array([members.bit_count() for members in range(1 << len(names))])
    weight = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    found = []
    for bit in range(n):
        without = np.flatnonzero(~np.arange(1 << n) >> bit & 1)
        found.append(float((weight[size[without]] * (values[without | 1 << bit] - values[without])).sum()))
    return pd.Series(found, names)


def airport(costs: pd.Series) -> pd.Series:
    """Shapley value of a shared facility: each step of cost is split among those who need at least that much.

    Args:
        costs: what the facility would cost for each member alone.

    Raises:
        MethodError: a negative or absent number.

    Example: 8, 11, 13, 18: 2, 3, 4, 9. Littlechild and Owen (1973).
    """
    wanted = _positive(costs)
    order = np.argsort(wanted, kind="stable")
    steps = np.diff(wanted[order], prepend=0.0) / np.arange(len(wanted), 0, -1)
    return pd.Series(np.cumsum(steps)[np.argsort(order)], costs.index)


def lorenz(amounts: pd.Series, weights: pd.Series | None = None) -> pd.DataFrame:
    """Lorenz curve: cumulated share of the amounts against cumulated share of the weights, least per weight first.

    Args:
        amounts: by member, not negative.
        weights: residents, hectares … by the same members; each counts one where not given.

    Returns:
        DataFrame[weight, amount], from (0, 0) to (1, 1); one row more than there are members.

    Raises:
        MethodError: a negative or absent number, other members, a member of no weight, nothing at all.
    """
    top = _positive(amounts)
    base = np.ones(len(top)) if weights is None else _positive(weights)
    if weights is not None and not amounts.index.equals(weights.index):
        raise MethodError("amounts and weights are of different members")
    if not top.sum() or not (base > 0).all():
        raise MethodError("a Lorenz curve needs something to share, and members that weigh something")
    order = np.argsort(top / base, kind="stable")
    curves = {"weight": base[order], "amount": top[order]}
    return pd.DataFrame({name: [0.0, *np.cumsum(part) / part.sum()] for name, part in curves.items()})


def gini(amounts: pd.Series, weights: pd.Series | None = None) -> float:
    """Gini coefficient: one less twice the area under the Lorenz curve; 0 where each weight has the same.

    Raises:
        MethodError: as `lorenz`.

    Example: 1, 2, 3, 4: 0.25.
    """
    curve = lorenz(amounts, weights)
    steps = zip(pairwise(curve["weight"]), pairwise(curve["amount"]), strict=True)
    return float(1 - sum((right - left) * (low + high) for (left, right), (low, high) in steps))


def net_positions(paid: Mapping[str, float] | pd.Series, received: Mapping[str, float] | pd.Series) -> pd.Series:
    """What each member receives less what it pays, of the same total: positive gains, negative pays for others.

    Raises:
        MethodError: other members, or totals that differ: the difference would be money from nowhere.
    """
    out, back = pd.Series(paid, dtype=float), pd.Series(received, dtype=float)
    if set(out.index) != set(back.index):
        raise MethodError("what is paid and what is received are of different members")
    if not np.isclose(out.sum(), back.sum()):
        raise MethodError(f"{out.sum():,.2f} is paid and {back.sum():,.2f} received: the two must be equal")
    return back[out.index] - out


def exchange(amount: float, paid_by: pd.Series, given_by: pd.Series) -> pd.DataFrame:
    """An amount paid in proportion to one quantity and given back in proportion to another.

    Args:
        amount: what goes round.
        paid_by: burden by member (hectares of consumed soil …); members without both quantities are left out.
        given_by: benefit by member (persons employed …).

    Returns:
        DataFrame[istat_code, paid, given, net], who gains most first; none where fewer than two members have both.

    Raises:
        MethodError: a negative number, nothing to share by.
    """
    both = pd.concat([paid_by, given_by], axis=1, keys=["paid", "given"]).dropna()
    if len(both) < 2:
        return pd.DataFrame(columns=["istat_code", "paid", "given", "net"])
    shares = both.apply(lambda weights: proportional(amount, weights)).assign(
        net=lambda row: row["given"] - row["paid"]
    )
    return shares.sort_values("net", ascending=False).rename_axis("istat_code").reset_index()


def _levelled(amount: float, limits: np.ndarray) -> np.ndarray:
    """min(limitᵢ, λ), λ such that they sum to the amount."""
    order = np.sort(limits)
    kept = np.concatenate([[0.0], np.cumsum(order)])
    for filled, limit in enumerate(order):
        level = (amount - kept[filled]) / (len(order) - filled)
        if level <= limit:
            return np.minimum(limits, level)
    return limits


def _claimed(amount: float, claims: pd.Series) -> tuple[float, np.ndarray]:
    amount, wanted = _amount(amount), _positive(claims)
    if amount > wanted.sum() and not np.isclose(amount, wanted.sum()):
        raise MethodError(
            f"{amount:,.2f} is more than the {wanted.sum():,.2f} claimed", allowed="share what is claimed"
        )
    return min(amount, float(wanted.sum())), wanted


def _amount(amount: float) -> float:
    if not np.isfinite(amount) or amount < 0:
        raise MethodError(f"{amount} cannot be shared", allowed="a finite amount that is not negative")
    return float(amount)


def _positive(values: pd.Series) -> np.ndarray:
    numbers = values.to_numpy(dtype=float)
    bad = ~np.isfinite(numbers) | (numbers < 0)
    if bad.any() or not len(numbers):
        named = ", ".join(f"{label} = {value}" for label, value in values[bad].items())
        raise MethodError(f"members need finite numbers that are not negative: {named or 'there is none'}")
    return numbers
