"""Figures of all of Italy: each municipality's own, found out once a machine and data version."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit import Report, catalog, display, indicators, kept
from toolkit.errors import DataError
from toolkit.report import national


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr("toolkit.report.report.show", lambda shown: isinstance(shown, display.Shown))
    monkeypatch.setattr(kept, "folder", lambda: tmp_path / "kept")
    return Report("national", municipality="015032", it="Prova", en="Trial")


@pytest.mark.parametrize("name", ["value_added_per_person", "residents_per_km2", "local_unit_size"])
def test_they_are_the_figures_of_each_municipality_alone(report: Report, name: str) -> None:
    panel = report.everywhere(name)
    assert set(panel.rows["territory"]) == set(catalog.load("municipalities")["istat_code"])
    own = report.compare(getattr(indicators, name)(*map(report.table, indicators.get(name).tables))).panel
    for code in report.universe:
        assert panel.values_of(code) == pytest.approx(own.values_of(code), nan_ok=True)
    assert not np.isnan(panel.figure("001168", panel.last).value), "the municipality called None"


def test_the_country_is_never_read_whole_and_only_once(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[int] = []
    load = catalog.load
    monkeypatch.setattr(catalog, "load", lambda *what: (loads.append(len(what[1])), load(*what))[1])
    provinces = {"015": ["015032", "015146"], "017": ["017029"], "001": ["001168"]}
    last = {"business_frame": 2025}
    first = national.panel("industry_share", last, provinces)
    assert loads == [1, 2, 1]
    with catalog.recording() as used:
        again = national.panel("industry_share", last, provinces)
    assert loads == [1, 2, 1]
    assert [source.name for source in used] == ["business_frame"]
    assert again.rows.equals(first.rows)
    national.panel("industry_share", {"business_frame": 2024}, provinces)
    assert loads == [1, 2, 1] * 2


def test_a_share_of_a_larger_territory_is_refused() -> None:
    with pytest.raises(DataError, match="a municipality alone has none"):
        national.panel("share_residents", {"population": 2026}, {"001": ["001168"]})


def test_a_day_before_all_figures_is_told() -> None:
    with pytest.raises(DataError, match="has no figure by 2000"):
        national.panel("industry_share", {"business_frame": 2000}, {"001": ["001168"]})
