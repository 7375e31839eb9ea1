"""The rules of a table: its bytes, columns, types, codes, flags, units, ranges and key, against its descriptor."""

from __future__ import annotations

import hashlib
import io
import re
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


def read(content: bytes, resource: dict[str, Any]) -> pa.Table:
    """CSV or parquet as an Arrow table with the columns and types of the schema."""
    fields = resource["schema"]["fields"]
    expected = [item["name"] for item in fields]
    types = {item["name"]: TYPES[item["type"]] for item in fields}
    if resource["format"] == "parquet":
        arrow = pyarrow.parquet.read_table(io.BytesIO(content))
        _check_columns(arrow.column_names, expected, resource)
        wrong = [name for name in expected if arrow.schema.field(name).type != types[name]]
        if wrong:
            rule = f"column {wrong[0]} is {types[wrong[0]]}; it is {arrow.schema.field(wrong[0]).type}"
            raise _fault(resource, "schema", rule)
        return arrow
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


def _check_columns(found: list[str], expected: list[str], resource: dict[str, Any]) -> None:
    if found == expected:
        return
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    rule = f"columns are {', '.join(expected)}"
    rule += f"; missing: {', '.join(missing)}" if missing else ""
    rule += f"; not expected: {', '.join(extra)}" if extra else ""
    raise _fault(resource, "row 1 (header)", rule)


def check_rows(arrow: pa.Table, resource: dict[str, Any]) -> None:
    """Refuse the first row that breaks a rule of the schema: field, key, flag and unit."""
    schema = resource["schema"]
    for item in schema["fields"]:
        _check_field(arrow, resource, item)
    key = schema["primaryKey"]
    if arrow.select(key).group_by(key).aggregate([]).num_rows != arrow.num_rows:
        repeated = pa.array(arrow.select(key).to_pandas().duplicated())
        refuse(arrow, resource, repeated, key[0], f"key {', '.join(key)} is unique")
    names = set(arrow.column_names)
    if {"value", "flag"} <= names:
        absent = pc.is_in(arrow["flag"], value_set=pa.array(ABSENT))
        empty = pc.is_null(arrow["value"], nan_is_null=True)
        rule = f"value is empty if, and only if, flag is {' or '.join(ABSENT)}"
        refuse(arrow, resource, pc.xor(absent, empty), "flag", rule)
    if "unitOf" in resource:
        by, units = resource["unitOf"]["by"], resource["unitOf"]["units"]
        pairs = arrow.select([by, "unit"]).group_by([by, "unit"]).aggregate([])
        for what, unit in zip(pairs[by].to_pylist(), pairs["unit"].to_pylist(), strict=True):
            if units.get(what) != unit:
                broken = pc.and_(pc.equal(arrow[by], what), pc.equal(arrow["unit"], unit))
                refuse(arrow, resource, broken, by, f"{by} {what} is counted in {units.get(what, 'nothing known')}")


def _check_field(arrow: pa.Table, resource: dict[str, Any], item: dict[str, Any]) -> None:
    name, rules, column = item["name"], item.get("constraints", {}), arrow[item["name"]]
    text = TYPES[item["type"]] == pa.string()
    filled = pc.not_equal(column, "") if text else pc.is_valid(column)
    if rules.get("required"):
        refuse(arrow, resource, pc.invert(filled), name, f"{name} is never empty")
    pattern = rules.get("pattern") or (ISO_DATE if item["type"] == "date" else None)
    if pattern:
        matches = pc.match_substring_regex(column, f"^(?:{pattern})$")  # the whole cell, as Frictionless does
        refuse(arrow, resource, pc.and_(filled, pc.invert(matches)), name, f"{name} has the form {pattern}")
    if "enum" in rules:
        allowed = pc.is_in(column, value_set=pa.array(rules["enum"], column.type))
        rule = f"{name} is one of {', '.join(map(str, rules['enum']))}"
        refuse(arrow, resource, pc.and_(filled, pc.invert(allowed)), name, rule)
    if "minimum" in rules:
        refuse(arrow, resource, pc.less(column, rules["minimum"]), name, f"{name} is at least {rules['minimum']}")
    if "maximum" in rules:
        refuse(arrow, resource, pc.greater(column, rules["maximum"]), name, f"{name} is at most {rules['maximum']}")


def refuse(arrow: pa.Table, resource: dict[str, Any], broken: Any, column: str, rule: str) -> None:
    """Raise for the first row where `broken` is true; CSV rows are file lines, the header being row 1."""
    if not pc.any(broken).as_py():
        return
    index = pc.index(broken, True).as_py()
    row = index + (1 if resource["format"] == "parquet" else 2)
    values = {name: arrow[name][index].as_py() for name in resource["schema"]["primaryKey"] + [column]}
    shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
    raise _fault(resource, f"row {row} ({shown})", rule)


def _fault(resource: dict[str, Any], where: str, rule: str) -> DataError:
    return DataError(
        f"{resource['name']}: a rule of the table is broken",
        where=f"{resource['path']}, {where}",
        allowed=rule,
        hint=RESTORE,
    )
