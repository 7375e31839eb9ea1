"""Absent is never zero: sums, counts and shares over cells that may be blank say how much is known, in every form."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from harness import execute
from pnrr_making import BRESSO, lines, load, populations

from toolkit import Policies, Report, display, indicators, pnrr
from toolkit.catalog import store
from toolkit.partial import Sum
from toolkit.render import results
from toolkit.report import comparing
from toolkit.sources import regis
from toolkit.text import Words
from toolkit.text.numbers import apart

NAN = float("nan")
ZONE = "zona-nord-milano"


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[display.Shown]]:
    """What a report shows, charts not drawn, and nothing kept of other tests."""
    before = store.current()
    store.use(store.Store())
    found: list[display.Shown] = []
    monkeypatch.setattr("toolkit.report.report.show", found.append)
    yield found
    store.use(before)


def texts(payload: Any) -> Iterator[str]:
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, dict):
        for key, part in payload.items():
            yield from () if key == "spec" else texts(part)
    elif isinstance(payload, (list, tuple)):
        for part in payload:
            yield from texts(part)


def said(found: list[display.Shown]) -> str:
    told = [text for one in found for text in texts(one.payload())]
    assert not [text for text in told if re.search(r"\bnan\b|NaN\b", text)]
    return "\n".join(told)


# ---- the sum itself


@pytest.mark.parametrize(
    ("parts", "least", "absent", "flag", "it", "en"),
    [
        ([], 0.0, 0, "observed", "0\u00a0€", "€0"),
        ([0.0], 0.0, 0, "observed", "0\u00a0€", "€0"),
        ([2.0, 3.0], 5.0, 0, "observed", "5\u00a0€", "€5"),
        (
            [2.0, NAN, 3.0],
            5.0,
            1,
            "lower_bound",
            "almeno 5\u00a0€ (1 di 3 senza importo)",
            "at least €5 (1 of 3 without an amount)",
        ),
        (
            [NAN, NAN],
            NAN,
            2,
            "missing",
            "un importo non noto (2 di 2 senza importo)",
            "an amount not known (2 of 2 without one)",
        ),
    ],
)
def test_a_sum_keeps_what_is_absent(parts: list[float], least: float, absent: int, flag: str, it: str, en: str) -> None:
    for total in (Sum.of_parts(parts), Sum.of_column(pd.Series(parts, dtype=float))):
        assert float(total) == pytest.approx(least, nan_ok=True)
        assert (total.absent, total.of, total.flag) == (absent, len(parts), flag)
        assert np.isnan(total.exact) == bool(absent)
        again = pickle.loads(pickle.dumps(total))
        assert (again.absent, again.of, again.flag) == (absent, len(parts), flag)
        for language, wanted in (("it", it), ("en", en)):
            assert Words(language).format_field(total, "eur") == wanted
    more = Sum.of_parts(parts) + Sum.of_parts([1.0])
    assert (more.absent, more.of) == (absent, len(parts) + 1)
    assert more == (0.0 if np.isnan(least) else least) + 1.0


def test_a_lower_bound_in_a_cell_is_said_and_kept() -> None:
    words = Words("it")
    frame = pd.DataFrame({"name": ["a", "b", "c"], "v": [5.0, NAN, 0.0], "f": ["lower_bound", "missing", "observed"]})
    columns = [display.Column(key="name", label="n"), display.Column(key="v", label="v", unit="EUR", flag="f")]
    shown = display.Table(language="it", id="t", caption="c", data=display.data(frame, columns, words), csv="x-t.csv")
    payload = shown.payload()
    assert [row[1]["t"] for row in payload["rows"]] == ["almeno 5\u00a0€", "n.d.", "0\u00a0€"]
    csv = results.as_csv(payload).splitlines()
    assert csv[1:] == ["a,5.0,EUR,lower_bound", "b,,EUR,missing", "c,0.0,EUR,observed"]
    assert "almeno: somma di ciò che è noto" in display.html(payload)


# ---- projects of ReGiS


def blanked(table: str, column: str, which: Callable[[pd.DataFrame], Any]) -> pd.DataFrame:
    frame = load(table).copy()
    frame.loc[which(frame), column] = NAN
    return frame


def of_bresso() -> list[str]:
    """CUPs located in Bresso whose payment was seen."""
    places, projects = load("regis_locations"), load("regis_projects")
    here = projects["cup"].isin(places.loc[places["istat_code"] == BRESSO, "cup"])
    return sorted(projects.loc[here & (projects["paid_total"] > 0), "cup"])


def placed(projects: pd.DataFrame) -> pd.DataFrame:
    tables = (load("regis_locations"), load("regis_beneficiaries"), load("applications"))
    return pnrr.located(projects, *tables, [BRESSO])


@pytest.mark.parametrize("column", ["finance_pnrr", "paid_pnrr", "paid_total"])
@pytest.mark.parametrize("blanks", [1, 5, 12])
def test_a_blank_of_regis_is_no_zero(column: str, blanks: int) -> None:
    cups = of_bresso()[:blanks]
    rows = placed(blanked("regis_projects", column, lambda frame: frame["cup"].isin(cups)))
    whole, total = pnrr.summary(placed(load("regis_projects"))), pnrr.summary(rows)
    assert total["projects"] == whole["projects"] == 12  # a blank payment is a payment
    kinds = pnrr.by_beneficiary(rows)
    for name, blank in (("finance", column == "finance_pnrr"), ("paid", column == "paid_pnrr")):
        assert (total[name].absent, total[name].of) == (blanks if blank else 0, 12)
        known = rows.loc[rows["payment_seen"], f"{name}_pnrr_part"].sum() if blanks < 12 or not blank else NAN
        assert float(total[name]) == pytest.approx(known, nan_ok=True)
        assert kinds[f"{name}_pnrr_absent"].sum() == total[name].absent
        assert {"lower_bound", "missing"} & set(kinds[f"{name}_pnrr_flag"]) or not total[name].absent
        assert (kinds[f"{name}_pnrr"].isna() == (kinds[f"{name}_pnrr_flag"] == "missing")).all()


def test_the_province_counts_what_lacks() -> None:
    cups = of_bresso()[:3]
    total = pnrr.province_total(blanked("regis_projects", "finance_pnrr", lambda frame: frame["cup"].isin(cups)))
    assert total["all"].absent == 3
    assert total["all"].absent == total["in_municipalities"].absent + total["whole_province"].absent
    assert total["all"] < pnrr.province_total(load("regis_projects"))["all"]


@pytest.mark.parametrize("blank", list(regis.MONEY.values()))
def test_the_adapter_sums_no_part_of_a_project(blank: str) -> None:
    money = dict.fromkeys(regis.MONEY.values(), 1.0)
    key = {"cup": "A", "codice_univoco_submisura": "M1", "data_di_estrazione": "2025-03-31"}
    parts = pd.DataFrame([key | money | {"codice_locale_progetto": code} for code in ("x", "y")])
    parts.loc[1, blank] = NAN
    place = {"codice_locale_progetto": "z", "istat_code": BRESSO, "municipal": True, "local_kind": ""}
    out = regis._projects(pd.DataFrame([key | place | {"cup": "B"}]), parts, {"A"}).set_index("cup")
    for name, column in regis.MONEY.items():
        assert out.loc["A", name] == pytest.approx(NAN if column == blank else 2.0, nan_ok=True)


# ---- grants of PA digitale


def test_grants_without_an_amount() -> None:
    mine = load("applications").query("istat_code == @BRESSO").reset_index(drop=True)
    live = mine.index[mine["state"] != "renounced"]
    mine.loc[live[0], "amount"] = NAN
    totals = pnrr.totals(mine).set_index("state")
    assert totals.loc["live", ["amount_flag", "amount_absent"]].tolist() == ["lower_bound", 1]
    assert totals.loc["renounced", "amount_flag"] == "observed"
    paid = pnrr.payment_totals(pnrr.payments(mine, load("regis_projects")))
    assert paid["live"].absent == paid["seen_paid"].absent + paid["not_seen_paid"].absent == 1
    each = pnrr.per_municipality(mine, [BRESSO, "015002"], populations(2022)).set_index("istat_code")
    assert each["live_flag"].tolist() == ["lower_bound", "observed"]
    assert np.isnan(each.loc[BRESSO, "live_per_resident"])
    assert each.loc["015002", "live"] == 0.0  # no application is no money
    none = pnrr.totals(mine.assign(amount=NAN)).set_index("state")
    assert none["amount"].isna().all()
    assert set(none["amount_flag"]) == {"missing"}
    checked = pnrr.check_applications(mine, load("lump_sums"), lines(), populations(2022))
    assert not checked.loc[live[0], "equal"]


@pytest.mark.parametrize(("known", "share"), [((), NAN), ((1.0,), NAN), ((1e9,), 1.0)])
def test_the_share_of_the_maximum_needs_every_amount_below_it(known: tuple[float, ...], share: float) -> None:
    """What is known may reach the maximum alone; otherwise a blank leaves the share unknown, never zero."""
    call = next(call for call, line in lines().items() if line == "citizen_experience")
    amounts = [NAN, *known]
    rows = load("applications").head(len(amounts)).assign(istat_code=BRESSO, call=call, state="paid", amount=amounts)
    found = pnrr.take_up(rows, load("lump_sums"), {call: lines()[call]}, populations(2022), [BRESSO])
    assert found["share"].iloc[0] == pytest.approx(share, nan_ok=True)
    total = pnrr.take_up_total(found)
    assert total["share"].iloc[0] == pytest.approx(share, nan_ok=True)


def test_a_blank_payment_of_a_release_is_a_payment() -> None:
    mine = load("applications").query("istat_code == @BRESSO")
    before = pnrr.payments(mine, load("regis_projects"))
    cups = set(before.loc[before["payment"].isin(["paid_regis", "paid_both"]), "cup"])
    after = pnrr.payments(mine, blanked("regis_projects", "paid_total", lambda frame: frame["cup"].isin(cups)))
    assert cups
    assert after["payment"].tolist() == before["payment"].tolist()
    assert after.loc[after["cup"].isin(cups), "regis_paid"].isna().all()


def test_an_endowment_not_known_is_no_change_of_zero() -> None:
    history = load("calls_history")
    call = history.groupby("call").size().idxmax()
    rows = history[history["call"] == call].copy()
    rows["endowment"] = 1.0
    rows.iloc[-1, rows.columns.get_loc("endowment")] = NAN
    changes = pnrr.timeline(rows, call)["endowment_change"]
    assert changes.iloc[0] == 0.0
    assert np.isnan(changes.iloc[-1])


# ---- pages


def pnrr_page(
    patch: pytest.MonkeyPatch, found: list[display.Shown], blank: dict[str, pd.DataFrame], **where: str
) -> list[dict[str, Any]]:
    """What the page on calls shows, extra pages included, where cells of tables are blank."""
    table = comparing.Comparing.table

    def blanked_table(report: Any, name: str, **about: str) -> pd.DataFrame:
        read = table(report, name, **about)
        return blank.get(name, read)

    patch.setattr(comparing.Comparing, "table", blanked_table)
    patch.setenv("QUADRO_DEFER_CHARTS", "1")
    execute("pnrr", as_of="2026-11-22", **where)
    said(found)  # nowhere is a number that is none
    payloads = [one.payload() for one in found]
    return [part for one in payloads for part in (one, *one.get("parts", ()))]


def read(shown: list[dict[str, Any]]) -> str:
    """Its sentences, and the cells of its tables."""
    told = [text for one in shown for text in one.get("paragraphs", ())]
    told += [item["text"] for one in shown if one["kind"] == "brief" for item in one["items"]]
    told += [one["title"] for one in shown if one["kind"] == "figure"]
    told += [text for one in shown if one["kind"] == "points" for group in one["groups"] for text in group["items"]]
    return " ".join(told)


@pytest.mark.parametrize(
    ("where", "blanks", "told"),
    [
        ({"municipality": BRESSO, "language": "it"}, 1, "per almeno 2,49 milioni di euro (1 di 12 senza importo)"),
        ({"municipality": BRESSO, "language": "it"}, 12, "per un importo non noto (12 di 12 senza importo)"),
        ({"municipality": BRESSO, "language": "en"}, 12, "worth an amount not known (12 of 12 without one)"),
        ({"area": ZONE, "language": "en"}, 12, "of 88 without an amount)"),
    ],
)
def test_the_page_says_what_regis_lacks(
    where: dict[str, str],
    blanks: int,
    told: str,
    shown: list[display.Shown],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cups = of_bresso()[:blanks]
    projects = blanked("regis_projects", "finance_pnrr", lambda frame: frame["cup"].isin(cups))
    parts = pnrr_page(monkeypatch, shown, {"regis_projects": projects}, **where)
    page = read(parts)
    if "area" in where:
        told = re.search(r"at least €[\d.]+ million \(\d+ of \d+ without an amount\)", page)[0]  # type: ignore[index]
    assert told in page
    flags = {cell["flag"] for cell in cells(parts)}
    assert "lower_bound" in flags or "missing" in flags


def cells(shown: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in shown:
        table = one.get("table", one) if one["kind"] == "figure" else one
        if one["kind"] in ("figure", "table"):
            for row in table["rows"]:
                yield from row


@pytest.mark.parametrize("where", [{"municipality": BRESSO, "language": "it"}, {"area": ZONE, "language": "it"}])
@pytest.mark.parametrize("every", [False, True])
def test_the_page_says_which_grants_lack_an_amount(
    where: dict[str, str], every: bool, shown: list[display.Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    def which(frame: pd.DataFrame) -> Any:
        mine = frame["istat_code"] == BRESSO
        return mine if every else mine & (frame["call"] == frame.loc[mine & (frame["state"] == "paid"), "call"].iloc[0])

    parts = pnrr_page(monkeypatch, shown, {"applications": blanked("applications", "amount", which)}, **where)
    page = read(parts)
    assert re.search(r"senza importo\)", page)
    assert "Di 0\u00a0€ assegnati" not in page
    live = next(one for one in parts if one["kind"] == "close")["results"]["figures"]["live"]
    assert live["flag"] == ("missing" if every and "municipality" in where else "lower_bound")
    assert (live["value"] is None) == (live["flag"] == "missing")


@pytest.mark.parametrize(("code", "wanted"), [("015159", ">0–0.03"), ("015118", ">0–0.01"), ("015059", ">0–")])
def test_a_suppressed_class_of_income_prints_its_bounds(code: str, wanted: str, shown: list[display.Shown]) -> None:
    report = Report("benchmark", municipality=code, it="Redditi", en="Income")
    bounds, printed = report.class_bounds(indicators.latest_classes(report.table("income"), report.groups))
    share = bounds["share"].iloc[0]
    assert share.startswith(wanted)
    assert printed[share].startswith("oltre 0, fino a 0,0")
    assert not re.search(r"(^|–)0,00?\u00a0%", printed[share])


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [
        (0.0, 0.0, ["0.0"]),
        (12.34, 12.34, ["12.3"]),
        (0.03, 0.03, ["0.03"]),
        (12.34, 12.57, ["12.3", "12.6"]),
        (12.31, 12.33, ["12.31", "12.33"]),
        (0.009, 0.028, ["0.00", "0.03"]),
        (0.0, 0.02, ["0.00", "0.02"]),
        (0.001, 0.001, ["0.00", "0.01"]),
    ],
)
def test_bounds_are_told_apart_and_hold_the_truth(low: float, high: float, ends: list[str]) -> None:
    found = apart(low, high)
    assert [str(end) for end in found] == ends
    if len(ends[0].partition(".")[2]) == 2 and len(found) == 2:
        assert float(found[0]) <= low <= high <= float(found[1])


@pytest.mark.parametrize("code", [BRESSO, "015077"])
@pytest.mark.parametrize(
    ("items", "measures"),
    [
        (["class_15000_26000"], ["amount"]),
        (["class_15000_26000", "class_gt_120000"], ["amount", "count"]),
        (["taxpayers"], ["count"]),
        (["taxable_income"], ["amount"]),
    ],
)
def test_an_area_with_a_member_that_lacks_a_figure_prints_no_sum_of_the_rest(
    code: str, items: list[str], measures: list[str], shown: list[display.Shown]
) -> None:
    report = Report("benchmark", area=ZONE, it="Redditi", en="Income")
    frame = report.table("income").copy()
    at = (frame["istat_code"] == code) & frame["item"].isin(items) & frame["measure"].isin(measures)
    at &= frame["year"] <= 2021 if items[0].startswith("class") else True
    frame["flag"] = frame["flag"].astype(object)
    frame.loc[at, ["value", "flag"]] = [NAN, "confidential"]
    declared = report.compare(indicators.income_per_taxpayer(frame))
    report.text(it="Si dichiara in media {own}.", en="{own} is declared on average.", **declared.facts)
    report.comparisons(declared, id="income", it="Reddito", en="Income")
    gini = indicators.gini_table(indicators.latest_classes(frame, report.groups), report.groups)
    own = gini[gini["territory"] == report.own].iloc[0]
    whole = items[0] in ("taxpayers", "taxable_income")
    assert ("Si dichiara" not in said(shown)) == whole
    assert ("dato riservato" in said(shown)) == whole
    lost = items[0] == "taxpayers" or (measures == ["amount"] and items[0].startswith("class"))
    assert np.isnan(own["low"]) == lost
    assert own["flag"] in (("missing", "confidential") if lost else ("observed",))


@pytest.mark.parametrize(
    ("share", "told"), [(0.0, "0,0"), (0.04, "0,04"), (0.0196, "0,02"), (0.0004, "0,0004"), (0.05, "0,1")]
)
def test_a_small_share_is_not_printed_as_none(share: float, told: str) -> None:
    assert Words("it").value(share, "percent") == f"{told}\u00a0%"


# ---- policies


@pytest.mark.parametrize("every", [False, True])
def test_money_of_a_policy_with_a_blank_grant(every: bool, shown: list[display.Shown]) -> None:
    report = Report("impact", municipality=BRESSO, language="it", it="x", en="x")
    frame = report.table("applications").copy()
    mine = frame.index[(frame["istat_code"] == BRESSO) & (frame["state"] != "renounced")]
    frame.loc[mine if every else mine[:1], "amount"] = NAN
    report._tables["applications"] = frame
    one = next(one for one in Policies(report).here if one.name == "pnrr-digital")
    assert one.expected().empty
    assert not one.money_known
    assert "senza importo" in one.money_said
    report.text(it="{place:At} {own}.", en="{place:At} {own}.", **Policies(report).grants())
    assert "senza importo" in said(shown)
