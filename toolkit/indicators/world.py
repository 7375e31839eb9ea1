"""Metropolitan comparisons: sectors by place, regional panel. A municipality never appears here but as a share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from toolkit.errors import DataError
from toolkit.indicators.regional import krugman

BLOCKS = ("A", "B-E", "F", "G-J", "K-N", "O-U")
"""Blocks of activity (NACE Rev. 2) that add up to the total; the others of the table are inside them."""

PANEL = ("gdp_per_resident", "disposable_income", "unemployment_rate", "patents")
"""Items of the regional panel that reports show."""

LONDON = ("UKI3", "UKI4", "UKI5", "UKI6", "UKI7")
"""Regions that make London; their weights add up, so means over residents are exact."""


def activity_shares(employment: pd.DataFrame) -> pd.DataFrame:
    """Share of each activity in all persons employed of a place.

    Args:
        employment: `nuts, name, year, activity, value, unit, flag`, persons employed, with the activity TOTAL.

    Returns:
        DataFrame[nuts, name, year, activity, value, flag], percent, without TOTAL; absent stays absent.

    Raises:
        DataError: units other than persons employed, or a place and year without TOTAL.

    Example: manufacturing 30 of TOTAL 120: 25 %.
    """
    if set(employment["unit"]) != {"persons_employed"}:
        raise DataError(f"shares of {sorted(set(employment['unit']))}", allowed="persons_employed")
    keys = ["nuts", "year"]
    whole = employment[employment["activity"] == "TOTAL"].set_index(keys)["value"]
    parts = employment[employment["activity"] != "TOTAL"].reset_index(drop=True)
    at = pd.MultiIndex.from_frame(parts[keys])
    lost = at[~at.isin(whole.dropna().index)]
    if len(lost):
        raise DataError(f"no total of {lost[0][0]} in {lost[0][1]}", where="metro_employment")
    value = 100.0 * parts["value"].to_numpy(dtype=float) / whole.reindex(at).to_numpy(dtype=float)
    return parts.assign(value=value)[["nuts", "name", "year", "activity", "value", "flag"]]


def structures(shares: pd.DataFrame, year: int, blocks: Sequence[str] = BLOCKS) -> pd.DataFrame:
    """Places × blocks in one year; places without every block in that year are left out.

    Raises:
        DataError: no place has them.
    """
    then = shares[(shares["year"] == year) & shares["activity"].isin(list(blocks))]
    wide = then.pivot(index="name", columns="activity", values="value").reindex(columns=list(blocks)).dropna()
    if not len(wide):
        raise DataError(f"no place has every block of activity in {year}", allowed=sorted(set(shares["year"])))
    return wide


def distances(structure: pd.DataFrame, own: str) -> pd.Series:
    """Krugman index of a place against each of the others, 0–2; the benchmark is that other place alone."""
    if own not in structure.index:
        raise DataError(f"'{own}' is not among the places", allowed=list(structure.index))
    rest = structure.drop(index=own)
    mine = structure.loc[own].to_numpy(dtype=float)
    far = [float(krugman(mine, row)) for row in rest.to_numpy(dtype=float)]
    return pd.Series(far, index=rest.index)


def regional_panel(regions: pd.DataFrame, merged: Mapping[str, Sequence[str]] | None = None) -> pd.DataFrame:
    """Regional indicators, with GDP per resident, and regions merged where their weights allow it.

    Args:
        regions: `nuts, name, year, item, value, unit, flag`; items gdp (million EUR), residents, unemployment_rate,
            disposable_income (PPS per resident), patents (per million residents).
        merged: name -> codes of the regions that make it; London if not given. Counts are summed; means per resident
            are weighted by residents; an unemployment rate has no weights in the table, so a merged one is absent.

    Returns:
        DataFrame[name, year, item, value, unit]; items as given and `gdp_per_resident` (EUR); absent = NaN. A merged
        figure is absent where that of any of its regions is.

    Example: regions of 10 and 30 residents, incomes 100 and 200: 175.
    """
    merged = {"London": LONDON} if merged is None else merged
    inside = {code for codes in merged.values() for code in codes}
    wide = regions.pivot(index=["nuts", "name", "year"], columns="item", values="value").reset_index("name")
    parts = [wide[~wide.index.get_level_values("nuts").isin(inside)].reset_index("year")]
    parts += [_merged(wide, name, codes) for name, codes in merged.items()]
    table = pd.concat(parts, ignore_index=True)
    table["gdp_per_resident"] = 1e6 * table["gdp"] / table["residents"]
    units = dict(zip(regions["item"], regions["unit"], strict=True)) | {"gdp_per_resident": "EUR_per_resident"}
    long = table.melt(["name", "year"], var_name="item", value_name="value")
    return long.assign(unit=long["item"].map(units)).sort_values(["item", "name", "year"], ignore_index=True)


def _merged(wide: pd.DataFrame, name: str, codes: Sequence[str]) -> pd.DataFrame:
    """One region made of several, by year."""
    found = wide[wide.index.get_level_values("nuts").isin(list(codes))]
    rows = []
    for year, year_rows in found.groupby(level="year"):
        whole = len(year_rows) == len(codes)
        people = year_rows["residents"]
        row = {"name": name, "year": year, "unemployment_rate": np.nan}
        row |= {item: year_rows[item].sum(skipna=False) if whole else np.nan for item in ("gdp", "residents")}
        for item in ("disposable_income", "patents"):
            row[item] = (year_rows[item] * people).sum(skipna=False) / people.sum(skipna=False) if whole else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def latest_panel(regions: pd.DataFrame, own: str, items: Sequence[str] = PANEL) -> tuple[pd.DataFrame, dict[str, int]]:
    """Regions side by side, each item in the last year in which our region has it.

    Args:
        regions: as for `regional_panel`.
        own: name of our region, which comes first.
        items: what is shown.

    Returns:
        DataFrame[name, an item, item_unit, item_flag, …] and the year of each item.
    """
    panel = regional_panel(regions)
    ours = panel[(panel["name"] == own) & panel["value"].notna()]
    years = {item: int(ours.loc[ours["item"] == item, "year"].max()) for item in items}
    units = panel.drop_duplicates("item").set_index("item")["unit"]
    frame = pd.DataFrame({"name": [own, *sorted(set(panel["name"]) - {own})]})
    for item, year in years.items():
        values = panel[(panel["item"] == item) & (panel["year"] == year)].set_index("name")["value"]
        frame[item] = values.reindex(frame["name"]).to_numpy()
        frame[f"{item}_flag"] = np.where(frame[item].notna(), "observed", "missing")
        frame[f"{item}_unit"] = str(units[item])
    return frame, years
