"""Label keys and their values agree with the code that hands them out; the room imports and answers lazily."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from toolkit import impact
from toolkit.impact.monitoring import Claim, check_claim

ROOM = Path(impact.__file__).parent


def notes_in_code() -> dict[str, set[str]]:
    """Keys of Note("impact.…", {…}) and of literals passed as keys, with the names of their values."""
    found: dict[str, set[str]] = {}
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if text.startswith(("impact.note.", "impact.trial.")) and not text.endswith("."):
                    found.setdefault(text, set())
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note" and len(node.args) == 2:
                key, values = node.args
                if isinstance(key, ast.Constant) and isinstance(values, ast.Dict):
                    names = {str(name.value) for name in values.keys if isinstance(name, ast.Constant)}
                    found.setdefault(str(key.value), set()).update(names)
    return found


def test_every_key_in_the_code_is_listed_with_its_values() -> None:
    found = notes_in_code()
    listed = {
        key: set(values) for key, values in impact.LABELS.items() if key.startswith(("impact.note", "impact.trial"))
    }
    assert found == listed


def test_reasons_and_claims_are_listed() -> None:
    assert set(impact.reason_keys()) <= set(impact.LABELS)
    claim = Claim("x", 1.0, "persons", "s", 2008, "t")
    for how in ({"unit": "u"}, {"unit": "persons", "territory": "z"}, {"unit": "persons", "territory": "t", "year": 1}):
        assert check_claim(claim, 1.0, **how).reason.key in impact.LABELS  # type: ignore[arg-type]


def test_everything_named_is_there() -> None:
    for name in impact.__all__:
        assert getattr(impact, name) is not None
    assert callable(impact.judge)
    assert callable(impact.screen)


def test_importing_the_room_loads_no_heavy_library() -> None:
    code = (
        "import sys, toolkit.impact as impact; impact.Panel; impact.evaluate; impact.expect;"
        "print([m for m in ('diff_diff', 'statsmodels', 'scipy.optimize') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOM.parents[1])
    loaded = done.stdout.strip()
    assert "diff_diff" not in loaded
    assert "statsmodels" not in loaded
