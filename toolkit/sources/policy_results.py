"""Results of evaluations that many pages share: made by `quadro policy run`, kept in `data/`, rebuilt as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.sources.resource import Resource, column

HERE = Path(__file__).resolve().parents[2] / "data"
_POLICY = column("policy", it="Politica", en="Policy", pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$")
_OUTCOME = column("outcome", it="Esito", en="Outcome", pattern="^[a-z][a-z0-9_]*$")
_ABOUT: dict[str, Any] = {
    "publisher": "Quadro",
    "url": "https://esploradati.istat.it/",
    "licence": "cc-by-4.0",
    "upstream": ("provinces.csv, regional_income.csv, regional_employment.csv, supply_use.csv (quadro policy run)",),
    "reference_date": "2023-12-31",
    "codes": (),
    "faults": (
        {
            "it": "Sono stime: ognuna va letta con il suo verdetto, e cambia se cambiano i dati o la politica "
            "descritta.",
            "en": "These are estimates: each is to be read with its verdict, and changes with the data or the "
            "policy file.",
        },
    ),
}


def _number(name: str, it: str, en: str) -> dict[str, Any]:
    return column(name, "number", it, en, required=False)


OUTCOMES = Resource(
    name="policy_outcomes",
    title={"it": "Politiche: stime, verdetti e motivi", "en": "Policies: estimates, verdicts and reasons"},
    processing={
        "it": "Calcolata da `quadro policy run` sulle tavole di questa raccolta e sui file di params/policies; "
        "la colonna "
        "inputs è l'impronta di file e tavole usati.",
        "en": "Computed by `quadro policy run` on the tables of this collection and the files of params/policies; the "
        "column inputs is the fingerprint of the file and tables used.",
    },
    key=("policy", "outcome"),
    fields=(
        _POLICY,
        _OUTCOME,
        column("design", it="Disegno", en="Design"),
        column(
            "status",
            it="Esito del calcolo",
            en="What came of it",
            enum=["estimated", "break", "refused", "not_estimated"],
        ),
        column("verdict", it="Verdetto", en="Verdict", enum=["identificato", "fragile", "descrittivo"]),
        column("reasons", it="Motivi, in JSON", en="Reasons, as JSON"),
        column("breaks", it="Interruzioni trovate, in JSON", en="Breaks found, as JSON"),
        _number("estimate", "Stima", "Estimate"),
        _number("low", "Limite inferiore", "Lower bound"),
        _number("high", "Limite superiore", "Upper bound"),
        _number("p", "p", "p"),
        _number("mde", "Minimo effetto rilevabile", "Minimum detectable effect"),
        _number("expected_effect", "Effetto massimo atteso", "Largest effect expected"),
        _number("treated", "Unità trattate", "Treated units"),
        _number("controls", "Unità di confronto", "Comparison units"),
        _number("pre_periods", "Periodi prima", "Periods before"),
        _number("post_periods", "Periodi dopo", "Periods after"),
        _number("pre_rmspe", "Errore prima della politica", "Error before the policy"),
        _number("placebo_time_year", "Anno del placebo nel tempo", "Year of the placebo in time"),
        _number("placebo_time_p", "p del placebo nel tempo", "p of the placebo in time"),
        _number("placebo_time_gap", "Scarto del placebo nel tempo", "Gap of the placebo in time"),
        _number("loo_low", "Minimo senza un donatore", "Lowest without one donor"),
        _number("loo_high", "Massimo senza un donatore", "Highest without one donor"),
        _number("seed", "Seme", "Seed"),
        _number("draws", "Estrazioni", "Draws"),
        column("unit", it="Unità di conto", en="Unit of count"),
        column("inputs", it="Impronta degli ingressi", en="Fingerprint of the inputs", pattern="^[0-9a-f]{16}$"),
    ),
    **_ABOUT,
)
SERIES = Resource(
    name="policy_series",
    title={
        "it": "Politiche: traiettorie, placebo, gruppi di confronto, intervalli attesi",
        "en": "Policies: paths, placebos, comparison groups, expected ranges",
    },
    processing=OUTCOMES.processing,
    key=("policy", "outcome", "part", "item", "period"),
    fields=(
        _POLICY,
        _OUTCOME,
        column("part", it="Parte", en="Part", pattern="^[a-z_]+$"),
        column("item", it="Voce", en="Item"),
        column("period", it="Periodo", en="Period", required=False),
        column("value", "number"),
        column("unit"),
        column("flag", enum=["observed", "estimated"]),
    ),
    **_ABOUT,
)
RESOURCES = (OUTCOMES, SERIES)


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
