"""Names as they are compared and as they stand in addresses."""

from __future__ import annotations

import re
import unicodedata

_PUNCTUATION = re.compile(r"['’‘`´ʼʹ′\-‐‑–—./]+")


def fold(name: str) -> str:
    """A name as names are compared: no accents, one kind of blank for apostrophes and hyphens, small letters."""
    plain = unicodedata.normalize("NFKD", _PUNCTUATION.sub(" ", name))
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).casefold().split())


def slug(name: str) -> str:
    """A name as it stands in addresses: `slug("Cassina de' Pecchi") == "cassina-de-pecchi"`."""
    return "-".join(re.findall(r"[a-z0-9]+", fold(name)))
