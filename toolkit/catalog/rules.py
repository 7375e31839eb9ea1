"""The rules of a table: its bytes, columns, types, codes, flags, units, ranges and key, against its descriptor."""

from __future__ import annotations

import hashlib
import io
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from toolkit.contract import ABSENT, PACKAGE
from toolkit.errors import DataError

REBUILD = "quadro data build --from FOLDER  (the folder of the publishers' files)"
RESTORE = f"put the published file back (git checkout -- data), or rebuild it: {REBUILD}"
TYPES = {"string": pa.string(), "date": pa.string(), "integer": pa.int64(), "number": pa.float64()}
ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
RULES = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
"""Hash of the rules: of this file."""


def verified_bytes(folder: Path, resource: dict[str, Any]) -> bytes:
    """The file's bytes, if their hash is the one described."""
    path = folder / resource["path"]
    if not path.is_file():
        raise DataError(f"{resource['name']}: the file {resource['path']} is missing", where=str(path), hint=RESTORE)
    content = path.read_bytes()
    actual, expected = hashlib.sha256(content).hexdigest(), resource["hash"].removeprefix("sha256:")
    if actual != expected:
        raise DataError(
            f"{resource['name']}: {resource['path']} is not the file that {PACKAGE} describes",
            where=f"{path} ({len(content)} bytes)",
            allowed=f"sha256 {expected}; it is {actual}",
            hint=RESTORE,
        )
    return content


def read(
    content: bytes, resource: dict[str, Any], codes: Collection[str] | None = None, columns: Sequence[str] = ()
) -> pa.Table:
    """CSV or parquet as an Arrow table with the columns and types of the schema.

    Args:
        content: of the file.
        resource: its descriptor.
        codes: of a parquet only the rows with one of these municipalities are read; None: all.
        columns: of a parquet only these are read; none: all.
    """
    fields = resource["schema"]["fields"]
    expected = [item["name"] for item in fields]
    types = {item["name"]: TYPES[item["type"]] for item in fields}
    if resource["format"] == "parquet":
        file, keys = parquet(content, resource), municipal(resource)
        every = codes is None or keys != expected[:1]
        wanted = list(range(file.num_row_groups)) if every else _holding(file, codes or ())
        needed = [name for name in expected if not columns or name in columns or (codes is not None and name in keys)]
        arrow = file.read_row_groups(wanted, columns=needed, use_threads=False)
        if codes is not None:
            among = pa.array(sorted(codes), pa.string())
            arrow = arrow.filter(reduce(pc.or_, [pc.is_in(arrow[name], value_set=among) for name in keys]))
        return arrow.select(list(columns) or expected)
    _check_columns(content.split(b"\n", 1)[0].decode("utf-8").split(","), expected, resource)
    try:
        return pyarrow.csv.read_csv(
            io.BytesIO(content),
            read_options=pyarrow.csv.ReadOptions(use_threads=False),
            convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
        )
    except pa.ArrowInvalid as fault:
        found = re.search(r"column #(\d+): Row #(\d+): .*invalid value '(.*)'", str(fault))
        if not found:
            raise _fault(resource, "file", f"is a table of {len(expected)} columns ({fault})") from fault
        name = expected[int(found[1])]
        rule = f"{name} is of type {types[name]}; it is {found[3]!r}"
        raise _fault(resource, f"row {found[2]}, column {name}", rule) from fault


def municipal(resource: dict[str, Any]) -> list[str]:
    """Columns of a table with codes of municipalities."""
    return [link["fields"][0] for link in resource["schema"].get("foreignKeys", ())]


def parquet(content: bytes, resource: dict[str, Any]) -> pyarrow.parquet.ParquetFile:
    """A parquet file with the columns and types of the schema, of which nothing has been read yet."""
    fields = resource["schema"]["fields"]
    file = pyarrow.parquet.ParquetFile(pa.BufferReader(content))
    _check_columns(file.schema_arrow.names, [item["name"] for item in fields], resource)
    for item in fields:
        found, expected = file.schema_arrow.field(item["name"]).type, TYPES[item["type"]]
        if found != expected:
            raise _fault(resource, "schema", f"column {item['name']} is {expected}; it is {found}")
    return file


def _holding(file: pyarrow.parquet.ParquetFile, codes: Collection[str]) -> list[int]:
    """Groups of rows between whose bounds a code of the first column lies."""
    ordered = sorted(codes)
    found = []
    for number in range(file.num_row_groups):
        bounds = file.metadata.row_group(number).column(0).statistics
        after = bisect_left(ordered, bounds.min)
        if after < len(ordered) and ordered[after] <= bounds.max:
            found.append(number)
    return found


def _check_columns(found: list[str], expected: list[str], resource: dict[str, Any]) -> None:
    if found == expected:
        return
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    rule = f"columns are {', '.join(expected)}"
    rule += f"; missing: {', '.join(missing)}" if missing else ""
    rule += f"; not expected: {', '.join(extra)}" if extra else ""
    raise _fault(resource, "row 1 (header)", rule)


