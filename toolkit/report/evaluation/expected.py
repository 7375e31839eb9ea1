"""What can be expected of the money: ranges, national and metropolitan, with the assumptions that drive them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit import display
from toolkit.charts import placed as charts
from toolkit.params.policy import ExAnte
from toolkit.partial import Sum
from toolkit.report.evaluation.case import Case, Concerned

TABLES = ["supply_use", "national_employment", "metro_employment", "policy_series"]
BOUNDS = ("low", "middle", "high")
AREAS = {"national": "col_italy", "regional": "col_metropolitan"}
MEASURES = ("output", "value_added", "jobs", "eur_per_job", "eur_per_eur_value_added")


def ranges(case: Case, one: Concerned) -> dict[str, dict[str, dict[str, float]]]:
    """area → measure → low, middle, high, for the money of the policy or of the territory; empty where there is none,
    or a part of it is absent: a range of the rest would be too low."""
    money, rows = case.money(one), case.ex_ante(one)
    if not money or _unknown(money) or rows.empty or one.policy.ex_ante is None:
        return {}
    scale = money if one.policy.ex_ante.per_euro else 1.0
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows[rows["part"].str.match("range_|cost_")].to_dict("records"):
        kind, area = row["part"].split("_", 1)
        measure, bound = row["item"].split(":")
        value = row["value"] * (scale if kind == "range" else 1.0)
        found.setdefault(area, {}).setdefault(measure, {})[bound] = value
    return found


def ahead(case: Case) -> None:
    """Ranges, costs, drivers and the territory's share, for each policy that has money and a composition."""
    shown = False
    for one in case.here:
        if _unknown(money := case.money(one)):
            case.report.text(case.say("ahead_unknown", policy=case.title(one), amount=money))
            shown = True
        found = ranges(case, one)
        if found:
            _show(case, one, found)
            shown = True
    if not shown:
        case.report.text(case.say("ahead_none"))


def _unknown(money: float | None) -> bool:
    return isinstance(money, Sum) and money.absent > 0


def sentence(case: Case, one: Concerned) -> str:
    """The range of value added in one sentence; empty where there is none."""
    found = ranges(case, one)
    if not found:
        return ""
    nation, region = found["national"]["value_added"], found["regional"]["value_added"]
    about = {"policy": case.title(one), "amount": case.money(one)}
    bounds = {"low": nation["low"], "high": nation["high"], "rlow": region["low"], "rhigh": region["high"]}
    return case.say("ahead", **about, **bounds)


def _show(case: Case, one: Concerned, found: dict[str, dict[str, dict[str, float]]]) -> None:
    said = [sentence(case, one)]
    if one.policy.ex_ante and one.policy.ex_ante.per_euro:
        own = {"policy": case.title(one), "place": case.report.place, "amount": case.money(one)}
        said.insert(0, case.say("ahead_own", **own))
    elif (share := _share(case)) < 1:
        region = found["regional"]["value_added"]
        bounds = {bound: share * region[bound] for bound in ("low", "high")}
        about = {"place": case.report.place, "share": 100 * share, "year": case.report.last_year("local_units")}
        said.append(case.say("ahead_share", **about, **bounds))
    case.report.text(*said)
    _figure(case, one, found)
    case.report.show(ranges_table(case, one))
    _drivers(case, one)
    for area, measures in found.items():
        for measure, bounds in measures.items():
            case.report.keep(f"{one.name}:{area}:{measure}", **bounds)


def _share(case: Case) -> float:
    """The territory's share of persons employed in the metropolitan city, 2018; NaN where some are absent."""
    table = case.report.table("local_units").query("item == 'persons_employed'").set_index("istat_code")["value"]
    here, whole = (
        table.reindex(list(codes)).sum(skipna=False) for codes in (case.report.members, case.report.universe)
    )
    return float(here / whole)


