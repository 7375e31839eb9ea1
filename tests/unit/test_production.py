"""The business frame: ISTAT's own figures, absences that stay absences, sectors without a row that are zero."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from toolkit import Report, catalog, display, indicators
from toolkit.errors import DataError
from toolkit.sources import istat_frame, other_codes

BRESSO = "015032"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return catalog.load("business_frame")


def value(frame: pd.DataFrame, code: str, item: str, sector: str = "total") -> float:
    rows = frame[(frame["istat_code"] == code) & (frame["item"] == item) & (frame["sector"] == sector)]
    return float(rows["value"].iloc[0])


@pytest.mark.parametrize(
    ("item", "sector", "published"),
    [
        ("local_units", "total", 1963),
        ("persons_employed", "total", 6636),
        ("value_added", "total", 460_620_000),
        ("persons_employed", "industry", 1769),
        ("value_added", "industry", 210_859_000),
    ],
)
def test_bresso_as_istat_publishes_it(frame: pd.DataFrame, item: str, sector: str, published: float) -> None:
    assert value(frame, BRESSO, item, sector) == published


def test_sectors_add_up_to_the_total_where_they_are_known(frame: pd.DataFrame) -> None:
    wide = frame.pivot(index=["istat_code", "item"], columns="sector", values="value").dropna()
    counts = wide[wide.index.get_level_values("item").isin(istat_frame.COUNTS)]
    assert ((counts["industry"] + counts["services"] - counts["total"]).abs() <= 2).all()  # averages are rounded
    gap = (wide["industry"] + wide["services"] - wide["total"]).abs()
    assert gap.max() <= 2 * istat_frame.THOUSAND


def test_a_confidential_cell_is_absent_and_totals_are_all_there(frame: pd.DataFrame) -> None:
    absent = frame[frame["value"].isna() & frame["istat_code"].str.startswith("015")]
    assert set(absent["istat_code"]) == {"015150", "015244"}
    assert set(absent["flag"]) == {"confidential"}
    assert "total" not in set(absent["sector"])


def test_every_municipality_of_today_with_what_istat_suppressed(frame: pd.DataFrame) -> None:
    """Sums are below the official total, 18,106,468 persons: the gap is suppression."""
    wide = frame.pivot(index=["item", "istat_code"], columns="sector", values="value")
    persons = wide.loc["persons_employed"]
    assert len(persons) == 7894
    assert wide.loc["local_units"]["total"].sum() == 5_002_251
    assert persons["total"].sum() == 18_097_111
    assert persons.isna().sum().to_dict() == {"industry": 219, "services": 131, "total": 122}
    assert (wide.loc["value_added"]["total"] < 0).sum() == 3
    unsaid = frame[frame["flag"] == "missing"]
    assert unsaid[["istat_code", "sector", "item"]].to_numpy().tolist() == [["080080", "industry", "labour_cost"]]


@pytest.mark.parametrize("where", [{"municipality": BRESSO}, {"municipality": "015146"}, {"area": "zona-nord-milano"}])
def test_ratios_are_of_sums(where: dict[str, str], frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.report.report.show", lambda shown: isinstance(shown, display.Shown))
    report = Report("benchmark", it="Produzione", en="Production", **where)
    measured = {
        "value_added_per_person": ("value_added", "total", "persons_employed", 1),
        "wages_per_employee": ("wages", "total", "employees", 1),
        "turnover_per_person": ("turnover", "total", "persons_employed", 1),
        "industry_share": ("persons_employed", "industry", "persons_employed", 100),
        "industry_value_added_share": ("value_added", "industry", "value_added", 100),
    }
    for name, (top, sector, bottom, times) in measured.items():
        found = report.compare(getattr(indicators, name)(report.table("business_frame")))
        above = sum(value(frame, code, top, sector) for code in report.members)
        below = sum(value(frame, code, bottom) for code in report.members)
        assert found.own.value == pytest.approx(times * above / below)


def test_one_confidential_member_leaves_a_larger_territory_without_the_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("toolkit.report.report.show", lambda shown: isinstance(shown, display.Shown))
    report = Report("benchmark", municipality="015150", it="Produzione", en="Production")
    table = report.table("business_frame")
    industry, productivity = (
        report.compare(measure(table)) for measure in (indicators.industry_share, indicators.value_added_per_person)
    )
    assert not industry.known
    assert industry.scales["metropolitan"].flag == "confidential"
    assert productivity.known
    assert productivity.scales["metropolitan"].flag == "observed"


def published(folder: Path, rows: list[tuple[str, str, str, float | None]]) -> Path:
    """The publisher's file with some rows: code, sector, flag, every figure."""
    path = folder / istat_frame.FILE
    path.parent.mkdir(parents=True)
    names = [*istat_frame.COUNTS.values(), *istat_frame.AMOUNTS.values()]
    lines = [
        {"cod_istat": code, "macrosettore": sector, "flag": flag} | dict.fromkeys(names, figure)
        for code, sector, flag, figure in rows
    ]
    pd.DataFrame(lines).to_parquet(path)
    heirs = pd.DataFrame({"cod": ["015032", "015146", "015001"], "cod_2026": ["015032", "015146", "015032"]})
    (folder / other_codes.MAP).parent.mkdir(parents=True)
    heirs.to_csv(folder / other_codes.MAP, index=False)
    return folder


def test_a_sector_without_a_row_is_zero_and_thousands_become_euros(tmp_path: Path) -> None:
    rows = [("015032", "totale", "", 7.0), ("015032", "servizi", "", 7.0)]
    rows += [("015146", "totale", "", 9.0), ("015146", "industria", "*", None)]
    frame = istat_frame.tables(published(tmp_path, rows))["business_frame"]
    assert value(frame, BRESSO, "employees", "industry") == 0.0
    assert value(frame, BRESSO, "wages") == 7000.0
    hidden = frame[(frame["istat_code"] == "015146") & (frame["sector"] == "industry")]
    assert hidden["flag"].eq("confidential").all()
    assert hidden["value"].isna().all()


@pytest.mark.parametrize(("other", "flag", "total"), [(4.0, "observed", 11.0), (None, "confidential", None)])
def test_merged_municipalities_add_up_and_one_that_is_suppressed_suppresses_the_sum(
    tmp_path: Path, other: float | None, flag: str, total: float | None
) -> None:
    rows = [("015032", "totale", "", 7.0), ("015001", "totale", "" if other else "*", other)]
    frame = istat_frame.tables(published(tmp_path, rows))["business_frame"].set_index("sector")
    found = frame[frame["item"] == "employees"].loc["total"]
    assert (found["istat_code"], found["flag"]) == (BRESSO, flag)
    assert found["value"] == total or (total is None and pd.isna(found["value"]))


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([("015032", "totale", "", 1.0), ("015032", "servizi", "", None)], "blank"),
        ([("015032", "totale", "", 1.0), ("015146", "servizi", "", 1.0)], "total of"),
        ([("15032", "totale", "", 1.0)], "six digits"),
        ([("999001", "totale", "", 1.0)], "999001"),
        ([("015032", "totale", "", 1.0), ("015032", "totale", "", 1.0)], "unique"),
        ([("015032", "totale", "", 1.0), ("015032", "agricoltura", "", 1.0)], "macrosettore is one of"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused(
    tmp_path: Path, rows: list[tuple[str, str, str, float | None]], rule: str
) -> None:
    with pytest.raises(DataError, match=r"(?s)business_frame.*" + rule):
        istat_frame.tables(published(tmp_path, rows))
