"""Signs that may not reach a file that others open: control signs, and what a spreadsheet would take for a formula."""

from __future__ import annotations

import re
from typing import Any

UNKNOWN = "\ufffd"
"""What stands for a sign that cannot be shown."""
FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""Signs with which a cell begins that a spreadsheet computes, or that hides one from the eye."""

# Controls but tab and line ends, DEL and C1, those that turn the direction of text, halves of pairs, non-characters.
_PLANES = "".join(chr(plane * 0x10000 + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + _PLANES
    + "]"
)
_HIDING = re.compile(r"[\s\ufeff\ufffd\u200b-\u200f\u2060\u00ad]*")


def legible(text: str) -> str:
    """A text without control signs, each replaced; tab and line ends stay."""
    rest = text
    for usual in ("\n", "\t", "\u00a0", "\u202f"):
        rest = rest.replace(usual, "")
    return text if rest.isprintable() else _CONTROL.sub(UNKNOWN, text)  # the search costs a hundred times as much


def all_legible(content: Any) -> Any:
    """The same for every text in lists, tuples and mappings."""
    if isinstance(content, str):
        return legible(content)
    if isinstance(content, dict):
        return {key: all_legible(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return type(content)(map(all_legible, content))
    return content


def cell(text: str) -> str:
    """A text as a cell of a CSV: legible, lines ended by LF; an apostrophe first where spreadsheets would compute."""
    text = legible(text).replace("\r\n", "\n").replace("\r", "\n")
    begin = _HIDING.sub("", text, count=1)
    return f"'{text}" if text.startswith(FORMULA) or begin.startswith(FORMULA) else text
