"""Breaks common to all units are refused, shocks and trends are not; the provincial panel is the test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_making import frame, panel

from toolkit import impact
from toolkit.errors import MethodError

SHARES = ("agri", "ind", "cons", "serv")


def provinces(shared: Path, outcome: str, **how: object) -> impact.Panel:
    table = pd.read_csv(shared / "sources" / "provinces" / "unemp_it_103prov_1996_2019.csv")
    return impact.Panel.of(
        table,
        unit="name",
        time="year",
        outcome=outcome,
        treated={"Milano": 2015},
        covariates=[name for name in SHARES if name != outcome],
        **how,  # type: ignore[arg-type]
    )


def times(found: impact.Screening, kind: str) -> set[int]:
    return set(found.found.loc[found.found["kind"] == kind, "time"])


@pytest.mark.parametrize("share", SHARES)
def test_provincial_shares_are_refused(share: str, shared: Path) -> None:
    one = provinces(shared, share)
    found = impact.screen(one, parts=["outcome", *[name for name in SHARES if name != share]])
    assert not found.accepted
    assert times(found, "shares") >= {2012, 2013, 2014, 2015}
    alone = impact.screen(one)
    assert not alone.accepted
    assert (times(alone, "jump") | times(alone, "scatter")) & {2012, 2015}
    with pytest.raises(MethodError, match=f"break in series: '{share}' is not comparable"):
        found.refuse(share)


def test_industry_share_jumps_in_both_years(shared: Path) -> None:
    found = impact.screen(provinces(shared, "ind"))
    assert times(found, "jump") == {2012, 2015}
    size = found.found.query("kind == 'jump' and time == 2015")["size"].iloc[0]
    assert size == pytest.approx(-11.2, abs=0.3)


def test_participation_is_refused_in_2015(shared: Path) -> None:
    found = impact.screen(provinces(shared, "partrate"))
    assert times(found, "jump") == {2015}
    assert found.found["size"].iloc[0] == pytest.approx(6.8, abs=0.3)


def test_unemployment_is_accepted_through_a_recession(shared: Path) -> None:
    found = impact.screen(provinces(shared, "unrate"))
    assert found.accepted
    assert found.found.empty
    assert found.screened
    year = found.changes.set_index("time").loc[2012]
    assert year["median"] > 1.5  # a real shock, almost everywhere, within what the panel is used to
    assert year["same_sign"] > 0.9


@pytest.mark.parametrize(
    ("file", "names"),
    [
        (
            "smoking_adh2010.csv",
            {"unit": "state", "time": "year", "outcome": "cigsale", "treated": {"California": 1989}},
        ),
        ("germany.csv", {"unit": "country", "time": "year", "outcome": "gdp", "treated": {"West Germany": 1990}}),
        ("mpdta.csv", {"unit": "countyreal", "time": "year", "outcome": "lemp", "first_treated": "first.treat"}),
    ],
)
def test_published_panels_are_accepted(file: str, names: dict, shared: Path) -> None:
    assert impact.screen(impact.Panel.of(pd.read_csv(shared / "cases" / "data" / file), **names)).accepted


def test_planted_jump_is_found_and_none_where_there_is_none() -> None:
    clean = [seed for seed in range(100) if impact.screen(panel(seed, units=60, periods=12)).accepted]
    assert len(clean) >= 98
    data = frame(4, units=60, periods=12)
    data["y"] += np.where(data["time"] >= 2009, 25.0, 0.0)
    broken = impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first")
    found = impact.screen(broken)
    assert times(found, "jump") == {2009}
    assert [note.key for note in found.notes] == ["impact.note.break"]


def test_an_effect_on_many_treated_units_is_no_break() -> None:
    half = panel(5, units=60, periods=12, treated=dict.fromkeys(range(40), 2007), effect=30.0)
    assert impact.screen(half).accepted


def test_scatter_without_a_jump_is_found() -> None:
    data = frame(6, units=80, periods=12)
    rng = np.random.default_rng(1)
    data["y"] += np.where(
        data["time"] >= 2009,
        data["unit"].map(dict(zip(data["unit"].unique(), rng.normal(size=80) * 15, strict=True))),
        0,
    )
    found = impact.screen(impact.Panel.of(data, unit="unit", time="time", outcome="y", first_treated="first"))
    assert times(found, "scatter") == {2009}


def test_too_few_units_are_not_screened_and_say_so() -> None:
    found = impact.screen(panel(1, units=6, treated={0: 2006}))
    assert found.accepted
    assert not found.screened
    assert "impact.reason.not_screened" in {
        r.key for r in impact.judge(impact.Evidence.of("synthetic", screening=found)).reasons
    }


def test_declared_breaks() -> None:
    data = frame(7)
    how = {"unit": "unit", "time": "time", "outcome": "y", "first_treated": "first"}
    hard = impact.Panel.of(data, breaks=[impact.Break(2005, "new survey")], **how)  # type: ignore[arg-type]
    assert not impact.screen(hard).accepted
    soft = impact.Panel.of(data, breaks=[impact.Break(2005, "new survey", comparable=True)], **how)  # type: ignore[arg-type]
    found = impact.screen(soft)
    assert found.accepted
    assert found.found["kind"].tolist() == ["declared"]
    outside = impact.Panel.of(data, breaks=[impact.Break(1999, "before"), impact.Break(2001, "first year")], **how)  # type: ignore[arg-type]
    assert impact.screen(outside).found.empty


def test_parts_must_be_in_the_panel() -> None:
    with pytest.raises(MethodError, match="no 'b'"):
        impact.screen(panel(1), parts=["outcome", "b"])
    with pytest.raises(MethodError, match="two or more"):
        impact.screen(panel(1), parts=["outcome"])
