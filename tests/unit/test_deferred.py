"""A slow import that is put off: nobody pays for it before using it, and who uses it gets the real module."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHECKED = "jsonschema.FormatChecker().conforms('http://comùne.example/è', 'iri')"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import toolkit, jsonschema; print('lark' in sys.modules)", "False"),
        (f"import toolkit, jsonschema; print({CHECKED}, 'lark' in sys.modules)", "True True"),
        (f"import jsonschema, toolkit; print({CHECKED})", "True"),
        (
            "import toolkit, rfc3987_syntax; print(rfc3987_syntax.syntax_helpers.__name__)",
            "rfc3987_syntax.syntax_helpers",
        ),
        ("import toolkit, rfc3987_syntax.syntax_helpers as s; print(s.is_valid_syntax('iri', 'http://a b'))", "False"),
        (
            "import toolkit; [getattr(m, '__all__', 0) for m in [*sys.modules.values()]]; print('lark' in sys.modules)",
            "False",
        ),
    ],
)
def test_the_parser_of_addresses_is_imported_when_it_is_used(code: str, told: str) -> None:
    ended = subprocess.run([sys.executable, "-c", f"import sys; {code}"], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == told
