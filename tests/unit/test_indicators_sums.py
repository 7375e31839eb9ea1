"""Sums of municipalities into territories, and the arithmetic of figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit import indicators
from toolkit.errors import DataError
from toolkit.indicators.figures import less, pick, pick_total, ratio, share_of_parent, total


def rows(**values):
    """One item of 2021: code -> value or (value, flag)."""
    found = []
    for code, value in values.items():
        number, flag = value if isinstance(value, tuple) else (value, "observed")
        found.append((code, 2021, "residents", number, "persons", flag))
    return pd.DataFrame(found, columns=["istat_code", "year", "item", "value", "unit", "flag"])


NAN = float("nan")


def one(frame):
    return frame["value"].iloc[0], frame["flag"].iloc[0]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"a": 3, "b": 4}, (7, "observed")),
        ({"a": 3, "b": 0}, (3, "observed")),
        ({"a": 0, "b": 0}, (0, "observed")),
        ({"a": 3, "b": (4, "estimated")}, (7, "estimated")),
        ({"a": (3, "break"), "b": (4, "estimated")}, (7, "break")),
        ({"a": 3, "b": (NAN, "confidential")}, (NAN, "confidential")),
        ({"a": (NAN, "missing"), "b": (NAN, "confidential")}, (NAN, "missing")),
    ],
)
def test_sum_has_the_worst_flag_and_no_partial_value(members, expected):
    value, flag = one(indicators.aggregate(rows(**members), {"both": ["a", "b"]}))
    assert flag == expected[1]
    assert value == expected[0] or (np.isnan(value) and np.isnan(expected[0]))


def test_member_without_a_row_makes_the_sum_missing():
    assert one(indicators.aggregate(rows(a=3), {"both": ["a", "b"]}))[1] == "missing"
    frame = pd.concat([rows(a=3, b=4), rows(a=5).assign(year=2022)])
    later = indicators.aggregate(frame, {"both": ["a", "b"]}).query("year == 2022")
    assert one(later)[1] == "missing"


def test_territories_may_overlap_and_keep_their_order():
    result = indicators.aggregate(rows(a=1, b=2, c=4), {"z": ["c", "a"], "a": ["a"], "all": ["a", "b", "c"]})
    assert list(result["territory"]) == ["z", "a", "all"]
    assert list(result["value"]) == [5, 1, 7]


def test_order_of_rows_does_not_matter():
    frame = pd.concat([rows(a=1, b=2, c=4), rows(a=5, b=6, c=7).assign(year=2022)], ignore_index=True)
    groups = {"x": ["a", "b"], "y": ["c"]}
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(indicators.aggregate(frame, groups), indicators.aggregate(shuffled, groups))


@pytest.mark.parametrize(
    ("frame", "groups", "message"),
    [
        (rows(a=1), {"x": []}, "at least one code"),
        (rows(a=1), {"x": "a"}, "at least one code"),
        (rows(a=1), {}, "no territory"),
        (rows(a=1), {"x": ["a", "a"]}, "twice"),
        (rows(a=1), {"x": ["b"]}, "no row for any member"),
        (rows(a=(1, "guess")), {"x": ["a"]}, "'guess' is not a flag"),
        (rows(a=NAN), {"x": ["a"]}, "an empty value is flagged 'observed'"),
        (pd.concat([rows(a=1), rows(a=2)]), {"x": ["a"]}, "a figure appears twice"),
        (rows(a=1, b=2).assign(unit="percent"), {"x": ["a", "b"]}, "do not add up"),
        (rows(a=1).drop(columns="flag"), {"x": ["a"]}, "column flag is not in the table"),
    ],
)
def test_bad_input_is_named(frame, groups, message):
    with pytest.raises(DataError, match=message):
        indicators.aggregate(frame, groups)


def test_ordinal_and_rates_are_never_summed():
    ordinal = rows(a=3, b=9).assign(unit="decile", item="rank")
    frame = pd.concat([rows(a=1, b=2), ordinal])
    result = indicators.aggregate(frame, {"a": ["a"], "both": ["a", "b"]})
    assert set(result[result["territory"] == "both"]["item"]) == {"residents"}
    assert set(result[result["territory"] == "a"]["item"]) == {"residents", "rank"}
    scaled = rows(a=1, b=2).assign(scale="ordinal")
    with pytest.raises(DataError, match="do not add up"):
        indicators.aggregate(scaled, {"both": ["a", "b"]})


def series(unit="persons", flag="observed", **values):
    return pd.DataFrame(
        {
            "territory": list(values),
            "year": 2021,
            "value": [float(v) for v in values.values()],
            "unit": unit,
            "flag": flag,
        }
    )


def test_ratio_refuses_unlike_units_and_years():
    with pytest.raises(DataError, match="the denominator is in local_units"):
        ratio(series(a=1), series("local_units", a=2), units=("persons", "persons"))
    with pytest.raises(DataError, match="no year in common"):
        ratio(series(a=1), series(a=2).assign(year=2019), units=("persons", "persons"))


def test_ratio_by_zero_is_missing_and_zero_stays_zero():
    result = ratio(series(a=1, b=0), series(a=0, b=5), units=("persons", "persons"))
    assert list(result["flag"]) == ["missing", "observed"]
    assert np.isnan(result["value"].iloc[0])
    assert result["value"].iloc[1] == 0.0


def test_ratio_matches_territories_not_positions():
    result = ratio(series(a=10, b=20), series(b=2, a=5), units=("persons", "persons"))
    assert list(result["value"]) == [2, 10]


def test_total_and_less():
    assert list(total(series(a=1, b=2), series(b=5, a=3))["value"]) == [4, 7]
    assert list(less(series(a=1), series(a=3))["value"]) == [-2]
    assert list(total(series(a=1), series(flag="break", a=3))["flag"]) == ["break"]
    with pytest.raises(DataError, match="unlike units"):
        total(series(a=1), series("EUR", a=1))
    with pytest.raises(DataError, match="same territories"):
        total(series(a=1, b=2), series(a=1))


def test_pick_total_equals_total_of_picks():
    frame = pd.concat([rows(a=1, b=2), rows(a=5, b=(6, "break")).assign(item="x")])
    summed = indicators.aggregate(frame, {"b": ["b"], "a": ["a"]})
    both = pick_total(summed, ["residents", "x"])
    expected = total(pick(summed, item="residents"), pick(summed, item="x"))
    assert list(both["territory"]) == ["b", "a"]
    assert list(both["value"]) == list(expected["value"]) == [8, 6]
    assert list(both["flag"]) == ["break", "observed"]
    with pytest.raises(DataError, match="no rows with item = 'z'"):
        pick_total(summed, ["x", "z"])


def test_pick_names_what_there_is():
    summed = indicators.aggregate(rows(a=1), {"a": ["a"]})
    with pytest.raises(DataError, match="no rows with item = 'jobs'") as error:
        pick(summed, item="jobs")
    assert error.value.allowed == "residents"


def test_share_of_parent_is_by_year():
    both = pd.concat([series(a=1, p=4), series(a=3, p=4).assign(year=2022)], ignore_index=True)
    result = share_of_parent(both, "p", unit="persons").set_index(["territory", "year"])["value"]
    assert result["a", 2021] == 25
    assert result["a", 2022] == 75
    assert result["p", 2022] == 100


def test_parent_must_be_given_and_contain():
    frame = {"population": rows(a=1, b=2, c=3)}
    with pytest.raises(DataError, match="needs a parent"):
        indicators.compute("share_residents", frame, {"x": ["a"]})
    with pytest.raises(DataError, match="'x' is not inside 'p': c is outside"):
        indicators.compute("share_residents", frame, {"x": ["a", "c"], "p": ["a", "b"]}, parent="p")


def test_shares_of_different_parents_are_not_compared():
    frame = {"population": rows(a=1, b=2, c=3)}
    small = indicators.compute("share_residents", frame, {"x": ["a"], "p": ["a", "b"]}, parent="p")
    large = indicators.compute("share_residents", frame, {"x": ["a"], "q": ["a", "b", "c"]}, parent="q")
    with pytest.raises(DataError, match="different parent are not comparable: p and q"):
        indicators.one_series(pd.concat([small, large]))


def test_self_containment_has_no_row_for_an_area():
    items = {"outgoing": 8, "incoming": 3, "internal": 2}
    frame = pd.concat([rows(a=v, b=v).assign(item=i) for i, v in items.items()])
    result = indicators.compute("supply_self_containment", {"commuting": frame}, {"a": ["a"], "ab": ["a", "b"]})
    assert list(result["territory"]) == ["a"]
    with pytest.raises(DataError, match="defined for single municipalities"):
        indicators.compute("supply_self_containment", {"commuting": frame}, {"ab": ["a", "b"]})


def yearly(**values):
    """Years of one territory, y2018=(value, flag)."""
    found = [("a", int(y[1:]), *(v if isinstance(v, tuple) else (v, "observed"))) for y, v in values.items()]
    return pd.DataFrame(found, columns=["territory", "year", "value", "flag"])


def test_spans_end_at_breaks_and_pass_over_absent_years():
    span = indicators.spans(
        yearly(y2018=9, y2019=(10, "break"), y2020=11, y2021=(NAN, "missing"), y2022=12, y2023=(20, "break"))
    )
    assert span[["first", "last", "value_first", "value_last"]].to_numpy().tolist() == [[2019, 2022, 10, 12]]


def test_an_absent_year_hides_no_break():
    other = yearly(y2018=9, y2019=(10, "break"), y2020=11).assign(territory="b")
    mine = yearly(y2018=5, y2019=(NAN, "missing"), y2020=6)
    both = pd.concat([other, mine], ignore_index=True)
    assert list(indicators.spans(both)["territory"]) == ["b"]
    with pytest.raises(DataError, match="a break in series lies between 2018 and 2020"):
        indicators.change(both[both["year"] != 2021], 2018, 2020)


def test_change_starts_from_a_break_but_does_not_cross_it():
    frame = yearly(y2018=9, y2019=(10, "break"), y2020=12)
    result = indicators.change(frame, 2019, 2020)
    assert result["value"].iloc[0] == pytest.approx(20)
    assert result["flag"].iloc[0] == "observed"
    assert indicators.change(frame, 2019, 2020, relative=False)["value"].iloc[0] == 2
    with pytest.raises(DataError, match="break in series"):
        indicators.change(frame, 2018, 2020)
    with pytest.raises(DataError, match="no change from 2020 to 2021"):
        indicators.change(frame, 2020, 2021)


def test_change_of_absent_or_zero_is_absent():
    frame = pd.concat([yearly(y2020=0, y2021=5), yearly(y2020=(NAN, "confidential"), y2021=5).assign(territory="b")])
    result = indicators.change(frame, 2020, 2021)
    assert list(result["flag"]) == ["missing", "confidential"]
    assert result["value"].isna().all()


def test_change_refuses_a_cross_section_and_a_rank():
    frame = yearly(y2020=1, y2021=5)
    with pytest.raises(DataError, match="cross-section"):
        indicators.change(frame.assign(indicator="self_employed_per_1000"), 2020, 2021)
    with pytest.raises(DataError, match="is a rank"):
        indicators.change(frame.assign(indicator="fragility_decile"), 2020, 2021)
