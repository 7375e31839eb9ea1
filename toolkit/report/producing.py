"""What a place produces, beside the territories that are larger than its tables: as published for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import pandas as pd

from toolkit import catalog, indicators
from toolkit.catalog import recording
from toolkit.indicators import ProvinceStructure, position, provinces, sectors
from toolkit.indicators.measure import Measure
from toolkit.report.comparison import Comparison
from toolkit.report.judging import Judging
from toolkit.text.facts import Absent, Amount, Count, Name, Rank


class Producing(Judging):
    """A report that knows the province of statistics and the local labour system of its territory."""

    @cached_property
    def statistics_province(self) -> str:
        """Code of the province in statistics (of the 107 before 2026); empty where the members lie in several."""
        return self._only("statistics_province", "province_code")

    @cached_property
    def system(self) -> str:
        """Code of the local labour system; empty where the members lie in several, or the register has none."""
        return self._only("system")

    def _only(self, *columns: str) -> str:
        register = self.table("municipalities")
        column = next((name for name in columns if name in register), "")
        found = set(register.loc[register["istat_code"].isin(self.members), column]) if column else set()
        return str(found.pop()) if len(found) == 1 else ""

    @property
    def province_name(self) -> str:
        """Name of the province in statistics; empty where there is none."""
        named = self.table("statistical_provinces").set_index("province_code")["name"]
        return str(named.get(self.statistics_province, ""))

    def beside(self, comparisons: Sequence[Comparison]) -> pd.DataFrame:
        """Figures of the place beside the local system, the province, the macro-region and Italy, as published there.

        Args:
            comparisons: of indicators that `business_frame` alone makes.

        Returns:
            DataFrame[territory, name, a column an indicator, a `…_flag` each], the place first; `name` in the language
            of the report. A local system or a province that is not one is left out.
        """
        places: list[tuple[str, str, pd.DataFrame, Sequence[str]]] = []
        if self.system:
            named = self.table("local_systems").set_index("system_code")["name"]
            said = self.words.say("labels.larger_system", name=named[self.system])
            places.append(("system", said, self._systems, (self.system,)))
        places += [(key, name, self._provinces, codes) for key, name, codes in self._provinces_around()]
        rows = {("own", self.name): [one.own for one in comparisons]}
        for key, name, table, codes in places:
            panels = [Measure(one.indicator, {"business_frame": table}).of({key: codes}) for one in comparisons]
            years = [one.year for one in comparisons]
            rows[key, name] = [panel.figure(key, year) for panel, year in zip(panels, years, strict=True)]
        out = pd.DataFrame(list(rows), columns=["territory", "name"])
        for number, one in enumerate(comparisons):
            out[one.id] = [figures[number].value for figures in rows.values()]
            out[f"{one.id}_flag"] = [figures[number].flag for figures in rows.values()]
        return out

    def system_facts(self, one: Comparison) -> dict[str, object]:
        """The local system among those of its group of production: `system`, `group`, `own`, `median`, `rank`, `n`.

        Args:
            one: comparison of an indicator that `business_frame` alone makes.

        Returns:
            Facts, all absent where the place lies in no one system.
        """
        if not self.system:
            return dict.fromkeys(("system", "group", "own", "median", "rank", "n"), Absent("missing"))
        listed = self.table("local_systems").set_index("system_code")
        group = str(listed.loc[self.system, "group"])
        codes = list(listed.index[listed["group"] == group])
        panel = Measure(one.indicator, {"business_frame": self._systems}).of({code: (code,) for code in codes})
        values = panel.universe(codes, one.year)
        where = position(values.values, self.system)
        return {
            "system": str(listed.loc[self.system, "name"]),
            "group": Name(self.words.starting("system")[group]),
            "own": Amount(where.value, one.unit),
            "median": Amount(values.median, one.unit),
            "rank": Rank(where.rank, where.of, where.ties),
            "n": Count(len(codes)),
        }

    def structures(self) -> list[ProvinceStructure]:
        """What the province works on, and its growth since each of `provinces.BASES` that the table has, the first
        first; none where the place lies in no one province, or before there are figures."""
        units = self.table("province_local_units")
        years = sorted(set(units["year"]))
        bases = [base for base in provinces.BASES if base in years[:-1]]
        code = self.statistics_province
        return [indicators.structure_of_province(units, [code], base=base) for base in bases] if code else []

    def sections(self) -> sectors.Profile | None:
        """The sections of the place against its province, where every municipality of the place is in the table; else
        None."""
        with recording():  # asking whose sections there are is not a use that the page must name among its sources
            known = set(catalog.load("local_units_sector")["istat_code"])
        if not known.issuperset(self.members):
            return None
        table, register = self.table("local_units_sector"), self.table("municipalities")
        around = set(register.loc[register["istat_code"].isin(self.members), "province_code"])
        inside = register[register["province_code"].isin(around) & register["istat_code"].isin(known)]
        return sectors.profile(table, self.members, sorted(inside["istat_code"]))

    @cached_property
    def _systems(self) -> pd.DataFrame:
        return self.table("system_frame").rename(columns={"system_code": "istat_code"})

    @cached_property
    def _provinces(self) -> pd.DataFrame:
        frame = self.table("province_frame")
        last = frame[frame["year"] == frame["year"].max()]
        made: pd.DataFrame = self.once("with_sectors", lambda: indicators.with_sectors(last))
        return made

    def _provinces_around(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Province, macro-region, Italy: key, name, codes of their provinces."""
        register = self.table("statistical_provinces")
        now = register[register["until"].isna()]
        macro = now.set_index("province_code")["macro_region"]
        found = []
        if code := self.statistics_province:
            said = self.words.say("labels.larger_province", name=self.province_name)
            found.append(("province", said, (code,)))
            near = tuple(macro.index[macro == macro[code]])
            found.append(("macro_region", self.words.say(f"labels.macro_{macro[code]}"), near))
        return [*found, ("italy", self.words.say("labels.macro_italy"), tuple(macro.index))]
