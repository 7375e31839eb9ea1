"""The tables are the publishers' figures: rebuilt byte by byte, compared cell by cell, and faults in them are named."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from toolkit import catalog
from toolkit.catalog import PACKAGE, Catalog
from toolkit.errors import DataError
from toolkit.sources import istat_fragility, mef_income
from toolkit.sources.build import ADAPTERS, build

SEVEN = ["015032", "015077", "015081", "015086", "015098", "015166", "015209"]


def raw_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def wide(name: str, item: str, year: int, measure: str = "") -> pd.Series:
    table = catalog.load(name)
    rows = table[(table["item"] == item) & (table["year"] == year)]
    rows = rows[rows["measure"] == measure] if measure else rows
    return rows.set_index("istat_code")["value"].loc[SEVEN]


def same(ours: pd.Series, raw: pd.DataFrame, code: str, column: str) -> bool:
    theirs = pd.to_numeric(raw.set_index(code).loc[SEVEN, column], errors="coerce")
    return ours.astype(float).reset_index(drop=True).equals(theirs.astype(float).reset_index(drop=True))


@pytest.fixture(scope="module")
def sources(shared: Path) -> Path:
    return shared / "sources"


@pytest.fixture
def raw(sources: Path, tmp_path: Path) -> Path:
    """The publishers' files as links, so that one of them can be replaced."""
    out = tmp_path / "raw"
    for file in sources.rglob("*"):
        if file.is_file():
            link = out / file.relative_to(sources)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file.resolve())
    return out


def replace(raw: Path, name: str, edit: Callable[[str], str]) -> None:
    file = raw / name
    content = file.read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")
    new = edit(text)
    assert new != text, "the edit changed nothing"
    file.unlink()
    file.write_bytes(gzip.compress(new.encode("utf-8")) if name.endswith(".gz") else new.encode("utf-8"))


def test_rebuild_gives_the_same_bytes(sources: Path, root: Path, tmp_path: Path) -> None:
    written = build(sources, tmp_path / "data")
    assert written[-1] == PACKAGE
    for name in written:
        assert (tmp_path / "data" / name).read_bytes() == (root / "data" / name).read_bytes(), name
    assert [path.name for path in tmp_path.iterdir()] == ["data"], "nothing is left behind"


def test_population_of_the_seven(sources: Path) -> None:
    raw = raw_table(sources / "register/MI015_register.csv")
    for year in (2018, 2019, 2020, 2021, 2022, 2023, 2025, 2026):
        assert same(wide("population", "residents", year), raw, "cod_istat", f"pop{year}"), year


def test_income_of_the_seven(sources: Path) -> None:
    raw = raw_table(sources / "income/MI015_irpef_2018_2020_2021_2023.csv")
    compared = 0
    for year in mef_income.YEARS:
        rows = raw[raw["anno"] == str(year)]
        for item, columns in mef_income.ITEMS.items():
            for measure, column in zip(("count", "amount"), columns, strict=True):
                if column:
                    assert same(wide("income", item, year, measure), rows, "cod_istat", column), (item, year)
                    compared += 1
    assert compared == 4 * 34


def test_local_units_of_the_seven(sources: Path) -> None:
    raw = raw_table(sources / "employment/IT_asia_ul_2018_totale.csv")
    assert same(wide("local_units", "local_units", 2018), raw, "cod_istat", "unita_locali_2018")
    assert same(wide("local_units", "persons_employed", 2018), raw, "cod_istat", "addetti_ul_2018")


def test_fragility_of_the_seven(sources: Path) -> None:
    raw = raw_table(sources / istat_fragility.FILE)
    for year in istat_fragility.YEARS:
        for item, (column, _) in istat_fragility.ITEMS.items():
            assert same(wide("fragility", item, year), raw[raw["anno"] == str(year)], "cod_istat", column), item


def test_commuting_of_the_seven(sources: Path) -> None:
    raw = raw_table(sources / "commuting/IT_pendolari_lavoro_2021_totali.csv")
    for item, column in {"outgoing": "uscenti", "incoming": "entranti", "destinations": "n_destinazioni"}.items():
        assert same(wide("commuting", item, 2021), raw, "cod_istat", column), item
    balance = raw_table(sources / "commuting/IT_pendolari_lavoro_2021_saldo.csv")
    assert same(wide("commuting", "internal", 2021), balance, "PRO_COM_T", "pendolari_interni")


