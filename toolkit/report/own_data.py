"""An analyst's own tables: CSV files of `data/own/`, checked as the catalogue's are, with a source that is told."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit import catalog
from toolkit.errors import DataError, Faults, TerritoryError, boundary
from toolkit.territory import Register

FOLDER = "own"
"""Folder of the catalogue that holds them; never part of the project."""
_CALL = 'report.table("{name}", title="…", publisher="…", licence="CC-BY-4.0", date="2025-12-31")'
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
Checked = tuple[pd.DataFrame, list[tuple[str, DataError]]]
"""Rows that are as they must be, and for each other one its code and what is wrong."""
_ADDED = {"it": "Aggiunta da chi ha preparato il rapporto.", "en": "Added by whoever prepared the report."}


def read_own(
    name: str, about: Mapping[str, str], url: str = "", own: Collection[str] | None = None
) -> tuple[pd.DataFrame, catalog.Source]:
    """A CSV of `data/own/` and its source, whose name is that of the file.

    The load is recorded: when the file changes, the page is made again. Commas and decimal points, or semicolons and
    decimal commas; UTF-8. `istat_code` is text of six digits, `year` a whole number, `value` a number or empty, `flag`
    one of the catalogue's; other columns are numbers where all their cells are.

    Args:
        name: the file, inside of `data/own/`.
        about: `title`, `publisher`, `licence`, and `date` of reference (a year, a month or a day, ISO).
        url: where it is published, if anywhere.
        own: codes of the places that the page is of; a wrong cell of another place leaves out its row, which the source
            tells; None: all are.

    Raises:
        DataError, Faults: no such file, a source that is not told, or a cell that is not as it must be.
    """
    where = f"data/{FOLDER}/{name}"
    path = _path(name, where)
    _told(name, about, where)
    content, (frame, wrong) = _content(path, where)
    if mine := [fault for code, fault in wrong if own is None or code in own]:
        raise _one_or_all(mine)
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
        faults=_left_out(code for code, _ in wrong),
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
    _, (_, wrong) = _content(_path(name, where), where)
    if wrong:
        raise _one_or_all([fault for _, fault in wrong])


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


def _content(path: Path, where: str) -> tuple[bytes, Checked]:
    with boundary(lambda why: DataError(f"the file cannot be read: {why}", where=where)):
        content = path.read_bytes()
        return content, _checked(_read(content, where), where)


def _one_or_all(faults: Sequence[DataError]) -> DataError | Faults:
    return faults[0] if len(faults) == 1 else Faults(faults)


def _left_out(codes: Iterable[str]) -> tuple[dict[str, str], ...]:
    """What the page says of places whose rows are not used."""
    told = ", ".join(sorted(set(codes)))
    left = {
        "it": f"Lasciati fuori, per un dato errato: {told}.",
        "en": f"Left out, for a figure that is wrong: {told}.",
    }
    return (left,) if told else ()


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


def _checked(read: tuple[pd.DataFrame, bool], where: str) -> Checked:
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
    wrong = _wrong(frame, italian, where)
    left = frame.drop(index=list(wrong)).reset_index(drop=True)
    figures = {str(key): _column(left, str(key), italian) for key in left if key != "istat_code"}
    return left.assign(**figures), [(str(frame["istat_code"].iloc[row]), fault) for row, fault in wrong.items()]


def _refused(code: str) -> str:
    raise TerritoryError(f"{code!r} is not an ISTAT code.", allowed="six digits, zeros in front included")


def _wrong(frame: pd.DataFrame, italian: bool, where: str) -> dict[int, DataError]:
    """Rows with a cell that is not as it must be, in order, each with its first fault."""
    found: dict[int, DataError] = {}

    def note(rows: pd.Series, told: Callable[[int], str], column: str, allowed: str) -> None:
        for row in rows.to_numpy().nonzero()[0].tolist():
            place = f"{where}, line {row + 2}, column {column}"
            found.setdefault(row, DataError(told(row), where=place, allowed=allowed))

    def shown(column: str) -> Callable[[int], str]:
        return lambda row: f"{column} is {frame[column].iloc[row]!r}"

    if "year" in frame:
        note(~frame["year"].str.fullmatch(r"[0-9]{4}"), shown("year"), "year", "four digits")
    if "value" in frame:
        strange = ~np.isfinite(_numbers(frame["value"], italian)) & (frame["value"] != "")
        note(strange, shown("value"), "value", "a number, or nothing")
    if "flag" in frame:
        flag = frame["flag"]
        note(~flag.isin(["", *catalog.FLAGS]), shown("flag"), "flag", ", ".join(catalog.FLAGS))
        if "value" in frame:
            odd = ((frame["value"] == "") & (flag != "")) != flag.isin(catalog.ABSENT)
            allowed = f"an empty value if, and only if, the flag is {' or '.join(catalog.ABSENT)}"
            note(odd, lambda row: f"{shown('flag')(row)} and {shown('value')(row)}", "flag", allowed)
    return dict(sorted(found.items()))


def _numbers(text: pd.Series, italian: bool) -> pd.Series:
    plain = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False) if italian else text
    numbers: pd.Series = pd.to_numeric(plain.where(plain != ""), errors="coerce").astype(float)
    return numbers


def _column(frame: pd.DataFrame, key: str, italian: bool) -> pd.Series:
    """A column as numbers, if it is one of figures."""
    text = frame[key]
    if key == "flag":
        absent = frame["value"] == "" if "value" in frame else text.isin(catalog.ABSENT)
        return text.where(text != "", absent.map({True: "missing", False: "observed"}))
    numbers = _numbers(text, italian)
    if key == "year":
        return numbers.astype(int)
    if key == "value":
        return numbers
    return text if (~np.isfinite(numbers) & (text != "")).any() or (text == "").all() else numbers
