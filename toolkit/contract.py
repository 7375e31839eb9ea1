"""What rooms agree on and none owns, each written here only: any of them may import it, and it imports nothing."""

from __future__ import annotations

from typing import Literal

LANGUAGES: tuple[Literal["it", "en"], ...] = ("it", "en")
"""Of pages and texts."""
MIME = "application/vnd.quadro.v1+json"
"""The private type with which what is shown puts what the page needs into a cell's output."""
PACKAGE = "datapackage.yaml"
"""The description of the tables, in the folder that holds them."""

FLAGS = ("observed", "estimated", "break", "confidential", "missing")
"""States of a figure in a table, from best to worst: a result carries the worst of what it is made of."""
ABSENT = ("confidential", "missing")
"""Flags of a cell that holds no figure."""
PRESENT_FLAGS = (*(flag for flag in FLAGS if flag not in ABSENT), "lower_bound")
"""States of a figure on a page: those of the tables, and one that is at least so much."""
ABSENT_FLAGS = (*reversed(ABSENT), "not_observable")
"""Why a page prints no figure, in the order of a legend: as in the tables, or because nobody can see it."""
