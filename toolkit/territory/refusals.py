"""What is said of a code or a name that the register does not have: which one it has, and why."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.errors import TerritoryError
from toolkit.territory.model import Municipality

FORM = "six digits as text, zeros in front included, or a name"
_CADASTRAL = re.compile(r"[A-Za-z][0-9]{3}")
_WITHIN = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")

Known = Mapping[str, Municipality]


@dataclass(frozen=True)
class Other:
    """A code of another day.

    Attributes:
        code, name: as they were.
        merged: whether it is part of another municipality today; otherwise the same one has another code.
        date: first day without the code, or year of the first list without it.
        today: code in the register.
    """

    code: str
    name: str
    merged: bool
    date: str
    today: str


def others(rows: Iterable[Mapping[str, Any]]) -> dict[str, Other]:
    """Rows of the table `other_codes` by code."""
    made = (Other(row["code"], row["name"], row["kind"] == "merger", row["date"], row["istat_code"]) for row in rows)
    return {one.code: one for one in made}


def searching(text: str) -> str:
    """The command that looks for a name."""
    return f"quadro list municipalities --search {shlex.quote(text)}" if text else "quadro list municipalities"


def running(code: str) -> str:
    """The command that makes the reports of a municipality."""
    return f"quadro run --municipality {code}"


def not_text(value: object) -> TerritoryError:
    """A code that is no text."""
    number = isinstance(value, int) and not isinstance(value, bool)
    return TerritoryError(
        f"{value!r} is not an ISTAT code.", allowed=FORM, hint=f'write "{value:0>6}"' if number else ""
    )


def not_a_code(text: str, known: Known, other: Mapping[str, Other]) -> TerritoryError:
    """A text with digits that is no code: without its zeros, cadastral, with signs around it, of another country."""
    what, hint = f"{text!r} is not an ISTAT code.", "quadro list municipalities"
    padded = text.zfill(6) if text.isascii() and text.isdigit() else ""
    if _CADASTRAL.fullmatch(text):
        what = f"{text!r} is a cadastral code, not an ISTAT code."
        hint = _meant([code for code, one in known.items() if one.cadastral_code == text.upper()], known) or hint
    elif padded in known:
        hint = _meant([padded], known)
    elif padded in other:
        hint = f'with its zeros "{padded}", {_told(other[padded], known)}: use {_use(other[padded], known)}'
    else:
        hint = _meant([code for code in dict.fromkeys(_WITHIN.findall(text)) if code in known], known) or hint
    return TerritoryError(what, allowed=FORM, hint=hint)


def unknown_code(code: str, known: Known, other: Mapping[str, Other], edition: str) -> TerritoryError:
    """Six digits that the register does not have; nobody is guessed from digits that are alike."""
    if code in other:
        return of_another_day(other[code], known, edition)
    return TerritoryError(
        f"There is no municipality with the code {code}.",
        where=f"the register of {edition}, and codes of other lists since 1991; later codes are not known yet",
        hint="look for its name: quadro list municipalities --search NAME",
    )


def of_another_day(one: Other, known: Known, edition: str) -> TerritoryError:
    """A code, or a name, of a day before the register's."""
    told = _told(one, known)
    return TerritoryError(
        f"{told[0].upper()}{told[1:]}.",
        where=f"the register of {edition}",
        hint=f"use {_use(one, known)}: {running(one.today)}",
    )


def not_yet(one: Municipality, on: str, before: Iterable[Other]) -> TerritoryError:
    """A municipality, or its code, that had not begun on a day."""
    names = " and ".join(f"{old.name}, {old.code}" for old in before)
    return TerritoryError(
        f"{one} did not exist on {on}: its code began on {one.valid_from}.",
        hint=f"until then: {names}" if names else "",
    )


def _told(one: Other, known: Known) -> str:
    day = f"on {one.date}" if len(one.date) > len("2026") else f"in {one.date}"
    if one.merged:
        return f"{one.name} ({one.code}) is today part of {known[one.today]}: it was abolished {day}"
    listed = day if "-" in one.date else f"in the lists from {one.date}"
    return f"{one.code} was the code of {one.name}, which was recoded {listed}: today it is {one.today}"


def _use(one: Other, known: Known) -> str:
    return f'"{one.today}" ({known[one.today].name})'


def _meant(codes: Iterable[str], known: Known) -> str:
    named = " or ".join(f'"{code}" ({known[code].name})' for code in codes)
    return f"did you mean {named}?" if named else ""
