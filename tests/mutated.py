"""Spoilt cells: mutations of the tables, and an oracle, written apart from the catalogue, of what is forbidden.

`python tests/mutated.py [CELLS [FILES]]` tries so many of them (10,000), and of files of `params/` (5,000), and counts
what came of each kind.
"""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import fuzzed
import pandas as pd
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from toolkit import catalog, params
from toolkit.catalog import rules
from toolkit.errors import ToolkitError
from toolkit.params import benchmark, choices, policy
from toolkit.sources.write import number

Row = dict[str, str]
SIZE = 60
"""Rows of a sample at most: those of one place, so that rules between rows have what they need."""
NUMBERS = ("inf", "-inf", "nan", "1e300", "-1e300", "-1", "-75", "0.5", "7", "99", "2199", "", "n.d.", "1.234,5", " 5")
NUMBERS += ("0x10", "1_000", "true", "1" * 400, "１２", "5 ", "1e5", "-0", "--1", "1;2", "∞")
DAYS = (
    "2026-02-30",
    "2025-13-01",
    "2199-01-01",
    "0000-00-00",
    "2026-2-3",
    "31/12/2020",
    "",
    "2026-01-01T00:00",
    "n.d.",
)
DAYS += (
    "20260101",
    "9999-12-31",
    "1492-10-12",
    "２０２６-01-01",
    "2023-02-29",
    "2024-02-29",
    " 2024-01-01",
    "-001-01-01",
)


