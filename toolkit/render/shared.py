"""Files that all pages of a site share: style, scripts, fonts, Vega for readers who explore, boundaries for its maps.

Fonts and Vega come from installed Python packages; nothing of third parties is kept in the tree.
"""

from __future__ import annotations

import io
import json
import re
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from toolkit import inside, vega
from toolkit.made import made

OWN = Path(__file__).with_name("assets")
FONTS = {f"titillium-web-{weight.lower()}.woff": weight for weight in vega.WEIGHTS}
ALPHABETS = ("latin-1", "iso8859-2")
"""The letters that fonts keep, besides signs: Western and Central European, so those of all names of the register."""


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


@lru_cache(maxsize=4)
def style(assets: str) -> str:
    """The style of a page, to stand in it: one request less before a telephone shows anything.

    Args:
        assets: address of the shared files, relative to the page.
    """
    lines = re.sub(r"/\*.*?\*/", "", (OWN / "quadro.css").read_text(encoding="utf-8"), flags=re.DOTALL).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip()).replace("url(", f"url({assets}/")


def _fonts(folder: Path) -> list[Path]:
    source = Path(str(import_module("fontpkg_titillium_web").ROOT))
    files = [
        _put(folder / name, made(name, partial(_font, source / "files" / f"TitilliumWeb-{weight}.ttf"), vega.FONTS))
        for name, weight in FONTS.items()
    ]
    return [*files, _put(folder / "titillium-web-licence.txt", (source / "LICENSE").read_bytes())]


def _font(path: Path) -> bytes:
    """A font with the letters, signs, kerning and table figures that pages use: a third of its bytes."""
    from fontTools import subset, ttLib

    font = ttLib.TTFont(path, recalcTimestamp=False)
    options = subset.Options(layout_features=["kern", "tnum"], hinting=False, glyph_names=False, name_IDs=[])
    options.drop_tables += ["FFTM"]
    kept = subset.Subsetter(options)
    kept.populate(unicodes=[code for code in font.getBestCmap() if code >= 0x2000 or _is_letter(chr(code))])
    kept.subset(font)
    font.flavor, written = "woff", io.BytesIO()
    font.save(written)
    return written.getvalue()


def _is_letter(character: str) -> bool:
    return any(character.encode(alphabet, "ignore") for alphabet in ALPHABETS)


def _put(path: Path, content: bytes) -> Path:
    """Write a file in one step, and only when it changes: a page that is open meanwhile never reads half of it."""
    if path.is_symlink() or not path.is_file() or path.read_bytes() != content:
        inside.write(path, content)
    return path
