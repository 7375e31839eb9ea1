"""Regional science: specialisation, concentration, diversity of a territory's sectors.

Vectors are counts by sector (persons employed, local units …), one unit of count throughout: a Series by sector, or any
sequence in the same order. Two Series must have the same labels, and are matched on them. Shift-share is in
`shift_share.py`, economic complexity in `complexity.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

Vector: TypeAlias = pd.Series | np.ndarray | Sequence[float]


def location_quotient(local: float, local_total: float, reference: float, reference_total: float) -> float:
    """Location quotient of one sector: its share here over its share in the reference territory.

    LQ = (local / local_total) / (reference / reference_total); 1 = as present as in the reference.

    Raises:
        MethodError: a negative number, a part above its total, a total or a reference of zero.

    Example: 1,714 of 79,006 here, 879,213 of 15,593,224 in the reference: 0.38476. Farhauer and Kröll (2013).
    """
    numbers = np.array([local, local_total, reference, reference_total], dtype=float)
    if not np.isfinite(numbers).all() or (numbers < 0).any():
        raise MethodError(f"a location quotient needs finite numbers that are not negative, not {list(numbers)}")
    if local > local_total or reference > reference_total:
        raise MethodError("a sector cannot be larger than the total it is part of")
    if not (local_total and reference and reference_total):
        raise MethodError("a location quotient is not defined where the total or the reference is zero")
    return float((local / local_total) / (reference / reference_total))


def location_quotients(
    local: pd.Series | pd.DataFrame,
    reference: pd.Series | None = None,
    *,
    local_total: float | pd.Series | None = None,
    reference_total: float | None = None,
) -> pd.Series | pd.DataFrame:
    """Location quotients of all sectors, of one territory or of many.

    Args:
        local: counts by sector (Series), or territories × sectors (DataFrame).
        reference: counts by sector in the reference territory; for a DataFrame, the sum of its rows if not given.
        local_total, reference_total: published totals (by territory for a DataFrame), both of them, where sectors are
            suppressed: absent counts are then allowed, and their sectors have no quotient.

    Returns:
        Same shape and labels as `local`; NaN where the reference has nothing of the sector, or a count is suppressed.
        Weighted by the reference's shares, the quotients of a territory without suppressed sectors average 1.

    Raises:
        MethodError: negative or absent numbers, a territory with nothing, labels that differ, no reference, one total
            without the other, a total below the sum of its sectors.

    Example: 30 and 70 here, 10 and 90 in the reference: 3.0 and 0.778.
    """
    table = local.to_frame().T if isinstance(local, pd.Series) else local
    if reference is None and isinstance(local, pd.Series):
        raise MethodError("the location quotients of one territory need a reference")
    if (local_total is None) != (reference_total is None):
        raise MethodError("published totals come in pairs: local_total and reference_total")
    if local_total is not None and reference_total is not None:
        return _of_totals(local, table, reference, local_total, reference_total)
    counts = table_of(table)
    base = counts.sum(axis=0) if reference is None else paired(pd.Series(0.0, index=table.columns), reference)[1]
    if not base.sum() > 0 or (counts.sum(axis=1) <= 0).any():
        raise MethodError("a territory with nothing in any sector has no location quotients")
    share = counts / counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = np.where(base > 0, share / (base / base.sum()), np.nan)
    result = pd.DataFrame(quotients, index=table.index, columns=table.columns)
    return pd.Series(quotients[0], index=local.index, name=local.name) if isinstance(local, pd.Series) else result


def _of_totals(
    local: pd.Series | pd.DataFrame,
    table: pd.DataFrame,
    reference: pd.Series | None,
    local_total: float | pd.Series,
    reference_total: float,
) -> pd.Series | pd.DataFrame:
    """Quotients where suppressed sectors are absent: shares of published totals, never of the sum of what is shown."""
    if reference is None:
        raise MethodError("with published totals give the reference by sector too", hint="reference=…")
    if list(reference.index) != list(table.columns):
        reference = reference.reindex(table.columns)
    whole = pd.Series(local_total, index=table.index, dtype=float)
    counts, base = table.to_numpy(dtype=float), reference.to_numpy(dtype=float)
    for shown, totals in ((counts, whole.to_numpy()), (base[None, :], np.array([reference_total], dtype=float))):
        if np.isinf(shown).any() or (shown < 0).any() or not (np.isfinite(totals) & (totals > 0)).all():
            raise MethodError("counts must be finite and not negative, totals positive; suppressed counts are absent")
        if (np.nansum(shown, axis=1) > totals * (1 + 1e-9)).any():
            raise MethodError("a published total is below the sum of its sectors", hint="same unit, same year?")
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = np.where(base > 0, (counts / whole.to_numpy()[:, None]) / (base / reference_total), np.nan)
    if isinstance(local, pd.Series):
        return pd.Series(quotients[0], index=local.index, name=local.name)
    return pd.DataFrame(quotients, index=table.index, columns=table.columns)


def hachman(local: Vector, reference: Vector) -> float:
    """Hachman index of diversity: how far the structure is that of the reference, 0–1 (1 = identical).

    1 / Σ LQᵢ sᵢ = 1 / Σ sᵢ² / rᵢ, with s and r the shares here and in the reference. Hachman (1995).

    Raises:
        MethodError: as `krugman`, or a sector present here and absent from the reference (the index would be 0).

    Example: shares .5 and .5 against .25 and .75: 1 / (1 + 1/3) = 0.75.
    """
    here, there = (shares(v) for v in paired(local, reference))
    if ((there == 0) & (here > 0)).any():
        raise MethodError("a sector is present here and absent from the reference: the Hachman index is not defined")
    kept = there > 0
    return float(1.0 / (here[kept] ** 2 / there[kept]).sum())


def krugman(local: Vector, benchmark: Vector, *, halved: bool = False) -> float:
    """Krugman index of specialisation (sectors of two territories) or of concentration (two sectors over territories).

    K = Σ |sᵢ − bᵢ|, 0 (same structure) to 2 (nothing in common); `halved` gives 0–1, the share to be moved: the
    Hoover index. State the benchmark: `krugman_benchmark` builds the usual ones, which give different figures.
    Krugman (1991), Hoover (1936).

    Raises:
        MethodError: negative or absent numbers, all zero, unequal lengths or labels.

    Example: 20, 10, 70, 0, 0 against 0, 0, 0, 60, 40: 2.
    """
    here, there = (shares(v) for v in paired(local, benchmark))
    return float(np.abs(here - there).sum()) / (2.0 if halved else 1.0)


def krugman_benchmark(table: pd.DataFrame, territory: str, kind: str) -> pd.Series:
    """Structure to compare a territory with, as shares by sector that add up to 1.

    Args:
        table: territories × sectors.
        territory: row label.
        kind: `all` (all territories pooled, this one included), `rest` (the others pooled), `mean_of_all` or
            `mean_of_others` (plain mean of the territories' shares: each counts alike, however large).

    Raises:
        MethodError: unknown kind or territory, no other territory.
    """
    kinds = ("all", "rest", "mean_of_all", "mean_of_others")
    if kind not in kinds:
        raise MethodError(f"'{kind}' is not a benchmark", allowed=kinds)
    if territory not in table.index:
        raise MethodError(f"'{territory}' is not among the territories", allowed=list(table.index))
    table_of(table)
    chosen = table if kind in ("all", "mean_of_all") else table.drop(index=territory)
    if not len(chosen):
        raise MethodError("there is no other territory to compare with")
    if kind in ("all", "rest"):
        return pd.Series(shares(chosen.sum(axis=0)), index=table.columns)
    return chosen.div(chosen.sum(axis=1), axis=0).mean(axis=0)


def krugman_to_each(local: pd.Series, others: pd.DataFrame) -> float:
    """Mean of the Krugman indices of a territory against each of the others, one by one.

    Args:
        local: counts by sector.
        others: other territories × the same sectors.

    Returns:
        0–2; at least the index against `mean_of_others`, which is what R's REAT calls the index of several regions.

    Raises:
        MethodError: as `krugman`, or no other territory.
    """
    if not len(others):
        raise MethodError("there is no other territory to compare with")
    return float(np.mean([krugman(local, row) for _, row in others.iterrows()]))


def herfindahl(values: Vector, *, normalised: bool = False) -> float:
    """Herfindahl–Hirschman index of concentration: Σ sᵢ², from 1/n (all equal) to 1 (all in one).

    `normalised`: (H − 1/n) / (1 − 1/n), 0–1, n the number of sectors listed (zeros included: list them or not on
    purpose); a single sector gives 1.

    Raises:
        MethodError: negative or absent numbers, all zero.

    Example: 20, 50, 20, 10: 0.34, normalised 0.12. Hirschman (1964).
    """
    parts = shares(values)
    raw, n = float((parts**2).sum()), len(parts)
    if not normalised:
        return raw
    return 1.0 if n == 1 else (raw - 1.0 / n) / (1.0 - 1.0 / n)


def equivalent_number(values: Vector) -> float:
    """Number of equal sectors with the same Herfindahl index: 1 / Σ sᵢ². Example: 20, 50, 20, 10: 2.94."""
    return 1.0 / herfindahl(values)


def gini(values: Vector, *, normalised: bool = False) -> float:
    """Gini coefficient of a list: half the mean absolute difference over the mean, 0 to 1 − 1/n.

    `normalised`: times n / (n − 1), 0–1 whatever the length of the list; a single number gives 0.

    Raises:
        MethodError: negative or absent numbers, all zero.

    Example: 1, 1, 2, 4: 0.3125, normalised 0.4167.
    """
    x = np.sort(counts_of(values))
    n = len(x)
    raw = float(2.0 * (np.arange(1, n + 1) * x).sum() / (n * x.sum()) - (n + 1.0) / n)
    return raw * n / (n - 1.0) if normalised and n > 1 else raw


def gini_specialisation(local: Vector, reference: Vector, *, normalised: bool = False) -> float:
    """Gini coefficient of specialisation of a territory: the Gini of its location quotients, sectors counting alike.

    Raises:
        MethodError: as `krugman`, or a sector absent from the reference (no quotient).

    Example: 700, 600, 500, 10000, 40000 of 30000, 15000, 10000, 60000, 50000: 0.6222. Farhauer and Kröll (2013).
    """
    here, there = paired(local, reference)
    if (there == 0).any():
        raise MethodError("a sector is absent from the reference: its location quotient is not defined")
    return gini(shares(here) / shares(there), normalised=normalised)


def gini_concentration(sector: Vector, all_sectors: Vector, *, normalised: bool = False) -> float:
    """Gini coefficient of spatial concentration of a sector: as `gini_specialisation`, over territories.

    Args:
        sector: counts of the sector by territory.
        all_sectors: counts of all sectors by territory.

    Example: 500, 500, 1000, 7000, 1000 of 20000, 15000, 20000, 40000, 5000: 0.4069. Farhauer and Kröll (2013).
    """
    return gini_specialisation(sector, all_sectors, normalised=normalised)


def entropy(values: Vector, *, base: float = 2.0) -> float:
    """Shannon entropy of the shares: Σ sᵢ log(1/sᵢ), 0 (all in one) to log n (all equal); empty sectors add nothing.

    Raises:
        MethodError: negative or absent numbers, all zero, a base that is not above 1.

    Example: 1, 1, 2 in bits: 1.5.
    """
    if not base > 1:
        raise MethodError(f"{base} is not a base of logarithms", allowed="a number above 1")
    parts = shares(values)
    parts = parts[parts > 0]
    return float(-(parts * np.log(parts)).sum() / np.log(base))


@dataclass(frozen=True)
class Variety:
    """Entropy of sectors split over groups of related sectors: `total` = `unrelated` + `related`, exactly.

    Attributes:
        total: entropy of the sectors.
        unrelated: entropy between groups (variety of activities that share little).
        related: mean of the entropies within groups, weighted by the groups' shares.
        within: entropy within each group, by group; 0 for a group with nothing.
    """

    total: float
    unrelated: float
    related: float
    within: pd.Series


def related_variety(values: pd.Series, groups: pd.Series, *, base: float = 2.0) -> Variety:
    """Related and unrelated variety.

    Args:
        values: counts by sector (for example four-digit classes).
        groups: group of each sector (for example two-digit divisions), by the same labels.
        base: of the logarithms; 2 gives bits.

    Raises:
        MethodError: labels without a group, or as `entropy`.

    Example: 1, 1 in group a and 2 in group b: total 1.5, unrelated 1, related 0.5.
    Frenken, van Oort and Verburg, Related variety, unrelated variety and regional growth, Regional Studies 41 (2007).
    """
    numbers = counts_of(values)
    group = groups.reindex(values.index) if values.index.is_unique and groups.index.is_unique else None
    if group is None or group.isna().any():
        lost = [] if group is None else list(values.index[group.isna()])
        raise MethodError(f"sectors without a group: {', '.join(map(str, lost[:5]))}" if lost else "repeated labels")
    counts = pd.Series(numbers, index=values.index)
    sums = counts.groupby(group.to_numpy(), sort=True).sum()
    within = pd.Series(
        {
            name: entropy(counts[(group == name).to_numpy()], base=base) if total > 0 else 0.0
            for name, total in sums.items()
        },
        dtype=float,
    )
    between = entropy(sums, base=base)
    related = float((sums / sums.sum() * within).sum())
    return Variety(total=entropy(counts, base=base), unrelated=between, related=related, within=within)


def counts_of(values: Vector) -> np.ndarray:
    """Numbers that may be counts: finite, not negative, not all zero."""
    numbers = np.asarray(values, dtype=float)
    labels = list(values.index) if isinstance(values, pd.Series) else list(range(len(numbers)))
    if numbers.ndim != 1 or not len(numbers):
        raise MethodError("a list of at least one number is needed")
    bad = ~np.isfinite(numbers) | (numbers < 0)
    if bad.any():
        at = int(bad.argmax())
        what = "absent or infinite" if not np.isfinite(numbers[at]) else f"negative ({numbers[at]:g})"
        raise MethodError(f"the number of '{labels[at]}' is {what}", allowed="finite numbers from 0 up")
    if not numbers.sum() > 0:
        raise MethodError("all numbers are zero: there is no structure to measure")
    return numbers


def shares(values: Vector) -> np.ndarray:
    """Counts over their sum."""
    numbers = counts_of(values)
    return numbers / numbers.sum()


def paired(left: Vector, right: Vector) -> tuple[np.ndarray, np.ndarray]:
    """Two vectors in one order: Series are matched on labels, other sequences by place."""
    if isinstance(left, pd.Series) and isinstance(right, pd.Series):
        if not (left.index.is_unique and right.index.is_unique):
            raise MethodError("a label is repeated: sectors cannot be matched")
        odd = left.index.symmetric_difference(right.index)
        if len(odd):
            raise MethodError(f"sectors of the two vectors differ: {', '.join(map(str, odd[:5]))} is in one only")
        right = right.reindex(left.index)
    first, second = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    if first.shape != second.shape or first.ndim != 1:
        raise MethodError(f"the two vectors differ in length: {first.size} and {second.size}")
    return first, second


def table_of(table: pd.DataFrame) -> np.ndarray:
    """Territories × sectors that may be counts: finite, not negative, labels not repeated, not all zero."""
    if table.empty:
        raise MethodError("the table of territories and sectors is empty")
    if not (table.index.is_unique and table.columns.is_unique):
        raise MethodError("a territory or a sector is repeated")
    numbers = table.to_numpy(dtype=float)
    bad = ~np.isfinite(numbers) | (numbers < 0)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        place = f"{table.index[row]}, {table.columns[column]}"
        raise MethodError(f"the number of {place} is absent, infinite or negative", allowed="finite numbers from 0 up")
    if not numbers.sum() > 0:
        raise MethodError("all numbers are zero: there is no structure to measure")
    return numbers
