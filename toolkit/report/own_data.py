"""An analyst's own tables: CSV files of `data/own/`, checked as the catalogue's are, with a source that is told."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from toolkit import catalog
from toolkit.errors import DataError, TerritoryError, boundary
from toolkit.territory import Register

FOLDER = "own"
"""Folder of the catalogue that holds them; never part of the project."""
_CALL = 'report.table("{name}", title="…", publisher="…", licence="CC-BY-4.0", date="2025-12-31")'
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_ADDED = {"it": "Aggiunta da chi ha preparato il rapporto.", "en": "Added by whoever prepared the report."}


def read_own(name: str, about: Mapping[str, str], url: str = "") -> tuple[pd.DataFrame, catalog.Source]:
    """A CSV of `data/own/` and its source, whose name is that of the file.

    The load is recorded: when the file changes, the page is made again. Commas and decimal points, or semicolons and
    decimal commas; UTF-8. `istat_code` is text of six digits, `year` a whole number, `value` a number or empty, `flag`
    one of the catalogue's; other columns are numbers where all their cells are.

    Args:
        name: the file, inside of `data/own/`.
        about: `title`, `publisher`, `licence`, and `date` of reference (a year, a month or a day, ISO).
        url: where it is published, if anywhere.

    Raises:
        DataError: no such file, a source that is not told, or a cell that is not as it must be.
    """
    where = f"data/{FOLDER}/{name}"
    path = _path(name, where)
    _told(name, about, where)
    content, frame = _content(path, where)
    both = {key: {"it": text, "en": text} for key, text in about.items()}
    source = catalog.Source(
        name=name,
        path=f"{FOLDER}/{name}",
        title=both["title"],
        publishers=(catalog.Publisher(both["publisher"], url),),
        licence=both["licence"],
        licence_url="",
        reference_date=about["date"],
        date_accessed="",
        sha256=hashlib.sha256(content).hexdigest(),
        processing=_ADDED,
    )
    catalog.record(source)
    return frame, source


def check(name: str) -> None:
    """Refuse a file of `data/own/` that `read_own` would refuse, whatever source is told.

    Raises:
        DataError: as `read_own`.
    """
    where = f"data/{FOLDER}/{name}"
    if not name.endswith(".csv"):
        raise DataError(f"{where} is read by nothing", where=where, allowed="CSV files (.csv)", hint="save it as CSV")
    _content(_path(name, where), where)


def _path(name: str, where: str) -> Path:
    folder = catalog.default().folder / FOLDER
    with boundary(lambda why: DataError(f"{name[:120]!r} cannot be read: {why}", where=str(folder))):
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise DataError(
                f"{name!r} lies outside of data/{FOLDER}", where=str(path), hint=f"put it into data/{FOLDER}/"
            )
        if not path.is_file():
            there = sorted(str(one.relative_to(folder)) for one in folder.rglob("*.csv"))
            raise DataError(
                f"there is no file {where}", where=str(folder), allowed=there, hint=f"put it into data/{FOLDER}/"
            )
    return path


def _content(path: Path, where: str) -> tuple[bytes, pd.DataFrame]:
    with boundary(lambda why: DataError(f"the file cannot be read: {why}", where=where)):
        content = path.read_bytes()
        return content, _checked(_read(content, where), where)


def _told(name: str, about: Mapping[str, str], where: str) -> None:
    hint = _CALL.format(name=name)
    if missing := [key for key, text in about.items() if not text.strip()]:
        raise DataError(f"{where} does not say its {', '.join(missing)}: the page prints its source", hint=hint)
    if not _DATE.fullmatch(about["date"]):
        raise DataError(
            f"{about['date']!r} is not a date", where=where, allowed="2025, 2025-12 or 2025-12-31", hint=hint
        )


def _read(content: bytes, where: str) -> tuple[pd.DataFrame, bool]:
    """The file as text, and whether its decimals have commas."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("the file is not UTF-8", where=where, hint='save it as "CSV UTF-8"') from None
    italian = ";" in text.partition("\n")[0]
    try:
        frame = pd.read_csv(io.StringIO(text), sep=";" if italian else ",", dtype=str, keep_default_na=False)
    except ValueError as error:  # pandas' parser errors are
        raise DataError(f"the file is not a CSV: {str(error).strip().splitlines()[0]}", where=where) from None
    frame.columns = [str(column).strip() for column in frame.columns]
    return frame.apply(lambda column: column.str.strip()), italian


def _checked(read: tuple[pd.DataFrame, bool], where: str) -> pd.DataFrame:
    frame, italian = read
    if "istat_code" not in frame:
        raise DataError("the file has no column 'istat_code'", where=where, allowed=list(frame.columns))
    if not len(frame):
        raise DataError("the file has no rows", where=where)
    register = Register(catalog.default())
    known: set[str] = set()
    for line, code in enumerate(frame["istat_code"], 2):
        try:
            if code not in known:
                known.add(register.municipality(code).istat_code if code.isdigit() else _refused(code))
        except TerritoryError as error:
            raise DataError(error.what, where=f"{where}, line {line}", allowed=error.allowed, hint=error.hint) from None
    figures = {str(key): _column(frame, str(key), italian, where) for key in frame if key != "istat_code"}
    return frame.assign(**figures)


def _refused(code: str) -> str:
    raise TerritoryError(f"{code!r} is not an ISTAT code.", allowed="six digits, zeros in front included")


def _column(frame: pd.DataFrame, key: str, italian: bool, where: str) -> pd.Series:
    """A column as numbers, if it is one of figures."""
    text = frame[key]
    plain = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False) if italian else text
    numbers = pd.to_numeric(plain.where(plain != ""), errors="coerce").astype(float)
    wrong = numbers.isna() & (text != "")
    if key == "year":
        wrong |= ~text.str.fullmatch(r"\d{4}")
    if key == "flag":
        wrong = ~text.isin(["", *catalog.FLAGS])
    if key in ("year", "value", "flag") and wrong.any():
        row = int(wrong.to_numpy().argmax())
        allowed = {"year": "four digits", "value": "a number, or nothing", "flag": ", ".join(catalog.FLAGS)}[key]
        raise DataError(f"{key} is {text.iloc[row]!r}", where=f"{where}, line {row + 2}", allowed=allowed)
    if key == "year":
        return numbers.astype(int)
    if key == "flag":
        absent = frame["value"] == "" if "value" in frame else text.isin(catalog.ABSENT)
        odd = (absent & (text != "")) != text.isin(catalog.ABSENT)
        if odd.any():
            row = int(odd.to_numpy().argmax())
            what = f"flag is {text.iloc[row]!r} and value {frame['value'].iloc[row]!r}"
            allowed = f"an empty value if, and only if, the flag is {' or '.join(catalog.ABSENT)}"
            raise DataError(what, where=f"{where}, line {row + 2}", allowed=allowed)
        return text.where(text != "", absent.map({True: "missing", False: "observed"}))
    return text if wrong.any() or (text == "").all() else numbers
