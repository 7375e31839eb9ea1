"""HTML in the one form that stock nbconvert writes, without its slow second pass.

`nbconvert` parses every page again with Beautiful Soup and prints the tree. `canonical` gives the same characters for
the HTML that our template makes (balanced elements, quoted attributes), in a single scan: so a page of `quadro run` and
a page of `jupyter nbconvert` are the same bytes, and a page costs milliseconds.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
# Attributes that Beautiful Soup reads as lists of words and prints with single spaces.
WORD_LISTS = frozenset(("class", "rel", "rev", "headers", "accesskey"))

_TOKEN = re.compile(
    r"(?P<raw><(?P<name>script|style)\b[^>]*>)(?P<body>.*?)</(?P=name)\s*>"
    r"|<!--(?P<comment>.*?)-->"
    r"|<!doctype(?P<doctype>[^>]*)>"
    r"|(?P<tag></?[a-zA-Z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>)",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([^\s=/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?")
_PLAIN = re.compile(r"<[a-z][a-z0-9]*(?: [a-z][a-z0-9:-]*=\"[^\"&<>\s]*\")?>")
_BLANK = re.compile(r"[ \t\n\f\r]+")


def canonical(page: str) -> str:
    """The page as `str(BeautifulSoup(page, "html.parser"))` would print it.

    Args:
        page: HTML with balanced elements and quoted attributes, as the template of this folder writes it.
    """
    out: list[str] = []
    end = preserved = 0
    for match in _TOKEN.finditer(page):
        if match.start() > end:
            out.append(_text(page[end : match.start()], bool(preserved)))
        end = match.end()
        tag = match["tag"]
        if tag:
            written = _tag(tag)
            out.append(written)
            if written.startswith(("<pre", "<textarea")):
                preserved += 1
            elif written in ("</pre>", "</textarea>"):
                preserved -= 1
        elif match["raw"]:
            out += [_tag(match["raw"]), match["body"], f"</{match['name'].lower()}>"]
        elif match["comment"] is not None:
            out.append(f"<!--{match['comment']}-->")
        else:
            out.append(f"<!DOCTYPE{match['doctype']}>\n")
    if end < len(page):
        out.append(_text(page[end:], False))
    return "".join(out)


def _text(text: str, preserved: bool) -> str:
    if not preserved and _BLANK.fullmatch(text):
        return "\n" if "\n" in text else " "
    if "&" in text or ">" in text or "<" in text:
        return html.escape(html.unescape(text), quote=False)
    return text


@lru_cache(maxsize=4096)
def _tag(tag: str) -> str:
    name = re.match(r"</?([^\s/>]+)", tag)[1].lower()  # type: ignore[index]
    if tag.startswith("</"):
        return f"</{name}>" if name not in VOID else ""
    if _PLAIN.fullmatch(tag) and name not in VOID:
        return tag
    inside = tag[1 + len(name) : -1]
    closed = inside.endswith("/")
    values = dict(_attribute(match) for match in _ATTRIBUTE.finditer(inside[:-1] if closed else inside))
    attributes = "".join(f" {key}={_quoted(value)}" for key, value in sorted(values.items()))
    if name in VOID:
        return f"<{name}{attributes}/>"
    return f"<{name}{attributes}>" + (f"</{name}>" if closed else "")


def _attribute(match: re.Match[str]) -> tuple[str, str]:
    name = match[1].lower()
    value = html.unescape(next((group for group in match.groups()[1:] if group is not None), ""))
    return name, " ".join(value.split()) if name in WORD_LISTS else value


def _quoted(value: str) -> str:
    value = html.escape(value, quote=False)
    if '"' in value and "'" not in value:
        return f"'{value}'"
    return '"' + value.replace('"', "&quot;") + '"'
