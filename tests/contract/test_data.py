"""The embedded tables: official totals, what is absent and why, licences, sizes, valid Frictionless."""

from __future__ import annotations

import json
import re
from pathlib import Path

import frictionless
import pytest

from toolkit import catalog
from toolkit.catalog import ABSENT, PACKAGE
from toolkit.sources.write import csv_bytes

CITY = "citta-metropolitana-milano"
SEVEN = {"015032", "015077", "015081", "015086", "015098", "015166", "015209"}
ORDERED_OTHERWISE = {"lump_sums", "pnrr_calendar"}  # by class of population, and by day
FIGURES = ("population", "population_age", "income", "local_units", "fragility", "commuting")
ITALY = {  # tables of all municipalities: those without a row
    "population": set(),
    "population_age": {"081025", "099030", "099031"},
    "income": set(),
    "business_frame": set(),
    "local_units": {"066104", "081025"},
    "commuting": set(),
    "fragility": set(),
}
UNEQUAL = {"income": {"081025"}}  # founded in 2021: no row of the years before


def members(area: str) -> set[str]:
    table = catalog.load("area_members")
    return set(table.loc[table["area"] == area, "istat_code"])


def area_km2(area: str) -> float:
    register = catalog.load("municipalities").set_index("istat_code")
    return float(register.loc[sorted(members(area)), "area_km2"].sum())


def test_package_is_valid_frictionless(root: Path) -> None:
    descriptor = catalog.default().package
    assert frictionless.Package.validate_descriptor(descriptor).valid
    assert list((root / "data").glob(PACKAGE))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(one["name"] for one in catalog.default().package["resources"]))
def test_every_resource_is_valid_frictionless(name: str, root: Path, tmp_path: Path) -> None:
    """Of a parquet one province, as a CSV: Frictionless takes its absent numbers for wrong ones."""
    described = dict(next(one for one in catalog.default().package["resources"] if one["name"] == name))
    folder = root / "data"
    if "schema" in described:
        described["schema"] = {key: rule for key, rule in described["schema"].items() if key != "foreignKeys"}
    if described["format"] == "parquet":
        rows = catalog.load(name)
        first = described["schema"]["fields"][0]["name"]
        folder, part = tmp_path, rows[rows[first].str.startswith("015")] if first == "istat_code" else rows.head(500)
        (folder / "part.csv").write_bytes(csv_bytes(part, tuple(described["schema"]["fields"])))
        kept = {key: described[key] for key in ("name", "schema", "title")}
        described = kept | {"path": "part.csv", "format": "csv", "encoding": "utf-8"}
    report = frictionless.validate(frictionless.Resource.from_descriptor(described, basepath=str(folder)))
    assert report.valid, report.flatten(["title", "message"])


def test_small_resources_are_valid_frictionless(root: Path) -> None:
    package = dict(catalog.default().package)
    small = ("local_units", "metro_employment", "metro_regions", "areas", "boundaries")
    package["resources"] = [
        {key: value for key, value in resource.items() if key != "schema"}
        | (
            {"schema": {k: v for k, v in resource["schema"].items() if k != "foreignKeys"}}
            if "schema" in resource
            else {}
        )
        for resource in package["resources"]
        if resource["name"] in small
    ]
    assert len(package["resources"]) == len(small)
    report = frictionless.Package.from_descriptor(package, basepath=str(root / "data")).validate()
    assert report.valid, report.flatten(["title", "message"])


def test_every_resource_says_where_it_comes_from() -> None:
    for name in catalog.default().names():
        source = catalog.default().source(name)
        assert source.licence["en"].startswith(("CC BY", "Eurostat")), name
        assert source.licence_url.startswith("https://")
        assert source.url.startswith("https://")
        assert source.upstream, name
        for text in (source.title, source.publisher, source.licence, source.processing, *source.faults):
            assert set(text) == {"it", "en"}
            assert all(text.values())
        assert source.faults or name not in FIGURES, f"{name}: every table of figures has known faults"


