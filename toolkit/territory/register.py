"""Look-up in the dated register.

Codes and areas have days of validity. Names are compared without accents, apostrophes, hyphens and capitals; a name
that several municipalities have is refused, never guessed. A first day that no source gives is taken as "always".
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

from toolkit.catalog import Catalog, recording
from toolkit.catalog.store import Store, current
from toolkit.errors import DataNotEmbedded, TerritoryError
from toolkit.territory import refusals
from toolkit.territory.model import Area, Municipality
from toolkit.territory.names import fold, slug

FIGURES = "population"
"""The table that says whose figures are there: everybody whom any table of figures covers has residents."""

AREA_TEXTS = (
    *("kind", "code", "name_it", "name_en", "title_it", "title_en", "status", "note_it", "note_en", "source"),
)
MUNICIPALITY_TEXTS = (
    *("istat_code", "name", "province_code", "province", "statistics_province", "region", "macro_region"),
    *("nuts3", "system", "cadastral_code", "inner_area"),
)

KINDS_CALLED = {"province": ("province", "metropolitan_city"), "region": ("region",), "system": ("system",)}
CALLED = {"province": "province", "region": "region", "system": "local labour system"}
CALLED_BY = {
    "province": "plate (BS), code (017), name (Brescia) or id (provincia-brescia)",
    "region": "name or id (regione-puglia)",
    "system": "code of 2021 (0319), name of its chief place or id (sistema-brescia)",
}
COUNTRY = "Italia"

_TITLE = re.compile(
    r"^(provincia(-autonoma)?|citta-metropolitana|libero-consorzio-comunale|sistema(-locale)?|regione)-"
    r"((di|del|della|dell)-)?"
    r"|^(autonomous-)?province-of-|^(metropolitan-city|free-municipal-consortium)-of-|-local-labour-system$"
)

_CODE = re.compile(r"[0-9]{6}")
_PROVINCE = re.compile(r"(?P<name>.+?)\s*\((?P<province>[A-Za-z]{2})\)")

Made = TypeVar("Made")

Rows = Mapping[str, Mapping[str, Any]]
"""Rows of a table by their key, read-only."""

Span = tuple[str, date | None, date | None]
"""A member: code, first and last day; None: as long as the area itself."""


class Register:
    """Municipalities and areas of a catalogue; tables are read when first needed and kept.

    Args:
        catalog: has the tables municipalities, other_codes, areas and area_members.
        store: keeps what is made of them; that of this process where none is given.
    """

    def __init__(self, catalog: Catalog, store: Store | None = None) -> None:
        self.catalog, self.store = catalog, current() if store is None else store
        self._municipalities: dict[str, Municipality] = {}

    def municipality(self, code_or_name: str, on: date | None = None) -> Municipality:
        """One municipality, by ISTAT code, by name, or by `name (province)`.

        Args:
            code_or_name: `015032`, `Bresso`, `castro (bg)`.
            on: the day for which it must exist; None: today.

        Raises:
            TerritoryError: unknown, of an earlier day (the code of the register is named), not yet there, or a name
                that several have.
        """
        if not isinstance(code_or_name, str):
            raise refusals.not_text(code_or_name)
        text = code_or_name.strip()
        if any(sign.isdigit() for sign in text):  # no name has a digit
            return self._by_code(text, on)
        return self._by_name(text, on)

    def municipalities(self, on: date | None = None) -> list[Municipality]:
        """All municipalities that exist on a day (None: today), by code."""
        return [self._made(code) for code in self._rows if self._exists(code, on)]

    def today(self, code: str) -> str:
        """The code in the register of a code of any day since 1991.

        Raises:
            TerritoryError: no list since 1991 has it.
        """
        if code in self._rows:
            return code
        if code in self._others:
            return self._others[code].today
        raise refusals.unknown_code(code, self.known, self._others, self._edition)

    def area(self, id: str, on: date | None = None) -> Area:
        """An area with its members on a day.

        Args:
            id: as in the table areas.
            on: the day; may be left out only where the members never changed.

        Raises:
            TerritoryError: unknown, not valid on that day, or a day is needed.
        """
        if id not in self._areas:
            near = difflib.get_close_matches(id, self._areas, n=3)
            raise TerritoryError(
                f"There is no area {id!r}.",
                allowed=list(self._areas),
                hint=f"did you mean {' or '.join(near)}?" if near else "quadro list areas",
            )
        row = self._areas[id]
        first, last = _day(row["valid_from"]), _day(row["valid_to"])
        spans = self._members.get(id) or self._related(row["relation"], row["code"])
        changes = sorted({str(day) for _, *days in spans for day in days if day and day not in (first, last)})
        if on is None and changes:
            raise TerritoryError(
                f"The members of {id} changed: say on which day.", allowed=f"days around {', '.join(changes)}"
            )
        if on is not None and not _holds(first, last, on):
            raise TerritoryError(
                f"{row['name_en']} ({id}) did not exist on {on.isoformat()}.", allowed=f"{_span(first, last)}"
            )
        members = sorted(code for code, start, end in spans if on is None or _holds(start, end, on))
        texts = {name: str(row[name]) for name in AREA_TEXTS}
        return Area(id=id, valid_from=first, valid_to=last, on=on, members=tuple(members), **texts)

    def named(self, kind: str, text: str) -> Area:
        """The province (or metropolitan city), region or local labour system of a name, a code, a plate or an id.

        Args:
            kind: province, region or system.
            text: `BS`, `017`, `Brescia` or `provincia-brescia`; `Lombardia`; `0319`.

        Raises:
            TerritoryError: there is none, or several; near names are given.
        """
        known = self._called(kind)
        found = known.get(slug(text), set())
        if len(found) == 1:
            return self.area(next(iter(found)))
        near = found or {id for key in difflib.get_close_matches(slug(text), known, n=3) for id in known[key]}
        raise TerritoryError(
            f"There is no {CALLED[kind]} {text!r}." if not found else f"{len(found)} are called {text!r}.",
            where=f"the register of {self._edition}",
            allowed=CALLED_BY[kind],
            hint=f"did you mean {' or '.join(sorted(near))}?" if near else "quadro list areas",
        )

    def has_area(self, id: str) -> bool:
        """Whether there is an area of that id, on any day."""
        return id in self._areas

    def areas(self, on: date, kind: str = "") -> list[Area]:
        """Areas that exist on a day, with their members, in the order of the table; of one kind if given."""
        return [area for area in self._there(on) if kind in ("", area.kind)]

    def ended(self, before: date, kind: str) -> list[Area]:
        """Areas of a kind that ended before a day, with their members on their last day."""
        last = {id: _day(row["valid_to"]) for id, row in self._areas.items() if row["kind"] == kind}
        return [self.area(id, day) for id, day in last.items() if day and day < before]

    def around(self, code: str, kind: str, on: date) -> Area | None:
        """The area of a kind in which a municipality lies on a day, or None (Milano is in no zone)."""
        id = next((id for id in self._around(code) if self._areas[id]["kind"] == kind and self._holds(id, on)), None)
        return self._once(lambda: self.area(id, on), "area", "areas", "area_members", on=(id, on)) if id else None

    def zone_of(self, code: str, on: date) -> Area | None:
        """The homogeneous zone of a municipality on a day, or None."""
        return self.around(code, "zone", on)

    def province_of(self, code: str, on: date) -> Area | None:
        """The province or metropolitan city of a municipality on a day, or None."""
        return self.around(code, "metropolitan_city", on) or self.around(code, "province", on)

    def embedded(self) -> frozenset[str]:
        """Codes of the municipalities whose figures are in the catalogue: those that its population table has."""
        return self._embedded

    def require_embedded(self, code: str) -> None:
        """Pass where the figures of a municipality are in the catalogue.

        Raises:
            DataNotEmbedded: they are not; the message says how to get them.
        """
        if code not in self._embedded:
            raise DataNotEmbedded(
                f"{self._made(code)} is known, but its figures are not in the embedded data.",
                where=f"the catalogue holds the figures of {len(self._embedded)} municipalities",
                hint=f"quadro data fetch {code}",
            )

    def _by_code(self, code: str, on: date | None) -> Municipality:
        if not _CODE.fullmatch(code):
            raise refusals.not_a_code(code, self.known, self._others)
        if code not in self._rows:
            raise refusals.unknown_code(code, self.known, self._others, self._edition)
        if not self._exists(code, on):
            raise self._not_there(code, on)
        return self._made(code)

    def _by_name(self, text: str, on: date | None) -> Municipality:
        named = _PROVINCE.fullmatch(text)
        name, province = (named["name"], named["province"].upper()) if named else (text, "")
        codes = [code for code in self._names.get(fold(name), ()) if province in ("", self._rows[code]["province"])]
        there = [code for code in codes if self._exists(code, on)]
        if len(there) > 1 and not name.isascii():  # Paternò is not Paterno; but who writes Paterno may mean either
            there = [code for code in there if name.casefold() == self._rows[code]["name"].casefold()] or there
        if len(there) == 1:
            return self._made(there[0])
        if there:
            raise TerritoryError(
                f"{len(there)} municipalities are called {name}.",
                allowed=[str(self._made(code)) for code in there],
                hint="give the code, or the name with its province: " + f"{name} ({self._rows[there[0]]['province']})",
            )
        if codes:
            raise self._not_there(codes[0], on)
        raise self._unknown(name, province, on)

    def _unknown(self, name: str, province: str, on: date | None) -> TerritoryError:
        gone = [other for other in self._others.values() if other.merged and fold(other.name) == fold(name)]
        if len(gone) == 1 and province in ("", self._made(gone[0].today).province):
            return refusals.of_another_day(gone[0], self.known, self._edition)
        same = [str(self._made(code)) for code in self._names.get(fold(name), ()) if self._exists(code, on)]
        start = fold(name) + " "
        near = [key for key in self._names if start.strip() and key.startswith(start)][:3]
        near = near or difflib.get_close_matches(fold(name), self._names, n=3, cutoff=0.75)
        shown = same or [str(self._made(code)) for key in near for code in self._names[key] if self._exists(code, on)]
        return TerritoryError(
            f"There is no municipality called {name!r}{f' in the province {province}' if province else ''}.",
            where=f"the register of {self._edition}",
            hint=f"did you mean {' or '.join(shown)}?" if shown else refusals.searching(fold(name)[:4]),
        )

    def _not_there(self, code: str, on: date | None) -> TerritoryError:
        before = [other for other in self._others.values() if other.today == code]
        last = max((other.date for other in before), default="")
        return refusals.not_yet(self._made(code), str(on), [other for other in before if other.date == last])

    def _around(self, code: str) -> tuple[str, ...]:
        """Ids of the areas in which a municipality lies, on any day."""
        _ = self._members, self._areas  # loaded each time, so that who uses them is recorded

        def made() -> Mapping[str, tuple[str, ...]]:
            found: dict[str, dict[str, None]] = defaultdict(dict)
            for id, spans in self._members.items():
                for member, *_ in spans:
                    found[member][id] = None
            for relation, ids in self._related_areas.items():
                for row in self._rows.values():
                    value = str(row.get(relation, COUNTRY))
                    found[row["istat_code"]] |= dict.fromkeys(ids.get(value, ()))
            return MappingProxyType({member: tuple(areas) for member, areas in found.items()})

        around: Mapping[str, tuple[str, ...]] = self._once(made, "around", "municipalities", "areas", "area_members")
        return around[code]

    def _holds(self, id: str, on: date) -> bool:
        row = self._areas[id]
        return _holds(_day(row["valid_from"]), _day(row["valid_to"]), on)

    def _related(self, relation: str, value: str) -> tuple[Span, ...]:
        """Members of an area that is a relation of the register: those with its value."""
        return self._values.get(relation, {}).get(value, ())

    @cached_property
    def _values(self) -> Mapping[str, Mapping[str, tuple[Span, ...]]]:
        """Members by column of the register and its value; of the country, which is no column, all."""

        def made() -> Mapping[str, Mapping[str, tuple[Span, ...]]]:
            found: dict[str, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
            for code, row in self._rows.items():
                for relation in self._related_areas:
                    found[relation][str(row.get(relation, COUNTRY))].append((code, None, None))
            return MappingProxyType(
                {
                    column: MappingProxyType({key: tuple(spans) for key, spans in each.items()})
                    for column, each in found.items()
                }
            )

        return self._once(made, "values", "municipalities", "areas")

    @property
    def _related_areas(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Ids of the areas that are relations, by column of the register and its value."""

        def made() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
            found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
            for id, area in self._areas.items():
                if area["relation"]:
                    found[area["relation"]][area["code"]] = (*found[area["relation"]].get(area["code"], ()), id)
            return MappingProxyType({column: MappingProxyType(ids) for column, ids in found.items()})

        return self._once(made, "related", "areas")

    def _called(self, kind: str) -> dict[str, set[str]]:
        """Ids of the areas of a kind by what they may be called: id, name, code, plate, chief town."""
        more: dict[str, set[str]] = defaultdict(set)
        if kind == "province":
            for row in self._rows.values():
                chief = str(row["name"]).split("/") if row["chief_town"] == "yes" else ()
                more[row["province_code"]] |= {row["province"], *chief}
        known: dict[str, set[str]] = defaultdict(set)
        for id, row in self._areas.items():
            if row["kind"] in KINDS_CALLED[kind]:
                for name in map(slug, (id, row["name_it"], row["name_en"], row["code"], *more[row["code"]])):
                    known[name].add(id)
                    known[_TITLE.sub("", name)].add(id)
        return known

    def _there(self, on: date) -> tuple[Area, ...]:
        """All areas that exist on a day."""
        rows, _ = self._areas, self._members  # loaded each time, so that who uses them is recorded

        def made() -> tuple[Area, ...]:
            valid = {id: (_day(row["valid_from"]), _day(row["valid_to"])) for id, row in rows.items()}
            return tuple(self.area(id, on) for id, days in valid.items() if _holds(*days, on))

        return self._once(made, "there", "areas", "area_members", on=on)

    def _exists(self, code: str, on: date | None) -> bool:
        return on is None or _holds(_day(self._rows[code]["valid_from"]), None, on)

    @property
    def known(self) -> Mapping[str, Municipality]:
        """Every municipality of the register, by code."""
        return {code: self._made(code) for code in self._rows}

    def _made(self, code: str) -> Municipality:
        if code not in self._municipalities:
            self._municipalities[code] = _municipality(self._rows[code])
        return self._municipalities[code]

    @cached_property
    def _embedded(self) -> frozenset[str]:
        def found() -> frozenset[str]:
            with recording():  # asking who is there is not a use that a report must name among its sources
                return frozenset(self.catalog.load(FIGURES, columns=["istat_code"])["istat_code"])

        return self._once(found, "embedded", FIGURES)

    def _once(self, make: Callable[[], Made], what: str, *tables: str, on: Any = None) -> Made:
        """What is made of some tables: once for each edition of them."""
        return self.store.once(("register", what, on, *(self._hashes[name] for name in tables)), make)

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return self.catalog.hashes()

    @cached_property
    def _rows(self) -> Rows:
        return self._by("municipalities", "istat_code")

    @cached_property
    def _others(self) -> dict[str, refusals.Other]:
        """Codes of earlier days that the register does not have; only who gives one needs them."""
        with recording():
            rows: list[Any] = self.catalog.load("other_codes").to_dict("records")
        return refusals.others(rows)

    @property
    def _edition(self) -> str:
        """The day of the register."""
        return self.catalog.source("municipalities").reference_date

    @cached_property
    def _areas(self) -> Rows:
        return self._by("areas", "area")

    @cached_property
    def _members(self) -> Mapping[str, tuple[Span, ...]]:
        table = self.catalog.load("area_members")

        def made() -> Mapping[str, tuple[Span, ...]]:
            spans: dict[str, list[Span]] = defaultdict(list)
            for row in table.to_dict("records"):
                spans[row["area"]].append((row["istat_code"], _day(row["valid_from"]), _day(row["valid_to"])))
            return MappingProxyType({area: tuple(found) for area, found in spans.items()})

        return self._once(made, "members", "area_members")

    def _by(self, name: str, column: str) -> Rows:
        """Rows of a table by their key; loaded each time, so that who uses it is recorded."""
        table = self.catalog.load(name)

        def made() -> Rows:
            rows: list[Any] = table.to_dict("records")
            return MappingProxyType({row[column]: MappingProxyType(row) for row in rows})

        return self._once(made, name, name)

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """Folded name → codes; both halves of a bilingual name count."""
        names: dict[str, list[str]] = defaultdict(list)
        for code, row in self._rows.items():
            name = str(row["name"])
            for form in dict.fromkeys(fold(part) for part in [name, *name.split("/")]):
                names[form].append(code)
        return dict(names)


def _municipality(row: Mapping[str, Any]) -> Municipality:
    return Municipality(
        **{name: str(row[name]) for name in MUNICIPALITY_TEXTS},
        chief_town=row["chief_town"] == "yes",
        area_km2=float(row["area_km2"]),
        altitude_m=float(row["altitude_m"]),
        altitude_zone=_whole(row["altitude_zone"]),
        degree_of_urbanisation=_whole(row["degree_of_urbanisation"]),
        valid_from=_day(row["valid_from"]),
    )


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None


def _holds(first: date | None, last: date | None, on: date) -> bool:
    return (first is None or first <= on) and (last is None or on <= last)


def _span(first: date | None, last: date | None) -> str:
    return f"from {first.isoformat() if first else 'the beginning'} to {last.isoformat() if last else 'today'}"


def _whole(value: Any) -> int | None:
    return int(value) if value is not None and value == value else None