@dataclass(frozen=True)
class Sample:
    """Some rows of a table, as texts, with its description."""

    resource: dict[str, Any]
    rows: tuple[Row, ...]

    def spoilt(self, at: int, column: str, value: str) -> Sample:
        """The same with another cell."""
        return Sample(self.resource, (*self.rows[:at], {**self.rows[at], column: value}, *self.rows[at + 1 :]))

    def refusal(self) -> str:
        """What the catalogue says of it; empty: nothing. Anything but a `ToolkitError` goes through."""
        names = [item["name"] for item in self.resource["schema"]["fields"]]
        out = io.StringIO()
        writer = csv.DictWriter(out, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        try:
            rules.check_rows(out.getvalue().encode(), self.resource, _links(self.resource["name"]))
        except ToolkitError as fault:
            return str(fault)
        return ""


@cache
def table(name: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """A table as texts, and its description; a parquet is told as a CSV."""
    found = next(one for one in catalog.default().package["resources"] if one["name"] == name)
    texts = catalog.load(name).map(lambda cell: cell if isinstance(cell, str) else number(cell))
    return found | {"format": "csv"}, texts


@cache
def _links(name: str) -> dict[str, frozenset[str]]:
    """Column → what it may hold, where that is what another table has."""
    links = table(name)[0]["schema"].get("foreignKeys", ())
    ends = {link["fields"][0]: link["reference"] for link in links}
    return {column: frozenset(table(end["resource"])[1][end["fields"][0]]) for column, end in ends.items()}


def sample(name: str, **where: str) -> Sample:
    """The rows of a table that have these texts."""
    resource, texts = table(name)
    for column, text in where.items():
        texts = texts[texts[column] == text]
    return Sample(resource, tuple(texts.head(SIZE).to_dict("records")))


def names() -> list[str]:
    """The tables there are."""
    return [one["name"] for one in catalog.default().package["resources"] if "schema" in one]


# ---- what is forbidden, row by row, in plain Python ------------------------------------------------------------------


def forbidden(sample: Sample, at: int, column: str) -> str:
    """The rule that a cell breaks by itself, or with its row; empty: none that is told here."""
    row, fields = sample.rows[at], {item["name"]: item for item in sample.resource["schema"]["fields"]}
    text, item = row[column], fields[column]
    said = item.get("constraints", {})
    if not text:
        return "required" if said.get("required") else _flagged(row, fields)
    kind = item["type"]
    if kind in ("number", "integer"):
        form = r"-?\d+" if kind == "integer" else r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
        if not re.fullmatch(form, text.strip(" "), re.ASCII):
            return "type"
        value: Any = float(text)
        if not math.isfinite(value):
            return "finite"
        if item.get("whole") and value % 1:
            return "whole"
    elif kind == "date":
        try:
            if date.fromisoformat(text).isoformat() != text:
                return "day"
        except ValueError:
            return "day"
        value = text
    else:
        value = text
    if "enum" in said and value not in said["enum"]:
        return "enum"
    if "pattern" in said and not re.fullmatch(said["pattern"], text, re.ASCII):
        return "pattern"
    if value < said.get("minimum", value) or value > said.get("maximum", value):
        return "range"
    if text not in _links(sample.resource["name"]).get(column, {text}):
        return "link"
    return _flagged(row, fields) or _limited(sample.resource, row) or _between(sample.resource, row)


def _flagged(row: Row, fields: dict[str, Any]) -> str:
    absent = row.get("flag") in ("confidential", "missing")
    return "flag" if {"flag", "value"} <= set(fields) and absent != (row["value"] == "") else ""


def _limited(resource: dict[str, Any], row: Row) -> str:
    if "unitOf" in resource and resource["unitOf"]["units"].get(row[resource["unitOf"]["by"]]) != row["unit"]:
        return "unit"
    if "limits" not in resource or not row["value"]:
        return ""
    said, value = resource["limits"]["of"].get(row[resource["limits"]["by"]], {}), float(row["value"])
    if value < said.get("minimum", value) or value > said.get("maximum", value):
        return "limit"
    return "whole" if said.get("whole") and value % 1 else ""


def _between(resource: dict[str, Any], row: Row) -> str:
    numbers = {one["name"] for one in resource["schema"]["fields"] if one["type"] in ("integer", "number")}
    for rule in resource.get("rules", ()):
        for first, second in zip(rule.get("ordered", ()), rule.get("ordered", ())[1:], strict=False):
            if row[first] and row[second]:
                cells = [float(row[name]) if name in numbers else row[name] for name in (first, second)]
                if cells[0] > cells[1]:  # type: ignore[operator]
                    return "order"
    return ""


# ---- the corpus ------------------------------------------------------------------------------------------------------


def mutations(count: int, seed: int = 18) -> Iterator[tuple[Sample, int, str]]:
    """Spoilt samples: with the row and the column that changed."""
    chance = random.Random(seed)
    tables = names()
    done = 0
    while done < count:
        name = tables[done % len(tables)]
        _, texts = table(name)
        place = texts.columns[0]
        whole = sample(name, **{place: texts[place].iloc[chance.randrange(len(texts))]})
        at = chance.randrange(len(whole.rows))
        item = chance.choice(whole.resource["schema"]["fields"])
        text = chance.choice(_texts(whole.rows[at][item["name"]], item["type"], texts[item["name"]], chance))
        if text != whole.rows[at][item["name"]]:
            done += 1
            yield whole.spoilt(at, item["name"], text), at, item["name"]


def _texts(text: str, kind: str, column: pd.Series, chance: random.Random) -> tuple[str, ...]:
    other = str(column.iloc[chance.randrange(len(column))])
    if kind == "date":
        return (*DAYS, other)
    if kind in ("integer", "number"):
        shifted = [number(float(text) * times) for times in (-1, 100, 1000, 0.001)] if text else []
        return (*NUMBERS, *shifted, number(float(text) + 0.5) if text else "3", other)
    strange = (text.upper(), text.lower(), f"{text} ", f" {text}", text[:-1], text + text, "\u00a0" + text, "=1+1", "")
    return (*strange, text.replace("a", "а"), text.replace("o", "0"), "\x1b[1m", "x" * 5000, '"', "\n", "2199", other)


def tried(count: int) -> tuple[Counter[str], list[str]]:
    """What came of mutations, and those that should not have come: tracebacks, and forbidden cells that were taken."""
    came: Counter[str] = Counter()
    wrong: list[str] = []
    for spoilt, at, column in mutations(count):
        told = f"{spoilt.resource['name']}.{column} = {spoilt.rows[at][column][:60]!r}"
        rule = forbidden(spoilt, at, column)
        try:
            refused = spoilt.refusal()
        except Exception:
            came["traceback"] += 1
            wrong.append(f"{told}: {traceback.format_exc(limit=-1)}")
            continue
        came[f"{'refused' if refused else 'taken'}, {f'forbidden: {rule}' if rule else 'not forbidden by itself'}"] += 1
        if rule and not refused:
            wrong.append(f"{told} is taken, against the rule {rule!r}")
    return came, wrong


# ---- files of params -------------------------------------------------------------------------------------------------

OWN = """figures:
  - {name: {it: Imprese, en: Enterprises}, value: 1650, unit: enterprises, date: "2026-06-30", source: SUAP,
     role: {it: SUAP, en: Desk}, beside: local_units_per_1000}
entries:
  - {kind: risk, text: {it: x, en: x}, date: "2026-06-30", role: {it: SUAP, en: Desk}}
"""


def _seeds() -> dict[type[BaseModel], list[str]]:
    home = params.ROOT / "params"
    seeds: dict[type[BaseModel], list[str]] = {
        model: [path.read_text(encoding="utf-8") for path in sorted(home.glob(pattern))]
        for model, pattern in (
            (params.RunPlan, "runs/*.yml"),
            (params.MunicipalitySet, "sets/*.yml"),
            (policy.Policy, "policies/*.yml"),
            (choices.Choices, "pnrr*.yml"),
            (benchmark.CompositeIndicator, "composite.yml"),
            (benchmark.SwotRules, "swot.yml"),
        )
    }
    return seeds | {benchmark.OwnFigures: [OWN]}


def params_tried(count: int, folder: Path, seed: int = 18) -> tuple[Counter[str], list[str]]:
    """What came of mutated files of `params/`; what is forbidden is told by `params/schema.json`."""
    chance, seeds, came, wrong = random.Random(seed), _seeds(), Counter[str](), list[str]()
    schema = json.loads((params.ROOT / "params" / "schema.json").read_text(encoding="utf-8"))
    asked = {model: Draft202012Validator({**schema, "$ref": f"#/$defs/{model.__name__}"}) for model in seeds}
    said = {model: [yaml.safe_load(text) for text in texts] for model, texts in seeds.items()}
    for at in range(count):
        model = list(seeds)[at % len(seeds)]
        spoilt = fuzzed.of_said(chance.choice(said[model]), chance)
        path = folder / f"{at}.yml"
        path.write_bytes(fuzzed.yaml_of(spoilt))
        forbidden = not asked[model].is_valid(spoilt)
        told = f"{model.__name__} {'' if not forbidden else next(asked[model].iter_errors(spoilt)).message[:200]}"
        try:
            params.load(model, path)
            refused = False
        except ToolkitError:
            refused = True
        except Exception:
            came["traceback"] += 1
            wrong.append(f"{told}: {traceback.format_exc(limit=-1)}")
            continue
        finally:
            path.unlink()
        came[f"{model.__name__}: {'refused' if refused else 'taken'}{', forbidden' if forbidden else ''}"] += 1
        if forbidden and not refused:
            wrong.append(f"{told} is taken")
    return came, wrong


if __name__ == "__main__":
    cells, files = map(int, [*sys.argv[1:], "10000", "5000"][:2])
    with tempfile.TemporaryDirectory() as scratch:
        for counts, faults in (tried(cells), params_tried(files, Path(scratch))):
            for what, times in sorted(counts.items()):
                print(f"{times:6}  {what}")
            print("\n".join(faults) or "no traceback, nothing taken that a rule forbids")
