"""Commuting to work: self-containment on both sides, job balance, destinations and origins, bounds for an area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.contract import FLAGS
from toolkit.errors import DataError
from toolkit.indicators.base import Example, indicator, row
from toolkit.indicators.figures import less, pick, pick_total, ratio, severity, share
from toolkit.indicators.sums import Groups, aggregate

_ISTAT = (
    "Istat, permanent census 2021, commuting to work (persons; those who work where they live and move are internal)"
)


def _rows(outgoing: float, incoming: float, internal: float) -> tuple:
    counts = {"outgoing": outgoing, "incoming": incoming, "internal": internal}
    return tuple(row("commuting", value, item=item, unit="persons") for item, value in counts.items())


def _residents(commuting: pd.DataFrame) -> pd.DataFrame:
    """Resident commuters: those who leave the municipality and those who stay in it."""
    return pick_total(commuting, ("outgoing", "internal"))


def _jobs(commuting: pd.DataFrame) -> pd.DataFrame:
    """Commuters who work here, wherever they live."""
    return pick_total(commuting, ("incoming", "internal"))


@indicator(
    id="supply_self_containment",
    it="Autocontenimento dell'offerta di lavoro",
    en="Supply-side self-containment",
    unit="percent",
    counts="commuters",
    formula="100 × internal / (internal + outgoing): resident commuters who also work here",
    direction=0,
    reference="Istat, sistemi locali del lavoro; " + _ISTAT,
    tables=("commuting",),
    example=Example(_rows(outgoing=80, incoming=30, internal=20), 20.0),
    municipal=True,
)
def supply_self_containment(commuting: pd.DataFrame) -> pd.DataFrame:
    """Percentage of resident commuters who work in the municipality."""
    return share(pick(commuting, item="internal"), _residents(commuting), unit="persons")


@indicator(
    id="demand_self_containment",
    it="Autocontenimento della domanda di lavoro",
    en="Demand-side self-containment",
    unit="percent",
    counts="commuters",
    formula="100 × internal / (internal + incoming): those who work here and also live here",
    direction=0,
    reference="Istat, sistemi locali del lavoro; " + _ISTAT,
    tables=("commuting",),
    example=Example(_rows(outgoing=80, incoming=30, internal=20), 40.0),
    municipal=True,
)
def demand_self_containment(commuting: pd.DataFrame) -> pd.DataFrame:
    """Percentage of those who work in the municipality who live in it."""
    return share(pick(commuting, item="internal"), _jobs(commuting), unit="persons")


@indicator(
    id="job_balance",
    it="Saldo pendolare per lavoro",
    en="Balance of work commuters",
    unit="persons",
    counts="commuters",
    formula="incoming − outgoing (flows between members of an area cancel out)",
    direction=0,
    reference=_ISTAT,
    tables=("commuting",),
    example=Example(_rows(outgoing=80, incoming=30, internal=20), -50.0),
)
def job_balance(commuting: pd.DataFrame) -> pd.DataFrame:
    """Commuters who come in less those who go out."""
    return less(pick(commuting, item="incoming"), pick(commuting, item="outgoing")).drop(columns="unit")


@indicator(
    id="jobs_per_100_commuters",
    it="Posti di lavoro per 100 pendolari residenti",
    en="Jobs per 100 resident commuters",
    unit="per_100",
    counts="commuters",
    formula="100 × (incoming + internal) / (outgoing + internal): commuters who work here per 100 who live here",
    direction=0,
    reference=_ISTAT,
    tables=("commuting",),
    example=Example(_rows(outgoing=80, incoming=30, internal=20), 50.0),
)
def jobs_per_100_commuters(commuting: pd.DataFrame) -> pd.DataFrame:
    """Jobs held by commuters per 100 resident commuters."""
    return ratio(_jobs(commuting), _residents(commuting), units=("persons", "persons"), times=100.0)


TOP = 10
"""A pair is published when it is in the top ten destinations of its origin or top ten origins of its destination."""


def main_flows(flows: pd.DataFrame, members: Sequence[str], *, side: str, most: int = 10) -> pd.DataFrame:
    """Main destinations or origins of a municipality or an area, from the published pairs.

    Args:
        flows: `origin, destination, year, value, unit, flag`: main pairs of two different municipalities.
        members: codes of the territory.
        side: `destinations` (where residents go) or `origins` (where those who work here come from).
        most: rows at most, largest first, ties by code.

    Returns:
        DataFrame[code, year, value, share_published]: `value` = persons in the published pairs with the members (at
        least so many, when there are several members); `share_published` = percentage of all their published pairs, NaN
        in a year in which the persons of one are absent.

    Raises:
        DataError: an unknown side or no published pair.
    """
    if side not in ("destinations", "origins"):
        raise DataError(f"'{side}' is not a side of a flow", allowed=("destinations", "origins"))
    here, there = ("origin", "destination") if side == "destinations" else ("destination", "origin")
    pairs = flows[here].isin(list(members)) & ~flows[there].isin(list(members))
    inside, absent = pairs & flows["value"].notna(), set(flows.loc[pairs & flows["value"].isna(), "year"])
    years: dict[int, dict[str, float]] = {}
    for code, year, value in flows.loc[inside, [there, "year", "value"]].itertuples(index=False):
        totals = years.setdefault(int(year), {})
        totals[code] = totals.get(code, 0.0) + float(value)
    if not years:
        raise DataError(f"no published pair has its {here} here", allowed="codes with rows in the table of flows")
    rows = [
        (code, year, totals[code], np.nan if year in absent else 100.0 * totals[code] / sum(totals.values()))
        for year, totals in sorted(years.items())
        for code, _ in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    ]
    return pd.DataFrame(rows, columns=["code", "year", "value", "share_published"])


def flows_of(flows: pd.DataFrame, commuting: pd.DataFrame, members: Sequence[str], *, side: str) -> pd.DataFrame:
    """Main destinations or origins in the latest year, with their share of all who leave or come in.

    Args:
        flows: as for `main_flows`.
        commuting: municipal totals (`istat_code, year, item, value`; items outgoing, incoming).
        members: codes of the territory.
        side: `destinations` or `origins`.

    Returns:
        DataFrame[istat_code, year, value, share], largest first: persons, and percentage of all who leave (come in);
        the share is NaN for an area, whose members also exchange people. Empty where no pair is published.
    """
    here, there = ("origin", "destination") if side == "destinations" else ("destination", "origin")
    if not (flows[here].isin(list(members)) & ~flows[there].isin(list(members)) & flows["value"].notna()).any():
        return pd.DataFrame(columns=["istat_code", "year", "value", "share"])
    found = main_flows(flows, members, side=side)
    found = found[found["year"] == found["year"].max()].reset_index(drop=True)
    item = "outgoing" if side == "destinations" else "incoming"
    whole = commuting[(commuting["item"] == item) & commuting["istat_code"].isin(list(members))]
    total = float(whole["value"].sum(skipna=False)) if len(members) == 1 and len(whole) else float("nan")
    share = 100.0 * found["value"] / total if total else float("nan")
    return found.rename(columns={"code": "istat_code"}).assign(share=share)[["istat_code", "year", "value", "share"]]


def area_self_containment(commuting: pd.DataFrame, flows: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Bounds of the self-containment of areas: neither the sum nor the mean of their members' figures.

    Those who live and work in the area are the members' internal commuters plus the flows between members. Published
    pairs give the flows at least. What is not published is bounded by three things: what remains of each origin's
    outgoing total, what remains of each destination's incoming total, and, since an unpublished pair is in the top ten
    of neither end, the tenth published flow of either end. The largest total within these limits is a maximum flow.

    Args:
        commuting: municipal table (`istat_code, year, item, value, unit, flag`; items outgoing, incoming, internal).
        flows: published pairs (`origin, destination, year, value, flag`), all those with an end in the area.
        groups: area -> codes of its members.

    Returns:
        DataFrame[territory, year, side, low, high, flag], `side` supply or demand, percentages; low = high for a single
        municipality. A member with an absent total gives NaN bounds and its flag.

    Raises:
        DataError: published pairs add up to more than a published total.

    Example: two members with 10 internal each, outgoing 30 and 20, incoming 20 and 25, published 8 from the first to
    the second and all else known to go elsewhere: supply side 100 × 28 / 70 = 40 %.
    """
    rows = []
    for name, members in groups.items():
        own = aggregate(commuting, {name: members})
        internal, residents, jobs = pick(own, item="internal"), _residents(own), _jobs(own)
        for position in range(len(internal)):
            year = internal["year"].iloc[position]
            stay, home, work = (float(frame["value"].iloc[position]) for frame in (internal, residents, jobs))
            worst = max(severity(frame["flag"])[position] for frame in (internal, residents, jobs))
            least = most = np.nan
            if worst < FLAGS.index("confidential"):
                totals = commuting[(commuting["year"] == year)]
                least, most = _between(flows[flows["year"] == year], totals, list(members))
            for side, whole in (("supply", home), ("demand", work)):
                low, high = ((100.0 * (stay + x) / whole if whole else np.nan) for x in (least, most))
                rows.append((name, year, side, low, high, FLAGS[worst]))
    return pd.DataFrame(rows, columns=["territory", "year", "side", "low", "high", "flag"])


