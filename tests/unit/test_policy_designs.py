"""A policy of one's own: from an empty file to findings, by every design, with each refusal and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit import catalog, cli, evaluations, impact
from toolkit.errors import ParameterError, ToolkitError
from toolkit.params import policy as policies
from toolkit.params.policy import Policy

FILLED = (
    ("DA SCRIVERE", "piste ciclabili"),
    ("TO BE WRITTEN", "cycle paths"),
    ('municipalities: ["000000"]', 'municipalities: ["015209", "015032", "015077"]'),
    ('units: ["000000"]', 'units: ["015209", "015032", "015077"]'),
)
MILAN = ("- {id: all,", '- {id: all, provinces: ["015"],')


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return policies.create("cycling", tmp_path)


def filled(path: Path, *changes: tuple[str, str]) -> Policy:
    text = path.read_text(encoding="utf-8")
    for old, new in FILLED:
        assert old in text
        text = text.replace(old, new)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return policies.read("cycling", path.parent)


def design(name: str, *options: str) -> tuple[str, str]:
    return "design: did\n", "\n".join([f"design: {name}", *[f"    {option}" for option in options]]) + "\n"


def test_an_empty_file_says_all_that_is_to_be_written(made: Path) -> None:
    found = [str(one) for one in evaluations.faults(policies.read("cycling", made.parent), catalog.default(), "f.yml")]
    assert len(found) == 3
    assert "title, programme, question" in found[0]
    assert "decision" in found[0]
    assert "quadro list municipalities" in found[1]
    assert "municipalities of the provinces" in found[2]
    with pytest.raises(ParameterError, match="There is a policy 'cycling' already"):
        policies.create("cycling", made.parent)
    with pytest.raises(ParameterError, match="cannot name a policy"):
        policies.create("My policy", made.parent)


def test_the_command_makes_a_file_and_asks_for_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_home", lambda: tmp_path)
    assert cli.main(["new", "policy", "cycling"]) == 0
    assert (tmp_path / "params" / "policies" / "cycling.yml").is_file()
    assert "quadro policy run cycling" in capsys.readouterr().out
    assert cli.main(["new", "policy"]) == 2
    assert "quadro new policy cycling" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "level", "reason"),
    [
        ([], "fragile", "few_treated_ranked"),
        ([design("event_study")], "fragile", "few_treated_ranked"),
        ([design("randomisation", "like_size: true")], "fragile", "few_treated_ranked"),
        ([("    group: province\n", "")], "fragile", "groups_unknown"),
        ([design("did", "window: [2020, 2021]")], "descrittivo", "one_pre_period"),
        ([design("staggered", 'first_years: {"015032": 2023}')], "descrittivo", "few_treated"),
        ([design("discontinuity", "running: taxpayers", "cutoff: 5000")], None, "effect_below_mde"),
    ],
)
def test_every_design_gives_a_finding(
    changes: list[tuple[str, str]], level: str | None, reason: str, made: Path
) -> None:
    policy = filled(made, MILAN, *changes) if "discontinuity" not in str(changes) else filled(made, *changes)
    assert evaluations.faults(policy, catalog.default(), "f.yml") == []
    found = evaluations.find(policy, policy.outcomes[0], catalog.default())
    assert found.status == "estimated"
    assert found.figures["estimate"] is not None
    assert f"impact.reason.{reason}" in {one.key for one in found.verdict.reasons}
    assert level is None or found.verdict.level == level
    assert found.series


@pytest.mark.parametrize(
    ("changes", "message", "allowed"),
    [
        ([design("synthetic_control")], "takes one treated unit, here are 3", "synthetic_did or randomisation"),
        ([design("interrupted")], "needs 8 years before 2021 to tell a trend, regional_income has 2018, 2020", "did"),
        ([design("staggered")], "all start in one", "first_years, or did"),
        ([design("synthetic_did", "window: [2020, 2023]")], "needs two years before 2021", "did or randomisation"),
        ([design("staggered", 'first_years: {"015146": 2023}')], "015146 is not among the treated", "015209"),
        ([design("staggered", 'first_years: {"015032": 2022}')], "first_years: 2022 is not in", "2023"),
        ([("first_year: 2021", "first_year: 2022")], "the first year 2022 is not in regional_income", "2021"),
        ([design("discontinuity", "running: height", "cutoff: 1")], "no item 'height'", "taxpayers"),
    ],
)
def test_what_a_design_cannot_do_is_refused_with_what_could(
    changes: list[tuple[str, str]], message: str, allowed: str, made: Path
) -> None:
    found = [str(one) for one in evaluations.faults(filled(made, *changes), catalog.default(), "f.yml")]
    assert any(message in one and allowed in one for one in found), found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (design("discontinuity"), "running and cutoff go with the design discontinuity"),
        (design("discontinuity", "running: income_per_taxpayer", "cutoff: 1"), "cannot both decide"),
        (design("did", 'first_years: {"015032": 2023}'), "did has one first year for all"),
        (design("did", "window: [2021, 2023]"), "a year before it"),
        (("decision:", "primary: jobs\ndecision:"), "jobs is not among the outcomes: income"),
    ],
)
def test_a_file_against_itself_is_refused(change: tuple[str, str], message: str, made: Path) -> None:
    with pytest.raises(ToolkitError, match=message):
        filled(made, change)


@pytest.mark.parametrize("name", ["interrupted", "synthetic_did"])
def test_long_series_take_designs_that_need_years(name: str, made: Path) -> None:
    changes = [('units: ["015209", "015032", "015077"]', 'units: ["015"]'), ("group: province\n", "parts: []\n")]
    changes += [("regional_income", "provinces"), ("income_per_taxpayer", "unemployment_rate")]
    changes += [("unit: EUR", "unit: percentage_points"), ("first_year: 2021", "first_year: 2015"), design(name)]
    policy = filled(made, *changes)
    assert evaluations.faults(policy, catalog.default(), "f.yml") == []
    found = evaluations.find(policy, policy.outcomes[0], catalog.default())
    assert found.status == "estimated"
    assert found.verdict.level != "identificato"


def test_the_primary_outcome_decides_and_the_others_are_corrected() -> None:
    good = impact.Verdict("identificato", ())
    ps = {"first": 0.04, "second": 0.03, "third": 0.2, "fourth": None, "fifth": 0.001}
    findings = {name: impact.Finding("estimated", good, {"p": p}) for name, p in ps.items()}
    held = impact.holm(findings, "first")
    assert held["first"] == findings["first"]
    assert held["fourth"] == findings["fourth"]
    assert held["second"].figures["p_holm"] == pytest.approx(0.06)
    assert held["second"].verdict.level == "fragile"
    assert held["third"].verdict.level == "identificato"  # it was no finding to begin with
    assert held["fifth"].figures["p_holm"] == pytest.approx(0.003)
    assert held["fifth"].verdict == good
