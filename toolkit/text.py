"""Words: how reports speak, in Italian and in English.

Numbers and dates go through Babel; sentences are templates in `toolkit/text/*.yml`, `key → {it: "...", en: "..."}`,
whose placeholders say how a value is printed: `{income:eur}`, `{gap:abspct1}`, `{n:plural:comune:comuni}`.

    >>> Words("it").say("numbers.percent", n="10,5")
    '10,5\\xa0%'

Placeholders are `{name}` (text only) or `{name:spec}`:

| spec | prints |
|---|---|
| `int`, `dec1` … `dec6` | a number |
| `pct0` … `pct3` | a percentage (the value is already in percent) |
| `eur`, `eur2`, `eurshort` | an amount; `eurshort` in millions or billions where it is that large |
| `signed0` …, `points1` … | a number with its sign; a difference of percentages, with its sign |
| `+…`, `abs…` before a number's spec | always the sign; never the sign |
| `year`, `date`, `period` | a year; a date; two years or dates |
| `ord`, `ordf` | an ordinal, masculine and feminine |
| `name`, `the`, `at`, `of`, `to`, `from`, `body` | a place, alone or with a preposition; `At`, `Of` begin a sentence |
| `list` | texts joined by commas and a conjunction |
| `label`, `acr` | what `label()` and `acronym()` give |
| `plural:one:many` | a word that agrees with a count |
| `sign1:up:down:level` | a word that agrees with a figure as printed with one decimal (`sign` alone: with none lost) |
| `yes:if:otherwise` | a word that follows a truth value |
"""

from __future__ import annotations

import datetime as dt
import math
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel.core import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from toolkit.errors import ToolkitError

LANGUAGES = ("it", "en")
FOLDER = Path(__file__).with_name("text")
MINUS = "\u2212"
ABSENT_FLAGS = ("missing", "confidential", "not_observable")
PRESENT_FLAGS = ("observed", "estimated", "break")
# Files of the folder that are vocabularies of their own shape, not messages.
VOCABULARIES = ("units", "places", "glossary", "acronyms")
_LOCALE = {"it": "it_IT", "en": "en_GB"}
_PLACE_FORMS = ("name", "the", "at", "of", "to", "from", "body")
_NUMERIC = re.compile(r"(?P<prefix>\+|abs)?(?P<form>int|dec|pct|eurshort|eur|signed|points)(?P<decimals>\d)?")
_ABSENT_HINT = "an absent value is printed by value() with its flag"
_SIGN = re.compile(r"sign(?P<decimals>\d)?")


class WordsError(ToolkitError):
    """A text that is missing, incomplete, or asked to print what it cannot."""


# ---- loading ---------------------------------------------------------------------------------------------------------


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses a key given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise WordsError(f"the key {key!r} is given twice", where=str(node.start_mark.line + 1))
        return super().construct_mapping(node, deep=deep)


