"""The tables of a page as an Excel workbook in its language: a cover with sources and limits, one sheet a table."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from toolkit import signs
from toolkit.render.content import Payload, frame, payloads
from toolkit.render.results import flag, tables, value
from toolkit.render.shell import shown_date
from toolkit.text import Words

WIDEST = 60
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def workbook(notebook: Any) -> bytes:
    """The workbook of an executed notebook; the same notebook gives the same bytes (its date is the as-of date)."""
    opened, _ = frame(notebook)
    words = Words(opened["language"])
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.worksheet_class = _Legible
    created = dt.datetime.fromisoformat(opened["as_of"])
    book.set_properties({"title": _title(opened), "author": f"Quadro {opened['version']}", "created": created})
    styles = _Styles(book)
    shown = list(tables(notebook))
    names = _sheet_names([words.say("workbook.cover"), *(table["id"] for table in shown)])
    cover = book.add_worksheet(names[0])
    for name, table in zip(names[1:], shown, strict=True):
        _sheet(book.add_worksheet(name), table, words, styles, back=names[0])
    _cover(cover, notebook, list(zip(names[1:], shown, strict=True)), words, styles)
    book.close()
    return buffer.getvalue()


class _Legible(Worksheet):
    """A sheet whose texts are texts, whatever they begin with, without control signs."""

    def _write_string(self, row: int, col: int, string: str, cell_format: Any = None) -> Any:
        return super()._write_string(row, col, signs.legible(string), cell_format)


def _title(opened: Payload) -> str:
    return signs.legible(f"{opened['title']}: {opened['territory']['name']}")


class _Styles:
    """The formats of a workbook, made once each."""

    def __init__(self, book: Any) -> None:
        ink, soft = {"font_color": "#17324D"}, {"font_color": "#455B71"}
        head = {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2, "bg_color": "#F2F7FC"}
        self._book = book
        self._own = {"bold": True, "bg_color": "#FFF3D6"}
        self._numbers: dict[tuple[str, bool], Any] = {}
        self._named = {
            "title": book.add_format({"bold": True, "font_size": 16, **ink}),
            "heading": book.add_format({"bold": True, "font_size": 12, "bottom": 1, **ink}),
            "caption": book.add_format({"bold": True, "font_size": 13, **ink}),
            "note": book.add_format(soft),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "bold": book.add_format({"bold": True, "valign": "top", "text_wrap": True}),
            "link": book.add_format({"font_color": "#0066CC", "underline": 1, "valign": "top"}),
            "head": book.add_format(head),
            "head_number": book.add_format({**head, "align": "right"}),
            "absent": book.add_format({"italic": True, "align": "right", **soft}),
            "own": book.add_format(self._own),
        }

    def __getitem__(self, name: str) -> Any:
        return self._named[name]

    def number(self, pattern: str, own: bool) -> Any:
        """The format of a number; `own` marks the row of the report's territory."""
        if (pattern, own) not in self._numbers:
            about = {"num_format": pattern, **(self._own if own else {})}
            self._numbers[pattern, own] = self._book.add_format(about)
        return self._numbers[pattern, own]


def pattern(cell: Payload, words: Words) -> str:
    """The number format with which Excel shows a cell as the page prints it: decimals, grouping, "%" or "€" in place.

    A text that is not the number itself ("2,74 milioni di euro" for 2740000) gives the general format of numbers.
    """
    text = str(cell["t"])
    number = re.search(r"\d[\d.,]*\d|\d", text)
    if number is None:
        return "General"
    decimal = "," if words.language == "it" else "."
    decimals = len(number[0].partition(decimal)[2])
    grouped = words.number(abs(cell["v"]), decimals)
    if number[0] not in (grouped, grouped.replace("." if decimal == "," else ",", "")):
        return "General"
    digits = ("#,##0" if number[0] == grouped else "0") + ("." + "0" * decimals if decimals else "")
    return _quoted(text[: number.start()].strip("+-\u2212")) + digits + _quoted(text[number.end() :])


def _quoted(text: str) -> str:
    return f'"{text}"' if text and '"' not in text else ""


def _sheet_names(wanted: list[str]) -> list[str]:
    """Names that Excel accepts: no forbidden sign, at most 31 characters, no two alike in any case."""
    names: list[str] = []
    for text in wanted:
        base = _FORBIDDEN.sub("-", signs.legible(text)).strip("'") or "table"
        name, count = base[:31], 1
        while name.lower() in {other.lower() for other in names}:
            count += 1
            name = f"{base[:27]}-{count}"
        names.append(name)
    return names


