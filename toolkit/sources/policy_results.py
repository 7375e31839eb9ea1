"""Results of evaluations that many pages share: made by `quadro policy run`, kept in `data/`, rebuilt as they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.sources.resource import Resource

HERE = Path(__file__).resolve().parents[2] / "data"
RESOURCES = (Resource.of("policy_outcomes"), Resource.of("policy_series"))


def tables(raw: Path | None = None, folder: Path = HERE) -> dict[str, pd.DataFrame]:
    """The tables as last computed; without rows where nothing was computed yet. `raw` has nothing to say here."""
    return {resource.name: _kept(resource, folder / resource.file) for resource in RESOURCES}


def _kept(resource: Resource, path: Path) -> pd.DataFrame:
    names = {item["name"]: item["type"] for item in resource.fields}
    if not path.is_file():
        return pd.DataFrame({name: pd.Series(dtype=float if kind == "number" else str) for name, kind in names.items()})
    types = {name: str for name, kind in names.items() if kind != "number"}
    text = pd.read_csv(path, dtype=types, keep_default_na=False, na_values={n: [""] for n in names if n not in types})
    return text[list(names)]
