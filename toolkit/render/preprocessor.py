"""The nbconvert preprocessor that our template's `conf.json` names: all that the template prints is computed here.

So stock nbconvert makes the same page as `quadro run`:

    jupyter nbconvert --to html --template quadro executed.ipynb --output benchmark.it

`make` links the template where Jupyter looks for it by name; without that, its folder serves as well as its name,
from the checkout: `--template toolkit/render/templates/quadro`.

Options, when they are needed: `--QuadroPage.assets=../assets`, `--QuadroPage.languages=it`.
"""

from __future__ import annotations

from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_markdown_cell
from traitlets import List, Unicode
from traitlets.config import Application

from toolkit.contract import LANGUAGES
from toolkit.errors import ToolkitError
from toolkit.render.content import Section
from toolkit.render.shared import ASSETS
from toolkit.render.shell import context, read
from toolkit.signs import all_legible

OTHERS = ("pdf", "webpdf", "latex", "slides")
"""What nbconvert's `--to` may ask of our template and it does not make; `conf.json` lets them come here to be told."""
TO_HTML = "jupyter nbconvert --to html --template quadro out.ipynb"


class QuadroPage(Preprocessor):
    """Replaces the cells of an executed notebook by the sections of its page, and leaves the rest in `resources`."""

    enabled = True
    assets = Unicode(ASSETS, help="address of the shared files, relative to the page").tag(config=True)
    languages = List(Unicode(), list[str](LANGUAGES), help="languages in which the report is made").tag(config=True)

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """The notebook with one cell a section, and `resources["quadro"]` with what goes around them.

        Raises:
            ToolkitError: something else than a page is asked for; or the notebook opened no report, failed, or did
                not close its report.
        """
        asked = getattr(Application.instance(), "export_format", "") if Application.initialized() else ""
        if asked in OTHERS:
            raise ToolkitError(
                f"The template quadro makes an HTML page, not what --to {asked} asks for.",
                hint=f"{TO_HTML}; for a PDF open the page in any browser and print it: it is made for A4",
            )
        content, words = read(notebook)
        resources["quadro"] = context(content, words, self.assets, self.languages)
        return type(notebook)({**notebook, "cells": [cell_of(section) for section in content.sections]}), resources


def cell_of(section: Section) -> Any:
    """A section as the template takes it."""
    html = "\n".join(section.html)
    parts = all_legible(
        {"id": section.id, "title": section.title, "home": section.home, "was": section.was, "html": html}
    )
    return new_markdown_cell(parts["title"], id=f"section-{section.id}"[:64], metadata={"quadro": parts})
