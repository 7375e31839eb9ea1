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
| `thedate`, `atdate`, `ofdate`, `fromdate` | a day with its Italian article or preposition; `Atdate` to begin |
| `ord`, `ordf` | an ordinal, masculine and feminine |
| `name`, `the`, `at`, `of`, `to`, `from`, `body` | a place, alone or with a preposition; `At`, `Of` begin a sentence |
| `list` | texts joined by commas and a conjunction |
| `label`, `acr` | what `label()` and `acronym()` give |
| `plural:one:many` | a word that agrees with a count |
| `sign1:up:down:level` | a word that agrees with a figure as printed with one decimal (`sign` alone: with none lost) |
| `yes:if:otherwise` | a word that follows a truth value |
| `unsaid` | nothing: this language does not need the value |

Facts (`toolkit.text.facts`: amounts, gaps, ranks, years, places) print themselves without a spec, and have forms of
their own; the table there lists them.
"""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

from toolkit.contract import ABSENT_FLAGS, LANGUAGES, PRESENT_FLAGS
from toolkit.partial import Sum
from toolkit.text import places
from toolkit.text.facts import Absent, Fact, Year
from toolkit.text.loading import (
    DATE_FORMS,
    FACT_FORMS,
    FOLDER,
    NUMERIC,
    PLACE_FORMS,
    SIGN,
    WordsError,
    decimals_of,
    messages,
    placeholders,
    template,
    vocabulary,
)
from toolkit.text.numbers import MINUS, is_absent, rounded

# Before most numbers, before 1, 8 and 11, before 0: "il 25 %", "l'8 %", "lo 0,2 %".
_ARTICLES = {
    "the": ("il ", "l'", "lo "),
    "of": ("del ", "dell'", "dello "),
    "at": ("al ", "all'", "allo "),
    "from": ("dal ", "dall'", "dallo "),
}
_LOCALE = {"it": "it_IT", "en": "en_GB"}
FINEST = 6
"""Decimals up to which a share is printed so that it differs from zero."""


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
        self._folder = folder
        messages(folder)  # a file that cannot be read stops here
        self._locale = Locale.parse(_LOCALE[language])
        # Babel's own formatting parses its pattern anew for each number, ten times slower: a page prints thousands.
        self._signs = str.maketrans({",": get_group_symbol(self._locale), ".": get_decimal_symbol(self._locale)})
        self._opened: set[str] = set()

    # -- numbers

    def number(self, value: Any, decimals: int = 0) -> str:
        """`26672` → "26.672" / "26,672"; half up, minus sign U+2212."""
        figure = rounded(value, decimals)
        digits = f"{abs(figure):,.{decimals}f}".translate(self._signs)
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
        return self._template(f"numbers.{flag}{'_long' if long else ''}")

    def value(
        self, value: Any, unit: str, flag: str = "observed", decimals: int | None = None, *, bare: bool = False
    ) -> str:
        """A value with its unit ("26.672 residenti", "10,5 %", "25.929 €"), or the words for its absence.

        Args:
            value: number, or None / NaN where absent.
            unit: key of `text/units.yml`.
            flag: as in the tables; a confidential value is never printed, whatever `value` is. A sum of which parts
                are absent is a `lower_bound`, and says so.
            decimals: those of the unit where not given.
            bare: without noun (a table whose header has the unit); "%" and "€" stay.
        """
        entry = self._unit(unit)
        if flag in ABSENT_FLAGS or is_absent(value):
            return self.absent(flag if flag in ABSENT_FLAGS else "missing")
        if flag not in PRESENT_FLAGS:
            raise WordsError(f"unknown flag {flag!r}", allowed=PRESENT_FLAGS + ABSENT_FLAGS)
        if flag == "lower_bound":
            return self.say("labels.at_least", value=self.value(value, unit, decimals=decimals, bare=bare))
        digits = entry["decimals"] if decimals is None else decimals
        if entry["form"] == "year":
            return str(int(value))
        if entry["form"] == "percent" and value and decimals is None:  # a small share is not none
            digits = next((n for n in range(digits, FINEST) if rounded(value, n)), FINEST)
        if entry["form"] != "number":
            return {"percent": self.percent, "euro": self.euro, "points": self.points}[entry["form"]](value, digits)
        number = self.number(value, digits)
        noun = entry[self.language].get("one" if number == "1" else "many")
        return number if bare or not noun else f"{number} {noun}"

    def unit(self, unit: str) -> str:
        """The unit as it heads a column or an axis: "addetti", "€ per contribuente"."""
        return str(self._unit(unit)[self.language]["label"])

    def says_unit(self, label: str, unit: str) -> bool:
        """Whether a label, or the sign printed with each figure ("%", "€"), already says the unit.

        "Addetti" says "addetti"; "unità locali per 1.000 residenti" says "ogni 1.000 residenti".
        """
        said, given = self.unit(unit).casefold(), label.casefold()
        base = re.search(r"\d[\d.,]*", said)
        return self.form(unit) != "number" or said in given or bool(base and re.search(rf"\b{base[0]}\b", given))

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
        elif isinstance(value, dt.date):
            pattern = "d MMMM y"
        else:
            raise WordsError(f"{value!r} is not a date", allowed="YYYY-MM-DD, YYYY-MM or YYYY")
        return _printed_date(value, pattern, self.language)

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
        conjunction = ("ed" if places.begins(last, "e") else "e") if self.language == "it" else "and"
        return f"{', '.join(texts[:-1])} {conjunction} {last}"

    def place(self, place: Any) -> places.Place:
        """The forms of a place: a name, or an object with `name`, or with `name_it` / `name_en` (and `kind`)."""
        name = place if isinstance(place, str) else getattr(place, f"name_{self.language}", None) or place.name
        if getattr(place, "kind", "") == "zone" and not re.search(r"\b(zona|zone)\b", name, re.IGNORECASE):
            name = vocabulary("places")["zone"][self.language].format(name=name)
        return places.place(name, self.language)

    def label(self, key: str) -> str:
        """A label of `text/labels.yml`."""
        return self.say(f"labels.{key}")

    def acronym(self, key: str) -> str:
        """An acronym, opened the first time this object is asked for it."""
        known = vocabulary("acronyms")
        if key not in known:
            raise WordsError(f"no acronym {key!r}", allowed=known, hint="add it to toolkit/text/acronyms.yml")
        first = key not in self._opened
        self._opened.add(key)
        return str(known[key][self.language]) if first else key

    def keys(self) -> list[str]:
        """All templates, `file.key`, sorted."""
        return sorted(messages(self._folder))

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in messages(self._folder)

    def starting(self, prefix: str) -> dict[str, str]:
        """Labels whose key begins with `prefix_`, without it: `starting("block")["f"]` is "Costruzioni"."""
        start = f"labels.{prefix}_"
        keys = [key for key in self.keys() if key.startswith(start)]
        return {key.removeprefix(start): self.say(key) for key in keys if not placeholders(self._template(key))}

    def say(self, key: str, **values: Any) -> str:
        """A template with its values printed; `values` may hold more than the template uses.

        Raises:
            WordsError: no such text, a value that it needs is not given, or cannot be printed as asked.
        """
        if key not in messages(self._folder):
            near = get_close_matches(key, messages(self._folder), n=5, cutoff=0.5)
            raise WordsError(f"no text {key!r}", allowed=near, hint="texts are in toolkit/text/*.yml")
        try:
            return self.vformat(self._template(key), (), values)
        except KeyError as error:
            raise WordsError(f"the text {key!r} needs a value for {error}", allowed=sorted(values)) from None
        except WordsError as error:
            raise WordsError(
                error.what, where=error.where or f"text {key}", allowed=error.allowed, hint=error.hint
            ) from None

    def sentence(self, *, it: str, en: str, facts: Mapping[str, Any]) -> str:
        """A sentence written beside its numbers, in both languages; empty where a fact that it needs is absent.

        It begins with a capital, whatever its first placeholder prints.

        Args:
            it, en: templates with the same placeholders.
            facts: what they may print; may hold more.

        Raises:
            WordsError: a placeholder or form that does not exist, two languages that differ in placeholders, a language
                that is empty.
        """
        names = pair(it, en)
        if unknown := sorted(names - set(facts)):
            near = [other for name in unknown for other in get_close_matches(name, facts, n=2)]
            raise WordsError(
                f"no fact is called {', '.join(unknown)}",
                where=it,
                allowed=sorted(facts),
                hint=f"did you mean {', '.join(near)}?" if near else "pass it by name, or **comparison.facts",
            )
        if any(isinstance(facts[name], Absent) for name in names):
            return ""
        try:
            said = self.vformat(it if self.language == "it" else en, (), facts)
        except WordsError as error:
            raise WordsError(error.what, where=error.where or it, allowed=error.allowed, hint=error.hint) from None
        return said[:1].upper() + said[1:]

    # -- how a placeholder is printed

    def vformat(self, format_string: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """A checked template, which has names and specs only: several times faster than what it may not have needs."""
        pieces = _pieces(format_string)
        return "".join(
            text if name is None else text + self.format_field(kwargs[name], spec) for text, name, spec in pieces
        )

    def format_field(self, value: Any, format_spec: str) -> str:
        """One placeholder: see the table at the top of this module.

        Raises:
            WordsError: a form that the value does not have.
        """
        try:
            return self._field(value, format_spec)
        except (TypeError, ValueError, AttributeError):
            raise WordsError(f"{value!r} cannot be printed as {format_spec!r}", hint=_FORMS) from None

    def _field(self, value: Any, format_spec: str) -> str:
        head, options, numeric, sign = _spec(format_spec)
        if isinstance(value, Fact) and (not head or head in value.forms):
            return value.said(self, head, options)
        if head in FACT_FORMS:
            raise WordsError(f"{value!r} has no form {head!r}", allowed=getattr(value, "forms", ()))
        if not head and isinstance(value, str):
            return value
        if not head and isinstance(value, list | tuple):
            return self.join(value)
        if isinstance(value, Year) and (numeric or sign):
            raise WordsError(f"{value!r} is a year, not a number", hint="{year} prints it as it is")
        if isinstance(value, Fact) and (numeric or sign or head in _COUNTED) and hasattr(value, "__float__"):
            value = float(value)
        if numeric:
            return self._numeric(value, numeric)
        if sign:
            decimals = sign["decimals"]
            figure = rounded(value, int(decimals)) if decimals else rounded(value, 12)
            return options[(figure < 0) + 2 * (figure == 0)]
        if head.lower() in PLACE_FORMS:
            return self.place(value).form(head)
        if head in _SIMPLE:
            return _SIMPLE[head](self, value, options)
        if head.lower() in DATE_FORMS:
            return self._dated(value, head)
        if not isinstance(value, str):
            raise WordsError(f"{value!r} is not a text: say how it is printed", hint="for example {n:int}")
        return value

    def _dated(self, value: Any, form: str) -> str:
        """A day as part of an Italian sentence: "l'8 marzo 2023", "dal 1° gennaio 2026"; the bare date in English."""
        date = self.date(value)
        if self.language == "en":
            return date
        full, short = {
            "thedate": ("il ", "l'"),
            "atdate": ("al ", "all'"),
            "ofdate": ("del ", "dell'"),
            "fromdate": ("dal ", "dall'"),
        }[form.lower()]
        text = (short if date.startswith(("8 ", "11 ")) else full) + date
        return text[:1].upper() + text[1:] if form[:1].isupper() else text

    def _numeric(self, value: Any, match: re.Match[str]) -> str:
        if isinstance(value, Sum) and value.absent:
            return self._partial(value, match)
        form, prefix, decimals = match["form"], match["prefix"], decimals_of(match)
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
        if prefix in _ARTICLES:
            return self.with_article(plain, prefix)
        always = prefix == "+" or (form in ("signed", "points") and prefix != "abs")
        return self._with_sign(figure, plain) if always else plain

    def _partial(self, value: Sum, match: re.Match[str]) -> str:
        """A sum of which parts are absent, in a sentence: "almeno 1.200 € (1 di 12 senza importo)"."""
        about = {"absent": self.number(value.absent), "of": self.number(value.of)}
        if value.flag == "missing":
            return self._form("sum_missing", **about)
        return self._form("sum_at_least", n=self._numeric(float(value), match), **about)

    def with_article(self, number: str, form: str = "the") -> str:
        """A printed number in an Italian sentence: "il 34,9 %", "l'8 %", "lo 0,2 %", "del 25 %"; bare in English.

        Args:
            number: as printed, without sign.
            form: `the`, `of`, `at` or `from`.
        """
        if self.language == "en":
            return number
        whole = re.match(r"\d+", number)
        spoken = whole[0] if whole else ""
        kind = 1 if spoken.startswith("8") or spoken in ("1", "11") else 2 if spoken == "0" else 0
        return _ARTICLES[form][kind] + number

    def _points(self, value: Any, decimals: int) -> str:
        number = self.number(value, decimals)
        return self._form("point_one" if number.strip(MINUS) == "1" else "point_many", n=number)

    def _with_sign(self, figure: Decimal, text: str) -> str:
        return "+" + text if figure > 0 else text

    def _euro(self, form: str, figure: Decimal, decimals: int) -> str:
        return self._form(form, n=self.number(abs(figure), decimals), minus=MINUS if figure < 0 else "")

    def _form(self, key: str, **values: str) -> str:
        return self._template(f"numbers.{key}").format_map(values)

    def _template(self, key: str) -> str:
        return template(key, self._folder)[self.language]

    def _unit(self, unit: str) -> dict[str, Any]:
        units = vocabulary("units")
        if unit not in units:
            raise WordsError(f"no unit {unit!r}", allowed=units, hint="add it to toolkit/text/units.yml")
        entry: dict[str, Any] = units[unit]
        return entry


_SIMPLE: dict[str, Callable[[Words, Any, Sequence[str]], str]] = {
    "year": lambda words, value, options: str(int(value)),
    "date": lambda words, value, options: words.date(value),
    "period": lambda words, value, options: words.period(*value),
    "ord": lambda words, value, options: words.ordinal(value),
    "ordf": lambda words, value, options: words.ordinal(value, feminine=True),
    "list": lambda words, value, options: words.join(_items(value)),
    "label": lambda words, value, options: words.label(value),
    "acr": lambda words, value, options: words.acronym(value),
    "plural": lambda words, value, options: options[0 if value == 1 else 1],
    "unsaid": lambda words, value, options: "",
    "yes": lambda words, value, options: options[0 if value else 1],
}


_COUNTED = ("ord", "ordf", "plural", "yes")
_FORMS = "forms are listed at the top of toolkit/text/words.py and of toolkit/text/facts.py"


def _items(value: Any) -> list[str]:
    if isinstance(value, str):
        raise WordsError(f"{value!r} is one text, not a list")
    return list(value)


@cache
def pair(it: str, en: str) -> frozenset[str]:
    """Names of the placeholders of a sentence in both languages.

    Raises:
        WordsError: as `Words.sentence`.
    """
    names = {}
    for language, text in (("it", it), ("en", en)):
        if not isinstance(text, str) or not text.strip():
            raise WordsError(f"the sentence lacks its text in {language!r}", where=it or en)
        names[language] = frozenset(name for name, _ in placeholders(text, where=text))
    if names["it"] != names["en"]:
        odd = ", ".join(sorted(names["it"] ^ names["en"]))
        raise WordsError(f"placeholders differ between the two languages: {odd}", where=it)
    return names["it"]


@cache
def _pieces(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """Text, name and spec of each piece of a template."""
    return tuple((text, name, spec or "") for text, name, spec, _ in string.Formatter().parse(template))


@cache
def _spec(spec: str) -> tuple[str, tuple[str, ...], re.Match[str] | None, re.Match[str] | None]:
    """Head, options, and what they ask of a number or of its sign."""
    head, *options = spec.split(":")
    return head, tuple(options), NUMERIC.fullmatch(head), SIGN.fullmatch(head)


@cache
def _printed_date(value: dt.date, pattern: str, language: str) -> str:
    text = format_date(value, pattern, locale=_LOCALE[language])
    return re.sub(r"^1 ", "1° ", text) if language == "it" and pattern.startswith("d") else text


@cache
def _parsed_date(text: str) -> tuple[dt.date, str]:
    for form, pattern in (("%Y-%m-%d", "d MMMM y"), ("%Y-%m", "MMMM y"), ("%Y", "y")):
        try:
            return dt.datetime.strptime(text, form).date(), pattern
        except ValueError:
            continue
    raise WordsError(f"{text!r} is not a date", allowed="YYYY-MM-DD, YYYY-MM or YYYY")