def test_register_agrees_with_the_other_register(sources: Path) -> None:
    raw = raw_table(sources / "register/MI015_register.csv").set_index("cod_istat")
    ours = catalog.load("municipalities").set_index("istat_code").loc[raw.index]
    assert (ours["name"] == raw["municipality"]).all()
    assert (ours["area_km2"] == raw["area_km2_2023"].astype(float)).all()
    assert (ours["degree_of_urbanisation"] == raw["degurba"].astype(float)).all()
    known = ours["cadastral_code"] != ""
    assert (ours["cadastral_code"] == raw["cadastral_code"])[known].all()


RAW_FAULTS = {
    "column missing": (
        "employment/IT_asia_ul_2018_totale.csv",
        lambda text: text.replace("addetti_ul_2018", "addetti", 1),
        ("local_units", "row 1 (header)", "missing: addetti_ul_2018"),
    ),
    "not a number": (
        "employment/IT_asia_ul_2018_totale.csv",
        lambda text: text.replace(",5894,24634.37", ",5 894,24634.37", 1),
        ("local_units", "unita_locali_2018 is a number; it is '5 894'", "row "),
    ),
    "code without its zero": (
        "commuting/IT_pendolari_lavoro_2021_totali.csv",
        lambda text: text.replace("\n015032,", "\n15032,", 1),
        ("commuting", "ISTAT code of six digits; it is '15032'", "row "),
    ),
    "municipality twice": (
        "income/IT_irpef_comuni_2018_2020_2021_2023.csv.gz",
        lambda text: text + text.splitlines()[1] + "\n",
        ("income", "anno, cod_istat is unique", "row "),
    ),
    "a wrong name": (
        istat_fragility.FILE,
        lambda text: text.replace("2018,015032,Bresso,", "2018,015032,Brescia,", 1),
        ("fragility", "015032 is Bresso; it is Brescia", "row "),
    ),
    "a blank total": (
        "register/MI015_register.csv",
        lambda text: text.replace(",32568,", ",,", 1),
        ("population", "is blank only for 015251 in 2018 and 2019", "MI015_register.csv"),
    ),
    "a zone too large": (
        "register/zones.json",
        lambda text: json.dumps(
            (lambda zones: zones | {"Sud Est": [*zones["Sud Est"], zones["Sud Ovest"][0]]})(json.loads(text))
        ),
        ("area_members", "has zones of", "zones.json"),
    ),
    "a municipality of the register lost": (
        "register/IT_comuni_area_alt_degurba_20230101.csv",
        lambda text: "\n".join(row for row in text.split("\n") if not row.startswith("001272,")),
        ("municipalities", "has 7901 municipalities; it has 7900", "20230101.csv"),
    ),
    "manufacturing larger than industry": (
        "benchmark_eu/nuts3_employment_by_nace_milano_barcelona_london.csv",
        lambda text: text.replace("280500.0,267300.0", "280500.0,297300.0", 1),
        ("metro_employment", "C is inside B-E", ".csv"),
    ),
    "unemployment repeated": (
        "benchmark_eu/eurostat_nuts2_selected_2005_2020.csv",
        lambda text: text + next(row for row in text.splitlines() if "tgs00010" in row and ",T," in row) + "\n",
        ("metro_regions", "geo, time is unique", "row "),
    ),
    "balance that disagrees": (
        "commuting/IT_pendolari_lavoro_2021_saldo.csv",
        lambda text: text.replace("015032,015,", "015032,015,9", 1).replace(",4475,7837,", ",4476,7837,", 1),
        ("commuting", "pendolari_in_entrata equals", "saldo.csv"),
    ),
    "total income of a year that had none": (
        "income/IT_irpef_comuni_2018_2020_2021_2023.csv.gz",
        lambda text: text.replace(",,22867.84\n", ",123,22867.84\n", 1),
        ("income", "publishes complessivo_eur in [2023] only", ".csv.gz"),
    ),
}


