"""A picture of matplotlib on a page: an image with its text, equal bytes, and no need for matplotlib itself."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import page_checks
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from toolkit import Report, display
from toolkit.errors import ToolkitError

SAID = {"id": "mine", "it": "Il mio disegno {place:of}", "en": "My drawing {place:of}", "alt": ("Sale.", "It rises.")}


class _Figure:
    """What `report.show` takes from a matplotlib figure."""

    def __init__(self, text: str = "<a&b>") -> None:
        self.text = text

    def savefig(self, file: Any, *, format: str, metadata: dict[str, Any], bbox_inches: str) -> None:
        assert (format, metadata, bbox_inches) == ("svg", {"Date": None}, "tight")
        salt = sys.modules["matplotlib"].salt  # type: ignore[attr-defined]
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" id="{salt}"><script>x()</script>{self.text}</svg>')


_Figure.__module__ = "matplotlib.figure"


class _Context:
    def __init__(self, given: dict[str, str]) -> None:
        self.given = given

    def __enter__(self) -> None:
        sys.modules["matplotlib"].salt = self.given["svg.hashsalt"]  # type: ignore[attr-defined]

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def figure(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of matplotlib where it is installed, of a stand-in otherwise."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        stand_in = ModuleType("matplotlib")
        stand_in.rc_context = _Context  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "matplotlib", stand_in)
        return _Figure()
    drawn = Figure()
    drawn.subplots().plot([1, 3], label="<a&b>")
    return drawn


def shown(figure: Any, language: str = "it", **more: Any) -> dict[str, Any]:
    InteractiveShell.instance()
    with capture_output() as captured:
        report = Report("own", municipality="015032", language=language, it="Mio", en="Mine")
        report.table("income")
        report.show(figure, sources=["income"], **{**SAID, **more})
    payload: dict[str, Any] = captured.outputs[-1].data[display.MIME]
    return payload


@pytest.mark.parametrize(("language", "title", "alt"), [("it", "o di Bresso", "Sale."), ("en", "of Bresso", "It")])
def test_a_picture_is_an_image_with_its_words(figure: Any, language: str, title: str, alt: str) -> None:
    payload = shown(figure, language)
    assert payload == shown(figure, language)  # equal bytes
    soup = page_checks.soup_of(display.html(payload))
    assert title in soup.h3.get_text()
    assert soup.img["alt"].startswith(alt)
    assert soup.img["src"].startswith("data:image/svg+xml;base64,")
    assert not soup(["svg", "script"])  # nothing of it can run
    assert soup.select_one(".source").get_text(strip=True)
    assert soup.select_one("a.permalink")["href"] == "#mine"


def test_axes_are_their_figure(figure: Any) -> None:
    axes = type("Axes", (), {"__module__": "matplotlib.axes", "figure": figure})()
    assert shown(axes) == shown(figure)


def test_what_it_shows_is_asked_for(figure: Any) -> None:
    with pytest.raises(ToolkitError, match="does not say what it shows"):
        shown(figure, alt=("Sale.", ""))


def test_another_librarys_picture_is_refused_in_words() -> None:
    for other in (object(), type("Figure", (), {"__module__": "plotly.graph_objs", "savefig": print})()):
        with pytest.raises(ToolkitError, match="is not an Altair chart"):
            shown(other, alt=("", ""))
