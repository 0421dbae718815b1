"""The README's table of settings is the class `Settings`, told to people."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import msgspec

from stoory.settings import Settings, variable

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_lists_every_setting_as_the_code_has_it():
    table = [line for line in README.read_text().splitlines() if line.startswith("| `STOORY_")]
    assert table == expected_rows()


def expected_rows() -> list[str]:
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    return [f"| `{variable(name)}` | {_shown(fields[name].default)} | {text} |" for name, text in meanings()]


def meanings() -> list[tuple[str, str]]:
    """Return every field with the text that stands below it, in the order of the class."""
    body = ast.parse(inspect.getsource(Settings)).body[0]
    assert isinstance(body, ast.ClassDef)
    pairs = zip(body.body, body.body[1:], strict=False)
    return [
        (ast.unparse(field.target), _text(below))
        for field, below in pairs
        if isinstance(field, ast.AnnAssign)
    ]


def _text(node: ast.stmt) -> str:
    """Return the text of a bare string; a field without one fails here."""
    assert isinstance(node, ast.Expr)
    return str(ast.literal_eval(node.value))


def _shown(default: Any) -> str:
    return "" if default in (None, ()) else f"`{default}`"
