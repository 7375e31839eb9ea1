"""The one way in and out of every ex-post estimator: a checked panel goes in, a result comes out.

A `Panel` is refused with one clear `MethodError` when no design could be right on it: duplicated or missing rows,
missing or infinite outcomes, a constant outcome, treated units that are not there, nobody left to compare with,
treatment before the first period. What only some designs need (a single date, enough donors) they ask for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import MethodError
from toolkit.impact.result import Note, Result, finite, quiet

__all__ = ["NEVER", "Break", "Note", "Panel", "Result", "describe", "finite", "quiet"]

NEVER = 0  # `first_treated` of a unit that is never treated
LARGEST = 1e100  # beyond it squares overflow: no measure is as large, nor an outcome that varies as little


@dataclass(frozen=True)
class Break:
    """A known break in series: the value at `time` is the first of the new definition.

    `comparable` says that the publisher, or an analyst with a reason, holds the series comparable across it: it is then
    reported and lowers the verdict, but does not refuse the estimate.
    """

    time: int
    reason: str
    comparable: bool = False


@dataclass(frozen=True)
class Panel:
    """A balanced panel: one row per unit and period, sorted, with the first treated period of each unit.

    Build it with `Panel.of`. `data` has the columns unit, time (int), outcome (float), first_treated (int, 0 = never),
    weight (float), where they are known size (float) and group, and the covariates under their own names.
    """

    data: pd.DataFrame
    outcome: str
    covariates: tuple[str, ...] = ()
    breaks: tuple[Break, ...] = ()

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        *,
        unit: str,
        time: str,
        outcome: str,
        first_treated: str = "",
        treated: Mapping[Any, int] | None = None,
        weights: str = "",
        covariates: Sequence[str] = (),
        size: str = "",
        group: str = "",
        breaks: Iterable[Break] = (),
    ) -> Panel:
        """Check a long table and make a panel of it.

        Args:
            frame: one row per unit and period.
            unit, time, outcome: column names; periods are whole numbers (number quarters or months in a row).
            first_treated: column with the first treated period of the unit; 0, empty or infinite means never.
            treated: instead of that column, the treated units and their first treated period.
            weights: column of positive weights, used by fixed effects, first differences, event studies and, one a
                unit, Callaway-Sant'Anna; methods that compare units one by one leave them aside.
            covariates: columns kept for estimators that use them; they may have gaps, not infinities.
            size: column with the size of units (residents, taxpayers), as it is in the first period; few treated units
                are compared with units of like size, and the noise of small ones is allowed for.
            group: column of groups that share shocks (regions): errors cluster on them, and few treated units are
                exchanged within them.
            breaks: known breaks in series.

        Raises:
            MethodError: the first fault found, with the unit and period concerned.
        """
        _need_columns(frame, [unit, time, outcome, *([first_treated] if first_treated else []), *covariates])
        if bool(first_treated) == (treated is not None):
            raise MethodError(
                "say who is treated in one way",
                allowed="either a `first_treated` column or a `treated` mapping, not both",
            )
        data = pd.DataFrame(
            {
                "unit": frame[unit].to_numpy(),
                "time": _whole_periods(frame[time], time),
                "outcome": _numbers(frame[outcome], outcome),
            }
        )
        data["first_treated"] = (
            _first_periods(frame[first_treated], first_treated)
            if first_treated
            else _from_mapping(data["unit"], treated or {})
        )
        if weights:
            _need_columns(frame, [weights])
        data["weight"] = _numbers(frame[weights], weights) if weights else 1.0
        for name in covariates:
            data[name] = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
            _refuse_infinite(data, name)
        for name, column in (("size", size), ("group", group)):
            if column:
                _need_columns(frame, [column])
                data[name] = _numbers(frame[column], column) if name == "size" else frame[column].to_numpy()
        data = data.sort_values(["unit", "time"], kind="stable", ignore_index=True)
        panel = cls(data, outcome, tuple(covariates), tuple(breaks))
        _check_rows(panel)
        _check_treatment(panel)
        return panel

    def _repr_html_(self) -> str:
        """What is compared, and the first rows."""
        dates = ", ".join(map(str, self.treatment_times)) or "no date"
        told = f"{len(self.treated_units)} treated ({dates}), {len(self.controls)} never treated, {self.span()}"
        return f"<p><b>{self.outcome}</b>: {told}</p>{self.wide().loc[self.treated_units].head().to_html(border=0)}"

    # What the panel holds

    @property
    def units(self) -> np.ndarray:
        """The units, sorted."""
        return self.data["unit"].to_numpy()[:: len(self.times)]

    @cached_property
    def times(self) -> np.ndarray:
        """The periods, in order."""
        return np.sort(self.data["time"].unique())

    @cached_property
    def first_treated(self) -> pd.Series:
        """First treated period by unit, 0 for units never treated within the panel."""
        first = self.data["first_treated"].to_numpy()[:: len(self.times)]
        return pd.Series(np.where(first > self.times[-1], NEVER, first), index=self.units, name="first_treated")

    @property
    def size(self) -> pd.Series | None:
        """Size by unit in the first period; None where it is not known."""
        return self._by_unit("size")

    @property
    def group(self) -> pd.Series | None:
        """Group by unit; None where none is named."""
        return self._by_unit("group")

    def _by_unit(self, column: str) -> pd.Series | None:
        if column not in self.data:
            return None
        return pd.Series(self.data[column].to_numpy()[:: len(self.times)], index=self.units, name=column)

    @property
    def clusters(self) -> np.ndarray:
        """Code by row of what errors cluster on: the group, or the unit."""
        by = self.units if self.group is None else self.group.to_numpy()
        return np.repeat(pd.factorize(by)[0], len(self.times))

    @property
    def treated_clusters(self) -> int:
        """How many of the clusters hold a treated unit: what clustered errors rest on."""
        group = self.first_treated.index if self.group is None else self.group.to_numpy()
        return len(set(np.asarray(group)[self.first_treated.to_numpy() != NEVER]))

    @property
    def independent_treated(self) -> int:
        """How many treated units there are; groups, where a group is treated as a whole."""
        treated = self.first_treated != NEVER
        if self.group is not None:
            whole = treated.groupby(self.group.to_numpy()).all()
            if whole.any():
                return int(whole.sum())
        return int(treated.sum())

    @property
    def treated_units(self) -> list[Any]:
        """Units treated at some time within the panel."""
        first = self.first_treated
        return list(first.index[first != NEVER])

    @property
    def controls(self) -> list[Any]:
        """Units never treated within the panel."""
        first = self.first_treated
        return list(first.index[first == NEVER])

    @property
    def treatment_times(self) -> list[int]:
        """The dates at which treatment starts, in order."""
        return sorted(int(value) for value in set(self.first_treated) - {NEVER})

    @property
    def treatment(self) -> np.ndarray:
        """1 in treated rows, else 0, in the order of `data`."""
        first = np.repeat(self.first_treated.to_numpy(), len(self.times))
        return ((first != NEVER) & (self.data["time"].to_numpy() >= first)).astype(float)

    def wide(self, column: str = "outcome") -> pd.DataFrame:
        """A column as a table of units (rows) by periods (columns)."""
        values = self.data[column].to_numpy(dtype=float).reshape(len(self.units), len(self.times))
        return pd.DataFrame(values, index=pd.Index(self.units, name="unit"), columns=pd.Index(self.times, name="time"))

    def changes(self, date: int) -> pd.Series:
        """Mean outcome from `date` on, less the mean before it, by unit."""
        values = self.wide().to_numpy()
        after = self.times >= date
        return pd.Series(values[:, after].mean(axis=1) - values[:, ~after].mean(axis=1), index=self.units)

    # What a design asks for

    def single_date(self, method: str) -> int:
        """The one date of treatment; staggered treatment is refused."""
        if not self.treatment_times:
            raise MethodError(
                f"{method}: no unit is treated within the panel", where=self.span(), reason="nobody_treated"
            )
        if len(self.treatment_times) > 1:
            raise MethodError(
                f"{method} needs one date of treatment, here there are {len(self.treatment_times)}",
                where=f"dates {', '.join(map(str, self.treatment_times))}",
                hint="use callaway_santanna for staggered treatment",
                reason="several_dates",
                values={"dates": len(self.treatment_times)},
            )
        return self.treatment_times[0]

    def need_controls(self, method: str, least: int = 1) -> list[Any]:
        """The units never treated, at least `least` of them."""
        if len(self.controls) < least:
            raise MethodError(
                f"{method} needs at least {least} unit{'s' * (least > 1)} never treated, here {len(self.controls)}",
                hint="add comparison units, or end the panel before the last ones are treated",
                reason="too_few_controls",
                values={"control_units": len(self.controls), "least": least},
            )
        return self.controls

    def span(self) -> str:
        """The periods covered, as text for messages."""
        return f"periods {self.times[0]} to {self.times[-1]}"

    # Other panels made of this one

    def only(self, *, units: Iterable[Any] | None = None, start: int | None = None, end: int | None = None) -> Panel:
        """The panel of some units, or of a shorter window; checked again."""
        data = self.data
        if units is not None:
            wanted = set(units)
            unknown = wanted - set(self.units)
            if unknown:
                raise MethodError(f"unknown units: {_few(unknown)}", allowed=list(self.units))
            data = data[data["unit"].isin(wanted)]
        if start is not None:
            data = data[data["time"] >= start]
        if end is not None:
            data = data[data["time"] <= end]
        return self._again(data)

    def without(self, units: Iterable[Any]) -> Panel:
        """The panel without some units; checked again."""
        gone = set(units)
        return self.only(units=[unit for unit in self.units if unit not in gone])

    def with_treated(self, treated: Mapping[Any, int]) -> Panel:
        """The same rows with other units, or other dates, treated: what placebos are made of."""
        data = self.data.assign(first_treated=_from_mapping(self.data["unit"], treated))
        return self._again(data)

    def _again(self, data: pd.DataFrame) -> Panel:
        panel = Panel(data.reset_index(drop=True), self.outcome, self.covariates, self.breaks)
        _check_rows(panel)
        _check_treatment(panel)
        return panel


# Checks


def _check_rows(panel: Panel) -> None:
    data = panel.data
    if data.empty:
        raise MethodError("the panel is empty", reason="no_rows")
    if data["unit"].isna().any():
        raise MethodError("a row has no unit", where=f"{int(data['unit'].isna().sum())} rows", hint="drop these rows")
    doubled = data.duplicated(["unit", "time"])
    if doubled.any():
        row = data[doubled].iloc[0]
        raise MethodError(
            f"duplicated rows: unit {row['unit']!r} has more than one row in period {row['time']}",
            where=f"{int(doubled.sum())} rows too many",
            hint="keep one row per unit and period",
        )
    _refuse_missing(data, "outcome", panel.outcome)
    largest = float(data["outcome"].abs().max())
    if largest > LARGEST:
        raise MethodError(
            f"{panel.outcome!r} holds {largest:g}, which is no measure",
            hint="check the file's units",
            reason="no_measure",
        )
    times = np.sort(data["time"].unique())
    counts = data.groupby("unit", sort=True)["time"].nunique()
    short = counts[counts < len(times)]
    if len(short):
        unit = short.index[0]
        gone = sorted(set(times) - set(data.loc[data["unit"] == unit, "time"]))
        raise MethodError(
            f"unbalanced panel: unit {unit!r} has no row in period {gone[0]}",
            where=f"{len(short)} of {len(counts)} units lack periods",
            hint="drop the units or the periods that are not complete",
            reason="periods_missing",
            values={"units": len(short), "of": len(counts)},
        )
    if len(times) < 2:
        raise MethodError("the panel has one period only, so nothing can be compared over time", reason="one_period")
    if float(np.ptp(data["outcome"].to_numpy())) <= 1 / LARGEST:
        raise MethodError(
            f"constant outcome: {panel.outcome!r} is {data['outcome'].iloc[0]:g} in every row", reason="no_variation"
        )
    if float(np.ptp(panel.wide().to_numpy(), axis=1).max()) <= 1e-12 * largest:
        raise MethodError(
            f"constant outcome: {panel.outcome!r} does not vary over time within any unit",
            reason="no_variation_in_time",
        )
    if not np.isfinite(data["weight"]).all() or (data["weight"] <= 0).any():
        raise MethodError("weights must be positive numbers")
    if panel.size is not None and not (panel.size.to_numpy() > 0).all():
        raise MethodError("sizes must be positive numbers", where="first period", hint="drop the units without one")
    if "group" in data and (data.groupby("unit")["group"].nunique(dropna=False) > 1).any() | data["group"].isna().any():
        raise MethodError("each unit needs one group, the same in all periods")


def _check_treatment(panel: Panel) -> None:
    per_unit = panel.data.groupby("unit")["first_treated"].nunique()
    if (per_unit > 1).any():
        unit = per_unit.index[per_unit > 1][0]
        raise MethodError(
            f"unit {unit!r} has more than one first treated period", hint="treatment stays once it starts"
        )
    first = panel.data["first_treated"].to_numpy()[:: len(panel.times)]
    early = (first != NEVER) & (first <= panel.times[0])
    if early.any():
        raise MethodError(
            f"treatment before the panel: unit {panel.units[early][0]!r} is treated from {first[early][0]}, "
            f"the panel starts in {panel.times[0]}",
            where=f"{int(early.sum())} units have no period before treatment",
            hint="add earlier periods, or drop these units",
            reason="treated_from_the_start",
            values={"year": int(panel.times[0])},
        )
    named = first != NEVER
    if not named.any():
        raise MethodError("no treated unit: every unit is marked as never treated", reason="nobody_treated")
    if (first[named] > panel.times[-1]).all():
        raise MethodError(
            f"treatment after the panel: it starts in {first[named].min()}, the panel ends in {panel.times[-1]}",
            hint="add periods after treatment",
            reason="treated_after_the_end",
            values={"year": int(panel.times[-1])},
        )
    if not panel.controls and len(panel.treatment_times) < 2:
        raise MethodError(
            f"all treated: all {len(panel.units)} units are treated in {panel.treatment_times[0]}",
            hint="add units that were not treated",
            reason="all_treated",
            values={"treated_units": len(panel.units)},
        )


def _need_columns(frame: pd.DataFrame, names: Iterable[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise MethodError(f"no column {missing[0]!r} in the table", allowed=list(frame.columns))


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    try:
        values = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as fault:
        raise MethodError(f"column {name!r} is not numeric", where=str(fault)) from None
    return values


def _whole_periods(column: pd.Series, name: str) -> np.ndarray:
    values = _numbers(column, name)
    if not np.isfinite(values).all() or (values != np.round(values)).any():
        raise MethodError(f"periods in {name!r} must be whole numbers", hint="number quarters or months in a row")
    if len(values) and values.min() <= NEVER:
        raise MethodError(f"periods in {name!r} must be above 0", hint="0 marks units never treated: number from 1")
    return values.astype(np.int64)


def _first_periods(column: pd.Series, name: str) -> np.ndarray:
    values = _numbers(column, name)
    values = np.where(np.isfinite(values), values, NEVER)
    if (values != np.round(values)).any():
        raise MethodError(f"first treated periods in {name!r} must be whole numbers, 0 for units never treated")
    return values.astype(np.int64)


def _from_mapping(units: pd.Series, treated: Mapping[Any, int]) -> np.ndarray:
    absent = set(treated) - set(units)
    if absent:
        raise MethodError(
            f"treated unit absent from the panel: {_few(absent)}",
            allowed=sorted(map(str, set(units))),
            hint="check the names",
        )
    for unit, date in treated.items():
        if not isinstance(date, int | float | np.number) or not np.isfinite(date) or date != round(date):
            raise MethodError(
                f"unit {unit!r} is treated from {date!r}, which is not a period",
                allowed="whole numbers, as the periods of the panel",
            )
    return units.map(dict(treated)).fillna(NEVER).to_numpy(dtype=np.int64)


def _refuse_missing(data: pd.DataFrame, column: str, name: str) -> None:
    bad = ~np.isfinite(data[column].to_numpy(dtype=float))
    if bad.any():
        row = data[bad].iloc[0]
        kind = "infinite" if np.isinf(row[column]) else "missing"
        raise MethodError(
            f"{kind} value: {name!r} of unit {row['unit']!r} in period {row['time']}",
            where=f"{int(bad.sum())} rows",
            hint="an absent value is not zero: drop the unit or the period, and say so",
            reason="outcome_missing",
            values={"rows": int(bad.sum())},
        )


def _refuse_infinite(data: pd.DataFrame, column: str) -> None:
    if np.isinf(data[column].to_numpy()).any():
        raise MethodError(f"infinite value in covariate {column!r}", reason="no_measure")


def _few(values: Iterable[Any], most: int = 5) -> str:
    names = sorted(str(value) for value in values)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def describe(panel: Panel) -> dict[str, Any]:
    """Counts that every result on a panel carries, and `overlap`: see `verdict.Evidence`."""
    first = panel.treatment_times[0]
    return {
        "observations": len(panel.data),
        "treated_units": panel.independent_treated,
        "control_units": len(panel.controls),
        "pre_periods": int((panel.times < first).sum()),
        "post_periods": int((panel.times >= first).sum()),
        "overlap": _overlap(panel, first),
    }


def _overlap(panel: Panel, first: int) -> float | None:
    """Share of treated units whose mean outcome before treatment lies within the range of the controls'."""
    if not panel.controls:
        return None
    before = pd.Series(panel.wide().to_numpy()[:, panel.times < first].mean(axis=1), index=panel.units)
    others = before[panel.controls]
    return float(before[panel.treated_units].between(others.min(), others.max()).mean())
