"""What a reader has to read is counted as a browser shows it, and the benchmark's pages are within their budgets."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from toolkit import render
from toolkit.text import LANGUAGES


@pytest.fixture(scope="module")
def budgets(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("budgets", root / "bench" / "budgets.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["budgets"] = module
    spec.loader.exec_module(module)
    return module


PAGE = """<html lang="{language}"><meta charset="utf-8"><style>body {{ margin: 0 }} .tall {{ height: 1688px }}</style>
<h1>Quattro parole di titolo</h1><div class="tall"></div>
<p>A Bresso lavorano 6.636 addetti. Il 16\xa0% in più dei comuni simili. ●○○</p>
<figure><svg><text>non si conta questo</text></svg></figure>
<details><summary>Dati e metodo</summary><p>{long}.</p>
<p class="source">Fonte: una lista, di nomi. E date.</p></details>
</html>"""


def page(folder: Path, language: str, words: int) -> Path:
    path = folder / f"prova.{language}.html"
    path.write_text(PAGE.format(language=language, long=" ".join(["parola"] * words)), encoding="utf-8")
    return path


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_screens_and_sentences_are_counted(browser: Any, budgets: Any, tmp_path: Path, language: str) -> None:
    tab = browser.new_page(viewport={"width": budgets.WIDTH, "height": budgets.HEIGHT})
    found = budgets.count(tab, page(tmp_path, language, 30))
    tab.close()
    closed = 4 + 5 + 8 + 1 + 3  # title, two sentences ("%" stands apart), mark, fold
    assert found.figures["closed"] == closed
    assert found.figures["open"] == closed + 30 + 7
    assert found.figures["pictures"] == 1
    assert 2.2 < found.figures["screens"] < 3.0
    assert found.figures["longest"] == 30
    assert [len(part.split()) for part in found.long] == [30]
    assert ("gulpease" in found.figures) == (language == "it")
    assert list(found.over()) == ["words of the longest sentence: 30 of 25"]


def test_a_sentence_ends_where_it_does(budgets: Any) -> None:
    texts = [
        "Nel 2023 erano 6.636 addetti. Il valore è n.d. per due comuni! E poi basta così?",
        "Una voce senza punto finale",
        "5.000 €",
    ]
    said = ["Nel 2023 erano 6.636 addetti.", "Il valore è n.d. per due comuni!", "E poi basta così?", texts[1]]
    assert budgets.sentences(texts) == said
    assert budgets.words_of("●●○ il 16\xa0% di 5.000 €") == ["il", "16", "di", "5.000"]


def test_gulpease_is_the_published_formula(budgets: Any) -> None:
    said = ["Le amministrazioni comunali deliberano"]  # 4 words, 35 letters
    assert budgets.gulpease(said) == 89 + (300 * 1 - 10 * 35) / 4
    assert budgets.gulpease(["Amministrazioni sovracomunali deliberano provvedimenti ordinamentali"]) < 50


@pytest.mark.parametrize(
    ("figures", "faults"),
    [
        ({"closed": 2500, "open": 6000, "screens": 14.0, "pictures": 8, "longest": 25, "gulpease": 50.0}, []),
        ({"closed": 2501}, ["words, folds closed: 2,501 of 2,500"]),
        ({"screens": 14.2, "pictures": 9}, ["screens of a telephone: 14.2 of 14", "pictures: 9 of 8"]),
        ({"gulpease": 49.9}, ["Gulpease (Italian): 49.9, at least 50"]),
    ],
)
def test_what_is_over_is_named(budgets: Any, figures: dict[str, float], faults: list[str]) -> None:
    assert list(budgets.Count(Path("a.html"), figures, ()).over()) == faults


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(
    "where",
    [{"municipality": "015032"}, {"municipality": "015146"}, {"municipality": "015155"}, {"area": "zona-nord-milano"}],
    ids=lambda where: next(iter(where.values())),
)
def test_the_benchmark_is_within_its_budgets(
    browser: Any,
    budgets: Any,
    tmp_path: Path,
    where: dict[str, str],
) -> None:
    from once import executed

    place = tmp_path / next(iter(where.values()))
    for language in LANGUAGES:
        render.outputs(executed("benchmark", language=language, **where), place)
    render.site(tmp_path)
    tab = browser.new_page(viewport={"width": budgets.WIDTH, "height": budgets.HEIGHT})
    counts = [budgets.count(tab, path) for path in budgets.pages(tmp_path)]
    tab.close()
    assert len(counts) == len(LANGUAGES)
    assert all(one.figures["open"] > one.figures["closed"] > 500 for one in counts), "it was counted"
    assert [(one.page.name, fault, one.long) for one in counts for fault in one.over()] == []
