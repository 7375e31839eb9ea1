"""What real pages link to on the site's page of method is there, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from harness import notebooks
from once import executed

from toolkit import render
from toolkit.display.markup import METHOD
from toolkit.run.check_site import check
from toolkit.text import LANGUAGES


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for name in notebooks():
        for language in LANGUAGES:
            render.outputs(executed(name, municipality="015032", language=language), folder / "015032-bresso")
    render.site(folder)
    return folder


def test_every_anchor_is_there(site: Path) -> None:
    assert check(site) > 2 * len(notebooks())  # links and anchors of all pages
    for language in LANGUAGES:
        page = BeautifulSoup((site / f"015032-bresso/benchmark.{language}.html").read_text(), "html.parser")
        links = {link["href"] for link in page("a", href=True)}
        assert len([href for href in links if href.startswith(f"../{METHOD[language]}#")]) > 10


def test_an_anchor_that_is_not_there_is_found(site: Path, tmp_path: Path) -> None:
    from toolkit.errors import Faults

    page = site / METHOD["it"]
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace('id="income_per_taxpayer"', 'id="other"'), encoding="utf-8")
    try:
        with pytest.raises(Faults, match="leads to an anchor that is not there"):
            check(site)
    finally:
        page.write_text(text, encoding="utf-8")


def test_two_runs_write_the_same_bytes(site: Path) -> None:
    before = {name: (site / name).read_bytes() for name in METHOD.values()}
    render.site(site)
    assert {name: (site / name).read_bytes() for name in METHOD.values()} == before
