"""Files that all pages of a site share: style, scripts, fonts, Vega for readers who explore, boundaries for its maps.

Fonts and Vega come from installed Python packages; nothing of third parties is kept in the tree.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from toolkit import inside, vega

OWN = Path(__file__).with_name("assets")
FONTS = ("Regular", "SemiBold", "Bold")


def assets(folder: Path | str) -> list[Path]:
    """Write the shared files into `folder`; those that are already there as they should be are left alone.

    Returns:
        All shared files, written or not.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = [_put(folder / path.name, path.read_bytes()) for path in sorted(OWN.iterdir()) if path.is_file()]
    files += _fonts(folder)
    files.append(_put(folder / "vega.js", vega.program().encode()))
    files.append(_put(folder / "boundaries.js", boundaries_script().encode()))
    return files


def boundaries() -> dict[str, Any]:
    """The boundaries of the default catalogue, one topology whose object is `municipalities`."""
    from toolkit import catalog

    return catalog.document("boundaries")


def boundaries_script() -> str:
    """A script that assigns the boundaries: `fetch` fails on a folder, and under the pages' security policy."""
    return f"window.quadroBoundaries={json.dumps(boundaries(), ensure_ascii=False, separators=(',', ':'))};\n"


def _fonts(folder: Path) -> list[Path]:
    import fontpkg_titillium_web  # type: ignore[import-untyped]

    source = Path(fontpkg_titillium_web.__file__).parent
    files = [
        _put(folder / f"titillium-web-{name.lower()}.ttf", (source / "files" / f"TitilliumWeb-{name}.ttf").read_bytes())
        for name in FONTS
    ]
    return [*files, _put(folder / "titillium-web-licence.txt", (source / "LICENSE").read_bytes())]


def _put(path: Path, content: bytes) -> Path:
    """Write a file in one step, and only when it changes: a page that is open meanwhile never reads half of it."""
    if path.is_symlink() or not path.is_file() or path.read_bytes() != content:
        inside.write(path, content)
    return path
