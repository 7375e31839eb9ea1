"""Templates and vocabularies as they are read: every fault found when the first word is asked for, not on a page."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from toolkit.contract import LANGUAGES
from toolkit.errors import ToolkitError

FOLDER = Path(__file__).parent
# Files of the folder that are vocabularies of their own shape, not messages.
VOCABULARIES = ("units", "places", "glossary", "acronyms", "formulas")
# A day with its Italian article or preposition, which change before 8 and 11 ("l'8", "all'11"); English has none.
DATE_FORMS = ("thedate", "atdate", "ofdate", "fromdate")
PLACE_FORMS = ("name", "the", "at", "of", "to", "from", "body")
NUMERIC = re.compile(
    r"(?P<prefix>\+|abs|the|of|from|at)?(?P<form>int|dec|pct|eurshort|eur|signed|points)(?P<decimals>\d)?"
)
SIGN = re.compile(r"sign(?P<decimals>\d)?")
# Forms that facts have (`toolkit.text.facts`), and the fewest and the most words that each wants.
FACT_FORMS = {"more_less": (1, 2), "above_below": (0, 2), "size": (0, 0), "unit": (0, 0), "lower": (0, 0)}


class WordsError(ToolkitError):
    """A text that is missing, incomplete, or asked to print what it cannot."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses a key given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise WordsError(f"the key {key!r} is given twice", where=str(node.start_mark.line + 1))
        return super().construct_mapping(node, deep=deep)


def _read(path: Path) -> Mapping[str, Any]:
    """A file of texts, read-only: all pages of a process have the same."""
    with path.open(encoding="utf-8") as stream:
        try:
            content = yaml.load(stream, Loader=_Loader)
        except WordsError as error:
            raise WordsError(error.what, where=f"{path.name}:{error.where}") from None
        except yaml.YAMLError as error:
            raise WordsError(f"not readable as YAML: {error}", where=path.name) from None
    if not isinstance(content, dict):
        raise WordsError("a file of texts is a mapping of keys", where=path.name)
    fixed: Mapping[str, Any] = _fixed(content)
    return fixed


def _fixed(content: Any) -> Any:
    if isinstance(content, dict):
        return MappingProxyType({key: _fixed(part) for key, part in content.items()})
    return tuple(map(_fixed, content)) if isinstance(content, list) else content


@cache
def vocabulary(name: str, folder: Path = FOLDER) -> Mapping[str, Any]:
    """One of `VOCABULARIES`, as its file has it."""
    return _read(folder / f"{name}.yml")


@cache
def messages(folder: Path = FOLDER) -> Mapping[str, Mapping[str, str]]:
    """All templates of the folder as they are written, `file.key` → `{it, en}`.

    A faulty one stops who asks for it (`template`), not the reports that do not; a contract test allows none.

    Raises:
        WordsError: a file that is not YAML, or a key given twice.
    """
    paths = [path for path in sorted(folder.glob("*.yml")) if path.stem not in VOCABULARIES]
    return MappingProxyType({f"{path.stem}.{key}": texts for path in paths for key, texts in _read(path).items()})


@cache
def template(key: str, folder: Path = FOLDER) -> Mapping[str, str]:
    """The template of a known key, checked.

    Raises:
        WordsError: it lacks a language, has a spec that does not exist, or different placeholders in the two.
    """
    file, _, name = key.partition(".")
    texts: Any = messages(folder)[key]
    where = f"{file}.yml: {name}"
    if not isinstance(texts, Mapping) or sorted(texts) != sorted(LANGUAGES):
        raise WordsError("a text needs exactly both languages", where=where, allowed=LANGUAGES)
    if not all(isinstance(text, str) and text.strip() for text in texts.values()):
        raise WordsError("a text is empty or not a text", where=where, hint="put it in quotes")
    names = {language: {name for name, _ in placeholders(text, where)} for language, text in texts.items()}
    if names["it"] != names["en"]:
        odd = sorted(names["it"] ^ names["en"])
        raise WordsError(f"placeholders differ between the two languages: {', '.join(odd)}", where=where)
    return texts


def placeholders(template: str, where: str = "") -> list[tuple[str, str]]:
    """The `(name, spec)` pairs of a template, in order.

    Raises:
        WordsError: braces that do not match, a spec that does not exist, or a word chosen by the sign of a figure at
            another number of decimals than the figure is printed with ("above by 0.0").
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise WordsError(f"not a template: {error}", where=where) from None
    found = [(name, spec or "") for _, name, spec, _ in parts if name is not None]
    for name, spec in found:
        if not name.isidentifier() or "{" in spec:
            raise WordsError(f"{{{name}:{spec}}} is not {{name:spec}}", where=where, hint="braces cannot be nested")
        _check_spec(spec, where)
    for name in {name for name, _ in found}:
        _check_agreement(name, [spec for other, spec in found if other == name], where)
    return found


def _check_spec(spec: str, where: str) -> None:
    head, *rest = spec.split(":")
    if head in FACT_FORMS:
        fewest, most = FACT_FORMS[head]
        if not fewest <= len(rest) <= most:
            raise WordsError(f"{head} wants {most} words", where=where, hint="see toolkit/text/facts.py")
        return
    wanted = {"plural": 2, "yes": 2, "sign": 3}.get("sign" if SIGN.fullmatch(head) else head, 0)
    plain = ("", "year", "date", "period", "ord", "ordf", "list", "label", "acr", "unsaid", *PLACE_FORMS)
    known = head in plain or head.lower() in (*PLACE_FORMS, *DATE_FORMS) or wanted or NUMERIC.fullmatch(head)
    if not known or len(rest) != wanted:
        hint = "see the table at the top of toolkit/text/words.py"
        raise WordsError(
            f"no way to print {spec!r}" if not known else f"{head} wants {wanted} words", where=where, hint=hint
        )


def _check_agreement(name: str, specs: Sequence[str], where: str) -> None:
    printed = {decimals_of(match) for spec in specs if (match := NUMERIC.fullmatch(spec))}
    for spec in specs:
        match = SIGN.fullmatch(spec.split(":")[0])
        if match and printed and {int(match["decimals"] or -1)} != printed:
            wanted = "".join(f"sign{decimals}" for decimals in sorted(printed))
            what = f"{{{name}}} is printed with {sorted(printed)} decimals but worded by {spec.split(':')[0]}"
            raise WordsError(what, where=where, hint=f"use {wanted}, so that word and figure agree")


def decimals_of(match: re.Match[str]) -> int:
    """How many decimals a spec asks for."""
    return int(match["decimals"] or 0)
