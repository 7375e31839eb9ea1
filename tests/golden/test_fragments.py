"""What each kind of payload looks like as HTML, in both languages: small files that a reader of a change can judge.

`pytest tests/golden --fix` writes them anew.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from toolkit import charts, display, svg
from toolkit.charts import structure
from toolkit.text import Words

FOLDER = Path(__file__).with_name("fragments")
LANGUAGES = ("it", "en")
SPEC = {"data": {"values": [{"a": "</script>", "v": 1.5}]}, "mark": "bar"}
TEXTS = {
    "it": {
        "name": "Comune",
        "title": "A Bresso il reddito è sopra la mediana dei comuni simili",
        "subtitle": "Reddito imponibile per contribuente, euro, 2023",
        "note": "Valori nominali.",
        "source": "MEF, Dipartimento delle finanze, anno d'imposta 2023",
        "sentence": "Nel 2023 il reddito per contribuente era di 25.929\u00a0€, 57° su 133 comuni (dal più alto).",
        "step": "Confermare i dati con l'ufficio tributi.",
    },
    "en": {
        "name": "Municipality",
        "title": "Income in Bresso is above the median of similar municipalities",
        "subtitle": "Taxable income per taxpayer, euro, 2023",
        "note": "Nominal values.",
        "source": "MEF, Department of Finance, tax year 2023",
        "sentence": "In 2023 income per taxpayer was €25,929, 57th of 133 municipalities (from highest).",
        "step": "Confirm the figures with the tax office.",
    },
}
FRAME = pd.DataFrame(
    {
        "istat_code": ["015032", "015155", "015146", "015157", "015166"],
        "income": [25928.55, None, None, 0.0, 24000.0],
        "flag": ["observed", "confidential", "missing", "estimated", "break"],
        "year": 2023,
    }
)
NAMES = {"015032": "Bresso", "015155": "Nosate", "015146": "Milano", "015157": "Opera", "015166": "Paderno <Dugnano>"}


def columns(words: Words) -> list[display.Column]:
    return [
        display.Column(key="istat_code", label=TEXTS[words.language]["name"], texts=NAMES),
        display.Column(key="income", label="IRPEF", unit="EUR_per_taxpayer", flag="flag"),
        display.Column(key="year", label=words.label("year"), unit="year"),
    ]


def shown(kind: str, language: str) -> display.Shown:
    words, text = Words(language), TEXTS[language]
    data = display.data(FRAME, columns(words), words, highlight=["015032"])
    about = {"language": language, "subtitle": text["subtitle"], "source": [text["source"]], "note": text["note"]}
    income = display.KeyFigure(
        id="income_per_taxpayer",
        label=text["subtitle"],
        value=words.euro(25928.55),
        v=25928.55,
        period="2023",
        comparisons=[(words.label("peers"), words.euro(24000)), (words.label("median"), words.euro(25690))],
        note=text["note"],
    )
    absent = display.KeyFigure(id="other", label="IRPEF", value=words.absent("confidential"), flag="confidential")
    made = {
        "open": lambda: display.Open(
            language=language,
            report="benchmark",
            territory={"type": "municipality", "code": "015032", "name": "Bresso", "slug": "bresso", "province": "MI"},
            title="Quadro",
            as_of="2026-01-01",
            reference_date="2018–2023",
            snapshot={"date": "2026-01-01", "hash": "0123abcd"},
            version="0.1.0",
            parameters={"municipality": "015032"},
        ),
        "text": lambda: display.Text(language=language, paragraphs=[text["sentence"], text["note"]]),
        "brief": lambda: display.Brief(language=language, sentences=[text["sentence"]], steps=[text["step"]]),
        "key_figures": lambda: display.KeyFigures(language=language, items=[income, absent]),
        "figure": lambda: display.Figure(
            **about,
            id="income",
            title=text["title"],
            alt=text["sentence"],
            description=text["note"],
            spec=SPEC,
            table=data,
            csv="benchmark-income.csv",
        ),
        "table": lambda: display.Table(
            **about, id="incomes", caption=text["title"], data=data, csv="benchmark-incomes.csv"
        ),
        "sources": lambda: display.Sources(
            language=language,
            items=[
                {
                    "title": text["source"],
                    "publisher": "MEF",
                    "licence": "CC BY 3.0 IT",
                    "licence_url": "https://creativecommons.org/licenses/by/3.0/it/",
                    "url": "https://www.finanze.gov.it/",
                    "reference_date": "2023-12-31",
                    "date_accessed": "2026-01-01",
                    "sha256": "0" * 64,
                    "processing": text["note"],
                    "faults": [text["note"]],
                }
            ],
        ),
        "close": lambda: display.Close(language=language, results={}, provenance={}),
    }
    return made[kind]()


KINDS = ("open", "text", "brief", "key_figures", "figure", "table", "sources", "close")


def compare(path: Path, markup: str, fix: bool) -> None:
    if fix:
        path.write_text(markup, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == markup, (
        f"{path.name} differs; `pytest tests/golden --fix` and read the change"
    )


def lines(markup: str) -> str:
    """One element a line, so that a change shows where it is."""
    return markup.replace("><", ">\n<") + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_fragment(kind: str, language: str, pytestconfig: pytest.Config) -> None:
    payload = shown(kind, language).payload()
    assert payload["kind"] == kind
    markup = display.html(payload, svg=("<svg/>", "<svg/>") if kind == "figure" else None)
    compare(FOLDER / f"{kind}.{language}.html", lines(markup), pytestconfig.getoption("--fix"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_chart(language: str, pytestconfig: pytest.Config) -> None:
    words = Words(language)
    data = FRAME.assign(name=FRAME["istat_code"].map(NAMES), value=FRAME["income"])
    chart = charts.bars(data, SimpleNamespace(words=words), unit="EUR_per_taxpayer", ours=["Bresso"])
    spec, sets = structure.specification(chart)
    spec = {**spec, "width": svg.NARROW, "datasets": sets}
    drawn = svg.render(spec, "income-narrow", TEXTS[language]["title"], TEXTS[language]["note"], language)
    compare(FOLDER / f"bars.{language}.svg", lines(drawn), pytestconfig.getoption("--fix"))


def test_every_kind_has_its_fragment() -> None:
    drawn = {f"bars.{language}.svg" for language in LANGUAGES}
    assert {path.name for path in FOLDER.iterdir()} == drawn | {
        f"{kind}.{lang}.html" for kind in KINDS for lang in LANGUAGES
    }
