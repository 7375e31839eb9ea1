"""Names of places with their prepositions and articles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from toolkit.text.loading import vocabulary


@dataclass(frozen=True)
class Place:
    """A place's name with its prepositions: `at` "a Bresso", `of` "di Bresso", `to`, `from_`, `the`, `body`."""

    name: str
    the: str
    at: str
    of: str
    to: str
    from_: str
    body: str

    def form(self, form: str) -> str:
        """A form by name; with a capital it begins a sentence (`At`: "Nella Città metropolitana …")."""
        text: str = getattr(self, "from_" if form.lower() == "from" else form.lower())
        return text[:1].upper() + text[1:] if form[:1].isupper() else text


@cache
def place(name: str, language: str) -> Place:
    """The forms of a name: a municipality's, or an area's if its first word is one of `text/places.yml`."""
    if language == "it":
        forms = _italian_forms(name)
    else:
        name = vocabulary("places")["english_names"].get(name, name)
        the = "the " if _english_article(name) else ""
        forms = {"the": the, "at": f"in {the}", "of": f"of {the}", "to": f"to {the}", "from": f"from {the}"}
        forms = {form: text + name for form, text in forms.items()}
    body = vocabulary("places")["body"][language].format(name=name, of=forms["of"])
    return Place(name, forms["the"], forms["at"], forms["of"], forms["to"], forms["from"], body)


def _italian_forms(name: str) -> dict[str, str]:
    places = vocabulary("places")
    head = "" if name in places["plain"] else re.split(r"[ \u00a0]", name)[0]
    kind, rest = places["contracted"].get(name, (places["whole"].get(name) or places["heads"].get(head.lower()), name))
    if kind:
        forms = {form: text + rest for form, text in places["articles"][kind].items()}
        return forms | {"the": name, "at": forms["to"]} if name in places["contracted"] else forms
    to = f"{'ad' if begins(name, 'a') else 'a'} {name}"
    return {"the": name, "at": to, "of": f"di {name}", "to": to, "from": f"da {name}"}


def _english_article(name: str) -> bool:
    words = name.lower().split()
    article = vocabulary("places")["english_article"]
    if name in vocabulary("places")["plain"]:
        return False
    return bool(words) and (words[0] in article["first"] or words[-1] in article["last"])


def begins(text: str, vowel: str) -> bool:
    """Whether a text begins with the vowel (a or e), accented or not: where Italian adds a d."""
    accented = {"a": "aàá", "e": "eèé"}[vowel]
    return text[:1].lower() in accented
