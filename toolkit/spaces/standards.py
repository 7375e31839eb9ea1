"""What is due at least: public space, hydraulic invariance, surcharges, and which body decides on a logistics site.

Every coefficient is a row of the table `spaces_rules`, with act, article, source, the day it was read and how surely
(`read`, `secondary`, `to_verify`). Each function gives lines: DataFrame[rule, class, low, high, unit, act, article,
source, read_on, status], amounts from `low` to `high`. Outside its territory a rule is `not_encoded`: one line, no
amount. Lines are never summed here: whether they cumulate is for the act to say.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.errors import MethodError

NATION = "Italia"
NOT_ENCODED = "not_encoded"
LINES = ["rule", "class", "low", "high", "unit", "act", "article", "source", "read_on", "status"]
LEVELS = ("municipality", "province", "region")


def discharge_limit(rules: pd.DataFrame, region: str, impermeable_ha: float, area_class: str) -> pd.DataFrame:
    """Greatest discharge to the receiving water, litres a second: limit per hectare × impermeable hectares.

    Args:
        rules: table `spaces_rules`.
        region: name of the Region in which the site lies.
        impermeable_ha: hectares made impermeable.
        area_class: hydraulic criticality of the municipality, `A` (high), `B` or `C`.

    Raises:
        MethodError: an area that is negative or not finite, a class that the rule has not.

    Example: 3 ha in Lombardia, A: 30 l/s; B or C: 60 l/s (R.R. 7/2017, art. 8).
    """
    return _lines(rules, "discharge_limit", region, _size(impermeable_ha, "impermeable_ha"), "l_s", area_class)


def minimum_volume(rules: pd.DataFrame, region: str, impermeable_ha: float, area_class: str) -> pd.DataFrame:
    """Least volume of detention, m³: volume per hectare × impermeable hectares. Arguments as `discharge_limit`.

    Example: 3 ha in Lombardia, A: 2,400 m³; C: 1,200 m³ (R.R. 7/2017, art. 12).
    """
    return _lines(rules, "minimum_volume", region, _size(impermeable_ha, "impermeable_ha"), "m3", area_class)


def public_space(rules: pd.DataFrame, area_m2: float, use: str) -> pd.DataFrame:
    """Least area for public space and parking, m² (D.I. 1444/1968, art. 5).

    Args:
        rules: table `spaces_rules`.
        area_m2: `industrial`: area of the settlement; `commercial` (offices too): gross floor area.
        use: `industrial` or `commercial`; of the latter a second line says how much must be parking.

    Raises:
        MethodError: an area that is negative or not finite, another use.

    Example: 3 ha of industry: 3,000 m²; 10,000 m² of offices: 8,000 m², 4,000 of them parking.
    """
    whole = _lines(rules, "public_space", NATION, _size(area_m2, "area_m2"), "m2", use)
    parking = rules[(rules["rule"] == "public_space_parking") & (rules["class"] == use)]
    if parking.empty:
        return whole
    part = _lines(rules, "public_space_parking", NATION, float(whole["low"].iloc[0]), "m2", use)
    return pd.concat([whole, part], ignore_index=True)


def charge_lines(
    rules: pd.DataFrame, region: str, cost_eur: float, construction_eur: float | None = None
) -> pd.DataFrame:
    """Surcharges that building on soil and logistics may owe, EUR, a line each; never summed.

    Args:
        rules: table `spaces_rules`.
        region: name of the Region.
        cost_eur: contribution on the construction cost (art. 16 c. 3, DPR 380/2001).
        construction_eur: whole construction contribution (charges and cost), for the green fund; no line without it.

    Raises:
        MethodError: an amount that is negative or not finite.

    Example: 1,000,000 EUR in Lombardia: logistics 500,000; farmland outside the built-up area 300,000 to 400,000;
    inside 200,000.
    """
    lines = _lines(rules, "cost_surcharge", region, _size(cost_eur, "cost_eur"), "EUR")
    if construction_eur is None:
        return lines
    green = _lines(rules, "green_fund", region, _size(construction_eur, "construction_eur"), "EUR")
    return pd.concat([lines, green], ignore_index=True)


def logistics_level(rules: pd.DataFrame, region: str, operating_m2: float) -> pd.DataFrame:
    """Whether a logistics site is of more than municipal reach, and which body decides.

    Args:
        rules: table `spaces_rules`.
        region: name of the Region.
        operating_m2: operating area, extensions included.

    Returns:
        The thresholds that apply as lines, and `exceeded` (strictly above) and `level` (`municipality`, `province`,
        `region`; empty where not encoded), equal on all lines.

    Raises:
        MethodError: an area that is negative or not finite.

    Example: 30,000 m² in Lombardia: municipality; 30,001: province; 200,001: region (L.R. 15/2024).
    """
    size = _size(operating_m2, "operating_m2")
    names = ("logistics_named_use", "logistics_supra_municipal", "logistics_competence")
    lines = pd.concat([_lines(rules, name, region, 1.0, "m2") for name in names], ignore_index=True)
    known = lines["status"] != NOT_ENCODED
    exceeded = known & (size > lines["low"])
    bodies = lines.loc[exceeded & lines["class"].isin(LEVELS), "class"]
    level = max(bodies, key=LEVELS.index, default=LEVELS[0]) if known.any() else ""
    return lines.assign(exceeded=exceeded, level=level)


def due(rules: pd.DataFrame, region: str, *, cost_eur: float, industry_m2: float, offices_m2: float) -> pd.DataFrame:
    """What is due at least for a settlement of these sizes, line by line: charges, public space, and water by hectare.

    Args:
        rules: table `spaces_rules`.
        region: name of the Region.
        cost_eur: contribution on the construction cost.
        industry_m2: area of an industrial settlement, m².
        offices_m2: gross floor area of commerce and offices, m².

    Returns:
        Lines, with `key` (rule and class) and `legal` (act and article); water is by impermeable hectare, by class.

    Raises:
        MethodError: a size that is negative or not finite.
    """
    lines = [charge_lines(rules, region, cost_eur)]
    lines += [public_space(rules, industry_m2, "industrial"), public_space(rules, offices_m2, "commercial")]
    lines += [rule(rules, region, 1.0, kind) for kind in "ABC" for rule in (discharge_limit, minimum_volume)]
    found = pd.concat(lines, ignore_index=True)
    legal = (found["act"] + ", " + found["article"]).str.strip(", ")
    return found.assign(key=found["rule"] + "-" + found["class"], legal=legal)


def _lines(rules: pd.DataFrame, rule: str, territory: str, size: float, unit: str, wanted: str = "") -> pd.DataFrame:
    """The rule's rows in the territory, multiplied by a size."""
    found = rules[(rules["rule"] == rule) & (rules["territory"] == territory)]
    if found.empty:
        absent = dict.fromkeys(LINES, "") | {"rule": rule, "class": wanted, "unit": unit, "status": NOT_ENCODED}
        return pd.DataFrame([absent | {"low": np.nan, "high": np.nan}])
    if wanted:
        found = found[found["class"] == wanted]
        if found.empty:
            known = rules.loc[rules["rule"] == rule, "class"].unique()
            raise MethodError(f"{rule} has no class {wanted!r}", allowed=sorted(known))
    return found.assign(low=found["low"] * size, high=found["high"] * size, unit=unit)[LINES].reset_index(drop=True)


def _size(value: float, name: str) -> float:
    if not np.isfinite(value) or value < 0:
        raise MethodError(f"{name} is {value}", allowed="a finite number that is not negative")
    return float(value)
