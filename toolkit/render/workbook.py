"""The tables of a page as an Excel workbook in its language: a cover with sources and limits, one sheet a table."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import xlsxwriter

from toolkit.render.content import Payload, frame, payloads
from toolkit.render.results import flag, tables, value
from toolkit.text import Words

WIDEST = 60
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def workbook(notebook: Any) -> bytes:
    """The workbook of an executed notebook; the same notebook gives the same bytes (its date is the as-of date)."""
    opened, _ = frame(notebook)
    words = Words(opened["language"])
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    created = dt.datetime.fromisoformat(opened["as_of"])
    book.set_properties({"title": _title(opened), "author": f"Quadro {opened['version']}", "created": created})
    styles = _styles(book)
    shown = list(tables(notebook))
    names = _sheet_names([words.say("workbook.cover"), *(table["id"] for table in shown)])
    cover = book.add_worksheet(names[0])
    for name, table in zip(names[1:], shown, strict=True):
        _sheet(book.add_worksheet(name), table, words, styles, back=names[0])
    _cover(cover, notebook, list(zip(names[1:], shown, strict=True)), words, styles)
    book.close()
    return buffer.getvalue()


def _title(opened: Payload) -> str:
    return f"{opened['title']}: {opened['territory']['name']}"


def _styles(book: Any) -> dict[str, Any]:
    ink, blue, soft = "#17324D", "#0066CC", "#F2F7FC"
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": ink}),
        "heading": book.add_format({"bold": True, "font_size": 12, "font_color": ink, "bottom": 1}),
        "caption": book.add_format({"bold": True, "font_size": 13, "font_color": ink}),
        "note": book.add_format({"font_color": "#455B71"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "bold": book.add_format({"bold": True, "valign": "top"}),
        "link": book.add_format({"font_color": blue, "underline": 1, "valign": "top"}),
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2, "bg_color": soft}),
        "head_number": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2, "bg_color": soft, "align": "right"}
        ),
        "absent": book.add_format({"italic": True, "font_color": "#455B71", "align": "right"}),
        "number": [book.add_format({"num_format": _pattern(decimals)}) for decimals in range(7)],
        "number_own": [
            book.add_format({"num_format": _pattern(decimals), "bold": True, "bg_color": "#FFF3D6"})
            for decimals in range(7)
        ],
        "own": book.add_format({"bold": True, "bg_color": "#FFF3D6"}),
    }


def _pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _sheet_names(wanted: list[str]) -> list[str]:
    """Names that Excel accepts: no forbidden sign, at most 31 characters, no two alike in any case."""
    names: list[str] = []
    for text in wanted:
        base = _FORBIDDEN.sub("-", text).strip("'") or "table"
        name, count = base[:31], 1
        while name.lower() in {other.lower() for other in names}:
            count += 1
            name = f"{base[:27]}-{count}"
        names.append(name)
    return names


def _cover(sheet: Any, notebook: Any, named: list[tuple[str, Payload]], words: Words, styles: dict[str, Any]) -> None:
    opened, closed = frame(notebook)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, _title(opened), styles["title"])
    facts = [
        (words.say("page.code"), opened["territory"]["code"]),
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
    for kind in ("caveats", "sources"):
        items = [item for payload in payloads(notebook) if payload["kind"] == kind for item in payload["items"]]
        if items:
            row = _heading(sheet, row + 1, words.say(f"page.{kind}"), styles)
            row = _pairs(sheet, row, [(item["title"], _described(item)) for item in items], styles)
    row = _heading(sheet, row + 1, words.say("workbook.reading"), styles)
    for key in ("workbook.absent", "workbook.language"):
        sheet.merge_range(row, 0, row, 1, words.say(key), styles["wrap"])
        sheet.set_row(row, 32)
        row += 1


def _described(item: Payload) -> str:
    """A caveat's text, or a source's publisher, dates, licence and address."""
    if "text" in item:
        return str(item["text"])
    parts = [item.get(key) for key in ("publisher", "reference_date", "date_accessed", "licence", "url")]
    return "; ".join(str(part) for part in parts if part)


def _heading(sheet: Any, row: int, text: str, styles: dict[str, Any]) -> int:
    sheet.write_string(row, 0, text, styles["heading"])
    sheet.write_blank(row, 1, None, styles["heading"])
    return row + 1


def _pairs(sheet: Any, row: int, pairs: list[tuple[str, str]], styles: dict[str, Any]) -> int:
    for name, text in pairs:
        sheet.write_string(row, 0, name, styles["bold"])
        sheet.write_string(row, 1, text, styles["wrap"])
        row += 1
    return row


def _sheet(sheet: Any, table: Payload, words: Words, styles: dict[str, Any], back: str) -> None:
    columns, rows = table["columns"], table["rows"]
    flagged = any(
        flag(cell) != "observed"
        for row in rows
        for column, cell in zip(columns, row, strict=True)
        if column.get("numeric")
    )
    sheet.write_string(0, 0, table["caption"], styles["caption"])
    sheet.write_string(1, 0, table.get("subtitle") or "", styles["note"])
    sheet.write_url(2, 0, f"internal:'{back.replace(chr(39), chr(39) * 2)}'!A1", styles["link"], back)
    top = 4
    for at, column in enumerate(columns):
        unit = words.unit(column["unit"]) if column.get("unit") else ""
        head = column["label"] if not unit or unit in column["label"] else f"{column['label']} ({unit})"
        sheet.write_string(top, at, head, styles["head_number" if column.get("numeric") else "head"])
        texts = [len(str(row[at]["t"])) for row in rows]
        sheet.set_column(at, at, min(WIDEST, max([12, len(head) // 2 + 4, *texts]) + 2))
    if flagged:
        sheet.write_string(top, len(columns), words.say("workbook.status"), styles["head"])
        sheet.set_column(len(columns), len(columns), 40)
    for line, row in enumerate(rows):
        own = line in (table.get("highlight") or ())
        for at, (column, cell) in enumerate(zip(columns, row, strict=True)):
            _cell(sheet, top + 1 + line, at, column, cell, styles, own)
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


def _cell(sheet: Any, line: int, at: int, column: Payload, cell: Payload, styles: dict[str, Any], own: bool) -> None:
    """A number as a number; an absent value as the words the page prints, never as a zero or an empty cell."""
    raw = value(cell)
    if column.get("numeric") and isinstance(raw, (int, float)) and not isinstance(raw, bool):
        decimals = min(int(column.get("decimals") or 0), 6)
        sheet.write_number(line, at, raw, styles["number_own" if own else "number"][decimals])
    elif column.get("numeric"):
        sheet.write_string(line, at, str(cell["t"]), styles["absent"])
    else:
        sheet.write_string(line, at, str(cell["t"]), styles["own"] if own else None)


def _status(columns: list[Payload], row: list[Payload], words: Words) -> str:
    flags = [(column["label"], flag(cell)) for column, cell in zip(columns, row, strict=True) if column.get("numeric")]
    return "; ".join(f"{label}: {words.label(state)}" for label, state in flags if state != "observed")
