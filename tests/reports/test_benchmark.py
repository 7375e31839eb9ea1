"""What the benchmark report says, for every municipality: signs, ranks, groups and bullets agree with the figures.

Sections are called without kernels and without drawing; the pages themselves are tested in `test_notebooks`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from toolkit import Report, charts, display, svg
from toolkit.catalog import store
from toolkit.errors import DataError
from toolkit.params import benchmark as choices
from toolkit.report import benchmark, core
from toolkit.text import Words, rounded

SECTIONS = (
    "in_short",
    "position",
    "similar",
    "weight",
    "people",
    "income",
    "where_on_map",
    "work",
    "sectors",
    "commuting",
    "fragility",
    "composite",
    "trends",
    "metropolitan_sectors",
    "international",
    "swot",
    "own_figures",
    "checklist",
    "limits",
    "method",
)
EXTREMES = ("015032", "015146", "015155", "015060", "015251", "015206", "015159")
AREAS = ("zona-nord-milano", "nord-milano-2008", "zona-magentino-abbiatense", "citta-metropolitana-milano")
SPACE = "[ \u00a0]?"
GAP = rf"\(([+−]?)(\d[\d.,]*){SPACE}(?:%|p[a-z ]+)\)"


STUDIES = importlib.import_module("toolkit.report.benchmark.study")
TOLD = store.Store()
"""What pages share, apart from that of other tests: charts are not real here."""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[display.Shown]:
    """What the report shows, charts not drawn."""
    found: list[display.Shown] = []
    monkeypatch.setattr(core, "show", found.append)
    monkeypatch.setattr(store, "_own", TOLD)
    monkeypatch.setattr(charts, "pair", lambda chart, *args, **options: ({"chart": chart.__name__}, {}))
    return found


def studied(shown: list[display.Shown], **where: str) -> tuple[benchmark.Study, list[str]]:
    """The study, and all that the page says in words."""
    shown.clear()
    report = Report("benchmark", tables=benchmark.tables(), **where)
    study = benchmark.study(report)
    for section in SECTIONS:
        getattr(benchmark, section)(study)
    report.close()
    return study, [text for one in shown for text in texts(one.payload())]


def texts(payload: Any, key: str = "") -> Iterator[str]:
    """Every text of a payload but codes, addresses and specifications."""
    if isinstance(payload, str) and key in TEXTS:
        yield payload
    elif isinstance(payload, list):
        for one in payload:
            yield from texts(one, key)
    elif isinstance(payload, dict):
        for name, one in payload.items():
            if name not in ("spec", "spec_narrow", "provenance", "results", "parameters"):
                yield from texts(one, name)


TEXTS = (
    "paragraphs",
    "text",
    "title",
    "subtitle",
    "alt",
    "description",
    "note",
    "caption",
    "t",
    "period",
    "label",
    "value",
)


def check(study: benchmark.Study, said: list[str], language: str) -> None:
    """Form, and agreement of words with figures."""
    for text in said:
        assert not re.search(r"\bnan\b|NaN|\bNone\b(?! \()|[{}]|\binf\b|  ", text), text
        assert not re.search(r"\s[.,;:](?:\s|$)|\.\.(?!\.)|,,|;;|;\.", text), text
        if language == "it":
            assert not re.search(r"\b\d{1,3},\d{3}\b|\d%", text), text
        else:
            assert not re.search(r"\b\d{1,3}\.\d{3}\b|\d\u00a0%|\d\u00a0€", text), text
        signs(text, language)
    ranks(study, said)


def signs(text: str, language: str) -> None:
    """ "Above" is said of gaps above zero only, "below" of those below, "fell" of a fall."""
    above, below, level = {
        "it": ("sopra", "sotto", "in linea con"),
        "en": ("above", "below", "in line with"),
    }[language]
    for part in re.split(r"; |: ", text):
        for word, wrong in ((above, "−"), (below, "+"), (level, "+−")):
            if part.startswith(word + " "):
                assert not any(found and found in wrong for found, _ in re.findall(GAP, part)), text
    moves = {"it": {"aumentat": "+", "diminuit": "−"}, "en": {"grew": "+", "fell": "−"}}[language]
    for word, sign in moves.items():
        for found in re.findall(rf"{word}\w* {GAP}", text):
            assert found[0] == sign, text


def ranks(study: benchmark.Study, said: list[str]) -> None:
    """Every rank printed with a key figure is the municipality's true rank."""
    for name in ("income_per_taxpayer", "jobs_per_100_commuters", "old_age_index"):
        standing = study[name]
        if standing.position is None:
            continue
        higher = int((standing.municipalities > standing.own.value).sum())
        assert standing.position.rank == higher + 1
        assert any(study.report.rank(standing) in text for text in said)
    words = {"it": ("sotto la", "pari alla", "sopra la"), "en": ("below the", "equal to the", "above the")}
    for name in ("local_units_per_1000", "local_unit_size", "dependency_ratio", "employment_rate"):
        standing = study[name]
        if standing.own.known:
            digits = study.report.words.decimals(standing.indicator.unit)
            gap = rounded(standing.own.value, digits) - rounded(standing.median, digits)
            word = words[study.report.language][(gap > 0) - (gap < 0) + 1]
            assert f": {word} " in study.short(name)