def test_publishers_and_licences_are_named_in_one_language_at_a_time() -> None:
    """A proper name is the same in both languages; what is not one has its own words in each."""
    foreign = {
        "it": r"\b(named|each|row|sources|reuse|with|and)\b",
        "en": r"\b(fonti|ogni|riga|riuso|citazione|aree)\b",
    }
    for name in catalog.default().names():
        source = catalog.default().source(name)
        for language, words in foreign.items():
            entry = source.worded(language)
            assert not re.search(words, f"{entry['publisher']} {entry['licence']}"), name


def test_sizes(root: Path) -> None:
    for resource in catalog.default().package["resources"]:
        size = (root / "data" / resource["path"]).stat().st_size
        assert resource["format"] != "csv" or size <= 1_500_000, resource["path"]
        assert resource.get("rows") is None or resource["rows"] > 0
    assert sum(path.stat().st_size for path in (root / "data").rglob("*") if path.is_file()) <= 16_000_000


def test_what_is_not_licensed_is_not_shipped() -> None:
    words = json.dumps(catalog.default().package).lower()
    assert "grins" not in words
    assert "start-up" not in words
    assert "startup" not in words


def test_files_are_utf8_lf_and_sorted(root: Path) -> None:
    for resource in catalog.default().package["resources"]:
        if resource["format"] != "csv":
            continue
        content = (root / "data" / resource["path"]).read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
        content.decode("utf-8")
        if resource["name"] in ORDERED_OTHERWISE:
            continue
        key = resource["schema"]["primaryKey"]
        keys = catalog.load(resource["name"])[key]
        assert keys.equals(keys.sort_values(key, kind="stable").reset_index(drop=True)), resource["name"]


def test_register_knows_the_municipalities_in_force() -> None:
    register = catalog.load("municipalities")
    assert len(register) == 7894
    assert register["area_km2_2026"].sum() == pytest.approx(302_109.76, abs=0.005)
    assert register["area_km2"].sum() == pytest.approx(302_068.26, abs=0.005)  # of the boundaries
    assert register["degree_of_urbanisation"].isna().sum() == 2
    torino = register[register["istat_code"] == "001272"].iloc[0]
    assert (torino["name"], torino["province"], torino["region"]) == ("Torino", "TO", "Piemonte")
    bolzano = register[register["istat_code"] == "021008"].iloc[0]
    assert (bolzano["name"], bolzano["province"]) == ("Bolzano/Bozen", "BZ")
    assert register["region"].nunique() == 20
    assert register["province"].nunique() == register["province_code"].nunique() == 110
    assert register["statistics_province"].nunique() == register["nuts3"].nunique() == 107
    homonyms = register.loc[register["name"].duplicated(), "name"]
    assert sorted(homonyms) == ["Castro", "Livo", "Peglio", "Samone", "San Teodoro"]


def test_accents_and_apostrophes_are_there() -> None:
    names = set(catalog.load("municipalities")["name"])
    assert {"Cantù", "Forlì", "San Donà di Piave", "Cassina de' Pecchi", "Vo'", "Fénis"} <= names


def test_members_and_official_areas() -> None:
    assert len(members(CITY)) == 133
    assert len(members("provincia-monza-brianza")) == 55
    assert members("provincia-milano-2008") == members(CITY) | members("provincia-monza-brianza")
    assert members("nord-milano-2008") == SEVEN
    assert area_km2(CITY) == pytest.approx(1575, abs=1)


def test_share_of_area_depends_on_the_parent() -> None:
    seven = area_km2("nord-milano-2008")
    assert round(100 * seven / area_km2("provincia-milano-2008"), 2) == 2.92
    assert round(100 * seven / area_km2(CITY), 2) == 3.67


def test_zones_are_unofficial_and_leave_milano_out() -> None:
    areas = catalog.load("areas").set_index("area")
    zones = areas[areas["kind"] == "zone"]
    assert len(zones) == 7
    assert set(zones["status"]) == {"unofficial"}
    everyone = [code for zone in zones.index for code in members(zone)]
    assert len(everyone) == len(set(everyone)) == 132
    assert members(CITY) - set(everyone) == {"015146"}
    assert members("zona-nord-milano") == SEVEN - {"015081"}
    assert "015081" in members("zona-adda-martesana")


