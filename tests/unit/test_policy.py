"""Policy files: those shipped hold, bad ones give one clear error each, results are those of their inputs."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest

from toolkit import catalog, evaluations
from toolkit.errors import DataError, Faults, MethodError, ToolkitError
from toolkit.params import policy as policies
from toolkit.params.policy import Policy

EXPO = (policies.FOLDER / "expo-2015.yml").read_text(encoding="utf-8")
MANIFATTURA = (policies.FOLDER / "manifattura-milano-2017.yml").read_text(encoding="utf-8")


def kept(policy: str) -> evaluations.Evaluated:
    found = evaluations.store.read(policy, catalog.default().folder)
    assert found
    return found


def outcome(policy: str, name: str) -> dict[str, object]:
    found = kept(policy).findings[name]
    reasons = [reason.key for reason in found.verdict.reasons]
    figures = defaultdict(lambda: float("nan"), found.figures)
    return figures | {"status": found.status, "verdict": found.verdict.level, "reasons": reasons}


def series(policy: str, name: str, part: str) -> pd.DataFrame:
    table = kept(policy).findings[name].table
    return table[table["part"] == part]


# ---- shipped


def test_shipped_policies_are_right() -> None:
    assert policies.names() == [
        "covid-red-zone-2020",
        "expo-2015",
        "manifattura-milano-2017",
        "patto-nord-milano-2008",
        "pnrr-digital",
    ]
    for name, policy in policies.everything().items():
        assert evaluations.faults(policy, catalog.default(), name) == []


@pytest.mark.parametrize("name", policies.names())
def test_kept_results_are_those_of_their_inputs(name: str) -> None:
    assert evaluations.is_fresh(name, catalog.default()), f"quadro policy run {name}"


@pytest.mark.slow
@pytest.mark.parametrize("name", policies.names())
def test_results_can_be_computed_again(name: str) -> None:
    fresh, held = evaluations.compute(name, catalog.default()), kept(name)
    assert list(fresh.findings) == list(held.findings)
    for id, finding in fresh.findings.items():
        then = held.findings[id]
        assert (finding.status, finding.verdict.level) == (then.status, then.verdict.level)
        assert dict(finding.figures).keys() >= dict(then.figures).keys()
        for key, value in then.figures.items():
            assert finding.figures[key] == pytest.approx(value, rel=1e-6, abs=1e-8)
        now = finding.table
        assert list(now["item"].astype(str)) == list(then.table["item"].astype(str))
        assert list(now["value"]) == pytest.approx(list(then.table["value"]), rel=1e-6, abs=1e-8)
    assert [row.value for row in fresh.ex_ante] == pytest.approx(
        [row.value for row in held.ex_ante], rel=1e-6, abs=1e-8
    )


def test_expo_unemployment_is_small_and_descriptive() -> None:
    row = outcome("expo-2015", "unemployment")
    assert row["status"] == "estimated"
    assert row["verdict"] == "descrittivo"
    assert row["estimate"] == pytest.approx(-0.10, abs=0.02)
    assert row["p"] == pytest.approx(0.80, abs=0.02)
    assert row["controls"] == 102
    assert 0.5 < row["mde"] < 2
    assert len(series("expo-2015", "unemployment", "placebo_gap")) == 103
    pools = series("expo-2015", "unemployment", "pool_p").set_index("item")["value"]
    assert set(pools.index) == {"all", "without_neighbours", "nearest_20"}
    assert pools.min() > 0.3


@pytest.mark.parametrize("name", ["industry_share", "services_share", "participation"])
def test_broken_outcomes_return_break_and_no_estimate(name: str) -> None:
    row = outcome("expo-2015", name)
    assert row["status"] == "break"
    assert row["verdict"] == "descrittivo"
    assert "break_in_window" in str(row["reasons"])
    assert pd.isna(row["estimate"])
    assert pd.isna(row["p"])


def test_a_table_without_licence_is_not_used() -> None:
    assert outcome("expo-2015", "tourist_nights")["status"] == "not_estimated"


def test_ten_million_cannot_be_seen() -> None:
    row = outcome("manifattura-milano-2017", "unemployment")
    assert row["status"] == "not_estimated"
    assert pd.isna(row["estimate"])
    assert row["expected_effect"] < 0.05 * row["mde"]
    assert "expected_below_mde" in str(row["reasons"])
    assert row["verdict"] == "descrittivo"


@pytest.mark.parametrize("name", ["income", "employment"])
def test_red_zone_by_randomisation_on_all_control_sets(name: str) -> None:
    row = outcome("covid-red-zone-2020", name)
    assert row["verdict"] == "descrittivo"
    assert "controls_treated" in str(row["reasons"])
    assert ("one_pre_period" in str(row["reasons"])) == (name == "income")
    assert row["treated"] == 11
    assert set(series("covid-red-zone-2020", name, "pool_p")["item"]) == {
        "same_size",
        "same_provinces",
        "neighbours",
        "all",
    }


def test_ranges_are_ordered_and_the_territory_gets_less_than_the_nation() -> None:
    for name in ("manifattura-milano-2017", "pnrr-digital"):
        rows = pd.DataFrame(kept(name).ex_ante).set_index("item")
        for measure in ("output", "value_added", "jobs"):
            nation, region = (rows.loc[rows["part"] == f"range_{area}", "value"] for area in ("national", "regional"))
            bounds = [f"{measure}:{bound}" for bound in ("low", "middle", "high")]
            assert list(nation[bounds]) == sorted(nation[bounds])
            assert (region[bounds] < nation[bounds]).all()


def test_economy_is_that_of_2016() -> None:
    economy = evaluations.reading.economy(catalog.default(), "ITC4C")
    assert economy.nation.value_added.sum() == pytest.approx(1_522_917, abs=1)
    means = economy.means()
    assert means["all"] == pytest.approx(1.768, abs=0.0005)
    assert means["producing"] == pytest.approx(1.780, abs=0.0005)
    assert economy.jobs_nation.sum() == pytest.approx(24_848_700)
    assert economy.jobs_region.sum() == pytest.approx(1_926_700)
    assert economy.jobs_nation["L68A"] == 0
    assert (economy.jobs_region <= economy.jobs_nation + 1e-6).all()


def test_provincial_panel_says_its_breaks() -> None:
    table = catalog.load("provinces")
    broken = table[table["flag"] == "break"].groupby("item")["year"].agg(lambda years: set(years))
    assert broken["unemployment_rate"] == {2004}
    assert broken["share_industry"] == {2004, 2012, 2015}
    assert broken["participation_rate"] == {2004, 2015}
    assert table["province_code"].nunique() == 103
    assert any("GPL-3" in line for line in catalog.default().source("provinces").upstream)


def test_red_zone_codes_carry_their_own_rates() -> None:
    """Malé, in Trentino, carries Maleo's code upstream: its rows are left out."""
    rates = catalog.load("regional_employment")
    assert len(rates[rates["istat_code"] == "098035"]) == 4
    assert rates.query("istat_code == '098035' and year == 2018")["value"].iloc[0] < 75


