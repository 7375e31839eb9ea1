"""What a reader has to read: words, screens, pictures and sentences of each page of a site, against its budgets.

python bench/budgets.py SITE [--report benchmark]

Words are those of the page's visible text (`body.innerText`, pictures left out); screens are the page's height on a
telephone of 390 × 844 pixels with its folds closed. A sentence ends with a full stop, or with its paragraph, item or
title; lists of sources, dates and addresses are no sentences. Gulpease is 89 + (300 × sentences − 10 × letters) /
words, 0 to 100: above 50 whoever left school at 14 follows the text with some effort, above 60 with ease.

The exit status is 1 if a page is over a budget.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

WIDTH, HEIGHT = 390, 844
LONGEST = 25
MOST = {"closed": 2_500, "open": 6_000, "screens": 14.0, "pictures": 8, "longest": LONGEST}
LEAST = {"gulpease": 50.0}
SAID = {
    "closed": "words, folds closed",
    "open": "words, folds open",
    "screens": "screens of a telephone",
    "pictures": "pictures",
    "longest": "words of the longest sentence",
    "gulpease": "Gulpease (Italian)",
}
_FOLDS = "open => document.querySelectorAll('details').forEach(fold => { fold.open = open })"
_WORDS = """() => {
  const drawn = [...document.querySelectorAll('svg')].map(svg => [svg, svg.style.display]);
  for (const [svg] of drawn) svg.style.display = 'none';
  const words = document.body.innerText.split(/\\s+/).filter(Boolean).length;
  for (const [svg, shown] of drawn) svg.style.display = shown;
  return words;
}"""
# Paragraphs, items and titles that hold no other; what lists sources and facts is left out.
_TEXTS = """() => {
  const blocks = 'p, li, dd, h1, h2, h3, h4, caption, summary, td';
  const sources = '.source, .origin, .method, .short-sources, .sources';
  const lists = `nav, footer, .facts, .downloads, .tools, .comparisons, ${sources}`;
  return [...document.querySelectorAll(blocks)]
    .filter(block => !block.closest(lists) && !block.querySelector(blocks))
    .map(block => {
      const copy = block.cloneNode(true);
      for (const part of copy.querySelectorAll('svg, .unseen')) part.remove();
      return copy.textContent.replace(/\\s+/g, ' ').trim();
    }).filter(Boolean);
}"""
_END = re.compile(r"(?<=[.!?])(?<!\bn\.d\.)(?<!\be\.g\.)(?<!\bi\.e\.)[»”\"')]*\s+(?=[^a-zà-ÿ])")
FEWEST = 4
"""A text of fewer words (a number in a cell, a label) is no sentence."""


@dataclass(frozen=True)
class Count:
    """What there is to read on a page: figures by the keys of `SAID`, and its sentences over the limit."""

    page: Path
    figures: dict[str, float]
    long: tuple[str, ...]

    def over(self) -> Iterator[str]:
        """What is over its budget."""
        for key, value in self.figures.items():
            if key in MOST and value > MOST[key]:
                yield f"{SAID[key]}: {value:,.5g} of {MOST[key]:,.5g}"
            if key in LEAST and value < LEAST[key]:
                yield f"{SAID[key]}: {value:.1f}, at least {LEAST[key]:.0f}"


def words_of(text: str) -> list[str]:
    """Words of a text: what has a letter or a digit."""
    return [word for word in text.split() if any(sign.isalnum() for sign in word)]


def sentences(texts: Iterable[str]) -> list[str]:
    """Sentences of paragraphs, items and titles, those of fewer than `FEWEST` words left out."""
    found = [part.strip() for text in texts for part in _END.split(text)]
    return [part for part in found if len(words_of(part)) >= FEWEST]


def gulpease(said: Sequence[str]) -> float:
    """Readability of Italian sentences, 0 (hard) to 100; 100 where there are none."""
    words = [word for part in said for word in words_of(part)]
    letters = sum(sign.isalnum() for word in words for sign in word)
    return min(100.0, 89 + (300 * len(said) - 10 * letters) / len(words)) if words else 100.0


def count(tab: Any, page: Path) -> Count:
    """Count a page in a tab of a browser, `WIDTH` × `HEIGHT`."""
    tab.goto(page.resolve().as_uri(), wait_until="load")
    tab.evaluate("document.fonts.ready")
    tab.evaluate(_FOLDS, False)
    figures: dict[str, float] = {"closed": tab.evaluate(_WORDS)}
    figures["screens"] = tab.evaluate("document.documentElement.scrollHeight") / HEIGHT
    tab.evaluate(_FOLDS, True)
    figures["open"] = tab.evaluate(_WORDS)
    figures["pictures"] = tab.evaluate("document.querySelectorAll('figure').length")
    said = sentences(tab.evaluate(_TEXTS))
    figures["longest"] = max((len(words_of(part)) for part in said), default=0)
    if tab.evaluate("document.documentElement.lang") == "it":
        figures["gulpease"] = gulpease(said)
    return Count(page, figures, tuple(part for part in said if len(words_of(part)) > LONGEST))


def pages(site: Path, report: str = "") -> list[Path]:
    """Pages of reports, those made for paper or beside a report left out."""
    found = sorted(site.glob(f"*/{report or '*'}.??.html"))
    return [path for path in found if 'name="quadro:extract"' not in path.read_text(encoding="utf-8")[:4096]]


def cell_of(sentence: str, page: Path) -> str:
    """The cell of the executed notebook beside the page that shows a sentence; empty where it is not found."""
    import nbformat

    path = page.with_suffix(".ipynb")
    for cell in nbformat.read(path, as_version=4).cells if path.is_file() else ():
        shown = [output.get("data", {}) for output in cell.get("outputs", ())]
        text = cell.source if cell.cell_type == "markdown" else json.dumps(shown, ensure_ascii=False)
        if sentence in text.replace("\xa0", " "):
            return f"cell `{cell.source.partition(chr(10))[0][:70]}`"
    return ""


def report(counts: Sequence[Count], site: Path) -> Iterator[str]:
    """Lines: least, median and most of each figure; then the pages over a budget, then the long sentences by cell."""
    yield f"{len(counts)} pages{'':26}least   median     most   budget"
    for key, said in SAID.items():
        values = [one.figures[key] for one in counts if key in one.figures]
        if values:
            budget = f"≤ {MOST[key]:,.5g}" if key in MOST else f"≥ {LEAST[key]:.0f}"
            yield f"{said:32} {min(values):8,.5g} {median(values):8,.5g} {max(values):8,.5g} {budget:>8}"
    for one in counts:
        for fault in one.over():
            yield f"over  {one.page.relative_to(site)}  {fault}"
    first: dict[str, Path] = {}
    times: dict[str, int] = defaultdict(int)
    for one in counts:
        for sentence in dict.fromkeys(one.long):
            first.setdefault(sentence, one.page)
            times[sentence] += 1
    for sentence, page in first.items():
        where = ", ".join(
            filter(None, (f"{page.relative_to(site)}", cell_of(sentence, page), f"{times[sentence]} pages"))
        )
        yield f"long  {len(words_of(sentence))} words ({where}): {sentence}"


def counted(paths: Sequence[Path]) -> list[Count]:
    """Count pages in one browser."""
    from toolkit.render.printing import opened_browser

    with opened_browser() as browser:
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        return [count(tab, path) for path in paths]


def main() -> int:
    """Count all pages of a site, print, and say whether all are within their budgets."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("site", type=Path)
    asked.add_argument("--report", default="", help="only pages of this report")
    given = asked.parse_args()
    paths = pages(given.site, given.report)
    if not paths:
        print(f"No pages in {given.site}: make them first, quadro run --out {given.site}", file=sys.stderr)
        return 2
    counts = counted(paths)
    print("\n".join(report(counts, given.site)))
    return int(any(True for one in counts for _ in one.over()))


if __name__ == "__main__":
    sys.exit(main())
