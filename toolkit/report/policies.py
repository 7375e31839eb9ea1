"""Policies that concern a place on a day, with what is known of each: data and facts; the notebook words them.

policies = report.policies()
asked = policies.lead                 # the outcome of which most can be said
panel = asked.panel()                 # units by year, who is treated from when
result = asked.fit(panel)             # as it is kept; on another panel, estimated here
result.verdict
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from toolkit import catalog, evaluations, impact
from toolkit.errors import TerritoryError
from toolkit.evaluations import reading
from toolkit.impact.verdict import LEVELS
from toolkit.params import policy as files
from toolkit.params.policy import LightTrial, Outcome, Policy, QuotedClaim
from toolkit.partial import Sum
from toolkit.report.evaluating import Evaluating
from toolkit.report.wording import capital
from toolkit.text.facts import Absent, Count, Name, Year

if TYPE_CHECKING:
    from toolkit.report.report import Report

NOISE = 0.05  # p above which a gap cannot be told from zero
ELEMENTS = ("question", "inputs", "activities", "outputs", "outcomes", "areas", "objectives", "assumptions", "treated")
BOUNDS = ("low", "middle", "high")
MEASURES = ("output", "value_added", "jobs", "eur_per_job", "eur_per_eur_value_added")
DELTA = {"id": "delta", "low": 0.2, "mode": 0.3, "high": 0.4}  # Flegg and Webber 1997, Flegg and Tohmo 2013
_UNIT_VALUES = ("estimate", "mde", "expected_effect")  # of a reason, in the unit of its outcome
_SHARES = ("controls_treated", "overlap", "pre_trend_power", "coverage", "nominal")
_ABSENT = Absent("missing")


@dataclass(frozen=True)
class Asked:
    """An outcome of a policy: how it is looked at, and what came of it.

    Attributes:
        of: the policy.
        outcome: as its file says.
        found: what is kept, or was computed from the file and the tables as they are.
    """

    of: Concerned
    outcome: Outcome
    found: impact.Finding

    def __repr__(self) -> str:
        return f"Asked({self.id}: {self.status}, {self.found.verdict.level})"

    @property
    def id(self) -> str:
        """Its name in results: `policy:outcome`."""
        return f"{self.of.name}:{self.outcome.id}"

    @property
    def question(self) -> impact.Question:
        """Design, first year, what is known from outside."""
        return reading.question(self.of.policy, self.outcome)

    @property
    def later(self) -> bool:
        """Whether the result needs figures of years that were not over on the day of the report."""
        years = [int(row.period) for row in self.found.series if row.period]
        return bool(years) and dt.date(max(years), 12, 31) > self.of.report.as_of

    @property
    def status(self) -> str:
        """What came of it: estimated, break, refused, not_estimated; later where the day of the report precedes it."""
        return "later" if self.later else self.found.status

    @property
    def title(self) -> str:
        """What is looked at."""
        return self.of.said(self.outcome.title)

    @property
    def result(self) -> dict[str, Any]:
        """What the results file keeps of it, free of language."""
        figures = {} if self.later else self.found.figures
        kept = {name: figures.get(name) for name in ("estimate", "p", "mde")}
        return {"status": self.status, "verdict": self.found.verdict.level, "unit": self.outcome.unit, **kept}

    # ---- the steps

    def panel(self) -> impact.Panel:
        """The outcome in its table: units by year, those of the policy treated from its first year.

        Raises:
            MethodError: no design could be right on it.
        """
        self.of.report.table(self.outcome.table)  # its source is one of the page
        return reading.panel(self.of.policy, self.outcome, catalog.default())

    def pools(self, panel: impact.Panel) -> dict[str, list[Any]]:
        """Units to compare with, by comparison set, the main one first; all that are never treated where none is
        declared."""
        return reading.pools(self.outcome, panel, catalog.default()) or {"all": panel.controls}

    def fit(self, panel: impact.Panel) -> impact.Finding:
        """Screening, what could be seen, estimate, tests and verdict by the design of the policy (`impact.answer`).

        Args:
            panel: as `panel()` gives it: what is kept is handed out; any other is estimated here.

        Raises:
            MethodError: no design could be right on it.
        """
        if panel.data.equals(self.panel().data):
            return self.found
        return impact.answer(self.question, panel, self.pools(panel))

    # ---- what it gives: frames, and facts for sentences

    def facts(self, found: impact.Finding | None = None) -> dict[str, Any]:
        """What sentences may say of it: `policy`, `outcome`, `unit_name`, `year`, `verdict`, `why`, `decision`;
        `estimate`, `size` (without sign), `mde`, `p`, `low`, `high`, `error`, `expected`, `amount`; `noise` (cannot be
        told from zero); `controls`, `treated`, `before`, `after`, `as_large` (comparison units with a gap as large);
        `years` (of breaks); absent where there is none.
        """
        found = found or self.found
        figure = {} if self.later else dict(found.figures)
        said: dict[str, Any] = {
            key: self._amount(figure.get(name), signed=signed)
            for key, name, signed in (
                ("estimate", "estimate", True),
                ("mde", "mde", False),
                ("low", "low", True),
                ("high", "high", True),
                ("error", "pre_rmspe", False),
                ("expected", "expected_effect", False),
            )
        }
        estimate, p = figure.get("estimate"), figure.get("p")
        said |= {"size": self._amount(None if estimate is None else abs(estimate))}
        said |= {"p": _ABSENT if p is None else self.of.report.words.number(p, 2)}
        said |= {"noise": _ABSENT if p is None else p > NOISE}
        for key, name in (("controls",) * 2, ("treated",) * 2, ("before", "pre_periods"), ("after", "post_periods")):
            said[key] = Count(figure[name]) if figure.get(name) is not None else _ABSENT
        ratios = found.values("placebo_ratio")
        own = max((ratios[unit] for unit in self.of.policy.treated.units if unit in ratios), default=0.0)
        said["as_large"] = Count(sum(value >= own for unit, value in ratios.items() if unit not in self._own))
        said["as_large"] = said["as_large"] if ratios else _ABSENT
        years = dict.fromkeys(str(one["time"]) for one in found.breaks if one["refuses"])
        said |= {"years": list(years) or _ABSENT, "outcome": Name(self.title), "unit_name": self._unit_name}
        said |= {"year": Year(self.outcome.first_year), "verdict": self.of.word("verdict", found.verdict.level)}
        return self.of.facts() | said | {"why": self.why(found)}

    def why(self, found: impact.Finding | None = None) -> str:
        """Why there is no estimate, or why the verdict is not higher: the first reason, as a sentence."""
        found = found or self.found
        if self.later:
            return capital(self.of.word("status", "later")) + "."
        if self.outcome.why and found.status == "not_estimated":
            return self.of.said(self.outcome.why)
        reasons = self.reasons(found)
        return f"{reasons[0]}." if reasons else ""

    def reasons(self, found: impact.Finding | None = None) -> list[str]:
        """Why the verdict is not higher, worst first."""
        told, words = [], self.of.report.words
        for reason in (found or self.found).verdict.reasons:
            values = dict(reason.values)
            for name in _UNIT_VALUES:
                if values.get(name) is not None:
                    values[name] = self._amount(values[name], signed=name == "estimate")
            for name in _SHARES:
                if values.get(name) is not None:
                    values[name] = 100 * values[name]
            told.append(capital(words.say(reason.key, **values)))
        return told

    def path(self, found: impact.Finding | None = None, names: Sequence[str] = ("", "")) -> pd.DataFrame:
        """What was observed and what it is set against: DataFrame[series, name, year, value].

        Args:
            found: of `fit`.
            names: of the two lines.
        """
        labels = dict(zip(("actual", "synthetic"), names, strict=True))
        rows = (found or self.found).table.query("part == 'path'")
        years = rows["period"].astype(int)
        return pd.DataFrame(
            {"series": rows["item"], "name": rows["item"].map(labels), "year": years, "value": rows["value"]}
        ).reset_index(drop=True)

    def placebos(self, found: impact.Finding | None = None) -> pd.DataFrame:
        """The same calculation made where there was no policy: DataFrame[province_code, name, gap, ratio, ours].

        `ratio`: error after over before, absent where the fit before is perfect.
        """
        gaps, ratios = ((found or self.found).values(part) for part in ("placebo_gap", "placebo_ratio"))
        rows = [
            {"province_code": unit, "name": self.of.within.unit_name(unit), "gap": gap}
            | {"ratio": ratios.get(unit, float("nan")), "ours": unit in self._own}
            for unit, gap in gaps.items()
        ]
        return pd.DataFrame(rows, columns=["province_code", "name", "gap", "ratio", "ours"]).sort_values(
            "gap", ignore_index=True
        )

    def checks(self, found: impact.Finding | None = None) -> pd.DataFrame:
        """The estimate on other comparison sets, without one unit, at a false date.

        Returns:
            DataFrame[code, check, outcome, estimate, estimate_unit, p, units].
        """
        found = found or self.found
        estimates, ps, sizes = (found.values(f"pool_{name}") for name in ("estimate", "p", "donors"))
        rows: list[dict[str, Any]] = [
            {"check": self.of.said(pool.title), "estimate": estimates[pool.id], "p": ps.get(pool.id)}
            | {"units": sizes[pool.id], "code": pool.id}
            for pool in self.outcome.pools
            if pool.id in estimates
        ]
        for name in ("loo_low", "loo_high"):
            if found.figures.get(name) is not None:
                rows.append({"code": name, "check": self.of.word("check", name), "estimate": found.figures[name]})
        if found.figures.get("placebo_time_p") is not None:
            year = found.figures["placebo_time_year"]
            said = self.of.report.words.say("impact.check.in_time", year=year)
            figures = {"estimate": found.figures["placebo_time_gap"], "p": found.figures["placebo_time_p"]}
            rows.append({"code": "in_time", "check": said} | figures)
        frame = pd.DataFrame(rows, columns=["code", "check", "estimate", "p", "units"])
        frame["code"] = [f"{self.id}:{code}" for code in frame["code"]]
        about = {"outcome": f"{self.of.title}, {self.title}", "estimate_unit": self.outcome.unit}
        return frame.assign(**about).astype({"estimate": float, "p": float, "units": float})

    @property
    def subtitle(self) -> str:
        """What is looked at, its unit, and the years that there are."""
        words, years = self.of.report.words, [int(row.period) for row in self.found.series if row.part == "path"]
        return f"{capital(self.title)}, {words.unit(self.unit)} · {words.period(min(years), max(years))}"

    @property
    def unit(self) -> str:
        """Unit of the outcome itself, where that of the effect is points."""
        return "percent" if self.outcome.unit == "percentage_points" else self.outcome.unit

    @property
    def _own(self) -> frozenset[str]:
        return frozenset(self.of.policy.treated.units)

    @property
    def _unit_name(self) -> Any:
        """The province, where one is treated; absent where there are several units."""
        units = self.of.policy.treated.units
        known = self.of.within.province_names if len(units) == 1 and len(units[0]) == 3 else {}
        return self.of.report.words.place(known[units[0]]).name if known else _ABSENT

    def _amount(self, value: float | None, *, signed: bool = False) -> Any:
        """A figure in the unit of the outcome; one too small for two decimals is said to be less than that."""
        words, unit = self.of.report.words, self.outcome.unit
        if value is None:
            return _ABSENT
        if 0 < abs(value) < 0.01 and unit != "EUR":
            return words.say("impact.less_than", value=self._amount(0.01))
        decimals = 1 if abs(value) >= 0.05 or value == 0 else 2
        if unit == "percentage_points":
            said = words.points(value, decimals)
            return said if signed else said.removeprefix("+")
        if unit == "EUR":
            return ("+" if signed and value > 0 else "") + words.euro(value)
        return words.signed(value, decimals) if signed else words.number(value, decimals)


@dataclass(frozen=True)
class Concerned:
    """A policy as a report shows it.

    Attributes:
        within: what its report works with.
        name: of its file.
        policy: its file.
        members: municipalities of its territory on that day.
    """

    within: Evaluating
    name: str
    policy: Policy
    members: frozenset[str]

    @property
    def report(self) -> Report:
        """Whose day and language it is seen in."""
        return self.within.report

    def __repr__(self) -> str:
        return f"Concerned({self.name}, {self.verdict})"

    def said(self, text: Any) -> str:
        """A text that the file gives in both languages."""
        return str(getattr(text, self.report.language))

    def word(self, kind: str, code: str) -> str:
        """The word of a code: `word("verdict", "fragile")`."""
        return self.report.words.say(f"impact.{kind}.{code}")

    @property
    def title(self) -> str:
        """Its short name."""
        return self.said(self.policy.title)

    @cached_property
    def evaluated(self) -> evaluations.Evaluated:
        """All that came of it."""
        found: evaluations.Evaluated = self.report.store.once(
            ("evaluated", catalog.fingerprint(), self.name, self.policy.model_dump_json()),
            lambda: evaluations.of(self.name, catalog.default()),
        )
        return found

    @cached_property
    def outcomes(self) -> list[Asked]:
        """Its outcomes, in the order of the file: the first is the primary one."""
        findings = self.evaluated.findings
        return [Asked(self, one, findings[one.id]) for one in self.policy.outcomes if one.id in findings]

    @property
    def estimated(self) -> list[Asked]:
        """Those of which there is an estimate by the day of the report."""
        return [one for one in self.outcomes if one.status == "estimated"]

    @property
    def main(self) -> Asked:
        """The outcome of which most is known."""
        order = ["estimated", "not_estimated", "break", "refused", "later"]
        return min(self.outcomes, key=lambda one: order.index(one.status))

    @property
    def verdict(self) -> str:
        """The highest verdict among its outcomes."""
        return min((one.found.verdict.level for one in self.outcomes), key=LEVELS.index, default=LEVELS[-1])

    def facts(self) -> dict[str, Any]:
        """What sentences may say of it: `policy`, `programme`, `where`, `since`, `amount`, `question`, `decision`."""
        treated, words = self.policy.treated, self.report.words
        since = words.date(treated.since)
        since = words.say("impact.since_verify", day=treated.since) if treated.to_verify else since
        amount = self.policy.budget.amount if self.policy.budget else None
        return {
            "policy": self.title,
            "programme": self.said(self.policy.programme),
            "where": self.said(self.policy.territory.name),
            "since": since,
            "amount": words.euro_short(amount) if amount else _ABSENT,
            "question": self.said(self.policy.question),
            "decision": self.said(self.policy.decision),
        }

    @property
    def by_applications(self) -> bool:
        """Whether grants say who was treated."""
        return self.policy.treated.table == "applications"

    # ---- before the fact

    @property
    def money(self) -> Any:
        """EUR that ranges are about: the policy's, or what the place was awarded (a `Sum`); None where there is
        none."""
        if self.policy.ex_ante and self.policy.ex_ante.per_euro:
            return self.within.own_money if len(self.within.own_grants) else None
        return self.policy.budget.amount if self.policy.budget else None

    @property
    def money_said(self) -> str:
        """The same in words; a sum of which parts are absent says so."""
        return self.report.words.say("impact.money", amount=self.money) if self.money else ""

    @property
    def money_known(self) -> bool:
        """Whether every part of it is."""
        return bool(self.money) and not (isinstance(self.money, Sum) and self.money.absent)

    def expected(self) -> pd.DataFrame:
        """Ranges of what its money is assumed to move (5th, 50th, 95th percentile), national and metropolitan.

        Returns:
            DataFrame[measure, area, low, low_unit, …]; empty without money, or where a part of it is absent: a range of
            the rest would be too low.
        """
        assumed, money = self.policy.ex_ante, self.money
        if assumed is None or not self.money_known:
            return pd.DataFrame(columns=["measure", "area", *BOUNDS])
        scale = float(money) if assumed.per_euro else 1.0
        found: dict[tuple[str, str], dict[str, float]] = {}
        for row in self.evaluated.ex_ante:
            kind, _, area = row.part.partition("_")
            if kind in ("range", "cost") and area in ("national", "regional"):
                measure, bound = row.item.split(":")
                found.setdefault((measure, area), {})[bound] = row.value * (scale if kind == "range" else 1.0)
        units = {"jobs": "person-years", "eur_per_eur_value_added": "ratio"}
        rows = []
        for measure in MEASURES:
            for area in ("national", "regional"):
                bounds = found.get((measure, area), {})
                unit = {f"{bound}_unit": units.get(measure, "EUR") for bound in BOUNDS}
                values: dict[str, Any] = {bound: bounds.get(bound) for bound in BOUNDS}
                rows.append({"measure": measure, "area": area} | values | unit)
        return pd.DataFrame(rows).astype(dict.fromkeys(BOUNDS, float))

    def drivers(self) -> pd.DataFrame:
        """The assumptions behind the ranges, the heaviest first: DataFrame[id, what, low, mode, high, weight, source].

        `weight`: percent of the variation of value added in the metropolitan city.
        """
        assumed, say = self.policy.ex_ante, self.report.words.say
        if assumed is None:
            return pd.DataFrame(columns=["id", "what", "low", "mode", "high", "weight", "source"])
        rows: list[dict[str, Any]] = [
            {"id": name, "what": self.word("assumption", name), "low": r.low, "mode": r.mode, "high": r.high}
            | {"source": self.said(r.source)}
            for name, r in (("additionality", assumed.additionality), ("leverage", assumed.leverage))
        ]
        rows.append(DELTA | {"what": self.word("assumption", "delta"), "source": say("impact.assumption.source")})
        rows += [
            {"id": s.industry, "what": self.said(s.title), "low": s.low, "mode": s.mode, "high": s.high}
            | {"source": self.said(assumed.source)}
            for s in assumed.composition
        ]
        weight = {row.item: row.value for row in self.evaluated.ex_ante if row.part == "driver"}
        frame = pd.DataFrame(rows).assign(weight=[float(weight.get(row["id"], 0.0)) for row in rows])
        return frame.sort_values("weight", ascending=False, kind="stable", ignore_index=True)

    def multipliers(self) -> dict[str, float]:
        """Mean multipliers of output behind the ranges: `all` (simple mean), `producing` (industries with output)."""
        return {row.item: row.value for row in self.evaluated.ex_ante if row.part == "mean_multiplier"}


class Policies(Evaluating):
    """The policies that a report shows, and the tables of what is known of them.

    Args:
        report: whose territory, day and language.
        named: one policy, shown wherever the territory is; empty: those that concern it.

    Raises:
        ParameterError: no such policy.
    """

    def __init__(self, report: Report, named: str = "") -> None:
        super().__init__(report)
        if named:
            files.read(named)  # an unknown name is refused
        self.named = named
        everything = files.everything().items()
        self._all = [Concerned(self, name, one, self._members(one)) for name, one in everything]

    def __repr__(self) -> str:
        return f"Policies({', '.join(one.name for one in self.here) or 'none'})"

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td><code>{one.name}</code></td><td>{escape(one.title)}</td><td>{one.verdict}</td>"
            f"<td>{', '.join(f'{asked.outcome.id}: {asked.status}' for asked in one.outcomes)}</td></tr>"
            for one in self.here
        ]
        return f"<table>{''.join(rows)}</table>"

    # ---- which

    @cached_property
    def here(self) -> list[Concerned]:
        """Those begun by the day of the report, whose territory holds a part of this one; the oldest first."""
        own = set(self.report.members)
        found = [
            one
            for one in self._all
            if (one.name == self.named if self.named else one.members & own) and self._begun(one)
        ]
        return sorted(found, key=lambda one: (one.policy.treated.since, one.name))

    @property
    def elsewhere(self) -> list[Concerned]:
        """The others begun by then."""
        return [one for one in self._all if one not in self.here and self._begun(one)]

    @property
    def concern(self) -> bool:
        """Whether those shown concern the territory: one asked for by name may not."""
        return any(one.members & set(self.report.members) for one in self.here)

    @property
    def outcomes(self) -> list[Asked]:
        """All that is asked of those here."""
        return [asked for one in self.here for asked in one.outcomes]

    @property
    def lead(self) -> Asked | None:
        """The outcome whose steps are shown: the first with an estimate over the years; None where there is none."""
        estimated = (asked for one in self.here for asked in one.estimated)
        return next((asked for asked in estimated if any(row.part == "path" for row in asked.found.series)), None)

    @property
    def unknowable(self) -> list[Concerned]:
        """Those of which no estimate can be made."""
        return [one for one in self.here if not one.estimated]

    @property
    def causal(self) -> list[Concerned]:
        """Those of which an effect may be read, with its caveats: a verdict that allows it, a gap that is no noise."""

        def read(asked: Asked) -> bool:
            p = asked.found.figures.get("p")
            return asked.found.verdict.causal and p is not None and p <= NOISE

        return [one for one in self.here if any(map(read, one.estimated))]

    @property
    def broken(self) -> list[Asked]:
        """Outcomes whose series break in the years compared."""
        return [asked for asked in self.outcomes if asked.status == "break"]

    def _begun(self, one: Concerned) -> bool:
        return one.policy.treated.since <= self.report.as_of.isoformat()

    def _members(self, policy: Policy) -> frozenset[str]:
        found = set(policy.territory.municipalities)
        for area in policy.territory.areas:
            found |= set(self._area(area))
        return frozenset(found)

    def _area(self, area: str) -> Sequence[str]:
        """Members of an area as of the report's day, or on the last day on which it was valid."""
        register = self.report.register
        try:
            return register.area(area, self.report.as_of).members
        except TerritoryError:
            last = register.area(area).valid_to
            return register.area(area, dt.date.fromisoformat(str(last)) if last else None).members

    def results(self) -> dict[str, dict[str, Any]]:
        """What the results file keeps, by name: outcomes, ranges of money, quoted figures, grants."""
        kept = {asked.id: asked.result for asked in self.outcomes}
        for one in self.here:
            for row in one.expected().dropna(subset="middle").to_dict("records"):
                kept[f"{one.name}:{row['area']}:{row['measure']}"] = {bound: row[bound] for bound in BOUNDS}
        for row in self.claims().to_dict("records"):
            figures = {"claimed": row["claimed"], "recomputed": row["value"]}
            kept[f"claim:{row['code']}"] = {"status": row["status"], **figures}
        if grants := self.grants():
            kept["funded"] = {"municipalities": int(grants["funded"]), "of": int(grants["of"])}
        return kept

    # ---- tables, in the language of the report

    def words(self, kind: str) -> dict[str, str]:
        """The words of codes of a kind: `words("verdict")["fragile"]`; kinds are those of `toolkit/text/impact.yml`."""
        words, start = self.report.words, f"impact.{kind}."
        known = [key for key in sorted(words.keys()) if key.startswith(start)]
        return {key.removeprefix(start): words.say(key) for key in known}

    def table(self) -> pd.DataFrame:
        """A row a policy here: DataFrame[policy, title, where, since, money, money_unit, period, verdict].

        `money`: public money, of the years and places that `period` says.
        """
        rows = [
            {"policy": one.name, "title": one.title, "where": one.facts()["where"], "since": one.facts()["since"]}
            | {"money": one.policy.budget.amount if one.policy.budget else None, "money_unit": "EUR"}
            | {"period": one.said(one.policy.budget.years) if one.policy.budget else "", "verdict": one.verdict}
            for one in self.here
        ]
        columns = ["policy", "title", "where", "since", "money", "money_unit", "period", "verdict"]
        return pd.DataFrame(rows, columns=columns).astype({"money": float})

    def questions(self, *, main: bool = False) -> pd.DataFrame:
        """What was looked at, with what, and what came of it.

        Args:
            main: of each policy only the outcome of which most is known.

        Returns:
            DataFrame[code, outcome, policy, verdict, estimate, estimate_unit, mde, mde_unit, p, status], a row an
            outcome; the status says why there is no estimate.
        """
        rows: list[dict[str, Any]] = []
        for asked in [one.main for one in self.here] if main else self.outcomes:
            figures = {} if asked.later else asked.found.figures
            points = asked.outcome.unit == "percentage_points"
            status = asked.of.word("status", asked.status)
            if asked.status == "break":
                status = f"{status} ({self.report.words.join(asked.facts()['years'])})"
            elif asked.status != "estimated" and (why := asked.why()):
                status = why
            rows.append(
                {"code": asked.id, "outcome": asked.title, "policy": asked.of.title}
                | {"verdict": asked.found.verdict.level if not asked.later else "later", "status": capital(status)}
                | {name: figures.get(name) for name in ("estimate", "mde", "p")}
                | {"estimate_unit": asked.outcome.unit}
                | {"mde_unit": "points_unsigned" if points else asked.outcome.unit}
            )
        figures = ["estimate", "estimate_unit", "mde", "mde_unit", "p"]
        frame = pd.DataFrame(rows, columns=["code", "outcome", "policy", "verdict", *figures, "status"])
        return frame.astype({"estimate": float, "mde": float, "p": float})

    def checks(self) -> pd.DataFrame:
        """The checks of all that was estimated (`Asked.checks`)."""
        found = [asked.checks() for one in self.here for asked in one.estimated]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["code"])

    def changes(self) -> pd.DataFrame:
        """Median change from one year to the next among comparison units, of policies some of whose series break.

        Returns:
            DataFrame[code, name, year, value], points: a series that changes definition jumps everywhere at once.
        """
        names = {asked.of.name for asked in self.broken}
        rows = [
            {"code": asked.outcome.id, "name": asked.title, "year": int(row.period), "value": row.value}
            for asked in self.outcomes
            if asked.of.name in names and not asked.later
            for row in asked.found.series
            if row.part == "median_change"
        ]
        return pd.DataFrame(rows, columns=["code", "name", "year", "value"])

    def logic(self) -> pd.DataFrame:
        """What is put in, done, made and hoped for: DataFrame[element, a column a policy]."""
        columns = {one.name: self._elements(one) for one in self.here}
        rows = [
            {"element": element} | {name: texts[element] or "–" for name, texts in columns.items()}
            for element in ELEMENTS
            if any(texts[element] for texts in columns.values())
        ]
        return pd.DataFrame(rows)

    def _elements(self, one: Concerned) -> dict[str, str]:
        policy = one.policy
        parts = ("inputs", "activities", "outputs", "outcomes")
        found = {name: one.said(getattr(policy.logic, name)) for name in parts}
        found["question"] = one.said(policy.question)
        found["areas"] = self.report.words.join(one.word("area", name) for name in policy.areas)
        found["objectives"] = "; ".join(one.word("objective", name) for name in policy.objectives)
        found["assumptions"] = " ".join(one.said(assumption.text) for assumption in policy.assumptions)
        found["treated"] = one.said(policy.treated.note) if policy.treated.note else ""
        return found

    def actors(self) -> pd.DataFrame:
        """Who takes part: DataFrame[code, actor, policy, type, topic, territory, source]."""
        rows = [
            {"code": f"{one.name}:{actor.id}", "actor": one.said(actor.name), "policy": one.title}
            | {"type": one.word("type", actor.type), "topic": one.said(actor.topic)}
            | {"territory": one.said(actor.territory), "source": one.said(actor.source)}
            for one in self.here
            for actor in one.policy.actors
        ]
        return pd.DataFrame(rows, columns=["code", "actor", "policy", "type", "topic", "territory", "source"])

    def roles(self) -> pd.DataFrame:
        """Who does what: DataFrame[code, policy, actor, action, role], a row a role."""
        rows = []
        for one in self.here:
            names = {actor.id: one.said(actor.name) for actor in one.policy.actors}
            rows += [
                {"code": f"{one.name}:{action.id}:{actor}", "policy": one.title, "actor": names[actor]}
                | {"action": one.said(action.title), "role": one.word("role", role)}
                for action in one.policy.actions
                for actor, role in action.roles.items()
            ]
        return pd.DataFrame(rows, columns=["code", "policy", "actor", "action", "role"])

    def heard(self) -> list[dict[str, Any]]:
        """Facts of who was heard: `policy`, `title`, `n`, `least` (at least so many), `source`."""
        return [
            {"policy": one.title, "title": one.said(c.title), "n": c.count, "least": c.at_least}
            | {"source": one.said(c.source)}
            for one in self.here
            for c in one.policy.consultations
        ]

    def actions(self) -> pd.DataFrame:
        """Planned and actual dates of each action, as far as known on the day of the report.

        Returns:
            DataFrame[code, action, policy, owner, plan, actual, state, budget, budget_unit, spent, spent_unit]; spent
            only where a source says it: absent is not zero.
        """
        rows = [self._action(one, action, states) for one in self.here for states in [self._states(one)]
                for action in one.policy.actions]  # fmt: skip
        columns = ["code", "action", "policy", "owner", "plan", "actual", "state", "budget", "spent"]
        frame = pd.DataFrame(rows, columns=columns).astype({"budget": float, "spent": float})
        return frame.assign(budget_unit="EUR", spent_unit="EUR")

    def periods(self) -> pd.DataFrame:
        """Planned and actual period of each dated action: DataFrame[code, name, start, end, actual], ISO days.

        `end` is empty where no source read says it.
        """
        day, rows = self.report.as_of.isoformat(), []
        for one in self.here:
            for action in one.policy.actions:
                if not action.start:
                    continue
                name, code = one.said(action.title), f"{one.name}:{action.id}"
                rows.append({"code": f"{code}:plan", "name": name, "start": action.start, "end": action.end}
                            | {"actual": False})  # fmt: skip
                if action.actual_start and action.actual_start <= day:
                    end = action.actual_end if action.actual_end and action.actual_end <= day else ""
                    rows.append({"code": f"{code}:actual", "name": name, "start": action.actual_start, "end": end}
                                | {"actual": True})  # fmt: skip
        return pd.DataFrame(rows, columns=["code", "name", "start", "end", "actual"])

    def _states(self, one: Concerned) -> dict[str, dict[str, Any]]:
        names = ("start", "end", "actual_start", "actual_end")
        dated = [action for action in one.policy.actions if action.start]
        frame = pd.DataFrame(
            [
                {"action": action.id, **{name: getattr(action, name) or None for name in names}}
                | {name: getattr(action, name) for name in ("budget", "spent", "private")}
                for action in dated
            ]
        )
        found = impact.planned_against_actual(frame, self.report.as_of) if dated else frame
        return {str(row["action"]): dict(row) for row in found.to_dict("records")}  # type: ignore[arg-type]

    def _action(self, one: Concerned, action: Any, states: dict[str, dict[str, Any]]) -> dict[str, Any]:
        say, day = self.report.words.say, self.report.as_of.isoformat()
        names = {actor.id: one.said(actor.name) for actor in one.policy.actors}
        actual = say("impact.no_dates")
        if action.actual_start and action.actual_start <= day:
            over = action.actual_end and action.actual_end <= day
            dates = {"start": action.actual_start} | ({"end": action.actual_end} if over else {})
            actual = say("impact.from_to" if over else "impact.from_open", **dates)
        plan = say("impact.from_to", start=action.start, end=action.end) if action.start else say("impact.no_dates")
        return {
            "code": f"{one.name}:{action.id}",
            "action": one.said(action.title),
            "policy": one.title,
            "owner": names[action.owner],
            "plan": plan,
            "actual": actual,
            "state": self._state(states.get(action.id, {})),
            "budget": action.budget,
            "spent": action.spent,
        }

    def _state(self, row: dict[str, Any]) -> str:
        say = self.report.words.say
        if not row:
            return say("impact.state.undated")
        said, days = say(f"impact.state.{row['state']}"), row["slip_days"]
        if row["state"] != "done" or pd.isna(days) or days == 0:
            return said
        return say("impact.state_after" if days > 0 else "impact.state_before", state=said, days=abs(int(days)))

    def complementary(self) -> pd.DataFrame:
        """Policies of others on the same matter: DataFrame[code, title, policy, level, period, amount, amount_unit,
        source]. Amounts are never added up: they overlap, and are of other territories and years."""
        rows: list[dict[str, Any]] = [
            {"code": f"{one.name}:{other.id}", "title": one.said(other.title), "policy": one.title}
            | {"level": one.word("level", other.level), "period": one.said(other.period) if other.period else ""}
            | {"amount": other.amount, "amount_unit": "EUR", "source": one.said(other.source)}
            for one in self.here
            for other in one.policy.complementary
        ]
        columns = ["code", "title", "policy", "level", "period", "amount", "amount_unit", "source"]
        return pd.DataFrame(rows, columns=columns).astype({"amount": float})

    def before(self) -> pd.DataFrame:
        """What had been tried before: DataFrame[code, title, policy, period, result, source]."""
        rows = [
            {"code": f"{one.name}:{tried.id}", "title": one.said(tried.title), "policy": one.title}
            | {"period": one.said(tried.period), "result": one.said(tried.result), "source": one.said(tried.source)}
            for one in self.here
            for tried in one.policy.before
        ]
        return pd.DataFrame(rows, columns=["code", "title", "policy", "period", "result", "source"])

    def claims(self) -> pd.DataFrame:
        """Figures quoted in the programmes, counted again where the tables allow.

        Returns:
            DataFrame[code, claim, status, recomputed, why, source, claimed, value]: `status` is a code, `value` the
            figure of the tables where it is of the same unit, year and territory.
        """
        tables = {name: self._whole(name) for name in evaluations.CLAIM_TABLES} if self._quoted else {}
        rows: list[dict[str, Any]] = []
        for one in self.here:
            for claim in one.policy.claims:
                found = evaluations.recount(claim, tables, self.report.register)
                why = one.said(claim.why) if claim.why else self._why(found.check)
                figures: dict[str, Any] = {"claimed": claim.value, "value": found.check.recomputed}
                rows.append(
                    {"code": claim.id, "claim": one.said(claim.text), "status": found.check.status, "why": why}
                    | {"recomputed": self._recomputed(claim, found), "source": one.said(claim.source)}
                    | figures
                )
        columns = ["code", "claim", "status", "recomputed", "why", "source", "claimed", "value"]
        frame = pd.DataFrame(rows, columns=columns)
        return frame.assign(value=frame["value"].astype(object).where(frame["value"].notna(), None))

    def _whole(self, name: str) -> pd.DataFrame:
        """A table with the places that are not around the territory too: quoted wholes are dated and larger."""
        known, whole = self.report.table(name), catalog.load(name)
        return whole[whole["year"] <= known["year"].max()] if "year" in whole else whole

    @property
    def _quoted(self) -> bool:
        return any(one.policy.claims for one in self.here)

    def _why(self, found: impact.ClaimCheck) -> str:
        values = {name: value if isinstance(value, str) else str(value) for name, value in found.reason.values.items()}
        return capital(self.report.words.say(found.reason.key, **values)) + "."

    def _recomputed(self, claim: QuotedClaim, found: evaluations.Recount) -> str:
        words = self.report.words
        if found.value is None:
            return words.say("impact.not_stated")
        percent = claim.unit == "percent"
        said = words.percent(found.value, 2) if percent else words.value(found.value, found.unit)
        return words.say(f"impact.claim_by.{claim.check}", value=said, year=found.year)

    def trials(self) -> list[dict[str, Any]]:
        """Facts of each light trial: what was stated in advance, and what the readings allow.

        `policy`, `action`, `objective`, `indicator`, `source`; `baseline`; `missing` (a list): what was not stated and
        must be before anything can be decided; `decision`, `reasons`, `low`, `high`, `next` where it was stated in
        full. What there is not, is absent.
        """
        return [self.trial(one, trial) for one in self.here for trial in one.policy.trials]

    def trial(self, one: Concerned, trial: LightTrial) -> dict[str, Any]:
        """Facts of one trial."""
        words = self.report.words
        facts: dict[str, Any] = {name: one.said(getattr(trial, name)) for name in ("action", "objective", "indicator")}
        facts |= {"policy": one.title, "source": one.said(trial.source), "baseline": _ABSENT}
        if trial.baseline is not None:
            facts["baseline"] = words.value(trial.baseline, trial.unit, decimals=0, bare=True)
        lacking = [words.say(f"impact.trial_missing.{name}") for name in trial.missing]
        facts |= {"missing": lacking}
        facts |= dict.fromkeys(("decision", "reasons", "low", "high", "next"), _ABSENT)
        if trial.missing:
            return facts
        found = evaluations.decided(trial)
        why = [words.say(found.key)] + [words.say(note.key, **dict(note.values)) for note in found.flags]
        facts |= {"decision": words.say(f"impact.decision.{found.decision}"), "reasons": why}
        if found.look:
            facts |= {"low": words.number(found.low, 1), "high": words.number(found.high, 1)}
        return facts | {"next": words.date(found.next_look) if found.next_look else _ABSENT}

    def grants(self) -> dict[str, Any]:
        """Facts of grants where one of the policies gives them (`grant_facts`); empty elsewhere."""
        opened = [one.policy.treated.since for one in self.here if one.by_applications]
        return self.grant_facts(min(opened)) if opened and len(self.known_grants) else {}