def _between(flows: pd.DataFrame, totals: pd.DataFrame, members: list[str]) -> tuple[float, float]:
    """Least and most commuters between different members."""
    if len(members) == 1:
        return 0.0, 0.0
    within = flows["origin"].isin(members) & flows["destination"].isin(members)
    least = float(flows.loc[within, "value"].sum())
    outgoing = _remainder(flows, totals, members, "origin", "outgoing")
    incoming = _remainder(flows, totals, members, "destination", "incoming")
    cap = np.minimum.outer(_tenth(flows, "origin", members), _tenth(flows, "destination", members))
    index = pd.Index(members)
    pairs = flows[within]
    # A published pair is counted already; of one whose persons are absent only the remainders are a limit.
    limit = np.where(pairs["value"].notna(), 0, np.iinfo(np.int32).max // 2)
    cap[index.get_indexer(pd.Index(pairs["origin"])), index.get_indexer(pd.Index(pairs["destination"]))] = limit
    np.fill_diagonal(cap, 0)
    return least, least + _largest(outgoing, incoming, cap)


def _remainder(flows: pd.DataFrame, totals: pd.DataFrame, members: list[str], end: str, item: str) -> np.ndarray:
    """Commuters of each member who are in no published pair."""
    published = flows.groupby(end)["value"].sum().reindex(members, fill_value=0.0)
    whole = totals[totals["item"] == item].set_index("istat_code")["value"].reindex(members)
    rest = (whole - published).round().astype(int)
    if (rest < 0).any():
        code = rest.index[rest < 0][0]
        raise DataError(f"published pairs of '{code}' exceed its {item} total", where="commuting, commuting_flows")
    return rest.to_numpy()


def _tenth(flows: pd.DataFrame, end: str, members: list[str]) -> np.ndarray:
    """The most that an unpublished flow of each member can be: its tenth largest published one, 0 where fewer are
    published, since then all are. Absent ones may be the largest."""
    ranked = flows.sort_values("value", ascending=False).groupby(end)["value"]
    most = {code: _least_of_top(values) for code, values in ranked if code in set(members)}
    return np.array([most.get(code, 0) for code in members], dtype=int)


def _least_of_top(ranked: pd.Series) -> int:
    """Upper bound of the tenth of some flows, largest first and absent last."""
    known = ranked.dropna()
    if len(ranked) < TOP:
        return 0
    place = TOP - 1 - (len(ranked) - len(known))
    return int(known.iloc[place]) if place >= 0 else np.iinfo(np.int32).max // 2


def _largest(outgoing: np.ndarray, incoming: np.ndarray, cap: np.ndarray) -> float:
    """Largest flow from origins to destinations within remainders and pair limits."""
    # Loaded only where an area is asked for: most pages are of one municipality.
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import maximum_flow

    n = len(outgoing)
    source, sink = 2 * n, 2 * n + 1
    origin, destination = np.nonzero(cap)
    node = np.arange(n)
    start = np.r_[np.full(n, source), origin, node + n]
    end = np.r_[node, destination + n, np.full(n, sink)]
    limit = np.r_[outgoing, cap[origin, destination], incoming]
    graph = coo_matrix((limit.astype(np.int32), (start, end)), shape=(2 * n + 2, 2 * n + 2)).tocsr()
    return float(maximum_flow(graph, source, sink).flow_value)
