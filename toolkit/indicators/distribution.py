"""Income distribution from published classes, as bounds: what the classes allow, and no more.

Rules, stated wherever a figure is shown: taxpayers are those in a class (about 2 % are in none); incomes of zero or
less count as zero; the top class is open; a blank cell is a suppressed count, of 1 to 3 taxpayers where it is the only
one of the municipality, otherwise of 1 to all taxpayers in no published class. A class that has taxpayers and no amount
leaves the Gini coefficient without bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from toolkit.errors import DataError, MethodError
from toolkit.indicators.base import Example, indicator, row
from toolkit.indicators.figures import pick, pick_total, share
from toolkit.indicators.sums import Groups

CLASSES = {
    "class_le_0": (-np.inf, 0.0),
    "class_0_10000": (0.0, 10_000.0),
    "class_10000_15000": (10_000.0, 15_000.0),
    "class_15000_26000": (15_000.0, 26_000.0),
    "class_26000_55000": (26_000.0, 55_000.0),
    "class_55000_75000": (55_000.0, 75_000.0),
    "class_75000_120000": (75_000.0, 120_000.0),
    "class_gt_120000": (120_000.0, np.inf),
}
"""Classes of total income and their limits, EUR."""

SMALL = 3
"""A count that stands alone in being suppressed is at most this."""

EXHAUSTIVE = 2_000
"""Ways to fill the suppressed cells of a territory that are all tried; of more, the ends are searched for."""


def gini_bounds(
    counts: Sequence[float] | np.ndarray, amounts: Sequence[float] | np.ndarray, limits: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Least and greatest Gini coefficient compatible with grouped data.

    Args:
        counts: persons in each class, ≥ 0.
        amounts: income of each class, EUR; the mean of a class lies within its limits.
        limits: lower and upper limit of each class, EUR, in increasing order; the last may be open (inf).

    Returns:
        (low, high), 0–1. Low: everybody has the mean of the class. High: everybody stands at a limit of the class so
        that its mean is kept; in an open class, the limit as one person has all that exceeds the lower limit.

    Raises:
        MethodError: nobody, no income, or a mean outside its class.

    Example: 10 persons in 0–10 with 50 in all and 10 in 10–20 with 150: low 0.25, high 0.375.
    Gastwirth, The estimation of the Lorenz curve and Gini index, Review of Economics and Statistics 54 (1972).
    """
    n, a = np.asarray(counts, dtype=float), np.asarray(amounts, dtype=float)
    bottom, top = np.asarray(limits, dtype=float).T
    if not (len(n) == len(a) == len(bottom)):
        raise MethodError("counts, amounts and limits differ in length")
    if (n < 0).any() or not np.isfinite(n).all() or not np.isfinite(a).all():
        raise MethodError("counts and amounts are finite, and counts are not negative")
    kept = n > 0
    n, a, bottom, top = n[kept], a[kept], bottom[kept], top[kept]
    if not n.sum() or not a.sum() > 0:
        raise MethodError("a Gini coefficient needs persons with income")
    mean = a / n
    slack = 1e-9 * (1.0 + np.abs(mean))
    if ((mean < bottom - slack) | (mean > top + slack)).any():
        raise MethodError("the mean income of a class lies outside its limits", allowed=list(map(str, limits)))
    people, money = n.sum(), a.sum()
    low = float((n[:, None] * n[None, :] * np.abs(mean[:, None] - mean[None, :])).sum() / (2.0 * people * money))
    width = top - bottom
    with np.errstate(invalid="ignore"):
        reach = np.where(
            np.isinf(width), mean - bottom, (mean - bottom) * (top - mean) / np.where(width > 0, width, 1.0)
        )
    return low, low + float((n**2 * np.maximum(reach, 0.0)).sum() / (people * money))