# ---- bad files


def read(tmp_path: Path, text: str, *changes: tuple[str, str]) -> Policy:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "trial.yml").write_text(text, encoding="utf-8")
    return policies.read("trial", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('since: "2015-05-01"', "since: 2015-05-01", "without quotes is read by YAML"),
        ('since: "2015-05-01"', 'since: "2016-05-01"', "before it starts"),
        ('units: ["015"]', 'units: ["15"]', "codes of three digits"),
        ('  units: ["015"]\n', "", "exactly one of units and table"),
        ("design: synthetic_control", "design: magic", "outcomes.1.design: 'magic' is not accepted"),
        ("    first_year: 2015\n", "", "needs table, item and first_year"),
        ("    why:\n", "    whi:\n", "There is no parameter 'whi'"),
        ("checked:", "cheked:", "checked"),
        ("question:\n", "quest:\n", "question is missing"),
        ("id: industry_share", "id: unemployment", "comes twice"),
    ],
)
def test_bad_files_are_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match=message):
        read(tmp_path, EXPO, (old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("owner: comune_milano", "owner: nobody", "nobody is not among the actors"),
        ('end: "2017-09-30"', 'end: "2017-03-30"', "ends before it starts"),
        ("low: 0.2\n    mode: 0.5", "low: 0.9\n    mode: 0.5", "a range is in order"),
        ("why: {it: \"Nessuna tavola", "wy: {it: \"Nessuna tavola", "There is no parameter 'wy'"),
        ("check: none\n    why", "check: guess\n    why", "claims.1.check: 'guess' is not accepted"),
    ],
)  # fmt: skip
def test_bad_parts_are_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match=message):
        read(tmp_path, MANIFATTURA, (old, new))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("item: unemployment_rate", "item: happiness")], "no item 'happiness' in provinces"),
        ([('units: ["015"]', 'units: ["999"]')], "the treated unit 999 is not in provinces"),
        ([("first_year: 2015", "first_year: 1996")], "there is no year before it"),
        ([("first_year: 2015", "first_year: 2031")], "the first year 2031 is not in provinces"),
        ([("unit: percentage_points", "unit: smiles")], "no unit 'smiles'"),
        ([('leave_out: ["003"', 'leave_out: ["900"')], "pool without_neighbours: no unit '900'"),
        ([("areas: [citta-metropolitana-milano,", "areas: [atlantis,")], "no area 'atlantis'"),
    ],
)
def test_what_tables_do_not_have_is_one_fault(changes: list[tuple[str, str]], message: str, tmp_path: Path) -> None:
    policy = read(tmp_path, EXPO, *changes)
    found = evaluations.faults(policy, catalog.default(), "trial.yml")
    assert len(found) == 1
    assert message in str(found[0])
    with pytest.raises(ToolkitError, match=message):
        evaluations.compute("trial", catalog.default(), tmp_path)