def test_areas_of_zones_are_those_published() -> None:
    published = {
        "adda-martesana": 273.35,
        "alto-milanese": 215.23,
        "magentino-abbiatense": 360.44,
        "nord-milano": 49.48,
        "nord-ovest": 135.82,
        "sud-est": 179.72,
        "sud-ovest": 179.95,
    }
    for zone, square_km in published.items():
        assert area_km2(f"zona-{zone}") == pytest.approx(square_km, rel=0.012), zone


def test_codes_of_other_days_lead_to_one_in_force() -> None:
    others, register = catalog.load("other_codes"), catalog.load("municipalities").set_index("istat_code")
    assert len(others) + len(register) == 8966
    assert not set(others["code"]) & set(register.index)
    assert set(others["istat_code"]) <= set(register.index)
    merged = others[(others["kind"] == "merger") & (others["date"] >= "2019") & (others["date"] < "2026")]
    began = merged["istat_code"].map(register["valid_from"])
    assert ((began == merged["date"]) | (began < merged["date"])).all()  # of a new one, or into an older one


def test_vermezzo_con_zelo() -> None:
    others = catalog.load("other_codes")
    merged = others[others["istat_code"] == "015251"]
    assert set(merged["date"]) == {"2019-02-08"}
    assert list(merged["code"]) == ["015235", "015246"]
    population = catalog.load("population")
    rows = population[population["istat_code"] == "015251"].set_index("year")
    assert list(rows.index[rows["flag"] == "missing"]) == [2018, 2019, 2024]


def test_official_totals() -> None:
    population = catalog.load("population")
    assert population.loc[population["year"] == 2021, "value"].sum() == 3_249_821  # of 133 municipalities
    units = catalog.load("local_units")
    assert round(units.loc[units["item"] == "persons_employed", "value"].sum() / 1e6, 3) == 17.288
    metropolitan = units[units["istat_code"].isin(members(CITY))].groupby("item")["value"].sum()
    assert metropolitan["local_units"] == 338_589
    assert round(metropolitan["persons_employed"]) == 1_545_670
    found = units[units["item"] == "local_units"].set_index("istat_code")["value"]
    assert round(100 * found[list(SEVEN)].sum() / found[list(members("provincia-milano-2008"))].sum(), 2) == 5.41
    sesto = catalog.load("local_units").query("istat_code == '015209'").set_index("item")["value"]
    assert (sesto["local_units"], round(sesto["persons_employed"])) == (5_894, 24_634)


@pytest.mark.parametrize("name", [*FIGURES, "business_frame"])
def test_figures_cover_every_municipality_alike(name: str) -> None:
    table = catalog.load(name)
    everybody = set(catalog.load("municipalities")["istat_code"])
    assert set(table["istat_code"]) == everybody - ITALY[name]
    rows = table.groupby("istat_code").size().drop(list(UNEQUAL.get(name, ())))
    assert rows.nunique() == 1, "every municipality has the same rows, absent ones included"


def test_breaks_and_missing_years_of_population() -> None:
    population = catalog.load("population")
    assert set(population["year"]) == {2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026}
    known = population[population["value"].notna()]
    assert set(known.loc[known["flag"] == "break", "year"]) == {2019, 2022}
    assert (known.loc[known["year"] == 2022, "flag"] == "break").all()
    assert (population.loc[population["year"] == 2024, "flag"] == "missing").all()
    italy = known.groupby("year")["value"].agg(["sum", "count"]).astype(int)
    assert italy.loc[2025].tolist() == [58_943_464, 7894]
    assert italy.loc[2026].tolist() == [58_942_828, 7894]
    assert italy.loc[[2022, 2023], "count"].tolist() == [7891, 7891]
    assert italy.loc[2018:2021, "count"].tolist() == [132, 132, 133, 133]


def test_ages_add_up_to_totals() -> None:
    ages = catalog.load("population_age")
    assert set(ages["age"]) == set(range(101))
    key = ["istat_code", "year"]
    totals = catalog.load("population").set_index(key)["value"]
    sums = ages.groupby(key)["value"].sum()
    assert (sums == totals.loc[sums.index]).all()


