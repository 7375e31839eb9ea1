"""Facts and sentences: each form in both languages, absence, alternatives, refusals that name what is wrong."""

from __future__ import annotations

import datetime as dt
import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.text import Words
from toolkit.text.facts import LEVEL, MARKS, Absent, Amount, Change, Gap, Mark, Name, Place, Rank, Year
from toolkit.text.loading import WordsError

WORDS = {language: Words(language) for language in ("it", "en")}


def said(template: str, language: str = "it", **facts: object) -> str:
    """A sentence, no-break spaces as spaces."""
    return WORDS[language].sentence(it=template, en=template, facts=facts).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("form", "fact", "it", "en"),
    [
        ("", Amount(26672.0, "residents"), "26.672", "26,672"),
        ("unit", Amount(26672.0, "residents"), "26.672 residenti", "26,672 residents"),
        ("", Amount(24.96, "percent"), "25,0 %", "25.0%"),
        ("the", Amount(24.96, "percent"), "il 25,0 %", "25.0%"),
        ("the", Amount(8.3, "percent"), "l'8,3 %", "8.3%"),
        ("the", Amount(0.4, "percent"), "lo 0,4 %", "0.4%"),
        ("", Amount(25928.55, "EUR_per_taxpayer"), "25.929 €", "€25,929"),
        ("dec1", Amount(3.76, "index"), "3,8", "3.8"),
        ("", Gap(14.2), "+14 %", "+14%"),
        ("", Gap(-2.14, points=True), "−2,1 punti percentuali", "−2.1 percentage points"),
        ("more_less:X:Y", Gap(14.2), "il 14 % in più X", "14% more than X"),
        ("more_less:X:Y", Gap(-8.0), "l'8 % in meno X", "8% less than X"),
        ("more_less:X:Y", Gap(0.4), "in linea con Y", "in line with Y"),
        (
            "more_less:X:Y",
            Gap(2.14, points=True),
            "2,1 punti percentuali in più X",
            "2.1 percentage points more than X",
        ),
        ("above_below:X", Gap(14.2), "14 % sopra X", "14% above X"),
        ("above_below:X", Gap(-1.0, points=True), "1,0 punti percentuali sotto X", "1.0 percentage points below X"),
        ("above_below:X", Gap(-0.9), "in linea con X", "in line with X"),
        ("size", Gap(-2.14, points=True), "2,1 punti percentuali", "2.1 percentage points"),
        ("", Change(2.34), "+2,3 %", "+2.3%"),
        ("", Change(-0.42, points=True), "−0,4 punti percentuali", "−0.4 percentage points"),
        ("size", Change(-2.34), "2,3 %", "2.3%"),
        ("", Rank(57, 133), "57° su 133", "57th of 133"),
        ("ord", Rank(2, 133), "2°", "2nd"),
        ("plural:a:b", Amount(1.0, "residents"), "a", "a"),
        ("plural:a:b", Amount(2.0, "residents"), "b", "b"),
        ("", Year(2023), "2023", "2023"),
        ("", Place("Milano"), "Milano", "Milan"),
        ("at", Place("Milano"), "a Milano", "in Milan"),
        ("At", Place("Milano"), "A Milano", "In Milan"),
        ("the", Place("Milano"), "Milano", "Milan"),
        ("of", Place("Città metropolitana di Milano"), "della Città metropolitana di Milano", None),
        ("", Name("Tasso di occupazione"), "Tasso di occupazione", "Tasso di occupazione"),
        ("lower", Name("Tasso di occupazione"), "tasso di occupazione", "tasso di occupazione"),
        ("lower", Name("PIL per abitante"), "PIL per abitante", "PIL per abitante"),
        ("", Mark(0), "", ""),
        ("", Mark(2), "●●○", "●●○"),
    ],
)
def test_each_form_in_both_languages(form: str, fact: object, it: str, en: str | None) -> None:
    template = f"· {{fact:{form}}}" if form else "· {fact}"
    for language, wanted in (("it", it), ("en", en)):
        if wanted is not None:
            assert said(template, language, fact=fact).removeprefix("· ") == wanted


@given(st.floats(-1e3, 1e3), st.booleans(), st.sampled_from(["it", "en"]))
def test_a_gap_is_above_exactly_where_it_prints_so(value: float, points: bool, language: str) -> None:
    """Words and sign agree, and what is said to be in line is smaller than the level."""
    gap = Gap(value, points)
    text = said("· {gap:above_below:X}", language, gap=gap)
    sides = {"it": ("sopra", "sotto", "in linea"), "en": ("above", "below", "in line")}[language]
    found = [word for word in sides if word in text]
    small = abs(value) < (LEVEL / 2 if points else LEVEL)
    assert found == [sides[2] if small else sides[value < 0]]
    number = re.search(r"\d+(?:[.,]\d+)*", text)
    assert (number is None) is small
    assert not number or number[0].strip("0.,"), "a difference that is told is not printed as zero"


@given(st.floats(0.05, 1e6), st.sampled_from(["percent", "EUR_per_taxpayer", "residents"]))
def test_an_italian_article_is_that_of_the_number(value: float, unit: str) -> None:
    text = said("· {own:the}", own=Amount(value, unit)).removeprefix("· ")
    article, number = re.fullmatch(r"(il |l'|lo )(.*)", text).groups()
    whole = re.match(r"\d+", number)[0]
    wanted = "l'" if whole.startswith("8") or whole in ("1", "11") else "lo " if whole == "0" else "il "
    assert article == wanted


