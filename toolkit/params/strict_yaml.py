"""YAML in which nothing changes its meaning on the way in.

YAML 1.1 reads `001272` (Torino) as the number 698, `NO` (Novara) as false, `2024-01-31` as a date and `12:30` as 750,
and lets the last of two equal keys win. Here each of these is a fault that names the file, the line and the remedy.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import Faults, ParameterError, ToolkitError, boundary

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_NUMBER_ELSEWHERE = re.compile(r"[-+]?\.?[0-9]+\.?[0-9]*[eE][-+]?[0-9]+|0o[0-7]+")
_ZERO_FIRST = re.compile(r"0[0-9]+")
_TAG = "tag:yaml.org,2002:"
DIGITS = 30
"""The most that a number has."""

Location = tuple[str | int, ...]


@dataclass
class Document:
    """What a YAML file says, and the line on which each key and item stands."""

    path: Path
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)

    def where(self, location: Location) -> str:
        """`file:line` of a key or item, or of the nearest thing around it."""
        for length in range(len(location), 0, -1):
            if location[:length] in self.lines:
                return f"{self.path}:{self.lines[location[:length]]}"
        return str(self.path)


def read(path: Path) -> Document:
    """Read one YAML file; all its faults are raised together.

    Raises:
        Faults: not a mapping, a duplicate key, an anchor or tag, or an unquoted value that YAML would change.
    """
    with boundary(lambda why: ParameterError(f"{path.name} cannot be read: {why}.", where=str(path))):
        return _document(path)


def _document(path: Path) -> Document:
    document, text = Document(path), ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=_PlainLoader)
    except FileNotFoundError:
        raise ParameterError(f"There is no file {path}.", hint="quadro list runs") from None
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path.name} is not UTF-8 text ({error.reason}).", where=str(path)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ParameterError(f"{path.name} is not valid YAML: {error.problem}.", where=f"{path}{line}") from None
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, error.position) + 1
        what = f"{path.name} is not valid YAML: a control sign ({error.character:#06x})."
        raise ParameterError(what, where=f"{path}:{at}", hint="write the line again") from None
    faults: list[ToolkitError] = []
    if not isinstance(node, yaml.MappingNode):
        raise ParameterError(
            f"{path.name} must hold `name: value` lines.", where=str(path), hint="see params/README.md"
        )
    document.data = _value(node, (), document, faults)
    if faults:
        raise Faults(faults)
    return document


class _PlainLoader(yaml.SafeLoader):
    """Composes nodes only; anchors are refused because they hide where a value comes from."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors (&) and aliases (*) are not used here", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


def _value(node: yaml.Node, location: Location, document: Document, faults: list[ToolkitError]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, location, document, faults)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for position, item in enumerate(node.value):
            document.lines[(*location, position)] = item.start_mark.line + 1
            items.append(_value(item, (*location, position), document, faults))
        return items
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node, document.path, faults)


def _mapping(
    node: yaml.MappingNode, location: Location, document: Document, faults: list[ToolkitError]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            faults.append(_fault("A list or a mapping stands where a name should.", document.path, line, "name: value"))
            continue
        before = len(faults)
        key = _scalar(key_node, document.path, faults)
        if not isinstance(key, str):
            if len(faults) == before:
                what = f"The name {key_node.value!r} must be text."
                faults.append(_fault(what, document.path, line, _quote(key_node)))
            continue
        here = (*location, key)
        if key in found:
            first = document.lines[here]
            faults.append(
                _fault(f"{key!r} is given twice, first on line {first}.", document.path, line, "keep one of the two")
            )
            continue
        document.lines[here] = line
        found[key] = _value(value_node, here, document, faults)
    return found


def _scalar(node: yaml.ScalarNode, path: Path, faults: list[ToolkitError]) -> Any:
    """The value of a scalar, or a fault where YAML would make something else of what is written."""
    text = node.value
    kind = node.tag.removeprefix(_TAG)
    if kind == "str" and any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
        faults.append(_fault(f"{text!r} has a control sign.", path, node.start_mark.line + 1, "write the line again"))
        return None
    if kind == "str" and not (
        node.style is None and (_ZERO_FIRST.fullmatch(text) or _NUMBER_ELSEWHERE.fullmatch(text))
    ):
        return text
    if kind == "null" and node.style is None:
        return None
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind in ("int", "float") and len(text) > DIGITS:
        faults.append(_fault(f"{text[:DIGITS]}… has too many digits.", path, node.start_mark.line + 1, "round it"))
        return None
    if kind == "int" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "float" and _DECIMAL.fullmatch(text):
        return float(text)
    faults.append(_fault(_misread(text, kind), path, node.start_mark.line + 1, _quote(node)))
    return None


def _misread(text: str, kind: str) -> str:
    if kind == "str" and _NUMBER_ELSEWHERE.fullmatch(text):
        return f"{text} without quotes is a number to some readers of YAML and text to others."
    if kind == "str":
        return f"{text} begins with a zero and is not quoted; other such codes would be read as octal numbers."
    if kind in ("int", "bool", "float", "timestamp"):
        try:
            meant = yaml.safe_load(text)
        except ValueError as error:  # as the 30th of February
            told = "date" if kind == "timestamp" else kind
            return f"{text} without quotes is read by YAML as a {told}, and is none: {error}."
        word = {"int": "the number", "float": "the number", "bool": "the truth value", "timestamp": "the date object"}
        return f"{text} without quotes is read by YAML as {word[kind]} {meant}."
    return f"The YAML tag or sign {kind!r} is not used here."


def _quote(node: yaml.ScalarNode) -> str:
    return f'quote it: "{node.value}"'


def _fault(what: str, path: Path, line: int, hint: str) -> ParameterError:
    return ParameterError(what, where=f"{path}:{line}", hint=hint)
