"""Results beside a page: JSON and CSV files, the same whatever the language of the page they come from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit import signs
from toolkit.contract import ABSENT_FLAGS
from toolkit.errors import ToolkitError
from toolkit.render.content import Payload, frame, payloads


def tables(notebook: Any) -> Iterator[Payload]:
    """What holds figures, in order: tables as they are, and the data of figures in the form of a table.

    Raises:
        ToolkitError: two of them have the same id, or one has no usable id.
    """
    seen: set[str] = set()
    for payload in payloads(notebook):
        if payload["kind"] not in ("table", "figure"):
            continue
        name = payload["id"]
        if name in seen:
            raise ToolkitError(
                f"Two figures or tables of the notebook have the id {name!r}.",
                hint="ids name files and addresses: change one",
            )
        if not name.replace("-", "").replace("_", "").isalnum():
            raise ToolkitError(f"{name!r} cannot name a table.", allowed="letters, digits, - and _")
        seen.add(name)
        if payload["kind"] == "table":
            yield payload
        elif payload.get("table"):
            yield {**payload, "caption": payload["title"], **payload["table"]}


def as_json(notebook: Any) -> str:
    """The results file: what the report printed as numbers, by name, with the tables and where they come from."""
    opened, closed = frame(notebook)
    origin = closed["provenance"]
    place = opened["territory"]
    content = {
        "report": opened["report"],
        "territory": {key: place[key] for key in ("type", "code", "slug") if key in place},
        "as_of": opened["as_of"],
        "reference_date": opened["reference_date"],
        "snapshot": opened["snapshot"],
        "parameters": {key: value for key, value in origin["parameters"].items() if key != "language"},
        "results": closed["results"],
        "tables": {table["id"]: _table(table) for table in tables(notebook)},
        "provenance": {key: origin[key] for key in ("version", "lock", "data", "tables")},
    }
    try:
        return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    except ValueError as error:
        hint = "an absent value is null with the flag `missing` or `confidential`"
        raise ToolkitError(f"The results hold what JSON cannot: {error}", hint=hint) from None


def _table(table: Payload) -> dict[str, Any]:
    columns = [{key: column[key] for key in ("key", "unit") if column.get(key)} for column in table["columns"]]
    return {"columns": columns, "rows": [_row(table["columns"], row) for row in table["rows"]]}


def _row(columns: list[Payload], cells: list[Payload]) -> dict[str, Any]:
    """One row by column key; `flags` names the cells that are anything but plainly observed."""
    row = {column["key"]: value(cell) for column, cell in zip(columns, cells, strict=True)}
    flags = {column["key"]: flag(cell) for column, cell in zip(columns, cells, strict=True) if flag(cell) != "observed"}
    return {**row, "flags": flags} if flags else row


def as_csv(table: Payload) -> str:
    """One table: raw values by column key, each number followed by its unit and its flag.

    A zero is `0`; an absent value is an empty field whose flag says why (`missing`, `confidential`, `not_observable`).
    A sum of which parts are absent is what the others add up to, with the flag `lower_bound`.
    A text that a spreadsheet would compute (`=…`, `+…`, `-…`, `@…`) has an apostrophe before it; the JSON has none.
    """
    columns = table["columns"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([signs.cell(name) for column in columns for name in _names(column)])
    for row in table["rows"]:
        cells = zip(columns, row, strict=True)
        fields = (field for column, cell in cells for field in _fields(column, cell))
        writer.writerow([signs.cell(field) if isinstance(field, str) else field for field in fields])
    return out.getvalue()


def _names(column: Payload) -> list[str]:
    key = column["key"]
    return [key, f"{key}_unit", f"{key}_flag"] if column.get("numeric") else [key]


def _fields(column: Payload, cell: Payload) -> list[Any]:
    raw = value(cell)
    text = "" if raw is None else raw
    unit = cell.get("unit") or column.get("unit") or ""  # a column of different measures has a unit a cell
    return [text, unit, flag(cell)] if column.get("numeric") else [text]


def value(cell: Payload) -> Any:
    """The raw value of a cell; none where its flag says that it is absent, whatever the cell holds."""
    return None if cell.get("flag") in ABSENT_FLAGS else cell["v"]


def flag(cell: Payload) -> str:
    """The flag of a cell: `observed` unless it says otherwise, `missing` where there is no value and no reason."""
    return cell.get("flag") or ("missing" if cell["v"] is None else "observed")


def csv_name(report: str, table: Payload) -> str:
    """The file of a table, the one its link on the page names."""
    name = table.get("csv") or f"{report}-{table['id']}.csv"
    if Path(name).name != name or not name.endswith(".csv"):
        raise ToolkitError(f"{name!r} is not the plain name of a CSV file", where=f"table {table['id']}")
    return str(name)


def files(notebook: Any) -> Mapping[str, str]:
    """All result files of a notebook, name → content."""
    report = frame(notebook)[0]["report"]
    found = {f"{report}.json": as_json(notebook)}
    for table in tables(notebook):
        found[csv_name(report, table)] = as_csv(table)
    return found