def test_suppressed_missing_and_zero_are_three_things() -> None:
    income = catalog.load("income")
    assert set(income["flag"]) == {"observed", "confidential", "missing"}
    assert income.loc[income["flag"].isin(ABSENT), "value"].isna().all()
    assert (income.loc[income["flag"] == "observed", "value"] == 0).any()
    income = income[income["istat_code"].isin(members(CITY))]
    hidden = income[(income["flag"] == "confidential") & (income["year"] == 2021)]
    classes = hidden[hidden["item"].str.startswith("class_")]
    assert classes["istat_code"].nunique() == 66
    assert len(SEVEN & set(classes["istat_code"])) == 5
    assert hidden["istat_code"].nunique() == 78
    counts = income[(income["measure"] == "count") & (income["value"] > 0) & (income["item"] != "class_le_0")]
    assert counts["value"].min() >= 4, "a count below 4 is never published"


def test_years_and_items_of_income() -> None:
    income = catalog.load("income")
    assert set(income["year"]) == {2018, 2020, 2021, 2023}
    published = income[(income["year"] == 2023) & (income["flag"] == "observed")]
    assert set(published["item"]) == {"taxpayers", "taxable_income", "total_income", "net_tax"}
    assert (income.loc[(income["year"] == 2023) & ~income["item"].isin(published["item"]), "flag"] == "missing").all()
    totals = income[(income["item"] == "taxpayers")]
    assert (totals["flag"] == "observed").all()
    assert len(totals) == 7894 * 4 - 2


def test_some_taxpayers_are_in_no_class() -> None:
    income = catalog.load("income")
    counts = income[(income["year"] == 2021) & (income["measure"] == "count")]
    wide = counts.pivot(index="istat_code", columns="item", values="value")
    classes = wide[[name for name in wide if name.startswith("class_")]].dropna()
    outside = 1 - classes.sum().sum() / wide.loc[classes.index, "taxpayers"].sum()
    assert 0.01 < outside < 0.03


def test_ranks_are_marked_and_whole() -> None:
    fragility = catalog.load("fragility")
    ranks = fragility[fragility["scale"] == "ordinal"]
    assert set(ranks["item"]) == {
        "fragility_decile",
        "local_units_density_ventile",
        "low_productivity_employment_ventile",
    }
    known = ranks["value"].dropna()
    assert (known % 1 == 0).all()
    assert known.between(1, 20).all()
    employment = fragility[(fragility["year"] == 2022) & (fragility["item"] == "employment_rate")]
    unknown = set(employment.loc[employment["value"].isna(), "istat_code"])
    assert {"013178", "024128", "081025"} <= unknown, "namesakes, of mergers since, founded since"
    assert len(unknown) <= 25
    assert set(fragility["year"]) == {2018, 2019, 2021, 2022}
    assert catalog.load("local_units")["item"].nunique() == 2, "no sector split in ASIA 2018: totals only"


def test_flows_are_not_totals() -> None:
    totals = catalog.load("commuting").query("item == 'outgoing'").set_index("istat_code")["value"]
    flows = catalog.load("commuting_flows")
    sums = flows.groupby("origin")["value"].sum()
    assert (sums <= totals.loc[sums.index]).all()
    assert (sums < totals.loc[sums.index]).any()
    assert "012144" in set(flows["origin"])  # of two that merged in 2023
    assert (flows["origin"] != flows["destination"]).all()


def test_blocks_of_employment_overlap_as_said() -> None:
    wide = catalog.load("metro_employment").pivot(index=["nuts", "year"], columns="activity", values="value")
    assert (wide["C"] < wide["B-E"]).all()
    parts = wide[["A", "B-E", "F", "G-J", "K-N", "O-U"]].sum(axis=1)
    assert ((parts - wide["TOTAL"]).abs() / wide["TOTAL"] <= 0.0005).all()
    years = {nuts: set(group.index.get_level_values("year")) for nuts, group in wide.groupby("nuts")}
    assert years["ITC4D"] == {2000, 2017}
    assert min(years["ES511"]) == 2006
    table = catalog.load("metro_employment")
    absent = table[(table["flag"] == "missing")]
    assert set(absent["nuts"]) == {"ES511"}
    assert set(absent["activity"]) == {"G-I", "J", "K", "L", "M-N", "O-Q", "R-U"}


