"""Texts from outside in our files: nothing a spreadsheet computes, no control signs; and bombs stay closed."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from synthetic_notebook import notebook

from toolkit import render, signs, svg
from toolkit.errors import DataError
from toolkit.render.results import as_csv
from toolkit.sources import expanded, write
from toolkit.sources.raw import RawFile

COMPUTED = (
    "=1",
    "+39 02",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\ufeff=1",
    "\u200b@a",
    "＝1",
    "-",
    "\0=",
    "\ra",
)
PLAIN = ("a=1", "Bresso", "1-2", "–", "−5", "'a'", "", "e@b.it", "più", "5", "à\nb")
OTHERS = "\u202e\u2066\ufffe\uffff\ud800\U0001fffe"
BAD = "".join(sign for sign in [*map(chr, range(32)), *map(chr, range(127, 160)), *OTHERS] if sign not in "\t\n\r")


def has_control(text: str) -> bool:
    return any(sign in text for sign in BAD)


@pytest.mark.parametrize("text", COMPUTED)
def test_a_cell_is_not_computed(text: str) -> None:
    assert signs.cell(text) == "'" + signs.legible(text).replace("\r", "\n")


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_cell_is_as_it_was(text: str) -> None:
    assert signs.cell(text) == text


def test_a_control_sign_is_replaced() -> None:
    for sign in BAD:
        assert signs.legible(f"a{sign}b") == "a\ufffdb"
    assert signs.all_legible({"a": ["\x01", ("\ud800", 1, None)]}) == {"a": ["\ufffd", ("\ufffd", 1, None)]}


def test_texts_are_neutralised_and_numbers_are_not() -> None:
    columns = [{"key": "=name"}, {"key": "value", "numeric": True, "unit": "-x"}]
    numbers = [-1.5, 0, -3, 1e-7, None]
    texts = [*COMPUTED, *PLAIN]
    rows = [[{"v": text, "t": text}, {"v": numbers[at % 5], "t": "x"}] for at, text in enumerate(texts)]
    read = list(csv.reader(io.StringIO(as_csv({"columns": columns, "rows": rows}), newline="")))
    assert read[0] == ["'=name", "value", "value_unit", "value_flag"]
    assert [row[0] for row in read[1:]] == [signs.cell(text) for text in texts]
    assert {row[1] for row in read[1:]} == {"-1.5", "0", "-3", "1e-07", ""}
    assert {row[2] for row in read[1:]} == {"'-x"}


def poisoned() -> object:
    """The synthetic page, with all control signs and a formula in every text that is shown."""
    node = notebook("it")

    def poison(item: object, key: str = "") -> object:
        if isinstance(item, dict):
            return {name: poison(value, name) for name, value in item.items()}
        if isinstance(item, list):
            return [poison(value, key) for value in item]
        shown = ("t", "title", "caption", "label", "text", "note", "subtitle", "alt", "description", "v", "publisher")
        return f"=1{BAD}{item}" if isinstance(item, str) and key in shown else item

    for cell in node.cells:
        if cell.cell_type == "markdown":
            cell.source += f"\n\ntesto{BAD} altro"
        for output in cell.get("outputs", ()):
            for mime, payload in output.get("data", {}).items():
                if isinstance(payload, dict):
                    output["data"][mime] = poison(payload)
    return node


def test_no_file_of_a_page_has_control_signs(tmp_path: Path) -> None:
    kinds = set()
    for path in render.outputs(poisoned(), tmp_path):
        kinds.add(path.suffix)
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as file:
                parts = {name: file.read(name).decode() for name in file.namelist()}
            for part in parts.values():
                ElementTree.fromstring(part)
                assert not has_control(part)
                assert "<f>" not in part
            assert "=1\ufffd" in parts["xl/sharedStrings.xml"]
        else:
            assert not has_control(path.read_text(encoding="utf-8")), path
        if path.suffix == ".csv":
            for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
                assert [text for text in row if text.startswith("=")] == []
    assert kinds == {".html", ".json", ".csv", ".xlsx", ".js"}


def test_a_picture_is_xml_whatever_its_texts() -> None:
    spec = {"data": {"values": [{"a": f"x{BAD}", "b": 1}]}, "mark": "bar", "width": 50}
    spec["encoding"] = {"x": {"field": "a", "type": "nominal", "title": f"t{BAD}"}, "y": {"field": "b"}}
    drawn = svg.render({**spec, "title": f"c{BAD}"}, "u", f"n{BAD}", f"d{BAD}", "it")
    ElementTree.fromstring(drawn)
    assert not has_control(drawn)


def test_tables_of_data_have_no_control_signs() -> None:
    frame = pd.DataFrame({"a": [f"x{BAD}", "y"]})
    assert not has_control(write.csv_bytes(frame, ({"name": "a", "type": "string"},)).decode())


def zipped(content: bytes, times: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(times):
            file.writestr(f"xl/{number}.xml", content)
    return out.getvalue()


def columns(content: bytes) -> bytes:
    out = io.BytesIO()
    rows = len(content) // 8
    pyarrow.parquet.write_table(pa.table({"a": pa.array([0] * rows)}), out, compression="zstd")
    return out.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "a.csv.gz": gzip.compress,
    "a.csv.bz2": bz2.compress,
    "a.csv.xz": lzma.compress,
    "a.csv.zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
    "a.csv.zip": zipped,
    "a.xlsx": lambda content: zipped(content[: len(content) // 4], 4),
    "a.parquet": columns,
    "called.csv": gzip.compress,
    "two.csv.gz": lambda content: gzip.compress(content[: len(content) // 2]) * 2,
}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("limit", ["size", "ratio"])
def test_what_expands_without_measure_is_refused(
    name: str, limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expanded, "FREE", 2**16)
    monkeypatch.setattr(expanded, "MOST", 2**30 if limit == "ratio" else 2**19)
    monkeypatch.setattr(expanded, "RATIO", 20 if limit == "ratio" else 10**9)
    path = tmp_path / name
    path.write_bytes(PACKED[name](b"a,b\n" + b"0" * 2**20))
    for read in (RawFile("income", path).existing, lambda: RawFile("income", path).csv(["a"])):
        with pytest.raises(DataError, match="expands to at most") as fault:
            read()
        assert str(path) in str(fault.value)


@pytest.mark.parametrize("name", PACKED)
def test_what_is_broken_or_small(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    content = PACKED[name](b"a,b\n1,2\n" * 1000)
    path.write_bytes(content)
    assert RawFile("income", path).existing() == path
    path.write_bytes(content[: len(content) - 9])
    with pytest.raises(DataError, match="can be read"):
        RawFile("income", path).existing()


def test_a_file_that_is_not_compressed_may_be_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expanded, "MOST", 10)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 100)
    assert len(RawFile("income", path).csv(["a"])) == 100