@dataclass(frozen=True, eq=False)
class Cells:
    """Classes of one territory and year: what is published, and what its suppressed cells may hold (8 values each).
    Read-only, so that what follows from them is computed once.

    `taxpayers` are all of them, those in no class included. An amount is NaN where a class with taxpayers lacks it.
    """

    __shareable__: ClassVar[bool] = True  # pages may share them, see `toolkit.catalog.store`
    count: np.ndarray
    amount: np.ndarray
    hidden_least: np.ndarray
    hidden_most: np.ndarray
    suppressed: int
    taxpayers: float

    def __post_init__(self) -> None:
        for name in ("count", "amount", "hidden_least", "hidden_most"):
            own = np.array(getattr(self, name))
            own.flags.writeable = False
            object.__setattr__(self, name, own)

    @cached_property
    def shares(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Least and greatest percentage of the taxpayers in each class, and in none."""
        return _shares(self)

    @cached_property
    def gini(self) -> tuple[float, float]:
        """Least and greatest Gini over what the suppressed cells may hold."""
        return _gini(self)

    @cached_property
    def median(self) -> tuple[str, str]:
        """Lowest and highest class that may hold the median."""
        return _median(self)


Classes = Sequence[tuple[str, int, Cells | None]]
"""Territory, year and cells; no cells where a member has no figures."""


def class_shares(income: pd.DataFrame | Classes, groups: Groups) -> pd.DataFrame:
    """Share of all taxpayers in each class of total income, as bounds over what suppressed cells may hold.

    Args:
        income: municipal table `istat_code, year, item, measure, value, unit, flag`; or its `classes_of` these groups.
        groups: territory -> codes of its members.

    Returns:
        DataFrame[territory, year, item, low, high, flag], percent: a row a class of `CLASSES`, and `no_class` for the
        taxpayers that are in none. `low` and `high` are equal where nothing is suppressed; otherwise flag `estimated`.

    Raises:
        DataError: no classes in the table.

    Example: 100 taxpayers, 40 in one class, another suppressed: 40 to 40 percent, 1 to 3 percent, 57 to 59 in none.
    """
    found = []
    for territory, year, cells in classes_of(income, groups):
        absent = (float("nan"),) * (len(CLASSES) + 1)
        low, high = cells.shares if cells else (absent, absent)
        lines = zip([*CLASSES, "no_class"], low, high, strict=True)
        found += [(territory, year, *line, _state(cells)) for line in lines]
    return pd.DataFrame(found, columns=["territory", "year", "item", "low", "high", "flag"])


def income_gini(income: pd.DataFrame | Classes, groups: Groups) -> pd.DataFrame:
    """Bounds of the Gini coefficient of total income among taxpayers in a class, by territory and year.

    Args:
        income: as for `class_shares`.
        groups: territory -> codes of its members.

    Returns:
        DataFrame[territory, year, low, high, suppressed, flag]: `suppressed` is the number of members with a suppressed
        class, over whose possible values the bounds run (flag `estimated`). `high` is NaN, flag `confidential`, where
        the open class is suppressed: its income has no upper limit; both are where the amount of a class with taxpayers
        is absent. Years without classes have no row.

    Raises:
        DataError: no classes in the table.
    """
    found = []
    for territory, year, cells in classes_of(income, groups):
        low, high = cells.gini if cells else (np.nan, np.nan)
        flag = "missing" if not cells else "confidential" if np.isnan(high) else _state(cells)
        found.append((territory, year, low, high, cells.suppressed if cells else 0, flag))
    return pd.DataFrame(found, columns=["territory", "year", "low", "high", "suppressed", "flag"])


def gini_table(classes: Classes, groups: Groups) -> pd.DataFrame:
    """Bounds of the Gini index of the last year, in percent, with the state of each end.

    Args:
        classes: of `classes_of`.
        groups: territory → codes of its members.

    Returns:
        DataFrame[territory, year, low, high, flag, high_flag, suppressed]: where only the lower end can be computed,
        the upper is `not_observable`; bounds over suppressed cells are ours, so their flag is `observed`.
    """
    found = income_gini(classes, groups)
    found = found[found["year"] == found["year"].max()].reset_index(drop=True)
    low, high = 100.0 * found["low"], 100.0 * found["high"]
    own = low.notna() | (found["flag"] == "estimated")
    flag = found["flag"].where(~own, "observed")
    return found.assign(
        low=low, high=high, flag=flag, high_flag=flag.where(~(low.notna() & high.isna()), "not_observable")
    )


def median_class(income: pd.DataFrame | Classes, groups: Groups) -> pd.DataFrame:
    """Class of total income of the median taxpayer (of those in a class), by territory and year.

    Returns:
        DataFrame[territory, year, low, high, suppressed, flag]: `low` and `high` are names of `CLASSES` (empty where
        missing); they differ only where suppressed counts leave the class open.

    Raises:
        DataError: no classes in the table.
    """
    found = []
    for territory, year, cells in classes_of(income, groups):
        low, high = cells.median if cells else ("", "")
        found.append((territory, year, low, high, cells.suppressed if cells else 0, _state(cells)))
    return pd.DataFrame(found, columns=["territory", "year", "low", "high", "suppressed", "flag"])


def _state(cells: Cells | None) -> str:
    return "missing" if cells is None else "estimated" if cells.suppressed else "observed"


def latest_classes(income: pd.DataFrame, groups: Groups) -> Classes:
    """Cells of each territory in the last year for which classes are published.

    Raises:
        DataError: no classes in the table.
    """
    rows = income[income["item"].isin(list(CLASSES)) & (income["flag"] != "missing")]
    if not len(rows):
        raise DataError("the table has no classes of income", allowed=list(CLASSES))
    return classes_of(income[income["year"] == int(rows["year"].max())], groups)


def classes_of(income: pd.DataFrame | Classes, groups: Groups) -> Classes:
    """Cells of each territory and year, which `class_shares`, `income_gini` and `median_class` rest on.

    Raises:
        DataError: no classes in the table.
    """
    return list(_territories(income, groups)) if isinstance(income, pd.DataFrame) else income


def _territories(income: pd.DataFrame, groups: Groups) -> Iterator[tuple[str, int, Cells | None]]:
    names = list(CLASSES)
    rows = income[income["item"].isin([*names, "taxpayers"])]
    codes = pd.Index(sorted({code for members in groups.values() for code in members}))
    some = False
    for year in sorted(map(int, rows["year"].unique())):
        of_year = rows[rows["year"] == year]
        count = _wide(of_year, "count", "value", codes).astype(float)
        flags = _wide(of_year, "count", "flag", codes)[names].fillna("missing").to_numpy(dtype=object)
        amount = _wide(of_year, "amount", "value", codes)[names].astype(float).to_numpy()
        if (flags == "missing").all():
            continue
        some = True
        hidden = flags == "confidential"
        known = np.where(hidden, 0.0, count[names].to_numpy())
        # What suppressed taxpayers have is bounded by their class; nobody has nothing.
        amount = np.where(hidden | ((known == 0.0) & np.isnan(amount)), 0.0, amount)
        residual = count["taxpayers"].to_numpy() - known.sum(axis=1)
        most = np.where(hidden.sum(axis=1) == 1, np.minimum(SMALL, residual), residual)
        for territory, members in groups.items():
            at = codes.get_indexer(pd.Index(list(members)))
            cells = None
            if not (flags[at] == "missing").any() and np.isfinite(residual[at]).all():
                cells = Cells(
                    known[at].sum(axis=0),
                    amount[at].sum(axis=0),
                    hidden[at].sum(axis=0),
                    (hidden[at] * most[at, None]).sum(axis=0),
                    int(hidden[at].any(axis=1).sum()),
                    float(count["taxpayers"].to_numpy()[at].sum()),
                )
            yield territory, year, cells
    if not some:
        raise DataError("the table has no classes of income", allowed=names)


def _wide(rows: pd.DataFrame, measure: str, column: str, codes: pd.Index) -> pd.DataFrame:
    wide = rows[rows["measure"] == measure].pivot(index="istat_code", columns="item", values=column)
    return wide.reindex(index=codes, columns=[*CLASSES, "taxpayers"])


def _shares(cells: Cells) -> tuple[tuple[float, ...], tuple[float, ...]]:
    least, most = cells.count + cells.hidden_least, cells.count + cells.hidden_most
    rest = np.maximum(cells.taxpayers - np.array([most.sum(), least.sum()]), 0.0)
    low, high = (np.append(part, none) for part, none in zip((least, most), rest, strict=True))
    low, high = 100.0 * low / cells.taxpayers, 100.0 * high / cells.taxpayers
    return tuple(low.tolist()), tuple(high.tolist())


def _gini(cells: Cells) -> tuple[float, float]:
    limits = [(max(low, 0.0), max(high, 0.0)) for low, high in CLASSES.values()]
    known = np.where([high == 0.0 for _, high in limits], 0.0, cells.amount)
    if np.isnan(known).any():
        return np.nan, np.nan
    hidden = [int(k) for k in np.flatnonzero(cells.hidden_most)]
    options = [_fillings(cells, k, limits[k]) for k in hidden]

    def bounds(filled: Sequence[tuple[float, float]]) -> tuple[float, float]:
        count, amount = cells.count.copy(), known.copy()
        for k, (persons, money) in zip(hidden, filled, strict=True):
            count[k] += persons
            amount[k] += money
        return gini_bounds(count, amount, limits)

    if prod(map(len, options)) <= EXHAUSTIVE:
        found = [bounds(filled) for filled in product(*options)]
        least, most = min(low for low, _ in found), max(high for _, high in found)
    else:
        least = _lowest(lambda filled: bounds(filled)[0], options)
        most = -_lowest(lambda filled: -bounds(filled)[1], options)
    return least, np.nan if any(np.isinf(limits[k][1]) for k in hidden) else most


def _lowest(score: Callable[[Sequence[Any]], float], options: Sequence[Sequence[Any]]) -> float:
    """Lowest score found by changing one choice at a time until no change lowers it, from both ends of the options."""
    ends = []
    for chosen in ([each[0] for each in options], [each[-1] for each in options]):
        best = before = score(chosen)
        while True:
            for k, each in enumerate(options):
                tried = [(score([*chosen[:k], one, *chosen[k + 1 :]]), n) for n, one in enumerate(each)]
                best, n = min(tried)
                chosen[k] = each[n]
            if not best < before:
                break
            before = best
        ends.append(best)
    return min(ends)


def _fillings(cells: Cells, k: int, limit: tuple[float, float]) -> list[tuple[float, float]]:
    """Persons and income that the suppressed cells of a class may add: a fine enough grid between the extremes."""
    persons = np.unique(np.linspace(cells.hidden_least[k], cells.hidden_most[k], 4).round())
    means = np.unique(np.linspace(*limit, 9)) if np.isfinite(limit[1]) else np.array([limit[0]])
    return [(n, n * mean) for n, mean in product(persons, means)]


def _median(cells: Cells) -> tuple[str, str]:
    names = list(CLASSES)
    fewest = cells.count + cells.hidden_least
    most = cells.count + cells.hidden_most

    # The median is lowest when the cells below it are as full, and those above as empty, as they may be.
    def reached(k: int, below: np.ndarray, above: np.ndarray) -> bool:
        return bool(below[: k + 1].sum() >= (below[: k + 1].sum() + above[k + 1 :].sum()) / 2.0)

    low = next(k for k in range(len(names)) if reached(k, most, fewest))
    high = next(k for k in range(len(names)) if reached(k, fewest, most))
    return names[low], names[high]


def _income_share(name: str, items: tuple[str, ...], it: str, en: str, formula: str) -> None:
    """Register the share of taxpayers in some classes of total income."""
    counts = [row("income", 10, item=i, measure="count", unit="persons", year=2021) for i in items]
    whole = row("income", 200, item="taxpayers", measure="count", unit="persons", year=2021)

    @indicator(
        id=name,
        it=it,
        en=en,
        unit="percent",
        counts="taxpayers",
        formula=formula,
        direction=0,
        reference="Ministry of Economy and Finance, Department of Finance: IRPEF returns by municipality, tax year",
        tables=("income",),
        example=Example((*counts, whole), 5.0 * len(items)),
    )
    def of_classes(income: pd.DataFrame) -> pd.DataFrame:
        inside = pick_total(income, items, measure="count")
        return share(inside, pick(income, item="taxpayers", measure="count"), unit="persons")


_income_share(
    "share_income_0_15000",
    ("class_0_10000", "class_10000_15000"),
    "Contribuenti con reddito complessivo fra 0 e 15.000 €",
    "Taxpayers with total income between €0 and €15,000",
    "100 × taxpayers with total income above 0 and up to 15,000 EUR / all taxpayers",
)
_income_share(
    "share_income_over_55000",
    ("class_55000_75000", "class_75000_120000", "class_gt_120000"),
    "Contribuenti con reddito complessivo oltre 55.000 €",
    "Taxpayers with total income over €55,000",
    "100 × taxpayers with total income over 55,000 EUR / all taxpayers",
)
