"""The render room: an executed notebook becomes a page, result files, a place in an index, and a PDF.

page(notebook) -> str              the HTML
outputs(notebook, folder)          page, extracts made for paper, and result files, as a run promotes them
site(folder)                       index.html, index.en.html and assets/ for the pages below a folder
assets(folder)                     the shared files alone
pdf(page)                          a tagged PDF beside a page, through Chromium
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit import inside, signs
from toolkit.contract import LANGUAGES
from toolkit.render.shared import ASSETS

__all__ = ["assets", "outputs", "page", "pdf", "site"]


def page(notebook: Any, assets: str = ASSETS, languages: Sequence[str] = LANGUAGES) -> str:
    """The HTML of an executed notebook; see `toolkit.render.shell`."""
    from toolkit.render.shell import page as written

    return written(notebook, assets, languages)


def outputs(
    notebook: Any, folder: Path | str, assets: str = ASSETS, languages: Sequence[str] = LANGUAGES
) -> list[Path]:
    """Write the page of an executed notebook and its result files into `folder`, which is made if need be.

    `<report>.<language>.html`, `<report>-<extract>.<language>.html` and `.xlsx` are in the page's language;
    `<report>.json` and one CSV a table or figure are the same in every language. `<report>-charts.<language>.js` has
    what the page's script needs when a reader explores a chart.

    Returns:
        What was written, the page last.

    Raises:
        ToolkitError: the notebook opened no report, failed, or did not close its report, or an id names no file; then
            nothing is written.
    """
    from toolkit.display import is_explorable, specs_script
    from toolkit.render.content import extracts, frame, payloads
    from toolkit.render.results import files
    from toolkit.render.shell import charts_name, extract
    from toolkit.render.workbook import workbook

    opened, _ = frame(notebook)
    stem = inside.plain(f"{opened['report']}.{opened['language']}")
    contents: dict[str, bytes] = {name: signs.legible(text).encode() for name, text in files(notebook).items()}
    contents[f"{stem}.xlsx"] = workbook(notebook)
    if explorable := [payload for payload in payloads(notebook) if is_explorable(payload)]:
        contents[charts_name(opened)] = signs.legible(specs_script(explorable)).encode()
    for part in extracts(notebook):
        name = f"{opened['report']}-{part['id']}.{opened['language']}.html"
        contents[name] = extract(notebook, part, assets=assets, languages=languages).encode()
    contents[f"{stem}.html"] = page(notebook, assets=assets, languages=languages).encode()
    folder = Path(folder)
    paths = [inside.path(folder, name) for name in contents]
    folder.mkdir(parents=True, exist_ok=True)
    return [inside.write(path, content) for path, content in zip(paths, contents.values(), strict=True)]


def assets(folder: Path | str) -> list[Path]:
    """Write the files that all pages share; see `toolkit.render.shared`."""
    from toolkit.render.shared import assets as write

    return write(folder)


def site(folder: Path | str) -> list[Path]:
    """Write the index of the pages below `folder`; see `toolkit.render.index`."""
    from toolkit.render.index import site as write

    return write(folder)


def pdf(page: Path | str, target: Path | str | None = None) -> Path:
    """Print a page to a tagged PDF with bookmarks; see `toolkit.render.printing`."""
    from toolkit.render.printing import pdf as write

    return write(page, target)
