"""What every estimator hands back, and the two guards around the libraries that compute it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

COUNTED = ("treated_units", "control_units", "clusters", "pre_periods", "post_periods", "observations", "pre_rmspe")
"""Diagnostics that a summary tells."""


@dataclass(frozen=True)
class Note:
    """Something a reader must be told: a label key that the report words in a language, and the values it needs."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What an estimator found.

    Attributes:
        method: name of the estimator.
        estimate: the effect, in the unit of the outcome (a ratio for multiplicative models; `scale` says which).
        inference: where uncertainty comes from: classical, robust, cluster, hac, model, placebo, randomisation,
            influence, bootstrap or none.
        se, interval, p: absent (None) where the inference does not give them.
        level: confidence level of `interval`.
        diagnostics: named numbers that `verdict.Evidence.of` understands, and others.
        tables: paths, coefficients, weights, placebo distributions, as DataFrames.
        notes: what a reader must be told.
        seed, draws: of simulated inference; None where nothing is drawn.
    """

    method: str
    estimate: float
    inference: str
    se: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    level: float = 0.95
    scale: str = "difference"
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    seed: int | None = None
    draws: int | None = None

    def summary(self) -> pd.DataFrame:
        """What was found, a line each: estimate, interval, p, how many of what it rests on; absent ones are left out.

        Returns:
            DataFrame[what, value], values as text with four significant digits.
        """
        low, high = self.interval or (None, None)
        known = {"estimate": self.estimate, "standard error": self.se, "p": self.p}
        rows = [("method", self.method), ("uncertainty from", self.inference)]
        rows += [(what, f"{value:.4g}") for what, value in known.items() if value is not None]
        if low is not None and high is not None:
            rows.append((f"{self.level:.0%} interval", f"{low:.4g} to {high:.4g}"))
        rows += [
            (f"{what}", f"{self.diagnostics[what]:.4g}") for what in COUNTED if _number(self.diagnostics.get(what))
        ]
        rows += [("drawn", f"{self.draws} times, seed {self.seed}")] if self.draws else []
        rows += [("note", note.key.rpartition(".")[2].replace("_", " ")) for note in self.notes]
        return pd.DataFrame(rows, columns=["what", "value"])

    def plot(self) -> Any:
        """Its picture, an Altair chart: paths, effects by period, the law of a test, or the estimate with its interval.

        Layers and encodings can be changed, and `report.figure(result.plot(), …)` puts it on the page.
        """
        from toolkit.impact.picture import picture

        return picture(self)

    def _ipython_display_(self) -> None:
        """A table and the picture, for whoever looks at a cell; a page holds what its report shows."""
        from IPython.display import HTML, display

        display(HTML(self.summary().to_html(index=False, header=False, border=0)))
        display(self.plot())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; tables become lists of records."""
        tables = {name: _records(table) for name, table in self.tables.items()}
        return {
            "method": self.method,
            "estimate": plain(self.estimate),
            "scale": self.scale,
            "inference": self.inference,
            "se": plain(self.se),
            "interval": plain(self.interval),
            "level": self.level,
            "p": plain(self.p),
            "seed": self.seed,
            "draws": self.draws,
            "diagnostics": {name: plain(value) for name, value in self.diagnostics.items()},
            "notes": [{"key": note.key, "values": plain(dict(note.values))} for note in self.notes],
            "tables": tables,
        }


def finite(value: float, method: str, what: str = "estimate") -> float:
    """The value, or a MethodError where a library answered with a missing or infinite number."""
    number = float(value)
    if not np.isfinite(number):
        raise MethodError(f"{method}: the {what} is not defined on these data", reason="not_defined")
    return number


def usable_error(se: float | None, outcome: np.ndarray) -> float | None:
    """A library's standard error, or None where it is missing or nothing but rounding: no test can rest on it."""
    if se is None or not np.isfinite(se) or se <= 1e-10 * float(np.std(outcome)):
        return None
    return float(se)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep a library's warnings away from readers: inputs are checked before, and results after, the call."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


# Plain values for JSON


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def plain(value: Any) -> Any:
    """A value as JSON can hold it; numbers that are not finite become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray | pd.Series):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
