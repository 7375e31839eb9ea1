"""Words: every rule of how reports speak, in both languages."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from toolkit import text
from toolkit.text import Words, WordsError, rounded

IT, EN = Words("it"), Words("en")
NBSP, MINUS = "\u00a0", "\u2212"


def parsed(printed: str, language: str) -> Decimal:
    """The number of a printed text, read as a reader of that language would."""
    thousands, decimal = (".", ",") if language == "it" else (",", ".")
    digits = re.sub(rf"[^\d{re.escape(decimal)}{MINUS}]", "", printed.replace(thousands, ""))
    return Decimal(digits.replace(decimal, ".").replace(MINUS, "-"))


@pytest.mark.parametrize(
    ("method", "args", "it", "en"),
    [
        ("number", (26672,), "26.672", "26,672"),
        ("number", (1234,), "1.234", "1,234"),
        ("number", (3.8, 1), "3,8", "3.8"),
        ("number", (-5,), "−5", "−5"),
        ("number", (-0.4,), "0", "0"),
        ("number", (0,), "0", "0"),
        ("number", (np.int64(1234567),), "1.234.567", "1,234,567"),
        ("number", (np.float64(0.125), 2), "0,13", "0.13"),
        ("percent", (10.5,), f"10,5{NBSP}%", "10.5%"),
        ("percent", (-2.25,), f"−2,3{NBSP}%", "−2.3%"),
        ("percent", (100, 0), f"100{NBSP}%", "100%"),
        ("euro", (25928.55,), f"25.929{NBSP}€", "€25,929"),
        ("euro", (-12.5, 2), f"−12,50{NBSP}€", "−€12.50"),
        ("euro_short", (2_740_000,), "2,74 milioni di euro", "€2.74 million"),
        ("euro_short", (999_999.4,), f"999.999{NBSP}€", "€999,999"),
        ("euro_short", (999_999.5,), "1,00 milioni di euro", "€1.00 million"),
        ("euro_short", (999_995_000,), "1,00 miliardi di euro", "€1.00 billion"),
        ("euro_short", (999_994_999,), "999,99 milioni di euro", "€999.99 million"),
        ("euro_short", (-3_100_000,), "−3,10 milioni di euro", "−€3.10 million"),
        ("signed", (1234,), "+1.234", "+1,234"),
        ("signed", (-0.04, 1), "0,0", "0.0"),
        ("change", (2.3,), f"+2,3{NBSP}%", "+2.3%"),
        ("points", (2.3,), "+2,3 punti percentuali", "+2.3 percentage points"),
        ("points", (-1, 0), "−1 punto percentuale", "−1 percentage point"),
        ("points", (1, 1), "+1,0 punti percentuali", "+1.0 percentage points"),
        ("date", (dt.date(2026, 1, 1),), "1° gennaio 2026", "1 January 2026"),
        ("date", (dt.date(2026, 11, 22),), "22 novembre 2026", "22 November 2026"),
        ("date", ("2026-11-01",), "1° novembre 2026", "1 November 2026"),
        ("date", ("2026-11",), "novembre 2026", "November 2026"),
        ("date", ("2026",), "2026", "2026"),
        ("date", (pd.Timestamp("2021-01-01"),), "1° gennaio 2021", "1 January 2021"),
        ("period", (2018, 2023), "2018–2023", "2018–2023"),
        ("period", (2018, 2018), "2018", "2018"),
        ("rank", (57, 133), "57° su 133 comuni (dal più alto)", "57th of 133 municipalities (from highest)"),
        (
            "rank",
            (57, 133, 49, 66),
            "57° su 133 comuni (dal più alto), intervallo 49–66",
            "57th of 133 municipalities (from highest), range 49–66",
        ),
        ("join", (["Bresso"],), "Bresso", "Bresso"),
        ("join", (["Bresso", "Opera"],), "Bresso e Opera", "Bresso and Opera"),
        ("join", (["Bresso", "Cormano", "Erba"],), "Bresso, Cormano ed Erba", "Bresso, Cormano and Erba"),
        ("absent", ("missing",), "n.d.", "n/a"),
        ("absent", ("missing", True), "n.d. (non disponibile)", "n/a (not available)"),
        ("absent", ("confidential",), "dato riservato", "confidential"),
        ("absent", ("not_observable",), "non osservabile", "not observable"),
    ],
)
def test_how_it_is_printed(method, args, it, en):
    assert getattr(IT, method)(*args) == it
    assert getattr(EN, method)(*args) == en


@pytest.mark.parametrize(
    ("number", "english"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (102, "102nd"),
        (113, "113th"),
    ],
)
def test_ordinals(number, english):
    assert EN.ordinal(number) == english
    assert IT.ordinal(number) == f"{number}°"
    assert IT.ordinal(number, feminine=True) == f"{number}ª"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(2.675, 2, "2.68"), (0.15, 1, "0.2"), (2.5, 0, "3"), (-2.5, 0, "-3"), (1.005, 2, "1.01")],
)
def test_half_is_rounded_up_whatever_the_binary_form(value, decimals, expected):
    assert str(rounded(value, decimals)) == expected


@given(st.floats(-1e12, 1e12, allow_nan=False), st.integers(0, 4), st.sampled_from(["it", "en"]))
def test_a_printed_number_reads_back(value, decimals, language):
    printed = Words(language).number(value, decimals)
    back = parsed(printed, language)
    assert back == rounded(value, decimals)
    assert abs(float(back) - value) <= 0.5 * 10**-decimals * (1 + 1e-9) + abs(value) * 1e-15
    assert not re.fullmatch(rf"{MINUS}0(?:[.,]0+)?", printed)
    assert "-" not in printed


@given(st.decimals(-(10**9), 10**9, places=3), st.sampled_from(["it", "en"]))
def test_a_number_is_printed_as_babel_prints_it(value, language):
    babel = format_decimal(abs(rounded(value, 3)), "#,##0.000", locale={"it": "it_IT", "en": "en_GB"}[language])
    assert Words(language).number(value, 3).removeprefix(MINUS) == babel


@given(st.floats(-1e11, 1e11), st.sampled_from(["it", "en"]))
def test_a_printed_amount_reads_back(value, language):
    words = Words(language)
    assert parsed(words.euro(value), language) == rounded(value)
    short = words.euro_short(value)
    factor = 10**9 if re.search("miliardi|billion", short) else 10**6 if re.search("milioni|million", short) else 1
    assert abs(float(parsed(short, language)) * factor - value) <= max(0.5, 0.005 * factor) * (1 + 1e-9)


@given(st.floats(-1000, 1000), st.integers(0, 2))
def test_a_sign_is_printed_exactly_where_the_figure_has_one(value, decimals):
    printed = IT.signed(value, decimals)
    figure = rounded(value, decimals)
    assert printed.startswith("+") == (figure > 0)
    assert printed.startswith(MINUS) == (figure < 0)


def test_the_two_languages_never_print_alike_numbers_that_differ():
    assert IT.number(1.234, 3) == EN.number(1234, 0).replace(",", ",") == "1,234"  # why pages are checked by language
    assert IT.number(1234.5, 1) != EN.number(1234.5, 1)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "12", True])
def test_what_is_not_a_number_is_not_printed_as_one(value):
    with pytest.raises(WordsError, match="not a number"):
        IT.number(value)


@pytest.mark.parametrize(
    ("name", "at", "of"),
    [
        ("Bresso", "a Bresso", "di Bresso"),
        ("Arese", "ad Arese", "di Arese"),
        ("Assago", "ad Assago", "di Assago"),
        ("Opera", "a Opera", "di Opera"),
        ("Inzago", "a Inzago", "di Inzago"),
        ("Cassano d'Adda", "a Cassano d'Adda", "di Cassano d'Adda"),
        ("San Donato Milanese", "a San Donato Milanese", "di San Donato Milanese"),
        ("Àrzago", "ad Àrzago", "di Àrzago"),
        ("Nord Milano", "nel Nord Milano", "del Nord Milano"),
        ("Città metropolitana di Milano", "nella Città metropolitana di Milano", "della Città metropolitana di Milano"),
        ("zona omogenea Nord Milano", "nella zona omogenea Nord Milano", "della zona omogenea Nord Milano"),
        ("Provincia di Milano (2008)", "nella Provincia di Milano (2008)", "della Provincia di Milano (2008)"),
        ("comuni simili", "nei comuni simili", "dei comuni simili"),
        ("L'Aquila", "all'Aquila", "dell'Aquila"),
        ("Italia", "in Italia", "dell'Italia"),
    ],
)
def test_italian_places(name, at, of):
    place = IT.place(name)
    assert (place.at, place.of, place.name) == (at, of, name)


def test_english_places():
    assert EN.place("Bresso").at == "in Bresso"
    assert EN.place("Milano").at == "in Milan"
    assert EN.place("Cusano Milanino").of == "of Cusano Milanino"
    assert EN.place("Metropolitan City of Milan").at == "in the Metropolitan City of Milan"
    assert EN.place("Bresso").body == "Municipality of Bresso"
    assert EN.place(EN.place("Bresso").body).the == "the Municipality of Bresso"
    assert IT.place(IT.place("Bresso").body).of == "del Comune di Bresso"
    assert IT.place("La Spezia").body == "Comune della Spezia"


def test_a_place_may_be_an_object():
    class Area:
        kind, name_it, name_en = "zone", "Nord Milano", "Nord Milano"

    assert IT.place(Area()).at == "nella zona omogenea Nord Milano"
    assert EN.place(Area()).at == "in the Nord Milano homogeneous zone"


def test_values_by_unit_and_flag():
    assert IT.value(26672, "residents") == "26.672 residenti"
    assert EN.value(1, "residents") == "1 resident"
    assert IT.value(26672, "residents", bare=True) == "26.672"
    assert IT.value(0, "taxpayers") == "0 contribuenti"
    assert IT.value(None, "taxpayers", "confidential") == "dato riservato"
    assert IT.value(12, "taxpayers", "confidential") == "dato riservato"
    assert IT.value(None, "taxpayers", "missing") == "n.d."
    assert IT.value(math.nan, "taxpayers") == "n.d."
    assert EN.value(25928.55, "EUR_per_taxpayer") == "€25,929"
    assert IT.value(2021, "year") == "2021"
    with pytest.raises(WordsError, match="no unit"):
        IT.value(1, "furlongs")
    with pytest.raises(WordsError, match="flag"):
        IT.value(1, "EUR", "provisional")


def test_the_unit_is_said_once():
    assert IT.says_unit("Unità locali per 1.000 residenti", "per_1000_residents")
    assert IT.says_unit("Addetti", "persons_employed")
    assert IT.says_unit("Reddito", "EUR")
    assert not IT.says_unit("Indice di vecchiaia", "per_100")
    assert not IT.says_unit("Posti ogni 1.000 pendolari", "per_100")
    assert EN.says_unit("Local units per 1,000 residents", "per_1000_residents")


def test_a_rank_and_its_interval_agree():
    with pytest.raises(WordsError, match="outside its own range"):
        IT.rank(10, 133, 11, 20)
    with pytest.raises(WordsError, match="no rank"):
        IT.rank(134, 133)
    with pytest.raises(WordsError, match="no rank"):
        IT.rank(3, 133, low=2)


def test_acronyms_are_opened_once_on_a_page():
    words = Words("it")
    assert words.acronym("PNRR") == "PNRR (Piano nazionale di ripresa e resilienza)"
    assert words.acronym("PNRR") == "PNRR"
    assert Words("it").acronym("PNRR") != "PNRR"


# ---- templates -------------------------------------------------------------------------------------------------------


def folder_with(tmp_path, **texts):
    lines = [f"{key}: {{it: '{it}', en: '{en}'}}" for key, (it, en) in texts.items()]
    (tmp_path / "made.yml").write_text("\n".join(lines), encoding="utf-8")
    for shared in ("numbers.yml", "labels.yml"):
        (tmp_path / shared).write_bytes((text.FOLDER / shared).read_bytes())
    return tmp_path


def test_templates_agree_with_sign_and_number(tmp_path):
    gap = (
        "{place:At} il reddito è {gap:sign1:sopra:sotto:in linea con} la mediana ({gap:abspct1}) "
        "in {n:int} {n:plural:comune:comuni}",
        "{place:At} income is {gap:sign1:above:below:in line with} the median ({gap:abspct1}) "
        "in {n:int} {n:plural:municipality:municipalities}",
    )
    folder = folder_with(tmp_path, gap=gap)
    italian, english = Words("it", folder), Words("en", folder)
    assert (
        italian.say("made.gap", place="Arese", gap=-2.34, n=1)
        == f"Ad Arese il reddito è sotto la mediana (2,3{NBSP}%) in 1 comune"
    )
    assert (
        english.say("made.gap", place="Milano", gap=2.34, n=3)
        == "In Milan income is above the median (2.3%) in 3 municipalities"
    )
    assert "in linea con" in italian.say("made.gap", place="Opera", gap=0.04, n=2)


def test_other_placeholders(tmp_path):
    folder = folder_with(
        tmp_path,
        a=("{n:+pct1} {d:date} {y:year} {p:period} {w:list} {k:label} {o:ordf} {t:yes:regge:dipende} {x}{n:unsaid}",)
        * 2,
        b=("{n:points1} {n:abspoints1} {n:signed1} {e:eurshort} {a:acr}",) * 2,
    )
    words = Words("it", folder)
    printed = words.say(
        "made.a", n=2, d="2026-01-01", y=2021, p=(2018, 2021), w=["a", "b"], k="source", o=3, t=False, x="<b>"
    )
    assert printed == f"+2,0{NBSP}% 1° gennaio 2026 2021 2018–2021 a e b Fonte 3ª dipende <b>"
    printed = words.say("made.b", n=-2, e=2.5e6, a="CUP")
    assert (
        printed
        == "−2,0 punti percentuali 2,0 punti percentuali −2,0 2,50 milioni di euro CUP (codice unico di progetto)"
    )


@pytest.mark.parametrize(
    ("it", "en", "message"),
    [
        ("{a:pct1}", "{b:pct1}", "placeholders differ"),
        ("{a:pct1}", "{a:percentage}", "no way to print"),
        ("{a:plural:uno}", "{a:plural:one}", "wants 2 words"),
        ("{a:sign:su:giù:pari} {a:pct1}", "{a:sign1:up:down:level} {a:pct1}", "printed with"),
        ("{a", "{a}", "not a template"),
        ("{}", "{}", "not"),
        ("{a:plural:{b}:x}", "{a:plural:{b}:x}", "not"),
        ("", "x", "empty"),
    ],
)
def test_a_faulty_template_is_refused_where_it_is(tmp_path, it, en, message):
    words = Words("it", folder_with(tmp_path, bad=(it, en), good=("bene", "well")))
    with pytest.raises(WordsError, match=message) as caught:
        words.say("made.bad", a=1)
    assert "made.yml: bad" in str(caught.value)
    assert words.say("made.good") == "bene"


def test_a_missing_language_and_a_double_key_are_refused(tmp_path):
    folder = folder_with(tmp_path, good=("a", "b"))
    (folder / "other.yml").write_text("one: {it: solo italiano}\n", encoding="utf-8")
    with pytest.raises(WordsError, match="both languages"):
        Words("it", folder).say("other.one")
    twice = tmp_path / "twice"
    twice.mkdir()
    (twice / "made.yml").write_text("one: {it: a, en: b}\none: {it: a, en: b}\n", encoding="utf-8")
    with pytest.raises(WordsError, match="twice"):
        Words("it", twice)


def test_asking_for_what_is_not_there_says_what_is():
    with pytest.raises(WordsError, match=r"labels\.source"):
        IT.say("labels.sources_")
    with pytest.raises(WordsError, match="needs a value for 'title'"):
        IT.say("labels.data_of")
    with pytest.raises(WordsError, match="no texts in 'fr'"):
        Words("fr")


def test_a_number_needs_its_spec(tmp_path):
    folder = folder_with(tmp_path, bare=("{n}", "{n}"))
    with pytest.raises(WordsError, match="say how it is printed"):
        Words("it", folder).say("made.bare", n=3.5)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (34.9, "il 34,9\xa0%"),
        (8.0, "l'8,0\xa0%"),
        (82.1, "l'82,1\xa0%"),
        (11.8, "l'11,8\xa0%"),
        (1.04, "l'1,0\xa0%"),
        (0.2, "lo 0,2\xa0%"),
        (0.96, "l'1,0\xa0%"),
        (10.5, "il 10,5\xa0%"),
        (18.0, "il 18,0\xa0%"),
        (100.0, "il 100,0\xa0%"),
    ],
)
def test_a_percentage_takes_its_article(value, wanted):
    assert Words("it").format_field(value, "thepct1") == wanted
    assert Words("en").format_field(value, "thepct1") == Words("en").percent(value)


def test_articles_join_their_prepositions():
    words = Words("it")
    said = [words.format_field(value, f"{form}pct0") for value in (25, 8, 0) for form in ("of", "at", "from")]
    assert [text.replace("\xa0", " ") for text in said] == [
        "del 25 %",
        "al 25 %",
        "dal 25 %",
        "dell'8 %",
        "all'8 %",
        "dall'8 %",
        "dello 0 %",
        "allo 0 %",
        "dallo 0 %",
    ]


@pytest.mark.parametrize("name", ["Città di Castello", "Centro Valle Intelvi", "Città Sant'Angelo", "Ali", "None"])
def test_a_municipality_that_begins_as_an_area_does_takes_no_article(name: str) -> None:
    assert Words("it").place(name).at in (f"a {name}", f"ad {name}")
    assert Words("en").place(name).at == f"in {name}"
