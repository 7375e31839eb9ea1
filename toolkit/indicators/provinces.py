"""The productive system where sections are measured: provinces. Quotients, growth beside the rest of Italy, sizes.

Tables are `province_local_units` (ASIA: persons employed by section and by size, finance included) and `province_frame`
(value added, wages; without finance). The two do not mix, but for persons: `persons_panel`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.decomposition import ProductivityGap, gap_between
from toolkit.indicators.regional import location_quotients
from toolkit.indicators.shift_share import shift_share

INDUSTRY = ("B-C", "D", "E", "F")
"""Sections of industry, construction included, in the business frame."""
FINANCE = "K"
SIZES = ("0-9", "10-49", "50-249", "250+")
BASES = (2019, 2018)
"""First years of a change: 2019 first; 2018 beside it, which the sources do not measure alike."""
AGREE = 1.5
"""Percent by which a cell of the business frame may differ from ASIA without finance and be the same count."""


def with_sectors(province_frame: pd.DataFrame) -> pd.DataFrame:
    """The frame by province as one of municipalities: code in `istat_code`, industry and services beside the sections.

    So registered indicators take it (`indicators.value_added_per_person(with_sectors(frame))`), and a macro-region or
    Italy is the territory of its provinces.

    Args:
        province_frame: `province_code, year, sector (total, B-C … S), item, value, unit, flag`.

    Returns:
        DataFrame[istat_code, year, sector, item, value, unit, flag], with `industry` and `services`.
    """
    rows = province_frame.rename(columns={"province_code": "istat_code"})
    sections = rows[rows["sector"] != "total"]
    of = sections["sector"].isin(INDUSTRY).map({True: "industry", False: "services"})
    key = ["istat_code", "year", "sector", "item", "unit"]
    sums = sections.assign(sector=of).groupby(key, observed=True, sort=False)["value"]
    added = sums.sum(min_count=1).reset_index()
    added["flag"] = added["value"].notna().map({True: "observed", False: "missing"})
    return pd.concat([rows, added], ignore_index=True)


def persons_panel(province_frame: pd.DataFrame, province_local_units: pd.DataFrame) -> pd.DataFrame:
    """Persons employed without finance by province and section, one flagged panel of 2015–2023.

    The business frame where it is published, ASIA without section K where it is not (2021, 2022). Where both are, a
    cell that differs by more than `AGREE` percent is a `break`: the years on either side are not compared.

    Args:
        province_frame, province_local_units: the tables.

    Returns:
        DataFrame[province_code, year, sector (B-C, D … S), value, unit, flag, differs], sorted; `differs` is how far
        the frame lies from ASIA in percent, NaN where only one of them is published.
    """
    frame = province_frame[(province_frame["item"] == "persons_employed") & (province_frame["sector"] != "total")]
    asia = _persons(province_local_units, "section")
    asia = asia[asia["category"] != FINANCE]
    asia = asia.assign(sector=asia["category"].replace({"B": "B-C", "C": "B-C"}))
    key = ["province_code", "year", "sector"]
    both = pd.concat(
        {"frame": frame.set_index(key)["value"], "asia": asia.groupby(key)["value"].sum()}, axis=1
    ).sort_index()
    differs = 100.0 * (both["frame"] / both["asia"] - 1.0)
    return pd.DataFrame(
        {
            "value": both["frame"].fillna(both["asia"]),
            "unit": "persons_employed",
            "flag": (differs.abs() > AGREE).map({True: "break", False: "observed"}),
            "differs": differs,
        }
    ).reset_index()


def province_gap(province_frame: pd.DataFrame, province: str) -> ProductivityGap | None:
    """Why value added per person of a province differs from that of the other provinces, by its 15 sections.

    Args:
        province_frame: the table.
        province: code of three digits.

    Raises:
        DataError: no such province in the latest year.
    """
    frame = province_frame.rename(columns={"province_code": "istat_code"})
    frame = frame[frame["year"] == frame["year"].max()]
    _require(frame["istat_code"], [province])
    others = [code for code in frame["istat_code"].unique() if code != province]
    sections = [one for one in frame["sector"].unique() if one != "total"]
    return gap_between(frame, [province], others, sectors=sections)


@dataclass(frozen=True)
class ProvinceStructure:
    """What a province works on, and how it moved beside the rest of Italy.

    Attributes:
        year, base: last and first year of the change.
        table: one row a section or size class, in the table's order: `category`, `persons`, `share` (percent here),
            `italy` (percent of Italy), `lq` (location quotient, Italy as reference), `change`, `rest` (percent since
            `base`, here and in Italy without the province; NaN from nothing), `national`, `mix`, `local` (persons:
            shift-share against Italy without the province; they add up to the change).
        total: sums of `persons`, `national`, `mix`, `local`; `change` and `rest` of all together, percent.
    """

    year: int
    base: int
    table: pd.DataFrame
    total: Mapping[str, float]

    def ranked(self, by: str = "lq", least: float = 1.0) -> pd.DataFrame:
        """Rows that hold at least `least` percent of the persons, the highest of a column first."""
        return self.table[self.table["share"] >= least].sort_values(by, ascending=False, ignore_index=True)


def structure_of_province(
    province_local_units: pd.DataFrame,
    provinces: Sequence[str],
    *,
    base: int = BASES[0],
    breakdown: str = "section",
) -> ProvinceStructure:
    """Location quotients and shift-share of a province (or of several together) by section, or by size.

    `local` is what is left when the growth of Italy without the province, and of each of its sections, is taken away: a
    residual and no cause. By size it says nothing, because units move from a class to the next.

    Args:
        province_local_units: the table.
        provinces: codes of three digits.
        base: first year.
        breakdown: `section` or `size`.

    Raises:
        DataError: a province or a base that the table has not.
    """
    rows = _persons(province_local_units, breakdown)
    _require(rows["province_code"], provinces)
    year = int(rows["year"].max())
    if base not in set(rows["year"]) or base >= year:
        raise DataError(f"no change from {base}", allowed=sorted(set(rows["year"]) - {year}))
    ours = rows["province_code"].isin(list(provinces))
    order = [one for one in SIZES if breakdown == "size"] or sorted(set(rows["category"]))

    def vector(which: pd.Series, when: int) -> pd.Series:
        return rows[which & (rows["year"] == when)].groupby("category")["value"].sum().reindex(order, fill_value=0.0)

    start, end, base_rest, rest = vector(ours, base), vector(ours, year), vector(~ours, base), vector(~ours, year)
    parts = shift_share(start, end, base_rest, rest)
    table = pd.DataFrame(
        {
            "persons": end,
            "share": 100.0 * end / end.sum(),
            "italy": 100.0 * (end + rest) / (end + rest).sum(),
            "lq": location_quotients(end, end + rest),
            "change": _percent(start, end),
            "rest": _percent(base_rest, rest),
            **{name: parts[name] for name in ("national", "mix", "local")},
        }
    )
    total = {name: float(table[name].sum()) for name in ("persons", "national", "mix", "local")}
    total["change"] = 100.0 * float(end.sum() / start.sum() - 1.0)
    total["rest"] = 100.0 * float(rest.sum() / base_rest.sum() - 1.0)
    return ProvinceStructure(year, base, table.rename_axis("category").reset_index(), total)


def _percent(first: pd.Series, last: pd.Series) -> pd.Series:
    return (100.0 * (last / first.where(first > 0) - 1.0)).astype(float)


def _persons(units: pd.DataFrame, breakdown: str) -> pd.DataFrame:
    known = sorted(set(units["breakdown"]))
    if breakdown not in known:
        raise DataError(f"no breakdown by {breakdown!r}", where="province_local_units", allowed=known)
    return units[(units["item"] == "persons_employed") & (units["breakdown"] == breakdown)]


def _require(codes: pd.Series, wanted: Sequence[str]) -> None:
    lost = sorted(set(wanted) - set(codes)) if len(wanted) else ["none"]
    if lost:
        raise DataError(
            f"no province {lost[0]!r} in the table",
            allowed=f"codes of three digits from {codes.min()} to {codes.max()}",
            hint="statistics by province are those of the 107 provinces before 2026",
        )
