"""Words: how reports speak, in Italian and in English; the texts themselves are in the `.yml` files beside."""

from toolkit.contract import ABSENT_FLAGS, LANGUAGES, PRESENT_FLAGS
from toolkit.text.loading import (
    FOLDER,
    VOCABULARIES,
    WordsError,
    messages,
    placeholders,
    template,
    vocabulary,
)
from toolkit.text.numbers import MINUS, is_absent, rounded
from toolkit.text.places import Place
from toolkit.text.words import Words, pair

__all__ = [
    "ABSENT_FLAGS",
    "FOLDER",
    "LANGUAGES",
    "MINUS",
    "PRESENT_FLAGS",
    "VOCABULARIES",
    "Place",
    "Words",
    "WordsError",
    "is_absent",
    "messages",
    "pair",
    "placeholders",
    "rounded",
    "template",
    "vocabulary",
]
