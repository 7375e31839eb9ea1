"""Addresses: the same in both languages, once given never lost, and never given to something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from once import executed

from toolkit import render
from toolkit.errors import ToolkitError
from toolkit.render import content
from toolkit.render.retired import EVERY, register, retired
from toolkit.text import LANGUAGES

PUBLISHED = yaml.safe_load((Path(__file__).parents[1] / "golden" / "ids.yml").read_text(encoding="utf-8"))
OFFERED = "section.section[id], figure.figure[id], div.table[id], div.extract[id]"
SELDOM = {  # on a day with open calls, or with limits of the municipality's own
    "pnrr": ("open",),
    "pnrr-tables": ("open-closely", "requirements", "history", "hindsight", "ranking", "portfolio", "left-out"),
    "impact": ("before", "complementary"),
    "impact-details": (
        "drivers-manifattura-milano-2017",
        "expected-manifattura-milano-2017",
        "ranges-manifattura-milano-2017",
    ),
}
PLACES = ({"municipality": "015032"}, {"municipality": "015155"}, {"area": "zona-nord-milano"})


REPORTS = tuple(name for name in PUBLISHED if "-" not in name)
Pages = dict[tuple[str, str, str], BeautifulSoup]


@pytest.fixture(scope="module")
def pages() -> Pages:
    """Page (`benchmark`, `benchmark-figures` …), place and language → what a reader gets."""
    found = {}
    for report in REPORTS:
        for where in PLACES:
            for language in LANGUAGES:
                notebook, place = executed(report, language=language, **where), next(iter(where.values()))
                found[report, place, language] = BeautifulSoup(render.page(notebook), "html.parser")
                for part in content.extracts(notebook):
                    page = BeautifulSoup(render.shell.extract(notebook, part), "html.parser")
                    found[f"{report}-{part['id']}", place, language] = page
    return found


def offered(page: BeautifulSoup) -> set[str]:
    return {element["id"] for element in page.select(OFFERED)}


def alive(pages: Pages, name: str) -> set[str]:
    return set().union(*(offered(page) for (page_name, *_), page in pages.items() if page_name == name))


def test_ids_are_the_same_in_both_languages(pages: Pages) -> None:
    for name, place, language in pages:
        if language == "it":
            assert offered(pages[name, place, "it"]) == offered(pages[name, place, "en"]), (name, place)


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_a_page_offers_is_written_down(name: str, pages: Pages) -> None:
    new = alive(pages, name) - set(PUBLISHED[name])
    assert not new, f"new addresses, to be kept from now on: add them to tests/golden/ids.yml, {name}: {sorted(new)}"


def test_no_extra_page_is_forgotten(pages: Pages) -> None:
    assert {name for name, *_ in pages} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_address_once_given_is_alive_or_leads_on(name: str, pages: Pages) -> None:
    living, old, seldom = alive(pages, name), retired(name), set(SELDOM.get(name, ()))
    gone = set(PUBLISHED[name]) - living - set(old) - seldom
    assert gone == set(), "give toolkit/render/retired.yml what stands for them"
    assert living & set(old) == set(), "an address that once led to something else"


@pytest.mark.parametrize("report", REPORTS)
def test_an_old_address_is_on_every_page_at_what_stands_for_it(report: str, pages: Pages) -> None:
    for (name, place, language), page in pages.items():
        if name != report:
            continue
        ids = [element["id"] for element in page(id=True)]
        assert len(ids) == len(set(ids)), place
        assert set(register()[report]) <= set(ids), (place, language)
        for old, new in register()[report].items():
            near = page.find(id=old)
            assert near.name == "span"
            assert not near.get_text()
            known = offered(page) | {"in-short", "sources"}
            target = next(one for one in new if one in known)
            assert target in (near.parent.get("id"), *(one.get("id") for one in near.find_next_siblings())), (
                place,
                old,
            )


def test_the_register_leads_to_addresses_that_are_no_old_ones() -> None:
    for report, pairs in register().items():
        assert {new for several in pairs.values() for new in several} & set(pairs) == set(), report
        assert report == EVERY or report in PUBLISHED


def test_a_new_thing_cannot_have_an_old_address() -> None:
    notebook = executed("benchmark", municipality="015032", language="it")
    figure = next(part for part in content.payloads(notebook) if part["kind"] == "figure")
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            shown = output.get("data", {}).get(content.MIME, {})
            if shown.get("id") == figure["id"]:
                shown["id"] = "swot"
    with pytest.raises(ToolkitError, match="'swot' once led to something else"):
        render.page(notebook)
