"""What every page must hold, whatever its notebook: structure, safety, size, alternatives."""

from __future__ import annotations

import gzip
import re
from itertools import pairwise

from bs4 import BeautifulSoup

from toolkit.render.canonical import canonical

RAW_LIMIT, GZIP_LIMIT = 600_000, 60_000


def soup_of(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def headings(soup: BeautifulSoup) -> None:
    """One `h1`, first; no level skipped on the way down."""
    levels = [int(heading.name[1]) for heading in soup(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def addresses(soup: BeautifulSoup) -> None:
    """Ids are there once; every anchor and every reference leads to one."""
    ids = [element["id"] for element in soup(id=True)]
    assert sorted(ids) == sorted(set(ids))
    anchors = {link["href"][1:] for link in soup("a", href=re.compile("^#"))}
    assert anchors
    for attribute in ("aria-labelledby", "aria-describedby", "data-figure"):
        anchors |= {name for element in soup(attrs={attribute: True}) for name in element[attribute].split()}
    assert anchors <= set(ids)


def nothing_from_elsewhere(soup: BeautifulSoup) -> None:
    """A policy, no script in the page, and no address but those beside it."""
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe-eval" not in policy
    scripts = [script for script in soup("script") if script.get("type") != "application/json"]
    assert all(script.get("src") and not script.get_text(strip=True) for script in scripts)
    assert not [name for element in soup(True) for name in element.attrs if name.startswith("on")]
    assert not soup("a", href=re.compile("^(javascript|data):", re.IGNORECASE))
    loaded = [element[name] for name in ("src", "srcset", "poster", "data") for element in soup(attrs={name: True})]
    loaded += [link["href"] for link in soup("link")]
    loaded += [address for style in soup("style") for address in re.findall(r"url\(([^)]*)\)", style.get_text())]
    loaded += [image.get("href") or image.get("xlink:href") for image in soup(["image", "use"])]
    assert loaded
    assert not [address for address in loaded if re.match(r"(?:[a-z]+:)?//", address)]


def figures(soup: BeautifulSoup) -> None:
    """Title, description, source, data as table and as file, address."""
    for figure in soup("figure"):
        for drawing in figure("svg"):
            assert drawing["role"] == "img"
            assert drawing.find("title", recursive=False).get_text(strip=True)
            assert drawing.find("desc", recursive=False).get_text(strip=True)
        assert figure("svg")
        assert figure.select_one(".source").get_text(strip=True)
        assert figure.select_one("a.csv")["href"].endswith(".csv")
        assert figure("table")
        assert figure["id"]


def tables(soup: BeautifulSoup) -> None:
    """Caption, scoped headers, as many cells in a row as columns."""
    for table in soup("table"):
        assert table.caption.get_text(strip=True)
        columns = table.select("thead th[scope=col]")
        assert columns
        for row in table.select("tbody tr"):
            assert len(row.select("th[scope=row]")) == 1
            assert len(row(["th", "td"])) == len(columns)


def size(page: str) -> None:
    assert len(page.encode()) <= RAW_LIMIT
    assert len(gzip.compress(page.encode())) <= GZIP_LIMIT


def stock_form(page: str) -> None:
    """Beautiful Soup, with which stock nbconvert ends, would change nothing."""
    body = page.partition("\n")[2]  # it adds a line end to the doctype each time
    assert str(BeautifulSoup(body, "html.parser")) == body
    assert canonical(body) == body


def everything(page: str, language: str) -> BeautifulSoup:
    """All of the above; returns the parsed page."""
    soup = soup_of(page)
    assert soup.html["lang"] == language
    for check in (headings, addresses, nothing_from_elsewhere, figures, tables):
        check(soup)
    size(page)
    stock_form(page)
    return soup
