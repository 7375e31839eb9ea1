"""A plan becomes jobs, or all its faults are told and nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import code, parameters, project, write

from toolkit import catalog, params
from toolkit.errors import Faults, ParameterError
from toolkit.params import RunPlan
from toolkit.run import jobs, notebooks, plan
from toolkit.territory import Register

HEAD = "title: {it: Prova, en: Trial}\n"


@pytest.fixture(scope="module")
def register() -> Register:
    return Register(catalog.default())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    cells = [parameters("top: int = 5  # how many\n"), code("report.close()")]
    return project(tmp_path, {"benchmark": cells, "impact": [parameters()]}, {})


def asked(home: Path, text: str) -> tuple[RunPlan, str]:
    path = home / "params" / "runs" / "plan.yml"
    path.write_text(HEAD + text, encoding="utf-8")
    return params.load(RunPlan, path), str(path)


def faults(home: Path, register: Register, text: str, **more: object) -> list[str]:
    wanted, where = asked(home, text)
    with pytest.raises(Faults) as caught:
        jobs(wanted, register, home=home, where=where, **more)  # type: ignore[arg-type]
    return [str(fault).replace(f"{home}/", "") for fault in caught.value.faults]


def test_jobs_of_the_default_plan(root: Path, register: Register) -> None:
    if "benchmark" not in notebooks.names(root):
        pytest.skip("notebooks/benchmark.ipynb is not there yet")
    path = plan.find(plan.DEFAULT, root)
    wanted = params.load(RunPlan, path)
    todo = jobs(wanted, register, where=str(path))
    assert len(todo) == 7 * 2 * len(wanted.notebooks)
    assert todo[0].page == "015032-bresso/benchmark.it.html"
    assert todo[0].values == {"municipality": "015032", "area": "", "language": "it", "as_of": ""}


def test_jobs_by_territory_notebook_and_language(home: Path, register: Register) -> None:
    text = (
        'notebooks: [benchmark, impact]\nmunicipalities: ["015146"]\nareas: [nord-milano-2008]\nsets: [two]\n'
        'as_of: "2026-01-31"\nvalues: {benchmark: {top: 3}}\ntimeout: 9\n'
    )
    (home / "params/sets/two.yml").write_text(HEAD + 'municipalities: ["015032", "015146"]\n')
    todo = jobs(*[asked(home, text)[0], register], home=home)
    assert [job.page for job in todo[:4]] == [
        "015032-bresso/benchmark.it.html",
        "015032-bresso/benchmark.en.html",
        "015032-bresso/impact.it.html",
        "015032-bresso/impact.en.html",
    ]
    assert len(todo) == 12  # Milano is in the set and in the plan, once
    area = todo[-1]
    assert (area.kind, area.page) == ("area", "area-nord-milano-2008/impact.en.html")
    assert area.values == {"municipality": "", "area": "nord-milano-2008", "language": "en", "as_of": "2026-01-31"}
    assert todo[0].values["top"] == 3
    assert todo[0].timeout == 9


def test_a_set_by_area_takes_its_members_on_a_day(home: Path, register: Register) -> None:
    (home / "params/sets/zone.yml").write_text(HEAD + 'area: zona-nord-milano\ndate: "2026-01-01"\n')
    todo = jobs(asked(home, "notebooks: [benchmark]\nsets: [zone]\nlanguages: [it]\n")[0], register, home=home)
    assert len(todo) == 6


@pytest.mark.parametrize(
    ("rule", "count"),
    [("province: BS", 205), ("province: NA", 92), ("system: Milano", 174), ("region: Umbria", 92), ("all: true", 7894)],
)
def test_a_rule_takes_the_municipalities_of_the_register(home: Path, register: Register, rule: str, count: int) -> None:
    text = f"notebooks: [benchmark]\nlanguages: [it]\n{rule}\n"
    todo = jobs(*[asked(home, text)[0], register], home=home)
    assert len({job.code for job in todo}) == len(todo) == count


def test_a_rule_that_matches_nothing_names_its_line(home: Path, register: Register) -> None:
    told = faults(home, register, "notebooks: [benchmark]\nprovince: Bresciano\n")
    assert "There is no province 'Bresciano'.\n  where: params/runs/plan.yml:3" in told[0]
    with pytest.raises(Faults, match='quote it: "NO"'):
        asked(home, "notebooks: [benchmark]\nprovince: NO\n")


def test_what_is_typed_stands_in_place_of_the_plan(home: Path, register: Register) -> None:
    wanted, _ = asked(home, 'notebooks: [benchmark, impact]\nmunicipalities: ["015032"]\nas_of: "2026-01-31"\n')
    typed = plan.typed(wanted, {"municipalities": ("Brescia", "bozen"), "languages": ("it",), "notebooks": ()})
    assert [job.page for job in jobs(typed, register, home=home)] == [
        "017029-brescia/benchmark.it.html",
        "017029-brescia/impact.it.html",
        "021008-bolzano-bozen/benchmark.it.html",
        "021008-bolzano-bozen/impact.it.html",
    ]
    assert plan.typed(wanted, {"notebooks": ("impact",)}).municipalities == ("015032",)
    with pytest.raises(Faults, match="today part of Vermezzo con Zelo"):
        jobs(plan.typed(wanted, {"municipalities": ("Vermezzo",)}), register, home=home, where=plan.TYPED)


def test_only(home: Path, register: Register) -> None:
    wanted, _ = asked(home, 'notebooks: [benchmark]\nmunicipalities: ["015032", "015077"]\nareas: [zona-nord-milano]\n')
    for text, code_ in (("015077", "015077"), ("bresso", "015032"), ("zona-nord-milano", "zona-nord-milano")):
        assert {job.code for job in jobs(wanted, register, home=home, only=[text])} == {code_}
    with pytest.raises(Faults, match=r"Milano is not in the plan\.") as caught:
        jobs(wanted, register, home=home, only=["Milano"])
    assert "allowed: 015032, 015077, zona-nord-milano" in str(caught.value)
    with pytest.raises(Faults, match="There is no municipality called 'Bersso'"):
        jobs(wanted, register, home=home, only=["Bersso"])


def test_all_faults_of_a_plan_are_told_together_with_their_lines(home: Path, register: Register) -> None:
    (home / "params/sets/bad.yml").write_text(HEAD + 'municipalities:\n  - "015032"\n  - "015235"  # Vermezzo\n')
    told = faults(
        home,
        register,
        'notebooks: [benchmrk, impact]\nsets: [bad, nord-milan]\nmunicipalities:\n  - "015999"\n'
        "areas: [provincia-milano]\nvalues: {impact: {polcy: x}}\n",
    )
    text = "\n".join(told)
    assert len(told) == 6
    assert "Vermezzo (015235) is today part of Vermezzo con Zelo (MI), 015251" in text
    assert "There is no set 'nord-milan'." in text
    assert "There is no municipality with the code 015999.\n  where: params/runs/plan.yml:5" in text
    assert "There is no area 'provincia-milano'." in text
    assert "There is no notebook 'benchmrk'." in text
    assert "did you mean 'benchmark'?" in text
    assert "There is no parameter 'polcy'." in text


def test_the_line_of_an_abolished_municipality_in_a_set(home: Path, register: Register) -> None:
    (home / "params/sets/old.yml").write_text(HEAD + 'municipalities:\n  - "015246"\n')
    told = faults(home, register, "notebooks: [impact]\nsets: [old]\n")
    assert "Zelo Surrigone (015246) is today part of Vermezzo con Zelo" in told[0]
    assert "where: params/sets/old.yml:3 (the register of 2026-08-14)" in told[0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "has 0 cells tagged 'parameters'"),
        ("municipality = ''", "does not declare area, language, as_of"),
        ("municipality = today()", "default of municipality must be a plain text"),
        ("import os", "may hold `name: type = value` lines only"),
        ("a = = 1", "is not Python"),
        ("a, b = 1, 2", "may hold `name: type = value` lines only"),
    ],
)
def test_notebooks_whose_parameters_cannot_be_given(
    home: Path, register: Register, source: str | None, message: str
) -> None:
    write(home / "notebooks" / "bad.ipynb", [code(source, "parameters")] if source else [code("1")])
    told = faults(home, register, 'notebooks: [bad]\nmunicipalities: ["015032"]\n')
    assert message in told[0]
    assert "notebooks/bad.ipynb" in told[0]


def test_a_file_that_is_no_notebook(home: Path, register: Register) -> None:
    (home / "notebooks" / "bad.ipynb").write_text("{}")
    assert "bad.ipynb is not a notebook" in faults(home, register, 'notebooks: [bad]\nmunicipalities: ["015032"]\n')[0]


def test_plans_are_found_by_name_and_by_path(home: Path) -> None:
    (home / "params/runs/a-plan.yml").write_text("")
    assert plan.find("a-plan", home) == home / "params/runs/a-plan.yml"
    assert plan.find(str(home / "params/runs/a-plan.yml"), home) == home / "params/runs/a-plan.yml"
    with pytest.raises(ParameterError, match="did you mean 'a-plan'"):
        plan.find("aplan", home)