def _read(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        try:
            content = yaml.load(stream, Loader=_Loader)
        except WordsError as error:
            raise WordsError(error.what, where=f"{path.name}:{error.where}") from None
        except yaml.YAMLError as error:
            raise WordsError(f"not readable as YAML: {error}", where=path.name) from None
    if not isinstance(content, dict):
        raise WordsError("a file of texts is a mapping of keys", where=path.name)
    return content


@cache
def _vocabulary(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    return _read(folder / f"{name}.yml")


@cache
def messages(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """All templates of the folder, `file.key` → `{it, en}`, each checked.

    Raises:
        WordsError: a template lacks a language, has a spec that does not exist, or different placeholders in the two.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.stem in VOCABULARIES:
            continue
        for key, texts in _read(path).items():
            found[f"{path.stem}.{key}"] = _checked(texts, f"{path.name}: {key}")
    return found


def _checked(texts: Any, where: str) -> dict[str, str]:
    if not isinstance(texts, dict) or sorted(texts) != sorted(LANGUAGES):
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
    wanted = {"plural": 2, "yes": 2, "sign": 3}.get("sign" if _SIGN.fullmatch(head) else head, 0)
    plain = ("", "year", "date", "period", "ord", "ordf", "list", "label", "acr", *_PLACE_FORMS)
    known = head in plain or head.lower() in _PLACE_FORMS or wanted or _NUMERIC.fullmatch(head)
    if not known or len(rest) != wanted:
        hint = "see the table at the top of toolkit/text.py"
        raise WordsError(
            f"no way to print {spec!r}" if not known else f"{head} wants {wanted} words", where=where, hint=hint
        )


def _check_agreement(name: str, specs: Sequence[str], where: str) -> None:
    printed = {_decimals(match) for spec in specs if (match := _NUMERIC.fullmatch(spec))}
    for spec in specs:
        match = _SIGN.fullmatch(spec.split(":")[0])
        if match and printed and {int(match["decimals"] or -1)} != printed:
            wanted = "".join(f"sign{decimals}" for decimals in sorted(printed))
            what = f"{{{name}}} is printed with {sorted(printed)} decimals but worded by {spec.split(':')[0]}"
            raise WordsError(what, where=where, hint=f"use {wanted}, so that word and figure agree")


def _decimals(match: re.Match[str]) -> int:
    return int(match["decimals"] or 0)


# ---- numbers ---------------------------------------------------------------------------------------------------------


def rounded(value: Any, decimals: int = 0) -> Decimal:
    """The value half up at its shortest decimal form (2.675 → 2.68, whatever its binary form); zero has no sign.

    Raises:
        WordsError: the value is absent, infinite or not a number.
    """
    if isinstance(value, Decimal):
        exact = value
    elif value is None or isinstance(value, (str, bool)):
        raise WordsError(
            f"{value!r} is not a number to print", hint="an absent value is printed by value() with its flag"
        )
    else:
        exact = Decimal(int(value)) if isinstance(value, int) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise WordsError(
            f"{value!r} is not a number to print", hint="an absent value is printed by value() with its flag"
        )
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP) + 0


def is_absent(value: Any) -> bool:
    """None, NaN or NA: no value, as opposed to zero."""
    if value is None:
        return True
    try:
        return bool(math.isnan(value))
    except TypeError:
        return type(value).__name__ in ("NAType", "NaTType")


# ---- places ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A place's name with its prepositions: `at` "a Bresso", `of` "di Bresso", `to`, `from_`, `the`, `body`."""

    name: str
    the: str
    at: str
    of: str
    to: str
    from_: str
    body: str

    def form(self, form: str) -> str:
        """A form by name; with a capital it begins a sentence (`At`: "Nella Città metropolitana …")."""
        text: str = getattr(self, "from_" if form.lower() == "from" else form.lower())
        return text[:1].upper() + text[1:] if form[:1].isupper() else text


@cache
def _place(name: str, language: str) -> Place:
    if language == "it":
        forms = _italian_forms(name)
    else:
        name = _vocabulary("places")["english_names"].get(name, name)
        the = "the " if _english_article(name) else ""
        forms = {"the": the, "at": f"in {the}", "of": f"of {the}", "to": f"to {the}", "from": f"from {the}"}
        forms = {form: text + name for form, text in forms.items()}
    body = _vocabulary("places")["body"][language].format(name=name, of=forms["of"])
    return Place(name, forms["the"], forms["at"], forms["of"], forms["to"], forms["from"], body)


def _italian_forms(name: str) -> dict[str, str]:
    places = _vocabulary("places")
    head = re.split(r"[ \u00a0]", name)[0]
    kind, rest = places["contracted"].get(name, (places["whole"].get(name) or places["heads"].get(head.lower()), name))
    if kind:
        forms = {form: text + rest for form, text in places["articles"][kind].items()}
        return forms | {"the": name, "at": forms["to"]} if name in places["contracted"] else forms
    to = f"{'ad' if _begins(name, 'a') else 'a'} {name}"
    return {"the": name, "at": to, "of": f"di {name}", "to": to, "from": f"da {name}"}


def _english_article(name: str) -> bool:
    words = name.lower().split()
    article = _vocabulary("places")["english_article"]
    return bool(words) and (words[0] in article["first"] or words[-1] in article["last"])


def _begins(text: str, vowel: str) -> bool:
    accented = {"a": "aàá", "e": "eèé"}[vowel]
    return text[:1].lower() in accented


# ---- words -----------------------------------------------------------------------------------------------------------


class Words(string.Formatter):
    """Everything a report says, in one language. One object a page: it remembers which acronyms it has opened.

    Args:
        language: `it` or `en`.
        folder: where the texts are.
    """

    def __init__(self, language: str, folder: Path = FOLDER) -> None:
        if language not in LANGUAGES:
            raise WordsError(f"no texts in {language!r}", allowed=LANGUAGES)
        self.language = language
        self._messages = messages(folder)
        self._locale = Locale.parse(_LOCALE[language])
        self._opened: set[str] = set()

    # -- numbers

    def number(self, value: Any, decimals: int = 0) -> str:
        """`26672` → "26.672" / "26,672"; half up, minus sign U+2212."""
        figure = rounded(value, decimals)
        digits = format_decimal(abs(figure), "#,##0" + ("." + "0" * decimals if decimals else ""), locale=self._locale)
        return (MINUS if figure < 0 else "") + digits

    def percent(self, value: Any, decimals: int = 1) -> str:
        """A value already in percent: `10.5` → "10,5 %" (no-break space) / "10.5%"."""
        return self._form("percent", n=self.number(value, decimals))

    def euro(self, value: Any, decimals: int = 0) -> str:
        """`25928.55` → "25.929 €" (no-break space) / "€25,929"."""
        return self._euro("euro", rounded(value, decimals), decimals)

    def euro_short(self, value: Any) -> str:
        """`2740000` → "2,74 milioni di euro" / "€2.74 million"; below a million as `euro`."""
        exact = abs(rounded(value, 2))
        if rounded(exact) < 10**6:
            return self.euro(value)
        millions = rounded(Decimal(repr(float(value))) / 10**6, 2)
        if abs(millions) < 1000:
            return self._euro("euro_million", millions, 2)
        return self._euro("euro_billion", rounded(Decimal(repr(float(value))) / 10**9, 2), 2)

    def signed(self, value: Any, decimals: int = 0) -> str:
        """With its sign: "+1.234", "−5"; zero has none."""
        return self._with_sign(rounded(value, decimals), self.number(value, decimals))

    def change(self, value: Any, decimals: int = 1) -> str:
        """A change in percent with its sign: "+2,3 %" / "+2.3%"."""
        return self._with_sign(rounded(value, decimals), self.percent(value, decimals))

    def points(self, value: Any, decimals: int = 1) -> str:
        """A difference of percentages, never "%": "+2,3 punti percentuali" / "+2.3 percentage points"."""
        return self._with_sign(rounded(value, decimals), self._points(value, decimals))

    def ordinal(self, number: int, feminine: bool = False) -> str:
        """`57` → "57°" ("57ª") / "57th"."""
        digits = self.number(number)
        if self.language == "it":
            return digits + ("ª" if feminine else "°")
        return digits + {"one": "st", "two": "nd", "few": "rd"}.get(self._locale.ordinal_form(int(number)), "th")

    def rank(
        self, position: int, of: int, low: int | None = None, high: int | None = None, *, from_highest: bool = True
    ) -> str:
        """A place in a list: "57° su 133 comuni (dal più alto), intervallo 49–66" / "57th of 133 municipalities …".

        Args:
            position, of: place and number of places, 1 ≤ position ≤ of.
            low, high: best and worst place over the choices tried; both or neither.
            from_highest: whether the first place is the highest value.
        """
        if not 1 <= position <= of or (low is None) != (high is None):
            raise WordsError(f"no rank: {position} of {of}, range {low}–{high}")
        rank = self.say(f"numbers.rank_{'highest' if from_highest else 'lowest'}", position=position, of=of)
        if low is None or high is None:
            return rank
        if not low <= position <= high:
            raise WordsError(f"the rank {position} is outside its own range {low}–{high}")
        return self._form("rank_range", rank=rank, range=self.period(self.number(low), self.number(high)))

    def absent(self, flag: str, long: bool = False) -> str:
        """What is printed in place of a value: "n.d.", "dato riservato", "non osservabile"; `long` opens "n.d."."""
        if flag not in ABSENT_FLAGS:
            raise WordsError(f"{flag!r} is not the flag of an absent value", allowed=ABSENT_FLAGS)
        return self._messages[f"numbers.{flag}{'_long' if long else ''}"][self.language]

    def value(
        self, value: Any, unit: str, flag: str = "observed", decimals: int | None = None, *, bare: bool = False
    ) -> str:
        """A value with its unit ("26.672 residenti", "10,5 %", "25.929 €"), or the words for its absence.

        Args:
            value: number, or None / NaN where absent.
            unit: key of `text/units.yml`.
            flag: as in the tables; a confidential value is never printed, whatever `value` is.
            decimals: those of the unit where not given.
            bare: without noun (a table whose header has the unit); "%" and "€" stay.
        """
        entry = self._unit(unit)
        if flag in ABSENT_FLAGS or is_absent(value):
            return self.absent(flag if flag in ABSENT_FLAGS else "missing")
        if flag not in PRESENT_FLAGS:
            raise WordsError(f"unknown flag {flag!r}", allowed=PRESENT_FLAGS + ABSENT_FLAGS)
        digits = entry["decimals"] if decimals is None else decimals
        if entry["form"] == "year":
            return str(int(value))
        if entry["form"] != "number":
            return {"percent": self.percent, "euro": self.euro, "points": self.points}[entry["form"]](value, digits)
        number = self.number(value, digits)
        noun = entry[self.language].get("one" if number == "1" else "many")
        return number if bare or not noun else f"{number} {noun}"

    def unit(self, unit: str) -> str:
        """The unit as it heads a column or an axis: "addetti", "€ per contribuente"."""
        return str(self._unit(unit)[self.language]["label"])

    def decimals(self, unit: str) -> int:
        """How many decimals the unit is printed with by default."""
        return int(self._unit(unit)["decimals"])

    def form(self, unit: str) -> str:
        """How the unit is printed: number, percent, euro, points or year."""
        return str(self._unit(unit)["form"])

    # -- dates

    def date(self, value: dt.date | str) -> str:
        """`2026-01-01` → "1° gennaio 2026" / "1 January 2026"; also a month (`2026-01`) or a year as ISO text."""
        if isinstance(value, str):
            value, pattern = _parsed_date(value)
        else:
            pattern = "d MMMM y"
        text = format_date(value, pattern, locale=self._locale)
        return re.sub(r"^1 ", "1° ", text) if self.language == "it" and pattern.startswith("d") else text

    def period(self, start: Any, end: Any) -> str:
        """`2018, 2023` → "2018–2023"; one year where both are the same."""
        return str(start) if start == end else f"{start}–{end}"

    # -- texts

    def join(self, items: Iterable[str]) -> str:
        """Items in a sentence: "Bresso, Cormano e Opera" / "Bresso, Cormano and Opera"; "ed" only before e."""
        texts = [str(item) for item in items]
        if len(texts) < 2:
            return "".join(texts)
        last = texts[-1]
        conjunction = ("ed" if _begins(last, "e") else "e") if self.language == "it" else "and"
        return f"{', '.join(texts[:-1])} {conjunction} {last}"

    def place(self, place: Any) -> Place:
        """The forms of a place: a name, or an object with `name`, or with `name_it` / `name_en` (and `kind`)."""
        name = place if isinstance(place, str) else getattr(place, f"name_{self.language}", None) or place.name
        if getattr(place, "kind", "") == "zone" and not re.search(r"\b(zona|zone)\b", name, re.IGNORECASE):
            name = _vocabulary("places")["zone"][self.language].format(name=name)
        return _place(name, self.language)

    def label(self, key: str) -> str:
        """A label of `text/labels.yml`."""
        return self.say(f"labels.{key}")

    def acronym(self, key: str) -> str:
        """An acronym, opened the first time this object is asked for it."""
        known = _vocabulary("acronyms")
        if key not in known:
            raise WordsError(f"no acronym {key!r}", allowed=known, hint="add it to toolkit/text/acronyms.yml")
        first = key not in self._opened
        self._opened.add(key)
        return str(known[key][self.language]) if first else key

    def glossary(self, keys: Iterable[str]) -> list[dict[str, str]]:
        """Entries `{term, text}` of `text/glossary.yml`, in alphabetical order of the language's terms."""
        entries = _vocabulary("glossary")
        unknown = [key for key in keys if key not in entries]
        if unknown:
            raise WordsError(f"not in the glossary: {', '.join(unknown)}", allowed=entries)
        return sorted((dict(entries[key][self.language]) for key in set(keys)), key=lambda entry: entry["term"].lower())

    def keys(self) -> list[str]:
        """All templates, `file.key`, sorted."""
        return sorted(self._messages)

    def say(self, key: str, **values: Any) -> str:
        """A template with its values printed; `values` may hold more than the template uses.

        Raises:
            WordsError: no such text, a value that it needs is not given, or cannot be printed as asked.
        """
        if key not in self._messages:
            near = get_close_matches(key, self._messages, n=5, cutoff=0.5)
            raise WordsError(f"no text {key!r}", allowed=near, hint="texts are in toolkit/text/*.yml")
        try:
            return self.vformat(self._messages[key][self.language], (), values)
        except KeyError as error:
            raise WordsError(f"the text {key!r} needs a value for {error}", allowed=sorted(values)) from None
        except WordsError as error:
            raise WordsError(
                error.what, where=error.where or f"text {key}", allowed=error.allowed, hint=error.hint
            ) from None

    # -- how a placeholder is printed

    def format_field(self, value: Any, format_spec: str) -> str:
        """One placeholder: see the table at the top of this module."""
        head, *options = format_spec.split(":")
        if match := _NUMERIC.fullmatch(head):
            return self._numeric(value, match)
        if match := _SIGN.fullmatch(head):
            decimals = match["decimals"]
            figure = rounded(value, int(decimals)) if decimals else rounded(value, 12)
            return options[(figure < 0) + 2 * (figure == 0)]
        if head.lower() in _PLACE_FORMS:
            return self.place(value).form(head)
        simple = {
            "year": lambda: str(int(value)),
            "date": lambda: self.date(value),
            "period": lambda: self.period(*value),
            "ord": lambda: self.ordinal(value),
            "ordf": lambda: self.ordinal(value, feminine=True),
            "list": lambda: self.join(value),
            "label": lambda: self.label(value),
            "acr": lambda: self.acronym(value),
            "plural": lambda: options[0 if value == 1 else 1],
            "yes": lambda: options[0 if value else 1],
        }
        if head in simple:
            return simple[head]()
        if not isinstance(value, str):
            raise WordsError(f"{value!r} is not a text: say how it is printed", hint="for example {n:int}")
        return value

    def _numeric(self, value: Any, match: re.Match[str]) -> str:
        form, prefix, decimals = match["form"], match["prefix"], _decimals(match)
        if form == "eurshort":
            decimals = 2
        figure = rounded(value, decimals)
        shown = abs(Decimal(repr(float(value)))) if prefix == "abs" else value
        plain = {
            "int": self.number,
            "dec": self.number,
            "signed": self.number,
            "pct": self.percent,
            "eur": self.euro,
            "eurshort": lambda amount, _: self.euro_short(amount),
            "points": self._points,
        }[form](shown, decimals)
        always = prefix == "+" or (form in ("signed", "points") and prefix != "abs")
        return self._with_sign(figure, plain) if always else plain

    def _points(self, value: Any, decimals: int) -> str:
        number = self.number(value, decimals)
        return self._form("point_one" if number.strip(MINUS) == "1" else "point_many", n=number)

    def _with_sign(self, figure: Decimal, text: str) -> str:
        return "+" + text if figure > 0 else text

    def _euro(self, form: str, figure: Decimal, decimals: int) -> str:
        return self._form(form, n=self.number(abs(figure), decimals), minus=MINUS if figure < 0 else "")

    def _form(self, key: str, **values: str) -> str:
        return self._messages[f"numbers.{key}"][self.language].format_map(values)

    def _unit(self, unit: str) -> dict[str, Any]:
        units = _vocabulary("units")
        if unit not in units:
            raise WordsError(f"no unit {unit!r}", allowed=units, hint="add it to toolkit/text/units.yml")
        entry: dict[str, Any] = units[unit]
        return entry


def _parsed_date(text: str) -> tuple[dt.date, str]:
    for form, pattern in (("%Y-%m-%d", "d MMMM y"), ("%Y-%m", "MMMM y"), ("%Y", "y")):
        try:
            return dt.datetime.strptime(text, form).date(), pattern
        except ValueError:
            continue
    raise WordsError(f"{text!r} is not a date", allowed="YYYY-MM-DD, YYYY-MM or YYYY")
