"""A slow import that is put off: nobody pays for it before using it, and who uses it gets the real module."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHECKED = "jsonschema.FormatChecker().conforms('http://comùne.example/è', 'iri')"
PARSER = "'lark' in sys.modules"
IN_TURN = (
    f"import toolkit, jsonschema; print({PARSER})",
    f"[getattr(m, '__all__', 0) for m in [*sys.modules.values()]]; print({PARSER})",
    "import rfc3987_syntax; print(rfc3987_syntax.syntax_helpers.__name__)",
    f"print({CHECKED}, {PARSER})",
)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (IN_TURN, ["False", "False", "rfc3987_syntax.syntax_helpers", "True True"]),
        ([f"import jsonschema, toolkit; print({CHECKED})"], ["True"]),
        (
            ["import toolkit, rfc3987_syntax.syntax_helpers as s; print(s.is_valid_syntax('iri', 'http://a b'))"],
            ["False"],
        ),
    ],
    ids=["in turn", "jsonschema first", "the module itself"],
)
def test_the_parser_of_addresses_is_imported_when_it_is_used(steps: list[str], told: list[str]) -> None:
    program = "\n".join(("import sys", *steps))
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == told
