"""The same frame gives the same bytes: CSV and parquet without dates, counters or library metadata."""

from __future__ import annotations

import io
import math
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from toolkit.catalog import TYPES
from toolkit.signs import legible


def number(value: Any) -> str:
    """Shortest text that reads back as the same number; whole numbers without a point; absent is empty."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if float(value).is_integer():
        return str(int(value))
    return repr(float(value))


def csv_bytes(frame: pd.DataFrame, fields: tuple[dict[str, Any], ...]) -> bytes:
    """UTF-8, comma, point, LF; columns in the schema's order; text quoted only where it must be."""
    columns = {item["name"]: _texts(frame[item["name"]], item["type"]) for item in fields}
    out = io.StringIO()
    pd.DataFrame(columns).to_csv(out, index=False, lineterminator="\n")
    return out.getvalue().encode("utf-8")


def parquet_bytes(frame: pd.DataFrame, fields: tuple[dict[str, Any], ...]) -> bytes:
    """Parquet with the schema's types and without pandas metadata."""
    schema = pa.schema([(item["name"], TYPES[item["type"]]) for item in fields])
    table = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False).replace_schema_metadata()
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, compression="zstd", store_schema=False)
    return out.getvalue()


def _texts(values: pd.Series, kind: str) -> list[str]:
    if kind in ("string", "date"):
        return ["" if pd.isna(value) else legible(str(value)) for value in values]
    return [number(value) for value in values.tolist()]
