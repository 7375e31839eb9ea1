"""Which territories a page sets its own against: relations of the register, chosen by one rule."""

from __future__ import annotations

import pytest

from toolkit.params import ReportParams
from toolkit.report.setting import DOMINANT, Setting
from toolkit.text import Words


def setting(language: str = "it", **territory: str) -> Setting:
    return Setting(ReportParams(**territory), Words(language), ())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("015032", "zone metropolitan without_core"),  # a declared zone; the core has 42 % of residents
        ("017029", "system metropolitan region"),  # no zone; Brescia has 16 % of its province
        ("032006", "metropolitan without_core"),  # the local system of Trieste is its province
        ("021008", "system metropolitan region"),
        ("007003", "system metropolitan without_core"),  # a province that is a region
        ("001168", "system metropolitan without_core"),  # None
        ("113017", "system metropolitan without_core"),  # a Sardinian code of 2026
    ],
)
def test_three_territories_by_one_rule(code: str, expected: str) -> None:
    found = setting(municipality=code)
    assert list(found.scales) == [code, *expected.split()]
    share = found._core[1]
    assert ("without_core" in found.scales) == (share >= DOMINANT)
    for key, scale in found.scales.items():
        assert (code in scale.members) == (key != "without_core" or code != found.core.istat_code)
    assert set(found.universe) <= set(found.reach)


@pytest.mark.parametrize(
    ("code", "it", "en"),
    [
        ("015032", "della Città metropolitana", "of the Metropolitan City"),
        ("017029", "della Provincia", "of the Province"),
        ("021008", "della Provincia autonoma", "of the Autonomous Province"),
        ("085004", "del Libero consorzio comunale", "of the Free Municipal Consortium"),
    ],
)
def test_the_whole_is_called_what_it_is(code: str, it: str, en: str) -> None:
    for language, expected in (("it", it), ("en", en)):
        found = setting(language, municipality=code)
        assert found.words.place(found.metropolitan.title(language)).of == expected


def test_an_area_is_ranked_in_the_smallest_area_around_it() -> None:
    assert setting(area="nord-milano-2008").metropolitan.id == "citta-metropolitana-milano"
    assert setting(area="provincia-brescia").metropolitan.id == "provincia-brescia"
    assert setting(area="sistema-castel-goffredo").metropolitan.id == "regione-lombardia"  # of two provinces


@pytest.mark.parametrize(("territory", "nuts"), [("015032", "ITC4C"), ("017029", "ITC47"), ("108033", "ITC4D")])
def test_nuts_code_of_the_province(territory: str, nuts: str) -> None:
    assert setting(municipality=territory).nuts3 == nuts


def test_an_area_of_several_provinces_has_no_nuts_code() -> None:
    assert setting(area="regione-lombardia").nuts3 == ""
    assert setting(area="zona-nord-milano").nuts3 == "ITC4C"
