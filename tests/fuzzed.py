"""Spoilt files: mutations of bytes and of what YAML and JSON say, for the boundaries where files come in."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import yaml

DEEP, LONG = 3000, 5000
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    3,
    10**30,
    0.5,
    -75.0,
    1e300,
    "",
    " ",
    "x" * 300,
    "0",
    "à\u0301",
    "../../etc",
)
ODD += (
    [],
    {},
    [[]],
    {"it": ""},
    ["015032", "015032"],
    "2026-02-30",
    "2199-01-01",
    "999999",
    "=1+1",
    "a.b[0]",
    "\u202e",
)
SIGNS = (
    b"\0",
    b"\x07",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"?",
    b"{",
    b"[" * DEEP,
    b"&x ",
    b"*x",
    b"!!python/name:os ",
    b"\r",
    b'"',
)
SIGNS += (
    b"9" * LONG,
    b"2026-02-30",
    b": ",
    b"\t",
    b"~: ",
    b"<<: ",
    b",",
    b"|\n",
    b"\xc3",
    "é".encode("latin-1"),
    b"1e999",
)


def of_bytes(content: bytes, chance: random.Random) -> bytes:
    """A file that a disk, a network, an editor or a hand has spoilt."""
    at, to = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    lines = content.split(b"\n")
    line = chance.randrange(len(lines))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: content[:at],
        lambda: content[at:],
        lambda: content[:at] + content[to:],
        lambda: content[:at] + chance.randbytes(1 + chance.randrange(20)) + content[at:],
        lambda: content[:at] + chance.choice(SIGNS) + content[at:],
        lambda: content[:at] + chance.choice(SIGNS) + content[to:],
        lambda: content.decode("utf-8", "replace").encode("utf-16"),
        lambda: content.decode("utf-8", "replace").encode("latin-1", "replace"),
        lambda: b"\n".join([*lines[:line], lines[line], *lines[line:]]),
        lambda: b"\n".join([*lines[:line], *lines[line + 1 :]]),
        lambda: b"\n".join([*lines[:line], b"  " + lines[line], *lines[line + 1 :]]),
        lambda: b"",
        lambda: b"\0" * len(content),
        lambda: content + content,
    )
    return chance.choice(ways)()


def of_said(said: Any, chance: random.Random) -> Any:
    """What a document says, with something else in one place: another value, no key, a misspelt or a further one."""
    out = copy.deepcopy(said)
    inner, key = chance.choice(list(_places(out)) or [([out], 0)])
    way = chance.randrange(5)
    if way == 0:
        del inner[key]
    elif way == 1 and isinstance(inner, dict):
        inner[f"{key}{chance.choice('sx_ ')}"] = inner.pop(key)
    elif way == 2 and isinstance(inner, dict):
        inner[chance.choice(("extra", "it", "name", ""))] = chance.choice(ODD)
    elif way == 3 and isinstance(inner[key], (int, float)) and not isinstance(inner[key], bool):
        inner[key] = chance.choice((-inner[key], inner[key] * 1000, inner[key] + 0.5, str(inner[key]), [inner[key]]))
    else:
        inner[key] = chance.choice(ODD)
    return out


def _places(said: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(said) if isinstance(said, dict) else range(len(said)) if isinstance(said, list) else ():
        yield said, key
        yield from _places(said[key])


def of_yaml(content: bytes, chance: random.Random) -> bytes:
    """A YAML file, its bytes or what it says spoilt."""
    if chance.random() < 0.4:
        return of_bytes(content, chance)
    return yaml_of(of_said(yaml.safe_load(content), chance))


def yaml_of(said: Any) -> bytes:
    """JSON, line by line, is YAML in which every text is quoted."""
    return json.dumps(said, indent=1).encode()


def of_json(content: bytes, chance: random.Random) -> bytes:
    """A JSON file, its bytes or what it says spoilt."""
    if chance.random() < 0.4:
        return of_bytes(content, chance)
    return json.dumps(of_said(json.loads(content), chance)).encode()
