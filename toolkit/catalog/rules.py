"""The rules of a table: its bytes, columns, types, codes, flags, units, ranges, key, and what holds between cells.

All are said in its descriptor, as Frictionless says them, and in four keys that it has not: of a field, `whole` (its
numbers are); of the resource,

    unitOf  {by, units}: what the values of a column are counted in
    limits  {by, of: {…: {minimum, maximum, whole}}}: what `value` may be, by item or by unit
    rules   a list of
            {ordered: [a, b, …]}: each cell that is filled is at most the next one, row by row
            {of, each: […], at_most, where}: where rows differ in the column `of` only, the value of each of these is
            at most that of the row `at_most`; {of, together: […], …}: so is their sum; `where` chooses rows
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from toolkit.contract import ABSENT, PACKAGE
from toolkit.errors import DataError, boundary, reason

REBUILD = "quadro data build --from FOLDER  (the folder of the publishers' files)"
RESTORE = f"put the published file back (git checkout -- data), or rebuild it: {REBUILD}"
TYPES = {"string": pa.string(), "date": pa.string(), "integer": pa.int64(), "number": pa.float64()}
ISO_DATE = "2026-01-31"
LARGE = 10_000
"""Rows of a table that is checked once a data version."""


def verified_bytes(folder: Path, resource: dict[str, Any]) -> bytes:
    """The file's bytes, if their hash is the one described."""
    path = folder / resource["path"]
    if not path.is_file():
        raise DataError(f"{resource['name']}: the file {resource['path']} is missing", where=str(path), hint=RESTORE)
    with boundary(lambda why: DataError(f"{resource['path']} cannot be read: {why}", where=str(path), hint=RESTORE)):
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


def json_document(content: bytes, resource: dict[str, Any]) -> dict[str, Any]:
    """A topology, whose parts are there."""
    with boundary(lambda why: _fault(resource, "file", f"is a JSON document ({why})")):
        document: dict[str, Any] = json.loads(content)
        shapes = {"type": str, "objects": dict, "arcs": list}
        if not all(isinstance(document[key], kind) for key, kind in shapes.items()):
            raise _fault(resource, "file", f"is a topology with {', '.join(shapes)}")
    return document


def read(content: bytes, resource: dict[str, Any]) -> pa.Table:
    """CSV or parquet as an Arrow table with the columns and types of the schema."""
    with boundary(lambda why: _fault(resource, "file", f"is a {resource['format']} ({why})")):
        return _read(content, resource)


def _read(content: bytes, resource: dict[str, Any]) -> pa.Table:
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
    try:
        _check_columns(content.split(b"\n", 1)[0].decode("utf-8").rstrip("\r").split(","), expected, resource)
        if re.search(rb"[,\n]\s*-?0[xX]", content):  # Arrow would read a hexadecimal number as a whole one
            _check_decimal(_csv(content, {name: pa.string() for name in expected}), resource)
        return _csv(content, types)
    except pa.ArrowInvalid as fault:
        found = re.search(r"column #(\d+): Row #(\d+): .*invalid value '(.*)'", str(fault), re.DOTALL)
        if not found:
            raise _fault(resource, "file", f"is a table of {len(expected)} columns ({reason(fault)})") from fault
        name = expected[int(found[1])]
        rule = f"{name} is of type {types[name]}; it is {found[3][:80]!r}"
        raise _fault(resource, f"row {found[2]}, column {name}", rule) from fault