def test_gaps_of_the_regions() -> None:
    table = catalog.load("metro_regions")
    known = table[table["flag"] == "observed"]
    patents = known[known["item"] == "patents"]
    assert patents["year"].max() == 2012
    assert not patents["nuts"].str.startswith("UK").any()
    assert known[(known["item"] == "gdp") & (known["nuts"] == "FR10")]["year"].min() == 2015
    assert (table.loc[(table["item"] == "patents") & table["nuts"].str.startswith("UK"), "flag"] == "missing").all()
    assert not table.duplicated(["nuts", "year", "item"]).any(), "unemployment is not repeated by sex"
    assert set(table.loc[table["nuts"].str.startswith("UK"), "nuts"]) == {f"UKI{n}" for n in range(3, 8)}


def test_boundaries_draw_and_do_not_measure() -> None:
    document = catalog.document("boundaries")
    shapes = document["objects"]["municipalities"]["geometries"]
    assert {shape["id"] for shape in shapes} == members(CITY)
    names = catalog.load("municipalities").set_index("istat_code")["name"]
    assert all(shape["properties"] == {"name": names[shape["id"]]} for shape in shapes)
    assert all(shape["arcs"] for shape in shapes)


# ---- days of observation

EDITIONS = {  # tables whose rows hold no day of their own: the day is that of the publisher's edition
    "municipalities",
    "other_codes",
    "areas",
    "area_members",
    "boundaries",
    "contiguity",
    "local_systems",
    "statistical_provinces",
    "city_figures",
    "policy_cards",
    "supply_use",
    "pnrr_milestones",
}


@pytest.mark.parametrize("name", [name for name in catalog.default().names() if name not in EDITIONS])
def test_a_reference_date_is_the_last_day_of_the_rows(name: str) -> None:
    source = catalog.default().source(name)
    if name == "regis_locations":  # its days are written beside the projects
        assert source.reference_date == catalog.load("regis_projects")["located_on"].max()
    else:
        rows, column = catalog.load(name), re.search(r"{(\w+)}", source.observed)[1]
        days = rows.loc[rows["value"].notna(), column] if "value" in rows else rows[column]
        assert source.reference_date == source.observed.replace(f"{{{column}}}", str(days.max()))


def test_every_day_of_observation_is_a_maximum_of_rows() -> None:
    calls, history, grants = (catalog.load(name) for name in ("calls", "calls_history", "applications"))
    listed = calls["line"] != ""
    last = history.groupby("call")["observed_on"].max()
    assert set(calls.loc[listed, "last_observed_on"]) == {last[calls.loc[listed, "call"]].max()} == {"2026-01-31"}
    by_hand = calls[~listed].set_index("call")
    assert (by_hand["last_observed_on"] == last[by_hand.index]).all()
    assert (by_hand["date_checked"] >= by_hand["last_observed_on"]).all()
    amounts = catalog.load("calls_amounts")
    assert (amounts["observed_on"].to_numpy() == last[amounts["call"]].to_numpy()).all()
    files = grants.groupby(grants["call"].map(calls.set_index("call")["measure"]))["snapshot_on"].max()
    covered = calls[calls["applications_observed_until"] != ""]
    assert (covered["applications_observed_until"] == covered["measure"].map(files)).all()
    assert files.nunique() > 4, "files end on their own days"
    for name in ("funded_on", "state_on", "submitted_on"):
        assert (grants[name] <= grants["snapshot_on"]).all(), name


def test_no_description_of_a_table_states_a_day_of_its_own() -> None:
    """Where a table goes on until, its rows say: a day in its words would stay behind them."""
    months = "gennaio|luglio|agosto|ottobre|January|July|August|October"
    for name in ("calls", "calls_history", "calls_rules", "applications", "regis_projects"):
        source = catalog.default().source(name)
        for words in (source.processing, *source.faults):
            for text in words.values():
                assert not re.search(rf"20\d\d-\d\d-\d\d|({months}) 20\d\d", text), (name, text)
