"""Planned against actual, claims and actors: absences are not zeros, unlike things are not compared."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from toolkit import impact
from toolkit.errors import MethodError

ACTIONS = pd.DataFrame(
    [
        ("studies", "2017-04-01", "2017-06-30", "2017-04-01", "2017-07-30", 100.0, 90.0, None),
        ("calls", "2017-05-01", "2017-08-31", "2017-06-01", None, 500.0, 200.0, 300.0),
        ("spaces", "2017-06-01", "2018-06-30", "2017-06-15", None, 800.0, None, None),
        ("school", "2017-07-01", "2017-12-31", None, None, 50.0, None, None),
        ("week", "2018-03-01", "2018-04-30", None, None, 0.0, None, None),
    ],
    columns=["action", "start", "end", "actual_start", "actual_end", "budget", "spent", "private"],
)


def test_states_slips_and_money() -> None:
    found = impact.planned_against_actual(ACTIONS, date(2017, 9, 30)).set_index("action")
    assert found["state"].to_dict() == {
        "studies": "done",
        "calls": "late",
        "spaces": "running",
        "school": "not_started_late",
        "week": "not_started",
    }
    assert found.loc["studies", "slip_days"] == 30
    assert found.loc["calls", "slip_days"] == 30
    assert pd.isna(found.loc["spaces", "slip_days"])
    assert found.loc["studies", "spent_share"] == pytest.approx(0.9)
    assert pd.isna(found.loc["spaces", "spent_share"])  # unknown, not zero
    assert pd.isna(found.loc["week", "spent_share"])  # no budget, no share
    assert found.loc["calls", "leverage"] == pytest.approx(1.5)
    assert pd.isna(found.loc["studies", "leverage"])


def test_what_happened_later_is_not_known_before() -> None:
    earlier = impact.planned_against_actual(ACTIONS, date(2017, 7, 1)).set_index("action")
    assert earlier.loc["studies", "state"] == "late"
    assert earlier.loc["studies", "slip_days"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.assign(end="2016-01-01"), "ends before it starts"),
        (lambda d: d.assign(budget=-1.0), "cannot be negative"),
        (lambda d: pd.concat([d, d.iloc[[0]]]), "comes twice"),
        (lambda d: d.drop(columns="spent"), "no column 'spent'"),
    ],
)
def test_bad_actions(change, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        impact.planned_against_actual(change(ACTIONS), date(2017, 9, 30))


CLAIM = impact.Claim("area share", 2.9, "percent of area", "press release 2008", 2008, "provincia-milano-2008")


def test_claims_are_reproduced_only_on_the_same_ground() -> None:
    same = {"unit": "percent of area", "year": 2008, "territory": "provincia-milano-2008"}
    assert impact.check_claim(CLAIM, 2.92, **same).status == "reproduced"
    off = impact.check_claim(CLAIM, 3.67, **same)
    assert (off.status, off.reason.key) == ("different", "impact.claim.different")
    today = impact.check_claim(CLAIM, 3.67, **(same | {"territory": "citta-metropolitana-milano"}))
    assert (today.status, today.reason.key) == ("non_reproducible", "impact.claim.other_territory")
    assert today.recomputed is None
    missing = impact.check_claim(CLAIM, None, why="impact.claim.no_data")
    assert missing.status == "non_reproducible"
    with pytest.raises(MethodError, match="say why"):
        impact.check_claim(CLAIM, None)
    with pytest.raises(MethodError, match="not a number"):
        impact.check_claim(CLAIM, float("nan"), **same)


def test_actor_matrix() -> None:
    actors = pd.DataFrame({"actor": ["Comune", "Camera", "Ateneo"], "type": ["public", "business", "university"]})
    roles = pd.DataFrame({"actor": ["Comune", "Ateneo"], "action": ["calls", "studies"], "role": ["owner", "partner"]})
    found = impact.actor_matrix(actors, roles)
    assert found.loc["Comune", "calls"] == "owner"
    assert found.loc["Camera"].tolist() == ["", ""]
    with pytest.raises(MethodError, match="not in the register"):
        impact.actor_matrix(actors.iloc[1:], roles)
    with pytest.raises(MethodError, match="two roles"):
        impact.actor_matrix(actors, pd.concat([roles, roles.iloc[[0]]]))