def test_unknown_industry_and_region_are_faults(tmp_path: Path) -> None:
    policy = read(tmp_path, MANIFATTURA, ("industry: C28", "industry: Z99"), ("region: ITC4C", "region: XX1"))
    found = [str(fault) for fault in evaluations.faults(policy, catalog.default(), "trial.yml")]
    assert len(found) == 2
    assert any("Z99" in fault for fault in found)
    assert any("XX1" in fault for fault in found)


def test_all_faults_are_shown_together(tmp_path: Path) -> None:
    read(tmp_path, EXPO, ("item: unemployment_rate", "item: happiness"), ("unit: percentage_points", "unit: smiles"))
    with pytest.raises(Faults) as caught:
        evaluations.compute("trial", catalog.default(), tmp_path)
    assert len(caught.value.faults) == 2


def test_an_empty_comparison_set_is_refused(tmp_path: Path) -> None:
    red = (policies.FOLDER / "covid-red-zone-2020.yml").read_text(encoding="utf-8")
    read(tmp_path, red, ('provinces: ["028", "098"]', 'provinces: ["500"]'))
    with pytest.raises(MethodError, match="the comparison set 'same_provinces' is empty"):
        evaluations.compute("trial", catalog.default(), tmp_path)


def test_an_unknown_policy_names_the_known_ones() -> None:
    with pytest.raises(ToolkitError, match="expo-2015"):
        policies.read("expo-2016")


# ---- keeping results


def test_an_evaluation_is_one_object_in_one_file(root: Path, tmp_path: Path) -> None:
    for name in policies.names():
        held = kept(name)
        evaluations.store.keep(held, tmp_path)
        written = tmp_path / "evaluations" / f"{name}.json"
        assert written.read_bytes() == (root / "data" / "evaluations" / written.name).read_bytes()
        assert evaluations.store.read(name, tmp_path) == held
    (tmp_path / "evaluations" / "expo-2015.json").write_text('{"policy": "expo-2015"}', encoding="utf-8")
    with pytest.raises(DataError, match="quadro policy run expo-2015 --force"):
        evaluations.store.read("expo-2015", tmp_path)
    assert evaluations.store.read("expo-2016", tmp_path) is None


def test_what_is_kept_goes_with_its_policy(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, folder = tmp_path / "data", tmp_path / "policies"
    shutil.copytree(root / "data", data, ignore=shutil.ignore_patterns("curated", "own"))
    shutil.copytree(policies.FOLDER, folder)
    monkeypatch.setenv("QUADRO_DATA", str(data))
    (folder / "expo-2015.yml").unlink()
    assert "expo-2015: no such policy any more, its evaluation is removed" in list(evaluations.run((), folder))
    left = {path.stem for path in (data / "evaluations").iterdir()}
    assert left == set(policies.names()) - {"expo-2015"}


def test_a_changed_file_is_computed_again_and_not_read(tmp_path: Path) -> None:
    read(tmp_path, EXPO, ("first_year: 2015", "first_year: 2013"))
    (tmp_path / "trial.yml").rename(tmp_path / "expo-2015.yml")
    found = evaluations.of("expo-2015", catalog.default(), tmp_path)
    assert found.inputs != kept("expo-2015").inputs
    assert found.findings["unemployment"].figures["pre_periods"] == 17
    assert evaluations.of("expo-2015", catalog.default()) == kept("expo-2015")
