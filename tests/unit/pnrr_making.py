"""The real tables of calls and projects, loaded once, and small made-up ones."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from toolkit import catalog, pnrr

BRESSO, MILANO, TRIBIANO = "015032", "015146", "015222"


@lru_cache
def load(name: str) -> pd.DataFrame:
    return catalog.load(name)


def lines() -> dict[str, str]:
    calls = load("calls")
    return dict(zip(calls["call"], calls["line"], strict=True))


def populations(year: int) -> dict[str, float]:
    table = load("population")
    chosen = table[(table["year"] == year) & (table["item"] == "residents")]
    return dict(zip(chosen["istat_code"], chosen["value"], strict=True))


def municipalities() -> list[str]:
    members = load("area_members")
    return sorted(members.loc[members["area"] == "citta-metropolitana-milano", "istat_code"])


@lru_cache
def known(as_of: str, hindsight: bool = False) -> pd.DataFrame:
    return pnrr.as_known(load("calls"), load("calls_history"), as_of, hindsight=hindsight)


def one(as_of: str, call: str, hindsight: bool = False) -> dict[str, Any]:
    table = known(as_of, hindsight)
    return table[table["call"] == call].iloc[0].to_dict()


def call(name: str = "a", **other: str) -> dict[str, Any]:
    base = dict.fromkeys(load("calls").columns, "")
    return (
        base
        | {"call": name, "programme": "pnrr", "last_observed_on": "2026-01-01", "first_observed_on": "2023-01-01"}
        | other
    )


def event(name: str = "a", observed_on: str = "2023-01-01", **other: Any) -> dict[str, Any]:
    base = {"call": name, "observed_on": observed_on, "opens_on": "2023-01-01", "closes_on": "2023-03-01"}
    base |= {"precision": "day", "state": "published", "endowment": 1e6, "title_as_published": "", "source": "made up"}
    return base | other


def rule(value: object, operator: str = "at_least", name: str = "population", **other: str) -> dict[str, str]:
    base = {"call": "a", "rule_id": f"{name}-{operator}-{value}", "alternative": "", "rule": name, "operator": operator}
    base |= {
        "value": str(value),
        "population_reference": "",
        "valid_from": "",
        "valid_to": "",
        "observed_on": "2022-01-01",
    }
    return base | {"basis": "stated", "source": "made up", "to_verify": "no"} | other