def bullets(study: benchmark.Study) -> None:
    """A bullet's count of municipalities passed is recomputed; its side is right in enough groups."""
    from toolkit.report.benchmark.assessment import bullet_text

    for finding in study.findings:
        rule = finding.rule
        values = (
            study[rule.indicator].municipalities
            if rule.measure == "level"
            else study.changes(rule.indicator)[2].reindex(list(study.report.universe))
        )
        own = values[study.report.own]
        passed = int((values < own).sum() if rule.side == "high" else (values > own).sum())
        numbers = re.findall(r"\b\d+\b", bullet_text(study, finding).rpartition(" in ")[2])
        others = int(values.notna().sum()) - 1
        assert [int(number) for number in numbers] == ([others] if passed == others else [passed, others])
        assert finding.agreement.share >= choices.swot().least


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("code", EXTREMES)
def test_extremes(shown: list[display.Shown], code: str, language: str) -> None:
    study, said = studied(shown, municipality=code, language=language)
    check(study, said, language)
    bullets(study)


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("area", AREAS)
def test_areas(shown: list[display.Shown], area: str, language: str) -> None:
    study, said = studied(shown, area=area, language=language)
    check(study, said, language)
    assert not study.findings


@pytest.mark.slow
@pytest.mark.parametrize("language", ["it", "en"])
def test_everybody(shown: list[display.Shown], language: str) -> None:
    codes = Report("benchmark", municipality="015032", tables=benchmark.tables()).universe
    assert len(codes) == 133
    first = last = tied = suppressed = False
    for code in codes:
        study, said = studied(shown, municipality=code, language=language)
        check(study, said, language)
        bullets(study)
        positions = [standing.position for standing in study.standings.values() if standing.position]
        first |= any(one.rank == 1 and not one.ties for one in positions)
        last |= any(one.rank == one.of for one in positions)
        tied |= any(one.ties for one in positions)
        shares = study["share_income_over_55000"]
        suppressed |= any(figure.flag == "confidential" for figure in shares.scales.values())
    assert first, "somebody is first"
    assert last, "somebody is last"
    assert tied, "somebody is tied"
    assert suppressed, "a figure beside somebody is suppressed"


def test_bresso_says_the_three_gaps_in_one_sentence(shown: list[display.Shown]) -> None:
    study, _ = studied(shown, municipality="015032", language="it")
    brief = next(one for one in shown if isinstance(one, display.Brief))
    assert 1 <= len(brief.sentences) <= 5
    sentence = brief.sentences[0].replace("\u00a0", " ")
    for part in ("25.929 €", "57° su 133", "Città metropolitana di Milano (−16 %)", "senza Milano (−2 %)"):
        assert part in sentence
    assert study["income_per_taxpayer"].own.value == pytest.approx(25_928.55, abs=0.005)
    assert study["supply_self_containment"].own.value == pytest.approx(17.06, abs=0.005)
    assert study["demand_self_containment"].own.value == pytest.approx(27.08, abs=0.005)


def test_metropolitan_manufacturing(shown: list[display.Shown]) -> None:
    _, said = studied(shown, municipality="015032", language="en")
    text = next(text for text in said if text.startswith("In the Milan area ("))
    for figure in ("17.3% in 2000", "11.5% in 2017", "Barcelona 12.5%", "London 2.3%"):
        assert figure in text


def test_two_dated_parents_are_not_compared(shown: list[display.Shown]) -> None:
    study, said = studied(shown, area="nord-milano-2008", language="it")
    text = next(text for text in said if "non si confrontano" in text and "2,92" in text).replace("\u00a0", " ")
    assert "2,92 %" in text
    assert "3,67 %" in text
    now, then = study.report.area_shares()
    with pytest.raises(DataError, match="not comparable"):
        now - then


def test_self_containment_of_an_area_is_a_range(shown: list[display.Shown]) -> None:
    study, said = studied(shown, area="zona-nord-milano", language="it")
    assert not study["supply_self_containment"].own.known
    assert any(re.search(r"da \d+,\d a \d+,\d lavorano nell'area", text) for text in said)


