"""What a table is called, where it comes from and what it may hold: the makings of `datapackage.yaml`.

All of it is written in `descriptors/<table>.yml`, in both languages; `shared.yml` beside them holds what several tables
say alike. An adapter takes its tables from there (`Resource.of`); hash, bytes, rows and days of observation are added
when a table is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from toolkit.catalog import TYPES, last_observed
from toolkit.errors import DataError, boundary

Words = dict[str, str]  # language -> text

DESCRIPTORS = Path(__file__).parent / "descriptors"
CODE = r"^\d{6}$"
FIRST_DAY = "1861-03-17"
RANGE = {"minimum", "maximum"}
_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "topojson": "application/geo+json",
}


@cache
def shared() -> dict[str, Any]:
    """`titles` of the package, the day its files were `accessed`, and by name: `licences`, `origins` (what the tables
    of one publisher say alike), `units` (what a value counted in them may be), `columns` and `faults`."""
    return _yaml(DESCRIPTORS / "shared.yml")


@dataclass(frozen=True)
class Resource:
    """A resource of the package.

    `publisher` is a proper name, or its words by language; `named` is the column in which its rows name their own
    sources, where it collected them by hand. `parts` are other publishers: `rows` says how the column `source` begins
    in theirs, `title` and `url` who they are. `observed` says where a row holds the day it was observed on, as
    `toolkit.catalog.last_observed` takes it; `reference_date` is the day of an edition whose rows hold none. `units`
    says what each value of the column `unit_by` is counted in; that column holds no other values, unless it says so.
    `limits` says of a unit, or of a value of `unit_by`, what `value` may be, where `shared.yml` says otherwise. `rules`
    are those between cells (`toolkit.catalog.rules`). `known` are rows that are unlike all others and right: the
    columns of the key, or some of them for all their rows, `value` of a single one, and `why` in both languages.
    `fields` are those of a Frictionless schema.
    """

    name: str
    title: Words
    publisher: str | Words
    url: str
    licence: str
    upstream: list[str]
    processing: Words
    observed: str = ""
    reference_date: str = ""
    named: str = ""
    parts: tuple[dict[str, Any], ...] = ()
    key: tuple[str, ...] = ()
    fields: tuple[dict[str, Any], ...] = ()
    faults: tuple[Words, ...] = ()
    path: str = ""
    unit_by: str = ""
    units: dict[str, str] = field(default_factory=dict)
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: tuple[dict[str, Any], ...] = ()
    known: tuple[dict[str, Any], ...] = ()

    @classmethod
    @cache
    def of(cls, name: str) -> Resource:
        """The resource that `descriptors/<name>.yml` describes.

        Raises:
            DataError: a key that it may not have or lacks, or a name that `shared.yml` has not.
        """
        return cls.read(DESCRIPTORS / f"{name}.yml")

    @classmethod
    def read(cls, path: Path) -> Resource:
        """The resource that a file describes; raises as `of`."""
        name = path.stem
        with boundary(lambda why: DataError(f"the descriptor of {name} cannot be read: {why}", where=str(path))):
            found = cls._of(name, path)
            found.descriptor("", 0, None)
        return found

    @classmethod
    def _of(cls, name: str, path: Path) -> Resource:
        said = _yaml(path)
        origin = said.pop("origin", "")
        said = {"name": name} | (_shared("origins", origin, path) if origin else {}) | said
        known = {each.name for each in fields(cls)}
        needed = {each.name for each in fields(cls) if each.default is MISSING and each.default_factory is MISSING}
        odd = sorted((set(said) - known) | (needed - set(said)))
        if odd:
            what = "has no" if odd[0] in known else "may not have"
            raise DataError(f"the descriptor of {name} {what} {odd[0]!r}", where=str(path), allowed=sorted(known))
        _shared("licences", said["licence"], path)
        faults = [_shared("faults", one, path) if isinstance(one, str) else one for one in said.get("faults", ())]
        described = {column: dict(rules or {}) for column, rules in said.get("fields", {}).items()}
        if said.get("units"):
            described[said["unit_by"]].setdefault("enum", list(said["units"]))
        said |= {"faults": tuple(faults), "fields": columns(described)}
        said |= {key: tuple(said[key]) for key in ("key", "parts", "rules", "known") if key in said}
        return cls(**said)

    @property
    def file(self) -> str:
        """Name of the file in `data/`."""
        return self.path or f"{self.name}.csv"

    @property
    def codes(self) -> tuple[str, ...]:
        """Columns of ISTAT codes."""
        return tuple(each["name"] for each in self.fields if each.get("constraints", {}).get("pattern") == CODE)

    def allowed(self, column: str) -> list[Any]:
        """The values that a column may hold, in the order of the descriptor."""
        found = next(each for each in self.fields if each["name"] == column)
        values: list[Any] = found["constraints"]["enum"]
        return values

    @property
    def ranges(self) -> dict[str, dict[str, Any]]:
        """By value of `unit_by`, or by unit where there is none: `minimum`, `maximum`, and `whole`, of `value`."""
        units = self.units
        if not units and {"value", "unit"} <= {each["name"] for each in self.fields}:
            units = {unit: unit for unit in self.allowed("unit")}
        return {what: _shared("units", unit, DESCRIPTORS) | self.limits.get(what, {}) for what, unit in units.items()}

    def descriptor(self, sha256: str, size: int, rows: pd.DataFrame | None) -> dict[str, Any]:
        """The Frictionless descriptor of the resource, given the bytes that were written and the rows they hold."""
        licence = shared()["licences"][self.licence]
        suffix = self.file.rsplit(".", 1)[1]
        out: dict[str, Any] = {"name": self.name, "title": self.title["it"], "titles": self.title, "path": self.file}
        out |= {"format": suffix, "mediatype": _MEDIA[suffix]} | ({"encoding": "utf-8"} if suffix == "csv" else {})
        # Frictionless cannot count the bytes of a parquet file: it would call a true count a fault.
        out |= {"bytes": size} if suffix != "parquet" else {}
        out |= {"hash": f"sha256:{sha256}"} | ({} if rows is None else {"rows": len(rows)})
        out |= {
            "sources": self._sources(rows),
            "licenses": [{"name": licence["name"]} | _titled(licence["title"]) | {"path": licence["path"]}],
            "upstream": self.upstream,
            "reference_date": self.reference_date if rows is None else self._day(rows),
            "date_accessed": shared()["accessed"],
            "processing": self.processing,
            "faults": list(self.faults),
        }
        if self.observed:
            out["observed"] = self.observed
        if self.units:
            out["unitOf"] = {"by": self.unit_by, "units": self.units}
        if self._is_ranged():
            out["limits"] = {"by": self.unit_by or "unit", "of": self.ranges}
        out |= {key: list(said) for key, said in (("rules", self.rules), ("known", self.known)) if said}
        if self.fields:
            links = [
                {"fields": [column], "reference": {"resource": "municipalities", "fields": ["istat_code"]}}
                for column in self.codes
                if self.name != "municipalities"
            ]
            schema: dict[str, Any] = {"fields": self._ranged(), "primaryKey": list(self.key), "missingValues": [""]}
            out["schema"] = schema | ({"foreignKeys": links} if links else {})
        return out

    def _is_ranged(self) -> bool:
        return any(each["name"] == "value" and each["type"] == "number" for each in self.fields)

    def _ranged(self) -> list[dict[str, Any]]:
        """The fields, `value` with the range of all that it holds, which is as much as Frictionless can be told."""
        fields = [dict(each) for each in self.fields]
        for each in fields if self._is_ranged() else ():
            if each["name"] == "value":
                widest = {"minimum": min(one["minimum"] for one in self.ranges.values())}
                widest |= {"maximum": max(one["maximum"] for one in self.ranges.values())}
                each["constraints"] = widest | each.get("constraints", {})
        return fields

    def _day(self, rows: pd.DataFrame) -> str:
        return last_observed(rows, self.observed) if self.observed else self.reference_date

    def _sources(self, rows: pd.DataFrame | None) -> list[dict[str, Any]]:
        """The publishers of the rows, the one of all the others last."""
        main = _titled(self.publisher) | {"path": self.url} | ({"named": self.named} if self.named else {})
        if rows is None or not self.parts:
            return [main]
        begins = {part["rows"]: rows["source"].str.startswith(part["rows"]) for part in self.parts}
        found = [
            _titled(part["title"]) | {"path": part["url"], "rows": part["rows"]}
            for part in self.parts
            if begins[part["rows"]].any()
        ]
        return found if pd.concat(begins, axis=1).any(axis=1).all() else [*found, main]


def columns(described: Mapping[str, Mapping[str, Any] | None]) -> tuple[dict[str, Any], ...]:
    """Fields of a Frictionless schema.

    Args:
        described: by name of the column: `type` (string unless said), titles `it` and `en`, `unit`, `code` (true: an
            ISTAT code of six digits), `whole` (of a number), and constraints; `required` unless said otherwise. What is
            not said is as in `shared.yml`; a date lies, unless said otherwise, between 1861 and the year in which
            the files were read.

    Raises:
        DataError: a column without a title in a language, of an unknown type, or figures without a range.
    """
    out = []
    for name, own in described.items():
        said = {"type": "string"} | shared()["columns"].get(name, {}) | (own or {})
        if not {"it", "en"} <= set(said):
            raise DataError(f"the column {name} has no title", where="toolkit/sources/descriptors", allowed="it and en")
        if said["type"] not in TYPES:
            raise DataError(f"the column {name} is of type {said['type']!r}", allowed=list(TYPES))
        about = {"name": name, "type": said.pop("type"), "title": said.pop("it"), "title_en": said.pop("en")}
        if "unit" in said:
            about["unit"] = said.pop("unit")
            said = shared()["units"].get(about["unit"], {}) | said
        if about["type"] == "date":
            said = {"minimum": FIRST_DAY, "maximum": f"{shared()['accessed'][:4]}-12-31"} | said
        if said.get("maximum") == "accessed":
            said["maximum"] = int(shared()["accessed"][:4])
        if about["type"] in ("integer", "number") and not (name == "value" or "enum" in said or set(said) >= RANGE):
            raise DataError(f"the column {name} has no range", where=DESCRIPTORS.name, allowed="minimum and maximum")
        if said.pop("whole", False):
            about["whole"] = True
        rules = {"required": True} | ({"pattern": CODE} if said.pop("code", False) else {}) | said
        rules = {key: rule for key, rule in rules.items() if rule is not False}
        out.append(about | ({"constraints": rules} if rules else {}))
    return tuple(out)


def _titled(name: str | Words) -> dict[str, Any]:
    """`title`, as Frictionless has it, and `titles` by language where a name is not the same in both."""
    return {"title": name} if isinstance(name, str) else {"title": name["it"], "titles": name}


def _shared(what: str, name: str, path: Path) -> Any:
    known = shared()[what]
    if name not in known:
        raise DataError(f"no {what.removesuffix('s')} {name!r} in shared.yml", where=str(path), allowed=list(known))
    return known[name]


def _yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise DataError(f"{path.name} is not valid YAML: {error.problem}", where=f"{path}{line}") from None
    if not isinstance(document, dict):
        raise DataError(f"{path.name} is not a mapping", where=str(path))
    return document
