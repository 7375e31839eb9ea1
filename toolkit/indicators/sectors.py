"""Sectors of a municipality: what it specialises in, once a table of local units by sector is there.

The table is `local_units_sector`: `istat_code, year, sector, item (local_units | persons_employed), value, unit, flag`,
`sector` an ATECO section (A–U) or division. Cells of one or two local units are `confidential`: their sector has no
quotient, and what would let it be found by subtraction is not printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from toolkit.contract import ABSENT
from toolkit.errors import DataError
from toolkit.indicators.regional import hachman, herfindahl, krugman
from toolkit.indicators.sums import aggregate

TABLE = "local_units_sector"
COLUMNS = ("istat_code", "year", "sector", "item", "value", "unit", "flag")


@dataclass(frozen=True)
class Profile:
    """Sectors of a territory against a reference in one year.

    Attributes:
        year: the latest of the table.
        table: one row a sector: `sector`, `value`, `share` (percent of the territory), `reference` (percent of the
            reference), `lq` (location quotient), `units` (local units), `low` and `high` (what the quotient could be by
            chance in so few local units, see `chance`), `flag`. Where one sector is suppressed, shares and quotients of
            the others are absent too: the total would give it away.
        krugman: Σ|s − r| against the reference, 0–2; NaN where a sector is absent.
        hachman: 0–1, 1 = the mix of the reference; NaN likewise.
        herfindahl: Σ s², raw; NaN likewise.
    """

    year: int
    table: pd.DataFrame
    krugman: float
    hachman: float
    herfindahl: float


def profile(
    sectors: pd.DataFrame, members: Sequence[str], reference: Sequence[str], *, item: str = "persons_employed"
) -> Profile:
    """What a territory is made of, against a reference.

    Args:
        sectors: the table, as above.
        members: codes of the territory.
        reference: codes of the reference territory, which contains it.
        item: `persons_employed` or `local_units`.

    Raises:
        DataError: a column is missing, an item that is not in the table, or a territory outside of its reference.

    Example: 30 and 70 here, 10 and 90 in the reference: quotients 3 and 0.78, Krugman 0.4. With 4 local units in the
    first sector, its quotient lies between 0.82 and 7.7.
    """
    missing = [column for column in COLUMNS if column not in sectors]
    if missing:
        raise DataError(f"no column {', '.join(missing)}", where=TABLE, allowed=list(COLUMNS))
    if not set(members) <= set(reference):
        raise DataError("the territory is not inside its reference: no quotient is defined")
    rows = sectors[sectors["item"] == item]
    if not len(rows):
        raise DataError(f"no rows of '{item}'", where=TABLE, allowed=sorted(set(sectors["item"])))
    year = int(rows["year"].max())
    rows = rows[rows["year"] == year].drop(columns=["year", "item"])
    summed = aggregate(rows, {"own": tuple(members), "reference": tuple(reference)})
    own, whole = (summed[summed["territory"] == key].set_index("sector") for key in ("own", "reference"))
    whole = whole.reindex(own.index)
    here, there = own["value"].astype(float), whole["value"].astype(float)
    share, base = (100.0 * part / part.sum(skipna=False) for part in (here, there))
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = (share / base).where(base > 0)
    table = pd.DataFrame(
        {
            "sector": own.index.astype(str),
            "value": here.to_numpy(),
            "share": share.to_numpy(),
            "reference": base.to_numpy(),
            "lq": quotient.to_numpy(),
            "flag": own["flag"].astype(str).to_numpy(),
        }
    )
    table = table.assign(**_bounds(sectors[sectors["year"] == year], members, reference, table))
    known = not (table["flag"].isin(list(ABSENT)).any() or base.isna().any())
    return Profile(
        year,
        table.sort_values(["lq", "sector"], ascending=[False, True], ignore_index=True),
        krugman(here, there) if known else float("nan"),
        hachman(here, there) if known else float("nan"),
        herfindahl(here) if known else float("nan"),
    )


def chance(units: np.ndarray, *, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Between how many local units a count lies if it is drawn by chance: exact interval of a Poisson count.

    From χ²(α/2; 2n)/2 to χ²(1 − α/2; 2n + 2)/2; from 0 for none. Garwood, Fiducial limits for the Poisson distribution,
    Biometrika 28 (1936).

    Example: 4 local units: from 1.09 to 10.24.
    """
    n, tail = np.asarray(units, dtype=float), (1.0 - confidence) / 2.0
    low = np.where(n > 0, stats.chi2.ppf(tail, 2.0 * n) / 2.0, 0.0)
    return low, np.asarray(stats.chi2.ppf(1.0 - tail, 2.0 * n + 2.0) / 2.0)


def _bounds(
    rows: pd.DataFrame, members: Sequence[str], reference: Sequence[str], table: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Local units by sector, and the quotients that chance in their number allows; NaN where they are not known.

    A sector's units are taken to be of its mean size here, or in the reference where there are none: what one large
    unit adds is not in it, so the true margin is not smaller.
    """
    blank = np.full(len(table), np.nan)
    counted = rows[rows["item"] == "local_units"].drop(columns=["year", "item"])
    if not len(counted):
        return {"units": blank, "low": blank, "high": blank}
    summed = aggregate(counted, {"own": tuple(members), "reference": tuple(reference)})
    own, whole = (
        summed[summed["territory"] == key].set_index("sector")["value"].reindex(table["sector"]).to_numpy(dtype=float)
        for key in ("own", "reference")
    )
    people = rows[(rows["item"] == "persons_employed") & rows["istat_code"].isin(list(reference))]
    everybody = people.groupby("sector")["value"].sum(min_count=1).reindex(table["sector"]).to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(
            own > 0, table["lq"] / own, everybody / whole / table["value"].sum() / (table["reference"] / 100)
        )
    low, high = chance(own)
    return {"units": own, "low": low * one, "high": high * one}
