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
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import reduce
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
RULES = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
"""Hash of the rules: of this file."""


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
    with boundary(lambda why: _fault(resource, "file", f"is a {resource['format']} ({why})")):
        if resource["format"] == "parquet":
            return _read_parquet(content, resource, codes, columns)
        return _read_csv(content, resource)


def _read_parquet(
    content: bytes, resource: dict[str, Any], codes: Collection[str] | None, columns: Sequence[str]
) -> pa.Table:
    expected = [item["name"] for item in resource["schema"]["fields"]]
    codes = None if codes is None else set(codes)
    file, keys = parquet(content, resource), municipal(resource)
    every = codes is None or keys != expected[:1]
    wanted = list(range(file.num_row_groups)) if every else _holding(file, codes or ())
    needed = [name for name in expected if not columns or name in columns or (codes is not None and name in keys)]
    if codes is None:
        return file.read_row_groups(wanted, columns=needed, use_threads=False).select(list(columns) or expected)
    among = pa.array(sorted(codes), pa.string())
    parts = [file.schema_arrow.empty_table().select(needed)]
    for number in wanted:  # one at a time: what is left out is let go of before the next is read
        part = file.read_row_group(number, columns=needed, use_threads=False)
        parts.append(part.filter(reduce(pc.or_, [pc.is_in(part[name], value_set=among) for name in keys])))
    return pa.concat_tables(parts).select(list(columns) or expected)


def _read_csv(content: bytes, resource: dict[str, Any]) -> pa.Table:
    types = {item["name"]: TYPES[item["type"]] for item in resource["schema"]["fields"]}
    expected = list(types)
    _check_columns(content.split(b"\n", 1)[0].decode("utf-8").rstrip("\r").split(","), expected, resource)
    try:
        if re.search(rb"[,\n]\s*-?0[xX]", content):  # Arrow would read a hexadecimal number as a whole one
            _check_decimal(_csv(content, dict.fromkeys(expected, pa.string())), resource)
        return _csv(content, types)
    except pa.ArrowInvalid as fault:
        found = re.search(r"column #(\d+): Row #(\d+): .*invalid value '(.*)'", str(fault), re.DOTALL)
        if not found:
            raise _fault(resource, "file", f"is a table of {len(expected)} columns ({reason(fault)})") from fault
        name = expected[int(found[1])]
        rule = f"{name} is of type {types[name]}; it is {found[3][:80]!r}"
        raise _fault(resource, f"row {found[2]}, column {name}", rule) from fault


def municipal(resource: dict[str, Any]) -> list[str]:
    """Columns of a table with codes of municipalities."""
    return [link["fields"][0] for link in resource["schema"].get("foreignKeys", ())]


