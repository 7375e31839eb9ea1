"""Vega in a V8 of its own: a Vega-Lite specification in, raw SVG out.

Vega and Vega-Lite are those that vl-convert bundles, the same that a page loads when a reader explores a chart; V8 is
mini-racer's. vl-convert can draw as well, but it measures every text by its outlines, which is most of a drawing's
time: here the widths come from the font's own table. A process that has drawn must not be forked.
"""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from toolkit.made import made
from toolkit.signs import legible

FONTS = "fontpkg-titillium-web"
WEIGHTS = ("Regular", "SemiBold", "Bold")
PATIENCE = 60.0
"""Seconds after which a drawing is given up."""
FLAGS = ("--single-threaded", "--max-semi-space-size=2")
"""Of V8: a third less memory, at no cost of time."""
# What Vega takes for granted and a bare V8 lacks.
_BARE = """
var window = globalThis, self = globalThis, setInterval = () => 0, clearInterval = () => 0;
function structuredClone(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(structuredClone);
  if (value instanceof Date) return new Date(+value);
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, structuredClone(held)]));
}
"""
# Addresses are the names under which vl-convert holds its modules; it fetches nothing.
_SNIPPET = """
import * as vegaModule from "https://cdn.jsdelivr.net/npm/vega@{vega}/+esm";
import * as vegaLiteModule from "https://cdn.jsdelivr.net/npm/vega-lite@{lite}/+esm";
globalThis.vegaEmbed = Object.assign(vegaEmbed, {{vega: vegaModule, vegaLite: vegaLiteModule}});
"""


class DrawingError(ValueError):
    """Vega-Lite or Vega cannot draw a specification (the message is theirs), or draws no mark, or one at no place."""


def draw(spec: Mapping[str, Any], locale: Mapping[str, Any]) -> str:
    """A Vega-Lite specification as the SVG that Vega writes.

    Args:
        spec: Vega-Lite, data by value.
        locale: `formatLocale` and `timeFormatLocale`, as vega-embed takes them.

    Raises:
        DrawingError: it cannot be drawn.
    """
    return _thread().submit(_draw, legible(json.dumps(spec, ensure_ascii=False)), json.dumps(locale)).result()


def counted() -> dict[str, int]:
    """Drawings of this process so far (`drawn`), and structures compiled for them (`compiled`)."""
    told = _thread().submit(lambda: _engine()[0].eval("quadroDraw.counted()")).result()
    return dict(json.loads(str(told)))


@cache
def program() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, whose only global is `vegaEmbed` (with `vega` and `vegaLite`)."""
    return made("vega.js", _bundle, "vl-convert-python").decode()


@cache
def _thread() -> ThreadPoolExecutor:
    """Where it is used, mini-racer would take the event loop, such as a kernel's; here is none."""
    return ThreadPoolExecutor(1, "vega")


@cache
def _engine() -> tuple[Any, Any]:
    """mini-racer and our function in it, which does not keep it alive."""
    racer = import_module("py_mini_racer")
    racer.init_mini_racer(flags=FLAGS, ignore_duplicate_init=True)
    engine = racer.MiniRacer()
    widths = f"var quadroWidths = {made('widths.json', _widths, FONTS).decode()};"
    for script in (_BARE, program(), widths, Path(__file__).with_suffix(".js").read_text(encoding="utf-8")):
        engine.eval(f"{script}\n0")
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))  # freed with the process: its own end is not safe
    return engine, engine.eval("quadroDraw")


def _draw(spec: str, locale: str) -> str:
    try:
        _, function = _engine()
        drawn = str(function(spec, locale).get(timeout=PATIENCE))
    except import_module("py_mini_racer").JSTimeoutException:
        drawn = f"it takes more than {PATIENCE:.0f} s"
    if not drawn.startswith("<svg"):
        raise DrawingError(drawn)
    return drawn


def _bundle() -> bytes:
    vl_convert = import_module("vl_convert")
    minor = vl_convert.get_vegalite_versions()[-1]
    # vl-convert tells the version of Vega-Lite without its last part; what it bundles knows it.
    lite = re.search(rf'"({re.escape(minor)}\.\d+)"', vl_convert.javascript_bundle("globalThis.vegaEmbed = vegaEmbed;"))
    assert lite, f"Vega-Lite {minor} without its own version"
    snippet = _SNIPPET.format(vega=vl_convert.get_vega_version(), lite=lite[1])
    mark = f"/* Vega by vl-convert {version('vl-convert-python')} */"
    return f"{mark}\n(()=>{{{vl_convert.javascript_bundle(snippet)}}})();\n".encode()


def _widths() -> bytes:
    """Weight → character → width, in parts of the font's size."""
    fonts = Path(str(import_module("fontpkg_titillium_web").ROOT)) / "files"
    found = {}
    for weight in WEIGHTS:
        font = import_module("fontTools.ttLib").TTFont(fonts / f"TitilliumWeb-{weight}.ttf")
        wide, size = font["hmtx"].metrics, font["head"].unitsPerEm
        found[weight] = {chr(code): wide[glyph][0] / size for code, glyph in font.getBestCmap().items()}
    return json.dumps(found).encode()
