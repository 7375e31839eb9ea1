"""A slow import that is put off: nobody pays for it before using it, and who uses it gets the real module."""

from __future__ import annotations

import subprocess
import sys

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from toolkit.run.warm.shell import _Transformers

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


def test_a_painter_starts_without_what_only_notebooks_need() -> None:
    code = "import sys; from toolkit.render.painter import main; from toolkit import svg; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "altair", "IPython", "jinja2"} & set(said.stdout.split())


def test_a_cell_is_parsed_once_unless_its_notebook_has_a_transformer_of_its_own() -> None:
    cell, kept = "%timeit x = 1\n!ls {x}\n", _Transformers()
    assert kept.transform_cell(cell) == TransformerManager().transform_cell(cell) == kept.transform_cell(cell)
    kept.cleanup_transforms.append(lambda lines: [*lines, "y = 2\n"])
    assert kept.transform_cell(cell) == TransformerManager().transform_cell(cell) + "y = 2\n"
    kept.cleanup_transforms.pop()
    assert kept.transform_cell(cell) == TransformerManager().transform_cell(cell)