def _cover(sheet: Any, notebook: Any, named: list[tuple[str, Payload]], words: Words, styles: _Styles) -> None:
    opened, closed = frame(notebook)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, _title(opened), styles["title"])
    place = opened["territory"]
    facts = [
        *([(words.say("page.code"), place["code"])] if place["type"] == "municipality" else []),
        (words.say("page.as_of"), words.date(opened["as_of"])),
        (words.say("page.snapshot"), f"{opened['snapshot']['date']} ({opened['snapshot']['hash']})"),
        (words.say("page.version"), closed["provenance"]["version"]),
    ]
    row = _pairs(sheet, 1, facts, styles)
    row = _heading(sheet, row + 1, words.say("workbook.sheets"), styles)
    for name, table in named:
        quoted = name.replace("'", "''")
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", styles["link"], name)
        sheet.write_string(row, 1, table["caption"], styles["wrap"])
        row += 1
    if items := [item for payload in payloads(notebook) if payload["kind"] == "sources" for item in payload["items"]]:
        row = _heading(sheet, row + 1, words.say("page.sources"), styles)
        row = _pairs(sheet, row, [(item["title"], _described(item, words)) for item in items], styles)
    row = _heading(sheet, row + 1, words.say("workbook.reading"), styles)
    for key in ("workbook.absent", "workbook.language"):
        sheet.merge_range(row, 0, row, 1, words.say(key), styles["wrap"])
        sheet.set_row(row, 32)
        row += 1


def _described(item: Payload, words: Words) -> str:
    """A source's publisher, dates, licence and address."""
    dates = [(words.label(key), shown_date(item.get(key) or "", words)) for key in ("reference_date", "date_accessed")]
    said = [f"{label}: {date}" for label, date in dates if date]
    return "; ".join(str(part) for part in (item.get("publisher"), *said, item.get("licence"), item.get("url")) if part)


def _heading(sheet: Any, row: int, text: str, styles: _Styles) -> int:
    sheet.write_string(row, 0, text, styles["heading"])
    sheet.write_blank(row, 1, None, styles["heading"])
    return row + 1


def _pairs(sheet: Any, row: int, pairs: list[tuple[str, str]], styles: _Styles) -> int:
    for name, text in pairs:
        sheet.write_string(row, 0, name, styles["bold"])
        sheet.write_string(row, 1, text, styles["wrap"])
        row += 1
    return row


def _sheet(sheet: Any, table: Payload, words: Words, styles: _Styles, back: str) -> None:
    columns, rows = table["columns"], table["rows"]
    flagged = any(
        flag(cell) != "observed"
        for row in rows
        for column, cell in zip(columns, row, strict=True)
        if column.get("numeric")
    )
    sheet.write_string(0, 0, table["caption"], styles["caption"])
    if table.get("subtitle"):
        sheet.write_string(1, 0, table["subtitle"], styles["note"])
    sheet.write_url(2, 0, f"internal:'{back.replace(chr(39), chr(39) * 2)}'!A1", styles["link"], back)
    top = 4
    for at, column in enumerate(columns):
        head = f"{column['label']} ({column['unit_label']})" if column.get("unit_label") else column["label"]
        sheet.write_string(top, at, head, styles["head_number" if column.get("numeric") else "head"])
        texts = [len(str(row[at]["t"])) for row in rows]
        sheet.set_column(at, at, min(WIDEST, max([12, len(head) // 2 + 4, *texts]) + 2))
    if flagged:
        sheet.write_string(top, len(columns), words.say("workbook.status"), styles["head"])
        sheet.set_column(len(columns), len(columns), 40)
    for line, row in enumerate(rows):
        own = line in (table.get("highlight") or ())
        for at, (column, cell) in enumerate(zip(columns, row, strict=True)):
            _cell(sheet, top + 1 + line, at, column, cell, words, styles, own)
        if status := _status(columns, row, words):
            sheet.write_string(top + 1 + line, len(columns), status)
    sheet.freeze_panes(top + 1, 1)
    bottom = top + 2 + len(rows)
    for text in (table.get("note"), *_listed(table.get("source"))):
        if text:
            sheet.write_string(bottom, 0, text, styles["note"])
            bottom += 1


def _listed(texts: Any) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts or ())


def _cell(
    sheet: Any, line: int, at: int, column: Payload, cell: Payload, words: Words, styles: _Styles, own: bool
) -> None:
    """A number as a number; an absent value as the words the page prints, never as a zero or an empty cell."""
    raw = value(cell)
    if column.get("numeric") and isinstance(raw, (int, float)) and not isinstance(raw, bool):
        sheet.write_number(line, at, raw, styles.number(pattern(cell, words), own))
    elif column.get("numeric"):
        sheet.write_string(line, at, str(cell["t"]), styles["absent"])
    else:
        sheet.write_string(line, at, str(cell["t"]), styles["own"] if own else None)


def _status(columns: list[Payload], row: list[Payload], words: Words) -> str:
    flags = [(column["label"], flag(cell)) for column, cell in zip(columns, row, strict=True) if column.get("numeric")]
    return "; ".join(f"{label}: {words.label(state)}" for label, state in flags if state != "observed")
