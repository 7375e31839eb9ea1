"""Input-output by hand and on Italy 2016, Flegg's quotient by its properties, ranges by their seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import impact
from toolkit.errors import MethodError

# Two industries, two products; industry 1 also makes some of product 2 (Miller and Blair style, worked by hand below).
LONG = pd.DataFrame(
    [
        ("supply", "p1", "i1", 90.0), ("supply", "p2", "i1", 10.0), ("supply", "p2", "i2", 110.0),
        ("use", "p1", "i1", 20.0), ("use", "p1", "i2", 40.0), ("use", "p2", "i1", 30.0), ("use", "p2", "i2", 10.0),
        ("final_use", "p1", "households", 30.0), ("final_use", "p1", "exports", 20.0),
        ("final_use", "p2", "households", 90.0), ("final_use", "p2", "exports", 20.0),
        ("imports", "p1", "imports", 20.0), ("imports", "p2", "imports", 30.0),
        ("primary", "value_added", "i1", 48.0), ("primary", "value_added", "i2", 58.0),
        ("primary", "intermediate", "i1", 52.0), ("primary", "intermediate", "i2", 52.0),
    ],
    columns=["table", "row", "column", "value"],
)  # fmt: skip


def test_model_d_by_hand() -> None:
    tables = impact.SupplyUse.of(LONG)
    assert tables.balances()["difference"].abs().max() == 0
    total = impact.industry_by_industry(tables, domestic=False)
    # Industry 1 sells all of p1 and 10/120 of p2.
    assert total.flows.loc["i1"].to_numpy() == pytest.approx([20 + 30 / 12, 40 + 10 / 12])
    assert total.flows.loc["i2"].to_numpy() == pytest.approx([30 * 11 / 12, 10 * 11 / 12])
    home = impact.industry_by_industry(tables)
    # Home use of p1 is 90 (of which 20 imported), of p2 130 (30 imported).
    d1, d2 = 1 - 20 / 90, 1 - 30 / 130
    assert home.flows.loc["i1"].to_numpy() == pytest.approx([20 * d1 + 30 * d2 / 12, 40 * d1 + 10 * d2 / 12])
    assert home.domestic_share["i2"] == pytest.approx(d2)
    # Rows close: domestic flows and domestic final use make output.
    final = pd.Series({"p1": 30 * d1 + 20, "p2": 90 * d2 + 20})
    sold = home.flows.sum(axis=1) + pd.Series({"i1": final["p1"] + final["p2"] / 12, "i2": final["p2"] * 11 / 12})
    assert sold.to_numpy() == pytest.approx(home.output.to_numpy())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.assign(value=d["value"].where(d.index != 3)), "missing or infinite value"),
        (lambda d: pd.concat([d, d.iloc[[0]]]), "duplicated cells"),
        (lambda d: d[d["table"] != "imports"], "no part 'imports'"),
        (lambda d: d[d["row"] != "value_added"], "no row 'value_added'"),
        (lambda d: d.rename(columns={"row": "line"}), "needs the columns"),
    ],
)
def test_bad_tables(change, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        impact.SupplyUse.of(change(LONG))


def test_an_unbalanced_table_names_the_line() -> None:
    off = impact.SupplyUse.of(LONG.assign(value=LONG["value"].where(LONG.index != 7, 33.0)))
    with pytest.raises(MethodError, match="product 'p1' is off by"):
        off.check(0.4)
    impact.SupplyUse.of(LONG).check(0.0)


def italy(shared: Path) -> impact.SupplyUse:
    """Italy 2016, 65 industries, from the published cross tables."""

    def read(name: str) -> pd.DataFrame:
        table = pd.read_csv(shared / "sources" / "io" / name, index_col=0)
        return table.apply(pd.to_numeric, errors="coerce")

    supply, use = read("IT2016_supply.csv"), read("IT2016_use_basic.csv")
    industries, products = list(supply.index[:65]), list(supply.columns[:65])
    final = {
        "Final consumption expenditure by households": "households",
        "Final consumption expenditure by non-profit organisations serving households (NPISH)": "npish",
        "Final consumption expenditure by government": "government",
        "Gross fixed capital formation": "investment",
        "Changes in inventories and acquisition less disposals of valuables": "inventories",
        "Exports of goods and services": "exports",
    }
    return impact.SupplyUse(
        supply=supply.loc[industries, products].T,
        use=use.loc[products, industries],
        final=use.loc[products, list(final)].rename(columns=final),
        imports=supply.loc["Imports of goods and services", products],
        value_added=use.loc["Value added, gross", industries],
        intermediate=use.loc["Intermediate consumption", industries],
    )


RENTS = "Imputed rents of owner-occupied dwellings"


def test_italy_2016(shared: Path) -> None:
    tables = italy(shared)
    tables.check(0.41)  # published to one decimal: 0.4 million EUR
    assert tables.value_added.sum() == pytest.approx(1_522_917, abs=1)
    nation = impact.industry_by_industry(tables)
    made = impact.multipliers(nation.coefficients)
    means = impact.mean_multipliers(made, nation.output)
    assert means["all"] == pytest.approx(1.768, abs=0.0005)
    assert means["producing"] == pytest.approx(1.780, abs=0.0005)
    assert (nation.output > 0).sum() == 64
    # Value added, imports and taxes are all that final demand ends in.
    added = impact.multipliers(nation.coefficients, nation.value_added_coefficients)
    assert ((added >= 0) & (added <= 1 + 1e-4)).all()  # one industry has value added 0.1 above its output, by rounding
    derived = pd.read_csv(shared / "sources" / "io" / "DERIVED_IT2016_Z_ixi_domestic_prop_MEUR.csv", index_col=0)
    assert np.abs(derived.to_numpy() - nation.flows.to_numpy()).max() < 0.06


def test_italy_has_no_employment_and_jobs_are_refused(shared: Path) -> None:
    nation = impact.industry_by_industry(italy(shared))
    for jobs in (None, nation.output * 0.0, nation.output * np.nan):
        with pytest.raises(MethodError, match="no employment by industry"):
            impact.employment_multipliers(nation.coefficients, jobs, nation.output)


def test_leontief_refuses_what_is_no_economy() -> None:
    with pytest.raises(MethodError, match="use as much as they produce"):
        impact.leontief_inverse(pd.DataFrame([[0.5, 0.6], [0.6, 0.5]]))
    with pytest.raises(MethodError, match="square"):
        impact.leontief_inverse(pd.DataFrame([[0.5, 0.6]]))
    with pytest.raises(MethodError, match="same order"):
        impact.technical_coefficients(
            pd.DataFrame(1.0, index=["a", "b"], columns=["b", "a"]), pd.Series({"a": 1.0, "b": 1.0})
        )


def test_an_industry_without_a_value_is_not_zero() -> None:
    coefficients, output = pd.DataFrame([[0.2, 0.3], [0.4, 0.1]]), pd.Series([10.0, 20.0])
    elsewhere = pd.Series([1.0, 2.0], index=["a", "b"])
    with pytest.raises(MethodError, match="employment: no value for industry 0"):
        impact.employment_multipliers(coefficients, elsewhere, output)
    with pytest.raises(MethodError, match="no value for industry 1"):
        impact.multipliers(coefficients, pd.Series([1.0], index=[0]))
    with pytest.raises(MethodError, match="labour income: no value for industry 1"):
        impact.households_closed(coefficients, pd.Series([0.1]), pd.Series([0.1, 0.2]))
    with pytest.raises(MethodError, match="negative number of jobs"):
        impact.employment_multipliers(coefficients, pd.Series([-1.0, 2.0]), output)
    with pytest.raises(MethodError, match="no industry has output"):
        impact.mean_multipliers(pd.Series([1.0, 2.0]), pd.Series([0.0, 0.0]))
    with pytest.raises(MethodError, match="must be numbers"):
        impact.leontief_inverse(pd.DataFrame([["a", 1], [1, 2]]))


def test_means_may_leave_out_imputed_rents(shared: Path) -> None:
    nation = impact.industry_by_industry(italy(shared))
    made = impact.multipliers(nation.coefficients)
    kept = made.drop(RENTS)
    assert impact.mean_multipliers(made, nation.output, without=[RENTS])["all"] == pytest.approx(kept.mean())


def test_households_closed_needs_a_share_and_leaks() -> None:
    A = pd.DataFrame([[0.15, 0.25], [0.20, 0.05]])
    income, spending = pd.Series([0.30, 0.25]), pd.Series([0.05, 0.40])
    all_stay = impact.households_closed(A, income, spending)["truncated"]
    half = impact.households_closed(A, income, spending, retained=0.5)["truncated"]
    none = impact.households_closed(A, income, spending, retained=0.0)
    assert (all_stay > half).all()
    assert (half > none["truncated"]).all()
    assert none["truncated"].to_numpy() == pytest.approx(none["simple"].to_numpy())
    with pytest.raises(MethodError, match="between 0 and 1"):
        impact.households_closed(A, income, spending, retained=1.2)


def test_aggregation_keeps_totals(shared: Path) -> None:
    nation = impact.industry_by_industry(italy(shared))
    groups = {name: ("goods" if i < 27 else "services") for i, name in enumerate(nation.output.index)}
    small = nation.aggregate(groups)
    assert small.flows.to_numpy().sum() == pytest.approx(nation.flows.to_numpy().sum())
    assert small.value_added.sum() == pytest.approx(nation.value_added.sum())
    assert list(small.output.index) == ["goods", "services"]
    with pytest.raises(MethodError, match="is in no group"):
        nation.aggregate({RENTS: "x"})


def test_blocks_are_spread_by_size_and_add_up() -> None:
    groups = {"a": "goods", "b": "goods", "c": "services"}
    size = pd.Series([10.0, 30, 5], NAMES)
    nation = impact.spread_blocks(pd.Series({"goods": 400.0, "services": 600}), groups, size)
    assert nation.to_dict() == pytest.approx({"a": 100, "b": 300, "c": 600})
    region = impact.spread_blocks(pd.Series({"goods": 60.0, "services": 40}), groups, size)
    quotients = impact.location_quotients(region, nation)
    assert quotients["a"] == pytest.approx(quotients["b"])
    with pytest.raises(MethodError, match="no total for block 'services'"):
        impact.spread_blocks(pd.Series({"goods": 400.0}), groups, size)
    with pytest.raises(MethodError, match="no industry to give it to"):
        impact.spread_blocks(pd.Series({"goods": 400.0, "services": 600}), groups, size * 0)


# Flegg's quotient

jobs = st.lists(st.floats(1.0, 1e6), min_size=3, max_size=3)
shares = st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3)
NAMES = ["a", "b", "c"]
A3 = pd.DataFrame([[0.1, 0.2, 0.0], [0.3, 0.1, 0.2], [0.1, 0.1, 0.3]], index=NAMES, columns=NAMES)


@settings(max_examples=60)
@given(jobs, shares, st.floats(0, 0.99))
def test_regional_coefficients_never_exceed_national_ones(national: list, part: list, delta: float) -> None:
    nation = pd.Series(national, NAMES)
    region = nation * pd.Series(part, NAMES)
    if region.sum() < 1e-6:
        return
    regional = impact.regional_coefficients(A3, region, nation, delta)
    assert (regional.to_numpy() <= A3.to_numpy() + 1e-12).all()
    assert (regional.to_numpy() >= 0).all()
    absent = (region == 0).to_numpy()
    assert (regional.to_numpy()[absent] == 0).all()
    # Type I multipliers of the region are between 1 and the nation's.
    made = impact.multipliers(regional)
    assert (made >= 1 - 1e-12).all()
    assert (made <= impact.multipliers(A3) + 1e-9).all()


@settings(max_examples=30)
@given(jobs, st.floats(0, 0.99))
def test_the_nation_is_its_own_region(national: list, delta: float) -> None:
    nation = pd.Series(national, NAMES)
    assert impact.regional_coefficients(A3, nation, nation, delta).to_numpy() == pytest.approx(A3.to_numpy())


def test_flegg_by_hand() -> None:
    nation, region = pd.Series([100.0, 300, 600], NAMES), pd.Series([20.0, 30, 50], NAMES)
    slq = np.array([0.2, 0.1, 50 / 600]) / 0.1
    assert impact.location_quotients(region, nation).to_numpy() == pytest.approx(slq)
    factor = np.log2(1.1) ** 0.3
    assert impact.size_factor(region, nation, 0.3) == pytest.approx(factor)
    found = impact.flegg_quotients(region, nation, 0.3)
    assert found.loc["b", "a"] == pytest.approx(slq[1] / slq[0] * factor)
    assert found.loc["c", "b"] == pytest.approx(slq[2] / slq[1] * factor)
    assert found.loc["a", "a"] == pytest.approx(min(slq[0] * factor, 1))
    assert found.loc["a", "c"] == pytest.approx(min(slq[0] / slq[2] * factor, 1))
    # A larger δ, a smaller region: less is supplied at home.
    assert (impact.flegg_quotients(region, nation, 0.5) <= found + 1e-12).all().all()


def test_flegg_refusals() -> None:
    nation, region = pd.Series([100.0, 300, 600], NAMES), pd.Series([20.0, 30, 50], NAMES)
    for bad, message in (
        (region * 0, "adds to zero"),
        (region * 100, "more in the region than in the nation"),
        (-region, "not negative"),
        (region.where(region > 25), "finite"),
        (region[::-1], "same order"),
    ):
        with pytest.raises(MethodError, match=message):
            impact.flegg_quotients(bad, nation, 0.3)
    with pytest.raises(MethodError, match="outside its range"):
        impact.flegg_quotients(region, nation, 1.0)


# Ranges


def economy() -> impact.InputOutput:
    output = pd.Series([1000.0, 2000, 3000], NAMES)
    return impact.InputOutput(
        A3.mul(output, axis=1), output, output * (1 - A3.sum()) * 0.9, True, pd.Series([0.5, 0.9, 1.0], NAMES)
    )


GRANT = impact.Grant(
    10e6,
    additionality=impact.Range(0.2, 0.5, 0.8),
    composition={"a": impact.Range(0.4, 0.5, 0.6), "b": impact.Range(0.4, 0.5, 0.6)},
)
SIZES = {"weights_nation": pd.Series([100.0, 300, 600], NAMES), "weights_region": pd.Series([20.0, 30, 50], NAMES)}


def test_certain_assumptions_give_the_product_of_the_chain() -> None:
    sure = impact.Grant(
        1e6,
        additionality=impact.Range(0.5, 0.5, 0.5),
        composition={"a": impact.Range(1, 1, 1)},
        leverage=impact.Range(1, 1, 1),
        delta=impact.Range(0.3, 0.3, 0.3),
    )
    nation = economy()
    found = impact.expect(sure, nation, jobs_nation=pd.Series([10.0, 20, 30], NAMES) * 1000, **SIZES)
    table = found.ranges.set_index(["area", "measure"])
    spent_at_home = 1e6 * 2 * 0.5 * 0.5  # grant · (1 + leverage) · additionality · domestic share of a
    assert table.loc[("national", "output"), "middle"] == pytest.approx(
        spent_at_home * impact.multipliers(nation.coefficients)["a"]
    )
    regional = impact.regional_coefficients(nation.coefficients, SIZES["weights_region"], SIZES["weights_nation"], 0.3)
    direct = impact.direct_purchases(SIZES["weights_region"], SIZES["weights_nation"], 0.3)["a"]
    added = impact.multipliers(regional, nation.value_added_coefficients)["a"]
    row = table.loc[("regional", "value_added")]
    assert row["middle"] == pytest.approx(spent_at_home * direct * added)
    assert row["low"] == pytest.approx(row["high"])
    jobs_per_million = pd.Series([10.0, 10, 10], NAMES)
    expected = spent_at_home / 1e6 * impact.multipliers(nation.coefficients, jobs_per_million)["a"]
    assert table.loc[("national", "jobs"), "middle"] == pytest.approx(expected)
    costs = found.costs.set_index(["area", "measure"])["middle"]
    assert costs["national", "eur_per_job"] == pytest.approx(1e6 / expected)
    assert found.drivers.empty


def test_ranges_are_seeded_ordered_and_regional_is_below_national() -> None:
    first, again = (impact.expect(GRANT, economy(), seed=4, **SIZES) for _ in range(2))
    assert first.ranges.equals(again.ranges)
    assert not first.ranges.equals(impact.expect(GRANT, economy(), seed=5, **SIZES).ranges)
    table = first.ranges
    assert ((table["low"] < table["middle"]) & (table["middle"] < table["high"])).all()
    by = table.set_index(["area", "measure"])["middle"]
    assert by["regional", "output"] < by["national", "output"]
    draws = first.draws
    assert (draws["regional:value_added"] <= draws["national:value_added"]).all()
    assert draws[["share:a", "share:b"]].sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_what_drives_the_range() -> None:
    found = impact.expect(GRANT, economy(), **SIZES).drivers
    assert found["assumption"].iloc[0] == "additionality"
    assert found["share"].sum() == pytest.approx(1)
    assert found.set_index("assumption").loc["delta", "rank_correlation"] < 0


def test_interpolating_delta_changes_nothing_that_matters() -> None:
    found = impact.expect(GRANT, economy(), draws=200, **SIZES).draws
    one = found.iloc[17]
    nation = economy()
    regional = impact.regional_coefficients(
        nation.coefficients, SIZES["weights_region"], SIZES["weights_nation"], one["delta"]
    )
    direct = impact.direct_purchases(SIZES["weights_region"], SIZES["weights_nation"], one["delta"])
    spending = pd.Series([one["share:a"], one["share:b"], 0.0], NAMES) * 10e6 * one["additionality"]
    exact = float((spending * nation.domestic_share * direct * impact.multipliers(regional)).sum())
    assert one["regional:output"] == pytest.approx(exact, rel=1e-5)


def test_what_is_missing_is_said() -> None:
    bare = impact.expect(GRANT, economy())
    keys = {note.key for note in bare.notes}
    assert keys == {
        f"impact.note.{name}" for name in ("type_one_only", "basic_prices", "jobs_missing", "region_missing")
    }
    assert set(bare.ranges["measure"]) == {"output", "value_added"}
    assert set(bare.ranges["area"]) == {"national"}
    zeros = impact.expect(GRANT, economy(), jobs_nation=pd.Series(0.0, NAMES))
    assert "impact.note.jobs_missing" in {note.key for note in zeros.notes}


@pytest.mark.parametrize(
    ("grant", "how", "message"),
    [
        (impact.Grant(0.0, GRANT.additionality, GRANT.composition), {}, "moves nothing"),
        (impact.Grant(1e6, GRANT.additionality, {}), {}, "say on what the grant is spent"),
        (impact.Grant(1e6, GRANT.additionality, {"z": impact.Range(1, 1, 1)}), {}, "unknown industry 'z'"),
        (impact.Grant(1e6, impact.Range(0, 1, 1.2), GRANT.composition), {}, "additionality lies between"),
        (impact.Grant(1e6, GRANT.additionality, {"a": impact.Range(-1, 0, 1)}), {}, "negative"),
        (GRANT, {"imputed_rents": ["a"]}, "imputed"),
        (GRANT, {"draws": 3}, "too few"),
    ],
)
def test_refusals(grant: impact.Grant, how: dict, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        impact.expect(grant, economy(), **how)


def test_ranges_must_be_in_order() -> None:
    with pytest.raises(MethodError, match="must be in order"):
        impact.Range(0.5, 0.2, 0.8)
    with pytest.raises(MethodError, match="three finite numbers"):
        impact.Range(0.5, float("nan"), 0.8)


def test_imputed_rents_weigh_nothing(shared: Path) -> None:
    nation = impact.industry_by_industry(italy(shared))
    size = nation.value_added.clip(lower=0)
    machines = next(name for name in nation.output.index if "machinery and equipment n.e.c" in name)
    grant = impact.Grant(10e6, GRANT.additionality, {machines: impact.Range(1, 1, 1)})
    how = {"weights_nation": size, "imputed_rents": [RENTS]}
    less = impact.expect(grant, nation, weights_region=size * 0.1, **how).ranges
    more_rents = (size * 0.1).where(size.index != RENTS, size * 0.9)
    assert impact.expect(grant, nation, weights_region=more_rents, **how).ranges.equals(less)
