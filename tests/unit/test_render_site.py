"""The index: what there is, of when it is, what is the last good one, and the map."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import synthetic_notebook as synthetic
from bs4 import BeautifulSoup
from fontpkg_titillium_web import ROOT
from fontTools.ttLib import TTFont

from toolkit import catalog, render
from toolkit.errors import ToolkitError
from toolkit.render.index import index
from toolkit.render.map import draw
from toolkit.render.shared import FONTS

BRESSO, CASSANO = "015032-bresso", "015059-cassano-d-adda"
FIRST_LOAD = 60_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for language in ("it", "en"):
        render.outputs(synthetic.notebook(language, code="015032", name="Bresso"), folder / BRESSO)
        render.outputs(synthetic.notebook(language, code="015059", name="Cassano d'Adda"), folder / CASSANO)
    render.site(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "site"))


def opened(folder: Path, name: str = "index.html") -> BeautifulSoup:
    return BeautifulSoup((folder / name).read_text(encoding="utf-8"), "html.parser")


def record(page: str, outcome: str = "ok", **more: Any) -> dict[str, Any]:
    place, name = page.split("/")
    report, language, _ = name.split(".")
    territory = {"type": "municipality", "code": place[:6], "name": place[7:].title()}
    about = {"page": page, "report": report, "language": language, "territory": territory, "outcome": outcome}
    return {"message": "", "made": "2026-11-20T08:00:00Z", "stale": False, "title": "", **about, **more}


def told(folder: Path, *records: dict[str, Any]) -> None:
    (folder / "run.json").write_text(json.dumps({"pages": records}), encoding="utf-8")
    render.site(folder)


def test_both_indexes_list_all_pages_by_name(made: Path) -> None:
    for name, language in (("index.html", "it"), ("index.en.html", "en")):
        soup = opened(made, name)
        assert soup.html["lang"] == language
        assert [item["data-name"] for item in soup.select(".place")] == ["Bresso", "Cassano d'Adda"]
        links = [link["href"] for link in soup.select(".place a")]
        assert len(links) == 4
        assert all((made / link).is_file() for link in links)
        assert soup.select_one(".place a")["href"].endswith(f".{language}.html"), "own language first"


def test_index_is_well_formed(made: Path) -> None:
    for name in ("index.html", "index.en.html"):
        soup = opened(made, name)
        assert len(soup("h1")) == 1
        ids = [element["id"] for element in soup(id=True)]
        assert len(ids) == len(set(ids))
        assert {"errors", "accessibility", "main"} <= set(ids), "pages link to these"
        assert "script-src 'self'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
        assert not [script for script in soup("script") if not script.get("src")]
        local = [link["href"] for link in soup(["a", "link"], href=True) if "://" not in link["href"]]
        local += [script["src"] for script in soup("script")]
        assert all((made / address.partition("#")[0]).exists() for address in local if not address.startswith("#"))


def test_pages_and_index_agree_on_addresses(made: Path) -> None:
    page = BeautifulSoup((made / BRESSO / "benchmark.en.html").read_text(encoding="utf-8"), "html.parser")
    for link in page(["a", "link", "script"]):
        address = link.get("href") or link.get("src") or "#"
        if not address.startswith(("#", "https:")):
            assert (made / BRESSO / address.partition("#")[0]).exists(), address


def test_date_of_each_page_is_said(made: Path) -> None:
    assert "situazione al 31 dicembre 2023" in opened(made).select_one(".place").get_text()
    assert "as of 31 December 2023" in opened(made, "index.en.html").select_one(".place").get_text()


def test_last_good_page_of_an_earlier_run_is_dated_and_labelled(folder: Path) -> None:
    good, bad = f"{BRESSO}/benchmark.it.html", f"{CASSANO}/benchmark.it.html"
    told(folder, record(good), record(bad, "failed_data", made="2026-10-01T08:00:00Z", stale=True))
    soup = opened(folder)
    first, second = soup.select(".place")
    assert not first.select(".warn")
    warning = second.select_one(".warn").get_text()
    assert "1° ottobre 2026" in warning
    assert "aggiornamento non riuscito" in warning
    assert second.select_one(f'a[href="{bad}"]'), "the last good page can still be opened"
    assert soup.select_one(".notice")
    english = opened(folder, "index.en.html").select(".place")[1]
    assert "Italiano: " in english.select_one(".warn").get_text(), "said in the other index too"


def test_a_page_that_could_not_be_made_is_listed_without_link(folder: Path) -> None:
    told(folder, record("015086-cormano/benchmark.it.html", "no_data", made=""))
    place = next(item for item in opened(folder).select(".place") if item["data-code"] == "015086")
    assert not place("a")
    assert "non disponibile" in place.get_text()
    assert "nessun dato" in place.get_text()


@pytest.mark.parametrize("outcome", ["no_data", "failed_data", "failed_code", "failed_kernel"])
def test_every_outcome_has_words(folder: Path, outcome: str) -> None:
    told(folder, record(f"{BRESSO}/benchmark.it.html", outcome, stale=True))
    assert opened(folder).select_one(".place .warn").get_text(strip=True)


def test_latest_run_is_dated(folder: Path) -> None:
    told(folder, record(f"{BRESSO}/benchmark.it.html"))
    assert "20 novembre 2026" in opened(folder).select_one(".lede").get_text()


def test_broken_manifest_is_refused(folder: Path) -> None:
    (folder / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(ToolkitError, match=r"run\.json"):
        render.site(folder)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="No folder"):
        render.site(tmp_path / "none")


def test_empty_folder_says_so(tmp_path: Path) -> None:
    render.site(tmp_path)
    assert opened(tmp_path).select_one(".notice")
    assert not opened(tmp_path).select(".map")


def test_pages_of_others_are_left_out(folder: Path) -> None:
    (folder / BRESSO / "notes.it.html").write_text("<p>not ours</p>", encoding="utf-8")
    (folder / BRESSO / ".benchmark.it.html").write_text("half a page", encoding="utf-8")
    render.site(folder)
    assert len(opened(folder).select(".place a")) == 4


def test_extracts_are_reached_from_their_page_not_from_the_index(made: Path) -> None:
    assert (made / BRESSO / "benchmark-memo.it.html").is_file()
    assert "memo" not in (made / "index.html").read_text(encoding="utf-8")


def test_hostile_names_are_text(tmp_path: Path) -> None:
    notebook = synthetic.notebook("it", code="015032", name=synthetic.HOSTILE, title=synthetic.HOSTILE)
    render.outputs(notebook, tmp_path / BRESSO)
    render.site(tmp_path)
    soup = opened(tmp_path)
    assert soup.select_one(".place")["data-name"] == synthetic.HOSTILE
    assert soup.select_one(".place a").get_text() == f"{synthetic.HOSTILE}: {synthetic.HOSTILE}"
    assert len(soup("script")) == 1


def test_same_folder_same_bytes(made: Path) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    render.site(made)
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_assets_hold_everything_and_first_load_is_small(made: Path) -> None:
    names = {path.name for path in render.assets(made / "assets")}
    assert names == {path.name for path in (made / "assets").iterdir()}
    first = ["quadro.css", "paper.css", "quadro.js", "quadro.svg", "index.css", "index.js"]
    assert sum((made / "assets" / name).stat().st_size for name in first) <= FIRST_LOAD
    style = (made / "assets" / "quadro.css").read_text(encoding="utf-8")
    fonts = [part.split(")")[0] for part in style.split("url(")[1:]]
    assert fonts
    assert set(fonts) <= names
    assert (made / "assets" / "vega.js").read_text(encoding="utf-8").startswith("/* Vega by vl-convert")


def test_fonts_keep_all_that_names_need_and_the_widths_that_charts_measure(made: Path) -> None:
    needed = {*"".join(catalog.default().load("municipalities")["name"]), *"·–—−’“”…€≥≤%0123456789"}
    for name, weight in FONTS.items():
        kept, whole = (TTFont(path) for path in (made / "assets" / name, ROOT / "files" / f"TitilliumWeb-{weight}.ttf"))
        assert {ord(sign) for sign in needed} & set(whole.getBestCmap()) <= set(kept.getBestCmap())
        assert all(
            kept["hmtx"][glyph][0] == whole["hmtx"][whole.getBestCmap()[code]][0]
            for code, glyph in kept.getBestCmap().items()
        )
        assert (made / "assets" / name).stat().st_size < (
            ROOT / "files" / f"TitilliumWeb-{weight}.ttf"
        ).stat().st_size / 2


def test_assets_are_not_written_twice(made: Path) -> None:
    times = {path: path.stat().st_mtime_ns for path in (made / "assets").iterdir()}
    render.assets(made / "assets")
    assert {path: path.stat().st_mtime_ns for path in (made / "assets").iterdir()} == times


# ---- map -------------------------------------------------------------------------------------------------------------

# Two squares side by side, 0.2 degrees each, sharing one border; a third far away.
TOPOLOGY: dict[str, Any] = {
    "type": "Topology",
    "transform": {"scale": [0.1, 0.1], "translate": [9.0, 45.0]},
    "arcs": [
        [[2, 0], [0, 2]],
        [[2, 2], [-2, 0], [0, -2], [2, 0]],
        [[2, 0], [2, 0], [0, 2], [-2, 0]],
        [[40, 40], [1, 0], [0, 1], [-1, 0], [0, -1]],
    ],
    "objects": {
        "municipalities": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": "000001", "arcs": [[0, 1]], "properties": {"name": "West"}},
                {"type": "Polygon", "id": "000002", "arcs": [[2, -1]], "properties": {"name": "East"}},
                {"type": "MultiPolygon", "id": "000003", "arcs": [[[3]]], "properties": {"name": "Far"}},
            ],
        }
    },
}


def test_map_draws_neighbours_and_leaves_out_the_rest() -> None:
    plan = draw(TOPOLOGY, {"000001"})
    assert plan is not None
    assert [shape.code for shape in plan.shapes] == ["000001", "000002"]
    west, east = plan.shapes
    assert west.x < east.x
    assert west.y == pytest.approx(east.y, abs=0.2)
    assert west.path.count("M") == 1
    assert west.path.endswith("Z")
    assert 0 < west.x < plan.width
    assert 0 < west.y < plan.height


def test_map_keeps_proportions_at_its_latitude() -> None:
    plan = draw(TOPOLOGY, {"000001", "000002"})
    assert plan is not None
    west = plan.shapes[0]
    points = [tuple(map(float, point.split())) for point in west.path[1:-1].split("L")]
    width = max(x for x, _ in points) - min(x for x, _ in points)
    height = max(y for _, y in points) - min(y for _, y in points)
    # Squares of 0.2 degrees from 45.0 to 45.2 north: a degree of longitude is cos(45.1°) of one of latitude.
    assert width / height == pytest.approx(0.7059, abs=0.002)


def test_no_boundary_no_map() -> None:
    assert draw(TOPOLOGY, {"999999"}) is None


def test_map_links_to_the_page_in_the_language_of_the_index(made: Path) -> None:
    links = {link["data-code"]: link["href"] for link in opened(made, "index.en.html").select(".map a")}
    assert links == {"015032": f"{BRESSO}/benchmark.en.html", "015059": f"{CASSANO}/benchmark.en.html"}


def test_index_of_a_whole_metropolitan_city_stays_light() -> None:
    from toolkit.render.index import Entry
    from toolkit.render.shared import boundaries

    shapes = boundaries()["objects"]["municipalities"]["geometries"]
    entries = [
        Entry(f"{shape['id']}-x/{report}.{language}.html", report, language, "municipality", shape["id"], name, report)
        for shape in shapes
        if (name := shape["properties"]["name"])
        for report in ("benchmark", "impact", "pnrr")
        for language in ("it", "en")
    ]
    assert len(entries) == 133 * 6
    page = index(entries, "it", draw(boundaries(), {entry.code for entry in entries}))
    assert page.count('class="place"') == 133
    assert len(gzip.compress(page.encode())) <= FIRST_LOAD
