"""The descriptor of a catalogue, `datapackage.yaml`: read once an edition, and proved to hold what is read of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from toolkit.catalog.rules import RESTORE, TYPES
from toolkit.contract import PACKAGE
from toolkit.errors import DataError, boundary

Shape = Any
"""A type; a set of the values allowed; [shape] for a list; {key: shape} for a mapping, `key?` where it may lack."""
Place = tuple[str | int, ...]

WORDS = {"it": str, "en": str}
FIELD = {"name": str, "type": set(TYPES), "constraints?": {"pattern?": str, "enum?": [object], "required?": bool}}
KEYS = {"fields": [FIELD | {"whole?": bool}], "primaryKey": [str]}
LINK = {"fields": [str], "reference": {"resource": str, "fields": [str]}}
RESOURCE = {
    "name": str,
    "titles": WORDS,
    "path": str,
    "format": {"csv", "parquet", "topojson"},
    "hash": re.compile(r"sha256:[0-9a-f]{64}"),
    "sources": [{"title": str, "path": str, "titles?": WORDS, "rows?": str, "named?": str}],
    "licenses": [{"title": str, "path": str, "titles?": WORDS}],
    "upstream": [str],
    "reference_date": object,
    "date_accessed": object,
    "processing": WORDS,
    "faults": [WORDS],
    "observed?": str,
    "unitOf?": {"by": str, "units": dict},
    "limits?": {"by": str, "of": dict},
    "rules?": [{"ordered?": [str], "of?": str, "each?": [str], "together?": [str], "at_most?": str, "where?": dict}],
    "schema?": KEYS | {"foreignKeys?": [LINK]},
}
DESCRIPTOR = {"created": object, "resources": [RESOURCE]}


@lru_cache(maxsize=8)
def descriptor(path: str, mtime: int, size: int) -> dict[str, Any]:
    """The descriptor in a file, read again when its time or size differs.

    Raises:
        DataError: it is not YAML, or lacks what the catalogue reads; with the line.
    """
    with boundary(lambda why: DataError(f"{PACKAGE} cannot be read: {why}", where=path, hint=RESTORE)):
        text = Path(path).read_text(encoding="utf-8")
        package = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        found = next(_broken(package, DESCRIPTOR, ()), None) or next(_inconsistent(package), None)
        if found:
            place, rule = found
            what = f"{PACKAGE} breaks a rule: {'.'.join(map(str, place)) or 'all of it'} {rule}"
            raise DataError(what, where=f"{path}:{_line(text, place)}", hint=RESTORE)
    return dict(package)


def _broken(said: Any, shape: Shape, place: Place) -> Iterator[tuple[Place, str]]:
    """Where something is not of a shape, and the rule."""
    if isinstance(shape, dict):
        if not isinstance(said, dict):
            yield place, "is a mapping"
            return
        for key, inner in shape.items():
            name = key.removesuffix("?")
            if name in said:
                yield from _broken(said[name], inner, (*place, name))
            elif name == key:
                yield place, f"has the key {name!r}"
    elif isinstance(shape, list):
        if not isinstance(said, list):
            yield place, "is a list"
            return
        for number, one in enumerate(said):
            yield from _broken(one, shape[0], (*place, number))
    elif isinstance(shape, set):
        if not (isinstance(said, str) and said in shape):
            yield place, f"is one of {', '.join(sorted(shape))}"
    elif isinstance(shape, re.Pattern):
        if not (isinstance(said, str) and shape.fullmatch(said)):
            yield place, f"has the form {shape.pattern}"
    elif not isinstance(said, shape):
        yield place, f"is of type {shape.__name__}"


def _inconsistent(package: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a descriptor of the right shape may still say wrongly: names twice, elsewhere or nowhere."""
    names = [resource["name"] for resource in package["resources"]]
    for number, resource in enumerate(package["resources"]):
        at: Place = ("resources", number)
        if names.index(resource["name"]) != number:
            yield (*at, "name"), "names a resource once"
        if not re.fullmatch(r"[A-Za-z0-9_-]+\.[a-z]+", resource["path"]):
            yield (*at, "path"), "is the name of a file beside it"
        if not (resource["sources"] and resource["licenses"]):
            yield at, "has a source and a licence"
        columns = [field["name"] for field in resource.get("schema", {}).get("fields", ())]
        used = [*resource.get("schema", {}).get("primaryKey", ())]
        used += [resource[key]["by"] for key in ("unitOf", "limits") if key in resource]
        for rule in resource.get("rules", ()):
            used += [*rule.get("ordered", ()), *([rule["of"]] if "of" in rule else ()), *rule.get("where", ())]
            if "ordered" not in rule and not ({"of", "at_most"} <= set(rule) and {"each", "together"} & set(rule)):
                yield (*at, "rules"), "are `ordered`, or `of`, `at_most` and `each` or `together`"
        for link in resource.get("schema", {}).get("foreignKeys", ()):
            used += link["fields"]
            if link["reference"]["resource"] not in names:
                yield (*at, "schema", "foreignKeys"), "lead to resources that there are"
        for column in dict.fromkeys(used):
            if column not in columns:
                yield at, f"has no column {column!r}, which a rule or the key names"


def _line(text: str, place: Place) -> int:
    """The line of a place in YAML."""
    node, line = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), 1
    for part in place:
        inner = None
        if isinstance(node, yaml.MappingNode):
            inner = next(((key, value) for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = (node.value[part], node.value[part])
        if inner is None:
            break
        line, node = inner[0].start_mark.line + 1, inner[1]
    return line
