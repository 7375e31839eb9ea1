"""Milano among other metropolises: sectors, regions, policies. The municipality appears as its share only."""

from __future__ import annotations

import re

import pandas as pd

from toolkit import charts, display
from toolkit.indicators import world
from toolkit.report.benchmark.study import Study

OWN_NUTS = "ITC4C"
PANEL = ("gdp_per_resident", "disposable_income", "unemployment_rate", "patents")
OWN_REGION = "Lombardia"


def metropolitan_sectors(study: Study) -> None:
    """Manufacturing over time in four places, and the whole structure in the last common year."""
    study.show_alike("metropolitan_sectors", lambda: _sectors(study))


def _sectors(study: Study) -> None:
    report = study.report
    shares = world.activity_shares(report.table("metro_employment"))
    making = shares[(shares["activity"] == "C") & shares["value"].notna()]
    own = making[making["nuts"] == OWN_NUTS].set_index("year")["value"]
    first, last = int(own.index.min()), int(own.index.max())
    about = {"first": first, "last": last, "before": float(own[first]), "after": float(own[last])}
    about["gap"] = about["after"] - about["before"]
    then = making[making["year"] == last].set_index("name")["value"]
    others = [
        report.say("place_share", whom=place_name(study, str(name)), share=float(value))
        for name, value in then.sort_values(ascending=False).items()
        if name != own_name(making)
    ]
    report.text(report.say("making", others=others, **about))
    rows = making.rename(columns={"nuts": "series"}).assign(label=[place_name(study, name) for name in making["name"]])
    report.figure(
        "making",
        report.say("making_title", **about),
        subtitle=report.say("making_subtitle", first=int(making["year"].min()), last=int(making["year"].max())),
        alt=report.say("making_alt", **about),
        description=report.say("making", others=others, **about),
        specs=charts.pair(
            charts.lines,
            rows[["series", "label", "year", "value", "flag"]],
            report.words,
            unit="percent",
            ours=OWN_NUTS,
            zero=True,
        ),
        frame=making.pivot(index="year", columns="nuts", values="value").reset_index(),
        columns=[
            report.column("year", unit="year"),
            *(
                display.Column(key=str(nuts), label=place_name(study, str(name)), unit="percent")
                for nuts, name in making[["nuts", "name"]].drop_duplicates().itertuples(index=False)
            ),
        ],
        tables=["metro_employment"],
        note=report.say("making_note"),
        highlight=("-",),
    )
    _structure(study, shares, last)


def place_name(study: Study, name: str, kind: str = "metro") -> str:
    """A place of the European tables in the language of the report."""
    return study.report.say(f"{kind}_{'_'.join(re.findall('[a-z]+', name.lower()))}")


def own_name(making: pd.DataFrame) -> str:
    """Name of our metropolitan area in the table."""
    return str(making.loc[making["nuts"] == OWN_NUTS, "name"].iloc[0])


def _structure(study: Study, shares: pd.DataFrame, year: int) -> None:
    report = study.report
    own = own_name(shares)
    structure = world.structures(shares, year)
    apart = world.distances(structure, own).sort_values()
    about = {"year": year, "near": place_name(study, str(apart.index[0]))}
    about["far"] = place_name(study, str(apart.index[-1]))
    about |= {"near_value": float(apart.iloc[0]), "far_value": float(apart.iloc[-1])}
    names = [own, *apart.index]
    told = {name: place_name(study, name) for name in names}
    long = structure.loc[names].rename(index=told).reset_index().melt("name", var_name="part", value_name="value")
    parts = [(block, report.say(f"block_{block.lower().replace('-', '_')}")) for block in world.BLOCKS]
    report.figure(
        "structure",
        report.say("structure_title", **about),
        subtitle=report.say("structure_subtitle", **about),
        alt=report.say("structure_alt", **about),
        description=report.say("structure_description", **about),
        specs=charts.pair(charts.shares, long, report.words, parts=parts, ours=[told[own]]),
        frame=structure.loc[names].reset_index(),
        columns=[
            report.column("name", "territory", texts=told),
            *(display.Column(key=block, label=label, unit="percent") for block, label in parts),
        ],
        tables=["metro_employment"],
        note=report.say("structure_note", **about),
        highlight=(own,),
    )


def share_of(study: Study) -> dict:
    """The territory as a share of the metropolitan city: residents and persons employed."""
    report = study.report
    people, jobs = study.weight["share_residents"], study.weight["share_persons_employed"]
    return {
        "place": report.place,
        "parent": report.metropolitan.name(report.language),
        "residents": people.own.value,
        "jobs": jobs.own.value,
        "year": people.year,
        "jobs_year": jobs.year,
    }


