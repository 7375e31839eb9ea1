"""The index of a folder of pages, in both languages: what there is, of when it is, and how to find it.

It reads the pages themselves and, where a run left one, `run.json`; so it also works on pages rendered by hand.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from toolkit import inside, signs
from toolkit.contract import LANGUAGES
from toolkit.display.markup import METHOD
from toolkit.errors import ToolkitError
from toolkit.render import method, shared
from toolkit.render.map import Map, draw
from toolkit.render.shell import INDEX, LANGUAGE_NAMES, LICENCE, labels, template
from toolkit.text import Words

MANIFEST = "run.json"
HEAD = 4096
MOST_NAMES_ON_MAP = 20
_META = re.compile(r'<meta content=(?P<quote>["\'])(?P<content>.*?)(?P=quote) name="quadro:(?P<name>[a-z-]+)"/>')
_ADDRESS = re.compile(r"(?P<folder>[^/]+)/(?P<report>[A-Za-z0-9_-]+)\.(?P<language>it|en)\.html")


@dataclass(frozen=True)
class Entry:
    """One page: where it is, what it is about, and how its last run ended.

    Attributes:
        made: day on which the page that is there was made (ISO), empty where unknown.
        exists: whether there is a page to open.
        stale: whether it is the last good one of an earlier run.
        outcome: of the last attempt, empty where no run is recorded.
    """

    address: str
    report: str
    language: str
    kind: str
    code: str
    name: str
    title: str
    as_of: str = ""
    made: str = ""
    exists: bool = True
    stale: bool = False
    outcome: str = ""


def site(folder: Path | str) -> list[Path]:
    """Write both indexes, both pages on method and `assets/` for the pages in `folder`; returns the two indexes.

    Raises:
        ToolkitError: `folder` does not exist, or its `run.json` is not one.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ToolkitError(f"No folder {folder}", hint="make pages first: quadro run")
    shared.assets(inside.folder(folder, "assets"))
    found = entries(folder)
    plan = _map(found)
    for language in LANGUAGES:
        _write(folder / METHOD[language], method.page(language))
    return [_write(folder / INDEX[language], index(found, language, plan)) for language in LANGUAGES]


def entries(folder: Path) -> list[Entry]:
    """All pages of the folder and all that a run wanted but could not make, by territory, report and language."""
    told = _told(folder)
    found = []
    for path in sorted(folder.glob("*/*.html")):
        match = _ADDRESS.fullmatch(path.relative_to(folder).as_posix())
        if match and (head := _head(path)):
            found.append(_entry(match, head, told.pop(match[0], {})))
    for address, record in told.items():
        match = _ADDRESS.fullmatch(address)
        if match and not (folder / address).is_file() and record.get("outcome") not in ("ok", "unchanged"):
            place = record["territory"]
            head = {"territory": f"{place['type']} {place['code']}", "name": place["name"], "title": ""}
            found.append(_entry(match, head, record, exists=False))
    return sorted(found, key=lambda entry: (folded(entry.name), entry.code, entry.report, entry.language))


