"""The same frame gives the same bytes: CSV and parquet without dates, counters or library metadata."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from toolkit.catalog import TYPES
from toolkit.signs import legible

GROUP = 32_768
"""Rows of a parquet file that are read together."""


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
    """Parquet with the schema's types and without pandas metadata, in groups of rows that can be read alone.

    Rows are in the order of the first column, a code, of which no value is parted between two groups: who wants some
    municipalities reads the groups whose bounds hold them.
    """
    schema = pa.schema([(item["name"], TYPES[item["type"]]) for item in fields])
    table = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False).replace_schema_metadata()
    numbers = [item.name for item in schema if pa.types.is_floating(item.type)]
    out = io.BytesIO()
    with pyarrow.parquet.ParquetWriter(
        out,
        schema,
        compression="zstd",
        compression_level=19,
        store_schema=False,
        use_dictionary=[name for name in schema.names if name not in numbers],
        column_encoding={name: "BYTE_STREAM_SPLIT" for name in numbers if (frame[name].dropna() % 1 == 0).all()},
        write_statistics=schema.names[:1],
    ) as writer:
        for start, end in pairwise(_bounds(frame[schema.names[0]].to_numpy())):
            writer.write_table(table.slice(start, end - start))
    return out.getvalue()


def _bounds(codes: np.ndarray) -> list[int]:
    """Where groups of about `GROUP` rows begin, and the end: only where a code gives way to the next."""
    changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    found = [0]
    for at in (*changes.tolist(), len(codes)):
        if at - found[-1] >= GROUP or at == len(codes):
            found.append(at)
    return found


def _texts(values: pd.Series, kind: str) -> list[str]:
    if kind in ("string", "date"):
        return ["" if pd.isna(value) else legible(str(value)) for value in values]
    return [number(value) for value in values.tolist()]
