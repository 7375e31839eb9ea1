"""Charts drawn beside the notebooks, by processes that live as long as the run.

Vega costs a third of a second and 100 MiB to start, and does not survive a fork. So painters are started by exec, once;
a worker hands over the specification of a chart as soon as its notebook shows it, goes on with the analysis, and
collects the drawings when it writes the page. A painter draws equal requests once.

A request is a file in the worker's folder and a line of fixed length on the pipe that all painters read: who is free
takes the next. The answer is a file beside it and a line on the worker's pipe. Lines are shorter than what a pipe takes
and gives in one piece, so nobody waits for anybody.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import sys
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolkit.signs import legible

LINE = 512
ANSWER = 128
KEPT = 8 * 2**20
"""Bytes of drawings that a painter remembers."""
PATIENCE = 60.0
"""Seconds after which a worker draws by itself."""
FIRST = {"data": {"values": [{"x": 1}]}, "mark": "bar", "encoding": {"x": {"field": "x", "type": "quantitative"}}}
"""A drawing that starts Vega before the first chart is asked for."""

Drawing = tuple[str, str]


class Request:
    """One figure of a page: its wide and its narrow drawing."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        told = ("id", "alt", "description", "language", "spec")
        asked = {name: payload.get(name) for name in told}
        self.content = legible(json.dumps(asked, sort_keys=True, ensure_ascii=False))
        self.key = hashlib.sha256(self.content.encode()).hexdigest()


class Drawings:
    """A worker's side: asks for drawings, and hands them to the page.

    Args:
        folder: the worker's own, known to the painters by this absolute path.
        job: number of the job; answers to others are not ours.
        slot: which of the answer pipes is ours.
        answers: reading end of that pipe.
        painters: writing end of the pipe that all painters read.
    """

    def __init__(self, folder: Path, job: int, slot: int, answers: int, painters: int) -> None:
        self.folder, self.job, self.slot, self.answers, self.painters = folder, job, slot, answers, painters
        self.asked: dict[str, Path] = {}
        self.answered: set[str] = set()
        self.alone = False
        self.mapped = False
        self.seconds = 0.0

    def ask(self, payload: Mapping[str, Any]) -> None:
        """Have a figure drawn, and those that the payload holds."""
        for part in payload.get("parts", ()):
            self.ask(part)
        if payload.get("kind") != "figure":
            return
        self.mapped = self.mapped or "boundaries" in str(payload["spec"])
        request = Request(payload)
        if request.key in self.asked:
            return
        path = self.folder / f"chart-{len(self.asked)}.json"
        with suppress(OSError):  # no space for the request: drawn when the page is written, or refused then
            path.write_text(request.content, encoding="utf-8")
            line = json.dumps([self.slot, self.job, request.key, str(path)]).encode().ljust(LINE)
            if len(line) == LINE:
                os.write(self.painters, line)
                self.asked[request.key] = path

    def get(self, payload: Mapping[str, Any]) -> Drawing | None:
        """The drawings of a figure; none where it was not asked for or could not be drawn: draw it, then."""
        key = Request(payload).key
        path = self.asked.get(key)
        if path is None:
            return None
        began = time.monotonic()
        while key not in self.answered and not self.alone and time.monotonic() - began < PATIENCE:
            self._listen(began)
        self.seconds += time.monotonic() - began
        try:
            wide, narrow = json.loads(path.with_suffix(".drawn").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return wide, narrow

    def _listen(self, began: float) -> None:
        left = max(PATIENCE - (time.monotonic() - began), 0)
        if select.select([self.answers], [], [], left)[0]:
            for line in _lines(os.read(self.answers, ANSWER * 64), ANSWER):
                job, key = line
                if job == self.job:
                    self.answered.add(key)
                elif job < 0:  # a painter died: what is not drawn by now is drawn here
                    self.alone = True


def _lines(content: bytes, size: int) -> Iterator[Any]:
    for start in range(0, len(content) - size + 1, size):
        with suppress(ValueError):
            yield json.loads(content[start : start + size])


# ---- the painter -----------------------------------------------------------------------------------------------------


def main() -> None:
    """A painter: the file of the boundaries, the `requests` descriptor, those of the answer pipes, as arguments."""
    requests, *answers = map(int, sys.argv[2:])
    for number in answers:
        os.set_blocking(number, False)
    with suppress(Exception):  # what cannot draw says so when asked
        from toolkit import svg

        svg.render(FIRST, "first", "", "", "it")
    remembered: OrderedDict[str, str] = OrderedDict()
    size = 0
    while line := os.read(requests, LINE):
        for slot, job, key, path in _lines(line, LINE):
            if key in remembered:
                remembered.move_to_end(key)
            else:
                drawn = _draw(Path(path), sys.argv[1])
                remembered[key] = drawn
                size += len(drawn)
            _answer(Path(path), remembered[key], answers[slot], job, key)
            while size > KEPT:
                size -= len(remembered.popitem(last=False)[1])


def _draw(path: Path, shared: str) -> str:
    """Both drawings as JSON, empty where they cannot be drawn: the worker then tries, and says why."""
    from toolkit import svg

    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
        datasets = {"boundaries": _boundaries(shared)} if "boundaries" in str(payload["spec"]) else {}
        return json.dumps(svg.figure(payload, datasets))
    except Exception:
        return ""


@lru_cache(maxsize=1)
def _boundaries(path: str) -> Any:
    """The boundaries, parsed once: the catalogue would bring pandas into each painter."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _answer(path: Path, drawn: str, pipe: int, job: int, key: str) -> None:
    with suppress(OSError):  # the worker has gone, or has more answers waiting than a pipe holds
        if drawn:
            path.with_suffix(".drawn").write_text(drawn, encoding="utf-8")
        os.write(pipe, json.dumps([job, key]).encode().ljust(ANSWER))