def _told(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        records = json.loads(path.read_text(encoding="utf-8"))["pages"]
        return {record["page"]: record for record in records if inside.is_plain(record["page"]) and _named(record)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ToolkitError(
            f"{MANIFEST} cannot be read: {error!r}", where=str(path), hint="run the plan again"
        ) from None


def _named(record: dict[str, Any]) -> bool:
    """Whether a record says of which territory its page is."""
    place = record.get("territory")
    return isinstance(place, dict) and all(isinstance(place.get(key), str) for key in ("type", "code", "name"))


def _head(path: Path) -> dict[str, str]:
    """What a page says of itself in its first lines; nothing where it is not one of ours."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        head = stream.read(HEAD)
    found = {match["name"]: html.unescape(match["content"]) for match in _META.finditer(head)}
    return found if {"territory", "name", "title"} <= set(found) else {}


def _entry(match: re.Match[str], head: dict[str, str], record: dict[str, Any], exists: bool = True) -> Entry:
    kind, _, code = head["territory"].partition(" ")
    return Entry(
        address=match[0],
        report=match["report"],
        language=match["language"],
        kind=kind,
        code=code,
        name=head["name"],
        title=head["title"],
        as_of=head.get("as-of", ""),
        made=str(record.get("made") or "")[:10],
        exists=exists,
        stale=exists and bool(record.get("stale")),
        outcome=str(record.get("outcome") or ""),
    )


def index(found: list[Entry], language: str, plan: Map | None) -> str:
    """The index in one language."""
    words = Words(language)
    groups: list[dict[str, Any]] = [
        {"kind": kind, "heading": words.say(f"site.{kind}_heading"), "places": _places(found, kind, language, words)}
        for kind in ("area", "municipality")
    ]
    municipalities = {place["code"]: place for place in groups[1]["places"]}
    latest = max((entry.made for entry in found), default="")
    return str(
        template("index").render(
            language=language,
            label=labels(words, "site"),
            frame=labels(words, "page"),
            others=[(code, INDEX[code], LANGUAGE_NAMES[code]) for code in LANGUAGES if code != language],
            groups=[group for group in groups if group["places"]],
            count=words.say("site.said_count", places=len(municipalities), pages=sum(entry.exists for entry in found)),
            latest=words.say("site.said_latest", date=latest) if latest else "",
            stale=sum(entry.stale for entry in found),
            map=plan,
            linked={
                code: {"href": place["links"][0], "name": place["name"]}
                for code, place in municipalities.items()
                if place["links"]
            },
            names_on_map=len(municipalities) <= MOST_NAMES_ON_MAP,
            licence=LICENCE[language],
            method=METHOD[language],
        )
    )


def _places(found: list[Entry], kind: str, language: str, words: Words) -> list[dict[str, Any]]:
    """The territories of a kind by name, each with its reports and, by report, a line for each language."""
    titles = {entry.report: entry.title for entry in found if entry.title and entry.language == language}
    codes = {entry.code for entry in found if entry.kind == kind}
    places = []
    for code in codes:
        own = [entry for entry in found if entry.kind == kind and entry.code == code]
        own.sort(key=lambda entry: (entry.report, entry.language != language, entry.language))
        named = next((entry for entry in own if entry.language == language), own[0])
        reports = [
            {"title": titles.get(report, report), "pages": _lines(list(pages), language, words)}
            for report, pages in groupby(own, key=lambda entry: entry.report)
        ]
        links = [entry.address for entry in own if entry.exists]
        places.append({"code": code, "name": named.name, "reports": reports, "links": links})
    return sorted(places, key=lambda place: (folded(place["name"]), place["code"]))


def _lines(pages: list[Entry], language: str, words: Words) -> list[dict[str, Any]]:
    """The pages of one report; what is to be known about all of them is said once."""
    lines = [_line(entry, language, words) for entry in pages]
    for line in lines[1:]:
        if line["good"] or line["said"] == lines[0]["said"]:
            line["said"] = []
    return lines


def _line(entry: Entry, language: str, words: Words) -> dict[str, Any]:
    """A page as the list shows it: link, date, and what to know about it."""
    said = []
    if entry.as_of:
        said.append(words.say("site.said_as_of", date=entry.as_of))
    if entry.stale and entry.made:
        said.append(words.say("site.said_stale", date=entry.made))
    elif entry.stale:
        said.append(words.say("site.said_stale_undated"))
    if entry.outcome not in ("", "ok", "unchanged"):
        said.append(words.say(f"site.said_{entry.outcome}"))
    return {
        "href": entry.address if entry.exists else "",
        "language": entry.language,
        "name": LANGUAGE_NAMES[entry.language],
        "foreign": entry.language != language,
        "said": said,
        "good": entry.exists and not entry.stale,
    }


def _map(found: list[Entry]) -> Map | None:
    codes = {entry.code for entry in found if entry.kind == "municipality" and entry.exists}
    return draw(shared.boundaries(), codes) if codes else None


def folded(text: str) -> str:
    """Text as a search compares it: no accents, no capitals."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _write(path: Path, text: str) -> Path:
    return inside.write(path, signs.legible(text).encode())
