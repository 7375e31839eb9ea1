"""No table by municipality and section is modelled: how wrong it would be, measured where the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import catalog

DOCS = Path(__file__).resolve().parents[2] / "docs" / "production.md"
INDUSTRY = list("BCDEF")


@pytest.fixture(scope="module")
def true() -> pd.DataFrame:
    """Persons employed of 2023 by municipality and section."""
    rows = catalog.load("local_units_sector")
    rows = rows[(rows["year"] == 2023) & (rows["item"] == "persons_employed")]
    return rows.pivot(index="istat_code", columns="sector", values="value")


@pytest.fixture(scope="module")
def modelled(true: pd.DataFrame) -> pd.DataFrame:
    """Industry and services of each, shared out as in the province."""
    parts = []
    for sections in (INDUSTRY, [one for one in true if one not in INDUSTRY]):
        as_in_province = true[sections].sum() / true[sections].sum().sum()
        shared = np.outer(true[sections].sum(axis=1), as_in_province)
        parts.append(pd.DataFrame(shared, index=true.index, columns=sections))
    return pd.concat(parts, axis=1)[true.columns]


def test_a_modelled_table_misplaces_too_many_and_the_docs_say_so(true: pd.DataFrame, modelled: pd.DataFrame) -> None:
    persons = true.sum(axis=1)
    misplaced = (modelled - true).abs().sum(axis=1) / 2 / persons
    said = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert f"{misplaced.median():.0%} of persons land in the wrong section in the median municipality" in said
    assert f"{misplaced.quantile(0.9):.0%} in one of ten" in said
    assert f"{misplaced[persons > 5000].mean():.0%} on average even above 5,000 persons" in said
    assert misplaced.median() > 0.1, "were it this good, the refusal could be thought over"


@pytest.mark.parametrize(("section", "said"), [("C", "r = 0.90"), ("H", "(0.19)"), ("D", "(−0.05)"), ("F", "(−0.07)")])
def test_shares_do_not_agree(true: pd.DataFrame, modelled: pd.DataFrame, section: str, said: str) -> None:
    shares, guessed = (table.div(table.sum(axis=1), axis=0)[section] for table in (true, modelled))
    assert f"{shares.corr(guessed):.2f}".replace("-", "−") in said
    assert said in DOCS.read_text(encoding="utf-8")


def test_what_is_shipped_by_municipality_and_sector_is_observed() -> None:
    """Sections only where ISTAT's own were obtained; two sectors elsewhere; nothing flagged as an estimate."""
    package = {one["name"]: one for one in catalog.default().package["resources"]}
    sectors = {
        name: one["schema"]["fields"]
        for name, one in package.items()
        if {"istat_code", "sector"} <= {field["name"] for field in one.get("schema", {}).get("fields", ())}
    }
    assert set(sectors) == {"business_frame", "local_units_sector"}
    for name, fields in sectors.items():
        allowed = {field["name"]: field.get("constraints", {}).get("enum") for field in fields}
        assert set(allowed["flag"]) <= {"observed", "confidential"}, name
        assert name == "local_units_sector" or set(allowed["sector"]) == {"total", "industry", "services"}
    codes = catalog.load("local_units_sector")["istat_code"].unique()
    assert (len(codes), {code[:3] for code in codes}) == (205, {"017"})