def _csv(content: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    return pyarrow.csv.read_csv(
        io.BytesIO(content),
        read_options=pyarrow.csv.ReadOptions(use_threads=False),
        convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
    )


def _check_decimal(texts: pa.Table, resource: dict[str, Any]) -> None:
    for item in resource["schema"]["fields"]:
        if item["type"] == "integer":
            name = item["name"]
            broken = pc.match_substring_regex(texts[name], "0[xX]")
            refuse(texts, resource, broken, name, f"{name} is a whole number in decimal digits")


def _check_columns(found: list[str], expected: list[str], resource: dict[str, Any]) -> None:
    if found == expected:
        return
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    rule = f"columns are {', '.join(expected)}"
    rule += f"; missing: {', '.join(missing)}" if missing else ""
    rule += f"; not expected: {', '.join(extra)}" if extra else ""
    raise _fault(resource, "row 1 (header)", rule)


@contextmanager
def once(rows: int, *described: Any) -> Iterator[bool]:
    """Whether a large table is still to be checked on this machine; when that ends well, it is noted for all processes.

    Args:
        rows: of the table; a small one is checked faster than it is noted.
        described: all that the check depends on, hashes of the files included.
    """
    if rows < LARGE:
        yield True
        return
    from platformdirs import user_cache_path

    said = json.dumps([Path(__file__).read_text(encoding="utf-8"), described], sort_keys=True, default=str)
    path = user_cache_path("quadro-checked", appauthor=False) / hashlib.sha256(said.encode()).hexdigest()
    due = not path.exists()
    yield due
    if due:
        with suppress(OSError):  # nowhere to note it: checked again next time
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def check_rows(arrow: pa.Table, resource: dict[str, Any]) -> None:
    """Refuse the first row that breaks a rule of the schema: field, key, flag, unit, limit, and between cells."""
    with boundary(lambda why: _fault(resource, "description", f"says rules that can be asked ({why})")):
        _check_rows(arrow, resource)


def _check_rows(arrow: pa.Table, resource: dict[str, Any]) -> None:
    schema = resource["schema"]
    if not arrow.num_rows:
        raise _fault(resource, "row 2", "a table has rows")
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
    if "limits" in resource:
        _check_limits(arrow, resource, resource["limits"]["by"], resource["limits"]["of"])
    for rule in resource.get("rules", ()):
        if "ordered" in rule:
            for first, second in pairwise(rule["ordered"]):
                both = pc.and_(_filled(arrow[first]), _filled(arrow[second]))
                broken = pc.and_(both, pc.greater(arrow[first], arrow[second]))
                refuse(arrow, resource, broken, first, f"{first} is at most {second}", second)
        else:
            _check_parts(arrow, resource, rule)


def _filled(column: Any) -> Any:
    return pc.not_equal(column, "") if column.type == pa.string() else pc.is_valid(column)


def _check_field(arrow: pa.Table, resource: dict[str, Any], item: dict[str, Any]) -> None:
    name, rules, column = item["name"], item.get("constraints", {}), arrow[item["name"]]
    filled = _filled(column)
    if rules.get("required"):
        refuse(arrow, resource, pc.invert(filled), name, f"{name} is never empty")
    if column.type == pa.float64():
        refuse(arrow, resource, pc.invert(pc.is_finite(column)), name, f"{name} is a finite number")
    if item.get("whole"):
        refuse(arrow, resource, pc.not_equal(column, pc.floor(column)), name, f"{name} is a whole number")
    if item["type"] == "date":
        strange = [text for text in pc.unique(column).to_pylist() if text and not _is_day(text)]
        broken = pc.is_in(column, value_set=pa.array(strange, pa.string()))
        refuse(arrow, resource, broken, name, f"{name} is a day of the calendar, as {ISO_DATE}")
    if pattern := rules.get("pattern"):
        matches = pc.match_substring_regex(column, f"^(?:{pattern})$")  # the whole cell, as Frictionless does
        refuse(arrow, resource, pc.and_(filled, pc.invert(matches)), name, f"{name} has the form {pattern}")
    if "enum" in rules:
        allowed = pc.is_in(column, value_set=pa.array(rules["enum"], column.type))
        rule = f"{name} is one of {', '.join(map(str, rules['enum']))}"
        refuse(arrow, resource, pc.and_(filled, pc.invert(allowed)), name, rule)
    for bound, beyond, said in (("minimum", pc.less, "at least"), ("maximum", pc.greater, "at most")):
        if bound in rules:
            broken = pc.and_(filled, beyond(column, rules[bound]))
            refuse(arrow, resource, broken, name, f"{name} is {said} {rules[bound]}")


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False


def _check_limits(arrow: pa.Table, resource: dict[str, Any], by: str, limits: dict[str, dict[str, Any]]) -> None:
    """Refuse a value that what it counts cannot have."""
    column = arrow[by].combine_chunks().dictionary_encode()
    known = [limits.get(what, {}) for what in column.dictionary.to_pylist()]
    for bound, beyond, said in (("minimum", pc.less, "at least"), ("maximum", pc.greater, "at most")):
        bounds = pa.array([one.get(bound) for one in known], pa.float64()).take(column.indices)
        broken = beyond(arrow["value"], pa.chunked_array([bounds]))
        if at := _first(broken):
            refuse(arrow, resource, broken, "value", f"{arrow[by][at - 1]}: value is {said} {bounds[at - 1]}", by)
    whole = pa.array([one.get("whole", False) for one in known], pa.bool_()).take(column.indices)
    broken = pc.and_(pa.chunked_array([whole]), pc.not_equal(arrow["value"], pc.floor(arrow["value"])))
    if at := _first(broken):
        refuse(arrow, resource, broken, "value", f"{arrow[by][at - 1]}: value is a whole number", by)


def _check_parts(arrow: pa.Table, resource: dict[str, Any], rule: dict[str, Any]) -> None:
    """Refuse a part, or parts together, above their whole; what is absent is not compared."""
    by, whole, where = rule["of"], rule["at_most"], rule.get("where", {})
    key = [name for name in resource["schema"]["primaryKey"] if name != by]
    parts: list[str] = rule.get("together") or rule["each"]
    chosen = pc.is_in(arrow[by], value_set=pa.array([*parts, whole]))
    for name, value in where.items():
        chosen = pc.and_(chosen, pc.equal(arrow[name], value))
    rows = arrow.select([*key, by, "value"]).append_column("row", pa.array(range(arrow.num_rows))).filter(chosen)
    frame = rows.to_pandas()
    mine = frame[frame[by] != whole]
    limit = mine[key].merge(frame[frame[by] == whole], how="left", on=key)["value"].to_numpy()
    reached = mine.groupby(key)["value"].transform("sum") if "together" in rule else mine["value"]
    over = mine["row"][reached.to_numpy() > limit]
    said = f"{', '.join(parts)} together are" if "together" in rule else "each of " + ", ".join(parts) + " is"
    refuse(arrow, resource, pc.is_in(pa.array(range(arrow.num_rows)), value_set=pa.array(over)), by,
           f"{said} at most {whole}", "value")  # fmt: skip


def _first(broken: Any) -> int:
    """One more than the first place where it is true; 0: nowhere."""
    return int(pc.index(broken, True).as_py()) + 1


def refuse(arrow: pa.Table, resource: dict[str, Any], broken: Any, column: str, rule: str, *beside: str) -> None:
    """Raise for the first row where `broken` is true; CSV rows are file lines, the header being row 1.

    Args:
        beside: other columns that the message shows.
    """
    at = _first(broken)
    if not at:
        return
    row = at + (0 if resource["format"] == "parquet" else 1)
    names = [*resource["schema"]["primaryKey"], column, *beside]
    values = {name: arrow[name][at - 1].as_py() for name in names}
    shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
    raise _fault(resource, f"row {row}, column {column} ({shown})", rule)


def _fault(resource: dict[str, Any], where: str, rule: str) -> DataError:
    return DataError(
        f"{resource['name']}: a rule of the table is broken",
        where=f"{resource['path']}, {where}",
        allowed=rule,
        hint=RESTORE,
    )