def _csv(content: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    return pyarrow.csv.read_csv(
        io.BytesIO(content),
        read_options=pyarrow.csv.ReadOptions(use_threads=False),
        convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
    )


def _check_decimal(texts: pa.Table, resource: dict[str, Any]) -> None:
    part = _Part(texts, resource, 2)
    for item in resource["schema"]["fields"]:
        if item["type"] == "integer":
            name = item["name"]
            broken = pc.match_substring_regex(texts[name], "0[xX]")
            part.refuse(broken, name, f"{name} is a whole number in decimal digits")


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
    """Refuse the first row that breaks a rule: of a field, key, flag, unit, limit, between cells, or codes not `known`.

    A parquet is gone through group by group, so that it need not fit in memory; its groups are in order.

    Args:
        content: of the file.
        resource: its descriptor.
        known: column → the values that it may hold.
    """
    values = {column: pa.array(found, pa.string()) for column, found in known.items()}
    with boundary(lambda why: _fault(resource, "description", f"says rules that can be asked ({why})")):
        if resource["format"] != "parquet":
            _Part(read(content, resource), resource, 2).check(values)  # the header is row 1 of a CSV
            return
        file, row, last = parquet(content, resource), 1, None
        for number in range(max(file.num_row_groups, 1)):
            part = file.read_row_group(number, use_threads=False) if file.num_row_groups else file.read()
            _Part(part, resource, row).check(values)
            first = pc.min(part[0]).as_py()
            if last is not None and not last < first:
                raise _fault(resource, f"row {row}", f"{part.column_names[0]} is in order; {first} comes after {last}")
            row, last = row + part.num_rows, pc.max(part[0]).as_py()


@dataclass(frozen=True)
class _Part:
    """Rows of a table: all, or those of some places.

    Attributes:
        arrow: they.
        resource: the descriptor.
        row: the number of the first.
    """

    arrow: pa.Table
    resource: dict[str, Any]
    row: int

    def check(self, known: Mapping[str, pa.Array]) -> None:
        """Ask every rule."""
        arrow, resource, schema = self.arrow, self.resource, self.resource["schema"]
        if not arrow.num_rows:
            raise _fault(resource, f"row {self.row}", "a table has rows")
        for item in schema["fields"]:
            self._field(item)
        key = schema["primaryKey"]
        if arrow.select(key).group_by(key, use_threads=False).aggregate([]).num_rows != arrow.num_rows:
            repeated = pa.array(arrow.select(key).to_pandas(use_threads=False).duplicated())
            self.refuse(repeated, key[0], f"key {', '.join(key)} is unique")
        if {"value", "flag"} <= set(arrow.column_names):
            absent = pc.is_in(arrow["flag"], value_set=pa.array(ABSENT))
            empty = pc.is_null(arrow["value"], nan_is_null=True)
            rule = f"value is empty if, and only if, flag is {' or '.join(ABSENT)}"
            self.refuse(pc.xor(absent, empty), "flag", rule)
        if "unitOf" in resource:
            self._units(resource["unitOf"]["by"], resource["unitOf"]["units"])
        if "limits" in resource:
            self._limits(resource["limits"]["by"], resource["limits"]["of"])
        for rule in resource.get("rules", ()):
            if "ordered" in rule:
                self._ordered(rule["ordered"])
            else:
                self._parts(rule)
        for link in schema.get("foreignKeys", ()):
            column, target = link["fields"][0], link["reference"]
            strange = pc.invert(pc.is_in(arrow[column], value_set=known[column]))
            self.refuse(strange, column, f"every {column} is in {target['resource']}.{target['fields'][0]}")

    def refuse(self, broken: Any, column: str, rule: str, *beside: str) -> None:
        """Raise for the first row where `broken` is true; the message shows its key, the column and those `beside`."""
        at = pc.index(broken, True).as_py()
        if at < 0:
            return
        names = [*self.resource["schema"]["primaryKey"], column, *beside]
        shown = ", ".join(f"{name}={self.arrow[name][at].as_py()!r}" for name in dict.fromkeys(names))
        raise _fault(self.resource, f"row {self.row + at}, column {column} ({shown})", rule)

    def _field(self, item: dict[str, Any]) -> None:
        name, rules, column = item["name"], item.get("constraints", {}), self.arrow[item["name"]]
        filled = _filled(column)
        if rules.get("required"):
            self.refuse(pc.invert(filled), name, f"{name} is never empty")
        if column.type == pa.float64():
            self.refuse(pc.invert(pc.is_finite(column)), name, f"{name} is a finite number")
        if item.get("whole"):
            self.refuse(pc.not_equal(column, pc.floor(column)), name, f"{name} is a whole number")
        if item["type"] == "date":
            strange = [text for text in pc.unique(column).to_pylist() if text and not _is_day(text)]
            broken = pc.is_in(column, value_set=pa.array(strange, pa.string()))
            self.refuse(broken, name, f"{name} is a day of the calendar, as {ISO_DATE}")
        if pattern := rules.get("pattern"):
            matches = pc.match_substring_regex(column, f"^(?:{pattern})$")  # the whole cell, as Frictionless does
            self.refuse(pc.and_(filled, pc.invert(matches)), name, f"{name} has the form {pattern}")
        if "enum" in rules:
            allowed = pc.is_in(column, value_set=pa.array(rules["enum"], column.type))
            rule = f"{name} is one of {', '.join(map(str, rules['enum']))}"
            self.refuse(pc.and_(filled, pc.invert(allowed)), name, rule)
        for bound, (beyond, said) in BOUNDS.items():
            if bound in rules:
                broken = pc.and_(filled, beyond(column, rules[bound]))
                self.refuse(broken, name, f"{name} is {said} {rules[bound]}")

    def _units(self, by: str, units: dict[str, str]) -> None:
        pairs = self.arrow.select([by, "unit"]).group_by([by, "unit"], use_threads=False).aggregate([])
        for what, unit in zip(pairs[by].to_pylist(), pairs["unit"].to_pylist(), strict=True):
            if units.get(what) != unit:
                broken = pc.and_(pc.equal(self.arrow[by], what), pc.equal(self.arrow["unit"], unit))
                self.refuse(broken, by, f"{by} {what} is counted in {units.get(what, 'nothing known')}", "unit")

    def _limits(self, by: str, limits: dict[str, dict[str, Any]]) -> None:
        """Refuse a value that what it counts cannot have."""
        values, kinds = self.arrow["value"], self.arrow[by].combine_chunks().dictionary_encode()
        known = [limits.get(what, {}) for what in kinds.dictionary.to_pylist()]
        for bound, (beyond, said) in BOUNDS.items():
            bounds = pa.array([one.get(bound) for one in known], pa.float64()).take(kinds.indices)
            broken = beyond(values, pa.chunked_array([bounds]))
            self._beyond(broken, by, [f"value is {said} {one.get(bound)}" for one in known], kinds.indices)
        whole = pa.array([one.get("whole", False) for one in known], pa.bool_()).take(kinds.indices)
        broken = pc.and_(pa.chunked_array([whole]), pc.not_equal(values, pc.floor(values)))
        self._beyond(broken, by, ["value is a whole number"] * len(known), kinds.indices)

    def _beyond(self, broken: Any, by: str, rules: Sequence[str], kinds: Any) -> None:
        if (at := pc.index(broken, True).as_py()) >= 0:
            self.refuse(broken, "value", f"{self.arrow[by][at]}: {rules[kinds[at].as_py()]}", by)

    def _ordered(self, columns: Sequence[str]) -> None:
        for first, second in pairwise(columns):
            both = pc.and_(_filled(self.arrow[first]), _filled(self.arrow[second]))
            broken = pc.and_(both, pc.greater(self.arrow[first], self.arrow[second]))
            self.refuse(broken, first, f"{first} is at most {second}", second)

    def _parts(self, rule: dict[str, Any]) -> None:
        """Refuse a part, or parts together, above their whole; what is absent is not compared."""
        arrow, by, whole = self.arrow, rule["of"], rule["at_most"]
        key = [name for name in self.resource["schema"]["primaryKey"] if name != by]
        parts: list[str] = rule.get("together") or rule["each"]
        chosen = pc.is_in(arrow[by], value_set=pa.array([*parts, whole]))
        for name, value in rule.get("where", {}).items():
            chosen = pc.and_(chosen, pc.equal(arrow[name], value))
        numbers = pa.array(range(arrow.num_rows))
        frame = (
            arrow.select([*key, by, "value"]).append_column("row", numbers).filter(chosen).to_pandas(use_threads=False)
        )
        mine = frame[frame[by] != whole]
        limit = mine[key].merge(frame[frame[by] == whole], how="left", on=key)["value"].to_numpy()
        reached = mine.groupby(key)["value"].transform("sum") if "together" in rule else mine["value"]
        over = pc.is_in(numbers, value_set=pa.array(mine["row"][reached.to_numpy() > limit], numbers.type))
        said = f"{', '.join(parts)} together are" if "together" in rule else f"each of {', '.join(parts)} is"
        self.refuse(over, by, f"{said} at most {whole}", "value")


BOUNDS = {"minimum": (pc.less, "at least"), "maximum": (pc.greater, "at most")}


def _filled(column: Any) -> Any:
    return pc.not_equal(column, "") if column.type == pa.string() else pc.is_valid(column)


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False


def _fault(resource: dict[str, Any], where: str, rule: str) -> DataError:
    return DataError(
        f"{resource['name']}: a rule of the table is broken",
        where=f"{resource['path']}, {where}",
        allowed=rule,
        hint=RESTORE,
    )
