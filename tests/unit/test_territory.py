"""Names, codes, dates, areas: found, or refused with one clear message. Real register, as it is embedded."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from toolkit import catalog
from toolkit.errors import DataError, TerritoryError
from toolkit.territory import Area, Register, Share, comparable, fold, slug

DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def register() -> Register:
    return Register(catalog.default())


def refused(register: Register, text: object, on: date | None = None) -> str:
    with pytest.raises(TerritoryError) as caught:
        register.municipality(text, on)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("015032", "015032"),
        ("Bresso", "015032"),
        ("  bresso ", "015032"),
        ("SESTO SAN GIOVANNI", "015209"),
        ("Cassina de' Pecchi", "015060"),
        ("Cassina de’ Pecchi", "015060"),
        ("cassina de pecchi", "015060"),
        ("Cassano d`Adda", "015059"),
        ("Torino", "001272"),
        ("Forlì", "040012"),
        ("forli", "040012"),
        ("FORLI'", "040012"),
        ("Bolzano", "021008"),
        ("Bozen", "021008"),
        ("Castro (BG)", "016065"),
        ("castro (le)", "075096"),
        ("Vermezzo con Zelo", "015251"),
    ],
)
def test_found_by_code_or_name(register: Register, text: str, code: str) -> None:
    assert register.municipality(text).istat_code == code


def test_every_name_of_the_register_is_found_or_is_a_homonym(register: Register) -> None:
    everybody = register.municipalities()
    names = Counter(form for one in everybody for form in {fold(part) for part in (one.name, *one.name.split("/"))})
    ambiguous = {name for name, times in names.items() if times > 1}
    assert ambiguous == {"castro", "livo", "peglio", "samone", "san teodoro", "paterno", "corvara"}
    for municipality in everybody:
        assert register.municipality(f"{municipality.name} ({municipality.province})") == municipality
        if fold(municipality.name) not in ambiguous:
            assert register.municipality(municipality.name) == municipality


def test_homonyms_are_refused_with_the_candidates(register: Register) -> None:
    told = refused(register, "livo")
    assert "2 municipalities are called livo." in told
    assert "Livo (CO), 013130" in told
    assert "Livo (TN), 022106" in told


def test_an_accent_that_is_written_counts_and_one_that_is_not_is_not_guessed(register: Register) -> None:
    assert register.municipality("Paternò").province == "CT"
    assert "2 municipalities are called Paterno." in refused(register, "Paterno")


@pytest.mark.parametrize("name", ["Castro", "Livo", "Peglio", "Samone", "San Teodoro"])
def test_homonyms_of_the_register(register: Register, name: str) -> None:
    assert f"2 municipalities are called {name}." in refused(register, name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("15032", 'did you mean "015032" (Bresso)?'),
        ("15999", "quadro list municipalities"),
        ("0150320", "'0150320' is not an ISTAT code"),
        ("015999", "There is no municipality with the code 015999."),
        (15032, 'write "015032"'),
        ("Cinisello", "Cinisello Balsamo (MI), 015077"),
        ("Cinisello Balsammo", "Cinisello Balsamo (MI), 015077"),
        ("Bresso (TO)", "called 'Bresso' in the province TO"),
        ("Xyzzy", "There is no municipality called 'Xyzzy'."),
        ("Xyzzy", "where: the register of 2026-08-14"),
        ("L'Xyzzy", "quadro list municipalities --search 'l xy'"),
        ("", "There is no municipality called ''"),
    ],
)
def test_unknown_ones_are_refused_with_help(register: Register, text: object, message: str) -> None:
    assert message in refused(register, text)


def test_abolished_ones_say_of_what_they_are_part_and_what_to_type(register: Register) -> None:
    for text in ("015235", "Vermezzo"):
        told = refused(register, text)
        assert "Vermezzo (015235) is today part of Vermezzo con Zelo (MI), 015251" in told
        assert "abolished on 2019-02-08" in told
        assert 'use "015251" (Vermezzo con Zelo): quadro run --municipality 015251' in told


@pytest.mark.parametrize(
    ("code", "today"),
    [("015032", "015032"), ("015246", "015251"), ("092110", "118015"), ("111018", "118015"), ("024027", "024129")],
)
def test_a_code_of_any_day_leads_to_the_one_in_force(register: Register, code: str, today: str) -> None:
    assert register.today(code) == today
    with pytest.raises(TerritoryError, match="no municipality with the code 015999"):
        register.today("015999")


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("111018", ["111018 was the code of Escalaplano", "recoded on 2026-01-01", 'use "118015" (Escalaplano)']),
        ("090003", ["recoded on 2026-01-01: today it is 112", "the register of 2026-08-14"]),
        ("092110", ["092110 was the code of Escalaplano", "in the lists from 2017: today it is 118015"]),
        ("015149", ["recoded on 2009-06-30: today it is 108033", 'use "108033" (Monza)']),
        ("041033", ["recoded on 2021-06-17: today it is 099030", 'use "099030" (Montecopiolo)']),
        ("001005", ["Alice Superiore (001005) is today part of Val di Chy (TO), 001317", "on 2019-01-01"]),
        ("Cavallasca", ["abolished on 2017-01-01", 'use "013206" (San Fermo della Battaglia)']),
        ("ALICE SUPERIORE (to)", ["today part of Val di Chy (TO), 001317"]),
        ("Nanto", ["Nanto (024071) is today part of Castegnero Nanto (VI), 024129: it was abolished in 2026"]),
        ("018082", ["Lirio (018082) is today part of Montalto Pavese (PV), 018094"]),
        ("92110", ["'92110' is not an ISTAT code", '"092110", 092110 was the code of Escalaplano', 'use "118015"']),
        ("120001", ["no municipality with the code 120001", "later codes are not known yet"]),
        ("C523", ["is a cadastral code, not an ISTAT code", "did you mean"]),
        ("b162", ["is a cadastral code, not an ISTAT code", 'did you mean "015032" (Bresso)?']),
        ("Z999", ["is a cadastral code, not an ISTAT code", "quadro list municipalities"]),
        ("IT015032", ["is not an ISTAT code", 'did you mean "015032" (Bresso)?']),
        ("Bresso (MI), 015032", ['did you mean "015032" (Bresso)?']),
        ("ES08019", ["is not an ISTAT code", "six digits as text"]),
        ("09162000", ["is not an ISTAT code", "six digits as text"]),
        ("2A004", ["is not an ISTAT code", "six digits as text"]),
        (True, ["True is not an ISTAT code"]),
    ],
)
def test_codes_and_names_of_another_day_or_form(register: Register, text: object, messages: list[str]) -> None:
    told = refused(register, text)
    for message in messages:
        assert message in told


@pytest.mark.parametrize("code", ["118999", "015999", "999999", "000000"])
def test_nobody_is_guessed_from_digits(register: Register, code: str) -> None:
    told = refused(register, code)
    assert "did you mean" not in told
    assert "quadro list municipalities --search NAME" in told


def test_no_name_has_a_digit_and_every_other_code_is_explained(register: Register) -> None:
    assert not any(sign.isdigit() for one in register.known.values() for sign in one.name)
    table = catalog.load("other_codes")
    assert not set(table["code"]) & set(register.known)
    living = {one.istat_code for one in register.municipalities()}
    assert set(table["istat_code"]) <= living
    assert (table["date"] == "2026-01-01").sum() == 377  # Sardinia
    for code in table["code"].unique()[::40]:
        assert code in refused(register, code)


def test_before_its_first_day_a_municipality_names_those_before_it(register: Register) -> None:
    assert "until then: Montecopiolo, 041033" in refused(register, "099030", date(2020, 1, 1))
    assert "until then: Vermezzo, 015235 and Zelo Surrigone, 015246" in refused(register, "015251", date(2018, 1, 1))


def test_dates_of_a_municipality(register: Register) -> None:
    assert "did not exist on 2018-01-01: its code began on 2019-02-08" in refused(register, "015251", date(2018, 1, 1))
    assert "until then: Escalaplano, 111018" in refused(register, "118015", date(2025, 1, 1))
    assert register.municipality("Misiliscemi", DAY).valid_from == date(2021, 2, 20)
    assert len(register.municipalities()) == 7894


def test_what_is_known_of_a_municipality(register: Register) -> None:
    bresso = register.municipality("015032")
    assert (bresso.name, bresso.slug, bresso.folder) == ("Bresso", "bresso", "015032-bresso")
    assert (bresso.province, bresso.region) == ("MI", "Lombardia")
    assert bresso.area_km2 == pytest.approx(3.38, abs=0.01)
    assert bresso.degree_of_urbanisation == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Cassina de' Pecchi", "cassina-de-pecchi"),
        ("Sant'Angelo Lodigiano", "sant-angelo-lodigiano"),
        ("Forlì", "forli"),
        ("Valle d'Aosta/Vallée d'Aoste", "valle-d-aosta-vallee-d-aoste"),
        ("Presicce-Acquarica", "presicce-acquarica"),
        ("San Dorligo della Valle-Dolina", "san-dorligo-della-valle-dolina"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_folders_are_distinct_and_safe(register: Register) -> None:
    folders = [municipality.folder for municipality in register.municipalities()]
    assert len(set(folders)) == len(folders)
    assert all(set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for folder in folders)


def test_areas_and_their_members(register: Register) -> None:
    assert len(register.area("citta-metropolitana-milano", DAY).members) == 133
    assert len(register.area("provincia-monza-brianza", DAY).members) == 55
    assert len(register.area("provincia-milano-2008", date(2008, 12, 31)).members) == 188
    seven = register.area("nord-milano-2008", date(2008, 12, 31))
    six = register.area("zona-nord-milano", DAY)
    assert len(seven.members) == 7
    assert set(seven.members) - set(six.members) == {"015081"}
    assert (seven.status, six.status) == ("programme", "unofficial")
    assert seven.folder == "area-nord-milano-2008"
    assert "015032" in seven


def test_an_area_has_its_days(register: Register) -> None:
    with pytest.raises(TerritoryError, match="did not exist on 2026-01-01"):
        register.area("provincia-milano-2008", DAY)
    with pytest.raises(TerritoryError, match="did not exist on 2008-12-31"):
        register.area("citta-metropolitana-milano", date(2008, 12, 31))
    with pytest.raises(TerritoryError, match="did you mean zona-nord-milano"):
        register.area("zona-nord-milan", DAY)


def test_zones_are_declared_and_provinces_are_of_the_register(register: Register) -> None:
    zone, city = register.zone_of("015032", DAY), register.province_of("015032", DAY)
    assert zone is not None
    assert city is not None
    assert (zone.id, city.id) == ("zona-nord-milano", "citta-metropolitana-milano")
    assert register.zone_of("015146", DAY) is None
    assert len(register.areas(DAY, "zone")) == 7


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bresso", "sistema-milano citta-metropolitana-milano regione-lombardia ripartizione-nord-ovest italia"),
        ("Monza", "sistema-milano provincia-monza-brianza regione-lombardia ripartizione-nord-ovest italia"),
        ("Aosta", "sistema-aosta provincia-valle-d-aosta regione-valle-d-aosta ripartizione-nord-ovest italia"),
        (
            "Bolzano",
            "sistema-bolzano provincia-autonoma-bolzano regione-trentino-alto-adige ripartizione-nord-est italia",
        ),
        ("Olbia", "sistema-olbia provincia-gallura-nord-est-sardegna regione-sardegna ripartizione-isole italia"),
        ("None", "sistema-torino citta-metropolitana-torino regione-piemonte ripartizione-nord-ovest italia"),
    ],
)
def test_every_municipality_lies_in_areas_of_each_kind(register: Register, name: str, expected: str) -> None:
    code = register.municipality(name).istat_code
    kinds = ("system", "metropolitan_city", "province", "region", "macro_region", "country")
    found = [area for kind in kinds if (area := register.around(code, kind, DAY))]
    assert [area.id for area in found] == expected.split()
    assert all(code in area for area in found)


@pytest.mark.parametrize(
    ("kind", "texts", "id"),
    [
        ("province", ["BS", "bs", "017", "Brescia", "provincia-brescia", "Province of Brescia"], "provincia-brescia"),
        ("province", ["NA", "063", "Napoli", "Naples"], "citta-metropolitana-napoli"),
        ("province", ["MB", "Monza", "Monza e della Brianza", "Monza and Brianza"], "provincia-monza-brianza"),
        ("province", ["AO", "Aosta"], "provincia-valle-d-aosta"),
        ("province", ["L'Aquila", "L’Aquila"], "provincia-l-aquila"),
        ("province", ["BZ", "Bozen", "Bolzano"], "provincia-autonoma-bolzano"),
        ("region", ["Lombardia", "Lombardy", "regione-lombardia"], "regione-lombardia"),
        ("region", ["Trentino-Alto Adige", "Trentino-Alto Adige/Südtirol"], "regione-trentino-alto-adige"),
        ("system", ["0319", "Brescia", "sistema-brescia"], "sistema-brescia"),
        ("system", ["Milan", "MILANO"], "sistema-milano"),
    ],
)
def test_areas_by_the_names_they_go_by(register: Register, kind: str, texts: list[str], id: str) -> None:
    assert [register.named(kind, text).id for text in texts] == [id] * len(texts)


def test_a_rule_that_names_nothing_says_what_is_near(register: Register) -> None:
    with pytest.raises(TerritoryError) as caught:
        register.named("system", "Brexia")
    assert "There is no local labour system 'Brexia'." in str(caught.value)
    assert "sistema-brescia" in str(caught.value).split("did you mean")[1]
    with pytest.raises(TerritoryError, match=r"allowed: plate \(BS\), code \(017\), name"):
        register.named("province", "Xyz")


def test_areas_of_a_kind_hold_the_country(register: Register) -> None:
    everybody = {one.istat_code for one in register.municipalities()}
    for kinds, count in ((("province", "metropolitan_city"), 110), (("system",), 515), (("region",), 20)):
        areas = [area for kind in kinds for area in register.areas(DAY, kind)]
        members = [code for area in areas for code in area.members]
        assert (len(areas), len(members), set(members)) == (count, len(everybody), everybody)
    assert set(register.area("italia").members) == everybody
    assert len({one.statistics_province for one in register.municipalities()}) == 107
    assert "111018" not in everybody
    assert "118015" in register.area("provincia-sud-sardegna-2025", date(2025, 12, 31))


def test_figures_of_every_municipality_are_embedded(register: Register) -> None:
    assert register.embedded() == set(register.known)
    register.require_embedded("001168")


def test_asking_who_is_embedded_is_no_use_of_a_source() -> None:
    fresh = Register(catalog.default())
    with catalog.recording() as used:
        fresh.embedded()
    assert used == []


def test_shares_of_unlike_parents_are_not_compared_silently(register: Register) -> None:
    """2.9 % "of the province" is right for the Province of 2008, and is not 3.67 % of today's metropolitan city."""
    area = catalog.load("municipalities").set_index("istat_code")["area_km2"]
    seven = register.area("nord-milano-2008", date(2008, 12, 31))
    part = float(area[list(seven.members)].sum())

    def share(parent: Area, part: float = part) -> Share:
        return Share(part, float(area[list(parent.members)].sum()), "km2", "Nord Milano", parent)

    before = share(register.area("provincia-milano-2008", date(2008, 12, 31)))
    today = share(register.area("citta-metropolitana-milano", DAY))
    assert (round(before.percent, 2), round(today.percent, 2)) == (2.92, 3.67)
    with pytest.raises(DataError) as caught:
        comparable(before, today)
    told = str(caught.value)
    assert "2.92 % and 3.67 % are not comparable" in told
    assert "Province of Milan before 2009 (provincia-milano-2008, on 2008-12-31) with 188 municipalities" in told
    assert "Metropolitan City of Milan (citta-metropolitana-milano, on 2026-01-01) with 133" in told
    with pytest.raises(DataError, match="are not comparable"):
        today - before
    assert today - share(today.parent, part / 2) == pytest.approx(today.percent / 2)


def test_shares_of_unlike_counts_are_not_compared(register: Register) -> None:
    parent = register.area("zona-nord-milano", DAY)
    with pytest.raises(DataError, match="local units is not comparable with a share of persons employed"):
        comparable(Share(1, 2, "local units", "a", parent), Share(1, 2, "persons employed", "a", parent))


def test_a_share_of_nothing_is_refused(register: Register) -> None:
    parent = register.area("zona-nord-milano", DAY)
    for whole in (0.0, float("nan"), -1.0):
        with pytest.raises(DataError, match="has no share of"):
            Share(1, whole, "local units", "a", parent).percent  # noqa: B018
