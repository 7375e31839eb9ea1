"""Every command that a message, README or docs give is one that the parser takes."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit import cli

ROOT = Path(__file__).resolve().parents[2]
VERBS = "list|run|check|data|policy|new|preview|explain"
COMMAND = re.compile(rf"\bquadro (?:{VERBS})\b[^;,)`\n]*")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ACCESSIBILITY.md", "params/README.md", "reports/README.md", "docs/*.md")


def strings(tree: ast.AST) -> Iterator[str]:
    """Texts of a module that are no docstrings; what an f-string fills in is an example."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield "".join(filled(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said | inside:
            yield node.value


def filled(text: ast.JoinedStr) -> Iterator[str]:
    before = ""
    for part in text.values:
        if isinstance(part, ast.Constant):
            before = str(part.value)
            yield before
        elif not before or before[-1] in " /=":  # else an option, or nothing, follows the word
            yield "X"
        else:
            yield ""


def hinted() -> list[tuple[str, str]]:
    found = []
    for path in sorted((ROOT / "toolkit").rglob("*.py")):
        for text in strings(ast.parse(path.read_text(encoding="utf-8"))):
            if text.startswith("# "):  # the head of a file that is written: it names who wrote it
                continue
            found += [(str(path.relative_to(ROOT)), command.split("  ")[0]) for command in COMMAND.findall(text)]
    return sorted(set(found))


def documented() -> list[tuple[str, str]]:
    """Commands in code: between backticks, or lines of a block."""
    found = []
    for path in sorted(one for name in DOCUMENTS for one in ROOT.glob(name)):
        text = path.read_text(encoding="utf-8")
        blocks = re.findall(r"```.*?```", text, re.DOTALL)
        spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        for code in (*spans, *(line for block in blocks for line in block.splitlines())):
            found += [(str(path.relative_to(ROOT)), one.split(" #")[0]) for one in COMMAND.findall(code)]
    return sorted(set(found))


def parsed(command: str) -> str:
    """Why a command is not taken; empty where it is."""
    words = shlex.split(command.strip().rstrip(".:?'\""))[1:]
    end = next((place for place, word in enumerate(words) if word in (">", "2>", "|", "&&")), len(words))
    words = [word for word in words[:end] if word not in ("…", "...")]
    try:
        cli.parser().parse_args(words)
    except SystemExit as left:
        return f"exit {left.code}" if left.code else ""  # help leaves, too
    return ""


@pytest.mark.parametrize(("where", "command"), [*hinted(), *documented()], ids=lambda value: value[:60])
def test_a_command_that_is_quoted_is_taken(where: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not parsed(command), f"{where}: {command}: {capsys.readouterr().err}"


def test_the_collection_sees_what_is_there_and_the_parser_refuses_what_is_not() -> None:
    commands = {command.strip() for _, command in [*hinted(), *documented()]}
    assert {
        "quadro data fetch X",
        "quadro list sets",
        "quadro explain 015032/benchmark/income_per_taxpayer",
    } <= commands
    assert len(commands) > 40
    assert parsed("quadro list towns")
    assert parsed("quadro run --pdf")
