"""Facts: values that know how they are printed, so that a sentence says `{own}` and no more.

A form after a colon asks for a variant. Besides those of `toolkit.text.words`:

| form | of | prints |
|---|---|---|
| `more_less:than:with` | a gap | "il 14 % in più dei comuni simili", "in linea con i comuni simili" ("14% more …") |
| `above_below:what` | a gap | "14 % sopra la mediana", "in linea con la mediana" ("14% above …") |
| `above_below` | a gap from a place | "14 % sopra la Provincia" |
| `size` | a gap or a change | its size without sign: "14 %", "2,1 punti percentuali" |
| `unit` | an amount | with its noun: "26.672 residenti" |
| `the` | an amount | with its Italian article: "il 25,0 %" |
| `lower` | a text | with a small first letter |

A fact that is absent makes its sentence disappear: it is never printed as a number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from toolkit.text.loading import WordsError

if TYPE_CHECKING:
    from toolkit.text.words import Words

SCALES = ("zone", "system", "metropolitan", "without_core", "region")
"""Parts that larger territories play on a page, which shows three of them."""
COMPARED = (
    *("own", "median", "peers_median", "low", "high", *SCALES),
    *("gap", "gap_median", *(f"gap_{scale}" for scale in SCALES)),
    *("rank", "n", "all", "peers", "year", "when", "subject", "place", "whole", "name", "certainty"),
    *("first", "last", "change", "median_change", "metropolitan_change", "change_gap"),
)
"""Names of the facts of a comparison (`help(comparison)`)."""
LEVEL = 1.0
"""Percent below which a gap is none; in points, half of it."""


class Fact(ABC):
    """A value of a sentence: `{name}` prints `said`; a numeric form prints `float(fact)`."""

    forms: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """The fact as a sentence prints it."""


@dataclass(frozen=True)
class Amount(Fact):
    """A figure with its unit (a key of `text/units.yml`)."""

    value: float
    unit: str
    forms: ClassVar[tuple[str, ...]] = ("unit", "the")

    def __float__(self) -> float:
        return float(self.value)

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """`26.672`, "25,0 %", "25.929 €"."""
        text = words.value(self.value, self.unit, bare=form != "unit")
        return words.with_article(text) if form == "the" else text


@dataclass(frozen=True)
class Gap(Fact):
    """How far a figure is from another: in percent of it, or in points where both are percentages.

    `whom` is the other's name, where it is a place.
    """

    value: float
    points: bool = False
    whom: str = ""
    forms: ClassVar[tuple[str, ...]] = ("more_less", "above_below", "size")

    def __float__(self) -> float:
        return float(self.value)

    @property
    def side(self) -> int:
        """1 above, −1 below, 0 where the difference is too small to speak of."""
        small = abs(self.value) < (LEVEL / 2 if self.points else LEVEL)
        return 0 if small else 1 if self.value > 0 else -1

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """ "+14 %", "−2,1 punti percentuali", or one of its forms."""
        if not form:
            return words.points(self.value) if self.points else words.change(self.value, 0)
        size = words.points(abs(self.value)).lstrip("+") if self.points else words.percent(abs(self.value), 0)
        if form == "size":
            return size
        italian = words.language == "it"
        if not options:
            options = (words.place(self.whom).the,)
        if not self.side:
            return f"in linea con {options[-1]}" if italian else f"in line with {options[-1]}"
        if form == "above_below":
            side = ("sopra", "sotto") if italian else ("above", "below")
        else:
            side = ("in più", "in meno") if italian else ("more than", "less than")
            size = size if self.points or not italian else words.with_article(size)
        return f"{size} {side[self.value < 0]} {options[0]}"


@dataclass(frozen=True)
class Change(Fact):
    """A change over time: in percent, or in points where the figure is a percentage."""

    value: float
    points: bool = False
    forms: ClassVar[tuple[str, ...]] = ("size",)

    def __float__(self) -> float:
        return float(self.value)

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """ "+2,3 %", "−0,4 punti percentuali"."""
        if form == "size":
            return words.points(abs(self.value)).lstrip("+") if self.points else words.percent(abs(self.value))
        return words.points(self.value) if self.points else words.change(self.value)


@dataclass(frozen=True)
class Rank(Fact):
    """A place among municipalities, the highest value first."""

    rank: int
    of: int
    ties: int = 0

    def __float__(self) -> float:
        return float(self.rank)

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """ "57° su 133" / "57th of 133"."""
        return words.say("report.rank_short", rank=self.rank, of=self.of)


class Year(int, Fact):
    """A year: never grouped."""

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """`2023`."""
        return str(int(self))


class Count(int, Fact):
    """How many there are."""

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """`133`, "1.234"."""
        return words.number(int(self))


class Place(str, Fact):
    """The name of a place; the forms of places are those of `toolkit.text.words`."""

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """As prose names it: "Milano" / "Milan"."""
        return words.place(str(self)).name


class Name(str, Fact):
    """What is measured, as it stands in a heading."""

    forms: ClassVar[tuple[str, ...]] = ("lower",)

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """The name; `lower` within a sentence, acronyms left as they are."""
        text = str(self)
        return text[:1].lower() + text[1:] if form == "lower" and not text[1:2].isupper() else text


MARKS = ("", "●○○", "●●○", "●●●")


class Mark(int, Fact):
    """How sure a statement is: 3 holds with all comparison groups … 1 depends on the group, 0 cannot be tried."""

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """●●●, ●●○, ●○○ or nothing."""
        return MARKS[self]


@dataclass(frozen=True)
class Absent(Fact):
    """A figure that is not there: the sentence that needs it is not printed. `why` is said in its place, once."""

    flag: str
    why: str = ""

    def said(self, words: Words, form: str = "", options: tuple[str, ...] = ()) -> str:
        """Never: `Words.sentence` leaves the sentence out before."""
        raise WordsError(f"an absent figure ({self.flag}) has no words of its own")
