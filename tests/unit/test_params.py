"""What may be asked for, and one clear message for each thing that may not."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from toolkit import params
from toolkit.errors import Faults, ParameterError, ToolkitError

PLAN = """title: {it: Prova, en: Trial}
notebooks: [benchmark]
"""


def refused(tmp_path: Path, text: str, model: type = params.RunPlan) -> str:
    """The message with which a file is refused, its folder left out."""
    path = tmp_path / "plan.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ToolkitError) as caught:
        params.load(model, path)
    assert caught.value.exit_code == 2
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_a_good_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    path.write_text(PLAN + 'municipalities: ["001272", "015032"]\nas_of: "2024-01-31"\nvalues: {benchmark: {top: 5}}\n')
    plan = params.load(params.RunPlan, path)
    assert plan.municipalities == ("001272", "015032")
    assert plan.values == {"benchmark": {"top": 5}}
    assert plan.languages == ("it", "en")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("municipalities: [001272]", "001272 without quotes is read by YAML as the number 698."),
        ("municipalities: [058091]", "058091 begins with a zero and is not quoted"),
        ("title: {it: NO, en: NO}", "NO without quotes is read by YAML as the truth value False."),
        ("as_of: 2024-01-31", "2024-01-31 without quotes is read by YAML as the date object 2024-01-31."),
        ("jobs: 1_0", "1_0 without quotes is read by YAML as the number 10."),
        ("timeout: 1:30", "1:30 without quotes is read by YAML as the number 90."),
        ("on: 1", "on without quotes is read by YAML as the truth value True."),
    ],
)
def test_what_yaml_would_change_is_refused_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    told = refused(tmp_path, f"notebooks: [benchmark]\n{line}\n")
    assert message in told
    assert "plan.yml:2" in told
    assert "quote it: " in told


def test_a_number_where_a_code_is_wanted(tmp_path: Path) -> None:
    told = refused(tmp_path, PLAN + "municipalities:\n  - 108033\n")
    assert "municipalities.1 must be text, not the number 108033." in told
    assert "plan.yml:4" in told
    assert 'quote it: "108033"' in told
    assert 'quote it: "015032"' in refused(tmp_path, PLAN + "municipalities: [15032]\n")


def test_a_code_without_its_zero(tmp_path: Path) -> None:
    told = refused(tmp_path, PLAN + 'municipalities: ["15032"]\n')
    assert "'15032' is not an ISTAT code" in told
    assert 'write "015032"' in told


def test_a_name_where_a_code_is_wanted(tmp_path: Path) -> None:
    told = refused(tmp_path, PLAN + 'municipalities: ["San Teodoro"]\n')
    assert "'San Teodoro' is not an ISTAT code" in told
    assert "quadro list municipalities --search 'San Teodoro'" in told


def test_a_duplicate_key(tmp_path: Path) -> None:
    told = refused(tmp_path, PLAN + "sets: [a]\njobs: 1\nsets: [b]\n")
    assert "'sets' is given twice, first on line 3." in told
    assert "plan.yml:5" in told


def test_a_misspelt_field(tmp_path: Path) -> None:
    told = refused(tmp_path, PLAN + "sets: [a]\nlanguage: [it]\n")
    assert "There is no parameter 'language'." in told
    assert "plan.yml:4" in told
    assert "did you mean 'languages'?" in told


def test_a_misspelt_field_inside_the_title(tmp_path: Path) -> None:
    told = refused(tmp_path, "title: {it: a, eng: b}\nnotebooks: [benchmark]\nsets: [a]\n")
    assert "There is no parameter 'eng'." in told
    assert "title.en is missing: in English." in told


def test_all_faults_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    path.write_text("notebooks: []\nlanguages: [it, fr]\njobs: many\nlimit: 3\nmunicipalities: ['15032', '999']\n")
    with pytest.raises(Faults) as caught:
        params.load(params.RunPlan, path)
    assert len(caught.value.faults) == 7
    assert all(f"{path}" in fault.where for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must hold `name: value` lines"),
        ("- a\n", "must hold `name: value` lines"),
        ("title: [\n", "is not valid YAML"),
        ("a: &x 1\nb: *x\n", "anchors"),
        ("a: !!python/object:os.system 1\n", "is not used here"),
        ("<<: {a: 1}\n", "is not used here"),
        (PLAN + "sets:\n", "sets is empty."),
        (PLAN, "name at least one of sets, municipalities, areas, province"),
        (PLAN + "sets: [a, a]\n", "a is listed twice"),
        (PLAN + "sets: [../a]\n", "sets.1: '../a' is not accepted."),
        (PLAN + "sets: [a]\nvalues: {impact: {x: 1}}\n", "values are given for impact"),
        (PLAN + "sets: [a]\nvalues: {benchmark: {language: it}}\n", "may not set language"),
        (PLAN + "sets: [a]\nvalues: {benchmark: {x: {y: 1}}}\n", "values.benchmark.x"),
        (PLAN + 'sets: [a]\nas_of: "31/01/2024"\n', "is not a date written YYYY-MM-DD"),
        (PLAN + 'sets: [a]\nas_of: "20240131"\n', "is not a date written YYYY-MM-DD"),
        (PLAN + 'sets: [a]\nas_of: "2023-02-29"\n', "is not a date written YYYY-MM-DD"),
        (PLAN + "sets: [a]\njobs: true\n", "jobs"),
    ],
)
def test_other_faults_of_a_plan(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="There is no file"):
        params.load(params.RunPlan, tmp_path / "none.yml")
    (tmp_path / "latin.yml").write_bytes(b"title: Citt\xe0\n")
    with pytest.raises(ParameterError, match="not UTF-8"):
        params.load(params.RunPlan, tmp_path / "latin.yml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: {it: a, en: b}\n", "exactly one of municipalities and area"),
        ('title: {it: a, en: b}\narea: x\nmunicipalities: ["015032"]\ndate: "2020-01-01"\n', "exactly one of"),
        ("title: {it: a, en: b}\narea: x\n", "area and date go together"),
        ('title: {it: a, en: b}\nmunicipalities: ["015032", "015032"]\n', "015032 is listed twice"),
    ],
)
def test_faults_of_a_set(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text, params.MunicipalitySet)


def test_report_parameters() -> None:
    good = params.ReportParams(municipality="015032", language="en", as_of="2026-01-31")
    assert (good.municipality, good.area, good.language, good.as_of) == ("015032", "", "en", "2026-01-31")
    assert params.ReportParams(area="nord-milano-2008").language == "it"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "exactly one of municipality and area"),
        ({"municipality": "015032", "area": "nord-milano-2008"}, "exactly one of"),
        ({"municipality": "015032", "area": "nord-milano-2008"}, '-r municipality "" -r area nord-milano-2008'),
        ({"municipality": "015032", "area": "nord-milano-2008"}, '-r municipality 015032 -r area ""'),
        ({"municipality": 15032}, "municipality must be text, not the number 15032."),
        ({"municipality": 15032}, "with papermill -r municipality 015032 (-p would change it)"),
        ({"municipality": 15032}, 'in the notebook municipality = "015032"'),
        ({"municipality": 1272}, "-r municipality 001272"),
        ({"municipality": 108033}, "-r municipality 108033"),
        ({"municipality": "015032", "as_of": 2024}, "-r as_of 2024"),
        ({"area": 2008}, "-r area 2008"),
        ({"municipality": "15032"}, "with papermill -r municipality 015032"),
        ({"municipality": "0150321"}, "not an ISTAT code"),
        ({"municipality": "٠١٥٠٣٢"}, "not an ISTAT code"),
        ({"municipality": "015032", "language": "fr"}, "'it' or 'en'"),
        ({"municipality": "015032", "lang": "it"}, "did you mean 'language'?"),
        ({"municipality": "015032", "as_of": (date.today() + timedelta(days=2)).isoformat()}, "is in the future"),
        ({"municipality": None}, "municipality is empty."),
    ],
)
def test_report_parameters_that_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ToolkitError) as caught:
        params.ReportParams(**values)
    assert message in str(caught.value)


def test_report_parameters_cannot_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        params.ReportParams(municipality="015032").language = "en"  # type: ignore[misc]


def test_values_are_checked_against_what_a_notebook_declares() -> None:
    declared = {"top": 5, "policy": "", "share": 0.5, "codes": []}
    assert params.check_values({"top": 3, "share": 1, "codes": ["a"]}, declared, "plan.yml") == []
    faults = params.check_values({"tpo": 3, "policy": 7, "top": True}, declared, "plan.yml")
    assert [fault.what for fault in faults] == [
        "There is no parameter 'tpo'.",
        "policy must be str, not 7 (int).",
        "top must be int, not True (bool).",
    ]
    assert faults[0].hint == "did you mean 'top'?"
