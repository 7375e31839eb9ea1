"""Figures of every municipality of Italy, found out once a machine and data version, one province after the other.

Ranks and peers among all need one number of each municipality, never the tables that it is made of: who computes them
holds one province at a time, and who needs them again reads the numbers.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from toolkit import catalog, indicators, kept
from toolkit.errors import DataError
from toolkit.indicators.panel import Panel

COLUMNS = ("territory", "year", "value", "flag")


def panel(name: str, last: Mapping[str, int], provinces: Mapping[str, Collection[str]]) -> Panel:
    """Figures of one indicator, of each municipality alone, by year.

    Args:
        name: of a registered indicator that is no share of a larger territory.
        last: table that it uses → last year that counts.
        provinces: code of a province → its municipalities.

    Raises:
        DataError: it is a share of a larger territory, or has no figure anywhere by these years.
    """
    about = indicators.get(name)
    if about.parent:
        raise DataError(f"{name!r} is a share of a larger territory: a municipality alone has none")
    hashes = catalog.default().hashes()
    members = {code: sorted(codes) for code, codes in sorted(provinces.items())}
    of = [_source(), name, {table: [hashes[table], last[table]] for table in about.tables}, members]
    content = kept.once("panels", of, lambda: _made(about.id, about.tables, last, members))
    for table in about.tables:
        catalog.record(catalog.default().source(table))
    return Panel(
        about, pyarrow.parquet.read_table(pa.BufferReader(content), use_threads=False).to_pandas(use_threads=False)
    )


def _made(name: str, tables: Collection[str], last: Mapping[str, int], members: Mapping[str, Collection[str]]) -> bytes:
    found = []
    for codes in members.values():
        parts = {table: _rows(table, codes, last[table]) for table in tables}
        if all(len(part) for part in parts.values()):
            found.append(indicators.compute(name, parts, {code: (code,) for code in codes})[list(COLUMNS)])
    if not found:
        raise DataError(f"{name!r} has no figure by {max(last.values())}", allowed=sorted(tables))
    rows, out = pa.Table.from_pandas(pd.concat(found, ignore_index=True), preserve_index=False), io.BytesIO()
    pyarrow.parquet.write_table(rows, out, compression="zstd")
    return out.getvalue()


def _rows(table: str, codes: Collection[str], last: int) -> pd.DataFrame:
    rows = catalog.load(table, codes)
    if not catalog.default().in_parts(table):
        rows = rows[rows["istat_code"].isin(codes)]
    return rows[rows["year"] <= last] if "year" in rows else rows


@cache
def _source() -> str:
    """Hash of what computes them: of the indicators, and of this file."""
    files = [*sorted(Path(indicators.__file__).parent.glob("*.py")), Path(__file__)]
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