@pytest.mark.parametrize("case", RAW_FAULTS)
def test_fault_in_a_publishers_file_is_one_clear_error(raw: Path, case: str) -> None:
    file, edit, expected = RAW_FAULTS[case]
    replace(raw, file, edit)
    adapter = next(one for one in ADAPTERS if expected[0] in {resource.name for resource in one.RESOURCES})
    with pytest.raises(DataError) as caught:
        adapter.tables(raw)
    message = str(caught.value)
    assert Path(file).name in message
    assert all(word in message for word in expected), message


def test_tables_of_an_adapter_that_fails_stay_as_they_are(raw: Path, tmp_path: Path, root: Path) -> None:
    file, edit, _ = RAW_FAULTS["not a number"]
    replace(raw, file, edit)
    data = tmp_path / "data"
    shutil.copytree(root / "data", data)
    before = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    (data / "calls.csv").write_text("spoilt", encoding="utf-8")
    with pytest.raises(DataError, match="stays old: local_units as accessed on 20"):
        build(raw, data)
    kept = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    assert kept == before, "the others are made again"


def test_missing_file_is_named(raw: Path, tmp_path: Path) -> None:
    (raw / "employment/IT_asia_ul_2018_totale.csv").unlink()
    with pytest.raises(DataError, match="local_units: a publisher's file is missing") as caught:
        build(raw, tmp_path / "data")
    assert "IT_asia_ul_2018_totale.csv" in str(caught.value)
    assert "there is no such table now" in str(caught.value)
    others = Catalog(tmp_path / "data")
    assert set(catalog.default().names()) - set(others.names()) == {"local_units"}
    with pytest.raises(DataError, match="no folder"):
        build(tmp_path / "nowhere", tmp_path / "data")


def test_the_wrong_matches_of_the_fragility_file_are_still_there(sources: Path) -> None:
    """Why codes given by name are compared with the register: if the file is mended, the fault's text must go."""
    table = raw_table(sources / istat_fragility.FILE)
    table = table[table["anno"] == "2018"]
    names = catalog.load("municipalities").set_index("istat_code")["name"]
    assert len(table) == 7903
    assert table["cod_istat"].nunique() == 7888
    assert set(table.loc[table["cod_istat"] == "013028", "comune"]) == {"Bregano", "Bregnano"}
    wrong = table[table["comune"] != table["cod_istat"].map(names)]
    assert not wrong["cod_istat"].str.startswith("015").any()


def test_lost_names_and_plates_of_the_publishers_files(sources: Path) -> None:
    """What reading NA as «not available» did upstream: Napoli's plate and the municipality of None."""
    income = raw_table(sources / mef_income.FILE)
    blank = income[income["Sigla Provincia"] == ""]
    assert set(blank["cod_istat"].str[:3]) == {"063"}
    assert set(income.loc[income["cod_istat"] == "042001", "Sigla Provincia"]) == {"AP", "AN"}
    register = raw_table(sources / "register/IT_comuni_area_alt_degurba_20230101.csv")
    assert list(register.loc[register["comune_cls"] == "", "cod_istat"]) == ["001168"]


def test_swapped_sectors_of_grins(sources: Path) -> None:
    """GRINS, which has no licence, is not shipped; its sectors F and K-N are swapped, and in M EUR beside EUR."""
    grins = pd.read_csv(sources / "provinces/grins_provinciale_107prov_2010_2022.csv.gz", low_memory=False)
    names = ("gva_curr_p_F", "gva_curr_p_K_N", "gva_const_p_2015_F", "gva_const_p_2015_K_N")
    f, k_n, true_f, true_k_n = (pd.to_numeric(grins[name], errors="coerce") for name in names)
    million = 1_000_000
    assert 0.8 < (f * million / true_k_n).median() < 1.2, "what is called F is K-N, in M EUR"
    assert 0.8 < (k_n * million / true_f).median() < 1.2, "what is called K-N is F, in M EUR"


def test_files_keyed_by_name_or_left_out_are_not_read(root: Path) -> None:
    """Joins are on codes: the table of PA digitale keyed by name (5 homonyms) and the unlicensed files stay unread."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (root / "toolkit").rglob("*.py"))
    for left_out in ("KPI_importi_per_comune", "grins_provinciale", "startup_innovative", "Milano_cap_irpef"):
        assert left_out not in code