# ---- what is absent, what comes first --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["", ":the", ":unit", ":dec1", ":more_less:a:b", ":at", ":plural:a:b", ":sign:a:b:c"])
@pytest.mark.parametrize("flag", ["confidential", "missing"])
def test_a_sentence_without_its_fact_is_not_printed(form: str, flag: str) -> None:
    template = f"Sono {{own{form}}} in tutto"
    assert [said(template, language, own=Absent(flag, "perché")) for language in ("it", "en")] == ["", ""]
    assert said("Sono {other} in tutto", own=Absent(flag), other="due") == "Sono due in tutto"


@pytest.mark.parametrize(
    ("template", "fact", "it", "en"),
    [
        ("{fact:the} cresce", Place("zona omogenea Nord Milano"), "La zona omogenea Nord Milano cresce", None),
        ("{fact:at} si cresce", Place("Milano"), "A Milano si cresce", "In Milan si cresce"),
        ("{fact:the} cresce", Amount(25.0, "percent"), "Il 25,0 % cresce", "25.0% cresce"),
        ("{fact:lower}: 3", Name("Tasso"), "Tasso: 3", "Tasso: 3"),
        ("{fact:above_below:i}", Gap(0.1), "In linea con i", "In line with i"),
        ("è così", Year(1), "È così", "È così"),
    ],
)
def test_a_sentence_begins_with_a_capital(template: str, fact: object, it: str, en: str | None) -> None:
    assert said(template, fact=fact) == it
    assert en is None or said(template, "en", fact=fact) == en


# ---- refusals --------------------------------------------------------------------------------------------------------

FACTS = {
    "amount": Amount(26672.0, "residents"),
    "gap": Gap(14.2),
    "change": Change(-0.4, points=True),
    "rank": Rank(57, 133),
    "year": Year(2023),
    "place": Place("Milano"),
    "name": Name("Tasso"),
    "mark": Mark(3),
    "number": 3,
    "text": "Bresso",
    "texts": ["a", "b"],
    "day": dt.date(2023, 3, 8),
    "nothing": None,
    "nan": float("nan"),
}
FORMS = (
    *("", "int", "dec1", "pct0", "eur", "eurshort", "signed0", "points1", "+int", "absdec1", "theint", "ofpct1"),
    *(
        "year",
        "date",
        "period",
        "thedate",
        "ord",
        "ordf",
        "name",
        "the",
        "at",
        "of",
        "to",
        "from",
        "At",
        "body",
        "list",
    ),
    *("label", "acr", "plural:a:b", "sign1:a:b:c", "sign:a:b:c", "yes:a:b", "unsaid", "more_less:x:y"),
    *("above_below:x", "size", "unit", "lower"),
)


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_form_that_a_fact_has_not_is_one_clear_error(language: str) -> None:
    """Whatever is combined: text, or an error that names the sentence; never one of Python's."""
    refused = {}
    for name, form in product(FACTS, FORMS):
        template = f"Qui {{{name}:{form}}}"
        try:
            printed = said(template, language, **FACTS)
        except WordsError as error:
            refused[name, form] = (error.where, template)
        else:
            assert printed.startswith("Qui")
    assert all(where == template or where.startswith("text ") for where, template in refused.values())
    assert {("gap", "the"), ("year", "int"), ("place", "list"), ("amount", "at"), ("number", "")} <= set(refused)
    assert not {("gap", "size"), ("amount", "the"), ("rank", "ord"), ("place", "At"), ("texts", "list")} & set(refused)


@pytest.mark.parametrize(
    ("it", "en", "message"),
    [
        ("Sono {owm}", "They are {owm}", "did you mean own"),
        ("Sono {x}", "They are {x}", "no fact is called x"),
        ("Sono {own:procent}", "They are {own:procent}", "no way to print 'procent'"),
        ("Sono {own}", "They are", "placeholders differ between the two languages: own"),
        ("Sono {own}", " ", "lacks its text in 'en'"),
        ("", "They are {own}", "lacks its text in 'it'"),
        ("Sono {own", "They are {own}", "not a template"),
        ("Sono {own.value}", "They are {own.value}", "is not {name:spec}"),
        ("Sono {own:more_less}", "They are {own:more_less}", "more_less wants 2 words"),
        ("Sono {gap:size:a}", "They are {gap:size:a}", "size wants 0 words"),
        ("{gap:signed0}: {gap:sign1:a:b:c}", "{gap:signed0}: {gap:sign1:a:b:c}", "use sign0"),
    ],
)
def test_a_faulty_sentence_is_refused(it: str, en: str, message: str) -> None:
    for words in WORDS.values():
        with pytest.raises(WordsError, match=re.escape(message)):
            words.sentence(it=it, en=en, facts={"own": Amount(1.0, "percent"), "gap": Gap(1.0)})


def test_there_is_a_mark_for_each_certainty() -> None:
    assert [said("· {m}", m=Mark(sure)).removeprefix("· ").count("●") for sure in range(len(MARKS))] == [0, 1, 2, 3]
