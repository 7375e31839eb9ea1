"""Which open calls first: a weighted score with every contribution shown, and how far the order rests on the
weights."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pandas as pd

from toolkit.errors import ParameterError
from toolkit.pnrr.days import records

CRITERIA = ("fit", "amount", "time", "accessibility")
"""fit: with the needs the benchmark found. amount: over the largest of the calls compared. time: days left over the
days
that preparing takes. accessibility: score of the call. All between 0 and 1; NaN where not known."""

EQUAL = dict.fromkeys(CRITERIA, 0.25)
PREPARATION = 30.0
"""Days that preparing an application is taken to need: with as many days left, time scores 1."""


def criteria(
    open_now: pd.DataFrame,
    amounts: Mapping[str, float],
    fit: Mapping[str, float],
    accessibility: Mapping[str, float],
    record: pd.DataFrame | None = None,
    *,
    preparation: float = PREPARATION,
) -> pd.DataFrame:
    """Criteria of each open call.

    Args:
        open_now: result of `open_calls`.
        amounts: call → EUR that the municipality could get.
        fit: topic → fit with its needs (0–1).
        accessibility: call → score (0–1).
        record: result of `extension_record` by the day: how often deadlines of the programme were moved.
        preparation: days of preparation.

    Returns:
        `call`, `topic`, `days_left`, `amount_eur`, the criteria, and what to expect of the deadline: `extended_share`
        (of the programme's calls seen open) and `extended_days` (median of those extended).
    """
    most = max((value for value in amounts.values() if value == value), default=float("nan"))
    rows = []
    for call in records(open_now):
        name, days = call["call"], float(call["days_left"])
        amount = float(amounts.get(name, float("nan")))
        standing = call["status"] == "standing"
        rows.append(
            {
                "call": name,
                "topic": call["topic"],
                "days_left": days,
                "amount_eur": amount,
                "fit": float(fit.get(call["topic"], float("nan"))),
                "amount": amount / most if most else float("nan"),
                "time": 1.0 if standing else min(days / preparation, 1.0) if days == days else float("nan"),
                "accessibility": float(accessibility.get(name, float("nan"))),
            }
            | _expected(record, call["programme"])
        )
    columns = ["call", "topic", "days_left", "amount_eur", *CRITERIA, "extended_share", "extended_days"]
    return pd.DataFrame(rows, columns=columns)


def _expected(record: pd.DataFrame | None, programme: str) -> dict[str, float]:
    same = record[record["programme"] == programme] if record is not None and len(record) else pd.DataFrame()
    if same.empty:
        return {"extended_share": float("nan"), "extended_days": float("nan")}
    moved = same[same["extensions"] > 0]
    return {"extended_share": len(moved) / len(same), "extended_days": float(moved["days_extended"].median())}


def rank(scored: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Order of the calls under weights.

    What is known of a call adds up to `low`; criteria that are not known could add up to `high`. The score is the
    middle, so that not knowing neither lifts a call nor sinks it.

    Args:
        scored: result of `criteria`.
        weights: criterion → weight, any scale; default equal.

    Returns:
        `rank`, `call`, `score`, `low`, `high` (0–1), one `contribution_…` a criterion (weight × value over the sum of
        weights; they add up to `low`; NaN: not known) and `not_known` (criteria joined by ";"). Ties are ordered by
        call.

    Raises:
        ParameterError: an unknown criterion, a negative weight, or no weight at all.
    """
    used = _weights(weights)
    values = scored[list(used)]
    share = pd.Series(used) / sum(used.values())
    contributions = values.mul(share, axis=1)
    out = pd.DataFrame({"call": scored["call"], "low": contributions.sum(axis=1)})
    out["high"] = values.fillna(1.0).mul(share, axis=1).sum(axis=1)
    out.insert(1, "score", (out["low"] + out["high"]) / 2)
    for name in used:
        out[f"contribution_{name}"] = contributions[name]
    out["not_known"] = [";".join(name for name in used if row[name]) for row in records(values.isna())]
    out = out.sort_values(["score", "call"], ascending=[False, True]).reset_index(drop=True)
    out.insert(0, "rank", range(1, len(out) + 1))
    return out


def sensitivity(
    scored: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    factors: tuple[float, ...] = (0.5, 1.0, 2.0),
) -> pd.DataFrame:
    """How far the order depends on the weights: every weight halved, kept or doubled, in all combinations.

    Returns:
        `call`, `rank`, `best`, `worst`, `first_share` (of the combinations in which it is first), `orders`
        (combinations).
    """
    used = _weights(weights)
    base = rank(scored, used)
    tried = [
        rank(scored, {name: used[name] * factor for name, factor in zip(used, chosen, strict=True)}).set_index("call")[
            "rank"
        ]
        for chosen in product(factors, repeat=len(used))
    ]
    table = pd.DataFrame(tried)
    return pd.DataFrame(
        {
            "call": base["call"],
            "rank": base["rank"],
            "best": [int(table[call].min()) for call in base["call"]],
            "worst": [int(table[call].max()) for call in base["call"]],
            "first_share": [float((table[call] == 1).mean()) for call in base["call"]],
            "orders": len(tried),
        }
    )


def _weights(weights: Mapping[str, float] | None) -> dict[str, float]:
    used = dict(EQUAL if weights is None else weights)
    unknown = sorted(set(used) - set(CRITERIA))
    if unknown:
        raise ParameterError(f"unknown criterion {unknown[0]!r}", where="weights", allowed=CRITERIA)
    wrong = [name for name, weight in used.items() if not 0 <= weight < float("inf")]
    if wrong:
        raise ParameterError(f"weight {used[wrong[0]]} of {wrong[0]}", where="weights", allowed="zero or more")
    if not sum(used.values()):
        raise ParameterError("no weight is above zero", where="weights", allowed="at least one criterion above zero")
    return used