def check_rows(content: bytes, resource: dict[str, Any], known: Mapping[str, Iterable[str]]) -> None:
    """Refuse the first row that breaks a rule of the schema: field, key, flag, unit, and codes that are `known`.

    A parquet is gone through group by group, so that it need not fit in memory; its groups are in order.

    Args:
        content: of the file.
        resource: its descriptor.
        known: column → the values that it may hold.
    """
    values = {column: pa.array(found, pa.string()) for column, found in known.items()}
    if resource["format"] != "parquet":
        _check_part(read(content, resource), resource, values, 2)  # the header is row 1 of a CSV
        return
    file, row, last = parquet(content, resource), 1, None
    for number in range(file.num_row_groups):
        part = file.read_row_group(number, use_threads=False)
        _check_part(part, resource, values, row)
        first = pc.min(part[0]).as_py()
        if last is not None and not last < first:
            raise _fault(resource, f"row {row}", f"{part.column_names[0]} is in order; {first} comes after {last}")
        row, last = row + part.num_rows, pc.max(part[0]).as_py()


def _check_part(arrow: pa.Table, resource: dict[str, Any], known: Mapping[str, pa.Array], row: int) -> None:
    schema = resource["schema"]
    for item in schema["fields"]:
        _check_field(arrow, resource, item, row)
    key = schema["primaryKey"]
    if arrow.select(key).group_by(key).aggregate([]).num_rows != arrow.num_rows:
        repeated = pa.array(arrow.select(key).to_pandas().duplicated())
        _refuse(arrow, resource, repeated, key[0], f"key {', '.join(key)} is unique", row)
    names = set(arrow.column_names)
    if {"value", "flag"} <= names:
        absent = pc.is_in(arrow["flag"], value_set=pa.array(ABSENT))
        empty = pc.is_null(arrow["value"], nan_is_null=True)
        rule = f"value is empty if, and only if, flag is {' or '.join(ABSENT)}"
        _refuse(arrow, resource, pc.xor(absent, empty), "flag", rule, row)
    if "unitOf" in resource:
        by, units = resource["unitOf"]["by"], resource["unitOf"]["units"]
        pairs = arrow.select([by, "unit"]).group_by([by, "unit"]).aggregate([])
        for what, unit in zip(pairs[by].to_pylist(), pairs["unit"].to_pylist(), strict=True):
            if units.get(what) != unit:
                broken = pc.and_(pc.equal(arrow[by], what), pc.equal(arrow["unit"], unit))
                _refuse(
                    arrow, resource, broken, by, f"{by} {what} is counted in {units.get(what, 'nothing known')}", row
                )
    for link in schema.get("foreignKeys", ()):
        column, target = link["fields"][0], link["reference"]
        strange = pc.invert(pc.is_in(arrow[column], value_set=known[column]))
        rule = f"every {column} is in {target['resource']}.{target['fields'][0]}"
        _refuse(arrow, resource, strange, column, rule, row)


def _check_field(arrow: pa.Table, resource: dict[str, Any], item: dict[str, Any], row: int) -> None:
    name, rules, column = item["name"], item.get("constraints", {}), arrow[item["name"]]
    text = TYPES[item["type"]] == pa.string()
    filled = pc.not_equal(column, "") if text else pc.is_valid(column)
    if rules.get("required"):
        _refuse(arrow, resource, pc.invert(filled), name, f"{name} is never empty", row)
    pattern = rules.get("pattern") or (ISO_DATE if item["type"] == "date" else None)
    if pattern:
        matches = pc.match_substring_regex(column, f"^(?:{pattern})$")  # the whole cell, as Frictionless does
        _refuse(arrow, resource, pc.and_(filled, pc.invert(matches)), name, f"{name} has the form {pattern}", row)
    if "enum" in rules:
        allowed = pc.is_in(column, value_set=pa.array(rules["enum"], column.type))
        rule = f"{name} is one of {', '.join(map(str, rules['enum']))}"
        _refuse(arrow, resource, pc.and_(filled, pc.invert(allowed)), name, rule, row)
    if "minimum" in rules:
        _refuse(arrow, resource, pc.less(column, rules["minimum"]), name, f"{name} is at least {rules['minimum']}", row)
    if "maximum" in rules:
        _refuse(
            arrow, resource, pc.greater(column, rules["maximum"]), name, f"{name} is at most {rules['maximum']}", row
        )


def _refuse(arrow: pa.Table, resource: dict[str, Any], broken: Any, column: str, rule: str, row: int) -> None:
    """Raise for the first row where `broken` is true; `row` is the number of the first of all."""
    if not pc.any(broken).as_py():
        return
    index = pc.index(broken, True).as_py()
    values = {name: arrow[name][index].as_py() for name in resource["schema"]["primaryKey"] + [column]}
    shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
    raise _fault(resource, f"row {row + index} ({shown})", rule)


def _fault(resource: dict[str, Any], where: str, rule: str) -> DataError:
    return DataError(
        f"{resource['name']}: a rule of the table is broken",
        where=f"{resource['path']}, {where}",
        allowed=rule,
        hint=RESTORE,
    )