def test_a_rank_is_never_without_its_interval(shown: list[display.Shown]) -> None:
    wide = narrow = 0
    for code in ("015032", "015146", "015155", "015192"):
        study, said = studied(shown, municipality=code, language="it")
        sentence = next(text for text in said if "indice composito" in text and "intervallo" in text)
        assert re.search(r"intervallo \d+–\d+", sentence)
        ranked = study.index.ranks_unit(code)
        assert any("non ordina" in text for text in said) is not ranked
        wide, narrow = wide + (not ranked), narrow + ranked
    assert wide, "Milano at least is not ranked by the composite indicator"
    assert narrow


def test_peers_exclude_the_municipality_and_each_statement_says_whether_it_holds(shown: list[display.Shown]) -> None:
    study, said = studied(shown, municipality="015032", language="en")
    assert "015032" not in study.peer_codes
    assert all("015032" not in members for members in study.groups.values())
    told = study.agreement("jobs_per_100_commuters")
    word = "holds with other" if told.holds else "depends on the group"
    assert word in study.sentence("jobs_per_100_commuters")
    assert any("depends on the group" in text for text in said)


def test_a_custom_set_is_one_more_group(shown: list[display.Shown]) -> None:
    report = Report("benchmark", municipality="015032", tables=benchmark.tables())
    study = benchmark.study(report, compare_with="nord-milano")
    assert set(study.groups["custom"]) <= set(report.universe)
    assert "015032" not in study.groups["custom"]
    assert "custom" in set(study.agreement("income_per_taxpayer").table["group"])


