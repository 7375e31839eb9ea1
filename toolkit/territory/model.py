"""A municipality, and an area with its members on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from toolkit.territory.names import slug


@dataclass(frozen=True)
class Municipality:
    """One municipality of the register; what the register does not know is None.

    Attributes:
        province: its plate; `province_code` is the province of today, `statistics_province` the one of the 107 before
            2026 by which statistics are published.
        system: code of the local labour system of 2021.
        inner_area: class of 2020, A (pole) to F (ultra-peripheral); empty where it has none.
        valid_from: first day of the code, where it began since 1991.
    """

    istat_code: str
    name: str
    province_code: str
    province: str
    statistics_province: str
    region: str
    macro_region: str
    nuts3: str
    system: str
    chief_town: bool
    cadastral_code: str
    area_km2: float
    altitude_m: float
    altitude_zone: int | None
    degree_of_urbanisation: int | None
    inner_area: str
    valid_from: date | None

    @property
    def slug(self) -> str:
        """The name as it stands in addresses: `cassina-de-pecchi`."""
        return slug(self.name)

    @property
    def folder(self) -> str:
        """Folder of its pages: `015060-cassina-de-pecchi`."""
        return f"{self.istat_code}-{self.slug}"

    def __str__(self) -> str:
        return f"{self.name} ({self.province}), {self.istat_code}"


@dataclass(frozen=True)
class Area:
    """An area with its members on one day.

    Attributes:
        id, kind: `zona-nord-milano`; zone, custom, system, province, metropolitan_city, historical_province, region,
            macro_region or country.
        code: what the register calls it: province code, code of the system, name of the region; empty for a list.
        status: official, unofficial or programme.
        on: the day for which the members hold; None where they never changed.
        members: ISTAT codes, sorted.
    """

    id: str
    kind: str
    code: str
    name_it: str
    name_en: str
    title_it: str
    title_en: str
    status: str
    valid_from: date | None
    valid_to: date | None
    note_it: str
    note_en: str
    source: str
    on: date | None
    members: tuple[str, ...]

    def name(self, language: str) -> str:
        """Its name in Italian or English."""
        return {"it": self.name_it, "en": self.name_en}[language]

    def title(self, language: str) -> str:
        """What it is, as texts speak of the one that is meant: "Provincia", "Metropolitan City"; else its name."""
        return {"it": self.title_it, "en": self.title_en}[language] or self.name(language)

    @property
    def slug(self) -> str:
        """The id, which is already fit for an address."""
        return self.id

    @property
    def folder(self) -> str:
        """Folder of its pages: `area-nord-milano-2008`."""
        return f"area-{self.id}"

    def __contains__(self, code: object) -> bool:
        return code in self.members

    def __str__(self) -> str:
        day = f"on {self.on}" if self.on else f"until {self.valid_to}" if self.valid_to else "today"
        return f"{self.name_en} ({self.id}, {day})"