def _figure(case: Case, one: Concerned, found: dict[str, dict[str, dict[str, float]]]) -> None:
    rows = [
        {"name": case.say(label), "area": area}
        | {"value" if bound == "middle" else bound: found[area]["value_added"][bound] for bound in BOUNDS}
        for area, label in AREAS.items()
    ]
    frame = pd.DataFrame(rows)
    less = found["regional"]["value_added"]["middle"] < 0.5 * found["national"]["value_added"]["middle"]
    draws = one.policy.ex_ante.draws if one.policy.ex_ante else 0
    case.report.figure(
        f"expected-{one.name}",
        case.say("ahead_title" if less else "ahead_title_more", policy=case.title(one)),
        subtitle=case.say("ahead_subtitle", amount=case.money(one), draws=draws),
        alt=case.say("ahead_alt"),
        description=case.say("ahead_description", flq="FLQ"),
        specs=charts.pair(charts.ranges, frame, case.words, unit="EUR", ours=[case.say("col_metropolitan")]),
        frame=frame,
        columns=[
            case.column("area", "col_where", texts={area: case.say(label) for area, label in AREAS.items()}),
            case.column("low", "col_low", unit="EUR"),
            case.column("value", "col_middle", unit="EUR"),
            case.column("high", "col_high", unit="EUR"),
        ],
        tables=TABLES,
    )


def ranges_table(case: Case, one: Concerned) -> display.Table:
    """Output, value added, work and costs: lowest, middle and highest, in Italy and in the metropolitan city."""
    found = ranges(case, one)
    units = {"jobs": ("person-years", 1), "eur_per_eur_value_added": ("EUR", 2)}
    rows: list[dict[str, Any]] = []
    for measure in MEASURES:
        unit, decimals = units.get(measure, ("EUR", 0))
        for area in AREAS:
            bounds = found.get(area, {}).get(measure, {})
            rows.append({"measure": measure, "area": area, "unit": unit, "decimals": decimals, **bounds})
    columns = [
        case.column("measure", "col_measure", texts={name: case.say(f"measure.{name}") for name in MEASURES}),
        case.column("area", "col_where", texts={area: case.say(label) for area, label in AREAS.items()}),
        *(case.column(bound, f"col_{bound}", unit_from="unit", decimals_from="decimals") for bound in BOUNDS),
    ]
    means = case.ex_ante(one).query("part == 'mean_multiplier'").set_index("item")["value"]
    notes = "; ".join(case.say(f"note.{name}") for name in ("type_one_only", "basic_prices", "imputed_rents"))
    note = case.say("ahead_note", mean=means["all"], producing=means["producing"], notes=notes)
    return case.report.made_table(
        f"ranges-{one.name}",
        case.say("ahead_caption", policy=case.title(one)),
        pd.DataFrame(rows),
        columns,
        tables=TABLES,
        note=note,
    )


def _drivers(case: Case, one: Concerned) -> None:
    assumed = one.policy.ex_ante
    if assumed is None:
        return
    columns = [
        case.column("assumption", "col_assumption"),
        case.column("range", "col_range"),
        case.column("weight", "col_drives", unit="percent", decimals=0),
        case.column("source", "col_source"),
    ]
    case.report.show_table(
        f"drivers-{one.name}",
        case.say("drivers_caption", policy=case.title(one)),
        *case.told(lambda words: _driver_rows(words, one, assumed), columns),
        tables=["policy_series"],
        subtitle=case.say("drivers_subtitle"),
        note=case.say("drivers_note", source=case.of(assumed.source)),
    )


def _driver_rows(case: Case, one: Concerned, assumed: ExAnte) -> pd.DataFrame:
    weight = case.ex_ante(one).query("part == 'driver'").set_index("item")["value"]
    rows = [
        {
            "assumption": case.say(f"assumption.{name}"),
            "id": name,
            "low": r.low,
            "mode": r.mode,
            "high": r.high,
            "source": case.of(r.source),
        }
        for name, r in (("additionality", assumed.additionality), ("leverage", assumed.leverage))
    ]
    rows.append(
        {
            "assumption": case.say("assumption.delta"),
            "id": "delta",
            "low": 0.2,
            "mode": 0.3,
            "high": 0.4,
            "source": case.say("assumption_delta_source"),
        }
    )
    rows += [
        {
            "assumption": case.say("assumption_share", what=case.of(s.title)),
            "id": s.industry,
            "low": s.low,
            "mode": s.mode,
            "high": s.high,
            "source": case.of(assumed.source),
        }
        for s in assumed.composition
    ]
    frame = pd.DataFrame(rows)
    frame["range"] = [
        case.say("range_of" if r["low"] < r["high"] else "range_one", low=r["low"], mode=r["mode"], high=r["high"])
        for r in frame.to_dict("records")
    ]
    frame["weight"] = [float(weight.get(name, 0.0)) for name in frame["id"]]
    return frame.sort_values("weight", ascending=False, kind="stable", ignore_index=True)
