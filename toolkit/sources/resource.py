"""What a table is called, where it comes from and what it may hold: the makings of `datapackage.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from toolkit.catalog import FLAGS, last_observed

Words = dict[str, str]  # language -> text

ACCESSED = "2026-11-22"
LICENCES: dict[str, tuple[str, str | Words, str]] = {
    "istat": ("CC-BY", "CC BY", "https://www.istat.it/note-legali/"),
    "istat-census": ("CC-BY-3.0-IT", "CC BY 3.0 IT", "https://creativecommons.org/licenses/by/3.0/it/"),
    "mef": ("CC-BY-3.0-IT", "CC BY 3.0 IT", "https://creativecommons.org/licenses/by/3.0/it/"),
    "cc-by-4.0": ("CC-BY-4.0", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "openpolis": ("CC-BY-4.0", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "eurostat": (
        "eurostat-reuse",
        {"it": "Eurostat: riuso con citazione della fonte", "en": "Eurostat: reuse with attribution"},
        "https://ec.europa.eu/eurostat/help/copyright-notice",
    ),
}
CODE = r"^\d{6}$"
LABELS: dict[str, Words] = {
    "istat_code": {"it": "Codice ISTAT del Comune", "en": "ISTAT code of the municipality"},
    "year": {"it": "Anno", "en": "Year"},
    "item": {"it": "Voce", "en": "Item"},
    "value": {"it": "Valore", "en": "Value"},
    "unit": {"it": "Unità di conto", "en": "Unit of count"},
    "flag": {"it": "Stato del dato", "en": "Status of the figure"},
    "valid_from": {"it": "Primo giorno di validità", "en": "First day of validity"},
    "valid_to": {"it": "Ultimo giorno di validità", "en": "Last day of validity"},
    "source": {"it": "Fonte", "en": "Source"},
    "name": {"it": "Nome", "en": "Name"},
}


@dataclass(frozen=True)
class Resource:
    """A resource of the package.

    `publisher` is a proper name, or its words by language; `named` is the column in which its rows name their own
    sources, where it collected them by hand. `parts` are other publishers, each with how the column `source` begins in
    its rows, its name and its address. `observed` says where a row holds the day it was observed on, as
    `toolkit.catalog.last_observed` takes it; `reference_date` is the day of an edition whose rows hold none. `units`
    says what each value of the column `unit_by` is counted in.
    """

    name: str
    title: Words
    publisher: str | Words
    url: str
    licence: str
    upstream: tuple[str, ...]
    processing: Words
    observed: str = ""
    reference_date: str = ""
    named: str = ""
    parts: tuple[tuple[str, str | Words, str], ...] = ()
    key: tuple[str, ...] = ()
    fields: tuple[dict[str, Any], ...] = ()
    faults: tuple[Words, ...] = ()
    path: str = ""
    unit_by: str = ""
    units: dict[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ("istat_code",)

    @property
    def file(self) -> str:
        """Name of the file in `data/`."""
        return self.path or f"{self.name}.csv"

    def descriptor(self, sha256: str, size: int, rows: pd.DataFrame | None) -> dict[str, Any]:
        """The Frictionless descriptor of the resource, given the bytes that were written and the rows they hold."""
        licence, licence_title, licence_url = LICENCES[self.licence]
        suffix = self.file.rsplit(".", 1)[1]
        out: dict[str, Any] = {"name": self.name, "title": self.title["it"], "titles": self.title, "path": self.file}
        out |= {"format": suffix, "mediatype": _MEDIA[suffix]} | ({"encoding": "utf-8"} if suffix == "csv" else {})
        # Frictionless cannot count the bytes of a parquet file: it would call a true count a fault.
        out |= {"bytes": size} if suffix != "parquet" else {}
        out |= {"hash": f"sha256:{sha256}"} | ({} if rows is None else {"rows": len(rows)})
        out |= {
            "sources": self._sources(rows),
            "licenses": [{"name": licence} | _titled(licence_title) | {"path": licence_url}],
            "upstream": list(self.upstream),
            "reference_date": self.reference_date if rows is None else self._day(rows),
            "date_accessed": ACCESSED,
            "processing": self.processing,
            "faults": list(self.faults),
        }
        if self.observed:
            out["observed"] = self.observed
        if self.units:
            out["unitOf"] = {"by": self.unit_by, "units": self.units}
        if self.fields:
            links = [
                {"fields": [column], "reference": {"resource": "municipalities", "fields": ["istat_code"]}}
                for column in self.codes
                if self.name != "municipalities"
            ]
            schema: dict[str, Any] = {"fields": list(self.fields), "primaryKey": list(self.key), "missingValues": [""]}
            out["schema"] = schema | ({"foreignKeys": links} if links else {})
        return out

    def _day(self, rows: pd.DataFrame) -> str:
        return last_observed(rows, self.observed) if self.observed else self.reference_date

    def _sources(self, rows: pd.DataFrame | None) -> list[dict[str, Any]]:
        """The publishers of the rows, the one of all the others last."""
        main = _titled(self.publisher) | {"path": self.url} | ({"named": self.named} if self.named else {})
        if rows is None or not self.parts:
            return [main]
        begins = {start: rows["source"].str.startswith(start) for start, _, _ in self.parts}
        found = [_titled(name) | {"path": url, "rows": at} for at, name, url in self.parts if begins[at].any()]
        return found if pd.concat(begins, axis=1).any(axis=1).all() else [*found, main]


def _titled(name: str | Words) -> dict[str, Any]:
    """`title`, as Frictionless has it, and `titles` by language where a name is not the same in both."""
    return {"title": name} if isinstance(name, str) else {"title": name["it"], "titles": name}


_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "topojson": "application/geo+json",
}


def column(name: str, kind: str = "string", it: str = "", en: str = "", **constraints: Any) -> dict[str, Any]:
    """A field of a schema; `required` unless said otherwise; `unit` is kept apart from the constraints."""
    label = {"it": it, "en": en} if it else LABELS[name]
    unit = constraints.pop("unit", None)
    rules = {"required": True} | constraints
    rules = {key: rule for key, rule in rules.items() if rule is not False}
    out: dict[str, Any] = {"name": name, "type": kind, "title": label["it"], "title_en": label["en"]}
    return out | ({"unit": unit} if unit else {}) | ({"constraints": rules} if rules else {})


def code(name: str = "istat_code", it: str = "", en: str = "") -> dict[str, Any]:
    """A column of ISTAT codes."""
    return column(name, it=it, en=en, pattern=CODE)


def figures(
    years: list[int],
    items: list[str],
    units: list[str],
    *,
    minimum: float | None = 0,
    between: tuple[dict[str, Any], ...] = (),
    flags: tuple[str, ...] = FLAGS,
) -> tuple[dict[str, Any], ...]:
    """Columns of a table of figures: code, year, item, others, value, unit, flag."""
    lowest: dict[str, Any] = {} if minimum is None else {"minimum": minimum}
    return (
        code(),
        column("year", "integer", enum=years),
        *((column("item", enum=items),) if items else ()),
        *between,
        column("value", "number", required=False, **lowest),
        column("unit", enum=units),
        column("flag", enum=list(flags)),
    )
