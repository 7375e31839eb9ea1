"""Pages of the real notebooks: whole, small, and already in the form that stock nbconvert writes."""

from __future__ import annotations

from pathlib import Path

import page_checks
import pytest
from harness import notebooks
from once import executed

from toolkit import render


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("name", notebooks())
def test_page_is_whole(name: str, language: str) -> None:
    page = render.page(executed(name, municipality="015032", language=language))
    soup = page_checks.everything(page, language)
    assert soup.select(".brief")
    assert soup.select(".sources, .short-sources")


@pytest.mark.parametrize("name", notebooks())
def test_every_file_that_the_page_links_to_is_written(name: str, tmp_path: Path) -> None:
    render.outputs(executed(name, municipality="015032"), tmp_path)
    for page in tmp_path.glob("*.html"):
        soup = page_checks.soup_of(page.read_text(encoding="utf-8"))
        linked = {link["href"] for link in soup("a", download=True)}
        assert not [name for name in linked if not (tmp_path / name).is_file()], page.name
