"""The real pipeline with as many pages as asked for, of a light notebook: the same municipalities again and again.

python bench/light.py PROJECT PAGES
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.params import RunPlan
from toolkit.run import batch, prepare


def main() -> None:
    home, pages = Path(sys.argv[1]), int(sys.argv[2])
    codes = ("015032", "015077", "015081", "015086", "015098", "015166", "015209")
    title: Any = {"it": "a", "en": "a"}
    plan = RunPlan(title=title, notebooks=["light"], municipalities=codes, languages=["it"], jobs=2)

    class Many(prepare.Prepared):
        def look(self, choice: prepare.Choice) -> None:
            pattern = self.asked
            if len(pattern) < pages:
                many = (pattern[number % len(pattern)] for number in range(pages))
                self.asked = [replace(job, folder=f"{number:06d}") for number, job in enumerate(many)]
            super().look(choice)

    batch.Prepared = Many  # type: ignore[misc]
    result = batch.execute(plan, home / "out", home=home, where="light")
    assert result.outcomes == {"ok": pages}, result.outcomes


if __name__ == "__main__":
    main()