def test_own_figures_stand_beside_and_change_nothing(
    shown: list[display.Shown], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = studied(shown, municipality="015032", language="it")
    (tmp_path / "015032.yml").write_text(
        "figures:\n  - name: {it: Imprese attive, en: Active enterprises}\n    value: 1650\n    unit: enterprises\n"
        '    date: "2026-06-30"\n    source: Registro SUAP\n    role: {it: Responsabile SUAP, en: Business desk}\n'
        "    beside: local_units_per_1000\n"
        "entries:\n  - kind: opportunity\n    text: {it: Area dismessa, en: Disused area}\n"
        '    date: "2026-06-30"\n    role: {it: Urbanistica, en: Planning office}\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(choices, "own", lambda code: choices.load(choices.OwnFigures, tmp_path / f"{code}.yml"))
    after, said = studied(shown, municipality="015032", language="it")
    assert after.standings["local_units_per_1000"].own == before.standings["local_units_per_1000"].own
    tables = {one.id: one for one in shown if isinstance(one, display.Table)}
    assert "non ufficiali" in tables["own-figures"].caption
    assert any(cell.t == "Comune: Urbanistica" for row in tables["swot"].data.rows for cell in row)
    assert any("Area dismessa" in text for text in said)


def test_texts_of_subjects_exist_for_every_sentence() -> None:
    keys = set(Words("it").keys())
    from toolkit.report.benchmark.study import COMMUTING, FRAGILITY, WORK

    assert {f"report.subject_{name}" for name in (*WORK, *COMMUTING, *FRAGILITY)} <= keys


def test_level_with_the_median_does_not_hold_with_groups(shown: list[display.Shown]) -> None:
    """Nosate is the median municipality for local units: no group can say on which side it stands."""
    study, _ = studied(shown, municipality="015155", language="it")
    said = study.short("local_units_per_1000")
    assert "pari alla mediana dei comuni (69,8); è troppo vicino alla mediana" in said
    assert "regge" not in said


def test_bounds_over_hidden_cells_are_no_estimate_of_the_publisher(shown: list[display.Shown]) -> None:
    said = " ".join(studied(shown, municipality="015209", language="it")[1])
    assert "stima di chi pubblica" not in said
    assert "48,0" in said  # the Gini index of the metropolitan city has a lower bound even here


@pytest.mark.parametrize(("language", "wrong"), [("it", "posizione"), ("en", "rank")])
def test_deciles_and_ventiles_are_not_headed_as_ranks(shown: list[display.Shown], language: str, wrong: str) -> None:
    studied(shown, municipality="015032", language=language)
    table = next(one for one in shown if isinstance(one, display.Table) and one.id == "deciles")
    heads = [f"{column['label']} {column['unit_label']}".strip() for column in table.data.columns]
    assert heads[2:] == ["2018", "2019", "2021", "2022"]
    assert not any(wrong in text.lower() for text in (*heads, table.caption))
    for row, most in zip(table.data.rows, (10, 20, 20), strict=True):
        assert re.search(rf"\b{most} \(", row[1].t)
        assert all(1 <= cell.v <= most for cell in row[2:])


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("where", [{"municipality": "015032"}, {"area": "citta-metropolitana-milano"}])
def test_chart_and_table_of_inequality_say_the_same(
    shown: list[display.Shown], monkeypatch: pytest.MonkeyPatch, language: str, where: dict[str, str]
) -> None:
    """Where the highest class is confidential the index has a lower bound only: nobody withholds the upper one."""
    monkeypatch.setattr(charts, "pair", lambda chart, *args, **options: (chart(*args, **options), {}))
    report = Report("benchmark", tables=benchmark.tables(), language=language, **where)
    benchmark.income(benchmark.study(report))
    figure = next(one for one in shown if isinstance(one, display.Figure) and one.id == "distribution")
    drawn = svg.texts(svg.render(figure.spec, "a", "t", "d", language))
    low, high = {"it": ("almeno 48,0", "non osservabile"), "en": ("at least 48.0", "not observable")}[language]
    assert low in drawn
    assert ["48.0" if language == "en" else "48,0", high] in [
        [cell.t for cell in row[1:3]] for row in figure.table.rows
    ]
    assert not {"dato riservato", "confidential"} & {*drawn, *(cell.t for row in figure.table.rows for cell in row)}


MONTHS = r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b"
MESI = r"\b(gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre)\b"


@pytest.mark.parametrize(("language", "foreign"), [("it", MONTHS), ("en", MESI)])
def test_dates_of_sources_and_periods_are_in_the_language_of_the_page(
    shown: list[display.Shown], language: str, foreign: str
) -> None:
    said = studied(shown, municipality="015032", language=language)[1]
    assert [text for text in said if re.search(foreign, text)] == []
    assert [text for text in said if re.fullmatch(r"\d{4}-\d{2}|\d{4}–", text)] == []


def test_a_percentage_in_a_sentence_has_its_article(shown: list[display.Shown]) -> None:
    for code in ("015032", "015155"):
        for text in studied(shown, municipality=code, language="it")[1]:
            assert not re.search(
                r"(?:\b(?:di|oltre|almeno|sono|era|è|lavorava|comune|media) )\d[\d,]*\u00a0% (?:de|di|in)", text
            )


def test_a_first_destination_is_not_said_to_be_most(shown: list[display.Shown]) -> None:
    """A twentieth of those who leave Milano goes to the first destination."""
    for language, wrong, right in (
        ("it", "soprattutto", "La prima destinazione"),
        ("en", "mostly", "The first destination"),
    ):
        studied(shown, municipality="015146", language=language)
        figures = {one.id: one.title for one in shown if isinstance(one, display.Figure)}
        assert figures["destinations"].startswith(right)
        assert wrong not in figures["destinations"] + figures["origins"] + figures["similar"]


def test_milan_is_milan_in_english_sentences(shown: list[display.Shown]) -> None:
    studied(shown, municipality="015032", language="en")
    brief = next(one for one in shown if isinstance(one, display.Brief))
    assert "those who leave is Milan (" in brief.sentences[2]
    told = [text for one in shown if isinstance(one, display.Text) for text in one.paragraphs]
    assert not [text for text in told if re.search(r"(?<!Nord )\bMilano\b", text)]


def test_a_municipality_unlike_all_others_is_not_said_to_be_like_one(shown: list[display.Shown]) -> None:
    for code, alone in (("015146", True), ("015032", False)):
        study, _ = studied(shown, municipality=code, language="en")
        title = next(one.title for one in shown if isinstance(one, display.Figure) and one.id == "similar")
        assert title.startswith("No municipality is really like") is alone
        assert (study.peers.isolation >= STUDIES.ALONE) is alone


def test_units_are_said_once(shown: list[display.Shown]) -> None:
    said = studied(shown, municipality="015155", language="it")[1]
    assert not [text for text in said if re.search(r"(1\.000|100)\b.*: [\d.,]+ ogni \1", text)]
    tiles = next(one for one in shown if isinstance(one, display.KeyFigures)).items
    assert {tile.id: tile.unit for tile in tiles} == {
        "income_per_taxpayer": "",
        "jobs_per_100_commuters": "",
        "local_units_per_1000": "",
        "old_age_index": "ogni 100",
    }


def test_quoted_figures_have_the_decimals_of_their_source(shown: list[display.Shown]) -> None:
    said = studied(shown, municipality="015032", language="it")[1]
    assert "67" in said
    assert "67,0" not in said


def test_flows_beyond_the_map_are_bars(shown: list[display.Shown]) -> None:
    studied(shown, area="citta-metropolitana-milano", language="en")
    charts_of = {one.id: one.spec for one in shown if isinstance(one, display.Figure)}
    assert charts_of["destinations"] == charts_of["origins"]
