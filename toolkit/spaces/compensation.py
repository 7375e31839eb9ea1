"""Compensation of land take and other externalities: what is taken, what is given back, never in one number by default.

No official coefficient is known (the metropolitan strategy's formula was not found): every price is the user's own,
with its source.
"""

from __future__ import annotations

import pandas as pd

from toolkit.errors import MethodError

KINDS = {"money": "EUR", "land": "m2", "rights": "m2_of_floor", "soil_quota": "m2", "ecosystem": "m2"}
"""The five kinds of contribution, with the unit in which each is given."""
TOTAL = "total"


def balance(contributions: pd.DataFrame) -> pd.DataFrame:
    """What each member gives, kind by kind, and in EUR only where all it gives has a declared price.

    Args:
        contributions: DataFrame[istat_code, kind, amount, price_eur, price_source]; `kind` is one of `KINDS`, `amount`
            in its unit, `price_eur` EUR a unit (absent where nobody declared one; money is worth itself).

    Returns:
        DataFrame by istat_code: a column for each kind given, in its own unit, and `eur` (absent where a price is
        missing); the last row, `total`, is the sum.

    Raises:
        MethodError: no contribution, a kind that is not known, a negative or absent amount, a price without a source.
    """
    odd = sorted(set(contributions["kind"]) - set(KINDS))
    if odd or contributions.empty:
        raise MethodError(f"{odd[0]!r} is no kind of contribution" if odd else "no contribution", allowed=list(KINDS))
    if not (contributions["amount"] >= 0).all():
        raise MethodError("a contribution has an amount that is absent or negative")
    money = contributions["kind"] == "money"
    price = contributions["price_eur"].astype(float).mask(money, 1.0)
    unnamed = price.notna() & ~money & (contributions["price_source"].fillna("").str.strip() == "")
    if unnamed.any():
        raise MethodError(f"the price of {contributions.loc[unnamed, 'kind'].iloc[0]} has no source")
    members = pd.Index(contributions["istat_code"].unique(), name="istat_code")
    wide = contributions.pivot_table(index="istat_code", columns="kind", values="amount", aggfunc="sum")
    wide = wide.reindex(members)[[kind for kind in KINDS if kind in wide]]
    worth = (contributions["amount"] * price).groupby(contributions["istat_code"])
    wide["eur"] = worth.sum().where(worth.count() == worth.size()).reindex(members)
    total = wide.sum().where(wide.notna().any())
    total["eur"] = wide["eur"].sum(skipna=False)
    wide.columns.name = None
    return pd.concat([wide, total.to_frame(TOTAL).T]).rename_axis("istat_code")