def international(study: Study) -> None:
    """Regions of the programme's cities, their quoted figures, and what each city does to keep making."""
    report = study.report
    if report.own != report.metropolitan.id:
        report.text(report.say("panel_share", **share_of(study)))
    study.show_alike("international", lambda: _cities(study))


def _cities(study: Study) -> None:
    report = study.report
    panel = world.regional_panel(report.table("metro_regions"))
    own = panel[(panel["name"] == OWN_REGION) & panel["value"].notna()]
    years = {item: int(own.loc[own["item"] == item, "year"].max()) for item in PANEL}
    frame = pd.DataFrame({"name": [OWN_REGION, *sorted(set(panel["name"]) - {OWN_REGION})]})
    for item, year in years.items():
        values = panel[(panel["item"] == item) & (panel["year"] == year)].set_index("name")["value"]
        frame[item] = values.reindex(frame["name"]).to_numpy()
        frame[f"{item}_flag"] = ["observed" if known else "missing" for known in frame[item].notna()]
    regions = {name: place_name(study, name, "region") for name in frame["name"]}
    units = panel.drop_duplicates("item").set_index("item")["unit"]
    report.show_table(
        "regions",
        report.say("panel_caption"),
        frame,
        [
            report.column("name", "benchmark.column_region", texts=regions),
            *(
                display.Column(
                    key=item, label=report.say(f"panel_{item}", year=year), unit=str(units[item]), flag=f"{item}_flag"
                )
                for item, year in years.items()
            ),
        ],
        tables=["metro_regions"],
        note=report.say("panel_note"),
        highlight=(OWN_REGION,),
    )
    _cards(study)
    _quoted(study)


def _cards(study: Study) -> None:
    report = study.report
    cards = report.table("policy_cards")
    frame = cards.assign(card=cards["city"] + "-" + cards["order"].astype(str))
    texts = dict(zip(frame["card"], frame[f"text_{report.language}"], strict=True))
    sources = dict(zip(frame["card"], frame[f"source_{report.language}"], strict=True))
    frame["source"] = frame["card"]
    cities = {city: report.say(f"city_{city.replace('-', '_')}") for city in frame["city"].unique()}
    report.show_table(
        "policy-cards",
        report.say("cards_caption"),
        frame,
        [
            report.column("city", "benchmark.column_city", texts=cities),
            report.column("period", "benchmark.column_period", texts=_periods(study, frame)),
            report.column("card", "benchmark.column_card", texts=texts),
            report.column("source", "source", texts=sources),
        ],
        tables=["policy_cards"],
        note=report.say("cards_note"),
        highlight=("-",),
    )


def _periods(study: Study, frame: pd.DataFrame) -> dict[str, str]:
    """Periods in words: a month, a year with no end, no date."""
    report = study.report

    def worded(period: str) -> str:
        if not period:
            return report.say("undated")
        if period.endswith("–"):
            return report.say("period_since", start=period.removesuffix("–"))
        return period if "–" in period else report.words.date(period)

    return {period: worded(period) for period in frame["period"].unique()}


def _quoted(study: Study) -> None:
    report = study.report
    language = report.language
    frame = report.table("city_figures").copy()
    frame["period"] = frame["period"].fillna("")
    frame["territory"] = frame["city"] + "-" + frame["item"]
    frame["measure"] = frame["territory"] + "-" + frame["period"]
    places = dict(zip(frame["territory"], frame[f"territory_{language}"], strict=True))
    measures = dict(zip(frame["measure"], frame[f"measure_{language}"], strict=True))
    sources = dict(zip(frame["measure"], frame[f"source_{language}"], strict=True))
    frame["source"] = frame["measure"]
    kinds = {kind: report.say(f"kind_{kind}") for kind in frame["kind"].unique()}
    frame["decimals"] = (frame["value"] % 1 != 0).astype(int)
    report.show_table(
        "city-figures",
        report.say("quoted_caption"),
        frame,
        [
            report.column("territory", texts=places),
            report.column("period", "benchmark.column_period", texts=_periods(study, frame)),
            report.column("value", unit_from="unit", decimals_from="decimals"),
            report.column("measure", "benchmark.column_measure", texts=measures),
            report.column("kind", "benchmark.column_kind", texts=kinds),
            report.column("source", "source", texts=sources),
        ],
        tables=["city_figures"],
        note=report.say("quoted_note"),
        highlight=("-",),
    )
